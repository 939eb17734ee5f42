/* views.c - from events that were just written, or from the whole log, to the views. */
#include "views.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "assets.h"
#include "log.h"

#define VIEWS_NOTE_BYTES ((size_t)32 << 20) /* bodies kept for the projection before it is done in between */
#define VIEWS_NOTE_COUNT ((size_t)16384)

static const char VIEWS_HAS_ROW[] = "SELECT 1 FROM application WHERE number = ?1";
/* Only HQ asks what waits (waiting.c); a van's rows cost it nothing. One index a stage: a partial index serves where its very
 * condition is asked. */
#define VIEWS_OPEN_AT(stage) \
    "CREATE INDEX application_open_" #stage " ON application (service, at) WHERE status = " #stage ";"
static const char VIEWS_OPEN[] = VIEWS_OPEN_AT(2) VIEWS_OPEN_AT(3) VIEWS_OPEN_AT(4) VIEWS_OPEN_AT(5) VIEWS_OPEN_AT(7);
_Static_assert(JEM_STATUS_RECEIVED == 2 && JEM_STATUS_VERIFIED == 3 && JEM_STATUS_IN_PROCESS == 4 &&
                   JEM_STATUS_READY == 5 && JEM_STATUS_RETURNED == 7,
    "the names say these values");
static const char VIEWS_TALLY[] = "UPDATE hot SET n = n + ?2 WHERE what = ?1 AND number = 0";
static const char VIEWS_SUBJECT[] =
    "SELECT " JEM_EVENT_COLUMNS " FROM event e WHERE e.subject = ?1 AND e.subject <> 0 ORDER BY e.id";
static const char VIEWS_ALL_SUBJECTS[] =
    "SELECT " JEM_EVENT_COLUMNS " FROM event e WHERE e.subject <> 0 ORDER BY e.subject, e.id";
static const char VIEWS_ALL_KINDS[] =
    "SELECT " JEM_EVENT_COLUMNS " FROM event e WHERE e.kind IN ('catalog.published', 'user.put', 'user.disabled', "
    "'van.enrolled', 'ledger.acked', 'key.rotated', 'van.revoked', 'quarantine.ruled', 'district.status', "
    "'dictionary.published', 'body.redacted', 'queue.issued', 'queue.called', 'queue.served', 'queue.skipped', "
    "'visit.planned', 'visit.opened', 'visit.closed', 'handover.recorded', 'complaint.filed', 'complaint.answered', "
    "'outage.noted', 'outage.photographed', 'survey.answered') ORDER BY e.id";

static void key_put(unsigned char *p, uint64_t v, int bytes)
{
    for (int i = 0; i < bytes; i++)
        p[i] = (unsigned char)(v >> (8 * (bytes - 1 - i)));
}

void jem_key_make(const struct jem_event *e, unsigned char out[JEM_KEY_BYTES])
{
    key_put(out, e->hlc, 8);
    key_put(out + 8, e->id.writer, 2);
    key_put(out + 10, e->id.lane, 2);
    key_put(out + 12, e->id.inc, 2);
    key_put(out + 14, e->id.seq, 8);
}

void jem_key_id(const unsigned char key[JEM_KEY_BYTES], struct jem_event_id *out)
{
    struct jem_reader r = jem_reader_of(key + 8, JEM_KEY_BYTES - 8);
    out->writer = jem_read_u16(&r);
    out->lane = jem_read_u16(&r);
    out->inc = jem_read_u16(&r);
    out->seq = jem_read_u64(&r);
}

enum jem_code jem_views_note(struct jem_store *store, struct jem_event *e, struct jem_error *err)
{
    size_t bytes = e->body_len;
    enum jem_code rc = jem_event_list_push(&store->fresh, e, err);
    if (rc != JEM_OK)
        return rc;
    store->fresh_bytes += bytes;
    if (store->fresh_bytes >= VIEWS_NOTE_BYTES || store->fresh.count >= VIEWS_NOTE_COUNT)
        rc = jem_views_flush(store, err);
    return rc;
}

static int views_by_subject(const void *a, const void *b)
{
    const struct jem_event *x = *(const struct jem_event *const *)a, *y = *(const struct jem_event *const *)b;
    if (x->subject != y->subject)
        return x->subject < y->subject ? -1 : 1;
    return jem_event_cmp(x, y);
}

