// room: record
/* test_labels.c - ids and stored values as people read them. */
#include <stdlib.h>
#include <string.h>

#include "jemput/labels.h"
#include "unit.h"

static struct jem_catalog *catalog;

static int begin(void **state)
{
    (void)state;
    json_t *root = NULL;
    struct jem_error err;
    int rc = jem_catalog_builtin(&root, &err) == JEM_OK && jem_catalog_parse(root, &catalog, NULL, &err) == JEM_OK;
    json_decref(root);
    return rc ? 0 : -1;
}

static int end(void **state)
{
    (void)state;
    jem_catalog_free(catalog);
    return 0;
}

static void is_shown(const struct jem_field *field, const char *name, const char *value, const char *shown)
{
    struct jem_buf b = JEM_BUF_INIT(4096);
    jem_label_value(&b, field, name, value);
    assert_string_equal(jem_buf_text(&b), shown);
    jem_buf_release(&b);
}

static void values(void **state)
{
    (void)state;
    const struct jem_service *birth = jem_catalog_find(catalog, "akta-kelahiran");
    const struct jem_field money = { .name = "fee", .type = JEM_FIELD_MONEY },
                           yes = { .name = "yes", .type = JEM_FIELD_YESNO };
    is_shown(jem_service_field(birth, "child_sex"), "child_sex", "P", "Perempuan");
    is_shown(jem_service_field(birth, "child_birth_date"), "child_birth_date", "2024-02-29", "29 Februari 2024");
    is_shown(jem_service_field(birth, "child_birth_date"), "child_birth_date", "kemarin", "kemarin");
    is_shown(jem_service_field(birth, "mother_nik"), "mother_nik", "3203196901770002", "3203••••••••0002");
    is_shown(jem_service_field(birth, "kk"), "kk", "3203190312240001", "3203••••••••0001");
    is_shown(jem_service_field(birth, "village"), "village", "3203012001",
        "Babakankaret, Cianjur, Kab. Cianjur, Jawa Barat");
    is_shown(jem_service_field(birth, "village"), "village", "9999999999", "9999999999");
    is_shown(&money, "fee", "1250000", "Rp 1.250.000");
    is_shown(&money, "fee", "100", "Rp 100");
    is_shown(&yes, "yes", "tidak", "Tidak");
    jem_lang_set(JEM_LANG_EN);
    is_shown(jem_service_field(birth, "child_sex"), "child_sex", "P", "Female");
    is_shown(&money, "fee", "1250000", "Rp 1,250,000");
    jem_lang_set(JEM_LANG_ID);
}

/* A field that the catalogue does not know any more may be a NIK all the same. */
static void unknown_fields(void **state)
{
    (void)state;
    is_shown(NULL, "nik", "3203196901770002", "3203••••••••0002");
    is_shown(NULL, "guardian_nik", "3203196901770002", "3203••••••••0002");
    is_shown(NULL, "letter", "474.1/123/2026", "474.1/123/2026");
    is_shown(NULL, "letter", "32031969017700021", "32031969017700021");
}

static void names(void **state)
{
    (void)state;
    const struct jem_service *birth = jem_catalog_find(catalog, "akta-kelahiran");
    assert_string_equal(jem_label_field(birth, "mother_nik"), "NIK ibu");
    assert_string_equal(jem_label_field(birth, "nik"), "NIK pemohon");
    assert_string_equal(jem_label_field(NULL, "name"), "Nama lengkap pemohon");
    assert_string_equal(jem_label_field(NULL, "mother_nik"), "mother_nik");
    assert_string_equal(jem_label_paper(birth, "kk"), "Kartu Keluarga orang tua");
    assert_string_equal(jem_label_paper(birth, "lain"), "Dokumen lain");
    assert_string_equal(jem_label_paper(NULL, "kk"), "kk");
    assert_string_equal(jem_label_stage(NULL, JEM_STATUS_RETURNED), "Perlu perbaikan");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values),
        cmocka_unit_test(unknown_fields),
        cmocka_unit_test(names),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
