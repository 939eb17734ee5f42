/* page_devices.c - the devices of this van: what is connected, what it can do, how it stands, which one is used; the print
 * queue and the scanned pages that wait. And what other pages show of devices: the strip, the state, a reader's code. */
#include <string.h>

#include "devices.h"
#include "jemput/print.h"
#include "jemput/reader.h"
#include "jemput/tray.h"

#define DEVICES_REFRESH_S 2

/* ---- for every page ---- */

void web_devices_strip(struct web_page *p, json_t *strip)
{
    static const char *const keys[] = { "scanner", "printer" };
    json_t *o = NULL;
    if (jem_station_read(p->office->station, &o, NULL) != JEM_OK)
        return;
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        json_object_set(strip, keys[i], json_object_get(o, keys[i]));
    json_decref(o);
}

json_t *web_devices_state(struct web_page *p)
{
    json_t *o = NULL;
    return jem_station_read(p->office->station, &o, NULL) == JEM_OK ? o : json_null();
}

/* What a reader read goes to the officer who was active last, once. */
void web_api_code(struct web_page *p)
{
    char code[JEM_CODE_READER_TEXT_MAX + 1];
    bool here = web_session_latest(&p->office->sessions, p->session) &&
                jem_station_code(p->office->station, code, sizeof code) == JEM_OK;
    web_json_answer(p, 200, json_pack("{s:o}", "q", here ? json_string(code) : json_null()));
}

void web_part_answer(struct web_page *p, enum jem_code rc, const struct jem_error *err, const char *path)
{
    bool script = web_request_header(p->r, "X-Part") != NULL;
    if (script && rc == JEM_OK)
        web_json_answer(p, 200, json_pack("{s:s}", "ok", path));
    else if (script)
        web_json_answer(p, 422, json_pack("{s:s}", "error", err->msg));
    else if (rc == JEM_OK)
        web_answer_redirect(p->a, path);
    else
        web_page_error(p, err);
}

/* ---- the list ---- */

static void devices_line(struct jem_buf *b, enum jem_text label, const char *text)
{
    if (*text)
        web_html(b, "<div><dt>%t</dt><dd>%s</dd></div>", label, text);
}

static void devices_source(struct jem_buf *b, const json_t *source)
{
    const char *name = jem_json_str(source, "source", "");
    const json_t *dpi = json_object_get(source, "dpi"), *it;
    bool range = jem_json_bool(source, "dpi_range", false);
    size_t i;
    web_html(b, "<div><dt>%t</dt><dd>%l &times; %l mm, ",
        strcmp(name, "platen") == 0 ? JEM_T_WEB_TRAY_PLATEN
        : strcmp(name, "adf") == 0  ? JEM_T_WEB_TRAY_ADF
                                    : JEM_T_WEB_TRAY_DUPLEX,
        jem_json_int(source, "width_mm", 0), jem_json_int(source, "height_mm", 0));
    json_array_foreach(dpi, i, it)
    {
        if (!range || i < 2)
            web_html(b, "%s%l", i == 0 ? "" : range ? "–" : ", ", (int64_t)json_integer_value(it));
    }
    web_html(b, " dpi</dd></div>");
}

static void devices_head(struct jem_buf *b, const json_t *d)
{
    const char *why = jem_json_str(d, "why", "");
    bool usable = jem_json_bool(d, "usable", false);
    web_html(b, "<h3>%s <span class=\"badge %s\">%t</span>", jem_json_str(d, "name", ""), usable ? "ok" : "bad",
        usable ? JEM_T_WEB_DEV_USABLE : JEM_T_WEB_DEV_NOT_USABLE);
    if (jem_json_bool(d, "chosen", false))
        web_html(b, " <span class=badge>%t</span>", JEM_T_WEB_DEV_CHOSEN);
    jem_buf_str(b, "</h3><dl class=list>");
    devices_line(b, JEM_T_WEB_DEV_STATE, *why ? why : jem_json_str(d, "state_text", ""));
    devices_line(b, JEM_T_WEB_DEV_WAY, jem_json_str(d, "id", ""));
    devices_line(b, JEM_T_WEB_DEV_SERIAL, jem_json_str(d, "serial", ""));
}

