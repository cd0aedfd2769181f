/* batch.c -- what is written as a batch is read as the same batch, and nothing else is. */
#include "net/batch.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "engine/bytes.h"

static const struct bytes16 ours = {{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}};
static const struct bytes16 theirs = {{16, 15, 14}};
static const struct batch_stamp stamp = {
    {{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}}, 7, 42, 1001, 0xfeedfacecafebeefULL};

static uint8_t bytes[BATCH_BYTES_MAX];

static struct event member(uint32_t number, const char *id)
{
    return (struct event){.type = EVENT_MEMBER_CREATED,
                          .as.member_created = {.member = number, .id = text_of(id)}};
}

static struct event coupon(uint64_t serial)
{
    return (struct event){
        .type = EVENT_COUPON_ISSUED,
        .as.coupon_issued = {.serial = serial, .member = 5, .campaign = 2, .nth = 1, .key = 3}};
}

/* Two groups, of two events and of one. Returns the length. */
static size_t sample(uint64_t *chain)
{
    struct batch_builder builder;
    const struct event first[] = {member(1, "alice"), coupon(77)};
    const struct event second[] = {coupon(78)};
    batch_begin(&builder, bytes, sizeof(bytes));
    cr_assert(batch_add_group(&builder, 1234567890123, 9, first, 2));
    cr_assert(batch_add_group(&builder, 1234567890124, 0, second, 1));
    return batch_seal(&builder, &stamp, chain);
}

/* Reads all of a batch; BATCH_END: all was well. */
static enum batch_fault read_all(const uint8_t *at, size_t length, uint32_t *events)
{
    struct batch_reader reader;
    struct batch_group group;
    struct event event;
    enum batch_fault fault = batch_open(&reader, at, length, &ours);
    *events = 0;
    while (fault == BATCH_FINE && (fault = batch_next_group(&reader, &group)) == BATCH_FINE) {
        while ((fault = batch_next_event(&group, &event)) == BATCH_FINE) {
            (*events)++;
        }
        fault = fault == BATCH_END ? BATCH_FINE : fault;
    }
    return fault;
}

/* Makes changed bytes look as if they had been written so. */
static void hash_again(size_t length)
{
    uint64_t hash = XXH3_64bits_withSeed(bytes, length - 8, bytes_get_u64(bytes + 56));
    bytes_put_u64(bytes + length - 8, hash);
}

Test(batch, what_was_written_is_read)
{
    uint64_t chain;
    size_t length = sample(&chain);
    struct batch_reader reader;
    struct batch_group group;
    struct event event;
    cr_assert_eq(batch_open(&reader, bytes, length, &ours), BATCH_FINE);
    cr_assert_eq(memcmp(&reader.stamp, &stamp, sizeof(stamp)), 0);
    cr_assert_eq(reader.chain, chain);
    cr_assert_eq(reader.groups, 2u);
    cr_assert_eq(batch_next_group(&reader, &group), BATCH_FINE);
    cr_assert_eq(group.time_ms, 1234567890123);
    cr_assert_eq(group.principal, 9u);
    cr_assert_eq(batch_next_event(&group, &event), BATCH_FINE);
    cr_assert_eq(event.type, EVENT_MEMBER_CREATED);
    cr_assert_eq(event.as.member_created.member, 1u);
    cr_assert(text_equal(event.as.member_created.id, TEXT("alice")));
    cr_assert_eq(batch_next_event(&group, &event), BATCH_FINE);
    cr_assert_eq(event.as.coupon_issued.serial, 77u);
    cr_assert_eq(event.as.coupon_issued.key, 3u);
    cr_assert_eq(batch_next_event(&group, &event), BATCH_END);
    cr_assert_eq(batch_next_group(&reader, &group), BATCH_FINE);
    cr_assert_eq(group.time_ms, 1234567890124);
    cr_assert_eq(batch_next_event(&group, &event), BATCH_FINE);
    cr_assert_eq(event.as.coupon_issued.serial, 78u);
    cr_assert_eq(batch_next_event(&group, &event), BATCH_END);
    cr_assert_eq(batch_next_group(&reader, &group), BATCH_END);
}

