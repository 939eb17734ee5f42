/* parse.c - words to command, options and arguments. Global options may stand anywhere. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "jemput/log.h"

enum jem_code jem_cli_usage(struct jem_cli *cli, enum jem_text key, const char *detail)
{
    return jem_fail(&cli->err, JEM_EUSAGE, JEM_D_CLI, 0, key, detail);
}

static const struct jem_opt *opt_find(const struct jem_opt *options, const char *word, size_t n)
{
    for (; options && options->name; options++)
        if (strlen(options->name) == n && memcmp(options->name, word, n) == 0)
            return options;
    return NULL;
}

static enum jem_code dir_default(struct jem_cli *cli)
{
    const char *home = getenv("JEMPUT_HOME"), *xdg = getenv("XDG_DATA_HOME"), *user = getenv("HOME");
    int n;
    if (home && *home)
        n = snprintf(cli->dir_buf, sizeof cli->dir_buf, "%s", home);
    else if (xdg && *xdg)
        n = snprintf(cli->dir_buf, sizeof cli->dir_buf, "%s/jemput", xdg);
    else
        n = snprintf(cli->dir_buf, sizeof cli->dir_buf, "%s/.local/share/jemput", user && *user ? user : ".");
    if (n < 0 || (size_t)n >= sizeof cli->dir_buf)
        return jem_cli_usage(cli, JEM_T_CLI_BAD_DIR, "JEMPUT_HOME");
    cli->dir = cli->dir_buf;
    return JEM_OK;
}

static enum jem_code take_global(struct jem_cli *cli, const struct jem_opt *opt, const char *value)
{
    if (strcmp(opt->name, "-C") == 0)
        cli->dir = value;
    else if (strcmp(opt->name, "--json") == 0)
        cli->json = true;
    else if (strcmp(opt->name, "--help") == 0 || strcmp(opt->name, "-h") == 0)
        cli->help = true;
    else if (strcmp(opt->name, "--quiet") == 0)
        cli->quiet = true;
    else if (strcmp(opt->name, "--verbose") == 0) {
        cli->verbose = true;
        jem_log_level_set(JEM_LOG_INFO);
    } else if (strcmp(opt->name, "--user") == 0)
        cli->user = value;
    else if (strcmp(opt->name, "--passphrase-file") == 0)
        cli->passphrase_file = value;
    else {
        enum jem_lang lang = jem_lang_parse(value);
        if (lang == JEM_LANG_UNKNOWN)
            return jem_cli_usage(cli, JEM_T_CLI_BAD_LANG, value);
        jem_lang_set(lang);
    }
    return JEM_OK;
}

/* Takes the option at argv[*i], and its value from behind '=' or the next word. */
static enum jem_code take_option(struct jem_cli *cli, int argc, char **argv, int *i)
{
    const char *word = argv[*i], *eq = strncmp(word, "--", 2) == 0 ? strchr(word, '=') : NULL, *value = "";
    size_t n = eq ? (size_t)(eq - word) : strlen(word);
    const struct jem_opt *global = opt_find(jem_global_options, word, n);
    const struct jem_opt *opt = cli->command ? opt_find(cli->command->options, word, n) : NULL;
    if (!opt)
        opt = global;
    if (!opt)
        return jem_cli_usage(cli, JEM_T_CLI_UNKNOWN_OPTION, word);
    if (opt->value) {
        if (eq)
            value = eq + 1;
        else if (*i + 1 < argc)
            value = argv[++*i];
        else
            return jem_cli_usage(cli, JEM_T_CLI_NEEDS_VALUE, opt->name);
    } else if (eq)
        return jem_cli_usage(cli, JEM_T_CLI_TAKES_NO_VALUE, opt->name);
    if (opt == global)
        return take_global(cli, opt, value);
    if (cli->opt_count == JEM_CLI_OPTS_MAX)
        return jem_cli_usage(cli, JEM_T_CLI_TOO_MANY, opt->name);
    cli->opts[cli->opt_count].opt = opt;
    cli->opts[cli->opt_count++].value = value;
    return JEM_OK;
}

/* Global options before the command; stops at the first other word. */
static enum jem_code take_leading(struct jem_cli *cli, int argc, char **argv, int *i)
{
    for (; *i < argc && argv[*i][0] == '-'; ++*i) {
        enum jem_code rc = take_option(cli, argc, argv, i);
        if (rc != JEM_OK)
            return rc;
    }
    return JEM_OK;
}

static const struct jem_command *command_named(const char *path)
{
    for (const struct jem_command *c = jem_commands; c->path; c++)
        if (strcmp(c->path, path) == 0)
            return c;
    return NULL;
}

