/* cmd_care.c - the health of a store, and the program about itself: audit, backup, restore, selftest, completion, version,
 * help. */
#include <string.h>

#include "cli.h"
#include "jemput/care.h"
#include "jemput/version.h"

enum jem_code jem_cmd_audit(struct jem_cli *cli)
{
    size_t i;
    json_t *p;
    enum jem_code rc = jem_cli_open(cli);
    if (rc == JEM_OK)
        rc = jem_care_audit(cli->app, jem_cli_opt(cli, "--rebuild") != NULL, &cli->out, &cli->err);
    json_array_foreach(json_object_get(cli->out, "problems"), i, p) fprintf(stderr, "%s\n", json_string_value(p));
    if (!cli->out || cli->json)
        return rc;
    jem_print_line(JEM_T_CLI_L_EVENTS, "%lld", (long long)jem_json_int(cli->out, "events", 0));
    jem_print_line(JEM_T_CLI_L_BLOBS, "%lld", (long long)jem_json_int(cli->out, "blobs", 0));
    jem_print_line(JEM_T_CLI_L_DIGEST, "%s", jem_json_str(cli->out, "digest", ""));
    if (rc == JEM_OK)
        puts(jem_text(JEM_T_CLI_AUDIT_OK));
    return rc;
}

static void print_moment(enum jem_text label, int64_t at_ms)
{
    char text[48];
    jem_time_human(at_ms, text, sizeof text);
    jem_print_line(label, "%s", text);
}

enum jem_code jem_cmd_backup(struct jem_cli *cli)
{
    enum jem_code rc = jem_cli_open(cli);
    if (rc == JEM_OK)
        rc = jem_care_backup(cli->app, cli->args[0], &cli->out, &cli->err);
    if (rc != JEM_OK || cli->json)
        return rc;
    jem_print_line(JEM_T_CLI_L_FILE, "%s", cli->args[0]);
    jem_print_line(JEM_T_CLI_L_BYTES, "%lld", (long long)jem_json_int(cli->out, "bytes", 0));
    jem_print_line(JEM_T_CLI_L_EVENTS, "%lld", (long long)jem_json_int(cli->out, "events", 0));
    jem_print_line(JEM_T_CLI_L_BLOBS, "%lld", (long long)jem_json_int(cli->out, "documents", 0));
    puts(jem_text(
        jem_store_role(jem_app_store(cli->app)) == JEM_ROLE_HQ ? JEM_T_CLI_BACKUP_DONE_HQ : JEM_T_CLI_BACKUP_DONE));
    return rc;
}

/* What may be missing is told by what is known: the last application here, and when the backup was made. */
static void print_restored(const struct jem_cli *cli)
{
    const char *last = jem_json_str(cli->out, "last_number", NULL);
    bool hq = strcmp(jem_json_str(cli->out, "role", ""), "hq") == 0;
    jem_print_line(JEM_T_CLI_L_FOLDER, "%s", cli->dir);
    jem_print_line(JEM_T_CLI_L_NAME, "%s", jem_json_str(cli->out, "name", ""));
    jem_print_line(JEM_T_CLI_L_EVENTS, "%lld", (long long)jem_json_int(cli->out, "events", 0));
    print_moment(JEM_T_CLI_L_BACKUP_AT, jem_json_int(cli->out, "at_ms", 0));
    if (last)
        jem_print_line(JEM_T_CLI_L_LAST_NUMBER, "%s", last);
    puts(jem_text(hq ? JEM_T_CLI_NEXT_RESTORED_HQ : JEM_T_CLI_NEXT_RESTORED_VAN));
}

enum jem_code jem_cmd_restore(struct jem_cli *cli)
{
    enum jem_code rc = jem_cli_user(cli);
    if (rc == JEM_OK)
        rc = jem_cli_passphrase(cli, false);
    if (rc == JEM_OK)
        rc = jem_care_restore(cli->args[0], cli->dir, cli->user, cli->passphrase, &cli->out, &cli->err);
    if (rc == JEM_OK && !cli->json)
        print_restored(cli);
    return rc;
}

enum jem_code jem_cmd_hq_ack(struct jem_cli *cli)
{
    if (!jem_cli_opt(cli, "--durable"))
        return jem_cli_usage(cli, JEM_T_CLI_NEEDS_OPTION, "--durable");
    enum jem_code rc = jem_cli_open(cli);
    if (rc == JEM_OK)
        rc = jem_care_ack_durable(cli->app, &cli->out, &cli->err);
    if (rc != JEM_OK || cli->json)
        return rc;
    print_moment(JEM_T_CLI_L_BACKUP_AT, jem_json_int(cli->out, "backup_ms", 0));
    jem_print_line(JEM_T_CLI_L_ACKNOWLEDGED, "%lld", (long long)jem_json_int(cli->out, "acknowledged", 0));
    puts(jem_text(JEM_T_CLI_NEXT_ACK));
    return rc;
}

enum jem_code jem_cmd_selftest(struct jem_cli *cli)
{
    size_t i;
    json_t *c;
    enum jem_code rc = jem_care_selftest(&cli->out, &cli->err);
    if (cli->json)
        return rc;
    json_array_foreach(json_object_get(cli->out, "checks"), i, c) printf("%-24s %s\n", jem_json_str(c, "name", ""),
        jem_text(jem_json_bool(c, "ok", false) ? JEM_T_CLI_OK : JEM_T_CLI_NOT_OK));
    return rc;
}

enum jem_code jem_cmd_completion(struct jem_cli *cli)
{
    char *words[JEM_CLI_ARGS_MAX];
    for (int i = 0; i < cli->arg_count; i++)
        words[i] = (char *)(uintptr_t)cli->args[i];
    jem_help_complete(stdout, cli->arg_count, words);
    return JEM_OK;
}

enum jem_code jem_cmd_version(struct jem_cli *cli)
{
    if (cli->json)
        cli->out = json_pack("{s:s}", "version", JEM_VERSION);
    else
        puts("jemput " JEM_VERSION);
    return JEM_OK;
}

enum jem_code jem_cmd_help(struct jem_cli *cli)
{
    char *words[JEM_CLI_ARGS_MAX];
    int used = 0;
    for (int i = 0; i < cli->arg_count; i++)
        words[i] = (char *)(uintptr_t)cli->args[i];
    const struct jem_command *c = jem_command_find(cli->arg_count, words, &used);
    if (c)
        jem_help_command(stdout, c);
    else if (cli->arg_count && !jem_help_group(stdout, words[0]))
        return jem_cli_usage(cli, JEM_T_CLI_UNKNOWN_COMMAND, words[0]);
    else if (!cli->arg_count)
        jem_help_all(stdout);
    return JEM_OK;
}
