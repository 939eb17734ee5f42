/* column_forms.c - strings of a known form, written as what they mean.
 *
 *   hex    : number of bytes | that many bytes of each value (all are of one length, lower case)
 *   digits : of each value its length, a number, and its digits, trees of 4 bits: the first five learn by the digit
 *            before them, the others by their place
 *   card   : 16 digits as NIK and KK have them. District: a bit "as the NIK's" (the NIK itself: as the village's) if
 *            that is known, else its index among the last 63 of the column, a tree of 6 bits, or 63 and 20 bits. Day,
 *            month, year: trees of 7 bits. Serial: a number.
 *   date   : YYYY-MM-DD. With a NIK: a bit "the NIK's date" and a bit for the century, 19 or 20. Else days since the
 *            date before in the column, signed.
 *   ids    : "writer.lane.inc.seq": bits "the segment's own" for the first three, else a number; seq signed against
 *            the event's own when all three are, else against the id before in the column
 *   number : "7K3M-Q9TD-X2AB": a bit "of the event's own van", else the van, a number; then 38 bits
 * A form is used only when every value of the column, read back, gives the same characters. */
#include "column.h"

#include <string.h>

#include "jemput/clock.h"
#include "jemput/codec.h"
#include "jemput/number.h"

#define FORM_HEX_MAX 128
#define FORM_DIGITS_MAX 32
#define FORM_DIGITS_BEFORE 5
#define CARD_DIGITS 16
#define CARD_RECENT 63
#define DATE_LENGTH 10
#define NUMBER_RANDOM_BITS 38

/* ---- hex ---- */

bool jem_way_hex_fits(const struct jem_coder *c, const struct jem_column *column)
{
    unsigned char bytes[FORM_HEX_MAX / 2];
    char again[FORM_HEX_MAX + 1];
    uint32_t n = column->items[0].n;
    if (n < 8 || n > FORM_HEX_MAX || n % 2 != 0)
        return false;
    for (size_t i = 0; i < column->count; i++) {
        const char *p = jem_column_string(c, &column->items[i]);
        if (column->items[i].n != n || !jem_unhex(p, n, bytes, n / 2))
            return false;
        jem_hex(bytes, n / 2, again);
        if (memcmp(p, again, n) != 0)
            return false;
    }
    return true;
}

void jem_way_hex(struct jem_coder *c, struct jem_column *column)
{
    struct jem_range_number size;
    jem_range_number_init(&size);
    uint64_t n = jem_range_unsigned(&c->range, &size, column->items[0].n / 2);
    if (n == 0 || n > FORM_HEX_MAX / 2) {
        c->range.failed = true;
        return;
    }
    for (size_t i = 0; i < column->count && !c->range.failed; i++) {
        unsigned char bytes[FORM_HEX_MAX / 2] = { 0 };
        char text[FORM_HEX_MAX + 1];
        if (c->range.encoding && !jem_unhex(jem_column_string(c, &column->items[i]), n * 2, bytes, n))
            c->range.failed = true;
        jem_range_bytes(&c->range, bytes, n);
        jem_hex(bytes, n, text);
        if (!c->range.encoding)
            jem_column_put(c, &column->items[i], text, n * 2);
    }
}

/* ---- digits ---- */

bool jem_way_digits_fits(const struct jem_coder *c, const struct jem_column *column)
{
    for (size_t i = 0; i < column->count; i++) {
        const char *p = jem_column_string(c, &column->items[i]);
        if (column->items[i].n > FORM_DIGITS_MAX)
            return false;
        for (size_t j = 0; j < column->items[i].n; j++)
            if (p[j] < '0' || p[j] > '9')
                return false;
    }
    return true;
}

