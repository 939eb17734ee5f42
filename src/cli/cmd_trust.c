/* cmd_trust.c - HQ at the command line: revoking a laptop, and ruling on what is held in quarantine. */
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "jemput/clock.h"
#include "jemput/trust.h"

static bool has_reason(struct jem_cli *cli)
{
    const char *reason = jem_cli_opt(cli, "--reason");
    return reason && *reason;
}

enum jem_code jem_cmd_hq_revoke(struct jem_cli *cli)
{
    size_t i;
    json_t *number;
    char *end = NULL;
    unsigned long van = strtoul(cli->args[0], &end, 10);
    if (*end != '\0' || van == 0 || van > JEM_VAN_MAX)
        return jem_cli_usage(cli, JEM_T_CLI_BAD_VAN, cli->args[0]);
    if (!has_reason(cli))
        return jem_cli_usage(cli, JEM_T_CLI_NEEDS_OPTION, "--reason");
    enum jem_code rc = jem_cli_open(cli);
    if (rc == JEM_OK)
        rc = jem_trust_revoke(cli->app, (unsigned)van, jem_cli_opt(cli, "--after"), jem_cli_opt(cli, "--reason"),
            &cli->out, &cli->err);
    if (rc != JEM_OK || cli->json)
        return rc;
    jem_print_line(JEM_T_CLI_L_REVOKED, "%lu.0.%lld.%lld", van, (long long)jem_json_int(cli->out, "inc", 0),
        (long long)jem_json_int(cli->out, "seq", 0));
    if (jem_json_int(cli->out, "past", 0) > 0) {
        printf(jem_text(JEM_T_CLI_REVOKED_PAST), (long long)jem_json_int(cli->out, "past", 0));
        putchar('\n');
    }
    json_array_foreach(json_object_get(cli->out, "numbers"), i, number) printf("  %s\n", json_string_value(number));
    return rc;
}

static void print_held(const json_t *row)
{
    char when[40];
    bool late = strcmp(jem_json_str(row, "class", ""), "late") == 0;
    jem_time_human(jem_json_int(row, "at_ms", 0), when, sizeof when);
    jem_print_safe(stdout, jem_json_str(row, "ref", ""));
    printf("  %.12s  %s  %s\n    ", jem_json_str(row, "head", ""),
        jem_text(late ? JEM_T_CLI_Q_LATE : JEM_T_CLI_Q_BROKEN), when);
    printf(jem_text(JEM_T_CLI_Q_COUNTS), (long long)jem_json_int(row, "commits", 0),
        (long long)jem_json_int(row, "events", 0), (long long)jem_json_int(row, "bytes", 0));
    printf("\n    ");
    jem_print_safe(stdout, jem_json_str(row, "reason", ""));
    putchar('\n');
}

static void print_steps(const json_t *row)
{
    size_t i, k;
    json_t *step, *number;
    json_array_foreach(json_object_get(row, "steps"), i, step)
    {
        printf("    %.12s  ", jem_json_str(step, "head", ""));
        printf(jem_text(JEM_T_CLI_Q_STEP), (long long)jem_json_int(step, "events", 0));
        json_array_foreach(json_object_get(step, "numbers"), k, number) printf(" %s", json_string_value(number));
        putchar('\n');
    }
    if (*jem_json_str(row, "wrong", "")) {
        printf("    ");
        jem_print_safe(stdout, jem_json_str(row, "wrong", ""));
        putchar('\n');
    }
}

enum jem_code jem_cmd_hq_quarantine(struct jem_cli *cli)
{
    size_t i;
    json_t *row;
    bool one = cli->arg_count > 0;
    enum jem_code rc = jem_cli_open(cli);
    if (rc == JEM_OK)
        rc = one ? jem_trust_look(cli->app, cli->args[0], &cli->out, &cli->err)
                 : jem_trust_quarantine(cli->app, &cli->out, &cli->err);
    if (rc != JEM_OK || cli->json)
        return rc;
    const json_t *list = json_object_get(cli->out, "quarantine");
    if (one) {
        print_held(cli->out);
        print_steps(cli->out);
    } else if (json_array_size(list) == 0) {
        puts(jem_text(JEM_T_CLI_NOTHING));
    }
    json_array_foreach((json_t *)(uintptr_t)list, i, row) print_held(row);
    return rc;
}

enum jem_code jem_cmd_hq_admit(struct jem_cli *cli)
{
    if (!has_reason(cli))
        return jem_cli_usage(cli, JEM_T_CLI_NEEDS_OPTION, "--reason");
    enum jem_code rc = jem_cli_open(cli);
    if (rc == JEM_OK)
        rc = jem_trust_admit(cli->app, cli->args[0], jem_cli_opt(cli, "--head"), jem_cli_opt(cli, "--reason"),
            &cli->out, &cli->err);
    if (rc != JEM_OK || cli->json)
        return rc;
    if (jem_json_bool(cli->out, "taken", false))
        printf(jem_text(JEM_T_CLI_Q_TAKEN), (long long)jem_json_int(cli->out, "accepted_events", 0),
            (long long)jem_json_int(cli->out, "accepted_documents", 0));
    else
        printf("%s", jem_text(JEM_T_CLI_Q_NEXT_ROUND));
    putchar('\n');
    return rc;
}

enum jem_code jem_cmd_hq_refuse(struct jem_cli *cli)
{
    if (!has_reason(cli))
        return jem_cli_usage(cli, JEM_T_CLI_NEEDS_OPTION, "--reason");
    enum jem_code rc = jem_cli_open(cli);
    if (rc == JEM_OK)
        rc = jem_trust_refuse(cli->app, cli->args[0], jem_cli_opt(cli, "--reason"), &cli->out, &cli->err);
    if (rc == JEM_OK && !cli->json)
        puts(jem_text(JEM_T_CLI_Q_REFUSED));
    return rc;
}
