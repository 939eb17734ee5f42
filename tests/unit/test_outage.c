/* test_outage.c - photos as evidence of an outage: kept without what the camera told, seen at headquarters, bounded, let go of
 * in time, and not taken away with an application that has the same picture. */
// room: app
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app_world.h"
#include "jemput/care.h"
#include "jemput/day.h"
#include "jemput/intake.h"
#include "jemput/law.h"
#include "jemput/page.h"
#include "jemput/report.h"
#include "jemput/waiting.h"
#include "unit.h"

static struct jem_error err;

/* A JPEG with an EXIF segment as a camera writes it: held on its side, and a place. */
static void camera_jpeg(unsigned seed, struct jem_buf *out)
{
    static const unsigned char tells[] = { 0xff, 0xe1, 0, 42, 'E', 'x', 'i', 'f', 0, 0, 'I', 'I', '*', 0, 8, 0, 0, 0, 1,
        0, 0x12, 1, 3, 0, 1, 0, 0, 0, 6, 0, 0, 0, 0, 0, 0, 0, 'G', 'P', 'S', '-', '6', '.', '8', '2' };
    struct jem_buf png = JEM_BUF_INIT((size_t)4 << 20);
    struct jem_document_view view;
    world_png(seed, &png);
    assert_int_equal(jem_document_look(png.data, png.len, NULL, &view, &err), JEM_OK);
    jem_buf_add(out, view.previews[0].jpeg, 2);
    jem_buf_add(out, tells, sizeof tells);
    jem_buf_add(out, view.previews[0].jpeg + 2, view.previews[0].len - 2);
    jem_document_view_release(&view);
    jem_buf_release(&png);
}

static json_t *outages(struct jem_app *app)
{
    json_t *o = NULL;
    if (jem_outage_list(app, &o, &err) != JEM_OK)
        fail_msg("%s", err.msg);
    return o;
}

/* The photos of an outage, borrowed from the list. */
static const json_t *photos_of(const json_t *list, const char *id)
{
    size_t i;
    const json_t *it;
    json_array_foreach(json_object_get(list, "outages"), i, it)
    {
        if (strcmp(jem_json_str(it, "id", ""), id) == 0)
            return json_object_get(it, "photos");
    }
    return NULL;
}

static void note(struct jem_app *app, const struct jem_attachment *items, size_t count, char id[JEM_EVENT_ID_TEXT])
{
    json_t *o = NULL;
    const struct jem_outage_photos photos = { items, count };
    int64_t from = jem_store_now_ms(jem_app_store(app)) - 3600000;
    if (jem_outage_note(app, "power", from, from + 1800000, "genset mati", count > 0 ? &photos : NULL, &o, &err) !=
        JEM_OK)
        fail_msg("%s", err.msg);
    assert_int_equal(jem_json_int(o, "photos", -1), count);
    snprintf(id, JEM_EVENT_ID_TEXT, "%s", jem_json_str(o, "outage", ""));
    json_decref(o);
}

