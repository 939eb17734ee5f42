// room: record
/* test_form.c - what is entered against what the catalogue asks: normal forms, refusals, doubts, documents. */
#include <stdio.h>
#include <string.h>

#include "jemput/catalog.h"
#include "jemput/clock.h"
#include "prop.h"
#include "unit.h"

/* One service with a field of every type; quotes are written '. */
static const char every_type[] =
    "{'format':'jemput-catalog-1','version':1,'region':'','agencies':[{'id':'dinas','name':{'id':'D','en':'D'}}],"
    "'common_fields':[],'services':[{'id':'uji','code':1,'agency':'dinas','name':{'id':'Uji','en':'Test'},"
    "'standard':{%s},'fields':["
    "{'name':'word','type':'text','required':false,'label':{'id':'Kata','en':'Word'},'max_length':10},"
    "{'name':'essay','type':'longtext','required':false,'label':{'id':'Uraian','en':'Essay'}},"
    "{'name':'other_nik','type':'nik','required':false,'label':{'id':'NIK ibu','en':'NIK of mother'}},"
    "{'name':'kk','type':'kk','required':false,'label':{'id':'KK','en':'Card'}},"
    "{'name':'birth','type':'date','required':false,'label':{'id':'Lahir','en':'Birth'},'min':-40000,'max':0,"
    "'role':'birth_date'},"
    "{'name':'day','type':'date','required':false,'label':{'id':'Hari','en':'Day'}},"
    "{'name':'count','type':'integer','required':false,'label':{'id':'Jumlah','en':'Count'},'min':-5,'max':40},"
    "{'name':'capital','type':'money','required':false,'label':{'id':'Modal','en':'Capital'},'max':5000000},"
    "{'name':'sex','type':'choice','required':false,'label':{'id':'Kelamin','en':'Sex'},'role':'sex','options':["
    "{'value':'L','label':{'id':'Laki-laki','en':'Male'}},{'value':'P','label':{'id':'Perempuan','en':'Female'}}]},"
    "{'name':'agree','type':'yesno','required':false,'label':{'id':'Setuju','en':'Agrees'}},"
    "{'name':'phone','type':'phone','required':false,'label':{'id':'Telepon','en':'Phone'},'role':'phone'},"
    "{'name':'mail','type':'email','required':false,'label':{'id':'Surel','en':'Mail'}},"
    "{'name':'village','type':'village','required':false,'label':{'id':'Desa','en':'Village'}},"
    "{'name':'must','type':'text','required':true,'label':{'id':'Wajib','en':'Needed'}}],"
    "'requirements':["
    "{'kind':'kk','label':{'id':'KK','en':'Card'},'required':true},"
    "{'kind':'surat-lahir','label':{'id':'Surat','en':'Letter'},'required':true},"
    "{'kind':'f-2-03','label':{'id':'F','en':'F'},'required':false,'when':{'id':'b','en':'w'},'instead_of':'surat-"
    "lahir'},"
    "{'kind':'saksi','label':{'id':'S','en':'W'},'required':false,'when':{'id':'b','en':'w'},'instead_of':'f-2-03'},"
    "{'kind':'asli','label':{'id':'A','en':'O'},'required':true,'shown_only':true}],"
    "'promised':{'hours':24,'text':{'id':'1','en':'1'}},'fee':{'idr':0,'note':{'id':'0','en':'0'}},"
    "'duplicate_window_days':30,'retention_days':730}]}";

static struct jem_catalog *catalog;
static const struct jem_service *service;
static struct jem_issues issues;

