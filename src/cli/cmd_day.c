/* cmd_day.c - the van's day on the command line: queue, the evening's sheet, the survey. */
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "jemput/day.h"
#include "jemput/print.h"
#include "jemput/usb.h"

static const struct jem_column queue_columns[] = {
    { "text", JEM_T_CLI_C_TICKET, 8 },
    { "category_label", JEM_T_CLI_C_GROUP, 26 },
    { "state_label", JEM_T_CLI_C_STATUS, 12 },
    { "counter", JEM_T_CLI_C_COUNTER, 0 },
    { NULL, JEM_T_NONE, 0 },
};

/* A paper to a file, as `receipt` does. */
struct day_paper {
    enum jem_paper_format format;
    unsigned width_mm;
    const char *path;
};
static enum jem_code day_paper_options(struct jem_cli *cli, struct day_paper *p)
{
    int64_t width = 58;
    const char *name = jem_cli_opt(cli, "--format");
    p->path = jem_cli_opt(cli, "-o");
    p->format = jem_paper_format_parse(name != NULL ? name : "text");
    if (p->format == JEM_PAPER_UNKNOWN)
        return jem_cli_usage(cli, JEM_T_CLI_BAD_FORMAT, name);
    enum jem_code rc = jem_cli_opt_int(cli, "--width", 58, 80, 58, &width);
    if (rc == JEM_OK && width != 58 && width != 80)
        rc = jem_cli_usage(cli, JEM_T_CLI_BAD_WIDTH, "--width");
    p->width_mm = (unsigned)width;
    return rc;
}

static void queue_tell(const struct jem_cli *cli, const json_t *ticket)
{
    if (cli->json)
        return;
    jem_print_line(JEM_T_CLI_C_TICKET, "%s", jem_json_str(ticket, "text", ""));
    jem_print_line(JEM_T_CLI_C_GROUP, "%s", jem_json_str(ticket, "category_label", ""));
    if (jem_json_int(ticket, "counter", 0) > 0)
        jem_print_line(JEM_T_CLI_C_COUNTER, "%lld", (long long)jem_json_int(ticket, "counter", 0));
}

/* The ticket to the receipt printer; its failure does not undo the number. */
static enum jem_code queue_print(struct jem_cli *cli, unsigned number)
{
    struct jem_usb *usb = NULL;
    json_t *job = NULL, *done = NULL;
    uint64_t ticket = jem_print_ticket(jem_store_today(jem_app_store(cli->app)), number);
    if (jem_usb_new(&usb, NULL) != JEM_OK)
        usb = NULL;
    enum jem_code rc = jem_print_add(cli->app, usb, ticket, jem_cli_opt(cli, "--printer"), &job, &cli->err);
    if (rc == JEM_OK)
        rc = jem_print_run(cli->app, usb, jem_json_int(job, "job", 0), NULL, &done, &cli->err);
    jem_usb_free(usb);
    if (done != NULL && cli->out != NULL)
        json_object_set(cli->out, "printed", json_object_get(done, "state"));
    json_decref(job);
    json_decref(done);
    return rc;
}

enum jem_code jem_cmd_queue_issue(struct jem_cli *cli)
{
    const char *category = jem_cli_opt(cli, "--category");
    struct day_paper paper;
    struct jem_buf bytes = JEM_BUF_INIT(JEM_BUF_DEFAULT_MAX);
    enum jem_code rc = day_paper_options(cli, &paper);
    if (rc == JEM_OK)
        rc = jem_cli_open(cli);
    if (rc == JEM_OK)
        rc = jem_queue_issue(cli->app, category != NULL ? category : "general", &cli->out, &cli->err);
    unsigned number = (unsigned)jem_json_int(cli->out, "number", 0);
    if (rc == JEM_OK)
        queue_tell(cli, cli->out);
    if (rc == JEM_OK && jem_cli_opt(cli, "--print") != NULL)
        rc = queue_print(cli, number);
    if (rc == JEM_OK && (paper.path != NULL || jem_cli_opt(cli, "--format") != NULL)) {
        rc = jem_queue_paper(cli->app, number, paper.format, paper.width_mm, &bytes, &cli->err);
        if (rc == JEM_OK)
            rc = jem_cli_deliver(cli, paper.path, &bytes);
    }
    jem_buf_release(&bytes);
    return rc;
}