void jem_way_digits(struct jem_coder *c, struct jem_column *column)
{
    struct jem_range_number length;
    struct jem_range_model first[FORM_DIGITS_BEFORE][10][16], later[FORM_DIGITS_MAX][16];
    jem_range_number_init(&length);
    for (size_t i = 0; i < FORM_DIGITS_BEFORE; i++)
        for (size_t j = 0; j < 10; j++)
            jem_range_models_among(first[i][j], 4, 0, 10);
    for (size_t i = 0; i < FORM_DIGITS_MAX; i++)
        jem_range_models_among(later[i], 4, 0, 10);
    for (size_t i = 0; i < column->count && !c->range.failed; i++) {
        struct jem_value *v = &column->items[i];
        char text[FORM_DIGITS_MAX];
        uint64_t n = jem_range_unsigned(&c->range, &length, v->n);
        unsigned digit = 0;
        if (n > FORM_DIGITS_MAX) {
            c->range.failed = true;
            return;
        }
        if (c->range.encoding)
            memcpy(text, jem_column_string(c, v), n);
        for (size_t j = 0; j < n; j++) {
            struct jem_range_model *models = j < FORM_DIGITS_BEFORE ? first[j][digit] : later[j];
            digit = jem_range_tree(&c->range, models, 4, (unsigned)(text[j] - '0') & 15);
            if (digit > 9) {
                c->range.failed = true;
                return;
            }
            text[j] = (char)('0' + digit);
        }
        if (!c->range.encoding)
            jem_column_put(c, v, text, n);
    }
}

/* The last n digits of v. */
static void form_digits(char *out, unsigned n, unsigned v)
{
    for (; n > 0; v /= 10)
        out[--n] = (char)('0' + v % 10);
}

/* ---- card ---- */

bool jem_way_card_fits(const struct jem_coder *c, const struct jem_column *column)
{
    for (size_t i = 0; i < column->count; i++)
        if (column->items[i].n != CARD_DIGITS ||
            jem_column_digits(jem_column_string(c, &column->items[i]), CARD_DIGITS) < 0)
            return false;
    return true;
}

struct card {
    struct jem_range_model same, recent_tree[64], parts[3][128];
    struct jem_range_number serial;
    uint32_t recent[CARD_RECENT];
    unsigned recent_count;
};

/* The district by its place among those seen, which moves to the front. */
static uint32_t card_recent(struct jem_coder *c, struct card *card, uint32_t district)
{
    unsigned at = 0;
    while (at < card->recent_count && card->recent[at] != district)
        at++;
    if (at == card->recent_count)
        at = CARD_RECENT;
    at = jem_range_tree(&c->range, card->recent_tree, 6, at);
    if (at == CARD_RECENT) {
        district = (uint32_t)jem_range_direct(&c->range, district, 20);
        if (card->recent_count < CARD_RECENT)
            card->recent_count++;
        at = card->recent_count - 1;
    } else if (at >= card->recent_count) {
        c->range.failed = true;
        return 0;
    } else {
        district = card->recent[at];
    }
    memmove(card->recent + 1, card->recent, at * sizeof *card->recent);
    card->recent[0] = district;
    return district;
}

static uint32_t card_district(struct jem_coder *c, struct card *card, const struct jem_hint *h, uint32_t district)
{
    bool known = h->has_nik || h->has_village;
    uint32_t expected = h->has_nik ? h->nik_district : h->village_district;
    if (known && jem_range_bit(&c->range, &card->same, district == expected))
        return expected;
    return card_recent(c, card, district);
}

void jem_way_card(struct jem_coder *c, struct jem_column *column)
{
    struct card card = { .recent_count = 0 };
    jem_range_models_init(&card.same, 1);
    jem_range_models_init(card.recent_tree, 64);
    jem_range_models_among(card.parts[0], 7, 1, 72); /* a woman's day is past 40 */
    jem_range_models_among(card.parts[1], 7, 1, 13);
    jem_range_models_among(card.parts[2], 7, 0, 100);
    jem_range_number_init(&card.serial);
    for (size_t i = 0; i < column->count && !c->range.failed; i++) {
        struct jem_value *v = &column->items[i];
        uint32_t district = 0, serial = 0;
        unsigned parts[3] = { 0 };
        char text[CARD_DIGITS];
        if (c->range.encoding) {
            const char *p = jem_column_string(c, v);
            district = (uint32_t)jem_column_digits(p, 6);
            for (int j = 0; j < 3; j++)
                parts[j] = (unsigned)jem_column_digits(p + 6 + 2 * j, 2);
            serial = (uint32_t)jem_column_digits(p + 12, 4);
        }
        district = card_district(c, &card, &c->hints[v->event], district);
        for (int j = 0; j < 3; j++) {
            parts[j] = jem_range_tree(&c->range, card.parts[j], 7, parts[j]);
            c->range.failed |= parts[j] > 99;
        }
        uint64_t read = jem_range_unsigned(&c->range, &card.serial, serial);
        c->range.failed |= read > 9999 || district > 999999;
        if (c->range.encoding || c->range.failed)
            continue;
        form_digits(text, 6, district);
        for (int j = 0; j < 3; j++)
            form_digits(text + 6 + 2 * j, 2, parts[j]);
        form_digits(text + 12, 4, (unsigned)read);
        jem_column_put(c, v, text, CARD_DIGITS);
    }
}

