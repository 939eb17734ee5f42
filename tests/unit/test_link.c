// room: sync
/* test_link.c - hubs that do not answer, or answer with nonsense: every wait ends. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "regency.h"
#include "unit.h"

/* libgit2 1.5 keeps 32 bytes of the address of each ssh connection whose handshake fails. Its frames have no names. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
    return "leak:libgit2.so\n";
}

static int listen_somewhere(unsigned *port)
{
    struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t size = sizeof at;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_true(fd >= 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof at), 0);
    assert_int_equal(listen(fd, 8), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &size), 0);
    *port = ntohs(at.sin_port);
    return fd;
}

static void url_of(unsigned kind, unsigned port, char url[64])
{
    if (kind == 0)
        snprintf(url, 64, "http://127.0.0.1:%u/hub.git", port);
    else if (kind == 1)
        snprintf(url, 64, "https://127.0.0.1:%u/hub.git", port);
    else
        snprintf(url, 64, "ssh://hub@127.0.0.1:%u/hub.git", port);
}

/* Takes the connection and says nothing: the deadline ends it, and the records are where they were. */
static void test_silence(void **state)
{
    struct regency r;
    unsigned port;
    (void)state;
    regency_make(&r, 1);
    regency_apply_many(r.van[0], 2, 1);
    int fd = listen_somewhere(&port);
    for (unsigned kind = 0; kind < 3; kind++) {
        char url[64];
        struct jem_error err = { 0 };
        struct jem_round_report report;
        url_of(kind, port, url);
        struct jem_round_options options = { .remote = url, .deadline_s = 1 };
        int64_t start = jem_mono_ms();
        assert_int_equal(jem_round_van(r.van[0], &options, &report, &err), JEM_ELINK);
        int64_t took = jem_mono_ms() - start;
        if (took > 5000)
            fail_msg("%s: %d ms", url, (int)took);
        assert_int_equal(report.pushed_events, 0);
        assert_int_equal(report.pending_events, regency_count(r.van[0], 3, 0));
    }
    close(fd);
    regency_free(&r);
}

/* ---- nonsense ---- */

struct babbler {
    int fd;
    const char *text;
};

static void *babble(void *ctx)
{
    struct babbler *b = ctx;
    for (int conn; (conn = accept(b->fd, NULL, NULL)) >= 0; close(conn)) {
        char ignored[4096];
        if (recv(conn, ignored, sizeof ignored, MSG_DONTWAIT) < 0)
            usleep(50000);
        (void)!send(conn, b->text, strlen(b->text), MSG_NOSIGNAL);
    }
    return NULL;
}

static void test_nonsense(void **state)
{
    static const struct {
        unsigned kind;
        const char *text;
        enum jem_code code;
    } cases[] = {
        { 0, "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 13\r\n\r\n<h1>Wifi</h1>", JEM_ELINK },
        { 0, "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/login\r\nContent-Length: 0\r\n\r\n", JEM_ELINK },
        { 0, "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n", JEM_EDENIED },
        { 0, "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic realm=x\r\nContent-Length: 0\r\n\r\n", JEM_EDENIED },
        { 0, "HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n", JEM_ELINK },
        { 0, "\x16\x03\x01 what", JEM_ELINK },
        { 1, "HTTP/1.1 200 OK\r\n\r\n", JEM_ELINK },
        { 2, "SSH-1.0-old\r\n", JEM_ELINK },
    };
    struct regency r;
    (void)state;
    regency_make(&r, 1);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct babbler b = { .text = cases[i].text };
        struct jem_error err = { 0 };
        struct jem_round_report report;
        pthread_t thread;
        unsigned port;
        char url[64];
        b.fd = listen_somewhere(&port);
        assert_int_equal(pthread_create(&thread, NULL, babble, &b), 0);
        url_of(cases[i].kind, port, url);
        struct jem_round_options options = { .remote = url, .deadline_s = 5 };
        enum jem_code code = jem_round_van(r.van[0], &options, &report, &err);
        if (code != cases[i].code)
            fail_msg("case %zu: %s %s", i, jem_code_name(code), err.msg);
        shutdown(b.fd, SHUT_RDWR);
        pthread_join(thread, NULL);
        close(b.fd);
    }
    regency_free(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_silence),
        cmocka_unit_test(test_nonsense),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
