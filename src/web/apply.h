/* apply.h - an application under way in the browser. Private to the pages of the form: page_apply.c (the way), page_form.c
 * (the form), page_check.c (the answers once more), page_known.c (what need not be typed). */
#ifndef WEB_APPLY_H
#define WEB_APPLY_H
#include "entry.h"
#include "jemput/draft.h"

struct apply {
    struct web_page *p;
    struct web_entry e;
    int64_t catalog;             /* version of today's */
    char draft[OFFICE_DRAFT_ID]; /* its id */
    char channel[24];            /* of the draft; "" the store's own */
    char confirm[33];            /* of all that the check shows */
    json_t *left;                /* what an older catalogue asked, or NULL */
    json_t *duplicates;          /* rows, or NULL */
    const char *failure;
    struct jem_buf known; /* why a NIK is none, "" */
};

/* ---- page_form.c ---- */
void apply_form(struct apply *t);

/* ---- page_check.c ---- */
/* Everything that was entered, what is missing, doubtful or there twice, and one button. `again`: something changed since
 * the officer looked. */
void apply_check_page(struct apply *t, bool again);

/* ---- page_known.c ---- */
/* Fills what is blank from every NIK of the form; `person`: also from earlier applications. */
void apply_fill(struct apply *t, bool person);
/* Under the applicant's NIK: where it was issued, earlier applications, the offer. */
void apply_known(struct web_page *p, const struct web_entry *e);

/* ---- page_apply.c ---- */
/* "/baru/SERVICE?d=DRAFT" with more behind it. */
void apply_path(const struct apply *t, const char *more, struct jem_buf *out);
#endif
