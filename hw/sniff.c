/* sniff.c - magic numbers of the kinds that are taken, and of those that people try to attach. */
#include "sniff.h"

#include <string.h>
#include <strings.h>

#define SNIFF_PDF_WINDOW 1024 /* readers accept the header anywhere in the first KiB */
#define SNIFF_TEXT_WINDOW 512

struct sniff_magic {
    size_t at, len;
    const char *bytes;
    enum jem_mime mime;
    enum jem_text looks_like;
};
static const struct sniff_magic sniff_magics[] = {
    { 0, 3, "\xFF\xD8\xFF", JEM_MIME_JPEG, JEM_T_NONE },
    { 0, 8, "\x89PNG\r\n\x1A\n", JEM_MIME_PNG, JEM_T_NONE },
    { 0, 5, "%PDF-", JEM_MIME_PDF, JEM_T_NONE },
    { 4, 8, "ftypheic", JEM_MIME_UNKNOWN, JEM_T_LOOKS_HEIC },
    { 4, 8, "ftypheix", JEM_MIME_UNKNOWN, JEM_T_LOOKS_HEIC },
    { 4, 8, "ftypmif1", JEM_MIME_UNKNOWN, JEM_T_LOOKS_HEIC },
    { 4, 8, "ftypavif", JEM_MIME_UNKNOWN, JEM_T_LOOKS_PICTURE },
    { 4, 4, "ftyp", JEM_MIME_UNKNOWN, JEM_T_LOOKS_VIDEO },
    { 8, 4, "WEBP", JEM_MIME_UNKNOWN, JEM_T_LOOKS_PICTURE },
    { 0, 4, "GIF8", JEM_MIME_UNKNOWN, JEM_T_LOOKS_PICTURE },
    { 0, 4, "II*\0", JEM_MIME_UNKNOWN, JEM_T_LOOKS_PICTURE },
    { 0, 4, "MM\0*", JEM_MIME_UNKNOWN, JEM_T_LOOKS_PICTURE },
    { 0, 2, "BM", JEM_MIME_UNKNOWN, JEM_T_LOOKS_PICTURE },
    { 0, 4, "PK\3\4", JEM_MIME_UNKNOWN, JEM_T_LOOKS_OFFICE },
    { 0, 4, "\xD0\xCF\x11\xE0", JEM_MIME_UNKNOWN, JEM_T_LOOKS_OFFICE },
    { 0, 5, "{\\rtf", JEM_MIME_UNKNOWN, JEM_T_LOOKS_OFFICE },
    { 0, 4, "Rar!", JEM_MIME_UNKNOWN, JEM_T_LOOKS_ARCHIVE },
    { 0, 4, "7z\xBC\xAF", JEM_MIME_UNKNOWN, JEM_T_LOOKS_ARCHIVE },
    { 0, 2, "\x1F\x8B", JEM_MIME_UNKNOWN, JEM_T_LOOKS_ARCHIVE },
    { 0, 2, "MZ", JEM_MIME_UNKNOWN, JEM_T_LOOKS_PROGRAM },
    { 0, 4,
        "\x7F"
        "ELF",
        JEM_MIME_UNKNOWN, JEM_T_LOOKS_PROGRAM },
};

/* Text has no control characters but white space, and is mostly ASCII. */
static bool sniff_is_text(const unsigned char *p, size_t n)
{
    size_t high = 0;
    for (size_t i = 0; i < n; i++) {
        if (p[i] < ' ' && !memchr("\t\n\r\f", p[i], 4))
            return false;
        high += p[i] >= 0x80;
    }
    return high <= n / 2;
}

enum jem_mime jem_sniff(const unsigned char *p, size_t n, enum jem_text *looks_like)
{
    *looks_like = JEM_T_LOOKS_UNKNOWN;
    for (size_t i = 0; i < sizeof sniff_magics / sizeof *sniff_magics; i++) {
        const struct sniff_magic *m = &sniff_magics[i];
        if (n >= m->at + m->len && memcmp(p + m->at, m->bytes, m->len) == 0) {
            *looks_like = m->looks_like;
            return m->mime;
        }
    }
    size_t window = n < SNIFF_PDF_WINDOW ? n : SNIFF_PDF_WINDOW;
    if (memmem(p, window, "%PDF-", 5))
        return JEM_MIME_PDF;
    if (sniff_is_text(p, n < SNIFF_TEXT_WINDOW ? n : SNIFF_TEXT_WINDOW))
        *looks_like = p[0] == '<' ? JEM_T_LOOKS_WEB : JEM_T_LOOKS_TEXT;
    return JEM_MIME_UNKNOWN;
}

struct sniff_ending {
    const char *ending;
    enum jem_mime mime;
};
static const struct sniff_ending sniff_endings[] = {
    { "jpg", JEM_MIME_JPEG },
    { "jpeg", JEM_MIME_JPEG },
    { "jpe", JEM_MIME_JPEG },
    { "jfif", JEM_MIME_JPEG },
    { "png", JEM_MIME_PNG },
    { "pdf", JEM_MIME_PDF },
    { "gif", JEM_MIME_UNKNOWN },
    { "webp", JEM_MIME_UNKNOWN },
    { "heic", JEM_MIME_UNKNOWN },
    { "tif", JEM_MIME_UNKNOWN },
    { "tiff", JEM_MIME_UNKNOWN },
    { "bmp", JEM_MIME_UNKNOWN },
    { "svg", JEM_MIME_UNKNOWN },
    { "doc", JEM_MIME_UNKNOWN },
    { "docx", JEM_MIME_UNKNOWN },
    { "xls", JEM_MIME_UNKNOWN },
    { "xlsx", JEM_MIME_UNKNOWN },
    { "txt", JEM_MIME_UNKNOWN },
    { "html", JEM_MIME_UNKNOWN },
    { "zip", JEM_MIME_UNKNOWN },
    { "exe", JEM_MIME_UNKNOWN },
    { "mp4", JEM_MIME_UNKNOWN },
};

static const char *sniff_kind_name(enum jem_mime mime)
{
    return mime == JEM_MIME_JPEG ? "JPEG" : mime == JEM_MIME_PNG ? "PNG" : "PDF";
}

enum jem_code jem_sniff_name(const char *name, enum jem_mime mime, struct jem_error *err)
{
    const char *dot = name ? strrchr(name, '.') : NULL;
    if (!dot)
        return JEM_OK;
    for (size_t i = 0; i < sizeof sniff_endings / sizeof *sniff_endings; i++)
        if (strcasecmp(dot + 1, sniff_endings[i].ending) == 0 && sniff_endings[i].mime != mime)
            return jem_fail(err, JEM_EINVAL, JEM_D_HW, 0, JEM_T_PAGE_ENDING, sniff_endings[i].ending,
                sniff_kind_name(mime));
    return JEM_OK;
}
