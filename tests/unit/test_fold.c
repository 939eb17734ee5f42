// room: record
/* test_fold.c - the rules of the fold one by one: stages, answers, cycles of bases, what is missing or erased. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "gen_events.h"
#include "jemput/catalog.h"
#include "jemput/number.h"

#define VAN 3
#define OTHER 5
#define HQ 0
#define SHUFFLES 24

/* A story in the making: events of one application, told in order of time; each step is a minute. */
struct story {
    struct jem_event_list list;
    uint64_t number, seq[8];
    struct jem_application app; /* after `tell` */
};

static struct story begin(void)
{
    return (struct story){ .number = jem_number_make(VAN, 4242424242u) };
}

static void end(struct story *s)
{
    jem_event_list_release(&s->list);
    jem_application_release(&s->app);
}

/* ' stands for ". Minute 0 is the start; a minute may be told late. */
static void at(struct story *s, unsigned minute, uint16_t writer, const char *kind, const char *body)
{
    char *text = strdup(body);
    json_t *v = NULL;
    assert_non_null(text);
    for (char *p = text; *p != '\0'; p++)
        *p = *p == '\'' ? '"' : *p;
    assert_int_equal(jem_json_parse(text, strlen(text), kind, &v, NULL), JEM_OK);
    free(text);
    struct jem_event e =
        gen_event(writer, 0, ++s->seq[writer], (1795053600000u + minute * 60000u) << 16, s->number, kind, v, NULL);
    assert_int_equal(jem_event_list_push(&s->list, &e, NULL), JEM_OK);
}

static void submit(struct story *s)
{
    at(s, 0, VAN, "application.submitted",
        "{'service':'kk','catalog':7,'channel':'van','fields':{'nik':'3203010101900001','name':'Siti','phone':'1'},"
        "'warnings':['W']}");
}

static void change(struct story *s, unsigned minute, uint16_t writer, const char *from, const char *to)
{
    char body[200];
    (void)snprintf(body, sizeof body, "{'from':'%s','to':'%s','reason':'%s'}", from, to, to);
    at(s, minute, writer, "status.changed", body);
}

/* Folds in many orders; all must agree. */
static void tell(struct story *s)
{
    struct prop rng = { 1 };
    const struct jem_event **p = calloc(s->list.count, sizeof *p);
    struct jem_buf first = JEM_BUF_INIT(1 << 20), again = JEM_BUF_INIT(1 << 20);
    jem_application_release(&s->app);
    for (size_t i = 0; i < s->list.count; i++)
        p[i] = &s->list.items[i];
    assert_int_equal(jem_application_fold(p, s->list.count, &s->app, NULL), JEM_OK);
    assert_int_equal(jem_json_canonical(s->app.state, &first, NULL), JEM_OK);
    for (int i = 0; i < SHUFFLES; i++) {
        struct jem_application other;
        gen_shuffle(&rng, p, s->list.count);
        assert_int_equal(jem_application_fold(p, s->list.count, &other, NULL), JEM_OK);
        jem_buf_clear(&again);
        assert_int_equal(jem_json_canonical(other.state, &again, NULL), JEM_OK);
        assert_string_equal(jem_buf_text(&first), jem_buf_text(&again));
        assert_int_equal(other.status, s->app.status);
        jem_application_release(&other);
    }
    jem_buf_release(&first);
    jem_buf_release(&again);
    free(p);
}

static void expect(struct story *s, enum jem_status status, unsigned illegal, unsigned stage_minute)
{
    tell(s);
    assert_string_equal(jem_status_name(s->app.status), jem_status_name(status));
    assert_int_equal(s->app.illegal, illegal);
    assert_int_equal((s->app.stage_ms - 1795053600000) / 60000, stage_minute);
}

/* The canonical bytes of one member of the state. ' stands for ". */
static void member_is(struct story *s, const char *member, const char *json)
{
    struct jem_buf b = JEM_BUF_INIT(1 << 20);
    assert_int_equal(jem_json_canonical(json_object_get(s->app.state, member), &b, NULL), JEM_OK);
    for (size_t i = 0; i < b.len; i++)
        b.data[i] = b.data[i] == '"' ? '\'' : b.data[i];
    assert_string_equal(jem_buf_text(&b), json);
    jem_buf_release(&b);
}

