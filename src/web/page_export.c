/* page_export.c - headquarters: applications as a file for people's own tools. Asked for and fetched by POST: both are acts, and nothing that a
 * link or a picture could set off. */
#include <string.h>

#include "jemput/clock.h"
#include "office.h"

#define EXPORT_WAIT_MS 2000
#define EXPORT_REFRESH_S 5

bool web_may_export(struct web_page *p)
{
    const struct jem_export any = { .format = JEM_EXPORT_CSV, .what = JEM_SELECTION_ALL };
    return jem_app_require(p->app, JEM_ROLE_HQ, "approver,admin", NULL) == JEM_OK &&
           jem_data_export_may(p->app, &any, NULL) == JEM_OK;
}

/* Answers those who may not. */
static bool export_refused(struct web_page *p)
{
    struct jem_error err = { .code = JEM_OK };
    const struct jem_export any = { .format = JEM_EXPORT_CSV, .what = JEM_SELECTION_ALL };
    enum jem_code rc = jem_app_require(p->app, JEM_ROLE_HQ, "approver,admin", &err);
    if (rc == JEM_OK)
        rc = jem_data_export_may(p->app, &any, &err);
    if (rc != JEM_OK)
        web_page_error(p, &err);
    return rc != JEM_OK;
}

/* ---- the form ---- */

static void export_services(struct web_page *p)
{
    const char *service = web_form_text(&p->r->form, "s");
    const struct jem_catalog *catalog = NULL;
    web_html(p->b, "<label for=xs>%t</label><select id=xs name=s><option value=\"\">%t", JEM_T_REPORT_C_SERVICE,
        JEM_T_TARGET_ALL);
    if (jem_app_catalog(p->app, &catalog, NULL) == JEM_OK)
        for (size_t i = 0; i < jem_catalog_count(catalog); i++) {
            const struct jem_service *s = jem_catalog_at(catalog, i);
            web_html(p->b, "<option value=\"%s\"%s>%s", s->id, strcmp(s->id, service) == 0 ? " selected" : "",
                jem_pair(s->name));
        }
    jem_buf_str(p->b, "</select>");
}

static void export_statuses(struct web_page *p)
{
    const char *status = web_form_text(&p->r->form, "k");
    web_html(p->b, "<label for=xk>%t</label><select id=xk name=k><option value=\"\">%t", JEM_T_WEB_F_STATUS,
        JEM_T_WEB_F_ALL);
    for (unsigned s = JEM_STATUS_SUBMITTED; s < JEM_STATUS_COUNT; s++) {
        const char *name = jem_status_name((enum jem_status)s);
        web_html(p->b, "<option value=%s%s>%s", name, strcmp(name, status) == 0 ? " selected" : "",
            jem_status_label((enum jem_status)s));
    }
    jem_buf_str(p->b, "</select>");
}

static void export_formats(struct web_page *p)
{
    static const struct {
        const char *name;
        enum jem_text text;
    } formats[] = { { "csv", JEM_T_WEB_EXPORT_CSV }, { "jsonl", JEM_T_WEB_EXPORT_JSONL },
        { "sqlite", JEM_T_WEB_EXPORT_SQLITE } };
    const char *format = web_form_text(&p->r->form, "f");
    web_html(p->b, "<label for=xf>%t</label><select id=xf name=f>", JEM_T_WEB_EXPORT_FORMAT);
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++)
        web_html(p->b, "<option value=%s%s>%t", formats[i].name,
            strcmp(formats[i].name, format) == 0 ? " selected" : "", formats[i].text);
    jem_buf_str(p->b, "</select>");
}

static void export_form(struct web_page *p)
{
    struct jem_buf *b = p->b;
    const struct web_form *f = &p->r->form;
    web_form_begin(p, "/ekspor", " class=ask");
    export_formats(p);
    web_html(b,
        "<label for=xa>%t</label><input class=short id=xa name=from maxlength=10 autocomplete=off value=\"%s\"><label "
        "for=xb>%t</label><input class=short id=xb name=to maxlength=10 autocomplete=off value=\"%s\">",
        JEM_T_WEB_EXPORT_FROM, web_form_text(f, "from"), JEM_T_WEB_EXPORT_TO, web_form_text(f, "to"));
    export_services(p);
    web_html(b,
        "<label for=xv>%t</label><input class=short id=xv name=v inputmode=numeric maxlength=13 autocomplete=off "
        "value=\"%s\">",
        JEM_T_WEB_REPORT_PLACE, web_form_text(f, "v"));
    export_statuses(p);
    if (web_admin(p))
        web_html(b, "<label class=check><input type=checkbox name=nik value=1%s> %t</label>",
            *web_form_text(f, "nik") ? " checked" : "", JEM_T_WEB_EXPORT_NIK);
    web_html(b,
        "<label for=xr>%t</label><input id=xr name=reason maxlength=400 autocomplete=off "
        "value=\"%s\"><button>%t</button></form>",
        JEM_T_WEB_EXPORT_REASON, web_form_text(f, "reason"), JEM_T_WEB_EXPORT_MAKE);
}

/* How it stands with this officer's last file. */
static void export_state(struct web_page *p, const struct web_chore_state *state)
{
    struct jem_buf *b = p->b;
    char size[40];
    if (state->running) {
        web_html(b, "<p class=note role=status>%t <a href=\"/ekspor\">%t</a></p>", JEM_T_WEB_EXPORT_RUNS,
            JEM_T_WEB_RELOAD);
    } else if (state->err.code != JEM_OK) {
        web_html(b, "<p class=\"note bad\" role=alert>%s</p>", state->err.msg);
    } else if (state->file) {
        web_size_text(state->size, size, sizeof size);
        jem_buf_str(b, "<div class=\"note ok\"><p role=status>");
        web_html_say(b, JEM_T_WEB_EXPORT_READY, (long long)jem_json_int(state->out, "rows", 0), size);
        jem_buf_str(b, "</p>");
        web_form_begin(p, "/ekspor/unduh", " data-again");
        web_html(b, "<button>%t %s</button></form></div>", JEM_T_WEB_EXPORT_GET, web_chore_export_name(state->format));
    }
}

