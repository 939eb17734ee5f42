// room: sync
/* test_meet.c - the law of meetings: two vans, HQ and a mule that meet by the hub, by sticks and by each other, in any order,
 * with sticks lost, read twice, out of order, cut or mixed, with new keys, a van back from its backup, a van revoked and given
 * another laptop, or HQ back from its backup and the hub lost: in the end all have the same, nothing that was confirmed is
 * gone, and nothing waits. JEM_SEED=N takes another schedule, JEM_SOAK=1 many. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "jemput/bundle.h"
#include "jemput/codec.h"
#include "jemput/file.h"
#include "jemput/late.h"
#include "prop.h"
#include "regency_law.h"
#include "unit.h"

#define VANS 3
#define MULE 2 /* works too, and meets HQ and the others with sticks */
#define STICKS 6
#define STICK_MAX ((size_t)8 << 20)
#define PLAIN_STEPS 40
#define SOAK_STEPS 120
#define TRACE 6000

/* What may happen in a schedule beside meetings and work. Not all at once: HQ may forget that a laptop is new, and then nobody
 * can say which of two is the van. */
enum care { CARE_NONE = 0, CARE_TRUST, CARE_LOSS, CARES };

struct meet {
    struct regency r;
    struct prop g;
    enum care care;
    bool written[STICKS], van_kept, hq_kept, revoked;
    struct jem_store *old;        /* the laptop that was replaced, and tries on; or NULL */
    uint64_t confirmed[VANS];     /* events of each van's first incarnation that HQ said it has */
    unsigned char hash[VANS][32]; /* of the last of them */
    char trace[TRACE];
};

static struct meet *current; /* what a failure tells of */

static void good(enum jem_code code, const struct jem_error *err)
{
    if (code != JEM_OK)
        fail_msg("%s: %s, after%s", jem_code_name(code), err->msg, current != NULL ? current->trace : "");
}

