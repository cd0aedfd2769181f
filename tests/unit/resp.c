/* resp.c -- requests in, whole, in pieces and malformed; reply fragments out in both versions. */
#include "net/resp.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct resp_limits small = {4, 8, 32};

/* Parses a copy of exactly these bytes, so that a read past the end is seen by the sanitizer. */
static enum resp_status parse(const char *bytes, size_t length, const struct resp_limits *limits,
                              struct resp_request *request, size_t *consumed, const char **problem,
                              char **copy)
{
    *copy = malloc(length == 0 ? 1 : length);
    cr_assert_not_null(*copy);
    memcpy(*copy, bytes, length);
    *problem = "";
    return resp_parse(*copy, length, limits, request, consumed, problem);
}

/* Shows a request as "[a][b]". */
static void show(const struct resp_request *request, char *out, size_t size)
{
    size_t at = 0;
    out[0] = '\0';
    for (uint32_t number = 0; number < request->count; number++) {
        struct text argument = request->arguments[number];
        at += (size_t)snprintf(out + at, size - at, "[%.*s]", (int)argument.length, argument.data);
    }
}

#define REST "PING\r\n"

static const struct {
    const char *bytes;
    const char *shown;
} requests[] = {
    {"*1\r\n$4\r\nPING\r\n", "[PING]"},
    {"*2\r\n$4\r\nECHO\r\n$0\r\n\r\n", "[ECHO][]"},
    {"*4\r\n$1\r\na\r\n$2\r\nbb\r\n$3\r\nccc\r\n$8\r\n12345678\r\n", "[a][bb][ccc][12345678]"},
    {"*1\r\n$4\r\n\r\n\r\n\r\n", "[\r\n\r\n]"},
    {"*0\r\n", ""},
    {"*-1\r\n", ""},
    {"*01\r\n$01\r\na\r\n", "[a]"},
    {"PING\r\n", "[PING]"},
    {"PING\n", "[PING]"},
    {"\r\n", ""},
    {"\n", ""},
    {"  \t \r\n", ""},
    {"  a \t b  \r\n", "[a][b]"},
    {"a b c d\r\n", "[a][b][c][d]"},
    {"set 'a b' c\r\n", "[set][a b][c]"},
    {"set \"a b\" c\r\n", "[set][a b][c]"},
    {"'' \"\"\r\n", "[][]"},
    {"'it\\'s'\r\n", "[it's]"},
    {"'a\\nb'\r\n", "[a\\nb]"},
    {"\"a\\\"b\"\r\n", "[a\"b]"},
    {"\"\\x41\\x7a\"\r\n", "[Az]"},
    {"\"\\xZZ\"\r\n", "[xZZ]"},
    {"\"\\n\\r\\t\\b\\a\\q\"\r\n", "[\n\r\t\b\aq]"},
    {"a\\nb\r\n", "[a\\nb]"},
};

Test(resp, whole_requests_are_consumed_and_the_rest_is_left)
{
    for (size_t at = 0; at < sizeof(requests) / sizeof(requests[0]); at++) {
        char bytes[128];
        size_t length = strlen(requests[at].bytes);
        snprintf(bytes, sizeof(bytes), "%s" REST, requests[at].bytes);
        struct resp_request request;
        size_t consumed = 0;
        const char *problem;
        char *copy;
        enum resp_status status = parse(bytes, length + strlen(REST), &small, &request, &consumed,
                                        &problem, &copy);
        cr_assert_eq(status, RESP_CONSUMED, "%s: %s", requests[at].bytes, problem);
        cr_assert_eq(consumed, length, "%s", requests[at].bytes);
        char shown[128];
        show(&request, shown, sizeof(shown));
        cr_assert_str_eq(shown, requests[at].shown);
        free(copy);
    }
}

Test(resp, every_prefix_of_a_request_asks_for_more)
{
    for (size_t at = 0; at < sizeof(requests) / sizeof(requests[0]); at++) {
        for (size_t length = 0; length < strlen(requests[at].bytes); length++) {
            struct resp_request request;
            size_t consumed = 0;
            const char *problem;
            char *copy;
            enum resp_status status = parse(requests[at].bytes, length, &small, &request, &consumed,
                                            &problem, &copy);
            cr_assert_eq(status, RESP_MORE, "%zu bytes of %s: %s", length, requests[at].bytes,
                         problem);
            cr_assert_eq(memcmp(copy, requests[at].bytes, length), 0,
                         "bytes that are not a whole request stay as they are");
            free(copy);
        }
    }
}

