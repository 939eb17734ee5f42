/* cmd_intake.c - recording at the counter: apply, correct, withdraw, attach, detach. */
#include <stdlib.h>
#include <string.h>

#include "cli_devices.h"
#include "jemput/intake.h"
#include "jemput/paper.h"
#include "jemput/lookup.h"
#include "jemput/tray.h"

static enum jem_code gather_set(struct jem_cli *cli, json_t *fields)
{
    const char *text, *value;
    char key[64];
    for (int i = 0; (text = jem_cli_opt_at(cli, "--set", i)); i++) {
        enum jem_code rc = jem_cli_pair(cli, "--set", text, key, &value);
        if (rc != JEM_OK)
            return rc;
        if (json_object_set_new(fields, key, json_string(value)) != 0)
            return jem_cli_usage(cli, JEM_T_CLI_NOT_UTF8, "--set");
    }
    return JEM_OK;
}

/* kinds: the keys' storage, freed by the caller. */
static enum jem_code gather_attachments(struct jem_cli *cli, struct jem_attachment *list, char (*kinds)[64],
    size_t *count)
{
    const char *text;
    for (*count = 0; (text = jem_cli_opt_at(cli, "--attach", (int)*count)); ++*count) {
        enum jem_code rc = jem_cli_pair(cli, "--attach", text, kinds[*count], &list[*count].path);
        if (rc != JEM_OK)
            return rc;
        list[*count].kind = kinds[*count];
    }
    return JEM_OK;
}

static void print_warnings(const json_t *warnings)
{
    size_t i;
    json_t *w;
    json_array_foreach(warnings, i, w)
        fprintf(stderr, "%s %s\n", jem_text(JEM_T_CLI_WARNING), jem_json_str(w, "text", ""));
}

static void print_missing(const json_t *missing)
{
    size_t i;
    json_t *m;
    json_array_foreach(missing, i, m) jem_print_line(JEM_T_CLI_L_MISSING, "%s", jem_json_str(m, "label", ""));
}

/* Every fault at once, so that an officer mends the form in one go. */
static void print_issues(const struct jem_issues *issues, const char *first)
{
    for (size_t i = 0; i < issues->count; i++) {
        const struct jem_issue *is = &issues->items[i];
        if (is->severity == JEM_SEV_ERROR && strcmp(is->msg, first) != 0)
            fprintf(stderr, "jemput: %s: %s\n", is->field, is->msg);
    }
}

/* Each number at once, and flushed: a number that was shown is recorded, also when the power goes in the next moment. */
static void apply_line(void *ctx, const json_t *entry, bool recorded)
{
    const struct jem_cli *cli = ctx;
    long long line = (long long)jem_json_int(entry, "line", 0);
    if (!recorded)
        fprintf(stderr, jem_text(JEM_T_CLI_LINE_REFUSED), line, jem_json_str(entry, "error", ""));
    else if (!cli->json && !cli->quiet) {
        printf("%lld %s\n", line, jem_json_str(entry, "number", ""));
        (void)fflush(stdout);
    }
}

static enum jem_code apply_file(struct jem_cli *cli, const char *path)
{
    const struct jem_lines_watch watch = { .line = apply_line, .ctx = cli };
    enum jem_code rc = jem_cli_open(cli);
    if (rc == JEM_OK)
        rc = jem_apply_file(cli->app, path, &watch, &cli->out, &cli->err);
    if (!cli->out)
        return rc;
    size_t refused = json_array_size(json_object_get(cli->out, "refused"));
    if (refused)
        cli->soft = JEM_EINVAL;
    if (!cli->json)
        printf(jem_text(JEM_T_CLI_FILE_DONE), json_array_size(json_object_get(cli->out, "recorded")), refused);
    return rc;
}

/* Papers first, so that the receipt tells of them; not for a form that would be refused. */
static enum jem_code apply_scan(struct jem_cli *cli, struct jem_apply_in *in, char draft[33], json_t **pages,
    struct jem_error *why)
{
    json_t *found = NULL, *faults = NULL;
    struct jem_apply_in check = *in;
    if (!jem_cli_opt(cli, "--scan"))
        return JEM_OK;
    *pages = json_array();
    check.fields = json_copy(in->fields);
    enum jem_code rc = jem_apply_check(cli->app, &check, &found, NULL, &cli->err);
    faults = json_copy(json_object_get(found, "errors"));
    if (in->duplicate_reason == NULL)
        json_array_extend(faults, json_object_get(found, "duplicates"));
    if (rc == JEM_OK)
        rc = jem_cli_apply_scan(cli, in->service, faults, draft, pages, why);
    json_decref(check.fields);
    json_decref(found);
    json_decref(faults);
    if (rc == JEM_OK && *draft)
        in->draft = draft;
    return rc;
}

