/* cmd_data.c - data out of headquarters and into it, at the command line. */
#include <string.h>

#include "cli.h"
#include "jemput/data.h"
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

enum jem_code jem_cmd_hq_report(struct jem_cli *cli)
{
    const char *format = jem_cli_opt(cli, "--format"), *path = jem_cli_opt(cli, "-o");
    struct jem_buf page = JEM_BUF_INIT(JEM_BUF_DEFAULT_MAX);
    struct jem_selection what;
    if (format == NULL)
        format = "html";
    bool json = strcmp(format, "json") == 0, csv = strcmp(format, "csv") == 0;
    if (!json && !csv && strcmp(format, "html") != 0)
        return jem_cli_usage(cli, JEM_T_REPORT_FORMAT, format);
    enum jem_code rc = data_selection(cli, &what);
    if (rc == JEM_OK)
        rc = jem_cli_open(cli);
    if (rc == JEM_OK)
        rc = jem_report_make(cli->app, &what, &cli->out, &cli->err);
    if (rc == JEM_OK && json)
        rc = jem_json_canonical(cli->out, &page, &cli->err);
    else if (rc == JEM_OK)
        rc = csv ? jem_report_csv(cli->out, &page, &cli->err) : jem_report_html(cli->out, &page, &cli->err);
    /* Under --json standard output belongs to the object. */
    if (rc == JEM_OK && (!cli->json || (path != NULL && strcmp(path, "-") != 0)))
        rc = jem_cli_deliver(cli, path, &page);
    jem_buf_release(&page);
    return rc;
}
