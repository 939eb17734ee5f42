/* names.h - byte strings numbered 0, 1, 2 ... in the order in which they first appear. Internal to the room sync. */
#ifndef SYNC_NAMES_H
#define SYNC_NAMES_H
#include "jemput/buf.h"

struct jem_names {
    struct jem_buf bytes; /* the strings one after another */
    size_t *starts;       /* count + 1 offsets into bytes */
    size_t count, cap;
    uint32_t *table; /* open addressing: number + 1, 0 empty */
    size_t table_size;
};
void jem_names_release(struct jem_names *names); /* zero accepted */
/* Its number; *fresh tells whether it is new. SIZE_MAX: out of memory. */
size_t jem_names_add(struct jem_names *names, const void *p, size_t n, bool *fresh);
/* Its number, SIZE_MAX when it is not there. */
size_t jem_names_find(const struct jem_names *names, const void *p, size_t n);
/* Forgets the strings numbered `count` and more. */
void jem_names_cut(struct jem_names *names, size_t count);
/* Borrowed until the next add. */
const unsigned char *jem_names_get(const struct jem_names *names, size_t i, size_t *n);
#endif
