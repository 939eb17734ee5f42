/* parts.h - what a receipt says, in its order: cleaned texts with their labels, for the drawn and the plain form. */
#ifndef JEM_RECEIPT_PARTS_H
#define JEM_RECEIPT_PARTS_H
#include <glib.h>

#include "jemput/receipt.h"

#define JEM_PARTS_FIELDS_MAX 6
#define JEM_PARTS_NOTES_MAX 4

struct jem_receipt_part {
    const char *label, *text;
    bool strong;
};
struct jem_receipt_part_list {
    const char *label;
    const char **items;
    size_t count;
};
struct jem_receipt_parts {
    GStringChunk *chunk; /* owns every text below */
    char number[16];
    const char *place; /* "Kabupaten Cianjur · Van 3", "" when neither is known */
    const char *copy;  /* "SALINAN 2", "" on the original */
    struct jem_receipt_part fields[JEM_PARTS_FIELDS_MAX];
    size_t field_count;
    struct jem_receipt_part_list missing, brought;
    struct jem_receipt_part notes[JEM_PARTS_NOTES_MAX];
    size_t note_count;
};

void jem_receipt_parts_init(struct jem_receipt_parts *parts, const struct jem_receipt *r);
void jem_receipt_parts_release(struct jem_receipt_parts *parts);

/* The receipt in plain UTF-8 of at most `columns` characters a line. */
void jem_receipt_parts_text(const struct jem_receipt_parts *parts, const char *qr, size_t columns, struct jem_buf *out);
#endif
