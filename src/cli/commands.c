/* commands.c - every command in one table: what it is called, takes, does, and how the help teaches it. */
#include <string.h>

#include "cli.h"
#include "jemput/day.h"

#define END                    \
    {                          \
        NULL, NULL, JEM_T_NONE \
    }

const struct jem_opt jem_global_options[] = {
    { "-C", "DIR", JEM_T_CLI_O_DIR },
    { "--json", NULL, JEM_T_CLI_O_JSON },
    { "--lang", "id|en", JEM_T_CLI_O_LANG },
    { "--user", "NAME", JEM_T_CLI_O_USER },
    { "--passphrase-file", "FILE", JEM_T_CLI_O_PASSPHRASE },
    { "--quiet", NULL, JEM_T_CLI_O_QUIET },
    { "--verbose", NULL, JEM_T_CLI_O_VERBOSE },
    { "--help", NULL, JEM_T_CLI_O_HELP },
    { "-h", NULL, JEM_T_CLI_O_HELP },
    END,
};

static const struct jem_opt o_init[] = {
    { "--role", "van|hq", JEM_T_CLI_O_ROLE },
    { "--name", "NAME", JEM_T_CLI_O_NAME },
    { "--hub", "URL", JEM_T_CLI_O_HUB },
    { "--host", "HOST", JEM_T_CLI_O_HOST },
    { "--region", "CODE", JEM_T_CLI_O_REGION },
    { "--place", "TEXT", JEM_T_CLI_O_PLACE },
    { "--contact", "TEXT", JEM_T_CLI_O_CONTACT },
    END,
};
static const struct jem_opt o_output[] = { { "-o", "FILE", JEM_T_CLI_O_OUT }, END };
static const struct jem_opt o_apply[] = {
    { "--service", "ID", JEM_T_CLI_O_SERVICE },
    { "--nik", "NIK", JEM_T_CLI_O_NIK },
    { "--name", "NAME", JEM_T_CLI_O_APPLICANT },
    { "--set", "FIELD=VALUE", JEM_T_CLI_O_SET },
    { "--attach", "KIND=FILE", JEM_T_CLI_O_ATTACH },
    { "--scan", "KIND", JEM_T_CLI_O_APPLY_SCAN },
    { "--scanner", "ID", JEM_T_CLI_O_SCANNER },
    { "--source", "platen|adf|duplex", JEM_T_CLI_O_SOURCE },
    { "--dpi", "N", JEM_T_CLI_O_DPI },
    { "--color", "gray|color|bw", JEM_T_CLI_O_COLOR },
    { "--card", NULL, JEM_T_CLI_O_CARD },
    { "--print", NULL, JEM_T_CLI_O_APPLY_PRINT },
    { "--printer", "ID", JEM_T_CLI_O_PRINTER },
    { "--profile", "KIND", JEM_T_CLI_O_PROFILE },
    { "--channel", "van|office|online|village", JEM_T_CLI_O_CHANNEL },
    { "--allow-duplicate", "REASON", JEM_T_CLI_O_DUPLICATE },
    { "--from", "FILE.jsonl", JEM_T_CLI_O_FROM },
    { "--check", NULL, JEM_T_CLI_O_CHECK },
    END,
};
static const struct jem_opt o_correct[] = { { "--set", "FIELD=VALUE", JEM_T_CLI_O_SET },
    { "--reason", "TEXT", JEM_T_CLI_O_REASON }, END };
static const struct jem_opt o_continue[] = { { "--nik", "NIK", JEM_T_CLI_O_NIK },
    { "--service", "ID", JEM_T_CLI_O_SERVICE }, { "--channel", "NAME", JEM_T_CLI_O_CHANNEL }, END };
static const struct jem_opt o_disable[] = { { "--reason", "TEXT", JEM_T_CLI_O_REASON },
    { "--van", "N", JEM_T_CLI_O_AT_VAN }, END };
static const struct jem_opt o_reason[] = { { "--reason", "TEXT", JEM_T_CLI_O_REASON }, END };
static const struct jem_opt o_list[] = {
    { "--status", "STATUS", JEM_T_CLI_O_STATUS },
    { "--unconfirmed", NULL, JEM_T_CLI_O_UNCONFIRMED },
    { "--village", "CODE", JEM_T_CLI_O_VILLAGE },
    { "--service", "ID", JEM_T_CLI_O_SERVICE },
    { "--day", "YYYY-MM-DD", JEM_T_CLI_O_DAY },
    { "--before", "NUMBER", JEM_T_CLI_O_BEFORE },
    { "--limit", "N", JEM_T_CLI_O_LIMIT },
    END,
};
static const struct jem_opt o_limit[] = { { "--limit", "N", JEM_T_CLI_O_LIMIT }, END };
static const struct jem_opt o_document[] = {
    { "--van", "N", JEM_T_CLI_O_VAN },
    { "--page", "N", JEM_T_CLI_O_PAGE },
    { "-o", "FILE", JEM_T_CLI_O_OUT },
    END,
};
static const struct jem_opt o_receipt[] = {
    { "--format", "png|svg|pdf|escpos|text", JEM_T_CLI_O_FORMAT },
    { "--width", "58|80", JEM_T_CLI_O_WIDTH },
    { "-o", "FILE", JEM_T_CLI_O_OUT },
    END,
};
static const struct jem_opt o_print[] = {
    { "--printer", "ID", JEM_T_CLI_O_PRINTER },
    { "--profile", "KIND", JEM_T_CLI_O_PROFILE },
    { "--paper", "yes|no", JEM_T_CLI_O_PAPER },
    END,
};
static const struct jem_opt o_scan[] = {
    { "--kind", "KIND", JEM_T_CLI_O_KIND },
    { "--scanner", "ID", JEM_T_CLI_O_SCANNER },
    { "--source", "platen|adf|duplex", JEM_T_CLI_O_SOURCE },
    { "--dpi", "N", JEM_T_CLI_O_DPI },
    { "--color", "gray|color|bw", JEM_T_CLI_O_COLOR },
    { "--card", NULL, JEM_T_CLI_O_CARD },
    { "--list", NULL, JEM_T_CLI_O_SCAN_LIST },
    END,
};
static const struct jem_opt o_devices[] = {
    { "--test-print", NULL, JEM_T_CLI_O_TEST_PRINT },
    { "--test-scan", "FILE", JEM_T_CLI_O_TEST_SCAN },
    END,
};
static const struct jem_opt o_sync[] = {
    { "--budget", "BYTES", JEM_T_CLI_O_BUDGET },
    { "--deadline", "SECONDS", JEM_T_CLI_O_DEADLINE },
    { "--dry-run", NULL, JEM_T_CLI_O_DRY_RUN },
    { "--remote", "URL", JEM_T_CLI_O_REMOTE },
    END,
};
static const struct jem_opt o_bundle[] = {
    { "--for", "hq|van N", JEM_T_CLI_O_FOR },
    { "--budget", "BYTES", JEM_T_CLI_O_BUNDLE_BUDGET },
    { "--full", NULL, JEM_T_CLI_O_BUNDLE_FULL },
    END,
};
static const struct jem_opt o_remote[] = { { "--remote", "URL", JEM_T_CLI_O_REMOTE }, END };
static const struct jem_opt o_serve[] = {
    { "--listen", "ADDRESS:PORT", JEM_T_CLI_O_LISTEN },
    { "--host", "NAME:PORT", JEM_T_CLI_O_HOSTNAME },
    { "--tls", NULL, JEM_T_CLI_O_TLS },
    { "--local", "ADDRESS:PORT", JEM_T_CLI_O_LOCAL },
    { "--lock-after", "SECONDS", JEM_T_CLI_O_LOCK_AFTER },
    { "--no-sync", NULL, JEM_T_CLI_O_NO_SYNC },
    { "--sync-every", "SECONDS", JEM_T_CLI_O_SYNC_EVERY },
    END,
};
static const struct jem_opt o_site[] = {
    { "--db", "FILE", JEM_T_CLI_O_DB },
    { "--static", "FOLDER", JEM_T_CLI_O_STATIC },
    { "--listen", "ADDRESS:PORT", JEM_T_CLI_O_LISTEN },
    { "--host", "NAME:PORT", JEM_T_CLI_O_HOSTNAME },
    END,
};
static const struct jem_opt o_audit[] = { { "--rebuild", NULL, JEM_T_CLI_O_REBUILD }, END };
static const struct jem_opt o_hq_ack[] = { { "--durable", NULL, JEM_T_CLI_O_DURABLE }, END };
static const struct jem_opt o_user_add[] = {
    { "--name", "NAME", JEM_T_CLI_O_OFFICER_NAME },
    { "--role", "ROLE", JEM_T_CLI_O_USER_ROLE },
    { "--agency", "ID", JEM_T_CLI_O_USER_AGENCY },
    { "--new-passphrase-file", "FILE", JEM_T_CLI_O_NEW_PASSPHRASE },
    END,
};
static const struct jem_opt o_user_change[] = { { "--role", "ROLE", JEM_T_CLI_O_USER_ROLE },
    { "--agency", "ID|all", JEM_T_CLI_O_USER_AGENCY }, END };
