/* number.h - the application number: 50 bits, van number (12) then random (38).
 * Written as 10 Crockford base-32 characters and 2 check characters: "7K3M-Q9TD-X2AB". 0 is no number. */
#ifndef JEMPUT_NUMBER_H
#define JEMPUT_NUMBER_H
#include "jemput/error.h"
#include <stdbool.h>
#include <stdint.h>

#define JEM_NUMBER_TEXT 15 /* 12 characters, 2 hyphens, NUL */
#define JEM_VAN_MAX 4095u
#define JEM_NUMBER_MAX (((uint64_t)1 << 50) - 1)

uint64_t jem_number_make(unsigned van, uint64_t random38); /* random38 is cut to 38 bits */
unsigned jem_number_van(uint64_t number);
void jem_number_format(uint64_t number, char out[JEM_NUMBER_TEXT]);
/* Forgives case, spaces, hyphens, I/L/O. JEM_EINVAL with "did you mean 7K3M-..." when one wrong
 * character explains it, else a plain message. *out is set only on JEM_OK. */
JEM_NODISCARD enum jem_code jem_number_parse(const char *s, uint64_t *out, struct jem_error *err);
#endif
