/* redis.c -- the process: what arrives, syncs, kills, the log of undo records. */
#include "tests/sim/redis.h"

#include <stdio.h>
#include <string.h>

#include "engine/bug.h"
#include "tests/sim/link.h"
#include "tests/sim/model.h"
#include "tests/sim/redis_command.h"

#define LOOP_US 5 /* from the first command that arrived to the loop that carries it out */

static void on_loop(void *context, uint64_t run);

void redis_start(struct sim *sim)
{
    struct redis *redis = sim_allocate(sim, sizeof(*redis));
    *redis = (struct redis){.sim = sim, .up = true, .run = 1};
    sim->redis = redis;
}

/* Tells the model of the journal's entries that are durable now. */
static void feed(struct redis *redis)
{
    const struct redis_stream *journal = redis_stream_of(redis, TEXT(REDIS_JOURNAL_KEY));
    size_t durable = redis->synced;
    if (redis->sim->swarm.wait_replicas > 0 && redis->replicated < durable) {
        durable = redis->replicated;
    }
    if (journal == NULL) {
        return;
    }
    /* How many of the journal's entries lie behind the durable part of the log. */
    size_t behind = 0;
    for (size_t at = durable; at < redis->log_count; at++) {
        const struct redis_undo *undo = &redis->log[at];
        behind += undo->change == REDIS_ADDED && &redis->streams[undo->stream] == journal ? 1 : 0;
    }
    ASSERT(behind <= journal->count);
    while (redis->fed < journal->count - behind) {
        const struct redis_entry *entry = &journal->entries[redis->fed];
        model_entry(redis->sim->model, redis->fed, entry);
        redis->fed++;
    }
}

static void answers_leave(struct redis *redis)
{
    for (size_t at = 0; at < redis->answer_count; at++) {
        link_answer(redis->answers[at]->link, redis->answers[at]);
    }
    redis->answer_count = 0;
}

static void loop_soon(struct redis *redis)
{
    if (redis->up && !redis->loop_due && !redis->syncing && redis->arrived_count > 0) {
        redis->loop_due = true;
        sim_later(redis->sim, LOOP_US, on_loop, redis, redis->run);
    }
}

static void on_synced(void *context, uint64_t run)
{
    struct redis *redis = context;
    if (run != redis->run) {
        return;
    }
    if (redis->stalled_until_us > redis->sim->now_us) {
        sim_later(redis->sim, redis->stalled_until_us - redis->sim->now_us, on_synced, redis, run);
        return;
    }
    redis->syncing = false;
    redis->synced = redis->log_count;
    feed(redis);
    answers_leave(redis);
    loop_soon(redis);
}

static void on_loop(void *context, uint64_t run)
{
    struct redis *redis = context;
    struct sim *sim = redis->sim;
    if (run != redis->run) {
        return;
    }
    redis->loop_due = false;
    for (size_t at = 0; at < redis->arrived_count; at++) {
        struct redis_command *command = redis->arrived[at];
        struct redis_answer *answer = redis_carry_out(redis, command);
        if (!command->late && command->link->serves) {
            redis->answers = sim_grow(sim, redis->answers, redis->answer_count, &redis->answer_room,
                                      sizeof(struct redis_answer *));
            redis->answers[redis->answer_count++] = answer;
        }
    }
    redis->arrived_count = 0;
    if (sim->swarm.everysec) {
        redis->synced = redis->log_count;
    }
    if (redis->synced < redis->log_count) {
        redis->syncing = true;
        sim_later(sim, sim_about(sim, sim->swarm.sync_us), on_synced, redis, run);
        return;
    }
    feed(redis); /* what replicas have may have grown */
    answers_leave(redis);
}

void redis_take(struct redis *redis, struct redis_command *command)
{
    if (!redis->up) {
        return;
    }
    redis->arrived = sim_grow(redis->sim, redis->arrived, redis->arrived_count,
                              &redis->arrived_room, sizeof(struct redis_command *));
    redis->arrived[redis->arrived_count++] = command;
    loop_soon(redis);
}

