// room: web
/* test_site_page.c - the status site's pages: never too large, nothing unescaped, styled only by what the policy knows. */
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "jemput/number.h"
#include "site_page.h"
#include "unit.h"

#define PAGE_MAX_BYTES 3072

static struct jem_buf page;
static json_t *about;

/* Fills a text to its last byte with words. */
static void wide(char *out, size_t cap)
{
    static const char words[] = "Pelayanan terpadu ";
    for (size_t i = 0; i + 1 < cap; i++)
        out[i] = words[i % (sizeof words - 1)];
    out[cap - 1] = '\0';
}

static struct jem_status_row some_row(enum jem_status status, void (*fill)(char *out, size_t cap))
{
    struct jem_status_row row = { .number = jem_number_make(3, 4711), .status = status, .day_submitted = 20779 };
    row.day_stage = row.day_submitted + (int)status;
    row.signature[0] = 1;
    /* The longest way: far on, back for correction, and on again. */
    for (unsigned s = 0; s < JEM_STATUS_COUNT; s++) {
        bool before = s >= JEM_STATUS_SUBMITTED && s <= JEM_STATUS_IN_PROCESS && status > JEM_STATUS_SUBMITTED;
        bool ready = s == JEM_STATUS_READY && status == JEM_STATUS_HANDED_OVER;
        bool back = s == JEM_STATUS_RETURNED && status > JEM_STATUS_SUBMITTED;
        row.stage_days[s] = before || ready || back || s == status ? row.day_submitted + (int)s : INT32_MIN;
    }
    for (int lang = 0; lang < JEM_LANGS; lang++) {
        fill(row.service[lang], sizeof row.service[lang]);
        fill(row.agency[lang], sizeof row.agency[lang]);
        fill(row.promised[lang], sizeof row.promised[lang]);
        fill(row.stage[lang], sizeof row.stage[lang]);
        fill(row.reason[lang], sizeof row.reason[lang]);
    }
    return row;
}

static const struct jem_token some_token = { .van = 4095, .day = 20779 };

static const char *found(enum jem_status status, void (*fill)(char *out, size_t cap))
{
    struct jem_status_row row = some_row(status, fill);
    jem_buf_clear(&page);
    struct site_page p = { .b = &page, .about = about };
    site_page_found(&p, &row, &some_token);
    assert_false(page.failed);
    return jem_buf_text(&page);
}

static void the_longest_texts_fit(void **state)
{
    size_t most = 0;
    (void)state;
    for (int lang = JEM_LANG_ID; lang <= JEM_LANG_EN; lang++) {
        jem_lang_set((enum jem_lang)lang);
        for (unsigned s = JEM_STATUS_SUBMITTED; s < JEM_STATUS_COUNT; s++) {
            found((enum jem_status)s, wide);
            most = page.len > most ? page.len : most;
            if (page.len > PAGE_MAX_BYTES)
                fail_msg("%s, %s: %zu bytes", jem_status_name((enum jem_status)s), jem_lang_name(jem_lang_get()),
                    page.len);
        }
    }
    print_message("widest page: %zu bytes\n", most);
}

static void markup(char *out, size_t cap)
{
    snprintf(out, cap, "<b a='\">&");
}

static void values_are_escaped(void **state)
{
    (void)state;
    jem_lang_set(JEM_LANG_ID);
    const char *text = found(JEM_STATUS_RETURNED, markup);
    assert_null(strstr(text, "<b a"));
    int times = 0;
    for (const char *p = text; (p = strstr(p, "&lt;b a=&#39;&quot;&gt;&amp;")) != NULL; p++)
        times++;
    /* Service, heading, step, reason, agency. */
    assert_int_equal(times, 5);
}

/* The style that a page carries is one whose hash stands in the policy: else a browser shows it bare. */
static void expect_style_allowed(const char *csp)
{
    unsigned char hash[crypto_hash_sha256_BYTES];
    char text[64];
    const char *from = strstr(jem_buf_text(&page), "<style>"), *to = strstr(jem_buf_text(&page), "</style>");
    assert_non_null(from);
    from += strlen("<style>");
    crypto_hash_sha256(hash, (const unsigned char *)from, (unsigned long long)(to - from));
    sodium_bin2base64(text, sizeof text, hash, sizeof hash, sodium_base64_VARIANT_ORIGINAL);
    assert_non_null(strstr(csp, text));
}

static void styles_stand_in_the_policy(void **state)
{
    char csp[SITE_CSP_MAX];
    struct site_page p = { .b = &page, .about = about };
    (void)state;
    site_page_csp(csp);
    jem_buf_clear(&page);
    site_page_form(&p);
    expect_style_allowed(csp);
    jem_buf_clear(&page);
    site_page_none(&p);
    expect_style_allowed(csp);
    jem_buf_clear(&page);
    site_page_down(&p);
    expect_style_allowed(csp);
    found(JEM_STATUS_READY, wide);
    expect_style_allowed(csp);
}

/* A contact that is a telephone number can be called; anything else stays text. */
static void contact_can_be_called(void **state)
{
    struct site_page p = { .b = &page };
    const struct {
        const char *contact, *shown;
    } cases[] = {
        { "0263-123456", "<a href=tel:0263123456>0263-123456</a>" },
        { "+62 (263) 12.34.56", "<a href=tel:+62263123456>+62 (263) 12.34.56</a>" },
        { "Loket 2 <0263>", ": Loket 2 &lt;0263&gt;<" },
        { "112 javascript:x", ": 112 javascript:x<" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        json_t *with = json_pack("{s:s}", "contact", cases[i].contact);
        jem_buf_clear(&page);
        p.about = with;
        site_page_form(&p);
        assert_non_null(strstr(jem_buf_text(&page), cases[i].shown));
        json_decref(with);
    }
}

static int group_start(void **state)
{
    (void)state;
    page = JEM_BUF_INIT(1 << 20);
    about = json_pack("{s:I, s:s, s:s}", "exported_ms", (json_int_t)1795298000000, "region",
        "Kab. Kepulauan Siau Tagulandang Biaro, Sulawesi Utara", "contact", "Loket Dukcapil, telepon (0432) 123456");
    return about == NULL || sodium_init() < 0;
}

static int group_end(void **state)
{
    (void)state;
    jem_buf_release(&page);
    json_decref(about);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_longest_texts_fit),
        cmocka_unit_test(values_are_escaped),
        cmocka_unit_test(styles_stand_in_the_policy),
        cmocka_unit_test(contact_can_be_called),
    };
    return cmocka_run_group_tests_name("site_page", tests, group_start, group_end);
}
