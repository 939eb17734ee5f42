/* quirks.c - the table. A new line needs evidence that somebody else can look up: an issue, a vendor's note, a trace.
 *
 * Three workarounds need no line, because they are harmless for every device and always on: strings are asked again
 * when the first request fails (Pantum), a job is deleted after its last page (one vendor stays "Processing" for
 * minutes otherwise), and a feeder that is empty may say so by 404 or by 409. */
#include "quirks.h"

#include <fnmatch.h>
#include <stddef.h>

static const struct jem_quirk_line quirk_lines[] = {
    { "*ScanJet Pro 4500 fn1*", NULL, JEM_QUIRK_ONE_PIPE, "eSCL requests hang when both USB interfaces are in use",
        "github.com/OpenPrinting/ipp-usb, ipp-usb-quirks/HP.conf: usb-max-interfaces = 1" },
    { "*Pantum*", NULL, JEM_QUIRK_ONE_PIPE | JEM_QUIRK_RESET_ON_OPEN,
        "I/O errors on the second and third interface after it was plugged in again",
        "github.com/OpenPrinting/ipp-usb/issues/66 (M6559NW): one interface works" },
    { "*HP Laser MFP 135a*", NULL, JEM_QUIRK_NO_ESCL, "answers 404 to every request",
        "github.com/alexpevzner/sane-airscan/issues/68" },
    { "*HP Laser 107a*", NULL, JEM_QUIRK_NO_ESCL, "answers 404 to every request",
        "github.com/OpenPrinting/ipp-usb/issues/51" },
    { "*Xerox*B210*", NULL, JEM_QUIRK_RESET_ON_OPEN, "tells its model only after a reset of the port",
        "github.com/OpenPrinting/ipp-usb, ipp-usb.8: [0924:42ea] init-reset = hard" },
    { "*HP*Color LaserJet Flow*", NULL, JEM_QUIRK_SLOW_START, "needs up to 20 s before its first answer",
        "github.com/OpenPrinting/ipp-usb/issues/64: init-timeout = 20s" },
    { "*Xerox*B2[01]5*", NULL, JEM_QUIRK_RETRY_404, "NextDocument answers 404 or 410 until the page is ready",
        "github.com/alexpevzner/sane-airscan, airscan-escl.c: its rule for Xerox B205 and B215" },
    { "*Canon*MF41*", NULL, JEM_QUIRK_ASK_FEEDER, "takes an empty feeder for a paper jam",
        "github.com/alexpevzner/sane-airscan/issues/98 (MF411)" },
    { "*EPSON*", NULL, JEM_QUIRK_HOST_PORT, "sends the client of a new job to nowhere when Host has no port",
        "github.com/alexpevzner/sane-airscan/issues/136, reported by Epson for all its models" },
    { NULL, "HP_Compact_Server*", JEM_QUIRK_HOST_PLAIN, "refuses a Host other than localhost",
        "SANE's escl backend sends Host: localhost to this server" },
};

const struct jem_quirk_line *jem_quirk_line(unsigned i)
{
    return i < sizeof quirk_lines / sizeof quirk_lines[0] ? &quirk_lines[i] : NULL;
}

unsigned jem_quirks_of(const char *maker_and_model, const char *server)
{
    unsigned quirks = 0;
    const struct jem_quirk_line *line;
    for (unsigned i = 0; (line = jem_quirk_line(i)); i++)
        if ((line->model && fnmatch(line->model, maker_and_model, FNM_CASEFOLD) == 0) ||
            (line->server && fnmatch(line->server, server, FNM_CASEFOLD) == 0))
            quirks |= line->quirks;
    return quirks;
}
