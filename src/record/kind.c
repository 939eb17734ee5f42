/* kind.c - the kinds of events: names, labels, and the schema of every body.
 *
 * A schema is a table of members. A known member must have its type and keep its bounds; a member that no
 * schema names comes from a newer writer and is kept. Kinds with two shapes choose by the first member of the
 * shape that the body has. */
#include "kind.h"

#include <string.h>

#define TEXT_LONG 4000 /* bytes of a reason or a note */
#define TEXT_SHORT 400
#define BASE64_MAX ((int64_t)JEM_EVENT_BODY_MAX - 1024) /* characters that a body has room for */

static const struct kind_member submitted_members[] = {
    { "service", KIND_CODE, 1, 32, true },
    { "catalog", KIND_INTEGER, 0, INT32_MAX, true },
    { "channel", KIND_CODE, 1, 32, true },
    { "fields", KIND_FIELDS, 0, KIND_FIELDS_MAX, true },
    { "warnings", KIND_CODE_LIST, 0, 256, true },
    { "duplicate", KIND_DUPLICATE, 0, 0, false },
    { NULL, KIND_NONE, 0, 0, false },
};
static const struct kind_member corrected_members[] = {
    { "set", KIND_SET, 1, KIND_FIELDS_MAX, true },
    { "reason", KIND_TEXT, 0, TEXT_LONG, false },
    { NULL, KIND_NONE, 0, 0, false },
};
static const struct kind_member resolved_field_members[] = {
    { "field", KIND_CODE, 1, KIND_NAME_MAX, true },
    { "v", KIND_TEXT, 0, KIND_VALUE_MAX, true },
    { "base", KIND_EVENT_LIST, 0, KIND_BASE_MAX, true },
    { "reason", KIND_TEXT, 0, TEXT_LONG, true },
    { NULL, KIND_NONE, 0, 0, false },
};
static const struct kind_member resolved_event_members[] = {
    { "event", KIND_EVENT_ID, 0, 0, true },
    { "accept", KIND_BOOLEAN, 0, 0, true },
    { "reason", KIND_TEXT, 0, TEXT_LONG, true },
    { NULL, KIND_NONE, 0, 0, false },
};
static const struct kind_member continued_members[] = {
    { "service", KIND_CODE, 1, 32, true },
    { "channel", KIND_CODE, 1, 32, true },
    { NULL, KIND_NONE, 0, 0, false },
};
static const struct kind_member withdrawn_members[] = {
    { "reason", KIND_TEXT, 0, TEXT_LONG, true },
    { NULL, KIND_NONE, 0, 0, false },
};
static const struct kind_member linked_to_members[] = {
    { "to", KIND_NUMBER, 0, 0, true },
    { "reason", KIND_TEXT, 0, TEXT_LONG, true },
    { NULL, KIND_NONE, 0, 0, false },
};
static const struct kind_member linked_apart_members[] = {
    { "apart", KIND_NUMBER, 0, 0, true },
    { "reason", KIND_TEXT, 0, TEXT_LONG, true },
    { NULL, KIND_NONE, 0, 0, false },
};
static const struct kind_member duplicate_members[] = {
    { "other", KIND_NUMBER, 0, 0, true },
    { "service", KIND_CODE, 1, 32, true },
    { "day", KIND_DAY, 0, 0, true },
    { "van", KIND_INTEGER, 0, 4095, true },
    { NULL, KIND_NONE, 0, 0, false },
};
static const struct kind_member status_members[] = {
    { "from", KIND_STATUS, 0, 0, true },
    { "to", KIND_STATUS, 0, 0, true },
    { "reason", KIND_TEXT, 0, TEXT_LONG, false },
    { "code", KIND_CODE, 1, 32, false },
    { "note", KIND_TEXT, 0, TEXT_LONG, false },
    { NULL, KIND_NONE, 0, 0, false },
};
static const struct kind_member attached_members[] = {
    { "ordinal", KIND_INTEGER, 0, UINT16_MAX, true },
    { "kind", KIND_CODE, 1, 32, true },
    { "mime", KIND_TEXT, 1, 100, true },
    { "size", KIND_INTEGER, 0, (int64_t)1 << 40, true },
    { "hash", KIND_HEX, 32, 32, true },
    { "pages", KIND_PAGES, 0, 5000, true },
    { "name", KIND_TEXT, 0, TEXT_SHORT, false },
    { NULL, KIND_NONE, 0, 0, false },
};
static const struct kind_member removed_members[] = {
    { "document", KIND_EVENT_ID, 0, 0, true },
    { "reason", KIND_TEXT, 0, TEXT_LONG, true },
    { NULL, KIND_NONE, 0, 0, false },
};
static const struct kind_member printed_members[] = {
    { "copy", KIND_INTEGER, 0, UINT16_MAX, true },
    { "format", KIND_CODE, 1, 16, true },
    { "width", KIND_INTEGER, 0, UINT16_MAX, true },
    { NULL, KIND_NONE, 0, 0, false },
};
static const struct kind_member catalog_members[] = {
    { "version", KIND_INTEGER, 1, INT32_MAX, true },
    { "catalog", KIND_OBJECT, 0, 0, true },
    { NULL, KIND_NONE, 0, 0, false },
};
static const struct kind_member user_put_members[] = {
    { "user", KIND_CODE, 1, JEM_EVENT_ACTOR_MAX, true },
    { "name", KIND_TEXT, 1, TEXT_SHORT, true },
    { "role", KIND_ROLE, 0, 0, true },
    { "agency", KIND_CODE, 1, 32, false },
    { NULL, KIND_NONE, 0, 0, false },
};
static const struct kind_member user_disabled_members[] = {
    { "user", KIND_CODE, 1, JEM_EVENT_ACTOR_MAX, true },
    { "reason", KIND_TEXT, 0, TEXT_LONG, true },
    { NULL, KIND_NONE, 0, 0, false },
};
static const struct kind_member enrolled_members[] = {
    { "van", KIND_INTEGER, 0, 4095, true },
    { "name", KIND_TEXT, 1, TEXT_SHORT, true },
    { "sign", KIND_HEX, 32, 32, true },
    { "box", KIND_HEX, 32, 32, true },
    { "epoch", KIND_INTEGER, 0, UINT16_MAX, true },
    { "inc", KIND_INTEGER, 1, UINT16_MAX, true },
    { NULL, KIND_NONE, 0, 0, false },
};
static const struct kind_member acked_members[] = {
    { "writer", KIND_INTEGER, 0, 4095, true },
    { "inc", KIND_INTEGER, 1, UINT16_MAX, true },
    { "seq", KIND_INTEGER, 0, ((int64_t)1 << 48) - 1, true },
    { "hash", KIND_HEX, 32, 32, true },
    { "level", KIND_LEVEL, 0, 0, true },
    { "head", KIND_HEX, 20, 32, true },
    { "scan", KIND_INTEGER, 0, INT32_MAX, true },
    { "missing", KIND_HEX_LIST, 0, 10000, true },
    { NULL, KIND_NONE, 0, 0, false },
};

