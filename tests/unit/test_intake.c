/* test_intake.c - recording: what is accepted, what is refused and why, and that a refusal leaves nothing behind. */
// room: app
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "app_world.h"
#include "jemput/intake.h"
#include "jemput/lookup.h"
#include "jemput/page.h"
#include "unit.h"

static struct jem_error err;
static struct jem_issues issues;

/* Tries the form with one value changed (NULL: taken out) and expects `code` and an issue of `field`. */
static void refused(const char *service, const char *field, json_t *value, enum jem_code code)
{
    json_t *out = NULL;
    int64_t before = world_count(world.van[0]);
    struct jem_apply_in in = { .service = service, .fields = world_form(world.van[0], service, 7000) };
    if (value != NULL)
        json_object_set_new(in.fields, field, value);
    else
        json_object_del(in.fields, field);
    memset(&issues, 0, sizeof issues);
    enum jem_code rc = jem_apply(world.van[0], &in, &out, &issues, &err);
    if (rc != code)
        fail_msg("%s: %s instead of %s", field, jem_code_name(rc), jem_code_name(code));
    assert_null(out);
    assert_true(issues.errors > 0);
    bool named = false;
    for (size_t i = 0; i < issues.count; i++) {
        named = named || strcmp(issues.items[i].field, field) == 0;
        world_no_nik(issues.items[i].msg);
    }
    assert_true(named);
    assert_string_not_equal(err.msg, "");
    world_no_nik(err.msg);
    assert_int_equal(world_count(world.van[0]), before);
    json_decref(in.fields);
}

static void every_wrong_nik_is_refused(void **state)
{
    (void)state;
    static const char *const wrong[] = { "", "1", "320301150970000", "32030115097000112", "3203011509700000",
        "3203010009700001", "3203013209700001", "3203017209700001", "3203014009700001", "3203011500700001",
        "3203011513700001", "3203013002700001", "32030115O9700001", "320301150970000a", "NIK tidak ada",
        "3203011509700001 3203011509700002" };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        refused("kia", "nik", json_string(wrong[i]), JEM_EINVAL);
    refused("kia", "nik", NULL, JEM_EINVAL);
    refused("kia", "nik", json_integer(3203011509700001), JEM_EINVAL);
    refused("kia", "child_nik", json_string("320301"), JEM_EINVAL);
    refused("kia", "kk", json_string("3203014509700001"), JEM_EINVAL); /* a KK's day is never past 31 */
}

static void values_of_a_wrong_type_are_refused(void **state)
{
    (void)state;
    refused("kia", "name", json_string("   "), JEM_EINVAL);
    refused("kia", "name", json_string("12345"), JEM_EINVAL);
    refused("kia", "name", json_pack("[s]", "Siti"), JEM_EINVAL);
    refused("kia", "child_birth_date", json_string("kemarin"), JEM_EINVAL);
    refused("kia", "child_birth_date", json_string("2020-02-30"), JEM_EINVAL);
    refused("kia", "child_sex", json_string("X"), JEM_EINVAL);
    refused("kia", "village", json_string("0000000000"), JEM_EINVAL);
    refused("kia", "phone", json_string("nol delapan"), JEM_EINVAL);
    refused("kia", "notify", json_string("mungkin"), JEM_EINVAL);
    refused("akta-kelahiran", "birth_order", json_string("kedua"), JEM_EINVAL);
    refused("akta-kelahiran", "birth_order", json_string("-4"), JEM_EINVAL);
    refused("kia", "hobi", json_string("membaca"), JEM_EINVAL);
    refused("kia", "village", NULL, JEM_EINVAL);
}

