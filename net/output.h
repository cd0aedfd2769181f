/* output.h -- one connection's replies: written in order, held until what they show is durable.
 *
 *      sent        released            end
 *       ▼             ▼                 ▼
 *     ──┬─────────────┬─────────────────┬──►   positions in the stream of replies, 64 bits
 *       │ may leave   │ held, by marks  │
 *
 * A mark says: up to this position wait for this sequence. RESP answers in order, so marks only grow,
 * and replies that wait for the same batch share one. The ring of marks is small; when it is full the
 * last mark takes over the next reply, which is later than needed and never too early.
 *
 *     char *at = output_room(&output, 64);    … write n bytes …    output_wrote(&output, n);
 *     output_hold(&output, gate, durable_seq, sealed_seq, turn_us);         at the reply's end
 *
 * A mark knows when its first reply's turn began, so that how long they waited is counted with one look at the
 * clock for all of them. A later reply that joins it is taken to have waited as long: too long, never too short.
 */
#ifndef BOON_NET_OUTPUT_H
#define BOON_NET_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct latency;

#define OUTPUT_MARKS 8U

struct output_mark {
    uint64_t end;     /* position up to which it holds */
    uint64_t gate;    /* sequence that has to be durable */
    int64_t since_us; /* monotonic; when the turn began that the first of them is of */
    uint32_t replies; /* how many */
};

/* How long those let go together have waited; marks of one turn are counted at once. */
struct output_waited {
    struct latency *latency;
    int64_t now_us;   /* monotonic; as of when they are let go */
    int64_t since_us; /* of the marks not counted yet */
    uint64_t replies; /* of these */
};

struct output {
    char *bytes;         /* owned; NULL while nothing was ever written */
    size_t capacity;     /* of `bytes` */
    uint64_t base;       /* position of bytes[0] */
    uint64_t sent;       /* position up to which the socket has it */
    uint64_t released;   /* position up to which it may leave */
    uint64_t end;        /* position after the last written byte */
    uint32_t mark_first; /* oldest mark in the ring */
    uint32_t mark_count;
    uint32_t held; /* replies that the marks hold */
    struct output_mark marks[OUTPUT_MARKS];
};

void output_deinit(struct output *output);

/* Returns room for `bytes` more, or NULL when there is no memory for it. */
char *output_room_grow(struct output *output, size_t bytes);

static inline char *output_room(struct output *output, size_t bytes)
{
    if (output->capacity - (size_t)(output->end - output->base) >= bytes) {
        return output->bytes + (output->end - output->base);
    }
    return output_room_grow(output, bytes);
}

/* Adds what was written to the room; it may be followed by more of the same reply. */
static inline void output_wrote(struct output *output, size_t bytes)
{
    output->end += bytes;
}

/* Ends a reply: it may leave once `gate` is durable. `durable` is what is durable now; gates above
 * `sealed` are of the batch that is still gathering, and leave together. `turn_us` is when this turn began.
 * Returns whether it is held. */
bool output_hold(struct output *output, uint64_t gate, uint64_t durable, uint64_t sealed,
                 int64_t turn_us);

/* Lets go of every reply whose gate is durable. */
void output_release(struct output *output, uint64_t durable, struct output_waited *waited);

/* Counts the rest of what was let go until now: when all outputs are through. */
void output_count_waited(struct output_waited *waited);

/* Returns how many bytes may be sent now, and where they are. */
static inline size_t output_sendable(const struct output *output, const char **bytes)
{
    *bytes = output->bytes + (output->sent - output->base);
    return (size_t)(output->released - output->sent);
}

/* Takes note that the socket took `bytes`. */
void output_sent(struct output *output, size_t bytes);

/* Returns how many bytes wait, held or not. */
static inline size_t output_waiting(const struct output *output)
{
    return (size_t)(output->end - output->sent);
}

/* Gives the memory back when nothing waits. */
void output_trim(struct output *output);

#endif
