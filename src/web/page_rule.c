/* page_rule.c - headquarters rules on one application: its stage, fields that two people changed, changes of stage that
 * met another, and pairs of likely duplicates side by side. */
#include <string.h>

#include "desk.h"
#include "jemput/desk.h"
#include "jemput/lookup.h"

/* ---- stages ---- */

static const char *rule_key(enum jem_status to)
{
    switch (to) {
    case JEM_STATUS_RETURNED: return "r";
    case JEM_STATUS_REJECTED: return "x";
    case JEM_STATUS_RECEIVED: return "t";
    default: return "a";
    }
}

static void rule_stage(struct web_page *p, const json_t *o, enum jem_status to)
{
    struct jem_buf *b = p->b;
    bool explain = to == JEM_STATUS_RETURNED || to == JEM_STATUS_REJECTED;
    const char *key = rule_key(to), *number = jem_json_str(o, "number", "");
    struct jem_buf action = JEM_BUF_INIT(60);
    jem_buf_fmt(&action, "/p/%s/putus", number);
    web_html(b, "<details data-key=%s><summary>%s <kbd>%s</kbd></summary>", key, jem_status_label(to), key);
    web_form_begin(p, jem_buf_text(&action), " class=ask");
    web_html(b,
        "<input type=hidden name=to value=%s><input type=hidden name=seen value=\"%s\"><input type=hidden name=k "
        "value=\"%s\">",
        jem_status_name(to), jem_json_str(o, "status", ""), web_form_text(&p->r->args, "k"));
    if (explain)
        web_desk_reasons(p, key);
    web_html(b, "<button%s>%t: %s</button></form></details>", explain ? " class=danger" : "", JEM_T_WEB_RULE_DECIDE,
        jem_status_label(to));
    jem_buf_release(&action);
}

static void rule_stages(struct web_page *p, const json_t *o)
{
    unsigned may =
        jem_desk_may(p->app, jem_json_str(o, "service", ""), jem_status_parse(jem_json_str(o, "status", "")));
    if (may == 0)
        return;
    web_html(p->b, "<section class=\"card rule\" aria-labelledby=ruleh><h2 id=ruleh>%t</h2>", JEM_T_WEB_RULE);
    for (int to = JEM_STATUS_COUNT - 1; to > JEM_STATUS_SUBMITTED; to--)
        if ((may >> (unsigned)to & 1u) != 0 && to != JEM_STATUS_RETURNED && to != JEM_STATUS_REJECTED)
            rule_stage(p, o, (enum jem_status)to);
    for (int to = JEM_STATUS_RETURNED; to <= JEM_STATUS_REJECTED; to++)
        if ((may >> (unsigned)to & 1u) != 0)
            rule_stage(p, o, (enum jem_status)to);
    jem_buf_str(p->b, "</section>");
}

/* ---- what differs ---- */

static void rule_field(struct web_page *p, const json_t *o, const struct jem_service *service, const json_t *conflict,
    size_t n)
{
    struct jem_buf *b = p->b, action = JEM_BUF_INIT(60);
    const char *field = jem_json_str(conflict, "field", ""), *number = jem_json_str(o, "number", "");
    const char *before = jem_json_str(conflict, "before", NULL);
    const struct jem_field *known = service != NULL ? jem_service_field(service, field) : NULL;
    const char *label = jem_json_str(json_object_get(o, "labels"), field, field);
    size_t i;
    const json_t *value;
    jem_buf_fmt(&action, "/p/%s/isian", number);
    web_form_begin(p, jem_buf_text(&action), " class=ask");
    web_html(b, "<input type=hidden name=field value=\"%s\"><fieldset><legend>%s</legend>", field, label);
    if (before != NULL) {
        web_html(b, "<p class=sub>%t ", JEM_T_WEB_RULE_BEFORE);
        web_value(b, known, field, before);
        jem_buf_str(b, "</p>");
    }
    json_array_foreach(json_object_get(conflict, "values"), i, value)
    {
        const char *text = jem_json_str(value, "value", "");
        web_html(b, "<div><label class=check><input type=radio name=v value=\"%s\" required> <b>", text);
        web_value(b, known, field, text);
        jem_buf_str(b, "</b></label>");
        web_who(b, value);
        jem_buf_str(b, "</div>");
    }
    web_html(b,
        "<div><label class=check><input type=radio name=v value=\"\"> %t</label><input name=other aria-label=\"%t: "
        "%s\" "
        "maxlength=400 autocomplete=off></div></fieldset>",
        JEM_T_WEB_RULE_OTHER, JEM_T_WEB_RULE_OTHER, label);
    web_html(b,
        "<label for=fr%d>%t</label><input id=fr%d name=reason required maxlength=400 "
        "autocomplete=off><button>%t</button></form>",
        (int)n, JEM_T_WEB_REASON, (int)n, JEM_T_WEB_RULE_FIELD);
    jem_buf_release(&action);
}

