/* dump.c -- records to events, kind by kind, in index order. */
#include "engine/dump.h"

#include "engine/bug.h"
#include "engine/planted.h"

enum stage {
    STAGE_ENGINE,
    STAGE_NAMES, /* as many stages as there are kinds of names */
    STAGE_CAMPAIGNS = STAGE_NAMES + NAME_KINDS,
    STAGE_MEMBERS,
    STAGE_ACCOUNTS,
    STAGE_COUPONS,
    STAGE_REQUESTS,
    STAGE_END,
};

static void engine_dump(const struct engine *engine, struct event *event)
{
    event->type = EVENT_ENGINE_STATE;
    event->as.engine_state = (struct event_engine_state){
        .seq = engine->seq,
        .time_ms = engine->time_ms,
        .channels = engine->names[NAME_CHANNEL].pool.count - 1,
        .stores = engine->names[NAME_STORE].pool.count - 1,
        .staff = engine->names[NAME_STAFF].pool.count - 1,
        .assets = engine->names[NAME_ASSET].pool.count - 1,
        .campaigns = engine->campaigns.pool.count - 1,
        .members = engine->members.pool.count - 1,
        .accounts = engine->accounts.count - 1,
        .coupons = engine->coupons.pool.count - 1,
        .pairs = (uint32_t)engine->coupons.pairs.count,
        .requests = (uint32_t)(engine->requests.bound - engine->requests.forgotten),
        .principals = engine->names[NAME_PRINCIPAL].pool.count - 1,
    };
}

static void name_dump(const struct engine *engine, uint32_t kind, uint32_t number,
                      struct event *event)
{
    event->type = EVENT_NAME_ADDED;
    event->as.name_added = (struct event_name_added){(uint8_t)kind, number,
                                                     name_show(&engine->names[kind], number)};
}

static void campaign_dump(const struct engine *engine, uint32_t index, struct event *event)
{
    const struct campaign *campaign = campaign_at(&engine->campaigns, index);
    event->type = EVENT_CAMPAIGN_STATE;
    event->as.campaign_state = (struct event_campaign_state){
        .id = campaign_id(campaign),
        .name = texts_show(&engine->campaigns.texts, campaign->name),
        .state = campaign->state,
        .issued = campaign->issued,
        .stock = campaign->stock,
        .per_member = campaign->per_member,
        .opens_at_ms = campaign->opens_at_ms,
        .ends_at_ms = campaign->ends_at_ms,
        .stopped_at_ms = campaign->stopped_at_ms,
        .changed_seq = campaign->changed_seq,
        .definition_seq = campaign->definition_seq,
        .value_kind = (uint8_t)campaign->value.kind,
        .percent = campaign->value.percent,
        .amount_fen = campaign->value.amount_fen,
        .minimum_fen = campaign->value.minimum_fen,
        .maximum_fen = campaign->value.maximum_fen,
        .source = texts_show(&engine->campaigns.texts, campaign->source),
    };
}

static void member_dump(const struct engine *engine, uint32_t index, struct event *event)
{
    const struct member *member = member_at(&engine->members, index);
    event->type = EVENT_MEMBER_STATE;
    event->as.member_state = (struct event_member_state){
        member_id(&engine->members, member), member_joined_at_ms(member),
        PLANTED(RESTORE_FORGETS_SEQUENCE) ? 1 : member->changed_seq};
}

static void account_dump(const struct engine *engine, uint32_t index, struct event *event)
{
    const struct account *account = account_at(&engine->accounts, index);
    event->type = EVENT_ACCOUNT_STATE;
    event->as.account_state = (struct event_account_state){
        account->member, account->asset, PLANTED(SNAPSHOT_FORGETS_BALANCE) ? 1 : account->balance};
}

static void coupon_dump(const struct engine *engine, uint32_t index, struct event *event)
{
    const struct coupon *coupon = coupon_at(&engine->coupons, index);
    event->type = EVENT_COUPON_STATE;
    event->as.coupon_state = (struct event_coupon_state){
        .member = coupon->member,
        .campaign = coupon->campaign,
        .issued_at_ms = coupon_issued_at_ms(coupon),
        .store = coupon->store,
        .staff = coupon->staff,
        .channel = coupon->channel,
        .nth = coupon->nth,
        .state = coupon->state,
        .key = coupon->key,
    };
}

/* A record that was bound anew since keeps its place in the ring, empty. */
static void request_dump(const struct engine *engine, uint64_t number, struct event *event)
{
    const struct request *request = request_at(&engine->requests, number);
    event->type = EVENT_REQUEST_STATE;
    event->as.request_state = (struct event_request_state){.bound_at_ms = REQUEST_FORGOTTEN_MS};
    if (!request_is_forgotten(request) && !PLANTED(SNAPSHOT_FORGETS_REQUESTS)) {
        event->as.request_state = (struct event_request_state){
            request->key, request_fingerprint(request), bytes_get_u64(request->result),
            request_bound_at_ms(request)};
    }
}

/* Returns the first record of a stage, or the one behind its last. */
static uint64_t stage_bound(const struct engine *engine, uint32_t stage, bool last)
{
    switch (stage) {
    case STAGE_ENGINE:
        return last ? 2 : 1;
    case STAGE_CAMPAIGNS:
        return last ? engine->campaigns.pool.count : 1;
    case STAGE_MEMBERS:
        return last ? engine->members.pool.count : 1;
    case STAGE_ACCOUNTS:
        return last ? engine->accounts.count : 1;
    case STAGE_COUPONS:
        return last ? engine->coupons.pool.count : 1;
    case STAGE_REQUESTS:
        return last ? engine->requests.bound : engine->requests.forgotten;
    default:
        ASSERT(stage - STAGE_NAMES < NAME_KINDS);
        return last ? engine->names[stage - STAGE_NAMES].pool.count : 1;
    }
}

void dump_begin(struct dump *dump, const struct engine *engine)
{
    *dump = (struct dump){engine, STAGE_ENGINE, stage_bound(engine, STAGE_ENGINE, false)};
}

bool dump_next(struct dump *dump, struct event *event)
{
    const struct engine *engine = dump->engine;
    while (dump->stage != STAGE_END && dump->next == stage_bound(engine, dump->stage, true)) {
        dump->stage++;
        dump->next = dump->stage == STAGE_END ? 0 : stage_bound(engine, dump->stage, false);
    }
    if (dump->stage == STAGE_END) {
        return false;
    }
    uint64_t number = dump->next++;
    switch (dump->stage) {
    case STAGE_ENGINE:
        engine_dump(engine, event);
        break;
    case STAGE_CAMPAIGNS:
        campaign_dump(engine, (uint32_t)number, event);
        break;
    case STAGE_MEMBERS:
        member_dump(engine, (uint32_t)number, event);
        break;
    case STAGE_ACCOUNTS:
        account_dump(engine, (uint32_t)number, event);
        break;
    case STAGE_COUPONS:
        coupon_dump(engine, (uint32_t)number, event);
        break;
    case STAGE_REQUESTS:
        request_dump(engine, number, event);
        break;
    default:
        name_dump(engine, dump->stage - STAGE_NAMES, (uint32_t)number, event);
    }
    return true;
}