static enum jem_code queue_number(struct jem_cli *cli, unsigned *out)
{
    char *end = NULL;
    unsigned long n = strtoul(cli->args[0], &end, 10);
    if (*end != '\0' && jem_queue_code_parse(cli->app, cli->args[0], out))
        return JEM_OK;
    if (*cli->args[0] == '\0' || *end != '\0' || n < 1 || n > 9999)
        return jem_cli_usage(cli, JEM_T_CLI_BAD_TICKET, cli->args[0]);
    *out = (unsigned)n;
    return JEM_OK;
}

enum jem_code jem_cmd_queue_next(struct jem_cli *cli)
{
    int64_t counter = 1;
    enum jem_code rc = jem_cli_opt_int(cli, "--counter", 1, 9, 1, &counter);
    if (rc == JEM_OK)
        rc = jem_cli_open(cli);
    if (rc == JEM_OK)
        rc = jem_queue_next(cli->app, (unsigned)counter, &cli->out, &cli->err);
    if (rc == JEM_OK)
        queue_tell(cli, cli->out);
    return rc;
}

enum jem_code jem_cmd_queue_call(struct jem_cli *cli)
{
    int64_t counter = 1;
    unsigned number = 0;
    enum jem_code rc = jem_cli_opt_int(cli, "--counter", 1, 9, 1, &counter);
    if (rc == JEM_OK)
        rc = jem_cli_open(cli);
    if (rc == JEM_OK)
        rc = queue_number(cli, &number);
    if (rc == JEM_OK)
        rc = jem_queue_call(cli->app, number, (unsigned)counter, &cli->out, &cli->err);
    if (rc == JEM_OK)
        queue_tell(cli, cli->out);
    return rc;
}

enum jem_code jem_cmd_queue_skip(struct jem_cli *cli)
{
    unsigned number = 0;
    enum jem_code rc = jem_cli_open(cli);
    if (rc == JEM_OK)
        rc = queue_number(cli, &number);
    if (rc == JEM_OK)
        rc = jem_queue_skip(cli->app, number, &cli->out, &cli->err);
    return rc;
}

enum jem_code jem_cmd_queue_serve(struct jem_cli *cli)
{
    unsigned number = 0;
    enum jem_code rc = jem_cli_open(cli);
    if (rc == JEM_OK)
        rc = queue_number(cli, &number);
    if (rc == JEM_OK)
        rc = jem_queue_serve(cli->app, number, &cli->out, &cli->err);
    return rc;
}

enum jem_code jem_cmd_queue_list(struct jem_cli *cli)
{
    int32_t day = 0;
    int64_t van = -1;
    enum jem_code rc = jem_cli_opt_int(cli, "--van", 0, 4095, -1, &van);
    if (rc == JEM_OK)
        rc = jem_cli_open(cli);
    if (rc == JEM_OK)
        rc = jem_day_typed(cli->app, jem_cli_opt(cli, "--day"), &day, &cli->err);
    if (rc == JEM_OK)
        rc = jem_queue_list(cli->app, (int)van, day, &cli->out, &cli->err);
    if (rc == JEM_OK && !cli->json) {
        const json_t *wait = json_object_get(cli->out, "wait_s");
        jem_print_rows(json_object_get(cli->out, "tickets"), queue_columns);
        if (jem_json_int(wait, "n", 0) > 0)
            jem_print_line(JEM_T_CLI_L_WAIT, jem_text(JEM_T_CLI_MINUTES_PAIR),
                (int)(jem_json_int(wait, "median", 0) / 60), (int)(jem_json_int(wait, "p90", 0) / 60));
    }
    return rc;
}

/* ---- the evening's sheet ---- */

enum jem_code jem_cmd_sheet(struct jem_cli *cli)
{
    struct day_paper paper;
    struct jem_buf bytes = JEM_BUF_INIT(JEM_BUF_DEFAULT_MAX);
    int32_t day = 0;
    enum jem_code rc = day_paper_options(cli, &paper);
    if (rc == JEM_OK)
        rc = jem_cli_open(cli);
    if (rc == JEM_OK)
        rc = jem_day_typed(cli->app, jem_cli_opt(cli, "--day"), &day, &cli->err);
    if (rc == JEM_OK && cli->json)
        rc = jem_day_sheet(cli->app, day, &cli->out, &cli->err);
    if (rc == JEM_OK && (!cli->json || paper.path != NULL)) {
        rc = jem_day_sheet_paper(cli->app, day, paper.format, paper.width_mm, &bytes, &cli->err);
        if (rc == JEM_OK)
            rc = jem_cli_deliver(cli, paper.path, &bytes);
    }
    jem_buf_release(&bytes);
    return rc;
}

