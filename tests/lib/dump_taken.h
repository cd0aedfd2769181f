/* dump_taken.h -- a dump as a list of events that a test may break before it is restored. */
#ifndef BOON_TESTS_LIB_DUMP_TAKEN_H
#define BOON_TESTS_LIB_DUMP_TAKEN_H

#include "engine/dump.h"
#include "tests/lib/engine_story.h"

#define TAKEN_BYTES_MAX (4U * 1024 * 1024)
#define TAKEN_EVENTS_MAX 16384U

/* The last dump: its bytes, and the events that were read from them. */
struct taken {
    uint8_t bytes[TAKEN_BYTES_MAX];
    size_t length;
    struct event events[TAKEN_EVENTS_MAX];
    uint32_t count; /* events */
};

/* Begins a story with one of everything: campaign 1 runs, 2 is sold out, 3 is stopped; member 1 holds
 * coupons 1, 2 and 5 of the first and 3 of the second, and two accounts; member 2 has a long id and coupon
 * 4; request r1 was bound anew and left a hole in the ring, before r2 and r3. It is 1300. */
void taken_story(struct story *story);

/* Dumps an engine through bytes. */
void taken_dump(struct taken *taken, const struct engine *engine);

/* Restores the events into an engine to which nothing was applied. NULL, or why one was refused. */
const char *taken_restore(const struct taken *taken, struct engine *engine);

/* Returns where the nth event of a type stands, from 0. */
uint32_t taken_find(const struct taken *taken, enum event_type type, uint32_t nth);

void taken_drop(struct taken *taken, uint32_t at);
void taken_double(struct taken *taken, uint32_t at);

#endif
