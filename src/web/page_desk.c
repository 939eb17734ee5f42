/* page_desk.c - headquarters' desk: what waits for a person, the oldest first, and decisions on many at once.
 *
 *   /meja?k=LIST -> ticked rows -> POST /meja/banyak: what would be done with each, and what would not and why
 *                                -> the same with act=do: done one by one, each a decision of its own; told one by one */
#include <stdlib.h>
#include <string.h>

#include "desk.h"
#include "jemput/clock.h"
#include "jemput/desk.h"
#include "jemput/lookup.h"
#include "jemput/number.h"

#define DESK_ROWS 100u

static const struct desk_list {
    const char *key;
    enum jem_text label;
    bool pairs;
} desk_lists[] = {
    { "new", JEM_T_WEB_DESK_NEW, false },
    { "overdue", JEM_T_WEB_DESK_OVERDUE, false },
    { "incomplete", JEM_T_WEB_DESK_INCOMPLETE, false },
    { "conflicts", JEM_T_WEB_DESK_CONFLICTS, false },
    { "illegal", JEM_T_WEB_DESK_ILLEGAL, false },
    { "duplicates", JEM_T_WEB_DESK_DUPLICATES, true },
    { "returned", JEM_T_WEB_DESK_RETURNED, false },
    { "ready", JEM_T_WEB_DESK_READY, false },
};

const char *web_desk_list(const char *key)
{
    for (size_t i = 0; i < sizeof desk_lists / sizeof *desk_lists; i++)
        if (strcmp(desk_lists[i].key, key) == 0)
            return desk_lists[i].key;
    return NULL;
}

static void desk_tabs(struct web_page *p, const json_t *inbox, const char *here)
{
    struct jem_buf *b = p->b;
    web_html(b, "<nav class=tabs aria-label=\"%t\">", JEM_T_WEB_DESK);
    for (size_t i = 0; i < sizeof desk_lists / sizeof *desk_lists; i++) {
        size_t n = json_array_size(json_object_get(inbox, desk_lists[i].key));
        web_html(b, "<a href=\"/meja?k=%s\"%s>%t <b>%d%s</b></a>", desk_lists[i].key,
            strcmp(desk_lists[i].key, here) == 0 ? " aria-current=page" : "", desk_lists[i].label, (int)n,
            n >= DESK_ROWS ? "+" : "");
    }
    web_html(b, "<a href=\"/karantina\">%t <b>%d</b></a></nav>", JEM_T_WEB_NAV_HELD,
        (int)json_array_size(json_object_get(inbox, "quarantine")));
}

static void desk_row(struct web_page *p, const json_t *row, const char *key)
{
    struct jem_buf *b = p->b;
    const char *number = jem_json_str(row, "number", "");
    int64_t documents = jem_json_int(row, "documents", 0), arrived = jem_json_int(row, "arrived", 0);
    char age[60];
    web_span_text(jem_store_now_ms(jem_app_store(p->app)) - jem_json_int(row, "at_ms", 0), age, sizeof age);
    web_html(b,
        "<tr><td><label class=check><input type=checkbox name=n value=\"%s\"><span class=hide>%t %s</span></label><a "
        "class=row href=\"/p/%s?k=%s\">%s</a><td><b>%s</b><small>%s</small><td class=when>%s<small>van %l</small><td>",
        number, JEM_T_WEB_DESK_TICK, number, number, key, number, jem_json_str(row, "name", ""),
        jem_json_str(row, "service_name", ""), age, jem_json_int(row, "van", 0));
    web_badge_status(b, jem_json_str(row, "status", ""), jem_json_str(row, "status_label", ""));
    if (documents > 0) {
        web_html(b, "<small class=\"%s\">", arrived < documents ? "wait" : "");
        web_html_say(b, JEM_T_WEB_DOCUMENTS_ARRIVED, (long long)arrived, (long long)documents);
        jem_buf_str(b, "</small>");
    }
}

