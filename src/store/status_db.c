/* status_db.c - reading status.db: the file is not ours to trust beyond its signatures, and may be replaced any time. */
#include "jemput/status_db.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <sqlite3.h>

#include "status_file.h"

struct jem_status_db {
    char *path;
    sqlite3 *db;
    sqlite3_stmt *name, *find;
    json_t *about;
    dev_t device; /* the file that is open; another one under the name is opened anew */
    ino_t inode;
    struct timespec changed;
};

static const char STATUS_FIND[] =
    "SELECT t.status, t.submitted, t.reached, t.days, t.reason, t.signature, s.name_id, s.name_en, s.agency_id, "
    "s.agency_en, s.promised_id, s.promised_en, g.id, g.en FROM status t JOIN service s ON s.id = t.service "
    "LEFT JOIN stage g ON g.service = t.service AND g.status = ?2 WHERE t.number = ?1";
static const char STATUS_NUMBERS[] = "SELECT number FROM status ORDER BY number";
static const char STATUS_NAME[] = "SELECT status, number FROM status WHERE number >= ?1 ORDER BY number LIMIT 1";

size_t jem_status_message(uint64_t number, enum jem_status status, int32_t day,
    unsigned char out[JEM_STATUS_MESSAGE_MAX])
{
    static const char domain[] = "jemput-status-1\n";
    size_t n = sizeof domain - 1;
    memcpy(out, domain, n);
    for (int i = 0; i < 8; i++)
        out[n++] = (unsigned char)(number >> (56 - 8 * i));
    int more = snprintf((char *)out + n, JEM_STATUS_MESSAGE_MAX - n, "%s %d", jem_status_name(status), (int)day);
    return n + (size_t)more;
}

static enum jem_code status_bad(const struct jem_status_db *db, enum jem_code code, int native, struct jem_error *err)
{
    return jem_fail(err, code, JEM_D_STORE, native, JEM_T_STATUS_DB_NONE, db->path);
}

static void status_shut(struct jem_status_db *db)
{
    sqlite3_finalize(db->name);
    sqlite3_finalize(db->find);
    (void)sqlite3_close(db->db);
    json_decref(db->about);
    db->name = NULL;
    db->find = NULL;
    db->db = NULL;
    db->about = NULL;
}

