// room: app
/* dump.c - everything that a store knows of its applications, one canonical JSON line each, by number: what `show` tells,
 * and of every document that is here the hash of its bytes. Opens the store once, so that 300 can be compared.
 *
 *   dump FOLDER USER PASSPHRASE-FILE
 *   dump FOLDER USER PASSPHRASE-FILE events    instead, every event: its id in four columns and its hash */
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "jemput/codec.h"
#include "jemput/file.h"
#include "jemput/lookup.h"
#include "jemput/number.h"

static _Noreturn void die(const struct jem_error *err)
{
    fprintf(stderr, "dump: %s\n", err->msg);
    exit(1);
}

/* "bytes": the hash of what is stored, read and counted here. Previews are checked by their presence: the store only
 * keeps bytes that have the hash they are kept under, and audit verify reads them all. */
static void hash_documents(struct jem_app *app, uint64_t number, json_t *shown)
{
    size_t i, k;
    json_t *group, *item;
    json_array_foreach(json_object_get(shown, "documents"), i, group)
    {
        json_array_foreach(json_object_get(group, "items"), k, item)
        {
            struct jem_buf b = JEM_BUF_INIT(JEM_BUF_DEFAULT_MAX);
            struct jem_error err = { 0 };
            const char *mime;
            unsigned char hash[32];
            char hex[65] = "";
            enum jem_code rc = jem_document_bytes(app, number, (unsigned)jem_json_int(item, "van", 0),
                (unsigned)jem_json_int(item, "ordinal", 0), 0, &b, &mime, &err);
            if (rc == JEM_OK) {
                jem_hash(b.data, b.len, hash);
                jem_hex(hash, 32, hex);
            } else if (rc != JEM_ENOTFOUND) {
                die(&err);
            }
            json_object_set_new(item, "bytes", json_string(hex));
            jem_buf_release(&b);
        }
    }
}

enum { DUMP_PAGE = 1000, DUMP_WRITERS = 16 };

static void events_of(struct jem_store *store, struct jem_event_id from)
{
    for (size_t got = 1; got > 0; from.seq += got) {
        struct jem_event_list list = { 0 };
        struct jem_error err = { 0 };
        if (jem_store_events(store, &from, DUMP_PAGE, (size_t)64 << 20, &list, &err) != JEM_OK)
            die(&err);
        got = list.count;
        for (size_t i = 0; i < got; i++) {
            const struct jem_event *e = &list.items[i];
            char hex[65];
            jem_hex(e->hash, 32, hex);
            printf("%u\t%u\t%u\t%llu\t%s\n", (unsigned)e->id.writer, (unsigned)e->id.lane, (unsigned)e->id.inc,
                (unsigned long long)e->id.seq, hex);
        }
        jem_event_list_release(&list);
    }
}

/* In the order of their ids. */
static void events(struct jem_store *store)
{
    for (uint16_t writer = 0; writer < DUMP_WRITERS; writer++)
        for (uint16_t lane = 0; lane < DUMP_WRITERS; lane++)
            for (uint16_t inc = 1; inc < DUMP_WRITERS; inc++)
                events_of(store, (struct jem_event_id){ writer, lane, inc, 1 });
}

static int by_number(const void *a, const void *b)
{
    const char *x = jem_json_str(*(json_t *const *)a, "number", ""),
               *y = jem_json_str(*(json_t *const *)b, "number", "");
    return strcmp(x, y);
}

int main(int argc, char **argv)
{
    struct jem_error err = { 0 };
    struct jem_buf pass = JEM_BUF_INIT(4096);
    struct jem_app *app = NULL;
    json_t *list = NULL, *rows = NULL;
    bool more;
    struct jem_list_query query = { .day = INT32_MIN, .limit = DUMP_PAGE };
    bool only_events = argc == 5 && strcmp(argv[4], "events") == 0;
    if ((argc != 4 && !only_events) || sodium_init() < 0)
        return 2;
    if (jem_file_read(argv[3], 4000, &pass, &err) != JEM_OK)
        die(&err);
    pass.data[strcspn(jem_buf_text(&pass), "\r\n")] = '\0';
    if (jem_app_open(argv[1], argv[2], jem_buf_text(&pass), &app, &err) != JEM_OK || (rows = json_array()) == NULL)
        die(&err);
    if (only_events)
        events(jem_app_store(app));
    do {
        if (only_events)
            break;
        if (jem_list(app, &query, &list, &err) != JEM_OK)
            die(&err);
        json_t *page = json_object_get(list, "applications");
        more = json_array_size(page) == DUMP_PAGE;
        json_array_extend(rows, page);
        if (more && jem_number_parse(jem_json_str(json_array_get(page, DUMP_PAGE - 1), "number", ""), &query.before,
                        &err) != JEM_OK)
            die(&err);
        json_decref(list);
    } while (more);
    size_t count = json_array_size(rows);
    json_t **sorted = calloc(count + 1, sizeof *sorted);
    for (size_t i = 0; i < count; i++)
        sorted[i] = json_array_get(rows, i);
    qsort(sorted, count, sizeof *sorted, by_number);
    for (size_t i = 0; i < count; i++) {
        uint64_t number;
        json_t *shown = NULL;
        if (jem_number_parse(jem_json_str(sorted[i], "number", ""), &number, &err) != JEM_OK ||
            jem_show(app, number, &shown, &err) != JEM_OK)
            die(&err);
        json_object_set(shown, "row", sorted[i]);
        hash_documents(app, number, shown);
        json_dumpf(shown, stdout, JSON_COMPACT | JSON_SORT_KEYS);
        putchar('\n');
        json_decref(shown);
    }
    free(sorted);
    json_decref(rows);
    jem_app_close(app);
    jem_buf_wipe(&pass);
    return fflush(stdout) == 0 ? 0 : 1;
}
