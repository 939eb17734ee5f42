/* value.c - what was entered, as people read it. */
#include <string.h>

#include "desk.h"
#include "entry.h"
#include "jemput/labels.h"

#define VALUE_MAX ((size_t)64 << 10)

void web_fee(struct jem_buf *b, const struct jem_service *service)
{
    static const struct jem_field money = { .name = "fee", .type = JEM_FIELD_MONEY };
    struct jem_buf text = JEM_BUF_INIT(VALUE_MAX), digits = JEM_BUF_INIT(24);
    jem_buf_fmt(&digits, "%lld", (long long)service->fee_idr);
    if (*jem_pair(service->fee_note))
        jem_buf_str(&text, jem_pair(service->fee_note));
    else if (service->fee_idr == 0)
        jem_buf_str(&text, jem_text(JEM_T_WEB_FREE));
    else
        jem_label_value(&text, &money, money.name, jem_buf_text(&digits));
    web_html(b, "%s", jem_buf_text(&text));
    jem_buf_release(&digits);
    jem_buf_release(&text);
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
    bool digits = type == JEM_FIELD_NIK || type == JEM_FIELD_KK;
    if (digits && plain) {
        value_grouped(b, value);
        return;
    }
    struct jem_buf text = JEM_BUF_INIT(VALUE_MAX);
    jem_label_value(&text, field, name, value);
    web_html(b, digits ? "<span class=mono>%s</span>" : "%s", jem_buf_text(&text));
    if (type == JEM_FIELD_VILLAGE)
        web_html(b, " <small>%s</small>", value);
    jem_buf_release(&text);
}

void web_value(struct jem_buf *b, const struct jem_field *field, const char *name, const char *value)
{
    value_html(b, field, name, value, false);
}

void web_value_plain(struct jem_buf *b, const struct jem_field *field, const char *name, const char *value)
{
    value_html(b, field, name, value, true);
}
