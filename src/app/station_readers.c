/* station_readers.c - code readers that do not type: opened as they are plugged in. What one reads lies in one place, where the next
 * code replaces it: an officer who has read twice means the second. */
#include "station_own.h"

#include <stdio.h>
#include <string.h>

#include "jemput/clock.h"
#include "jemput/usb.h"

#define READERS_AGAIN_MS 3000 /* after they were closed for others to look */

static void reader_scanned(void *ctx, const char *text, size_t n)
{
    struct jem_station *s = ctx;
    if (n == 0 || n > JEM_CODE_READER_TEXT_MAX)
        return;
    pthread_mutex_lock(&s->lock);
    memcpy(s->code, text, n);
    s->code[n] = '\0';
    s->code_ms = jem_mono_ms();
    station_touch(s);
    pthread_mutex_unlock(&s->lock);
}

/* Closing is the owner's: not from here. */
static void reader_gone(void *ctx, const char *why)
{
    (void)ctx;
    (void)why;
}

void station_readers_close(struct jem_station *s)
{
    for (size_t i = 0; i < s->reader_count; i++)
        jem_code_reader_close(s->readers[i]);
    pthread_mutex_lock(&s->lock);
    s->reader_count = 0;
    pthread_mutex_unlock(&s->lock);
}

/* All anew: a reader that was pulled out and one that came look alike from here. */
static void readers_open(struct jem_station *s)
{
    struct jem_code_reader_list list;
    const struct jem_code_reader_sink sink = { reader_scanned, reader_gone, s };
    struct jem_usb *usb = jem_devices_usb(s->devices);
    station_readers_close(s);
    if (usb == NULL || jem_code_readers_list(usb, &list, NULL) != JEM_OK)
        return;
    size_t count = 0;
    for (size_t i = 0; i < list.count && count < STATION_READERS_MAX; i++)
        if (list.items[i].usable &&
            jem_code_reader_open(usb, list.items[i].id, &sink, &s->readers[count], NULL) == JEM_OK)
            count++;
    jem_code_reader_list_release(&list);
    pthread_mutex_lock(&s->lock);
    s->reader_count = count;
    station_touch(s);
    pthread_mutex_unlock(&s->lock);
}

void *station_readers_main(void *ctx)
{
    struct jem_station *s = ctx;
    unsigned seen = 0;
    size_t had = 0;
    int64_t opened_ms = 0;
    pthread_mutex_lock(&s->lock);
    while (!s->end) {
        int64_t now = jem_mono_ms();
        unsigned changes = station_usb_changes(s);
        bool closed = had > 0 && s->reader_count == 0 && now - opened_ms > READERS_AGAIN_MS;
        if (s->app[0] == NULL || (changes == seen && opened_ms != 0 && !closed)) {
            station_wait(s);
            continue;
        }
        pthread_mutex_unlock(&s->lock);
        pthread_mutex_lock(&s->readers_lock);
        readers_open(s);
        had = s->reader_count;
        pthread_mutex_unlock(&s->readers_lock);
        seen = changes;
        opened_ms = now;
        pthread_mutex_lock(&s->lock);
    }
    pthread_mutex_unlock(&s->lock);
    pthread_mutex_lock(&s->readers_lock);
    station_readers_close(s);
    pthread_mutex_unlock(&s->readers_lock);
    return NULL;
}
