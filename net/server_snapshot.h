/* server_snapshot.h -- when a snapshot is taken, and what becomes of it.
 *
 *     SNAPSHOT, or the journal has grown by snapshot-bytes, or snapshot-every is over
 *        │ wanted
 *        ▼ a turn comes in which all that happened is in sealed batches
 *     fork (snapshot_child) ──► chunks are in Redis ──► journal_record() ──► recorded, trimmed
 *                          └──► failed: again after a while, longer each time
 */
#ifndef BOON_NET_SERVER_SNAPSHOT_H
#define BOON_NET_SERVER_SNAPSHOT_H

#include <stdbool.h>
#include <stdint.h>

#include "net/journal_redis.h"

struct server;
struct server_snapshot;

struct server_snapshot_stats {
    const char *state;   /* "none", "wanted", "writing", "recording" */
    const char *failure; /* why the last one failed, "" if none did */
    uint64_t bytes;      /* written by the running or last one */
    uint64_t recorded;
    uint64_t failed;
    uint64_t fork_us; /* pause of the last fork */
    uint64_t fork_us_max;
    int64_t took_ms; /* the last one, from fork to end */
};

/* Makes what takes snapshots of a server; `where` is copied, its texts stay the caller's. NULL: no memory. */
struct server_snapshot *server_snapshot_create(struct server *server,
                                               const struct journal_redis_options *where);

/* Asks for one. False: one is wanted or under way already. */
bool server_snapshot_want(struct server_snapshot *snapshot) __attribute__((warn_unused_result));

/* Takes the next step; at the end of each turn, when the journal was pumped. */
void server_snapshot_go_on(struct server_snapshot *snapshot);

/* The journal has the manifest. */
void server_snapshot_recorded(struct server_snapshot *snapshot, const struct manifest *manifest);

struct server_snapshot_stats server_snapshot_stats(const struct server_snapshot *snapshot);

/* Ends what is running. Takes NULL as well. */
void server_snapshot_destroy(struct server_snapshot **snapshot);

#endif
