/* campaign_stats.h -- what claims came to, by campaign: a counter for each refusal, since the start.
 *
 * One record of 256 bytes a campaign, by the engine's index, in address space for all that may exist; memory is
 * taken where claims come. Those of campaigns that do not exist are counted as campaign 0's. Rates are computed
 * for who is looked at second after second.
 *
 *     campaign_stats_count(stats, campaign, outcome->refusal);      on a claim's way: one increment
 *     campaign_stats_second(stats, campaign, issued, ticks);        once a second
 */
#ifndef BOON_NET_CAMPAIGN_STATS_H
#define BOON_NET_CAMPAIGN_STATS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/refusal.h"

#define CAMPAIGN_STATS_BYTES 256U

struct campaign_count {
    uint64_t outcomes[REFUSAL_LIMIT_OF_ENUM]; /* since the start; 0 = OK */
    uint64_t second;                          /* number of the second that was looked at last */
    uint64_t asked;                           /* at its end, since the start */
    uint64_t issued;                          /* at its end, in all */
    uint32_t asked_per_s;                     /* in it; 0 when the one before was not looked at */
    uint32_t issued_per_s;
};

struct campaign_stats {
    uint8_t *base; /* NULL: nothing is counted */
    size_t bytes;
};

/* Makes counters for campaigns 0 to `campaigns_max`. False: no address space. */
bool campaign_stats_init(struct campaign_stats *stats, uint32_t campaigns_max)
    __attribute__((warn_unused_result));
void campaign_stats_deinit(struct campaign_stats *stats);

/* Returns the counters of a campaign; not while there is no base. */
static inline struct campaign_count *campaign_stats_at(const struct campaign_stats *stats,
                                                       uint32_t campaign)
{
    return (struct campaign_count *)(void *)(stats->base + (size_t)campaign * CAMPAIGN_STATS_BYTES);
}

/* Counts what one claim came to. */
static inline void campaign_stats_count(const struct campaign_stats *stats, uint32_t campaign,
                                        enum refusal refusal)
{
    if (__builtin_expect(stats->base != NULL, 1)) {
        campaign_stats_at(stats, campaign)->outcomes[refusal]++;
    }
}

/* Looks back at a second of a campaign that has issued so many; seconds are numbered from 1 on. */
void campaign_stats_second(const struct campaign_stats *stats, uint32_t campaign, uint64_t issued,
                           uint64_t second);

#endif
