/* gate.c - the port for counters: when it opens, and whom it knows. */
#include "gate.h"

#include <string.h>

#include "jemput/clock.h"
#include "jemput/codec.h"
#include "jemput/log.h"
#include "jemput/tablet.h"
#include "listen.h"

void web_gate_init(struct web_gate *g)
{
    memset(g, 0, sizeof *g);
    pthread_mutex_init(&g->lock, NULL);
    pthread_mutex_init(&g->limit_lock, NULL);
    site_limit_init(&g->limit);
}

void web_gate_release(struct web_gate *g)
{
    jem_app_close(g->app);
    web_tls_release(&g->tls);
    pthread_mutex_destroy(&g->lock);
    pthread_mutex_destroy(&g->limit_lock);
}

void web_gate_offer(struct web_gate *g, struct jem_app *app)
{
    pthread_mutex_lock(&g->lock);
    if (g->app == NULL && jem_app_dup(app, &g->app, NULL) != JEM_OK)
        g->app = NULL;
    pthread_mutex_unlock(&g->lock);
}

struct jem_app *web_gate_enter(struct web_gate *g)
{
    pthread_mutex_lock(&g->lock);
    if (g->app == NULL)
        pthread_mutex_unlock(&g->lock);
    return g->app;
}

void web_gate_leave(struct web_gate *g)
{
    pthread_mutex_unlock(&g->lock);
}

/* ---- the port ---- */

static void gate_open(struct web_gate *g, struct web_server *server, struct web_tls *tls)
{
    struct jem_error err = { .code = JEM_OK };
    const char *names[WEB_TLS_NAMES];
    for (size_t i = 0; i < tls->now; i++)
        names[i] = tls->names[i];
    struct jem_app *app = web_gate_enter(g);
    if (app == NULL)
        return;
    enum jem_code rc = web_tls_load(jem_app_store(app), tls, &err);
    web_gate_leave(g);
    /* Not under the lock: requests that end here may wait for it. */
    if (rc == JEM_OK)
        rc =
            web_server_secure(server, jem_buf_text(&tls->cert_pem), jem_buf_text(&tls->key_pem), names, tls->now, &err);
    if (rc != JEM_OK)
        jem_log(JEM_LOG_ERROR, "%s", err.msg);
    pthread_mutex_lock(&g->lock);
    struct web_tls old = g->tls;
    g->tls = *tls;
    g->up = rc == JEM_OK;
    *tls = old;
    pthread_mutex_unlock(&g->lock);
}

void web_gate_tick(struct web_gate *g, struct web_server *server)
{
    const struct web_listen *listen = web_server_tls(server);
    int64_t now = jem_mono_ms();
    struct web_tls tls;
    if (listen == NULL)
        return;
    pthread_mutex_lock(&g->lock);
    g->port = listen->port;
    bool due = g->app != NULL && (!g->up || now - g->looked_ms >= WEB_GATE_LOOK_MS);
    pthread_mutex_unlock(&g->lock);
    if (!due)
        return;
    g->looked_ms = now;
    web_tls_names(listen->wildcard ? NULL : listen->host, &tls);
    if (!g->up || !web_tls_same(&tls, &g->tls))
        gate_open(g, server, &tls);
    web_tls_release(&tls);
}

bool web_gate_seal(struct web_gate *g, struct web_seal *out)
{
    pthread_mutex_lock(&g->lock);
    bool up = g->up;
    *out = (struct web_seal){ .count = up ? g->tls.now : 0, .port = g->port };
    memcpy(out->names, g->tls.names, sizeof out->names);
    if (up) {
        web_tls_hex(g->tls.fingerprint, out->hex);
        jem_fingerprint_words(g->tls.fingerprint, out->words);
    }
    pthread_mutex_unlock(&g->lock);
    return up;
}

/* ---- machines and strangers ---- */

unsigned web_gate_device(struct web_gate *g, const struct web_request *r)
{
    char token[JEM_TABLET_TOKEN];
    if (!web_request_cookie(r, "__Host-dev", token, sizeof token))
        return 0;
    struct jem_app *app = web_gate_enter(g);
    if (app == NULL)
        return 0;
    unsigned id = jem_tablet_of(app, token);
    web_gate_leave(g);
    return id;
}

unsigned web_gate_wait(struct web_gate *g, const struct web_request *r)
{
    unsigned char key[SITE_LIMIT_KEY_BYTES];
    site_limit_key(r->peer, key);
    pthread_mutex_lock(&g->limit_lock);
    unsigned wait_s = site_limit_ask(&g->limit, key, jem_mono_ms());
    pthread_mutex_unlock(&g->limit_lock);
    return wait_s;
}

void web_gate_missed(struct web_gate *g, const struct web_request *r)
{
    unsigned char key[SITE_LIMIT_KEY_BYTES];
    site_limit_key(r->peer, key);
    pthread_mutex_lock(&g->limit_lock);
    site_limit_miss(&g->limit, key, jem_mono_ms());
    pthread_mutex_unlock(&g->limit_lock);
}
