/* queue.c - tickets: who is called next, and how long people waited. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "day_own.h"
#include "jemput/file.h"
#include "jemput/receipt.h"
#include "jemput/slip.h"
#include "numbers.h"
#include "print_own.h"

#define QUEUE_NUMBER_MAX 9999
#define QUEUE_IN_A_ROW 2 /* priority tickets called one after the other while a general one waits */
#define SPEAK_MS 20000
#define SPEAK_PROGRAM "/usr/bin/espeak-ng"
#define SPEAK_LINE 4 /* calls that wait for the voice; more would tell of what is long over */

static const struct day_code queue_categories[] = {
    { "general", JEM_T_QUEUE_GENERAL },
    { "disability", JEM_T_QUEUE_DISABILITY },
    { "elderly", JEM_T_QUEUE_ELDERLY },
    { "maternal", JEM_T_QUEUE_MATERNAL },
    { "child", JEM_T_QUEUE_CHILD },
    { "disaster", JEM_T_QUEUE_DISASTER },
    { NULL, JEM_T_NONE },
};
static const struct day_code queue_states[] = {
    { "waiting", JEM_T_QUEUE_WAITING },
    { "called", JEM_T_QUEUE_CALLED },
    { "served", JEM_T_QUEUE_SERVED },
    { "skipped", JEM_T_QUEUE_SKIPPED },
    { NULL, JEM_T_NONE },
};

static bool queue_state(const json_t *ticket, const char *state)
{
    return strcmp(jem_json_str(ticket, "state", ""), state) == 0;
}

static bool queue_priority(const json_t *ticket)
{
    return strcmp(jem_json_str(ticket, "category", ""), "general") != 0;
}

static void queue_code(struct jem_app *app, int32_t day, int64_t number, char out[64])
{
    char text[11];
    jem_day_format(day, text);
    (void)snprintf(out, 64, "JEMPUT/Q/%d/%s/%lld", jem_store_writer(app->store), text, (long long)number);
}

static void queue_dress(json_t *ticket)
{
    char text[24], day[11];
    (void)snprintf(text, sizeof text, "%03lld", (long long)jem_json_int(ticket, "number", 0));
    jem_day_format((int32_t)jem_json_int(ticket, "day", 0), day);
    json_object_set_new(ticket, "text", json_string(text));
    json_object_set_new(ticket, "day", json_string(day));
    json_object_set_new(ticket, "priority", json_boolean(queue_priority(ticket)));
    json_object_set_new(ticket, "category_label",
        json_string(own_code_label(queue_categories, jem_json_str(ticket, "category", ""))));
    json_object_set_new(ticket, "state_label",
        json_string(own_code_label(queue_states, jem_json_str(ticket, "state", ""))));
}

static enum jem_code queue_today(struct jem_app *app, json_t **out, struct jem_error *err)
{
    int writer = jem_store_writer(app->store);
    return jem_store_tickets(app->store, writer < 0 ? 0 : (unsigned)writer, jem_store_today(app->store), out, err);
}

/* Borrowed; the latest of a number, should two be there after a restore. */
static json_t *queue_find(const json_t *tickets, unsigned number)
{
    json_t *found = NULL, *it;
    size_t i;
    json_array_foreach((json_t *)(uintptr_t)tickets, i, it)
    {
        if (jem_json_int(it, "number", 0) == (json_int_t)number)
            found = it;
    }
    return found;
}

/* Rights, a unit, today's tickets. The unit is open when this gives JEM_OK. */
static enum jem_code queue_begin(struct jem_app *app, json_t **tickets, struct jem_error *err)
{
    enum jem_code rc = own_may_write(app, err);
    if (rc == JEM_OK)
        rc = jem_store_begin(app->store, err);
    if (rc != JEM_OK)
        return rc;
    rc = queue_today(app, tickets, err);
    if (rc != JEM_OK)
        jem_store_rollback(app->store);
    return rc;
}

static enum jem_code queue_end(struct jem_app *app, enum jem_code rc, struct jem_error *err)
{
    if (rc == JEM_OK)
        rc = jem_store_commit(app->store, err);
    if (rc != JEM_OK)
        jem_store_rollback(app->store);
    return rc;
}