static void export_page(struct web_page *p, const char *failure)
{
    struct web_chore_state state;
    web_chore_read(&p->office->export, &state);
    bool ours = strcmp(state.user, jem_app_user(p->app)) == 0;
    p->refresh_s = ours && state.running ? EXPORT_REFRESH_S : 0;
    web_page_begin(p, WEB_NAV_REPORT, jem_text(JEM_T_WEB_EXPORT), failure != NULL);
    web_html(p->b, "<h1>%t</h1><p class=sub><a href=\"/laporan\">%t</a> &middot; <a href=\"/instansi\">%t</a>",
        JEM_T_WEB_EXPORT, JEM_T_WEB_REPORT, JEM_T_WEB_AGENCIES);
    if (web_admin(p))
        web_html(p->b, " &middot; <a href=\"/ekspor/cermin\">%t</a>", JEM_T_WEB_LAW_W_MIRROR);
    web_html(p->b, "</p><p class=\"note wait\">%t</p>", JEM_T_WEB_EXPORT_WARN);
    if (failure != NULL)
        web_html(p->b, "<p class=\"note bad\" role=alert>%s</p>", failure);
    else if (ours)
        export_state(p, &state);
    jem_buf_str(p->b, "<section class=card>");
    export_form(p);
    jem_buf_str(p->b, "</section>");
    web_page_end(p);
    json_decref(state.out);
}

void web_page_export(struct web_page *p)
{
    if (!export_refused(p))
        export_page(p, NULL);
}

/* ---- what is done ---- */

static enum jem_code export_day(const char *text, int32_t *out, struct jem_error *err)
{
    return *text != '\0' ? jem_day_parse(text, out, err) : JEM_OK;
}

/* What the form asks for; borrows from it. */
static enum jem_code export_want(struct web_page *p, struct web_chore_want *want, struct jem_error *err)
{
    const struct web_form *f = &p->r->form;
    struct jem_export *e = &want->export;
    const char *service = web_form_text(f, "s"), *village = web_form_text(f, "v"), *reason = web_form_text(f, "reason");
    *want = (struct web_chore_want){ .kind = WEB_CHORE_EXPORT };
    e->what = JEM_SELECTION_ALL;
    e->format = jem_export_format_parse(web_form_text(f, "f"));
    e->what.service = *service ? service : NULL;
    e->what.village = *village ? village : NULL;
    e->what.status = *web_form_text(f, "k") ? jem_status_parse(web_form_text(f, "k")) : JEM_STATUS_UNKNOWN;
    e->nik = *web_form_text(f, "nik") != '\0';
    e->reason = *reason ? reason : NULL;
    enum jem_code rc = *web_form_text(f, "k") && e->what.status == JEM_STATUS_UNKNOWN
                           ? jem_fail(err, JEM_EINVAL, JEM_D_WEB, 0, JEM_T_CLI_BAD_STATUS, web_form_text(f, "k"))
                           : export_day(web_form_text(f, "from"), &e->what.from_day, err);
    if (rc == JEM_OK)
        rc = export_day(web_form_text(f, "to"), &e->what.to_day, err);
    if (rc == JEM_OK)
        rc = jem_data_export_may(p->app, e, err);
    if (rc == JEM_OK && !web_chore_export_path(p->office->dir, e->format, want->path))
        rc = jem_fail(err, JEM_EINVAL, JEM_D_WEB, 0, JEM_T_WEB_BAD_REQUEST);
    return rc;
}

void web_page_export_make(struct web_page *p)
{
    struct jem_error err = { .code = JEM_OK };
    struct web_chore_want want;
    if (export_refused(p))
        return;
    enum jem_code rc = export_want(p, &want, &err);
    if (rc == JEM_OK)
        rc = web_chore_start(&p->office->export, p->app, &want, &err);
    if (rc == JEM_OK) {
        web_chore_wait(&p->office->export, EXPORT_WAIT_MS);
        web_answer_redirect(p->a, "/ekspor");
    } else if (rc == JEM_EINVAL || rc == JEM_EBUSY) {
        p->a->status = rc == JEM_EINVAL ? 422 : 409;
        export_page(p, err.msg);
    } else {
        web_page_error(p, &err);
    }
}

void web_page_export_get(struct web_page *p)
{
    struct web_chore_state state;
    struct jem_buf header = JEM_BUF_INIT(120);
    static const char *const types[] = { "", "text/csv; charset=utf-8", "application/jsonl; charset=utf-8",
        "application/vnd.sqlite3" };
    if (export_refused(p))
        return;
    web_chore_read(&p->office->export, &state);
    json_decref(state.out);
    p->a->fd = web_chore_file(&p->office->export, jem_app_user(p->app), &p->a->fd_size);
    if (p->a->fd < 0) {
        web_page_message(p, 404, jem_text(JEM_T_WEB_NOT_FOUND_TITLE), jem_text(JEM_T_WEB_EXPORT_GONE));
        return;
    }
    jem_buf_fmt(&header, "attachment; filename=\"%s\"", web_chore_export_name(state.format));
    p->a->type = types[state.format];
    web_answer_header(p->a, "Content-Disposition", jem_buf_text(&header));
    jem_buf_release(&header);
}
