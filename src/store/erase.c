/* erase.c - applications of which nothing that speaks of a person is kept (UU PDP 27/2022 art. 43).
 *
 * body.redacted of HQ names them. In the unit that brings it: the bodies of all their events give way to their hashes; their row,
 * postings, words that nobody else has, pairs, stage, handovers, complaints, print jobs and documents go. What arrives later about them is stored
 * without its body from the start. Headers of events stay, and the chain with them: who did which kind of thing when, about
 * a number.
 *
 * Pages that SQLite frees are overwritten (secure_delete). What it moved between pages before may still stand in their unused
 * middle: jem_store_scrub writes the whole file anew. */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "jemput/file.h"
#include "log.h"
#include "views.h"

static const char ERASED_GET[] = "SELECT basis, at FROM erased WHERE number = ?1";
static const char ERASED_ANY[] = "SELECT EXISTS (SELECT 1 FROM erased)";
static const char ERASED_PUT[] =
    "INSERT INTO erased (number, basis, at, key) VALUES (?1, ?2, ?3, ?4) "
    "ON CONFLICT (number) DO UPDATE SET basis = excluded.basis, at = excluded.at, key = excluded.key "
    "WHERE excluded.key < key";
static const char ERASE_BODIES[] = "SELECT " JEM_EVENT_COLUMNS " FROM event e WHERE e.subject = ?1 AND e.subject <> 0 "
                                   "AND e.body IS NOT NULL ORDER BY e.id";
static const char ERASE_BODY[] = "UPDATE event SET body = NULL, body_hash = ?2 WHERE id = ?1";
static const char ERASE_ROW[] = "SELECT name, documents FROM application WHERE number = ?1";
static const char ERASE_HASHES[] = "SELECT DISTINCT n.hash FROM need n WHERE n.number = ?1 AND NOT EXISTS "
                                   "(SELECT 1 FROM need o WHERE o.hash = n.hash AND o.number <> ?1) AND NOT EXISTS "
                                   "(SELECT 1 FROM outage_photo p WHERE n.hash IN (p.hash, p.preview))";
static const char ERASE_TRAY[] = "DELETE FROM tray_page WHERE tray = ?1";
static const char REFUSE[] = "INSERT OR IGNORE INTO refused (hash) VALUES (?1)";
static const char REFUSED[] = "SELECT 1 FROM refused WHERE hash = ?1";
static const char NEEDED[] = "SELECT 1 FROM need WHERE hash = ?1 "
                             "UNION ALL SELECT 1 FROM outage_photo WHERE ?1 IN (hash, preview)";

static enum jem_code erase_run(struct jem_store *store, const char *sql, int64_t number, struct jem_error *err)
{
    sqlite3_stmt *st = NULL;
    enum jem_code rc = jem_db_prepare(store, sql, &st, err);
    if (rc != JEM_OK)
        return rc;
    jem_bind_int(st, 1, number);
    return jem_db_run(store, st, err);
}

static enum jem_code erase_run_text(struct jem_store *store, const char *sql, const char *text, struct jem_error *err)
{
    sqlite3_stmt *st = NULL;
    enum jem_code rc = jem_db_prepare(store, sql, &st, err);
    if (rc != JEM_OK)
        return rc;
    jem_bind_text(st, 1, text);
    return jem_db_run(store, st, err);
}

static enum jem_code erase_run_hash(struct jem_store *store, const char *sql, const unsigned char hash[32],
    struct jem_error *err)
{
    sqlite3_stmt *st = NULL;
    enum jem_code rc = jem_db_prepare(store, sql, &st, err);
    if (rc != JEM_OK)
        return rc;
    jem_bind_blob(st, 1, hash, 32);
    return jem_db_run(store, st, err);
}

static bool erase_has_hash(struct jem_store *store, const char *sql, const unsigned char hash[32])
{
    bool row = false;
    sqlite3_stmt *st = NULL;
    struct jem_error ignored;
    if (jem_db_prepare(store, sql, &st, &ignored) != JEM_OK)
        return false;
    jem_bind_blob(st, 1, hash, 32);
    if (jem_db_step(store, st, &row, &ignored) != JEM_OK)
        row = false;
    jem_db_done(st);
    return row;
}

bool jem_blob_refused(struct jem_store *store, const unsigned char hash[32])
{
    return erase_has_hash(store, REFUSED, hash) && !erase_has_hash(store, NEEDED, hash);
}

/* Most stores have erased nobody: within a unit, where nobody else writes, that is asked once. */
static enum jem_code erased_any(struct jem_store *store, bool *any, struct jem_error *err)
{
    int64_t n = 1;
    enum jem_code rc = JEM_OK;
    if (store->in_unit && !store->erased_known) {
        rc = jem_db_int(store, ERASED_ANY, 1, &n, err);
        store->erased_known = rc == JEM_OK;
        store->erased_any = n != 0;
    }
    *any = !store->erased_known || store->erased_any;
    return rc;
}

