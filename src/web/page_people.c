/* page_people.c - handing over finished documents, and complaints. */
#include <string.h>

#include "jemput/clock.h"
#include "jemput/day.h"
#include "jemput/lookup.h"
#include "jemput/region.h"
#include "entry.h"
#include "office.h"

#define HANDOVER_VILLAGES 20

static void people_done(struct web_page *p, enum jem_code rc, const struct jem_error *err, const char *path,
    json_t *out)
{
    if (rc == JEM_OK)
        web_answer_redirect(p->a, path);
    else
        web_page_error(p, err);
    json_decref(out);
}

/* ---- handover ---- */

/* The form for one application: its number was scanned, typed, or chosen in the list. */
static void handover_form(struct web_page *p, const char *number)
{
    web_html(p->b, "<section class=card><h2>%t</h2>", JEM_T_WEB_HANDOVER_RECORD);
    web_form_begin(p, "/penyerahan", " class=ask enctype=\"multipart/form-data\"");
    web_html(p->b,
        "<label for=n>%t</label><input class=number id=n name=n value=\"%s\" maxlength=300 required%s><label "
        "for=name>%t"
        "</label><input id=name name=name maxlength=200 required><label for=rel>%t</label><select id=rel "
        "name=rel><option "
        "value=self>%t<option value=family>%t<option value=proxy>%t</select><label for=nik>%t</label><input "
        "class=short "
        "id=nik name=nik inputmode=numeric maxlength=19 aria-describedby=nikh><small id=nikh>%t</small><label "
        "for=photo>%t</label><input type=file id=photo name=photo accept=\"image/*\"><label for=note>%t</label><input "
        "id=note "
        "name=note maxlength=400><button>%t</button></form></section>",
        JEM_T_CLI_C_NUMBER, number, *number ? "" : " autofocus", JEM_T_CLI_O_RECEIVER, JEM_T_WEB_HANDOVER_RELATION,
        JEM_T_RELATION_SELF, JEM_T_RELATION_FAMILY, JEM_T_RELATION_PROXY, JEM_T_WEB_HANDOVER_NIK, JEM_T_HANDOVER_NIK,
        JEM_T_CLI_O_PHOTO, JEM_T_WEB_NOTE, JEM_T_WEB_HANDOVER_RECORD);
}

static void handover_ready(struct web_page *p, const json_t *rows)
{
    size_t i;
    json_t *it;
    web_html(p->b,
        "<h2>%t</h2><table class=rows><caption class=hide>%t</caption><thead><tr><th scope=col>%t<th scope=col>%t<th "
        "scope=col>%t<tbody>",
        JEM_T_WEB_HANDOVER_READY, JEM_T_WEB_HANDOVER_READY, JEM_T_CLI_C_NUMBER, JEM_T_WEB_C_WHO, JEM_T_CLI_C_VILLAGE);
    json_array_foreach((json_t *)(uintptr_t)rows, i, it)
    {
        const char *number = jem_json_str(it, "number", "");
        web_html(p->b, "<tr><td><a class=row href=\"%s%s\">%s</a><td><b>%s</b><small>%s</small><td>%s",
            p->hq ? "/p/" : "/penyerahan?n=", number, number, jem_json_str(it, "name", ""),
            jem_json_str(it, "service_name", ""), jem_json_str(it, "village_name", ""));
    }
    jem_buf_str(p->b, "</table>");
}