static const struct kind_member rotated_members[] = {
    { "epoch", KIND_INTEGER, 1, UINT16_MAX, true },
    { "box", KIND_HEX, 32, 32, true },
    { NULL, KIND_NONE, 0, 0, false },
};
static const struct kind_member revoked_members[] = {
    { "van", KIND_INTEGER, 1, 4095, true },
    { "inc", KIND_INTEGER, 1, UINT16_MAX, true },
    { "seq", KIND_INTEGER, 0, ((int64_t)1 << 48) - 1, true },
    { "hash", KIND_HEX, 32, 32, true },
    { "reason", KIND_TEXT, 0, TEXT_LONG, true },
    { NULL, KIND_NONE, 0, 0, false },
};
static const struct kind_member ruled_members[] = {
    { "ref", KIND_TEXT, 1, TEXT_SHORT, true },
    { "head", KIND_HEX, 20, 32, true },
    { "admit", KIND_BOOLEAN, 0, 0, true },
    { "reason", KIND_TEXT, 0, TEXT_LONG, true },
    { NULL, KIND_NONE, 0, 0, false },
};
static const struct kind_member returned_members[] = {
    { "segment", KIND_BASE64, 4, BASE64_MAX, true },
    { NULL, KIND_NONE, 0, 0, false },
};
static const struct kind_member district_members[] = {
    { "base", KIND_DAY, 0, 0, true },
    { "cases", KIND_BASE64, 0, BASE64_MAX, true },
    { NULL, KIND_NONE, 0, 0, false },
};
static const struct kind_member dictionary_members[] = {
    { "id", KIND_INTEGER, 2, UINT16_MAX, true },
    { "bytes", KIND_BASE64, 4, BASE64_MAX, true },
    { NULL, KIND_NONE, 0, 0, false },
};
static const struct kind_member exported_members[] = {
    { "what", KIND_CODE, 1, 32, true },
    { "to", KIND_TEXT, 0, TEXT_SHORT, true },
    { "rows", KIND_INTEGER, 0, INT32_MAX, true },
    { "whole", KIND_BOOLEAN, 0, 0, true },
    { "about", KIND_TEXTS, 0, KIND_FIELDS_MAX, true },
    { "reason", KIND_TEXT, 0, TEXT_LONG, true },
    { NULL, KIND_NONE, 0, 0, false },
};

