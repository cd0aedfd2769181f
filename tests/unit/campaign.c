/* campaign.c -- a campaign's life: defined, moved, restocked, shown. */
#include "engine/campaign.h"

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

TestSuite(campaign, .init = begin, .fini = end);

/* --- life cycle --------------------------------------------------------------------------------- */

static const char *const states[] = {"draft", "running", "paused", "stopped"};

/* Makes a new campaign and brings it into a state. */
static void bring(const char *id, const char *state)
{
    story_tell(&story, 10, "PUT %s stock=3", id);
    if (strcmp(state, "running") == 0 || strcmp(state, "paused") == 0) {
        story_tell(&story, 10, "START %s", id);
    }
    if (strcmp(state, "paused") == 0) {
        story_tell(&story, 10, "PAUSE %s", id);
    }
    if (strcmp(state, "stopped") == 0) {
        story_tell(&story, 10, "STOP %s", id);
    }
    story_tell(&story, 10, "SHOW %s", id);
    const struct campaign *campaign = campaign_at(&story.engine->campaigns, story.outcome.campaign);
    cr_assert_str_eq(campaign_state_word(campaign->state), state);
}

Test(campaign, the_life_cycle_has_exactly_six_of_the_sixteen_moves)
{
    /* from: draft, running, paused, stopped; to: the same */
    static const bool moves[4][4] = {
        {false, true, false, true},
        {false, false, true, true},
        {false, true, false, true},
        {false, false, false, false},
    };
    for (uint8_t from = 0; from < 7; from++) {
        for (uint8_t to = 0; to < 7; to++) {
            bool real = from >= 1 && from <= 4 && to >= 1 && to <= 4;
            bool expected = real && moves[from - 1][to - 1];
            cr_assert_eq(campaign_may_move(from, to), expected, "%d to %d", from, to);
        }
    }
    cr_assert_not(campaign_may_move(255, 255));
}

Test(campaign, each_command_in_each_state_moves_or_says_why_not)
{
    /* START, PAUSE, STOP in each state; the state that it has already is the same OK again. */
    static const char *const verbs[] = {"START", "PAUSE", "STOP"};
    static const char *const answers[4][3] = {
        {"OK running", "BAD_STATE draft", "OK stopped"},
        {"OK running", "OK paused", "OK stopped"},
        {"OK running", "OK paused", "OK stopped"},
        {"BAD_STATE stopped", "BAD_STATE stopped", "OK stopped"},
    };
    static const uint32_t events[4][3] = {{1, 0, 1}, {0, 1, 1}, {1, 0, 1}, {0, 0, 0}};
    for (int state = 0; state < 4; state++) {
        for (int verb = 0; verb < 3; verb++) {
            bring("sale", states[state]);
            const char *answer = story_tell(&story, 11, "%s sale", verbs[verb]);
            cr_assert_str_eq(answer, answers[state][verb], "%s in %s: %s", verbs[verb],
                             states[state], answer);
            cr_assert_eq(story.outcome.event_count, events[state][verb]);
            end();
            begin();
        }
    }
}

Test(campaign, the_moment_of_the_stop_is_kept)
{
    static const struct scene scenes[] = {
        {10, "PUT sale stock=3 opens=5 ends=90", "OK created"},
        {11, "START sale", "OK running"},
        {12, "PAUSE sale", "OK paused"},
        {13, "SHOW sale", "OK sale paused 3 0 1 5 90 0 sale"},
        {14, "STOP sale", "OK stopped"},
        {15, "STOP sale", "OK stopped"},
        {16, "SHOW sale", "OK sale stopped 3 0 1 5 90 14 sale"},
    };
    STORY_PLAY(&story, scenes);
}

Test(campaign, what_is_not_there_cannot_be_moved_restocked_or_shown)
{
    static const struct scene scenes[] = {
        {10, "START sale", "UNKNOWN_CAMPAIGN"},
        {10, "PAUSE sale", "UNKNOWN_CAMPAIGN"},
        {10, "STOP sale", "UNKNOWN_CAMPAIGN"},
        {10, "RESTOCK sale 1 expect=1", "UNKNOWN_CAMPAIGN"},
        {10, "SHOW sale", "UNKNOWN_CAMPAIGN"},
        {10, "CAMPAIGNS after=sale", "UNKNOWN_CAMPAIGN"},
        {10, "CAMPAIGNS", "OK"},
    };
    STORY_PLAY(&story, scenes);
}

/* --- PUT ---------------------------------------------------------------------------------------- */

