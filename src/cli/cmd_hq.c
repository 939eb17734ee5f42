/* cmd_hq.c - HQ's day at the command line: merge, inbox, rulings, decisions, publishing. */
#include <string.h>

#include "cli.h"
#include "jemput/desk.h"
#include "jemput/exchange.h"
#include "jemput/lookup.h"
#include "link_options.h"

static enum jem_code hq_round(struct jem_cli *cli, jem_round_use *use)
{
    static const struct jem_count_line lines[] = { { "accepted_events", JEM_T_CLI_L_ACCEPTED },
        { "accepted_documents", JEM_T_CLI_L_ACCEPTED_DOCUMENTS }, { "quarantined", JEM_T_CLI_L_QUARANTINED },
        { "conflicts", JEM_T_CLI_L_CONFLICTS }, { "duplicates", JEM_T_CLI_L_DUPLICATES },
        { "published_events", JEM_T_CLI_L_PUBLISHED }, { NULL, JEM_T_NONE } };
    return jem_cli_round(cli, use, lines);
}

enum jem_code jem_cmd_hq_merge(struct jem_cli *cli)
{
    return hq_round(cli, jem_exchange_merge);
}

enum jem_code jem_cmd_hq_publish(struct jem_cli *cli)
{
    return hq_round(cli, jem_exchange_publish);
}

enum jem_code jem_cmd_hq_sync(struct jem_cli *cli)
{
    return hq_round(cli, jem_exchange_hq_sync);
}

static void print_pairs(const json_t *pairs)
{
    size_t i;
    json_t *p;
    json_array_foreach(pairs, i, p)
    {
        const json_t *a = json_object_get(p, "a"), *b = json_object_get(p, "b");
        printf("  %s  =  %s  %s\n", jem_json_str(a, "number", ""), jem_json_str(b, "number", ""),
            jem_json_str(a, "service", ""));
    }
}

enum jem_code jem_cmd_hq_inbox(struct jem_cli *cli)
{
    static const struct {
        const char *key;
        enum jem_text head;
    } parts[] = { { "new", JEM_T_CLI_I_NEW }, { "overdue", JEM_T_CLI_I_OVERDUE }, { "returned", JEM_T_CLI_I_RETURNED },
        { "ready", JEM_T_CLI_I_READY }, { "conflicts", JEM_T_CLI_L_CONFLICTS }, { "illegal", JEM_T_CLI_L_ILLEGAL },
        { "incomplete", JEM_T_CLI_I_INCOMPLETE } };
    int64_t limit;
    size_t i;
    json_t *q;
    enum jem_code rc = jem_cli_opt_int(cli, "--limit", 1, 10000, 20, &limit);
    if (rc == JEM_OK)
        rc = jem_cli_open(cli);
    if (rc == JEM_OK)
        rc = jem_desk_inbox(cli->app, (unsigned)limit, NULL, &cli->out, &cli->err);
    if (rc != JEM_OK || cli->json)
        return rc;
    for (i = 0; i < sizeof parts / sizeof *parts; i++) {
        json_t *rows = json_object_get(cli->out, parts[i].key);
        if (json_array_size(rows) == 0)
            continue;
        printf("\n%s\n", jem_text(parts[i].head));
        jem_print_dress(rows);
        jem_print_rows(rows, jem_columns_list);
    }
    if (json_array_size(json_object_get(cli->out, "duplicates")))
        printf("\n%s\n", jem_text(JEM_T_CLI_L_DUPLICATES));
    print_pairs(json_object_get(cli->out, "duplicates"));
    if (json_array_size(json_object_get(cli->out, "quarantine")))
        printf("\n%s\n", jem_text(JEM_T_CLI_L_QUARANTINED));
    json_array_foreach(json_object_get(cli->out, "quarantine"), i, q) printf("  %s %.12s  %s\n",
        jem_json_str(q, "ref", ""), jem_json_str(q, "head", ""), jem_json_str(q, "reason", ""));
    return rc;
}

