/* intake_value.c - the types of a form's values. Messages name the field, never the value: it may be personal. */
#include "intake_value.h"

#include "catalog_walk.h"

#include "jemput/clock.h"
#include "jemput/nik.h"
#include "jemput/region.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static bool value_is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Bytes of white space at `p`, 0 when none: ASCII blanks, and those that word processors and web pages leave. */
static size_t value_space(const unsigned char *p)
{
    if (*p == ' ' || (*p >= '\t' && *p <= '\r'))
        return 1;
    if (p[0] == 0xC2) /* U+00A0, no break */
        return p[1] == 0xA0 ? 2 : 0;
    if (p[0] == 0xE2 && p[1] == 0x80) /* U+2000..200A widths, U+2028 and U+2029 ends of lines, U+202F narrow */
        return (p[2] >= 0x80 && p[2] <= 0x8A) || p[2] == 0xA8 || p[2] == 0xA9 || p[2] == 0xAF ? 3 : 0;
    return p[0] == 0xE3 && p[1] == 0x80 && p[2] == 0x80 ? 3 : 0; /* U+3000 */
}

/* Bytes at `p` that nobody sees, 0 when none: two values that look the same are the same, and none is read in another order
 * than it is kept in. */
static size_t value_unseen(const unsigned char *p)
{
    if (p[0] == 0xC2) /* U+0080..009F controls, U+00AD soft hyphen */
        return (p[1] >= 0x80 && p[1] <= 0x9F) || p[1] == 0xAD ? 2 : 0;
    if (p[0] == 0xD8) /* U+061C mark of direction */
        return p[1] == 0x9C ? 2 : 0;
    if (p[0] == 0xE2 && p[1] == 0x80) /* U+200B..200F no width, U+202A..202E directions */
        return (p[2] >= 0x8B && p[2] <= 0x8F) || (p[2] >= 0xAA && p[2] <= 0xAE) ? 3 : 0;
    if (p[0] == 0xE2 && p[1] == 0x81) /* U+2060..206F joiners, directions */
        return p[2] >= 0xA0 && p[2] <= 0xAF ? 3 : 0;
    return p[0] == 0xEF && p[1] == 0xBB && p[2] == 0xBF ? 3 : 0; /* U+FEFF */
}

bool value_clean(const char *in, bool keep_lines, struct jem_buf *out)
{
    size_t start = out->len;
    for (const unsigned char *p = (const unsigned char *)in; *p;) {
        bool gap = false, line = false;
        for (size_t n, unseen; (n = value_space(p) + (unseen = value_unseen(p))) > 0; p += n) {
            gap = gap || unseen == 0;
            line = line || *p == '\n';
        }
        if (gap && out->len > start && *p)
            jem_buf_byte(out, keep_lines && line ? '\n' : ' ');
        if (*p == '\0')
            break;
        if (*p < 0x20 || *p == 0x7F)
            return false;
        jem_buf_byte(out, *p++);
    }
    return true;
}

/* What a check needs and says it with. */
struct value_check {
    const struct jem_field *field;
    const char *label;
    int32_t today;
    struct jem_buf *out;
    struct jem_issues *issues;
};

static bool value_refuse(const struct value_check *c, enum jem_text key)
{
    jem_issue_add(c->issues, JEM_SEV_ERROR, c->field->name, key, c->label);
    return false;
}

static bool value_text(const struct value_check *c, const char *in)
{
    if (c->field->max_length && cat_chars(in) > c->field->max_length) {
        jem_issue_add(c->issues, JEM_SEV_ERROR, c->field->name, JEM_T_INTAKE_TOO_LONG, c->label,
            (int)c->field->max_length);
        return false;
    }
    jem_buf_str(c->out, in);
    return true;
}

static bool value_nik(const struct value_check *c, const char *in)
{
    struct jem_nik nik;
    struct jem_error err;
    bool kk = c->field->type == JEM_FIELD_KK;
    if ((kk ? jem_kk_parse(in, c->today, &nik, &err) : jem_nik_parse(in, c->today, &nik, &err)) != JEM_OK) {
        jem_issue_add(c->issues, JEM_SEV_ERROR, c->field->name, JEM_T_INTAKE_NIK_REFUSED, c->label, err.msg);
        return false;
    }
    /* The applicant's own NIK is doubted later, with the birth date and the sex of the form at hand. */
    if (strcmp(c->field->name, "nik") != 0)
        jem_nik_warn(&nik, c->field->name, INT32_MIN, JEM_SEX_UNKNOWN, c->issues);
    jem_buf_str(c->out, nik.text);
    return true;
}

