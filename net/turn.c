/* turn.c -- read all, parse all, prefetch, step, compose.
 *
 *     turn_read        a socket has bytes: into the shared buffer            (called by the loop)
 *     turn_execute     every ready connection:
 *       parse          requests one by one; business commands gather, 64 to a group
 *       carry_out      the group: engine_prefetch(), then engine_step() and its reply, in order
 *       aside          all else (errors, documents, server commands) is answered at once, after the
 *                      group that came before it: a connection's replies keep its requests' order
 *     turn_end         how long did it take?
 */
#include "net/turn.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "engine/bug.h"
#include "net/clock.h"
#include "net/command_parse.h"
#include "net/definition.h"
#include "net/journal.h"
#include "net/log.h"
#include "net/reply.h"
#include "net/server.h"
#include "net/server_command.h"
#include "net/slowlog.h"
#include "net/step.h"
#include "net/word.h"

#define READ_BYTES_MAX ((size_t)16 * 1024)
#define CARRIED_BYTES_MAX ((size_t)4 * 1024)
#define LARGE_TURN_BYTES ((size_t)4 * 1024) /* from so many on, its CPU time is looked at */

/* research: before authentication a stranger gets no more than this. */
static const struct resp_limits limits_of_strangers = {10, 16 * 1024, 64 * 1024};
static const struct resp_limits limits_of_clients = {RESP_ARGUMENTS_MAX, 64 * 1024, 64 * 1024};

bool turn_init(struct turn *turn, size_t shared_size)
{
    *turn = (struct turn){.shared_size = shared_size};
    turn->shared = malloc(shared_size);
    return turn->shared != NULL;
}

void turn_deinit(struct turn *turn)
{
    free(turn->shared);
    turn->shared = NULL;
}

/* Finds room for the next bytes of a connection. What little is left of a request goes before them into the shared
 * buffer, `*carried` bytes: a deep pipeline nearly always ends inside of one. NULL: no memory. */
static char *read_room(struct connection *connection, size_t *carried, size_t *room)
{
    struct turn *turn = &connection->server->turn;
    *carried = 0;
    if (connection->pending_length <= CARRIED_BYTES_MAX) {
        if (turn->shared_size - turn->shared_used < CARRIED_BYTES_MAX + READ_BYTES_MAX) {
            turn_execute(connection->server);
        }
        char *at = turn->shared + turn->shared_used;
        *carried = connection->pending_length;
        *room = READ_BYTES_MAX;
        if (*carried > 0) {
            memcpy(at, connection->pending, *carried);
        }
        return at + *carried;
    }
    /* A request in pieces: its buffer grows with the bytes that came, never on a length's word. */
    if (connection->pending_capacity - connection->pending_length < READ_BYTES_MAX / 16) {
        size_t capacity = connection->pending_capacity * 2 + READ_BYTES_MAX / 16;
        char *grown = realloc(connection->pending, capacity);
        if (grown == NULL) {
            return NULL;
        }
        connection->pending = grown;
        connection->pending_capacity = capacity;
    }
    *room = connection->pending_capacity - connection->pending_length;
    *room = *room > READ_BYTES_MAX ? READ_BYTES_MAX : *room;
    return connection->pending + connection->pending_length;
}

/* Ends a connection that gave no bytes, unless it only has none now. */
static void read_failed(struct connection *connection, const char *room, ssize_t got)
{
    if (room != NULL && got < 0 && (errno == EAGAIN || errno == EINTR)) {
        return;
    }
    if (got == 0 && output_waiting(&connection->output) > 0) {
        connection_finish(connection); /* it sends no more, and may still wait for its answers */
        return;
    }
    connection_close(connection, room == NULL ? "out of memory" : "the client closed");
}

void turn_read(struct connection *connection)
{
    if (connection->closed || connection->ready) {
        return;
    }
    struct server *server = connection->server;
    size_t carried;
    size_t room;
    char *at = read_room(connection, &carried, &room);
    if (connection->closed) {
        return;
    }
    ssize_t got = at == NULL ? -1 : recv(connection->fd, at, room, MSG_DONTWAIT);
    if (got <= 0) {
        read_failed(connection, at, got);
        return;
    }
    server->stats.bytes_in += (uint64_t)got;
    connection->active_ms = server->tick_ms;
    server->turn.bytes += (size_t)got;
    if (connection->pending_length == carried) {
        server->turn.shared_used += carried + (size_t)got;
        connection->bytes = at - carried;
        connection->length = carried + (size_t)got;
        connection->pending_length = 0;
    } else {
        connection->pending_length += (size_t)got;
        connection->bytes = connection->pending;
        connection->length = connection->pending_length;
    }
    connection_make_ready(connection);
}

