/* app_world.c - the scratch district. */
#include "app_world.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cheap_slot.h"
#include "jemput/care.h"
#include "jemput/codec.h"
#include "jemput/exchange.h"
#include "jemput/file.h"
#include "jemput/intake.h"
#include "jemput/region.h"
#include "scratch.h"
#include "unit.h"

static void world_ok(enum jem_code rc, const struct jem_error *err)
{
    if (rc != JEM_OK)
        fail_msg("%s: %s", jem_code_name(rc), err->msg);
}

static struct jem_app *world_init(const char *dir, enum jem_role role, const char *name, const char *user,
    const char *hub)
{
    struct jem_error err;
    json_t *out = NULL;
    struct jem_app *app = NULL;
    struct jem_init in = { .dir = dir,
        .role = role,
        .name = name,
        .user = user,
        .passphrase = WORLD_PASSPHRASE,
        .hub = hub,
        .host = "status.example",
        .region = role == JEM_ROLE_HQ ? "3203" : NULL,
        .contact = role == JEM_ROLE_HQ ? "0263-123456" : NULL };
    world_ok(jem_app_init(&in, &out, &err), &err);
    json_decref(out);
    world_ok(cheap_slot(dir, user, WORLD_PASSPHRASE, &err), &err);
    world_ok(jem_app_open(dir, user, WORLD_PASSPHRASE, &app, &err), &err);
    return app;
}

static void world_enrol(struct world *w, unsigned i)
{
    struct jem_error err;
    json_t *out = NULL;
    char request[300], grant[300];
    snprintf(request, sizeof request, "%s/request-%u.json", w->root, i);
    snprintf(grant, sizeof grant, "%s/grant-%u.json", w->root, i);
    world_ok(jem_exchange_request(w->van[i], request, &out, &err), &err);
    json_decref(out);
    world_ok(jem_exchange_enrol(w->hq, request, i + 1, grant, &out, &err), &err);
    json_decref(out);
    world_ok(jem_exchange_accept(w->van[i], grant, &out, &err), &err);
    assert_int_equal(jem_json_int(out, "van", -1), i + 1);
    json_decref(out);
}

void world_make(struct world *w, unsigned vans)
{
    struct jem_error err;
    json_t *out = NULL;
    memset(w, 0, sizeof *w);
    scratch_dir(w->root, sizeof w->root, "world");
    snprintf(w->hub, sizeof w->hub, "%s/hub.git", w->root);
    snprintf(w->hq_dir, sizeof w->hq_dir, "%s/hq", w->root);
    world_ok(jem_exchange_hub_init(w->hub, &out, &err), &err);
    json_decref(out);
    w->hq = world_init(w->hq_dir, JEM_ROLE_HQ, "Kantor Uji", "kepala", w->hub);
    for (unsigned i = 0; i < vans; i++) {
        char name[32], user[24];
        snprintf(name, sizeof name, "Van Uji %u", i + 1);
        snprintf(user, sizeof user, "petugas%u", i + 1);
        snprintf(w->van_dir[i], sizeof w->van_dir[i], "%s/van%u", w->root, i + 1);
        w->van[i] = world_init(w->van_dir[i], JEM_ROLE_VAN, name, user, w->hub);
        world_enrol(w, i);
    }
}

static int world_remove(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st;
    (void)type;
    (void)ftw;
    return remove(path);
}

void world_free(struct world *w)
{
    for (unsigned i = 0; i < WORLD_VANS; i++)
        jem_app_close(w->van[i]);
    jem_app_close(w->hq);
    (void)nftw(w->root, world_remove, 16, FTW_DEPTH | FTW_PHYS);
}

void world_sync(struct world *w, unsigned i)
{
    struct jem_error err;
    json_t *out = NULL;
    world_ok(jem_exchange_sync(w->van[i], NULL, &out, &err), &err);
    json_decref(out);
    world_ok(jem_exchange_hq_sync(w->hq, NULL, &out, &err), &err);
    json_decref(out);
    world_ok(jem_exchange_sync(w->van[i], NULL, &out, &err), &err);
    json_decref(out);
}

/* ---- forms ---- */

