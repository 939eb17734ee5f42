/* usb.c - the context with its event thread, hotplug, and a device in use: opening, claims, resets. */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "jemput/clock.h"
#include "usb_own.h"

_Static_assert((int)JEM_USB_FAILED == LIBUSB_ERROR_IO && (int)JEM_USB_DENIED == LIBUSB_ERROR_ACCESS &&
                   (int)JEM_USB_GONE == LIBUSB_ERROR_NO_DEVICE && (int)JEM_USB_HELD == LIBUSB_ERROR_BUSY &&
                   (int)JEM_USB_TIMEOUT == LIBUSB_ERROR_TIMEOUT && (int)JEM_USB_OVERFLOW == LIBUSB_ERROR_OVERFLOW &&
                   (int)JEM_USB_STALL == LIBUSB_ERROR_PIPE && (int)JEM_USB_CANCELLED == LIBUSB_ERROR_INTERRUPTED,
    "the faults have the values of libusb");

#define EVENT_WAIT_US 500000
#define NAP_NS 2000000

/* ---- the context -------------------------------------------------------------------------------------------------- */

/* A device that is gone but still open keeps its file ready: without a nap the thread would spin. */
static bool usb_should_nap(struct jem_usb *usb)
{
    bool nap = false;
    (void)pthread_mutex_lock(&usb->lock);
    for (struct jem_usb_device *d = usb->devices; d; d = d->next)
        nap = nap || atomic_load(&d->gone);
    (void)pthread_mutex_unlock(&usb->lock);
    return nap;
}

static void *usb_events(void *arg)
{
    struct jem_usb *usb = arg;
    while (!atomic_load(&usb->stop)) {
        struct timeval wait = { 0, EVENT_WAIT_US };
        int rc = libusb_handle_events_timeout_completed(usb->ctx, &wait, NULL);
        if (rc != 0 || usb_should_nap(usb))
            (void)nanosleep(&(struct timespec){ 0, NAP_NS }, NULL);
    }
    return NULL;
}

static void usb_mark_gone(struct jem_usb *usb, libusb_device *lib)
{
    (void)pthread_mutex_lock(&usb->lock);
    for (struct jem_usb_device *d = usb->devices; d; d = d->next)
        if (libusb_get_device(d->handle) == lib) {
            (void)pthread_mutex_lock(&d->lock);
            atomic_store(&d->gone, true);
            (void)pthread_cond_broadcast(&d->landed);
            (void)pthread_mutex_unlock(&d->lock);
        }
    (void)pthread_mutex_unlock(&usb->lock);
}

static struct jem_usb_known *known_place(struct jem_usb *usb, const libusb_device *lib)
{
    for (size_t i = 0; i < JEM_USB_KNOWN_MAX; i++)
        if (usb->known[i].lib == lib)
            return &usb->known[i];
    return NULL;
}

bool jem_usb_recall(struct jem_usb *usb, const libusb_device *lib, struct jem_usb_info *out)
{
    (void)pthread_mutex_lock(&usb->lock);
    const struct jem_usb_known *place = known_place(usb, lib);
    bool asked = place && place->asked;
    if (asked)
        *out = place->info;
    (void)pthread_mutex_unlock(&usb->lock);
    return asked;
}

void jem_usb_remember(struct jem_usb *usb, libusb_device *lib, const struct jem_usb_info *info, bool asked)
{
    (void)pthread_mutex_lock(&usb->lock);
    struct jem_usb_known *place = known_place(usb, lib);
    if (!place && (place = known_place(usb, NULL)))
        place->lib = libusb_ref_device(lib);
    if (place) {
        place->info = *info;
        place->asked = asked;
    }
    (void)pthread_mutex_unlock(&usb->lock);
}

static bool usb_forget(struct jem_usb *usb, libusb_device *lib)
{
    (void)pthread_mutex_lock(&usb->lock);
    struct jem_usb_known *place = known_place(usb, lib);
    if (place) {
        place->lib = NULL;
        libusb_unref_device(lib);
    }
    (void)pthread_mutex_unlock(&usb->lock);
    return place != NULL;
}

