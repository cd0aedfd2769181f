/* http.h -- the HTTP side of a server: JSON API, console, metrics. On the same loop, by libevent's evhttp.
 *
 *     accepted ──► guard ──► route ──► struct command ──► step_command() ──► JSON ──► held until durable ──► sent
 *
 * evhttp parses and writes; it has known gaps, so every request passes http_guard.h first. What is answered follows
 * the same rules as on the Redis port: one command struct, one step, no answer before what it shows is durable.
 */
#ifndef BOON_NET_HTTP_H
#define BOON_NET_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct http;
struct server;

/* Starts listening. NULL: `message` says why not. */
struct http *http_open(struct server *server, char *message, size_t size);

/* Accepts no more; what came in is still answered. */
void http_stop(struct http *http);

void http_destroy(struct http **http);

/* Returns the port it listens on; 0 without HTTP. */
uint16_t http_port(const struct http *http);

/* Sends the answers whose changes are durable by now. Call it when durable_seq has grown. */
void http_release(struct http *http);

/* Ends a loop turn: takes in new connections, goes on with requests that waited until it was clear who leads. */
void http_turn(struct http *http);

/* Looks at deadlines; once a second. */
void http_tick(struct http *http);

/* Sends a frame to the live pages; when one is due (net/live.h). */
void http_frame(struct http *http);

/* Counts the answers that wait for the journal. */
uint32_t http_held(const struct http *http);

#endif
