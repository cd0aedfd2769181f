/* clock.h -- what time it is, from the three clocks that Boon reads.
 *
 * Monotonic: never goes back, goes on while the machine sleeps, says nothing about the date; for how long
 *            something takes or may take.
 * Thread: CPU time that the calling thread has used; to read it takes a system call.
 * Real: since 1970, and goes where whoever sets the clock moves it; for what people read.
 */
#ifndef BOON_NET_CLOCK_H
#define BOON_NET_CLOCK_H

#include <stdint.h>
#include <time.h>

#include "engine/bug.h"

static inline int64_t clock_read_us(clockid_t clock)
{
    struct timespec now;
    int failed = clock_gettime(clock, &now);
    ASSERT(failed == 0);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static inline int64_t clock_monotonic_us(void)
{
    return clock_read_us(CLOCK_BOOTTIME);
}

static inline int64_t clock_monotonic_ms(void)
{
    return clock_read_us(CLOCK_BOOTTIME) / 1000;
}

static inline int64_t clock_thread_us(void)
{
    return clock_read_us(CLOCK_THREAD_CPUTIME_ID);
}

static inline int64_t clock_real_us(void)
{
    return clock_read_us(CLOCK_REALTIME);
}

static inline int64_t clock_real_ms(void)
{
    return clock_read_us(CLOCK_REALTIME) / 1000;
}

#endif
