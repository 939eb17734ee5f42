/* decode.c - reads back the codes that receipts carry. */
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
    const char *const argv[] = { "/usr/bin/zbarimg", "--raw", "-q", "--nodbus", "-Sdisable", "-Sqrcode.enable", source,
        NULL }; /* no other code is looked for: some receipt looks like one here and there */
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
