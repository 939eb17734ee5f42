/* json.h - the glue to jansson: strict reading, canonical writing.
 * Canonical is the subset of RFC 8785 that events use: objects, arrays, strings, booleans, null, and
 * integers within +-2^53; keys sorted by UTF-16 units (our keys are ASCII); no white space; no floats. */
#ifndef JEMPUT_JSON_H
#define JEMPUT_JSON_H
#include <jansson.h>

#include "jemput/buf.h"

/* Reads one value that fills the whole text; duplicate keys, floats, NUL in strings and nesting past 32 are
 * refused. `what` names the source in the message. *out owned by the caller (json_decref). */
JEM_NODISCARD enum jem_code jem_json_parse(const char *text, size_t n, const char *what, json_t **out,
    struct jem_error *err);
JEM_NODISCARD enum jem_code jem_json_file(const char *path, size_t max_bytes, json_t **out, struct jem_error *err);
/* Appends the canonical bytes. JEM_EINVAL for a float or an integer past 2^53. */
JEM_NODISCARD enum jem_code jem_json_canonical(const json_t *v, struct jem_buf *out, struct jem_error *err);
/* Member of an object as a string, or fallback; never NULL unless fallback is. Borrowed. */
const char *jem_json_str(const json_t *obj, const char *key, const char *fallback);
int64_t jem_json_int(const json_t *obj, const char *key, int64_t fallback);
bool jem_json_bool(const json_t *obj, const char *key, bool fallback);
#endif
