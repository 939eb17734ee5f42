/* regency_law.c - what must hold in a regency whatever happened, and what may happen to it. */
#include "regency_law.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cheap_slot.h"
#include "jemput/backup.h"
#include "jemput/codec.h"
#include "jemput/keys.h"
#include "jemput/late.h"
#include "unit.h"

static void good(enum jem_code code, const struct jem_error *err)
{
    if (code != JEM_OK)
        fail_msg("%s: %s", jem_code_name(code), err->msg);
}

void regency_shell(const struct regency *r, const char *fmt, ...)
{
    char args[600], command[800];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(args, sizeof args, fmt, ap);
    va_end(ap);
    snprintf(command, sizeof command, "cd '%s' && %s", r->root, args);
    if (system(command) != 0)
        fail_msg("failed: %s", args);
}

/* ---- what must hold ---- */

static const unsigned writers[] = { 0, 3, 7, 12 };

/* Every event that both have is the same event. */
void regency_one_history(struct jem_store *a, struct jem_store *b)
{
    struct jem_error err = { 0 };
    for (size_t w = 0; w < sizeof writers / sizeof *writers; w++)
        for (size_t l = 0; l < sizeof writers / sizeof *writers; l++)
            for (uint16_t inc = UINT16_MAX; inc != 0; inc = (uint16_t)(inc - 1)) {
                struct jem_stream_head x, y;
                good(jem_store_inc_upto(a, (uint16_t)writers[w], (uint16_t)writers[l], inc, &inc, &err), &err);
                if (inc == 0)
                    break;
                good(jem_store_head(a, (uint16_t)writers[w], (uint16_t)writers[l], inc, &x, &err), &err);
                good(jem_store_head(b, (uint16_t)writers[w], (uint16_t)writers[l], inc, &y, &err), &err);
                struct jem_event_id id = x.last.seq < y.last.seq ? x.last : y.last;
                if (id.seq == 0)
                    continue;
                struct jem_event e, f;
                good(jem_store_event(a, &id, &e, &err), &err);
                good(jem_store_event(b, &id, &f, &err), &err);
                if (memcmp(e.hash, f.hash, 32) != 0)
                    fail_msg("%u.%u.%u.%" PRIu64 " stands for two events", writers[w], writers[l], (unsigned)inc,
                        id.seq);
                jem_event_release(&e);
                jem_event_release(&f);
            }
}

/* The stream is the same on both sides, in every incarnation. */
void regency_same_logs(struct jem_store *a, struct jem_store *b, unsigned writer, unsigned lane)
{
    struct jem_error err = { 0 };
    for (int side = 0; side < 2; side++)
        for (uint16_t inc = UINT16_MAX; inc != 0; inc = (uint16_t)(inc - 1)) {
            struct jem_stream_head x, y;
            good(jem_store_inc_upto(side == 0 ? a : b, (uint16_t)writer, (uint16_t)lane, inc, &inc, &err), &err);
            if (inc == 0)
                break;
            good(jem_store_head(a, (uint16_t)writer, (uint16_t)lane, inc, &x, &err), &err);
            good(jem_store_head(b, (uint16_t)writer, (uint16_t)lane, inc, &y, &err), &err);
            if (x.last.seq != y.last.seq || memcmp(x.hash, y.hash, 32) != 0)
                fail_msg("stream %u.%u.%u: %" PRIu64 " and %" PRIu64 " events", writer, lane, (unsigned)inc, x.last.seq,
                    y.last.seq);
        }
}

uint64_t regency_total(struct jem_store *store, unsigned writer, unsigned lane)
{
    struct jem_error err = { 0 };
    uint64_t n = 0;
    for (uint16_t inc = UINT16_MAX; inc != 0; inc = (uint16_t)(inc - 1)) {
        struct jem_stream_head head;
        good(jem_store_inc_upto(store, (uint16_t)writer, (uint16_t)lane, inc, &inc, &err), &err);
        if (inc == 0)
            break;
        good(jem_store_head(store, (uint16_t)writer, (uint16_t)lane, inc, &head, &err), &err);
        n += head.last.seq;
    }
    return n;
}

