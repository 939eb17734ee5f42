/* handover.c - finished documents into the hands of people: what waits, who received it. */
#include <string.h>

#include "day_own.h"
#include "jemput/lookup.h"

#define HANDOVER_LIST 200
#define HANDOVER_RECENT 50

static const struct day_code handover_relations[] = {
    { "self", JEM_T_RELATION_SELF },
    { "family", JEM_T_RELATION_FAMILY },
    { "proxy", JEM_T_RELATION_PROXY },
    { NULL, JEM_T_NONE },
};

static enum jem_code handover_recent(struct jem_app *app, json_t **out, struct jem_error *err)
{
    json_t *it;
    size_t i;
    enum jem_code rc = jem_store_handovers(app->store, 0, HANDOVER_RECENT, out, err);
    json_array_foreach(rc == JEM_OK ? *out : NULL, i, it)
    {
        (void)own_put_number(it, "number", (uint64_t)jem_json_int(it, "number", 0));
        json_object_set_new(it, "relation_label",
            json_string(own_code_label(handover_relations, jem_json_str(it, "relation", ""))));
    }
    return rc;
}

enum jem_code jem_handover_list(struct jem_app *app, const char *village, json_t **out, struct jem_error *err)
{
    struct jem_list_query q = { .status = JEM_STATUS_READY, .day = INT32_MIN, .limit = HANDOVER_LIST };
    json_t *list = NULL, *handed = NULL, *it;
    size_t i;
    if (village != NULL && *village)
        q.village = village;
    enum jem_code rc = jem_list(app, &q, &list, err);
    if (rc == JEM_OK)
        rc = handover_recent(app, &handed, err);
    json_array_foreach(json_object_get(list, "applications"), i, it)
    {
        own_village_name(it);
    }
    if (rc == JEM_OK)
        rc = own_give(json_pack("{s:O,s:O}", "applications", json_object_get(list, "applications"), "handed", handed),
            out, err);
    json_decref(list);
    json_decref(handed);
    return rc;
}

/* The last four digits of a NIK, or of what was typed instead of it. */
static enum jem_code handover_nik(const char *nik, json_t *body, struct jem_error *err)
{
    char digits[17];
    size_t n = 0;
    for (const char *p = nik != NULL ? nik : ""; *p != '\0'; p++) {
        if (*p == ' ' || *p == '.' || *p == '-')
            continue;
        if (*p < '0' || *p > '9' || n == 16)
            return jem_fail(err, JEM_EINVAL, JEM_D_APP, 0, JEM_T_HANDOVER_NIK);
        digits[n++] = *p;
    }
    if (n == 0)
        return JEM_OK;
    if (n != 4 && n != 16)
        return jem_fail(err, JEM_EINVAL, JEM_D_APP, 0, JEM_T_HANDOVER_NIK);
    return json_object_set_new(body, "nik4", json_stringn(digits + n - 4, 4)) == 0 ? JEM_OK : jem_fail_nomem(err);
}

/* The photo as a document of the application, in the open unit. */
static enum jem_code handover_photo(struct jem_app *app, uint64_t number, const struct jem_application *a,
    const struct own_document *photo, json_t *body, struct jem_error *err)
{
    unsigned ordinal = 1;
    size_t i;
    json_t *it;
    json_array_foreach(json_object_get(a->state, "documents"), i, it)
    {
        unsigned used = (unsigned)jem_json_int(it, "ordinal", 0);
        if (jem_json_int(it, "van", -1) == jem_store_writer(app->store) && used >= ordinal)
            ordinal = used + 1;
    }
    enum jem_code rc = own_document_record(app, number, ordinal, photo, err);
    if (rc == JEM_OK && json_object_set_new(body, "document", json_integer((json_int_t)ordinal)) != 0)
        rc = jem_fail_nomem(err);
    return rc;
}

/* All that can be refused without touching the store. */
static enum jem_code handover_body(const struct jem_handover_in *in, json_t *body, struct jem_error *err)
{
    enum jem_code rc = own_code_check(handover_relations, in->relation, err);
    if (rc == JEM_OK)
        rc = own_day_text(body, "name", in->name, true, err);
    if (rc == JEM_OK)
        rc = handover_nik(in->nik, body, err);
    if (rc == JEM_OK)
        rc = own_day_text(body, "note", in->note, false, err);
    if (rc == JEM_OK && json_object_set_new(body, "relation", json_string(in->relation)) != 0)
        rc = jem_fail_nomem(err);
    return rc;
}

static enum jem_code handover_unit(struct jem_app *app, uint64_t number, const struct own_document *photo, json_t *body,
    struct jem_error *err)
{
    struct jem_application a = { 0 };
    enum jem_code rc = jem_store_begin(app->store, err);
    if (rc != JEM_OK)
        return rc;
    rc = own_load_told(app, number, &a, NULL, err);
    if (rc == JEM_OK && a.status != JEM_STATUS_READY)
        rc = jem_fail(err, JEM_EINVAL, JEM_D_APP, 0, JEM_T_HANDOVER_NOT_READY, jem_status_label(a.status));
    if (rc == JEM_OK && photo != NULL)
        rc = handover_photo(app, number, &a, photo, body, err);
    if (rc == JEM_OK)
        rc = own_day_put(app, true, own_lane(app, number), number, "handover.recorded", json_incref(body), NULL, err);
    if (rc == JEM_OK)
        rc = jem_store_commit(app->store, err);
    if (rc != JEM_OK)
        jem_store_rollback(app->store);
    jem_application_release(&a);
    return rc;
}

enum jem_code jem_handover_record(struct jem_app *app, uint64_t number, const struct jem_handover_in *in, json_t **out,
    struct jem_error *err)
{
    struct own_document photo = { .size = 0 };
    struct jem_application a = { 0 };
    json_t *body = json_object();
    enum jem_code rc = own_may_write(app, err);
    if (rc == JEM_OK)
        rc = handover_body(in, body, err);
    if (rc == JEM_OK)
        rc = own_load_told(app, number, &a, NULL, err);
    if (rc == JEM_OK && in->photo != NULL) {
        const struct jem_service *service = NULL; /* of another van's application it is not known here */
        if (*jem_json_str(a.state, "service", "") != '\0')
            rc = own_service(app, &a, &service, err);
        struct jem_attachment scene = *in->photo;
        scene.scene = true;
        if (rc == JEM_OK)
            rc = own_document_prepare(service, &scene, &photo, err);
    }
    jem_application_release(&a);
    if (rc == JEM_OK)
        rc = handover_unit(app, number, in->photo != NULL ? &photo : NULL, body, err);
    own_document_release(&photo);
    json_t *o = rc == JEM_OK ? json_pack("{s:s,s:O}", "status", jem_status_name(JEM_STATUS_HANDED_OVER), "name",
                                   json_object_get(body, "name"))
                             : NULL;
    json_decref(body);
    if (rc != JEM_OK)
        return rc;
    if (o != NULL)
        (void)own_put_number(o, "number", number);
    return own_give(o, out, err);
}
