/* quirks.h - what some devices do differently, one line a model with its evidence. */
#ifndef JEM_HW_QUIRKS_H
#define JEM_HW_QUIRKS_H

enum jem_quirk {                 /* bits */
    JEM_QUIRK_ONE_PIPE = 1,      /* works with one IPP-USB interface only: no cancel in mid-page */
    JEM_QUIRK_RETRY_404 = 2,     /* NextDocument answers 404 or 410 before a page is ready */
    JEM_QUIRK_NO_ESCL = 4,       /* offers the interface, answers 404 to everything */
    JEM_QUIRK_RESET_ON_OPEN = 8, /* answers only after a reset of the port */
    JEM_QUIRK_HOST_PORT = 16,    /* wants the port in Host, also over USB */
    JEM_QUIRK_HOST_PLAIN = 32,   /* wants "localhost" in Host, without a port */
    JEM_QUIRK_SLOW_START = 64,   /* needs up to 20 s for its first answer */
    JEM_QUIRK_ASK_FEEDER = 128   /* must not be told to scan from an empty feeder */
};
/* By maker and model as USB or the capabilities tell them, and by the Server field; either may be "". */
unsigned jem_quirks_of(const char *maker_and_model, const char *server);

struct jem_quirk_line {
    const char *model;  /* a pattern of fnmatch on maker and model, or NULL */
    const char *server; /* the same on the Server field, or NULL */
    unsigned quirks;
    const char *symptom, *evidence;
};
/* Line i of the table; NULL past its end. */
const struct jem_quirk_line *jem_quirk_line(unsigned i);
#endif
