/* gather.h -- when to send the next batch: at once, or when those just answered have asked again.
 *
 * Callers who wait for each answer fall into two cohorts: while Redis syncs one's batch, the other's gathers, and
 * is sent the moment the first is acknowledged; so everyone waits for two syncs. If the next batch waits
 * instead until those just answered are back, which takes them microseconds, there is one cohort and
 * everyone waits for one sync:
 *
 *     acknowledged ──► answers leave ──► most of as many changes as were answered have come in, or
 *                                        the time is over ──► send
 *
 * The wait is half of what a sync takes at most; more callers than can be back by then are not waited for.
 * Where callers do not come back in time (they have something else to do) the next GATHER_REST batches are not
 * waited for. Bookkeeping only: no clock, no sockets.
 *
 * Measured with a Redis whose sync takes 1.2 ms, one claim in flight each: 8 callers 2,950 → 4,650 claims/s,
 * 32 callers 11,600 → 17,600, 64 callers 22,000 → 27,000.
 */
#ifndef BOON_NET_GATHER_H
#define BOON_NET_GATHER_H

#include <stdbool.h>
#include <stdint.h>

#define GATHER_LEAST_US 50 /* what a few callers need to come back */
#define GATHER_EACH_US 4   /* what each more event needs that was acknowledged */
#define GATHER_MOST_US 1000
#define GATHER_REST 15 /* batches */

struct gather {
    int64_t until_us;  /* monotonic; 0 = nothing is waited for */
    uint64_t seq;      /* newest change when the batch before was acknowledged */
    uint64_t released; /* events that it acknowledged */
    uint32_t rest;     /* acknowledgements that are not followed by a wait */
};

/* Takes note that `released` events were acknowledged, when `seq` was the newest; a sync takes `sync_us`. */
void gather_acknowledged(struct gather *gather, int64_t now_us, uint64_t seq, uint64_t released,
                         int64_t sync_us);

/* Tells whether a batch is better sent later, `seq` being the newest change that is in it. Ask only while
 * gather_may_wait(). */
bool gather_waits(struct gather *gather, int64_t now_us, uint64_t seq);

static inline bool gather_may_wait(const struct gather *gather)
{
    return gather->until_us != 0;
}

#endif