static void headquarters_sees_them_without_place_and_time(void **state)
{
    (void)state;
    char id[JEM_EVENT_ID_TEXT], bare[JEM_EVENT_ID_TEXT];
    struct jem_buf jpeg = JEM_BUF_INIT((size_t)4 << 20), png = JEM_BUF_INIT((size_t)4 << 20);
    struct jem_buf here = JEM_BUF_INIT((size_t)4 << 20), there = JEM_BUF_INIT((size_t)4 << 20);
    const char *mime = NULL;
    json_t *o = NULL;
    int64_t files = -1, oldest = -1;
    camera_jpeg(5, &jpeg);
    world_png(6, &png);
    const struct jem_attachment items[] = { { .bytes = jpeg.data, .size = jpeg.len, .name = "IMG_1.jpg" },
        { .bytes = png.data, .size = png.len, .name = "menara.png" } };
    note(world.van[0], NULL, 0, bare);
    note(world.van[0], items, 1, id);
    const struct jem_outage_photos more = { items + 1, 1 };
    assert_int_equal(jem_outage_attach(world.van[0], id, &more, &o, &err), JEM_OK);
    assert_int_equal(jem_json_int(o, "photos", 0), 2);
    json_decref(o);
    world_sync(&world, 0);
    world_sync(&world, 0);
    json_t *list = outages(world.hq);
    assert_int_equal(json_array_size(photos_of(list, bare)), 0);
    const json_t *photos = photos_of(list, id);
    assert_int_equal(json_array_size(photos), 2);
    for (unsigned n = 1; n <= 2; n++) {
        const json_t *photo = json_array_get(photos, n - 1);
        assert_string_equal(jem_json_str(photo, "at", ""), "here");
        assert_true(jem_json_bool(photo, "preview_here", false));
        jem_buf_clear(&here);
        jem_buf_clear(&there);
        assert_int_equal(jem_outage_photo(world.van[0], id, n, false, &here, &mime, &err), JEM_OK);
        assert_int_equal(jem_outage_photo(world.hq, id, n, false, &there, &mime, &err), JEM_OK);
        assert_string_equal(mime, n == 1 ? "image/jpeg" : "image/png");
        assert_true(here.len == there.len && memcmp(here.data, there.data, here.len) == 0);
        assert_null(memmem(there.data, there.len, "GPS-6.82", 8));
        assert_null(memmem(there.data, there.len, "Exif", 4));
        jem_buf_clear(&there);
        assert_int_equal(jem_outage_photo(world.hq, id, n, true, &there, &mime, &err), JEM_OK);
        assert_true(there.len > 2 && there.data[0] == 0xff && there.data[1] == 0xd8);
    }
    assert_string_equal(jem_json_str(json_array_get(photos, 0), "name", ""), "IMG_1.jpg");
    json_decref(list);
    assert_int_equal(jem_outage_photo(world.hq, id, 3, false, &there, &mime, &err), JEM_ENOTFOUND);
    assert_int_equal(jem_outage_photo(world.hq, "9.0.1.1", 1, false, &there, &mime, &err), JEM_ENOTFOUND);
    assert_int_equal(jem_outage_photo(world.hq, id, 0, false, &there, &mime, &err), JEM_ENOTFOUND);
    assert_int_equal(jem_store_van_lacking(jem_app_store(world.hq), 1, &files, &oldest, &err), JEM_OK);
    assert_int_equal(files, 0);
    assert_int_equal(jem_care_audit(world.van[0], true, &o, &err), JEM_OK);
    json_decref(o);
    jem_buf_release(&jpeg);
    jem_buf_release(&png);
    jem_buf_release(&here);
    jem_buf_release(&there);
}

/* What was named and has not come is counted as on its way. */
static void bytes_on_their_way_are_told(void **state)
{
    (void)state;
    char id[JEM_EVENT_ID_TEXT];
    int64_t files = -1, oldest = 0;
    struct jem_buf png = JEM_BUF_INIT((size_t)4 << 20), none = JEM_BUF_INIT((size_t)4 << 20);
    struct jem_event_list events = { 0 };
    const char *mime = NULL;
    size_t added = 0;
    world_png(11, &png);
    const struct jem_attachment item = { .bytes = png.data, .size = png.len };
    world_sync(&world, 0);
    note(world.van[0], &item, 1, id);
    struct jem_store *van = jem_app_store(world.van[0]), *hq = jem_app_store(world.hq);
    struct jem_stream_head head = { 0 };
    assert_int_equal(jem_store_head(hq, 1, 0, 1, &head, &err), JEM_OK);
    struct jem_event_id next = head.last;
    next.seq++;
    assert_int_equal(jem_store_events(van, &next, 10, 1 << 20, &events, &err), JEM_OK);
    assert_int_equal(jem_store_begin(hq, &err), JEM_OK);
    assert_int_equal(jem_store_import(hq, events.items, events.count, &added, &err), JEM_OK);
    assert_int_equal(added, 2);
    assert_int_equal(jem_store_commit(hq, &err), JEM_OK);
    assert_int_equal(jem_store_van_lacking(hq, 1, &files, &oldest, &err), JEM_OK);
    assert_int_equal(files, 2);
    assert_true(oldest > 0);
    json_t *list = outages(world.hq);
    assert_string_equal(jem_json_str(json_array_get(photos_of(list, id), 0), "at", "x"), "");
    json_decref(list);
    assert_int_equal(jem_outage_photo(world.hq, id, 1, false, &none, &mime, &err), JEM_ENOTFOUND);
    world_sync(&world, 0);
    world_sync(&world, 0);
    assert_int_equal(jem_store_van_lacking(hq, 1, &files, &oldest, &err), JEM_OK);
    assert_int_equal(files, 0);
    assert_int_equal(jem_outage_photo(world.hq, id, 1, false, &none, &mime, &err), JEM_OK);
    jem_event_list_release(&events);
    jem_buf_release(&png);
    jem_buf_release(&none);
}

