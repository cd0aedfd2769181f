/* server_command.h -- what Redis clients ask of any server: HELLO, CLIENT, INFO, CONFIG, COMMAND …
 *
 * None of it touches business state. Each is answered at once, in order with the connection's other
 * replies. The list is server_commands.def.
 */
#ifndef BOON_NET_SERVER_COMMAND_H
#define BOON_NET_SERVER_COMMAND_H

#include "net/resp.h"

struct connection;
struct server;

/* Carries out the request if it is one of these, writing one reply. False: it is none of them, and
 * nothing was written. `request` has at least one argument. */
bool server_command(struct server *server, struct connection *connection,
                    const struct resp_request *request, struct resp_writer *writer);

/* Tells whether a connection may send it before it has authenticated: AUTH, HELLO, QUIT, RESET. */
bool server_command_is_open(struct text name);

#endif
