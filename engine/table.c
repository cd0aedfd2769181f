/* table.c -- adding, removing and splitting, one cache line at a time. */
#include "engine/table.h"

#include "engine/bug.h"

_Static_assert(sizeof(struct table_bucket) == 64, "a bucket is one cache line");

/* Entries per slot of the primary buckets at which the next one is split: eight in each bucket. */
#define LOAD_NUMERATOR 4
#define LOAD_DENOMINATOR 5
#define OVERFLOWS_AT_ONCE 4 /* one for the insert, up to three while a bucket is split */

bool table_init(struct table *table, uint64_t limit)
{
    *table = (struct table){0};
    uint64_t buckets = limit * LOAD_DENOMINATOR / (TABLE_SLOTS * LOAD_NUMERATOR) + 16;
    uint64_t overflows = buckets + 16;
    if (overflows > UINT32_MAX) {
        return false;
    }
    if (!pool_init(&table->buckets, sizeof(struct table_bucket), (uint32_t)buckets)) {
        return false;
    }
    if (!pool_init(&table->overflows, sizeof(struct table_bucket), (uint32_t)overflows) ||
        !pool_reserve(&table->buckets, 1)) {
        table_deinit(table);
        return false;
    }
    /* Who writes a snapshot walks records, never a table; and every claim writes into one. */
    pool_keep_from_children(&table->buckets);
    pool_keep_from_children(&table->overflows);
    uint32_t first = pool_add(&table->buckets);
    ASSERT(first == 1);
    table->bucket_count = 1;
    return true;
}

void table_deinit(struct table *table)
{
    pool_deinit(&table->buckets);
    pool_deinit(&table->overflows);
    *table = (struct table){0};
}

bool table_presize(struct table *table, uint64_t count)
{
    ASSERT(table->count == 0);
    uint64_t entries = (uint64_t)TABLE_SLOTS * LOAD_NUMERATOR; /* of so many buckets: */
    uint64_t buckets = (count * LOAD_DENOMINATOR + entries - 1) / entries;
    if (buckets >= table->buckets.limit) {
        return false;
    }
    if (buckets > table->bucket_count &&
        !pool_reserve(&table->buckets, (uint32_t)buckets - table->bucket_count)) {
        return false;
    }
    while (table->bucket_count < buckets) {
        table->bucket_count = pool_add(&table->buckets);
    }
    while (table->mask < table->bucket_count - 1) {
        table->mask = table->mask * 2 + 1;
    }
    return true;
}

bool table_reserve(struct table *table)
{
    return pool_reserve(&table->buckets, 1) && pool_reserve(&table->overflows, OVERFLOWS_AT_ONCE);
}

static uint32_t overflow_take(struct table *table)
{
    uint32_t number = table->free_overflow;
    if (number == 0) {
        return pool_add(&table->overflows);
    }
    struct table_bucket *bucket = pool_at(&table->overflows, number);
    table->free_overflow = bucket->overflow;
    *bucket = (struct table_bucket){0};
    return number;
}

static void overflow_give_back(struct table *table, uint32_t number)
{
    struct table_bucket *bucket = pool_at(&table->overflows, number);
    *bucket = (struct table_bucket){.overflow = table->free_overflow};
    table->free_overflow = number;
}

static uint8_t sides_of(uint64_t hash, uint32_t level)
{
    return (uint8_t)(hash >> level / TABLE_SIDES_BITS * TABLE_SIDES_BITS);
}

/* Returns the level of the next split of the bucket that this hash belongs to: a bucket before the one whose turn
 * it is, and one that was added, was split at this level already. */
static uint32_t level_of(const struct table *table, uint64_t hash)
{
    uint32_t half = table->mask >> 1;
    uint32_t number = (uint32_t)hash & half;
    uint32_t level = table_level(half);
    return number + half + 1 < table->bucket_count ? level + 1 : level;
}

static inline void fill(struct table_bucket *bucket, uint32_t slot, uint8_t tag, uint8_t sides,
                        uint32_t index)
{
    bucket->tags[slot] = tag;
    bucket->sides[slot] = sides;
    bucket->indices[slot] = index;
}

/* Returns the first bucket with a free slot, of those that hang on a full one. */
static __attribute__((noinline)) struct table_bucket *overflow_of(struct table *table,
                                                                  struct table_bucket *bucket)
{
    while (table_tags_equal(bucket, 0) == 0) {
        if (bucket->overflow == 0) {
            bucket->overflow = overflow_take(table);
        }
        bucket = pool_at(&table->overflows, bucket->overflow);
    }
    return bucket;
}

void table_ask_splits(struct table *table, uint32_t inserts)
{
    uint32_t from = table->asked_to > table->bucket_count ? table->asked_to : table->bucket_count;
    uint32_t to = table->bucket_count + 1 +
                  inserts * LOAD_DENOMINATOR / (TABLE_SLOTS * LOAD_NUMERATOR);
    uint32_t sourced = table->bucket_count + table->mask +
                       1; /* the source of this one is to come, too */
    to = to > sourced ? sourced : to;
    table->asked_from = table->asked_to = from;
    for (; table->asked_to < to; table->asked_to++) {
        __builtin_prefetch(table_split_source(table, table->asked_to), 1);
        __builtin_prefetch(pool_at(&table->buckets, table->asked_to + 1), 1);
    }
}

