/* cmd_visit.c - visits and outages on the command line. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "jemput/day.h"

static const struct jem_column plan_columns[] = {
    { "id", JEM_T_CLI_C_ID, 14 },
    { "van", JEM_T_CLI_L_VAN, 5 },
    { "first", JEM_T_CLI_C_FIRST, 11 },
    { "last", JEM_T_CLI_C_LAST, 11 },
    { "village_name", JEM_T_CLI_C_VILLAGE, 44 },
    { "place", JEM_T_CLI_C_PLACE, 0 },
    { NULL, JEM_T_NONE, 0 },
};
static const struct jem_column visit_columns[] = {
    { "id", JEM_T_CLI_C_ID, 14 },
    { "van", JEM_T_CLI_L_VAN, 5 },
    { "at", JEM_T_CLI_C_FIRST, 22 },
    { "until", JEM_T_CLI_C_LAST, 22 },
    { "village_name", JEM_T_CLI_C_VILLAGE, 0 },
    { NULL, JEM_T_NONE, 0 },
};

static void put_time(json_t *row, const char *from, const char *to)
{
    char text[64] = "";
    if (json_is_integer(json_object_get(row, from)))
        jem_time_human(jem_json_int(row, from, 0), text, sizeof text);
    json_object_set_new(row, to, json_string(text));
}

enum jem_code jem_cmd_visit_plan(struct jem_cli *cli)
{
    int64_t van = 0;
    struct jem_visit_plan plan = { .village = jem_cli_opt(cli, "--village"),
        .place = jem_cli_opt(cli, "--place"),
        .note = jem_cli_opt(cli, "--note"),
        .replaces = jem_cli_opt(cli, "--replaces") };
    const char *to = jem_cli_opt(cli, "--to"), *from = jem_cli_opt(cli, "--from");
    enum jem_code rc = jem_cli_opt_int(cli, "--van", 1, 4095, 0, &van);
    if (rc == JEM_OK && (van == 0 || from == NULL || plan.village == NULL))
        rc = jem_cli_usage(cli, JEM_T_CLI_NEEDS_OPTION, "--van, --village, --from");
    if (rc == JEM_OK)
        rc = jem_cli_open(cli);
    if (rc == JEM_OK)
        rc = jem_day_typed(cli->app, from, &plan.first, &cli->err);
    if (rc == JEM_OK)
        rc = jem_day_typed(cli->app, to != NULL ? to : from, &plan.last, &cli->err);
    plan.van = (unsigned)van;
    return rc == JEM_OK ? jem_visit_plan(cli->app, &plan, &cli->out, &cli->err) : rc;
}

enum jem_code jem_cmd_visit_cancel(struct jem_cli *cli)
{
    enum jem_code rc = jem_cli_open(cli);
    return rc == JEM_OK ? jem_visit_cancel(cli->app, cli->args[0], jem_cli_opt(cli, "--reason"), &cli->out, &cli->err)
                        : rc;
}

enum jem_code jem_cmd_visit_open(struct jem_cli *cli)
{
    enum jem_code rc = jem_cli_open(cli);
    return rc == JEM_OK ? jem_visit_open(cli->app, jem_cli_opt(cli, "--plan"), jem_cli_opt(cli, "--village"),
                              jem_cli_opt(cli, "--place"), jem_cli_opt(cli, "--team"), &cli->out, &cli->err)
                        : rc;
}

enum jem_code jem_cmd_visit_close(struct jem_cli *cli)
{
    enum jem_code rc = jem_cli_open(cli);
    return rc == JEM_OK ? jem_visit_close(cli->app, jem_cli_opt(cli, "--note"), &cli->out, &cli->err) : rc;
}

enum jem_code jem_cmd_visit_list(struct jem_cli *cli)
{
    size_t i;
    json_t *it;
    enum jem_code rc = jem_cli_open(cli);
    if (rc == JEM_OK)
        rc = jem_visit_list(cli->app, &cli->out, &cli->err);
    if (rc != JEM_OK || cli->json)
        return rc;
    json_array_foreach(json_object_get(cli->out, "visits"), i, it)
    {
        put_time(it, "opened_ms", "at");
        put_time(it, "closed_ms", "until");
    }
    puts(jem_text(JEM_T_VISIT_PLANS));
    jem_print_rows(json_object_get(cli->out, "plans"), plan_columns);
    puts(jem_text(JEM_T_VISIT_VISITS));
    jem_print_rows(json_object_get(cli->out, "visits"), visit_columns);
    return JEM_OK;
}

static const struct jem_column coverage_columns[] = {
    { "village", JEM_T_CLI_C_ID, 12 },
    { "state_label", JEM_T_CLI_C_STATE, 14 },
    { "visits", JEM_T_CLI_C_VISITS, 6 },
    { "last_day", JEM_T_WEB_COVERAGE_LAST, 12 },
    { "next_day", JEM_T_CLI_C_NEXT, 12 },
    { "name", JEM_T_CLI_C_VILLAGE, 0 },
    { NULL, JEM_T_NONE, 0 },
};

static void coverage_print(const json_t *o, const char *only)
{
    size_t i;
    json_t *row, *rows = json_array();
    json_array_foreach(json_object_get(o, "villages"), i, row)
    {
        if (only == NULL || strcmp(jem_json_str(row, "state", ""), only) == 0)
            json_array_append(rows, row);
    }
    jem_print_rows(rows, coverage_columns);
    printf(jem_text(JEM_T_VISIT_COVERED), (long long)jem_json_int(o, "visited", 0),
        (long long)jem_json_int(o, "total", 0), (long long)jem_json_int(o, "percent", 0),
        (long long)jem_json_int(o, "planned", 0), (long long)jem_json_int(o, "none", 0));
    putchar('\n');
    if (*jem_json_str(o, "region", "") == '\0')
        puts(jem_text(JEM_T_VISIT_REGION));
    json_decref(rows);
}

enum jem_code jem_cmd_visit_coverage(struct jem_cli *cli)
{
    const char *format = jem_cli_opt(cli, "--format"), *only = jem_cli_opt(cli, "--only");
    const char *from = jem_cli_opt(cli, "--from"), *to = jem_cli_opt(cli, "--to");
    int32_t first = INT32_MIN, last = INT32_MAX;
    struct jem_buf bytes = JEM_BUF_INIT(JEM_BUF_DEFAULT_MAX);
    enum jem_code rc = jem_cli_open(cli);
    if (rc == JEM_OK && from != NULL)
        rc = jem_day_typed(cli->app, from, &first, &cli->err);
    if (rc == JEM_OK && to != NULL)
        rc = jem_day_typed(cli->app, to, &last, &cli->err);
    if (rc == JEM_OK)
        rc = jem_visit_coverage(cli->app, first, last, &cli->out, &cli->err);
    if (rc == JEM_OK && format != NULL && strcmp(format, "csv") == 0) {
        rc = jem_visit_coverage_csv(cli->out, only, &bytes, &cli->err);
        if (rc == JEM_OK && !cli->json)
            rc = jem_cli_deliver(cli, jem_cli_opt(cli, "-o"), &bytes);
    } else if (rc == JEM_OK && !cli->json) {
        coverage_print(cli->out, only);
    }
    jem_buf_release(&bytes);
    return rc;
}

enum jem_code jem_cmd_visit_export(struct jem_cli *cli)
{
    struct jem_buf bytes = JEM_BUF_INIT(JEM_BUF_DEFAULT_MAX);
    enum jem_code rc = jem_cli_open(cli);
    if (rc == JEM_OK)
        rc = jem_visit_ics(cli->app, &bytes, &cli->err);
    if (rc == JEM_OK)
        rc = jem_cli_deliver(cli, jem_cli_opt(cli, "-o"), &bytes);
    if (rc == JEM_OK && cli->json)
        cli->out = json_pack("{s:s,s:I}", "file", jem_cli_opt(cli, "-o"), "bytes", (json_int_t)bytes.len);
    jem_buf_release(&bytes);
    return rc;
}

/* ---- outages ---- */