void regency_sound(struct jem_store *store)
{
    struct jem_error err = { 0 };
    json_t *audit = NULL;
    enum jem_code code = jem_store_audit(store, false, &audit, &err);
    if (code != JEM_OK)
        fail_msg("audit: %s", err.msg);
    json_decref(audit);
}

/* Rounds until all has been said and answered. The last of each van has nothing left to do. */
void regency_settle(struct regency *r, unsigned vans)
{
    static const struct jem_round_options plain;
    struct jem_round_report report;
    struct jem_error err = { 0 };
    uint64_t moved = 1;
    for (int i = 0; i < 6 && moved > 0; i++) {
        moved = 0;
        for (unsigned v = 0; v < vans; v++) {
            good(jem_round_van(r->van[v], &plain, &report, &err), &err);
            moved += report.pushed_events + report.received_events + report.slices;
        }
        good(jem_round_merge(r->hq, REGENCY_USER, &plain, &report, &err), &err);
        moved += report.accepted_events + report.accepted_documents + report.received_events + report.quarantined;
        good(jem_round_publish(r->hq, REGENCY_USER, &plain, &report, &err), &err);
        moved += report.published_events;
    }
    for (unsigned v = 0; v < vans; v++) {
        report = regency_van(r, v);
        if (report.refused[0] != '\0')
            fail_msg("van %u: the feed is refused: %s", regency_number[v], report.refused);
        if (report.pending_events != 0 || report.pending_documents != 0)
            fail_msg("van %u: %" PRIu64 " events and %" PRIu64 " documents wait", regency_number[v],
                report.pending_events, report.pending_documents);
    }
}

void regency_holds(struct regency *r, unsigned vans)
{
    for (unsigned v = 0; v < vans; v++) {
        regency_one_history(r->hq, r->van[v]);
        regency_same_logs(r->van[v], r->hq, regency_number[v], 0);
        regency_same_logs(r->van[v], r->hq, 0, regency_number[v]);
        regency_sound(r->van[v]);
    }
    regency_sound(r->hq);
}

void regency_nothing_quarantined(struct regency *r)
{
    struct jem_error err = { 0 };
    json_t *rows = NULL;
    good(jem_store_quarantine(r->hq, &rows, &err), &err);
    if (json_array_size(rows) != 0)
        fail_msg("%s: %s", jem_json_str(json_array_get(rows, 0), "ref", ""),
            jem_json_str(json_array_get(rows, 0), "reason", ""));
    json_decref(rows);
}

/* ---- what happens ---- */

void regency_rotate(struct regency *r)
{
    struct jem_error err = { 0 };
    uint16_t epoch = 0;
    good(jem_keys_rotate(r->hq, REGENCY_USER, &epoch, &err), &err);
    assert_true(epoch > 1);
}

void regency_backup(struct regency *r, struct jem_store *store, const char *name)
{
    struct jem_error err = { 0 };
    char path[128];
    json_t *out = NULL;
    snprintf(path, sizeof path, "%s/%s", r->root, name);
    good(jem_backup_make(store, path, true, &out, &err), &err);
    json_decref(out);
}

void regency_restore(struct regency *r, struct jem_store **store, const char *dir, const char *name)
{
    struct jem_error err = { 0 };
    char path[128];
    json_t *out = NULL;
    jem_store_close(*store);
    *store = NULL;
    regency_shell(r, "rm -rf '%s'", dir);
    snprintf(path, sizeof path, "%s/%s", r->root, name);
    good(jem_backup_restore(path, dir, REGENCY_USER, REGENCY_PASSPHRASE, jem_clock_system(), &out, &err), &err);
    json_decref(out);
    good(jem_store_open(dir, REGENCY_USER, REGENCY_PASSPHRASE, jem_clock_system(), store, &err), &err);
}

void regency_lose_hub(struct regency *r)
{
    struct jem_error err = { 0 };
    regency_shell(r, "rm -rf hub.git");
    good(jem_hub_init(r->hub, &err), &err);
}

