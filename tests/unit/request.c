/* request.c -- the same request has one effect and one answer, as long as its id is known. */
#include "engine/request.h"

#include <criterion/criterion.h>
#include <inttypes.h>
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

TestSuite(request, .init = begin, .fini = end);

Test(request, the_same_body_gets_the_first_answer_again)
{
    static const struct scene scenes[] = {
        {10, "PUT sale stock=9 per=9", "OK created"},
        {10, "START sale", "OK running"},
        {11, "CLAIM m1 sale request=r1", "OK 1"},
        {12, "CLAIM m1 sale", "OK 2"},
        {13, "CLAIM m1 sale request=r1", "OK 1"},
        {14, "EARN m1 points 10 request=r1", "OK 10"},
        {15, "EARN m1 points 10", "OK 20"},
        {16, "EARN m1 points 10 request=r1", "OK 10"}, /* the answer of then, not of now */
        {17, "SPEND m1 points 5 request=r1", "OK 15"},
        {18, "SPEND m1 points 5 request=r1", "OK 15"},
        {19, "BALANCE m1 points", "OK 15"},
        {19, "COUPONS m1", "OK 2 2 1"},
    };
    STORY_PLAY(&story, scenes);
}

Test(request, another_body_is_a_mismatch_whatever_differs)
{
    static const struct scene scenes[] = {
        {10, "PUT sale stock=9 per=9", "OK created"},
        {10, "PUT other stock=9 per=9", "OK created"},
        {10, "START sale", "OK running"},
        {10, "START other", "OK running"},
        {11, "CLAIM m1 sale channel=a store=b staff=c request=r1", "OK 1"},
        {12, "CLAIM m1 other channel=a store=b staff=c request=r1", "REQUEST_MISMATCH"},
        {12, "CLAIM m1 sale channel=x store=b staff=c request=r1", "REQUEST_MISMATCH"},
        {12, "CLAIM m1 sale channel=a store=x staff=c request=r1", "REQUEST_MISMATCH"},
        {12, "CLAIM m1 sale channel=a store=b staff=x request=r1", "REQUEST_MISMATCH"},
        {12, "CLAIM m1 sale channel=a store=b request=r1", "REQUEST_MISMATCH"},
        {12, "CLAIM m1 sale channel=ab staff=c request=r1", "REQUEST_MISMATCH"},
        {12, "CLAIM m1 sale request=r1", "REQUEST_MISMATCH"},
        {12, "CLAIM m1 sale channel=a store=b staff=c request=r1", "OK 1"},
        {13, "EARN m1 points 10 request=r2", "OK 10"},
        {14, "EARN m1 points 11 request=r2", "REQUEST_MISMATCH"},
        {14, "EARN m1 stamps 10 request=r2", "REQUEST_MISMATCH"},
        {15, "SPEND m1 points 1 request=r3", "OK 9"},
        {16, "SPEND m1 points 2 request=r3", "REQUEST_MISMATCH"},
        {17, "BALANCE m1 points", "OK 9"},
    };
    STORY_PLAY(&story, scenes);
}

Test(request, what_moves_to_another_part_of_the_body_makes_another_body)
{
    static const struct scene scenes[] = {
        {10, "PUT a stock=9 per=9", "OK created"},
        {10, "PUT b stock=9 per=9", "OK created"},
        {10, "START a", "OK running"},
        {10, "START b", "OK running"},
        {11, "CLAIM m1 a channel=b request=r1", "OK 1"},
        {12, "CLAIM m1 b channel=a request=r1", "REQUEST_MISMATCH"},
        {12, "CLAIM m1 a store=b request=r1", "REQUEST_MISMATCH"},
        {12, "CLAIM m1 a staff=b request=r1", "REQUEST_MISMATCH"},
        {12, "CLAIM m1 a channel=b staff=b request=r1", "REQUEST_MISMATCH"},
        {12, "CLAIM m1 a channel=b store=b request=r1", "REQUEST_MISMATCH"},
        {12, "CLAIM m1 a request=r1", "REQUEST_MISMATCH"},
        {13, "CLAIM m1 a channel=b request=r1", "OK 1"},
    };
    STORY_PLAY(&story, scenes);
}

