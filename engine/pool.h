/* pool.h -- fixed-size records that never move, named by 32-bit index.
 *
 * A pool reserves address space for its limit at once and makes pages usable as it grows: nothing is
 * ever copied or rehashed, so growing never pauses. A small pool takes memory by small pages, a large one by
 * huge pages, which look-ups in millions of records need. Index 0 is no record ("none"); records start at 1
 * and come zeroed. Indices are never reused.
 *
 *     decide:  if (!pool_reserve(&pool, 1)) refuse FULL     nothing has changed yet
 *     apply:   index = pool_add(&pool)                       cannot fail any more
 */
#ifndef BOON_ENGINE_POOL_H
#define BOON_ENGINE_POOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define POOL_HUGE_PAGE_BYTES ((size_t)2 * 1024 * 1024)
#define POOL_SMALL_BYTES ((size_t)16 * 1024 * 1024) /* so much of a pool has small pages */

struct pool {
    uint8_t *base;       /* start of the reserved address space */
    size_t record_bytes; /* size of one record */
    size_t bytes_usable; /* made readable and writable so far */
    size_t bytes_max;    /* reserved */
    uint32_t usable;     /* whole records in `bytes_usable`; may be more than `limit` */
    uint32_t count;      /* records in use, the "none" record 0 included */
    uint32_t limit;      /* most records, the "none" record 0 included */
};

/* Reserves room for `limit` records of `record_bytes`. False: no address space. */
bool pool_init(struct pool *pool, size_t record_bytes, uint32_t limit)
    __attribute__((warn_unused_result));

/* Keeps its pages out of forked children, which then cost no copies: a child must not touch them. Only a hint. */
void pool_keep_from_children(struct pool *pool);

/* Gives everything back. A zeroed pool may be deinited. */
void pool_deinit(struct pool *pool);

/* Makes memory for `extra` more records usable. False: limit reached or no memory; nothing changed. */
bool pool_grow(struct pool *pool, uint32_t extra) __attribute__((warn_unused_result));

/* Makes sure that `extra` more pool_add() will succeed. False: full. */
static inline bool pool_reserve(struct pool *pool, uint32_t extra)
{
    uint32_t end = pool->usable < pool->limit ? pool->usable : pool->limit;
    return __builtin_expect(extra <= end - pool->count, 1) || pool_grow(pool, extra);
}

/* Takes the next record, zeroed. Room must have been reserved. */
uint32_t pool_add(struct pool *pool);

static inline void *pool_at(const struct pool *pool, uint32_t index)
{
    return pool->base + (size_t)index * pool->record_bytes;
}

/* Tells whether the index names a record in use. */
static inline bool pool_has(const struct pool *pool, uint64_t index)
{
    return index != 0 && index < pool->count;
}

#endif
