/* escpos_status.h - what a receipt printer says of itself: requests and answers, pure.
 *
 *   DLE EOT n   10 04 n   asks in real time: 1 printer, 2 cause of off line, 3 error, 4 paper. The answer is one byte
 *                         0xx1xx10, so that noise and other answers are told from it
 *   GS a n      1D 61 n   automatic status: 4 bytes now and at every change, the first 0xx1xx00, the others 0xx0xxxx. The
 *                         only word of a printer that takes no more bytes because its paper ran out
 *   GS r 1      1D 72 01  asks for the paper after all that was sent before has been executed: one byte 0xx0xxxx
 * Source: Epson's ESC/POS command reference; for the port status the USB printer class 1.1, 4.2.2. */
#ifndef JEM_HW_ESCPOS_STATUS_H
#define JEM_HW_ESCPOS_STATUS_H
#include "jemput/printer.h"

#define ESCPOS_ASK_BYTES 3
enum escpos_ask { ESCPOS_ASK_PRINTER = 1, ESCPOS_ASK_OFFLINE, ESCPOS_ASK_ERROR, ESCPOS_ASK_PAPER, ESCPOS_ASKS };
extern const unsigned char escpos_ask_done[ESCPOS_ASK_BYTES];      /* GS r 1 */
extern const unsigned char escpos_automatic_on[ESCPOS_ASK_BYTES];  /* GS a: off line, error, paper */
extern const unsigned char escpos_automatic_off[ESCPOS_ASK_BYTES]; /* GS a 0 */

struct escpos_ear {        /* zeroed by escpos_ear_init */
    int told[ESCPOS_ASKS]; /* the last answer as DLE EOT would give it; -1: not told */
    enum escpos_ask waits; /* 0: for nothing */
    bool waits_done;       /* GS r 1 was sent */
    int done;              /* its answer, -1: not yet */
    unsigned char automatic[4];
    unsigned automatic_len; /* bytes of one that is arriving */
    unsigned heard, noise;  /* bytes that meant something, and that did not */
};
void escpos_ear_init(struct escpos_ear *ear);
/* Notes that it is asked, forgetting the answer before. */
void escpos_ear_ask(struct escpos_ear *ear, enum escpos_ask what, unsigned char out[ESCPOS_ASK_BYTES]);
void escpos_ear_hear(struct escpos_ear *ear, const unsigned char *p, size_t n);
/* The worst that was told; READY or PAPER_LOW only when both printer and paper were told. */
enum jem_printer_state escpos_ear_state(const struct escpos_ear *ear);
/* Everything before GS r 1 was executed, with paper. */
bool escpos_ear_done(const struct escpos_ear *ear);

/* GET_PORT_STATUS can only bring bad news: a printer that does not know has to answer "paper, selected, no error", and
 * those that never heard of it answer nothing at all (0) or noise. */
enum jem_printer_state escpos_port_state(unsigned char port);
#endif
