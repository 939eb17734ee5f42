/* page_catalog.c - headquarters: the catalogue as its admins write it.
 *
 *   /katalog               services, drafts, a new one      POST /katalog/baru
 *   /katalog/terbit        what would change -> POST: a version, for every van
 *   /katalog/versi?a=&b=   versions, and what changed between two
 *   /katalog?s=ID          one service: page_catalog_edit.c */
#include "catalog.h"

#include <stdlib.h>
#include <string.h>

#include "jemput/catalog_edit.h"
#include "jemput/clock.h"

#define CHANGE_TEXT_MAX 600 /* bytes of a text that a list of changes shows */

void web_catalog_badges(struct jem_buf *b, const json_t *row)
{
    const char *state = jem_json_str(row, "state", "");
    int64_t faults = jem_json_int(row, "faults", 0);
    if (strcmp(state, "published") != 0)
        web_html(b, "<span class=\"badge wait\">%t</span> ",
            strcmp(state, "new") == 0 ? JEM_T_WEB_CATALOG_NEW_STATE : JEM_T_WEB_CATALOG_CHANGED);
    if (jem_json_bool(row, "retired", false))
        web_html(b, "<span class=badge>%t</span> ", JEM_T_WEB_CATALOG_RETIRED);
    if (jem_json_bool(row, "behind", false))
        web_html(b, "<span class=\"badge bad\">%t</span> ", JEM_T_WEB_CATALOG_BEHIND);
    if (faults > 0) {
        jem_buf_str(b, "<span class=\"badge bad\">");
        web_html_say(b, JEM_T_WEB_CATALOG_FAULTS, (long long)faults);
        jem_buf_str(b, "</span> ");
    }
}

/* At most so much of a text, cut between characters. */
static void change_text(struct jem_buf *b, const char *text)
{
    struct jem_buf part = JEM_BUF_INIT(CHANGE_TEXT_MAX + 8);
    size_t n = strlen(text), cut = n < CHANGE_TEXT_MAX ? n : CHANGE_TEXT_MAX;
    while (cut > 0 && ((unsigned char)text[cut] & 0xC0) == 0x80)
        cut--;
    jem_buf_add(&part, text, cut);
    jem_buf_str(&part, cut < n ? "\xe2\x80\xa6" : "");
    web_html_text(b, jem_buf_text(&part));
    jem_buf_release(&part);
}

void web_catalog_changes(struct jem_buf *b, const json_t *changes)
{
    const json_t *it;
    size_t i;
    if (json_array_size(changes) == 0)
        return;
    jem_buf_str(b, "<ul class=changes>");
    json_array_foreach(changes, i, it)
    {
        const char *before = jem_json_str(it, "before", NULL), *after = jem_json_str(it, "after", NULL);
        web_html(b, "<li><span class=mono>%s</span>", jem_json_str(it, "path", ""));
        if (before != NULL) {
            web_html(b, "<del><span class=hide>%t: </span>", JEM_T_WEB_CATALOG_BEFORE);
            change_text(b, before);
            jem_buf_str(b, "</del>");
        }
        if (after != NULL) {
            web_html(b, "<ins><span class=hide>%t: </span>", JEM_T_WEB_CATALOG_AFTER);
            change_text(b, after);
            jem_buf_str(b, "</ins>");
        }
    }
    jem_buf_str(b, "</ul>");
}

/* ---- services ---- */

/* Its badges, and who began its draft and when. */
static void catalog_state(struct jem_buf *b, const json_t *row)
{
    char at[64];
    web_catalog_badges(b, row);
    if (*jem_json_str(row, "officer", "") == '\0')
        return;
    jem_time_human(jem_json_int(row, "at_ms", 0), at, sizeof at);
    web_html(b, "<small>%s &middot; %s</small>", jem_json_str(row, "officer", ""), at);
}