/* The application is recorded: what the devices did is told beside it, and never as a failure of it. */
static void apply_devices(struct jem_cli *cli, json_t *pages, const struct jem_error *why)
{
    const char *number = jem_json_str(cli->out, "number", "");
    uint64_t n = 0;
    json_t *job = NULL;
    if (pages != NULL)
        json_object_set(cli->out, "scanned", pages);
    if (why->code != JEM_OK) {
        fprintf(stderr, "jemput: %s\n", why->msg);
        fprintf(stderr, jem_text(JEM_T_CLI_APPLY_SCAN_REST), number);
        json_object_set_new(cli->out, "scan_error", json_string(why->msg));
    }
    if (!jem_cli_opt(cli, "--print") || jem_number_parse(number, &n, NULL) != JEM_OK)
        return;
    enum jem_code rc = jem_cli_print(cli, n, &job);
    if (rc != JEM_OK) {
        fprintf(stderr, "jemput: %s\n", cli->err.msg);
        json_object_set_new(cli->out, "print_error", json_string(cli->err.msg));
        cli->soft = rc == JEM_ENOTFOUND ? JEM_EIO : rc;
        cli->err = (struct jem_error){ .code = JEM_OK };
    }
    if (job != NULL)
        json_object_set_new(cli->out, "print", job);
}

static enum jem_code apply_record(struct jem_cli *cli, struct jem_apply_in *in, struct jem_issues *issues)
{
    char draft[33] = "";
    json_t *pages = NULL;
    struct jem_error why = { .code = JEM_OK };
    enum jem_code rc = apply_scan(cli, in, draft, &pages, &why);
    if (rc == JEM_OK)
        rc = jem_apply(cli->app, in, &cli->out, issues, &cli->err);
    if (rc != JEM_OK && *draft) { /* nobody would find them again */
        enum jem_code cleared = jem_tray_clear(cli->app, draft, NULL);
        (void)cleared; /* what was refused is what has to be heard */
    }
    if (rc == JEM_EINVAL)
        print_issues(issues, cli->err.msg);
    if (rc == JEM_OK && !cli->json) {
        jem_print_line(JEM_T_CLI_C_NUMBER, "%s", jem_json_str(cli->out, "number", ""));
        print_missing(json_object_get(cli->out, "missing"));
        jem_print_line(JEM_T_CLI_L_QR, "%s", jem_json_str(cli->out, "qr", ""));
    }
    if (rc == JEM_OK)
        apply_devices(cli, pages, &why);
    json_decref(pages);
    return rc;
}

static enum jem_code apply_one(struct jem_cli *cli, struct jem_apply_in *in)
{
    struct jem_issues *issues = calloc(1, sizeof *issues);
    if (!issues)
        return jem_fail_nomem(&cli->err);
    enum jem_code rc = jem_cli_open(cli);
    if (rc == JEM_OK && jem_cli_opt(cli, "--check")) {
        rc = jem_apply_check(cli->app, in, &cli->out, issues, &cli->err);
        if (rc == JEM_OK && issues->errors)
            cli->soft = JEM_EINVAL;
        if (rc == JEM_OK && !issues->errors && !cli->json)
            puts(jem_text(JEM_T_CLI_CHECK_OK));
        print_issues(issues, "");
    } else if (rc == JEM_OK) {
        rc = apply_record(cli, in, issues);
    }
    if (cli->out)
        print_warnings(json_object_get(cli->out, "warnings"));
    free(issues);
    return rc;
}

enum jem_code jem_cmd_apply(struct jem_cli *cli)
{
    const char *from = jem_cli_opt(cli, "--from");
    if (from)
        return apply_file(cli, from);
    struct jem_attachment attachments[JEM_CLI_OPTS_MAX] = { 0 };
    char(*kinds)[64] = calloc(JEM_CLI_OPTS_MAX, sizeof *kinds);
    const char *nik = jem_cli_opt(cli, "--nik"), *name = jem_cli_opt(cli, "--name");
    struct jem_apply_in in = { .service = jem_cli_opt(cli, "--service"),
        .channel = jem_cli_opt(cli, "--channel"),
        .duplicate_reason = jem_cli_opt(cli, "--allow-duplicate"),
        .attachments = attachments,
        .fields = json_object() };
    enum jem_code rc = JEM_OK;
    if (!kinds || !in.fields)
        rc = jem_fail_nomem(&cli->err);
    else if (!in.service)
        rc = jem_cli_usage(cli, JEM_T_CLI_NEEDS_OPTION, "--service");
    if (rc == JEM_OK)
        rc = gather_set(cli, in.fields);
    if (rc == JEM_OK && ((nik && json_object_set_new(in.fields, "nik", json_string(nik))) ||
                            (name && json_object_set_new(in.fields, "name", json_string(name)))))
        rc = jem_cli_usage(cli, JEM_T_CLI_NOT_UTF8, "--name");
    if (rc == JEM_OK)
        rc = gather_attachments(cli, attachments, kinds, &in.attachment_count);
    if (rc == JEM_OK)
        rc = apply_one(cli, &in);
    json_decref(in.fields);
    free(kinds);
    return rc;
}

static enum jem_code open_number(struct jem_cli *cli, uint64_t *number)
{
    enum jem_code rc = jem_cli_open(cli);
    return rc == JEM_OK ? jem_lookup_number(cli->app, cli->args[0], number, &cli->err) : rc;
}

