/* inspect_compare.c -- two states, record by record: what is the first thing in which they differ? */
#include <string.h>

#include "engine/dump.h"
#include "net/inspect_verify.h"

/* What remembers request ids: how many there are, and they themselves. */
static bool is_of_requests(const struct event *event)
{
    return event->type == EVENT_REQUEST_STATE;
}

/* The first event of a dump counts the records; that of requests is none of the business. */
static void forget_request_count(struct event *event)
{
    if (event->type == EVENT_ENGINE_STATE) {
        event->as.engine_state.requests = 0;
    }
}

bool inspect_same_state(const struct engine *left, const struct engine *right, bool *requests_only,
                        char words[INSPECT_WORDS_BYTES])
{
    static uint8_t left_bytes[EVENT_BYTES_MAX];
    static uint8_t right_bytes[EVENT_BYTES_MAX];
    struct event left_event;
    struct event right_event;
    struct dump dumps[2];
    uint64_t number[EVENT_REQUEST_STATE + 1] = {0};
    *requests_only = false;
    if (engine_state_hash(left) == engine_state_hash(right)) {
        return true;
    }
    dump_begin(&dumps[0], left);
    dump_begin(&dumps[1], right);
    for (;;) {
        bool left_has = dump_next(&dumps[0], &left_event);
        bool right_has = dump_next(&dumps[1], &right_event);
        if ((!left_has || is_of_requests(&left_event)) &&
            (!right_has || is_of_requests(&right_event))) {
            *requests_only = true;
            snprintf(words, INSPECT_WORDS_BYTES, "other request ids are remembered");
            return false;
        }
        if (left_has) {
            forget_request_count(&left_event);
        }
        if (right_has) {
            forget_request_count(&right_event);
        }
        size_t left_length = left_has ? event_encode(&left_event, left_bytes, EVENT_BYTES_MAX) : 0;
        size_t right_length = right_has ? event_encode(&right_event, right_bytes, EVENT_BYTES_MAX)
                                        : 0;
        const struct event *shown = left_has ? &left_event : &right_event;
        number[shown->type]++;
        if (left_length != right_length || memcmp(left_bytes, right_bytes, left_length) != 0) {
            snprintf(words, INSPECT_WORDS_BYTES, "they differ in %s number %llu",
                     event_name(shown->type), (unsigned long long)number[shown->type]);
            return false;
        }
    }
}
