/* doctor.c - what keeps a day's work from going well, each finding with what to do about it. A fault stops something now;
 * a note is worth knowing. Nothing here is changed, and nothing goes over the network. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "devices_own.h"
#include "jemput/clock.h"
#include "jemput/usb.h"

#define DOCTOR_DISK_FAULT ((int64_t)300000000)
#define DOCTOR_DISK_NOTE ((int64_t)2000000000)
#define DOCTOR_HUB_NOTE_MS ((int64_t)7 * 24 * 3600 * 1000)

static const char *const doctor_ok = "ok", *const doctor_note = "note", *const doctor_fault = "fault";

struct doctor {
    struct jem_app *app;
    struct jem_usb *usb;
    json_t *findings;
    bool faults;
};

static void doctor_find(struct doctor *d, const char *check, const char *level, const char *subject, const char *text)
{
    json_array_append_new(d->findings,
        json_pack("{s:s,s:s,s:s,s:s}", "check", check, "level", level, "subject", subject, "text", text));
    d->faults = d->faults || level == doctor_fault;
}

static void doctor_device(struct doctor *d, const char *check, const char *level, const json_t *device,
    const char *text)
{
    char subject[300];
    (void)snprintf(subject, sizeof subject, "%s (%s)", jem_json_str(device, "name", ""),
        jem_json_str(device, "id", ""));
    doctor_find(d, check, level, subject, text);
}

/* ---- devices ---- */

static void doctor_scanner(struct doctor *d, const json_t *s)
{
    const char *state = jem_json_str(s, "state", "unknown"), *adf = jem_json_str(s, "adf", "unknown");
    bool trouble = strcmp(state, "stopped") == 0 || strcmp(state, "gone") == 0 || strcmp(adf, "jam") == 0 ||
                   strcmp(adf, "cover") == 0;
    if (!jem_json_bool(s, "usable", false))
        doctor_device(d, "scanner", doctor_fault, s, jem_json_str(s, "why", ""));
    else
        doctor_device(d, "scanner", trouble ? doctor_fault : doctor_ok, s, jem_json_str(s, "state_text", ""));
}

static void doctor_printer(struct doctor *d, const json_t *p)
{
    static const char *const faults[] = { "paper_out", "cover_open", "offline", "fault", "stuck", "gone" };
    const char *state = jem_json_str(p, "state", "unknown");
    bool ready = strcmp(state, "ready") == 0;
    const char *level = ready ? doctor_ok : doctor_note; /* many printers never tell: that is no fault */
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++)
        if (strcmp(state, faults[i]) == 0)
            level = doctor_fault;
    if (!jem_json_bool(p, "usable", false))
        doctor_device(d, "printer", doctor_fault, p, jem_json_str(p, "why", ""));
    else
        doctor_device(d, "printer", level, p, jem_json_str(p, "state_text", ""));
}

static void doctor_reader(struct doctor *d, const json_t *r)
{
    bool usable = jem_json_bool(r, "usable", false);
    doctor_device(d, "reader", usable ? doctor_ok : doctor_fault, r,
        usable ? jem_text(JEM_T_DOCTOR_READER) : jem_json_str(r, "why", ""));
}

/* The device that was chosen once and is in no list now: its cable. */
static void doctor_chosen(struct doctor *d, const char *check, const char *key, const json_t *devices)
{
    char chosen[OWN_DEVICE_ID_CAP];
    struct jem_buf text = JEM_BUF_INIT(400);
    size_t i;
    json_t *it;
    (void)own_meta(d->app->store, key, "", chosen, sizeof chosen);
    const char *serial = strchr(chosen, '/');
    bool here = *chosen == '\0';
    json_array_foreach(devices, i, it)
    {
        const char *id = jem_json_str(it, "id", ""), *own = strchr(id, '/');
        here = here || strcmp(id, chosen) == 0 || (serial != NULL && own != NULL && strcmp(serial, own) == 0);
    }
    jem_buf_fmt(&text, jem_text(JEM_T_DOCTOR_NOT_HERE), chosen);
    if (!here)
        doctor_find(d, check, doctor_fault, chosen, jem_buf_text(&text));
    jem_buf_release(&text);
}

