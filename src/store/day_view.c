/* day_view.c - the van's day as rows: tickets, visits, handovers, complaints, outages, survey. One row an event.
 *
 * Whose word counts: plans of visits are HQ's. What a van did, the van says (or HQ, which has counters of its own) on its own
 * lane. A complaint is answered by HQ or by whoever filed it. Rows that follow another one (a call, a closing) count only
 * when they are of the writer of that one: its number stands in the id that they name. */
#include <stdio.h>
#include <string.h>

#include "jemput/day_db.h"
#include "views.h"

#define DAY_BINDS 20

/* What a column of a row is filled with. */
enum day_from {
    DAY_END = 0,
    DAY_ID,
    DAY_WRITER,
    DAY_AT,
    DAY_OFFICER,
    DAY_KEY,
    DAY_SUBJECT,
    DAY_TEXT,
    DAY_INT,
    DAY_DATE,
    DAY_BOOL,
    DAY_LINES,
    DAY_FIXED,
    DAY_HASH,
    DAY_PREVIEW /* of the first page */
};
struct day_column {
    enum day_from from;
    const char *member; /* of the body; of DAY_FIXED the value */
};
struct day_shape {
    enum jem_kind kind;
    const char *follows; /* member that names the row that this one follows, or NULL */
    bool only_hq, or_hq; /* only HQ's word counts; HQ's too, besides the writer's of what it follows */
    const char *sql;
    struct day_column columns[DAY_BINDS];
};

