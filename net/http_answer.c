/* http_answer.c -- an answer's headers; held until durable; written at once. */
#include <event2/bufferevent.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "engine/bug.h"
#include "net/clock.h"
#include "net/http_inside.h"
#include "net/server.h"
#include "net/slowlog.h"
#include "net/word.h"

void http_add_header(const struct http_call *call, const char *name, const char *value)
{
    struct evkeyvalq *headers = evhttp_request_get_output_headers(call->request);
    (void)evhttp_add_header(headers, name, value);
}

/* Writes an answer at once, and has evhttp look for the next request: its own way is to wait until the socket is
 * writable, which costs the kernel four calls more for each request. */
static void send_at_once(const struct http_peer *peer)
{
    struct bufferevent *bufferevent = peer->bufferevent;
    struct evbuffer *output = bufferevent_get_output(bufferevent);
    (void)evbuffer_unfreeze(output, 1);
    (void)evbuffer_write(output, peer->fd); /* what went wrong evhttp will see */
    (void)evbuffer_freeze(output, 1);
    if (evbuffer_get_length(output) == 0) {
        bufferevent_trigger(bufferevent, EV_WRITE, BEV_TRIG_IGNORE_WATERMARKS);
    }
}

/* Gives the answer to evhttp, whose request it is from then on; request, connection and peer may be gone afterwards. */
static void send_now(struct http *http, struct evhttp_request *request, int status)
{
    struct http_peer *peer = http_peer_of(&http->peers, request);
    evhttp_send_reply(request, status, http_reason(status), NULL);
    if (peer != NULL) {
        http_peer_answered(peer);
        send_at_once(peer);
    }
}

static void hold(struct http *http, const struct http_held *held)
{
    ASSERT(http->held_count < http->held_size);
    uint32_t last = (http->held_first + http->held_count - 1) & (http->held_size - 1);
    uint32_t at = (http->held_first + http->held_count) & (http->held_size - 1);
    http->held[at] = *held;
    /* In order: one may wait longer than it needs to, and never too short. */
    if (http->held_count > 0 && http->held[last].gate > held->gate) {
        http->held[at].gate = http->held[last].gate;
    }
    http->held_count++;
}

/* What RFC 9110 says of HEAD: the headers of GET, and no body. */
static void behead(const struct http_call *call)
{
    struct evbuffer *body = evhttp_request_get_output_buffer(call->request);
    char length[24];
    snprintf(length, sizeof(length), "%zu", evbuffer_get_length(body));
    http_add_header(call, "Content-Length", length);
    (void)evbuffer_drain(body, evbuffer_get_length(body));
}

/* Notes in the SLOWLOG what took longer than the operator wants. */
static void note_if_slow(const struct http_call *call, int64_t took_us)
{
    const struct server *server = call->server;
    if (__builtin_expect(took_us <= server->options->slowlog_us || call->command == NULL, 1)) {
        return;
    }
    char *host = NULL;
    uint16_t port = 0;
    char address[96];
    evhttp_connection_get_peer(evhttp_request_get_connection(call->request), &host, &port);
    snprintf(address, sizeof(address), "%s:%u", host == NULL ? "" : host, port);
    slowlog_note(server->slowlog, server->now_ms, took_us, call->command, 1, address, "http");
}

/* Returns the date as HTTP writes it; made anew once a second, where evhttp would do so for each answer. */
static const char *date_of(struct http *http, int64_t second)
{
    if (http->date_second != second) {
        time_t now = time(NULL);
        struct tm moment;
        http->date_second = second;
        (void)evutil_date_rfc1123(http->date, sizeof(http->date), gmtime_r(&now, &moment));
    }
    return http->date;
}

void http_send(struct http_call *call, uint64_t gate)
{
    struct http *http = call->http;
    struct http_reply *reply = &call->reply;
    char etag[32];
    if (reply->out.failed) {
        struct evbuffer *body = evhttp_request_get_output_buffer(call->request);
        (void)evbuffer_drain(body, evbuffer_get_length(body));
        reply->status = 500;
    } else if (reply->status != 204) {
        http_add_header(call, "Content-Type",
                        reply->is_problem ? "application/problem+json" : call->type);
    }
    if (!call->says_caching &&
        (call->method == EVHTTP_REQ_GET || call->method == EVHTTP_REQ_HEAD)) {
        http_add_header(call, "Cache-Control", "no-store");
    }
    http_add_header(call, "Date", date_of(http, call->began_us / 1000000));
    if (reply->version != 0) {
        snprintf(etag, sizeof(etag), "\"%llu\"", (unsigned long long)reply->version);
        http_add_header(call, "ETag", etag);
    }
    if (reply->location[0] != '\0') {
        http_add_header(call, "Location", reply->location);
    }
    if (reply->status == 429 || reply->status == 503) {
        http_add_header(call, "Retry-After", "1");
    }
    if (call->method == EVHTTP_REQ_HEAD && reply->status != 204 && reply->status != 304) {
        behead(call);
    }
    struct http_held held = {call->request, gate, call->began_us, reply->status};
    int64_t took_us = clock_monotonic_us() - call->began_us;
    note_if_slow(call, took_us);
    if (gate > call->server->durable_seq) {
        hold(http, &held);
    } else {
        latency_add(&call->server->latency_direct, took_us, 1);
        send_now(http, call->request, reply->status);
    }
}

void http_release(struct http *http)
{
    if (http == NULL || http->held_count == 0) {
        return;
    }
    int64_t now_us = clock_monotonic_us();
    while (http->held_count > 0) {
        struct http_held *held = &http->held[http->held_first];
        if (held->gate > http->server->durable_seq) {
            return;
        }
        struct http_held first = *held;
        http->held_first = (http->held_first + 1) & (http->held_size - 1);
        http->held_count--;
        latency_add(&http->server->latency_durable, now_us - first.began_us, 1);
        send_now(http, first.request, first.status);
    }
}

void http_refuse(struct http_call *call, enum http_problem problem, const char *detail)
{
    http_reply_problem(&call->reply, problem, detail);
    http_send(call, 0);
}

void http_send_file(struct http_call *call, FILE *file, char **bytes, size_t *size, uint64_t gate)
{
    bool whole = file != NULL && ferror(file) == 0;
    whole = file != NULL && fclose(file) == 0 && whole;
    whole = whole &&
            evbuffer_add(evhttp_request_get_output_buffer(call->request), *bytes, *size) == 0;
    free(*bytes);
    *bytes = NULL;
    call->reply.out.failed = !whole;
    http_send(call, gate);
}

struct text http_body(const struct http_call *call)
{
    struct evbuffer *input = evhttp_request_get_input_buffer(call->request);
    size_t length = evbuffer_get_length(input);
    unsigned char *bytes = length == 0 ? NULL : evbuffer_pullup(input, -1);
    return bytes == NULL ? TEXT("") : (struct text){(const char *)bytes, (uint32_t)length};
}

bool http_body_is_json(const struct http_call *call)
{
    struct text type = call->headers.type;
    static const char json[] = HTTP_TYPE_JSON;
    uint32_t length = sizeof(json) - 1;
    return type.length >= length && word_is((struct text){type.data, length}, json) &&
           (type.length == length || type.data[length] == ';' || type.data[length] == ' ');
}
