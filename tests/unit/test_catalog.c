// room: record
/* test_catalog.c - the starting catalogue, and faults named by their place. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "jemput/application.h"
#include "jemput/catalog.h"
#include "jemput/file.h"
#include "jemput/nik.h"
#include "scratch.h"
#include "unit.h"

static const struct {
    unsigned code;
    const char *id;
} shipped[] = { { 101, "biodata-nik" }, { 102, "kartu-keluarga" }, { 103, "ktp-el" }, { 104, "kia" },
    { 105, "akta-kelahiran" }, { 106, "akta-kematian" }, { 107, "pindah" }, { 108, "ikd" }, { 201, "samsat" },
    { 202, "sim" }, { 203, "paspor" }, { 301, "nib" }, { 302, "bpjs-kesehatan" }, { 303, "pbb" }, { 304, "pdam" } };
enum { SHIPPED = sizeof shipped / sizeof shipped[0] };

static json_t *builtin(void)
{
    json_t *root = NULL;
    struct jem_error err;
    if (jem_catalog_builtin(&root, &err) != JEM_OK)
        fail_msg("%s", err.msg);
    return root;
}

static struct jem_catalog *parsed(const json_t *root)
{
    struct jem_catalog *catalog = NULL;
    struct jem_error err;
    if (jem_catalog_parse(root, &catalog, NULL, &err) != JEM_OK)
        fail_msg("%s", err.msg);
    return catalog;
}

static void folder_and_program_hold_the_same(void **state)
{
    (void)state;
    json_t *inside = builtin(), *folder = NULL;
    struct jem_error err;
    if (jem_catalog_read_dir("src/record/catalog", &folder, &err) != JEM_OK)
        fail_msg("%s", err.msg);
    assert_true(json_equal(inside, folder));
    json_decref(inside);
    json_decref(folder);
}

static void fifteen_services(void **state)
{
    (void)state;
    json_t *root = builtin();
    struct jem_catalog *catalog = parsed(root);
    json_decref(root); /* the catalogue keeps its own texts */
    assert_int_equal(jem_catalog_version(catalog), 1);
    assert_string_equal(jem_catalog_region(catalog), "");
    assert_int_equal(jem_catalog_count(catalog), SHIPPED);
    for (size_t i = 0; i < SHIPPED; i++) {
        const struct jem_service *s = jem_catalog_at(catalog, i);
        assert_string_equal(s->id, shipped[i].id);
        assert_int_equal(s->code, shipped[i].code);
        assert_ptr_equal(jem_catalog_find(catalog, s->id), s);
        assert_ptr_equal(jem_catalog_by_code(catalog, s->code), s);
        assert_true(s->agency_name[JEM_ID][0] && s->agency_name[JEM_EN][0]);
        assert_true(s->requirement_count >= 2 && s->requirement_count <= 8);
        assert_true(s->promised_hours > 0 && s->retention_days > 0 && s->duplicate_window_days > 0);
        for (int c = 0; c < JEM_STD_COUNT; c++)
            for (int lang = 0; lang < JEM_LANGS; lang++)
                assert_true(strlen(s->standard[c][lang]) >= 5);
        assert_non_null(strstr(s->standard[JEM_STD_COMPLAINTS][JEM_ID], "SP4N-LAPOR!"));
        assert_non_null(strstr(s->standard[JEM_STD_LEGAL_BASIS][JEM_ID], "Nomor 25 Tahun 2009"));
        for (size_t f = 0; f < s->field_count; f++) {
            assert_ptr_equal(jem_service_field(s, s->fields[f].name), &s->fields[f]);
            assert_string_not_equal(s->fields[f].label[JEM_ID], "");
            assert_non_null(s->fields[f].role);
        }
        /* Each requirement stands in the published text as well. */
        for (size_t r = 0; r < s->requirement_count; r++)
            for (int lang = 0; lang < JEM_LANGS; lang++)
                assert_non_null(strstr(s->standard[JEM_STD_REQUIREMENTS][lang], s->requirements[r].label[lang]));
    }
    assert_null(jem_catalog_at(catalog, SHIPPED));
    assert_null(jem_catalog_find(catalog, "akta"));
    assert_null(jem_catalog_by_code(catalog, 0));
    jem_catalog_free(catalog);
    jem_catalog_free(NULL);
}

