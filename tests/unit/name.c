/* name.c -- channels, stores, staff and assets: one number for each name, for ever. */
#include "engine/name.h"

#include <criterion/criterion.h>
#include <stdio.h>

#include "tests/lib/engine_story.h"

static struct story story;

static void begin(void)
{
    story_begin(&story, NULL);
    story_tell(&story, 10, "PUT sale stock=200 per=200");
    story_tell(&story, 10, "START sale");
}

static void end(void)
{
    story_end(&story);
}

TestSuite(name, .init = begin, .fini = end);

Test(name, a_name_gets_a_number_once_and_each_kind_counts_for_itself)
{
    static const struct scene scenes[] = {
        {11, "CLAIM m1 sale channel=app store=s1 staff=f1", "OK 1"},
        {11, "CLAIM m1 sale channel=app store=s2 staff=s1", "OK 2"},
        {11, "CLAIM m1 sale channel=counter store=s1 staff=f1", "OK 3"},
        {11, "EARN m1 app 1", "OK 1"},
        {12, "COUPON 1", "OK 1 m1 sale issued 11 app s1 f1"},
        {12, "COUPON 2", "OK 2 m1 sale issued 11 app s2 s1"},
        {12, "COUPON 3", "OK 3 m1 sale issued 11 counter s1 f1"},
    };
    STORY_PLAY(&story, scenes);
    static const uint32_t counts[NAME_KINDS] = {2, 2, 2, 1, 0};
    for (uint32_t kind = 0; kind < NAME_KINDS; kind++) {
        cr_assert_eq(story.engine->names[kind].pool.count, counts[kind] + 1, "kind %u", kind);
    }
    const struct names *channels = &story.engine->names[NAME_CHANNEL];
    cr_assert_eq(name_find(channels, TEXT("app")), 1u);
    cr_assert_eq(name_find(channels, TEXT("counter")), 2u);
    cr_assert_eq(name_find(channels, TEXT("s1")), 0u);
    cr_assert(text_equal(name_show(channels, 2), TEXT("counter")));
    cr_assert_eq(name_show(channels, 0).length, 0u);
}

Test(name, names_of_every_length_are_kept)
{
    char id[ID_BYTES_MAX + 1];
    struct engine_options options = story_options();
    options.names_max = ID_BYTES_MAX;
    end();
    story_begin(&story, &options);
    story_tell(&story, 10, "PUT sale stock=200 per=200");
    story_tell(&story, 10, "START sale");
    for (uint32_t length = 1; length <= ID_BYTES_MAX; length++) {
        memset(id, 's', length);
        id[length] = '\0';
        story_tell(&story, 10, "CLAIM m1 sale store=%s", id);
        cr_assert_eq(story.outcome.refusal, REFUSAL_NONE);
        struct text shown = name_show(&story.engine->names[NAME_STORE], length);
        cr_assert(text_equal(shown, text_of(id)));
    }
}

Test(name, when_names_are_full_the_claim_says_which_and_changes_nothing)
{
    for (int number = 1; number <= 8; number++) {
        story_tell(&story, 10, "CLAIM m1 sale store=s%d staff=f%d", number, number);
        cr_assert_eq(story.outcome.refusal, REFUSAL_NONE);
    }
    static const struct scene scenes[] = {
        {11, "CLAIM m2 sale channel=new store=s9", "FULL stores"},
        {11, "CLAIM m2 sale channel=new store=s1 staff=f9", "FULL staff"},
        {11, "CLAIM m2 sale channel=new store=s8 staff=f8", "OK 9"},
        {12, "CLAIM m3 sale store=s9 request=r", "FULL stores"},
        {12, "MEMBER m3", "UNKNOWN_MEMBER"},
    };
    STORY_PLAY(&story, scenes);
}

/* Fills a kind to its limit by events, as a journal would. */
static void fill(enum name_kind kind, uint32_t limit)
{
    for (uint32_t number = 1; number <= limit; number++) {
        char text[16];
        snprintf(text, sizeof(text), "n%u", number);
        struct event event = {.type = EVENT_NAME_ADDED,
                              .as.name_added = {(uint8_t)kind, number, text_of(text)}};
        cr_assert_null(engine_admits(story.engine, &event));
        engine_apply(story.engine, 10, &event);
    }
}

Test(name, there_are_at_most_a_thousand_and_twenty_four_assets)
{
    story.watch = false;
    fill(NAME_ASSET, NAME_ASSETS_MAX);
    static const struct scene scenes[] = {
        {11, "EARN m1 more 1", "FULL assets"},
        {11, "EARN m1 n1024 1", "OK 1"},
        {11, "EARN m1 n1 1", "OK 1"},
    };
    story.watch = true;
    STORY_PLAY(&story, scenes);
}

Test(name, channels_fit_in_sixteen_bits)
{
    story.watch = false;
    fill(NAME_CHANNEL, NAME_CHANNELS_MAX);
    static const struct scene scenes[] = {
        {11, "CLAIM m1 sale channel=more", "FULL channels"},
        {11, "CLAIM m1 sale channel=n65535", "OK 1"},
        {12, "COUPON 1", "OK 1 m1 sale issued 11 n65535  "},
    };
    STORY_PLAY(&story, scenes);
}

Test(name, a_principal_gets_its_number_once_and_keeps_it_in_a_replay)
{
    cr_assert_eq(story_principal(&story, 20, "ops"), 1u);
    cr_assert_eq(story.outcome.event_count, 1u);
    cr_assert_eq(story.outcome.gate, story.engine->seq);
    cr_assert_eq(story_principal(&story, 21, "till"), 2u);
    cr_assert_eq(story_principal(&story, 22, "ops"), 1u);
    cr_assert_eq(story.outcome.event_count, 0u, "a known one is no event");
    cr_assert_eq(story.engine->time_ms, 21);
    static struct story again;
    cr_assert_null(story_replay(&story, NULL, &again));
    cr_assert_eq(engine_state_hash(again.engine), engine_state_hash(story.engine));
    const struct names *principals = &again.engine->names[NAME_PRINCIPAL];
    cr_assert_eq(name_find(principals, TEXT("till")), 2u);
    cr_assert(text_equal(name_show(principals, 1), TEXT("ops")));
    story_end(&again);
}

Test(name, a_principal_s_time_never_goes_back)
{
    cr_assert_eq(story_principal(&story, 5, "ops"), 1u);
    cr_assert_eq(story.engine->time_ms, 10);
}

Test(name, principals_fit_in_sixteen_bits)
{
    story.watch = false;
    fill(NAME_PRINCIPAL, NAME_PRINCIPALS_MAX);
    cr_assert_eq(story_principal(&story, 20, "more"), 0u);
    cr_assert_eq(story.outcome.refusal, REFUSAL_FULL);
    cr_assert_eq(story.outcome.event_count, 0u);
    cr_assert_str_eq(story.outcome.word, "principals");
    cr_assert_eq(story_principal(&story, 20, "n65535"), 65535u);
}
