/* short_code.c - codes that people read to each other or type from a telephone: random symbols of Crockford's alphabet and the
 * two check symbols of numbers on paper, in two halves. */
#include <string.h>

#include "jemput/codec.h"
#include "own.h"

void own_short_code_make(size_t data, char out[OWN_SHORT_CODE])
{
    uint8_t symbols[OWN_SHORT_CODE_SYMBOLS];
    size_t n = data + 2, at = 0;
    jem_random(symbols, data);
    for (size_t i = 0; i < data; i++)
        symbols[i] &= 31;
    jem_check_symbols(symbols, data, symbols + data);
    for (size_t i = 0; i < n; i++) {
        if (i == n / 2)
            out[at++] = '-';
        out[at++] = jem_base32_char(symbols[i]);
    }
    out[at] = '\0';
}

bool own_short_code_read(size_t data, const char *text, char out[OWN_SHORT_CODE])
{
    uint8_t symbols[OWN_SHORT_CODE_SYMBOLS];
    size_t n = 0, at = 0;
    for (const char *p = text; *p; p++) {
        int value = jem_base32_value(*p);
        if (*p == ' ' || *p == '-')
            continue;
        if (value < 0 || n == data + 2)
            return false;
        symbols[n++] = (uint8_t)value;
    }
    if (n != data + 2 || !jem_check_valid(symbols, n))
        return false;
    for (size_t i = 0; i < n; i++) {
        if (i == n / 2)
            out[at++] = '-';
        out[at++] = jem_base32_char(symbols[i]);
    }
    out[at] = '\0';
    return true;
}
