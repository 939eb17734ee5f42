/* canonical.h - a quick look that spares most bodies the reading and writing of JSON. Private to record. */
#ifndef RECORD_CANONICAL_H
#define RECORD_CANONICAL_H
#include <stdbool.h>
#include <stddef.h>

/* True only when the n bytes are surely a JSON object in the canonical form of json.h. False says nothing: unusual
 * but right texts (keys beyond plain ASCII) are left to the reader and writer. */
bool canonical_object(const char *text, size_t n);
#endif
