/* columns.h - a run of events as columns, before compression, and back. Internal to the room sync. */
#ifndef SYNC_COLUMNS_H
#define SYNC_COLUMNS_H
#include "jemput/segment.h"

/* Appends the columns of `count` contiguous events of one stream. dictionary: NULL for none; who reads needs the same. JEM_EINVAL they are not, or too much | JEM_ENOMEM */
JEM_NODISCARD enum jem_code jem_columns_write(const struct jem_event *events, size_t count,
    const struct jem_dictionary *dictionary, struct jem_buf *out, struct jem_error *err);
/* Appends the events, hashes chained. Bodies are not parsed. JEM_ECORRUPT no such columns, or not those of the header |
 * JEM_ENOMEM; out is then as it was. */
JEM_NODISCARD enum jem_code jem_columns_read(const void *p, size_t n, const struct jem_segment_header *header,
    const struct jem_dictionary *dictionary, struct jem_event_list *out, struct jem_error *err);
#endif
