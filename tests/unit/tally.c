/* tally.c -- what walks behind the coupons counts as one who goes over all of them. */
#include "net/tally.h"

#include <criterion/criterion.h>
#include <stdio.h>

#include "tests/lib/dice.h"
#include "tests/lib/engine_story.h"

#define COUPONS 3000U
#define CAMPAIGNS 4U
#define CHANNELS 5U
#define STORES 40U

static struct story story;
static uint32_t by_channel[CAMPAIGNS + 1][CHANNELS + 1];
static uint32_t by_store[CAMPAIGNS + 1][STORES + 1];

static void begin(void)
{
    struct engine_options options = story_options();
    options.members_max = COUPONS;
    options.coupons_max = COUPONS + 1;
    options.names_max = STORES + 1;
    story_begin(&story, &options);
    for (uint32_t at = 1; at <= CAMPAIGNS; at++) {
        story_tell(&story, 1, "PUT c%u stock=100000", at);
        story_tell(&story, 1, "START c%u", at);
    }
}

/* Lets members claim by the dice, and counts by hand. */
static void claim(uint64_t *dice, uint32_t count)
{
    static uint32_t member;
    for (uint32_t at = 0; at < count; at++) {
        uint32_t campaign = 1 + dice_below(dice, CAMPAIGNS);
        uint32_t channel = dice_below(dice, CHANNELS + 1);
        uint32_t store = dice_below(dice, STORES + 1);
        char where[64] = "";
        int length = channel == 0 ? 0 : snprintf(where, sizeof(where), " channel=h%u", channel);
        if (store > 0) {
            snprintf(where + length, sizeof(where) - (size_t)length, " store=s%u", store);
        }
        const char *answer = story_tell(&story, 2, "CLAIM m%u c%u%s", ++member, campaign, where);
        cr_assert_eq(strncmp(answer, "OK ", 3), 0, "%s", answer);
        by_channel[campaign][channel]++;
        by_store[campaign][store]++;
    }
}

/* Returns the number of a name; a name that nothing was issued with has none that the tally could know. */
static uint32_t number_of(enum name_kind kind, char letter, uint32_t number)
{
    char name[16];
    snprintf(name, sizeof(name), "%c%u", letter, number);
    uint32_t found = name_find(&story.engine->names[kind], text_of(name));
    return number == 0 ? 0 : found == 0 ? UINT32_MAX : found;
}

static uint32_t issued_of(const struct tally_line *top, uint32_t count, uint32_t name)
{
    for (uint32_t at = 0; at < count; at++) {
        if (top[at].name == name) {
            return top[at].issued;
        }
    }
    return 0;
}

static void expect_all(const struct tally *tally)
{
    struct tally_line top[TALLY_TOP_MAX];
    uint32_t names;
    uint32_t other;
    for (uint32_t campaign = 1; campaign <= CAMPAIGNS; campaign++) {
        uint32_t sum = 0;
        uint32_t count = tally_top(tally, campaign, TALLY_CHANNEL, top, TALLY_TOP_MAX, &names,
                                   &other);
        cr_assert_eq(count, names);
        cr_assert_eq(other, 0);
        for (uint32_t at = 0; at <= CHANNELS; at++) {
            cr_assert_eq(issued_of(top, count, number_of(NAME_CHANNEL, 'h', at)),
                         by_channel[campaign][at]);
            sum += by_channel[campaign][at];
        }
        count = tally_top(tally, campaign, TALLY_STORE, top, TALLY_TOP_MAX, &names, &other);
        for (uint32_t at = 0; at <= STORES; at++) {
            cr_assert_eq(issued_of(top, count, number_of(NAME_STORE, 's', at)),
                         by_store[campaign][at]);
        }
        cr_assert_eq(tally_of_campaign(tally, campaign), sum);
    }
}

Test(tally, counts_what_a_plain_loop_over_all_claims_counts)
{
    uint64_t dice = 7;
    struct tally *tally = tally_create(CAMPAIGNS, 1000);
    begin();
    for (uint32_t round = 0; round < COUPONS / 100; round++) {
        claim(&dice, 100);
        uint32_t last = story.engine->coupons.pool.count - 1;
        while (tally_go_on(tally, story.engine, last, 1 + dice_below(&dice, 60)) > 0) {
        }
        cr_assert_eq(tally_counted(tally), last);
        expect_all(tally);
    }
    tally_destroy(&tally);
    story_end(&story);
}

Test(tally, goes_no_further_than_told_and_no_faster)
{
    uint64_t dice = 8;
    struct tally *tally = tally_create(CAMPAIGNS, 1000);
    begin();
    claim(&dice, 100);
    cr_assert_eq(tally_go_on(tally, story.engine, 50, 30), 30);
    cr_assert_eq(tally_go_on(tally, story.engine, 50, 30), 20);
    cr_assert_eq(tally_go_on(tally, story.engine, 50, 30), 0);
    cr_assert_eq(tally_counted(tally), 50);
    cr_assert_eq(tally_go_on(tally, story.engine, 100, 1000), 50);
    expect_all(tally);
    tally_destroy(&tally);
    story_end(&story);
}

Test(tally, the_names_that_issued_most_come_first)
{
    uint64_t dice = 9;
    struct tally *tally = tally_create(CAMPAIGNS, 1000);
    struct tally_line all[TALLY_TOP_MAX];
    struct tally_line top[7];
    uint32_t names;
    uint32_t other;
    begin();
    claim(&dice, 2000);
    tally_go_on(tally, story.engine, 2000, 2000);
    uint32_t count = tally_top(tally, 2, TALLY_STORE, all, TALLY_TOP_MAX, &names, &other);
    cr_assert_eq(count, STORES + 1);
    for (uint32_t at = 1; at < count; at++) {
        cr_assert_geq(all[at - 1].issued, all[at].issued);
    }
    cr_assert_eq(tally_top(tally, 2, TALLY_STORE, top, 7, &names, &other), 7);
    cr_assert_eq(names, STORES + 1);
    for (uint32_t at = 0; at < 7; at++) {
        cr_assert_eq(top[at].issued, all[at].issued);
    }
    cr_assert_eq(tally_top(tally, 99, TALLY_STORE, top, 7, &names, &other), 0, "no such campaign");
    tally_destroy(&tally);
    story_end(&story);
}

Test(tally, what_has_no_room_is_still_in_the_sums)
{
    uint64_t dice = 10;
    struct tally *tally = tally_create(CAMPAIGNS, 10);
    begin();
    claim(&dice, 1000);
    tally_go_on(tally, story.engine, 1000, 1000);
    for (uint32_t campaign = 1; campaign <= CAMPAIGNS; campaign++) {
        for (enum tally_kind kind = 0; kind < TALLY_KINDS; kind++) {
            struct tally_line top[TALLY_TOP_MAX];
            uint32_t names;
            uint32_t sum;
            uint32_t count = tally_top(tally, campaign, kind, top, TALLY_TOP_MAX, &names, &sum);
            for (uint32_t at = 0; at < count; at++) {
                sum += top[at].issued;
            }
            cr_assert_eq(sum, campaign_at(&story.engine->campaigns, campaign)->issued);
        }
    }
    tally_destroy(&tally);
    story_end(&story);
}