static void said(struct meet *m, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void said(struct meet *m, const char *fmt, ...)
{
    va_list ap;
    size_t n = strlen(m->trace);
    va_start(ap, fmt);
    vsnprintf(m->trace + n, sizeof m->trace - n, fmt, ap);
    va_end(ap);
}

/* ---- sticks ---- */

static void stick_path(const struct meet *m, unsigned stick, char path[128])
{
    snprintf(path, 128, "%s/stick%u", m->r.root, stick);
}

static struct jem_store *party(struct meet *m, unsigned who) /* 0: HQ, 1..: van who - 1 */
{
    return who == 0 ? m->r.hq : m->r.van[who - 1];
}

static void stick_write(struct meet *m)
{
    struct jem_bundle_report report;
    struct jem_error err = { 0 };
    char path[128];
    unsigned who = (unsigned)prop_below(&m->g, VANS + 1), to = (unsigned)prop_below(&m->g, VANS + 1);
    unsigned stick = (unsigned)prop_below(&m->g, STICKS);
    struct jem_bundle_options options = { .van = to == 0 ? 0 : regency_number[to - 1],
        .full = prop_below(&m->g, 8) == 0,
        .budget_bytes = prop_below(&m->g, 4) == 0 ? 30000 : 0 };
    stick_path(m, stick, path);
    if (jem_bundle_export(party(m, who), path, &options, &report, &err) == JEM_OK)
        m->written[stick] = true;
    else if (err.code != JEM_EINVAL && err.code != JEM_ENOTFOUND) /* no such reader, nothing for it */
        fail_msg("%u writes for %u: %s", who, to, err.msg);
    said(m, " %u>stick%u>%u", who, stick, to);
}

/* What of a stick came through: all of it, a piece, or a piece of another behind it. *whole: the first. */
static void stick_damage(struct meet *m, unsigned stick, char path[128], bool *whole)
{
    struct jem_buf bytes = JEM_BUF_INIT(STICK_MAX), other = JEM_BUF_INIT(STICK_MAX);
    struct jem_error err = { 0 };
    char from[128];
    unsigned how = (unsigned)prop_below(&m->g, 5), second = (unsigned)prop_below(&m->g, STICKS);
    stick_path(m, stick, path);
    *whole = how > 1;
    if (*whole)
        return;
    good(jem_file_read(path, STICK_MAX, &bytes, &err), &err);
    bytes.len = (size_t)prop_below(&m->g, bytes.len); /* cut */
    if (how == 1 && m->written[second]) {             /* mixed */
        stick_path(m, second, from);
        good(jem_file_read(from, STICK_MAX, &other, &err), &err);
        size_t at = (size_t)prop_below(&m->g, other.len);
        jem_buf_add(&bytes, other.data + at, other.len - at);
    }
    snprintf(path, 128, "%s/damaged", m->r.root);
    good(jem_file_write(path, bytes.data, bytes.len, 0600, &err), &err);
    said(m, "(damaged)");
    jem_buf_release(&bytes);
    jem_buf_release(&other);
}

static void stick_read(struct meet *m)
{
    struct jem_bundle_report report;
    struct jem_error err = { 0 };
    char path[128];
    bool whole = true;
    unsigned who = (unsigned)prop_below(&m->g, VANS + 1), stick = (unsigned)prop_below(&m->g, STICKS);
    if (!m->written[stick])
        return;
    said(m, " stick%u>%u", stick, who);
    stick_damage(m, stick, path, &whole);
    for (unsigned twice = 1 + (prop_below(&m->g, 3) == 0); twice-- > 0;) {
        enum jem_code code = jem_bundle_import(party(m, who), REGENCY_USER, path, &report, &err);
        bool base = code == JEM_EINVAL && strstr(err.msg, "--full") != NULL; /* what came before it never came here */
        if (whole && code != JEM_OK && !base)
            fail_msg("stick %u at %u: %s", stick, who, err.msg);
        if (!whole && code != JEM_OK && code != JEM_EINVAL && code != JEM_ECORRUPT)
            fail_msg("a damaged stick: %s", err.msg);
    }
    if (prop_below(&m->g, 8) == 0) {
        said(m, " lost");
        stick_path(m, stick, path);
        assert_int_equal(remove(path), 0);
        m->written[stick] = false;
    }
}

/* ---- care ---- */

/* A person admits all good work that came too late. */
static void admit_all(struct meet *m)
{
    struct jem_error err = { 0 };
    struct jem_round_report report;
    json_t *rows = NULL, *row;
    size_t i;
    good(jem_store_quarantine(m->r.hq, &rows, &err), &err);
    json_array_foreach(rows, i, row)
    {
        const char *ref = jem_json_str(row, "ref", ""), *head = jem_json_str(row, "head", "");
        if (strcmp(jem_json_str(row, "class", ""), "late") != 0)
            fail_msg("%s: %s", ref, jem_json_str(row, "reason", ""));
        regency_rule(m->r.hq, ref, head, true);
        good(jem_round_admit(m->r.hq, REGENCY_USER, ref, head, &report, &err), &err);
        said(m, " admit");
    }
    json_decref(rows);
}

static void reissue(struct meet *m)
{
    uint16_t inc = 0;
    if (m->old != NULL)
        return;
    m->old = m->r.van[1];
    m->r.van[1] = regency_reissue(&m->r, 1, "fresh", &inc);
    said(m, " reissue");
}

static void take_care(struct meet *m)
{
    static const struct jem_round_options plain;
    struct jem_round_report report;
    struct jem_error err = { 0 };
    struct regency *r = &m->r;
    unsigned what = (unsigned)prop_below(&m->g, 8);
    if (m->care == CARE_NONE || what == 0) {
        said(m, " rotate");
        regency_rotate(r);
    } else if (what == 1) {
        said(m, " backup");
        regency_backup(r, r->van[0], "van.backup");
        m->van_kept = true;
    } else if (what == 2 && m->van_kept) {
        said(m, " restore");
        regency_restore(r, &r->van[0], r->van_dir[0], "van.backup");
    } else if (m->care == CARE_LOSS && what < 5) {
        said(m, " hq-backup");
        regency_backup(r, r->hq, "hq.backup");
        m->hq_kept = true;
    } else if (m->care == CARE_LOSS && what < 7 && m->hq_kept) {
        said(m, " hq-restore");
        regency_restore(r, &r->hq, r->hq_dir, "hq.backup");
    } else if (m->care == CARE_LOSS && what == 7) {
        said(m, " lose-hub");
        regency_lose_hub(r);
    } else if (m->care == CARE_TRUST && what < 5 && !m->revoked) {
        said(m, " revoke");
        regency_revoke(r->hq, regency_number[1]);
        m->revoked = true;
    } else if (m->care == CARE_TRUST && what == 5 && m->revoked) {
        reissue(m);
    } else if (m->care == CARE_TRUST && what == 6 && m->old != NULL) {
        said(m, " old");
        regency_apply_many(m->old, 1, 500);
        good(jem_round_van(m->old, &plain, &report, &err), &err);
    } else if (m->care == CARE_TRUST && what == 7) {
        admit_all(m);
    }
}

/* ---- what was confirmed stays ---- */

static void confirmed_note(struct meet *m)
{
    struct jem_error err = { 0 };
    for (unsigned v = 0; v < VANS; v++) {
        uint64_t seq = 0, scan = 0;
        uint16_t number = (uint16_t)regency_number[v];
        struct jem_event e;
        good(jem_store_ack(m->r.van[v], number, 0, 1, "received", &seq, &scan, &err), &err);
        const struct jem_event_id id = { number, 0, 1, seq };
        if (seq <= m->confirmed[v] || jem_store_event(m->r.van[v], &id, &e, &err) != JEM_OK)
            continue;
        m->confirmed[v] = seq;
        memcpy(m->hash[v], e.hash, 32);
        jem_event_release(&e);
    }
}

static void confirmed_check(struct meet *m)
{
    struct jem_error err = { 0 };
    for (unsigned v = 0; v < VANS; v++) {
        struct jem_event e;
        const struct jem_event_id id = { (uint16_t)regency_number[v], 0, 1, m->confirmed[v] };
        if (m->confirmed[v] == 0)
            continue;
        good(jem_store_event(m->r.hq, &id, &e, &err), &err);
        assert_memory_equal(e.hash, m->hash[v], 32);
        jem_event_release(&e);
    }
}

/* ---- a schedule ---- */

static void work(struct meet *m)
{
    unsigned v = (unsigned)prop_below(&m->g, VANS), seed = (unsigned)prop_below(&m->g, 1000);
    said(m, " work%u", v);
    regency_apply_many(m->r.van[v], 1 + seed % 3, seed);
    if (seed % 3 == 0)
        regency_attach(m->r.van[v], regency_apply(m->r.van[v], "3273010101900001", "Pemohon"), 20000, 7000 + seed);
}

static void hub(struct meet *m)
{
    static const struct jem_round_options plain;
    struct jem_round_report report;
    struct jem_error err = { 0 };
    unsigned who = (unsigned)prop_below(&m->g, VANS + 2);
    said(m, " hub%u", who);
    if (who < VANS)
        good(jem_round_van(m->r.van[who], &plain, &report, &err), &err);
    else if (who == VANS)
        good(jem_round_merge(m->r.hq, REGENCY_USER, &plain, &report, &err), &err);
    else
        good(jem_round_publish(m->r.hq, REGENCY_USER, &plain, &report, &err), &err);
}

static void step(struct meet *m)
{
    unsigned what = (unsigned)prop_below(&m->g, 20);
    if (what < 4)
        work(m);
    else if (what < 9)
        stick_write(m);
    else if (what < 14)
        stick_read(m);
    else if (what < 17)
        hub(m);
    else if (what < 18)
        regency_decide_any(&m->r, (unsigned)prop_below(&m->g, VANS));
    else
        take_care(m);
    confirmed_note(m);
}

static void law(uint64_t seed, enum care care, unsigned steps)
{
    struct meet *m = calloc(1, sizeof *m);
    assert_non_null(m);
    current = m;
    m->g.state = seed;
    m->care = care;
    print_message("JEM_SEED=%" PRIu64 " care %d\n", seed, (int)care);
    regency_make(&m->r, VANS);
    for (unsigned i = 0; i < steps; i++)
        step(m);
    if (m->revoked)
        reissue(m);
    for (int i = 0; i < 2; i++) {
        regency_settle(&m->r, VANS);
        admit_all(m);
    }
    regency_settle(&m->r, VANS);
    if (care == CARE_LOSS) { /* HQ's own words that it lost are not said again */
        for (unsigned v = 0; v < VANS; v++) {
            regency_one_history(m->r.hq, m->r.van[v]);
            regency_same_logs(m->r.van[v], m->r.hq, regency_number[v], 0);
            regency_sound(m->r.van[v]);
        }
        regency_sound(m->r.hq);
    } else {
        regency_holds(&m->r, VANS);
    }
    confirmed_check(m);
    regency_nothing_quarantined(&m->r);
    jem_store_close(m->old);
    regency_free(&m->r);
    current = NULL;
    free(m);
}

static void test_meet(void **state)
{
    (void)state;
    bool soak = getenv("JEM_SOAK") != NULL;
    struct prop g = prop_start("meetings");
    const char *only = getenv("JEM_CARE"); /* 0..2 */
    uint64_t seed = g.state;
    for (unsigned i = 0; i < (soak ? 40 : 1); i++)
        for (enum care care = CARE_NONE; care < CARES; care++)
            if (only == NULL || strtol(only, NULL, 10) == (long)care)
                law(seed + i, care, soak ? SOAK_STEPS : PLAIN_STEPS);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_meet) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
