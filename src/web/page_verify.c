/* page_verify.c - is this receipt ours? Answered without a network. What a wedge scanner types lands here too and is
 * sent on by what it is: a receipt to its record, a number to its record, anything else to the search. */
#include <string.h>

#include "jemput/clock.h"
#include "jemput/lookup.h"
#include "jemput/paper.h"
#include "office.h"

#define VERIFY_TEXT_MAX 1000

static void verify_to(struct web_page *p, const char *path, const char *value)
{
    struct jem_buf to = JEM_BUF_INIT(4000);
    jem_buf_str(&to, path);
    web_url_text(&to, value);
    web_answer_redirect(p->a, jem_buf_text(&to));
    jem_buf_release(&to);
}

static void verify_line(struct jem_buf *b, enum jem_text label, const char *value)
{
    if (*value)
        web_html(b, "<div><dt>%t</dt><dd>%s</dd></div>", label, value);
}

void web_elsewhere(struct web_page *p, const json_t *o)
{
    char day[64] = "", at[64];
    int32_t n;
    if (jem_day_parse(jem_json_str(o, "stage_day", ""), &n, NULL) == JEM_OK)
        jem_day_human(n, day, sizeof day);
    jem_time_human(jem_json_int(o, "told_ms", 0), at, sizeof at);
    jem_buf_str(p->b, "<dl class=list>");
    verify_line(p->b, JEM_T_WEB_C_HQ, jem_json_str(o, "status_label", ""));
    verify_line(p->b, JEM_T_WEB_STAGE_DAY, day);
    jem_buf_str(p->b, "</dl><p>");
    web_html_say(p->b, JEM_T_WEB_ELSEWHERE_TOLD, at, (int)jem_json_int(o, "van", 0));
    jem_buf_str(p->b, "</p>");
}

static void verify_result(struct web_page *p, const json_t *o, const struct jem_error *err)
{
    struct jem_buf *b = p->b;
    bool valid = jem_json_bool(o, "valid", false), known = jem_json_bool(o, "known", false);
    const char *number = jem_json_str(o, "number", "");
    char day[64] = "";
    int32_t n;
    web_html(b, "<section class=\"card verdict %s\" role=status><h2>%t</h2>", valid ? "ok" : "bad",
        valid ? JEM_T_WEB_VALID : JEM_T_WEB_INVALID);
    if (!valid)
        web_html(b, "<p>%s</p>", err->msg);
    if (valid) {
        if (jem_day_parse(jem_json_str(o, "day", ""), &n, NULL) == JEM_OK)
            jem_day_human(n, day, sizeof day);
        jem_buf_str(b, "<dl class=list>");
        verify_line(b, JEM_T_WEB_C_NUMBER, number);
        verify_line(b, JEM_T_WEB_SERVICE, jem_json_str(o, "service", ""));
        verify_line(b, JEM_T_WEB_C_WHEN, day);
        web_html(b, "<div><dt>Van</dt><dd>%l</dd></div><div><dt>%t</dt><dd>%l</dd></div>", jem_json_int(o, "van", 0),
            JEM_T_WEB_DOCUMENTS, jem_json_int(o, "documents", 0));
        if (known)
            verify_line(b, JEM_T_WEB_C_HQ, jem_json_str(o, "status_label", ""));
        jem_buf_str(b, "</dl>");
    }
    if (known)
        web_html(b, "<p><a class=button href=\"/p/%s\">%t</a></p>", number, JEM_T_WEB_OPEN_RECORD);
    else if (valid && jem_json_bool(o, "elsewhere", false))
        web_elsewhere(p, o);
    else if (valid)
        web_html(b, "<p>%t</p>", JEM_T_WEB_VALID_ELSEWHERE);
    if (valid && !known)
        web_continue_form(p, number, jem_json_str(o, "service_id", ""));
    jem_buf_str(b, "</section>");
}

/* A typed number proves nothing about paper: it only finds the record. */
static void verify_number(struct web_page *p, const char *text)
{
    struct jem_error err = { .code = JEM_OK };
    uint64_t number = 0;
    json_t *o = NULL;
    enum jem_code rc = jem_number_parse(text, &number, &err);
    if (rc == JEM_OK)
        rc = jem_show(p->app, number, &o, &err);
    if (rc == JEM_ENOTFOUND && (rc = jem_elsewhere(p->app, number, &o, &err)) == JEM_OK) {
        web_html(p->b, "<section class=card role=status><h2>%t</h2>", JEM_T_WEB_ELSEWHERE);
        web_elsewhere(p, o);
        web_html(p->b, "<p>%t</p>", JEM_T_WEB_NUMBER_ONLY);
        web_continue_form(p, jem_json_str(o, "number", ""), "");
        jem_buf_str(p->b, "</section>");
    } else if (rc != JEM_OK) {
        char other[JEM_NUMBER_TEXT];
        jem_number_format(number, other);
        web_html(p->b, "<section class=\"card verdict bad\" role=status><h2>%t</h2><p>%s</p>",
            rc == JEM_ENOTFOUND ? JEM_T_WEB_NOT_HERE : JEM_T_WEB_NUMBER_WRONG, err.msg);
        if (rc == JEM_ENOTFOUND && (int)jem_number_van(number) != jem_store_writer(jem_app_store(p->app)))
            web_continue_form(p, other, "");
        jem_buf_str(p->b, "</section>");
    } else {
        const char *shown = jem_json_str(o, "number", "");
        web_html(p->b,
            "<section class=card role=status><h2>%t</h2><p>%s &middot; %s</p><p>%t</p><p><a class=button "
            "href=\"/p/%s\">%t</a></p></section>",
            JEM_T_WEB_NUMBER_KNOWN, jem_json_str(o, "service_name", ""), jem_json_str(o, "status_label", ""),
            JEM_T_WEB_NUMBER_ONLY, shown, JEM_T_WEB_OPEN_RECORD);
    }
    json_decref(o);
}

