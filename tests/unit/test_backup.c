// room: store
/* test_backup.c - backup and restore: the same logs and views, a new incarnation, and no half-done store from a file that is
 * cut, altered, or something else. */
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "db.h"
#include "gen_events.h"
#include "jemput/backup.h"
#include "jemput/codec.h"
#include "jemput/file.h"
#include "jemput/number.h"
#include "prop.h"
#include "scratch.h"
#include "store_kit.h"
#include "tar.h"
#include "unit.h"

/* ---- a place beside the store ---- */

struct place {
    char dir[64], file[96], to[96];
};

static void place_make(struct place *p)
{
    scratch_dir(p->dir, sizeof p->dir, "backup");
    (void)snprintf(p->file, sizeof p->file, "%s/van3.backup", p->dir);
    (void)snprintf(p->to, sizeof p->to, "%s/new", p->dir);
}

static void folder_drop(const char *dir)
{
    DIR *d = opendir(dir);
    if (d == NULL)
        return;
    for (struct dirent *e = readdir(d); e != NULL; e = readdir(d)) {
        char path[400];
        (void)snprintf(path, sizeof path, "%s/%s", dir, e->d_name);
        if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
            (void)unlink(path);
    }
    (void)closedir(d);
    (void)rmdir(dir);
}

static void place_drop(struct place *p)
{
    folder_drop(p->to);
    folder_drop(p->dir);
}

static json_t *backup(struct kit *kit, const struct place *p)
{
    struct jem_error err = { 0 };
    json_t *report = NULL;
    if (jem_backup_make(kit->store, p->file, true, &report, &err) != JEM_OK)
        fail_msg("%s", err.msg);
    return report;
}

static enum jem_code restore(struct kit *kit, const struct place *p, json_t **report)
{
    struct jem_error err = { 0 };
    json_t *ignored = NULL;
    enum jem_code rc = jem_backup_restore(p->file, p->to, "siti", KIT_PASSPHRASE, &kit->clock,
        report == NULL ? &ignored : report, &err);
    json_decref(ignored);
    if (rc != JEM_OK)
        assert_true(err.code == rc && err.msg[0] != '\0');
    return rc;
}

static struct jem_store *open_at(struct kit *kit, const char *dir)
{
    struct jem_error err = { 0 };
    struct jem_store *store = NULL;
    if (jem_store_open(dir, "siti", KIT_PASSPHRASE, &kit->clock, &store, &err) != JEM_OK)
        fail_msg("%s", err.msg);
    return store;
}

static int entries(const char *dir)
{
    DIR *d = opendir(dir);
    int n = 0;
    if (d == NULL)
        return -1;
    for (struct dirent *e = readdir(d); e != NULL; e = readdir(d))
        n += e->d_name[0] != '.';
    (void)closedir(d);
    return n;
}

/* Restored with nothing but a lock behind it. */
static void expect_nothing(struct kit *kit, const struct place *p)
{
    struct jem_error err = { 0 };
    struct jem_store *store = NULL;
    assert_true(entries(p->to) <= 2); /* create.lock, slots.lock */
    assert_int_equal(jem_store_open(p->to, "siti", KIT_PASSPHRASE, &kit->clock, &store, &err), JEM_ENOTFOUND);
}

static void fill(struct kit *kit, unsigned applications)
{
    struct jem_error err = { 0 };
    struct jem_event_list list = { 0 };
    size_t added = 0;
    unsigned char hash[32];
    char page[3000];
    gen_events(20261121, applications, 2, GEN_FULL, &list);
    kit_begin(kit->store);
    assert_int_equal(jem_store_import(kit->store, list.items, list.count, &added, &err), JEM_OK);
    for (int i = 0; i < 8; i++) {
        memset(page, 'a' + i, sizeof page);
        jem_hash(page, sizeof page, hash);
        assert_int_equal(jem_store_blob_put(kit->store, hash, JEM_BLOB_ORIGINAL, page, sizeof page, &err), JEM_OK);
    }
    kit_commit(kit->store);
    jem_event_list_release(&list);
}