Test(batch, the_bytes_lie_as_the_header_says)
{
    uint64_t chain;
    size_t length = sample(&chain);
    cr_assert_eq(memcmp(bytes, "BOON", 4), 0);
    cr_assert_eq(bytes_get_u16(bytes + 4), 1u);
    cr_assert_eq(bytes_get_u16(bytes + 6), 64u);
    cr_assert_eq(memcmp(bytes + 8, ours.at, 16), 0);
    cr_assert_eq(bytes_get_u64(bytes + 24), 7u);
    cr_assert_eq(bytes_get_u64(bytes + 32), 42u);
    cr_assert_eq(bytes_get_u64(bytes + 40), 1001u);
    cr_assert_eq(bytes_get_u32(bytes + 48), 2u);
    cr_assert_eq(bytes_get_u32(bytes + 52), 0u);
    cr_assert_eq(bytes_get_u64(bytes + 56), 0xfeedfacecafebeefULL);
    cr_assert_eq(bytes_get_i64(bytes + 68), 1234567890123);
    cr_assert_eq(bytes_get_u64(bytes + length - 8), chain);
    cr_assert_eq(chain, XXH3_64bits_withSeed(bytes, length - 8, 0xfeedfacecafebeefULL));
}

Test(batch, every_type_of_event_survives)
{
    uint8_t before[256];
    uint8_t after[256];
    uint32_t types = 0;
    for (uint32_t type = 1; type < 100; type++) {
        struct event event = {.type = (enum event_type)type};
        struct batch_builder builder;
        struct batch_reader reader;
        struct batch_group group;
        uint64_t chain;
        if (strcmp(event_name(event.type), "unknown") == 0) {
            continue;
        }
        types++;
        batch_begin(&builder, bytes, sizeof(bytes));
        cr_assert(batch_add_group(&builder, 1, 0, &event, 1));
        size_t length = batch_seal(&builder, &stamp, &chain);
        size_t encoded = event_encode(&event, before, sizeof(before));
        cr_assert_eq(batch_open(&reader, bytes, length, NULL), BATCH_FINE);
        cr_assert_eq(batch_next_group(&reader, &group), BATCH_FINE);
        cr_assert_eq(batch_next_event(&group, &event), BATCH_FINE);
        cr_assert_eq(event_encode(&event, after, sizeof(after)), encoded);
        cr_assert_eq(memcmp(before, after, encoded), 0);
    }
    cr_assert_gt(types, 10u);
}

Test(batch, an_empty_batch_is_a_batch)
{
    struct batch_builder builder;
    uint64_t chain;
    uint32_t events;
    uint8_t *small = malloc(BATCH_EMPTY_BYTES); /* of its own, so that an overrun shows */
    batch_begin(&builder, small, BATCH_EMPTY_BYTES);
    size_t length = batch_seal(&builder, &stamp, &chain);
    cr_assert_eq(length, BATCH_EMPTY_BYTES);
    cr_assert_eq(read_all(small, length, &events), BATCH_END);
    cr_assert_eq(events, 0u);
    free(small);
}

Test(batch, every_prefix_is_refused)
{
    uint64_t chain;
    uint32_t events;
    size_t length = sample(&chain);
    for (size_t cut = 0; cut < length; cut++) {
        uint8_t *copy = malloc(cut + 1);
        memcpy(copy, bytes, cut);
        cr_expect_neq(read_all(copy, cut, &events), BATCH_END, "a prefix of %zu bytes", cut);
        free(copy);
    }
}

Test(batch, every_flipped_bit_is_detected)
{
    uint64_t chain;
    uint32_t events;
    size_t length = sample(&chain);
    for (size_t bit = 0; bit < length * 8; bit++) {
        bytes[bit / 8] ^= (uint8_t)(1U << bit % 8);
        cr_expect_neq(read_all(bytes, length, &events), BATCH_END, "bit %zu", bit);
        bytes[bit / 8] ^= (uint8_t)(1U << bit % 8);
    }
    cr_assert_eq(read_all(bytes, length, &events), BATCH_END);
}

Test(batch, a_wrong_field_is_named_even_under_a_right_hash)
{
    /* clang-format off */
    static const struct { size_t at; uint8_t becomes; enum batch_fault fault; } scenarios[] = {
        { 0, 'X', BATCH_NOT_A_BATCH },
        { 4, 2,   BATCH_UNKNOWN_FORMAT },
        { 6, 63,  BATCH_BAD_HEADER },
        { 7, 255, BATCH_BAD_HEADER },
        { 8, 99,  BATCH_FOREIGN },
        {48, 1,   BATCH_TRAILING_BYTES },
        {48, 3,   BATCH_BAD_GROUP },
        {52, 1,   BATCH_BAD_HEADER },
        {64, 12,  BATCH_BAD_GROUP },         /* a group without events */
        {64, 0,   BATCH_BAD_GROUP },
        {66, 255, BATCH_BAD_GROUP },         /* longer than the batch */
        {80, 99,  BATCH_UNKNOWN_EVENT },
        {82, 255, BATCH_BAD_EVENT },         /* longer than its group */
        {88, 200, BATCH_BAD_EVENT },         /* a text longer than its event */
    };
    /* clang-format on */
    for (size_t at = 0; at < sizeof(scenarios) / sizeof(scenarios[0]); at++) {
        uint64_t chain;
        uint32_t events;
        size_t length = sample(&chain);
        bytes[scenarios[at].at] = scenarios[at].becomes;
        hash_again(length);
        cr_expect_eq(read_all(bytes, length, &events), scenarios[at].fault, "scenario %zu: %s", at,
                     batch_fault_words(read_all(bytes, length, &events)));
    }
}

