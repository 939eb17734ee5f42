/* sheet_qr.c - zbar on a bounded gray picture of our own making: of all that a scanned page may hold, the library sees
 * brightness only, and no symbology but QR is switched on. */
#include "sheet_qr.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <zbar.h>

#define QR_FORMAT ((unsigned long)'Y' | (unsigned long)'8' << 8 | (unsigned long)'0' << 16 | (unsigned long)'0' << 24)
#define QR_TOKEN_MIN 100 /* characters; an Ed25519 signature alone has 103 */

bool sheet_qr_is_receipt(const char *text, size_t n)
{
    static const char scheme[] = "https://";
    size_t at = sizeof scheme - 1;
    if (n < at || strncasecmp(text, scheme, at) != 0)
        return false;
    size_t host = at;
    while (at < n && text[at] != '/')
        at++;
    if (at == host || n - at < 3 || strncasecmp(text + at, "/t/", 3) != 0)
        return false;
    at += 3;
    size_t token = at;
    while (at < n && ((text[at] >= '0' && text[at] <= '9') || ((text[at] | 32) >= 'a' && (text[at] | 32) <= 'z')))
        at++;
    return at == n && at - token >= QR_TOKEN_MIN;
}

/* zbar wants rows without gaps, in plain bytes. */
static unsigned char *qr_bytes(PIX *gray, size_t *n)
{
    int w = pixGetWidth(gray), h = pixGetHeight(gray);
    *n = (size_t)w * (size_t)h;
    unsigned char *out = malloc(*n), *to = out;
    for (int y = 0; out && y < h; y++) {
        const uint32_t *row = pixGetData(gray) + (size_t)y * (size_t)pixGetWpl(gray);
        for (int x = 0; x < w; x++)
            *to++ = (unsigned char)GET_DATA_BYTE(row, x);
    }
    return out;
}

bool sheet_qr(PIX *gray, char *out, size_t cap)
{
    bool found = false;
    size_t n = 0;
    out[0] = '\0';
    unsigned char *bytes = gray ? qr_bytes(gray, &n) : NULL;
    zbar_image_scanner_t *scanner = bytes ? zbar_image_scanner_create() : NULL;
    zbar_image_t *image = scanner ? zbar_image_create() : NULL;
    if (image) {
        zbar_image_scanner_set_config(scanner, ZBAR_NONE, ZBAR_CFG_ENABLE, 0);
        zbar_image_scanner_set_config(scanner, ZBAR_QRCODE, ZBAR_CFG_ENABLE, 1);
        zbar_image_set_format(image, QR_FORMAT);
        zbar_image_set_size(image, (unsigned)pixGetWidth(gray), (unsigned)pixGetHeight(gray));
        zbar_image_set_data(image, bytes, n, NULL);
        (void)zbar_scan_image(scanner, image);
        for (const zbar_symbol_t *s = zbar_image_first_symbol(image); s && !found; s = zbar_symbol_next(s)) {
            size_t len = zbar_symbol_get_data_length(s);
            found = len < cap && sheet_qr_is_receipt(zbar_symbol_get_data(s), len);
            if (found) {
                memcpy(out, zbar_symbol_get_data(s), len);
                out[len] = '\0';
            }
        }
        zbar_image_destroy(image);
    }
    if (scanner)
        zbar_image_scanner_destroy(scanner);
    free(bytes);
    return found;
}
