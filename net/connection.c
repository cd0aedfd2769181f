/* connection.c -- accept to close, and bytes out. */
#include "net/connection.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "engine/bug.h"
#include "net/log.h"
#include "net/server.h"

#define SENT_AT_ONCE_MAX ((size_t)256 * 1024) /* so that one client does not hold up a turn */
#define STALL_BYTES ((size_t)1024 * 1024)     /* replies waiting at which requests are not read */
#define CLOSE_READS_MAX 16
#define STRANGER_MS 10000  /* to give the password, where there is one */
#define REST_AFTER_MS 2000 /* idle time after which buffers are given back */

static void on_read(evutil_socket_t fd, short what, void *context)
{
    (void)fd;
    (void)what;
    turn_read(context);
}

static void on_write(evutil_socket_t fd, short what, void *context)
{
    (void)fd;
    (void)what;
    connection_flush(context);
}

static void refuse(int fd, const char *message)
{
    (void)send(fd, message, strlen(message), MSG_NOSIGNAL | MSG_DONTWAIT);
    (void)close(fd);
}

struct connection *connection_open(struct server *server, int fd, const char *address)
{
    if (server->connection_count >= (uint32_t)server->options->max_clients) {
        server->stats.rejected++;
        refuse(fd, "-ERR max number of clients reached\r\n");
        return NULL;
    }
    struct connection *connection = calloc(1, sizeof(*connection));
    if (connection == NULL) {
        refuse(fd, "-ERR out of memory\r\n");
        return NULL;
    }
    connection->server = server;
    connection->fd = fd;
    connection->version = 2;
    connection->authenticated = !access_asks(server);
    connection->id = ++server->next_connection_id;
    connection->since_ms = connection->active_ms = server->tick_ms;
    connection->last_command = "";
    snprintf(connection->address, sizeof(connection->address), "%s", address);
    if (event_assign(&connection->read_event, server->base, fd, EV_READ | EV_PERSIST, on_read,
                     connection) != 0 ||
        event_assign(&connection->write_event, server->base, fd, EV_WRITE | EV_PERSIST, on_write,
                     connection) != 0 ||
        event_add(&connection->read_event, NULL) != 0) {
        refuse(fd, "-ERR out of memory\r\n");
        free(connection);
        return NULL;
    }
    connection->next = server->connections;
    if (connection->next != NULL) {
        connection->next->previous = connection;
    }
    server->connections = connection;
    server->connection_count++;
    server->stats.connections++;
    return connection;
}

static void leave_held(struct connection *connection)
{
    if (!connection->held) {
        return;
    }
    if (connection->previous_held != NULL) {
        connection->previous_held->next_held = connection->next_held;
    } else {
        connection->server->held = connection->next_held;
    }
    if (connection->next_held != NULL) {
        connection->next_held->previous_held = connection->previous_held;
    }
    connection->next_held = connection->previous_held = NULL;
    connection->held = false;
}

static void enter_held(struct connection *connection)
{
    if (connection->held) {
        return;
    }
    struct server *server = connection->server;
    connection->held = true;
    connection->previous_held = NULL;
    connection->next_held = server->held;
    if (server->held != NULL) {
        server->held->previous_held = connection;
    }
    server->held = connection;
}

/* Closes so that the last answers arrive: bytes left unread would make the kernel reset the connection
 * and the client's drop what it has not read yet. */
static void close_politely(int fd)
{
    char unread[4096];
    (void)shutdown(fd, SHUT_WR);
    for (int reads = 0; reads < CLOSE_READS_MAX; reads++) {
        if (recv(fd, unread, sizeof(unread), MSG_DONTWAIT) <= 0) {
            break;
        }
    }
    (void)close(fd);
}

void connection_close(struct connection *connection, const char *reason)
{
    if (connection->closed) {
        return;
    }
    struct server *server = connection->server;
    log_event(LOG_DEBUG, "connection_closed", LOG_UNSIGNED("id", connection->id),
              LOG_TEXT("address", connection->address), LOG_TEXT("reason", reason));
    connection->closed = true;
    (void)event_del(&connection->read_event);
    (void)event_del(&connection->write_event);
    close_politely(connection->fd);
    leave_held(connection);
    if (connection->previous != NULL) {
        connection->previous->next = connection->next;
    } else {
        server->connections = connection->next;
    }
    if (connection->next != NULL) {
        connection->next->previous = connection->previous;
    }
    connection->previous = NULL;
    connection->next = server->closed;
    server->closed = connection;
    ASSERT(server->connection_count > 0);
    server->connection_count--;
}

void connection_free(struct connection *connection)
{
    ASSERT(connection->closed && !connection->held);
    output_deinit(&connection->output);
    free(connection->pending);
    free(connection);
}

