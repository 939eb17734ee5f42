/* print_printers.c - which printer: those that are here, the one that was chosen, and what kind it is. */
#include <stdio.h>
#include <string.h>

#include "print_own.h"

#define PRINTER_KEY "printer"
#define PRINTER_ID_CAP 128

/* The key of meta that holds a printer's profile: by its serial or kind, so that another socket keeps it. */
static void printer_profile_key(const char *id, char out[PRINTER_ID_CAP + 24])
{
    const char *own = strchr(id, '/');
    (void)snprintf(out, PRINTER_ID_CAP + 24, PRINTER_KEY ".profile.%s", own != NULL ? own + 1 : id);
}

const struct jem_printer_profile *own_printer_profile(struct jem_app *app, const struct jem_printer_info *info)
{
    char key[PRINTER_ID_CAP + 24], id[32];
    if (info->profile == NULL)
        return NULL;
    printer_profile_key(info->id, key);
    (void)own_meta(app->store, key, "", id, sizeof id);
    const struct jem_printer_profile *chosen = jem_printer_profile(id);
    return chosen != NULL ? chosen : info->profile;
}

/* "usb:1-2/A, cups:kantor", as much as fits. */
static void printer_names(const struct jem_printer_list *list, char *out, size_t cap)
{
    size_t at = 0;
    *out = '\0';
    for (size_t i = 0; i < list->count && at + PRINTER_ID_CAP < cap; i++) {
        int n = snprintf(out + at, cap - at, "%s%s", i > 0 ? ", " : "", list->items[i].id);
        at += n > 0 ? (size_t)n : 0;
    }
}

static const struct jem_printer_info *printer_named(const struct jem_printer_list *list, const char *wanted)
{
    const struct jem_printer_info *found = jem_printer_find(list, wanted);
    for (size_t i = 0; i < list->count && found == NULL; i++)
        if (list->items[i].via == JEM_PRINTER_CUPS && strcmp(list->items[i].node, wanted) == 0)
            found = &list->items[i];
    return found;
}

/* The only receipt printer that can be used; NULL when there is none or a choice. */
static const struct jem_printer_info *printer_only(const struct jem_printer_list *list)
{
    const struct jem_printer_info *only = NULL;
    size_t usable = 0;
    for (size_t i = 0; i < list->count; i++)
        if (list->items[i].usable && list->items[i].via != JEM_PRINTER_CUPS) {
            only = &list->items[i];
            usable++;
        }
    return usable == 1 ? only : NULL;
}

enum jem_code own_printer_pick(struct jem_app *app, struct jem_usb *usb, const char *wanted,
    struct jem_printer_list *list, const struct jem_printer_info **out, struct jem_error *err)
{
    char chosen[PRINTER_ID_CAP], names[512];
    *list = (struct jem_printer_list){ NULL, 0 };
    *out = NULL;
    (void)own_meta(app->store, PRINTER_KEY, "", chosen, sizeof chosen);
    bool named = wanted != NULL && *wanted;
    const char *id = named ? wanted : chosen;
    bool cups = *id && strncmp(id, "usb:", 4) != 0;
    enum jem_code rc = jem_printers_list(usb, cups, list, err);
    if (rc != JEM_OK)
        return rc;
    if (*id)
        *out = printer_named(list, id);
    if (*out == NULL && !named)
        *out = printer_only(list);
    if (*out == NULL && *id)
        return jem_fail(err, JEM_ENOTFOUND, JEM_D_APP, 0, JEM_T_PRINT_NOT_HERE, id);
    if (*out == NULL && list->count == 0)
        return jem_fail(err, JEM_ENOTFOUND, JEM_D_APP, 0, JEM_T_PRINT_NONE);
    if (*out == NULL) {
        printer_names(list, names, sizeof names);
        return jem_fail(err, JEM_ENOTFOUND, JEM_D_APP, 0, JEM_T_PRINT_WHICH, names);
    }
    if (!(*out)->usable)
        return jem_fail(err, JEM_EBUSY, JEM_D_APP, 0, JEM_T_APP_AS_SAID, (*out)->why);
    return JEM_OK;
}

