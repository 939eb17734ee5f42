/* site.c - the public status site: codes come in, what the public may know goes out.
 *
 * Whatever leads nowhere (a mistyped number, one that does not exist, a receipt that is cut, forged or of a foreign
 * van, another path) gets one and the same answer, so that nothing can be learned by trying. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include "jemput/clock.h"
#include "jemput/log.h"
#include "jemput/number.h"
#include "jemput/web.h"
#include "server.h"
#include "site_limit.h"
#include "site_page.h"

#define SITE_PER_ADDRESS 32                      /* connections; without a proxy in front */
#define SITE_CONNECTIONS 12000                   /* as far as the system lets one process have descriptors */
#define SITE_OTHER_FILES 512                     /* the data, threads, and connections that are being shut */
#define SITE_CONNECTION_BYTES ((size_t)16 << 10) /* a GET's head; wiping 64 kB takes a tenth of the time of an answer */
#define SITE_DOWN_RETRY "60"
#define SITE_NONE_MAX ((size_t)1 << 16)
#define SITE_PAGE_BYTES ((size_t)3 << 10) /* what a page takes at most, asked for at once */

struct site {
    pthread_mutex_t lock; /* guards all of it */
    struct jem_status_db *db;
    struct site_limit limit;
    json_t *none_about; /* of what `none` says */
    struct jem_buf none[JEM_LANG_EN + 1];
    bool down; /* the last look at the data failed: said once */
};

/* What was asked for. */
struct site_code {
    uint64_t number;
    bool signed_by_van; /* a token; raw and token are set */
    struct jem_token token;
    unsigned char raw[JEM_TOKEN_BYTES];
};

/* What the data says about it. */
struct site_known {
    json_t *about; /* own reference; NULL: the data cannot be read */
    enum jem_code code;
    struct jem_status_row row; /* of the number when code is JEM_OK, else of any other */
};

static bool code_parse(const char *text, struct site_code *out)
{
    *out = (struct site_code){ .number = 0 };
    if (jem_number_parse(text, &out->number, NULL) == JEM_OK)
        return true;
    if (jem_token_parse(text, &out->token, out->raw, NULL) != JEM_OK)
        return false;
    out->signed_by_van = true;
    out->number = out->token.number;
    return jem_number_van(out->number) == out->token.van;
}

/* 0 is no number: it asks for the file that is there now, and for any row. */
static void site_look(struct site *s, uint64_t number, struct site_known *out)
{
    struct jem_error err = { .code = JEM_OK };
    pthread_mutex_lock(&s->lock);
    out->code = jem_status_db_find(s->db, number, &out->row, &err);
    bool down = out->code != JEM_OK && out->code != JEM_ENOTFOUND;
    /* The next look may replace it: keep it while the page is written. */
    out->about = down ? NULL : json_incref((json_t *)(uintptr_t)jem_status_db_about(s->db));
    bool changed = down != s->down;
    s->down = down;
    pthread_mutex_unlock(&s->lock);
    if (down && changed)
        jem_log(JEM_LOG_ERROR, "%s", err.msg);
}

/* True when one of the keys of the token's van signed it; *synced_ms: when headquarters last took something in from that van,
 * 0 never. */
static bool token_genuine(const struct site_code *code, const json_t *about, int64_t *synced_ms)
{
    json_t *van;
    size_t i;
    bool genuine = false;
    *synced_ms = 0;
    json_array_foreach(json_object_get(about, "vans"), i, van)
    {
        unsigned char key[32];
        const char *hex = jem_json_str(van, "sign", "");
        if (jem_json_int(van, "van", -1) != (int64_t)code->token.van)
            continue;
        if (jem_json_int(van, "synced_ms", 0) > *synced_ms)
            *synced_ms = jem_json_int(van, "synced_ms", 0);
        genuine = genuine ||
                  (jem_unhex(hex, strlen(hex), key, sizeof key) && jem_token_verify(code->raw, key, NULL) == JEM_OK);
    }
    return genuine;
}

