/* html.c - escapes; a format of five conversions, so that no page builds markup by hand. */
#include "html.h"

#include <assert.h>
#include <string.h>

void web_html_text(struct jem_buf *b, const char *text)
{
    if (text == NULL)
        return;
    for (const char *p = text; *p;) {
        size_t plain = strcspn(p, "&<>\"'");
        jem_buf_add(b, p, plain);
        p += plain;
        switch (*p) {
        case '&': jem_buf_str(b, "&amp;"); break;
        case '<': jem_buf_str(b, "&lt;"); break;
        case '>': jem_buf_str(b, "&gt;"); break;
        case '"': jem_buf_str(b, "&quot;"); break;
        case '\'': jem_buf_str(b, "&#39;"); break;
        default: return;
        }
        p++;
    }
}

void web_url_text(struct jem_buf *b, const char *text)
{
    static const char safe[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
    for (const unsigned char *p = (const unsigned char *)(text != NULL ? text : ""); *p; p++) {
        if (strchr(safe, *p) != NULL)
            jem_buf_byte(b, *p);
        else
            jem_buf_fmt(b, "%%%02X", *p);
    }
}

void web_html_say(struct jem_buf *b, enum jem_text key, ...)
{
    struct jem_buf text = JEM_BUF_INIT(8192);
    va_list ap;
    va_start(ap, key);
    jem_buf_vfmt(&text, jem_text(key), ap);
    va_end(ap);
    web_html_text(b, jem_buf_text(&text));
    jem_buf_release(&text);
}

void web_html(struct jem_buf *b, const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    for (const char *p = format; *p; p++) {
        size_t plain = strcspn(p, "%");
        jem_buf_add(b, p, plain);
        p += plain;
        if (*p == '\0')
            break;
        switch (*++p) {
        case 's': web_html_text(b, va_arg(ap, const char *)); break;
        case 't': web_html_text(b, jem_text((enum jem_text)va_arg(ap, int))); break;
        case 'd': jem_buf_fmt(b, "%d", va_arg(ap, int)); break;
        case 'l': jem_buf_fmt(b, "%lld", (long long)va_arg(ap, int64_t)); break;
        case 'u': web_url_text(b, va_arg(ap, const char *)); break;
        case '%': jem_buf_byte(b, '%'); break;
        default:
            assert(!"a conversion that web_html has");
            va_end(ap);
            return;
        }
    }
    va_end(ap);
}
