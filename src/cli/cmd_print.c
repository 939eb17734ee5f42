/* cmd_print.c - receipts to paper, and the question whether they came out. */
#include <string.h>

#include "cli_devices.h"
#include "jemput/lookup.h"
#include "jemput/print.h"
#include "jemput/usb.h"

static const struct jem_column print_columns[] = {
    { "job", JEM_T_CLI_C_JOB, 7 },
    { "number", JEM_T_CLI_C_NUMBER, 16 },
    { "state_text", JEM_T_CLI_C_STATUS, 38 },
    { "printer", JEM_T_CLI_C_PRINTER, 26 },
    { "reason", JEM_T_CLI_C_REASON, 0 },
    { NULL, JEM_T_NONE, 0 },
};

static enum jem_code print_list(struct jem_cli *cli)
{
    enum jem_code rc = jem_print_jobs(cli->app, 0, true, &cli->out, &cli->err);
    if (rc == JEM_OK && !cli->json)
        jem_print_rows(json_object_get(cli->out, "jobs"), print_columns);
    return rc;
}

/* The job of the number that waits for "did paper come out?"; 0: none. */
static enum jem_code print_asked(struct jem_cli *cli, uint64_t number, int64_t *job)
{
    json_t *jobs = NULL, *it;
    size_t i;
    enum jem_code rc = jem_print_jobs(cli->app, number, true, &jobs, &cli->err);
    *job = 0;
    json_array_foreach(json_object_get(jobs, "jobs"), i, it)
    {
        if (jem_json_bool(it, "ask", false))
            *job = jem_json_int(it, "job", 0);
    }
    json_decref(jobs);
    return rc;
}

static enum jem_code print_answer(struct jem_cli *cli, uint64_t number, const char *answer)
{
    int64_t job = 0;
    bool yes = strcmp(answer, "yes") == 0;
    if (!yes && strcmp(answer, "no") != 0)
        return jem_cli_usage(cli, JEM_T_CLI_BAD_ANSWER, answer);
    enum jem_code rc = print_asked(cli, number, &job);
    if (rc == JEM_OK && job == 0)
        return jem_fail(&cli->err, JEM_EINVAL, JEM_D_CLI, 0, JEM_T_CLI_NOT_ASKED);
    return rc == JEM_OK ? jem_print_answer(cli->app, job, yes, &cli->out, &cli->err) : rc;
}

/* A new job, or the one that waits since an earlier command was stopped. */
static enum jem_code print_run(struct jem_cli *cli, struct jem_usb *usb, uint64_t number, json_t **out)
{
    json_t *job = NULL;
    const char *printer = jem_cli_opt(cli, "--printer"), *profile = jem_cli_opt(cli, "--profile");
    enum jem_code rc = JEM_OK;
    if (printer != NULL || profile != NULL) {
        json_t *chosen = NULL;
        rc = jem_print_choose(cli->app, usb, printer, profile, &chosen, &cli->err);
        json_decref(chosen);
    }
    if (rc == JEM_OK)
        rc = jem_print_add(cli->app, usb, number, printer, &job, &cli->err);
    if (rc == JEM_EEXISTS && strcmp(jem_json_str(job, "state", ""), "queued") == 0)
        rc = JEM_OK;
    if (rc == JEM_OK)
        rc = jem_print_run(cli->app, usb, jem_json_int(job, "job", 0), NULL, out, &cli->err);
    else if (rc == JEM_EEXISTS)
        *out = json_incref(job);
    json_decref(job);
    return rc;
}

static void print_tell(struct jem_cli *cli, const json_t *job)
{
    const char *number = jem_json_str(job, "number", "");
    bool ask = jem_json_bool(job, "ask", false);
    if (!cli->json) {
        jem_print_line(JEM_T_CLI_C_NUMBER, "%s", number);
        jem_print_line(JEM_T_CLI_C_STATUS, "%s", jem_json_str(job, "state_text", ""));
        jem_print_line(JEM_T_CLI_C_PRINTER, "%s", jem_json_str(job, "printer", ""));
    }
    if (!ask)
        return;
    cli->soft = JEM_EBUSY;
    fprintf(stderr, "%s\n", jem_json_str(job, "reason", ""));
    fprintf(stderr, jem_text(JEM_T_CLI_PRINT_ASK), number);
    fputc('\n', stderr);
}

enum jem_code jem_cli_print(struct jem_cli *cli, uint64_t number, json_t **out)
{
    struct jem_usb *usb = NULL;
    if (jem_usb_new(&usb, NULL) != JEM_OK)
        usb = NULL; /* /dev/usb/lpN and CUPS are left */
    enum jem_code rc = print_run(cli, usb, number, out);
    jem_usb_free(usb);
    if (rc == JEM_OK)
        print_tell(cli, *out);
    return rc;
}

enum jem_code jem_cmd_print(struct jem_cli *cli)
{
    uint64_t number = 0;
    const char *answer = jem_cli_opt(cli, "--paper");
    enum jem_code rc = jem_cli_open(cli);
    if (rc != JEM_OK || cli->arg_count == 0)
        return rc == JEM_OK ? print_list(cli) : rc;
    rc = jem_lookup_number(cli->app, cli->args[0], &number, &cli->err);
    if (rc != JEM_OK)
        return rc;
    if (answer == NULL)
        return jem_cli_print(cli, number, &cli->out);
    rc = print_answer(cli, number, answer);
    if (rc == JEM_OK)
        print_tell(cli, cli->out);
    return rc;
}
