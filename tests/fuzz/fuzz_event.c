/* fuzz_event.c -- whatever bytes decode to events: those that are admitted can be applied.
 *
 * The input is a journal without its frame: a byte of advice, then an event, and so on until one cannot
 * be read. Refused events are passed over; and where the advice says so, the numbers that the state
 * demands are put into the event first, so that a run gets deep.
 *
 *     advice: bit 0 put in references and turns | bit 1 put in sums | bits 2..7 time that passes, in ms
 */
#include <stddef.h>
#include <stdlib.h>

#include "engine/engine.h"
#include "sound.h"

#define CHECK(expression) ((expression) ? (void)0 : abort())

_Static_assert(offsetof(struct event_account_earned, balance) ==
                       offsetof(struct event_account_spent, balance) &&
                   sizeof(struct event_account_earned) == sizeof(struct event_account_spent),
               "earning and spending are mended alike");

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct engine *small_engine(void)
{
    struct engine_options options = {
        .members_max = 3,
        .coupons_max = 6,
        .campaigns_max = 3,
        .names_max = 2,
        .requests_max = 3,
        .request_window_ms = 300,
        .hash_seed = 1,
    };
    options.code_keys.live[0] = options.code_keys.live[2] = true;
    struct engine *engine = engine_create(&options);
    CHECK(engine != NULL);
    return engine;
}

/* What is admitted is also written the way it was read. */
static void encode_again(const struct event *event)
{
    static uint8_t bytes[EVENT_BYTES_MAX];
    struct event again;
    size_t consumed = 0;
    size_t length = event_encode(event, bytes, sizeof(bytes));
    CHECK(length > 0);
    CHECK(event_decode(bytes, length, &again, &consumed) == EVENT_FINE);
    CHECK(consumed == length && again.type == event->type);
}

static uint32_t one_of(const struct pool *pool, uint32_t number)
{
    return pool->count > 1 ? 1 + number % (pool->count - 1) : 1;
}

static void mend_references(struct engine *engine, struct event *event)
{
    struct event_coupon_issued *issued = &event->as.coupon_issued;
    struct event_account_earned *moved = &event->as.account_earned; /* spent has the same fields */
    uint32_t campaign;
    switch (event->type) {
    case EVENT_CLOCK_MOVED:
        event->as.clock_moved.time_ms &= 63;
        event->as.clock_moved.time_ms += engine->time_ms;
        break;
    case EVENT_NAME_ADDED:
        event->as.name_added.kind %= NAME_KINDS;
        event->as.name_added.number = engine->names[event->as.name_added.kind].pool.count;
        break;
    case EVENT_MEMBER_CREATED:
        event->as.member_created.member = engine->members.pool.count;
        break;
    case EVENT_CAMPAIGN_DEFINED:
        campaign = campaign_find(&engine->campaigns, event->as.campaign_defined.id, 0);
        event->as.campaign_defined.campaign = campaign != 0 ? campaign
                                                            : engine->campaigns.pool.count;
        event->as.campaign_defined.value_kind = VALUE_EXCHANGE;
        break;
    case EVENT_COUPON_ISSUED:
        issued->serial = engine->coupons.pool.count;
        issued->member = one_of(&engine->members.pool, issued->member);
        issued->campaign = one_of(&engine->campaigns.pool, issued->campaign);
        break;
    case EVENT_ACCOUNT_EARNED:
    case EVENT_ACCOUNT_SPENT:
        moved->member = one_of(&engine->members.pool, moved->member);
        moved->asset = one_of(&engine->names[NAME_ASSET].pool, moved->asset);
        break;
    default:
        break;
    }
}

static void mend_sums(struct engine *engine, struct event *event)
{
    struct event_coupon_issued *issued = &event->as.coupon_issued;
    struct event_account_earned *moved = &event->as.account_earned;
    if (event->type == EVENT_COUPON_ISSUED) {
        uint32_t newest = coupon_newest(&engine->coupons, issued->member, issued->campaign);
        uint16_t held = newest == 0 ? 0 : coupon_at(&engine->coupons, newest)->nth;
        issued->nth = (uint16_t)(held + 1);
    }
    bool earned = event->type == EVENT_ACCOUNT_EARNED;
    if ((earned || event->type == EVENT_ACCOUNT_SPENT) &&
        pool_has(&engine->members.pool, moved->member)) {
        const struct member *member = member_at(&engine->members, moved->member);
        uint32_t account = account_find(&engine->accounts, member, moved->asset);
        int64_t before = account == 0 ? 0 : account_at(&engine->accounts, account)->balance;
        moved->amount &= BALANCE_MAX >> (moved->amount & 31);
        moved->balance = before + (earned ? moved->amount : -moved->amount);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct engine *engine = small_engine();
    const uint8_t *end = data + size;
    uint64_t hash = engine_state_hash(engine);
    int64_t time_ms = 1000;
    while (data < end) {
        struct event event;
        size_t consumed = 0;
        uint8_t advice = *data++;
        time_ms = (time_ms > engine->time_ms ? time_ms : engine->time_ms) + (advice >> 2);
        if (event_decode(data, (size_t)(end - data), &event, &consumed) != EVENT_FINE) {
            break;
        }
        CHECK(consumed >= EVENT_HEAD_BYTES);
        data += consumed;
        if ((advice & 1) != 0) {
            mend_references(engine, &event);
        }
        if ((advice & 2) != 0) {
            mend_sums(engine, &event);
        }
        if (engine_admits(engine, &event) == NULL) {
            encode_again(&event);
            engine_apply(engine, time_ms, &event);
            hash = engine_state_hash(engine);
        } else {
            CHECK(engine_state_hash(engine) == hash);
        }
    }
    sound(engine);
    engine_destroy(&engine);
    return 0;
}
