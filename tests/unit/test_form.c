// room: web
/* What a browser sends is read back as it was typed, in both encodings; what no browser sends is refused or harmless. */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "form.h"
#include "html.h"
#include "prop.h"

#define FIELDS 6
#define TEXT 60

/* Letters, markup, separators, and whole UTF-8 characters of two, three and four bytes. */
static void text_any(struct prop *g, char out[TEXT], bool lines)
{
    static const char *const parts[] = { "a", "Z", "7", " ", "&", "=", "+", "%", "<b>", "\"", "'", ";", "--", "é", "–",
        "𝓙", "\xc2\xa0", "/", "\\", "%00" };
    size_t n = prop_below(g, 12);
    out[0] = '\0';
    for (size_t i = 0; i < n; i++) {
        const char *part = lines && prop_below(g, 9) == 0 ? "\n" : parts[prop_below(g, sizeof parts / sizeof *parts)];
        if (strlen(out) + strlen(part) < TEXT)
            memcpy(out + strlen(out), part, strlen(part) + 1);
    }
}

struct sample {
    char names[FIELDS][TEXT], values[FIELDS][TEXT];
    size_t count;
};

static void sample_any(struct prop *g, struct sample *s)
{
    s->count = prop_below(g, FIELDS + 1);
    for (size_t i = 0; i < s->count; i++) {
        snprintf(s->names[i], TEXT, "f.%zu", i);
        text_any(g, s->values[i], true);
    }
}

static void sample_equal(const struct sample *s, const struct web_form *form)
{
    assert_int_equal(form->count, s->count);
    for (size_t i = 0; i < s->count; i++)
        assert_string_equal(web_form_text(form, s->names[i]), s->values[i]);
    assert_string_equal(web_form_text(form, "f.none"), "");
    assert_null(web_form_get(form, "f.none"));
}

static void urlencoded_round_trip(void **state)
{
    (void)state;
    struct prop g = prop_start("urlencoded_round_trip");
    for (size_t round = 0; round < prop_rounds(3000); round++) {
        struct sample s;
        struct web_form form;
        struct jem_buf b = JEM_BUF_INIT(100000);
        sample_any(&g, &s);
        for (size_t i = 0; i < s.count; i++) {
            if (i > 0)
                jem_buf_byte(&b, '&');
            web_url_text(&b, s.names[i]);
            jem_buf_byte(&b, '=');
            web_url_text(&b, s.values[i]);
        }
        char *text = strdup(jem_buf_text(&b));
        assert_true(web_form_urlencoded(text, &form));
        sample_equal(&s, &form);
        web_form_release(&form);
        free(text);
        jem_buf_release(&b);
    }
}

static char *multipart_of(const struct sample *s, const char *file, size_t file_size, size_t *size)
{
    struct jem_buf b = JEM_BUF_INIT(1000000);
    for (size_t i = 0; i < s->count; i++) {
        jem_buf_fmt(&b, "--XyZ\r\nContent-Disposition: form-data; name=\"%s\"\r\n\r\n", s->names[i]);
        for (const char *p = s->values[i]; *p; p++) { /* a browser sends line breaks as CR LF */
            if (*p == '\n')
                jem_buf_byte(&b, '\r');
            jem_buf_byte(&b, (unsigned char)*p);
        }
        jem_buf_str(&b, "\r\n");
    }
    jem_buf_str(&b, "--XyZ\r\ncontent-disposition: form-data; name=\"d.kk\"; filename=\"C:\\scan\\kk; 1.png\"\r\n"
                    "Content-Type: image/png\r\n\r\n");
    jem_buf_add(&b, file, file_size);
    jem_buf_str(&b,
        "\r\n--XyZ\r\nContent-Disposition: form-data; name=\"d.ktp\"; filename=\"\"\r\n\r\n\r\n--XyZ--\r\n");
    *size = b.len;
    char *exact = malloc(b.len + 1); /* so that one byte too far is seen */
    assert_non_null(exact);
    memcpy(exact, b.data, b.len + 1);
    jem_buf_release(&b);
    return exact;
}

