/* named_pools.c -- the list. */
#include "net/named_pools.h"

void named_pools(const struct engine *engine, struct named_pool pools[NAMED_POOLS])
{
    const struct named_pool all[NAMED_POOLS] = {
        {"members", &engine->members.pool},
        {"long_member_ids", &engine->members.long_ids},
        {"accounts", &engine->accounts},
        {"campaigns", &engine->campaigns.pool},
        {"campaign_texts", &engine->campaigns.texts.units},
        {"coupons", &engine->coupons.pool},
        {"requests", &engine->requests.ring},
        {"channels", &engine->names[NAME_CHANNEL].pool},
        {"stores", &engine->names[NAME_STORE].pool},
        {"staff", &engine->names[NAME_STAFF].pool},
        {"assets", &engine->names[NAME_ASSET].pool},
    };
    memcpy(pools, all, sizeof(all));
}
