/* campaign.c -- defining, moving, restocking and showing campaigns. */
#include "engine/campaign.h"

#include <stddef.h>
#include <xxhash.h>

#include "engine/bug.h"
#include "engine/planted.h"
#include "engine/request.h"
#include "engine/state.h"

#define UNITS_PER_CAMPAIGN 16U /* of kept text, on average: 4 KiB */

_Static_assert(offsetof(struct campaign, id) == 64, "what a claim reads is one cache line");

struct campaign_key {
    const struct campaigns *campaigns;
    struct text id;
};

static bool campaign_is(const void *key, uint32_t index)
{
    const struct campaign_key *wanted = key;
    return text_equal(campaign_id(campaign_at(wanted->campaigns, index)), wanted->id);
}

uint64_t campaign_hash(const struct campaigns *campaigns, struct text id)
{
    uint64_t hash = XXH3_64bits_withSeed(id.data, id.length, campaigns->seed);
    return hash == 0 ? 1 : hash;
}

static uint64_t campaign_rehash(const void *context, uint32_t index)
{
    const struct campaigns *campaigns = context;
    return campaign_hash(campaigns, campaign_id(campaign_at(campaigns, index)));
}

bool campaigns_init(struct campaigns *campaigns, uint32_t limit, uint64_t seed)
{
    *campaigns = (struct campaigns){.seed = seed};
    uint64_t units = (uint64_t)limit * UNITS_PER_CAMPAIGN + (1U << TEXTS_SIZES);
    units = units > UINT32_MAX - 1 ? UINT32_MAX - 1 : units;
    return pool_init(&campaigns->pool, sizeof(struct campaign), limit) &&
           table_init(&campaigns->table, limit) && texts_init(&campaigns->texts, (uint32_t)units);
}

void campaigns_deinit(struct campaigns *campaigns)
{
    pool_deinit(&campaigns->pool);
    table_deinit(&campaigns->table);
    texts_deinit(&campaigns->texts);
}

uint32_t campaign_find(const struct campaigns *campaigns, struct text id, uint64_t hash)
{
    struct campaign_key key = {campaigns, id};
    return table_find(&campaigns->table, hash == 0 ? campaign_hash(campaigns, id) : hash,
                      campaign_is, &key);
}

const char *campaign_state_word(uint8_t state)
{
    static const char *const words[] = {"unknown", "draft", "running", "paused", "stopped"};
    ASSERT(state < sizeof(words) / sizeof(words[0]));
    return words[state];
}

bool campaign_may_move(uint8_t from, uint8_t to)
{
    static const bool moves[5][5] = {
        [CAMPAIGN_DRAFT] = {[CAMPAIGN_RUNNING] = true, [CAMPAIGN_STOPPED] = true},
        [CAMPAIGN_RUNNING] = {[CAMPAIGN_PAUSED] = true, [CAMPAIGN_STOPPED] = true},
        [CAMPAIGN_PAUSED] = {[CAMPAIGN_RUNNING] = true, [CAMPAIGN_STOPPED] = true},
    };
    return (from < 5 && to < 5 && moves[from][to]) ||
           (PLANTED(STOPPED_STARTS) && from == CAMPAIGN_STOPPED && to == CAMPAIGN_RUNNING);
}

bool campaign_reserve(struct campaigns *campaigns, uint32_t name_length, uint32_t source_length)
{
    return pool_reserve(&campaigns->pool, 1) && table_reserve(&campaigns->table) &&
           texts_reserve(&campaigns->texts, name_length, source_length);
}

static struct text number_text(const int64_t *number)
{
    return (struct text){(const char *)number, sizeof(*number)};
}

