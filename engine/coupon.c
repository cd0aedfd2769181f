/* coupon.c -- claims, and looking at coupons. */
#include "engine/coupon.h"

#include "engine/bug.h"
#include "engine/planted.h"
#include "engine/request.h"
#include "engine/state.h"

_Static_assert(sizeof(struct coupon) == 32, "a coupon is half a cache line");

struct pair_key {
    const struct coupons *coupons;
    uint32_t member;
    uint32_t campaign;
};

static bool pair_is(const void *key, uint32_t index)
{
    const struct pair_key *wanted = key;
    const struct coupon *coupon = coupon_at(wanted->coupons, index);
    return coupon->member == wanted->member && coupon->campaign == wanted->campaign;
}

static uint64_t pair_rehash(const void *context, uint32_t index)
{
    const struct coupon *coupon = coupon_at(context, index);
    return coupon_pair_hash(coupon->member, coupon->campaign);
}

bool coupons_init(struct coupons *coupons, uint32_t limit)
{
    *coupons = (struct coupons){0};
    return pool_init(&coupons->pool, sizeof(struct coupon), limit) &&
           table_init(&coupons->pairs, limit);
}

void coupons_deinit(struct coupons *coupons)
{
    pool_deinit(&coupons->pool);
    table_deinit(&coupons->pairs);
}

const char *coupon_state_word(uint8_t state)
{
    ASSERT(state == COUPON_ISSUED);
    return "issued";
}

uint32_t coupon_newest(const struct coupons *coupons, uint32_t member, uint32_t campaign)
{
    struct pair_key key = {coupons, member, campaign};
    return table_find(&coupons->pairs, coupon_pair_hash(member, campaign), pair_is, &key);
}

bool coupon_reserve(struct coupons *coupons)
{
    return pool_reserve(&coupons->pool, 1) && table_reserve(&coupons->pairs);
}

/* Answers a repeated request as the first time. True: there is nothing more to decide. */
static bool repeated(struct engine *engine, const struct command *command, int64_t now_ms,
                     struct request_check *check, struct outcome *outcome)
{
    const struct coupon_claim *claim = &command->as.coupon_claim;
    struct text body[] = {claim->campaign, claim->channel, claim->store, claim->staff};
    enum request_seen seen = request_look(engine, command, claim->member, claim->request, body, 4,
                                          now_ms, check);
    if (seen == REQUEST_NEW) {
        return false;
    }
    outcome->repeated = seen == REQUEST_SAME;
    uint32_t member = member_find(&engine->members, claim->member, command->member_hash);
    ASSERT(member != 0);
    outcome->gate = PLANTED(NO_GATE_REPEATED) ? 0
                                              : member_at(&engine->members, member)->changed_seq;
    if (seen == REQUEST_OTHER_BODY) {
        outcome_refuse(outcome, REFUSAL_REQUEST_MISMATCH, outcome->gate);
        return true;
    }
    outcome->coupon = (uint32_t)check->result;
    ASSERT(pool_has(&engine->coupons.pool, outcome->coupon));
    return true;
}

/* Refuses while the campaign does not issue at all: not open yet, ended, paused. */
static bool campaign_issues(const struct campaign *campaign, int64_t now_ms,
                            struct outcome *outcome)
{
    bool too_early = now_ms < campaign->opens_at_ms;
    if (campaign->state == CAMPAIGN_DRAFT || (campaign->state != CAMPAIGN_STOPPED && too_early)) {
        outcome_refuse(outcome, REFUSAL_NOT_OPEN,
                       PLANTED(NO_GATE_CAMPAIGN_STATE) ? 0 : campaign->definition_seq);
        outcome->numbers[0] = too_early ? campaign->opens_at_ms : 0;
        return false;
    }
    if (campaign->state == CAMPAIGN_STOPPED) {
        outcome_refuse(outcome, REFUSAL_ENDED,
                       PLANTED(NO_GATE_CAMPAIGN_STATE) ? 0 : campaign->definition_seq);
        outcome->numbers[0] = campaign->stopped_at_ms;
        return false;
    }
    if (campaign->ends_at_ms != 0 && now_ms >= campaign->ends_at_ms && !PLANTED(ENDED_ISSUES)) {
        outcome_refuse(outcome, REFUSAL_ENDED,
                       PLANTED(NO_GATE_CAMPAIGN_STATE) ? 0 : campaign->definition_seq);
        outcome->numbers[0] = campaign->ends_at_ms;
        return false;
    }
    if (campaign->state == CAMPAIGN_PAUSED && !PLANTED(PAUSED_ISSUES)) {
        outcome_refuse(outcome, REFUSAL_PAUSED,
                       PLANTED(NO_GATE_CAMPAIGN_STATE) ? 0 : campaign->definition_seq);
        return false;
    }
    return true;
}