static void an_unknown_service_gets_a_suggestion(void **state)
{
    (void)state;
    json_t *out = NULL;
    struct jem_apply_in in = { .service = "akta-kelahirn", .fields = world_form(world.van[0], "kia", 1) };
    assert_int_equal(jem_apply(world.van[0], &in, &out, NULL, &err), JEM_EINVAL);
    assert_non_null(strstr(err.msg, "\"akta-kelahiran\""));
    in.service = "pengurusan-roket-antariksa";
    assert_int_equal(jem_apply(world.van[0], &in, &out, NULL, &err), JEM_EINVAL);
    assert_non_null(strstr(err.msg, "jemput catalog show"));
    in.service = NULL;
    assert_int_equal(jem_apply(world.van[0], &in, &out, NULL, &err), JEM_EINVAL);
    in.service = "kia";
    in.channel = "merpati";
    assert_int_equal(jem_apply(world.van[0], &in, &out, NULL, &err), JEM_EINVAL);
    assert_non_null(strstr(err.msg, "village"));
    json_decref(in.fields);
    in.channel = NULL;
    in.fields = json_array();
    assert_int_equal(jem_apply(world.van[0], &in, &out, NULL, &err), JEM_EINVAL);
    json_decref(in.fields);
}

static void a_good_form_gets_number_and_code(void **state)
{
    (void)state;
    json_t *out = NULL, *seen = NULL;
    struct jem_apply_in in = { .service = "kia", .fields = world_form(world.van[0], "kia", 10) };
    json_object_set_new(in.fields, "name", json_string("  Siti \t Rahmawati "));
    json_object_set_new(in.fields, "address", json_string("  "));
    assert_int_equal(jem_apply(world.van[0], &in, &out, NULL, &err), JEM_OK);
    uint64_t number = world_number(out, "number");
    assert_int_equal(jem_number_van(number), 1);
    assert_string_equal(jem_json_str(out, "status", ""), "submitted");
    assert_int_equal(strncmp(jem_json_str(out, "qr", ""), "HTTPS://STATUS.EXAMPLE/T/", 25), 0);
    /* Papers that are still missing are told; they refuse nothing. */
    assert_true(json_array_size(json_object_get(out, "missing")) >= 2);
    assert_true(json_is_null(json_object_get(out, "duplicate")));
    assert_int_equal(jem_show(world.van[0], number, &seen, &err), JEM_OK);
    const json_t *fields = json_object_get(seen, "fields");
    assert_string_equal(jem_json_str(fields, "name", ""), "Siti Rahmawati");
    assert_null(json_object_get(fields, "address"));
    assert_string_equal(jem_json_str(seen, "qr", ""), jem_json_str(out, "qr", "x"));
    json_decref(in.fields);
    json_decref(out);
    json_decref(seen);
}

static void doubts_are_overridden_and_recorded(void **state)
{
    (void)state;
    json_t *out = NULL, *seen = NULL;
    struct jem_apply_in in = { .service = "ktp-el", .fields = world_form(world.van[0], "ktp-el", 11) };
    json_object_set_new(in.fields, "birth_date", json_string("1999-12-31")); /* not the NIK's */
    assert_int_equal(jem_apply(world.van[0], &in, &out, NULL, &err), JEM_OK);
    assert_int_equal(json_array_size(json_object_get(out, "warnings")), 1);
    assert_int_equal(jem_show(world.van[0], world_number(out, "number"), &seen, &err), JEM_OK);
    assert_string_equal(json_string_value(json_array_get(json_object_get(seen, "warnings"), 0)), "NIK_WARN_BIRTH");
    json_decref(in.fields);
    json_decref(out);
    json_decref(seen);
}

