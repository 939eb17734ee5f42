/* printer.c - finding printers, whatever the way to them, and using one. */
#include "jemput/printer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cups.h"
#include "printer_job.h"
#include "usb.h"

#define PRINTERS_MAX 96

const char *jem_printer_via_name(enum jem_printer_via via)
{
    static const char *const names[] = { "unknown", "usb", "lp", "cups" };
    return via <= JEM_PRINTER_CUPS ? names[via] : names[0];
}

static const struct {
    const char *name;
    enum jem_text text;
} printer_states[] = {
    [JEM_PRINTER_UNKNOWN] = { "unknown", JEM_T_PRINTER_UNKNOWN },
    [JEM_PRINTER_READY] = { "ready", JEM_T_PRINTER_READY },
    [JEM_PRINTER_PAPER_LOW] = { "paper_low", JEM_T_PRINTER_PAPER_LOW },
    [JEM_PRINTER_PAPER_OUT] = { "paper_out", JEM_T_PRINTER_PAPER_OUT },
    [JEM_PRINTER_COVER_OPEN] = { "cover_open", JEM_T_PRINTER_COVER_OPEN },
    [JEM_PRINTER_OFFLINE] = { "offline", JEM_T_PRINTER_OFFLINE },
    [JEM_PRINTER_FAULT] = { "fault", JEM_T_PRINTER_FAULT },
    [JEM_PRINTER_STUCK] = { "stuck", JEM_T_PRINTER_STUCK },
    [JEM_PRINTER_GONE] = { "gone", JEM_T_PRINTER_GONE },
};

const char *jem_printer_state_name(enum jem_printer_state state)
{
    return printer_states[state <= JEM_PRINTER_GONE ? state : JEM_PRINTER_UNKNOWN].name;
}

const char *jem_printer_state_text(enum jem_printer_state state)
{
    return jem_text(printer_states[state <= JEM_PRINTER_GONE ? state : JEM_PRINTER_UNKNOWN].text);
}

/* ---- finding ---- */

void jem_printer_list_release(struct jem_printer_list *list)
{
    free(list->items);
    *list = (struct jem_printer_list){ NULL, 0 };
}

/* "EPSON TM-T20II"; the maker once when the model repeats it. */
static void printer_name(const char *maker, const char *model, uint16_t vendor, uint16_t product, char *out, size_t cap)
{
    if (*maker && *model && strncmp(maker, model, strlen(maker)) != 0)
        (void)snprintf(out, cap, "%s %s", maker, model);
    else if (*maker || *model)
        (void)snprintf(out, cap, "%s", *model ? model : maker);
    else
        (void)snprintf(out, cap, "%s %04x:%04x", jem_text(JEM_T_PRINTER_RECEIPT), vendor, product);
}

static const struct printer_lp *printer_node(const struct printer_lp *nodes, size_t count, const char *path)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(nodes[i].path, path) == 0)
            return &nodes[i];
    return NULL;
}

/* The node, when it may be opened; it is the way to a printer that libusb may not open. */
static void printer_take_node(struct jem_printer_info *p, const struct printer_lp *node)
{
    if (node == NULL || access(node->node, W_OK) != 0)
        return;
    (void)snprintf(p->node, sizeof p->node, "%s", node->node);
    if (p->usable)
        return;
    p->via = JEM_PRINTER_LP;
    p->usable = true;
    p->why[0] = '\0';
}

