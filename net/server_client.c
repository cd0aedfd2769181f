/* server_client.c -- CLIENT: what is known of connections, and how to end them. */
#include <stdio.h>
#include <stdlib.h>

#include "engine/bug.h"
#include "net/listener.h"
#include "net/server.h"
#include "net/server_command_table.h"
#include "net/word.h"

#define LINE_BYTES_MAX 1024U /* one line of CLIENT LIST; its parts are bounded */

/* Which connections are meant. */
struct filter {
    int64_t id;          /* 0: any */
    struct text address; /* empty: any */
    struct text own;     /* the address that was connected to; empty: any */
    struct text user;    /* empty: any */
    bool nobody;         /* a type that no connection has */
    bool skip_me;
};

bool server_client_name_set(char *to, struct text name)
{
    if (name.length > CONNECTION_NAME_BYTES_MAX) {
        return false;
    }
    for (uint32_t at = 0; at < name.length; at++) {
        if (name.data[at] < '!' || name.data[at] > '~') {
            return false;
        }
    }
    if (name.length > 0) {
        memcpy(to, name.data, name.length);
    }
    to[name.length] = '\0';
    return true;
}

/* Writes the address that clients connect to. */
static struct text own_address(const struct server *server, const struct connection *connection,
                               char address[CONNECTION_ADDRESS_BYTES_MAX])
{
    if (strcmp(connection->address, "unix") == 0) {
        snprintf(address, CONNECTION_ADDRESS_BYTES_MAX, "%s:0", server->options->unix_socket);
    } else {
        bool is_v6 = strchr(server->options->bind, ':') != NULL;
        snprintf(address, CONNECTION_ADDRESS_BYTES_MAX, "%s%s%s:%u", is_v6 ? "[" : "",
                 server->options->bind, is_v6 ? "]" : "",
                 (unsigned)listener_port(server->listener));
    }
    return text_of(address);
}

/* Writes one line of CLIENT LIST and returns its length. */
static size_t write_line(const struct server *server, const struct connection *connection,
                         char line[LINE_BYTES_MAX])
{
    char own[CONNECTION_ADDRESS_BYTES_MAX];
    (void)own_address(server, connection, own);
    const struct output *output = &connection->output;
    struct text user = access_name(connection->user);
    size_t query = connection->length > connection->pending_length ? connection->length
                                                                   : connection->pending_length;
    int length = snprintf(
        line, LINE_BYTES_MAX,
        "id=%llu addr=%s laddr=%s fd=%d name=%s age=%lld idle=%lld flags=N db=0 sub=0 psub=0 "
        "ssub=0 "
        "multi=-1 qbuf=%zu qbuf-free=%zu argv-mem=0 multi-mem=0 rbs=%zu rbp=0 obl=%zu oll=%u "
        "omem=%zu tot-mem=%zu events=%s cmd=%s user=%.*s redir=-1 resp=%u lib-name=%s "
        "lib-ver=%s\n",
        (unsigned long long)connection->id, connection->address, own, connection->fd,
        connection->name, (long long)(server->tick_ms - connection->since_ms) / 1000,
        (long long)(server->tick_ms - connection->active_ms) / 1000, query,
        connection->pending_capacity - connection->pending_length, output->capacity,
        output_waiting(output), output->held, output->capacity,
        sizeof(*connection) + connection->pending_capacity + output->capacity,
        connection->writing ? "rw" : "r",
        connection->last_command == NULL || connection->last_command[0] == '\0'
            ? "NULL"
            : connection->last_command,
        (int)user.length, user.data, (unsigned)connection->version, connection->library,
        connection->library_version);
    ASSERT(length > 0 && (size_t)length < LINE_BYTES_MAX);
    return (size_t)length;
}

void server_command_client_info(const struct server_call *call)
{
    char line[LINE_BYTES_MAX];
    size_t length = write_line(call->server, call->connection, line);
    server_write_verbatim(call->writer, (struct text){line, (uint32_t)length});
}

/* The ids that were asked for; none: all connections are meant. */
struct wanted {
    uint32_t count;
    uint64_t ids[RESP_ARGUMENTS_MAX];
};

