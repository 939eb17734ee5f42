/* paper.c - the receipt: its words gathered from the log and the catalogue, drawn by room receipt. */
#include "jemput/paper.h"

#include <stdlib.h>
#include <string.h>

#include "jemput/escpos.h"
#include "jemput/labels.h"
#include "jemput/lookup.h"
#include "jemput/receipt.h"
#include "jemput/slip.h"
#include "own.h"

static const struct {
    enum jem_paper_format format;
    const char *name;
    enum jem_receipt_format draw; /* UNKNOWN: a raster, encoded for the printer */
} paper_formats[] = {
    { JEM_PAPER_PNG, "png", JEM_RECEIPT_PNG },
    { JEM_PAPER_SVG, "svg", JEM_RECEIPT_SVG },
    { JEM_PAPER_PDF, "pdf", JEM_RECEIPT_PDF },
    { JEM_PAPER_ESCPOS, "escpos", JEM_RECEIPT_UNKNOWN },
    { JEM_PAPER_TEXT, "text", JEM_RECEIPT_TEXT },
};
#define SAMPLE_QR_LETTERS 141 /* of a token's 88 bytes in base 32 */
#define PAPER_FORMATS (sizeof paper_formats / sizeof *paper_formats)

enum jem_paper_format jem_paper_format_parse(const char *s)
{
    for (size_t i = 0; s != NULL && i < PAPER_FORMATS; i++)
        if (strcmp(paper_formats[i].name, s) == 0)
            return paper_formats[i].format;
    return JEM_PAPER_UNKNOWN;
}

static size_t paper_format_index(enum jem_paper_format format)
{
    size_t i = 0;
    while (i < PAPER_FORMATS && paper_formats[i].format != format)
        i++;
    return i;
}

/* ---- the words ---- */

struct paper {
    struct jem_app *app;
    struct jem_application a;
    struct jem_event_list events;
    struct jem_receipt r;
    json_t *officer, *missing, *brought; /* what r points into */
    const char **brought_labels, **missing_labels;
    char qr[OWN_QR_CAP], place[200], van_name[260], ask[400], product[400], complaint[400];
};

static void paper_release(struct paper *p)
{
    jem_application_release(&p->a);
    jem_event_list_release(&p->events);
    json_decref(p->officer);
    json_decref(p->missing);
    json_decref(p->brought);
    free(p->brought_labels);
    free(p->missing_labels);
}

/* The officer who took the application, by name when the account is known here. */
static const char *paper_officer(struct paper *p)
{
    const char *actor = "";
    for (size_t i = 0; i < p->events.count; i++)
        if (jem_event_id_cmp(&p->events.items[i].id, &p->a.submitted) == 0)
            actor = p->events.items[i].actor;
    if (jem_store_user(p->app->store, actor, &p->officer, NULL) != JEM_OK)
        return actor;
    return jem_json_str(p->officer, "name", actor);
}

/* Labels of the array's objects, or of its strings. */
static const char **paper_labels(const json_t *list, size_t *count)
{
    *count = json_array_size(list);
    const char **labels = calloc(*count + 1, sizeof *labels);
    for (size_t i = 0; labels != NULL && i < *count; i++) {
        const json_t *it = json_array_get(list, i);
        labels[i] = json_is_string(it) ? json_string_value(it) : jem_json_str(it, "label", "");
    }
    return labels;
}

/* The label of each kind once, in the order in which they came. */
static json_t *paper_brought(const struct jem_service *service, const json_t *kinds)
{
    json_t *list = json_array(), *seen = json_object();
    size_t i;
    json_t *kind;
    json_array_foreach(kinds, i, kind)
    {
        const char *name = json_string_value(kind) != NULL ? json_string_value(kind) : "";
        if (json_object_get(seen, name) != NULL)
            continue;
        json_object_set_new(seen, name, json_true());
        json_array_append_new(list, json_string(jem_label_paper(service, name)));
    }
    json_decref(seen);
    return list;
}

static enum jem_code paper_documents(struct paper *p, const struct jem_service *service, struct jem_error *err)
{
    json_t *kinds = own_kinds(&p->a);
    p->missing = own_missing(service, kinds);
    p->brought = paper_brought(service, kinds);
    json_decref(kinds);
    p->brought_labels = paper_labels(p->brought, &p->r.requirement_count);
    p->missing_labels = paper_labels(p->missing, &p->r.missing_count);
    if (p->brought_labels == NULL || p->missing_labels == NULL)
        return jem_fail_nomem(err);
    p->r.requirements = p->brought_labels;
    p->r.missing = p->missing_labels;
    return JEM_OK;
}

