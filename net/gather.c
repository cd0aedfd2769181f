/* gather.c -- is it worth waiting for those just answered? */
#include "net/gather.h"

void gather_acknowledged(struct gather *gather, int64_t now_us, uint64_t seq, uint64_t released,
                         int64_t sync_us)
{
    gather->until_us = 0;
    if (gather->rest > 0) {
        gather->rest--;
        return;
    }
    int64_t most_us = sync_us / 2 < GATHER_MOST_US ? sync_us / 2 : GATHER_MOST_US;
    int64_t wait_us = GATHER_LEAST_US +
                      GATHER_EACH_US *
                          (int64_t)(released < GATHER_MOST_US ? released : GATHER_MOST_US);
    if (wait_us <= most_us) {
        gather->until_us = now_us + wait_us;
        gather->seq = seq;
        gather->released = released;
    }
}

bool gather_waits(struct gather *gather, int64_t now_us, uint64_t seq)
{
    uint64_t returned = seq - gather->seq;
    if (returned + returned / 8 >= gather->released) {
        gather->until_us = 0;
    } else if (now_us >= gather->until_us) {
        gather->until_us = 0;
        gather->rest = returned * 2 < gather->released ? GATHER_REST : 0;
    }
    return gather->until_us != 0;
}