Test(request, a_refused_request_leaves_its_id_free)
{
    static const struct scene scenes[] = {
        {10, "PUT sale stock=1", "OK created"},
        {10, "CLAIM m1 sale request=r1", "NOT_OPEN 0"},
        {11, "START sale", "OK running"},
        {12, "CLAIM m1 sale store=s request=r1", "OK 1"},
        {13, "CLAIM m2 sale request=r1", "SOLD_OUT 1"},
        {14, "SPEND m1 points 5 request=r1", "INSUFFICIENT 0 5"},
        {15, "EARN m1 points 5", "OK 5"},
        {16, "SPEND m1 points 5 request=r1", "OK 0"},
        {17, "SPEND m1 points 5 request=r1", "OK 0"},
        {18, "SPEND m3 points 5 request=r1", "UNKNOWN_MEMBER"},
    };
    STORY_PLAY(&story, scenes);
}

Test(request, principals_commands_and_members_have_ids_of_their_own)
{
    static const struct scene scenes[] = {
        {10, "EARN m1 points 10 request=r as=1", "OK 10"},
        {10, "EARN m1 points 10 request=r as=2", "OK 20"},
        {10, "EARN m1 points 10 request=r", "OK 30"},
        {10, "EARN m2 points 10 request=r", "OK 10"},
        {10, "SPEND m1 points 10 request=r", "OK 20"},
        {10, "EARN m1 points 10 request=r as=1", "OK 10"},
        {10, "EARN m1 points 10 request=r as=2", "OK 20"},
        /* one byte moved from the member to the id is another request */
        {10, "EARN m points 10 request=1r", "OK 10"},
        {10, "EARN m1 points 10 request=1r", "OK 30"},
    };
    STORY_PLAY(&story, scenes);
}

Test(request, another_reason_is_no_other_request)
{
    static const struct scene scenes[] = {
        {10, "PUT sale stock=5 document={} request=r reason=first", "OK created"},
        {10, "PUT sale stock=5 document={} request=r reason=again", "OK created"},
        {10, "START sale request=r reason=first", "OK running"},
        {11, "PAUSE sale", "OK paused"},
        {12, "START sale request=r", "OK running"},
        {12, "RESTOCK sale 1 expect=5 request=r reason=more", "OK 6"},
        {12, "RESTOCK sale 1 expect=5 request=r reason=other", "OK 6"},
    };
    STORY_PLAY(&story, scenes);
}

Test(request, an_id_is_good_for_its_window_to_the_millisecond)
{
    static const struct scene scenes[] = {
        {5000, "EARN m1 points 10 request=r", "OK 10"},
        {5999, "EARN m1 points 10 request=r", "OK 10"},
        {5999, "EARN m1 points 11 request=r", "REQUEST_MISMATCH"},
        {6000, "EARN m1 points 11 request=r", "OK 21"}, /* bound anew */
        {6999, "EARN m1 points 11 request=r", "OK 21"},
        {6999, "EARN m1 points 10 request=r", "REQUEST_MISMATCH"},
        {7000, "EARN m1 points 10 request=r", "OK 31"},
        {8000, "SPEND m1 points 1 request=s", "OK 30"},
        {8500, "EARN m1 points 10 request=r", "OK 40"},
        {9000, "SPEND m1 points 1 request=s", "OK 39"},
        {9499, "EARN m1 points 10 request=r", "OK 40"},
        {9500, "EARN m1 points 10 request=r", "OK 49"},
    };
    STORY_PLAY(&story, scenes);
}

Test(request, the_newest_eight_are_known_when_eight_is_the_limit)
{
    for (int number = 0; number < 30; number++) {
        char expected[32];
        snprintf(expected, sizeof(expected), "OK %d", number + 1);
        cr_assert_str_eq(story_tell(&story, 10, "EARN m1 points 1 request=r%d", number), expected);
    }
    for (int number = 22; number < 30; number++) {
        char expected[32];
        snprintf(expected, sizeof(expected), "OK %d", number + 1);
        cr_assert_str_eq(story_tell(&story, 10, "EARN m1 points 1 request=r%d", number), expected);
    }
    cr_assert_eq(story.engine->requests.bound, 30u);
    cr_assert_str_eq(story_tell(&story, 10, "EARN m1 points 1 request=r21"), "OK 31");
    cr_assert_str_eq(story_tell(&story, 10, "EARN m1 points 1 request=r22"), "OK 32");
}

