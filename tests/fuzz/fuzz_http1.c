// room: hw
/* fuzz_http1.c - hostile HTTP responses, as a device on the USB could send them.
 *
 * An input is one byte (the size of the pieces, 0: all at once) and the response. However it is cut, the reader must
 * take the same bytes, find the same status and hand over the same body. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "http1.h"
#include "replay.h"

struct reading {
    struct jem_http1_response r;
    struct jem_buf body;
    enum jem_code code;
    size_t used;
};

static enum jem_code keep(void *ctx, const void *p, size_t n, struct jem_error *err)
{
    (void)err;
    jem_buf_add(ctx, p, n);
    return JEM_OK;
}

static void read_in_pieces(struct reading *x, const unsigned char *p, size_t n, size_t piece)
{
    const struct jem_http1_body sink = { keep, &x->body };
    struct jem_error err = { 0 };
    *x = (struct reading){ .body = JEM_BUF_INIT(INPUT_MAX) };
    while (x->code == JEM_OK && x->used < n && x->r.phase != JEM_HTTP1_DONE) {
        size_t k = n - x->used < piece ? n - x->used : piece, used = 0;
        x->code = jem_http1_response_feed(&x->r, p + x->used, k, &sink, &used, &err);
        need(used <= k && (used > 0 || x->code != JEM_OK), "it takes nothing, or more than there is");
        need(x->code == JEM_OK || x->code == JEM_ECORRUPT, "an error of another kind");
        need((x->r.phase == JEM_HTTP1_BAD) == (x->code != JEM_OK), "phase and code differ");
        need(x->r.phase == JEM_HTTP1_DONE || jem_http1_response_want(&x->r) > 0, "it wants nothing and is not done");
        x->used += used;
    }
    need(!x->body.failed && x->body.len == x->r.body_bytes && x->body.len <= n, "the body is longer than what came");
}

int LLVMFuzzerTestOneInput(const unsigned char *p, size_t n)
{
    static struct reading whole, cut;
    if (n < 2)
        return 0;
    read_in_pieces(&whole, p + 1, n - 1, n);
    read_in_pieces(&cut, p + 1, n - 1, p[0] ? p[0] : 1);
    need(whole.code == cut.code && whole.r.phase == cut.r.phase, "pieces end otherwise");
    need(whole.code != JEM_OK || (whole.r.status == cut.r.status && whole.used == cut.used), "pieces read otherwise");
    need(whole.body.len == cut.body.len &&
             (whole.body.len == 0 || memcmp(whole.body.data, cut.body.data, whole.body.len) == 0),
        "pieces give another body");
    jem_buf_release(&whole.body);
    jem_buf_release(&cut.body);
    return 0;
}

#ifndef JEM_LIBFUZZER
int main(int argc, char **argv)
{
    return replay(argc, argv, LLVMFuzzerTestOneInput);
}
#endif
