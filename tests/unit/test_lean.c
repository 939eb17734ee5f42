// room: sync
/* test_lean.c - bytes of git's smart HTTP: what a hub may answer, whole, in pieces, malformed; and what a push carries. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "jemput/codec.h"
#include "lean_pack.h"
#include "lean_wire.h"
#include "prop.h"
#include "unit.h"

#define A40 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define B40 "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"

static void packet(struct jem_buf *out, const char *text)
{
    jem_buf_fmt(out, "%04zx%s", strlen(text) + 4, text);
}

/* ---- packets ---- */

struct seen {
    struct jem_buf text;
    unsigned count;
};

static bool see(void *ctx, enum jem_packet kind, const unsigned char *p, size_t n)
{
    struct seen *seen = ctx;
    assert_int_equal(p[n], 0);
    jem_buf_fmt(&seen->text, "%d:%zu:", (int)kind, n);
    jem_buf_add(&seen->text, p, n);
    seen->count++;
    return true;
}

static struct jem_packets packets; /* 64 kB */

/* Any cutting into pieces gives the same packets. */
static void test_pieces(void **state)
{
    struct jem_buf wire = JEM_BUF_INIT(JEM_BUF_DEFAULT_MAX);
    struct seen whole = { .text = JEM_BUF_INIT(JEM_BUF_DEFAULT_MAX) };
    struct prop p;
    (void)state;
    packet(&wire, "one\n");
    packet(&wire, "");
    jem_buf_str(&wire, "000000010002");
    jem_buf_fmt(&wire, "%04x", JEM_PACKET_MAX);
    for (int i = 0; i < JEM_PACKET_MAX - 4; i++)
        jem_buf_byte(&wire, (unsigned char)i);
    packet(&wire, "last");
    jem_packets_start(&packets, see, &whole);
    assert_true(jem_packets_feed(&packets, wire.data, wire.len));
    assert_true(jem_packets_done(&packets));
    assert_int_equal(whole.count, 7);
    p = prop_start("packets in pieces");
    for (size_t round = prop_rounds(200); round > 0; round--) {
        struct seen part = { .text = JEM_BUF_INIT(JEM_BUF_DEFAULT_MAX) };
        jem_packets_start(&packets, see, &part);
        for (size_t at = 0, n; at < wire.len; at += n) {
            n = 1 + prop_below(&p, prop_below(&p, 2) == 0 ? 6 : 20000);
            if (n > wire.len - at)
                n = wire.len - at;
            assert_true(jem_packets_feed(&packets, wire.data + at, n));
        }
        assert_true(jem_packets_done(&packets));
        assert_int_equal(part.text.len, whole.text.len);
        assert_memory_equal(part.text.data, whole.text.data, whole.text.len);
        jem_buf_release(&part.text);
    }
    jem_buf_release(&whole.text);
    jem_buf_release(&wire);
}

static void test_malformed_packets(void **state)
{
    static const char *const bad[] = { "zzzz", "0003", "fff1abc", "ffff", "00 4", "<htm", "-001", "0x04" };
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct seen seen = { .text = JEM_BUF_INIT(JEM_BUF_DEFAULT_MAX) };
        jem_packets_start(&packets, see, &seen);
        if (jem_packets_feed(&packets, bad[i], strlen(bad[i])))
            fail_msg("'%s' is taken", bad[i]);
        assert_false(jem_packets_feed(&packets, "0000", 4)); /* it stays failed */
        assert_false(jem_packets_done(&packets));
        assert_int_equal(seen.count, 0);
        jem_buf_release(&seen.text);
    }
    struct seen seen = { .text = JEM_BUF_INIT(64) };
    jem_packets_start(&packets, see, &seen);
    assert_true(jem_packets_feed(&packets, "0008ab", 6));
    assert_false(jem_packets_done(&packets)); /* cut short */
}

/* ---- refs ---- */

static bool refs_of(const struct jem_buf *wire, struct jem_lean_refs *out)
{
    return jem_lean_read_refs(wire->data, wire->len, out);
}

