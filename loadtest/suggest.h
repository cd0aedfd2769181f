/* suggest.h -- the word that was probably meant. */
#ifndef LOADTEST_SUGGEST_H
#define LOADTEST_SUGGEST_H

#include <stddef.h>

/* Count the letters to insert, delete, replace or swap with a neighbour to make one word of the
 * other. Words longer than 63 bytes are compared by their first 63. */
unsigned suggest_distance(const char *a, const char *b);

/* Return the nearest of `count` names, or NULL when none is near enough to be what was meant. */
const char *suggest_nearest(const char *word, const char *const *names, size_t count);

#endif
