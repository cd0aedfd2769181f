/* latency.h -- how long answers take: since the start for Prometheus, of the last ten seconds for people.
 *
 * Of the last seconds there is a log-linear histogram a second, in a ring. Each power of two is cut into 16
 * buckets, so that a bucket's middle is never more than 1/32 away from any value in it:
 *
 *     us    0 … 31      exact
 *          32 … 63      width 2
 *          64 … 127     width 4     and so on; from 2^32 us (71 minutes) on all share the last one
 *
 * Since the start there are counts at the fixed bounds of latency_bounds_us, exact, with sum and maximum.
 *
 *     latency_add(&server->latency_direct, 120, 64);      64 answers took 120 us each
 *     latency_second_is_over(&server->latency_direct);    once a second
 *     struct latency_recent recent = latency_recent(&server->latency_direct);
 *     int64_t p99_us = latency_quantile(&recent, 0.99);
 *
 * Zeroed memory is an empty one. No clock in here.
 */
#ifndef BOON_NET_LATENCY_H
#define BOON_NET_LATENCY_H

#include <stdint.h>

#define LATENCY_STEPS 16U    /* buckets of a power of two */
#define LATENCY_BUCKETS 464U /* 27 powers of two above 31, and 0 to 31 */
#define LATENCY_US_MAX UINT32_MAX
#define LATENCY_SECONDS 10U /* that people see */
#define LATENCY_BOUNDS 16U

/* Upper bounds for Prometheus, in us, each included: 100 us to 10 s. */
extern const int64_t latency_bounds_us[LATENCY_BOUNDS];

struct latency {
    uint64_t count; /* since the start, as the next three */
    uint64_t sum_us;
    int64_t max_us;
    uint64_t at_bound[LATENCY_BOUNDS + 1]; /* up to it and above the one before; the last: more */
    uint32_t second;                       /* in `seconds`: the running one */
    uint32_t seconds[LATENCY_SECONDS + 1][LATENCY_BUCKETS];
};

/* The last LATENCY_SECONDS whole seconds and the running one, added up. */
struct latency_recent {
    uint64_t count;
    uint64_t buckets[LATENCY_BUCKETS];
};

/* Counts `count` values of `us` each; below 0 is 0. */
void latency_add(struct latency *latency, int64_t us, uint64_t count);

/* Begins the next second, and forgets the oldest. */
void latency_second_is_over(struct latency *latency);

struct latency_recent latency_recent(const struct latency *latency);

/* Returns the value at or below which `share` (0 to 1) of the values lie, in us, off by at most 1/32 of it;
 * 0 when there is none. */
int64_t latency_quantile(const struct latency_recent *recent, double share);

/* Writes how many values since the start lie at or below each bound; the last: all. */
void latency_cumulative(const struct latency *latency, uint64_t counts[LATENCY_BOUNDS + 1]);

/* Returns the bucket of a value, and a bucket's first value; of LATENCY_BUCKETS: the end of the last one. */
uint32_t latency_bucket(int64_t us);
int64_t latency_edge(uint32_t bucket);

#endif
