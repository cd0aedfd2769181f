/* server_snapshot.c -- snapshots: wanted, forked, recorded, or tried again. */
#include "net/server_snapshot.h"

#include <stdio.h>
#include <stdlib.h>

#include "engine/bug.h"
#include "net/clock.h"
#include "net/log.h"
#include "net/server.h"
#include "net/server_command_table.h"
#include "net/snapshot_child.h"

#define AGAIN_MS_MIN 1000
#define AGAIN_MS_MAX 300000

struct server_snapshot {
    struct server *server;
    struct journal_redis_options where;
    struct snapshot_child *child;
    bool wanted;
    bool recording;              /* the journal has it */
    bool done;                   /* `manifest` waits for the journal to take it */
    int64_t not_before;          /* monotonic ms; after a failure */
    int64_t again_ms;            /* next wait */
    int64_t last_ms;             /* monotonic; the last one that was recorded, or the start */
    uint64_t last_seq;           /* of its stamp */
    struct snapshot_stamp stamp; /* of the one that the child writes */
    struct manifest manifest;
    uint64_t recorded;
    uint64_t failed;
    char failure[SNAPSHOT_MESSAGE_BYTES];
};

static void fail(struct server_snapshot *snapshot, const char *message)
{
    snapshot->failed++;
    snprintf(snapshot->failure, sizeof(snapshot->failure), "%s", message);
    snapshot->not_before = clock_monotonic_ms() + snapshot->again_ms;
    log_event(LOG_WARN, "snapshot_failed", LOG_TEXT("message", message),
              LOG_NUMBER("again_in_ms", snapshot->again_ms));
    snapshot->again_ms *= 2;
    snapshot->again_ms = snapshot->again_ms > AGAIN_MS_MAX ? AGAIN_MS_MAX : snapshot->again_ms;
    snapshot->wanted = true;
}

static void on_done(void *context, const struct manifest *manifest)
{
    struct server_snapshot *snapshot = context;
    snapshot->manifest = *manifest;
    snapshot->done = true;
}

static void on_failed(void *context, const char *message)
{
    struct server_snapshot *snapshot = context;
    journal_forget_snapshot(snapshot->server->journal, &snapshot->stamp);
    fail(snapshot, message);
}

struct server_snapshot *server_snapshot_create(struct server *server,
                                               const struct journal_redis_options *where)
{
    struct server_snapshot *snapshot = calloc(1, sizeof(*snapshot));
    if (snapshot == NULL) {
        return NULL;
    }
    const struct snapshot_child_owner owner = {snapshot, on_done, on_failed};
    snapshot->server = server;
    snapshot->where = *where;
    snapshot->again_ms = AGAIN_MS_MIN;
    snapshot->last_ms = clock_monotonic_ms();
    snapshot->child = snapshot_child_create(server->base, &owner);
    if (snapshot->child == NULL) {
        server_snapshot_destroy(&snapshot);
    }
    return snapshot;
}

static bool is_under_way(const struct server_snapshot *snapshot)
{
    return snapshot->recording || snapshot->done || snapshot_child_stats(snapshot->child).running;
}

bool server_snapshot_want(struct server_snapshot *snapshot)
{
    if (snapshot->wanted || is_under_way(snapshot)) {
        return false;
    }
    snapshot->wanted = true;
    snapshot->not_before = 0;
    snapshot->again_ms = AGAIN_MS_MIN;
    return true;
}

/* Tells whether the operator's options ask for one now. */
static bool is_due(const struct server_snapshot *snapshot)
{
    const struct server *server = snapshot->server;
    const struct options *options = server->options;
    bool grown = options->snapshot_bytes > 0 &&
                 journal_since_snapshot(server->journal) >= (uint64_t)options->snapshot_bytes;
    bool old = options->snapshot_every_ms > 0 && server->engine->seq > snapshot->last_seq &&
               server->tick_ms - snapshot->last_ms >= options->snapshot_every_ms;
    return grown || old;
}

