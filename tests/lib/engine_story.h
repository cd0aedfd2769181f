/* engine_story.h -- tell an engine what happened, a line at a time, and hear its answers in words.
 *
 *     static const struct scene scenes[] = {
 *         {100, "PUT sale stock=2", "OK created"},
 *         {100, "START sale", "OK running"},
 *         {101, "CLAIM m1 sale", "OK 1"},
 *         {102, "CLAIM m1 sale", "DUPLICATE 1"},
 *     };
 *     STORY_PLAY(&story, scenes);
 *
 * A line is a verb, its words, and name=value pairs; a coupon is told by its serial number.
 *
 *     PUT id stock= per= opens= ends= amount= minimum= percent= maximum= exchange= name= document=
 *     START id    PAUSE id    STOP id    RESTOCK id delta expect=        (all with request= as= reason=)
 *     SHOW id    CAMPAIGNS limit= after=
 *     CLAIM member campaign channel= store= staff= request= as=      COUPON serial|code
 *     COUPONS member limit= before=
 *     EARN member asset amount request= as=    SPEND …    BALANCE member [asset]    MEMBER member
 *     CLOCK time
 *
 * Whatever changes nothing is held to it: with `watch` set, a line that is refused or looks something up
 * must leave the state's hash as it was. All events are kept, for story_replay().
 */
#ifndef BOON_TESTS_LIB_ENGINE_STORY_H
#define BOON_TESTS_LIB_ENGINE_STORY_H

#include "engine/engine.h"

struct story {
    struct engine *engine;
    struct outcome outcome; /* of the last line */
    bool watch;             /* look at the state's hash around every line */
    uint8_t *journal;       /* groups: i64 time, u64 length, encoded events */
    size_t journal_length;
    size_t journal_room;
    char answer[8192];
};

struct scene {
    int64_t now;
    const char *line;
    const char *answer;
};

/* Returns options with small limits: 64 members, 256 coupons, 4 campaigns, 8 names, 8 requests that
 * are good for 1000 ms, keys 0 (for new coupons) and 3 live, shard 5. */
struct engine_options story_options(void);

/* Begins with a new engine; `options` NULL: story_options(). */
void story_begin(struct story *story, const struct engine_options *options);

/* Checks that the state is sound, and ends. */
void story_end(struct story *story);

/* Tells one line and returns the answer, valid until the next one. */
const char *story_tell(struct story *story, int64_t now, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Gives a principal its number and keeps the event, if there is one. */
uint32_t story_principal(struct story *story, int64_t now, const char *name);

/* Tells the lines and holds each answer against the one expected. */
void story_play(struct story *story, const struct scene *scenes, size_t count);

#define STORY_PLAY(story, scenes) story_play(story, scenes, sizeof(scenes) / sizeof((scenes)[0]))

/* Checks what must be true of every state: counts that agree, chains that end, balances in bounds. */
void story_sound(const struct engine *engine);

/* Applies all events so far to a new engine, through their bytes and engine_admits(). Returns NULL, or
 * why an event was not admitted. */
const char *story_replay(const struct story *story, const struct engine_options *options,
                         struct story *again);

#endif
