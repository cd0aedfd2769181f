/* journal_redis.h -- the journal's connection to a real Redis: hiredis behind the journal's port.
 *
 *     reads   one persistent libevent event
 *     writes  at once, in the call that sends; a write event is armed only while output remains
 *     pulse   every JOURNAL_REDIS_PULSE_MS: ticks the journal, reconnects, finds overdue answers
 *
 * It opens connections until it is destroyed, with a wait between attempts that doubles from 50 ms
 * to 2 s. An answer that takes longer than timeout_ms ends the connection: the outcome is then
 * unknown, and the journal settles it over the next one. Nothing it calls comes back into the
 * caller: what a failed send means arrives in a later loop turn.
 *
 *     struct journal_redis *redis = journal_redis_create(base, &how);
 *     struct journal_port port = journal_redis_port(redis);
 *     struct journal *journal = journal_create(&options, &port, &owner, engine, &queue);
 *     journal_redis_start(redis, journal);
 *     …
 *     journal_redis_destroy(&redis);
 *     journal_destroy(&journal);
 *
 * Names are looked up with a blocking getaddrinfo(); give an address where that matters. Only this
 * module knows hiredis.
 */
#ifndef BOON_NET_JOURNAL_REDIS_H
#define BOON_NET_JOURNAL_REDIS_H

#include "net/journal.h"

#define JOURNAL_REDIS_PULSE_MS 20
#define JOURNAL_REDIS_TIMEOUT_MS 10000

struct event_base;
struct journal_redis;

struct journal_redis_options {
    const char *path; /* unix socket; NULL or "" = by host */
    const char *host; /* address or name */
    uint16_t port;
    const char *username; /* NULL or "" = the default user */
    const char *password; /* NULL or "" = no AUTH */
    int64_t timeout_ms;   /* longest wait for an answer; 0 = JOURNAL_REDIS_TIMEOUT_MS */
};

struct journal_redis_stats {
    uint64_t commits;   /* appends that Redis acknowledged */
    uint64_t commit_us; /* the last one's time from send to answer */
    uint64_t commit_us_max;
    uint64_t commit_us_ewma; /* weight of the newest: 1/16 */
    uint64_t connections;    /* made */
    uint64_t connect_failures;
    uint64_t timeouts; /* answers that took too long */
    bool connected;
};

/* Makes a driver on `base`; the options are copied. NULL: no memory. */
struct journal_redis *journal_redis_create(struct event_base *base,
                                           const struct journal_redis_options *options);

/* Returns the port for journal_create(). */
struct journal_port journal_redis_port(struct journal_redis *redis);

/* Begins to connect, and from then on feeds `journal`. */
void journal_redis_start(struct journal_redis *redis, struct journal *journal);

/* Returns what was counted and measured so far. */
struct journal_redis_stats journal_redis_stats(const struct journal_redis *redis);

/* Returns what a commit takes these days, in us; 0: there was none yet. */
int64_t journal_redis_commit_us(const struct journal_redis *redis);

/* Returns why the last connection ended or could not be made, or "". */
const char *journal_redis_trouble(const struct journal_redis *redis);

/* Drops the connection without another word to the journal, and frees. */
void journal_redis_destroy(struct journal_redis **redis);

#endif
