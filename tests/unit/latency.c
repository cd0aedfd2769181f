/* latency.c -- every value is within 1/32 of what its bucket says, and bounds are exact. */
#include "net/latency.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>

static struct latency latency;

static int64_t quantile(double share)
{
    struct latency_recent recent = latency_recent(&latency);
    return latency_quantile(&recent, share);
}

Test(latency, buckets_follow_one_another_without_a_gap)
{
    cr_assert_eq(latency_edge(0), 0);
    for (uint32_t bucket = 0; bucket < LATENCY_BUCKETS; bucket++) {
        int64_t first = latency_edge(bucket);
        int64_t end = latency_edge(bucket + 1);
        cr_assert_lt(first, end);
        cr_assert_eq(latency_bucket(first), bucket);
        cr_assert_eq(latency_bucket(end - 1), bucket);
    }
    cr_assert_eq(latency_edge(LATENCY_BUCKETS), (int64_t)LATENCY_US_MAX + 1);
}

Test(latency, what_a_quantile_says_is_off_by_a_thirty_second_at_most)
{
    for (double value = 1; value < (double)LATENCY_US_MAX; value *= 1.003) {
        int64_t us = (int64_t)value;
        latency = (struct latency){0};
        latency_add(&latency, us, 1);
        int64_t said = quantile(0.5);
        cr_assert_leq(fabs((double)(said - us)), (double)us / 32, "%ld is said to be %ld", (long)us,
                      (long)said);
    }
}

Test(latency, counts_at_bounds_are_those_of_a_plain_comparison)
{
    uint64_t expected[LATENCY_BOUNDS + 1] = {0};
    uint64_t counts[LATENCY_BOUNDS + 1];
    for (uint32_t bound = 0; bound < LATENCY_BOUNDS; bound++) {
        for (int64_t us = latency_bounds_us[bound] - 1; us <= latency_bounds_us[bound] + 1; us++) {
            latency_add(&latency, us, 2);
        }
    }
    for (double value = 0; value < 2e7; value = value * 1.01 + 1) {
        latency_add(&latency, (int64_t)value, 1);
    }
    latency_cumulative(&latency, counts);
    for (uint32_t bound = 0; bound < LATENCY_BOUNDS; bound++) {
        for (uint32_t at = 0; at < LATENCY_BOUNDS; at++) {
            for (int64_t us = latency_bounds_us[at] - 1; us <= latency_bounds_us[at] + 1; us++) {
                expected[bound] += us <= latency_bounds_us[bound] ? 2 : 0;
            }
        }
        for (double value = 0; value < 2e7; value = value * 1.01 + 1) {
            expected[bound] += (int64_t)value <= latency_bounds_us[bound] ? 1 : 0;
        }
        cr_assert_eq(counts[bound], expected[bound], "bound %ld", (long)latency_bounds_us[bound]);
    }
    cr_assert_eq(counts[LATENCY_BOUNDS], latency.count);
}

Test(latency, quantiles_are_those_of_a_sorted_list)
{
    for (int64_t us = 1; us <= 1000; us++) {
        latency_add(&latency, us, 1);
    }
    cr_assert_eq(latency_recent(&latency).count, 1000);
    cr_assert(llabs(quantile(0.5) - 500) <= 500 / 32, "%ld", (long)quantile(0.5));
    cr_assert(llabs(quantile(0.99) - 990) <= 990 / 32, "%ld", (long)quantile(0.99));
    cr_assert(llabs(quantile(1) - 1000) <= 1000 / 32, "%ld", (long)quantile(1));
    cr_assert_eq(quantile(0), 1);
    cr_assert_eq(latency.sum_us, 500500);
    cr_assert_eq(latency.max_us, 1000);
}

Test(latency, many_values_are_added_at_once)
{
    latency_add(&latency, 10, 990);
    latency_add(&latency, 20000, 10);
    latency_add(&latency, 7000000, 0);
    cr_assert_eq(quantile(0.99), 10);
    cr_assert_gt(quantile(0.991), 19000);
    cr_assert_eq(latency.count, 1000);
    cr_assert_eq(latency.max_us, 20000);
}

Test(latency, what_is_older_than_ten_seconds_is_forgotten_but_for_the_counts_since_the_start)
{
    latency_add(&latency, 500, 3);
    for (uint32_t second = 0; second < LATENCY_SECONDS; second++) {
        latency_second_is_over(&latency);
        cr_assert_eq(latency_recent(&latency).count, 3, "after %u s", second + 1);
    }
    latency_second_is_over(&latency);
    cr_assert_eq(latency_recent(&latency).count, 0);
    cr_assert_eq(quantile(0.5), 0, "there is nothing to tell about");
    cr_assert_eq(latency.count, 3);
}

Test(latency, odd_values_find_a_place)
{
    latency_add(&latency, -5, 1);
    latency_add(&latency, INT64_MAX, 1);
    cr_assert_eq(quantile(0), 0);
    cr_assert_gt(quantile(1), (int64_t)LATENCY_US_MAX / 32 * 30);
    cr_assert_eq(latency.max_us, (int64_t)LATENCY_US_MAX);
    uint64_t counts[LATENCY_BOUNDS + 1];
    latency_cumulative(&latency, counts);
    cr_assert_eq(counts[0], 1);
    cr_assert_eq(counts[LATENCY_BOUNDS - 1], 1);
    cr_assert_eq(counts[LATENCY_BOUNDS], 2);
}
