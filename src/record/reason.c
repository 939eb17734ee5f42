/* reason.c - the coded reasons of a return or a rejection. */
#include <string.h>

#include "jemput/application.h"

static const struct {
    const char *name;
    enum jem_text label;
} reason_table[JEM_REASON_COUNT] = {
    [JEM_REASON_UNKNOWN] = { "unknown", JEM_T_NONE },
    [JEM_REASON_DOCUMENT_MISSING] = { "document_missing", JEM_T_REASON_DOCUMENT_MISSING },
    [JEM_REASON_DOCUMENT_UNREADABLE] = { "document_unreadable", JEM_T_REASON_DOCUMENT_UNREADABLE },
    [JEM_REASON_DATA_DIFFERS] = { "data_differs", JEM_T_REASON_DATA_DIFFERS },
    [JEM_REASON_IDENTITY] = { "identity", JEM_T_REASON_IDENTITY },
    [JEM_REASON_NOT_ENTITLED] = { "not_entitled", JEM_T_REASON_NOT_ENTITLED },
    [JEM_REASON_WRONG_SERVICE] = { "wrong_service", JEM_T_REASON_WRONG_SERVICE },
    [JEM_REASON_OUTSIDE_AREA] = { "outside_area", JEM_T_REASON_OUTSIDE_AREA },
    [JEM_REASON_OTHER] = { "other", JEM_T_REASON_OTHER },
};

const char *jem_reason_name(enum jem_reason reason)
{
    return reason_table[(unsigned)reason < JEM_REASON_COUNT ? reason : JEM_REASON_UNKNOWN].name;
}

enum jem_reason jem_reason_parse(const char *s)
{
    for (unsigned i = JEM_REASON_DOCUMENT_MISSING; s != NULL && i < JEM_REASON_COUNT; i++)
        if (strcmp(s, reason_table[i].name) == 0)
            return (enum jem_reason)i;
    return JEM_REASON_UNKNOWN;
}

const char *jem_reason_label(const char *code)
{
    enum jem_reason reason = jem_reason_parse(code);
    return reason == JEM_REASON_UNKNOWN ? code : jem_text(reason_table[reason].label);
}