/* The path of a code that came by the form, so that the page's links lead to it. */
static void code_path(const struct site_code *code, char out[SITE_SELF_MAX])
{
    struct jem_buf text = JEM_BUF_INIT(SITE_SELF_MAX - 1);
    char number[JEM_NUMBER_TEXT];
    jem_buf_str(&text, "/T/");
    if (code->signed_by_van) {
        jem_base32_encode(code->raw, sizeof code->raw, &text);
    } else {
        jem_number_format(code->number, number);
        jem_buf_str(&text, number);
    }
    snprintf(out, SITE_SELF_MAX, "%s", jem_buf_text(&text));
    jem_buf_release(&text);
}

/* ---- answers ---- */

static void answer_down(struct site_page *p, struct web_answer *a)
{
    a->status = 503;
    web_answer_header(a, "Retry-After", SITE_DOWN_RETRY);
    site_page_down(p);
}

/* Under the lock: the one page for whatever leads nowhere, in both languages, as the data now has it. */
static void none_renew(struct site *s, json_t *about)
{
    enum jem_lang lang = jem_lang_get();
    json_decref(s->none_about);
    s->none_about = json_incref(about);
    for (int i = JEM_LANG_ID; i <= JEM_LANG_EN; i++) {
        struct site_page p = { .b = &s->none[i], .about = about };
        jem_buf_clear(p.b);
        jem_lang_set((enum jem_lang)i);
        site_page_none(&p);
    }
    jem_lang_set(lang);
}

/* After the work that an application's page takes: the time of an answer tells no more than the answer. */
static void answer_none(struct site *s, struct site_page *p, struct web_answer *a, const struct site_known *known)
{
    site_page_found(p, &known->row, NULL);
    jem_buf_clear(p->b);
    a->status = 404;
    pthread_mutex_lock(&s->lock);
    if (s->none_about != known->about)
        none_renew(s, known->about);
    const struct jem_buf *none = &s->none[jem_lang_get()];
    jem_buf_add(p->b, none->data, none->len);
    pthread_mutex_unlock(&s->lock);
}

/* A number is looked for only when the code is a number, or a receipt that its van signed. False: the code leads nowhere. */
static bool answer_code(struct site *s, struct site_page *p, struct web_answer *a, const char *text, bool typed)
{
    struct site_code code;
    struct site_known known = { .about = NULL };
    int64_t synced_ms = 0;
    bool readable = code_parse(text, &code);
    if (readable && code.signed_by_van) {
        site_look(s, 0, &known);
        readable = token_genuine(&code, known.about, &synced_ms);
        json_decref(known.about);
    }
    site_look(s, readable ? code.number : 0, &known);
    p->about = known.about;
    bool found = readable && known.about != NULL && (code.signed_by_van || known.code == JEM_OK);
    if (found && typed)
        code_path(&code, p->self);
    if (known.about == NULL)
        answer_down(p, a);
    else if (found && known.code == JEM_OK)
        site_page_found(p, &known.row, code.signed_by_van ? &code.token : NULL);
    else if (found)
        site_page_away(p, &code.token, synced_ms);
    else
        answer_none(s, p, a, &known);
    json_decref(known.about);
    return found || known.about == NULL;
}

static void answer_form(struct site *s, struct site_page *p, struct web_answer *a)
{
    struct site_known known;
    site_look(s, 0, &known);
    p->about = known.about;
    if (known.about == NULL)
        answer_down(p, a);
    else
        site_page_form(p);
    json_decref(known.about);
}

/* ---- requests ---- */

/* A proxy on this machine speaks for others and appends whom it speaks for; anybody else's word does not count. */
static void request_key(const struct web_request *r, unsigned char key[SITE_LIMIT_KEY_BYTES])
{
    static const unsigned char home6[8] = { 0 };
    site_limit_key(r->peer, key);
    bool here = (key[0] == 4 && key[1] == 127) || (key[0] == 6 && memcmp(key + 1, home6, sizeof home6) == 0);
    const char *list = here ? web_request_header(r, "X-Forwarded-For") : NULL;
    if (list == NULL)
        return;
    const char *last = strrchr(list, ',');
    char address[INET6_ADDRSTRLEN];
    last = last != NULL ? last + 1 : list;
    last += strspn(last, " \t");
    snprintf(address, sizeof address, "%.*s", (int)strcspn(last, " \t"), last);
    unsigned char other[SITE_LIMIT_KEY_BYTES];
    if (site_limit_key_text(address, other))
        memcpy(key, other, SITE_LIMIT_KEY_BYTES);
}

