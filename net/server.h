/* server.h -- what one boon-server is made of: the composition root's one struct, and its life.
 *
 *     server_run:  loop { events → turn (parse, prefetch, step) → pump the journal → replies leave }
 *
 *     opening (the port is bound, the journal is read, -LOADING) → leading → stopping → stopped
 */
#ifndef BOON_NET_SERVER_H
#define BOON_NET_SERVER_H

#include <signal.h>
#include <sys/types.h>

#include "engine/engine.h"
#include "net/access.h"
#include "net/campaign_stats.h"
#include "net/connection.h"
#include "net/gather.h"
#include "net/journal.h"
#include "net/latency.h"
#include "net/metrics.h"
#include "net/options.h"
#include "net/secret.h"
#include "net/turn.h"
#include "net/users.h"

struct event_base;
struct http;
struct journal_redis;
struct listener;
struct live;
struct memory_ahead;
struct queue;
struct redis_child;
struct server_snapshot;
struct slowlog;

#define SERVER_TICK_MS 50
#define SERVER_SIGNALS 3
#define SERVER_STOP_MS 4500 /* SIGTERM to exit, the private Redis' end included */

enum server_state {
    SERVER_OPENING,  /* the journal is not ours yet: -LOADING */
    SERVER_LEADING,  /* serves */
    SERVER_STOPPING, /* accepts nothing new; answers what it has */
    SERVER_STOPPED,  /* the loop ends */
};

/* Counters since the start, for INFO. */
struct server_stats {
    uint64_t connections; /* accepted */
    uint64_t rejected;    /* refused for max-clients */
    uint64_t commands;    /* all */
    uint64_t events;      /* journaled */
    uint64_t bytes_in;
    uint64_t bytes_out;
    uint64_t turns;          /* of the loop */
    int64_t turn_us_max;     /* longest one from its first work on, with what else ran meanwhile */
    int64_t turn_cpu_us_max; /* the same in CPU time, of those that had 4 KiB of requests or more */
    uint64_t protocol_errors;
    uint64_t busy;                            /* -BUSY answers */
    uint64_t unsure;                          /* -TRYAGAIN answers */
    uint64_t stale;                           /* look-ups answered as STALE */
    uint64_t outcomes[REFUSAL_LIMIT_OF_ENUM]; /* business answers by refusal; 0 = OK */
    uint64_t commands_per_s;                  /* over the last second */
    uint64_t http_requests;
    uint64_t http_connections; /* accepted */
    uint64_t http_refused;     /* requests whose bytes could be read in two ways */
    uint64_t http_timeouts;    /* connections cut at a request's deadline */
    uint64_t http_per_s;       /* over the last second */
};

/* How much is stored. What INFO and DBSIZE show is durable, as any other answer. */
struct server_counts {
    uint64_t seq; /* as of which */
    uint32_t members;
    uint32_t campaigns;
    uint32_t coupons;
    uint32_t accounts;
};

struct server {
    struct options *options;
    struct event_base *base;
    struct engine *engine;
    struct queue *queue;                 /* NULL with --journal none */
    struct journal *journal;             /* NULL with --journal none */
    struct journal_redis *journal_redis; /* NULL with --journal none */
    struct redis_child *redis_child;     /* NULL unless embedded */
    struct server_snapshot *snapshot;    /* NULL with --journal none */
    struct listener *listener;
    struct http *http;                 /* NULL: not opened yet, or --no-http */
    struct memory_ahead *memory_ahead; /* NULL: not leading yet, or it could not be had */
    struct slowlog *slowlog;
    struct campaign_stats campaign_stats; /* of claims */
    struct live *live;
    struct secrets secrets;
    struct users users; /* of the users file; none without one */
    struct access_failures access_failures;
    struct turn turn;
    enum server_state state;
    int exit_code;
    uint64_t durable_seq;        /* acknowledged by the journal */
    uint64_t released_seq;       /* up to which held replies were looked at */
    struct output_waited waited; /* those that left then */
    uint64_t sealed_seq;         /* above it, changes are of the batch that gathers */
    uint64_t kept;               /* commands whose events were taken into the queue */
    uint64_t sealed_kept;        /* as of the last batch that was sealed */
    uint64_t durable_kept;       /* as of the last that was acknowledged */
    struct server_counts sealed_counts;
    struct server_counts durable_counts;
    struct gather gather;           /* whether the next batch waits for those just answered */
    bool gathers;                   /* it does, in this turn: the loop must not sleep */
    enum journal_standing standing; /* as of this turn; SURE without a journal */
    bool any_doubtful;              /* some connection is */
    int64_t now_ms;                 /* of this turn; never goes back */
    int64_t tick_ms;                /* monotonic; of the last tick: fine enough for idle times */
    int64_t started_ms;             /* ms since 1970 */
    int64_t stop_deadline_ms;       /* monotonic; when stopping has to be over */
    bool handover_asked;            /* stopping: the journal was told to end */
    bool handed_over;               /* stopping: it has ended */
    struct loop_event *tick;        /* every SERVER_TICK_MS */
    struct loop_event *signals[SERVER_SIGNALS]; /* SIGTERM, SIGINT, SIGHUP */
    uint64_t ticks;
    uint64_t commands_at_second; /* for commands_per_s */
    uint64_t http_at_second;     /* for http_per_s */
    uint64_t commits_counted;    /* in latency_sync */
    uint32_t http_clients;       /* connections of HTTP that are open */
    uint32_t live_pages;         /* of them: event streams */
    struct connection *connections;
    uint32_t connection_count;
    uint64_t next_connection_id;
    struct connection *ready;          /* have bytes to parse */
    struct connection *waiting;        /* got replies in this turn */
    struct connection *held;           /* have replies that wait for the journal */
    struct connection *closed;         /* to be freed when the turn ends */
    char noted[JOURNAL_MESSAGE_BYTES]; /* the journal's last note */
    char fault[512];                   /* why it halted; "" = it did not */
    struct server_stats stats;
    /* How long answers took, from the beginning of the turn that took the request up to the one that let the
     * answer go; the way over the network, and the wait in the socket before, are not in it. */
    struct latency latency_durable; /* that waited for the journal */
    struct latency latency_direct;  /* that waited for nothing */
    struct latency latency_sync;    /* of appends, until Redis acknowledged them */
    struct metrics_batches batches;
};

/* Builds everything and starts listening. False: `message` says why not. */
bool server_init(struct server *server, struct options *options, char *message, size_t size)
    __attribute__((warn_unused_result));

/* Runs the loop until SIGTERM or SIGINT, or until the journal halts. Returns the exit code. */
int server_run(struct server *server);

/* Begins a clean stop: accept no more, commit, answer, close. */
void server_stop(struct server *server, const char *reason);

void server_deinit(struct server *server);

/* Returns "opening", "leading", "stopping" or "stopped". */
const char *server_state_word(enum server_state state);

/* Reads the clock into now_ms, which never goes back. */
void server_look_at_clock(struct server *server);

/* Looks who leads: after requests came in, before they are answered. */
void server_look_at_standing(struct server *server);

/* Takes the events of a command into the journal's queue, or, without a journal, as done. */
void server_keep(struct server *server, const struct command *command,
                 const struct outcome *outcome);

/* Tells whether a change can be taken now; if not, callers are told BUSY. */
bool server_has_room(const struct server *server);

#endif
