/* cli.h - one run of the command line: what was typed, what came of it. Private to src/cli. */
#ifndef JEM_CLI_H
#define JEM_CLI_H
#include <stdio.h>

#include "jemput/app.h"

/* An option of a command. `value` is its placeholder in the help, NULL for a flag. */
struct jem_opt {
    const char *name, *value;
    enum jem_text help;
};

struct jem_cli;
struct jem_command {
    const char *path; /* "hq enrol" */
    const char *args; /* "NUMBER kind=FILE", as the help shows them */
    int min_args, max_args;
    enum jem_text summary;         /* one line */
    enum jem_text teach;           /* a paragraph, or JEM_T_NONE */
    const char *examples;          /* lines without the leading "jemput ", or NULL */
    const struct jem_opt *options; /* ends with name NULL; or NULL */
    enum jem_code (*run)(struct jem_cli *cli);
};

#define JEM_CLI_ARGS_MAX 64
#define JEM_CLI_OPTS_MAX 128
struct jem_cli {
    const char *dir; /* -C, $JEMPUT_HOME or the XDG data folder */
    const char *user, *passphrase_file;
    bool json, help, quiet, verbose;
    const struct jem_command *command;
    const char *args[JEM_CLI_ARGS_MAX];
    int arg_count;
    struct {
        const struct jem_opt *opt;
        const char *value;
    } opts[JEM_CLI_OPTS_MAX];
    int opt_count;
    char dir_buf[4096];
    char *passphrase;    /* sodium memory, wiped at the end */
    struct jem_app *app; /* opened by jem_cli_open */
    json_t *out;         /* the result: printed by --json, or drawn by the command */
    enum jem_code soft;  /* what to exit with although the command was done: a refused line, a quarantined ref */
    struct jem_error err;
};

/* ---- parse.c ---- */
/* JEM_EUSAGE with a message. Global options may stand anywhere. */
enum jem_code jem_cli_parse(struct jem_cli *cli, int argc, char **argv);
const char *jem_cli_opt(const struct jem_cli *cli,
    const char *name); /* last value given, "" for a flag, NULL when absent */
/* The i-th value of a repeated option, NULL past the end. */
const char *jem_cli_opt_at(const struct jem_cli *cli, const char *name, int i);
/* Whole number within bounds; JEM_EUSAGE names the option. `fallback` when absent. */
enum jem_code jem_cli_opt_int(struct jem_cli *cli, const char *name, int64_t min, int64_t max, int64_t fallback,
    int64_t *out);
/* Bytes with K, M or G behind. */
enum jem_code jem_cli_opt_bytes(struct jem_cli *cli, const char *name, uint64_t *out);
/* "k=v" into out_key (cap 64) and a pointer behind '='. JEM_EUSAGE names `what`. */
enum jem_code jem_cli_pair(struct jem_cli *cli, const char *what, const char *text, char key[64], const char **value);
enum jem_code jem_cli_usage(struct jem_cli *cli, enum jem_text key, const char *detail);

/* ---- commands.c: the table ---- */
extern const struct jem_command jem_commands[];
const struct jem_command *jem_command_find(int argc, char **argv, int *words); /* longest path that matches; NULL */
extern const struct jem_opt jem_global_options[];

/* ---- help.c ---- */
void jem_help_all(FILE *f);
bool jem_help_group(FILE *f, const char *group); /* "hq": every command of it; false when there is none */
void jem_help_command(FILE *f, const struct jem_command *command);
/* Candidates for the word after `words`, one a line: the bash completion asks this. */
void jem_help_complete(FILE *f, int argc, char **argv);

/* ---- open.c ---- */
enum jem_code jem_cli_passphrase(struct jem_cli *cli, bool confirm);
/* Another passphrase: from `file`, or asked for twice at the terminal. *out in sodium memory: sodium_free */
enum jem_code jem_cli_passphrase_new(struct jem_cli *cli, const char *file, char **out);
enum jem_code jem_cli_user(struct jem_cli *cli);
enum jem_code jem_cli_open(struct jem_cli *cli);
/* True when jem_cli_open would ask nobody: an officer is named, and a file or credential holds the passphrase. */
bool jem_cli_unattended(const struct jem_cli *cli);

