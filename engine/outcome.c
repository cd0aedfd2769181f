/* outcome.c -- events added to an outcome. */
#include "engine/outcome.h"

#include "engine/bug.h"

struct event *outcome_event(struct outcome *outcome, enum event_type type)
{
    ASSERT(outcome->event_count < GROUP_EVENTS_MAX);
    struct event *event = &outcome->events[outcome->event_count++];
    event->type = type;
    return event;
}