Test(campaign, a_definition_is_created_unchanged_or_updated)
{
    static const struct scene scenes[] = {
        {10, "PUT sale stock=3 per=2 opens=5 ends=9 name=Eleven", "OK created"},
        {10, "SHOW sale", "OK sale draft 3 0 2 5 9 0 Eleven"},
        {11, "PUT sale stock=3 per=2 opens=5 ends=9 name=Eleven", "OK unchanged"},
        {12, "PUT sale stock=4 per=2 opens=5 ends=9 name=Eleven", "OK updated"},
        {12, "SHOW sale", "OK sale draft 4 0 2 5 9 0 Eleven"},
        {13, "PUT sale stock=4 per=1 name=Twelve", "OK updated"},
        {13, "SHOW sale", "OK sale draft 4 0 1 0 0 0 Twelve"},
        {14, "START sale", "OK running"},
        {15, "PUT sale stock=4 per=1 name=Twelve", "OK unchanged"},
        {15, "PUT sale stock=4 per=5 opens=7 name=Long", "OK updated"},
        {15, "SHOW sale", "OK sale running 4 0 5 7 0 0 Long"},
    };
    STORY_PLAY(&story, scenes);
    story_tell(&story, 16, "PUT sale stock=4 per=5 opens=7 name=Long");
    cr_assert_eq(story.outcome.event_count, 0u);
}

Test(campaign, a_definition_is_changed_only_while_it_is_the_version_that_the_caller_knows)
{
    static const struct scene scenes[] = {
        {10, "PUT sale stock=3 version=1", "CHANGED 0"},
        {10, "PUT sale stock=3 version=-1", "OK created"}, /* the first event: version 1 */
        {10, "PUT sale stock=3 version=-1", "CHANGED 1"},
        {11, "PUT sale stock=4 version=2", "CHANGED 1"},
        {11, "PUT sale stock=4 version=1 request=a", "OK updated"}, /* and its request id: 2, 3 */
        {12, "PUT sale stock=5 version=1", "CHANGED 2"},
        {12, "PUT sale stock=4 version=1 request=a", "OK updated"}, /* asked again */
        {12, "PUT sale stock=4 version=2 request=a", "REQUEST_MISMATCH"},
        {13, "START sale", "OK running"},
        {14, "PUT sale stock=4 per=2 version=2", "CHANGED 4"},
        {14, "CLAIM m1 sale", "OK 1"},
        {15, "PUT sale stock=4 per=2 version=4",
         "OK updated"}, /* a coupon issued changes no version */
    };
    STORY_PLAY(&story, scenes);
}

Test(campaign, the_whole_definition_is_kept_with_its_document)
{
    story_tell(&story, 10,
               "PUT sale stock=3 percent=15 minimum=10000 maximum=5000 document={json}");
    const struct campaigns *campaigns = &story.engine->campaigns;
    const struct campaign *campaign = campaign_at(campaigns, 1);
    cr_assert_eq(campaign->value.kind, VALUE_PERCENT_OFF);
    cr_assert_eq(campaign->value.percent, 15u);
    cr_assert_eq(campaign->value.amount_fen, 100);
    cr_assert_eq(campaign->value.minimum_fen, 10000);
    cr_assert_eq(campaign->value.maximum_fen, 5000);
    cr_assert(text_equal(texts_show(&campaigns->texts, campaign->source), TEXT("{json}")));
    story_tell(&story, 10, "PUT sale stock=3 exchange=7 document=x");
    cr_assert_eq(campaign->value.kind, VALUE_EXCHANGE);
    cr_assert_eq(campaign->value.amount_fen, 7);
    cr_assert_eq(campaign->value.percent, 0u);
    cr_assert(text_equal(texts_show(&campaigns->texts, campaign->source), TEXT("x")));
}

Test(campaign, after_its_start_the_stock_is_changed_by_restock_only)
{
    static const struct scene scenes[] = {
        {10, "PUT sale stock=3", "OK created"},  {10, "PUT sale stock=5", "OK updated"},
        {11, "START sale", "OK running"},        {12, "PUT sale stock=6", "CONFLICT 5"},
        {13, "RESTOCK sale 1 expect=5", "OK 6"}, {14, "PUT sale stock=5", "CONFLICT 6"},
        {14, "PUT sale stock=6", "OK updated"},  {15, "PAUSE sale", "OK paused"},
        {16, "PUT sale stock=7", "CONFLICT 6"},  {16, "PUT sale stock=6", "OK unchanged"},
    };
    STORY_PLAY(&story, scenes);
}

Test(campaign, a_draft_s_restock_does_not_make_its_document_look_unchanged)
{
    static const struct scene scenes[] = {
        {10, "PUT sale stock=3", "OK created"},
        {11, "RESTOCK sale 4 expect=3", "OK 7"},
        {12, "PUT sale stock=3", "OK updated"},
        {12, "SHOW sale", "OK sale draft 3 0 1 0 0 0 sale"},
    };
    STORY_PLAY(&story, scenes);
}

