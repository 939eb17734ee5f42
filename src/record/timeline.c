/* timeline.c - what happened to an application, a sentence an event, for the record page.
 *
 * Sentences name people, places, fields and documents, never the values of fields; sixteen digits in somebody's
 * reason or note are masked, because they are a NIK or a KK more often than not. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "fold.h"
#include "jemput/labels.h"
#include "jemput/nik.h"

#define TIMELINE_DETAIL_MAX ((size_t)64 << 10)

struct timeline_entry {
    const struct jem_service *service;
    const struct jem_event *e;
    const json_t *body;
    enum jem_kind kind;
    char place[48];
    struct jem_buf text;
};

static bool timeline_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Appends free text with every run of sixteen digits or more masked. */
static void timeline_free_text(struct jem_buf *b, const char *s)
{
    while (*s != '\0') {
        size_t plain = 0, digits = 0;
        while (s[plain] != '\0' && !timeline_digit(s[plain]))
            plain++;
        jem_buf_add(b, s, plain);
        s += plain;
        while (timeline_digit(s[digits]))
            digits++;
        if (digits >= JEM_NIK_DIGITS) {
            char nik[JEM_NIK_DIGITS + 1] = { 0 }, masked[40];
            memcpy(nik, s, JEM_NIK_DIGITS);
            jem_nik_mask(nik, masked);
            jem_buf_str(b, masked);
        } else {
            jem_buf_add(b, s, digits);
        }
        s += digits;
    }
}

/* " Reason: ..." when the member is there and not empty. */
static void timeline_because(struct timeline_entry *t, const json_t *body, const char *member, enum jem_text key)
{
    const char *s = jem_json_str(body, member, "");
    struct jem_buf clean = JEM_BUF_INIT(TIMELINE_DETAIL_MAX);
    size_t n = strlen(s);
    if (n == 0)
        return;
    timeline_free_text(&clean, s);
    /* The sentence brings its own full stop. */
    if (clean.len > 0 && clean.data[clean.len - 1] == '.')
        clean.data[--clean.len] = '\0';
    jem_buf_fmt(&t->text, jem_text(key), jem_buf_text(&clean));
    jem_buf_release(&clean);
}

static void timeline_submitted(struct timeline_entry *t)
{
    const json_t *duplicate = json_object_get(t->body, "duplicate");
    size_t warnings = json_array_size(json_object_get(t->body, "warnings"));
    jem_buf_fmt(&t->text, jem_text(JEM_T_TIMELINE_SUBMITTED), t->e->actor, t->place);
    if (warnings > 0)
        jem_buf_fmt(&t->text, jem_text(JEM_T_TIMELINE_WARNINGS), (unsigned)warnings);
    if (duplicate != NULL) {
        struct jem_buf reason = JEM_BUF_INIT(TIMELINE_DETAIL_MAX);
        timeline_free_text(&reason, jem_json_str(duplicate, "reason", ""));
        jem_buf_fmt(&t->text, jem_text(JEM_T_TIMELINE_DUPLICATE), jem_json_str(duplicate, "of", ""),
            jem_buf_text(&reason));
        jem_buf_release(&reason);
    }
}

static void timeline_corrected(struct timeline_entry *t)
{
    json_t *set = json_object_get(t->body, "set");
    struct jem_buf names = JEM_BUF_INIT(TIMELINE_DETAIL_MAX);
    const char *name;
    json_t *write;
    json_object_foreach(set, name, write)
    {
        if (names.len > 0)
            jem_buf_str(&names, ", ");
        if (write != NULL)
            jem_buf_str(&names, jem_label_field(t->service, name));
    }
    jem_buf_fmt(&t->text, jem_text(JEM_T_TIMELINE_CORRECTED), t->e->actor, t->place, jem_buf_text(&names));
    timeline_because(t, t->body, "reason", JEM_T_TIMELINE_REASON);
    jem_buf_release(&names);
}

