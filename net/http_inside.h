/* http_inside.h -- what the files of the HTTP side share. For net/http*.c only.
 *
 *     http.c           open, close, the way of a request, the turn
 *     http_answer.c    headers, held until durable, sent
 *     http_peer.c      connections and deadlines
 *     http_wire.c      where requests end, read a second time
 *     http_guard.c     the first look at a request
 *     http_route.c     paths to commands
 *     http_command.c   path, query and body to a struct command
 *     http_reply.c     outcomes and problems to JSON
 *     http_caller.c    who asks: Basic, session cookie
 *     http_aside.c     paths beside the table of commands: health, metrics, session, slow log, console
 *     http_line.c      a command line, as redis-cli has it
 *     http_live.c      the live stream
 */
#ifndef BOON_NET_HTTP_INSIDE_H
#define BOON_NET_HTTP_INSIDE_H

#include <event2/buffer.h>
#include <event2/http.h>

#include "net/http.h"
#include "net/http_command.h"
#include "net/http_guard.h"
#include "net/http_peer.h"
#include "net/http_reply.h"

#define HTTP_SESSION_KEY_BYTES 32U
#define HTTP_SESSION_MS INT64_C(43200000) /* 12 hours */
#define HTTP_TYPE_JSON "application/json"
#define HTTP_TYPE_TEXT "text/plain; charset=utf-8"

struct http_live;
struct server;
struct user;

/* An answer that waits for the journal. */
struct http_held {
    struct evhttp_request *request;
    uint64_t gate;
    int64_t began_us; /* monotonic */
    int status;
};

struct http {
    struct server *server;
    struct evhttp *evhttp;
    struct evhttp_bound_socket *bound; /* NULL: accepts no more */
    struct http_peers peers;
    uint16_t port;
    struct http_held
        *held; /* ring of `held_size`, a power of two; one request a connection at most */
    uint32_t held_size;
    uint32_t held_first;
    uint32_t held_count;
    uint32_t handled;                 /* requests, since the loop came around */
    struct evhttp_request **doubtful; /* wait until it is clear who leads */
    uint32_t doubtful_count;
    struct http_command command; /* of the request in hand */
    struct http_live *live;
    int64_t date_second; /* monotonic; when `date` was written */
    char date[40];       /* as HTTP has it */
    char *openapi;       /* the document, when somebody has asked for it; owned */
    size_t openapi_size;
    unsigned char session_key[HTTP_SESSION_KEY_BYTES]; /* of this life */
};

/* One request in hand. */
struct http_call {
    struct http *http;
    struct server *server;
    struct evhttp_request *request;
    struct http_peer *peer;
    struct http_headers headers; /* of the request */
    enum evhttp_cmd_type method;
    struct text path;        /* as sent, without the query */
    struct text query;       /* as sent; "" none */
    bool known;              /* somebody, or nobody has to say who they are */
    const struct user *user; /* NULL: default, who may everything */
    int64_t began_us;        /* monotonic */
    const char *command;     /* its name, once it was carried out; NULL: none */
    const char *type;        /* content type of the answer */
    bool says_caching;       /* a Cache-Control header is there already */
    struct http_reply reply; /* its body goes to the request's output */
};

/* --- http_answer.c */

/* Adds a header to the answer. */
void http_add_header(const struct http_call *call, const char *name, const char *value);

/* Sends the answer in call->reply and the request's output buffer, when `gate` is durable. The call is over. */
void http_send(struct http_call *call, uint64_t gate);

/* Answers with a problem. The call is over. */
void http_refuse(struct http_call *call, enum http_problem problem, const char *detail);

/* Returns the whole body in one piece; length 0: none, or no memory. */
struct text http_body(const struct http_call *call);

/* Tells whether the body is said to be JSON. */
bool http_body_is_json(const struct http_call *call);

/* Answers with what was written into the file of open_memstream(): closes it, and frees it. */
void http_send_file(struct http_call *call, FILE *file, char **bytes, size_t *size, uint64_t gate);

/* --- http.c */

/* Waits with a request until it is clear who leads. The call is over, and begins anew then. */
void http_doubt(struct http_call *call);

/* --- http_caller.c */

/* Finds out who asks, from Authorization or the session's cookie. False: answered, the call is over. */
bool http_caller(struct http_call *call) __attribute__((warn_unused_result));

/* Tells whether it is known who asks, without answering. */
bool http_caller_is_known(struct http_call *call);

void http_session(struct http_call *call); /* GET, POST, DELETE /v1/session */

/* --- http_aside.c */

/* Answers a path beside the table. False: there is none. */
bool http_aside(struct http_call *call) __attribute__((warn_unused_result));

/* --- http_line.c */

void http_line(struct http_call *call); /* POST /v1/command */

/* --- http_live.c */

struct http_live *http_live_create(struct http *http);
void http_live_destroy(struct http_live **live);
void http_live_open(struct http_call *call);  /* GET /v1/live */
void http_live_frame(struct http_live *live); /* a frame is due: to all pages */

#endif
