/* journal_ring.h -- the newest acknowledged batches, for a Redis that came back shorter.
 *
 * Bytes and numbers of one epoch's batches, gapless, oldest first out. The newest batch is always in it.
 *
 *     ring_push(&ring, number, chain, bytes, length);
 *     const struct ring_batch *lost = ring_find(&ring, number);      NULL: too old, or never pushed
 */
#ifndef BOON_NET_JOURNAL_RING_H
#define BOON_NET_JOURNAL_RING_H

#include "net/batch.h"

#define RING_BYTES ((size_t)4 * BATCH_BYTES_MAX)
#define RING_BATCHES 4096U

struct ring_batch {
    uint64_t number;
    uint64_t chain; /* its own hash */
    size_t offset;  /* in the ring's bytes */
    size_t length;
};

struct ring {
    uint8_t *bytes; /* RING_BYTES, owned */
    size_t head;    /* where the next batch goes */
    uint64_t first; /* of `batches`, counted since the start; at first % RING_BATCHES */
    uint64_t end;
    struct ring_batch batches[RING_BATCHES];
};

/* Makes an empty ring. False: no memory. */
bool ring_init(struct ring *ring) __attribute__((warn_unused_result));
void ring_deinit(struct ring *ring);

/* Copies the batch that follows the one pushed last. */
void ring_push(struct ring *ring, uint64_t number, uint64_t chain, const uint8_t *bytes,
               size_t length);

/* Returns the batch of this number, or NULL. */
const struct ring_batch *ring_find(const struct ring *ring, uint64_t number);

static inline const uint8_t *ring_bytes(const struct ring *ring, const struct ring_batch *batch)
{
    return ring->bytes + batch->offset;
}

#endif
