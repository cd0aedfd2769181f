/* json_out.h -- JSON written straight into a file or a buffer: no tree, whatever the texts hold.
 *
 *     struct json_out out = {.file = stdout};
 *     json_begin(&out, '{');
 *     json_key(&out, "entry");
 *     json_text(&out, TEXT("1-5"));
 *     json_key(&out, "serial");
 *     json_natural(&out, 7);
 *     json_end(&out, '}');                    {"entry":"1-5","serial":7}
 *
 * Integers beyond 2^53 are written as strings: most readers make doubles of numbers. What is not UTF-8
 * becomes U+FFFD, and control characters are escaped, so a line stays a line. Commas are its own affair;
 * that keys and ends come where they belong is the caller's. Whether the file took it all, ferror() says; what a
 * buffer had no memory for is missing, and `failed` says so. With `indent` set each value has a line of its own.
 */
#ifndef BOON_NET_JSON_OUT_H
#define BOON_NET_JSON_OUT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "engine/text.h"

#define JSON_EXACT_MAX (1ULL << 53) /* every integer up to it is exact in a double */

struct evbuffer;

struct json_out {
    FILE *file;              /* NULL: into the buffer */
    struct evbuffer *buffer; /* libevent's; used only where there is no file */
    uint32_t indent;         /* spaces a level; 0 = all on one line */
    uint32_t depth;          /* brackets that are open */
    bool comma;              /* before the next value or key */
    bool keyed;              /* the next value stands behind its key */
    bool failed;             /* the buffer had no memory */
};

/* Opens '{' or '[', and closes '}' or ']'. */
void json_begin(struct json_out *out, char bracket);
void json_end(struct json_out *out, char bracket);

void json_key(struct json_out *out, const char *key);

void json_text(struct json_out *out, struct text text);
void json_natural(struct json_out *out, uint64_t number);
void json_number(struct json_out *out, int64_t number);

/* Writes a number that is kept in tenths, hundredths …: 1230 with 3 digits is 1.230. */
void json_fraction(struct json_out *out, uint64_t number, uint32_t digits);
void json_flag(struct json_out *out, bool flag);
void json_none(struct json_out *out); /* null; jansson has a json_null() */

/* Writes a value, or some members, that the program's source holds: JSON with ' in place of \", where no
 * text has an escape or a ' in it: "'type': 'integer', 'minimum': 0". */
void json_fragment(struct json_out *out, const char *fragment);

/* Writes bytes as hex digits in a string. */
void json_hex(struct json_out *out, const uint8_t *bytes, size_t count);

/* Writes a moment as RFC 3339, in UTC. */
void json_time(struct json_out *out, int64_t time_ms);

/* The same, and null for 0. */
void json_time_or_null(struct json_out *out, int64_t time_ms);

/* Writes what is JSON already. */
void json_raw(struct json_out *out, struct text json);

#endif
