/* output.c -- replies leave in order, and never before what they show is durable. */
#include "net/output.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "net/latency.h"
#include "tests/lib/dice.h"

static struct latency latency;
static struct output_waited waited = {.latency = &latency};

#define REPLIES_MAX 4000U
#define ROUNDS 300U

static void write_bytes(struct output *output, const char *bytes, size_t length)
{
    char *room = output_room(output, length);
    cr_assert_not_null(room);
    memcpy(room, bytes, length);
    output_wrote(output, length);
}

static size_t sendable(const struct output *output)
{
    const char *bytes;
    return output_sendable(output, &bytes);
}

Test(output, a_reply_that_waits_for_nothing_may_leave_at_once)
{
    struct output output = {0};
    write_bytes(&output, "+OK\r\n", 5);
    cr_assert_eq(sendable(&output), 0, "not before it is whole");
    output_hold(&output, 0, 0, 0, 0);
    cr_assert_eq(sendable(&output), 5);
    output_deinit(&output);
}

Test(output, a_reply_behind_a_held_one_waits_with_it)
{
    struct output output = {0};
    write_bytes(&output, "claim", 5);
    output_hold(&output, 7, 6, 6, 0);
    write_bytes(&output, "look-up", 7);
    output_hold(&output, 0, 6, 6, 0);
    output_release(&output, 6, &waited);
    cr_assert_eq(sendable(&output), 0);
    cr_assert_eq(output.held, 2);
    output_release(&output, 7, &waited);
    cr_assert_eq(sendable(&output), 12);
    cr_assert_eq(output.held, 0);
    output_deinit(&output);
}

Test(output, what_waited_is_counted_from_the_turn_of_its_mark_on)
{
    struct output output = {0};
    write_bytes(&output, "look-up", 7);
    cr_assert_not(output_hold(&output, 0, 6, 6, 1000), "it waits for nothing");
    write_bytes(&output, "claim", 5);
    cr_assert(output_hold(&output, 7, 6, 6, 1000));
    write_bytes(&output, "claim", 5);
    cr_assert(output_hold(&output, 8, 6, 6, 1500), "joins the first one's mark");
    write_bytes(&output, "claim", 5);
    cr_assert(output_hold(&output, 9, 6, 8, 2000));
    waited.now_us = 3000;
    output_release(&output, 8, &waited);
    output_count_waited(&waited);
    cr_assert_eq(latency.count, 2);
    cr_assert_eq(latency.sum_us, 4000);
    output_count_waited(&waited);
    cr_assert_eq(latency.count, 2, "each is counted once");
    waited.now_us = 5000;
    output_release(&output, 9, &waited);
    output_count_waited(&waited);
    cr_assert_eq(latency.count, 3);
    cr_assert_eq(latency.sum_us, 7000);
    output_deinit(&output);
}

Test(output, replies_of_the_gathering_batch_share_one_mark)
{
    struct output output = {0};
    for (uint64_t seq = 11; seq < 111; seq++) {
        write_bytes(&output, "x", 1);
        output_hold(&output, seq, 5, 10, 0);
    }
    cr_assert_eq(output.mark_count, 1);
    output_release(&output, 109, &waited);
    cr_assert_eq(sendable(&output), 0);
    output_release(&output, 110, &waited);
    cr_assert_eq(sendable(&output), 100);
    output_deinit(&output);
}

Test(output, a_full_ring_waits_longer_and_never_shorter)
{
    struct output output = {0};
    for (uint64_t seq = 1; seq <= 2 * OUTPUT_MARKS; seq++) {
        write_bytes(&output, "x", 1);
        output_hold(&output, seq, 0, UINT64_MAX, 0); /* everything is sealed: nothing is shared */
    }
    cr_assert_eq(output.mark_count, OUTPUT_MARKS);
    output_release(&output, OUTPUT_MARKS - 1, &waited);
    cr_assert_eq(sendable(&output), OUTPUT_MARKS - 1);
    output_release(&output, 2 * OUTPUT_MARKS - 1, &waited);
    cr_assert_eq(sendable(&output), OUTPUT_MARKS - 1, "the last mark is of all the rest");
    output_release(&output, 2 * OUTPUT_MARKS, &waited);
    cr_assert_eq(sendable(&output), 2 * OUTPUT_MARKS);
    output_deinit(&output);
}

