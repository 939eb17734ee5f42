/* lean_wire.c - packets, requests and answers of git's smart HTTP. */
#include "lean_wire.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "jemput/codec.h"

/* ---- packets ---- */

void jem_packets_start(struct jem_packets *packets, jem_packet_take *take, void *ctx)
{
    packets->take = take;
    packets->ctx = ctx;
    packets->have = 0;
    packets->failed = false;
}

/* Length of the packet that begins at raw, whose first four bytes are there; 0: malformed. */
static size_t packets_length(const unsigned char raw[4])
{
    unsigned char n[2];
    if (!jem_unhex((const char *)raw, 4, n, 2))
        return 0;
    size_t length = (size_t)n[0] << 8 | n[1];
    if (length < 3)
        return 4;
    return length < 4 || length > JEM_PACKET_MAX ? 0 : length;
}

static bool packets_deliver(struct jem_packets *packets, size_t length)
{
    static const enum jem_packet marks[] = { JEM_PACKET_FLUSH, JEM_PACKET_DELIMITER, JEM_PACKET_END };
    enum jem_packet kind = JEM_PACKET_DATA;
    if (length == 4 && packets->raw[3] >= '0' && packets->raw[3] <= '2')
        kind = marks[packets->raw[3] - '0'];
    packets->raw[length] = '\0';
    packets->have = 0;
    return packets->take(packets->ctx, kind, packets->raw + 4, length - 4);
}

bool jem_packets_feed(struct jem_packets *packets, const void *p, size_t n)
{
    const unsigned char *from = p;
    while (n > 0 && !packets->failed) {
        size_t length = packets->have < 4 ? 4 : packets_length(packets->raw);
        size_t take = length - packets->have < n ? length - packets->have : n;
        memcpy(packets->raw + packets->have, from, take);
        packets->have += take;
        from += take;
        n -= take;
        if (packets->have < 4)
            break;
        length = packets_length(packets->raw);
        if (length == 0 || (packets->have == length && !packets_deliver(packets, length)))
            packets->failed = true;
    }
    return !packets->failed;
}

bool jem_packets_done(const struct jem_packets *packets)
{
    return !packets->failed && packets->have == 0;
}

/* ---- requests ---- */

/* A packet of one line, its newline left out as the protocol allows. */
static void wire_line(struct jem_buf *out, const char *word, const char *rest)
{
    jem_buf_fmt(out, "%04zx%s%s", strlen(word) + strlen(rest) + 4, word, rest);
}

void jem_lean_ask_refs(struct jem_buf *out, const char *const *prefixes, size_t count)
{
    wire_line(out, "command=", "ls-refs");
    jem_buf_str(out, "0001");
    for (size_t i = 0; i < count; i++)
        wire_line(out, "ref-prefix ", prefixes[i]);
    jem_buf_str(out, "0000");
}

void jem_lean_ask_pack(struct jem_buf *out, const git_oid *wants, size_t want_count, const git_oid *haves,
    size_t have_count)
{
    char hex[JEM_OID_HEX];
    wire_line(out, "command=", "fetch");
    jem_buf_str(out, "0001");
    wire_line(out, "thin-pack", "");
    wire_line(out, "no-progress", "");
    wire_line(out, "ofs-delta", "");
    for (size_t i = 0; i < want_count; i++)
        wire_line(out, "want ", git_oid_tostr(hex, sizeof hex, &wants[i]));
    for (size_t i = 0; i < have_count; i++)
        wire_line(out, "have ", git_oid_tostr(hex, sizeof hex, &haves[i]));
    wire_line(out, "done", "");
    jem_buf_str(out, "0000");
}

void jem_lean_ask_push(struct jem_buf *out, const git_oid *before, const git_oid *after, const char *ref)
{
    static const git_oid none = { { 0 } };
    static const char capabilities[] = "report-status";
    char old[JEM_OID_HEX], new[JEM_OID_HEX];
    git_oid_tostr(old, sizeof old, before != NULL ? before : &none);
    git_oid_tostr(new, sizeof new, after != NULL ? after : &none);
    jem_buf_fmt(out, "%04zx%s %s %s", 4 + 40 + 1 + 40 + 1 + strlen(ref) + sizeof capabilities, old, new, ref);
    jem_buf_byte(out, 0);
    jem_buf_fmt(out, "%s0000", capabilities);
}

/* ---- refs ---- */

