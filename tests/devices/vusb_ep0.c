/* vusb_ep0.c - standard requests (USB 2.0, chapter 9.4) and GET_DEVICE_ID of the printer class. */
#include "vusb_ep0.h"

#include <string.h>

static int string_descriptor(const struct vusb_file *file, unsigned index, uint8_t *out)
{
    static const char *const keys[] = { NULL, "maker", "model", "serial" };
    if (index == 0) {
        memcpy(out, "\x04\x03\x09\x04", 4);
        return 4;
    }
    const char *s = index < 4 ? vusb_file_key(file, keys[index], 0) : NULL;
    if (!s)
        return -1;
    int n = 2;
    for (; *s && n < 250; s++) {
        out[n++] = (uint8_t)*s;
        out[n++] = 0;
    }
    out[0] = (uint8_t)n;
    out[1] = 3;
    return n;
}

static int answer(uint8_t *data, size_t len, const void *p, size_t n)
{
    n = n < len ? n : len;
    memcpy(data, p, n);
    return (int)n;
}

int vusb_ep0(const struct vusb_file *file, const uint8_t setup[8], uint8_t *data, size_t len)
{
    uint8_t text[256];
    unsigned kind = setup[3], index = setup[2];
    if (setup[0] == 0x80 && setup[1] == 6) {
        int n = kind == 3 ? string_descriptor(file, index, text) : -1;
        return kind == 1   ? answer(data, len, file->device, sizeof file->device)
               : kind == 2 ? answer(data, len, file->config, file->config_len)
               : n > 0     ? answer(data, len, text, (size_t)n)
                           : -1;
    }
    if (setup[0] == 0x81 && setup[1] == 6 && kind == 0x22 && file->report_len)
        return answer(data, len, file->report, file->report_len);
    if (setup[0] == 0x80 && setup[1] == 0)
        return answer(data, len, "\1", 2);
    const char *id1284 = vusb_file_key(file, "id1284", 0);
    if (setup[0] == 0xa1 && setup[1] == 0 && id1284 && strlen(id1284) < 250) {
        size_t n = strlen(id1284) + 2;
        text[0] = 0;
        text[1] = (uint8_t)n;
        memcpy(text + 2, id1284, n - 2);
        return answer(data, len, text, n);
    }
    return VUSB_EP0_NOT_MINE;
}
