/* backup_file.c - reading a backup and finding out whether it is whole. */
#include "backup_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sodium.h>

#include "audit.h"
#include "kept.h"
#include "tar.h"

#define FILE_SMALL_MAX ((size_t)32 << 20) /* slots.json, manifest.json */
#define FILE_PORTION ((size_t)1 << 20)

static const char COUNT_EVENTS[] = "SELECT count(*) FROM event";
static const char COUNT_STREAMS[] = "SELECT count(DISTINCT id >> 40) FROM event";
static const char COUNT_APPLICATIONS[] = "SELECT count(*) FROM application";
static const char COUNT_DOCUMENTS[] = "SELECT count(*) FROM blob";
static const char QUICK_CHECK[] = "PRAGMA quick_check(1)";

/* ---- bytes ---- */

/* JEM_ECORRUPT when the file ends before. */
static enum jem_code file_read_at(int fd, const char *path, void *p, size_t n, uint64_t at, struct jem_error *err)
{
    unsigned char *to = p;
    while (n > 0) {
        ssize_t got = pread(fd, to, n, (off_t)at);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return jem_fail_errno(err, errno, path);
        if (got == 0)
            return jem_fail(err, JEM_ECORRUPT, JEM_D_STORE, 0, JEM_T_BACKUP_CUT, path);
        to += got;
        at += (uint64_t)got;
        n -= (size_t)got;
    }
    return JEM_OK;
}

static enum jem_code file_write(int fd, const char *path, const unsigned char *p, size_t n, struct jem_error *err)
{
    while (n > 0) {
        ssize_t done = write(fd, p, n);
        if (done < 0 && errno == EINTR)
            continue;
        if (done < 0)
            return jem_fail_errno(err, errno, path);
        p += done;
        n -= (size_t)done;
    }
    return JEM_OK;
}

enum jem_code jem_backup_hash(int fd, const char *path, uint64_t at, uint64_t n, int to, const char *to_path,
    unsigned char out[32], struct jem_error *err)
{
    crypto_generichash_state state;
    unsigned char *portion = malloc(FILE_PORTION);
    enum jem_code rc = portion == NULL ? jem_fail_nomem(err) : JEM_OK;
    /* What is still in memory proves nothing of the stick. */
    (void)posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
    (void)crypto_generichash_init(&state, NULL, 0, 32);
    while (rc == JEM_OK && n > 0) {
        size_t most = n < FILE_PORTION ? (size_t)n : FILE_PORTION;
        rc = file_read_at(fd, path, portion, most, at, err);
        if (rc == JEM_OK) {
            (void)crypto_generichash_update(&state, portion, most);
            at += most;
            n -= most;
            if (to >= 0)
                rc = file_write(to, to_path, portion, most, err);
        }
    }
    (void)crypto_generichash_final(&state, out, 32);
    free(portion);
    return rc;
}

/* ---- the file ---- */

/* The header at *at must be of `name`; moves *at to the member's bytes. */
static enum jem_code file_member(const struct jem_backup_file *f, const char *name, uint64_t *at, uint64_t *size,
    struct jem_error *err)
{
    unsigned char block[JEM_TAR_BLOCK];
    char got[JEM_TAR_NAME_MAX + 1];
    enum jem_code rc = file_read_at(f->fd, f->path, block, sizeof block, *at, err);
    if (rc != JEM_OK)
        return rc;
    if (!jem_tar_parse(block, got, size) || strcmp(got, name) != 0)
        return jem_fail(err, JEM_ECORRUPT, JEM_D_STORE, 0, JEM_T_BACKUP_CUT, f->path);
    *at += JEM_TAR_BLOCK;
    return JEM_OK;
}

static enum jem_code file_small(struct jem_backup_file *f, const char *name, uint64_t *at, struct jem_buf *out,
    struct jem_error *err)
{
    uint64_t size = 0;
    unsigned char rest[JEM_TAR_BLOCK] = { 0 };
    enum jem_code rc = file_member(f, name, at, &size, err);
    if (rc == JEM_OK && size > FILE_SMALL_MAX)
        rc = jem_fail(err, JEM_ECORRUPT, JEM_D_STORE, 0, JEM_T_BACKUP_CUT, f->path);
    if (rc == JEM_OK && !jem_buf_reserve(out, (size_t)size + 1))
        rc = jem_fail_nomem(err);
    if (rc == JEM_OK)
        rc = file_read_at(f->fd, f->path, out->data, (size_t)size, *at, err);
    if (rc == JEM_OK)
        rc = file_read_at(f->fd, f->path, rest, (size_t)(jem_tar_padded(size) - size), *at + size, err);
    if (rc == JEM_OK && !sodium_is_zero(rest, sizeof rest))
        rc = jem_fail(err, JEM_ECORRUPT, JEM_D_STORE, 0, JEM_T_BACKUP_CUT, f->path);
    if (rc == JEM_OK) {
        out->len = (size_t)size;
        out->data[out->len] = '\0';
        *at += jem_tar_padded(size);
    }
    return rc;
}

