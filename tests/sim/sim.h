/* sim.h -- one simulated world: its time, its dice, its events in order, its faults, what it tells.
 *
 *     seed ──► swarm (which faults, how many clients …) ──► events, one after another, on a simulated clock
 *
 * A world is a pure function of its seed and the number of commands: no real clock, no addresses, no
 * threads. Everything that happens is folded into `history`; the same seed gives the same history.
 *
 *     redis.h    a Redis with streams, a synced prefix and a tail that a kill forgets
 *     link.h     connections to it: slow, cut, half open
 *     server.h   a boon-server: the shipped engine, queue and journal in a thin shell
 *     client.h   who asks, records when and what, and asks again
 *     model.h    what should be true: an own decoder, own tables, and a judge of every answer
 */
#ifndef BOON_TESTS_SIM_SIM_H
#define BOON_TESTS_SIM_SIM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tests/lib/dice.h"

#define US_PER_MS 1000
#define US_PER_S 1000000
#define SIM_TRACE_LINES 40U
#define SIM_TRACE_BYTES 200U
#define SIM_START_MS 1700000000000LL /* when a world's wall clock starts, ms since 1970 */
#define SIM_ALIVE_MAX 8U             /* processes at a time */

enum fault {
#define FAULT(NAME, weight, words) FAULT_##NAME,
#include "tests/sim/faults.def"
#undef FAULT
    FAULTS,
};

/* What differs from seed to seed. */
struct swarm {
    uint32_t clients;
    uint32_t members;
    uint32_t campaigns;
    uint32_t requests_max;     /* of the engine's ring */
    int64_t request_window_ms; /* */
    uint32_t fault_every;      /* mean number of commands between faults */
    uint32_t weights[FAULTS];  /* 0: not in this world */
    uint32_t think_us;         /* mean time between a client's answer and its next request */
    uint32_t sync_us;          /* mean time of Redis' sync */
    uint32_t link_us;          /* mean time on a connection */
    uint32_t percent_request;  /* of changes that carry a request id */
    uint32_t percent_look;     /* of requests that only look */
    uint32_t percent_admin;    /* of requests that define, start, restock */
    uint32_t lease_ms;
    uint32_t wait_replicas;
    uint32_t snapshot_every_us; /* 0: none are made */
    bool everysec; /* Redis acknowledges before it syncs, and the server was told to accept that */
};

struct sim_event {
    int64_t at_us;
    uint64_t order; /* of insertion: equal times keep it */
    void (*run)(void *context, uint64_t argument);
    void *context;
    uint64_t argument;
};

struct redis;
struct model;
struct clients;
struct server;

/* One block of a world's memory, which is given back in one go. */
struct sim_block {
    struct sim_block *next;
    size_t used;
    size_t size;
    uint8_t bytes[];
};

struct sim {
    uint64_t seed;
    uint64_t dice;
    uint64_t commands_wanted;
    int64_t now_us;
    uint64_t order;
    struct sim_event *heap;
    size_t heap_count;
    size_t heap_room;
    struct sim_block *blocks;
    struct swarm swarm;
    struct redis *redis;
    struct model *model;
    struct clients *clients;
    struct server *alive[SIM_ALIVE_MAX];
    uint32_t alive_count;
    uint32_t server_count; /* ever started */
    uint64_t fault_at;     /* commands before the next one */
    bool calm;             /* no faults any more: everything has to settle */
    bool over;
    uint64_t faults[FAULTS];
    uint64_t commands; /* answered or given up */
    uint64_t judged;
    uint64_t snapshots; /* recorded */
    uint64_t history;
    bool tells; /* print every step */
    char trace[SIM_TRACE_LINES][SIM_TRACE_BYTES];
    uint64_t trace_count;
};

/* Makes a world; runs it to its end; gives its memory back. A broken promise ends the process. */
void sim_run(struct sim *sim, uint64_t seed, uint64_t commands);
void sim_end(struct sim *sim);

/* Runs `run(context, argument)` in `in_us` from now. */
void sim_later(struct sim *sim, int64_t in_us, void (*run)(void *context, uint64_t argument),
               void *context, uint64_t argument);

/* Returns zeroed memory that lives as long as the world. */
void *sim_allocate(struct sim *sim, size_t bytes);

/* Makes room in an array for one more of `size` bytes; it moves, the old one stays until the world ends. */
void *sim_grow(struct sim *sim, void *array, size_t count, size_t *room, size_t size);

/* Dice: 0 … limit - 1; true in `percent` of all cases; a time around `mean`, now and then ten times it. */
uint32_t sim_below(struct sim *sim, uint32_t limit);
bool sim_percent(struct sim *sim, uint32_t percent);
int64_t sim_about(struct sim *sim, uint32_t mean_us);

/* Folds a number into the history. */
void sim_remember(struct sim *sim, uint64_t number);

void sim_fault(struct sim *sim, enum fault fault);
const char *fault_words(enum fault fault);

/* Notes a step for the trace that a violation prints. */
__attribute__((format(printf, 2, 3))) void sim_tell(struct sim *sim, const char *format, ...);

/* Ends the process: `promised` was not kept. Prints what was seen, the last steps, how to see it again. */
__attribute__((format(printf, 3, 4))) _Noreturn void
sim_violation(struct sim *sim, const char *promised, const char *format, ...);

/* Sets who is told of a violation before the process ends: the worker's pipe. NULL: nobody. */
void sim_on_violation(void (*tell)(const struct sim *sim, const char *text));

/* Draws what a world is like. */
void swarm_draw(struct sim *sim);

#endif