static void test_refs(void **state)
{
    struct jem_buf wire = JEM_BUF_INIT(JEM_BUF_DEFAULT_MAX);
    struct jem_lean_refs refs;
    char hex[41];
    (void)state;
    packet(&wire, A40 " HEAD symref-target:refs/heads/main\n");
    packet(&wire, A40 " refs/heads/main\n");
    packet(&wire, B40 " refs/heads/van/3 peeled:" A40 "\n");
    jem_buf_str(&wire, "0000");
    assert_true(refs_of(&wire, &refs));
    assert_int_equal(refs.count, 2);
    assert_string_equal(refs.items[1].name, "refs/heads/van/3");
    assert_string_equal(git_oid_tostr(hex, sizeof hex, &refs.items[1].oid), B40);
    jem_lean_refs_release(&refs);
    assert_false(jem_lean_read_refs(wire.data, wire.len - 4, &refs)); /* no flush: cut short */
    assert_false(jem_lean_read_refs(wire.data, wire.len - 1, &refs));
    packet(&wire, A40 " refs/heads/late\n");
    assert_false(refs_of(&wire, &refs));
    jem_buf_release(&wire);
    assert_true(jem_lean_read_refs("0000", 4, &refs)); /* an empty hub */
    assert_int_equal(refs.count, 0);
    assert_false(jem_lean_read_refs("", 0, &refs));
}

static void test_malformed_refs(void **state)
{
    static const char *const bad[] = { "", "ERR no such thing\n", A40, A40 " ", "g" A40 " refs/x\n",
        "aaaa refs/heads/main\n", A40 "\trefs/heads/main\n", A40 " refs/heads/a\001b\n", "unpack ok\n" };
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct jem_buf wire = JEM_BUF_INIT(4096);
        struct jem_lean_refs refs;
        packet(&wire, bad[i]);
        jem_buf_str(&wire, "0000");
        if (refs_of(&wire, &refs))
            fail_msg("'%s' is taken", bad[i]);
        assert_null(refs.items);
        jem_buf_release(&wire);
    }
    struct jem_buf wire = JEM_BUF_INIT(JEM_BUF_DEFAULT_MAX);
    struct jem_lean_refs refs;
    for (int i = 0; i <= JEM_LEAN_REFS_MAX; i++)
        packet(&wire, A40 " refs/heads/x\n");
    jem_buf_str(&wire, "0000");
    assert_false(refs_of(&wire, &refs)); /* one too many */
    jem_buf_release(&wire);
    /* names longer than ours are passed over */
    char line[400] = A40 " refs/heads/";
    memset(line + strlen(line), 'n', 300);
    packet(&wire, line);
    jem_buf_str(&wire, "0000");
    assert_true(refs_of(&wire, &refs));
    assert_int_equal(refs.count, 0);
    jem_lean_refs_release(&refs);
    jem_buf_release(&wire);
}

static bool advertised(const char *service, const char *ref, const char *capabilities, struct jem_lean_refs *out)
{
    struct jem_buf wire = JEM_BUF_INIT(4096);
    packet(&wire, service);
    jem_buf_str(&wire, "0000");
    jem_buf_fmt(&wire, "%04zx" A40 " %s", 4 + 41 + strlen(ref) + 1 + strlen(capabilities), ref);
    jem_buf_byte(&wire, 0);
    jem_buf_str(&wire, capabilities);
    packet(&wire, B40 " refs/heads/van/7\n");
    jem_buf_str(&wire, "0000");
    bool good = jem_lean_read_advertisement(wire.data, wire.len, out);
    jem_buf_release(&wire);
    return good;
}

static void test_advertisement(void **state)
{
    static const char *const service = "# service=git-receive-pack\n";
    struct jem_lean_refs refs;
    (void)state;
    assert_true(advertised(service, "refs/heads/main", "report-status delete-refs ofs-delta\n", &refs));
    assert_int_equal(refs.count, 2);
    assert_string_equal(refs.items[0].name, "refs/heads/main");
    jem_lean_refs_release(&refs);
    assert_true(advertised(service, "capabilities^{}", "report-status-v2 report-status\n", &refs));
    assert_int_equal(refs.count, 1);
    jem_lean_refs_release(&refs);
    assert_false(advertised(service, "refs/heads/main", "report-status-v2 delete-refs\n", &refs));
    assert_false(advertised(service, "refs/heads/main", "", &refs));
    assert_false(advertised("# service=git-upload-pack\n", "refs/heads/main", "report-status\n", &refs));
    assert_false(advertised("<html>\n", "refs/heads/main", "report-status\n", &refs));
}

