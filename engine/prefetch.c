/* prefetch.c -- memory latency paid once a batch: bucket → record → pair, all commands at each stage.
 *
 *     ask_buckets    the buckets of member, campaign and request id, and those that inserts will split
 *     ask_forgotten  the buckets of the oldest request ids, which new ones drive out
 *     ask_overflows  what hangs on the buckets of members and request ids
 *     ask_records    what these buckets point to
 *     ask_pairs      the bucket of a claim's pair, the newest account of whoever moves or lists points
 *
 * Nothing here decides anything. What a stage learns it forgets, but for the member's hash, the campaign's index,
 * the asset's number and the request id's key: these stay in the command, and the step does not look again.
 */
#include "engine/bug.h"
#include "engine/engine.h"

/* What one command needs. */
struct wanted {
    const struct text *member; /* NULL: it has none */
    struct text request;       /* empty: it has none */
    bool claims;
    bool account;      /* it needs the newest account; most balances lie in the member's record */
    uint64_t campaign; /* hash of a claim's campaign; 0: the same as the claim's before */
    uint64_t pair;     /* hash of the pair; 0: not known, or none */
};

/* What the command before named: in a flash sale it is nearly always the same. */
struct last {
    struct text campaign;
    struct text asset;
    uint32_t asset_number;
};

/* What the commands of a group may add at most. */
struct inserts {
    uint32_t members;
    uint32_t pairs;
    uint32_t requests;
};

static struct wanted wanted_by(const struct command *command, struct inserts *inserts)
{
    struct wanted wanted = {0};
    switch (command->type) {
    case COMMAND_COUPON_CLAIM:
        wanted.member = &command->as.coupon_claim.member;
        wanted.request = command->as.coupon_claim.request;
        wanted.claims = true;
        inserts->members++;
        inserts->pairs++;
        break;
    case COMMAND_COUPON_LIST:
        wanted.member = &command->as.coupon_list.member;
        break;
    case COMMAND_ACCOUNT_EARN:
        wanted.member = &command->as.account_earn.member;
        wanted.request = command->as.account_earn.request;
        wanted.account = true;
        inserts->members++;
        break;
    case COMMAND_ACCOUNT_SPEND:
        wanted.member = &command->as.account_spend.member;
        wanted.request = command->as.account_spend.request;
        wanted.account = true;
        break;
    case COMMAND_ACCOUNT_BALANCE:
        wanted.member = &command->as.account_balance.member;
        break;
    case COMMAND_MEMBER_GET:
        wanted.member = &command->as.member_get.member;
        wanted.account = true;
        break;
    default:
        break;
    }
    inserts->requests += wanted.request.length > 0 ? 1 : 0;
    return wanted;
}

/* Returns the number of the asset that a balance is asked of, or 0. Assets are few: nothing to ask for ahead. */
static uint32_t asset_of(const struct engine *engine, const struct command *command,
                         struct last *last)
{
    struct text asset = command->as.account_balance.asset;
    if (asset.length > 0 && !text_equal(last->asset, asset)) {
        last->asset = asset;
        last->asset_number = name_find(&engine->names[NAME_ASSET], asset);
    }
    return asset.length > 0 ? last->asset_number : 0;
}

/* Asks for the buckets of the first look-ups. */
static void ask_buckets(const struct engine *engine, struct command *command, struct wanted *wanted,
                        struct last *last)
{
    command->member_hash = 0;
    command->request_key[0] = command->request_key[1] = 0;
    command->campaign = 0;
    command->asset = command->type == COMMAND_ACCOUNT_BALANCE ? asset_of(engine, command, last) : 0;
    if (wanted->member == NULL) {
        return;
    }
    command->member_hash = member_hash(&engine->members, *wanted->member);
    table_prefetch(&engine->members.table, command->member_hash);
    if (wanted->request.length > 0) {
        request_prefetch(&engine->requests, command, *wanted->member, wanted->request);
    }
    if (wanted->claims && !text_equal(last->campaign, command->as.coupon_claim.campaign)) {
        last->campaign = command->as.coupon_claim.campaign;
        wanted->campaign = campaign_hash(&engine->campaigns, last->campaign);
        table_prefetch(&engine->campaigns.table, wanted->campaign);
    }
}

/* Asks for the buckets that binding so many request ids will take the oldest ids out of. Always inline, as
 * table_prefetch() is. */
