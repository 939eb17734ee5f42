/* status_export.c - status.db as HQ writes it: from the views and the log to what the public may know.
 *
 * The file is filled under a name beside it, synced, and takes the place of the old one by rename: readers see the old
 * or the new one, whole. Reasons are typed by clerks: one that holds a word of the applicant's entries, an e-mail
 * address or a run of digits is replaced by the advice to ask. */
#include "jemput/status_db.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "assets.h"
#include "jemput/file.h"
#include "jemput/region.h"
#include "log.h"
#include "status_file.h"
#include "views.h"
#include "words.h"

#define EXPORT_DIGITS 4 /* a longer run of digits in a reason may be a phone or a NIK */

struct export
{
    struct jem_store *store;
    sqlite3 *db;
    sqlite3_stmt *put;
    const struct jem_status_signer *signer;
    struct jem_catalog *catalog;
    json_t *services; /* service id: number of its row */
    size_t rows;
    struct jem_error *err;
};

static const char EXPORT_NUMBERS[] = "SELECT number FROM application WHERE at <> 0 ORDER BY number";
static const char EXPORT_BEGIN[] = "BEGIN";
static const char EXPORT_END[] = "COMMIT";

static enum jem_code export_fail(struct export *x, int rc)
{
    struct jem_store other = { .db = x->db };
    return jem_db_fail(&other, rc, x->err);
}

static enum jem_code export_step(struct export *x, sqlite3_stmt *st)
{
    int rc = sqlite3_step(st);
    (void)sqlite3_reset(st);
    return rc == SQLITE_DONE ? JEM_OK : export_fail(x, rc);
}

/* ---- services ---- */

static const char *export_stage_text(const struct jem_service *service, enum jem_status status, int lang)
{
    enum jem_lang before = jem_lang_get();
    const char *own = service == NULL ? NULL : service->stage_label[status][lang];
    jem_lang_set(lang == JEM_ID ? JEM_LANG_ID : JEM_LANG_EN);
    const char *text = own != NULL ? own : jem_status_label(status);
    jem_lang_set(before);
    return text;
}

static enum jem_code export_stages(struct export *x, const struct jem_service *service, int64_t row)
{
    sqlite3_stmt *st = NULL;
    int rc =
        sqlite3_prepare_v2(x->db, "INSERT INTO stage (service, status, id, en) VALUES (?1, ?2, ?3, ?4)", -1, &st, NULL);
    enum jem_code code = rc == SQLITE_OK ? JEM_OK : export_fail(x, rc);
    for (int s = JEM_STATUS_SUBMITTED; code == JEM_OK && s < JEM_STATUS_COUNT; s++) {
        jem_bind_int(st, 1, row);
        jem_bind_int(st, 2, s);
        jem_bind_text(st, 3, export_stage_text(service, (enum jem_status)s, JEM_ID));
        jem_bind_text(st, 4, export_stage_text(service, (enum jem_status)s, JEM_EN));
        code = export_step(x, st);
    }
    sqlite3_finalize(st);
    return code;
}