static void catalog_rows(struct web_page *p, const json_t *services)
{
    struct jem_buf *b = p->b;
    const json_t *row;
    size_t i;
    web_html(b,
        "<table class=\"rows named\"><caption class=hide>%t</caption><thead><tr><th scope=col>%t<th scope=col>%t<th "
        "scope=col>%t<tbody>",
        JEM_T_WEB_CATALOG, JEM_T_WEB_CATALOG_SERVICE, JEM_T_CLI_C_AGENCY, JEM_T_WEB_CATALOG_STATE);
    json_array_foreach(services, i, row)
    {
        web_html(b, "<tr><td><a href=\"/katalog?s=%u\">%s</a><small class=mono>%s &middot; %l</small><td>%s<td>",
            jem_json_str(row, "id", ""), jem_json_str(row, "name", ""), jem_json_str(row, "id", ""),
            jem_json_int(row, "code", 0), jem_json_str(row, "agency_name", ""));
        catalog_state(b, row);
    }
    jem_buf_str(b, "</table>");
}

static void catalog_common(struct jem_buf *b, const json_t *row)
{
    web_html(b, "<p><a href=\"/katalog?s=" JEM_EDIT_COMMON "\">%t</a> ", JEM_T_EDIT_COMMON);
    catalog_state(b, row);
    jem_buf_str(b, "</p>");
}

static void catalog_new(struct web_page *p, const json_t *services)
{
    struct jem_buf *b = p->b;
    const json_t *row;
    size_t i;
    web_html(b, "<section class=card aria-labelledby=newh><h2 id=newh>%t</h2>", JEM_T_WEB_CATALOG_NEW);
    web_form_begin(p, "/katalog/baru", " class=ask");
    web_html(b,
        "<label for=nid>%t</label><input id=nid name=id class=mono maxlength=32 required autocomplete=off "
        "spellcheck=false aria-describedby=nidh><small id=nidh>%t</small><label for=nlike>%t</label><select id=nlike "
        "name=like>",
        JEM_T_WEB_CATALOG_ID, JEM_T_WEB_CATALOG_ID_HINT, JEM_T_WEB_CATALOG_LIKE);
    json_array_foreach(services, i, row)
        web_html(b, "<option value=\"%s\">%s", jem_json_str(row, "id", ""), jem_json_str(row, "name", ""));
    web_html(b, "</select><button class=second>%t</button></form></section>", JEM_T_WEB_CATALOG_NEW);
}

static void catalog_list(struct web_page *p)
{
    struct jem_error err = { .code = JEM_OK };
    struct jem_buf *b = p->b;
    json_t *o = NULL;
    char at[64];
    if (jem_edit_list(p->app, &o, &err) != JEM_OK) {
        web_page_error(p, &err);
        return;
    }
    const char *done = web_form_text(&p->r->args, "d");
    jem_time_human(jem_json_int(o, "published_ms", 0), at, sizeof at);
    web_page_begin(p, WEB_NAV_CATALOG, jem_text(JEM_T_WEB_CATALOG), false);
    web_html(b, "<div class=head><div><h1>%t</h1><p class=sub>", JEM_T_WEB_CATALOG);
    web_html_say(b, JEM_T_WEB_CATALOG_VERSION, (long long)jem_json_int(o, "version", 0), at,
        jem_json_str(o, "officer", ""));
    web_html(b, "</p></div><p><a class=\"button second\" href=\"/katalog/versi\">%t</a> ", JEM_T_WEB_CATALOG_VERSIONS);
    if (jem_json_int(o, "drafts", 0) > 0)
        web_html(b, "<a class=button href=\"/katalog/terbit\">%t</a>", JEM_T_WEB_CATALOG_REVIEW);
    jem_buf_str(b, "</p></div>");
    if (strcmp(done, "terbit") == 0)
        web_html(b, "<p class=\"note ok\" role=status>%t</p>", JEM_T_WEB_CATALOG_PUBLISHED);
    else if (strcmp(done, "buang") == 0)
        web_html(b, "<p class=\"note ok\" role=status>%t</p>", JEM_T_WEB_CATALOG_DROPPED);
    web_html(b, "<p>%t</p>", JEM_T_WEB_CATALOG_ABOUT);
    catalog_common(b, json_object_get(o, "common"));
    catalog_rows(p, json_object_get(o, "services"));
    catalog_new(p, json_object_get(o, "services"));
    web_page_end(p);
    json_decref(o);
}

