/* gitlib.c - libgit2 started once; its errors as ours. */
#include "gitlib.h"

#include <pthread.h>
#include <string.h>

#include <git2/common.h>
#include <git2/global.h>

static void gitlib_init(void)
{
    git_libgit2_init();
    git_libgit2_opts(GIT_OPT_ENABLE_FSYNC_GITDIR, 1);
    git_libgit2_opts(GIT_OPT_SET_OWNER_VALIDATION, 0);
    git_libgit2_opts(GIT_OPT_SET_CACHE_MAX_SIZE, (ssize_t)8 << 20);
    git_libgit2_opts(GIT_OPT_SET_MWINDOW_FILE_LIMIT, (size_t)128); /* a ledger may hold a thousand packs */
    for (int level = GIT_CONFIG_LEVEL_PROGRAMDATA; level <= GIT_CONFIG_LEVEL_GLOBAL; level++)
        git_libgit2_opts(GIT_OPT_SET_SEARCH_PATH, level, "");
}

void jem_gitlib_start(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, gitlib_init);
}

const char *jem_gitlib_words(void)
{
    const git_error *e = git_error_last();
    return e != NULL && e->message != NULL ? e->message : "?";
}

static bool gitlib_full(void)
{
    const char *words = jem_gitlib_words();
    return strstr(words, "No space left") != NULL || strstr(words, "quota exceeded") != NULL;
}

bool jem_gitlib_disk(const char *path)
{
    const git_error *e = git_error_last();
    const char *words = jem_gitlib_words();
    bool ours = strstr(words, path) != NULL || strstr(words, "fsync") != NULL; /* of a pack it names no file */
    return gitlib_full() || (e != NULL && e->klass == GIT_ERROR_OS && ours);
}

enum jem_code jem_gitlib_fail(struct jem_error *err, int rc, const char *path)
{
    const git_error *e = git_error_last();
    const char *words = jem_gitlib_words();
    enum jem_code code = JEM_EIO;
    if (e != NULL && e->klass == GIT_ERROR_NOMEMORY)
        return jem_fail_nomem(err);
    if (gitlib_full())
        code = JEM_ENOSPC;
    else if (rc == GIT_ELOCKED)
        code = JEM_EBUSY;
    else if (rc == GIT_ENOTFOUND || rc == GIT_EINVALID ||
             (e != NULL && (e->klass == GIT_ERROR_ODB || e->klass == GIT_ERROR_ZLIB || e->klass == GIT_ERROR_OBJECT ||
                               e->klass == GIT_ERROR_INDEXER)))
        code = JEM_ECORRUPT;
    return jem_fail(err, code, JEM_D_GIT, rc, JEM_T_LEDGER_GIT, path, words);
}