/* ---- tests ---- */

static void test_round_trip(void **state)
{
    (void)state;
    struct kit kit;
    struct place p;
    struct jem_error err = { 0 };
    json_t *made = NULL, *back = NULL;
    char before[65], after[65], last[JEM_NUMBER_TEXT];
    uint64_t seq = 0, scan = 0;
    place_make(&p);
    kit_open(&kit, JEM_ROLE_VAN, 3);
    fill(&kit, 60);
    kit.now_ms -= 86400000; /* the last one, though the clock was set back */
    jem_number_format(kit_submit(&kit, "ktp-el", "3203014507900001", "Siti Rahayu"), last);
    kit_digest(kit.store, false, before);
    made = backup(&kit, &p);
    assert_true(jem_json_bool(made, "verified", false));
    struct stat st;
    assert_int_equal(stat(p.file, &st), 0);
    assert_int_equal(st.st_size, jem_json_int(made, "bytes", 0));
    assert_int_equal(entries(p.dir), 1);
    assert_int_equal(jem_store_kept(kit.store, 3, 0, 1, &seq, &scan, &err), JEM_OK);
    assert_int_equal(seq, 1);
    assert_int_equal(restore(&kit, &p, &back), JEM_OK);
    assert_int_equal(jem_json_int(back, "events", 0), jem_json_int(made, "events", 1));
    assert_int_equal(jem_json_int(back, "documents", 0), 8);
    assert_int_equal(jem_json_int(back, "at_ms", 0), kit.now_ms);
    assert_int_equal(jem_json_int(back, "last_ms", 0), kit.now_ms);
    assert_string_equal(jem_json_str(back, "last_number", ""), last);
    struct jem_store *again = open_at(&kit, p.to);
    kit_digest(again, false, after);
    assert_string_equal(before, after);
    kit_digest(again, true, after);
    assert_string_equal(before, after);
    assert_int_equal(jem_store_writer(again), 3);
    assert_true(jem_store_inc(again) > 1);
    assert_int_equal(jem_store_inc(again), jem_json_int(back, "inc", 0));
    assert_int_equal(jem_store_inc(kit.store), 1);
    jem_store_close(again);
    assert_int_equal(restore(&kit, &p, NULL), JEM_EEXISTS);
    json_decref(made);
    json_decref(back);
    place_drop(&p);
    kit_close(&kit);
}

/* The byte at `at` of the file becomes another. */
static void flip(const char *path, off_t at)
{
    unsigned char c = 0;
    int fd = open(path, O_RDWR);
    assert_true(fd >= 0);
    assert_int_equal(pread(fd, &c, 1, at), 1);
    c ^= 0x20;
    assert_int_equal(pwrite(fd, &c, 1, at), 1);
    assert_int_equal(close(fd), 0);
}

static off_t size_of(const char *path)
{
    struct stat st;
    assert_int_equal(stat(path, &st), 0);
    return st.st_size;
}

/* Any byte altered, anywhere: refused, and nothing is left but the folder. */
static void test_an_altered_file_is_refused(void **state)
{
    (void)state;
    struct kit kit;
    struct place p;
    struct prop rng = prop_start("altered backups");
    place_make(&p);
    kit_open(&kit, JEM_ROLE_VAN, 3);
    fill(&kit, 5);
    json_decref(backup(&kit, &p));
    off_t size = size_of(p.file);
    const off_t ends[] = { 0, 100, 124, 148, 257, 511, 512, 512 + 16, 512 + 24, size - 1, size - 1024, size - 1025 };
    const size_t fixed = sizeof ends / sizeof *ends;
    for (size_t i = 0; i < fixed + prop_rounds(40); i++) {
        /* half of them in the small members behind the database */
        off_t behind = (off_t)prop_below(&rng, 8000);
        off_t at = i < fixed ? ends[i] : i % 2 == 0 ? (off_t)prop_below(&rng, (uint64_t)size) : size - 1 - behind;
        flip(p.file, at);
        enum jem_code rc = restore(&kit, &p, NULL);
        if (rc != JEM_ECORRUPT && !(rc == JEM_EINVAL && (at < 512 || at > size - 8000)))
            fail_msg("byte %lld altered: %s", (long long)at, jem_code_name(rc));
        expect_nothing(&kit, &p);
        flip(p.file, at);
    }
    assert_int_equal(restore(&kit, &p, NULL), JEM_OK);
    place_drop(&p);
    kit_close(&kit);
}

