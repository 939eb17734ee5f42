/* page_law.c - headquarters' page of personal data: what is held about one person, erasure, retention, the record of processing.
 * To look at one person is on record, and therefore a POST; nothing else here changes anything before it was confirmed. */
#include <string.h>

#include "desk.h"
#include "jemput/clock.h"
#include "jemput/law.h"
#include "jemput/lookup.h"

#define LAW_ROWS_MAX 200 /* of a long list, on a page */

static void law_begin(struct web_page *p, enum jem_text title)
{
    web_page_begin(p, WEB_NAV_MANAGE, jem_text(title), false);
    jem_buf_str(p->b, "<div class=a4>");
}

static void law_end(struct web_page *p)
{
    web_html(p->b, "<p class=noprint><a href=\"/data-pribadi\">%t</a></p></div>", JEM_T_WEB_LAW_BACK);
    web_page_end(p);
}

/* The same as a file. Takes the reference. */
static void law_file(struct web_page *p, const char *disposition, json_t *o)
{
    web_answer_header(p->a, "Content-Disposition", disposition);
    web_json_answer(p, 200, o);
}

static void law_note(struct web_page *p, const char *kind, struct jem_buf *text)
{
    web_html(p->b, "<p class=\"note %s\" role=status>%s</p>", kind, jem_buf_text(text));
    jem_buf_release(text);
}

/* A count with its unit: on a narrow page the head of the column is not seen. */
static void law_cell(struct web_page *p, enum jem_text unit, int64_t n)
{
    jem_buf_str(p->b, "<td>");
    web_html_say(p->b, unit, (long long)n);
}

/* "2026-11-21", as people read it. */
static void law_day(const char *day, char *out, size_t cap)
{
    int32_t at;
    out[0] = '\0';
    if (jem_day_parse(day, &at, NULL) == JEM_OK)
        jem_day_human(at, out, cap);
}

static void law_fact(struct web_page *p, enum jem_text name, const char *value)
{
    web_html(p->b, "<div><dt>%t</dt><dd>%s</dd></div>", name, value);
}

void web_page_law(struct web_page *p)
{
    struct jem_buf *b = p->b;
    if (!web_admin_only(p))
        return;
    web_page_begin(p, WEB_NAV_MANAGE, jem_text(JEM_T_WEB_LAW), false);
    web_html(b, "<h1>%t</h1><p class=sub>%t</p><section class=card aria-labelledby=lah><h2 id=lah>%t</h2><p>%t</p>",
        JEM_T_WEB_LAW, JEM_T_WEB_LAW_ABOUT, JEM_T_WEB_LAW_ACCESS, JEM_T_WEB_LAW_ACCESS_ABOUT);
    web_form_begin(p, "/data-pribadi/akses", " class=ask");
    web_html(b,
        "<label for=lw>%t</label><input class=number id=lw name=who maxlength=300 required autocomplete=off><label "
        "for=lr>%t</label><input id=lr name=reason maxlength=400 required autocomplete=off aria-describedby=lrh><small "
        "id=lrh>%t</small><button>%t</button></form></section>",
        JEM_T_WEB_LAW_WHO, JEM_T_WEB_REASON, JEM_T_WEB_REVEAL_ABOUT, JEM_T_WEB_LAW_ACCESS_MAKE);
    web_html(b,
        "<section class=card aria-labelledby=leh><h2 id=leh>%t</h2><p>%t</p><form class=ask "
        "action=\"/data-pribadi/hapus\"><label for=ln>%t</label><input class=number id=ln name=n maxlength=300 "
        "required autocomplete=off><button class=second>%t</button></form></section>",
        JEM_T_WEB_LAW_ERASE, JEM_T_WEB_LAW_ERASE_ABOUT, JEM_T_WEB_C_NUMBER, JEM_T_WEB_LAW_ERASE_LOOK);
    web_html(b,
        "<section class=card aria-labelledby=lmh><h2 id=lmh>%t</h2><p>%t</p><p><a class=\"button second\" "
        "href=\"/data-pribadi/masa-simpan\">%t</a></p></section>",
        JEM_T_WEB_LAW_RETENTION, JEM_T_WEB_LAW_RETENTION_ABOUT, JEM_T_WEB_LAW_RETENTION_LOOK);
    web_html(b,
        "<section class=card aria-labelledby=lch><h2 id=lch>%t</h2><p>%t</p><p><a class=\"button second\" "
        "href=\"/data-pribadi/catatan\">%t</a></p></section>",
        JEM_T_WEB_LAW_RECORD, JEM_T_WEB_LAW_RECORD_ABOUT, JEM_T_WEB_LAW_RECORD_SHOW);
    web_page_end(p);
}