static const struct kind_member redacted_members[] = {
    { "numbers", KIND_NUMBERS, 1, JEM_ERASED_MAX, true },
    { "basis", KIND_TEXT, 1, TEXT_LONG, true },
    { NULL, KIND_NONE, 0, 0, false },
};
static const struct kind_member ticket_members[] = {
    { "day", KIND_DAY, 0, 0, true },
    { "number", KIND_INTEGER, 1, 9999, true },
    { "category", KIND_CODE, 1, 32, true },
    { NULL, KIND_NONE, 0, 0, false },
};
static const struct kind_member called_members[] = {
    { "ticket", KIND_EVENT_ID, 0, 0, true },
    { "counter", KIND_INTEGER, 1, 9, true },
    { NULL, KIND_NONE, 0, 0, false },
};
static const struct kind_member skipped_members[] = {
    { "ticket", KIND_EVENT_ID, 0, 0, true },
    { NULL, KIND_NONE, 0, 0, false },
};
static const struct kind_member planned_members[] = {
    { "van", KIND_INTEGER, 1, 4095, true },
    { "village", KIND_CODE, 1, 32, true },
    { "from", KIND_DAY, 0, 0, true },
    { "to", KIND_DAY, 0, 0, true },
    { "place", KIND_TEXT, 0, TEXT_SHORT, true },
    { "note", KIND_TEXT, 0, TEXT_LONG, false },
    { "replaces", KIND_EVENT_ID, 0, 0, false },
    { "cancelled", KIND_BOOLEAN, 0, 0, false },
    { NULL, KIND_NONE, 0, 0, false },
};
static const struct kind_member opened_members[] = {
    { "village", KIND_CODE, 1, 32, true },
    { "place", KIND_TEXT, 0, TEXT_SHORT, true },
    { "team", KIND_TEXT_LIST, 0, 40, true },
    { "plan", KIND_EVENT_ID, 0, 0, false },
    { NULL, KIND_NONE, 0, 0, false },
};
static const struct kind_member closed_members[] = {
    { "visit", KIND_EVENT_ID, 0, 0, true },
    { "applications", KIND_INTEGER, 0, INT32_MAX, true },
    { "tickets", KIND_INTEGER, 0, INT32_MAX, true },
    { "note", KIND_TEXT, 0, TEXT_LONG, false },
    { NULL, KIND_NONE, 0, 0, false },
};
static const struct kind_member handover_members[] = {
    { "name", KIND_TEXT, 1, TEXT_SHORT, true },
    { "relation", KIND_CODE, 1, 32, true },
    { "nik4", KIND_TEXT, 4, 4, false },
    { "document", KIND_INTEGER, 0, UINT16_MAX, false },
    { "note", KIND_TEXT, 0, TEXT_LONG, false },
    { NULL, KIND_NONE, 0, 0, false },
};
static const struct kind_member filed_members[] = {
    { "channel", KIND_CODE, 1, 32, true },
    { "category", KIND_CODE, 1, 32, true },
    { "text", KIND_TEXT, 1, TEXT_LONG, true },
    { "name", KIND_TEXT, 0, TEXT_SHORT, false },
    { "contact", KIND_TEXT, 0, TEXT_SHORT, false },
    { NULL, KIND_NONE, 0, 0, false },
};
static const struct kind_member answered_members[] = {
    { "complaint", KIND_EVENT_ID, 0, 0, true },
    { "text", KIND_TEXT, 1, TEXT_LONG, true },
    { "closes", KIND_BOOLEAN, 0, 0, true },
    { NULL, KIND_NONE, 0, 0, false },
};
#define TIME_MAX ((int64_t)253402300799999) /* the year 9999 */
static const struct kind_member outage_members[] = {
    { "what", KIND_CODE, 1, 32, true },
    { "from", KIND_INTEGER, 0, TIME_MAX, true },
    { "to", KIND_INTEGER, 0, TIME_MAX, false },
    { "note", KIND_TEXT, 0, TEXT_LONG, false },
    { NULL, KIND_NONE, 0, 0, false },
};
static const struct kind_member outage_end_members[] = {
    { "outage", KIND_EVENT_ID, 0, 0, true },
    { "to", KIND_INTEGER, 0, TIME_MAX, true },
    { NULL, KIND_NONE, 0, 0, false },
};
static const struct kind_member outage_photo_members[] = {
    { "outage", KIND_EVENT_ID, 0, 0, true },
    { "mime", KIND_TEXT, 1, 100, true },
    { "size", KIND_INTEGER, 0, (int64_t)1 << 40, true },
    { "hash", KIND_HEX, 32, 32, true },
    { "pages", KIND_PAGES, 1, 1, true },
    { "name", KIND_TEXT, 0, TEXT_SHORT, false },
    { NULL, KIND_NONE, 0, 0, false },
};
static const struct kind_member survey_members[] = {
    { "day", KIND_DAY, 0, 0, true },
    { "u1", KIND_INTEGER, 1, 4, true },
    { "u2", KIND_INTEGER, 1, 4, true },
    { "u3", KIND_INTEGER, 1, 4, true },
    { "u4", KIND_INTEGER, 1, 4, true },
    { "u5", KIND_INTEGER, 1, 4, true },
    { "u6", KIND_INTEGER, 1, 4, true },
    { "u7", KIND_INTEGER, 1, 4, true },
    { "u8", KIND_INTEGER, 1, 4, true },
    { "u9", KIND_INTEGER, 1, 4, true },
    { "service", KIND_CODE, 1, 32, false },
    { "age", KIND_CODE, 1, 32, false },
    { "sex", KIND_CODE, 1, 32, false },
    { "education", KIND_CODE, 1, 32, false },
    { NULL, KIND_NONE, 0, 0, false },
};