enum jem_code jem_store_erased(struct jem_store *store, uint64_t number, bool *erased, struct jem_buf *basis,
    int64_t *at_ms, struct jem_error *err)
{
    bool any = false;
    sqlite3_stmt *st = NULL;
    *erased = false;
    enum jem_code rc = erased_any(store, &any, err);
    if (rc == JEM_OK && any)
        rc = jem_db_prepare(store, ERASED_GET, &st, err);
    if (rc != JEM_OK || !any)
        return rc;
    jem_bind_int(st, 1, (int64_t)number);
    rc = jem_db_step(store, st, erased, err);
    if (rc == JEM_OK && *erased && basis != NULL)
        jem_buf_str(basis, jem_column_text(st, 0));
    if (rc == JEM_OK && *erased && at_ms != NULL)
        *at_ms = sqlite3_column_int64(st, 1);
    jem_db_done(st);
    return rc;
}

/* ---- bodies ---- */

static enum jem_code erase_body(struct jem_store *store, int64_t rowid, const unsigned char body_hash[32],
    struct jem_error *err)
{
    sqlite3_stmt *st = NULL;
    store->redacting = true;
    enum jem_code rc = jem_db_prepare(store, ERASE_BODY, &st, err);
    if (rc == JEM_OK) {
        jem_bind_int(st, 1, rowid);
        jem_bind_blob(st, 2, body_hash, 32);
        rc = jem_db_run(store, st, err);
    }
    store->redacting = false;
    return rc;
}

/* What day_view.c made of an event: the row that has its id. */
static enum jem_code erase_day(struct jem_store *store, const struct jem_event_id *id, struct jem_error *err)
{
    static const char *const drops[] = { "DELETE FROM handover WHERE id = ?1", "DELETE FROM complaint WHERE id = ?1",
        "DELETE FROM complaint_answer WHERE id = ?1" };
    char text[JEM_EVENT_ID_TEXT];
    enum jem_code rc = JEM_OK;
    jem_event_id_format(id, text);
    for (size_t i = 0; rc == JEM_OK && i < sizeof drops / sizeof *drops; i++)
        rc = erase_run_text(store, drops[i], text, err);
    return rc;
}

/* Rows are gathered before any is changed: what is being read is not altered. */
static enum jem_code erase_bodies(struct jem_store *store, uint64_t number, struct jem_error *err)
{
    struct jem_buf rows = JEM_BUF_INIT((size_t)64 << 20);
    bool row = false;
    sqlite3_stmt *st = NULL;
    enum jem_code rc = jem_db_prepare(store, ERASE_BODIES, &st, err);
    if (rc != JEM_OK)
        return rc;
    jem_bind_int(st, 1, (int64_t)number);
    while (rc == JEM_OK && (rc = jem_db_step(store, st, &row, err)) == JEM_OK && row) {
        struct jem_event e;
        rc = jem_event_read(store, st, true, &e, err);
        jem_buf_u64(&rows, (uint64_t)sqlite3_column_int64(st, 0));
        jem_buf_add(&rows, e.body_hash, sizeof e.body_hash);
        if (rc == JEM_OK && jem_day_concerns(jem_kind_parse(e.kind)))
            rc = erase_day(store, &e.id, err);
        jem_event_release(&e);
    }
    jem_db_done(st);
    if (rc == JEM_OK)
        rc = jem_buf_ok(&rows, err);
    struct jem_reader r = jem_reader_of(rows.data, rows.len);
    while (rc == JEM_OK && jem_reader_left(&r) > 0) {
        int64_t rowid = (int64_t)jem_read_u64(&r);
        rc = erase_body(store, rowid, jem_read_bytes(&r, 32), err);
    }
    jem_buf_release(&rows);
    return rc;
}

/* ---- documents ---- */

static enum jem_code erase_blob(struct jem_store *store, const unsigned char hash[32], struct jem_error *err)
{
    static const char *const drops[] = {
        "DELETE FROM preview WHERE id IN (SELECT id FROM blob WHERE hash = ?1)",
        "DELETE FROM original WHERE id IN (SELECT id FROM blob WHERE hash = ?1)",
        "DELETE FROM blob WHERE hash = ?1",
        "DELETE FROM piece WHERE hash = ?1",
        "DELETE FROM partial WHERE hash = ?1",
        "DELETE FROM outgoing WHERE hash = ?1",
    };
    enum jem_code rc = erase_run_hash(store, REFUSE, hash, err);
    for (size_t i = 0; rc == JEM_OK && i < sizeof drops / sizeof *drops; i++)
        rc = erase_run_hash(store, drops[i], hash, err);
    return rc;
}