enum jem_code jem_queue_issue(struct jem_app *app, const char *category, json_t **out, struct jem_error *err)
{
    json_t *tickets = NULL, *it;
    size_t i;
    int64_t last = 0, before = 0;
    int32_t today = jem_store_today(app->store);
    char id[JEM_EVENT_ID_TEXT], day[11], text[24], code[64];
    enum jem_code rc = own_code_check(queue_categories, category, err);
    if (rc == JEM_OK)
        rc = queue_begin(app, &tickets, err);
    if (rc != JEM_OK)
        return rc;
    bool priority = strcmp(category, "general") != 0;
    json_array_foreach(tickets, i, it)
    {
        int64_t number = jem_json_int(it, "number", 0);
        last = number > last ? number : last;
        before += queue_state(it, "waiting") && (!priority || queue_priority(it));
    }
    json_decref(tickets);
    jem_day_format(today, day);
    if (last >= QUEUE_NUMBER_MAX)
        rc = jem_fail(err, JEM_EINVAL, JEM_D_APP, 0, JEM_T_QUEUE_FULL, QUEUE_NUMBER_MAX);
    else
        rc = own_day_put(app, true, 0, 0, "queue.issued",
            json_pack("{s:s,s:I,s:s}", "day", day, "number", (json_int_t)(last + 1), "category", category), id, err);
    rc = queue_end(app, rc, err);
    if (rc != JEM_OK)
        return rc;
    queue_code(app, today, last + 1, code);
    (void)snprintf(text, sizeof text, "%03lld", (long long)(last + 1));
    return own_give(json_pack("{s:s,s:I,s:s,s:s,s:s,s:s,s:s,s:I}", "ticket", id, "number", (json_int_t)(last + 1),
                        "text", text, "day", day, "category", category, "category_label",
                        own_code_label(queue_categories, category), "code", code, "before", (json_int_t)before),
        out, err);
}

static int queue_last_called(const void *a, const void *b)
{
    const json_t *x = *(json_t *const *)a, *y = *(json_t *const *)b;
    int64_t p = jem_json_int(x, "called_ms", 0), q = jem_json_int(y, "called_ms", 0);
    if (p != q)
        return p < q ? 1 : -1;
    return jem_json_int(x, "number", 0) < jem_json_int(y, "number", 0) ? 1 : -1;
}

/* True when the last QUEUE_IN_A_ROW tickets that were called for the first time were all of priority groups. */
static bool queue_row_is_full(const json_t *tickets)
{
    size_t count = 0, i, row = 0;
    json_t *it, **called = calloc(json_array_size(tickets) + 1, sizeof *called);
    if (called == NULL)
        return false;
    json_array_foreach((json_t *)(uintptr_t)tickets, i, it)
    {
        if (json_is_integer(json_object_get(it, "called_ms")))
            called[count++] = it;
    }
    qsort(called, count, sizeof *called, queue_last_called);
    while (row < count && row < QUEUE_IN_A_ROW && queue_priority(called[row]))
        row++;
    free(called);
    return row == QUEUE_IN_A_ROW;
}

/* Borrowed; NULL: nobody waits. */
static json_t *queue_choose(const json_t *tickets)
{
    json_t *priority = NULL, *general = NULL, *it;
    size_t i;
    json_array_foreach((json_t *)(uintptr_t)tickets, i, it)
    {
        json_t **first = queue_priority(it) ? &priority : &general;
        if (*first == NULL && queue_state(it, "waiting"))
            *first = it;
    }
    if (priority == NULL || (general != NULL && queue_row_is_full(tickets)))
        return general;
    return priority;
}

static json_t *queue_step_body(const json_t *ticket, unsigned counter)
{
    json_t *body = json_pack("{s:s}", "ticket", jem_json_str(ticket, "id", ""));
    if (body != NULL && counter > 0)
        json_object_set_new(body, "counter", json_integer((json_int_t)counter));
    return body;
}

static enum jem_code queue_counter(unsigned counter, struct jem_error *err)
{
    return counter >= 1 && counter <= 9 ? JEM_OK : jem_fail(err, JEM_EINVAL, JEM_D_APP, 0, JEM_T_QUEUE_COUNTER);
}

/* What this counter called last and still has. */
static enum jem_code queue_done_at(struct jem_app *app, const json_t *tickets, unsigned counter, struct jem_error *err)
{
    enum jem_code rc = JEM_OK;
    size_t i;
    json_t *it;
    json_array_foreach((json_t *)(uintptr_t)tickets, i, it)
    {
        if (rc == JEM_OK && queue_state(it, "called") && jem_json_int(it, "counter", 0) == (json_int_t)counter)
            rc = own_day_put(app, true, 0, 0, "queue.served", queue_step_body(it, counter), NULL, err);
    }
    return rc;
}

