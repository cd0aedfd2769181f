/* coupon.c -- claims: each check with its own answer, in the documented order, and exact counts. */
#include "engine/coupon.h"

#include <criterion/criterion.h>
#include <stdio.h>

#include "tests/lib/dice.h"
#include "tests/lib/engine_story.h"

static struct story story;

static void begin(void)
{
    story_begin(&story, NULL);
}

static void end(void)
{
    story_end(&story);
}

TestSuite(coupon, .init = begin, .fini = end);

Test(coupon, a_claim_is_answered_with_a_coupon_until_the_stock_is_gone)
{
    static const struct scene scenes[] = {
        {10, "PUT sale stock=3", "OK created"},
        {11, "START sale", "OK running"},
        {12, "CLAIM m1 sale", "OK 1"},
        {13, "CLAIM m2 sale", "OK 2"},
        {13, "CLAIM m3 sale", "OK 3"},
        {14, "CLAIM m4 sale", "SOLD_OUT 3"},
        {15, "RESTOCK sale 1 expect=3", "OK 4"},
        {16, "CLAIM m4 sale", "OK 4"},
        {17, "CLAIM m5 sale", "SOLD_OUT 4"},
        {18, "SHOW sale", "OK sale running 4 4 1 0 0 0 sale"},
    };
    STORY_PLAY(&story, scenes);
}

Test(coupon, with_a_limit_of_one_a_second_claim_shows_the_first_coupon)
{
    static const struct scene scenes[] = {
        {10, "PUT sale stock=9", "OK created"}, {10, "PUT other stock=9", "OK created"},
        {10, "START sale", "OK running"},       {10, "START other", "OK running"},
        {11, "CLAIM m1 sale", "OK 1"},          {12, "CLAIM m2 sale", "OK 2"},
        {13, "CLAIM m1 sale", "DUPLICATE 1"},   {14, "CLAIM m1 other", "OK 3"},
        {15, "CLAIM m1 sale", "DUPLICATE 1"},   {15, "CLAIM m2 sale", "DUPLICATE 2"},
        {15, "CLAIM m1 other", "DUPLICATE 3"},
    };
    STORY_PLAY(&story, scenes);
}

Test(coupon, with_a_higher_limit_the_answer_has_the_count_and_the_cap)
{
    static const struct scene scenes[] = {
        {10, "PUT sale stock=9 per=3", "OK created"},
        {10, "START sale", "OK running"},
        {11, "CLAIM m1 sale", "OK 1"},
        {11, "CLAIM m1 sale", "OK 2"},
        {11, "CLAIM m1 sale", "OK 3"},
        {12, "CLAIM m1 sale", "LIMIT per_member 3 3"},
        {13, "CLAIM m2 sale", "OK 4"},
        {14, "PUT sale stock=9 per=2", "OK updated"},
        {15, "CLAIM m1 sale", "LIMIT per_member 3 2"},
        {16, "CLAIM m2 sale", "OK 5"},
        {17, "CLAIM m2 sale", "LIMIT per_member 2 2"},
        {18, "PUT sale stock=9 per=1", "OK updated"},
        {19, "CLAIM m1 sale", "DUPLICATE 3"},
        {20, "PUT sale stock=9 per=4", "OK updated"},
        {21, "CLAIM m1 sale", "OK 6"},
    };
    STORY_PLAY(&story, scenes);
}