void world_nik(unsigned i, char *out)
{
    snprintf(out, 17, "320301%02u%02u%02u%04u", 1 + i % 28, 1 + i % 12, 70 + i % 29, 1 + i % 9999);
}

static void world_value(const struct jem_field *f, unsigned i, int32_t today, char *out, size_t cap)
{
    char nik[17], day[11];
    struct jem_region region;
    int64_t offset = -7000;
    world_nik(i, nik);
    offset = offset < f->min ? f->min : offset > f->max ? f->max : offset;
    switch (f->type) {
    case JEM_FIELD_NIK:
    case JEM_FIELD_KK: snprintf(out, cap, "%s", nik); break;
    case JEM_FIELD_DATE:
        if (strcmp(f->role, "birth_date") == 0) {
            snprintf(out, cap, "19%02u-%02u-%02u", 70 + i % 29, 1 + i % 12, 1 + i % 28);
        } else {
            jem_day_format((int32_t)(today + offset), day);
            snprintf(out, cap, "%s", day);
        }
        break;
    case JEM_FIELD_INTEGER:
    case JEM_FIELD_MONEY: snprintf(out, cap, "%lld", (long long)(f->min > 1 ? f->min : f->max < 1 ? f->max : 1)); break;
    case JEM_FIELD_CHOICE: snprintf(out, cap, "%s", f->options[0].value); break;
    case JEM_FIELD_YESNO: snprintf(out, cap, "ya"); break;
    case JEM_FIELD_PHONE: snprintf(out, cap, "0812%08u", 10000000 + i); break;
    case JEM_FIELD_EMAIL: snprintf(out, cap, "warga%u@example.id", i); break;
    case JEM_FIELD_VILLAGE:
        assert_int_equal(jem_region_children("320301", 0, &region, 1), 1);
        snprintf(out, cap, "%s", region.code);
        break;
    default: snprintf(out, cap, "Isian uji");
    }
}

json_t *world_form(struct jem_app *app, const char *service, unsigned i)
{
    static const char *const names[] = { "Siti Rahmawati", "Budi Santoso", "Asep Hidayat", "Nurul Aini",
        "Dewi Lestari" };
    const struct jem_catalog *catalog = NULL;
    struct jem_error err;
    char value[128];
    world_ok(jem_app_catalog(app, &catalog, &err), &err);
    const struct jem_service *s = jem_catalog_find(catalog, service);
    assert_non_null(s);
    json_t *form = json_object();
    world_nik(i, value);
    json_object_set_new(form, "nik", json_string(value));
    json_object_set_new(form, "name", json_string(names[i % 5]));
    for (size_t k = 0; k < s->field_count; k++) {
        if (!s->fields[k].required)
            continue;
        world_value(&s->fields[k], i, jem_store_today(jem_app_store(app)), value, sizeof value);
        json_object_set_new(form, s->fields[k].name, json_string(value));
    }
    return form;
}

uint64_t world_number(const json_t *result, const char *key)
{
    struct jem_error err;
    uint64_t number = 0;
    world_ok(jem_number_parse(jem_json_str(result, key, ""), &number, &err), &err);
    return number;
}

uint64_t world_apply(struct jem_app *app, const char *service, unsigned i)
{
    struct jem_error err;
    json_t *out = NULL;
    struct jem_apply_in in = { .service = service, .fields = world_form(app, service, i) };
    world_ok(jem_apply(app, &in, &out, NULL, &err), &err);
    uint64_t number = world_number(out, "number");
    json_decref(in.fields);
    json_decref(out);
    return number;
}

int64_t world_count(struct jem_app *app)
{
    struct jem_error err;
    json_t *counts = NULL;
    world_ok(jem_store_counts(jem_app_store(app), &counts, &err), &err);
    int64_t n = jem_json_int(counts, "applications", -1);
    json_decref(counts);
    return n;
}

void world_no_nik(const char *text)
{
    size_t run = 0;
    for (const char *p = text; *p; p++) {
        run = *p >= '0' && *p <= '9' ? run + 1 : 0;
        if (run >= 16)
            fail_msg("a NIK in: %s", text);
    }
}

/* ---- files ---- */

