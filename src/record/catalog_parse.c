/* catalog_parse.c - one merged JSON object into a catalogue, telling every fault of the whole. What the schema
 * (catalog/schema.json) refuses is refused here; beyond it, names must be unique and references must exist. */
#include "catalog_parse.h"

#include "jemput/application.h"

#include <stdlib.h>
#include <string.h>

enum { AGENCY_MAX = 200, SERVICE_MAX = 500, NAME_MAX = 160, STANDARD_MAX = 4000, NOTE_MAX = 320 };

static bool catalog_is_id(const char *s)
{
    return cat_is_word(s, '-', 2, 32);
}

static bool catalog_is_format(const char *s)
{
    return strcmp(s, CATALOG_FORMAT) == 0;
}

/* The region is the one text that may be empty: a catalogue for any regency. */
static const char *catalog_region(struct cat_walk *w, const json_t *root)
{
    const json_t *v = json_object_get(root, "region");
    const char *s = json_string_value(v);
    if (!v)
        return "";
    bool four = s && strlen(s) == 4 && strspn(s, "0123456789") == 4;
    if (s && json_string_length(v) == strlen(s) && (*s == '\0' || four))
        return s;
    cat_fault_at(w, "region", JEM_T_CATALOG_F_REGION);
    return "";
}

struct agency {
    const char *id;
    const char *name[JEM_LANGS];
};

static struct agency *catalog_agencies(struct cat_walk *w, const json_t *root, size_t *out_count)
{
    *out_count = 0;
    const json_t *list = cat_array(w, root, "agencies", 1, AGENCY_MAX);
    size_t count = json_array_size(list);
    struct agency *all = cat_alloc(w, count, sizeof *all);
    if (!all)
        return NULL;
    for (size_t i = 0; i < count; i++) {
        const json_t *item = json_array_get(list, i);
        size_t before = cat_enter_element(w, "agencies", i, jem_json_str(item, "id", NULL));
        all[i] = (struct agency){ .id = "", .name = { "", "" } };
        if (cat_members(w, item, "id name", "")) {
            all[i].id = cat_text(w, item, "id", 32, catalog_is_id, JEM_T_CATALOG_F_ID_FORM);
            cat_pair(w, item, "name", NAME_MAX, all[i].name);
        }
        for (size_t j = 0; j < i; j++)
            if (*all[i].id && strcmp(all[j].id, all[i].id) == 0)
                cat_fault(w, JEM_T_CATALOG_F_TWICE, all[i].id);
        cat_leave(w, before);
    }
    *out_count = count;
    return all;
}

/* ---- one service ---- */

struct catalog_shared {
    const struct agency *agencies;
    size_t agency_count;
    const struct jem_field *common;
    size_t common_count;
};

static const struct jem_field *catalog_field_of(const struct jem_field *all, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (*name && strcmp(all[i].name, name) == 0)
            return &all[i];
    return NULL;
}

/* Marks in `left_out` the common fields that the service does without. */
static void service_without(struct cat_walk *w, const json_t *obj, const struct catalog_shared *shared, bool *left_out)
{
    const json_t *list = cat_array(w, obj, "without", 0, 60);
    for (size_t i = 0; i < json_array_size(list); i++) {
        const char *name = json_string_value(json_array_get(list, i));
        size_t before = cat_enter_element(w, "without", i, name);
        const struct jem_field *field = name ? catalog_field_of(shared->common, shared->common_count, name) : NULL;
        if (!name)
            cat_fault(w, JEM_T_CATALOG_F_TEXT, 40);
        else if (!field)
            cat_fault(w, JEM_T_CATALOG_F_REFERENCE, name);
        else if (left_out[field - shared->common])
            cat_fault(w, JEM_T_CATALOG_F_TWICE, name);
        else
            left_out[field - shared->common] = true;
        cat_leave(w, before);
    }
}

