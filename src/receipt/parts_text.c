/* parts_text.c - a receipt as plain text for terminals, line printers and messages. */
#include "parts.h"

#include <string.h>

#define TEXT_INDENT 2
#define TEXT_LABEL_COLUMNS 15 /* "Janji selesai", its colon and a space */

struct text_page {
    struct jem_buf *out;
    size_t columns;
};

static void text_repeat(struct jem_buf *out, char c, size_t n)
{
    while (n-- > 0)
        jem_buf_byte(out, (unsigned char)c);
}

/* Characters of s (at most n bytes), wide ones counted twice, marks not at all. */
static size_t text_columns(const char *s, size_t bytes)
{
    size_t n = 0;
    for (const char *p = s; p < s + bytes; p = g_utf8_next_char(p)) {
        gunichar c = g_utf8_get_char(p);
        n += g_unichar_iszerowidth(c) ? 0 : g_unichar_iswide(c) ? 2 : 1;
    }
    return n;
}

/* The bytes of s that go on one line of `room` columns: whole words, or as much of a longer word as fits. *next is
 * where the following line starts. */
static size_t text_line(const char *s, size_t room, const char **next)
{
    size_t used = 0, fits = 0, word_end = 0;
    const char *p = s;
    for (; *p && *p != '\n'; p = g_utf8_next_char(p)) {
        size_t bytes = (size_t)(g_utf8_next_char(p) - p);
        used += text_columns(p, bytes);
        if (*p == ' ')
            word_end = (size_t)(p - s);
        if (used > room)
            break;
        fits = (size_t)(p - s) + bytes;
    }
    if (!*p || *p == '\n') {
        *next = *p ? p + 1 : p;
        return fits;
    }
    if (word_end > 0) {
        *next = s + word_end + 1;
        return word_end;
    }
    if (fits == 0) /* one character wider than the line: it goes out all the same */
        fits = (size_t)(g_utf8_next_char(s) - s);
    *next = s + fits;
    return fits;
}

static void text_centre(const struct text_page *page, const char *s)
{
    while (*s) {
        const char *next;
        size_t n = text_line(s, page->columns, &next), width = text_columns(s, n);
        text_repeat(page->out, ' ', width < page->columns ? (page->columns - width) / 2 : 0);
        jem_buf_add(page->out, s, n);
        jem_buf_byte(page->out, '\n');
        s = next;
    }
}

/* `first` begins the paragraph and takes `indent` columns, which the lines after it keep free. */
static void text_para(const struct text_page *page, const char *first, size_t indent, const char *s)
{
    size_t lead = text_columns(first, strlen(first));
    jem_buf_str(page->out, first);
    text_repeat(page->out, ' ', lead < indent ? indent - lead : 0);
    for (bool begun = false; *s; begun = true) {
        const char *next;
        size_t n = text_line(s, page->columns - indent, &next);
        if (begun)
            text_repeat(page->out, ' ', indent);
        jem_buf_add(page->out, s, n);
        jem_buf_byte(page->out, '\n');
        s = next;
    }
}

static void text_field(const struct text_page *page, const struct jem_receipt_part *part)
{
    gchar *label = g_strconcat(part->label, ":", NULL);
    text_para(page, label, TEXT_LABEL_COLUMNS, part->text);
    g_free(label);
}

static void text_heading(const struct text_page *page, const char *label)
{
    gchar *upper = g_utf8_strup(label, -1);
    jem_buf_byte(page->out, '\n');
    text_para(page, "", 0, upper);
    g_free(upper);
}

static void text_list(const struct text_page *page, const struct jem_receipt_part_list *list, const char *mark)
{
    if (list->count == 0)
        return;
    text_heading(page, list->label);
    for (size_t i = 0; i < list->count; i++)
        text_para(page, mark, strlen(mark), list->items[i]);
}

void jem_receipt_parts_text(const struct jem_receipt_parts *parts, const char *qr, size_t columns, struct jem_buf *out)
{
    struct text_page page = { out, columns };
    gchar *title = g_strconcat(jem_text(JEM_T_RECEIPT_TITLE), " — ", jem_text(JEM_T_RECEIPT_NOT_DOCUMENT), NULL);
    text_centre(&page, title);
    g_free(title);
    text_centre(&page, parts->place);
    text_centre(&page, parts->copy);
    text_repeat(out, '=', columns);
    jem_buf_byte(out, '\n');
    text_centre(&page, jem_text(JEM_T_RECEIPT_NUMBER));
    text_centre(&page, parts->number);
    text_repeat(out, '=', columns);
    jem_buf_byte(out, '\n');
    for (size_t i = 0; i < parts->field_count; i++)
        text_field(&page, &parts->fields[i]);
    text_list(&page, &parts->missing, "[ ] ");
    text_list(&page, &parts->brought, "[x] ");
    for (size_t i = 0; i < parts->note_count; i++) {
        text_heading(&page, parts->notes[i].label);
        text_para(&page, "", TEXT_INDENT, parts->notes[i].text);
    }
    if (qr && *qr) {
        text_heading(&page, jem_text(JEM_T_RECEIPT_CODE));
        text_para(&page, "", 0, qr);
    }
}
