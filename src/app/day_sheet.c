/* day_sheet.c - what a van did on a day, on a sheet that the village head keeps: counts, and the hash of the van's log,
 * signed. Whoever has the sheet can tell later whether anything that existed then is missing.
 *
 * Code: "JEMPUT/S/" and base 32 of 53 + 64 bytes: version 1 | van u16 | inc u16 | day i32 | applications u32 | events u64 |
 * head 32; Ed25519 by the van's key over "jemput-sheet-1\n" and those 53 bytes. Big endian. */
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "day_own.h"
#include "jemput/slip.h"

#define SHEET_BODY 53
#define SHEET_CODE "JEMPUT/S/"
static const char sheet_domain[] = "jemput-sheet-1\n";

struct sheet_facts {
    uint16_t van, inc;
    int32_t day;
    uint32_t count;
    uint64_t events;
    unsigned char head[32];
};

static void sheet_put(unsigned char **p, uint64_t v, int bytes)
{
    for (int i = bytes - 1; i >= 0; i--)
        *(*p)++ = (unsigned char)(v >> (8 * i));
}

static void sheet_message(const unsigned char body[SHEET_BODY], unsigned char out[sizeof sheet_domain - 1 + SHEET_BODY])
{
    memcpy(out, sheet_domain, sizeof sheet_domain - 1);
    memcpy(out + sizeof sheet_domain - 1, body, SHEET_BODY);
}

static enum jem_code sheet_sign(struct jem_app *app, const struct sheet_facts *f, struct jem_buf *out,
    struct jem_error *err)
{
    unsigned char raw[SHEET_BODY + crypto_sign_BYTES], *p = raw, message[sizeof sheet_domain - 1 + SHEET_BODY];
    const struct jem_keys *keys = NULL;
    enum jem_code rc = own_keys(app, &keys, err);
    if (rc != JEM_OK)
        return rc;
    *p++ = 1;
    sheet_put(&p, f->van, 2);
    sheet_put(&p, f->inc, 2);
    sheet_put(&p, (uint32_t)f->day, 4);
    sheet_put(&p, f->count, 4);
    sheet_put(&p, f->events, 8);
    memcpy(p, f->head, 32);
    sheet_message(raw, message);
    crypto_sign_detached(raw + SHEET_BODY, NULL, message, sizeof message, keys->sign_secret);
    jem_buf_str(out, SHEET_CODE);
    jem_base32_encode(raw, sizeof raw, out);
    return jem_buf_ok(out, err);
}

static enum jem_code sheet_facts(struct jem_app *app, int32_t day, int64_t count, struct sheet_facts *f,
    struct jem_error *err)
{
    struct jem_stream_head head;
    int writer = jem_store_writer(app->store);
    *f = (struct sheet_facts){ .van = (uint16_t)(writer < 0 ? 0 : writer),
        .inc = jem_store_inc(app->store),
        .day = day,
        .count = (uint32_t)count };
    enum jem_code rc = jem_store_head(app->store, f->van, 0, f->inc, &head, err);
    if (rc == JEM_OK) {
        f->events = head.last.seq;
        memcpy(f->head, head.hash, 32);
    }
    return rc;
}

/* Visits that were open at some time of the day. */
static enum jem_code sheet_visits(struct jem_app *app, int32_t day, json_t **out, struct jem_error *err)
{
    json_t *all = NULL, *it;
    size_t i;
    int64_t from = own_day_begins(day), to = own_day_begins(day + 1), now = jem_store_now_ms(app->store);
    enum jem_code rc = jem_store_visits(app->store, jem_store_writer(app->store), false, 200, &all, err);
    if (rc != JEM_OK)
        return rc;
    *out = json_array();
    json_array_foreach(all, i, it)
    {
        if (jem_json_int(it, "opened_ms", 0) >= to || jem_json_int(it, "closed_ms", now) < from)
            continue;
        own_village_name(it);
        json_array_append(*out, it);
    }
    json_decref(all);
    return JEM_OK;
}