/* ---- data that went out ---- */

static enum jem_text law_what(const char *what)
{
    return strcmp(what, "exchange") == 0 ? JEM_T_WEB_LAW_W_PACKAGE
           : strcmp(what, "mirror") == 0 ? JEM_T_WEB_LAW_W_MIRROR
           : strcmp(what, "access") == 0 ? JEM_T_WEB_LAW_W_ACCESS
           : strcmp(what, "reveal") == 0 ? JEM_T_WEB_LAW_W_REVEAL
                                         : JEM_T_WEB_LAW_W_FILE;
}

static void law_out_row(struct web_page *p, const json_t *it)
{
    char at[64];
    struct jem_buf *b = p->b;
    jem_time_human(jem_json_int(it, "at_ms", 0), at, sizeof at);
    web_html(b, "<tr><td class=when>%s<td>%t", at, law_what(jem_json_str(it, "what", "")));
    if (*jem_json_str(it, "to", ""))
        web_html(b, " <b>%s</b>", jem_json_str(it, "to", ""));
    if (*jem_json_str(it, "package", ""))
        web_html(b, "<small class=mono>%s</small>", jem_json_str(it, "package", ""));
    if (*jem_json_str(it, "reason", ""))
        web_html(b, "<small>%s</small>", jem_json_str(it, "reason", ""));
    law_cell(p, JEM_T_WEB_LAW_N, jem_json_int(it, "rows", 0));
    web_html(b, "<td>%s", jem_json_str(it, "by", ""));
}

/* The table's head; the caption is hidden. */
static void law_table(struct web_page *p, enum jem_text caption, const enum jem_text *heads, size_t count)
{
    web_html(p->b, "<table class=\"rows named\"><caption class=hide>%t</caption><thead><tr>", caption);
    for (size_t i = 0; i < count; i++)
        web_html(p->b, "<th scope=col>%t", heads[i]);
    jem_buf_str(p->b, "<tbody>");
}

/* The latest of a list that is oldest first, each by `row`. */
static void law_latest(struct web_page *p, const json_t *list, void (*row)(struct web_page *, const json_t *))
{
    size_t n = json_array_size(list), shown = n > LAW_ROWS_MAX ? LAW_ROWS_MAX : n;
    for (size_t i = n; i > n - shown; i--)
        row(p, json_array_get(list, i - 1));
    jem_buf_str(p->b, "</table>");
    if (shown < n) {
        jem_buf_str(p->b, "<p class=sub>");
        web_html_say(p->b, JEM_T_WEB_LAW_LATEST, (int)shown, (long long)n);
        jem_buf_str(p->b, "</p>");
    }
}

static void law_out(struct web_page *p, const json_t *exports)
{
    static const enum jem_text heads[] = { JEM_T_WEB_LAW_C_WHEN, JEM_T_WEB_LAW_C_WHAT, JEM_T_WEB_LAW_C_ROWS,
        JEM_T_WEB_LAW_C_BY };
    if (json_array_size(exports) == 0) {
        web_html(p->b, "<p class=sub>%t</p>", JEM_T_WEB_LAW_OUT_NONE);
        return;
    }
    law_table(p, JEM_T_WEB_LAW_OUT, heads, sizeof heads / sizeof *heads);
    law_latest(p, exports, law_out_row);
}

/* ---- access ---- */

static void access_field(struct web_page *p, const struct jem_field *field, const char *name, const char *label,
    const char *value)
{
    if (value == NULL || *value == '\0')
        return;
    web_html(p->b, "<div><dt>%s</dt><dd>", label);
    web_value(p->b, field, name, value);
    jem_buf_str(p->b, "</dd></div>");
}