Test(resp, a_nul_byte_is_a_byte_like_others)
{
    static const char bytes[] = "*1\r\n$3\r\na\0b\r\n";
    struct resp_request request;
    size_t consumed = 0;
    const char *problem;
    char *copy;
    cr_assert_eq(parse(bytes, sizeof(bytes) - 1, &small, &request, &consumed, &problem, &copy),
                 RESP_CONSUMED);
    cr_assert_eq(request.arguments[0].length, 3);
    cr_assert_eq(memcmp(request.arguments[0].data, "a\0b", 3), 0);
    free(copy);
}

#define COUNT "invalid multibulk length, at most 4 arguments"
#define DOLLAR "expected '$' before an argument"
#define BULK "invalid bulk length, 0 to 8 bytes"
#define AFTER "expected CR LF after an argument"
#define LONG_LINE "too big inline request"
#define MANY "too many arguments in an inline request"
#define QUOTES "unbalanced quotes in request"

static const struct {
    const char *bytes;
    const char *problem;
} mistakes[] = {
    {"*5\r\n", COUNT},
    {"*5", COUNT},
    {"*99999999999999999999\r\n", COUNT},
    {"*-4\r\n", NULL}, /* nothing is asked: passed over, as Redis does */
    {"*-5\r\n", COUNT},
    {"*x\r\n", COUNT},
    {"*\r\n", COUNT},
    {"*-\r\n", COUNT},
    {"*+1\r\n", COUNT},
    {"* 1\r\n", COUNT},
    {"*1 \r\n", COUNT},
    {"*1\n", COUNT},
    {"*1\r\r", COUNT},
    {"*1x\r\n", COUNT},
    {"*1.0\r\n", COUNT},
    {"*1\r\n:1\r\n", DOLLAR},
    {"*1\r\n*1\r\n", DOLLAR},
    {"*1\r\nPING\r\n", DOLLAR},
    {"*1\r\n\r\n", DOLLAR},
    {"*2\r\n$1\r\na\r\n+b\r\n", DOLLAR},
    {"*1\r\n$9\r\n", BULK},
    {"*1\r\n$9", BULK},
    {"*1\r\n$-1\r\n", BULK},
    {"*1\r\n$-9999\r\n", BULK},
    {"*1\r\n$\r\n", BULK},
    {"*1\r\n$x\r\n", BULK},
    {"*1\r\n$1x\r\n", BULK},
    {"*1\r\n$4294967296\r\n", BULK},
    {"*1\r\n$18446744073709551617\r\n", BULK},
    {"*2\r\n$1\r\na\r\n$99\r\n", BULK},
    {"*1\r\n$1\r\nabc", AFTER},
    {"*1\r\n$1\r\na\n\n", AFTER},
    {"*1\r\n$1\r\na\r\r", AFTER},
    {"*1\r\n$0\r\nab", AFTER},
    {"*2\r\n$1\r\na\r\n$1\r\nbcd", AFTER},
    {"0123456789012345678901234567890123456789", LONG_LINE},
    {"01234567890123456789012345678901\r\n", LONG_LINE},
    {"a b c d e\r\n", MANY},
    {"'a\r\n", QUOTES},
    {"\"a\r\n", QUOTES},
    {"'a'b\r\n", QUOTES},
    {"\"a\"b\r\n", QUOTES},
    {"a'b'\r\n", QUOTES},
    {"a\"b\"\r\n", QUOTES},
    {"\"a\\\"\r\n", QUOTES},
    {"'a\\'\r\n", QUOTES},
};

Test(resp, bad_bytes_are_told_by_their_words)
{
    for (size_t at = 0; at < sizeof(mistakes) / sizeof(mistakes[0]); at++) {
        struct resp_request request;
        size_t consumed = 0;
        const char *problem;
        char *copy;
        enum resp_status status = parse(mistakes[at].bytes, strlen(mistakes[at].bytes), &small,
                                        &request, &consumed, &problem, &copy);
        cr_assert_eq(status, mistakes[at].problem == NULL ? RESP_CONSUMED : RESP_BAD, "%s",
                     mistakes[at].bytes);
        if (mistakes[at].problem != NULL) {
            cr_assert_str_eq(problem, mistakes[at].problem);
        }
        free(copy);
    }
}