static const struct day_shape day_shapes[] = {
    { JEM_KIND_QUEUE_ISSUED, NULL, false, false, "INSERT OR IGNORE INTO ticket VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        { { DAY_ID, NULL }, { DAY_WRITER, NULL }, { DAY_DATE, "day" }, { DAY_INT, "number" }, { DAY_TEXT, "category" },
            { DAY_AT, NULL }, { DAY_OFFICER, NULL } } },
    { JEM_KIND_QUEUE_CALLED, "ticket", false, false,
        "INSERT OR IGNORE INTO ticket_step VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        { { DAY_ID, NULL }, { DAY_TEXT, "ticket" }, { DAY_FIXED, "called" }, { DAY_INT, "counter" }, { DAY_AT, NULL },
            { DAY_OFFICER, NULL }, { DAY_KEY, NULL } } },
    { JEM_KIND_QUEUE_SERVED, "ticket", false, false,
        "INSERT OR IGNORE INTO ticket_step VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        { { DAY_ID, NULL }, { DAY_TEXT, "ticket" }, { DAY_FIXED, "served" }, { DAY_INT, "counter" }, { DAY_AT, NULL },
            { DAY_OFFICER, NULL }, { DAY_KEY, NULL } } },
    { JEM_KIND_QUEUE_SKIPPED, "ticket", false, false,
        "INSERT OR IGNORE INTO ticket_step VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        { { DAY_ID, NULL }, { DAY_TEXT, "ticket" }, { DAY_FIXED, "skipped" }, { DAY_INT, "counter" }, { DAY_AT, NULL },
            { DAY_OFFICER, NULL }, { DAY_KEY, NULL } } },
    { JEM_KIND_VISIT_PLANNED, NULL, true, false,
        "INSERT OR IGNORE INTO visit_plan VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
        { { DAY_ID, NULL }, { DAY_INT, "van" }, { DAY_TEXT, "village" }, { DAY_DATE, "from" }, { DAY_DATE, "to" },
            { DAY_TEXT, "place" }, { DAY_TEXT, "note" }, { DAY_TEXT, "replaces" }, { DAY_BOOL, "cancelled" },
            { DAY_AT, NULL } } },
    { JEM_KIND_VISIT_OPENED, NULL, false, false, "INSERT OR IGNORE INTO visit VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        { { DAY_ID, NULL }, { DAY_WRITER, NULL }, { DAY_TEXT, "plan" }, { DAY_TEXT, "village" }, { DAY_TEXT, "place" },
            { DAY_LINES, "team" }, { DAY_AT, NULL }, { DAY_OFFICER, NULL } } },
    { JEM_KIND_VISIT_CLOSED, "visit", false, false,
        "INSERT OR IGNORE INTO visit_end VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        { { DAY_ID, NULL }, { DAY_TEXT, "visit" }, { DAY_INT, "applications" }, { DAY_INT, "tickets" },
            { DAY_TEXT, "note" }, { DAY_AT, NULL }, { DAY_OFFICER, NULL }, { DAY_KEY, NULL } } },
    { JEM_KIND_HANDOVER_RECORDED, NULL, false, false,
        "INSERT OR IGNORE INTO handover VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
        { { DAY_ID, NULL }, { DAY_SUBJECT, NULL }, { DAY_WRITER, NULL }, { DAY_TEXT, "name" }, { DAY_TEXT, "relation" },
            { DAY_TEXT, "nik4" }, { DAY_INT, "document" }, { DAY_TEXT, "note" }, { DAY_AT, NULL },
            { DAY_OFFICER, NULL } } },
    { JEM_KIND_COMPLAINT_FILED, NULL, false, false,
        "INSERT OR IGNORE INTO complaint VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
        { { DAY_ID, NULL }, { DAY_SUBJECT, NULL }, { DAY_WRITER, NULL }, { DAY_TEXT, "channel" },
            { DAY_TEXT, "category" }, { DAY_TEXT, "name" }, { DAY_TEXT, "contact" }, { DAY_TEXT, "text" },
            { DAY_AT, NULL }, { DAY_OFFICER, NULL } } },
    { JEM_KIND_COMPLAINT_ANSWERED, "complaint", false, true,
        "INSERT OR IGNORE INTO complaint_answer VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        { { DAY_ID, NULL }, { DAY_TEXT, "complaint" }, { DAY_TEXT, "text" }, { DAY_BOOL, "closes" },
            { DAY_WRITER, NULL }, { DAY_AT, NULL }, { DAY_OFFICER, NULL }, { DAY_KEY, NULL } } },
    { JEM_KIND_OUTAGE_NOTED, NULL, false, false, "INSERT OR IGNORE INTO outage VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        { { DAY_ID, NULL }, { DAY_WRITER, NULL }, { DAY_TEXT, "what" }, { DAY_INT, "from" }, { DAY_INT, "to" },
            { DAY_TEXT, "note" }, { DAY_OFFICER, NULL } } },
    { JEM_KIND_OUTAGE_NOTED, "outage", false, false, "INSERT OR IGNORE INTO outage_end VALUES (?1, ?2, ?3)",
        { { DAY_ID, NULL }, { DAY_TEXT, "outage" }, { DAY_INT, "to" } } },
    { JEM_KIND_OUTAGE_PHOTOGRAPHED, "outage", false, false,
        "INSERT OR IGNORE INTO outage_photo VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
        { { DAY_ID, NULL }, { DAY_TEXT, "outage" }, { DAY_WRITER, NULL }, { DAY_TEXT, "mime" }, { DAY_INT, "size" },
            { DAY_HASH, "hash" }, { DAY_PREVIEW, "preview" }, { DAY_TEXT, "name" }, { DAY_AT, NULL },
            { DAY_OFFICER, NULL }, { DAY_KEY, NULL } } },
    { JEM_KIND_SURVEY_ANSWERED, NULL, false, false,
        "INSERT OR IGNORE INTO survey VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)",
        { { DAY_ID, NULL }, { DAY_WRITER, NULL }, { DAY_DATE, "day" }, { DAY_TEXT, "service" }, { DAY_TEXT, "age" },
            { DAY_TEXT, "sex" }, { DAY_TEXT, "education" }, { DAY_INT, "u1" }, { DAY_INT, "u2" }, { DAY_INT, "u3" },
            { DAY_INT, "u4" }, { DAY_INT, "u5" }, { DAY_INT, "u6" }, { DAY_INT, "u7" }, { DAY_INT, "u8" },
            { DAY_INT, "u9" } } },
};
#define DAY_SHAPES (sizeof day_shapes / sizeof *day_shapes)

bool jem_day_concerns(enum jem_kind kind)
{
    for (size_t i = 0; i < DAY_SHAPES; i++)
        if (day_shapes[i].kind == kind)
            return true;
    return false;
}

/* An outage.noted is one of two shapes: that which has "outage" follows. */
static const struct day_shape *day_shape(enum jem_kind kind, const json_t *body)
{
    bool ends = kind == JEM_KIND_OUTAGE_NOTED && json_object_get(body, "what") == NULL;
    for (size_t i = 0; i < DAY_SHAPES; i++)
        if (day_shapes[i].kind == kind && (kind != JEM_KIND_OUTAGE_NOTED || (day_shapes[i].follows != NULL) == ends))
            return &day_shapes[i];
    return NULL;
}

static bool day_believed(const struct day_shape *s, const struct jem_event *e, const json_t *body)
{
    struct jem_event_id of;
    bool hq = e->id.writer == 0;
    if (s->only_hq)
        return hq;
    if (s->follows == NULL)
        return true;
    if (!jem_event_id_parse(jem_json_str(body, s->follows, ""), &of))
        return false;
    return of.writer == e->id.writer || (hq && s->or_hq);
}