static int read_catalog(void **state)
{
    (void)state;
    char json[8192], standard[1200] = "";
    for (int i = 0; i < JEM_STD_COUNT; i++) {
        size_t used = strlen(standard);
        snprintf(standard + used, sizeof standard - used, "%s'%s':{'id':'i','en':'e'}", i ? "," : "",
            jem_standard_key((enum jem_standard)i));
    }
    int n = snprintf(json, sizeof json, every_type, standard);
    for (char *p = json; *p; p++)
        if (*p == '\'')
            *p = '"';
    json_t *root = NULL;
    struct jem_error err;
    if (jem_json_parse(json, (size_t)n, "small", &root, &err) != JEM_OK ||
        jem_catalog_parse(root, &catalog, NULL, &err) != JEM_OK) {
        print_error("%s\n", err.msg);
        return -1;
    }
    json_decref(root);
    service = jem_catalog_at(catalog, 0);
    return 0;
}

static int drop_catalog(void **state)
{
    (void)state;
    jem_catalog_free(catalog);
    return 0;
}

static int32_t today(void)
{
    int32_t day = 0;
    assert_int_equal(jem_day_parse("2026-11-21", &day, NULL), JEM_OK);
    return day;
}

static json_t *checked(const char *text, bool partial)
{
    char json[4096];
    snprintf(json, sizeof json, "%s", text);
    for (char *p = json; *p; p++)
        if (*p == '\'')
            *p = '"';
    json_error_t error;
    json_t *fields = json_loads(json, JSON_DECODE_ANY | JSON_ALLOW_NUL, &error);
    if (!fields)
        fail_msg("%s: %s", text, error.text);
    memset(&issues, 0, sizeof issues);
    jem_intake_check(service, fields, partial, today(), &issues);
    return fields;
}

static bool has_issue(enum jem_severity severity, const char *field, enum jem_text key)
{
    for (size_t i = 0; i < issues.count; i++)
        if (issues.items[i].severity == severity && issues.items[i].key == key &&
            strcmp(issues.items[i].field, field) == 0)
            return true;
    return false;
}

#define GOOD "'nik':'3203011708900018','name':'Asep Sunandar','must':'ada'"

/* One value among good ones: its stored form, or the fault. */
static void takes(const char *name, const char *value, const char *stored)
{
    char text[2400];
    snprintf(text, sizeof text, "{" GOOD ",'%s':%s}", name, value);
    json_t *fields = checked(text, false);
    if (issues.errors)
        fail_msg("%s: %s", text, issues.items[0].msg);
    const char *got = jem_json_str(fields, name, "(none)");
    if (strcmp(got, stored) != 0)
        fail_msg("%s = %s gives \"%s\", not \"%s\"", name, value, got, stored);
    memset(&issues, 0, sizeof issues); /* a stored form is its own stored form */
    jem_intake_check(service, fields, false, today(), &issues);
    assert_int_equal(issues.errors, 0);
    assert_string_equal(jem_json_str(fields, name, "(none)"), stored);
    json_decref(fields);
}

static void refuses(const char *name, const char *value, enum jem_text key)
{
    char text[2400];
    for (int lang = JEM_LANG_EN; lang >= JEM_LANG_ID; lang--) {
        jem_lang_set((enum jem_lang)lang);
        snprintf(text, sizeof text, "{" GOOD ",'%s':%s}", name, value);
        json_t *fields = checked(text, false);
        if (issues.errors != 1 || !has_issue(JEM_SEV_ERROR, name, key))
            fail_msg("%s = %s: %zu errors, \"%s\"", name, value, issues.errors, issues.items[0].msg);
        json_decref(fields);
    }
}

static void texts(void **state)
{
    (void)state;
    takes("word", "'  dua \\t kata '", "dua kata");
    takes("word", "'ab\\u00a0\\r\\ncd'", "ab cd");
    takes("word", "'éééééééééé'", "éééééééééé"); /* ten characters, twenty bytes */
    refuses("word", "'12345678901'", JEM_T_INTAKE_TOO_LONG);
    refuses("word", "'a\\u0007b'", JEM_T_INTAKE_CONTROL);
    refuses("word", "'a\\u007fb'", JEM_T_INTAKE_CONTROL);
    refuses("word", "'a\\u0000b'", JEM_T_INTAKE_CONTROL);
    takes("essay", "' baris  satu \\r\\n\\n  baris dua\\n'", "baris satu\nbaris dua");
    refuses("word", "5", JEM_T_INTAKE_TYPE);
    refuses("word", "true", JEM_T_INTAKE_TYPE);
    refuses("word", "['a']", JEM_T_INTAKE_TYPE);
    refuses("word", "{}", JEM_T_INTAKE_TYPE);
    refuses("word", "1.5", JEM_T_INTAKE_TYPE);
}

