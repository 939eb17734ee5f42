/* vusb_file.h - the folder of a virtual device: its file `device` read into descriptors. */
#ifndef VUSB_FILE_H
#define VUSB_FILE_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define VUSB_INTERFACES 8
#define VUSB_KEYS 96

struct vusb_endpoint_facts {
    uint8_t address, interface, alt;
    uint16_t max_packet;
    bool interrupt;
};
struct vusb_file {
    uint16_t vendor, product;
    unsigned speed, port; /* port 0: any */
    uint8_t device[18], config[1024];
    size_t config_len;
    uint8_t interfaces;
    uint8_t report[512];
    size_t report_len;
    char driver[VUSB_INTERFACES][32];
    struct vusb_endpoint_facts endpoints[32];
    size_t endpoint_count;
    struct {
        char *key, *value;
    } keys[VUSB_KEYS];
    size_t key_count;
};
/* Ends the program with a message when the file is not as vusb.h says. */
void vusb_file_read(struct vusb_file *file, const char *folder);
void vusb_file_release(struct vusb_file *file);
const char *vusb_file_key(const struct vusb_file *file, const char *key, size_t nth);
/* Prints "vusb: ..." and ends the program. */
_Noreturn void vusb_die(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
#endif
