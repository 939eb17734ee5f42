/* cmd_data.c - data out of headquarters and into it, at the command line. */
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "jemput/agency.h"
#include "jemput/data.h"
#include "jemput/file.h"
#include "jemput/mirror.h"
#include "jemput/report.h"

static enum jem_code data_day(struct jem_cli *cli, const char *option, int32_t *out)
{
    const char *text = jem_cli_opt(cli, option);
    return text != NULL ? jem_day_parse(text, out, &cli->err) : JEM_OK;
}

/* --service, --village, --from, --to, --status */
static enum jem_code data_selection(struct jem_cli *cli, struct jem_selection *out)
{
    const char *status = jem_cli_opt(cli, "--status");
    *out = JEM_SELECTION_ALL;
    out->service = jem_cli_opt(cli, "--service");
    out->village = jem_cli_opt(cli, "--village");
    out->status = status != NULL ? jem_status_parse(status) : JEM_STATUS_UNKNOWN;
    if (status != NULL && out->status == JEM_STATUS_UNKNOWN)
        return jem_cli_usage(cli, JEM_T_CLI_BAD_STATUS, status);
    enum jem_code rc = data_day(cli, "--from", &out->from_day);
    return rc == JEM_OK ? data_day(cli, "--to", &out->to_day) : rc;
}

enum jem_code jem_cmd_hq_export(struct jem_cli *cli)
{
    const char *format = jem_cli_opt(cli, "--format");
    struct jem_export in = { .path = jem_cli_opt(cli, "-o"),
        .format = jem_export_format_parse(format != NULL ? format : "csv"),
        .nik = jem_cli_opt(cli, "--nik") != NULL,
        .reason = jem_cli_opt(cli, "--reason") };
    if (in.path == NULL || *in.path == '\0')
        return jem_cli_usage(cli, JEM_T_CLI_NEEDS_OPTION, "-o");
    if (in.format == JEM_EXPORT_UNKNOWN)
        return jem_cli_usage(cli, JEM_T_DATA_FORMAT, format);
    enum jem_code rc = data_selection(cli, &in.what);
    if (rc == JEM_OK)
        rc = jem_cli_open(cli);
    if (rc == JEM_OK)
        rc = jem_data_export(cli->app, &in, &cli->out, &cli->err);
    if (rc == JEM_OK && !cli->json)
        printf(jem_text(JEM_T_CLI_ROWS_WRITTEN), in.path, (long long)jem_json_int(cli->out, "rows", 0));
    return rc;
}

enum jem_code jem_cmd_hq_mirror(struct jem_cli *cli)
{
    bool partitioned = jem_cli_opt(cli, "--partitioned") != NULL;
    struct jem_buf schema = JEM_BUF_INIT((size_t)1 << 16);
    if (jem_cli_opt(cli, "--schema") != NULL) {
        enum jem_code made = jem_mirror_schema(partitioned, &schema, &cli->err);
        if (made == JEM_OK)
            made = jem_cli_deliver(cli, NULL, &schema);
        jem_buf_release(&schema);
        return made;
    }
    if (cli->arg_count != 1)
        return jem_cli_usage(cli, JEM_T_MIRROR_URL, "");
    enum jem_code rc = jem_cli_open(cli);
    if (rc == JEM_OK)
        rc = jem_mirror_run(cli->app, cli->args[0], partitioned, &cli->out, &cli->err);
    if (rc == JEM_OK && !cli->json)
        printf(jem_text(JEM_T_CLI_MIRRORED), (long long)jem_json_int(cli->out, "events", 0),
            (long long)jem_json_int(cli->out, "applications", 0), jem_json_str(cli->out, "region", ""),
            (long long)jem_json_int(cli->out, "total", 0), (long long)jem_json_int(cli->out, "source", 0));
    return rc;
}

enum jem_code jem_cmd_hq_target(struct jem_cli *cli)
{
    char *end = NULL;
    long long monthly = strtoll(cli->args[1], &end, 10);
    if (end == cli->args[1] || *end != '\0')
        return jem_cli_usage(cli, JEM_T_REPORT_TARGET_RANGE, "");
    enum jem_code rc = jem_cli_open(cli);
    return rc == JEM_OK ? jem_report_target(cli->app, cli->args[0], jem_cli_opt(cli, "--village"), monthly, -1,
                              &cli->out, &cli->err)
                        : rc;
}

enum jem_code jem_cmd_hq_targets(struct jem_cli *cli)
{
    static const struct jem_column columns[] = { { "service", JEM_T_CLI_C_ID, 20 },
        { "monthly", JEM_T_WEB_TARGET_MONTHLY, 10 }, { "village_name", JEM_T_CLI_C_VILLAGE, 0 },
        { NULL, JEM_T_NONE, 0 } };
    enum jem_code rc = jem_cli_open(cli);
    if (rc == JEM_OK)
        rc = jem_report_targets(cli->app, &cli->out, &cli->err);
    if (rc == JEM_OK && !cli->json) {
        jem_print_rows(json_object_get(cli->out, "services"), columns);
        jem_print_rows(json_object_get(cli->out, "villages"), columns);
    }
    return rc;
}

/* ---- agencies ---- */

static enum jem_code exchange_deliver(struct jem_cli *cli, const char *path, const struct jem_buf *file,
    const struct jem_buf *signature)
{
    struct jem_buf name = JEM_BUF_INIT(4096);
    jem_buf_fmt(&name, "%s.sig", path);
    enum jem_code rc = jem_buf_ok(&name, &cli->err);
    if (rc == JEM_OK)
        rc = jem_file_write(jem_buf_text(&name), signature->data, signature->len, 0600, &cli->err);
    if (rc == JEM_OK)
        rc = jem_file_write(path, file->data, file->len, 0600, &cli->err);
    jem_buf_release(&name);
    return rc;
}

