/* http.c -- the way of a request: guard, route, caller, command, step, answer, held until durable. */
#include "net/http_inside.h"

#include <event2/http_struct.h>
#include <event2/listener.h>
#include <sodium/randombytes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/queue.h>
#include <unistd.h>

#include "engine/bug.h"
#include "net/access.h"
#include "net/clock.h"
#include "net/definition.h"
#include "net/http_guard.h"
#include "net/listener.h"
#include "net/log.h"
#include "net/server.h"
#include "net/step.h"
#include "net/word.h"

/* Then the turn comes: what is durable leaves, what was changed goes to the journal. Each request is a callback of its
 * own in the loop, and a hundred of them would keep all others waiting for a millisecond and more. */
#define HANDLED_AT_ONCE 24U
#define METHODS                                                                                    \
    (EVHTTP_REQ_GET | EVHTTP_REQ_HEAD | EVHTTP_REQ_POST | EVHTTP_REQ_PUT | EVHTTP_REQ_DELETE |     \
     EVHTTP_REQ_OPTIONS | EVHTTP_REQ_TRACE | EVHTTP_REQ_CONNECT | EVHTTP_REQ_PATCH)

/* --- business commands --------------------------------------------------------------------------- */

void http_doubt(struct http_call *call)
{
    struct http *http = call->http;
    ASSERT(http->doubtful_count < http->held_size);
    http->doubtful[http->doubtful_count++] = call->request;
}

static void step(struct http_call *call, const struct command_spec *spec, struct command *command)
{
    struct server *server = call->server;
    const struct outcome *outcome = &server->turn.outcome;
    call->command = spec->name;
    engine_prefetch(server->engine, command, 1); /* fills what the step looks up */
    enum step_status status = step_command(server, command);
    server->stats.commands += status == STEP_DOUBTFUL ? 0 : 1;
    switch (status) {
    case STEP_DONE:
    case STEP_STALE:
        http_reply_write(&call->reply, server->engine, command, outcome);
        if (outcome->repeated) {
            http_add_header(call, "Idempotent-Replayed", "true");
        }
        if (status == STEP_STALE) {
            http_add_header(call, "Boon-Stale", "true");
        }
        http_send(call, status == STEP_STALE ? 0 : outcome->gate);
        return;
    case STEP_LOADING:
        http_refuse(call, HTTP_PROBLEM_LOADING, "");
        return;
    case STEP_BUSY:
        http_refuse(call, HTTP_PROBLEM_BUSY, "");
        return;
    case STEP_DOUBTFUL:
        http_doubt(call);
        return;
    case STEP_UNSURE:
        http_refuse(call, HTTP_PROBLEM_UNSURE, "");
        return;
    }
}

/* Carries out a command, with its document compiled if it has one. */
static void carry_out(struct http_call *call, const struct command_spec *spec,
                      struct command *command)
{
    if (command->type != COMMAND_CAMPAIGN_PUT) {
        step(call, spec, command);
        server_look_at_clock(call->server); /* CLOCK.SET may have moved it */
        return;
    }
    struct definition definition;
    struct definition_mistakes mistakes;
    struct document *document = &command->as.campaign_put.document;
    if (definition_compile(&definition, document->source, &mistakes) != DEFINITION_OK) {
        call->server->stats.outcomes[REFUSAL_INVALID]++;
        http_reply_mistakes(&call->reply, &mistakes);
        http_send(call, 0);
        return;
    }
    document->definition = &definition.campaign;
    step(call, spec, command);
    definition_deinit(&definition);
}

static void on_command(struct http_call *call, const struct http_match *match)
{
    struct http_command *http = &call->http->command;
    struct http_ask ask = {.query = call->query,
                           .body = http_body(call),
                           .body_is_json = http_body_is_json(call),
                           .request = http_unquoted(call->headers.request),
                           .if_match = call->headers.if_match,
                           .if_none_match = call->headers.if_none_match,
                           .reason = call->headers.reason};
    char problem[ACCESS_PROBLEM_BYTES];
    call->reply.request = ask.request;
    if (!http_command_parse(http, match, &ask)) {
        http_refuse(call, http->problem, http->detail);
    } else if (!access_allows(call->user, match->spec, &http->command, problem, sizeof(problem))) {
        http_refuse(call, HTTP_PROBLEM_NOT_ALLOWED, problem);
    } else if (http->command.type == COMMAND_CLOCK_SET &&
               call->server->options->clock != OPTIONS_CLOCK_MANUAL) {
        http_refuse(call, HTTP_PROBLEM_NOT_ALLOWED,
                    "the server was not started with --clock manual");
    } else {
        carry_out(call, match->spec, &http->command);
    }
    http_command_end(http);
}

/* --- the way of a request -------------------------------------------------------------------------- */