/* Finds the campaign that a command names, or refuses. */
static struct campaign *find_or_refuse(struct engine *engine, struct text id,
                                       struct outcome *outcome)
{
    outcome->campaign = campaign_find(&engine->campaigns, id, 0);
    if (outcome->campaign == 0) {
        outcome_refuse(outcome, REFUSAL_UNKNOWN_CAMPAIGN, 0);
        return NULL;
    }
    struct campaign *campaign = campaign_at(&engine->campaigns, outcome->campaign);
    outcome->gate = PLANTED(NO_GATE_CAMPAIGN) ? 0 : campaign->changed_seq;
    return campaign;
}

static void refuse_state(const struct campaign *campaign, struct outcome *outcome)
{
    outcome_refuse(outcome, REFUSAL_BAD_STATE, campaign->definition_seq);
    outcome->word = campaign_state_word(campaign->state);
}

/* What a request id remembers of an answer; of a restock it is the stock. Part of the journal: append
 * only. */
enum campaign_result {
    CAMPAIGN_RESULT_SAME = 0,    /* it was so already */
    CAMPAIGN_RESULT_CHANGED = 1, /* updated; started, paused, stopped */
    CAMPAIGN_RESULT_CREATED = 2,
};

static const char *put_word(uint64_t result)
{
    static const char *const words[] = {"unchanged", "updated", "created"};
    ASSERT(result < sizeof(words) / sizeof(words[0]));
    return words[result];
}

/* Tells whether a request was seen before; then its answer is in `check`, or the outcome is a mismatch.
 * An OK that changed nothing left no number at the campaign to wait for, so it waits for all so far. */
static bool repeated(struct engine *engine, const struct command *command, struct text campaign,
                     struct text id, const struct text *body, uint32_t body_count, int64_t now_ms,
                     struct request_check *check, struct outcome *outcome)
{
    enum request_seen seen = request_look(engine, command, campaign, id, body, body_count, now_ms,
                                          check);
    if (seen == REQUEST_NEW) {
        return false;
    }
    outcome->repeated = seen == REQUEST_SAME;
    uint32_t index = campaign_find(&engine->campaigns, campaign, 0);
    ASSERT(index != 0);
    outcome->gate = check->result == CAMPAIGN_RESULT_SAME
                        ? engine->seq
                        : campaign_at(&engine->campaigns, index)->definition_seq;
    if (seen == REQUEST_OTHER_BODY) {
        outcome_refuse(outcome, REFUSAL_REQUEST_MISMATCH, outcome->gate);
    }
    return true;
}

static bool value_equal(const struct campaign_value *a, const struct campaign_value *b)
{
    return a->kind == b->kind && a->percent == b->percent && a->amount_fen == b->amount_fen &&
           a->minimum_fen == b->minimum_fen && a->maximum_fen == b->maximum_fen;
}

/* Refuses a new definition of a campaign that exists where it would break what was promised. */
static bool may_redefine(const struct campaign *campaign, const struct campaign_definition *wanted,
                         struct outcome *outcome)
{
    if (campaign->state == CAMPAIGN_STOPPED) {
        refuse_state(campaign, outcome);
        return false;
    }
    if (campaign->state != CAMPAIGN_DRAFT && wanted->stock != campaign->stock) {
        /* A running stock is changed by compare and set only: CAMPAIGN.RESTOCK. */
        outcome_refuse(outcome, REFUSAL_CONFLICT, campaign->definition_seq);
        outcome->numbers[0] = (int64_t)campaign->stock;
        return false;
    }
    if (campaign->issued > 0 && !value_equal(&wanted->value, &campaign->value)) {
        refuse_state(campaign, outcome);
        outcome->gate = campaign->changed_seq; /* it tells that a coupon was issued */
        return false;
    }
    return true;
}

/* Refuses where the definition is not the one that the caller knows; 0 = the caller does not care,
 * VERSION_NONE = there must be none. */
static bool is_version(const struct campaigns *campaigns, uint32_t index, int64_t wanted,
                       struct outcome *outcome)
{
    uint64_t version = index == 0 ? 0 : campaign_at(campaigns, index)->definition_seq;
    if (wanted == 0 || version == (wanted == VERSION_NONE ? 0 : (uint64_t)wanted)) {
        return true;
    }
    outcome_refuse(outcome, REFUSAL_CHANGED, version);
    outcome->numbers[0] = (int64_t)version;
    return false;
}