__attribute__((always_inline)) static inline void ask_forgotten(const struct engine *engine,
                                                                uint32_t inserts)
{
    const struct requests *requests = &engine->requests;
    uint64_t left = requests->bound - requests->forgotten;
    inserts = inserts > left ? (uint32_t)left : inserts;
    bool full = left + inserts > requests->limit;
    for (uint64_t at = requests->forgotten; at < requests->forgotten + inserts; at++) {
        const struct request *oldest = request_at(requests, at);
        if (!full && engine->time_ms - request_bound_at_ms(oldest) < requests->window_ms) {
            return;
        }
        table_prefetch(&requests->table, request_hash(oldest->key));
    }
}

__attribute__((always_inline)) static inline void ask_overflows(const struct engine *engine,
                                                                const struct command *command,
                                                                const struct wanted *wanted)
{
    if (wanted->member != NULL) {
        table_prefetch_overflow(&engine->members.table, command->member_hash);
    }
    if (wanted->request.length > 0) {
        table_prefetch_overflow(&engine->requests.table, command->request_key[0]);
    }
}

/* Always inline, as in table.h: of a function that does nothing but prefetch, gcc drops the call. */
__attribute__((always_inline)) static inline void
ask_records(const struct engine *engine, const struct command *command, const struct wanted *wanted)
{
    const struct members *members = &engine->members;
    if (wanted->member != NULL) {
        __builtin_prefetch(member_at(members, table_guess(&members->table, command->member_hash)),
                           1);
    }
    if (wanted->campaign != 0) {
        const struct campaigns *campaigns = &engine->campaigns;
        const struct campaign *guess = campaign_at(
            campaigns, table_guess(&campaigns->table, wanted->campaign));
        __builtin_prefetch(guess, 1);
        __builtin_prefetch(guess->id);
    }
}

/* Asks for a claim's pair, or for an account. A member who is not there yet will get the next number. */
static void ask_pairs(const struct engine *engine, struct command *command, struct wanted *wanted,
                      uint32_t *campaign, uint32_t *unborn)
{
    if (!wanted->claims && !wanted->account) {
        return;
    }
    const struct members *members = &engine->members;
    uint32_t index = table_guess(&members->table, command->member_hash);
    if (wanted->claims) {
        if (wanted->campaign != 0) {
            *campaign = campaign_find(&engine->campaigns, command->as.coupon_claim.campaign,
                                      wanted->campaign);
        }
        command->campaign = *campaign;
        wanted->pair = coupon_pair_hash(index != 0 ? index : (*unborn)++, *campaign);
        table_prefetch(&engine->coupons.pairs, wanted->pair);
    } else if (index != 0) {
        __builtin_prefetch(account_at(&engine->accounts, member_at(members, index)->newest_account),
                           1);
    }
}

void engine_prefetch(struct engine *engine, struct command *commands, uint32_t count)
{
    ASSERT(count <= PREFETCH_COMMANDS_MAX);
    struct table *members = &engine->members.table;
    struct table *pairs = &engine->coupons.pairs;
    struct table *requests = &engine->requests.table;
    struct wanted wanted[PREFETCH_COMMANDS_MAX];
    struct inserts inserts = {0};
    struct last last = {0};
    for (uint32_t at = 0; at < count; at++) {
        wanted[at] = wanted_by(&commands[at], &inserts);
        ask_buckets(engine, &commands[at], &wanted[at], &last);
    }
    table_ask_splits(members, inserts.members);
    table_ask_splits(pairs, inserts.pairs);
    table_ask_splits(requests, inserts.requests);
    ask_forgotten(engine, inserts.requests);
    for (uint32_t at = 0; at < count; at++) {
        ask_overflows(engine, &commands[at], &wanted[at]);
    }
    for (uint32_t at = 0; at < count; at++) {
        ask_records(engine, &commands[at], &wanted[at]);
    }
    uint32_t unborn = engine->members.pool.count;
    uint32_t campaign = 0;
    for (uint32_t at = 0; at < count; at++) {
        ask_pairs(engine, &commands[at], &wanted[at], &campaign, &unborn);
    }
    table_ask_split_records(members, &engine->members.pool);
    table_ask_split_records(pairs, &engine->coupons.pool);
    table_ask_split_records(requests, &engine->requests.ring);
    for (uint32_t at = 0; at < count; at++) {
        if (wanted[at].pair != 0) {
            table_prefetch_overflow(pairs, wanted[at].pair);
        }
    }
}
