// room: base
/* Files: bounded reads, writes that are old or new but never torn, folders, locks across processes. */
#include "unit.h"

#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "jemput/file.h"
#include "prop.h"
#include "scratch.h"

static char dir[64];

static int make_dir(void **state)
{
    (void)state;
    scratch_dir(dir, sizeof dir, "file");
    return 0;
}

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
    (void)st;
    (void)flag;
    (void)ftw;
    return remove(path);
}

static int remove_dir(void **state)
{
    (void)state;
    return nftw(dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static const char *in_dir(const char *name)
{
    static char path[4][160];
    static int turn;
    turn = (turn + 1) % 4;
    assert_int_equal(jem_path_join(path[turn], sizeof path[turn], dir, name, NULL), JEM_OK);
    return path[turn];
}

static void reads_what_was_written(void **state)
{
    (void)state;
    struct jem_buf out = JEM_BUF_INIT(100000);
    struct jem_error err;
    unsigned char p[50000];
    memset(p, 7, sizeof p);
    const char *path = in_dir("a");
    assert_int_equal(jem_file_write(path, p, sizeof p, 0600, &err), JEM_OK);
    struct stat st;
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
    jem_buf_str(&out, "kept");
    assert_int_equal(jem_file_read(path, sizeof p - 1, &out, &err), JEM_EINVAL);
    assert_string_equal(jem_buf_text(&out), "kept");
    assert_int_equal(jem_file_read(path, sizeof p, &out, &err), JEM_OK);
    assert_int_equal(out.len, sizeof p + 4);
    assert_memory_equal(out.data + 4, p, sizeof p);
    assert_int_equal(jem_file_write(path, "", 0, 0640, &err), JEM_OK);
    jem_buf_clear(&out);
    assert_int_equal(jem_file_read(path, 0, &out, &err), JEM_OK);
    assert_int_equal(out.len, 0);
    assert_int_equal(jem_file_read(in_dir("none"), 9, &out, &err), JEM_ENOTFOUND);
    assert_non_null(strstr(err.msg, "none"));
    assert_int_equal(jem_file_read(dir, 9, &out, &err), JEM_EIO);
    assert_int_equal(jem_file_write(in_dir("no/such"), "x", 1, 0600, &err), JEM_ENOTFOUND);
    jem_buf_release(&out);
}

/* A writer is killed at random moments; whoever reads then finds one of the two contents, whole. */
static void a_killed_writer_leaves_a_whole_file(void **state)
{
    (void)state;
    enum { SIZE = 200000 };
    struct prop g = prop_start("a_killed_writer_leaves_a_whole_file");
    static unsigned char old_bytes[SIZE], new_bytes[SIZE];
    memset(old_bytes, 'o', SIZE);
    memset(new_bytes, 'n', SIZE);
    const char *path = in_dir("torn");
    assert_int_equal(jem_file_write(path, old_bytes, SIZE, 0600, NULL), JEM_OK);
    size_t seen_old = 0, seen_new = 0;
    for (size_t round = 0; round < prop_rounds(60); round++) {
        pid_t pid = fork();
        assert_true(pid >= 0);
        if (pid == 0) {
            for (;;)
                if (jem_file_write(path, new_bytes, SIZE, 0600, NULL) != JEM_OK ||
                    jem_file_write(path, old_bytes, SIZE, 0600, NULL) != JEM_OK)
                    _exit(1);
        }
        usleep((useconds_t)prop_below(&g, 8000));
        assert_int_equal(kill(pid, SIGKILL), 0);
        int status;
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_true(WIFSIGNALED(status));
        struct jem_buf out = JEM_BUF_INIT(SIZE);
        assert_int_equal(jem_file_read(path, SIZE, &out, NULL), JEM_OK);
        assert_int_equal(out.len, SIZE);
        seen_old += memcmp(out.data, old_bytes, SIZE) == 0;
        seen_new += memcmp(out.data, new_bytes, SIZE) == 0;
        jem_buf_release(&out);
    }
    assert_int_equal(seen_old + seen_new, prop_rounds(60));
    assert_int_equal(jem_file_write(path, "x", 1, 0600, NULL), JEM_OK);
    assert_false(jem_path_exists(in_dir("torn.tmp"))); /* what the dead left is used up */
}

/* Writers of one file take turns: it always holds one of their contents. */
static void writers_take_turns(void **state)
{
    (void)state;
    enum { WRITERS = 4, SIZE = 5000 };
    const char *path = in_dir("turns");
    for (unsigned char w = 0; w < WRITERS; w++)
        if (fork() == 0) {
            unsigned char p[SIZE];
            memset(p, 'a' + w, sizeof p);
            for (int i = 0; i < 40; i++)
                if (jem_file_write(path, p, sizeof p, 0600, NULL) != JEM_OK)
                    _exit(1);
            _exit(0);
        }
    for (int w = 0; w < WRITERS; w++) {
        int status;
        assert_true(wait(&status) > 0);
        assert_int_equal(status, 0);
    }
    struct jem_buf out = JEM_BUF_INIT(SIZE);
    assert_int_equal(jem_file_read(path, SIZE, &out, NULL), JEM_OK);
    assert_int_equal(out.len, SIZE);
    for (size_t i = 1; i < SIZE; i++)
        assert_int_equal(out.data[i], out.data[0]);
    assert_false(jem_path_exists(in_dir("turns.tmp")));
    jem_buf_release(&out);
}

/* A refused write leaves the old file and nothing beside it. */
static void a_failed_write_changes_nothing(void **state)
{
    (void)state;
    const char *path = in_dir("sub");
    struct jem_error err;
    assert_int_equal(jem_dir_make(in_dir("sub/inner"), 0700, &err), JEM_OK);
    assert_int_equal(jem_file_write(path, "x", 1, 0600, &err), JEM_EIO); /* rename onto a folder */
    assert_true(jem_path_exists(in_dir("sub/inner")));
    struct jem_buf names = JEM_BUF_INIT(4096);
    const char *const ls[] = { "/bin/ls", dir, NULL };
    assert_int_equal(jem_child_run(ls, NULL, 0, 5000, 4096, &names, &err), JEM_OK);
    assert_null(strstr(jem_buf_text(&names), "sub.tmp"));
    jem_buf_release(&names);
}

static void folders_come_with_their_parents(void **state)
{
    (void)state;
    struct jem_error err;
    assert_int_equal(jem_dir_make(in_dir("p/q//r/"), 0700, &err), JEM_OK);
    assert_int_equal(jem_dir_make(in_dir("p/q/r"), 0700, &err), JEM_OK);
    assert_true(jem_path_exists(in_dir("p/q/r")));
    assert_int_equal(jem_file_write(in_dir("p/file"), "x", 1, 0600, &err), JEM_OK);
    assert_int_equal(jem_dir_make(in_dir("p/file"), 0700, &err), JEM_EEXISTS);
    assert_int_not_equal(jem_dir_make(in_dir("p/file/x"), 0700, &err), JEM_OK);
    assert_int_equal(jem_dir_make("", 0700, &err), JEM_EINVAL);
    assert_true(jem_disk_free_bytes(dir) > 0);
    assert_int_equal(jem_disk_free_bytes(in_dir("none")), 0);
}

static void paths_that_do_not_fit_are_refused(void **state)
{
    (void)state;
    char out[8];
    struct jem_error err;
    assert_int_equal(jem_path_join(out, sizeof out, "abc", "def", &err), JEM_OK);
    assert_string_equal(out, "abc/def");
    assert_int_equal(jem_path_join(out, sizeof out, "abc/", "def", &err), JEM_OK);
    assert_string_equal(out, "abc/def");
    assert_int_equal(jem_path_join(out, sizeof out, "abcd", "def", &err), JEM_EINVAL);
    assert_int_equal(jem_path_join(out, sizeof out, "", "def", &err), JEM_OK);
    assert_string_equal(out, "def");
}

/* In another process, because a lock belongs to an open file. */
static int lock_in_child(const char *path)
{
    pid_t pid = fork();
    if (pid == 0) {
        int fd;
        enum jem_code code = jem_lock_take(path, &fd, NULL);
        _exit(code == JEM_OK ? 0 : code == JEM_EBUSY ? 4 : 70);
    }
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WEXITSTATUS(status);
}

static void locks_exclude_other_processes(void **state)
{
    (void)state;
    const char *path = in_dir("lock");
    int fd = -1, again = -1;
    assert_int_equal(jem_lock_take(path, &fd, NULL), JEM_OK);
    assert_int_equal(lock_in_child(path), 4);
    assert_int_equal(jem_lock_take(path, &again, NULL), JEM_EBUSY);
    assert_int_equal(again, -1);
    jem_lock_release(fd);
    jem_lock_release(-1);
    assert_int_equal(lock_in_child(path), 0); /* and its death released it */
    assert_int_equal(jem_lock_take(path, &fd, NULL), JEM_OK);
    jem_lock_release(fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_what_was_written),
        cmocka_unit_test(a_killed_writer_leaves_a_whole_file),
        cmocka_unit_test(writers_take_turns),
        cmocka_unit_test(a_failed_write_changes_nothing),
        cmocka_unit_test(folders_come_with_their_parents),
        cmocka_unit_test(paths_that_do_not_fit_are_refused),
        cmocka_unit_test(locks_exclude_other_processes),
    };
    return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