/* Three numbers parted by one kind of mark; returns how many digits the first has, 0 when of another form. */
static size_t value_triple(const char *in, int part[3])
{
    size_t first = 0;
    char mark = '\0';
    for (int i = 0; i < 3; i++) {
        size_t n = 0;
        part[i] = 0;
        for (; value_is_digit(*in) && n < 4; n++)
            part[i] = part[i] * 10 + (*in++ - '0');
        if (n == 0)
            return 0;
        first = i == 0 ? n : first;
        if (i == 2)
            return *in == '\0' && (first == 4 ? n <= 2 : n == 4) ? first : 0;
        if (!strchr("-/.", *in) || (mark && mark != *in))
            return 0;
        mark = *in++;
    }
    return 0;
}

static bool value_date(const struct value_check *c, const char *in)
{
    int part[3];
    char text[48], bound[48];
    int32_t day;
    size_t first = value_triple(in, part);
    bool year_first = first == 4;
    snprintf(text, sizeof text, "%04d-%02d-%02d", part[year_first ? 0 : 2], part[1], part[year_first ? 2 : 0]);
    if (first == 0 || first == 3 || jem_day_parse(text, &day, NULL) != JEM_OK)
        return value_refuse(c, JEM_T_INTAKE_DATE);
    int64_t offset = (int64_t)day - c->today;
    if (offset >= c->field->min && offset <= c->field->max) {
        jem_buf_str(c->out, text);
        return true;
    }
    bool early = offset < c->field->min;
    jem_day_human((int32_t)(c->today + (early ? c->field->min : c->field->max)), bound, sizeof bound);
    jem_issue_add(c->issues, JEM_SEV_ERROR, c->field->name, early ? JEM_T_INTAKE_DATE_EARLY : JEM_T_INTAKE_DATE_LATE,
        c->label, bound);
    return false;
}

/* Writes the value when it lies between the bounds. */
static bool value_bounded(const struct value_check *c, int64_t value)
{
    const struct jem_field *f = c->field;
    if (value < f->min || value > f->max) {
        bool low = value < f->min;
        jem_issue_add(c->issues, JEM_SEV_ERROR, f->name, low ? JEM_T_INTAKE_TOO_SMALL : JEM_T_INTAKE_TOO_LARGE,
            c->label, (long long)(low ? f->min : f->max));
        return false;
    }
    jem_buf_fmt(c->out, "%lld", (long long)value);
    return true;
}

static bool value_integer(const struct value_check *c, const char *in)
{
    size_t sign = *in == '-' || *in == '+' ? 1 : 0;
    size_t digits = strspn(in + sign, "0123456789");
    if (digits == 0 || digits > 15 || in[sign + digits] != '\0')
        return value_refuse(c, JEM_T_INTAKE_INTEGER);
    return value_bounded(c, strtoll(in, NULL, 10));
}

/* "Rp 1.250.000", "1250000", "1.250.000,00", "1.250.000,-": dots only between groups of three. */
static bool value_money(const struct value_check *c, const char *in)
{
    if (strncasecmp(in, "rp", 2) == 0)
        in += 2 + (in[2] == '.');
    in += strspn(in, " ");
    int64_t value = 0;
    size_t group = 0, digits = 0;
    bool dotted = false;
    for (; value_is_digit(*in) || *in == '.'; in++) {
        if (*in == '.') {
            if (group == 0 || group > 3 || (dotted && group != 3))
                return value_refuse(c, JEM_T_INTAKE_MONEY);
            dotted = true;
            group = 0;
            continue;
        }
        if (++digits > 15)
            return value_refuse(c, JEM_T_INTAKE_MONEY);
        group++;
        value = value * 10 + (*in - '0');
    }
    bool cents = strcmp(in, ",00") == 0 || strcmp(in, ",-") == 0;
    if (digits == 0 || (dotted && group != 3) || (*in != '\0' && !cents))
        return value_refuse(c, JEM_T_INTAKE_MONEY);
    return value_bounded(c, value);
}

static bool value_choice(const struct value_check *c, const char *in)
{
    const struct jem_field *f = c->field;
    for (size_t i = 0; i < f->option_count; i++) {
        const struct jem_option *o = &f->options[i];
        if (strcasecmp(in, o->value) == 0 || strcasecmp(in, o->label[JEM_ID]) == 0 ||
            strcasecmp(in, o->label[JEM_EN]) == 0) {
            jem_buf_str(c->out, o->value);
            return true;
        }
    }
    char all[200] = "";
    for (size_t i = 0; i < f->option_count; i++) {
        size_t used = strlen(all);
        if (used + strlen(f->options[i].value) + 8 > sizeof all) {
            strncat(all, ", …", sizeof all - used - 1);
            break;
        }
        snprintf(all + used, sizeof all - used, "%s%s", used ? ", " : "", f->options[i].value);
    }
    jem_issue_add(c->issues, JEM_SEV_ERROR, f->name, JEM_T_INTAKE_CHOICE, c->label, all);
    return false;
}