static void test_a_cut_file_is_refused(void **state)
{
    (void)state;
    struct kit kit;
    struct place p;
    struct prop rng = prop_start("cut backups");
    place_make(&p);
    kit_open(&kit, JEM_ROLE_VAN, 3);
    json_decref(backup(&kit, &p));
    off_t size = size_of(p.file);
    assert_int_equal(truncate(p.file, size + 512), 0);
    assert_int_equal(restore(&kit, &p, NULL), JEM_ECORRUPT);
    for (size_t i = 0; i < prop_rounds(25); i++) {
        size -= 1 + (off_t)prop_below(&rng, i < 8 ? 700 : 30000);
        if (size < 0)
            break;
        assert_int_equal(truncate(p.file, size), 0);
        enum jem_code rc = restore(&kit, &p, NULL);
        assert_true(rc == JEM_ECORRUPT || (rc == JEM_EINVAL && size < 512));
        expect_nothing(&kit, &p);
    }
    assert_int_equal(truncate(p.file, 0), 0);
    assert_int_equal(restore(&kit, &p, NULL), JEM_EINVAL);
    place_drop(&p);
    kit_close(&kit);
}

static void test_other_files_are_refused(void **state)
{
    (void)state;
    struct kit kit;
    struct place p;
    struct jem_error err = { 0 };
    unsigned char block[3 * JEM_TAR_BLOCK] = { 0 };
    json_t *report = NULL;
    place_make(&p);
    kit_open(&kit, JEM_ROLE_VAN, 3);
    assert_int_equal(restore(&kit, &p, NULL), JEM_ENOTFOUND);
    memset(block, 'x', sizeof block);
    assert_int_equal(jem_file_write(p.file, block, sizeof block, 0600, &err), JEM_OK);
    assert_int_equal(restore(&kit, &p, NULL), JEM_EINVAL);
    memset(block, 0, sizeof block);
    jem_tar_header(block, "other.txt", 0, 0);
    assert_int_equal(jem_file_write(p.file, block, sizeof block, 0600, &err), JEM_OK);
    assert_int_equal(restore(&kit, &p, NULL), JEM_EINVAL);
    assert_int_equal(jem_backup_make(kit.store, p.dir, true, &report, &err), JEM_EINVAL);
    assert_int_equal(entries(p.to), -1);
    assert_int_equal(unlink(p.file), 0);
    place_drop(&p);
    kit_close(&kit);
}

/* One that must not replace gives way before it writes, and also to a file that came meanwhile. */
static void test_a_name_that_is_taken(void **state)
{
    (void)state;
    struct kit kit;
    struct place p;
    struct jem_error err = { 0 };
    json_t *report = NULL;
    struct jem_buf held = JEM_BUF_INIT(100);
    char part[sizeof p.file + 8];
    place_make(&p);
    kit_open(&kit, JEM_ROLE_VAN, 3);
    (void)snprintf(part, sizeof part, "%s.part", p.file);
    assert_int_equal(jem_file_write(p.file, "first", 5, 0600, &err), JEM_OK);
    assert_int_equal(jem_backup_make(kit.store, p.file, false, &report, &err), JEM_EEXISTS);
    assert_false(jem_path_exists(part));
    assert_int_equal(jem_file_write(part, "second", 6, 0600, &err), JEM_OK);
    assert_int_equal(jem_store_name_it(p.dir, part, p.file, false, &err), JEM_EEXISTS);
    assert_int_equal(jem_file_read(p.file, 100, &held, &err), JEM_OK);
    assert_string_equal(jem_buf_text(&held), "first");
    assert_int_equal(jem_store_name_it(p.dir, part, p.file, true, &err), JEM_OK);
    assert_int_equal(unlink(p.file), 0);
    assert_int_equal(jem_backup_make(kit.store, p.file, false, &report, &err), JEM_OK);
    json_decref(report);
    jem_buf_release(&held);
    place_drop(&p);
    kit_close(&kit);
}

