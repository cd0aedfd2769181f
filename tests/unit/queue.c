/* queue.c -- groups wait in batches, in order and within a bound, until the journal has them. */
#include "net/queue.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#define MIB BATCH_BYTES_MAX

static struct queue queue;
static uint64_t seq;

static void begin(void)
{
    queue_init(&queue, 4 * MIB);
    seq = 0;
}

static void end(void)
{
    queue_deinit(&queue);
}

TestSuite(queue, .init = begin, .fini = end);

static struct event event_of(uint64_t serial)
{
    return (struct event){.type = EVENT_COUPON_ISSUED, .as.coupon_issued = {.serial = serial}};
}

static void add(int64_t time_ms)
{
    const struct event event = event_of(seq + 1);
    cr_assert(queue_has_room(&queue));
    queue_add(&queue, time_ms, 0, &event, 1, ++seq);
}

/* Adds a group of about 90 KiB. */
static void add_large(void)
{
    static char source[45000];
    const struct event event = {
        .type = EVENT_CAMPAIGN_DEFINED,
        .as.campaign_defined = {.campaign = 1, .source = {source, sizeof(source)}}};
    const struct event pair[] = {event, event};
    seq += 2;
    queue_add(&queue, 1, 0, pair, 2, seq);
}

static struct batch_stamp stamp_of(uint64_t number, uint64_t previous)
{
    return (struct batch_stamp){.epoch = 1, .number = number, .previous = previous};
}

static const struct queue_batch *seal(uint64_t number)
{
    const struct batch_stamp stamp = stamp_of(number, number * 10);
    return queue_seal_next(&queue, &stamp);
}

static const struct queue_batch *seal_empty(uint64_t number)
{
    const struct batch_stamp stamp = stamp_of(number, number * 10);
    return queue_seal_empty(&queue, &stamp);
}

/* Returns how many events a sealed batch holds, after checking that they are in order. */
static uint32_t events_in(const struct queue_batch *batch)
{
    struct batch_reader reader;
    struct batch_group group;
    struct event event;
    uint32_t count = 0;
    cr_assert_eq(batch_open(&reader, batch->builder.bytes, batch->length, NULL), BATCH_FINE);
    cr_assert_eq(reader.stamp.first_seq, batch->first_seq);
    cr_assert_eq(reader.stamp.number, batch->number);
    cr_assert_eq(reader.chain, batch->chain);
    while (batch_next_group(&reader, &group) == BATCH_FINE) {
        while (batch_next_event(&group, &event) == BATCH_FINE) {
            if (event.type == EVENT_COUPON_ISSUED) {
                cr_assert_eq(event.as.coupon_issued.serial, batch->first_seq + count);
            }
            count++;
        }
    }
    cr_assert_eq(batch->last_seq + 1, batch->first_seq + count);
    return count;
}

Test(queue, a_new_queue_is_empty_and_has_room)
{
    cr_assert(queue_is_empty(&queue));
    cr_assert(queue_has_room(&queue));
    cr_assert(queue_is_empty(&queue));
    cr_assert_eq(queue_bytes(&queue), 0u);
    cr_assert_null(seal(1));
    cr_assert_null(queue_sealed(&queue));
}

Test(queue, what_gathers_while_one_is_in_flight_becomes_the_next_batch)
{
    add(1);
    add(1);
    const struct queue_batch *first = seal(1);
    cr_assert_eq(events_in(first), 2u);
    add(2);
    cr_assert_eq(queue_acknowledge(&queue, 1), 2u);
    cr_assert_not(queue_is_empty(&queue));
    const struct queue_batch *second = seal(2);
    cr_assert_eq(events_in(second), 1u);
    cr_assert_eq(second->first_seq, 3u);
    cr_assert_eq(queue_acknowledge(&queue, 2), 3u);
    cr_assert(queue_is_empty(&queue));
}

Test(queue, a_batch_in_flight_stays_as_it_is)
{
    add(1);
    const struct queue_batch *batch = seal(1);
    uint8_t *copy = malloc(batch->length);
    size_t length = batch->length;
    memcpy(copy, batch->builder.bytes, length);
    for (int at = 0; at < 30000; at++) {
        add(2);
    }
    cr_assert_eq(batch->length, length);
    cr_assert_eq(memcmp(copy, batch->builder.bytes, length), 0);
    free(copy);
}

Test(queue, full_batches_wait_in_order)
{
    uint32_t sealed = 0;
    uint64_t next = 1;
    while (seq < 50000) {
        add(1);
    }
    for (const struct queue_batch *batch = seal(1); batch != NULL; batch = seal(++sealed + 1)) {
        cr_assert_eq(batch->first_seq, next);
        next += events_in(batch);
        cr_assert_eq(queue_acknowledge(&queue, batch->number), next - 1);
    }
    cr_assert_eq(next, 50001u);
    cr_assert_gt(sealed, 2u);
    cr_assert(queue_is_empty(&queue));
}

