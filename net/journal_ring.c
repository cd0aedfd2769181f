/* journal_ring.c -- a ring of bytes with a ring of places in it.
 *
 *     offset  0        head                         RING_BYTES
 *             │ n+2 n+3│  gap │ n      │ n+1     │ gap │         a batch never wraps
 */
#include "net/journal_ring.h"

#include <stdlib.h>
#include <string.h>

#include "engine/bug.h"

bool ring_init(struct ring *ring)
{
    *ring = (struct ring){.bytes = malloc(RING_BYTES)};
    return ring->bytes != NULL;
}

void ring_deinit(struct ring *ring)
{
    free(ring->bytes);
    *ring = (struct ring){0};
}

static struct ring_batch *batch_at(struct ring *ring, uint64_t at)
{
    return &ring->batches[at % RING_BATCHES];
}

/* Forgets the oldest batches as long as they lie in the given bytes. */
static void clear(struct ring *ring, size_t from, size_t to)
{
    while (ring->first < ring->end) {
        const struct ring_batch *oldest = batch_at(ring, ring->first);
        if (oldest->offset >= to || oldest->offset + oldest->length <= from) {
            return;
        }
        ring->first++;
    }
}

void ring_push(struct ring *ring, uint64_t number, uint64_t chain, const uint8_t *bytes,
               size_t length)
{
    ASSERT(length <= BATCH_BYTES_MAX);
    ASSERT(ring->first == ring->end || batch_at(ring, ring->end - 1)->number + 1 == number);
    if (ring->head + length > RING_BYTES) {
        clear(ring, ring->head, RING_BYTES);
        ring->head = 0;
    }
    clear(ring, ring->head, ring->head + length);
    if (ring->end - ring->first == RING_BATCHES) {
        ring->first++;
    }
    *batch_at(ring, ring->end) = (struct ring_batch){number, chain, ring->head, length};
    ring->end++;
    memcpy(ring->bytes + ring->head, bytes, length);
    ring->head += length;
}

const struct ring_batch *ring_find(const struct ring *ring, uint64_t number)
{
    if (ring->first == ring->end) {
        return NULL;
    }
    uint64_t oldest = ring->batches[ring->first % RING_BATCHES].number;
    if (number < oldest || number - oldest >= ring->end - ring->first) {
        return NULL;
    }
    return &ring->batches[(ring->first + number - oldest) % RING_BATCHES];
}