enum jem_code jem_cmd_sheet_verify(struct jem_cli *cli)
{
    enum jem_code rc = jem_cli_open(cli);
    if (rc == JEM_OK)
        rc = jem_day_sheet_verify(cli->app, cli->args[0], &cli->out, &cli->err);
    if (rc != JEM_OK || cli->json)
        return rc;
    jem_print_line(JEM_T_CLI_L_VALID, "%s", jem_text(JEM_T_CLI_YES));
    jem_print_line(JEM_T_CLI_L_VAN, "%lld", (long long)jem_json_int(cli->out, "van", 0));
    jem_print_line(JEM_T_CLI_C_DAY, "%s", jem_json_str(cli->out, "day", ""));
    jem_print_line(JEM_T_SHEET_COUNT, "%lld", (long long)jem_json_int(cli->out, "count", 0));
    jem_print_line(JEM_T_SHEET_EVENTS, "%lld", (long long)jem_json_int(cli->out, "events", 0));
    return JEM_OK;
}

/* ---- survey ---- */

/* "4,3,4,4,3,4,4,2,1" or "434434421" */
static enum jem_code survey_answers(struct jem_cli *cli, const char *text, int out[9])
{
    int n = 0;
    for (; text != NULL && *text != '\0'; text++) {
        if (*text == ',' || *text == ' ')
            continue;
        if (*text < '1' || *text > '4' || n == 9)
            return jem_cli_usage(cli, JEM_T_CLI_BAD_ANSWERS, "--answers");
        out[n++] = *text - '0';
    }
    return n == 9 ? JEM_OK : jem_cli_usage(cli, JEM_T_CLI_BAD_ANSWERS, "--answers");
}

enum jem_code jem_cmd_survey_answer(struct jem_cli *cli)
{
    struct jem_survey_in in = { .service = jem_cli_opt(cli, "--service"),
        .age = jem_cli_opt(cli, "--age"),
        .sex = jem_cli_opt(cli, "--sex"),
        .education = jem_cli_opt(cli, "--education") };
    enum jem_code rc = survey_answers(cli, jem_cli_opt(cli, "--answers"), in.answers);
    if (rc == JEM_OK)
        rc = jem_cli_open(cli);
    return rc == JEM_OK ? jem_survey_answer(cli->app, &in, &cli->out, &cli->err) : rc;
}

static const struct jem_column survey_columns[] = {
    { "name", JEM_T_CLI_C_ELEMENT, 30 },
    { "nrr", JEM_T_CLI_C_NRR, 0 },
    { NULL, JEM_T_NONE, 0 },
};
static const struct jem_column survey_group_columns[] = {
    { "label", JEM_T_CLI_C_GROUP, 36 },
    { "n", JEM_T_CLI_C_COUNT, 8 },
    { "ikm", JEM_T_CLI_C_IKM, 8 },
    { "grade", JEM_T_CLI_C_GRADE, 0 },
    { NULL, JEM_T_NONE, 0 },
};

enum jem_code jem_cmd_survey_report(struct jem_cli *cli)
{
    int32_t first = 0, last = 0;
    const char *from = jem_cli_opt(cli, "--from");
    enum jem_code rc = jem_cli_open(cli);
    if (rc == JEM_OK)
        rc = jem_day_typed(cli->app, jem_cli_opt(cli, "--to"), &last, &cli->err);
    first = last - 364;
    if (rc == JEM_OK && from != NULL)
        rc = jem_day_typed(cli->app, from, &first, &cli->err);
    if (rc == JEM_OK)
        rc = jem_survey_report(cli->app, first, last, &cli->out, &cli->err);
    if (rc != JEM_OK || cli->json)
        return rc;
    jem_print_line(JEM_T_CLI_C_COUNT, "%lld / %lld", (long long)jem_json_int(cli->out, "n", 0),
        (long long)jem_json_int(cli->out, "sample", 0));
    jem_print_line(JEM_T_CLI_C_IKM, "%s %s", jem_json_str(cli->out, "ikm", "-"), jem_json_str(cli->out, "grade", ""));
    jem_print_rows(json_object_get(cli->out, "elements"), survey_columns);
    if (json_array_size(json_object_get(cli->out, "groups")) > 0)
        jem_print_rows(json_object_get(cli->out, "groups"), survey_group_columns);
    return JEM_OK;
}