Test(request, an_id_bound_anew_is_not_forgotten_with_its_old_record)
{
    static const struct scene scenes[] = {
        {5000, "EARN m1 points 1 request=a", "OK 1"}, {5900, "EARN m1 points 1 request=b", "OK 2"},
        {6000, "EARN m1 points 1 request=a", "OK 3"}, {6901, "EARN m1 points 1 request=c", "OK 4"},
        {6950, "EARN m1 points 1 request=a", "OK 3"}, {6950, "EARN m1 points 1 request=b", "OK 5"},
    };
    STORY_PLAY(&story, scenes);
    for (int number = 0; number < 6; number++) {
        story_tell(&story, 6960, "EARN m1 points 1 request=n%d", number);
    }
    /* c, b and six more are the newest eight; a has just been pushed out */
    cr_assert_str_eq(story_tell(&story, 6960, "EARN m1 points 1 request=c"), "OK 4");
    cr_assert_str_eq(story_tell(&story, 6960, "EARN m1 points 1 request=b"), "OK 5");
    cr_assert_str_eq(story_tell(&story, 6960, "EARN m1 points 1 request=a"), "OK 12");
}

/* The ring and its table for a long time, against a list of who was bound when. */
Test(request, a_long_random_run_is_answered_as_a_list_would)
{
    enum { ids = 40, limit = 8, window = 1000 };
    static int64_t bound_at[ids];     /* -1: never */
    static uint64_t bound_order[ids]; /* the how manieth it was */
    static int64_t answer[ids];
    uint64_t dice = 99;
    uint64_t bound = 0;
    int64_t now = 5000;
    int64_t balance = 0;
    uint32_t repeated = 0;
    story.watch = false;
    memset(bound_at, 0xff, sizeof(bound_at));
    for (int step = 0; step < 20000; step++) {
        now += dice_below(&dice, 4) == 0 ? dice_below(&dice, 500) : 0;
        uint32_t id = dice_below(&dice, ids);
        bool known = bound_at[id] >= 0 && now - bound_at[id] < window &&
                     bound - bound_order[id] <= limit;
        if (!known) {
            balance++;
            bound_at[id] = now;
            bound_order[id] = bound++;
            answer[id] = balance;
        }
        repeated += known;
        story_tell(&story, now, "EARN m1 points 1 request=r%u", id);
        cr_assert_eq(story.outcome.numbers[0], answer[id], "step %d, id %u", step, id);
        cr_assert_leq(story.engine->requests.table.count, (uint64_t)limit);
    }
    cr_assert_gt(repeated, 1000u);
}

/* --- campaigns ---------------------------------------------------------------------------------- */

/* `document` keeps the lines' documents the same, though their request ids differ. */
Test(request, a_campaign_s_command_gets_its_first_answer_again_and_has_one_effect)
{
    static const struct scene scenes[] = {
        {10, "PUT sale stock=5 document=a request=r1", "OK created"},
        {10, "PUT sale stock=5 document=a request=r1", "OK created"},
        {11, "PUT sale stock=6 document=b request=r2", "OK updated"},
        {11, "PUT sale stock=5 document=a request=r1", "OK created"}, /* and b stays */
        {12, "SHOW sale", "OK sale draft 6 0 1 0 0 0 sale"},
        {12, "START sale request=r1", "OK running"}, /* each command has ids of its own */
        {13, "PAUSE sale request=r1", "OK paused"},
        {13, "START sale request=r1", "OK running"}, /* and it stays paused */
        {14, "SHOW sale", "OK sale paused 6 0 1 0 0 0 sale"},
        {15, "START sale request=r2", "OK running"},
        {15, "PAUSE sale request=r1", "OK paused"},
        {16, "SHOW sale", "OK sale running 6 0 1 0 0 0 sale"},
    };
    STORY_PLAY(&story, scenes);
    cr_assert_eq(story.engine->requests.bound, 5u);
}

