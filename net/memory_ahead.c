/* memory_ahead.c -- one thread that waits, touches and waits. */
#include "net/memory_ahead.h"

#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "engine/bug.h"
#include "engine/engine.h"

#define POOLS_MAX 16U
#define STEP_BYTES POOL_HUGE_PAGE_BYTES
/* What the fastest pool takes in some ticks: 64 bytes a member, a million of them a second. */
#define AHEAD_BYTES ((size_t)16 * 1024 * 1024)

#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23 /* since Linux 5.14 */
#endif

/* Addresses from..to of one pool are to be touched; only the thread moves `from`, only the other side `to`. */
struct stretch {
    _Atomic uintptr_t from; /* 0 = the pool is still small */
    _Atomic uintptr_t to;
};

struct memory_ahead {
    pthread_t thread;
    sem_t work;
    atomic_bool stop;
    struct stretch stretches[POOLS_MAX];
};

/* Touches one stretch a page at a time. False: this kernel cannot. */
static bool touch(struct memory_ahead *ahead, struct stretch *stretch)
{
    uintptr_t from = atomic_load(&stretch->from);
    while (from < atomic_load(&stretch->to) && !atomic_load(&ahead->stop)) {
        if (madvise((void *)from, STEP_BYTES, MADV_POPULATE_WRITE) != 0 && errno == EINVAL) {
            return false;
        }
        from += STEP_BYTES;
        atomic_store(&stretch->from, from);
    }
    return true;
}

static void *run(void *context)
{
    struct memory_ahead *ahead = context;
    while (!atomic_load(&ahead->stop)) {
        while (sem_wait(&ahead->work) != 0) {
            ASSERT(errno == EINTR);
        }
        for (uint32_t at = 0; at < POOLS_MAX; at++) {
            if (!touch(ahead, &ahead->stretches[at])) {
                return NULL;
            }
        }
    }
    return NULL;
}

struct memory_ahead *memory_ahead_create(void)
{
    struct memory_ahead *ahead = calloc(1, sizeof(*ahead));
    if (ahead == NULL) {
        return NULL;
    }
    int failed = sem_init(&ahead->work, 0, 0);
    ASSERT(failed == 0);
    /* Signals are the loop's. */
    sigset_t all;
    sigset_t before;
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    failed = pthread_create(&ahead->thread, NULL, run, ahead);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (failed != 0) {
        (void)sem_destroy(&ahead->work);
        free(ahead);
        return NULL;
    }
    return ahead;
}

void memory_ahead_destroy(struct memory_ahead **ahead)
{
    if (*ahead == NULL) {
        return;
    }
    atomic_store(&(*ahead)->stop, true);
    (void)sem_post(&(*ahead)->work);
    int failed = pthread_join((*ahead)->thread, NULL);
    ASSERT(failed == 0);
    (void)sem_destroy(&(*ahead)->work);
    free(*ahead);
    *ahead = NULL;
}

/* Says how far a pool is to be touched, and makes that usable. True: there is work. */
static bool look_at(struct stretch *stretch, struct pool *pool)
{
    size_t used = (size_t)pool->count * pool->record_bytes;
    if (used + AHEAD_BYTES < POOL_SMALL_BYTES) {
        return false;
    }
    uint32_t records = (uint32_t)(AHEAD_BYTES / pool->record_bytes);
    uint32_t left = pool->limit - pool->count;
    (void)pool_reserve(pool,
                       records < left ? records : left); /* if not, whoever needs it is told */
    uintptr_t base = (uintptr_t)pool->base;
    size_t end = used + AHEAD_BYTES < pool->bytes_usable ? used + AHEAD_BYTES : pool->bytes_usable;
    uintptr_t to = base + end / STEP_BYTES * STEP_BYTES;
    if (atomic_load(&stretch->from) == 0) {
        size_t first = used > POOL_SMALL_BYTES ? used : POOL_SMALL_BYTES;
        atomic_store(&stretch->from, base + (first + STEP_BYTES - 1) / STEP_BYTES * STEP_BYTES);
    }
    atomic_store(&stretch->to, to);
    return atomic_load(&stretch->from) < to;
}

void memory_ahead_look(struct memory_ahead *ahead, struct engine *engine)
{
    if (ahead == NULL) {
        return;
    }
    struct pool *const pools[] = {
        &engine->members.pool,
        &engine->members.table.buckets,
        &engine->members.table.overflows,
        &engine->accounts,
        &engine->coupons.pool,
        &engine->coupons.pairs.buckets,
        &engine->coupons.pairs.overflows,
        &engine->requests.ring,
        &engine->requests.table.buckets,
        &engine->requests.table.overflows,
    };
    _Static_assert(sizeof(pools) / sizeof(pools[0]) <= POOLS_MAX, "a stretch for each");
    bool work = false;
    for (uint32_t at = 0; at < sizeof(pools) / sizeof(pools[0]); at++) {
        work = look_at(&ahead->stretches[at], pools[at]) || work;
    }
    if (work) {
        (void)sem_post(&ahead->work);
    }
}