/* Decides a definition that was not asked for before under the same request id. */
static void define_decide(struct engine *engine, const struct campaign_put *put,
                          const struct request_check *check, struct outcome *outcome)
{
    const struct campaign_definition *wanted = put->document.definition;
    ASSERT(wanted != NULL);
    struct campaigns *campaigns = &engine->campaigns;
    uint32_t index = campaign_find(campaigns, put->campaign, 0);
    uint64_t result = CAMPAIGN_RESULT_CREATED;
    if (!is_version(campaigns, index, put->version, outcome)) {
        return;
    }
    if (index != 0) {
        const struct campaign *campaign = campaign_at(campaigns, index);
        if (!may_redefine(campaign, wanted, outcome)) {
            return;
        }
        outcome->gate = campaign->definition_seq;
        result = CAMPAIGN_RESULT_CHANGED;
        if (campaign->stock == wanted->stock &&
            text_equal(texts_show(&campaigns->texts, campaign->source), wanted->source)) {
            outcome->word = put_word(CAMPAIGN_RESULT_SAME);
            request_bind(engine, check, CAMPAIGN_RESULT_SAME, outcome);
            return;
        }
    }
    /* A new definition of a campaign that exists takes no room but that of its texts. */
    bool room = index != 0
                    ? texts_reserve(&campaigns->texts, wanted->name.length, wanted->source.length)
                    : campaign_reserve(campaigns, wanted->name.length, wanted->source.length);
    if (!room) {
        outcome_refuse(outcome, REFUSAL_FULL, engine->seq);
        outcome->word = "campaigns";
        return;
    }
    outcome->campaign = index != 0 ? index : campaigns->pool.count;
    outcome->word = put_word(result);
    struct event *event = outcome_event(outcome, EVENT_CAMPAIGN_DEFINED);
    event->as.campaign_defined = (struct event_campaign_defined){
        .campaign = outcome->campaign,
        .id = put->campaign,
        .name = wanted->name,
        .stock = wanted->stock,
        .per_member = wanted->per_member,
        .opens_at_ms = wanted->opens_at_ms,
        .ends_at_ms = wanted->ends_at_ms,
        .value_kind = (uint8_t)wanted->value.kind,
        .percent = wanted->value.percent,
        .amount_fen = wanted->value.amount_fen,
        .minimum_fen = wanted->value.minimum_fen,
        .maximum_fen = wanted->value.maximum_fen,
        .source = wanted->source,
        .reason = put->reason,
    };
    request_bind(engine, check, result, outcome);
}

void campaign_put_decide(struct engine *engine, const struct command *command, int64_t now_ms,
                         struct outcome *outcome)
{
    const struct campaign_put *put = &command->as.campaign_put;
    struct request_check check = {0};
    struct text body[] = {put->document.source, number_text(&put->version)};
    uint32_t body_count = put->version == 0 ? 1 : 2;
    if (!repeated(engine, command, put->campaign, put->request, body, body_count, now_ms, &check,
                  outcome)) {
        define_decide(engine, put, &check, outcome);
    } else if (outcome->refusal == REFUSAL_NONE) {
        outcome->word = put_word(check.result);
    }
}

void campaign_get_decide(struct engine *engine, const struct command *command, int64_t now_ms,
                         struct outcome *outcome)
{
    (void)now_ms;
    (void)find_or_refuse(engine, command->as.campaign_get.campaign, outcome);
}