bool web_number_known(struct web_page *p, const char *text, uint64_t *number)
{
    json_t *o = NULL;
    bool known = jem_number_parse(text, number, NULL) == JEM_OK &&
                 (jem_show(p->app, *number, &o, NULL) == JEM_OK || jem_elsewhere(p->app, *number, &o, NULL) == JEM_OK);
    json_decref(o);
    return known;
}

static bool verify_is_number(const char *text)
{
    size_t n = 0;
    for (const char *p = text; *p; p++)
        n += *p != ' ' && *p != '-';
    return n <= 16;
}

static void verify_page(struct web_page *p, const char *text, const char *failure)
{
    struct jem_error err = { .code = JEM_OK };
    json_t *o = NULL;
    struct jem_buf *b = p->b;
    web_page_begin(p, WEB_NAV_VERIFY, jem_text(JEM_T_WEB_VERIFY), failure != NULL);
    web_html(b,
        "<h1>%t</h1><form class=\"card ask\"><label for=vq>%t</label><input id=vq name=q maxlength=%d autocomplete=off "
        "spellcheck=false autofocus aria-describedby=vqh><small id=vqh>%t</small><button>%t</button></form>",
        JEM_T_WEB_VERIFY, JEM_T_WEB_VERIFY_ASK, VERIFY_TEXT_MAX, JEM_T_WEB_VERIFY_HINT, JEM_T_WEB_VERIFY_DO);
    if (failure != NULL)
        web_html(b, "<p class=\"note bad\" role=alert>%s</p>", failure);
    if (*text && strlen(text) <= VERIFY_TEXT_MAX) {
        if (verify_is_number(text)) {
            verify_number(p, text);
        } else {
            enum jem_code rc = jem_paper_verify(p->app, text, &o, &err);
            if (rc == JEM_OK || rc == JEM_ECORRUPT || rc == JEM_EINVAL)
                verify_result(p, o, &err);
            else
                web_html(b, "<p class=\"note bad\" role=alert>%s</p>", err.msg);
        }
    }
    web_form_begin(p, "/periksa", " enctype=\"multipart/form-data\" class=\"card ask\"");
    web_photo_field(b);
    web_page_end(p);
    json_decref(o);
}

/* ---- a camera's picture ---- */

void web_photo_field(struct jem_buf *b)
{
    web_html(b,
        "<label for=photo>%t</label><input type=file id=photo name=photo accept=\"image/jpeg\" capture=environment "
        "required><button>%t</button></form>",
        JEM_T_WEB_QR_PHOTO, JEM_T_WEB_QR_PHOTO_DO);
}

void web_photo_receipt(const struct web_form *f, char qr[JEM_SHEET_QR_MAX])
{
    qr[0] = '\0';
    if (f->file_count > 0 && jem_photo_receipt(f->files[0].bytes, f->files[0].size, qr, NULL) != JEM_OK)
        qr[0] = '\0';
}

void web_page_verify_photo(struct web_page *p)
{
    char qr[JEM_SHEET_QR_MAX];
    web_photo_receipt(&p->r->form, qr);
    if (*qr) {
        verify_to(p, "/periksa?q=", qr);
        return;
    }
    p->a->status = 422;
    verify_page(p, "", jem_text(JEM_T_WEB_QR_PHOTO_NONE));
}

/* ---- the page ---- */

void web_page_verify(struct web_page *p)
{
    verify_page(p, web_form_text(&p->r->args, "q"), NULL);
}

void web_page_scan(struct web_page *p)
{
    const char *text = web_form_text(&p->r->args, "q");
    json_t *o = NULL;
    uint64_t number = 0;
    if (strncmp(text, "JEMPUT/Q/", 9) == 0) {
        web_answer_redirect(p->a, "/antrean");
    } else if (strlen(text) > VERIFY_TEXT_MAX) {
        web_answer_redirect(p->a, "/periksa");
    } else if (!verify_is_number(text)) {
        bool known = jem_paper_verify(p->app, text, &o, NULL) == JEM_OK && jem_json_bool(o, "known", false);
        if (known)
            verify_to(p, "/p/", jem_json_str(o, "number", ""));
        else if (o != NULL || strlen(text) > 60)
            verify_to(p, "/periksa?q=", text);
        else
            verify_to(p, "/cari?q=", text);
    } else if (web_number_known(p, text, &number)) {
        char shown[JEM_NUMBER_TEXT];
        jem_number_format(number, shown);
        verify_to(p, "/p/", shown);
    } else {
        verify_to(p, "/cari?q=", text);
    }
    json_decref(o);
}