static enum jem_code queue_give(struct jem_app *app, unsigned number, json_t **out, struct jem_error *err)
{
    json_t *tickets = NULL;
    enum jem_code rc = queue_today(app, &tickets, err);
    json_t *ticket = json_incref(queue_find(tickets, number));
    json_decref(tickets);
    if (rc != JEM_OK)
        return rc;
    if (ticket != NULL)
        queue_dress(ticket);
    return own_give(ticket, out, err);
}

enum jem_code jem_queue_next(struct jem_app *app, unsigned counter, json_t **out, struct jem_error *err)
{
    json_t *tickets = NULL;
    unsigned number = 0;
    enum jem_code rc = queue_counter(counter, err);
    if (rc == JEM_OK)
        rc = queue_begin(app, &tickets, err);
    if (rc != JEM_OK)
        return rc;
    rc = queue_done_at(app, tickets, counter, err);
    json_t *ticket = queue_choose(tickets);
    if (rc == JEM_OK && ticket != NULL) {
        number = (unsigned)jem_json_int(ticket, "number", 0);
        rc = own_day_put(app, true, 0, 0, "queue.called", queue_step_body(ticket, counter), NULL, err);
    }
    json_decref(tickets);
    rc = queue_end(app, rc, err);
    if (rc == JEM_OK && number == 0)
        return jem_fail(err, JEM_ENOTFOUND, JEM_D_APP, 0, JEM_T_QUEUE_EMPTY);
    return rc == JEM_OK ? queue_give(app, number, out, err) : rc;
}

/* One step of a ticket of today. `from` NULL: from any state. */
static enum jem_code queue_step(struct jem_app *app, unsigned number, unsigned counter, const char *kind,
    const char *from, json_t **out, struct jem_error *err)
{
    json_t *tickets = NULL;
    enum jem_code rc = queue_begin(app, &tickets, err);
    if (rc != JEM_OK)
        return rc;
    json_t *ticket = queue_find(tickets, number);
    if (ticket == NULL)
        rc = jem_fail(err, JEM_ENOTFOUND, JEM_D_APP, 0, JEM_T_QUEUE_NONE, number);
    else if (from != NULL && !queue_state(ticket, from))
        rc = jem_fail(err, JEM_EINVAL, JEM_D_APP, 0, JEM_T_QUEUE_NOT_CALLED, number);
    if (rc == JEM_OK && counter == 0 && strcmp(kind, "queue.served") == 0)
        counter = (unsigned)jem_json_int(ticket, "counter", 1);
    if (rc == JEM_OK)
        rc = own_day_put(app, true, 0, 0, kind, queue_step_body(ticket, counter), NULL, err);
    json_decref(tickets);
    rc = queue_end(app, rc, err);
    return rc == JEM_OK ? queue_give(app, number, out, err) : rc;
}

enum jem_code jem_queue_call(struct jem_app *app, unsigned number, unsigned counter, json_t **out,
    struct jem_error *err)
{
    enum jem_code rc = queue_counter(counter, err);
    return rc == JEM_OK ? queue_step(app, number, counter, "queue.called", NULL, out, err) : rc;
}

enum jem_code jem_queue_serve(struct jem_app *app, unsigned number, json_t **out, struct jem_error *err)
{
    return queue_step(app, number, 0, "queue.served", "called", out, err);
}

enum jem_code jem_queue_skip(struct jem_app *app, unsigned number, json_t **out, struct jem_error *err)
{
    return queue_step(app, number, 0, "queue.skipped", "called", out, err);
}

/* ---- the list and its times ---- */

/* {"n","median","p90"} of seconds. */
static json_t *queue_times(int64_t *seconds, size_t n)
{
    return json_pack("{s:I,s:o,s:o}", "n", (json_int_t)n, "median", own_quantile(seconds, n, 50), "p90",
        own_quantile(seconds, n, 90));
}

