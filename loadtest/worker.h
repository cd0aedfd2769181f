/* worker.h -- one generator thread: a set of lanes, an epoll loop, and what it measured.
 *
 *     worker_init → worker_connect → worker_run → (read the results) → worker_deinit
 *
 * Closed loop: every lane keeps `pipeline` requests unanswered. Open loop: requests fall due at
 * equal intervals whatever the server does, go to the lanes in turn, and their latency counts from
 * the time they were due. One that cannot leave, because every lane has `pipeline` unanswered,
 * waits for its turn; with give_up_ns only so long, then its caller is gone and it is never sent.
 * Where requests come from and what their answers mean is the plan's affair. */
#ifndef LOADTEST_WORKER_H
#define LOADTEST_WORKER_H

#include "lane.h"
#include "series.h"

#include <signal.h>
#include <stdatomic.h>

/* What to ask. Each worker has a plan of its own; its functions are called by that thread only. */
struct plan {
    void *context;
    size_t request_bytes_max;
    /* Fill in kind, pair, member, campaign and serial of the lane's next request; false when the
     * lane has no more. */
    bool (*next)(void *context, struct lane *lane, struct request *request);
    /* Write the request's bytes; returns their number. */
    size_t (*write)(void *context, const struct request *request, char *out);
    /* Take the answer; reply is NULL for OUTCOME_UNANSWERED. May be NULL. */
    void (*answered)(void *context, const struct request *request, enum outcome outcome,
                     const struct reply *reply, uint64_t now_ns);
};

struct worker_settings {
    const struct endpoint *endpoint;
    uint32_t pipeline;
    double interval_ns;  /* between this worker's requests; 0: closed loop */
    double offset_ns;    /* of its first request */
    uint64_t give_up_ns; /* open loop: how long a request waits to be sent; 0: for ever */
    uint64_t within_ns;  /* answers no later than this are counted as in time */
    uint64_t warmup_ns;
    uint64_t send_ns;    /* how long to send after the warm-up; 0: until the plan ends */
    uint64_t silence_ns; /* give up when nothing was answered for so long */
    bool retry;
    uint64_t retry_ns; /* how long a lane that fails keeps trying */
    volatile sig_atomic_t *interrupted;
};

struct worker {
    const struct worker_settings *settings;
    struct plan plan;
    struct lane *lanes;
    uint32_t lane_count;
    int epoll;
    char *inbox;
    struct lane **touched; /* lanes written to in this dispatch */

    uint64_t start_ns, measure_ns, stop_ns; /* stop_ns: UINT64_MAX until the plan ends */
    uint64_t progress_ns; /* of the last answer, or of the request after an idle time */
    uint64_t unanswered;  /* requests taken from the plan and not settled */
    uint32_t lanes_left;  /* lanes that still take requests */
    uint32_t lanes_waiting;
    bool stopping;
    double due_ns; /* open loop: of the next request, since start_ns */
    uint64_t due_count;
    uint32_t turn_lane;       /* open loop: whose turn it is */
    bool backlogged;          /* open loop: the server, not we, is behind */
    struct series_slot *slot; /* for answers that arrive now; NULL in the warm-up */
    uint64_t cpu_start_ns;

    _Atomic uint64_t live[OUTCOME_COUNT]; /* all answers so far; read by the progress bar */

    /* Results, to be read when worker_run() has returned. */
    struct series series;
    struct histogram late;     /* open loop: of sendings; closed: of loop turns */
    struct histogram accepted; /* latency of the claims answered OK, in the measured time */
    struct words errors;       /* in the measured time */
    struct words refusals;     /* those without an outcome of their own */
    uint64_t warmup_answers;
    uint64_t cpu_ns, cpu_wall_ns; /* while sending */
    uint64_t last_answer_ns;
    uint64_t reconnects, resent, lanes_lost, unsent;
    uint64_t given_up; /* dropped after give_up_ns, in the measured time */
};

/* Prepare a worker of `lanes` lanes, numbered from lane_first on. */
void worker_init(struct worker *worker, const struct worker_settings *settings, struct plan plan,
                 uint32_t lane_first, uint32_t lanes);
void worker_deinit(struct worker *worker);

/* Connect all lanes; those that fail are counted in lanes_lost. */
void worker_connect(struct worker *worker);

/* Put on the load from start_ns until all is answered or given up. */
void worker_run(struct worker *worker, uint64_t start_ns);

#endif