static enum jem_code outage_time(struct jem_cli *cli, const char *option, int64_t *out)
{
    const char *text = jem_cli_opt(cli, option);
    *out = 0;
    return text != NULL ? jem_time_typed(cli->app, text, out, &cli->err) : JEM_OK;
}

static enum jem_code outage_said(struct jem_cli *cli, enum jem_code rc)
{
    if (rc == JEM_OK && !cli->json) {
        jem_print_line(JEM_T_CLI_C_ID, "%s", jem_json_str(cli->out, "outage", ""));
        jem_print_line(JEM_T_CLI_C_PHOTOS, "%lld", (long long)jem_json_int(cli->out, "photos", 0));
    }
    return rc;
}

/* --photo F, as often as it was given; one more than an outage may have, so that the rule says so. */
static struct jem_outage_photos outage_photos(const struct jem_cli *cli, bool args,
    struct jem_attachment items[JEM_OUTAGE_PHOTOS_MAX + 1])
{
    struct jem_outage_photos photos = { .items = items };
    for (; photos.count <= JEM_OUTAGE_PHOTOS_MAX; photos.count++) {
        int i = (int)photos.count;
        const char *path = !args ? jem_cli_opt_at(cli, "--photo", i) : i + 1 < cli->arg_count ? cli->args[i + 1] : NULL;
        if (path == NULL)
            break;
        items[i] = (struct jem_attachment){ .path = path };
    }
    return photos;
}