static void facts_of_law(void **state)
{
    (void)state;
    json_t *root = builtin();
    struct jem_catalog *catalog = parsed(root);
    for (unsigned code = 101; code <= 108; code++) { /* population documents: free, a day */
        const struct jem_service *s = jem_catalog_by_code(catalog, code);
        assert_int_equal(s->fee_idr, 0);
        assert_int_equal(s->promised_hours, 24);
        assert_non_null(strstr(s->standard[JEM_STD_TIME][JEM_ID], "gangguan jaringan"));
    }
    assert_int_equal(jem_catalog_find(catalog, "sim")->fee_idr, 75000);
    assert_int_equal(jem_catalog_find(catalog, "paspor")->fee_idr, 350000);
    assert_int_equal(jem_catalog_find(catalog, "paspor")->promised_hours, 96);
    const struct jem_field *expiry = jem_service_field(jem_catalog_find(catalog, "sim"), "sim_expiry");
    assert_int_equal(expiry->min, 0); /* an expired licence is not renewed */
    jem_catalog_free(catalog);
    json_decref(root);
}

static void common_fields_are_placed(void **state)
{
    (void)state;
    json_t *root = builtin();
    struct jem_catalog *catalog = parsed(root);
    const struct jem_service *ktp = jem_catalog_find(catalog, "ktp-el");
    assert_string_equal(ktp->fields[0].name, "kk");
    assert_true(ktp->fields[0].required);
    assert_string_equal(jem_service_field(ktp, "birth_date")->role, "birth_date");
    const struct jem_service *new_card = jem_catalog_find(catalog, "kartu-keluarga");
    assert_string_equal(new_card->fields[0].name, "kk"); /* its own, in the place of the common one */
    assert_false(new_card->fields[0].required);
    assert_null(jem_service_field(jem_catalog_find(catalog, "samsat"), "kk"));
    assert_null(jem_service_field(ktp, "nik"));
    assert_int_equal(jem_service_field(ktp, "email")->max_length, 0);
    assert_int_equal(jem_service_field(ktp, "address")->max_length, 200);
    jem_catalog_free(catalog);
    json_decref(root);
}

static void nearest_service(void **state)
{
    (void)state;
    static const char *const typed[][2] = { { "akta-kelahiram", "akta-kelahiran" },
        { "AKTA KELAHIRAN", "akta-kelahiran" }, { "akta_lahiran", "akta-kelahiran" }, { "ktp", "ktp-el" },
        { "kpt-el", "ktp-el" }, { "kematian", "akta-kematian" }, { "bpjs", "bpjs-kesehatan" }, { "passport", "paspor" },
        { "kartu keluarga", "kartu-keluarga" }, { "pdma", "pdam" }, { "", "" }, { "x", "" }, { "surat-tanah", "" },
        { "zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz", "" } };
    json_t *root = builtin();
    struct jem_catalog *catalog = parsed(root);
    for (size_t i = 0; i < sizeof typed / sizeof typed[0]; i++) {
        const char *near = jem_catalog_nearest(catalog, typed[i][0]);
        if (strcmp(near, typed[i][1]) != 0)
            fail_msg("\"%s\" gives \"%s\", not \"%s\"", typed[i][0], near, typed[i][1]);
    }
    jem_catalog_free(catalog);
    json_decref(root);
}

/* ---- faults ---- */

/* Follows "services/4/fields/0/name"; *parent holds the last step. */
static json_t *step_to(json_t *root, const char *path, char last[48])
{
    json_t *at = root;
    for (;;) {
        size_t n = strcspn(path, "/");
        snprintf(last, 48, "%.*s", (int)n, path);
        if (path[n] == '\0')
            return at;
        at = json_is_array(at) ? json_array_get(at, strtoul(last, NULL, 10)) : json_object_get(at, last);
        assert_non_null(at);
        path += n + 1;
    }
}

/* value NULL deletes. */
static void change(json_t *root, const char *path, const char *value)
{
    char last[48];
    json_t *parent = step_to(root, path, last);
    if (!value) {
        assert_int_equal(json_object_del(parent, last), 0);
        return;
    }
    json_error_t error;
    json_t *v = json_loads(value, JSON_DECODE_ANY, &error);
    assert_non_null(v);
    if (json_is_array(parent))
        assert_int_equal(json_array_set_new(parent, strtoul(last, NULL, 10), v), 0);
    else
        assert_int_equal(json_object_set_new(parent, last, v), 0);
}