static void timeline_linked(struct timeline_entry *t)
{
    const char *to = jem_json_str(t->body, "to", NULL);
    enum jem_text key = to != NULL ? JEM_T_TIMELINE_LINKED : JEM_T_TIMELINE_APART;
    const char *number = to != NULL ? to : jem_json_str(t->body, "apart", "");
    jem_buf_fmt(&t->text, jem_text(key), t->e->actor, t->place, number);
    timeline_because(t, t->body, "reason", JEM_T_TIMELINE_REASON);
}

static void timeline_attached(struct timeline_entry *t)
{
    unsigned pages = (unsigned)json_array_size(json_object_get(t->body, "pages"));
    jem_buf_fmt(&t->text, jem_text(JEM_T_TIMELINE_ATTACHED), t->e->actor, t->place,
        jem_label_paper(t->service, jem_json_str(t->body, "kind", "")), pages);
}

static void timeline_printed(struct timeline_entry *t)
{
    int64_t copy = jem_json_int(t->body, "copy", 0);
    if (copy == 0)
        jem_buf_fmt(&t->text, jem_text(JEM_T_TIMELINE_PRINTED), t->e->actor, t->place);
    else
        jem_buf_fmt(&t->text, jem_text(JEM_T_TIMELINE_PRINTED_COPY), t->e->actor, t->place, (unsigned)copy);
}

static const char *timeline_stage(const struct timeline_entry *t, const char *member)
{
    return jem_label_stage(t->service, jem_status_parse(jem_json_str(t->body, member, NULL)));
}

static void timeline_status(struct timeline_entry *t)
{
    jem_buf_fmt(&t->text, jem_text(JEM_T_TIMELINE_STATUS), t->e->actor, t->place, timeline_stage(t, "from"),
        timeline_stage(t, "to"));
    timeline_because(t, t->body, "reason", JEM_T_TIMELINE_REASON);
    timeline_because(t, t->body, "note", JEM_T_TIMELINE_NOTE);
}

static void timeline_resolved(struct timeline_entry *t)
{
    const char *field = jem_json_str(t->body, "field", NULL);
    if (field != NULL) {
        jem_buf_fmt(&t->text, jem_text(JEM_T_TIMELINE_RESOLVED_FIELD), t->e->actor, t->place,
            jem_label_field(t->service, field));
    } else {
        bool accept = jem_json_bool(t->body, "accept", false);
        jem_buf_fmt(&t->text, jem_text(accept ? JEM_T_TIMELINE_ACCEPTED : JEM_T_TIMELINE_REFUSED), t->e->actor,
            t->place);
    }
    timeline_because(t, t->body, "reason", JEM_T_TIMELINE_REASON);
}

static void timeline_duplicate(struct timeline_entry *t)
{
    int32_t day = 0;
    char human[48] = "";
    if (jem_day_parse(jem_json_str(t->body, "day", ""), &day, NULL) == JEM_OK)
        jem_day_human(day, human, sizeof human);
    jem_buf_fmt(&t->text, jem_text(JEM_T_TIMELINE_DUPLICATE_FOUND), jem_json_str(t->body, "other", ""),
        (unsigned)jem_json_int(t->body, "van", 0), human);
}

static void timeline_handover(struct timeline_entry *t)
{
    const char *relation = jem_json_str(t->body, "relation", "");
    enum jem_text key = strcmp(relation, "self") == 0    ? JEM_T_RELATION_SELF
                        : strcmp(relation, "proxy") == 0 ? JEM_T_RELATION_PROXY
                                                         : JEM_T_RELATION_FAMILY;
    struct jem_buf name = JEM_BUF_INIT(TIMELINE_DETAIL_MAX);
    timeline_free_text(&name, jem_json_str(t->body, "name", ""));
    jem_buf_fmt(&t->text, jem_text(JEM_T_TIMELINE_HANDOVER), t->e->actor, t->place, jem_buf_text(&name), jem_text(key));
    timeline_because(t, t->body, "note", JEM_T_TIMELINE_NOTE);
    jem_buf_release(&name);
}