static void devices_scanners(struct web_page *p, const json_t *list)
{
    size_t i, k;
    const json_t *d, *source;
    web_html(p->b, "<section class=card aria-labelledby=scanh><h2 id=scanh>%t</h2>", JEM_T_CLI_L_SCANNER);
    if (json_array_size(list) == 0)
        web_html(p->b, "<p>%t</p>", JEM_T_WEB_DEV_NO_SCANNER);
    json_array_foreach(list, i, d)
    {
        devices_head(p->b, d);
        json_array_foreach(json_object_get(d, "sources"), k, source) devices_source(p->b, source);
        jem_buf_str(p->b, "</dl>");
        if (jem_json_bool(d, "chosen", false) || !jem_json_bool(d, "usable", false))
            continue;
        web_form_begin(p, "/perangkat/pemindai", "");
        web_html(p->b,
            "<input type=hidden name=id value=\"%s\"><button class=second>%t<span class=hide>: "
            "%s</span></button></form>",
            jem_json_str(d, "id", ""), JEM_T_WEB_DEV_USE, jem_json_str(d, "name", ""));
    }
    jem_buf_str(p->b, "</section>");
}

static void devices_profiles(struct web_page *p, const json_t *d, const json_t *profiles, size_t nth)
{
    size_t i;
    const json_t *it;
    const char *mine = jem_json_str(d, "profile", "");
    web_form_begin(p, "/perangkat/printer", " class=print");
    web_html(p->b, "<input type=hidden name=id value=\"%s\">", jem_json_str(d, "id", ""));
    if (*mine) {
        web_html(p->b, "<label for=prof%d>%t</label><select id=prof%d name=profile>", (int)nth, JEM_T_WEB_DEV_PROFILE,
            (int)nth);
        json_array_foreach(profiles, i, it)
        {
            const char *id = jem_json_str(it, "id", "");
            web_html(p->b, "<option value=\"%s\"%s>%s", id, strcmp(id, mine) == 0 ? " selected" : "",
                jem_json_str(it, "name", ""));
        }
        jem_buf_str(p->b, "</select>");
    }
    web_html(p->b, "<button class=second>%t<span class=hide>: %s</span></button></form>", JEM_T_WEB_DEV_USE,
        jem_json_str(d, "name", ""));
}

static void devices_printers(struct web_page *p, const json_t *list, const json_t *profiles)
{
    size_t i;
    const json_t *d;
    bool on = jem_print_auto(p->app);
    web_html(p->b, "<section class=card aria-labelledby=printh><h2 id=printh>%t</h2>", JEM_T_CLI_C_PRINTER);
    if (json_array_size(list) == 0)
        web_html(p->b, "<p>%t</p>", JEM_T_WEB_DEV_NO_PRINTER);
    json_array_foreach(list, i, d)
    {
        devices_head(p->b, d);
        jem_buf_str(p->b, "</dl>");
        if (jem_json_bool(d, "usable", false))
            devices_profiles(p, d, profiles, i);
    }
    web_form_begin(p, "/perangkat/printer", "");
    web_html(p->b, "<p>%t <button class=plain name=otomatis value=%d>%t</button></p></form></section>",
        on ? JEM_T_WEB_DEV_AUTO_ON : JEM_T_WEB_DEV_AUTO_OFF, on ? 0 : 1,
        on ? JEM_T_WEB_DEV_AUTO_STOP : JEM_T_WEB_DEV_AUTO_START);
}

static void devices_readers(struct web_page *p, const json_t *list)
{
    size_t i;
    const json_t *d;
    web_html(p->b, "<section class=card aria-labelledby=readh><h2 id=readh>%t</h2>", JEM_T_CLI_L_READER);
    json_array_foreach(list, i, d)
    {
        devices_head(p->b, d);
        jem_buf_str(p->b, "</dl>");
    }
    web_html(p->b, "<p class=sub>%t</p></section>", JEM_T_WEB_DEV_READERS);
}

/* ---- what waits ---- */

static void devices_queue(struct web_page *p)
{
    json_t *o = NULL;
    const json_t *it;
    size_t i;
    if (jem_print_jobs(p->app, 0, true, &o, NULL) != JEM_OK)
        return;
    const json_t *jobs = json_object_get(o, "jobs");
    web_html(p->b, "<section class=card aria-labelledby=queueh><h2 id=queueh>%t</h2>", JEM_T_WEB_DEV_QUEUE);
    if (json_array_size(jobs) == 0)
        web_html(p->b, "<p>%t</p>", JEM_T_WEB_DEV_QUEUE_NONE);
    else
        jem_buf_str(p->b, "<ul class=drafts>");
    json_array_foreach(jobs, i, it)
    {
        const char *number = jem_json_str(it, "number", "");
        if (jem_json_int(it, "ticket", 0) != 0)
            web_html(p->b, "<li><a class=row href=\"/antrean\">%t <b class=number>%s</b></a>", JEM_T_WEB_QUEUE, number);
        else
            web_html(p->b, "<li><a class=row href=\"/p/%s/kertas\"><b class=number>%s</b></a>", number, number);
        web_html(p->b, " %s <small>%s</small>", jem_json_str(it, "state_text", ""), jem_json_str(it, "reason", ""));
    }
    if (json_array_size(jobs) > 0)
        jem_buf_str(p->b, "</ul>");
    jem_buf_str(p->b, "</section>");
    json_decref(o);
}

