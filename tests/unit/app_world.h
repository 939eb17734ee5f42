/* app_world.h - a scratch district for suites of the room app: HQ, enrolled vans, a folder hub, forms that pass. */
#ifndef APP_WORLD_H
#define APP_WORLD_H
#include "jemput/app.h"
#include "jemput/buf.h"

#define WORLD_VANS 2
#define WORLD_PASSPHRASE "kata sandi uji"

struct world {
    char root[200], hub[256], hq_dir[256], van_dir[WORLD_VANS][256];
    struct jem_app *hq, *van[WORLD_VANS];
};
/* HQ and `vans` vans (0..2), numbered 1 and 2, enrolled; a hub in a folder. Fails the suite when that is impossible. */
void world_make(struct world *w, unsigned vans);
void world_free(struct world *w);
/* The one of a suite that shares it among its tests: with one van, before them, and after them. */
extern struct world world;
int world_up(void **state);
int world_down(void **state);
/* Van i's round, HQ's merge and publish, van i's round again. */
void world_sync(struct world *w, unsigned i);

/* A plausible NIK, another for every i. out >= 17 */
void world_nik(unsigned i, char *out);
/* A form of the service with all required fields, for person i. New reference. */
json_t *world_form(struct jem_app *app, const char *service, unsigned i);
/* Applies for person i; the application's number. */
uint64_t world_apply(struct jem_app *app, const char *service, unsigned i);
/* The number in member `key` of a result. */
uint64_t world_number(const json_t *result, const char *key);
/* A grey PNG whose picture depends on `seed`. */
void world_png(unsigned seed, struct jem_buf *out);
/* A PDF of n pages. */
void world_pdf(unsigned pages, struct jem_buf *out);
/* A file in the scratch folder; its path, until the next call. */
const char *world_file(const struct world *w, const char *name, const void *p, size_t n);
/* Applications in the store. */
int64_t world_count(struct jem_app *app);
/* Fails unless `text` has no run of 16 digits: no NIK in what people and logs see. */
void world_no_nik(const char *text);
#endif