static const struct {
    const char *path, *value; /* what is changed in the starting catalogue */
    enum jem_text key;
    const char *says;
} faults[] = {
    { "format", "\"jemput-catalog-2\"", JEM_T_CATALOG_F_FORMAT, "Katalog, format:" },
    { "version", "0", JEM_T_CATALOG_F_INTEGER, "Katalog, version:" },
    { "version", "\"1\"", JEM_T_CATALOG_F_INTEGER, "version" },
    { "region", "\"32.03\"", JEM_T_CATALOG_F_REGION, "region" },
    { "agencies", "{}", JEM_T_CATALOG_F_ARRAY, "agencies" },
    { "agencies/1/id", "\"dukcapil\"", JEM_T_CATALOG_F_TWICE, "agencies[dukcapil]" },
    { "agencies/0/id", "\"capil\"", JEM_T_CATALOG_F_REFERENCE, "services[biodata-nik].agency: \"dukcapil\"" },
    { "services", NULL, JEM_T_CATALOG_F_MISSING, "\"services\"" },
    { "services/4/id", "\"Akta Kelahiran\"", JEM_T_CATALOG_F_ID_FORM, "services[Akta Kelahiran].id" },
    { "services/4/id", "\"kia\"", JEM_T_CATALOG_F_TWICE, "services[kia].id" },
    { "services/4/id", NULL, JEM_T_CATALOG_F_MISSING, "services[4]: anggota \"id\"" },
    { "services/4/code", "101", JEM_T_CATALOG_F_CODE_TWICE, "\"biodata-nik\"" },
    { "services/4/code", "65536", JEM_T_CATALOG_F_INTEGER, "services[akta-kelahiran].code" },
    { "services/4/harga", "0", JEM_T_CATALOG_F_UNKNOWN, "services[akta-kelahiran]: anggota \"harga\"" },
    { "services/4/name/en", NULL, JEM_T_CATALOG_F_MISSING, "services[akta-kelahiran].name: anggota \"en\"" },
    { "services/4/name/id", "\"  \"", JEM_T_CATALOG_F_TEXT, "services[akta-kelahiran].name.id" },
    { "services/4/standard/evaluation", NULL, JEM_T_CATALOG_F_MISSING, "standard: anggota \"evaluation\"" },
    { "services/4/fields/0/name", "\"Nama Anak\"", JEM_T_CATALOG_F_FIELD_FORM, "fields[Nama Anak].name" },
    { "services/4/fields/0/name", "\"nik\"", JEM_T_CATALOG_F_IMPLIED, "fields[nik].name" },
    { "services/4/fields/0/name", "\"child_sex\"", JEM_T_CATALOG_F_TWICE, "fields[child_sex]" },
    { "services/4/fields/0/type", "\"teks\"", JEM_T_CATALOG_F_ONE_OF,
        "fields[child_name].type: harus salah satu dari: text" },
    { "services/4/fields/0/required", "\"ya\"", JEM_T_CATALOG_F_BOOL, "fields[child_name].required" },
    { "services/4/fields/0/options", "[]", JEM_T_CATALOG_F_NOT_HERE, "fields[child_name].options" },
    { "services/4/fields/0/min", "1", JEM_T_CATALOG_F_NOT_HERE, "fields[child_name].min" },
    { "services/4/fields/1/options", NULL, JEM_T_CATALOG_F_MISSING, "fields[child_sex]: anggota \"options\"" },
    { "services/4/fields/1/options/0/value", "\"P\"", JEM_T_CATALOG_F_TWICE, "options[P]" },
    { "services/4/fields/1/options/0/value", "\"laki laki\"", JEM_T_CATALOG_F_OPTION_FORM, "options[laki laki].value" },
    { "services/4/fields/6/min", "31", JEM_T_CATALOG_F_MIN_MAX, "fields[birth_order].min" },
    { "services/4/fields/0/role", "\"phone\"", JEM_T_CATALOG_F_NOT_HERE, "fields[child_name].role" },
    { "services/4/fields/2/role", "\"birth_date\"", JEM_T_CATALOG_F_TWICE,
        "services[akta-kelahiran].fields: \"birth_date\"" },
    { "common_fields/2/options/0/value", "\"M\"", JEM_T_CATALOG_F_SEX, "common_fields[sex].options" },
    { "services/4/requirements/1/kind", "\"surat lahir\"", JEM_T_CATALOG_F_KIND_FORM,
        "requirements[surat lahir].kind" },
    { "services/4/requirements/0/kind", "\"kk\"", JEM_T_CATALOG_F_TWICE, "requirements[kk]" },
    { "services/4/requirements/1/kind", "\"surat\"", JEM_T_CATALOG_F_REFERENCE,
        "requirements[f-2-03].instead_of: \"surat-lahir\"" },
    { "services/4/requirements/2/instead_of", "\"f-2-03\"", JEM_T_CATALOG_F_CIRCLE, "requirements[f-2-03].instead_of" },
    { "services/4/requirements/2/when", NULL, JEM_T_CATALOG_F_MISSING, "requirements[f-2-03]: anggota \"when\"" },
    { "services/4/requirements/1/when", "{\"id\":\"a\",\"en\":\"b\"}", JEM_T_CATALOG_F_WHEN_REQUIRED,
        "requirements[surat-lahir].when" },
    { "services/4/requirements/1/colour", "\"color\"", JEM_T_CATALOG_F_ONE_OF, "bilevel, gray, colour" },
    { "services/3/without/0", "\"tanggal\"", JEM_T_CATALOG_F_REFERENCE, "services[kia].without[tanggal]" },
    { "services/3/without/0", "\"sex\"", JEM_T_CATALOG_F_TWICE, "services[kia].without[sex]" },
    { "services/4/promised/hours", "0", JEM_T_CATALOG_F_INTEGER, "promised.hours" },
    { "services/4/fee", "[]", JEM_T_CATALOG_F_OBJECT, "services[akta-kelahiran].fee" },
    { "services/4/fee/idr", "-1", JEM_T_CATALOG_F_INTEGER, "fee.idr" },
    { "services/4/retention_days", "1.5", JEM_T_CATALOG_F_INTEGER, "retention_days" },
    { "services/2/stages/selesai", "{\"id\":\"a\",\"en\":\"b\"}", JEM_T_CATALOG_F_UNKNOWN,
        "stages: anggota \"selesai\"" },
};