void web_page_catalog_service(struct web_page *p, const char *id);

void web_page_catalog(struct web_page *p)
{
    const char *id = web_form_get(&p->r->args, "s");
    if (id != NULL)
        web_page_catalog_service(p, id);
    else
        catalog_list(p);
}

void web_page_catalog_new(struct web_page *p)
{
    struct jem_error err = { .code = JEM_OK };
    json_t *o = NULL;
    const char *id = web_form_text(&p->r->form, "id");
    if (jem_edit_new(p->app, id, web_form_text(&p->r->form, "like"), &o, &err) == JEM_OK)
        web_catalog_back(p, id, "baru", "");
    else
        web_page_error(p, &err);
    json_decref(o);
}

/* ---- what changed ---- */

/* A button for the service as it was; row: of jem_edit_list, for what stands now. */
static void restore_button(struct web_page *p, int64_t version, const json_t *row)
{
    const char *id = jem_json_str(row, "id", "");
    web_form_begin(p, "/katalog/layanan", " class=inline");
    web_html(p->b,
        "<input type=hidden name=s value=\"%s\"><input type=hidden name=rev value=%l><input type=hidden "
        "name=version value=%l><button class=second name=act value=restore>",
        id, jem_json_int(row, "rev", 0), version);
    web_html_say(p->b, JEM_T_WEB_CATALOG_RESTORE, (long long)version);
    web_html(p->b, "<span class=hide> %s</span></button></form>", id);
}

/* version 0: none. */
static void compare_restore(struct web_page *p, const char *id, int64_t version, const json_t *rows)
{
    const json_t *row;
    size_t i;
    json_array_foreach(rows, i, row)
    {
        if (version != 0 && strcmp(jem_json_str(row, "id", ""), id) == 0)
            restore_button(p, version, row);
    }
}

/* What all services share. restore: as of compare_services. */
static void compare_common(struct web_page *p, const json_t *changes, int64_t restore, const json_t *row)
{
    if (json_array_size(changes) == 0)
        return;
    web_html(p->b, "<section class=card><h2>%t</h2>", JEM_T_EDIT_COMMON);
    web_catalog_changes(p->b, changes);
    if (restore != 0)
        restore_button(p, restore, row);
    jem_buf_str(p->b, "</section>");
}

/* restore: the version whose services may become drafts again, or 0. */
static void compare_services(struct web_page *p, const json_t *services, int64_t restore, const json_t *rows)
{
    struct jem_buf *b = p->b;
    const json_t *it;
    size_t i;
    json_array_foreach(services, i, it)
    {
        const char *state = jem_json_str(it, "state", "");
        web_html(b, "<section class=card><h2>%s <small class=mono>%s</small></h2>", jem_json_str(it, "name", ""),
            jem_json_str(it, "id", ""));
        if (strcmp(state, "new") == 0)
            web_html(b, "<p>%t</p>", JEM_T_WEB_CATALOG_ADDED);
        else if (strcmp(state, "gone") == 0)
            web_html(b, "<p>%t</p>", JEM_T_WEB_CATALOG_GONE);
        web_catalog_changes(b, json_object_get(it, "changes"));
        compare_restore(p, jem_json_str(it, "id", ""), strcmp(state, "new") != 0 ? restore : 0, rows);
        jem_buf_str(b, "</section>");
    }
}

static void publish_choice(struct jem_buf *b, const json_t *row)
{
    bool good = jem_json_int(row, "faults", 0) == 0 && !jem_json_bool(row, "behind", false);
    if (strcmp(jem_json_str(row, "state", ""), "published") == 0)
        return;
    web_html(b, "<div><label class=check><input type=checkbox name=c value=\"%s:%l\"%s>%s</label> ",
        jem_json_str(row, "id", ""), jem_json_int(row, "rev", 0), good ? " checked" : " disabled",
        jem_json_str(row, "name", ""));
    web_catalog_badges(b, row);
    web_html(b, "<small>%s</small></div>", jem_json_str(row, "officer", ""));
}

