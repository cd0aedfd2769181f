/* latency.c -- buckets and bounds. */
#include "net/latency.h"

#include <string.h>

#include "engine/bug.h"

#define EXACT (2 * LATENCY_STEPS) /* below it each value has a bucket of its own */
#define STEPS_BITS 4U

_Static_assert(LATENCY_STEPS == 1U << STEPS_BITS, "a bucket's number is made by shifts");
_Static_assert(LATENCY_BUCKETS == EXACT + (31 - STEPS_BITS) * LATENCY_STEPS,
               "up to LATENCY_US_MAX");

const int64_t latency_bounds_us[LATENCY_BOUNDS] = {
    100,   250,    500,    1000,   2500,    5000,    10000,   25000,
    50000, 100000, 250000, 500000, 1000000, 2500000, 5000000, 10000000,
};

/* The first bound at or above 2^n, which is the first that a value of n + 1 bits can be at. */
static const uint8_t first_bounds[32] = {0,  0,  0,  0,  0,  0,  0,  1,  2,  3,  4,
                                         4,  5,  6,  7,  8,  9,  10, 11, 12, 13, 13,
                                         14, 15, 16, 16, 16, 16, 16, 16, 16, 16};

static uint32_t highest_bit(uint32_t value)
{
    return 31U - (uint32_t)__builtin_clz(value);
}

static uint32_t clamped(int64_t us)
{
    return us < 0 ? 0 : us > (int64_t)LATENCY_US_MAX ? LATENCY_US_MAX : (uint32_t)us;
}

uint32_t latency_bucket(int64_t us)
{
    uint32_t value = clamped(us);
    if (value < EXACT) {
        return value;
    }
    uint32_t shift = highest_bit(value) - STEPS_BITS;
    return shift * LATENCY_STEPS + (value >> shift);
}

int64_t latency_edge(uint32_t bucket)
{
    ASSERT(bucket <= LATENCY_BUCKETS);
    if (bucket < EXACT) {
        return bucket;
    }
    uint32_t shift = bucket / LATENCY_STEPS - 1;
    return (int64_t)(bucket % LATENCY_STEPS + LATENCY_STEPS) << shift;
}

void latency_add(struct latency *latency, int64_t us, uint64_t count)
{
    uint32_t value = clamped(us);
    latency->count += count;
    latency->sum_us += value * count;
    latency->max_us = count > 0 && value > latency->max_us ? value : latency->max_us;
    uint32_t bound = value == 0 ? 0 : first_bounds[highest_bit(value)];
    while (bound < LATENCY_BOUNDS && value > latency_bounds_us[bound]) {
        bound++;
    }
    latency->at_bound[bound] += count;
    latency->seconds[latency->second][latency_bucket(value)] += (uint32_t)count;
}

void latency_second_is_over(struct latency *latency)
{
    latency->second = (latency->second + 1) % (LATENCY_SECONDS + 1);
    memset(latency->seconds[latency->second], 0, sizeof(latency->seconds[0]));
}

struct latency_recent latency_recent(const struct latency *latency)
{
    struct latency_recent recent = {0};
    for (uint32_t second = 0; second <= LATENCY_SECONDS; second++) {
        for (uint32_t bucket = 0; bucket < LATENCY_BUCKETS; bucket++) {
            recent.buckets[bucket] += latency->seconds[second][bucket];
        }
    }
    for (uint32_t bucket = 0; bucket < LATENCY_BUCKETS; bucket++) {
        recent.count += recent.buckets[bucket];
    }
    return recent;
}

int64_t latency_quantile(const struct latency_recent *recent, double share)
{
    if (recent->count == 0) {
        return 0;
    }
    double wanted = share * (double)recent->count;
    uint64_t rank = (uint64_t)wanted;
    rank += (double)rank < wanted ? 1 : 0;
    rank = rank == 0 ? 1 : rank > recent->count ? recent->count : rank;
    uint64_t seen = 0;
    for (uint32_t bucket = 0; bucket < LATENCY_BUCKETS; bucket++) {
        seen += recent->buckets[bucket];
        if (seen >= rank) {
            int64_t first = latency_edge(bucket);
            return first + (latency_edge(bucket + 1) - first) / 2;
        }
    }
    return LATENCY_US_MAX;
}

void latency_cumulative(const struct latency *latency, uint64_t counts[LATENCY_BOUNDS + 1])
{
    uint64_t seen = 0;
    for (uint32_t bound = 0; bound <= LATENCY_BOUNDS; bound++) {
        seen += latency->at_bound[bound];
        counts[bound] = seen;
    }
}