static unsigned request_wait(struct site *s, const unsigned char key[SITE_LIMIT_KEY_BYTES])
{
    pthread_mutex_lock(&s->lock);
    unsigned wait_s = site_limit_ask(&s->limit, key, jem_mono_ms());
    pthread_mutex_unlock(&s->lock);
    return wait_s;
}

static void request_missed(struct site *s, const unsigned char key[SITE_LIMIT_KEY_BYTES])
{
    pthread_mutex_lock(&s->lock);
    site_limit_miss(&s->limit, key, jem_mono_ms());
    pthread_mutex_unlock(&s->lock);
}

static void on_request(void *ctx, struct web_request *r, struct web_answer *a)
{
    struct site *s = ctx;
    struct site_page p = { .b = &a->body, .signature = strcmp(web_form_text(&r->args, "s"), "1") == 0 };
    unsigned char key[SITE_LIMIT_KEY_BYTES];
    char seconds[12];
    if (r->post) {
        web_answer_text(a, 405, JEM_T_WEB_METHOD);
        web_answer_header(a, "Allow", "GET, HEAD");
        return;
    }
    jem_lang_set(strcmp(web_form_text(&r->args, "l"), "en") == 0 ? JEM_LANG_EN : JEM_LANG_ID);
    web_answer_header(a, "X-Robots-Tag", "noindex, nofollow");
    (void)jem_buf_reserve(&a->body, SITE_PAGE_BYTES);
    request_key(r, key);
    unsigned wait_s = request_wait(s, key);
    const char *typed = strcmp(r->path, "/") == 0 ? web_form_text(&r->args, "n") : "";
    bool coded = (r->path[1] == 'T' || r->path[1] == 't') && r->path[2] == '/';
    if (wait_s > 0) {
        a->status = 429;
        snprintf(seconds, sizeof seconds, "%u", wait_s);
        web_answer_header(a, "Retry-After", seconds);
        site_page_busy(&p, wait_s);
    } else if (strcmp(r->path, "/") == 0 && *typed == '\0') {
        answer_form(s, &p, a);
    } else if (!answer_code(s, &p, a, coded ? r->path + 3 : typed, !coded)) {
        request_missed(s, key);
    }
}

/* Asks for the descriptors that we may have; for so many connections there is room. */
static size_t site_connections(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return 0;
    rlim_t wanted = SITE_CONNECTIONS + SITE_OTHER_FILES;
    if (limit.rlim_cur < wanted) {
        limit.rlim_cur = limit.rlim_max < wanted ? limit.rlim_max : wanted;
        if (setrlimit(RLIMIT_NOFILE, &limit) != 0)
            return 0;
    }
    if (limit.rlim_cur < 2 * SITE_OTHER_FILES)
        return 0;
    return limit.rlim_cur > wanted ? SITE_CONNECTIONS : (size_t)limit.rlim_cur - SITE_OTHER_FILES;
}

enum jem_code jem_site_serve(const struct jem_site_options *options, struct jem_error *err)
{
    char csp[SITE_CSP_MAX];
    struct site s = { .lock = PTHREAD_MUTEX_INITIALIZER };
    for (int i = JEM_LANG_ID; i <= JEM_LANG_EN; i++)
        s.none[i] = JEM_BUF_INIT(SITE_NONE_MAX);
    bool open = options->host_name == NULL || *options->host_name == '\0';
    site_page_csp(csp);
    site_limit_init(&s.limit);
    enum jem_code rc = jem_status_db_open(options->db, &s.db, err);
    if (rc != JEM_OK)
        return rc;
    struct web_server_options server = { .listen = options->listen,
        .host_name = options->host_name,
        .any_host = open,
        .csp = csp,
        .referrer = "no-referrer",
        .connections = site_connections(),
        .per_address = open ? 0 : SITE_PER_ADDRESS,
        .connection_bytes = SITE_CONNECTION_BYTES,
        .answer = on_request,
        .ctx = &s,
        .ready = options->ready,
        .ready_ctx = options->ctx };
    rc = web_server_run(&server, err);
    jem_status_db_close(s.db);
    json_decref(s.none_about);
    for (int i = JEM_LANG_ID; i <= JEM_LANG_EN; i++)
        jem_buf_release(&s.none[i]);
    pthread_mutex_destroy(&s.lock);
    return rc;
}
