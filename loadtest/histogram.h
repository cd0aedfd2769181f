/* histogram.h -- times in nanoseconds, counted in buckets whose width grows with the value.
 *
 * Each power of two is cut into 64 buckets, so a bucket is at most 1/64 of its lower edge wide, and
 * its middle is never more than 1/128 away from any value in it. Values below 128 ns have a bucket
 * of their own. Values above histogram_value_max (73 minutes) share the last bucket.
 *
 *     value    0 … 127      exact
 *            128 … 255      width 2
 *            256 … 511      width 4        and so on
 *
 * The smallest, the largest and the sum are kept exactly beside the buckets. */
#ifndef LOADTEST_HISTOGRAM_H
#define LOADTEST_HISTOGRAM_H

#include <stddef.h>
#include <stdint.h>

#define HISTOGRAM_STEPS 64 /* buckets per power of two */
#define HISTOGRAM_OCTAVES 36
#define HISTOGRAM_BUCKETS (HISTOGRAM_STEPS * HISTOGRAM_OCTAVES + HISTOGRAM_STEPS)

/* The largest value that the error bound covers: 2^42 - 1 ns. */
static const uint64_t histogram_value_max = (UINT64_C(1) << 42) - 1;

struct histogram {
    uint64_t count;
    uint64_t sum; /* ns; wraps only after 584 years of waiting */
    uint64_t min; /* meaningful only when count > 0 */
    uint64_t max;
    uint64_t buckets[HISTOGRAM_BUCKETS];
};

/* Empty the histogram. All-zero memory is an empty histogram too. */
void histogram_init(struct histogram *histogram);

/* Add all that `from` has counted. */
void histogram_merge(struct histogram *into, const struct histogram *from);

/* Return the value below or at which `share` (0..1) of the values lie, off by at most 1/128; 0 when
 * empty. Share 0 gives the exact minimum, share 1 the exact maximum. */
uint64_t histogram_percentile(const struct histogram *histogram, double share);

/* Return the exact mean; 0 when empty. */
double histogram_mean(const struct histogram *histogram);

/* Return the lower edge of a bucket; bucket HISTOGRAM_BUCKETS gives the end of the last one. */
uint64_t histogram_edge(size_t bucket);

/* Return the bucket a value falls into. */
static inline size_t histogram_bucket(uint64_t value)
{
    if (value > histogram_value_max)
        value = histogram_value_max;
    if (value < 2 * HISTOGRAM_STEPS)
        return (size_t)value;
    unsigned shift = 63U - (unsigned)__builtin_clzll(value) - 6U;
    return (size_t)shift * HISTOGRAM_STEPS + (size_t)(value >> shift);
}

/* Count one value, in nanoseconds. */
static inline void histogram_record(struct histogram *histogram, uint64_t value)
{
    if (histogram->count == 0 || value < histogram->min)
        histogram->min = value;
    if (value > histogram->max)
        histogram->max = value;
    histogram->count++;
    histogram->sum += value;
    histogram->buckets[histogram_bucket(value)]++;
}

#endif
