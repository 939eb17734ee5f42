/* district.h - what a van is told of the applications of other vans: number, stage and day, nothing of any person.
 *
 * The "cases" of district.status are base64 of three columns:
 *   count varint | numbers, sorted: the first, then differences, varints | stages, a byte each | days as differences to
 *   "base", zigzag varints
 * so that like stands beside like and a thousand cases of a regency cost about 9 bytes each before the segment's own
 * compression. */
#ifndef JEMPUT_DISTRICT_H
#define JEMPUT_DISTRICT_H
#include "jemput/application.h"

#define JEM_DISTRICT_CASES_MAX ((size_t)50000) /* of one event */

struct jem_district_case {
    uint64_t number;
    enum jem_status stage;
    int32_t day; /* on which the stage was reached; days since 1970-01-01 */
};
/* The body of district.status. `cases` is sorted by number here; a number may stand in it once. New reference in *out.
 * JEM_EINVAL none, too many, the same number twice, or no stage */
JEM_NODISCARD enum jem_code jem_district_pack(struct jem_district_case *cases, size_t count, json_t **out,
    struct jem_error *err);
/* The cases of a body, sorted by number. *out is the caller's (free). JEM_ECORRUPT: they are not what jem_district_pack
 * makes; a stage of a newer version is JEM_STATUS_UNKNOWN. */
JEM_NODISCARD enum jem_code jem_district_unpack(const json_t *body, struct jem_district_case **out, size_t *count,
    struct jem_error *err);
#endif
