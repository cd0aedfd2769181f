/* load_histogram.c -- the load tester's histogram keeps the error bound that it promises. */
#include "histogram.h"
#include "random.h"

#include <criterion/criterion.h>

#include <stdlib.h>

static struct histogram histogram, other;

static int by_size(const void *a, const void *b)
{
    uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;
    return left < right ? -1 : left > right;
}

/* The value of that rank among sorted values, as histogram_percentile() defines it. */
static uint64_t exact(const uint64_t *sorted, size_t count, double share)
{
    uint64_t rank = (uint64_t)(share * (double)count);
    if ((double)rank < share * (double)count)
        rank++;
    return sorted[rank ? rank - 1 : 0];
}

Test(histogram, a_percentile_is_never_off_by_more_than_one_part_in_128)
{
    enum { COUNT = 20000 };
    static uint64_t values[COUNT];
    static const double shares[] = {0.001, 0.1, 0.25, 0.5, 0.9, 0.99, 0.999, 0.9999};
    struct random random;
    random_init(&random, 7);
    for (unsigned bits = 4; bits <= 42; bits++) {
        histogram_init(&histogram);
        for (size_t i = 0; i < COUNT; i++) {
            values[i] = random_next(&random) >> (64 - bits);
            histogram_record(&histogram, values[i]);
        }
        qsort(values, COUNT, sizeof values[0], by_size);
        for (size_t i = 0; i < sizeof shares / sizeof shares[0]; i++) {
            double truth = (double)exact(values, COUNT, shares[i]);
            double told = (double)histogram_percentile(&histogram, shares[i]);
            double off = told > truth ? told - truth : truth - told;
            cr_assert_leq(off, truth / 128, "%u bits, share %g: %g instead of %g", bits, shares[i],
                          told, truth);
        }
    }
}

Test(histogram, the_middle_of_every_bucket_is_within_one_part_in_128_of_both_its_ends)
{
    for (size_t i = 0; i + 1 < HISTOGRAM_BUCKETS; i++) {
        uint64_t low = histogram_edge(i), end = histogram_edge(i + 1);
        uint64_t middle = low + (end - low) / 2;
        cr_assert_lt(low, end);
        cr_assert_leq((middle - low) * 128, low, "bucket %zu begins at %lu", i, low);
        cr_assert_leq((end - 1 - middle) * 128, end - 1, "bucket %zu ends at %lu", i, end);
    }
}

Test(histogram, every_value_lies_within_the_edges_of_its_bucket)
{
    struct random random;
    random_init(&random, 3);
    for (int i = 0; i < 1000000; i++) {
        uint64_t value = random_next(&random) >> (22 + i % 42);
        size_t bucket = histogram_bucket(value);
        cr_assert_lt(bucket, (size_t)HISTOGRAM_BUCKETS);
        cr_assert_geq(value, histogram_edge(bucket));
        cr_assert_lt(value, histogram_edge(bucket + 1));
    }
    cr_assert_eq(histogram_bucket(histogram_value_max), (size_t)HISTOGRAM_BUCKETS - 1);
    cr_assert_eq(histogram_bucket(UINT64_MAX), (size_t)HISTOGRAM_BUCKETS - 1);
}

Test(histogram, the_ends_and_the_mean_are_exact)
{
    histogram_init(&histogram);
    histogram_record(&histogram, 1000003);
    histogram_record(&histogram, 17);
    histogram_record(&histogram, UINT64_C(1) << 50);
    cr_assert_eq(histogram_percentile(&histogram, 0), 17u);
    cr_assert_eq(histogram_percentile(&histogram, 1), UINT64_C(1) << 50);
    cr_assert_float_eq(histogram_mean(&histogram),
                       (1000003.0 + 17.0 + (double)(UINT64_C(1) << 50)) / 3, 1e-3);
}

Test(histogram, an_empty_one_answers_zero)
{
    histogram_init(&histogram);
    cr_assert_eq(histogram_percentile(&histogram, 0), 0u);
    cr_assert_eq(histogram_percentile(&histogram, 0.5), 0u);
    cr_assert_eq(histogram_percentile(&histogram, 1), 0u);
    cr_assert_eq(histogram_mean(&histogram), 0.0);
}

Test(histogram, one_value_is_every_percentile)
{
    histogram_init(&histogram);
    histogram_record(&histogram, 123456789);
    for (int i = 0; i <= 10; i++)
        cr_assert_eq(histogram_percentile(&histogram, i / 10.0), 123456789u);
}

Test(histogram, merging_is_as_good_as_recording_in_one_place)
{
    static struct histogram together;
    struct random random;
    random_init(&random, 11);
    histogram_init(&histogram);
    histogram_init(&other);
    histogram_init(&together);
    for (int i = 0; i < 10000; i++) {
        uint64_t value = random_next(&random) >> 30;
        histogram_record(i % 3 ? &histogram : &other, value);
        histogram_record(&together, value);
    }
    histogram_merge(&histogram, &other);
    cr_assert_arr_eq(&histogram, &together, sizeof together);
}

Test(histogram, merging_with_an_empty_one_changes_nothing)
{
    static struct histogram before;
    histogram_init(&histogram);
    histogram_init(&other);
    histogram_record(&histogram, 500);
    before = histogram;
    histogram_merge(&histogram, &other);
    cr_assert_arr_eq(&histogram, &before, sizeof before);
    histogram_merge(&other, &histogram);
    cr_assert_arr_eq(&other, &before, sizeof before);
}