static enum jem_code erase_blobs(struct jem_store *store, uint64_t number, struct jem_error *err)
{
    struct jem_buf hashes = JEM_BUF_INIT((size_t)16 << 20);
    bool row = false;
    sqlite3_stmt *st = NULL;
    enum jem_code rc = jem_db_prepare(store, ERASE_HASHES, &st, err);
    if (rc != JEM_OK)
        return rc;
    jem_bind_int(st, 1, (int64_t)number);
    while (rc == JEM_OK && (rc = jem_db_step(store, st, &row, err)) == JEM_OK && row)
        jem_buf_add(&hashes, sqlite3_column_blob(st, 0), (size_t)sqlite3_column_bytes(st, 0));
    jem_db_done(st);
    if (rc == JEM_OK)
        rc = jem_buf_ok(&hashes, err);
    for (size_t i = 0; rc == JEM_OK && i + 32 <= hashes.len; i += 32)
        rc = erase_blob(store, hashes.data + i, err);
    jem_buf_release(&hashes);
    return rc;
}

/* A late document of an erased application: its bytes must not come either. */
static enum jem_code erase_refuse(struct jem_store *store, const struct jem_event *e, struct jem_error *err)
{
    json_t *body = NULL;
    struct jem_error ignored;
    unsigned char hash[32];
    if (jem_kind_parse(e->kind) != JEM_KIND_DOCUMENT_ATTACHED ||
        jem_json_parse(e->body, e->body_len, "event", &body, &ignored) != JEM_OK)
        return JEM_OK;
    const json_t *pages = json_object_get(body, "pages");
    const char *hex = jem_json_str(body, "hash", "");
    enum jem_code rc = JEM_OK;
    for (size_t i = 0; rc == JEM_OK; i++) {
        if (jem_unhex(hex, strlen(hex), hash, sizeof hash) && !erase_has_hash(store, NEEDED, hash))
            rc = erase_blob(store, hash, err);
        if (i == json_array_size(pages))
            break;
        hex = jem_json_str(json_array_get(pages, i), "preview", "");
    }
    json_decref(body);
    return rc;
}

enum jem_code jem_erase_late(struct jem_store *store, struct jem_event *e, struct jem_error *err)
{
    bool erased = false;
    if (e->subject == 0 || e->body == NULL)
        return JEM_OK;
    enum jem_code rc = jem_store_erased(store, e->subject, &erased, NULL, NULL, err);
    if (rc == JEM_OK && erased)
        rc = erase_refuse(store, e, err);
    if (rc == JEM_OK && erased) {
        jem_hash(e->body, e->body_len, e->body_hash);
        memset(e->body, 0, e->body_len);
        free(e->body);
        e->body = NULL;
        e->body_len = 0;
    }
    return rc;
}

/* ---- the row and what hangs on it ---- */

static enum jem_code erase_row(struct jem_store *store, uint64_t number, struct jem_error *err)
{
    static const char *const drops[] = { "DELETE FROM application WHERE number = ?1",
        "DELETE FROM hot WHERE what = 'name' AND number = ?1", "DELETE FROM need WHERE number = ?1",
        "DELETE FROM lacking WHERE number = ?1", "DELETE FROM apart WHERE a = ?1",
        "DELETE FROM pair WHERE a = ?1 OR b = ?1", "DELETE FROM district WHERE number = ?1" };
    bool had = false;
    sqlite3_stmt *st = NULL;
    struct jem_buf name = JEM_BUF_INIT(1 << 16);
    enum jem_code rc = jem_db_prepare(store, ERASE_ROW, &st, err);
    if (rc != JEM_OK)
        return rc;
    jem_bind_int(st, 1, (int64_t)number);
    rc = jem_db_step(store, st, &had, err);
    if (rc == JEM_OK && had) {
        jem_buf_str(&name, jem_column_text(st, 0));
        store->tally_applications--;
        store->tally_documents -= sqlite3_column_int64(st, 1);
    }
    jem_db_done(st);
    if (rc == JEM_OK && had)
        rc = jem_postings_erase(store, number, jem_buf_text(&name), err);
    for (size_t i = 0; rc == JEM_OK && i < sizeof drops / sizeof *drops; i++)
        rc = erase_run(store, drops[i], (int64_t)number, err);
    if (rc == JEM_OK && had)
        rc = jem_postings_forget_words(store, jem_buf_text(&name), err);
    jem_buf_wipe(&name);
    return rc;
}

