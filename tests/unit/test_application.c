// room: record
/* test_application.c - the fold: any order of arrival gives the same bytes, and the rules of application.h hold. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "gen_events.h"
#include "jemput/number.h"

#define DISTRICTS 60
#define APPS_A_DISTRICT 8
#define SHUFFLES 12

/* Everything that has to be equal, as bytes. */
static void picture(const struct jem_application *a, struct jem_buf *out)
{
    char id[JEM_EVENT_ID_TEXT];
    jem_buf_clear(out);
    jem_event_id_format(&a->submitted, id);
    jem_buf_fmt(out, "%llu %s %llu %llu %lld %lld %s %u %u %u %u\n", (unsigned long long)a->number, id,
        (unsigned long long)a->first_hlc, (unsigned long long)a->last_hlc, (long long)a->submitted_ms,
        (long long)a->stage_ms, jem_status_name(a->status), a->conflicts, a->illegal, a->documents, a->receipts);
    assert_int_equal(jem_json_canonical(a->state, out, NULL), JEM_OK);
}

static void folded(const struct jem_event *const *events, size_t n, struct jem_buf *out)
{
    struct jem_application a;
    assert_int_equal(jem_application_fold(events, n, &a, NULL), JEM_OK);
    picture(&a, out);
    jem_application_release(&a);
}

/* The events of one subject: pointers into list, in the order in which they were made. */
static size_t events_of(const struct jem_event_list *list, uint64_t subject, const struct jem_event ***out)
{
    size_t n = 0;
    *out = calloc(list->count * 3 + 1, sizeof **out); /* room for duplicates */
    for (size_t i = 0; i < list->count; i++)
        if (list->items[i].subject == subject)
            (*out)[n++] = &list->items[i];
    return n;
}

/* Any order, any duplication, of any subset. */
static void shuffle_rounds(struct prop *rng, const struct jem_event **all, size_t n, uint64_t seed)
{
    struct jem_buf want = JEM_BUF_INIT(1 << 20), got = JEM_BUF_INIT(1 << 20);
    const struct jem_event **some = calloc(n * 3 + 1, sizeof *some);
    for (int round = 0; round < SHUFFLES; round++) {
        size_t m = 0;
        unsigned keep = round % 3 == 0 ? 100 : 20 + gen_below(rng, 80);
        for (size_t i = 0; i < n; i++)
            if (gen_chance(rng, keep))
                some[m++] = all[i];
        if (m == 0)
            some[m++] = all[gen_below(rng, (unsigned)n)];
        folded(some, m, &want);
        for (size_t i = 0, once = m; i < once; i++)
            for (unsigned more = gen_below(rng, 3); more > 0 && gen_chance(rng, 60); more--)
                some[m++] = some[i];
        gen_shuffle(rng, some, m);
        folded(some, m, &got);
        if (want.len != got.len || memcmp(want.data, got.data, want.len) != 0)
            fail_msg("seed %llu:\n%s\n%s", (unsigned long long)seed, jem_buf_text(&want), jem_buf_text(&got));
    }
    free(some);
    jem_buf_release(&want);
    jem_buf_release(&got);
}

static void each_application(uint64_t seed, void (*check)(struct prop *, const struct jem_event **, size_t, uint64_t))
{
    struct prop rng = { seed };
    struct jem_event_list list = { 0 };
    gen_events(seed, APPS_A_DISTRICT, 3, GEN_FULL, &list);
    for (size_t i = 0; i < list.count; i++) {
        const struct jem_event **events;
        if (strcmp(list.items[i].kind, "application.submitted") != 0)
            continue;
        size_t n = events_of(&list, list.items[i].subject, &events);
        check(&rng, events, n, seed);
        free(events);
    }
    jem_event_list_release(&list);
}

static void any_order_gives_the_same_bytes(void **state)
{
    (void)state;
    struct prop seeds = prop_start("any order gives the same bytes");
    for (size_t i = prop_rounds(DISTRICTS); i > 0; i--)
        each_application(prop_u64(&seeds), shuffle_rounds);
}

/* ---- an oracle of heads and conflicts, written from application.h by the slowest way ---------------------------- */

struct write {
    const struct jem_event *e;
    json_t *body, *value, *base;
};

static bool write_of(const struct jem_event *e, const char *field, struct write *out)
{
    *out = (struct write){ .e = e };
    assert_int_equal(jem_json_parse(e->body, e->body_len, "body", &out->body, NULL), JEM_OK);
    json_t *set = json_object_get(json_object_get(out->body, "set"), field);
    if (strcmp(e->kind, "application.submitted") == 0)
        out->value = json_object_get(json_object_get(out->body, "fields"), field);
    else if (set != NULL) {
        out->value = json_object_get(set, "v");
        out->base = json_object_get(set, "base");
    } else if (strcmp(jem_json_str(out->body, "field", ""), field) == 0) {
        out->value = json_object_get(out->body, "v");
        out->base = json_object_get(out->body, "base");
    }
    if (out->value == NULL)
        json_decref(out->body);
    return out->value != NULL;
}

static bool names(const struct write *w, const struct jem_event *e)
{
    char id[JEM_EVENT_ID_TEXT];
    jem_event_id_format(&e->id, id);
    for (size_t i = 0; i < json_array_size(w->base); i++)
        if (strcmp(json_string_value(json_array_get(w->base, i)), id) == 0)
            return true;
    return false;
}

