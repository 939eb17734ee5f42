/* page_agency.c - headquarters: packages for agencies, and their answers; the data of the citizens' status site. */
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "jemput/agency.h"
#include "jemput/desk.h"
#include "jemput/file.h"
#include "office.h"

#define AGENCY_PACKAGE_MAX ((size_t)256 << 20)

static bool agency_may(struct web_page *p)
{
    return jem_app_require(p->app, JEM_ROLE_HQ, "approver,admin", NULL) == JEM_OK;
}

/* A form about an agency, folded away. */
static void agency_ask(struct web_page *p, const char *agency, enum jem_text what, const char *action, const char *more)
{
    web_html(p->b, "<details><summary>%t<span class=hide> %s</span></summary>", what, agency);
    web_form_begin(p, action, more);
    web_html(p->b, "<input type=hidden name=a value=\"%s\">", agency);
}

static void agency_card(struct web_page *p, const json_t *it, int n)
{
    struct jem_buf *b = p->b;
    const char *agency = jem_json_str(it, "agency", "");
    int waiting = (int)jem_json_int(it, "waiting", 0);
    web_html(b, "<section class=card aria-labelledby=ag%d><h2 id=ag%d>%s <small>%s</small></h2><p>", n, n,
        jem_json_str(it, "name", ""), agency);
    web_html_say(b, JEM_T_WEB_AGENCY_WAITING, waiting, waiting >= 100 ? "+" : "");
    web_html(b, "</p><p class=sub>%t</p>",
        *jem_json_str(it, "key", "") ? JEM_T_WEB_AGENCY_SIGNED : JEM_T_WEB_AGENCY_UNSIGNED);
    if (agency_may(p) && waiting > 0) {
        web_form_begin(p, "/instansi/keluar", " class=inline");
        web_html(b, "<input type=hidden name=a value=\"%s\"><button>%t<span class=hide> %s</span></button></form>",
            agency, JEM_T_WEB_AGENCY_OUT, agency);
    }
    if (agency_may(p)) {
        agency_ask(p, agency, JEM_T_WEB_AGENCY_IN, "/instansi/masuk", " class=ask enctype=\"multipart/form-data\"");
        web_html(b,
            "<label for=af%d>%t</label><input type=file id=af%d name=f required><label for=as%d>%t</label><input "
            "type=file id=as%d name=s><button class=second>%t</button></form></details>",
            n, JEM_T_WEB_AGENCY_FILE, n, n, JEM_T_WEB_AGENCY_SIGNATURE, n, JEM_T_WEB_AGENCY_IN);
    }
    if (web_admin(p)) {
        agency_ask(p, agency, JEM_T_WEB_AGENCY_KEY, "/instansi/kunci", " class=ask");
        web_html(b,
            "<label for=ak%d>%t</label><input class=mono id=ak%d name=k maxlength=400 autocomplete=off "
            "autocapitalize=none spellcheck=false value=\"%s\" aria-describedby=ah%d><small id=ah%d>%t</small><button "
            "class=second>%t</button></form></details>",
            n, JEM_T_WEB_AGENCY_KEY_LINE, n, jem_json_str(it, "key", ""), n, n, JEM_T_WEB_AGENCY_KEY_HINT,
            JEM_T_WEB_AGENCY_KEY_SAVE);
    }
    jem_buf_str(b, "</section>");
}

void web_page_agencies(struct web_page *p)
{
    struct jem_error err = { .code = JEM_OK };
    json_t *o = NULL, *it;
    size_t i;
    if (jem_agency_list(p->app, &o, &err) != JEM_OK) {
        web_page_error(p, &err);
        return;
    }
    web_page_begin(p, WEB_NAV_AGENCIES, jem_text(JEM_T_WEB_AGENCIES), false);
    web_html(p->b, "<h1>%t</h1><p class=sub>%t</p>", JEM_T_WEB_AGENCIES, JEM_T_WEB_AGENCIES_ABOUT);
    if (*web_form_text(&p->r->args, "k")) {
        jem_buf_str(p->b, "<p class=\"note ok\" role=status>");
        web_html_say(p->b, JEM_T_WEB_AGENCY_KEY_SAVED, web_form_text(&p->r->args, "k"));
        jem_buf_str(p->b, "</p>");
    }
    json_array_foreach(json_object_get(o, "agencies"), i, it)
    {
        agency_card(p, it, (int)i);
    }
    web_html(p->b,
        "<section class=card aria-labelledby=sd><h2 id=sd>%t</h2><p>%t</p><p><a "
        "href=\"/instansi/status.db\">%t</a></p></section>",
        JEM_T_WEB_PUBLIC_DATA, JEM_T_WEB_PUBLIC_DATA_ABOUT, JEM_T_WEB_PUBLIC_DATA_GET);
    if (web_may_export(p))
        web_html(p->b, "<p><a href=\"/ekspor\">%t</a></p>", JEM_T_WEB_EXPORT_LINK);
    web_page_end(p);
    json_decref(o);
}