/* Scanned pages that were to become its documents. */
static enum jem_code erase_tray(struct jem_store *store, uint64_t number, struct jem_error *err)
{
    char text[JEM_NUMBER_TEXT];
    jem_number_format(number, text);
    return erase_run_text(store, ERASE_TRAY, text, err);
}

static enum jem_code erase_one(struct jem_store *store, uint64_t number, struct jem_error *err)
{
    static const char *const local[] = { "DELETE FROM changed WHERE number = ?1",
        "DELETE FROM print_job WHERE number = ?1" };
    enum jem_code rc = erase_bodies(store, number, err);
    if (rc == JEM_OK && !store->rebuilding)
        rc = erase_blobs(store, number, err);
    if (rc == JEM_OK)
        rc = erase_row(store, number, err);
    for (size_t i = 0; rc == JEM_OK && !store->rebuilding && i < sizeof local / sizeof *local; i++)
        rc = erase_run(store, local[i], (int64_t)number, err);
    return rc == JEM_OK && !store->rebuilding ? erase_tray(store, number, err) : rc;
}

enum jem_code jem_erase_apply(struct jem_store *store, const struct jem_event *e, const json_t *body,
    struct jem_error *err)
{
    const json_t *numbers = json_object_get(body, "numbers");
    unsigned char key[JEM_KEY_BYTES];
    enum jem_code rc = JEM_OK;
    jem_key_make(e, key);
    for (size_t i = 0; rc == JEM_OK && i < json_array_size(numbers); i++) {
        uint64_t number = 0;
        struct jem_error ignored;
        sqlite3_stmt *st = NULL;
        const char *text = json_string_value(json_array_get(numbers, i));
        if (text == NULL || jem_number_parse(text, &number, &ignored) != JEM_OK)
            continue;
        store->erased_known = false;
        rc = jem_db_prepare(store, ERASED_PUT, &st, err);
        if (rc != JEM_OK)
            break;
        jem_bind_int(st, 1, (int64_t)number);
        jem_bind_text(st, 2, jem_json_str(body, "basis", ""));
        jem_bind_int(st, 3, jem_hlc_unix_ms(e->hlc));
        jem_bind_blob(st, 4, key, sizeof key);
        rc = jem_db_run(store, st, err);
        if (rc == JEM_OK)
            rc = erase_one(store, number, err);
    }
    if (rc == JEM_OK && !store->rebuilding)
        rc = jem_postings_merge(store, err);
    if (rc == JEM_OK && !store->rebuilding)
        rc = jem_store_meta_set(store, "scrub", "1", err);
    return rc;
}

/* ---- pages ---- */

/* VACUUM's temporary database lies in memory: a file would be plain text. */
static bool scrub_fits(const struct jem_store *store)
{
    char path[4096];
    struct stat st;
    long pages = sysconf(_SC_AVPHYS_PAGES), size = sysconf(_SC_PAGESIZE);
    struct jem_error ignored;
    return jem_path_join(path, sizeof path, store->dir, "jemput.db", &ignored) == JEM_OK && stat(path, &st) == 0 &&
           (pages <= 0 || size <= 0 || st.st_size < (off_t)pages * size / 2);
}

static int scrub_run(sqlite3 *db)
{
    int logged = 0, moved = 0;
    int rc = sqlite3_exec(db, "VACUUM", NULL, NULL, NULL);
    return rc == SQLITE_OK ? sqlite3_wal_checkpoint_v2(db, NULL, SQLITE_CHECKPOINT_TRUNCATE, &logged, &moved) : rc;
}

enum jem_code jem_store_scrub(struct jem_store *store, bool *done, struct jem_error *err)
{
    struct jem_buf asked = JEM_BUF_INIT(16);
    struct jem_error ignored;
    enum jem_code rc = jem_store_meta_get(store, "scrub", &asked, &ignored);
    *done = rc == JEM_OK && strcmp(jem_buf_text(&asked), "1") == 0;
    jem_buf_release(&asked);
    if (!*done)
        return JEM_OK;
    *done = false;
    if (!scrub_fits(store))
        return jem_fail(err, JEM_EBUSY, JEM_D_STORE, 0, JEM_T_STORE_SCRUB_MEMORY);
    for (size_t i = 0; i < JEM_DB_STATEMENTS; i++) /* VACUUM suffers no statement that reads */
        jem_db_done(store->cache[i].st);
    jem_db_authorize(store, false); /* VACUUM attaches a database and fills it */
    int native = scrub_run(store->db);
    rc = native == SQLITE_OK ? JEM_OK : jem_db_fail(store, native, err);
    jem_db_authorize(store, true);
    if (rc == JEM_OK)
        rc = jem_store_meta_set(store, "scrub", "0", err);
    *done = rc == JEM_OK;
    return rc;
}
