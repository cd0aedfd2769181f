/* restore.c -- nothing broken is taken for a state, and limits that are too small say so. */
#include "engine/dump.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <stddef.h>

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

TestSuite(restore, .init = begin, .fini = end);

/* Tries the events with an engine of its own, and holds the answer against the words expected. */
static void refused(const struct engine_options *options, const char *words, const char *what)
{
    struct engine_options usual = story_options();
    struct engine *engine = engine_create(options == NULL ? &usual : options);
    cr_assert_not_null(engine);
    const char *fault = taken_restore(&taken, engine);
    if (words == NULL) {
        cr_assert_null(fault, "%s: refused: %s", what, fault);
        story_sound(engine);
    } else {
        cr_assert_not_null(fault, "%s: was taken for a state", what);
        cr_assert_not_null(strstr(fault, words), "%s: '%s' lacks '%s'", what, fault, words);
    }
    engine_destroy(&engine);
}

/* --- what is no state --------------------------------------------------------------------------- */

struct row {
    const char *words; /* of the refusal; NULL: taken */
    enum event_type type;
    uint32_t nth; /* which event of this type, from 0 */
    size_t offset;
    size_t size;
    uint64_t value;
    const char *what;
};

#define BAD(words, TYPE, nth, name, field, value)                                                  \
    {                                                                                              \
        words, EVENT_##TYPE, nth, offsetof(struct event, as.name.field),                           \
            sizeof(((struct event *)NULL)->as.name.field), (uint64_t)(value),                      \
            #name "." #field " = " #value                                                          \
    }
#define ENGINE(words, field, value) BAD(words, ENGINE_STATE, 0, engine_state, field, value)
#define NAME(words, field, value) BAD(words, NAME_ADDED, 0, name_added, field, value)
#define CAMPAIGN(words, field, value) BAD(words, CAMPAIGN_STATE, 0, campaign_state, field, value)
#define MEMBER(words, field, value) BAD(words, MEMBER_STATE, 1, member_state, field, value)
#define ACCOUNT(words, field, value) BAD(words, ACCOUNT_STATE, 1, account_state, field, value)
#define COUPON(words, field, value) BAD(words, COUPON_STATE, 1, coupon_state, field, value)
#define REQUEST(words, field, value) BAD(words, REQUEST_STATE, 1, request_state, field, value)

