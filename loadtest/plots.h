/* plots.h -- the three plots of the page. */
#ifndef LOADTEST_PLOTS_H
#define LOADTEST_PLOTS_H

#include "result.h"

/* Answers a second over time, stacked by outcome. */
void plot_rate(FILE *out, const struct result *result);

/* p50, p99, p99.9 and the maximum over time, on a logarithmic axis. */
void plot_latency(FILE *out, const struct result *result);

/* Which latencies how many answers had, claims and look-ups apart. */
void plot_distribution(FILE *out, const struct result *result);

#endif