static bool queue_put_times(json_t *o, const json_t *tickets)
{
    size_t i, waits = 0, serves = 0, size = json_array_size(tickets) + 1;
    int64_t *wait = calloc(size, sizeof *wait), *serve = calloc(size, sizeof *serve);
    json_t *it;
    bool ok = wait != NULL && serve != NULL;
    json_array_foreach((json_t *)(uintptr_t)tickets, i, it)
    {
        int64_t issued = jem_json_int(it, "issued_ms", 0), called = jem_json_int(it, "called_ms", -1);
        int64_t recalled = jem_json_int(it, "recalled_ms", -1), served = jem_json_int(it, "served_ms", -1);
        if (ok && called >= issued)
            wait[waits++] = (called - issued) / 1000;
        if (ok && recalled >= 0 && served >= recalled)
            serve[serves++] = (served - recalled) / 1000;
    }
    ok = ok && json_object_set_new(o, "wait_s", queue_times(wait, waits)) == 0 &&
         json_object_set_new(o, "service_s", queue_times(serve, serves)) == 0;
    free(wait);
    free(serve);
    return ok;
}

static int queue_recalled_cmp(const void *a, const void *b)
{
    int64_t p = jem_json_int(*(json_t *const *)a, "recalled_ms", 0),
            q = jem_json_int(*(json_t *const *)b, "recalled_ms", 0);
    return (p < q) - (p > q);
}

static json_t *queue_now(const json_t *tickets)
{
    size_t i, n = 0;
    json_t *it, *list = json_array(), **now = calloc(json_array_size(tickets) + 1, sizeof *now);
    json_array_foreach((json_t *)(uintptr_t)tickets, i, it)
    {
        if (now != NULL && queue_state(it, "called"))
            now[n++] = it;
    }
    if (now != NULL)
        qsort(now, n, sizeof *now, queue_recalled_cmp);
    for (i = 0; i < n; i++)
        json_array_append(list, now[i]);
    free(now);
    return list;
}

enum jem_code jem_queue_list(struct jem_app *app, int van, int32_t day, json_t **out, struct jem_error *err)
{
    json_t *tickets = NULL, *it;
    char text[11];
    size_t i;
    if (day == INT32_MIN)
        day = jem_store_today(app->store);
    if (van < 0)
        van = jem_store_writer(app->store) < 0 ? 0 : jem_store_writer(app->store);
    jem_day_format(day, text);
    enum jem_code rc = jem_store_tickets(app->store, (unsigned)van, day, &tickets, err);
    if (rc != JEM_OK)
        return rc;
    json_t *o = json_pack("{s:s,s:i}", "day", text, "van", van);
    bool ok = o != NULL && queue_put_times(o, tickets);
    json_array_foreach(tickets, i, it)
    {
        queue_dress(it);
    }
    for (const struct day_code *s = queue_states; ok && s->name != NULL; s++) {
        json_int_t n = 0;
        json_array_foreach(tickets, i, it)
        {
            n += queue_state(it, s->name);
        }
        ok = json_object_set_new(o, s->name, json_integer(n)) == 0;
    }
    if (ok)
        ok = json_object_set_new(o, "now", queue_now(tickets)) == 0 && json_object_set(o, "tickets", tickets) == 0;
    json_decref(tickets);
    if (!ok) {
        json_decref(o);
        return jem_fail_nomem(err);
    }
    *out = o;
    return JEM_OK;
}

bool jem_queue_code_parse(struct jem_app *app, const char *text, unsigned *number)
{
    char head[64];
    queue_code(app, jem_store_today(app->store), 0, head);
    size_t n = strlen(head) - 1; /* without the number */
    if (strncmp(text, head, n) != 0)
        return false;
    size_t digits = strspn(text + n, "0123456789");
    if (digits == 0 || digits > 4 || text[n + digits] != '\0')
        return false;
    *number = (unsigned)strtoul(text + n, NULL, 10);
    return true;
}

/* ---- paper ---- */

struct queue_paper {
    json_t *ticket;
    char place[200], code[64], day[48], at[64];
    struct jem_slip_line lines[3];
    struct jem_slip slip;
};

