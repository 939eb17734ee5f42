/* trip.h - one round while it runs: the lock, the ledger, the keys, the link, what may still be spent and what was done. */
#ifndef JEMPUT_SYNC_TRIP_H
#define JEMPUT_SYNC_TRIP_H
#include "hub_url.h"
#include "lane.h"
#include "link.h"
#include "slice.h"

struct jem_trip {
    struct jem_store *store;
    struct jem_ledger *ledger;
    struct jem_keys *keys;
    struct jem_link *link; /* NULL between hubs */
    const struct jem_round_options *options;
    struct jem_round_report *report;
    struct jem_progress progress;
    struct jem_slice slice; /* of the hub that is visited */
    uint64_t rate;          /* bytes a second, moving average; 0: not known */
    struct jem_pace pace;   /* of the hub that is visited */
    bool grounded;          /* a slice was lost at this hub: none is begun beside another */
    unsigned silences;      /* of the link, when a slice arrived last (jem_link_silences) */
    unsigned self;          /* our writer number */
    const char *seen; /* where lanes stand as they were fetched: "refs/hub/", or "refs/bundle/" while a file is read */
    int lock;
    int64_t deadline_ms;             /* jem_mono_ms, 0: none */
    uint64_t up_before, down_before; /* bytes of hubs visited earlier in the round */
    bool several;                    /* hubs: an older state on one of them is nothing to report */
    bool stopped;                    /* budget or deadline reached: no further slice */
    size_t decided;                  /* parts of ours that this round found to be over (prune.h) */
    struct jem_parts *listed;        /* HQ: vans' parts that the hubs list, gathered while they are visited; or NULL */
};

/* Takes DIR/sync.lock, opens the ledger, loads the keys. JEM_EDENIED for another role or before enrolment | JEM_EBUSY */
JEM_NODISCARD enum jem_code jem_trip_begin(struct jem_trip *trip, struct jem_store *store, enum jem_role role,
    const struct jem_round_options *options, struct jem_round_report *report, struct jem_error *err);
void jem_trip_end(struct jem_trip *trip);

/* The hubs of this round, each URL ended by a newline: options->remote, else meta "hub" and "hubs". JEM_ENOTFOUND none set */
JEM_NODISCARD enum jem_code jem_trip_hubs(struct jem_trip *trip, struct jem_buf *out, struct jem_error *err);
/* open prepares the link; read connects and reads the hub's refs; enter does both; leave closes and books its bytes. A hub with
 * heads, none of them ours, is somebody else's: JEM_ECORRUPT. */
JEM_NODISCARD enum jem_code jem_trip_open(struct jem_trip *trip, const char *url, struct jem_error *err);
JEM_NODISCARD enum jem_code jem_trip_read(struct jem_trip *trip, struct jem_error *err);
JEM_NODISCARD enum jem_code jem_trip_enter(struct jem_trip *trip, const char *url, struct jem_error *err);
void jem_trip_leave(struct jem_trip *trip);
/* Bytes that went over the link so far, both ways. */
uint64_t jem_trip_wire(const struct jem_trip *trip);

/* The hub was waited for twice since a slice arrived last, and was silent: to wait once more would be hanging. The trip has a
 * link. */
bool jem_trip_silent(const struct jem_trip *trip);

void jem_trip_step(struct jem_trip *trip, enum jem_step step);
void jem_trip_tell(struct jem_trip *trip); /* calls the progress callback */
/* `bytes`, or what the link carries in JEM_TRIP_BREATH_S if that is less: so long nothing else is looked at, and no progress is
 * seen. JEM_TRIP_BREATH_MIN may always go, or what takes its time however short the slice is would make each shorter than the one
 * before; it is all that goes before the link's speed is known. Never more than the budget has left. */
uint64_t jem_trip_most(const struct jem_trip *trip, uint64_t bytes);
/* True once somebody asked to stop: the trip is stopped. */
bool jem_trip_stop(struct jem_trip *trip);
/* True when a slice of `bytes` may still go and nobody asked to stop; else the trip is stopped. */
bool jem_trip_may(struct jem_trip *trip, uint64_t bytes);
/* What failed may be tried once more: the hub is not silent, and jem_trip_may. */
bool jem_trip_again(struct jem_trip *trip);
/* The outcome of a round that ends with `code`: JEM_ELINK with its own message when it was asked to stop and did; JEM_OK when
 * its deadline cut a transfer off, the hub having answered. */
enum jem_code jem_trip_asked(struct jem_trip *trip, enum jem_code code, struct jem_error *err);

/* Van: answers HQ's newest epoch (jem_keys_follow) and goes on with the new key. */
JEM_NODISCARD enum jem_code jem_trip_follow(struct jem_trip *trip, bool *followed, struct jem_error *err);

/* HQ: a new key when the newest is older than meta "rotate_days" (30 when unset; 0: never), and goes on with it (epoch_age.c). */
JEM_NODISCARD enum jem_code jem_trip_rotate(struct jem_trip *trip, struct jem_error *err);
/* Destroys our box keys of epochs that are older than the newest by more than meta "retain_epochs" (3 when unset), once no part
 * that is here, and nothing that may still come, is sealed with them (epoch_age.c). */
