/* escpos_status.c - what a receipt printer says of itself: see the header. */
#include "escpos_status.h"

#define PORT_PAPER_OUT 0x20
#define PORT_SELECTED 0x10
#define PORT_NO_ERROR 0x08

const unsigned char escpos_ask_done[ESCPOS_ASK_BYTES] = { 0x1D, 'r', 1 };
const unsigned char escpos_automatic_on[ESCPOS_ASK_BYTES] = { 0x1D, 'a', 0x0E };
const unsigned char escpos_automatic_off[ESCPOS_ASK_BYTES] = { 0x1D, 'a', 0 };

void escpos_ear_init(struct escpos_ear *ear)
{
    *ear = (struct escpos_ear){ .told = { -1, -1, -1, -1, -1 }, .done = -1 };
}

void escpos_ear_ask(struct escpos_ear *ear, enum escpos_ask what, unsigned char out[ESCPOS_ASK_BYTES])
{
    ear->told[what] = -1;
    ear->waits = what;
    out[0] = 0x10;
    out[1] = 0x04;
    out[2] = (unsigned char)what;
}

/* An automatic status in the words of DLE EOT. */
static void ear_automatic(struct escpos_ear *ear)
{
    const unsigned char *a = ear->automatic;
    int error = (a[1] & 0x08) | (a[1] & 0x20) | (a[1] & 0x40);
    ear->told[ESCPOS_ASK_PRINTER] = 0x12 | (a[0] & 0x08);
    ear->told[ESCPOS_ASK_OFFLINE] = 0x12 | (a[0] & 0x20 ? 0x04 : 0) | (error ? 0x40 : 0);
    ear->told[ESCPOS_ASK_ERROR] = 0x12 | error;
    ear->told[ESCPOS_ASK_PAPER] = 0x12 | (a[2] & 0x03 ? 0x0C : 0) | (a[2] & 0x0C ? 0x60 : 0);
    ear->automatic_len = 0;
}

static void ear_byte(struct escpos_ear *ear, unsigned char b)
{
    bool tail = (b & 0x90) == 0;
    ear->heard++;
    if (ear->automatic_len > 0 && tail) {
        ear->automatic[ear->automatic_len++] = b;
        if (ear->automatic_len == 4)
            ear_automatic(ear);
    } else if ((b & 0x93) == 0x10) {
        ear->automatic[0] = b;
        ear->automatic_len = 1;
    } else if ((b & 0x93) == 0x12 && ear->waits != 0) {
        ear->told[ear->waits] = b;
        ear->waits = 0;
    } else if (tail && ear->waits_done) {
        ear->done = b;
        ear->waits_done = false;
    } else {
        ear->heard--;
        ear->noise++;
    }
}

void escpos_ear_hear(struct escpos_ear *ear, const unsigned char *p, size_t n)
{
    for (size_t i = 0; i < n; i++)
        ear_byte(ear, p[i]);
}

bool escpos_ear_done(const struct escpos_ear *ear)
{
    return ear->done >= 0 && (ear->done & 0x0C) == 0;
}

enum jem_printer_state escpos_ear_state(const struct escpos_ear *ear)
{
    int printer = ear->told[ESCPOS_ASK_PRINTER], cause = ear->told[ESCPOS_ASK_OFFLINE],
        error = ear->told[ESCPOS_ASK_ERROR], paper = ear->told[ESCPOS_ASK_PAPER];
    if (cause >= 0 && cause & 0x04)
        return JEM_PRINTER_COVER_OPEN;
    if ((paper >= 0 && paper & 0x60) || (cause >= 0 && cause & 0x20))
        return JEM_PRINTER_PAPER_OUT;
    if ((error >= 0 && error & 0x68) || (cause >= 0 && cause & 0x40))
        return JEM_PRINTER_FAULT;
    if (printer >= 0 && printer & 0x08)
        return JEM_PRINTER_OFFLINE;
    if (printer < 0 || paper < 0)
        return JEM_PRINTER_UNKNOWN;
    return paper & 0x0C ? JEM_PRINTER_PAPER_LOW : JEM_PRINTER_READY;
}

enum jem_printer_state escpos_port_state(unsigned char port)
{
    if (port == 0 || port & 0xC7)
        return JEM_PRINTER_UNKNOWN;
    if (port & PORT_PAPER_OUT)
        return JEM_PRINTER_PAPER_OUT;
    if (!(port & PORT_NO_ERROR))
        return JEM_PRINTER_FAULT;
    return port & PORT_SELECTED ? JEM_PRINTER_UNKNOWN : JEM_PRINTER_OFFLINE;
}