static enum jem_code views_has_row(struct jem_store *store, uint64_t number, bool *has, struct jem_error *err)
{
    sqlite3_stmt *st = NULL;
    *has = false;
    enum jem_code rc = jem_db_prepare(store, VIEWS_HAS_ROW, &st, err);
    if (rc != JEM_OK)
        return rc;
    jem_bind_int(st, 1, (int64_t)number);
    rc = jem_db_step(store, st, has, err);
    jem_db_done(st);
    return rc;
}

/* All events of an application from the log, then its row. */
enum jem_code jem_views_refold(struct jem_store *store, uint64_t number, struct jem_error *err)
{
    bool row = false, erased = false;
    sqlite3_stmt *st = NULL;
    struct jem_event_list list = { 0 };
    const struct jem_event **sorted = NULL;
    enum jem_code rc = jem_store_erased(store, number, &erased, NULL, NULL, err);
    if (rc != JEM_OK || erased)
        return rc;
    rc = jem_db_prepare(store, VIEWS_SUBJECT, &st, err);
    if (rc != JEM_OK)
        return rc;
    jem_bind_int(st, 1, (int64_t)number);
    while (rc == JEM_OK && (rc = jem_db_step(store, st, &row, err)) == JEM_OK && row) {
        struct jem_event e;
        rc = jem_event_read(store, st, false, &e, err);
        if (rc == JEM_OK)
            rc = jem_event_list_push(&list, &e, err);
        jem_event_release(&e);
    }
    jem_db_done(st);
    if (rc == JEM_OK && (sorted = calloc(list.count + 1, sizeof *sorted)) == NULL)
        rc = jem_fail_nomem(err);
    for (size_t i = 0; rc == JEM_OK && i < list.count; i++)
        sorted[i] = &list.items[i];
    if (rc == JEM_OK && list.count > 0)
        rc = jem_views_application(store, number, sorted, list.count, false, err);
    free(sorted);
    jem_event_list_release(&list);
    return rc;
}

/* The fresh events, sorted by subject, so that each application is folded once and rows are written in key order. An
 * application without a row has no other events in the log. */
static enum jem_code views_fold_fresh(struct jem_store *store, const struct jem_event **sorted, size_t count,
    struct jem_error *err)
{
    enum jem_code rc = JEM_OK;
    for (size_t i = 0, end; rc == JEM_OK && i < count; i = end) {
        bool has = false, done = false, erased = false;
        for (end = i + 1; end < count && sorted[end]->subject == sorted[i]->subject; end++)
            ;
        rc = jem_store_erased(store, sorted[i]->subject, &erased, NULL, NULL, err);
        if (rc != JEM_OK || erased)
            continue;
        if (end == i + 1)
            rc = jem_views_submitted(store, sorted[i], &done, err);
        if (rc != JEM_OK || done)
            continue;
        rc = views_has_row(store, sorted[i]->subject, &has, err);
        if (rc == JEM_OK)
            rc = has ? jem_views_refold(store, sorted[i]->subject, err)
                     : jem_views_application(store, sorted[i]->subject, sorted + i, end - i, true, err);
    }
    return rc;
}

/* What a flush leaves to be done once. */
static enum jem_code views_settle(struct jem_store *store, struct jem_error *err)
{
    struct {
        const char *what;
        int64_t *more;
    } tallies[] = { { "applications", &store->tally_applications }, { "documents", &store->tally_documents } };
    enum jem_code rc = JEM_OK;
    for (size_t i = 0; rc == JEM_OK && i < 2; i++) {
        sqlite3_stmt *st = NULL;
        if (*tallies[i].more == 0)
            continue;
        rc = jem_db_prepare(store, VIEWS_TALLY, &st, err);
        if (rc == JEM_OK) {
            jem_bind_text(st, 1, tallies[i].what);
            jem_bind_int(st, 2, *tallies[i].more);
            rc = jem_db_run(store, st, err);
        }
        *tallies[i].more = 0;
    }
    return rc == JEM_OK ? jem_postings_settle(store, err) : rc;
}

