/* admit.c -- an event that would break the state is named before it is applied. */
#include "engine/engine.h"

#include <criterion/criterion.h>

#include "tests/lib/engine_story.h"

static struct story story;

/* One of everything: campaign 1 runs, 2 is a draft, 3 is sold out; member 1 holds coupons 1 (of 1) and
 * 2 (of 3) and ten points; channel 1, store 1, staff 1, asset 1; it is 500. */
static void begin(void)
{
    static const struct scene scenes[] = {
        {100, "PUT sale stock=3 per=2", "OK created"},
        {100, "START sale", "OK running"},
        {100, "PUT draft stock=5", "OK created"},
        {100, "PUT tiny stock=1", "OK created"},
        {100, "START tiny", "OK running"},
        {100, "CLAIM m1 sale channel=app store=s1 staff=f1", "OK 1"},
        {100, "CLAIM m1 tiny", "OK 2"},
        {100, "EARN m1 points 10", "OK 10"},
        {500, "CLOCK 500", "OK 500"},
    };
    story_begin(&story, NULL);
    STORY_PLAY(&story, scenes);
}

static void end(void)
{
    story_end(&story);
}

TestSuite(admit, .init = begin, .fini = end);

struct row {
    const char *fault; /* words in it; NULL: admitted */
    struct event event;
};

/* A text of so many bytes; none of the checks reads them. */
static const char bytes[UINT16_MAX + 1];
#define LONG(length)                                                                               \
    {                                                                                              \
        bytes, length                                                                              \
    }
#define WORD(literal)                                                                              \
    {                                                                                              \
        literal, sizeof(literal) - 1                                                               \
    }

#define NAME(...)                                                                                  \
    {                                                                                              \
        .type = EVENT_NAME_ADDED, .as.name_added = { __VA_ARGS__ }                                 \
    }
#define MEMBER(...)                                                                                \
    {                                                                                              \
        .type = EVENT_MEMBER_CREATED, .as.member_created = { __VA_ARGS__ }                         \
    }
#define MOVED(...)                                                                                 \
    {                                                                                              \
        .type = EVENT_CAMPAIGN_MOVED, .as.campaign_moved = { __VA_ARGS__, WORD("why") }            \
    }
#define RESTOCKED(...)                                                                             \
    {                                                                                              \
        .type = EVENT_CAMPAIGN_RESTOCKED, .as.campaign_restocked = { __VA_ARGS__, WORD("why") }    \
    }
#define ISSUED(...)                                                                                \
    {                                                                                              \
        .type = EVENT_COUPON_ISSUED, .as.coupon_issued = { __VA_ARGS__ }                           \
    }
#define EARNED(...)                                                                                \
    {                                                                                              \
        .type = EVENT_ACCOUNT_EARNED, .as.account_earned = { __VA_ARGS__ }                         \
    }
#define SPENT(...)                                                                                 \
    {                                                                                              \
        .type = EVENT_ACCOUNT_SPENT, .as.account_spent = { __VA_ARGS__ }                           \
    }
#define BOUND(...)                                                                                 \
    {                                                                                              \
        .type = EVENT_REQUEST_BOUND, .as.request_bound = { __VA_ARGS__ }                           \
    }
#define CLOCK(...)                                                                                 \
    {                                                                                              \
        .type = EVENT_CLOCK_MOVED, .as.clock_moved = { __VA_ARGS__ }                               \
    }
/* campaign, id, stock, per_member, then others by name */
#define DEFINED(...)                                                                               \
    {                                                                                              \
        .type = EVENT_CAMPAIGN_DEFINED, .as.campaign_defined = { __VA_ARGS__ }                     \
    }
#define GOOD .stock = 3, .per_member = 1, .value_kind = 1

