/* resp.c -- requests in. */
#include "net/resp.h"

#include <inttypes.h>
#include <stdio.h>

#define CR_LF (uint64_t)('\r' | '\n' << 8)

/* Reads a decimal number that ends with CR LF. Returns the bytes used, 0 for more, -1 for bad. */
static int read_number(const char *bytes, size_t length, int64_t max, int64_t *number)
{
    size_t at = 0;
    int64_t value = 0;
    bool negative = length > 0 && bytes[0] == '-';
    at = negative ? 1 : 0;
    size_t first = at;
    while (at < length && bytes[at] >= '0' && bytes[at] <= '9') {
        value = value * 10 + (bytes[at] - '0');
        if (value > max) {
            return -1;
        }
        at++;
    }
    if (at == length) {
        return 0;
    }
    if (at == first || bytes[at] != '\r') {
        return -1;
    }
    if (at + 1 == length) {
        return 0;
    }
    if (bytes[at + 1] != '\n') {
        return -1;
    }
    *number = negative ? -value : value;
    return (int)(at + 2);
}

/* Reads a type byte, a number of one or two digits, CR LF, as nearly all heads are, in one load of eight
 * bytes. Returns the bytes used; 0: not of this kind, or too close to the end: look closer.
 *
 * `rest` is the word without what has to be there: of a digit's byte its value is left, 0 to 9, which is below 16
 * and stays so when 6 is added. */
static inline size_t read_short(const char *bytes, size_t length, char type, uint32_t *number)
{
    if (__builtin_expect(length < sizeof(uint64_t), 0)) {
        return 0;
    }
    uint64_t word = text_word(bytes);
    uint64_t rest = word ^ ((uint8_t)type | (uint64_t)'0' << 8 | (uint64_t)'0' << 16 | CR_LF << 24);
    if (((rest | (rest + 0x060600)) & 0xfffff0f0ff) == 0) {
        *number = (uint32_t)(rest >> 8 & 0xff) * 10 + (uint32_t)(rest >> 16 & 0xff);
        return 5;
    }
    rest = word ^ ((uint8_t)type | (uint64_t)'0' << 8 | CR_LF << 16);
    *number = (uint32_t)(rest >> 8 & 0xff);
    return ((rest | (rest + 0x0600)) & 0xfffff0ff) == 0 ? 4 : 0;
}

/* Reads the head of a bulk string: '$', its size, CR LF. Returns the bytes used; 0: `*status` says why not. */
static size_t read_bulk_head(const char *bytes, size_t length, const struct resp_limits *limits,
                             struct resp_request *request, uint32_t *size, enum resp_status *status,
                             const char **problem)
{
    int64_t number = 0;
    *status = RESP_MORE;
    if (length == 0) {
        return 0;
    }
    *status = RESP_BAD;
    if (bytes[0] != '$') {
        *problem = "expected '$' before an argument";
        return 0;
    }
    int used = read_number(bytes + 1, length - 1, limits->bulk_bytes_max, &number);
    if (used < 0 || (used > 0 && number < 0)) {
        snprintf(request->problem, sizeof(request->problem),
                 "invalid bulk length, 0 to %" PRIu32 " bytes", limits->bulk_bytes_max);
        *problem = request->problem;
        return 0;
    }
    *status = used == 0 ? RESP_MORE : RESP_CONSUMED;
    *size = (uint32_t)number;
    return used == 0 ? 0 : 1 + (size_t)used;
}

/* Reads how many arguments follow. Returns the bytes used; 0: `*status` says why not. */
static size_t read_array_head(const char *bytes, size_t length, const struct resp_limits *limits,
                              struct resp_request *request, int64_t *count,
                              enum resp_status *status, const char **problem)
{
    int used = read_number(bytes + 1, length - 1, limits->arguments_max, count);
    *status = used == 0 ? RESP_MORE : RESP_BAD;
    if (used < 0) {
        snprintf(request->problem, sizeof(request->problem),
                 "invalid multibulk length, at most %" PRIu32 " arguments", limits->arguments_max);
        *problem = request->problem;
    }
    return used > 0 ? 1 + (size_t)used : 0;
}