static void publish_choices(struct web_page *p, const json_t *list)
{
    const json_t *row;
    size_t i;
    web_html(p->b, "<fieldset><legend>%t</legend>", JEM_T_WEB_CATALOG_CHOOSE);
    publish_choice(p->b, json_object_get(list, "common"));
    json_array_foreach(json_object_get(list, "services"), i, row) publish_choice(p->b, row);
    jem_buf_str(p->b, "</fieldset>");
}

void web_page_catalog_publish(struct web_page *p)
{
    struct jem_error err = { .code = JEM_OK };
    struct jem_buf *b = p->b;
    json_t *list = NULL, *o = NULL;
    if (jem_edit_list(p->app, &list, &err) != JEM_OK || jem_edit_compare(p->app, 0, 0, NULL, &o, &err) != JEM_OK) {
        json_decref(list);
        web_page_error(p, &err);
        return;
    }
    web_page_begin(p, WEB_NAV_CATALOG, jem_text(JEM_T_WEB_CATALOG_REVIEW), false);
    web_html(b, "<h1>%t</h1>", JEM_T_WEB_CATALOG_REVIEW);
    if (json_array_size(json_object_get(o, "services")) + json_array_size(json_object_get(o, "changes")) == 0) {
        web_html(b, "<p class=empty>%t</p>", JEM_T_WEB_CATALOG_NO_DRAFTS);
    } else {
        compare_common(p, json_object_get(o, "changes"), 0, NULL);
        compare_services(p, json_object_get(o, "services"), 0, NULL);
        web_html(b, "<section class=card aria-labelledby=ph><h2 id=ph>%t</h2><p>%t</p>", JEM_T_WEB_CATALOG_PUBLISH,
            JEM_T_WEB_CATALOG_PUBLISH_ABOUT);
        web_form_begin(p, "/katalog/terbit", " class=ask");
        publish_choices(p, list);
        web_html(b, "<button>%t</button></form></section>", JEM_T_WEB_CATALOG_PUBLISH);
    }
    web_page_end(p);
    json_decref(list);
    json_decref(o);
}

/* "ktp-el:12" */
static json_t *publish_chosen(const struct web_form *f)
{
    json_t *chosen = json_object();
    for (size_t i = 0; i < f->count; i++) {
        const char *value = f->fields[i].value, *colon = strchr(value, ':');
        if (strcmp(f->fields[i].name, "c") != 0 || colon == NULL)
            continue;
        char id[40];
        (void)snprintf(id, sizeof id, "%.*s", (int)(colon - value), value);
        json_object_set_new(chosen, id, json_integer((json_int_t)strtoll(colon + 1, NULL, 10)));
    }
    return chosen;
}

void web_page_catalog_publish_now(struct web_page *p)
{
    struct jem_error err = { .code = JEM_OK };
    json_t *o = NULL, *chosen = publish_chosen(&p->r->form);
    if (jem_edit_publish(p->app, chosen, &o, &err) == JEM_OK)
        web_answer_redirect(p->a, "/katalog?d=terbit");
    else
        web_page_error(p, &err);
    json_decref(chosen);
    json_decref(o);
}

/* ---- versions ---- */

static void versions_compare(struct web_page *p, int64_t a, int64_t b_version)
{
    struct jem_error err = { .code = JEM_OK };
    struct jem_buf *b = p->b;
    json_t *o = NULL, *list = NULL;
    if (jem_edit_compare(p->app, a, b_version, NULL, &o, &err) != JEM_OK ||
        jem_edit_list(p->app, &list, &err) != JEM_OK) {
        json_decref(o);
        web_html(b, "<p class=\"note bad\" role=alert>%s</p>", err.msg);
        return;
    }
    jem_buf_str(b, "<h2>");
    web_html_say(b, JEM_T_WEB_CATALOG_BETWEEN, (long long)a, (long long)b_version);
    jem_buf_str(b, "</h2>");
    if (json_array_size(json_object_get(o, "services")) + json_array_size(json_object_get(o, "changes")) == 0)
        web_html(b, "<p class=empty>%t</p>", JEM_T_WEB_CATALOG_SAME);
    compare_common(p, json_object_get(o, "changes"), a, json_object_get(list, "common"));
    compare_services(p, json_object_get(o, "services"), a, json_object_get(list, "services"));
    json_decref(list);
    json_decref(o);
}

