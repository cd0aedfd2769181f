/* named_pools.h -- the engine's pools by name, for those who show how full they are. */
#ifndef BOON_NET_NAMED_POOLS_H
#define BOON_NET_NAMED_POOLS_H

#include "engine/engine.h"

#define NAMED_POOLS 11U

struct named_pool {
    const char *name;        /* static */
    const struct pool *pool; /* the engine's; its record 0 is none */
};

/* Fills in all of them. */
void named_pools(const struct engine *engine, struct named_pool pools[NAMED_POOLS]);

#endif
