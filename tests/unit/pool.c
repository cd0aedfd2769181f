/* pool.c -- records that never move, and a limit that holds. */
#include "engine/pool.h"

#include <criterion/criterion.h>

struct record {
    uint64_t number;
    uint8_t more[32];
};

Test(pool, records_start_at_one_come_zeroed_and_never_move)
{
    struct pool pool;
    cr_assert(pool_init(&pool, sizeof(struct record), 100000));
    cr_assert_eq(pool.count, 1u);
    struct record *first = NULL;
    for (uint32_t expected = 1; expected <= 100000; expected++) {
        cr_assert(pool_reserve(&pool, 1));
        uint32_t index = pool_add(&pool);
        cr_assert_eq(index, expected);
        struct record *record = pool_at(&pool, index);
        cr_assert_eq(record->number, 0u);
        cr_assert_eq(record->more[31], 0u);
        record->number = index;
        record->more[31] = 0xff;
        first = index == 1 ? record : first;
    }
    cr_assert_eq((struct record *)pool_at(&pool, 1), first);
    for (uint32_t index = 1; index <= 100000; index++) {
        cr_assert_eq(((struct record *)pool_at(&pool, index))->number, index);
    }
    pool_deinit(&pool);
}

Test(pool, the_limit_is_exact_and_a_refused_reserve_changes_nothing)
{
    struct pool pool;
    cr_assert(pool_init(&pool, 8, 3));
    cr_assert_not(pool_reserve(&pool, 4));
    cr_assert(pool_reserve(&pool, 3));
    for (int record = 0; record < 3; record++) {
        cr_assert(pool_reserve(&pool, 1));
        pool_add(&pool);
    }
    struct pool before = pool;
    cr_assert_not(pool_reserve(&pool, 1));
    cr_assert_not(pool_reserve(&pool, UINT32_MAX));
    cr_assert(pool_reserve(&pool, 0));
    cr_assert_eq(pool.count, before.count);
    cr_assert_eq(pool.bytes_usable, before.bytes_usable);
    pool_deinit(&pool);
}

Test(pool, reserve_makes_room_for_many_at_once)
{
    struct pool pool;
    cr_assert(pool_init(&pool, 256, 1000000));
    size_t usable = pool.bytes_usable;
    cr_assert_lt(usable, (size_t)1024 * 1024, "a small pool stays small");
    cr_assert(pool_reserve(&pool, 500000));
    cr_assert_geq(pool.bytes_usable, (size_t)500000 * 256);
    usable = pool.bytes_usable;
    for (uint32_t record = 0; record < 500000; record++) {
        pool_add(&pool);
    }
    cr_assert_eq(pool.bytes_usable, usable);
    /* the last of them is really there */
    memset(pool_at(&pool, 500000), 1, 256);
    pool_deinit(&pool);
}

Test(pool, growing_when_there_is_room_already_is_no_change)
{
    struct pool pool;
    cr_assert(pool_init(&pool, 8, 1000));
    size_t usable = pool.bytes_usable;
    cr_assert(pool_grow(&pool, 1));
    cr_assert_eq(pool.bytes_usable, usable);
    pool_deinit(&pool);
}

Test(pool, none_and_what_is_not_there_yet_are_no_records)
{
    struct pool pool;
    cr_assert(pool_init(&pool, 8, 10));
    cr_assert_not(pool_has(&pool, 0));
    cr_assert_not(pool_has(&pool, 1));
    cr_assert(pool_reserve(&pool, 1));
    pool_add(&pool);
    cr_assert(pool_has(&pool, 1));
    cr_assert_not(pool_has(&pool, 2));
    cr_assert_not(pool_has(&pool, 1ULL << 32 | 1));
    pool_deinit(&pool);
}

Test(pool, the_largest_limit_takes_address_space_but_no_memory)
{
    struct pool pool;
    cr_assert(pool_init(&pool, 32, UINT32_MAX));
    cr_assert_eq(pool.limit, UINT32_MAX);
    cr_assert(pool_reserve(&pool, 1));
    cr_assert_eq(pool_add(&pool), 1u);
    cr_assert_leq(pool.bytes_usable, (size_t)1024 * 1024);
    pool_deinit(&pool);
}

Test(pool, without_address_space_there_is_no_pool)
{
    struct pool pool;
    cr_assert_not(pool_init(&pool, (size_t)1 << 30, UINT32_MAX));
    cr_assert_null(pool.base);
    pool_deinit(&pool);
    pool_deinit(&pool);
}