static void access_fields(struct web_page *p, const json_t *one, const struct jem_service *service)
{
    const char *name;
    const json_t *value;
    jem_buf_str(p->b, "<dl class=list>");
    access_field(p, NULL, "nik", jem_text(JEM_T_CLI_C_NIK), jem_json_str(one, "nik", ""));
    access_field(p, NULL, "name", jem_text(JEM_T_CLI_C_NAME), jem_json_str(one, "name", ""));
    json_object_foreach(json_object_get(one, "fields"), name, value)
    {
        const struct jem_field *field = service != NULL ? jem_service_field(service, name) : NULL;
        access_field(p, field, name, field != NULL ? jem_pair(field->label) : name, json_string_value(value));
    }
    jem_buf_str(p->b, "</dl>");
}

static void access_documents(struct web_page *p, const json_t *documents)
{
    size_t i;
    const json_t *it;
    if (json_array_size(documents) == 0)
        return;
    web_html(p->b, "<h3>%t</h3><ul>", JEM_T_WEB_DOCUMENTS);
    json_array_foreach((json_t *)(uintptr_t)documents, i, it)
    {
        char size[40];
        web_size_text((uint64_t)jem_json_int(it, "size", 0), size, sizeof size);
        web_html(p->b, "<li>%s, %s, %s", jem_json_str(it, "kind", ""), jem_json_str(it, "mime", ""), size);
    }
    jem_buf_str(p->b, "</ul>");
}

static void access_history(struct web_page *p, const json_t *events)
{
    size_t i;
    const json_t *it;
    web_html(p->b, "<h3>%t</h3><ol class=timeline>", JEM_T_WEB_TIMELINE);
    json_array_foreach((json_t *)(uintptr_t)events, i, it)
    {
        web_html(p->b, "<li>%s", jem_json_str(it, "label", ""));
        web_who(p->b, it);
    }
    jem_buf_str(p->b, "</ol>");
}

static void access_one(struct web_page *p, const json_t *one, int n)
{
    const struct jem_catalog *catalog = NULL;
    const struct jem_service *service = NULL;
    char day[64];
    if (jem_app_catalog(p->app, &catalog, NULL) == JEM_OK)
        service = jem_catalog_find(catalog, jem_json_str(one, "service", ""));
    web_html(p->b,
        "<section class=card aria-labelledby=ac%d><h2 id=ac%d><span class=number>%s</span></h2><p><b>%s</b> ", n, n,
        jem_json_str(one, "number", ""), jem_json_str(one, "service_name", ""));
    web_badge_status(p->b, jem_json_str(one, "status", ""), jem_json_str(one, "status_label", ""));
    jem_buf_str(p->b, "</p><dl class=list>");
    law_day(jem_json_str(one, "submitted", ""), day, sizeof day);
    law_fact(p, JEM_T_WEB_LAW_SUBMITTED, day);
    law_day(jem_json_str(one, "kept_until", ""), day, sizeof day);
    law_fact(p, JEM_T_WEB_LAW_KEPT, day);
    web_html(p->b, "</dl><h3>%t</h3>", JEM_T_WEB_FIELDS);
    access_fields(p, one, service);
    access_documents(p, json_object_get(one, "documents"));
    access_history(p, json_object_get(one, "events"));
    jem_buf_str(p->b, "</section>");
}

static void access_page(struct web_page *p, const json_t *o)
{
    const json_t *list = json_object_get(o, "applications"), *one;
    size_t i;
    struct jem_buf *b = p->b;
    law_begin(p, JEM_T_WEB_LAW_ACCESS);
    web_html(b, "<h1>%t</h1><dl class=\"list card\"><div><dt>%t</dt><dd class=mono>%s</dd></div>", JEM_T_WEB_LAW_ACCESS,
        JEM_T_CLI_C_NIK, jem_json_str(o, "nik", ""));
    law_fact(p, JEM_T_WEB_LAW_PURPOSE, jem_json_str(o, "purpose", ""));
    jem_buf_str(b, "</dl>");
    if (json_array_size(list) == 0) {
        web_html(b, "<p class=empty>%t</p>", JEM_T_WEB_LAW_NOBODY);
        law_end(p);
        return;
    }
    jem_buf_str(b, "<div class=\"card noprint\">");
    web_form_begin(p, "/data-pribadi/akses", "");
    web_html(b,
        "<input type=hidden name=who value=\"%s\"><input type=hidden name=reason value=\"%s\"><p>%t %t</p>"
        "<button class=second name=f value=json>%t</button></form></div>",
        jem_json_str(json_array_get(list, 0), "number", ""), web_form_text(&p->r->form, "reason"), JEM_T_WEB_LAW_MASKED,
        JEM_T_WEB_LAW_JSON_ABOUT, JEM_T_WEB_LAW_JSON);
    json_array_foreach((json_t *)(uintptr_t)list, i, one)
    {
        access_one(p, one, (int)i);
    }
    web_html(b, "<h2>%t</h2>", JEM_T_WEB_LAW_OUT);
    law_out(p, json_object_get(o, "exports"));
    law_end(p);
}