void web_desk_reasons(struct web_page *p, const char *id)
{
    struct jem_buf *b = p->b;
    web_html(b, "<label for=%sc>%t</label><select id=%sc name=code><option value=\"\">%t", id, JEM_T_WEB_DESK_CODE, id,
        JEM_T_WEB_DESK_NO_CODE);
    for (int i = JEM_REASON_DOCUMENT_MISSING; i < JEM_REASON_COUNT; i++)
        web_html(b, "<option value=%s>%s", jem_reason_name((enum jem_reason)i),
            jem_reason_label(jem_reason_name((enum jem_reason)i)));
    web_html(b, "</select><label for=%sr>%t</label><input id=%sr name=reason maxlength=400 autocomplete=off>", id,
        JEM_T_WEB_DESK_REASON, id);
}

/* What can be done with the ticked ones; a stage that no row of the list allows is not offered. */
static void desk_batch(struct web_page *p, const json_t *rows)
{
    struct jem_buf *b = p->b;
    unsigned may = 0;
    size_t i;
    const json_t *row;
    json_array_foreach(rows, i, row)
    {
        may |=
            jem_desk_may(p->app, jem_json_str(row, "service", ""), jem_status_parse(jem_json_str(row, "status", "")));
    }
    if (may == 0)
        return;
    web_html(b,
        "<section class=\"card ask\" aria-labelledby=bh><h2 id=bh>%t</h2><label for=to>%t</label><select id=to "
        "name=to>",
        JEM_T_WEB_DESK_MANY, JEM_T_WEB_DESK_TO);
    for (int to = JEM_STATUS_RECEIVED; to < JEM_STATUS_COUNT; to++)
        if ((may >> (unsigned)to & 1u) != 0)
            web_html(b, "<option value=%s>%s", jem_status_name((enum jem_status)to),
                jem_status_label((enum jem_status)to));
    jem_buf_str(b, "</select>");
    web_desk_reasons(p, "b");
    web_html(b, "<button class=second>%t</button></section>", JEM_T_WEB_DESK_PREVIEW);
}

static void desk_pairs(struct web_page *p, const json_t *pairs)
{
    struct jem_buf *b = p->b;
    size_t i;
    const json_t *pair;
    web_html(b,
        "<table class=rows><caption class=hide>%t</caption><thead><tr><th scope=col>%t<th scope=col>%t<th "
        "scope=col>%t<tbody>",
        JEM_T_WEB_DESK_DUPLICATES, JEM_T_WEB_DESK_EARLIER, JEM_T_WEB_C_WHO, JEM_T_WEB_DESK_LATER);
    json_array_foreach(pairs, i, pair)
    {
        const json_t *a = json_object_get(pair, "a"), *c = json_object_get(pair, "b");
        web_html(b,
            "<tr><td><a class=row href=\"/ganda?a=%s&amp;b=%s\">%s</a><td><b>%s</b><small>%s</small><td><span "
            "class=number>%s</span>",
            jem_json_str(a, "number", ""), jem_json_str(c, "number", ""), jem_json_str(a, "number", ""),
            jem_json_str(a, "name", ""), jem_json_str(a, "service_name", ""), jem_json_str(c, "number", ""));
    }
    jem_buf_str(b, "</table>");
}