static enum jem_code queue_paper_fill(struct jem_app *app, unsigned number, unsigned width_mm, struct queue_paper *p,
    struct jem_error *err)
{
    int32_t today = jem_store_today(app->store);
    json_t *tickets = NULL;
    enum jem_code rc = queue_today(app, &tickets, err);
    p->ticket = json_incref(queue_find(tickets, number));
    json_decref(tickets);
    if (rc == JEM_OK && p->ticket == NULL)
        rc = jem_fail(err, JEM_ENOTFOUND, JEM_D_APP, 0, JEM_T_QUEUE_NONE, number);
    if (rc != JEM_OK)
        return rc;
    queue_dress(p->ticket);
    (void)own_meta(app->store, "name", "", p->place, sizeof p->place);
    queue_code(app, today, number, p->code);
    jem_day_human(today, p->day, sizeof p->day);
    jem_time_human(jem_json_int(p->ticket, "issued_ms", 0), p->at, sizeof p->at);
    p->lines[0] =
        (struct jem_slip_line){ jem_text(JEM_T_QUEUE_L_CATEGORY), jem_json_str(p->ticket, "category_label", "") };
    p->lines[1] = (struct jem_slip_line){ jem_text(JEM_T_QUEUE_L_TAKEN), p->at };
    p->slip = (struct jem_slip){ .title = jem_text(JEM_T_QUEUE_TITLE),
        .place = p->place,
        .big = jem_json_str(p->ticket, "text", ""),
        .lines = p->lines,
        .line_count = 2,
        .qr = p->code,
        .qr_text = p->code,
        .note = jem_text(JEM_T_QUEUE_NOTE),
        .at_unix_ms = jem_json_int(p->ticket, "issued_ms", 0),
        .width_mm = width_mm };
    return JEM_OK;
}

enum jem_code jem_queue_paper(struct jem_app *app, unsigned number, enum jem_paper_format format, unsigned width_mm,
    struct jem_buf *out, struct jem_error *err)
{
    struct queue_paper p = { .ticket = NULL };
    enum jem_code rc = queue_paper_fill(app, number, width_mm, &p, err);
    if (rc == JEM_OK)
        rc = own_slip_paper(&p.slip, format, out, err);
    json_decref(p.ticket);
    return rc;
}

enum jem_code own_queue_draw(struct jem_app *app, int32_t day, unsigned ticket, unsigned width_mm, unsigned dots,
    struct jem_raster *raster, struct jem_buf *pdf, struct jem_error *err)
{
    struct queue_paper p = { .ticket = NULL };
    enum jem_code rc = day == jem_store_today(app->store)
                           ? queue_paper_fill(app, ticket, width_mm, &p, err)
                           : jem_fail(err, JEM_ENOTFOUND, JEM_D_APP, 0, JEM_T_QUEUE_NONE, ticket);
    p.slip.head_dots = dots;
    if (rc == JEM_OK)
        rc = dots != 0 ? jem_slip_raster(&p.slip, raster, err) : jem_slip_draw(&p.slip, JEM_RECEIPT_PDF, pdf, err);
    json_decref(p.ticket);
    return rc;
}

/* ---- voice ---- */

struct speech {
    char voice[4], text[600];
};
static pthread_mutex_t speak_lock = PTHREAD_MUTEX_INITIALIZER; /* one voice at a time */
static atomic_int speak_waiting;

static void *speak_thread(void *ctx)
{
    struct speech *s = ctx;
    struct jem_buf out = JEM_BUF_INIT(4096);
    const char *const argv[] = { SPEAK_PROGRAM, "-v", s->voice, "-s", "140", "--", s->text, NULL };
    pthread_mutex_lock(&speak_lock);
    enum jem_code rc = jem_child_run(argv, NULL, 0, SPEAK_MS, 4096, &out, NULL);
    (void)rc; /* nobody waits for it; without a loudspeaker the screen tells the same */
    pthread_mutex_unlock(&speak_lock);
    atomic_fetch_sub(&speak_waiting, 1);
    jem_buf_release(&out);
    free(s);
    return NULL;
}

bool jem_speak(const char *text)
{
    pthread_t thread;
    if (!jem_path_exists(SPEAK_PROGRAM) || atomic_load(&speak_waiting) >= SPEAK_LINE)
        return false;
    struct speech *s = calloc(1, sizeof *s);
    if (s == NULL)
        return false;
    (void)snprintf(s->voice, sizeof s->voice, "%s", jem_lang_name(jem_lang_get()));
    (void)snprintf(s->text, sizeof s->text, "%s", text);
    atomic_fetch_add(&speak_waiting, 1);
    if (pthread_create(&thread, NULL, speak_thread, s) != 0) {
        atomic_fetch_sub(&speak_waiting, 1);
        free(s);
        return false;
    }
    pthread_detach(thread);
    return true;
}

bool jem_queue_speak(unsigned number, unsigned counter)
{
    char text[200];
    (void)snprintf(text, sizeof text, jem_text(JEM_T_QUEUE_SAY), number, counter);
    return jem_speak(text);
}
