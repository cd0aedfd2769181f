/* member.c -- members and their ids, short and long, found again. */
#include "engine/member.h"

#include <criterion/criterion.h>
#include <stdio.h>

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

TestSuite(member, .init = begin, .fini = end);

Test(member, a_member_is_created_by_the_first_thing_accepted_for_it)
{
    static const struct scene scenes[] = {
        {10, "MEMBER m1", "UNKNOWN_MEMBER"},
        {11, "SPEND m1 points 1", "UNKNOWN_MEMBER"},
        {12, "CLAIM m1 none", "UNKNOWN_CAMPAIGN"},
        {13, "MEMBER m1", "UNKNOWN_MEMBER"},
        {14, "EARN m1 points 5", "OK 5"},
        {15, "MEMBER m1", "OK m1 14 0 points 5"},
        {16, "PUT sale stock=9 per=9", "OK created"},
        {16, "START sale", "OK running"},
        {17, "CLAIM m2 sale", "OK 1"},
        {18, "CLAIM m1 sale", "OK 2"},
        {18, "CLAIM m1 sale", "OK 3"},
        {19, "MEMBER m1", "OK m1 14 2 points 5"},
        {19, "MEMBER m2", "OK m2 17 1"},
    };
    STORY_PLAY(&story, scenes);
}

Test(member, ids_of_every_length_are_kept_and_found_again)
{
    char id[ID_BYTES_MAX + 1];
    for (uint32_t length = 1; length <= ID_BYTES_MAX; length++) {
        memset(id, 'a', length);
        id[length] = '\0';
        story_tell(&story, 10, "EARN %s points %u", id, length);
        cr_assert_eq(story.outcome.event_count, length == 1 ? 3u : 2u, "length %u", length);
    }
    for (uint32_t length = 1; length <= ID_BYTES_MAX; length++) {
        memset(id, 'a', length);
        id[length] = '\0';
        char expected[128];
        snprintf(expected, sizeof(expected), "OK %s 10 0 points %u", id, length);
        cr_assert_str_eq(story_tell(&story, 11, "MEMBER %s", id), expected);
    }
}

Test(member, long_ids_that_share_their_beginning_are_different_members)
{
    static const uint32_t lengths[] = {28, 29, 32, 64};
    char id[ID_BYTES_MAX + 1];
    for (size_t at = 0; at < sizeof(lengths) / sizeof(lengths[0]); at++) {
        for (uint32_t last = 0; last < 3; last++) {
            memset(id, 'x', lengths[at]);
            id[lengths[at] - 1] = "abc"[last];
            id[lengths[at]] = '\0';
            story_tell(&story, 10, "EARN %s points %u", id, lengths[at] * 10 + last);
        }
    }
    cr_assert_eq(story.engine->members.pool.count, 13u);
    cr_assert_eq(story.engine->members.long_ids.count, 10u);
    for (size_t at = 0; at < sizeof(lengths) / sizeof(lengths[0]); at++) {
        for (uint32_t last = 0; last < 3; last++) {
            memset(id, 'x', lengths[at]);
            id[lengths[at] - 1] = "abc"[last];
            id[lengths[at]] = '\0';
            story_tell(&story, 11, "BALANCE %s points", id);
            cr_assert_eq(story.outcome.numbers[0], lengths[at] * 10 + last);
        }
        id[lengths[at] - 1] = 'd';
        cr_assert_str_eq(story_tell(&story, 11, "MEMBER %s", id), "UNKNOWN_MEMBER");
    }
}

Test(member, the_limit_of_members_is_exact)
{
    for (int member = 0; member < 64; member++) {
        cr_assert_str_eq(story_tell(&story, 10, "EARN m%d points 1", member), "OK 1");
    }
    static const struct scene scenes[] = {
        {11, "EARN m64 points 1", "FULL members"},
        {11, "EARN a-long-id-of-more-than-twenty-eight-bytes points 1", "FULL members"},
        {11, "EARN m63 points 1", "OK 2"},
        {12, "MEMBER m64", "UNKNOWN_MEMBER"},
    };
    STORY_PLAY(&story, scenes);
}

Test(member, all_members_may_have_long_ids)
{
    for (int member = 0; member < 64; member++) {
        const char *answer = story_tell(
            &story, 10, "EARN a-member-with-a-rather-long-id-%032d points 1", member);
        cr_assert_str_eq(answer, "OK 1", "member %d: %s", member, answer);
    }
    cr_assert_str_eq(story_tell(&story, 11, "MEMBER a-member-with-a-rather-long-id-%032d", 63),
                     "OK a-member-with-a-rather-long-id-00000000000000000000000000000063 10 0 "
                     "points 1");
}

Test(member, a_hash_from_before_finds_the_same_member)
{
    story_tell(&story, 10, "EARN m1 points 1");
    struct text id = TEXT("m1");
    uint64_t hash = member_hash(&story.engine->members, id);
    cr_assert_neq(hash, 0u);
    cr_assert_eq(member_find(&story.engine->members, id, hash), 1u);
    cr_assert_eq(member_find(&story.engine->members, id, 0), 1u);
    cr_assert_eq(member_find(&story.engine->members, TEXT("m2"), 0), 0u);
}
