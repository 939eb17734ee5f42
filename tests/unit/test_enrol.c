// room: sync
/* test_enrol.c - keys, and how a van and HQ come to know each other, on two scratch stores. */
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "jemput/codec.h"
#include "jemput/file.h"
#include "jemput/keys.h"
#include "store_kit.h"
#include "unit.h"

struct pair {
    struct kit hq, van;
    struct jem_buf request, grant;
    struct jem_enrol_words request_words, grant_words;
};

/* `code` is asserted with the message that came with it. */
static void expect(enum jem_code got, enum jem_code wanted, const struct jem_error *err)
{
    if (got != wanted)
        fail_msg("code %s instead of %s: %s", jem_code_name(got), jem_code_name(wanted), got == JEM_OK ? "" : err->msg);
}

static void keys_make(struct kit *kit)
{
    struct jem_error err;
    kit_begin(kit->store);
    expect(jem_keys_create(kit->store, &err), JEM_OK, &err);
    kit_commit(kit->store);
}

static void publish(struct kit *hq)
{
    struct jem_error err;
    json_t *catalog = NULL;
    expect(jem_catalog_builtin(&catalog, &err), JEM_OK, &err);
    json_object_set_new(catalog, "version", json_integer(1));
    json_t *body = json_pack("{s:i, s:o}", "version", 1, "catalog", catalog);
    kit_begin(hq->store);
    expect(jem_store_append(hq->store, 0, 0, "catalog.published", body, "kantor", NULL, &err), JEM_OK, &err);
    kit_commit(hq->store);
    json_decref(body);
}

static void pair_open(struct pair *p)
{
    memset(p, 0, sizeof *p);
    struct jem_error err;
    kit_open(&p->hq, JEM_ROLE_HQ, 0);
    kit_open(&p->van, JEM_ROLE_VAN, -1);
    keys_make(&p->hq);
    keys_make(&p->van);
    expect(jem_store_meta_set(p->hq.store, "host", "jemput.example", &err), JEM_OK, &err);
    expect(jem_store_meta_set(p->hq.store, "hub", "/srv/hub.git", &err), JEM_OK, &err);
    p->request = p->grant = JEM_BUF_INIT((size_t)16 << 20);
    expect(jem_enrol_request(p->van.store, &p->request, &p->request_words, &err), JEM_OK, &err);
}

static void pair_close(struct pair *p)
{
    jem_buf_release(&p->request);
    jem_buf_release(&p->grant);
    kit_close(&p->hq);
    kit_close(&p->van);
}

static enum jem_code grant(struct pair *p, unsigned number, struct jem_error *err)
{
    jem_buf_clear(&p->grant);
    return jem_enrol_grant(p->hq.store, "kantor", p->request.data, p->request.len, number, &p->grant, &p->request_words,
        &p->grant_words, err);
}

static uint64_t head_seq(struct kit *kit, uint16_t writer, uint16_t lane)
{
    struct jem_stream_head head;
    struct jem_error err;
    expect(jem_store_head(kit->store, writer, lane, 1, &head, &err), JEM_OK, &err);
    return head.last.seq;
}

static void expect_meta(struct kit *kit, const char *key, const char *wanted)
{
    struct jem_buf text = JEM_BUF_INIT(1000);
    struct jem_error err;
    expect(jem_store_meta_get(kit->store, key, &text, &err), JEM_OK, &err);
    assert_string_equal(jem_buf_text(&text), wanted);
    jem_buf_release(&text);
}

