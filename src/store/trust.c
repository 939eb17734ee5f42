/* trust.c - whose signature and box key count for what, where a van's stream ends, and what a person ruled on late work.
 *
 * Incarnations: a writer that was restored from a backup goes on in a higher one. A box key that it had named after that
 * backup is lost to it, so a key counts for a higher incarnation only when that incarnation's first event follows, by its
 * prev_hash, the event that named the key or a later one. */
#include <stdlib.h>
#include <string.h>

#include "log.h"
#include "views.h"

static const char ENROLMENT_PUT[] =
    "INSERT INTO enrolment (van, inc, sign, key) VALUES (?1, ?2, ?3, ?4) "
    "ON CONFLICT (van, inc) DO UPDATE SET sign = excluded.sign, key = excluded.key WHERE excluded.key > key";
static const char ENROLMENT_SIGN[] = "SELECT sign, inc FROM enrolment WHERE van = ?1 AND inc <= ?2 "
                                     "ORDER BY inc DESC LIMIT 1";
static const char ENROLMENT_LAST[] = "SELECT sign, inc FROM enrolment WHERE van = ?1 ORDER BY inc DESC LIMIT 1";
static const char ENROLMENT_ALL[] = "SELECT van, inc, sign FROM enrolment WHERE ?1 = 0 OR van = ?1 ORDER BY van, inc";
static const char BOX_PUT[] =
    "INSERT INTO box (writer, epoch, inc, lane, seq, box, key) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) "
    "ON CONFLICT (writer, epoch, inc) DO UPDATE SET lane = excluded.lane, seq = excluded.seq, box = excluded.box, "
    "key = excluded.key WHERE excluded.key > key";
static const char BOX_GET[] = "SELECT inc, lane, seq, box FROM box WHERE writer = ?1 AND epoch = ?2 "
                              "AND inc BETWEEN ?3 AND ?4 ORDER BY inc DESC";
static const char BOX_EPOCHS[] = "SELECT DISTINCT epoch FROM box WHERE writer = ?1 UNION "
                                 "SELECT CAST(substr(key, 8) AS INTEGER) FROM secret WHERE ?1 = 0 "
                                 "AND key GLOB 'hq.box.[1-9]*' ORDER BY 1 DESC";
static const char REVOKED_PUT[] =
    "INSERT INTO revoked (van, inc, seq, hash, reason, at, key) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) "
    "ON CONFLICT (van, inc) DO UPDATE SET seq = excluded.seq, hash = excluded.hash, reason = excluded.reason, "
    "at = excluded.at, key = excluded.key WHERE excluded.key > key";
static const char REVOKED_LAST[] =
    "SELECT inc, seq, reason, at, key FROM revoked WHERE van = ?1 ORDER BY key DESC LIMIT 1";
/* The revocation that binds an incarnation: of itself, or of a lower one that has the same key. */
static const char REVOKED_GET[] = "SELECT inc, seq FROM revoked WHERE van = ?1 AND inc BETWEEN ?2 AND ?3 "
                                  "ORDER BY inc LIMIT 1";
static const char RULING_PUT[] =
    "INSERT INTO ruling (ref, head, admit, reason, key) VALUES (?1, ?2, ?3, ?4, ?5) "
    "ON CONFLICT (ref, head) DO UPDATE SET admit = excluded.admit, reason = excluded.reason, key = excluded.key "
    "WHERE excluded.key > key";
static const char RULING_GET[] = "SELECT admit FROM ruling WHERE ref = ?1 AND head = ?2";
static const char HASH_IN_STREAM[] = "SELECT id FROM event WHERE id BETWEEN ?1 AND ?2 AND hash = ?3";

/* ---- from the log ---- */

static enum jem_code trust_box(struct jem_store *store, const struct jem_event *e, int64_t writer, int64_t inc,
    int64_t lane, int64_t seq, const json_t *body, struct jem_error *err)
{
    unsigned char key[JEM_KEY_BYTES];
    sqlite3_stmt *st = NULL;
    jem_key_make(e, key);
    enum jem_code rc = jem_db_prepare(store, BOX_PUT, &st, err);
    if (rc != JEM_OK)
        return rc;
    const int64_t values[] = { writer, jem_json_int(body, "epoch", 0), inc, lane, seq };
    for (int i = 0; i < 5; i++)
        jem_bind_int(st, 1 + i, values[i]);
    jem_bind_text(st, 6, jem_json_str(body, "box", ""));
    jem_bind_blob(st, 7, key, sizeof key);
    return jem_db_run(store, st, err);
}