static void the_way_through(void **state)
{
    (void)state;
    struct story s = begin();
    submit(&s);
    expect(&s, JEM_STATUS_SUBMITTED, 0, 0);
    assert_int_equal(s.app.number, s.number);
    assert_int_equal(s.app.submitted.seq, 1);
    assert_int_equal(s.app.submitted_ms, 1795053600000);
    member_is(&s, "service", "'kk'");
    member_is(&s, "catalog", "7");
    member_is(&s, "channel", "'van'");
    member_is(&s, "warnings", "['W']");
    member_is(&s, "fields", "{'name':'Siti','nik':'3203010101900001','phone':'1'}");
    member_is(&s, "heads", "{'name':['3.0.1.1'],'nik':['3.0.1.1'],'phone':['3.0.1.1']}");
    static const char *const way[] = { "received", "verified", "in_process", "ready", "handed_over" };
    change(&s, 1, HQ, "submitted", "received");
    for (unsigned i = 1; i < 5; i++)
        change(&s, 1 + i, i == 4 ? VAN : HQ, way[i - 1], way[i]);
    expect(&s, JEM_STATUS_HANDED_OVER, 0, 5);
    at(&s, 6, VAN, "application.withdrawn", "{'reason':'terlambat'}");
    expect(&s, JEM_STATUS_HANDED_OVER, 1, 5);
    member_is(&s, "illegal",
        "[{'actor':'dewi_k','at_ms':1795053960000,'event':'3.0.1.3','from':'handed_over','to':'withdrawn','van':3}]");
    end(&s);
}

static void submitted_counts_as_received(void **state)
{
    (void)state;
    struct story s = begin();
    submit(&s);
    change(&s, 1, HQ, "received", "verified");
    expect(&s, JEM_STATUS_VERIFIED, 0, 1);
    end(&s);
    s = begin();
    submit(&s);
    change(&s, 1, HQ, "submitted", "received");
    change(&s, 2, HQ, "submitted", "returned");
    expect(&s, JEM_STATUS_RETURNED, 0, 2);
    end(&s);
}

static void a_correction_answers_a_return(void **state)
{
    (void)state;
    struct story s = begin();
    submit(&s);
    change(&s, 1, HQ, "submitted", "returned");
    at(&s, 2, HQ, "application.corrected", "{'set':{'phone':{'v':'2','base':['3.0.1.1']}}}");
    expect(&s, JEM_STATUS_RETURNED, 0, 1);
    member_is(&s, "reason", "'returned'");
    at(&s, 3, OTHER, "application.corrected", "{'set':{'phone':{'v':'3','base':['0.0.1.2']}}}");
    expect(&s, JEM_STATUS_RECEIVED, 0, 3);
    member_is(&s, "fields", "{'name':'Siti','nik':'3203010101900001','phone':'3'}");
    assert_int_equal(s.app.conflicts, 0);
    change(&s, 4, HQ, "received", "rejected");
    expect(&s, JEM_STATUS_REJECTED, 0, 4);
    member_is(&s, "reason", "'rejected'");
    at(&s, 5, VAN, "application.corrected", "{'set':{'phone':{'v':'4','base':['5.0.1.1']}}}");
    expect(&s, JEM_STATUS_REJECTED, 0, 4);
    end(&s);
}

static void illegal_changes_wait_for_an_answer(void **state)
{
    (void)state;
    struct story s = begin();
    submit(&s);
    change(&s, 1, HQ, "submitted", "verified");
    at(&s, 2, HQ, "status.changed", "{'from':'submitted','to':'rejected','reason':'usia'}"); /* saw an older stage */
    change(&s, 3, HQ, "verified", "handed_over");                                            /* skips two */
    expect(&s, JEM_STATUS_VERIFIED, 2, 1);
    at(&s, 4, HQ, "conflict.resolved", "{'event':'0.0.1.3','accept':false,'reason':'salah tekan'}");
    expect(&s, JEM_STATUS_VERIFIED, 1, 1);
    at(&s, 5, HQ, "conflict.resolved", "{'event':'0.0.1.2','accept':true,'reason':'benar'}");
    expect(&s, JEM_STATUS_REJECTED, 0, 5);
    member_is(&s, "reason", "'usia'");
    end(&s);
}

