// room: sync
/* test_chunk.c - pieces of documents: sealed, opened, and nothing else. */
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "box.h"
#include "jemput/codec.h"
#include "prop.h"
#include "unit.h"

static struct jem_box_key key, other_key;

static int setup(void **state)
{
    (void)state;
    unsigned char a_public[32], a_secret[32], b_public[32], b_secret[32];
    if (sodium_init() < 0)
        return -1;
    crypto_box_keypair(a_public, a_secret);
    crypto_box_keypair(b_public, b_secret);
    return jem_box_key_make(&key, 1, a_public, b_secret, NULL) == JEM_OK &&
                   jem_box_key_make(&other_key, 1, a_public, a_secret, NULL) == JEM_OK
               ? 0
               : -1;
}

static enum jem_code open_code(const struct jem_box_key *with, uint16_t writer, const void *p, size_t n)
{
    struct jem_buf plain = JEM_BUF_INIT(1 << 20);
    struct jem_chunk chunk;
    struct jem_error err;
    unsigned char *copy = malloc(n == 0 ? 1 : n); /* exact, so that a sanitizer sees a read past the end */
    assert_non_null(copy);
    if (n > 0)
        memcpy(copy, p, n);
    enum jem_code code = jem_chunk_open(with, writer, copy, n, &plain, &chunk, &err);
    free(copy);
    jem_buf_release(&plain);
    return code;
}

/* Any blob cut anywhere comes together again. */
static void test_pieces(void **state)
{
    (void)state;
    struct prop g = prop_start("pieces");
    for (size_t round = 0; round < prop_rounds(50); round++) {
        unsigned char blob[5000], whole[5000] = { 0 };
        size_t total = 1 + prop_below(&g, sizeof blob);
        struct jem_buf plain = JEM_BUF_INIT(1 << 20);
        prop_bytes(&g, blob, total);
        for (size_t at = 0; at < total;) {
            struct jem_chunk in = { .place = 1 + prop_below(&g, 1 << 20), .total = total, .offset = at }, out;
            struct jem_buf sealed = JEM_BUF_INIT(1 << 20);
            struct jem_error err;
            in.cls = (uint8_t)(1 + prop_below(&g, 2));
            in.p = blob + at;
            in.n = 1 + prop_below(&g, total - at);
            jem_hash(blob, total, in.hash);
            jem_buf_str(&sealed, "x");
            assert_int_equal(jem_chunk_seal(&key, 12, &in, &sealed, &err), JEM_OK);
            assert_int_equal(sealed.len, 1 + JEM_CHUNK_OVERHEAD + in.n);
            assert_int_equal(jem_chunk_open(&key, 12, sealed.data + 1, sealed.len - 1, &plain, &out, &err), JEM_OK);
            assert_memory_equal(out.hash, in.hash, 32);
            assert_true(out.place == in.place && out.cls == in.cls);
            assert_true(out.total == total && out.offset == at && out.n == in.n);
            memcpy(whole + out.offset, out.p, out.n);
            at += in.n;
            jem_buf_release(&sealed);
        }
        assert_memory_equal(whole, blob, total);
        jem_buf_release(&plain);
    }
}

static void test_alien(void **state)
{
    (void)state;
    struct jem_buf sealed = JEM_BUF_INIT(1000);
    struct jem_chunk in = { .place = 7, .cls = 1, .total = 9, .offset = 2, .p = (const unsigned char *)"abc", .n = 3 };
    struct jem_box_key next = key;
    next.epoch = 2;
    assert_int_equal(jem_chunk_seal(&key, 3, &in, &sealed, NULL), JEM_OK);
    assert_int_equal(open_code(&key, 3, sealed.data, sealed.len), JEM_OK);
    assert_int_equal(open_code(&key, 4, sealed.data, sealed.len), JEM_ECORRUPT);
    assert_int_equal(open_code(&next, 3, sealed.data, sealed.len), JEM_ECORRUPT);
    assert_int_equal(open_code(&other_key, 3, sealed.data, sealed.len), JEM_ECORRUPT);
    for (size_t n = 0; n < sealed.len; n++)
        assert_int_equal(open_code(&key, 3, sealed.data, n), JEM_ECORRUPT);
    for (size_t i = 0; i < sealed.len * 8; i++) {
        sealed.data[i / 8] ^= (unsigned char)(1u << i % 8);
        assert_int_equal(open_code(&key, 3, sealed.data, sealed.len), JEM_ECORRUPT);
        sealed.data[i / 8] ^= (unsigned char)(1u << i % 8);
    }
    jem_buf_release(&sealed);
}

/* Pieces that do not lie in their whole are neither made nor believed. */
static void test_impossible(void **state)
{
    (void)state;
    static const struct {
        uint8_t cls;
        uint64_t total, offset;
        size_t n;
        uint64_t place;
    } bad[] = { { 1, 3, 1, 3, 1 }, { 1, 2, 0, 3, 1 }, { 1, 9, 9, 1, 1 }, { 0, 9, 0, 3, 1 }, { 1, 9, 0, 0, 1 },
        { 1, 9, 0, 3, 0 }, { 1, 9, ((uint64_t)1 << 48) - 2, 3, 1 } };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct jem_chunk in = { .cls = bad[i].cls, .total = bad[i].total, .offset = bad[i].offset, .n = bad[i].n };
        in.place = bad[i].place;
        struct jem_buf sealed = JEM_BUF_INIT(1000), plain = JEM_BUF_INIT(1000);
        in.p = (const unsigned char *)"abc";
        assert_int_equal(jem_chunk_seal(&key, 3, &in, &sealed, NULL), JEM_EINVAL);
        assert_int_equal(sealed.len, 0);
        jem_buf_u48(&plain, in.place);
        jem_buf_byte(&plain, in.cls);
        jem_buf_add(&plain, in.hash, 32);
        jem_buf_u48(&plain, in.total);
        jem_buf_u48(&plain, in.offset);
        jem_buf_add(&plain, in.p, in.n);
        jem_buf_str(&sealed, "JSC1");
        jem_buf_u16(&sealed, 1);
        jem_buf_u16(&sealed, 3);
        assert_int_equal(jem_box_seal(&key, &plain, &sealed, NULL), JEM_OK);
        assert_int_equal(open_code(&key, 3, sealed.data, sealed.len), JEM_ECORRUPT);
        jem_buf_release(&sealed);
        jem_buf_release(&plain);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pieces),
        cmocka_unit_test(test_alien),
        cmocka_unit_test(test_impossible),
    };
    return cmocka_run_group_tests(tests, setup, NULL);
}
