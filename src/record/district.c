/* district.c - cases of the district to columns and back. The layout stands in district.h. */
#include "jemput/district.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "jemput/number.h"

#define DISTRICT_BYTES_MAX (JEM_EVENT_BODY_MAX / 4 * 3)

static int district_by_number(const void *a, const void *b)
{
    const struct jem_district_case *x = a, *y = b;
    return x->number < y->number ? -1 : x->number > y->number;
}

static uint64_t district_zigzag(int64_t v)
{
    return v < 0 ? ((uint64_t) - (v + 1) << 1) + 1 : (uint64_t)v << 1;
}

static int64_t district_unzigzag(uint64_t v)
{
    return (v & 1) != 0 ? -(int64_t)(v >> 1) - 1 : (int64_t)(v >> 1);
}

static bool district_fits(const struct jem_district_case *cases, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (cases[i].number == 0 || cases[i].number > JEM_NUMBER_MAX || cases[i].stage <= JEM_STATUS_UNKNOWN ||
            cases[i].stage >= JEM_STATUS_COUNT || (i > 0 && cases[i].number == cases[i - 1].number))
            return false;
    return count > 0 && count <= JEM_DISTRICT_CASES_MAX;
}

/* The base is the day of most use: the newest, so that differences are small and of one sign. */
static int32_t district_base(const struct jem_district_case *cases, size_t count)
{
    int32_t base = cases[0].day;
    for (size_t i = 1; i < count; i++)
        base = cases[i].day > base ? cases[i].day : base;
    return base;
}

enum jem_code jem_district_pack(struct jem_district_case *cases, size_t count, json_t **out, struct jem_error *err)
{
    struct jem_buf b = JEM_BUF_INIT(DISTRICT_BYTES_MAX), text = JEM_BUF_INIT(JEM_EVENT_BODY_MAX);
    char day[11];
    *out = NULL;
    qsort(cases, count, sizeof *cases, district_by_number);
    if (!district_fits(cases, count))
        return jem_fail(err, JEM_EINVAL, JEM_D_RECORD, 0, JEM_T_DISTRICT_CASES);
    int32_t base = district_base(cases, count);
    jem_buf_varint(&b, count);
    for (size_t i = 0; i < count; i++)
        jem_buf_varint(&b, cases[i].number - (i == 0 ? 0 : cases[i - 1].number));
    for (size_t i = 0; i < count; i++)
        jem_buf_byte(&b, (unsigned char)cases[i].stage);
    for (size_t i = 0; i < count; i++)
        jem_buf_varint(&b, district_zigzag((int64_t)cases[i].day - base));
    size_t room = sodium_base64_ENCODED_LEN(b.len, sodium_base64_VARIANT_ORIGINAL);
    if (!b.failed && jem_buf_reserve(&text, room)) {
        sodium_bin2base64((char *)text.data, room, b.data, b.len, sodium_base64_VARIANT_ORIGINAL);
        jem_day_format(base, day);
        *out = json_pack("{s:s, s:s}", "base", day, "cases", (const char *)text.data);
    }
    jem_buf_release(&b);
    jem_buf_release(&text);
    return *out == NULL ? jem_fail_nomem(err) : JEM_OK;
}

static bool district_read(struct jem_reader *r, int32_t base, struct jem_district_case *cases, size_t count)
{
    uint64_t number = 0;
    for (size_t i = 0; i < count; i++) {
        uint64_t more = jem_read_varint(r);
        if (more == 0 || more > JEM_NUMBER_MAX - number)
            return false;
        cases[i].number = number += more;
    }
    for (size_t i = 0; i < count; i++) {
        uint8_t stage = jem_read_u8(r);
        cases[i].stage = stage < JEM_STATUS_COUNT ? (enum jem_status)stage : JEM_STATUS_UNKNOWN;
    }
    for (size_t i = 0; i < count; i++) {
        int64_t day = base + district_unzigzag(jem_read_varint(r) & UINT32_MAX);
        if (day < INT32_MIN / 2 || day > INT32_MAX / 2)
            return false;
        cases[i].day = (int32_t)day;
    }
    return !r->failed && jem_reader_left(r) == 0;
}

enum jem_code jem_district_unpack(const json_t *body, struct jem_district_case **out, size_t *count,
    struct jem_error *err)
{
    const char *text = jem_json_str(body, "cases", "");
    size_t n = strlen(text), used = 0;
    int32_t base = 0;
    struct jem_error ignored;
    struct jem_buf b = JEM_BUF_INIT(DISTRICT_BYTES_MAX + 4);
    *out = NULL;
    *count = 0;
    if (!jem_buf_reserve(&b, n / 4 * 3 + 1))
        return jem_fail_nomem(err);
    bool ok = jem_day_parse(jem_json_str(body, "base", ""), &base, &ignored) == JEM_OK &&
              sodium_base642bin(b.data, n / 4 * 3, text, n, NULL, &used, NULL, sodium_base64_VARIANT_ORIGINAL) == 0;
    struct jem_reader r = jem_reader_of(b.data, used);
    uint64_t cases = ok ? jem_read_varint(&r) : 0;
    /* each case takes three bytes at least: what claims more than is there makes no room */
    ok = ok && !r.failed && cases > 0 && cases <= JEM_DISTRICT_CASES_MAX && cases * 3 <= jem_reader_left(&r);
    enum jem_code rc = JEM_OK;
    if (ok && (*out = calloc((size_t)cases, sizeof **out)) == NULL)
        rc = jem_fail_nomem(err);
    else if (!ok || !district_read(&r, base, *out, (size_t)cases))
        rc = jem_fail(err, JEM_ECORRUPT, JEM_D_RECORD, 0, JEM_T_DISTRICT_DAMAGED);
    if (rc == JEM_OK) {
        *count = (size_t)cases;
    } else {
        free(*out);
        *out = NULL;
    }
    jem_buf_release(&b);
    return rc;
}
