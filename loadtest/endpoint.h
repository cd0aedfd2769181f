/* endpoint.h -- where the server listens, and how a connection to it begins. */
#ifndef LOADTEST_ENDPOINT_H
#define LOADTEST_ENDPOINT_H

#include "failure.h"
#include "options.h"

#include <sys/socket.h>

struct endpoint {
    struct sockaddr_storage address;
    socklen_t address_bytes;
    char name[160];        /* "127.0.0.1:7400" or the socket's path, for messages */
    char greeting[512];    /* HELLO and AUTH as one RESP request */
    size_t greeting_bytes; /* 0 when the server needs no greeting */
};

/* Resolve the address and write the greeting. */
bool endpoint_init(struct endpoint *endpoint, const struct options *options,
                   struct failure *failure);

/* Start a connection without waiting; returns the socket, or -1 with errno. The socket is writable
 * when the connection stands or has failed: endpoint_socket_error() tells which. */
int endpoint_start(const struct endpoint *endpoint);

/* Return the error of a connection that was started, 0 when it stands. */
int endpoint_socket_error(int socket);

/* Return nanoseconds of the monotonic clock. */
uint64_t clock_ns(void);

#endif
