/* test_csv.c - cells that a spreadsheet would compute are guarded, and whatever was written reads back as it was. */
// room: base
#include <string.h>

#include "jemput/csv.h"
#include "prop.h"
#include "unit.h"

static struct jem_error err;

static void cells_are_guarded_and_quoted(void **state)
{
    (void)state;
    static const struct {
        const char *text, *cell;
    } cases[] = { { "", "" }, { "Dewi", "Dewi" }, { "a,b", "\"a,b\"" }, { "say \"hi\"", "\"say \"\"hi\"\"\"" },
        { "two\nlines", "\"two\nlines\"" }, { "=1+1", "'=1+1" }, { "+62", "'+62" }, { "-5", "'-5" },
        { "@SUM(A1)", "'@SUM(A1)" }, { "\tx", "'\tx" }, { "\rx", "\"'\rx\"" },
        { "=HYPERLINK(\"http://x\",\"y\")", "\"'=HYPERLINK(\"\"http://x\"\",\"\"y\"\")\"" }, { "'=1", "''=1" },
        { "'t", "'t" }, { "a=1", "a=1" } };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct jem_buf b = JEM_BUF_INIT(1000);
        jem_csv_cell(&b, cases[i].text, true);
        assert_string_equal(jem_buf_text(&b), cases[i].cell);
        jem_buf_release(&b);
    }
}

static void what_was_written_reads_back(void **state)
{
    (void)state;
    static const char *const bits[] = { "=", "'", "\"", ",", "\r\n", "\n", "\r", "\t", "a", "é", "-", "0812", " ", "@",
        "+" };
    struct prop rng = prop_start("csv");
    for (size_t round = prop_rounds(300); round > 0; round--) {
        struct jem_buf b = JEM_BUF_INIT(100000);
        json_t *rows = json_array(), *back = NULL;
        size_t width = 2 + prop_below(&rng, 4), height = 1 + prop_below(&rng, 6);
        for (size_t y = 0; y < height; y++) {
            json_t *row = json_array();
            for (size_t x = 0; x < width; x++) {
                struct jem_buf cell = JEM_BUF_INIT(1000);
                for (size_t k = prop_below(&rng, 6); k > 0; k--)
                    jem_buf_str(&cell, bits[prop_below(&rng, sizeof bits / sizeof *bits)]);
                jem_csv_cell(&b, jem_buf_text(&cell), x == 0);
                json_array_append_new(row, json_string(jem_buf_text(&cell)));
                jem_buf_release(&cell);
            }
            jem_csv_end(&b);
            json_array_append_new(rows, row);
        }
        assert_int_equal(jem_csv_read(jem_buf_text(&b), b.len, &back, &err), JEM_OK);
        assert_true(json_equal(rows, back));
        json_decref(rows);
        json_decref(back);
        jem_buf_release(&b);
    }
}

static void other_programs_files_are_read(void **state)
{
    (void)state;
    static const char text[] = "\xef\xbb\xbfnumber,status\n7K3M,selesai\n\n\"a \"\"b\"\"\",\"x\r\ny\"";
    json_t *rows = NULL;
    assert_int_equal(jem_csv_read(text, sizeof text - 1, &rows, &err), JEM_OK);
    assert_int_equal(json_array_size(rows), 3);
    assert_string_equal(json_string_value(json_array_get(json_array_get(rows, 0), 0)), "number");
    assert_string_equal(json_string_value(json_array_get(json_array_get(rows, 2), 0)), "a \"b\"");
    assert_string_equal(json_string_value(json_array_get(json_array_get(rows, 2), 1)), "x\r\ny");
    json_decref(rows);
    static const char *const bad[] = { "a,\"b", "a\"b,c", "\"a\"b", "x,\xff\xfe", "x\ny,\"z\n\n" };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_int_equal(jem_csv_read(bad[i], strlen(bad[i]), &rows, &err), JEM_EINVAL);
        assert_null(rows);
    }
    assert_int_equal(jem_csv_read("a\0b,c", 5, &rows, &err), JEM_EINVAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cells_are_guarded_and_quoted),
        cmocka_unit_test(what_was_written_reads_back),
        cmocka_unit_test(other_programs_files_are_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
