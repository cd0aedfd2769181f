/* table.c -- finding, adding, replacing, removing, and growing without a pause. */
#include "engine/table.h"

#include <criterion/criterion.h>

#include "tests/lib/dice.h"

#define MILLION 1000000U

/* The records: each index has a number as its key. `collide` leaves so many different hashes. */
static struct pool records;
static uint64_t *keys; /* of the records */
static uint64_t collide;
static uint32_t rehashed; /* calls since it was set to 0 */

static uint64_t hash_of(uint64_t key)
{
    return table_mix(collide == 0 ? key : key % collide);
}

static bool key_is(const void *key, uint32_t index)
{
    return keys[index] == *(const uint64_t *)key;
}

static uint64_t rehash(const void *context, uint32_t index)
{
    cr_assert_null(context);
    rehashed++;
    return hash_of(keys[index]);
}

static uint32_t find(const struct table *table, uint64_t key)
{
    return table_find(table, hash_of(key), key_is, &key);
}

static void add(struct table *table, uint64_t key, uint32_t index)
{
    keys[index] = key;
    cr_assert(table_reserve(table));
    table_add(table, hash_of(key), index, rehash, NULL);
}

static void begin(void)
{
    cr_assert(pool_init(&records, sizeof(*keys), MILLION));
    cr_assert(pool_reserve(&records, MILLION));
    keys = pool_at(&records, 0);
}

static void end(void)
{
    pool_deinit(&records);
}

TestSuite(table, .init = begin, .fini = end);

Test(table, an_empty_table_finds_nothing)
{
    struct table table;
    cr_assert(table_init(&table, 100));
    cr_assert_eq(find(&table, 1), 0u);
    cr_assert_eq(table_guess(&table, hash_of(1)), 0u);
    table_prefetch(&table, hash_of(1));
    table_deinit(&table);
    table_deinit(&table);
}

Test(table, a_million_entries_are_found_and_growing_never_moves_more_than_a_bucket)
{
    struct table table;
    cr_assert(table_init(&table, MILLION));
    uint32_t most = 0;
    uint32_t all = 0;
    for (uint32_t index = 1; index <= MILLION; index++) {
        rehashed = 0;
        add(&table, index * 3ULL, index);
        most = rehashed > most ? rehashed : most;
        all += rehashed;
    }
    /* A chain of four buckets is rare, five are not seen: the load mark keeps the mean at eight. */
    cr_assert_leq(most, 4U * TABLE_SLOTS, "%u entries moved by one insert", most);
    /* Records are asked in the doublings of 128 and of 32768 buckets only, of twelve entries on average. */
    cr_assert_leq(all, 13U * (128 + 32768), "records were asked %u times", all);
    cr_assert_geq(all, 11U * (128 + 32768), "records were asked %u times", all);
    cr_assert_eq(table.count, (uint64_t)MILLION);
    for (uint32_t index = 1; index <= MILLION; index++) {
        if (find(&table, index * 3ULL) != index || find(&table, index * 3ULL + 1) != 0) {
            cr_assert_fail("entry %u", index);
        }
    }
    uint32_t guessed = 0;
    for (uint32_t index = 1; index <= 10000; index++) {
        guessed += table_guess(&table, hash_of(index * 3ULL)) == index;
    }
    cr_assert_gt(guessed, 8000u, "%u of 10000 guesses right", guessed);
    cr_assert_lt(table.overflows.count, table.buckets.count / 4, "%u overflows of %u buckets",
                 table.overflows.count, table.buckets.count);
    table_deinit(&table);
}

Test(table, an_entry_stands_for_another_index_after_replace)
{
    struct table table;
    cr_assert(table_init(&table, 1000));
    for (uint32_t index = 1; index <= 500; index++) {
        add(&table, index, index);
    }
    for (uint32_t index = 1; index <= 500; index++) {
        keys[index + 500] = index;
        table_replace(&table, hash_of(index), index, index + 500);
        keys[index] = 0;
    }
    for (uint32_t index = 1; index <= 500; index++) {
        cr_assert_eq(find(&table, index), index + 500);
    }
    cr_assert_eq(table.count, 500u);
    table_deinit(&table);
}

Test(table, what_is_removed_is_gone_and_the_others_stay)
{
    struct table table;
    cr_assert(table_init(&table, 10000));
    for (uint32_t index = 1; index <= 10000; index++) {
        add(&table, index, index);
    }
    for (uint32_t index = 1; index <= 10000; index += 2) {
        table_remove(&table, hash_of(index), index);
    }
    cr_assert_eq(table.count, 5000u);
    for (uint32_t index = 1; index <= 10000; index++) {
        cr_assert_eq(find(&table, index), index % 2 == 1 ? 0 : index);
    }
    for (uint32_t index = 1; index <= 10000; index += 2) {
        add(&table, index, index);
    }
    for (uint32_t index = 1; index <= 10000; index++) {
        cr_assert_eq(find(&table, index), index);
    }
    table_deinit(&table);
}

