/* log.c - appending, importing and reading events. */
#include "log.h"

#include <stdlib.h>
#include <string.h>

#include "views.h"

static const char EVENT_ADD[] = "INSERT INTO event (id, hlc, wall, source, subject, actor, kind, hash, prev_hash, "
                                "body_hash, body) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)";
static const char EVENT_HASH[] = "SELECT hash FROM event WHERE id = ?1";
static const char EVENT_ONE[] =
    "SELECT " JEM_EVENT_COLUMNS ", (SELECT p.hash FROM event p WHERE p.id = e.id - 1) FROM event e WHERE e.id = ?1";
static const char EVENT_RANGE[] =
    "SELECT " JEM_EVENT_COLUMNS " FROM event e WHERE e.id BETWEEN ?1 AND ?2 ORDER BY e.id";
static const char EVENT_SUBJECT[] = "SELECT " JEM_EVENT_COLUMNS ", (SELECT p.hash FROM event p WHERE p.id = e.id - 1) "
                                    "FROM event e WHERE e.subject = ?1 AND e.subject <> 0 ORDER BY e.id";
static const char NUMBER_USED[] = "SELECT EXISTS (SELECT 1 FROM application WHERE number = ?1) "
                                  "OR EXISTS (SELECT 1 FROM event WHERE subject = ?1 AND subject <> 0)";

/* ---- reading ---- */

static bool event_hash_column(sqlite3_stmt *st, int at, unsigned char out[32])
{
    const void *p = sqlite3_column_blob(st, at);
    if (p == NULL || sqlite3_column_bytes(st, at) != 32)
        return false;
    memcpy(out, p, 32);
    return true;
}

static bool event_text_column(sqlite3_stmt *st, int at, char *out, size_t cap)
{
    size_t n = (size_t)sqlite3_column_bytes(st, at);
    if (n >= cap)
        return false;
    memcpy(out, jem_column_text(st, at), n);
    out[n] = '\0';
    return true;
}

static enum jem_code event_stream(struct jem_store *store, int64_t rowid, struct jem_event_id *out,
    struct jem_error *err)
{
    int64_t id = rowid >> JEM_SEQ_BITS;
    for (int again = 0; again < 2; again++) {
        for (size_t n = 0; n < store->stream_count; n++) {
            size_t i = (store->stream_last + n) % store->stream_count;
            const struct jem_store_stream *s = &store->streams[i];
            if (s->id != id)
                continue;
            store->stream_last = i;
            *out = (struct jem_event_id){ s->writer, s->lane, s->inc, (uint64_t)rowid & JEM_SEQ_MAX };
            return JEM_OK;
        }
        if (again == 0) {
            store->streams_known = false; /* another handle may have added it */
            enum jem_code rc = jem_streams_load(store, err);
            if (rc != JEM_OK)
                return rc;
        }
    }
    return jem_fail(err, JEM_ECORRUPT, JEM_D_STORE, 0, JEM_T_STORE_CORRUPT);
}

enum jem_code jem_event_read(struct jem_store *store, sqlite3_stmt *st, bool hashes, struct jem_event *out,
    struct jem_error *err)
{
    memset(out, 0, sizeof *out);
    enum jem_code rc = event_stream(store, sqlite3_column_int64(st, 0), &out->id, err);
    if (rc != JEM_OK)
        return rc;
    out->hlc = (uint64_t)sqlite3_column_int64(st, 1);
    out->wall_ms = sqlite3_column_int64(st, 2);
    out->clock_source = (enum jem_clock_source)sqlite3_column_int(st, 3);
    out->subject = (uint64_t)sqlite3_column_int64(st, 4);
    if (!event_text_column(st, 5, out->actor, sizeof out->actor) ||
        !event_text_column(st, 6, out->kind, sizeof out->kind) || !event_hash_column(st, 7, out->hash))
        return jem_fail(err, JEM_ECORRUPT, JEM_D_STORE, 0, JEM_T_STORE_CORRUPT);
    (void)event_hash_column(st, 8, out->prev_hash);
    (void)event_hash_column(st, 9, out->body_hash);
    if (sqlite3_column_type(st, 10) == SQLITE_NULL)
        return JEM_OK;
    const char *text = jem_column_text(st, 10);
    out->body_len = (size_t)sqlite3_column_bytes(st, 10);
    out->body = malloc(out->body_len + 1);
    if (out->body == NULL)
        return jem_fail_nomem(err);
    memcpy(out->body, text, out->body_len);
    out->body[out->body_len] = '\0';
    if (hashes)
        jem_hash(out->body, out->body_len, out->body_hash);
    return JEM_OK;
}