enum jem_code jem_writer_enrolled(struct jem_store *store, const struct jem_event *e, const json_t *body,
    struct jem_error *err)
{
    unsigned char key[JEM_KEY_BYTES];
    int64_t van = jem_json_int(body, "van", 0), inc = jem_json_int(body, "inc", 1);
    sqlite3_stmt *st = NULL;
    jem_key_make(e, key);
    enum jem_code rc = jem_db_prepare(store, ENROLMENT_PUT, &st, err);
    if (rc != JEM_OK)
        return rc;
    jem_bind_int(st, 1, van);
    jem_bind_int(st, 2, inc);
    jem_bind_text(st, 3, jem_json_str(body, "sign", ""));
    jem_bind_blob(st, 4, key, sizeof key);
    rc = jem_db_run(store, st, err);
    return rc == JEM_OK ? trust_box(store, e, van, inc, 0, 0, body, err) : rc;
}

enum jem_code jem_writer_rotated(struct jem_store *store, const struct jem_event *e, const json_t *body,
    struct jem_error *err)
{
    return trust_box(store, e, e->id.writer, e->id.inc, e->id.lane, (int64_t)e->id.seq, body, err);
}

enum jem_code jem_writer_revoked(struct jem_store *store, const struct jem_event *e, const json_t *body,
    struct jem_error *err)
{
    unsigned char key[JEM_KEY_BYTES];
    sqlite3_stmt *st = NULL;
    jem_key_make(e, key);
    enum jem_code rc = jem_db_prepare(store, REVOKED_PUT, &st, err);
    if (rc != JEM_OK)
        return rc;
    jem_bind_int(st, 1, jem_json_int(body, "van", 0));
    jem_bind_int(st, 2, jem_json_int(body, "inc", 0));
    jem_bind_int(st, 3, jem_json_int(body, "seq", 0));
    jem_bind_text(st, 4, jem_json_str(body, "hash", ""));
    jem_bind_text(st, 5, jem_json_str(body, "reason", ""));
    jem_bind_int(st, 6, e->wall_ms);
    jem_bind_blob(st, 7, key, sizeof key);
    return jem_db_run(store, st, err);
}

enum jem_code jem_writer_ruled(struct jem_store *store, const struct jem_event *e, const json_t *body,
    struct jem_error *err)
{
    unsigned char key[JEM_KEY_BYTES];
    sqlite3_stmt *st = NULL;
    jem_key_make(e, key);
    enum jem_code rc = jem_db_prepare(store, RULING_PUT, &st, err);
    if (rc != JEM_OK)
        return rc;
    jem_bind_text(st, 1, jem_json_str(body, "ref", ""));
    jem_bind_text(st, 2, jem_json_str(body, "head", ""));
    jem_bind_int(st, 3, jem_json_bool(body, "admit", false));
    jem_bind_text(st, 4, jem_json_str(body, "reason", ""));
    jem_bind_blob(st, 5, key, sizeof key);
    return jem_db_run(store, st, err);
}

/* ---- questions ---- */

/* The enrolment that an incarnation is under. *inc 0: none. `sign` (may be NULL) gets its key. */
static enum jem_code trust_enrolment(struct jem_store *store, const char *sql, uint16_t van, uint16_t at, uint16_t *inc,
    unsigned char sign[32], struct jem_error *err)
{
    bool row = false;
    sqlite3_stmt *st = NULL;
    *inc = 0;
    enum jem_code rc = jem_db_prepare(store, sql, &st, err);
    if (rc != JEM_OK)
        return rc;
    jem_bind_int(st, 1, van);
    if (sql == ENROLMENT_SIGN)
        jem_bind_int(st, 2, at);
    rc = jem_db_step(store, st, &row, err);
    if (rc == JEM_OK && row) {
        const char *hex = jem_column_text(st, 0);
        *inc = (uint16_t)sqlite3_column_int64(st, 1);
        if (sign != NULL && !jem_unhex(hex, strlen(hex), sign, 32))
            rc = jem_fail(err, JEM_ECORRUPT, JEM_D_STORE, 0, JEM_T_STORE_CORRUPT);
    }
    jem_db_done(st);
    return rc;
}