static void day_lines(const json_t *list, struct jem_buf *out)
{
    size_t i;
    const json_t *it;
    json_array_foreach(list, i, it)
    {
        jem_buf_fmt(out, "%s%s", i > 0 ? "\n" : "", json_is_string(it) ? json_string_value(it) : "");
    }
}

/* What the statement borrows. */
struct day_row {
    char id[JEM_EVENT_ID_TEXT];
    unsigned char key[JEM_KEY_BYTES], hash[32], preview[32];
    struct jem_buf lines;
};

static void day_hash(sqlite3_stmt *st, int at, const json_t *o, const char *member, unsigned char hash[32])
{
    const char *hex = jem_json_str(o, member, "");
    (void)jem_unhex(hex, strlen(hex), hash, 32); /* kind.c saw to it */
    jem_bind_blob(st, at, hash, 32);
}

static void day_bind(sqlite3_stmt *st, int at, const struct day_column *c, struct day_row *row,
    const struct jem_event *e, const json_t *body)
{
    int32_t day = 0;
    switch (c->from) {
    case DAY_END: break;
    case DAY_ID: jem_bind_text(st, at, row->id); break;
    case DAY_WRITER: jem_bind_int(st, at, e->id.writer); break;
    case DAY_AT: jem_bind_int(st, at, e->wall_ms); break;
    case DAY_OFFICER: jem_bind_text(st, at, e->actor); break;
    case DAY_KEY: jem_bind_blob(st, at, row->key, sizeof row->key); break;
    case DAY_SUBJECT: jem_bind_int(st, at, (int64_t)e->subject); break;
    case DAY_TEXT: jem_bind_text(st, at, jem_json_str(body, c->member, "")); break;
    case DAY_INT: jem_bind_int(st, at, jem_json_int(body, c->member, 0)); break;
    case DAY_BOOL: jem_bind_int(st, at, jem_json_bool(body, c->member, false)); break;
    case DAY_FIXED: jem_bind_text(st, at, c->member); break;
    case DAY_HASH: day_hash(st, at, body, c->member, row->hash); break;
    case DAY_PREVIEW:
        day_hash(st, at, json_array_get(json_object_get(body, "pages"), 0), c->member, row->preview);
        break;
    case DAY_DATE:
        if (jem_day_parse(jem_json_str(body, c->member, ""), &day, NULL) == JEM_OK)
            jem_bind_int(st, at, day);
        break;
    case DAY_LINES:
        day_lines(json_object_get(body, c->member), &row->lines);
        jem_bind_text(st, at, jem_buf_text(&row->lines));
        break;
    }
}

enum jem_code jem_day_apply(struct jem_store *store, enum jem_kind kind, const struct jem_event *e, const json_t *body,
    struct jem_error *err)
{
    struct day_row row = { .lines = JEM_BUF_INIT((size_t)64 << 10) };
    sqlite3_stmt *st = NULL;
    const struct day_shape *s = day_shape(kind, body);
    if (s == NULL || !day_believed(s, e, body))
        return JEM_OK;
    enum jem_code rc = jem_db_prepare(store, s->sql, &st, err);
    if (rc != JEM_OK)
        return rc;
    jem_event_id_format(&e->id, row.id);
    jem_key_make(e, row.key);
    for (int i = 0; s->columns[i].from != DAY_END; i++)
        day_bind(st, i + 1, &s->columns[i], &row, e, body);
    rc = jem_db_run(store, st, err);
    jem_buf_release(&row.lines);
    return rc;
}

/* ---- reading ---- */

/* The row under the cursor, a member a column. */
static json_t *day_json(sqlite3_stmt *st)
{
    json_t *o = json_object();
    for (int i = 0; o != NULL && i < sqlite3_column_count(st); i++) {
        int type = sqlite3_column_type(st, i);
        json_t *v = type == SQLITE_INTEGER ? json_integer(sqlite3_column_int64(st, i))
                    : type == SQLITE_NULL  ? json_null()
                                           : json_string(jem_column_text(st, i));
        if (json_object_set_new(o, sqlite3_column_name(st, i), v) != 0) {
            json_decref(o);
            return NULL;
        }
    }
    return o;
}