static const struct jem_opt o_new_passphrase[] = { { "--new-passphrase-file", "FILE", JEM_T_CLI_O_NEW_PASSPHRASE },
    END };
static const struct jem_opt o_hq_enrol[] = {
    { "--number", "N", JEM_T_CLI_O_NUMBER },
    { "-o", "FILE", JEM_T_CLI_O_OUT },
    { "--words", "WORDS", JEM_T_CLI_O_WORDS },
    END,
};
static const struct jem_opt o_accept[] = { { "--words", "WORDS", JEM_T_CLI_O_WORDS }, END };
static const struct jem_opt o_decide[] = { { "--to", "STATUS", JEM_T_CLI_O_TO }, { "--code", "CODE", JEM_T_CLI_O_CODE },
    { "--reason", "TEXT", JEM_T_CLI_O_REASON }, END };
static const struct jem_opt o_resolve[] = {
    { "--field", "NAME", JEM_T_CLI_O_FIELD },
    { "--value", "VALUE", JEM_T_CLI_O_VALUE },
    { "--event", "ID", JEM_T_CLI_O_EVENT },
    { "--accept", NULL, JEM_T_CLI_O_ACCEPT },
    { "--refuse", NULL, JEM_T_CLI_O_REFUSE },
    { "--reason", "TEXT", JEM_T_CLI_O_REASON },
    END,
};
static const struct jem_opt o_catalog_show[] = { { "--drafts", NULL, JEM_T_CLI_O_CATALOG_DRAFTS }, END };
static const struct jem_opt o_catalog_export[] = { { "--version", "N", JEM_T_CLI_O_CATALOG_VERSION },
    { "--drafts", NULL, JEM_T_CLI_O_CATALOG_DRAFTS }, END };
static const struct jem_opt o_catalog_folder[] = { { "--folder", "FOLDER", JEM_T_CLI_O_CATALOG_FOLDER }, END };
static const struct jem_opt o_catalog_receipt[] = {
    { "--folder", "FOLDER", JEM_T_CLI_O_CATALOG_FOLDER },
    { "--format", "png|svg|pdf|escpos|text", JEM_T_CLI_O_FORMAT },
    { "--width", "58|80", JEM_T_CLI_O_WIDTH },
    { "-o", "FILE", JEM_T_CLI_O_OUT },
    END,
};
static const struct jem_opt o_catalog_edit[] = {
    { "--part", "PART", JEM_T_CLI_O_CATALOG_PART },
    { "--item", "NAME", JEM_T_CLI_O_CATALOG_ITEM },
    { "--set", "PATH=TEXT", JEM_T_CLI_O_CATALOG_SET },
    { "--remove", NULL, JEM_T_CLI_O_CATALOG_REMOVE },
    { "--move", "N", JEM_T_CLI_O_CATALOG_MOVE },
    { "--like", "SERVICE", JEM_T_CLI_O_CATALOG_LIKE },
    { "--retire", NULL, JEM_T_CLI_O_CATALOG_RETIRE },
    { "--again", NULL, JEM_T_CLI_O_CATALOG_AGAIN },
    { "--drop", NULL, JEM_T_CLI_O_CATALOG_DROP },
    { "--keep", NULL, JEM_T_CLI_O_CATALOG_KEEP },
    { "--restore", "VERSION", JEM_T_CLI_O_CATALOG_RESTORE },
    END,
};
static const struct jem_opt o_link[] = {
    { "--to", "NUMBER", JEM_T_CLI_O_LINK_TO },
    { "--apart", "NUMBER", JEM_T_CLI_O_APART },
    { "--reason", "TEXT", JEM_T_CLI_O_REASON },
    END,
};

static const struct jem_opt o_revoke[] = { { "--after", "COMMIT|EVENT", JEM_T_CLI_O_AFTER },
    { "--reason", "TEXT", JEM_T_CLI_O_REASON }, END };
static const struct jem_opt o_admit[] = { { "--head", "COMMIT", JEM_T_CLI_O_HEAD },
    { "--reason", "TEXT", JEM_T_CLI_O_REASON }, END };