void web_page_desk(struct web_page *p)
{
    struct jem_error err = { .code = JEM_OK };
    json_t *inbox = NULL;
    const char *key = web_desk_list(web_form_text(&p->r->args, "k"));
    if (jem_desk_inbox(p->app, DESK_ROWS, NULL, &inbox, &err) != JEM_OK) {
        web_page_error(p, &err);
        return;
    }
    if (key == NULL)
        key = desk_lists[0].key;
    const json_t *rows = json_object_get(inbox, key);
    struct jem_buf *b = p->b;
    web_page_begin(p, WEB_NAV_DESK, jem_text(JEM_T_WEB_DESK), false);
    web_html(b, "<h1>%t</h1>", JEM_T_WEB_DESK);
    desk_tabs(p, inbox, key);
    if (json_array_size(rows) == 0) {
        web_html(b, "<p class=empty>%t</p>", JEM_T_WEB_DESK_NOTHING);
    } else if (strcmp(key, "duplicates") == 0) {
        desk_pairs(p, rows);
    } else {
        size_t i;
        const json_t *row;
        web_form_begin(p, "/meja/banyak", "");
        web_html(b,
            "<input type=hidden name=k value=\"%s\"><table class=\"rows desk\"><caption "
            "class=hide>%t</caption><thead><tr><th "
            "scope=col>%t<th scope=col>%t<th scope=col>%t<th scope=col>%t<tbody>",
            key, JEM_T_WEB_DESK, JEM_T_WEB_C_NUMBER, JEM_T_WEB_C_WHO, JEM_T_WEB_DESK_AGE, JEM_T_WEB_C_HQ);
        json_array_foreach(rows, i, row)
        {
            desk_row(p, row, key);
        }
        jem_buf_str(b, "</table>");
        desk_batch(p, rows);
        jem_buf_str(b, "</form>");
    }
    web_page_end(p);
    json_decref(inbox);
}

/* ---- many at once ---- */

struct batch {
    struct web_page *p;
    struct jem_decision in;
    bool act;
    unsigned done, waits, refused;
};

/* Why the decision would not be taken as things stand; "" when it would. */
static void batch_objection(const struct batch *t, const json_t *shown, struct jem_buf *out)
{
    enum jem_status now = jem_status_parse(jem_json_str(shown, "status", ""));
    if ((jem_desk_may(t->p->app, jem_json_str(shown, "service", ""), now) >> (unsigned)t->in.to & 1u) != 0)
        return;
    jem_buf_fmt(out, jem_text(JEM_T_WEB_DESK_NOT_FROM), jem_status_label(now), jem_status_label(t->in.to));
}

static void batch_row(struct batch *t, const json_t *shown, const char *class, const char *text)
{
    struct jem_buf *b = t->p->b;
    const char *number = jem_json_str(shown, "number", "");
    web_html(b, "<tr><td><a class=row href=\"/p/%s\">%s</a><td><b>%s</b><small>%s</small><td>", number, number,
        jem_json_str(json_object_get(shown, "fields"), "name", ""), jem_json_str(shown, "service_name", ""));
    web_badge_status(b, jem_json_str(shown, "status", ""), jem_json_str(shown, "status_label", ""));
    web_html(b, "<td><span class=\"badge %s\">%s</span>", class, text);
}

/* One ticked application: what would be done, or what was. `seen`: its stage at the preview. */
static void batch_one(struct batch *t, const char *text, enum jem_status seen)
{
    struct jem_error err = { .code = JEM_OK };
    struct jem_buf why = JEM_BUF_INIT(400);
    json_t *shown = NULL, *out = NULL;
    enum jem_code rc = jem_number_parse(text, &t->in.number, NULL);
    if (rc == JEM_OK)
        rc = jem_show(t->p->app, t->in.number, &shown, &err);
    if (rc != JEM_OK)
        return;
    t->in.seen = seen;
    if (t->act) {
        rc = jem_desk_decide(t->p->app, &t->in, &out, &err);
        bool waits = jem_json_bool(out, "waits", false);
        t->done += rc == JEM_OK && !waits;
        t->waits += waits;
        t->refused += rc != JEM_OK;
        batch_row(t, shown,
            rc != JEM_OK ? "bad"
            : waits      ? "wait"
                         : "ok",
            rc != JEM_OK ? err.msg
            : waits      ? jem_text(JEM_T_WEB_DESK_WAITS)
                         : jem_status_label(t->in.to));
    } else {
        batch_objection(t, shown, &why);
        bool fine = why.len == 0;
        t->done += fine;
        t->refused += !fine;
        batch_row(t, shown, fine ? "ok" : "bad", fine ? jem_status_label(t->in.to) : jem_buf_text(&why));
        if (fine)
            web_html(t->p->b, "<input type=hidden name=n value=\"%s %s\">", jem_json_str(shown, "number", ""),
                jem_json_str(shown, "status", ""));
    }
    jem_buf_release(&why);
    json_decref(out);
    json_decref(shown);
}

