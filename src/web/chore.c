/* chore.c - one long work at a time that an officer of headquarters asked for: a backup, a dictionary, an export, a mirror. It has a thread and a
 * handle of its own, so that no page waits for it.
 *
 *   none -> (start) -> running -> ended, with what it gave or why not -> (start) ...
 *
 * An export's file is in clear: it loses its name as soon as it is whole, and is gone with its last descriptor. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "jemput/care.h"
#include "jemput/clock.h"
#include "jemput/desk.h"
#include "jemput/file.h"
#include "jemput/mirror.h"
#include "office.h"

#define CHORE_NICE 5 /* pages come first */

const char *web_chore_export_name(enum jem_export_format format)
{
    return format == JEM_EXPORT_CSV ? "ekspor.csv" : format == JEM_EXPORT_JSONL ? "ekspor.jsonl" : "ekspor.db";
}

bool web_chore_export_path(const char *dir, enum jem_export_format format, char out[WEB_CHORE_PATH])
{
    return jem_path_join(out, WEB_CHORE_PATH, dir, web_chore_export_name(format), NULL) == JEM_OK;
}

/* ---- the work ---- */

int web_file_take(const char *path, uint64_t *size, struct jem_error *err)
{
    struct stat st = { .st_size = 0 };
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0 || fstat(fd, &st) != 0) {
        (void)jem_fail_errno(err, errno, path);
        if (fd >= 0)
            (void)close(fd);
        fd = -1;
    }
    *size = (uint64_t)st.st_size;
    (void)unlink(path);
    return fd;
}

static enum jem_code chore_do(struct web_chore *chore, json_t **out, int *fd, uint64_t *size, struct jem_error *err)
{
    struct web_chore_want *want = &chore->want;
    enum jem_code rc = JEM_OK;
    switch (want->kind) {
    case WEB_CHORE_BACKUP: return jem_care_backup_tell(chore->app, want->path, out, err);
    case WEB_CHORE_MIRROR: return jem_mirror_run(chore->app, want->path, want->partitioned, out, err);
    case WEB_CHORE_DICTIONARY: return jem_desk_dictionary_train(chore->app, out, err);
    default: break;
    }
    rc = jem_data_export(chore->app, &want->export, out, err);
    if (rc == JEM_OK && (*fd = web_file_take(want->path, size, err)) < 0)
        rc = err->code;
    return rc;
}

static void *chore_main(void *ctx)
{
    struct web_chore *chore = ctx;
    struct jem_error err = { .code = JEM_OK };
    json_t *out = NULL;
    int fd = -1;
    uint64_t size = 0;
    jem_lang_set(chore->lang);
    (void)setpriority(PRIO_PROCESS, (id_t)gettid(), CHORE_NICE);
    enum jem_code rc = chore_do(chore, &out, &fd, &size, &err);
    jem_app_close(chore->app);
    pthread_mutex_lock(&chore->lock);
    chore->app = NULL;
    if (rc != JEM_OK)
        chore->state.err = err;
    chore->state.out = out;
    chore->state.size = size;
    chore->fd = fd;
    chore->until_ms = jem_mono_ms() + WEB_CHORE_KEEP_MS;
    chore->state.running = false;
    pthread_cond_broadcast(&chore->ended);
    pthread_mutex_unlock(&chore->lock);
    return NULL;
}

/* ---- what pages ask ---- */

static void chore_forget(struct web_chore *chore)
{
    if (chore->fd >= 0)
        (void)close(chore->fd);
    chore->fd = -1;
    json_decref(chore->state.out);
    chore->state = (struct web_chore_state){ .kind = WEB_CHORE_NONE };
}

static bool chore_copy(char *out, size_t cap, const char **text)
{
    size_t n = *text != NULL ? strlen(*text) : 0;
    if (n >= cap)
        return false;
    memcpy(out, *text != NULL ? *text : "", n + 1);
    *text = *text != NULL ? out : NULL;
    return true;
}