static void a_duplicate_needs_a_reason(void **state)
{
    (void)state;
    json_t *first = NULL, *out = NULL;
    struct jem_apply_in in = { .service = "kia", .fields = world_form(world.van[0], "kia", 20) };
    assert_int_equal(jem_apply(world.van[0], &in, &first, NULL, &err), JEM_OK);
    int64_t before = world_count(world.van[0]);
    assert_int_equal(jem_apply(world.van[0], &in, &out, NULL, &err), JEM_EEXISTS);
    assert_non_null(strstr(err.msg, jem_json_str(first, "number", "?")));
    world_no_nik(err.msg);
    in.duplicate_reason = " \n ";
    assert_int_equal(jem_apply(world.van[0], &in, &out, NULL, &err), JEM_EEXISTS);
    assert_int_equal(world_count(world.van[0]), before);
    /* The same person for another service is no duplicate. */
    struct jem_apply_in other = { .service = "ktp-el", .fields = world_form(world.van[0], "ktp-el", 20) };
    assert_int_equal(jem_apply(world.van[0], &other, &out, NULL, &err), JEM_OK);
    assert_true(json_is_null(json_object_get(out, "duplicate")));
    json_decref(out);
    json_decref(other.fields);
    in.duplicate_reason = "Anak kedua";
    assert_int_equal(jem_apply(world.van[0], &in, &out, NULL, &err), JEM_OK);
    assert_string_equal(jem_json_str(out, "duplicate", ""), jem_json_str(first, "number", "?"));
    json_decref(out);
    assert_int_equal(jem_apply_check(world.van[0], &in, &out, NULL, &err), JEM_OK);
    assert_int_equal(json_array_size(json_object_get(out, "duplicates")), 2);
    json_decref(out);
    json_decref(first);
    json_decref(in.fields);
}

static void checking_records_nothing(void **state)
{
    (void)state;
    json_t *out = NULL;
    int64_t before = world_count(world.van[0]);
    struct jem_apply_in in = { .service = "kia", .fields = world_form(world.van[0], "kia", 30) };
    json_object_set_new(in.fields, "nik", json_string("123"));
    json_object_del(in.fields, "village");
    assert_int_equal(jem_apply_check(world.van[0], &in, &out, NULL, &err), JEM_OK);
    assert_int_equal(json_array_size(json_object_get(out, "errors")), 2);
    const json_t *e = json_array_get(json_object_get(out, "errors"), 0);
    assert_string_equal(jem_json_str(e, "field", ""), "nik");
    assert_string_not_equal(jem_json_str(e, "key", ""), "");
    assert_string_not_equal(jem_json_str(e, "text", ""), "");
    json_decref(out);
    json_decref(in.fields);
    assert_int_equal(world_count(world.van[0]), before);
}

static void a_draft_ends_with_its_application(void **state)
{
    (void)state;
    struct jem_store *store = jem_app_store(world.van[0]);
    json_t *out = NULL, *drafts = NULL, *draft = json_pack("{s:s}", "service", "kia");
    assert_int_equal(jem_store_draft_put(store, "d1", "petugas1", draft, &err), JEM_OK);
    struct jem_apply_in in = { .service = "kia", .fields = world_form(world.van[0], "kia", 40), .draft = "d1" };
    json_object_set_new(in.fields, "nik", json_string("1"));
    assert_int_equal(jem_apply(world.van[0], &in, &out, NULL, &err), JEM_EINVAL);
    assert_int_equal(jem_store_drafts(store, "petugas1", &drafts, &err), JEM_OK);
    assert_int_equal(json_array_size(drafts), 1);
    json_decref(drafts);
    json_decref(in.fields);
    in.fields = world_form(world.van[0], "kia", 40);
    assert_int_equal(jem_apply(world.van[0], &in, &out, NULL, &err), JEM_OK);
    assert_int_equal(jem_store_drafts(store, "petugas1", &drafts, &err), JEM_OK);
    assert_int_equal(json_array_size(drafts), 0);
    json_decref(drafts);
    json_decref(out);
    json_decref(in.fields);
    json_decref(draft);
}

/* ---- documents ---- */

static enum jem_code try_attachment(const struct jem_attachment *a, enum jem_code want)
{
    json_t *out = NULL;
    int64_t before = world_count(world.van[0]);
    struct jem_apply_in in = { .service = "kia",
        .fields = world_form(world.van[0], "kia", 7100),
        .attachments = a,
        .attachment_count = 1 };
    memset(&issues, 0, sizeof issues);
    enum jem_code rc = jem_apply(world.van[0], &in, &out, &issues, &err);
    if (rc != want)
        fail_msg("%s instead of %s: %s", jem_code_name(rc), jem_code_name(want), err.msg);
    assert_int_equal(issues.errors, 1);
    assert_int_equal(world_count(world.van[0]), before);
    json_decref(in.fields);
    json_decref(out);
    return rc;
}