static void paper_place(struct paper *p)
{
    char name[200], contact[200];
    unsigned van = jem_number_van(p->a.number);
    struct jem_buf text = JEM_BUF_INIT(sizeof p->van_name - 1), ask = JEM_BUF_INIT(sizeof p->ask - 1);
    (void)own_meta(p->app->store, "place", "", p->place, sizeof p->place);
    (void)own_meta(p->app->store, "name", "", name, sizeof name);
    (void)own_meta(p->app->store, "contact", "", contact, sizeof contact);
    if (van > 0)
        jem_buf_fmt(&text, jem_text(JEM_T_PAPER_VAN), van);
    if (van > 0 && strcasecmp(name, jem_buf_text(&text)) != 0)
        jem_buf_fmt(&text, " · %s", name);
    else if (van == 0)
        jem_buf_str(&text, name);
    jem_buf_str(&ask, jem_text(JEM_T_PAPER_ASK));
    if (*contact)
        jem_buf_fmt(&ask, jem_text(JEM_T_PAPER_CONTACT), contact);
    memcpy(p->van_name, jem_buf_text(&text), text.len + 1);
    memcpy(p->ask, jem_buf_text(&ask), ask.len + 1);
    jem_buf_release(&text);
    jem_buf_release(&ask);
}

/* The first sentence: paper is short, and the page and the counter have the rest. A text that does not fit stays whole. */
static const char *paper_lead(const char *const pair[JEM_LANGS], char *out, size_t cap)
{
    const char *text = jem_pair(pair), *end = strstr(text, ". ");
    if (end == NULL || (size_t)(end - text) + 2 > cap)
        return text;
    snprintf(out, cap, "%.*s", (int)(end - text) + 1, text);
    return out;
}

/* What the catalogue says, and whose van it is. */
static void paper_service(struct paper *p, const struct jem_service *s)
{
    paper_place(p);
    p->r.region = p->place;
    p->r.van_name = p->van_name;
    p->r.service = jem_pair(s->name);
    p->r.agency = jem_pair(s->agency_name);
    p->r.promised = jem_pair(s->promised);
    p->r.cost = jem_pair(s->standard[JEM_STD_COST]);
    p->r.procedure = jem_pair(s->standard[JEM_STD_PROCEDURE]);
    p->r.product = paper_lead(s->standard[JEM_STD_PRODUCT], p->product, sizeof p->product);
    p->r.ask = p->ask;
    p->r.complaint = paper_lead(s->standard[JEM_STD_COMPLAINTS], p->complaint, sizeof p->complaint);
}

static enum jem_code paper_gather(struct paper *p, uint64_t number, unsigned width_mm, struct jem_error *err)
{
    const struct jem_service *s = NULL;
    struct jem_token token;
    unsigned char raw[JEM_TOKEN_BYTES];
    enum jem_code rc = own_load(p->app, number, &p->a, &p->events, err);
    if (rc == JEM_OK)
        rc = own_token_get(p->app, number, p->qr, err);
    if (rc == JEM_OK)
        rc = jem_token_parse(p->qr, &token, raw, err);
    if (rc == JEM_OK)
        rc = own_service(p->app, &p->a, &s, err);
    if (rc == JEM_OK)
        rc = paper_documents(p, s, err);
    if (rc != JEM_OK)
        return rc;
    paper_service(p, s);
    p->r.number = number;
    p->r.qr = p->qr;
    p->r.day = token.day;
    p->r.at_unix_ms = p->a.submitted_ms;
    p->r.officer = paper_officer(p);
    p->r.copy = p->a.receipts;
    p->r.width_mm = width_mm;
    return JEM_OK;
}

/* ---- drawing ---- */

static enum jem_code paper_encode(const struct jem_raster *raster, struct jem_buf *out, struct jem_error *err)
{
    struct jem_escpos_page page = { .width_dots = raster->width_dots,
        .height_dots = raster->height_dots,
        .stride = raster->stride,
        .bits = raster->bits };
    return jem_escpos_encode(&jem_escpos_plain, &page, out, err);
}

static enum jem_code paper_escpos(const struct jem_receipt *r, struct jem_buf *out, struct jem_error *err)
{
    struct jem_raster raster = { .bits = NULL };
    enum jem_code rc = jem_receipt_raster(r, &raster, err);
    if (rc == JEM_OK)
        rc = paper_encode(&raster, out, err);
    jem_raster_release(&raster);
    return rc;
}

static enum jem_code paper_check(enum jem_paper_format format, unsigned width_mm, struct jem_error *err)
{
    if (paper_format_index(format) == PAPER_FORMATS)
        return jem_fail(err, JEM_EINVAL, JEM_D_APP, 0, JEM_T_PAPER_FORMAT);
    if (width_mm != 58 && width_mm != 80)
        return jem_fail(err, JEM_EINVAL, JEM_D_APP, 0, JEM_T_PAPER_WIDTH, width_mm);
    return JEM_OK;
}

