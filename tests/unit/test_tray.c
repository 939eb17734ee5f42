// room: app
/* Scanned pages until they become documents: in their order, whole, for whom they are; with the record or one by one; a page
 * that comes after the record was saved waits for its application. */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app_world.h"
#include "jemput/intake.h"
#include "jemput/lookup.h"
#include "jemput/tray.h"
#include "prop.h"
#include "sheet_kit.h"
#include "tray_own.h"

static struct jem_error err;

static int64_t put(struct jem_app *app, const char *tray, const char *kind, unsigned seed)
{
    struct prop g = prop_start("tray");
    struct jem_tray_page page = { .dpi = 0 };
    struct jem_sheet sheet = { 0 };
    const struct jem_sheet_settings settings = { .shape = JEM_SHEET_PAGE, .colour = JEM_COLOUR_GRAY, .dpi = 100 };
    PIX *paper = kit_paper(&g, 90 + seed, 60, 100);
    struct kit_jpeg jpeg = kit_jpeg(&paper, 100);
    (void)snprintf(page.tray, sizeof page.tray, "%s", tray);
    (void)snprintf(page.kind, sizeof page.kind, "%s", kind);
    (void)snprintf(page.officer, sizeof page.officer, "%s", jem_app_user(app));
    assert_int_equal(jem_sheet_process(&settings, jpeg.p, jpeg.n, &sheet, &err), JEM_OK);
    assert_int_equal(own_tray_put(app, &page, &sheet, JEM_COLOUR_GRAY, &err), JEM_OK);
    jem_sheet_release(&sheet);
    kit_jpeg_free(&jpeg);
    return page.id;
}

static size_t pages(struct jem_app *app, const char *tray)
{
    json_t *o = NULL;
    assert_int_equal(jem_tray_show(app, tray, &o, &err), JEM_OK);
    size_t n = json_array_size(json_object_get(o, "pages"));
    json_decref(o);
    return n;
}

static size_t documents(struct jem_app *app, uint64_t number)
{
    json_t *o = NULL, *group;
    size_t i, n = 0;
    assert_int_equal(jem_show(app, number, &o, &err), JEM_OK);
    json_array_foreach(json_object_get(o, "documents"), i, group) n += json_array_size(json_object_get(group, "items"));
    json_decref(o);
    return n;
}

static void a_form_takes_its_pages_along(void **state)
{
    (void)state;
    static const char draft[] = "00112233445566778899aabbccddeeff";
    static struct world w;
    json_t *out = NULL;
    world_make(&w, 1);
    struct jem_app *app = w.van[0];
    int64_t first = put(app, draft, "kk", 1), second = put(app, draft, "kk", 2);
    (void)put(app, "ffeeddccbbaa99887766554433221100", "kk", 3); /* another form's */
    assert_int_equal(jem_tray_turn(app, draft, first, 90, &err), JEM_OK);
    assert_int_equal(jem_tray_combine(app, draft, second, &err), JEM_EINVAL);
    assert_int_equal(jem_tray_combine(app, draft, first, &err), JEM_OK);
    assert_int_equal(pages(app, draft), 1);
    assert_int_equal(jem_tray_drop(app, draft, second, &err), JEM_ENOTFOUND);
    assert_int_equal(jem_tray_kind(app, draft, first, "kia", "no-such", &err), JEM_EINVAL);
    (void)put(app, draft, "lain", 4);
    json_t *form = world_form(app, "kia", 7);
    struct jem_apply_in in = { .service = "kia", .fields = form, .draft = draft };
    assert_int_equal(jem_apply(app, &in, &out, NULL, &err), JEM_OK);
    uint64_t number = world_number(out, "number");
    char text[JEM_NUMBER_TEXT];
    jem_number_format(number, text);
    assert_int_equal(documents(app, number), 2);
    assert_int_equal(pages(app, draft), 0);
    assert_int_equal(pages(app, "ffeeddccbbaa99887766554433221100"), 1);

    /* The scanner was still at work: its page goes where the form went. */
    (void)put(app, draft, "lain", 5);
    assert_int_equal(pages(app, draft), 0);
    assert_int_equal(pages(app, text), 1);
    json_decref(out);
    assert_int_equal(jem_tray_attach(app, number, &out, &err), JEM_OK);
    assert_int_equal(json_array_size(json_object_get(out, "documents")), 1);
    assert_int_equal(documents(app, number), 3);
    assert_int_equal(pages(app, text), 0);
    json_decref(out);
    json_decref(form);
    world_free(&w);
}

static void a_draft_s_pages_are_for_its_officer(void **state)
{
    (void)state;
    static const char draft[] = "0123456789abcdef0123456789abcdef";
    static struct world w;
    struct jem_tray_page page;
    struct jem_buf bytes = JEM_BUF_INIT(OWN_TRAY_PAGE_MAX);
    const char *mime;
    world_make(&w, 1);
    struct jem_app *app = w.van[0];
    int64_t id = put(app, draft, "kk", 1);
    assert_int_equal(jem_store_tray_get(jem_app_store(app), id, &page, NULL, NULL, &err), JEM_OK);
    (void)snprintf(page.officer, sizeof page.officer, "%s", "lain");
    assert_int_equal(jem_store_tray_put(jem_app_store(app), &page, "\xff\xd8x", 3, "\xff\xd8y", 3, &err), JEM_OK);
    assert_int_equal(pages(app, draft), 0);
    assert_int_equal(jem_tray_bytes(app, draft, id, true, &bytes, &mime, &err), JEM_ENOTFOUND);
    assert_int_equal(jem_tray_drop(app, draft, id, &err), JEM_ENOTFOUND);
    assert_int_equal(jem_tray_turn(app, draft, id, 90, &err), JEM_ENOTFOUND);
    jem_buf_release(&bytes);
    world_free(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_form_takes_its_pages_along),
        cmocka_unit_test(a_draft_s_pages_are_for_its_officer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
