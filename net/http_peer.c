/* http_peer.c -- from acceptance to close, with deadlines that no byte puts off. */
#include "net/http_peer.h"

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/http.h>
#include <event2/listener.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include "engine/bug.h"
#include "net/log.h"

#define INPUT_BYTES_MAX ((size_t)64 * 1024) /* of one connection, received and not looked at */
#define IDLE_MS_MAX 75000                   /* one that asks nothing for so long is closed */
#define STALL_MS_MAX 30000                  /* and one that takes no byte of its answer */
#define CLOSE_READS_MAX 64
#define IDLE_MS_MIN 2000 /* an idle one this old makes room for others */

bool http_peers_init(struct http_peers *peers, uint32_t limit, int64_t timeout_ms,
                     const int64_t *now_ms)
{
    struct rlimit descriptors;
    *peers = (struct http_peers){.limit = limit, .timeout_ms = timeout_ms, .now_ms = now_ms};
    if (getrlimit(RLIMIT_NOFILE, &descriptors) != 0 || descriptors.rlim_cur > INT32_MAX) {
        descriptors.rlim_cur = INT32_MAX / 256;
    }
    peers->fds_max = (int)descriptors.rlim_cur;
    peers->by_fd = calloc((size_t)peers->fds_max, sizeof(struct http_peer *));
    return peers->by_fd != NULL;
}

void http_peers_deinit(struct http_peers *peers)
{
    while (peers->fresh != NULL) {
        struct http_peer *next = peers->fresh->next;
        bufferevent_decref(peers->fresh->bufferevent);
        free(peers->fresh);
        peers->fresh = next;
    }
    ASSERT(peers->all == NULL);
    free(peers->by_fd);
    peers->by_fd = NULL;
}

struct bufferevent *http_peers_accept(struct event_base *base, void *context)
{
    struct http_peers *peers = context;
    struct http_peer *peer = calloc(1, sizeof(*peer));
    struct bufferevent *bufferevent = bufferevent_socket_new(base, -1, 0);
    if (peer == NULL || bufferevent == NULL) {
        free(peer);
        return bufferevent; /* without a peer, its requests are refused */
    }
    bufferevent_incref(bufferevent);
    *peer = (struct http_peer){.peers = peers,
                               .next = peers->fresh,
                               .bufferevent = bufferevent,
                               .fd = -1,
                               .surplus = peers->count >= peers->limit,
                               .began_ms = *peers->now_ms,
                               .idle_ms = *peers->now_ms};
    peers->fresh = peer;
    peers->accepted++;
    (void)event_base_loopbreak(base); /* it is bound at the end of the turn, before it is heard */
    peers->count++;
    if (peers->count >= peers->limit && !peers->full && peers->listener != NULL) {
        peers->full = true;
        (void)evconnlistener_disable(peers->listener);
        log_limited(1000, LOG_WARN, "http_full", LOG_UNSIGNED("connections", peers->count));
    }
    return bufferevent;
}

/* Takes note of one that has left; whoever waits in the kernel's queue may come in. */
static void left(struct http_peers *peers)
{
    ASSERT(peers->count > 0);
    peers->count--;
    if (peers->full && peers->count < peers->limit) {
        peers->full = false;
        if (peers->listener != NULL) {
            (void)evconnlistener_enable(peers->listener);
        }
    }
}

/* Reads what came and nobody wants: bytes left unread would make the kernel reset the connection, and the client's drop
 * the answer that it has not read yet. */
static void read_rest(int fd)
{
    char unread[16384];
    (void)shutdown(fd, SHUT_WR);
    for (int reads = 0; reads < CLOSE_READS_MAX; reads++) {
        if (recv(fd, unread, sizeof(unread), MSG_DONTWAIT) <= 0) {
            return;
        }
    }
}

static void on_close(struct evhttp_connection *connection, void *context)
{
    (void)connection;
    struct http_peer *peer = context;
    struct http_peers *peers = peer->peers;
    read_rest(peer->fd);
    if (peer->previous != NULL) {
        peer->previous->next = peer->next;
    } else {
        peers->all = peer->next;
    }
    if (peer->next != NULL) {
        peer->next->previous = peer->previous;
    }
    peers->by_fd[peer->fd] = NULL;
    if (peer->left != NULL) {
        peer->left(peer->left_context);
    }
    free(peer);
    left(peers);
}

/* Shows the last bytes of the input to the second reader. */
static void read_twice(struct http_peer *peer, struct evbuffer *input, size_t length)
{
    struct evbuffer_ptr at;
    struct evbuffer_iovec piece;
    size_t all = evbuffer_get_length(input);
    while (length > 0 && length <= all && peer->wire.wrong == NULL) {
        if (evbuffer_ptr_set(input, &at, all - length, EVBUFFER_PTR_SET) != 0 ||
            evbuffer_peek(input, (ev_ssize_t)length, &at, &piece, 1) < 1) {
            return;
        }
        size_t step = piece.iov_len < length ? piece.iov_len : length;
        http_wire_read(&peer->wire, piece.iov_base, step);
        length -= step;
    }
}

