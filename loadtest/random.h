/* random.h -- seeded random numbers, and members drawn from them: uniform or by Zipf's law. */
#ifndef LOADTEST_RANDOM_H
#define LOADTEST_RANDOM_H

#include <stdint.h>

/* xoshiro256**: four words of state, one nanosecond a number. */
struct random {
    uint64_t state[4];
};

/* Zipf's law over the ranks 1..count: rank k is drawn in proportion to 1 / k^exponent. Rejection
 * by inversion (Hörmann and Derflinger, 1996): no table, whatever the count. */
struct zipf {
    uint64_t count;
    double exponent;
    double integral_first;
    double integral_last;
    double accept;
};

/* Seed the generator; equal seeds give equal numbers. */
void random_init(struct random *random, uint64_t seed);

/* Prepare draws from 1..count, count at least 1, exponent above 0. */
void zipf_init(struct zipf *zipf, uint64_t count, double exponent);

/* Draw a rank from 1..count; 1 is the most frequent. */
uint64_t zipf_draw(const struct zipf *zipf, struct random *random);

/* Draw 64 random bits. */
static inline uint64_t random_next(struct random *random)
{
    uint64_t *s = random->state;
    uint64_t mixed = s[1] * 5;
    uint64_t result = ((mixed << 7) | (mixed >> 57)) * 9;
    uint64_t shifted = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= shifted;
    s[3] = (s[3] << 45) | (s[3] >> 19);
    return result;
}

/* Draw from 0..limit-1; limit at most 2^32. */
static inline uint64_t random_below(struct random *random, uint64_t limit)
{
    return ((random_next(random) >> 32) * limit) >> 32;
}

/* Draw from [0, 1). */
static inline double random_share(struct random *random)
{
    return (double)(random_next(random) >> 11) * 0x1.0p-53;
}

#endif