Test(campaign, what_a_coupon_is_worth_is_frozen_by_the_first_one_issued)
{
    static const struct scene scenes[] = {
        {10, "PUT sale stock=3 amount=100", "OK created"},
        {11, "START sale", "OK running"},
        {12, "PUT sale stock=3 amount=200", "OK updated"},
        {13, "CLAIM m1 sale", "OK 1"},
        {14, "PUT sale stock=3 amount=300", "BAD_STATE running"},
        {14, "PUT sale stock=3 amount=200 minimum=1", "BAD_STATE running"},
        {14, "PUT sale stock=3 amount=200 maximum=1", "BAD_STATE running"},
        {14, "PUT sale stock=3 exchange=200", "BAD_STATE running"},
        {14, "PUT sale stock=3 percent=20 amount=200", "BAD_STATE running"},
        {15, "PUT sale stock=3 amount=200 per=2", "OK updated"},
        {16, "PAUSE sale", "OK paused"},
        {16, "PUT sale stock=3 amount=300", "BAD_STATE paused"},
        {17, "STOP sale", "OK stopped"},
        {18, "PUT sale stock=3 amount=200 per=2", "BAD_STATE stopped"},
        {18, "PUT sale stock=3 amount=200 per=3", "BAD_STATE stopped"},
    };
    STORY_PLAY(&story, scenes);
}

Test(campaign, when_the_room_for_campaigns_is_used_up_those_there_can_still_be_changed)
{
    static const struct scene scenes[] = {
        {10, "PUT c1 stock=1", "OK created"},     {10, "PUT c2 stock=1", "OK created"},
        {10, "PUT c3 stock=1", "OK created"},     {10, "PUT c4 stock=1", "OK created"},
        {11, "PUT c5 stock=1", "FULL campaigns"}, {12, "PUT c4 stock=2", "OK updated"},
        {12, "START c4", "OK running"},           {13, "PUT c5 stock=1", "FULL campaigns"},
        {13, "SHOW c5", "UNKNOWN_CAMPAIGN"},
    };
    STORY_PLAY(&story, scenes);
}

Test(campaign, changing_a_document_for_ever_takes_no_more_room)
{
    char filler[801];
    memset(filler, 'x', sizeof(filler) - 1);
    filler[sizeof(filler) - 1] = '\0';
    story.watch = false;
    story_tell(&story, 10, "PUT sale");
    for (int change = 0; change < 5000; change++) {
        const char *answer = story_tell(&story, 10, "PUT sale document=%.*s%d", change % 800,
                                        filler, change);
        cr_assert_str_eq(answer, "OK updated", "change %d: %s", change, answer);
    }
}

/* --- RESTOCK ------------------------------------------------------------------------------------ */

Test(campaign, restock_is_compare_and_set_between_what_is_issued_and_the_cap)
{
    static const struct scene scenes[] = {
        {10, "PUT sale stock=10 per=9", "OK created"},
        {10, "RESTOCK sale -9 expect=10", "OK 1"},
        {10, "RESTOCK sale 9 expect=1", "OK 10"},
        {10, "START sale", "OK running"},
        {11, "CLAIM m1 sale", "OK 1"},
        {11, "CLAIM m1 sale", "OK 2"},
        {11, "CLAIM m1 sale", "OK 3"},
        {12, "RESTOCK sale 5 expect=9", "CONFLICT 10"},
        {12, "RESTOCK sale 5 expect=11", "CONFLICT 10"},
        {12, "RESTOCK sale 5 expect=10", "OK 15"},
        {12, "RESTOCK sale 5 expect=10", "CONFLICT 15"}, /* the same one again: no harm */
        {13, "RESTOCK sale -13 expect=15", "BELOW_ISSUED 3"},
        {13, "RESTOCK sale -16 expect=15", "BELOW_ISSUED 3"},
        {13, "RESTOCK sale -4000000000 expect=15", "BELOW_ISSUED 3"},
        {13, "RESTOCK sale -12 expect=15", "OK 3"},
        {14, "CLAIM m2 sale", "SOLD_OUT 3"},
        {15, "RESTOCK sale 3999999997 expect=3", "OK 4000000000"},
        {15, "RESTOCK sale 1 expect=4000000000", "LIMIT stock 4000000000 4000000000"},
        {15, "RESTOCK sale -3999999997 expect=4000000000", "OK 3"},
        {15, "RESTOCK sale 3999999998 expect=3", "LIMIT stock 3 4000000000"},
        {16, "PAUSE sale", "OK paused"},
        {16, "RESTOCK sale 1 expect=3", "OK 4"},
        {17, "STOP sale", "OK stopped"},
        {17, "RESTOCK sale 1 expect=4", "BAD_STATE stopped"},
        {17, "RESTOCK sale 1 expect=3", "BAD_STATE stopped"},
    };
    STORY_PLAY(&story, scenes);
}

