/* lean.c - listing, pushing and fetching with the fewest requests. */
#include "lean.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <git2/graph.h>
#include <git2/indexer.h>

#include "lean_http.h"
#include "lean_pack.h"

#define LEAN_LISTING_MAX ((size_t)32 << 20)
#define LEAN_REPORT_MAX ((size_t)64 << 10)
#define LEAN_PUSH_MAX ((size_t)256 << 20)

struct lean_flight {
    char ref[JEM_REF_MAX];
    struct jem_buf body, answer;
    struct jem_http_request request;
    struct jem_http_answer got;
    struct jem_http_line *line;
};

struct jem_lean {
    struct jem_ledger *ledger;
    struct jem_http *http;
    char url[512];
    bool login; /* a user name and password go with each request */
    bool unfit;
    struct lean_flight *flights[JEM_LEAN_FLIGHTS]; /* pushes under way, the first that was begun first */
    size_t flying;
};

enum jem_code jem_lean_open(struct jem_ledger *ledger, const char *url, const char *authorization,
    struct jem_lean **out, struct jem_error *err)
{
    struct jem_lean *lean = calloc(1, sizeof *lean);
    if (lean == NULL)
        return jem_fail_nomem(err);
    lean->ledger = ledger;
    lean->login = authorization != NULL;
    snprintf(lean->url, sizeof lean->url, "%s", url);
    enum jem_code code = jem_http_open(url, authorization, &lean->http, err);
    if (code == JEM_OK)
        *out = lean;
    else
        jem_lean_free(lean);
    return code;
}

static void lean_flight_free(struct lean_flight *flight)
{
    jem_buf_release(&flight->body);
    jem_buf_release(&flight->answer);
    free(flight);
}

static void lean_give_up(struct jem_lean *lean)
{
    while (lean->flying > 0) {
        struct lean_flight *flight = lean->flights[--lean->flying];
        jem_http_give_up(flight->line);
        lean_flight_free(flight);
    }
}

void jem_lean_free(struct jem_lean *lean)
{
    if (lean == NULL)
        return;
    lean_give_up(lean);
    jem_http_free(lean->http);
    free(lean);
}

void jem_lean_deadline(struct jem_lean *lean, int64_t mono_ms)
{
    jem_http_deadline(lean->http, mono_ms);
}

void jem_lean_bytes(const struct jem_lean *lean, uint64_t *up, uint64_t *down)
{
    jem_http_bytes(lean->http, up, down);
}

unsigned jem_lean_silences(const struct jem_lean *lean)
{
    return jem_http_silences(lean->http);
}

void jem_lean_leave(struct jem_lean *lean)
{
    jem_http_leave(lean->http);
}

bool jem_lean_unfit(const struct jem_lean *lean)
{
    return lean->unfit;
}

/* ---- answers ---- */

static enum jem_code lean_odd(struct jem_lean *lean, const char *words, struct jem_error *err)
{
    return jem_fail(err, JEM_ELINK, JEM_D_LINK, 0, JEM_T_HUB_SILENT, lean->url, words);
}

static enum jem_code lean_unfit(struct jem_lean *lean, const char *words, struct jem_error *err)
{
    lean->unfit = true;
    return lean_odd(lean, words, err);
}

/* JEM_OK for an answer of git. */
static enum jem_code lean_status(struct jem_lean *lean, const struct jem_http_answer *answer, struct jem_error *err)
{
    char words[40];
    int status = (int)answer->status;
    if (status == 200 && answer->typed)
        return JEM_OK;
    snprintf(words, sizeof words, "HTTP status %d", status);
    switch (status) {
    case 200: return lean_unfit(lean, "not git", err);
    case 401:
        return jem_fail(err, JEM_EDENIED, JEM_D_LINK, status,
            lean->login ? JEM_T_HUB_LOGIN_REFUSED : JEM_T_HUB_LOGIN_MISSING, lean->url);
    case 403: return jem_fail(err, JEM_EDENIED, JEM_D_LINK, status, JEM_T_HUB_FORBIDDEN, lean->url);
    case 404: return jem_fail(err, JEM_ELINK, JEM_D_LINK, status, JEM_T_HUB_MISSING, lean->url);
    case 413: return jem_fail(err, JEM_ELINK, JEM_D_LINK, status, JEM_T_HUB_TOO_LARGE, lean->url);
    case 400:
    case 405:
    case 406:
    case 411:
    case 415:
    case 501: return lean_unfit(lean, words, err);
    default: return lean_odd(lean, words, err);
    }
}

