// room: hw
/* The reader of HTTP responses: the same answer however its bytes are cut, and no nonsense is taken for an answer. */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "http1.h"
#include "prop.h"

static enum jem_code keep(void *ctx, const void *p, size_t n, struct jem_error *err)
{
    struct jem_buf *b = ctx;
    (void)err;
    jem_buf_add(b, p, n);
    return JEM_OK;
}

/* Reads `n` bytes in pieces of at most `step` (0: cut by chance). *used: how far it read. */
static enum jem_code read_all(struct jem_http1_response *r, const char *p, size_t n, size_t step, struct prop *g,
    struct jem_buf *body, size_t *used)
{
    const struct jem_http1_body sink = { keep, body };
    struct jem_error err = { 0 };
    *r = (struct jem_http1_response){ .phase = JEM_HTTP1_STATUS };
    *used = 0;
    while (*used < n && r->phase != JEM_HTTP1_DONE) {
        size_t k = step ? step : 1 + (size_t)prop_below(g, 40), taken = 0;
        if (k > n - *used)
            k = n - *used;
        enum jem_code code = jem_http1_response_feed(r, p + *used, k, &sink, &taken, &err);
        assert_true(taken <= k);
        *used += taken;
        if (code != JEM_OK) {
            assert_int_equal(r->phase, JEM_HTTP1_BAD);
            assert_true(err.msg[0] != '\0');
            return code;
        }
    }
    return JEM_OK;
}

struct sample {
    const char *text;
    unsigned status;
    const char *body; /* NULL: nonsense */
    bool done;
};

static const struct sample samples[] = {
    { "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", 200, "hello", true },
    { "HTTP/1.1 200 OK\nContent-Length: 2\n\nhi", 200, "hi", true },
    { "\r\n\r\nHTTP/1.1 404 Not Found\r\ncontent-length:0\r\n\r\n", 404, "", true },
    { "HTTP/1.1 204 No Content\r\n\r\n", 204, "", true },
    { "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 201 Created\r\nLocation: /eSCL/ScanJobs/7\r\nContent-Length: 0\r\n\r\n",
        201, "", true },
    { "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6;x=y\r\n world\r\n0\r\n\r\n", 200,
        "hello world", true },
    { "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\nContent-Length: 99\r\n\r\n1\r\na\r\n00\r\nX: y\r\n\r\n",
        200, "a", true },
    { "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 3\r\n\r\nabc", 200, "abc", true },
    { "HTTP/1.1 200 OK\r\nX-Long: a\r\n folded\r\nContent-Length: 1\r\n\r\nz", 200, "z", true },
    { "HTTP/1.0 200\r\n\r\nuntil it closes", 200, "until it closes", false },
    { "HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nhalf", 200, "half", false },
    { "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd", 0, NULL, false },
    { "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", 0, NULL, false },
    { "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n", 0, NULL, false },
    { "HTTP/1.1 200 OK\r\nContent-Length: 4294967296\r\n\r\n", 0, NULL, false },
    { "HTTP/1.1 200 OK\r\nno colon\r\n\r\n", 0, NULL, false },
    { "HTTP/1.1 20 OK\r\n\r\n", 0, NULL, false },
    { "HTTP/2 200\r\n\r\n", 0, NULL, false },
    { "\xff\xd8\xff\xe0 a page of the request before\r\n", 0, NULL, false },
    { "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n123456789\r\n", 0, NULL, false },
    { "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n", 0, NULL, false },
    { "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nabc\r\n", 0, NULL, false },
};

static void reads_the_same_however_it_is_cut(void **state)
{
    (void)state;
    struct prop g = prop_start("http1 cuts");
    for (size_t i = 0; i < sizeof samples / sizeof samples[0]; i++) {
        const struct sample *s = &samples[i];
        for (size_t round = 0; round < 12; round++) {
            struct jem_http1_response r;
            struct jem_buf body = JEM_BUF_INIT(1 << 20);
            size_t used;
            enum jem_code code = read_all(&r, s->text, strlen(s->text), round < 3 ? (size_t[]){ 1, 7, 4096 }[round] : 0,
                &g, &body, &used);
            if ((code == JEM_OK) != (s->body != NULL))
                fail_msg("sample %zu: %s", i, s->text);
            if (s->body) {
                assert_int_equal(r.status, s->status);
                assert_string_equal(jem_buf_text(&body), s->body);
                assert_int_equal(r.phase == JEM_HTTP1_DONE, s->done);
                assert_int_equal(r.body_bytes, strlen(s->body));
            }
            jem_buf_release(&body);
        }
    }
}