/* --- lists -------------------------------------------------------------------------------------- */

Test(campaign, campaigns_are_listed_in_the_order_of_their_creation_in_pages)
{
    static const struct scene scenes[] = {
        {10, "PUT z", "OK created"},
        {10, "PUT a", "OK created"},
        {10, "PUT m", "OK created"},
        {11, "CAMPAIGNS", "OK z a m"},
        {11, "CAMPAIGNS limit=2", "OK z a"},
        {11, "CAMPAIGNS limit=2 after=a", "OK m"},
        {11, "CAMPAIGNS after=z", "OK a m"},
        {11, "CAMPAIGNS after=m", "OK"},
        {11, "CAMPAIGNS after=none", "UNKNOWN_CAMPAIGN"},
    };
    STORY_PLAY(&story, scenes);
}

Test(campaign, a_page_has_a_hundred_campaigns_when_the_caller_does_not_say)
{
    struct engine_options options = story_options();
    options.campaigns_max = 150;
    end();
    story_begin(&story, &options);
    for (int campaign = 0; campaign < 150; campaign++) {
        cr_assert_str_eq(story_tell(&story, 10, "PUT c%d", campaign), "OK created");
    }
    story_tell(&story, 10, "CAMPAIGNS");
    cr_assert_eq(story.outcome.numbers[0], 100);
    story_tell(&story, 10, "CAMPAIGNS after=c99");
    cr_assert_eq(story.outcome.numbers[0], 50);
}

Test(campaign, the_reason_is_in_the_event_and_nowhere_else)
{
    static const struct {
        const char *line;
        enum event_type type;
    } rows[] = {
        {"PUT why stock=5 reason=new", EVENT_CAMPAIGN_DEFINED},
        {"START why reason=opening", EVENT_CAMPAIGN_MOVED},
        {"PAUSE why reason=complaints", EVENT_CAMPAIGN_MOVED},
        {"RESTOCK why 2 expect=5 reason=demand", EVENT_CAMPAIGN_RESTOCKED},
        {"STOP why reason=over", EVENT_CAMPAIGN_MOVED},
    };
    for (size_t at = 0; at < sizeof(rows) / sizeof(rows[0]); at++) {
        story_tell(&story, 10, "%s", rows[at].line);
        const struct event *event = &story.outcome.events[0];
        cr_assert_eq(story.outcome.event_count, 1u, "%s", rows[at].line);
        cr_assert_eq(event->type, rows[at].type, "%s", rows[at].line);
        struct text reason = event->type == EVENT_CAMPAIGN_DEFINED
                                 ? event->as.campaign_defined.reason
                             : event->type == EVENT_CAMPAIGN_MOVED
                                 ? event->as.campaign_moved.reason
                                 : event->as.campaign_restocked.reason;
        const char *wanted = strstr(rows[at].line, "reason=") + strlen("reason=");
        cr_assert_eq(reason.length, strlen(wanted), "%s", rows[at].line);
    }
    static struct story plain;
    story_begin(&plain, NULL);
    static const char *const lines[] = {"PUT sale", "START sale"};
    for (size_t at = 0; at < 2; at++) {
        story_tell(&plain, 10, "%s", lines[at]);
        cr_assert_eq(at == 0 ? plain.outcome.events[0].as.campaign_defined.reason.length
                             : plain.outcome.events[0].as.campaign_moved.reason.length,
                     0u);
    }
    story_end(&plain);
}

Test(campaign, an_event_from_before_there_were_reasons_reads_as_without)
{
    static const uint8_t moved[] = {21, 0, 5, 0, 1, 0, 0, 0, CAMPAIGN_RUNNING};
    static const uint8_t restocked[] = {22, 0, 12, 0, 1, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0};
    struct event event;
    size_t consumed;
    cr_assert_eq(event_decode(moved, sizeof(moved), &event, &consumed), EVENT_FINE);
    cr_assert_eq(event.as.campaign_moved.state, CAMPAIGN_RUNNING);
    cr_assert_eq(event.as.campaign_moved.reason.length, 0u);
    cr_assert_eq(event_decode(restocked, sizeof(restocked), &event, &consumed), EVENT_FINE);
    cr_assert_eq(event.as.campaign_restocked.stock, 9u);
    cr_assert_eq(event.as.campaign_restocked.reason.length, 0u);
}