static const struct row broken[] = {
    ENGINE("no journal reaches", seq, UINT64_MAX),
    ENGINE("than there were events", seq, 0),
    ENGINE("than there were events", seq, 20),
    ENGINE("1970", time_ms, -1),
    ENGINE("9999", time_ms, TIME_MS_MAX + 1),
    ENGINE("or after the state's time", time_ms, 1249),
    ENGINE("before the state's", time_ms, 119),
    ENGINE("than there were events", coupons, UINT32_MAX),
    ENGINE("than there were events", requests, UINT32_MAX),
    ENGINE("than there were events", pairs, 6),
    ENGINE("other pairs", pairs, 4),
    ENGINE("other pairs", pairs, 0),
    ENGINE("more names than promised", channels, 0),
    ENGINE("fewer names", channels, 2),
    ENGINE("more names than promised", stores, 0),
    ENGINE("fewer names", stores, 2),
    ENGINE("more names than promised", staff, 0),
    ENGINE("fewer names", staff, 2),
    ENGINE("more names than promised", assets, 1),
    ENGINE("fewer names", assets, 3),
    ENGINE("fewer names", principals, 1),
    ENGINE("than there were events", principals, UINT32_MAX),
    ENGINE("more campaigns than promised", campaigns, 2),
    ENGINE("fewer campaigns", campaigns, 4),
    ENGINE("more members than promised", members, 1),
    ENGINE("fewer members", members, 3),
    ENGINE("more accounts than promised", accounts, 1),
    ENGINE("fewer accounts", accounts, 3),
    ENGINE("more coupons than promised", coupons, 4),
    ENGINE("fewer coupons", coupons, 6),
    ENGINE("more request ids than promised", requests, 3),
    ENGINE("fewer request ids", requests, 5),

    NAME("kind", kind, NAME_KINDS),
    NAME("next one", number, 0),
    NAME("more names than promised", number, 2),
    NAME("1 to 64 bytes", text.length, 0),
    NAME("1 to 64 bytes", text.length, 65),

    CAMPAIGN("campaign id", id.length, 0),
    CAMPAIGN("campaign id", id.length, 65),
    CAMPAIGN("too long", name.length, CAMPAIGN_NAME_BYTES_MAX + 1),
    CAMPAIGN("too long", source.length, CAMPAIGN_DOCUMENT_BYTES_MAX + 1),
    CAMPAIGN("state", state, 0),
    CAMPAIGN("state", state, CAMPAIGN_STOPPED + 1),
    CAMPAIGN("4000000000", stock, CAMPAIGN_STOCK_MAX + 1),
    CAMPAIGN("below what it has issued", stock, 3),
    CAMPAIGN("below what it has issued", issued, 10),
    CAMPAIGN("below what it has issued", issued, UINT64_MAX),
    CAMPAIGN("than there are of it", issued, 3),
    CAMPAIGN("than there are of it", issued, 5),
    CAMPAIGN("per member", per_member, 0),
    CAMPAIGN("per member", per_member, CAMPAIGN_PER_MEMBER_MAX + 1),
    CAMPAIGN("1970", opens_at_ms, -1),
    CAMPAIGN("9999", ends_at_ms, TIME_MS_MAX + 1),
    CAMPAIGN("stopped", stopped_at_ms, 1),
    CAMPAIGN("stopped", stopped_at_ms, -1),
    CAMPAIGN("stopped", stopped_at_ms, 1301),
    CAMPAIGN("not in order", definition_seq, 0),
    CAMPAIGN("not in order", changed_seq, 1),
    CAMPAIGN("not in order", changed_seq, 1000),
    CAMPAIGN("value", value_kind, 0),
    CAMPAIGN("value", value_kind, VALUE_EXCHANGE + 1),

    MEMBER("member id", id.length, 0),
    MEMBER("member id", id.length, 65),
    MEMBER("joined before the one before", joined_at_ms, 199),
    MEMBER("joined before the one before", joined_at_ms, -1),
    MEMBER("after the state's time", joined_at_ms, 1301),
    MEMBER("before its member joined", joined_at_ms, 1121),
    MEMBER("sequence number", changed_seq, 0),
    MEMBER("sequence number", changed_seq, 1000),

    ACCOUNT("member that does not exist", member, 0),
    ACCOUNT("member that does not exist", member, 3),
    ACCOUNT("member that does not exist", member, UINT32_MAX),
    ACCOUNT("asset that does not exist", asset, 0),
    ACCOUNT("asset that does not exist", asset, 3),
    ACCOUNT("an account comes twice", asset, 1),
    ACCOUNT("out of bounds", balance, -1),
    ACCOUNT("out of bounds", balance, BALANCE_MAX + 1),

    COUPON("member that does not exist", member, 0),
    COUPON("member that does not exist", member, 3),
    COUPON("before its member joined", member, 2),
    COUPON("campaign that does not exist", campaign, 0),
    COUPON("campaign that does not exist", campaign, 4),
    COUPON("does not continue", campaign, 3),
    COUPON("issued before the one before", issued_at_ms, 209),
    COUPON("issued before the one before", issued_at_ms, -1),
    COUPON("after the state's time", issued_at_ms, 1301),
    COUPON("does not exist", store, 2),
    COUPON("does not exist", staff, 2),
    COUPON("does not exist", channel, 2),
    COUPON("does not continue", nth, 0),
    COUPON("does not continue", nth, 1),
    COUPON("does not continue", nth, 3),
    COUPON("state", state, 0),
    COUPON("state", state, COUPON_ISSUED + 1),
    COUPON("secret file", key, 1),
    COUPON("secret file", key, 255),

    REQUEST("bound before the one before", bound_at_ms, -2),
    REQUEST("after the state's time", bound_at_ms, 1301),
    REQUEST("neither", result, BALANCE_MAX + 1),
    BAD("bound before the one before", REQUEST_STATE, 2, request_state, bound_at_ms, 1099),

    /* What no check can know, for comparison. */
    ENGINE(NULL, time_ms, 1301),
    ENGINE(NULL, seq, 1000),
    MEMBER(NULL, joined_at_ms, 1119),
    ACCOUNT(NULL, balance, 0),
    ACCOUNT(NULL, member, 2),
    COUPON(NULL, key, 3),
    REQUEST(NULL, bound_at_ms, REQUEST_FORGOTTEN_MS),
};