#define SELECTION_OPTIONS                                                                               \
    { "--service", "ID", JEM_T_CLI_O_SERVICE }, { "--village", "CODE", JEM_T_CLI_O_VILLAGE },           \
        { "--from", "YYYY-MM-DD", JEM_T_CLI_O_FROM_DAY }, { "--to", "YYYY-MM-DD", JEM_T_CLI_O_TO_DAY }, \
    {                                                                                                   \
        "--status", "STATUS", JEM_T_CLI_O_STATUS                                                        \
    }
static const struct jem_opt o_export[] = {
    { "--format", "csv|jsonl|sqlite", JEM_T_CLI_O_EXPORT_FORMAT },
    { "-o", "FILE", JEM_T_CLI_O_TO_FILE },
    SELECTION_OPTIONS,
    { "--nik", NULL, JEM_T_CLI_O_NIK_WHOLE },
    { "--reason", "TEXT", JEM_T_CLI_O_REASON },
    END,
};

static const struct jem_opt o_mirror[] = { { "--partitioned", NULL, JEM_T_CLI_O_PARTITIONED },
    { "--schema", NULL, JEM_T_CLI_O_SCHEMA }, END };
static const struct jem_opt o_exchange_out[] = { { "--format", "json|csv", JEM_T_CLI_O_PACKAGE_FORMAT },
    { "--again", "PACKAGE", JEM_T_CLI_O_AGAIN }, END };

static const struct jem_opt o_report[] = {
    { "--format", "html|pdf|csv|json", JEM_T_CLI_O_REPORT_FORMAT },
    { "-o", "FILE", JEM_T_CLI_O_OUT },
    { "--service", "ID", JEM_T_CLI_O_SERVICE },
    { "--village", "CODE", JEM_T_CLI_O_VILLAGE },
    { "--from", "YYYY-MM-DD", JEM_T_CLI_O_FROM_DAY },
    { "--to", "YYYY-MM-DD", JEM_T_CLI_O_TO_DAY },
    END,
};
static const struct jem_opt o_target[] = { { "--village", "CODE", JEM_T_CLI_O_TARGET_VILLAGE }, END };
static const struct jem_opt o_erase[] = { { "--basis", "TEXT", JEM_T_CLI_O_BASIS },
    { "--dry-run", NULL, JEM_T_CLI_O_DRY_ERASE }, END };
static const struct jem_opt o_retention[] = { { "--dry-run", NULL, JEM_T_CLI_O_DRY_RETENTION }, END };
static const struct jem_opt o_queue_issue[] = {
    { "--category", "GROUP", JEM_T_CLI_O_CATEGORY },
    { "--print", NULL, JEM_T_CLI_O_PRINT },
    { "--printer", "ID", JEM_T_CLI_O_PRINTER },
    { "--format", "png|svg|pdf|escpos|text", JEM_T_CLI_O_FORMAT },
    { "--width", "58|80", JEM_T_CLI_O_WIDTH },
    { "-o", "FILE", JEM_T_CLI_O_OUT },
    END,
};
static const struct jem_opt o_counter[] = { { "--counter", "1-9", JEM_T_CLI_O_COUNTER }, END };
static const struct jem_opt o_queue_list[] = { { "--day", "YYYY-MM-DD", JEM_T_CLI_O_DAY },
    { "--van", "N", JEM_T_CLI_O_VAN }, END };
static const struct jem_opt o_sheet[] = {
    { "--day", "YYYY-MM-DD", JEM_T_CLI_O_DAY },
    { "--format", "png|svg|pdf|escpos|text", JEM_T_CLI_O_FORMAT },
    { "--width", "58|80", JEM_T_CLI_O_WIDTH },
    { "-o", "FILE", JEM_T_CLI_O_OUT },
    END,
};
static const struct jem_opt o_survey_answer[] = {
    { "--answers", "U1,..,U9", JEM_T_CLI_O_ANSWERS },
    { "--service", "ID", JEM_T_CLI_O_SERVICE },
    { "--age", "17-24|25-39|40-59|60+", JEM_T_CLI_O_AGE },
    { "--sex", "f|m", JEM_T_CLI_O_SEX },
    { "--education", "sd|smp|sma|diploma|s1", JEM_T_CLI_O_EDUCATION },
    END,
};
static const struct jem_opt o_period[] = { { "--from", "YYYY-MM-DD", JEM_T_CLI_O_FIRST_DAY },
    { "--to", "YYYY-MM-DD", JEM_T_CLI_O_LAST_DAY }, END };
static const struct jem_opt o_visit_plan[] = {
    { "--van", "N", JEM_T_CLI_O_VAN },
    { "--village", "CODE", JEM_T_CLI_O_VISIT_VILLAGE },
    { "--from", "YYYY-MM-DD", JEM_T_CLI_O_FIRST_DAY },
    { "--to", "YYYY-MM-DD", JEM_T_CLI_O_LAST_DAY },
    { "--place", "TEXT", JEM_T_CLI_O_VISIT_PLACE },
    { "--note", "TEXT", JEM_T_CLI_O_NOTE },
    { "--replaces", "PLAN", JEM_T_CLI_O_REPLACES },
    END,
};
static const struct jem_opt o_coverage[] = {
    { "--from", "YYYY-MM-DD", JEM_T_CLI_O_FIRST_DAY },
    { "--to", "YYYY-MM-DD", JEM_T_CLI_O_LAST_DAY },
    { "--only", "STATE", JEM_T_CLI_O_COVERAGE_ONLY },
    { "--format", "csv", JEM_T_CLI_O_COVERAGE_FORMAT },
    { "-o", "FILE", JEM_T_CLI_O_OUT },
    END,
};
static const struct jem_opt o_visit_open[] = {
    { "--plan", "PLAN", JEM_T_CLI_O_PLAN },
    { "--village", "CODE", JEM_T_CLI_O_VISIT_VILLAGE },
    { "--place", "TEXT", JEM_T_CLI_O_VISIT_PLACE },
    { "--team", "NAMES", JEM_T_CLI_O_TEAM },
    END,
};
static const struct jem_opt o_note[] = { { "--note", "TEXT", JEM_T_CLI_O_NOTE }, END };
static const struct jem_opt o_outage[] = {
    { "--what", "power|network|printer|scanner|server|other", JEM_T_CLI_O_WHAT },
    { "--from", "TIME", JEM_T_CLI_O_FROM_TIME },
    { "--to", "TIME", JEM_T_CLI_O_TO_TIME },
    { "--note", "TEXT", JEM_T_CLI_O_NOTE },
    { "--photo", "FILE", JEM_T_CLI_O_OUTAGE_PHOTO },
    END,
};
static const struct jem_opt o_outage_end[] = { { "--to", "TIME", JEM_T_CLI_O_TO_TIME }, END };
static const struct jem_opt o_village[] = { { "--village", "CODE", JEM_T_CLI_O_VILLAGE }, END };
static const struct jem_opt o_handover[] = {
    { "--name", "NAME", JEM_T_CLI_O_RECEIVER },
    { "--relation", "self|family|proxy", JEM_T_CLI_O_RELATION },
    { "--nik", "DIGITS", JEM_T_CLI_O_NIK_END },
    { "--note", "TEXT", JEM_T_CLI_O_NOTE },
    { "--photo", "FILE", JEM_T_CLI_O_PHOTO },
    END,
};
static const struct jem_opt o_complaint[] = {
    { "--category", "information|desk|field", JEM_T_CLI_O_COMPLAINT },
    { "--text", "TEXT", JEM_T_CLI_O_TEXT },
    { "--number", "NUMBER", JEM_T_CLI_O_ABOUT },
    { "--channel", "van|office|phone|online|village|lapor", JEM_T_CLI_O_CHANNEL },
    { "--name", "NAME", JEM_T_CLI_O_WHO },
    { "--contact", "TEXT", JEM_T_CLI_O_WHO_CONTACT },
    END,
};
static const struct jem_opt o_answer[] = { { "--text", "TEXT", JEM_T_CLI_O_TEXT },
    { "--closes", NULL, JEM_T_CLI_O_CLOSES }, END };
