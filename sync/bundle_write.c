/* bundle_write.c - a bundle onto a stick.
 *
 * Durable steps: (1) FILE.tmp whole and synced, (2) renamed to FILE, (3) the folder synced, where the file system can. No
 * rights are set: FAT has none, and what the file holds is sealed. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bundle_file.h"

#define BUNDLE_PATH_MAX 4096

struct bundle_out {
    FILE *f;
    uint64_t bytes, limit;
    int errnum; /* of the first write that failed; EFBIG past the limit */
};

static int bundle_put(void *p, size_t n, void *ctx)
{
    struct bundle_out *out = ctx;
    if (out->errnum == 0 && n > out->limit - out->bytes)
        out->errnum = EFBIG;
    if (out->errnum == 0 && fwrite(p, 1, n, out->f) != n)
        out->errnum = errno != 0 ? errno : EIO;
    if (out->errnum != 0)
        return -1;
    out->bytes += n;
    return 0;
}

/* Prerequisites first, then the refs, as git wants them. */
static enum jem_code bundle_header(struct bundle_out *out, const struct jem_bundle_lane *lanes, size_t count,
    struct jem_error *err)
{
    char hex[JEM_OID_HEX];
    struct jem_buf text = JEM_BUF_INIT(JEM_BUNDLE_HEADER_MAX);
    jem_buf_str(&text, "# v2 git bundle\n");
    for (size_t i = 0; i < count; i++)
        if (lanes[i].based)
            jem_buf_fmt(&text, "-%s\n", git_oid_tostr(hex, sizeof hex, &lanes[i].base));
    for (size_t i = 0; i < count; i++)
        jem_buf_fmt(&text, "%s %s\n", git_oid_tostr(hex, sizeof hex, &lanes[i].head), lanes[i].ref);
    jem_buf_byte(&text, '\n');
    enum jem_code code = jem_buf_ok(&text, err);
    if (code == JEM_OK)
        (void)bundle_put(text.data, text.len, out);
    jem_buf_release(&text);
    return code;
}

static enum jem_code bundle_pack(struct bundle_out *out, struct jem_ledger *ledger, const struct jem_bundle_lane *lanes,
    size_t count, struct jem_error *err)
{
    git_packbuilder *builder = NULL;
    int rc = git_packbuilder_new(&builder, ledger->repo);
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; rc == 0 && k < lanes[i].fresh.count; k++)
            rc = git_packbuilder_insert_commit(builder, &lanes[i].fresh.items[k]);
    if (rc == 0)
        rc = git_packbuilder_foreach(builder, bundle_put, out);
    enum jem_code code = rc == 0 || out->errnum != 0 ? JEM_OK : jem_gitlib_fail(err, rc, ledger->path);
    git_packbuilder_free(builder);
    return code;
}

/* FAT and some shares cannot sync a folder and say so. */
static int bundle_sync_dir(const char *path)
{
    char dir[BUNDLE_PATH_MAX];
    const char *slash = strrchr(path, '/');
    snprintf(dir, sizeof dir, "%.*s",
        slash == NULL   ? 1
        : slash == path ? 1
                        : (int)(slash - path),
        slash == NULL ? "." : path);
    int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return errno;
    int errnum = fsync(fd) == 0 || errno == EINVAL || errno == ENOTSUP || errno == EROFS ? 0 : errno;
    close(fd);
    return errnum;
}

enum jem_code jem_bundle_write(struct jem_ledger *ledger, const char *path, const struct jem_bundle_lane *lanes,
    size_t count, uint64_t limit, uint64_t *bytes, struct jem_error *err)
{
    char temp[BUNDLE_PATH_MAX];
    struct bundle_out out = { .limit = limit };
    if ((size_t)snprintf(temp, sizeof temp, "%s.tmp", path) >= sizeof temp)
        return jem_fail_errno(err, ENAMETOOLONG, path);
    int fd = open(temp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return jem_fail_errno(err, errno, path);
    out.f = fdopen(fd, "wb");
    if (out.f == NULL) {
        close(fd);
        unlink(temp);
        return jem_fail_nomem(err);
    }
    enum jem_code code = bundle_header(&out, lanes, count, err);
    if (code == JEM_OK)
        code = bundle_pack(&out, ledger, lanes, count, err);
    if (out.errnum == 0 && (fflush(out.f) != 0 || fsync(fd) != 0))
        out.errnum = errno;
    if (fclose(out.f) != 0 && out.errnum == 0)
        out.errnum = errno;
    if (code == JEM_OK && out.errnum == 0 && rename(temp, path) != 0)
        out.errnum = errno;
    if (code == JEM_OK && out.errnum == 0)
        out.errnum = bundle_sync_dir(path);
    else
        unlink(temp);
    if (code == JEM_OK && out.errnum == EFBIG)
        code = jem_fail(err, JEM_EINVAL, JEM_D_SYNC, EFBIG, JEM_T_BUNDLE_TOO_BIG);
    else if (code == JEM_OK && out.errnum != 0)
        code = jem_fail_errno(err, out.errnum, path);
    *bytes = code == JEM_OK ? out.bytes : 0;
    return code;
}
