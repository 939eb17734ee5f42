/* tray.c - scanned pages that wait to become documents: rows of the table tray_page. */
#include <stdio.h>
#include <stdlib.h>

#include "db.h"
#include "jemput/tray_store.h"

#define TRAY_COLUMNS \
    "id, tray, officer, place, kind, dpi, warnings, card, half, at, length(jpeg), width, height, colour"

static const char TRAY_ADD[] =
    "INSERT INTO tray_page (tray, officer, place, kind, dpi, warnings, card, half, at, jpeg, preview, width, height, "
    "colour) "
    "VALUES (?1, ?2, (SELECT coalesce(max(place), 0) + 1 FROM tray_page WHERE tray = ?1), ?3, ?4, ?5, ?6, ?7, ?8, ?9, "
    "?10, "
    "?11, ?12, ?13) "
    "RETURNING id, place";
static const char TRAY_REPLACE[] =
    "UPDATE tray_page SET officer = ?2, kind = ?3, dpi = ?4, warnings = ?5, card = ?6, half = ?7, at = ?8, jpeg = ?9, "
    "preview = ?10, width = ?11, height = ?12, colour = ?13 WHERE id = ?14 AND tray = ?1 RETURNING id, place";
static const char TRAY_LIST[] = "SELECT " TRAY_COLUMNS " FROM tray_page WHERE ?1 IS NULL OR tray = ?1 "
                                "ORDER BY tray, place, id";
static const char TRAY_GET[] = "SELECT " TRAY_COLUMNS " FROM tray_page WHERE id = ?1";
static const char TRAY_JPEG[] = "SELECT jpeg FROM tray_page WHERE id = ?1";
static const char TRAY_PREVIEW[] = "SELECT preview FROM tray_page WHERE id = ?1";
static const char TRAY_KIND[] = "UPDATE tray_page SET kind = ?2 WHERE id = ?1";
static const char TRAY_MOVE[] = "UPDATE tray_page SET tray = ?2 WHERE tray = ?1";
static const char TRAY_DROP[] = "DELETE FROM tray_page WHERE id = ?1";

static void tray_read(sqlite3_stmt *st, struct jem_tray_page *page)
{
    *page = (struct jem_tray_page){ .id = sqlite3_column_int64(st, 0),
        .place = (unsigned)sqlite3_column_int(st, 3),
        .dpi = (unsigned)sqlite3_column_int(st, 5),
        .warnings = (unsigned)sqlite3_column_int(st, 6),
        .card = sqlite3_column_int(st, 7) != 0,
        .half = sqlite3_column_int(st, 8) != 0,
        .at_unix_ms = sqlite3_column_int64(st, 9),
        .size_bytes = (size_t)sqlite3_column_int64(st, 10),
        .width = (unsigned)sqlite3_column_int(st, 11),
        .height = (unsigned)sqlite3_column_int(st, 12),
        .colour = (unsigned)sqlite3_column_int(st, 13) };
    (void)snprintf(page->tray, sizeof page->tray, "%s", jem_column_text(st, 1));
    (void)snprintf(page->officer, sizeof page->officer, "%s", jem_column_text(st, 2));
    (void)snprintf(page->kind, sizeof page->kind, "%s", jem_column_text(st, 4));
}

static enum jem_code tray_none(struct jem_error *err)
{
    return jem_fail(err, JEM_ENOTFOUND, JEM_D_STORE, 0, JEM_T_STORE_TRAY_NONE);
}

static enum jem_code tray_put(struct jem_store *store, struct jem_tray_page *page, const void *jpeg, size_t jpeg_size,
    const void *preview, size_t preview_size, struct jem_error *err)
{
    sqlite3_stmt *st = NULL;
    bool row = false;
    enum jem_code rc = jem_db_prepare(store, page->id != 0 ? TRAY_REPLACE : TRAY_ADD, &st, err);
    if (rc != JEM_OK)
        return rc;
    page->at_unix_ms = jem_store_now_ms(store);
    jem_bind_text(st, 1, page->tray);
    jem_bind_text(st, 2, page->officer);
    jem_bind_text(st, 3, page->kind);
    jem_bind_int(st, 4, page->dpi);
    jem_bind_int(st, 5, page->warnings);
    jem_bind_int(st, 6, page->card);
    jem_bind_int(st, 7, page->half);
    jem_bind_int(st, 8, page->at_unix_ms);
    jem_bind_blob(st, 9, jpeg, jpeg_size);
    jem_bind_blob(st, 10, preview, preview_size);
    jem_bind_int(st, 11, page->width);
    jem_bind_int(st, 12, page->height);
    jem_bind_int(st, 13, page->colour);
    if (page->id != 0)
        jem_bind_int(st, 14, page->id);
    rc = jem_db_step(store, st, &row, err);
    if (rc == JEM_OK && row) {
        page->id = sqlite3_column_int64(st, 0);
        page->place = (unsigned)sqlite3_column_int(st, 1);
        page->size_bytes = jpeg_size;
    }
    jem_db_done(st);
    return rc == JEM_OK && !row ? tray_none(err) : rc;
}

