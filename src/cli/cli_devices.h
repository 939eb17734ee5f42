/* cli_devices.h - what the commands that use devices share. Private to src/cli. */
#ifndef JEM_CLI_DEVICES_H
#define JEM_CLI_DEVICES_H
#include "cli.h"
#include "jemput/devices.h"

/* --scanner, --source, --color, --dpi and --card into *in. JEM_EUSAGE */
JEM_NODISCARD enum jem_code jem_cli_scan_options(struct jem_cli *cli, struct jem_scan_in *in);
/* Scans and tells of each page; SIGINT and SIGTERM end it safely. *out also on failure, as jem_scan_documents. */
JEM_NODISCARD enum jem_code jem_cli_scan(struct jem_cli *cli, struct jem_devices *devices, const struct jem_scan_in *in,
    json_t **out);
/* Prints the receipt; the job goes to *out. A question that is open sets cli->soft. */
JEM_NODISCARD enum jem_code jem_cli_print(struct jem_cli *cli, uint64_t number, json_t **out);
/* apply_devices.c: what `apply --scan KIND` scans, into the tray of a draft whose id goes to `draft`; "" when the form would be refused
 * anyway. JEM_OK also when a scanner failed: what came is kept, cli->soft and `why` tell. *pages: entries of every page */
JEM_NODISCARD enum jem_code jem_cli_apply_scan(struct jem_cli *cli, const char *service, const json_t *form_faults,
    char draft[33], json_t **pages, struct jem_error *why);
#endif
