/* server_snapshot.c -- a snapshot in a simulated server. */
#include "tests/sim/server.h"

void server_snapshot(struct server *server)
{
    (void)server;
}

void server_snapshot_end(struct server *server)
{
    server->upload = NULL;
}