static bool value_yesno(const struct value_check *c, const char *in)
{
    static const char *const words[2][6] = { { "ya", "y", "yes", "true", "1", "ada" },
        { "tidak", "t", "no", "n", "false", "0" } };
    for (int no = 0; no < 2; no++)
        for (size_t i = 0; i < 6; i++)
            if (strcasecmp(in, words[no][i]) == 0) {
                jem_buf_str(c->out, words[no][0]);
                return true;
            }
    return value_refuse(c, JEM_T_INTAKE_YESNO);
}

/* Indonesian numbers, from 0 on: "+62 812-3456-789", "62812...", "812...", "(0263) 123456". */
static bool value_phone(const struct value_check *c, const char *in)
{
    char digits[20];
    size_t n = 0;
    bool plus = *in == '+';
    for (const char *p = in + plus; *p; p++) {
        if (strchr(" -.()", *p))
            continue;
        if (!value_is_digit(*p) || n == sizeof digits - 1)
            return value_refuse(c, JEM_T_INTAKE_PHONE);
        digits[n++] = *p;
    }
    digits[n] = '\0';
    const char *rest = digits;
    if (strncmp(rest, "62", 2) == 0)
        rest += 2;
    else if (plus)
        return value_refuse(c, JEM_T_INTAKE_PHONE);
    rest += *rest == '0';
    size_t left = strlen(rest);
    bool bare = rest == digits && *rest != '8';
    if (left < 8 || left > 13 || *rest == '0' || bare)
        return value_refuse(c, JEM_T_INTAKE_PHONE);
    jem_buf_byte(c->out, '0');
    jem_buf_str(c->out, rest);
    return true;
}

static bool value_email(const struct value_check *c, const char *in)
{
    const char *at = strchr(in, '@');
    size_t local = at ? (size_t)(at - in) : 0;
    if (local == 0 || local > 64 || strlen(in) > 254 || in[0] == '.' || at[-1] == '.')
        return value_refuse(c, JEM_T_INTAKE_EMAIL);
    for (const char *p = in; p < at; p++)
        if (*p <= ' ' || (unsigned char)*p > 126 || strchr("()<>[],;:\\\"", *p) || (*p == '.' && p[1] == '.'))
            return value_refuse(c, JEM_T_INTAKE_EMAIL);
    size_t label = 0, labels = 1;
    jem_buf_add(c->out, in, local + 1);
    for (const char *p = at + 1; *p; p++) {
        char lower = *p >= 'A' && *p <= 'Z' ? (char)(*p + 32) : *p;
        bool word = (lower >= 'a' && lower <= 'z') || value_is_digit(lower);
        bool hyphen = lower == '-' && label > 0 && p[1] != '.' && p[1] != '\0';
        if (lower == '.' && label > 0) {
            label = 0;
            labels++;
        } else if (word || hyphen) {
            label++;
        } else {
            return value_refuse(c, JEM_T_INTAKE_EMAIL);
        }
        jem_buf_byte(c->out, (unsigned char)lower);
    }
    return (label >= 2 && labels >= 2) || value_refuse(c, JEM_T_INTAKE_EMAIL);
}

static bool value_village(const struct value_check *c, const char *in)
{
    struct jem_region region;
    if (!jem_region_find(in, &region) || region.level != JEM_REGION_VILLAGE)
        return value_refuse(c, JEM_T_INTAKE_VILLAGE);
    jem_buf_str(c->out, region.code);
    return true;
}

bool value_normalise(const struct jem_field *field, const char *in, int32_t today, struct jem_buf *out,
    struct jem_issues *issues)
{
    const struct value_check c = { .field = field,
        .label = jem_pair(field->label),
        .today = today,
        .out = out,
        .issues = issues };
    switch (field->type) {
    case JEM_FIELD_TEXT:
    case JEM_FIELD_LONGTEXT: return value_text(&c, in);
    case JEM_FIELD_NIK:
    case JEM_FIELD_KK: return value_nik(&c, in);
    case JEM_FIELD_DATE: return value_date(&c, in);
    case JEM_FIELD_INTEGER: return value_integer(&c, in);
    case JEM_FIELD_MONEY: return value_money(&c, in);
    case JEM_FIELD_CHOICE: return value_choice(&c, in);
    case JEM_FIELD_YESNO: return value_yesno(&c, in);
    case JEM_FIELD_PHONE: return value_phone(&c, in);
    case JEM_FIELD_EMAIL: return value_email(&c, in);
    case JEM_FIELD_VILLAGE: return value_village(&c, in);
    case JEM_FIELD_UNKNOWN: break;
    }
    return false;
}