enum jem_code jem_store_sign_key(struct jem_store *store, uint16_t van, uint16_t inc, unsigned char out[32],
    struct jem_error *err)
{
    uint16_t since = 0;
    enum jem_code rc = trust_enrolment(store, ENROLMENT_SIGN, van, inc, &since, out, err);
    return rc == JEM_OK && since == 0 ? jem_fail(err, JEM_ENOTFOUND, JEM_D_STORE, 0, JEM_T_STORE_NO_VAN, van) : rc;
}

enum jem_code jem_store_sign_keys(struct jem_store *store, uint16_t van, json_t **out, struct jem_error *err)
{
    bool row = false;
    sqlite3_stmt *st = NULL;
    json_t *list = json_array();
    *out = NULL;
    enum jem_code rc = list == NULL ? jem_fail_nomem(err) : jem_db_prepare(store, ENROLMENT_ALL, &st, err);
    if (rc == JEM_OK)
        jem_bind_int(st, 1, van);
    while (rc == JEM_OK && (rc = jem_db_step(store, st, &row, err)) == JEM_OK && row) {
        json_t *key = json_pack("{s:I, s:I, s:s}", "van", (json_int_t)sqlite3_column_int64(st, 0), "inc",
            (json_int_t)sqlite3_column_int64(st, 1), "sign", jem_column_text(st, 2));
        if (json_array_append_new(list, key) != 0)
            rc = jem_fail_nomem(err);
    }
    if (st != NULL)
        jem_db_done(st);
    if (rc == JEM_OK)
        *out = json_incref(list);
    json_decref(list);
    return rc;
}

/* The highest incarnation of a writer's stream in `lane` that has events here and is not above `most`; 0 none. */
static enum jem_code trust_stream(struct jem_store *store, uint16_t writer, uint16_t lane, uint16_t most, uint16_t *out,
    struct jem_error *err)
{
    *out = 0;
    enum jem_code rc = store->in_unit ? JEM_OK : jem_store_refresh(store, err);
    if (rc == JEM_OK)
        rc = jem_streams_load(store, err);
    for (size_t i = 0; rc == JEM_OK && i < store->stream_count; i++) {
        struct jem_store_stream *s = &store->streams[i];
        if (s->writer != writer || s->lane != lane || s->inc > most || s->inc <= *out)
            continue;
        rc = jem_stream_head(store, s, err);
        if (rc == JEM_OK && s->seq > 0)
            *out = s->inc;
    }
    return rc;
}

enum jem_code jem_store_inc_upto(struct jem_store *store, uint16_t writer, uint16_t lane, uint16_t most, uint16_t *inc,
    struct jem_error *err)
{
    return trust_stream(store, writer, lane, most, inc, err);
}

/* Where the event with that hash stands in a stream; 0: it does not. */
static enum jem_code trust_place(struct jem_store *store, uint16_t writer, uint16_t lane, uint16_t inc,
    const unsigned char hash[32], uint64_t *seq, struct jem_error *err)
{
    bool row = false;
    struct jem_store_stream *stream = NULL;
    sqlite3_stmt *st = NULL;
    *seq = 0;
    enum jem_code rc = jem_stream_get(store, writer, lane, inc, false, &stream, err);
    if (rc == JEM_OK && stream == NULL)
        return JEM_OK;
    if (rc == JEM_OK && memcmp(stream->hash, hash, 32) == 0 && stream->seq > 0) {
        *seq = stream->seq;
        return JEM_OK;
    }
    if (rc == JEM_OK)
        rc = jem_db_prepare(store, HASH_IN_STREAM, &st, err);
    if (rc != JEM_OK)
        return rc;
    jem_bind_int(st, 1, jem_event_rowid(stream, 0));
    jem_bind_int(st, 2, jem_event_rowid(stream, JEM_SEQ_MAX));
    jem_bind_blob(st, 3, hash, 32);
    rc = jem_db_step(store, st, &row, err);
    if (rc == JEM_OK && row)
        *seq = (uint64_t)sqlite3_column_int64(st, 0) & JEM_SEQ_MAX;
    jem_db_done(st);
    return rc;
}