Test(queue, at_its_bound_it_has_no_room_and_after_an_acknowledgement_it_has)
{
    uint32_t added = 0;
    while (queue_has_room(&queue)) {
        add_large();
        added++;
        cr_assert_lt(added, 100u);
    }
    cr_assert_gt(added, 40u);
    cr_assert_leq(queue_bytes(&queue), 4 * (size_t)MIB);
    cr_assert_not(queue_has_room(&queue));
    cr_assert_not_null(seal(1));
    cr_assert_not(queue_has_room(&queue), "sealing frees nothing");
    queue_acknowledge(&queue, 1);
    cr_assert(queue_has_room(&queue));
    add_large();
    cr_assert_leq(queue.buffers, 4u);
}

Test(queue, whatever_its_size_a_group_fits_when_there_is_room)
{
    for (int round = 0; round < 200; round++) {
        if (!queue_has_room(&queue)) {
            const struct queue_batch *batch = seal((uint64_t)round + 1);
            queue_acknowledge(&queue, batch->number);
            continue;
        }
        if (round % 3 == 0) {
            add_large();
        } else {
            add(1);
        }
    }
}

Test(queue, buffers_are_used_again)
{
    for (uint64_t number = 1; number < 1000; number++) {
        add(1);
        seal(number);
        add(1);
        queue_acknowledge(&queue, number);
    }
    cr_assert_leq(queue.buffers + queue.unused_count, 3u);
}

Test(queue, a_time_that_goes_back_is_written_as_the_one_before)
{
    struct batch_reader reader;
    struct batch_group group;
    add(500);
    add(400);
    add(600);
    const struct queue_batch *batch = seal(1);
    const int64_t expected[] = {500, 500, 600};
    cr_assert_eq(batch_open(&reader, batch->builder.bytes, batch->length, NULL), BATCH_FINE);
    for (int at = 0; at < 3; at++) {
        cr_assert_eq(batch_next_group(&reader, &group), BATCH_FINE);
        cr_assert_eq(group.time_ms, expected[at]);
    }
}

Test(queue, it_goes_on_where_it_was_told_to_start)
{
    const struct event event = event_of(901);
    queue_start(&queue, 900, 5000);
    cr_assert(queue_has_room(&queue));
    queue_add(&queue, 4000, 0, &event, 1, 901);
    const struct queue_batch *batch = seal(1);
    cr_assert_eq(batch->first_seq, 901u);
    cr_assert_eq(queue_acknowledge(&queue, 1), 901u);
}

Test(queue, an_empty_batch_confirms_the_one_before_and_both_are_acknowledged)
{
    add(1);
    const struct queue_batch *first = seal(1);
    const struct queue_batch *second = seal_empty(2);
    cr_assert_eq(first->next, second);
    cr_assert_eq(events_in(second), 0u);
    cr_assert_eq(second->first_seq, 2u);
    add(2);
    cr_assert_eq(queue_acknowledge(&queue, 2), 1u);
    cr_assert_null(queue_sealed(&queue));
    const struct queue_batch *third = seal(3);
    cr_assert_eq(third->first_seq, 2u, "an empty batch takes no sequence");
    cr_assert_eq(events_in(third), 1u);
}

Test(queue, empty_batches_are_bounded)
{
    uint64_t number = 1;
    add(1);
    seal(number);
    while (seal_empty(number + 1) != NULL) {
        number++;
    }
    cr_assert_eq(number, 1u + QUEUE_CONFIRMS_MAX);
    cr_assert_eq(queue_acknowledge(&queue, number), 1u);
    cr_assert(queue_is_empty(&queue));
}

Test(queue, its_bound_is_two_batches_at_least_and_any_size_at_most)
{
    struct queue other;
    queue_init(&other, 0);
    cr_assert_eq(other.buffers_max, 2u);
    queue_deinit(&other);
    queue_init(&other, SIZE_MAX);
    cr_assert_gt(other.buffers_max, 1000000u);
    queue_deinit(&other);
}

Test(queue, all_is_sealed_when_nothing_gathers_and_nothing_waits)
{
    cr_assert(queue_is_all_sealed(&queue));
    add(1);
    cr_assert_not(queue_is_all_sealed(&queue), "it gathers");
    seal(1);
    cr_assert(queue_is_all_sealed(&queue));
    cr_assert_not(queue_is_empty(&queue), "it is not acknowledged");
    cr_assert_eq(queue_acknowledge(&queue, 1), 1u);
    cr_assert(queue_is_empty(&queue));
    while (queue.waiting.first == NULL) {
        cr_assert(queue_has_room(&queue));
        add_large();
    }
    cr_assert_not(queue_is_all_sealed(&queue), "a full one waits");
    cr_assert_not(queue_is_empty(&queue));
}

Test(queue, a_full_batch_behind_which_there_is_no_room_has_none_until_one_is_acknowledged)
{
    uint64_t number = 1;
    while (queue_has_room(&queue)) {
        add_large();
    }
    cr_assert_not_null(seal(number));
    for (int at = 0; at < 3; at++) {
        cr_assert_not(queue_has_room(&queue));
    }
    queue_acknowledge(&queue, number);
    cr_assert(queue_has_room(&queue));
}
