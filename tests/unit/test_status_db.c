// room: store
/* test_status_db.c - what the public may know, and nothing else. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "jemput/codec.h"
#include "jemput/file.h"
#include "jemput/status_db.h"
#include "store_kit.h"
#include "unit.h"

/* Signs with a hash: the reader hands the bytes on, whoever verifies knows the message. */
static void sign(void *ctx, const void *p, size_t n, unsigned char sig[64])
{
    unsigned char hash[32];
    (void)ctx;
    jem_hash(p, n, hash);
    memcpy(sig, hash, 32);
    memcpy(sig + 32, hash, 32);
}
static const struct jem_status_signer SIGNER = { sign, NULL, { 1, 2, 3 } };

static void expect_signature(const struct jem_status_row *row)
{
    unsigned char sig[64];
    struct jem_buf m = JEM_BUF_INIT(200);
    jem_buf_str(&m, "jemput-status-1\n");
    jem_buf_u64(&m, row->number);
    jem_buf_fmt(&m, "%s %d", jem_status_name(row->status), (int)row->day_stage);
    sign(NULL, m.data, m.len, sig);
    jem_buf_release(&m);
    assert_memory_equal(sig, row->signature, 64);
}

static json_t *change(const char *from, const char *to, const char *reason)
{
    return json_pack("{s:s, s:s, s:s}", "from", from, "to", to, "reason", reason);
}

static void status_path(const struct kit *kit, char out[128])
{
    (void)snprintf(out, 128, "%s/status.db", kit->dir);
}

static size_t export(struct kit *kit)
{
    struct jem_error err = { 0 };
    char path[128];
    size_t rows = 0;
    status_path(kit, path);
    if (jem_status_db_export(kit->store, path, &SIGNER, &rows, &err) != JEM_OK)
        fail_msg("%s", err.msg);
    return rows;
}

static void test_stages_and_days(void **state)
{
    (void)state;
    struct kit kit;
    struct jem_error err = { 0 };
    struct jem_status_db *db = NULL;
    struct jem_status_row row;
    char path[128];
    kit_open(&kit, JEM_ROLE_HQ, 0);
    status_path(&kit, path);
    assert_int_equal(jem_store_meta_set(kit.store, "region", "3203", &err), JEM_OK);
    assert_int_equal(jem_store_meta_set(kit.store, "contact", "Dinas, Jalan Raya 1", &err), JEM_OK);
    assert_int_equal(jem_status_db_open(path, &db, &err), JEM_ENOTFOUND);
    int32_t day = jem_store_today(kit.store);
    uint64_t number = kit_submit(&kit, "ktp-el", "3203014507900001", "Siti Rahayu");
    kit.now_ms += 86400000;
    kit_append(&kit, 0, number, "status.changed", change("received", "verified", ""));
    kit.now_ms += 2 * 86400000;
    kit_append(&kit, 0, number, "status.changed", change("verified", "returned", "Foto KK kurang jelas"));
    assert_int_equal(export(&kit), 1);
    assert_int_equal(jem_status_db_open(path, &db, &err), JEM_OK);
    assert_int_equal(jem_status_db_find(db, number, &row, &err), JEM_OK);
    assert_int_equal(row.status, JEM_STATUS_RETURNED);
    assert_int_equal(row.day_submitted, day);
    assert_int_equal(row.day_stage, day + 3);
    assert_int_equal(row.stage_days[JEM_STATUS_SUBMITTED], day);
    assert_int_equal(row.stage_days[JEM_STATUS_VERIFIED], day + 1);
    assert_int_equal(row.stage_days[JEM_STATUS_RETURNED], day + 3);
    assert_int_equal(row.stage_days[JEM_STATUS_READY], INT32_MIN);
    assert_string_equal(row.reason[JEM_EN], "Foto KK kurang jelas");
    assert_string_equal(row.service[JEM_ID], "ktp-el");
    assert_string_not_equal(row.stage[JEM_ID], row.stage[JEM_EN]);
    expect_signature(&row);
    /* One that is not there takes the work of one that is. */
    assert_int_equal(jem_status_db_find(db, number + 1, &row, &err), JEM_ENOTFOUND);
    assert_int_equal(row.number, number);
    assert_string_equal(row.service[JEM_ID], "ktp-el");
    assert_int_equal(jem_status_db_find(db, number - 1, &row, &err), JEM_ENOTFOUND);
    assert_int_equal(row.number, number);
    const json_t *about = jem_status_db_about(db);
    assert_int_equal(jem_json_int(about, "exported_ms", 0), kit.now_ms);
    assert_string_equal(jem_json_str(about, "contact", ""), "Dinas, Jalan Raya 1");
    assert_non_null(strstr(jem_json_str(about, "region", ""), "Cianjur"));
    /* the file is replaced under the open reader */
    kit_append(&kit, 0, number, "status.changed", change("returned", "verified", ""));
    assert_int_equal(export(&kit), 1);
    assert_int_equal(jem_status_db_find(db, number, &row, &err), JEM_OK);
    assert_int_equal(row.status, JEM_STATUS_VERIFIED);
    expect_signature(&row);
    /* and taken away: the old one serves on */
    assert_int_equal(unlink(path), 0);
    assert_int_equal(jem_status_db_find(db, number, &row, &err), JEM_OK);
    assert_int_equal(jem_file_write(path, "bukan", 5, 0644, &err), JEM_OK);
    assert_int_equal(jem_status_db_find(db, number, &row, &err), JEM_ECORRUPT);
    jem_status_db_close(db);
    kit_close(&kit);
}

