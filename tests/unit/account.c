/* account.c -- amounts earned and spent, and balances that stay within their bounds. */
#include "engine/account.h"

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

TestSuite(account, .init = begin, .fini = end);

Test(account, what_is_earned_can_be_spent_and_no_more)
{
    static const struct scene scenes[] = {
        {10, "EARN m1 points 100", "OK 100"},
        {11, "EARN m1 points 50", "OK 150"},
        {12, "SPEND m1 points 151", "INSUFFICIENT 150 151"},
        {12, "SPEND m1 points 150", "OK 0"},
        {13, "SPEND m1 points 1", "INSUFFICIENT 0 1"},
        {14, "EARN m1 points 1", "OK 1"},
        {15, "SPEND m1 points 1000000000000", "INSUFFICIENT 1 1000000000000"},
        {16, "BALANCE m1 points", "OK 1"},
    };
    STORY_PLAY(&story, scenes);
}

Test(account, members_and_assets_have_accounts_of_their_own)
{
    static const struct scene scenes[] = {
        {10, "EARN m1 points 100", "OK 100"},
        {11, "EARN m2 points 7", "OK 7"},
        {12, "EARN m1 stamps 3", "OK 3"},
        {13, "EARN m1 points 1", "OK 101"},
        {14, "SPEND m2 stamps 1", "INSUFFICIENT 0 1"},
        {15, "BALANCE m1 points", "OK 101"},
        {15, "BALANCE m1 stamps", "OK 3"},
        {15, "BALANCE m2 stamps", "OK 0"},
        {15, "BALANCE m1 never", "OK 0"},
        {15, "BALANCE m1", "OK stamps 3 points 101"},
        {15, "BALANCE m2", "OK points 7"},
        {15, "MEMBER m1", "OK m1 10 0 stamps 3 points 101"},
    };
    STORY_PLAY(&story, scenes);
}

/* A member's record keeps the balance of the account that was opened first, of assets up to number 255. */
Test(account, every_balance_is_found_whichever_came_first_and_whatever_its_number)
{
    struct engine_options options = story_options();
    options.members_max = 100; /* four accounts for each */
    story_end(&story);
    story_begin(&story, &options);
    for (uint32_t asset = 1; asset <= 300; asset++) { /* their numbers, too */
        story_tell(&story, 10, "EARN m%u a%u %u", asset / 61, asset, asset);
    }
    static const uint32_t firsts[] = {1, 2, 254, 255, 256, 257, 300};
    for (uint32_t at = 0; at < sizeof(firsts) / sizeof(firsts[0]); at++) {
        uint32_t first = firsts[at];
        uint32_t other = 301 - first;
        cr_assert_str_eq(story_tell(&story, 11, "EARN x%u a%u 100", first, first), "OK 100");
        story_tell(&story, 12, "EARN x%u a%u 1000", first, other);
        story_tell(&story, 13, "EARN x%u a%u 5", first, first);
        story_tell(&story, 14, "SPEND x%u a%u 2", first, first);
        story_tell(&story, 15, "SPEND x%u a%u 10", first, other);
        cr_assert_str_eq(story_tell(&story, 16, "BALANCE x%u a%u", first, first), "OK 103");
        const struct member *member = member_at(&story.engine->members, story.outcome.member);
        cr_assert_eq(member->first_asset, first <= MEMBER_ASSETS_KEPT ? first : 0);
        cr_assert(first > MEMBER_ASSETS_KEPT || member->first_balance == 103);
        cr_assert_str_eq(story_tell(&story, 16, "BALANCE x%u a%u", first, other), "OK 990");
        cr_assert_str_eq(story_tell(&story, 16, "BALANCE x%u a60", first), "OK 0");
    }
}