static const struct row broken[] = {
    {"type", {.type = EVENT_NONE}},
    {"type", {.type = (enum event_type)9999}},
    {"GENESIS", {.type = EVENT_GENESIS}},
    {"TAKEOVER", {.type = EVENT_TAKEOVER}},

    {"backwards", CLOCK(499)},
    {"1970", CLOCK(-1)},
    {"9999", CLOCK(TIME_MS_MAX + 1)},
    {"9999", CLOCK(INT64_MAX)},

    {"kind", NAME(NAME_KINDS, 1, WORD("x"))},
    {"kind", NAME(255, 1, WORD("x"))},
    {"1 to 64 bytes", NAME(NAME_STORE, 2, WORD(""))},
    {"1 to 64 bytes", NAME(NAME_STORE, 2, LONG(65))},
    {"1 to 64 bytes", NAME(NAME_STORE, 2, LONG(UINT16_MAX))},
    {"next one", NAME(NAME_STORE, 0, WORD("x"))},
    {"next one", NAME(NAME_STORE, 1, WORD("x"))},
    {"next one", NAME(NAME_STORE, 3, WORD("x"))},
    {"next one", NAME(NAME_STORE, UINT32_MAX, WORD("x"))},
    {"twice", NAME(NAME_STORE, 2, WORD("s1"))},

    {"1 to 64 bytes", MEMBER(2, WORD(""))},
    {"1 to 64 bytes", MEMBER(2, LONG(65))},
    {"next one", MEMBER(0, WORD("x"))},
    {"next one", MEMBER(1, WORD("x"))},
    {"next one", MEMBER(3, WORD("x"))},
    {"twice", MEMBER(2, WORD("m1"))},

    {"1 to 64 bytes", DEFINED(4, WORD(""), GOOD)},
    {"1 to 64 bytes", DEFINED(4, LONG(65), GOOD)},
    {"too long", DEFINED(4, WORD("x"), GOOD, .name = LONG(257))},
    {"too long", DEFINED(4, WORD("x"), GOOD, .source = LONG(32769))},
    {"4000000000", DEFINED(4, WORD("x"), .stock = 4000000001, .per_member = 1, .value_kind = 1)},
    {"4000000000", DEFINED(4, WORD("x"), .stock = UINT64_MAX, .per_member = 1, .value_kind = 1)},
    {"65535", DEFINED(4, WORD("x"), .stock = 3, .per_member = 0, .value_kind = 1)},
    {"65535", DEFINED(4, WORD("x"), .stock = 3, .per_member = 65536, .value_kind = 1)},
    {"1970", DEFINED(4, WORD("x"), GOOD, .opens_at_ms = -1)},
    {"1970", DEFINED(4, WORD("x"), GOOD, .ends_at_ms = TIME_MS_MAX + 1)},
    {"kind", DEFINED(4, WORD("x"), .stock = 3, .per_member = 1, .value_kind = 0)},
    {"kind", DEFINED(4, WORD("x"), .stock = 3, .per_member = 1, .value_kind = 4)},
    {"does not belong", DEFINED(0, WORD("x"), GOOD)},
    {"does not belong", DEFINED(1, WORD("x"), GOOD)},
    {"does not belong", DEFINED(5, WORD("x"), GOOD)},
    {"does not belong", DEFINED(4, WORD("sale"), GOOD)},
    {"does not belong", DEFINED(2, WORD("sale"), GOOD)},
    {"issued", DEFINED(1, WORD("sale"), .stock = 0, .per_member = 1, .value_kind = 1)},

    {"does not exist", MOVED(0, CAMPAIGN_RUNNING)},
    {"does not exist", MOVED(4, CAMPAIGN_RUNNING)},
    {"does not exist", MOVED(UINT32_MAX, CAMPAIGN_RUNNING)},
    {"life cycle", MOVED(1, CAMPAIGN_RUNNING)},
    {"life cycle", MOVED(1, CAMPAIGN_DRAFT)},
    {"life cycle", MOVED(2, CAMPAIGN_PAUSED)},
    {"life cycle", MOVED(1, 0)},
    {"life cycle", MOVED(1, 5)},
    {"life cycle", MOVED(1, 255)},

    {"does not exist", RESTOCKED(0, 9)},
    {"does not exist", RESTOCKED(4, 9)},
    {"issued", RESTOCKED(1, 0)},
    {"4000000000", RESTOCKED(1, 4000000001)},
    {"4000000000", RESTOCKED(1, UINT64_MAX)},

    /* serial, member, campaign, nth, channel, store, staff, key */
    {"next one", ISSUED(0, 1, 1, 2)},
    {"next one", ISSUED(2, 1, 1, 2)},
    {"next one", ISSUED(4, 1, 1, 2)},
    {"next one", ISSUED(1ULL << 32 | 3, 1, 1, 2)},
    {"member that does not exist", ISSUED(3, 0, 1, 1)},
    {"member that does not exist", ISSUED(3, 2, 1, 1)},
    {"member that does not exist", ISSUED(3, UINT32_MAX, 1, 1)},
    {"campaign that does not exist", ISSUED(3, 1, 0, 1)},
    {"campaign that does not exist", ISSUED(3, 1, 4, 1)},
    {"stock", ISSUED(3, 1, 3, 2)},
    {"count", ISSUED(3, 1, 1, 0)},
    {"count", ISSUED(3, 1, 1, 1)},
    {"count", ISSUED(3, 1, 1, 3)},
    {"count", ISSUED(3, 1, 2, 0)},
    {"count", ISSUED(3, 1, 2, 2)},
    {"channel", ISSUED(3, 1, 1, 2, 2, 0, 0)},
    {"channel", ISSUED(3, 1, 1, 2, 0, 2, 0)},
    {"channel", ISSUED(3, 1, 1, 2, 0, 0, UINT32_MAX)},
    {"key", ISSUED(3, 1, 1, 2, 0, 0, 0, 1)},
    {"key", ISSUED(3, 1, 1, 2, 0, 0, 0, 16)},
    {"key", ISSUED(3, 1, 1, 2, 0, 0, 0, 255)},

    /* member, asset, amount, balance */
    {"member", EARNED(0, 1, 5, 15)},
    {"member", EARNED(2, 1, 5, 15)},
    {"asset", EARNED(1, 0, 5, 5)},
    {"asset", EARNED(1, 2, 5, 15)},
    {"bounds", EARNED(1, 1, 0, 10)},
    {"bounds", EARNED(1, 1, -5, 5)},
    {"bounds", EARNED(1, 1, INT64_MIN, 5)},
    {"bounds", EARNED(1, 1, INT64_MAX, INT64_MIN + 9)},
    {"bounds", EARNED(1, 1, 5, -15)},
    {"bounds", EARNED(1, 1, BALANCE_MAX - 9, BALANCE_MAX + 1)},
    {"follow", EARNED(1, 1, 5, 14)},
    {"follow", EARNED(1, 1, 5, 5)},
    {"member", SPENT(2, 1, 5, 5)},
    {"asset", SPENT(1, 2, 5, 5)},
    {"bounds", SPENT(1, 1, 11, -1)},
    {"bounds", SPENT(1, 1, -5, 15)},
    {"bounds", SPENT(1, 1, BALANCE_MAX + 1, 5)},
    {"follow", SPENT(1, 1, 5, 6)},
    {"follow", SPENT(1, 1, 10, 10)},

    {"request", BOUND({{1}}, 1, BALANCE_MAX + 1ULL)},
    {"request", BOUND({{1}}, 1, UINT64_MAX)},
};

