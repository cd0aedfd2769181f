/* gather.c -- when a batch waits for those just answered. */
#include "net/gather.h"

#include <criterion/criterion.h>

#define SYNC_US 1200
#define NOW_US 1000000

/* Eight callers, whose two events each were acknowledged when event 100 was the newest. */
static struct gather eight_released(void)
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
    struct gather gather = eight_released();
    cr_assert(gather_may_wait(&gather));
    cr_assert(gather_waits(&gather, NOW_US + 10, 100));
    cr_assert(gather_waits(&gather, NOW_US + 20, 114));
    cr_assert_not(gather_waits(&gather, NOW_US + 30, 115), "15 of 16 are most");
    cr_assert_not(gather_may_wait(&gather));
}

Test(gather, and_no_longer_than_they_need)
{
    struct gather gather = eight_released();
    int64_t wait_us = GATHER_LEAST_US + 16 * GATHER_EACH_US;
    cr_assert(gather_waits(&gather, NOW_US + wait_us - 1, 110));
    cr_assert_not(gather_waits(&gather, NOW_US + wait_us, 110));
    gather_acknowledged(&gather, NOW_US + 2 * SYNC_US, 120, 16, SYNC_US);
    cr_assert(gather_may_wait(&gather), "more than half were back: worth another try");
}

Test(gather, those_who_do_not_come_back_are_not_waited_for_the_next_times)
{
    struct gather gather = eight_released();
    cr_assert_not(gather_waits(&gather, NOW_US + SYNC_US, 103));
    for (uint32_t batch = 0; batch < GATHER_REST; batch++) {
        gather_acknowledged(&gather, NOW_US + 2 * SYNC_US, 120, 16, SYNC_US);
        cr_assert_not(gather_may_wait(&gather), "batch %u", batch);
    }
    gather_acknowledged(&gather, NOW_US + 3 * SYNC_US, 140, 16, SYNC_US);
    cr_assert(gather_may_wait(&gather));
}

Test(gather, nobody_is_waited_for_who_needs_more_than_half_a_sync)
{
    static const struct {
        uint64_t released;
        int64_t sync_us;
        bool waits;
    } rows[] = {
        {2, 0, false},       {2, 115, false},      {2, 116, true},
        {16, SYNC_US, true}, {137, 1196, true},    {138, 1196, false},
        {237, 100000, true}, {238, 100000, false}, {UINT64_MAX, INT64_MAX, false},
    };
    for (size_t at = 0; at < sizeof(rows) / sizeof(rows[0]); at++) {
        struct gather gather = {0};
        gather_acknowledged(&gather, NOW_US, 0, rows[at].released, rows[at].sync_us);
        cr_assert_eq(gather_may_wait(&gather), rows[at].waits, "row %zu", at);
    }
}
