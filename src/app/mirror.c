/* mirror.c - the log and the applications of headquarters into PostgreSQL by COPY.
 *
 * One transaction a batch: (1) events of one stream after what the mirror has of it, through a temporary table, those there
 * already skipped; (2) the applications that they are about, as they stand now; (3) what body.redacted events of the batch name is
 * taken out. A run that is cut goes on at the last batch that was committed; what it finds there tells it where. */
#include "jemput/mirror.h"

#include <libpq-fe.h>
#include <stdlib.h>
#include <string.h>

#include "data_own.h"

#define MIRROR_BATCH 2000u
#define MIRROR_BATCH_BYTES ((size_t)8 << 20)
#define MIRROR_LINES_MAX ((size_t)64 << 20)
#define MIRROR_REGION_MAX 64

extern const char jem_asset_mirror_sql_start[], jem_asset_mirror_sql_end[];

struct mirror {
    struct jem_app *app;
    PGconn *pg;
    char region[MIRROR_REGION_MAX];
    json_t *subjects, *erased; /* of the batch: objects whose names are application numbers */
    int64_t events, applications, gone;
    struct jem_error *err;
};

/* The last failure of the connection as ours; a lost connection can be tried again. */
static enum jem_code mirror_fail(struct mirror *m)
{
    char text[160];
    const char *words = PQerrorMessage(m->pg);
    size_t n = strcspn(words, "\n");
    (void)snprintf(text, sizeof text, "%.*s", n < sizeof text ? (int)n : (int)sizeof text - 1, words);
    return jem_fail(m->err, PQstatus(m->pg) == CONNECTION_OK ? JEM_EINTERNAL : JEM_ELINK, JEM_D_APP, 0,
        JEM_T_MIRROR_FAILED, text);
}

/* Statements without rows. */
static enum jem_code mirror_do(struct mirror *m, const char *sql)
{
    PGresult *r = PQexec(m->pg, sql);
    ExecStatusType is = PQresultStatus(r);
    PQclear(r);
    return is == PGRES_COMMAND_OK || is == PGRES_TUPLES_OK ? JEM_OK : mirror_fail(m);
}

/* One number of one row; parameters are the region and `more` (may be NULL). */
static enum jem_code mirror_number(struct mirror *m, const char *sql, const char *more, int64_t *out)
{
    const char *const values[] = { m->region, more };
    PGresult *r = PQexecParams(m->pg, sql, more != NULL ? 2 : 1, NULL, values, NULL, NULL, 0);
    bool good = PQresultStatus(r) == PGRES_TUPLES_OK && PQntuples(r) == 1;
    *out = good && !PQgetisnull(r, 0, 0) ? strtoll(PQgetvalue(r, 0, 0), NULL, 10) : 0;
    PQclear(r);
    return good ? JEM_OK : mirror_fail(m);
}

static enum jem_code mirror_with(struct mirror *m, const char *sql, const char *more)
{
    const char *const values[] = { m->region, more };
    PGresult *r = PQexecParams(m->pg, sql, 2, NULL, values, NULL, NULL, 0);
    bool good = PQresultStatus(r) == PGRES_COMMAND_OK;
    PQclear(r);
    return good ? JEM_OK : mirror_fail(m);
}

/* ---- lines of COPY ---- */

/* One value behind a tab, but for the first; NULL is \N. JSON may not hold a NUL in PostgreSQL. */
static void line_text(struct jem_buf *b, const char *text, bool first)
{
    if (!first)
        jem_buf_byte(b, '\t');
    if (text == NULL) {
        jem_buf_str(b, "\\N");
        return;
    }
    for (; *text != '\0'; text++)
        switch (*text) {
        case '\\': jem_buf_str(b, "\\\\"); break;
        case '\t': jem_buf_str(b, "\\t"); break;
        case '\n': jem_buf_str(b, "\\n"); break;
        case '\r': jem_buf_str(b, "\\r"); break;
        default: jem_buf_byte(b, (unsigned char)*text);
        }
}

static void line_number(struct jem_buf *b, int64_t n)
{
    jem_buf_fmt(b, "\t%lld", (long long)n);
}

