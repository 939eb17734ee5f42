/* issue.c - the list of what is wrong or doubtful in an input. */
#include "jemput/issue.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Cuts the end of `s` back to a whole UTF-8 character, after a copy that did not fit. */
static void issue_trim_utf8(char *s)
{
    size_t n = strlen(s);
    size_t start = n;
    while (start > 0 && ((unsigned char)s[start - 1] & 0xC0) == 0x80)
        start--;
    if (start == 0)
        return;
    unsigned char lead = (unsigned char)s[start - 1];
    size_t need = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC0 ? 2 : 1;
    if (n - (start - 1) < need)
        s[start - 1] = '\0';
}

void jem_issue_add(struct jem_issues *list, enum jem_severity severity, const char *field, enum jem_text key, ...)
{
    if (!list)
        return;
    if (severity == JEM_SEV_ERROR)
        list->errors++;
    else
        list->warnings++;
    if (list->count == JEM_ISSUES_MAX) {
        list->dropped++;
        return;
    }
    struct jem_issue *item = &list->items[list->count++];
    item->severity = severity;
    item->key = key;
    snprintf(item->field, sizeof item->field, "%s", field ? field : "");
    issue_trim_utf8(item->field);
    va_list args;
    va_start(args, key);
    vsnprintf(item->msg, sizeof item->msg, jem_text(key), args);
    va_end(args);
    issue_trim_utf8(item->msg);
}
