/* print.h - receipts to paper: which printer, the queue, what came of it.
 *
 *   queued --run--> printing --the printer confirms--> printed         (receipt.printed in the same unit)
 *     ^               |  \--all was sent, nobody confirms--> unknown --answer yes--> printed
 *     |               |                                         \----answer no----> failed
 *     |               \--it was not printed whole--> failed --run--> printing
 *     drop: queued or failed --> dropped
 *
 * A job is durable before its first byte goes out, with its copy: 0 is the original, n prints SALINAN n. A process that dies
 * in mid-print leaves `printing`; whoever looks next finds its lock free and makes it `unknown`: the officer is asked. So a
 * receipt counts as issued exactly once. A number has one job at a time that may still become paper.
 *
 * `usb` may be NULL everywhere: then only /dev/usb/lpN and CUPS are looked at. */
#ifndef JEMPUT_PRINT_H
#define JEMPUT_PRINT_H
#include <stdatomic.h>

#include "jemput/app.h"

struct jem_usb;

/* {"printers":[{"id","name","via","serial","profile","profile_name","width","dots","usable":bool,"why","chosen":bool,
 *  "state","state_text"}],"profiles":[{"id","name"}]}; state only with `look`, which takes up to 2 s a printer. */
JEM_NODISCARD enum jem_code jem_print_printers(struct jem_app *app, struct jem_usb *usb, bool look, json_t **out,
    struct jem_error *err);
/* Remembers the printer (and, unless NULL, its profile) for this store. {"id","name","profile"}
 * JEM_ENOTFOUND no such printer: the message names those that are here | JEM_EINVAL no such profile */
JEM_NODISCARD enum jem_code jem_print_choose(struct jem_app *app, struct jem_usb *usb, const char *printer,
    const char *profile, json_t **out, struct jem_error *err);

/* Whether an application's receipt is printed as soon as it is recorded, when a printer is here. On until switched off. */
bool jem_print_auto(struct jem_app *app);
JEM_NODISCARD enum jem_code jem_print_auto_set(struct jem_app *app, bool on, struct jem_error *err);

/* What stands for an application's number where the ticket of a day is printed: above every number of an application. */
uint64_t jem_print_ticket(int32_t day, unsigned ticket);
/* A job is {"job":id,"number","state","state_text","reason","copy","width","format","printer","officer","at_ms",
 * "ask":bool}; ask: it waits for jem_print_answer.
 * That of a ticket has also {"ticket","day" since 1970-01-01}, its number is as on paper; nothing is recorded of it and nobody is
 * asked: it counts as printed when nobody can say. */

/* Puts the receipt into the queue of a printer (NULL: the remembered one, else the only one). Durable when it returns.
 * Jobs of the receipt that failed before are dropped: this one stands for them. JEM_EEXISTS it has a job already: *out is that one | JEM_ENOTFOUND no printer | JEM_EDENIED taken elsewhere */
JEM_NODISCARD enum jem_code jem_print_add(struct jem_app *app, struct jem_usb *usb, uint64_t number,
    const char *printer, json_t **out, struct jem_error *err);
/* Prints a job that is queued or failed, in this thread: seconds, two minutes at most. *out is the job as it then stands,
 * also on failure when it could be read. JEM_OK: printed or unknown | JEM_EBUSY another job prints there, or paper, cover,
 * off line | JEM_EIO, ... why it failed */
JEM_NODISCARD enum jem_code jem_print_run(struct jem_app *app, struct jem_usb *usb, int64_t job,
    const atomic_bool *cancel, json_t **out, struct jem_error *err);
/* "Did paper come out?" *out is the job. JEM_EINVAL: it is not asked. */
JEM_NODISCARD enum jem_code jem_print_answer(struct jem_app *app, int64_t job, bool came_out, json_t **out,
    struct jem_error *err);
JEM_NODISCARD enum jem_code jem_print_drop(struct jem_app *app, int64_t job, json_t **out, struct jem_error *err);
/* Jobs of one number, or all (0), newest first, at most 50: {"jobs":[..]}. With `open` only those that wait for
 * something: queued, printing, unknown, failed. Settles what a dead process left. */
JEM_NODISCARD enum jem_code jem_print_jobs(struct jem_app *app, uint64_t number, bool open, json_t **out,
    struct jem_error *err);
#endif