/* Column 11 is the hash of the event before. */
static enum jem_code event_read_linked(struct jem_store *store, sqlite3_stmt *st, struct jem_event *out,
    struct jem_error *err)
{
    enum jem_code rc = jem_event_read(store, st, true, out, err);
    if (rc == JEM_OK && sqlite3_column_type(st, 8) == SQLITE_NULL)
        (void)event_hash_column(st, 11, out->prev_hash);
    return rc;
}

enum jem_code jem_store_head(struct jem_store *store, uint16_t writer, uint16_t lane, uint16_t inc,
    struct jem_stream_head *out, struct jem_error *err)
{
    struct jem_store_stream *stream = NULL;
    memset(out, 0, sizeof *out);
    out->last = (struct jem_event_id){ writer, lane, inc, 0 };
    enum jem_code rc = store->in_unit ? JEM_OK : jem_store_refresh(store, err);
    if (rc == JEM_OK)
        rc = jem_stream_get(store, writer, lane, inc, false, &stream, err);
    if (rc == JEM_OK && stream != NULL) {
        out->last.seq = stream->seq;
        memcpy(out->hash, stream->hash, sizeof out->hash);
    }
    return rc;
}

/* Makes every event of a contiguous range know the hash before it. */
static enum jem_code event_first_prev(struct jem_store *store, const struct jem_store_stream *stream, uint64_t seq,
    unsigned char out[32], struct jem_error *err)
{
    bool row = false;
    sqlite3_stmt *st = NULL;
    memset(out, 0, 32);
    if (seq <= 1)
        return JEM_OK;
    enum jem_code rc = jem_db_prepare(store, EVENT_HASH, &st, err);
    if (rc != JEM_OK)
        return rc;
    jem_bind_int(st, 1, jem_event_rowid(stream, seq - 1));
    rc = jem_db_step(store, st, &row, err);
    if (rc == JEM_OK && row)
        (void)event_hash_column(st, 0, out);
    jem_db_done(st);
    return rc;
}

enum jem_code jem_store_events(struct jem_store *store, const struct jem_event_id *from, size_t max_count,
    size_t max_bytes, struct jem_event_list *out, struct jem_error *err)
{
    struct jem_store_stream *stream = NULL;
    sqlite3_stmt *st = NULL;
    unsigned char prev[32];
    size_t bytes = 0, count = 0;
    enum jem_code rc = store->in_unit ? JEM_OK : jem_store_refresh(store, err);
    if (rc == JEM_OK)
        rc = jem_stream_get(store, from->writer, from->lane, from->inc, false, &stream, err);
    if (rc != JEM_OK || stream == NULL || from->seq > JEM_SEQ_MAX)
        return rc;
    struct jem_store_stream at = *stream; /* reading may load the list again */
    rc = event_first_prev(store, &at, from->seq, prev, err);
    if (rc == JEM_OK)
        rc = jem_db_prepare(store, EVENT_RANGE, &st, err);
    if (rc != JEM_OK)
        return rc;
    jem_bind_int(st, 1, jem_event_rowid(&at, from->seq));
    jem_bind_int(st, 2, jem_event_rowid(&at, JEM_SEQ_MAX));
    bool row = false;
    while (rc == JEM_OK && count < max_count && (rc = jem_db_step(store, st, &row, err)) == JEM_OK && row) {
        struct jem_event e;
        size_t size = (size_t)sqlite3_column_bytes(st, 10);
        if (count > 0 && bytes + size > max_bytes)
            break;
        rc = jem_event_read(store, st, true, &e, err);
        if (rc == JEM_OK && sqlite3_column_type(st, 8) == SQLITE_NULL)
            memcpy(e.prev_hash, prev, 32);
        memcpy(prev, e.hash, 32);
        bytes += size;
        count++;
        if (rc == JEM_OK)
            rc = jem_event_list_push(out, &e, err);
        jem_event_release(&e);
    }
    jem_db_done(st);
    return rc;
}

