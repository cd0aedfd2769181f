/* engine_story.c -- lines to commands, outcomes to words. */
#include "tests/lib/engine_story.h"

#include <criterion/criterion.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "engine/bytes.h"

#define WORDS_MAX 16

/* One line in parts: words[0] is the verb; a missing word is empty. */
struct line {
    const char *text;
    const char *words[WORDS_MAX];
    char copy[1024];
};

struct verb {
    const char *name;
    enum command_type type;
    void (*fill)(struct story *story, const struct line *line, struct command *command);
    void (*show)(struct story *story);
};

static struct campaign_definition definition; /* lives as long as the line that tells it */
static char code_bytes[CODE_BYTES];

/* --- reading a line ----------------------------------------------------------------------------- */

static void split(struct line *line, const char *text)
{
    *line = (struct line){.text = text};
    cr_assert(strlen(text) < sizeof(line->copy), "too long: %s", text);
    memcpy(line->copy, text, strlen(text) + 1);
    char *rest = line->copy;
    int count = 0;
    for (char *word = strtok_r(rest, " ", &rest); word != NULL; word = strtok_r(rest, " ", &rest)) {
        cr_assert(count < WORDS_MAX, "too many words: %s", text);
        line->words[count++] = word;
    }
    for (; count < WORDS_MAX; count++) {
        line->words[count] = "";
    }
}

/* Returns the value of name=value, or the empty text. */
static const char *value_of(const struct line *line, const char *name)
{
    size_t length = strlen(name);
    for (int at = 1; at < WORDS_MAX; at++) {
        const char *word = line->words[at];
        if (strncmp(word, name, length) == 0 && word[length] == '=') {
            return word + length + 1;
        }
    }
    return "";
}

static int64_t number_of(const struct line *line, const char *name, int64_t absent)
{
    const char *value = value_of(line, name);
    return *value == '\0' ? absent : strtoll(value, NULL, 10);
}

static struct text named(const struct line *line, const char *name)
{
    return text_of(value_of(line, name));
}

/* A coupon by its serial number, or by a code as it stands. */
static struct text code_of(const struct story *story, const char *word)
{
    char *end;
    uint64_t serial = strtoull(word, &end, 10);
    if (*word == '\0' || *end != '\0') {
        return text_of(word);
    }
    const struct engine *engine = story->engine;
    uint32_t key = engine->options.code_key;
    if (pool_has(&engine->coupons.pool, serial)) {
        key = coupon_at(&engine->coupons, (uint32_t)serial)->key;
    }
    code_write(&engine->options.code_keys, key, serial, code_bytes);
    return (struct text){code_bytes, CODE_BYTES};
}

static void fill_put(struct story *story, const struct line *line, struct command *command)
{
    (void)story;
    const char *name = value_of(line, "name");
    const char *document = value_of(line, "document");
    int64_t percent = number_of(line, "percent", 0);
    int64_t exchange = number_of(line, "exchange", -1);
    definition = (struct campaign_definition){
        .name = text_of(*name == '\0' ? line->words[1] : name),
        .stock = (uint64_t)number_of(line, "stock", 1),
        .per_member = (uint32_t)number_of(line, "per", 1),
        .opens_at_ms = number_of(line, "opens", 0),
        .ends_at_ms = number_of(line, "ends", 0),
        .value = {.kind = percent > 0     ? VALUE_PERCENT_OFF
                          : exchange >= 0 ? VALUE_EXCHANGE
                                          : VALUE_AMOUNT_OFF,
                  .percent = (uint32_t)percent,
                  .amount_fen = exchange >= 0 ? exchange : number_of(line, "amount", 100),
                  .minimum_fen = number_of(line, "minimum", 0),
                  .maximum_fen = number_of(line, "maximum", 0)},
        .source = text_of(*document == '\0' ? line->text : document),
    };
    command->as.campaign_put = (struct campaign_put){
        .campaign = text_of(line->words[1]),
        .document = {.source = definition.source, .definition = &definition},
        .version = number_of(line, "version", 0),
        .request = named(line, "request"),
        .reason = named(line, "reason")};
}

static void fill_start(struct story *story, const struct line *line, struct command *command)
{
    (void)story;
    command->as.campaign_start = (struct campaign_start){.campaign = text_of(line->words[1]),
                                                         .request = named(line, "request"),
                                                         .reason = named(line, "reason")};
}

