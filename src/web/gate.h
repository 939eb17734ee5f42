/* gate.h - who comes in by the port for counters: enrolled machines to the officers' pages, everybody else to the stand and to
 * the page where a machine is enrolled. Until the first officer logged in the port is closed: its key lies in the store.
 * Private to src/web. Any thread, but for web_gate_tick. */
#ifndef WEB_GATE_H
#define WEB_GATE_H
#include <pthread.h>

#include "jemput/app.h"
#include "server.h"
#include "site_limit.h"
#include "tls.h"

#define WEB_GATE_LOOK_MS ((int64_t)15000) /* between looks at this machine's addresses */

struct web_gate {
    pthread_mutex_t lock; /* guards what follows, up to limit_lock */
    struct jem_app
        *app; /* own handle, lent by the first officer; NULL before. It decides nothing in that officer's name */
    struct web_tls tls; /* as it is served */
    bool up;
    unsigned port; /* of the second port; 0: there is none */
    int64_t looked_ms;
    pthread_mutex_t limit_lock;
    struct site_limit limit; /* of strangers */
};
void web_gate_init(struct web_gate *g);
void web_gate_release(struct web_gate *g);
void web_gate_offer(struct web_gate *g, struct jem_app *app);
/* Opens the second port as soon as the store is open, and anew when this machine's addresses change. */
void web_gate_tick(struct web_gate *g, struct web_server *server);
/* The enrolled machine of the request's cookie; 0 none. */
unsigned web_gate_device(struct web_gate *g, const struct web_request *r);
/* Seconds that this stranger has to wait; 0: go on. */
unsigned web_gate_wait(struct web_gate *g, const struct web_request *r);
/* What the stranger asked led nowhere: it costs more. */
void web_gate_missed(struct web_gate *g, const struct web_request *r);
/* The handle, locked; NULL when no officer has logged in yet (and then not locked). */
struct jem_app *web_gate_enter(struct web_gate *g);
void web_gate_leave(struct web_gate *g);
/* Names, fingerprint: a copy. False while the port is closed. */
struct web_seal {
    char names[WEB_TLS_NAMES][64];
    size_t count;
    unsigned port;
    char hex[96], words[96];
};
bool web_gate_seal(struct web_gate *g, struct web_seal *out);
#endif
