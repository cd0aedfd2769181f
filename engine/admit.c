/* admit.c -- is an event from a journal one that this state can take?
 *
 * Applying an event cannot fail, so whatever would break the state is found here, before: a reference
 * to nothing, a number out of turn, a text out of bounds, sums that do not add up. Every ASSERT of an
 * apply function and every index that it follows has its check. Policy has none : a journal that was
 * written under other rules (a window, a limit per member, AMOUNT_MAX) stays readable. What records and
 * answers rely on is no policy (BALANCE_MAX, the bounds of ids and documents): those bounds may be
 * raised, and never lowered.
 *
 * Room is made as the decide functions make it, so that a server with smaller limits than the one
 * before says so instead of falling over.
 */
#include "engine/admit.h"

#include <stddef.h>

#include "engine/bug.h"
#include "engine/engine.h"

static const char *genesis_admits(struct engine *engine, const struct event_genesis *event)
{
    (void)event;
    return engine->seq == 0 ? NULL : "a journal has one GENESIS, before everything else";
}

static const char *takeover_admits(struct engine *engine, const struct event_takeover *event)
{
    (void)engine;
    (void)event;
    return "a TAKEOVER stands outside of the sequence and is never applied";
}

static const char *begin_admits(struct engine *engine, const struct event_begin *event)
{
    (void)engine;
    (void)event;
    return NULL;
}

static const char *handover_admits(struct engine *engine, const struct event_handover *event)
{
    (void)engine;
    (void)event;
    return NULL;
}

static const char *clock_moved_admits(struct engine *engine, const struct event_clock_moved *event)
{
    if (!time_fits(event->time_ms)) {
        return "the clock was moved to no time between 1970 and 9999";
    }
    return event->time_ms >= engine->time_ms ? NULL : "the clock was moved backwards";
}

static const char *name_added_admits(struct engine *engine, const struct event_name_added *event)
{
    if (event->kind >= NAME_KINDS) {
        return "a name of a kind that this version does not know";
    }
    if (!text_fits(event->text, 1, ID_BYTES_MAX)) {
        return "a name must have 1 to 64 bytes";
    }
    struct names *names = &engine->names[event->kind];
    if (event->number != names->pool.count) {
        return "a name's number is not the next one of its kind";
    }
    if (name_find(names, event->text) != 0) {
        return "a name was added twice";
    }
    return name_reserve(names) ? NULL : "more names of this kind than this server has room for";
}

static const char *member_created_admits(struct engine *engine,
                                         const struct event_member_created *event)
{
    struct members *members = &engine->members;
    if (!text_fits(event->id, 1, ID_BYTES_MAX)) {
        return "a member id must have 1 to 64 bytes";
    }
    if (event->member != members->pool.count) {
        return "a member's number is not the next one";
    }
    if (member_find(members, event->id, 0) != 0) {
        return "a member was created twice";
    }
    return member_reserve(members, event->id.length) ? NULL
                                                     : "more members than this server has room for";
}

/* Says what is wrong with a definition by itself, whatever campaign it is for. */
static const char *definition_fault(const struct event_campaign_defined *event)
{
    if (!text_fits(event->id, 1, ID_BYTES_MAX)) {
        return "a campaign id must have 1 to 64 bytes";
    }
    if (!text_fits(event->name, 0, CAMPAIGN_NAME_BYTES_MAX) ||
        !text_fits(event->source, 0, CAMPAIGN_DOCUMENT_BYTES_MAX)) {
        return "a campaign's name or document is too long";
    }
    if (event->stock > CAMPAIGN_STOCK_MAX) {
        return "a campaign's stock is above 4000000000";
    }
    if (event->per_member < 1 || event->per_member > CAMPAIGN_PER_MEMBER_MAX) {
        return "a campaign's limit per member is not within 1 to 65535";
    }
    if (!time_fits(event->opens_at_ms) || !time_fits(event->ends_at_ms)) {
        return "a campaign opens or ends at no time between 1970 and 9999";
    }
    if (event->value_kind < VALUE_AMOUNT_OFF || event->value_kind > VALUE_EXCHANGE) {
        return "a campaign's value is of a kind that this version does not know";
    }
    return NULL;
}

static const char *campaign_defined_admits(struct engine *engine,
                                           const struct event_campaign_defined *event)
{
    struct campaigns *campaigns = &engine->campaigns;
    const char *fault = definition_fault(event);
    if (fault != NULL) {
        return fault;
    }
    uint32_t known = campaign_find(campaigns, event->id, 0);
    if (event->campaign != (known != 0 ? known : campaigns->pool.count)) {
        return "a campaign's number does not belong to its id";
    }
    if (known != 0 && event->stock < campaign_at(campaigns, known)->issued) {
        return "a campaign's stock is below what it has issued";
    }
    bool room = known != 0
                    ? texts_reserve(&campaigns->texts, event->name.length, event->source.length)
                    : campaign_reserve(campaigns, event->name.length, event->source.length);
    return room ? NULL : "more campaigns than this server has room for";
}

