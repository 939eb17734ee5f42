/* number.c - the application number on paper.
 *
 *   bits 49..38  van number, bits 37..0  random
 *   text         10 symbols of 5 bits, most significant first, then 2 check symbols, as XXXX-XXXX-XXXX */
#include "jemput/number.h"

#include "jemput/codec.h"

#include <string.h>

enum { NUMBER_DATA = 10, NUMBER_SYMBOLS = 12, NUMBER_RANDOM_BITS = 38 };

uint64_t jem_number_make(unsigned van, uint64_t random38)
{
    uint64_t mask = ((uint64_t)1 << NUMBER_RANDOM_BITS) - 1;
    return ((uint64_t)(van & JEM_VAN_MAX) << NUMBER_RANDOM_BITS) | (random38 & mask);
}

unsigned jem_number_van(uint64_t number)
{
    return (unsigned)(number >> NUMBER_RANDOM_BITS) & JEM_VAN_MAX;
}

static void number_write(const uint8_t symbols[NUMBER_SYMBOLS], char out[JEM_NUMBER_TEXT])
{
    size_t at = 0;
    for (size_t i = 0; i < NUMBER_SYMBOLS; i++) {
        if (i == 4 || i == 8)
            out[at++] = '-';
        out[at++] = jem_base32_char(symbols[i]);
    }
    out[at] = '\0';
}

void jem_number_format(uint64_t number, char out[JEM_NUMBER_TEXT])
{
    uint8_t symbols[NUMBER_SYMBOLS];
    for (unsigned i = 0; i < NUMBER_DATA; i++)
        symbols[i] = (uint8_t)(number >> (5 * (NUMBER_DATA - 1 - i)) & 31);
    jem_check_symbols(symbols, NUMBER_DATA, symbols + NUMBER_DATA);
    number_write(symbols, out);
}

static uint64_t number_value(const uint8_t symbols[NUMBER_SYMBOLS])
{
    uint64_t number = 0;
    for (size_t i = 0; i < NUMBER_DATA; i++)
        number = number << 5 | symbols[i];
    return number;
}

/* A neighbouring pair in the wrong order is the other slip of a hand that copies. */
static bool number_unswap(uint8_t symbols[NUMBER_SYMBOLS])
{
    for (size_t i = 0; i + 1 < NUMBER_SYMBOLS; i++) {
        uint8_t left = symbols[i];
        symbols[i] = symbols[i + 1];
        symbols[i + 1] = left;
        if (jem_check_valid(symbols, NUMBER_SYMBOLS))
            return true;
        symbols[i + 1] = symbols[i];
        symbols[i] = left;
    }
    return false;
}

static enum jem_code number_refuse(const uint8_t symbols[NUMBER_SYMBOLS], struct jem_error *err)
{
    uint8_t fixed[NUMBER_SYMBOLS];
    memcpy(fixed, symbols, sizeof fixed);
    bool explained = jem_check_suggest(fixed, NUMBER_SYMBOLS);
    if (!explained) {
        memcpy(fixed, symbols, sizeof fixed);
        explained = number_unswap(fixed);
    }
    if (!explained || number_value(fixed) == 0)
        return jem_fail(err, JEM_EINVAL, JEM_D_RECORD, 0, JEM_T_NUMBER_CHECK);
    char text[JEM_NUMBER_TEXT];
    number_write(fixed, text);
    return jem_fail(err, JEM_EINVAL, JEM_D_RECORD, 0, JEM_T_NUMBER_DID_YOU_MEAN, text);
}

enum jem_code jem_number_parse(const char *s, uint64_t *out, struct jem_error *err)
{
    uint8_t symbols[NUMBER_SYMBOLS];
    size_t n = 0;
    int foreign_at = 0; /* 1-based position of the first character outside the alphabet */
    for (const unsigned char *p = (const unsigned char *)s; *p; p++) {
        if (*p == ' ' || *p == '-' || *p == '\t' || *p == '\r' || *p == '\n' || (*p & 0xC0) == 0x80)
            continue;
        int value = jem_base32_value((char)*p);
        if (value < 0 && foreign_at == 0)
            foreign_at = (int)n + 1;
        if (n < NUMBER_SYMBOLS)
            symbols[n] = (uint8_t)(value < 0 ? 0 : value);
        n++;
    }
    if (n != NUMBER_SYMBOLS)
        return jem_fail(err, JEM_EINVAL, JEM_D_RECORD, 0, JEM_T_NUMBER_LENGTH, (int)(n > 999 ? 999 : n));
    if (foreign_at != 0)
        return jem_fail(err, JEM_EINVAL, JEM_D_RECORD, 0, JEM_T_NUMBER_CHARACTER, foreign_at);
    if (!jem_check_valid(symbols, NUMBER_SYMBOLS))
        return number_refuse(symbols, err);
    uint64_t number = number_value(symbols);
    if (number == 0)
        return jem_fail(err, JEM_EINVAL, JEM_D_RECORD, 0, JEM_T_NUMBER_CHECK);
    *out = number;
    return JEM_OK;
}