static void bad_files_are_refused_before_anything_is_written(void **state)
{
    (void)state;
    struct jem_buf png = JEM_BUF_INIT(1 << 20);
    world_png(1, &png);
    size_t large = JEM_DOCUMENT_MAX_BYTES + 1;
    unsigned char *zeros = calloc(1, large);
    assert_non_null(zeros);
    struct jem_attachment a = { .kind = "kk", .path = world_file(&world, "kosong.jpg", "", 0) };
    try_attachment(&a, JEM_EINVAL);
    a.path = world_file(&world, "besar.png", zeros, large);
    try_attachment(&a, JEM_EINVAL);
    assert_non_null(strstr(err.msg, "25"));
    a.path = world_file(&world, "bohong.pdf", png.data, png.len);
    try_attachment(&a, JEM_EINVAL);
    a.path = world_file(&world, "surat.png", "Yth. Kepala Dinas\n", 18);
    try_attachment(&a, JEM_EINVAL);
    a.path = world_file(&world, "terpotong.png", png.data, png.len / 2);
    try_attachment(&a, JEM_EINVAL);
    a.path = "/nonexistent/kk.png";
    try_attachment(&a, JEM_ENOTFOUND);
    a = (struct jem_attachment){ .kind = "surat-cinta", .path = world_file(&world, "baik.png", png.data, png.len) };
    try_attachment(&a, JEM_EINVAL);
    assert_non_null(strstr(err.msg, "akta-kelahiran"));
    a = (struct jem_attachment){ .kind = "kk", .bytes = zeros, .size = large };
    try_attachment(&a, JEM_EINVAL);
    a = (struct jem_attachment){ .kind = "kk", .bytes = zeros, .size = 0 };
    try_attachment(&a, JEM_EINVAL);
    free(zeros);
    jem_buf_release(&png);
}

static void documents_are_kept_shown_and_removed(void **state)
{
    (void)state;
    struct jem_app *van = world.van[0];
    struct jem_buf png = JEM_BUF_INIT(1 << 20), pdf = JEM_BUF_INIT(1 << 20), back = JEM_BUF_INIT(1 << 20);
    json_t *out = NULL, *seen = NULL;
    const char *mime = NULL;
    world_png(2, &png);
    world_pdf(3, &pdf);
    struct jem_attachment two[] = { { .kind = "kk", .bytes = png.data, .size = png.len, .name = "kk siti.png" },
        { .kind = "akta-kelahiran", .path = world_file(&world, "akta.pdf", pdf.data, pdf.len) } };
    struct jem_apply_in in = { .service = "kia",
        .fields = world_form(van, "kia", 50),
        .attachments = two,
        .attachment_count = 2 };
    assert_int_equal(jem_apply(van, &in, &out, NULL, &err), JEM_OK);
    uint64_t number = world_number(out, "number");
    size_t missing = json_array_size(json_object_get(out, "missing"));
    assert_int_equal(missing, 1); /* the parents' KTP */
    json_decref(out);
    assert_int_equal(jem_show(van, number, &seen, &err), JEM_OK);
    const json_t *docs = json_object_get(seen, "documents"), *akta = json_array_get(docs, 1);
    assert_int_equal(json_array_size(docs), 2);
    assert_string_equal(jem_json_str(akta, "kind", ""), "akta-kelahiran");
    assert_int_equal(jem_json_int(akta, "pages", 0), 3);
    assert_int_equal(jem_json_int(akta, "arrived", 0), 3);
    assert_true(jem_json_bool(akta, "complete", false));
    json_decref(seen);

    assert_int_equal(jem_document_bytes(van, number, 1, 2, 0, &back, &mime, &err), JEM_OK);
    assert_string_equal(mime, "application/pdf");
    assert_int_equal(back.len, pdf.len);
    assert_memory_equal(back.data, pdf.data, pdf.len);
    jem_buf_clear(&back);
    assert_int_equal(jem_document_bytes(van, number, 1, 2, 3, &back, &mime, &err), JEM_OK);
    assert_string_equal(mime, "image/jpeg");
    assert_memory_equal(back.data, "\xff\xd8\xff", 3);
    assert_int_equal(jem_document_bytes(van, number, 1, 2, 4, &back, &mime, &err), JEM_ENOTFOUND);
    assert_int_equal(jem_document_bytes(van, number, 1, 9, 0, &back, &mime, &err), JEM_ENOTFOUND);
    assert_int_equal(jem_document_bytes(van, number, 2, 1, 0, &back, &mime, &err), JEM_ENOTFOUND);

    struct jem_attachment again = { .kind = "kk", .bytes = png.data, .size = png.len };
    assert_int_equal(jem_attach(van, number, &again, &out, &err), JEM_EEXISTS);
    assert_int_equal(jem_document_remove(van, number, 1, "", &out, &err), JEM_EINVAL);
    assert_int_equal(jem_document_remove(van, number, 5, "buram", &out, &err), JEM_ENOTFOUND);
    assert_int_equal(jem_document_remove(van, number, 1, "buram", &out, &err), JEM_OK);
    json_decref(out);
    assert_int_equal(jem_attach(van, number, &again, &out, &err), JEM_OK);
    assert_int_equal(jem_json_int(out, "ordinal", 0), 3); /* 1 and 2 are never given again */
    assert_int_equal(jem_json_int(out, "pages", 0), 1);
    json_decref(out);
    json_decref(in.fields);
    jem_buf_release(&png);
    jem_buf_release(&pdf);
    jem_buf_release(&back);
}

