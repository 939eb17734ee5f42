/* agency_in.c - answers of agencies: checked line by line, each that fits a decision of its own. */
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "agency_own.h"
#include "jemput/csv.h"
#include "jemput/desk.h"
#include "jemput/sshsig.h"

#define ANSWER_LINES_MAX 20000
#define ANSWER_REFERENCE_MAX 100

/* "ssh-ed25519 AAAA... comment": the blob is a name and a key, each behind its length (RFC 4253, section 6.6). */
static bool key_parse(const char *text, unsigned char out[32])
{
    static const unsigned char head[] = "\0\0\0\013ssh-ed25519\0\0\0\040";
    unsigned char blob[64];
    size_t n = 0;
    const char *start = strncmp(text, "ssh-ed25519 ", 12) == 0 ? text + 12 : "";
    size_t len = strcspn(start, " \t\r\n");
    if (sodium_base642bin(blob, sizeof blob, start, len, NULL, &n, NULL, sodium_base64_VARIANT_ORIGINAL) != 0 &&
        sodium_base642bin(blob, sizeof blob, start, len, NULL, &n, NULL, sodium_base64_VARIANT_ORIGINAL_NO_PADDING) !=
            0)
        return false;
    if (n != sizeof head - 1 + 32 || memcmp(blob, head, sizeof head - 1) != 0)
        return false;
    memcpy(out, blob + sizeof head - 1, 32);
    return true;
}

enum jem_code jem_agency_key(struct jem_app *app, const char *agency, const char *key, json_t **out,
    struct jem_error *err)
{
    const struct jem_service **services = NULL;
    size_t count = 0;
    unsigned char raw[32];
    struct jem_buf name = JEM_BUF_INIT(80), kept = JEM_BUF_INIT(199);
    enum jem_code rc = jem_app_require(app, JEM_ROLE_HQ, "admin", err);
    if (rc == JEM_OK)
        rc = own_agency_services(app, agency, &services, &count, err);
    if (rc == JEM_OK && *key != '\0' && !key_parse(key, raw))
        rc = jem_fail(err, JEM_EINVAL, JEM_D_APP, 0, JEM_T_AGENCY_KEY);
    jem_buf_fmt(&name, "exchange.key.%.40s", agency);
    if (rc == JEM_OK && *key != '\0') /* without its comment */
        jem_buf_fmt(&kept, "ssh-ed25519 %.*s", (int)strcspn(key + 12, " \t\r\n"), key + 12);
    if (rc == JEM_OK)
        rc = jem_store_meta_set(app->store, jem_buf_text(&name), jem_buf_text(&kept), err);
    if (rc == JEM_OK)
        rc = own_give(json_pack("{s:s,s:s}", "agency", agency, "key", jem_buf_text(&kept)), out, err);
    jem_buf_release(&name);
    jem_buf_release(&kept);
    free((void *)services);
    return rc;
}

/* ---- reading ---- */

/* {"number":..,...} for each line of a CSV file, by its first line's names. */
static enum jem_code answers_csv(const char *text, size_t n, json_t **out, struct jem_error *err)
{
    json_t *lines = NULL, *line, *list = json_array();
    size_t i, c;
    enum jem_code rc = jem_csv_read(text, n, &lines, err);
    const json_t *head = json_array_get(lines, 0);
    json_array_foreach(lines, i, line)
    {
        json_t *answer = json_object(), *cell;
        json_array_foreach(line, c, cell)
        {
            const char *name = json_string_value(json_array_get(head, c));
            if (name != NULL)
                json_object_set(answer, name, cell);
        }
        if (i > 0)
            json_array_append(list, answer);
        json_decref(answer);
    }
    json_decref(lines);
    *out = list;
    return rc;
}

static enum jem_code answers_json(const char *text, size_t n, const char *agency, json_t **out, struct jem_error *err)
{
    json_t *o = NULL;
    enum jem_code rc = jem_json_parse(text, n, AGENCY_FORMAT, &o, err);
    if (rc == JEM_OK && (strcmp(jem_json_str(o, "format", ""), AGENCY_FORMAT) != 0 ||
                            strcmp(jem_json_str(o, "agency", ""), agency) != 0))
        rc = jem_fail(err, JEM_EINVAL, JEM_D_APP, 0, JEM_T_AGENCY_OTHER, AGENCY_FORMAT, agency);
    *out = rc == JEM_OK ? json_incref(json_object_get(o, "answers")) : NULL;
    json_decref(o);
    return rc;
}

static enum jem_code answers_read(const char *text, size_t n, const char *agency, json_t **out, struct jem_error *err)
{
    size_t at = 0;
    while (at < n && strchr(" \t\r\n", text[at]) != NULL)
        at++;
    enum jem_code rc =
        at < n && text[at] == '{' ? answers_json(text, n, agency, out, err) : answers_csv(text, n, out, err);
    const json_t *first = json_array_get(*out, 0);
    if (rc == JEM_OK && (!json_is_array(*out) || json_object_get(first, "number") == NULL ||
                            json_object_get(first, "status") == NULL || json_object_get(first, "reference") == NULL))
        rc = jem_fail(err, JEM_EINVAL, JEM_D_APP, 0, JEM_T_AGENCY_COLUMNS);
    if (rc == JEM_OK && json_array_size(*out) > ANSWER_LINES_MAX)
        rc = jem_fail(err, JEM_EINVAL, JEM_D_APP, 0, JEM_T_AGENCY_MANY, ANSWER_LINES_MAX);
    return rc;
}

/* ---- one answer ---- */

struct answers {
    struct jem_app *app;
    const char *agency;
    json_t *applied, *refused;
    int64_t already;
};