Test(account, spending_and_asking_create_neither_a_member_nor_an_asset)
{
    static const struct scene scenes[] = {
        {10, "SPEND m1 points 1", "UNKNOWN_MEMBER"},   {10, "BALANCE m1", "UNKNOWN_MEMBER"},
        {10, "BALANCE m1 points", "UNKNOWN_MEMBER"},   {11, "EARN m2 points 5", "OK 5"},
        {12, "SPEND m2 stamps 1", "INSUFFICIENT 0 1"}, {12, "MEMBER m1", "UNKNOWN_MEMBER"},
    };
    STORY_PLAY(&story, scenes);
    cr_assert_eq(story.engine->names[NAME_ASSET].pool.count, 2u);
    cr_assert_eq(story.engine->accounts.count, 2u);
}

Test(account, a_balance_never_passes_what_every_client_can_count)
{
    story.watch = false;
    story_tell(&story, 10, "EARN m1 points 1000000000000");
    for (int times = 0; times < 8999; times++) {
        story_tell(&story, 10, "EARN m1 points 1000000000000");
    }
    static const struct scene scenes[] = {
        {11, "BALANCE m1 points", "OK 9000000000000000"},
        {11, "EARN m1 points 1", "LIMIT balance 9000000000000000 9000000000000000"},
        {12, "SPEND m1 points 5", "OK 8999999999999995"},
        {13, "EARN m1 points 6", "LIMIT balance 8999999999999995 9000000000000000"},
        {13, "EARN m1 points 5", "OK 9000000000000000"},
        {14, "EARN m2 points 5", "OK 5"},
    };
    story.watch = true;
    STORY_PLAY(&story, scenes);
}

Test(account, a_member_has_sixty_four_accounts_at_most)
{
    for (int asset = 0; asset < 64; asset++) {
        cr_assert_str_eq(story_tell(&story, 10, "EARN m1 asset%d 1", asset), "OK 1");
    }
    static const struct scene scenes[] = {
        {11, "EARN m1 asset64 1", "FULL accounts"}, {11, "EARN m1 asset0 1", "OK 2"},
        {11, "EARN m2 asset64 1", "OK 1"},          {12, "EARN m1 asset64 1", "FULL accounts"},
        {12, "BALANCE m1 asset64", "OK 0"},
    };
    STORY_PLAY(&story, scenes);
}

Test(account, the_accounts_of_all_members_have_a_limit_too)
{
    struct engine_options options = story_options();
    options.members_max = 2; /* four accounts for each, in all */
    end();
    story_begin(&story, &options);
    for (int asset = 0; asset < 7; asset++) {
        cr_assert_str_eq(story_tell(&story, 10, "EARN m1 asset%d 1", asset), "OK 1");
    }
    static const struct scene scenes[] = {
        {11, "EARN m2 asset0 1", "OK 1"},          {12, "EARN m2 asset1 1", "FULL accounts"},
        {12, "EARN m1 asset7 1", "FULL accounts"}, {13, "EARN m2 asset0 1", "OK 2"},
        {14, "EARN m3 asset0 1", "FULL members"},
    };
    STORY_PLAY(&story, scenes);
}

Test(account, ten_thousand_random_movements_add_up)
{
    static int64_t balances[20][5];
    uint64_t dice = 7;
    story.watch = false;
    for (int movement = 0; movement < 10000; movement++) {
        uint32_t member = dice_below(&dice, 20);
        uint32_t asset = dice_below(&dice, 5);
        int64_t amount = 1 + dice_below(&dice, 1000);
        int64_t *balance = &balances[member][asset];
        if (dice_below(&dice, 2) == 0) {
            *balance += amount;
            story_tell(&story, movement, "EARN m%u a%u %lld", member, asset, (long long)amount);
        } else {
            bool enough = *balance >= amount;
            *balance -= enough ? amount : 0;
            story_tell(&story, movement, "SPEND m%u a%u %lld", member, asset, (long long)amount);
            bool refused = story.outcome.refusal != REFUSAL_NONE;
            cr_assert_eq(refused, !enough);
        }
        if (story.outcome.refusal != REFUSAL_UNKNOWN_MEMBER) {
            cr_assert_eq(story.outcome.numbers[0], *balance, "movement %d", movement);
        }
    }
}