static void test_keys(void **state)
{
    (void)state;
    struct kit kit;
    struct jem_error err;
    struct jem_keys *keys = NULL, *again = NULL;
    struct jem_box_key box;
    unsigned char public_key[32];
    kit_open(&kit, JEM_ROLE_VAN, -1);
    expect(jem_keys_load(kit.store, &keys, &err), JEM_ENOTFOUND, &err);
    assert_null(keys);
    keys_make(&kit);
    expect(jem_keys_load(kit.store, &keys, &err), JEM_OK, &err);
    assert_int_equal(keys->epoch, 1);
    assert_memory_equal(keys->sign_secret + 32, keys->sign_public, 32);
    assert_memory_not_equal(keys->sign_public, keys->ssh_public, 32);
    kit_begin(kit.store);
    expect(jem_keys_create(kit.store, &err), JEM_EEXISTS, &err);
    jem_store_rollback(kit.store);
    expect(jem_keys_load(kit.store, &again, &err), JEM_OK, &err);
    assert_memory_equal(again, keys, sizeof *keys);
    expect(jem_keys_public(kit.store, 0, public_key, &err), JEM_ENOTFOUND, &err);
    expect(jem_keys_public(kit.store, 4, public_key, &err), JEM_ENOTFOUND, &err);
    expect(jem_keys_box(kit.store, keys, 0, 1, 1, &box, &err), JEM_ENOTFOUND, &err);
    expect(jem_keys_box(kit.store, keys, 0, 1, 2, &box, &err), JEM_ENOTFOUND, &err);
    jem_keys_free(keys);
    jem_keys_free(again);
    jem_keys_free(NULL);
    kit_close(&kit);
}

static void test_request_grant_accept(void **state)
{
    (void)state;
    struct pair p;
    struct jem_error err;
    struct jem_enrol_words words;
    char name[96];
    pair_open(&p);
    expect(jem_enrol_look(p.request.data, p.request.len, &words, name, &err), JEM_OK, &err);
    assert_string_equal(words.words, p.request_words.words);
    expect_meta(&p.van, "name", name);

    struct jem_enrol_words van_words = p.request_words;
    expect(grant(&p, 3, &err), JEM_ENOTFOUND, &err); /* no catalogue yet */
    assert_int_equal(head_seq(&p.hq, 0, 3), 0);
    publish(&p.hq);
    expect(grant(&p, 3, &err), JEM_OK, &err);
    assert_string_equal(p.request_words.words, van_words.words);
    assert_string_not_equal(p.grant_words.words, van_words.words);
    expect(jem_enrol_accept(p.van.store, "siti", p.grant.data, p.grant.len, &words, &err), JEM_OK, &err);
    assert_string_equal(words.words, p.grant_words.words);

    assert_int_equal(jem_store_writer(p.van.store), 3);
    expect_meta(&p.van, "host", "jemput.example");
    expect_meta(&p.van, "hub", "/srv/hub.git");
    json_t *catalog = NULL, *user = NULL;
    expect(jem_store_catalog(p.van.store, &catalog, &err), JEM_OK, &err);
    assert_true(json_array_size(json_object_get(catalog, "services")) > 0);
    expect(jem_store_user(p.van.store, "siti", &user, &err), JEM_OK, &err);
    assert_string_equal(jem_json_str(user, "role", ""), "supervisor");
    json_decref(catalog);
    json_decref(user);

    /* Each knows the other's keys, and both make the same box key of them. */
    struct jem_keys *hq = NULL, *van = NULL;
    struct jem_box_key a, b;
    unsigned char public_key[32];
    expect(jem_keys_load(p.hq.store, &hq, &err), JEM_OK, &err);
    expect(jem_keys_load(p.van.store, &van, &err), JEM_OK, &err);
    expect(jem_keys_public(p.hq.store, 3, public_key, &err), JEM_OK, &err);
    assert_memory_equal(public_key, van->sign_public, 32);
    expect(jem_keys_public(p.van.store, 3, public_key, &err), JEM_OK, &err);
    assert_memory_equal(public_key, van->sign_public, 32);
    expect(jem_keys_public(p.van.store, 0, public_key, &err), JEM_OK, &err);
    assert_memory_equal(public_key, hq->sign_public, 32);
    expect(jem_keys_box(p.hq.store, hq, 3, 1, 1, &a, &err), JEM_OK, &err);
    expect(jem_keys_box(p.van.store, van, 0, 1, 1, &b, &err), JEM_OK, &err);
    assert_memory_equal(a.shared, b.shared, 32);
    expect(jem_keys_box(p.hq.store, hq, 4, 1, 1, &a, &err), JEM_ENOTFOUND, &err);
    expect(jem_keys_box(p.hq.store, hq, 3, 1, 2, &a, &err), JEM_ENOTFOUND, &err);
    expect(jem_keys_box(p.hq.store, hq, 0, 1, 1, &a, &err), JEM_OK, &err);
    jem_keys_free(hq);
    jem_keys_free(van);
    pair_close(&p);
}