static int LIBUSB_CALL usb_hotplug(libusb_context *ctx, libusb_device *lib, libusb_hotplug_event event, void *arg)
{
    struct jem_usb *usb = arg;
    struct jem_usb_info info;
    (void)ctx;
    if (event == LIBUSB_HOTPLUG_EVENT_DEVICE_LEFT) {
        usb_mark_gone(usb, lib);
        if (!usb_forget(usb, lib))
            return 0;
    } else {
        if (!jem_usb_info_read(lib, &info))
            return 0;
        jem_usb_remember(usb, lib, &info, false);
    }
    atomic_fetch_add(&usb->changes, 1);
    return 0;
}

static void usb_forget_all(struct jem_usb *usb)
{
    for (size_t i = 0; i < JEM_USB_KNOWN_MAX; i++)
        if (usb->known[i].lib)
            libusb_unref_device(usb->known[i].lib);
}

enum jem_code jem_usb_new(struct jem_usb **out, struct jem_error *err)
{
    *out = NULL;
    struct jem_usb *usb = calloc(1, sizeof *usb);
    if (!usb)
        return jem_fail_nomem(err);
    (void)pthread_mutex_init(&usb->lock, NULL);
    int rc = libusb_init(&usb->ctx);
    if (rc != 0)
        goto failed;
    (void)libusb_set_option(usb->ctx, LIBUSB_OPTION_LOG_LEVEL, LIBUSB_LOG_LEVEL_NONE);
    rc = libusb_hotplug_register_callback(usb->ctx,
        LIBUSB_HOTPLUG_EVENT_DEVICE_ARRIVED | LIBUSB_HOTPLUG_EVENT_DEVICE_LEFT, LIBUSB_HOTPLUG_ENUMERATE,
        LIBUSB_HOTPLUG_MATCH_ANY, LIBUSB_HOTPLUG_MATCH_ANY, LIBUSB_HOTPLUG_MATCH_ANY, usb_hotplug, usb, &usb->hotplug);
    if (rc == 0 && pthread_create(&usb->thread, NULL, usb_events, usb) != 0)
        rc = LIBUSB_ERROR_NO_MEM;
    if (rc == 0) {
        *out = usb;
        return JEM_OK;
    }
    usb_forget_all(usb);
    libusb_exit(usb->ctx);
failed:
    (void)pthread_mutex_destroy(&usb->lock);
    free(usb);
    return rc == LIBUSB_ERROR_NO_MEM ? jem_fail_nomem(err)
                                     : jem_fail(err, JEM_EIO, JEM_D_HW, rc, JEM_T_USB_START, libusb_error_name(rc));
}

void jem_usb_free(struct jem_usb *usb)
{
    if (!usb)
        return;
    libusb_hotplug_deregister_callback(usb->ctx, usb->hotplug);
    atomic_store(&usb->stop, true);
    libusb_interrupt_event_handler(usb->ctx);
    (void)pthread_join(usb->thread, NULL);
    usb_forget_all(usb);
    libusb_exit(usb->ctx);
    (void)pthread_mutex_destroy(&usb->lock);
    free(usb);
}

unsigned jem_usb_changes(struct jem_usb *usb)
{
    return atomic_load(&usb->changes);
}

/* ---- errors ------------------------------------------------------------------------------------------------------- */

static enum jem_code usb_fail_named(const struct jem_usb_info *info, int native, struct jem_error *err)
{
    static const struct {
        int native;
        enum jem_code code;
        enum jem_text text;
    } kinds[] = {
        { JEM_USB_DENIED, JEM_EDENIED, JEM_T_USB_DENIED },
        { JEM_USB_GONE, JEM_EIO, JEM_T_USB_GONE },
        { JEM_USB_TIMEOUT, JEM_EIO, JEM_T_USB_TIMEOUT },
        { JEM_USB_OVERFLOW, JEM_EIO, JEM_T_USB_OVERFLOW },
        { JEM_USB_STALL, JEM_EIO, JEM_T_USB_STALL },
        { JEM_USB_CANCELLED, JEM_EBUSY, JEM_T_USB_CANCELLED },
    };
    char name[160];
    jem_usb_info_label(info, name);
    if (native == LIBUSB_ERROR_NO_MEM)
        return jem_fail_nomem(err);
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (kinds[i].native == native)
            return jem_fail(err, kinds[i].code, JEM_D_HW, native, kinds[i].text, name);
    return jem_fail(err, JEM_EIO, JEM_D_HW, JEM_USB_FAILED, JEM_T_USB_FAILED, name);
}

