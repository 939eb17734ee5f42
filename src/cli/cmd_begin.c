/* cmd_begin.c - making a folder, enrolment, the hub's address, officers. */
#include <sodium.h>
#include <string.h>

#include "cli.h"
#include "jemput/care.h"
#include "jemput/exchange.h"
#include "jemput/trust.h"

enum jem_code jem_cmd_init(struct jem_cli *cli)
{
    const char *role = jem_cli_opt(cli, "--role"), *name = jem_cli_opt(cli, "--name");
    struct jem_init in = { .dir = cli->dir,
        .hub = jem_cli_opt(cli, "--hub"),
        .host = jem_cli_opt(cli, "--host"),
        .region = jem_cli_opt(cli, "--region"),
        .place = jem_cli_opt(cli, "--place"),
        .contact = jem_cli_opt(cli, "--contact") };
    if (!role || (strcmp(role, "van") != 0 && strcmp(role, "hq") != 0))
        return jem_cli_usage(cli, JEM_T_CLI_NEEDS_OPTION, "--role van|hq");
    if (!name || !*name)
        return jem_cli_usage(cli, JEM_T_CLI_NEEDS_OPTION, "--name");
    in.role = strcmp(role, "hq") == 0 ? JEM_ROLE_HQ : JEM_ROLE_VAN;
    in.name = name;
    enum jem_code rc = jem_cli_user(cli);
    if (rc == JEM_OK)
        rc = jem_cli_passphrase(cli, true);
    if (rc != JEM_OK)
        return rc;
    in.user = cli->user;
    in.passphrase = cli->passphrase;
    rc = jem_app_init(&in, &cli->out, &cli->err);
    if (rc != JEM_OK || cli->json)
        return rc;
    jem_print_line(JEM_T_CLI_L_FOLDER, "%s", cli->dir);
    jem_print_line(JEM_T_CLI_L_WORDS, "%s", jem_json_str(cli->out, "words", ""));
    puts(jem_text(in.role == JEM_ROLE_HQ ? JEM_T_CLI_NEXT_HQ : JEM_T_CLI_NEXT_VAN));
    return rc;
}

static void print_words(struct jem_cli *cli, enum jem_text advice)
{
    if (cli->json)
        return;
    const char *file = jem_json_str(cli->out, "file", NULL), *request = jem_json_str(cli->out, "request_words", NULL);
    if (file)
        jem_print_line(JEM_T_CLI_L_FILE, "%s", file);
    if (request)
        jem_print_line(JEM_T_CLI_L_REQUEST_WORDS, "%s", request);
    jem_print_line(JEM_T_CLI_L_WORDS, "%s", jem_json_str(cli->out, "words", ""));
    puts(jem_text(advice));
}

enum jem_code jem_cmd_enrol_request(struct jem_cli *cli)
{
    const char *path = jem_cli_opt(cli, "-o");
    if (!path)
        return jem_cli_usage(cli, JEM_T_CLI_NEEDS_OPTION, "-o");
    enum jem_code rc = jem_cli_open(cli);
    if (rc == JEM_OK)
        rc = jem_exchange_request(cli->app, path, &cli->out, &cli->err);
    if (rc == JEM_OK)
        print_words(cli, JEM_T_CLI_COMPARE_REQUEST);
    return rc;
}

/* --words: what was read on the telephone, checked before anything is trusted. */
static enum jem_code check_words(struct jem_cli *cli, const char *path)
{
    const char *said = jem_cli_opt(cli, "--words");
    return said ? jem_exchange_words_check(path, said, &cli->err) : JEM_OK;
}

enum jem_code jem_cmd_enrol_accept(struct jem_cli *cli)
{
    enum jem_code rc = check_words(cli, cli->args[0]);
    if (rc == JEM_OK)
        rc = jem_cli_open(cli);
    if (rc == JEM_OK)
        rc = jem_exchange_accept(cli->app, cli->args[0], &cli->out, &cli->err);
    if (rc == JEM_OK)
        print_words(cli, JEM_T_CLI_COMPARE_GRANT);
    return rc;
}

/* A grant for a request: for a new van, or for a van's new laptop. */
static enum jem_code hq_grant(struct jem_cli *cli,
    enum jem_code (*grant)(struct jem_app *, const char *, unsigned, const char *, json_t **, struct jem_error *))
{
    const char *path = jem_cli_opt(cli, "-o");
    int64_t number;
    if (!path)
        return jem_cli_usage(cli, JEM_T_CLI_NEEDS_OPTION, "-o");
    if (!jem_cli_opt(cli, "--number"))
        return jem_cli_usage(cli, JEM_T_CLI_NEEDS_OPTION, "--number");
    enum jem_code rc = jem_cli_opt_int(cli, "--number", 1, JEM_VAN_MAX, 0, &number);
    if (rc == JEM_OK)
        rc = check_words(cli, cli->args[0]);
    if (rc == JEM_OK)
        rc = jem_cli_open(cli);
    if (rc == JEM_OK)
        rc = grant(cli->app, cli->args[0], (unsigned)number, path, &cli->out, &cli->err);
    if (rc == JEM_OK)
        print_words(cli, JEM_T_CLI_COMPARE_GRANT);
    return rc;
}

enum jem_code jem_cmd_hq_enrol(struct jem_cli *cli)
{
    return hq_grant(cli, jem_exchange_enrol);
}

enum jem_code jem_cmd_hq_reissue(struct jem_cli *cli)
{
    return hq_grant(cli, jem_trust_reissue);
}

enum jem_code jem_cmd_hub_init(struct jem_cli *cli)
{
    enum jem_code rc = jem_exchange_hub_init(cli->args[0], &cli->out, &cli->err);
    if (rc == JEM_OK && !cli->json)
        jem_print_line(JEM_T_CLI_L_HUB, "%s", cli->args[0]);
    return rc;
}

