/* issue.h - what is wrong or doubtful in an input, field by field. */
#ifndef JEMPUT_ISSUE_H
#define JEMPUT_ISSUE_H
#include "jemput/text.h"
#include <stdbool.h>
#include <stddef.h>

enum jem_severity { JEM_SEV_UNKNOWN = 0, JEM_SEV_WARNING, JEM_SEV_ERROR };
struct jem_issue {
    enum jem_severity severity;
    enum jem_text key; /* which text: stable within a build; its name goes into --json */
    char field[160];   /* field or document kind, or the path into a catalogue; "" for the whole */
    char msg[320];     /* in the thread's language: what and what to do */
};
#define JEM_ISSUES_MAX 64
struct jem_issues {
    struct jem_issue items[JEM_ISSUES_MAX]; /* further ones are counted, not kept */
    size_t count, errors, warnings, dropped;
};
/* Formats text `key` with the arguments its format names. */
void jem_issue_add(struct jem_issues *list, enum jem_severity severity, const char *field, enum jem_text key, ...);
#endif