static enum jem_code day_rows(struct jem_store *store, const char *sql, const int64_t *ints, int count,
    const char *text, json_t **out, struct jem_error *err)
{
    bool row = false;
    sqlite3_stmt *st = NULL;
    json_t *list = json_array();
    enum jem_code rc = list == NULL ? jem_fail_nomem(err) : jem_db_prepare(store, sql, &st, err);
    if (rc == JEM_OK) {
        for (int i = 0; i < count; i++)
            jem_bind_int(st, i + 1, ints[i]);
        if (text != NULL)
            jem_bind_text(st, count + 1, text);
    }
    while (rc == JEM_OK && (rc = jem_db_step(store, st, &row, err)) == JEM_OK && row) {
        json_t *o = day_json(st);
        if (o == NULL || json_array_append_new(list, o) != 0)
            rc = jem_fail_nomem(err);
    }
    jem_db_done(st);
    if (rc == JEM_OK)
        *out = list;
    else
        json_decref(list);
    return rc;
}

static const char TICKETS[] =
    "SELECT t.id, t.van, t.day, t.number, t.category, t.issued AS issued_ms, t.officer, "
    "(SELECT min(s.at) FROM ticket_step s WHERE s.ticket = t.id AND s.step = 'called') AS called_ms, "
    "(SELECT max(s.at) FROM ticket_step s WHERE s.ticket = t.id AND s.step = 'called') AS recalled_ms, "
    "(SELECT min(s.at) FROM ticket_step s WHERE s.ticket = t.id AND s.step = 'served') AS served_ms, "
    "coalesce((SELECT s.step FROM ticket_step s WHERE s.ticket = t.id ORDER BY s.key DESC LIMIT 1), 'waiting') AS "
    "state, "
    "(SELECT s.counter FROM ticket_step s WHERE s.ticket = t.id AND s.counter > 0 ORDER BY s.key DESC LIMIT 1) AS "
    "counter FROM ticket t WHERE t.van = ?1 AND t.day = ?2 ORDER BY t.number, t.id";
static const char PLANS[] =
    "SELECT p.id, p.van, p.village, p.first, p.last, p.place, p.note, p.at AS planned_ms, "
    "(SELECT min(v.id) FROM visit v WHERE v.plan = p.id) AS visit FROM visit_plan p WHERE p.cancelled = 0 AND NOT "
    "EXISTS "
    "(SELECT 1 FROM visit_plan r WHERE r.replaces = p.id) AND (?1 < 0 OR p.van = ?1) AND p.last >= ?2 "
    "ORDER BY p.first, p.van, p.id";
static const char VISITS[] =
    "SELECT v.id, v.van, v.plan, v.village, v.place, v.team, v.opened AS opened_ms, v.officer, e.at AS closed_ms, "
    "e.applications, e.tickets, e.note FROM visit v LEFT JOIN visit_end e ON e.id = (SELECT x.id FROM visit_end x "
    "WHERE "
    "x.visit = v.id ORDER BY x.key LIMIT 1) WHERE (?1 < 0 OR v.van = ?1) AND (?2 = 0 OR e.id IS NULL) "
    "ORDER BY v.opened DESC, v.id LIMIT ?3";
static const char HANDOVERS[] =
    "SELECT h.id, h.number, h.van, h.name, h.relation, h.nik_end, h.document, h.note, h.at AS at_ms, h.officer "
    "FROM handover h WHERE (?1 = 0 OR h.number = ?1) ORDER BY h.at DESC, h.id LIMIT ?2";
static const char COMPLAINTS[] =
    "SELECT c.id, c.number, c.van, c.channel, c.category, c.name, c.contact, c.text, c.at AS at_ms, c.officer, "
    "(SELECT min(a.at) FROM complaint_answer a WHERE a.complaint = c.id) AS first_ms, "
    "(SELECT min(a.at) FROM complaint_answer a WHERE a.complaint = c.id AND a.closes = 1) AS closed_ms FROM complaint "
    "c "
    "WHERE (?1 = 0 OR NOT EXISTS (SELECT 1 FROM complaint_answer a WHERE a.complaint = c.id AND a.closes = 1)) AND "
    "(?2 = 0 OR c.number = ?2) AND (?4 = '' OR c.id = ?4) ORDER BY c.at DESC, c.id LIMIT ?3";
static const char ANSWERS[] =
    "SELECT a.id, a.text, a.closes, a.writer, a.at AS at_ms, a.officer FROM complaint_answer a WHERE a.complaint = ?1 "
    "ORDER BY a.key";
static const char OUTAGES[] =
    "SELECT o.id, o.van, o.what, o.first AS from_ms, CASE WHEN o.last > 0 THEN o.last ELSE (SELECT min(e.last) FROM "
    "outage_end e WHERE e.outage = o.id) END AS to_ms, o.note, o.officer FROM outage o WHERE (?1 < 0 OR o.van = ?1) "
    "AND "
    "o.first < ?2 ORDER BY o.first DESC, o.id LIMIT ?3";