static void what_is_no_photo_keeps_nothing(void **state)
{
    (void)state;
    char id[JEM_EVENT_ID_TEXT];
    struct jem_buf pdf = JEM_BUF_INIT((size_t)4 << 20), png[JEM_OUTAGE_PHOTOS_MAX + 1];
    struct jem_attachment items[JEM_OUTAGE_PHOTOS_MAX + 1];
    json_t *o = NULL, *before = outages(world.van[0]);
    int64_t now = jem_store_now_ms(jem_app_store(world.van[0]));
    world_pdf(1, &pdf);
    for (unsigned i = 0; i <= JEM_OUTAGE_PHOTOS_MAX; i++) {
        png[i] = JEM_BUF_INIT((size_t)4 << 20);
        world_png(20 + i, &png[i]);
        items[i] = (struct jem_attachment){ .bytes = png[i].data, .size = png[i].len };
    }
    const struct jem_attachment bad[] = { items[0], { .bytes = pdf.data, .size = pdf.len } };
    const struct jem_attachment text = { .bytes = "genset mati", .size = 11 };
    const struct jem_attachment twice[] = { items[0], items[0] };
    const struct jem_outage_photos refused[] = { { bad, 2 }, { &text, 1 }, { items, JEM_OUTAGE_PHOTOS_MAX + 1 } };
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(jem_outage_note(world.van[0], "power", now, 0, NULL, &refused[i], &o, &err), JEM_EINVAL);
    const struct jem_outage_photos same = { twice, 2 };
    assert_int_equal(jem_outage_note(world.van[0], "power", now, 0, NULL, &same, &o, &err), JEM_EEXISTS);
    json_t *after = outages(world.van[0]);
    assert_true(json_equal(before, after)); /* not even the outage */
    json_decref(after);
    json_decref(before);
    note(world.van[0], items, JEM_OUTAGE_PHOTOS_MAX, id);
    const struct jem_outage_photos one = { items + JEM_OUTAGE_PHOTOS_MAX, 1 }, none = { items, 0 };
    assert_int_equal(jem_outage_attach(world.van[0], id, &one, &o, &err), JEM_EINVAL); /* it is full */
    note(world.van[0], items, 1, id);
    const struct jem_outage_photos first = { items, 1 };
    assert_int_equal(jem_outage_attach(world.van[0], id, &first, &o, &err), JEM_EEXISTS);
    assert_int_equal(jem_outage_attach(world.van[0], id, &none, &o, &err), JEM_EINVAL);
    assert_int_equal(jem_outage_attach(world.van[0], "1.0.1.999999", &one, &o, &err), JEM_ENOTFOUND);
    world_sync(&world, 0);
    assert_int_equal(jem_outage_attach(world.hq, id, &one, &o, &err), JEM_ENOTFOUND); /* not headquarters' own */
    jem_buf_release(&pdf);
    for (unsigned i = 0; i <= JEM_OUTAGE_PHOTOS_MAX; i++)
        jem_buf_release(&png[i]);
}

static void the_report_counts_them(void **state)
{
    (void)state;
    char id[JEM_EVENT_ID_TEXT];
    struct jem_buf png = JEM_BUF_INIT((size_t)4 << 20), page = JEM_BUF_INIT((size_t)16 << 20);
    json_t *o = NULL, *it;
    int64_t before = 0, now = 0;
    size_t i;
    int32_t today = jem_store_today(jem_app_store(world.hq));
    const struct jem_selection what = { .from_day = today - 1, .to_day = today };
    world_png(40, &png);
    const struct jem_attachment item = { .bytes = png.data, .size = png.len };
    for (int round = 0; round < 2; round++) {
        assert_int_equal(jem_report_make(world.hq, &what, &o, &err), JEM_OK);
        now = 0;
        json_array_foreach(json_object_get(o, "outages"), i, it) now += jem_json_int(it, "photos", 0);
        if (round == 0) {
            before = now;
            json_decref(o);
            note(world.van[0], &item, 1, id);
            world_sync(&world, 0);
        }
    }
    assert_int_equal(now, before + 1);
    assert_int_equal(jem_report_html(o, &page, &err), JEM_OK);
    assert_non_null(strstr(jem_buf_text(&page), "foto sebagai bukti"));
    json_decref(o);
    jem_buf_release(&png);
    jem_buf_release(&page);
}