static void test_only_an_officer_and_an_empty_folder(void **state)
{
    (void)state;
    struct kit kit;
    struct place p;
    struct jem_error err = { 0 };
    json_t *report = NULL;
    char other[128];
    place_make(&p);
    kit_open(&kit, JEM_ROLE_VAN, 3);
    kit_submit(&kit, "ktp-el", "3203014507900001", "Siti Rahayu");
    json_decref(backup(&kit, &p));
    assert_int_equal(jem_backup_restore(p.file, p.to, "siti", "bukan kopi susu", &kit.clock, &report, &err),
        JEM_ELOCKED);
    expect_nothing(&kit, &p);
    assert_int_equal(jem_backup_restore(p.file, p.to, "budi", KIT_PASSPHRASE, &kit.clock, &report, &err), JEM_ELOCKED);
    expect_nothing(&kit, &p);
    (void)snprintf(other, sizeof other, "%s/catatan.txt", p.to);
    assert_int_equal(jem_file_write(other, "x", 1, 0600, &err), JEM_OK);
    assert_int_equal(restore(&kit, &p, NULL), JEM_EEXISTS);
    assert_int_equal(size_of(other), 1);
    assert_int_equal(unlink(other), 0);
    /* what an interrupted restore left does not count */
    (void)snprintf(other, sizeof other, "%s/jemput.db.new", p.to);
    assert_int_equal(jem_file_write(other, "half", 4, 0600, &err), JEM_OK);
    (void)snprintf(other, sizeof other, "%s/slots.json", p.to);
    assert_int_equal(jem_file_write(other, "{", 1, 0600, &err), JEM_OK);
    assert_int_equal(restore(&kit, &p, NULL), JEM_OK);
    jem_store_close(open_at(&kit, p.to));
    place_drop(&p);
    kit_close(&kit);
}

/* Two laptops from one backup write different chains; each follows the same event. */
static void test_two_from_one_backup(void **state)
{
    (void)state;
    struct kit kit;
    struct place p;
    struct jem_error err = { 0 };
    struct jem_stream_head head;
    uint16_t incs[2];
    place_make(&p);
    kit_open(&kit, JEM_ROLE_VAN, 3);
    kit_submit(&kit, "ktp-el", "3203014507900001", "Siti Rahayu");
    json_decref(backup(&kit, &p));
    kit_submit(&kit, "ktp-el", "3203014507900001", "Siti Rahayu"); /* lost with the laptop */
    for (int i = 0; i < 2; i++) {
        struct jem_event e;
        struct jem_event_id id;
        assert_int_equal(restore(&kit, &p, NULL), JEM_OK);
        struct jem_store *again = open_at(&kit, p.to);
        assert_int_equal(jem_store_head(again, 3, 0, 1, &head, &err), JEM_OK);
        assert_int_equal(head.last.seq, 1);
        json_t *body = json_pack("{s:s}", "reason", "-");
        kit_begin(again);
        assert_int_equal(jem_store_append(again, 0, 0, "fee.waived", body, "siti", &id, &err), JEM_OK);
        kit_commit(again);
        json_decref(body);
        incs[i] = id.inc;
        assert_int_equal(id.seq, 1);
        assert_int_equal(jem_store_event(again, &id, &e, &err), JEM_OK);
        assert_memory_equal(e.prev_hash, head.hash, 32);
        jem_event_release(&e);
        kit_digest(again, true, (char[65]){ 0 });
        jem_store_close(again);
        folder_drop(p.to);
    }
    assert_int_not_equal(incs[0], incs[1]);
    place_drop(&p);
    kit_close(&kit);
}

