/* secret.h - memory for keys. Private to src/store. */
#ifndef JEM_STORE_SECRET_H
#define JEM_STORE_SECRET_H
#include <stddef.h>

/* sodium_malloc after sodium_init; NULL when there is none. Given back with sodium_free. */
unsigned char *jem_secret_new(size_t n);
#endif