/* Compares one field of the fold with the oracle; returns whether it is in conflict. */
static bool oracle_field(const struct jem_application *a, const struct jem_event **events, size_t n, const char *field)
{
    struct write *w = calloc(n, sizeof *w);
    const struct write *best = NULL;
    size_t m = 0, heads = 0;
    bool conflict = false;
    for (size_t i = 0; i < n; i++)
        m += write_of(events[i], field, &w[m]);
    const json_t *shown = json_object_get(json_object_get(a->state, "heads"), field);
    for (size_t i = 0; i < m; i++) {
        bool overwritten = false, listed = false;
        char id[JEM_EVENT_ID_TEXT];
        for (size_t k = 0; k < m; k++)
            overwritten |= k != i && names(&w[k], w[i].e);
        jem_event_id_format(&w[i].e->id, id);
        for (size_t k = 0; k < json_array_size(shown); k++)
            listed |= strcmp(json_string_value(json_array_get(shown, k)), id) == 0;
        assert_int_equal(listed, !overwritten);
        if (overwritten)
            continue;
        heads++;
        conflict |= best != NULL && json_equal(best->value, w[i].value) == 0;
        if (best == NULL || jem_event_cmp(w[i].e, best->e) > 0)
            best = &w[i];
    }
    assert_int_equal(json_array_size(shown), heads);
    if (best != NULL)
        assert_true(json_equal(best->value, json_object_get(json_object_get(a->state, "fields"), field)));
    for (size_t i = 0; i < m; i++)
        json_decref(w[i].body);
    free(w);
    return conflict;
}

static unsigned conflicts_met;

static void oracle(struct prop *rng, const struct jem_event **events, size_t n, uint64_t seed)
{
    struct jem_application a;
    const char *field;
    json_t *value, *conflicts;
    size_t i, met = 0;
    (void)rng;
    (void)seed;
    assert_int_equal(jem_application_fold(events, n, &a, NULL), JEM_OK);
    conflicts = json_object_get(a.state, "conflicts");
    json_object_foreach(json_object_get(a.state, "fields"), field, value)
    {
        bool listed = false;
        json_t *c;
        assert_non_null(value);
        json_array_foreach(conflicts, i, c) listed |= strcmp(jem_json_str(c, "field", ""), field) == 0;
        assert_int_equal(oracle_field(&a, events, n, field), listed);
        met += listed;
    }
    assert_int_equal(json_array_size(conflicts), met);
    assert_int_equal(a.conflicts, met);
    assert_int_equal(a.illegal, json_array_size(json_object_get(a.state, "illegal")));
    assert_int_equal(a.documents, json_array_size(json_object_get(a.state, "documents")));
    conflicts_met += a.conflicts > 0;
    jem_application_release(&a);
}

static void a_conflict_is_heads_that_differ(void **state)
{
    (void)state;
    struct prop seeds = prop_start("a conflict is heads that differ");
    conflicts_met = 0;
    for (size_t i = prop_rounds(DISTRICTS * 2); i > 0; i--) /* about one conflict a district */
        each_application(prop_u64(&seeds), oracle);
    assert_true(conflicts_met > DISTRICTS); /* the generator does reach them */
}

/* ---- timeline ---------------------------------------------------------------------------------------------------- */

static bool sixteen_digits(const char *s)
{
    for (; *s != '\0'; s++)
        if (strspn(s, "0123456789") >= 16)
            return true;
    return false;
}

static void timeline_check(struct prop *rng, const struct jem_event **events, size_t n, uint64_t seed)
{
    (void)seed;
    for (int lang = JEM_LANG_ID; lang <= JEM_LANG_EN; lang++) {
        jem_lang_set((enum jem_lang)lang);
        json_t *before = jem_application_timeline(NULL, events, n);
        gen_shuffle(rng, events, n);
        events[n] = events[0];
        json_t *t = jem_application_timeline(NULL, events, n + 1);
        assert_true(json_equal(before, t));
        assert_int_equal(json_array_size(t), n);
        for (size_t i = 0; i < n; i++) {
            const json_t *entry = json_array_get(t, i);
            const char *detail = jem_json_str(entry, "detail", "");
            assert_true(strlen(detail) > 10);
            /* A pair is HQ's finding: it names the other application, not the clerk. */
            bool pair = strcmp(jem_json_str(entry, "kind", ""), "duplicate.found") == 0;
            assert_non_null(strstr(detail, pair ? "van " : jem_json_str(entry, "actor", "?")));
            assert_true(strlen(jem_json_str(entry, "label", "")) > 0);
            assert_false(sixteen_digits(detail));
        }
        json_decref(before);
        json_decref(t);
    }
    jem_lang_set(JEM_LANG_ID);
}

static void the_timeline_tells_everything_but_the_nik(void **state)
{
    (void)state;
    struct prop seeds = prop_start("timeline");
    for (size_t i = prop_rounds(5); i > 0; i--)
        each_application(prop_u64(&seeds), timeline_check);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_order_gives_the_same_bytes),
        cmocka_unit_test(a_conflict_is_heads_that_differ),
        cmocka_unit_test(the_timeline_tells_everything_but_the_nik),
    };
    return cmocka_run_group_tests_name("application", tests, NULL, NULL);
}
