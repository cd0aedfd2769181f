/* gather.c -- is it worth waiting for those just answered? */
#include "net/gather.h"

/* More could never be back in time. */
#define RELEASED_MOST (GATHER_MOST_US / GATHER_EACH_US)

void gather_acknowledged(struct gather *gather, int64_t now_us, uint64_t kept, uint64_t released,
                         int64_t sync_us)
{
    gather->until_us = 0;
    if (gather->rest > 0) {
        gather->rest--;
        return;
    }
    if (released > RELEASED_MOST) {
        return;
    }
    int64_t most_us = sync_us / 2 < GATHER_MOST_US ? sync_us / 2 : GATHER_MOST_US;
    int64_t wait_us = GATHER_LEAST_US + GATHER_EACH_US * (int64_t)released;
    if (wait_us <= most_us) {
        gather->until_us = now_us + wait_us;
        gather->kept = kept;
        gather->released = released;
    }
}

bool gather_waits(struct gather *gather, int64_t now_us, uint64_t kept)
{
    uint64_t returned = kept - gather->kept;
    if (returned + returned / 8 >= gather->released) {
        gather->until_us = 0;
        gather->vain = 0;
    } else if (now_us >= gather->until_us) {
        gather->until_us = 0;
        gather->vain = gather->vain * 2 + 1 > GATHER_REST_MOST ? GATHER_REST_MOST
                                                               : gather->vain * 2 + 1;
        gather->rest = gather->vain;
    }
    return gather->until_us != 0;
}
