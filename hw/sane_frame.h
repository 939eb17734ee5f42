/* sane_frame.h - what jemput and its helper jemput-sane say to each other, over a socket pair.
 *
 *   frame = type u8 | length u32 | payload; numbers big endian, text = length u16 + bytes
 *
 *   to the helper, one request in its life, then at most CANCEL (the end of the socket means the same):
 *     LIST                           -> DEVICE*, END
 *     OPEN  name                     -> END (opened and closed)
 *     CAPS  name                     -> CAPS_ARE, END
 *     SCAN  name, settings           -> PAGE*, END
 *     CANCEL
 *   from the helper:
 *     DEVICE    name, maker, model
 *     CAPS_ARE  model, then for each source of enum jem_scan_source from 1 its struct (below)
 *     PAGE      a whole JPEG
 *     END       stage u8, status u8 (SANE_Status), the backend's words
 *
 * The helper runs code of scanner makers on data of scanners: the reader believes no length above the type's own. */
#ifndef JEM_HW_SANE_FRAME_H
#define JEM_HW_SANE_FRAME_H
#include "jemput/buf.h"
#include "jemput/scanner.h"

enum sane_frame {
    SANE_FRAME_UNKNOWN = 0,
    SANE_FRAME_LIST = 'L',
    SANE_FRAME_OPEN = 'O',
    SANE_FRAME_CAPS = 'C',
    SANE_FRAME_SCAN = 'S',
    SANE_FRAME_CANCEL = 'X',
    SANE_FRAME_DEVICE = 'D',
    SANE_FRAME_CAPS_ARE = 'K',
    SANE_FRAME_PAGE = 'P',
    SANE_FRAME_END = 'E'
};
#define SANE_FRAME_HEAD 5
#define SANE_PAGE_MAX_BYTES ((size_t)48 << 20)
/* The longest payload of a type; false for a type that there is not. */
bool sane_frame_max(unsigned type, size_t *max_bytes);

/* The steps of a scan, in their order: a status means other things in each. */
enum sane_stage {
    SANE_STAGE_UNKNOWN = 0,
    SANE_STAGE_INIT,
    SANE_STAGE_OPEN,
    SANE_STAGE_OPTIONS,
    SANE_STAGE_START,
    SANE_STAGE_READ,
    SANE_STAGE_DONE
};
struct sane_end {
    enum sane_stage stage; /* that it got to */
    unsigned status;       /* SANE_Status there, 0 good */
    char text[128];        /* the backend's words: printable ASCII */
};

/* A frame with an empty payload; close it when the payload is written. */
size_t sane_frame_open(struct jem_buf *b, enum sane_frame type);
void sane_frame_close(struct jem_buf *b, size_t at);
void sane_put_text(struct jem_buf *b, const char *s); /* cut to 255 bytes; what is not printable ASCII becomes '?' */
void sane_get_text(struct jem_reader *r, char *out, size_t cap); /* likewise; r fails when it does not fit */

void sane_put_settings(struct jem_buf *b, const struct jem_scan_settings *settings);
bool sane_get_settings(struct jem_reader *r, struct jem_scan_settings *out);
void sane_put_caps(struct jem_buf *b, const struct jem_scanner_caps *caps);
/* False for what no device can have: counts past the arrays, unknown colours, sizes of over 3 m, min above max. */
bool sane_get_caps(struct jem_reader *r, struct jem_scanner_caps *out);
void sane_put_end(struct jem_buf *b, const struct sane_end *end);
bool sane_get_end(struct jem_reader *r, struct sane_end *out);
#endif
