/* sync_plan.c - see the header. */
#include "jemput/sync_plan.h"

#define PLAN_ASK_MS 15000
#define PLAN_FAILED_MS 5000
#define PLAN_BUSY_MS 3000
#define PLAN_FRESH_MS 2000
#define PLAN_LINK_MS 1000

/* first, twice that, and so on up to most. */
static int64_t plan_grown(int64_t first, unsigned times, int64_t most)
{
    int64_t ms = first;
    while (times-- > 0 && ms < most)
        ms *= 2;
    return ms < most ? ms : most;
}

void jem_sync_plan_start(struct jem_sync_plan *plan, int every_s, int64_t now_ms)
{
    int every = every_s < JEM_SYNC_EVERY_MIN_S ? JEM_SYNC_EVERY_MIN_S : every_s;
    *plan = (struct jem_sync_plan){ .every_s = every < JEM_SYNC_EVERY_MAX_S ? every : JEM_SYNC_EVERY_MAX_S,
        .next_ms = now_ms };
}

void jem_sync_plan_done(struct jem_sync_plan *plan, int64_t now_ms, bool waiting, bool moved)
{
    int64_t every_ms = (int64_t)plan->every_s * 1000;
    plan->failures = 0;
    plan->failed_ms = 0;
    plan->asked = waiting && !moved ? plan->asked + 1 : 0;
    plan->next_ms = now_ms + (waiting ? plan_grown(PLAN_ASK_MS, plan->asked, every_ms) : every_ms);
}

void jem_sync_plan_failed(struct jem_sync_plan *plan, int64_t now_ms, uint16_t noise)
{
    int64_t ms = plan_grown(PLAN_FAILED_MS, plan->failures, JEM_SYNC_BACKOFF_MAX_MS);
    plan->failures++;
    plan->failed_ms = now_ms;
    plan->next_ms = now_ms + ms - ms / 2 * noise / UINT16_MAX;
}

void jem_sync_plan_busy(struct jem_sync_plan *plan, int64_t now_ms)
{
    plan->next_ms = now_ms + PLAN_BUSY_MS;
}

static void plan_sooner(struct jem_sync_plan *plan, int64_t at_ms)
{
    if (plan->failures > 0 && at_ms < plan->failed_ms + PLAN_FAILED_MS)
        at_ms = plan->failed_ms + PLAN_FAILED_MS;
    plan->failures = 0;
    plan->asked = 0;
    if (at_ms < plan->next_ms)
        plan->next_ms = at_ms;
}

void jem_sync_plan_fresh(struct jem_sync_plan *plan, int64_t now_ms)
{
    plan_sooner(plan, now_ms + PLAN_FRESH_MS);
}

void jem_sync_plan_link(struct jem_sync_plan *plan, int64_t now_ms)
{
    plan_sooner(plan, now_ms + PLAN_LINK_MS);
}

void jem_sync_plan_now(struct jem_sync_plan *plan, int64_t now_ms)
{
    plan->failures = 0;
    plan->failed_ms = 0;
    plan->asked = 0;
    plan->next_ms = now_ms;
}

int64_t jem_sync_plan_wait_ms(const struct jem_sync_plan *plan, int64_t now_ms)
{
    return plan->next_ms > now_ms ? plan->next_ms - now_ms : 0;
}
