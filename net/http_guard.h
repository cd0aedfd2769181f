/* http_guard.h -- what evhttp lets through and must not be answered: the first look at every request.
 *
 * Two readings of one request are how requests are smuggled: so bytes whose length could be read in two ways are
 * refused with 400, and the connection ends. After RFC 9112 and what was measured on libevent 2.1.12.
 */
#ifndef BOON_NET_HTTP_GUARD_H
#define BOON_NET_HTTP_GUARD_H

#include "engine/text.h"

struct evhttp_request;

#define HTTP_HEADERS_MAX 64U        /* of one request */
#define HTTP_HEADER_BYTES_MAX 8192U /* all of them and the request line */
#define HTTP_BODY_BYTES_MAX 65536U

/* The headers that Boon looks at; data NULL: not there. They are the request's. Of two the last, where there may be
 * two. */
struct http_headers {
    struct text host;
    struct text origin;
    struct text length;   /* Content-Length */
    struct text encoding; /* Transfer-Encoding */
    struct text type;     /* Content-Type */
    struct text request;  /* Idempotency-Key, or out_request_no in its place */
    struct text if_match;
    struct text if_none_match;
    struct text reason; /* Boon-Reason */
    struct text authorization;
    struct text cookie;
    struct text language; /* Accept-Language */
    struct text console;  /* X-Boon-Console: the console asks, and has a form for 401 */
    unsigned hosts;
    unsigned lengths;
    unsigned encodings;
};

/* Goes over a request once and fills `headers`. Returns what is wrong with it, for people; NULL: nothing. */
const char *http_guard(struct evhttp_request *request, struct http_headers *headers);

/* Splits the target into path and query, both as they were sent. Returns what is wrong with it, or NULL. */
const char *http_guard_target(struct evhttp_request *request, const struct http_headers *headers,
                              struct text *path, struct text *query);

/* Tells whether a request comes from a page of another site: its Origin is not the Host it was sent to. */
bool http_guard_is_foreign(const struct http_headers *headers);

/* Tells whether the Host is an address or localhost: no name that another site could have pointed here. */
bool http_guard_host_is_plain(const struct http_headers *headers);

#endif
