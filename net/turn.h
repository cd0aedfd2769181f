/* turn.h -- one loop turn: every ready connection is parsed, then groups of commands are prefetched and
 * stepped, so that memory latency is paid once a group (design rule 5; docs/ARCHITECTURE.md).
 */
#ifndef BOON_NET_TURN_H
#define BOON_NET_TURN_H

#include "engine/command.h"
#include "engine/engine.h"
#include "net/resp.h"

struct command_spec;
struct connection;
struct server;

#define TURN_COMMANDS PREFETCH_COMMANDS_MAX /* of one group */

struct turn {
    char *shared; /* what the sockets gave in this turn */
    size_t shared_size;
    size_t shared_used;
    size_t bytes;         /* that came in this turn of the loop */
    int64_t began_us;     /* monotonic; when this turn's first work began; 0 = there was none yet */
    int64_t cpu_began_us; /* the same in CPU time of this thread; 0 = a small turn, not looked at */
    uint32_t direct;      /* answers of this turn of the loop that wait for nothing */
    uint32_t count;       /* commands gathered */
    struct command commands[TURN_COMMANDS];
    struct connection *clients[TURN_COMMANDS]; /* who sent each */
    const struct command_spec *last_spec; /* what the last request named; NULL: none of these */
    struct resp_request request;          /* being parsed */
    struct outcome outcome;               /* being composed */
};

/* Allocates the shared buffer. False: no memory. */
bool turn_init(struct turn *turn, size_t shared_size) __attribute__((warn_unused_result));
void turn_deinit(struct turn *turn);

/* Reads what the socket has into the shared buffer; called by the loop. */
void turn_read(struct connection *connection);

/* Lets the requests go on that waited until it is clear who leads, if it is now, or was not for too long. */
void turn_clear_doubt(struct server *server);

/* Parses and carries out what all ready connections have sent. */
void turn_execute(struct server *server);

/* Looks back at a turn of the loop: how long it took. */
void turn_end(struct server *server);

#endif
