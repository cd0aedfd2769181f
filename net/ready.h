/* ready.h -- /readyz: whether this server should get requests, and if not, why.
 *
 *     [+]state leading
 *     [+]journal ok
 *     [-]queue full: too many changes wait for the journal
 *     [+]lease sure
 *     [+]snapshot ok                     (never counts: [!] where something is wrong with it)
 *     not ready
 */
#ifndef BOON_NET_READY_H
#define BOON_NET_READY_H

#include <stdbool.h>
#include <stdio.h>

struct server;

/* Writes a line for each check that failed and one for all, or, with `verbose`, a line for every check. Returns
 * whether it is ready. */
bool ready_write(FILE *file, const struct server *server, bool verbose);

/* Returns the same, and writes nothing. */
bool ready_now(const struct server *server);

#endif
