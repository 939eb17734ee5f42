/* backup.c - a whole store into one file.
 *
 * Durable steps: (1) FILE.part grows and is synced; (2) it is read back and checked; (3) it takes the name FILE; (4) the
 * store notes what it holds. A crash before (3) leaves FILE.part, which the next backup writes over, and an older FILE as it
 * was; a crash before (4) leaves a good backup of which the vans hear with the next one. */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "backup_file.h"
#include "jemput/file.h"
#include "kept.h"
#include "tar.h"

#define BACKUP_PAGES 1024               /* of one step: 4 MB */
#define BACKUP_ROOM ((uint64_t)1 << 20) /* beside the database */
#define BACKUP_PATH 4096

struct backup {
    struct jem_store *store; /* the live one */
    struct jem_store *source, *copy;
    const char *path;
    bool replace;
    char part[BACKUP_PATH], folder[BACKUP_PATH];
    int fd;
    int64_t at_ms;
    uint64_t db_size, size; /* of the database; of the file so far */
    struct jem_buf slots, kept;
    json_t *counts, *manifest;
    struct jem_error *err;
};

/* ---- the place ---- */

/* The one who has the lock writes; what a killed one left is written over. */
static enum jem_code backup_open_part(struct backup *b)
{
    struct stat st;
    if (!b->replace && lstat(b->path, &st) == 0)
        return jem_fail(b->err, JEM_EEXISTS, JEM_D_STORE, 0, JEM_T_BACKUP_EXISTS, b->path);
    if (stat(b->path, &st) == 0 && !S_ISREG(st.st_mode))
        return jem_fail(b->err, JEM_EINVAL, JEM_D_STORE, 0, JEM_T_BACKUP_NONE, b->path);
    b->fd = open(b->part, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (b->fd < 0)
        return jem_fail_errno(b->err, errno, b->part);
    if (flock(b->fd, LOCK_EX | LOCK_NB) != 0) {
        enum jem_code rc = errno == EWOULDBLOCK ? jem_fail(b->err, JEM_EBUSY, JEM_D_STORE, errno, JEM_T_STORE_BUSY)
                                                : jem_fail_errno(b->err, errno, b->part);
        (void)close(b->fd);
        b->fd = -1;
        return rc;
    }
    return ftruncate(b->fd, 0) == 0 ? JEM_OK : jem_fail_errno(b->err, errno, b->part);
}

static enum jem_code backup_room(struct backup *b)
{
    int64_t pages = 0, page = 0;
    static const char count[] = "PRAGMA page_count", size[] = "PRAGMA page_size";
    enum jem_code rc = jem_db_int(b->source, count, 0, &pages, b->err);
    if (rc == JEM_OK)
        rc = jem_db_int(b->source, size, 0, &page, b->err);
    uint64_t need = (uint64_t)(pages * page) + BACKUP_ROOM, left = jem_disk_free_bytes(b->folder);
    if (rc == JEM_OK && left != 0 && left < need)
        rc = jem_fail(b->err, JEM_ENOSPC, JEM_D_STORE, 0, JEM_T_BACKUP_SPACE, (unsigned long long)(need >> 20) + 1,
            (unsigned long long)(left >> 20));
    return rc;
}

/* ---- the database ---- */

/* A read transaction of its own: the copy is of one moment, however long it takes, and writers go on in the WAL. */
static enum jem_code backup_pin(struct backup *b)
{
    static const char begin[] = "BEGIN; SELECT count(*) FROM meta";
    enum jem_code rc = jem_store_dup(b->store, &b->source, b->err);
    return rc == JEM_OK ? jem_db_exec(b->source, begin, sizeof begin - 1, b->err) : rc;
}

static enum jem_code backup_pages(struct backup *b)
{
    sqlite3_backup *copy = sqlite3_backup_init(b->copy->db, "main", b->source->db, "main");
    int rc = SQLITE_OK;
    if (copy == NULL)
        return jem_db_fail(b->copy, sqlite3_extended_errcode(b->copy->db), b->err);
    while (rc == SQLITE_OK)
        rc = sqlite3_backup_step(copy, BACKUP_PAGES);
    int end = sqlite3_backup_finish(copy);
    if (rc == SQLITE_DONE && end == SQLITE_OK)
        return JEM_OK;
    return jem_db_fail(b->copy, rc == SQLITE_DONE ? end : rc, b->err);
}

/* The copy's first page still says that there is a WAL: opening it in this mode and leaving the mode takes that back. */
static enum jem_code backup_settle(struct backup *b)
{
    static const char settle[] = "SELECT count(*) FROM meta; PRAGMA journal_mode = DELETE";
    return jem_db_exec(b->copy, settle, sizeof settle - 1, b->err);
}

static enum jem_code backup_database(struct backup *b)
{
    static const unsigned char zeros[JEM_TAR_BLOCK];
    struct stat st;
    /* The header comes last: until then no reader takes it for an archive. */
    if (pwrite(b->fd, zeros, sizeof zeros, 0) != (ssize_t)sizeof zeros)
        return jem_fail_errno(b->err, errno == 0 ? ENOSPC : errno, b->part);
    enum jem_code rc = jem_store_new(jem_store_dir(b->store), b->store->key, b->store->clock, &b->copy, b->err);
    if (rc == JEM_OK)
        rc = jem_db_open_tar(b->copy, b->part, true, b->err);
    if (rc == JEM_OK)
        rc = backup_pages(b);
    if (rc == JEM_OK)
        rc = backup_settle(b);
    jem_store_close(b->copy);
    b->copy = NULL;
    if (rc == JEM_OK && fstat(b->fd, &st) != 0)
        rc = jem_fail_errno(b->err, errno, b->part);
    if (rc == JEM_OK) {
        b->db_size = (uint64_t)st.st_size - JEM_TAR_BLOCK;
        b->size = (uint64_t)st.st_size;
    }
    return rc;
}

/* ---- the other members ---- */

static enum jem_code backup_put(struct backup *b, const void *p, size_t n, uint64_t at)
{
    const unsigned char *from = p;
    while (n > 0) {
        ssize_t done = pwrite(b->fd, from, n, (off_t)at);
        if (done < 0 && errno == EINTR)
            continue;
        if (done < 0)
            return jem_fail_errno(b->err, errno, b->part);
        from += done;
        at += (uint64_t)done;
        n -= (size_t)done;
    }
    return JEM_OK;
}

static enum jem_code backup_member(struct backup *b, const char *name, const struct jem_buf *bytes)
{
    static const unsigned char zeros[JEM_TAR_BLOCK];
    unsigned char header[JEM_TAR_BLOCK];
    jem_tar_header(header, name, bytes->len, b->at_ms / 1000);
    enum jem_code rc = backup_put(b, header, sizeof header, b->size);
    if (rc == JEM_OK)
        rc = backup_put(b, bytes->data, bytes->len, b->size + JEM_TAR_BLOCK);
    if (rc == JEM_OK)
        rc = backup_put(b, zeros, (size_t)(jem_tar_padded(bytes->len) - bytes->len),
            b->size + JEM_TAR_BLOCK + bytes->len);
    b->size += JEM_TAR_BLOCK + jem_tar_padded(bytes->len);
    return rc;
}

static json_t *backup_listed(const char *name, uint64_t size, const unsigned char hash[32])
{
    char hex[65];
    jem_hex(hash, 32, hex);
    return json_pack("{s:s, s:I, s:s}", "name", name, "size", (json_int_t)size, "hash", hex);
}

/* Of the pinned moment, by the source's own handle. */
static enum jem_code backup_manifest(struct backup *b, const unsigned char db_hash[32], struct jem_buf *out)
{
    unsigned char slots_hash[32];
    struct jem_buf name = JEM_BUF_INIT(1024);
    json_t *heads = NULL;
    enum jem_code rc = jem_backup_counts(b->source, &b->counts, b->err);
    if (rc == JEM_OK)
        rc = jem_backup_heads(b->source, &heads, b->err);
    if (rc == JEM_OK)
        rc = jem_kept_read(b->source, &b->kept, b->err);
    if (rc == JEM_OK)
        rc = jem_store_meta_get(b->source, "name", &name, b->err);
    if (rc == JEM_OK) {
        jem_hash(b->slots.data, b->slots.len, slots_hash);
        b->manifest = json_pack("{s:s, s:I, s:s, s:s, s:i, s:i, s:O, s:O, s:[o, o]}", "format", JEM_BACKUP_FORMAT,
            "at_ms", (json_int_t)b->at_ms, "role", b->source->role == JEM_ROLE_HQ ? "hq" : "van", "name",
            jem_buf_text(&name), "van", b->source->writer, "inc", (int)b->source->inc, "counts", b->counts, "heads",
            heads, "files", backup_listed(JEM_BACKUP_DB, b->db_size, db_hash),
            backup_listed(JEM_BACKUP_SLOTS, b->slots.len, slots_hash));
        rc = b->manifest == NULL ? jem_fail_nomem(b->err) : jem_json_canonical(b->manifest, out, b->err);
    }
    jem_buf_byte(out, '\n');
    if (rc == JEM_OK)
        rc = jem_buf_ok(out, b->err);
    json_decref(heads);
    jem_buf_release(&name);
    return rc;
}

static enum jem_code backup_members(struct backup *b)
{
    static const unsigned char end[2 * JEM_TAR_BLOCK];
    unsigned char header[JEM_TAR_BLOCK], hash[32];
    char slots[BACKUP_PATH];
    struct jem_buf manifest = JEM_BUF_INIT((size_t)32 << 20);
    enum jem_code rc = jem_path_join(slots, sizeof slots, jem_store_dir(b->store), JEM_BACKUP_SLOTS, b->err);
    if (rc == JEM_OK)
        rc = jem_file_read(slots, (size_t)1 << 20, &b->slots, b->err);
    if (rc == JEM_OK)
        rc = jem_backup_hash(b->fd, b->part, JEM_TAR_BLOCK, b->db_size, -1, NULL, hash, b->err);
    if (rc == JEM_OK)
        rc = backup_manifest(b, hash, &manifest);
    if (rc == JEM_OK)
        rc = backup_member(b, JEM_BACKUP_SLOTS, &b->slots);
    if (rc == JEM_OK)
        rc = backup_member(b, JEM_BACKUP_MANIFEST, &manifest);
    if (rc == JEM_OK)
        rc = backup_put(b, end, sizeof end, b->size);
    b->size += sizeof end;
    jem_tar_header(header, JEM_BACKUP_DB, b->db_size, b->at_ms / 1000);
    if (rc == JEM_OK)
        rc = backup_put(b, header, sizeof header, 0);
    if (rc == JEM_OK && fsync(b->fd) != 0)
        rc = jem_fail_errno(b->err, errno, b->part);
    jem_buf_release(&manifest);
    return rc;
}

/* ---- reading it back ---- */

static enum jem_code backup_verify(struct backup *b)
{
    struct jem_backup_file file = { .fd = -1 };
    unsigned char hash[32];
    bool same = false;
    enum jem_code rc = jem_backup_file_open(b->part, &file, b->err);
    if (rc == JEM_OK)
        rc = jem_backup_hash(file.fd, b->part, file.db_at, file.db_size, -1, NULL, hash, b->err);
    if (rc == JEM_OK)
        same = json_equal(file.manifest, b->manifest) &&
               jem_backup_lists(file.manifest, JEM_BACKUP_DB, file.db_size, hash);
    jem_backup_file_close(&file);
    if (rc == JEM_EINVAL || rc == JEM_ECORRUPT || (rc == JEM_OK && !same))
        return jem_fail(b->err, JEM_EIO, JEM_D_STORE, 0, JEM_T_BACKUP_BAD, b->path);
    if (rc == JEM_OK)
        rc = jem_store_new(jem_store_dir(b->store), b->store->key, b->store->clock, &b->copy, b->err);
    if (rc == JEM_OK)
        rc = jem_db_open_tar(b->copy, b->part, false, b->err);
    if (rc == JEM_OK)
        rc = jem_backup_check(b->copy, b->path, b->manifest, b->err);
    /* The bytes are those that were written: it is the store itself that is damaged. */
    return rc == JEM_ECORRUPT ? jem_fail(b->err, rc, JEM_D_STORE, 0, JEM_T_STORE_CORRUPT) : rc;
}

static enum jem_code backup_note(struct backup *b)
{
    char at[24];
    char *real = realpath(b->path, NULL);
    (void)snprintf(at, sizeof at, "%lld", (long long)b->at_ms);
    enum jem_code rc = jem_store_begin(b->store, b->err);
    if (rc != JEM_OK) {
        free(real);
        return rc;
    }
    rc = jem_kept_write(b->store, &b->kept, b->err);
    if (rc == JEM_OK)
        rc = jem_store_meta_set(b->store, "backup.at", at, b->err);
    if (rc == JEM_OK)
        rc = jem_store_meta_set(b->store, "backup.file", real != NULL ? real : b->path, b->err);
    free(real);
    return jem_store_leave(b->store, true, rc, b->err);
}

/* ---- all ---- */

static enum jem_code backup_names(struct backup *b)
{
    char copy[BACKUP_PATH];
    int n = snprintf(b->part, sizeof b->part, "%s.part", b->path), m = snprintf(copy, sizeof copy, "%s", b->path);
    if (n < 0 || (size_t)n >= sizeof b->part || m < 1)
        return jem_fail_errno(b->err, ENAMETOOLONG, b->path);
    (void)snprintf(b->folder, sizeof b->folder, "%s", dirname(copy));
    return JEM_OK;
}

enum jem_code jem_backup_make(struct jem_store *store, const char *path, bool replace, json_t **out,
    struct jem_error *err)
{
    struct backup b = { .store = store,
        .path = path,
        .replace = replace,
        .fd = -1,
        .at_ms = jem_store_now_ms(store),
        .slots = JEM_BUF_INIT((size_t)1 << 20),
        .kept = JEM_BUF_INIT((size_t)64 << 20),
        .err = err };
    bool named = false;
    *out = NULL;
    enum jem_code rc = backup_names(&b);
    if (rc == JEM_OK)
        rc = backup_open_part(&b);
    if (rc == JEM_OK)
        rc = backup_pin(&b);
    if (rc == JEM_OK)
        rc = backup_room(&b);
    if (rc == JEM_OK)
        rc = backup_database(&b);
    if (rc == JEM_OK)
        rc = backup_members(&b);
    if (rc == JEM_OK)
        rc = backup_verify(&b);
    if (rc == JEM_OK) {
        rc = jem_store_name_it(b.folder, b.part, path, replace, err);
        named = rc == JEM_OK;
    }
    if (rc == JEM_OK)
        rc = backup_note(&b);
    if (rc == JEM_OK) {
        *out = json_pack("{s:s, s:I, s:I, s:I, s:I, s:I, s:b}", "file", path, "bytes", (json_int_t)b.size, "at_ms",
            (json_int_t)b.at_ms, "events", (json_int_t)jem_json_int(b.counts, "events", 0), "applications",
            (json_int_t)jem_json_int(b.counts, "applications", 0), "documents",
            (json_int_t)jem_json_int(b.counts, "documents", 0), "verified", 1);
        rc = *out == NULL ? jem_fail_nomem(err) : JEM_OK;
    }
    if (b.fd >= 0 && !named)
        (void)unlink(b.part);
    jem_store_close(b.copy);
    jem_store_close(b.source);
    jem_buf_release(&b.slots);
    jem_buf_release(&b.kept);
    json_decref(b.counts);
    json_decref(b.manifest);
    if (b.fd >= 0)
        (void)close(b.fd);
    return rc;
}
