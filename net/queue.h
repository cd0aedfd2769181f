/* queue.h -- what was applied and is not durable yet: batches on their way to the journal.
 *
 *     queue_add ──► gathering ──full──► waiting … ──queue_seal_next──► sealed … ──► acknowledged
 *                       └───────────────queue_seal_next──────────────────▲
 *
 * There is one gathering batch, any number of full ones behind one another, and usually one sealed:
 * the one in flight. More than one is sealed only while the outcome of an append is unknown: a
 * batch that was found in the journal after its answer got lost counts once a later one has been
 * acknowledged.
 *
 * Invariants: a sealed batch's bytes, number and hash never change; sequences have no gaps from
 * batch to batch; group times never go back; no more than bytes_max bytes of buffers exist (design
 * rule 7), unused ones included: one is made only when none is unused. Empty batches have none and are
 * QUEUE_CONFIRMS_MAX at most. Buffers are used again: adding a group asks for no memory.
 *
 *     if (!queue_has_room(&queue)) { … BUSY … }
 *     engine_step(engine, now_ms, &command, &outcome);
 *     if (outcome.event_count > 0)
 *         queue_add(&queue, now_ms, principal, outcome.events, outcome.event_count, outcome.gate);
 *
 * The owner asks and adds; sealing and acknowledging is the journal's (net/journal.h).
 */
#ifndef BOON_NET_QUEUE_H
#define BOON_NET_QUEUE_H

#include "net/batch.h"

#define QUEUE_CONFIRMS_MAX 1024U /* empty batches that may be unacknowledged at once */

/* One batch; borrowed from the queue until it is acknowledged. */
struct queue_batch {
    struct queue_batch *next;
    struct batch_builder builder;
    uint64_t first_seq; /* of its first event, of the next one if it has none */
    uint64_t last_seq;  /* of its last event; first_seq - 1 if it has none */
    uint64_t number;    /* sealed: its number in the epoch */
    uint64_t chain;     /* sealed: its hash */
    size_t length;      /* sealed: bytes at builder.bytes */
    bool confirm;       /* an empty one, in `small` */
    uint8_t small[BATCH_EMPTY_BYTES];
};

struct queue_list {
    struct queue_batch *first;
    struct queue_batch *last;
};

/* Fields are for reading only. */
struct queue {
    struct queue_batch *gathering; /* NULL: none has been begun */
    struct queue_batch *spare;     /* empty, goes on when the gathering one is full; or NULL */
    struct queue_list waiting;     /* full, oldest first */
    struct queue_list sealed;      /* oldest first */
    struct queue_list unused;      /* to be used again */
    uint64_t last_seq;             /* of the last event added */
    int64_t time_ms;               /* of the last group added */
    uint32_t buffers;              /* of BATCH_BYTES_MAX, in use */
    uint32_t buffers_max;
    uint32_t unused_count;
    uint32_t confirms; /* empty batches that are sealed */
};

/* Makes a queue that holds up to `bytes_max` bytes, rounded down to whole batches, at least two. */
void queue_init(struct queue *queue, size_t bytes_max);
void queue_deinit(struct queue *queue);

/* Sets where the sequence goes on: the next event has sequence `last_seq` + 1. Only while empty. */
void queue_start(struct queue *queue, uint64_t last_seq, int64_t time_ms);

/* For queue_has_room(): gets a buffer ready. False: the bound is reached, or there is no memory. */
bool queue_make_room(struct queue *queue) __attribute__((warn_unused_result));

/* Tells whether one more group, whatever its size, fits now; after true, the next queue_add()
 * cannot fail. False: answer BUSY, take no command that changes anything. Cheap; ask before each
 * command. */
static inline __attribute__((warn_unused_result)) bool queue_has_room(struct queue *queue)
{
    return (queue->gathering != NULL &&
            batch_room(&queue->gathering->builder) >= BATCH_GROUP_BYTES_MAX) ||
           queue_make_room(queue);
}

/* Adds one group: the events of one command, the last of which has sequence `last_seq`. A time
 * before that of the group before is written as that one's, as the engine does. */
void queue_add(struct queue *queue, int64_t time_ms, uint32_t principal, const struct event *events,
               uint32_t count, uint64_t last_seq);

/* Tells whether every event that was added has been acknowledged. */
bool queue_is_empty(const struct queue *queue);

/* Tells whether every event that was added is in a sealed batch. */
bool queue_is_all_sealed(const struct queue *queue);

/* Returns the bytes of all batches not acknowledged yet. */
size_t queue_bytes(const struct queue *queue);

/* Seals the oldest batch that has groups: the stamp's journal id, epoch, number and previous
 * hash, and the queue's own first sequence. NULL: there is none. */
const struct queue_batch *queue_seal_next(struct queue *queue, const struct batch_stamp *stamp)
    __attribute__((warn_unused_result));

/* Seals a batch of no groups, to confirm the sealed one before it. Only while nothing waits.
 * NULL: too many are unacknowledged already, or there is no memory. */
const struct queue_batch *queue_seal_empty(struct queue *queue, const struct batch_stamp *stamp)
    __attribute__((warn_unused_result));

/* Returns the oldest sealed batch, from which `next` leads to the newer ones; NULL: none. */
const struct queue_batch *queue_sealed(const struct queue *queue);

/* Takes back all sealed batches up to `number`, which is one of them, and returns the last
 * sequence of that one: all up to it is durable. */
uint64_t queue_acknowledge(struct queue *queue, uint64_t number);

#endif
