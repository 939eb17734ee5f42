// room: sync
/* fuzz_segment.c - hostile columns, as somebody who holds the key of the box could seal them.
 *
 * An input is writer u16, first u48, count u16 (the header's claim), then plain columns, with and without the program's
 * dictionary; and it is the file, or the payload, of a dictionary. Whatever is read must write and read again as the same
 * events. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "columns.h"
#include "dictionary.h"
#include "replay.h"

static void write_again(const struct jem_event_list *events, const struct jem_segment_header *header,
    const struct jem_dictionary *d)
{
    struct jem_buf columns = JEM_BUF_INIT((size_t)64 << 20);
    struct jem_event_list again = { 0 };
    struct jem_error err = { 0 };
    need(jem_columns_write(events->items, events->count, d, &columns, &err) == JEM_OK,
        "events that were read do not write");
    need(jem_columns_read(columns.data, columns.len, header, d, &again, &err) == JEM_OK,
        "what was written does not read");
    need(again.count == events->count, "events are lost");
    for (size_t i = 0; i < again.count; i++)
        need(memcmp(again.items[i].hash, events->items[i].hash, 32) == 0, "an event changed");
    jem_event_list_release(&again);
    jem_buf_release(&columns);
}

static void read_columns(const unsigned char *p, size_t n, const struct jem_dictionary *d)
{
    struct jem_reader r = jem_reader_of(p, n);
    struct jem_segment_header header = { .epoch = 1 };
    struct jem_event_list events = { 0 };
    struct jem_error err = { 0 };
    header.writer = jem_read_u16(&r);
    header.first = jem_read_u48(&r);
    header.count = jem_read_u16(&r);
    if (r.failed)
        return;
    enum jem_code code = jem_columns_read(r.p, jem_reader_left(&r), &header, d, &events, &err);
    need(code == JEM_OK || code == JEM_ECORRUPT, "an error of another kind");
    need(code == JEM_OK || events.count == 0, "events of columns that were refused");
    if (code == JEM_OK)
        write_again(&events, &header, d);
    jem_event_list_release(&events);
}

/* The input as the file of a dictionary, and as its payload in a file that is well made. */
static void read_dictionary(const unsigned char *p, size_t n)
{
    struct jem_dictionary *d = NULL;
    struct jem_buf file = JEM_BUF_INIT(INPUT_MAX * 2), payload = JEM_BUF_INIT(INPUT_MAX);
    struct jem_error err = { 0 };
    need(jem_dictionary_open(p, n, &d, &err) != JEM_ENOMEM, "memory for a dictionary");
    jem_dictionary_free(d);
    jem_buf_add(&payload, p, n);
    if (n > 0 && jem_dictionary_write(0, &payload, &file, &err) == JEM_OK) {
        enum jem_code code = jem_dictionary_open(file.data, file.len, &d, &err);
        need(code == JEM_OK || code == JEM_ECORRUPT, "an error of another kind");
        if (code == JEM_OK)
            read_columns(p, n, d);
        jem_dictionary_free(d);
    }
    jem_buf_release(&file);
    jem_buf_release(&payload);
}

int LLVMFuzzerTestOneInput(const unsigned char *p, size_t n)
{
    read_columns(p, n, NULL);
    read_columns(p, n, jem_dictionary_shipped(JEM_DICTIONARY_SHIPPED));
    read_dictionary(p, n);
    return 0;
}

#ifndef JEM_LIBFUZZER
int main(int argc, char **argv)
{
    return replay(argc, argv, LLVMFuzzerTestOneInput);
}
#endif
