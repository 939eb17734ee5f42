/* regency.h - HQ, enrolled vans and a hub in a folder, for suites of the room sync. Every failure inside fails the suite. */
#ifndef REGENCY_H
#define REGENCY_H
#include "jemput/round.h"

#define REGENCY_VANS 3
#define REGENCY_USER "petugas"
#define REGENCY_PASSPHRASE "kata sandi uji"

struct regency {
    char root[64], hub[96], hq_dir[96], van_dir[REGENCY_VANS][96];
    struct jem_store *hq, *van[REGENCY_VANS];
};
extern const unsigned regency_number[REGENCY_VANS]; /* 3, 7 and 12 */

/* The clock of every store that is made or opened; NULL: the system's. */
extern const struct jem_clock *regency_clock;

void regency_make(struct regency *r, unsigned vans);
/* Makes and enrols van i, which regency_make left out. */
void regency_enrol_more(struct regency *r, unsigned i);
void regency_free(struct regency *r);
/* Closes every store, so that a child process can open them; open again. */
void regency_close(struct regency *r);
void regency_open(struct regency *r);

/* An application with its NIK and name in the body; its number. */
uint64_t regency_apply(struct jem_store *van, const char *nik, const char *name);
void regency_apply_many(struct jem_store *van, unsigned count, unsigned seed);
/* A document of `size` bytes from `seed` with one preview of 3000 bytes. */
void regency_attach(struct jem_store *van, uint64_t number, size_t size, uint64_t seed);
/* HQ moves an application on: status.changed on the van's feed. */
void regency_decide(struct jem_store *hq, uint64_t number, const char *from, const char *to);

/* Rounds that must succeed. */
struct jem_round_report regency_van(struct regency *r, unsigned i);
struct jem_round_report regency_merge(struct regency *r);
struct jem_round_report regency_publish(struct regency *r);
/* van i, merge, publish, van i. */
void regency_sync(struct regency *r, unsigned i);

/* Events of a stream in one text of hashes; the same text on both sides is the same stream. */
uint64_t regency_count(struct jem_store *store, unsigned writer, unsigned lane);
void regency_same(struct jem_store *a, struct jem_store *b, unsigned writer, unsigned lane);

/* Runs `git ARGS` by the shell; its exit code. Output goes to root/git.out. */
int regency_git(const struct regency *r, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Head of a ref or revision of a repository below root ("van3/ledger.git"). */
void regency_head(const struct regency *r, const char *repository, const char *rev, char out[JEM_OID_HEX]);
/* fsck --strict and verify-commit of every commit on van, feed and hq refs of the hub. */
void regency_hub_clean(struct regency *r);
/* Refs of the hub with their heads as one text in buf. */
const char *regency_refs(struct regency *r, char *buf, size_t cap);
#endif
