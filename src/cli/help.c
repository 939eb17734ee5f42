/* help.c - the help and the completion, both drawn from the command table. */
#include <string.h>

#include "cli.h"

static void option_line(FILE *f, const struct jem_opt *o)
{
    char left[64];
    snprintf(left, sizeof left, "%s%s%s", o->name, o->value ? " " : "", o->value ? o->value : "");
    fprintf(f, "  %-32s %s\n", left, jem_text(o->help));
}

static void command_line(FILE *f, const struct jem_command *c)
{
    char left[96];
    snprintf(left, sizeof left, "%s%s%s", c->path, *c->args ? " " : "", c->args);
    fprintf(f, "  %-32s %s\n", left, jem_text(c->summary));
}

void jem_help_all(FILE *f)
{
    fprintf(f, "%s\n\n%s jemput [-C DIR] [--json] [--lang id|en] ...\n\n", jem_text(JEM_T_CLI_WHAT),
        jem_text(JEM_T_CLI_USAGE));
    for (const struct jem_command *c = jem_commands; c->path; c++)
        if (strcmp(c->path, "complete") != 0)
            command_line(f, c);
    fprintf(f, "\n%s\n", jem_text(JEM_T_CLI_GLOBAL));
    for (const struct jem_opt *o = jem_global_options; o->name; o++)
        option_line(f, o);
    fprintf(f, "\n%s\n", jem_text(JEM_T_CLI_EXIT_CODES));
}

bool jem_help_group(FILE *f, const char *group)
{
    size_t n = strlen(group);
    bool any = false;
    for (const struct jem_command *c = jem_commands; c->path; c++)
        if (strncmp(c->path, group, n) == 0 && c->path[n] == ' ') {
            command_line(f, c);
            any = true;
        }
    return any;
}

void jem_help_command(FILE *f, const struct jem_command *c)
{
    if (strcmp(c->path, "help") == 0) {
        jem_help_all(f);
        return;
    }
    fprintf(f, "%s jemput %s%s%s%s\n\n%s\n", jem_text(JEM_T_CLI_USAGE), c->path,
        c->options ? jem_text(JEM_T_CLI_OPTIONS_WORD) : "", *c->args ? " " : "", c->args, jem_text(c->summary));
    if (c->teach != JEM_T_NONE)
        fprintf(f, "\n%s\n", jem_text(c->teach));
    if (c->options) {
        fprintf(f, "\n%s\n", jem_text(JEM_T_CLI_OPTIONS));
        for (const struct jem_opt *o = c->options; o->name; o++)
            option_line(f, o);
    }
    if (!c->examples)
        return;
    fprintf(f, "\n%s\n", jem_text(JEM_T_CLI_EXAMPLES));
    for (const char *p = c->examples; *p;) {
        int n = (int)strcspn(p, "\n");
        fprintf(f, "  jemput %.*s\n", n, p);
        p += n;
        if (*p == '\n')
            p++;
    }
}

static void candidates_of(FILE *f, const struct jem_opt *options, const char *prefix)
{
    for (; options && options->name; options++)
        if (strncmp(options->name, prefix, strlen(prefix)) == 0)
            fprintf(f, "%s\n", options->name);
}

/* The values an option's placeholder lists: "png|svg|pdf". */
static bool value_candidates(FILE *f, const struct jem_command *c, const char *option, const char *prefix)
{
    const struct jem_opt *tables[] = { c ? c->options : NULL, jem_global_options };
    for (size_t t = 0; t < 2; t++)
        for (const struct jem_opt *o = tables[t]; o && o->name; o++) {
            if (strcmp(o->name, option) != 0 || !o->value)
                continue;
            for (const char *p = o->value; strchr(o->value, '|') && *p;) {
                size_t n = strcspn(p, "|");
                if (strncmp(p, prefix, strlen(prefix)) == 0)
                    fprintf(f, "%.*s\n", (int)n, p);
                p += n;
                if (*p)
                    p++;
            }
            return true;
        }
    return false;
}

/* The next word of each path that begins with the words typed so far; a word is printed once, since the table keeps
 * commands of one group together. */
static void path_candidates(FILE *f, int argc, char **argv)
{
    const char *prefix = argc ? argv[argc - 1] : "";
    char last[64] = "";
    for (const struct jem_command *c = jem_commands; c->path; c++) {
        const char *p = c->path;
        int i = 0;
        for (; i < argc - 1 && *p; i++) {
            size_t n = strcspn(p, " ");
            if (strlen(argv[i]) != n || memcmp(argv[i], p, n) != 0)
                break;
            p += n;
            if (*p == ' ')
                p++;
        }
        size_t n = strcspn(p, " ");
        if (i < argc - 1 || !*p || n >= sizeof last || strncmp(p, prefix, strlen(prefix)) != 0)
            continue;
        if (strlen(last) == n && memcmp(last, p, n) == 0)
            continue;
        snprintf(last, sizeof last, "%.*s", (int)n, p);
        if (strcmp(last, "complete") != 0)
            fprintf(f, "%s\n", last);
    }
}

static bool takes_value(const struct jem_opt *options, const char *name)
{
    for (; options && options->name; options++)
        if (strcmp(options->name, name) == 0)
            return options->value != NULL;
    return false;
}

void jem_help_complete(FILE *f, int argc, char **argv)
{
    const char *prefix = argc ? argv[argc - 1] : "";
    int words = 0;
    while (argc > 1 && argv[0][0] == '-') { /* general options before the command */
        int taken = takes_value(jem_global_options, argv[0]) ? 2 : 1;
        if (taken == argc) {
            value_candidates(f, NULL, argv[0], prefix);
            return;
        }
        argc -= taken;
        argv += taken;
    }
    const struct jem_command *c = jem_command_find(argc ? argc - 1 : 0, argv, &words);
    if (argc > 1 && value_candidates(f, c, argv[argc - 2], prefix))
        return;
    if (*prefix == '-') {
        candidates_of(f, c ? c->options : NULL, prefix);
        candidates_of(f, jem_global_options, prefix);
    } else
        path_candidates(f, argc, argv);
}