Test(output, trim_gives_memory_back_only_when_nothing_waits)
{
    struct output output = {0};
    write_bytes(&output, "+OK\r\n", 5);
    output_hold(&output, 0, 0, 0, 0);
    output_trim(&output);
    cr_assert_not_null(output.bytes);
    output_sent(&output, 5);
    output_trim(&output);
    cr_assert_null(output.bytes);
    write_bytes(&output, "again", 5);
    output_hold(&output, 0, 0, 0, 0);
    const char *bytes;
    cr_assert_eq(output_sendable(&output, &bytes), 5);
    cr_assert_eq(memcmp(bytes, "again", 5), 0);
    output_deinit(&output);
}

/* The naive model: every reply with its own gate. */
struct model {
    uint64_t ends[REPLIES_MAX];  /* position after each reply */
    uint64_t gates[REPLIES_MAX]; /* what each waits for */
    uint32_t count;
};

/* Returns the position up to which replies may leave: before the first whose gate is not durable. */
static uint64_t model_released(const struct model *model, uint64_t durable)
{
    uint64_t released = 0;
    for (uint32_t at = 0; at < model->count && model->gates[at] <= durable; at++) {
        released = model->ends[at];
    }
    return released;
}

static uint64_t dice;

static uint32_t below(uint32_t limit)
{
    return dice_below(&dice, limit);
}

static char byte_at(uint64_t position)
{
    return (char)(position * 31 + (position >> 8) * 7);
}

/* Writes one reply of some bytes, in one or more pieces. */
static void write_reply(struct output *output, uint64_t *position)
{
    uint32_t pieces = 1 + below(3);
    for (uint32_t piece = 0; piece < pieces; piece++) {
        uint32_t length = below(20) == 0 ? below(3000) : 1 + below(40);
        char *room = output_room(output, length + below(10));
        cr_assert_not_null(room);
        for (uint32_t at = 0; at < length; at++) {
            room[at] = byte_at((*position)++);
        }
        output_wrote(output, length);
    }
}

/* Takes some of what may leave and looks whether it is what was written there. */
static void take(struct output *output, bool all)
{
    const char *bytes;
    size_t length = output_sendable(output, &bytes);
    size_t taken = all ? length : below((uint32_t)length + 1);
    for (size_t at = 0; at < taken; at++) {
        cr_assert_eq(bytes[at], byte_at(output->sent + at));
    }
    output_sent(output, taken);
}

/* One life of a connection: replies, batches sealed and acknowledged, a slow reader, in any order. */
static void live(uint32_t seed)
{
    static struct model model;
    struct output output = {0};
    uint64_t position = 0;
    uint64_t durable = 0;
    uint64_t sealed = 0;
    uint64_t seq = 0;
    dice = seed;
    model.count = 0;
    for (uint32_t step = 0; step < 800; step++) {
        uint32_t what = below(10);
        if (what < 6) {
            seq += below(3);
            uint64_t gate = below(3) == 0 ? below((uint32_t)seq + 1) : seq;
            write_reply(&output, &position);
            output_hold(&output, gate, durable, sealed, 0);
            model.ends[model.count] = position;
            model.gates[model.count++] = gate;
        } else if (what < 7) {
            sealed = seq;
        } else if (what < 8) {
            durable = sealed;
            output_release(&output, durable, &waited);
        } else if (what < 9) {
            take(&output, false);
        } else {
            output_trim(&output);
        }
        cr_assert_leq(output.released, model_released(&model, durable),
                      "seed %u step %u: too early", seed, step);
        cr_assert_leq(output.sent, output.released);
        cr_assert_eq(output.end, position);
        cr_assert_leq(output.mark_count, OUTPUT_MARKS);
    }
    output_release(&output, seq, &waited);
    cr_assert_eq(output.released, position, "seed %u: something stays held", seed);
    cr_assert_eq(output.held, 0, "seed %u", seed);
    take(&output, true);
    cr_assert_eq(output_waiting(&output), 0, "seed %u", seed);
    output_deinit(&output);
}

Test(output, no_reply_leaves_before_its_gate_whatever_happens)
{
    for (uint32_t seed = 1; seed <= ROUNDS; seed++) {
        live(seed);
    }
}
