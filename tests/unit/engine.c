/* engine.c -- the machine as a whole: what gates each answer, what a replay gives, what full means. */
#include "engine/engine.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "engine/bug.h"
#include "tests/lib/dice.h"
#include "tests/lib/engine_story.h"

static struct story story;
static struct story again;

static void begin(void)
{
    story_begin(&story, NULL);
}

static void end(void)
{
    story_end(&story);
}

TestSuite(engine, .init = begin, .fini = end);

/* --- gates -------------------------------------------------------------------------------------- */

struct wait {
    const char *line;
    const char *answer;
    uint64_t gate;
};

static void waits(int64_t now, const struct wait *rows, size_t count)
{
    for (size_t at = 0; at < count; at++) {
        const char *answer = story_tell(&story, now, "%s", rows[at].line);
        cr_assert_str_eq(answer, rows[at].answer, "%s: %s", rows[at].line, answer);
        cr_assert_eq(story.outcome.gate, rows[at].gate, "%s waits for %lu, expected %lu",
                     rows[at].line, story.outcome.gate, rows[at].gate);
    }
}

#define WAITS(now, rows) waits(now, rows, sizeof(rows) / sizeof((rows)[0]))

/* Rule 4: no reply leaves before what it shows is durable. */
static const struct wait gates[] = {
    /* what is accepted waits for its own last event */
    {"PUT sale stock=2", "OK created", 1},
    {"PUT two stock=9 per=2", "OK created", 2},
    {"START sale", "OK running", 3},
    {"START two", "OK running", 4},
    {"CLAIM m1 sale request=r", "OK 1", 7},   /* member 5, coupon 6, request 7 */
    {"CLAIM m2 two channel=app", "OK 2", 10}, /* member 8, name 9, coupon 10 */
    {"EARN m3 points 5", "OK 5", 13},         /* member 11, name 12, account 13 */
    {"SPEND m3 points 1", "OK 4", 14},
    {"CLAIM m2 two", "OK 3", 15},
    {"PUT draft opens=7", "OK created", 16},
    /* a repeated request and a mismatch wait for the member, not for others */
    {"CLAIM m1 sale request=r", "OK 1", 6},
    {"CLAIM m1 two request=r", "REQUEST_MISMATCH", 6},
    /* a limit shows the member and the definition */
    {"CLAIM m1 sale", "DUPLICATE 1", 6},
    {"CLAIM m2 two", "LIMIT per_member 2 2", 15},
    /* what is not there waits for nothing: nothing is ever removed */
    {"CLAIM m1 none", "UNKNOWN_CAMPAIGN", 0},
    {"SHOW none", "UNKNOWN_CAMPAIGN", 0},
    {"CAMPAIGNS after=none", "UNKNOWN_CAMPAIGN", 0},
    {"START none", "UNKNOWN_CAMPAIGN", 0},
    {"RESTOCK none 1 expect=1", "UNKNOWN_CAMPAIGN", 0},
    {"MEMBER none", "UNKNOWN_MEMBER", 0},
    {"BALANCE none", "UNKNOWN_MEMBER", 0},
    {"SPEND none points 1", "UNKNOWN_MEMBER", 0},
    {"COUPONS none", "UNKNOWN_MEMBER", 0},
    {"COUPON 99", "UNKNOWN_COUPON", 0},
    {"COUPONS m1 before=2", "UNKNOWN_COUPON", 0},
    /* look-ups wait for the record */
    {"COUPON 1", "OK 1 m1 sale issued 100   ", 6},
    {"COUPONS m2", "OK 2 3 2", 15},
    {"COUPONS m2 before=3", "OK 2 2", 15},
    {"MEMBER m1", "OK m1 100 1", 6},
    {"MEMBER m3", "OK m3 100 0 points 4", 14},
    {"BALANCE m3", "OK points 4", 14},
    {"BALANCE m3 points", "OK 4", 14},
    {"BALANCE m1 points", "OK 0", 6},
    {"SPEND m3 points 5", "INSUFFICIENT 4 5", 14},
    {"SPEND m1 points 1", "INSUFFICIENT 0 1", 6},
    {"SHOW sale", "OK sale running 2 1 1 0 0 0 sale", 6},
    {"SHOW two", "OK two running 9 2 2 0 0 0 two", 15},
    /* a list waits for the newest that it shows */
    {"CAMPAIGNS", "OK sale two draft", 16},
    {"CAMPAIGNS limit=1", "OK sale", 6},
    {"CAMPAIGNS limit=2", "OK sale two", 15},
    {"CAMPAIGNS limit=1 after=sale", "OK two", 15},
    /* what shows the definition waits for that, and not for the coupons issued since */
    {"CLAIM m1 draft", "NOT_OPEN 0", 16},
    {"START sale", "OK running", 3},
    {"PUT sale stock=2", "OK unchanged", 3},
    {"PUT sale stock=3", "CONFLICT 2", 3},
    {"PUT sale stock=3 version=1", "CHANGED 3", 3},
    {"RESTOCK sale 1 expect=9", "CONFLICT 2", 3},
    {"RESTOCK sale 4000000000 expect=2", "LIMIT stock 2 4000000000", 3},
    {"PAUSE draft", "BAD_STATE draft", 16},
    /* but what tells that coupons were issued waits for them */
    {"PUT sale stock=2 amount=7", "BAD_STATE running", 6},
    {"RESTOCK two -8 expect=9", "BELOW_ISSUED 2", 15},
    {"CLAIM m2 sale", "OK 4", 17},
    {"CLAIM m3 sale", "SOLD_OUT 2", 17},
    {"CLAIM m1 sale", "DUPLICATE 1", 6},
    /* a definition newer than the coupon is waited for */
    {"PAUSE sale", "OK paused", 18},
    {"CLAIM m1 sale", "PAUSED", 18},
    {"CLAIM m1 sale request=r", "OK 1", 6},
    {"START sale", "OK running", 19},
    {"CLAIM m1 sale", "DUPLICATE 1", 19},
    {"RESTOCK sale 1 expect=2", "OK 3", 20},
    {"CLAIM m1 sale", "DUPLICATE 1", 20},
    {"PUT two stock=9 per=1", "OK updated", 21},
    {"CLAIM m2 two", "DUPLICATE 3", 21},
    {"STOP sale", "OK stopped", 22},
    {"CLAIM m1 sale", "ENDED 100", 22},
    {"RESTOCK sale 1 expect=3", "BAD_STATE stopped", 22},
    {"PUT sale stock=3", "BAD_STATE stopped", 22},
    {"PUT two stock=9 per=1 ends=50", "OK updated", 23},
    {"CLAIM m3 two", "ENDED 50", 23},
    {"CLOCK 200", "OK 200", 24},
    {"CLOCK 199", "CLOCK_BACKWARDS 200", 24},
};

