/* http_wire.h -- where one request ends and the next begins, read a second time and strictly.
 *
 * evhttp reads leniently: a NUL ends a header's text, a chunk's size may be "+c" or "0xc", a line may be folded or
 * end without a CR. Whoever stands in front of us may read the same bytes in another way, and then one request hides in
 * another's body. So the bytes of a connection pass here first, as they come; what RFC 9112 does not allow, or
 * allows to be read in two ways, is noted, and from then on no request of that connection is carried out.
 *
 *     struct http_wire wire = {0};
 *     http_wire_read(&wire, bytes, length);       in pieces of any size
 *     if (wire.wrong != NULL) { … refuse, and close … }
 *
 *           ┌───────── no body ──────────┐
 *     START → HEAD ─┬─ length → BODY ────┴→ START
 *                   └─ chunked → SIZE → DATA → DATA_END → SIZE … → LAST → START
 *
 * Sans I/O; no memory but the struct's. It says nothing of what a request means: net/http_guard.h looks at that.
 */
#ifndef BOON_NET_HTTP_WIRE_H
#define BOON_NET_HTTP_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum http_wire_state {
    HTTP_WIRE_START,    /* before a request line; empty lines are passed over */
    HTTP_WIRE_HEAD,     /* header lines */
    HTTP_WIRE_BODY,     /* `left` bytes */
    HTTP_WIRE_SIZE,     /* the line with a chunk's size */
    HTTP_WIRE_DATA,     /* `left` bytes of a chunk */
    HTTP_WIRE_DATA_END, /* the empty line behind them */
    HTTP_WIRE_LAST,     /* the empty line behind the last chunk */
};

struct http_wire {
    const char *wrong; /* static, for people; NULL: nothing so far */
    enum http_wire_state state;
    uint32_t line_length; /* of the line that has begun, without its CR */
    uint64_t left;        /* bytes of the body or the chunk yet to come */
    uint64_t length;      /* Content-Length */
    bool has_length;
    bool chunked;
    bool cr;       /* the last byte was a CR: an LF must follow */
    char line[48]; /* how it begins; enough for the lines that say where a body ends */
};

/* Reads the next bytes of a connection. After something was wrong it reads nothing more. */
void http_wire_read(struct http_wire *wire, const char *bytes, size_t length);

#endif
