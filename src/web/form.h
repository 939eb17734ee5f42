/* form.h - names and values of a query string, of application/x-www-form-urlencoded and of multipart/form-data.
 * Pure: works in place in bytes that the caller owns and keeps while the form is used. */
#ifndef WEB_FORM_H
#define WEB_FORM_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WEB_FORM_FIELDS_MAX 256
#define WEB_FORM_FILES_MAX 64

struct web_field {
    const char *name, *value; /* UTF-8; no control characters but tab and newline (CR LF becomes LF) */
};
struct web_file {
    const char *name, *filename; /* of the field; as the browser calls it, last part of a path */
    const unsigned char *bytes;
    size_t size;
};
struct web_form {
    struct web_field *fields; /* owned */
    struct web_file *files;
    size_t count, file_count;
};

/* "a=1&b=x%20y": `text` is changed and must end with NUL. False: malformed escape, %00, not UTF-8, control
 * characters, too many; the form is empty then. */
bool web_form_urlencoded(char *text, struct web_form *out);
/* RFC 7578. body[size] must be writable. File inputs that were left empty are dropped. */
bool web_form_multipart(char *body, size_t size, const char *content_type, struct web_form *out);
void web_form_release(struct web_form *form);
/* The first value of that name, NULL when there is none. */
const char *web_form_get(const struct web_form *form, const char *name);
/* The same, "" when there is none. */
const char *web_form_text(const struct web_form *form, const char *name);
/* The first value of that name as a number, `fallback` when it is none. */
int64_t web_form_number(const struct web_form *form, const char *name, int64_t fallback);

/* %XX in place; '+' stays unless `plus`. False: malformed, or %00. */
bool web_unescape(char *text, bool plus);
/* Well-formed UTF-8 without control characters (tab and newline only when `lines`). */
bool web_text_ok(const char *text, bool lines);
#endif
