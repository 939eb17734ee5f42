/* gen_events.h - the events of a simulated district: vans and HQ that know only a part of each other's work.
 * The same seed gives the same events, byte for byte. Out of memory aborts. */
#ifndef TESTS_GEN_EVENTS_H
#define TESTS_GEN_EVENTS_H
#include "jemput/application.h"
#include "prop.h"

unsigned gen_below(struct prop *rng, unsigned n); /* prop_below as unsigned */
bool gen_chance(struct prop *rng, unsigned percent);
void gen_shuffle(struct prop *rng, const struct jem_event **items, size_t n);

/* A plausible person and a form that the starting catalogue accepts: {"nik","name","kk","birth_date","sex","phone",
 * "village","address",...}, the service's id in *service (static). New reference. */
json_t *gen_fields(struct prop *rng, const char **service);
/* A NIK whose parts are possible; sex 'L' or 'P'. */
void gen_nik(struct prop *rng, char sex, char birth_date[11], char out[17]);

enum gen_mix {
    GEN_SUBMIT = 1, /* submissions only */
    GEN_DAY,        /* submissions, receipts, documents, some corrections: what a van records in a day */
    GEN_FULL        /* also HQ's decisions, concurrent corrections, conflicts and their answers, illegal changes of
                       status, removed documents, duplicates, kinds of a newer version */
};
#define GEN_VANS_MAX 6

/* Appends the events of `applications` applications by vans 1..vans (and HQ, in GEN_FULL), in the order in which they
 * were made: sealed, chained and contiguous per stream; van n writes stream (n, 0, 1), HQ its feed (0, n, 1). */
void gen_events(uint64_t seed, size_t applications, unsigned vans, enum gen_mix mix, struct jem_event_list *out);

/* Makes `body` canonical, gives it to a new event of a stream and seals it after *prev (NULL: first of the chain).
 * Steals body. */
struct jem_event gen_event(uint16_t writer, uint16_t lane, uint64_t seq, uint64_t hlc, uint64_t subject,
    const char *kind, json_t *body, const struct jem_event *prev);
#endif