static void the_last_answer_counts(void **state)
{
    (void)state;
    struct story s = begin();
    submit(&s);
    change(&s, 1, HQ, "submitted", "ready");
    at(&s, 2, HQ, "conflict.resolved", "{'event':'0.0.1.1','accept':true,'reason':'a'}");
    expect(&s, JEM_STATUS_READY, 0, 2);
    at(&s, 3, HQ, "conflict.resolved", "{'event':'0.0.1.1','accept':false,'reason':'b'}");
    expect(&s, JEM_STATUS_SUBMITTED, 0, 0);
    at(&s, 4, HQ, "conflict.resolved", "{'event':'0.0.1.1','accept':true,'reason':'c'}");
    expect(&s, JEM_STATUS_READY, 0, 4);
    change(&s, 5, VAN, "ready", "handed_over");
    expect(&s, JEM_STATUS_HANDED_OVER, 0, 5);
    end(&s);
    /* The answer stands before the question when the van's clock runs ahead. */
    s = begin();
    submit(&s);
    at(&s, 1, HQ, "conflict.resolved", "{'event':'5.0.1.1','accept':true,'reason':'a'}");
    change(&s, 9, OTHER, "verified", "in_process");
    expect(&s, JEM_STATUS_IN_PROCESS, 0, 9);
    end(&s);
    /* An answer about a change that turns out legal does nothing twice. */
    s = begin();
    submit(&s);
    change(&s, 1, HQ, "submitted", "verified");
    change(&s, 2, HQ, "verified", "in_process");
    at(&s, 3, HQ, "conflict.resolved", "{'event':'0.0.1.1','accept':true,'reason':'a'}");
    expect(&s, JEM_STATUS_IN_PROCESS, 0, 2);
    end(&s);
}

static void agreement_is_no_conflict(void **state)
{
    (void)state;
    struct story s = begin();
    submit(&s);
    at(&s, 1, VAN, "application.withdrawn", "{'reason':'satu'}");
    at(&s, 2, OTHER, "application.withdrawn", "{'reason':'dua'}");
    expect(&s, JEM_STATUS_WITHDRAWN, 0, 1);
    member_is(&s, "reason", "'satu'");
    end(&s);
    s = begin();
    submit(&s);
    change(&s, 1, HQ, "submitted", "verified");
    change(&s, 2, OTHER, "received", "verified");
    expect(&s, JEM_STATUS_VERIFIED, 0, 1);
    end(&s);
}

static void links_and_duplicates(void **state)
{
    (void)state;
    char body[200], a[JEM_NUMBER_TEXT], b[JEM_NUMBER_TEXT], self[JEM_NUMBER_TEXT], want[300];
    struct story s = begin();
    jem_number_format(jem_number_make(OTHER, 1), a);
    jem_number_format(jem_number_make(OTHER, 2), b);
    jem_number_format(s.number, self);
    submit(&s);
    for (int i = 0; i < 4; i++) {
        (void)snprintf(body, sizeof body, "{'other':'%s','service':'kk','day':'2026-11-2%d','van':5}", i % 2 ? b : a,
            i);
        at(&s, 1, HQ, "duplicate.found", body);
    }
    (void)snprintf(body, sizeof body, "{'apart':'%s','reason':'kembar'}", a);
    at(&s, 2, HQ, "application.linked", body);
    expect(&s, JEM_STATUS_SUBMITTED, 0, 0);
    (void)snprintf(want, sizeof want, "[{'day':'2026-11-23','other':'%s','van':5}]", b);
    member_is(&s, "duplicates", want);
    (void)snprintf(want, sizeof want, "['%s']", a);
    member_is(&s, "apart", want);
    member_is(&s, "linked", "null");
    (void)snprintf(body, sizeof body, "{'to':'%s','reason':'ganda'}", self);
    at(&s, 3, HQ, "application.linked", body); /* to itself: illegal */
    expect(&s, JEM_STATUS_SUBMITTED, 1, 0);
    (void)snprintf(body, sizeof body, "{'to':'%s','reason':'ganda'}", b);
    at(&s, 4, HQ, "application.linked", body);
    at(&s, 5, OTHER, "application.linked", body); /* agrees */
    expect(&s, JEM_STATUS_LINKED, 1, 4);
    (void)snprintf(want, sizeof want, "'%s'", b);
    member_is(&s, "linked", want);
    (void)snprintf(body, sizeof body, "{'to':'%s','reason':'ganda'}", a);
    at(&s, 6, VAN, "application.linked", body); /* another target */
    expect(&s, JEM_STATUS_LINKED, 2, 4);
    end(&s);
}

