/* trust.c - revoking a van, giving it another laptop, and ruling on what came in quarantine. */
#include "jemput/trust.h"

#include <string.h>
#include <strings.h>

#include "jemput/exchange.h"
#include "jemput/file.h"
#include "jemput/late.h"
#include "own.h"

#define TRUST_FILE_MAX ((size_t)16 << 20)
#define TRUST_HEADS "refs/heads/"
#define TRUST_BATCH 2000

/* ---- revocation ---- */

static enum jem_code trust_van(struct jem_app *app, unsigned van, struct jem_error *err)
{
    json_t *vans = NULL, *it;
    size_t i;
    bool known = false;
    enum jem_code rc = jem_store_vans(app->store, &vans, err);
    json_array_foreach(vans, i, it) known |= van != 0 && jem_json_int(it, "van", 0) == (int64_t)van;
    json_decref(vans);
    return rc == JEM_OK && !known ? jem_fail(err, JEM_ENOTFOUND, JEM_D_APP, 0, JEM_T_TRUST_NO_VAN, van) : rc;
}

/* The event after which nothing is believed, and its hash (zeros for none). */
static enum jem_code trust_place(struct jem_app *app, unsigned van, const char *after, struct jem_event_id *at,
    char hash[65], struct jem_error *err)
{
    struct jem_stream_head head;
    struct jem_event e = { 0 };
    enum jem_code rc = JEM_OK;
    *at = (struct jem_event_id){ .writer = (uint16_t)van };
    if (after == NULL || *after == '\0') {
        rc = jem_store_van_inc(app->store, at->writer, &at->inc, err);
        if (rc == JEM_OK)
            rc = jem_store_head(app->store, at->writer, 0, at->inc, &head, err);
        jem_hex(head.hash, 32, hash);
        at->seq = head.last.seq;
        return rc;
    }
    if (!jem_event_id_parse(after, at))
        rc = jem_late_place(app->store, van, after, at, err);
    if (rc == JEM_OK && (at->writer != van || at->lane != 0))
        return jem_fail(err, JEM_EINVAL, JEM_D_APP, 0, JEM_T_TRUST_OTHER_VAN, after, van);
    if (rc == JEM_OK && (rc = jem_store_event(app->store, at, &e, err)) == JEM_ENOTFOUND)
        rc = jem_fail(err, rc, JEM_D_APP, 0, JEM_T_TRUST_NO_EVENT, after);
    if (rc == JEM_OK)
        jem_hex(e.hash, 32, hash);
    jem_event_release(&e);
    return rc;
}

/* Whose applications the events of one incarnation after `from` are about. */
static enum jem_code trust_past_inc(struct jem_app *app, struct jem_event_id from, json_t *numbers, uint64_t *past,
    struct jem_error *err)
{
    enum jem_code rc = JEM_OK;
    for (size_t count = 1; rc == JEM_OK && count > 0;) {
        struct jem_event_list events = { 0 };
        char text[JEM_NUMBER_TEXT];
        from.seq++;
        rc = jem_store_events(app->store, &from, TRUST_BATCH, TRUST_FILE_MAX, &events, err);
        count = events.count;
        for (size_t i = 0; i < count; i++) {
            jem_number_format(events.items[i].subject, text);
            if (events.items[i].subject != 0 && json_object_size(numbers) < JEM_TRUST_NUMBERS_MAX)
                json_object_set_new(numbers, text, json_true());
            from.seq = events.items[i].id.seq;
        }
        *past += count;
        jem_event_list_release(&events);
    }
    return rc;
}

/* What the records hold of the van past that place. New reference in *out. */
static enum jem_code trust_past(struct jem_app *app, const struct jem_event_id *at, uint64_t *past, json_t **out,
    struct jem_error *err)
{
    json_t *numbers = json_object(), *list = json_array();
    const char *number;
    json_t *unused;
    uint16_t inc = UINT16_MAX;
    enum jem_code rc = numbers == NULL || list == NULL ? jem_fail_nomem(err) : JEM_OK;
    for (*past = 0; rc == JEM_OK; inc--) {
        rc = jem_store_inc_upto(app->store, at->writer, 0, inc, &inc, err);
        if (rc != JEM_OK || inc < at->inc || inc == 0)
            break;
        rc = trust_past_inc(app, (struct jem_event_id){ at->writer, 0, inc, inc == at->inc ? at->seq : 0 }, numbers,
            past, err);
    }
    json_object_foreach(numbers, number, unused) json_array_append_new(list, json_string(number));
    json_decref(numbers);
    *out = rc == JEM_OK ? json_incref(list) : NULL;
    json_decref(list);
    return rc;
}