static bool lean_gather(void *ctx, const unsigned char *p, size_t n)
{
    struct jem_buf *buf = ctx;
    jem_buf_add(buf, p, n);
    return !buf->failed;
}

/* An answer that was gathered in a buffer. */
static enum jem_code lean_gathered(struct jem_lean *lean, const struct jem_http_answer *got,
    const struct jem_buf *answer, struct jem_error *err)
{
    enum jem_code code = lean_status(lean, got, err);
    if (code == JEM_OK && answer->failed)
        code = lean_odd(lean, "too long an answer", err);
    return code;
}

/* Asks and gathers the answer. */
static enum jem_code lean_ask(struct jem_lean *lean, struct jem_http_request *request, struct jem_buf *answer,
    struct jem_error *err)
{
    struct jem_http_answer got;
    lean->unfit = false;
    request->sink = lean_gather;
    request->ctx = answer;
    enum jem_code code = jem_http_ask(lean->http, request, &got, err);
    return code == JEM_OK ? lean_gathered(lean, &got, answer, err) : code;
}

static const struct jem_http_request lean_upload_pack = { .path = "/git-upload-pack",
    .service = "git-upload-pack",
    .expect = "application/x-git-upload-pack-result",
    .second_version = true };
static const struct jem_http_request lean_receive_pack = { .path = "/git-receive-pack",
    .service = "git-receive-pack",
    .expect = "application/x-git-receive-pack-result" };
static const struct jem_http_request lean_advertisement = { .path = "/info/refs?service=git-receive-pack",
    .expect = "application/x-git-receive-pack-advertisement" };

/* ---- listing ---- */

enum jem_code jem_lean_list(struct jem_lean *lean, const char *const *prefixes, size_t count, struct jem_lean_refs *out,
    struct jem_error *err)
{
    struct jem_http_request request = lean_upload_pack;
    struct jem_buf body = JEM_BUF_INIT(LEAN_PUSH_MAX), answer = JEM_BUF_INIT(LEAN_LISTING_MAX);
    *out = (struct jem_lean_refs){ 0 };
    jem_lean_ask_refs(&body, prefixes, count);
    enum jem_code code = jem_buf_ok(&body, err);
    request.body = body.data;
    request.size = body.len;
    if (code == JEM_OK)
        code = lean_ask(lean, &request, &answer, err);
    if (code == JEM_OK && !jem_lean_read_refs(answer.data, answer.len, out))
        code = lean_unfit(lean, "no protocol v2", err);
    jem_buf_release(&body);
    jem_buf_release(&answer);
    return code;
}

enum jem_code jem_lean_list_push(struct jem_lean *lean, struct jem_lean_refs *out, struct jem_error *err)
{
    struct jem_http_request request = lean_advertisement;
    struct jem_buf answer = JEM_BUF_INIT(LEAN_LISTING_MAX);
    *out = (struct jem_lean_refs){ 0 };
    enum jem_code code = lean_ask(lean, &request, &answer, err);
    if (code == JEM_OK && !jem_lean_read_advertisement(answer.data, answer.len, out))
        code = lean_unfit(lean, "no report-status", err);
    jem_buf_release(&answer);
    return code;
}

/* ---- pushing ---- */

bool jem_lean_ref_elsewhere(const char *reason)
{
    static const char *const words[] = { "failed to update ref", "failed to lock", "cannot lock ref",
        "reference already exists", "incorrect old value" };
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strstr(reason, words[i]) != NULL)
            return true;
    return false;
}

