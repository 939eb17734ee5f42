/* page.h - pictures of documents: what a file really is, its pages, and small previews.
 * Files are hostile input: sizes are bounded before decoding; PDF pages are rendered by pdftoppm in a confined child. */
#ifndef JEMPUT_PAGE_H
#define JEMPUT_PAGE_H
#include "jemput/buf.h"

#define JEM_DOCUMENT_MAX_BYTES ((size_t)25 << 20)
#define JEM_DOCUMENT_MAX_PAGES 50
#define JEM_PREVIEW_LONG_EDGE_PX 640
enum jem_mime { JEM_MIME_UNKNOWN = 0, JEM_MIME_JPEG, JEM_MIME_PNG, JEM_MIME_PDF };
const char *jem_mime_name(enum jem_mime mime); /* "image/jpeg" */
struct jem_page_preview {
    unsigned char *jpeg;
    size_t len;
};
struct jem_document_view {
    enum jem_mime mime;
    unsigned pages;
    /* gray or colour JPEG, upright, long edge <= 640 px, about 10-25 KB */
    struct jem_page_preview previews[JEM_DOCUMENT_MAX_PAGES];
};
/* Looks at the bytes (never the name alone) and draws a preview of every page. `name` (may be NULL) only to say when
 * its ending lies; it is never quoted. Release *out with jem_document_view_release; zeroed on failure.
 * A PDF that opens without a password, though it forbids copying, is taken.
 * JEM_EINVAL: empty; too large (says the limit); not a JPEG, PNG or PDF (says what it looks like); ending says otherwise;
 * damaged; PDF that needs a password; more than JEM_DOCUMENT_MAX_PAGES; more than 80 megapixels;
 * a PDF that takes over a minute
 * JEM_ENOTFOUND: poppler is not installed | JEM_ENOMEM */
JEM_NODISCARD enum jem_code jem_document_look(const void *p, size_t n, const char *name, struct jem_document_view *out,
    struct jem_error *err);
void jem_document_view_release(struct jem_document_view *view);
#endif