void web_page_law_access(struct web_page *p)
{
    struct jem_error err = { .code = JEM_OK };
    const struct web_form *f = &p->r->form;
    json_t *o = NULL;
    if (jem_law_access(p->app, web_form_text(f, "who"), web_form_text(f, "reason"), &o, &err) != JEM_OK)
        web_page_error(p, &err);
    else if (strcmp(web_form_text(f, "f"), "json") == 0)
        law_file(p, "attachment; filename=\"akses.json\"", json_incref(o));
    else
        access_page(p, o);
    json_decref(o);
}

/* ---- erasure ---- */

static void erase_facts(struct web_page *p, const json_t *o)
{
    struct jem_buf *b = p->b;
    web_html(b, "<p><b>%s</b> ", jem_json_str(o, "service_name", ""));
    web_badge_status(b, jem_json_str(o, "status", ""), jem_json_str(o, "status_label", ""));
    web_html(b, "</p><dl class=list><div><dt>%t</dt><dd>%l</dd></div><div><dt>%t</dt><dd>%l</dd></div></dl>",
        JEM_T_WEB_LAW_BODIES, jem_json_int(o, "events", 0), JEM_T_WEB_DOCUMENTS, jem_json_int(o, "documents", 0));
}

static void erase_vans(struct web_page *p, const json_t *vans)
{
    size_t i;
    const json_t *van;
    web_html(p->b, "<p>%t: <b>", JEM_T_WEB_LAW_VANS);
    json_array_foreach((json_t *)(uintptr_t)vans, i, van)
    {
        web_html(p->b, i > 0 ? ", %l" : "%l", (int64_t)json_integer_value(van));
    }
    if (json_array_size(vans) == 0)
        web_html(p->b, "%t", JEM_T_WEB_LAW_NO_VANS);
    jem_buf_str(p->b, "</b></p>");
}

static void erase_copies(struct web_page *p, const json_t *o)
{
    struct jem_buf *b = p->b;
    const json_t *others = json_object_get(o, "others"), *it;
    size_t i;
    web_html(b, "<section class=card aria-labelledby=coh><h2 id=coh>%t</h2>", JEM_T_WEB_LAW_COPIES);
    erase_vans(p, json_object_get(o, "vans"));
    web_html(b, "<p>%t</p>", JEM_T_WEB_LAW_COPIES_ABOUT);
    law_out(p, json_object_get(o, "exports"));
    if (json_is_integer(json_object_get(o, "backup_ms"))) {
        char at[64];
        jem_time_human(jem_json_int(o, "backup_ms", 0), at, sizeof at);
        jem_buf_str(b, "<p>");
        web_html_say(b, JEM_T_WEB_LAW_BACKUP, at);
        jem_buf_str(b, "</p>");
    }
    web_html(b, "<p>%s</p></section>", jem_json_str(o, "sealed", ""));
    if (json_array_size(others) == 0)
        return;
    web_html(b, "<section class=card aria-labelledby=oth><h2 id=oth>%t</h2><ul>", JEM_T_WEB_LAW_OTHERS);
    json_array_foreach((json_t *)(uintptr_t)others, i, it)
    {
        web_html(b, "<li><a class=number href=\"/data-pribadi/hapus?n=%u\">%s</a>", json_string_value(it),
            json_string_value(it));
    }
    jem_buf_str(b, "</ul></section>");
}

/* What the form or the address names; NULL, and the reason is the answer. New reference. */
static json_t *erase_look(struct web_page *p, const struct web_form *f)
{
    struct jem_error err = { .code = JEM_OK };
    uint64_t number = 0;
    json_t *o = NULL;
    enum jem_code rc = jem_lookup_number(p->app, web_form_text(f, "n"), &number, &err);
    if (rc == JEM_OK)
        rc = jem_law_erase_preview(p->app, number, &o, &err);
    if (rc != JEM_OK)
        web_page_error(p, &err);
    return o;
}