/* REQUEST_MISMATCH, UNKNOWN_CAMPAIGN, NOT_OPEN, ENDED, PAUSED, DUPLICATE or LIMIT, SOLD_OUT, FULL. */
Test(coupon, where_several_reasons_apply_the_first_of_the_order_is_given)
{
    static const struct scene scenes[] = {
        {10, "PUT sale stock=2", "OK created"},
        {10, "START sale", "OK running"},
        {11, "CLAIM m1 sale request=r", "OK 1"},
        {11, "CLAIM m2 sale", "OK 2"},
        /* a mismatch before an unknown campaign, a duplicate */
        {12, "CLAIM m1 none request=r", "REQUEST_MISMATCH"},
        {12, "CLAIM m1 sale request=r store=s", "REQUEST_MISMATCH"},
        {12, "CLAIM m1 none", "UNKNOWN_CAMPAIGN"},
        /* a duplicate before sold out */
        {13, "CLAIM m1 sale", "DUPLICATE 1"},
        {13, "CLAIM m3 sale", "SOLD_OUT 2"},
        /* paused before a duplicate and before sold out; a repeated request before all */
        {14, "PAUSE sale", "OK paused"},
        {14, "CLAIM m1 sale", "PAUSED"},
        {14, "CLAIM m3 sale", "PAUSED"},
        {14, "CLAIM m1 sale request=r", "OK 1"},
        /* ended before paused, a duplicate, sold out */
        {15, "PUT sale stock=2 ends=15", "OK updated"},
        {15, "CLAIM m1 sale", "ENDED 15"},
        {15, "CLAIM m3 sale", "ENDED 15"},
        /* not open before ended, paused, a duplicate, sold out */
        {16, "PUT sale stock=2 opens=90 ends=15", "OK updated"},
        {16, "CLAIM m1 sale", "NOT_OPEN 90"},
        {16, "CLAIM m3 sale", "NOT_OPEN 90"},
        {16, "START sale", "OK running"},
        {16, "CLAIM m1 sale", "NOT_OPEN 90"},
        /* stopped: it will never open, so it has ended */
        {17, "STOP sale", "OK stopped"},
        {18, "CLAIM m1 sale", "ENDED 17"},
        {18, "CLAIM m3 sale", "ENDED 17"},
        {18, "CLAIM m1 sale request=r", "OK 1"},
        /* a draft is not open, whatever its window says */
        {20, "PUT late opens=5 ends=15", "OK created"},
        {20, "CLAIM m1 late", "NOT_OPEN 0"},
    };
    STORY_PLAY(&story, scenes);
}

Test(coupon, a_limit_comes_before_sold_out)
{
    static const struct scene scenes[] = {
        {10, "PUT sale stock=2 per=2", "OK created"},
        {10, "START sale", "OK running"},
        {11, "CLAIM m1 sale", "OK 1"},
        {11, "CLAIM m1 sale", "OK 2"},
        {12, "CLAIM m1 sale", "LIMIT per_member 2 2"},
        {12, "CLAIM m2 sale", "SOLD_OUT 2"},
    };
    STORY_PLAY(&story, scenes);
}

Test(coupon, sold_out_comes_before_full)
{
    struct engine_options options = story_options();
    options.members_max = 1;
    story_end(&story);
    story_begin(&story, &options);
    static const struct scene scenes[] = {
        {10, "PUT sale stock=1", "OK created"},  {10, "START sale", "OK running"},
        {11, "CLAIM m1 sale", "OK 1"},           {12, "CLAIM m2 sale", "SOLD_OUT 1"},
        {13, "RESTOCK sale 1 expect=1", "OK 2"}, {14, "CLAIM m2 sale", "FULL members"},
        {15, "PAUSE sale", "OK paused"},         {16, "CLAIM m2 sale", "PAUSED"},
    };
    STORY_PLAY(&story, scenes);
}

Test(coupon, a_window_opens_with_its_first_and_ends_before_its_last_millisecond)
{
    static const struct scene scenes[] = {
        {1, "PUT sale stock=9 opens=1000 ends=2000", "OK created"},
        {1, "CLAIM m1 sale", "NOT_OPEN 1000"},
        {2, "START sale", "OK running"},
        {999, "CLAIM m1 sale", "NOT_OPEN 1000"},
        {1000, "CLAIM m1 sale", "OK 1"},
        {1999, "CLAIM m2 sale", "OK 2"},
        {2000, "CLAIM m3 sale", "ENDED 2000"},
        {2001, "CLAIM m3 sale", "ENDED 2000"},
        /* no journaled event moved the time past the end, so a later window opens it again */
        {2001, "PUT sale stock=9 opens=1000 ends=3000", "OK updated"},
        {2999, "PAUSE sale", "OK paused"},
        {2999, "CLAIM m3 sale", "PAUSED"},
        {3000, "CLAIM m3 sale", "ENDED 3000"},
    };
    STORY_PLAY(&story, scenes);
}

Test(coupon, a_campaign_issues_from_its_start_to_its_stop_and_not_while_paused)
{
    static const struct scene scenes[] = {
        {50, "PUT sale stock=9", "OK created"}, {50, "CLAIM m1 sale", "NOT_OPEN 0"},
        {51, "START sale", "OK running"},       {51, "CLAIM m1 sale", "OK 1"},
        {52, "PAUSE sale", "OK paused"},        {52, "CLAIM m2 sale", "PAUSED"},
        {53, "START sale", "OK running"},       {53, "CLAIM m2 sale", "OK 2"},
        {54, "STOP sale", "OK stopped"},        {54, "CLAIM m3 sale", "ENDED 54"},
        {99, "CLAIM m3 sale", "ENDED 54"},      {99, "CLAIM m1 sale", "ENDED 54"},
    };
    STORY_PLAY(&story, scenes);
}