/* ---- corrections ---- */

static enum jem_code correct(uint64_t number, const char *field, const char *value, json_t **out)
{
    json_t *set = json_pack("{s:s}", field, value);
    memset(&issues, 0, sizeof issues);
    enum jem_code rc = jem_correct(world.van[0], number, set, "salah ketik", out, &issues, &err);
    json_decref(set);
    return rc;
}

static void corrections_name_what_they_saw(void **state)
{
    (void)state;
    uint64_t number = world_apply(world.van[0], "ktp-el", 60);
    json_t *out = NULL, *log = NULL;
    assert_int_equal(correct(number, "name", "Siti Rahmawati", &out), JEM_EINVAL); /* as it is */
    assert_non_null(strstr(err.msg, "Tidak ada yang berubah"));
    assert_int_equal(correct(number, "nik", "123", &out), JEM_EINVAL);
    assert_string_equal(issues.items[0].field, "nik");
    assert_int_equal(correct(number, "namaa", "Siti", &out), JEM_EINVAL);
    assert_int_equal(correct(number, "village", "", &out), JEM_EINVAL); /* required */
    assert_int_equal(correct(number, "name", " Siti  Aminah ", &out), JEM_OK);
    assert_string_equal(json_string_value(json_array_get(json_object_get(out, "changed"), 0)), "name");
    json_decref(out);
    assert_int_equal(correct(number, "birth_date", "1990-01-01", &out), JEM_OK); /* not the NIK's: a doubt */
    assert_int_equal(json_array_size(json_object_get(out, "warnings")), 1);
    json_decref(out);
    assert_int_equal(correct(number, "birth_date", "", &out), JEM_OK);
    json_decref(out);
    assert_int_equal(jem_log_show(world.van[0], number, &log, &err), JEM_OK);
    const json_t *events = json_object_get(log, "events");
    assert_int_equal(json_array_size(events), 4);
    const json_t *base =
        json_object_get(json_object_get(json_object_get(json_object_get(json_array_get(events, 1), "body"), "set"),
                            "name"),
            "base");
    assert_string_equal(json_string_value(json_array_get(base, 0)),
        jem_json_str(json_array_get(events, 0), "event", "?"));
    json_decref(log);
    json_t *empty = json_object();
    assert_int_equal(jem_correct(world.van[0], number, empty, NULL, &out, NULL, &err), JEM_EINVAL);
    json_decref(empty);
    assert_int_equal(correct(jem_number_make(1, 12345), "name", "Siti", &out), JEM_ENOTFOUND);
}

