/* plain_db.c - plain SQLite files that go out. */
#include "jemput/plain_db.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "db.h"
#include "jemput/file.h"

struct jem_plain_db {
    sqlite3 *db;
    sqlite3_stmt *put;
    const char *insert; /* that `put` was made from */
    char made[4096], path[4096];
};

static enum jem_code plain_fail(struct jem_plain_db *db, int rc, struct jem_error *err)
{
    struct jem_store other = { .db = db->db };
    return jem_db_fail(&other, rc, err);
}

void jem_plain_db_drop(struct jem_plain_db *db)
{
    if (db == NULL)
        return;
    (void)sqlite3_finalize(db->put);
    (void)sqlite3_close(db->db);
    (void)unlink(db->made);
    free(db);
}

enum jem_code jem_plain_db_make(const char *path, const char *schema, struct jem_plain_db **out, struct jem_error *err)
{
    struct jem_plain_db *db = calloc(1, sizeof *db);
    *out = NULL;
    if (db == NULL)
        return jem_fail_nomem(err);
    if (snprintf(db->made, sizeof db->made, "%s.new", path) >= (int)sizeof db->made) {
        free(db);
        return jem_fail_errno(err, ENAMETOOLONG, path);
    }
    (void)snprintf(db->path, sizeof db->path, "%s", path);
    (void)unlink(db->made);
    int fd = open(db->made, O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0600); /* private before SQLite writes to it */
    if (fd < 0) {
        enum jem_code rc = jem_fail_errno(err, errno, path);
        free(db);
        return rc;
    }
    (void)close(fd);
    int rc = sqlite3_open_v2(db->made, &db->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_exec(db->db, "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; BEGIN", NULL, NULL, NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_exec(db->db, schema, NULL, NULL, NULL);
    if (rc != SQLITE_OK) {
        enum jem_code code = plain_fail(db, rc, err);
        jem_plain_db_drop(db);
        return code;
    }
    *out = db;
    return JEM_OK;
}

enum jem_code jem_plain_db_put(struct jem_plain_db *db, const char *insert, const json_t *values, struct jem_error *err)
{
    int rc = SQLITE_OK;
    if (db->insert == NULL || strcmp(db->insert, insert) != 0) {
        (void)sqlite3_finalize(db->put);
        db->put = NULL;
        rc = sqlite3_prepare_v2(db->db, insert, -1, &db->put, NULL);
        db->insert = rc == SQLITE_OK ? insert : NULL;
    }
    for (size_t i = 0; rc == SQLITE_OK && i < json_array_size(values); i++) {
        const json_t *v = json_array_get(values, i);
        if (json_is_string(v))
            rc = sqlite3_bind_text(db->put, (int)i + 1, json_string_value(v), -1, SQLITE_STATIC);
        else if (json_is_integer(v))
            rc = sqlite3_bind_int64(db->put, (int)i + 1, json_integer_value(v));
        else
            rc = sqlite3_bind_null(db->put, (int)i + 1);
    }
    if (rc == SQLITE_OK) {
        rc = sqlite3_step(db->put);
        rc = rc == SQLITE_DONE ? SQLITE_OK : rc;
        (void)sqlite3_reset(db->put);
        (void)sqlite3_clear_bindings(db->put);
    }
    return rc == SQLITE_OK ? JEM_OK : plain_fail(db, rc, err);
}

enum jem_code jem_plain_db_finish(struct jem_plain_db *db, struct jem_error *err)
{
    enum jem_code rc = JEM_OK;
    (void)sqlite3_finalize(db->put);
    db->put = NULL;
    int native = sqlite3_exec(db->db, "COMMIT", NULL, NULL, NULL);
    if (native == SQLITE_OK)
        native = sqlite3_close(db->db);
    if (native != SQLITE_OK)
        rc = plain_fail(db, native, err);
    else
        db->db = NULL;
    if (rc == JEM_OK)
        rc = jem_file_name_it(db->made, db->path, err);
    jem_plain_db_drop(db);
    return rc;
}
