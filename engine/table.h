/* table.h -- finds a record's index by its key; grows one bucket at a time.
 *
 * A table holds 32-bit indices only; the keys stay in the records. A bucket is one cache line:
 *
 *     offset  0   10 tags of one byte, 0 = free slot      compared all at once
 *     offset 10   10 bytes: to which side the next splits send the entry, a bit for each
 *     offset 20   10 indices
 *     offset 60   u32 number of the overflow bucket, 0 = none
 *
 * Look-up: hash → bucket → equal tags → ask the record. Growth is linear hashing (W. Litwin, "Linear
 * Hashing: A New Tool for File and Table Addressing", VLDB 1980): when the load passes its mark, the
 * next bucket in turn is split into itself and a new one at the end. So an insert moves a dozen
 * entries now and then, and there is never a pause.
 *
 * A split at level n (2^n buckets become 2^(n+1)) goes by bit n of the hashes. To ask every record for its hash
 * would be a dozen cache misses, most of what an insert costs: so each entry keeps the eight bits of its
 * hash that its level is among, bits 0 to 7, 8 to 15 and so on. Records are asked only for the next eight, when a
 * split has used up bit 7, 15 or 23: in one doubling of eight.
 *
 * A forked child has no tables: it reads records only.
 *
 *     index = table_find(&table, hash, member_is, &key);          0: not there
 *     decide: table_reserve(&table)        apply: table_add(&table, hash, index, member_hash, pool)
 *
 * Which buckets are split next is known, so who is about to add many asks for them ahead, in two steps with other
 * work between them:
 *
 *     table_ask_splits(&table, inserts);   …   table_ask_split_records(&table, &pool);
 */
#ifndef BOON_ENGINE_TABLE_H
#define BOON_ENGINE_TABLE_H

#include "engine/pool.h"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#define TABLE_SLOTS 10
#define TABLE_SIDES_BITS 8U /* of the hash that an entry keeps */

struct table_bucket {
    uint8_t tags[TABLE_SLOTS];  /* one byte of the hash, never 0; 0 = free */
    uint8_t sides[TABLE_SLOTS]; /* eight more bits of it: the next split goes by one of them */
    uint32_t indices[TABLE_SLOTS];
    uint32_t overflow; /* index in `overflows`; 0 = none */
};

struct table {
    struct pool buckets;    /* primary buckets, in order; bucket 0 is record 1 */
    struct pool overflows;  /* further buckets of a full primary */
    uint32_t bucket_count;  /* primary buckets in use */
    uint32_t mask;          /* smallest 2^n - 1 that is >= bucket_count - 1 */
    uint32_t free_overflow; /* first given-back overflow bucket; 0 = none */
    uint32_t asked_from; /* buckets to come whose sources were asked for last: from this one on … */
    uint32_t asked_to;   /* … up to before this one */
    uint64_t count;      /* entries */
};

/* Tells whether the record of this index has the key that is looked for. */
typedef bool table_match(const void *key, uint32_t index);

/* Computes the hash of the key that the record of this index has. */
typedef uint64_t table_hash(const void *context, uint32_t index);

/* Makes room for at most `limit` entries at a time. False: no address space. */
bool table_init(struct table *table, uint64_t limit) __attribute__((warn_unused_result));
void table_deinit(struct table *table);

/* Makes buckets for so many entries at once, in an empty table, so that adding them splits nothing. False:
 * beyond the limit, or no memory. */
bool table_presize(struct table *table, uint64_t count) __attribute__((warn_unused_result));

/* Makes sure that the next table_add() succeeds. False: no memory. */
bool table_reserve(struct table *table) __attribute__((warn_unused_result));

/* Adds an entry; its key must not be there yet. Room must have been reserved. */
void table_add(struct table *table, uint64_t hash, uint32_t index, table_hash *rehash,
               const void *context);

/* Lets the entry of `old` stand for `index` from now on; the key is the same. */
void table_replace(struct table *table, uint64_t hash, uint32_t old, uint32_t index);

/* Takes the entry out; it must be there. */
void table_remove(struct table *table, uint64_t hash, uint32_t index);

/* Mixes a number into a hash whose every bit depends on every bit (finaliser of MurmurHash3). */
static inline uint64_t table_mix(uint64_t value)
{
    value ^= value >> 33;
    value *= 0xff51afd7ed558ccdULL;
    value ^= value >> 33;
    value *= 0xc4ceb9fe1a85ec53ULL;
    value ^= value >> 33;
    return value;
}

static inline uint8_t table_tag(uint64_t hash)
{
    uint8_t tag = (uint8_t)(hash >> 56);
    return tag == 0 ? 1 : tag;
}