static bool is_wanted(const struct wanted *wanted, const struct connection *connection)
{
    for (uint32_t at = 0; at < wanted->count; at++) {
        if (wanted->ids[at] == connection->id) {
            return true;
        }
    }
    return wanted->count == 0;
}

/* Writes the lines of the wanted connections to `lines`, if it is not NULL. Returns their length. */
static size_t write_lines(const struct server *server, const struct wanted *wanted, char *lines)
{
    char line[LINE_BYTES_MAX];
    size_t total = 0;
    for (const struct connection *at = server->connections; at != NULL; at = at->next) {
        if (is_wanted(wanted, at)) {
            size_t length = write_line(server, at, line);
            if (lines != NULL) {
                memcpy(lines + total, line, length);
            }
            total += length;
        }
    }
    return total;
}

static void write_list(const struct server_call *call, const struct wanted *wanted)
{
    size_t total = write_lines(call->server, wanted, NULL);
    if (total > (size_t)call->server->options->output_bytes_max / 2) {
        resp_error(call->writer, "ERR",
                   "the list has %zu bytes, more than one reply may; see CLIENT LIST ID", total);
        return;
    }
    char *lines = malloc(total + 1);
    if (lines == NULL) {
        call->writer->failed = true;
        return;
    }
    size_t written = write_lines(call->server, wanted, lines);
    ASSERT(written == total); /* nothing happens in between */
    server_write_verbatim(call->writer, (struct text){lines, (uint32_t)total});
    free(lines);
}

/* Tells whether there are connections of this type, and whether it is a type at all. */
static bool read_type(const struct server_call *call, struct text type, bool *is_normal)
{
    *is_normal = word_is(type, "normal");
    if (*is_normal || word_is(type, "master") || word_is(type, "replica") ||
        word_is(type, "slave") || word_is(type, "pubsub")) {
        return true;
    }
    resp_error(call->writer, "ERR", "Unknown client type '%.*s'",
               type.length > 128 ? 128 : (int)type.length, type.data);
    return false;
}

void server_command_client_list(const struct server_call *call)
{
    struct wanted wanted = {0};
    const struct text *arguments = call->arguments;
    if (call->count == 2 && word_is(arguments[0], "type")) {
        bool is_normal;
        if (!read_type(call, arguments[1], &is_normal)) {
            return;
        }
        if (!is_normal) {
            server_write_verbatim(call->writer, TEXT(""));
            return;
        }
    } else if (call->count >= 2 && word_is(arguments[0], "id")) {
        for (uint32_t at = 1; at < call->count; at++) {
            int64_t id;
            if (!word_read_whole(arguments[at], &id) || id < 1) {
                resp_error(call->writer, "ERR", "Invalid client ID");
                return;
            }
            wanted.ids[wanted.count++] = (uint64_t)id;
        }
    } else if (call->count > 0) {
        resp_error(call->writer, "ERR", "syntax error");
        return;
    }
    write_list(call, &wanted);
}

static bool read_switch(struct text text, const char *on, const char *off, bool *value)
{
    *value = word_is(text, on);
    return *value || word_is(text, off);
}

/* Reads the pairs of CLIENT KILL; what is wrong is answered. */
static bool read_filter(const struct server_call *call, struct filter *filter)
{
    if (call->count % 2 != 0) {
        resp_error(call->writer, "ERR", "syntax error");
        return false;
    }
    for (uint32_t at = 0; at < call->count; at += 2) {
        struct text word = call->arguments[at];
        struct text value = call->arguments[at + 1];
        bool is_normal = true;
        if (word_is(word, "id")) {
            if (!word_read_whole(value, &filter->id) || filter->id < 1) {
                resp_error(call->writer, "ERR", "client-id should be greater than 0");
                return false;
            }
        } else if (word_is(word, "addr")) {
            filter->address = value;
        } else if (word_is(word, "laddr")) {
            filter->own = value;
        } else if (word_is(word, "type")) {
            if (!read_type(call, value, &is_normal)) {
                return false;
            }
        } else if (word_is(word, "user")) {
            filter->user = value;
            is_normal = value.length > 0;
        } else if (!word_is(word, "skipme") || !read_switch(value, "yes", "no", &filter->skip_me)) {
            resp_error(call->writer, "ERR", "syntax error");
            return false;
        }
        filter->nobody = filter->nobody || !is_normal;
    }
    return true;
}

