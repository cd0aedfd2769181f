/* coupon.h -- one coupon, and the claim that issues it.
 *
 * A coupon's index in its pool is its serial number; its code is computed from that (code.h). One record
 * is half a cache line. The table `pairs` finds the newest coupon of a (member, campaign), whose `nth`
 * is how many of them the member holds: no claim walks a list.
 *
 *     claim ──► pairs ──► newest coupon {nth}          per_member is checked against nth
 */
#ifndef BOON_ENGINE_COUPON_H
#define BOON_ENGINE_COUPON_H

#include "engine/command.h"
#include "engine/event.h"
#include "engine/table.h"

struct engine;
struct outcome;

/* Numbers are part of snapshots: append only. */
enum coupon_state {
    COUPON_ISSUED = 1,
};

struct coupon {
    uint32_t member;      /* index of whose it is; never changes */
    uint32_t campaign;    /* index */
    uint32_t older;       /* index of the member's next coupon; 0 = none */
    uint32_t store;       /* number of the store's name; 0 = none */
    uint32_t staff;       /* number of the staff id; 0 = none */
    uint16_t channel;     /* number of the channel; 0 = none */
    uint16_t nth;         /* how many of its campaign the member held with it */
    uint8_t issued_at[6]; /* ms since 1970, little-endian */
    uint8_t state;        /* enum coupon_state */
    uint8_t key;          /* id of the key that its code is made with */
};

struct coupons {
    struct pool pool;
    struct table pairs; /* (member, campaign) → newest coupon */
};

bool coupons_init(struct coupons *coupons, uint32_t limit) __attribute__((warn_unused_result));
void coupons_deinit(struct coupons *coupons);

static inline struct coupon *coupon_at(const struct coupons *coupons, uint32_t index)
{
    return pool_at(&coupons->pool, index);
}

/* Returns when it was issued, in ms since 1970. */
static inline int64_t coupon_issued_at_ms(const struct coupon *coupon)
{
    uint64_t time = 0;
    memcpy(&time, coupon->issued_at, sizeof(coupon->issued_at));
    return (int64_t)time;
}

/* Returns "issued". */
const char *coupon_state_word(uint8_t state);

/* Returns the hash of the pair table's key. */
static inline uint64_t coupon_pair_hash(uint32_t member, uint32_t campaign)
{
    return table_mix((uint64_t)member << 32 | campaign);
}

/* Returns the index of the newest coupon of a member's of a campaign, or 0. */
uint32_t coupon_newest(const struct coupons *coupons, uint32_t member, uint32_t campaign);

/* Makes sure that one more coupon can be issued. False: full. */
bool coupon_reserve(struct coupons *coupons) __attribute__((warn_unused_result));

/* Hangs the coupon whose record is taken under its member, as the newest of both lists. `before`: the
 * newest of its pair so far; 0 = none. Room in the table must have been reserved. */
void coupon_link(struct engine *engine, uint32_t index, uint32_t before);

void coupon_claim_decide(struct engine *engine, const struct command *command, int64_t now_ms,
                         struct outcome *outcome);
void coupon_get_decide(struct engine *engine, const struct command *command, int64_t now_ms,
                       struct outcome *outcome);
void coupon_list_decide(struct engine *engine, const struct command *command, int64_t now_ms,
                        struct outcome *outcome);

void coupon_issued_apply(struct engine *engine, const struct event_coupon_issued *event);

#endif
