/* region.h - Indonesia's provinces, regencies, districts and villages, compiled in from idn-area-data
 * (code MIT, data ODbL) as one read-only table. Codes without dots: 2, 4, 6 or 10 digits. */
#ifndef JEMPUT_REGION_H
#define JEMPUT_REGION_H
#include "jemput/error.h"
#include <stdbool.h>
#include <stddef.h>

enum jem_region_level {
    JEM_REGION_UNKNOWN = 0,
    JEM_REGION_PROVINCE,
    JEM_REGION_REGENCY,
    JEM_REGION_DISTRICT,
    JEM_REGION_VILLAGE
};
struct jem_region {
    char code[11];    /* digits, no dots */
    const char *name; /* static */
    enum jem_region_level level;
};
bool jem_region_find(const char *code, struct jem_region *out); /* dots forgiven; false when unknown */
/* Children of `code` ("" gives the provinces) in code order, from the `from`th; fills out[max], returns how many. */
size_t jem_region_children(const char *code, size_t from, struct jem_region *out, size_t max);
/* Villages inside `within` (a code of any level, or "") whose name, or whose district's name, starts with or holds
 * `text` (case ignored); best first. */
size_t jem_region_search(const char *within, const char *text, struct jem_region *out, size_t max);
/* "Cikondang, Cianjur, Kab. Cianjur, Jawa Barat" style full name of a known code; "" when unknown. */
void jem_region_full_name(const char *code, char *out, size_t cap);
size_t jem_region_count(enum jem_region_level level);
#endif
