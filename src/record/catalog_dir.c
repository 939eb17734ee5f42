/* catalog_dir.c - a catalogue from its folder or from inside the program: catalog.json and services/<id>.json, one
 * object merged. Only what names a file is checked here: jem_catalog_parse checks the rest. */
#include "catalog_parse.h"

#include "jemput/asset.h"
#include "jemput/file.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FILE_MAX = 4 << 20, DIR_MAX = 500 };

struct dir_service {
    char file[64];
    json_t *value;
};

struct dir_list {
    struct dir_service *items;
    size_t count;
};

static void dir_list_release(struct dir_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        json_decref(list->items[i].value);
    free(list->items);
}

/* By code, so that services stand together as their agencies number them; a faulty code goes first. */
static int dir_service_cmp(const void *a, const void *b)
{
    const struct dir_service *x = a, *y = b;
    int64_t cx = jem_json_int(x->value, "code", 0), cy = jem_json_int(y->value, "code", 0);
    if (cx != cy)
        return cx < cy ? -1 : 1;
    return strcmp(x->file, y->file);
}

/* Takes `value`. */
static enum jem_code dir_list_add(struct dir_list *list, const char *file, json_t *value, struct jem_error *err)
{
    char id[sizeof((struct dir_service *)0)->file];
    snprintf(id, sizeof id, "%.*s", (int)(strlen(file) - strlen(".json")), file);
    enum jem_code code = JEM_OK;
    struct dir_service *items = NULL;
    if (list->count == DIR_MAX) {
        code = jem_fail(err, JEM_EINVAL, JEM_D_RECORD, 0, JEM_T_CATALOG_DIR_FULL, DIR_MAX);
    } else if (strcmp(jem_json_str(value, "id", ""), id) != 0) {
        code = jem_fail(err, JEM_EINVAL, JEM_D_RECORD, 0, JEM_T_CATALOG_DIR_ID, file, id);
    } else {
        items = realloc(list->items, (list->count + 1) * sizeof *items);
        if (!items)
            code = jem_fail_nomem(err);
    }
    if (code != JEM_OK) {
        json_decref(value);
        return code;
    }
    list->items = items;
    struct dir_service *item = &items[list->count++];
    snprintf(item->file, sizeof item->file, "%s", file);
    item->value = value;
    return JEM_OK;
}

/* Puts the services into `head` (borrowed). */
static enum jem_code dir_merge(json_t *head, const char *head_file, struct dir_list *list, struct jem_error *err)
{
    if (!json_is_object(head) || json_object_get(head, "services"))
        return jem_fail(err, JEM_EINVAL, JEM_D_RECORD, 0, JEM_T_CATALOG_DIR_HEAD, head_file);
    if (list->count == 0)
        return jem_fail(err, JEM_EINVAL, JEM_D_RECORD, 0, JEM_T_CATALOG_DIR_EMPTY, head_file);
    qsort(list->items, list->count, sizeof *list->items, dir_service_cmp);
    json_t *services = json_array();
    bool ok = services != NULL;
    for (size_t i = 0; i < list->count && ok; i++)
        ok = json_array_append(services, list->items[i].value) == 0;
    if (!ok)
        json_decref(services);
    if (!ok || json_object_set_new(head, "services", services) != 0)
        return jem_fail_nomem(err);
    return JEM_OK;
}

static bool dir_is_service_file(const char *name)
{
    size_t n = strlen(name);
    return name[0] != '.' && n > 5 && n < sizeof((struct dir_service *)0)->file && strcmp(name + n - 5, ".json") == 0;
}

static enum jem_code dir_read_services(const char *folder, struct dir_list *list, struct jem_error *err)
{
    enum jem_code code = JEM_OK;
    DIR *dir = opendir(folder);
    if (!dir)
        return jem_fail_errno(err, errno, folder);
    while (code == JEM_OK) {
        errno = 0;
        const struct dirent *entry = readdir(dir);
        if (!entry) {
            if (errno != 0)
                code = jem_fail_errno(err, errno, folder);
            break;
        }
        if (!dir_is_service_file(entry->d_name))
            continue;
        char path[1024];
        json_t *value = NULL;
        code = jem_path_join(path, sizeof path, folder, entry->d_name, err);
        if (code == JEM_OK)
            code = jem_json_file(path, FILE_MAX, &value, err);
        if (code == JEM_OK)
            code = dir_list_add(list, entry->d_name, value, err);
    }
    closedir(dir);
    return code;
}

enum jem_code jem_catalog_read_dir(const char *dir, json_t **out, struct jem_error *err)
{
    char head_path[1024], folder[1024];
    json_t *head = NULL;
    struct dir_list list = { .items = NULL };
    enum jem_code code = jem_path_join(head_path, sizeof head_path, dir, "catalog.json", err);
    if (code == JEM_OK)
        code = jem_path_join(folder, sizeof folder, dir, "services", err);
    if (code == JEM_OK)
        code = jem_json_file(head_path, FILE_MAX, &head, err);
    if (code == JEM_OK)
        code = dir_read_services(folder, &list, err);
    if (code == JEM_OK)
        code = dir_merge(head, head_path, &list, err);
    dir_list_release(&list);
    if (code == JEM_OK)
        *out = head;
    else
        json_decref(head);
    return code;
}

enum jem_code jem_catalog_builtin(json_t **out, struct jem_error *err)
{
    static const char prefix[] = "catalog/services/";
    json_t *head = NULL;
    struct dir_list list = { .items = NULL };
    enum jem_code code = JEM_OK;
    for (const struct jem_asset *asset = jem_assets_record; asset->path && code == JEM_OK; asset++) {
        size_t n = (size_t)(asset->end - asset->start);
        json_t *value = NULL;
        if (strcmp(asset->path, "catalog/catalog.json") == 0) {
            code = jem_json_parse((const char *)asset->start, n, asset->path, &head, err);
        } else if (strncmp(asset->path, prefix, sizeof prefix - 1) == 0) {
            code = jem_json_parse((const char *)asset->start, n, asset->path, &value, err);
            if (code == JEM_OK)
                code = dir_list_add(&list, asset->path + sizeof prefix - 1, value, err);
        }
    }
    if (code == JEM_OK)
        code = dir_merge(head, "catalog/catalog.json", &list, err);
    dir_list_release(&list);
    if (code == JEM_OK)
        *out = head;
    else
        json_decref(head);
    return code;
}