static bool doctor_listed(const json_t *devices, const char *usb_id)
{
    size_t i;
    json_t *it;
    json_array_foreach(devices, i, it)
    {
        const char *id = jem_json_str(it, "id", "");
        if (strncmp(id, "usb:", 4) == 0 && strcmp(id + 4, usb_id) == 0)
            return true;
    }
    return false;
}

/* Other programs that have one of our devices open. Drivers of the kernel give theirs up when asked. */
static void doctor_holder(struct doctor *d, const struct jem_usb_info *info)
{
    char holder[64], label[160], last[64] = "";
    for (size_t i = 0; i < info->alt_count; i++) {
        struct jem_buf text = JEM_BUF_INIT(400);
        jem_usb_holder(info, info->alts[i].interface, holder);
        if (*holder == '\0' || strstr(holder, "(kernel)") != NULL || strcmp(holder, last) == 0)
            continue;
        memcpy(last, holder, sizeof last);
        jem_usb_info_label(info, label);
        jem_buf_fmt(&text, jem_text(JEM_T_DOCTOR_HELD), holder);
        doctor_find(d, "holder", doctor_note, label, jem_buf_text(&text));
        jem_buf_release(&text);
    }
}

static enum jem_code doctor_holders(struct doctor *d, const json_t *list, struct jem_error *err)
{
    static const char *const kinds[] = { "scanners", "printers", "readers" };
    struct jem_usb_info *infos = NULL;
    size_t count = 0;
    enum jem_code rc = jem_usb_list(d->usb, &infos, &count, err);
    for (size_t i = 0; rc == JEM_OK && i < count; i++)
        for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++)
            if (doctor_listed(json_object_get(list, kinds[k]), infos[i].id)) {
                doctor_holder(d, &infos[i]);
                break;
            }
    free(infos);
    return rc;
}

static enum jem_code doctor_devices(struct doctor *d, struct jem_devices *devices, struct jem_error *err)
{
    json_t *list = NULL, *it;
    size_t i;
    enum jem_code rc = jem_devices_list(d->app, devices, true, &list, err);
    if (rc != JEM_OK)
        return rc;
    const json_t *scanners = json_object_get(list, "scanners"), *printers = json_object_get(list, "printers"),
                 *readers = json_object_get(list, "readers");
    if (d->usb == NULL)
        doctor_find(d, "usb", doctor_fault, "USB", jem_text(JEM_T_DOCTOR_NO_USB));
    json_array_foreach(scanners, i, it) doctor_scanner(d, it);
    json_array_foreach(printers, i, it) doctor_printer(d, it);
    json_array_foreach(readers, i, it) doctor_reader(d, it);
    doctor_chosen(d, "scanner", OWN_SCANNER_KEY, scanners);
    doctor_chosen(d, "printer", OWN_PRINTER_KEY, printers);
    if (json_array_size(scanners) == 0)
        doctor_find(d, "scanner", doctor_note, "", jem_text(JEM_T_SCANS_NONE));
    if (json_array_size(printers) == 0)
        doctor_find(d, "printer", doctor_note, "", jem_text(JEM_T_PRINT_NONE));
    if (d->usb != NULL)
        rc = doctor_holders(d, list, err);
    json_decref(list);
    return rc;
}

/* ---- the rest ---- */