static void test_before_enrolment(void **state)
{
    (void)state;
    struct kit kit;
    struct place p;
    json_t *back = NULL;
    place_make(&p);
    kit_open(&kit, JEM_ROLE_VAN, 0);
    json_decref(backup(&kit, &p));
    assert_int_equal(restore(&kit, &p, &back), JEM_OK);
    assert_int_equal(jem_json_int(back, "van", 0), -1);
    assert_int_equal(jem_json_int(back, "inc", 0), 1);
    assert_true(json_is_null(json_object_get(back, "last_number")));
    json_decref(back);
    place_drop(&p);
    kit_close(&kit);
}

/* A restored HQ says of each van anew how far it is safe. */
static void test_a_restored_hq_tells_durable_anew(void **state)
{
    (void)state;
    struct kit kit;
    struct place p;
    struct jem_error err = { 0 };
    struct kit_stream van = { .writer = 3, .inc = 1 };
    static const char hex[] = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
    size_t told = 0;
    uint64_t seq = 0, scan = 0;
    place_make(&p);
    kit_open(&kit, JEM_ROLE_HQ, 0);
    kit_append(&kit, 0, 0, "van.enrolled",
        json_pack("{s:i, s:s, s:s, s:s, s:i, s:i}", "van", 3, "name", "Van Uji", "sign", hex, "box", hex, "epoch", 1,
            "inc", 1));
    kit_next(&kit, &van, "fee.waived", json_pack("{s:s}", "reason", "-"));
    kit_append(&kit, 3, 0, "ledger.acked",
        json_pack("{s:i, s:i, s:i, s:s, s:s, s:s, s:i, s:[]}", "writer", 3, "inc", 1, "seq", 1, "hash", hex, "level",
            "received", "head", "00000000000000000000000000000000000000aa", "scan", 4, "missing"));
    json_decref(backup(&kit, &p));
    assert_int_equal(jem_store_ack_durable(kit.store, "siti", &told, &err), JEM_OK);
    assert_int_equal(told, 1);
    json_decref(backup(&kit, &p));
    assert_int_equal(restore(&kit, &p, NULL), JEM_OK);
    struct jem_store *again = open_at(&kit, p.to);
    assert_int_equal(jem_store_ack_durable(again, "siti", &told, &err), JEM_OK);
    assert_int_equal(told, 1);
    assert_int_equal(jem_store_ack(again, 3, 0, 1, "durable", &seq, &scan, &err), JEM_OK);
    assert_int_equal(seq, 1);
    assert_int_equal(scan, 4);
    jem_store_close(again);
    place_drop(&p);
    kit_close(&kit);
}

/* ---- while others write; when the disk is full ---- */

/* A connection must not live on in a forked process: closed before, opened anew after, by both. */
static pid_t fork_closed(struct kit *kit)
{
    jem_store_close(kit->store);
    pid_t pid = fork();
    assert_true(pid >= 0);
    kit->store = open_at(kit, kit->dir);
    return pid;
}

static int record_until_told(struct kit *kit, const char *stop)
{
    int n = 0;
    for (; access(stop, F_OK) != 0 && n < 20000; n++) {
        kit_submit(kit, "ktp-el", "3203014507900001", "Siti Rahayu");
        (void)usleep(3000); /* several officers; without a pause nobody else would ever get a turn */
    }
    return n;
}

static void test_counters_go_on(void **state)
{
    (void)state;
    struct kit kit;
    struct place p;
    struct jem_error err = { 0 };
    char stop[128];
    int status = 0;
    uint64_t before = 0;
    place_make(&p);
    (void)snprintf(stop, sizeof stop, "%s/stop", p.dir);
    kit_open(&kit, JEM_ROLE_VAN, 3);
    fill(&kit, 200);
    pid_t pid = fork_closed(&kit);
    if (pid == 0)
        _exit(record_until_told(&kit, stop) > 0 ? 0 : 1);
    for (int i = 0, moved = 0; moved < 3; i++) {
        struct jem_stream_head head;
        assert_true(i < 200);
        json_decref(backup(&kit, &p)); /* verified: heads, counts and chains are of one moment */
        assert_int_equal(jem_store_head(kit.store, 3, 0, 1, &head, &err), JEM_OK);
        moved += head.last.seq > before;
        before = head.last.seq;
    }
    assert_int_equal(jem_file_write(stop, "x", 1, 0600, &err), JEM_OK);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    assert_int_equal(restore(&kit, &p, NULL), JEM_OK);
    place_drop(&p);
    kit_close(&kit);
}

