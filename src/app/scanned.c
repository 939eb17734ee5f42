/* scanned.c - what a code reader read. */
#include "jemput/scanned.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "jemput/clock.h"
#include "jemput/number.h"
#include "jemput/token.h"

const char *jem_scanned_name(enum jem_scanned_kind kind)
{
    static const char *const names[] = { "unknown", "receipt", "number", "ticket" };
    return kind <= JEM_SCANNED_TICKET ? names[kind] : names[0];
}

/* Letters and digits of the next part of a code, upper case; what stands between parts is skipped. */
static const char *scanned_part(const char *p, char *out, size_t cap)
{
    size_t n = 0;
    while (*p && !isalnum((unsigned char)*p))
        p++;
    for (; isalnum((unsigned char)*p) && n + 1 < cap; p++)
        out[n++] = (char)toupper((unsigned char)*p);
    out[n] = '\0';
    return p;
}

static bool scanned_digits(const char *s, size_t least, size_t most)
{
    size_t n = strspn(s, "0123456789");
    return s[n] == '\0' && n >= least && n <= most;
}

static bool scanned_ticket(const char *text, struct jem_scanned *out)
{
    char head[8], q[3], van[6], year[6], month[4], day[4], whole[20], ticket[JEM_TICKET_MAX + 2];
    const char *p = scanned_part(text, head, sizeof head);
    p = scanned_part(p, q, sizeof q);
    p = scanned_part(p, van, sizeof van);
    p = scanned_part(p, year, sizeof year);
    p = scanned_part(p, month, sizeof month);
    p = scanned_part(p, day, sizeof day);
    p = scanned_part(p, ticket, sizeof ticket);
    size_t n = strlen(ticket);
    if (strcmp(head, "JEMPUT") != 0 || strcmp(q, "Q") != 0 || !scanned_digits(van, 1, 4) || n == 0 ||
        n > JEM_TICKET_MAX || *p != '\0')
        return false;
    (void)snprintf(whole, sizeof whole, "%s-%s-%s", year, month, day);
    if (sscanf(van, "%u", &out->van) != 1 || out->van > JEM_VAN_MAX || jem_day_parse(whole, &out->day, NULL) != JEM_OK)
        return false;
    memcpy(out->ticket, ticket, n + 1);
    out->kind = JEM_SCANNED_TICKET;
    return true;
}

void jem_scanned_read(const char *text, struct jem_scanned *out)
{
    struct jem_token token;
    unsigned char raw[JEM_TOKEN_BYTES];
    *out = (struct jem_scanned){ .kind = JEM_SCANNED_UNKNOWN };
    if (scanned_ticket(text, out))
        return;
    *out = (struct jem_scanned){ .kind = JEM_SCANNED_UNKNOWN };
    if (jem_number_parse(text, &out->number, NULL) == JEM_OK) {
        out->kind = JEM_SCANNED_NUMBER;
        out->van = jem_number_van(out->number);
    } else if (jem_token_parse(text, &token, raw, NULL) == JEM_OK) {
        out->kind = JEM_SCANNED_RECEIPT;
        out->number = token.number;
        out->van = token.van;
        out->day = token.day;
    }
}