static enum jem_code trust_append(struct jem_app *app, unsigned van, const char *kind, const json_t *body,
    struct jem_error *err)
{
    enum jem_code rc = jem_store_begin(app->store, err);
    if (rc != JEM_OK)
        return rc;
    rc = jem_store_append(app->store, 0, 0, kind, body, app->user, NULL, err);
    if (rc == JEM_OK && van != 0)
        rc = jem_store_append(app->store, (uint16_t)van, 0, kind, body, app->user, NULL, err);
    if (rc == JEM_OK)
        rc = jem_store_commit(app->store, err);
    if (rc != JEM_OK)
        jem_store_rollback(app->store);
    return rc;
}

enum jem_code jem_trust_revoke(struct jem_app *app, unsigned van, const char *after, const char *reason, json_t **out,
    struct jem_error *err)
{
    char why[OWN_REASON_MAX + 1], hash[65];
    struct jem_event_id at;
    uint64_t past = 0;
    json_t *numbers = NULL, *body = NULL;
    enum jem_code rc = jem_app_require(app, JEM_ROLE_HQ, "admin", err);
    if (rc == JEM_OK)
        rc = own_reason(reason, true, why, err);
    if (rc == JEM_OK)
        rc = trust_van(app, van, err);
    if (rc == JEM_OK)
        rc = trust_place(app, van, after, &at, hash, err);
    if (rc == JEM_OK)
        rc = trust_past(app, &at, &past, &numbers, err);
    if (rc == JEM_OK) {
        body = json_pack("{s:i,s:i,s:I,s:s,s:s}", "van", (int)van, "inc", (int)at.inc, "seq", (json_int_t)at.seq,
            "hash", hash, "reason", why);
        rc = body == NULL ? jem_fail_nomem(err) : trust_append(app, van, "van.revoked", body, err);
    }
    json_decref(body);
    if (rc == JEM_OK)
        rc = own_give(json_pack("{s:i,s:i,s:I,s:s,s:I,s:O}", "van", (int)van, "inc", (int)at.inc, "seq",
                          (json_int_t)at.seq, "reason", why, "past", (json_int_t)past, "numbers", numbers),
            out, err);
    json_decref(numbers);
    return rc;
}

/* ---- another laptop ---- */

/* A grant from a request whose words were compared (NULL: were not); *inc: of a laptop that takes the place of another, else 0. */
static enum jem_code trust_grant(struct jem_app *app, const void *request, size_t n, const char *words, unsigned number,
    bool again, struct jem_buf *grant, json_t **out, struct jem_error *err)
{
    struct jem_enrol_words request_words, grant_words;
    char name[96] = "";
    uint16_t inc = 1;
    enum jem_code rc = jem_app_require(app, JEM_ROLE_HQ, "admin", err);
    if (rc == JEM_OK)
        rc = jem_enrol_look(request, n, &request_words, name, err);
    if (rc == JEM_OK && words != NULL && !own_words_same(words, request_words.words))
        rc = jem_fail(err, JEM_EDENIED, JEM_D_APP, 0, JEM_T_APP_WORDS_DIFFER, request_words.words);
    if (rc == JEM_OK && again)
        rc = jem_enrol_reissue(app->store, app->user, request, n, number, &inc, grant, &request_words, &grant_words,
            err);
    else if (rc == JEM_OK)
        rc = jem_enrol_grant(app->store, app->user, request, n, number, grant, &request_words, &grant_words, err);
    if (rc != JEM_OK)
        return rc;
    return own_give(json_pack("{s:i,s:i,s:s,s:s,s:s}", "van", (int)number, "inc", (int)inc, "name", name,
                        "request_words", request_words.words, "words", grant_words.words),
        out, err);
}

enum jem_code jem_trust_replace(struct jem_app *app, const void *request, size_t n, const char *words, unsigned number,
    struct jem_buf *grant, json_t **out, struct jem_error *err)
{
    return trust_grant(app, request, n, words, number, true, grant, out, err);
}

enum jem_code jem_trust_enrol(struct jem_app *app, const void *request, size_t n, const char *words, unsigned number,
    struct jem_buf *grant, json_t **out, struct jem_error *err)
{
    return trust_grant(app, request, n, words, number, false, grant, out, err);
}

static enum jem_code trust_grant_file(struct jem_app *app, const char *request_path, unsigned number,
    const char *out_path, bool again, json_t **out, struct jem_error *err)
{
    struct jem_buf request = JEM_BUF_INIT(TRUST_FILE_MAX), grant = JEM_BUF_INIT(TRUST_FILE_MAX);
    json_t *o = NULL;
    enum jem_code rc = jem_app_require(app, JEM_ROLE_HQ, "admin", err);
    if (rc == JEM_OK)
        rc = jem_file_read(request_path, TRUST_FILE_MAX, &request, err);
    if (rc == JEM_OK)
        rc = trust_grant(app, request.data, request.len, NULL, number, again, &grant, &o, err);
    if (rc == JEM_OK)
        rc = jem_file_write(out_path, grant.data, grant.len, 0600, err);
    if (rc == JEM_OK && json_object_set_new(o, "file", json_string(out_path)) != 0)
        rc = jem_fail_nomem(err);
    if (rc == JEM_OK)
        rc = own_give(json_incref(o), out, err);
    json_decref(o);
    jem_buf_release(&request);
    jem_buf_release(&grant);
    return rc;
}

