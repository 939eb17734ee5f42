/* link_options.h - what the commands that use a link share. Private to src/cli. */
#ifndef JEM_CLI_LINK_OPTIONS_H
#define JEM_CLI_LINK_OPTIONS_H
#include "cli.h"
#include "jemput/round.h"

struct jem_count_line {
    const char *key;
    enum jem_text label;
};
/* The counts that the result has, one a line; ends with key NULL. */
void jem_cli_print_counts(struct jem_cli *cli, const struct jem_count_line *lines);
typedef enum jem_code jem_round_use(struct jem_app *, const struct jem_round_options *, json_t **, struct jem_error *);
/* Options (--remote, --budget, --deadline, --dry-run of those that the command has), store, the round with a progress
 * line on a terminal, its counts. From here on SIGINT and SIGTERM end the round at its next safe point, and the
 * process when they come again. cli->out is set as far as the round came, also when it failed. */
enum jem_code jem_cli_round(struct jem_cli *cli, jem_round_use *use, const struct jem_count_line *lines);
#endif