static bool printer_from_usb(struct jem_usb *usb, const struct jem_usb_info *info, const struct printer_lp *nodes,
    size_t node_count, struct jem_printer_info *p)
{
    const struct jem_usb_alt *alt = printer_usb_alt(info);
    const struct printer_lp *node = printer_node(nodes, node_count, info->path);
    char id1284[512];
    struct jem_error err = { .msg = "" };
    if (alt == NULL)
        return false;
    *p = (struct jem_printer_info){ .via = JEM_PRINTER_USB,
        .profile = jem_printer_profile_of(info->vendor, info->product) };
    (void)snprintf(p->id, sizeof p->id, "usb:%s", info->id);
    (void)snprintf(p->serial, sizeof p->serial, "%s", info->serial);
    printer_name(info->maker, info->model, info->vendor, info->product, p->name, sizeof p->name);
    p->usable = jem_usb_may_open(usb, info->id, &err) == JEM_OK;
    if (!p->usable)
        (void)snprintf(p->why, sizeof p->why, "%s", err.msg);
    printer_take_node(p, node);
    if (printer_is_known(info->vendor, info->product))
        return true;
    if (node != NULL && *node->id1284)
        return !printer_is_office(node->id1284);
    if (p->via == JEM_PRINTER_USB && p->usable) {
        printer_usb_id1284(usb, info, id1284);
        return !printer_is_office(id1284);
    }
    return true;
}

static bool printer_seen(const struct jem_usb_info *infos, size_t count, const char *path)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(infos[i].path, path) == 0)
            return true;
    return false;
}

/* A node of the kernel's driver that the USB library does not see, or when there is none. */
static bool printer_from_node(const struct printer_lp *node, struct jem_printer_info *p)
{
    if (!printer_is_known(node->vendor, node->product) && printer_is_office(node->id1284))
        return false;
    *p = (struct jem_printer_info){ .via = JEM_PRINTER_LP,
        .profile = jem_printer_profile_of(node->vendor, node->product) };
    if (*node->serial)
        (void)snprintf(p->id, sizeof p->id, "usb:%s/%s", node->path, node->serial);
    else
        (void)snprintf(p->id, sizeof p->id, "usb:%s/%04x:%04x", node->path, node->vendor, node->product);
    (void)snprintf(p->serial, sizeof p->serial, "%s", node->serial);
    (void)snprintf(p->node, sizeof p->node, "%s", node->node);
    printer_name(node->maker, node->model, node->vendor, node->product, p->name, sizeof p->name);
    p->usable = access(node->node, W_OK) == 0;
    if (!p->usable)
        (void)snprintf(p->why, sizeof p->why, jem_text(JEM_T_PRINTER_NODE_DENIED), node->node);
    return true;
}

static enum jem_code printers_usb(struct jem_usb *usb, struct jem_printer_list *out, struct jem_error *err)
{
    struct printer_lp *nodes = NULL;
    struct jem_usb_info *infos = NULL;
    size_t node_count = 0, info_count = 0;
    enum jem_code rc = printer_lp_list(&nodes, &node_count, err);
    if (rc == JEM_OK && usb != NULL && jem_usb_list(usb, &infos, &info_count, NULL) == JEM_OK)
        for (size_t i = 0; i < info_count && out->count < PRINTERS_MAX; i++)
            out->count += printer_from_usb(usb, &infos[i], nodes, node_count, &out->items[out->count]);
    for (size_t i = 0; i < node_count && out->count < PRINTERS_MAX; i++)
        if (!printer_seen(infos, info_count, nodes[i].path))
            out->count += printer_from_node(&nodes[i], &out->items[out->count]);
    free(nodes);
    free(infos);
    return rc;
}

static enum jem_code printers_cups(struct jem_printer_list *out, struct jem_error *err)
{
    struct cups_queue *queues = NULL;
    size_t count = 0;
    enum jem_code rc = cups_list(&queues, &count, err);
    for (size_t i = 0; i < count && out->count < PRINTERS_MAX; i++) {
        struct jem_printer_info *p = &out->items[out->count++];
        *p = (struct jem_printer_info){ .via = JEM_PRINTER_CUPS, .usable = true };
        (void)snprintf(p->id, sizeof p->id, "cups:%s", queues[i].name);
        (void)snprintf(p->name, sizeof p->name, "%s (CUPS)", queues[i].name);
        (void)snprintf(p->node, sizeof p->node, "%s", queues[i].name);
    }
    free(queues);
    return rc;
}