enum jem_code jem_store_subject_events(struct jem_store *store, uint64_t number, struct jem_event_list *out,
    struct jem_error *err)
{
    bool row = false;
    sqlite3_stmt *st = NULL;
    enum jem_code rc = jem_db_prepare(store, EVENT_SUBJECT, &st, err);
    if (rc != JEM_OK)
        return rc;
    jem_bind_int(st, 1, (int64_t)number);
    while (rc == JEM_OK && (rc = jem_db_step(store, st, &row, err)) == JEM_OK && row) {
        struct jem_event e;
        rc = event_read_linked(store, st, &e, err);
        if (rc == JEM_OK)
            rc = jem_event_list_push(out, &e, err);
        jem_event_release(&e);
    }
    jem_db_done(st);
    return rc;
}

enum jem_code jem_store_event(struct jem_store *store, const struct jem_event_id *id, struct jem_event *out,
    struct jem_error *err)
{
    bool row = false;
    struct jem_store_stream *stream = NULL;
    sqlite3_stmt *st = NULL;
    memset(out, 0, sizeof *out);
    enum jem_code rc = store->in_unit ? JEM_OK : jem_store_refresh(store, err);
    if (rc == JEM_OK)
        rc = jem_stream_get(store, id->writer, id->lane, id->inc, false, &stream, err);
    if (rc == JEM_OK && (stream == NULL || id->seq == 0 || id->seq > JEM_SEQ_MAX))
        rc = jem_fail(err, JEM_ENOTFOUND, JEM_D_STORE, 0, JEM_T_STORE_NO_EVENT);
    if (rc == JEM_OK)
        rc = jem_db_prepare(store, EVENT_ONE, &st, err);
    if (rc != JEM_OK)
        return rc;
    jem_bind_int(st, 1, jem_event_rowid(stream, id->seq));
    rc = jem_db_step(store, st, &row, err);
    if (rc == JEM_OK)
        rc = row ? event_read_linked(store, st, out, err)
                 : jem_fail(err, JEM_ENOTFOUND, JEM_D_STORE, 0, JEM_T_STORE_NO_EVENT);
    jem_db_done(st);
    if (rc != JEM_OK)
        jem_event_release(out);
    return rc;
}

/* ---- writing ---- */

static enum jem_code event_add(struct jem_store *store, struct jem_store_stream *stream, const struct jem_event *e,
    struct jem_error *err)
{
    static const unsigned char zero[32];
    sqlite3_stmt *st = NULL;
    enum jem_code rc = jem_db_prepare(store, EVENT_ADD, &st, err);
    if (rc != JEM_OK)
        return rc;
    jem_bind_int(st, 1, jem_event_rowid(stream, e->id.seq));
    jem_bind_int(st, 2, (int64_t)e->hlc);
    jem_bind_int(st, 3, e->wall_ms);
    jem_bind_int(st, 4, e->clock_source);
    jem_bind_int(st, 5, (int64_t)e->subject);
    jem_bind_text(st, 6, e->actor);
    jem_bind_text(st, 7, e->kind);
    jem_bind_blob(st, 8, e->hash, sizeof e->hash);
    if (e->id.seq == 1 && memcmp(e->prev_hash, zero, sizeof zero) != 0)
        jem_bind_blob(st, 9, e->prev_hash, sizeof e->prev_hash);
    if (e->body == NULL)
        jem_bind_blob(st, 10, e->body_hash, sizeof e->body_hash);
    else
        (void)sqlite3_bind_text64(st, 11, e->body, e->body_len, SQLITE_STATIC, SQLITE_UTF8);
    rc = jem_db_run(store, st, err);
    if (rc != JEM_OK)
        return rc;
    stream->seq = e->id.seq;
    stream->hlc = e->hlc;
    memcpy(stream->hash, e->hash, sizeof stream->hash);
    return JEM_OK;
}

