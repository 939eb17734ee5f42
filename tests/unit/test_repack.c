// room: sync
/* test_repack.c - packs joined and cut down: every object that a ref reaches is there before and after, whatever was interrupted. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "jemput/codec.h"
#include "jemput/file.h"
#include "pack.h"
#include "prop.h"
#include "repack.h"
#include "scratch.h"
#include "unit.h"

struct world {
    char dir[64], packs[128];
    struct jem_ledger *ledger;
    struct prop g;
};

static void good(enum jem_code code, const struct jem_error *err)
{
    if (code != JEM_OK)
        fail_msg("%s: %s", jem_code_name(code), err->msg);
}

static void world_open(struct world *w)
{
    struct jem_error err = { 0 };
    good(jem_ledger_open(w->dir, &w->ledger, &err), &err);
}

/* A handle is of no use after a repack. */
static void world_again(struct world *w)
{
    jem_ledger_free(w->ledger);
    world_open(w);
}

static void world_make(struct world *w)
{
    *w = (struct world){ .g = prop_start("repack") };
    scratch_dir(w->dir, sizeof w->dir, "repack");
    snprintf(w->packs, sizeof w->packs, "%s/ledger.git/objects/pack", w->dir);
    world_open(w);
}

static void world_free(struct world *w)
{
    char command[128];
    jem_ledger_free(w->ledger);
    snprintf(command, sizeof command, "rm -rf '%s'", w->dir);
    assert_int_equal(system(command), 0);
}

/* One more commit on a ref, as a pack of its own. */
static void world_commit(struct world *w, const char *ref, size_t bytes)
{
    struct jem_error err = { 0 };
    struct jem_pack pack = { 0 };
    struct jem_pack_file file = { .name = "chunk" };
    git_oid parent, made;
    bool there;
    unsigned char *p = malloc(bytes);
    assert_non_null(p);
    prop_bytes(&w->g, p, bytes);
    good(jem_ledger_ref(w->ledger, ref, &parent, &there, &err), &err);
    struct jem_pack_commit commit = { .parents = &parent,
        .parent_count = there,
        .writer = 3,
        .at_unix_s = 1767225600,
        .subject = "chunk 1" };
    good(jem_pack_begin(&pack, w->ledger, &err), &err);
    good(jem_pack_blob(&pack, p, bytes, &file.blob, &err), &err);
    good(jem_pack_tree(&pack, &file, 1, &commit.tree, &err), &err);
    good(jem_pack_commit(&pack, &commit, &made, &err), &err);
    good(jem_pack_finish(&pack, &err), &err);
    jem_pack_release(&pack);
    good(jem_ledger_ref_set(w->ledger, ref, &made, &err), &err);
    free(p);
}

/* Stock git finds all that refs reach, and nothing wrong. */
static void world_sound(const struct world *w, const char *ref, unsigned commits)
{
    char command[512];
    snprintf(command, sizeof command,
        "git -C '%s/ledger.git' fsck --full --strict >/dev/null 2>&1 && "
        "test \"$(git -C '%s/ledger.git' rev-list --count %s)\" = %u",
        w->dir, w->dir, ref, commits);
    assert_int_equal(system(command), 0);
}

static struct jem_repack world_repack(struct world *w, bool prune)
{
    struct jem_error err = { 0 };
    struct jem_repack done;
    good(jem_ledger_repack(w->ledger, prune, &done, &err), &err);
    world_again(w);
    return done;
}

/* Few packs are left alone; more are joined by and by, and no byte is written again often. */
static void test_join(void **state)
{
    struct world w;
    uint64_t written = 0, total = 0;
    (void)state;
    world_make(&w);
    for (unsigned i = 1; i <= 300; i++) {
        size_t bytes = 200 + (size_t)prop_below(&w.g, 4000);
        total += bytes;
        world_commit(&w, "refs/heads/scan/3/1.1", bytes);
        struct jem_repack done = world_repack(&w, false);
        assert_true(done.packs_after <= JEM_REPACK_PACKS);
        if (done.packs_after < done.packs_before)
            written += done.bytes_after;
        else
            assert_true(i <= JEM_REPACK_PACKS || done.packs_before <= JEM_REPACK_PACKS);
    }
    assert_true(written < 8 * total);
    world_sound(&w, "refs/heads/scan/3/1.1", 300);
    world_free(&w);
}

/* What no ref reaches goes, of whole packs and of mixed ones; the rest stays readable. */
static void test_prune(void **state)
{
    struct world w;
    (void)state;
    world_make(&w);
    for (unsigned i = 0; i < 40; i++) {
        world_commit(&w, "refs/heads/scan/3/1.1", 3000);
        world_commit(&w, "refs/heads/scan/3/1.2", 3000);
    }
    struct jem_repack mixed = world_repack(&w, false);
    assert_true(mixed.packs_after < mixed.packs_before);
    assert_int_equal(git_reference_remove(w.ledger->repo, "refs/heads/scan/3/1.1"), 0);
    struct jem_repack kept = world_repack(&w, false); /* unasked, nothing is let go */
    assert_int_equal(kept.packs_after, mixed.packs_after);
    struct jem_repack done = world_repack(&w, true);
    assert_true(done.bytes_after < done.bytes_before * 6 / 10);
    world_sound(&w, "refs/heads/scan/3/1.2", 40);
    struct jem_repack again = world_repack(&w, true);
    assert_int_equal(again.bytes_after, done.bytes_after);
    assert_int_equal(again.packs_after, done.packs_after);
    assert_int_equal(git_reference_remove(w.ledger->repo, "refs/heads/scan/3/1.2"), 0);
    assert_int_equal(world_repack(&w, true).packs_after, 0);
    world_free(&w);
}

/* What an interrupted repack leaves is read over and swept away: the new pack without its index, or beside all the old ones. */
static void test_interrupted(void **state)
{
    struct world w;
    char command[1000];
    struct stat st;
    (void)state;
    world_make(&w);
    for (unsigned i = 0; i < 10; i++)
        world_commit(&w, "refs/heads/scan/3/1.1", 500);
    snprintf(command, sizeof command,
        "mkdir '%s/old' && cp -p '%s'/* '%s/old' && git -C '%s/ledger.git' repack -q -a -d && cp -p '%s/old'/* '%s'",
        w.dir, w.packs, w.dir, w.dir, w.dir, w.packs);
    assert_int_equal(system(command), 0);
    snprintf(command, sizeof command, "cd '%s' && echo half >pack-0123.pack && echo half >pack_git2_abc", w.packs);
    assert_int_equal(system(command), 0);
    world_again(&w);
    assert_int_equal(world_repack(&w, true).packs_before, 11);
    world_sound(&w, "refs/heads/scan/3/1.1", 10);
    snprintf(command, sizeof command, "%s/pack-0123.pack", w.packs);
    assert_int_not_equal(stat(command, &st), 0);
    snprintf(command, sizeof command, "%s/pack_git2_abc", w.packs);
    assert_int_not_equal(stat(command, &st), 0);
    world_free(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_join), cmocka_unit_test(test_prune),
        cmocka_unit_test(test_interrupted) };
    return cmocka_run_group_tests_name("repack", tests, NULL, NULL);
}