/* ---- print.c ---- */
struct jem_column {
    const char *key;
    enum jem_text head;
    int width; /* at least; 0 in the last column, which is not cut */
};
/* Rows of objects under headings; columns end with key NULL. A column grows with its heading and values, and cuts a value
 * longer than 40 or than its own width. Personal numbers are masked by the caller. */
void jem_print_rows(const json_t *rows, const struct jem_column *columns);
/* s, padded to `width` columns and never cut, and a space. */
void jem_print_cell(const char *s, int width);
/* "Label   value". Each CLI_L_ text fits the width (tests/unit/test_text.c). */
#define JEM_LABEL_WIDTH 24
void jem_print_line(enum jem_text label, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Cells safe for a terminal: control characters become '?'. */
void jem_print_safe(FILE *f, const char *s);
/* Every row gets "label" texts for status and confirmed state, a masked nik. */
void jem_print_dress(json_t *rows);
/* At headquarters sixteen digits that stand alone in the result, a NIK or KK, are masked: who wants to see one asks for it on
 * record. Officers of a van see what they type. */
void jem_cli_mask(struct jem_cli *cli);
extern const struct jem_column jem_columns_list[];
/* To a file (0600) or stdout when path is NULL or "-". */
enum jem_code jem_cli_deliver(struct jem_cli *cli, const char *path, const struct jem_buf *bytes);
/* A paper or photo to where -o says; with --json its file, mime type and size are told. */
enum jem_code jem_cli_deliver_paper(struct jem_cli *cli, const struct jem_buf *bytes, const char *mime);

/* ---- cmd_*.c ---- */
enum jem_code jem_cmd_init(struct jem_cli *), jem_cmd_enrol_request(struct jem_cli *),
    jem_cmd_enrol_accept(struct jem_cli *), jem_cmd_hub_init(struct jem_cli *), jem_cmd_hub_set(struct jem_cli *),
    jem_cmd_hub_show(struct jem_cli *), jem_cmd_state(struct jem_cli *), jem_cmd_apply(struct jem_cli *),
    jem_cmd_correct(struct jem_cli *), jem_cmd_continue(struct jem_cli *), jem_cmd_withdraw(struct jem_cli *),
    jem_cmd_attach(struct jem_cli *), jem_cmd_detach(struct jem_cli *), jem_cmd_show(struct jem_cli *),
    jem_cmd_list(struct jem_cli *), jem_cmd_find(struct jem_cli *), jem_cmd_log(struct jem_cli *),
    jem_cmd_document(struct jem_cli *), jem_cmd_catalog_show(struct jem_cli *), jem_cmd_catalog_check(struct jem_cli *),
    jem_cmd_receipt(struct jem_cli *), jem_cmd_verify(struct jem_cli *), jem_cmd_print(struct jem_cli *),
    jem_cmd_devices(struct jem_cli *), jem_cmd_scan(struct jem_cli *), jem_cmd_doctor(struct jem_cli *),
    jem_cmd_sync(struct jem_cli *), jem_cmd_bundle_export(struct jem_cli *), jem_cmd_bundle_import(struct jem_cli *),
    jem_cmd_serve(struct jem_cli *), jem_cmd_status_site(struct jem_cli *), jem_cmd_audit(struct jem_cli *),
    jem_cmd_backup(struct jem_cli *), jem_cmd_restore(struct jem_cli *), jem_cmd_hq_ack(struct jem_cli *),
    jem_cmd_user_add(struct jem_cli *), jem_cmd_user_change(struct jem_cli *), jem_cmd_user_list(struct jem_cli *),
    jem_cmd_user_disable(struct jem_cli *), jem_cmd_user_passphrase(struct jem_cli *),
    jem_cmd_selftest(struct jem_cli *), jem_cmd_hq_enrol(struct jem_cli *), jem_cmd_hq_merge(struct jem_cli *),
    jem_cmd_hq_publish(struct jem_cli *), jem_cmd_hq_sync(struct jem_cli *), jem_cmd_hq_inbox(struct jem_cli *),
    jem_cmd_hq_conflicts(struct jem_cli *), jem_cmd_hq_resolve(struct jem_cli *), jem_cmd_hq_link(struct jem_cli *),
    jem_cmd_hq_decide(struct jem_cli *), jem_cmd_hq_dictionary(struct jem_cli *), jem_cmd_hq_rotate(struct jem_cli *),
    jem_cmd_hq_signers(struct jem_cli *), jem_cmd_hq_status_export(struct jem_cli *), jem_cmd_hq_vans(struct jem_cli *),
    jem_cmd_hq_revoke(struct jem_cli *), jem_cmd_hq_reissue(struct jem_cli *), jem_cmd_hq_quarantine(struct jem_cli *),
    jem_cmd_hq_admit(struct jem_cli *), jem_cmd_hq_refuse(struct jem_cli *), jem_cmd_completion(struct jem_cli *),
    jem_cmd_version(struct jem_cli *), jem_cmd_help(struct jem_cli *), jem_cmd_hq_export(struct jem_cli *),
    jem_cmd_hq_erase(struct jem_cli *), jem_cmd_hq_access(struct jem_cli *), jem_cmd_hq_retention(struct jem_cli *),
    jem_cmd_hq_reveal(struct jem_cli *), jem_cmd_hq_mirror(struct jem_cli *), jem_cmd_hq_target(struct jem_cli *),
    jem_cmd_hq_exchange_out(struct jem_cli *), jem_cmd_hq_exchange_in(struct jem_cli *),
    jem_cmd_hq_exchange_key(struct jem_cli *), jem_cmd_hq_exchange_list(struct jem_cli *),
    jem_cmd_hq_processing(struct jem_cli *), jem_cmd_hq_report(struct jem_cli *);
/* The catalogue and targets. */
enum jem_code jem_cmd_hq_targets(struct jem_cli *), jem_cmd_hq_catalog_publish(struct jem_cli *),
    jem_cmd_hq_catalog_export(struct jem_cli *), jem_cmd_hq_catalog_versions(struct jem_cli *),
    jem_cmd_hq_catalog_diff(struct jem_cli *), jem_cmd_hq_catalog_drafts(struct jem_cli *),
    jem_cmd_hq_catalog_edit(struct jem_cli *), jem_cmd_hq_catalog_receipt(struct jem_cli *);
/* The van's day. */
enum jem_code jem_cmd_queue_issue(struct jem_cli *), jem_cmd_queue_next(struct jem_cli *),
    jem_cmd_queue_call(struct jem_cli *), jem_cmd_queue_skip(struct jem_cli *), jem_cmd_queue_serve(struct jem_cli *),
    jem_cmd_queue_list(struct jem_cli *), jem_cmd_sheet(struct jem_cli *), jem_cmd_sheet_verify(struct jem_cli *),
    jem_cmd_survey_answer(struct jem_cli *), jem_cmd_survey_report(struct jem_cli *),
    jem_cmd_visit_plan(struct jem_cli *), jem_cmd_visit_cancel(struct jem_cli *), jem_cmd_visit_open(struct jem_cli *),
    jem_cmd_visit_close(struct jem_cli *), jem_cmd_visit_list(struct jem_cli *), jem_cmd_visit_export(struct jem_cli *),
    jem_cmd_visit_coverage(struct jem_cli *), jem_cmd_outage_note(struct jem_cli *),
    jem_cmd_outage_end(struct jem_cli *), jem_cmd_outage_attach(struct jem_cli *),
    jem_cmd_outage_document(struct jem_cli *), jem_cmd_outage_list(struct jem_cli *),
    jem_cmd_handover_list(struct jem_cli *), jem_cmd_handover_record(struct jem_cli *),
    jem_cmd_complaint_file(struct jem_cli *), jem_cmd_complaint_answer(struct jem_cli *),
    jem_cmd_complaint_list(struct jem_cli *);
#endif