enum jem_code jem_cmd_hq_exchange_out(struct jem_cli *cli)
{
    const char *format = jem_cli_opt(cli, "--format");
    struct jem_buf file = JEM_BUF_INIT((size_t)256 << 20), signature = JEM_BUF_INIT(4096);
    struct jem_package in = { .agency = cli->args[0],
        .csv = format != NULL && strcmp(format, "csv") == 0,
        .again = jem_cli_opt(cli, "--again") };
    if (format != NULL && !in.csv && strcmp(format, "json") != 0)
        return jem_cli_usage(cli, JEM_T_AGENCY_FORMAT, format);
    enum jem_code rc = jem_cli_open(cli);
    if (rc == JEM_OK)
        rc = jem_agency_out(cli->app, &in, &file, &signature, &cli->out, &cli->err);
    if (rc == JEM_OK && !cli->json)
        printf(jem_text(JEM_T_CLI_PACKAGE), jem_json_str(cli->out, "package", ""),
            (long long)jem_json_int(cli->out, "applications", 0), cli->args[1]);
    if (rc == JEM_OK)
        rc = exchange_deliver(cli, cli->args[1], &file, &signature);
    jem_buf_wipe(&file);
    jem_buf_release(&signature);
    return rc;
}

enum jem_code jem_cmd_hq_exchange_in(struct jem_cli *cli)
{
    struct jem_buf file = JEM_BUF_INIT((size_t)64 << 20), signature = JEM_BUF_INIT(1 << 16), name = JEM_BUF_INIT(4096);
    size_t i;
    json_t *it;
    jem_buf_fmt(&name, "%s.sig", cli->args[1]);
    enum jem_code rc = jem_cli_open(cli);
    if (rc == JEM_OK)
        rc = jem_file_read(cli->args[1], (size_t)64 << 20, &file, &cli->err);
    if (rc == JEM_OK && jem_path_exists(jem_buf_text(&name)))
        rc = jem_file_read(jem_buf_text(&name), 1 << 16, &signature, &cli->err);
    if (rc == JEM_OK)
        rc = jem_agency_in(cli->app, cli->args[0], jem_buf_text(&file), file.len, jem_buf_text(&signature),
            signature.len, &cli->out, &cli->err);
    if (rc == JEM_OK && !cli->json) {
        printf(jem_text(JEM_T_CLI_ANSWERS), (int)json_array_size(json_object_get(cli->out, "applied")),
            (int)jem_json_int(cli->out, "already", 0), (int)json_array_size(json_object_get(cli->out, "refused")));
        json_array_foreach(json_object_get(cli->out, "refused"), i, it) fprintf(stderr, "%lld  %s  %s\n",
            (long long)jem_json_int(it, "line", 0), jem_json_str(it, "number", ""), jem_json_str(it, "error", ""));
    }
    if (rc == JEM_OK && json_array_size(json_object_get(cli->out, "refused")) > 0)
        cli->soft = JEM_EINVAL;
    jem_buf_release(&file);
    jem_buf_release(&signature);
    jem_buf_release(&name);
    return rc;
}

enum jem_code jem_cmd_hq_exchange_key(struct jem_cli *cli)
{
    enum jem_code rc = jem_cli_open(cli);
    return rc == JEM_OK
               ? jem_agency_key(cli->app, cli->args[0], cli->arg_count > 1 ? cli->args[1] : "", &cli->out, &cli->err)
               : rc;
}

enum jem_code jem_cmd_hq_exchange_list(struct jem_cli *cli)
{
    static const struct jem_column columns[] = { { "agency", JEM_T_CLI_C_AGENCY, 20 },
        { "waiting", JEM_T_CLI_C_WAITING, 10 }, { "name", JEM_T_CLI_C_NAME, 0 }, { NULL, JEM_T_NONE, 0 } };
    enum jem_code rc = jem_cli_open(cli);
    if (rc == JEM_OK)
        rc = jem_agency_list(cli->app, &cli->out, &cli->err);
    if (rc == JEM_OK && !cli->json)
        jem_print_rows(json_object_get(cli->out, "agencies"), columns);
    return rc;
}

enum jem_code jem_cmd_hq_report(struct jem_cli *cli)
{
    const char *format = jem_cli_opt(cli, "--format"), *path = jem_cli_opt(cli, "-o");
    struct jem_buf page = JEM_BUF_INIT(JEM_BUF_DEFAULT_MAX);
    struct jem_selection what;
    if (format == NULL)
        format = "html";
    bool json = strcmp(format, "json") == 0, csv = strcmp(format, "csv") == 0;
    bool pdf = strcmp(format, "pdf") == 0;
    if (!json && !csv && !pdf && strcmp(format, "html") != 0)
        return jem_cli_usage(cli, JEM_T_REPORT_FORMAT, format);
    enum jem_code rc = data_selection(cli, &what);
    if (rc == JEM_OK)
        rc = jem_cli_open(cli);
    if (rc == JEM_OK)
        rc = jem_report_make(cli->app, &what, &cli->out, &cli->err);
    if (rc == JEM_OK && json)
        rc = jem_json_canonical(cli->out, &page, &cli->err);
    else if (rc == JEM_OK)
        rc = csv   ? jem_report_csv(cli->out, NULL, &page, &cli->err)
             : pdf ? jem_report_pdf(cli->out, &page, &cli->err)
                   : jem_report_html(cli->out, &page, &cli->err);
    /* Under --json standard output belongs to the object. */
    if (rc == JEM_OK && (!cli->json || (path != NULL && strcmp(path, "-") != 0)))
        rc = jem_cli_deliver(cli, path, &page);
    jem_buf_release(&page);
    return rc;
}