enum jem_code jem_cmd_correct(struct jem_cli *cli)
{
    uint64_t number = 0;
    struct jem_issues *issues = calloc(1, sizeof *issues);
    json_t *set = json_object();
    enum jem_code rc = issues && set ? gather_set(cli, set) : jem_fail_nomem(&cli->err);
    if (rc == JEM_OK && json_object_size(set) == 0)
        rc = jem_cli_usage(cli, JEM_T_CLI_NEEDS_OPTION, "--set");
    if (rc == JEM_OK)
        rc = open_number(cli, &number);
    if (rc == JEM_OK)
        rc = jem_correct(cli->app, number, set, jem_cli_opt(cli, "--reason"), &cli->out, issues, &cli->err);
    if (rc == JEM_EINVAL)
        print_issues(issues, cli->err.msg);
    if (rc == JEM_OK)
        print_warnings(json_object_get(cli->out, "warnings"));
    if (rc == JEM_OK && !cli->json)
        printf(jem_text(JEM_T_CLI_CORRECTED), jem_json_str(cli->out, "number", ""));
    json_decref(set);
    free(issues);
    return rc;
}

/* The receipt's QR code names the service; a typed number does not. */
enum jem_code jem_cmd_continue(struct jem_cli *cli)
{
    uint64_t number = 0;
    json_t *paper = NULL;
    struct jem_continue in = { .service = jem_cli_opt(cli, "--service"),
        .nik = jem_cli_opt(cli, "--nik"),
        .channel = jem_cli_opt(cli, "--channel") };
    if (!in.nik || !*in.nik)
        return jem_cli_usage(cli, JEM_T_CLI_NEEDS_OPTION, "--nik");
    enum jem_code rc = open_number(cli, &number);
    if (rc == JEM_OK && !in.service && jem_paper_verify(cli->app, cli->args[0], &paper, NULL) == JEM_OK)
        in.service = jem_json_str(paper, "service_id", "");
    if (rc == JEM_OK)
        rc = jem_continue(cli->app, number, &in, &cli->out, &cli->err);
    if (rc == JEM_OK && !cli->json)
        printf(jem_text(JEM_T_CLI_CONTINUED), jem_json_str(cli->out, "number", ""));
    json_decref(paper);
    return rc;
}

enum jem_code jem_cmd_withdraw(struct jem_cli *cli)
{
    uint64_t number = 0;
    const char *reason = jem_cli_opt(cli, "--reason");
    if (!reason || !*reason)
        return jem_cli_usage(cli, JEM_T_CLI_NEEDS_OPTION, "--reason");
    enum jem_code rc = open_number(cli, &number);
    if (rc == JEM_OK)
        rc = jem_withdraw(cli->app, number, reason, &cli->out, &cli->err);
    if (rc == JEM_OK && !cli->json)
        printf(jem_text(JEM_T_CLI_WITHDRAWN), jem_json_str(cli->out, "number", ""));
    return rc;
}

enum jem_code jem_cmd_attach(struct jem_cli *cli)
{
    uint64_t number = 0;
    json_t *attached = json_array(), *one = NULL;
    enum jem_code rc = attached ? open_number(cli, &number) : jem_fail_nomem(&cli->err);
    for (int i = 1; rc == JEM_OK && i < cli->arg_count; i++) {
        char kind[64];
        struct jem_attachment in = { .kind = kind };
        rc = jem_cli_pair(cli, "KIND=FILE", cli->args[i], kind, &in.path);
        if (rc == JEM_OK)
            rc = jem_attach(cli->app, number, &in, &one, &cli->err);
        if (rc != JEM_OK)
            break;
        if (!cli->json)
            printf(jem_text(JEM_T_CLI_ATTACHED), (long long)jem_json_int(one, "ordinal", 0),
                jem_json_str(one, "kind", ""), (long long)jem_json_int(one, "pages", 0));
        json_array_append_new(attached, one);
        one = NULL;
    }
    cli->out = json_pack("{s:o}", "attached", attached); /* what was attached before a failure stays attached: say so */
    return rc;
}

enum jem_code jem_cmd_detach(struct jem_cli *cli)
{
    uint64_t number = 0;
    const char *reason = jem_cli_opt(cli, "--reason");
    int ordinal = (int)strtol(cli->args[1], NULL, 10);
    if (ordinal < 1)
        return jem_cli_usage(cli, JEM_T_CLI_BAD_ORDINAL, cli->args[1]);
    if (!reason || !*reason)
        return jem_cli_usage(cli, JEM_T_CLI_NEEDS_OPTION, "--reason");
    enum jem_code rc = open_number(cli, &number);
    if (rc == JEM_OK)
        rc = jem_document_remove(cli->app, number, (unsigned)ordinal, reason, &cli->out, &cli->err);
    if (rc == JEM_OK && !cli->json)
        printf(jem_text(JEM_T_CLI_DETACHED), ordinal);
    return rc;
}