/* ---- reports ---- */

static bool report_of(const char *const *lines, bool flush, struct jem_lean_report *out)
{
    struct jem_buf wire = JEM_BUF_INIT(4096);
    for (; *lines != NULL; lines++)
        packet(&wire, *lines);
    if (flush)
        jem_buf_str(&wire, "0000");
    bool good = jem_lean_read_report(wire.data, wire.len, "refs/heads/van/3", out);
    jem_buf_release(&wire);
    return good;
}

static void test_report(void **state)
{
    struct jem_lean_report r;
    (void)state;
    const char *const ok[] = { "unpack ok\n", "ok refs/heads/van/3\n", NULL };
    assert_true(report_of(ok, true, &r));
    assert_true(r.unpacked && r.stored);
    assert_false(report_of(ok, false, &r));
    assert_false(r.stored);
    const char *const ng[] = { "unpack ok\n", "ng refs/heads/van/3 hook\033[31m declined\n", NULL };
    assert_true(report_of(ng, true, &r));
    assert_true(r.unpacked && !r.stored);
    assert_string_equal(r.reason, " hook[31m declined");
    const char *const disk[] = { "unpack index-pack abnormal exit\n", "ng refs/heads/van/3 unpacker error\n", NULL };
    assert_true(report_of(disk, true, &r));
    assert_true(!r.unpacked && !r.stored);
    assert_string_equal(r.reason, "index-pack abnormal exit");
    /* a server that contradicts itself, and what no report of this push says */
    const char *const mixed[] = { "unpack error\n", "ok refs/heads/van/3\n", NULL };
    assert_true(report_of(mixed, true, &r));
    assert_false(r.stored);
    static const char *const bad[][4] = {
        { "ok refs/heads/van/3\n", NULL },
        { "unpack ok\n", NULL },
        { "unpack ok\n", "ok refs/heads/van/30\n", NULL },
        { "unpack ok\n", "ok refs/heads/van/\n", NULL },
        { "unpack ok\n", "ok refs/heads/van/7\n", NULL },
        { "unpack ok\n", "ok refs/heads/van/3\n", "ng refs/heads/van/3 no\n", NULL },
        { "unpack ok\n", "maybe refs/heads/van/3\n", NULL },
        { "unpack", NULL },
        { "", NULL },
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        if (report_of(bad[i], true, &r))
            fail_msg("report %zu is taken", i);
        assert_false(r.stored);
    }
    assert_false(jem_lean_read_report("", 0, "refs/heads/van/3", &r));
}

/* ---- packs in answers ---- */

static bool keep(void *ctx, const unsigned char *p, size_t n)
{
    jem_buf_add(ctx, p, n);
    return true;
}

static struct jem_lean_pack_reader reader;

static void test_pack_answer(void **state)
{
    struct jem_buf wire = JEM_BUF_INIT(4096), pack = JEM_BUF_INIT(4096);
    (void)state;
    packet(&wire, "packfile\n");
    packet(&wire, "\002chatter\n");
    packet(&wire, "\001PACK");
    packet(&wire, "\001rest");
    jem_buf_str(&wire, "0000");
    for (size_t cut = 0; cut < wire.len; cut++) {
        jem_buf_clear(&pack);
        jem_lean_pack_reader_start(&reader, keep, &pack);
        assert_true(jem_lean_pack_reader_feed(&reader, wire.data, cut));
        assert_false(jem_lean_pack_reader_done(&reader));
        assert_true(jem_lean_pack_reader_feed(&reader, wire.data + cut, wire.len - cut));
        assert_true(jem_lean_pack_reader_done(&reader));
        assert_string_equal(jem_buf_text(&pack), "PACKrest");
    }
    assert_false(jem_lean_pack_reader_feed(&reader, "0008more", 8)); /* after the end */
    static const struct {
        const char *first, *second, *said;
    } bad[] = { { "packfile\n", "\003disk\nfull", "diskfull" }, { "ERR not yours\n", "", "not yours" },
        { "acknowledgments\n", "", "" }, { "packfile\n", "PACK", "" }, { "packfile\n", "", "" },
        { "\001PACK", "", "" } };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        jem_buf_clear(&wire);
        packet(&wire, bad[i].first);
        packet(&wire, bad[i].second);
        jem_lean_pack_reader_start(&reader, keep, &pack);
        if (jem_lean_pack_reader_feed(&reader, wire.data, wire.len))
            fail_msg("answer %zu is taken", i);
        assert_false(jem_lean_pack_reader_done(&reader));
        assert_string_equal(reader.said, bad[i].said);
    }
    jem_buf_release(&wire);
    jem_buf_release(&pack);
}

