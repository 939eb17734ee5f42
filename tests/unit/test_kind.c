// room: record
/* test_kind.c - kinds, their schemas, and the stages of an application. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "jemput/application.h"
#include "jemput/number.h"

#define H64 "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
#define H40 "00112233445566778899aabbccddeeff00112233"

/* One good body of every shape; `optional` lists the members that may be left out. */
static const struct {
    const char *kind, *body, *optional;
} samples[] = {
    { "application.submitted",
        "{'service':'kk','catalog':1,'channel':'van','fields':{'nik':'3203010101900001','name':'Siti'},"
        "'warnings':['NIK_DISTRICT_UNKNOWN'],'duplicate':{'of':'@','reason':'hilang'}}",
        "duplicate" },
    { "application.corrected", "{'set':{'address':{'v':'Jl. Raya','base':['3.0.1.17']}},'reason':'pindah'}", "reason" },
    { "application.withdrawn", "{'reason':'batal'}", "" },
    { "application.linked", "{'to':'@','reason':'ganda'}", "" },
    { "application.linked", "{'apart':'@','reason':'beda'}", "" },
    { "conflict.resolved", "{'field':'phone','v':'0812','base':['3.0.1.17','5.0.1.2'],'reason':'telepon'}", "" },
    { "conflict.resolved", "{'event':'3.0.1.17','accept':true,'reason':'telepon'}", "" },
    { "duplicate.found", "{'other':'@','service':'kk','day':'2026-11-21','van':3}", "" },
    { "status.changed", "{'from':'received','to':'returned','code':'other','reason':'buram','note':'hal 2'}",
        "code reason note" },
    { "document.attached",
        "{'ordinal':1,'kind':'kk','mime':'image/jpeg','size':120000,'hash':'" H64 "','pages':[{'preview':'" H64
        "','size':9000}],'name':'kk.jpg'}",
        "name" },
    { "document.removed", "{'document':'3.0.1.18','reason':'salah berkas'}", "" },
    { "receipt.printed", "{'copy':0,'format':'escpos','width':58}", "" },
    { "catalog.published", "{'version':2,'catalog':{'format':'jemput-catalog-1'}}", "" },
    { "user.put", "{'user':'siti','name':'Siti Rahayu','role':'officer'}", "" },
    { "user.disabled", "{'user':'siti','reason':'pindah tugas'}", "" },
    { "van.enrolled", "{'van':3,'name':'Van Cibeber','sign':'" H64 "','box':'" H64 "','epoch':1,'inc':1}", "" },
    { "ledger.acked",
        "{'writer':3,'inc':1,'seq':420,'hash':'" H64 "','level':'received','head':'" H40 "','scan':2,'missing':['" H64
        "']}",
        "" },
    { "key.rotated", "{'epoch':2,'box':'" H64 "'}", "" },
    { "van.revoked", "{'van':3,'inc':1,'seq':420,'hash':'" H64 "','reason':'laptop hilang'}", "" },
    { "quarantine.ruled", "{'ref':'refs/heads/van/3/1.1','head':'" H40 "','admit':true,'reason':'sah'}", "" },
    { "history.returned", "{'segment':'SlNHMQ=='}", "" },
    { "district.status", "{'base':'2026-11-21','cases':'AQEBAQ=='}", "" },
    { "dictionary.published", "{'id':300,'bytes':'SlNEMQ=='}", "" },
    { "body.redacted", "{'numbers':['@'],'basis':'permintaan'}", "" },
    { "data.exported", "{'what':'csv','to':'a.csv','rows':3,'whole':false,'about':{'service':'kia'},'reason':''}", "" },
    { "queue.issued", "{'day':'2026-11-21','number':12,'category':'elderly'}", "" },
    { "queue.called", "{'ticket':'3.0.1.17','counter':2}", "" },
    { "queue.served", "{'ticket':'3.0.1.17','counter':2}", "" },
    { "queue.skipped", "{'ticket':'3.0.1.17'}", "" },
    { "visit.planned",
        "{'van':3,'village':'3203012001','from':'2026-11-21','to':'2026-11-22','place':'Balai desa','note':'pagi',"
        "'replaces':'0.3.1.4','cancelled':false}",
        "note replaces cancelled" },
    { "visit.opened", "{'village':'3203012001','place':'Balai desa','team':['Siti','Asep'],'plan':'0.3.1.4'}", "plan" },
    { "visit.closed", "{'visit':'3.0.1.5','applications':80,'tickets':120,'note':'hujan'}", "note" },
    { "handover.recorded", "{'name':'Dewi Lestari','relation':'family','nik4':'0018','document':3,'note':'ibu'}",
        "nik4 document note" },
    { "complaint.filed",
        "{'channel':'van','category':'desk','text':'Antrean terlalu lama','name':'Dewi','contact':'0812'}",
        "name contact" },
    { "complaint.answered", "{'complaint':'3.0.1.9','text':'Loket ditambah','closes':true}", "" },
    { "outage.noted", "{'what':'power','from':1795053600000,'to':1795057200000,'note':'genset mati'}", "to note" },
    { "outage.noted", "{'outage':'3.0.1.9','to':1795057200000}", "" },
    { "survey.answered",
        "{'day':'2026-11-21','u1':4,'u2':3,'u3':4,'u4':4,'u5':3,'u6':4,'u7':4,'u8':2,'u9':1,'service':'kk','age':'25-"
        "34',"
        "'sex':'p','education':'sma'}",
        "service age sex education" },
    { "outage.photographed",
        "{'outage':'3.0.1.9','mime':'image/jpeg','size':210000,'hash':'" H64 "','pages':[{'preview':'" H64
        "','size':12000}],'name':'genset.jpg'}",
        "name" },
    { "application.continued", "{'service':'kk','channel':'van'}", "" },
};