static void versions_choice(struct jem_buf *b, const json_t *versions, const char *name, enum jem_text label,
    int64_t chosen)
{
    const json_t *it;
    size_t i;
    web_html(b, "<label for=v%s>%t</label><select id=v%s name=%s>", name, label, name, name);
    json_array_foreach(versions, i, it)
    {
        int64_t version = jem_json_int(it, "version", 0);
        web_html(b, "<option value=%l%s>%l", version, version == chosen ? " selected" : "", version);
    }
    jem_buf_str(b, "</select>");
}

static void versions_rows(struct jem_buf *b, const json_t *versions)
{
    const json_t *it;
    size_t i;
    web_html(b,
        "<table class=\"rows named\"><caption class=hide>%t</caption><thead><tr><th scope=col>%t<th scope=col>%t<th "
        "scope=col>%t<th scope=col>%t<tbody>",
        JEM_T_WEB_CATALOG_VERSIONS, JEM_T_WEB_VAN_VERSION, JEM_T_WEB_CATALOG_WHEN, JEM_T_WEB_CATALOG_WHO,
        JEM_T_WEB_CATALOG_COUNT);
    json_array_foreach(versions, i, it)
    {
        char at[64];
        int64_t version = jem_json_int(it, "version", 0);
        const json_t *older = json_array_get(versions, i + 1);
        jem_time_human(jem_json_int(it, "at_ms", 0), at, sizeof at);
        web_html(b, "<tr><td>%l", version);
        if (older != NULL)
            web_html(b, " <a href=\"/katalog/versi?a=%l&amp;b=%l\">%t<span class=hide> %l</span></a>",
                jem_json_int(older, "version", 0), version, JEM_T_WEB_CATALOG_WHAT, version);
        web_html(b, "<td class=when>%s<td>%s<td>%l", at, jem_json_str(it, "officer", ""),
            jem_json_int(it, "services", 0));
    }
    jem_buf_str(b, "</table>");
}

void web_page_catalog_versions(struct web_page *p)
{
    struct jem_error err = { .code = JEM_OK };
    struct jem_buf *b = p->b;
    json_t *o = NULL;
    if (jem_edit_versions(p->app, &o, &err) != JEM_OK) {
        web_page_error(p, &err);
        return;
    }
    const json_t *versions = json_object_get(o, "versions");
    int64_t newest = jem_json_int(json_array_get(versions, 0), "version", 0);
    int64_t from = web_form_number(&p->r->args, "a", 0), to = web_form_number(&p->r->args, "b", 0);
    web_page_begin(p, WEB_NAV_CATALOG, jem_text(JEM_T_WEB_CATALOG_VERSIONS), false);
    web_html(b, "<h1>%t</h1><p><a href=\"/katalog\">%t</a></p>", JEM_T_WEB_CATALOG_VERSIONS, JEM_T_WEB_CATALOG);
    versions_rows(b, versions);
    if (json_array_size(versions) > 1) {
        jem_buf_str(b, "<form class=filter action=\"/katalog/versi\">");
        versions_choice(b, versions, "a", JEM_T_WEB_CATALOG_BEFORE,
            from > 0 ? from : jem_json_int(json_array_get(versions, 1), "version", 0));
        versions_choice(b, versions, "b", JEM_T_WEB_CATALOG_AFTER, to > 0 ? to : newest);
        web_html(b, "<button class=second>%t</button></form>", JEM_T_WEB_CATALOG_WHAT);
    }
    if (from > 0 && to > 0)
        versions_compare(p, from, to);
    web_page_end(p);
    json_decref(o);
}
