/* cmd_lookup.c - reading: show, list, find, log, document, catalogue, status. */
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "jemput/catalog_edit.h"
#include "jemput/labels.h"
#include "jemput/lookup.h"

#define VALUE_MAX ((size_t)64 << 10)

static void when(int64_t at_ms, char out[48])
{
    jem_time_human(at_ms, out, 48);
}

/* What was entered, named and said as the service's form does. */
static void print_field(const struct jem_service *service, const json_t *fields, const char *name)
{
    const char *value = jem_json_str(fields, name, NULL);
    struct jem_buf text = JEM_BUF_INIT(VALUE_MAX);
    if (value == NULL)
        return;
    jem_label_value(&text, service != NULL ? jem_service_field(service, name) : NULL, name, value);
    printf("  ");
    jem_print_cell(jem_label_field(service, name), JEM_LABEL_WIDTH - 2);
    jem_print_safe(stdout, jem_buf_text(&text));
    putchar('\n');
    jem_buf_release(&text);
}

static bool printed_first(const struct jem_service *service, const char *name)
{
    return strcmp(name, "nik") == 0 || strcmp(name, "name") == 0 ||
           (service != NULL && jem_service_field(service, name) != NULL);
}

/* In the order of the form; then what today's catalogue does not ask. */
static void print_fields(const struct jem_service *service, const json_t *fields)
{
    const char *name;
    const json_t *v;
    print_field(service, fields, "nik");
    print_field(service, fields, "name");
    for (size_t i = 0; service != NULL && i < service->field_count; i++)
        print_field(service, fields, service->fields[i].name);
    json_object_foreach((json_t *)(uintptr_t)fields, name, v)
    {
        if (!printed_first(service, name))
            print_field(service, fields, name);
    }
}

static void print_documents(const json_t *result)
{
    size_t i;
    json_t *d;
    json_array_foreach(json_object_get(result, "documents"), i, d)
    {
        long long pages = (long long)jem_json_int(d, "pages", 0), arrived = (long long)jem_json_int(d, "arrived", 0);
        printf("  ");
        jem_print_cell(jem_json_str(d, "label", jem_json_str(d, "kind", "")), JEM_LABEL_WIDTH - 2);
        printf(jem_text(JEM_T_CLI_PAGES_ARRIVED), arrived, pages);
        putchar('\n');
    }
    json_array_foreach(json_object_get(result, "missing"), i, d)
        jem_print_line(JEM_T_CLI_L_MISSING, "%s", jem_json_str(d, "label", ""));
}

static void print_conflicts(const struct jem_service *service, const json_t *result)
{
    size_t i, k;
    json_t *c, *v;
    json_array_foreach(json_object_get(result, "conflicts"), i, c)
    {
        const char *name = jem_json_str(c, "field", "");
        jem_print_line(JEM_T_CLI_L_CONFLICT, "%s (%s)", jem_label_field(service, name), name);
        json_array_foreach(json_object_get(c, "values"), k, v)
        {
            struct jem_buf text = JEM_BUF_INIT(VALUE_MAX);
            unsigned van = (unsigned)jem_json_int(v, "van", 0);
            jem_label_value(&text, service != NULL ? jem_service_field(service, name) : NULL, name,
                jem_json_str(v, "value", ""));
            printf("    %-16s ", jem_json_str(v, "event", ""));
            jem_print_safe(stdout, jem_buf_text(&text));
            jem_buf_release(&text);
            printf("  (%s, ", jem_json_str(v, "actor", ""));
            printf(jem_text(van == 0 ? JEM_T_TIMELINE_AT_HQ : JEM_T_TIMELINE_AT_VAN), van);
            printf(")\n");
        }
    }
    json_array_foreach(json_object_get(result, "illegal"), i, c) jem_print_line(JEM_T_CLI_L_ILLEGAL, "%s: %s -> %s",
        jem_json_str(c, "event", ""), jem_json_str(c, "from", ""), jem_json_str(c, "to", ""));
}

static void print_timeline(const json_t *result)
{
    size_t i;
    json_t *t;
    json_array_foreach(json_object_get(result, "timeline"), i, t)
    {
        char at[48];
        when(jem_json_int(t, "at_ms", 0), at);
        printf("  %s  ", at);
        jem_print_safe(stdout, jem_json_str(t, "detail", jem_json_str(t, "label", "")));
        putchar('\n');
    }
}