/* The row of a service, made when first met. One that the catalogue does not know keeps its id as its name. */
static enum jem_code export_service(struct export *x, const char *id, int64_t *row)
{
    static const char *const none[JEM_LANGS] = { "", "" };
    const char *own[JEM_LANGS] = { id, id };
    const struct jem_service *s = x->catalog == NULL ? NULL : jem_catalog_find(x->catalog, id);
    const char *const *const pairs[3] = { s == NULL ? own : s->name, s == NULL ? none : s->agency_name,
        s == NULL ? none : s->promised };
    sqlite3_stmt *st = NULL;
    *row = jem_json_int(x->services, id, 0);
    if (*row != 0)
        return JEM_OK;
    *row = (int64_t)json_object_size(x->services) + 1;
    if (json_object_set_new(x->services, id, json_integer(*row)) != 0)
        return jem_fail_nomem(x->err);
    int rc = sqlite3_prepare_v2(x->db,
        "INSERT INTO service (id, name_id, name_en, agency_id, agency_en, promised_id, promised_en) "
        "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        -1, &st, NULL);
    enum jem_code code = rc == SQLITE_OK ? JEM_OK : export_fail(x, rc);
    if (code == JEM_OK) {
        jem_bind_int(st, 1, *row);
        for (int i = 0; i < 6; i++)
            jem_bind_text(st, 2 + i, pairs[i / 2][i % 2] == NULL ? "" : pairs[i / 2][i % 2]);
        code = export_step(x, st);
    }
    sqlite3_finalize(st);
    return code == JEM_OK ? export_stages(x, s, *row) : code;
}

/* ---- one application ---- */

static bool export_word_in(const struct jem_word_list *words, const char *text)
{
    struct jem_word_list entry;
    jem_words_split(text, &entry);
    for (size_t i = 0; i < entry.count; i++)
        for (size_t j = 0; j < words->count; j++)
            if (strlen(entry.items[i]) >= 3 && strcmp(entry.items[i], words->items[j]) == 0)
                return true;
    return false;
}

/* Words are looked at in portions: a list holds JEM_WORDS_MAX of them. */
static bool export_names_anyone(const char *reason, const json_t *fields)
{
    const char *key = NULL;
    json_t *value = NULL;
    const char *p = reason;
    while (*p != '\0') {
        char portion[JEM_WORD_BYTES * 4];
        struct jem_word_list words;
        size_t n = strcspn(p, " ,;:()/");
        size_t cut = n < sizeof portion - 1 ? n : sizeof portion - 1;
        memcpy(portion, p, cut);
        portion[cut] = '\0';
        jem_words_split(portion, &words);
        json_object_foreach((json_t *)(uintptr_t)fields, key,
            value) if (json_is_string(value) && export_word_in(&words, json_string_value(value))) return true;
        p += n;
        p += strspn(p, " ,;:()/");
    }
    return false;
}

static bool export_may_tell(const char *reason, const json_t *fields)
{
    size_t digits = 0;
    for (const char *p = reason; *p != '\0'; p++) {
        if (*p >= '0' && *p <= '9')
            digits++;
        else if (*p != ' ' && *p != '-' && *p != '.')
            digits = 0;
        if (digits > EXPORT_DIGITS || *p == '@')
            return false;
    }
    return !export_names_anyone(reason, fields);
}

/* The day on which each stage was reached first. */
static enum jem_code export_days(struct export *x, struct jem_event_list *events, json_t *days)
{
    int64_t at_ms[JEM_STATUS_COUNT];
    enum jem_code rc = jem_application_stages(events, at_ms, x->err);
    for (unsigned s = JEM_STATUS_SUBMITTED; rc == JEM_OK && s < JEM_STATUS_COUNT; s++)
        if (at_ms[s] != INT64_MIN && json_object_set_new(days, jem_status_name((enum jem_status)s),
                                         json_integer(jem_day_of_unix_ms(at_ms[s]))) != 0)
            rc = jem_fail_nomem(x->err);
    return rc;
}

static enum jem_code export_put(struct export *x, const struct jem_application *a, json_t *days)
{
    struct jem_buf text = JEM_BUF_INIT(4096);
    unsigned char message[JEM_STATUS_MESSAGE_MAX], signature[64] = { 0 };
    int32_t day = jem_day_of_unix_ms(a->stage_ms);
    const char *reason = jem_json_str(a->state, "reason", "");
    int64_t service = 0;
    enum jem_code rc = export_service(x, jem_json_str(a->state, "service", ""), &service);
    /* The stage that is shown has the day that is signed. */
    if (rc == JEM_OK && json_object_set_new(days, jem_status_name(a->status), json_integer(day)) != 0)
        rc = jem_fail_nomem(x->err);
    if (rc == JEM_OK)
        rc = jem_json_canonical(days, &text, x->err);
    if (rc == JEM_OK)
        rc = jem_buf_ok(&text, x->err);
    if (rc == JEM_OK) {
        bool told = reason[0] == '\0' || export_may_tell(reason, json_object_get(a->state, "fields"));
        x->signer->sign(x->signer->ctx, message, jem_status_message(a->number, a->status, day, message), signature);
        jem_bind_int(x->put, 1, (int64_t)a->number);
        jem_bind_int(x->put, 2, a->submitted.writer);
        jem_bind_int(x->put, 3, service);
        jem_bind_text(x->put, 4, jem_status_name(a->status));
        jem_bind_int(x->put, 5, jem_day_of_unix_ms(a->submitted_ms));
        jem_bind_int(x->put, 6, day);
        jem_bind_text(x->put, 7, jem_buf_text(&text));
        jem_bind_text(x->put, 8, told ? reason : JEM_STATUS_ASK);
        jem_bind_blob(x->put, 9, signature, sizeof signature);
        rc = export_step(x, x->put);
        x->rows += rc == JEM_OK;
    }
    jem_buf_release(&text);
    return rc;
}

static enum jem_code export_application(struct export *x, uint64_t number)
{
    struct jem_application a;
    struct jem_event_list events = { 0 };
    json_t *days = json_object();
    enum jem_code rc =
        days == NULL ? jem_fail_nomem(x->err) : jem_store_application(x->store, number, &a, &events, x->err);
    if (rc != JEM_OK) {
        json_decref(days);
        return rc;
    }
    rc = export_days(x, &events, days);
    if (rc == JEM_OK)
        rc = export_put(x, &a, days);
    json_decref(days);
    jem_event_list_release(&events);
    jem_application_release(&a);
    return rc;
}

static enum jem_code export_applications(struct export *x)
{
    bool row = false;
    sqlite3_stmt *st = NULL;
    int native = sqlite3_prepare_v2(x->db,
        "INSERT INTO status (number, van, service, status, submitted, reached, days, reason, signature) "
        "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        -1, &x->put, NULL);
    enum jem_code rc = native == SQLITE_OK ? JEM_OK : export_fail(x, native);
    if (rc == JEM_OK)
        rc = jem_db_prepare(x->store, EXPORT_NUMBERS, &st, x->err);
    while (rc == JEM_OK && (rc = jem_db_step(x->store, st, &row, x->err)) == JEM_OK && row)
        rc = export_application(x, (uint64_t)sqlite3_column_int64(st, 0));
    jem_db_done(st);
    sqlite3_finalize(x->put);
    return rc;
}

/* ---- about ---- */

static enum jem_code export_meta(struct export *x, const char *key, struct jem_buf *out)
{
    enum jem_code rc = jem_store_meta_get(x->store, key, out, x->err);
    return rc == JEM_ENOTFOUND ? JEM_OK : rc;
}

/* When something of the van was last taken in: merging keeps it as "seen.VAN", the time and a version. 0: never. */
static enum jem_code export_synced(struct export *x, int van, int64_t *synced_ms)
{
    struct jem_buf text = JEM_BUF_INIT(120);
    char key[24];
    (void)snprintf(key, sizeof key, "seen.%d", van);
    enum jem_code rc = export_meta(x, key, &text);
    *synced_ms = strtoll(jem_buf_text(&text), NULL, 10);
    jem_buf_release(&text);
    return rc;
}

/* Each key of each van: receipts that an earlier laptop signed stay good. */
static enum jem_code export_vans(struct export *x, json_t **out)
{
    json_t *keys = NULL, *told = json_array();
    enum jem_code rc = told == NULL ? jem_fail_nomem(x->err) : jem_store_sign_keys(x->store, 0, &keys, x->err);
    for (size_t i = 0; rc == JEM_OK && i < json_array_size(keys); i++) {
        const json_t *key = json_array_get(keys, i);
        int van = (int)jem_json_int(key, "van", 0);
        int64_t synced_ms = 0;
        rc = export_synced(x, van, &synced_ms);
        if (rc == JEM_OK &&
            json_array_append_new(told, json_pack("{s:i, s:s, s:I}", "van", van, "sign", jem_json_str(key, "sign", ""),
                                            "synced_ms", (json_int_t)synced_ms)) != 0)
            rc = jem_fail_nomem(x->err);
    }
    json_decref(keys);
    if (rc == JEM_OK)
        *out = json_incref(told);
    json_decref(told);
    return rc;
}

static enum jem_code export_about(struct export *x)
{
    struct jem_buf code = JEM_BUF_INIT(256), contact = JEM_BUF_INIT(4096), text = JEM_BUF_INIT(1 << 20);
    char region[160] = "", hq[65];
    json_t *vans = NULL, *about = NULL;
    sqlite3_stmt *st = NULL;
    enum jem_code rc = export_meta(x, "region", &code);
    if (rc == JEM_OK)
        rc = export_meta(x, "contact", &contact);
    if (rc == JEM_OK)
        rc = export_vans(x, &vans);
    if (rc == JEM_OK) {
        jem_region_full_name(jem_buf_text(&code), region, sizeof region);
        jem_hex(x->signer->public_key, 32, hq);
        about = json_pack("{s:I, s:s, s:s, s:O, s:s}", "exported_ms", (json_int_t)jem_store_now_ms(x->store), "region",
            region, "contact", jem_buf_text(&contact), "vans", vans, "hq", hq);
        rc = about == NULL ? jem_fail_nomem(x->err) : jem_json_canonical(about, &text, x->err);
    }
    if (rc == JEM_OK)
        rc = jem_buf_ok(&text, x->err);
    if (rc == JEM_OK) {
        int native = sqlite3_prepare_v2(x->db, "INSERT INTO about (one, json) VALUES (1, ?1)", -1, &st, NULL);
        rc = native == SQLITE_OK ? JEM_OK : export_fail(x, native);
    }
    if (rc == JEM_OK) {
        jem_bind_text(st, 1, jem_buf_text(&text));
        rc = export_step(x, st);
    }
    sqlite3_finalize(st);
    json_decref(about);
    json_decref(vans);
    jem_buf_release(&text);
    jem_buf_release(&contact);
    jem_buf_release(&code);
    return rc;
}

/* ---- the file ---- */

static enum jem_code export_catalog(struct export *x)
{
    json_t *root = NULL;
    struct jem_error ignored;
    enum jem_code rc = jem_store_catalog(x->store, &root, &ignored);
    /* Without a catalogue, or with one of a newer format, services go by their ids. */
    if (rc == JEM_OK && jem_catalog_parse(root, &x->catalog, NULL, &ignored) != JEM_OK)
        x->catalog = NULL;
    json_decref(root);
    return rc == JEM_ENOMEM ? jem_fail_nomem(x->err) : JEM_OK;
}

static enum jem_code export_open(struct export *x, const char *path)
{
    struct jem_buf sql = JEM_BUF_INIT(1 << 16);
    int rc = sqlite3_open_v2(path, &x->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, NULL);
    /* Nobody else sees the file before it is whole: no journal, one sync at the end. */
    jem_buf_fmt(&sql, "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA application_id = %d; BEGIN; ",
        JEM_STATUS_APPLICATION_ID);
    jem_buf_add(&sql, jem_asset_status_db_sql_start,
        (size_t)(jem_asset_status_db_sql_end - jem_asset_status_db_sql_start));
    if (rc == SQLITE_OK)
        rc = sqlite3_exec(x->db, jem_buf_text(&sql), NULL, NULL, NULL);
    jem_buf_release(&sql);
    return rc == SQLITE_OK ? JEM_OK : export_fail(x, rc);
}

static enum jem_code export_fill(struct export *x)
{
    sqlite3_stmt *st = NULL;
    bool own = !x->store->in_unit;
    enum jem_code rc = own ? jem_db_prepare(x->store, EXPORT_BEGIN, &st, x->err) : JEM_OK;
    if (rc == JEM_OK && own)
        rc = jem_db_run(x->store, st, x->err);
    if (rc != JEM_OK)
        return rc;
    rc = export_catalog(x);
    if (rc == JEM_OK)
        rc = export_applications(x);
    if (rc == JEM_OK)
        rc = export_about(x);
    struct jem_error ignored;
    if (own && jem_db_prepare(x->store, EXPORT_END, &st, &ignored) == JEM_OK)
        (void)sqlite3_step(st); /* a read transaction: nothing to lose */
    jem_db_done(own ? st : NULL);
    if (rc == JEM_OK) {
        int native = sqlite3_exec(x->db, "COMMIT", NULL, NULL, NULL);
        rc = native == SQLITE_OK ? JEM_OK : export_fail(x, native);
    }
    return rc;
}

enum jem_code jem_status_db_export(struct jem_store *store, const char *path, const struct jem_status_signer *signer,
    size_t *rows, struct jem_error *err)
{
    struct export x = { .store = store, .signer = signer, .services = json_object(), .err = err };
    char made[4096];
    *rows = 0;
    if (x.services == NULL)
        return jem_fail_nomem(err);
    if (snprintf(made, sizeof made, "%s.new", path) >= (int)sizeof made) {
        json_decref(x.services);
        return jem_fail_errno(err, ENAMETOOLONG, path);
    }
    (void)unlink(made);
    enum jem_code rc = export_open(&x, made);
    if (rc == JEM_OK)
        rc = export_fill(&x);
    (void)sqlite3_close(x.db);
    if (rc == JEM_OK)
        rc = jem_file_name_it(made, path, err);
    if (rc == JEM_OK)
        *rows = x.rows;
    else
        (void)unlink(made);
    jem_catalog_free(x.catalog);
    json_decref(x.services);
    return rc;
}
