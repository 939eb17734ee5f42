/* selection.h - which applications a report, an export or an exchange is about. */
#ifndef JEMPUT_SELECTION_H
#define JEMPUT_SELECTION_H
#include "jemput/store.h"

struct jem_selection {
    const char *service; /* id, or NULL */
    const char *village; /* code prefix, or NULL */
    int32_t from_day,
        to_day; /* submitted on a day in [from, to] (western Indonesia's midnight); INT32_MIN, INT32_MAX: open */
    enum jem_status status; /* UNKNOWN: any */
};
#define JEM_SELECTION_ALL ((struct jem_selection){ .from_day = INT32_MIN, .to_day = INT32_MAX })
/* Numbers of the applications whose submission is here, oldest first. *out is the caller's (free). */
JEM_NODISCARD enum jem_code jem_store_select(struct jem_store *store, const struct jem_selection *what, uint64_t **out,
    size_t *count, struct jem_error *err);
/* True when the application's row lies in the selection now. */
bool jem_store_selected(struct jem_store *store, const struct jem_selection *what, uint64_t number);
#endif