static void line_json(struct jem_buf *b, const json_t *v)
{
    char *text = json_dumps(v, JSON_COMPACT | JSON_SORT_KEYS);
    line_text(b, text != NULL ? text : "{}", false);
    free(text);
}

static enum jem_code mirror_copy(struct mirror *m, const char *sql, struct jem_buf *lines)
{
    PGresult *r = PQexec(m->pg, sql);
    bool good = PQresultStatus(r) == PGRES_COPY_IN;
    PQclear(r);
    if (jem_buf_ok(lines, m->err) != JEM_OK)
        return JEM_ENOMEM;
    for (size_t at = 0; good && at < lines->len; at += (size_t)1 << 20) {
        size_t n = lines->len - at < (size_t)1 << 20 ? lines->len - at : (size_t)1 << 20;
        good = PQputCopyData(m->pg, (const char *)lines->data + at, (int)n) == 1;
    }
    good = good && PQputCopyEnd(m->pg, NULL) == 1;
    for (r = good ? PQgetResult(m->pg) : NULL; r != NULL; r = PQgetResult(m->pg)) {
        good = good && PQresultStatus(r) == PGRES_COMMAND_OK;
        PQclear(r);
    }
    return good ? JEM_OK : mirror_fail(m);
}

/* ---- events ---- */

/* The numbers that a body.redacted event names, and whom an event is about. */
static void event_note(struct mirror *m, const struct jem_event *e, const char *subject)
{
    json_t *body = NULL, *number;
    size_t i;
    if (subject != NULL)
        json_object_set_new(m->subjects, subject, json_true());
    if (jem_kind_parse(e->kind) != JEM_KIND_BODY_REDACTED || e->body == NULL ||
        jem_json_parse(e->body, e->body_len, e->kind, &body, NULL) != JEM_OK)
        return;
    json_array_foreach(json_object_get(body, "numbers"), i, number)
        json_object_set_new(m->erased, json_string_value(number) != NULL ? json_string_value(number) : "", json_true());
    json_decref(body);
}

/* Bodies that carry packed bytes: records on their way back to a van, stages of the district, dictionaries. */
static bool event_is_packed(const struct jem_event *e)
{
    enum jem_kind kind = jem_kind_parse(e->kind);
    return kind == JEM_KIND_HISTORY_RETURNED || kind == JEM_KIND_DISTRICT_STATUS ||
           kind == JEM_KIND_DICTIONARY_PUBLISHED;
}

static void event_line(struct mirror *m, const struct jem_event *e, struct jem_buf *b)
{
    char hash[65], subject[JEM_NUMBER_TEXT];
    bool about = e->subject != 0;
    json_t *masked = e->body != NULL && !event_is_packed(e) ? data_masked(e->body) : NULL;
    jem_hex(e->hash, 32, hash);
    if (about)
        jem_number_format(e->subject, subject);
    line_text(b, m->region, true);
    line_number(b, e->id.writer);
    line_number(b, e->id.lane);
    line_number(b, e->id.inc);
    line_number(b, (int64_t)e->id.seq);
    line_number(b, (int64_t)e->hlc);
    jem_buf_fmt(b, "\t%lld", (long long)e->wall_ms);
    line_text(b, jem_clock_source_name(e->clock_source), false);
    line_text(b, e->actor, false);
    line_text(b, e->kind, false);
    line_text(b, about ? subject : NULL, false);
    jem_buf_fmt(b, "\t%s", hash);
    line_text(b, json_string_value(masked), false);
    jem_buf_byte(b, '\n');
    json_decref(masked);
    event_note(m, e, about ? subject : NULL);
}

/* Through a table of texts: COPY knows no expression, and what is there already is skipped. */
static const char EVENTS_STAGE[] =
    "CREATE TEMP TABLE IF NOT EXISTS jemput_in (region text, writer integer, lane integer, inc integer, seq bigint, "
    "hlc "
    "bigint, wall bigint, clock text, actor text, kind text, subject text, hash text, body text) ON COMMIT DELETE ROWS";
