/* engine.h -- the pure state machine: a command and a time in, one outcome out.
 *
 *     engine_step(engine, now_ms, &command, &outcome)
 *         decide   all of it against unchanged state: one refusal, or a list of events
 *         apply    each event, by the function that also replays it; nothing can fail any more
 *
 * No clock, no randomness, no I/O inside: time and entropy come with the command and the options. The
 * state after a replay of the events equals the state when they happened.
 */
#ifndef BOON_ENGINE_ENGINE_H
#define BOON_ENGINE_ENGINE_H

#include "engine/account.h"
#include "engine/campaign.h"
#include "engine/code.h"
#include "engine/command.h"
#include "engine/coupon.h"
#include "engine/event.h"
#include "engine/member.h"
#include "engine/name.h"
#include "engine/refusal.h"
#include "engine/request.h"

struct engine_options {
    uint32_t members_max;
    uint32_t coupons_max;
    uint32_t campaigns_max;
    uint32_t names_max;         /* stores, and as many staff ids */
    uint32_t requests_max;
    int64_t request_window_ms;  /* how long a request id is good for */
    uint64_t hash_seed;         /* random per process: shows in no answer and no event */
    uint8_t request_secret[16]; /* of the request ids' keyed hash */
    struct code_keys code_keys;
    uint32_t code_key;          /* id of the key for new coupons; live */
};

struct engine {
    uint64_t seq;    /* sequence of the last applied event; 0 = none yet */
    int64_t time_ms; /* time of the last applied group; never goes back */
    struct members members;
    struct pool accounts;
    struct campaigns campaigns;
    struct coupons coupons;
    struct names names[NAME_KINDS];
    struct requests requests;
    struct engine_options options;
};

/* What a command came to. Which fields count follows from command and refusal; net/reply.c shows all. */
struct outcome {
    enum refusal refusal;  /* REFUSAL_NONE = accepted */
    uint64_t gate;         /* the answer may leave when this sequence is durable */
    const char *word;      /* state, limit or "what" of the answer; static */
    int64_t numbers[2];    /* balance, stock, current and cap … */
    uint32_t member;       /* index shown */
    uint32_t campaign;     /* index shown, or the first of a page */
    uint32_t coupon;       /* index shown, or the first of a page */
    uint32_t event_count;  /* 0 for look-ups and refusals */
    struct event events[GROUP_EVENTS_MAX];
};

/* Allocates an engine with room for what the options say; NULL: no address space for it. */
struct engine *engine_create(const struct engine_options *options);
void engine_destroy(struct engine **engine);

/* Carries out one command at `now_ms` (earlier than the last one: that one's time counts). */
void engine_step(struct engine *engine, int64_t now_ms, const struct command *command,
                 struct outcome *outcome);

/* Applies one event of a group of this time. Live it follows from a decision; in a replay
 * engine_admits() has said yes first. */
void engine_apply(struct engine *engine, int64_t time_ms, const struct event *event);

/* Checks an event from a journal against the state, and makes room for it. NULL: it may be applied;
 * else why it cannot be, in words. */
const char *engine_admits(struct engine *engine, const struct event *event)
    __attribute__((warn_unused_result));

#define PREFETCH_COMMANDS_MAX 64U

/* Asks the processor to fetch what these commands will touch, PREFETCH_COMMANDS_MAX at most; only a hint,
 * stage by stage. */
void engine_prefetch(const struct engine *engine, struct command *commands, uint32_t count);

/* Returns a hash over the whole business state: equal after a replay. Walks everything. */
uint64_t engine_state_hash(const struct engine *engine);

/* For the nouns: turns the outcome into a refusal that may leave once `gate` is durable. */
static inline void outcome_refuse(struct outcome *outcome, enum refusal refusal, uint64_t gate)
{
    outcome->refusal = refusal;
    outcome->gate = gate;
    outcome->event_count = 0;
}

/* For the nouns: adds an event to the outcome, for the caller to fill. */
struct event *outcome_event(struct outcome *outcome, enum event_type type);

#endif
