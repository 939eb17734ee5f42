/* cmd_devices.c - devices: what is connected, and tests of it; scan: papers into an application; doctor: what is wrong and
 * what to do. */
#include <poll.h>
#include <signal.h>
#include <string.h>

#include "cli_devices.h"
#include "jemput/lookup.h"
#include "jemput/station.h"

#define DEVICES_TEST_MS 100 /* between two looks at a test under way */

/* ---- findings ---- */

static const struct jem_column finding_columns[] = {
    { "mark", JEM_T_CLI_C_FINDING, 11 },
    { "subject", JEM_T_CLI_C_SUBJECT, 44 },
    { "text", JEM_T_CLI_C_ADVICE, 0 },
    { NULL, JEM_T_NONE, 0 },
};

static void findings_print(json_t *findings)
{
    size_t i;
    json_t *f;
    json_array_foreach(findings, i, f)
    {
        const char *level = jem_json_str(f, "level", "");
        enum jem_text mark = strcmp(level, "ok") == 0     ? JEM_T_CLI_FINDING_OK
                             : strcmp(level, "note") == 0 ? JEM_T_CLI_FINDING_NOTE
                             : strcmp(level, "ask") == 0  ? JEM_T_CLI_FINDING_NOTE
                                                          : JEM_T_CLI_FINDING_FAULT;
        json_object_set_new(f, "mark", json_string(jem_text(mark)));
    }
    jem_print_rows(findings, finding_columns);
}

/* ---- devices ---- */

static void devices_source(const json_t *source)
{
    char dpi[200] = "", colours[64] = "";
    size_t i;
    json_t *it;
    const char *between = jem_json_bool(source, "dpi_range", false) ? "-" : " ";
    const json_t *list = json_object_get(source, "dpi");
    size_t shown = *between == '-' ? 2 : json_array_size(list); /* of a range the step does not matter to people */
    for (i = 0; i < shown; i++) {
        size_t at = strlen(dpi);
        snprintf(dpi + at, sizeof dpi - at, "%s%lld", i > 0 ? between : "",
            (long long)json_integer_value(json_array_get(list, i)));
    }
    json_array_foreach(json_object_get(source, "colours"), i, it)
    {
        size_t at = strlen(colours);
        snprintf(colours + at, sizeof colours - at, "%s%s", i > 0 ? " " : "", json_string_value(it));
    }
    jem_print_line(JEM_T_NONE, "%s: %lld x %lld mm, %s dpi, %s", jem_json_str(source, "source", ""),
        (long long)jem_json_int(source, "width_mm", 0), (long long)jem_json_int(source, "height_mm", 0), dpi, colours);
}

static void devices_kind(enum jem_text label, const json_t *devices)
{
    size_t i, k;
    json_t *d, *source;
    json_array_foreach(devices, i, d)
    {
        const char *why = jem_json_str(d, "why", "");
        jem_print_line(label, "%s", jem_json_str(d, "name", ""));
        jem_print_line(JEM_T_NONE, "%s%s%s", jem_json_str(d, "id", ""), jem_json_bool(d, "chosen", false) ? " * " : "",
            jem_json_str(d, "profile_name", ""));
        jem_print_line(JEM_T_NONE, "%s", *why ? why : jem_json_str(d, "state_text", jem_text(JEM_T_DOCTOR_READER)));
        json_array_foreach(json_object_get(d, "sources"), k, source) devices_source(source);
    }
}

static enum jem_code scan_list(struct jem_cli *cli)
{
    struct jem_devices *devices = NULL;
    json_t *all = NULL;
    enum jem_code rc = jem_cli_open(cli);
    if (rc == JEM_OK)
        rc = jem_devices_new(&devices, &cli->err);
    if (rc == JEM_OK)
        rc = jem_devices_list(cli->app, devices, true, &all, &cli->err);
    jem_devices_free(devices);
    if (rc != JEM_OK)
        return rc;
    cli->out = json_pack("{s:O}", "scanners", json_object_get(all, "scanners"));
    json_decref(all);
    if (cli->json)
        return rc;
    devices_kind(JEM_T_CLI_L_SCANNER, json_object_get(cli->out, "scanners"));
    if (json_array_size(json_object_get(cli->out, "scanners")) == 0)
        puts(jem_text(JEM_T_SCANS_NONE));
    return rc;
}