static void handover_past(struct web_page *p, const json_t *rows)
{
    size_t i;
    json_t *it;
    if (json_array_size(rows) == 0)
        return;
    web_html(p->b,
        "<h2>%t</h2><table class=rows><caption class=hide>%t</caption><thead><tr><th scope=col>%t<th scope=col>%t<th "
        "scope=col>%t<tbody>",
        JEM_T_WEB_HANDOVER_DONE, JEM_T_WEB_HANDOVER_DONE, JEM_T_CLI_C_NUMBER, JEM_T_WEB_C_WHO, JEM_T_WEB_C_WHEN);
    json_array_foreach((json_t *)(uintptr_t)rows, i, it)
    {
        char at[64];
        const char *number = jem_json_str(it, "number", ""), *nik = jem_json_str(it, "nik_end", "");
        jem_time_human(jem_json_int(it, "at_ms", 0), at, sizeof at);
        web_html(p->b, "<tr><td><a class=row href=\"/p/%s\">%s</a><td><b>%s</b><small>%s%s%s</small><td class=when>%s",
            number, number, jem_json_str(it, "name", ""), jem_json_str(it, "relation_label", ""),
            *nik ? " \xE2\x80\xA2\xE2\x80\xA2\xE2\x80\xA2\xE2\x80\xA2" : "", nik, at);
    }
    jem_buf_str(p->b, "</table>");
}

/* No village, or several, of the name that was typed. */
static void handover_which(struct web_page *p, const struct jem_region *found, size_t count)
{
    web_html(p->b, "<p class=\"note wait\" role=status>%t</p><ul>",
        count > 0 ? JEM_T_WEB_VISIT_VILLAGES : JEM_T_WEB_HANDOVER_NOWHERE);
    for (size_t i = 0; i < count; i++) {
        char full[300];
        jem_region_full_name(found[i].code, full, sizeof full);
        web_html(p->b, "<li><a href=\"/penyerahan?v=%u\">%s</a>", found[i].code, full);
    }
    jem_buf_str(p->b, "</ul>");
}

static void handover_lists(struct web_page *p, const json_t *o)
{
    const json_t *rows = json_object_get(o, "applications");
    if (!p->hq)
        handover_form(p, web_form_text(&p->r->args, "n"));
    if (json_array_size(rows) > 0)
        handover_ready(p, rows);
    else
        web_html(p->b, "<p class=empty>%t</p>", JEM_T_WEB_HANDOVER_NONE);
    handover_past(p, json_object_get(o, "handed"));
}

void web_page_handover(struct web_page *p)
{
    struct jem_error err = { .code = JEM_OK };
    struct jem_region found[HANDOVER_VILLAGES];
    json_t *o = NULL;
    const char *typed = web_form_text(&p->r->args, "v");
    bool code = strspn(typed, "0123456789.") == strlen(typed); /* its beginning is enough: a district, a regency */
    size_t count = code ? 0 : web_village_meant(p, typed, found, HANDOVER_VILLAGES);
    bool known = code || count == 1;
    if (known && jem_handover_list(p->app, code ? typed : found[0].code, &o, &err) != JEM_OK) {
        web_page_error(p, &err);
        return;
    }
    web_page_begin(p, WEB_NAV_DAY, jem_text(JEM_T_WEB_HANDOVER), false);
    web_html(p->b,
        "<h1>%t</h1><form class=filter><label for=v>%t</label><input class=short id=v name=v value=\"%s\" "
        "maxlength=100 autocomplete=off aria-describedby=vh><button class=second>%t</button><small "
        "id=vh>%t</small></form>",
        JEM_T_WEB_HANDOVER, JEM_T_WEB_VISIT_VILLAGE, typed, JEM_T_WEB_F_SHOW, JEM_T_WEB_VISIT_VILLAGE_HINT);
    if (known)
        handover_lists(p, o);
    else
        handover_which(p, found, count);
    web_page_end(p);
    json_decref(o);
}

void web_page_handover_record(struct web_page *p)
{
    struct jem_error err = { .code = JEM_OK };
    json_t *out = NULL;
    uint64_t number = 0;
    const struct web_form *f = &p->r->form;
    struct jem_attachment photo = { .kind = "lain" };
    struct jem_handover_in in = { .name = web_form_text(f, "name"),
        .relation = web_form_text(f, "rel"),
        .nik = web_form_text(f, "nik"),
        .note = web_form_text(f, "note") };
    for (size_t i = 0; i < f->file_count && in.photo == NULL; i++) {
        if (f->files[i].size == 0)
            continue;
        photo.bytes = f->files[i].bytes;
        photo.size = f->files[i].size;
        photo.name = f->files[i].filename;
        in.photo = &photo;
    }
    enum jem_code rc = jem_lookup_number(p->app, web_form_text(f, "n"), &number, &err);
    if (rc == JEM_OK)
        rc = jem_handover_record(p->app, number, &in, &out, &err);
    people_done(p, rc, &err, "/penyerahan", out);
}