static const enum jem_text erase_bases[] = { JEM_T_WEB_LAW_BASIS_REQUEST, JEM_T_WEB_LAW_BASIS_CONSENT,
    JEM_T_WEB_LAW_BASIS_NEEDLESS, JEM_T_WEB_LAW_BASIS_UNLAWFUL, JEM_T_WEB_LAW_BASIS_OTHER };
#define ERASE_BASES (sizeof erase_bases / sizeof *erase_bases)

/* "permintaan pemohon: surat 12/2026"; of another basis what was typed alone. */
static void erase_basis(const struct web_form *f, struct jem_buf *out)
{
    int64_t chosen = web_form_number(f, "b", -1);
    if (chosen >= 0 && chosen + 1 < (int64_t)ERASE_BASES && *web_form_text(f, "m"))
        jem_buf_fmt(out, "%s: ", jem_text(erase_bases[chosen]));
    jem_buf_str(out, web_form_text(f, "m"));
}

/* What would go; nothing does. */
void web_page_law_erase(struct web_page *p)
{
    struct jem_buf *b = p->b;
    json_t *o = web_admin_only(p) ? erase_look(p, &p->r->args) : NULL;
    if (o == NULL)
        return;
    law_begin(p, JEM_T_WEB_LAW_ERASE);
    web_html(b, "<h1>%t: <span class=number>%s</span></h1><div class=card>", JEM_T_WEB_LAW_ERASE,
        jem_json_str(o, "number", ""));
    erase_facts(p, o);
    jem_buf_str(b, "</div>");
    erase_copies(p, o);
    web_html(b, "<section class=\"card noprint\" aria-labelledby=bah><h2 id=bah>%t</h2>", JEM_T_WEB_LAW_BASIS);
    web_form_begin(p, "/data-pribadi/hapus", " class=ask");
    web_html(b, "<input type=hidden name=n value=\"%s\"><label for=lb>%t</label><select id=lb name=b>",
        jem_json_str(o, "number", ""), JEM_T_WEB_LAW_C_BASIS);
    for (size_t i = 0; i < ERASE_BASES; i++)
        web_html(b, "<option value=%d>%t", (int)i, erase_bases[i]);
    web_html(b,
        "</select><label for=lm>%t</label><input id=lm name=m maxlength=400 required "
        "autocomplete=off><button>%t</button></form></section>",
        JEM_T_WEB_LAW_BASIS_MORE, JEM_T_WEB_LAW_GO_ON);
    law_end(p);
    json_decref(o);
}

/* The question once more, on a page of its own; nothing goes yet. */
void web_page_law_erase_ask(struct web_page *p)
{
    struct jem_buf *b = p->b, basis = JEM_BUF_INIT(1000);
    const char *number;
    json_t *o = web_admin_only(p) ? erase_look(p, &p->r->form) : NULL;
    if (o == NULL)
        return;
    number = jem_json_str(o, "number", "");
    erase_basis(&p->r->form, &basis);
    law_begin(p, JEM_T_WEB_LAW_CONFIRM);
    web_html(b, "<section class=\"card alert\"><h1>%t</h1><p class=number>%s</p>", JEM_T_WEB_LAW_CONFIRM, number);
    erase_facts(p, o);
    web_html(b, "<p><b>%t</b>: %s</p><p>", JEM_T_WEB_LAW_C_BASIS, jem_buf_text(&basis));
    web_html_say(b, JEM_T_WEB_LAW_CONFIRM_ABOUT, (long long)jem_json_int(o, "events", 0),
        (long long)jem_json_int(o, "documents", 0));
    jem_buf_str(b, "</p>");
    web_form_begin(p, "/data-pribadi/hapus/pasti", " class=ask");
    web_html(b,
        "<input type=hidden name=n value=\"%s\"><input type=hidden name=basis value=\"%s\"><label class=check><input "
        "type=checkbox name=yes value=1 required> %t</label><button class=danger>%t</button></form><p><a "
        "href=\"/data-pribadi/hapus?n=%u\">%t</a></p></section>",
        number, jem_buf_text(&basis), JEM_T_WEB_LAW_SURE, JEM_T_WEB_LAW_ERASE_NOW, number, JEM_T_WEB_LAW_CANCEL);
    law_end(p);
    jem_buf_release(&basis);
    json_decref(o);
}