void jem_lean_refs_release(struct jem_lean_refs *refs)
{
    free(refs->items);
    *refs = (struct jem_lean_refs){ 0 };
}

static bool wire_refs_grow(struct jem_lean_refs *refs)
{
    if (refs->count < refs->cap)
        return true;
    size_t cap = refs->cap == 0 ? 16 : refs->cap * 2;
    struct jem_link_ref *items =
        cap <= 2 * (size_t)JEM_LEAN_REFS_MAX ? realloc(refs->items, cap * sizeof *items) : NULL;
    if (items == NULL)
        return false;
    refs->items = items;
    refs->cap = cap;
    return true;
}

/* "OID NAME", then a blank, a newline or the end. Names that we cannot have written are passed over. */
static bool wire_ref(struct jem_lean_refs *refs, const char *line)
{
    git_oid oid;
    if (strlen(line) < 42 || line[40] != ' ' || git_oid_fromstrn(&oid, line, 40) != 0)
        return false;
    const char *name = line + 41;
    size_t n = strcspn(name, " \n");
    if (strncmp(name, "refs/", 5) != 0 || n >= JEM_REF_MAX)
        return true;
    for (size_t i = 0; i < n; i++)
        if ((unsigned char)name[i] <= ' ' || name[i] == 0x7f)
            return false;
    if (refs->count == JEM_LEAN_REFS_MAX || !wire_refs_grow(refs))
        return false;
    struct jem_link_ref *ref = &refs->items[refs->count++];
    memset(ref, 0, sizeof *ref);
    memcpy(ref->name, name, n);
    ref->oid = oid;
    return true;
}

struct wire_listing {
    struct jem_lean_refs *refs;
    bool ended, reports;
    unsigned flushes;
};

static bool wire_take_ref(void *ctx, enum jem_packet kind, const unsigned char *p, size_t n)
{
    struct wire_listing *list = ctx;
    if (list->ended || (kind != JEM_PACKET_DATA && kind != JEM_PACKET_FLUSH))
        return false;
    if (kind == JEM_PACKET_FLUSH) {
        list->ended = true;
        return true;
    }
    return memchr(p, 0, n) == NULL && wire_ref(list->refs, (const char *)p);
}

bool jem_lean_read_refs(const void *p, size_t n, struct jem_lean_refs *out)
{
    struct jem_packets *packets = malloc(sizeof *packets);
    struct wire_listing list = { .refs = out };
    *out = (struct jem_lean_refs){ 0 };
    if (packets == NULL)
        return false;
    jem_packets_start(packets, wire_take_ref, &list);
    bool good = jem_packets_feed(packets, p, n) && jem_packets_done(packets) && list.ended;
    if (!good)
        jem_lean_refs_release(out);
    free(packets);
    return good;
}

/* "# service=git-receive-pack", flush, refs of which the first carries the capabilities after a NUL, flush. A hub without
 * refs has one line named "capabilities^{}". */
static bool wire_take_advertised(void *ctx, enum jem_packet kind, const unsigned char *p, size_t n)
{
    struct wire_listing *list = ctx;
    const char *line = (const char *)p;
    if (kind == JEM_PACKET_FLUSH) {
        list->flushes++;
        return list->flushes <= 2;
    }
    if (kind != JEM_PACKET_DATA || list->flushes > 1)
        return false;
    if (list->flushes == 0)
        return strcmp(line, "# service=git-receive-pack\n") == 0;
    size_t text = strlen(line);
    if (text < n) /* report-status-v2 alone is another format */
        for (const char *at = line + text + 1; (at = strstr(at, "report-status")) != NULL; at += 13)
            list->reports = list->reports || at[13] == ' ' || at[13] == '\n' || at[13] == '\0';
    return wire_ref(list->refs, line);
}

bool jem_lean_read_advertisement(const void *p, size_t n, struct jem_lean_refs *out)
{
    struct jem_packets *packets = malloc(sizeof *packets);
    struct wire_listing list = { .refs = out };
    *out = (struct jem_lean_refs){ 0 };
    if (packets == NULL)
        return false;
    jem_packets_start(packets, wire_take_advertised, &list);
    bool good = jem_packets_feed(packets, p, n) && jem_packets_done(packets) && list.flushes == 2 && list.reports;
    if (!good)
        jem_lean_refs_release(out);
    free(packets);
    return good;
}

/* ---- reports ---- */