static void numbers_of_people(void **state)
{
    (void)state;
    takes("other_nik", "'3203 0157 0890 0018'", "3203015708900018");
    takes("kk", "'32.03.01.290412.0007'", "3203012904120007");
    refuses("other_nik", "'320301570890001'", JEM_T_INTAKE_NIK_REFUSED);
    refuses("other_nik", "3203015708900018", JEM_T_INTAKE_TYPE); /* a number in JSON is not text */
    refuses("kk", "'3203016904120007'", JEM_T_INTAKE_NIK_REFUSED);
    json_t *fields = checked("{" GOOD ",'other_nik':'3299015708900018'}", false);
    assert_int_equal(issues.errors, 0);
    assert_true(has_issue(JEM_SEV_WARNING, "other_nik", JEM_T_NIK_WARN_DISTRICT));
    json_decref(fields);
}

static void dates(void **state)
{
    (void)state;
    static const char *const same[] = { "'1990-08-17'", "'17-08-1990'", "'17/8/1990'", "'17.08.1990'",
        "' 1990/8/17 '" };
    for (size_t i = 0; i < sizeof same / sizeof same[0]; i++)
        takes("birth", same[i], "1990-08-17");
    takes("birth", "'21-11-2026'", "2026-11-21");
    refuses("birth", "'22-11-2026'", JEM_T_INTAKE_DATE_LATE);
    refuses("birth", "'01-01-1900'", JEM_T_INTAKE_DATE_EARLY);
    takes("day", "'29-02-2028'", "2028-02-29");
    static const char *const wrong[] = { "'29-02-2027'", "'31-04-1990'", "'0-1-1990'", "'32-01-1990'", "'17-13-1990'",
        "'17-08-90'", "'90-08-17'", "'17-08'", "'17-08-1990-1'", "'17-08/1990'", "'17 Agustus 1990'", "'kemarin'",
        "'17-08-19900'", "'-17-08-1990'", "'1990-08-117'", "'19900817'", "'1990-08-17T00:00'" };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        refuses("day", wrong[i], JEM_T_INTAKE_DATE);
    refuses("birth", "19900817", JEM_T_INTAKE_TYPE);
}

static void counts_and_money(void **state)
{
    (void)state;
    takes("count", "'040'", "40");
    takes("count", "'-5'", "-5");
    takes("count", "'+7'", "7");
    takes("count", "12", "12");
    refuses("count", "'41'", JEM_T_INTAKE_TOO_LARGE);
    refuses("count", "-6", JEM_T_INTAKE_TOO_SMALL);
    static const char *const not_counts[] = { "'4,5'", "'1.000'", "'dua'", "'-'", "'5 orang'", "'99999999999999999999'",
        "'0x10'" };
    for (size_t i = 0; i < sizeof not_counts / sizeof not_counts[0]; i++)
        refuses("count", not_counts[i], JEM_T_INTAKE_INTEGER);
    static const char *const million[] = { "'1250000'", "'Rp 1.250.000'", "'rp1.250.000,00'", "'Rp. 1.250.000,-'",
        "1250000", "'1.250.000'" };
    for (size_t i = 0; i < sizeof million / sizeof million[0]; i++)
        takes("capital", million[i], "1250000");
    takes("capital", "'0'", "0");
    refuses("capital", "'5.000.001'", JEM_T_INTAKE_TOO_LARGE);
    refuses("capital", "-1", JEM_T_INTAKE_MONEY);
    static const char *const not_money[] = { "'1.25'", "'1.2500'", "'1..250'", "'.250'", "'1.250.00'", "'1,250,000'",
        "'1.250,50'", "'Rp'", "'satu juta'", "'1250.000'", "'1234567890123456'" };
    for (size_t i = 0; i < sizeof not_money / sizeof not_money[0]; i++)
        refuses("capital", not_money[i], JEM_T_INTAKE_MONEY);
}

