// room: base
/* JSON: strict reading, canonical writing with one form a value. */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "jemput/file.h"
#include "jemput/json.h"
#include "prop.h"
#include "scratch.h"

static enum jem_code parse(const char *text, json_t **out, struct jem_error *err)
{
    return jem_json_parse(text, strlen(text), "baris 3", out, err);
}

static void reads_strictly(void **state)
{
    (void)state;
    static const char *const wrong[] = { "", "{", "{\"a\":1,\"a\":2}", "[1.5]", "1e3", "{} {}", "{\"a\":1}x", "'a'",
        "[1,]", "\"a\\u0000b\"", "\"\xFF\"", "nul", "99999999999999999999", "{\"nik\":\"3201", "[01]" };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        json_t *v = NULL;
        struct jem_error err;
        assert_int_equal(parse(wrong[i], &v, &err), JEM_EINVAL);
        assert_null(v);
        assert_non_null(strstr(err.msg, "baris 3"));
    }
    json_t *v = NULL;
    assert_int_equal(parse(" 17 ", &v, NULL), JEM_OK);
    assert_int_equal(json_integer_value(v), 17);
    json_decref(v);
}

static void never_repeats_personal_text(void **state)
{
    (void)state;
    json_t *v = NULL;
    struct jem_error err;
    assert_int_equal(parse("{\"nik\":\"3201014107900001\" oops}", &v, &err), JEM_EINVAL);
    assert_null(strstr(err.msg, "3201"));
    assert_null(strstr(err.msg, "oops"));
}

static void depth_is_bounded(void **state)
{
    (void)state;
    for (size_t depth = 30; depth < 36; depth++) {
        char text[100] = "";
        memset(text, '[', depth);
        memset(text + depth, ']', depth);
        json_t *v = NULL;
        enum jem_code code = parse(text, &v, NULL);
        assert_int_equal(code, depth <= 33 ? JEM_OK : JEM_EINVAL);
        json_decref(v);
    }
    char many[4001];
    memset(many, '[', 4000);
    many[4000] = '\0';
    json_t *v = NULL;
    assert_int_equal(parse(many, &v, NULL), JEM_EINVAL);
}

static void writes_one_form(void **state)
{
    (void)state;
    json_t *v = NULL;
    struct jem_buf out = JEM_BUF_INIT(1000);
    assert_int_equal(parse("{ \"b\" : [ true , null, -0, 9007199254740992 ], \"\":\"\\u0041\\/\\u001f\\u007f\\n\", "
                           "\"\\ud83d\\ude00\": 1, \"\\ufb33\": 2, \"a\": {} }",
                         &v, NULL),
        JEM_OK);
    assert_int_equal(jem_json_canonical(v, &out, NULL), JEM_OK);
    /* RFC 8785 section 3.2.3: keys by UTF-16 units, so the emoji stands before U+FB33 */
    assert_string_equal(jem_buf_text(&out),
        "{\"\":\"A/"
        "\\u001f\x7f\\n\",\"a\":{},\"b\":[true,null,0,9007199254740992],\"\xF0\x9F\x98\x80\":1,\"\xEF\xAC\xB3\":2}");
    json_decref(v);
    jem_buf_release(&out);
}

static void what_is_not_exact_is_refused_whole(void **state)
{
    (void)state;
    struct jem_buf out = JEM_BUF_INIT(1000);
    struct jem_error err;
    jem_buf_str(&out, "kept");
    json_t *v = json_pack("{s:i,s:I}", "a", 1, "b", (json_int_t)9007199254740993);
    assert_int_equal(jem_json_canonical(v, &out, &err), JEM_EINVAL);
    assert_string_equal(jem_buf_text(&out), "kept");
    json_decref(v);
    v = json_pack("[f]", 0.5);
    assert_int_equal(jem_json_canonical(v, &out, &err), JEM_EINVAL);
    assert_string_equal(jem_buf_text(&out), "kept");
    json_decref(v);
    jem_buf_release(&out);
}

static void add_character(struct prop *g, struct jem_buf *s)
{
    static const char *const chars[] = { "a", "Z", "\"", "\\", "\n", "\x01", "\x7f", "\xC3\xA9", "\xE2\x82\xAC",
        "\xEF\xBF\xBD", "\xF0\x9F\x98\x80", "/", " ", "\b" };
    jem_buf_str(s, chars[prop_below(g, sizeof chars / sizeof *chars)]);
}

static json_t *any_string(struct prop *g)
{
    struct jem_buf s = JEM_BUF_INIT(200);
    for (size_t n = prop_below(g, 12); n > 0; n--)
        add_character(g, &s);
    json_t *v = json_stringn(jem_buf_text(&s), s.len);
    jem_buf_release(&s);
    return v;
}

