/* site_page.h - the pages of the status site. Pure: what is known goes in, markup comes out.
 *
 * A page is one answer of at most 3 kB, with its style inside and nothing to fetch; no script, no name, no NIK. As a file
 * of a plain web host it has a little more: see site_static.c. */
#ifndef WEB_SITE_PAGE_H
#define WEB_SITE_PAGE_H
#include "html.h"
#include "jemput/status_db.h"
#include "jemput/token.h"

#define SITE_CSP_MAX 360
#define SITE_SELF_MAX 192

struct site_page {
    struct jem_buf *b;
    const json_t *about;      /* of the status data; NULL when it cannot be read. Borrowed */
    char self[SITE_SELF_MAX]; /* path of this page for its links, "" when the browser is already there */
    const char *ask;          /* where the form for a number goes; NULL: "/" */
    const char *home;         /* a page that these belong to, linked to below; NULL: none */
    bool signature;           /* headquarters' is shown, not only linked to */
    /* A file of a plain web host: the policy that stands in it. Then `self` is the path of a folder with index.html
     * (Indonesian) and en.html. NULL: an answer of a server of ours. */
    const char *file_csp;
};
/* The policy under which the pages work: nothing but their own style, known by its hash. */
void site_page_csp(char out[SITE_CSP_MAX]);
/* The same as a page says it by itself, with a script of the same host. */
void site_page_file_csp(char out[SITE_CSP_MAX]);

void site_page_form(struct site_page *p);
/* The one answer to everything that leads nowhere. */
void site_page_none(struct site_page *p);
/* token: the receipt whose signature was checked, or NULL when the number was typed. */
void site_page_found(struct site_page *p, const struct jem_status_row *row, const struct jem_token *token);
/* A genuine receipt whose application the data does not have yet. synced_ms: when headquarters last took something in from
 * its van; 0 never. */
void site_page_away(struct site_page *p, const struct jem_token *token, int64_t synced_ms);
void site_page_busy(struct site_page *p, unsigned wait_s);
void site_page_down(struct site_page *p);
/* The file for addresses that have none, in both languages: site_page_none, and, for the script to uncover, the parts of
 * site_page_away. */
void site_page_missing(struct site_page *p);
#endif