/* ---- complaints ---- */

static void complaint_form(struct web_page *p)
{
    static const char *const channels[] = { "van", "office", "phone", "online", "village", "lapor" };
    static const enum jem_text labels[] = { JEM_T_CHANNEL_VAN, JEM_T_CHANNEL_OFFICE, JEM_T_CHANNEL_PHONE,
        JEM_T_CHANNEL_ONLINE, JEM_T_CHANNEL_VILLAGE, JEM_T_CHANNEL_LAPOR };
    web_html(p->b, "<details class=card><summary>%t</summary>", JEM_T_WEB_COMPLAINT_FILE);
    web_form_begin(p, "/pengaduan", " class=ask");
    web_html(p->b,
        "<label for=text>%t</label><textarea id=text name=text rows=3 maxlength=500 required></textarea><label "
        "for=cat>%t"
        "</label><select id=cat name=cat><option value=desk>%t<option value=field>%t<option "
        "value=information>%t</select>"
        "<label for=n>%t</label><input class=number id=n name=n maxlength=300><label for=ch>%t</label><select id=ch "
        "name=ch>",
        JEM_T_WEB_COMPLAINT_TEXT, JEM_T_WEB_COMPLAINT_KIND, JEM_T_COMPLAINT_DESK, JEM_T_COMPLAINT_FIELD,
        JEM_T_COMPLAINT_INFORMATION, JEM_T_CLI_O_ABOUT, JEM_T_WEB_COMPLAINT_CHANNEL);
    for (size_t i = 0; i < sizeof channels / sizeof *channels; i++)
        web_html(p->b, "<option value=%s>%t", channels[i], labels[i]);
    web_html(p->b,
        "</select><label for=name>%t</label><input id=name name=name maxlength=200><label for=contact>%t</label><input "
        "id=contact name=contact maxlength=200><button>%t</button></form></details>",
        JEM_T_CLI_O_WHO, JEM_T_CLI_O_WHO_CONTACT, JEM_T_WEB_COMPLAINT_FILE);
}

static void complaint_answers(struct web_page *p, const json_t *answers)
{
    size_t i;
    json_t *it;
    if (json_array_size(answers) > 0)
        jem_buf_str(p->b, "<ol class=timeline>");
    json_array_foreach((json_t *)(uintptr_t)answers, i, it)
    {
        char at[64];
        jem_time_human(jem_json_int(it, "at_ms", 0), at, sizeof at);
        web_html(p->b, "<li><small>%s &middot; %s</small><p>%s</p>", at, jem_json_str(it, "officer", ""),
            jem_json_str(it, "text", ""));
    }
    if (json_array_size(answers) > 0)
        jem_buf_str(p->b, "</ol>");
}