/* The clock follows the log: our own stamps always, those of others unless they leap ahead. */
static enum jem_code log_hlc(struct jem_store *store, struct jem_error *err)
{
    int64_t now = jem_store_now_ms(store);
    if (store->hlc_known)
        return JEM_OK;
    enum jem_code rc = jem_streams_load(store, err);
    store->hlc = 0;
    for (size_t i = 0; rc == JEM_OK && i < store->stream_count; i++) {
        struct jem_store_stream *s = &store->streams[i];
        rc = jem_stream_head(store, s, err);
        if (s->writer != store->writer)
            store->hlc = jem_hlc_seen(store->hlc, s->hlc, now);
        else if (s->hlc > store->hlc)
            store->hlc = s->hlc;
    }
    store->hlc_known = rc == JEM_OK;
    return rc;
}

int64_t jem_store_behind_ms(struct jem_store *store)
{
    struct jem_error ignored;
    uint64_t newest = 0;
    enum jem_code rc = store->in_unit ? JEM_OK : jem_store_refresh(store, &ignored);
    if (rc == JEM_OK)
        rc = jem_streams_load(store, &ignored);
    for (size_t i = 0; rc == JEM_OK && i < store->stream_count; i++) {
        struct jem_store_stream *s = &store->streams[i];
        if (s->writer != store->writer)
            continue;
        rc = jem_stream_head(store, s, &ignored);
        newest = s->hlc > newest ? s->hlc : newest;
    }
    int64_t behind_ms = jem_hlc_unix_ms(newest) - jem_store_now_ms(store);
    return rc == JEM_OK && behind_ms > 0 ? behind_ms : 0;
}

/* What the first event of a stream follows: the end of the newest incarnation before it that is here, or nothing. */
static enum jem_code log_root(struct jem_store *store, const struct jem_event_id *id, unsigned char out[32],
    struct jem_error *err)
{
    struct jem_store_stream *before = NULL;
    enum jem_code rc = jem_streams_load(store, err);
    memset(out, 0, 32);
    for (size_t i = 0; rc == JEM_OK && i < store->stream_count; i++) {
        struct jem_store_stream *s = &store->streams[i];
        if (s->writer != id->writer || s->lane != id->lane || s->inc >= id->inc ||
            (before != NULL && before->inc >= s->inc))
            continue;
        rc = jem_stream_head(store, s, err);
        if (rc == JEM_OK && s->seq > 0)
            before = s;
    }
    if (rc == JEM_OK && before != NULL)
        memcpy(out, before->hash, 32);
    return rc;
}

static enum jem_code append_body(const char *kind, const json_t *body, struct jem_event *e, struct jem_error *err)
{
    struct jem_buf text = JEM_BUF_INIT(JEM_EVENT_BODY_MAX);
    enum jem_code rc = jem_kind_check(kind, body, err);
    if (rc == JEM_OK)
        rc = jem_json_canonical(body, &text, err);
    if (text.failed)
        rc = jem_fail(err, JEM_EINVAL, JEM_D_STORE, 0, JEM_T_STORE_TOOBIG);
    if (rc != JEM_OK) {
        jem_buf_release(&text);
        return rc;
    }
    e->body = (char *)text.data; /* the event takes the buffer over */
    e->body_len = text.len;
    return JEM_OK;
}

