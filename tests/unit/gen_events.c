/* gen_events.c - a district at work: who knows what, and what they do with it.
 *
 * Each node (HQ is node 0) acts on the events of an application that it knows; before it acts it may learn some or
 * all of the others. So chains of causes, concurrent work and late news arise as they do over bad links. */
#include "gen_events.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "jemput/codec.h"
#include "jemput/number.h"

#define GEN_START_MS ((int64_t)1795053600000) /* 2026-11-19 09:00 WIB */

struct gen_app {
    uint64_t number;
    unsigned home; /* van */
    unsigned documents, copies;
    size_t *events; /* into the list */
    size_t count, cap;
};
struct gen_node {
    uint64_t hlc;
    int64_t skew_ms;
};
struct gen_world {
    struct prop rng;
    struct jem_event_list *out;
    unsigned *known; /* a bit a node, for every event of the list */
    size_t known_cap;
    struct gen_node nodes[GEN_VANS_MAX + 1];
    uint64_t seq[GEN_VANS_MAX + 1][GEN_VANS_MAX + 1]; /* by writer and lane */
    unsigned char prev[GEN_VANS_MAX + 1][GEN_VANS_MAX + 1][32];
    unsigned vans;
    int64_t now_ms;
    struct gen_app *apps;
    size_t app_count;
};

static void gen_need(bool ok)
{
    if (!ok)
        abort();
}

static void gen_put(json_t *o, const char *key, json_t *v)
{
    gen_need(json_object_set_new(o, key, v) == 0);
}

static void gen_add(json_t *a, json_t *v)
{
    gen_need(json_array_append_new(a, v) == 0);
}

static void gen_body(struct jem_event *e, json_t *body)
{
    struct jem_buf b = JEM_BUF_INIT(JEM_EVENT_BODY_MAX);
    gen_need(body != NULL && jem_json_canonical(body, &b, NULL) == JEM_OK);
    e->body = malloc(b.len + 1);
    gen_need(e->body != NULL);
    memcpy(e->body, jem_buf_text(&b), b.len + 1);
    e->body_len = b.len;
    jem_buf_release(&b);
    json_decref(body);
}

static void gen_copy(char *to, size_t cap, const char *from)
{
    size_t n = strlen(from);
    gen_need(n < cap);
    memcpy(to, from, n + 1);
}

struct jem_event gen_event(uint16_t writer, uint16_t lane, uint64_t seq, uint64_t hlc, uint64_t subject,
    const char *kind, json_t *body, const struct jem_event *prev)
{
    static const char *const actors[] = { "kantor", "siti", "asep.h", "dewi_k", "budi", "neneng", "ujang-2" };
    struct jem_event e = { .id = { writer, lane, 1, seq },
        .hlc = hlc,
        .wall_ms = jem_hlc_unix_ms(hlc),
        .clock_source = JEM_CLOCK_NTP,
        .subject = subject };
    gen_copy(e.actor, sizeof e.actor, actors[writer % 7]);
    gen_copy(e.kind, sizeof e.kind, kind);
    gen_body(&e, body);
    if (prev != NULL)
        memcpy(e.prev_hash, prev->hash, 32);
    jem_event_seal(&e);
    return e;
}

