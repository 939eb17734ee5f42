/* intake_value.h - one value of a form: cleaned, checked by its field's type, brought to its stored form. */
#ifndef JEM_RECORD_INTAKE_VALUE_H
#define JEM_RECORD_INTAKE_VALUE_H
#include "jemput/buf.h"
#include "jemput/catalog.h"

/* Appends `in` with white space folded and trimmed; lines stay apart when keep_lines. False when it holds a control
 * character. */
bool value_clean(const char *in, bool keep_lines, struct jem_buf *out);
/* `in` is clean and not empty. On success the stored form is in `out` (which was empty); false when an error was added
 * to `issues`. Doubts about a NIK or KK other than the applicant's are added as warnings. */
bool value_normalise(const struct jem_field *field, const char *in, int32_t today, struct jem_buf *out,
    struct jem_issues *issues);
#endif
