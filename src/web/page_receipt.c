/* page_receipt.c - after recording: the number, the picture of the receipt, and its way to paper. The picture that
 * is printed is kept with the session as it was issued: drawn again it would already say SALINAN. */
#include <string.h>

#include "jemput/lookup.h"
#include "jemput/paper.h"
#include "devices.h"

static unsigned receipt_width(const char *text)
{
    return strcmp(text, "80") == 0 ? 80 : 58;
}

void web_page_receipt(struct web_page *p, uint64_t number)
{
    struct jem_error err = { .code = JEM_OK };
    unsigned width = receipt_width(web_form_text(&p->r->args, "w"));
    if (jem_paper_receipt(p->app, number, JEM_PAPER_PNG, width, p->b, &err) == JEM_OK)
        p->a->type = "image/png";
    else
        web_page_error(p, &err);
}

/* ---- printing ---- */

static void print_post(struct web_page *p, uint64_t number)
{
    struct jem_error err = { .code = JEM_OK };
    struct web_session *s = p->session;
    unsigned width = receipt_width(web_form_text(&p->r->form, "w"));
    json_t *out = NULL;
    s->printed_number = 0;
    jem_buf_clear(&s->printed);
    enum jem_code rc = jem_paper_receipt(p->app, number, JEM_PAPER_PNG, width, &s->printed, &err);
    if (rc == JEM_OK)
        rc = jem_paper_issued(p->app, number, JEM_PAPER_PNG, width, &out, &err);
    json_decref(out);
    if (rc != JEM_OK) {
        web_page_error(p, &err);
        return;
    }
    char text[JEM_NUMBER_TEXT];
    struct jem_buf to = JEM_BUF_INIT(60);
    s->printed_number = number;
    jem_number_format(number, text);
    jem_buf_fmt(&to, "/p/%s/cetak?w=%u", text, width);
    web_answer_redirect(p->a, jem_buf_text(&to));
    jem_buf_release(&to);
}

void web_page_print(struct web_page *p, uint64_t number)
{
    char text[JEM_NUMBER_TEXT];
    jem_number_format(number, text);
    if (p->r->post) {
        print_post(p, number);
        return;
    }
    if (p->session->printed_number != number) { /* nothing was issued: back to where it can be */
        struct jem_buf to = JEM_BUF_INIT(40);
        jem_buf_fmt(&to, "/p/%s", text);
        web_answer_redirect(p->a, jem_buf_text(&to));
        jem_buf_release(&to);
        return;
    }
    struct jem_buf *b = p->b;
    unsigned width = receipt_width(web_form_text(&p->r->args, "w"));
    web_page_begin(p, WEB_NAV_NONE, text, false);
    web_html(b, "<div class=\"card noprint\"><h1>%t</h1><p>%t</p><div class=actions>", JEM_T_WEB_PRINTING,
        JEM_T_WEB_PRINTING_HOW);
    web_html(b,
        "<a class=button href=\"/baru\">%t <kbd>F2</kbd></a><a class=\"button second\" "
        "href=\"/p/%s\">%t</a></div></div>",
        JEM_T_WEB_NEXT, text, JEM_T_WEB_OPEN_RECORD);
    web_html(b, "<img class=\"receipt paper w%d\" data-print src=\"/p/%s/cetak.png\" alt=\"%t %s\">", (int)width, text,
        JEM_T_WEB_RECEIPT, text);
    web_page_end(p);
}

void web_page_printed(struct web_page *p, uint64_t number)
{
    if (p->session->printed_number != number) {
        web_page_not_found(p);
        return;
    }
    p->a->type = "image/png";
    jem_buf_add(p->b, p->session->printed.data, p->session->printed.len);
}

/* ---- recorded ---- */

void web_page_done(struct web_page *p, uint64_t number)
{
    struct jem_error err = { .code = JEM_OK };
    struct jem_buf *b = p->b;
    json_t *o = NULL;
    size_t i;
    const json_t *it;
    if (jem_show(p->app, number, &o, &err) != JEM_OK) {
        web_page_error(p, &err);
        return;
    }
    const char *text = jem_json_str(o, "number", "");
    const json_t *missing = json_object_get(o, "missing");
    p->devices = true;
    web_page_begin(p, WEB_NAV_NEW, jem_text(JEM_T_WEB_DONE), false);
    web_html(b,
        "<div class=\"columns done\"><section class=card><p class=\"note ok\" role=status>%t</p><p "
        "class=biglabel>%t</p>",
        JEM_T_WEB_DONE, JEM_T_WEB_C_NUMBER);
    web_html(b, "<h1 class=number-big>%s</h1><p><b>%s</b><br>%s</p><p>%t %s</p>", text,
        jem_json_str(json_object_get(o, "fields"), "name", ""), jem_json_str(o, "service_name", ""), JEM_T_WEB_PROMISED,
        jem_json_str(o, "promised", ""));
    if (json_array_size(missing) > 0) {
        web_html(b, "<div class=\"note wait\"><b>%t</b><ul>", JEM_T_WEB_MISSING);
        json_array_foreach(missing, i, it)
        {
            web_html(b, "<li>%s", jem_json_str(it, "label", ""));
        }
        jem_buf_str(b, "</ul></div>");
    }
    web_paper_box(p, number, true);
    web_html(b,
        "<div class=actions><a class=\"button second\" href=\"/baru\">%t <kbd>F2</kbd></a> <a "
        "href=\"/p/%s\">%t</a></div>",
        JEM_T_WEB_NEXT, text, JEM_T_WEB_OPEN_RECORD);
    web_html(b,
        "<p class=sub>%t</p></section><figure class=card><img class=receipt src=\"/p/%s/tanda-terima\" alt=\"%t "
        "%s\"></figure></div>",
        JEM_T_WEB_NOT_FINAL, text, JEM_T_WEB_RECEIPT, text);
    web_page_end(p);
    json_decref(o);
}
