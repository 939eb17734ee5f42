/* cmd_people.c - handing over finished documents, and complaints, on the command line. */
#include <string.h>

#include "cli.h"
#include "jemput/day.h"
#include "jemput/lookup.h"

enum jem_code jem_cmd_handover_list(struct jem_cli *cli)
{
    enum jem_code rc = jem_cli_open(cli);
    if (rc == JEM_OK)
        rc = jem_handover_list(cli->app, jem_cli_opt(cli, "--village"), &cli->out, &cli->err);
    if (rc == JEM_OK && !cli->json) {
        jem_print_dress(json_object_get(cli->out, "applications"));
        jem_print_rows(json_object_get(cli->out, "applications"), jem_columns_list);
    }
    return rc;
}

enum jem_code jem_cmd_handover_record(struct jem_cli *cli)
{
    uint64_t number = 0;
    const char *file = jem_cli_opt(cli, "--photo"), *relation = jem_cli_opt(cli, "--relation");
    const struct jem_attachment photo = { .kind = "lain", .path = file };
    const struct jem_handover_in in = { .name = jem_cli_opt(cli, "--name"),
        .relation = relation != NULL ? relation : "self",
        .nik = jem_cli_opt(cli, "--nik"),
        .note = jem_cli_opt(cli, "--note"),
        .photo = file != NULL ? &photo : NULL };
    enum jem_code rc = jem_cli_open(cli);
    if (rc == JEM_OK)
        rc = jem_lookup_number(cli->app, cli->args[0], &number, &cli->err);
    return rc == JEM_OK ? jem_handover_record(cli->app, number, &in, &cli->out, &cli->err) : rc;
}

enum jem_code jem_cmd_complaint_file(struct jem_cli *cli)
{
    const char *number = jem_cli_opt(cli, "--number");
    struct jem_complaint_in in = { .channel = jem_cli_opt(cli, "--channel"),
        .category = jem_cli_opt(cli, "--category"),
        .text = jem_cli_opt(cli, "--text"),
        .name = jem_cli_opt(cli, "--name"),
        .contact = jem_cli_opt(cli, "--contact") };
    enum jem_code rc = jem_cli_open(cli);
    if (rc == JEM_OK && number != NULL)
        rc = jem_lookup_number(cli->app, number, &in.number, &cli->err);
    return rc == JEM_OK ? jem_complaint_file(cli->app, &in, &cli->out, &cli->err) : rc;
}

enum jem_code jem_cmd_complaint_answer(struct jem_cli *cli)
{
    enum jem_code rc = jem_cli_open(cli);
    return rc == JEM_OK ? jem_complaint_answer(cli->app, cli->args[0], jem_cli_opt(cli, "--text"),
                              jem_cli_opt(cli, "--closes") != NULL, &cli->out, &cli->err)
                        : rc;
}

enum jem_code jem_cmd_complaint_list(struct jem_cli *cli)
{
    static const struct jem_column columns[] = {
        { "id", JEM_T_CLI_C_ID, 14 },
        { "number", JEM_T_CLI_C_NUMBER, 16 },
        { "due", JEM_T_CLI_C_DUE, 22 },
        { "state", JEM_T_CLI_C_STATUS, 12 },
        { "text", JEM_T_CLI_C_SUBJECT, 0 },
        { NULL, JEM_T_NONE, 0 },
    };
    size_t i;
    json_t *it;
    enum jem_code rc = jem_cli_open(cli);
    if (rc == JEM_OK)
        rc = jem_complaint_list(cli->app, jem_cli_opt(cli, "--open") != NULL, NULL, &cli->out, &cli->err);
    if (rc != JEM_OK || cli->json)
        return rc;
    json_array_foreach(json_object_get(cli->out, "complaints"), i, it)
    {
        char due[64];
        bool closed = jem_json_int(it, "closed_ms", 0) > 0;
        bool late = jem_json_bool(it, "late", false) || jem_json_bool(it, "late_first", false);
        jem_time_human(jem_json_int(it, jem_json_int(it, "first_ms", 0) > 0 ? "due_ms" : "first_due_ms", 0), due,
            sizeof due);
        json_object_set_new(it, "due", json_string(due));
        json_object_set_new(it, "state",
            json_string(jem_text(late     ? JEM_T_COMPLAINT_LATE
                                 : closed ? JEM_T_COMPLAINT_DONE
                                          : JEM_T_COMPLAINT_RUNS)));
    }
    jem_print_rows(json_object_get(cli->out, "complaints"), columns);
    return JEM_OK;
}
