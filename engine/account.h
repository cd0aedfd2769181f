/* account.h -- one member's balance of one asset.
 *
 * An account is opened by the first amount earned. A balance is never negative and never above
 * BALANCE_MAX. A member has at most ACCOUNTS_PER_MEMBER_MAX of them, chained newest first. The balance of the
 * one opened first is kept in the member's record as well (member.h): set_balance() alone writes either.
 */
#ifndef BOON_ENGINE_ACCOUNT_H
#define BOON_ENGINE_ACCOUNT_H

#include "engine/command.h"
#include "engine/event.h"
#include "engine/pool.h"

struct engine;
struct member;
struct outcome;

#define ACCOUNTS_PER_MEMBER_MAX 64U

struct account {
    int64_t balance; /* 0..BALANCE_MAX */
    uint32_t member; /* index of whose it is */
    uint32_t asset;  /* number of the asset's name */
    uint32_t older;  /* index of the member's next account; 0 = none */
    uint32_t spare;  /* zero */
};

static inline struct account *account_at(const struct pool *accounts, uint32_t index)
{
    return pool_at(accounts, index);
}

/* Returns the index of the member's account of this asset, or 0. */
uint32_t account_find(const struct pool *accounts, const struct member *member, uint32_t asset);

/* Opens the account whose record is filled, as its member's newest. */
void account_link(struct engine *engine, uint32_t index);

void account_earn_decide(struct engine *engine, const struct command *command, int64_t now_ms,
                         struct outcome *outcome);
void account_spend_decide(struct engine *engine, const struct command *command, int64_t now_ms,
                          struct outcome *outcome);
void account_balance_decide(struct engine *engine, const struct command *command, int64_t now_ms,
                            struct outcome *outcome);

void account_earned_apply(struct engine *engine, const struct event_account_earned *event);
void account_spent_apply(struct engine *engine, const struct event_account_spent *event);

#endif
