/* site_page.h - the pages of the status site. Pure: what is known goes in, markup comes out.
 *
 * A page is one answer of at most 3 kB, with its style inside and nothing to fetch; no script, no name, no NIK. */
#ifndef WEB_SITE_PAGE_H
#define WEB_SITE_PAGE_H
#include "html.h"
#include "jemput/status_db.h"
#include "jemput/token.h"

#define SITE_CSP_MAX 320
#define SITE_SELF_MAX 192

struct site_page {
    struct jem_buf *b;
    const json_t *about;      /* of the status data; NULL when it cannot be read. Borrowed */
    char self[SITE_SELF_MAX]; /* path of this page for its links, "" when the browser is already there */
    const char *ask;          /* where the form for a number goes; NULL: "/" */
    const char *home;         /* a page that these belong to, linked to below; NULL: none */
};
/* The policy under which the pages work: nothing but their own style, known by its hash. */
void site_page_csp(char out[SITE_CSP_MAX]);

void site_page_form(struct site_page *p);
/* The one answer to everything that leads nowhere. */
void site_page_none(struct site_page *p);
/* token: the receipt whose signature was checked, or NULL when the number was typed. */
void site_page_found(struct site_page *p, const struct jem_status_row *row, const struct jem_token *token);
/* A genuine receipt whose application the data does not have yet. seen_ms: when the
 * last record of its van that arrived was made; 0 none did. */
void site_page_away(struct site_page *p, const struct jem_token *token, int64_t seen_ms);
void site_page_busy(struct site_page *p, unsigned wait_s);
void site_page_down(struct site_page *p);
#endif