/* A half of a bucket that is being split, filled from its first slot on. */
struct half {
    struct table_bucket *bucket;
    uint32_t used;
};

/* Puts the entries of a bucket that is being split into itself and into the one that was added. */
static void deal_out(struct table *table, const struct table_bucket *old, uint32_t level,
                     struct half halves[2], table_hash *rehash, const void *context)
{
    bool used_up = (level + 1) % TABLE_SIDES_BITS == 0;
    for (uint32_t slot = 0; slot < TABLE_SLOTS && old->tags[slot] != 0; slot++) {
        uint32_t index = old->indices[slot];
        uint8_t sides = old->sides[slot];
        struct half *half = &halves[sides >> level % TABLE_SIDES_BITS & 1];
        if (__builtin_expect(used_up, 0)) {
            sides = sides_of(rehash(context, index), level + 1);
        }
        if (__builtin_expect(half->used == TABLE_SLOTS, 0)) {
            half->bucket->overflow = overflow_take(table);
            *half = (struct half){pool_at(&table->overflows, half->bucket->overflow), 0};
        }
        fill(half->bucket, half->used++, old->tags[slot], sides, index);
    }
}

/* Splits the bucket whose turn it is into itself and a new one at the end. */
static __attribute__((noinline)) void split(struct table *table, table_hash *rehash,
                                            const void *context)
{
    uint32_t level = table_split_level(table, table->bucket_count);
    struct table_bucket *source = table_split_source(table, table->bucket_count);
    uint32_t added = pool_add(&table->buckets) - 1;
    ASSERT(added == table->bucket_count);
    if (added > table->mask) {
        table->mask = table->mask * 2 + 1;
    }
    struct half halves[2] = {{source, 0}, {pool_at(&table->buckets, added + 1), 0}};
    struct table_bucket old = *source;
    *source = (struct table_bucket){0};
    table->bucket_count = added + 1;
    for (;;) {
        deal_out(table, &old, level, halves, rehash, context);
        uint32_t next = old.overflow;
        if (next == 0) {
            return;
        }
        old = *(struct table_bucket *)pool_at(&table->overflows, next);
        overflow_give_back(table, next);
    }
}

void table_add(struct table *table, uint64_t hash, uint32_t index, table_hash *rehash,
               const void *context)
{
    ASSERT(index != 0);
    struct table_bucket *bucket = table_bucket_of(table, hash);
    uint32_t bits = table_tags_equal(bucket, 0);
    if (__builtin_expect(bits == 0, 0)) {
        bucket = overflow_of(table, bucket);
        bits = table_tags_equal(bucket, 0);
    }
    fill(bucket, (uint32_t)__builtin_ctz(bits), table_tag(hash),
         sides_of(hash, level_of(table, hash)), index);
    table->count++;
    if (table->count * LOAD_DENOMINATOR >
        (uint64_t)table->bucket_count * TABLE_SLOTS * LOAD_NUMERATOR) {
        split(table, rehash, context);
    }
}

/* Finds the slot that holds this very index; it must be there. */
static uint32_t slot_of(struct table *table, uint64_t hash, uint32_t index,
                        struct table_bucket **holder)
{
    struct table_bucket *bucket = table_bucket_of(table, hash);
    for (;;) {
        uint32_t bits = table_tags_equal(bucket, table_tag(hash));
        for (; bits != 0; bits &= bits - 1) {
            uint32_t slot = (uint32_t)__builtin_ctz(bits);
            if (bucket->indices[slot] == index) {
                *holder = bucket;
                return slot;
            }
        }
        ASSERT(bucket->overflow != 0);
        bucket = pool_at(&table->overflows, bucket->overflow);
    }
}

void table_replace(struct table *table, uint64_t hash, uint32_t old, uint32_t index)
{
    struct table_bucket *holder;
    uint32_t slot = slot_of(table, hash, old, &holder);
    holder->indices[slot] = index;
}

/* Fills the hole with the last entry of the bucket's chain, and gives an emptied overflow back. So
 * chains stay dense, and the overflows in use stay below one for ten entries, for ever. */
void table_remove(struct table *table, uint64_t hash, uint32_t index)
{
    struct table_bucket *holder;
    uint32_t slot = slot_of(table, hash, index, &holder);
    struct table_bucket *last = table_bucket_of(table, hash);
    struct table_bucket *before = NULL;
    while (last->overflow != 0) {
        before = last;
        last = pool_at(&table->overflows, last->overflow);
    }
    uint32_t free_slots = table_tags_equal(last, 0);
    uint32_t end = free_slots == 0 ? TABLE_SLOTS : (uint32_t)__builtin_ctz(free_slots);
    ASSERT(end > 0);
    holder->tags[slot] = last->tags[end - 1];
    holder->sides[slot] = last->sides[end - 1];
    holder->indices[slot] = last->indices[end - 1];
    last->tags[end - 1] = last->sides[end - 1] = 0;
    last->indices[end - 1] = 0;
    if (end == 1 && before != NULL) {
        overflow_give_back(table, before->overflow);
        before->overflow = 0;
    }
    ASSERT(table->count > 0);
    table->count--;
}
