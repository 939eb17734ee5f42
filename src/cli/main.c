/* main.c - the command line: parse, run one command, say what came of it. Only this file ends the process. */
#include <locale.h>
#include <signal.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"

static void language_from_environment(void)
{
    static const char *const names[] = { "JEMPUT_LANG", "LC_ALL", "LC_MESSAGES", "LANG" };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const char *v = getenv(names[i]);
        if (v && *v) {
            enum jem_lang lang = jem_lang_parse(v);
            if (lang != JEM_LANG_UNKNOWN)
                jem_lang_set(lang);
            return;
        }
    }
}

/* One JSON object on stdout, whatever happened; what people read goes to stderr. */
static void say(struct jem_cli *cli, enum jem_code rc)
{
    if (rc != JEM_OK) {
        if (!cli->err.msg[0])
            (void)jem_fail(&cli->err, rc, JEM_D_CLI, 0, JEM_T_CLI_FAILED, jem_code_name(rc));
        fprintf(stderr, "jemput: %s\n", cli->err.msg);
        if (rc == JEM_EUSAGE && cli->command)
            fprintf(stderr, jem_text(JEM_T_CLI_SEE_HELP), cli->command->path);
    }
    if (!cli->json)
        return;
    /* these two are on record */
    if (cli->command != NULL && cli->command->run != jem_cmd_hq_reveal && cli->command->run != jem_cmd_hq_access)
        jem_cli_mask(cli);
    if (rc != JEM_OK) {
        if (!cli->out)
            cli->out = json_object();
        json_object_set_new(cli->out, "error", json_string(jem_code_name(rc)));
        json_object_set_new(cli->out, "message", json_string(cli->err.msg));
    }
    if (!cli->out)
        cli->out = json_object();
    if (json_dumpf(cli->out, stdout, JSON_COMPACT | JSON_SORT_KEYS) == 0)
        putchar('\n');
}

int main(int argc, char **argv)
{
    static struct jem_cli cli;
    signal(SIGPIPE, SIG_IGN);
    language_from_environment();
    if (sodium_init() < 0)
        return 70;
    enum jem_code rc = jem_cli_parse(&cli, argc, argv);
    if (rc == JEM_OK && cli.help)
        jem_help_command(stdout, cli.command);
    else if (rc == JEM_OK) {
        rc = cli.command->run(&cli);
        say(&cli, rc);
    } else
        say(&cli, rc);
    jem_app_close(cli.app);
    json_decref(cli.out);
    if (cli.passphrase)
        sodium_free(cli.passphrase);
    if (fflush(stdout) != 0 && rc == JEM_OK)
        rc = JEM_EIO; /* a result that nobody could read was not given */
    return jem_exit_of(rc != JEM_OK ? rc : cli.soft);
}
