/* dice.h -- numbers that look random and are the same in every run (S. Vigna's SplitMix64). */
#ifndef BOON_TESTS_LIB_DICE_H
#define BOON_TESTS_LIB_DICE_H

#include <stdint.h>

static inline uint64_t dice_roll(uint64_t *dice)
{
    uint64_t z = *dice += 0x9e3779b97f4a7c15ULL;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ z >> 27) * 0x94d049bb133111ebULL;
    return z ^ z >> 31;
}

/* Returns a number from 0 to limit - 1. */
static inline uint32_t dice_below(uint64_t *dice, uint32_t limit)
{
    return (uint32_t)(dice_roll(dice) % limit);
}

#endif