/* JEM_EINVAL while the box is not ticked. */
static enum jem_code law_sure(const struct web_page *p, struct jem_error *err)
{
    return strcmp(web_form_text(&p->r->form, "yes"), "1") == 0
               ? JEM_OK
               : jem_fail(err, JEM_EINVAL, JEM_D_WEB, 0, JEM_T_WEB_LAW_NOT_SURE);
}

void web_page_law_erase_do(struct web_page *p)
{
    struct jem_error err = { .code = JEM_OK };
    const struct web_form *f = &p->r->form;
    struct jem_buf done = JEM_BUF_INIT(600);
    uint64_t number = 0;
    json_t *o = NULL;
    if (!web_admin_only(p))
        return;
    enum jem_code rc = law_sure(p, &err);
    if (rc == JEM_OK)
        rc = jem_lookup_number(p->app, web_form_text(f, "n"), &number, &err);
    if (rc == JEM_OK)
        rc = jem_law_erase(p->app, number, web_form_text(f, "basis"), &o, &err);
    if (rc != JEM_OK) {
        web_page_error(p, &err);
        return;
    }
    law_begin(p, JEM_T_WEB_LAW_ERASE);
    web_html(p->b, "<h1>%t: <span class=number>%s</span></h1>", JEM_T_WEB_LAW_ERASE, jem_json_str(o, "number", ""));
    jem_buf_fmt(&done, jem_text(JEM_T_WEB_LAW_ERASED), (long long)jem_json_int(o, "events", 0),
        (long long)jem_json_int(o, "documents", 0));
    jem_buf_fmt(&done, " %s",
        jem_text(jem_json_bool(o, "scrubbed", false) ? JEM_T_WEB_LAW_SCRUBBED : JEM_T_WEB_LAW_SCRUB_LATER));
    law_note(p, "ok", &done);
    web_html(p->b, "<p><b>%t</b>: %s</p>", JEM_T_WEB_LAW_C_BASIS, jem_json_str(o, "basis", ""));
    erase_copies(p, o);
    law_end(p);
    json_decref(o);
}

/* ---- retention ---- */

static void retention_counts(struct web_page *p, const json_t *services)
{
    size_t i;
    const json_t *it;
    static const enum jem_text heads[] = { JEM_T_CLI_C_SERVICE, JEM_T_CLI_C_COUNT };
    law_table(p, JEM_T_WEB_LAW_RETENTION, heads, sizeof heads / sizeof *heads);
    json_array_foreach((json_t *)(uintptr_t)services, i, it)
    {
        web_html(p->b, "<tr><td>%s", jem_json_str(it, "name", ""));
        law_cell(p, JEM_T_WEB_LAW_N, jem_json_int(it, "count", 0));
    }
    jem_buf_str(p->b, "</table>");
}

static void retention_list(struct web_page *p, const json_t *due)
{
    size_t i, n = json_array_size(due);
    const json_t *it;
    char day[64];
    static const enum jem_text heads[] = { JEM_T_WEB_C_NUMBER, JEM_T_CLI_C_SERVICE, JEM_T_CLI_C_STATUS,
        JEM_T_WEB_LAW_C_ENDED, JEM_T_WEB_LAW_C_DAYS };
    web_html(p->b, "<h2>%t</h2>", JEM_T_WEB_LAW_LIST);
    if (n > LAW_ROWS_MAX) {
        jem_buf_str(p->b, "<p>");
        web_html_say(p->b, JEM_T_WEB_LAW_DUE_FIRST, LAW_ROWS_MAX, (long long)n);
        jem_buf_str(p->b, "</p>");
    }
    law_table(p, JEM_T_WEB_LAW_LIST, heads, sizeof heads / sizeof *heads);
    json_array_foreach((json_t *)(uintptr_t)due, i, it)
    {
        if (i >= LAW_ROWS_MAX)
            break;
        web_html(p->b, "<tr><td><a class=row href=\"/p/%s\">%s</a><td>%s<td>", jem_json_str(it, "number", ""),
            jem_json_str(it, "number", ""), jem_json_str(it, "service_name", ""));
        web_badge_status(p->b, jem_json_str(it, "status", ""), jem_json_str(it, "status_label", ""));
        law_day(jem_json_str(it, "ended", ""), day, sizeof day);
        web_html(p->b, "<td class=when>%s", day);
        law_cell(p, JEM_T_WEB_LAW_DAYS, jem_json_int(it, "days", 0));
    }
    jem_buf_str(p->b, "</table>");
}

