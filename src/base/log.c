/* log.c - one line an event on stderr. */
#include "jemput/log.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "jemput/clock.h"

static atomic_int log_level = JEM_LOG_WARN;

void jem_log_level_set(enum jem_log_level level)
{
    atomic_store(&log_level, level == JEM_LOG_UNKNOWN ? JEM_LOG_WARN : (int)level);
}

void jem_log(enum jem_log_level level, const char *fmt, ...)
{
    static const char *const names[] = { "?", "error", "warn", "info", "debug" };
    if (level <= JEM_LOG_UNKNOWN || level > JEM_LOG_DEBUG || (int)level > atomic_load(&log_level))
        return;
    char line[1024], at[26];
    jem_time_iso(jem_clock_system()->now_unix_ms(NULL), at);
    int n = snprintf(line, sizeof line, "%s jemput %s: ", at, names[level]);
    if (n < 0)
        return;
    size_t start = (size_t)n;
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(line + start, sizeof line - start - 1, fmt, ap);
    va_end(ap);
    size_t len = start + strlen(line + start);
    for (size_t i = start; i < len; i++)
        if ((unsigned char)line[i] < 0x20 || line[i] == 0x7f)
            line[i] = ' ';
    line[len++] = '\n';
    /* One write, so that lines of several processes do not mix. A lost log line is not an error. */
    ssize_t done = write(STDERR_FILENO, line, len);
    (void)done;
}
