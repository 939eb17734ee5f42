/* session.c - who is logged in: kept here, never in the cookie, which holds only 256 random bits. An officer who does
 * nothing for a while (a quarter of an hour, unless told otherwise) has to show the passphrase again, and gets a new id: the
 * old one is worth nothing then. What was typed is a draft, and stays on the screen behind the lock. A session belongs to the
 * machine that it was begun on: its cookie opens nothing elsewhere. */
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "jemput/clock.h"
#include "jemput/codec.h"
#include "office.h"

void web_sessions_init(struct web_sessions *table, int idle_s)
{
    *table = (struct web_sessions){ .idle_ms = (int64_t)idle_s * 1000 };
    pthread_mutex_init(&table->lock, NULL);
}

static void session_free(struct web_session *s)
{
    jem_app_close(s->app);
    web_stash_clear(&s->stash);
    jem_buf_release(&s->printed);
    pthread_mutex_destroy(&s->lock);
    sodium_memzero(s, sizeof *s);
    free(s);
}

/* Frees those that ended or went idle and that no request holds. The table is locked. */
static void sessions_sweep_locked(struct web_sessions *table)
{
    int64_t now = jem_mono_ms();
    for (size_t i = 0; i < SESSIONS_MAX; i++) {
        struct web_session *s = table->items[i];
        if (s == NULL)
            continue;
        s->ended = s->ended || now - s->seen_ms > table->idle_ms;
        if (s->ended && s->users == 0) {
            session_free(s);
            table->items[i] = NULL;
        }
    }
}

void web_sessions_sweep(struct web_sessions *table)
{
    pthread_mutex_lock(&table->lock);
    sessions_sweep_locked(table);
    pthread_mutex_unlock(&table->lock);
}

void web_sessions_release(struct web_sessions *table)
{
    for (size_t i = 0; i < SESSIONS_MAX; i++)
        if (table->items[i] != NULL)
            session_free(table->items[i]);
    pthread_mutex_destroy(&table->lock);
}

/* A free place; when all are taken, that of the session that has been idle longest. */
static size_t sessions_place(struct web_sessions *table)
{
    size_t oldest = SESSIONS_MAX;
    for (size_t i = 0; i < SESSIONS_MAX; i++) {
        const struct web_session *s = table->items[i];
        if (s == NULL)
            return i;
        if (s->users == 0 && (oldest == SESSIONS_MAX || s->seen_ms < table->items[oldest]->seen_ms))
            oldest = i;
    }
    if (oldest < SESSIONS_MAX) {
        session_free(table->items[oldest]);
        table->items[oldest] = NULL;
    }
    return oldest;
}

struct web_session *web_session_start(struct web_sessions *table, struct jem_app *app, unsigned device)
{
    struct web_session *s = calloc(1, sizeof *s);
    unsigned char random[32];
    if (s == NULL) {
        jem_app_close(app);
        return NULL;
    }
    pthread_mutex_init(&s->lock, NULL);
    s->app = app;
    s->device = device;
    s->begun_ms = jem_store_now_ms(jem_app_store(app));
    memcpy(s->user, jem_app_user(app), strlen(jem_app_user(app)) + 1);
    s->printed = JEM_BUF_INIT((size_t)8 << 20);
    jem_random(random, sizeof random);
    jem_hex(random, sizeof random, s->id);
    jem_random(random, sizeof random);
    jem_hex(random, sizeof random, s->csrf);
    sodium_memzero(random, sizeof random);
    s->seen_ms = jem_mono_ms();
    s->users = 1;
    pthread_mutex_lock(&table->lock);
    sessions_sweep_locked(table);
    s->serial = ++table->last;
    size_t place = sessions_place(table);
    if (place < SESSIONS_MAX)
        table->items[place] = s;
    pthread_mutex_unlock(&table->lock);
    if (place == SESSIONS_MAX) {
        session_free(s);
        return NULL;
    }
    pthread_mutex_lock(&s->lock);
    return s;
}

static struct web_session *session_of(struct web_sessions *table, const struct web_request *r)
{
    char id[65];
    if (!web_request_cookie(r, "__Host-sid", id, sizeof id) || strlen(id) != 64)
        return NULL;
    for (size_t i = 0; i < SESSIONS_MAX; i++) {
        struct web_session *s = table->items[i];
        if (s != NULL && !s->ended && s->device == r->device && sodium_memcmp(s->id, id, 64) == 0)
            return s;
    }
    return NULL;
}

bool web_session_exists(struct web_sessions *table, const struct web_request *r)
{
    pthread_mutex_lock(&table->lock);
    sessions_sweep_locked(table);
    bool found = session_of(table, r) != NULL;
    pthread_mutex_unlock(&table->lock);
    return found;
}

