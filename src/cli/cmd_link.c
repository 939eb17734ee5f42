/* cmd_link.c - the link and the servers: sync, bundles, serve, status-site. */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "cli.h"
#include "jemput/exchange.h"
#include "jemput/sync_plan.h"
#include "jemput/web.h"
#include "link_options.h"

static const enum jem_text step_texts[] = { [JEM_STEP_CONNECT] = JEM_T_CLI_STEP_CONNECT,
    [JEM_STEP_FEED] = JEM_T_CLI_STEP_FEED,
    [JEM_STEP_SEAL] = JEM_T_CLI_STEP_SEAL,
    [JEM_STEP_RECORDS] = JEM_T_CLI_STEP_RECORDS,
    [JEM_STEP_DOCUMENTS] = JEM_T_CLI_STEP_DOCUMENTS,
    [JEM_STEP_CONFIRM] = JEM_T_CLI_STEP_CONFIRM,
    [JEM_STEP_FETCH] = JEM_T_CLI_STEP_FETCH,
    [JEM_STEP_MERGE] = JEM_T_CLI_STEP_MERGE,
    [JEM_STEP_PUBLISH] = JEM_T_CLI_STEP_PUBLISH,
    [JEM_STEP_DONE] = JEM_T_CLI_STEP_DONE };

#define BAR_CELLS 24
#define BAR_COLUMNS_MIN 70 /* narrower terminals get the words alone */

/* What is done of what is known to be to do: of the bytes, else of the records. False: neither is known. */
static bool progress_share(const struct jem_progress *p, unsigned of, unsigned *out)
{
    uint64_t done = p->bytes_total > 0 ? p->bytes_done : p->records_done;
    uint64_t total = p->bytes_total > 0 ? p->bytes_total : p->records_total;
    *out = total == 0 || done >= total ? of : (unsigned)(done * of / total);
    return total > 0;
}

static void progress_bar(struct jem_buf *line, const struct jem_progress *p)
{
    static const char full[] = "########################", none[] = "........................";
    struct winsize size;
    unsigned cells, percent;
    bool wide = ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col >= BAR_COLUMNS_MIN;
    if (!wide || !progress_share(p, BAR_CELLS, &cells) || !progress_share(p, 100, &percent))
        return;
    jem_buf_fmt(line, "[%.*s%.*s] %3u%%  ", (int)cells, full, (int)(BAR_CELLS - cells), none, percent);
}

/* One line that is written over: bar, step, records, bytes, minutes left. */
static void on_progress(void *ctx, const struct jem_progress *p)
{
    struct jem_buf line = JEM_BUF_INIT(512);
    (void)ctx;
    jem_buf_str(&line, "\r\033[K");
    progress_bar(&line, p);
    jem_buf_str(&line, jem_text(step_texts[p->step]));
    if (p->records_total > 0)
        jem_buf_fmt(&line, jem_text(JEM_T_CLI_PROGRESS_RECORDS), (unsigned long long)p->records_done,
            (unsigned long long)p->records_total);
    if (p->bytes_total > 0)
        jem_buf_fmt(&line, "  %llu/%llu KB",
            (unsigned long long)((p->bytes_done < p->bytes_total ? p->bytes_done : p->bytes_total) / 1024),
            (unsigned long long)((p->bytes_total + 1023) / 1024));
    if (p->seconds_left >= 0 && p->bytes_total > p->bytes_done)
        jem_buf_fmt(&line, jem_text(JEM_T_CLI_PROGRESS_MINUTES), (long long)(p->seconds_left + 59) / 60);
    if (p->step == JEM_STEP_DONE)
        jem_buf_byte(&line, '\n');
    fputs(jem_buf_text(&line), stderr);
    jem_buf_release(&line);
}

static volatile sig_atomic_t round_stop;