enum jem_code jem_print_choose(struct jem_app *app, struct jem_usb *usb, const char *printer, const char *profile,
    json_t **out, struct jem_error *err)
{
    struct jem_printer_list list;
    const struct jem_printer_info *info = NULL;
    char key[PRINTER_ID_CAP + 24];
    if (profile != NULL && jem_printer_profile(profile) == NULL)
        return jem_fail(err, JEM_EINVAL, JEM_D_APP, 0, JEM_T_PRINT_PROFILE);
    enum jem_code rc = own_printer_pick(app, usb, printer, &list, &info, err);
    if (rc == JEM_OK)
        rc = jem_store_meta_set(app->store, PRINTER_KEY, info->id, err);
    if (rc == JEM_OK && profile != NULL && info->profile != NULL) {
        printer_profile_key(info->id, key);
        rc = jem_store_meta_set(app->store, key, profile, err);
    }
    if (rc == JEM_OK) {
        const struct jem_printer_profile *p = own_printer_profile(app, info);
        rc = own_give(json_pack("{s:s,s:s,s:s}", "id", info->id, "name", info->name, "profile", p != NULL ? p->id : ""),
            out, err);
    }
    jem_printer_list_release(&list);
    return rc;
}

static json_t *printer_json(struct jem_app *app, struct jem_usb *usb, const struct jem_printer_info *info,
    const char *chosen, bool look)
{
    const struct jem_printer_profile *p = own_printer_profile(app, info);
    json_t *o = json_pack("{s:s,s:s,s:s,s:s,s:s,s:s,s:i,s:i,s:b,s:s,s:b}", "id", info->id, "name", info->name, "via",
        jem_printer_via_name(info->via), "serial", info->serial, "profile", p != NULL ? p->id : "", "profile_name",
        p != NULL ? jem_text(p->name) : "", "width", p != NULL ? (int)p->paper_mm : 0, "dots",
        p != NULL ? (int)p->style.width_dots : 0, "usable", (int)info->usable, "why", info->why, "chosen",
        (int)(strcmp(info->id, chosen) == 0));
    if (o == NULL || !look)
        return o;
    enum jem_printer_state state = info->usable && p != NULL ? jem_printer_ask(usb, info, p) : JEM_PRINTER_UNKNOWN;
    json_object_set_new(o, "state", json_string(jem_printer_state_name(state)));
    json_object_set_new(o, "state_text", json_string(jem_printer_state_text(state)));
    return o;
}

enum jem_code jem_print_printers(struct jem_app *app, struct jem_usb *usb, bool look, json_t **out,
    struct jem_error *err)
{
    struct jem_printer_list list;
    char chosen[PRINTER_ID_CAP];
    enum jem_code rc = jem_printers_list(usb, true, &list, err);
    if (rc != JEM_OK)
        return rc;
    (void)own_meta(app->store, PRINTER_KEY, "", chosen, sizeof chosen);
    json_t *printers = json_array(), *profiles = json_array();
    const struct jem_printer_profile *p;
    for (size_t i = 0; i < list.count; i++)
        json_array_append_new(printers, printer_json(app, usb, &list.items[i], chosen, look));
    for (size_t i = 0; (p = jem_printer_profile_at(i)) != NULL; i++)
        json_array_append_new(profiles, json_pack("{s:s,s:s}", "id", p->id, "name", jem_text(p->name)));
    jem_printer_list_release(&list);
    return own_give(json_pack("{s:o,s:o}", "printers", printers, "profiles", profiles), out, err);
}

bool jem_print_auto(struct jem_app *app)
{
    char text[4];
    (void)own_meta(app->store, PRINTER_KEY ".auto", "1", text, sizeof text);
    return strcmp(text, "0") != 0;
}

enum jem_code jem_print_auto_set(struct jem_app *app, bool on, struct jem_error *err)
{
    return jem_store_meta_set(app->store, PRINTER_KEY ".auto", on ? "1" : "0", err);
}
