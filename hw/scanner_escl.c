/* scanner_escl.c - eSCL behind the scanner's table: over our own USB pipes, and over the loopback port of ipp-usb.
 *
 * A scanner that was unplugged stays open here: each call looks whether the device is there, and opens it again. */
#include "scanner_escl.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "loopback.h"
#include "quirks.h"
#include "scanner_ops.h"

static const struct jem_escl_times list_times = { .retry_ms = 200,
    .answer_ms = 3000,
    .create_ms = 3000,
    .page_first_ms = 3000,
    .page_idle_ms = 3000,
    .page_total_ms = 3000,
    .drain_ms = 1000 };

static void escl_drop(struct jem_scanner_escl *s)
{
    jem_ippusb_close(s->device);
    s->device = NULL;
    s->escl.pipe = s->escl.aside = NULL;
}

static enum jem_code escl_ready_usb(struct jem_scanner_escl *s, struct jem_error *err)
{
    if (s->device && jem_ippusb_gone(s->device))
        escl_drop(s);
    if (s->device)
        return JEM_OK;
    enum jem_code code = jem_ippusb_open(s->usb, s->id, &s->device, err);
    if (code != JEM_OK)
        return code;
    s->escl.pipe = jem_ippusb_pipe(s->device, 0);
    s->escl.aside = jem_ippusb_pipe(s->device, 1);
    s->escl.quirks = jem_ippusb_quirks(s->device);
    return JEM_OK;
}

static enum jem_code escl_ready_tcp(struct jem_scanner_escl *s, struct jem_error *err)
{
    enum jem_code code = JEM_OK;
    if (!s->tcp)
        code = jem_loopback_new(s->port, &s->tcp, err);
    if (code == JEM_OK && !s->tcp_aside)
        code = jem_loopback_new(s->port, &s->tcp_aside, err);
    s->escl.pipe = s->tcp;
    s->escl.aside = s->tcp_aside;
    return code;
}

/* The capabilities tell the model, the Server field the firmware: both may have quirks. */
static void escl_learn(struct jem_scanner_escl *s)
{
    unsigned quirks = jem_quirks_of(s->escl.caps.common.model, s->escl.server);
    s->escl.quirks |= quirks;
    if (s->tcp)
        jem_loopback_host(s->tcp, quirks & JEM_QUIRK_HOST_PLAIN);
    if (s->tcp_aside)
        jem_loopback_host(s->tcp_aside, quirks & JEM_QUIRK_HOST_PLAIN);
}

static enum jem_code escl_ready(struct jem_scanner_escl *s, const atomic_bool *cancel, struct jem_error *err)
{
    enum jem_code code = s->usb ? escl_ready_usb(s, err) : escl_ready_tcp(s, err);
    if (code != JEM_OK || s->escl.caps_known)
        return code;
    if (s->escl.quirks & JEM_QUIRK_NO_ESCL)
        return jem_fail(err, JEM_ENOTFOUND, JEM_D_HW, 0, JEM_T_SCAN_NO_ESCL, s->escl.pipe->name);
    code = jem_escl_caps(&s->escl, cancel, err);
    if (code == JEM_ENOTFOUND && s->tcp && jem_quirks_of("", s->escl.server) & JEM_QUIRK_HOST_PLAIN) {
        escl_learn(s); /* refused because of the port in Host */
        code = jem_escl_caps(&s->escl, cancel, err);
    }
    if (code == JEM_OK)
        escl_learn(s);
    return code;
}

/* ---- the table ------------------------------------------------------------------------------------------------------ */

static enum jem_code escl_open(struct jem_scanner_escl fresh, void **self, struct jem_error *err)
{
    struct jem_scanner_escl *s = malloc(sizeof *s);
    *self = s;
    if (!s)
        return jem_fail_nomem(err);
    *s = fresh;
    s->escl.times = &jem_escl_times_usual;
    return JEM_OK;
}

static enum jem_code escl_open_usb(struct jem_usb *usb, const char *name, void **self, struct jem_error *err)
{
    struct jem_scanner_escl s = { .usb = usb };
    *self = NULL;
    if (!usb || strlen(name) >= sizeof s.id || !strchr(name, '/'))
        return jem_fail(err, JEM_EINVAL, JEM_D_HW, 0, JEM_T_SCAN_ID, name);
    (void)snprintf(s.id, sizeof s.id, "%s", name);
    return escl_open(s, self, err);
}

static enum jem_code escl_open_tcp(struct jem_usb *usb, const char *name, void **self, struct jem_error *err)
{
    (void)usb;
    *self = NULL;
    char *end;
    unsigned long port = name[0] >= '1' && name[0] <= '9' ? strtoul(name, &end, 10) : 0;
    if (port == 0 || *end != '\0' || port > 65535)
        return jem_fail(err, JEM_EINVAL, JEM_D_HW, 0, JEM_T_SCAN_ID, name);
    return escl_open((struct jem_scanner_escl){ .port = (unsigned)port }, self, err);
}

static void escl_close(void *self)
{
    struct jem_scanner_escl *s = self;
    if (!s)
        return;
    escl_drop(s);
    jem_loopback_free(s->tcp);
    jem_loopback_free(s->tcp_aside);
    free(s);
}

static enum jem_code escl_caps(void *self, struct jem_scanner_caps *out, struct jem_error *err)
{
    struct jem_scanner_escl *s = self;
    enum jem_code code = escl_ready(s, NULL, err);
    if (code == JEM_OK)
        *out = s->escl.caps.common;
    return code;
}