/* Common fields first, an own one of the same name in its place, then the rest of the own. */
static void service_fields(struct cat_walk *w, const json_t *obj, const struct catalog_shared *shared,
    struct jem_service *s)
{
    size_t own_count, n = 0;
    struct jem_field *own = cat_fields(w, obj, "fields", &own_count);
    struct jem_field *all = cat_alloc(w, shared->common_count + own_count, sizeof *all);
    bool *left_out = cat_alloc(w, shared->common_count, sizeof *left_out);
    if (!own || !all || !left_out)
        return;
    service_without(w, obj, shared, left_out);
    for (size_t i = 0; i < shared->common_count; i++) {
        const struct jem_field *instead = catalog_field_of(own, own_count, shared->common[i].name);
        if (!left_out[i])
            all[n++] = instead ? *instead : shared->common[i];
    }
    for (size_t i = 0; i < own_count; i++)
        if (!catalog_field_of(all, n, own[i].name))
            all[n++] = own[i];
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < i; j++)
            if (*all[i].role && strcmp(all[i].role, all[j].role) == 0)
                cat_fault_at(w, "fields", JEM_T_CATALOG_F_TWICE, all[i].role);
    s->fields = all;
    s->field_count = n;
}

static void service_standard(struct cat_walk *w, const json_t *obj, struct jem_service *s)
{
    for (size_t i = 0; i < JEM_STD_COUNT; i++)
        s->standard[i][JEM_ID] = s->standard[i][JEM_EN] = "";
    const json_t *standard = json_object_get(obj, "standard");
    if (!standard)
        return;
    size_t before = cat_enter(w, "standard");
    if (cat_members(w, standard,
            "requirements procedure time cost product complaints legal_basis facilities competence supervision "
            "staff_number service_guarantee safety_guarantee evaluation",
            ""))
        for (int i = 0; i < JEM_STD_COUNT; i++)
            cat_pair(w, standard, jem_standard_key((enum jem_standard)i), STANDARD_MAX, s->standard[i]);
    cat_leave(w, before);
}

static void service_promise(struct cat_walk *w, const json_t *obj, struct jem_service *s)
{
    const json_t *promised = json_object_get(obj, "promised");
    s->promised[JEM_ID] = s->promised[JEM_EN] = "";
    size_t before = cat_enter(w, "promised");
    if (promised && cat_members(w, promised, "hours text", "")) {
        s->promised_hours = (int)cat_int(w, promised, "hours", 1, 8760, 0);
        cat_pair(w, promised, "text", NOTE_MAX, s->promised);
    }
    cat_leave(w, before);
    const json_t *fee = json_object_get(obj, "fee");
    s->fee_note[JEM_ID] = s->fee_note[JEM_EN] = "";
    before = cat_enter(w, "fee");
    if (fee && cat_members(w, fee, "idr note", "")) {
        s->fee_idr = cat_int(w, fee, "idr", 0, 1000000000, 0);
        cat_pair(w, fee, "note", NOTE_MAX, s->fee_note);
    }
    cat_leave(w, before);
}

static void service_stages(struct cat_walk *w, const json_t *obj, struct jem_service *s)
{
    _Static_assert(JEM_STATUS_COUNT <= sizeof s->stage_label / sizeof s->stage_label[0], "a label for every status");
    const json_t *stages = json_object_get(obj, "stages");
    if (!stages)
        return;
    size_t before = cat_enter(w, "stages");
    if (cat_members(w, stages, "",
            "submitted received verified in_process ready handed_over returned rejected withdrawn linked"))
        for (int i = JEM_STATUS_SUBMITTED; i < JEM_STATUS_COUNT; i++) {
            const char *name = jem_status_name((enum jem_status)i);
            if (json_object_get(stages, name))
                cat_pair(w, stages, name, 80, s->stage_label[i]);
        }
    cat_leave(w, before);
}