/* node's clock, its stream and its knowledge all move on. */
static void gen_record(struct gen_world *w, unsigned node, struct gen_app *app, const char *kind, json_t *body)
{
    unsigned lane = node == 0 ? app->home : 0;
    struct gen_node *n = &w->nodes[node];
    struct jem_event before = { 0 };
    memcpy(before.hash, w->prev[node][lane], 32);
    w->now_ms += (int64_t)gen_below(&w->rng, 45000);
    n->hlc = jem_hlc_next(n->hlc, w->now_ms + n->skew_ms);
    struct jem_event e =
        gen_event((uint16_t)node, (uint16_t)lane, ++w->seq[node][lane], n->hlc, app->number, kind, body, &before);
    memcpy(w->prev[node][lane], e.hash, 32);
    if (w->out->count == w->known_cap) {
        w->known_cap = w->known_cap == 0 ? 256 : w->known_cap * 2;
        w->known = realloc(w->known, w->known_cap * sizeof *w->known);
        gen_need(w->known != NULL);
    }
    if (app->count == app->cap) {
        app->cap = app->cap == 0 ? 4 : app->cap * 2;
        app->events = realloc(app->events, app->cap * sizeof *app->events);
        gen_need(app->events != NULL);
    }
    w->known[w->out->count] = 1u << node;
    app->events[app->count++] = w->out->count;
    gen_need(jem_event_list_push(w->out, &e, NULL) == JEM_OK);
}

static json_t *gen_hex(struct gen_world *w)
{
    unsigned char raw[32];
    char text[65];
    for (size_t i = 0; i < sizeof raw; i++)
        raw[i] = (unsigned char)prop_u64(&w->rng);
    jem_hex(raw, sizeof raw, text);
    return json_string(text);
}

static json_t *gen_number_text(uint64_t number)
{
    char text[JEM_NUMBER_TEXT];
    jem_number_format(number, text);
    return json_string(text);
}

static void gen_submit(struct gen_world *w, struct gen_app *app)
{
    static const char *const channels[] = { "van", "van", "van", "phone", "village-office" };
    const char *service = "";
    json_t *fields = gen_fields(&w->rng, &service);
    json_t *body = json_object(), *warnings = json_array();
    gen_put(body, "service", json_string(service));
    gen_put(body, "catalog", json_integer(1));
    gen_put(body, "channel", json_string(channels[gen_below(&w->rng, 5)]));
    gen_put(body, "fields", fields);
    if (gen_chance(&w->rng, 10))
        gen_add(warnings, json_string("NIK_DISTRICT_UNKNOWN"));
    gen_put(body, "warnings", warnings);
    if (w->app_count > 1 && gen_chance(&w->rng, 3)) {
        json_t *duplicate = json_object();
        gen_put(duplicate, "of", gen_number_text(w->apps[gen_below(&w->rng, (unsigned)(app - w->apps + 1))].number));
        gen_put(duplicate, "reason", json_string("berkas pertama hilang"));
        gen_put(body, "duplicate", duplicate);
    }
    gen_record(w, app->home, app, "application.submitted", body);
}

static void gen_print(struct gen_world *w, unsigned node, struct gen_app *app)
{
    json_t *body = json_object();
    gen_put(body, "copy", json_integer((json_int_t)app->copies++));
    gen_put(body, "format", json_string(gen_chance(&w->rng, 80) ? "escpos" : "pdf"));
    gen_put(body, "width", json_integer(gen_chance(&w->rng, 70) ? 58 : 80));
    gen_record(w, node, app, "receipt.printed", body);
}

static void gen_attach(struct gen_world *w, unsigned node, struct gen_app *app)
{
    static const char *const kinds[] = { "kk", "ktp", "surat-lahir", "buku-nikah" };
    json_t *body = json_object(), *pages = json_array();
    unsigned n = 1 + gen_below(&w->rng, 3);
    for (unsigned i = 0; i < n; i++) {
        json_t *page = json_object();
        gen_put(page, "preview", gen_hex(w));
        gen_put(page, "size", json_integer(6000 + gen_below(&w->rng, 30000)));
        gen_add(pages, page);
    }
    gen_put(body, "ordinal", json_integer((json_int_t)++app->documents));
    gen_put(body, "kind", json_string(kinds[gen_below(&w->rng, 4)]));
    gen_put(body, "mime", json_string(n > 1 ? "application/pdf" : "image/jpeg"));
    gen_put(body, "size", json_integer(80000 + gen_below(&w->rng, 900000)));
    gen_put(body, "hash", gen_hex(w));
    gen_put(body, "pages", pages);
    if (gen_chance(&w->rng, 30))
        gen_put(body, "name", json_string("IMG_2026.jpg"));
    gen_record(w, node, app, "document.attached", body);
}