static const char EVENTS_TAKE[] =
    "INSERT INTO jemput.event SELECT region, writer, lane, inc, seq, hlc, to_timestamp(wall / 1000.0), clock, actor, "
    "kind, "
    "subject, decode(hash, 'hex'), replace(body, '\\u0000', '')::jsonb FROM jemput_in ON CONFLICT DO NOTHING";

static enum jem_code mirror_events(struct mirror *m, const struct jem_event_list *events)
{
    struct jem_buf lines = JEM_BUF_INIT(MIRROR_LINES_MAX);
    for (size_t i = 0; i < events->count; i++)
        event_line(m, &events->items[i], &lines);
    enum jem_code rc = mirror_copy(m, "COPY jemput_in FROM STDIN", &lines);
    if (rc == JEM_OK)
        rc = mirror_do(m, EVENTS_TAKE);
    jem_buf_release(&lines);
    return rc;
}

/* ---- applications ---- */

static const char ROWS_STAGE[] =
    "CREATE TEMP TABLE IF NOT EXISTS jemput_row (LIKE jemput.application) ON COMMIT DELETE ROWS";
static const char ROWS_TAKE[] =
    "INSERT INTO jemput.application SELECT * FROM jemput_row ON CONFLICT (region, number) DO UPDATE SET service = "
    "excluded.service, agency = excluded.agency, status = excluded.status, submitted = excluded.submitted, channel = "
    "excluded.channel, van = excluded.van, officer = excluded.officer, village = excluded.village, nik = excluded.nik, "
    "name "
    "= excluded.name, documents = excluded.documents, conflicts = excluded.conflicts, linked = excluded.linked, reason "
    "= "
    "excluded.reason, stages = excluded.stages, fields = excluded.fields";

static void row_line(struct mirror *m, const json_t *row, struct jem_buf *b)
{
    static const char *const texts[] = { "number", "service", "agency", "status", "submitted", "channel" };
    static const char *const more[] = { "officer", "village", "nik", "name" };
    static const char *const last[] = { "linked", "reason" };
    line_text(b, m->region, true);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        line_text(b, jem_json_str(row, texts[i], ""), false);
    line_number(b, jem_json_int(row, "van", 0));
    for (size_t i = 0; i < sizeof more / sizeof *more; i++)
        line_text(b, jem_json_str(row, more[i], ""), false);
    line_number(b, (int64_t)json_array_size(json_object_get(row, "documents")));
    line_number(b, jem_json_int(row, "conflicts", 0));
    for (size_t i = 0; i < sizeof last / sizeof *last; i++)
        line_text(b, jem_json_str(row, last[i], ""), false);
    line_json(b, json_object_get(row, "stages"));
    line_json(b, json_object_get(row, "fields"));
    jem_buf_byte(b, '\n');
}

/* Those of which the submission has not come, or that were erased, have no row. */
static enum jem_code mirror_rows(struct mirror *m)
{
    struct jem_buf lines = JEM_BUF_INIT(MIRROR_LINES_MAX);
    const char *text;
    json_t *unused;
    int64_t count = 0;
    enum jem_code rc = JEM_OK;
    json_object_foreach(m->subjects, text, unused)
    {
        uint64_t number = 0;
        json_t *row = NULL;
        if (rc != JEM_OK || jem_number_parse(text, &number, NULL) != JEM_OK)
            continue;
        rc = data_row(m->app, number, false, &row, m->err);
        if (rc == JEM_OK && *jem_json_str(row, "submitted", "") != '\0') {
            row_line(m, row, &lines);
            count++;
        }
        rc = rc == JEM_ENOTFOUND ? JEM_OK : rc;
        json_decref(row);
    }
    if (rc == JEM_OK && count > 0)
        rc = mirror_copy(m, "COPY jemput_row FROM STDIN", &lines);
    if (rc == JEM_OK && count > 0)
        rc = mirror_do(m, ROWS_TAKE);
    m->applications += rc == JEM_OK ? count : 0;
    jem_buf_release(&lines);
    return rc;
}

