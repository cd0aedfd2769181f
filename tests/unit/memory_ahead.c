/* memory_ahead.c -- what a pool grows into is there before it is needed. */
#include "net/memory_ahead.h"

#include <criterion/criterion.h>
#include <sys/mman.h>
#include <unistd.h>

#include "engine/engine.h"

static struct engine *engine_of(uint32_t members_max)
{
    struct engine_options options = {.members_max = members_max,
                                     .coupons_max = 100,
                                     .campaigns_max = 10,
                                     .names_max = 16,
                                     .requests_max = 16,
                                     .request_window_ms = 60000,
                                     .code_keys.live[0] = true};
    struct engine *engine = engine_create(&options);
    cr_assert_not_null(engine);
    return engine;
}

static void add_members(struct engine *engine, uint32_t count)
{
    struct pool *pool = &engine->members.pool;
    cr_assert(pool_reserve(pool, count));
    for (uint32_t at = 0; at < count; at++) {
        *(char *)pool_at(pool, pool_add(pool)) = 1;
    }
}

/* Tells whether the page that is so many bytes behind the last member is in memory. */
static bool is_touched(const struct engine *engine, size_t behind)
{
    const struct pool *pool = &engine->members.pool;
    size_t at = (pool->count * pool->record_bytes + behind) / 4096 * 4096;
    unsigned char there = 0;
    return mincore(pool->base + at, 4096, &there) == 0 && (there & 1) != 0;
}

static bool becomes_touched(const struct engine *engine, size_t behind)
{
    for (int tries = 0; tries < 2000 && !is_touched(engine, behind); tries++) {
        usleep(1000);
    }
    return is_touched(engine, behind);
}

Test(memory_ahead, a_large_pool_has_memory_ahead_of_it_and_a_small_one_takes_none)
{
    struct engine *engine = engine_of(1000000);
    struct memory_ahead *ahead = memory_ahead_create();
    cr_assert_not_null(ahead);
    add_members(engine, 1000);
    cr_assert_not(is_touched(engine, 4 << 20));
    size_t usable = engine->members.pool.bytes_usable;
    for (int tick = 0; tick < 3; tick++) {
        memory_ahead_look(ahead, engine);
    }
    add_members(engine, 400000); /* 25 MB */
    cr_assert_gt(engine->members.pool.bytes_usable, usable);
    cr_assert_not(is_touched(engine, 6 << 20));
    memory_ahead_look(ahead, engine);
    cr_assert(becomes_touched(engine, 6 << 20));
    add_members(engine, 500000);
    memory_ahead_look(ahead, engine);
    cr_assert(becomes_touched(engine, 1 << 20), "to the end of what may be used");
    memory_ahead_destroy(&ahead);
    cr_assert_null(ahead);
    memory_ahead_destroy(&ahead);
    engine_destroy(&engine);
}

Test(memory_ahead, records_that_are_added_meanwhile_come_zeroed_and_stay)
{
    struct engine *engine = engine_of(2000000);
    struct memory_ahead *ahead = memory_ahead_create();
    for (uint32_t member = 0; member < 2000000; member += 1000) {
        memory_ahead_look(ahead, engine);
        struct pool *pool = &engine->members.pool;
        cr_assert(pool_reserve(pool, 1000));
        for (uint32_t at = 0; at < 1000; at++) {
            uint64_t *record = pool_at(pool, pool_add(pool));
            cr_assert_eq(*record, 0u);
            *record = member + at + 1;
        }
    }
    for (uint32_t member = 0; member < 2000000; member++) {
        cr_assert_eq(*(uint64_t *)pool_at(&engine->members.pool, member + 1), member + 1u);
    }
    memory_ahead_destroy(&ahead);
    engine_destroy(&engine);
}

Test(memory_ahead, a_server_does_without)
{
    struct engine *engine = engine_of(100);
    memory_ahead_look(NULL, engine);
    engine_destroy(&engine);
}
