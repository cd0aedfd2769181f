/* http_command.h -- what an HTTP request says, as a typed command. No sockets.
 *
 * The request's parts are put into the order in which RESP has them, and command_parse() judges them: one place
 * knows what each argument allows. Where an argument comes from: engine/commands.def.
 */
#ifndef BOON_NET_HTTP_COMMAND_H
#define BOON_NET_HTTP_COMMAND_H

#include "net/http_problem.h"
#include "net/http_route.h"

#define HTTP_PAGE_ITEMS 20U     /* of a page, unless the caller says */
#define HTTP_PAGE_ITEMS_MAX 50U /* of a page at most */
#define HTTP_SCRATCH_BYTES 32768U

struct json_t;

/* What a request says, without its socket. Texts are borrowed. */
struct http_ask {
    struct text query; /* behind the '?', raw; "" none */
    struct text body;
    bool body_is_json;   /* its content type says so */
    struct text request; /* Idempotency-Key, or out_request_no; "" none */
    struct text if_match;
    struct text if_none_match; /* only * */
    struct text reason;        /* Boon-Reason, percent-encoded */
};

/* A command, and what its texts point into. */
struct http_command {
    struct command command;
    struct json_t *root; /* the body; owned */
    struct resp_request arguments;
    size_t used;                      /* of the scratch */
    char scratch[HTTP_SCRATCH_BYTES]; /* decoded path and query, numbers as text */
    char detail[256];                 /* what is wrong */
    enum http_problem problem;        /* and which kind of wrong it is */
};

/* Fills `http->command`. False: `problem` and `detail` say what is wrong. http_command_end() follows either way. */
bool http_command_parse(struct http_command *http, const struct http_match *match,
                        const struct http_ask *ask) __attribute__((warn_unused_result));

/* Frees the body's tree. */
void http_command_end(struct http_command *http);

/* Unquotes an Idempotency-Key: both "abc" and abc are sent. */
struct text http_unquoted(struct text value);

#endif