static void test_again(void **state)
{
    (void)state;
    struct pair p;
    struct jem_error err;
    struct jem_enrol_words words;
    pair_open(&p);
    publish(&p.hq);
    expect(grant(&p, 3, &err), JEM_OK, &err);
    uint64_t own = head_seq(&p.hq, 0, 0), lane = head_seq(&p.hq, 0, 3);
    expect(grant(&p, 3, &err), JEM_OK, &err);
    assert_int_equal(head_seq(&p.hq, 0, 0), own);
    assert_int_equal(head_seq(&p.hq, 0, 3), lane);
    expect(grant(&p, 4, &err), JEM_EEXISTS, &err);
    assert_non_null(strstr(err.msg, "3"));
    expect(grant(&p, 3, &err), JEM_OK, &err);

    expect(jem_store_meta_set(p.van.store, "hub", "/media/stick/hub.git", &err), JEM_OK, &err);
    expect(jem_enrol_accept(p.van.store, "siti", p.grant.data, p.grant.len, &words, &err), JEM_OK, &err);
    expect_meta(&p.van, "hub", "/media/stick/hub.git");
    uint64_t mine = head_seq(&p.van, 3, 0);
    assert_int_equal(mine, 1);
    expect(jem_enrol_accept(p.van.store, "siti", p.grant.data, p.grant.len, &words, &err), JEM_OK, &err);
    assert_int_equal(head_seq(&p.van, 3, 0), mine);
    assert_int_equal(head_seq(&p.van, 0, 3), lane);
    pair_close(&p);
}

static void test_numbers(void **state)
{
    (void)state;
    struct pair p;
    struct kit other;
    struct jem_error err;
    struct jem_enrol_words a, b;
    struct jem_buf request = JEM_BUF_INIT(10000), out = JEM_BUF_INIT((size_t)16 << 20);
    pair_open(&p);
    publish(&p.hq);
    expect(grant(&p, 0, &err), JEM_EINVAL, &err);
    expect(grant(&p, 4096, &err), JEM_EINVAL, &err);
    expect(grant(&p, 4095, &err), JEM_OK, &err);
    kit_open(&other, JEM_ROLE_VAN, -1);
    keys_make(&other);
    expect(jem_enrol_request(other.store, &request, &a, &err), JEM_OK, &err);
    assert_string_not_equal(a.words, p.request_words.words);
    expect(jem_enrol_grant(p.hq.store, "kantor", request.data, request.len, 4095, &out, &a, &b, &err), JEM_EEXISTS,
        &err);
    expect(jem_enrol_grant(p.hq.store, "kantor", request.data, request.len, 7, &out, &a, &b, &err), JEM_OK, &err);

    /* The other van's grant does not fit this one, nor this one's store the wrong role. */
    expect(jem_enrol_accept(p.van.store, "siti", out.data, out.len, &a, &err), JEM_EINVAL, &err);
    assert_int_equal(jem_store_writer(p.van.store), -1);
    expect(jem_enrol_accept(p.hq.store, "kantor", out.data, out.len, &a, &err), JEM_EDENIED, &err);
    expect(jem_enrol_request(p.hq.store, &out, &a, &err), JEM_EDENIED, &err);
    expect(jem_enrol_grant(p.van.store, "siti", request.data, request.len, 9, &out, &a, &b, &err), JEM_EDENIED, &err);
    jem_buf_release(&request);
    jem_buf_release(&out);
    kit_close(&other);
    pair_close(&p);
}