JEM_NODISCARD enum jem_code jem_epochs_forget(struct jem_trip *trip, struct jem_error *err);

/* Puts more on the lane that is being sent; called while a slice of it is on its way and no other is left. */
typedef enum jem_code jem_trip_more(void *ctx, struct jem_error *err);
struct jem_trip_source {
    jem_trip_more *more;
    void *ctx;
};
/* Sends what `ref` has and the hub lacks, slice by slice (push.c). *events (may be NULL) counts the events of segments that
 * arrived, by the hub's own ref. source: where more of it may come from meanwhile, or NULL.
 * JEM_ECORRUPT the hub's ref is no ancestor of ours | JEM_EDENIED | JEM_ELINK */
JEM_NODISCARD enum jem_code jem_trip_push(struct jem_trip *trip, const char *ref, uint64_t *events,
    const struct jem_trip_source *source, struct jem_error *err);

/* Head accepted from somebody: meta `key` moves in one unit with the import and counts; the ref keeps the objects. */
JEM_NODISCARD enum jem_code jem_trip_accepted(struct jem_trip *trip, const char *key, git_oid *out, bool *there,
    struct jem_error *err);

/* The head of a part that was accepted last came in a file: a hub that is behind it has not rolled back. */
bool jem_trip_by_bundle(struct jem_trip *trip, const struct jem_lane_ref *lane, const git_oid *accepted);

/* Waits 100 ms, 200 ms and so on, at most 8 s, and up to half of it more: vans that lost one mast do not come back together
 * (push.c). */
void jem_trip_pause(unsigned tries);
/* A hub that is a folder: removes what a killed process had locked. The round has a link. */
void jem_trip_sweep(struct jem_trip *trip);

/* Events in a commit's segment; 0 for other commits. */
uint64_t jem_lane_commit_events(struct jem_ledger *ledger, const git_oid *oid);

/* van: the feed (feed.c) and the document lane (scan_out.c) */
struct jem_part;
/* Verifies and imports a part of the feed up to its head, which the ledger holds; refusals as below. moved: there are parts
 * before it; HQ is told how far its lane is here when this one is new. */
JEM_NODISCARD enum jem_code jem_feed_accept(struct jem_trip *trip, const struct jem_part *part, bool moved,
    struct jem_error *err);
/* How far a part of the feed was taken. */
JEM_NODISCARD enum jem_code jem_feed_head(struct jem_trip *trip, const struct jem_lane_ref *lane, git_oid *out,
    bool *there, struct jem_error *err);
/* A van that was restored tells HQ, once, how far HQ's lane is here: it may be less than HQ thinks. */
JEM_NODISCARD enum jem_code jem_feed_tell(struct jem_trip *trip, struct jem_error *err);
/* Fetches, verifies and imports the feed that the hub lists. A feed that is refused changes nothing, fills
 * report->refused and is JEM_OK. */
JEM_NODISCARD enum jem_code jem_feed_take(struct jem_trip *trip, struct jem_error *err);
/* The same when the hub's feed has moved since, as of the last look at the hub (over lean http: one of the last 10 s); progress
 * goes on where it was. */
JEM_NODISCARD enum jem_code jem_feed_hear(struct jem_trip *trip, struct jem_error *err);
/* Records that came since the last that were sent: how many; and they go now, before any more documents (round_van.c); progress goes on. */
JEM_NODISCARD enum jem_code jem_records_wait(struct jem_trip *trip, uint64_t *events, struct jem_error *err);
JEM_NODISCARD enum jem_code jem_records_send(struct jem_trip *trip, struct jem_error *err);
JEM_NODISCARD enum jem_code jem_scan_send(struct jem_trip *trip, struct jem_error *err);
/* Adds to *bytes what the documents that wait come to, in chunks. */
JEM_NODISCARD enum jem_code jem_scan_expect(struct jem_trip *trip, uint64_t *bytes, struct jem_error *err);
/* Puts what waits into chunks without a hub, about max_bytes of it at most. */
JEM_NODISCARD enum jem_code jem_scan_seal(struct jem_trip *trip, uint64_t max_bytes, struct jem_error *err);

/* In the class of a chunk: the first of a part that does not go on where the last one ended (scan_out.c). */
#define JEM_CHUNK_ANEW 0x80
#define JEM_TRIP_BREATH_S 5
#define JEM_TRIP_BREATH_MIN ((uint64_t)32 << 10)
#define JEM_SEGMENT_EVENTS 500
#define JEM_SEGMENT_BYTES ((size_t)256 << 10)
#define JEM_SEGMENT_BYTES_MIN ((size_t)32 << 10)
#define JEM_CHUNK_BYTES \
    ((size_t)20 << 10)      /* passes over a link that drops every 30 KB, ssh and its key exchange included */
#define JEM_BATCH_SLICES 16 /* that are made ready at once: one pack */
#define JEM_BATCH_BYTES JEM_SLICE_MAX
#endif