static void what_is_withdrawn_stays_as_it_was(void **state)
{
    (void)state;
    struct jem_buf png = JEM_BUF_INIT(1 << 20);
    uint64_t number = world_apply(world.van[0], "kia", 61);
    json_t *out = NULL;
    assert_int_equal(jem_withdraw(world.van[0], number, NULL, &out, &err), JEM_EINVAL);
    assert_int_equal(jem_withdraw(world.van[0], number, "\xff\xfe", &out, &err), JEM_EINVAL);
    assert_int_equal(jem_withdraw(world.van[0], number, "Pemohon batal", &out, &err), JEM_OK);
    assert_string_equal(jem_json_str(out, "status", ""), "withdrawn");
    json_decref(out);
    assert_int_equal(jem_withdraw(world.van[0], number, "lagi", &out, &err), JEM_EINVAL);
    assert_int_equal(correct(number, "name", "Orang Lain", &out), JEM_EINVAL);
    world_png(3, &png);
    struct jem_attachment a = { .kind = "kk", .bytes = png.data, .size = png.len };
    assert_int_equal(jem_attach(world.van[0], number, &a, &out, &err), JEM_EINVAL);
    jem_buf_release(&png);
    /* And it is in nobody's way: the same person may apply anew. */
    uint64_t next = world_apply(world.van[0], "kia", 61);
    assert_int_not_equal(next, number);
}

/* ---- files of JSON lines ---- */

static void line_add(struct jem_buf *file, unsigned i, const char *end)
{
    json_t *form = world_form(world.van[0], "kia", i), *line = json_object();
    json_object_set(line, "nik", json_object_get(form, "nik"));
    json_object_set(line, "name", json_object_get(form, "name"));
    json_object_set_new(line, "service", json_string("kia"));
    json_object_del(form, "nik");
    json_object_del(form, "name");
    json_object_set_new(line, "set", form);
    char *text = json_dumps(line, JSON_COMPACT);
    jem_buf_fmt(file, "%s%s", text, end);
    free(text);
    json_decref(line);
}

static void three_hundred_lines(void **state)
{
    (void)state;
    struct jem_buf file = JEM_BUF_INIT(8 << 20);
    json_t *out = NULL;
    int64_t before = world_count(world.van[0]);
    jem_buf_str(&file, "\xef\xbb\xbf");
    for (unsigned i = 0; i < 300; i++)
        line_add(&file, 1000 + i, i % 2 ? "\r\n" : "\n");
    assert_int_equal(jem_apply_file(world.van[0], world_file(&world, "300.jsonl", file.data, file.len), NULL, &out,
                         &err),
        JEM_OK);
    assert_int_equal(json_array_size(json_object_get(out, "refused")), 0);
    assert_int_equal(json_array_size(json_object_get(out, "recorded")), 300);
    assert_int_equal(world_count(world.van[0]), before + 300);
    json_decref(out);
    /* The same file again: every line is a duplicate, and none is recorded twice. */
    assert_int_equal(jem_apply_file(world.van[0], world_file(&world, "300.jsonl", file.data, file.len), NULL, &out,
                         &err),
        JEM_OK);
    assert_int_equal(json_array_size(json_object_get(out, "refused")), 300);
    assert_int_equal(world_count(world.van[0]), before + 300);
    json_decref(out);
    jem_buf_release(&file);
}

static const char *refusal(const json_t *report, int line)
{
    size_t i;
    json_t *it;
    json_array_foreach(json_object_get(report, "refused"), i, it)
    {
        if (jem_json_int(it, "line", 0) == line)
            return jem_json_str(it, "error", "");
    }
    return NULL;
}

