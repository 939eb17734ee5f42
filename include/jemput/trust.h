/* trust.h - HQ: vans that are not believed any more, laptops that take their place, and work in quarantine. All need the HQ role;
 * every ruling is a signed event with its officer and a reason. */
#ifndef JEMPUT_TRUST_H
#define JEMPUT_TRUST_H
#include "jemput/app.h"
#define JEM_TRUST_NUMBERS_MAX 500 /* application numbers told at once */

/* Nothing of that van is believed after `after`: an event ("3.0.1.17"), a commit of its records (4 digits or more), or NULL or "":
 * what is accepted. What is in the records already stays there, and is told. Roles: admin.
 * {"van","inc","seq","reason","past":events in the records after that place,"numbers":[applications that they are about]} */
JEM_NODISCARD enum jem_code jem_trust_revoke(struct jem_app *app, unsigned van, const char *after, const char *reason,
    json_t **out, struct jem_error *err);
/* A new laptop for an enrolled van: from its request, a grant with a new incarnation; the van's own records are returned to it in
 * its feed. What the laptop before still sends is late work. Again for the same request: a grant again, without new events. Roles: admin.
 * {"file","van","inc","name","request_words","words"} */
JEM_NODISCARD enum jem_code jem_trust_reissue(struct jem_app *app, const char *request_path, unsigned number,
    const char *out_path, json_t **out, struct jem_error *err);
/* The same from bytes into bytes; words (NULL: not compared): as the officer read the request's aloud, JEM_EDENIED when they
 * differ. {"van","inc","name","request_words","words"} */
JEM_NODISCARD enum jem_code jem_trust_replace(struct jem_app *app, const void *request, size_t n, const char *words,
    unsigned number, struct jem_buf *grant, json_t **out, struct jem_error *err);
/* A van that was not known: the same with a number that is free, as jem_exchange_enrol does with files. */
JEM_NODISCARD enum jem_code jem_trust_enrol(struct jem_app *app, const void *request, size_t n, const char *words,
    unsigned number, struct jem_buf *grant, json_t **out, struct jem_error *err);
/* {"quarantine":[{"ref","head","class":"late"|"broken","reason":the check that failed,"at_ms","kind":"van"|"scan"|"","van","inc",
 *  "part","commits","events","bytes"}]}: counts as far as the commits tell without being opened */
JEM_NODISCARD enum jem_code jem_trust_quarantine(struct jem_app *app, json_t **out, struct jem_error *err);
/* One of them, opened: also "holds","wrong","steps" (jemput/late.h), at most JEM_TRUST_NUMBERS_MAX numbers. `ref` with or
 * without "refs/heads/". JEM_ENOTFOUND */
JEM_NODISCARD enum jem_code jem_trust_look(struct jem_app *app, const char *ref, json_t **out, struct jem_error *err);
/* Takes late work in, up to the commit `upto` (its first digits; NULL or "": all of it); the rest stays in quarantine. Roles: admin,
 * approver. {"ref","head","accepted_events","accepted_documents","taken":false when a round was running, which takes it in}.
 * JEM_EINVAL broken, or broken before `upto` | JEM_ENOTFOUND */
JEM_NODISCARD enum jem_code jem_trust_admit(struct jem_app *app, const char *ref, const char *upto, const char *reason,
    json_t **out, struct jem_error *err);
/* Not shown again until its head moves. Roles: admin, approver. {"ref","head"} */
JEM_NODISCARD enum jem_code jem_trust_refuse(struct jem_app *app, const char *ref, const char *reason, json_t **out,
    struct jem_error *err);
#endif