static void choices(void **state)
{
    (void)state;
    takes("sex", "'L'", "L");
    takes("sex", "'l'", "L");
    takes("sex", "'perempuan'", "P");
    takes("sex", "'FEMALE'", "P");
    refuses("sex", "'X'", JEM_T_INTAKE_CHOICE);
    refuses("sex", "1", JEM_T_INTAKE_TYPE);
    takes("agree", "'YA'", "ya");
    takes("agree", "true", "ya");
    takes("agree", "false", "tidak");
    takes("agree", "'no'", "tidak");
    refuses("agree", "'mungkin'", JEM_T_INTAKE_YESNO);
    refuses("agree", "1", JEM_T_INTAKE_TYPE);
}

static void reaching_people(void **state)
{
    (void)state;
    static const char *const same[] = { "'081234567890'", "'+62 812-3456-7890'", "'6281234567890'", "'81234567890'",
        "'(0812) 3456.7890'", "'+62 (0) 812 3456 7890'" };
    for (size_t i = 0; i < sizeof same / sizeof same[0]; i++)
        takes("phone", same[i], "081234567890");
    takes("phone", "'0263 123456'", "0263123456");
    static const char *const wrong[] = { "'112'", "'0812'", "'+1 202 555 0100'", "'00812345678'",
        "'0812345678901234567890'", "'0812x4567890'", "'123456789'", "'+'", "'٠٨١٢٣٤٥٦٧٨٩'",
        "'081234567890 / 081234567891'" };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        refuses("phone", wrong[i], JEM_T_INTAKE_PHONE);
    takes("mail", "'Asep.S+ktp@Contoh.CO.ID'", "Asep.S+ktp@contoh.co.id");
    static const char *const not_mail[] = { "'asep'", "'@contoh.id'", "'asep@'", "'asep@contoh'", "'a b@contoh.id'",
        "'asep@@contoh.id'", "'asep@contoh..id'", "'asep@-contoh.id'", "'asep@contoh-.id'", "'asep@contoh.i'",
        "'.a@contoh.id'", "'a..b@contoh.id'", "'a.@contoh.id'", "'asép@contoh.id'", "'asep@contoh.id.'",
        "'<asep@contoh.id>'" };
    for (size_t i = 0; i < sizeof not_mail / sizeof not_mail[0]; i++)
        refuses("mail", not_mail[i], JEM_T_INTAKE_EMAIL);
    takes("village", "'32.03.01.1006'", "3203011006");
    takes("village", "'3203011006'", "3203011006");
    static const char *const not_villages[] = { "'320301'", "'3203'", "'3203019999'", "'Pamoyanan'", "'32030110061'" };
    for (size_t i = 0; i < sizeof not_villages / sizeof not_villages[0]; i++)
        refuses("village", not_villages[i], JEM_T_INTAKE_VILLAGE);
}