/* Refuses what the member or the stock does not allow. `newest`: of this pair; 0 = none yet. */
static bool claim_fits(const struct engine *engine, const struct campaign *campaign,
                       uint32_t member, uint32_t newest, struct outcome *outcome)
{
    uint32_t held = newest == 0 ? 0 : coupon_at(&engine->coupons, newest)->nth;
    if (held >= campaign->per_member + (PLANTED(ONE_MORE_PER_MEMBER) ? 1 : 0)) {
        uint64_t gate = member_at(&engine->members, member)->changed_seq;
        gate = gate > campaign->definition_seq ? gate : campaign->definition_seq;
        bool only_one = campaign->per_member == 1;
        gate = PLANTED(NO_GATE_DUPLICATE) ? 0 : gate;
        outcome_refuse(outcome, only_one ? REFUSAL_DUPLICATE : REFUSAL_LIMIT, gate);
        outcome->coupon = newest;
        outcome->word = "per_member";
        outcome->numbers[0] = held;
        outcome->numbers[1] = campaign->per_member;
        return false;
    }
    if (campaign->issued >= campaign->stock + (PLANTED(SELLS_ONE_TOO_MANY) ? 1 : 0)) {
        outcome_refuse(outcome, REFUSAL_SOLD_OUT,
                       PLANTED(NO_GATE_SOLD_OUT) ? 0 : campaign->changed_seq);
        outcome->numbers[0] = (int64_t)campaign->stock;
        return false;
    }
    return true;
}

void coupon_claim_decide(struct engine *engine, const struct command *command, int64_t now_ms,
                         struct outcome *outcome)
{
    const struct coupon_claim *claim = &command->as.coupon_claim;
    struct request_check check = {0};
    outcome->campaign = command->campaign;
    if (repeated(engine, command, now_ms, &check, outcome)) {
        return;
    }
    uint32_t index = command->campaign != 0 ? command->campaign
                                            : campaign_find(&engine->campaigns, claim->campaign, 0);
    if (index == 0) {
        outcome_refuse(outcome, REFUSAL_UNKNOWN_CAMPAIGN, 0);
        return;
    }
    ASSERT(pool_has(&engine->campaigns.pool, index));
    outcome->campaign = index;
    const struct campaign *campaign = campaign_at(&engine->campaigns, index);
    if (!campaign_issues(campaign, now_ms, outcome)) {
        return;
    }
    uint32_t known = member_find(&engine->members, claim->member, command->member_hash);
    uint32_t newest = known == 0 ? 0 : coupon_newest(&engine->coupons, known, index);
    if (!claim_fits(engine, campaign, known, newest, outcome)) {
        return;
    }
    struct event_coupon_issued issued = {
        .serial = engine->coupons.pool.count,
        .campaign = index,
        .nth = newest == 0 ? 1 : (uint16_t)(coupon_at(&engine->coupons, newest)->nth + 1),
        .key = (uint8_t)engine->options.code_key,
    };
    uint32_t channel;
    issued.member = known != 0
                        ? known
                        : member_decide(engine, claim->member, command->member_hash, outcome);
    if (issued.member == 0 ||
        !name_decide(engine, NAME_CHANNEL, claim->channel, outcome, &channel) ||
        !name_decide(engine, NAME_STORE, claim->store, outcome, &issued.store) ||
        !name_decide(engine, NAME_STAFF, claim->staff, outcome, &issued.staff)) {
        return;
    }
    ASSERT(channel <= NAME_CHANNELS_MAX);
    issued.channel = (uint16_t)channel;
    if (!coupon_reserve(&engine->coupons)) {
        outcome_refuse(outcome, REFUSAL_FULL, engine->seq);
        outcome->word = "coupons";
        return;
    }
    outcome->coupon = (uint32_t)issued.serial;
    outcome_event(outcome, EVENT_COUPON_ISSUED)->as.coupon_issued = issued;
    request_bind(engine, &check, issued.serial, outcome);
}