static void doctor_disk(struct doctor *d, const json_t *state)
{
    struct jem_buf text = JEM_BUF_INIT(400);
    int64_t left = jem_json_int(state, "disk_free", 0);
    const char *level = left < DOCTOR_DISK_FAULT ? doctor_fault : left < DOCTOR_DISK_NOTE ? doctor_note : doctor_ok;
    if (access(jem_store_dir(d->app->store), W_OK) != 0) {
        doctor_find(d, "disk", doctor_fault, jem_store_dir(d->app->store), jem_text(JEM_T_DOCTOR_DISK_DENIED));
        jem_buf_release(&text);
        return;
    }
    jem_buf_fmt(&text, jem_text(level == doctor_ok ? JEM_T_DOCTOR_DISK : JEM_T_DOCTOR_DISK_FULL),
        (long long)(left / 1000000));
    doctor_find(d, "disk", level, jem_store_dir(d->app->store), jem_buf_text(&text));
    jem_buf_release(&text);
}

static void doctor_clock(struct doctor *d, const json_t *state)
{
    char now[40];
    int64_t now_ms = jem_store_now_ms(d->app->store);
    bool sane = now_ms >= JEM_CLOCK_EARLIEST_MS, set = strcmp(jem_json_str(state, "clock", "none"), "none") != 0;
    int64_t behind_ms = jem_json_int(state, "clock_behind_ms", 0);
    jem_time_human(now_ms, now, sizeof now);
    if (sane && behind_ms > JEM_CLOCK_BEHIND_MS) {
        struct jem_buf text = JEM_BUF_INIT(400);
        char newest[40];
        jem_time_human(now_ms + behind_ms, newest, sizeof newest);
        jem_buf_fmt(&text, jem_text(JEM_T_DOCTOR_CLOCK_BACK), newest);
        doctor_find(d, "clock", doctor_fault, now, jem_buf_text(&text));
        jem_buf_release(&text);
        return;
    }
    doctor_find(d, "clock",
        !sane ? doctor_fault
        : set ? doctor_ok
              : doctor_note,
        now,
        jem_text(!sane ? JEM_T_DOCTOR_CLOCK_WRONG
                 : set ? JEM_T_DOCTOR_CLOCK
                       : JEM_T_DOCTOR_CLOCK_FREE));
}

/* By the last round: asking the hub would cost the link. */
static void doctor_hub(struct doctor *d, const json_t *state)
{
    const char *hub = jem_json_str(state, "hub", ""), *text = jem_json_str(state, "last_sync_text", "");
    int64_t good_ms = jem_json_int(state, "last_good_ms", 0), now_ms = jem_store_now_ms(d->app->store);
    if (json_is_null(json_object_get(state, "van")))
        doctor_find(d, "hub", doctor_fault, hub, jem_text(JEM_T_DOCTOR_NOT_ENROLLED));
    else if (*hub == '\0')
        doctor_find(d, "hub", doctor_fault, hub, jem_text(JEM_T_DOCTOR_NO_HUB));
    else if (json_is_false(json_object_get(state, "last_sync_ok")))
        doctor_find(d, "hub", doctor_fault, hub, text);
    else if (good_ms == 0)
        doctor_find(d, "hub", doctor_note, hub, jem_text(JEM_T_DOCTOR_NEVER_SYNCED));
    else if (now_ms - good_ms > DOCTOR_HUB_NOTE_MS)
        doctor_find(d, "hub", doctor_note, hub, jem_text(JEM_T_DOCTOR_LONG_AGO));
    else
        doctor_find(d, "hub", doctor_ok, hub, text);
}

enum jem_code jem_doctor(struct jem_app *app, struct jem_devices *devices, json_t **out, struct jem_error *err)
{
    struct doctor d = { .app = app, .usb = jem_devices_usb(devices), .findings = json_array() };
    json_t *state = NULL;
    enum jem_code rc = jem_app_state(app, &state, err);
    if (rc == JEM_OK)
        rc = doctor_devices(&d, devices, err);
    if (rc == JEM_OK) {
        doctor_disk(&d, state);
        doctor_clock(&d, state);
        doctor_hub(&d, state);
        rc = own_give(json_pack("{s:b,s:O}", "ok", (int)!d.faults, "findings", d.findings), out, err);
    }
    json_decref(state);
    json_decref(d.findings);
    return rc;
}