static void faults_name_their_place(void **state)
{
    (void)state;
    static struct jem_issues issues;
    json_t *good = builtin();
    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) {
        json_t *root = json_deep_copy(good);
        struct jem_catalog *catalog = NULL;
        struct jem_error err = { 0 };
        change(root, faults[i].path, faults[i].value);
        memset(&issues, 0, sizeof issues);
        assert_int_equal(jem_catalog_parse(root, &catalog, &issues, &err), JEM_EINVAL);
        assert_null(catalog);
        assert_int_equal(err.code, JEM_EINVAL);
        bool found = false;
        for (size_t k = 0; k < issues.count && !found; k++)
            found = issues.items[k].key == faults[i].key && strstr(issues.items[k].msg, faults[i].says);
        if (!found)
            fail_msg("%s: \"%s\" does not say \"%s\"", faults[i].path, err.msg, faults[i].says);
        json_decref(root);
    }
    json_decref(good);
}

static void every_fault_in_one_pass(void **state)
{
    (void)state;
    static struct jem_issues issues;
    json_t *root = builtin();
    change(root, "services/4/code", "0");
    change(root, "services/7/name/en", NULL);
    change(root, "services/11/fields/0/type", "\"angka\"");
    memset(&issues, 0, sizeof issues);
    struct jem_catalog *catalog = NULL;
    struct jem_error err = { 0 };
    assert_int_equal(jem_catalog_parse(root, &catalog, &issues, &err), JEM_EINVAL);
    assert_true(issues.errors >= 3);
    assert_non_null(strstr(err.msg, "services[akta-kelahiran].code"));
    bool last = false;
    for (size_t i = 0; i < issues.count; i++)
        last = last || strstr(issues.items[i].msg, "services[nib]");
    assert_true(last);
    assert_int_equal(jem_catalog_parse(root, &catalog, NULL, NULL), JEM_EINVAL);
    json_decref(root);
    root = json_string("katalog");
    assert_int_equal(jem_catalog_parse(root, &catalog, NULL, &err), JEM_EINVAL);
    json_decref(root);
}

