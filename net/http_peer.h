/* http_peer.h -- the connections that evhttp holds, and their absolute deadlines.
 *
 * evhttp's time-outs start anew with every byte, so a client that drips never ends. Here a request has one deadline,
 * from its first byte to its last; and so has the first request of a new connection, from its acceptance.
 *
 *     accepted ──► receiving ──► handled ──► idle ──► receiving …
 *                      └── deadline: the socket is shut down, and evhttp ends the connection
 *
 * evhttp takes no accepted socket and tells nobody about a new one, but asks for its bufferevent, whose callbacks'
 * argument is the connection: so peers are made when it asks and bound to their connection in the turn that
 * follows at once, before a byte of theirs is read.
 * Checked with libevent 2.1.12.
 */
#ifndef BOON_NET_HTTP_PEER_H
#define BOON_NET_HTTP_PEER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "net/http_wire.h"

struct bufferevent;
struct evconnlistener;
struct event_base;
struct evhttp_request;

struct http_peer {
    struct http_peers *peers;
    struct http_peer *next;
    struct http_peer *previous;
    struct bufferevent *bufferevent;
    int fd;
    bool bound;                  /* to its connection; else it is fresh */
    bool surplus;                /* one more than there may be: shut down at once */
    bool handling;               /* its request is being answered */
    bool live;                   /* it has a live stream */
    void (*left)(void *context); /* told when the connection goes; NULL: nobody */
    void *left_context;
    struct http_wire wire; /* a second reader of what it sends */
    size_t unsent;         /* bytes that wait for it, as of the last tick */
    int64_t unsent_ms;     /* monotonic; since when it has taken none of them */
    int64_t began_ms;      /* monotonic; when the request that it sends began; 0 = it sends none */
    int64_t idle_ms;       /* monotonic; since when it sends none */
};

struct http_peers {
    struct http_peer *fresh; /* accepted in this turn */
    struct http_peer *all;
    struct http_peer **by_fd; /* owned */
    int fds_max;
    uint32_t count;
    uint32_t limit;
    int64_t timeout_ms;              /* of one request */
    const int64_t *now_ms;           /* monotonic; the server's tick */
    struct evconnlistener *listener; /* borrowed; NULL: it has ended */
    bool full;                       /* nothing is accepted until somebody leaves */
    uint64_t accepted;
    uint64_t timeouts;
};

/* False: no memory. */
bool http_peers_init(struct http_peers *peers, uint32_t limit, int64_t timeout_ms,
                     const int64_t *now_ms) __attribute__((warn_unused_result));
void http_peers_deinit(struct http_peers *peers);

/* For evhttp_set_bevcb(): makes the bufferevent of a new connection; `context` are the peers. */
struct bufferevent *http_peers_accept(struct event_base *base, void *context);

/* Binds the fresh ones. Once a turn. */
void http_peers_turn(struct http_peers *peers);

/* Ends those that are over their deadline, and idle ones where there is no room for others. Once a second. */
void http_peers_tick(struct http_peers *peers);

/* Returns who sent a request; NULL: gone. */
struct http_peer *http_peer_of(struct http_peers *peers, struct evhttp_request *request);

/* A request is whole: from now on we are what it waits for. evhttp has just turned reading off, and will turn it on for
 * the answer: it stays on, so that the kernel need not be told twice. Meanwhile bytes of the next request may come, as
 * many as one connection may have unread, and nobody is told of them, nor of an end: evhttp sees both when it has its
 * answer and looks again. */
void http_peer_handling(struct http_peer *peer);

/* Its answer was given to evhttp. */
void http_peer_answered(struct http_peer *peer);

#endif
