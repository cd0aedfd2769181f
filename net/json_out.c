/* json_out.c -- values, their commas, and what must be escaped. */
#include "net/json_out.h"

#include <event2/buffer.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "engine/bug.h"
#include "net/rfc3339.h"
#include "net/utf8.h"

#define REPLACEMENT "\xef\xbf\xbd" /* U+FFFD */

#define NUMBER_BYTES 24U /* of the longest, with quotes and NUL */

static void put(struct json_out *out, const char *bytes, size_t length)
{
    if (out->file != NULL) {
        fwrite_unlocked(bytes, 1, length, out->file);
    } else if (evbuffer_add(out->buffer, bytes, length) != 0) {
        out->failed = true;
    }
}

static void new_line(struct json_out *out)
{
    put(out, "\n", 1);
    for (uint32_t at = 0; at < out->indent * out->depth; at++) {
        put(out, " ", 1);
    }
}

static void separate(struct json_out *out)
{
    if (out->comma) {
        put(out, ",", 1);
    }
    if (out->indent > 0 && out->depth > 0 && !out->keyed) {
        new_line(out);
    }
    out->comma = true;
    out->keyed = false;
}

static void colon(struct json_out *out)
{
    put(out, ": ", out->indent > 0 ? 2 : 1);
    out->comma = false;
    out->keyed = true;
}

void json_begin(struct json_out *out, char bracket)
{
    ASSERT(bracket == '{' || bracket == '[');
    separate(out);
    put(out, &bracket, 1);
    out->comma = false;
    out->depth++;
}

void json_end(struct json_out *out, char bracket)
{
    ASSERT(bracket == '}' || bracket == ']');
    ASSERT(out->depth > 0);
    out->depth--;
    if (out->indent > 0 && out->comma) { /* there is something in it */
        new_line(out);
    }
    put(out, &bracket, 1);
    out->comma = true;
}

/* Returns how many bytes from `at` on may be written as they are. */
static uint32_t plain_length(struct text text, uint32_t at)
{
    uint32_t end = at;
    while (end < text.length) {
        const char *bytes = text.data + end;
        uint32_t length = utf8_length(bytes, text.length - end);
        if (length == 0 || utf8_is_control(bytes) || bytes[0] == '"' || bytes[0] == '\\') {
            break;
        }
        end += length;
    }
    return end - at;
}

/* Writes one character that cannot be written as it is; returns its length. */
static uint32_t put_escaped(struct json_out *out, const char *bytes, uint32_t left)
{
    char escape[8];
    uint32_t length = utf8_length(bytes, left);
    if (length == 0) {
        put(out, REPLACEMENT, sizeof(REPLACEMENT) - 1);
        return 1;
    }
    if (utf8_is_control(bytes)) {
        unsigned point = length == 1 ? (unsigned char)bytes[0] : (unsigned char)bytes[1];
        snprintf(escape, sizeof(escape), "\\u%04x", point); /* C1 is 0xc2 and the number itself */
        put(out, escape, 6);
    } else {
        put(out, "\\", 1);
        put(out, bytes, 1);
    }
    return length;
}

static void put_string(struct json_out *out, struct text text)
{
    put(out, "\"", 1);
    for (uint32_t at = 0; at < text.length;) {
        uint32_t plain = plain_length(text, at);
        if (plain > 0) {
            put(out, text.data + at, plain);
            at += plain;
        } else {
            at += put_escaped(out, text.data + at, text.length - at);
        }
    }
    put(out, "\"", 1);
}

void json_key(struct json_out *out, const char *key)
{
    separate(out);
    put_string(out, text_of(key));
    colon(out);
}

void json_text(struct json_out *out, struct text text)
{
    separate(out);
    put_string(out, text);
}

void json_natural(struct json_out *out, uint64_t number)
{
    separate(out);
    char text[NUMBER_BYTES];
    int length = snprintf(text, sizeof(text),
                          number <= JSON_EXACT_MAX ? "%" PRIu64 : "\"%" PRIu64 "\"", number);
    put(out, text, (size_t)length);
}

void json_number(struct json_out *out, int64_t number)
{
    if (number >= 0) {
        json_natural(out, (uint64_t)number);
        return;
    }
    separate(out);
    bool exact = number >= -(int64_t)JSON_EXACT_MAX;
    char text[NUMBER_BYTES];
    int length = snprintf(text, sizeof(text), exact ? "%" PRId64 : "\"%" PRId64 "\"", number);
    put(out, text, (size_t)length);
}

void json_fraction(struct json_out *out, uint64_t number, uint32_t digits)
{
    uint64_t whole = 1;
    for (uint32_t at = 0; at < digits; at++) {
        whole *= 10;
    }
    separate(out);
    char text[2 * NUMBER_BYTES];
    int length = snprintf(text, sizeof(text), "%" PRIu64 ".%0*" PRIu64, number / whole, (int)digits,
                          number % whole);
    put(out, text, (size_t)length);
}

void json_flag(struct json_out *out, bool flag)
{
    separate(out);
    put(out, flag ? "true" : "false", flag ? 4 : 5);
}

void json_none(struct json_out *out)
{
    separate(out);
    put(out, "null", 4);
}

/* Writes what begins at `at` of a fragment and is no bracket; returns where it ends. */
static const char *put_scalar(struct json_out *out, const char *at)
{
    const char *end = at + strcspn(at, ",]} ");
    separate(out);
    if (*at != '\'') {
        put(out, at, (size_t)(end - at));
        return end;
    }
    end = strchr(at + 1, '\'');
    ASSERT(end != NULL);
    put_string(out, (struct text){at + 1, (uint32_t)(end - at - 1)});
    if (end[1] != ':') {
        return end + 1;
    }
    colon(out);
    return end + 2;
}

void json_fragment(struct json_out *out, const char *fragment)
{
    const char *at = fragment;
    while (*at != '\0') {
        if (*at == '{' || *at == '[') {
            json_begin(out, *at++);
        } else if (*at == '}' || *at == ']') {
            json_end(out, *at++);
        } else if (*at == ',' || *at == ' ') {
            at++;
        } else {
            at = put_scalar(out, at);
        }
    }
}

void json_hex(struct json_out *out, const uint8_t *bytes, size_t count)
{
    static const char digits[] = "0123456789abcdef";
    separate(out);
    put(out, "\"", 1);
    for (size_t at = 0; at < count; at++) {
        put(out, &digits[bytes[at] >> 4], 1);
        put(out, &digits[bytes[at] & 15], 1);
    }
    put(out, "\"", 1);
}

void json_time(struct json_out *out, int64_t time_ms)
{
    char text[RFC3339_BYTES];
    rfc3339_format(time_ms, text);
    json_text(out, text_of(text));
}

void json_time_or_null(struct json_out *out, int64_t time_ms)
{
    if (time_ms == 0) {
        json_none(out);
    } else {
        json_time(out, time_ms);
    }
}

void json_raw(struct json_out *out, struct text json)
{
    separate(out);
    put(out, json.data, json.length);
}