/* The van lets go past the longest retention of all services, when headquarters' backup has it. */
static void a_van_lets_go_in_time(void **state)
{
    (void)state;
    char id[JEM_EVENT_ID_TEXT], backup[300];
    struct jem_buf png = JEM_BUF_INIT((size_t)4 << 20), bytes = JEM_BUF_INIT((size_t)4 << 20);
    struct jem_store *van = jem_app_store(world.van[0]);
    const char *mime = NULL;
    json_t *o = NULL;
    uint64_t blobs = 0, size = 0;
    world_png(50, &png);
    const struct jem_attachment item = { .bytes = png.data, .size = png.len };
    note(world.van[0], &item, 1, id);
    world_sync(&world, 0);
    world_sync(&world, 0);
    assert_int_equal(jem_store_blobs_prune(van, jem_store_today(van) + 20000, &blobs, &size, &err), JEM_OK);
    assert_int_equal(blobs, 0); /* received is not durable */
    snprintf(backup, sizeof backup, "%s/outage.backup", world.root);
    assert_int_equal(jem_care_backup(world.hq, backup, &o, &err), JEM_OK);
    json_decref(o);
    assert_int_equal(jem_care_ack_durable(world.hq, &o, &err), JEM_OK);
    json_decref(o);
    world_sync(&world, 0);
    assert_int_equal(jem_store_blobs_prune(van, jem_store_today(van) + 300, &blobs, &size, &err), JEM_OK);
    assert_int_equal(blobs, 0);
    assert_int_equal(jem_store_blobs_prune(van, jem_store_today(van) + 20000, &blobs, &size, &err), JEM_OK);
    assert_true(blobs >= 2);
    json_t *list = outages(world.van[0]);
    assert_string_equal(jem_json_str(json_array_get(photos_of(list, id), 0), "at", ""), "hq");
    json_decref(list);
    assert_int_equal(jem_outage_photo(world.van[0], id, 1, false, &bytes, &mime, &err), JEM_ENOTFOUND);
    assert_non_null(strstr(err.msg, "kantor pusat"));
    assert_int_equal(jem_outage_photo(world.hq, id, 1, false, &bytes, &mime, &err), JEM_OK);
    (void)remove(backup);
    jem_buf_release(&png);
    jem_buf_release(&bytes);
}

static void an_erased_application_takes_no_evidence_along(void **state)
{
    (void)state;
    char id[JEM_EVENT_ID_TEXT];
    struct jem_buf png = JEM_BUF_INIT((size_t)4 << 20), bytes = JEM_BUF_INIT((size_t)4 << 20);
    const char *mime = NULL;
    json_t *o = NULL;
    uint64_t number = world_apply(world.van[0], "kia", 60);
    world_png(60, &png);
    const struct jem_attachment item = { .bytes = png.data, .size = png.len },
                                paper = { .kind = "kk", .bytes = png.data, .size = png.len };
    assert_int_equal(jem_attach(world.van[0], number, &paper, &o, &err), JEM_OK);
    json_decref(o);
    note(world.van[0], &item, 1, id);
    world_sync(&world, 0);
    world_sync(&world, 0);
    assert_int_equal(jem_law_erase(world.hq, number, "permintaan pemohon", &o, &err), JEM_OK);
    json_decref(o);
    world_sync(&world, 0);
    assert_int_equal(jem_outage_photo(world.hq, id, 1, false, &bytes, &mime, &err), JEM_OK);
    assert_int_equal(jem_outage_photo(world.van[0], id, 1, true, &bytes, &mime, &err), JEM_OK);
    jem_buf_release(&png);
    jem_buf_release(&bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(headquarters_sees_them_without_place_and_time),
        cmocka_unit_test(bytes_on_their_way_are_told),
        cmocka_unit_test(what_is_no_photo_keeps_nothing),
        cmocka_unit_test(the_report_counts_them),
        cmocka_unit_test(a_van_lets_go_in_time),
        cmocka_unit_test(an_erased_application_takes_no_evidence_along),
    };
    return cmocka_run_group_tests(tests, world_up, world_down);
}