static void timeline_sentence(struct timeline_entry *t)
{
    if (t->body == NULL) {
        jem_buf_fmt(&t->text, jem_text(JEM_T_TIMELINE_REDACTED), t->e->actor, t->place);
        return;
    }
    switch (t->kind) {
    case JEM_KIND_APPLICATION_SUBMITTED: timeline_submitted(t); break;
    case JEM_KIND_APPLICATION_CORRECTED: timeline_corrected(t); break;
    case JEM_KIND_APPLICATION_LINKED: timeline_linked(t); break;
    case JEM_KIND_DOCUMENT_ATTACHED: timeline_attached(t); break;
    case JEM_KIND_RECEIPT_PRINTED: timeline_printed(t); break;
    case JEM_KIND_STATUS_CHANGED: timeline_status(t); break;
    case JEM_KIND_CONFLICT_RESOLVED: timeline_resolved(t); break;
    case JEM_KIND_DUPLICATE_FOUND: timeline_duplicate(t); break;
    case JEM_KIND_APPLICATION_WITHDRAWN:
        jem_buf_fmt(&t->text, jem_text(JEM_T_TIMELINE_WITHDRAWN), t->e->actor, t->place);
        timeline_because(t, t->body, "reason", JEM_T_TIMELINE_REASON);
        break;
    case JEM_KIND_APPLICATION_CONTINUED:
        jem_buf_fmt(&t->text, jem_text(JEM_T_TIMELINE_CONTINUED), t->e->actor, t->place,
            jem_json_str(t->body, "channel", ""));
        break;
    case JEM_KIND_DOCUMENT_REMOVED:
        jem_buf_fmt(&t->text, jem_text(JEM_T_TIMELINE_REMOVED), t->e->actor, t->place);
        timeline_because(t, t->body, "reason", JEM_T_TIMELINE_REASON);
        break;
    case JEM_KIND_HANDOVER_RECORDED: timeline_handover(t); break;
    case JEM_KIND_COMPLAINT_FILED:
        jem_buf_fmt(&t->text, jem_text(JEM_T_TIMELINE_COMPLAINT), t->e->actor, t->place);
        break;
    case JEM_KIND_COMPLAINT_ANSWERED:
        jem_buf_fmt(&t->text, jem_text(JEM_T_TIMELINE_ANSWER), t->e->actor, t->place);
        break;
    default: jem_buf_fmt(&t->text, jem_text(JEM_T_TIMELINE_UNKNOWN), t->e->actor, t->place); break;
    }
}

static json_t *timeline_item(struct fold *f, const struct jem_service *service, size_t i)
{
    const struct fold_event *fe = &f->events[i];
    struct timeline_entry t = { .service = service, .e = fe->e, .body = fe->body, .kind = fe->kind };
    json_t *o = fold_origin(f, i);
    char hlc[24];
    t.text = JEM_BUF_INIT(TIMELINE_DETAIL_MAX * 2);
    if (fe->e->id.writer == 0)
        (void)snprintf(t.place, sizeof t.place, "%s", jem_text(JEM_T_TIMELINE_AT_HQ));
    else
        (void)snprintf(t.place, sizeof t.place, jem_text(JEM_T_TIMELINE_AT_VAN), (unsigned)fe->e->id.writer);
    timeline_sentence(&t);
    fold_put(f, o, "kind", json_string(fe->e->kind));
    fold_put(f, o, "label", json_string(jem_kind_label(fe->e->kind)));
    (void)snprintf(hlc, sizeof hlc, "%" PRIu64, fe->e->hlc);
    fold_put(f, o, "hlc", json_string_nocheck(hlc));
    fold_put(f, o, "detail", json_string(jem_buf_text(&t.text)));
    f->failed |= t.text.failed;
    jem_buf_release(&t.text);
    return o;
}

json_t *jem_application_timeline(const struct jem_service *service, const struct jem_event *const *events, size_t count)
{
    struct fold f = { .app = NULL };
    json_t *list = json_array();
    if (fold_load(&f, events, count, true, NULL) != JEM_OK)
        f.failed = true;
    for (size_t i = 0; i < f.count && !f.failed; i++)
        fold_append(&f, list, timeline_item(&f, service, i));
    bool failed = f.failed;
    fold_release(&f);
    if (failed) {
        json_decref(list);
        return NULL;
    }
    return list;
}
