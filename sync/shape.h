/* shape.h - the shape of an event: its kind and its body without the values. Events of one shape differ only in their
 * leaves, which stand in columns. Internal to the room sync.
 *
 *   shape  := kind content
 *   kind   := name                      name := 0x80 + index of a known word | ':' text NUL
 *   content:= '!'                       one leaf: the whole body as it is
 *           | '-'                       no body: it was redacted
 *           | value
 *   value  := '{' (name value)* '}' | '[' value* ']' | '$' string leaf | '#' integer leaf | 't' | 'f' | 'n'
 *
 * Known words stand in shape_words.def; their numbers never change, new ones go to the end. */
#ifndef SYNC_SHAPE_H
#define SYNC_SHAPE_H
#include "jemput/event.h"
#include "names.h"

#define JEM_SHAPE_DEPTH_MAX 40
#define JEM_SHAPE_PATH_MAX 256 /* kind, NUL, then the keys, each followed by 0x01; "[]" for every element of an array */
#define JEM_SHAPE_COLUMNS_MAX 8192
#define JEM_SHAPE_LEAVES_MAX ((size_t)1 << 18) /* of all shapes of a segment, and of all its events */

struct jem_leaf {
    const char *p; /* into the body: a string without its quotes, escapes as they stand; or an integer's digits */
    size_t n;
    bool number;
};
struct jem_leaves {
    struct jem_leaf *items;
    size_t count, cap;
};

enum jem_shape_content { JEM_SHAPE_UNKNOWN = 0, JEM_SHAPE_BODY, JEM_SHAPE_RAW, JEM_SHAPE_REDACTED };
struct jem_shape_leaf {
    size_t literal_end; /* the literal text before the leaf ends here */
    uint32_t column;
};
struct jem_shape {
    char kind[JEM_EVENT_KIND_MAX + 1];
    enum jem_shape_content content;
    struct jem_buf literal;
    struct jem_shape_leaf *leaves;
    size_t count, cap;
};

/* What all shapes of a segment share: the columns, named by path. */
struct jem_paths {
    struct jem_names names;
    bool *number; /* leaf type of each column */
    size_t cap;
    size_t leaves; /* of all shapes read */
};
void jem_paths_release(struct jem_paths *paths);

/* Appends the shape's text to `out` and the leaves to `leaves`. A body that is no canonical JSON object as this reader
 * knows it, or nests too deep, becomes '!'. False: out of memory. */
bool jem_shape_scan(const struct jem_event *e, bool raw, struct jem_buf *out, struct jem_leaves *leaves);
/* Reads one shape's text, makes its columns known. False, with `paths` as it was: malformed, or too many columns. */
bool jem_shape_read(struct jem_reader *text, struct jem_paths *paths, struct jem_shape *out);
void jem_shape_release(struct jem_shape *shape);
#endif
