/* sync_plan.h - when the next round of the background loop is due. Pure: no clock, no link, no randomness.
 *
 *   done    -> after every_s; sooner while records wait for HQ's acknowledgement: 15 s, 30 s, 60 s ... up to every_s
 *   failed  -> 5 s, 10 s, 20 s ... up to 10 minutes, each shortened by up to half at random, so that vans that lost one
 *              mast do not come back together
 *   busy    -> another process has the round: 3 s
 *   fresh   -> new records: 2 s, so that what is recorded together goes together; what was failed is forgotten
 *   link    -> the network or the hub came or changed: 1 s, so that it can settle; what was failed is forgotten
 *   now     -> an officer asks: at once
 * None but the last starts a round sooner than 5 s after the one before began to fail. */
#ifndef JEMPUT_SYNC_PLAN_H
#define JEMPUT_SYNC_PLAN_H
#include <stdbool.h>
#include <stdint.h>

#define JEM_SYNC_EVERY_S 120
#define JEM_SYNC_EVERY_MIN_S 5
#define JEM_SYNC_EVERY_MAX_S 86400
#define JEM_SYNC_BACKOFF_MAX_MS ((int64_t)10 * 60 * 1000)

struct jem_sync_plan {
    int every_s;
    unsigned failures; /* in a row */
    unsigned asked;    /* rounds in a row that ended with records unconfirmed and brought no news */
    int64_t next_ms;   /* monotonic */
    int64_t failed_ms; /* when the last round failed; 0: it did not */
};
void jem_sync_plan_start(struct jem_sync_plan *plan, int every_s, int64_t now_ms); /* due at once */
/* waiting: own records are not acknowledged yet; moved: the round sent or brought something. */
void jem_sync_plan_done(struct jem_sync_plan *plan, int64_t now_ms, bool waiting, bool moved);
void jem_sync_plan_failed(struct jem_sync_plan *plan, int64_t now_ms, uint16_t noise);
void jem_sync_plan_busy(struct jem_sync_plan *plan, int64_t now_ms);
void jem_sync_plan_fresh(struct jem_sync_plan *plan, int64_t now_ms);
void jem_sync_plan_link(struct jem_sync_plan *plan, int64_t now_ms);
void jem_sync_plan_now(struct jem_sync_plan *plan, int64_t now_ms);
/* 0: due. */
int64_t jem_sync_plan_wait_ms(const struct jem_sync_plan *plan, int64_t now_ms);
#endif