static struct resp_writer writer_of(struct connection *connection)
{
    return (struct resp_writer){&connection->output, connection->version, false};
}

/* Ends a reply that is written, to leave when `gate` is durable. */
static void reply_end(struct connection *connection, const struct resp_writer *writer,
                      uint64_t gate)
{
    struct server *server = connection->server;
    if (writer->failed) {
        connection_close(connection, "out of memory for replies");
        return;
    }
    bool held = output_hold(&connection->output, gate, server->durable_seq, server->sealed_seq,
                            server->turn.began_us);
    server->turn.direct += held ? 0 : 1;
    connection->commands++;
    server->stats.commands++;
    connection_wait(connection);
}

/* Tells whether a command goes into groups: one member's matter, answered in little. Lists and documents
 * stay out, so that the bytes of each answer are seen before the next request is looked at. */
static bool goes_in_groups(enum command_type type)
{
    switch (type) {
    case COMMAND_COUPON_CLAIM:
    case COMMAND_COUPON_GET:
    case COMMAND_ACCOUNT_EARN:
    case COMMAND_ACCOUNT_SPEND:
    case COMMAND_ACCOUNT_BALANCE:
    case COMMAND_MEMBER_GET:
        return true;
    default:
        return false;
    }
}

/* Carries out one command and writes its reply, unless it has to wait (`doubtful`). */
static void step(struct connection *connection, const struct command *command)
{
    struct server *server = connection->server;
    if (connection->closed) {
        return;
    }
    const struct outcome *outcome = &server->turn.outcome;
    struct resp_writer writer = writer_of(connection);
    uint64_t gate = 0;
    switch (step_command(server, command)) {
    case STEP_DONE:
        reply_write(&writer, server->engine, command, outcome);
        gate = outcome->gate;
        break;
    case STEP_STALE: /* ["STALE", the answer as it was] */
        resp_array(&writer, 2);
        resp_word(&writer, "STALE");
        reply_write(&writer, server->engine, command, outcome);
        break;
    case STEP_LOADING:
        resp_error(&writer, "LOADING", STEP_LOADING_MESSAGE);
        break;
    case STEP_BUSY:
        resp_error(&writer, "BUSY", STEP_BUSY_MESSAGE);
        break;
    case STEP_DOUBTFUL:
        connection->doubtful = server->any_doubtful = true;
        return;
    case STEP_UNSURE:
        resp_error(&writer, "TRYAGAIN", STEP_UNSURE_MESSAGE);
        break;
    }
    reply_end(connection, &writer, gate);
}

/* Notes in the SLOWLOG what took longer than the operator wants. `type` COMMAND_NONE: what the connection
 * sent last. */
static void note_if_slow(const struct connection *connection, int64_t took_us,
                         enum command_type type, uint32_t commands)
{
    const struct server *server = connection->server;
    if (__builtin_expect(took_us > server->options->slowlog_us, 0)) {
        const struct command_spec *spec = command_spec_of(type);
        slowlog_note(server->slowlog, server->now_ms, took_us,
                     spec == NULL ? connection->last_command : spec->name, commands,
                     connection->address, connection->name);
    }
}

/* Carries out the gathered group. All that a group calls is put into this one function (flatten): HTTP calls the same
 * functions, and without it none of them would be inlined any more, a tenth more instructions for a look-up. */
__attribute__((flatten)) static void carry_out(struct server *server)
{
    struct turn *turn = &server->turn;
    uint32_t count = turn->count;
    if (count == 0) {
        return;
    }
    turn->count = 0;
    int64_t began_us = clock_monotonic_us();
    engine_prefetch(server->engine, turn->commands, count);
    for (uint32_t at = 0; at < count; at++) {
        step(turn->clients[at], &turn->commands[at]);
    }
    int64_t took_us = clock_monotonic_us() - began_us;
    note_if_slow(turn->clients[0], took_us, turn->commands[0].type, count);
}

/* Answers ["INVALID", pointer, message, …]. */
static void reply_mistakes(struct connection *connection,
                           const struct definition_mistakes *mistakes)
{
    struct resp_writer writer = writer_of(connection);
    reply_write_mistakes(&writer, mistakes);
    connection->server->stats.outcomes[REFUSAL_INVALID]++;
    reply_end(connection, &writer, 0);
}

/* Compiles the document of a command and carries it out. */
static void step_with_document(struct connection *connection, struct command *command)
{
    struct definition definition;
    struct definition_mistakes mistakes;
    struct document *document = &command->as.campaign_put.document;
    if (definition_compile(&definition, document->source, &mistakes) != DEFINITION_OK) {
        reply_mistakes(connection, &mistakes);
        return;
    }
    document->definition = &definition.campaign;
    step(connection, command);
    definition_deinit(&definition);
}

