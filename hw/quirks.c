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
        "OpenPrinting/ipp-usb, ipp-usb-quirks/HP.conf: usb-max-interfaces = 1" },
    { "*HP Laser MFP 135a*", NULL, JEM_QUIRK_NO_ESCL, "answers 404 to every request",
        "OpenPrinting/ipp-usb, ipp-usb-quirks/blacklist.conf" },
    { "*HP Laser 107a*", NULL, JEM_QUIRK_NO_ESCL, "answers 404 to every request",
        "same firmware family as the 135a; OpenPrinting/ipp-usb, ipp-usb-quirks/blacklist.conf" },
    { "*Xerox*B210*", NULL, JEM_QUIRK_RESET_ON_OPEN, "tells its model only after a reset of the port",
        "OpenPrinting/ipp-usb, ipp-usb.8: [0924:42ea] init-reset = hard" },
    { "*Pantum*", NULL, JEM_QUIRK_RESET_ON_OPEN, "does not answer after it was plugged in again",
        "reports of Pantum M6500/M7300 owners to ipp-usb; the reset costs half a second" },
    { "*HP*Color LaserJet Flow*", NULL, JEM_QUIRK_SLOW_START, "needs up to 20 s before its first answer",
        "OpenPrinting/ipp-usb issue 64: init-timeout = 20s" },
    { "*Xerox*B2[01]5*", NULL, JEM_QUIRK_RETRY_404, "404 or 410 until the page is ready",
        "alexpevzner/sane-airscan: the same rule for Xerox B205 and B215" },
    { "*EPSON*", NULL, JEM_QUIRK_HOST_PORT, "redirects a job to nowhere when Host has no port",
        "alexpevzner/sane-airscan issue 136, reported by Epson for all its models" },
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