static void retention_ask(struct web_page *p, int64_t n)
{
    web_form_begin(p, "/data-pribadi/masa-simpan", " class=\"ask card noprint\"");
    web_html(p->b,
        "<input type=hidden name=shown value=%l><label class=check><input type=checkbox name=yes value=1 "
        "required> ",
        n);
    web_html_say(p->b, JEM_T_WEB_LAW_RUN_SURE, (long long)n);
    web_html(p->b, "</label><button class=danger>%t</button></form>", JEM_T_WEB_LAW_RUN);
}

void web_page_law_retention(struct web_page *p)
{
    struct jem_error err = { .code = JEM_OK };
    bool run = p->r->post;
    struct jem_buf note = JEM_BUF_INIT(600);
    json_t *o = NULL;
    if (!web_admin_only(p))
        return;
    enum jem_code rc = run ? law_sure(p, &err) : JEM_OK;
    if (rc == JEM_OK)
        rc = jem_law_retention(p->app, !run, run ? web_form_number(&p->r->form, "shown", 0) : -1, &o, &err);
    if (rc != JEM_OK) {
        web_page_error(p, &err);
        return;
    }
    const json_t *due = json_object_get(o, "due");
    int64_t n = (int64_t)json_array_size(due);
    law_begin(p, JEM_T_WEB_LAW_RETENTION);
    web_html(p->b, "<h1>%t</h1>", JEM_T_WEB_LAW_RETENTION);
    if (n == 0) {
        web_html(p->b, "<p class=empty>%t</p>", JEM_T_WEB_LAW_DUE_NONE);
    } else {
        jem_buf_fmt(&note, jem_text(run ? JEM_T_WEB_LAW_RUN_DONE : JEM_T_WEB_LAW_DUE), (long long)n);
        if (jem_json_bool(o, "more", false))
            jem_buf_fmt(&note, " %s", jem_text(JEM_T_WEB_LAW_DUE_MORE));
        law_note(p, run ? "ok" : "wait", &note);
        retention_counts(p, json_object_get(o, "services"));
        if (!run) {
            retention_list(p, due);
            retention_ask(p, n);
        }
    }
    law_end(p);
    json_decref(o);
}

/* ---- the record of processing ---- */

static void record_purposes(struct web_page *p, const json_t *purposes)
{
    size_t i, k;
    const json_t *it, *field;
    static const enum jem_text heads[] = { JEM_T_CLI_C_SERVICE, JEM_T_WEB_LAW_C_FIELDS, JEM_T_WEB_LAW_C_BASIS,
        JEM_T_WEB_LAW_C_DAYS };
    web_html(p->b, "<h2>%t</h2>", JEM_T_WEB_LAW_PURPOSES);
    law_table(p, JEM_T_WEB_LAW_PURPOSES, heads, sizeof heads / sizeof *heads);
    json_array_foreach((json_t *)(uintptr_t)purposes, i, it)
    {
        web_html(p->b, "<tr><td><b>%s</b><small>%s</small>", jem_json_str(it, "name", ""),
            jem_json_str(it, "agency", ""));
        if (jem_json_bool(it, "specific", false))
            web_html(p->b, "<span class=\"badge wait\">%t</span>", JEM_T_WEB_LAW_SPECIFIC);
        jem_buf_str(p->b, "<td>");
        json_array_foreach(json_object_get(it, "fields"), k, field)
        {
            web_html(p->b, k > 0 ? ", %s" : "%s", json_string_value(field));
        }
        web_html(p->b, "<td>%s", jem_json_str(it, "basis", ""));
        law_cell(p, JEM_T_WEB_LAW_DAYS, jem_json_int(it, "retention_days", 0));
    }
    jem_buf_str(p->b, "</table>");
}

