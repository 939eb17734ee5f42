/* loop.h - the background loop of the officer's server: what it does, and what pages may ask of it. Private to src/web.
 * Every function may be called from any thread. */
#ifndef WEB_LOOP_H
#define WEB_LOOP_H
#include <pthread.h>
#include <signal.h>

#include "jemput/app.h"

#define WEB_LOOP_STEPS 11 /* of enum jem_step */

enum web_doing {
    WEB_LOOP_STARTING = 0, /* nobody has logged in yet */
    WEB_LOOP_UNSET,        /* no hub, or not enrolled */
    WEB_LOOP_PAUSED,       /* by an officer, or by --no-sync */
    WEB_LOOP_AWAY,         /* no network, no folder: no try could succeed */
    WEB_LOOP_WAITING,
    WEB_LOOP_YIELDING, /* an officer's job runs */
    WEB_LOOP_RUNNING,
    WEB_LOOP_RETRY, /* the last round failed */
    WEB_LOOP_OTHER  /* another process has the round */
};

struct web_loop_state {
    enum web_doing doing;
    bool wanted;    /* an officer asked for a round that has not begun */
    bool off;       /* --no-sync */
    bool reachable; /* false: no try could succeed */
    bool hq;
    int every_s;
    int64_t next_ms; /* monotonic: when the next round is due */
    /* of the round under way, or of the last one */
    unsigned step;             /* enum jem_step */
    bool seen[WEB_LOOP_STEPS]; /* steps that were reached */
    uint64_t records_done, records_total, bytes_done, bytes_total;
    int64_t seconds_left; /* of this step; -1: not known */
    bool ended, ok;
    char text[400]; /* how it ended */
};

struct jem_link_watch;
struct web_loop {
    pthread_mutex_t lock; /* guards what follows, but for watch, off and every_s, which stay as they are */
    pthread_t thread;
    struct jem_link_watch *watch;
    bool off, started;
    int every_s;             /* --sync-every; 0: as kept in the store */
    struct jem_app *offered; /* a handle that the thread has not taken yet */
    bool has_app, now, end;
    enum jem_lang lang; /* of what is told of rounds: that of the last page */
    unsigned busy;      /* officers' jobs under way */
    int64_t calm_ms;    /* when the last one ended */
    volatile sig_atomic_t stop;
    struct web_loop_state state;
};

/* The structure is zero before. JEM_EBUSY no thread to be had */
JEM_NODISCARD enum jem_code web_loop_start(struct web_loop *loop, bool off, int every_s, struct jem_error *err);
/* Stops the round under way before its next slice and waits at most wait_ms. False: it still runs, and keeps what it uses. */
bool web_loop_end(struct web_loop *loop, int64_t wait_ms);
/* An officer is here: the loop takes a handle of its own unless it has one. */
void web_loop_offer(struct web_loop *loop, struct jem_app *app);
void web_loop_now(struct web_loop *loop, struct jem_app *app); /* a round at once, also when paused */
void web_loop_stop(struct web_loop *loop);                     /* the round under way ends before its next slice */
void web_loop_wake(struct web_loop *loop);                     /* something may have been recorded or set */
void web_loop_speak(struct web_loop *loop, enum jem_lang lang);
void web_loop_read(struct web_loop *loop, struct web_loop_state *out);
/* Around a print, a scan, an upload: whatever loads the laptop while a citizen waits. A round gives way before its next
 * slice and goes on a second after the last such job ended. */
void web_busy_begin(struct web_loop *loop);
void web_busy_end(struct web_loop *loop);
#endif