/* Finds the coupon of a code; every wrong code gets the same refusal. */
static bool find_or_refuse(const struct engine *engine, struct text code, struct outcome *outcome)
{
    uint32_t key = 0;
    uint64_t serial = 0;
    if (!code_read(&engine->options.code_keys, code, &key, &serial) ||
        !pool_has(&engine->coupons.pool, serial) ||
        coupon_at(&engine->coupons, (uint32_t)serial)->key != key) {
        outcome_refuse(outcome, REFUSAL_UNKNOWN_COUPON, 0);
        return false;
    }
    outcome->coupon = (uint32_t)serial;
    return true;
}

void coupon_get_decide(struct engine *engine, const struct command *command, int64_t now_ms,
                       struct outcome *outcome)
{
    (void)now_ms;
    if (!find_or_refuse(engine, command->as.coupon_get.code, outcome)) {
        return;
    }
    outcome->member = coupon_at(&engine->coupons, outcome->coupon)->member;
    outcome->gate = PLANTED(NO_GATE_COUPON)
                        ? 0
                        : member_at(&engine->members, outcome->member)->changed_seq;
}

void coupon_list_decide(struct engine *engine, const struct command *command, int64_t now_ms,
                        struct outcome *outcome)
{
    (void)now_ms;
    const struct coupon_list *list = &command->as.coupon_list;
    uint32_t member = member_find_or_refuse(engine, list->member, command->member_hash, outcome);
    if (member == 0) {
        return;
    }
    const struct member *record = member_at(&engine->members, member);
    outcome->coupon = record->newest_coupon;
    if (list->before.length > 0) {
        if (!find_or_refuse(engine, list->before, outcome)) {
            return;
        }
        const struct coupon *before = coupon_at(&engine->coupons, outcome->coupon);
        if (before->member != member) {
            outcome_refuse(outcome, REFUSAL_UNKNOWN_COUPON, 0);
            return;
        }
        outcome->coupon = before->older;
    }
    outcome->member = member;
    outcome->gate = PLANTED(NO_GATE_COUPON_LIST) ? 0 : record->changed_seq;
    outcome->numbers[0] = list->limit == 0 ? PAGE_ITEMS : list->limit;
}

void coupon_link(struct engine *engine, uint32_t index, uint32_t before)
{
    struct coupons *coupons = &engine->coupons;
    struct coupon *coupon = coupon_at(coupons, index);
    struct member *member = member_at(&engine->members, coupon->member);
    uint64_t hash = coupon_pair_hash(coupon->member, coupon->campaign);
    if (before == 0) {
        table_add(&coupons->pairs, hash, index, pair_rehash, coupons);
    } else {
        table_replace(&coupons->pairs, hash, before, index);
    }
    coupon->older = member->newest_coupon;
    member->newest_coupon = index;
    member->coupon_count++;
    campaign_at(&engine->campaigns, coupon->campaign)->issued++;
}

void coupon_issued_apply(struct engine *engine, const struct event_coupon_issued *event)
{
    struct coupons *coupons = &engine->coupons;
    uint32_t index = pool_add(&coupons->pool);
    ASSERT(index == event->serial);
    struct campaign *campaign = campaign_at(&engine->campaigns, event->campaign);
    ASSERT(campaign->issued < campaign->stock);
    uint32_t newest = event->nth == 1 ? 0 : coupon_newest(coupons, event->member, event->campaign);
    ASSERT(event->nth == 1 || newest != 0);
    struct coupon *coupon = coupon_at(coupons, index);
    *coupon = (struct coupon){
        .member = event->member,
        .campaign = event->campaign,
        .store = event->store,
        .staff = event->staff,
        .channel = event->channel,
        .nth = event->nth,
        .state = COUPON_ISSUED,
        .key = event->key,
    };
    memcpy(coupon->issued_at, &engine->time_ms, sizeof(coupon->issued_at));
    coupon_link(engine, index, newest);
    member_at(&engine->members, event->member)->changed_seq = engine->seq;
    campaign->changed_seq = PLANTED(GATE_OF_OLD_CHANGE) ? campaign->changed_seq : engine->seq;
}
