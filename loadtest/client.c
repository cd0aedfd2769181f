/* client.c -- a blocking RESP client with pipelining. */
#include "client.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

static const int answer_wait_ms = 30000;
static const double loading_patience_s = 120;
static const size_t inbox_bytes_least = 256 * 1024;

struct client {
    int socket;
    const struct endpoint *endpoint;
    char *out;
    size_t out_used, out_room;
    char *in;
    size_t in_from, in_used, in_room; /* unread bytes: in[in_from .. in_used) */
};

static void append(struct client *client, const char *bytes, size_t length)
{
    if (client->out_used + length > client->out_room) {
        client->out_room = 2 * (client->out_used + length) + 1024;
        client->out = memory_resized(client->out, client->out_room, 1);
    }
    if (length)
        memcpy(client->out + client->out_used, bytes, length);
    client->out_used += length;
}

static bool ready_wait(const struct client *client, short events)
{
    struct pollfd wait = {.fd = client->socket, .events = events};
    int ready;
    do
        ready = poll(&wait, 1, answer_wait_ms);
    while (ready < 0 && errno == EINTR);
    return ready > 0;
}

/* What one attempt to open a connection came to. */
enum attempt { ATTEMPT_OPEN, ATTEMPT_NOBODY, ATTEMPT_LOADING, ATTEMPT_REFUSED };

/* Tell a server that will answer soon from one that never will. */
static enum attempt refusal_of(const struct client *client, struct span text,
                               struct failure *failure)
{
    static const char *const passing[] = {"LOADING", "TRYAGAIN", "BUSY", "MASTERDOWN"};
    bool locked = text.length > 6 && memcmp(text.bytes, "NOAUTH", 6) == 0;
    failure_set(failure, "%s answered the greeting with \"%.*s\"%s", client->endpoint->name,
                (int)text.length, text.bytes,
                locked ? "; give its --password or --password-file" : "");
    for (size_t i = 0; i < sizeof passing / sizeof passing[0]; i++) {
        size_t length = strlen(passing[i]);
        if (text.length >= length && memcmp(text.bytes, passing[i], length) == 0)
            return ATTEMPT_LOADING;
    }
    return ATTEMPT_REFUSED;
}

static enum attempt client_connect(struct client *client, struct failure *failure)
{
    const struct endpoint *endpoint = client->endpoint;
    client->socket = endpoint_start(endpoint);
    int error = client->socket < 0 ? errno : 0;
    if (!error && !ready_wait(client, POLLOUT))
        error = ETIMEDOUT;
    if (!error)
        error = endpoint_socket_error(client->socket);
    if (error) {
        failure_set(failure,
                    "cannot connect to %s: %s; start the server, or name another place with "
                    "--host and --port or --unix",
                    endpoint->name, strerror(error));
        return ATTEMPT_NOBODY;
    }
    append(client, endpoint->greeting, endpoint->greeting_bytes);
    append(client, endpoint->probe, strlen(endpoint->probe));
    for (uint32_t i = 0; i < endpoint->greeting_count + 1; i++) {
        struct reply reply;
        if (!client_read(client, &reply, failure))
            return ATTEMPT_NOBODY;
        if (reply.first.kind == REPLY_ERROR)
            return refusal_of(client, reply.first.text, failure);
    }
    return ATTEMPT_OPEN;
}

struct client *client_open(const struct endpoint *endpoint, double patience_s,
                           struct failure *failure)
{
    struct client *client = memory_zeroed(1, sizeof *client);
    client->endpoint = endpoint;
    client->in_room = inbox_bytes_least;
    client->in = memory_resized(NULL, client->in_room, 1);
    uint64_t begin_ns = clock_ns();
    bool told = false;
    for (;;) {
        enum attempt attempt = client_connect(client, failure);
        if (attempt == ATTEMPT_OPEN)
            return client;
        if (client->socket >= 0)
            close(client->socket);
        client->socket = -1;
        client->out_used = client->in_used = client->in_from = 0;
        bool loading = attempt == ATTEMPT_LOADING;
        double waited_s = (double)(clock_ns() - begin_ns) / 1e9;
        double most_s = loading && patience_s < loading_patience_s ? loading_patience_s
                                                                   : patience_s;
        if (attempt == ATTEMPT_REFUSED || waited_s >= most_s) {
            client_close(&client);
            return NULL;
        }
        if (loading && !told)
            fprintf(stderr, "boon-load: waiting: %s\n", failure->text);
        told |= loading;
        usleep(100000);
    }
}

void client_close(struct client **client)
{
    if (!*client)
        return;
    if ((*client)->socket >= 0)
        close((*client)->socket);
    free((*client)->out);
    free((*client)->in);
    free(*client);
    *client = NULL;
}

void client_add(struct client *client, size_t count, const struct span *words)
{
    char head[32];
    int length = snprintf(head, sizeof head, "*%zu\r\n", count);
    append(client, head, (size_t)length);
    for (size_t i = 0; i < count; i++) {
        length = snprintf(head, sizeof head, "$%zu\r\n", words[i].length);
        append(client, head, (size_t)length);
        append(client, words[i].bytes, words[i].length);
        append(client, "\r\n", 2);
    }
}

void client_add_written(struct client *client, const char *bytes, size_t length)
{
    append(client, bytes, length);
}

static bool lost(const struct client *client, const char *why, struct failure *failure)
{
    return failure_set(failure, "the connection to %s broke: %s", client->endpoint->name, why);
}

static bool client_flush(struct client *client, struct failure *failure)
{
    size_t sent = 0;
    while (sent < client->out_used) {
        ssize_t took = send(client->socket, client->out + sent, client->out_used - sent,
                            MSG_NOSIGNAL);
        if (took < 0 && errno == EINTR)
            continue;
        if (took < 0 && errno == EAGAIN && ready_wait(client, POLLOUT))
            continue;
        if (took < 0)
            return lost(client, strerror(errno), failure);
        sent += (size_t)took;
    }
    client->out_used = 0;
    return true;
}

/* Read at least one byte behind the unread ones. */
static bool client_fill(struct client *client, struct failure *failure)
{
    if (client->in_from > 0) {
        client->in_used -= client->in_from;
        memmove(client->in, client->in + client->in_from, client->in_used);
        client->in_from = 0;
    }
    if (client->in_used == client->in_room) {
        client->in_room *= 2;
        client->in = memory_resized(client->in, client->in_room, 1);
    }
    for (;;) {
        ssize_t took = recv(client->socket, client->in + client->in_used,
                            client->in_room - client->in_used, 0);
        if (took > 0) {
            client->in_used += (size_t)took;
            return true;
        }
        if (took == 0)
            return lost(client, "the server closed it", failure);
        if (errno == EINTR)
            continue;
        if (errno != EAGAIN)
            return lost(client, strerror(errno), failure);
        if (!ready_wait(client, POLLIN))
            return lost(client, "no answer for 30 seconds", failure);
    }
}

bool client_read(struct client *client, struct reply *reply, struct failure *failure)
{
    if (!client_flush(client, failure))
        return false;
    for (;;) {
        size_t unread = client->in_used - client->in_from;
        enum reply_scan found = reply_scan(client->in + client->in_from, unread, reply);
        if (found == REPLY_BAD)
            return lost(client, "the server does not speak RESP", failure);
        if (found == REPLY_CONSUMED) {
            client->in_from += reply->length;
            if (reply->first.kind != REPLY_ASIDE)
                return true;
            continue;
        }
        if (!client_fill(client, failure))
            return false;
    }
}
