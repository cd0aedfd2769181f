/* series.h -- what happened when: outcomes and latencies in slots of equal length.
 *
 * Slots begin at 100 ms. When a run outgrows SERIES_SLOTS_MAX of them, neighbours are added
 * together and the slot length doubles, so memory is bounded however long the run. All latency
 * figures come from here: a run's histogram is the sum of its slots'. */
#ifndef LOADTEST_SERIES_H
#define LOADTEST_SERIES_H

#include "histogram.h"
#include "outcome.h"

#define SERIES_SLOTS_MAX 512

struct series_slot {
    uint64_t outcomes[OUTCOME_COUNT];
    uint64_t within; /* business answers that came in time: --within */
    struct histogram claims;
    struct histogram lookups;
};

struct series {
    uint64_t start_ns;
    uint64_t slot_ns;
    size_t used;
    struct series_slot *slots; /* SERIES_SLOTS_MAX, touched as used */
};

/* Begin an empty series at start_ns. */
void series_init(struct series *series, uint64_t start_ns);
void series_deinit(struct series *series);

/* Return the slot for that time; valid until the next call. */
struct series_slot *series_at(struct series *series, uint64_t now_ns);

/* Add all that `from` has counted; both must have begun at the same time. Changes the slot length
 * of `from` when its slots are the shorter ones. */
void series_merge(struct series *into, struct series *from);

/* Add up outcomes and latencies of the whole run. */
void series_total(const struct series *series, struct series_slot *total);

#endif