static void rule_transition(struct web_page *p, const json_t *o, const json_t *it, size_t n)
{
    struct jem_buf *b = p->b, action = JEM_BUF_INIT(60);
    jem_buf_fmt(&action, "/p/%s/langkah", jem_json_str(o, "number", ""));
    web_form_begin(p, jem_buf_text(&action), " class=ask");
    web_html(b, "<fieldset><legend>%s &rarr; %s</legend><p>",
        jem_status_label(jem_status_parse(jem_json_str(it, "from", ""))),
        jem_status_label(jem_status_parse(jem_json_str(it, "to", ""))));
    web_who(b, it);
    web_html(b,
        "</p><input type=hidden name=event value=\"%s\"><div class=radios><label><input type=radio name=accept value=1 "
        "required> %t</label> <label><input type=radio name=accept value=0> %t</label></div></fieldset>",
        jem_json_str(it, "event", ""), JEM_T_WEB_RULE_ACCEPT, JEM_T_WEB_RULE_REFUSE);
    web_html(b,
        "<label for=tr%d>%t</label><input id=tr%d name=reason required maxlength=400 "
        "autocomplete=off><button>%t</button></form>",
        (int)n, JEM_T_WEB_REASON, (int)n, JEM_T_WEB_RULE_STEP);
    jem_buf_release(&action);
}

static void rule_pairs(struct web_page *p, const json_t *o)
{
    size_t i;
    const json_t *it;
    json_array_foreach(json_object_get(o, "duplicates"), i, it)
    {
        const char *other = jem_json_str(it, "other", "");
        web_html(p->b, "<p class=\"note wait\">%t <a href=\"/ganda?a=%s&amp;b=%s\">%t</a></p>", JEM_T_WEB_DUPLICATE,
            other, jem_json_str(o, "number", ""), JEM_T_WEB_RULE_COMPARE);
    }
}

void web_desk_rulings(struct web_page *p, const json_t *o, const struct jem_service *service)
{
    const json_t *conflicts = json_object_get(o, "conflicts"), *illegal = json_object_get(o, "illegal"), *it;
    size_t i;
    bool judge = jem_app_require(p->app, JEM_ROLE_HQ, "verifier,approver,admin", NULL) == JEM_OK;
    rule_stages(p, o);
    rule_pairs(p, o);
    if (!judge || json_array_size(conflicts) + json_array_size(illegal) == 0)
        return;
    web_html(p->b, "<section class=\"card alert\" aria-labelledby=diffh><h2 id=diffh>%t</h2>", JEM_T_WEB_CONFLICTS);
    json_array_foreach(conflicts, i, it)
    {
        rule_field(p, o, service, it, i);
    }
    json_array_foreach(illegal, i, it)
    {
        rule_transition(p, o, it, i);
    }
    jem_buf_str(p->b, "</section>");
}

/* ---- the rulings ---- */

/* Back to the record, or on to the next of the list from which the clerk came. */
static void rule_on(struct web_page *p, uint64_t number, const char *list)
{
    char text[JEM_NUMBER_TEXT];
    json_t *inbox = NULL, *row;
    size_t i;
    struct jem_buf to = JEM_BUF_INIT(80);
    const char *key = web_desk_list(list);
    jem_number_format(number, text);
    if (key != NULL && jem_desk_inbox(p->app, 2, key, &inbox, NULL) == JEM_OK) {
        json_array_foreach(json_object_get(inbox, key), i, row)
        {
            const char *next = jem_json_str(row, "number", "");
            if (to.len == 0 && strcmp(next, text) != 0)
                jem_buf_fmt(&to, "/p/%s?k=%s", next, key);
        }
        if (to.len == 0)
            jem_buf_fmt(&to, "/meja?k=%s", key);
    }
    if (to.len == 0)
        jem_buf_fmt(&to, "/p/%s", text);
    web_answer_redirect(p->a, jem_buf_text(&to));
    jem_buf_release(&to);
    json_decref(inbox);
}

static void rule_answer(struct web_page *p, uint64_t number, enum jem_code rc, const struct jem_error *err, json_t *out,
    const char *list)
{
    if (rc != JEM_OK)
        web_page_error(p, err);
    else if (jem_json_bool(out, "waits", false))
        web_page_message(p, 409, jem_text(JEM_T_WEB_RULE), jem_text(JEM_T_WEB_RULE_MEANWHILE));
    else
        rule_on(p, number, list);
    json_decref(out);
}

