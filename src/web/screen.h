/* screen.h - the second screen and the turned screen: pages for people who are not logged in, opened by a link that a
 * supervisor makes. The link holds 128 random bits, lives as long as the server, and shows numbers of the queue and the
 * survey; it reaches nothing else. */
#ifndef WEB_SCREEN_H
#define WEB_SCREEN_H
#include <pthread.h>

#include "server.h"

struct jem_app;
struct web_office;

#define WEB_SCREEN_TOKEN 33 /* 32 hex digits and NUL */
struct web_screen {
    pthread_mutex_t lock;
    char token[WEB_SCREEN_TOKEN]; /* "": there is none */
    struct jem_app *app;          /* a handle of its own: the screen goes on when the officer's session locks */
};
/* Makes a link; a former one ends. `app` is copied (jem_app_dup). */
JEM_NODISCARD enum jem_code web_screen_open(struct web_office *office, const struct jem_app *app,
    struct jem_error *err);
void web_screen_close(struct web_office *office);
/* False: there is no link now. */
bool web_screen_token(struct web_office *office, char out[WEB_SCREEN_TOKEN]);
/* Answers /layar and /survei. True: it was one of these. */
bool web_screen_answer(struct web_office *office, struct web_request *r, struct web_answer *a);
/* Those that a POST may have a body for. */
bool web_screen_path(const char *path);
#endif
