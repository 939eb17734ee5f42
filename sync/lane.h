/* lane.h - the names of lanes' parts, the only place that writes or reads one.
 *
 *   refs/heads/van/<n>/<INC>.<PART>    records of van n        refs/heads/feed/<n>/<INC>.<PART>   HQ to van n
 *   refs/heads/scan/<n>/<INC>.<PART>   documents of van n      refs/heads/hq/<INC>.<PART>         HQ's own
 *
 * INC is the incarnation of the writer (HQ's for feed and hq), PART counts from 1 within it. What follows refs/heads/ is the
 * part's tail: refs/hub/, refs/accepted/, refs/brought/, refs/known/ and refs/bundle/ carry the same tails. */
#ifndef JEMPUT_SYNC_LANE_H
#define JEMPUT_SYNC_LANE_H
#include <stdbool.h>
#include <stdint.h>

#define JEM_LANE_HEADS "refs/heads/"
#define JEM_LANE_TEXT 64

enum jem_lane_kind { JEM_LANE_UNKNOWN = 0, JEM_LANE_VAN, JEM_LANE_SCAN, JEM_LANE_FEED, JEM_LANE_HQ };
struct jem_lane_ref {
    enum jem_lane_kind kind;
    unsigned van; /* 0 for HQ's own */
    uint16_t inc;
    uint32_t part;
};
/* "van", "scan", "feed", "hq". */
const char *jem_lane_word(enum jem_lane_kind kind);
/* `root` and the tail: with JEM_LANE_HEADS "refs/heads/van/3/1.1". root: at most 20 characters. */
void jem_lane_name(const char *root, const struct jem_lane_ref *lane, char out[JEM_LANE_TEXT]);
/* What all parts of a lane begin with: "refs/heads/van/3/"; van 0: of every van, "refs/heads/van/". */
void jem_lane_prefix(const char *root, enum jem_lane_kind kind, unsigned van, char out[JEM_LANE_TEXT]);
/* False for a name that is not written as we write it; `root` as above. */
bool jem_lane_parse(const char *root, const char *name, struct jem_lane_ref *out);
/* Order in which parts are read: kind, van, incarnation, part. */
int jem_lane_cmp(const struct jem_lane_ref *a, const struct jem_lane_ref *b);
#endif
