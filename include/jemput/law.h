/* law.h - what UU PDP 27/2022 asks of who keeps data of persons: erasure, access, retention, the record of processing. Of
 * headquarters. */
#ifndef JEMPUT_LAW_H
#define JEMPUT_LAW_H
#include "jemput/app.h"

/* Admin. What an erasure would take, and where copies are; nothing changes, and no field of the person is told:
 * {"number","service","service_name","status","status_label","events": bodies that go,"documents","vans":[numbers that will be told],
 * "exports":[{"at_ms","what","to","package" (of an exchange),"rows","by","whole","reason"}] that may hold it,"others":[numbers of the same NIK, not erased],
 * "backup_ms": of the last backup, which holds it,or null,"sealed": about copies in ciphertext}. JEM_ENOTFOUND also when it was
 * erased before */
JEM_NODISCARD enum jem_code jem_law_erase_preview(struct jem_app *app, uint64_t number, json_t **out,
    struct jem_error *err);
/* Admin. Erases one application everywhere that we reach: here at once, in every van by its feed (body.redacted), in status.db and
 * mirrors when they are next written. The preview's object as it stood before, with "basis" and "scrubbed":bool the file was
 * written anew (else with the next round). JEM_ENOTFOUND as above */
JEM_NODISCARD enum jem_code jem_law_erase(struct jem_app *app, uint64_t number, const char *basis, json_t **out,
    struct jem_error *err);
/* Admin, on record. All that is held about one person, by NIK or by a number of theirs, within the 3x24 hours of art. 32:
 * {"nik" masked,"applications":[rows as JSON lines export them, whole, with "service_name","status_label","kept_until": day or "" and "events":[{"event",
 * "kind","label","at_ms","actor","van","body"}]],"exports":[as above],"purpose"} */
JEM_NODISCARD enum jem_code jem_law_access(struct jem_app *app, const char *who, const char *reason, json_t **out,
    struct jem_error *err);
/* Any HQ officer, for a reason, on record (data.exported, "reveal"): the personal numbers of one application, whole, which pages and
 * lists mask. {"number","fields":{"nik",...}} */
JEM_NODISCARD enum jem_code jem_law_reveal(struct jem_app *app, uint64_t number, const char *reason, json_t **out,
    struct jem_error *err);
/* Admin. Applications that reached their end (handed over, rejected, withdrawn, linked) longer ago than the retention_days of
 * their service, counted from the day of that stage, are erased as above, "retention" as basis, at most JEM_ERASED_MAX x 10 a run;
 * `dry_run`: only listed. shown: how many a person was shown, JEM_EBUSY when as many are not due now; -1: whatever is due.
 * {"due":[{"number","service","service_name","status","status_label","ended","days"}],"services":[{"service","name","count"}],
 * "erased":n,"more":bool,"scrubbed":bool} */
JEM_NODISCARD enum jem_code jem_law_retention(struct jem_app *app, bool dry_run, int64_t shown, json_t **out,
    struct jem_error *err);
/* Any HQ officer. The record of processing (art. 31): {"controller","contact","purpose","purposes":[{"service","name","agency",
 * "fields":[labels],"basis","retention_days","specific":bool data of children}],"others":[{"what","data"}] held besides
 * applications,"recipients":[exports],"erasures":[{"at_ms","by","numbers","basis"}],"officers":n,"vans":n,
 * "applications":n,"safeguards":text} */
JEM_NODISCARD enum jem_code jem_law_processing(struct jem_app *app, json_t **out, struct jem_error *err);
#endif
