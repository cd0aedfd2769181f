/* state.h -- all that an engine knows: the nouns' pools and tables, the sequence, the time.
 *
 * Only apply functions change it, each the part of its own noun. Included by the nouns; whoever uses an
 * engine includes engine.h.
 */
#ifndef BOON_ENGINE_STATE_H
#define BOON_ENGINE_STATE_H

#include "engine/account.h"
#include "engine/campaign.h"
#include "engine/code.h"
#include "engine/coupon.h"
#include "engine/member.h"
#include "engine/name.h"
#include "engine/outcome.h"
#include "engine/request.h"

struct engine_options {
    uint32_t members_max;
    uint32_t coupons_max;
    uint32_t campaigns_max;
    uint32_t names_max; /* stores, and as many staff ids */
    uint32_t requests_max;
    int64_t request_window_ms;  /* how long a request id is good for */
    uint64_t hash_seed;         /* random per process: shows in no answer and no event */
    uint8_t request_secret[16]; /* of the request ids' keyed hash */
    struct code_keys code_keys;
    uint32_t code_key; /* id of the key for new coupons; live */
};

struct engine {
    uint64_t seq;    /* sequence of the last applied event; 0 = none yet */
    int64_t time_ms; /* time of the last applied group; never goes back */
    struct members members;
    struct pool accounts;
    struct campaigns campaigns;
    struct coupons coupons;
    struct names names[NAME_KINDS];
    struct requests requests;
    struct engine_options options;
};

#endif