/* No file may grow past this many bytes, as if the stick were full; 0 for success, else the code. */
static int backup_within(struct kit *kit, const struct place *p, rlim_t bytes)
{
    struct jem_error err = { 0 };
    json_t *report = NULL;
    const struct rlimit limit = { bytes, bytes };
    if (signal(SIGXFSZ, SIG_IGN) == SIG_ERR || setrlimit(RLIMIT_FSIZE, &limit) != 0)
        return 100;
    int rc = (int)jem_backup_make(kit->store, p->file, true, &report, &err);
    json_decref(report);
    return rc;
}

static void test_a_full_stick_keeps_the_old_backup(void **state)
{
    (void)state;
    struct kit kit;
    struct place p;
    struct prop rng = prop_start("full sticks");
    int full = 0;
    place_make(&p);
    kit_open(&kit, JEM_ROLE_VAN, 3);
    fill(&kit, 20);
    json_decref(backup(&kit, &p));
    off_t size = size_of(p.file);
    for (size_t i = 0; i < prop_rounds(12); i++) {
        int status = 0;
        rlim_t room = (rlim_t)prop_below(&rng, (uint64_t)size);
        pid_t pid = fork_closed(&kit);
        if (pid == 0)
            _exit(backup_within(&kit, &p, room));
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_true(WIFEXITED(status));
        full += WEXITSTATUS(status) == JEM_ENOSPC;
        assert_true(WEXITSTATUS(status) != 0 && WEXITSTATUS(status) != 100);
        assert_int_equal(size_of(p.file), size);
        assert_int_equal(entries(p.dir), 1);
    }
    assert_true(full > 0);
    assert_int_equal(restore(&kit, &p, NULL), JEM_OK);
    place_drop(&p);
    kit_close(&kit);
}

/* ---- tar ---- */

static void test_tar_headers(void **state)
{
    (void)state;
    static const uint64_t sizes[] = { 0, 1, 511, 512, 513, 1u << 20, ((uint64_t)1 << 33) - 1, (uint64_t)1 << 33,
        ((uint64_t)1 << 40) + 7 };
    unsigned char block[JEM_TAR_BLOCK];
    char name[JEM_TAR_NAME_MAX + 1];
    uint64_t size = 0;
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        jem_tar_header(block, "jemput.db", sizes[i], 1795250000);
        assert_true(jem_tar_parse(block, name, &size));
        assert_string_equal(name, "jemput.db");
        assert_true(size == sizes[i]);
        for (size_t at = 0; at < sizeof block; at++) {
            block[at] ^= 1;
            if (jem_tar_parse(block, name, &size))
                fail_msg("byte %zu of a header may be altered", at);
            block[at] ^= 1;
        }
    }
    memset(block, 0, sizeof block);
    assert_false(jem_tar_parse(block, name, &size));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_an_altered_file_is_refused),
        cmocka_unit_test(test_a_cut_file_is_refused),
        cmocka_unit_test(test_other_files_are_refused),
        cmocka_unit_test(test_a_name_that_is_taken),
        cmocka_unit_test(test_only_an_officer_and_an_empty_folder),
        cmocka_unit_test(test_two_from_one_backup),
        cmocka_unit_test(test_before_enrolment),
        cmocka_unit_test(test_a_restored_hq_tells_durable_anew),
        cmocka_unit_test(test_counters_go_on),
        cmocka_unit_test(test_a_full_stick_keeps_the_old_backup),
        cmocka_unit_test(test_tar_headers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
