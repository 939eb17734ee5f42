/* part.h - the parts of a lane, as the refs of a repository or the listing of a hub tell them. */
#ifndef JEMPUT_SYNC_PART_H
#define JEMPUT_SYNC_PART_H
#include "chain.h"
#include "lane.h"
#include "link.h"

#define JEM_PART_COMMITS 4096               /* of records, feed and HQ's own lane */
#define JEM_PART_BYTES ((uint64_t)64 << 20) /* of documents */

struct jem_part {
    struct jem_lane_ref lane;
    git_oid head;
};
struct jem_parts {
    struct jem_part *items;
    size_t count, cap;
};
void jem_parts_release(struct jem_parts *parts);
/* Parts under `root` of that kind, ascending; van 0: of every van. Adds to *out. */
JEM_NODISCARD enum jem_code jem_parts_local(struct jem_ledger *ledger, const char *root, enum jem_lane_kind kind,
    unsigned van, struct jem_parts *out, struct jem_error *err);
/* The same of what a hub lists. */
JEM_NODISCARD enum jem_code jem_parts_listed(const struct jem_link_ref *refs, size_t count, enum jem_lane_kind kind,
    unsigned van, struct jem_parts *out, struct jem_error *err);
/* Fetches these parts of a hub into refs/hub/ and their tails. None: nothing is asked. */
JEM_NODISCARD enum jem_code jem_parts_fetch(struct jem_link *link, const struct jem_parts *parts,
    struct jem_error *err);
/* True when the hub lists any part of that lane. One that has none at all gets the part that is written, even when its reader has
 * it: so that what others carry, and what comes next, has something to stand on. */
bool jem_parts_any(const struct jem_link *link, enum jem_lane_kind kind, unsigned van);
/* The last part of incarnation inc; NULL: there is none. */
const struct jem_part *jem_parts_last(const struct jem_parts *parts, uint16_t inc);

/* First and last event that a commit of ours names in its subject ("segment 12: events 341-420"). False for another. */
bool jem_part_events(struct jem_ledger *ledger, const git_oid *oid, uint64_t *first, uint64_t *last);
/* With which key a part of records, of documents or of a feed is sealed. */
JEM_NODISCARD enum jem_code jem_part_epoch(struct jem_ledger *ledger, const struct jem_part *part, uint16_t *epoch,
    struct jem_error *err);
/* The root of a part. refs/root/ and the tail keeps it, so that it is walked to once at most. */
JEM_NODISCARD enum jem_code jem_part_root(struct jem_ledger *ledger, const struct jem_part *part, git_oid *out,
    struct jem_error *err);
/* Numbers given to parts are remembered (meta "part.van/3/1"): one that was given is not given again, whatever became of the
 * repository. After a restore, parts of lower incarnations get numbers that nobody who lived on from the same backup gives: they
 * begin at a thousand times our own incarnation. Sets lane->part. */
JEM_NODISCARD enum jem_code jem_part_number(struct jem_store *store, const struct jem_parts *have,
    struct jem_lane_ref *lane, struct jem_error *err);

/* What the message of a root says after its subject and an empty line: "part 1.2 after 1.420 HASH": which part it begins, and the
 * writer's last event before it. Events, not commits: a writer that was restored knows its last event, never mind what became
 * of its repository. A stream's very first part needs neither. */
struct jem_after {
    bool there;
    uint16_t inc;
    uint64_t seq;
    unsigned char hash[32];
};
#define JEM_AFTER_TEXT 128
/* "" when there is nothing to say. */
void jem_after_format(const struct jem_after *after, uint16_t inc, uint32_t part, char out[JEM_AFTER_TEXT]);
/* From the message of a commit that is to be the root of part inc.part. False: it is not written as we write it for that part. */
bool jem_after_parse(const char *message, uint16_t inc, uint32_t part, struct jem_after *out);
/* What event `first` of our own stream follows: the one before it, or, for the first of an incarnation, the event of a lower one
 * that it is chained to. */
JEM_NODISCARD enum jem_code jem_after_find(struct jem_store *store, const struct jem_event_id *first,
    struct jem_after *out, struct jem_error *err);
#endif