Test(request, a_restock_sent_again_shows_the_stock_of_then_and_adds_nothing)
{
    static const struct scene scenes[] = {
        {10, "PUT sale stock=5", "OK created"},
        {11, "RESTOCK sale 3 expect=5 request=r1", "OK 8"},
        {12, "RESTOCK sale 3 expect=5 request=r1", "OK 8"},
        {12, "RESTOCK sale 3 expect=5", "CONFLICT 8"},
        {13, "RESTOCK sale 3 expect=8 request=r1", "REQUEST_MISMATCH"},
        {13, "RESTOCK sale 4 expect=5 request=r1", "REQUEST_MISMATCH"},
        {14, "RESTOCK sale -8 expect=8 request=r2", "OK 0"},
        {15, "RESTOCK sale 1 expect=0", "OK 1"},
        {16, "RESTOCK sale -8 expect=8 request=r2", "OK 0"},
        {17, "STOP sale request=r3", "OK stopped"},
        {18, "RESTOCK sale 3 expect=5 request=r1", "OK 8"}, /* before every check */
        {18, "STOP sale request=r3", "OK stopped"},
        {18, "RESTOCK sale 3 expect=1 request=r4", "BAD_STATE stopped"},
    };
    STORY_PLAY(&story, scenes);
    cr_assert_eq(story.engine->requests.bound, 3u);
}

Test(request, another_document_is_a_mismatch_however_long_the_documents_are)
{
    char document[701];
    memset(document, 'x', sizeof(document) - 1);
    document[sizeof(document) - 1] = '\0';
    for (int length = 100; length <= 700; length += 25) {
        story_tell(&story, 10, "PUT sale stock=5 document=%.*s", 1, document);
        char id[16];
        snprintf(id, sizeof(id), "r%d", length);
        const char *answer = story_tell(&story, 10, "PUT sale stock=5 document=%.*s request=%s",
                                        length, document, id);
        cr_assert_str_eq(answer, "OK updated");
        answer = story_tell(&story, 10, "PUT sale stock=5 document=%.*sx request=%s", length - 2,
                            document, id);
        cr_assert_str_eq(answer, "REQUEST_MISMATCH", "shorter than %d", length);
        document[length - 1] = 'y';
        answer = story_tell(&story, 10, "PUT sale stock=5 document=%.*s request=%s", length,
                            document, id);
        cr_assert_str_eq(answer, "REQUEST_MISMATCH", "other than %d", length);
        document[length - 1] = 'x';
        answer = story_tell(&story, 10, "PUT sale stock=5 document=%.*s request=%s", length,
                            document, id);
        cr_assert_str_eq(answer, "OK updated");
    }
}

Test(request, a_campaign_s_refused_command_leaves_its_id_free)
{
    static const struct scene scenes[] = {
        {10, "START sale request=r1", "UNKNOWN_CAMPAIGN"},
        {10, "RESTOCK sale 1 expect=1 request=r1", "UNKNOWN_CAMPAIGN"},
        {11, "PUT sale stock=1", "OK created"},
        {11, "PAUSE sale request=r1", "BAD_STATE draft"},
        {12, "START sale request=r1", "OK running"},
        {12, "PUT sale stock=2 request=r1", "CONFLICT 1"},
        {12, "RESTOCK sale 1 expect=2 request=r1", "CONFLICT 1"},
        {13, "PAUSE sale request=r1", "OK paused"},
        {13, "RESTOCK sale 1 expect=1 request=r1", "OK 2"},
        {13, "PUT sale stock=2 request=r1", "OK updated"},
        {14, "RESTOCK sale 1 expect=1 request=r1", "OK 2"},
    };
    STORY_PLAY(&story, scenes);
}

/* An OK is kept though it changed nothing: sent again late, it must not undo what came between. */
Test(request, an_answer_that_changed_nothing_is_final_too)
{
    static const struct scene scenes[] = {
        {10, "PUT sale stock=5 document=a", "OK created"},
        {10, "START sale", "OK running"},
        {11, "START sale request=r1", "OK running"},
        {11, "PUT sale stock=5 document=a request=r1", "OK unchanged"},
        {12, "PAUSE sale", "OK paused"},
        {12, "PUT sale stock=5 per=2 document=b", "OK updated"},
        {13, "START sale request=r1", "OK running"},
        {13, "PUT sale stock=5 document=a request=r1", "OK unchanged"},
        {13, "PUT sale stock=5 document=b request=r1", "REQUEST_MISMATCH"},
        {14, "SHOW sale", "OK sale paused 5 0 2 0 0 0 sale"},
        {15, "PAUSE sale request=r2", "OK paused"},
        {16, "STOP sale", "OK stopped"},
        {17, "STOP sale request=r3", "OK stopped"},
        {18, "PAUSE sale request=r2", "OK paused"},
        {18, "START sale request=r1", "OK running"},
    };
    STORY_PLAY(&story, scenes);
    cr_assert_eq(story.engine->requests.bound, 4u);
}

