/* sim.c -- a world's events, memory, dice and trace. */
#include "tests/sim/sim.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/bug.h"
#include "tests/sim/bugs.h"
#include "tests/sim/client.h"
#include "tests/sim/faulty.h"
#include "tests/sim/model.h"
#include "tests/sim/redis.h"
#include "tests/sim/server.h"

#define BLOCK_BYTES ((size_t)4 << 20)
#define HEAP_ROOM_MIN 1024U
#define SETTLE_US                                                                                  \
    ((int64_t)120 * US_PER_S) /* without faults: everything has to be answered by then */
#define LIMIT_US ((int64_t)21600 * US_PER_S) /* a world that does not end is a fault of its own */

static struct sim_block *spare_blocks; /* of worlds that ended */
static void (*on_violation)(const struct sim *sim, const char *text);
static struct sim *running; /* for the hook of a failed ASSERT */

void *sim_allocate(struct sim *sim, size_t bytes)
{
    bytes = (bytes + 15) & ~(size_t)15;
    struct sim_block *block = sim->blocks;
    if (block == NULL || block->size - block->used < bytes) {
        size_t size = bytes > BLOCK_BYTES ? bytes : BLOCK_BYTES;
        block = size == BLOCK_BYTES ? spare_blocks : NULL;
        if (block != NULL) {
            spare_blocks = block->next;
        } else {
            block = malloc(sizeof(*block) + size);
        }
        ASSERT(block != NULL);
        *block = (struct sim_block){.next = sim->blocks, .size = size};
        sim->blocks = block;
    }
    void *at = block->bytes + block->used;
    block->used += bytes;
    memset(at, 0, bytes);
    return at;
}

void *sim_grow(struct sim *sim, void *array, size_t count, size_t *room, size_t size)
{
    if (count < *room) {
        return array;
    }
    size_t wanted = *room == 0 ? 8 : *room * 2;
    void *grown = sim_allocate(sim, wanted * size);
    if (count > 0) {
        memcpy(grown, array, count * size);
    }
    *room = wanted;
    return grown;
}

uint32_t sim_below(struct sim *sim, uint32_t limit)
{
    return limit == 0 ? 0 : dice_below(&sim->dice, limit);
}

bool sim_percent(struct sim *sim, uint32_t percent)
{
    return dice_below(&sim->dice, 100) < percent;
}

int64_t sim_about(struct sim *sim, uint32_t mean_us)
{
    int64_t us = 1 + (int64_t)sim_below(sim, mean_us * 2);
    return sim_below(sim, 64) == 0 ? us * 10 : us;
}

void sim_remember(struct sim *sim, uint64_t number)
{
    uint64_t mixed = sim->history ^ number;
    sim->history = dice_roll(&mixed);
}

void sim_fault(struct sim *sim, enum fault fault)
{
    sim->faults[fault]++;
    sim_remember(sim, (uint64_t)fault);
}

const char *fault_words(enum fault fault)
{
    static const char *const words[] = {
#define FAULT(NAME, weight, text) text,
#include "tests/sim/faults.def"
#undef FAULT
    };
    return words[fault];
}

void sim_tell(struct sim *sim, const char *format, ...)
{
    char *line = sim->trace[sim->trace_count++ % SIM_TRACE_LINES];
    int used = snprintf(line, SIM_TRACE_BYTES, "%12.6f  ", (double)sim->now_us / US_PER_S);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(line + used, SIM_TRACE_BYTES - (size_t)used, format, arguments);
    va_end(arguments);
    if (sim->tells) {
        printf("%s\n", line);
    }
}

void sim_on_violation(void (*tell)(const struct sim *sim, const char *text))
{
    on_violation = tell;
}

void sim_violation(struct sim *sim, const char *promised, const char *format, ...)
{
    char seen[512];
    char text[768];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(seen, sizeof(seen), format, arguments);
    va_end(arguments);
    snprintf(text, sizeof(text), "%s: %s", promised, seen);
    if (on_violation != NULL) {
        on_violation(sim, text);
    }
    printf("\nVIOLATION\n  promised  %s\n  seen      %s\n  at        %.6f s of the world of seed "
           "%" PRIu64 ", after %" PRIu64 " commands\n\nThe last steps:\n",
           promised, seen, (double)sim->now_us / US_PER_S, sim->seed, sim->commands);
    uint64_t first = sim->trace_count > SIM_TRACE_LINES ? sim->trace_count - SIM_TRACE_LINES : 0;
    for (uint64_t at = first; at < sim->trace_count; at++) {
        printf("%s\n", sim->trace[at % SIM_TRACE_LINES]);
    }
    printf("\nSee it again:  boon-sim --seed %" PRIu64 " --commands %" PRIu64 "%s%s\n", sim->seed,
           sim->commands_wanted, bug_now()[0] == '\0' ? "" : " --bug ", bug_now());
    (void)fflush(stdout);
    _Exit(1);
}