static void one_bad_line_stops_nothing(void **state)
{
    (void)state;
    struct jem_buf file = JEM_BUF_INIT(8 << 20), png = JEM_BUF_INIT(1 << 20);
    json_t *out = NULL;
    world_png(4, &png);
    (void)world_file(&world, "scan.png", png.data, png.len);
    line_add(&file, 2000, "\n");                                                                  /* 1 */
    jem_buf_str(&file, "{\"service\":\"kia\",\"nik\":\"3203011509700001\",\n");                   /* 2 not JSON */
    jem_buf_str(&file, "\n   \r\n");                                                              /* 3, 4 blank */
    jem_buf_str(&file, "[1,2]\n");                                                                /* 5 */
    jem_buf_str(&file, "{\"service\":\"kia\",\"nik\":\"123\",\"name\":\"Siti\"}\n");              /* 6 */
    jem_buf_str(&file, "{\"service\":\"kya\",\"nik\":\"3203011509700001\",\"name\":\"Siti\"}\n"); /* 7 */
    jem_buf_str(&file, "{\"service\":\"kia\",\"atach\":{}}\n");                                   /* 8 */
    jem_buf_str(&file, "{\"service\":\"kia\",\"allow_duplicate\":true}\n");                       /* 9 */
    jem_buf_str(&file, "{\"service\":\"kia\",\"set\":[]}\n");                                     /* 10 */
    jem_buf_str(&file, "{\"service\":\"kia\",\"attach\":{\"kk\":7}}\n");                          /* 11 */
    jem_buf_str(&file, "{\"a\":\""); /* 12 longer than a line may be */
    for (size_t i = 0; i < (1 << 20); i += 16)
        jem_buf_str(&file, "xxxxxxxxxxxxxxxx");
    jem_buf_str(&file, "\"}\n");
    json_t *form = world_form(world.van[0], "kia", 2001);
    json_t *line = json_pack("{s:s,s:O,s:O,s:{s:[s]}}", "service", "kia", "nik", json_object_get(form, "nik"), "name",
        json_object_get(form, "name"), "attach", "kk", "scan.png");
    json_object_set_new(line, "set", form);
    json_object_del(form, "nik");
    json_object_del(form, "name");
    char *text = json_dumps(line, JSON_COMPACT);
    jem_buf_fmt(&file, "%s\n", text); /* 13: with a file beside this one */
    free(text);
    json_decref(line);
    size_t whole = file.len;
    line_add(&file, 2002, "");
    file.len = whole + (file.len - whole) / 2; /* 14: the copy broke off */
    int64_t before = world_count(world.van[0]);
    assert_int_equal(jem_apply_file(world.van[0], world_file(&world, "campur.jsonl", file.data, file.len), NULL, &out,
                         &err),
        JEM_OK);
    assert_int_equal(json_array_size(json_object_get(out, "recorded")), 2);
    assert_int_equal(world_count(world.van[0]), before + 2);
    static const int bad[] = { 2, 5, 6, 7, 8, 9, 10, 11, 12, 14 };
    assert_int_equal(json_array_size(json_object_get(out, "refused")), sizeof bad / sizeof *bad);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        const char *why = refusal(out, bad[i]);
        if (why == NULL || *why == '\0')
            fail_msg("line %d was not refused", bad[i]);
        world_no_nik(why);
    }
    assert_non_null(strstr(refusal(out, 7), "\"kia\""));
    assert_non_null(strstr(refusal(out, 8), "atach"));
    assert_non_null(strstr(refusal(out, 14), "terpotong"));
    json_decref(out);
    jem_lang_set(JEM_LANG_EN);
    assert_int_equal(jem_apply_file(world.van[0], world_file(&world, "campur.jsonl", file.data, file.len), NULL, &out,
                         &err),
        JEM_OK);
    assert_non_null(strstr(refusal(out, 14), "cut"));
    jem_lang_set(JEM_LANG_ID);
    json_decref(out);
    assert_int_equal(jem_apply_file(world.van[0], "/nonexistent.jsonl", NULL, &out, &err), JEM_ENOTFOUND);
    jem_buf_release(&file);
    jem_buf_release(&png);
}

static void a_last_line_without_its_newline_counts(void **state)
{
    (void)state;
    struct jem_buf file = JEM_BUF_INIT(1 << 20);
    json_t *out = NULL;
    line_add(&file, 2100, "");
    assert_int_equal(jem_apply_file(world.van[0], world_file(&world, "satu.jsonl", file.data, file.len), NULL, &out,
                         &err),
        JEM_OK);
    assert_int_equal(json_array_size(json_object_get(out, "recorded")), 1);
    json_decref(out);
    jem_buf_release(&file);
}

