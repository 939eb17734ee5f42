/* cmd_catalog.c - HQ's catalogue on the command line: as a folder, or a place at a time, as the pages do it. */
#include <stdio.h>
#include <string.h>

#include "cli.h"
#include "jemput/catalog_edit.h"
#include "jemput/desk.h"

enum jem_code jem_cmd_hq_catalog_publish(struct jem_cli *cli)
{
    enum jem_code rc = jem_cli_open(cli);
    if (rc == JEM_OK)
        rc = cli->arg_count > 0 ? jem_desk_catalog_publish(cli->app, cli->args[0], &cli->out, &cli->err)
                                : jem_edit_publish(cli->app, NULL, &cli->out, &cli->err);
    if (rc == JEM_OK && !cli->json)
        printf(jem_text(JEM_T_CLI_CATALOG_PUBLISHED), (long long)jem_json_int(cli->out, "version", 0),
            (long long)jem_json_int(cli->out, "services", 0));
    return rc;
}

enum jem_code jem_cmd_hq_catalog_export(struct jem_cli *cli)
{
    int64_t version = 0;
    enum jem_code rc = jem_cli_opt_int(cli, "--version", 1, (int64_t)1 << 53, 0, &version);
    if (jem_cli_opt(cli, "--drafts") != NULL)
        version = -1;
    if (rc == JEM_OK)
        rc = jem_cli_open(cli);
    if (rc == JEM_OK)
        rc = jem_edit_export(cli->app, version, cli->args[0], &cli->out, &cli->err);
    if (rc == JEM_OK && !cli->json)
        printf(jem_text(JEM_T_CLI_CATALOG_EXPORTED), (long long)jem_json_int(cli->out, "version", 0), cli->args[0]);
    return rc;
}

enum jem_code jem_cmd_hq_catalog_versions(struct jem_cli *cli)
{
    static const struct jem_column columns[] = {
        { "version", JEM_T_CLI_C_VERSION, 8 },
        { "at", JEM_T_WEB_CATALOG_WHEN, 24 },
        { "officer", JEM_T_WEB_CATALOG_WHO, 20 },
        { "services", JEM_T_WEB_CATALOG_COUNT, 0 },
        { NULL, JEM_T_NONE, 0 },
    };
    size_t i;
    json_t *it;
    enum jem_code rc = jem_cli_open(cli);
    if (rc == JEM_OK)
        rc = jem_edit_versions(cli->app, &cli->out, &cli->err);
    if (rc != JEM_OK || cli->json)
        return rc;
    json_array_foreach(json_object_get(cli->out, "versions"), i, it)
    {
        char at[64];
        jem_time_human(jem_json_int(it, "at_ms", 0), at, sizeof at);
        json_object_set_new(it, "at", json_string(at));
    }
    jem_print_rows(json_object_get(cli->out, "versions"), columns);
    return JEM_OK;
}

static void print_changes(const char *service, const json_t *changes)
{
    const json_t *it;
    size_t i;
    json_array_foreach(changes, i, it)
    {
        printf("%s%s", service, *service ? "." : "");
        jem_print_safe(stdout, jem_json_str(it, "path", ""));
        printf(": ");
        jem_print_safe(stdout, jem_json_str(it, "before", "-"));
        printf(" -> ");
        jem_print_safe(stdout, jem_json_str(it, "after", "-"));
        putchar('\n');
    }
}

enum jem_code jem_cmd_hq_catalog_diff(struct jem_cli *cli)
{
    long long from = 0, to = 0;
    char rest = 0;
    const json_t *it;
    size_t i;
    if ((cli->arg_count > 0 && sscanf(cli->args[0], "%16lld%c", &from, &rest) != 1) ||
        (cli->arg_count > 1 && sscanf(cli->args[1], "%16lld%c", &to, &rest) != 1))
        return jem_cli_usage(cli, JEM_T_CLI_NEEDS_OPTION, "FROM TO");
    enum jem_code rc = jem_cli_open(cli);
    if (rc == JEM_OK && cli->arg_count == 1) { /* since that version: up to the one that counts */
        const struct jem_catalog *now = NULL;
        rc = jem_app_catalog(cli->app, &now, &cli->err);
        to = rc == JEM_OK ? (long long)jem_catalog_version(now) : 0;
    }
    if (rc == JEM_OK)
        rc = jem_edit_compare(cli->app, from, to, jem_cli_opt(cli, "--folder"), &cli->out, &cli->err);
    if (rc != JEM_OK || cli->json)
        return rc;
    json_array_foreach(json_object_get(cli->out, "services"), i, it)
    {
        const char *state = jem_json_str(it, "state", ""), *id = jem_json_str(it, "id", "");
        if (strcmp(state, "changed") != 0)
            printf("%s: %s\n", id,
                jem_text(strcmp(state, "new") == 0 ? JEM_T_WEB_CATALOG_ADDED : JEM_T_WEB_CATALOG_GONE));
        print_changes(id, json_object_get(it, "changes"));
    }
    print_changes("", json_object_get(cli->out, "changes"));
    return JEM_OK;
}