/* One to three fields, each over the heads that the node sees. */
static void gen_correct(struct gen_world *w, unsigned node, struct gen_app *app, const json_t *state)
{
    static const char *const names[] = { "address", "phone", "name", "village", "request", "kk" };
    const char *service = "";
    json_t *fresh = gen_fields(&w->rng, &service), *set = json_object(), *body = json_object();
    for (unsigned n = 1 + gen_below(&w->rng, 3); n > 0; n--) {
        const char *name = names[gen_below(&w->rng, 6)];
        json_t *value = json_object_get(fresh, name), *heads = json_object_get(json_object_get(state, "heads"), name);
        json_t *write = json_object();
        /* Two people may well enter the same thing. */
        if (strcmp(name, "phone") == 0 && gen_chance(&w->rng, 50))
            gen_put(write, "v", json_string("081200000001"));
        else
            gen_put(write, "v", value != NULL ? json_incref(value) : json_string("-"));
        gen_put(write, "base", heads != NULL ? json_deep_copy(heads) : json_array());
        gen_put(set, name, write);
    }
    gen_put(body, "set", set);
    if (gen_chance(&w->rng, 50))
        gen_put(body, "reason", json_string("sesuai KK terbaru"));
    json_decref(fresh);
    gen_record(w, node, app, "application.corrected", body);
}

static void gen_status(struct gen_world *w, unsigned node, struct gen_app *app, enum jem_status from,
    enum jem_status to)
{
    json_t *body = json_object();
    gen_put(body, "from", json_string(jem_status_name(from)));
    gen_put(body, "to", json_string(jem_status_name(to)));
    if (to == JEM_STATUS_RETURNED || to == JEM_STATUS_REJECTED) {
        gen_put(body, "reason", json_string(gen_chance(&w->rng, 50) ? "KK tidak terbaca" : "Berkas belum lengkap"));
        if (gen_chance(&w->rng, 50))
            gen_put(body, "code",
                json_string(jem_reason_name((enum jem_reason)(1 + gen_below(&w->rng, JEM_REASON_COUNT - 1)))));
    }
    gen_record(w, node, app, "status.changed", body);
}

/* Mostly a step that the node believes legal, sometimes any. */
static void gen_decide(struct gen_world *w, unsigned node, struct gen_app *app, enum jem_status now)
{
    enum jem_status to = (enum jem_status)(1 + gen_below(&w->rng, JEM_STATUS_COUNT - 1));
    if (gen_chance(&w->rng, 88))
        for (int tries = 0; tries < 40 && (!jem_status_allowed(now, to) || to >= JEM_STATUS_WITHDRAWN); tries++)
            to = (enum jem_status)(1 + gen_below(&w->rng, JEM_STATUS_COUNT - 1));
    gen_status(w, node, app, now, to);
}

static void gen_resolve_field(struct gen_world *w, unsigned node, struct gen_app *app, const json_t *state)
{
    const json_t *conflict = json_array_get(json_object_get(state, "conflicts"), 0);
    const json_t *values = json_object_get(conflict, "values");
    const char *field = jem_json_str(conflict, "field", "");
    const json_t *chosen = json_array_get(values, gen_below(&w->rng, (unsigned)json_array_size(values)));
    json_t *body = json_object();
    gen_put(body, "field", json_string(field));
    gen_put(body, "v", json_incref(json_object_get(chosen, "value")));
    gen_put(body, "base", json_deep_copy(json_object_get(json_object_get(state, "heads"), field)));
    gen_put(body, "reason", json_string("dikonfirmasi lewat telepon"));
    gen_record(w, node, app, "conflict.resolved", body);
}