Test(admit, each_kind_of_broken_event_is_named_and_changes_nothing)
{
    uint64_t hash = engine_state_hash(story.engine);
    for (size_t at = 0; at < sizeof(broken) / sizeof(broken[0]); at++) {
        const char *fault = engine_admits(story.engine, &broken[at].event);
        cr_assert_not_null(fault, "row %zu, %s: admitted", at, broken[at].fault);
        cr_assert_not_null(strstr(fault, broken[at].fault), "row %zu: '%s', expected '%s'", at,
                           fault, broken[at].fault);
        cr_assert_eq(engine_state_hash(story.engine), hash);
    }
}

/* Right beside the broken ones: the last value that is still good. */
static const struct row whole[] = {
    {NULL, {.type = EVENT_BEGIN}},
    {NULL, {.type = EVENT_HANDOVER}},
    {NULL, CLOCK(500)},
    {NULL, CLOCK(501)},
    {NULL, NAME(NAME_STORE, 2, WORD("x"))},
    {NULL, NAME(NAME_STAFF, 2, LONG(64))},
    {NULL, NAME(NAME_ASSET, 2, WORD("s1"))},
    {NULL, MEMBER(2, WORD("x"))},
    {NULL, MEMBER(3, LONG(64))},
    {NULL, DEFINED(4, LONG(64), .stock = 4000000000, .per_member = 65535, .value_kind = 3,
                   .ends_at_ms = TIME_MS_MAX, .name = LONG(256), .source = LONG(32768))},
    {NULL, DEFINED(1, WORD("sale"), .stock = 1, .per_member = 1, .value_kind = 2)},
    {NULL, DEFINED(1, WORD("sale"), .stock = 9, .per_member = 1, .value_kind = 2)},
    {NULL, MOVED(2, CAMPAIGN_STOPPED)},
    {NULL, RESTOCKED(1, 1)},
    {NULL, RESTOCKED(1, 4000000000)},
    {NULL, ISSUED(3, 1, 1, 2, 1, 1, 1, 3)}, /* beyond per_member, which is policy of then */
    {NULL, ISSUED(4, 1, 2, 1)},             /* of a stopped campaign, likewise */
    {NULL, ISSUED(5, 3, 1, 1)},
    {NULL, EARNED(1, 1, BALANCE_MAX - 10, BALANCE_MAX)},
    {NULL, SPENT(1, 1, BALANCE_MAX, 0)},
    {NULL, EARNED(1, 2, BALANCE_MAX, BALANCE_MAX)},
    {NULL, EARNED(2, 1, 1, 1)},
    {NULL, BOUND({{1}}, 1, BALANCE_MAX)},
    {NULL, BOUND({{1}}, 2, 0)}, /* bound anew */
};