static uint32_t png_crc(const unsigned char *p, size_t n)
{
    uint32_t crc = 0xffffffff;
    for (size_t i = 0; i < n; i++) {
        crc ^= p[i];
        for (int k = 0; k < 8; k++)
            crc = crc >> 1 ^ (crc & 1 ? 0xedb88320u : 0);
    }
    return ~crc;
}

static void png_chunk(struct jem_buf *out, const char *type, const void *p, size_t n)
{
    jem_buf_u32(out, (uint32_t)n);
    size_t start = out->len;
    jem_buf_add(out, type, 4);
    jem_buf_add(out, p, n);
    jem_buf_u32(out, png_crc(out->data + start, n + 4));
}

/* Deflate with stored blocks only: one block a row. */
void world_png(unsigned seed, struct jem_buf *out)
{
    enum { W = 120, H = 160 };
    struct jem_buf head = JEM_BUF_INIT(64), data = JEM_BUF_INIT(1 << 20);
    uint32_t a = 1, b = 0;
    jem_buf_u32(&head, W);
    jem_buf_u32(&head, H);
    jem_buf_add(&head, "\x08\x00\x00\x00\x00", 5);
    jem_buf_add(&data, "\x78\x01", 2);
    for (unsigned y = 0; y < H; y++) {
        unsigned char row[W + 1] = { 0 };
        for (unsigned x = 0; x < W; x++)
            row[x + 1] = (unsigned char)((x / 8 + y / 8 + seed) % 2 ? 230 : (x * 3 + y + seed * 31) % 200);
        jem_buf_byte(&data, y + 1 == H);
        jem_buf_byte(&data, W + 1);
        jem_buf_byte(&data, 0);
        jem_buf_byte(&data, (unsigned char)~(W + 1));
        jem_buf_byte(&data, 0xff);
        jem_buf_add(&data, row, sizeof row);
        for (size_t i = 0; i < sizeof row; i++) {
            a = (a + row[i]) % 65521;
            b = (b + a) % 65521;
        }
    }
    jem_buf_u32(&data, b << 16 | a);
    jem_buf_add(out, "\x89PNG\r\n\x1a\n", 8);
    png_chunk(out, "IHDR", head.data, head.len);
    png_chunk(out, "IDAT", data.data, data.len);
    png_chunk(out, "IEND", NULL, 0);
    jem_buf_release(&head);
    jem_buf_release(&data);
}

void world_pdf(unsigned pages, struct jem_buf *out)
{
    size_t at[64];
    assert_true(pages + 3 < 64);
    jem_buf_str(out, "%PDF-1.4\n");
    at[1] = out->len;
    jem_buf_str(out, "1 0 obj\n<</Type/Catalog/Pages 2 0 R>>\nendobj\n");
    at[2] = out->len;
    jem_buf_str(out, "2 0 obj\n<</Type/Pages/Kids[");
    for (unsigned i = 0; i < pages; i++)
        jem_buf_fmt(out, "%u 0 R ", i + 3);
    jem_buf_fmt(out, "]/Count %u>>\nendobj\n", pages);
    for (unsigned i = 0; i < pages; i++) {
        at[i + 3] = out->len;
        jem_buf_fmt(out, "%u 0 obj\n<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 %u]/Resources<<>>>>\nendobj\n", i + 3,
            280 + i);
    }
    size_t xref = out->len;
    jem_buf_fmt(out, "xref\n0 %u\n0000000000 65535 f \n", pages + 3);
    for (unsigned i = 1; i < pages + 3; i++)
        jem_buf_fmt(out, "%010zu 00000 n \n", at[i]);
    jem_buf_fmt(out, "trailer\n<</Size %u/Root 1 0 R>>\nstartxref\n%zu\n%%%%EOF\n", pages + 3, xref);
}

const char *world_file(const struct world *w, const char *name, const void *p, size_t n)
{
    static char path[400];
    struct jem_error err;
    snprintf(path, sizeof path, "%s/%s", w->root, name);
    world_ok(jem_file_write(path, p, n, 0600, &err), &err);
    return path;
}

struct world world;

int world_up(void **state)
{
    (void)state;
    world_make(&world, 1);
    return 0;
}

int world_down(void **state)
{
    (void)state;
    world_free(&world);
    return 0;
}
