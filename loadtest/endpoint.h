/* endpoint.h -- where the server listens, and how a connection to it begins. */
#ifndef LOADTEST_ENDPOINT_H
#define LOADTEST_ENDPOINT_H

#include "failure.h"
#include "options.h"

#include <sys/socket.h>

struct endpoint {
    struct sockaddr_storage address;
    socklen_t address_bytes;
    char name[160];      /* "127.0.0.1:7400" or the socket's path, for messages */
    char greeting[4096]; /* the first requests of every connection: HELLO, AUTH, … */
    size_t greeting_bytes;
    const char *probe;       /* one RESP request that only a server ready for claims answers well */
    uint32_t greeting_count; /* how many replies they bring */
};

/* Resolve the address and write the greeting. */
bool endpoint_init(struct endpoint *endpoint, const struct options *options,
                   struct failure *failure);

/* Append a request of `count` words to the greeting. */
void endpoint_greet(struct endpoint *endpoint, size_t count, const char *const *words);

/* Start a connection without waiting; returns the socket, or -1 with errno. The socket is writable
 * when the connection stands or has failed: endpoint_socket_error() tells which. */
int endpoint_start(const struct endpoint *endpoint);

/* Return the error of a connection that was started, 0 when it stands. */
int endpoint_socket_error(int socket);

/* Return nanoseconds of the monotonic clock. */
uint64_t clock_ns(void);

#endif
