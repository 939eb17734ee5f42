/* app.h - the composition root: one open folder, one officer, the catalogue. All that a face may call lies in app.h,
 * intake.h, lookup.h, paper.h, exchange.h, desk.h and care.h. Use cases give their result as one JSON object whose keys are
 * those of the command contract (DESIGN section 8): the CLI prints it, pages draw it. One thread at a time for one handle. */
#ifndef JEMPUT_APP_H
#define JEMPUT_APP_H
#include "jemput/store.h"

struct jem_app;
struct jem_init {
    const char *dir;
    enum jem_role role;
    const char *name, *user, *passphrase;
    const char *hub;     /* may hold user:password, split off into secrets; NULL: later by hub set */
    const char *host;    /* HQ: status host printed in QR codes, default "status.jemput.invalid" */
    const char *region;  /* HQ: regency code or "" */
    const char *place;   /* HQ: "Kabupaten Cianjur", default from region's name */
    const char *contact; /* HQ: telephone or address printed on receipts and the citizen's page */
};
/* Makes the folder, keys and first officer (van: supervisor; HQ: admin, with its user.put event).
 * {"dir","role","name","user","words": fingerprint of our keys} */
JEM_NODISCARD enum jem_code jem_app_init(const struct jem_init *in, json_t **out, struct jem_error *err);
/* JEM_ELOCKED wrong passphrase or disabled officer | JEM_ENOTFOUND no store: the message names `jemput init` */
JEM_NODISCARD enum jem_code jem_app_open(const char *dir, const char *user, const char *passphrase,
    struct jem_app **out, struct jem_error *err);
JEM_NODISCARD enum jem_code jem_app_dup(const struct jem_app *app, struct jem_app **out,
    struct jem_error *err); /* for another thread */
void jem_app_close(struct jem_app *app);
struct jem_store *jem_app_store(struct jem_app *app);
const char *jem_app_user(const struct jem_app *app);
const char *jem_app_user_role(const struct jem_app *app);
/* The published catalogue, re-read when a newer version arrived. JEM_ENOTFOUND: none yet, the message says what to do. Borrowed */
JEM_NODISCARD enum jem_code jem_app_catalog(struct jem_app *app, const struct jem_catalog **out, struct jem_error *err);
/* {"role","name","van","user","user_role","place","hub","host","region","contact","catalog":version|null,"clock":"ntp|none..","disk_free":bytes,
 *  + jem_store_counts, "last_sync_ms","last_sync_ok","last_sync_text",
 *  "last_good_ms": of the last round that ended well} for `jemput status` and the strip of a page */
JEM_NODISCARD enum jem_code jem_app_state(struct jem_app *app, json_t **out, struct jem_error *err);
/* JEM_EDENIED with a message that names the roles which may. `roles`: "admin,approver" */
JEM_NODISCARD enum jem_code jem_app_require(struct jem_app *app, enum jem_role role, const char *roles,
    struct jem_error *err);
#endif