static json_t *sheet_numbers(const json_t *counts)
{
    static const char *const keys[] = { "first", "last" };
    json_t *list = json_array();
    for (size_t i = 0; i < 2; i++) {
        char text[JEM_NUMBER_TEXT];
        if (!json_is_integer(json_object_get(counts, keys[i])))
            continue;
        jem_number_format((uint64_t)jem_json_int(counts, keys[i], 0), text);
        json_array_append_new(list, json_string(text));
    }
    return list;
}

enum jem_code jem_day_sheet(struct jem_app *app, int32_t day, json_t **out, struct jem_error *err)
{
    struct sheet_facts facts;
    json_t *rows = NULL, *visits = NULL;
    struct jem_buf code = JEM_BUF_INIT(1000);
    char hex[65], text[11], name[200], place[200];
    enum jem_code rc = own_may_write(app, err);
    if (rc == JEM_OK)
        rc = jem_store_day_counts(app->store, jem_store_writer(app->store), own_day_begins(day),
            own_day_begins(day + 1), &rows, err);
    if (rc == JEM_OK)
        rc = sheet_visits(app, day, &visits, err);
    const json_t *c = json_array_get(rows, 0);
    if (rc == JEM_OK)
        rc = sheet_facts(app, day, jem_json_int(c, "applications", 0), &facts, err);
    if (rc == JEM_OK)
        rc = sheet_sign(app, &facts, &code, err);
    if (rc == JEM_OK) {
        jem_hex(facts.head, 32, hex);
        jem_day_format(day, text);
        (void)own_meta(app->store, "name", "", name, sizeof name);
        (void)own_meta(app->store, "place", "", place, sizeof place);
        rc = own_give(json_pack("{s:s,s:i,s:s,s:s,s:O,s:o,s:O,s:O,s:O,s:O,s:O,s:I,s:s,s:I,s:s}", "day", text, "van",
                          (int)facts.van, "name", name, "place", place, "count", json_object_get(c, "applications"),
                          "numbers", sheet_numbers(c), "tickets", json_object_get(c, "tickets"), "served",
                          json_object_get(c, "served"), "surveys", json_object_get(c, "surveys"), "handovers",
                          json_object_get(c, "handovers"), "visits", visits, "events", (json_int_t)facts.events, "head",
                          hex, "at_ms", (json_int_t)jem_store_now_ms(app->store), "qr", jem_buf_text(&code)),
            out, err);
    }
    json_decref(rows);
    json_decref(visits);
    jem_buf_release(&code);
    return rc;
}

static void sheet_number_text(const json_t *o, const char *key, char out[24])
{
    (void)snprintf(out, 24, "%lld", (long long)jem_json_int(o, key, 0));
}