static void multipart_round_trip(void **state)
{
    (void)state;
    struct prop g = prop_start("multipart_round_trip");
    for (size_t round = 0; round < prop_rounds(2000); round++) {
        struct sample s;
        struct web_form form;
        char file[200];
        size_t size, file_size = prop_below(&g, sizeof file);
        sample_any(&g, &s);
        prop_bytes(&g, file, file_size);
        char *body = multipart_of(&s, file, file_size, &size);
        assert_true(web_form_multipart(body, size, "multipart/form-data; boundary=\"XyZ\"", &form));
        sample_equal(&s, &form);
        assert_int_equal(form.file_count, 1);
        assert_string_equal(form.files[0].name, "d.kk");
        assert_string_equal(form.files[0].filename, "kk; 1.png");
        assert_int_equal(form.files[0].size, file_size);
        if (file_size)
            assert_memory_equal(form.files[0].bytes, file, file_size);
        web_form_release(&form);
        free(body);
    }
}

/* Whatever is broken on the way: read as text that is fit for text, or refused. */
static void damaged_is_harmless(void **state)
{
    (void)state;
    struct prop g = prop_start("damaged_is_harmless");
    size_t refused = 0;
    for (size_t round = 0; round < prop_rounds(20000); round++) {
        struct sample s;
        struct web_form form;
        size_t size;
        sample_any(&g, &s);
        char *body = multipart_of(&s, "scan", 4, &size);
        for (uint64_t n = 1 + prop_below(&g, 3); n > 0; n--) {
            size_t at = prop_below(&g, size);
            if (prop_below(&g, 3) == 0)
                size = at + 1;
            else
                body[at] = "\0\r\n-\";%\xff=&"[prop_below(&g, 10)];
        }
        body = realloc(body, size + 1);
        assert_non_null(body);
        body[size] = '\0';
        bool multipart = prop_below(&g, 2) == 0;
        bool ok = multipart ? web_form_multipart(body, size, "multipart/form-data; boundary=XyZ", &form)
                            : web_form_urlencoded(body, &form);
        refused += !ok;
        assert_true(ok || form.count + form.file_count == 0);
        for (size_t i = 0; i < form.count; i++)
            assert_true(web_text_ok(form.fields[i].name, false) && web_text_ok(form.fields[i].value, true));
        for (size_t i = 0; i < form.file_count; i++)
            assert_true((const char *)form.files[i].bytes + form.files[i].size <= body + size);
        web_form_release(&form);
        free(body);
    }
    assert_true(refused > 0);
}

static void refused(const char *text)
{
    struct web_form form;
    char *copy = strdup(text);
    assert_false(web_form_urlencoded(copy, &form));
    assert_int_equal(form.count, 0);
    free(copy);
}

static void named_faults(void **state)
{
    (void)state;
    refused("a=%00");
    refused("a=%");
    refused("a=%4");
    refused("a=%zz");
    refused("a=%c0%af");       /* '/' the long way */
    refused("a=%ed%a0%80");    /* half a surrogate */
    refused("a=%f4%90%80%80"); /* past the last character */
    refused("a=%0d");
    refused("a%0a=1");
    refused("a=%7f");
    char many[3 * WEB_FORM_FIELDS_MAX + 10] = "";
    for (size_t i = 0; i <= WEB_FORM_FIELDS_MAX; i++)
        memcpy(many + 2 * i, "a&", 3);
    refused(many);
}

static void values_are_escaped(void **state)
{
    (void)state;
    struct jem_buf b = JEM_BUF_INIT(1000);
    web_html(&b, "<p title=\"%s\">%s %d %l %u%%</p>", "\"'<>&", "<script>", -3, (int64_t)9007199254740992, "a b/ü?&");
    assert_string_equal(jem_buf_text(&b),
        "<p title=\"&quot;&#39;&lt;&gt;&amp;\">&lt;script&gt; -3 9007199254740992 a%20b%2F%C3%BC%3F%26%</p>");
    jem_buf_clear(&b);
    web_html(&b, "%s|%u|", NULL, NULL);
    assert_string_equal(jem_buf_text(&b), "||");
    jem_buf_release(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(urlencoded_round_trip), cmocka_unit_test(multipart_round_trip),
        cmocka_unit_test(damaged_is_harmless), cmocka_unit_test(named_faults), cmocka_unit_test(values_are_escaped) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