static enum jem_code mirror_erase(struct mirror *m)
{
    const char *number;
    json_t *unused;
    enum jem_code rc = JEM_OK;
    json_object_foreach(m->erased, number, unused)
    {
        if (rc == JEM_OK)
            rc = mirror_with(m, "UPDATE jemput.event SET body = NULL WHERE region = $1 AND subject = $2", number);
        if (rc == JEM_OK)
            rc = mirror_with(m, "DELETE FROM jemput.application WHERE region = $1 AND number = $2", number);
        m->gone += rc == JEM_OK;
    }
    return rc;
}

/* ---- streams ---- */

static enum jem_code mirror_batch(struct mirror *m, const struct jem_event_list *events)
{
    json_object_clear(m->subjects);
    json_object_clear(m->erased);
    enum jem_code rc = mirror_do(m, "BEGIN");
    if (rc == JEM_OK)
        rc = mirror_events(m, events);
    if (rc == JEM_OK)
        rc = mirror_rows(m);
    if (rc == JEM_OK)
        rc = mirror_erase(m);
    if (rc == JEM_OK)
        rc = mirror_do(m, "COMMIT");
    if (rc != JEM_OK)
        PQclear(PQexec(m->pg, "ROLLBACK"));
    m->events += rc == JEM_OK ? (int64_t)events->count : 0;
    return rc;
}

static enum jem_code mirror_stream(struct mirror *m, uint16_t writer, uint16_t lane, uint16_t inc)
{
    static const char upto[] =
        "SELECT max(seq) FROM jemput.event WHERE region = $1 AND "
        "(writer, lane, inc) = (split_part($2, '.', 1)::integer, split_part($2, '.', 2)::integer, "
        "split_part($2, '.', 3)::integer)";
    char name[40];
    int64_t seq = 0;
    (void)snprintf(name, sizeof name, "%u.%u.%u", (unsigned)writer, (unsigned)lane, (unsigned)inc);
    enum jem_code rc = mirror_number(m, upto, name, &seq);
    struct jem_event_id from = { writer, lane, inc, (uint64_t)seq + 1 };
    for (bool more = true; rc == JEM_OK && more;) {
        struct jem_event_list events = { 0 };
        rc = jem_store_events(m->app->store, &from, MIRROR_BATCH, MIRROR_BATCH_BYTES, &events, m->err);
        more = events.count > 0;
        if (rc == JEM_OK && more)
            rc = mirror_batch(m, &events);
        if (more)
            from.seq = events.items[events.count - 1].id.seq + 1;
        jem_event_list_release(&events);
    }
    return rc;
}

/* Every incarnation of a lane. */
static enum jem_code mirror_lane(struct mirror *m, uint16_t writer, uint16_t lane, int64_t *source)
{
    uint16_t inc = UINT16_MAX;
    enum jem_code rc = JEM_OK;
    for (; rc == JEM_OK; inc--) {
        struct jem_stream_head head;
        rc = jem_store_inc_upto(m->app->store, writer, lane, inc, &inc, m->err);
        if (rc != JEM_OK || inc == 0)
            break;
        rc = mirror_stream(m, writer, lane, inc);
        if (rc == JEM_OK)
            rc = jem_store_head(m->app->store, writer, lane, inc, &head, m->err);
        *source += rc == JEM_OK ? (int64_t)head.last.seq : 0;
    }
    return rc;
}

/* Vans first: what HQ ruled on is there when its rulings come, and its redactions find what they name. */
static enum jem_code mirror_all(struct mirror *m, int64_t *source)
{
    json_t *vans = NULL, *van;
    size_t i;
    enum jem_code rc = jem_store_vans(m->app->store, &vans, m->err);
    json_array_foreach(vans, i, van)
    {
        uint16_t n = (uint16_t)jem_json_int(van, "van", 0);
        if (rc == JEM_OK)
            rc = mirror_lane(m, n, 0, source);
        if (rc == JEM_OK)
            rc = mirror_lane(m, 0, n, source);
    }
    json_decref(vans);
    return rc == JEM_OK ? mirror_lane(m, 0, 0, source) : rc;
}

/* ---- the connection and the tables ---- */

