/* birth.h -- what a server needs before its first turn: the private Redis, the keys, the engine, the
 * users, the journal. Called by server_init() only.
 */
#ifndef BOON_NET_BIRTH_H
#define BOON_NET_BIRTH_H

#include <stdbool.h>
#include <stddef.h>

struct journal_owner;
struct server;

/* Starts the private Redis of the embedded default; nothing to do otherwise. */
bool birth_redis(struct server *server, char *message, size_t size)
    __attribute__((warn_unused_result));

/* Loads the keys; makes them where a new directory begins, or for --journal none. */
bool birth_secrets(struct server *server, char *message, size_t size)
    __attribute__((warn_unused_result));

/* Loads the users file, if there is to be one. */
bool birth_users(struct server *server, char *message, size_t size)
    __attribute__((warn_unused_result));

/* Builds the engine with the room that the options give it. */
bool birth_engine(struct server *server, char *message, size_t size)
    __attribute__((warn_unused_result));

/* Builds queue, journal and its connection, and begins to connect; nothing with --journal none. */
bool birth_journal(struct server *server, const struct journal_owner *owner, char *message,
                   size_t size) __attribute__((warn_unused_result));

/* Takes note that the journal exists: from now on an absent one is a fault, never a new brand. */
void birth_is_over(struct server *server);

#endif