enum jem_code jem_store_append(struct jem_store *store, uint16_t lane, uint64_t subject, const char *kind,
    const json_t *body, const char *actor, struct jem_event_id *out, struct jem_error *err)
{
    struct jem_event e = { 0 };
    struct jem_store_stream *stream = NULL;
    enum jem_code rc = jem_store_need_unit(store, err);
    if (rc == JEM_OK && store->writer < 0)
        rc = jem_fail(err, JEM_EDENIED, JEM_D_STORE, 0, JEM_T_STORE_NOT_ENROLLED);
    if (rc == JEM_OK && (strlen(kind) > JEM_EVENT_KIND_MAX || strlen(actor) > JEM_EVENT_ACTOR_MAX ||
                            (store->role != JEM_ROLE_HQ && lane != 0)))
        rc = jem_fail(err, JEM_EINVAL, JEM_D_STORE, 0, JEM_T_STORE_APPEND_INPUT);
    if (rc == JEM_OK)
        rc = append_body(kind, body, &e, err);
    if (rc == JEM_OK)
        rc = log_hlc(store, err);
    e.id = (struct jem_event_id){ (uint16_t)store->writer, lane, store->inc, 0 };
    if (rc == JEM_OK)
        rc = jem_stream_get(store, e.id.writer, e.id.lane, e.id.inc, true, &stream, err);
    if (rc == JEM_OK && stream->seq == 0)
        rc = log_root(store, &e.id, e.prev_hash, err);
    if (rc == JEM_OK) {
        e.id.seq = stream->seq + 1;
        if (stream->seq > 0)
            memcpy(e.prev_hash, stream->hash, sizeof e.prev_hash);
        e.wall_ms = jem_store_now_ms(store);
        e.clock_source = store->clock->source(store->clock->ctx);
        e.hlc = jem_hlc_next(stream->hlc > store->hlc ? stream->hlc : store->hlc, e.wall_ms);
        e.subject = subject;
        memcpy(e.kind, kind, strlen(kind));
        memcpy(e.actor, actor, strlen(actor));
        jem_event_seal(&e);
        rc = jem_erase_late(store, &e, err);
        if (rc == JEM_OK)
            rc = event_add(store, stream, &e, err);
    }
    if (rc == JEM_OK) {
        store->hlc = e.hlc;
        if (out != NULL)
            *out = e.id;
        rc = jem_views_note(store, &e, err);
    }
    jem_event_release(&e);
    return rc;
}

/* Already here: the same event, or a forgery. */
static enum jem_code import_known(struct jem_store *store, const struct jem_store_stream *stream,
    const struct jem_event *e, struct jem_error *err)
{
    bool row = false, same = false;
    sqlite3_stmt *st = NULL;
    unsigned char hash[32];
    enum jem_code rc = jem_db_prepare(store, EVENT_HASH, &st, err);
    if (rc != JEM_OK)
        return rc;
    jem_bind_int(st, 1, jem_event_rowid(stream, e->id.seq));
    rc = jem_db_step(store, st, &row, err);
    same = rc == JEM_OK && row && event_hash_column(st, 0, hash) && memcmp(hash, e->hash, 32) == 0;
    jem_db_done(st);
    if (rc == JEM_OK && !same) {
        char id[JEM_EVENT_ID_TEXT];
        jem_event_id_format(&e->id, id);
        rc = jem_fail(err, JEM_ECORRUPT, JEM_D_STORE, 0, JEM_T_STORE_IMPORT_FORKED, id);
    }
    return rc;
}

/* Takes the event over when it is new; else it stays as it is. */
static enum jem_code import_one(struct jem_store *store, struct jem_event *e, size_t *added, struct jem_error *err)
{
    static const unsigned char zero[32];
    struct jem_store_stream *stream = NULL;
    char id[JEM_EVENT_ID_TEXT];
    enum jem_code rc = jem_stream_get(store, e->id.writer, e->id.lane, e->id.inc, true, &stream, err);
    if (rc != JEM_OK)
        return rc;
    if (e->id.seq <= stream->seq)
        return import_known(store, stream, e, err);
    if (e->id.seq != stream->seq + 1 || e->id.seq > JEM_SEQ_MAX) {
        jem_event_id_format(&e->id, id);
        return jem_fail(err, JEM_ECORRUPT, JEM_D_STORE, 0, JEM_T_STORE_IMPORT_GAP, id,
            (unsigned long long)(stream->seq + 1));
    }
    /* The first event of a later incarnation names a head of the one before, which need not be the last that came
     * here: the writer was restored from a backup. */
    if (stream->seq > 0 ? memcmp(e->prev_hash, stream->hash, 32) != 0
                        : e->id.inc == 1 && memcmp(e->prev_hash, zero, 32) != 0) {
        jem_event_id_format(&e->id, id);
        return jem_fail(err, JEM_ECORRUPT, JEM_D_STORE, 0, JEM_T_STORE_IMPORT_CHAIN, id);
    }
    rc = jem_erase_late(store, e, err);
    if (rc == JEM_OK)
        rc = event_add(store, stream, e, err);
    if (rc != JEM_OK)
        return rc;
    store->hlc = jem_hlc_seen(store->hlc, e->hlc, jem_store_now_ms(store));
    (*added)++;
    return jem_views_note(store, e, err);
}

