/* suggest.h -- "did you mean …?": the known word nearest to one that is not known.
 *
 * Nearness is the number of letters to add, drop, change or swap with their neighbour. A word more
 * than a third of its letters away is no suggestion: a wrong hint is worse than none.
 *
 *     suggest_nearest(TEXT("max-clinets"), keys, keys_count)    "max-clients"
 */
#ifndef BOON_NET_SUGGEST_H
#define BOON_NET_SUGGEST_H

#include <stddef.h>

#include "engine/text.h"

#define SUGGEST_BYTES_MAX 64 /* a longer word gets no suggestion */

/* Count the edits from `a` to `b`, letters compared without case. Words longer than
 * SUGGEST_BYTES_MAX are that many edits and one away from everything. */
unsigned suggest_distance(struct text a, struct text b);

/* Return the candidate nearest to `word`, the first among equals, or NULL when none is near. */
const char *suggest_nearest(struct text word, const char *const *candidates, size_t count);

#endif
