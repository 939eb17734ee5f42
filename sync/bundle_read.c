/* bundle_read.c - a bundle from somebody's stick: nothing in it is believed before it has been counted and measured. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <git2/odb_backend.h>

#include "bundle_file.h"

#define BUNDLE_MAGIC "# v2 git bundle\n"
#define BUNDLE_STEP ((size_t)1 << 18)

/* ---- header ---- */

static enum jem_code bundle_bad(const struct jem_bundle_file *file, struct jem_error *err)
{
    return jem_fail(err, JEM_ECORRUPT, JEM_D_SYNC, 0, JEM_T_BUNDLE_DAMAGED, file->path);
}

/* One line "OID NAME", its newline already replaced by NUL. */
static bool bundle_ref_line(struct jem_bundle_file *file, const char *line, size_t n)
{
    struct jem_bundle_ref *ref = &file->refs[file->ref_count];
    if (n < GIT_OID_HEXSZ + 2 || line[GIT_OID_HEXSZ] != ' ' || n - GIT_OID_HEXSZ - 1 >= JEM_REF_MAX ||
        memchr(line, '\0', n) != NULL || git_oid_fromstrn(&ref->oid, line, GIT_OID_HEXSZ) != 0)
        return false;
    snprintf(ref->name, sizeof ref->name, "%s", line + GIT_OID_HEXSZ + 1);
    for (size_t i = 0; i < file->ref_count; i++)
        if (strcmp(file->refs[i].name, ref->name) == 0)
            return false;
    file->ref_count++;
    return true;
}

/* Reads the lines of `head`, which holds the beginning of the file. */
static enum jem_code bundle_lines(struct jem_bundle_file *file, struct jem_buf *head, struct jem_error *err)
{
    size_t at = strlen(BUNDLE_MAGIC);
    for (;;) {
        git_oid need;
        char *line = (char *)head->data + at;
        char *newline = at < head->len ? memchr(line, '\n', head->len - at) : NULL;
        if (newline == NULL || file->ref_count + file->need_count >= JEM_BUNDLE_REFS_MAX)
            return bundle_bad(file, err);
        *newline = '\0';
        size_t n = (size_t)(newline - line);
        at += n + 1;
        if (n == 0)
            break;
        if (line[0] != '-') {
            if (!bundle_ref_line(file, line, n))
                return bundle_bad(file, err);
        } else if (n > GIT_OID_HEXSZ && git_oid_fromstrn(&need, line + 1, GIT_OID_HEXSZ) == 0) {
            file->need_count++;
        } else {
            return bundle_bad(file, err);
        }
    }
    file->pack_at = at;
    struct jem_reader pack = jem_reader_of(head->data + at, head->len - at);
    uint32_t magic = jem_read_u32(&pack), version = jem_read_u32(&pack);
    file->objects = jem_read_u32(&pack);
    return !pack.failed && magic == 0x5041434b && version == 2 && file->ref_count > 0 ? JEM_OK : bundle_bad(file, err);
}

enum jem_code jem_bundle_open(struct jem_bundle_file *file, const char *path, struct jem_error *err)
{
    struct jem_buf head = JEM_BUF_INIT(JEM_BUNDLE_HEADER_MAX);
    struct stat st;
    *file = (struct jem_bundle_file){ .path = path, .f = fopen(path, "rbe") };
    if (file->f == NULL || fstat(fileno(file->f), &st) != 0)
        return jem_fail_errno(err, errno, path);
    if (!S_ISREG(st.st_mode))
        return jem_fail(err, JEM_EINVAL, JEM_D_SYNC, 0, JEM_T_BUNDLE_NONE, path);
    file->bytes = (uint64_t)st.st_size;
    size_t want = file->bytes < JEM_BUNDLE_HEADER_MAX ? (size_t)file->bytes : JEM_BUNDLE_HEADER_MAX;
    file->refs = calloc(JEM_BUNDLE_REFS_MAX, sizeof *file->refs);
    if (file->refs == NULL || !jem_buf_reserve(&head, want)) {
        jem_buf_release(&head);
        return jem_fail_nomem(err);
    }
    head.len = want == 0 ? 0 : fread(head.data, 1, want, file->f);
    enum jem_code code = JEM_OK;
    if (head.len < want)
        code = jem_fail_errno(err, ferror(file->f) ? errno : EIO, path);
    else if (head.len < strlen(BUNDLE_MAGIC) || memcmp(head.data, BUNDLE_MAGIC, strlen(BUNDLE_MAGIC)) != 0)
        code = jem_fail(err, JEM_EINVAL, JEM_D_SYNC, 0, JEM_T_BUNDLE_NONE, path);
    else
        code = bundle_lines(file, &head, err);
    jem_buf_release(&head);
    return code;
}