static void disjoint_corrections_merge(void **state)
{
    (void)state;
    struct story s = begin();
    submit(&s);
    at(&s, 1, VAN, "application.corrected", "{'set':{'phone':{'v':'2','base':['3.0.1.1']}}}");
    at(&s, 1, OTHER, "application.corrected", "{'set':{'name':{'v':'Siti R','base':['3.0.1.1']}}}");
    expect(&s, JEM_STATUS_SUBMITTED, 0, 0);
    assert_int_equal(s.app.conflicts, 0);
    member_is(&s, "fields", "{'name':'Siti R','nik':'3203010101900001','phone':'2'}");
    at(&s, 1, OTHER, "application.corrected", "{'set':{'phone':{'v':'5','base':['3.0.1.1']}}}");
    tell(&s);
    assert_int_equal(s.app.conflicts, 1);
    member_is(&s, "conflicts",
        "[{'before':'1','field':'phone','values':["
        "{'actor':'dewi_k','at_ms':1795053660000,'event':'3.0.1.2','value':'2','van':3},"
        "{'actor':'neneng','at_ms':1795053660000,'event':'5.0.1.2','value':'5','van':5}]}]");
    member_is(&s, "fields", "{'name':'Siti R','nik':'3203010101900001','phone':'5'}");
    at(&s, 2, HQ, "conflict.resolved", "{'field':'phone','v':'2','base':['3.0.1.2','5.0.1.2'],'reason':'telepon'}");
    tell(&s);
    assert_int_equal(s.app.conflicts, 0);
    member_is(&s, "fields", "{'name':'Siti R','nik':'3203010101900001','phone':'2'}");
    end(&s);
    /* The same value twice is agreement: two heads, no conflict. */
    s = begin();
    submit(&s);
    at(&s, 1, VAN, "application.corrected", "{'set':{'phone':{'v':'2','base':['3.0.1.1']}}}");
    at(&s, 1, OTHER, "application.corrected", "{'set':{'phone':{'v':'2','base':['3.0.1.1']}}}");
    tell(&s);
    assert_int_equal(s.app.conflicts, 0);
    member_is(&s, "heads", "{'name':['3.0.1.1'],'nik':['3.0.1.1'],'phone':['3.0.1.2','5.0.1.1']}");
    end(&s);
}

static void bases_that_bite_their_tail(void **state)
{
    (void)state;
    /* Two writes that name each other; a write that names itself; a ring of three with a fourth behind it. */
    struct story s = begin();
    at(&s, 1, VAN, "application.corrected", "{'set':{'phone':{'v':'a','base':['5.0.1.1']}}}");
    at(&s, 2, OTHER, "application.corrected", "{'set':{'phone':{'v':'b','base':['3.0.1.1']}}}");
    tell(&s);
    member_is(&s, "heads", "{'phone':['5.0.1.1']}");
    at(&s, 3, VAN, "application.corrected", "{'set':{'phone':{'v':'c','base':['3.0.1.2','5.0.1.1']}}}");
    tell(&s);
    member_is(&s, "heads", "{'phone':['3.0.1.2']}");
    end(&s);
    s = begin();
    at(&s, 1, 1, "application.corrected", "{'set':{'phone':{'v':'a','base':['2.0.1.1']}}}");
    at(&s, 2, 2, "application.corrected", "{'set':{'phone':{'v':'b','base':['4.0.1.1']}}}");
    at(&s, 3, 4, "application.corrected", "{'set':{'phone':{'v':'c','base':['1.0.1.1']}}}");
    at(&s, 4, 5, "application.corrected", "{'set':{'phone':{'v':'d','base':['1.0.1.1']}}}");
    tell(&s);
    member_is(&s, "heads", "{'phone':['2.0.1.1','4.0.1.1','5.0.1.1']}");
    end(&s);
    /* An honest base may stand later in the order, when a clock leapt. */
    s = begin();
    submit(&s);
    at(&s, 90, VAN, "application.corrected", "{'set':{'phone':{'v':'2','base':['3.0.1.1']}}}");
    at(&s, 5, OTHER, "application.corrected", "{'set':{'phone':{'v':'3','base':['3.0.1.2']}}}");
    tell(&s);
    member_is(&s, "fields", "{'name':'Siti','nik':'3203010101900001','phone':'3'}");
    assert_int_equal(s.app.conflicts, 0);
    end(&s);
}