/* Who it is about, and whether it is that agency's: what does not match is never guessed. *now: its stage. */
static enum jem_code answer_match(struct answers *t, const json_t *answer, uint64_t *number, enum jem_status *now,
    struct jem_error *err)
{
    struct jem_application a = { 0 };
    const char *name = jem_json_str(answer, "name", "");
    enum jem_code rc = jem_number_parse(jem_json_str(answer, "number", ""), number, err);
    if (rc == JEM_OK)
        rc = own_load(t->app, *number, &a, NULL, err);
    if (rc != JEM_OK)
        return rc;
    const struct jem_service *s = own_service_or_null(t->app, jem_json_str(a.state, "service", ""));
    if (s == NULL || strcmp(s->agency, t->agency) != 0)
        rc = jem_fail(err, JEM_EINVAL, JEM_D_APP, 0, JEM_T_AGENCY_NOT_THEIRS, t->agency);
    else if (*name && strcasecmp(name, jem_json_str(json_object_get(a.state, "fields"), "name", "")) != 0)
        rc = jem_fail(err, JEM_EINVAL, JEM_D_APP, 0, JEM_T_AGENCY_NAME);
    *now = a.status;
    jem_application_release(&a);
    return rc;
}

static enum jem_code answer_decide(struct answers *t, const json_t *answer, size_t line, struct jem_error *err)
{
    uint64_t number = 0;
    char note[240];
    enum jem_status now = JEM_STATUS_UNKNOWN, to = jem_status_parse(jem_json_str(answer, "status", ""));
    const char *reference = jem_json_str(answer, "reference", "");
    json_t *out = NULL;
    enum jem_code rc = answer_match(t, answer, &number, &now, err);
    if (rc != JEM_OK)
        return rc;
    if (to != JEM_STATUS_READY && to != JEM_STATUS_RETURNED && to != JEM_STATUS_REJECTED &&
        to != JEM_STATUS_HANDED_OVER)
        return jem_fail(err, JEM_EINVAL, JEM_D_APP, 0, JEM_T_AGENCY_STATUS);
    if (*reference == '\0' || strlen(reference) > ANSWER_REFERENCE_MAX)
        return jem_fail(err, JEM_EINVAL, JEM_D_APP, 0, JEM_T_AGENCY_REFERENCE, ANSWER_REFERENCE_MAX);
    if (now == to) {
        t->already++;
        return JEM_OK;
    }
    /* the history speaks the language of receipts */
    (void)snprintf(note, sizeof note, jem_text_in(JEM_LANG_ID, JEM_T_AGENCY_ANSWER), t->agency, reference);
    struct jem_decision d = { .number = number,
        .to = to,
        .seen = now,
        .reason = jem_json_str(answer, "reason", ""),
        .note = note };
    rc = jem_desk_decide(t->app, &d, &out, err);
    if (rc == JEM_OK)
        json_array_append_new(t->applied,
            json_pack("{s:I,s:O,s:s,s:s}", "line", (json_int_t)line, "number", json_object_get(out, "number"), "status",
                jem_status_name(to), "reference", reference));
    json_decref(out);
    return rc;
}

static enum jem_code answers_signed(struct jem_app *app, const char *agency, const char *text, size_t n,
    const char *signature, size_t signature_n, struct jem_error *err)
{
    char key[200];
    unsigned char raw[32];
    own_agency_key(app, agency, key);
    if (key[0] == '\0')
        return JEM_OK;
    if (signature_n == 0 || !key_parse(key, raw))
        return jem_fail(err, JEM_ECORRUPT, JEM_D_APP, 0, JEM_T_AGENCY_SIGNATURE, agency);
    return jem_sshsig_verify(signature, signature_n, text, n, raw, err);
}

enum jem_code jem_agency_in(struct jem_app *app, const char *agency, const char *text, size_t n, const char *signature,
    size_t signature_n, json_t **out, struct jem_error *err)
{
    struct answers t = { .app = app, .agency = agency, .applied = json_array(), .refused = json_array() };
    const struct jem_service **services = NULL;
    size_t count = 0, i;
    json_t *answers = NULL, *answer;
    enum jem_code rc = jem_app_require(app, JEM_ROLE_HQ, AGENCY_ROLES, err);
    if (rc == JEM_OK)
        rc = own_agency_services(app, agency, &services, &count, err);
    if (rc == JEM_OK)
        rc = answers_signed(app, agency, text, n, signature, signature_n, err);
    if (rc == JEM_OK)
        rc = answers_read(text, n, agency, &answers, err);
    json_array_foreach(rc == JEM_OK ? answers : NULL, i, answer)
    {
        struct jem_error why = { .code = JEM_OK };
        enum jem_code one = answer_decide(&t, answer, i + 1, &why);
        if (one == JEM_ENOSPC || one == JEM_EBUSY || one == JEM_EIO) { /* the store's, not the line's */
            rc = one;
            if (err != NULL)
                *err = why;
            break;
        }
        if (one != JEM_OK)
            json_array_append_new(t.refused, json_pack("{s:I,s:s,s:s}", "line", (json_int_t)i + 1, "number",
                                                 jem_json_str(answer, "number", ""), "error", why.msg));
    }
    if (rc == JEM_OK)
        rc = own_give(json_pack("{s:s,s:O,s:I,s:O}", "agency", agency, "applied", t.applied, "already",
                          (json_int_t)t.already, "refused", t.refused),
            out, err);
    json_decref(t.applied);
    json_decref(t.refused);
    json_decref(answers);
    free((void *)services);
    return rc;
}
