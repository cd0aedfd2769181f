/* metrics.c -- the table, and the text made from it. */
#include "net/metrics.h"

void metrics_batch_add(struct metrics_batches *batches, uint64_t changes)
{
    uint32_t bound = 0;
    while (bound < METRICS_BATCH_BOUNDS && changes > UINT64_C(1) << 2 * bound) {
        bound++;
    }
    batches->count++;
    batches->sum += changes;
    batches->at_bound[bound]++;
}
