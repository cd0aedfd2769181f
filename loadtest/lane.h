/* lane.h -- one connection under load: its socket, its buffers, and its unanswered requests.
 *
 *     tail          sent          head        indices into the ring, counting up for ever
 *      │ sent, not   │ to be sent  │
 *      │ answered    │ (again)     │
 *
 * New requests enter at head and leave at tail, for RESP answers in order. When the connection is
 * lost, sent goes back to tail: all that is unanswered will be sent again, in the same order.
 *
 *     IDLE ──lane_connect()──► CONNECTING ──► OPEN ──lost──► WAITING ──lane_connect()──► …
 *                                  └───────────────lost────────┴──given up──► DEAD
 *
 * Used by worker.c alone, which decides what to send and what to do about a loss. */
#ifndef LOADTEST_LANE_H
#define LOADTEST_LANE_H

#include "endpoint.h"

enum lane_state { LANE_IDLE, LANE_CONNECTING, LANE_OPEN, LANE_WAITING, LANE_DEAD };

enum request_kind { REQUEST_CLAIM, REQUEST_LOOKUP, REQUEST_GREETING };

struct request {
    uint64_t pair;    /* of a claim: its (member, campaign) pair */
    uint64_t serial;  /* unique in the run; the request id is made of it */
    uint64_t made_ns; /* when it was due (open loop) or written (closed loop) */
    uint32_t member;
    uint32_t campaign;
    enum request_kind kind;
    bool again; /* was sent before on a connection that broke, or was told to try again */
};

struct lane {
    uint32_t number; /* among all connections of the run */
    enum lane_state state;
    int socket;
    int epoll;
    bool writing;  /* waits for the socket to take more */
    bool finished; /* the plan has no more requests for this lane */

    struct request *ring;
    uint32_t ring_mask;
    uint32_t tail, sent, head;

    char *out; /* written but not taken by the socket: out[out_from .. out_used) */
    size_t out_from, out_used, out_room;
    char *carry; /* the beginning of a reply whose end has not come */
    size_t carry_used, carry_room;

    uint64_t wake_ns;          /* when to try again; 0: nothing to wait for */
    uint64_t backoff_ns;       /* the last wait */
    uint64_t failing_since_ns; /* of the first loss since the last answer; 0: none */

    uint32_t mix;    /* the plan's: position in the interleave of claims and look-ups */
    uint64_t cursor; /* the plan's: next row of the file */
};

/* Prepare a lane that is not connected, for `pipeline` unanswered requests. */
void lane_init(struct lane *lane, uint32_t number, int epoll, uint32_t pipeline,
               size_t request_bytes_max);
void lane_deinit(struct lane *lane);

/* Start connecting. False with errno when even that is not possible. */
bool lane_connect(struct lane *lane, const struct endpoint *endpoint);

/* Take the connection as standing: puts the greeting in front of all requests, if there is one. */
void lane_opened(struct lane *lane, const struct endpoint *endpoint);

/* Close the socket and forget all bytes; unanswered requests stay, marked to be sent again. */
void lane_drop(struct lane *lane);

/* Send what is written. False with errno when the connection is lost. */
bool lane_flush(struct lane *lane);

/* Keep the beginning of a reply for the next read. */
void lane_carry(struct lane *lane, const char *bytes, size_t length);

/* Return how many requests are unanswered, sent or not. */
static inline uint32_t lane_unanswered(const struct lane *lane)
{
    return lane->head - lane->tail;
}

static inline struct request *lane_request(struct lane *lane, uint32_t index)
{
    return &lane->ring[index & lane->ring_mask];
}

#endif