static void implied_and_required(void **state)
{
    (void)state;
    json_t *fields = checked("{}", false);
    assert_int_equal(issues.errors, 3);
    assert_true(has_issue(JEM_SEV_ERROR, "nik", JEM_T_INTAKE_MISSING));
    assert_true(has_issue(JEM_SEV_ERROR, "name", JEM_T_INTAKE_MISSING));
    assert_true(has_issue(JEM_SEV_ERROR, "must", JEM_T_INTAKE_MISSING));
    assert_non_null(strstr(issues.items[0].msg, "NIK pemohon belum diisi"));
    json_decref(fields);
    fields = checked("{'nik':'','name':'  ','must':null}", false);
    assert_int_equal(issues.errors, 3);
    json_decref(fields);
    fields = checked("{" GOOD ",'word':'','phone':null}", false); /* empty optional ones go */
    assert_int_equal(issues.count, 0);
    assert_null(json_object_get(fields, "word"));
    assert_null(json_object_get(fields, "phone"));
    assert_int_equal(json_object_size(fields), 3);
    json_decref(fields);
    fields = checked("'bukan objek'", false);
    assert_int_equal(issues.errors, 1);
    json_decref(fields);
    fields = checked("{'nik':'3203011708900018','name':'320301','must':'a'}", false);
    assert_true(has_issue(JEM_SEV_ERROR, "name", JEM_T_INTAKE_NAME_LETTER));
    json_decref(fields);
    fields = checked("{'nik':'3203011708900018','name':'Asep 2','must':'a'}", false);
    assert_int_equal(issues.errors, 0);
    assert_true(has_issue(JEM_SEV_WARNING, "name", JEM_T_INTAKE_NAME_DIGIT));
    json_decref(fields);
    fields = checked("{'nik':'3203011708900018','name':'阿美','must':'a'}", false);
    assert_int_equal(issues.count, 0);
    json_decref(fields);
}

static void unknown_fields(void **state)
{
    (void)state;
    json_t *fields = checked("{" GOOD ",'vilage':'x'}", false);
    assert_true(issues.errors == 1 && has_issue(JEM_SEV_ERROR, "vilage", JEM_T_INTAKE_UNKNOWN_NEAR));
    assert_non_null(strstr(issues.items[0].msg, "\"village\""));
    json_decref(fields);
    fields = checked("{" GOOD ",'warna_rambut':'x'}", false);
    assert_true(has_issue(JEM_SEV_ERROR, "warna_rambut", JEM_T_INTAKE_UNKNOWN));
    assert_non_null(strstr(issues.items[0].msg, "uji"));
    json_decref(fields);
    fields =
        checked("{" GOOD ",'3203011708900018':'x','Nama Asep':'y','':'z'}", false); /* may be a value: not repeated */
    assert_int_equal(issues.errors, 3);
    for (size_t i = 0; i < issues.count; i++) {
        assert_int_equal(issues.items[i].key, JEM_T_INTAKE_UNKNOWN_FORM);
        assert_string_equal(issues.items[i].field, "");
        assert_null(strstr(issues.items[i].msg, "3203"));
        assert_null(strstr(issues.items[i].msg, "Asep"));
    }
    json_decref(fields);
}

static void corrections_check_what_they_set(void **state)
{
    (void)state;
    json_t *fields = checked("{'phone':'+62 812 3456 7890'}", true);
    assert_int_equal(issues.count, 0);
    assert_string_equal(jem_json_str(fields, "phone", ""), "081234567890");
    json_decref(fields);
    fields = checked("{'phone':'  ','word':null}", true); /* taken away, and said so */
    assert_int_equal(issues.count, 0);
    assert_string_equal(jem_json_str(fields, "phone", "(none)"), "");
    assert_string_equal(jem_json_str(fields, "word", "(none)"), "");
    json_decref(fields);
    fields = checked("{'must':'','nik':''}", true);
    assert_int_equal(issues.errors, 2);
    json_decref(fields);
    fields = checked("{'nik':'3203015708900018','sex':'L'}", true);
    assert_int_equal(issues.errors, 0);
    assert_true(has_issue(JEM_SEV_WARNING, "nik", JEM_T_NIK_WARN_SEX));
    json_decref(fields);
    fields = checked("{'tidak_ada':'x'}", true);
    assert_int_equal(issues.errors, 1);
    json_decref(fields);
    fields = checked("{}", true);
    assert_int_equal(issues.count, 0);
    json_decref(fields);
}

