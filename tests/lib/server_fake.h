/* server_fake.h -- a server of two connections without sockets: a request line in, the reply's bytes out.
 *
 *     TestSuite(x, .init = server_fake_set_up, .fini = server_fake_tear_down);
 *     Test(x, y) { server_fake_expect("PING", "+PONG\r\n"); }
 *
 * Options are the defaults. Requests come from clients[0]; the time stands at SERVER_FAKE_NOW_MS.
 */
#ifndef BOON_TESTS_LIB_SERVER_FAKE_H
#define BOON_TESTS_LIB_SERVER_FAKE_H

#include "net/server.h"

#define SERVER_FAKE_NOW_MS 1795000000000LL

struct server_fake {
    struct options options;
    struct server server;
    struct connection clients[2]; /* ids 8 and 9, from 10.0.0.8:888 and 10.0.0.9:999 */
};

extern struct server_fake fake;

void server_fake_set_up(void);
void server_fake_tear_down(void);

/* Sends one inline request. Returns the reply, valid until the next one, or "(not a server command)". */
struct text server_fake_ask(const char *line);

/* Fails the test unless the reply is exactly this. */
void server_fake_expect(const char *line, const char *reply);

/* Tells whether the text has these bytes in it. */
bool server_fake_holds(struct text text, const char *part);

#endif
