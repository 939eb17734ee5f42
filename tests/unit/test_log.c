// room: base
/* The log: one line an event, none below the level. */
#include "unit.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "jemput/log.h"

static char text[4096];

/* Runs f with stderr in a pipe; what it wrote is in text. */
static void captured(void (*f)(void))
{
    int p[2], saved = dup(STDERR_FILENO);
    assert_int_equal(pipe(p), 0);
    dup2(p[1], STDERR_FILENO);
    f();
    dup2(saved, STDERR_FILENO);
    close(saved);
    close(p[1]);
    ssize_t n = read(p[0], text, sizeof text - 1);
    close(p[0]);
    text[n > 0 ? n : 0] = '\0';
}

static void three_lines(void)
{
    jem_log(JEM_LOG_DEBUG, "hidden");
    jem_log(JEM_LOG_WARN, "link %s\nforged line", "gone");
    jem_log(JEM_LOG_ERROR, "%02000d", 7);
}

static void one_line_an_event(void **state)
{
    (void)state;
    jem_log_level_set(JEM_LOG_UNKNOWN);
    captured(three_lines);
    assert_null(strstr(text, "hidden"));
    assert_non_null(strstr(text, "jemput warn: link gone forged line\n"));
    size_t lines = 0;
    for (const char *p = text; *p; p++)
        lines += *p == '\n';
    assert_int_equal(lines, 2);
    assert_int_equal(text[strlen(text) - 1], '\n');
    jem_log_level_set(JEM_LOG_DEBUG);
    captured(three_lines);
    assert_non_null(strstr(text, "jemput debug: hidden\n"));
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(one_line_an_event) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