/* The event that the root of incarnation `inc` follows: *below 0 when it is not here, or older than `least`. */
static enum jem_code trust_before(struct jem_store *store, uint16_t writer, uint16_t lane, uint16_t inc, uint16_t least,
    uint16_t *below, uint64_t *seq, struct jem_error *err)
{
    struct jem_event root;
    const struct jem_event_id id = { writer, lane, inc, 1 };
    uint16_t at = inc;
    *below = 0;
    *seq = 0;
    enum jem_code rc = jem_store_event(store, &id, &root, err);
    while (rc == JEM_OK && *seq == 0) {
        rc = trust_stream(store, writer, lane, (uint16_t)(at - 1), &at, err);
        if (rc != JEM_OK || at == 0 || at < least)
            break;
        rc = trust_place(store, writer, lane, at, root.prev_hash, seq, err);
        *below = *seq != 0 ? at : 0;
    }
    jem_event_release(&root);
    return rc;
}

/* Down from incarnation `inc`, root by root: does its history go through (row_inc, row_seq)? */
static enum jem_code trust_descends(struct jem_store *store, uint16_t writer, uint16_t lane, uint16_t inc,
    uint16_t row_inc, uint64_t row_seq, bool *out, struct jem_error *err)
{
    uint16_t at = 0;
    uint64_t upto = UINT64_MAX;
    enum jem_code rc = trust_stream(store, writer, lane, inc, &at, err);
    while (rc == JEM_OK && at > row_inc)
        rc = trust_before(store, writer, lane, at, row_inc, &at, &upto, err);
    *out = rc == JEM_OK && at == row_inc && upto >= row_seq;
    return rc;
}

struct box_row {
    uint16_t inc, lane;
    uint64_t seq;
    char box[65];
};

/* Rows for (writer, epoch) from incarnation `inc` down to `since`. *rows is the caller's (free). */
static enum jem_code box_rows(struct jem_store *store, uint16_t writer, uint16_t since, uint16_t inc, uint16_t epoch,
    struct jem_buf *rows, struct jem_error *err)
{
    bool row = false;
    sqlite3_stmt *st = NULL;
    enum jem_code rc = jem_db_prepare(store, BOX_GET, &st, err);
    if (rc != JEM_OK)
        return rc;
    jem_bind_int(st, 1, writer);
    jem_bind_int(st, 2, epoch);
    jem_bind_int(st, 3, since);
    jem_bind_int(st, 4, inc);
    while (rc == JEM_OK && (rc = jem_db_step(store, st, &row, err)) == JEM_OK && row) {
        struct box_row r = { .inc = (uint16_t)sqlite3_column_int64(st, 0),
            .lane = (uint16_t)sqlite3_column_int64(st, 1),
            .seq = (uint64_t)sqlite3_column_int64(st, 2) };
        if (sqlite3_column_bytes(st, 3) == 64)
            memcpy(r.box, jem_column_text(st, 3), 64);
        jem_buf_add(rows, &r, sizeof r);
    }
    jem_db_done(st);
    return rc == JEM_OK ? jem_buf_ok(rows, err) : rc;
}

/* HQ's first key for a van came with its grant. */
static enum jem_code box_granted(struct jem_store *store, uint16_t epoch, unsigned char out[32], bool *found,
    struct jem_error *err)
{
    char name[16] = "hq.box.";
    struct jem_buf value = JEM_BUF_INIT(64);
    size_t n = strlen(name);
    for (unsigned div = 10000, started = 0; div > 0; div /= 10) {
        started |= epoch / div % 10 != 0 || div == 1;
        if (started)
            name[n++] = (char)('0' + epoch / div % 10);
    }
    name[n] = '\0';
    enum jem_code rc = jem_store_secret_get(store, name, &value, err);
    *found = rc == JEM_OK && value.len == 32;
    if (*found)
        memcpy(out, value.data, 32);
    jem_buf_release(&value);
    return rc == JEM_ENOTFOUND ? JEM_OK : rc;
}

enum jem_code jem_store_box_key(struct jem_store *store, uint16_t writer, uint16_t inc, uint16_t epoch,
    unsigned char out[32], struct jem_error *err)
{
    struct jem_buf rows = JEM_BUF_INIT((size_t)16 << 20);
    uint16_t since = 0;
    bool found = false;
    enum jem_code rc = writer == 0 ? JEM_OK : trust_enrolment(store, ENROLMENT_SIGN, writer, inc, &since, NULL, err);
    if (rc == JEM_OK)
        rc = box_rows(store, writer, since, inc, epoch, &rows, err);
    for (size_t at = 0; rc == JEM_OK && !found && at + sizeof(struct box_row) <= rows.len;
         at += sizeof(struct box_row)) {
        struct box_row r;
        memcpy(&r, rows.data + at, sizeof r);
        found = r.seq == 0;
        if (!found)
            rc = trust_descends(store, writer, r.lane, inc, r.inc, r.seq, &found, err);
        if (rc == JEM_OK && found && !jem_unhex(r.box, 64, out, 32))
            rc = jem_fail(err, JEM_ECORRUPT, JEM_D_STORE, 0, JEM_T_STORE_CORRUPT);
    }
    jem_buf_release(&rows);
    if (rc == JEM_OK && !found && writer == 0 && store->role == JEM_ROLE_VAN)
        rc = box_granted(store, epoch, out, &found, err);
    if (rc == JEM_OK && !found)
        rc = jem_fail(err, JEM_ENOTFOUND, JEM_D_STORE, 0, JEM_T_STORE_NO_EPOCH, (unsigned)epoch, (unsigned)writer);
    return rc;
}

