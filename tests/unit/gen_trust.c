/* gen_trust.c - random events about lanes. Nothing here has to be wise: views must be the same for every order of arrival also
 * when HQ revokes what it enrolled a moment ago. */
#include "gen_trust.h"

#include <stdlib.h>
#include <string.h>

#include "jemput/codec.h"
#include "jemput/district.h"
#include "jemput/number.h"

struct trust_gen {
    struct prop rng;
    struct jem_event_list *list;
    size_t old; /* events of gen_events */
    unsigned vans;
};

static void trust_need(bool ok)
{
    if (!ok)
        abort();
}

static const char *trust_hex(struct trust_gen *g, size_t bytes, char out[65])
{
    unsigned char raw[32];
    for (size_t i = 0; i < bytes; i++)
        raw[i] = (unsigned char)prop_u64(&g->rng);
    jem_hex(raw, bytes, out);
    return out;
}

static json_t *trust_acked(struct trust_gen *g, int writer)
{
    char hash[65], head[65];
    bool own = gen_chance(&g->rng, 30);
    return json_pack("{s:i, s:i, s:i, s:s, s:s, s:s, s:i, s:[]}", "writer", writer, "inc",
        writer == 0 ? (gen_chance(&g->rng, 50) ? 1 : GEN_TRUST_HQ_INC) : (own ? GEN_TRUST_VAN_INC : 1), "seq",
        (int)gen_below(&g->rng, 60), "hash", trust_hex(g, 32, hash), "level",
        gen_chance(&g->rng, 30) ? "durable" : "received", "head", trust_hex(g, 20, head), "scan",
        writer == 0 ? 0 : (int)gen_below(&g->rng, 30), "missing");
}

static json_t *trust_district(struct trust_gen *g)
{
    struct jem_district_case cases[12];
    size_t count = 0;
    json_t *body = NULL;
    for (unsigned n = 1 + gen_below(&g->rng, 12); n > 0; n--) {
        const struct jem_event *e = &g->list->items[gen_below(&g->rng, (unsigned)g->old)];
        bool twice = e->subject == 0;
        for (size_t i = 0; i < count; i++)
            twice |= cases[i].number == e->subject;
        if (!twice)
            cases[count++] = (struct jem_district_case){ .number = e->subject,
                .stage = (enum jem_status)(1 + gen_below(&g->rng, JEM_STATUS_COUNT - 1)),
                .day = 20700 + (int32_t)gen_below(&g->rng, 90) };
    }
    trust_need(jem_district_pack(cases, count, &body, NULL) == JEM_OK);
    return body;
}

static json_t *trust_ruled(struct trust_gen *g)
{
    static const char *const refs[] = { "refs/heads/van/1/1.1", "refs/heads/van/2/5.1", "refs/heads/scan/9/1.2" };
    static const char *const heads[] = { "00000000000000000000000000000000000000aa",
        "00000000000000000000000000000000000000bb" };
    return json_pack("{s:s, s:s, s:b, s:s}", "ref", refs[gen_below(&g->rng, 3)], "head", heads[gen_below(&g->rng, 2)],
        "admit", gen_chance(&g->rng, 50), "reason", "diperiksa bersama supervisor");
}

/* One event of HQ, on lane 0 or on a van's. */
static json_t *trust_hq(struct trust_gen *g, unsigned lane, const char **kind)
{
    char a[65], b[65];
    int van = (int)(lane == 0 ? 1 + gen_below(&g->rng, g->vans) : lane);
    switch (gen_below(&g->rng, lane == 0 ? 6 : 5)) {
    case 0:
        *kind = "key.rotated";
        return json_pack("{s:i, s:s}", "epoch", (int)(1 + gen_below(&g->rng, 4)), "box", trust_hex(g, 32, a));
    case 1:
        *kind = "van.revoked";
        return json_pack("{s:i, s:i, s:i, s:s, s:s}", "van", van, "inc",
            gen_chance(&g->rng, 50) ? 1 : GEN_TRUST_VAN_INC, "seq", (int)gen_below(&g->rng, 40), "hash",
            trust_hex(g, 32, a), "reason", "laptop hilang");
    case 2:
        *kind = "dictionary.published";
        return json_pack("{s:i, s:s}", "id", (int)(256 + gen_below(&g->rng, 3)), "bytes", "a2FtdXM=");
    case 3:
        *kind = lane == 0 ? "quarantine.ruled" : "district.status";
        return lane == 0 ? trust_ruled(g) : trust_district(g);
    case 4:
        *kind = lane == 0 ? "van.enrolled" : "ledger.acked";
        if (lane != 0)
            return trust_acked(g, van);
        return json_pack("{s:i, s:s, s:s, s:s, s:i, s:i}", "van", van, "name", "Van Uji", "sign", trust_hex(g, 32, a),
            "box", trust_hex(g, 32, b), "epoch", (int)(1 + gen_below(&g->rng, 2)), "inc",
            (int)(1 + gen_below(&g->rng, 6)));
    default: *kind = "quarantine.ruled"; return trust_ruled(g);
    }
}

static json_t *trust_van(struct trust_gen *g, const char **kind)
{
    char box[65];
    if (gen_chance(&g->rng, 50)) {
        *kind = "ledger.acked";
        return trust_acked(g, 0);
    }
    *kind = "key.rotated";
    return json_pack("{s:i, s:s}", "epoch", (int)(1 + gen_below(&g->rng, 4)), "box", trust_hex(g, 32, box));
}

/* What a restored stream goes on from: an event in the middle of the same lane's lower incarnation. */
static bool trust_root(struct trust_gen *g, uint16_t writer, uint16_t lane, struct jem_event *out)
{
    size_t seen = 0;
    memset(out, 0, sizeof *out);
    for (size_t i = 0; i < g->list->count; i++) {
        const struct jem_event *e = &g->list->items[i];
        if (e->id.writer == writer && e->id.lane == lane && e->id.inc == 1 && gen_below(&g->rng, (unsigned)++seen) == 0)
            memcpy(out->hash, e->hash, 32);
    }
    return seen > 0;
}

static void trust_stream(struct trust_gen *g, uint16_t writer, uint16_t lane, uint16_t inc)
{
    struct jem_event prev = { 0 };
    bool root = inc > 1 && trust_root(g, writer, lane, &prev);
    unsigned count = 10 + gen_below(&g->rng, 14);
    for (uint64_t seq = 1; seq <= count; seq++) {
        const char *kind = NULL;
        json_t *body = writer == 0 ? trust_hq(g, lane, &kind) : trust_van(g, &kind);
        uint64_t hlc = g->list->items[gen_below(&g->rng, (unsigned)g->old)].hlc + seq;
        struct jem_event e = gen_event(writer, lane, seq, hlc, 0, kind, body, seq > 1 || root ? &prev : NULL);
        e.id.inc = inc;
        jem_event_seal(&e);
        memcpy(prev.hash, e.hash, 32);
        trust_need(jem_event_list_push(g->list, &e, NULL) == JEM_OK);
    }
}

void gen_trust(uint64_t seed, unsigned vans, struct jem_event_list *list)
{
    struct trust_gen g = { .rng = { seed }, .list = list, .old = list->count, .vans = vans };
    trust_need(list->count > 0);
    trust_stream(&g, 0, 0, 1);
    trust_stream(&g, 0, 0, GEN_TRUST_HQ_INC);
    for (uint16_t v = 1; v <= vans; v++) {
        trust_stream(&g, 0, v, GEN_TRUST_HQ_INC);
        trust_stream(&g, v, 0, GEN_TRUST_VAN_INC);
    }
}
