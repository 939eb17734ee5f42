/* apply_devices.c - apply with papers from the scanner and the receipt on paper at once.
 *
 *   form checked --> each --scan KIND into the tray of a draft --> recorded with what came --> --print
 *
 * A scanner or printer that fails never keeps the application from being recorded. */
#include <string.h>

#include "cli_devices.h"
#include "jemput/codec.h"
#include "jemput/tray.h"

static enum jem_code apply_scan_kinds(struct jem_cli *cli, struct jem_devices *devices, struct jem_scan_in *in,
    json_t *pages)
{
    enum jem_code rc = JEM_OK;
    for (int i = 0; rc == JEM_OK && (in->kind = jem_cli_opt_at(cli, "--scan", i)) != NULL; i++) {
        json_t *out = NULL;
        rc = jem_cli_scan(cli, devices, in, &out);
        json_array_extend(pages, json_object_get(out, "pages"));
        json_decref(out);
    }
    return rc;
}

enum jem_code jem_cli_apply_scan(struct jem_cli *cli, const char *service, const json_t *form_faults, char draft[33],
    json_t **pages, struct jem_error *why)
{
    struct jem_devices *devices = NULL;
    struct jem_scan_in in = { .service = service, .tray = draft };
    unsigned char random[16];
    draft[0] = '\0';
    if (json_array_size(form_faults) > 0)
        return JEM_OK;
    enum jem_code rc = jem_cli_scan_options(cli, &in);
    if (rc != JEM_OK)
        return rc;
    jem_random(random, sizeof random);
    jem_hex(random, sizeof random, draft);
    rc = jem_devices_new(&devices, &cli->err);
    if (rc == JEM_OK)
        rc = apply_scan_kinds(cli, devices, &in, *pages);
    jem_devices_free(devices);
    if (rc == JEM_EINVAL && json_array_size(*pages) == 0) /* a kind that the service has not: nothing was drawn in */
        return rc;
    if (rc != JEM_OK) {
        cli->soft = rc;
        *why = cli->err;
        cli->err = (struct jem_error){ .code = JEM_OK };
    }
    return JEM_OK;
}