static enum jem_text sent_text(const char *confirmed)
{
    if (strcmp(confirmed, "durable") == 0)
        return JEM_T_CLI_DURABLE;
    return strcmp(confirmed, "confirmed") == 0 ? JEM_T_CLI_CONFIRMED : JEM_T_CLI_RECORDED;
}

/* An application of another van: what headquarters told of it. */
static enum jem_code show_elsewhere(struct jem_cli *cli, uint64_t number)
{
    char at[48], day[64] = "";
    int32_t n;
    enum jem_code rc = jem_elsewhere(cli->app, number, &cli->out, &cli->err);
    if (rc != JEM_OK || cli->json)
        return rc;
    const json_t *r = cli->out;
    when(jem_json_int(r, "told_ms", 0), at);
    if (jem_day_parse(jem_json_str(r, "stage_day", ""), &n, NULL) == JEM_OK)
        jem_day_human(n, day, sizeof day);
    jem_print_line(JEM_T_CLI_C_NUMBER, "%s", jem_json_str(r, "number", ""));
    jem_print_line(JEM_T_CLI_C_STATUS, "%s, %s", jem_json_str(r, "status_label", ""), day);
    printf(jem_text(JEM_T_CLI_ELSEWHERE), (unsigned)jem_json_int(r, "van", 0), at);
    return rc;
}

enum jem_code jem_cmd_show(struct jem_cli *cli)
{
    const struct jem_catalog *catalog = NULL;
    const struct jem_service *service = NULL;
    uint64_t number = 0;
    enum jem_code rc = jem_cli_open(cli);
    if (rc == JEM_OK)
        rc = jem_lookup_number(cli->app, cli->args[0], &number, &cli->err);
    if (rc == JEM_OK)
        rc = jem_show(cli->app, number, &cli->out, &cli->err);
    if (rc == JEM_ENOTFOUND && number != 0)
        return show_elsewhere(cli, number);
    if (rc != JEM_OK || cli->json)
        return rc;
    const json_t *r = cli->out;
    jem_print_line(JEM_T_CLI_C_NUMBER, "%s", jem_json_str(r, "number", ""));
    jem_print_line(JEM_T_CLI_C_SERVICE, "%s", jem_json_str(r, "service_name", jem_json_str(r, "service", "")));
    jem_print_line(JEM_T_CLI_C_STATUS, "%s", jem_json_str(r, "status_label", ""));
    if (*jem_json_str(r, "reason", ""))
        jem_print_line(JEM_T_CLI_L_REASON, "%s", jem_json_str(r, "reason", ""));
    jem_print_line(JEM_T_CLI_C_SENT, "%s", jem_text(sent_text(jem_json_str(r, "confirmed", ""))));
    if (jem_app_catalog(cli->app, &catalog, NULL) == JEM_OK)
        service = jem_catalog_find(catalog, jem_json_str(r, "service", ""));
    print_fields(service, json_object_get(r, "fields"));
    print_documents(r);
    print_conflicts(service, r);
    print_timeline(r);
    return rc;
}

static enum jem_code list_query(struct jem_cli *cli, struct jem_list_query *q)
{
    const char *status = jem_cli_opt(cli, "--status"), *day = jem_cli_opt(cli, "--day"),
               *before = jem_cli_opt(cli, "--before");
    int64_t limit;
    *q = (struct jem_list_query){ .unconfirmed = jem_cli_opt(cli, "--unconfirmed") != NULL,
        .village = jem_cli_opt(cli, "--village"),
        .service = jem_cli_opt(cli, "--service"),
        .day = INT32_MIN };
    enum jem_code rc = jem_cli_opt_int(cli, "--limit", 1, 10000, 50, &limit);
    if (rc == JEM_OK && status && (q->status = jem_status_parse(status)) == JEM_STATUS_UNKNOWN)
        rc = jem_cli_usage(cli, JEM_T_CLI_BAD_STATUS, status);
    if (rc == JEM_OK && day)
        rc = jem_day_parse(day, &q->day, &cli->err);
    if (rc == JEM_OK && before)
        rc = jem_number_parse(before, &q->before, &cli->err);
    q->limit = (unsigned)limit;
    return rc;
}

static void print_applications(struct jem_cli *cli)
{
    json_t *rows = json_object_get(cli->out, "applications");
    jem_print_dress(rows);
    jem_print_rows(rows, jem_columns_list);
}