static void on_bug(const char *expression, const char *file, int line)
{
    bug_set_hook(NULL);
    if (running != NULL) {
        sim_violation(running, "no assertion fails", "%s at %s:%d", expression, file, line);
    }
}

static bool earlier(const struct sim_event *a, const struct sim_event *b)
{
    return a->at_us != b->at_us ? a->at_us < b->at_us : a->order < b->order;
}

void sim_later(struct sim *sim, int64_t in_us, void (*run)(void *context, uint64_t argument),
               void *context, uint64_t argument)
{
    if (sim->heap_count == sim->heap_room) {
        sim->heap_room = sim->heap_room == 0 ? HEAP_ROOM_MIN : sim->heap_room * 2;
        sim->heap = realloc(sim->heap, sim->heap_room * sizeof(*sim->heap));
        ASSERT(sim->heap != NULL);
    }
    struct sim_event event = {sim->now_us + (in_us < 0 ? 0 : in_us), sim->order++, run, context,
                              argument};
    size_t at = sim->heap_count++;
    while (at > 0 && earlier(&event, &sim->heap[(at - 1) / 2])) {
        sim->heap[at] = sim->heap[(at - 1) / 2];
        at = (at - 1) / 2;
    }
    sim->heap[at] = event;
}

static struct sim_event next_event(struct sim *sim)
{
    struct sim_event first = sim->heap[0];
    struct sim_event last = sim->heap[--sim->heap_count];
    size_t at = 0;
    for (;;) {
        size_t child = 2 * at + 1;
        if (child + 1 < sim->heap_count && earlier(&sim->heap[child + 1], &sim->heap[child])) {
            child++;
        }
        if (child >= sim->heap_count || !earlier(&sim->heap[child], &last)) {
            break;
        }
        sim->heap[at] = sim->heap[child];
        at = child;
    }
    sim->heap[at] = last;
    return first;
}

static void run_until(struct sim *sim, bool (*done)(struct sim *sim), int64_t limit_us,
                      const char *what)
{
    while (!done(sim)) {
        ASSERT(sim->heap_count > 0);
        struct sim_event event = next_event(sim);
        sim->now_us = event.at_us;
        if (sim->now_us > limit_us) {
            sim_violation(sim, "the world goes on", "%s, until %.0f s", what,
                          (double)limit_us / US_PER_S);
        }
        event.run(event.context, event.argument);
    }
}

static bool has_enough(struct sim *sim)
{
    return sim->commands >= sim->commands_wanted;
}

static bool has_settled(struct sim *sim)
{
    return clients_are_idle(sim->clients) && server_settled(sim);
}

void sim_run(struct sim *sim, uint64_t seed, uint64_t commands)
{
    *sim = (struct sim){.seed = seed,
                        .dice = seed * 0x9e3779b97f4a7c15ULL + 1,
                        .tells = sim->tells,
                        .commands_wanted = commands};
    running = sim;
    bug_set_hook(on_bug);
    swarm_draw(sim);
    redis_start(sim);
    model_start(sim);
    server_first(sim);
    clients_start(sim);
    faults_start(sim);
    run_until(sim, has_enough, LIMIT_US, "the commands were not all answered");
    sim->calm = true;
    faults_end(sim);
    clients_finish(sim->clients);
    run_until(sim, has_settled, sim->now_us + SETTLE_US,
              "without faults, yet not everything was answered and durable");
    server_last(sim);
    model_end(sim);
    sim->over = true;
}

void sim_end(struct sim *sim)
{
    servers_end(sim);
    model_deinit(sim->model);
    running = NULL;
    bug_set_hook(NULL);
    free(sim->heap);
    sim->heap = NULL;
    while (sim->blocks != NULL) {
        struct sim_block *block = sim->blocks;
        sim->blocks = block->next;
        if (block->size == BLOCK_BYTES) {
            block->next = spare_blocks;
            spare_blocks = block;
        } else {
            free(block);
        }
    }
}