static void gen_resolve_status(struct gen_world *w, unsigned node, struct gen_app *app, const json_t *state)
{
    const json_t *illegal = json_array_get(json_object_get(state, "illegal"), 0);
    json_t *body = json_object();
    gen_put(body, "event", json_incref(json_object_get(illegal, "event")));
    gen_put(body, "accept", json_boolean(gen_chance(&w->rng, 50)));
    gen_put(body, "reason", json_string("diputuskan kepala seksi"));
    gen_record(w, node, app, "conflict.resolved", body);
}

static void gen_link(struct gen_world *w, unsigned node, struct gen_app *app)
{
    const struct gen_app *other = &w->apps[gen_below(&w->rng, (unsigned)w->app_count)];
    unsigned what = gen_below(&w->rng, 3);
    json_t *body = json_object();
    if (what == 2) {
        gen_put(body, "other", gen_number_text(other->number));
        gen_put(body, "service", json_string("akta-kelahiran"));
        gen_put(body, "day", json_string("2026-11-19"));
        gen_put(body, "van", json_integer((json_int_t)other->home));
        gen_record(w, node, app, "duplicate.found", body);
        return;
    }
    gen_put(body, what == 0 ? "to" : "apart", gen_number_text(other->number));
    gen_put(body, "reason", json_string("NIK dan layanan sama"));
    gen_record(w, node, app, "application.linked", body);
}

static void gen_simple(struct gen_world *w, unsigned node, struct gen_app *app, const char *kind, const char *key,
    json_t *value)
{
    json_t *body = json_object();
    gen_put(body, "reason", json_string("permintaan pemohon"));
    if (key != NULL)
        gen_put(body, key, value);
    gen_record(w, node, app, kind, body);
}

static void gen_continue(struct gen_world *w, unsigned node, struct gen_app *app)
{
    json_t *body = json_object();
    gen_put(body, "service", json_string("akta-kelahiran"));
    gen_put(body, "channel", json_string(node == 0 ? "electronic" : "van"));
    gen_record(w, node, app, "application.continued", body);
}

static void gen_remove(struct gen_world *w, unsigned node, struct gen_app *app, const json_t *state)
{
    const json_t *documents = json_object_get(state, "documents");
    size_t n = json_array_size(documents);
    if (n == 0) {
        gen_attach(w, node, app);
        return;
    }
    const json_t *document = json_array_get(documents, gen_below(&w->rng, (unsigned)n));
    gen_simple(w, node, app, "document.removed", "document", json_incref(json_object_get(document, "event")));
}

static void gen_van_acts(struct gen_world *w, unsigned node, struct gen_app *app, const struct jem_application *view)
{
    unsigned dice = gen_below(&w->rng, 100);
    if (view->status == JEM_STATUS_READY && dice < 50)
        gen_status(w, node, app, JEM_STATUS_READY, JEM_STATUS_HANDED_OVER);
    else if (dice < 45)
        gen_correct(w, node, app, view->state);
    else if (dice < 60)
        gen_attach(w, node, app);
    else if (dice < 68)
        gen_remove(w, node, app, view->state);
    else if (dice < 82)
        gen_print(w, node, app);
    else if (dice < 88)
        gen_simple(w, node, app, "application.withdrawn", NULL, NULL);
    else if (dice < 92)
        gen_decide(w, node, app, view->status);
    else if (dice < 95)
        gen_continue(w, node, app);
    else
        gen_simple(w, node, app, dice < 97 ? "fee.waived" : "photo.taken", "n", json_integer(4));
}

static void gen_hq_acts(struct gen_world *w, struct gen_app *app, const struct jem_application *view)
{
    unsigned dice = gen_below(&w->rng, 100);
    if (view->conflicts > 0 && dice < 45)
        gen_resolve_field(w, 0, app, view->state);
    else if (view->illegal > 0 && dice < 65)
        gen_resolve_status(w, 0, app, view->state);
    else if (dice < 82)
        gen_decide(w, 0, app, view->status);
    else if (dice < 88)
        gen_correct(w, 0, app, view->state);
    else if (dice < 91)
        gen_continue(w, 0, app);
    else
        gen_link(w, 0, app);
}