enum jem_code jem_cmd_outage_note(struct jem_cli *cli)
{
    int64_t from = 0, to = 0;
    struct jem_attachment items[JEM_OUTAGE_PHOTOS_MAX + 1];
    const struct jem_outage_photos photos = outage_photos(cli, false, items);
    const char *what = jem_cli_opt(cli, "--what");
    if (what == NULL)
        return jem_cli_usage(cli, JEM_T_CLI_NEEDS_OPTION, "--what");
    enum jem_code rc = jem_cli_open(cli);
    if (rc == JEM_OK)
        rc = outage_time(cli, "--from", &from);
    if (rc == JEM_OK)
        rc = outage_time(cli, "--to", &to);
    if (rc == JEM_OK && from == 0)
        from = jem_store_now_ms(jem_app_store(cli->app));
    if (rc == JEM_OK)
        rc = jem_outage_note(cli->app, what, from, to, jem_cli_opt(cli, "--note"), &photos, &cli->out, &cli->err);
    return outage_said(cli, rc);
}

enum jem_code jem_cmd_outage_attach(struct jem_cli *cli)
{
    struct jem_attachment items[JEM_OUTAGE_PHOTOS_MAX + 1];
    const struct jem_outage_photos photos = outage_photos(cli, true, items);
    enum jem_code rc = jem_cli_open(cli);
    if (rc == JEM_OK)
        rc = jem_outage_attach(cli->app, cli->args[0], &photos, &cli->out, &cli->err);
    return outage_said(cli, rc);
}

enum jem_code jem_cmd_outage_document(struct jem_cli *cli)
{
    struct jem_buf bytes = JEM_BUF_INIT(JEM_BUF_DEFAULT_MAX);
    const char *mime = "";
    unsigned long n = strtoul(cli->args[1], NULL, 10);
    if (n < 1 || n > JEM_OUTAGE_PHOTOS_MAX)
        return jem_cli_usage(cli, JEM_T_CLI_BAD_ORDINAL, cli->args[1]);
    enum jem_code rc = jem_cli_open(cli);
    if (rc == JEM_OK)
        rc = jem_outage_photo(cli->app, cli->args[0], (unsigned)n, false, &bytes, &mime, &cli->err);
    if (rc == JEM_OK)
        rc = jem_cli_deliver_paper(cli, &bytes, mime);
    jem_buf_release(&bytes);
    return rc;
}

enum jem_code jem_cmd_outage_end(struct jem_cli *cli)
{
    int64_t to = 0;
    enum jem_code rc = jem_cli_open(cli);
    if (rc == JEM_OK)
        rc = outage_time(cli, "--to", &to);
    return rc == JEM_OK ? jem_outage_end(cli->app, cli->arg_count > 0 ? cli->args[0] : NULL, to, &cli->out, &cli->err)
                        : rc;
}

enum jem_code jem_cmd_outage_list(struct jem_cli *cli)
{
    static const struct jem_column columns[] = {
        { "id", JEM_T_CLI_C_ID, 14 },
        { "van", JEM_T_CLI_L_VAN, 5 },
        { "what_label", JEM_T_CLI_C_SUBJECT, 12 },
        { "at", JEM_T_CLI_C_FIRST, 22 },
        { "until", JEM_T_CLI_C_LAST, 22 },
        { "minutes", JEM_T_CLI_C_MINUTES, 6 },
        { "shots", JEM_T_CLI_C_PHOTOS, 0 },
        { NULL, JEM_T_NONE, 0 },
    };
    size_t i;
    json_t *it;
    enum jem_code rc = jem_cli_open(cli);
    if (rc == JEM_OK)
        rc = jem_outage_list(cli->app, &cli->out, &cli->err);
    if (rc != JEM_OK || cli->json)
        return rc;
    json_array_foreach(json_object_get(cli->out, "outages"), i, it)
    {
        put_time(it, "from_ms", "at");
        put_time(it, "to_ms", "until");
        json_object_set_new(it, "shots", json_integer((json_int_t)json_array_size(json_object_get(it, "photos"))));
    }
    jem_print_rows(json_object_get(cli->out, "outages"), columns);
    return JEM_OK;
}
