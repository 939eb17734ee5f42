/* day_own.h - what the use cases of the van's day share. Private to src/app. */
#ifndef APP_DAY_OWN_H
#define APP_DAY_OWN_H
#include "jemput/day.h"
#include "jemput/day_db.h"
#include "own.h"

#define DAY_MS ((int64_t)24 * 3600 * 1000)

struct day_code {
    const char *name;
    enum jem_text label;
};
/* The label of a code; the code itself when it is none of the list, which ends with name NULL. */
const char *own_code_label(const struct day_code *list, const char *name);
/* JEM_EINVAL names those that are. */
JEM_NODISCARD enum jem_code own_code_check(const struct day_code *list, const char *name, struct jem_error *err);
/* Appends one event in a unit of its own or in the open one (`joined`). Takes `body`. id may be NULL. */
JEM_NODISCARD enum jem_code own_day_put(struct jem_app *app, bool joined, uint16_t lane, uint64_t subject,
    const char *kind, json_t *body, char id[JEM_EVENT_ID_TEXT], struct jem_error *err);
/* The cleaned text as a member, unless it is NULL or blank. JEM_EINVAL as own_reason. */
JEM_NODISCARD enum jem_code own_day_text(json_t *body, const char *member, const char *text, bool required,
    struct jem_error *err);
/* Milliseconds at which a day begins here (WIB). */
int64_t own_day_begins(int32_t day);
/* Milliseconds of the outages of a van and of HQ between two moments, each counted once. */
JEM_NODISCARD enum jem_code own_outage_ms(struct jem_app *app, unsigned van, int64_t from_ms, int64_t to_ms,
    int64_t *out, struct jem_error *err);
/* When a promise of so many hours ends, outages left out. *excused_ms: how much they were. */
JEM_NODISCARD enum jem_code own_promise(struct jem_app *app, unsigned van, int64_t from_ms, int hours, int64_t *due_ms,
    int64_t *excused_ms, struct jem_error *err);
/* Adds "village_name". */
void own_village_name(json_t *row);
#endif