void jem_bundle_close(struct jem_bundle_file *file)
{
    if (file->f != NULL)
        fclose(file->f);
    free(file->refs);
    *file = (struct jem_bundle_file){ 0 };
}

/* ---- pack ---- */

static enum jem_code bundle_fail(const struct jem_bundle_file *file, struct jem_ledger *ledger, int rc,
    struct jem_error *err)
{
    struct jem_error why = { .code = JEM_OK };
    bool disk = jem_gitlib_disk(ledger->path);
    enum jem_code code = jem_gitlib_fail(&why, rc, ledger->path);
    if (!disk && code != JEM_ENOMEM && code != JEM_EBUSY)
        return bundle_bad(file, err);
    if (err != NULL)
        *err = why;
    return code;
}

enum jem_code jem_bundle_index(struct jem_bundle_file *file, struct jem_ledger *ledger, struct jem_error *err)
{
    git_odb_writepack *writer = NULL;
    git_indexer_progress stats = { 0 };
    enum jem_code code = JEM_OK;
    if (fseeko(file->f, (off_t)file->pack_at, SEEK_SET) != 0)
        return jem_fail_errno(err, errno, file->path);
    if (file->objects == 0) /* a file that only says where lanes stand */
        return file->bytes == file->pack_at + 12 + GIT_OID_RAWSZ ? JEM_OK : bundle_bad(file, err);
    unsigned char *step = malloc(BUNDLE_STEP);
    if (step == NULL)
        return jem_fail_nomem(err);
    int rc = git_odb_write_pack(&writer, ledger->odb, NULL, NULL);
    for (size_t n; rc == 0 && (n = fread(step, 1, BUNDLE_STEP, file->f)) > 0;)
        rc = writer->append(writer, step, n, &stats);
    if (rc == 0 && ferror(file->f))
        code = jem_fail_errno(err, errno, file->path);
    if (rc == 0 && code == JEM_OK)
        rc = writer->commit(writer, &stats);
    if (rc == 0 && code == JEM_OK)
        rc = git_odb_refresh(ledger->odb);
    if (rc != 0)
        code = bundle_fail(file, ledger, rc, err);
    if (writer != NULL)
        writer->free(writer);
    free(step);
    return code;
}

/* ---- walk ---- */

enum jem_code jem_lane_walk(struct jem_ledger *ledger, const git_oid *head, const git_oid *stop, struct jem_oids *out,
    enum jem_walk_end *end, git_oid *missing, struct jem_error *err)
{
    git_oid at = *head;
    enum jem_code code = JEM_OK;
    *end = JEM_WALK_UNKNOWN;
    while (code == JEM_OK && *end == JEM_WALK_UNKNOWN) {
        git_commit *commit = NULL;
        if (stop != NULL && git_oid_equal(&at, stop)) {
            *end = JEM_WALK_MET;
            break;
        }
        int rc = git_commit_lookup(&commit, ledger->repo, &at);
        if (rc == GIT_ENOTFOUND) {
            *missing = at;
            *end = JEM_WALK_MISSING;
            break;
        }
        if (rc != 0)
            return jem_gitlib_fail(err, rc, ledger->path);
        code = jem_oids_push(out, &at, err);
        if (git_commit_parentcount(commit) > 0)
            at = *git_commit_parent_id(commit, 0);
        else
            *end = JEM_WALK_ROOT;
        git_commit_free(commit);
    }
    jem_oids_reverse(out);
    return code;
}
