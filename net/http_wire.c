/* http_wire.c -- lines, lengths and chunks, byte by byte. */
#include "net/http_wire.h"

#include <string.h>

#include "net/word.h"

#define CHUNK_DIGITS_MAX 8U   /* hex; no body is larger than 64 KiB */
#define LENGTH_DIGITS_MAX 18U /* decimal; fits 63 bits */

static void begin(struct http_wire *wire)
{
    wire->state = HTTP_WIRE_START;
    wire->length = 0;
    wire->has_length = wire->chunked = false;
}

/* Returns the value behind "name:" where the line has that name; NULL: it has another. */
static const char *value_of(const struct http_wire *wire, const char *name)
{
    uint32_t length = (uint32_t)strlen(name);
    if (wire->line_length <= length || wire->line_length >= sizeof(wire->line) ||
        !word_is((struct text){wire->line, length}, name) || wire->line[length] != ':') {
        return NULL;
    }
    return wire->line + length + 1 + strspn(wire->line + length + 1, " \t");
}

/* A header with one of these names and too long for the buffer has a value that is none. */
static bool is_too_long(const struct http_wire *wire, const char *name)
{
    uint32_t length = (uint32_t)strlen(name);
    return wire->line_length >= sizeof(wire->line) &&
           word_is((struct text){wire->line, length}, name) && wire->line[length] == ':';
}

static const char *take_length(struct http_wire *wire, const char *value)
{
    uint32_t digits = 0;
    uint64_t length = 0;
    while (value[digits] >= '0' && value[digits] <= '9' && digits <= LENGTH_DIGITS_MAX) {
        length = length * 10 + (uint64_t)(value[digits++] - '0');
    }
    if (digits == 0 || digits > LENGTH_DIGITS_MAX ||
        value[digits + strspn(value + digits, " \t")] != '\0') {
        return "a Content-Length that is no whole number";
    }
    if (wire->has_length) {
        return "more than one Content-Length";
    }
    wire->has_length = true;
    wire->length = length;
    return wire->chunked ? "both Content-Length and Transfer-Encoding" : NULL;
}

static const char *take_encoding(struct http_wire *wire, const char *value)
{
    struct text word = {value, (uint32_t)strcspn(value, " \t")};
    if (!word_is(word, "chunked") || value[word.length + strspn(value + word.length, " \t")] != 0) {
        return "a Transfer-Encoding other than chunked";
    }
    if (wire->chunked) {
        return "more than one Transfer-Encoding";
    }
    wire->chunked = true;
    return wire->has_length ? "both Content-Length and Transfer-Encoding" : NULL;
}

static const char *take_header(struct http_wire *wire)
{
    const char *value;
    if (wire->line[0] == ' ' || wire->line[0] == '\t') {
        return "a folded header";
    }
    if (is_too_long(wire, "content-length") || is_too_long(wire, "transfer-encoding")) {
        return "a length that is none";
    }
    if ((value = value_of(wire, "content-length")) != NULL) {
        return take_length(wire, value);
    }
    if ((value = value_of(wire, "transfer-encoding")) != NULL) {
        return take_encoding(wire, value);
    }
    return NULL;
}

static const char *take_size(struct http_wire *wire)
{
    wire->left = 0;
    if (wire->line_length == 0 || wire->line_length > CHUNK_DIGITS_MAX) {
        return "a chunk's size that is none";
    }
    for (uint32_t at = 0; at < wire->line_length; at++) {
        char c = word_lower(wire->line[at]);
        bool digit = c >= '0' && c <= '9';
        if (!digit && (c < 'a' || c > 'f')) {
            return "a chunk's size that is none";
        }
        wire->left = wire->left * 16 + (uint64_t)(digit ? c - '0' : c - 'a' + 10);
    }
    wire->state = wire->left == 0 ? HTTP_WIRE_LAST : HTTP_WIRE_DATA;
    return NULL;
}

/* A line is whole; it says what comes next. */
static const char *take_line(struct http_wire *wire)
{
    bool empty = wire->line_length == 0;
    switch (wire->state) {
    case HTTP_WIRE_START:
        wire->state = empty ? HTTP_WIRE_START : HTTP_WIRE_HEAD;
        return NULL;
    case HTTP_WIRE_HEAD:
        if (!empty) {
            return take_header(wire);
        }
        if (wire->chunked) {
            wire->state = HTTP_WIRE_SIZE;
        } else if (wire->length > 0) {
            wire->left = wire->length;
            wire->state = HTTP_WIRE_BODY;
        } else {
            begin(wire);
        }
        return NULL;
    case HTTP_WIRE_SIZE:
        return take_size(wire);
    case HTTP_WIRE_DATA_END:
        wire->state = HTTP_WIRE_SIZE;
        return empty ? NULL : "a chunk longer than its size";
    case HTTP_WIRE_LAST:
        begin(wire);
        return empty ? NULL : "trailers behind a body";
    case HTTP_WIRE_BODY:
    case HTTP_WIRE_DATA:
        break;
    }
    return "a line within a body"; /* never: those are passed over by their length */
}

/* Takes a byte that is none of a line's own. */
static const char *take_byte(struct http_wire *wire, char c)
{
    if (wire->cr) {
        wire->cr = false;
        if (c != '\n') {
            return "a CR without an LF";
        }
        uint32_t end = wire->line_length < sizeof(wire->line) ? wire->line_length
                                                              : (uint32_t)sizeof(wire->line) - 1;
        wire->line[end] = '\0';
        const char *wrong = take_line(wire);
        wire->line_length = 0;
        return wrong;
    }
    if (c == '\r') {
        wire->cr = true;
        return NULL;
    }
    return c == '\n' ? "an LF without a CR" : "a control character";
}

static bool is_plain(char c)
{
    return ((unsigned char)c >= 0x20 && c != 0x7f) || c == '\t';
}

/* Takes the bytes of a line up to what ends it, or does not belong there. Returns how many they are. */
static size_t take_plain(struct http_wire *wire, const char *bytes, size_t length)
{
    size_t plain = 0;
    if (wire->cr) {
        return 0;
    }
    while (plain < length && is_plain(bytes[plain])) {
        plain++;
    }
    size_t room = wire->line_length < sizeof(wire->line) - 1
                      ? sizeof(wire->line) - 1 - wire->line_length
                      : 0;
    memcpy(wire->line + wire->line_length * (room > 0), bytes, plain < room ? plain : room);
    wire->line_length = plain < UINT32_MAX - wire->line_length ? wire->line_length + (uint32_t)plain
                                                               : UINT32_MAX;
    return plain;
}

void http_wire_read(struct http_wire *wire, const char *bytes, size_t length)
{
    size_t at = 0;
    while (at < length && wire->wrong == NULL) {
        if (wire->state != HTTP_WIRE_BODY && wire->state != HTTP_WIRE_DATA) {
            at += take_plain(wire, bytes + at, length - at);
            if (at < length) {
                wire->wrong = take_byte(wire, bytes[at++]);
            }
            continue;
        }
        size_t step = wire->left < length - at ? (size_t)wire->left : length - at;
        wire->left -= step;
        at += step;
        if (wire->left == 0 && wire->state == HTTP_WIRE_BODY) {
            begin(wire);
        } else if (wire->left == 0) {
            wire->state = HTTP_WIRE_DATA_END;
        }
    }
}