/* Rows of the morning's check, for these two alone. */
static enum jem_code devices_test(struct jem_cli *cli, bool print, const char *file)
{
    const struct jem_station_hooks none = { NULL, NULL, NULL };
    struct jem_station *station = NULL;
    struct jem_buf picture = JEM_BUF_INIT(JEM_BUF_DEFAULT_MAX);
    size_t i;
    json_t *it;
    enum jem_code rc = jem_station_new(&none, &station, &cli->err);
    if (rc == JEM_OK)
        rc = jem_station_try(station, cli->app, print, file != NULL, &cli->err);
    while (rc == JEM_OK && jem_json_bool(cli->out, "running", true)) {
        poll(NULL, 0, DEVICES_TEST_MS);
        json_decref(cli->out);
        cli->out = jem_station_checked(station);
    }
    if (rc == JEM_OK && file != NULL && jem_station_picture(station, &picture) == JEM_OK)
        rc = jem_cli_deliver(cli, file, &picture);
    jem_station_free(station);
    jem_buf_release(&picture);
    if (rc != JEM_OK)
        return rc;
    json_array_foreach(json_object_get(cli->out, "rows"), i, it)
    {
        const char *level = jem_json_str(it, "level", "");
        if (strcmp(level, "ok") != 0 && strcmp(level, "ask") != 0)
            cli->soft = JEM_EIO; /* "note": there is no such device */
    }
    if (!cli->json)
        findings_print(json_object_get(cli->out, "rows"));
    return rc;
}

enum jem_code jem_cmd_devices(struct jem_cli *cli)
{
    struct jem_devices *devices = NULL;
    const char *file = jem_cli_opt(cli, "--test-scan");
    bool print = jem_cli_opt(cli, "--test-print") != NULL;
    enum jem_code rc = jem_cli_open(cli);
    if (rc == JEM_OK && (print || file != NULL))
        return devices_test(cli, print, file);
    if (rc == JEM_OK)
        rc = jem_devices_new(&devices, &cli->err);
    if (rc == JEM_OK)
        rc = jem_devices_list(cli->app, devices, true, &cli->out, &cli->err);
    jem_devices_free(devices);
    if (rc != JEM_OK || cli->json)
        return rc;
    const json_t *scanners = json_object_get(cli->out, "scanners"), *printers = json_object_get(cli->out, "printers"),
                 *readers = json_object_get(cli->out, "readers");
    devices_kind(JEM_T_CLI_L_SCANNER, scanners);
    devices_kind(JEM_T_CLI_C_PRINTER, printers);
    devices_kind(JEM_T_CLI_L_READER, readers);
    if (json_array_size(scanners) + json_array_size(printers) + json_array_size(readers) == 0)
        puts(jem_text(JEM_T_CLI_NO_DEVICES));
    return rc;
}

/* ---- scan ---- */

static atomic_bool scan_stopped;

static void scan_stop(int signal_number)
{
    (void)signal_number;
    atomic_store(&scan_stopped, true);
}

/* Each page at once, and flushed: what was shown is kept, also when the power goes in the next moment. */
static void scan_page(void *ctx, const json_t *page)
{
    const struct jem_cli *cli = ctx;
    size_t i;
    json_t *w;
    long long number = (long long)jem_json_int(page, "page", 0);
    if (!cli->json && !cli->quiet) {
        if (json_object_get(page, "ordinal") == NULL && !jem_json_bool(page, "twice", false))
            printf(jem_text(JEM_T_CLI_SCAN_WAITS), number, jem_json_str(page, "kind", ""));
        else if (jem_json_bool(page, "twice", false))
            printf(jem_text(JEM_T_CLI_SCAN_TWICE), number);
        else
            printf(jem_text(JEM_T_CLI_SCAN_PAGE), number, (long long)jem_json_int(page, "ordinal", 0),
                jem_json_str(page, "kind", ""), jem_json_str(page, "number", ""));
        (void)fflush(stdout);
    }
    json_array_foreach(json_object_get(page, "warnings"), i, w)
        fprintf(stderr, jem_text(JEM_T_CLI_SCAN_WARNING), number, jem_json_str(w, "text", ""));
}

