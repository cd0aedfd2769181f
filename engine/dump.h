/* dump.h -- the whole state as events, and back: what a snapshot is made of.
 *
 *     struct dump dump;                                  struct restore restore;
 *     dump_begin(&dump, engine);                         engine as created, nothing applied
 *     while (dump_next(&dump, &event)) { … encode … }    restore_begin(&restore, engine);
 *                                                        … decode … restore_event(&restore, &event) …
 *                                                        restore_end(&restore)
 *
 * The first event is ENGINE_STATE (sequence, time, how many records of each kind follow), then names,
 * campaigns, members, accounts, coupons, requests, each kind in index order. What follows from order is not
 * written: indices, links to older records, counts of members, look-up tables. After a restore
 * engine_state_hash() equals that of the engine that was dumped, and every later event has the same effect
 * in both. Only a ring of request ids that has become smaller makes a difference: it forgets the oldest.
 *
 * Restoring trusts nobody: every event is checked (bounds, references, order) before it is applied.
 */
#ifndef BOON_ENGINE_DUMP_H
#define BOON_ENGINE_DUMP_H

#include "engine/engine.h"

struct dump {
    const struct engine *engine;
    uint32_t stage; /* which kind of record is next */
    uint64_t next;  /* which of them */
};

void dump_begin(struct dump *dump, const struct engine *engine);

/* Gives the next event; its texts point into the engine. False: there is no more. */
bool dump_next(struct dump *dump, struct event *event);

/* A record is put into the look-up tables so many records late, so that what this touches has been fetched
 * from memory by then. */
#define RESTORE_AHEAD 16U

struct restore {
    struct engine *engine;
    struct event_engine_state promised; /* what ENGINE_STATE said will follow */
    uint32_t stage;                     /* kind of the last event; 0 = none yet */
    uint32_t end;                   /* records of this kind that were taken, record 0 included */
    uint32_t linked;                /* how many of them are in the tables and lists */
    uint32_t requests;              /* REQUEST_STATE events so far */
    int64_t time_ms;                /* of the last record that has one */
    uint64_t hashes[RESTORE_AHEAD]; /* of the newest records */
};

/* Begins with an engine to which nothing was applied. */
void restore_begin(struct restore *restore, struct engine *engine);

/* Applies one event. NULL: it was; else why it cannot be, in words, and the engine is good for
 * engine_clear() only. An error may be found a few events late. */
const char *restore_event(struct restore *restore, const struct event *event)
    __attribute__((warn_unused_result));

/* Checks that all that was promised has come, and sets sequence and time. NULL: the engine is whole. */
const char *restore_end(struct restore *restore) __attribute__((warn_unused_result));

#endif