static const char OUTAGE_PHOTOS[] =
    "SELECT p.id, p.van, p.mime, p.size, lower(hex(p.hash)) AS hash, lower(hex(p.preview)) AS preview, p.name, "
    "p.at AS at_ms, p.officer FROM outage_photo p WHERE p.outage = ?1 ORDER BY p.key";
static const char SURVEYS[] = "SELECT van, day, service, age, sex, education, u1, u2, u3, u4, u5, u6, u7, u8, u9 FROM "
                              "survey WHERE day BETWEEN ?1 "
                              "AND ?2 AND (?3 < 0 OR van = ?3) ORDER BY id";

static const char COUNTS[] =
    "SELECT (SELECT count(*) FROM application WHERE (?1 < 0 OR writer = ?1) AND at >= ?2 AND at < ?3) AS applications, "
    "(SELECT count(*) FROM ticket WHERE (?1 < 0 OR van = ?1) AND issued >= ?2 AND issued < ?3) AS tickets, "
    "(SELECT count(*) FROM ticket t WHERE (?1 < 0 OR t.van = ?1) AND t.issued >= ?2 AND t.issued < ?3 AND EXISTS "
    "(SELECT 1 FROM ticket_step s WHERE s.ticket = t.id AND s.step = 'served')) AS served, "
    "(SELECT count(*) FROM survey WHERE (?1 < 0 OR van = ?1) AND day >= (?2 + 25200000) / 86400000 AND day < (?3 + "
    "25200000) / 86400000) AS surveys, "
    "(SELECT count(*) FROM handover WHERE (?1 < 0 OR van = ?1) AND at >= ?2 AND at < ?3) AS handovers, "
    "(SELECT number FROM application WHERE (?1 < 0 OR writer = ?1) AND at >= ?2 AND at < ?3 ORDER BY at, number LIMIT "
    "1) "
    "AS first, (SELECT number FROM application WHERE (?1 < 0 OR writer = ?1) AND at >= ?2 AND at < ?3 ORDER BY at "
    "DESC, "
    "number DESC LIMIT 1) AS last";

enum jem_code jem_store_day_counts(struct jem_store *store, int van, int64_t from_ms, int64_t to_ms, json_t **out,
    struct jem_error *err)
{
    return day_rows(store, COUNTS, (int64_t[]){ van, from_ms, to_ms }, 3, NULL, out, err);
}

enum jem_code jem_store_tickets(struct jem_store *store, unsigned van, int32_t day, json_t **out, struct jem_error *err)
{
    return day_rows(store, TICKETS, (int64_t[]){ van, day }, 2, NULL, out, err);
}

enum jem_code jem_store_visit_plans(struct jem_store *store, int van, int32_t from, json_t **out, struct jem_error *err)
{
    return day_rows(store, PLANS, (int64_t[]){ van, from }, 2, NULL, out, err);
}

enum jem_code jem_store_visits(struct jem_store *store, int van, bool open, unsigned limit, json_t **out,
    struct jem_error *err)
{
    return day_rows(store, VISITS, (int64_t[]){ van, open, limit }, 3, NULL, out, err);
}

enum jem_code jem_store_handovers(struct jem_store *store, uint64_t number, unsigned limit, json_t **out,
    struct jem_error *err)
{
    return day_rows(store, HANDOVERS, (int64_t[]){ (int64_t)number, limit }, 2, NULL, out, err);
}

enum jem_code jem_store_complaints(struct jem_store *store, bool open, uint64_t number, const char *id, unsigned limit,
    json_t **out, struct jem_error *err)
{
    return day_rows(store, COMPLAINTS, (int64_t[]){ open, (int64_t)number, limit }, 3, id != NULL ? id : "", out, err);
}

enum jem_code jem_store_answers(struct jem_store *store, const char *complaint, json_t **out, struct jem_error *err)
{
    return day_rows(store, ANSWERS, NULL, 0, complaint, out, err);
}

enum jem_code jem_store_outages(struct jem_store *store, int van, int64_t before_ms, unsigned limit, json_t **out,
    struct jem_error *err)
{
    return day_rows(store, OUTAGES, (int64_t[]){ van, before_ms, limit }, 3, NULL, out, err);
}

enum jem_code jem_store_outage_photos(struct jem_store *store, const char *outage, json_t **out, struct jem_error *err)
{
    return day_rows(store, OUTAGE_PHOTOS, NULL, 0, outage, out, err);
}

enum jem_code jem_store_surveys(struct jem_store *store, int van, int32_t first, int32_t last, json_t **out,
    struct jem_error *err)
{
    return day_rows(store, SURVEYS, (int64_t[]){ first, last, van }, 3, NULL, out, err);
}