static void doubts_about_the_nik(void **state)
{
    (void)state;
    json_t *fields = checked("{" GOOD ",'birth':'17-08-1990','sex':'L'}", false);
    assert_int_equal(issues.count, 0);
    json_decref(fields);
    fields = checked("{" GOOD ",'birth':'18-08-1990','sex':'Perempuan'}", false);
    assert_int_equal(issues.errors, 0);
    assert_int_equal(issues.warnings, 2);
    assert_true(has_issue(JEM_SEV_WARNING, "nik", JEM_T_NIK_WARN_BIRTH));
    assert_true(has_issue(JEM_SEV_WARNING, "nik", JEM_T_NIK_WARN_SEX));
    json_decref(fields);
    fields = checked("{'nik':'3203991708900018','name':'Asep','must':'a'}", false);
    assert_int_equal(issues.errors, 0);
    assert_true(has_issue(JEM_SEV_WARNING, "nik", JEM_T_NIK_WARN_DISTRICT));
    json_decref(fields);
}

/* No message repeats what was typed: it may be a number, a name or an address of a person. */
static void messages_hold_no_values(void **state)
{
    (void)state;
    struct prop rng = prop_start("intake");
    static const char *const names[] = { "nik", "name", "word", "other_nik", "kk", "birth", "day", "count", "capital",
        "sex", "agree", "phone", "mail", "village", "must" };
    size_t rounds = prop_rounds(4000);
    for (size_t round = 0; round < rounds; round++) {
        char secret[40];
        size_t n = 9 + prop_below(&rng, 20);
        static const char letters[] = "ZQXJKVW789@.-";
        for (size_t i = 0; i < n; i++)
            secret[i] = letters[prop_below(&rng, sizeof letters - 1)];
        secret[n] = '\0';
        json_t *fields = json_pack("{ss ss ss}", "nik", "3203011708900018", "name", "Asep", "must", "a");
        json_object_set_new(fields, names[prop_below(&rng, sizeof names / sizeof names[0])], json_string(secret));
        memset(&issues, 0, sizeof issues);
        jem_intake_check(service, fields, prop_below(&rng, 2), today(), &issues);
        for (size_t i = 0; i < issues.count; i++)
            assert_null(strstr(issues.items[i].msg, secret));
        json_decref(fields);
    }
}

static size_t missing(const char *kinds, const struct jem_requirement **out)
{
    char json[200];
    snprintf(json, sizeof json, "%s", kinds);
    for (char *p = json; *p; p++)
        if (*p == '\'')
            *p = '"';
    json_t *list = json_loads(json, 0, NULL);
    assert_non_null(list);
    size_t n = jem_intake_missing(service, list, out, 8);
    json_decref(list);
    return n;
}

static void missing_documents(void **state)
{
    (void)state;
    const struct jem_requirement *out[8];
    assert_int_equal(missing("[]", out), 2);
    assert_string_equal(out[0]->kind, "kk");
    assert_string_equal(out[1]->kind, "surat-lahir");
    assert_int_equal(missing("['kk','surat-lahir']", out), 0);
    assert_int_equal(missing("['kk','f-2-03']", out), 0); /* stands for the letter */
    assert_int_equal(missing("['kk','saksi']", out), 0);  /* stands for what stands for it */
    assert_int_equal(missing("['surat-lahir','ktp',5]", out), 1);
    assert_string_equal(out[0]->kind, "kk");
    assert_int_equal(jem_intake_missing(service, NULL, out, 8), 2);
    assert_int_equal(jem_intake_missing(service, NULL, out, 1), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts),
        cmocka_unit_test(numbers_of_people),
        cmocka_unit_test(dates),
        cmocka_unit_test(counts_and_money),
        cmocka_unit_test(choices),
        cmocka_unit_test(reaching_people),
        cmocka_unit_test(implied_and_required),
        cmocka_unit_test(unknown_fields),
        cmocka_unit_test(corrections_check_what_they_set),
        cmocka_unit_test(doubts_about_the_nik),
        cmocka_unit_test(messages_hold_no_values),
        cmocka_unit_test(missing_documents),
    };
    return cmocka_run_group_tests(tests, read_catalog, drop_catalog);
}
