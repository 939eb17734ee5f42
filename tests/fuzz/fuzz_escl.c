// room: hw
/* fuzz_escl.c - hostile capabilities, status and Location, as a device on the USB could send them.
 *
 * An input is one document. Whatever is read from it must be usable: settings chosen from the capabilities fit them and
 * are written as well-formed XML; a path taken from it as a Location stays below /eSCL/ScanJobs/. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "escl.h"
#include "escl_xml.h"
#include "replay.h"
#include "scanner_ops.h"

static void scan_with(const struct jem_escl_caps *caps, enum jem_scan_source source)
{
    const struct jem_scan_source_caps *c = &caps->common.sources[source];
    const struct jem_escl_xml walk = { NULL, NULL, NULL };
    struct jem_scan_settings fitted, wanted = { .source = source };
    struct jem_buf xml = JEM_BUF_INIT(1 << 16);
    wanted.dpi = jem_scan_dpi_choose(c, 200);
    wanted.colour = jem_scan_colour_choose(c, JEM_COLOUR_GRAY);
    need(wanted.dpi > 0 && wanted.colour != JEM_COLOUR_UNKNOWN, "a source without resolution or colour");
    need(jem_scan_dpi_choose(c, wanted.dpi) == wanted.dpi, "a resolution that is none of its own");
    need(jem_scan_settings_fit(&caps->common, &wanted, &fitted, NULL) == JEM_OK, "its own settings do not fit");
    need(fitted.width_300dpi > 0 && fitted.x_300dpi + fitted.width_300dpi <= c->max_width_300dpi &&
             fitted.height_300dpi > 0 && fitted.y_300dpi + fitted.height_300dpi <= c->max_height_300dpi,
        "a region outside of the bed");
    need(jem_escl_settings_write(&fitted, caps, &xml, NULL) == JEM_OK, "its settings cannot be written");
    need(jem_escl_xml_walk(xml.data, xml.len, &walk, NULL) == JEM_OK, "the settings are no XML");
    jem_buf_release(&xml);
}

static void try_location(const unsigned char *p, size_t n)
{
    char location[512], path[JEM_ESCL_PATH_MAX];
    size_t len = n < sizeof location - 1 ? n : sizeof location - 1;
    memcpy(location, p, len);
    location[len] = '\0';
    if (!jem_escl_job_path(location, path)) {
        need(path[0] == '\0', "a path of a Location that was refused");
        return;
    }
    need(strncmp(path, "/eSCL/ScanJobs/", 15) == 0 && path[15] != '\0', "a path that is no job's");
    need(!strstr(path, "..") && !strpbrk(path, " \r\n\t?#"), "a path that leads elsewhere");
    need(strlen(path) + sizeof "/NextDocument" <= JEM_ESCL_PATH_MAX, "a path that is too long");
}

int LLVMFuzzerTestOneInput(const unsigned char *p, size_t n)
{
    static struct jem_escl_caps caps;
    struct jem_escl_status status;
    struct jem_error err = { 0 };
    enum jem_code code = jem_escl_caps_read(p, n, &caps, &err);
    need(code == JEM_OK || code == JEM_ECORRUPT, "an error of another kind");
    bool any = false;
    for (enum jem_scan_source s = JEM_SOURCE_PLATEN; s <= JEM_SOURCE_ADF_DUPLEX; s++)
        if (caps.common.sources[s].present) {
            any = true;
            scan_with(&caps, s);
        }
    need(any == (code == JEM_OK), "capabilities without a source, or sources of what was refused");
    code = jem_escl_status_read(p, n, "/eSCL/ScanJobs/1", &status, &err);
    need(code == JEM_OK || code == JEM_ECORRUPT, "an error of another kind");
    need(jem_scanner_status_text(&status.common)[0] != '\0', "a state without words");
    try_location(p, n);
    return 0;
}

#ifndef JEM_LIBFUZZER
int main(int argc, char **argv)
{
    return replay(argc, argv, LLVMFuzzerTestOneInput);
}
#endif
