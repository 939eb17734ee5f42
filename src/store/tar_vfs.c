/* tar_vfs.c - the file system of tar.h: SQLite's own, with the main database 512 bytes further on. So a backup is written
 * once, where it belongs, and opened there to be checked. No shared memory and no mapping: one connection at a time. */
#include <pthread.h>
#include <sqlite3.h>
#include <string.h>

#include "tar.h"

#define VFS_NAME "jem-tar"

struct tar_file {
    sqlite3_file base;
    sqlite3_file *real; /* behind this struct, as large as the real file system wants it */
    sqlite3_int64 at;   /* where the database starts */
    sqlite3_int64 size; /* from the header; -1: what the file has */
};

static struct tar_file *tar_of(sqlite3_file *f)
{
    return (struct tar_file *)(void *)f;
}

static int tar_close(sqlite3_file *f)
{
    return tar_of(f)->real->pMethods->xClose(tar_of(f)->real);
}

/* What lies behind the member is not the database's: it reads as zeros, as past the end of a file. */
static int tar_read(sqlite3_file *f, void *p, int n, sqlite3_int64 offset)
{
    struct tar_file *t = tar_of(f);
    if (t->size < 0 || offset + n <= t->size)
        return t->real->pMethods->xRead(t->real, p, n, offset + t->at);
    int inside = offset < t->size ? (int)(t->size - offset) : 0;
    memset((char *)p + inside, 0, (size_t)(n - inside));
    int rc = inside == 0 ? SQLITE_OK : t->real->pMethods->xRead(t->real, p, inside, offset + t->at);
    return rc == SQLITE_OK ? SQLITE_IOERR_SHORT_READ : rc;
}

static int tar_write(sqlite3_file *f, const void *p, int n, sqlite3_int64 offset)
{
    struct tar_file *t = tar_of(f);
    return t->size >= 0 ? SQLITE_READONLY : t->real->pMethods->xWrite(t->real, p, n, offset + t->at);
}

static int tar_truncate(sqlite3_file *f, sqlite3_int64 size)
{
    struct tar_file *t = tar_of(f);
    return t->size >= 0 ? SQLITE_READONLY : t->real->pMethods->xTruncate(t->real, size + t->at);
}

static int tar_sync(sqlite3_file *f, int flags)
{
    return tar_of(f)->real->pMethods->xSync(tar_of(f)->real, flags);
}

static int tar_file_size(sqlite3_file *f, sqlite3_int64 *out)
{
    struct tar_file *t = tar_of(f);
    int rc = SQLITE_OK;
    if (t->size >= 0) {
        *out = t->size;
        return rc;
    }
    rc = t->real->pMethods->xFileSize(t->real, out);
    *out = *out > t->at ? *out - t->at : 0;
    return rc;
}

static int tar_lock(sqlite3_file *f, int level)
{
    return tar_of(f)->real->pMethods->xLock(tar_of(f)->real, level);
}

static int tar_unlock(sqlite3_file *f, int level)
{
    return tar_of(f)->real->pMethods->xUnlock(tar_of(f)->real, level);
}

static int tar_reserved(sqlite3_file *f, int *out)
{
    return tar_of(f)->real->pMethods->xCheckReservedLock(tar_of(f)->real, out);
}

/* Hints speak of sizes and offsets that are not ours. */
static int tar_control(sqlite3_file *f, int op, void *arg)
{
    if (op == SQLITE_FCNTL_SIZE_HINT || op == SQLITE_FCNTL_CHUNK_SIZE || op == SQLITE_FCNTL_MMAP_SIZE)
        return SQLITE_NOTFOUND;
    return tar_of(f)->real->pMethods->xFileControl(tar_of(f)->real, op, arg);
}

static int tar_sector(sqlite3_file *f)
{
    return tar_of(f)->real->pMethods->xSectorSize(tar_of(f)->real);
}

static int tar_device(sqlite3_file *f)
{
    return tar_of(f)->real->pMethods->xDeviceCharacteristics(tar_of(f)->real);
}

static const sqlite3_io_methods tar_methods = {
    .iVersion = 1,
    .xClose = tar_close,
    .xRead = tar_read,
    .xWrite = tar_write,
    .xTruncate = tar_truncate,
    .xSync = tar_sync,
    .xFileSize = tar_file_size,
    .xLock = tar_lock,
    .xUnlock = tar_unlock,
    .xCheckReservedLock = tar_reserved,
    .xFileControl = tar_control,
    .xSectorSize = tar_sector,
    .xDeviceCharacteristics = tar_device,
};

static sqlite3_vfs tar_fs;

static sqlite3_vfs *tar_real(void)
{
    return tar_fs.pAppData;
}

static int tar_open(sqlite3_vfs *fs, sqlite3_filename name, sqlite3_file *f, int flags, int *out_flags)
{
    struct tar_file *t = tar_of(f);
    unsigned char block[JEM_TAR_BLOCK];
    char member[JEM_TAR_NAME_MAX + 1];
    uint64_t size = 0;
    (void)fs;
    memset(t, 0, sizeof *t);
    t->real = (sqlite3_file *)(void *)(t + 1);
    t->size = -1;
    int rc = tar_real()->xOpen(tar_real(), name, t->real, flags, out_flags);
    if (rc != SQLITE_OK)
        return rc;
    if ((flags & SQLITE_OPEN_MAIN_DB) != 0) {
        t->at = JEM_TAR_BLOCK;
        if (t->real->pMethods->xRead(t->real, block, sizeof block, 0) == SQLITE_OK &&
            jem_tar_parse(block, member, &size))
            t->size = (sqlite3_int64)size;
    }
    f->pMethods = &tar_methods;
    return SQLITE_OK;
}

static int tar_delete(sqlite3_vfs *fs, const char *name, int sync_dir)
{
    (void)fs;
    return tar_real()->xDelete(tar_real(), name, sync_dir);
}

static int tar_access(sqlite3_vfs *fs, const char *name, int flags, int *out)
{
    (void)fs;
    return tar_real()->xAccess(tar_real(), name, flags, out);
}

static int tar_full(sqlite3_vfs *fs, const char *name, int cap, char *out)
{
    (void)fs;
    return tar_real()->xFullPathname(tar_real(), name, cap, out);
}

static int tar_last_error(sqlite3_vfs *fs, int n, char *out)
{
    (void)fs;
    return tar_real()->xGetLastError(tar_real(), n, out);
}

static const char *tar_name;

static void tar_register(void)
{
    /* below the cipher's own, which is the default */
    sqlite3_vfs *real = sqlite3_initialize() == SQLITE_OK ? sqlite3_vfs_find("unix") : NULL;
    if (real == NULL)
        return;
    tar_fs = *real;
    tar_fs.iVersion = 2; /* without the table of system calls, which is the real one's */
    tar_fs.szOsFile = (int)sizeof(struct tar_file) + real->szOsFile;
    tar_fs.pNext = NULL;
    tar_fs.zName = VFS_NAME;
    tar_fs.pAppData = real;
    tar_fs.xOpen = tar_open;
    tar_fs.xDelete = tar_delete;
    tar_fs.xAccess = tar_access;
    tar_fs.xFullPathname = tar_full;
    tar_fs.xGetLastError = tar_last_error;
    if (sqlite3_vfs_register(&tar_fs, 0) == SQLITE_OK && sqlite3mc_vfs_create(VFS_NAME, 0) == SQLITE_OK)
        tar_name = "multipleciphers-" VFS_NAME;
}

const char *jem_tar_vfs(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    return pthread_once(&once, tar_register) == 0 ? tar_name : NULL;
}
