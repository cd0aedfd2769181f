/* series.c -- slots over time. */
#include "series.h"

#include "failure.h"

static const uint64_t slot_ns_least = 100 * UINT64_C(1000000);

void series_init(struct series *series, uint64_t start_ns)
{
    *series = (struct series){.start_ns = start_ns, .slot_ns = slot_ns_least};
    series->slots = memory_zeroed(SERIES_SLOTS_MAX, sizeof *series->slots);
}

void series_deinit(struct series *series)
{
    free(series->slots);
    *series = (struct series){.used = 0};
}

static void slot_add(struct series_slot *into, const struct series_slot *from)
{
    for (size_t i = 0; i < OUTCOME_COUNT; i++)
        into->outcomes[i] += from->outcomes[i];
    into->within += from->within;
    histogram_merge(&into->claims, &from->claims);
    histogram_merge(&into->lookups, &from->lookups);
}

/* Add neighbours together and double the slot length. */
static void series_coarsen(struct series *series)
{
    for (size_t i = 0; i < series->used; i++) {
        struct series_slot *slot = &series->slots[i];
        if (i > 0 && i % 2 == 0)
            series->slots[i / 2] = *slot;
        else if (i % 2 == 1)
            slot_add(&series->slots[i / 2], slot);
    }
    size_t used = (series->used + 1) / 2;
    memset(&series->slots[used], 0, (series->used - used) * sizeof *series->slots);
    series->used = used;
    series->slot_ns *= 2;
}

struct series_slot *series_at(struct series *series, uint64_t now_ns)
{
    uint64_t since = now_ns > series->start_ns ? now_ns - series->start_ns : 0;
    while (since / series->slot_ns >= SERIES_SLOTS_MAX)
        series_coarsen(series);
    size_t slot = (size_t)(since / series->slot_ns);
    if (slot >= series->used)
        series->used = slot + 1;
    return &series->slots[slot];
}

void series_merge(struct series *into, struct series *from)
{
    while (into->slot_ns < from->slot_ns)
        series_coarsen(into);
    while (from->slot_ns < into->slot_ns)
        series_coarsen(from);
    for (size_t i = 0; i < from->used; i++)
        slot_add(&into->slots[i], &from->slots[i]);
    if (from->used > into->used)
        into->used = from->used;
}

void series_total(const struct series *series, struct series_slot *total)
{
    memset(total, 0, sizeof *total);
    for (size_t i = 0; i < series->used; i++)
        slot_add(total, &series->slots[i]);
}