Test(restore, each_broken_field_is_refused_in_words)
{
    taken_dump(&taken, story.engine);
    for (size_t at = 0; at < sizeof(broken) / sizeof(broken[0]); at++) {
        const struct row *row = &broken[at];
        struct event *event = &taken.events[taken_find(&taken, row->type, row->nth)];
        const struct event whole = *event;
        memcpy((uint8_t *)event + row->offset, &row->value, row->size);
        refused(NULL, row->words, row->what);
        *event = whole;
    }
    refused(NULL, NULL, "the dump itself");
}

Test(restore, a_missing_or_a_doubled_event_is_noticed)
{
    taken_dump(&taken, story.engine);
    uint32_t whole = taken.count;
    for (uint32_t at = 0; at < whole; at++) {
        taken_drop(&taken, at);
        refused(NULL, "", "one is missing");
        taken_dump(&taken, story.engine);
        taken_double(&taken, at);
        refused(NULL, "", "one comes twice");
        taken_dump(&taken, story.engine);
        taken.count = at;
        refused(NULL, "", "cut short");
        taken.count = whole;
    }
    refused(NULL, NULL, "the dump itself");
}

Test(restore, what_comes_twice_is_refused_although_the_counts_are_right)
{
    static const struct {
        enum event_type type;
        const char *words;
    } rows[] = {
        {EVENT_NAME_ADDED, "next one"},
        {EVENT_CAMPAIGN_STATE, "does not belong to its id"},
        {EVENT_MEMBER_STATE, "a member comes twice"},
        {EVENT_ACCOUNT_STATE, "an account comes twice"},
        {EVENT_COUPON_STATE, "does not continue"},
        {EVENT_REQUEST_STATE, "a request id comes twice"},
    };
    for (size_t at = 0; at < sizeof(rows) / sizeof(rows[0]); at++) {
        taken_dump(&taken, story.engine);
        uint32_t first = taken_find(&taken, rows[at].type,
                                    rows[at].type == EVENT_REQUEST_STATE ? 1 : 0);
        taken.events[first + 1] = taken.events[first];
        refused(NULL, rows[at].words, event_name(rows[at].type));
    }
}

Test(restore, kinds_come_in_their_order)
{
    taken_dump(&taken, story.engine);
    uint32_t whole = taken.count;
    for (uint32_t at = 0; at + 1 < whole; at++) {
        if (taken.events[at].type == taken.events[at + 1].type) {
            continue;
        }
        struct event event = taken.events[at];
        taken.events[at] = taken.events[at + 1];
        taken.events[at + 1] = event;
        refused(NULL, "", "two kinds change places");
        taken_dump(&taken, story.engine);
    }
    taken_double(&taken, 0);
    refused(NULL, "one ENGINE_STATE", "two beginnings");
}

Test(restore, an_event_of_the_journal_is_no_part_of_a_state)
{
    static const enum event_type types[] = {
        EVENT_NONE,          EVENT_GENESIS,       EVENT_BEGIN,
        EVENT_CLOCK_MOVED,   EVENT_COUPON_ISSUED, EVENT_CAMPAIGN_DEFINED,
        EVENT_REQUEST_BOUND, (enum event_type)99, (enum event_type)106,
    };
    for (size_t at = 0; at < sizeof(types) / sizeof(types[0]); at++) {
        for (uint32_t place = 0; place < 2; place++) {
            taken_dump(&taken, story.engine);
            taken_double(&taken, place);
            taken.events[place] = (struct event){.type = types[at]};
            refused(NULL, "not part of a state", event_name(types[at]));
        }
    }
    taken.count = 0;
    refused(NULL, "one ENGINE_STATE", "nothing at all");
}

Test(restore, an_event_of_a_state_is_no_part_of_a_journal)
{
    taken_dump(&taken, story.engine);
    for (uint32_t at = 0; at < taken.count; at++) {
        if (taken.events[at].type != EVENT_NAME_ADDED) {
            const char *fault = engine_admits(story.engine, &taken.events[at]);
            cr_assert_not_null(fault);
            cr_assert_not_null(strstr(fault, "snapshot"), "%s", fault);
        }
    }
}

Test(restore, an_event_of_a_state_is_never_applied, .signal = SIGABRT)
{
    const struct event event = {.type = EVENT_COUPON_STATE};
    engine_apply(story.engine, 2000, &event);
}