enum jem_code jem_exchange_enrol(struct jem_app *app, const char *request_path, unsigned number, const char *out_path,
    json_t **out, struct jem_error *err)
{
    return trust_grant_file(app, request_path, number, out_path, false, out, err);
}

enum jem_code jem_trust_reissue(struct jem_app *app, const char *request_path, unsigned number, const char *out_path,
    json_t **out, struct jem_error *err)
{
    return trust_grant_file(app, request_path, number, out_path, true, out, err);
}

/* ---- quarantine ---- */

/* The row of that ref; *row borrowed from *list, which is a new reference. */
static enum jem_code trust_row(struct jem_app *app, const char *ref, json_t **list, json_t **row, struct jem_error *err)
{
    size_t i;
    json_t *it;
    *row = *list = NULL;
    enum jem_code rc = jem_store_quarantine(app->store, list, err);
    json_array_foreach(*list, i, it)
    {
        const char *name = jem_json_str(it, "ref", "");
        bool bare = strncmp(name, TRUST_HEADS, strlen(TRUST_HEADS)) == 0;
        if (strcmp(name, ref) == 0 || (bare && strcmp(name + strlen(TRUST_HEADS), ref) == 0))
            *row = it;
    }
    return rc == JEM_OK && *row == NULL ? jem_fail(err, JEM_ENOTFOUND, JEM_D_APP, 0, JEM_T_TRUST_NO_REF, ref) : rc;
}

/* Adds what its commits tell. The reason was noted in the language of whoever merged; it is told in the reader's where it can
 * be found again. What is broken is so from its first commit on, so that opening it costs little. */
static enum jem_code trust_dress(struct jem_app *app, json_t *row, bool opened, struct jem_error *err)
{
    json_t *look = NULL;
    bool late = strcmp(jem_json_str(row, "class", ""), "late") == 0;
    enum jem_code rc = jem_late_look(app->store, jem_json_str(row, "ref", ""), jem_json_str(row, "head", ""),
        opened || !late, &look, err);
    const char *why = jem_json_str(look, "why", late ? "" : jem_json_str(look, "wrong", ""));
    if (rc == JEM_OK && *why)
        json_object_set_new(row, "reason", json_string(why));
    json_object_del(look, "why");
    if (!opened) {
        json_object_del(look, "holds");
        json_object_del(look, "wrong");
        json_object_del(look, "steps");
    }
    if (rc == JEM_OK && json_object_update(row, look) != 0)
        rc = jem_fail_nomem(err);
    json_decref(look);
    return rc;
}

enum jem_code jem_trust_quarantine(struct jem_app *app, json_t **out, struct jem_error *err)
{
    json_t *list = NULL, *row;
    size_t i;
    enum jem_code rc = jem_app_require(app, JEM_ROLE_HQ, NULL, err);
    if (rc == JEM_OK)
        rc = jem_store_quarantine(app->store, &list, err);
    json_array_foreach(list, i, row) if (rc == JEM_OK) rc = trust_dress(app, row, false, err);
    if (rc == JEM_OK)
        rc = own_give(json_pack("{s:O}", "quarantine", list), out, err);
    json_decref(list);
    return rc;
}

/* No more numbers than a person reads. */
static void trust_shorten(json_t *row)
{
    size_t i, left = JEM_TRUST_NUMBERS_MAX;
    json_t *step;
    json_array_foreach(json_object_get(row, "steps"), i, step)
    {
        json_t *numbers = json_object_get(step, "numbers");
        while (json_array_size(numbers) > left)
            json_array_remove(numbers, json_array_size(numbers) - 1);
        left -= json_array_size(numbers);
    }
}

enum jem_code jem_trust_look(struct jem_app *app, const char *ref, json_t **out, struct jem_error *err)
{
    json_t *list = NULL, *row = NULL;
    enum jem_code rc = jem_app_require(app, JEM_ROLE_HQ, NULL, err);
    if (rc == JEM_OK)
        rc = trust_row(app, ref, &list, &row, err);
    if (rc == JEM_OK)
        rc = trust_dress(app, row, true, err);
    if (rc == JEM_OK) {
        trust_shorten(row);
        rc = own_give(json_incref(row), out, err);
    }
    json_decref(list);
    return rc;
}