Test(admit, what_is_just_within_bounds_is_admitted_and_applied)
{
    for (size_t at = 0; at < sizeof(whole) / sizeof(whole[0]); at++) {
        const char *fault = engine_admits(story.engine, &whole[at].event);
        cr_assert_null(fault, "row %zu: %s", at, fault);
        engine_apply(story.engine, 500, &whole[at].event);
        story_sound(story.engine);
    }
}

Test(admit, the_count_of_a_member_and_campaign_ends_where_its_number_does)
{
    struct engine_options options = story_options();
    options.coupons_max = 70000;
    end();
    story_begin(&story, &options);
    story_tell(&story, 10, "PUT sale stock=70000 per=65535");
    story_tell(&story, 10, "START sale");
    story.watch = false;
    for (int claim = 0; claim < 65535; claim++) {
        story_tell(&story, 10, "CLAIM m1 sale");
    }
    cr_assert_str_eq(story.answer, "OK 65535");
    cr_assert_str_eq(story_tell(&story, 10, "CLAIM m1 sale"), "LIMIT per_member 65535 65535");
    for (uint32_t nth = 0; nth < 2; nth++) {
        struct event event = ISSUED(65536, 1, 1, (uint16_t)nth);
        cr_assert_not_null(engine_admits(story.engine, &event));
    }
}

/* A group may begin before the time to which the event inside of it moved the clock, or after. */
Test(admit, a_clock_event_in_a_group_of_a_later_time_is_no_step_back)
{
    struct event event = CLOCK(600);
    cr_assert_null(engine_admits(story.engine, &event));
    engine_apply(story.engine, 700, &event);
    cr_assert_eq(story.engine->time_ms, 700);
    event.as.clock_moved.time_ms = 900;
    cr_assert_null(engine_admits(story.engine, &event));
    engine_apply(story.engine, 650, &event);
    cr_assert_eq(story.engine->time_ms, 900);
}

/* A server with smaller limits than the one that wrote the journal. */
Test(admit, a_journal_that_needs_more_room_than_there_is_says_of_what)
{
    static const struct scene scenes[] = {
        {100, "CLAIM m2 sale store=s2", "OK 3"}, {100, "EARN m2 a1 1", "OK 1"},
        {100, "EARN m2 a2 1", "OK 1"},           {100, "EARN m2 a3 1", "OK 1"},
        {100, "EARN m2 a4 1", "OK 1"},
    };
    STORY_PLAY(&story, scenes);
    static const struct {
        const char *fault;
        uint32_t members, coupons, campaigns, names;
    } rows[] = {
        {NULL, 2, 3, 3, 2},           {"more members", 1, 3, 3, 2},
        {"more coupons", 2, 2, 3, 2}, {"more campaigns", 2, 3, 2, 2},
        {"more names", 2, 3, 3, 1},
    };
    for (size_t at = 0; at < sizeof(rows) / sizeof(rows[0]); at++) {
        static struct story again;
        struct engine_options options = story_options();
        options.members_max = rows[at].members;
        options.coupons_max = rows[at].coupons;
        options.campaigns_max = rows[at].campaigns;
        options.names_max = rows[at].names;
        const char *fault = story_replay(&story, &options, &again);
        if (rows[at].fault == NULL) {
            cr_assert_null(fault, "%s", fault);
        } else {
            cr_assert_not_null(fault, "row %zu", at);
            cr_assert_not_null(strstr(fault, rows[at].fault), "row %zu: %s", at, fault);
        }
        story_end(&again);
    }
}

Test(admit, without_room_for_accounts_requests_or_texts_it_says_so)
{
    struct engine *engine = story.engine;
    engine->accounts.limit = engine->accounts.count;
    struct event event = EARNED(1, 1, 5, 15);
    cr_assert_null(engine_admits(engine, &event), "an account that is there takes no room");
    event = (struct event)NAME(NAME_ASSET, 2, WORD("stamps"));
    cr_assert_null(engine_admits(engine, &event));
    engine_apply(engine, 500, &event);
    event = (struct event)EARNED(1, 2, 5, 5);
    cr_assert_not_null(strstr(engine_admits(engine, &event), "more accounts"));
    engine->requests.ring.limit = engine->requests.ring.count;
    event = (struct event)BOUND({{1}}, 1, 1);
    cr_assert_not_null(strstr(engine_admits(engine, &event), "more request ids"));
    engine->campaigns.texts.units.limit = engine->campaigns.texts.units.count + 1;
    event = (struct event)DEFINED(1, WORD("sale"), GOOD, .source = LONG(4000));
    cr_assert_not_null(strstr(engine_admits(engine, &event), "more campaigns"));
}