/* Any bytes at all: nothing is read beyond them, and nothing that lacks its end counts as whole. */
static void test_noise(void **state)
{
    static const char *const seeds[] = { "0009unpack ok", "000dpackfile\n", "0000", "0001", A40 " refs/heads/x\n",
        "0038" A40 " refs/heads/x\n", "0015ok refs/heads/van/3\n", "000eunpack ok\n", "ERR ", "\001", "\003" };
    struct prop p;
    (void)state;
    p = prop_start("noise");
    for (size_t round = prop_rounds(2000); round > 0; round--) {
        struct jem_buf wire = JEM_BUF_INIT(4096), pack = JEM_BUF_INIT(4096);
        for (uint64_t parts = prop_below(&p, 8); parts > 0; parts--)
            if (prop_below(&p, 4) == 0)
                jem_buf_byte(&wire, (unsigned char)prop_below(&p, 256));
            else
                jem_buf_str(&wire, seeds[prop_below(&p, sizeof seeds / sizeof seeds[0])]);
        unsigned char *copy = malloc(wire.len + 1); /* exactly as long, for the sanitizer */
        unsigned char *exact = realloc(copy, wire.len > 0 ? wire.len : 1);
        assert_non_null(exact);
        if (wire.len > 0)
            memcpy(exact, wire.data, wire.len);
        bool flushed = wire.len >= 4 && memcmp(exact + wire.len - 4, "0000", 4) == 0;
        struct jem_lean_refs refs;
        struct jem_lean_report report;
        if (jem_lean_read_refs(exact, wire.len, &refs)) {
            assert_true(flushed);
            jem_lean_refs_release(&refs);
        }
        if (jem_lean_read_report(exact, wire.len, "refs/heads/van/3", &report))
            assert_true(flushed);
        assert_false(jem_lean_read_advertisement(exact, wire.len, &refs));
        jem_lean_pack_reader_start(&reader, keep, &pack);
        (void)jem_lean_pack_reader_feed(&reader, exact, wire.len);
        if (jem_lean_pack_reader_done(&reader))
            assert_true(flushed);
        free(exact);
        jem_buf_release(&wire);
        jem_buf_release(&pack);
    }
}

/* ---- requests ---- */

static void test_requests(void **state)
{
    struct jem_buf out = JEM_BUF_INIT(4096);
    git_oid a, b;
    (void)state;
    assert_int_equal(git_oid_fromstr(&a, A40), 0);
    assert_int_equal(git_oid_fromstr(&b, B40), 0);
    jem_lean_ask_refs(&out, (const char *const[]){ "refs/heads/van/3" }, 1);
    assert_string_equal(jem_buf_text(&out), "0013command=ls-refs0001001fref-prefix refs/heads/van/30000");
    jem_buf_clear(&out);
    jem_lean_ask_pack(&out, &a, 1, &b, 1);
    assert_string_equal(jem_buf_text(&out),
        "0011command=fetch0001000dthin-pack000fno-progress000dofs-delta0031want " A40 "0031have " B40 "0008done0000");
    jem_buf_clear(&out);
    jem_lean_ask_push(&out, NULL, &b, "refs/heads/van/3");
    static const char want[] = "0074"
                               "0000000000000000000000000000000000000000 " B40 " refs/heads/van/3\0report-status0000";
    assert_int_equal(out.len, sizeof want - 1);
    assert_memory_equal(out.data, want, sizeof want - 1);
    jem_buf_release(&out);
}