/* ---- folders ---- */

static char folder[64];

static void folder_write(const char *name, const char *text)
{
    char path[256];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    assert_int_equal(jem_file_write(path, text, strlen(text), 0600, NULL), JEM_OK);
}

static void folder_says(const char *says)
{
    json_t *root = NULL;
    struct jem_error err = { 0 };
    enum jem_code code = jem_catalog_read_dir(folder, &root, &err);
    assert_int_not_equal(code, JEM_OK);
    assert_null(root);
    if (!strstr(err.msg, says))
        fail_msg("\"%s\" does not say \"%s\"", err.msg, says);
}

static void folders_with_faults(void **state)
{
    (void)state;
    char path[256];
    scratch_dir(folder, sizeof folder, "catalog");
    folder_says("catalog.json");
    folder_write("catalog.json", "{\"format\":\"jemput-catalog-1\"");
    folder_says("catalog.json");
    folder_write("catalog.json", "{\"format\":\"jemput-catalog-1\"}");
    folder_says("services");
    snprintf(path, sizeof path, "%s/services", folder);
    assert_int_equal(jem_dir_make(path, 0700, NULL), JEM_OK);
    folder_says("catalog.json");
    folder_write("services/.ktp.json.swp", "x");
    folder_write("services/README", "x");
    folder_says("catalog.json"); /* still no service: other files are left alone */
    folder_write("services/ktp.json", "{\"id\":\"ktp-el\"}");
    folder_says("ktp.json");
    folder_write("services/ktp.json", "[1]");
    folder_says("ktp.json");
    folder_write("services/ktp.json", "{\"id\":\"ktp\",\"id\":\"ktp\"}");
    folder_says("ktp.json");
    folder_write("services/ktp.json", "{\"id\":\"ktp\",\"code\":2}");
    folder_write("services/kia.json", "{\"id\":\"kia\",\"code\":1}");
    json_t *root = NULL;
    assert_int_equal(jem_catalog_read_dir(folder, &root, NULL), JEM_OK);
    assert_string_equal(jem_json_str(json_array_get(json_object_get(root, "services"), 0), "id", ""), "kia");
    json_decref(root);
    folder_write("catalog.json", "{\"services\":[]}");
    folder_says("\"services\"");
    static const char *const files[] = { "services/ktp.json", "services/kia.json", "services/README",
        "services/.ktp.json.swp", "catalog.json", "services", "" };
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        snprintf(path, sizeof path, "%s/%s", folder, files[i]);
        assert_int_equal(remove(path), 0);
    }
}

static void words(void **state)
{
    (void)state;
    assert_string_equal(jem_standard_key(JEM_STD_REQUIREMENTS), "requirements");
    assert_string_equal(jem_standard_key(JEM_STD_EVALUATION), "evaluation");
    assert_string_equal(jem_standard_key(JEM_STD_COUNT), "");
    assert_string_equal(jem_standard_label(JEM_STD_REQUIREMENTS), "Persyaratan");
    assert_string_equal(jem_field_type_name(JEM_FIELD_VILLAGE), "village");
    assert_string_equal(jem_field_type_name((enum jem_field_type)99), "");
    static const char *const pair[JEM_LANGS] = { "ya", "yes" }, *const none[JEM_LANGS] = { NULL, NULL };
    assert_string_equal(jem_pair(pair), "ya");
    jem_lang_set(JEM_LANG_EN);
    assert_string_equal(jem_pair(pair), "yes");
    assert_string_equal(jem_pair(none), "");
    assert_string_equal(jem_standard_label(JEM_STD_TIME), "Time to completion");
    jem_lang_set(JEM_LANG_ID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(folder_and_program_hold_the_same),
        cmocka_unit_test(fifteen_services),
        cmocka_unit_test(facts_of_law),
        cmocka_unit_test(common_fields_are_placed),
        cmocka_unit_test(nearest_service),
        cmocka_unit_test(faults_name_their_place),
        cmocka_unit_test(every_fault_in_one_pass),
        cmocka_unit_test(folders_with_faults),
        cmocka_unit_test(words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
