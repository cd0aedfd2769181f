/* suggest.c -- edit distance over short words. */
#include "suggest.h"

#include <string.h>

#define WORD_MAX 63

static unsigned least(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

unsigned suggest_distance(const char *a, const char *b)
{
    size_t rows = strnlen(a, WORD_MAX);
    size_t columns = strnlen(b, WORD_MAX);
    unsigned cost[WORD_MAX + 1][WORD_MAX + 1];
    for (size_t i = 0; i <= rows; i++)
        cost[i][0] = (unsigned)i;
    for (size_t j = 0; j <= columns; j++)
        cost[0][j] = (unsigned)j;
    for (size_t i = 1; i <= rows; i++) {
        for (size_t j = 1; j <= columns; j++) {
            unsigned replace = cost[i - 1][j - 1] + (a[i - 1] != b[j - 1]);
            unsigned step = least(cost[i - 1][j], cost[i][j - 1]) + 1;
            cost[i][j] = least(replace, step);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                cost[i][j] = least(cost[i][j], cost[i - 2][j - 2] + 1);
        }
    }
    return cost[rows][columns];
}

const char *suggest_nearest(const char *word, const char *const *names, size_t count)
{
    const char *nearest = NULL;
    unsigned best = (unsigned)strnlen(word, WORD_MAX) / 3 + 1;
    for (size_t i = 0; i < count; i++) {
        unsigned distance = suggest_distance(word, names[i]);
        if (distance > best || (nearest && distance == best))
            continue;
        best = distance;
        nearest = names[i];
    }
    return nearest;
}
