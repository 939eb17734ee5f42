/* cmd_law.c - erasure, access, retention and the record of processing, at the command line. */
#include "cli.h"
#include "jemput/law.h"
#include "jemput/lookup.h"

enum jem_code jem_cmd_hq_erase(struct jem_cli *cli)
{
    const char *basis = jem_cli_opt(cli, "--basis");
    bool dry = jem_cli_opt(cli, "--dry-run") != NULL;
    uint64_t number = 0;
    size_t i;
    json_t *it;
    if (!dry && (basis == NULL || *basis == '\0'))
        return jem_cli_usage(cli, JEM_T_CLI_NEEDS_OPTION, "--basis");
    enum jem_code rc = jem_cli_open(cli);
    if (rc == JEM_OK)
        rc = jem_lookup_number(cli->app, cli->args[0], &number, &cli->err);
    if (rc == JEM_OK)
        rc = dry ? jem_law_erase_preview(cli->app, number, &cli->out, &cli->err)
                 : jem_law_erase(cli->app, number, basis, &cli->out, &cli->err);
    if (rc != JEM_OK || cli->json)
        return rc;
    printf(jem_text(dry ? JEM_T_CLI_ERASE_WOULD : JEM_T_CLI_ERASED), jem_json_str(cli->out, "number", ""),
        (long long)jem_json_int(cli->out, "events", 0), (long long)jem_json_int(cli->out, "documents", 0));
    json_array_foreach(json_object_get(cli->out, "others"), i, it)
        printf(jem_text(JEM_T_CLI_ERASED_OTHER), json_string_value(it));
    json_array_foreach(json_object_get(cli->out, "exports"), i, it)
    {
        printf(jem_text(JEM_T_CLI_ERASED_EXPORT), jem_json_str(it, "what", ""), jem_json_str(it, "to", ""));
        if (*jem_json_str(it, "package", ""))
            printf("    %s\n", jem_json_str(it, "package", ""));
    }
    puts(jem_json_str(cli->out, "sealed", ""));
    return rc;
}

/* What these give is read by people in the form of JSON: it is handed to the person, or filed. */
static enum jem_code law_print(struct jem_cli *cli)
{
    if (!cli->json) {
        (void)json_dumpf(cli->out, stdout, JSON_INDENT(2) | JSON_PRESERVE_ORDER);
        (void)putchar('\n');
    }
    return JEM_OK;
}

enum jem_code jem_cmd_hq_access(struct jem_cli *cli)
{
    const char *reason = jem_cli_opt(cli, "--reason");
    if (reason == NULL || *reason == '\0')
        return jem_cli_usage(cli, JEM_T_CLI_NEEDS_OPTION, "--reason");
    enum jem_code rc = jem_cli_open(cli);
    if (rc == JEM_OK)
        rc = jem_law_access(cli->app, cli->args[0], reason, &cli->out, &cli->err);
    return rc == JEM_OK ? law_print(cli) : rc;
}

enum jem_code jem_cmd_hq_reveal(struct jem_cli *cli)
{
    const char *reason = jem_cli_opt(cli, "--reason");
    uint64_t number = 0;
    if (reason == NULL || *reason == '\0')
        return jem_cli_usage(cli, JEM_T_CLI_NEEDS_OPTION, "--reason");
    enum jem_code rc = jem_cli_open(cli);
    if (rc == JEM_OK)
        rc = jem_lookup_number(cli->app, cli->args[0], &number, &cli->err);
    if (rc == JEM_OK)
        rc = jem_law_reveal(cli->app, number, reason, &cli->out, &cli->err);
    return rc == JEM_OK ? law_print(cli) : rc;
}

enum jem_code jem_cmd_hq_retention(struct jem_cli *cli)
{
    size_t i;
    json_t *it;
    enum jem_code rc = jem_cli_open(cli);
    if (rc == JEM_OK)
        rc = jem_law_retention(cli->app, jem_cli_opt(cli, "--dry-run") != NULL, -1, &cli->out, &cli->err);
    if (rc != JEM_OK || cli->json)
        return rc;
    json_array_foreach(json_object_get(cli->out, "due"), i, it)
        printf("%s  %-16s  %-12s  %s\n", jem_json_str(it, "number", ""), jem_json_str(it, "service", ""),
            jem_json_str(it, "status", ""), jem_json_str(it, "ended", ""));
    printf(jem_text(JEM_T_CLI_RETENTION_DONE), json_array_size(json_object_get(cli->out, "due")),
        (long long)jem_json_int(cli->out, "erased", 0));
    return rc;
}

enum jem_code jem_cmd_hq_processing(struct jem_cli *cli)
{
    enum jem_code rc = jem_cli_open(cli);
    if (rc == JEM_OK)
        rc = jem_law_processing(cli->app, &cli->out, &cli->err);
    return rc == JEM_OK ? law_print(cli) : rc;
}
