/* member.h -- one natural person: an id, the way to coupons and accounts, and what gates its answers.
 *
 * A member is created by the first thing accepted for it; a refusal creates nobody. One record is one
 * cache line; an id longer than 28 bytes (an openid has 28) lies in a pool of its own.
 *
 *     member ──newest_coupon──► coupon ──older──► coupon …
 *            └─newest_account─► account ──older──► account …  the last one is the first that was opened:
 *                                                             its asset and balance are kept here, too
 *
 * So "how many points do I have?" is answered from this one line: in ten million members each further record
 * would be a cache miss and a page walk more. account.c keeps the two the same.
 */
#ifndef BOON_ENGINE_MEMBER_H
#define BOON_ENGINE_MEMBER_H

#include "engine/command.h"
#include "engine/event.h"
#include "engine/table.h"

struct engine;
struct outcome;

#define MEMBER_ID_INLINE 28U
#define MEMBER_ASSETS_KEPT 255U /* of an asset with a larger number the balance is not kept here */

struct member {
    uint64_t changed_seq;      /* sequence of the last change to anything of this member */
    int64_t first_balance;     /* of the account that was opened first */
    uint32_t newest_coupon;    /* index; 0 = none */
    uint32_t coupon_count;     /* coupons issued to it */
    uint32_t newest_account;   /* index; 0 = none */
    uint8_t joined_at[6];      /* ms since 1970, little-endian */
    uint8_t first_asset;       /* number of that account's asset; 0 = none, or it is not kept */
    uint8_t id_length;         /* bytes */
    char id[MEMBER_ID_INLINE]; /* a longer id: the index of it, u32 */
};

struct members {
    struct pool pool;
    struct pool long_ids; /* ID_BYTES_MAX bytes each */
    struct table table;   /* by id */
    uint64_t seed;        /* of the hash */
};

bool members_init(struct members *members, uint32_t limit, uint64_t seed)
    __attribute__((warn_unused_result));
void members_deinit(struct members *members);

/* Returns the hash of a member id, never 0. */
uint64_t member_hash(const struct members *members, struct text id);

/* Returns the index of the member of this id, or 0. `hash` 0: computed here. */
uint32_t member_find(const struct members *members, struct text id, uint64_t hash);

static inline struct member *member_at(const struct members *members, uint32_t index)
{
    return pool_at(&members->pool, index);
}

struct text member_id(const struct members *members, const struct member *member);

/* Returns when it joined, in ms since 1970. */
static inline int64_t member_joined_at_ms(const struct member *member)
{
    uint64_t time = 0;
    memcpy(&time, member->joined_at, sizeof(member->joined_at));
    return (int64_t)time;
}

static inline void member_set_joined_at(struct member *member, int64_t time_ms)
{
    memcpy(member->joined_at, &time_ms, sizeof(member->joined_at));
}

/* Returns the index of the member of this id; 0: there is none, and UNKNOWN_MEMBER is the outcome. */
uint32_t member_find_or_refuse(const struct engine *engine, struct text id, uint64_t hash,
                               struct outcome *outcome) __attribute__((warn_unused_result));

/* Makes sure that a member with an id of `id_length` bytes can be created. False: full. */
bool member_reserve(struct members *members, uint32_t id_length)
    __attribute__((warn_unused_result));

/* Takes the next record for a member of this id. Room must have been reserved, the hash is member_hash()
 * of the id. member_find() finds it from member_link() on. */
uint32_t member_add(struct members *members, struct text id);
void member_link(struct members *members, uint32_t index, uint64_t hash);

/* Finds a member, or decides to create it. Returns the index, existing or to be; 0: refused. */
uint32_t member_decide(struct engine *engine, struct text id, uint64_t hash,
                       struct outcome *outcome) __attribute__((warn_unused_result));

void member_get_decide(struct engine *engine, const struct command *command, int64_t now_ms,
                       struct outcome *outcome);

void member_created_apply(struct engine *engine, const struct event_member_created *event);

#endif