void web_page_decide(struct web_page *p, uint64_t number)
{
    struct jem_error err = { .code = JEM_OK };
    const struct web_form *f = &p->r->form;
    json_t *out = NULL;
    struct jem_decision in = { .number = number,
        .to = jem_status_parse(web_form_text(f, "to")),
        .seen = jem_status_parse(web_form_text(f, "seen")),
        .code = web_form_text(f, "code"),
        .reason = web_form_text(f, "reason") };
    enum jem_code rc = jem_desk_decide(p->app, &in, &out, &err);
    rule_answer(p, number, rc, &err, out, web_form_text(f, "k"));
}

void web_page_resolve_field(struct web_page *p, uint64_t number)
{
    struct jem_error err = { .code = JEM_OK };
    const struct web_form *f = &p->r->form;
    const char *value = web_form_text(f, "v");
    json_t *out = NULL;
    enum jem_code rc = jem_desk_resolve_field(p->app, number, web_form_text(f, "field"),
        *value ? value : web_form_text(f, "other"), web_form_text(f, "reason"), &out, &err);
    rule_answer(p, number, rc, &err, out, "");
}

void web_page_resolve_step(struct web_page *p, uint64_t number)
{
    struct jem_error err = { .code = JEM_OK };
    const struct web_form *f = &p->r->form;
    json_t *out = NULL;
    enum jem_code rc = jem_desk_resolve_transition(p->app, number, web_form_text(f, "event"),
        strcmp(web_form_text(f, "accept"), "1") == 0, web_form_text(f, "reason"), &out, &err);
    rule_answer(p, number, rc, &err, out, "");
}

/* ---- pairs side by side ---- */

struct pair {
    json_t *o[2];
    uint64_t number[2];
};

static const struct jem_service *pair_service(struct web_page *p, const json_t *o)
{
    const struct jem_catalog *catalog = NULL;
    return jem_app_catalog(p->app, &catalog, NULL) == JEM_OK ? jem_catalog_find(catalog, jem_json_str(o, "service", ""))
                                                             : NULL;
}

static void pair_cell(struct web_page *p, const json_t *o, const char *name)
{
    const struct jem_service *service = pair_service(p, o);
    const char *value = jem_json_str(json_object_get(o, "fields"), name, "");
    jem_buf_str(p->b, "<td>");
    web_value(p->b, service != NULL ? jem_service_field(service, name) : NULL, name, value);
}

/* A row for every field of either; those that differ say so in words, not by colour alone. */
static void pair_rows(struct web_page *p, const struct pair *t)
{
    const char *name;
    json_t *value;
    json_t *names = json_object();
    for (int i = 0; i < 2; i++) {
        json_object_foreach(json_object_get(t->o[i], "fields"), name, value)
        {
            json_object_set(names, name, json_object_get(json_object_get(t->o[i], "labels"), name));
        }
    }
    json_object_foreach(names, name, value)
    {
        const char *a = jem_json_str(json_object_get(t->o[0], "fields"), name, "");
        bool differs = strcmp(a, jem_json_str(json_object_get(t->o[1], "fields"), name, "")) != 0;
        web_html(p->b, "<tr><th scope=row>%s%s", json_string_value(value) != NULL ? json_string_value(value) : name,
            differs ? " " : "");
        if (differs)
            web_html(p->b, "<span class=\"badge wait\">%t</span>", JEM_T_WEB_PAIR_DIFFERS);
        pair_cell(p, t->o[0], name);
        pair_cell(p, t->o[1], name);
    }
    json_decref(names);
}

static void pair_head(struct web_page *p, const json_t *o)
{
    char at[64];
    jem_time_human(jem_json_int(o, "at_ms", 0), at, sizeof at);
    web_html(p->b, "<th scope=col><a href=\"/p/%s\">%s</a> <small>%s, van %l, %s</small> ",
        jem_json_str(o, "number", ""), jem_json_str(o, "number", ""), at, jem_json_int(o, "van", 0),
        jem_json_str(o, "by", ""));
    web_badge_status(p->b, jem_json_str(o, "status", ""), jem_json_str(o, "status_label", ""));
}