/* The first member must begin as ours does: other files get another answer than damaged ones. */
static enum jem_code file_is_ours(const struct jem_backup_file *f, struct jem_error *err)
{
    unsigned char block[JEM_TAR_BLOCK];
    char name[JEM_TAR_NAME_MAX + 1];
    uint64_t size = 0;
    enum jem_code rc = file_read_at(f->fd, f->path, block, sizeof block, 0, err);
    if (rc == JEM_ECORRUPT ||
        (rc == JEM_OK && (!jem_tar_parse(block, name, &size) || strcmp(name, JEM_BACKUP_DB) != 0)))
        return jem_fail(err, JEM_EINVAL, JEM_D_STORE, 0, JEM_T_BACKUP_NONE, f->path);
    return rc;
}

static enum jem_code file_end(const struct jem_backup_file *f, uint64_t at, struct jem_error *err)
{
    unsigned char end[2 * JEM_TAR_BLOCK];
    struct stat st;
    enum jem_code rc = file_read_at(f->fd, f->path, end, sizeof end, at, err);
    if (rc == JEM_OK && fstat(f->fd, &st) != 0)
        rc = jem_fail_errno(err, errno, f->path);
    if (rc == JEM_OK && ((uint64_t)st.st_size != at + sizeof end || !sodium_is_zero(end, sizeof end)))
        rc = jem_fail(err, JEM_ECORRUPT, JEM_D_STORE, 0, JEM_T_BACKUP_CUT, f->path);
    return rc;
}

static enum jem_code file_manifest(struct jem_backup_file *f, struct jem_error *err)
{
    struct jem_error ignored;
    unsigned char hash[32];
    enum jem_code rc =
        jem_json_parse(jem_buf_text(&f->manifest_text), f->manifest_text.len, f->path, &f->manifest, &ignored);
    if (rc == JEM_ENOMEM)
        return jem_fail_nomem(err);
    const char *format = jem_json_str(f->manifest, "format", "");
    if (rc == JEM_OK && strncmp(format, "jemput-backup-", 14) == 0 && strcmp(format, JEM_BACKUP_FORMAT) != 0)
        return jem_fail(err, JEM_EINVAL, JEM_D_STORE, 0, JEM_T_BACKUP_NEWER, f->path);
    jem_hash(f->slots.data, f->slots.len, hash);
    if (rc != JEM_OK || strcmp(format, JEM_BACKUP_FORMAT) != 0 ||
        !jem_backup_lists(f->manifest, JEM_BACKUP_SLOTS, f->slots.len, hash))
        return jem_fail(err, JEM_ECORRUPT, JEM_D_STORE, 0, JEM_T_BACKUP_CUT, f->path);
    return JEM_OK;
}

enum jem_code jem_backup_file_open(const char *path, struct jem_backup_file *out, struct jem_error *err)
{
    uint64_t at = 0;
    *out = (struct jem_backup_file){ .path = path,
        .slots = JEM_BUF_INIT(FILE_SMALL_MAX + 1),
        .manifest_text = JEM_BUF_INIT(FILE_SMALL_MAX + 1) };
    out->fd = open(path, O_RDONLY | O_CLOEXEC);
    if (out->fd < 0)
        return jem_fail_errno(err, errno, path);
    enum jem_code rc = file_is_ours(out, err);
    if (rc == JEM_OK)
        rc = file_member(out, JEM_BACKUP_DB, &at, &out->db_size, err);
    if (rc == JEM_OK) {
        out->db_at = at;
        at += jem_tar_padded(out->db_size);
        rc = file_small(out, JEM_BACKUP_SLOTS, &at, &out->slots, err);
    }
    if (rc == JEM_OK)
        rc = file_small(out, JEM_BACKUP_MANIFEST, &at, &out->manifest_text, err);
    if (rc == JEM_OK)
        rc = file_end(out, at, err);
    if (rc == JEM_OK)
        rc = file_manifest(out, err);
    if (rc != JEM_OK)
        jem_backup_file_close(out);
    return rc;
}

void jem_backup_file_close(struct jem_backup_file *file)
{
    if (file->path != NULL && file->fd >= 0)
        (void)close(file->fd);
    jem_buf_release(&file->slots);
    jem_buf_release(&file->manifest_text);
    json_decref(file->manifest);
    *file = (struct jem_backup_file){ .fd = -1 };
}

