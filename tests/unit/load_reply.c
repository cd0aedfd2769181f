/* load_reply.c -- the load tester's RESP reader: whole, not yet whole, or bad. */
#include "reply.h"

#include <criterion/criterion.h>

#include <stdlib.h>

struct whole {
    const char *bytes;
    enum reply_kind kind;
    const char *status; /* of the first element, or of the reply itself; NULL: no text */
};

static const struct whole wholes[] = {
    {"+OK\r\n", REPLY_TEXT, "OK"},
    {"-ERR no such thing\r\n", REPLY_ERROR, "ERR no such thing"},
    {":42\r\n", REPLY_INTEGER, NULL},
    {":-42\r\n", REPLY_INTEGER, NULL},
    {"$5\r\nhello\r\n", REPLY_TEXT, "hello"},
    {"$0\r\n\r\n", REPLY_TEXT, ""},
    {"$4\r\na\r\nb\r\n", REPLY_TEXT, "a\r\nb"},
    {"$-1\r\n", REPLY_NULL, NULL},
    {"*-1\r\n", REPLY_NULL, NULL},
    {"*0\r\n", REPLY_LIST, NULL},
    {"*2\r\n$2\r\nOK\r\n$24\r\n7K3D-9Q2M-XW4T-0ABC-DEFG\r\n", REPLY_LIST, "OK"},
    {"*5\r\n$5\r\nLIMIT\r\n$10\r\nper_member\r\n:1\r\n:1\r\n:0\r\n", REPLY_LIST, "LIMIT"},
    {"*3\r\n$2\r\nOK\r\n:1\r\n*4\r\n$1\r\nc\r\n*1\r\n*0\r\n$1\r\ns\r\n:5\r\n", REPLY_LIST, "OK"},
    {"_\r\n", REPLY_NULL, NULL},
    {"#t\r\n", REPLY_TEXT, "t"},
    {",3.25\r\n", REPLY_TEXT, "3.25"},
    {"(3492890328409238509324850943850943825024385\r\n", REPLY_TEXT,
     "3492890328409238509324850943850943825024385"},
    {"!5\r\nERR x\r\n", REPLY_ERROR, "ERR x"},
    {"=8\r\ntxt:some\r\n", REPLY_TEXT, "some"},
    {"%2\r\n$1\r\na\r\n:1\r\n$1\r\nb\r\n%1\r\n:1\r\n:2\r\n", REPLY_LIST, "a"},
    {"~2\r\n+a\r\n+b\r\n", REPLY_LIST, "a"},
    {">3\r\n+message\r\n+channel\r\n+text\r\n", REPLY_ASIDE, "message"},
    {"|1\r\n+ttl\r\n:3600\r\n", REPLY_ASIDE, "ttl"},
    {"*2\r\n|1\r\n+k\r\n+v\r\n:1\r\n:2\r\n", REPLY_LIST, NULL},
};
#define WHOLES (sizeof wholes / sizeof wholes[0])

/* A copy in memory of exactly that length, so that a sanitizer sees any byte read too far. */
static char *copy_of(const char *bytes, size_t length)
{
    char *copy = malloc(length ? length : 1);
    cr_assert(copy);
    memcpy(copy, bytes, length);
    return copy;
}

Test(reply, every_kind_is_consumed_whole)
{
    for (size_t i = 0; i < WHOLES; i++) {
        struct reply reply;
        size_t length = strlen(wholes[i].bytes);
        char *copy = copy_of(wholes[i].bytes, length);
        cr_assert_eq(reply_scan(copy, length, &reply), REPLY_CONSUMED, "%s", wholes[i].bytes);
        cr_assert_eq(reply.length, length, "%s", wholes[i].bytes);
        cr_assert_eq(reply.first.kind, wholes[i].kind, "%s", wholes[i].bytes);
        if (wholes[i].status)
            cr_assert(span_is(reply.status.text, wholes[i].status), "%s", wholes[i].bytes);
        free(copy);
    }
}

Test(reply, every_prefix_asks_for_more)
{
    for (size_t i = 0; i < WHOLES; i++) {
        for (size_t length = 0; length < strlen(wholes[i].bytes); length++) {
            struct reply reply;
            char *copy = copy_of(wholes[i].bytes, length);
            cr_assert_eq(reply_scan(copy, length, &reply), REPLY_MORE, "%zu bytes of %s", length,
                         wholes[i].bytes);
            free(copy);
        }
    }
}

Test(reply, what_follows_is_left_alone)
{
    static const char bytes[] = ":1\r\n*1\r\n+OK\r\n$2";
    struct reply reply;
    cr_assert_eq(reply_scan(bytes, sizeof bytes - 1, &reply), REPLY_CONSUMED);
    cr_assert_eq(reply.length, 4u);
    cr_assert_eq(reply.first.integer, 1);
    cr_assert_eq(reply_scan(bytes + 4, sizeof bytes - 5, &reply), REPLY_CONSUMED);
    cr_assert_eq(reply.length, 9u);
    cr_assert(span_is(reply.status.text, "OK"));
}

Test(reply, nonsense_is_bad)
{
    static const char *const bad[] = {
        "hello\r\n",      ":\r\n",           ":1x\r\n",      ":99999999999999999999\r\n",
        "$3\r\nabcd\r\n", "$-2\r\n",         "*-2\r\n",      "$x\r\n",
        "+a\rb\r\n",      "*1\r\nhello\r\n", "$1\r\na\rb\n", "%-1\r\n",
        "$1\ra",          "=2\r\nab\r\n",    ":--1\r\n",     "*9223372036854775807\r\n",
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct reply reply;
        cr_assert_eq(reply_scan(bad[i], strlen(bad[i]), &reply), REPLY_BAD, "%s", bad[i]);
    }
}

Test(reply, random_bytes_never_read_too_far)
{
    static const char alphabet[] = "$*:+-%>|~!=_#,(0123456789\r\n\r\n\r\nOK";
    uint64_t state = 88172645463325252U;
    for (int round = 0; round < 200000; round++) {
        char text[24];
        size_t length = 0;
        for (; length < sizeof text; length++) {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            text[length] = alphabet[state % (sizeof alphabet - 1)];
        }
        struct reply reply;
        char *copy = copy_of(text, length);
        enum reply_scan found = reply_scan(copy, length, &reply);
        if (found == REPLY_CONSUMED) {
            struct span rest = reply.bytes;
            reply_skip(&rest, 1);
            cr_assert_eq(rest.length, 0u);
        }
        free(copy);
    }
}

Test(reply, the_items_of_a_list_come_one_by_one)
{
    static const char bytes[] = "*3\r\n$2\r\nOK\r\n*2\r\n:1\r\n:2\r\n$1\r\nz\r\n";
    struct reply reply;
    struct reply_item item;
    cr_assert_eq(reply_scan(bytes, sizeof bytes - 1, &reply), REPLY_CONSUMED);
    struct span rest = reply.bytes;
    cr_assert(reply_item_next(&rest, &item));
    cr_assert_eq(item.kind, REPLY_LIST);
    cr_assert_eq(item.integer, 3);
    cr_assert(reply_item_next(&rest, &item));
    cr_assert(span_is(item.text, "OK"));
    reply_skip(&rest, 1);
    cr_assert(reply_item_next(&rest, &item));
    cr_assert(span_is(item.text, "z"));
    cr_assert_not(reply_item_next(&rest, &item));
}
