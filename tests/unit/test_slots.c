// room: store
/* test_slots.c - who can open a store. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <stdlib.h>

#include <sodium.h>

#include "jemput/codec.h"
#include "jemput/file.h"
#include "jemput/json.h"
#include "jemput/slots.h"
#include "scratch.h"
#include "unit.h"

static char dir[64];
static const unsigned char KEY[JEM_STORE_KEY_BYTES] = "a key of exactly thirty-two byt";

static int set_up(void **state)
{
    (void)state;
    scratch_dir(dir, sizeof dir, "slots");
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    char path[128];
    (void)snprintf(path, sizeof path, "%s/slots.json", dir);
    (void)unlink(path);
    (void)snprintf(path, sizeof path, "%s/slots.lock", dir);
    (void)unlink(path);
    return rmdir(dir);
}

static void slots_path(char out[128])
{
    (void)snprintf(out, 128, "%s/slots.json", dir);
}

static json_t *slots_json(void)
{
    char path[128];
    struct jem_error err = { 0 };
    json_t *root = NULL;
    slots_path(path);
    assert_int_equal(jem_json_file(path, 1 << 20, &root, &err), JEM_OK);
    return root;
}

static void test_names_and_passphrases(void **state)
{
    (void)state;
    static const char *const bad[] = { "", "Siti", "siti rahayu", ".siti", "-x", "siti/..", "sítí",
        "abcdefghijklmnopqrstuvwxyz0123456" };
    static const char *const good[] = { "siti", "0", "siti.rahayu", "a-b_c.d", "abcdefghijklmnopqrstuvwxyz012345" };
    struct jem_error err = { 0 };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_false(jem_user_name_valid(bad[i]));
        assert_int_equal(jem_slots_create(dir, bad[i], "hujan bulan juni", KEY, &err), JEM_EINVAL);
    }
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        assert_true(jem_user_name_valid(good[i]));
    assert_int_equal(jem_slots_create(dir, "siti", "pendek7", KEY, &err), JEM_EINVAL);
    /* seven characters of two bytes each are seven */
    assert_int_equal(jem_slots_create(dir, "siti", "ééééééé", KEY, &err), JEM_EINVAL);
    assert_int_equal(jem_slots_open(dir, "siti", "hujan bulan juni", (unsigned char[32]){ 0 }, &err), JEM_ENOTFOUND);
}

static void test_officers_come_and_go(void **state)
{
    (void)state;
    struct jem_error err = { 0 }, unknown = { 0 };
    unsigned char key[JEM_STORE_KEY_BYTES], zero[JEM_STORE_KEY_BYTES] = { 0 };
    assert_int_equal(jem_slots_create(dir, "siti", "hujan bulan juni", KEY, &err), JEM_OK);
    assert_int_equal(jem_slots_create(dir, "budi", "hujan bulan juni", KEY, &err), JEM_EEXISTS);
    assert_int_equal(jem_slots_remove(dir, "siti", &err), JEM_EDENIED);
    assert_int_equal(jem_slots_put(dir, "budi", "kopi tanpa gula", KEY, &err), JEM_OK);
    assert_int_equal(jem_slots_open(dir, "budi", "kopi tanpa gula", key, &err), JEM_OK);
    assert_memory_equal(key, KEY, sizeof key);
    assert_int_equal(jem_slots_open(dir, "budi", "hujan bulan juni", key, &err), JEM_ELOCKED);
    assert_memory_equal(key, zero, sizeof key);
    assert_int_equal(jem_slots_open(dir, "wati", "hujan bulan juni", key, &unknown), JEM_ELOCKED);
    assert_string_equal(err.msg, unknown.msg);
    /* a new passphrase replaces the old one */
    assert_int_equal(jem_slots_put(dir, "budi", "teh manis hangat", KEY, &err), JEM_OK);
    assert_int_equal(jem_slots_open(dir, "budi", "kopi tanpa gula", key, &err), JEM_ELOCKED);
    assert_int_equal(jem_slots_open(dir, "budi", "teh manis hangat", key, &err), JEM_OK);
    json_t *root = slots_json();
    assert_int_equal(json_array_size(json_object_get(root, "slots")), 2);
    json_decref(root);
    assert_int_equal(jem_slots_remove(dir, "wati", &err), JEM_ENOTFOUND);
    assert_int_equal(jem_slots_remove(dir, "siti", &err), JEM_OK);
    assert_int_equal(jem_slots_open(dir, "siti", "hujan bulan juni", key, &err), JEM_ELOCKED);
}

/* A slot given to another name does not open; a changed byte does not either. */
static void test_slots_are_bound(void **state)
{
    (void)state;
    struct jem_error err = { 0 };
    unsigned char key[JEM_STORE_KEY_BYTES];
    char path[128], text[65];
    assert_int_equal(jem_slots_create(dir, "siti", "hujan bulan juni", KEY, &err), JEM_OK);
    slots_path(path);
    jem_hex(KEY, sizeof KEY, text);
    json_t *root = slots_json();
    json_t *slot = json_array_get(json_object_get(root, "slots"), 0);
    assert_null(strstr(jem_json_str(slot, "box", ""), text));
    assert_int_equal(json_object_set_new(slot, "user", json_string("budi")), 0);
    assert_int_equal(json_dump_file(root, path, 0), 0);
    assert_int_equal(jem_slots_open(dir, "budi", "hujan bulan juni", key, &err), JEM_ELOCKED);
    assert_int_equal(json_object_set_new(slot, "mem", json_integer(1 << 30)), 0);
    assert_int_equal(json_dump_file(root, path, 0), 0);
    assert_int_equal(jem_slots_open(dir, "budi", "hujan bulan juni", key, &err), JEM_ECORRUPT);
    json_decref(root);
    assert_int_equal(jem_file_write(path, "{\"slots\":", 9, 0600, &err), JEM_OK);
    assert_int_equal(jem_slots_open(dir, "siti", "hujan bulan juni", key, &err), JEM_ECORRUPT);
}

static void test_escrow_opens_with_hq_key(void **state)
{
    (void)state;
    struct jem_error err = { 0 };
    unsigned char public[32], secret[32], box[80], key[32];
    assert_int_equal(crypto_box_keypair(public, secret), 0);
    assert_int_equal(jem_slots_create(dir, "siti", "hujan bulan juni", KEY, &err), JEM_OK);
    assert_int_equal(jem_slots_escrow(dir, public, KEY, &err), JEM_OK);
    json_t *root = slots_json();
    const char *hex = jem_json_str(json_object_get(root, "escrow"), "box", "");
    assert_true(jem_unhex(hex, strlen(hex), box, sizeof box));
    assert_int_equal(crypto_box_seal_open(key, box, sizeof box, public, secret), 0);
    assert_memory_equal(key, KEY, sizeof key);
    json_decref(root);
    assert_int_equal(jem_slots_open(dir, "siti", "hujan bulan juni", key, &err), JEM_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_names_and_passphrases, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_officers_come_and_go, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_slots_are_bound, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_escrow_opens_with_hq_key, set_up, tear_down),
    };
    return sodium_init() < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