static void complaint_card(struct web_page *p, const json_t *row, int index)
{
    struct jem_buf *b = p->b;
    char due[64], at[64];
    bool closed = jem_json_int(row, "closed_ms", 0) > 0, answered = jem_json_int(row, "first_ms", 0) > 0;
    bool late = jem_json_bool(row, "late", false) || jem_json_bool(row, "late_first", false);
    const char *number = jem_json_str(row, "number", "");
    jem_time_human(jem_json_int(row, answered ? "due_ms" : "first_due_ms", 0), due, sizeof due);
    jem_time_human(jem_json_int(row, "at_ms", 0), at, sizeof at);
    web_html(b,
        "<section class=card><h2>%s <span class=\"badge %s\">%t</span></h2><p class=sub>%s &middot; %s &middot; %s",
        jem_json_str(row, "category_label", ""),
        late     ? "bad"
        : closed ? "ok"
                 : "wait",
        late     ? JEM_T_COMPLAINT_LATE
        : closed ? JEM_T_COMPLAINT_DONE
                 : JEM_T_COMPLAINT_RUNS,
        at, jem_json_str(row, "channel_label", ""),
        *jem_json_str(row, "name", "") ? jem_json_str(row, "name", "") : "-");
    if (*number)
        web_html(b, " &middot; <a class=number href=\"/p/%s\">%s</a>", number, number);
    web_html(b, "</p><p>%s</p>", jem_json_str(row, "text", ""));
    if (!closed)
        web_html(b, "<p><b>%t</b> %s</p>", answered ? JEM_T_WEB_COMPLAINT_DUE : JEM_T_WEB_COMPLAINT_FIRST_DUE, due);
    complaint_answers(p, json_object_get(row, "answers"));
    if (!closed) {
        web_form_begin(p, "/pengaduan/jawab", " class=ask");
        web_html(b,
            "<input type=hidden name=id value=\"%s\"><label for=a%d>%t</label><textarea id=a%d name=text rows=2 "
            "maxlength=500 required></textarea><label class=check><input type=checkbox name=closes value=1> %t</label>"
            "<button class=second>%t</button></form>",
            jem_json_str(row, "id", ""), index, JEM_T_WEB_COMPLAINT_ANSWER, index, JEM_T_CLI_O_CLOSES,
            JEM_T_WEB_COMPLAINT_ANSWER);
    }
    jem_buf_str(b, "</section>");
}

void web_page_complaints(struct web_page *p)
{
    struct jem_error err = { .code = JEM_OK };
    json_t *o = NULL, *it;
    size_t i;
    const char *id = web_form_get(&p->r->args, "id"); /* one of them, from the search */
    bool all = id != NULL || strcmp(web_form_text(&p->r->args, "all"), "1") == 0;
    if (jem_complaint_list(p->app, !all, id, &o, &err) != JEM_OK) {
        web_page_error(p, &err);
        return;
    }
    const json_t *rows = json_object_get(o, "complaints");
    web_page_begin(p, WEB_NAV_DAY, jem_text(JEM_T_WEB_COMPLAINTS), false);
    web_html(p->b, "<div class=head><h1>%t</h1><a href=\"/pengaduan%s\">%t</a></div>", JEM_T_WEB_COMPLAINTS,
        all ? "" : "?all=1", all ? JEM_T_WEB_COMPLAINT_OPEN : JEM_T_WEB_COMPLAINT_ALL);
    complaint_form(p);
    json_array_foreach((json_t *)(uintptr_t)rows, i, it)
    {
        if (i < 25)
            complaint_card(p, it, (int)i);
    }
    if (json_array_size(rows) == 0)
        web_html(p->b, "<p class=empty>%t</p>", JEM_T_WEB_COMPLAINT_NONE);
    web_page_end(p);
    json_decref(o);
}

void web_page_complaint_file(struct web_page *p)
{
    struct jem_error err = { .code = JEM_OK };
    json_t *out = NULL;
    const struct web_form *f = &p->r->form;
    struct jem_complaint_in in = { .channel = web_form_text(f, "ch"),
        .category = web_form_text(f, "cat"),
        .text = web_form_text(f, "text"),
        .name = web_form_text(f, "name"),
        .contact = web_form_text(f, "contact") };
    enum jem_code rc = JEM_OK;
    if (*web_form_text(f, "n"))
        rc = jem_lookup_number(p->app, web_form_text(f, "n"), &in.number, &err);
    if (rc == JEM_OK)
        rc = jem_complaint_file(p->app, &in, &out, &err);
    people_done(p, rc, &err, "/pengaduan", out);
}

void web_page_complaint_answer(struct web_page *p)
{
    struct jem_error err = { .code = JEM_OK };
    json_t *out = NULL;
    const struct web_form *f = &p->r->form;
    enum jem_code rc = jem_complaint_answer(p->app, web_form_text(f, "id"), web_form_text(f, "text"),
        strcmp(web_form_text(f, "closes"), "1") == 0, &out, &err);
    people_done(p, rc, &err, "/pengaduan", out);
}