Test(engine, each_answer_waits_for_the_newest_change_that_it_shows)
{
    WAITS(100, gates);
}

Test(engine, a_balance_at_its_limit_waits_for_the_member)
{
    story.watch = false;
    for (int times = 0; times < 9008; times++) {
        story_tell(&story, 10, "EARN m1 points 1000000000000");
    }
    uint64_t seq = story.engine->seq;
    cr_assert_eq(story.outcome.refusal, REFUSAL_LIMIT);
    story_tell(&story, 10, "EARN m2 points 1");
    story_tell(&story, 10, "EARN m1 points 1000000000000");
    cr_assert_eq(story.outcome.refusal, REFUSAL_LIMIT);
    cr_assert_eq(story.outcome.gate, seq);
}

/* --- the clock ---------------------------------------------------------------------------------- */

Test(engine, the_clock_moves_forward_only)
{
    static const struct scene scenes[] = {
        {100, "CLOCK 5000", "OK 5000"},
        {100, "CLOCK 4999", "CLOCK_BACKWARDS 5000"},
        {100, "CLOCK 5000", "OK 5000"},
        {100, "EARN m1 points 1", "OK 1"},
        {101, "MEMBER m1", "OK m1 5000 0 points 1"},
        {6000, "CLOCK 5999", "CLOCK_BACKWARDS 6000"},
        {6000, "CLOCK 7000", "OK 7000"},
    };
    STORY_PLAY(&story, scenes);
    cr_assert_eq(story.engine->time_ms, 7000);
}