static enum jem_code check_arg_count(struct jem_cli *cli)
{
    if (cli->help)
        return JEM_OK;
    if (cli->arg_count < cli->command->min_args)
        return jem_cli_usage(cli, JEM_T_CLI_MISSING_ARG, cli->command->args);
    if (cli->arg_count > cli->command->max_args)
        return jem_cli_usage(cli, JEM_T_CLI_EXTRA_ARG, cli->args[cli->command->max_args]);
    return JEM_OK;
}

enum jem_code jem_cli_parse(struct jem_cli *cli, int argc, char **argv)
{
    int i = 1, words = 0;
    enum jem_code rc = dir_default(cli);
    if (rc == JEM_OK)
        rc = take_leading(cli, argc, argv, &i);
    if (rc != JEM_OK)
        return rc;
    if (i == argc) { /* nothing but options: the help, and a usage error unless that was asked for */
        cli->command = command_named("help");
        if (cli->help) {
            cli->help = false;
            return JEM_OK;
        }
        jem_help_all(stderr);
        return jem_cli_usage(cli, JEM_T_CLI_NO_COMMAND, "");
    }
    cli->command = jem_command_find(argc - i, argv + i, &words);
    if (!cli->command)
        return jem_cli_usage(cli, JEM_T_CLI_UNKNOWN_COMMAND, argv[i]);
    bool verbatim = false, complete = strcmp(cli->command->path, "complete") == 0;
    for (i += words; i < argc; i++) {
        if (!verbatim && !complete && strcmp(argv[i], "--") == 0)
            verbatim = true;
        else if (!verbatim && !complete && argv[i][0] == '-' && argv[i][1])
            rc = take_option(cli, argc, argv, &i);
        else if (cli->arg_count == JEM_CLI_ARGS_MAX)
            rc = jem_cli_usage(cli, JEM_T_CLI_EXTRA_ARG, argv[i]);
        else
            cli->args[cli->arg_count++] = argv[i];
        if (rc != JEM_OK)
            return rc;
    }
    return check_arg_count(cli);
}

const char *jem_cli_opt_at(const struct jem_cli *cli, const char *name, int index)
{
    for (int i = 0; i < cli->opt_count; i++)
        if (strcmp(cli->opts[i].opt->name, name) == 0 && index-- == 0)
            return cli->opts[i].value;
    return NULL;
}

const char *jem_cli_opt(const struct jem_cli *cli, const char *name)
{
    const char *last = NULL;
    for (int i = 0; i < cli->opt_count; i++)
        if (strcmp(cli->opts[i].opt->name, name) == 0)
            last = cli->opts[i].value;
    return last;
}

enum jem_code jem_cli_opt_int(struct jem_cli *cli, const char *name, int64_t min, int64_t max, int64_t fallback,
    int64_t *out)
{
    const char *v = jem_cli_opt(cli, name);
    *out = fallback;
    if (!v)
        return JEM_OK;
    char *end;
    errno = 0;
    long long n = strtoll(v, &end, 10);
    if (end == v || *end || errno || n < min || n > max)
        return jem_fail(&cli->err, JEM_EUSAGE, JEM_D_CLI, 0, JEM_T_CLI_BAD_NUMBER, name, (long long)min,
            (long long)max);
    *out = n;
    return JEM_OK;
}

enum jem_code jem_cli_opt_bytes(struct jem_cli *cli, const char *name, uint64_t *out)
{
    const char *v = jem_cli_opt(cli, name);
    *out = 0;
    if (!v)
        return JEM_OK;
    char *end;
    errno = 0;
    unsigned long long n = strtoull(v, &end, 10), unit = 1;
    if (*end == 'K' || *end == 'k')
        unit = 1024, end++;
    else if (*end == 'M' || *end == 'm')
        unit = 1024 * 1024, end++;
    else if (*end == 'G' || *end == 'g')
        unit = 1024 * 1024 * 1024, end++;
    if (end == v || *end || errno || v[0] == '-' || n == 0 || n > (1ULL << 40) / unit)
        return jem_cli_usage(cli, JEM_T_CLI_BAD_BYTES, name);
    *out = n * unit;
    return JEM_OK;
}

enum jem_code jem_cli_pair(struct jem_cli *cli, const char *what, const char *text, char key[64], const char **value)
{
    const char *eq = strchr(text, '=');
    if (!eq || eq == text || (size_t)(eq - text) >= 64)
        return jem_fail(&cli->err, JEM_EUSAGE, JEM_D_CLI, 0, JEM_T_CLI_BAD_PAIR, what, text);
    memcpy(key, text, (size_t)(eq - text));
    key[eq - text] = 0;
    *value = eq + 1;
    return JEM_OK;
}
