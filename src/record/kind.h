/* kind.h - the types that members of event bodies have. Private to record. */
#ifndef RECORD_KIND_H
#define RECORD_KIND_H
#include "jemput/event.h"

#define KIND_NAME_MAX 40     /* bytes of a form field's name */
#define KIND_VALUE_MAX 16000 /* bytes of a form field's value */
#define KIND_FIELDS_MAX 200  /* fields in one body */
#define KIND_BASE_MAX 256    /* writes that one write may name as seen */

enum kind_type {
    KIND_NONE = 0,
    KIND_TEXT,      /* string of min..max bytes */
    KIND_TEXT_LIST, /* array of min..max strings of 1..400 bytes */
    KIND_CODE,      /* string of min..max characters of [a-z0-9._-] (warnings also A-Z) */
    KIND_CODE_LIST, /* array of min..max codes */
    KIND_INTEGER,   /* min..max */
    KIND_BOOLEAN,
    KIND_HEX,        /* lower-case hexadecimal of min or max bytes, nothing between */
    KIND_HEX_LIST,   /* array of min..max 32-byte hexadecimals */
    KIND_EVENT_ID,   /* "3.0.1.17" */
    KIND_EVENT_LIST, /* array of min..max of them */
    KIND_NUMBER,     /* application number as jem_number_format writes it */
    KIND_NUMBERS,    /* array of min..max of them */
    KIND_DAY,        /* "2026-11-21" */
    KIND_STATUS,     /* name of a status */
    KIND_ROLE,       /* officer, supervisor, clerk, verifier, approver, admin */
    KIND_LEVEL,      /* received, durable */
    KIND_OBJECT,
    KIND_FIELDS,    /* {"nik","name",...}: field name to text, at most max */
    KIND_TEXTS,     /* {name: text}, at most max */
    KIND_SET,       /* {field: {"v": text, "base": [event ids]}}, min..max */
    KIND_PAGES,     /* [{"preview": 32-byte hex, "size": integer}], min..max */
    KIND_DUPLICATE, /* {"of": number, "reason": text} */
    KIND_BASE64     /* standard alphabet, padded, min..max characters */
};

struct kind_member {
    const char *name;
    enum kind_type type;
    int64_t min, max;
    bool required;
};

/* What a value of the type must be, as the end of a sentence. */
enum jem_text kind_type_text(enum kind_type type);
bool kind_value_ok(const struct kind_member *m, const json_t *v);
#endif