static const struct jem_opt o_open[] = { { "--open", NULL, JEM_T_CLI_O_OPEN }, END };

/* In the order of a first day: make, enrol, record, read, paper, link; then HQ; then care. */
const struct jem_command jem_commands[] = {
    { "init", "", 0, 0, JEM_T_CLI_S_INIT, JEM_T_CLI_H_INIT,
        "-C hq init --role hq --name \"Dukcapil Cianjur\" --region 3203 --host status.cianjur.example --hub "
        "/srv/hub.git --user rina\n"
        "-C van3 init --role van --name \"Van 3\" --hub ssh://git@hub.example/srv/hub.git --user siti",
        o_init, jem_cmd_init },
    { "enrol request", "", 0, 0, JEM_T_CLI_S_ENROL_REQUEST, JEM_T_CLI_H_ENROL, "enrol request -o van3.request",
        o_output, jem_cmd_enrol_request },
    { "enrol accept", "FILE", 1, 1, JEM_T_CLI_S_ENROL_ACCEPT, JEM_T_CLI_H_ENROL, "enrol accept van3.grant", o_accept,
        jem_cmd_enrol_accept },
    { "status", "", 0, 0, JEM_T_CLI_S_STATE, JEM_T_NONE, "status", NULL, jem_cmd_state },
    { "catalog show", "[SERVICE]", 0, 1, JEM_T_CLI_S_CATALOG_SHOW, JEM_T_NONE,
        "catalog show\ncatalog show akta-kelahiran\ncatalog show akta-kelahiran --drafts", o_catalog_show,
        jem_cmd_catalog_show },
    { "catalog check", "FOLDER|FILE", 1, 1, JEM_T_CLI_S_CATALOG_CHECK, JEM_T_CLI_H_CATALOG_CHECK,
        "catalog check src/record/catalog", NULL, jem_cmd_catalog_check },
    { "apply", "", 0, 0, JEM_T_CLI_S_APPLY, JEM_T_CLI_H_APPLY,
        "apply --service ktp-el --nik 3203125508900018 --name \"Dewi Lestari\" --set kk=3203121203100007 "
        "--set village=3203012001 --set request=baru --set recorded=ya --attach kk=kk.jpg\n"
        "apply --service ktp-el --nik 3203125508900018 --name \"Dewi Lestari\" --set kk=3203121203100007 "
        "--set village=3203012001 --set request=baru --set recorded=ya --scan kk --scan ktp-lama --print\n"
        "apply --from today.jsonl",
        o_apply, jem_cmd_apply },
    { "correct", "NUMBER", 1, 1, JEM_T_CLI_S_CORRECT, JEM_T_CLI_H_CORRECT,
        "correct 7K3M-Q9TD-X2AB --set phone=081298765432", o_correct, jem_cmd_correct },
    { "continue", "NUMBER|QR", 1, 1, JEM_T_CLI_S_CONTINUE, JEM_T_CLI_H_CONTINUE,
        "continue 7K3M-Q9TD-X2AB --nik 3203125508900018 --service ktp-el", o_continue, jem_cmd_continue },
    { "withdraw", "NUMBER", 1, 1, JEM_T_CLI_S_WITHDRAW, JEM_T_NONE,
        "withdraw 7K3M-Q9TD-X2AB --reason \"salah layanan\"", o_reason, jem_cmd_withdraw },
    { "attach", "NUMBER KIND=FILE...", 2, JEM_CLI_ARGS_MAX, JEM_T_CLI_S_ATTACH, JEM_T_CLI_H_ATTACH,
        "attach 7K3M-Q9TD-X2AB kk=kk.jpg ktp=ktp.png", NULL, jem_cmd_attach },
    { "detach", "NUMBER ORDINAL", 2, 2, JEM_T_CLI_S_DETACH, JEM_T_NONE, "detach 7K3M-Q9TD-X2AB 2 --reason \"buram\"",
        o_reason, jem_cmd_detach },
    { "scan", "[NUMBER]", 0, 1, JEM_T_CLI_S_SCAN, JEM_T_CLI_H_SCAN,
        "scan 7K3M-Q9TD-X2AB --kind kk\nscan 7K3M-Q9TD-X2AB --kind kk --source duplex --color gray\n"
        "scan 7K3M-Q9TD-X2AB --kind ktp --scanner usb:1-2/SN-200 --dpi 300 --color color\n"
        "scan 7K3M-Q9TD-X2AB --kind ktp-lama --card\nscan --list",
        o_scan, jem_cmd_scan },
    { "show", "NUMBER|QR", 1, 1, JEM_T_CLI_S_SHOW, JEM_T_NONE, "show 7K3M-Q9TD-X2AB", NULL, jem_cmd_show },
    { "list", "", 0, 0, JEM_T_CLI_S_LIST, JEM_T_NONE, "list --unconfirmed\nlist --status returned --limit 20", o_list,
        jem_cmd_list },
    { "find", "TEXT", 1, 8, JEM_T_CLI_S_FIND, JEM_T_CLI_H_FIND, "find dewi lestri\nfind 320312", o_limit,
        jem_cmd_find },
    { "log", "NUMBER", 1, 1, JEM_T_CLI_S_LOG, JEM_T_NONE, "log 7K3M-Q9TD-X2AB", NULL, jem_cmd_log },
    { "document", "NUMBER ORDINAL", 2, 2, JEM_T_CLI_S_DOCUMENT, JEM_T_CLI_H_DOCUMENT,
        "document 7K3M-Q9TD-X2AB 1 -o kk.jpg", o_document, jem_cmd_document },
    { "receipt", "NUMBER", 1, 1, JEM_T_CLI_S_RECEIPT, JEM_T_CLI_H_RECEIPT,
        "receipt 7K3M-Q9TD-X2AB --format png -o receipt.png\nreceipt 7K3M-Q9TD-X2AB --format escpos --width 80 -o "
        "/dev/usb/lp0",
        o_receipt, jem_cmd_receipt },
    { "print", "[NUMBER]", 0, 1, JEM_T_CLI_S_PRINT, JEM_T_CLI_H_PRINT,
        "print 7K3M-Q9TD-X2AB\nprint 7K3M-Q9TD-X2AB --printer usb:1-2/0001 --profile 80\nprint 7K3M-Q9TD-X2AB --paper "
        "yes\n"
        "print",
        o_print, jem_cmd_print },
    { "verify", "QR-TEXT", 1, 1, JEM_T_CLI_S_VERIFY, JEM_T_CLI_H_VERIFY, "verify HTTPS://STATUS.EXAMPLE/T/04...", NULL,
        jem_cmd_verify },
    { "devices", "", 0, 0, JEM_T_CLI_S_DEVICES, JEM_T_CLI_H_DEVICES,
        "devices\n--json devices\ndevices --test-print --test-scan coba.png", o_devices, jem_cmd_devices },
    { "doctor", "", 0, 0, JEM_T_CLI_S_DOCTOR, JEM_T_CLI_H_DOCTOR, "doctor", NULL, jem_cmd_doctor },
    { "visit open", "", 0, 0, JEM_T_CLI_S_VISIT_OPEN, JEM_T_CLI_H_VISIT,
        "visit open --plan 0.3.1.12 --team \"Siti, Asep\"\nvisit open --village 3203012001 --place \"Balai desa\"",
        o_visit_open, jem_cmd_visit_open },
    { "visit close", "", 0, 0, JEM_T_CLI_S_VISIT_CLOSE, JEM_T_CLI_H_VISIT, "visit close --note \"hujan sejak siang\"",
        o_note, jem_cmd_visit_close },
    { "visit list", "", 0, 0, JEM_T_CLI_S_VISIT_LIST, JEM_T_NONE, "visit list", NULL, jem_cmd_visit_list },
    { "visit plan", "", 0, 0, JEM_T_CLI_S_VISIT_PLAN, JEM_T_CLI_H_VISIT_PLAN,
        "visit plan --van 3 --village 3203012001 --from 2026-12-01 --to 2026-12-02 --place \"Balai desa\"",
        o_visit_plan, jem_cmd_visit_plan },
    { "visit cancel", "PLAN", 1, 1, JEM_T_CLI_S_VISIT_CANCEL, JEM_T_NONE,
        "visit cancel 0.3.1.12 --reason \"jembatan putus\"", o_reason, jem_cmd_visit_cancel },
    { "visit coverage", "", 0, 0, JEM_T_CLI_S_VISIT_COVERAGE, JEM_T_NONE,
        "visit coverage\nvisit coverage --from 2026-10-01 --to 2026-12-31 --only none\nvisit coverage --format csv -o "
        "cakupan.csv",
        o_coverage, jem_cmd_visit_coverage },
    { "visit export", "", 0, 0, JEM_T_CLI_S_VISIT_EXPORT, JEM_T_NONE, "visit export -o jadwal.ics", o_output,
        jem_cmd_visit_export },
    { "queue issue", "", 0, 0, JEM_T_CLI_S_QUEUE_ISSUE, JEM_T_CLI_H_QUEUE,
        "queue issue --print\nqueue issue --category elderly --format png -o nomor.png", o_queue_issue,
        jem_cmd_queue_issue },
    { "queue next", "", 0, 0, JEM_T_CLI_S_QUEUE_NEXT, JEM_T_CLI_H_QUEUE, "queue next --counter 2", o_counter,
        jem_cmd_queue_next },
    { "queue call", "TICKET", 1, 1, JEM_T_CLI_S_QUEUE_CALL, JEM_T_CLI_H_QUEUE, "queue call 12 --counter 2", o_counter,
        jem_cmd_queue_call },
    { "queue recall", "TICKET", 1, 1, JEM_T_CLI_S_QUEUE_RECALL, JEM_T_CLI_H_QUEUE, "queue recall 12 --counter 2",
        o_counter, jem_cmd_queue_call },
    { "queue skip", "TICKET", 1, 1, JEM_T_CLI_S_QUEUE_SKIP, JEM_T_CLI_H_QUEUE, "queue skip 12", NULL,
        jem_cmd_queue_skip },
    { "queue serve", "TICKET", 1, 1, JEM_T_CLI_S_QUEUE_SERVE, JEM_T_CLI_H_QUEUE, "queue serve 12", NULL,
        jem_cmd_queue_serve },
    { "queue list", "", 0, 0, JEM_T_CLI_S_QUEUE_LIST, JEM_T_NONE, "queue list\nqueue list --day 2026-11-21",
        o_queue_list, jem_cmd_queue_list },
    { "handover list", "", 0, 0, JEM_T_CLI_S_HANDOVER_LIST, JEM_T_NONE, "handover list --village 3203012001", o_village,
        jem_cmd_handover_list },
    { "handover record", "NUMBER|QR", 1, 1, JEM_T_CLI_S_HANDOVER_RECORD, JEM_T_CLI_H_HANDOVER,
        "handover record 7K3M-Q9TD-X2AB --name \"Dewi Lestari\" --relation family --nik 0018", o_handover,
        jem_cmd_handover_record },
    { "complaint file", "", 0, 0, JEM_T_CLI_S_COMPLAINT_FILE, JEM_T_CLI_H_COMPLAINT,
        "complaint file --category desk --text \"Antrean terlalu lama\" --number 7K3M-Q9TD-X2AB", o_complaint,
        jem_cmd_complaint_file },
    { "complaint answer", "COMPLAINT", 1, 1, JEM_T_CLI_S_COMPLAINT_ANSWER, JEM_T_CLI_H_COMPLAINT,
        "complaint answer 3.0.1.42 --text \"Loket ditambah\" --closes", o_answer, jem_cmd_complaint_answer },
    { "complaint list", "", 0, 0, JEM_T_CLI_S_COMPLAINT_LIST, JEM_T_NONE, "complaint list --open", o_open,
        jem_cmd_complaint_list },
    { "outage note", "", 0, 0, JEM_T_CLI_S_OUTAGE_NOTE, JEM_T_CLI_H_OUTAGE,
        "outage note --what power --from 09:30 --to 11:00 --note \"genset mati\"\noutage note --what network --photo "
        "menara.jpg",
        o_outage, jem_cmd_outage_note },
    { "outage attach", "OUTAGE FILE...", 2, JEM_OUTAGE_PHOTOS_MAX + 1, JEM_T_CLI_S_OUTAGE_ATTACH, JEM_T_NONE,
        "outage attach 3.0.1.17 genset.jpg meteran.jpg", NULL, jem_cmd_outage_attach },
    { "outage document", "OUTAGE PHOTO", 2, 2, JEM_T_CLI_S_OUTAGE_DOCUMENT, JEM_T_NONE,
        "outage document 3.0.1.17 1 -o genset.jpg", o_output, jem_cmd_outage_document },
    { "outage end", "[OUTAGE]", 0, 1, JEM_T_CLI_S_OUTAGE_END, JEM_T_CLI_H_OUTAGE, "outage end", o_outage_end,
        jem_cmd_outage_end },
    { "outage list", "", 0, 0, JEM_T_CLI_S_OUTAGE_LIST, JEM_T_NONE, "outage list", NULL, jem_cmd_outage_list },
    { "survey answer", "", 0, 0, JEM_T_CLI_S_SURVEY_ANSWER, JEM_T_CLI_H_SURVEY,
        "survey answer --answers 4,3,4,4,3,4,4,3,4 --service ktp-el --sex f --age 25-39", o_survey_answer,
        jem_cmd_survey_answer },
    { "survey report", "", 0, 0, JEM_T_CLI_S_SURVEY_REPORT, JEM_T_CLI_H_SURVEY,
        "survey report --from 2026-01-01 --to 2026-06-30", o_period, jem_cmd_survey_report },
    { "sheet", "", 0, 0, JEM_T_CLI_S_SHEET, JEM_T_CLI_H_SHEET,
        "sheet\nsheet --day 2026-11-21 --format pdf -o lembar.pdf", o_sheet, jem_cmd_sheet },
    { "sheet verify", "CODE", 1, 1, JEM_T_CLI_S_SHEET_VERIFY, JEM_T_CLI_H_SHEET, "sheet verify JEMPUT/S/04...", NULL,
        jem_cmd_sheet_verify },
    { "sync", "", 0, 0, JEM_T_CLI_S_SYNC, JEM_T_CLI_H_SYNC, "sync\nsync --dry-run\nsync --budget 5M --deadline 120",
        o_sync, jem_cmd_sync },
    { "bundle export", "FILE", 1, 2, JEM_T_CLI_S_BUNDLE_EXPORT, JEM_T_CLI_H_BUNDLE,
        "bundle export /media/stik/van3.bundle\nbundle export /media/stik/untuk-van3.bundle --for van 3", o_bundle,
        jem_cmd_bundle_export },
    { "bundle import", "FILE", 1, 1, JEM_T_CLI_S_BUNDLE_IMPORT, JEM_T_CLI_H_BUNDLE,
        "bundle import /media/stik/van3.bundle", NULL, jem_cmd_bundle_import },
    { "serve", "", 0, 0, JEM_T_CLI_S_SERVE, JEM_T_CLI_H_SERVE,
        "serve --listen 127.0.0.1:8080\nserve --listen 0.0.0.0:8443 --tls\nserve --user siti --passphrase-file "
        "siti.pass --sync-every 300",
        o_serve, jem_cmd_serve },
    { "hq enrol", "FILE", 1, 1, JEM_T_CLI_S_HQ_ENROL, JEM_T_CLI_H_ENROL,
        "hq enrol van3.request --number 3 -o van3.grant", o_hq_enrol, jem_cmd_hq_enrol },
    { "hq merge", "", 0, 0, JEM_T_CLI_S_HQ_MERGE, JEM_T_CLI_H_HQ_MERGE, "hq merge", o_remote, jem_cmd_hq_merge },
    { "hq publish", "", 0, 0, JEM_T_CLI_S_HQ_PUBLISH, JEM_T_NONE, "hq publish", o_remote, jem_cmd_hq_publish },
    { "hq sync", "", 0, 0, JEM_T_CLI_S_HQ_SYNC, JEM_T_NONE, "hq sync", o_remote, jem_cmd_hq_sync },
    { "hq inbox", "", 0, 0, JEM_T_CLI_S_HQ_INBOX, JEM_T_NONE, "hq inbox", o_limit, jem_cmd_hq_inbox },
    { "hq conflicts", "", 0, 0, JEM_T_CLI_S_HQ_CONFLICTS, JEM_T_NONE, "hq conflicts", NULL, jem_cmd_hq_conflicts },
    { "hq resolve", "NUMBER", 1, 1, JEM_T_CLI_S_HQ_RESOLVE, JEM_T_CLI_H_HQ_RESOLVE,
        "hq resolve 7K3M-Q9TD-X2AB --field phone --value 081234567890 --reason \"ditelepon\"\n"
        "hq resolve 7K3M-Q9TD-X2AB --event 0.3.1.17 --refuse --reason \"sudah ditolak\"",
        o_resolve, jem_cmd_hq_resolve },
    { "hq link", "NUMBER", 1, 1, JEM_T_CLI_S_HQ_LINK, JEM_T_CLI_H_HQ_LINK,
        "hq link 7K3M-Q9TD-X2AB --to 0C2A-81PD-4ZQ7 --reason \"orang yang sama\"\nhq link 7K3M-Q9TD-X2AB --apart "
        "0C2A-81PD-4ZQ7 --reason \"dua anak\"",
        o_link, jem_cmd_hq_link },
    { "hq decide", "NUMBER", 1, 1, JEM_T_CLI_S_HQ_DECIDE, JEM_T_CLI_H_HQ_DECIDE,
        "hq decide 7K3M-Q9TD-X2AB --to verified\nhq decide 7K3M-Q9TD-X2AB --to returned --reason \"KK tidak terbaca\"",
        o_decide, jem_cmd_hq_decide },
    { "hq catalog publish", "[FOLDER]", 0, 1, JEM_T_CLI_S_HQ_CATALOG, JEM_T_CLI_H_CATALOG_PUBLISH,
        "hq catalog publish my-catalog/\nhq catalog publish", NULL, jem_cmd_hq_catalog_publish },
    { "hq catalog export", "FOLDER", 1, 1, JEM_T_CLI_S_CATALOG_EXPORT, JEM_T_CLI_H_CATALOG_EXPORT,
        "hq catalog export my-catalog\nhq catalog export lama --version 2", o_catalog_export,
        jem_cmd_hq_catalog_export },
    { "hq catalog versions", "", 0, 0, JEM_T_CLI_S_CATALOG_VERSIONS, JEM_T_NONE, "hq catalog versions", NULL,
        jem_cmd_hq_catalog_versions },
    { "hq catalog diff", "[FROM [TO]]", 0, 2, JEM_T_CLI_S_CATALOG_DIFF, JEM_T_CLI_H_CATALOG_DIFF,
        "hq catalog diff\nhq catalog diff 2 4\nhq catalog diff --folder my-catalog", o_catalog_folder,
        jem_cmd_hq_catalog_diff },
    { "hq catalog drafts", "", 0, 0, JEM_T_CLI_S_CATALOG_DRAFTS, JEM_T_NONE, "hq catalog drafts", NULL,
        jem_cmd_hq_catalog_drafts },
    { "hq catalog edit", "SERVICE", 1, 1, JEM_T_CLI_S_CATALOG_EDIT, JEM_T_CLI_H_CATALOG_EDIT,
        "hq catalog edit ktp-el --set promised.hours=48\n"
        "hq catalog edit ktp-el --part fields --item email --set required=1\n"
        "hq catalog edit COMMON --part agencies --item dukcapil --set name.en=\"Civil Registry\"\n"
        "hq catalog edit pdam-tangki --like pdam\nhq catalog edit pbb --retire",
        o_catalog_edit, jem_cmd_hq_catalog_edit },
    { "hq catalog receipt", "SERVICE", 1, 1, JEM_T_CLI_S_CATALOG_RECEIPT, JEM_T_NONE,
        "hq catalog receipt ktp-el --format png -o contoh.png", o_catalog_receipt, jem_cmd_hq_catalog_receipt },
    { "hq dictionary train", "", 0, 0, JEM_T_CLI_S_HQ_DICTIONARY, JEM_T_CLI_H_HQ_DICTIONARY, "hq dictionary train",
        NULL, jem_cmd_hq_dictionary },
    { "hq ack", "", 0, 0, JEM_T_CLI_S_HQ_ACK, JEM_T_CLI_H_HQ_ACK, "hq ack --durable", o_hq_ack, jem_cmd_hq_ack },
    { "hq vans", "", 0, 0, JEM_T_CLI_S_HQ_VANS, JEM_T_NONE, "hq vans", NULL, jem_cmd_hq_vans },
    { "hq revoke", "VAN", 1, 1, JEM_T_CLI_S_HQ_REVOKE, JEM_T_CLI_H_HQ_REVOKE,
        "hq revoke 3 --reason \"laptop dicuri\"\nhq revoke 3 --after 3.0.1.417 --reason \"laptop dicuri pagi ini\"",
        o_revoke, jem_cmd_hq_revoke },
    { "hq reissue", "FILE", 1, 1, JEM_T_CLI_S_HQ_REISSUE, JEM_T_CLI_H_HQ_REISSUE,
        "hq reissue van3-baru.request --number 3 -o van3-baru.grant", o_hq_enrol, jem_cmd_hq_reissue },
    { "hq quarantine", "[REF]", 0, 1, JEM_T_CLI_S_HQ_QUARANTINE, JEM_T_CLI_H_HQ_QUARANTINE,
        "hq quarantine\nhq quarantine van/3/1.1", NULL, jem_cmd_hq_quarantine },
    { "hq admit", "REF", 1, 1, JEM_T_CLI_S_HQ_ADMIT, JEM_T_CLI_H_HQ_ADMIT,
        "hq admit van/3/1.1 --reason \"dicocokkan dengan lembar harian\"\n"
        "hq admit van/3/1.1 --head 4f2a91c0 --reason \"sampai sebelum dicuri\"",
        o_admit, jem_cmd_hq_admit },
    { "hq refuse", "REF", 1, 1, JEM_T_CLI_S_HQ_REFUSE, JEM_T_CLI_H_HQ_REFUSE,
        "hq refuse van/3/1.1 --reason \"dibuat setelah laptop dicuri\"", o_reason, jem_cmd_hq_refuse },
    { "hq rotate", "", 0, 0, JEM_T_CLI_S_HQ_ROTATE, JEM_T_CLI_H_HQ_ROTATE, "hq rotate", NULL, jem_cmd_hq_rotate },
    { "hq signers", "", 0, 0, JEM_T_CLI_S_HQ_SIGNERS, JEM_T_CLI_H_HQ_SIGNERS, "hq signers -o signers", o_output,
        jem_cmd_hq_signers },
    { "hq status-export", "", 0, 0, JEM_T_CLI_S_HQ_STATUS_EXPORT, JEM_T_NONE, "hq status-export -o status.db", o_output,
        jem_cmd_hq_status_export },
    { "hq export", "", 0, 0, JEM_T_CLI_S_HQ_EXPORT, JEM_T_CLI_H_HQ_EXPORT,
        "hq export -o november.csv --from 2026-11-01 --to 2026-11-30\nhq export --format sqlite -o ktp.db --service "
        "ktp-el",
        o_export, jem_cmd_hq_export },
    { "hq report", "", 0, 0, JEM_T_CLI_S_HQ_REPORT, JEM_T_CLI_H_HQ_REPORT,
        "hq report --from 2026-11-01 --to 2026-11-30 -o november.html\nhq report --format csv -o november.csv",
        o_report, jem_cmd_hq_report },
    { "hq target", "SERVICE N", 2, 2, JEM_T_CLI_S_HQ_TARGET, JEM_T_CLI_H_HQ_TARGET,
        "hq target ktp-el 120\nhq target all 40 --village 3203012001", o_target, jem_cmd_hq_target },
    { "hq targets", "", 0, 0, JEM_T_CLI_S_HQ_TARGETS, JEM_T_NONE, "hq targets", NULL, jem_cmd_hq_targets },
    { "hq mirror", "[postgresql://…]", 0, 1, JEM_T_CLI_S_HQ_MIRROR, JEM_T_CLI_H_HQ_MIRROR,
        "hq mirror postgresql://jemput@db.example/analisis\nhq mirror --schema --partitioned", o_mirror,
        jem_cmd_hq_mirror },
    { "hq exchange out", "AGENCY FILE", 2, 2, JEM_T_CLI_S_EXCHANGE_OUT, JEM_T_CLI_H_EXCHANGE_OUT,
        "hq exchange out bpjs-kesehatan bpjs.json\nhq exchange out samsat samsat.csv --format csv\n"
        "hq exchange out bpjs-kesehatan lagi.json --again 7K3M9-Q9TDX",
        o_exchange_out, jem_cmd_hq_exchange_out },
    { "hq exchange in", "AGENCY FILE", 2, 2, JEM_T_CLI_S_EXCHANGE_IN, JEM_T_CLI_H_EXCHANGE_IN,
        "hq exchange in bpjs-kesehatan jawaban.csv", NULL, jem_cmd_hq_exchange_in },
    { "hq exchange key", "AGENCY [KEY]", 1, 2, JEM_T_CLI_S_EXCHANGE_KEY, JEM_T_NONE,
        "hq exchange key bpjs-kesehatan \"ssh-ed25519 AAAA…\"", NULL, jem_cmd_hq_exchange_key },
    { "hq exchange list", "", 0, 0, JEM_T_CLI_S_EXCHANGE_LIST, JEM_T_NONE, "hq exchange list", NULL,
        jem_cmd_hq_exchange_list },
    { "hq erase", "NUMBER", 1, 1, JEM_T_CLI_S_HQ_ERASE, JEM_T_CLI_H_HQ_ERASE,
        "hq erase 7K3M-Q9TD-X2AB --dry-run\nhq erase 7K3M-Q9TD-X2AB --basis \"permintaan pemohon, surat 12/2026\"",
        o_erase, jem_cmd_hq_erase },
    { "hq access", "NIK|NUMBER", 1, 1, JEM_T_CLI_S_HQ_ACCESS, JEM_T_CLI_H_HQ_ACCESS,
        "--json hq access 7K3M-Q9TD-X2AB --reason \"permintaan akses, surat 3/2026\"", o_reason, jem_cmd_hq_access },
    { "hq reveal", "NUMBER", 1, 1, JEM_T_CLI_S_HQ_REVEAL, JEM_T_NONE,
        "hq reveal 7K3M-Q9TD-X2AB --reason \"mencocokkan dengan KTP asli\"", o_reason, jem_cmd_hq_reveal },
    { "hq retention", "", 0, 0, JEM_T_CLI_S_HQ_RETENTION, JEM_T_CLI_H_HQ_RETENTION,
        "hq retention --dry-run\nhq retention", o_retention, jem_cmd_hq_retention },
    { "hq processing", "", 0, 0, JEM_T_CLI_S_HQ_PROCESSING, JEM_T_NONE, "--json hq processing", NULL,
        jem_cmd_hq_processing },
    { "status-site", "", 0, 0, JEM_T_CLI_S_STATUS_SITE, JEM_T_CLI_H_STATUS_SITE,
        "status-site --db status.db --listen 127.0.0.1:8090\nstatus-site --db status.db --static /srv/status", o_site,
        jem_cmd_status_site },
    { "hub init", "FOLDER", 1, 1, JEM_T_CLI_S_HUB_INIT, JEM_T_CLI_H_HUB, "hub init /srv/hub.git", NULL,
        jem_cmd_hub_init },
    { "hub set", "URL", 1, 1, JEM_T_CLI_S_HUB_SET, JEM_T_CLI_H_HUB, "hub set https://van3:secret@hub.example/hub.git",
        NULL, jem_cmd_hub_set },
    { "hub show", "", 0, 0, JEM_T_CLI_S_HUB_SHOW, JEM_T_CLI_H_HUB, "hub show", NULL, jem_cmd_hub_show },
    { "user add", "NAME", 1, 1, JEM_T_CLI_S_USER_ADD, JEM_T_CLI_H_USER_ADD,
        "user add budi --name \"Budi Santoso\" --role officer", o_user_add, jem_cmd_user_add },
    { "user change", "NAME", 1, 1, JEM_T_CLI_S_USER_CHANGE, JEM_T_CLI_H_USER_CHANGE,
        "user change budi --role verifier\nuser change wati --agency bpjs-kesehatan\nuser change wati --agency all",
        o_user_change, jem_cmd_user_change },
    { "user list", "", 0, 0, JEM_T_CLI_S_USER_LIST, JEM_T_NONE, "user list", NULL, jem_cmd_user_list },
    { "user disable", "NAME", 1, 1, JEM_T_CLI_S_USER_DISABLE, JEM_T_NONE,
        "user disable budi --reason \"pindah tugas\"\nuser disable budi --van 3 --reason \"pindah tugas\"", o_disable,
        jem_cmd_user_disable },
    { "user passphrase", "", 0, 0, JEM_T_CLI_S_USER_PASSPHRASE, JEM_T_NONE, "user passphrase", o_new_passphrase,
        jem_cmd_user_passphrase },
    { "audit verify", "", 0, 0, JEM_T_CLI_S_AUDIT, JEM_T_CLI_H_AUDIT, "audit verify\naudit verify --rebuild", o_audit,
        jem_cmd_audit },
    { "backup", "FILE", 1, 1, JEM_T_CLI_S_BACKUP, JEM_T_CLI_H_BACKUP, "backup /media/stik/van3.backup", NULL,
        jem_cmd_backup },
    { "restore", "FILE", 1, 1, JEM_T_CLI_S_RESTORE, JEM_T_CLI_H_RESTORE,
        "-C van3-baru --user siti restore /media/stik/van3.backup", NULL, jem_cmd_restore },
    { "selftest", "", 0, 0, JEM_T_CLI_S_SELFTEST, JEM_T_NONE, "selftest", NULL, jem_cmd_selftest },
    { "complete", "WORD...", 0, JEM_CLI_ARGS_MAX, JEM_T_CLI_S_COMPLETE, JEM_T_NONE, NULL, NULL, jem_cmd_completion },
    { "version", "", 0, 0, JEM_T_CLI_S_VERSION, JEM_T_NONE, NULL, NULL, jem_cmd_version },
    { "help", "[COMMAND...]", 0, 4, JEM_T_CLI_S_HELP, JEM_T_NONE, "help apply", NULL, jem_cmd_help },
    { NULL, NULL, 0, 0, JEM_T_NONE, JEM_T_NONE, NULL, NULL, NULL },
};

/* How many words of argv spell the path, 0 when they do not. */
static int path_matches(const char *path, int argc, char **argv)
{
    int words = 0;
    while (*path) {
        size_t n = strcspn(path, " ");
        if (words == argc || strlen(argv[words]) != n || memcmp(argv[words], path, n) != 0)
            return 0;
        words++;
        path += n;
        if (*path == ' ')
            path++;
    }
    return words;
}

const struct jem_command *jem_command_find(int argc, char **argv, int *words)
{
    const struct jem_command *best = NULL;
    *words = 0;
    for (const struct jem_command *c = jem_commands; c->path; c++) {
        int n = path_matches(c->path, argc, argv);
        if (n > *words) {
            *words = n;
            best = c;
        }
    }
    return best;
}