static enum jem_code lean_verdict(struct jem_lean *lean, const char *ref, const struct jem_buf *answer,
    struct jem_error *err)
{
    struct jem_lean_report report;
    if (!jem_lean_read_report(answer->data, answer->len, ref, &report))
        return lean_odd(lean, "no whole report", err);
    if (report.stored)
        return JEM_OK;
    if (!report.unpacked || jem_lean_ref_elsewhere(report.reason))
        return jem_fail(err, JEM_ELINK, JEM_D_LINK, JEM_LINK_ELSEWHERE, JEM_T_HUB_SILENT, lean->url, report.reason);
    return jem_fail(err, JEM_EDENIED, JEM_D_LINK, 0, JEM_T_HUB_REF_REFUSED, ref, report.reason);
}

/* Stock receive-pack may be set to overwrite: what does not descend is not even sent. */
static enum jem_code lean_descends(struct jem_lean *lean, const git_oid *oid, const git_oid *before, const char *ref,
    struct jem_error *err)
{
    if (before == NULL ||
        (git_odb_exists(lean->ledger->odb, before) && git_graph_descendant_of(lean->ledger->repo, oid, before) == 1))
        return JEM_OK;
    return jem_fail(err, JEM_ECORRUPT, JEM_D_SYNC, 0, JEM_T_HUB_OTHER_HISTORY, ref);
}

static enum jem_code lean_take_off(struct jem_lean *lean, struct lean_flight *flight, const git_oid *oid,
    const git_oid *before, const struct jem_link_ref *known, size_t known_count, struct jem_error *err)
{
    jem_lean_ask_push(&flight->body, before, oid, flight->ref);
    enum jem_code code = jem_lean_pack(lean->ledger, oid, before, known, known_count, &flight->body, err);
    flight->request = lean_receive_pack;
    flight->request.body = flight->body.data;
    flight->request.size = flight->body.len;
    flight->request.sink = lean_gather;
    flight->request.ctx = &flight->answer;
    return code == JEM_OK ? jem_http_begin(lean->http, &flight->request, &flight->got, &flight->line, err) : code;
}

enum jem_code jem_lean_push_begin(struct jem_lean *lean, const git_oid *oid, const char *ref, const git_oid *before,
    const struct jem_link_ref *known, size_t known_count, struct jem_error *err)
{
    lean->unfit = false;
    enum jem_code code = lean_descends(lean, oid, before, ref, err);
    struct lean_flight *flight = code == JEM_OK ? calloc(1, sizeof *flight) : NULL;
    if (flight == NULL)
        return code == JEM_OK ? jem_fail_nomem(err) : code;
    flight->body = JEM_BUF_INIT(LEAN_PUSH_MAX);
    flight->answer = JEM_BUF_INIT(LEAN_REPORT_MAX);
    snprintf(flight->ref, sizeof flight->ref, "%s", ref);
    code = lean_take_off(lean, flight, oid, before, known, known_count, err);
    if (code == JEM_OK)
        lean->flights[lean->flying++] = flight;
    else
        lean_flight_free(flight);
    return code;
}

void jem_lean_push_sent(struct jem_lean *lean, int64_t mono_ms)
{
    jem_http_sent(lean->flights[lean->flying - 1]->line, mono_ms);
}

enum jem_code jem_lean_push_end(struct jem_lean *lean, struct jem_error *err)
{
    struct lean_flight *flight = lean->flights[0];
    memmove(lean->flights, lean->flights + 1, --lean->flying * sizeof lean->flights[0]);
    enum jem_code code = jem_http_end(flight->line, err);
    if (code == JEM_OK)
        code = lean_gathered(lean, &flight->got, &flight->answer, err);
    if (code == JEM_OK)
        code = lean_verdict(lean, flight->ref, &flight->answer, err);
    lean_flight_free(flight);
    if (code != JEM_OK)
        lean_give_up(lean);
    return code;
}