static enum jem_code trust_highest(struct jem_store *store, uint16_t writer, uint16_t *out, struct jem_error *err)
{
    uint16_t enrolled = 0;
    *out = 0;
    enum jem_code rc = store->in_unit ? JEM_OK : jem_store_refresh(store, err);
    if (rc == JEM_OK)
        rc = jem_streams_load(store, err);
    for (size_t i = 0; rc == JEM_OK && i < store->stream_count; i++) {
        struct jem_store_stream *s = &store->streams[i];
        if (s->writer != writer || s->inc <= *out)
            continue;
        rc = jem_stream_head(store, s, err);
        if (rc == JEM_OK && s->seq > 0)
            *out = s->inc;
    }
    if (rc == JEM_OK && writer != 0)
        rc = trust_enrolment(store, ENROLMENT_LAST, writer, 0, &enrolled, NULL, err);
    *out = enrolled > *out ? enrolled : *out;
    return rc;
}

enum jem_code jem_store_van_inc(struct jem_store *store, uint16_t van, uint16_t *inc, struct jem_error *err)
{
    enum jem_code rc = trust_highest(store, van, inc, err);
    *inc = *inc == 0 ? 1 : *inc;
    return rc;
}

enum jem_code jem_store_epoch(struct jem_store *store, uint16_t writer, uint16_t *out, struct jem_error *err)
{
    struct jem_buf epochs = JEM_BUF_INIT((size_t)1 << 20);
    unsigned char key[32];
    uint16_t inc = 0;
    bool row = false;
    sqlite3_stmt *st = NULL;
    *out = 0;
    enum jem_code rc = jem_store_van_inc(store, writer, &inc, err);
    if (rc == JEM_OK)
        rc = jem_db_prepare(store, BOX_EPOCHS, &st, err);
    if (rc != JEM_OK)
        return rc;
    jem_bind_int(st, 1, writer);
    while (rc == JEM_OK && (rc = jem_db_step(store, st, &row, err)) == JEM_OK && row)
        jem_buf_u16(&epochs, (uint16_t)sqlite3_column_int64(st, 0));
    jem_db_done(st);
    if (rc == JEM_OK)
        rc = jem_buf_ok(&epochs, err);
    struct jem_reader r = jem_reader_of(epochs.data, epochs.len);
    while (rc == JEM_OK && *out == 0 && jem_reader_left(&r) > 0) {
        uint16_t epoch = jem_read_u16(&r);
        enum jem_code has = jem_store_box_key(store, writer, inc, epoch, key, err);
        if (has == JEM_OK)
            *out = epoch;
        else if (has != JEM_ENOTFOUND)
            rc = has;
    }
    jem_buf_release(&epochs);
    if (rc == JEM_OK && *out == 0)
        rc = jem_fail(err, JEM_ENOTFOUND, JEM_D_STORE, 0, JEM_T_STORE_NO_VAN, writer);
    return rc;
}

/* ---- where a van ends ---- */

static enum jem_code trust_revoked_at(struct jem_store *store, uint16_t van, uint16_t since, uint16_t inc,
    uint64_t *limit, struct jem_error *err)
{
    bool row = false;
    sqlite3_stmt *st = NULL;
    enum jem_code rc = jem_db_prepare(store, REVOKED_GET, &st, err);
    if (rc != JEM_OK)
        return rc;
    jem_bind_int(st, 1, van);
    jem_bind_int(st, 2, since);
    jem_bind_int(st, 3, inc);
    rc = jem_db_step(store, st, &row, err);
    if (rc == JEM_OK && row) {
        uint64_t seq = sqlite3_column_int64(st, 0) == inc ? (uint64_t)sqlite3_column_int64(st, 1) : 0;
        *limit = seq < *limit ? seq : *limit;
    }
    jem_db_done(st);
    return rc;
}