Test(batch, a_group_without_events_is_refused)
{
    struct batch_builder builder;
    uint64_t chain;
    uint32_t events;
    batch_begin(&builder, bytes, sizeof(bytes));
    size_t length = batch_seal(&builder, &stamp, &chain) + BATCH_GROUP_HEAD_BYTES;
    memset(bytes + BATCH_HEAD_BYTES, 0, BATCH_GROUP_HEAD_BYTES);
    bytes_put_u32(bytes + BATCH_HEAD_BYTES, BATCH_GROUP_HEAD_BYTES - 4);
    bytes_put_u32(bytes + 48, 1);
    hash_again(length);
    cr_assert_eq(read_all(bytes, length, &events), BATCH_BAD_GROUP);
}

Test(batch, a_longer_header_of_a_later_version_is_skipped)
{
    uint64_t chain;
    uint32_t events;
    size_t length = sample(&chain);
    memmove(bytes + 72, bytes + 64, length - 64);
    bytes_put_u16(bytes + 6, 72);
    hash_again(length + 8);
    cr_assert_eq(read_all(bytes, length + 8, &events), BATCH_END);
    cr_assert_eq(events, 3u);
}

Test(batch, anothers_batch_is_foreign)
{
    uint64_t chain;
    struct batch_reader reader;
    size_t length = sample(&chain);
    cr_assert_eq(batch_open(&reader, bytes, length, &theirs), BATCH_FOREIGN);
}

Test(batch, a_group_that_does_not_fit_leaves_the_batch_as_it_was)
{
    struct batch_builder builder;
    uint64_t chain;
    uint32_t events;
    const struct event pair[] = {member(1, "alice"), coupon(77)};
    size_t one = BATCH_EMPTY_BYTES + 16 + (4 + 4 + 2 + 5) + (4 + 8 + 4 + 4 + 2 + 2 + 4 + 4 + 1);
    for (size_t room = BATCH_EMPTY_BYTES; room < 2 * one; room++) {
        uint8_t *buffer = malloc(room);
        batch_begin(&builder, buffer, room);
        bool first = batch_add_group(&builder, 1, 0, pair, 2);
        cr_expect_eq(first, room >= one, "%zu bytes of room", room);
        bool second = batch_add_group(&builder, 2, 0, pair, 2);
        cr_expect_eq(second, room >= 2 * one - BATCH_EMPTY_BYTES, "%zu bytes of room", room);
        size_t length = batch_seal(&builder, &stamp, &chain);
        cr_expect_eq(read_all(buffer, length, &events), BATCH_END);
        cr_expect_eq(events, (first ? 2u : 0u) + (second ? 2u : 0u));
        free(buffer);
    }
}

Test(batch, the_largest_batch_is_read_and_a_larger_one_is_not)
{
    static uint8_t larger[BATCH_BYTES_MAX + 1];
    struct batch_builder builder;
    struct batch_reader reader;
    uint64_t chain;
    uint32_t events;
    uint32_t added = 0;
    const struct event event = coupon(1);
    batch_begin(&builder, bytes, sizeof(bytes));
    while (batch_add_group(&builder, 1, 0, &event, 1)) {
        added++;
    }
    size_t length = batch_seal(&builder, &stamp, &chain);
    cr_assert_leq(length, BATCH_BYTES_MAX);
    cr_assert_eq(read_all(bytes, length, &events), BATCH_END);
    cr_assert_eq(events, added);
    cr_assert_eq(batch_open(&reader, larger, sizeof(larger), &ours), BATCH_TOO_LONG);
}

Test(batch, every_fault_has_words_of_its_own)
{
    for (int a = BATCH_FINE; a <= BATCH_UNKNOWN_EVENT; a++) {
        cr_assert_gt(strlen(batch_fault_words((enum batch_fault)a)), 5u);
        for (int b = BATCH_TOO_SHORT; b < a; b++) {
            cr_assert_str_neq(batch_fault_words((enum batch_fault)a),
                              batch_fault_words((enum batch_fault)b));
        }
    }
}
