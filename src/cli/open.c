/* open.c - who is at the keyboard: the officer's name, the passphrase, the open folder. */
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "cli.h"
#include "jemput/file.h"

#define PASSPHRASE_MAX 1024

/* The first line of a file, or of standard input for "-". */
static enum jem_code passphrase_from_file(struct jem_cli *cli, const char *path, char *out)
{
    struct jem_buf b = JEM_BUF_INIT(PASSPHRASE_MAX);
    enum jem_code rc = jem_file_read(strcmp(path, "-") == 0 ? "/dev/stdin" : path, PASSPHRASE_MAX - 1, &b, &cli->err);
    if (rc == JEM_OK) {
        size_t n = strcspn(jem_buf_text(&b), "\r\n");
        memcpy(out, jem_buf_text(&b), n);
        out[n] = 0;
        if (n == 0)
            rc = jem_fail(&cli->err, JEM_ELOCKED, JEM_D_CLI, 0, JEM_T_CLI_EMPTY_PASSPHRASE, path);
    }
    jem_buf_wipe(&b);
    return rc;
}

static enum jem_code passphrase_from_terminal(struct jem_cli *cli, const char *prompt, char *out)
{
    FILE *tty = fopen("/dev/tty", "r+");
    if (!tty)
        return jem_fail(&cli->err, JEM_ELOCKED, JEM_D_CLI, 0, JEM_T_CLI_NO_PASSPHRASE);
    struct termios old, quiet;
    bool hidden = tcgetattr(fileno(tty), &old) == 0;
    if (hidden) {
        quiet = old;
        quiet.c_lflag &= ~(tcflag_t)ECHO;
        (void)tcsetattr(fileno(tty), TCSAFLUSH, &quiet);
    }
    fputs(prompt, tty);
    fflush(tty);
    bool got = fgets(out, PASSPHRASE_MAX, tty) != NULL;
    if (hidden)
        (void)tcsetattr(fileno(tty), TCSAFLUSH, &old);
    fputc('\n', tty);
    fclose(tty);
    if (got)
        out[strcspn(out, "\r\n")] = 0;
    if (!got || !*out)
        return jem_fail(&cli->err, JEM_ELOCKED, JEM_D_CLI, 0, JEM_T_CLI_NO_PASSPHRASE);
    return JEM_OK;
}

static enum jem_code passphrase_asked(struct jem_cli *cli, bool confirm, char *out)
{
    enum jem_code rc = passphrase_from_terminal(cli, jem_text(JEM_T_CLI_ASK_PASSPHRASE), out);
    if (rc != JEM_OK || !confirm)
        return rc;
    char *again = sodium_malloc(PASSPHRASE_MAX);
    if (!again)
        return jem_fail_nomem(&cli->err);
    rc = passphrase_from_terminal(cli, jem_text(JEM_T_CLI_ASK_AGAIN), again);
    if (rc == JEM_OK && strcmp(again, out) != 0)
        rc = jem_fail(&cli->err, JEM_EINVAL, JEM_D_CLI, 0, JEM_T_CLI_NOT_THE_SAME);
    sodium_free(again);
    return rc;
}

/* --passphrase-file, then the environment, then a systemd credential; NULL: ask. */
static const char *passphrase_source(const struct jem_cli *cli, char *path, size_t cap)
{
    if (cli->passphrase_file)
        return cli->passphrase_file;
    const char *env = getenv("JEMPUT_PASSPHRASE_FILE"), *credentials = getenv("CREDENTIALS_DIRECTORY");
    if (env && *env)
        return env;
    if (!credentials || !*credentials)
        return NULL;
    int n = snprintf(path, cap, "%s/jemput.passphrase", credentials);
    return n > 0 && (size_t)n < cap && jem_path_exists(path) ? path : NULL;
}

enum jem_code jem_cli_passphrase(struct jem_cli *cli, bool confirm)
{
    char path[4096];
    if (cli->passphrase)
        return JEM_OK;
    cli->passphrase = sodium_malloc(PASSPHRASE_MAX);
    if (!cli->passphrase)
        return jem_fail_nomem(&cli->err);
    const char *source = passphrase_source(cli, path, sizeof path);
    return source ? passphrase_from_file(cli, source, cli->passphrase)
                  : passphrase_asked(cli, confirm, cli->passphrase);
}

enum jem_code jem_cli_passphrase_new(struct jem_cli *cli, const char *file, char **out)
{
    *out = sodium_malloc(PASSPHRASE_MAX);
    if (!*out)
        return jem_fail_nomem(&cli->err);
    enum jem_code rc = file ? passphrase_from_file(cli, file, *out) : passphrase_asked(cli, true, *out);
    if (rc != JEM_OK) {
        sodium_free(*out);
        *out = NULL;
    }
    return rc;
}

enum jem_code jem_cli_user(struct jem_cli *cli)
{
    if (!cli->user)
        cli->user = getenv("JEMPUT_USER");
    if (!cli->user || !*cli->user)
        return jem_fail(&cli->err, JEM_EUSAGE, JEM_D_CLI, 0, JEM_T_CLI_NO_USER);
    return JEM_OK;
}

bool jem_cli_unattended(const struct jem_cli *cli)
{
    char path[4096];
    const char *user = cli->user ? cli->user : getenv("JEMPUT_USER");
    return user && *user && passphrase_source(cli, path, sizeof path);
}

enum jem_code jem_cli_open(struct jem_cli *cli)
{
    char slots[4200];
    enum jem_code rc = jem_path_join(slots, sizeof slots, cli->dir, "slots.json", &cli->err);
    if (rc == JEM_OK && !jem_path_exists(slots)) /* no question about a passphrase for a folder that is not there */
        return jem_fail(&cli->err, JEM_ENOTFOUND, JEM_D_CLI, 0, JEM_T_CLI_NO_STORE, cli->dir);
    if (rc == JEM_OK)
        rc = jem_cli_user(cli);
    if (rc == JEM_OK)
        rc = jem_cli_passphrase(cli, false);
    if (rc == JEM_OK)
        rc = jem_app_open(cli->dir, cli->user, cli->passphrase, &cli->app, &cli->err);
    return rc;
}
