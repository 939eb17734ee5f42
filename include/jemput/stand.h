/* stand.h - what citizens may ask at the van: how an application stands, and preparing one of their own. Needs no officer's
 * word, and gives nothing that belongs to a person.
 *
 * The handle is whoever's lent it; what is done is done in nobody's name. */
#ifndef JEMPUT_STAND_H
#define JEMPUT_STAND_H
#include "jemput/app.h"
#include "jemput/issue.h"
#include "jemput/status_db.h"

#define JEM_PREPARED_MS ((int64_t)24 * 3600 * 1000)

/* A number, or the QR text of a receipt (its signature is checked), as the public status site would answer: stage, days,
 * service. Of another van's application only stage and day are known. JEM_ENOTFOUND for whatever leads nowhere: mistyped,
 * unknown, forged; a store that cannot be read gives its own code. */
JEM_NODISCARD enum jem_code jem_stand_status(struct jem_app *app, const char *text, struct jem_status_row *out,
    struct jem_error *err);
/* {"region","contact","exported_ms": when headquarters was heard last, null never} for the pages. */
JEM_NODISCARD enum jem_code jem_stand_about(struct jem_app *app, json_t **out, struct jem_error *err);
/* Keeps what a citizen typed. What is blank stays for the counter; NIK and name have to be there, and what is there has to be
 * right (JEM_EINVAL, `issues`). Nothing is compared with other applications: an answer would tell of them.
 * {"code":"7K3M-Q9TD","until_ms"}. JEM_ENOTFOUND no such service | JEM_EBUSY too many wait */
JEM_NODISCARD enum jem_code jem_stand_prepare(struct jem_app *app, const char *service, json_t *fields, json_t **out,
    struct jem_issues *issues, struct jem_error *err);
/* {"code","service","service_name","until_ms"}: not what was typed. JEM_ENOTFOUND mistyped, unknown, taken, or past its day */
JEM_NODISCARD enum jem_code jem_stand_prepared(struct jem_app *app, const char *code, json_t **out,
    struct jem_error *err);
/* An officer opens it: it becomes that officer's draft, of channel "self-service", and the code is used up.
 * {"draft","service"}. JEM_ENOTFOUND */
JEM_NODISCARD enum jem_code jem_stand_take(struct jem_app *app, const char *code, json_t **out, struct jem_error *err);
#endif