struct web_session *web_session_enter(struct web_sessions *table, const struct web_request *r, bool person)
{
    pthread_mutex_lock(&table->lock);
    sessions_sweep_locked(table);
    struct web_session *s = session_of(table, r);
    if (s != NULL) {
        s->users++;
        if (person)
            s->seen_ms = jem_mono_ms();
    }
    pthread_mutex_unlock(&table->lock);
    if (s != NULL)
        pthread_mutex_lock(&s->lock);
    return s;
}

bool web_session_latest(struct web_sessions *table, const struct web_session *session)
{
    bool latest = true;
    pthread_mutex_lock(&table->lock);
    for (size_t i = 0; i < SESSIONS_MAX; i++)
        if (table->items[i] != NULL && !table->items[i]->ended && table->items[i]->seen_ms > session->seen_ms)
            latest = false;
    pthread_mutex_unlock(&table->lock);
    return latest;
}

void web_session_leave(struct web_sessions *table, struct web_session *session)
{
    pthread_mutex_unlock(&session->lock);
    pthread_mutex_lock(&table->lock);
    session->users--;
    sessions_sweep_locked(table);
    pthread_mutex_unlock(&table->lock);
}

void web_session_end(struct web_sessions *table, struct web_session *session)
{
    pthread_mutex_lock(&table->lock);
    session->ended = true;
    pthread_mutex_unlock(&table->lock);
}

size_t web_sessions_list(struct web_sessions *table, struct web_session_row out[SESSIONS_MAX])
{
    size_t n = 0;
    int64_t now = jem_mono_ms();
    pthread_mutex_lock(&table->lock);
    for (size_t i = 0; i < SESSIONS_MAX; i++) {
        const struct web_session *s = table->items[i];
        if (s == NULL || s->ended)
            continue;
        struct web_session_row *row = &out[n++];
        *row = (struct web_session_row){ .serial = s->serial,
            .device = s->device,
            .begun_ms = s->begun_ms,
            .idle_ms = now - s->seen_ms };
        memcpy(row->user, s->user, sizeof row->user);
    }
    pthread_mutex_unlock(&table->lock);
    return n;
}

void web_sessions_end(struct web_sessions *table, const char *user, unsigned device, unsigned serial,
    const struct web_session *keep)
{
    pthread_mutex_lock(&table->lock);
    for (size_t i = 0; i < SESSIONS_MAX; i++) {
        struct web_session *s = table->items[i];
        if (s != NULL && s != keep && (user == NULL || strcmp(s->user, user) == 0) &&
            (device == 0 || s->device == device) && (serial == 0 || s->serial == serial))
            s->ended = true;
    }
    sessions_sweep_locked(table);
    pthread_mutex_unlock(&table->lock);
}

/* ---- files that wait for a form ---- */

void web_stash_clear(struct web_stash *stash)
{
    for (size_t i = 0; i < stash->body_count; i++)
        free(stash->bodies[i]);
    *stash = (struct web_stash){ .count = 0 };
}

void web_stash_drop(struct web_stash *stash, size_t index)
{
    if (index >= stash->count)
        return;
    stash->size_bytes -= stash->files[index].size;
    memmove(&stash->files[index], &stash->files[index + 1], (stash->count - index - 1) * sizeof *stash->files);
    stash->count--;
    if (stash->count == 0) { /* the bodies hold nothing that is needed any more */
        char draft[OFFICE_DRAFT_ID];
        memcpy(draft, stash->draft, sizeof draft);
        web_stash_clear(stash);
        memcpy(stash->draft, draft, sizeof draft);
    }
}

bool web_stash_take(struct web_session *session, const char *draft, struct web_request *r)
{
    struct web_stash *stash = &session->stash;
    if (strcmp(stash->draft, draft) != 0) {
        web_stash_clear(stash);
        memcpy(stash->draft, draft, OFFICE_DRAFT_ID);
    }
    if (r->form.file_count == 0)
        return true;
    if (stash->body_count == sizeof stash->bodies / sizeof *stash->bodies ||
        stash->count + r->form.file_count > WEB_FORM_FILES_MAX || stash->size_bytes + r->body_size > OFFICE_BODY_LARGE)
        return false;
    for (size_t i = 0; i < r->form.file_count; i++) {
        stash->files[stash->count++] = r->form.files[i];
        stash->size_bytes += r->form.files[i].size;
    }
    stash->bodies[stash->body_count++] = r->body;
    r->body = NULL; /* the form's fields still point into it: it lives in the stash as long as the request, at least */
    return true;
}