Test(coupon, a_clock_that_goes_back_is_not_believed)
{
    static const struct scene scenes[] = {
        {1500, "PUT sale stock=9 opens=1000 ends=2000", "OK created"},
        {900, "START sale", "OK running"},
        {900, "CLAIM m1 sale", "OK 1"}, /* 1500 was journaled: it is 1500 */
        {900, "COUPON 1", "OK 1 m1 sale issued 1500   "},
    };
    STORY_PLAY(&story, scenes);
}

Test(coupon, a_refusal_creates_nobody_and_adds_no_name)
{
    static const char *const refused[] = {
        "CLAIM new none channel=c1 store=s1 staff=f1 request=q1",
        "CLAIM new draft channel=c1 store=s1 staff=f1 request=q1",
        "CLAIM new paused channel=c1 store=s1 staff=f1 request=q1",
        "CLAIM new ended channel=c1 store=s1 staff=f1 request=q1",
        "CLAIM new empty channel=c1 store=s1 staff=f1 request=q1",
        "CLAIM old empty channel=c1 store=s1 staff=f1 request=q1",
    };
    static const struct scene scenes[] = {
        {10, "PUT draft", "OK created"},         {10, "PUT paused", "OK created"},
        {10, "START paused", "OK running"},      {10, "PAUSE paused", "OK paused"},
        {10, "PUT ended", "OK created"},         {10, "STOP ended", "OK stopped"},
        {10, "PUT empty stock=1", "OK created"}, {10, "START empty", "OK running"},
        {10, "CLAIM old empty", "OK 1"},
    };
    STORY_PLAY(&story, scenes);
    uint64_t hash = engine_state_hash(story.engine);
    for (size_t at = 0; at < sizeof(refused) / sizeof(refused[0]); at++) {
        story_tell(&story, 20, "%s", refused[at]);
        cr_assert_neq(story.outcome.refusal, REFUSAL_NONE, "%s", refused[at]);
        cr_assert_eq(story.outcome.event_count, 0u);
        cr_assert_eq(story.engine->members.pool.count, 2u);
        for (uint32_t kind = 0; kind < NAME_KINDS; kind++) {
            cr_assert_eq(story.engine->names[kind].pool.count, 1u);
        }
        cr_assert_eq(story.engine->requests.bound, 0u);
        cr_assert_eq(engine_state_hash(story.engine), hash);
    }
}

Test(coupon, a_claim_is_one_group_with_each_thing_before_what_names_it)
{
    story_tell(&story, 10, "PUT sale stock=2");
    story_tell(&story, 10, "START sale");
    story_tell(&story, 11, "CLAIM m1 sale channel=app store=s1 staff=f1 request=q");
    static const enum event_type first[] = {EVENT_MEMBER_CREATED, EVENT_NAME_ADDED,
                                            EVENT_NAME_ADDED,     EVENT_NAME_ADDED,
                                            EVENT_COUPON_ISSUED,  EVENT_REQUEST_BOUND};
    cr_assert_eq(story.outcome.event_count, 6u);
    for (uint32_t at = 0; at < 6; at++) {
        cr_assert_eq(story.outcome.events[at].type, first[at], "event %u", at);
    }
    story_tell(&story, 11, "CLAIM m2 sale channel=app store=s1 staff=f1");
    cr_assert_eq(story.outcome.event_count, 2u);
    cr_assert_eq(story.outcome.events[0].type, EVENT_MEMBER_CREATED);
    const struct event_coupon_issued *issued = &story.outcome.events[1].as.coupon_issued;
    cr_assert_eq(issued->serial, 2u);
    cr_assert_eq(issued->member, 2u);
    cr_assert_eq(issued->nth, 1u);
    cr_assert_eq(issued->channel, 1u);
}