/* Locked, and none is under way. */
static enum jem_code chore_begin(struct web_chore *chore, struct jem_app *app, const struct web_chore_want *want,
    struct jem_error *err)
{
    sigset_t all, before;
    if (chore->joinable)
        (void)pthread_join(chore->thread, NULL);
    chore->joinable = false;
    chore_forget(chore);
    chore->want = *want;
    struct jem_export *e = &chore->want.export;
    e->path = chore->want.path;
    if (!chore_copy(chore->service, sizeof chore->service, &e->what.service) ||
        !chore_copy(chore->village, sizeof chore->village, &e->what.village) ||
        !chore_copy(chore->reason, sizeof chore->reason, &e->reason))
        return jem_fail(err, JEM_EINVAL, JEM_D_WEB, 0, JEM_T_WEB_BAD_REQUEST);
    enum jem_code rc = jem_app_dup(app, &chore->app, err);
    if (rc != JEM_OK)
        return rc;
    chore->lang = jem_lang_get();
    chore->state = (struct web_chore_state){ .kind = want->kind, .running = true, .format = e->format };
    (void)snprintf(chore->state.user, sizeof chore->state.user, "%s", jem_app_user(app));
    (void)snprintf(chore->state.path, sizeof chore->state.path, "%s", want->path);
    /* signals are the server's: no thread but its own gets one */
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &before);
    chore->joinable = pthread_create(&chore->thread, NULL, chore_main, chore) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (chore->joinable)
        return JEM_OK;
    jem_app_close(chore->app);
    chore->app = NULL;
    chore_forget(chore);
    return jem_fail(err, JEM_EBUSY, JEM_D_WEB, 0, JEM_T_WEB_FULL);
}

enum jem_code web_chore_start(struct web_chore *chore, struct jem_app *app, const struct web_chore_want *want,
    struct jem_error *err)
{
    pthread_mutex_lock(&chore->lock);
    enum jem_code rc = chore->state.running
                           ? jem_fail(err, JEM_EBUSY, JEM_D_WEB, 0, JEM_T_WEB_KEEP_BUSY, chore->state.user)
                           : chore_begin(chore, app, want, err);
    pthread_mutex_unlock(&chore->lock);
    return rc;
}

void web_chore_wait(struct web_chore *chore, int ms)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += ms / 1000;
    pthread_mutex_lock(&chore->lock);
    while (chore->state.running && pthread_cond_clockwait(&chore->ended, &chore->lock, CLOCK_MONOTONIC, &until) == 0)
        ;
    pthread_mutex_unlock(&chore->lock);
}

void web_chore_read(struct web_chore *chore, struct web_chore_state *out)
{
    pthread_mutex_lock(&chore->lock);
    *out = chore->state;
    /* counted under the lock: jansson's counts are no atomics everywhere */
    out->out = json_deep_copy(chore->state.out);
    out->file = chore->fd >= 0;
    pthread_mutex_unlock(&chore->lock);
}

int web_chore_file(struct web_chore *chore, const char *user, uint64_t *size)
{
    pthread_mutex_lock(&chore->lock);
    bool theirs = chore->fd >= 0 && strcmp(chore->state.user, user) == 0;
    int fd = theirs ? fcntl(chore->fd, F_DUPFD_CLOEXEC, 3) : -1;
    *size = chore->state.size;
    pthread_mutex_unlock(&chore->lock);
    return fd;
}

/* ---- life ---- */

void web_chore_tick(struct web_chore *chore)
{
    pthread_mutex_lock(&chore->lock);
    if (chore->fd >= 0 && jem_mono_ms() > chore->until_ms)
        chore_forget(chore);
    pthread_mutex_unlock(&chore->lock);
}

void web_chore_init(struct web_chore *chore, const char *dir)
{
    char path[WEB_CHORE_PATH], half[WEB_CHORE_PATH + 8];
    pthread_mutex_init(&chore->lock, NULL);
    pthread_cond_init(&chore->ended, NULL);
    chore->fd = -1;
    for (unsigned f = JEM_EXPORT_CSV; dir != NULL && f <= JEM_EXPORT_SQLITE; f++)
        if (web_chore_export_path(dir, (enum jem_export_format)f, path)) {
            (void)snprintf(half, sizeof half, "%s.new", path);
            (void)unlink(path);
            (void)unlink(half);
        }
}

void web_chore_end(struct web_chore *chore, int ms)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += ms / 1000;
    if (chore->joinable && pthread_clockjoin_np(chore->thread, NULL, CLOCK_MONOTONIC, &until) != 0)
        return;
    chore_forget(chore);
    pthread_cond_destroy(&chore->ended);
    pthread_mutex_destroy(&chore->lock);
}