static json_t *any_value(struct prop *g, int depth)
{
    switch (prop_below(g, depth > 5 ? 5 : 8)) {
    case 0: return json_null();
    case 1: return json_boolean(prop_below(g, 2));
    case 2: return json_integer((json_int_t)(prop_u64(g) >> (11 + prop_below(g, 53))) - ((json_int_t)1 << 40));
    case 3:
    case 4: return any_string(g);
    case 5: {
        json_t *v = json_array();
        for (size_t n = prop_below(g, 6); n > 0; n--)
            json_array_append_new(v, any_value(g, depth + 1));
        return v;
    }
    default: {
        json_t *v = json_object();
        for (size_t n = prop_below(g, prop_below(g, 20) ? 8 : 100); n > 0; n--) {
            json_t *key = any_string(g);
            json_object_set_new(v, json_string_value(key), any_value(g, depth + 1));
            json_decref(key);
        }
        return v;
    }
    }
}

/* Canonical bytes read back as an equal value, whose canonical bytes are the same, whatever the order of keys. */
static void canonical_round_trip(void **state)
{
    (void)state;
    struct prop g = prop_start("canonical_round_trip");
    for (size_t round = 0; round < prop_rounds(1500); round++) {
        json_t *v = any_value(&g, 0), *back = NULL;
        struct jem_buf once = JEM_BUF_INIT(1 << 22), twice = JEM_BUF_INIT(1 << 22);
        assert_int_equal(jem_json_canonical(v, &once, NULL), JEM_OK);
        assert_int_equal(jem_json_parse(jem_buf_text(&once), once.len, "x", &back, NULL), JEM_OK);
        assert_true(json_equal(v, back));
        assert_int_equal(jem_json_canonical(back, &twice, NULL), JEM_OK);
        assert_int_equal(once.len, twice.len);
        assert_memory_equal(once.data, twice.data, once.len);
        json_decref(v);
        json_decref(back);
        jem_buf_release(&once);
        jem_buf_release(&twice);
    }
}

/* Cut or altered bytes never crash and never pass as something that does not write itself again. */
static void damaged_text_is_refused_or_stands_for_itself(void **state)
{
    (void)state;
    struct prop g = prop_start("damaged_text_is_refused_or_stands_for_itself");
    for (size_t round = 0; round < prop_rounds(1500); round++) {
        json_t *v = any_value(&g, 3), *back = NULL;
        struct jem_buf text = JEM_BUF_INIT(1 << 22), again = JEM_BUF_INIT(1 << 22);
        assert_int_equal(jem_json_canonical(v, &text, NULL), JEM_OK);
        if (prop_below(&g, 2))
            text.data[prop_below(&g, text.len)] ^= (unsigned char)(1U << prop_below(&g, 8));
        size_t n = prop_below(&g, 2) ? text.len : prop_below(&g, text.len);
        if (jem_json_parse(jem_buf_text(&text), n, "x", &back, NULL) == JEM_OK) {
            enum jem_code code = jem_json_canonical(back, &again, NULL);
            assert_true(code == JEM_OK || code == JEM_EINVAL);
        }
        json_decref(v);
        json_decref(back);
        jem_buf_release(&text);
        jem_buf_release(&again);
    }
}

static void members_have_fallbacks(void **state)
{
    (void)state;
    json_t *v = NULL;
    assert_int_equal(parse("{\"s\":\"x\",\"i\":-5,\"t\":true,\"n\":null}", &v, NULL), JEM_OK);
    assert_string_equal(jem_json_str(v, "s", "-"), "x");
    assert_string_equal(jem_json_str(v, "i", "-"), "-");
    assert_null(jem_json_str(v, "none", NULL));
    assert_int_equal(jem_json_int(v, "i", 9), -5);
    assert_int_equal(jem_json_int(v, "s", 9), 9);
    assert_true(jem_json_bool(v, "t", false));
    assert_true(jem_json_bool(v, "n", true));
    assert_string_equal(jem_json_str(NULL, "s", "-"), "-");
    json_decref(v);
}

static void files_are_bounded(void **state)
{
    (void)state;
    char dir[64], path[80];
    scratch_dir(dir, sizeof dir, "json");
    snprintf(path, sizeof path, "%s/file.json", dir);
    json_t *v = NULL;
    struct jem_error err;
    assert_int_equal(jem_file_write(path, "{\"a\":1}", 7, 0600, &err), JEM_OK);
    assert_int_equal(jem_json_file(path, 7, &v, &err), JEM_OK);
    assert_int_equal(jem_json_int(v, "a", 0), 1);
    json_decref(v);
    v = NULL;
    assert_int_equal(jem_json_file(path, 6, &v, &err), JEM_EINVAL);
    unlink(path);
    assert_int_equal(jem_json_file(path, 7, &v, &err), JEM_ENOTFOUND);
    assert_null(v);
    rmdir(dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_strictly),
        cmocka_unit_test(never_repeats_personal_text),
        cmocka_unit_test(depth_is_bounded),
        cmocka_unit_test(writes_one_form),
        cmocka_unit_test(what_is_not_exact_is_refused_whole),
        cmocka_unit_test(canonical_round_trip),
        cmocka_unit_test(damaged_text_is_refused_or_stands_for_itself),
        cmocka_unit_test(members_have_fallbacks),
        cmocka_unit_test(files_are_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