static const char *campaign_moved_admits(struct engine *engine,
                                         const struct event_campaign_moved *event)
{
    if (!pool_has(&engine->campaigns.pool, event->campaign)) {
        return "a campaign was moved that does not exist";
    }
    uint8_t from = campaign_at(&engine->campaigns, event->campaign)->state;
    return campaign_may_move(from, event->state)
               ? NULL
               : "a campaign made a move that its life cycle lacks";
}

static const char *campaign_restocked_admits(struct engine *engine,
                                             const struct event_campaign_restocked *event)
{
    if (!pool_has(&engine->campaigns.pool, event->campaign)) {
        return "a campaign was restocked that does not exist";
    }
    if (event->stock > CAMPAIGN_STOCK_MAX) {
        return "a campaign's stock is above 4000000000";
    }
    uint64_t issued = campaign_at(&engine->campaigns, event->campaign)->issued;
    return event->stock >= issued ? NULL : "a campaign's stock is below what it has issued";
}

static const char *coupon_issued_admits(struct engine *engine,
                                        const struct event_coupon_issued *event)
{
    if (event->serial != engine->coupons.pool.count) {
        return "a coupon's serial number is not the next one";
    }
    if (!pool_has(&engine->members.pool, event->member)) {
        return "a coupon was issued to a member that does not exist";
    }
    if (!pool_has(&engine->campaigns.pool, event->campaign)) {
        return "a coupon was issued of a campaign that does not exist";
    }
    const struct campaign *campaign = campaign_at(&engine->campaigns, event->campaign);
    if (campaign->issued >= campaign->stock) {
        return "a coupon was issued beyond its campaign's stock";
    }
    uint32_t newest = coupon_newest(&engine->coupons, event->member, event->campaign);
    uint32_t held = newest == 0 ? 0 : coupon_at(&engine->coupons, newest)->nth;
    if (event->nth != held + 1) {
        return "a coupon does not continue the count of its member and campaign";
    }
    if (!name_known(engine, NAME_CHANNEL, event->channel) ||
        !name_known(engine, NAME_STORE, event->store) ||
        !name_known(engine, NAME_STAFF, event->staff)) {
        return "a coupon names a channel, store or staff id that does not exist";
    }
    if (!key_known(engine, event->key)) {
        return "a coupon's code was made with a key that is not in the secret file";
    }
    return coupon_reserve(&engine->coupons) ? NULL : "more coupons than this server has room for";
}

/* What earning and spending have in common: the account before, the amount, the balance after. */
static const char *movement_fault(struct engine *engine, uint32_t member, uint32_t asset,
                                  int64_t amount, int64_t balance, bool earned)
{
    if (!pool_has(&engine->members.pool, member)) {
        return "an account was moved of a member that does not exist";
    }
    if (!pool_has(&engine->names[NAME_ASSET].pool, asset)) {
        return "an account was moved of an asset that does not exist";
    }
    if (amount < 1 || amount > BALANCE_MAX || balance < 0 || balance > BALANCE_MAX) {
        return "an amount or a balance is out of bounds";
    }
    uint32_t account = account_find(&engine->accounts, member_at(&engine->members, member), asset);
    int64_t before = account == 0 ? 0 : account_at(&engine->accounts, account)->balance;
    /* All three are within 2^53, so the sum cannot overflow. */
    if (before + (earned ? amount : -amount) != balance) {
        return "an account's balance does not follow from the one before it";
    }
    if (account == 0 && !pool_reserve(&engine->accounts, 1)) {
        return "more accounts than this server has room for";
    }
    return NULL;
}

static const char *account_earned_admits(struct engine *engine,
                                         const struct event_account_earned *event)
{
    return movement_fault(engine, event->member, event->asset, event->amount, event->balance, true);
}

static const char *account_spent_admits(struct engine *engine,
                                        const struct event_account_spent *event)
{
    return movement_fault(engine, event->member, event->asset, event->amount, event->balance,
                          false);
}

static const char *request_bound_admits(struct engine *engine,
                                        const struct event_request_bound *event)
{
    if (event->result > (uint64_t)BALANCE_MAX) {
        return "a request's answer is neither a serial number nor a balance";
    }
    return request_reserve(&engine->requests) ? NULL
                                              : "more request ids than this server has room for";
}

const char *engine_admits(struct engine *engine, const struct event *event)
{
    switch (event->type) {
#define EVENT(number, NAME, name, meaning)                                                         \
    case EVENT_##NAME:                                                                             \
        return name##_admits(engine, &event->as.name);
#define STATE_EVENT(number, NAME, name, meaning)                                                   \
    case EVENT_##NAME:                                                                             \
        return "a snapshot's event stands in the journal";
#define FIELD(name, TYPE, field, meaning)
#define EVENT_END(NAME, name)
#include "engine/events.def"
#undef EVENT
#undef FIELD
#undef EVENT_END
    case EVENT_NONE:
        break;
    }
    return "an event of a type that this version does not know";
}
