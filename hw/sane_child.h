/* sane_child.h - the helper program, started for one request and gone after it.
 *
 *     start --send--> [ next: FRAME ]* --> END frame --> stop
 *                        |  SILENT (time is over)   --> stop kills
 *                        |  DIED, NONSENSE          --> stop kills
 *                        |  CANCELLED (the flag)    --> send CANCEL, next until END or 5 s --> stop
 *
 * Whatever the helper does, every call returns by its deadline, and stop leaves no process. */
#ifndef JEM_HW_SANE_CHILD_H
#define JEM_HW_SANE_CHILD_H
#include <stdatomic.h>
#include <sys/types.h>

#include "sane_frame.h"

struct sane_child {
    pid_t pid;
    int fd;
};
enum sane_next {
    SANE_NEXT_UNKNOWN = 0,
    SANE_NEXT_FRAME,
    SANE_NEXT_CANCELLED,
    SANE_NEXT_SILENT,
    SANE_NEXT_DIED,
    SANE_NEXT_NONSENSE
};

/* $JEMPUT_SANE, else jemput-sane beside the running program, else ../libexec/jemput/jemput-sane from there. False when
 * there is none. */
bool sane_child_path(char *out, size_t cap);

/* JEM_ENOTFOUND no such program | JEM_EIO it does not start */
JEM_NODISCARD enum jem_code sane_child_start(struct sane_child *child, struct jem_error *err);
/* False when the helper does not take it (it is dead or full): next tells which. */
bool sane_child_send(struct sane_child *child, const struct jem_buf *frames);
/* Waits for a whole frame until deadline_ms of jem_mono_ms; the flag (may be NULL) is seen within 50 ms. */
enum sane_next sane_child_next(struct sane_child *child, int64_t deadline_ms, const atomic_bool *cancel, unsigned *type,
    struct jem_buf *payload);
/* Closes the socket, gives the helper grace_ms to end, kills it and reaps it. 0 when it ended well, else the signal or
 * exit code. NULL pid accepted. */
int sane_child_stop(struct sane_child *child, int grace_ms);
#endif