/* What a server says, fit for one line of a message. */
static void wire_words(char out[128], const char *p, size_t n)
{
    size_t len = 0;
    for (size_t i = 0; i < n && len < 127; i++)
        if ((unsigned char)p[i] >= ' ' && (unsigned char)p[i] < 0x7f)
            out[len++] = p[i];
    out[len] = '\0';
}

struct wire_verdict {
    const char *ref;
    struct jem_lean_report *report;
    bool unpack_seen, ref_seen, ended;
};

static bool wire_take_verdict(void *ctx, enum jem_packet kind, const unsigned char *p, size_t n)
{
    struct wire_verdict *v = ctx;
    const char *line = (const char *)p;
    size_t ref = strlen(v->ref);
    if (v->ended || (kind != JEM_PACKET_DATA && kind != JEM_PACKET_FLUSH))
        return false;
    if (kind == JEM_PACKET_FLUSH) {
        v->ended = true;
        return true;
    }
    if (n > 0 && line[n - 1] == '\n')
        n--;
    if (!v->unpack_seen) {
        v->unpack_seen = n > 7 && memcmp(line, "unpack ", 7) == 0;
        v->report->unpacked = n == 9 && memcmp(line + 7, "ok", 2) == 0;
        if (v->unpack_seen && !v->report->unpacked)
            wire_words(v->report->reason, line + 7, n - 7);
        return v->unpack_seen;
    }
    bool ok = n == 3 + ref && memcmp(line, "ok ", 3) == 0;
    bool no = n >= 3 + ref && memcmp(line, "ng ", 3) == 0 && (n == 3 + ref || line[3 + ref] == ' ');
    if (v->ref_seen || (!ok && !no) || memcmp(line + 3, v->ref, ref) != 0)
        return false;
    v->ref_seen = true;
    v->report->stored = ok && v->report->unpacked;
    if (no && v->report->unpacked)
        wire_words(v->report->reason, line + 3 + ref, n - 3 - ref);
    return true;
}

bool jem_lean_read_report(const void *p, size_t n, const char *ref, struct jem_lean_report *out)
{
    struct jem_packets *packets = malloc(sizeof *packets);
    struct wire_verdict verdict = { .ref = ref, .report = out };
    *out = (struct jem_lean_report){ 0 };
    if (packets == NULL)
        return false;
    jem_packets_start(packets, wire_take_verdict, &verdict);
    bool good = jem_packets_feed(packets, p, n) && jem_packets_done(packets) && verdict.ref_seen && verdict.ended;
    if (!good)
        *out = (struct jem_lean_report){ 0 };
    free(packets);
    return good;
}

/* ---- packs ---- */

/* "packfile\n", then packets whose first byte is the band: 1 pack, 2 chatter, 3 the server gives up. */
static bool wire_take_pack(void *ctx, enum jem_packet kind, const unsigned char *p, size_t n)
{
    struct jem_lean_pack_reader *reader = ctx;
    if (reader->whole)
        return false;
    if (kind == JEM_PACKET_FLUSH) {
        reader->whole = true;
        return reader->in_pack;
    }
    if (kind != JEM_PACKET_DATA || n == 0)
        return false;
    if (!reader->in_pack) {
        if (n > 4 && memcmp(p, "ERR ", 4) == 0)
            wire_words(reader->said, (const char *)p + 4, n - 4);
        reader->in_pack = strcmp((const char *)p, "packfile\n") == 0;
        return reader->in_pack;
    }
    if (p[0] == 3)
        wire_words(reader->said, (const char *)p + 1, n - 1);
    return p[0] == 1 ? reader->sink(reader->ctx, p + 1, n - 1) : p[0] == 2;
}

void jem_lean_pack_reader_start(struct jem_lean_pack_reader *reader,
    bool (*sink)(void *ctx, const unsigned char *p, size_t n), void *ctx)
{
    jem_packets_start(&reader->packets, wire_take_pack, reader);
    reader->sink = sink;
    reader->ctx = ctx;
    reader->in_pack = reader->whole = false;
    reader->said[0] = '\0';
}

bool jem_lean_pack_reader_feed(struct jem_lean_pack_reader *reader, const void *p, size_t n)
{
    return jem_packets_feed(&reader->packets, p, n);
}

bool jem_lean_pack_reader_done(const struct jem_lean_pack_reader *reader)
{
    return jem_packets_done(&reader->packets) && reader->whole;
}