static void batch_rows(struct batch *t)
{
    const struct web_form *f = &t->p->r->form;
    web_html(t->p->b,
        "<table class=rows><caption class=hide>%t</caption><thead><tr><th scope=col>%t<th scope=col>%t<th "
        "scope=col>%t<th "
        "scope=col>%t<tbody>",
        JEM_T_WEB_DESK_MANY, JEM_T_WEB_C_NUMBER, JEM_T_WEB_C_WHO, JEM_T_WEB_DESK_NOW, JEM_T_WEB_DESK_THEN);
    for (size_t i = 0; i < f->count; i++) {
        char number[40];
        const char *value = f->fields[i].value, *space = strchr(value, ' ');
        size_t n = space != NULL ? (size_t)(space - value) : strlen(value);
        if (strcmp(f->fields[i].name, "n") != 0 || n >= sizeof number)
            continue;
        memcpy(number, value, n);
        number[n] = '\0';
        batch_one(t, number, space != NULL ? jem_status_parse(space + 1) : JEM_STATUS_UNKNOWN);
    }
    jem_buf_str(t->p->b, "</table>");
}

void web_page_desk_many(struct web_page *p)
{
    const struct web_form *f = &p->r->form;
    struct batch t = { .p = p, .act = strcmp(web_form_text(f, "act"), "do") == 0 };
    struct jem_buf *b = p->b;
    const char *key = web_desk_list(web_form_text(f, "k"));
    t.in.to = jem_status_parse(web_form_text(f, "to"));
    t.in.code = web_form_text(f, "code");
    t.in.reason = web_form_text(f, "reason");
    bool explain = t.in.to == JEM_STATUS_RETURNED || t.in.to == JEM_STATUS_REJECTED;
    const char *missing = web_form_get(f, "n") == NULL                            ? jem_text(JEM_T_WEB_DESK_NONE_TICKED)
                          : explain && *t.in.code == '\0' && *t.in.reason == '\0' ? jem_text(JEM_T_WEB_DESK_EXPLAIN)
                                                                                  : NULL;
    if (missing != NULL) {
        web_page_message(p, 422, jem_text(JEM_T_WEB_DESK_MANY), missing);
        return;
    }
    web_page_begin(p, WEB_NAV_DESK, jem_text(JEM_T_WEB_DESK_MANY), false);
    web_html(b, "<p><a href=\"/meja?k=%s\">%t</a></p><h1>%t: %s</h1>", key != NULL ? key : "new", JEM_T_WEB_DESK_BACK,
        JEM_T_WEB_DESK_MANY, jem_status_label(t.in.to));
    if (t.act) {
        batch_rows(&t);
        jem_buf_fmt(b, "<p class=\"note %s\" role=status>", t.refused + t.waits == 0 ? "ok" : "wait");
        web_html_say(b, JEM_T_WEB_DESK_DONE, t.done, t.waits, t.refused);
        jem_buf_str(b, "</p>");
    } else {
        web_form_begin(p, "/meja/banyak", "");
        batch_rows(&t);
        jem_buf_str(b, "<p class=note>");
        web_html_say(b, JEM_T_WEB_DESK_WOULD, t.done, t.refused);
        web_html(b,
            "</p><input type=hidden name=act value=do><input type=hidden name=k value=\"%s\"><input type=hidden "
            "name=to "
            "value=\"%s\"><input type=hidden name=code value=\"%s\"><input type=hidden name=reason value=\"%s\">",
            key != NULL ? key : "new", jem_status_name(t.in.to), t.in.code, t.in.reason);
        if (t.done > 0)
            web_html(b, "<button>%t</button>", JEM_T_WEB_DESK_DO);
        jem_buf_str(b, "</form>");
    }
    web_page_end(p);
}
