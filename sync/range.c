/* range.c - the adaptive binary range coder.
 *
 * The coder keeps an interval [low, low + range) of 32 bits. A bit cuts it at range * chance(0): the lower part is 0.
 * When range falls under 2^24 the top byte of low goes out; a byte 0xff waits (`pending`) until it is known whether
 * a carry runs through it. The first byte of LZMA's form is always zero and is left away; so are trailing zeros. */
#include "range.h"

#define RANGE_TOP ((uint32_t)1 << 24)
#define MODEL_HALF 32768u
#define MODEL_MIN 48u
#define MODEL_MAX (65536u - MODEL_MIN)
#define MODEL_SEEN_MAX 126u
#define MODEL_SHORT 49152u
#define MODEL_SHARE 8u /* of a share that stands for one time that a bit was seen */
#define MODEL_TRUST 8u /* times seen that a share from elsewhere counts for at most */

void jem_range_encoder(struct jem_range *r, struct jem_buf *out)
{
    *r = (struct jem_range){ .encoding = true, .range = UINT32_MAX, .out = out, .start = out->len };
}

static void range_put(struct jem_range *r, unsigned char byte)
{
    if (r->started)
        jem_buf_byte(r->out, byte);
    r->started = true;
}

static void range_shift(struct jem_range *r)
{
    if (r->low < 0xff000000u || r->low > UINT32_MAX) {
        unsigned char carry = (unsigned char)(r->low >> 32);
        range_put(r, (unsigned char)(r->cache + carry));
        for (; r->pending > 0; r->pending--)
            range_put(r, (unsigned char)(0xff + carry));
        r->cache = (unsigned char)(r->low >> 24);
    } else {
        r->pending++;
    }
    r->low = (r->low & 0x00ffffff) << 8;
}

void jem_range_finish(struct jem_range *r)
{
    if (!r->encoding)
        return;
    /* Of all values in the interval the one with most trailing zero bits. */
    for (unsigned bits = 32; bits > 0; bits--) {
        uint64_t mask = ((uint64_t)1 << bits) - 1;
        uint64_t v = (r->low + mask) & ~mask;
        if (v <= r->low + (r->range - 1)) {
            r->low = v;
            break;
        }
    }
    for (int i = 0; i < 5; i++)
        range_shift(r);
    while (r->out->len > r->start && r->out->data[r->out->len - 1] == 0)
        r->out->len--;
}

static unsigned char range_next(struct jem_range *r)
{
    return r->p < r->end ? *r->p++ : 0;
}

void jem_range_decoder(struct jem_range *r, const void *p, size_t n)
{
    *r = (struct jem_range){ .range = UINT32_MAX };
    r->p = p;
    r->end = n == 0 ? r->p : r->p + n;
    for (int i = 0; i < 4; i++)
        r->code = r->code << 8 | range_next(r);
}

static void range_normalise(struct jem_range *r)
{
    while (r->range < RANGE_TOP) {
        r->range <<= 8;
        if (r->encoding)
            range_shift(r);
        else
            r->code = r->code << 8 | range_next(r);
    }
}

void jem_range_models_init(struct jem_range_model *models, size_t count)
{
    for (size_t i = 0; i < count; i++)
        models[i] = (struct jem_range_model){ .zero = MODEL_HALF };
}

struct jem_range_model jem_range_model_of(uint64_t zero, uint64_t one)
{
    uint64_t both = zero + one, chance = both == 0 ? MODEL_HALF : zero * 65536 / both, seen = both / MODEL_SHARE;
    chance = chance < MODEL_MIN ? MODEL_MIN : chance > MODEL_MAX ? MODEL_MAX : chance;
    return (struct jem_range_model){ (uint16_t)chance, (uint16_t)(seen > MODEL_TRUST ? MODEL_TRUST : seen) };
}

/* 65536 / (i + 2): a model that was asked i times moves by that share of the way. */
static const uint16_t model_share[MODEL_SEEN_MAX + 1] = {
#define S1(i) 65536 / ((i) + 2)
#define S8(i) S1(i), S1(i + 1), S1(i + 2), S1(i + 3), S1(i + 4), S1(i + 5), S1(i + 6), S1(i + 7)
#define S32(i) S8(i), S8(i + 8), S8(i + 16), S8(i + 24)
    S32(0), S32(32), S32(64), S8(96), S8(104), S8(112), S1(120), S1(121), S1(122), S1(123), S1(124), S1(125), S1(126)
#undef S32
#undef S8
#undef S1
};

static inline void model_learn(struct jem_range_model *m, unsigned bit)
{
    uint32_t zero = m->zero, share = model_share[m->seen];
    if (bit)
        zero -= zero * share >> 16;
    else
        zero += (65536u - zero) * share >> 16;
    m->zero = (uint16_t)(zero < MODEL_MIN ? MODEL_MIN : zero > MODEL_MAX ? MODEL_MAX : zero);
    m->seen = (uint16_t)(m->seen + (m->seen < MODEL_SEEN_MAX));
}