/* Heads of one digit and of two are read in one go: every byte in the place of each of theirs. */
Test(resp, every_other_byte_in_a_short_head_is_seen)
{
    static const char *const heads[] = {"*1\r\n$5\r\nabcde\r\n", "*1\r\n$05\r\nabcde\r\n"};
    static const struct resp_limits limits = {4, 99, 32};
    for (size_t which = 0; which < 2; which++) {
        char bytes[32];
        size_t digits = 1 + which;
        size_t length = strlen(heads[which]);
        for (size_t place = 4; place < 4 + 1 + digits + 2; place++) {
            for (int value = 0; value < 256; value++) {
                memcpy(bytes, heads[which], length + 1);
                char was = bytes[place];
                bytes[place] = (char)value;
                struct resp_request request;
                size_t consumed = 0;
                const char *problem;
                char *copy;
                enum resp_status status = parse(bytes, length, &limits, &request, &consumed,
                                                &problem, &copy);
                bool digit = place > 4 && place < 5 + digits && value >= '0' && value <= '9';
                bool whole = bytes[place] == was;
                cr_assert_eq(status == RESP_CONSUMED, whole, "%zu: byte %d at %zu", which, value,
                             place);
                cr_assert_eq(status == RESP_BAD && strcmp(problem, AFTER) != 0, !whole && !digit,
                             "%zu: byte %d at %zu: %s", which, value, place, problem);
                free(copy);
            }
        }
    }
}

Test(resp, a_stranger_cannot_make_it_wait_for_what_is_too_long)
{
    /* The length alone is enough: no byte of the argument has come. */
    const struct resp_limits strangers = {10, 16384, 65536};
    struct resp_request request;
    size_t consumed = 0;
    const char *problem;
    char *copy;
    cr_assert_eq(parse("*1\r\n$16384\r\n", 12, &strangers, &request, &consumed, &problem, &copy),
                 RESP_MORE);
    free(copy);
    cr_assert_eq(parse("*1\r\n$16385\r\n", 12, &strangers, &request, &consumed, &problem, &copy),
                 RESP_BAD);
    cr_assert_str_eq(problem, "invalid bulk length, 0 to 16384 bytes");
    free(copy);
    cr_assert_eq(parse("*11\r\n", 5, &strangers, &request, &consumed, &problem, &copy), RESP_BAD);
    cr_assert_str_eq(problem, "invalid multibulk length, at most 10 arguments");
    free(copy);
}

Test(resp, as_many_arguments_as_the_limit_says_fit)
{
    const struct resp_limits limits = {RESP_ARGUMENTS_MAX, 8, 4096};
    char bytes[4096];
    size_t length = (size_t)snprintf(bytes, sizeof(bytes), "*%u\r\n", RESP_ARGUMENTS_MAX);
    for (uint32_t at = 0; at < RESP_ARGUMENTS_MAX; at++) {
        length += (size_t)snprintf(bytes + length, sizeof(bytes) - length, "$1\r\nx\r\n");
    }
    struct resp_request request;
    size_t consumed = 0;
    const char *problem;
    char *copy;
    cr_assert_eq(parse(bytes, length, &limits, &request, &consumed, &problem, &copy),
                 RESP_CONSUMED);
    cr_assert_eq(request.count, RESP_ARGUMENTS_MAX);
    cr_assert_eq(consumed, length);
    free(copy);
}

static void fragment_array(struct resp_writer *writer)
{
    resp_array(writer, 4294967296);
}
static void fragment_map(struct resp_writer *writer)
{
    resp_map(writer, 2);
}
static void fragment_empty_map(struct resp_writer *writer)
{
    resp_map(writer, 0);
}
static void fragment_set(struct resp_writer *writer)
{
    resp_set(writer, 3);
}
static void fragment_null(struct resp_writer *writer)
{
    resp_null(writer);
}
static void fragment_zero(struct resp_writer *writer)
{
    resp_integer(writer, 0);
}
static void fragment_negative(struct resp_writer *writer)
{
    resp_integer(writer, -120);
}
static void fragment_least(struct resp_writer *writer)
{
    resp_integer(writer, INT64_MIN);
}
static void fragment_most(struct resp_writer *writer)
{
    resp_integer(writer, INT64_MAX);
}
static void fragment_bulk(struct resp_writer *writer)
{
    resp_bulk(writer, TEXT("a\r\nb"));
}
static void fragment_empty(struct resp_writer *writer)
{
    resp_bulk(writer, (struct text){NULL, 0});
}
static void fragment_simple(struct resp_writer *writer)
{
    resp_simple(writer, "PONG");
}
static void fragment_error(struct resp_writer *writer)
{
    resp_error(writer, "ERR", "unknown '%s', %d", "a\r\n-ERR b\t\x7f\x01", 7);
}
static void fragment_utf8(struct resp_writer *writer)
{
    resp_error(writer, "BUSY", "%s", "券已领完");
}