static enum jem_code status_one_text(struct jem_status_db *db, const char *sql, json_t **json, int *integer,
    struct jem_error *err)
{
    sqlite3_stmt *st = NULL;
    int rc = sqlite3_prepare_v2(db->db, sql, -1, &st, NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_step(st);
    enum jem_code code = rc == SQLITE_ROW ? JEM_OK : status_bad(db, JEM_ECORRUPT, rc, err);
    if (code == JEM_OK && integer != NULL)
        *integer = sqlite3_column_int(st, 0);
    if (code == JEM_OK && json != NULL) {
        const char *text = (const char *)sqlite3_column_text(st, 0);
        code = jem_json_parse(text == NULL ? "" : text, (size_t)sqlite3_column_bytes(st, 0), "status.db", json, err);
        if (code == JEM_EINVAL)
            code = status_bad(db, JEM_ECORRUPT, 0, err);
    }
    sqlite3_finalize(st);
    return code;
}

/* A file under this name is written once and then replaced: without locks and looks for a journal, which cost more
 * than the search. */
static int status_file_open(struct jem_status_db *db)
{
    static const char safe[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/";
    struct jem_buf uri = JEM_BUF_INIT(JEM_BUF_DEFAULT_MAX);
    jem_buf_str(&uri, db->path[0] == '/' ? "file://" : "file:");
    for (const unsigned char *p = (const unsigned char *)db->path; *p != '\0'; p++) {
        if (strchr(safe, *p) != NULL)
            jem_buf_byte(&uri, *p);
        else
            jem_buf_fmt(&uri, "%%%02X", *p);
    }
    jem_buf_str(&uri, "?immutable=1");
    int rc = SQLITE_NOMEM;
    if (!uri.failed)
        rc = sqlite3_open_v2(jem_buf_text(&uri), &db->db, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_URI,
            NULL);
    jem_buf_release(&uri);
    return rc;
}

static enum jem_code status_attach(struct jem_status_db *db, struct jem_error *err)
{
    struct stat st;
    int id = 0;
    status_shut(db);
    if (stat(db->path, &st) != 0)
        return status_bad(db, JEM_ENOTFOUND, 0, err);
    int rc = status_file_open(db);
    if (rc == SQLITE_OK)
        rc = sqlite3_exec(db->db, "PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON; PRAGMA query_only = ON",
            NULL, NULL, NULL);
    if (rc != SQLITE_OK)
        return status_bad(db, JEM_ECORRUPT, rc, err);
    enum jem_code code = status_one_text(db, "PRAGMA application_id", NULL, &id, err);
    if (code == JEM_OK && id != JEM_STATUS_APPLICATION_ID)
        code = status_bad(db, JEM_ECORRUPT, 0, err);
    if (code == JEM_OK)
        code = status_one_text(db, "SELECT json FROM about", &db->about, NULL, err);
    if (code == JEM_OK && (sqlite3_prepare_v2(db->db, STATUS_NAME, -1, &db->name, NULL) != SQLITE_OK ||
                              sqlite3_prepare_v2(db->db, STATUS_FIND, -1, &db->find, NULL) != SQLITE_OK))
        code = status_bad(db, JEM_ECORRUPT, 0, err);
    db->device = st.st_dev;
    db->inode = st.st_ino;
    db->changed = st.st_mtim;
    return code;
}

enum jem_code jem_status_db_open(const char *path, struct jem_status_db **out, struct jem_error *err)
{
    struct jem_status_db *db = calloc(1, sizeof *db);
    *out = NULL;
    if (db == NULL || (db->path = strdup(path)) == NULL) {
        free(db);
        return jem_fail_nomem(err);
    }
    enum jem_code rc = status_attach(db, err);
    if (rc == JEM_OK)
        *out = db;
    else
        jem_status_db_close(db);
    return rc;
}

void jem_status_db_close(struct jem_status_db *db)
{
    if (db == NULL)
        return;
    status_shut(db);
    free(db->path);
    free(db);
}

const json_t *jem_status_db_about(struct jem_status_db *db)
{
    return db->about;
}

/* Copies what fits, without a character cut in half. */
static void status_copy(const char *s, char *out, size_t cap)
{
    size_t n = s == NULL ? 0 : strlen(s);
    if (n >= cap)
        for (n = cap - 1; n > 0 && ((unsigned char)s[n] & 0xc0) == 0x80; n--)
            ;
    if (n > 0)
        memcpy(out, s, n);
    out[n] = '\0';
}

static void status_text(sqlite3_stmt *st, int at, char *out, size_t cap)
{
    status_copy((const char *)sqlite3_column_text(st, at), out, cap);
}

static void status_days(sqlite3_stmt *st, struct jem_status_row *out)
{
    struct jem_error ignored;
    json_t *days = NULL;
    const char *text = (const char *)sqlite3_column_text(st, 3);
    for (int i = 0; i < JEM_STATUS_COUNT; i++)
        out->stage_days[i] = INT32_MIN;
    if (text == NULL ||
        jem_json_parse(text, (size_t)sqlite3_column_bytes(st, 3), "status.db", &days, &ignored) != JEM_OK)
        return;
    for (int i = 1; i < JEM_STATUS_COUNT; i++) {
        int64_t day = jem_json_int(days, jem_status_name((enum jem_status)i), INT32_MIN);
        out->stage_days[i] = day >= INT32_MIN && day <= INT32_MAX ? (int32_t)day : INT32_MIN;
    }
    json_decref(days);
}

static void status_row(sqlite3_stmt *st, struct jem_status_row *out)
{
    char reason[sizeof out->reason[0]];
    const void *signature = sqlite3_column_blob(st, 5);
    out->day_submitted = sqlite3_column_int(st, 1);
    out->day_stage = sqlite3_column_int(st, 2);
    status_days(st, out);
    if (signature != NULL && sqlite3_column_bytes(st, 5) == (int)sizeof out->signature)
        memcpy(out->signature, signature, sizeof out->signature);
    status_text(st, 4, reason, sizeof reason);
    for (int lang = 0; lang < JEM_LANGS; lang++) {
        status_text(st, 6 + lang, out->service[lang], sizeof out->service[lang]);
        status_text(st, 8 + lang, out->agency[lang], sizeof out->agency[lang]);
        status_text(st, 10 + lang, out->promised[lang], sizeof out->promised[lang]);
        status_text(st, 12 + lang, out->stage[lang], sizeof out->stage[lang]);
        bool ask = strcmp(reason, JEM_STATUS_ASK) == 0;
        status_copy(ask ? jem_text_in(lang == JEM_ID ? JEM_LANG_ID : JEM_LANG_EN, JEM_T_STATUS_DB_ASK) : reason,
            out->reason[lang], sizeof out->reason[lang]);
    }
}

/* The stage of the first number from *number on, which takes its place. */
static enum jem_code status_of(struct jem_status_db *db, uint64_t *number, enum jem_status *out, struct jem_error *err)
{
    (void)sqlite3_bind_int64(db->name, 1, (int64_t)*number);
    int rc = sqlite3_step(db->name);
    *out = rc == SQLITE_ROW ? jem_status_parse((const char *)sqlite3_column_text(db->name, 0)) : JEM_STATUS_UNKNOWN;
    if (rc == SQLITE_ROW)
        *number = (uint64_t)sqlite3_column_int64(db->name, 1);
    (void)sqlite3_reset(db->name);
    if (rc == SQLITE_DONE)
        return jem_fail(err, JEM_ENOTFOUND, JEM_D_STORE, 0, JEM_T_STATUS_DB_NUMBER);
    return rc == SQLITE_ROW ? JEM_OK : status_bad(db, JEM_ECORRUPT, rc, err);
}

/* After the last number comes the first. */
static enum jem_code status_read(struct jem_status_db *db, uint64_t number, struct jem_status_row *out,
    struct jem_error *err)
{
    out->number = number;
    enum jem_code rc = status_of(db, &out->number, &out->status, err);
    if (rc == JEM_ENOTFOUND) {
        out->number = 0;
        rc = status_of(db, &out->number, &out->status, err);
    }
    if (rc != JEM_OK)
        return rc;
    (void)sqlite3_bind_int64(db->find, 1, (int64_t)out->number);
    (void)sqlite3_bind_int(db->find, 2, (int)out->status);
    int native = sqlite3_step(db->find);
    if (native == SQLITE_ROW)
        status_row(db->find, out);
    else
        rc = status_bad(db, JEM_ECORRUPT, native, err);
    (void)sqlite3_reset(db->find);
    if (rc == JEM_OK && out->number != number)
        rc = jem_fail(err, JEM_ENOTFOUND, JEM_D_STORE, 0, JEM_T_STATUS_DB_NUMBER);
    return rc;
}

/* The file that is there now; while it is away, the old one serves on. */
static enum jem_code status_renew(struct jem_status_db *db, struct jem_error *err)
{
    struct stat st;
    bool here = stat(db->path, &st) == 0;
    bool same = here && st.st_dev == db->device && st.st_ino == db->inode && st.st_mtim.tv_sec == db->changed.tv_sec &&
                st.st_mtim.tv_nsec == db->changed.tv_nsec;
    return db->find == NULL || (here && !same) ? status_attach(db, err) : JEM_OK;
}

enum jem_code jem_status_db_find(struct jem_status_db *db, uint64_t number, struct jem_status_row *out,
    struct jem_error *err)
{
    memset(out, 0, sizeof *out);
    enum jem_code rc = status_renew(db, err);
    return rc == JEM_OK ? status_read(db, number, out, err) : rc;
}

enum jem_code jem_status_db_each(struct jem_status_db *db,
    enum jem_code (*each)(void *ctx, const struct jem_status_row *row, struct jem_error *err), void *ctx,
    struct jem_error *err)
{
    struct jem_status_row row;
    sqlite3_stmt *st = NULL;
    int native = SQLITE_DONE;
    enum jem_code rc = db->find == NULL ? status_attach(db, err) : JEM_OK;
    if (rc == JEM_OK && (native = sqlite3_prepare_v2(db->db, STATUS_NUMBERS, -1, &st, NULL)) != SQLITE_OK)
        rc = status_bad(db, JEM_ECORRUPT, native, err);
    while (rc == JEM_OK && (native = sqlite3_step(st)) == SQLITE_ROW) {
        memset(&row, 0, sizeof row);
        rc = status_read(db, (uint64_t)sqlite3_column_int64(st, 0), &row, err);
        if (rc == JEM_OK)
            rc = each(ctx, &row, err);
    }
    if (rc == JEM_OK && native != SQLITE_DONE)
        rc = status_bad(db, JEM_ECORRUPT, native, err);
    sqlite3_finalize(st);
    return rc;
}
