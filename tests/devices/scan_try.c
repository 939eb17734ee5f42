// room: hw
/* scan_try.c - scans as the application does, from a process of its own: scan_try ID SOURCE FOLDER writes page-N.jpg into
 * the folder as each page comes, and prints how it ended. Exit code as the program's. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "jemput/file.h"
#include "jemput/scanner.h"
#include "jemput/usb.h"

static enum jem_code page_came(void *ctx, const struct jem_scan_page *page, struct jem_error *err)
{
    char path[512];
    (void)snprintf(path, sizeof path, "%s/page-%u.jpg", (const char *)ctx, page->number);
    return jem_file_write(path, page->jpeg, page->len, 0600, err);
}

int main(int argc, char **argv)
{
    struct jem_scan_settings settings = { .colour = JEM_COLOUR_GRAY, .dpi = 200 };
    struct jem_scan_report report = { 0 };
    struct jem_error err = { 0 };
    struct jem_usb *usb = NULL;
    struct jem_scanner *scanner = NULL;
    if (argc != 4 || !jem_scan_source_parse(argv[2], &settings.source))
        return 2;
    enum jem_code code = jem_usb_new(&usb, &err);
    if (code == JEM_OK)
        code = jem_scanner_open(usb, argv[1], &scanner, &err);
    if (code == JEM_OK)
        code = jem_scanner_scan(scanner, &settings, NULL, &(struct jem_scan_sink){ page_came, argv[3] }, &report, &err);
    printf("%s %u\n%s\n", jem_scan_end_name(report.end), report.pages, code == JEM_OK ? "" : err.msg);
    jem_scanner_close(scanner);
    jem_usb_free(usb);
    return jem_exit_of(code);
}
