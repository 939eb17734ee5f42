/* care.h - officers and the health of a store. */
#ifndef JEMPUT_CARE_H
#define JEMPUT_CARE_H
#include "jemput/app.h"
/* Supervisor or admin: new slot + user.put. `agency` (NULL or "": none): an officer of HQ, but no admin, who sees and decides
 * only applications for that agency's services. {"user","name","role","agency"?} */
JEM_NODISCARD enum jem_code jem_care_user_add(struct jem_app *app, const char *user, const char *name, const char *role,
    const char *agency, const char *passphrase, json_t **out, struct jem_error *err);
/* Supervisor or admin, for another officer: another role (NULL or "": as it is) or agency (NULL: as it is; "": none).
 * {"user","name","role","agency","disabled"} */
JEM_NODISCARD enum jem_code jem_care_user_change(struct jem_app *app, const char *user, const char *role,
    const char *agency, json_t **out, struct jem_error *err);
JEM_NODISCARD enum jem_code jem_care_user_disable(struct jem_app *app, const char *user, const char *reason,
    json_t **out, struct jem_error *err);
/* HQ's admin: an officer of a van, locked there once the van has synced. {"user","disabled","van"}; JEM_ENOTFOUND no such
 * van */
JEM_NODISCARD enum jem_code jem_care_user_disable_at(struct jem_app *app, unsigned van, const char *user,
    const char *reason, json_t **out, struct jem_error *err);
/* Supervisor or admin, for an officer who forgot: another passphrase, and user.put again so that the log tells who did it.
 * {"user"}; JEM_EDENIED for oneself: use jem_care_passphrase */
JEM_NODISCARD enum jem_code jem_care_user_reset(struct jem_app *app, const char *user, const char *passphrase,
    json_t **out, struct jem_error *err);
JEM_NODISCARD enum jem_code jem_care_passphrase(struct jem_app *app, const char *old_passphrase,
    const char *new_passphrase, json_t **out, struct jem_error *err);
JEM_NODISCARD enum jem_code jem_care_users(struct jem_app *app, json_t **out, struct jem_error *err);
/* Any officer: the whole store into one verified file (backup.h). {"file","bytes","at_ms","events","applications",
 * "documents","verified"} */
JEM_NODISCARD enum jem_code jem_care_backup(struct jem_app *app, const char *file, json_t **out, struct jem_error *err);
/* HQ's admin, by page: is this a place for jem_care_backup_tell? JEM_EINVAL: an absolute path of less than 1000 bytes, in a folder
 * that is there and not the store's own, ending in ".backup" | JEM_EEXISTS the name is taken */
JEM_NODISCARD enum jem_code jem_care_backup_place(struct jem_app *app, const char *file, struct jem_error *err);
/* A backup to such a place that never replaces a file (JEM_EEXISTS), then jem_care_ack_durable. jem_care_backup's keys,
 * "acknowledged", "same_disk": as the store */
JEM_NODISCARD enum jem_code jem_care_backup_tell(struct jem_app *app, const char *file, json_t **out,
    struct jem_error *err);
/* HQ's admin or approver: {"at_ms": of the last verified backup or 0,"file": where it was made or "","here": it still is,"offer": a
 * free name for the next one or ""} */
JEM_NODISCARD enum jem_code jem_care_backup_state(struct jem_app *app, json_t **out, struct jem_error *err);
/* The store of a backup into an empty folder, with the passphrase of one of its officers. backup.h's keys and "dir" */
JEM_NODISCARD enum jem_code jem_care_restore(const char *file, const char *dir, const char *user,
    const char *passphrase, json_t **out, struct jem_error *err);
/* HQ's admin or approver: "durable" acknowledgements as far as the last verified backup goes. {"acknowledged": lanes told,
 * "backup_ms": when that backup was made}. JEM_ENOTFOUND: there is no backup yet */
JEM_NODISCARD enum jem_code jem_care_ack_durable(struct jem_app *app, json_t **out, struct jem_error *err);
JEM_NODISCARD enum jem_code jem_care_audit(struct jem_app *app, bool rebuild, json_t **out, struct jem_error *err);
/* Known-answer tests of hashes, signatures, sealing, numbers, and a scratch store: {"ok","checks":[{"name","ok"}]}. */
JEM_NODISCARD enum jem_code jem_care_selftest(json_t **out, struct jem_error *err);
#endif