static const struct {
    const char *name;
    enum jem_text label;
    const struct kind_member *shape[2]; /* the first serves when its first member is there, else the second */
} kind_table[JEM_KIND_COUNT] = {
    [JEM_KIND_UNKNOWN] = { "unknown", JEM_T_KIND_UNKNOWN, { NULL, NULL } },
    [JEM_KIND_APPLICATION_SUBMITTED] = { "application.submitted", JEM_T_KIND_APPLICATION_SUBMITTED,
        { submitted_members, NULL } },
    [JEM_KIND_APPLICATION_CORRECTED] = { "application.corrected", JEM_T_KIND_APPLICATION_CORRECTED,
        { corrected_members, NULL } },
    [JEM_KIND_APPLICATION_WITHDRAWN] = { "application.withdrawn", JEM_T_KIND_APPLICATION_WITHDRAWN,
        { withdrawn_members, NULL } },
    [JEM_KIND_APPLICATION_LINKED] = { "application.linked", JEM_T_KIND_APPLICATION_LINKED,
        { linked_to_members, linked_apart_members } },
    [JEM_KIND_DOCUMENT_ATTACHED] = { "document.attached", JEM_T_KIND_DOCUMENT_ATTACHED, { attached_members, NULL } },
    [JEM_KIND_DOCUMENT_REMOVED] = { "document.removed", JEM_T_KIND_DOCUMENT_REMOVED, { removed_members, NULL } },
    [JEM_KIND_RECEIPT_PRINTED] = { "receipt.printed", JEM_T_KIND_RECEIPT_PRINTED, { printed_members, NULL } },
    [JEM_KIND_STATUS_CHANGED] = { "status.changed", JEM_T_KIND_STATUS_CHANGED, { status_members, NULL } },
    [JEM_KIND_CONFLICT_RESOLVED] = { "conflict.resolved", JEM_T_KIND_CONFLICT_RESOLVED,
        { resolved_field_members, resolved_event_members } },
    [JEM_KIND_DUPLICATE_FOUND] = { "duplicate.found", JEM_T_KIND_DUPLICATE_FOUND, { duplicate_members, NULL } },
    [JEM_KIND_CATALOG_PUBLISHED] = { "catalog.published", JEM_T_KIND_CATALOG_PUBLISHED, { catalog_members, NULL } },
    [JEM_KIND_USER_PUT] = { "user.put", JEM_T_KIND_USER_PUT, { user_put_members, NULL } },
    [JEM_KIND_USER_DISABLED] = { "user.disabled", JEM_T_KIND_USER_DISABLED, { user_disabled_members, NULL } },
    [JEM_KIND_VAN_ENROLLED] = { "van.enrolled", JEM_T_KIND_VAN_ENROLLED, { enrolled_members, NULL } },
    [JEM_KIND_LEDGER_ACKED] = { "ledger.acked", JEM_T_KIND_LEDGER_ACKED, { acked_members, NULL } },
    [JEM_KIND_KEY_ROTATED] = { "key.rotated", JEM_T_KIND_KEY_ROTATED, { rotated_members, NULL } },
    [JEM_KIND_VAN_REVOKED] = { "van.revoked", JEM_T_KIND_VAN_REVOKED, { revoked_members, NULL } },
    [JEM_KIND_QUARANTINE_RULED] = { "quarantine.ruled", JEM_T_KIND_QUARANTINE_RULED, { ruled_members, NULL } },
    [JEM_KIND_HISTORY_RETURNED] = { "history.returned", JEM_T_KIND_HISTORY_RETURNED, { returned_members, NULL } },
    [JEM_KIND_DISTRICT_STATUS] = { "district.status", JEM_T_KIND_DISTRICT_STATUS, { district_members, NULL } },
    [JEM_KIND_DICTIONARY_PUBLISHED] = { "dictionary.published", JEM_T_KIND_DICTIONARY_PUBLISHED,
        { dictionary_members, NULL } },
    [JEM_KIND_DATA_EXPORTED] = { "data.exported", JEM_T_KIND_DATA_EXPORTED, { exported_members, NULL } },
    [JEM_KIND_BODY_REDACTED] = { "body.redacted", JEM_T_KIND_BODY_REDACTED, { redacted_members, NULL } },
    [JEM_KIND_QUEUE_ISSUED] = { "queue.issued", JEM_T_KIND_QUEUE_ISSUED, { ticket_members, NULL } },
    [JEM_KIND_QUEUE_CALLED] = { "queue.called", JEM_T_KIND_QUEUE_CALLED, { called_members, NULL } },
    [JEM_KIND_QUEUE_SERVED] = { "queue.served", JEM_T_KIND_QUEUE_SERVED, { called_members, NULL } },
    [JEM_KIND_QUEUE_SKIPPED] = { "queue.skipped", JEM_T_KIND_QUEUE_SKIPPED, { skipped_members, NULL } },
    [JEM_KIND_VISIT_PLANNED] = { "visit.planned", JEM_T_KIND_VISIT_PLANNED, { planned_members, NULL } },
    [JEM_KIND_VISIT_OPENED] = { "visit.opened", JEM_T_KIND_VISIT_OPENED, { opened_members, NULL } },
    [JEM_KIND_VISIT_CLOSED] = { "visit.closed", JEM_T_KIND_VISIT_CLOSED, { closed_members, NULL } },
    [JEM_KIND_HANDOVER_RECORDED] = { "handover.recorded", JEM_T_KIND_HANDOVER_RECORDED, { handover_members, NULL } },
    [JEM_KIND_COMPLAINT_FILED] = { "complaint.filed", JEM_T_KIND_COMPLAINT_FILED, { filed_members, NULL } },
    [JEM_KIND_COMPLAINT_ANSWERED] = { "complaint.answered", JEM_T_KIND_COMPLAINT_ANSWERED, { answered_members, NULL } },
    [JEM_KIND_OUTAGE_NOTED] = { "outage.noted", JEM_T_KIND_OUTAGE_NOTED, { outage_members, outage_end_members } },
    [JEM_KIND_SURVEY_ANSWERED] = { "survey.answered", JEM_T_KIND_SURVEY_ANSWERED, { survey_members, NULL } },
    [JEM_KIND_APPLICATION_CONTINUED] = { "application.continued", JEM_T_KIND_APPLICATION_CONTINUED,
        { continued_members, NULL } },
    [JEM_KIND_OUTAGE_PHOTOGRAPHED] = { "outage.photographed", JEM_T_KIND_OUTAGE_PHOTOGRAPHED,
        { outage_photo_members, NULL } },
};

