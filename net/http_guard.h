/* http_guard.h -- what evhttp lets through and must not be answered: the first look at every request.
 *
 * Two readings of one request are how requests are smuggled: so bytes whose length could be read in two ways are
 * refused with 400, and the connection ends. After RFC 9112 and what was measured on libevent 2.1.12.
 */
#ifndef BOON_NET_HTTP_GUARD_H
#define BOON_NET_HTTP_GUARD_H

#include <stdbool.h>

struct evhttp_request;

#define HTTP_HEADERS_MAX 64U        /* of one request */
#define HTTP_HEADER_BYTES_MAX 8192U /* all of them and the request line */
#define HTTP_BODY_BYTES_MAX 65536U

/* Returns what is wrong with a request, for people; NULL: nothing. */
const char *http_guard(struct evhttp_request *request);

/* Tells whether a request comes from a page of another site: its Origin is not the Host it was sent to. */
bool http_guard_is_foreign(struct evhttp_request *request);

/* Tells whether the Host is an address or localhost: no name that another site could have pointed here. */
bool http_guard_host_is_plain(struct evhttp_request *request);

#endif
