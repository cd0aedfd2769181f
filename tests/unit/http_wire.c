/* http_wire.c -- where requests end, and what may be read in two ways. */
#include "net/http_wire.h"

#include <criterion/criterion.h>
#include <string.h>

#define POST "POST /x HTTP/1.1\r\nHost: x\r\n"
#define CHUNKED POST "Transfer-Encoding: chunked\r\n\r\n"

struct row {
    const char *name;
    const char *bytes;
    size_t length;
    const char *wrong; /* a part of what is said; NULL: nothing is wrong */
    enum http_wire_state state;
};

#define ROW(name, bytes, wrong, state)                                                             \
    {                                                                                              \
        name, bytes, sizeof(bytes) - 1, wrong, HTTP_WIRE_##state                                   \
    }

static const struct row rows[] = {
    ROW("no body", "GET / HTTP/1.1\r\nHost: x\r\n\r\n", NULL, START),
    ROW("two of them", "GET / HTTP/1.1\r\n\r\nGET / HTTP/1.1\r\n\r\n", NULL, START),
    ROW("empty lines before it", "\r\n\r\nGET / HTTP/1.1\r\n\r\n", NULL, START),
    ROW("a cut-off head", "GET / HTTP/1.1\r\nHos", NULL, HEAD),
    ROW("a body", POST "Content-Length: 5\r\n\r\n12345", NULL, START),
    ROW("a body with NULs", POST "content-LENGTH:\t5 \r\n\r\n\0\r\n\n\r", NULL, START),
    ROW("a cut-off body", POST "Content-Length: 5\r\n\r\n1234", NULL, BODY),
    ROW("a body of nothing", POST "Content-Length: 0\r\n\r\n", NULL, START),
    ROW("18 digits", POST "Content-Length: 000000000000000001\r\n\r\n1", NULL, START),
    ROW("19 digits", POST "Content-Length: 0000000000000000001\r\n\r\n1", "no whole", HEAD),
    ROW("a sign", POST "Content-Length: +5\r\n\r\n", "no whole", HEAD),
    ROW("a list", POST "Content-Length: 5, 5\r\n\r\n", "no whole", HEAD),
    ROW("no digits", POST "Content-Length: \r\n\r\n", "no whole", HEAD),
    ROW("a long one",
        POST "Content-Length: 5                                                    \r\n\r\n",
        "length that is none", HEAD),
    ROW("one like it", POST "Content-Lengths: x\r\n\r\n", NULL, START),
    ROW("two lengths", POST "Content-Length: 5\r\nContent-Length: 5\r\n\r\n", "more than one",
        HEAD),
    ROW("both", POST "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n", "both", HEAD),
    ROW("both, the other way", POST "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", "both",
        HEAD),
    ROW("gzip", POST "Transfer-Encoding: gzip, chunked\r\n\r\n", "other than", HEAD),
    ROW("xchunked", POST "Transfer-Encoding: xchunked\r\n\r\n", "other than", HEAD),
    ROW("a fold", POST "X-A: 1\r\n 2\r\n\r\n", "folded", HEAD),
    ROW("a NUL", POST "Content-Length: 5\0 6\r\n\r\n", "control", HEAD),
    ROW("a bare LF", "GET / HTTP/1.1\nHost: x\n\n", "LF", START),
    ROW("a bare CR", POST "X-A: a\rb\r\n\r\n", "CR", HEAD),
    ROW("chunks",
        CHUNKED "5\r\n12345\r\nA\r\n\0"
                "123456789\r\n0\r\n\r\n",
        NULL, START),
    ROW("a cut-off chunk", CHUNKED "5\r\n1234", NULL, DATA),
    ROW("a chunk without its end", CHUNKED "5\r\n12345", NULL, DATA_END),
    ROW("a chunk longer than its size", CHUNKED "5\r\n123456\r\n", "longer", SIZE),
    ROW("a chunk with a plus", CHUNKED "+5\r\n12345\r\n", "size that", SIZE),
    ROW("a chunk with 0x", CHUNKED "0x5\r\n12345\r\n", "size that", SIZE),
    ROW("a chunk behind a space", CHUNKED " 5\r\n12345\r\n", "size that", SIZE),
    ROW("an extension", CHUNKED "5;a=b\r\n12345\r\n", "size that", SIZE),
    ROW("nine digits", CHUNKED "000000005\r\n12345\r\n", "size that", SIZE),
    ROW("no size", CHUNKED "\r\n12345\r\n", "size that", SIZE),
    ROW("trailers", CHUNKED "0\r\nX-A: x\r\n\r\n", "trailers", START),
    ROW("a request behind chunks", CHUNKED "1\r\n1\r\n0\r\n\r\nGET / HTTP/1.1\r\nHos", NULL, HEAD),
};

Test(http_wire, what_is_wrong_and_where_it_stands_are_the_same_in_any_pieces)
{
    for (size_t at = 0; at < sizeof(rows) / sizeof(rows[0]); at++) {
        const struct row *row = &rows[at];
        for (size_t piece = 1; piece <= row->length; piece++) {
            struct http_wire wire = {0};
            for (size_t from = 0; from < row->length; from += piece) {
                size_t left = row->length - from;
                http_wire_read(&wire, row->bytes + from, left < piece ? left : piece);
            }
            cr_expect_eq(wire.wrong != NULL, row->wrong != NULL, "%s, by %zu: %s", row->name, piece,
                         wire.wrong == NULL ? "nothing" : wire.wrong);
            cr_expect(row->wrong == NULL ||
                          (wire.wrong != NULL && strstr(wire.wrong, row->wrong) != NULL),
                      "%s, by %zu: %s", row->name, piece, wire.wrong);
            cr_expect_eq(wire.state, row->state, "%s, by %zu: state %d", row->name, piece,
                         wire.state);
        }
    }
}

Test(http_wire, after_something_wrong_nothing_is_read)
{
    struct http_wire wire = {0};
    http_wire_read(&wire, "GET / HTTP/1.1\n", 15);
    const char *wrong = wire.wrong;
    http_wire_read(&wire, "GET / HTTP/1.1\r\n\r\n", 18);
    cr_assert_not_null(wrong);
    cr_assert_eq(wire.wrong, wrong);
    cr_assert_eq(wire.state, HTTP_WIRE_START);
}
