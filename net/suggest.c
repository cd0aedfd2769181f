/* suggest.c -- edit distance with neighbours swapped (optimal string alignment), three rows. */
#include "net/suggest.h"

#include "engine/bug.h"
#include "net/word.h"

static unsigned least(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

unsigned suggest_distance(struct text a, struct text b)
{
    /* Row i holds the distances from the first i letters of `a` to every beginning of `b`. */
    unsigned rows[3][SUGGEST_BYTES_MAX + 1];

    if (a.length > SUGGEST_BYTES_MAX || b.length > SUGGEST_BYTES_MAX) {
        return SUGGEST_BYTES_MAX + 1;
    }
    for (uint32_t j = 0; j <= b.length; j++) {
        rows[0][j] = j;
    }
    for (uint32_t i = 1; i <= a.length; i++) {
        unsigned *row = rows[i % 3];
        const unsigned *above = rows[(i - 1) % 3];
        const unsigned *two_above = rows[(i + 1) % 3]; /* i - 2, from i = 2 on */
        row[0] = i;
        for (uint32_t j = 1; j <= b.length; j++) {
            bool same = word_lower(a.data[i - 1]) == word_lower(b.data[j - 1]);
            row[j] = least(least(above[j] + 1, row[j - 1] + 1), above[j - 1] + (same ? 0 : 1));
            if (i > 1 && j > 1 && word_lower(a.data[i - 1]) == word_lower(b.data[j - 2]) &&
                word_lower(a.data[i - 2]) == word_lower(b.data[j - 1])) {
                row[j] = least(row[j], two_above[j - 2] + 1);
            }
        }
    }
    return rows[a.length % 3][b.length];
}

const char *suggest_nearest(struct text word, const char *const *candidates, size_t count)
{
    const char *nearest = NULL;
    unsigned nearest_distance = word.length / 3 > 1 ? word.length / 3 + 1 : 2; /* not reached */

    ASSERT(candidates != NULL || count == 0);
    if (word.length < 2) {
        return NULL;
    }
    for (size_t i = 0; i < count; i++) {
        unsigned distance = suggest_distance(word, text_of(candidates[i]));
        if (distance < nearest_distance) {
            nearest = candidates[i];
            nearest_distance = distance;
        }
    }
    return nearest;
}