static void record_others(struct web_page *p, const json_t *others)
{
    static const enum jem_text heads[] = { JEM_T_WEB_LAW_OTHER, JEM_T_WEB_LAW_C_HELD };
    const json_t *it;
    size_t i;
    web_html(p->b, "<h2>%t</h2>", JEM_T_WEB_LAW_OTHER);
    law_table(p, JEM_T_WEB_LAW_OTHER, heads, sizeof heads / sizeof *heads);
    json_array_foreach((json_t *)(uintptr_t)others, i, it)
    {
        web_html(p->b, "<tr><td><b>%s</b><td>%s", jem_json_str(it, "what", ""), jem_json_str(it, "data", ""));
    }
    jem_buf_str(p->b, "</table>");
}

static void record_erasure(struct web_page *p, const json_t *it)
{
    char at[64];
    const json_t *numbers = json_object_get(it, "numbers");
    jem_time_human(jem_json_int(it, "at_ms", 0), at, sizeof at);
    web_html(p->b, "<tr><td class=when>%s<td>%s", at, jem_json_str(it, "basis", ""));
    if (json_array_size(numbers) == 1)
        web_html(p->b, "<small class=number>%s</small>", json_string_value(json_array_get(numbers, 0)));
    law_cell(p, JEM_T_WEB_LAW_N, (int64_t)json_array_size(numbers));
    web_html(p->b, "<td>%s", jem_json_str(it, "by", ""));
}

static void record_erasures(struct web_page *p, const json_t *erasures)
{
    static const enum jem_text heads[] = { JEM_T_WEB_LAW_C_WHEN, JEM_T_WEB_LAW_C_BASIS, JEM_T_WEB_LAW_C_ROWS,
        JEM_T_WEB_LAW_C_BY };
    web_html(p->b, "<h2>%t</h2>", JEM_T_WEB_LAW_ERASURES);
    if (json_array_size(erasures) == 0) {
        web_html(p->b, "<p class=sub>%t</p>", JEM_T_WEB_LAW_ERASURES_NONE);
        return;
    }
    law_table(p, JEM_T_WEB_LAW_ERASURES, heads, sizeof heads / sizeof *heads);
    law_latest(p, erasures, record_erasure);
}

static void record_page(struct web_page *p, const json_t *o)
{
    struct jem_buf *b = p->b;
    law_begin(p, JEM_T_WEB_LAW_RECORD);
    web_html(b,
        "<div class=head><h1>%t</h1><a class=\"button second noprint\" "
        "href=\"/data-pribadi/catatan?f=json\">%t</a></div><p class=\"sub noprint\">%t</p><dl class=\"list card\">",
        JEM_T_WEB_LAW_RECORD, JEM_T_WEB_LAW_JSON, JEM_T_WEB_LAW_JSON_ABOUT);
    law_fact(p, JEM_T_WEB_LAW_CONTROLLER, jem_json_str(o, "controller", ""));
    law_fact(p, JEM_T_WEB_LAW_CONTACT, jem_json_str(o, "contact", ""));
    law_fact(p, JEM_T_WEB_LAW_PURPOSE, jem_json_str(o, "purpose", ""));
    law_fact(p, JEM_T_WEB_LAW_SAFEGUARDS, jem_json_str(o, "safeguards", ""));
    web_html(b, "<div><dt>%t</dt><dd>", JEM_T_WEB_LAW_SIZE);
    web_html_say(b, JEM_T_WEB_LAW_SIZE_IS, (long long)jem_json_int(o, "applications", 0),
        (long long)jem_json_int(o, "officers", 0), (long long)jem_json_int(o, "vans", 0));
    jem_buf_str(b, "</dd></div></dl>");
    record_purposes(p, json_object_get(o, "purposes"));
    record_others(p, json_object_get(o, "others"));
    web_html(b, "<h2>%t</h2>", JEM_T_WEB_LAW_OUT);
    law_out(p, json_object_get(o, "recipients"));
    record_erasures(p, json_object_get(o, "erasures"));
    law_end(p);
}

void web_page_law_record(struct web_page *p)
{
    struct jem_error err = { .code = JEM_OK };
    json_t *o = NULL;
    if (!web_admin_only(p))
        return;
    if (jem_law_processing(p->app, &o, &err) != JEM_OK)
        web_page_error(p, &err);
    else if (strcmp(web_form_text(&p->r->args, "f"), "json") == 0)
        law_file(p, "attachment; filename=\"catatan-pemrosesan.json\"", json_incref(o));
    else
        record_page(p, o);
    json_decref(o);
}
