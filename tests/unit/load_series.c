/* load_series.c -- what happened when is kept in bounded memory and loses nothing. */
#include "series.h"

#include <criterion/criterion.h>

static const uint64_t ms = 1000000;
static struct series_slot total;

Test(series, answers_fall_into_the_slot_of_their_time)
{
    struct series series;
    series_init(&series, 1000 * ms);
    series_at(&series, 1000 * ms)->outcomes[OUTCOME_OK]++;
    series_at(&series, 1099 * ms)->outcomes[OUTCOME_OK]++;
    series_at(&series, 1100 * ms)->outcomes[OUTCOME_OK]++;
    cr_assert_eq(series.used, 2u);
    cr_assert_eq(series.slots[0].outcomes[OUTCOME_OK], 2u);
    cr_assert_eq(series.slots[1].outcomes[OUTCOME_OK], 1u);
    series_deinit(&series);
}

Test(series, a_long_run_gets_longer_slots_and_keeps_every_answer)
{
    struct series series;
    series_init(&series, 0);
    for (uint64_t at = 0; at < 600 * 1000; at += 10) {
        struct series_slot *slot = series_at(&series, at * ms);
        slot->outcomes[OUTCOME_SOLD_OUT]++;
        histogram_record(&slot->claims, at + 1);
    }
    cr_assert_leq(series.used, (size_t)SERIES_SLOTS_MAX);
    cr_assert_eq(series.slot_ns, 1600 * ms);
    series_total(&series, &total);
    cr_assert_eq(total.outcomes[OUTCOME_SOLD_OUT], 60000u);
    cr_assert_eq(total.claims.count, 60000u);
    cr_assert_eq(total.claims.min, 1u);
    cr_assert_eq(total.claims.max, 599991u);
    for (size_t i = 0; i + 1 < series.used; i++)
        cr_assert_eq(series.slots[i].outcomes[OUTCOME_SOLD_OUT], 160u, "slot %zu", i);
    series_deinit(&series);
}

Test(series, threads_with_different_slot_lengths_are_added_up)
{
    struct series into, from;
    series_init(&into, 0);
    series_init(&from, 0);
    series_at(&into, 50 * ms)->outcomes[OUTCOME_OK]++;
    series_at(&into, 50 * ms)->within++;
    series_at(&from, 60000 * ms)->within++;
    series_at(&from, 70 * ms)->outcomes[OUTCOME_OK]++;
    series_at(&from, 60000 * ms)->outcomes[OUTCOME_OK]++;
    series_merge(&into, &from);
    cr_assert_eq(into.slot_ns, 200 * ms);
    cr_assert_eq(into.slots[0].outcomes[OUTCOME_OK], 2u);
    cr_assert_eq(into.slots[300].outcomes[OUTCOME_OK], 1u);
    series_total(&into, &total);
    cr_assert_eq(total.within, 2u);
    series_merge(&from, &into);
    series_total(&from, &total);
    cr_assert_eq(total.outcomes[OUTCOME_OK], 5u);
    series_deinit(&into);
    series_deinit(&from);
}
