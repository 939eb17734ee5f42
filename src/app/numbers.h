/* numbers.h - a list of whole numbers and its quantiles: waits, hours. Private to src/app. */
#ifndef APP_NUMBERS_H
#define APP_NUMBERS_H
#include "jemput/json.h"

struct own_numbers {
    int64_t *items; /* freed by the owner */
    size_t count, cap;
};
JEM_NODISCARD enum jem_code own_numbers_add(struct own_numbers *numbers, int64_t n, struct jem_error *err);
/* The value below which `percent` of them lie (nearest rank); JSON null without any. Sorts. New reference. */
json_t *own_quantile(int64_t *values, size_t n, unsigned percent);
#endif