static void reply_problem(struct connection *connection, const char *code, const char *problem)
{
    struct resp_writer writer = writer_of(connection);
    resp_error(&writer, code, "%s", problem);
    reply_end(connection, &writer, 0);
}

/* Answers a request that is no business command. */
static void answer_server_command(struct connection *connection, const struct resp_request *request)
{
    struct resp_writer writer = writer_of(connection);
    struct text name = request->arguments[0];
    if (!server_command(connection->server, connection, request, &writer)) {
        resp_error(&writer, "ERR", "unknown command '%.*s', see COMMAND LIST",
                   name.length > 64 ? 64 : (int)name.length, name.data);
    }
    if (!connection->closed) {
        reply_end(connection, &writer, 0);
    }
}

/* Browsers and servers can be made to send HTTP to any port: a cross-protocol attack. Header names come
 * in any case, with or without a space behind the colon. */
static bool is_http(struct text name)
{
    return word_is(name, "post") ||
           (name.length >= 5 && word_is((struct text){name.data, 5}, "host:"));
}

/* What is wrong with a request: the error's code, NULL when nothing is, and its words. */
struct problem {
    const char *code;
    char words[ACCESS_PROBLEM_BYTES];
};

/* Carries out a business command that does not go into groups, or answers what is wrong with it. */
static void answer_aside(struct connection *connection, struct command *command,
                         const struct problem *problem)
{
    struct server *server = connection->server;
    bool needs_manual_clock = command->type == COMMAND_CLOCK_SET &&
                              server->options->clock != OPTIONS_CLOCK_MANUAL;
    if (problem->code != NULL) {
        reply_problem(connection, problem->code, problem->words);
    } else if (command->type == COMMAND_CAMPAIGN_PUT) {
        step_with_document(connection, command);
    } else if (needs_manual_clock) {
        reply_problem(connection, "ERR", "CLOCK.SET needs a server started with --clock manual");
    } else {
        step(connection, command);
        server_look_at_clock(server);
    }
}

/* Answers a request whose first word names no business command. */
static void answer_other(struct connection *connection, const struct resp_request *request)
{
    struct text name = request->arguments[0];
    if (is_http(name)) {
        log_limited(1000, LOG_WARN, "http_on_the_redis_port",
                    LOG_TEXT("address", connection->address));
        connection_close(connection, "HTTP on the Redis port");
    } else if (!connection->authenticated && !server_command_is_open(name)) {
        reply_problem(connection, "NOAUTH", "Authentication required.");
    } else {
        connection->last_command = "";
        answer_server_command(connection, request);
    }
}

/* Finds the business command that a request names; mostly the same as of the request before. NULL: none. */
static const struct command_spec *spec_of(struct turn *turn, struct text name)
{
    const struct command_spec *last = turn->last_spec;
    if (__builtin_expect(
            last != NULL && text_equal(name, (struct text){last->name, last->name_length}), 1)) {
        return last;
    }
    turn->last_spec = command_spec_find(name);
    return turn->last_spec;
}

/* Reads a business command and asks whether its user may. False: `problem` says why not. */
static inline bool read_command(const struct connection *connection,
                                const struct command_spec *spec, const struct resp_request *request,
                                struct command *command, struct problem *problem)
{
    problem->code = NULL;
    if (!command_parse(spec, request, command, problem->words, sizeof(problem->words))) {
        problem->code = "ERR";
    } else if (!access_allows(connection->user, spec, command, problem->words,
                              sizeof(problem->words))) {
        problem->code = "NOPERM";
    }
    return problem->code == NULL;
}

/* Carries out or gathers one parsed request. */
static void dispatch(struct connection *connection, const struct resp_request *request)
{
    struct server *server = connection->server;
    struct turn *turn = &server->turn;
    const struct command_spec *spec = spec_of(turn, request->arguments[0]);
    struct command *command = &turn->commands[turn->count];
    struct problem problem;
    if (__builtin_expect(spec != NULL && connection->authenticated, 1)) {
        connection->last_command = spec->name;
        bool fine = read_command(connection, spec, request, command, &problem);
        if (__builtin_expect(fine && goes_in_groups(spec->type) && server->standing == JOURNAL_SURE,
                             1)) {
            turn->clients[turn->count++] = connection;
            if (turn->count == TURN_COMMANDS) {
                carry_out(server);
            }
            return;
        }
    }
    struct command aside = *command;
    carry_out(server);
    if (connection->closed) {
        return;
    }
    int64_t began_us = clock_monotonic_us();
    if (spec != NULL && connection->authenticated) {
        answer_aside(connection, &aside, &problem);
    } else {
        answer_other(connection, request);
    }
    if (!connection->closed) {
        note_if_slow(connection, clock_monotonic_us() - began_us, COMMAND_NONE, 1);
    }
}