static void start(struct server_snapshot *snapshot)
{
    struct server *server = snapshot->server;
    struct snapshot_child_job job = {
        .engine = server->engine,
        .where = snapshot->where,
        .made_at_ms = server->now_ms,
        .bytes_per_s = (uint64_t)server->options->snapshot_rate,
        .redis_child = server->redis_child,
    };
    char message[SNAPSHOT_MESSAGE_BYTES];
    if (!journal_stamp(server->journal, &job.stamp)) {
        return;
    }
    const struct entry_id id = {job.stamp.epoch, job.stamp.number};
    if (entry_id_compare(id, journal_snapshot_id(server->journal)) == 0) {
        snapshot->wanted = false; /* nothing was written since */
        return;
    }
    journal_genesis(server->journal, &job.genesis);
    journal_snapshot_key(server->journal, &job.stamp, job.key);
    snapshot->wanted = false;
    snapshot->stamp = job.stamp;
    if (!snapshot_child_start(snapshot->child, &job, message, sizeof(message))) {
        fail(snapshot, message);
        return;
    }
    log_event(LOG_INFO, "snapshot_started", LOG_UNSIGNED("seq", job.stamp.seq),
              LOG_UNSIGNED("fork_us", snapshot_child_stats(snapshot->child).fork_us));
}

void server_snapshot_go_on(struct server_snapshot *snapshot)
{
    struct server *server = snapshot->server;
    if (server->state != SERVER_LEADING) {
        return;
    }
    if (snapshot->recording && !journal_is_recording(server->journal)) {
        snapshot->recording = false;
        fail(snapshot, journal_message(server->journal));
    }
    if (snapshot->done && journal_record(server->journal, &snapshot->manifest)) {
        snapshot->done = false;
        snapshot->recording = true;
    }
    if (!snapshot->wanted && (is_under_way(snapshot) || !is_due(snapshot))) {
        return;
    }
    snapshot->wanted = true;
    if (server->tick_ms >= snapshot->not_before && !is_under_way(snapshot)) {
        start(snapshot);
    }
}

void server_snapshot_recorded(struct server_snapshot *snapshot, const struct manifest *manifest)
{
    snapshot->recording = false;
    snapshot->recorded++;
    snapshot->failure[0] = '\0';
    snapshot->again_ms = AGAIN_MS_MIN;
    snapshot->last_ms = clock_monotonic_ms();
    snapshot->last_seq = manifest->stamp.seq;
    struct snapshot_child_stats stats = snapshot_child_stats(snapshot->child);
    log_event(LOG_INFO, "snapshot_recorded", LOG_UNSIGNED("epoch", manifest->stamp.epoch),
              LOG_UNSIGNED("batch", manifest->stamp.number),
              LOG_UNSIGNED("seq", manifest->stamp.seq), LOG_UNSIGNED("bytes", manifest->bytes),
              LOG_NUMBER("took_ms", stats.took_ms), LOG_UNSIGNED("fork_us", stats.fork_us));
}

struct server_snapshot_stats server_snapshot_stats(const struct server_snapshot *snapshot)
{
    struct snapshot_child_stats child = snapshot_child_stats(snapshot->child);
    return (struct server_snapshot_stats){
        .state = child.running                           ? "writing"
                 : snapshot->recording || snapshot->done ? "recording"
                 : snapshot->wanted                      ? "wanted"
                                                         : "none",
        .failure = snapshot->failure,
        .bytes = child.bytes_written,
        .recorded = snapshot->recorded,
        .failed = snapshot->failed,
        .fork_us = child.fork_us,
        .fork_us_max = child.fork_us_max,
        .took_ms = child.took_ms,
    };
}

void server_snapshot_destroy(struct server_snapshot **snapshot)
{
    if (*snapshot != NULL) {
        snapshot_child_destroy(&(*snapshot)->child);
    }
    free(*snapshot);
    *snapshot = NULL;
}

void server_command_snapshot(const struct server_call *call)
{
    struct server *server = call->server;
    if (server->snapshot == NULL) {
        resp_error(call->writer, "ERR",
                   "there is no journal, so there is nothing to take a snapshot for");
    } else if (server->state != SERVER_LEADING) {
        resp_error(call->writer, "LOADING", "this server does not lead yet");
    } else if (server->engine->seq == server->snapshot->last_seq &&
               journal_snapshot_id(server->journal).epoch > 0) {
        resp_simple(call->writer, "Nothing has changed since the last snapshot");
    } else if (server_snapshot_want(server->snapshot)) {
        resp_simple(call->writer, "Snapshot started; see snapshot_state in INFO boon");
    } else {
        resp_error(call->writer, "BUSY",
                   "a snapshot is under way; see snapshot_state in INFO boon");
    }
}