enum jem_code jem_printers_list(struct jem_usb *usb, bool cups, struct jem_printer_list *out, struct jem_error *err)
{
    *out = (struct jem_printer_list){ calloc(PRINTERS_MAX, sizeof *out->items), 0 };
    if (out->items == NULL)
        return jem_fail_nomem(err);
    enum jem_code rc = printers_usb(usb, out, err);
    if (rc == JEM_OK && cups)
        rc = printers_cups(out, err);
    if (rc != JEM_OK)
        jem_printer_list_release(out);
    return rc;
}

const struct jem_printer_info *jem_printer_find(const struct jem_printer_list *list, const char *id)
{
    const struct jem_printer_info *found = NULL;
    const char *serial = strchr(id, '/');
    for (size_t i = 0; i < list->count; i++)
        if (strcmp(list->items[i].id, id) == 0)
            return &list->items[i];
    if (strncmp(id, "usb:", 4) != 0 || serial == NULL)
        return NULL;
    for (size_t i = 0; i < list->count; i++) {
        const char *other = strncmp(list->items[i].id, "usb:", 4) == 0 ? strchr(list->items[i].id, '/') : NULL;
        if (other == NULL || strcmp(other, serial) != 0)
            continue;
        if (found != NULL)
            return NULL; /* two alike: which of them, nobody knows */
        found = &list->items[i];
    }
    return found;
}

/* ---- use ---- */

struct jem_printer {
    struct printer_talk talk;
};

enum jem_code jem_printer_open(struct jem_usb *usb, const struct jem_printer_info *info,
    const struct jem_printer_profile *profile, struct jem_printer **out, struct jem_error *err)
{
    struct printer_port port;
    *out = NULL;
    if (info->via == JEM_PRINTER_CUPS || (info->via == JEM_PRINTER_USB && usb == NULL))
        return jem_fail(err, JEM_EINTERNAL, JEM_D_HW, 0, JEM_T_PRINTER_GONE);
    struct jem_printer *printer = calloc(1, sizeof *printer);
    if (printer == NULL)
        return jem_fail_nomem(err);
    enum jem_code rc = info->via == JEM_PRINTER_LP ? printer_lp_open(info->node, &port, err)
                                                   : printer_usb_open(usb, info->id + strlen("usb:"), &port, err);
    if (rc != JEM_OK) {
        free(printer);
        return rc;
    }
    printer_talk_init(&printer->talk, port, profile != NULL ? profile : info->profile);
    *out = printer;
    return JEM_OK;
}

void jem_printer_close(struct jem_printer *printer)
{
    if (printer == NULL)
        return;
    printer->talk.port.ops->free(printer->talk.port.self);
    free(printer);
}

enum jem_printer_state jem_printer_ask(struct jem_usb *usb, const struct jem_printer_info *info,
    const struct jem_printer_profile *profile)
{
    struct jem_printer_info by = *info;
    struct jem_printer *printer = NULL;
    if (by.via == JEM_PRINTER_USB && *by.node)
        by.via = JEM_PRINTER_LP;
    if (jem_printer_open(usb, &by, profile, &printer, NULL) != JEM_OK)
        return JEM_PRINTER_UNKNOWN;
    enum jem_printer_state state = printer_talk_look(&printer->talk);
    jem_printer_close(printer);
    return state;
}

enum jem_code jem_printer_print(struct jem_printer *printer, const struct jem_escpos_page *page, bool resync,
    const atomic_bool *cancel, struct jem_print_report *report, struct jem_error *err)
{
    return printer_job_run(&printer->talk, page, resync, cancel, report, err);
}

enum jem_code jem_printer_print_pdf(const struct jem_printer_info *info, const void *pdf, size_t n, const char *title,
    struct jem_print_report *report, struct jem_error *err)
{
    return cups_print(info->node, pdf, n, title, report, err);
}