Test(coupon, a_coupon_is_shown_by_its_code)
{
    static const struct scene scenes[] = {
        {10, "PUT sale stock=9", "OK created"},
        {10, "START sale", "OK running"},
        {11, "CLAIM m1 sale channel=app store=s1 staff=f1", "OK 1"},
        {12, "CLAIM m2 sale channel=app store=s2", "OK 2"},
        {13, "CLAIM m3 sale", "OK 3"},
        {14, "COUPON 1", "OK 1 m1 sale issued 11 app s1 f1"},
        {14, "COUPON 2", "OK 2 m2 sale issued 12 app s2 "},
        {14, "COUPON 3", "OK 3 m3 sale issued 13   "},
        {14, "COUPON 4", "UNKNOWN_COUPON"},
        {14, "COUPON 0", "UNKNOWN_COUPON"},
        {14, "COUPON 68719476735", "UNKNOWN_COUPON"},
        {14, "COUPON 0000-0000-0000-0000-0000", "UNKNOWN_COUPON"},
        {14, "COUPON nonsense", "UNKNOWN_COUPON"},
    };
    STORY_PLAY(&story, scenes);
}

Test(coupon, a_code_made_with_another_live_key_is_not_that_coupon)
{
    story_tell(&story, 10, "PUT sale");
    story_tell(&story, 10, "START sale");
    story_tell(&story, 10, "CLAIM m1 sale");
    char code[CODE_BYTES + 1] = {0};
    code_write(&story.engine->options.code_keys, 3, 1, code);
    cr_assert_str_eq(story_tell(&story, 11, "COUPON %s", code), "UNKNOWN_COUPON");
}

Test(coupon, a_member_s_coupons_are_listed_newest_first_in_pages)
{
    static const struct scene scenes[] = {
        {10, "PUT sale stock=99 per=9", "OK created"},
        {10, "START sale", "OK running"},
        {11, "COUPONS m1", "UNKNOWN_MEMBER"},
        {11, "EARN m3 points 1", "OK 1"},
        {11, "COUPONS m3", "OK 0"},
        {11, "CLAIM m1 sale", "OK 1"},
        {11, "CLAIM m2 sale", "OK 2"},
        {12, "CLAIM m1 sale", "OK 3"},
        {13, "CLAIM m1 sale", "OK 4"},
        {14, "CLAIM m1 sale", "OK 5"},
        {15, "COUPONS m1", "OK 4 5 4 3 1"},
        {15, "COUPONS m1 limit=2", "OK 4 5 4"},
        {15, "COUPONS m1 limit=2 before=4", "OK 4 3 1"},
        {15, "COUPONS m1 before=3", "OK 4 1"},
        {15, "COUPONS m1 before=1", "OK 4"},
        {15, "COUPONS m2", "OK 1 2"},
        {15, "COUPONS m1 before=2", "UNKNOWN_COUPON"}, /* another's */
        {15, "COUPONS m1 before=6", "UNKNOWN_COUPON"},
        {15, "COUPONS m1 before=nonsense", "UNKNOWN_COUPON"},
    };
    STORY_PLAY(&story, scenes);
}

Test(coupon, a_page_has_a_hundred_coupons_when_the_caller_does_not_say)
{
    story_tell(&story, 10, "PUT sale stock=200 per=200");
    story_tell(&story, 10, "START sale");
    for (int claim = 0; claim < 150; claim++) {
        story_tell(&story, 10, "CLAIM m1 sale");
    }
    story_tell(&story, 10, "COUPONS m1");
    cr_assert_eq(story.outcome.numbers[0], 100);
}

/* --- exactness ---------------------------------------------------------------------------------- */

#define MODEL_MEMBERS 300
#define MODEL_CAMPAIGNS 4

/* What a claim must answer, kept in plain arrays by someone who never saw the engine. */
struct model {
    int64_t now;
    uint32_t serial;
    struct {
        const char *state;
        int stock, issued, per;
        int64_t opens, ends, stopped;
    } campaigns[MODEL_CAMPAIGNS];
    uint16_t held[MODEL_MEMBERS][MODEL_CAMPAIGNS];
    uint32_t newest[MODEL_MEMBERS][MODEL_CAMPAIGNS];
};

static struct model model;

static void model_claim(int member, int at, char *answer, size_t room)
{
    int held = model.held[member][at];
    if (model.campaigns[at].state[0] == 's') {
        snprintf(answer, room, "ENDED %lld", (long long)model.campaigns[at].stopped);
    } else if (model.campaigns[at].state[0] == 'd' || model.now < model.campaigns[at].opens) {
        bool to_come = model.now < model.campaigns[at].opens;
        snprintf(answer, room, "NOT_OPEN %lld", to_come ? (long long)model.campaigns[at].opens : 0);
    } else if (model.campaigns[at].ends > 0 && model.now >= model.campaigns[at].ends) {
        snprintf(answer, room, "ENDED %lld", (long long)model.campaigns[at].ends);
    } else if (model.campaigns[at].state[0] == 'p') {
        snprintf(answer, room, "PAUSED");
    } else if (held >= model.campaigns[at].per && model.campaigns[at].per == 1) {
        snprintf(answer, room, "DUPLICATE %u", model.newest[member][at]);
    } else if (held >= model.campaigns[at].per) {
        snprintf(answer, room, "LIMIT per_member %d %d", held, model.campaigns[at].per);
    } else if (model.campaigns[at].issued >= model.campaigns[at].stock) {
        snprintf(answer, room, "SOLD_OUT %d", model.campaigns[at].stock);
    } else {
        model.campaigns[at].issued++;
        model.held[member][at]++;
        model.newest[member][at] = ++model.serial;
        snprintf(answer, room, "OK %u", model.serial);
    }
}