enum jem_code jem_cmd_hq_conflicts(struct jem_cli *cli)
{
    size_t i, k;
    json_t *c, *v;
    enum jem_code rc = jem_cli_open(cli);
    if (rc == JEM_OK)
        rc = jem_desk_conflicts(cli->app, &cli->out, &cli->err);
    if (rc != JEM_OK || cli->json)
        return rc;
    json_array_foreach(json_object_get(cli->out, "conflicts"), i, c)
    {
        printf("%s  %s\n", jem_json_str(c, "number", ""), jem_json_str(c, "field", ""));
        json_array_foreach(json_object_get(c, "values"), k, v)
        {
            printf("    %-16s ", jem_json_str(v, "event", ""));
            jem_print_safe(stdout, jem_json_str(v, "value", ""));
            printf("  (%s, van %lld)\n", jem_json_str(v, "actor", ""), (long long)jem_json_int(v, "van", 0));
        }
    }
    json_array_foreach(json_object_get(cli->out, "illegal"), i, c)
        printf("%s  %s -> %s  %s\n", jem_json_str(c, "number", ""), jem_json_str(c, "from", ""),
            jem_json_str(c, "to", ""), jem_json_str(c, "event", ""));
    print_pairs(json_object_get(cli->out, "duplicates"));
    return rc;
}

static enum jem_code open_number(struct jem_cli *cli, uint64_t *number)
{
    enum jem_code rc = jem_cli_open(cli);
    return rc == JEM_OK ? jem_lookup_number(cli->app, cli->args[0], number, &cli->err) : rc;
}

enum jem_code jem_cmd_hq_resolve(struct jem_cli *cli)
{
    const char *field = jem_cli_opt(cli, "--field"), *value = jem_cli_opt(cli, "--value"),
               *event = jem_cli_opt(cli, "--event"), *reason = jem_cli_opt(cli, "--reason");
    bool accept = jem_cli_opt(cli, "--accept") != NULL, refuse = jem_cli_opt(cli, "--refuse") != NULL;
    uint64_t number = 0;
    if (!reason || !*reason)
        return jem_cli_usage(cli, JEM_T_CLI_NEEDS_OPTION, "--reason");
    if (!(field && value) && !(event && accept != refuse))
        return jem_cli_usage(cli, JEM_T_CLI_RESOLVE_HOW, "");
    enum jem_code rc = open_number(cli, &number);
    if (rc == JEM_OK && field)
        rc = jem_desk_resolve_field(cli->app, number, field, value, reason, &cli->out, &cli->err);
    else if (rc == JEM_OK)
        rc = jem_desk_resolve_transition(cli->app, number, event, accept, reason, &cli->out, &cli->err);
    if (rc == JEM_OK && !cli->json)
        puts(jem_text(JEM_T_CLI_RESOLVED));
    return rc;
}

enum jem_code jem_cmd_hq_link(struct jem_cli *cli)
{
    const char *to = jem_cli_opt(cli, "--to"), *apart = jem_cli_opt(cli, "--apart"),
               *reason = jem_cli_opt(cli, "--reason");
    uint64_t number = 0, other = 0;
    if (!reason || !*reason)
        return jem_cli_usage(cli, JEM_T_CLI_NEEDS_OPTION, "--reason");
    if (!to == !apart)
        return jem_cli_usage(cli, JEM_T_CLI_NEEDS_OPTION, "--to | --apart");
    enum jem_code rc = open_number(cli, &number);
    if (rc == JEM_OK)
        rc = jem_lookup_number(cli->app, to ? to : apart, &other, &cli->err);
    if (rc == JEM_OK)
        rc = jem_desk_link(cli->app, number, other, apart != NULL, reason, &cli->out, &cli->err);
    if (rc == JEM_OK && !cli->json)
        puts(jem_text(JEM_T_CLI_RESOLVED));
    return rc;
}

enum jem_code jem_cmd_hq_decide(struct jem_cli *cli)
{
    const char *to = jem_cli_opt(cli, "--to");
    struct jem_decision in = { .code = jem_cli_opt(cli, "--code"), .reason = jem_cli_opt(cli, "--reason") };
    if (!to)
        return jem_cli_usage(cli, JEM_T_CLI_NEEDS_OPTION, "--to");
    in.to = jem_status_parse(to);
    if (in.to == JEM_STATUS_UNKNOWN)
        return jem_cli_usage(cli, JEM_T_CLI_BAD_STATUS, to);
    enum jem_code rc = open_number(cli, &in.number);
    if (rc == JEM_OK)
        rc = jem_desk_decide(cli->app, &in, &cli->out, &cli->err);
    if (rc == JEM_OK && !cli->json)
        jem_print_line(JEM_T_CLI_C_STATUS, "%s", jem_status_label(in.to));
    return rc;
}