static void print_hub(struct jem_cli *cli)
{
    if (cli->json)
        return;
    jem_print_line(JEM_T_CLI_L_HUB, "%s", jem_json_str(cli->out, "hub", "-"));
    jem_print_line(JEM_T_CLI_L_HUB_USER, "%s", jem_json_str(cli->out, "user", "-"));
    jem_print_line(JEM_T_CLI_L_SSH_KEY, "%s", jem_json_str(cli->out, "ssh_public_key", "-"));
}

enum jem_code jem_cmd_hub_set(struct jem_cli *cli)
{
    enum jem_code rc = jem_cli_open(cli);
    if (rc == JEM_OK)
        rc = jem_exchange_hub_set(cli->app, cli->args[0], &cli->out, &cli->err);
    if (rc == JEM_OK)
        print_hub(cli);
    return rc;
}

enum jem_code jem_cmd_hub_show(struct jem_cli *cli)
{
    enum jem_code rc = jem_cli_open(cli);
    if (rc == JEM_OK)
        rc = jem_exchange_hub_show(cli->app, &cli->out, &cli->err);
    if (rc == JEM_OK)
        print_hub(cli);
    return rc;
}

enum jem_code jem_cmd_user_add(struct jem_cli *cli)
{
    const char *name = jem_cli_opt(cli, "--name"), *role = jem_cli_opt(cli, "--role");
    char *fresh = NULL;
    if (!name)
        name = cli->args[0];
    enum jem_code rc = jem_cli_open(cli);
    if (rc == JEM_OK && !role)
        role = jem_store_role(jem_app_store(cli->app)) == JEM_ROLE_HQ ? "clerk" : "officer";
    if (rc == JEM_OK)
        rc = jem_cli_passphrase_new(cli, jem_cli_opt(cli, "--new-passphrase-file"), &fresh);
    if (rc == JEM_OK)
        rc = jem_care_user_add(cli->app, cli->args[0], name, role, jem_cli_opt(cli, "--agency"), fresh, &cli->out,
            &cli->err);
    if (fresh)
        sodium_free(fresh);
    if (rc == JEM_OK && !cli->json)
        jem_print_line(JEM_T_CLI_L_OFFICER, "%s (%s)", cli->args[0], role);
    return rc;
}

enum jem_code jem_cmd_user_change(struct jem_cli *cli)
{
    const char *role = jem_cli_opt(cli, "--role"), *agency = jem_cli_opt(cli, "--agency");
    if (role == NULL && agency == NULL)
        return jem_cli_usage(cli, JEM_T_CLI_NEEDS_OPTION, "--role | --agency");
    if (agency != NULL && strcmp(agency, "all") == 0)
        agency = "";
    enum jem_code rc = jem_cli_open(cli);
    if (rc == JEM_OK)
        rc = jem_care_user_change(cli->app, cli->args[0], role, agency, &cli->out, &cli->err);
    if (rc == JEM_OK && !cli->json)
        jem_print_line(JEM_T_CLI_L_OFFICER, "%s (%s%s%s)", cli->args[0], jem_json_str(cli->out, "role", ""),
            *jem_json_str(cli->out, "agency", "") ? ", " : "", jem_json_str(cli->out, "agency", ""));
    return rc;
}

enum jem_code jem_cmd_user_list(struct jem_cli *cli)
{
    static const struct jem_column columns[] = { { "user", JEM_T_CLI_L_OFFICER, 20 }, { "role", JEM_T_CLI_C_ROLE, 12 },
        { "agency", JEM_T_CLI_C_AGENCY, 18 }, { "disabled", JEM_T_CLI_C_DISABLED, 10 }, { "name", JEM_T_CLI_C_NAME, 0 },
        { NULL, JEM_T_NONE, 0 } };
    enum jem_code rc = jem_cli_open(cli);
    if (rc == JEM_OK)
        rc = jem_care_users(cli->app, &cli->out, &cli->err);
    if (rc == JEM_OK && !cli->json)
        jem_print_rows(json_object_get(cli->out, "users"), columns);
    return rc;
}

enum jem_code jem_cmd_user_disable(struct jem_cli *cli)
{
    const char *reason = jem_cli_opt(cli, "--reason");
    int64_t van = 0;
    enum jem_code rc = jem_cli_opt_int(cli, "--van", 1, JEM_VAN_MAX, 0, &van);
    if (rc == JEM_OK)
        rc = jem_cli_open(cli);
    if (rc == JEM_OK && van > 0)
        rc =
            jem_care_user_disable_at(cli->app, (unsigned)van, cli->args[0], reason ? reason : "", &cli->out, &cli->err);
    else if (rc == JEM_OK)
        rc = jem_care_user_disable(cli->app, cli->args[0], reason ? reason : "", &cli->out, &cli->err);
    if (rc == JEM_OK && !cli->json)
        jem_print_line(JEM_T_CLI_C_DISABLED, "%s", cli->args[0]);
    return rc;
}

enum jem_code jem_cmd_user_passphrase(struct jem_cli *cli)
{
    char *fresh = NULL;
    enum jem_code rc = jem_cli_open(cli);
    if (rc == JEM_OK)
        rc = jem_cli_passphrase_new(cli, jem_cli_opt(cli, "--new-passphrase-file"), &fresh);
    if (rc == JEM_OK)
        rc = jem_care_passphrase(cli->app, cli->passphrase, fresh, &cli->out, &cli->err);
    if (fresh)
        sodium_free(fresh);
    if (rc == JEM_OK && !cli->json)
        puts(jem_text(JEM_T_CLI_PASSPHRASE_CHANGED));
    return rc;
}