/* The node learns some (60 %: all) of what others did with the application; false when it knows nothing of it. */
static bool gen_learn(struct gen_world *w, unsigned node, const struct gen_app *app)
{
    bool all = gen_chance(&w->rng, 60), knows = false;
    unsigned percent = gen_below(&w->rng, 101);
    for (size_t i = 0; i < app->count; i++) {
        unsigned *known = &w->known[app->events[i]];
        uint64_t hlc = w->out->items[app->events[i]].hlc;
        if ((*known >> node & 1u) == 0 && (all || gen_chance(&w->rng, percent))) {
            *known |= 1u << node;
            w->nodes[node].hlc = jem_hlc_seen(w->nodes[node].hlc, hlc, w->now_ms + w->nodes[node].skew_ms);
        }
        knows |= (*known >> node & 1u) != 0;
    }
    return knows;
}

static void gen_act(struct gen_world *w, unsigned node, struct gen_app *app)
{
    struct jem_application view;
    if (!gen_learn(w, node, app))
        return;
    const struct jem_event **seen = malloc(app->count * sizeof *seen);
    size_t n = 0;
    gen_need(seen != NULL);
    for (size_t i = 0; i < app->count; i++)
        if ((w->known[app->events[i]] >> node & 1u) != 0)
            seen[n++] = &w->out->items[app->events[i]];
    gen_need(jem_application_fold(seen, n, &view, NULL) == JEM_OK);
    free(seen);
    if (node == 0)
        gen_hq_acts(w, app, &view);
    else
        gen_van_acts(w, node, app, &view);
    jem_application_release(&view);
}

static void gen_van_day(struct gen_world *w, struct gen_app *app)
{
    gen_submit(w, app);
    gen_print(w, app->home, app);
    for (unsigned n = gen_below(&w->rng, 3); n > 0; n--)
        gen_attach(w, app->home, app);
}

static void gen_correct_some(struct gen_world *w, struct gen_app *app)
{
    struct jem_application view;
    const struct jem_event *first = &w->out->items[app->events[0]];
    gen_need(jem_application_fold(&first, 1, &view, NULL) == JEM_OK);
    gen_correct(w, app->home, app, view.state);
    jem_application_release(&view);
}

void gen_events(uint64_t seed, size_t applications, unsigned vans, enum gen_mix mix, struct jem_event_list *out)
{
    struct gen_world w = { .rng = { seed }, .out = out, .vans = vans, .now_ms = GEN_START_MS };
    gen_need(vans >= 1 && vans <= GEN_VANS_MAX && out->count == 0);
    w.apps = calloc(applications + 1, sizeof *w.apps);
    gen_need(w.apps != NULL);
    for (unsigned v = 1; v <= vans; v++)
        w.nodes[v].skew_ms = gen_chance(&w.rng, 40) ? 0 : (int64_t)gen_below(&w.rng, 600000) - 300000;
    for (size_t i = 0; i < applications; i++) {
        struct gen_app *app = &w.apps[i];
        app->home = 1 + gen_below(&w.rng, vans);
        app->number = jem_number_make(app->home, prop_u64(&w.rng));
        w.app_count = i + 1;
        if (mix == GEN_SUBMIT)
            gen_submit(&w, app);
        else
            gen_van_day(&w, app);
        if (mix == GEN_DAY && gen_chance(&w.rng, 8))
            gen_correct_some(&w, app);
    }
    for (size_t step = 0; mix == GEN_FULL && step < applications * 10; step++)
        gen_act(&w, gen_below(&w.rng, vans + 1), &w.apps[gen_below(&w.rng, (unsigned)applications)]);
    for (size_t i = 0; i < applications; i++)
        free(w.apps[i].events);
    free(w.apps);
    free(w.known);
}
