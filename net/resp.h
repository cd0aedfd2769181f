/* resp.h -- the Redis protocol: requests in, reply fragments out. Bytes only; no sockets.
 *
 * Requests come as RESP arrays of bulk strings, or as one inline line. The parser answers one of three:
 * a request was consumed, more bytes are needed, or the bytes are bad and nothing after them can be
 * trusted. It allocates nothing and believes no length before the bytes are there.
 * Format: https://redis.io/docs/reference/protocol-spec/
 */
#ifndef BOON_NET_RESP_H
#define BOON_NET_RESP_H

#include <stdbool.h>

#include "engine/text.h"
#include "net/output.h"

#define RESP_ARGUMENTS_MAX 128U
#define RESP_PROBLEM_BYTES 64U

/* What a client may send. Less before it has authenticated. */
struct resp_limits {
    uint32_t arguments_max; /* 1..RESP_ARGUMENTS_MAX */
    uint32_t bulk_bytes_max;
    uint32_t inline_bytes_max;
};

struct resp_request {
    uint32_t count; /* 0: an empty line or array, to be passed over */
    struct text
        arguments[RESP_ARGUMENTS_MAX]; /* into the parsed bytes, or into the inline buffer */
    char problem[RESP_PROBLEM_BYTES];  /* what resp_parse() says with a number in it */
};

enum resp_status {
    RESP_CONSUMED, /* one request, `*consumed` bytes long */
    RESP_MORE,     /* no whole request yet */
    RESP_BAD,      /* `*problem` says what, and which limit applies; answer it and close */
};

/* Parses the request at the start of `bytes`. Inline lines are unquoted in place: the bytes change.
 * `*problem` is static or in `request`. */
enum resp_status resp_parse(char *bytes, size_t length, const struct resp_limits *limits,
                            struct resp_request *request, size_t *consumed, const char **problem)
    __attribute__((warn_unused_result));

/* Reply fragments. Each appends to the output; memory that is not there marks the reply as lost, and
 * `failed` says so once at its end. */
struct resp_writer {
    struct output *output;
    uint32_t version; /* 2 or 3 */
    bool failed;      /* out of memory: the reply is not whole */
};

void resp_array(struct resp_writer *writer, uint64_t count);
/* A map of `pairs`: %n in RESP3, an array of twice as many in RESP2. */
void resp_map(struct resp_writer *writer, uint64_t pairs);
/* A set: ~n in RESP3, an array in RESP2. */
void resp_set(struct resp_writer *writer, uint64_t count);
void resp_bulk(struct resp_writer *writer, struct text text);
void resp_word(struct resp_writer *writer, const char *word);   /* a bulk string */
void resp_simple(struct resp_writer *writer, const char *word); /* +word; no CR, LF inside */
void resp_integer(struct resp_writer *writer, int64_t number);
void resp_null(struct resp_writer *writer);
/* -CODE message. Bytes that are not printable ASCII or UTF-8 text are shown as '?'. */
void resp_error(struct resp_writer *writer, const char *code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Bytes that are a reply already, or its beginning with an integer behind it. */
void resp_raw(struct resp_writer *writer, const char *bytes, size_t length);
void resp_raw_integer(struct resp_writer *writer, const char *bytes, size_t length, int64_t number);

#endif
