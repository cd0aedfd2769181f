/* resp_write.c -- reply fragments out. */
#include "net/resp.h"

#include <stdarg.h>
#include <stdio.h>

#include "engine/bytes.h"

#define ERROR_BYTES_MAX 512U
#define NUMBER_BYTES_MAX 24U

static char *room(struct resp_writer *writer, size_t bytes)
{
    char *at = output_room(writer->output, bytes);
    writer->failed = writer->failed || at == NULL;
    return at;
}

/* Writes a number in decimal and returns its length; faster than any format. */
static inline size_t write_decimal(char *at, uint64_t number)
{
    if (number < 10) {
        at[0] = (char)('0' + number);
        return 1;
    }
    size_t length = 1;
    for (uint64_t rest = number; rest >= 10; rest /= 10) {
        length++;
    }
    for (size_t digit = length; digit > 0; digit--) {
        at[digit - 1] = (char)('0' + number % 10);
        number /= 10;
    }
    return length;
}

/* Appends a type byte, a number, CR LF. */
static inline void head(struct resp_writer *writer, char type, bool negative, uint64_t number)
{
    char *at = room(writer, NUMBER_BYTES_MAX + 4);
    if (at == NULL) {
        return;
    }
    size_t length = 0;
    at[length++] = type;
    if (negative) {
        at[length++] = '-';
    }
    length += write_decimal(at + length, number);
    at[length++] = '\r';
    at[length++] = '\n';
    output_wrote(writer->output, length);
}

void resp_array(struct resp_writer *writer, uint64_t count)
{
    head(writer, '*', false, count);
}

void resp_map(struct resp_writer *writer, uint64_t pairs)
{
    head(writer, writer->version == 3 ? '%' : '*', false, writer->version == 3 ? pairs : pairs * 2);
}

void resp_set(struct resp_writer *writer, uint64_t count)
{
    head(writer, writer->version == 3 ? '~' : '*', false, count);
}

void resp_integer(struct resp_writer *writer, int64_t number)
{
    bool negative = number < 0;
    uint64_t magnitude = negative ? 0 - (uint64_t)number : (uint64_t)number;
    head(writer, ':', negative, magnitude);
}

void resp_raw_integer(struct resp_writer *writer, const char *bytes, size_t length, int64_t number)
{
    char *at = room(writer, length + NUMBER_BYTES_MAX + 4);
    if (at == NULL) {
        return;
    }
    bytes_copy(at, bytes, length);
    at[length++] = ':';
    bool negative = number < 0;
    if (negative) {
        at[length++] = '-';
    }
    length += write_decimal(at + length, negative ? 0 - (uint64_t)number : (uint64_t)number);
    at[length++] = '\r';
    at[length++] = '\n';
    output_wrote(writer->output, length);
}

void resp_raw(struct resp_writer *writer, const char *bytes, size_t length)
{
    char *at = room(writer, length);
    if (at != NULL) {
        memcpy(at, bytes, length);
        output_wrote(writer->output, length);
    }
}

void resp_bulk(struct resp_writer *writer, struct text text)
{
    head(writer, '$', false, text.length);
    char *at = room(writer, (size_t)text.length + 2);
    if (at == NULL) {
        return;
    }
    if (text.length > 0) {
        memcpy(at, text.data, text.length);
    }
    at[text.length] = '\r';
    at[text.length + 1] = '\n';
    output_wrote(writer->output, (size_t)text.length + 2);
}

void resp_word(struct resp_writer *writer, const char *word)
{
    resp_bulk(writer, text_of(word));
}

void resp_simple(struct resp_writer *writer, const char *word)
{
    resp_raw(writer, "+", 1);
    resp_raw(writer, word, strlen(word));
    resp_raw(writer, "\r\n", 2);
}

void resp_null(struct resp_writer *writer)
{
    if (writer->version == 3) {
        resp_raw(writer, "_\r\n", 3);
    } else {
        resp_raw(writer, "$-1\r\n", 5);
    }
}

void resp_error(struct resp_writer *writer, const char *code, const char *format, ...)
{
    char line[ERROR_BYTES_MAX];
    int start = snprintf(line, sizeof(line), "-%s ", code);
    size_t at = start < 0 ? 0 : (size_t)start;
    va_list arguments;
    va_start(arguments, format);
    int written = vsnprintf(line + at, sizeof(line) - at - 2, format, arguments);
    va_end(arguments);
    size_t length = at + (written < 0 ? 0 : (size_t)written);
    length = length > sizeof(line) - 3 ? sizeof(line) - 3 : length;
    for (size_t byte = 0; byte < length; byte++) {
        if ((unsigned char)line[byte] < 0x20 || line[byte] == 0x7f) {
            line[byte] = '?';
        }
    }
    line[length++] = '\r';
    line[length++] = '\n';
    resp_raw(writer, line, length);
}