enum jem_code jem_day_sheet_paper(struct jem_app *app, int32_t day, enum jem_paper_format format, unsigned width_mm,
    struct jem_buf *out, struct jem_error *err)
{
    json_t *o = NULL;
    char human[48], count[24], tickets[24], surveys[24], handovers[24], events[24], range[80], head[20], at[64];
    struct jem_buf where = JEM_BUF_INIT(500), place = JEM_BUF_INIT(500);
    enum jem_code rc = jem_day_sheet(app, day, &o, err);
    if (rc != JEM_OK)
        return rc;
    const json_t *numbers = json_object_get(o, "numbers"), *visits = json_object_get(o, "visits");
    jem_day_human(day, human, sizeof human);
    jem_time_human(jem_json_int(o, "at_ms", 0), at, sizeof at);
    sheet_number_text(o, "count", count);
    sheet_number_text(o, "tickets", tickets);
    sheet_number_text(o, "surveys", surveys);
    sheet_number_text(o, "handovers", handovers);
    sheet_number_text(o, "events", events);
    (void)snprintf(range, sizeof range, "%s - %s",
        json_array_size(numbers) > 0 ? json_string_value(json_array_get(numbers, 0)) : "",
        json_array_size(numbers) > 1 ? json_string_value(json_array_get(numbers, 1)) : "");
    (void)snprintf(head, sizeof head, "%.16s", jem_json_str(o, "head", ""));
    for (size_t i = 0; i < json_array_size(visits); i++)
        jem_buf_fmt(&where, "%s%s", i > 0 ? "; " : "", jem_json_str(json_array_get(visits, i), "village_name", ""));
    jem_buf_fmt(&place, "%s · %s", jem_json_str(o, "name", ""), jem_json_str(o, "place", ""));
    const struct jem_slip_line lines[] = {
        { jem_text(JEM_T_SHEET_DAY), human },
        { jem_text(JEM_T_SHEET_WHERE), where.len > 0 ? jem_buf_text(&where) : "-" },
        { jem_text(JEM_T_SHEET_NUMBERS), json_array_size(numbers) > 0 ? range : "-" },
        { jem_text(JEM_T_SHEET_TICKETS), tickets },
        { jem_text(JEM_T_SHEET_HANDOVERS), handovers },
        { jem_text(JEM_T_SHEET_SURVEYS), surveys },
        { jem_text(JEM_T_SHEET_EVENTS), events },
        { jem_text(JEM_T_SHEET_HEAD), head },
        { jem_text(JEM_T_SHEET_AT), at },
    };
    const struct jem_slip slip = { .title = jem_text(JEM_T_SHEET_TITLE),
        .place = jem_buf_text(&place),
        .big_label = jem_text(JEM_T_SHEET_COUNT),
        .big = count,
        .lines = lines,
        .line_count = sizeof lines / sizeof *lines,
        .qr = jem_json_str(o, "qr", ""),
        .note = jem_text(JEM_T_SHEET_NOTE),
        .at_unix_ms = jem_json_int(o, "at_ms", 0),
        .width_mm = width_mm };
    rc = own_slip_paper(&slip, format, out, err);
    json_decref(o);
    jem_buf_release(&where);
    jem_buf_release(&place);
    return rc;
}

/* ---- checking ---- */

static uint64_t sheet_take(const unsigned char **p, int bytes)
{
    uint64_t v = 0;
    for (int i = 0; i < bytes; i++)
        v = v << 8 | *(*p)++;
    return v;
}

enum jem_code jem_day_sheet_verify(struct jem_app *app, const char *text, json_t **out, struct jem_error *err)
{
    struct jem_buf raw = JEM_BUF_INIT(400);
    unsigned char key[32], message[sizeof sheet_domain - 1 + SHEET_BODY];
    struct sheet_facts f;
    char hex[65], day[11];
    size_t head = sizeof SHEET_CODE - 1;
    bool sheet = strncmp(text, SHEET_CODE, head) == 0 &&
                 jem_base32_decode(text + head, strlen(text + head), &raw, NULL) == JEM_OK &&
                 raw.len == SHEET_BODY + crypto_sign_BYTES && raw.data[0] == 1;
    if (!sheet) {
        jem_buf_release(&raw);
        return jem_fail(err, JEM_EINVAL, JEM_D_APP, 0, JEM_T_SHEET_NOT_ONE);
    }
    const unsigned char *p = raw.data + 1;
    f.van = (uint16_t)sheet_take(&p, 2);
    f.inc = (uint16_t)sheet_take(&p, 2);
    f.day = (int32_t)(uint32_t)sheet_take(&p, 4);
    f.count = (uint32_t)sheet_take(&p, 4);
    f.events = sheet_take(&p, 8);
    memcpy(f.head, p, 32);
    sheet_message(raw.data, message);
    bool valid = jem_keys_sign(app->store, f.van, f.inc, key, NULL) == JEM_OK &&
                 crypto_sign_verify_detached(raw.data + SHEET_BODY, message, sizeof message, key) == 0;
    jem_buf_release(&raw);
    jem_hex(f.head, 32, hex);
    jem_day_format(f.day, day);
    *out = json_pack("{s:b,s:i,s:s,s:I,s:I,s:s}", "valid", (int)valid, "van", (int)f.van, "day", day, "count",
        (json_int_t)f.count, "events", (json_int_t)f.events, "head", hex);
    if (*out == NULL)
        return jem_fail_nomem(err);
    return valid ? JEM_OK : jem_fail(err, JEM_ECORRUPT, JEM_D_APP, 0, JEM_T_SHEET_FALSE, (unsigned)f.van);
}