/* Keys of few different hashes make long chains; each operation is held against a plain array. */
Test(table, colliding_hashes_make_chains_that_lose_nothing)
{
    static const uint64_t hashes[] = {1, 2, 7, 100};
    for (size_t run = 0; run < sizeof(hashes) / sizeof(hashes[0]); run++) {
        collide = hashes[run];
        struct table table;
        cr_assert(table_init(&table, 1000));
        static uint32_t place[1000]; /* of each key; 0: not there */
        memset(place, 0, sizeof(place));
        uint64_t dice = run;
        uint32_t free_index[1000];
        uint32_t free_count = 1000;
        for (uint32_t at = 0; at < 1000; at++) {
            free_index[at] = at + 1;
        }
        for (int step = 0; step < 20000; step++) {
            uint32_t key = dice_below(&dice, 1000);
            /* the first half of the run fills up, the second one empties */
            bool fill = dice_below(&dice, 4) < (step < 10000 ? 3U : 1U);
            if (place[key] == 0 && fill) {
                place[key] = free_index[--free_count];
                add(&table, key, place[key]);
            } else if (place[key] != 0 && !fill) {
                table_remove(&table, hash_of(key), place[key]);
                free_index[free_count++] = place[key];
                place[key] = 0;
            }
            uint32_t other = dice_below(&dice, 1000);
            cr_assert_eq(find(&table, other), place[other], "step %d", step);
        }
        for (uint32_t key = 0; key < 1000; key++) {
            cr_assert_eq(find(&table, key), place[key]);
        }
        cr_assert_eq(table.count, 1000u - free_count);
        table_deinit(&table);
    }
}

/* As request ids come and go for months: what is taken for overflows must not creep up. */
Test(table, coming_and_going_for_ever_takes_no_more_room)
{
    struct table table;
    enum { window = 2000 };
    cr_assert(table_init(&table, window));
    uint64_t dice = 1;
    uint32_t early = 0;
    for (uint32_t turn = 0; turn < 600 * window; turn++) {
        uint32_t index = 1 + turn % window;
        if (turn >= window) {
            table_remove(&table, hash_of(keys[index]), index);
        }
        add(&table, dice_roll(&dice), index);
        if (turn == 20 * window) {
            early = table.overflows.count;
        }
    }
    cr_assert_leq(table.overflows.count, window / TABLE_SLOTS,
                  "%u overflow buckets, %u early on, for %d entries", table.overflows.count, early,
                  window);
    cr_assert_eq(table.count, (uint64_t)window);
    table_deinit(&table);
}

Test(table, as_many_as_the_limit_says_fit_even_when_all_collide)
{
    static const uint64_t hashes[] = {0, 1, 3};
    for (size_t run = 0; run < 3; run++) {
        collide = hashes[run];
        struct table table;
        cr_assert(table_init(&table, 5000));
        for (uint32_t index = 1; index <= 5000; index++) {
            add(&table, index, index);
        }
        table_deinit(&table);
    }
}

Test(table, a_table_too_large_for_its_indices_is_not_made)
{
    struct table table;
    cr_assert_not(table_init(&table, UINT64_MAX / 64));
    table_deinit(&table);
}

Test(table, when_there_is_no_room_reserve_says_so_and_nothing_changes)
{
    struct table table;
    cr_assert(table_init(&table, 100));
    for (uint32_t index = 1; index <= 100; index++) {
        add(&table, index, index);
    }
    struct table before = table;
    uint32_t limit = table.buckets.limit;
    table.buckets.limit = table.buckets.count;
    cr_assert_not(table_reserve(&table));
    table.buckets.limit = limit;
    table.overflows.limit = table.overflows.count + 3;
    cr_assert_not(table_reserve(&table));
    cr_assert_eq(table.count, before.count);
    cr_assert_eq(table.buckets.count, before.buckets.count);
    cr_assert_eq(table.overflows.count, before.overflows.count);
    for (uint32_t index = 1; index <= 100; index++) {
        cr_assert_eq(find(&table, index), index);
    }
    table_deinit(&table);
}

Test(table, a_tag_is_never_the_mark_of_a_free_slot)
{
    cr_assert_eq(table_tag(0), 1);
    cr_assert_eq(table_tag(0x0100000000000000ULL), 1);
    cr_assert_eq(table_tag(0xff00000000000000ULL), 255);
    struct table_bucket bucket = {.tags = {7, 0, 7, 9, 255, 1, 7, 0, 3, 7},
                                  .sides = {7, 7, 7, 7, 7, 7, 0, 0, 0, 0}};
    cr_assert_eq(table_tags_equal(&bucket, 7), 0x245u);
    cr_assert_eq(table_tags_equal(&bucket, 0), 0x82u);
    cr_assert_eq(table_tags_equal(&bucket, 200), 0u);
}
