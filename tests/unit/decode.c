/* decode.c - reads back what receipts print. */
#include "decode.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "jemput/file.h"
#include "unit.h"

#define DECODE_TIMEOUT_MS 60000

void decode_run(const char *const argv[], const void *in, size_t n, struct jem_buf *out)
{
    struct jem_error err = { 0 };
    if (jem_child_run(argv, in, n, DECODE_TIMEOUT_MS, (size_t)32 << 20, out, &err) != JEM_OK)
        fail_msg("%s: %s", argv[0], err.msg);
}

void decode_qr(const char *kind, const void *picture, size_t n, char *out, size_t out_cap)
{
    char source[16];
    snprintf(source, sizeof source, "%s:-", kind);
    const char *const argv[] = { "/usr/bin/zbarimg", "--raw", "-q", "--nodbus", source, NULL };
    struct jem_buf text = JEM_BUF_INIT(65536);
    decode_run(argv, picture, n, &text);
    assert_true(text.len > 0 && text.len <= out_cap);
    assert_int_equal(text.data[text.len - 1], '\n');
    memcpy(out, text.data, text.len - 1);
    out[text.len - 1] = 0;
    jem_buf_release(&text);
}

void decode_pbm(unsigned width, unsigned height, size_t stride, const unsigned char *bits, struct jem_buf *out)
{
    jem_buf_fmt(out, "P4\n%u %u\n", width, height);
    for (unsigned y = 0; y < height; y++)
        jem_buf_add(out, bits + y * stride, (width + 7) / 8);
}

static bool paper_strip(struct decode_paper *paper, const unsigned char *p, size_t n, size_t *used)
{
    if (n < 8 || p[2] != '0' || p[3] != 0)
        return false;
    unsigned bytes = p[4] | (unsigned)p[5] << 8, rows = p[6] | (unsigned)p[7] << 8;
    size_t size = (size_t)bytes * rows;
    if (size == 0 || n - 8 < size || (paper->width != 0 && paper->width != bytes * 8))
        return false;
    paper->width = bytes * 8;
    paper->bits = realloc(paper->bits, (size_t)bytes * (paper->height + rows));
    assert_non_null(paper->bits);
    memcpy(paper->bits + (size_t)bytes * paper->height, p + 8, size);
    paper->height += rows;
    paper->strips++;
    paper->tallest_strip = rows > paper->tallest_strip ? rows : paper->tallest_strip;
    *used = 8 + size;
    return true;
}

bool decode_escpos(const unsigned char *p, size_t n, struct decode_paper *out)
{
    *out = (struct decode_paper){ 0 };
    out->reset_first = n >= 2 && p[0] == 0x1B && p[1] == '@';
    for (size_t at = 0, used; at < n; at += used) {
        const unsigned char *c = p + at;
        size_t left = n - at;
        if (left < 2)
            return false;
        if (c[0] == 0x1B && c[1] == '@') {
            used = 2;
        } else if (c[0] == 0x1B && c[1] == 'd' && left >= 3) {
            out->feeds += c[2];
            used = 3;
        } else if (c[0] == 0x1D && c[1] == 'V' && left >= 4 && (c[2] == 'A' || c[2] == 'B')) {
            out->cuts++;
            used = 4;
        } else if (c[0] != 0x1D || c[1] != 'v' || !paper_strip(out, c, left, &used)) {
            return false;
        }
    }
    return true;
}