enum jem_code jem_cmd_hq_catalog_drafts(struct jem_cli *cli)
{
    static const struct jem_column columns[] = {
        { "id", JEM_T_CLI_C_ID, 24 },
        { "state", JEM_T_CLI_C_STATE, 12 },
        { "faults", JEM_T_CLI_C_FAULTS, 10 },
        { "officer", JEM_T_WEB_CATALOG_WHO, 16 },
        { "name", JEM_T_WEB_CATALOG_SERVICE, 0 },
        { NULL, JEM_T_NONE, 0 },
    };
    enum jem_code rc = jem_cli_open(cli);
    if (rc == JEM_OK)
        rc = jem_edit_list(cli->app, &cli->out, &cli->err);
    if (rc == JEM_OK && !cli->json) {
        json_array_append(json_object_get(cli->out, "services"), json_object_get(cli->out, "common"));
        jem_print_rows(json_object_get(cli->out, "services"), columns);
    }
    return rc;
}

static enum jem_code edit_values(struct jem_cli *cli, json_t *values)
{
    const char *text;
    for (int i = 0; (text = jem_cli_opt_at(cli, "--set", i)) != NULL; i++) {
        char key[64];
        const char *value = NULL;
        enum jem_code rc = jem_cli_pair(cli, "--set", text, key, &value);
        if (rc != JEM_OK)
            return rc;
        if (json_object_set_new(values, key, json_string(value)) != 0)
            return jem_cli_usage(cli, JEM_T_CLI_NEEDS_OPTION, "--set");
    }
    return json_object_size(values) > 0 ? JEM_OK : jem_cli_usage(cli, JEM_T_CLI_NEEDS_OPTION, "--set");
}

static enum jem_code edit_part(struct jem_cli *cli, const char *id)
{
    const char *part = jem_cli_opt(cli, "--part"), *item = jem_cli_opt(cli, "--item");
    int64_t by = 0;
    const json_t *it;
    size_t i;
    part = part != NULL ? part : "general";
    enum jem_code rc = jem_cli_opt_int(cli, "--move", -60, 60, 0, &by);
    if (rc == JEM_OK && (jem_cli_opt(cli, "--remove") != NULL || by != 0))
        return item != NULL ? jem_edit_move(cli->app, id, part, item, (int)by, -1, &cli->out, &cli->err)
                            : jem_cli_usage(cli, JEM_T_CLI_NEEDS_OPTION, "--item");
    json_t *values = json_object();
    if (rc == JEM_OK)
        rc = edit_values(cli, values);
    if (rc == JEM_OK)
        rc = jem_edit_put(cli->app,
            &(struct jem_edit_change){ .id = id,
                .part = part,
                .item = item != NULL ? item : "",
                .values = values,
                .seen = -1 },
            &cli->out, &cli->err);
    json_decref(values);
    json_array_foreach(json_object_get(cli->out, "faults"), i, it)
    {
        if (i > 0) /* the first is the error itself */
            fprintf(stderr, "%s: %s\n", jem_json_str(it, "path", ""), jem_json_str(it, "text", ""));
    }
    return rc;
}

enum jem_code jem_cmd_hq_catalog_edit(struct jem_cli *cli)
{
    const char *id = cli->args[0], *like = jem_cli_opt(cli, "--like");
    int64_t version = 0;
    enum jem_code rc = jem_cli_opt_int(cli, "--restore", 1, (int64_t)1 << 53, 0, &version);
    if (rc == JEM_OK)
        rc = jem_cli_open(cli);
    if (rc != JEM_OK)
        return rc;
    if (version > 0)
        rc = jem_edit_restore(cli->app, id, version, -1, &cli->out, &cli->err);
    else if (like != NULL)
        rc = jem_edit_new(cli->app, id, like, &cli->out, &cli->err);
    else if (jem_cli_opt(cli, "--retire") != NULL || jem_cli_opt(cli, "--again") != NULL)
        rc = jem_edit_retire(cli->app, id, jem_cli_opt(cli, "--retire") != NULL, -1, &cli->out, &cli->err);
    else if (jem_cli_opt(cli, "--drop") != NULL)
        rc = jem_edit_drop(cli->app, id, -1, &cli->out, &cli->err);
    else if (jem_cli_opt(cli, "--keep") != NULL)
        rc = jem_edit_keep(cli->app, id, -1, &cli->out, &cli->err);
    else
        rc = edit_part(cli, id);
    if (rc == JEM_OK && !cli->json)
        fputs(jem_text(jem_cli_opt(cli, "--drop") != NULL ? JEM_T_WEB_CATALOG_DROPPED : JEM_T_CLI_CATALOG_KEPT),
            stdout);
    return rc;
}

enum jem_code jem_cmd_hq_catalog_receipt(struct jem_cli *cli)
{
    int64_t width = 80;
    const char *format = jem_cli_opt(cli, "--format");
    struct jem_buf bytes = JEM_BUF_INIT(JEM_BUF_DEFAULT_MAX);
    enum jem_code rc = jem_cli_opt_int(cli, "--width", 58, 80, 80, &width);
    if (rc == JEM_OK)
        rc = jem_cli_open(cli);
    if (rc == JEM_OK)
        rc = jem_edit_receipt(cli->app, jem_cli_opt(cli, "--folder"), cli->args[0],
            jem_paper_format_parse(format != NULL ? format : "text"), (unsigned)width, &bytes, &cli->err);
    if (rc == JEM_OK)
        rc = jem_cli_deliver(cli, jem_cli_opt(cli, "-o"), &bytes);
    jem_buf_release(&bytes);
    return rc;
}
