/* http_live.c -- GET /v1/live: what the console's pages show, once a second, as server-sent events.
 *
 * All pages get the same frame: it is composed once, and shared. It shows what is durable only (net/live.h). A page
 * that does not read is cut off.
 *
 *     event: live        the whole server
 *     event: campaign    one campaign more closely, for pages opened with ?campaign=id
 */
#include <event2/bufferevent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "engine/bug.h"
#include "net/access.h"
#include "net/http_inside.h"
#include "net/live.h"
#include "net/server.h"

#define PAGES_MAX 512U
#define UNREAD_BYTES_MAX ((size_t)512 * 1024)

struct live_page {
    struct live_page *next;
    struct live_page *previous;
    struct http_live *live;
    struct http_peer *peer;
    struct evhttp_request *request;
    uint32_t campaign; /* watched closely; 0 = none */
};

struct http_live {
    struct http *http;
    struct live_page *pages;
    struct evbuffer *frame; /* the newest, as long as there are pages */
    uint64_t number;        /* of it */
};

struct http_live *http_live_create(struct http *http)
{
    struct http_live *live = calloc(1, sizeof(*live));
    if (live == NULL || (live->frame = evbuffer_new()) == NULL) {
        free(live);
        return NULL;
    }
    live->http = http;
    return live;
}

/* A page's connection is gone, or goes. */
static void page_left(void *context)
{
    struct live_page *page = context;
    struct http_live *live = page->live;
    if (page->previous != NULL) {
        page->previous->next = page->next;
    } else {
        live->pages = page->next;
    }
    if (page->next != NULL) {
        page->next->previous = page->previous;
    }
    if (evhttp_request_get_connection(page->request) == NULL) {
        evhttp_request_free(page->request); /* nobody else has it any more */
    }
    ASSERT(live->http->server->live_pages > 0);
    live->http->server->live_pages--;
    if (live->pages == NULL) {
        (void)evbuffer_drain(live->frame, evbuffer_get_length(live->frame)); /* it would grow old */
    }
    free(page);
}

void http_live_destroy(struct http_live **live)
{
    if (*live != NULL) {
        evbuffer_free((*live)->frame);
        free(*live);
        *live = NULL;
    }
}

/* Sends a copy of a frame, by reference. */
static void page_send(const struct live_page *page, struct evbuffer *frame)
{
    struct evhttp_connection *connection = evhttp_request_get_connection(page->request);
    struct bufferevent *bufferevent = evhttp_connection_get_bufferevent(connection);
    if (evbuffer_get_length(bufferevent_get_output(bufferevent)) > UNREAD_BYTES_MAX) {
        (void)shutdown(page->peer->fd, SHUT_RDWR);
        return;
    }
    struct evbuffer *copy = evbuffer_new();
    if (copy != NULL && evbuffer_add_buffer_reference(copy, frame) == 0) {
        evhttp_send_reply_chunk(page->request, copy);
    }
    if (copy != NULL) {
        evbuffer_free(copy);
    }
}

/* Composes the frame of a campaign. NULL: it has none that is durable, or no memory. */
static struct evbuffer *compose_campaign(const struct http_live *live, uint32_t campaign)
{
    struct evbuffer *frame = evbuffer_new();
    if (frame == NULL) {
        return NULL;
    }
    struct json_out out = {.buffer = frame};
    (void)evbuffer_add_printf(
        frame, "event: campaign\nid: %llu\ndata: ", (unsigned long long)live->number);
    if (!live_campaign_write(&out, live->http->server, campaign) || out.failed ||
        evbuffer_add(frame, "\n\n", 2) != 0) {
        evbuffer_free(frame);
        return NULL;
    }
    return frame;
}