static enum jem_code collect(void *ctx, const struct jem_status_row *row, struct jem_error *err)
{
    uint64_t *last = ctx;
    assert_true(row->number > *last);
    *last = row->number;
    return row->status == JEM_STATUS_VERIFIED ? jem_fail(err, JEM_EBUSY, JEM_D_STORE, 0, JEM_T_STATUS_DB_NUMBER)
                                              : JEM_OK;
}

static void test_every_row_in_order(void **state)
{
    (void)state;
    struct kit kit;
    struct jem_error err = { 0 };
    struct jem_status_db *db = NULL;
    uint64_t last = 0, most = 0;
    char path[128];
    kit_open(&kit, JEM_ROLE_HQ, 0);
    status_path(&kit, path);
    for (int i = 0; i < 20; i++) {
        uint64_t number = kit_submit(&kit, "ktp-el", "3203014507900001", "Siti Rahayu");
        most = number > most ? number : most;
    }
    assert_int_equal(export(&kit), 20);
    assert_int_equal(jem_status_db_open(path, &db, &err), JEM_OK);
    assert_int_equal(jem_status_db_each(db, collect, &last, &err), JEM_OK);
    assert_int_equal(last, most);
    jem_status_db_close(db);
    kit_append(&kit, 0, most, "status.changed", change("received", "verified", ""));
    assert_int_equal(export(&kit), 20);
    assert_int_equal(jem_status_db_open(path, &db, &err), JEM_OK);
    last = 0;
    assert_int_equal(jem_status_db_each(db, collect, &last, &err), JEM_EBUSY);
    jem_status_db_close(db);
    kit_close(&kit);
}

/* When a van last synced is by HQ's clock, and the same for each of its keys. */
static void test_when_vans_synced(void **state)
{
    (void)state;
    struct kit kit;
    struct jem_error err = { 0 };
    struct jem_status_db *db = NULL;
    char path[128];
    kit_open(&kit, JEM_ROLE_HQ, 0);
    status_path(&kit, path);
    kit_append(&kit, 0, 0, "van.enrolled", kit_enrolled(3, 'a', '1', 1, 1));
    kit_append(&kit, 0, 0, "van.enrolled", kit_enrolled(3, 'b', '2', 1, 2));
    kit_append(&kit, 0, 0, "van.enrolled", kit_enrolled(4, 'c', '3', 1, 1));
    assert_int_equal(jem_store_meta_set(kit.store, "seen.3", "1795298000123 0.9", &err), JEM_OK);
    (void)export(&kit);
    assert_int_equal(jem_status_db_open(path, &db, &err), JEM_OK);
    const json_t *vans = json_object_get(jem_status_db_about(db), "vans");
    assert_int_equal(json_array_size(vans), 3);
    assert_int_equal(jem_json_int(json_array_get(vans, 0), "synced_ms", 1), 1795298000123);
    assert_int_equal(jem_json_int(json_array_get(vans, 1), "synced_ms", 1), 1795298000123);
    assert_int_equal(jem_json_int(json_array_get(vans, 2), "synced_ms", 1), 0);
    jem_status_db_close(db);
    kit_close(&kit);
}

static void test_no_personal_data(void **state)
{
    (void)state;
    static const char *const secrets[] = { "Rahayu", "rahayu", "3203014507900001", "Wulandari", "08123456789",
        "3203012001", "siti" };
    static const char *const reasons[] = { "Nama ibu Wulandari tidak sama", "Hubungi 0812-3456-789",
        "ibu RAHAYU datang", "tulis ke siti@contoh.id", "Alamat 3203012001" };
    struct kit kit;
    struct jem_error err = { 0 };
    struct jem_status_db *db = NULL;
    struct jem_status_row row;
    uint64_t numbers[5];
    char path[128];
    kit_open(&kit, JEM_ROLE_HQ, 0);
    status_path(&kit, path);
    for (size_t i = 0; i < 5; i++) {
        json_t *body = kit_submitted("ktp-el", "3203014507900001", "Siti Rahayu", "3203012001");
        json_t *fields = json_object_get(body, "fields");
        assert_int_equal(json_object_set_new(fields, "phone", json_string("08123456789")), 0);
        assert_int_equal(json_object_set_new(fields, "mother", json_string("Wulandari")), 0);
        kit_begin(kit.store);
        assert_int_equal(jem_store_number_new(kit.store, &numbers[i], &err), JEM_OK);
        jem_store_rollback(kit.store);
        kit_append(&kit, 0, numbers[i], "application.submitted", body);
        kit_append(&kit, 0, numbers[i], "status.changed", change("received", "returned", reasons[i]));
    }
    assert_int_equal(export(&kit), 5);
    for (size_t i = 0; i < sizeof secrets / sizeof *secrets; i++)
        assert_false(kit_file_holds(kit.dir, "status.db", secrets[i]));
    assert_int_equal(jem_status_db_open(path, &db, &err), JEM_OK);
    for (size_t i = 0; i < 5; i++) {
        assert_int_equal(jem_status_db_find(db, numbers[i], &row, &err), JEM_OK);
        assert_non_null(strstr(row.reason[JEM_ID], "petugas"));
        assert_non_null(strstr(row.reason[JEM_EN], "officer"));
    }
    jem_status_db_close(db);
    kit_close(&kit);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_stages_and_days),
        cmocka_unit_test(test_every_row_in_order),
        cmocka_unit_test(test_when_vans_synced),
        cmocka_unit_test(test_no_personal_data),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