void regency_work(struct regency *r, unsigned van, unsigned count, unsigned seed)
{
    regency_apply_many(r->van[van], count, seed);
    regency_attach(r->van[van], regency_apply(r->van[van], "3273010101900001", "Pemohon"), 60000, 1000 + seed);
}

/* A decision of HQ on some application of that van. */
void regency_decide_any(struct regency *r, unsigned van)
{
    struct jem_error err = { 0 };
    struct jem_list_query query = { .day = INT32_MIN, .limit = 10000 };
    json_t *rows = NULL;
    good(jem_store_list(r->hq, &query, &rows, &err), &err);
    size_t i;
    json_t *row;
    json_array_foreach(rows, i, row)
    {
        uint64_t number;
        if (jem_json_int(row, "van", 0) != (int64_t)regency_number[van])
            continue;
        good(jem_number_parse(jem_json_str(row, "number", ""), &number, &err), &err);
        regency_decide(r->hq, number, "received", "verified");
        break;
    }
    json_decref(rows);
}

/* ---- trust ---- */

static void regency_append(struct jem_store *hq, uint16_t lane, const char *kind, json_t *body)
{
    struct jem_error err = { 0 };
    good(jem_store_begin(hq, &err), &err);
    good(jem_store_append(hq, 0, 0, kind, body, REGENCY_USER, NULL, &err), &err);
    if (lane != 0)
        good(jem_store_append(hq, lane, 0, kind, body, REGENCY_USER, NULL, &err), &err);
    good(jem_store_commit(hq, &err), &err);
    json_decref(body);
}

void regency_revoke(struct jem_store *hq, unsigned van)
{
    struct jem_error err = { 0 };
    struct jem_stream_head head;
    uint16_t inc = 1;
    char hash[65];
    good(jem_store_van_inc(hq, (uint16_t)van, &inc, &err), &err);
    good(jem_store_head(hq, (uint16_t)van, 0, inc, &head, &err), &err);
    jem_hex(head.hash, 32, hash);
    regency_append(hq, (uint16_t)van, "van.revoked",
        json_pack("{s:i,s:i,s:I,s:s,s:s}", "van", (int)van, "inc", (int)inc, "seq", (json_int_t)head.last.seq, "hash",
            hash, "reason", "dicuri"));
}

void regency_rule(struct jem_store *hq, const char *ref, const char *head, bool admit)
{
    regency_append(hq, 0, "quarantine.ruled",
        json_pack("{s:s,s:s,s:b,s:s}", "ref", ref, "head", head, "admit", admit, "reason", "uji"));
}

struct jem_store *regency_reissue(struct regency *r, unsigned i, const char *name, uint16_t *inc)
{
    struct jem_error err = { 0 };
    struct jem_store *store = NULL;
    struct jem_buf request = JEM_BUF_INIT(JEM_BUF_DEFAULT_MAX), grant = JEM_BUF_INIT(JEM_BUF_DEFAULT_MAX);
    struct jem_enrol_words words, again;
    char dir[120];
    snprintf(dir, sizeof dir, "%s/%s", r->root, name);
    good(jem_store_create(dir, JEM_ROLE_VAN, "Van", REGENCY_USER, REGENCY_PASSPHRASE, jem_clock_system(), &store, &err),
        &err);
    good(cheap_slot(dir, REGENCY_USER, REGENCY_PASSPHRASE, &err), &err);
    good(jem_keys_create(store, &err), &err);
    good(jem_enrol_request(store, &request, &words, &err), &err);
    good(jem_enrol_reissue(r->hq, REGENCY_USER, request.data, request.len, regency_number[i], inc, &grant, &words,
             &again, &err),
        &err);
    good(jem_enrol_accept(store, REGENCY_USER, grant.data, grant.len, &words, &err), &err);
    good(jem_store_meta_set(store, "hub", r->hub, &err), &err);
    jem_buf_release(&request);
    jem_buf_release(&grant);
    return store;
}