/* ---- date ---- */

/* Days since 1970 of a date that is written as jem_day_format writes it. */
static bool date_read(const char *p, size_t n, int32_t *day)
{
    char text[DATE_LENGTH + 1], again[DATE_LENGTH + 1];
    if (n != DATE_LENGTH)
        return false;
    memcpy(text, p, n);
    text[n] = '\0';
    if (jem_day_parse(text, day, NULL) != JEM_OK)
        return false;
    jem_day_format(*day, again);
    return strcmp(text, again) == 0;
}

bool jem_way_date_fits(const struct jem_coder *c, const struct jem_column *column)
{
    int32_t day;
    for (size_t i = 0; i < column->count; i++)
        if (!date_read(jem_column_string(c, &column->items[i]), column->items[i].n, &day))
            return false;
    return true;
}

/* The NIK's date with its century, as text. */
static void date_of_nik(const struct jem_hint *h, unsigned century, char out[DATE_LENGTH + 1])
{
    form_digits(out, 2, 19 + century);
    form_digits(out + 2, 2, h->nik_year);
    out[4] = out[7] = '-';
    form_digits(out + 5, 2, h->nik_month);
    form_digits(out + 8, 2, h->nik_day > 40 ? h->nik_day - 40 : h->nik_day);
    out[DATE_LENGTH] = '\0';
}

void jem_way_date(struct jem_coder *c, struct jem_column *column)
{
    struct jem_range_model of_nik, century_model;
    struct jem_range_number step;
    int64_t last = 0;
    jem_range_models_init(&of_nik, 1);
    jem_range_models_init(&century_model, 1);
    jem_range_number_init(&step);
    for (size_t i = 0; i < column->count && !c->range.failed; i++) {
        struct jem_value *v = &column->items[i];
        const struct jem_hint *h = &c->hints[v->event];
        const char *p = jem_column_string(c, v);
        char text[DATE_LENGTH + 1];
        if (h->has_nik) {
            unsigned century = c->range.encoding && memcmp(p, "20", 2) == 0;
            date_of_nik(h, century, text);
            if (jem_range_bit(&c->range, &of_nik, c->range.encoding && memcmp(p, text, DATE_LENGTH) == 0)) {
                century = jem_range_bit(&c->range, &century_model, century);
                date_of_nik(h, century, text);
                if (!c->range.encoding)
                    jem_column_put(c, v, text, DATE_LENGTH);
                continue;
            }
        }
        int32_t day = 0;
        if (c->range.encoding && !date_read(p, v->n, &day))
            c->range.failed = true;
        int64_t delta = jem_range_signed(&c->range, &step, day - last);
        if (delta < -4000000 || delta > 4000000 || last + delta < -719000 || last + delta > 2932000) {
            c->range.failed = true;
            return;
        }
        last += delta;
        jem_day_format((int32_t)last, text);
        if (!c->range.encoding)
            jem_column_put(c, v, text, DATE_LENGTH);
    }
}

/* ---- ids ---- */

static bool id_read(const char *p, size_t n, struct jem_event_id *out)
{
    char text[JEM_EVENT_ID_TEXT], again[JEM_EVENT_ID_TEXT];
    if (n >= sizeof text)
        return false;
    memcpy(text, p, n);
    text[n] = '\0';
    if (!jem_event_id_parse(text, out))
        return false;
    jem_event_id_format(out, again);
    return strcmp(text, again) == 0;
}