/* Sends the frames of watched campaigns: each is composed once, for all pages that watch it. */
static void send_campaigns(struct http_live *live)
{
    for (const struct live_page *page = live->pages; page != NULL; page = page->next) {
        bool first = page->campaign != 0;
        for (const struct live_page *at = live->pages; at != page && first; at = at->next) {
            first = at->campaign != page->campaign;
        }
        struct evbuffer *frame = first ? compose_campaign(live, page->campaign) : NULL;
        for (const struct live_page *at = page; at != NULL && frame != NULL; at = at->next) {
            if (at->campaign == page->campaign) {
                page_send(at, frame);
            }
        }
        if (frame != NULL) {
            evbuffer_free(frame);
        }
    }
}

void http_live_frame(struct http_live *live)
{
    if (live->pages == NULL) {
        return;
    }
    live_look(live->http->server);
    struct json_out out = {.buffer = live->frame};
    (void)evbuffer_drain(live->frame, evbuffer_get_length(live->frame));
    (void)evbuffer_add_printf(live->frame,
                              "event: live\nid: %llu\ndata: ", (unsigned long long)++live->number);
    live_write(&out, live->http->server);
    (void)evbuffer_add(live->frame, "\n\n", 2);
    for (const struct live_page *page = live->pages; page != NULL && !out.failed;
         page = page->next) {
        page_send(page, live->frame);
    }
    send_campaigns(live);
}

/* Reads ?campaign=id. False: answered. */
static bool read_campaign(struct http_call *call, uint32_t *campaign)
{
    static const char name[] = "campaign=";
    char bytes[256];
    struct text id;
    *campaign = 0;
    if (call->query.length == 0) {
        return true;
    }
    struct text raw = {call->query.data + sizeof(name) - 1,
                       call->query.length - (uint32_t)(sizeof(name) - 1)};
    if (call->query.length < sizeof(name) || raw.length > sizeof(bytes) ||
        memcmp(call->query.data, name, sizeof(name) - 1) != 0 ||
        memchr(raw.data, '&', raw.length) != NULL || !http_decode(raw, true, bytes, &id)) {
        http_refuse(call, HTTP_PROBLEM_BAD_REQUEST, "the only parameter is campaign=id");
        return false;
    }
    if (!access_fits_campaign(call->user, id)) {
        http_refuse(call, HTTP_PROBLEM_NOT_ALLOWED, "it fits none of the user's patterns");
        return false;
    }
    *campaign = campaign_find(&call->server->engine->campaigns, id, 0);
    if (*campaign == 0) {
        http_refuse(call, HTTP_PROBLEM_NOT_FOUND, "there is no campaign of this id");
        return false;
    }
    return true;
}

void http_live_open(struct http_call *call)
{
    struct http_live *live = call->http->live;
    uint32_t campaign;
    if (!read_campaign(call, &campaign)) {
        return;
    }
    uint32_t most = live->http->peers.limit / 2; /* the others are for requests */
    most = most < PAGES_MAX ? most : PAGES_MAX;
    struct live_page *page = live->http->server->live_pages < most ? calloc(1, sizeof(*page))
                                                                   : NULL;
    if (page == NULL || call->method != EVHTTP_REQ_GET) {
        free(page);
        http_refuse(call, HTTP_PROBLEM_TOO_MANY_STREAMS, "");
        return;
    }
    *page = (struct live_page){.next = live->pages,
                               .live = live,
                               .peer = call->peer,
                               .request = call->request,
                               .campaign = campaign};
    if (live->pages != NULL) {
        live->pages->previous = page;
    }
    live->pages = page;
    live->http->server->live_pages++;
    call->peer->live = true;
    call->peer->left = page_left;
    call->peer->left_context = page;
    http_add_header(call, "Content-Type", "text/event-stream");
    http_add_header(call, "Cache-Control", "no-store");
    http_add_header(call, "X-Accel-Buffering", "no"); /* a proxy must not keep the events back */
    evhttp_send_reply_start(call->request, 200, "OK");
    struct evbuffer *hello = evbuffer_new();
    if (hello != NULL) {
        (void)evbuffer_add_printf(hello, "retry: 2000\n\n");
        page_send(page, hello);
        evbuffer_free(hello);
    }
    if (evbuffer_get_length(live->frame) > 0) {
        page_send(page, live->frame); /* of this second, as others have it */
    }
    live_look(call->server);
}