static enum jem_code import_copy(const struct jem_event *e, struct jem_event *out, struct jem_error *err)
{
    *out = *e;
    if (e->body == NULL)
        return JEM_OK;
    out->body = malloc(e->body_len + 1);
    if (out->body == NULL)
        return jem_fail_nomem(err);
    memcpy(out->body, e->body, e->body_len + 1);
    return JEM_OK;
}

enum jem_code jem_store_import(struct jem_store *store, const struct jem_event *events, size_t count, size_t *added,
    struct jem_error *err)
{
    size_t fresh = 0;
    enum jem_code rc = jem_store_need_unit(store, err);
    if (rc == JEM_OK)
        rc = log_hlc(store, err);
    for (size_t i = 0; rc == JEM_OK && i < count; i++) {
        struct jem_event copy = { 0 };
        rc = jem_event_verify(&events[i], err);
        if (rc == JEM_OK)
            rc = import_copy(&events[i], &copy, err);
        if (rc == JEM_OK)
            rc = import_one(store, &copy, &fresh, err);
        jem_event_release(&copy);
    }
    *added = fresh;
    return rc;
}

enum jem_code jem_store_import_verified(struct jem_store *store, struct jem_event_list *events, size_t *added,
    struct jem_error *err)
{
    size_t fresh = 0;
    enum jem_code rc = jem_store_need_unit(store, err);
    if (rc == JEM_OK)
        rc = log_hlc(store, err);
    for (size_t i = 0; rc == JEM_OK && i < events->count; i++)
        rc = import_one(store, &events->items[i], &fresh, err);
    *added = fresh;
    return rc;
}

static bool number_minted(const struct jem_store *store, uint64_t number)
{
    for (size_t i = 0; i < store->minted_count; i++)
        if (store->minted[i] == number)
            return true;
    return false;
}

enum jem_code jem_store_number_new(struct jem_store *store, uint64_t *out, struct jem_error *err)
{
    *out = 0;
    enum jem_code rc = jem_store_need_unit(store, err);
    if (rc == JEM_OK && store->writer < 0)
        rc = jem_fail(err, JEM_EDENIED, JEM_D_STORE, 0, JEM_T_STORE_NOT_ENROLLED);
    while (rc == JEM_OK) {
        uint64_t random = 0;
        bool row = false;
        sqlite3_stmt *st = NULL;
        jem_random(&random, sizeof random);
        uint64_t number = jem_number_make((unsigned)store->writer, random);
        rc = jem_db_prepare(store, NUMBER_USED, &st, err);
        if (rc != JEM_OK)
            return rc;
        jem_bind_int(st, 1, (int64_t)number);
        rc = jem_db_step(store, st, &row, err);
        bool used = rc == JEM_OK && row && sqlite3_column_int(st, 0) != 0;
        jem_db_done(st);
        if (rc != JEM_OK || used || number == 0 || number_minted(store, number))
            continue;
        if (store->minted_count == store->minted_cap) {
            size_t cap = store->minted_cap == 0 ? 16 : store->minted_cap * 2;
            uint64_t *minted = realloc(store->minted, cap * sizeof *minted);
            if (minted == NULL)
                return jem_fail_nomem(err);
            store->minted = minted;
            store->minted_cap = cap;
        }
        store->minted[store->minted_count++] = number;
        *out = number;
        break;
    }
    return rc;
}