/* Which of the table's methods a request has; HTTP_ROUTE_NO_METHOD: none of them. */
static enum command_method method_of(enum evhttp_cmd_type command)
{
    switch (command) {
    case EVHTTP_REQ_GET:
    case EVHTTP_REQ_HEAD:
        return COMMAND_METHOD_GET;
    case EVHTTP_REQ_PUT:
        return COMMAND_METHOD_PUT;
    case EVHTTP_REQ_POST:
        return COMMAND_METHOD_POST;
    default:
        return HTTP_ROUTE_NO_METHOD;
    }
}

static void wrong_method(struct http_call *call, uint32_t methods)
{
    char allow[48];
    snprintf(allow, sizeof(allow), "%s%s%s%s",
             (methods & 1U << COMMAND_METHOD_GET) != 0 ? "GET, HEAD" : "",
             (methods & 1U << COMMAND_METHOD_GET) != 0 && methods != 1U << COMMAND_METHOD_GET ? ", "
                                                                                              : "",
             (methods & 1U << COMMAND_METHOD_PUT) != 0 ? "PUT" : "",
             (methods & 1U << COMMAND_METHOD_POST) != 0 ? "POST" : "");
    http_add_header(call, "Allow", allow);
    http_refuse(call, HTTP_PROBLEM_METHOD_NOT_ALLOWED, "");
}

static void route(struct http_call *call)
{
    static struct http_match match;
    switch (http_route(method_of(call->method), call->path, &match)) {
    case HTTP_ROUTE_FOUND:
        if (http_caller(call)) {
            on_command(call, &match);
        }
        return;
    case HTTP_ROUTE_OTHER_METHOD:
        wrong_method(call, match.methods);
        return;
    case HTTP_ROUTE_NONE:
        break;
    }
    if (!http_aside(call)) {
        http_refuse(call, HTTP_PROBLEM_NOT_FOUND, "");
    }
}

/* Answers bytes that could be read in two ways, and closes: nothing after them can be trusted. */
static void reject(struct http_call *call, const char *wrong)
{
    call->server->stats.http_refused++;
    log_limited(1000, LOG_WARN, "http_refused", LOG_TEXT("why", wrong));
    /* evhttp would answer in the version asked for. */
    call->request->major = call->request->minor = 1;
    http_add_header(call, "Connection", "close");
    http_refuse(call, HTTP_PROBLEM_BAD_REQUEST, wrong);
}

static bool prefers_chinese(const struct http_call *call)
{
    struct text language = call->headers.language;
    return language.length >= 2 && word_is((struct text){language.data, 2}, "zh");
}

static void handle(struct http *http, struct evhttp_request *request)
{
    struct server *server = http->server;
    struct http_call call = {.http = http,
                             .server = server,
                             .request = request,
                             .peer = http_peer_of(&http->peers, request),
                             .method = evhttp_request_get_command(request),
                             .began_us = clock_monotonic_us(),
                             .type = HTTP_TYPE_JSON};
    call.reply.out.buffer = evhttp_request_get_output_buffer(request);
    if (call.peer == NULL || call.peer->surplus) { /* it is not counted anywhere: evhttp ends it */
        evhttp_add_header(evhttp_request_get_output_headers(request), "Connection", "close");
        evhttp_send_reply(request, 503, http_reason(503), NULL);
        return;
    }
    const char *wrong = http_guard(request, &call.headers);
    http_peer_handling(call.peer);
    call.reply.chinese = prefers_chinese(&call);
    if (wrong == NULL) {
        wrong = call.peer->wire.wrong;
    }
    if (call.method == EVHTTP_REQ_CONNECT) {
        request->type =
            EVHTTP_REQ_GET; /* else evhttp frames no body, and goes on reading behind it */
        wrong = "CONNECT: this is no proxy";
    }
    if (wrong == NULL) {
        wrong = http_guard_target(request, &call.headers, &call.path, &call.query);
        call.reply.instance = call.path;
    }
    if (wrong != NULL) {
        reject(&call, wrong);
    } else if (http->held_count + http->doubtful_count + 1 >= http->held_size) {
        http_refuse(&call, HTTP_PROBLEM_BUSY,
                    ""); /* requests whose connections are gone wait too */
    } else if (server->state >= SERVER_STOPPING) {
        http_add_header(&call, "Connection", "close");
        http_refuse(&call, HTTP_PROBLEM_STOPPING, "");
    } else if (!access_asks(server) && !http_guard_host_is_plain(&call.headers)) {
        http_refuse(&call, HTTP_PROBLEM_NOT_ALLOWED,
                    "without a password or a users file, the Host must be localhost or an address");
    } else if (call.method != EVHTTP_REQ_GET && http_guard_is_foreign(&call.headers)) {
        http_refuse(&call, HTTP_PROBLEM_NOT_ALLOWED,
                    "the request comes from a page of another site");
    } else {
        server_look_at_clock(server);
        server_look_at_standing(server);
        route(&call);
    }
}

static void on_request(struct evhttp_request *request, void *context)
{
    struct http *http = context;
    http->server->stats.http_requests++;
    if (++http->handled >= HANDLED_AT_ONCE) {
        (void)event_base_loopbreak(http->server->base);
    }
    handle(http, request);
}

