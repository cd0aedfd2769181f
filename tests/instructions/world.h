/* world.h -- a server that leads, put together by hand: the shipped turn, engine and queue, real sockets,
 * and a journal that acknowledges at once.
 *
 * What would make two runs differ is not there: no listener, no signals, no tick, no Redis. Time stands
 * still, the hash seed and the keys are fixed.
 */
#ifndef BOON_TESTS_INSTRUCTIONS_WORLD_H
#define BOON_TESTS_INSTRUCTIONS_WORLD_H

#include "net/options.h"
#include "net/server.h"

#define WORLD_CONNECTIONS_MAX 64U

struct world {
    struct options options;
    struct server server;
    int peers[WORLD_CONNECTIONS_MAX]; /* the clients' ends, one for each connection */
    uint32_t peer_count;
    uint64_t batches; /* number of the last one */
    uint64_t chain;   /* its hash */
};

/* Ends the process with exit code 1 after saying why. */
_Noreturn void world_fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Builds the server and its connections. */
void world_init(struct world *world, uint32_t connections);
void world_deinit(struct world *world);

/* Sends all of the bytes from a client. */
void world_send(struct world *world, uint32_t peer, const char *bytes, size_t length);

/* Lets the server turn until it has carried out `commands` more and their replies have left. */
void world_turn(struct world *world, uint64_t commands);

/* Reads as many bytes as are expected at a client, and nothing may follow; a ? is any byte. */
void world_expect(struct world *world, uint32_t peer, const char *expected, size_t length);

#endif
