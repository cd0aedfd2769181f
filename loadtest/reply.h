/* reply.h -- one RESP2 or RESP3 reply, found in a buffer without copying or allocating.
 *
 * reply_scan() looks only at lengths: it finds where a reply ends and remembers its first two
 * words, which is all that the hot path needs:
 *
 *     *2\r\n $2\r\nOK\r\n $24\r\n7K3D-9Q2M-XW4T-0ABC-DEFG\r\n
 *             ^^ status          ^^^ detail
 *
 * An audit that wants every element walks the same bytes again with reply_item_next(). */
#ifndef LOADTEST_REPLY_H
#define LOADTEST_REPLY_H

#include "span.h"

#include <stdint.h>

enum reply_scan {
    REPLY_CONSUMED, /* a whole reply; its length is in reply->length */
    REPLY_MORE,     /* a beginning; read more bytes and scan again from the same place */
    REPLY_BAD,      /* no RESP; the connection is of no further use */
};

enum reply_kind {
    REPLY_TEXT,    /* simple string, bulk string, verbatim string, double, boolean, big number */
    REPLY_ERROR,   /* -… or !… */
    REPLY_INTEGER, /* :… */
    REPLY_NULL,    /* $-1, *-1 or _ */
    REPLY_LIST,    /* array, set or map (a map counts keys and values) */
    REPLY_ASIDE,   /* push or attribute: not the answer to any request */
};

struct reply_item {
    enum reply_kind kind;
    struct span text; /* of REPLY_TEXT and REPLY_ERROR, without the type byte and line end */
    int64_t integer;  /* of REPLY_INTEGER: the value; of REPLY_LIST and REPLY_ASIDE: elements */
};

struct reply {
    size_t length;            /* bytes from the first to behind the last */
    struct reply_item first;  /* the reply itself */
    struct reply_item status; /* first element of a list, else the same as first */
    struct reply_item detail; /* second element, REPLY_NULL when there is none */
    struct span bytes;        /* the whole reply */
};

/* Find the reply that begins at bytes. Everything in `reply` points into bytes. */
enum reply_scan reply_scan(const char *bytes, size_t length, struct reply *reply);

/* Read the item at the front of `rest` and move rest behind it. Only for bytes that reply_scan()
 * has consumed; a list's elements follow it. False at the end. */
bool reply_item_next(struct span *rest, struct reply_item *item);

/* Move rest behind `count` whole elements, with all that is nested in them. */
void reply_skip(struct span *rest, int64_t count);

#endif
