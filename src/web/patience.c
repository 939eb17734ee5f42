/* patience.c - a table of deadlines. */
#include "patience.h"

#include <stdlib.h>
#include <sys/socket.h>

#include "jemput/clock.h"

#define PATIENCE_MORE 256 /* places for connections that are being shut */

enum jem_code web_patience_init(struct web_patience *p, size_t full, struct jem_error *err)
{
    *p = (struct web_patience){ .full = full, .places = full + PATIENCE_MORE };
    p->items = calloc(p->places, sizeof *p->items);
    if (p->items == NULL)
        return jem_fail_nomem(err);
    pthread_mutex_init(&p->lock, NULL);
    for (size_t i = 0; i < p->places; i++) {
        p->items[i].fd = -1;
        p->items[i].next_free = i + 1;
        atomic_init(&p->items[i].until_ms, 0);
        atomic_init(&p->items[i].turn_ms, 0);
    }
    return JEM_OK;
}

void web_patience_release(struct web_patience *p)
{
    if (p->items == NULL)
        return;
    free(p->items);
    p->items = NULL;
    pthread_mutex_destroy(&p->lock);
}

static void patience_cut_one(struct web_patience_item *item)
{
    (void)shutdown(item->fd, SHUT_RDWR);
    item->fd = -1;
}

/* Under the lock: the one whose turn it is, unless everybody is being answered. */
static void patience_make_room(struct web_patience *p)
{
    struct web_patience_item *first = NULL;
    long long turn = INT64_MAX;
    for (size_t i = 0; i < p->places; i++)
        if (p->items[i].fd >= 0 && atomic_load_explicit(&p->items[i].turn_ms, memory_order_relaxed) < turn) {
            first = &p->items[i];
            turn = atomic_load_explicit(&first->turn_ms, memory_order_relaxed);
        }
    if (first != NULL)
        patience_cut_one(first);
}

size_t web_patience_open(struct web_patience *p, int fd)
{
    pthread_mutex_lock(&p->lock);
    if (p->taken >= p->full)
        patience_make_room(p);
    size_t at = p->free;
    if (at < p->places) {
        struct web_patience_item *item = &p->items[at];
        p->free = item->next_free;
        p->taken++;
        atomic_store(&item->until_ms, jem_mono_ms() + WEB_PATIENCE_MS);
        atomic_store(&item->turn_ms, jem_mono_ms() + WEB_PATIENCE_MS);
        item->fd = fd;
    }
    pthread_mutex_unlock(&p->lock);
    return at < p->places ? at : WEB_PATIENCE_NOWHERE;
}

void web_patience_close(struct web_patience *p, size_t at)
{
    if (at >= p->places)
        return;
    pthread_mutex_lock(&p->lock);
    p->items[at].fd = -1;
    p->items[at].next_free = p->free;
    p->free = at;
    p->taken--;
    pthread_mutex_unlock(&p->lock);
}

static void patience_until(struct web_patience *p, size_t at, int64_t until_ms, int64_t turn_ms)
{
    if (at >= p->places)
        return;
    atomic_store(&p->items[at].until_ms, until_ms);
    atomic_store(&p->items[at].turn_ms, turn_ms);
}

void web_patience_bytes(struct web_patience *p, size_t at, size_t bytes)
{
    int64_t until_ms = jem_mono_ms() + WEB_PATIENCE_MS + (int64_t)(bytes / WEB_PATIENCE_BYTES_PER_MS);
    patience_until(p, at, until_ms, until_ms);
}

void web_patience_none(struct web_patience *p, size_t at)
{
    patience_until(p, at, INT64_MAX, INT64_MAX);
}

void web_patience_idle(struct web_patience *p, size_t at)
{
    int64_t now_ms = jem_mono_ms();
    patience_until(p, at, now_ms + WEB_PATIENCE_IDLE_MS, now_ms + WEB_PATIENCE_MS);
}

void web_patience_cut(struct web_patience *p)
{
    int64_t now = jem_mono_ms();
    pthread_mutex_lock(&p->lock);
    for (size_t i = 0; i < p->places; i++)
        if (p->items[i].fd >= 0 && atomic_load(&p->items[i].until_ms) < now)
            patience_cut_one(&p->items[i]);
    pthread_mutex_unlock(&p->lock);
}
