/* vusb_file.c - lines of "key value" become USB descriptors (USB 2.0, chapter 9.6). */
#include "vusb_file.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void vusb_die(const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    (void)fputs("vusb: ", stderr);
    (void)vfprintf(stderr, fmt, ap);
    (void)fputc('\n', stderr);
    va_end(ap);
    exit(99);
}

const char *vusb_file_key(const struct vusb_file *file, const char *key, size_t nth)
{
    for (size_t i = 0; i < file->key_count; i++)
        if (strcmp(file->keys[i].key, key) == 0 && nth-- == 0)
            return file->keys[i].value;
    return NULL;
}

static void config_add(struct vusb_file *file, const uint8_t *p, size_t n)
{
    if (n > sizeof file->config - file->config_len)
        vusb_die("descriptors are too long");
    memcpy(file->config + file->config_len, p, n);
    file->config_len += n;
}

static size_t hex_bytes(const char *s, uint8_t *out, size_t cap)
{
    size_t n = 0;
    unsigned value;
    int used;
    while (sscanf(s, " %2x%n", &value, &used) == 1) {
        if (n == cap)
            vusb_die("too many bytes: %s", s);
        out[n++] = (uint8_t)value;
        s += used;
    }
    return n;
}

struct vusb_reading {
    struct vusb_file *file;
    unsigned interface, alt;
    size_t interface_at; /* of its descriptor, to count endpoints */
};

static void read_interface(struct vusb_reading *r, const char *value)
{
    unsigned class, subclass, protocol;
    if (sscanf(value, "%u alt %u class %u/%u/%u", &r->interface, &r->alt, &class, &subclass, &protocol) != 5 ||
        r->interface >= VUSB_INTERFACES)
        vusb_die("interface %s", value);
    r->interface_at = r->file->config_len;
    const uint8_t d[9] = { 9, 4, (uint8_t)r->interface, (uint8_t)r->alt, 0, (uint8_t) class, (uint8_t)subclass,
        (uint8_t)protocol, 0 };
    config_add(r->file, d, sizeof d);
    if (r->interface + 1 > r->file->interfaces)
        r->file->interfaces = (uint8_t)(r->interface + 1);
}

static void read_endpoint(struct vusb_reading *r, const char *value)
{
    unsigned address, max_packet;
    char kind[16];
    struct vusb_file *file = r->file;
    if (sscanf(value, "%x %15s %u", &address, kind, &max_packet) != 3 || r->interface_at == 0 ||
        file->endpoint_count == sizeof file->endpoints / sizeof file->endpoints[0])
        vusb_die("endpoint %s", value);
    bool interrupt = strcmp(kind, "interrupt") == 0;
    const uint8_t d[7] = { 7, 5, (uint8_t)address, interrupt ? 3 : 2, (uint8_t)max_packet, (uint8_t)(max_packet >> 8),
        interrupt ? 4 : 0 };
    config_add(file, d, sizeof d);
    file->config[r->interface_at + 4]++;
    file->endpoints[file->endpoint_count++] = (struct vusb_endpoint_facts){ (uint8_t)address, (uint8_t)r->interface,
        (uint8_t)r->alt, (uint16_t)max_packet, interrupt };
}

static void read_line(struct vusb_reading *r, const char *key, const char *value)
{
    struct vusb_file *file = r->file;
    if (strcmp(key, "vendor") == 0)
        file->vendor = (uint16_t)strtoul(value, NULL, 16);
    else if (strcmp(key, "product") == 0)
        file->product = (uint16_t)strtoul(value, NULL, 16);
    else if (strcmp(key, "speed") == 0)
        file->speed = (unsigned)strtoul(value, NULL, 10);
    else if (strcmp(key, "port") == 0)
        file->port = (unsigned)strtoul(value, NULL, 10);
    else if (strcmp(key, "interface") == 0)
        read_interface(r, value);
    else if (strcmp(key, "endpoint") == 0)
        read_endpoint(r, value);
    else if (strcmp(key, "report") == 0)
        file->report_len += hex_bytes(value, file->report + file->report_len, sizeof file->report - file->report_len);
    else if (strcmp(key, "driver") == 0 && r->interface_at)
        (void)snprintf(file->driver[r->interface], sizeof file->driver[0], "%s", value);
    else if (strcmp(key, "extra") == 0) {
        uint8_t bytes[64];
        config_add(file, bytes, hex_bytes(value, bytes, sizeof bytes));
    }
}

static void keep_key(struct vusb_file *file, const char *key, const char *value)
{
    if (file->key_count == VUSB_KEYS)
        vusb_die("too many keys");
    file->keys[file->key_count].key = strdup(key);
    file->keys[file->key_count].value = strdup(value);
    if (!file->keys[file->key_count].key || !file->keys[file->key_count].value)
        vusb_die("out of memory");
    file->key_count++;
}

static void finish(struct vusb_file *file)
{
    uint8_t serial = vusb_file_key(file, "serial", 0) ? 3 : 0;
    const uint8_t device[18] = { 18, 1, 0, 2, 0, 0, 0, 64, (uint8_t)file->vendor, (uint8_t)(file->vendor >> 8),
        (uint8_t)file->product, (uint8_t)(file->product >> 8), 0, 1, 1, 2, serial, 1 };
    memcpy(file->device, device, sizeof device);
    file->config[0] = 9;
    file->config[1] = 2;
    file->config[2] = (uint8_t)file->config_len;
    file->config[3] = (uint8_t)(file->config_len >> 8);
    file->config[4] = file->interfaces;
    file->config[5] = 1;
    file->config[7] = 0xc0;
    file->config[8] = 1;
}

void vusb_file_read(struct vusb_file *file, const char *folder)
{
    char path[512], line[1024];
    (void)snprintf(path, sizeof path, "%s/device", folder);
    FILE *f = fopen(path, "r");
    if (!f)
        vusb_die("cannot open %s", path);
    *file = (struct vusb_file){ .speed = 480, .config_len = 9 };
    struct vusb_reading r = { .file = file };
    while (fgets(line, sizeof line, f)) {
        line[strcspn(line, "#\r\n")] = '\0';
        char *key = line + strspn(line, " \t");
        char *value = key + strcspn(key, " \t");
        if (*value)
            *value++ = '\0';
        value += strspn(value, " \t");
        size_t n = strlen(value);
        while (n > 0 && (value[n - 1] == ' ' || value[n - 1] == '\t'))
            value[--n] = '\0';
        if (!*key)
            continue;
        keep_key(file, key, value);
        read_line(&r, key, value);
    }
    (void)fclose(f);
    if (file->interfaces == 0 || file->vendor == 0)
        vusb_die("%s: no interface or no vendor", path);
    finish(file);
}

void vusb_file_release(struct vusb_file *file)
{
    for (size_t i = 0; i < file->key_count; i++) {
        free(file->keys[i].key);
        free(file->keys[i].value);
    }
    file->key_count = 0;
}
