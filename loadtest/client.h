/* client.h -- one connection that waits: for setting up before a run and auditing after it.
 *
 *     client_add(client, 2, (struct span[]){span_of("CAMPAIGN.GET"), span_of("sale-0")});
 *     if (!client_read(client, &reply, failure)) …
 *
 * Requests added before the first read go out together, so a thousand of them cost one round trip.
 * Add at most 4,096 at a time: replies are read only when all requests are written. */
#ifndef LOADTEST_CLIENT_H
#define LOADTEST_CLIENT_H

#include "endpoint.h"
#include "reply.h"

struct client;

/* Connect and greet, trying again for up to patience_s seconds while nobody is there, and for two
 * minutes while the server is loading; NULL with a failure that says what to do next. */
struct client *client_open(const struct endpoint *endpoint, double patience_s,
                           struct failure *failure);

/* Close the connection and set the pointer to NULL. */
void client_close(struct client **client);

/* Append one request of `count` words. */
void client_add(struct client *client, size_t count, const struct span *words);

/* Append one request that is written already. */
void client_add_written(struct client *client, const char *bytes, size_t length);

/* Send what was added and read the next reply; it stays valid until the next client_read().
 * False only when the connection is lost or talks no RESP: an error reply is a reply. */
bool client_read(struct client *client, struct reply *reply, struct failure *failure);

#endif
