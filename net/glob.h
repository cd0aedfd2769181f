/* glob.h -- the patterns Redis clients know: CONFIG GET max-*, with `*`, `?`, `[a-z]`, `[^a]` and `\`.
 *
 * Patterns come from clients, so the time is bounded by pattern times string: only the last `*` is
 * ever tried again.
 *
 *     glob_match(TEXT("max-*"), TEXT("max-clients"))    true
 */
#ifndef BOON_NET_GLOB_H
#define BOON_NET_GLOB_H

#include <stdbool.h>

#include "engine/text.h"

/* Tell whether the whole of `string` matches `pattern`, ASCII letters without case. An open `[` at
 * the pattern's end closes there, as it does in Redis. */
bool glob_match(struct text pattern, struct text string) __attribute__((warn_unused_result));

/* The same with letters in their case: where two ids that differ by it are two things. */
bool glob_match_exact(struct text pattern, struct text string) __attribute__((warn_unused_result));

#endif
