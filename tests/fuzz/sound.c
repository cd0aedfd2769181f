/* sound.c -- sums, and every look-up: of the tables a state's hash says nothing. */
#include "sound.h"

#include "engine/bug.h"

static void campaigns_sound(const struct engine *engine)
{
    const struct campaigns *campaigns = &engine->campaigns;
    uint64_t issued = 0;
    for (uint32_t index = 1; index < campaigns->pool.count; index++) {
        const struct campaign *campaign = campaign_at(campaigns, index);
        ASSERT(campaign->issued <= campaign->stock);
        ASSERT(campaign_find(campaigns, campaign_id(campaign), 0) == index);
        issued += campaign->issued;
    }
    ASSERT(issued + 1 == engine->coupons.pool.count);
}

static void members_sound(const struct engine *engine)
{
    const struct members *members = &engine->members;
    for (uint32_t index = 1; index < members->pool.count; index++) {
        const struct member *member = member_at(members, index);
        ASSERT(member_find(members, member_id(members, member), 0) == index);
    }
    for (uint32_t index = 1; index < engine->accounts.count; index++) {
        const struct account *account = account_at(&engine->accounts, index);
        ASSERT(account->balance >= 0 && account->balance <= BALANCE_MAX);
        ASSERT(pool_has(&members->pool, account->member));
        const struct member *member = member_at(members, account->member);
        ASSERT(account_find(&engine->accounts, member, account->asset) == index);
        ASSERT(member->first_asset != account->asset || member->first_balance == account->balance);
    }
}

static void coupons_sound(const struct engine *engine)
{
    const struct coupons *coupons = &engine->coupons;
    for (uint32_t index = 1; index < coupons->pool.count; index++) {
        const struct coupon *coupon = coupon_at(coupons, index);
        uint32_t newest = coupon_newest(coupons, coupon->member, coupon->campaign);
        ASSERT(newest >= index);
        ASSERT((newest == index) == (coupon_at(coupons, newest)->nth == coupon->nth));
    }
}

static void requests_sound(const struct engine *engine)
{
    const struct requests *requests = &engine->requests;
    ASSERT(requests->forgotten <= requests->bound);
    ASSERT(requests->bound - requests->forgotten <= requests->limit);
    for (uint64_t number = requests->forgotten; number < requests->bound; number++) {
        const struct request *request = request_at(requests, number);
        uint32_t index = 1 + (uint32_t)(number % requests->limit);
        ASSERT(request_is_forgotten(request) || request_find(requests, request->key) == index);
    }
}

void sound(const struct engine *engine)
{
    for (uint32_t kind = 0; kind < NAME_KINDS; kind++) {
        const struct names *names = &engine->names[kind];
        for (uint32_t number = 1; number < names->pool.count; number++) {
            ASSERT(name_find(names, name_show(names, number)) == number);
        }
    }
    campaigns_sound(engine);
    members_sound(engine);
    coupons_sound(engine);
    requests_sound(engine);
}
