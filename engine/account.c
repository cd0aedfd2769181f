/* account.c -- earn, spend, balance. */
#include "engine/account.h"

#include "engine/bug.h"
#include "engine/planted.h"
#include "engine/request.h"
#include "engine/state.h"

_Static_assert(sizeof(struct account) == 24, "an account is 24 bytes");

uint32_t account_find(const struct pool *accounts, const struct member *member, uint32_t asset)
{
    uint32_t index = member->newest_account;
    while (index != 0) {
        const struct account *account = account_at(accounts, index);
        if (account->asset == asset) {
            break;
        }
        index = account->older;
    }
    return index;
}

/* Answers a repeated request as the first time. True: there is nothing more to decide. */
static bool repeated(struct engine *engine, const struct command *command, struct text member,
                     struct text id, const struct text *body, int64_t now_ms,
                     struct request_check *check, struct outcome *outcome)
{
    enum request_seen seen = request_look(engine, command, member, id, body, 2, now_ms, check);
    if (seen == REQUEST_NEW) {
        return false;
    }
    outcome->repeated = seen == REQUEST_SAME;
    uint32_t index = member_find(&engine->members, member, command->member_hash);
    ASSERT(index != 0);
    outcome->gate = member_at(&engine->members, index)->changed_seq;
    if (seen == REQUEST_OTHER_BODY) {
        outcome_refuse(outcome, REFUSAL_REQUEST_MISMATCH, outcome->gate);
        return true;
    }
    outcome->numbers[0] = (int64_t)check->result;
    return true;
}

/* Tells whether the member may have one more account; 0 in `member` is one to be created. */
static bool account_may_open(struct engine *engine, uint32_t member)
{
    uint32_t count = 0;
    if (pool_has(&engine->members.pool, member)) {
        uint32_t index = member_at(&engine->members, member)->newest_account;
        for (; index != 0; index = account_at(&engine->accounts, index)->older) {
            count++;
        }
    }
    return count < ACCOUNTS_PER_MEMBER_MAX && pool_reserve(&engine->accounts, 1);
}

static struct text amount_text(const int64_t *amount)
{
    return (struct text){(const char *)amount, sizeof(*amount)};
}

void account_earn_decide(struct engine *engine, const struct command *command, int64_t now_ms,
                         struct outcome *outcome)
{
    const struct account_earn *earn = &command->as.account_earn;
    struct request_check check = {0};
    struct text body[] = {earn->asset, amount_text(&earn->amount)};
    if (repeated(engine, command, earn->member, earn->request, body, now_ms, &check, outcome)) {
        return;
    }
    uint32_t asset;
    uint32_t member = member_decide(engine, earn->member, command->member_hash, outcome);
    if (member == 0 || !name_decide(engine, NAME_ASSET, earn->asset, outcome, &asset)) {
        return;
    }
    int64_t balance = 0;
    uint32_t account = 0;
    if (pool_has(&engine->members.pool, member)) {
        const struct member *record = member_at(&engine->members, member);
        account = account_find(&engine->accounts, record, asset);
        balance = account == 0 ? 0 : account_at(&engine->accounts, account)->balance;
        outcome->gate = record->changed_seq;
    }
    ASSERT(earn->amount > 0 && earn->amount <= AMOUNT_MAX);
    if (earn->amount > BALANCE_MAX - balance) {
        outcome_refuse(outcome, REFUSAL_LIMIT, outcome->gate);
        outcome->word = "balance";
        outcome->numbers[0] = balance;
        outcome->numbers[1] = BALANCE_MAX;
        return;
    }
    if (account == 0 && !account_may_open(engine, member)) {
        outcome_refuse(outcome, REFUSAL_FULL, engine->seq);
        outcome->word = "accounts";
        return;
    }
    balance += earn->amount;
    struct event *event = outcome_event(outcome, EVENT_ACCOUNT_EARNED);
    event->as.account_earned = (struct event_account_earned){member, asset, earn->amount, balance};
    request_bind(engine, &check, (uint64_t)balance, outcome);
    outcome->numbers[0] = balance;
}

