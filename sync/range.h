/* range.h - an adaptive binary range coder, one body of code for both directions: every jem_range_* call takes the
 * value to write and returns it, or, when reading, ignores it and returns the value that was written.
 * The coder is that of LZMA (carries run through); probabilities learn by Krichevsky and Trofimov's estimator, so that
 * short columns come near their entropy too. Internal to the room sync. */
#ifndef SYNC_RANGE_H
#define SYNC_RANGE_H
#include "jemput/buf.h"

struct jem_range {
    bool encoding;
    uint32_t range;
    /* encoding */
    struct jem_buf *out;
    size_t start; /* where in out this coder began */
    uint64_t low, pending;
    unsigned char cache;
    bool started;
    /* decoding: past the end come zeros, for the writer leaves trailing zeros away */
    uint32_t code;
    const unsigned char *p, *end;
    bool failed; /* a value was read that no writer writes: everything after it is meaningless */
};

/* The chance that the next bit is 0, and how often it was asked. All zero is not valid: jem_range_models_init. */
struct jem_range_model {
    uint16_t zero, seen;
};

void jem_range_encoder(struct jem_range *r, struct jem_buf *out); /* appends to out, whose `failed` tells */
void jem_range_finish(struct jem_range *r);                       /* encoder: the last bytes; decoder: nothing */
void jem_range_decoder(struct jem_range *r, const void *p, size_t n);

void jem_range_models_init(struct jem_range_model *models, size_t count);
/* What is believed when 0 has this share and 1 that one; the larger both are, the slower it learns otherwise. */
struct jem_range_model jem_range_model_of(uint64_t zero, uint64_t one);
/* A tree of `bits` bits in which symbols from..to-1 are alike likely, others hardly. */
void jem_range_models_among(struct jem_range_model *models, unsigned bits, unsigned from, unsigned to);
unsigned jem_range_bit(struct jem_range *r, struct jem_range_model *model, unsigned bit);
/* The low `bits` (at most 64) of v, each as likely 0 as 1. */
uint64_t jem_range_direct(struct jem_range *r, uint64_t v, unsigned bits);
void jem_range_bytes(struct jem_range *r, unsigned char *p, size_t n);
/* A symbol of `bits` bits; models[1 << bits]. */
unsigned jem_range_tree(struct jem_range *r, struct jem_range_model *models, unsigned bits, unsigned symbol);

/* Any 64-bit number: its length and first bits are learnt, the rest is direct. */
#define JEM_RANGE_LENGTHS 128
#define JEM_RANGE_HEAD 3
struct jem_range_number {
    struct jem_range_model length[JEM_RANGE_LENGTHS], head[65][1 << JEM_RANGE_HEAD], sign;
};
void jem_range_number_init(struct jem_range_number *n);
uint64_t jem_range_unsigned(struct jem_range *r, struct jem_range_number *n, uint64_t v);
int64_t jem_range_signed(struct jem_range *r, struct jem_range_number *n, int64_t v);
/* The least b with 2^b >= n; 0 for n <= 1. */
unsigned jem_range_bits_for(size_t n);
#endif
