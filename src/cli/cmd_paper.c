/* cmd_paper.c - receipts: to a file or device, and back again by verify. */
#include <string.h>

#include "cli.h"
#include "jemput/lookup.h"
#include "jemput/paper.h"

enum jem_code jem_cmd_receipt(struct jem_cli *cli)
{
    uint64_t number = 0;
    int64_t width;
    const char *name = jem_cli_opt(cli, "--format"), *path = jem_cli_opt(cli, "-o");
    enum jem_paper_format format = jem_paper_format_parse(name ? name : "text");
    struct jem_buf bytes = JEM_BUF_INIT(JEM_BUF_DEFAULT_MAX);
    if (format == JEM_PAPER_UNKNOWN)
        return jem_cli_usage(cli, JEM_T_CLI_BAD_FORMAT, name);
    enum jem_code rc = jem_cli_opt_int(cli, "--width", 58, 80, 58, &width);
    if (rc == JEM_OK && width != 58 && width != 80)
        rc = jem_cli_usage(cli, JEM_T_CLI_BAD_WIDTH, "--width");
    if (rc == JEM_OK)
        rc = jem_cli_open(cli);
    if (rc == JEM_OK)
        rc = jem_lookup_number(cli->app, cli->args[0], &number, &cli->err);
    if (rc == JEM_OK)
        rc = jem_paper_receipt(cli->app, number, format, (unsigned)width, &bytes, &cli->err);
    if (rc == JEM_OK)
        rc = jem_cli_deliver(cli, path, &bytes);
    if (rc == JEM_OK && cli->json) {
        struct jem_buf qr = JEM_BUF_INIT(1024);
        char text[JEM_NUMBER_TEXT];
        jem_number_format(number, text);
        rc = jem_paper_qr(cli->app, number, &qr, &cli->err);
        if (rc == JEM_OK)
            cli->out = json_pack("{s:s, s:s, s:s, s:I, s:s}", "number", text, "file", path, "format",
                name ? name : "text", "bytes", (json_int_t)bytes.len, "qr", jem_buf_text(&qr));
        jem_buf_release(&qr);
    }
    jem_buf_release(&bytes);
    return rc;
}

enum jem_code jem_cmd_verify(struct jem_cli *cli)
{
    enum jem_code rc = jem_cli_open(cli);
    if (rc == JEM_OK)
        rc = jem_paper_verify(cli->app, cli->args[0], &cli->out, &cli->err);
    if (rc == JEM_EINVAL && !cli->out)
        cli->out = json_pack("{s:b}", "valid", 0);
    if (rc != JEM_OK || cli->json)
        return rc;
    jem_print_line(JEM_T_CLI_L_VALID, "%s", jem_text(JEM_T_CLI_YES));
    jem_print_line(JEM_T_CLI_C_NUMBER, "%s", jem_json_str(cli->out, "number", ""));
    jem_print_line(JEM_T_CLI_L_VAN, "%lld", (long long)jem_json_int(cli->out, "van", 0));
    jem_print_line(JEM_T_CLI_C_DAY, "%s", jem_json_str(cli->out, "day", ""));
    return rc;
}
