/* http_reply.h -- outcomes to JSON; what went wrong to problem+json (RFC 9457). No sockets.
 *
 *     struct http_reply reply = {.out = {.buffer = buffer}, .instance = "/v1/…"};
 *     http_reply_write(&reply, engine, &command, &outcome);
 *     … reply.status, reply.is_problem, reply.version, reply.location …
 *
 * Ids are strings, money is integer fen, moments are RFC 3339 in UTC with null for "not set".
 */
#ifndef BOON_NET_HTTP_REPLY_H
#define BOON_NET_HTTP_REPLY_H

#include "engine/engine.h"
#include "net/http_problem.h"
#include "net/json_out.h"

struct definition_mistakes;

struct http_reply {
    struct json_out out;  /* where the body goes */
    struct text instance; /* the request's path, as sent; "" none */
    struct text request;  /* the caller's request id; "" none */
    bool chinese;         /* titles for people */
    int status;           /* HTTP status; set by the functions below */
    bool is_problem;      /* application/problem+json */
    uint64_t version;     /* of the definition shown or written, for ETag; 0 = none */
    char location[64];    /* path of what was created; "" none */
};

/* Writes the answer to a command that was carried out. */
void http_reply_write(struct http_reply *reply, const struct engine *engine,
                      const struct command *command, const struct outcome *outcome);

/* Writes a document's mistakes: 422 with code "invalid". */
void http_reply_mistakes(struct http_reply *reply, const struct definition_mistakes *mistakes);

/* Writes another problem; `detail` says more, "" nothing. */
void http_reply_problem(struct http_reply *reply, enum http_problem problem, const char *detail);

/* Returns the reason phrase of a status that Boon answers. */
const char *http_reason(int status);

#endif
