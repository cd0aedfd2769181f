/* campaign_stats.c -- room for the counters, and rates from them. */
#include "net/campaign_stats.h"

#include <sys/mman.h>

_Static_assert(sizeof(struct campaign_count) <= CAMPAIGN_STATS_BYTES,
               "a record has a power of two");

bool campaign_stats_init(struct campaign_stats *stats, uint32_t campaigns_max)
{
    stats->bytes = ((size_t)campaigns_max + 1) * CAMPAIGN_STATS_BYTES;
    void *base = mmap(NULL, stats->bytes, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    stats->base = base == MAP_FAILED ? NULL : base;
    return stats->base != NULL;
}

void campaign_stats_deinit(struct campaign_stats *stats)
{
    if (stats->base != NULL) {
        (void)munmap(stats->base, stats->bytes);
    }
    *stats = (struct campaign_stats){0};
}

static uint32_t rate(uint64_t before, uint64_t now, bool known)
{
    uint64_t more = known ? now - before : 0;
    return more > UINT32_MAX ? UINT32_MAX : (uint32_t)more;
}

void campaign_stats_second(const struct campaign_stats *stats, uint32_t campaign, uint64_t issued,
                           uint64_t second)
{
    struct campaign_count *count = campaign_stats_at(stats, campaign);
    bool known = count->second != 0 && count->second + 1 == second;
    uint64_t asked = 0;
    for (uint32_t refusal = 0; refusal < REFUSAL_LIMIT_OF_ENUM; refusal++) {
        asked += count->outcomes[refusal];
    }
    count->asked_per_s = rate(count->asked, asked, known);
    count->issued_per_s = rate(count->issued, issued, known);
    count->asked = asked;
    count->issued = issued;
    count->second = second;
}
