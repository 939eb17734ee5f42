/* gen_nasty.c - the events of gen_nasty.h. */
#include "gen_nasty.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "jemput/number.h"

#define NASTY_PICK(rng, list) ((list)[gen_below((rng), (unsigned)(sizeof(list) / sizeof *(list)))])

static void nasty_need(bool ok)
{
    if (!ok)
        abort();
}

static int64_t nasty_integer(struct prop *rng)
{
    static const int64_t edges[] = { 0, 1, -1, 58, 80, 255, 256, -256, 65535, 9007199254740992, -9007199254740992,
        9007199254740991 };
    if (gen_chance(rng, 50))
        return NASTY_PICK(rng, edges);
    int64_t v = (int64_t)(prop_u64(rng) >> (11 + gen_below(rng, 53)));
    return gen_chance(rng, 30) ? -v : v;
}

static void nasty_digits(struct prop *rng, unsigned n, char *out)
{
    for (unsigned i = 0; i < n; i++)
        out[i] = (char)('0' + gen_below(rng, 10));
    out[n] = '\0';
}

/* Strings that look like something, or nearly. */
static void nasty_lookalike(struct prop *rng, char *out, size_t cap)
{
    char number[JEM_NUMBER_TEXT];
    unsigned len = gen_below(rng, 34);
    switch (gen_below(rng, 7)) {
    case 0: snprintf(out, cap, "%04u-%02u-%02u", gen_below(rng, 10000), gen_below(rng, 14), gen_below(rng, 33)); break;
    case 1: nasty_digits(rng, 16, out); break;
    case 2: nasty_digits(rng, len, out); break;
    case 3:
        snprintf(out, cap, "%u.%u.%u.%u", gen_below(rng, 70000), gen_below(rng, 3), gen_below(rng, 3),
            gen_below(rng, 100000));
        break;
    case 4:
        jem_number_format(prop_u64(rng) >> 14, number);
        snprintf(out, cap, "%s", number);
        if (gen_chance(rng, 20))
            out[gen_below(rng, 14)] = 'x';
        break;
    case 5:
        for (unsigned i = 0; i < 64; i++)
            out[i] = (gen_chance(rng, 1) ? "ABCDEF" : "0123456789abcdef")[gen_below(rng, 6)];
        out[64] = '\0';
        break;
    default:
        snprintf(out, cap, "%02u%s%03u", gen_below(rng, 100), gen_chance(rng, 50) ? "/" : " ", gen_below(rng, 1000));
    }
}

static json_t *nasty_string(struct prop *rng)
{
    static const char *const texts[] = { "", " ", "  ", " a", "a ", "a  b", "\"", "\\", "\\\"", "/", "\t\n\r",
        "\x01\x1f", "Siti Nur'aini", "\xc3\xa9\xe2\x82\xac", "\xf0\x9f\x98\x80 van", "\x7f",
        "Kp. Cikondang RT 02/RW 003", "null", "{\"a\":1}", "0", "00", "-0", "1e5", "L", "male", "2026-02-30",
        "0000-00-00", "9999-12-31", "0.0.0.0", "\xef\xbb\xbf", "$", "#", "!", "a\xcc\x81",
        "123456789012345678901234567890" };
    char text[80];
    if (gen_chance(rng, 40))
        return json_string(NASTY_PICK(rng, texts));
    if (gen_chance(rng, 80)) {
        nasty_lookalike(rng, text, sizeof text);
        return json_string(text);
    }
    size_t n = gen_below(rng, 3000);
    char *big = malloc(n + 1);
    nasty_need(big != NULL);
    for (size_t i = 0; i < n; i++)
        big[i] = (char)(gen_chance(rng, 90) ? 'a' + (int)gen_below(rng, 4) : 1 + (int)gen_below(rng, 126));
    big[n] = '\0';
    json_t *v = json_string(big);
    free(big);
    return v;
}

static void nasty_key(struct prop *rng, char out[320])
{
    static const char *const keys[] = { "", "a", "b", "nik", "fields", "village", "kk", "birth_date", "sex", "name",
        "[]", "}", "!", "\"", "a\\b", "catalog", "x\x01y", "\xc3\xa9", "v", "base" };
    if (gen_chance(rng, 97)) {
        snprintf(out, 320, "%s", NASTY_PICK(rng, keys));
        return;
    }
    memset(out, 'k', 300);
    out[100 + gen_below(rng, 200)] = '\0';
    out[300] = '\0';
}

static json_t *nasty_value(struct prop *rng, unsigned depth);

static json_t *nasty_object(struct prop *rng, unsigned depth)
{
    json_t *o = json_object();
    nasty_need(o != NULL);
    for (unsigned n = gen_below(rng, depth < 3 ? 6 : 3); n > 0; n--) {
        char key[320];
        nasty_key(rng, key);
        nasty_need(json_object_set_new(o, key, nasty_value(rng, depth + 1)) == 0);
    }
    return o;
}