/* ---- out ---- */

static void agency_link(struct web_page *p, const json_t *o, const char *format, bool signature)
{
    web_html(p->b, "<li><a href=\"/instansi/paket?a=%u&amp;p=%u&amp;f=%s%s\">%s%s</a>", jem_json_str(o, "agency", ""),
        jem_json_str(o, "package", ""), format, signature ? "&amp;s=1" : "", format, signature ? ".sig" : "");
}

void web_page_agency_out(struct web_page *p)
{
    struct jem_error err = { .code = JEM_OK };
    struct jem_buf file = JEM_BUF_INIT(AGENCY_PACKAGE_MAX), signature = JEM_BUF_INIT(4096);
    struct jem_package in = { .agency = web_form_text(&p->r->form, "a") };
    json_t *o = NULL;
    enum jem_code rc = jem_agency_out(p->app, &in, &file, &signature, &o, &err);
    jem_buf_wipe(&file);
    jem_buf_release(&signature);
    if (rc != JEM_OK) {
        web_page_error(p, &err);
        return;
    }
    web_page_begin(p, WEB_NAV_AGENCIES, jem_text(JEM_T_WEB_AGENCIES), false);
    web_html(p->b, "<h1>%t: %s</h1><p class=\"note ok\" role=status>", JEM_T_WEB_AGENCY_PACKAGE,
        jem_json_str(o, "package", ""));
    web_html_say(p->b, JEM_T_WEB_AGENCY_MADE, (int)jem_json_int(o, "applications", 0), jem_json_str(o, "agency", ""));
    jem_buf_str(p->b, "</p><ul>");
    agency_link(p, o, "json", false);
    agency_link(p, o, "json", true);
    agency_link(p, o, "csv", false);
    agency_link(p, o, "csv", true);
    web_html(p->b, "</ul><p><a href=\"/instansi\">%t</a></p>", JEM_T_WEB_AGENCIES);
    web_page_end(p);
    json_decref(o);
}

/* The package once more, as a file. */
void web_page_agency_file(struct web_page *p)
{
    struct jem_error err = { .code = JEM_OK };
    const struct web_form *f = &p->r->args;
    struct jem_buf file = JEM_BUF_INIT(AGENCY_PACKAGE_MAX), signature = JEM_BUF_INIT(4096), name = JEM_BUF_INIT(200);
    bool csv = strcmp(web_form_text(f, "f"), "csv") == 0, sig = *web_form_text(f, "s") != '\0';
    struct jem_package in = { .agency = web_form_text(f, "a"), .csv = csv, .again = web_form_text(f, "p") };
    json_t *o = NULL;
    if (jem_agency_out(p->app, &in, &file, &signature, &o, &err) != JEM_OK) {
        web_page_error(p, &err);
    } else {
        jem_buf_fmt(&name, "attachment; filename=\"%s-%s.%s%s\"", jem_json_str(o, "agency", ""),
            jem_json_str(o, "package", ""), csv ? "csv" : "json", sig ? ".sig" : "");
        p->a->type = "application/octet-stream";
        web_answer_header(p->a, "Content-Disposition", jem_buf_text(&name));
        jem_buf_add(p->b, sig ? signature.data : file.data, sig ? signature.len : file.len);
    }
    jem_buf_wipe(&file);
    jem_buf_release(&signature);
    jem_buf_release(&name);
    json_decref(o);
}