enum jem_code jem_cmd_hq_dictionary(struct jem_cli *cli)
{
    enum jem_code rc = jem_cli_open(cli);
    if (rc == JEM_OK)
        rc = jem_desk_dictionary_train(cli->app, &cli->out, &cli->err);
    if (rc == JEM_OK && !cli->json)
        printf(jem_text(json_is_true(json_object_get(cli->out, "published")) ? JEM_T_CLI_DICTIONARY_PUBLISHED
                                                                             : JEM_T_CLI_DICTIONARY_KEPT),
            (long long)jem_json_int(cli->out, "before", 0), (long long)jem_json_int(cli->out, "after", 0));
    return rc;
}

enum jem_code jem_cmd_hq_vans(struct jem_cli *cli)
{
    static const struct jem_column columns[] = { { "van", JEM_T_CLI_L_VAN, 6 }, { "name", JEM_T_CLI_C_NAME, 20 },
        { "seq", JEM_T_CLI_L_ACCEPTED, 18 }, { "acked", JEM_T_CLI_L_CONFIRMED, 18 }, { "seen", JEM_T_WEB_VAN_SEEN, 24 },
        { "unsafe_events", JEM_T_WEB_VAN_UNSAFE, 18 }, { "lacking_files", JEM_T_WEB_VAN_LACKING, 18 },
        { "clock", JEM_T_WEB_VAN_CLOCK, 9 }, { "version", JEM_T_WEB_VAN_VERSION, 0 }, { NULL, JEM_T_NONE, 0 } };
    size_t i;
    json_t *row;
    enum jem_code rc = jem_cli_open(cli);
    if (rc == JEM_OK)
        rc = jem_desk_vans(cli->app, &cli->out, &cli->err);
    json_array_foreach(cli->json ? NULL : json_object_get(cli->out, "vans"), i, row)
    {
        char at[64] = "-";
        if (jem_json_int(row, "seen_ms", 0) > 0)
            jem_time_human(jem_json_int(row, "seen_ms", 0), at, sizeof at);
        json_object_set_new(row, "seen", json_string(at));
    }
    if (rc == JEM_OK && !cli->json)
        jem_print_rows(json_object_get(cli->out, "vans"), columns);
    return rc;
}

enum jem_code jem_cmd_hq_rotate(struct jem_cli *cli)
{
    enum jem_code rc = jem_cli_open(cli);
    if (rc == JEM_OK)
        rc = jem_exchange_rotate(cli->app, &cli->out, &cli->err);
    if (rc == JEM_OK && !cli->json)
        printf(jem_text(JEM_T_CLI_ROTATED), (int)jem_json_int(cli->out, "epoch", 0));
    return rc;
}

enum jem_code jem_cmd_hq_signers(struct jem_cli *cli)
{
    struct jem_buf text = JEM_BUF_INIT(JEM_BUF_DEFAULT_MAX);
    const char *path = jem_cli_opt(cli, "-o");
    enum jem_code rc = jem_cli_open(cli);
    if (rc == JEM_OK)
        rc = jem_exchange_signers(cli->app, &text, &cli->err);
    if (rc == JEM_OK)
        rc = jem_cli_deliver(cli, path, &text);
    if (rc == JEM_OK && cli->json)
        cli->out = json_pack("{s:s}", "file", path);
    jem_buf_release(&text);
    return rc;
}

enum jem_code jem_cmd_hq_status_export(struct jem_cli *cli)
{
    const char *path = jem_cli_opt(cli, "-o");
    if (!path)
        return jem_cli_usage(cli, JEM_T_CLI_NEEDS_OPTION, "-o");
    enum jem_code rc = jem_cli_open(cli);
    if (rc == JEM_OK)
        rc = jem_desk_status_export(cli->app, path, &cli->out, &cli->err);
    if (rc == JEM_OK && !cli->json)
        jem_print_line(JEM_T_CLI_L_FILE, "%s (%lld)", path, (long long)jem_json_int(cli->out, "rows", 0));
    return rc;
}
