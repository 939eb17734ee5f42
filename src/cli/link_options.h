/* link_options.h - what the commands that use a link share. Private to src/cli. */
#ifndef JEM_CLI_LINK_OPTIONS_H
#define JEM_CLI_LINK_OPTIONS_H
#include "cli.h"
#include "jemput/round.h"

/* --remote, --budget, --deadline, --dry-run of those that the command has; a progress line on a terminal. */
enum jem_code jem_cli_round_options(struct jem_cli *cli, struct jem_round_options *out);
/* From here on SIGINT and SIGTERM end a round at its next safe point, and the process when they come again. */
void jem_cli_stop_on_signals(void);
struct jem_count_line {
    const char *key;
    enum jem_text label;
};
/* The counts that the result has, one a line; ends with key NULL. */
void jem_cli_print_counts(struct jem_cli *cli, const struct jem_count_line *lines);
#endif
