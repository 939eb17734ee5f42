/* tool_sane.h - jemput-sane, the only program that loads libsane: one request from the socket at descriptor 3, its
 * answers, and the end. It may crash, hang or be killed at any time: nothing but its own process is lost. */
#ifndef JEM_HW_TOOL_SANE_H
#define JEM_HW_TOOL_SANE_H
#include <sane/sane.h>

#include "sane_frame.h"

struct tool_device {
    SANE_Handle handle;
    bool is_open, was_started;
};

/* Set by a CANCEL, by the end of the socket; looked at between all steps. */
bool tool_cancelled(void);
/* While a scan runs, a cancel reaches the backend at once. NULL ends that. */
void tool_cancel_reaches(SANE_Handle handle);
/* Writes whole frames to the socket and empties the buffer; false when nobody reads them. */
bool tool_send(struct jem_buf *frames);

/* What the device can do, source by source. */
SANE_Status tool_caps(struct tool_device *dev, const char *model, struct jem_scanner_caps *out);
/* Sets source, mode, depth, resolution and region, in that order: each may change what the next may be. */
SANE_Status tool_settings(struct tool_device *dev, const struct jem_scan_settings *settings);
/* Scans pages and sends them until the source is empty or max_pages are sent. */
SANE_Status tool_scan(struct tool_device *dev, const struct jem_scan_settings *settings, enum sane_stage *stage);
#endif
