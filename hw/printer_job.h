/* printer_job.h - one page through a port, with the status asked on the way. Private to hw.
 *
 *            soft reset, automatic status on
 *                     |
 *   look: paper out, cover, off line, fault --> NO, paper untouched
 *                     |
 *   (resync) begin --> strip --> strip ... --> end --> GS r 1
 *                     |  between two: told bad news --> NO       |  answered, with paper --> YES
 *                     |  takes nothing for 20 s --> NO (stuck)   |  silence, or bad news --> UNKNOWN
 *                     |  unplugged, refused, cancelled --> NO    |  never asked          --> UNKNOWN
 */
#ifndef JEM_HW_PRINTER_JOB_H
#define JEM_HW_PRINTER_JOB_H
#include "escpos_status.h"
#include "printer_port.h"

struct printer_talk {
    struct printer_port port;
    const struct jem_printer_profile *profile;
    struct escpos_ear ear;
    bool mute; /* it was asked and stayed silent, or is not to be asked */
    bool gone;
    int stuck_ms; /* without one byte taken, then it is stuck */
};
void printer_talk_init(struct printer_talk *talk, struct printer_port port, const struct jem_printer_profile *profile);
enum jem_printer_state printer_talk_look(struct printer_talk *talk);
JEM_NODISCARD enum jem_code printer_job_run(struct printer_talk *talk, const struct jem_escpos_page *page, bool resync,
    const atomic_bool *cancel, struct jem_print_report *report, struct jem_error *err);
#endif
