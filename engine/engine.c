/* engine.c -- decide, then apply. */
#include "engine/engine.h"

#include <stdlib.h>

#include "engine/bug.h"

static bool names_of_kinds_init(struct engine *engine)
{
    const uint32_t limits[NAME_KINDS] = {
        [NAME_CHANNEL] = NAME_CHANNELS_MAX,       [NAME_STORE] = engine->options.names_max,
        [NAME_STAFF] = engine->options.names_max, [NAME_ASSET] = NAME_ASSETS_MAX,
        [NAME_PRINCIPAL] = NAME_PRINCIPALS_MAX,
    };
    for (uint32_t kind = 0; kind < NAME_KINDS; kind++) {
        if (!names_init(&engine->names[kind], limits[kind], engine->options.hash_seed)) {
            return false;
        }
    }
    return true;
}

static bool parts_init(struct engine *engine)
{
    const struct engine_options *options = &engine->options;
    uint64_t accounts = (uint64_t)options->members_max * 4;
    accounts = accounts > UINT32_MAX - 1 ? UINT32_MAX - 1 : accounts;
    return members_init(&engine->members, options->members_max, options->hash_seed) &&
           pool_init(&engine->accounts, sizeof(struct account), (uint32_t)accounts) &&
           campaigns_init(&engine->campaigns, options->campaigns_max, options->hash_seed) &&
           coupons_init(&engine->coupons, options->coupons_max) && names_of_kinds_init(engine) &&
           requests_init(&engine->requests, options->requests_max, options->request_window_ms,
                         options->request_secret);
}

static void parts_deinit(struct engine *engine)
{
    members_deinit(&engine->members);
    pool_deinit(&engine->accounts);
    campaigns_deinit(&engine->campaigns);
    coupons_deinit(&engine->coupons);
    for (uint32_t kind = 0; kind < NAME_KINDS; kind++) {
        names_deinit(&engine->names[kind]);
    }
    requests_deinit(&engine->requests);
}

struct engine *engine_create(const struct engine_options *options)
{
    ASSERT(options->code_key < CODE_KEYS && options->code_keys.live[options->code_key]);
    struct engine *engine = calloc(1, sizeof(*engine));
    if (engine == NULL) {
        return NULL;
    }
    engine->options = *options;
    if (!parts_init(engine)) {
        engine_destroy(&engine);
    }
    return engine;
}

void engine_destroy(struct engine **engine)
{
    if (*engine == NULL) {
        return;
    }
    parts_deinit(*engine);
    free(*engine);
    *engine = NULL;
}

bool engine_clear(struct engine *engine)
{
    parts_deinit(engine);
    engine->seq = 0;
    engine->time_ms = 0;
    return parts_init(engine);
}

static void clock_set_decide(struct engine *engine, const struct command *command, int64_t now_ms,
                             struct outcome *outcome)
{
    int64_t wanted = command->as.clock_set.time_ms;
    outcome->numbers[0] = wanted;
    if (wanted < now_ms) {
        outcome_refuse(outcome, REFUSAL_CLOCK_BACKWARDS, engine->seq);
        outcome->numbers[0] = now_ms;
        return;
    }
    outcome_event(outcome, EVENT_CLOCK_MOVED)->as.clock_moved.time_ms = wanted;
}

static void decide(struct engine *engine, const struct command *command, int64_t now_ms,
                   struct outcome *outcome)
{
    switch (command->type) {
#define COMMAND(number, NAME, name, resp, kind, role, method, route, summary)                      \
    case COMMAND_##NAME:                                                                           \
        name##_decide(engine, command, now_ms, outcome);                                           \
        return;
#define ARGUMENT(name, TYPE, field, word, need, meaning)
#define COMMAND_END(NAME, name)
#include "engine/commands.def"
#undef COMMAND
#undef ARGUMENT
#undef COMMAND_END
    case COMMAND_NONE:
        break;
    }
    ASSERT(command->type != COMMAND_NONE);
}

static void outcome_clear(struct outcome *outcome)
{
    outcome->refusal = REFUSAL_NONE;
    outcome->repeated = false;
    outcome->gate = 0;
    outcome->word = "";
    outcome->numbers[0] = outcome->numbers[1] = 0;
    outcome->member = outcome->campaign = outcome->coupon = 0;
    outcome->event_count = 0;
}

/* Applies what was decided; after this point it must succeed. */
static void apply_all(struct engine *engine, int64_t now_ms, struct outcome *outcome)
{
    if (outcome->event_count == 0) {
        return;
    }
    ASSERT(outcome->refusal == REFUSAL_NONE);
    for (uint32_t at = 0; at < outcome->event_count; at++) {
        engine_apply(engine, now_ms, &outcome->events[at]);
    }
    outcome->gate = engine->seq;
}

void engine_step(struct engine *engine, int64_t now_ms, const struct command *command,
                 struct outcome *outcome)
{
    now_ms = now_ms > engine->time_ms ? now_ms : engine->time_ms;
    outcome_clear(outcome);
    decide(engine, command, now_ms, outcome);
    apply_all(engine, now_ms, outcome);
}

uint32_t engine_name_principal(struct engine *engine, int64_t now_ms, struct text name,
                               struct outcome *outcome)
{
    uint32_t number;
    ASSERT(name.length > 0 && name.length <= ID_BYTES_MAX);
    now_ms = now_ms > engine->time_ms ? now_ms : engine->time_ms;
    outcome_clear(outcome);
    if (!name_decide(engine, NAME_PRINCIPAL, name, outcome, &number)) {
        return 0;
    }
    apply_all(engine, now_ms, outcome);
    return number;
}

/* What the journal says about itself changes no business state. */
static void genesis_apply(struct engine *engine, const struct event_genesis *event)
{
    (void)engine;
    (void)event;
}

static void takeover_apply(struct engine *engine, const struct event_takeover *event)
{
    (void)event;
    ASSERT(engine == NULL); /* a TAKEOVER is outside of the sequence and never applied */
}

static void begin_apply(struct engine *engine, const struct event_begin *event)
{
    (void)engine;
    (void)event;
}

static void handover_apply(struct engine *engine, const struct event_handover *event)
{
    (void)engine;
    (void)event;
}

static void clock_moved_apply(struct engine *engine, const struct event_clock_moved *event)
{
    /* The time of a group may lie past a move inside of it: the later one counts, as always. */
    engine->time_ms = event->time_ms > engine->time_ms ? event->time_ms : engine->time_ms;
}

void engine_apply(struct engine *engine, int64_t time_ms, const struct event *event)
{
    engine->seq++;
    engine->time_ms = time_ms > engine->time_ms ? time_ms : engine->time_ms;
    switch (event->type) {
#define EVENT(number, NAME, name, meaning)                                                         \
    case EVENT_##NAME:                                                                             \
        name##_apply(engine, &event->as.name);                                                     \
        return;
#define STATE_EVENT(number, NAME, name, meaning)                                                   \
    case EVENT_##NAME:                                                                             \
        break;
#define FIELD(name, TYPE, field, meaning)
#define EVENT_END(NAME, name)
#include "engine/events.def"
#undef EVENT
#undef FIELD
#undef EVENT_END
    case EVENT_NONE:
        break;
    }
    bug_found("an event that no journal has was applied", __FILE__, __LINE__);
}