static void keeps_what_is_used(void **state)
{
    (void)state;
    static const char text[] =
        "HTTP/1.1 201 Created\r\nLOCATION:  http://10.0.0.1/eSCL/ScanJobs/9 \r\nServer: X/1\r\n"
        "Content-Type: Image/JPEG; q=1\r\nConnection: keep-alive, Close\r\nContent-Length: 0\r\n\r\n"
        "HTTP/1.1 200 OK\r\n";
    struct jem_http1_response r;
    struct jem_buf body = JEM_BUF_INIT(16);
    size_t used;
    assert_int_equal(read_all(&r, text, sizeof text - 1, 4096, NULL, &body, &used), JEM_OK);
    assert_string_equal(r.location, "http://10.0.0.1/eSCL/ScanJobs/9");
    assert_string_equal(r.server, "X/1");
    assert_string_equal(r.content_type, "image/jpeg");
    assert_true(r.close);
    assert_int_equal(used, strstr(text, "HTTP/1.1 200") - text); /* the next response is not touched */
}

static void is_bounded(void **state)
{
    (void)state;
    struct jem_http1_response r;
    struct jem_buf text = JEM_BUF_INIT(1 << 20), body = JEM_BUF_INIT(16);
    size_t used;
    jem_buf_str(&text, "HTTP/1.1 200 OK\r\n");
    for (int i = 0; i < 200; i++)
        jem_buf_fmt(&text, "X-%d: y\r\n", i);
    assert_int_equal(read_all(&r, jem_buf_text(&text), text.len, 4096, NULL, &body, &used), JEM_ECORRUPT);
    jem_buf_clear(&text);
    jem_buf_str(&text, "HTTP/1.1 200 OK\r\nX: ");
    for (int i = 0; i < 5000; i++)
        jem_buf_byte(&text, 'a');
    assert_int_equal(read_all(&r, jem_buf_text(&text), text.len, 4096, NULL, &body, &used), JEM_ECORRUPT);
    jem_buf_clear(&text);
    for (int i = 0; i < 500; i++) /* a device that only ever says "continue" */
        jem_buf_str(&text, "HTTP/1.1 100 Continue\r\n\r\n");
    assert_int_equal(read_all(&r, jem_buf_text(&text), text.len, 4096, NULL, &body, &used), JEM_ECORRUPT);
    jem_buf_release(&text);
}

static void knows_how_much_is_left(void **state)
{
    (void)state;
    struct jem_http1_response r;
    struct jem_buf body = JEM_BUF_INIT(1 << 20);
    size_t used;
    static const char text[] = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n0123456789";
    assert_int_equal(read_all(&r, text, sizeof text - 1, 4096, NULL, &body, &used), JEM_OK);
    assert_int_equal(jem_http1_response_want(&r), 90);
    r = (struct jem_http1_response){ .phase = JEM_HTTP1_STATUS };
    assert_true(jem_http1_response_want(&r) >= 1024);
    jem_buf_release(&body);
}

static void writes_requests(void **state)
{
    (void)state;
    struct jem_buf out = JEM_BUF_INIT(4096);
    jem_http1_request_write(&(struct jem_http1_request){ "POST", "/eSCL/ScanJobs", "localhost", "text/xml", "<a/>", 4 },
        &out);
    assert_non_null(strstr(jem_buf_text(&out), "POST /eSCL/ScanJobs HTTP/1.1\r\nHost: localhost\r\n"));
    assert_non_null(strstr(jem_buf_text(&out), "\r\nContent-Length: 4\r\n\r\n<a/>"));
    assert_null(strstr(jem_buf_text(&out), "Expect"));
    assert_null(strstr(jem_buf_text(&out), "Connection"));
    jem_buf_clear(&out);
    jem_http1_request_write(&(struct jem_http1_request){ .method = "GET", .path = "/", .host = "h" }, &out);
    assert_null(strstr(jem_buf_text(&out), "Content-Length"));
    jem_buf_release(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_the_same_however_it_is_cut),
        cmocka_unit_test(keeps_what_is_used),
        cmocka_unit_test(is_bounded),
        cmocka_unit_test(knows_how_much_is_left),
        cmocka_unit_test(writes_requests),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