/* ' stands for " and @ for an application number. */
static json_t *sample(size_t i)
{
    char number[JEM_NUMBER_TEXT];
    struct jem_buf text = JEM_BUF_INIT(4000);
    json_t *v = NULL;
    jem_number_format(jem_number_make(3, 123456789), number);
    for (const char *s = samples[i].body; *s != '\0'; s++) {
        if (*s == '@')
            jem_buf_str(&text, number);
        else
            jem_buf_byte(&text, *s == '\'' ? '"' : (unsigned char)*s);
    }
    assert_int_equal(jem_json_parse(jem_buf_text(&text), text.len, samples[i].kind, &v, NULL), JEM_OK);
    jem_buf_release(&text);
    return v;
}

static void every_kind_has_a_sample_and_a_label(void **state)
{
    (void)state;
    for (unsigned k = 1; k < JEM_KIND_COUNT; k++) {
        const char *name = jem_kind_name((enum jem_kind)k);
        bool found = false;
        assert_int_equal(jem_kind_parse(name), k);
        for (size_t i = 0; i < sizeof samples / sizeof *samples; i++)
            found |= strcmp(samples[i].kind, name) == 0;
        assert_true(found);
        for (unsigned j = 1; j < k; j++)
            assert_string_not_equal(jem_kind_label(name), jem_kind_label(jem_kind_name((enum jem_kind)j)));
    }
    assert_int_equal(jem_kind_parse("harvest.counted"), JEM_KIND_UNKNOWN);
    assert_int_equal(jem_kind_parse("unknown"), JEM_KIND_UNKNOWN);
    assert_int_equal(jem_kind_parse(NULL), JEM_KIND_UNKNOWN);
    assert_true(strlen(jem_kind_label("harvest.counted")) > 0);
    jem_lang_set(JEM_LANG_EN);
    assert_string_equal(jem_kind_label("receipt.printed"), "Receipt printed");
    jem_lang_set(JEM_LANG_ID);
    assert_string_equal(jem_kind_label("receipt.printed"), "Tanda terima dicetak");
}