Test(request, principals_and_campaigns_have_ids_of_their_own)
{
    static const struct scene scenes[] = {
        {10, "PUT c1 stock=5", "OK created"},
        {10, "PUT c2 stock=5", "OK created"},
        {11, "RESTOCK c1 1 expect=5 request=r as=1", "OK 6"},
        {11, "RESTOCK c1 1 expect=6 request=r as=2", "OK 7"},
        {11, "RESTOCK c2 1 expect=5 request=r as=1", "OK 6"},
        {12, "RESTOCK c1 1 expect=5 request=r as=1", "OK 6"},
    };
    STORY_PLAY(&story, scenes);
}

/* Whatever a repeated answer shows was durable when it leaves: its own change, or all so far. */
Test(request, a_repeated_answer_about_a_campaign_waits_for_the_first)
{
    story_tell(&story, 10, "PUT sale stock=5");
    story_tell(&story, 10, "START sale request=r1");
    uint64_t moved = story.engine->seq;
    cr_assert_eq(story.outcome.event_count, 2u);
    story_tell(&story, 11, "CLAIM m1 sale");
    cr_assert_gt(story.engine->seq, moved);
    story_tell(&story, 11, "START sale request=r1");
    cr_assert_eq(story.outcome.gate, moved - 1, "the move, not the coupon after it");

    story_tell(&story, 12, "START sale request=r2");
    uint64_t bound = story.engine->seq;
    cr_assert_eq(story.outcome.event_count, 1u);
    cr_assert_eq(story.outcome.gate, bound);
    story_tell(&story, 12, "START sale request=r2");
    cr_assert_eq(story.outcome.event_count, 0u);
    cr_assert_geq(story.outcome.gate, bound);
}

Test(request, what_campaigns_answered_is_known_after_a_replay)
{
    static const struct scene scenes[] = {
        {10, "PUT sale stock=5 document=a request=r1", "OK created"},
        {11, "PUT sale stock=6 document=b request=r2", "OK updated"},
        {12, "START sale request=r1", "OK running"},
        {13, "START sale request=r2", "OK running"},
        {14, "RESTOCK sale 3 expect=6 request=r1", "OK 9"},
        {15, "PAUSE sale", "OK paused"},
    };
    static const struct scene repeats[] = {
        {16, "PUT sale stock=5 document=a request=r1", "OK created"},
        {16, "PUT sale stock=6 document=b request=r2", "OK updated"},
        {16, "START sale request=r1", "OK running"},
        {16, "START sale request=r2", "OK running"},
        {16, "RESTOCK sale 3 expect=6 request=r1", "OK 9"},
        {16, "SHOW sale", "OK sale paused 9 0 1 0 0 0 sale"},
    };
    STORY_PLAY(&story, scenes);
    struct story again;
    cr_assert_null(story_replay(&story, NULL, &again));
    cr_assert_eq(engine_state_hash(again.engine), engine_state_hash(story.engine));
    STORY_PLAY(&again, repeats);
    cr_assert_eq(engine_state_hash(again.engine), engine_state_hash(story.engine));
    story_end(&again);
}

/* The largest definition that the wire lets through, with a request id: one event and one group. */
Test(request, the_largest_document_and_its_request_id_fit_into_one_group)
{
    static char source[CAMPAIGN_DOCUMENT_BYTES_MAX];
    static uint8_t bytes[GROUP_BYTES_MAX];
    char name[CAMPAIGN_NAME_BYTES_MAX];
    char id[ID_BYTES_MAX];
    char request[REQUEST_BYTES_MAX];
    memset(source, 's', sizeof(source));
    memset(name, 'n', sizeof(name));
    memset(id, 'i', sizeof(id));
    memset(request, 'r', sizeof(request));
    struct campaign_definition definition = {
        .name = {name, sizeof(name)},
        .stock = CAMPAIGN_STOCK_MAX,
        .per_member = 1,
        .value = {.kind = VALUE_EXCHANGE},
        .source = {source, sizeof(source)},
    };
    struct command command = {
        .type = COMMAND_CAMPAIGN_PUT,
        .as.campaign_put = {.campaign = {id, sizeof(id)},
                            .document = {definition.source, &definition},
                            .request = {request, sizeof(request)}},
    };
    engine_step(story.engine, 10, &command, &story.outcome);
    cr_assert_eq(story.outcome.refusal, REFUSAL_NONE);
    cr_assert_eq(story.outcome.event_count, 2u);
    size_t length = 0;
    for (uint32_t at = 0; at < story.outcome.event_count; at++) {
        size_t added = event_encode(&story.outcome.events[at], bytes + length,
                                    sizeof(bytes) - length);
        cr_assert(added > 0 && added <= EVENT_BYTES_MAX, "event %u", at);
        length += added;
    }
    cr_assert_leq(length, GROUP_BYTES_MAX);

    engine_step(story.engine, 10, &command, &story.outcome);
    cr_assert_eq(story.outcome.event_count, 0u);
    cr_assert_str_eq(story.outcome.word, "created");
    source[sizeof(source) - 1] = 't';
    engine_step(story.engine, 10, &command, &story.outcome);
    cr_assert_eq(story.outcome.refusal, REFUSAL_REQUEST_MISMATCH);
}