enum jem_code jem_lean_drop(struct jem_lean *lean, const char *ref, const git_oid *before, struct jem_error *err)
{
    struct jem_http_request request = lean_receive_pack;
    struct jem_buf body = JEM_BUF_INIT(LEAN_REPORT_MAX), answer = JEM_BUF_INIT(LEAN_REPORT_MAX);
    jem_lean_ask_push(&body, before, NULL, ref);
    enum jem_code code = jem_buf_ok(&body, err);
    request.body = body.data;
    request.size = body.len;
    if (code == JEM_OK)
        code = lean_ask(lean, &request, &answer, err);
    if (code == JEM_OK)
        code = lean_verdict(lean, ref, &answer, err);
    jem_buf_release(&body);
    jem_buf_release(&answer);
    return code;
}

/* ---- fetching ---- */

struct lean_fetch {
    struct jem_lean *lean;
    struct jem_lean_pack_reader reader;
    git_indexer *indexer;
    git_indexer_progress stats;
    int rc; /* of the indexer */
};

static bool lean_index(void *ctx, const unsigned char *p, size_t n)
{
    struct lean_fetch *fetch = ctx;
    if (fetch->rc == 0)
        fetch->rc = git_indexer_append(fetch->indexer, p, n, &fetch->stats);
    return fetch->rc == 0;
}

static bool lean_unwrap(void *ctx, const unsigned char *p, size_t n)
{
    struct lean_fetch *fetch = ctx;
    return jem_lean_pack_reader_feed(&fetch->reader, p, n);
}

static enum jem_code lean_fetched(struct lean_fetch *fetch, const struct jem_http_answer *answer, struct jem_error *err)
{
    struct jem_lean *lean = fetch->lean;
    enum jem_code code = lean_status(lean, answer, err);
    if (code != JEM_OK)
        return code;
    if (fetch->rc == 0 && fetch->reader.said[0] != '\0')
        return lean_odd(lean, fetch->reader.said, err);
    if (fetch->rc == 0 && !fetch->reader.in_pack)
        return lean_unfit(lean, "no protocol v2", err);
    if (fetch->rc == 0 && !jem_lean_pack_reader_done(&fetch->reader))
        return lean_odd(lean, "the pack is cut short", err);
    if (fetch->rc == 0 && fetch->stats.total_objects > 0)
        fetch->rc = git_indexer_commit(fetch->indexer, &fetch->stats);
    if (fetch->rc == 0)
        fetch->rc = git_odb_refresh(lean->ledger->odb);
    if (fetch->rc == 0)
        return JEM_OK;
    if (jem_gitlib_disk(lean->ledger->path))
        return jem_gitlib_fail(err, fetch->rc, lean->ledger->path);
    return lean_odd(lean, jem_gitlib_words(), err);
}

enum jem_code jem_lean_fetch(struct jem_lean *lean, const git_oid *wants, size_t want_count, const git_oid *haves,
    size_t have_count, struct jem_error *err)
{
    struct jem_http_request request = lean_upload_pack;
    struct jem_http_answer answer;
    struct jem_buf body = JEM_BUF_INIT(LEAN_PUSH_MAX);
    struct lean_fetch *fetch = calloc(1, sizeof *fetch);
    char into[sizeof lean->ledger->path + 16];
    if (fetch == NULL)
        return jem_fail_nomem(err);
    fetch->lean = lean;
    lean->unfit = false;
    jem_lean_pack_reader_start(&fetch->reader, lean_index, fetch);
    snprintf(into, sizeof into, "%s/objects/pack", lean->ledger->path);
    jem_lean_ask_pack(&body, wants, want_count, haves, have_count);
    enum jem_code code = jem_buf_ok(&body, err);
    int rc = code == JEM_OK ? git_indexer_new(&fetch->indexer, into, 0, lean->ledger->odb, NULL) : 0;
    if (rc != 0)
        code = jem_gitlib_fail(err, rc, into);
    request.body = body.data;
    request.size = body.len;
    request.sink = lean_unwrap;
    request.ctx = fetch;
    if (code == JEM_OK)
        code = jem_http_ask(lean->http, &request, &answer, err);
    if (code == JEM_OK)
        code = lean_fetched(fetch, &answer, err);
    git_indexer_free(fetch->indexer);
    jem_buf_release(&body);
    free(fetch);
    return code;
}