void campaign_list_decide(struct engine *engine, const struct command *command, int64_t now_ms,
                          struct outcome *outcome)
{
    (void)now_ms;
    const struct campaign_list *list = &command->as.campaign_list;
    uint32_t first = 1;
    if (list->after.length > 0) {
        if (find_or_refuse(engine, list->after, outcome) == NULL) {
            return;
        }
        first = outcome->campaign + 1;
    }
    uint32_t limit = list->limit == 0 ? PAGE_ITEMS : (uint32_t)list->limit;
    uint32_t end = engine->campaigns.pool.count;
    uint32_t count = first < end ? end - first : 0;
    count = count < limit ? count : limit;
    outcome->campaign = first;
    outcome->numbers[0] = count;
    for (uint32_t index = first; index < first + count; index++) {
        uint64_t seq = PLANTED(NO_GATE_CAMPAIGN_LIST)
                           ? 0
                           : campaign_at(&engine->campaigns, index)->changed_seq;
        outcome->gate = seq > outcome->gate ? seq : outcome->gate;
    }
}

/* START, PAUSE and STOP are asked in the same words. */
struct move {
    struct text campaign;
    struct text request;
    struct text reason;
    enum campaign_state to;
};

/* They say the same OK whether they moved the campaign or found it there. A reason is a remark: the same request id
 * with another reason is the same request. */
static void move_decide(struct engine *engine, const struct command *command,
                        const struct move *move, int64_t now_ms, struct outcome *outcome)
{
    enum campaign_state to = move->to;
    struct request_check check = {0};
    outcome->word = campaign_state_word((uint8_t)to);
    if (repeated(engine, command, move->campaign, move->request, NULL, 0, now_ms, &check,
                 outcome)) {
        return;
    }
    const struct campaign *campaign = find_or_refuse(engine, move->campaign, outcome);
    if (campaign == NULL) {
        return;
    }
    outcome->gate = campaign->definition_seq;
    if (campaign->state == to) {
        request_bind(engine, &check, CAMPAIGN_RESULT_SAME, outcome);
        return;
    }
    if (!campaign_may_move(campaign->state, (uint8_t)to)) {
        refuse_state(campaign, outcome);
        return;
    }
    struct event *event = outcome_event(outcome, EVENT_CAMPAIGN_MOVED);
    event->as.campaign_moved = (struct event_campaign_moved){outcome->campaign, (uint8_t)to,
                                                             move->reason};
    request_bind(engine, &check, CAMPAIGN_RESULT_CHANGED, outcome);
}

void campaign_start_decide(struct engine *engine, const struct command *command, int64_t now_ms,
                           struct outcome *outcome)
{
    const struct campaign_start *ask = &command->as.campaign_start;
    const struct move move = {ask->campaign, ask->request, ask->reason, CAMPAIGN_RUNNING};
    move_decide(engine, command, &move, now_ms, outcome);
}

void campaign_pause_decide(struct engine *engine, const struct command *command, int64_t now_ms,
                           struct outcome *outcome)
{
    const struct campaign_pause *ask = &command->as.campaign_pause;
    const struct move move = {ask->campaign, ask->request, ask->reason, CAMPAIGN_PAUSED};
    move_decide(engine, command, &move, now_ms, outcome);
}

void campaign_stop_decide(struct engine *engine, const struct command *command, int64_t now_ms,
                          struct outcome *outcome)
{
    const struct campaign_stop *ask = &command->as.campaign_stop;
    const struct move move = {ask->campaign, ask->request, ask->reason, CAMPAIGN_STOPPED};
    move_decide(engine, command, &move, now_ms, outcome);
}