/* --- replay ------------------------------------------------------------------------------------- */

#define RUN_LINES 30000

/* One random line about few members and campaigns, so that most things meet. */
static void tell_random(uint64_t *dice, int64_t now)
{
    uint32_t what = dice_below(dice, 100);
    uint32_t member = dice_below(dice, 50);
    uint32_t campaign = dice_below(dice, 5);
    uint32_t number = dice_below(dice, 9);
    const char *padding = number == 0 ? "-with-an-id-that-is-rather-long-in-fact" : "";
    if (what < 45) {
        story_tell(&story, now, "CLAIM m%u%s c%u channel=ch%u store=s%u staff=f%u %s=r%u", member,
                   padding, campaign, number % 3, number, member % 7,
                   number % 2 == 0 ? "request" : "none", dice_below(dice, 30));
    } else if (what < 60) {
        story_tell(&story, now, "EARN m%u%s a%u %u %s=r%u", member, padding, number % 4,
                   dice_below(dice, 1000) + 1, number % 2 == 0 ? "request" : "none",
                   dice_below(dice, 30));
    } else if (what < 75) {
        story_tell(&story, now, "SPEND m%u a%u %u request=r%u", member, number % 4,
                   dice_below(dice, 500) + 1, dice_below(dice, 30));
    } else if (what < 80) {
        story_tell(
            &story, now, "PUT c%u stock=%u per=%u opens=%lld version=%u document=%.*s", campaign,
            number == 1 ? 9 : 400, number < 5 ? 1 : number, (long long)now - number * 10,
            number == 2 ? 1 : 0, (int)dice_below(dice, 600),
            "0123456789012345678901234567890123456789012345678901234567890123456789012345678"
            "0123456789012345678901234567890123456789012345678901234567890123456789012345678"
            "0123456789012345678901234567890123456789012345678901234567890123456789012345678"
            "0123456789012345678901234567890123456789012345678901234567890123456789012345678");
    } else if (what < 88) {
        story_tell(&story, now, "START c%u", campaign);
    } else if (what < 91) {
        story_tell(&story, now, "PAUSE c%u", campaign);
    } else if (what < 92) {
        story_tell(&story, now, number == 0 && dice_below(dice, 20) == 0 ? "STOP c%u" : "SHOW c%u",
                   campaign);
    } else if (what < 97) {
        uint32_t index = campaign_find(&story.engine->campaigns, text_of("c0"), 0);
        uint64_t stock = index == 0 ? 0 : campaign_at(&story.engine->campaigns, index)->stock;
        story_tell(&story, now, "RESTOCK c0 %u expect=%lu", dice_below(dice, 50), stock);
    } else if (what < 99) {
        story_tell(&story, now, "MEMBER m%u", member);
    } else {
        story_tell(&story, now, "CLOCK %lld", (long long)now + dice_below(dice, 100));
    }
}

