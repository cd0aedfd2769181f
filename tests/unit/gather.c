/* gather.c -- when a batch waits for those just answered. */
#include "net/gather.h"

#include <criterion/criterion.h>

#define SYNC_US 1200
#define NOW_US 1000000

/* Sixteen callers, whose changes were acknowledged when a hundred had been taken in. */
static struct gather sixteen_released(void)
{
    struct gather gather = {0};
    gather_acknowledged(&gather, NOW_US, 100, 16, SYNC_US);
    return gather;
}

Test(gather, nothing_is_waited_for_before_anything_was_acknowledged)
{
    const struct gather gather = {0};
    cr_assert_not(gather_may_wait(&gather));
}

Test(gather, a_batch_waits_until_most_are_back)
{
    struct gather gather = sixteen_released();
    cr_assert(gather_may_wait(&gather));
    cr_assert(gather_waits(&gather, NOW_US + 10, 100));
    cr_assert(gather_waits(&gather, NOW_US + 20, 114));
    cr_assert_not(gather_waits(&gather, NOW_US + 30, 115), "15 of 16 are most");
    cr_assert_not(gather_may_wait(&gather));
}

Test(gather, and_no_longer_than_they_need)
{
    struct gather gather = sixteen_released();
    int64_t wait_us = GATHER_LEAST_US + 16 * GATHER_EACH_US;
    cr_assert(gather_waits(&gather, NOW_US + wait_us - 1, 110));
    cr_assert_not(gather_waits(&gather, NOW_US + wait_us, 110));
    cr_assert_not(gather_may_wait(&gather));
}

/* Acknowledges until a batch may wait again, and tells how many did not. */
static uint32_t batches_not_waited_for(struct gather *gather)
{
    for (uint32_t batch = 0;; batch++) {
        gather_acknowledged(gather, NOW_US, 100, 16, SYNC_US);
        if (gather_may_wait(gather)) {
            return batch;
        }
    }
}

Test(gather, after_waits_in_vain_fewer_and_fewer_batches_wait)
{
    struct gather gather = {0};
    static const uint32_t expected[] = {0, 1, 3, 7, 15, 15};
    for (size_t at = 0; at < sizeof(expected) / sizeof(expected[0]); at++) {
        cr_assert_eq(batches_not_waited_for(&gather), expected[at], "wait %zu", at);
        cr_assert_not(gather_waits(&gather, NOW_US + SYNC_US, 112), "12 of 16 are not most");
    }
    cr_assert_eq(batches_not_waited_for(&gather), 15u);
    cr_assert_not(gather_waits(&gather, NOW_US + 10, 116), "all are back");
    cr_assert_eq(batches_not_waited_for(&gather), 0u);
}

Test(gather, nobody_is_waited_for_who_needs_more_than_half_a_sync)
{
    static const struct {
        uint64_t released;
        int64_t sync_us;
        bool waits;
    } rows[] = {
        {1, 0, false},         {1, 113, false},
        {1, 114, true},        {16, SYNC_US, true},
        {78, 1192, true},      {79, 1192, false},
        {135, 100000, true},   {136, 100000, false},
        {143, 1 << 30, false}, {UINT64_MAX, INT64_MAX, false},
    };
    for (size_t at = 0; at < sizeof(rows) / sizeof(rows[0]); at++) {
        struct gather gather = {0};
        gather_acknowledged(&gather, NOW_US, 0, rows[at].released, rows[at].sync_us);
        cr_assert_eq(gather_may_wait(&gather), rows[at].waits, "row %zu", at);
    }
}