static void what_has_not_arrived(void **state)
{
    (void)state;
    struct story s = begin();
    at(&s, 4, HQ, "status.changed", "{'from':'submitted','to':'returned','reason':'buram'}");
    at(&s, 5, OTHER, "application.corrected", "{'set':{'phone':{'v':'2','base':['3.0.1.1']}}}");
    at(&s, 6, HQ, "document.removed", "{'document':'3.0.1.2','reason':'salah'}");
    at(&s, 7, OTHER, "fee.waived", "{'n':4}");
    at(&s, 8, OTHER, "aaa.newer", "{}");
    at(&s, 8, OTHER, "fee.waived", "{'n':4}");
    expect(&s, JEM_STATUS_RECEIVED, 0, 5);
    assert_int_equal(s.app.submitted.seq, 0);
    assert_int_equal(s.app.submitted_ms, 0);
    member_is(&s, "service", "''");
    member_is(&s, "fields", "{'phone':'2'}");
    member_is(&s, "unknown", "['aaa.newer','fee.waived']");
    /* Now the van's own events come, the document already taken out. */
    submit(&s);
    at(&s, 1, VAN, "document.attached",
        "{'ordinal':1,'kind':'kk','mime':'image/jpeg','size':9,'hash':'00','pages':[]}");
    at(&s, 2, VAN, "document.attached",
        "{'ordinal':2,'kind':'ktp','mime':'image/jpeg','size':9,'hash':'01','pages':[]}");
    at(&s, 3, VAN, "receipt.printed", "{'copy':0,'format':'escpos','width':58}");
    at(&s, 3, VAN, "receipt.printed", "{'copy':1,'format':'escpos','width':58}");
    expect(&s, JEM_STATUS_RECEIVED, 0, 5);
    assert_int_equal(s.app.receipts, 2);
    assert_int_equal(s.app.documents, 1);
    member_is(&s, "documents",
        "[{'event':'3.0.1.3','hash':'01','kind':'ktp','mime':'image/jpeg','name':'','ordinal':2,'pages':[],'size':9,"
        "'van':3}]");
    member_is(&s, "fields", "{'name':'Siti','nik':'3203010101900001','phone':'2'}");
    end(&s);
}

static void erased_bodies_count_as_absent(void **state)
{
    (void)state;
    struct story s = begin();
    submit(&s);
    at(&s, 1, VAN, "application.corrected", "{'set':{'phone':{'v':'2','base':['3.0.1.1']}}}");
    free(s.list.items[1].body);
    s.list.items[1].body = NULL;
    tell(&s);
    member_is(&s, "fields", "{'name':'Siti','nik':'3203010101900001','phone':'1'}");
    free(s.list.items[0].body);
    s.list.items[0].body = NULL;
    tell(&s);
    assert_int_equal(s.app.status, JEM_STATUS_SUBMITTED);
    assert_int_equal(s.app.submitted.seq, 0);
    assert_int_equal(s.app.number, s.number);
    member_is(&s, "fields", "{}");
    end(&s);
}

static void bodies_of_any_shape_are_survived(void **state)
{
    (void)state;
    static const char *const bodies[] = { "{}",
        "{'fields':[1],'set':3,'to':{},'from':1,'reason':[],'event':7,'accept':'x'}",
        "{'fields':{'a':null,'b':[1,{}]},'warnings':{},'duplicate':[]}", "{'set':{'a':1,'b':{'v':{},'base':'x'}}}",
        "{'set':{'b':{'v':[],'base':[null,1,'x','3.0.1.1','3.0.1.1']}}}", "{'field':'b','v':1,'base':{}}",
        "{'pages':'x','ordinal':'y','hash':1,'document':{}}", "{'to':'x','apart':'y','other':'z','van':[]}" };
    static const char *const kinds[] = { "application.submitted", "application.corrected", "application.withdrawn",
        "application.linked", "document.attached", "document.removed", "receipt.printed", "status.changed",
        "conflict.resolved", "duplicate.found", "user.put", "newer" };
    struct story s = begin();
    for (unsigned i = 0; i < sizeof bodies / sizeof *bodies; i++)
        for (unsigned k = 0; k < sizeof kinds / sizeof *kinds; k++)
            at(&s, k * 7 % 5, (uint16_t)(k % 4), kinds[k], bodies[i]);
    tell(&s);
    assert_true(json_object_size(json_object_get(s.app.state, "fields")) >= 2);
    end(&s);
}