/* Role, reason, row: what both rulings begin with. *list is the caller's. */
static enum jem_code trust_begin(struct jem_app *app, const char *ref, const char *reason, char why[OWN_REASON_MAX + 1],
    json_t **list, json_t **row, struct jem_error *err)
{
    *list = NULL;
    enum jem_code rc = jem_app_require(app, JEM_ROLE_HQ, "admin,approver", err);
    if (rc == JEM_OK)
        rc = own_agency_none(app, err);
    if (rc == JEM_OK)
        rc = own_reason(reason, true, why, err);
    return rc == JEM_OK ? trust_row(app, ref, list, row, err) : rc;
}

static enum jem_code trust_rule(struct jem_app *app, const json_t *row, const char *head, bool admit, const char *why,
    struct jem_error *err)
{
    json_t *body = json_pack("{s:s,s:s,s:b,s:s}", "ref", jem_json_str(row, "ref", ""), "head", head, "admit", admit,
        "reason", why);
    enum jem_code rc = body == NULL ? jem_fail_nomem(err) : trust_append(app, 0, "quarantine.ruled", body, err);
    json_decref(body);
    return rc;
}

/* The commit up to which late work is admitted, borrowed from row. JEM_EINVAL: it does not hold so far. */
static enum jem_code trust_upto(const json_t *row, const char *upto, const char **head, struct jem_error *err)
{
    const json_t *steps = json_object_get(row, "steps");
    int64_t commits = jem_json_int(row, "commits", 0), holds = jem_json_int(row, "holds", 0);
    size_t i, found = 0;
    json_t *step;
    *head = jem_json_str(row, "head", "");
    if (strcmp(jem_json_str(row, "class", ""), "late") != 0)
        return jem_fail(err, JEM_EINVAL, JEM_D_APP, 0, JEM_T_TRUST_BROKEN, jem_json_str(row, "reason", ""));
    if (commits == 0)
        return jem_fail(err, JEM_ENOTFOUND, JEM_D_APP, 0, JEM_T_TRUST_NOT_HERE, jem_json_str(row, "ref", ""));
    bool whole = upto == NULL || *upto == '\0' || strcasecmp(upto, *head) == 0;
    if (whole)
        return holds == commits ? JEM_OK
                                : jem_fail(err, JEM_EINVAL, JEM_D_APP, 0, JEM_T_TRUST_BREAKS, (long long)holds,
                                      (long long)commits, jem_json_str(row, "wrong", ""));
    json_array_foreach((json_t *)(uintptr_t)steps, i, step)
    {
        const char *hex = jem_json_str(step, "head", "");
        if (strlen(upto) < 4 || strncasecmp(hex, upto, strlen(upto)) != 0)
            continue;
        *head = hex;
        found++;
    }
    return found == 1 ? JEM_OK : jem_fail(err, JEM_EINVAL, JEM_D_APP, 0, JEM_T_TRUST_UPTO, upto);
}

enum jem_code jem_trust_admit(struct jem_app *app, const char *ref, const char *upto, const char *reason, json_t **out,
    struct jem_error *err)
{
    char why[OWN_REASON_MAX + 1];
    const char *head = NULL;
    json_t *list = NULL, *row = NULL;
    struct jem_round_report report = { 0 };
    enum jem_code rc = trust_begin(app, ref, reason, why, &list, &row, err);
    if (rc == JEM_OK)
        rc = trust_dress(app, row, true, err);
    if (rc == JEM_OK)
        rc = trust_upto(row, upto, &head, err);
    if (rc == JEM_OK)
        rc = trust_rule(app, row, head, true, why, err);
    bool ruled = rc == JEM_OK;
    if (rc == JEM_OK)
        rc = jem_round_admit(app->store, app->user, jem_json_str(row, "ref", ""), jem_json_str(row, "head", ""),
            &report, err);
    bool busy = ruled && rc == JEM_EBUSY;
    if (rc == JEM_OK || busy)
        rc = own_give(json_pack("{s:s,s:s,s:I,s:I,s:b}", "ref", jem_json_str(row, "ref", ""), "head", head,
                          "accepted_events", (json_int_t)report.accepted_events, "accepted_documents",
                          (json_int_t)report.accepted_documents, "taken", !busy),
            out, err);
    json_decref(list);
    return rc;
}

enum jem_code jem_trust_refuse(struct jem_app *app, const char *ref, const char *reason, json_t **out,
    struct jem_error *err)
{
    char why[OWN_REASON_MAX + 1];
    json_t *list = NULL, *row = NULL;
    enum jem_code rc = trust_begin(app, ref, reason, why, &list, &row, err);
    if (rc == JEM_OK)
        rc = trust_rule(app, row, jem_json_str(row, "head", ""), false, why, err);
    if (rc == JEM_OK)
        rc =
            own_give(json_pack("{s:s,s:s}", "ref", jem_json_str(row, "ref", ""), "head", jem_json_str(row, "head", "")),
                out, err);
    json_decref(list);
    return rc;
}
