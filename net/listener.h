/* listener.h -- the sockets that clients come in by: one TCP port, and a unix socket if asked for. */
#ifndef BOON_NET_LISTENER_H
#define BOON_NET_LISTENER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct listener;
struct server;

/* Binds and listens as the options say. NULL: `message` says what is in the way and what to do. */
struct listener *listener_open(struct server *server, char *message, size_t size);

/* Binds `address` and listens; `option` is what to change where the port is taken. Returns the socket, non-blocking,
 * with the port that it really has in `*bound_port`; -1: `message` says why not. */
int listener_bind(const char *address, int64_t port, const char *option, uint16_t *bound_port,
                  char *message, size_t size);

/* Stops accepting and removes the unix socket. */
void listener_close(struct listener **listener);

/* Returns the port that is really bound (the option may have been 0); 0 when there is none. */
uint16_t listener_port(const struct listener *listener);

#endif
