/* pool_strict.c -- the pools of engine/pool.h for fuzzing: stricter than the real ones, and quick to make.
 *
 * It stands in for engine/pool.c, whose pools live in mapped pages: to map those of one engine takes a
 * millisecond under AddressSanitizer, and a harness makes an engine for every input. Here a pool's memory
 * is a block that the next pool of its size takes over, zeroed. And here
 *
 *     a record that was not added is poisoned      a look at it is found; pages hide that
 *     exactly what was reserved can be added       a step of 64 KiB hides what was not
 *     a pool that was given back is poisoned       so are the bytes behind the last record
 *
 * All functions of engine/pool.h must be here. If one is missing, the linker takes pool.c for it, and says that
 * the others are defined twice.
 */
#include <sanitizer/asan_interface.h>
#include <stdlib.h>
#include <string.h>

#include "engine/bug.h"
#include "engine/pool.h"

#define BLOCKS_MAX                                                                                 \
    256U /* pools at a time, of all engines of a harness; and sizes that it has seen */
#define BLOCK_ALIGNMENT 64U

struct block {
    uint8_t *base;
    size_t bytes;
    bool taken;
};

static struct block blocks[BLOCKS_MAX];
static size_t block_count;
/* Where to look first: an engine's pools are made, and given back, in the same order every time. */
static size_t block_to_borrow;
static size_t block_to_return;

/* Takes a free block of this size, zeroed and poisoned; makes one where there is none. */
static uint8_t *block_borrow(size_t bytes)
{
    for (size_t looked = 0; looked < block_count; looked++) {
        struct block *block = &blocks[block_to_borrow++ % block_count];
        if (!block->taken && block->bytes == bytes) {
            block->taken = true;
            return block->base;
        }
    }
    ASSERT(block_count < BLOCKS_MAX);
    struct block *block = &blocks[block_count];
    *block = (struct block){.base = aligned_alloc(BLOCK_ALIGNMENT, bytes), bytes, true};
    if (block->base == NULL) {
        return NULL;
    }
    memset(block->base, 0, bytes);
    ASAN_POISON_MEMORY_REGION(block->base, bytes);
    block_count++;
    return block->base;
}

/* Gives a block back, whose first bytes were used. */
static void block_return(const uint8_t *base, size_t used)
{
    for (size_t looked = 0; looked < block_count; looked++) {
        struct block *block = &blocks[block_to_return++ % block_count];
        if (block->base == base) {
            ASSERT(block->taken);
            memset(block->base, 0, used);
            ASAN_POISON_MEMORY_REGION(block->base, used);
            block->taken = false;
            return;
        }
    }
    ASSERT(!"a pool was deinited that was never inited");
}

bool pool_init(struct pool *pool, size_t record_bytes, uint32_t limit)
{
    ASSERT(record_bytes > 0);
    ASSERT(limit >= 1);
    *pool = (struct pool){.record_bytes = record_bytes, .limit = limit};
    pool->limit = limit + 1 > limit ? limit + 1 : limit;
    size_t bytes = record_bytes * pool->limit;
    pool->bytes_max = (bytes + BLOCK_ALIGNMENT - 1) / BLOCK_ALIGNMENT * BLOCK_ALIGNMENT;
    pool->base = block_borrow(pool->bytes_max);
    if (pool->base == NULL) {
        return false;
    }
    bool grown = pool_grow(pool, 1);
    ASSERT(grown);
    uint32_t none = pool_add(pool);
    ASSERT(none == 0);
    return true;
}

void pool_keep_from_children(struct pool *pool)
{
    (void)pool; /* no harness forks */
}

void pool_deinit(struct pool *pool)
{
    if (pool->base != NULL) {
        block_return(pool->base, pool->count * pool->record_bytes);
    }
    *pool = (struct pool){0};
}

bool pool_grow(struct pool *pool, uint32_t extra)
{
    if (extra > pool->limit - pool->count) {
        return false;
    }
    uint32_t wanted = pool->count + extra;
    pool->usable = wanted > pool->usable ? wanted : pool->usable;
    pool->bytes_usable = pool->usable * pool->record_bytes;
    return true;
}

uint32_t pool_add(struct pool *pool)
{
    const size_t begin = pool->count * pool->record_bytes;
    ASSERT(pool->count < pool->limit);
    ASSERT(pool->count < pool->usable);
    ASAN_UNPOISON_MEMORY_REGION(pool->base + begin, pool->record_bytes);
    return pool->count++;
}