enum jem_code jem_mirror_schema(bool partitioned, struct jem_buf *out, struct jem_error *err)
{
    static const char mark[] = ")/*PARTITION*/;";
    const char *from = jem_asset_mirror_sql_start, *at;
    while ((at = strstr(from, mark)) != NULL) {
        jem_buf_add(out, from, (size_t)(at - from) + 1);
        jem_buf_str(out, partitioned ? " PARTITION BY LIST (region);" : ";");
        from = at + sizeof mark - 1;
    }
    jem_buf_str(out, from);
    return jem_buf_ok(out, err);
}

/* Where a table is partitioned, this region's part of it. The region is digits or was quoted. */
static enum jem_code mirror_partition(struct mirror *m, const char *table)
{
    static const char is[] = "SELECT CASE WHEN relkind = 'p' THEN 1 ELSE 0 END FROM pg_class WHERE oid = "
                             "('jemput.' || $2)::regclass AND $1 <> ''";
    int64_t partitioned = 0;
    struct jem_buf sql = JEM_BUF_INIT(1000), name = JEM_BUF_INIT(200);
    enum jem_code rc = mirror_number(m, is, table, &partitioned);
    if (rc == JEM_OK && partitioned == 1) {
        jem_buf_fmt(&name, "%s_%s", table, m->region);
        char *part = PQescapeIdentifier(m->pg, jem_buf_text(&name), name.len),
             *value = PQescapeLiteral(m->pg, m->region, strlen(m->region));
        jem_buf_fmt(&sql, "CREATE TABLE IF NOT EXISTS jemput.%s PARTITION OF jemput.%s FOR VALUES IN (%s)",
            part != NULL ? part : "", table, value != NULL ? value : "");
        PQfreemem(part);
        PQfreemem(value);
        rc = jem_buf_ok(&sql, m->err);
        if (rc == JEM_OK)
            rc = mirror_do(m, jem_buf_text(&sql));
    }
    jem_buf_release(&sql);
    jem_buf_release(&name);
    return rc;
}

/* Tables are made only where there are none: who made them otherwise (distributed, say) keeps them so. One region at a time makes
 * them: IF NOT EXISTS does not hold against another session that is at it. */
static enum jem_code mirror_tables(struct mirror *m, bool partitioned)
{
    struct jem_buf schema = JEM_BUF_INIT((size_t)1 << 16);
    int64_t there = 0;
    enum jem_code rc = mirror_do(m, "SELECT pg_advisory_lock(hashtext('jemput tables'))");
    if (rc == JEM_OK)
        rc = mirror_number(m,
            "SELECT count(*) FROM pg_class WHERE oid = to_regclass('jemput.application') AND $1 <> ''", NULL, &there);
    if (rc == JEM_OK && there == 0)
        rc = jem_mirror_schema(partitioned, &schema, m->err);
    if (rc == JEM_OK && there == 0)
        rc = mirror_do(m, jem_buf_text(&schema));
    if (rc == JEM_OK)
        rc = mirror_partition(m, "event");
    if (rc == JEM_OK)
        rc = mirror_partition(m, "application");
    if (rc == JEM_OK)
        rc = mirror_do(m, "SELECT pg_advisory_unlock(hashtext('jemput tables'))");
    if (rc == JEM_OK)
        rc = mirror_do(m, EVENTS_STAGE);
    if (rc == JEM_OK)
        rc = mirror_do(m, ROWS_STAGE);
    jem_buf_release(&schema);
    return rc;
}

static bool mirror_is_url(const char *url)
{
    static const char *const schemes[] = { "postgresql://", "postgres://" };
    return strncmp(url, schemes[0], strlen(schemes[0])) == 0 || strncmp(url, schemes[1], strlen(schemes[1])) == 0;
}

enum jem_code jem_mirror_place(const char *url, struct jem_error *err)
{
    PQconninfoOption *all = mirror_is_url(url) ? PQconninfoParse(url, NULL) : NULL;
    bool secret = false;
    for (const PQconninfoOption *it = all; it != NULL && it->keyword != NULL; it++)
        secret = secret || (strcmp(it->dispchar, "*") == 0 && it->val != NULL);
    enum jem_code rc = all == NULL ? jem_fail(err, JEM_EINVAL, JEM_D_APP, 0, JEM_T_MIRROR_URL)
                       : secret    ? jem_fail(err, JEM_EINVAL, JEM_D_APP, 0, JEM_T_MIRROR_PASSWORD)
                                   : JEM_OK;
    PQconninfoFree(all);
    return rc;
}

