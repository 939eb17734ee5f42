/* html.h - the one writer of markup. What stands in the format is ours; every value is escaped on its way in, for
 * text and for quoted attributes alike (& < > " '). */
#ifndef WEB_HTML_H
#define WEB_HTML_H
#include "jemput/buf.h"

/* %s  const char *, escaped (NULL is "")          %t  enum jem_text, in the thread's language, escaped
 * %d  int                                         %l  int64_t
 * %u  const char *, percent-encoded: one part of a path or one value of a query
 * %%  a percent sign. Anything else is our mistake (assert). */
void web_html(struct jem_buf *b, const char *format, ...);
void web_html_text(struct jem_buf *b, const char *text); /* as %s */
/* A text of the table with arguments of its own (printf), then escaped. */
void web_html_say(struct jem_buf *b, enum jem_text key, ...);
/* As %u. */
void web_url_text(struct jem_buf *b, const char *text);
#endif
