/* patience.c - a table of deadlines. */
#include "patience.h"

#include <sys/socket.h>

#include "jemput/clock.h"

void web_patience_init(struct web_patience *p)
{
    pthread_mutex_init(&p->lock, NULL);
    for (size_t i = 0; i < WEB_PATIENCE_PLACES; i++) {
        p->items[i].fd = -1;
        atomic_init(&p->items[i].until_ms, 0);
    }
}

void web_patience_release(struct web_patience *p)
{
    pthread_mutex_destroy(&p->lock);
}

size_t web_patience_open(struct web_patience *p, int fd)
{
    size_t at = 0;
    pthread_mutex_lock(&p->lock);
    while (at < WEB_PATIENCE_PLACES && p->items[at].fd >= 0)
        at++;
    if (at < WEB_PATIENCE_PLACES) {
        atomic_store(&p->items[at].until_ms, jem_mono_ms() + WEB_PATIENCE_MS);
        p->items[at].fd = fd;
    }
    pthread_mutex_unlock(&p->lock);
    return at;
}

void web_patience_close(struct web_patience *p, size_t at)
{
    if (at >= WEB_PATIENCE_PLACES)
        return;
    pthread_mutex_lock(&p->lock);
    p->items[at].fd = -1;
    pthread_mutex_unlock(&p->lock);
}

static void patience_until(struct web_patience *p, size_t at, int64_t until_ms)
{
    if (at < WEB_PATIENCE_PLACES)
        atomic_store(&p->items[at].until_ms, until_ms);
}

void web_patience_bytes(struct web_patience *p, size_t at, size_t bytes)
{
    patience_until(p, at, jem_mono_ms() + WEB_PATIENCE_MS + (int64_t)(bytes / WEB_PATIENCE_BYTES_PER_MS));
}

void web_patience_none(struct web_patience *p, size_t at)
{
    patience_until(p, at, INT64_MAX);
}

void web_patience_idle(struct web_patience *p, size_t at)
{
    patience_until(p, at, jem_mono_ms() + WEB_PATIENCE_IDLE_MS);
}

void web_patience_cut(struct web_patience *p)
{
    int64_t now = jem_mono_ms();
    pthread_mutex_lock(&p->lock);
    for (size_t i = 0; i < WEB_PATIENCE_PLACES; i++)
        if (p->items[i].fd >= 0 && atomic_load(&p->items[i].until_ms) < now)
            (void)shutdown(p->items[i].fd, SHUT_RDWR);
    pthread_mutex_unlock(&p->lock);
}