Test(engine, a_replay_of_a_long_random_run_gives_the_same_state)
{
    struct engine_options options = story_options();
    options.members_max = 90;
    options.coupons_max = 5000;
    options.campaigns_max = 5;
    options.names_max = 9;
    options.requests_max = 20;
    end();
    story_begin(&story, &options);
    story.watch = false;
    uint64_t dice = 1234567;
    int64_t now = 1000;
    uint32_t seen[REFUSAL_LIMIT_OF_ENUM] = {0};
    for (int line = 0; line < RUN_LINES; line++) {
        now += dice_below(&dice, 20);
        tell_random(&dice, now);
        seen[story.outcome.refusal]++;
    }
    /* the run has met nearly every answer there is, or the test says little */
    for (uint32_t refusal = 0; refusal < REFUSAL_LIMIT_OF_ENUM; refusal++) {
        bool rare = refusal == REFUSAL_UNKNOWN_COUPON || refusal == REFUSAL_INVALID ||
                    refusal == REFUSAL_CLOCK_BACKWARDS || refusal == REFUSAL_BELOW_ISSUED ||
                    refusal == REFUSAL_ENDED;
        cr_assert(rare || seen[refusal] > 0, "%s was never answered",
                  refusal_status((enum refusal)refusal));
    }
    uint64_t hash = engine_state_hash(story.engine);
    for (uint64_t seed = 42; seed < 45; seed++) {
        options.hash_seed = seed;
        cr_assert_null(story_replay(&story, &options, &again));
        cr_assert_eq(engine_state_hash(again.engine), hash, "with hash seed %lu", seed);
        cr_assert_eq(again.engine->seq, story.engine->seq);
        cr_assert_eq(again.engine->time_ms, story.engine->time_ms);
        story_end(&again);
    }
}

Test(engine, after_a_replay_the_same_questions_get_the_same_answers)
{
    static const struct scene before[] = {
        {10, "PUT sale stock=9 per=2", "OK created"},
        {10, "START sale", "OK running"},
        {11, "CLAIM m1 sale store=s1 request=r", "OK 1"},
        {12, "EARN m1 points 7 request=r", "OK 7"},
        {13, "CLAIM m1 sale", "OK 2"},
    };
    static const struct scene after[] = {
        {14, "CLAIM m1 sale store=s1 request=r", "OK 1"},
        {14, "CLAIM m1 sale request=r", "REQUEST_MISMATCH"},
        {14, "EARN m1 points 7 request=r", "OK 7"},
        {14, "CLAIM m1 sale", "LIMIT per_member 2 2"},
        {14, "COUPON 1", "OK 1 m1 sale issued 11  s1 "},
        {14, "MEMBER m1", "OK m1 11 2 points 7"},
        {14, "CLAIM m2 sale store=s1", "OK 3"},
        {14, "SHOW sale", "OK sale running 9 3 2 0 0 0 sale"},
    };
    STORY_PLAY(&story, before);
    cr_assert_null(story_replay(&story, NULL, &again));
    STORY_PLAY(&again, after);
    STORY_PLAY(&story, after);
    cr_assert_eq(engine_state_hash(again.engine), engine_state_hash(story.engine));
    story_end(&again);
}

Test(engine, what_the_journal_says_about_itself_only_counts)
{
    static const struct event events[] = {
        {.type = EVENT_GENESIS, .as.genesis = {.name = {"boon", 4}, .format = 1}},
        {.type = EVENT_BEGIN},
        {.type = EVENT_HANDOVER},
    };
    for (uint64_t at = 0; at < 3; at++) {
        cr_assert_null(engine_admits(story.engine, &events[at]));
        engine_apply(story.engine, 50, &events[at]);
        cr_assert_eq(story.engine->seq, at + 1);
        cr_assert_eq(story.engine->time_ms, 50);
    }
}

/* --- full --------------------------------------------------------------------------------------- */

/* Each limit at one; the state's hash is watched around every line. */
Test(engine, each_limit_refuses_by_name_and_changes_nothing)
{
    struct engine_options options = story_options();
    options.members_max = options.coupons_max = options.campaigns_max = options.names_max = 1;
    end();
    story_begin(&story, &options);
    static const struct wait rows[] = {
        {"PUT sale stock=9 per=9", "OK created", 1},
        {"START sale", "OK running", 2},
        {"PUT other", "FULL campaigns", 2},
        {"CLAIM m1 sale store=s1 staff=f1", "OK 1", 6},
        {"CLAIM m2 sale", "FULL members", 6},
        {"EARN m2 points 1", "FULL members", 6},
        {"CLAIM m1 sale store=s2", "FULL stores", 6},
        {"CLAIM m1 sale staff=f2", "FULL staff", 6},
        {"CLAIM m1 sale", "FULL coupons", 6},
        {"CLAIM m1 sale channel=new request=r", "FULL coupons", 6},
        {"EARN m1 a1 1", "OK 1", 8},
        {"EARN m1 a2 1", "OK 1", 10},
        {"EARN m1 a3 1", "OK 1", 12},
        {"EARN m1 a4 1", "OK 1", 14},
        {"EARN m1 a5 1", "FULL accounts", 14},
    };
    WAITS(100, rows);
}

