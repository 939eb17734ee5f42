// room: base
/* Confined children: their output comes back; what hangs, floods, fails or is missing is stopped and named. */
#include "unit.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "jemput/clock.h"
#include "jemput/file.h"

static struct jem_buf out;
static struct jem_error err;

static int fresh(void **state)
{
    (void)state;
    out = JEM_BUF_INIT(8 << 20);
    memset(&err, 0, sizeof err);
    return 0;
}

static int done(void **state)
{
    (void)state;
    jem_buf_release(&out);
    errno = 0;
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1); /* no zombie is left */
    assert_int_equal(errno, ECHILD);
    return 0;
}

static enum jem_code shell(const char *script, const void *in, size_t n, int timeout_ms, size_t max_bytes)
{
    const char *const argv[] = { "/bin/sh", "-c", script, NULL };
    return jem_child_run(argv, in, n, timeout_ms, max_bytes, &out, &err);
}

static void input_goes_in_and_output_comes_back(void **state)
{
    (void)state;
    size_t n = 3 << 20; /* more than any pipe holds */
    unsigned char *p = malloc(n);
    assert_non_null(p);
    for (size_t i = 0; i < n; i++)
        p[i] = (unsigned char)(i * 31);
    const char *const cat[] = { "/bin/cat", NULL };
    assert_int_equal(jem_child_run(cat, p, n, 20000, n, &out, &err), JEM_OK);
    assert_int_equal(out.len, n);
    assert_memory_equal(out.data, p, n);
    jem_buf_clear(&out);
    assert_int_equal(shell("exec 0<&-; echo ok", p, n, 20000, 10), JEM_OK); /* an input that nobody reads */
    assert_string_equal(jem_buf_text(&out), "ok\n");
    free(p);
}

static void it_has_no_environment_and_no_files(void **state)
{
    (void)state;
    setenv("JEM_SECRET", "x", 1);
    int leak = dup(0);
    const char *const env[] = { "/usr/bin/env", NULL };
    assert_int_equal(jem_child_run(env, NULL, 0, 5000, 1000, &out, &err), JEM_OK);
    assert_int_equal(out.len, 0);
    assert_int_equal(shell("cd /proc/self/fd && echo *", NULL, 0, 5000, 1000), JEM_OK);
    assert_true(strncmp(jem_buf_text(&out), "0 1 2", 5) == 0);
    assert_true(out.len <= 8); /* the shell's own descriptor on the folder at most */
    close(leak);
}

static void failures_are_named(void **state)
{
    (void)state;
    jem_buf_str(&out, "kept");
    assert_int_equal(shell("echo lost; exit 3", NULL, 0, 5000, 100), JEM_EINVAL);
    assert_int_equal(err.native, 3);
    assert_non_null(strstr(err.msg, "/bin/sh"));
    assert_string_equal(jem_buf_text(&out), "kept");
    assert_int_equal(shell("kill -SEGV $$", NULL, 0, 5000, 100), JEM_EINVAL);
    assert_int_equal(err.native, SIGSEGV);
    const char *const none[] = { "/no/such/program", NULL };
    assert_int_equal(jem_child_run(none, NULL, 0, 5000, 100, &out, &err), JEM_ENOTFOUND);
    const char *const folder[] = { "/tmp", NULL };
    assert_int_equal(jem_child_run(folder, NULL, 0, 5000, 100, &out, &err), JEM_EDENIED);
    assert_string_equal(jem_buf_text(&out), "kept");
}

static void what_hangs_is_killed(void **state)
{
    (void)state;
    static const char *const hangs[] = { "sleep 60", "exec >&-; sleep 60", "trap '' TERM INT; while :; do :; done",
        "echo much; (sleep 60 &) ; sleep 60" };
    for (size_t i = 0; i < sizeof hangs / sizeof *hangs; i++) {
        int64_t start = jem_mono_ms();
        assert_int_equal(shell(hangs[i], NULL, 0, 300, 100), JEM_EINVAL);
        int64_t took = jem_mono_ms() - start;
        assert_true(took >= 295 && took < 5000);
        assert_int_equal(err.native, ETIMEDOUT);
        assert_int_equal(out.len, 0);
    }
}

static void what_floods_is_killed(void **state)
{
    (void)state;
    assert_int_equal(shell("while :; do echo flood; done", NULL, 0, 20000, 5000), JEM_EINVAL);
    assert_int_equal(out.len, 0);
    assert_int_equal(shell("printf 12345", NULL, 0, 5000, 5), JEM_OK);
    assert_int_equal(shell("printf 12345", NULL, 0, 5000, 4), JEM_EINVAL);
}

static void memory_and_files_are_limited(void **state)
{
    (void)state;
    assert_int_equal(shell("ulimit -v; ulimit -c; ulimit -n; ulimit -t; ulimit -f", NULL, 0, 5000, 200), JEM_OK);
    assert_string_equal(jem_buf_text(&out), "1048576\n0\n64\n6\n524288\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(input_goes_in_and_output_comes_back, fresh, done),
        cmocka_unit_test_setup_teardown(it_has_no_environment_and_no_files, fresh, done),
        cmocka_unit_test_setup_teardown(failures_are_named, fresh, done),
        cmocka_unit_test_setup_teardown(what_hangs_is_killed, fresh, done),
        cmocka_unit_test_setup_teardown(what_floods_is_killed, fresh, done),
        cmocka_unit_test_setup_teardown(memory_and_files_are_limited, fresh, done),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
