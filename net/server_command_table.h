/* server_command_table.h -- server_commands.def as an array, and what its answers share.
 *
 * For server_command.c and its neighbours only. A row names its function; the dispatch has checked the
 * number of arguments before it runs, and it writes exactly one reply.
 */
#ifndef BOON_NET_SERVER_COMMAND_TABLE_H
#define BOON_NET_SERVER_COMMAND_TABLE_H

#include "net/server_command.h"

#define SERVER_COMMAND_NAME_BYTES_MAX 32U
#define SERVER_REDIS_VERSION "7.0.15" /* the Redis whose answers these are */

enum server_command_group {
    SERVER_COMMAND_GROUP_CONNECTION,
    SERVER_COMMAND_GROUP_CLUSTER,
    SERVER_COMMAND_GROUP_SERVER,
};

struct server_command_spec;

/* One request, as the answering function sees it. */
struct server_call {
    struct server *server;
    struct connection *connection;
    const struct server_command_spec *spec;
    const struct text *arguments; /* behind the command's and the sub-command's name */
    uint32_t count;
    struct resp_writer *writer;
};

typedef void server_command_run(const struct server_call *call);

struct server_command_spec {
    uint32_t number;
    const char *name; /* "ping", "client|id" */
    uint32_t min;     /* arguments behind the name */
    uint32_t max;     /* UINT32_MAX: no upper bound */
    enum server_command_group group;
    const char *flags;       /* "fast loading", as COMMAND shows them */
    const char *syntax;      /* of the arguments */
    const char *summary;     /* for people */
    server_command_run *run; /* NULL: nothing without a sub-command */
};

/* All rows, in the order of server_commands.def: a sub-command after its command. */
extern const struct server_command_spec server_command_specs[];
extern const uint32_t server_command_spec_count;

/* Finds a row by its whole name, "client|id", in any case; NULL: there is none. */
const struct server_command_spec *server_command_find(struct text name);

/* Tells whether `sub` is a sub-command of `spec`. They follow it in the array. */
bool server_command_has(const struct server_command_spec *spec,
                        const struct server_command_spec *sub);

/* Tells whether a list of words parted by spaces has this one. */
bool server_words_have(const char *words, const char *word);

/* Appends text for people: verbatim in RESP3, a bulk string in RESP2. */
void server_write_verbatim(struct resp_writer *writer, struct text text);

/* Checks a name that a client gives itself and copies it to `to`, CONNECTION_NAME_BYTES_MAX + 1 bytes.
 * False: it is too long or has bytes that would break CLIENT LIST; `to` is as it was. */
bool server_client_name_set(char *to, struct text name) __attribute__((warn_unused_result));

#define SERVER_CONTAINER(number, NAME, resp, GROUP, summary)
#define SERVER_COMMAND(number, NAME, name, resp, min, max, GROUP, flags, syntax, summary)          \
    void server_command_##name(const struct server_call *call);
#include "net/server_commands.def"
#undef SERVER_CONTAINER
#undef SERVER_COMMAND

#endif
