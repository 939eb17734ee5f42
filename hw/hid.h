/* hid.h - the report descriptor of a code scanner, pure: which bits of which input report hold the scanned text.
 * Source: Device Class Definition for HID 1.11, 6.2.2 (items); HID Usage Tables, page 0x8C (bar code scanner): the
 * application collection is usage 0x02; "decoded data" 0xFE, "decode data continued" 0xFF; the count of bytes is usage 0x3B of
 * page 0x01. Readers without a count fill the rest of the report with zeros. Private to hw. */
#ifndef JEM_HW_HID_H
#define JEM_HW_HID_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HID_DESCRIPTOR_MAX 4096
#define HID_REPORTS_MAX 8

struct hid_field { /* in bits from the start of the report, its id not counted; bits 0: there is none */
    uint32_t at, bits;
};
struct hid_report {
    uint8_t id; /* 0: reports have no id */
    uint32_t bits;
    struct hid_field data, count, more;
};
struct hid_scanner {
    struct hid_report reports[HID_REPORTS_MAX]; /* those with data */
    size_t report_count;
    bool numbered; /* the first byte of each report is its id */
};
/* False: damaged, or no code scanner. Takes whatever bytes a device sends. */
bool hid_scanner_parse(const uint8_t *p, size_t n, struct hid_scanner *out);
/* One input report: appends at most cap - *len bytes to text. *more: the code goes on in the next report. False: the report is
 * none of ours, or does not fit. */
bool hid_scanner_read(const struct hid_scanner *scanner, const uint8_t *report, size_t n, char *text, size_t cap,
    size_t *len, bool *more);
#endif