enum jem_code own_slip_paper(const struct jem_slip *slip, enum jem_paper_format format, struct jem_buf *out,
    struct jem_error *err)
{
    struct jem_raster raster = { .bits = NULL };
    enum jem_code rc = paper_check(format, slip->width_mm, err);
    if (rc != JEM_OK)
        return rc;
    enum jem_receipt_format draw = paper_formats[paper_format_index(format)].draw;
    if (draw != JEM_RECEIPT_UNKNOWN)
        return jem_slip_draw(slip, draw, out, err);
    rc = jem_slip_raster(slip, &raster, err);
    if (rc == JEM_OK)
        rc = paper_encode(&raster, out, err);
    jem_raster_release(&raster);
    return rc;
}

enum jem_code own_paper_raster(struct jem_app *app, uint64_t number, unsigned copy, unsigned width_mm,
    unsigned head_dots, struct jem_raster *out, struct jem_error *err)
{
    struct paper p = { .app = app };
    enum jem_code rc = paper_gather(&p, number, width_mm, err);
    p.r.copy = copy;
    p.r.head_dots = head_dots;
    if (rc == JEM_OK)
        rc = jem_receipt_raster(&p.r, out, err);
    paper_release(&p);
    return rc;
}

enum jem_code own_paper_pdf(struct jem_app *app, uint64_t number, unsigned copy, unsigned width_mm, struct jem_buf *out,
    struct jem_error *err)
{
    struct paper p = { .app = app };
    enum jem_code rc = paper_gather(&p, number, width_mm, err);
    p.r.copy = copy;
    if (rc == JEM_OK)
        rc = jem_receipt_draw(&p.r, JEM_RECEIPT_PDF, out, err);
    paper_release(&p);
    return rc;
}

static enum jem_code paper_draw(const struct jem_receipt *r, enum jem_paper_format format, struct jem_buf *out,
    struct jem_error *err)
{
    enum jem_receipt_format draw = paper_formats[paper_format_index(format)].draw;
    return draw == JEM_RECEIPT_UNKNOWN ? paper_escpos(r, out, err) : jem_receipt_draw(r, draw, out, err);
}

enum jem_code jem_paper_receipt(struct jem_app *app, uint64_t number, enum jem_paper_format format, unsigned width_mm,
    struct jem_buf *out, struct jem_error *err)
{
    struct paper p = { .app = app };
    enum jem_code rc = paper_check(format, width_mm, err);
    if (rc == JEM_OK)
        rc = paper_gather(&p, number, width_mm, err);
    if (rc == JEM_OK)
        rc = paper_draw(&p.r, format, out, err);
    paper_release(&p);
    return rc;
}

/* A QR text as long as a real one, which no key has signed. */
static void sample_qr(struct jem_app *app, char out[OWN_QR_CAP])
{
    char host[100], letters[SAMPLE_QR_LETTERS + 1];
    (void)own_meta(app->store, "host", "", host, sizeof host);
    memset(letters, 'A', SAMPLE_QR_LETTERS);
    letters[SAMPLE_QR_LETTERS] = '\0';
    for (char *c = host; *c != '\0'; c++)
        *c = *c >= 'a' && *c <= 'z' ? (char)(*c - 32) : *c;
    (void)snprintf(out, OWN_QR_CAP, "HTTPS://%s/T/%s", host, letters);
}

enum jem_code own_paper_sample(struct jem_app *app, const struct jem_service *service, enum jem_paper_format format,
    unsigned width_mm, struct jem_buf *out, struct jem_error *err)
{
    struct paper p = { .app = app };
    char name[400];
    enum jem_code rc = paper_check(format, width_mm, err);
    json_t *none = json_array();
    p.missing = own_missing(service, none);
    json_decref(none);
    p.missing_labels = paper_labels(p.missing, &p.r.missing_count);
    if (rc == JEM_OK && p.missing_labels == NULL)
        rc = jem_fail_nomem(err);
    if (rc == JEM_OK) {
        paper_service(&p, service);
        sample_qr(app, p.qr);
        (void)snprintf(name, sizeof name, "%s: %s", jem_text(JEM_T_EDIT_SAMPLE), jem_pair(service->name));
        p.r.service = name;
        p.r.missing = p.missing_labels;
        p.r.qr = p.qr;
        p.r.day = jem_store_today(app->store);
        p.r.at_unix_ms = jem_store_now_ms(app->store);
        p.r.officer = app->user;
        p.r.width_mm = width_mm;
        rc = paper_draw(&p.r, format, out, err);
    }
    paper_release(&p);
    return rc;
}

