/* planted.h -- bugs planted on purpose, one at a time, for the simulator to find.
 *
 *     if (campaign->issued >= campaign->stock && !PLANTED(SELLS_ONE_TOO_MANY)) …
 *
 * Only a build with -DBOON_PLANTED_BUGS=ON has them; in every other PLANTED(…) is the constant false, and
 * nothing of it is left.
 */
#ifndef BOON_ENGINE_PLANTED_H
#define BOON_ENGINE_PLANTED_H

#include <stdbool.h>

enum planted {
    PLANTED_NONE = 0,
#define PLANTED(number, NAME, breaks) PLANTED_##NAME = number,
#include "engine/planted.def"
#undef PLANTED
};

#ifdef BOON_PLANTED_BUGS

extern enum planted planted_bug; /* the one that is there now; set by the simulator only */

#define PLANTED(NAME) (__builtin_expect(planted_bug == PLANTED_##NAME, 0))

#else

#define PLANTED(NAME) (false)

#endif

#endif
