/* pool.c -- reserved address space, made usable a step at a time. */
#include "engine/pool.h"

#include <string.h>
#include <sys/mman.h>

#include "engine/bug.h"

#define PAGE_BYTES ((size_t)4096)
#define STEP_BYTES_MIN ((size_t)64 * 1024)
#define STEP_BYTES_MAX ((size_t)32 * 1024 * 1024)

static size_t round_up(size_t bytes, size_t unit)
{
    return (bytes + unit - 1) / unit * unit;
}

static void unmap(void *at, size_t bytes)
{
    int failed = bytes == 0 ? 0 : munmap(at, bytes);
    ASSERT(failed == 0);
}

bool pool_init(struct pool *pool, size_t record_bytes, uint32_t limit)
{
    ASSERT(record_bytes > 0);
    ASSERT(limit >= 1);
    *pool = (struct pool){.record_bytes = record_bytes, .limit = limit};
    pool->bytes_max = round_up(record_bytes * ((size_t)limit + 1), POOL_HUGE_PAGE_BYTES);
    /* One huge page more than needed, so that they can begin where the kernel has them begin. */
    void *mapped = mmap(NULL, pool->bytes_max + POOL_HUGE_PAGE_BYTES, PROT_NONE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (mapped == MAP_FAILED) {
        return false;
    }
    uint8_t *base = (uint8_t *)round_up((uintptr_t)mapped, POOL_HUGE_PAGE_BYTES);
    size_t before = (size_t)(base - (uint8_t *)mapped);
    unmap(mapped, before);
    unmap(base + pool->bytes_max, POOL_HUGE_PAGE_BYTES - before);
    pool->base = base;
    /* Only a hint: fewer TLB misses where the records are many. */
    if (pool->bytes_max > POOL_SMALL_BYTES) {
        (void)madvise(base + POOL_SMALL_BYTES, pool->bytes_max - POOL_SMALL_BYTES, MADV_HUGEPAGE);
    }
    pool->limit = limit + 1 > limit ? limit + 1 : limit;
    if (!pool_grow(pool, 1)) {
        pool_deinit(pool);
        return false;
    }
    pool->count = 1;
    return true;
}

void pool_keep_from_children(struct pool *pool)
{
    (void)madvise(pool->base, pool->bytes_max, MADV_DONTFORK);
}

void pool_deinit(struct pool *pool)
{
    if (pool->base != NULL) {
        unmap(pool->base, pool->bytes_max);
    }
    *pool = (struct pool){0};
}

bool pool_grow(struct pool *pool, uint32_t extra)
{
    if (extra > pool->limit - pool->count) {
        return false;
    }
    size_t wanted = ((size_t)pool->count + extra) * pool->record_bytes;
    if (wanted <= pool->bytes_usable) {
        return true;
    }
    /* Steps grow with the pool, so a small one stays small and a large one asks the kernel rarely. */
    size_t step = pool->bytes_usable / 2;
    step = step < STEP_BYTES_MIN ? STEP_BYTES_MIN : step > STEP_BYTES_MAX ? STEP_BYTES_MAX : step;
    size_t target = wanted + step;
    /* A large one by whole huge pages: the kernel gives none where only a part is usable. */
    target = round_up(target, target < POOL_HUGE_PAGE_BYTES ? PAGE_BYTES : POOL_HUGE_PAGE_BYTES);
    target = target > pool->bytes_max ? pool->bytes_max : target;
    ASSERT(target >= wanted);
    if (mprotect(pool->base, target, PROT_READ | PROT_WRITE) != 0) {
        return false;
    }
    pool->bytes_usable = target;
    size_t usable = target / pool->record_bytes;
    pool->usable = usable > UINT32_MAX ? UINT32_MAX : (uint32_t)usable;
    return true;
}

uint32_t pool_add(struct pool *pool)
{
    ASSERT(pool->count < pool->limit);
    ASSERT(pool->count < pool->usable);
    return pool->count++;
}
