/* bench.c - what the programs of the budget table share. */
#include "bench.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double bench_clock_us(clockid_t id)
{
    struct timespec t;
    (void)clock_gettime(id, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

double bench_now_us(void)
{
    return bench_clock_us(CLOCK_MONOTONIC);
}

double bench_cpu_us(void)
{
    return bench_clock_us(CLOCK_THREAD_CPUTIME_ID);
}

static int bench_order(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

double bench_at(double *values, size_t n, double share)
{
    size_t i = (size_t)(share * (double)n);
    qsort(values, n, sizeof *values, bench_order);
    return values[i < n ? i : n - 1];
}

void bench_row(const char *what, const char *measured, const char *baseline, const char *ratio, const char *target)
{
    printf("%s\t%s\t%s\t%s\t%s\n", what, measured, baseline, ratio, target);
    (void)fflush(stdout);
}

void bench_thousands(double value, char out[32])
{
    char digits[32];
    int n = snprintf(digits, sizeof digits, "%.0f", value);
    size_t at = 0;
    for (int i = 0; i < n && at < 30; i++) {
        if (i > 0 && (n - i) % 3 == 0)
            out[at++] = ',';
        out[at++] = digits[i];
    }
    out[at] = '\0';
}

void bench_die(const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    (void)fputs("bench: ", stderr);
    (void)vfprintf(stderr, fmt, ap);
    (void)fputc('\n', stderr);
    va_end(ap);
    exit(1);
}

void bench_ok(enum jem_code code, const struct jem_error *err)
{
    if (code != JEM_OK)
        bench_die("%s: %s", jem_code_name(code), err->msg);
}

/* ---- commands ---- */

static void shell_run(const char *root, const char *out, const char *fmt, va_list ap)
{
    char command[2048], line[2400];
    (void)vsnprintf(command, sizeof command, fmt, ap);
    (void)snprintf(line, sizeof line, "cd '%s' && { %s; } >%s 2>>log </dev/null", root, command, out);
    int status = system(line);
    if (status != 0)
        bench_die("failed: %s (see %s/log)", command, root);
}

void bench_shell(const char *root, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    shell_run(root, "out", fmt, ap);
    va_end(ap);
}

double bench_shell_number(const char *root, const char *fmt, ...)
{
    char path[512];
    double value = 0;
    va_list ap;
    va_start(ap, fmt);
    shell_run(root, "number", fmt, ap);
    va_end(ap);
    (void)snprintf(path, sizeof path, "%s/number", root);
    FILE *file = fopen(path, "r");
    if (file == NULL || fscanf(file, "%lf", &value) != 1)
        bench_die("no number from: %s", fmt);
    (void)fclose(file);
    return value;
}

/* ---- servers ---- */

static pid_t servers[8];
static size_t server_count;

static void servers_stop(void)
{
    for (size_t i = 0; i < server_count; i++)
        if (servers[i] > 0)
            (void)kill(servers[i], SIGTERM);
}

static void server_url(struct bench_server *server, FILE *from)
{
    char line[1024];
    char *at = NULL;
    while (at == NULL && fgets(line, sizeof line, from) != NULL)
        at = strstr(line, "http");
    if (at == NULL)
        bench_die("a server told no address");
    at[strcspn(at, "\"\r\n ")] = '\0';
    (void)snprintf(server->url, sizeof server->url, "%s", at);
    const char *port = strrchr(server->url, ':');
    server->port = port != NULL ? (unsigned)strtoul(port + 1, NULL, 10) : 0;
    if (server->port == 0)
        bench_die("no port in %s", server->url);
}

/* out: becomes its stdout. */
static void server_fork(struct bench_server *server, const char *const argv[], int out)
{
    if (server_count == 0 && atexit(servers_stop) != 0)
        bench_die("out of memory");
    if (server_count == sizeof servers / sizeof *servers)
        bench_die("too many servers");
    server->pid = fork();
    if (server->pid < 0)
        bench_die("cannot start %s", argv[0]);
    if (server->pid == 0) {
        (void)setpgid(0, 0);
        (void)dup2(out, 1);
        (void)execvp(argv[0], (char *const *)(uintptr_t)argv);
        _exit(127);
    }
    servers[server_count++] = server->pid;
}

void bench_server_start(struct bench_server *server, const char *const argv[])
{
    int fd[2];
    if (pipe2(fd, O_CLOEXEC) != 0)
        bench_die("cannot start %s", argv[0]);
    server_fork(server, argv, fd[1]);
    (void)close(fd[1]);
    FILE *from = fdopen(fd[0], "r");
    if (from == NULL)
        bench_die("out of memory");
    server_url(server, from);
    (void)fclose(from);
}

void bench_server_spawn(struct bench_server *server, const char *const argv[])
{
    server_fork(server, argv, 1);
}

static struct sockaddr_in server_address(unsigned port)
{
    struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return at;
}

unsigned bench_port_free(void)
{
    struct sockaddr_in at = server_address(0);
    socklen_t n = sizeof at;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || bind(fd, (struct sockaddr *)&at, sizeof at) != 0 || getsockname(fd, (struct sockaddr *)&at, &n) != 0)
        bench_die("no free port");
    (void)close(fd);
    return ntohs(at.sin_port);
}

void bench_server_start_at(struct bench_server *server, unsigned port, const char *const argv[])
{
    struct sockaddr_in at = server_address(port);
    int out = open("/dev/null", O_WRONLY | O_CLOEXEC);
    server->port = port;
    (void)snprintf(server->url, sizeof server->url, "http://127.0.0.1:%u", port);
    server_fork(server, argv, out);
    (void)close(out);
    for (int tries = 0; tries < 200; tries++) {
        int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        bool ready = fd >= 0 && connect(fd, (struct sockaddr *)&at, sizeof at) == 0;
        (void)close(fd);
        if (ready)
            return;
        (void)usleep(50000);
    }
    bench_die("%s does not listen on port %u", argv[0], port);
}

void bench_server_stop(struct bench_server *server)
{
    (void)kill(server->pid, SIGTERM);
    (void)waitpid(server->pid, NULL, 0);
    for (size_t i = 0; i < server_count; i++)
        if (servers[i] == server->pid)
            servers[i] = 0;
    server->pid = 0;
}
