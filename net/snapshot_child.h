/* snapshot_child.h -- a forked child that writes a snapshot while the server goes on.
 *
 *     server ──fork──► child: closes every socket, lets go of the directory's lock, nice
 *        │               │    writes chunks over its own connection, in the pace given, reads them back
 *        │◄────pipe──────┘    says how far it is, then the manifest, or why it failed; ends
 *        ▼
 *     done(manifest) on the server's loop; the journal then records it
 *
 * One at a time. The child's memory is the server's at the fork, copied page by page as the server changes
 * its own: fork_us and the pages are the price. When memory runs out, the kernel is asked to end the child and
 * not the server. The child never returns into the server's code, frees nothing of it and runs no exit
 * handler. It ends with the server (PDEATHSIG), and is ended when it says nothing for silence_ms.
 *
 *     struct snapshot_child *child = snapshot_child_create(base, &owner);
 *     if (!snapshot_child_start(child, &job, message, sizeof(message))) { … message … }
 *     …                                     the loop turns; done() or failed(), exactly once
 *     snapshot_child_destroy(&child);
 *
 * Fork from a process with one thread, the one that lives as long as the process (PDEATHSIG looks at it).
 */
#ifndef BOON_NET_SNAPSHOT_CHILD_H
#define BOON_NET_SNAPSHOT_CHILD_H

#include <sys/types.h>

#include "net/journal_redis.h"
#include "net/snapshot.h"
#include "net/snapshot_upload.h"

#define SNAPSHOT_CHILD_SILENCE_MS 60000

struct event_base;
struct redis_child;
struct snapshot_child;

struct snapshot_child_job {
    const struct engine *engine;
    struct event genesis;
    struct snapshot_stamp stamp;
    char key[SNAPSHOT_KEY_BYTES]; /* of the chunks' stream */
    struct journal_redis_options where;
    int64_t made_at_ms;
    uint64_t bytes_per_s; /* pace of writing, and of reading back; 0 = as fast as it goes */
    int64_t silence_ms;   /* 0 = SNAPSHOT_CHILD_SILENCE_MS */
    struct redis_child *redis_child; /* forgotten in the child; NULL = there is none */
};

/* Told from the loop, as the last thing it does: the next start and the destroy may be called inside. */
struct snapshot_child_owner {
    void *context;
    /* Chunks are written, read back and kept. */
    void (*done)(void *context, const struct manifest *manifest);
    void (*failed)(void *context, const char *message);
};

struct snapshot_child_stats {
    uint64_t fork_us; /* the last fork's pause */
    uint64_t fork_us_max;
    uint64_t bytes_written; /* of the running or last one */
    int64_t started_ms;     /* monotonic */
    int64_t took_ms;        /* the last finished one */
    pid_t pid;              /* 0 while none runs */
    bool running;
};

/* `owner` is copied. NULL: no memory. */
struct snapshot_child *snapshot_child_create(struct event_base *base,
                                             const struct snapshot_child_owner *owner);

/* Forks; nothing of the job is used by the server after the call. False: one runs already, or the kernel
 * refuses: `message` says which. */
bool snapshot_child_start(struct snapshot_child *child, const struct snapshot_child_job *job,
                          char *message, size_t size) __attribute__((warn_unused_result));
struct snapshot_child_stats snapshot_child_stats(const struct snapshot_child *child);

/* Ends a running child (SIGKILL, waits), frees. Nobody is told. Takes NULL as well. */
void snapshot_child_destroy(struct snapshot_child **child);

#endif