void campaign_restock_decide(struct engine *engine, const struct command *command, int64_t now_ms,
                             struct outcome *outcome)
{
    const struct campaign_restock *restock = &command->as.campaign_restock;
    struct request_check check = {0};
    struct text body[] = {number_text(&restock->delta), number_text(&restock->expect)};
    if (repeated(engine, command, restock->campaign, restock->request, body, 2, now_ms, &check,
                 outcome)) {
        outcome->numbers[0] = (int64_t)check.result;
        return;
    }
    const struct campaign *campaign = find_or_refuse(engine, restock->campaign, outcome);
    if (campaign == NULL) {
        return;
    }
    if (campaign->state == CAMPAIGN_STOPPED) {
        refuse_state(campaign, outcome);
        return;
    }
    int64_t stock = (int64_t)campaign->stock;
    if (restock->expect != stock && !PLANTED(RESTOCKS_BLINDLY)) {
        outcome_refuse(outcome, REFUSAL_CONFLICT, campaign->definition_seq);
        outcome->numbers[0] = stock;
        return;
    }
    int64_t wanted = stock + restock->delta; /* both are far below 2^62 */
    if (wanted > (int64_t)CAMPAIGN_STOCK_MAX) {
        outcome_refuse(outcome, REFUSAL_LIMIT, campaign->definition_seq);
        outcome->word = "stock";
        outcome->numbers[0] = stock;
        outcome->numbers[1] = (int64_t)CAMPAIGN_STOCK_MAX;
        return;
    }
    if (wanted < (int64_t)campaign->issued) {
        outcome_refuse(outcome, REFUSAL_BELOW_ISSUED, campaign->changed_seq);
        outcome->numbers[0] = (int64_t)campaign->issued;
        return;
    }
    struct event *event = outcome_event(outcome, EVENT_CAMPAIGN_RESTOCKED);
    event->as.campaign_restocked = (struct event_campaign_restocked){
        outcome->campaign, (uint64_t)wanted, restock->reason};
    request_bind(engine, &check, (uint64_t)wanted, outcome);
    outcome->numbers[0] = wanted;
}

void campaign_defined_apply(struct engine *engine, const struct event_campaign_defined *event)
{
    struct campaigns *campaigns = &engine->campaigns;
    ASSERT(event->id.length > 0 && event->id.length <= ID_BYTES_MAX);
    if (event->campaign == campaigns->pool.count) {
        uint32_t index = pool_add(&campaigns->pool);
        struct campaign *added = campaign_at(campaigns, index);
        added->state = CAMPAIGN_DRAFT;
        added->id_length = (uint8_t)event->id.length;
        memcpy(added->id, event->id.data, event->id.length);
        table_add(&campaigns->table, campaign_hash(campaigns, event->id), index, campaign_rehash,
                  campaigns);
    }
    struct campaign *campaign = campaign_at(campaigns, event->campaign);
    ASSERT(text_equal(campaign_id(campaign), event->id));
    ASSERT(campaign->issued <= event->stock);
    campaign->stock = event->stock;
    campaign->per_member = event->per_member;
    campaign->opens_at_ms = event->opens_at_ms;
    campaign->ends_at_ms = event->ends_at_ms;
    campaign->value = (struct campaign_value){(enum value_kind)event->value_kind, event->percent,
                                              event->amount_fen, event->minimum_fen,
                                              event->maximum_fen};
    texts_give_back(&campaigns->texts, &campaign->name);
    texts_give_back(&campaigns->texts, &campaign->source);
    campaign->name = texts_keep(&campaigns->texts, event->name);
    campaign->source = texts_keep(&campaigns->texts, event->source);
    campaign->changed_seq = campaign->definition_seq = engine->seq;
}

void campaign_moved_apply(struct engine *engine, const struct event_campaign_moved *event)
{
    struct campaign *campaign = campaign_at(&engine->campaigns, event->campaign);
    ASSERT(campaign_may_move(campaign->state, event->state));
    campaign->state = event->state;
    campaign->stopped_at_ms = event->state == CAMPAIGN_STOPPED ? engine->time_ms : 0;
    campaign->changed_seq = campaign->definition_seq = engine->seq;
}

void campaign_restocked_apply(struct engine *engine, const struct event_campaign_restocked *event)
{
    struct campaign *campaign = campaign_at(&engine->campaigns, event->campaign);
    ASSERT(event->stock >= campaign->issued);
    campaign->stock = event->stock;
    campaign->changed_seq = campaign->definition_seq = engine->seq;
}
