/* metrics.h -- /metrics: Prometheus' text format 0.0.4, from the table net/metrics.def.
 *
 * Of campaigns it shows what live.h shows, so nothing that is not durable, and waits for nothing. Never a label for
 * a member, and at most METRICS_CAMPAIGNS_MAX campaigns.
 */
#ifndef BOON_NET_METRICS_H
#define BOON_NET_METRICS_H

#include <stdint.h>
#include <stdio.h>

struct server;

#define METRICS_CONTENT_TYPE "text/plain; version=0.0.4; charset=utf-8"
#define METRICS_CAMPAIGNS_MAX 100U /* running ones, newest first */
#define METRICS_BATCH_BOUNDS 10U

/* How many changes a batch acknowledged: up to 1, 4, 16 … 4^9. */
struct metrics_batches {
    uint64_t count;
    uint64_t sum;
    uint64_t at_bound[METRICS_BATCH_BOUNDS + 1]; /* above the bound before; the last: more */
};

void metrics_batch_add(struct metrics_batches *batches, uint64_t changes);

/* Writes all of it. Whether the file took it, ferror() says. */
void metrics_write(FILE *file, const struct server *server);

#endif