/* The first one ends the round before its next slice; the handler is gone by then, so that a second one ends the process. */
static void on_stop(int signal)
{
    static const char words[] = "\n";
    (void)signal;
    round_stop = 1;
    if (isatty(STDERR_FILENO))
        (void)!write(STDERR_FILENO, words, sizeof words - 1);
}

static void stop_on_signals(void)
{
    struct sigaction stop = { .sa_handler = on_stop, .sa_flags = SA_RESTART | (int)SA_RESETHAND };
    sigemptyset(&stop.sa_mask);
    (void)sigaction(SIGINT, &stop, NULL);
    (void)sigaction(SIGTERM, &stop, NULL);
}

static enum jem_code round_options(struct jem_cli *cli, struct jem_round_options *out)
{
    int64_t deadline;
    *out = (struct jem_round_options){ .remote = jem_cli_opt(cli, "--remote"),
        .dry_run = jem_cli_opt(cli, "--dry-run") != NULL,
        .stop = &round_stop };
    if (isatty(STDERR_FILENO) && !cli->quiet && !cli->json && !cli->verbose)
        out->progress = on_progress;
    enum jem_code rc = jem_cli_opt_int(cli, "--deadline", 1, 86400, 0, &deadline);
    if (rc == JEM_OK)
        rc = jem_cli_opt_bytes(cli, "--budget", &out->budget_bytes);
    out->deadline_s = (int)deadline;
    return rc;
}

void jem_cli_print_counts(struct jem_cli *cli, const struct jem_count_line *lines)
{
    for (; !cli->json && lines->key; lines++)
        if (json_object_get(cli->out, lines->key))
            jem_print_line(lines->label, "%lld", (long long)jem_json_int(cli->out, lines->key, 0));
}

/* A limit that the caller set is no failure, and no reason to believe that all is there. */
static void say_stopped(const struct jem_cli *cli)
{
    const char *why = jem_json_str(cli->out, "stopped", "");
    if (*why)
        fprintf(stderr, "jemput: %s\n",
            jem_text(strcmp(why, "budget") == 0 ? JEM_T_CLI_STOPPED_BUDGET : JEM_T_CLI_STOPPED_DEADLINE));
}

enum jem_code jem_cli_round(struct jem_cli *cli, jem_round_use *use, const struct jem_count_line *lines)
{
    struct jem_round_options options;
    enum jem_code rc = round_options(cli, &options);
    if (rc == JEM_OK)
        rc = jem_cli_open(cli);
    stop_on_signals();
    if (rc == JEM_OK)
        rc = use(cli->app, &options, &cli->out, &cli->err);
    if (cli->out)
        jem_cli_print_counts(cli, lines);
    if (rc == JEM_OK)
        say_stopped(cli);
    return rc;
}

/* Our records went out, or what could be believed was taken; a lane of the other side's was not. */
static void say_refused(struct jem_cli *cli)
{
    const char *refused = jem_json_str(cli->out, "refused", "");
    if (!*refused)
        return;
    fprintf(stderr, "jemput: %s\n", refused);
    cli->soft = JEM_ECORRUPT;
}

enum jem_code jem_cmd_sync(struct jem_cli *cli)
{
    static const struct jem_count_line lines[] = { { "pushed_events", JEM_T_CLI_L_PUSHED },
        { "confirmed_events", JEM_T_CLI_L_CONFIRMED }, { "received_events", JEM_T_CLI_L_RECEIVED },
        { "pending_events", JEM_T_CLI_L_PENDING }, { "pending_documents", JEM_T_CLI_L_PENDING_DOCUMENTS },
        { "bytes_up", JEM_T_CLI_L_BYTES_UP }, { "bytes_down", JEM_T_CLI_L_BYTES_DOWN }, { NULL, JEM_T_NONE } };
    enum jem_code rc = jem_cli_round(cli, jem_exchange_sync, lines);
    if (!cli->out)
        return rc;
    if (rc == JEM_OK)
        say_refused(cli);
    return rc;
}

/* ---- bundles ---- */

