/* redis_child.h -- the private Redis of the embedded default: one child, one directory, one lock.
 *
 *     DIR/lock            who uses DIR; flock'ed by Boon and, by inheritance, by its Redis
 *     DIR/redis.sock      where that Redis listens, nowhere else
 *     DIR/redis.log       what it says
 *     DIR/new             there has been no journal yet; gone with the journal's first event
 *     DIR/appendonlydir/  the journal
 *
 *               start             exec          exits (logged)
 *     (none) ──────────► STARTING ────► RUNNING ──────► WAITING ──┐ back-off over
 *                            ▲                                    │
 *                            └────────────────────────────────────┘
 *                        stop: SIGTERM, then SIGKILL; the lock is let go last
 *
 * The lock is what rules out two Redis servers on the same files. It belongs to the open file, not to
 * a process: Boon killed leaves it with its Redis, its Redis killed leaves it with Boon, and it is
 * free when both are gone. The kernel ends the Redis of a killed Boon (PDEATHSIG); a Boon started in
 * that moment waits for the lock, and gives up only after `lock_wait_ms`.
 *
 * Whether Redis answers yet is not asked here: the journal connects to redis_child_path() and tries
 * again until it does. Nor is a death told to it: its connection breaks. A Redis that dies is logged
 * with its cause and started again after 100 ms, 200 ms … 5 s, for ever; Boon never falls with it.
 *
 *     struct redis_child *child = NULL;
 *     struct redis_child_message message;
 *     const struct redis_child_options how = {.dir = "boon-data", .server = "redis-server"};
 *     if (redis_child_start(&child, base, &how, &message) != REDIS_CHILD_OK) { … message.text … }
 *     redisAsyncConnectUnix(redis_child_path(child));
 *     …
 *     redis_child_stop(&child);
 *
 * Start it from the thread that lives as long as the process: PDEATHSIG looks at the thread. A helper
 * that Boon forks without exec calls redis_child_forget() first, or it would keep the lock.
 */
#ifndef BOON_NET_REDIS_CHILD_H
#define BOON_NET_REDIS_CHILD_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct event_base;
struct redis_child;

#define REDIS_CHILD_LOCK_WAIT_MS 10000
#define REDIS_CHILD_STOP_WAIT_MS 10000

/* When Redis makes a write durable; from --durability. */
enum redis_child_sync {
    REDIS_CHILD_SYNC_ALWAYS, /* before it answers */
    REDIS_CHILD_SYNC_EVERYSEC,
    REDIS_CHILD_SYNC_NONE, /* when the kernel likes */
};

struct redis_child_options {
    const char *dir;            /* made with mode 0700 when missing (its parent must exist) */
    const char *server;         /* program: a name looked up in PATH, or a path */
    enum redis_child_sync sync; /* appendfsync */
    int64_t lock_wait_ms;       /* how long to wait for the lock; 0 is REDIS_CHILD_LOCK_WAIT_MS */
    int64_t stop_wait_ms;       /* SIGTERM to SIGKILL; 0 is REDIS_CHILD_STOP_WAIT_MS */
};

enum redis_child_status {
    REDIS_CHILD_OK,
    REDIS_CHILD_IN_USE,      /* another boon-server, or the Redis of a former one, holds the lock */
    REDIS_CHILD_INTERRUPTED, /* a signal came while waiting for the lock */
    REDIS_CHILD_FAILED,      /* the directory or the program cannot be used */
};

/* One sentence for the operator, without a newline at its end. */
struct redis_child_message {
    char text[1024];
};

/* Take the lock on the directory, waiting for it if need be, and start Redis; from then on `base`
 * watches it. Blocks while it waits for the lock and says so in the log. `child` is set on
 * REDIS_CHILD_OK only, else the message says what to do. */
enum redis_child_status redis_child_start(struct redis_child **child, struct event_base *base,
                                          const struct redis_child_options *options,
                                          struct redis_child_message *message)
    __attribute__((warn_unused_result));

/* Tell whether no journal has ever been in the directory: the case in which the embedded default may
 * begin one without being asked. Once there was a secret, a redis.log or a journal in it, it is not
 * empty, even when these are deleted one by one; a start cut short before redis_child_keep_dir() leaves
 * it empty. */
bool redis_child_dir_was_empty(const struct redis_child *child);

/* Say that the journal's first event is durable: from now on the directory is not empty. To be called
 * at every start once the journal is known. Return false, with errno, when the disk refuses it. */
bool redis_child_keep_dir(struct redis_child *child) __attribute__((warn_unused_result));

/* Return the path of the socket, short enough for a sockaddr_un however long `dir` is; valid until
 * stop, in this process only. */
const char *redis_child_path(const struct redis_child *child);

/* Return the process id of Redis, or 0 while there is none. */
pid_t redis_child_pid(const struct redis_child *child);

/* Return how often Redis has been started again. */
uint64_t redis_child_restarts(const struct redis_child *child);

/* End Redis (SIGTERM, and after stop_wait_ms SIGKILL), wait for its end, let the lock go, free. */
void redis_child_stop(struct redis_child **child);

/* In a process forked from Boon: let go of the lock without touching Redis or the event base, free. */
void redis_child_forget(struct redis_child **child);

#endif