static void refused(void **state)
{
    (void)state;
    struct story a = begin(), b = begin();
    struct jem_application out;
    struct jem_error err = { 0 };
    submit(&a);
    b.number++;
    submit(&b);
    const struct jem_event *mixed[] = { &a.list.items[0], &b.list.items[0] };
    assert_int_equal(jem_application_fold(mixed, 2, &out, &err), JEM_EINVAL);
    assert_true(strlen(err.msg) > 0);
    assert_int_equal(jem_application_fold(mixed, 0, &out, &err), JEM_EINVAL);
    jem_application_release(NULL);
    end(&a);
    end(&b);
}

static void sentences(void **state)
{
    (void)state;
    struct story s = begin();
    submit(&s);
    at(&s, 1, HQ, "status.changed", "{'from':'submitted','to':'returned','reason':'NIK 3203010101900001 buram.'}");
    at(&s, 2, VAN, "application.corrected", "{'set':{'birth_date':{'v':'1990-01-01','base':[]}}}");
    const struct jem_event *p[3];
    for (size_t i = 0; i < 3; i++)
        p[i] = &s.list.items[2 - i];
    json_t *t = jem_application_timeline(NULL, p, 3);
    assert_string_equal(jem_json_str(json_array_get(t, 0), "detail", ""),
        "Dicatat oleh dewi_k di van 3. Peringatan yang dilewati petugas: 1.");
    assert_string_equal(jem_json_str(json_array_get(t, 1), "detail", ""),
        "Status dari Diajukan menjadi Perlu perbaikan oleh kantor di kantor pusat. Alasan: NIK 3203••••••••0001 "
        "buram.");
    assert_string_equal(jem_json_str(json_array_get(t, 2), "detail", ""),
        "Diperbaiki oleh dewi_k di van 3: birth_date.");
    json_decref(t);
    json_t *root = NULL;
    struct jem_catalog *catalog = NULL;
    assert_int_equal(jem_catalog_builtin(&root, NULL), JEM_OK);
    assert_int_equal(jem_catalog_parse(root, &catalog, NULL, NULL), JEM_OK);
    t = jem_application_timeline(jem_catalog_find(catalog, "ktp-el"), p, 3);
    assert_string_equal(jem_json_str(json_array_get(t, 2), "detail", ""),
        "Diperbaiki oleh dewi_k di van 3: Tanggal lahir pemohon.");
    json_decref(t);
    jem_catalog_free(catalog);
    json_decref(root);
    free(s.list.items[2].body);
    s.list.items[2].body = NULL;
    jem_lang_set(JEM_LANG_EN);
    t = jem_application_timeline(NULL, p, 3);
    assert_string_equal(jem_json_str(json_array_get(t, 2), "detail", ""),
        "The content recorded by dewi_k at van 3 was erased under data protection.");
    json_decref(t);
    jem_lang_set(JEM_LANG_ID);
    end(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_way_through),
        cmocka_unit_test(submitted_counts_as_received),
        cmocka_unit_test(a_correction_answers_a_return),
        cmocka_unit_test(illegal_changes_wait_for_an_answer),
        cmocka_unit_test(the_last_answer_counts),
        cmocka_unit_test(agreement_is_no_conflict),
        cmocka_unit_test(links_and_duplicates),
        cmocka_unit_test(disjoint_corrections_merge),
        cmocka_unit_test(bases_that_bite_their_tail),
        cmocka_unit_test(what_has_not_arrived),
        cmocka_unit_test(erased_bodies_count_as_absent),
        cmocka_unit_test(bodies_of_any_shape_are_survived),
        cmocka_unit_test(refused),
        cmocka_unit_test(sentences),
    };
    return cmocka_run_group_tests_name("fold", tests, NULL, NULL);
}