/* What `hq status-export` writes, as a file. The name is of this request alone. */
void web_page_public_data(struct web_page *p)
{
    static atomic_uint request;
    struct jem_error err = { .code = JEM_OK };
    char path[4096], name[40];
    json_t *o = NULL;
    (void)snprintf(name, sizeof name, "status.export.%u", atomic_fetch_add(&request, 1));
    enum jem_code rc = jem_path_join(path, sizeof path, p->office->dir, name, &err);
    if (rc == JEM_OK)
        rc = jem_desk_status_export(p->app, path, &o, &err);
    if (rc == JEM_OK && (p->a->fd = web_file_take(path, &p->a->fd_size, &err)) < 0)
        rc = err.code;
    if (rc == JEM_OK) {
        p->a->type = "application/vnd.sqlite3";
        web_answer_header(p->a, "Content-Disposition", "attachment; filename=\"status.db\"");
    } else {
        web_page_error(p, &err);
    }
    json_decref(o);
}

/* ---- in ---- */

static const struct web_file *agency_upload(const struct web_form *f, const char *name)
{
    for (size_t i = 0; i < f->file_count; i++)
        if (strcmp(f->files[i].name, name) == 0 && f->files[i].size > 0)
            return &f->files[i];
    return NULL;
}

static void agency_result(struct web_page *p, const json_t *o)
{
    struct jem_buf *b = p->b;
    size_t i;
    const json_t *it, *refused = json_object_get(o, "refused");
    web_page_begin(p, WEB_NAV_AGENCIES, jem_text(JEM_T_WEB_AGENCY_IN), false);
    web_html(b, "<h1>%t: %s</h1><p class=\"note %s\" role=status>", JEM_T_WEB_AGENCY_IN, jem_json_str(o, "agency", ""),
        json_array_size(refused) > 0 ? "wait" : "ok");
    web_html_say(b, JEM_T_WEB_AGENCY_TAKEN, (int)json_array_size(json_object_get(o, "applied")),
        (int)jem_json_int(o, "already", 0), (int)json_array_size(refused));
    jem_buf_str(b, "</p>");
    if (json_array_size(refused) > 0)
        web_html(b,
            "<table class=rows><caption class=hide>%t</caption><thead><tr><th scope=col>%t<th scope=col>%t<th "
            "scope=col>%t<tbody>",
            JEM_T_WEB_AGENCY_REFUSED, JEM_T_WEB_AGENCY_LINE, JEM_T_WEB_C_NUMBER, JEM_T_WEB_AGENCY_REFUSED);
    json_array_foreach(refused, i, it)
    {
        web_html(b, "<tr><td>%l<td class=number>%s<td>%s", jem_json_int(it, "line", 0), jem_json_str(it, "number", ""),
            jem_json_str(it, "error", ""));
    }
    if (json_array_size(refused) > 0)
        jem_buf_str(b, "</table>");
    web_html(b, "<p><a href=\"/instansi\">%t</a></p>", JEM_T_WEB_AGENCIES);
    web_page_end(p);
}

void web_page_agency_in(struct web_page *p)
{
    struct jem_error err = { .code = JEM_OK };
    const struct web_form *f = &p->r->form;
    const struct web_file *file = agency_upload(f, "f"), *signature = agency_upload(f, "s");
    json_t *o = NULL;
    enum jem_code rc = file != NULL ? JEM_OK : jem_fail(&err, JEM_EINVAL, JEM_D_WEB, 0, JEM_T_WEB_AGENCY_NO_FILE);
    if (rc == JEM_OK)
        rc = jem_agency_in(p->app, web_form_text(f, "a"), (const char *)file->bytes, file->size,
            signature != NULL ? (const char *)signature->bytes : NULL, signature != NULL ? signature->size : 0, &o,
            &err);
    if (rc == JEM_OK)
        agency_result(p, o);
    else
        web_page_error(p, &err);
    json_decref(o);
}

void web_page_agency_key(struct web_page *p)
{
    struct jem_error err = { .code = JEM_OK };
    struct jem_buf to = JEM_BUF_INIT(200);
    json_t *o = NULL;
    if (jem_agency_key(p->app, web_form_text(&p->r->form, "a"), web_form_text(&p->r->form, "k"), &o, &err) == JEM_OK) {
        web_html(&to, "/instansi?k=%u", jem_json_str(o, "agency", ""));
        web_answer_redirect(p->a, jem_buf_text(&to));
    } else {
        web_page_error(p, &err);
    }
    jem_buf_release(&to);
    json_decref(o);
}