static json_t *nasty_value(struct prop *rng, unsigned depth)
{
    unsigned dice = gen_below(rng, 100);
    json_t *v;
    if (dice < 40 || depth > 28)
        v = nasty_string(rng);
    else if (dice < 60)
        v = json_integer(nasty_integer(rng));
    else if (dice < 70)
        v = dice < 63 ? json_true() : dice < 66 ? json_false() : json_null();
    else if (dice < 85)
        v = nasty_object(rng, depth);
    else {
        v = json_array();
        for (unsigned n = gen_below(rng, depth > 2 ? 3 : dice < 97 ? 4 : 40); v != NULL && n > 0; n--)
            nasty_need(json_array_append_new(v, nasty_value(rng, depth + 1)) == 0);
    }
    nasty_need(v != NULL);
    return v;
}

/* A body in the form of a submission with values of any kind in it. */
static json_t *nasty_form(struct prop *rng)
{
    const char *service;
    json_t *fields = gen_fields(rng, &service), *o = json_object();
    char key[320];
    nasty_need(o != NULL);
    if (gen_chance(rng, 40)) {
        nasty_key(rng, key);
        nasty_need(json_object_set_new(fields, key, nasty_value(rng, 2)) == 0);
    }
    nasty_need(
        json_object_set_new(o, "fields", fields) == 0 && json_object_set_new(o, "service", json_string(service)) == 0);
    return o;
}

static void nasty_body(struct prop *rng, struct jem_event *e)
{
    struct jem_buf b = JEM_BUF_INIT(JEM_EVENT_BODY_MAX);
    json_t *o = gen_chance(rng, 40) ? nasty_form(rng) : nasty_object(rng, 0);
    nasty_need(jem_json_canonical(o, &b, NULL) == JEM_OK);
    e->body = malloc(b.len + 1);
    nasty_need(e->body != NULL);
    memcpy(e->body, jem_buf_text(&b), b.len + 1);
    e->body_len = b.len;
    jem_buf_release(&b);
    json_decref(o);
}

static void nasty_header(struct prop *rng, struct jem_event *e)
{
    static const char *const actors[] = { "a", "siti", "kantor", "abcdefghijklmnopqrstuvwxyz.-_0123", "x_y", "9" };
    static const char *const kinds[] = { "application.submitted", "application.corrected", "status.changed", "x",
        "zz.9", "a.kind.of.forty.characters.exactly.so.it" };
    snprintf(e->actor, sizeof e->actor, "%.32s", NASTY_PICK(rng, actors));
    if (gen_chance(rng, 90))
        snprintf(e->kind, sizeof e->kind, "%s", NASTY_PICK(rng, kinds));
    else
        snprintf(e->kind, sizeof e->kind, "future.kind%u", gen_below(rng, 5000));
    e->hlc = gen_chance(rng, 90) ? (uint64_t)1790000000000u << 16 | gen_below(rng, 1u << 30) : prop_u64(rng);
    e->wall_ms = gen_chance(rng, 80) ? (int64_t)(e->hlc >> 16) : (int64_t)prop_u64(rng);
    if (gen_chance(rng, 2))
        e->wall_ms = gen_chance(rng, 50) ? INT64_MIN : INT64_MAX;
    e->clock_source = (enum jem_clock_source)gen_below(rng, 5);
    e->subject = gen_chance(rng, 20)   ? 0
                 : gen_chance(rng, 50) ? jem_number_make(e->id.writer, gen_below(rng, 50))
                                       : prop_u64(rng) >> gen_below(rng, 64);
}

void gen_nasty(struct prop *rng, size_t count, struct jem_event_list *out)
{
    struct jem_event_id id = { (uint16_t)gen_below(rng, 4096),
        (uint16_t)(gen_chance(rng, 50) ? 0 : gen_below(rng, 4096)),
        (uint16_t)(1 + gen_below(rng, gen_chance(rng, 90) ? 3 : 65535)), 1 + prop_u64(rng) % 1000 };
    unsigned char prev[32] = { 0 };
    bool first = id.inc == 1 && gen_chance(rng, 50);
    if (first)
        id.seq = 1;
    else
        for (size_t i = 0; i < sizeof prev; i++)
            prev[i] = (unsigned char)prop_u64(rng);
    for (size_t i = 0; i < count; i++) {
        struct jem_event e = { .id = id };
        memcpy(e.prev_hash, prev, 32);
        nasty_header(rng, &e);
        nasty_body(rng, &e);
        jem_event_seal(&e);
        if (gen_chance(rng, 10)) {
            free(e.body);
            e.body = NULL;
            e.body_len = 0;
        }
        memcpy(prev, e.hash, 32);
        id.seq++;
        nasty_need(jem_event_list_push(out, &e, NULL) == JEM_OK);
    }
}