static const struct {
    void (*write)(struct resp_writer *writer);
    const char *resp2;
    const char *resp3; /* NULL: the same */
} fragments[] = {
    {fragment_array, "*4294967296\r\n", NULL},
    {fragment_map, "*4\r\n", "%2\r\n"},
    {fragment_empty_map, "*0\r\n", "%0\r\n"},
    {fragment_set, "*3\r\n", "~3\r\n"},
    {fragment_null, "$-1\r\n", "_\r\n"},
    {fragment_zero, ":0\r\n", NULL},
    {fragment_negative, ":-120\r\n", NULL},
    {fragment_least, ":-9223372036854775808\r\n", NULL},
    {fragment_most, ":9223372036854775807\r\n", NULL},
    {fragment_bulk, "$4\r\na\r\nb\r\n", NULL},
    {fragment_empty, "$0\r\n\r\n", NULL},
    {fragment_simple, "+PONG\r\n", NULL},
    {fragment_error, "-ERR unknown 'a?\?-ERR b?\?\?', 7\r\n", NULL},
    {fragment_utf8, "-BUSY 券已领完\r\n", NULL},
};

Test(resp, fragments_are_written_for_both_versions)
{
    for (size_t at = 0; at < sizeof(fragments) / sizeof(fragments[0]); at++) {
        for (uint32_t version = 2; version <= 3; version++) {
            struct output output = {0};
            struct resp_writer writer = {&output, version, false};
            fragments[at].write(&writer);
            const char *wanted = version == 3 && fragments[at].resp3 != NULL ? fragments[at].resp3
                                                                             : fragments[at].resp2;
            cr_assert_not(writer.failed);
            cr_assert_eq(output.end, strlen(wanted), "%s: %.*s", wanted, (int)output.end,
                         output.bytes);
            cr_assert_eq(memcmp(output.bytes, wanted, strlen(wanted)), 0, "%s: %.*s", wanted,
                         (int)output.end, output.bytes);
            output_deinit(&output);
        }
    }
}

Test(resp, an_error_too_long_is_cut_and_still_one_line)
{
    char message[2000];
    memset(message, 'x', sizeof(message));
    message[sizeof(message) - 1] = '\0';
    struct output output = {0};
    struct resp_writer writer = {&output, 2, false};
    resp_error(&writer, "ERR", "%s", message);
    cr_assert_leq(output.end, 512);
    cr_assert_gt(output.end, 500);
    cr_assert_eq(memcmp(output.bytes + output.end - 2, "\r\n", 2), 0);
    cr_assert_eq(memchr(output.bytes, '\n', output.end - 1), NULL);
    output_deinit(&output);
}

Test(resp, what_is_written_as_a_request_is_read_back)
{
    struct output output = {0};
    struct resp_writer writer = {&output, 2, false};
    char every_byte[256];
    for (int at = 0; at < 256; at++) {
        every_byte[at] = (char)at;
    }
    resp_array(&writer, 3);
    resp_word(&writer, "COUPON.CLAIM");
    resp_bulk(&writer, (struct text){every_byte, 256});
    resp_bulk(&writer, TEXT(""));
    const struct resp_limits limits = {3, 256, 32};
    struct resp_request request;
    size_t consumed = 0;
    const char *problem = "";
    cr_assert_eq(resp_parse(output.bytes, output.end, &limits, &request, &consumed, &problem),
                 RESP_CONSUMED, "%s", problem);
    cr_assert_eq(consumed, output.end);
    cr_assert_eq(request.count, 3);
    cr_assert(text_equal(request.arguments[1], (struct text){every_byte, 256}));
    cr_assert_eq(request.arguments[2].length, 0);
    output_deinit(&output);
}
