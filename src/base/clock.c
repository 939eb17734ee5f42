/* clock.c - the kernel's clocks, the hybrid logical clock, and days as people write them. */
#include "jemput/clock.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/timex.h>
#include <time.h>

#define CLOCK_DAY_MS ((int64_t)86400000)
#define CLOCK_WIB_MS ((int64_t)7 * 3600 * 1000)
#define CLOCK_MAX_LEAP_MS (400 * CLOCK_DAY_MS)
#define CLOCK_MS_END ((int64_t)1 << 48)
/* 0001-01-01 and 9999-12-31: what four digits can write. */
#define CLOCK_DAY_FIRST (-719162)
#define CLOCK_DAY_LAST 2932896

static int64_t clock_now(clockid_t id)
{
    struct timespec ts;
    clock_gettime(id, &ts);
    return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static int64_t clock_system_now(void *ctx)
{
    (void)ctx;
    return clock_now(CLOCK_REALTIME);
}

static enum jem_clock_source clock_system_source(void *ctx)
{
    (void)ctx;
    struct timex tx = { .modes = 0 };
    int state = adjtimex(&tx);
    return state >= 0 && state != TIME_ERROR && !(tx.status & STA_UNSYNC) ? JEM_CLOCK_NTP : JEM_CLOCK_NONE;
}

const struct jem_clock *jem_clock_system(void)
{
    static const struct jem_clock system_clock = { clock_system_now, clock_system_source, NULL };
    return &system_clock;
}

int64_t jem_mono_ms(void)
{
    return clock_now(CLOCK_MONOTONIC);
}

int64_t jem_hlc_unix_ms(uint64_t hlc)
{
    return (int64_t)(hlc >> 16);
}

uint64_t jem_hlc_next(uint64_t last, int64_t wall_unix_ms)
{
    int64_t last_ms = jem_hlc_unix_ms(last);
    bool plausible = wall_unix_ms >= JEM_CLOCK_EARLIEST_MS && wall_unix_ms < CLOCK_MS_END &&
                     (last == 0 || wall_unix_ms - last_ms <= CLOCK_MAX_LEAP_MS);
    if (plausible && wall_unix_ms > last_ms)
        return (uint64_t)wall_unix_ms << 16;
    /* A full counter runs over into the milliseconds, which keeps the order. */
    return last + 1;
}

uint64_t jem_hlc_seen(uint64_t last, uint64_t received, int64_t wall_unix_ms)
{
    if (received <= last || jem_hlc_unix_ms(received) - JEM_HLC_MAX_AHEAD_MS > wall_unix_ms)
        return last;
    return received;
}

static int64_t clock_floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

struct clock_date {
    int year, month, day;
};

/* Gregorian date of a day number: the year counted from March, so that the leap day comes last. */
static struct clock_date clock_date_of(int32_t day)
{
    int64_t z = (int64_t)day + 719468;
    int64_t era = clock_floor_div(z, 146097);
    int64_t doe = z - era * 146097;
    int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    int64_t mp = (5 * doy + 2) / 153;
    int month = (int)(mp < 10 ? mp + 3 : mp - 9);
    return (struct clock_date){
        .year = (int)(yoe + era * 400 + (month <= 2)),
        .month = month,
        .day = (int)(doy - (153 * mp + 2) / 5 + 1),
    };
}

static int32_t clock_day_of(struct clock_date d)
{
    int64_t y = d.year - (d.month <= 2);
    int64_t era = clock_floor_div(y, 400);
    int64_t yoe = y - era * 400;
    int64_t doy = (153 * (d.month + (d.month > 2 ? -3 : 9)) + 2) / 5 + d.day - 1;
    int64_t doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;
    return (int32_t)(era * 146097 + doe - 719468);
}

static int32_t clock_clamp_day(int64_t day)
{
    return (int32_t)(day < CLOCK_DAY_FIRST ? CLOCK_DAY_FIRST : day > CLOCK_DAY_LAST ? CLOCK_DAY_LAST : day);
}

int32_t jem_day_of_unix_ms(int64_t at_unix_ms)
{
    return clock_clamp_day(
        clock_floor_div(clock_floor_div(at_unix_ms, 1000) + CLOCK_WIB_MS / 1000, CLOCK_DAY_MS / 1000));
}

void jem_day_format(int32_t day, char out[11])
{
    struct clock_date d = clock_date_of(clock_clamp_day(day));
    snprintf(out, 11, "%04u-%02u-%02u", (unsigned)d.year % 10000, (unsigned)d.month % 100, (unsigned)d.day % 100);
}

static bool clock_digits(const char *s, size_t n, int *out)
{
    *out = 0;
    for (size_t i = 0; i < n; i++) {
        if (s[i] < '0' || s[i] > '9')
            return false;
        *out = *out * 10 + (s[i] - '0');
    }
    return true;
}

enum jem_code jem_day_parse(const char *s, int32_t *out, struct jem_error *err)
{
    struct clock_date d;
    if (strlen(s) == 10 && clock_digits(s, 4, &d.year) && s[4] == '-' && clock_digits(s + 5, 2, &d.month) &&
        s[7] == '-' && clock_digits(s + 8, 2, &d.day) && d.year >= 1 && d.month >= 1 && d.month <= 12 && d.day >= 1) {
        int32_t day = clock_day_of(d);
        struct clock_date back = clock_date_of(day); /* 30 February comes back as another day */
        if (back.month == d.month && back.day == d.day) {
            *out = day;
            return JEM_OK;
        }
    }
    return jem_fail(err, JEM_EINVAL, JEM_D_BASE, 0, JEM_T_BASE_DAY_BAD);
}

void jem_day_human(int32_t day, char *out, size_t cap)
{
    struct clock_date d = clock_date_of(clock_clamp_day(day));
    snprintf(out, cap, "%d %s %d", d.day, jem_text((enum jem_text)(JEM_T_BASE_MONTH_1 + d.month - 1)), d.year);
}

/* Seconds of the day in WIB. */
static int64_t clock_second_of_day(int64_t at_unix_ms)
{
    int64_t s = clock_floor_div(at_unix_ms, 1000) + CLOCK_WIB_MS / 1000;
    return s - clock_floor_div(s, 86400) * 86400;
}

void jem_time_human(int64_t at_unix_ms, char *out, size_t cap)
{
    struct clock_date d = clock_date_of(jem_day_of_unix_ms(at_unix_ms));
    int64_t s = clock_second_of_day(at_unix_ms);
    snprintf(out, cap, "%d %s %d %02d%s%02d", d.day, jem_text((enum jem_text)(JEM_T_BASE_MONTH_SHORT_1 + d.month - 1)),
        d.year, (int)(s / 3600), jem_text(JEM_T_BASE_HOUR_SEPARATOR), (int)(s / 60 % 60));
}

void jem_time_iso(int64_t at_unix_ms, char out[26])
{
    char day[11];
    jem_day_format(jem_day_of_unix_ms(at_unix_ms), day);
    unsigned s = (unsigned)clock_second_of_day(at_unix_ms) % 86400;
    snprintf(out, 26, "%sT%02u:%02u:%02u+07:00", day, s / 3600 % 24, s / 60 % 60, s % 60);
}

const char *jem_clock_source_name(enum jem_clock_source source)
{
    switch (source) {
    case JEM_CLOCK_OPERATOR: return "operator";
    case JEM_CLOCK_NTP: return "ntp";
    case JEM_CLOCK_GPS: return "gps";
    case JEM_CLOCK_NONE: return "none";
    default: return "unknown";
    }
}

const char *jem_clock_source_label(const char *name)
{
    return jem_text(strcmp(name, "ntp") == 0        ? JEM_T_CLOCK_BY_NTP
                    : strcmp(name, "gps") == 0      ? JEM_T_CLOCK_BY_GPS
                    : strcmp(name, "operator") == 0 ? JEM_T_CLOCK_BY_OPERATOR
                                                    : JEM_T_CLOCK_BY_NONE);
}
