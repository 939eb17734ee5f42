/* glance.h - the few members of a submission that its row needs, read from canonical JSON without building it.
 * Private to src/store. */
#ifndef JEM_STORE_GLANCE_H
#define JEM_STORE_GLANCE_H
#include <stdbool.h>
#include <stddef.h>

#define JEM_GLANCE_BYTES 256

struct jem_glance {
    char service[JEM_GLANCE_BYTES], name[JEM_GLANCE_BYTES], nik[JEM_GLANCE_BYTES], village[JEM_GLANCE_BYTES];
};
/* From the canonical body of an application.submitted. False for anything out of the ordinary (escapes, long or
 * unusual values, deep nesting): the fold then has the say. What it reads is what the fold would read. */
bool jem_glance_submitted(const char *body, size_t n, struct jem_glance *out);
#endif