static void protocol_error(struct connection *connection, const char *problem)
{
    struct server *server = connection->server;
    carry_out(server);
    server->stats.protocol_errors++;
    log_limited(1000, LOG_WARN, "protocol_error", LOG_TEXT("address", connection->address),
                LOG_TEXT("problem", problem));
    struct resp_writer writer = writer_of(connection);
    resp_error(&writer, "ERR", "Protocol error: %s", problem);
    reply_end(connection, &writer, 0);
    connection->length = 0;
    connection_finish(connection);
}

static void parse(struct connection *connection)
{
    struct server *server = connection->server;
    struct resp_request *request = &server->turn.request;
    if (server->handover_asked) {
        connection->length = 0; /* the journal takes nothing more: never carried out */
    }
    while (connection->length > 0 && !connection->closed && !connection->closing) {
        if (connection_is_full(connection)) {
            connection->stalled = true;
            (void)event_del(&connection->read_event);
            return;
        }
        const struct resp_limits *limits = connection->authenticated ? &limits_of_clients
                                                                     : &limits_of_strangers;
        size_t consumed = 0;
        const char *problem = "";
        enum resp_status status = resp_parse(connection->bytes, connection->length, limits, request,
                                             &consumed, &problem);
        if (status == RESP_MORE) {
            if (connection->length > (size_t)server->options->query_bytes_max) {
                protocol_error(connection, "too big request");
            }
            return;
        }
        if (status == RESP_BAD) {
            protocol_error(connection, problem);
            return;
        }
        connection->bytes += consumed;
        connection->length -= consumed;
        if (request->count > 0) {
            dispatch(connection, request);
        }
        if (connection->doubtful) { /* it was not answered: it comes again */
            connection->bytes -= consumed;
            connection->length += consumed;
            (void)event_del(&connection->read_event);
            return;
        }
    }
    if (connection->closing) {
        connection->length = 0;
    }
}

void turn_clear_doubt(struct server *server)
{
    if (!server->any_doubtful) {
        return;
    }
    server_look_at_standing(server);
    if (server->standing == JOURNAL_DOUBTFUL) {
        return;
    }
    server->any_doubtful = false;
    for (struct connection *at = server->connections; at != NULL; at = at->next) {
        if (at->doubtful) {
            at->doubtful = false;
            at->bytes = at->pending;
            at->length = at->pending_length;
            if (server->state < SERVER_STOPPING) {
                (void)event_add(&at->read_event, NULL);
            }
            connection_make_ready(at);
        }
    }
}

/* Looks at the clocks when a turn's first work begins. The thread's CPU time costs a system call: a small turn is
 * bounded by the time it took. */
static void turn_begin(struct server *server)
{
    struct turn *turn = &server->turn;
    if (turn->began_us == 0) {
        turn->began_us = clock_monotonic_us();
        turn->cpu_began_us = turn->bytes >= LARGE_TURN_BYTES ? clock_thread_us() : 0;
    }
}

void turn_end(struct server *server)
{
    struct turn *turn = &server->turn;
    if (turn->began_us == 0) {
        return;
    }
    int64_t now_us = clock_monotonic_us();
    int64_t took_us = now_us - turn->began_us;
    struct server_stats *stats = &server->stats;
    stats->turn_us_max = took_us > stats->turn_us_max ? took_us : stats->turn_us_max;
    if (turn->cpu_began_us != 0) {
        int64_t cpu_us = clock_thread_us() - turn->cpu_began_us;
        stats->turn_cpu_us_max = cpu_us > stats->turn_cpu_us_max ? cpu_us : stats->turn_cpu_us_max;
    }
    if (turn->direct > 0) {
        latency_add(&server->latency_direct, took_us, turn->direct);
        turn->direct = 0;
    }
    turn->began_us = 0;
    turn->bytes = 0;
}

void turn_execute(struct server *server)
{
    struct connection *ready = server->ready;
    server->ready = NULL;
    if (ready == NULL) {
        return;
    }
    turn_begin(server);
    server_look_at_clock(server);
    server_look_at_standing(server);
    for (struct connection *at = ready; at != NULL; at = at->next_ready) {
        parse(at);
    }
    carry_out(server);
    while (ready != NULL) {
        struct connection *next = ready->next_ready;
        ready->ready = false;
        ready->next_ready = NULL;
        connection_keep_rest(ready);
        ready = next;
    }
    server->turn.shared_used = 0;
}
