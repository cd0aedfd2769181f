/* texts.c -- kept texts of every size, given back and taken again. */
#include "engine/texts.h"

#include <criterion/criterion.h>
#include <stdlib.h>

#include "tests/lib/dice.h"

static char *filled(uint32_t length, char with)
{
    char *bytes = malloc(length + 1U);
    cr_assert_not_null(bytes);
    memset(bytes, with, length);
    return bytes;
}

static struct kept keep(struct texts *texts, uint32_t length, char with)
{
    cr_assert(texts_reserve(texts, length, 0));
    char *bytes = filled(length, with);
    struct kept kept = texts_keep(texts, (struct text){bytes, length});
    free(bytes);
    return kept;
}

static void holds(const struct texts *texts, struct kept kept, uint32_t length, char with)
{
    struct text text = texts_show(texts, kept);
    cr_assert_eq(text.length, length);
    for (uint32_t at = 0; at < length; at++) {
        cr_assert_eq(text.data[at], with, "byte %u of %u", at, length);
    }
}

/* Around each block size, and the ends. */
static const uint32_t lengths[] = {1,    2,    255,  256,   257,   511,   512,   513,  1024,
                                   1025, 4096, 8192, 16384, 16385, 32768, 32769, 65535};
#define LENGTHS (sizeof(lengths) / sizeof(lengths[0]))

Test(texts, texts_of_every_size_are_kept_side_by_side)
{
    struct texts texts;
    struct kept kept[LENGTHS];
    cr_assert(texts_init(&texts, 2000));
    for (size_t at = 0; at < LENGTHS; at++) {
        kept[at] = keep(&texts, lengths[at], (char)('a' + at));
    }
    for (size_t at = 0; at < LENGTHS; at++) {
        holds(&texts, kept[at], lengths[at], (char)('a' + at));
    }
    texts_deinit(&texts);
}

Test(texts, an_empty_text_takes_no_room)
{
    struct texts texts;
    cr_assert(texts_init(&texts, 1));
    struct kept kept = texts_keep(&texts, (struct text){NULL, 0});
    cr_assert_eq(kept.block, 0u);
    cr_assert_eq(texts_show(&texts, kept).length, 0u);
    cr_assert_not_null(texts_show(&texts, kept).data);
    texts_give_back(&texts, &kept);
    cr_assert_eq(texts.units.count, 1u);
    texts_deinit(&texts);
}

Test(texts, a_block_given_back_is_taken_by_the_next_text_of_its_size)
{
    struct texts texts;
    cr_assert(texts_init(&texts, 4000));
    for (size_t at = 0; at < LENGTHS; at++) {
        struct kept first = keep(&texts, lengths[at], 'a');
        struct kept second = keep(&texts, lengths[at], 'b');
        uint32_t one = first.block;
        uint32_t other = second.block;
        texts_give_back(&texts, &first);
        texts_give_back(&texts, &second);
        cr_assert_eq(first.block, 0u);
        cr_assert_eq(first.length, 0u);
        uint32_t count = texts.units.count;
        second = keep(&texts, lengths[at], 'c');
        first = keep(&texts, lengths[at], 'd');
        cr_assert_eq(second.block, other);
        cr_assert_eq(first.block, one);
        cr_assert_eq(texts.units.count, count);
        holds(&texts, first, lengths[at], 'd');
        holds(&texts, second, lengths[at], 'c');
    }
    texts_deinit(&texts);
}

Test(texts, a_block_is_not_taken_by_a_text_of_another_size)
{
    struct texts texts;
    cr_assert(texts_init(&texts, 100));
    struct kept small = keep(&texts, 256, 'a');
    struct kept large = keep(&texts, 257, 'b');
    uint32_t blocks[2] = {small.block, large.block};
    texts_give_back(&texts, &small);
    texts_give_back(&texts, &large);
    large = keep(&texts, 512, 'c');
    cr_assert_eq(large.block, blocks[1]);
    small = keep(&texts, 1, 'd');
    cr_assert_eq(small.block, blocks[0]);
    struct kept other = keep(&texts, 513, 'e');
    cr_assert(other.block > blocks[0] && other.block > blocks[1]);
    holds(&texts, large, 512, 'c');
    holds(&texts, small, 1, 'd');
    holds(&texts, other, 513, 'e');
    texts_deinit(&texts);
}

Test(texts, reserve_counts_both_texts_and_a_full_one_changes_nothing)
{
    struct texts texts;
    cr_assert(texts_init(&texts, 5));
    cr_assert(texts_reserve(&texts, 256, 1024));
    cr_assert_not(texts_reserve(&texts, 257, 1024));
    cr_assert_not(texts_reserve(&texts, 256, 1025));
    cr_assert_not(texts_reserve(&texts, 65535, 65535));
    struct kept kept = keep(&texts, 1024, 'a');
    cr_assert_not(texts_reserve(&texts, 256, 257));
    holds(&texts, kept, 1024, 'a');
    cr_assert_eq(texts.units.count, 5u);
    texts_deinit(&texts);
}

Test(texts, thousands_of_texts_come_and_go_and_keep_their_bytes)
{
    enum { slots = 50 };
    struct texts texts;
    struct kept kept[slots] = {{0}};
    uint32_t length[slots] = {0};
    char with[slots] = {0};
    uint64_t dice = 3;
    cr_assert(texts_init(&texts, 50000));
    for (int step = 0; step < 3000; step++) {
        uint32_t slot = dice_below(&dice, slots);
        holds(&texts, kept[slot], length[slot], with[slot]);
        texts_give_back(&texts, &kept[slot]);
        length[slot] = dice_below(&dice, 3000);
        with[slot] = (char)('a' + step % 26);
        kept[slot] = keep(&texts, length[slot], with[slot]);
    }
    cr_assert_lt(texts.units.count, 16U * slots * 5, "blocks are used again");
    texts_deinit(&texts);
}