static void pair_documents(struct web_page *p, const json_t *o)
{
    size_t i, j;
    const json_t *group, *item;
    jem_buf_str(p->b, "<td><div class=pages>");
    json_array_foreach(json_object_get(o, "documents"), i, group)
    {
        json_array_foreach(json_object_get(group, "items"), j, item)
        {
            if (jem_json_int(item, "previews", 0) > 0)
                web_html(p->b, "<img loading=lazy src=\"/p/%s/dok/%l/%l/1\" alt=\"%s\">", jem_json_str(o, "number", ""),
                    jem_json_int(item, "van", 0), jem_json_int(item, "ordinal", 0), jem_json_str(group, "label", ""));
        }
    }
    jem_buf_str(p->b, "</div>");
}

static void pair_forms(struct web_page *p, const struct pair *t)
{
    struct jem_buf *b = p->b;
    const char *a = jem_json_str(t->o[0], "number", ""), *c = jem_json_str(t->o[1], "number", "");
    if (jem_app_require(p->app, JEM_ROLE_HQ, "verifier,approver,admin", NULL) != JEM_OK)
        return;
    web_html(b, "<section class=card aria-labelledby=pairh><h2 id=pairh>%t</h2>", JEM_T_WEB_RULE);
    web_form_begin(p, "/ganda", " class=ask");
    web_html(b,
        "<input type=hidden name=a value=\"%s\"><input type=hidden name=b value=\"%s\"><fieldset><legend>%t</legend>",
        a, c, JEM_T_WEB_PAIR_ASK);
    static const struct {
        const char *value;
        enum jem_text text;
    } ways[] = { { "b", JEM_T_WEB_PAIR_LATER_IS }, { "a", JEM_T_WEB_PAIR_EARLIER_IS },
        { "apart", JEM_T_WEB_PAIR_APART } };
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++)
        web_html(b, "<div><label class=check><input type=radio name=way value=%s required> %t</label></div>",
            ways[i].value, ways[i].text);
    web_html(b,
        "</fieldset><label for=pr>%t</label><input id=pr name=reason required maxlength=400 "
        "autocomplete=off><button>%t</button></form></section>",
        JEM_T_WEB_REASON, JEM_T_WEB_RULE_DECIDE);
}

static void pair_page(struct web_page *p, const struct pair *t)
{
    struct jem_buf *b = p->b;
    web_page_begin(p, WEB_NAV_DESK, jem_text(JEM_T_WEB_PAIR), false);
    web_html(b,
        "<p><a href=\"/meja?k=duplicates\">%t</a></p><h1>%t</h1><div class=wide-table tabindex=0 role=region "
        "aria-label=\"%t\"><table class=pair><thead><tr><td>",
        JEM_T_WEB_DESK_BACK, JEM_T_WEB_PAIR, JEM_T_WEB_PAIR);
    pair_head(p, t->o[0]);
    pair_head(p, t->o[1]);
    jem_buf_str(b, "<tbody>");
    pair_rows(p, t);
    web_html(b, "<tr><th scope=row>%t", JEM_T_WEB_DOCUMENTS);
    pair_documents(p, t->o[0]);
    pair_documents(p, t->o[1]);
    jem_buf_str(b, "</table></div>");
    pair_forms(p, t);
    web_page_end(p);
}

static void pair_rule(struct web_page *p, const struct pair *t)
{
    struct jem_error err = { .code = JEM_OK };
    const char *way = web_form_text(&p->r->form, "way");
    json_t *out = NULL;
    size_t gone = strcmp(way, "a") == 0 ? 0 : 1;
    enum jem_code rc = jem_desk_link(p->app, t->number[gone], t->number[1 - gone], strcmp(way, "apart") == 0,
        web_form_text(&p->r->form, "reason"), &out, &err);
    if (rc == JEM_OK)
        web_answer_redirect(p->a, "/meja?k=duplicates");
    else
        web_page_error(p, &err);
    json_decref(out);
}

void web_page_pair(struct web_page *p)
{
    struct jem_error err = { .code = JEM_OK };
    struct pair t = { .o = { NULL, NULL } };
    const struct web_form *f = p->r->post ? &p->r->form : &p->r->args;
    static const char *const names[] = { "a", "b" };
    enum jem_code rc = JEM_OK;
    for (size_t i = 0; i < 2 && rc == JEM_OK; i++) {
        rc = jem_lookup_number(p->app, web_form_text(f, names[i]), &t.number[i], &err);
        if (rc == JEM_OK)
            rc = jem_show(p->app, t.number[i], &t.o[i], &err);
    }
    if (rc != JEM_OK)
        web_page_error(p, &err);
    else if (p->r->post)
        pair_rule(p, &t);
    else
        pair_page(p, &t);
    json_decref(t.o[0]);
    json_decref(t.o[1]);
}
