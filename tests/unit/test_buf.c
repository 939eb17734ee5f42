// room: base
/* Buffers grow to their maximum and not past it; what is written is read back. */
#include "unit.h"

#include <string.h>

#include "jemput/buf.h"
#include "prop.h"

static void stops_at_its_maximum(void **state)
{
    (void)state;
    struct jem_buf b = JEM_BUF_INIT(10);
    struct jem_error err;
    jem_buf_str(&b, "123456");
    jem_buf_str(&b, "78901");
    assert_true(b.failed);
    assert_string_equal(jem_buf_text(&b), "123456");
    jem_buf_byte(&b, 'x');
    assert_int_equal(b.len, 6);
    assert_int_equal(jem_buf_ok(&b, &err), JEM_ENOMEM);
    jem_buf_clear(&b);
    jem_buf_fmt(&b, "%d-%s", 12345, "abcd");
    assert_string_equal(jem_buf_text(&b), "12345-abcd");
    assert_int_equal(jem_buf_ok(&b, &err), JEM_OK);
    jem_buf_wipe(&b);
    jem_buf_wipe(&b);
    jem_buf_release(NULL);
    assert_string_equal(jem_buf_text(&b), "");
}

/* Any sequence of values comes back, and reading one byte less fails and gives zero. */
static void values_round_trip(void **state)
{
    (void)state;
    struct prop g = prop_start("values_round_trip");
    for (size_t round = 0; round < prop_rounds(2000); round++) {
        struct jem_buf b = JEM_BUF_INIT(4096);
        uint64_t v[40];
        size_t n = 1 + prop_below(&g, 40);
        for (size_t i = 0; i < n; i++) {
            uint64_t x = prop_u64(&g) >> prop_below(&g, 64);
            switch (i % 5) {
            case 0: jem_buf_u16(&b, (uint16_t)(v[i] = x & 0xFFFF)); break;
            case 1: jem_buf_u32(&b, (uint32_t)(v[i] = x & 0xFFFFFFFF)); break;
            case 2: jem_buf_u48(&b, v[i] = x & 0xFFFFFFFFFFFF); break;
            case 3: jem_buf_u64(&b, v[i] = x); break;
            default: jem_buf_varint(&b, v[i] = x); break;
            }
        }
        for (size_t cut = 0; cut < 2; cut++) {
            struct jem_reader r = jem_reader_of(b.data, b.len - cut);
            uint64_t last = 1;
            for (size_t i = 0; i < n; i++) {
                switch (i % 5) {
                case 0: last = jem_read_u16(&r); break;
                case 1: last = jem_read_u32(&r); break;
                case 2: last = jem_read_u48(&r); break;
                case 3: last = jem_read_u64(&r); break;
                default: last = jem_read_varint(&r); break;
                }
                if (i + 1 < n || !cut)
                    assert_true(last == v[i]);
            }
            assert_int_equal(r.failed, cut == 1);
            assert_int_equal(jem_reader_left(&r), 0);
            if (cut) {
                assert_int_equal(last, 0);
                assert_int_equal(jem_read_u8(&r), 0);
            }
        }
        jem_buf_release(&b);
    }
}

static void varints_have_one_form(void **state)
{
    (void)state;
    static const unsigned char padded[] = { 0x81, 0x00 },
                               wide[] = { 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x02 };
    struct jem_reader r = jem_reader_of(padded, sizeof padded);
    assert_int_equal(jem_read_varint(&r), 0);
    assert_true(r.failed);
    r = jem_reader_of(wide, sizeof wide);
    assert_int_equal(jem_read_varint(&r), 0);
    assert_true(r.failed);
    r = jem_reader_of(NULL, 0);
    assert_null(jem_read_bytes(&r, 1));
}

static void bytes_are_borrowed(void **state)
{
    (void)state;
    static const unsigned char p[] = { 1, 2, 3, 4 };
    struct jem_reader r = jem_reader_of(p, sizeof p);
    assert_ptr_equal(jem_read_bytes(&r, 3), p);
    assert_null(jem_read_bytes(&r, SIZE_MAX));
    assert_true(r.failed);
    assert_int_equal(jem_read_u8(&r), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stops_at_its_maximum),
        cmocka_unit_test(values_round_trip),
        cmocka_unit_test(varints_have_one_form),
        cmocka_unit_test(bytes_are_borrowed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
