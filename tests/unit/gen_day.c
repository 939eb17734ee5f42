/* gen_day.c - a day's events of every kind, each van and HQ on streams of their own. */
#include "gen_day.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct day_gen {
    struct prop rng;
    struct jem_event_list *list;
    size_t old; /* events of gen_events */
    uint64_t seq, hlc;
    uint16_t writer, lane;
    struct jem_event prev;
};

static void day_need(bool ok)
{
    if (!ok)
        abort();
}

static json_t *day_ref(struct day_gen *g)
{
    char text[JEM_EVENT_ID_TEXT];
    struct jem_event_id id = { g->writer, g->lane, GEN_DAY_INC, 1 + gen_below(&g->rng, 50) };
    if (gen_chance(&g->rng, 20))
        id.writer = (uint16_t)gen_below(&g->rng, 4);
    jem_event_id_format(&id, text);
    return json_string(text);
}

static const char *day_code(struct day_gen *g, const char *const *codes, unsigned n)
{
    return codes[gen_below(&g->rng, n)];
}

static void day_record(struct day_gen *g, uint64_t subject, const char *kind, json_t *body)
{
    day_need(body != NULL);
    g->hlc += (uint64_t)gen_below(&g->rng, 90000) << 16;
    g->seq++;
    struct jem_event e =
        gen_event(g->writer, g->lane, g->seq, g->hlc, subject, kind, body, g->seq == 1 ? NULL : &g->prev);
    e.id.inc = GEN_DAY_INC;
    jem_event_seal(&e);
    g->prev = e;
    day_need(jem_event_list_push(g->list, &e, NULL) == JEM_OK);
}

static void day_queue(struct day_gen *g)
{
    static const char *const groups[] = { "general", "general", "elderly", "disability", "maternal", "child",
        "disaster" };
    static const char *const steps[] = { "queue.called", "queue.called", "queue.served", "queue.skipped" };
    if (gen_chance(&g->rng, 40)) {
        day_record(g, 0, "queue.issued",
            json_pack("{s:s,s:i,s:s}", "day", gen_chance(&g->rng, 80) ? "2026-11-19" : "2026-11-20", "number",
                (int)g->seq % 9998 + 1, "category", day_code(g, groups, 7)));
        return;
    }
    const char *kind = day_code(g, steps, 4);
    json_t *body = json_pack("{s:o}", "ticket", day_ref(g));
    if (strcmp(kind, "queue.skipped") != 0)
        json_object_set_new(body, "counter", json_integer(1 + (json_int_t)gen_below(&g->rng, 4)));
    day_record(g, 0, kind, body);
}

static void day_visit(struct day_gen *g)
{
    if (gen_chance(&g->rng, 40))
        day_record(g, 0, "visit.opened",
            json_pack("{s:s,s:s,s:[s,s],s:s}", "village", "3203012001", "place", "Balai desa", "team", "Siti", "Asep",
                "plan", "0.1.3.2"));
    else
        day_record(g, 0, "visit.closed",
            json_pack("{s:o,s:i,s:i,s:s}", "visit", day_ref(g), "applications", (int)gen_below(&g->rng, 200), "tickets",
                (int)gen_below(&g->rng, 300), "note", "hujan"));
}

static void day_plan(struct day_gen *g)
{
    json_t *body = json_pack("{s:i,s:s,s:s,s:s,s:s}", "van", g->lane > 0 ? (int)g->lane : 1, "village", "3203012001",
        "from", "2026-11-21", "to", "2026-11-22", "place", "Balai desa");
    if (gen_chance(&g->rng, 40))
        json_object_set_new(body, "replaces", day_ref(g));
    if (gen_chance(&g->rng, 20))
        json_object_set_new(body, "cancelled", json_true());
    day_record(g, 0, "visit.planned", body);
}

static void day_complaint(struct day_gen *g)
{
    static const char *const categories[] = { "information", "desk", "field" };
    if (gen_chance(&g->rng, 50))
        day_record(g, gen_chance(&g->rng, 50) ? g->list->items[gen_below(&g->rng, (unsigned)g->old)].subject : 0,
            "complaint.filed",
            json_pack("{s:s,s:s,s:s,s:s}", "channel", "van", "category", day_code(g, categories, 3), "text",
                "Antrean terlalu lama", "name", "Dewi"));
    else
        day_record(g, 0, "complaint.answered",
            json_pack("{s:o,s:s,s:b}", "complaint", day_ref(g), "text", "Loket ditambah", "closes",
                (int)gen_chance(&g->rng, 50)));
}

static void day_outage(struct day_gen *g)
{
    json_int_t from = jem_hlc_unix_ms(g->hlc);
    json_t *body = gen_chance(&g->rng, 60) ? json_pack("{s:s,s:I}", "what", "power", "from", from)
                                           : json_pack("{s:o,s:I}", "outage", day_ref(g), "to", from + 3600000);
    if (gen_chance(&g->rng, 30))
        json_object_set_new(body, "to", json_integer(from + 7200000));
    day_record(g, 0, "outage.noted", body);
}

static void day_photo(struct day_gen *g)
{
    static const char hex[] = "0123456789abcdef";
    char hash[65] = "", preview[65] = "";
    for (int i = 0; i < 64; i++) {
        hash[i] = hex[gen_below(&g->rng, 16)];
        preview[i] = hex[gen_below(&g->rng, 16)];
    }
    day_record(g, 0, "outage.photographed",
        json_pack("{s:o,s:s,s:i,s:s,s:[{s:s,s:i}]}", "outage", day_ref(g), "mime", "image/jpeg", "size", 210000, "hash",
            hash, "pages", "preview", preview, "size", 12000));
}

static void day_survey(struct day_gen *g)
{
    json_t *body = json_pack("{s:s}", "day", "2026-11-19");
    for (int u = 1; u <= 9; u++) {
        char name[3] = { 'u', (char)('0' + u), '\0' };
        json_object_set_new(body, name, json_integer(1 + (json_int_t)gen_below(&g->rng, 4)));
    }
    if (gen_chance(&g->rng, 50))
        json_object_set_new(body, "sex", json_string(gen_chance(&g->rng, 50) ? "f" : "m"));
    day_record(g, 0, "survey.answered", body);
}

static void day_handover(struct day_gen *g)
{
    uint64_t subject = g->list->items[gen_below(&g->rng, (unsigned)g->old)].subject;
    if (subject != 0)
        day_record(g, subject, "handover.recorded",
            json_pack("{s:s,s:s,s:s}", "name", "Dewi Lestari", "relation", "family", "nik4", "0018"));
}

static void day_stream(struct day_gen *g, uint16_t writer, uint16_t lane)
{
    g->writer = writer;
    g->lane = lane;
    g->seq = 0;
    g->hlc = g->list->items[gen_below(&g->rng, (unsigned)g->old)].hlc;
    for (int n = 0; n < 40; n++)
        switch (gen_below(&g->rng, 9)) {
        case 0: day_visit(g); break;
        case 1: day_plan(g); break;
        case 2: day_complaint(g); break;
        case 3: day_outage(g); break;
        case 4: day_survey(g); break;
        case 5: day_handover(g); break;
        case 6: day_photo(g); break;
        default: day_queue(g); break;
        }
}

void gen_day(uint64_t seed, unsigned vans, struct jem_event_list *list)
{
    struct day_gen g = { .rng = { seed }, .list = list, .old = list->count };
    for (uint16_t v = 1; v <= vans; v++) {
        day_stream(&g, v, 0);
        day_stream(&g, 0, v);
    }
}
