/* progress.h -- how far the run is, on the terminal, while it runs. */
#ifndef LOADTEST_PROGRESS_H
#define LOADTEST_PROGRESS_H

#include "options.h"
#include "outcome.h"

struct progress {
    const struct options *options;
    bool terminal; /* a bar that redraws itself, else a line every two seconds */
    bool drawn;
    uint64_t requests; /* expected; 0: not known */
    uint64_t start_ns, next_ns, last_ns;
    uint64_t last_count;
    double rate;
};

/* Begin at start_ns. */
void progress_init(struct progress *progress, const struct options *options, uint64_t requests,
                   uint64_t start_ns);

/* Show the answers so far, when it is time to. */
void progress_show(struct progress *progress, const uint64_t counts[static OUTCOME_COUNT],
                   uint64_t now_ns);

/* Leave the terminal as it was. */
void progress_end(struct progress *progress);

#endif
