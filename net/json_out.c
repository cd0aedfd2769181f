/* json_out.c -- values, their commas, and what must be escaped. */
#include "net/json_out.h"

#include <inttypes.h>

#include "engine/bug.h"
#include "net/rfc3339.h"
#include "net/utf8.h"

#define REPLACEMENT "\xef\xbf\xbd" /* U+FFFD */

static void separate(struct json_out *out)
{
    if (out->comma) {
        putc_unlocked(',', out->file);
    }
    out->comma = true;
}

void json_begin(struct json_out *out, char bracket)
{
    ASSERT(bracket == '{' || bracket == '[');
    separate(out);
    putc_unlocked(bracket, out->file);
    out->comma = false;
}

void json_end(struct json_out *out, char bracket)
{
    ASSERT(bracket == '}' || bracket == ']');
    putc_unlocked(bracket, out->file);
    out->comma = true;
}

/* Writes one well-formed character, escaped if it must be. */
static void put_character(FILE *file, const char *bytes, uint32_t length)
{
    if (utf8_is_control(bytes)) {
        unsigned point = length == 1 ? (unsigned char)bytes[0] : (unsigned char)bytes[1];
        fprintf(file, "\\u%04x", point); /* C1 is 0xc2 and the number itself */
        return;
    }
    if (bytes[0] == '"' || bytes[0] == '\\') {
        putc_unlocked('\\', file);
    }
    fwrite(bytes, 1, length, file);
}

static void put_string(FILE *file, struct text text)
{
    putc_unlocked('"', file);
    for (uint32_t at = 0; at < text.length;) {
        uint32_t length = utf8_length(text.data + at, text.length - at);
        if (length == 0) {
            fputs(REPLACEMENT, file);
            at++;
            continue;
        }
        put_character(file, text.data + at, length);
        at += length;
    }
    putc_unlocked('"', file);
}

void json_key(struct json_out *out, const char *key)
{
    separate(out);
    put_string(out->file, text_of(key));
    putc_unlocked(':', out->file);
    out->comma = false;
}

void json_text(struct json_out *out, struct text text)
{
    separate(out);
    put_string(out->file, text);
}

void json_natural(struct json_out *out, uint64_t number)
{
    separate(out);
    fprintf(out->file, number <= JSON_EXACT_MAX ? "%" PRIu64 : "\"%" PRIu64 "\"", number);
}

void json_number(struct json_out *out, int64_t number)
{
    if (number >= 0) {
        json_natural(out, (uint64_t)number);
        return;
    }
    separate(out);
    bool exact = number >= -(int64_t)JSON_EXACT_MAX;
    fprintf(out->file, exact ? "%" PRId64 : "\"%" PRId64 "\"", number);
}

void json_fraction(struct json_out *out, uint64_t number, uint32_t digits)
{
    uint64_t whole = 1;
    for (uint32_t at = 0; at < digits; at++) {
        whole *= 10;
    }
    separate(out);
    fprintf(out->file, "%" PRIu64 ".%0*" PRIu64, number / whole, (int)digits, number % whole);
}

void json_flag(struct json_out *out, bool flag)
{
    separate(out);
    fputs(flag ? "true" : "false", out->file);
}

void json_none(struct json_out *out)
{
    separate(out);
    fputs("null", out->file);
}

void json_hex(struct json_out *out, const uint8_t *bytes, size_t count)
{
    static const char digits[] = "0123456789abcdef";
    separate(out);
    putc_unlocked('"', out->file);
    for (size_t at = 0; at < count; at++) {
        putc_unlocked(digits[bytes[at] >> 4], out->file);
        putc_unlocked(digits[bytes[at] & 15], out->file);
    }
    putc_unlocked('"', out->file);
}

void json_time(struct json_out *out, int64_t time_ms)
{
    char text[RFC3339_BYTES];
    rfc3339_format(time_ms, text);
    json_text(out, text_of(text));
}