enum jem_code jem_store_tray_put(struct jem_store *store, struct jem_tray_page *page, const void *jpeg,
    size_t jpeg_size, const void *preview, size_t preview_size, struct jem_error *err)
{
    bool own = false;
    enum jem_code rc = jem_store_enter(store, &own, err);
    if (rc != JEM_OK)
        return rc;
    rc = tray_put(store, page, jpeg, jpeg_size, preview, preview_size, err);
    return jem_store_leave(store, own, rc, err);
}

enum jem_code jem_store_tray(struct jem_store *store, const char *tray, struct jem_tray_page **out, size_t *count,
    struct jem_error *err)
{
    sqlite3_stmt *st = NULL;
    bool row = false;
    size_t cap = 0;
    *out = NULL;
    *count = 0;
    enum jem_code rc = jem_db_prepare(store, TRAY_LIST, &st, err);
    if (rc == JEM_OK && tray != NULL)
        jem_bind_text(st, 1, tray);
    while (rc == JEM_OK && (rc = jem_db_step(store, st, &row, err)) == JEM_OK && row) {
        if (*count == cap) {
            cap = cap > 0 ? cap * 2 : 16;
            struct jem_tray_page *more = realloc(*out, cap * sizeof *more);
            if (more == NULL) {
                rc = jem_fail_nomem(err);
                break;
            }
            *out = more;
        }
        tray_read(st, &(*out)[(*count)++]);
    }
    jem_db_done(st);
    if (rc != JEM_OK) {
        free(*out);
        *out = NULL;
        *count = 0;
    }
    return rc;
}

static enum jem_code tray_bytes(struct jem_store *store, const char *sql, int64_t id, struct jem_buf *out,
    struct jem_error *err)
{
    sqlite3_stmt *st = NULL;
    bool row = false;
    enum jem_code rc = jem_db_prepare(store, sql, &st, err);
    if (rc != JEM_OK)
        return rc;
    jem_bind_int(st, 1, id);
    rc = jem_db_step(store, st, &row, err);
    if (rc == JEM_OK && row)
        jem_buf_add(out, sqlite3_column_blob(st, 0), (size_t)sqlite3_column_bytes(st, 0));
    jem_db_done(st);
    return rc == JEM_OK && !row ? tray_none(err) : rc == JEM_OK ? jem_buf_ok(out, err) : rc;
}

enum jem_code jem_store_tray_get(struct jem_store *store, int64_t id, struct jem_tray_page *out, struct jem_buf *jpeg,
    struct jem_buf *preview, struct jem_error *err)
{
    sqlite3_stmt *st = NULL;
    bool row = false;
    enum jem_code rc = jem_db_prepare(store, TRAY_GET, &st, err);
    if (rc != JEM_OK)
        return rc;
    jem_bind_int(st, 1, id);
    rc = jem_db_step(store, st, &row, err);
    if (rc == JEM_OK && row)
        tray_read(st, out);
    jem_db_done(st);
    if (rc == JEM_OK && !row)
        rc = tray_none(err);
    if (rc == JEM_OK && jpeg != NULL)
        rc = tray_bytes(store, TRAY_JPEG, id, jpeg, err);
    if (rc == JEM_OK && preview != NULL)
        rc = tray_bytes(store, TRAY_PREVIEW, id, preview, err);
    return rc;
}

enum jem_code jem_store_tray_kind(struct jem_store *store, int64_t id, const char *kind, struct jem_error *err)
{
    sqlite3_stmt *st = NULL;
    enum jem_code rc = jem_db_prepare(store, TRAY_KIND, &st, err);
    if (rc != JEM_OK)
        return rc;
    jem_bind_int(st, 1, id);
    jem_bind_text(st, 2, kind);
    return jem_db_run(store, st, err);
}

enum jem_code jem_store_tray_drop(struct jem_store *store, int64_t id, struct jem_error *err)
{
    sqlite3_stmt *st = NULL;
    enum jem_code rc = jem_db_prepare(store, TRAY_DROP, &st, err);
    if (rc != JEM_OK)
        return rc;
    jem_bind_int(st, 1, id);
    return jem_db_run(store, st, err);
}

enum jem_code jem_store_tray_move(struct jem_store *store, const char *from, const char *to, struct jem_error *err)
{
    sqlite3_stmt *st = NULL;
    enum jem_code rc = jem_db_prepare(store, TRAY_MOVE, &st, err);
    if (rc != JEM_OK)
        return rc;
    jem_bind_text(st, 1, from);
    jem_bind_text(st, 2, to);
    return jem_db_run(store, st, err);
}
