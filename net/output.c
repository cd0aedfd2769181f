/* output.c -- the buffer of replies and its marks. */
#include "net/output.h"

#include <stdlib.h>
#include <string.h>

#include "engine/bug.h"
#include "net/latency.h"

#define CAPACITY_MIN 1024U

void output_deinit(struct output *output)
{
    free(output->bytes);
    *output = (struct output){0};
}

char *output_room_grow(struct output *output, size_t bytes)
{
    size_t waiting = output_waiting(output);
    size_t done = (size_t)(output->sent - output->base);
    if (done > 0 && waiting <= done) {
        /* Half of it or more has left: moving the rest down is cheaper than growing. */
        memmove(output->bytes, output->bytes + done, waiting);
        output->base = output->sent;
        if (output->capacity - waiting >= bytes) {
            return output->bytes + waiting;
        }
    }
    size_t used = (size_t)(output->end - output->base);
    size_t capacity = output->capacity < CAPACITY_MIN ? CAPACITY_MIN : output->capacity;
    while (capacity - used < bytes) {
        capacity *= 2;
    }
    char *grown = realloc(output->bytes, capacity);
    if (grown == NULL) {
        return NULL;
    }
    output->bytes = grown;
    output->capacity = capacity;
    return grown + used;
}

static struct output_mark *mark_at(struct output *output, uint32_t nth)
{
    return &output->marks[(output->mark_first + nth) % OUTPUT_MARKS];
}

bool output_hold(struct output *output, uint64_t gate, uint64_t durable, uint64_t sealed,
                 int64_t turn_us)
{
    if (output->mark_count == 0 && gate <= durable) {
        output->released = output->end;
        return false;
    }
    output->held++;
    struct output_mark *last = output->mark_count == 0 ? NULL
                                                       : mark_at(output, output->mark_count - 1);
    if (last != NULL &&
        (gate <= last->gate || last->gate > sealed || output->mark_count == OUTPUT_MARKS)) {
        last->end = output->end;
        last->gate = gate > last->gate ? gate : last->gate;
        last->replies++;
        return true;
    }
    output->mark_count++;
    *mark_at(output, output->mark_count - 1) = (struct output_mark){output->end, gate, turn_us, 1};
    return true;
}

void output_count_waited(struct output_waited *waited)
{
    if (waited->replies > 0) {
        latency_add(waited->latency, waited->now_us - waited->since_us, waited->replies);
        waited->replies = 0;
    }
}

void output_release(struct output *output, uint64_t durable, struct output_waited *waited)
{
    while (output->mark_count > 0) {
        const struct output_mark *first = mark_at(output, 0);
        if (first->gate > durable) {
            return;
        }
        if (first->since_us != waited->since_us) {
            output_count_waited(waited);
            waited->since_us = first->since_us;
        }
        waited->replies += first->replies;
        output->released = first->end;
        output->held -= first->replies;
        output->mark_first = (output->mark_first + 1) % OUTPUT_MARKS;
        output->mark_count--;
    }
}

void output_sent(struct output *output, size_t bytes)
{
    output->sent += bytes;
    ASSERT(output->sent <= output->released);
    if (output->sent == output->end) {
        output->base = output->end;
    }
}

void output_trim(struct output *output)
{
    if (output_waiting(output) == 0) {
        free(output->bytes);
        output->bytes = NULL;
        output->capacity = 0;
        output->base = output->end;
    }
}