/* ---- packs that are sent ---- */

static void test_sha1(void **state)
{
    static const struct {
        const char *text, *hex;
    } cases[] = { { "", "da39a3ee5e6b4b0d3255bfef95601890afd80709" },
        { "abc", "a9993e364706816aba3e25717850c26c9cd0d89d" },
        { "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", "84983e441c3bd26ebaae4aa1f95129e5e54670f1" } };
    unsigned char out[20];
    char hex[41];
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        jem_lean_sha1(cases[i].text, strlen(cases[i].text), out);
        jem_hex(out, 20, hex);
        assert_string_equal(hex, cases[i].hex);
    }
    char *million = malloc(1000000);
    assert_non_null(million);
    memset(million, 'a', 1000000);
    jem_lean_sha1(million, 1000000, out);
    jem_hex(out, 20, hex);
    assert_string_equal(hex, "34aa973cd4c4daa4f61eeb2bdbad27316534016f");
    free(million);
}

static void apply_delta(const unsigned char *base, size_t base_size, const struct jem_buf *delta, struct jem_buf *out)
{
    struct jem_reader r = jem_reader_of(delta->data, delta->len);
    assert_int_equal(jem_read_varint(&r), base_size);
    uint64_t size = jem_read_varint(&r);
    while (jem_reader_left(&r) > 0) {
        unsigned op = jem_read_u8(&r);
        assert_int_not_equal(op, 0);
        if ((op & 0x80) == 0) {
            jem_buf_add(out, jem_read_bytes(&r, op), op);
            continue;
        }
        size_t at = 0, n = 0;
        for (int i = 0; i < 4; i++)
            if ((op >> i & 1) != 0)
                at |= (size_t)jem_read_u8(&r) << 8 * i;
        for (int i = 0; i < 3; i++)
            if ((op >> (4 + i) & 1) != 0)
                n |= (size_t)jem_read_u8(&r) << 8 * i;
        if (n == 0)
            n = 0x10000;
        assert_true(at + n <= base_size);
        jem_buf_add(out, base + at, n);
    }
    assert_false(r.failed);
    assert_int_equal(out->len, size);
}

static void test_delta(void **state)
{
    struct prop p;
    (void)state;
    p = prop_start("delta");
    for (size_t round = prop_rounds(300); round > 0; round--) {
        static unsigned char base[2000], text[2000];
        size_t base_size = prop_below(&p, sizeof base), n = 0, size = prop_below(&p, sizeof text);
        for (size_t i = 0; i < base_size; i++)
            base[i] = (unsigned char)prop_below(&p, 40);
        while (n < size) { /* runs of base between bytes of its own */
            size_t run = 1 + prop_below(&p, 300), at = base_size > 0 ? prop_below(&p, base_size) : 0;
            bool own = prop_below(&p, 3) == 0;
            for (size_t i = 0; i < run && n < size; i++)
                text[n++] = !own && at + i < base_size ? base[at + i] : (unsigned char)prop_below(&p, 256);
        }
        struct jem_buf delta = JEM_BUF_INIT(8192), back = JEM_BUF_INIT(8192);
        jem_lean_delta(base, base_size, text, size, &delta);
        assert_false(delta.failed);
        apply_delta(base, base_size, &delta, &back);
        if (size > 0)
            assert_memory_equal(back.data, text, size);
        jem_buf_release(&delta);
        jem_buf_release(&back);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pieces),
        cmocka_unit_test(test_malformed_packets),
        cmocka_unit_test(test_refs),
        cmocka_unit_test(test_malformed_refs),
        cmocka_unit_test(test_advertisement),
        cmocka_unit_test(test_report),
        cmocka_unit_test(test_pack_answer),
        cmocka_unit_test(test_noise),
        cmocka_unit_test(test_requests),
        cmocka_unit_test(test_sha1),
        cmocka_unit_test(test_delta),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