void http_turn(struct http *http)
{
    if (http == NULL) {
        return;
    }
    http->handled = 0;
    http_peers_turn(&http->peers);
    if (http->doubtful_count == 0) {
        return;
    }
    server_look_at_standing(http->server);
    if (http->server->standing == JOURNAL_DOUBTFUL) {
        return;
    }
    uint32_t count = http->doubtful_count;
    http->doubtful_count = 0;
    for (uint32_t at = 0; at < count; at++) {
        handle(http, http->doubtful[at]);
    }
}

void http_tick(struct http *http)
{
    if (http == NULL) {
        return;
    }
    http_peers_tick(&http->peers);
    http->server->http_clients = http->peers.count;
    http->server->stats.http_timeouts = http->peers.timeouts;
    http->server->stats.http_connections = http->peers.accepted;
}

void http_frame(struct http *http)
{
    if (http != NULL) {
        http_live_frame(http->live);
    }
}

/* --- life ------------------------------------------------------------------------------------------ */

static void on_libevent(int severity, const char *message)
{
    log_limited(1000, severity >= EVENT_LOG_WARN ? LOG_WARN : LOG_DEBUG, "libevent",
                LOG_TEXT("message", message));
}

static bool set_up(struct http *http)
{
    const struct options *options = http->server->options;
    uint32_t limit = (uint32_t)options->http_max_clients;
    http->held_size = 1;
    while (http->held_size < limit + 2) {
        http->held_size *= 2;
    }
    http->held = calloc(http->held_size, sizeof(*http->held));
    http->doubtful = calloc(http->held_size, sizeof(struct evhttp_request *));
    http->live = http_live_create(http);
    http->evhttp = evhttp_new(http->server->base);
    if (http->held == NULL || http->doubtful == NULL || http->live == NULL ||
        http->evhttp == NULL ||
        !http_peers_init(&http->peers, limit, options->http_timeout_ms, &http->server->tick_ms)) {
        return false;
    }
    evhttp_set_bevcb(http->evhttp, http_peers_accept, &http->peers);
    evhttp_set_gencb(http->evhttp, on_request, http);
    evhttp_set_allowed_methods(http->evhttp, METHODS);
    evhttp_set_max_headers_size(http->evhttp, HTTP_HEADER_BYTES_MAX);
    evhttp_set_max_body_size(http->evhttp, HTTP_BODY_BYTES_MAX);
    evhttp_set_default_content_type(http->evhttp, NULL);
    event_set_log_callback(on_libevent);
    randombytes_buf(http->session_key, sizeof(http->session_key));
    return true;
}

struct http *http_open(struct server *server, char *message, size_t size)
{
    struct http *http = calloc(1, sizeof(*http));
    if (http == NULL) {
        snprintf(message, size, "out of memory");
        return NULL;
    }
    http->server = server;
    if (!set_up(http)) {
        snprintf(message, size, "out of memory");
        http_destroy(&http);
        return NULL;
    }
    int fd = listener_bind(server->options->bind, server->options->http_port, "--http-port",
                           &http->port, message, size);
    if (fd < 0) {
        http_destroy(&http);
        return NULL;
    }
    http->bound = evhttp_accept_socket_with_handle(http->evhttp, fd);
    if (http->bound == NULL) {
        snprintf(message, size, "out of memory");
        (void)close(fd);
        http_destroy(&http);
        return NULL;
    }
    http->peers.listener = evhttp_bound_socket_get_listener(http->bound);
    return http;
}

void http_stop(struct http *http)
{
    if (http != NULL && http->bound != NULL) {
        evhttp_del_accept_socket(http->evhttp, http->bound);
        http->bound = NULL;
        http->peers.listener = NULL;
    }
}

/* Frees a request that was never answered: its connection has it no more. */
static void drop(struct evhttp_request *request)
{
    if (evhttp_request_get_connection(request) == NULL) {
        evhttp_request_free(request);
    }
}

void http_destroy(struct http **http)
{
    if (*http == NULL) {
        return;
    }
    for (uint32_t at = 0; at < (*http)->held_count; at++) {
        drop((*http)->held[((*http)->held_first + at) & ((*http)->held_size - 1)].request);
    }
    for (uint32_t at = 0; at < (*http)->doubtful_count; at++) {
        drop((*http)->doubtful[at]);
    }
    if ((*http)->evhttp != NULL) {
        evhttp_free((*http)->evhttp);
    }
    http_live_destroy(&(*http)->live); /* its pages went with their connections */
    if ((*http)->peers.by_fd != NULL) {
        http_peers_deinit(&(*http)->peers);
    }
    free((*http)->openapi);
    free((*http)->held);
    free((*http)->doubtful);
    free(*http);
    *http = NULL;
}

uint16_t http_port(const struct http *http)
{
    return http == NULL ? 0 : http->port;
}

uint32_t http_held(const struct http *http)
{
    return http == NULL ? 0 : http->held_count;
}