static bool is_number(const char *s)
{
    return *s && s[strspn(s, "0123456789")] == '\0';
}

/* "--for van 3" is two words, "--for van3" and "--for 3" are one. *path: the argument that is left. */
static enum jem_code bundle_for(struct jem_cli *cli, unsigned *van, const char **path)
{
    const char *whom = jem_cli_opt(cli, "--for"), *number = NULL;
    char *end;
    *van = 0;
    *path = cli->args[0];
    if (whom && strcmp(whom, "van") == 0 && cli->arg_count == 2) {
        bool first = is_number(cli->args[0]) && !is_number(cli->args[1]);
        number = cli->args[first ? 0 : 1];
        *path = cli->args[first ? 1 : 0];
    } else if (cli->arg_count == 2) {
        return jem_cli_usage(cli, JEM_T_CLI_EXTRA_ARG, cli->args[1]);
    } else if (!whom || strcmp(whom, "hq") == 0) {
        return JEM_OK;
    } else {
        number = strncmp(whom, "van", 3) == 0 ? whom + 3 : whom;
        number += strspn(number, " ");
    }
    unsigned long n = is_number(number) ? strtoul(number, &end, 10) : 0;
    if (n < 1 || n > JEM_VAN_MAX)
        return jem_cli_usage(cli, JEM_T_CLI_BAD_FOR, whom);
    *van = (unsigned)n;
    return JEM_OK;
}

enum jem_code jem_cmd_bundle_export(struct jem_cli *cli)
{
    static const struct jem_count_line lines[] = { { "events", JEM_T_CLI_L_BUNDLE_EVENTS },
        { "documents", JEM_T_CLI_L_BUNDLE_DOCUMENTS }, { "carried", JEM_T_CLI_L_CARRIED },
        { "bytes", JEM_T_CLI_L_BYTES }, { NULL, JEM_T_NONE } };
    struct jem_bundle_options options = { .full = jem_cli_opt(cli, "--full") != NULL };
    const char *path;
    enum jem_code rc = bundle_for(cli, &options.van, &path);
    if (rc == JEM_OK)
        rc = jem_cli_opt_bytes(cli, "--budget", &options.budget_bytes);
    if (rc == JEM_OK)
        rc = jem_cli_open(cli);
    if (rc == JEM_OK)
        rc = jem_exchange_bundle_export(cli->app, path, &options, &cli->out, &cli->err);
    if (rc == JEM_OK && !cli->json)
        jem_print_line(JEM_T_CLI_L_FILE, "%s", path);
    if (cli->out)
        jem_cli_print_counts(cli, lines);
    return rc;
}

enum jem_code jem_cmd_bundle_import(struct jem_cli *cli)
{
    static const struct jem_count_line lines[] = { { "events", JEM_T_CLI_L_BUNDLE_NEW },
        { "documents", JEM_T_CLI_L_ACCEPTED_DOCUMENTS }, { "carried", JEM_T_CLI_L_CARRIED },
        { "quarantined", JEM_T_CLI_L_QUARANTINED }, { "conflicts", JEM_T_CLI_L_CONFLICTS },
        { "duplicates", JEM_T_CLI_L_DUPLICATES }, { NULL, JEM_T_NONE } };
    enum jem_code rc = jem_cli_open(cli);
    if (rc == JEM_OK)
        rc = jem_exchange_bundle_import(cli->app, cli->args[0], &cli->out, &cli->err);
    if (!cli->out)
        return rc;
    jem_cli_print_counts(cli, lines);
    if (rc == JEM_OK)
        say_refused(cli);
    return rc;
}

/* ---- servers ---- */

static void on_ready(void *ctx, const char *url, const char *tls_url)
{
    const struct jem_cli *cli = ctx;
    if (cli->json && *tls_url)
        printf("{\"url\":\"%s\",\"tls\":\"%s\"}\n", url, tls_url);
    else if (cli->json)
        printf("{\"url\":\"%s\"}\n", url);
    else
        printf(jem_text(JEM_T_CLI_SERVING), url);
    if (!cli->json && *tls_url)
        printf(jem_text(JEM_T_CLI_SERVING_TLS), tls_url);
    fflush(stdout);
}