enum jem_kind jem_kind_parse(const char *s)
{
    for (unsigned i = JEM_KIND_APPLICATION_SUBMITTED; s != NULL && i < JEM_KIND_COUNT; i++)
        if (strcmp(s, kind_table[i].name) == 0)
            return (enum jem_kind)i;
    return JEM_KIND_UNKNOWN;
}

const char *jem_kind_name(enum jem_kind kind)
{
    return kind_table[(unsigned)kind < JEM_KIND_COUNT ? kind : JEM_KIND_UNKNOWN].name;
}

const char *jem_kind_label(const char *kind)
{
    return jem_text(kind_table[jem_kind_parse(kind)].label);
}

enum jem_code jem_kind_check(const char *kind, const json_t *body, struct jem_error *err)
{
    enum jem_kind k = jem_kind_parse(kind);
    if (k == JEM_KIND_UNKNOWN)
        return JEM_OK;
    if (!json_is_object(body))
        return jem_fail(err, JEM_EINVAL, JEM_D_RECORD, 0, JEM_T_BODY_OBJECT, kind);
    const struct kind_member *m = kind_table[k].shape[0];
    const struct kind_member *other = kind_table[k].shape[1];
    if (other != NULL && json_object_get(body, m->name) == NULL && json_object_get(body, other->name) != NULL)
        m = other;
    for (; m->name != NULL; m++) {
        const json_t *v = json_object_get(body, m->name);
        if (v == NULL && m->required)
            return jem_fail(err, JEM_EINVAL, JEM_D_RECORD, 0, JEM_T_BODY_MISSING, kind, m->name,
                jem_text(kind_type_text(m->type)));
        if (v != NULL && !kind_value_ok(m, v))
            return jem_fail(err, JEM_EINVAL, JEM_D_RECORD, 0, JEM_T_BODY_MEMBER, kind, m->name,
                jem_text(kind_type_text(m->type)));
    }
    return JEM_OK;
}
