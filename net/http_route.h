/* http_route.h -- paths to commands: the routes of engine/commands.def, and those beside it. No sockets.
 *
 *     struct http_match match;
 *     switch (http_route(COMMAND_METHOD_POST, "/v1/members/m1/coupons", &match)) { … match.spec, match.values … }
 *
 * A route is made of segments: a word, or {field}, one argument of the command, percent-encoded; {field?} is one
 * that may be left out together with the slash before it. Values are raw: http_decode() makes bytes of them.
 */
#ifndef BOON_NET_HTTP_ROUTE_H
#define BOON_NET_HTTP_ROUTE_H

#include <stddef.h>

#include "net/command_parse.h"

#define HTTP_ROUTE_VALUES_MAX 4U

struct http_match {
    const struct command_spec *spec;
    uint32_t count;                                               /* of values */
    const struct argument_spec *arguments[HTTP_ROUTE_VALUES_MAX]; /* which argument each is */
    struct text values[HTTP_ROUTE_VALUES_MAX];                    /* as sent */
    uint32_t methods; /* bits 1 << enum command_method that the path knows; for 405 */
};

#define HTTP_ROUTE_NO_METHOD ((enum command_method)UINT8_MAX) /* a method that no command has */

enum http_route_status { HTTP_ROUTE_FOUND, HTTP_ROUTE_OTHER_METHOD, HTTP_ROUTE_NONE };

/* Finds the command of a method and a path (without its query). */
enum http_route_status http_route(enum command_method method, struct text path,
                                  struct http_match *match) __attribute__((warn_unused_result));

/* Decodes percent signs (and, in a query, '+') of `raw` into `out`, raw.length bytes. False: a percent sign
 * without two hex digits, or a NUL byte. */
bool http_decode(struct text raw, bool is_query, char *out, struct text *decoded)
    __attribute__((warn_unused_result));

#endif