/* Starts, pauses or restocks a campaign; now and then, stops it. */
static void model_operate(uint64_t *dice, int at)
{
    const char *state = model.campaigns[at].state;
    uint32_t what = dice_below(dice, 200);
    const char *answer;
    if (state[0] == 's') {
        return;
    }
    if (what == 0) {
        answer = story_tell(&story, model.now, "STOP c%d", at);
        cr_assert_str_eq(answer, "OK stopped");
        model.campaigns[at].state = "stopped";
        model.campaigns[at].stopped = model.now;
    } else if (what < 60 && state[0] == 'r') {
        answer = story_tell(&story, model.now, "PAUSE c%d", at);
        cr_assert_str_eq(answer, "OK paused");
        model.campaigns[at].state = "paused";
    } else if (what < 160) {
        answer = story_tell(&story, model.now, "START c%d", at);
        cr_assert_str_eq(answer, "OK running");
        model.campaigns[at].state = "running";
    } else {
        int delta = (int)dice_below(dice, 200);
        story_tell(&story, model.now, "RESTOCK c%d %d expect=%d", at, delta,
                   model.campaigns[at].stock);
        model.campaigns[at].stock += delta;
        cr_assert_eq(story.outcome.numbers[0], model.campaigns[at].stock);
    }
}

static void model_begin(void)
{
    struct engine_options options = story_options();
    options.members_max = MODEL_MEMBERS;
    options.coupons_max = 20000;
    story_end(&story);
    story_begin(&story, &options);
    story.watch = false;
    static const int per[] = {1, 3, 40, 7};
    static const int64_t opens[] = {0, 3000, 0, 100};
    static const int64_t ends[] = {0, 20000, 30000, 0};
    static const int stock[] = {200, 500, 3000, 1};
    for (int at = 0; at < MODEL_CAMPAIGNS; at++) {
        model.campaigns[at].state = "draft";
        model.campaigns[at].stock = stock[at];
        model.campaigns[at].per = per[at];
        model.campaigns[at].opens = opens[at];
        model.campaigns[at].ends = ends[at];
        story_tell(&story, 0, "PUT c%d stock=%d per=%d opens=%lld ends=%lld", at, stock[at],
                   per[at], (long long)opens[at], (long long)ends[at]);
    }
}

Test(coupon, fifty_thousand_claims_in_random_order_are_answered_as_a_simple_model_says)
{
    uint64_t dice = 20111111;
    model_begin();
    uint32_t accepted = 0;
    for (int claim = 0; claim < 50000; claim++) {
        model.now += dice_below(&dice, 2);
        int at = (int)dice_below(&dice, MODEL_CAMPAIGNS);
        if (dice_below(&dice, 100) == 0) {
            model_operate(&dice, at);
        }
        int member = (int)dice_below(&dice, MODEL_MEMBERS);
        char expected[64];
        model_claim(member, at, expected, sizeof(expected));
        const char *answer = story_tell(&story, model.now, "CLAIM m%d c%d", member, at);
        cr_assert_str_eq(answer, expected, "claim %d: m%d c%d at %lld: %s, expected %s", claim,
                         member, at, (long long)model.now, answer, expected);
        accepted += answer[0] == 'O' && answer[1] == 'K';
    }
    cr_assert_gt(accepted, 2000u, "only %u accepted: the test says little", accepted);
    for (int at = 0; at < MODEL_CAMPAIGNS; at++) {
        story_tell(&story, model.now, "SHOW c%d", at);
        const struct campaign *campaign = campaign_at(&story.engine->campaigns, (uint32_t)at + 1);
        cr_assert_eq(campaign->issued, (uint64_t)model.campaigns[at].issued);
        cr_assert_eq(campaign->stock, (uint64_t)model.campaigns[at].stock);
    }
}