static void on_input(struct evbuffer *buffer, const struct evbuffer_cb_info *info, void *context)
{
    struct http_peer *peer = context;
    read_twice(peer, buffer, info->n_added);
    if (info->n_added > 0 && peer->handling && evbuffer_get_length(buffer) > INPUT_BYTES_MAX) {
        (void)bufferevent_disable(peer->bufferevent, EV_READ); /* until its answer leaves */
    } else if (info->n_added > 0 && peer->began_ms == 0 && !peer->handling) {
        peer->began_ms = *peer->peers->now_ms;
    }
}

/* Binds a fresh peer to its connection. False: that is gone already. */
static bool bind_peer(struct http_peers *peers, struct http_peer *peer)
{
    bufferevent_event_cb on_event = NULL;
    void *connection = NULL;
    bufferevent_getcb(peer->bufferevent, NULL, NULL, &on_event, &connection);
    peer->fd = bufferevent_getfd(peer->bufferevent);
    if (on_event == NULL || connection == NULL || peer->fd < 0 || peer->fd >= peers->fds_max) {
        return false;
    }
    int on = 1;
    (void)setsockopt(peer->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    ASSERT(evhttp_connection_get_bufferevent(connection) == peer->bufferevent);
    evhttp_connection_set_closecb(connection, on_close, peer);
    struct evbuffer *input = bufferevent_get_input(peer->bufferevent);
    read_twice(peer, input, evbuffer_get_length(input));
    (void)evbuffer_add_cb(input, on_input, peer);
    peer->bound = true;
    if (peer->surplus) { /* the kernel gives some more before we can stop it */
        (void)shutdown(peer->fd, SHUT_RDWR);
    }
    peer->previous = NULL;
    peer->next = peers->all;
    if (peers->all != NULL) {
        peers->all->previous = peer;
    }
    peers->all = peer;
    peers->by_fd[peer->fd] = peer;
    return true;
}

void http_peers_turn(struct http_peers *peers)
{
    while (peers->fresh != NULL) {
        struct http_peer *peer = peers->fresh;
        struct bufferevent *bufferevent = peer->bufferevent;
        peers->fresh = peer->next;
        if (!bind_peer(peers, peer)) {
            free(peer);
            left(peers);
        }
        bufferevent_decref(bufferevent);
    }
}

/* Tells whether a peer has taken nothing of what waits for it for too long. */
static bool stalls(struct http_peer *peer, int64_t now_ms)
{
    size_t unsent = evbuffer_get_length(bufferevent_get_output(peer->bufferevent));
    if (unsent == 0 || unsent < peer->unsent || peer->unsent == 0) {
        peer->unsent_ms = now_ms;
    }
    peer->unsent = unsent;
    return unsent > 0 && now_ms - peer->unsent_ms > STALL_MS_MAX;
}

void http_peers_tick(struct http_peers *peers)
{
    int64_t now_ms = *peers->now_ms;
    for (struct http_peer *peer = peers->all; peer != NULL; peer = peer->next) {
        bool late = peer->began_ms != 0 && now_ms - peer->began_ms > peers->timeout_ms;
        bool rests = peer->began_ms == 0 && !peer->handling && !peer->live && peer->unsent == 0;
        int64_t idle_ms = rests ? now_ms - peer->idle_ms : 0;
        bool idle = idle_ms > IDLE_MS_MAX || (peers->full && idle_ms > IDLE_MS_MIN);
        if (late) {
            peers->timeouts++;
            log_limited(1000, LOG_WARN, "http_timeout", LOG_UNSIGNED("fd", (unsigned)peer->fd));
        }
        if (late || idle || stalls(peer, now_ms)) {
            /* evhttp sees the end at once, and takes the connection apart. */
            (void)shutdown(peer->fd, SHUT_RDWR);
        }
    }
}

struct http_peer *http_peer_of(struct http_peers *peers, struct evhttp_request *request)
{
    struct evhttp_connection *connection = evhttp_request_get_connection(request);
    if (connection == NULL) {
        return NULL;
    }
    int fd = bufferevent_getfd(evhttp_connection_get_bufferevent(connection));
    return fd < 0 || fd >= peers->fds_max ? NULL : peers->by_fd[fd];
}

void http_peer_handling(struct http_peer *peer)
{
    void *connection = NULL;
    bufferevent_getcb(peer->bufferevent, NULL, NULL, NULL, &connection);
    bufferevent_setcb(peer->bufferevent, NULL, NULL, NULL, connection);
    (void)bufferevent_enable(peer->bufferevent, EV_READ);
    peer->handling = true;
    peer->began_ms = 0;
}

void http_peer_answered(struct http_peer *peer)
{
    bool more = evbuffer_get_length(bufferevent_get_input(peer->bufferevent)) > 0;
    peer->handling = false;
    peer->idle_ms = *peer->peers->now_ms;
    peer->began_ms = more ? peer->idle_ms : 0;
}