static void fill_pause(struct story *story, const struct line *line, struct command *command)
{
    (void)story;
    command->as.campaign_pause = (struct campaign_pause){.campaign = text_of(line->words[1]),
                                                         .request = named(line, "request"),
                                                         .reason = named(line, "reason")};
}

static void fill_stop(struct story *story, const struct line *line, struct command *command)
{
    (void)story;
    command->as.campaign_stop = (struct campaign_stop){.campaign = text_of(line->words[1]),
                                                       .request = named(line, "request"),
                                                       .reason = named(line, "reason")};
}

static void fill_restock(struct story *story, const struct line *line, struct command *command)
{
    (void)story;
    command->as.campaign_restock = (struct campaign_restock){
        .campaign = text_of(line->words[1]),
        .delta = strtoll(line->words[2], NULL, 10),
        .expect = number_of(line, "expect", 0),
        .request = named(line, "request"),
        .reason = named(line, "reason")};
}

static void fill_campaign(struct story *story, const struct line *line, struct command *command)
{
    (void)story;
    command->as.campaign_get.campaign = text_of(line->words[1]);
}

static void fill_campaigns(struct story *story, const struct line *line, struct command *command)
{
    (void)story;
    command->as.campaign_list = (struct campaign_list){number_of(line, "limit", 0),
                                                       named(line, "after")};
}

static void fill_claim(struct story *story, const struct line *line, struct command *command)
{
    (void)story;
    command->as.coupon_claim = (struct coupon_claim){
        text_of(line->words[1]), text_of(line->words[2]), named(line, "channel"),
        named(line, "store"),    named(line, "staff"),    named(line, "request"),
    };
}

static void fill_coupon(struct story *story, const struct line *line, struct command *command)
{
    command->as.coupon_get.code = code_of(story, line->words[1]);
}

static void fill_coupons(struct story *story, const struct line *line, struct command *command)
{
    command->as.coupon_list = (struct coupon_list){text_of(line->words[1]),
                                                   number_of(line, "limit", 0),
                                                   code_of(story, value_of(line, "before"))};
}

static void fill_earn(struct story *story, const struct line *line, struct command *command)
{
    (void)story;
    command->as.account_earn = (struct account_earn){
        text_of(line->words[1]), text_of(line->words[2]), strtoll(line->words[3], NULL, 10),
        named(line, "request")};
}

static void fill_spend(struct story *story, const struct line *line, struct command *command)
{
    (void)story;
    command->as.account_spend = (struct account_spend){
        text_of(line->words[1]), text_of(line->words[2]), strtoll(line->words[3], NULL, 10),
        named(line, "request")};
}

static void fill_balance(struct story *story, const struct line *line, struct command *command)
{
    (void)story;
    command->as.account_balance = (struct account_balance){text_of(line->words[1]),
                                                           text_of(line->words[2])};
}

static void fill_member(struct story *story, const struct line *line, struct command *command)
{
    (void)story;
    command->as.member_get.member = text_of(line->words[1]);
}

static void fill_clock(struct story *story, const struct line *line, struct command *command)
{
    (void)story;
    command->as.clock_set.time_ms = strtoll(line->words[1], NULL, 10);
}

/* --- showing an answer -------------------------------------------------------------------------- */