static enum resp_status parse_array(char *bytes, size_t length, const struct resp_limits *limits,
                                    struct resp_request *request, size_t *consumed,
                                    const char **problem)
{
    enum resp_status status;
    uint32_t number = 0;
    int64_t count = 0;
    size_t at = read_short(bytes, length, '*', &number);
    count = number;
    if (__builtin_expect(at == 0 || number > limits->arguments_max, 0)) {
        at = read_array_head(bytes, length, limits, request, &count, &status, problem);
        if (at == 0) {
            return status;
        }
    }
    request->count = count > 0 ? (uint32_t)count : 0;
    struct text *const end = request->arguments + request->count;
    const char *from = bytes + at;
    size_t left = length - at;
    for (struct text *argument = request->arguments; argument < end; argument++) {
        uint32_t size = 0;
        size_t head = read_short(from, left, '$', &size);
        if (__builtin_expect(head == 0 || size > limits->bulk_bytes_max, 0)) {
            head = read_bulk_head(from, left, limits, request, &size, &status, problem);
            if (head == 0) {
                return status;
            }
        }
        size_t whole = head + size + 2;
        if (left < whole) {
            return RESP_MORE;
        }
        *argument = (struct text){from + head, size};
        from += whole;
        left -= whole;
        if (from[-2] != '\r' || from[-1] != '\n') {
            *problem = "expected CR LF after an argument";
            return RESP_BAD;
        }
    }
    *consumed = length - left;
    return RESP_CONSUMED;
}

static int hex_value(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Unquotes one character after a backslash in double quotes, as redis-cli writes them. */
static char unescape(const char *bytes, size_t length, size_t *at)
{
    char c = bytes[*at];
    if (c == 'x' && *at + 2 < length && hex_value(bytes[*at + 1]) >= 0 &&
        hex_value(bytes[*at + 2]) >= 0) {
        char value = (char)(hex_value(bytes[*at + 1]) * 16 + hex_value(bytes[*at + 2]));
        *at += 2;
        return value;
    }
    switch (c) {
    case 'n':
        return '\n';
    case 'r':
        return '\r';
    case 't':
        return '\t';
    case 'a':
        return '\a';
    case 'b':
        return '\b';
    default:
        return c;
    }
}

/* Unquotes the argument at `*at` in place and moves behind it. False: unbalanced quotes. */
static bool inline_argument(char *bytes, size_t length, size_t *at, struct text *argument)
{
    size_t to = *at;
    *argument = (struct text){bytes + to, 0};
    char quote = bytes[*at] == '"' || bytes[*at] == '\'' ? bytes[*at] : '\0';
    size_t from = *at + (quote != '\0' ? 1 : 0);
    for (; from < length; from++) {
        char c = bytes[from];
        if (quote == '\0' && (c == ' ' || c == '\t')) {
            break;
        }
        if (quote == '\0' && (c == '"' || c == '\'')) {
            return false;
        }
        if (quote != '\0' && c == quote) {
            /* A closing quote is followed by a space or by nothing. */
            bool closed = from + 1 == length || bytes[from + 1] == ' ' || bytes[from + 1] == '\t';
            argument->length = (uint32_t)(bytes + to - argument->data);
            *at = from + 1;
            return closed;
        }
        if (c == '\\' && quote == '"' && from + 1 < length) {
            from++;
            c = unescape(bytes, length, &from);
        } else if (c == '\\' && quote == '\'' && from + 1 < length && bytes[from + 1] == '\'') {
            from++;
            c = '\'';
        }
        bytes[to++] = c;
    }
    argument->length = (uint32_t)(bytes + to - argument->data);
    *at = from;
    return quote == '\0';
}

static enum resp_status parse_inline(char *bytes, size_t length, const struct resp_limits *limits,
                                     struct resp_request *request, size_t *consumed,
                                     const char **problem)
{
    size_t within = length < limits->inline_bytes_max ? length : limits->inline_bytes_max;
    const char *newline = memchr(bytes, '\n', within);
    if (newline == NULL) {
        *problem = "too big inline request";
        return within < limits->inline_bytes_max ? RESP_MORE : RESP_BAD;
    }
    *consumed = (size_t)(newline - bytes) + 1;
    size_t end = *consumed - 1;
    if (end > 0 && bytes[end - 1] == '\r') {
        end--;
    }
    request->count = 0;
    for (size_t at = 0;;) {
        while (at < end && (bytes[at] == ' ' || bytes[at] == '\t')) {
            at++;
        }
        if (at == end) {
            return RESP_CONSUMED;
        }
        if (request->count == limits->arguments_max) {
            *problem = "too many arguments in an inline request";
            return RESP_BAD;
        }
        if (!inline_argument(bytes, end, &at, &request->arguments[request->count])) {
            *problem = "unbalanced quotes in request";
            return RESP_BAD;
        }
        request->count++;
    }
}

enum resp_status resp_parse(char *bytes, size_t length, const struct resp_limits *limits,
                            struct resp_request *request, size_t *consumed, const char **problem)
{
    if (length == 0) {
        return RESP_MORE;
    }
    if (bytes[0] == '*') {
        return parse_array(bytes, length, limits, request, consumed, problem);
    }
    return parse_inline(bytes, length, limits, request, consumed, problem);
}
