/* value.c - what was entered, as people read it. */
#include <string.h>

#include "desk.h"
#include "entry.h"
#include "jemput/clock.h"
#include "jemput/nik.h"
#include "jemput/region.h"

static void value_choice(struct jem_buf *b, const struct jem_field *field, const char *value)
{
    for (size_t i = 0; i < field->option_count; i++)
        if (strcmp(field->options[i].value, value) == 0) {
            web_html(b, "%s", jem_pair(field->options[i].label));
            return;
        }
    web_html(b, "%s", value);
}

static void value_money(struct jem_buf *b, const char *digits)
{
    size_t n = strlen(digits);
    jem_buf_str(b, "Rp ");
    for (size_t i = 0; i < n; i++) {
        if (i > 0 && (n - i) % 3 == 0)
            jem_buf_byte(b, jem_lang_get() == JEM_LANG_EN ? ',' : '.');
        web_html(b, "%s", (char[2]){ digits[i], '\0' });
    }
}

/* Digits in fours: an officer compares them with a card. */
static void value_grouped(struct jem_buf *b, const char *digits)
{
    web_html(b, "<span class=mono>");
    for (size_t i = 0; digits[i]; i++)
        web_html(b, i % 4 == 0 && i > 0 ? " %s" : "%s", (char[2]){ digits[i], '\0' });
    jem_buf_str(b, "</span>");
}

static void value_html(struct jem_buf *b, const struct jem_field *field, const char *name, const char *value,
    bool plain)
{
    enum jem_field_type type = field != NULL ? field->type : strcmp(name, "nik") == 0 ? JEM_FIELD_NIK : JEM_FIELD_TEXT;
    char text[320];
    int32_t day;
    switch (type) {
    case JEM_FIELD_NIK:
    case JEM_FIELD_KK:
        if (plain) {
            value_grouped(b, value);
            return;
        }
        jem_nik_mask(value, text);
        web_html(b, "<span class=mono>%s</span>", text);
        return;
    case JEM_FIELD_DATE:
        if (jem_day_parse(value, &day, NULL) != JEM_OK)
            break;
        jem_day_human(day, text, sizeof text);
        web_html(b, "%s", text);
        return;
    case JEM_FIELD_VILLAGE:
        jem_region_full_name(value, text, sizeof text);
        web_html(b, "%s <small>%s</small>", text, value);
        return;
    case JEM_FIELD_YESNO: web_html(b, "%t", strcmp(value, "ya") == 0 ? JEM_T_WEB_YES : JEM_T_WEB_NO); return;
    case JEM_FIELD_CHOICE: value_choice(b, field, value); return;
    case JEM_FIELD_MONEY: value_money(b, value); return;
    default: break;
    }
    web_html(b, "%s", value);
}

void web_value(struct jem_buf *b, const struct jem_field *field, const char *name, const char *value)
{
    value_html(b, field, name, value, false);
}

void web_value_plain(struct jem_buf *b, const struct jem_field *field, const char *name, const char *value)
{
    value_html(b, field, name, value, true);
}
