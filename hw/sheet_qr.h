/* sheet_qr.h - reads the QR of a receipt off a picture. */
#ifndef JEM_HW_SHEET_QR_H
#define JEM_HW_SHEET_QR_H
#include <leptonica/allheaders.h>
#include <stdbool.h>
#include <stddef.h>

/* The first QR in the 8-bit gray picture that looks like a receipt's: HTTPS://HOST/T/ and a base-32 token, in any case.
 * A QR of anything else is passed over. Any turn. False when there is none. */
bool sheet_qr(PIX *gray, char *out, size_t cap);
/* Whether a text has that form; it says nothing about the signature. */
bool sheet_qr_is_receipt(const char *text, size_t n);
#endif