enum jem_code jem_usb_fail(struct jem_usb_device *device, int native, struct jem_error *err)
{
    return usb_fail_named(&device->info, native, err);
}

/* ---- a device ------------------------------------------------------------------------------------------------------ */

static bool usb_is_open(struct jem_usb *usb, libusb_device *lib)
{
    bool open = false;
    (void)pthread_mutex_lock(&usb->lock);
    for (struct jem_usb_device *d = usb->devices; d; d = d->next)
        open = open || (libusb_get_device(d->handle) == lib && !atomic_load(&d->gone));
    (void)pthread_mutex_unlock(&usb->lock);
    return open;
}

bool jem_usb_opened(struct jem_usb *usb, const struct jem_usb_info *info)
{
    bool open = false;
    (void)pthread_mutex_lock(&usb->lock);
    for (struct jem_usb_device *d = usb->devices; d; d = d->next)
        open = open || (d->info.bus == info->bus && d->info.address == info->address && !atomic_load(&d->gone));
    (void)pthread_mutex_unlock(&usb->lock);
    return open;
}

static void device_init(struct jem_usb_device *device, struct jem_usb *usb)
{
    pthread_condattr_t attr;
    (void)pthread_condattr_init(&attr);
    (void)pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&device->landed, &attr);
    (void)pthread_condattr_destroy(&attr);
    (void)pthread_mutex_init(&device->lock, NULL);
    device->usb = usb;
    (void)pthread_mutex_lock(&usb->lock);
    device->next = usb->devices;
    usb->devices = device;
    (void)pthread_mutex_unlock(&usb->lock);
}

enum jem_code jem_usb_open(struct jem_usb *usb, const char *id, struct jem_usb_device **out, struct jem_error *err)
{
    char name[160];
    *out = NULL;
    struct jem_usb_device *device = calloc(1, sizeof *device);
    if (!device)
        return jem_fail_nomem(err);
    libusb_device *lib = jem_usb_find(usb, id, &device->info);
    if (!lib) {
        free(device);
        return jem_fail(err, JEM_ENOTFOUND, JEM_D_HW, JEM_USB_GONE, JEM_T_USB_NOT_THERE, id);
    }
    jem_usb_info_label(&device->info, name);
    if (usb_is_open(usb, lib)) {
        libusb_unref_device(lib);
        free(device);
        return jem_fail(err, JEM_EBUSY, JEM_D_HW, JEM_USB_HELD, JEM_T_USB_OPEN_ALREADY, name);
    }
    int rc = libusb_open(lib, &device->handle);
    libusb_unref_device(lib);
    if (rc != 0) {
        enum jem_code code = usb_fail_named(&device->info, rc, err);
        free(device);
        return code;
    }
    (void)libusb_set_auto_detach_kernel_driver(device->handle, 1);
    device_init(device, usb);
    *out = device;
    return JEM_OK;
}

enum jem_code jem_usb_may_open(struct jem_usb *usb, const char *id, struct jem_error *err)
{
    struct jem_usb_info info;
    libusb_device_handle *handle = NULL;
    libusb_device *lib = jem_usb_find(usb, id, &info);
    if (!lib)
        return jem_fail(err, JEM_ENOTFOUND, JEM_D_HW, JEM_USB_GONE, JEM_T_USB_NOT_THERE, id);
    int rc = libusb_open(lib, &handle);
    libusb_unref_device(lib);
    if (rc != 0)
        return usb_fail_named(&info, rc, err);
    libusb_close(handle);
    return JEM_OK;
}