static void say(struct story *story, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void say(struct story *story, const char *format, ...)
{
    size_t length = strlen(story->answer);
    va_list arguments;
    va_start(arguments, format);
    int added = vsnprintf(story->answer + length, sizeof(story->answer) - length, format,
                          arguments);
    va_end(arguments);
    cr_assert(added >= 0 && (size_t)added < sizeof(story->answer) - length, "answer too long");
}

static void say_text(struct story *story, struct text text)
{
    say(story, " %.*s", (int)text.length, text.data);
}

static void show_word(struct story *story)
{
    say(story, " %s", story->outcome.word);
}

static void show_number(struct story *story)
{
    say(story, " %lld", (long long)story->outcome.numbers[0]);
}

static void show_serial(struct story *story)
{
    say(story, " %u", story->outcome.coupon);
}

/* id state stock issued per_member opens ends stopped name */
static void show_campaign(struct story *story)
{
    const struct campaigns *campaigns = &story->engine->campaigns;
    const struct campaign *campaign = campaign_at(campaigns, story->outcome.campaign);
    say_text(story, campaign_id(campaign));
    say(story, " %s %llu %llu %u %lld %lld %lld", campaign_state_word(campaign->state),
        (unsigned long long)campaign->stock, (unsigned long long)campaign->issued,
        campaign->per_member, (long long)campaign->opens_at_ms, (long long)campaign->ends_at_ms,
        (long long)campaign->stopped_at_ms);
    say_text(story, texts_show(&campaigns->texts, campaign->name));
}

static void show_campaigns(struct story *story)
{
    uint32_t first = story->outcome.campaign;
    for (uint32_t at = 0; at < (uint32_t)story->outcome.numbers[0]; at++) {
        say_text(story, campaign_id(campaign_at(&story->engine->campaigns, first + at)));
    }
}

/* serial member campaign state issued_at channel store staff */
static void show_coupon(struct story *story)
{
    const struct engine *engine = story->engine;
    const struct coupon *coupon = coupon_at(&engine->coupons, story->outcome.coupon);
    cr_assert_eq(coupon->member, story->outcome.member);
    show_serial(story);
    say_text(story, member_id(&engine->members, member_at(&engine->members, coupon->member)));
    say_text(story, campaign_id(campaign_at(&engine->campaigns, coupon->campaign)));
    say(story, " %s %lld", coupon_state_word(coupon->state),
        (long long)coupon_issued_at_ms(coupon));
    say_text(story, name_show(&engine->names[NAME_CHANNEL], coupon->channel));
    say_text(story, name_show(&engine->names[NAME_STORE], coupon->store));
    say_text(story, name_show(&engine->names[NAME_STAFF], coupon->staff));
}

/* total, then serials */
static void show_coupons(struct story *story)
{
    const struct engine *engine = story->engine;
    say(story, " %u", member_at(&engine->members, story->outcome.member)->coupon_count);
    uint32_t index = story->outcome.coupon;
    for (int64_t left = story->outcome.numbers[0]; left > 0 && index != 0; left--) {
        say(story, " %u", index);
        index = coupon_at(&engine->coupons, index)->older;
    }
}

static void show_accounts(struct story *story)
{
    const struct engine *engine = story->engine;
    uint32_t index = member_at(&engine->members, story->outcome.member)->newest_account;
    for (; index != 0; index = account_at(&engine->accounts, index)->older) {
        const struct account *account = account_at(&engine->accounts, index);
        say_text(story, name_show(&engine->names[NAME_ASSET], account->asset));
        say(story, " %lld", (long long)account->balance);
    }
}

/* id joined_at coupons, then accounts */
static void show_member(struct story *story)
{
    const struct members *members = &story->engine->members;
    const struct member *member = member_at(members, story->outcome.member);
    say_text(story, member_id(members, member));
    say(story, " %lld %u", (long long)member_joined_at_ms(member), member->coupon_count);
    show_accounts(story);
}

/* --- the verbs ---------------------------------------------------------------------------------- */

static const struct verb verbs[] = {
    {"PUT", COMMAND_CAMPAIGN_PUT, fill_put, show_word},
    {"START", COMMAND_CAMPAIGN_START, fill_start, show_word},
    {"PAUSE", COMMAND_CAMPAIGN_PAUSE, fill_pause, show_word},
    {"STOP", COMMAND_CAMPAIGN_STOP, fill_stop, show_word},
    {"RESTOCK", COMMAND_CAMPAIGN_RESTOCK, fill_restock, show_number},
    {"SHOW", COMMAND_CAMPAIGN_GET, fill_campaign, show_campaign},
    {"CAMPAIGNS", COMMAND_CAMPAIGN_LIST, fill_campaigns, show_campaigns},
    {"CLAIM", COMMAND_COUPON_CLAIM, fill_claim, show_serial},
    {"COUPON", COMMAND_COUPON_GET, fill_coupon, show_coupon},
    {"COUPONS", COMMAND_COUPON_LIST, fill_coupons, show_coupons},
    {"EARN", COMMAND_ACCOUNT_EARN, fill_earn, show_number},
    {"SPEND", COMMAND_ACCOUNT_SPEND, fill_spend, show_number},
    {"BALANCE", COMMAND_ACCOUNT_BALANCE, fill_balance, NULL},
    {"MEMBER", COMMAND_MEMBER_GET, fill_member, show_member},
    {"CLOCK", COMMAND_CLOCK_SET, fill_clock, show_number},
};

static const struct verb *verb_of(const struct line *line)
{
    for (size_t at = 0; at < sizeof(verbs) / sizeof(verbs[0]); at++) {
        if (strcmp(verbs[at].name, line->words[0]) == 0) {
            return &verbs[at];
        }
    }
    cr_assert_fail("no such verb: %s", line->text);
    return NULL;
}

/* A refusal's status and the numbers that refusals.def says follow it. */
static void show_refusal(struct story *story)
{
    const struct outcome *outcome = &story->outcome;
    say(story, "%s", refusal_status(outcome->refusal));
    switch (outcome->refusal) {
    case REFUSAL_DUPLICATE:
        show_serial(story);
        break;
    case REFUSAL_LIMIT:
        show_word(story);
        show_number(story);
        say(story, " %lld", (long long)outcome->numbers[1]);
        break;
    case REFUSAL_INSUFFICIENT:
        show_number(story);
        say(story, " %lld", (long long)outcome->numbers[1]);
        break;
    case REFUSAL_BAD_STATE:
    case REFUSAL_FULL:
        show_word(story);
        break;
    case REFUSAL_NOT_OPEN:
    case REFUSAL_ENDED:
    case REFUSAL_SOLD_OUT:
    case REFUSAL_CONFLICT:
    case REFUSAL_BELOW_ISSUED:
    case REFUSAL_CHANGED:
    case REFUSAL_CLOCK_BACKWARDS:
        show_number(story);
        break;
    default:
        break;
    }
}

static void show_ok(struct story *story, const struct line *line, const struct verb *verb)
{
    say(story, "OK");
    if (verb->show != NULL) {
        verb->show(story);
    } else if (*line->words[2] == '\0') {
        show_accounts(story);
    } else {
        show_number(story);
    }
}

/* --- the story ---------------------------------------------------------------------------------- */

struct engine_options story_options(void)
{
    struct engine_options options = {
        .members_max = 64,
        .coupons_max = 256,
        .campaigns_max = 4,
        .names_max = 8,
        .requests_max = 8,
        .request_window_ms = 1000,
        .hash_seed = 42,
        .code_key = 0,
    };
    for (uint32_t key = 0; key < CODE_KEYS; key++) {
        memset(options.code_keys.keys[key], (int)(key * 17 + 1), CODE_KEY_BYTES);
    }
    options.code_keys.live[0] = options.code_keys.live[3] = true;
    options.code_keys.shard = 5;
    memset(options.request_secret, 7, sizeof(options.request_secret));
    return options;
}

void story_begin(struct story *story, const struct engine_options *options)
{
    struct engine_options small = story_options();
    *story = (struct story){.watch = true};
    story->engine = engine_create(options == NULL ? &small : options);
    cr_assert_not_null(story->engine);
}

void story_end(struct story *story)
{
    story_sound(story->engine);
    engine_destroy(&story->engine);
    cr_assert_null(story->engine);
    free(story->journal);
}

static void journal_keep(struct story *story)
{
    const size_t head = 2 * sizeof(int64_t);
    if (story->journal_room - story->journal_length < head + GROUP_BYTES_MAX) {
        story->journal_room = story->journal_room * 2 + head + GROUP_BYTES_MAX;
        story->journal = realloc(story->journal, story->journal_room);
        cr_assert_not_null(story->journal);
    }
    uint8_t *group = story->journal + story->journal_length;
    size_t length = 0;
    for (uint32_t at = 0; at < story->outcome.event_count; at++) {
        size_t bytes = event_encode(&story->outcome.events[at], group + head + length,
                                    GROUP_BYTES_MAX - length);
        cr_assert_gt(bytes, 0u);
        length += bytes;
    }
    bytes_put_i64(group, story->engine->time_ms);
    bytes_put_u64(group + sizeof(int64_t), length);
    story->journal_length += head + length;
}

const char *story_tell(struct story *story, int64_t now, const char *format, ...)
{
    char text[1024];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    cr_assert(length > 0 && (size_t)length < sizeof(text));
    struct line line;
    split(&line, text);
    const struct verb *verb = verb_of(&line);
    struct command command = {.type = verb->type, .principal = (uint32_t)number_of(&line, "as", 0)};
    verb->fill(story, &line, &command);
    uint64_t before = story->watch ? engine_state_hash(story->engine) : 0;
    uint64_t seq = story->engine->seq;

    engine_prefetch(story->engine, &command, 1);
    engine_step(story->engine, now, &command, &story->outcome);

    cr_assert_eq(story->engine->seq, seq + story->outcome.event_count);
    cr_assert_leq(story->outcome.gate, story->engine->seq);
    if (story->watch) {
        bool same = engine_state_hash(story->engine) == before;
        cr_assert_eq(same, story->outcome.event_count == 0, "%s: the state changed, or not", text);
    }
    story->answer[0] = '\0';
    if (story->outcome.refusal == REFUSAL_NONE) {
        show_ok(story, &line, verb);
    } else {
        cr_assert_eq(story->outcome.event_count, 0u, "%s: a refusal with events", text);
        show_refusal(story);
    }
    if (story->outcome.event_count > 0) {
        journal_keep(story);
    }
    return story->answer;
}

uint32_t story_principal(struct story *story, int64_t now, const char *name)
{
    uint64_t seq = story->engine->seq;
    uint32_t number = engine_name_principal(story->engine, now, text_of(name), &story->outcome);
    cr_assert_eq(story->engine->seq, seq + story->outcome.event_count);
    if (story->outcome.event_count > 0) {
        journal_keep(story);
    }
    return number;
}

void story_play(struct story *story, const struct scene *scenes, size_t count)
{
    for (size_t at = 0; at < count; at++) {
        const char *answer = story_tell(story, scenes[at].now, "%s", scenes[at].line);
        cr_assert_str_eq(answer, scenes[at].answer, "scene %zu, at %lld: %s: '%s', expected '%s'",
                         at + 1, (long long)scenes[at].now, scenes[at].line, answer,
                         scenes[at].answer);
    }
}

void story_sound(const struct engine *engine)
{
    uint64_t issued = 0;
    for (uint32_t index = 1; index < engine->campaigns.pool.count; index++) {
        const struct campaign *campaign = campaign_at(&engine->campaigns, index);
        cr_assert_leq(campaign->issued, campaign->stock);
        cr_assert_leq(campaign->definition_seq, campaign->changed_seq);
        cr_assert_eq(campaign_find(&engine->campaigns, campaign_id(campaign), 0), index);
        issued += campaign->issued;
    }
    uint64_t held = 0;
    uint64_t accounts = 0;
    for (uint32_t index = 1; index < engine->members.pool.count; index++) {
        const struct member *member = member_at(&engine->members, index);
        cr_assert_eq(member_find(&engine->members, member_id(&engine->members, member), 0), index);
        uint32_t coupons = 0;
        for (uint32_t at = member->newest_coupon; at != 0; coupons++) {
            const struct coupon *coupon = coupon_at(&engine->coupons, at);
            cr_assert_eq(coupon->member, index);
            cr_assert_lt(coupon->older, at, "a chain goes to older coupons only");
            at = coupon->older;
        }
        cr_assert_eq(coupons, member->coupon_count);
        held += coupons;
        for (uint32_t at = member->newest_account; at != 0; accounts++) {
            const struct account *account = account_at(&engine->accounts, at);
            cr_assert(account->balance >= 0 && account->balance <= BALANCE_MAX);
            cr_assert_lt(account->older, at);
            at = account->older;
        }
    }
    cr_assert_eq(issued, engine->coupons.pool.count - 1);
    cr_assert_eq(held, issued);
    cr_assert_eq(accounts, engine->accounts.count - 1);
}

const char *story_replay(const struct story *story, const struct engine_options *options,
                         struct story *again)
{
    story_begin(again, options);
    const uint8_t *at = story->journal;
    const uint8_t *end = at + story->journal_length;
    while (at < end) {
        int64_t time_ms = bytes_get_i64(at);
        const uint8_t *group_end = at + 2 * sizeof(int64_t) + bytes_get_u64(at + sizeof(int64_t));
        at += 2 * sizeof(int64_t);
        while (at < group_end) {
            struct event event;
            size_t consumed = 0;
            cr_assert_eq(event_decode(at, (size_t)(group_end - at), &event, &consumed), EVENT_FINE);
            const char *fault = engine_admits(again->engine, &event);
            if (fault != NULL) {
                return fault;
            }
            engine_apply(again->engine, time_ms, &event);
            at += consumed;
        }
    }
    return NULL;
}