enum jem_code jem_store_van_limit(struct jem_store *store, uint16_t van, uint16_t inc, uint64_t *seq,
    struct jem_error *err)
{
    struct jem_stream_head head;
    uint16_t highest = 0, since = 0;
    *seq = UINT64_MAX;
    enum jem_code rc = jem_store_van_inc(store, van, &highest, err);
    if (rc == JEM_OK && inc < highest) {
        rc = jem_store_head(store, van, 0, inc, &head, err);
        *seq = head.last.seq;
    }
    if (rc == JEM_OK)
        rc = trust_enrolment(store, ENROLMENT_SIGN, van, inc, &since, NULL, err);
    return rc == JEM_OK ? trust_revoked_at(store, van, since, inc, seq, err) : rc;
}

/* Which event of the van's own lane told of its last revocation; seq 0: none did. */
static enum jem_code trust_revoked_by(struct jem_store *store, uint16_t van, struct jem_event_id *out,
    struct jem_error *err)
{
    bool row = false;
    sqlite3_stmt *st = NULL;
    *out = (struct jem_event_id){ .lane = van };
    enum jem_code rc = jem_db_prepare(store, REVOKED_LAST, &st, err);
    if (rc != JEM_OK)
        return rc;
    jem_bind_int(st, 1, van);
    rc = jem_db_step(store, st, &row, err);
    if (rc == JEM_OK && row && sqlite3_column_bytes(st, 4) == JEM_KEY_BYTES)
        jem_key_id(sqlite3_column_blob(st, 4), out);
    jem_db_done(st);
    if (out->lane != van)
        *out = (struct jem_event_id){ .lane = van };
    return rc;
}

enum jem_code jem_store_feed_end(struct jem_store *store, uint16_t van, uint16_t inc, uint64_t *seq,
    struct jem_error *err)
{
    uint16_t highest = 0;
    uint64_t limit = UINT64_MAX;
    struct jem_event_id told;
    *seq = UINT64_MAX;
    enum jem_code rc = jem_store_van_inc(store, van, &highest, err);
    if (rc == JEM_OK)
        rc = jem_store_van_limit(store, van, highest, &limit, err);
    if (rc != JEM_OK || limit == UINT64_MAX)
        return rc;
    rc = trust_revoked_by(store, van, &told, err);
    if (rc == JEM_OK && inc >= told.inc)
        *seq = inc == told.inc ? told.seq : 0;
    return rc;
}

enum jem_code jem_writer_revocation(struct jem_store *store, uint16_t van, json_t **out, struct jem_error *err)
{
    bool row = false;
    sqlite3_stmt *st = NULL;
    *out = NULL;
    enum jem_code rc = jem_db_prepare(store, REVOKED_LAST, &st, err);
    if (rc != JEM_OK)
        return rc;
    jem_bind_int(st, 1, van);
    rc = jem_db_step(store, st, &row, err);
    if (rc == JEM_OK) {
        *out = !row ? json_null()
                    : json_pack("{s:I, s:I, s:s, s:I}", "inc", (json_int_t)sqlite3_column_int64(st, 0), "seq",
                          (json_int_t)sqlite3_column_int64(st, 1), "reason", jem_column_text(st, 2), "at_ms",
                          (json_int_t)sqlite3_column_int64(st, 3));
        rc = *out == NULL ? jem_fail_nomem(err) : JEM_OK;
    }
    jem_db_done(st);
    return rc;
}

/* ---- rulings ---- */

enum jem_code jem_store_ruling(struct jem_store *store, const char *ref, const char *head_hex, enum jem_ruling *out,
    struct jem_error *err)
{
    bool row = false;
    sqlite3_stmt *st = NULL;
    *out = JEM_RULING_NONE;
    enum jem_code rc = jem_db_prepare(store, RULING_GET, &st, err);
    if (rc != JEM_OK)
        return rc;
    jem_bind_text(st, 1, ref);
    jem_bind_text(st, 2, head_hex);
    rc = jem_db_step(store, st, &row, err);
    if (rc == JEM_OK && row)
        *out = sqlite3_column_int(st, 0) != 0 ? JEM_RULING_ADMIT : JEM_RULING_REFUSE;
    jem_db_done(st);
    return rc;
}