enum jem_code jem_views_flush(struct jem_store *store, struct jem_error *err)
{
    size_t count = 0;
    enum jem_code rc = JEM_OK;
    if (store->fresh.count == 0)
        return JEM_OK;
    const struct jem_event **sorted = calloc(store->fresh.count, sizeof *sorted);
    if (sorted == NULL)
        return jem_fail_nomem(err);
    for (size_t i = 0; rc == JEM_OK && i < store->fresh.count; i++) {
        const struct jem_event *e = &store->fresh.items[i];
        rc = jem_views_kind(store, e, err);
        if (e->subject != 0)
            sorted[count++] = e;
    }
    store->postings_at_once = count > JEM_POSTINGS_WAITING;
    qsort(sorted, count, sizeof *sorted, views_by_subject);
    if (rc == JEM_OK)
        rc = views_fold_fresh(store, sorted, count, err);
    if (rc == JEM_OK)
        rc = views_settle(store, err);
    jem_postings_forget(store);
    free(sorted);
    if (rc == JEM_OK) {
        for (size_t i = 0; i < store->fresh.count; i++)
            jem_event_release(&store->fresh.items[i]);
        store->fresh.count = 0;
        store->fresh_bytes = 0;
    }
    return rc;
}

/* ---- all anew ---- */

static enum jem_code views_all_kinds(struct jem_store *store, struct jem_error *err)
{
    bool row = false;
    sqlite3_stmt *st = NULL;
    enum jem_code rc = jem_db_prepare(store, VIEWS_ALL_KINDS, &st, err);
    while (rc == JEM_OK && (rc = jem_db_step(store, st, &row, err)) == JEM_OK && row) {
        struct jem_event e;
        rc = jem_event_read(store, st, false, &e, err);
        if (rc == JEM_OK)
            rc = jem_views_kind(store, &e, err);
        jem_event_release(&e);
    }
    jem_db_done(st);
    return rc;
}

static enum jem_code views_fold_list(struct jem_store *store, struct jem_event_list *list, struct jem_error *err)
{
    bool erased = false;
    enum jem_code rc =
        list->count > 0 ? jem_store_erased(store, list->items[0].subject, &erased, NULL, NULL, err) : JEM_OK;
    if (rc == JEM_OK && list->count > 0 && !erased) {
        const struct jem_event **all = calloc(list->count, sizeof *all);
        if (all == NULL)
            return jem_fail_nomem(err);
        for (size_t i = 0; i < list->count; i++)
            all[i] = &list->items[i];
        rc = jem_views_application(store, list->items[0].subject, all, list->count, true, err);
        free(all);
    }
    for (size_t i = 0; i < list->count; i++)
        jem_event_release(&list->items[i]);
    list->count = 0;
    return rc;
}

static enum jem_code views_all_subjects(struct jem_store *store, struct jem_error *err)
{
    bool row = false;
    sqlite3_stmt *st = NULL;
    struct jem_event_list list = { 0 };
    enum jem_code rc = jem_db_prepare(store, VIEWS_ALL_SUBJECTS, &st, err);
    while (rc == JEM_OK && (rc = jem_db_step(store, st, &row, err)) == JEM_OK && row) {
        struct jem_event e;
        rc = jem_event_read(store, st, false, &e, err);
        if (rc == JEM_OK && list.count > 0 && list.items[0].subject != e.subject)
            rc = views_fold_list(store, &list, err);
        if (rc == JEM_OK)
            rc = jem_event_list_push(&list, &e, err);
        jem_event_release(&e);
    }
    jem_db_done(st);
    if (rc == JEM_OK)
        rc = views_fold_list(store, &list, err);
    jem_event_list_release(&list);
    return rc;
}

enum jem_code jem_views_rebuild(struct jem_store *store, struct jem_error *err)
{
    char version[12];
    enum jem_code rc = jem_store_need_unit(store, err);
    if (rc == JEM_OK)
        rc = jem_views_flush(store, err);
    if (rc == JEM_OK)
        rc = jem_db_exec(store, jem_asset_views_sql_start,
            (size_t)(jem_asset_views_sql_end - jem_asset_views_sql_start), err);
    if (rc == JEM_OK && store->role == JEM_ROLE_HQ)
        rc = jem_db_exec(store, VIEWS_OPEN, sizeof VIEWS_OPEN - 1, err);
    jem_words_release(&store->words);
    store->rebuilding = store->postings_at_once = true;
    if (rc == JEM_OK)
        rc = views_all_kinds(store, err);
    if (rc == JEM_OK)
        rc = views_all_subjects(store, err);
    if (rc == JEM_OK)
        rc = views_settle(store, err);
    jem_postings_forget(store);
    store->rebuilding = false;
    (void)snprintf(version, sizeof version, "%d", JEM_VIEWS_VERSION);
    if (rc == JEM_OK)
        rc = jem_store_meta_set(store, "views", version, err);
    return rc;
}
