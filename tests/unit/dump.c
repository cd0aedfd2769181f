/* dump.c -- a state as events and back is the same state, and lives on like it. */
#include "engine/dump.h"

#include <criterion/criterion.h>

#include "tests/lib/dice.h"
#include "tests/lib/dump_taken.h"

static struct story story;
static struct story again;
static struct taken taken;

static void begin(void)
{
    taken_story(&story);
}

static void end(void)
{
    story_end(&story);
}

TestSuite(dump, .init = begin, .fini = end);

/* --- the same state ----------------------------------------------------------------------------- */

Test(dump, a_small_state_comes_back)
{
    taken_dump(&taken, story.engine);
    story_begin(&again, NULL);
    cr_assert_null(taken_restore(&taken, again.engine));
    cr_assert_eq(engine_state_hash(again.engine), engine_state_hash(story.engine));
    static const struct scene scenes[] = {
        {1300, "SHOW sale", "OK sale running 9 4 3 0 0 0 sale"},
        {1300, "SHOW over", "OK over stopped 1 0 1 0 0 120 over"},
        {1300, "COUPON 1", "OK 1 m1 sale issued 210 app s1 f1"},
        {1300, "COUPONS m1", "OK 4 5 3 2 1"},
        {1300, "BALANCE m1", "OK points 13 stamps 4"},
        {1300, "MEMBER a-member-with-an-id-of-more-than-31-bytes",
         "OK a-member-with-an-id-of-more-than-31-bytes 1120 1"},
        {1300, "CLAIM m1 sale channel=app store=s1 staff=f1 request=r1", "OK 5"},
        {1300, "CLAIM m1 sale", "LIMIT per_member 3 3"},
        {1300, "CLAIM m2 tiny", "SOLD_OUT 1"},
    };
    STORY_PLAY(&again, scenes);
    story_end(&again);
}

Test(dump, an_engine_to_which_nothing_happened_comes_back)
{
    story_begin(&again, NULL);
    taken_dump(&taken, again.engine);
    cr_assert_eq(taken.count, 1u);
    cr_assert_null(taken_restore(&taken, again.engine));
    cr_assert_eq(again.engine->seq, 0u);
    cr_assert_str_eq(story_tell(&again, 10, "PUT sale"), "OK created");
    story_end(&again);
}

Test(dump, a_dump_changes_nothing_and_is_the_same_twice)
{
    uint64_t hash = engine_state_hash(story.engine);
    taken_dump(&taken, story.engine);
    cr_assert_eq(engine_state_hash(story.engine), hash);
    story_begin(&again, NULL);
    cr_assert_null(taken_restore(&taken, again.engine));
    static uint8_t first[sizeof(taken.bytes)];
    memcpy(first, taken.bytes, sizeof(taken.bytes));
    taken_dump(&taken, again.engine);
    cr_assert_eq(memcmp(first, taken.bytes, sizeof(taken.bytes)), 0);
    story_end(&again);
}

Test(dump, an_engine_is_cleared_in_place_and_restored)
{
    story_begin(&again, NULL);
    uint64_t empty = engine_state_hash(again.engine);
    taken_dump(&taken, story.engine);
    for (int round = 0; round < 3; round++) {
        cr_assert_null(taken_restore(&taken, again.engine));
        cr_assert_eq(engine_state_hash(again.engine), engine_state_hash(story.engine));
        cr_assert(engine_clear(again.engine));
        cr_assert_eq(engine_state_hash(again.engine), empty);
    }
    /* Also half way, and after a refusal. */
    taken.count -= 3;
    cr_assert_not_null(taken_restore(&taken, again.engine));
    cr_assert(engine_clear(again.engine));
    taken.count += 3;
    cr_assert_null(taken_restore(&taken, again.engine));
    cr_assert_eq(engine_state_hash(again.engine), engine_state_hash(story.engine));
    story_end(&again);
}

Test(dump, principals_come_back_with_their_numbers)
{
    (void)story_principal(&story, 1300, "ops");
    (void)story_principal(&story, 1300, "till");
    taken_dump(&taken, story.engine);
    story_begin(&again, NULL);
    cr_assert_null(taken_restore(&taken, again.engine));
    cr_assert_eq(engine_state_hash(again.engine), engine_state_hash(story.engine));
    cr_assert_eq(name_find(&again.engine->names[NAME_PRINCIPAL], TEXT("till")), 2u);
    cr_assert_eq(story_principal(&again, 1300, "new"), 3u);
    story_end(&again);
}

/* --- a long random run -------------------------------------------------------------------------- */

#define RUN_LINES 6000
#define RUN_CHECKS 12

static struct engine_options run_options(void)
{
    struct engine_options options = story_options();
    options.members_max = 900;
    options.coupons_max = 5000;
    options.campaigns_max = 9;
    options.names_max = 12;
    options.requests_max = 60;
    return options;
}