/* A van that is enrolled stays with its HQ: another HQ that answers the same request gains nothing. */
static void test_other_hq(void **state)
{
    (void)state;
    struct pair p;
    struct kit rogue;
    struct jem_error err;
    struct jem_enrol_words a, b;
    struct jem_buf out = JEM_BUF_INIT((size_t)16 << 20), before = JEM_BUF_INIT(100000), after = JEM_BUF_INIT(100000);
    char path[300];
    pair_open(&p);
    publish(&p.hq);
    expect(grant(&p, 3, &err), JEM_OK, &err);
    expect(jem_enrol_accept(p.van.store, "siti", p.grant.data, p.grant.len, &a, &err), JEM_OK, &err);
    kit_open(&rogue, JEM_ROLE_HQ, 0);
    keys_make(&rogue);
    publish(&rogue);
    expect(jem_enrol_grant(rogue.store, "x", p.request.data, p.request.len, 3, &out, &a, &b, &err), JEM_OK, &err);
    snprintf(path, sizeof path, "%s/slots.json", p.van.dir);
    expect(jem_file_read(path, 100000, &before, &err), JEM_OK, &err);
    expect(jem_enrol_accept(p.van.store, "siti", out.data, out.len, &a, &err), JEM_EEXISTS, &err);
    expect(jem_file_read(path, 100000, &after, &err), JEM_OK, &err);
    assert_int_equal(before.len, after.len);
    assert_memory_equal(before.data, after.data, before.len);
    jem_buf_release(&out);
    jem_buf_release(&before);
    jem_buf_release(&after);
    kit_close(&rogue);
    pair_close(&p);
}

/* Changes each byte in turn (a hundred of them); nothing may be recorded. */
static void test_altered(void **state)
{
    (void)state;
    struct pair p;
    struct jem_error err;
    struct jem_enrol_words a, b;
    struct jem_buf out = JEM_BUF_INIT((size_t)16 << 20);
    pair_open(&p);
    publish(&p.hq);
    uint64_t own = head_seq(&p.hq, 0, 0);
    for (size_t i = 0; i < p.request.len; i++) {
        unsigned char was = p.request.data[i];
        p.request.data[i] ^= i % 2 == 0 ? 1 : 4;
        enum jem_code code =
            jem_enrol_grant(p.hq.store, "kantor", p.request.data, p.request.len, 3, &out, &a, &b, &err);
        if (code != JEM_EINVAL && code != JEM_ECORRUPT)
            fail_msg("byte %zu: %s", i, jem_code_name(code));
        p.request.data[i] = was;
    }
    for (size_t n = 0; n < p.request.len; n += 7)
        expect(jem_enrol_look(p.request.data, n, &a, (char[96]){ 0 }, &err), JEM_EINVAL, &err);
    assert_int_equal(head_seq(&p.hq, 0, 0), own);
    expect(grant(&p, 3, &err), JEM_OK, &err);
    size_t step = p.grant.len / 150 + 1;
    for (size_t i = 0; i < p.grant.len; i += step) {
        unsigned char was = p.grant.data[i];
        p.grant.data[i] ^= i % 2 == 0 ? 1 : 4;
        enum jem_code code = jem_enrol_accept(p.van.store, "siti", p.grant.data, p.grant.len, &a, &err);
        if (code != JEM_EINVAL && code != JEM_ECORRUPT)
            fail_msg("byte %zu: %s", i, jem_code_name(code));
        p.grant.data[i] = was;
    }
    assert_int_equal(jem_store_writer(p.van.store), -1);
    expect(jem_enrol_accept(p.van.store, "siti", p.grant.data, p.grant.len, &a, &err), JEM_OK, &err);
    jem_buf_release(&out);
    pair_close(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_keys),
        cmocka_unit_test(test_request_grant_accept),
        cmocka_unit_test(test_again),
        cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_other_hq),
        cmocka_unit_test(test_altered),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