static enum jem_code escl_status(void *self, struct jem_scanner_status *out, struct jem_error *err)
{
    struct jem_scanner_escl *s = self;
    struct jem_escl_status status;
    struct jem_error why = { 0 };
    enum jem_code code = escl_ready(s, NULL, &why);
    if (code == JEM_OK)
        code = jem_escl_status(&s->escl, NULL, &status, &why);
    if (code == JEM_OK)
        *out = status.common;
    else if (why.native == JEM_USB_GONE) {
        out->state = JEM_SCANNER_GONE;
        return JEM_OK;
    }
    if (code != JEM_OK && err)
        *err = why;
    return code;
}

static enum jem_code escl_scan(void *self, const struct jem_scan_settings *settings, struct jem_scan_run *run,
    struct jem_error *err)
{
    struct jem_scanner_escl *s = self;
    struct jem_error why = { 0 };
    if (escl_ready(s, run->cancel, &why) != JEM_OK)
        return jem_scan_broke(run, &why, err);
    return jem_escl_scan(&s->escl, settings, run, err);
}

/* ---- the lists ------------------------------------------------------------------------------------------------------ */

/* Asks for the capabilities: *out is filled as far as that goes. False when it is no scanner. */
static bool info_ask(struct jem_scanner_escl *s, struct jem_scanner_info *out)
{
    struct jem_error why = { 0 };
    s->escl.times = &list_times;
    enum jem_code code = escl_ready(s, NULL, &why);
    out->usable = code == JEM_OK;
    if (code == JEM_OK) {
        const struct jem_scanner_caps *caps = &s->escl.caps.common;
        if (caps->model[0])
            (void)snprintf(out->name, sizeof out->name, "%s", caps->model);
        if (caps->serial[0] && !out->serial[0])
            (void)snprintf(out->serial, sizeof out->serial, "%s", caps->serial);
        return true;
    }
    (void)snprintf(out->why, sizeof out->why, "%s", why.msg);
    return code != JEM_ENOTFOUND || s->escl.quirks & JEM_QUIRK_NO_ESCL;
}

/* Another program's claim shows before anything is asked; the kernel's driver can be detached. */
static bool info_held(const struct jem_usb_info *info, uint8_t interface, struct jem_scanner_info *out)
{
    char holder[64];
    jem_usb_holder(info, interface, holder);
    size_t n = strlen(holder);
    if (n == 0 || (n > 8 && strcmp(holder + n - 8, "(kernel)") == 0))
        return false;
    (void)snprintf(out->why, sizeof out->why, jem_text(JEM_T_USB_HELD), out->name, holder);
    return true;
}

static bool info_usb(struct jem_usb *usb, const struct jem_usb_info *device, struct jem_scanner_info *out)
{
    const struct jem_usb_alt *alts[JEM_IPPUSB_PIPES_MAX];
    char name[160];
    *out = (struct jem_scanner_info){ .via = JEM_VIA_USB };
    if (jem_ippusb_alts(device, alts, JEM_IPPUSB_PIPES_MAX) == 0)
        return false;
    (void)snprintf(out->id, sizeof out->id, "usb:%s", device->id);
    jem_usb_info_label(device, name);
    (void)snprintf(out->name, sizeof out->name, "%.120s", name);
    (void)snprintf(out->serial, sizeof out->serial, "%s", device->serial);
    out->usable = jem_usb_opened(usb, device); /* it is we who use it: nothing is asked in between */
    if (out->usable)
        return true;
    if (info_held(device, alts[0]->interface, out))
        return true;
    struct jem_scanner_escl s = { .usb = usb };
    (void)snprintf(s.id, sizeof s.id, "%s", device->id);
    bool is_scanner = info_ask(&s, out);
    escl_drop(&s);
    return is_scanner;
}

static enum jem_code escl_list_usb(struct jem_usb *usb, struct jem_scanner_list *list, struct jem_error *err)
{
    struct jem_usb_info *devices = NULL;
    struct jem_scanner_info info;
    size_t n = 0;
    if (!usb)
        return JEM_OK;
    enum jem_code code = jem_usb_list(usb, &devices, &n, err);
    if (code != JEM_OK)
        return code == JEM_ENOMEM ? code : JEM_OK;
    for (size_t i = 0; i < n && code == JEM_OK; i++)
        if (info_usb(usb, &devices[i], &info))
            code = jem_scanner_list_add(list, &info, err);
    free(devices);
    return code;
}

static enum jem_code escl_list_tcp(struct jem_usb *usb, struct jem_scanner_list *list, struct jem_error *err)
{
    enum jem_code code = JEM_OK;
    (void)usb;
    for (unsigned port = JEM_LOOPBACK_FIRST_PORT; port < JEM_LOOPBACK_FIRST_PORT + JEM_LOOPBACK_PORTS && code == JEM_OK;
         port++) {
        if (!jem_loopback_listens(port))
            continue;
        struct jem_scanner_info info = { .via = JEM_VIA_IPP_USB };
        struct jem_scanner_escl s = { .port = port };
        (void)snprintf(info.id, sizeof info.id, "ipp-usb:%u", port);
        if (info_ask(&s, &info) && info.usable) /* anything may listen on a port */
            code = jem_scanner_list_add(list, &info, err);
        jem_loopback_free(s.tcp);
        jem_loopback_free(s.tcp_aside);
    }
    return code;
}

const struct jem_scanner_ops jem_scanner_usb = { "usb", JEM_VIA_USB, escl_list_usb, escl_open_usb, escl_close,
    escl_caps, escl_status, escl_scan };
const struct jem_scanner_ops jem_scanner_ipp_usb = { "ipp-usb", JEM_VIA_IPP_USB, escl_list_tcp, escl_open_tcp,
    escl_close, escl_caps, escl_status, escl_scan };