void connection_finish(struct connection *connection)
{
    connection->closing = true;
    (void)event_del(&connection->read_event);
    connection_wait(connection);
}

void connection_wait(struct connection *connection)
{
    if (!connection->waiting && !connection->closed) {
        connection->waiting = true;
        connection->next_waiting = connection->server->waiting;
        connection->server->waiting = connection;
    }
}

void connection_make_ready(struct connection *connection)
{
    if (!connection->ready) {
        connection->ready = true;
        connection->next_ready = connection->server->ready;
        connection->server->ready = connection;
    }
}

bool connection_is_full(const struct connection *connection)
{
    const struct options *options = connection->server->options;
    size_t limit = (size_t)options->output_bytes_max / 2;
    return output_waiting(&connection->output) > (limit < STALL_BYTES ? limit : STALL_BYTES) ||
           connection->output.held >= (uint32_t)options->max_pipeline;
}

static void arm_write(struct connection *connection, bool armed)
{
    if (connection->writing != armed) {
        connection->writing = armed;
        if (armed) {
            (void)event_add(&connection->write_event, NULL);
        } else {
            (void)event_del(&connection->write_event);
        }
    }
}

/* Goes on with requests that waited for replies to drain. */
static void resume(struct connection *connection)
{
    if (connection->stalled && !connection->closing &&
        connection->server->state < SERVER_STOPPING &&
        output_waiting(&connection->output) < STALL_BYTES / 4 &&
        connection->output.held <= (uint32_t)connection->server->options->max_pipeline / 2) {
        connection->stalled = false;
        (void)event_add(&connection->read_event, NULL);
        connection->bytes = connection->pending;
        connection->length = connection->pending_length;
        connection_make_ready(connection);
    }
}

void connection_flush(struct connection *connection)
{
    if (connection->closed) {
        return;
    }
    struct output *output = &connection->output;
    const char *bytes;
    size_t length;
    size_t total = 0;
    while ((length = output_sendable(output, &bytes)) > 0 && total < SENT_AT_ONCE_MAX) {
        ssize_t sent = send(connection->fd, bytes, length, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent < 0) {
            if (errno == EINTR) {
                continue;
            }
            if (errno == EAGAIN || errno == EWOULDBLOCK) {
                break;
            }
            connection_close(connection, "the client is gone");
            return;
        }
        output_sent(output, (size_t)sent);
        total += (size_t)sent;
        connection->server->stats.bytes_out += (uint64_t)sent;
    }
    arm_write(connection, output_sendable(output, &bytes) > 0);
    if (output_waiting(output) == 0 && connection->closing) {
        connection_close(connection, "finished");
        return;
    }
    if (output_waiting(output) > (size_t)connection->server->options->output_bytes_max) {
        log_limited(1000, LOG_WARN, "slow_reader", LOG_TEXT("address", connection->address),
                    LOG_UNSIGNED("bytes", output_waiting(output)));
        connection_close(connection, "too many replies unread");
        return;
    }
    if (output->mark_count > 0) {
        enter_held(connection);
    }
    resume(connection);
}

void connection_release(struct connection *connection)
{
    struct server *server = connection->server;
    output_release(&connection->output, server->durable_seq, &server->waited);
    if (connection->output.mark_count == 0) {
        leave_held(connection);
    }
    connection_flush(connection);
}

void connection_keep_rest(struct connection *connection)
{
    size_t rest = connection->length;
    char *bytes = connection->bytes;
    connection->bytes = NULL;
    connection->length = 0;
    if (connection->closed || rest == 0) {
        free(connection->pending);
        connection->pending = NULL;
        connection->pending_length = connection->pending_capacity = 0;
        return;
    }
    if (rest > connection->pending_capacity) {
        char *grown = realloc(connection->pending, rest);
        if (grown == NULL) {
            connection_close(connection, "out of memory");
            return;
        }
        connection->pending = grown;
        connection->pending_capacity = rest;
    }
    memmove(connection->pending, bytes, rest);
    connection->pending_length = rest;
}

void connection_rest(struct connection *connection)
{
    int64_t now_ms = connection->server->tick_ms;
    int64_t idle_ms = now_ms - connection->active_ms;
    int64_t timeout_ms = connection->server->options->idle_timeout_ms;
    if (timeout_ms > 0 && idle_ms > timeout_ms) {
        connection_close(connection, "idle");
        return;
    }
    if (!connection->authenticated && now_ms - connection->since_ms > STRANGER_MS) {
        connection_close(connection, "not authenticated in time");
        return;
    }
    if (idle_ms > REST_AFTER_MS) {
        output_trim(&connection->output);
    }
}
