/* random.c -- seeding by splitmix64, and Zipf's law by rejection. */
#include "random.h"

#include <math.h>

void random_init(struct random *random, uint64_t seed)
{
    for (int i = 0; i < 4; i++) {
        seed += 0x9e3779b97f4a7c15U;
        uint64_t mixed = seed;
        mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9U;
        mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111ebU;
        random->state[i] = mixed ^ (mixed >> 31);
    }
}

/* log(1 + x) / x, steady near 0. */
static double log_ratio(double x)
{
    return fabs(x) > 1e-8 ? log1p(x) / x : 1 - x * (0.5 - x * (1.0 / 3 - 0.25 * x));
}

/* (e^x - 1) / x, steady near 0. */
static double exp_ratio(double x)
{
    return fabs(x) > 1e-8 ? expm1(x) / x : 1 + x * 0.5 * (1 + x / 3 * (1 + 0.25 * x));
}

static double weight(const struct zipf *zipf, double x)
{
    return exp(-zipf->exponent * log(x));
}

static double integral(const struct zipf *zipf, double x)
{
    double logarithm = log(x);
    return exp_ratio((1 - zipf->exponent) * logarithm) * logarithm;
}

static double integral_inverse(const struct zipf *zipf, double x)
{
    double t = x * (1 - zipf->exponent);
    if (t < -1)
        t = -1;
    return exp(log_ratio(t) * x);
}

void zipf_init(struct zipf *zipf, uint64_t count, double exponent)
{
    zipf->count = count;
    zipf->exponent = exponent;
    zipf->integral_first = integral(zipf, 1.5) - 1;
    zipf->integral_last = integral(zipf, (double)count + 0.5);
    zipf->accept = 2 - integral_inverse(zipf, integral(zipf, 2.5) - weight(zipf, 2));
}

uint64_t zipf_draw(const struct zipf *zipf, struct random *random)
{
    for (;;) {
        double span = zipf->integral_first - zipf->integral_last;
        double u = zipf->integral_last + random_share(random) * span;
        double x = integral_inverse(zipf, u);
        double rank = floor(x + 0.5);
        if (rank < 1)
            rank = 1;
        if (rank > (double)zipf->count)
            rank = (double)zipf->count;
        if (rank - x <= zipf->accept || u >= integral(zipf, rank + 0.5) - weight(zipf, rank))
            return (uint64_t)rank;
    }
}