/* A whole word of the list. */
static bool may_be_left_out(size_t i, const char *member)
{
    size_t n = strlen(member);
    for (const char *s = samples[i].optional; (s = strstr(s, member)) != NULL; s += n)
        if ((s == samples[i].optional || s[-1] == ' ') && (s[n] == ' ' || s[n] == '\0'))
            return true;
    return false;
}

static void refused(size_t i, const json_t *body, const char *member)
{
    struct jem_error err = { 0 };
    if (jem_kind_check(samples[i].kind, body, &err) != JEM_EINVAL)
        fail_msg("%s passes with a wrong \"%s\"", samples[i].kind, member);
    assert_non_null(strstr(err.msg, member));
}

/* Every member: absent, of wrong types, out of bounds. */
static void members_are_checked(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof samples / sizeof *samples; i++) {
        json_t *good = sample(i);
        const char *member;
        json_t *value;
        assert_int_equal(jem_kind_check(samples[i].kind, good, NULL), JEM_OK);
        json_object_foreach(good, member, value)
        {
            json_t *body = json_copy(good);
            json_t *wrong[] = { json_null(), json_integer(-1), json_pack("[i]", 1), json_pack("{s:i}", "x", 1) };
            assert_non_null(value);
            for (size_t k = 0; k < sizeof wrong / sizeof *wrong; k++) {
                assert_int_equal(json_object_set(body, member, wrong[k]), 0);
                if (strcmp(member, "catalog") != 0 || !json_is_object(wrong[k]))
                    refused(i, body, member);
                json_decref(wrong[k]);
            }
            assert_int_equal(json_object_del(body, member), 0);
            if (may_be_left_out(i, member))
                assert_int_equal(jem_kind_check(samples[i].kind, body, NULL), JEM_OK);
            else
                assert_int_equal(jem_kind_check(samples[i].kind, body, NULL), JEM_EINVAL);
            json_decref(body);
        }
        assert_int_equal(json_object_set_new(good, "from_the_future", json_true()), 0);
        assert_int_equal(jem_kind_check(samples[i].kind, good, NULL), JEM_OK);
        json_decref(good);
        json_t *array = json_array();
        assert_int_equal(jem_kind_check(samples[i].kind, array, NULL), JEM_EINVAL);
        json_decref(array);
    }
}

static void values_are_checked(void **state)
{
    (void)state;
    static const struct {
        size_t sample;
        const char *member, *json;
    } bad[] = {
        { 0, "service", "\"KK\"" },
        { 0, "service", "\"\"" },
        { 0, "fields", "{\"nik\":\"3\"}" },
        { 0, "fields", "{\"nik\":3203010101900001,\"name\":\"x\"}" },
        { 0, "fields", "{\"nik\":\"3\",\"name\":\"x\",\"Bad Name\":\"x\"}" },
        { 0, "warnings", "[\"a b\"]" },
        { 0, "duplicate", "{\"of\":\"7K3M\",\"reason\":\"\"}" },
        { 1, "set", "{}" },
        { 1, "set", "{\"a\":{\"v\":\"x\"}}" },
        { 1, "set", "{\"a\":{\"v\":\"x\",\"base\":[\"3.0.1\"]}}" },
        { 1, "set", "{\"a\":\"x\"}" },
        { 3, "to", "\"7k3m-q9td-x2ab\"" },
        { 3, "to", "\"0000-0000-0001\"" },
        { 5, "base", "[3]" },
        { 7, "day", "\"2026-13-01\"" },
        { 7, "day", "\"21-11-2026\"" },
        { 7, "van", "4096" },
        { 8, "to", "\"unknown\"" },
        { 8, "to", "\"done\"" },
        { 9, "hash", "\"00\"" },
        { 9, "hash", "\"00112233445566778899AABBCCDDEEFF00112233445566778899AABBCCDDEEFF\"" },
        { 9, "pages", "[{\"size\":1}]" },
        { 13, "role", "\"root\"" },
        { 16, "level", "\"sent\"" },
        { 16, "head", "\"0011\"" },
        { 16, "seq", "281474976710656" },
        { 16, "missing", "[\"00\"]" },
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        json_t *body = sample(bad[i].sample), *v = json_loads(bad[i].json, JSON_DECODE_ANY, NULL);
        assert_non_null(v);
        assert_int_equal(json_object_set_new(body, bad[i].member, v), 0);
        refused(bad[i].sample, body, bad[i].member);
        json_decref(body);
    }
    /* A message names the member, never what stands in it. */
    struct jem_error err = { 0 };
    json_t *body = json_pack("{s:s}", "reason", "x");
    json_t *anything = json_pack("[s]", "3203010101900001");
    assert_int_equal(json_object_set_new(body, "reason", anything), 0);
    assert_int_equal(jem_kind_check("application.withdrawn", body, &err), JEM_EINVAL);
    assert_null(strstr(err.msg, "3203"));
    assert_int_equal(jem_kind_check("newer.kind", body, NULL), JEM_OK);
    json_decref(body);
}