/* ---- trouble ---- */

static void *counter_work(void *arg)
{
    uint64_t *numbers = arg;
    unsigned first = (unsigned)numbers[0];
    struct jem_app *app = NULL;
    struct jem_error why;
    if (jem_app_dup(world.van[0], &app, &why) != JEM_OK)
        return NULL;
    for (unsigned i = 0; i < 25; i++) {
        json_t *out = NULL, *form = world_form(app, "kia", first + i);
        struct jem_apply_in in = { .service = "kia", .fields = form };
        if (jem_apply(app, &in, &out, NULL, &why) != JEM_OK ||
            jem_number_parse(jem_json_str(out, "number", ""), &numbers[i], NULL) != JEM_OK)
            numbers[i] = 0;
        json_decref(out);
        json_decref(form);
    }
    jem_app_close(app);
    return NULL;
}

static void two_counters_record_at_once(void **state)
{
    (void)state;
    static uint64_t numbers[2][25];
    pthread_t threads[2];
    int64_t before = world_count(world.van[0]);
    for (unsigned i = 0; i < 2; i++) {
        numbers[i][0] = 4000 + 100 * i;
        assert_int_equal(pthread_create(&threads[i], NULL, counter_work, numbers[i]), 0);
    }
    for (unsigned i = 0; i < 2; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    assert_int_equal(world_count(world.van[0]), before + 50);
    for (size_t i = 0; i < 50; i++) {
        assert_true(numbers[i / 25][i % 25] != 0);
        for (size_t k = 0; k < i; k++)
            assert_true(numbers[i / 25][i % 25] != numbers[k / 25][k % 25]);
    }
}

/* The limit stands for a disk that fills up: the kernel lets no file grow past it. */
static void a_full_disk_loses_nothing_that_was_told(void **state)
{
    (void)state;
    struct rlimit old, tight;
    enum jem_code rc = JEM_OK;
    int64_t before = world_count(world.van[0]), recorded = 0;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
    tight = old;
    tight.rlim_cur = 128 << 10;
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &tight), 0);
    for (unsigned i = 0; i < 500 && rc == JEM_OK; i++) {
        json_t *out = NULL, *form = world_form(world.van[0], "kia", 5000 + i);
        struct jem_apply_in in = { .service = "kia", .fields = form };
        rc = jem_apply(world.van[0], &in, &out, NULL, &err);
        recorded += rc == JEM_OK;
        json_decref(out);
        json_decref(form);
    }
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
    assert_int_equal(rc, JEM_ENOSPC);
    assert_int_equal(jem_exit_of(rc), 4);
    assert_int_equal(world_count(world.van[0]), before + recorded);
    world_apply(world.van[0], "kia", 6999);
    assert_int_equal(world_count(world.van[0]), before + recorded + 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_wrong_nik_is_refused),
        cmocka_unit_test(values_of_a_wrong_type_are_refused),
        cmocka_unit_test(an_unknown_service_gets_a_suggestion),
        cmocka_unit_test(a_good_form_gets_number_and_code),
        cmocka_unit_test(doubts_are_overridden_and_recorded),
        cmocka_unit_test(a_duplicate_needs_a_reason),
        cmocka_unit_test(checking_records_nothing),
        cmocka_unit_test(a_draft_ends_with_its_application),
        cmocka_unit_test(bad_files_are_refused_before_anything_is_written),
        cmocka_unit_test(documents_are_kept_shown_and_removed),
        cmocka_unit_test(corrections_name_what_they_saw),
        cmocka_unit_test(what_is_withdrawn_stays_as_it_was),
        cmocka_unit_test(three_hundred_lines),
        cmocka_unit_test(one_bad_line_stops_nothing),
        cmocka_unit_test(a_last_line_without_its_newline_counts),
        cmocka_unit_test(two_counters_record_at_once),
        cmocka_unit_test(a_full_disk_loses_nothing_that_was_told),
    };
    return cmocka_run_group_tests(tests, world_up, world_down);
}
