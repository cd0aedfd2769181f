/* dump_taken.c -- dumping through bytes, and restoring what is left of it. */
#include "tests/lib/dump_taken.h"

#include <criterion/criterion.h>

void taken_story(struct story *story)
{
    static const struct scene scenes[] = {
        {100, "PUT sale stock=9 per=3", "OK created"},
        {100, "START sale", "OK running"},
        {100, "PUT tiny stock=1", "OK created"},
        {100, "START tiny", "OK running"},
        {110, "PUT over stock=1", "OK created"},
        {120, "STOP over", "OK stopped"},
        {200, "EARN m1 stamps 1 request=q1", "OK 1"},
        {200, "EARN m1 stamps 1 request=q2", "OK 2"},
        {200, "EARN m1 stamps 1 request=q3", "OK 3"},
        {200, "EARN m1 stamps 1 request=q4", "OK 4"},
        {210, "CLAIM m1 sale channel=app store=s1 staff=f1 request=r1", "OK 1"},
        {1100, "CLAIM m1 sale request=r2", "OK 2"},
        {1100, "CLAIM m1 tiny", "OK 3"},
        {1120, "CLAIM a-member-with-an-id-of-more-than-31-bytes sale", "OK 4"},
        {1130, "EARN m1 points 10", "OK 10"},
        {1150, "EARN m1 points 3 request=r3", "OK 13"},
        {1250, "CLAIM m1 sale channel=app store=s1 staff=f1 request=r1", "OK 5"},
        {1300, "CLOCK 1300", "OK 1300"},
    };
    story_begin(story, NULL);
    STORY_PLAY(story, scenes);
}

void taken_dump(struct taken *taken, const struct engine *engine)
{
    struct dump dump;
    struct event event;
    taken->length = 0;
    dump_begin(&dump, engine);
    while (dump_next(&dump, &event)) {
        size_t added = event_encode(&event, taken->bytes + taken->length,
                                    sizeof(taken->bytes) - taken->length);
        cr_assert_neq(added, 0u);
        taken->length += added;
    }
    cr_assert_not(dump_next(&dump, &event), "the end stays the end");
    taken->count = 0;
    for (size_t at = 0; at < taken->length;) {
        size_t consumed = 0;
        cr_assert_lt(taken->count, TAKEN_EVENTS_MAX);
        cr_assert_eq(event_decode(taken->bytes + at, taken->length - at,
                                  &taken->events[taken->count++], &consumed),
                     EVENT_FINE);
        at += consumed;
    }
}

const char *taken_restore(const struct taken *taken, struct engine *engine)
{
    struct restore restore;
    restore_begin(&restore, engine);
    for (uint32_t at = 0; at < taken->count; at++) {
        const char *fault = restore_event(&restore, &taken->events[at]);
        if (fault != NULL) {
            return fault;
        }
    }
    return restore_end(&restore);
}

uint32_t taken_find(const struct taken *taken, enum event_type type, uint32_t nth)
{
    uint32_t at = 0;
    while (taken->events[at].type != type || nth-- > 0) {
        at++;
        cr_assert_lt(at, taken->count, "there is no such event");
    }
    return at;
}

void taken_drop(struct taken *taken, uint32_t at)
{
    memmove(&taken->events[at], &taken->events[at + 1],
            (taken->count - at - 1) * sizeof(taken->events[0]));
    taken->count--;
}

void taken_double(struct taken *taken, uint32_t at)
{
    cr_assert_lt(taken->count, TAKEN_EVENTS_MAX);
    memmove(&taken->events[at + 1], &taken->events[at],
            (taken->count - at) * sizeof(taken->events[0]));
    taken->count++;
}