/* Request ids make room by themselves; only memory can run out, which is acted here. */
Test(engine, without_memory_for_a_request_id_the_whole_command_is_refused)
{
    story_tell(&story, 10, "PUT sale stock=9");
    story_tell(&story, 10, "START sale");
    struct pool *ring = &story.engine->requests.ring;
    uint32_t limit = ring->limit;
    ring->limit = ring->count;
    static const struct wait rows[] = {
        {"CLAIM m1 sale channel=app request=r", "FULL requests", 2},
        {"EARN m1 points 1 request=r", "FULL requests", 2},
        {"MEMBER m1", "UNKNOWN_MEMBER", 0},
        {"EARN m1 points 1", "OK 1", 5},
        {"SPEND m1 points 1 request=r", "FULL requests", 5},
        {"BALANCE m1 points", "OK 1", 5},
    };
    WAITS(10, rows);
    ring->limit = limit;
    cr_assert_str_eq(story_tell(&story, 10, "SPEND m1 points 1 request=r"), "OK 0");
}

/* The tables run out of memory, each in turn: the same refusal as a full pool, and no half-done thing. */
Test(engine, without_memory_for_a_table_the_whole_command_is_refused)
{
    struct engine *engine = story.engine;
    struct names *names = engine->names;
    const struct {
        struct table *table;
        const char *line;
        const char *answer;
    } rows[] = {
        {&engine->members.table, "CLAIM m2 sale channel=c2 request=r", "FULL members"},
        {&engine->members.table, "EARN m2 points 1", "FULL members"},
        {&engine->coupons.pairs, "CLAIM m2 sale channel=c2 request=r", "FULL coupons"},
        {&engine->campaigns.table, "PUT other", "FULL campaigns"},
        {&engine->requests.table, "CLAIM m2 sale channel=c2 request=r", "FULL requests"},
        {&names[NAME_CHANNEL].table, "CLAIM m2 sale channel=c2 request=r", "FULL channels"},
        {&names[NAME_STORE].table, "CLAIM m2 sale store=s2", "FULL stores"},
        {&names[NAME_STAFF].table, "CLAIM m2 sale staff=f2", "FULL staff"},
        {&names[NAME_ASSET].table, "EARN m2 points 1", "FULL assets"},
    };
    story_tell(&story, 10, "PUT sale stock=9");
    story_tell(&story, 10, "START sale");
    story_tell(&story, 10, "CLAIM m1 sale channel=c1 store=s1 staff=f1");
    for (size_t at = 0; at < sizeof(rows) / sizeof(rows[0]); at++) {
        struct pool *pools[] = {&rows[at].table->buckets, &rows[at].table->overflows};
        for (size_t pool = 0; pool < 2; pool++) {
            uint32_t limit = pools[pool]->limit;
            pools[pool]->limit = pools[pool]->count;
            const char *answer = story_tell(&story, 11, "%s", rows[at].line);
            cr_assert_str_eq(answer, rows[at].answer, "%s: %s", rows[at].line, answer);
            pools[pool]->limit = limit;
        }
    }
    cr_assert_str_eq(story_tell(&story, 12, "CLAIM m2 sale channel=c2 request=r"), "OK 2");
}

/* --- the rest ----------------------------------------------------------------------------------- */

