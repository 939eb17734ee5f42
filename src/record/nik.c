/* nik.c - NIK and KK: PPRRSS DDMMYY NNNN. A NIK has no check digit and never changes, so only what can be no NIK
 * at all is an error; a region or a date that looks wrong may stand on a real card and is a warning. */
#include "jemput/nik.h"

#include "jemput/clock.h"
#include "jemput/region.h"

#include <stdio.h>
#include <string.h>

static bool nik_is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static int nik_pair(const char *p)
{
    return (p[0] - '0') * 10 + (p[1] - '0');
}

/* Copies the digits of `s`; spaces, dots and hyphens between them are how people group them. */
static enum jem_code nik_digits(const char *s, const char *label, char digits[JEM_NIK_DIGITS + 1],
    struct jem_error *err)
{
    size_t n = 0;
    for (const char *p = s; *p; p++) {
        if (nik_is_digit(*p)) {
            if (n < JEM_NIK_DIGITS)
                digits[n] = *p;
            n++;
        } else if (!strchr(" .-\t\r\n", *p)) {
            return jem_fail(err, JEM_EINVAL, JEM_D_RECORD, 0, JEM_T_NIK_CHARACTER, label);
        }
    }
    if (n != JEM_NIK_DIGITS)
        return jem_fail(err, JEM_EINVAL, JEM_D_RECORD, 0, JEM_T_NIK_LENGTH, label, (int)(n > 999 ? 999 : n));
    digits[n] = '\0';
    return JEM_OK;
}

static int nik_days_in_month(int year, int month)
{
    static const int days[12] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return month == 2 && leap ? 29 : days[month - 1];
}

static void nik_civil(int32_t day, int *year, int *month, int *mday)
{
    char text[11];
    jem_day_format(day, text);
    *year = nik_pair(text) * 100 + nik_pair(text + 2);
    *month = nik_pair(text + 5);
    *mday = nik_pair(text + 8);
}

/* The latest year that ends in `two`, has this day, and is not after `today`; 0 when the day is in no such year. */
static int nik_year(int two, int month, int mday, int32_t today)
{
    int now_year, now_month, now_day;
    nik_civil(today, &now_year, &now_month, &now_day);
    int first = now_year - now_year % 100 + two;
    for (int year = first; year >= first - 100; year -= 100) {
        if (mday > nik_days_in_month(year, month))
            continue;
        if (year < now_year || (year == now_year && (month < now_month || (month == now_month && mday <= now_day))))
            return year;
    }
    return 0;
}

static enum jem_code nik_read(const char *s, bool is_kk, int32_t today, struct jem_nik *out, struct jem_error *err)
{
    const char *label = jem_text(is_kk ? JEM_T_NIK_NAME_KK : JEM_T_NIK_NAME_NIK);
    struct jem_nik nik = { .sex = JEM_SEX_UNKNOWN };
    enum jem_code code = nik_digits(s, label, nik.text, err);
    if (code != JEM_OK)
        return code;
    memcpy(nik.district, nik.text, 6);
    nik.district[6] = '\0';
    nik.day = nik_pair(nik.text + 6);
    nik.month = nik_pair(nik.text + 8);
    if (!is_kk) {
        nik.sex = nik.day > 40 ? JEM_SEX_FEMALE : JEM_SEX_MALE;
        if (nik.day > 40)
            nik.day -= 40;
    }
    if (nik.day < 1 || nik.day > 31)
        return jem_fail(err, JEM_EINVAL, JEM_D_RECORD, 0, is_kk ? JEM_T_NIK_DAY_KK : JEM_T_NIK_DAY);
    if (nik.month < 1 || nik.month > 12)
        return jem_fail(err, JEM_EINVAL, JEM_D_RECORD, 0, JEM_T_NIK_MONTH, label);
    nik.year = nik_year(nik_pair(nik.text + 10), nik.month, nik.day, today);
    if (nik.year == 0)
        return jem_fail(err, JEM_EINVAL, JEM_D_RECORD, 0, JEM_T_NIK_NO_SUCH_DAY, label);
    nik.serial = nik_pair(nik.text + 12) * 100 + nik_pair(nik.text + 14);
    if (nik.serial == 0)
        return jem_fail(err, JEM_EINVAL, JEM_D_RECORD, 0, JEM_T_NIK_SERIAL, label);
    *out = nik;
    return JEM_OK;
}

enum jem_code jem_nik_parse(const char *s, int32_t today, struct jem_nik *out, struct jem_error *err)
{
    return nik_read(s, false, today, out, err);
}

enum jem_code jem_kk_parse(const char *s, int32_t today, struct jem_nik *out, struct jem_error *err)
{
    return nik_read(s, true, today, out, err);
}

void jem_nik_warn(const struct jem_nik *nik, const char *field, int32_t birth_day, enum jem_sex sex,
    struct jem_issues *out)
{
    const char *label = jem_text(nik->sex == JEM_SEX_UNKNOWN ? JEM_T_NIK_NAME_KK : JEM_T_NIK_NAME_NIK);
    char province[3] = { nik->district[0], nik->district[1], '\0' };
    struct jem_region region;
    if (!jem_region_find(province, &region))
        jem_issue_add(out, JEM_SEV_WARNING, field, JEM_T_NIK_WARN_PROVINCE, label);
    else if (!jem_region_find(nik->district, &region))
        jem_issue_add(out, JEM_SEV_WARNING, field, JEM_T_NIK_WARN_DISTRICT, label);
    if (birth_day != INT32_MIN) {
        int year, month, mday;
        nik_civil(birth_day, &year, &month, &mday);
        /* The number holds two digits of the year: a person of 104 years differs from a child of 4 in nothing. */
        if (year % 100 != nik->year % 100 || month != nik->month || mday != nik->day)
            jem_issue_add(out, JEM_SEV_WARNING, field, JEM_T_NIK_WARN_BIRTH);
    }
    if (sex != JEM_SEX_UNKNOWN && nik->sex != JEM_SEX_UNKNOWN && sex != nik->sex)
        jem_issue_add(out, JEM_SEV_WARNING, field, JEM_T_NIK_WARN_SEX);
}

bool jem_nik_shaped(const char *s)
{
    return strlen(s) == JEM_NIK_DIGITS && strspn(s, "0123456789") == JEM_NIK_DIGITS;
}

void jem_nik_mask(const char *s, char out[40])
{
    static const char bullets[] = "••••••••";
    if (jem_nik_shaped(s))
        snprintf(out, 40, "%.4s%s%s", s, bullets, s + 12);
    else
        snprintf(out, 40, "%s", bullets);
}
