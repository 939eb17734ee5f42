/* parts.c - gathers and cleans what a receipt says.
 *
 * The texts come from forms and catalogues: an escape sequence must not reach a printer or a terminal, and a broken
 * character must not stop a receipt. */
#include "parts.h"

#include <string.h>

#include "jemput/clock.h"
#include "jemput/number.h"

static bool parts_is_bidi_control(gunichar c)
{
    return (c >= 0x202A && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069);
}

/* Valid UTF-8 without control characters; line ends stay, other white space becomes one space, none at the ends.
 * Owned by the chunk. "" for NULL. */
static const char *parts_clean(struct jem_receipt_parts *parts, const char *text)
{
    if (!text || !*text)
        return "";
    gchar *valid = g_utf8_make_valid(text, -1);
    GString *clean = g_string_sized_new(strlen(valid));
    bool space = false;
    for (const char *p = valid; *p; p = g_utf8_next_char(p)) {
        gunichar c = g_utf8_get_char(p);
        if (parts_is_bidi_control(c))
            continue;
        if (c != '\n' && (g_unichar_isspace(c) || g_unichar_iscntrl(c))) {
            space = true;
            continue;
        }
        if (space && c != '\n' && clean->len > 0 && clean->str[clean->len - 1] != '\n')
            g_string_append_c(clean, ' ');
        g_string_append_unichar(clean, c);
        space = false;
    }
    while (clean->len > 0 && clean->str[clean->len - 1] == '\n')
        g_string_truncate(clean, clean->len - 1);
    const char *kept = g_string_chunk_insert(parts->chunk, clean->str);
    g_string_free(clean, TRUE);
    g_free(valid);
    return kept;
}

static void parts_put(struct jem_receipt_part *list, size_t *count, enum jem_text label, const char *text, bool strong)
{
    if (*text)
        list[(*count)++] = (struct jem_receipt_part){ jem_text(label), text, strong };
}

static void parts_list(struct jem_receipt_parts *parts, struct jem_receipt_part_list *list, enum jem_text label,
    const char *const *items, size_t count)
{
    list->label = jem_text(label);
    list->items = g_new0(const char *, count + 1);
    for (size_t i = 0; i < count; i++) {
        const char *text = parts_clean(parts, items[i]);
        if (*text)
            list->items[list->count++] = text;
    }
}

/* "21 November 2026, 14.05 WIB" */
static const char *parts_when(struct jem_receipt_parts *parts, const struct jem_receipt *r)
{
    char day[64], when[96], iso[26];
    jem_day_human(r->day, day, sizeof day);
    if (r->at_unix_ms <= 0)
        return g_string_chunk_insert(parts->chunk, day);
    jem_time_iso(r->at_unix_ms, iso);
    char separator = jem_lang_get() == JEM_LANG_EN ? ':' : '.';
    g_snprintf(when, sizeof when, "%s, %.2s%c%.2s WIB", day, iso + 11, separator, iso + 14);
    return g_string_chunk_insert(parts->chunk, when);
}

void jem_receipt_parts_init(struct jem_receipt_parts *parts, const struct jem_receipt *r)
{
    *parts = (struct jem_receipt_parts){ .chunk = g_string_chunk_new(2048), .copy = "" };
    jem_number_format(r->number, parts->number);
    const char *region = parts_clean(parts, r->region), *van = parts_clean(parts, r->van_name);
    gchar *place = g_strconcat(region, *region && *van ? " · " : "", van, NULL);
    parts->place = g_string_chunk_insert(parts->chunk, place);
    g_free(place);
    if (r->copy > 0) {
        gchar *copy = g_strdup_printf(jem_text(JEM_T_RECEIPT_COPY), r->copy);
        parts->copy = g_string_chunk_insert(parts->chunk, copy);
        g_free(copy);
    }

    struct jem_receipt_part *f = parts->fields, *n = parts->notes;
    parts_put(f, &parts->field_count, JEM_T_RECEIPT_SERVICE, parts_clean(parts, r->service), true);
    parts_put(f, &parts->field_count, JEM_T_RECEIPT_AGENCY, parts_clean(parts, r->agency), false);
    parts_put(f, &parts->field_count, JEM_T_RECEIPT_TIME, parts_when(parts, r), false);
    parts_put(f, &parts->field_count, JEM_T_RECEIPT_OFFICER, parts_clean(parts, r->officer), false);
    parts_put(f, &parts->field_count, JEM_T_RECEIPT_PROMISED, parts_clean(parts, r->promised), true);
    parts_put(f, &parts->field_count, JEM_T_RECEIPT_COST, parts_clean(parts, r->cost), false);
    parts_list(parts, &parts->missing, JEM_T_RECEIPT_MISSING, r->missing, r->missing_count);
    parts_list(parts, &parts->brought, JEM_T_RECEIPT_BROUGHT, r->requirements, r->requirement_count);
    parts_put(n, &parts->note_count, JEM_T_RECEIPT_PRODUCT, parts_clean(parts, r->product), false);
    parts_put(n, &parts->note_count, JEM_T_RECEIPT_ASK, parts_clean(parts, r->ask), false);
    parts_put(n, &parts->note_count, JEM_T_RECEIPT_PROCEDURE, parts_clean(parts, r->procedure), false);
    parts_put(n, &parts->note_count, JEM_T_RECEIPT_COMPLAINT, parts_clean(parts, r->complaint), false);
}

void jem_receipt_parts_release(struct jem_receipt_parts *parts)
{
    if (parts->chunk)
        g_string_chunk_free(parts->chunk);
    g_free(parts->missing.items);
    g_free(parts->brought.items);
    *parts = (struct jem_receipt_parts){ 0 };
}
