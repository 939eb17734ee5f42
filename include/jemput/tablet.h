/* tablet.h - machines beside this laptop that may show the officers' pages. A supervisor makes a code, which counts once and
 * for ten minutes; the machine that brings it is known from then on by 256 random bits in its cookie, of which only the hash
 * is kept. What is kept belongs to this folder: no event tells of it.
 *
 * Functions without a role check ask for nobody's: they are what a machine may do before anybody logs in. */
#ifndef JEMPUT_TABLET_H
#define JEMPUT_TABLET_H
#include "jemput/app.h"

#define JEM_TABLET_MAX 64
#define JEM_TABLET_TOKEN 65 /* 64 hex digits and NUL */
#define JEM_TABLET_INVITE_MS ((int64_t)10 * 60 * 1000)

/* Supervisor or admin. name: what the machine is called, 1-60 bytes. {"code":"7K3M9-Q9TDX","name","until_ms"} */
JEM_NODISCARD enum jem_code jem_tablet_invite(struct jem_app *app, const char *name, json_t **out,
    struct jem_error *err);
/* {"id","name"}, and what its cookie shall hold. JEM_EDENIED: no such code, used, or past its time (one message for all) */
JEM_NODISCARD enum jem_code jem_tablet_enrol(struct jem_app *app, const char *code, char token[JEM_TABLET_TOKEN],
    json_t **out, struct jem_error *err);
/* Which machine holds the token; 0 none. Notes about when it was seen last, to ten minutes. */
unsigned jem_tablet_of(struct jem_app *app, const char *token);
/* {"tablets":[{"id","name","by","at_ms","seen_ms"}]} */
JEM_NODISCARD enum jem_code jem_tablet_list(struct jem_app *app, json_t **out, struct jem_error *err);
/* Supervisor or admin. {"id"}; JEM_ENOTFOUND */
JEM_NODISCARD enum jem_code jem_tablet_revoke(struct jem_app *app, unsigned id, json_t **out, struct jem_error *err);
#endif