static inline unsigned range_bit(struct jem_range *r, struct jem_range_model *model, unsigned bit)
{
    uint32_t cut = (r->range >> 16) * model->zero;
    if (!r->encoding)
        bit = r->code >= cut;
    if (bit) {
        if (r->encoding)
            r->low += cut;
        else
            r->code -= cut;
        r->range -= cut;
    } else {
        r->range = cut;
    }
    model_learn(model, bit);
    if (r->range < RANGE_TOP)
        range_normalise(r);
    return bit;
}

unsigned jem_range_bit(struct jem_range *r, struct jem_range_model *model, unsigned bit)
{
    return range_bit(r, model, bit);
}

uint64_t jem_range_direct(struct jem_range *r, uint64_t v, unsigned bits)
{
    uint64_t out = 0;
    while (bits > 0) {
        unsigned take = bits > 16 ? 16 : bits;
        uint32_t part = (uint32_t)(v >> (bits - take)) & ((1u << take) - 1);
        bits -= take;
        r->range >>= take;
        if (r->encoding) {
            r->low += (uint64_t)part * r->range;
        } else {
            part = r->code / r->range;
            if (part >= 1u << take) { /* the few values that rounding leaves over */
                part = (1u << take) - 1;
                r->failed = true;
            }
            r->code -= part * r->range;
        }
        out = out << take | part;
        range_normalise(r);
    }
    return out;
}

void jem_range_bytes(struct jem_range *r, unsigned char *p, size_t n)
{
    for (size_t i = 0; i < n; i++)
        p[i] = (unsigned char)jem_range_direct(r, p[i], 8);
}

unsigned jem_range_tree(struct jem_range *r, struct jem_range_model *models, unsigned bits, unsigned symbol)
{
    unsigned node = 1;
    for (unsigned i = bits; i-- > 0;)
        node = node << 1 | range_bit(r, &models[node], symbol >> i & 1);
    return node - (1u << bits);
}

void jem_range_models_among(struct jem_range_model *models, unsigned bits, unsigned from, unsigned to)
{
    for (unsigned node = 1; node < 1u << bits; node++) {
        unsigned level = 31 - (unsigned)__builtin_clz(node), width = 1u << (bits - level), half = width / 2;
        unsigned start = (node << (bits - level)) - (1u << bits), both[2];
        for (unsigned side = 0; side < 2; side++) {
            unsigned low = start + side * half, high = low + half;
            low = low < from ? from : low;
            high = high > to ? to : high;
            both[side] = high > low ? high - low : 0;
        }
        models[node] = (struct jem_range_model){ .zero = MODEL_HALF };
        if (both[0] + both[1] > 0) /* and a share of a sixty-fourth for what does not come */
            models[node] = jem_range_model_of(both[0] * 64 + 1, both[1] * 64 + 1);
        models[node].seen = 1;
    }
}

void jem_range_number_init(struct jem_range_number *n)
{
    jem_range_models_init(n->length, JEM_RANGE_LENGTHS);
    /* Most numbers are short, many are 0. */
    for (unsigned node = 1; node < JEM_RANGE_LENGTHS; node <<= 1)
        n->length[node] =
            node == 1 ? jem_range_model_of(255, 1) : (struct jem_range_model){ .zero = MODEL_SHORT, .seen = 1 };
    jem_range_models_init(&n->head[0][0], sizeof n->head / sizeof n->head[0][0]);
    jem_range_models_init(&n->sign, 1);
}

uint64_t jem_range_unsigned(struct jem_range *r, struct jem_range_number *n, uint64_t v)
{
    unsigned length = v == 0 ? 0 : 64 - (unsigned)__builtin_clzll(v);
    length = jem_range_tree(r, n->length, 7, length);
    if (length > 64) {
        r->failed = true;
        return 0;
    }
    if (length <= 1)
        return length;
    unsigned rest = length - 1; /* the first bit is 1 */
    unsigned head = rest < JEM_RANGE_HEAD ? rest : JEM_RANGE_HEAD;
    uint64_t low = v & (((uint64_t)1 << rest) - 1);
    uint64_t out = jem_range_tree(r, n->head[length], head, (unsigned)(low >> (rest - head)));
    rest -= head;
    out = ((uint64_t)1 << head | out) << rest;
    return out | jem_range_direct(r, low & (((uint64_t)1 << rest) - 1), rest);
}

int64_t jem_range_signed(struct jem_range *r, struct jem_range_number *n, int64_t v)
{
    /* INT64_MIN is -(INT64_MAX) - 1: negative numbers count from zero. */
    unsigned negative = jem_range_bit(r, &n->sign, v < 0);
    uint64_t size = jem_range_unsigned(r, n, negative ? (uint64_t)(-(v + 1)) : (uint64_t)v);
    if (size > INT64_MAX) {
        r->failed = true;
        return 0;
    }
    return negative ? -(int64_t)size - 1 : (int64_t)size;
}

unsigned jem_range_bits_for(size_t n)
{
    unsigned bits = 0;
    while (bits < 63 && ((size_t)1 << bits) < n)
        bits++;
    return bits;
}