static void service_read(struct cat_walk *w, const json_t *obj, const struct catalog_shared *shared,
    struct jem_service *s)
{
    s->id = s->agency = "";
    s->agency_name[JEM_ID] = s->agency_name[JEM_EN] = s->name[JEM_ID] = s->name[JEM_EN] = "";
    if (!cat_members(w, obj,
            "id code agency name standard fields requirements promised fee duplicate_window_days retention_days",
            "without stages retired"))
        return;
    s->id = cat_text(w, obj, "id", 32, catalog_is_id, JEM_T_CATALOG_F_ID_FORM);
    s->code = (unsigned)cat_int(w, obj, "code", 1, 65535, 0);
    s->agency = cat_text(w, obj, "agency", 32, catalog_is_id, JEM_T_CATALOG_F_ID_FORM);
    bool known = *s->agency == '\0';
    for (size_t i = 0; i < shared->agency_count && !known; i++)
        if (strcmp(shared->agencies[i].id, s->agency) == 0) {
            memcpy(s->agency_name, shared->agencies[i].name, sizeof s->agency_name);
            known = true;
        }
    if (!known)
        cat_fault_at(w, "agency", JEM_T_CATALOG_F_REFERENCE, s->agency);
    cat_pair(w, obj, "name", NAME_MAX, s->name);
    service_standard(w, obj, s);
    service_fields(w, obj, shared, s);
    s->requirements = cat_requirements(w, obj, &s->requirement_count);
    service_promise(w, obj, s);
    s->duplicate_window_days = (int)cat_int(w, obj, "duplicate_window_days", 0, 3650, 0);
    s->retention_days = (int)cat_int(w, obj, "retention_days", 1, 36500, 1);
    service_stages(w, obj, s);
    s->retired = cat_bool(w, obj, "retired", false);
}

/* ---- the whole ---- */

static void catalog_services(struct cat_walk *w, const json_t *root, const struct catalog_shared *shared,
    struct jem_catalog *c)
{
    const json_t *list = cat_array(w, root, "services", 1, SERVICE_MAX);
    c->services = cat_alloc(w, json_array_size(list), sizeof *c->services);
    if (!c->services)
        return;
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *item = json_array_get(list, i);
        struct jem_service *s = &c->services[i];
        size_t before = cat_enter_element(w, "services", i, jem_json_str(item, "id", NULL));
        service_read(w, item, shared, s);
        for (size_t j = 0; j < i; j++) {
            if (*s->id && strcmp(c->services[j].id, s->id) == 0)
                cat_fault_at(w, "id", JEM_T_CATALOG_F_TWICE, s->id);
            if (s->code && c->services[j].code == s->code)
                cat_fault_at(w, "code", JEM_T_CATALOG_F_CODE_TWICE, s->code, c->services[j].id);
        }
        cat_leave(w, before);
    }
    c->count = json_array_size(list);
}

static void catalog_read(struct cat_walk *w, const json_t *root, struct jem_catalog *c)
{
    if (!cat_members(w, root, "format version region agencies common_fields services", ""))
        return;
    (void)cat_text(w, root, "format", 40, catalog_is_format, JEM_T_CATALOG_F_FORMAT);
    c->version = cat_int(w, root, "version", 1, (int64_t)1 << 53, 0);
    c->region = catalog_region(w, root);
    struct catalog_shared shared = { .agencies = NULL };
    shared.agencies = catalog_agencies(w, root, &shared.agency_count);
    shared.common = cat_fields(w, root, "common_fields", &shared.common_count);
    if (!w->no_memory)
        catalog_services(w, root, &shared, c);
}

enum jem_code jem_catalog_parse(const json_t *root, struct jem_catalog **out, struct jem_issues *issues,
    struct jem_error *err)
{
    struct jem_catalog *c = calloc(1, sizeof *c);
    struct jem_error first = { 0 };
    struct cat_walk w = { .issues = issues, .err = &first };
    if (!c)
        return jem_fail_nomem(err);
    c->region = "";
    c->root = json_deep_copy(root);
    if (!c->root)
        w.no_memory = true;
    else
        catalog_read(&w, c->root, c);
    c->blocks = w.blocks;
    if (w.no_memory) {
        jem_catalog_free(c);
        return jem_fail_nomem(err);
    }
    if (w.faults > 0) {
        jem_catalog_free(c);
        if (err)
            *err = first;
        return JEM_EINVAL;
    }
    *out = c;
    return JEM_OK;
}