bool jem_way_ids_fits(const struct jem_coder *c, const struct jem_column *column)
{
    struct jem_event_id id;
    for (size_t i = 0; i < column->count; i++)
        if (!id_read(jem_column_string(c, &column->items[i]), column->items[i].n, &id))
            return false;
    return true;
}

void jem_way_ids(struct jem_coder *c, struct jem_column *column)
{
    struct jem_range_model own[3];
    struct jem_range_number parts[3], own_seq, seq;
    uint64_t last = 0;
    jem_range_models_init(own, 3);
    for (int j = 0; j < 3; j++)
        jem_range_number_init(&parts[j]);
    jem_range_number_init(&own_seq);
    jem_range_number_init(&seq);
    for (size_t i = 0; i < column->count && !c->range.failed; i++) {
        struct jem_value *v = &column->items[i];
        struct jem_event_id id = { 0 };
        char text[JEM_EVENT_ID_TEXT];
        if (c->range.encoding && !id_read(jem_column_string(c, v), v->n, &id))
            c->range.failed = true;
        const uint16_t stream[3] = { c->stream.writer, c->stream.lane, c->stream.inc };
        uint16_t *const fields[3] = { &id.writer, &id.lane, &id.inc };
        bool all_own = true;
        for (int j = 0; j < 3; j++) {
            if (jem_range_bit(&c->range, &own[j], *fields[j] == stream[j])) {
                *fields[j] = stream[j];
                continue;
            }
            uint64_t part = jem_range_unsigned(&c->range, &parts[j], *fields[j]);
            c->range.failed |= part > UINT16_MAX;
            *fields[j] = (uint16_t)part;
            all_own = false;
        }
        uint64_t from = all_own ? c->hints[v->event].seq : last;
        id.seq = from + (uint64_t)jem_range_signed(&c->range, all_own ? &own_seq : &seq, (int64_t)(id.seq - from));
        last = id.seq;
        jem_event_id_format(&id, text);
        if (!c->range.encoding)
            jem_column_put(c, v, text, strlen(text));
    }
}

/* ---- application numbers ---- */

static bool number_read(const char *p, size_t n, uint64_t *out)
{
    char text[JEM_NUMBER_TEXT], again[JEM_NUMBER_TEXT];
    if (n != JEM_NUMBER_TEXT - 1)
        return false;
    memcpy(text, p, n);
    text[n] = '\0';
    if (jem_number_parse(text, out, NULL) != JEM_OK)
        return false;
    jem_number_format(*out, again);
    return strcmp(text, again) == 0;
}

bool jem_way_number_fits(const struct jem_coder *c, const struct jem_column *column)
{
    uint64_t number;
    for (size_t i = 0; i < column->count; i++)
        if (!number_read(jem_column_string(c, &column->items[i]), column->items[i].n, &number))
            return false;
    return true;
}

void jem_way_number(struct jem_coder *c, struct jem_column *column)
{
    struct jem_range_model own;
    struct jem_range_number van_number;
    jem_range_models_init(&own, 1);
    jem_range_number_init(&van_number);
    for (size_t i = 0; i < column->count && !c->range.failed; i++) {
        struct jem_value *v = &column->items[i];
        uint64_t number = 0, mine = jem_number_van(c->hints[v->event].subject);
        char text[JEM_NUMBER_TEXT];
        if (c->range.encoding && !number_read(jem_column_string(c, v), v->n, &number))
            c->range.failed = true;
        uint64_t van = jem_number_van(number);
        if (jem_range_bit(&c->range, &own, van == mine))
            van = mine;
        else
            van = jem_range_unsigned(&c->range, &van_number, van);
        number = jem_range_direct(&c->range, number, NUMBER_RANDOM_BITS);
        if (van > JEM_VAN_MAX) {
            c->range.failed = true;
            return;
        }
        jem_number_format(jem_number_make((unsigned)van, number), text);
        if (!c->range.encoding)
            jem_column_put(c, v, text, strlen(text));
    }
}