void jem_usb_close(struct jem_usb_device *device)
{
    if (!device)
        return;
    struct jem_usb *usb = device->usb;
    struct jem_usb_transfer *all[64] = { NULL };
    size_t n = 0;
    for (struct jem_usb_transfer *t = device->transfers; t && n < 64; t = t->next)
        all[n++] = t;
    jem_usb_transfers_take_back(all, n);
    for (uint8_t i = 0; i < 32; i++)
        jem_usb_release(device, i);
    (void)pthread_mutex_lock(&usb->lock);
    for (struct jem_usb_device **p = &usb->devices; *p; p = &(*p)->next)
        if (*p == device) {
            *p = device->next;
            break;
        }
    (void)pthread_mutex_unlock(&usb->lock);
    libusb_close(device->handle);
    while (device->transfers) {
        struct jem_usb_transfer *t = device->transfers;
        device->transfers = t->next;
        libusb_free_transfer(t->lib);
        free(t->buffer);
        free(t);
    }
    (void)pthread_cond_destroy(&device->landed);
    (void)pthread_mutex_destroy(&device->lock);
    free(device);
}

const struct jem_usb_info *jem_usb_device_info(const struct jem_usb_device *device)
{
    return &device->info;
}

bool jem_usb_gone(const struct jem_usb_device *device)
{
    return atomic_load(&device->gone);
}

static unsigned interface_settings(const struct jem_usb_info *info, uint8_t interface)
{
    unsigned n = 0;
    for (size_t i = 0; i < info->alt_count; i++)
        n += info->alts[i].interface == interface;
    return n;
}

static enum jem_code claim_refused(const struct jem_usb_device *device, const char *holder, struct jem_error *err)
{
    char name[160];
    jem_usb_info_label(&device->info, name);
    return jem_fail(err, JEM_EBUSY, JEM_D_HW, JEM_USB_HELD, JEM_T_USB_HELD, name,
        holder[0] ? holder : jem_text(JEM_T_USB_HELD_SOMEBODY));
}

enum jem_code jem_usb_claim(struct jem_usb_device *device, uint8_t interface, uint8_t alt, struct jem_error *err)
{
    char holder[64];
    if (interface >= 32)
        return jem_usb_fail(device, JEM_USB_FAILED, err);
    if (!(device->claimed & 1U << interface) && jem_usb_node_held(&device->info, interface, holder))
        return claim_refused(device, holder, err);
    int rc = libusb_claim_interface(device->handle, interface);
    if (rc == LIBUSB_ERROR_BUSY) {
        jem_usb_holder(&device->info, interface, holder);
        return claim_refused(device, holder, err);
    }
    if (rc != 0)
        return jem_usb_fail(device, rc, err);
    device->claimed |= 1U << interface;
    if (alt != 0 || interface_settings(&device->info, interface) > 1)
        rc = libusb_set_interface_alt_setting(device->handle, interface, alt);
    if (rc == 0)
        return JEM_OK;
    jem_usb_release(device, interface);
    return jem_usb_fail(device, rc, err);
}

void jem_usb_release(struct jem_usb_device *device, uint8_t interface)
{
    if (interface >= 32 || !(device->claimed & 1U << interface))
        return;
    device->claimed &= ~(1U << interface);
    (void)libusb_release_interface(device->handle, interface);
}

enum jem_code jem_usb_clear_halt(struct jem_usb_device *device, uint8_t endpoint, struct jem_error *err)
{
    int rc = libusb_clear_halt(device->handle, endpoint);
    return rc == 0 ? JEM_OK : jem_usb_fail(device, rc, err);
}

enum jem_code jem_usb_reset(struct jem_usb_device *device, struct jem_error *err)
{
    int rc = libusb_reset_device(device->handle);
    if (rc == LIBUSB_ERROR_NOT_FOUND)
        rc = JEM_USB_GONE;
    return rc == 0 ? JEM_OK : jem_usb_fail(device, rc, err);
}