Test(engine, many_commands_are_fetched_ahead_and_nothing_changes)
{
    story_tell(&story, 10, "PUT sale stock=100 per=100");
    story_tell(&story, 10, "START sale");
    story_tell(&story, 10, "CLAIM m1 sale");
    story_tell(&story, 10, "EARN m2 points 1");
    struct command commands[] = {
        {.type = COMMAND_COUPON_CLAIM, .as.coupon_claim = {TEXT("m1"), TEXT("sale"), .store = {0}}},
        {.type = COMMAND_COUPON_CLAIM,
         .as.coupon_claim = {TEXT("new"), TEXT("none"), .store = {0}}},
        {.type = COMMAND_COUPON_LIST, .as.coupon_list = {.member = TEXT("m1")}},
        {.type = COMMAND_ACCOUNT_EARN, .as.account_earn = {.member = TEXT("m2")}},
        {.type = COMMAND_ACCOUNT_SPEND, .as.account_spend = {.member = TEXT("new")}},
        {.type = COMMAND_ACCOUNT_BALANCE, .as.account_balance = {.member = TEXT("m2")}},
        {.type = COMMAND_MEMBER_GET, .as.member_get = {.member = TEXT("m1")}},
        {.type = COMMAND_CAMPAIGN_GET, .as.campaign_get = {TEXT("sale")}},
        {.type = COMMAND_CLOCK_SET, .member_hash = 77},
    };
    uint64_t hash = engine_state_hash(story.engine);
    engine_prefetch(story.engine, commands, sizeof(commands) / sizeof(commands[0]));
    cr_assert_eq(engine_state_hash(story.engine), hash);
    const struct members *members = &story.engine->members;
    cr_assert_eq(commands[0].member_hash, member_hash(members, TEXT("m1")));
    cr_assert_eq(commands[4].member_hash, member_hash(members, TEXT("new")));
    cr_assert_eq(commands[7].member_hash, 0u);
    cr_assert_eq(commands[8].member_hash, 0u);
}

/* The address space ends a step later each time, so that each part in turn is the one without. */
Test(engine, an_engine_that_finds_no_address_space_is_not_made)
{
    const struct engine_options options = story_options();
    FILE *file = fopen("/proc/self/statm", "r");
    unsigned long pages = 0;
    cr_assert(file != NULL && fscanf(file, "%lu", &pages) == 1);
    fclose(file);
    struct rlimit limit;
    cr_assert_eq(getrlimit(RLIMIT_AS, &limit), 0);
    const struct rlimit before = limit;
    uint32_t failures = 0;
    struct engine *engine = NULL;
    for (limit.rlim_cur = pages * 4096; engine == NULL; limit.rlim_cur += 1024UL * 1024) {
        cr_assert_eq(setrlimit(RLIMIT_AS, &limit), 0);
        engine = engine_create(&options);
        cr_assert_eq(setrlimit(RLIMIT_AS, &before), 0);
        failures += engine == NULL;
        cr_assert_lt(failures, 1000u);
    }
    cr_assert_gt(failures, 20u, "only %u steps", failures);
    engine_destroy(&engine);
    engine_destroy(&engine);
}

Test(engine, every_refusal_has_a_status_of_its_own)
{
    cr_assert_str_eq(refusal_status(REFUSAL_NONE), "OK");
    cr_assert_eq(refusal_http_status(REFUSAL_NONE), 200);
    for (enum refusal a = REFUSAL_NONE + 1; a < REFUSAL_LIMIT_OF_ENUM; a++) {
        cr_assert(refusal_http_status(a) >= 400 && refusal_http_status(a) < 600);
        for (enum refusal b = REFUSAL_NONE; b < a; b++) {
            cr_assert_str_neq(refusal_status(a), refusal_status(b));
        }
    }
}

Test(engine, a_bug_ends_the_process, .signal = SIGABRT)
{
    struct command command = {.type = COMMAND_NONE};
    bug_set_hook(NULL);
    engine_step(story.engine, 10, &command, &story.outcome);
}

static void bug_reported(const char *expression, const char *file, int line)
{
    bool right = strstr(expression, "COMMAND_NONE") != NULL && strstr(file, "engine.c") != NULL;
    story_end(&story);
    exit(right && line > 0 ? 42 : 1);
}

Test(engine, a_bug_is_reported_before_the_process_ends, .exit_code = 42)
{
    struct command command = {.type = COMMAND_NONE};
    bug_set_hook(bug_reported);
    engine_step(story.engine, 10, &command, &story.outcome);
}
