/* run.h -- many worlds in parallel processes, what came of each, and what they were like together.
 *
 *     parent ──fork──► workers, each: next seed from a shared counter ──► world ──► result through a pipe
 */
#ifndef BOON_TESTS_SIM_RUN_H
#define BOON_TESTS_SIM_RUN_H

#include "tests/sim/sim.h"

#define RUN_TEXT_BYTES 768U

/* What one world came to; written to the pipe as it is. */
struct run_result {
    uint64_t seed;
    uint64_t commands;
    uint64_t judged;
    uint64_t snapshots;
    uint64_t servers;
    uint64_t losses;
    uint64_t history;
    int64_t time_us; /* simulated */
    uint64_t faults[FAULTS];
    bool broken;
    char text[RUN_TEXT_BYTES]; /* what was promised and seen */
};

struct run_options {
    uint64_t first;
    uint64_t last;     /* UINT64_MAX: until time is over */
    uint64_t commands; /* of each world */
    uint32_t jobs;
    double hours; /* 0: all seeds */
    bool tells;
    bool quiet;         /* worlds print nothing, not even a violation */
    bool goes_on;       /* after a violation */
    const char *report; /* file; NULL: none */
};

/* All results together. */
struct run_sum {
    uint64_t worlds;
    uint64_t broken;
    struct run_result total; /* sums; of the history: all folded together */
    struct run_result first; /* the violation with the lowest seed */
    uint64_t broken_seeds[64];
    char broken_texts[64][RUN_TEXT_BYTES];
    double seconds;
    uint64_t rates[512]; /* commands in each slice of the run, for the plot */
    uint32_t slices;
    double slice_s;
};

/* Runs them all. False: it could not. */
bool run_all(const struct run_options *options, struct run_sum *sum);

/* Prints the sum for people. */
void run_print(const struct run_options *options, const struct run_sum *sum);

/* Writes an HTML report with a plot. False: it could not. */
bool run_report(const struct run_options *options, const struct run_sum *sum);

/* Looks for every planted bug, one after another. A world that breaks without the bug, too, does not count.
 * Returns how many were not found. */
int run_bugs(const struct run_options *options);

#endif
