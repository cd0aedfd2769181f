/* clock.c -- both clocks stand still, for Boon and for every library of the program.
 *
 * What reads a clock may do more now and then: libevent looks how far its two clocks are apart every five
 * seconds, jemalloc gives memory back, a slow command is noted. A count must not depend on how fast the
 * machine is. The name is the C library's, and the program's own comes first.
 */
#include <time.h>

#define STOPPED_S 1794326400 /* 2026-11-10T16:00:00Z */

int clock_gettime(clockid_t clock, struct timespec *now)
{
    (void)clock;
    *now = (struct timespec){.tv_sec = STOPPED_S};
    return 0;
}
