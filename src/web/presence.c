/* presence.c - which officer has which application open for a change: told to the others, binding nobody. Kept in memory; what
 * it says runs out by itself. */
#include <string.h>

#include "jemput/clock.h"
#include "office.h"

void web_presence_note(struct web_presence *table, uint64_t number, const struct web_session *session, const char *user,
    int64_t for_ms)
{
    int64_t now = jem_mono_ms();
    size_t at = PRESENCE_MAX;
    pthread_mutex_lock(&table->lock);
    for (size_t i = PRESENCE_MAX; i-- > 0;)
        at = table->items[i].until_ms <= now ? i : at;
    for (size_t i = 0; i < PRESENCE_MAX; i++)
        if (table->items[i].number == number && strcmp(table->items[i].session, session->id) == 0)
            at = i; /* its own entry goes before a free one */
    if (at < PRESENCE_MAX) {
        struct jem_buf name = JEM_BUF_INIT(sizeof table->items[at].user - 1);
        jem_buf_str(&name, user);
        table->items[at].number = number;
        table->items[at].until_ms = now + for_ms;
        memcpy(table->items[at].session, session->id, sizeof table->items[at].session);
        memcpy(table->items[at].user, jem_buf_text(&name), name.len + 1);
        jem_buf_release(&name);
    }
    pthread_mutex_unlock(&table->lock);
}

void web_presence_others(struct web_presence *table, uint64_t number, const struct web_session *session,
    struct jem_buf *out)
{
    int64_t now = jem_mono_ms();
    pthread_mutex_lock(&table->lock);
    for (size_t i = 0; i < PRESENCE_MAX; i++)
        if (table->items[i].number == number && table->items[i].until_ms > now &&
            strcmp(table->items[i].session, session->id) != 0)
            jem_buf_fmt(out, out->len > 0 ? ", %s" : "%s", table->items[i].user);
    pthread_mutex_unlock(&table->lock);
}
