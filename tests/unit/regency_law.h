/* regency_law.h - what must hold in a regency whatever happened, and what may happen to it. Every failure inside fails the suite. */
#ifndef REGENCY_LAW_H
#define REGENCY_LAW_H
#include "regency.h"

/* Runs a command by the shell in the regency's folder. */
void regency_shell(const struct regency *r, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* ---- what must hold ---- */

/* Every event that both have is the same event. */
void regency_one_history(struct jem_store *a, struct jem_store *b);
/* The stream is the same on both sides, in every incarnation. */
void regency_same_logs(struct jem_store *a, struct jem_store *b, unsigned writer, unsigned lane);
/* Events of a stream in all incarnations. */
uint64_t regency_total(struct jem_store *store, unsigned writer, unsigned lane);
/* The audit finds nothing. */
void regency_sound(struct jem_store *store);
/* Rounds until all has been said and answered. The last of each van has nothing left to do. */
void regency_settle(struct regency *r, unsigned vans);
/* HQ and the first `vans` vans have the same, and it is sound. */
void regency_holds(struct regency *r, unsigned vans);
void regency_nothing_quarantined(struct regency *r);

/* ---- what happens ---- */

void regency_rotate(struct regency *r);
/* A backup in the file `name` of the regency's folder, and what it becomes when the folder `dir` is lost. */
void regency_backup(struct regency *r, struct jem_store *store, const char *name);
void regency_restore(struct regency *r, struct jem_store **store, const char *dir, const char *name);
void regency_lose_hub(struct regency *r);
/* Applications, one of them with a document of 60 kB. */
void regency_work(struct regency *r, unsigned van, unsigned count, unsigned seed);
/* A decision of HQ on some application of that van. */
void regency_decide_any(struct regency *r, unsigned van);
/* Nothing of the van of that number after what HQ has. */
void regency_revoke(struct jem_store *hq, unsigned van);
void regency_rule(struct jem_store *hq, const char *ref, const char *head, bool admit);
/* Another laptop for van i, in the folder `name`; *inc is its incarnation. Owned by the caller. */
struct jem_store *regency_reissue(struct regency *r, unsigned i, const char *name, uint16_t *inc);
#endif