bool jem_backup_lists(const json_t *manifest, const char *name, uint64_t size, const unsigned char hash[32])
{
    const json_t *files = json_object_get(manifest, "files");
    char hex[65];
    jem_hex(hash, 32, hex);
    for (size_t i = 0; i < json_array_size(files); i++) {
        const json_t *it = json_array_get(files, i);
        if (strcmp(jem_json_str(it, "name", ""), name) == 0)
            return jem_json_int(it, "size", -1) == (int64_t)size && strcmp(jem_json_str(it, "hash", ""), hex) == 0;
    }
    return false;
}

/* ---- what is in the database ---- */

enum jem_code jem_backup_counts(struct jem_store *store, json_t **out, struct jem_error *err)
{
    static const struct {
        const char *name, *sql;
    } counts[] = { { "events", COUNT_EVENTS }, { "streams", COUNT_STREAMS }, { "applications", COUNT_APPLICATIONS },
        { "documents", COUNT_DOCUMENTS } };
    enum jem_code rc = JEM_OK;
    *out = json_object();
    for (size_t i = 0; rc == JEM_OK && i < sizeof counts / sizeof *counts; i++) {
        int64_t n = 0;
        rc = jem_db_int(store, counts[i].sql, 0, &n, err);
        if (rc == JEM_OK && json_object_set_new(*out, counts[i].name, json_integer(n)) != 0)
            rc = jem_fail_nomem(err);
    }
    if (rc != JEM_OK) {
        json_decref(*out);
        *out = NULL;
    }
    return rc;
}

enum jem_code jem_backup_heads(struct jem_store *store, json_t **out, struct jem_error *err)
{
    struct jem_buf list = JEM_BUF_INIT((size_t)64 << 20);
    enum jem_code rc = jem_kept_read(store, &list, err);
    *out = json_array();
    for (size_t at = 0; rc == JEM_OK && at + sizeof(struct jem_kept) <= list.len; at += sizeof(struct jem_kept)) {
        struct jem_kept k;
        char hash[65];
        memcpy(&k, list.data + at, sizeof k);
        jem_hex(k.hash, 32, hash);
        if (json_array_append_new(*out, json_pack("{s:i, s:i, s:i, s:I, s:s}", "writer", (int)k.writer, "lane",
                                            (int)k.lane, "inc", (int)k.inc, "seq", (json_int_t)k.seq, "hash", hash)) !=
            0)
            rc = jem_fail_nomem(err);
    }
    jem_buf_release(&list);
    if (rc != JEM_OK) {
        json_decref(*out);
        *out = NULL;
    }
    return rc;
}

static enum jem_code check_pages(struct jem_store *store, bool *good, struct jem_error *err)
{
    bool row = false;
    sqlite3_stmt *st = NULL;
    enum jem_code rc = jem_db_prepare(store, QUICK_CHECK, &st, err);
    if (rc == JEM_OK)
        rc = jem_db_step(store, st, &row, err);
    *good = rc == JEM_OK && row && strcmp(jem_column_text(st, 0), "ok") == 0;
    jem_db_done(st);
    return rc;
}

/* The manifest says what the database must hold; none of both is believed alone. */
static enum jem_code check_manifest(struct jem_store *store, const json_t *manifest, bool *good, struct jem_error *err)
{
    json_t *counts = NULL, *heads = NULL;
    enum jem_code rc = jem_backup_counts(store, &counts, err);
    if (rc == JEM_OK)
        rc = jem_backup_heads(store, &heads, err);
    *good = rc == JEM_OK && json_equal(counts, json_object_get(manifest, "counts")) &&
            json_equal(heads, json_object_get(manifest, "heads"));
    json_decref(counts);
    json_decref(heads);
    return rc;
}

enum jem_code jem_backup_check(struct jem_store *store, const char *path, const json_t *manifest, struct jem_error *err)
{
    struct jem_audit_counts counts = { 0 };
    bool good = true;
    json_t *problems = json_array();
    enum jem_code rc = problems == NULL ? jem_fail_nomem(err) : check_pages(store, &good, err);
    if (rc == JEM_OK && good)
        rc = check_manifest(store, manifest, &good, err);
    if (rc == JEM_OK && good) {
        rc = jem_audit_log(store, problems, &counts, err);
        good = json_array_size(problems) == 0;
    }
    json_decref(problems);
    if (rc == JEM_ECORRUPT || (rc == JEM_OK && !good))
        rc = jem_fail(err, JEM_ECORRUPT, JEM_D_STORE, 0, JEM_T_BACKUP_CUT, path);
    return rc;
}
