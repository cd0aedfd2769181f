/* prefetch.c -- memory latency paid once a batch: bucket → record → pair, all commands at each stage.
 *
 * Nothing here decides anything; the step looks up again. What a stage learns it forgets, but for the
 * member's hash and the request id's key, which stay in the command.
 */
#include "engine/bug.h"
#include "engine/engine.h"

/* Returns the member argument of a command that has one as its key, or NULL. */
static const struct text *member_argument(const struct command *command)
{
    switch (command->type) {
    case COMMAND_COUPON_CLAIM:
        return &command->as.coupon_claim.member;
    case COMMAND_COUPON_LIST:
        return &command->as.coupon_list.member;
    case COMMAND_ACCOUNT_EARN:
        return &command->as.account_earn.member;
    case COMMAND_ACCOUNT_SPEND:
        return &command->as.account_spend.member;
    case COMMAND_ACCOUNT_BALANCE:
        return &command->as.account_balance.member;
    case COMMAND_MEMBER_GET:
        return &command->as.member_get.member;
    default:
        return NULL;
    }
}

/* Returns the request id of a command that may carry one beside its member; empty: none. */
static struct text request_argument(const struct command *command)
{
    switch (command->type) {
    case COMMAND_COUPON_CLAIM:
        return command->as.coupon_claim.request;
    case COMMAND_ACCOUNT_EARN:
        return command->as.account_earn.request;
    case COMMAND_ACCOUNT_SPEND:
        return command->as.account_spend.request;
    default:
        return (struct text){0};
    }
}

/* Fetches the bucket of a claim's pair. A member who is not there yet will get the next number. */
static uint64_t prefetch_pair(const struct engine *engine, const struct command *command,
                              uint32_t member)
{
    uint32_t campaign = campaign_find(&engine->campaigns, command->as.coupon_claim.campaign);
    uint64_t hash = coupon_pair_hash(member, campaign);
    table_prefetch(&engine->coupons.pairs, hash);
    return hash;
}

void engine_prefetch(const struct engine *engine, struct command *commands, uint32_t count)
{
    ASSERT(count <= PREFETCH_COMMANDS_MAX);
    const struct members *members = &engine->members;
    uint64_t pairs[PREFETCH_COMMANDS_MAX];
    for (uint32_t at = 0; at < count; at++) {
        const struct text *member = member_argument(&commands[at]);
        struct text request = request_argument(&commands[at]);
        commands[at].member_hash = 0;
        commands[at].request_key[0] = commands[at].request_key[1] = 0;
        if (member != NULL) {
            commands[at].member_hash = member_hash(members, *member);
            table_prefetch(&members->table, commands[at].member_hash);
        }
        if (request.length > 0) {
            request_prefetch(&engine->requests, &commands[at], *member, request);
        }
    }
    for (uint32_t at = 0; at < count; at++) {
        if (commands[at].member_hash != 0) {
            table_prefetch_overflow(&members->table, commands[at].member_hash);
        }
    }
    for (uint32_t at = 0; at < count; at++) {
        if (commands[at].member_hash != 0) {
            uint32_t index = table_guess(&members->table, commands[at].member_hash);
            __builtin_prefetch(member_at(members, index), 1);
        }
    }
    uint32_t unborn = members->pool.count;
    for (uint32_t at = 0; at < count; at++) {
        const struct command *command = &commands[at];
        pairs[at] = 0;
        if (command->member_hash == 0) {
            continue;
        }
        uint32_t index = table_guess(&members->table, command->member_hash);
        if (command->type == COMMAND_COUPON_CLAIM) {
            pairs[at] = prefetch_pair(engine, command, index != 0 ? index : unborn++);
        } else if (index != 0) {
            __builtin_prefetch(
                account_at(&engine->accounts, member_at(members, index)->newest_account), 1);
        }
    }
    for (uint32_t at = 0; at < count; at++) {
        if (pairs[at] != 0) {
            table_prefetch_overflow(&engine->coupons.pairs, pairs[at]);
        }
    }
}
