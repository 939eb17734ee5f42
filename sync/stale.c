/* stale.c - old locks and half-made folders away. */
#include "stale.h"

#include <ftw.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "jemput/log.h"

#define STALE_DEPTH 16

static _Thread_local int stale_seconds;

static int stale_file(const char *path, const struct stat *st, int kind, struct FTW *at)
{
    size_t n = strlen(path);
    (void)at;
    if (kind != FTW_F || n < 5 || strcmp(path + n - 5, ".lock") != 0)
        return 0;
    int64_t age = (int64_t)time(NULL) - st->st_mtime;
    if ((age < 0 ? -age : age) < stale_seconds) /* a stick's clock may be ahead of ours */
        return 0;
    if (unlink(path) == 0)
        jem_log(JEM_LOG_WARN, "sync: removed %s, which a process had left when it ended", path);
    return 0;
}

static int stale_remove(const char *path, const struct stat *st, int kind, struct FTW *at)
{
    (void)st;
    (void)kind;
    (void)at;
    return remove(path);
}

void jem_tree_remove(const char *path)
{
    (void)nftw(path, stale_remove, STALE_DEPTH, FTW_DEPTH | FTW_PHYS);
}

void jem_stale_sweep(const char *path, int seconds)
{
    static const char *const folders[] = { "refs", "objects/pack" };
    static const char *const names[] = { "packed-refs.lock", "HEAD.lock", "config.lock" };
    char at[1200];
    struct stat st;
    stale_seconds = seconds;
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
        snprintf(at, sizeof at, "%s/%s", path, folders[i]);
        (void)nftw(at, stale_file, STALE_DEPTH, FTW_PHYS);
    }
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        snprintf(at, sizeof at, "%s/%s", path, names[i]);
        if (lstat(at, &st) == 0 && S_ISREG(st.st_mode))
            (void)stale_file(at, &st, FTW_F, NULL);
    }
}