static enum jem_code mirror_connect(struct mirror *m, const char *url, bool partitioned)
{
    /* what the address does not say otherwise: a server that is silent is given up, in seconds but for the last */
    static const char *const names[] = { "connect_timeout", "keepalives_idle", "keepalives_interval",
        "keepalives_count", "tcp_user_timeout", "dbname", NULL };
    const char *const values[] = { "15", "30", "10", "3", "60000", url, NULL };
    if (!mirror_is_url(url))
        return jem_fail(m->err, JEM_EINVAL, JEM_D_APP, 0, JEM_T_MIRROR_URL);
    if (!own_meta(m->app->store, "region", "", m->region, sizeof m->region) || m->region[0] == '\0')
        return jem_fail(m->err, JEM_EINVAL, JEM_D_APP, 0, JEM_T_MIRROR_REGION);
    m->pg = PQconnectdbParams(names, values, 1);
    if (PQstatus(m->pg) != CONNECTION_OK)
        return mirror_fail(m);
    enum jem_code rc = mirror_do(m, "SET client_encoding = 'UTF8'; SET client_min_messages = warning");
    return rc == JEM_OK ? mirror_tables(m, partitioned) : rc;
}

/* Two runs into one region at once would only slow each other: the second is told to wait. */
static enum jem_code mirror_lock(struct mirror *m)
{
    int64_t got = 0;
    enum jem_code rc =
        mirror_number(m, "SELECT pg_try_advisory_lock(hashtext('jemput mirror ' || $1))::integer", NULL, &got);
    return rc == JEM_OK && got == 0 ? jem_fail(m->err, JEM_EBUSY, JEM_D_APP, 0, JEM_T_MIRROR_BUSY) : rc;
}

static enum jem_code mirror_note(struct mirror *m)
{
    struct jem_buf to = JEM_BUF_INIT(300);
    const char *host = PQhost(m->pg), *db = PQdb(m->pg);
    jem_buf_fmt(&to, "%.200s/%.60s", host != NULL ? host : "", db != NULL ? db : "");
    enum jem_code rc = jem_store_begin(m->app->store, m->err);
    if (rc == JEM_OK)
        rc = data_note(m->app, "mirror", jem_buf_text(&to), (size_t)m->applications, false, json_object(), "", m->err);
    if (rc == JEM_OK)
        rc = jem_store_commit(m->app->store, m->err);
    if (rc != JEM_OK)
        jem_store_rollback(m->app->store);
    jem_buf_release(&to);
    return rc;
}

enum jem_code jem_mirror_run(struct jem_app *app, const char *url, bool partitioned, json_t **out,
    struct jem_error *err)
{
    struct mirror m = { .app = app, .subjects = json_object(), .erased = json_object(), .err = err };
    int64_t total = 0, source = 0;
    enum jem_code rc = jem_app_require(app, JEM_ROLE_HQ, "admin", err);
    if (rc == JEM_OK)
        rc = mirror_connect(&m, url, partitioned);
    if (rc == JEM_OK)
        rc = mirror_lock(&m);
    if (rc == JEM_OK)
        rc = mirror_all(&m, &source);
    if (rc == JEM_OK)
        rc = mirror_number(&m, "SELECT count(*) FROM jemput.event WHERE region = $1", NULL, &total);
    if (rc == JEM_OK && m.applications > 0)
        rc = mirror_note(&m);
    PQfinish(m.pg);
    json_decref(m.subjects);
    json_decref(m.erased);
    return rc == JEM_OK ? own_give(json_pack("{s:s,s:I,s:I,s:I,s:I,s:I}", "region", m.region, "events",
                                       (json_int_t)m.events, "applications", (json_int_t)m.applications, "total",
                                       (json_int_t)total, "source", (json_int_t)source, "erased", (json_int_t)m.gone),
                              out, err)
                        : rc;
}