/* One random line about few members and campaigns, so that most things meet. */
static void tell_random(struct story *told, uint64_t dice, int64_t now)
{
    uint32_t what = dice_below(&dice, 100);
    uint32_t member = dice_below(&dice, 950);
    uint32_t campaign = dice_below(&dice, 10);
    uint32_t number = dice_below(&dice, 14);
    uint32_t request = dice_below(&dice, 90);
    const char *padding = number == 0 ? "-with-an-id-that-is-rather-long-in-fact" : "";
    const char *asks = "none";
    if (number % 2 == 0) {
        asks = "request";
        member = request; /* the same ones again, so that ids are repeated, and bound anew */
    }
    if (what < 55) {
        story_tell(told, now, "CLAIM m%u%s c%u channel=ch%u store=s%u staff=f%u %s=r%u", member,
                   padding, campaign, number % 3, number, member % 7, asks, request);
    } else if (what < 67) {
        story_tell(told, now, "EARN m%u%s a%u %u %s=r%u", member, padding, number,
                   dice_below(&dice, 1000) + 1, asks, request);
    } else if (what < 75) {
        story_tell(told, now, "SPEND m%u a%u %u request=r%u", member % 9, number,
                   dice_below(&dice, 500) + 1, request);
    } else if (what < 80) {
        story_tell(told, now, "PUT c%u stock=%u per=%u ends=%lld name=%.*s", campaign,
                   number == 1 ? 9 : 700, number < 5 ? 1 : number,
                   number == 2 ? (long long)now + 900 : 0, (int)number,
                   "a-name-for-people-to-read");
    } else if (what < 90) {
        story_tell(told, now, "START c%u", campaign);
    } else if (what < 92) {
        story_tell(told, now, "PAUSE c%u", campaign);
    } else if (what < 93) {
        story_tell(told, now, number + request % 8 == 0 ? "STOP c%u" : "SHOW c%u", campaign);
    } else if (what < 96) {
        uint32_t index = campaign_find(&told->engine->campaigns, text_of("c0"), 0);
        uint64_t stock = index == 0 ? 0 : campaign_at(&told->engine->campaigns, index)->stock;
        story_tell(told, now, "RESTOCK c0 %u expect=%lu", number, stock);
    } else if (what < 98) {
        story_tell(told, now, "COUPONS m%u", member);
    } else {
        story_tell(told, now, "CLOCK %lld", (long long)now + (number == 0 ? 2500 : 0));
    }
}

/* Tells both the same lines, and holds all that they say against each other. */
static void live_on(uint64_t *dice, int64_t *now, int lines)
{
    for (int line = 0; line < lines; line++) {
        *now += dice_below(dice, 20);
        uint64_t roll = dice_roll(dice);
        tell_random(&story, roll, *now);
        tell_random(&again, roll, *now);
        cr_assert_str_eq(again.answer, story.answer);
        cr_assert_eq(again.outcome.gate, story.outcome.gate);
        cr_assert_eq(again.outcome.event_count, story.outcome.event_count);
    }
    cr_assert_eq(engine_state_hash(again.engine), engine_state_hash(story.engine));
}

Test(dump, a_restored_engine_lives_on_like_the_one_that_was_dumped)
{
    struct engine_options options = run_options();
    end();
    story_begin(&story, &options);
    story.watch = false;
    uint64_t dice = 20260101;
    int64_t now = 1000;
    uint32_t holes = 0;
    for (int check = 0; check < RUN_CHECKS; check++) {
        for (int line = 0; line < RUN_LINES / RUN_CHECKS; line++) {
            /* Shortly before the dump all request ids expire: few are forgotten yet, some bound anew. */
            now += line == RUN_LINES / RUN_CHECKS - 20 ? 2500 : dice_below(&dice, 20);
            tell_random(&story, dice_roll(&dice), now);
        }
        options.hash_seed = 100 + (uint64_t)check;
        story_begin(&again, &options);
        again.watch = false;
        taken_dump(&taken, story.engine);
        cr_assert_null(taken_restore(&taken, again.engine));
        cr_assert_eq(engine_state_hash(again.engine), engine_state_hash(story.engine));
        /* Made at once, the tables are as large as those that grew. */
        cr_assert_eq(again.engine->coupons.pairs.bucket_count,
                     story.engine->coupons.pairs.bucket_count);
        cr_assert_eq(again.engine->coupons.pairs.mask, story.engine->coupons.pairs.mask);
        cr_assert_eq(again.engine->members.table.bucket_count,
                     story.engine->members.table.bucket_count);
        for (uint32_t at = 0; at < taken.count; at++) {
            holes += taken.events[at].type == EVENT_REQUEST_STATE &&
                     taken.events[at].as.request_state.bound_at_ms == REQUEST_FORGOTTEN_MS;
        }
        live_on(&dice, &now, 200);
        story_end(&again);
    }
    /* The run has met what it is for, or it says little. */
    cr_assert_gt(story.engine->coupons.pool.count, 1000u);
    cr_assert_gt(story.engine->coupons.pool.count - 1, story.engine->coupons.pairs.count);
    cr_assert_gt(story.engine->accounts.count, 100u);
    cr_assert_gt(story.engine->requests.forgotten, 100u);
    cr_assert_gt(holes, 0u);
}