void account_spend_decide(struct engine *engine, const struct command *command, int64_t now_ms,
                          struct outcome *outcome)
{
    const struct account_spend *spend = &command->as.account_spend;
    struct request_check check = {0};
    struct text body[] = {spend->asset, amount_text(&spend->amount)};
    if (repeated(engine, command, spend->member, spend->request, body, now_ms, &check, outcome)) {
        return;
    }
    uint32_t member = member_find_or_refuse(engine, spend->member, command->member_hash, outcome);
    if (member == 0) {
        return;
    }
    const struct member *record = member_at(&engine->members, member);
    uint32_t asset = name_find(&engine->names[NAME_ASSET], spend->asset);
    uint32_t account = asset == 0 ? 0 : account_find(&engine->accounts, record, asset);
    int64_t balance = account == 0 ? 0 : account_at(&engine->accounts, account)->balance;
    outcome->gate = record->changed_seq;
    if (spend->amount > balance + (PLANTED(SPENDS_ONE_TOO_MANY) ? 1 : 0)) {
        outcome_refuse(outcome, REFUSAL_INSUFFICIENT,
                       PLANTED(NO_GATE_INSUFFICIENT) ? 0 : record->changed_seq);
        outcome->numbers[0] = balance;
        outcome->numbers[1] = spend->amount;
        return;
    }
    balance -= spend->amount;
    struct event *event = outcome_event(outcome, EVENT_ACCOUNT_SPENT);
    event->as.account_spent = (struct event_account_spent){member, asset, spend->amount, balance};
    request_bind(engine, &check, (uint64_t)balance, outcome);
    outcome->numbers[0] = balance;
}

/* Returns the balance of an asset; 0 where there is no such account, or no such asset (0). */
static int64_t balance_of(const struct engine *engine, const struct member *member, uint32_t asset)
{
    if (asset == 0) {
        return 0;
    }
    if (member->first_asset == asset) {
        return member->first_balance;
    }
    uint32_t account = account_find(&engine->accounts, member, asset);
    return account == 0 ? 0 : account_at(&engine->accounts, account)->balance;
}

void account_balance_decide(struct engine *engine, const struct command *command, int64_t now_ms,
                            struct outcome *outcome)
{
    (void)now_ms;
    const struct account_balance *ask = &command->as.account_balance;
    uint32_t member = member_find_or_refuse(engine, ask->member, command->member_hash, outcome);
    if (member == 0) {
        return;
    }
    const struct member *record = member_at(&engine->members, member);
    outcome->member = member;
    outcome->gate = PLANTED(NO_GATE_BALANCE) ? 0 : record->changed_seq;
    if (ask->asset.length > 0) {
        uint32_t asset = command->asset != 0 ? command->asset
                                             : name_find(&engine->names[NAME_ASSET], ask->asset);
        outcome->numbers[0] = balance_of(engine, record, asset);
    }
}

void account_link(struct engine *engine, uint32_t index)
{
    struct account *account = account_at(&engine->accounts, index);
    struct member *member = member_at(&engine->members, account->member);
    if (member->newest_account == 0 && account->asset <= MEMBER_ASSETS_KEPT) {
        member->first_asset = (uint8_t)account->asset;
        member->first_balance = account->balance;
    }
    account->older = member->newest_account;
    member->newest_account = index;
}

/* Sets a balance, in the member's own record too where it is kept there. */
static void set_balance(struct engine *engine, struct account *account, int64_t balance)
{
    struct member *member = member_at(&engine->members, account->member);
    account->balance = balance;
    if (member->first_asset == account->asset) {
        member->first_balance = balance;
    }
}

/* Returns the account, opened when it is the first amount of its asset. */
static struct account *account_open(struct engine *engine, uint32_t member_index, uint32_t asset)
{
    struct member *member = member_at(&engine->members, member_index);
    member->changed_seq = engine->seq;
    uint32_t index = account_find(&engine->accounts, member, asset);
    if (index == 0) {
        index = pool_add(&engine->accounts);
        *account_at(&engine->accounts, index) = (struct account){.member = member_index,
                                                                 .asset = asset};
        account_link(engine, index);
    }
    return account_at(&engine->accounts, index);
}

void account_earned_apply(struct engine *engine, const struct event_account_earned *event)
{
    struct account *account = account_open(engine, event->member, event->asset);
    ASSERT(account->balance + event->amount == event->balance);
    set_balance(engine, account, event->balance);
}

void account_spent_apply(struct engine *engine, const struct event_account_spent *event)
{
    struct account *account = account_open(engine, event->member, event->asset);
    ASSERT(account->balance - event->amount == event->balance);
    ASSERT(event->balance >= 0);
    set_balance(engine, account, event->balance);
}