static void devices_trays(struct web_page *p)
{
    json_t *list = NULL;
    const json_t *it;
    size_t i;
    if (jem_trays(p->app, &list, NULL) != JEM_OK || json_array_size(list) == 0) {
        json_decref(list);
        return;
    }
    web_html(p->b, "<section class=card aria-labelledby=trayh><h2 id=trayh>%t</h2><ul class=drafts>",
        JEM_T_WEB_DEV_TRAYS);
    json_array_foreach(list, i, it)
    {
        const char *name = jem_json_str(it, "tray", "");
        bool number = strchr(name, '-') != NULL;
        web_html(p->b, "<li><a class=row href=\"%s%s%s\">", number ? "/p/" : "/draf", number ? name : "",
            number ? "#tray" : "");
        if (number)
            web_html(p->b, "<b class=number>%s</b>", name);
        else
            web_html(p->b, "<b>%t</b>", JEM_T_WEB_DEV_TRAY_DRAFT);
        jem_buf_str(p->b, "</a> ");
        web_html_say(p->b, JEM_T_WEB_TRAY_COUNT, (int)jem_json_int(it, "pages", 0));
    }
    jem_buf_str(p->b, "</ul></section>");
    json_decref(list);
}

/* ---- the page ---- */

void web_page_devices(struct web_page *p)
{
    struct jem_station *station = p->office->station;
    json_t *list = NULL, *state = NULL;
    bool looking = jem_station_read(station, &state, NULL) == JEM_OK && jem_json_bool(state, "looking", false);
    list = jem_station_list(station);
    if (list == NULL)
        jem_station_look(station);
    looking = looking || list == NULL;
    p->devices = true;
    p->refresh_s = looking ? DEVICES_REFRESH_S : 0;
    web_page_begin(p, WEB_NAV_DEVICES, jem_text(JEM_T_WEB_DEVICES), false);
    web_html(p->b, "<div class=head><h1>%t</h1><div class=actions>", JEM_T_WEB_DEVICES);
    web_form_begin(p, "/perangkat/lihat", "");
    web_html(p->b, "<button class=second>%t</button></form><a class=button href=\"/perangkat/pagi\">%t</a></div></div>",
        JEM_T_WEB_DEV_LOOK, JEM_T_WEB_MORNING);
    web_html(p->b, "<div id=devices data-part=\"/perangkat\" data-rev=%l%s>", jem_json_int(state, "rev", 0),
        looking ? " data-run" : "");
    if (looking)
        web_html(p->b, "<p role=status class=note>%t</p>", JEM_T_WEB_DEV_LOOKING);
    if (list != NULL) {
        jem_buf_str(p->b, "<div class=columns><div>");
        devices_scanners(p, json_object_get(list, "scanners"));
        devices_printers(p, json_object_get(list, "printers"), json_object_get(list, "profiles"));
        jem_buf_str(p->b, "</div><div>");
        devices_readers(p, json_object_get(list, "readers"));
        devices_queue(p);
        devices_trays(p);
        jem_buf_str(p->b, "</div></div>");
    }
    jem_buf_str(p->b, "</div>");
    web_page_end(p);
    json_decref(list);
    json_decref(state);
}

void web_page_devices_look(struct web_page *p)
{
    jem_station_look(p->office->station);
    web_answer_redirect(p->a, "/perangkat");
}

static void devices_chosen(struct web_page *p, enum jem_code rc, const struct jem_error *err)
{
    if (rc == JEM_OK)
        jem_station_look(p->office->station);
    web_part_answer(p, rc, err, "/perangkat");
}

void web_page_devices_printer(struct web_page *p)
{
    struct jem_error err = { .code = JEM_OK };
    const struct web_form *f = &p->r->form;
    const char *on = web_form_get(f, "otomatis"), *profile = web_form_get(f, "profile");
    json_t *out = NULL;
    enum jem_code rc = on != NULL ? jem_print_auto_set(p->app, strcmp(on, "1") == 0, &err)
                                  : jem_station_choose_printer(p->office->station, p->app, web_form_text(f, "id"),
                                        profile, &out, &err);
    json_decref(out);
    devices_chosen(p, rc, &err);
}

void web_page_devices_scanner(struct web_page *p)
{
    struct jem_error err = { .code = JEM_OK };
    enum jem_code rc = jem_station_choose_scanner(p->office->station, p->app, web_form_text(&p->r->form, "id"), &err);
    devices_chosen(p, rc, &err);
}