/* The card was turned on the glass. False: no line came, so nobody is there to turn it. */
static bool scan_turn(void *ctx)
{
    char line[16];
    (void)ctx;
    fputs(jem_text(JEM_T_CLI_SCAN_TURN), stderr);
    return !atomic_load(&scan_stopped) && fgets(line, sizeof line, stdin) != NULL;
}

enum jem_code jem_cli_scan_options(struct jem_cli *cli, struct jem_scan_in *in)
{
    const char *source = jem_cli_opt(cli, "--source"), *colour = jem_cli_opt(cli, "--color");
    int64_t dpi = 0;
    in->scanner = jem_cli_opt(cli, "--scanner");
    in->card = jem_cli_opt(cli, "--card") != NULL;
    if (source && strcmp(source, "duplex") == 0)
        in->source = JEM_SOURCE_ADF_DUPLEX;
    else if (source && !jem_scan_source_parse(source, &in->source))
        return jem_cli_usage(cli, JEM_T_CLI_BAD_SOURCE, source);
    if (colour && strcmp(colour, "bw") == 0)
        in->colour = JEM_COLOUR_BILEVEL;
    else if (colour && !jem_scan_colour_parse(colour, &in->colour))
        return jem_cli_usage(cli, JEM_T_CLI_BAD_COLOUR, colour);
    enum jem_code rc = jem_cli_opt_int(cli, "--dpi", 75, 1200, 0, &dpi);
    in->dpi = (unsigned)dpi;
    return rc;
}

enum jem_code jem_cli_scan(struct jem_cli *cli, struct jem_devices *devices, const struct jem_scan_in *in, json_t **out)
{
    const struct jem_scan_watch watch = { scan_page, cli, scan_turn };
    const struct sigaction stop = { .sa_handler = scan_stop };
    (void)sigaction(SIGINT, &stop, NULL);
    (void)sigaction(SIGTERM, &stop, NULL);
    return jem_scan_documents(cli->app, devices, in, &scan_stopped, &watch, out, &cli->err);
}

enum jem_code jem_cmd_scan(struct jem_cli *cli)
{
    struct jem_devices *devices = NULL;
    struct jem_scan_in in = { .kind = jem_cli_opt(cli, "--kind") };
    if (jem_cli_opt(cli, "--list") != NULL)
        return scan_list(cli);
    if (cli->arg_count == 0)
        return jem_cli_usage(cli, JEM_T_CLI_MISSING_ARG, "NUMBER");
    if (!in.kind || !*in.kind)
        return jem_cli_usage(cli, JEM_T_CLI_NEEDS_OPTION, "--kind");
    enum jem_code rc = jem_cli_scan_options(cli, &in);
    if (rc == JEM_OK)
        rc = jem_cli_open(cli);
    if (rc == JEM_OK)
        rc = jem_lookup_number(cli->app, cli->args[0], &in.number, &cli->err);
    if (rc == JEM_OK)
        rc = jem_devices_new(&devices, &cli->err);
    if (rc == JEM_OK)
        rc = jem_cli_scan(cli, devices, &in, &cli->out);
    jem_devices_free(devices);
    if (rc == JEM_OK && !cli->json)
        printf(jem_text(JEM_T_CLI_SCAN_DONE), json_array_size(json_object_get(cli->out, "pages")));
    else if (rc != JEM_OK && jem_json_bool(cli->out, "resumable", false))
        fputs(jem_text(JEM_T_CLI_SCAN_RESUME), stderr);
    return rc;
}

/* ---- doctor ---- */

enum jem_code jem_cmd_doctor(struct jem_cli *cli)
{
    struct jem_devices *devices = NULL;
    enum jem_code rc = jem_cli_open(cli);
    if (rc == JEM_OK)
        rc = jem_devices_new(&devices, &cli->err);
    if (rc == JEM_OK)
        rc = jem_doctor(cli->app, devices, &cli->out, &cli->err);
    jem_devices_free(devices);
    if (rc != JEM_OK)
        return rc;
    if (!jem_json_bool(cli->out, "ok", false))
        cli->soft = JEM_EIO;
    if (!cli->json)
        findings_print(json_object_get(cli->out, "findings"));
    return rc;
}