/* With an officer and a passphrase at hand, rounds of sync need not wait for a login. */
static enum jem_code serve_open(struct jem_cli *cli)
{
    return jem_cli_unattended(cli) ? jem_cli_open(cli) : JEM_OK;
}

enum jem_code jem_cmd_serve(struct jem_cli *cli)
{
    const char *listen = jem_cli_opt(cli, "--listen"), *local = jem_cli_opt(cli, "--local");
    bool tls = jem_cli_opt(cli, "--tls") != NULL;
    int64_t every_s, lock_s = 0;
    if (local && !tls)
        return jem_cli_usage(cli, JEM_T_CLI_NEEDS_OPTION, "--tls");
    if (tls && !listen)
        listen = "0.0.0.0:8443";
    /* With --tls the address is the counters'; the laptop has its own besides. */
    struct jem_web_options options = { .dir = cli->dir,
        .listen = tls      ? (local ? local : "127.0.0.1:8080")
                  : listen ? listen
                           : "127.0.0.1:8080",
        .tls_listen = tls ? listen : NULL,
        .host_name = jem_cli_opt(cli, "--host"),
        .ready = on_ready,
        .ctx = cli,
        .no_sync = jem_cli_opt(cli, "--no-sync") != NULL };
    enum jem_code rc = jem_cli_opt_int(cli, "--sync-every", JEM_SYNC_EVERY_MIN_S, JEM_SYNC_EVERY_MAX_S, 0, &every_s);
    if (rc == JEM_OK)
        rc = jem_cli_opt_int(cli, "--lock-after", 5, 24 * 3600, 0, &lock_s);
    if (rc == JEM_OK && !options.no_sync)
        rc = serve_open(cli);
    options.sync_every_s = (int)every_s;
    options.lock_after_s = (int)lock_s;
    options.app = cli->app;
    if (rc == JEM_OK)
        rc = jem_web_serve(&options, &cli->err);
    if (rc == JEM_OK)
        cli->json = false; /* the one object was printed when the port listened */
    return rc;
}

static enum jem_code site_write(struct jem_cli *cli, const char *db, const char *dir)
{
    static const struct jem_count_line lines[] = { { "files", JEM_T_CLI_L_FILES_ALL },
        { "written", JEM_T_CLI_L_FILES_WRITTEN }, { "removed", JEM_T_CLI_L_FILES_REMOVED }, { NULL, JEM_T_NONE } };
    struct jem_site_files files;
    enum jem_code rc = jem_site_write(db, dir, &files, &cli->err);
    if (rc == JEM_OK)
        cli->out = json_pack("{s:I, s:I, s:I}", "files", (json_int_t)files.all, "written", (json_int_t)files.written,
            "removed", (json_int_t)files.removed);
    if (cli->out)
        jem_cli_print_counts(cli, lines);
    return rc;
}

enum jem_code jem_cmd_status_site(struct jem_cli *cli)
{
    const char *listen = jem_cli_opt(cli, "--listen"), *db = jem_cli_opt(cli, "--db");
    const char *dir = jem_cli_opt(cli, "--static");
    if (!db)
        return jem_cli_usage(cli, JEM_T_CLI_NEEDS_OPTION, "--db");
    if (dir)
        return site_write(cli, db, dir);
    struct jem_site_options options = { .db = db,
        .listen = listen ? listen : "127.0.0.1:8090",
        .host_name = jem_cli_opt(cli, "--host"),
        .ready = on_ready,
        .ctx = cli };
    enum jem_code rc = jem_site_serve(&options, &cli->err);
    if (rc == JEM_OK)
        cli->json = false;
    return rc;
}