/* An id at the largest sizes that the wire lets through, with all names at their largest. */
Test(request, the_longest_of_everything_fits)
{
    char long_name[ID_BYTES_MAX + 1] = {0};
    char long_id[REQUEST_BYTES_MAX + 1] = {0};
    memset(long_name, 'n', ID_BYTES_MAX);
    memset(long_id, 'r', REQUEST_BYTES_MAX);
    story_tell(&story, 10, "PUT %s stock=9", long_name);
    story_tell(&story, 10, "START %s", long_name);
    for (int times = 0; times < 2; times++) {
        const char *answer = story_tell(
            &story, 11, "CLAIM %s %s channel=%s store=%s staff=%s request=%s", long_name, long_name,
            long_name, long_name, long_name, long_id);
        cr_assert_str_eq(answer, "OK 1");
    }
    long_id[REQUEST_BYTES_MAX - 1] = 'x';
    story_tell(&story, 11, "CLAIM %s %s channel=%s store=%s staff=%s request=%s", long_name,
               long_name, long_name, long_name, long_name, long_id);
    cr_assert_eq(story.outcome.refusal, REFUSAL_DUPLICATE);
}

/* --- memory ------------------------------------------------------------------------------------ */

Test(request, one_takes_48_bytes_at_most_its_place_in_the_table_included)
{
    const struct engine_options options = {.members_max = 10,
                                           .coupons_max = 10,
                                           .campaigns_max = 10,
                                           .names_max = 16,
                                           .requests_max = 2000000,
                                           .request_window_ms = 86400000,
                                           .code_keys.live[0] = true};
    struct engine *engine = engine_create(&options);
    cr_assert_not_null(engine);
    for (uint64_t at = 1; at <= 1000000; at++) {
        struct event event = {.type = EVENT_REQUEST_BOUND, .as.request_bound = {.result = at}};
        bytes_put_u64(event.as.request_bound.key.at, at * UINT64_C(0x9e3779b97f4a7c15));
        bytes_put_u64(event.as.request_bound.key.at + 8, at);
        cr_assert_null(engine_admits(engine, &event));
        engine_apply(engine, 1000, &event);
        if (at % 100000 == 0) {
            const struct table *table = &engine->requests.table;
            size_t bytes = sizeof(struct request) * at +
                           sizeof(struct table_bucket) *
                               ((size_t)table->buckets.count + table->overflows.count);
            cr_assert_leq(bytes, 48 * at, "%zu bytes for %" PRIu64, bytes, at);
        }
    }
    engine_destroy(&engine);
}

/* What docs/JOURNAL.md says of both: a journal outlives the version that wrote it. */
Test(request, key_and_fingerprint_are_the_same_in_every_version)
{
    static const struct scene scenes[] = {
        {10, "PUT double11 stock=9 per=9", "OK created"},
        {10, "START double11", "OK running"},
        {11, "CLAIM alice double11 channel=wechat request=req-81723", "OK 1"},
    };
    STORY_PLAY(&story, scenes);
    const struct request *request = request_at(&story.engine->requests, 0);
    char key[33];
    for (size_t at = 0; at < sizeof(request->key.at); at++) {
        snprintf(key + 2 * at, 3, "%02x", request->key.at[at]);
    }
    cr_assert_str_eq(key, "3a776b65648b27064866b8e92f20c82f");
    cr_assert_eq(request_fingerprint(request), UINT64_C(0xd56e52ec7c3f), "%" PRIx64,
                 request_fingerprint(request));
}
