/* cmd_link.c - the link and the servers: sync, bundles, serve, status-site. */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"
#include "jemput/exchange.h"
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

static void on_progress(void *ctx, const struct jem_progress *p)
{
    (void)ctx;
    fprintf(stderr, "\r\033[K%s", jem_text(step_texts[p->step]));
    if (p->records_total > 0)
        fprintf(stderr, jem_text(JEM_T_CLI_PROGRESS_RECORDS), (unsigned long long)p->records_done,
            (unsigned long long)p->records_total);
    if (p->bytes_total > p->bytes_done || p->bytes_done > 0)
        fprintf(stderr, "  %llu/%llu KB", (unsigned long long)(p->bytes_done / 1024),
            (unsigned long long)((p->bytes_total > p->bytes_done ? p->bytes_total : p->bytes_done) / 1024));
    if (p->seconds_left >= 0 && p->bytes_total > p->bytes_done)
        fprintf(stderr, jem_text(JEM_T_CLI_PROGRESS_MINUTES), (long long)(p->seconds_left + 59) / 60);
    if (p->step == JEM_STEP_DONE)
        fputc('\n', stderr);
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
    if (isatty(STDERR_FILENO) && !cli->quiet && !cli->json)
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

static void on_ready(void *ctx, const char *url)
{
    const struct jem_cli *cli = ctx;
    if (cli->json)
        printf("{\"url\":\"%s\"}\n", url);
    else
        printf(jem_text(JEM_T_CLI_SERVING), url);
    fflush(stdout);
}

enum jem_code jem_cmd_serve(struct jem_cli *cli)
{
    const char *listen = jem_cli_opt(cli, "--listen");
    struct jem_web_options options = { .dir = cli->dir,
        .listen = listen ? listen : "127.0.0.1:8080",
        .host_name = jem_cli_opt(cli, "--host"),
        .ready = on_ready,
        .ctx = cli };
    enum jem_code rc = jem_web_serve(&options, &cli->err);
    if (rc == JEM_OK)
        cli->json = false; /* the one object was printed when the port listened */
    return rc;
}

enum jem_code jem_cmd_status_site(struct jem_cli *cli)
{
    const char *listen = jem_cli_opt(cli, "--listen"), *db = jem_cli_opt(cli, "--db");
    if (!db)
        return jem_cli_usage(cli, JEM_T_CLI_NEEDS_OPTION, "--db");
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