static void take_back(struct redis *redis, const struct redis_undo *undo)
{
    struct redis_stream *stream = &redis->streams[undo->stream];
    switch (undo->change) {
    case REDIS_ADDED:
        stream->count--;
        stream->last = undo->last;
        return;
    case REDIS_TRIMMED:
        stream->head = (size_t)undo->before;
        return;
    case REDIS_EXPIRES:
        stream->expires_us = (int64_t)undo->before;
        return;
    case REDIS_CREATED:
        stream->exists = undo->before != 0;
        return;
    }
}

/* Forgets all changes from the log's record `from` on. */
static void forget(struct redis *redis, size_t from)
{
    bool shorter = from < redis->synced;
    while (redis->log_count > from) {
        take_back(redis, &redis->log[--redis->log_count]);
    }
    redis->synced = redis->synced > from ? from : redis->synced;
    redis->replicated = redis->replicated > from ? from : redis->replicated;
    const struct redis_stream *journal = redis_stream_of(redis, TEXT(REDIS_JOURNAL_KEY));
    size_t count = journal == NULL ? 0 : journal->count;
    if (count < redis->fed) {
        sim_tell(redis->sim, "redis    lost %zu durable entries of %zu", redis->fed - count,
                 redis->fed);
        redis->fed = count;
    }
    if (shorter) {
        model_shorter(redis->sim->model, count);
    }
}

static void on_start(void *context, uint64_t loading_us)
{
    struct redis *redis = context;
    redis->up = true;
    redis->loading_until_us = redis->sim->now_us + (int64_t)loading_us;
    sim_tell(redis->sim, "redis    starts, run %u, %zu entries", redis->run, redis->fed);
}

static void go_down(struct redis *redis, int64_t down_us, int64_t loading_us)
{
    redis->up = false;
    redis->run++;
    redis->loop_due = redis->syncing = false;
    redis->arrived_count = redis->answer_count = 0;
    redis->stalled_until_us = 0;
    link_cut_all(redis->sim);
    sim_later(redis->sim, down_us, on_start, redis, (uint64_t)loading_us);
}

void redis_kill(struct redis *redis, int64_t down_us, int64_t loading_us)
{
    if (!redis->up) {
        return;
    }
    size_t tail = redis->log_count - redis->synced;
    size_t kept = redis->synced + sim_below(redis->sim, (uint32_t)tail + 1);
    if (redis->sim->swarm.everysec) { /* up to a second of acknowledged changes is in no file yet */
        size_t most = redis->log_count > 48 ? 40 : 0;
        kept = redis->log_count - sim_below(redis->sim, (uint32_t)most + 1);
    }
    sim_tell(redis->sim, "redis    killed, forgets %zu of %zu changes that were not synced",
             redis->log_count - kept, tail);
    go_down(redis, down_us, loading_us);
    forget(redis, kept);
}

void redis_kill_shorter(struct redis *redis, uint32_t changes, int64_t down_us, int64_t loading_us)
{
    if (!redis->up || redis->synced < 8) {
        return;
    }
    size_t least = 8; /* a birth that is taken back is another story */
    if (redis->sim->swarm.wait_replicas > 0 && redis->replicated > least) {
        least = redis->replicated; /* a replica was promoted that has what it was waited for */
    }
    size_t from = redis->synced > changes ? redis->synced - changes : 0;
    from = from < least ? least : from;
    from = from > redis->log_count ? redis->log_count : from;
    sim_tell(redis->sim, "redis    comes back with %zu of %zu synced changes", from, redis->synced);
    go_down(redis, down_us, loading_us);
    forget(redis, from);
}

bool redis_lose_chunk(struct redis *redis)
{
    /* One of the newest two at a time: with both gone nobody can start, and rightly so. */
    if (redis->sim->snapshots < redis->chunks_lost_at + 3) {
        return false;
    }
    redis->chunks_lost_at = redis->sim->snapshots;
    for (size_t at = redis->stream_count; at > 0; at--) {
        struct redis_stream *stream = &redis->streams[at - 1];
        if (stream->exists && stream->count > stream->head &&
            strstr(stream->key, ":snapshot:") != NULL) {
            stream->head = stream->count; /* an XDEL by hand; nothing to be taken back */
            sim_tell(redis->sim, "redis    loses the chunks of %s", stream->key);
            return true;
        }
    }
    return false;
}
