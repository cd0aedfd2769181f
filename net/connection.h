/* connection.h -- one client: bytes in, replies out, and what is known of it.
 *
 * Requests are parsed where they arrived: in the turn's shared buffer, or, when a request came in
 * pieces, in `pending`, which grows with the bytes received and never ahead of them. An idle
 * connection owns neither.
 *
 *     accepted ──► open ──► closing: answers what it has, reads no more ──► closed
 *                    └───────────────────────────────────────────────────────►┘
 *
 * A closed one stays in memory until the loop turn ends: the loop may still report it.
 */
#ifndef BOON_NET_CONNECTION_H
#define BOON_NET_CONNECTION_H

#include "engine/text.h"
#include "net/loop.h"
#include "net/output.h"

struct server;
struct user;

#define CONNECTION_NAME_BYTES_MAX 64U
#define CONNECTION_ADDRESS_BYTES_MAX 112U

struct connection {
    struct server *server;
    struct connection *next; /* in the server's list of all */
    struct connection *previous;
    struct connection *next_ready;   /* has bytes to parse in this turn */
    struct connection *next_waiting; /* got replies in this turn */
    struct connection *next_held;    /* has replies that wait for the journal */
    struct connection *previous_held;
    int fd;
    bool ready;              /* in the list of ready ones */
    bool waiting;            /* in the list of waiting ones */
    bool held;               /* in the list of held ones */
    bool closing;            /* no more requests; close when all replies have left */
    bool closed;             /* gone; freed at the end of the turn */
    bool stalled;            /* too much waits: not read until it has drained */
    bool doubtful;           /* its next request waits until it is clear who leads */
    bool writing;            /* the write event is armed */
    bool authenticated;      /* or nobody has to */
    uint8_t version;         /* RESP 2 or 3 */
    const struct user *user; /* NULL: default, who may everything, or not authenticated yet */
    struct loop_event read_event;
    struct loop_event write_event;
    char *bytes;   /* unparsed input of this turn: in the shared buffer or in `pending` */
    size_t length; /* of it */
    char *pending; /* owned; a request that came in pieces */
    size_t pending_length;
    size_t pending_capacity;
    struct output output;
    uint64_t id;              /* never reused */
    int64_t since_ms;         /* monotonic; when it was accepted */
    int64_t active_ms;        /* monotonic; when the last bytes came */
    uint64_t commands;        /* carried out */
    const char *last_command; /* static name, for CLIENT LIST */
    char name[CONNECTION_NAME_BYTES_MAX + 1];
    char library[CONNECTION_NAME_BYTES_MAX + 1];
    char library_version[CONNECTION_NAME_BYTES_MAX + 1];
    char address[CONNECTION_ADDRESS_BYTES_MAX]; /* 127.0.0.1:51234 */
};

/* Takes over an accepted, non-blocking socket. NULL: no memory, or the server is full; the socket is
 * then closed, with a word to the client. */
struct connection *connection_open(struct server *server, int fd, const char *address);

/* Closes at once. */
void connection_close(struct connection *connection, const char *reason);

/* Lets the replies written so far leave, then closes. */
void connection_finish(struct connection *connection);

/* Sends what may leave. */
void connection_flush(struct connection *connection);

/* Puts it among those whose replies are to leave, or to be held, at the end of the turn. */
void connection_wait(struct connection *connection);

/* Puts it among those that have bytes to parse. */
void connection_make_ready(struct connection *connection);

/* Lets go of what the journal has acknowledged since, and sends it. */
void connection_release(struct connection *connection);

/* Tells whether so much waits that no further request should be carried out. */
bool connection_is_full(const struct connection *connection);

/* Gives idle memory back, and closes it when it was silent for too long. */
void connection_rest(struct connection *connection);

/* Keeps the unparsed rest of this turn's input for the next one. */
void connection_keep_rest(struct connection *connection);

/* Frees a closed one; only at the end of a turn. */
void connection_free(struct connection *connection);

#endif