static bool filter_fits(const struct filter *filter, const struct connection *connection)
{
    if (filter->nobody || (filter->id != 0 && (uint64_t)filter->id != connection->id)) {
        return false;
    }
    if (filter->address.length > 0 && !text_equal(filter->address, text_of(connection->address))) {
        return false;
    }
    if (filter->user.length > 0 && !text_equal(filter->user, access_name(connection->user))) {
        return false;
    }
    char own[CONNECTION_ADDRESS_BYTES_MAX];
    return filter->own.length == 0 ||
           text_equal(filter->own, own_address(connection->server, connection, own));
}

/* Closes all that fit and returns how many they were. The caller's own connection answers first. */
static int64_t kill_all(const struct server_call *call, const struct filter *filter)
{
    int64_t killed = 0;
    struct connection *next;
    for (struct connection *at = call->server->connections; at != NULL; at = next) {
        next = at->next;
        if (!filter_fits(filter, at) || (filter->skip_me && at == call->connection)) {
            continue;
        }
        killed++;
        if (at == call->connection) {
            connection_finish(at);
        } else {
            connection_close(at, "CLIENT KILL");
        }
    }
    return killed;
}

void server_command_client_kill(const struct server_call *call)
{
    struct filter filter = {.skip_me = true};
    if (call->count > 1) {
        if (read_filter(call, &filter)) {
            resp_integer(call->writer, kill_all(call, &filter));
        }
        return;
    }
    filter.skip_me = false;
    filter.address = call->arguments[0];
    filter.nobody = filter.address.length == 0;
    if (kill_all(call, &filter) > 0) {
        resp_simple(call->writer, "OK");
    } else {
        resp_error(call->writer, "ERR", "No such client");
    }
}

void server_command_client_id(const struct server_call *call)
{
    resp_integer(call->writer, (int64_t)call->connection->id);
}

void server_command_client_getname(const struct server_call *call)
{
    if (call->connection->name[0] == '\0') {
        resp_null(call->writer);
    } else {
        resp_word(call->writer, call->connection->name);
    }
}

/* Sets one of the names a client gives itself, and answers. */
static void set_name(const struct server_call *call, char *to, struct text name, const char *what)
{
    if (server_client_name_set(to, name)) {
        resp_simple(call->writer, "OK");
    } else if (name.length > CONNECTION_NAME_BYTES_MAX) {
        resp_error(call->writer, "ERR", "%s cannot be longer than %u bytes.", what,
                   CONNECTION_NAME_BYTES_MAX);
    } else {
        resp_error(call->writer, "ERR", "%s cannot contain spaces, newlines or special characters.",
                   what);
    }
}

void server_command_client_setname(const struct server_call *call)
{
    set_name(call, call->connection->name, call->arguments[0], "Client names");
}

void server_command_client_setinfo(const struct server_call *call)
{
    struct text which = call->arguments[0];
    if (word_is(which, "lib-name")) {
        set_name(call, call->connection->library, call->arguments[1], "lib-name");
    } else if (word_is(which, "lib-ver")) {
        set_name(call, call->connection->library_version, call->arguments[1], "lib-ver");
    } else {
        resp_error(call->writer, "ERR", "Unrecognized option '%.*s'",
                   which.length > 128 ? 128 : (int)which.length, which.data);
    }
}

/* NO-EVICT and NO-TOUCH ask for what is so anyway. */
void server_command_client_switch(const struct server_call *call)
{
    bool on;
    if (read_switch(call->arguments[0], "on", "off", &on)) {
        resp_simple(call->writer, "OK");
    } else {
        resp_error(call->writer, "ERR", "syntax error");
    }
}