/* The machine of application.h, pair by pair. */
static void transitions_are_exact(void **state)
{
    (void)state;
    static const char *const allowed = " submitted>received submitted>verified submitted>returned submitted>rejected"
                                       " received>verified received>returned received>rejected verified>in_process"
                                       " verified>returned verified>rejected in_process>ready in_process>returned"
                                       " in_process>rejected ready>handed_over returned>received returned>verified"
                                       " returned>rejected submitted>withdrawn submitted>linked received>withdrawn"
                                       " received>linked verified>withdrawn verified>linked in_process>withdrawn"
                                       " in_process>linked ready>withdrawn ready>linked returned>withdrawn"
                                       " returned>linked withdrawn>linked linked>withdrawn ";
    size_t count = 0, listed = 0;
    for (const char *s = allowed; (s = strchr(s, '>')) != NULL; s++)
        listed++;
    for (int a = -1; a <= JEM_STATUS_COUNT; a++)
        for (int b = -1; b <= JEM_STATUS_COUNT; b++) {
            char pair[64];
            bool known = a > 0 && b > 0 && a < JEM_STATUS_COUNT && b < JEM_STATUS_COUNT;
            (void)snprintf(pair, sizeof pair, " %s>%s ", jem_status_name((enum jem_status)a),
                jem_status_name((enum jem_status)b));
            bool expect = known && strstr(allowed, pair) != NULL;
            assert_int_equal(jem_status_allowed((enum jem_status)a, (enum jem_status)b), expect);
            count += expect;
        }
    assert_int_equal(count, listed);
}

static void stages_have_names(void **state)
{
    (void)state;
    static const char *const id[] = { "Diajukan", "Diterima", "Terverifikasi", "Diproses", "Siap diambil", "Diserahkan",
        "Perlu perbaikan", "Ditolak", "Dicabut", "Digabung" };
    for (int s = 1; s < JEM_STATUS_COUNT; s++) {
        assert_int_equal(jem_status_parse(jem_status_name((enum jem_status)s)), s);
        jem_lang_set(JEM_LANG_ID);
        assert_string_equal(jem_status_label((enum jem_status)s), id[s - 1]);
        jem_lang_set(JEM_LANG_EN);
        assert_string_not_equal(jem_status_label((enum jem_status)s), id[s - 1]);
    }
    jem_lang_set(JEM_LANG_ID);
    assert_int_equal(jem_status_parse("unknown"), JEM_STATUS_UNKNOWN);
    assert_int_equal(jem_status_parse(NULL), JEM_STATUS_UNKNOWN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_has_a_sample_and_a_label),
        cmocka_unit_test(members_are_checked),
        cmocka_unit_test(values_are_checked),
        cmocka_unit_test(transitions_are_exact),
        cmocka_unit_test(stages_have_names),
    };
    return cmocka_run_group_tests_name("kind", tests, NULL, NULL);
}