static inline struct table_bucket *table_bucket_of(const struct table *table, uint64_t hash)
{
    uint32_t number = (uint32_t)hash & table->mask;
    if (number >= table->bucket_count) {
        number &= table->mask >> 1;
    }
    return pool_at(&table->buckets, number + 1);
}

/* Returns the bucket that is split into itself and bucket `added`, which is to come. */
static inline struct table_bucket *table_split_source(const struct table *table, uint32_t added)
{
    uint32_t mask = added > table->mask ? table->mask : table->mask >> 1;
    return pool_at(&table->buckets, (added & mask) + 1);
}

/* Returns how often all buckets up to this mask, 2^n - 1, were split: n. Popcount is a call on machines without
 * the instruction. */
static inline uint32_t table_level(uint32_t mask)
{
    return (uint32_t)__builtin_ctzll((uint64_t)mask + 1);
}

/* Returns the level of the split that makes bucket `added`, which is to come: it goes by that bit of the hash. */
static inline uint32_t table_split_level(const struct table *table, uint32_t added)
{
    uint32_t mask = added > table->mask ? table->mask : table->mask >> 1;
    return table_level(mask);
}

/* Asks for the buckets that so many inserts will split, and, some time later, for those records in them, which lie
 * in `records`, that a split has to ask. Only hints; what was asked for once is not asked for again. */
void table_ask_splits(struct table *table, uint32_t inserts);
__attribute__((always_inline)) static inline void
table_ask_split_records(const struct table *table, const struct pool *records)
{
    for (uint32_t added = table->asked_from; added < table->asked_to; added++) {
        if ((table_split_level(table, added) + 1) % TABLE_SIDES_BITS != 0) {
            continue;
        }
        const struct table_bucket *source = table_split_source(table, added);
        for (uint32_t slot = 0; slot < TABLE_SLOTS; slot++) {
            __builtin_prefetch(pool_at(records, source->indices[slot]));
        }
    }
}

/* Asks the processor to fetch the bucket; only a hint. Always inline: gcc takes a function that does nothing
 * but prefetch for one without an effect, and drops the call. */
__attribute__((always_inline)) static inline void table_prefetch(const struct table *table,
                                                                 uint64_t hash)
{
    __builtin_prefetch(table_bucket_of(table, hash));
}

/* Returns a bit for each of the bucket's slots that has this tag. */
static inline uint32_t table_tags_equal(const struct table_bucket *bucket, uint8_t tag)
{
#if defined(__SSE2__)
    __m128i tags = _mm_loadu_si128((const __m128i *)(const void *)bucket);
    __m128i same = _mm_cmpeq_epi8(tags, _mm_set1_epi8((char)tag));
    return (uint32_t)_mm_movemask_epi8(same) & ((1U << TABLE_SLOTS) - 1);
#else
    uint32_t bits = 0;
    for (uint32_t slot = 0; slot < TABLE_SLOTS; slot++) {
        bits |= (uint32_t)(bucket->tags[slot] == tag) << slot;
    }
    return bits;
#endif
}

/* Returns the index of the record with this key, or 0. */
static inline uint32_t table_find(const struct table *table, uint64_t hash, table_match *match,
                                  const void *key)
{
    uint8_t tag = table_tag(hash);
    const struct table_bucket *bucket = table_bucket_of(table, hash);
    for (;;) {
        for (uint32_t bits = table_tags_equal(bucket, tag); bits != 0; bits &= bits - 1) {
            uint32_t index = bucket->indices[__builtin_ctz(bits)];
            if (match(key, index)) {
                return index;
            }
        }
        if (__builtin_expect(bucket->overflow == 0, 1)) {
            return 0;
        }
        bucket = pool_at(&table->overflows, bucket->overflow);
    }
}

/* Returns the first index whose tag fits, without asking the record, or 0: what to prefetch next. */
static inline uint32_t table_guess(const struct table *table, uint64_t hash)
{
    const struct table_bucket *bucket = table_bucket_of(table, hash);
    uint32_t bits = table_tags_equal(bucket, table_tag(hash));
    if (bits == 0 && bucket->overflow != 0) {
        bucket = pool_at(&table->overflows, bucket->overflow);
        bits = table_tags_equal(bucket, table_tag(hash));
    }
    return bits == 0 ? 0 : bucket->indices[__builtin_ctz(bits)];
}

/* Asks the processor to fetch the bucket's overflow, when the bucket itself is there. */
__attribute__((always_inline)) static inline void table_prefetch_overflow(const struct table *table,
                                                                          uint64_t hash)
{
    const struct table_bucket *bucket = table_bucket_of(table, hash);
    if (bucket->overflow != 0) {
        __builtin_prefetch(pool_at(&table->overflows, bucket->overflow));
    }
}

#endif