enum jem_code jem_cmd_list(struct jem_cli *cli)
{
    struct jem_list_query q;
    enum jem_code rc = list_query(cli, &q);
    if (rc == JEM_OK)
        rc = jem_cli_open(cli);
    if (rc == JEM_OK)
        rc = jem_list(cli->app, &q, &cli->out, &cli->err);
    if (rc == JEM_OK && !cli->json)
        print_applications(cli);
    return rc;
}

enum jem_code jem_cmd_find(struct jem_cli *cli)
{
    char text[512] = "";
    int64_t limit;
    for (int i = 0; i < cli->arg_count; i++) {
        size_t n = strlen(text);
        int w = snprintf(text + n, sizeof text - n, "%s%s", i ? " " : "", cli->args[i]);
        if (w < 0 || (size_t)w >= sizeof text - n)
            return jem_cli_usage(cli, JEM_T_CLI_EXTRA_ARG, cli->args[i]);
    }
    enum jem_code rc = jem_cli_opt_int(cli, "--limit", 1, 1000, 20, &limit);
    if (rc == JEM_OK)
        rc = jem_cli_open(cli);
    if (rc == JEM_OK)
        rc = jem_find(cli->app, text, (unsigned)limit, &cli->out, &cli->err);
    if (rc == JEM_OK && !cli->json)
        print_applications(cli);
    return rc;
}

enum jem_code jem_cmd_log(struct jem_cli *cli)
{
    uint64_t number = 0;
    size_t i;
    json_t *e;
    enum jem_code rc = jem_cli_open(cli);
    if (rc == JEM_OK)
        rc = jem_lookup_number(cli->app, cli->args[0], &number, &cli->err);
    if (rc == JEM_OK)
        rc = jem_log_show(cli->app, number, &cli->out, &cli->err);
    if (rc != JEM_OK || cli->json)
        return rc;
    json_array_foreach(json_object_get(cli->out, "events"), i, e)
    {
        char at[48];
        when(jem_json_int(e, "at_ms", 0), at);
        printf("%-16s %s  %-22s ", jem_json_str(e, "event", ""), at, jem_json_str(e, "kind", ""));
        jem_print_cell(jem_json_str(e, "actor", ""), 12);
        printf("%.16s\n", jem_json_str(e, "hash", ""));
    }
    return rc;
}

enum jem_code jem_cmd_document(struct jem_cli *cli)
{
    uint64_t number = 0;
    int64_t van, page;
    const char *mime = "";
    struct jem_buf bytes = JEM_BUF_INIT(JEM_BUF_DEFAULT_MAX);
    int ordinal = (int)strtol(cli->args[1], NULL, 10);
    if (ordinal < 1)
        return jem_cli_usage(cli, JEM_T_CLI_BAD_ORDINAL, cli->args[1]);
    enum jem_code rc = jem_cli_opt_int(cli, "--page", 0, 1000, 0, &page);
    if (rc == JEM_OK)
        rc = jem_cli_opt_int(cli, "--van", 0, JEM_VAN_MAX, -1, &van);
    if (rc == JEM_OK)
        rc = jem_cli_open(cli);
    if (rc == JEM_OK)
        rc = jem_lookup_number(cli->app, cli->args[0], &number, &cli->err);
    if (van < 0)
        van = (int64_t)jem_number_van(number); /* the van that took the application, unless another attached it */
    if (rc == JEM_OK)
        rc = jem_document_bytes(cli->app, number, (unsigned)van, (unsigned)ordinal, (unsigned)page, &bytes, &mime,
            &cli->err);
    if (rc == JEM_OK)
        rc = jem_cli_deliver_paper(cli, &bytes, mime);
    jem_buf_release(&bytes);
    return rc;
}

/* "baru|hilang|rusak": what --set takes for a choice. */
static void print_options(const json_t *field)
{
    size_t i;
    json_t *o;
    json_array_foreach(json_object_get(field, "options"), i, o)
        printf("%s%s", i ? "|" : "  ", jem_json_str(o, "value", ""));
    putchar('\n');
}

