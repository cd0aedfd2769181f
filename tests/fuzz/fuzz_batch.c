/* fuzz_batch.c -- any bytes as a batch: they are read to their end or refused, and nothing is read
 * beside them. What can be read, written again, is read the same.
 *
 * A random input has no right hash; so each is also tried with the hash that its bytes should have.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "engine/bug.h"
#include "engine/bytes.h"
#include "net/batch.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Writes a group's events again and compares what is read then. */
static void write_again(const struct batch_group *group, const struct event *events, uint32_t count)
{
    static uint8_t bytes[BATCH_BYTES_MAX];
    struct batch_builder builder;
    struct batch_reader reader;
    struct batch_group read;
    struct event event;
    uint64_t chain;
    const struct batch_stamp stamp = {.number = 1};
    batch_begin(&builder, bytes, sizeof(bytes));
    if (count == 0 || !batch_add_group(&builder, group->time_ms, group->principal, events, count)) {
        return;
    }
    size_t length = batch_seal(&builder, &stamp, &chain);
    ASSERT(batch_open(&reader, bytes, length, &stamp.journal_id) == BATCH_FINE);
    ASSERT(batch_next_group(&reader, &read) == BATCH_FINE);
    ASSERT(read.time_ms == group->time_ms);
    for (uint32_t at = 0; at < count; at++) {
        ASSERT(batch_next_event(&read, &event) == BATCH_FINE);
        ASSERT(event.type == events[at].type);
    }
    ASSERT(batch_next_event(&read, &event) == BATCH_END);
    ASSERT(batch_next_group(&reader, &read) == BATCH_END);
}

static void read_all(const uint8_t *bytes, size_t length)
{
    static struct event events[GROUP_EVENTS_MAX];
    struct batch_reader reader;
    struct batch_group group;
    struct event event;
    if (batch_open(&reader, bytes, length, NULL) != BATCH_FINE) {
        return;
    }
    while (batch_next_group(&reader, &group) == BATCH_FINE) {
        const struct batch_group head = group;
        uint32_t count = 0;
        enum batch_fault fault;
        while ((fault = batch_next_event(&group, &event)) == BATCH_FINE) {
            events[count % GROUP_EVENTS_MAX] = event;
            count++;
        }
        if (fault == BATCH_END && count <= GROUP_EVENTS_MAX) {
            write_again(&head, events, count);
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    read_all(data, size);
    if (size < BATCH_EMPTY_BYTES || size > BATCH_BYTES_MAX) {
        return 0;
    }
    uint8_t *bytes = malloc(size); /* of its own, so that a read beside it shows */
    if (bytes == NULL) {
        return 0;
    }
    memcpy(bytes, data, size);
    uint64_t previous = bytes_get_u64(bytes + 56);
    bytes_put_u64(bytes + size - 8, XXH3_64bits_withSeed(bytes, size - 8, previous));
    read_all(bytes, size);
    free(bytes);
    return 0;
}