Test(restore, bytes_that_mean_anything_break_nothing)
{
    uint64_t dice = 4711;
    uint32_t passed = 0;
    for (int round = 0; round < 3000; round++) {
        taken_dump(&taken, story.engine);
        for (uint32_t changes = 1 + dice_below(&dice, 3); changes > 0; changes--) {
            struct event *event = &taken.events[dice_below(&dice, taken.count)];
            /* In the numbers behind the texts, which stay what they are. */
            size_t first = event->type == EVENT_CAMPAIGN_STATE ? 32 : 0;
            first = event->type == EVENT_MEMBER_STATE ? 16 : first;
            size_t size = event->type == EVENT_NAME_ADDED ? 8 : sizeof(event->as);
            uint8_t *at = (uint8_t *)&event->as + first +
                          dice_below(&dice, (uint32_t)(size - first));
            bool in_source = event->type == EVENT_CAMPAIGN_STATE &&
                             at >= (uint8_t *)&event->as.campaign_state.source;
            *at = in_source ? *at : (uint8_t)dice_roll(&dice);
        }
        struct engine_options options = story_options();
        struct engine *engine = engine_create(&options);
        cr_assert_not_null(engine);
        if (taken_restore(&taken, engine) == NULL) {
            story_sound(engine);
            passed++;
        }
        engine_destroy(&engine);
    }
    cr_assert(passed > 0 && passed < 3000, "%u were taken", passed);
}

/* --- other limits ------------------------------------------------------------------------------- */

Test(restore, a_limit_below_what_there_is_names_its_option)
{
    taken_dump(&taken, story.engine);
    struct engine_options options = story_options();
    options.members_max = 1;
    refused(&options, "--max-members", "members");
    options = story_options();
    options.coupons_max = 4;
    refused(&options, "--max-coupons", "coupons");
    options = story_options();
    options.campaigns_max = 2;
    refused(&options, "--max-campaigns", "campaigns");
    options = story_options();
    options.code_keys.live[0] = false;
    options.code_key = 3;
    refused(&options, "secret file", "keys");

    cr_assert_str_eq(story_tell(&story, 1300, "CLAIM m2 sale store=s2"), "OK 6");
    taken_dump(&taken, story.engine);
    options = story_options();
    options.names_max = 1;
    refused(&options, "--max-names", "names");
}

Test(restore, limits_that_just_fit_and_larger_ones_do)
{
    taken_dump(&taken, story.engine);
    struct engine_options options = story_options();
    options.members_max = 2;
    options.coupons_max = 5;
    options.campaigns_max = 3;
    options.names_max = 1;
    options.requests_max = 4;
    for (int round = 0; round < 2; round++) {
        story_begin(&again, &options);
        cr_assert_null(taken_restore(&taken, again.engine));
        cr_assert_eq(engine_state_hash(again.engine), engine_state_hash(story.engine));
        const char *answer = story_tell(&again, 1300, "CLAIM m2 sale");
        cr_assert_str_eq(answer, round == 0 ? "FULL members" : "OK 6");
        answer = story_tell(&again, 1300, "EARN m1 points 1 request=r4");
        cr_assert_str_eq(answer, "OK 14");
        story_end(&again);
        options.members_max = options.coupons_max = 1000000;
        options.campaigns_max = options.names_max = options.requests_max = 100000;
    }
}

Test(restore, a_smaller_ring_of_request_ids_forgets_the_oldest)
{
    taken_dump(&taken, story.engine);
    struct engine_options options = story_options();
    options.requests_max = 2; /* of four places: the hole that r1 left, r2, r3, and r1 again */
    story_begin(&again, &options);
    cr_assert_null(taken_restore(&taken, again.engine));
    static const struct scene scenes[] = {
        {1250, "EARN m1 points 3 request=r3", "OK 13"},
        {1250, "CLAIM m1 sale channel=app store=s1 staff=f1 request=r1", "OK 5"},
        {1250, "CLAIM m1 sale request=r2", "LIMIT per_member 3 3"},
        {1350, "EARN m1 points 1 request=r4", "OK 14"},
        {1350, "EARN m1 points 3 request=r3", "OK 17"},
        {1350, "EARN m1 points 1 request=r4", "OK 14"},
    };
    STORY_PLAY(&again, scenes);
    story_end(&again);
}
