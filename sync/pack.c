/* pack.c - objects built byte by byte, kept in memory, written as one pack.
 *
 * A signed commit is the plain commit with one header more after `committer`:
 *     gpgsig -----BEGIN SSH SIGNATURE-----\n <line>\n <line>\n
 * each further line behind one space; what is signed is the text without that header (git's format of
 * commits, gitformat-signature). */
#include "pack.h"

#include <inttypes.h>
#include <string.h>

#include <git2/sys/mempack.h>
#include <git2/sys/odb_backend.h>

#include "jemput/sshsig.h"
#include "jemput/version.h"

enum jem_code jem_pack_begin(struct jem_pack *pack, struct jem_ledger *ledger, struct jem_error *err)
{
    *pack = (struct jem_pack){ .ledger = ledger };
    int rc = git_packbuilder_new(&pack->builder, ledger->repo);
    return rc == 0 ? JEM_OK : jem_gitlib_fail(err, rc, ledger->path);
}

void jem_pack_release(struct jem_pack *pack)
{
    if (pack->ledger != NULL)
        git_mempack_reset(pack->ledger->fresh);
    git_packbuilder_free(pack->builder);
    *pack = (struct jem_pack){ 0 };
}

enum jem_code jem_pack_finish(struct jem_pack *pack, struct jem_error *err)
{
    if (pack->objects == 0)
        return JEM_OK;
    int rc = git_packbuilder_write(pack->builder, NULL, 0, NULL, NULL);
    if (rc == 0) {
        pack->objects = 0;
        git_mempack_reset(pack->ledger->fresh);
        rc = git_odb_refresh(pack->ledger->odb);
    }
    return rc == 0 ? JEM_OK : jem_gitlib_fail(err, rc, pack->ledger->path);
}

/* Past git_odb_write, which first looks for the object everywhere, and in libgit2 1.5 lists objects/pack anew for each that is
 * not there: all that are made here. */
static enum jem_code pack_object(struct jem_pack *pack, git_object_t type, const void *p, size_t n, git_oid *out,
    struct jem_error *err)
{
    git_odb_backend *fresh = pack->ledger->fresh;
    int rc = git_odb_hash(out, p, n, type);
    if (rc == 0)
        rc = fresh->write(fresh, out, p, n, type);
    if (rc == 0)
        rc = git_packbuilder_insert(pack->builder, out, NULL);
    if (rc != 0)
        return jem_gitlib_fail(err, rc, pack->ledger->path);
    pack->objects++;
    return JEM_OK;
}

enum jem_code jem_pack_blob(struct jem_pack *pack, const void *p, size_t n, git_oid *out, struct jem_error *err)
{
    return pack_object(pack, GIT_OBJECT_BLOB, p, n, out, err);
}

enum jem_code jem_pack_tree(struct jem_pack *pack, const struct jem_pack_file *files, size_t count, git_oid *out,
    struct jem_error *err)
{
    struct jem_buf raw = JEM_BUF_INIT(4096);
    for (size_t i = 0; i < count; i++) {
        jem_buf_fmt(&raw, "100644 %s", files[i].name);
        jem_buf_byte(&raw, 0);
        jem_buf_add(&raw, files[i].blob.id, GIT_OID_RAWSZ);
    }
    enum jem_code code = jem_buf_ok(&raw, err);
    if (code == JEM_OK)
        code = pack_object(pack, GIT_OBJECT_TREE, raw.data, raw.len, out, err);
    jem_buf_release(&raw);
    return code;
}

static void pack_commit_headers(struct jem_buf *text, const struct jem_pack_commit *commit)
{
    char hex[JEM_OID_HEX], name[24], mail[48];
    const char *const who[] = { name, "jemput " JEM_VERSION }; /* HQ shows which program each van runs */
    jem_buf_fmt(text, "tree %s\n", git_oid_tostr(hex, sizeof hex, &commit->tree));
    for (size_t i = 0; i < commit->parent_count; i++)
        jem_buf_fmt(text, "parent %s\n", git_oid_tostr(hex, sizeof hex, &commit->parents[i]));
    jem_writer_name(commit->writer, name);
    jem_writer_mail(commit->writer, mail);
    for (int i = 0; i < 2; i++)
        jem_buf_fmt(text, "%s %s <%s> %" PRId64 " +0000\n", i == 0 ? "author" : "committer", who[i], mail,
            commit->at_unix_s);
}

static enum jem_code pack_commit_sign(struct jem_buf *text, const struct jem_pack_commit *commit, struct jem_error *err)
{
    struct jem_buf plain = JEM_BUF_INIT(JEM_BUF_DEFAULT_MAX), armor = JEM_BUF_INIT(8192);
    jem_buf_add(&plain, text->data, text->len);
    jem_buf_fmt(&plain, "\n%s\n", commit->subject);
    enum jem_code code = jem_buf_ok(&plain, err);
    if (code == JEM_OK)
        code = jem_sshsig_sign(commit->sign_secret, plain.data, plain.len, &armor, err);
    if (code == JEM_OK) {
        jem_buf_str(text, "gpgsig ");
        for (size_t i = 0; i < armor.len; i++) {
            jem_buf_byte(text, armor.data[i]);
            if (armor.data[i] == '\n')
                jem_buf_byte(text, ' ');
        }
        jem_buf_byte(text, '\n');
    }
    jem_buf_release(&plain);
    jem_buf_release(&armor);
    return code;
}

enum jem_code jem_pack_commit(struct jem_pack *pack, const struct jem_pack_commit *commit, git_oid *out,
    struct jem_error *err)
{
    struct jem_buf text = JEM_BUF_INIT(JEM_BUF_DEFAULT_MAX);
    enum jem_code code = JEM_OK;
    pack_commit_headers(&text, commit);
    if (commit->sign_secret != NULL)
        code = pack_commit_sign(&text, commit, err);
    jem_buf_fmt(&text, "\n%s\n", commit->subject);
    if (code == JEM_OK)
        code = jem_buf_ok(&text, err);
    if (code == JEM_OK)
        code = pack_object(pack, GIT_OBJECT_COMMIT, text.data, text.len, out, err);
    jem_buf_release(&text);
    return code;
}