enum jem_code jem_paper_qr(struct jem_app *app, uint64_t number, struct jem_buf *out, struct jem_error *err)
{
    struct jem_application a = { 0 };
    char qr[OWN_QR_CAP];
    enum jem_code rc = own_load(app, number, &a, NULL, err);
    jem_application_release(&a);
    if (rc == JEM_OK)
        rc = own_token_get(app, number, qr, err);
    if (rc != JEM_OK)
        return rc;
    jem_buf_str(out, qr);
    return jem_buf_ok(out, err);
}

/* ---- issuing ---- */

enum jem_code own_paper_copy(struct jem_app *app, uint64_t number, unsigned *copy, struct jem_error *err)
{
    struct jem_application a = { 0 };
    char qr[OWN_QR_CAP];
    enum jem_code rc = own_load(app, number, &a, NULL, err);
    if (rc == JEM_OK)
        rc = own_token_get(app, number, qr, err);
    *copy = a.receipts;
    jem_application_release(&a);
    return rc;
}

enum jem_code own_paper_note(struct jem_app *app, uint64_t number, const char *format, unsigned width_mm, unsigned copy,
    struct jem_error *err)
{
    json_t *body = json_pack("{s:i,s:s,s:i}", "copy", (int)copy, "format", format, "width", (int)width_mm);
    enum jem_code rc =
        jem_store_append(app->store, own_lane(app, number), number, "receipt.printed", body, app->user, NULL, err);
    json_decref(body);
    return rc;
}

enum jem_code jem_paper_issued(struct jem_app *app, uint64_t number, enum jem_paper_format format, unsigned width_mm,
    json_t **out, struct jem_error *err)
{
    unsigned copy = 0;
    enum jem_code rc = paper_check(format, width_mm, err);
    if (rc == JEM_OK)
        rc = own_may_write(app, err);
    if (rc == JEM_OK)
        rc = jem_store_begin(app->store, err);
    if (rc != JEM_OK)
        return rc;
    rc = own_paper_copy(app, number, &copy, err);
    if (rc == JEM_OK)
        rc = own_paper_note(app, number, paper_formats[paper_format_index(format)].name, width_mm, copy, err);
    if (rc == JEM_OK)
        rc = jem_store_commit(app->store, err);
    if (rc != JEM_OK) {
        jem_store_rollback(app->store);
        return rc;
    }
    json_t *o = json_pack("{s:i}", "copy", (int)copy);
    if (o != NULL)
        (void)own_put_number(o, "number", number);
    return own_give(o, out, err);
}

/* ---- verifying ---- */

static json_t *paper_verdict(struct jem_app *app, const struct jem_token *token, bool valid, const char *reason)
{
    const struct jem_catalog *catalog = NULL;
    const struct jem_service *service = NULL;
    struct jem_application a = { 0 };
    json_t *told = NULL;
    char day[11];
    jem_day_format(token->day, day);
    if (jem_app_catalog(app, &catalog, NULL) == JEM_OK)
        service = jem_catalog_by_code(catalog, token->service_code);
    bool known = own_load(app, token->number, &a, NULL, NULL) == JEM_OK;
    json_t *o = json_pack("{s:b,s:i,s:s,s:i,s:b,s:b}", "valid", (int)valid, "van", (int)token->van, "day", day,
        "documents", (int)token->documents, "incomplete", (int)token->incomplete, "known", (int)known);
    if (o == NULL)
        return NULL;
    (void)own_put_number(o, "number", token->number);
    json_object_set_new(o, "service", json_string(service != NULL ? jem_pair(service->name) : ""));
    json_object_set_new(o, "service_id", json_string(service != NULL ? service->id : ""));
    if (known)
        json_object_set_new(o, "status", json_string(jem_status_name(a.status)));
    if (known)
        json_object_set_new(o, "status_label", json_string(jem_label_stage(service, a.status)));
    if (!known && valid && jem_elsewhere(app, token->number, &told, NULL) == JEM_OK)
        (void)json_object_update_missing(o, told);
    if (!valid)
        json_object_set_new(o, "reason", json_string(reason));
    json_decref(told);
    jem_application_release(&a);
    return o;
}

enum jem_code jem_paper_verify(struct jem_app *app, const char *text, json_t **out, struct jem_error *err)
{
    struct jem_token token;
    unsigned char raw[JEM_TOKEN_BYTES];
    struct jem_error why = { .code = JEM_OK };
    enum jem_code rc = jem_token_parse(text != NULL ? text : "", &token, raw, err);
    if (rc != JEM_OK)
        return rc;
    rc = own_token_judge(app, &token, raw, &why);
    if (rc != JEM_OK && err != NULL)
        *err = why;
    if (rc != JEM_OK && rc != JEM_ECORRUPT)
        return rc;
    *out = paper_verdict(app, &token, rc == JEM_OK, why.msg);
    return *out != NULL ? rc : jem_fail_nomem(err);
}