static void print_service(const json_t *s)
{
    size_t i;
    json_t *f;
    printf("%s  %s\n", jem_json_str(s, "id", ""), jem_json_str(s, "name", ""));
    json_array_foreach(json_object_get(s, "fields"), i, f)
    {
        printf("  --set %-24s %-9s %s %s", jem_json_str(f, "name", ""), jem_json_str(f, "type", ""),
            jem_json_bool(f, "required", false) ? "*" : " ", jem_json_str(f, "label", ""));
        print_options(f);
    }
    json_array_foreach(json_object_get(s, "requirements"), i, f)
    {
        const char *when = jem_json_str(f, "when", "");
        printf("  --attach %-31s %s %s%s%s\n", jem_json_str(f, "kind", ""),
            jem_json_bool(f, "required", false) ? "*" : " ", jem_json_str(f, "label", ""), *when ? ": " : "", when);
    }
    for (int k = 0; k < JEM_STD_PUBLISHED; k++)
        printf("\n%s\n%s\n", jem_standard_label((enum jem_standard)k),
            jem_json_str(json_object_get(s, "standard"), jem_standard_key((enum jem_standard)k), ""));
}

enum jem_code jem_cmd_catalog_show(struct jem_cli *cli)
{
    static const struct jem_column columns[] = { { "id", JEM_T_CLI_C_ID, 26 }, { "promised", JEM_T_CLI_C_PROMISED, 30 },
        { "name", JEM_T_CLI_C_SERVICE, 0 }, { NULL, JEM_T_NONE, 0 } };
    const char *service = cli->arg_count ? cli->args[0] : NULL;
    enum jem_code rc = jem_cli_open(cli);
    if (rc == JEM_OK)
        rc = jem_cli_opt(cli, "--drafts") != NULL ? jem_edit_show(cli->app, service, &cli->out, &cli->err)
                                                  : jem_catalog_show(cli->app, service, &cli->out, &cli->err);
    if (rc != JEM_OK || cli->json)
        return rc;
    const json_t *services = json_object_get(cli->out, "services");
    if (service)
        print_service(json_array_get(services, 0));
    else
        jem_print_rows(services, columns);
    return rc;
}

enum jem_code jem_cmd_catalog_check(struct jem_cli *cli)
{
    size_t i;
    json_t *p;
    enum jem_code rc = jem_catalog_check_path(cli->args[0], &cli->out, &cli->err);
    json_array_foreach(json_object_get(cli->out, "problems"), i, p)
    {
        if (strcmp(json_string_value(p), cli->err.msg) != 0) /* that one is told as the command's error */
            fprintf(stderr, "%s\n", json_string_value(p));
    }
    if (rc == JEM_OK && !cli->json)
        printf(jem_text(JEM_T_CLI_CATALOG_OK), (long long)jem_json_int(cli->out, "services", 0));
    return rc;
}

enum jem_code jem_cmd_state(struct jem_cli *cli)
{
    enum jem_code rc = jem_cli_open(cli);
    if (rc == JEM_OK)
        rc = jem_app_state(cli->app, &cli->out, &cli->err);
    if (rc != JEM_OK || cli->json)
        return rc;
    const json_t *s = cli->out;
    int64_t oldest = jem_json_int(s, "oldest_unconfirmed_ms", 0), synced = jem_json_int(s, "last_sync_ms", 0);
    char at[48];
    jem_print_line(JEM_T_CLI_L_NAME, "%s (%s)", jem_json_str(s, "name", ""), jem_json_str(s, "role", ""));
    jem_print_line(JEM_T_CLI_L_OFFICER, "%s (%s)", jem_json_str(s, "user", ""), jem_json_str(s, "user_role", ""));
    jem_print_line(JEM_T_CLI_L_HUB, "%s", jem_json_str(s, "hub", "-"));
    jem_print_line(JEM_T_CLI_L_APPLICATIONS, "%lld", (long long)jem_json_int(s, "applications", 0));
    jem_print_line(JEM_T_CLI_L_UNCONFIRMED, "%lld", (long long)jem_json_int(s, "unconfirmed", 0));
    if (oldest)
        when(oldest, at), jem_print_line(JEM_T_CLI_L_OLDEST, "%s", at);
    jem_print_line(JEM_T_CLI_L_PENDING_DOCUMENTS, "%lld", (long long)jem_json_int(s, "pending_documents", 0));
    if (synced)
        when(synced, at), jem_print_line(JEM_T_CLI_L_LAST_SYNC, "%s %s", at, jem_json_str(s, "last_sync_text", ""));
    jem_print_line(JEM_T_CLI_L_CLOCK, "%s", jem_clock_source_label(jem_json_str(s, "clock", "")));
    return rc;
}
