/* outcome.h -- what a command came to: one refusal, or a list of events; and what its answer shows.
 *
 * Decide functions fill it: numbers and indices for the answer, events one by one. A refusal, however late
 * it is found, takes back the events added before it.
 */
#ifndef BOON_ENGINE_OUTCOME_H
#define BOON_ENGINE_OUTCOME_H

#include "engine/bug.h"
#include "engine/event.h"
#include "engine/limits.h"
#include "engine/refusal.h"

/* What a command came to. Which fields count follows from command and refusal; net/reply.c shows all. */
struct outcome {
    enum refusal refusal; /* REFUSAL_NONE = accepted */
    bool repeated;        /* the answer that this request id got before */
    uint64_t gate;        /* the answer may leave when this sequence is durable */
    const char *word;     /* state, limit or "what" of the answer; static */
    int64_t numbers[2];   /* balance, stock, current and cap … */
    uint32_t member;      /* index shown */
    uint32_t campaign; /* index shown, or the first of a page; of a claim: as far as it is known */
    uint32_t coupon;   /* index shown, or the first of a page */
    uint32_t event_count; /* 0 for look-ups and refusals */
    struct event events[GROUP_EVENTS_MAX];
};

/* Turns the outcome into a refusal that may leave once `gate` is durable. */
static inline void outcome_refuse(struct outcome *outcome, enum refusal refusal, uint64_t gate)
{
    outcome->refusal = refusal;
    outcome->gate = gate;
    outcome->event_count = 0;
}

/* Adds an event to the outcome, for the caller to fill. */
static inline struct event *outcome_event(struct outcome *outcome, enum event_type type)
{
    ASSERT(outcome->event_count < GROUP_EVENTS_MAX);
    struct event *event = &outcome->events[outcome->event_count++];
    event->type = type;
    return event;
}

#endif
