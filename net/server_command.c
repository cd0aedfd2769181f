/* server_command.c -- the table of server commands, their dispatch, and those about one connection. */
#include "net/server_command.h"

#include <stdio.h>

#include "engine/bug.h"
#include "net/server.h"
#include "net/server_command_table.h"
#include "net/word.h"

const struct server_command_spec server_command_specs[] = {
#define SERVER_CONTAINER(number, NAME, resp, GROUP, summary)                                       \
    {number, resp, 1, UINT32_MAX, SERVER_COMMAND_GROUP_##GROUP, "", "", summary, NULL},
#define SERVER_COMMAND(number, NAME, name, resp, min, max, GROUP, flags, syntax, summary)          \
    {number,                                                                                       \
     resp,                                                                                         \
     min,                                                                                          \
     max,                                                                                          \
     SERVER_COMMAND_GROUP_##GROUP,                                                                 \
     flags,                                                                                        \
     syntax,                                                                                       \
     summary,                                                                                      \
     server_command_##name},
#include "net/server_commands.def"
#undef SERVER_CONTAINER
#undef SERVER_COMMAND
};

const uint32_t server_command_spec_count = sizeof(server_command_specs) /
                                           sizeof(server_command_specs[0]);

bool server_words_have(const char *words, const char *word)
{
    size_t length = strlen(word);
    for (const char *at = words; (at = strstr(at, word)) != NULL; at += length) {
        if ((at == words || at[-1] == ' ') && (at[length] == ' ' || at[length] == '\0')) {
            return true;
        }
    }
    return false;
}

void server_write_verbatim(struct resp_writer *writer, struct text text)
{
    if (writer->version != 3) {
        resp_bulk(writer, text);
        return;
    }
    char head[32];
    int length = snprintf(head, sizeof(head), "=%zu\r\ntxt:", (size_t)text.length + 4);
    resp_raw(writer, head, (size_t)length);
    resp_raw(writer, text.data, text.length);
    resp_raw(writer, "\r\n", 2);
}

const struct server_command_spec *server_command_find(struct text name)
{
    for (uint32_t at = 0; at < server_command_spec_count; at++) {
        if (word_is(name, server_command_specs[at].name)) {
            return &server_command_specs[at];
        }
    }
    return NULL;
}

bool server_command_has(const struct server_command_spec *spec,
                        const struct server_command_spec *sub)
{
    size_t length = strlen(spec->name);
    return strncmp(sub->name, spec->name, length) == 0 && sub->name[length] == '|';
}

/* Finds the sub-command of this name. `has_any` tells whether there are sub-commands at all. */
static const struct server_command_spec *find_sub(const struct server_command_spec *spec,
                                                  struct text name, bool *has_any)
{
    const struct server_command_spec *end = server_command_specs + server_command_spec_count;
    const struct server_command_spec *sub = spec + 1;
    *has_any = sub < end && server_command_has(spec, sub);
    for (; sub < end && server_command_has(spec, sub); sub++) {
        if (word_is(name, sub->name + strlen(spec->name) + 1)) {
            return sub;
        }
    }
    return NULL;
}

static void write_unknown_sub(struct resp_writer *writer, const struct server_command_spec *spec,
                              struct text name)
{
    char upper[SERVER_COMMAND_NAME_BYTES_MAX];
    size_t length = strlen(spec->name);
    ASSERT(length < sizeof(upper));
    for (size_t at = 0; at <= length; at++) {
        upper[at] = word_upper(spec->name[at]);
    }
    resp_error(writer, "ERR", "unknown subcommand '%.*s'. Try %s HELP.",
               name.length > 128 ? 128 : (int)name.length, name.data, upper);
}

bool server_command(struct server *server, struct connection *connection,
                    const struct resp_request *request, struct resp_writer *writer)
{
    ASSERT(request->count >= 1);
    if (memchr(request->arguments[0].data, '|', request->arguments[0].length) != NULL) {
        return false; /* "client|id" names a row for COMMAND INFO, not for a request */
    }
    const struct server_command_spec *spec = server_command_find(request->arguments[0]);
    if (spec == NULL) {
        return false;
    }
    uint32_t words = 1;
    if (request->count > 1) {
        bool has_any;
        const struct server_command_spec *sub = find_sub(spec, request->arguments[1], &has_any);
        if (has_any && sub == NULL) {
            write_unknown_sub(writer, spec, request->arguments[1]);
            return true;
        }
        words = has_any ? 2 : 1;
        spec = has_any ? sub : spec;
    }
    connection->last_command = spec->name;
    uint32_t count = request->count - words;
    if (spec->run == NULL || count < spec->min || count > spec->max) {
        resp_error(writer, "ERR", "wrong number of arguments for '%s' command", spec->name);
        return true;
    }
    char problem[ACCESS_PROBLEM_BYTES];
    if (!access_allows_server(connection->user, spec, problem, sizeof(problem))) {
        resp_error(writer, "NOPERM", "%s", problem);
        return true;
    }
    const struct server_call call = {server, connection, spec, request->arguments + words,
                                     count,  writer};
    spec->run(&call);
    return true;
}

bool server_command_is_open(struct text name)
{
    const struct server_command_spec *spec = server_command_find(name);
    return spec != NULL && server_words_have(spec->flags, "no_auth");
}

void server_command_ping(const struct server_call *call)
{
    if (call->count == 1) {
        resp_bulk(call->writer, call->arguments[0]);
    } else {
        resp_simple(call->writer, "PONG");
    }
}

void server_command_echo(const struct server_call *call)
{
    resp_bulk(call->writer, call->arguments[0]);
}

/* Checks a name and its secret; what is wrong is answered. Beyond so many failures a second, each costs the one who
 * sent it its connection, which slows guessing. */
static bool authenticate(const struct server_call *call, struct text name, struct text secret)
{
    struct connection *connection = call->connection;
    const struct user *user;
    bool too_many;
    if (access_authenticate(call->server, name, secret, connection->address, &user, &too_many)) {
        connection->user = user;
        connection->authenticated = true;
        return true;
    }
    resp_error(call->writer, "WRONGPASS", "invalid username-password pair or user is disabled.");
    if (too_many) {
        connection_finish(connection);
    }
    return false;
}

void server_command_auth(const struct server_call *call)
{
    if (call->count == 1 && call->server->options->password[0] == '\0') {
        resp_error(call->writer, "ERR",
                   "AUTH <password> called without any password configured for the default user. "
                   "Are you sure your configuration is correct?");
        return;
    }
    struct text name = call->count == 2 ? call->arguments[0] : TEXT("default");
    if (authenticate(call, name, call->arguments[call->count - 1])) {
        resp_simple(call->writer, "OK");
    }
}

struct hello {
    int64_t version;         /* 0: as it is */
    const struct text *auth; /* user, password; NULL: none */
    const struct text *name; /* NULL: none */
};

/* Reads the arguments of HELLO; what is wrong is answered. */
static bool read_hello(const struct server_call *call, struct hello *hello)
{
    *hello = (struct hello){0};
    if (call->count == 0) {
        return true;
    }
    if (!word_read_whole(call->arguments[0], &hello->version)) {
        resp_error(call->writer, "ERR", "Protocol version is not an integer or out of range");
        return false;
    }
    if (hello->version != 2 && hello->version != 3) {
        resp_error(call->writer, "NOPROTO", "unsupported protocol version");
        return false;
    }
    for (uint32_t at = 1; at < call->count; at++) {
        struct text option = call->arguments[at];
        uint32_t left = call->count - at - 1;
        if (word_is(option, "auth") && left >= 2) {
            hello->auth = &call->arguments[at + 1];
            at += 2;
        } else if (word_is(option, "setname") && left >= 1) {
            hello->name = &call->arguments[at + 1];
            at += 1;
        } else {
            resp_error(call->writer, "ERR", "Syntax error in HELLO option '%.*s'",
                       option.length > 128 ? 128 : (int)option.length, option.data);
            return false;
        }
    }
    return true;
}

static void write_hello(const struct server_call *call)
{
    struct resp_writer *writer = call->writer;
    resp_map(writer, 7);
    resp_word(writer, "server");
    resp_word(writer, "redis"); /* what it is compatible with; INFO has boon_version */
    resp_word(writer, "version");
    resp_word(writer, SERVER_REDIS_VERSION);
    resp_word(writer, "proto");
    resp_integer(writer, call->connection->version);
    resp_word(writer, "id");
    resp_integer(writer, (int64_t)call->connection->id);
    resp_word(writer, "mode");
    resp_word(writer, "standalone");
    resp_word(writer, "role");
    resp_word(writer, "master");
    resp_word(writer, "modules");
    resp_array(writer, 0);
}

void server_command_hello(const struct server_call *call)
{
    struct connection *connection = call->connection;
    struct hello hello;
    if (!read_hello(call, &hello)) {
        return;
    }
    if (hello.auth != NULL && !authenticate(call, hello.auth[0], hello.auth[1])) {
        return;
    }
    if (hello.auth == NULL && !connection->authenticated) {
        resp_error(call->writer, "NOAUTH",
                   "HELLO must be called with the client already authenticated, otherwise the "
                   "HELLO <proto> AUTH <user> <pass> option can be used to authenticate the client "
                   "and select the RESP protocol version at the same time");
        return;
    }
    if (hello.name != NULL && !server_client_name_set(connection->name, *hello.name)) {
        resp_error(call->writer, "ERR",
                   "Client names cannot contain spaces, newlines or special characters.");
        return;
    }
    if (hello.version != 0) {
        connection->version = (uint8_t)hello.version;
        call->writer->version = (uint32_t)hello.version;
    }
    write_hello(call);
}

void server_command_acl_whoami(const struct server_call *call)
{
    resp_bulk(call->writer, access_name(call->connection->user));
}

void server_command_select(const struct server_call *call)
{
    int64_t index;
    if (!word_read_whole(call->arguments[0], &index)) {
        resp_error(call->writer, "ERR", "value is not an integer or out of range");
    } else if (index != 0) {
        resp_error(call->writer, "ERR", "DB index is out of range");
    } else {
        resp_simple(call->writer, "OK");
    }
}

void server_command_quit(const struct server_call *call)
{
    resp_simple(call->writer, "OK");
    connection_finish(call->connection);
}

void server_command_reset(const struct server_call *call)
{
    struct connection *connection = call->connection;
    connection->version = 2;
    connection->name[0] = '\0';
    connection->user = NULL;
    connection->authenticated = !access_asks(call->server);
    call->writer->version = 2;
    resp_simple(call->writer, "RESET");
}

void server_command_readonly(const struct server_call *call)
{
    resp_simple(call->writer, "OK");
}

void server_command_readwrite(const struct server_call *call)
{
    resp_simple(call->writer, "OK");
}

void server_command_cluster(const struct server_call *call)
{
    resp_error(call->writer, "ERR", "This instance has cluster support disabled");
}
