/* redis_ask.c -- the blocking connection over a real, private Redis: answers, passwords, silence. */
#include "net/redis_ask.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "net/clock.h"
#include "tests/lib/redis_private.h"

#define PASSWORD "correct horse"
#define CHUNK_BYTES ((size_t)256 * 1024)

static struct redis_ask *redis;
static char message[256];

static void end(void)
{
    redis_ask_close(&redis);
    redis_private_tear_down();
}

TestSuite(redis_ask, .init = redis_private_set_up, .fini = end, .timeout = 60);

static struct journal_redis_options by_path(void)
{
    return (struct journal_redis_options){.path = redis_private.path, .timeout_ms = 2000};
}

static void must_open(const struct journal_redis_options *where)
{
    redis = redis_ask_open(where, message, sizeof(message));
    cr_assert_not_null(redis, "%s", message);
}

static void must_not_open(const struct journal_redis_options *where, const char *why)
{
    redis = redis_ask_open(where, message, sizeof(message));
    cr_assert_null(redis);
    cr_assert_not_null(strstr(message, why), "%s", message);
}

static void must_say(const struct journal_answer *answer, enum journal_answer_kind kind,
                     const char *text)
{
    cr_assert_not_null(answer, "%s", redis_ask_trouble(redis));
    cr_assert_eq(answer->kind, kind, "kind %d", (int)answer->kind);
    cr_assert(text_equal(answer->text, text_of(text)), "%.*s", (int)answer->text.length,
              answer->text.data);
}

Test(redis_ask, every_kind_of_answer_is_told_apart)
{
    redis_private_start("");
    const struct journal_redis_options where = by_path();
    must_open(&where);
    must_say(REDIS_ASK(redis, "PING"), JOURNAL_ANSWER_TEXT, "PONG");
    must_say(REDIS_ASK(redis, "GET", "absent"), JOURNAL_ANSWER_NIL, "");
    must_say(REDIS_ASK(redis, "XADD", "s", "1-1", "b", "one"), JOURNAL_ANSWER_TEXT, "1-1");
    must_say(REDIS_ASK(redis, "XADD", "s", "1-1", "b", "two"), JOURNAL_ANSWER_ERROR,
             "ERR The ID specified in XADD is equal or smaller than the target stream top item");
    const struct journal_answer *answer = REDIS_ASK(redis, "XLEN", "s");
    cr_assert_not_null(answer);
    cr_assert_eq(answer->kind, JOURNAL_ANSWER_INTEGER);
    cr_assert_eq(answer->integer, 1);
    answer = REDIS_ASK(redis, "XRANGE", "s", "-", "+");
    cr_assert_not_null(answer);
    cr_assert_eq(answer->kind, JOURNAL_ANSWER_ENTRIES);
    cr_assert_eq(answer->count, 1u);
    cr_assert(text_equal(answer->entries[0].id, TEXT("1-1")));
    cr_assert_eq(answer->entries[0].length, 3u);
    cr_assert_eq(memcmp(answer->entries[0].bytes, "one", 3), 0);
    answer = REDIS_ASK(redis, "CONFIG", "GET", "appendonly", "maxmemory-policy");
    cr_assert_not_null(answer);
    cr_assert_eq(answer->kind, JOURNAL_ANSWER_PAIRS);
    cr_assert_eq(answer->count, 2u);
    cr_assert_eq(REDIS_ASK(redis, "COMMAND", "INFO", "get")->kind, JOURNAL_ANSWER_OTHER);
    cr_assert_str_eq(redis_ask_trouble(redis), "");
}

Test(redis_ask, answers_come_in_the_order_of_many_commands_that_were_sent_ahead)
{
    redis_private_start("");
    const struct journal_redis_options where = by_path();
    must_open(&where);
    char *chunk = malloc(CHUNK_BYTES);
    cr_assert_not_null(chunk);
    memset(chunk, 'x', CHUNK_BYTES);
    for (int i = 1; i <= 20; i++) {
        char id[16];
        int length = snprintf(id, sizeof(id), "1-%d", i);
        chunk[0] = (char)i;
        cr_assert(redis_ask_send(redis, 5, (const char *const[]){"XADD", "s", id, "b", chunk},
                                 (const size_t[]){4, 1, (size_t)length, 1, CHUNK_BYTES}));
    }
    cr_assert_eq(redis_ask_unanswered(redis), 20u);
    for (int i = 1; i <= 20; i++) {
        char id[16];
        snprintf(id, sizeof(id), "1-%d", i);
        must_say(redis_ask_next(redis), JOURNAL_ANSWER_TEXT, id);
    }
    cr_assert_eq(redis_ask_unanswered(redis), 0u);
    const struct journal_answer *answer = REDIS_ASK(redis, "XRANGE", "s", "-", "+");
    cr_assert_not_null(answer, "%s", redis_ask_trouble(redis));
    cr_assert_eq(answer->count, 20u);
    for (int i = 0; i < 20; i++) {
        chunk[0] = (char)(i + 1);
        cr_assert_eq(answer->entries[i].length, CHUNK_BYTES);
        cr_assert_eq(memcmp(answer->entries[i].bytes, chunk, CHUNK_BYTES), 0);
    }
    free(chunk);
}

Test(redis_ask, a_page_of_thousands_of_entries_is_whole_after_a_small_one)
{
    redis_private_start("");
    const struct journal_redis_options where = by_path();
    must_open(&where);
    for (int i = 0; i < 3000; i++) {
        cr_assert(redis_ask_send(
            redis, 5, (const char *const[]){"XADD", "s", "1-*", "b", i % 2 ? "odd" : "even"},
            NULL));
    }
    while (redis_ask_unanswered(redis) > 0) {
        cr_assert_not_null(redis_ask_next(redis));
    }
    const struct journal_answer *answer = REDIS_ASK(redis, "XRANGE", "s", "-", "+", "COUNT", "2");
    cr_assert_not_null(answer);
    cr_assert_eq(answer->count, 2u);
    cr_assert_eq(answer->entries[0].length, 4u);
    answer = REDIS_ASK(redis, "XRANGE", "s", "-", "+");
    cr_assert_not_null(answer);
    cr_assert_eq(answer->count, 3000u);
    for (size_t at = 0; at < answer->count; at++) {
        cr_assert_eq(answer->entries[at].length, at % 2 ? 3u : 4u);
    }
}

Test(redis_ask, it_comes_in_with_the_right_password_only)
{
    redis_private_start(PASSWORD);
    struct journal_redis_options where = by_path();
    where.password = "wrong";
    must_not_open(&where, "Redis wants another password: WRONGPASS");
    where.password = PASSWORD;
    must_open(&where);
    must_say(REDIS_ASK(redis, "PING"), JOURNAL_ANSWER_TEXT, "PONG");
    redis_ask_close(&redis);
    where.password = NULL;
    must_open(&where);
    must_say(REDIS_ASK(redis, "PING"), JOURNAL_ANSWER_ERROR, "NOAUTH Authentication required.");
}

Test(redis_ask, it_comes_in_as_another_user)
{
    redis_private_start("");
    struct journal_redis_options where = by_path();
    where.username = REDIS_PRIVATE_USER;
    where.password = "wrong";
    must_not_open(&where, "WRONGPASS");
    where.password = REDIS_PRIVATE_USER_PASSWORD;
    must_open(&where);
    must_say(REDIS_ASK(redis, "ACL", "WHOAMI"), JOURNAL_ANSWER_TEXT, REDIS_PRIVATE_USER);
    must_say(REDIS_ASK(redis, "GET", "boon:x"), JOURNAL_ANSWER_NIL, "");
    cr_assert_eq(REDIS_ASK(redis, "GET", "other")->kind, JOURNAL_ANSWER_ERROR);
}

Test(redis_ask, it_connects_by_host_and_port_too)
{
    redis_private_choose_port();
    redis_private_start("");
    const struct journal_redis_options where = {
        .host = "127.0.0.1", .port = (uint16_t)strtoul(redis_private.port, NULL, 10)};
    must_open(&where);
    must_say(REDIS_ASK(redis, "PING"), JOURNAL_ANSWER_TEXT, "PONG");
}

Test(redis_ask, nobody_there_is_said_with_the_address)
{
    const struct journal_redis_options by_socket = by_path();
    must_not_open(&by_socket, redis_private.path);
    cr_assert_not_null(strstr(message, "No such file or directory"), "%s", message);
    redis_private_choose_port();
    const struct journal_redis_options by_host = {
        .host = "127.0.0.1", .port = (uint16_t)strtoul(redis_private.port, NULL, 10)};
    must_not_open(&by_host, "no connection to Redis at 127.0.0.1:");
    cr_assert_not_null(strstr(message, "Connection refused"), "%s", message);
}

Test(redis_ask, a_redis_that_does_not_answer_in_time_is_given_up)
{
    redis_private_start("");
    struct journal_redis_options where = by_path();
    where.timeout_ms = 200;
    must_open(&where);
    kill(redis_private.pid, SIGSTOP);
    int64_t from_ms = clock_monotonic_ms();
    cr_assert_null(REDIS_ASK(redis, "PING"));
    cr_assert_geq(clock_monotonic_ms() - from_ms, 190);
    cr_assert_lt(clock_monotonic_ms() - from_ms, 2000);
    cr_assert_str_eq(redis_ask_trouble(redis), "Redis did not answer in time");
    kill(redis_private.pid, SIGCONT);
    usleep(100000);
    cr_assert_null(REDIS_ASK(redis, "PING"), "a late answer is no other question's");
    cr_assert_str_eq(redis_ask_trouble(redis), "Redis did not answer in time");
}

Test(redis_ask, output_that_redis_does_not_take_in_time_ends_the_connection)
{
    redis_private_start("");
    struct journal_redis_options where = by_path();
    where.timeout_ms = 200;
    must_open(&where);
    kill(redis_private.pid, SIGSTOP);
    char *chunk = calloc(1, 16 * CHUNK_BYTES);
    cr_assert_not_null(chunk);
    cr_assert_not(redis_ask_send(redis, 3, (const char *const[]){"SET", "k", chunk},
                                 (const size_t[]){3, 1, 16 * CHUNK_BYTES}));
    free(chunk);
    cr_assert_str_eq(redis_ask_trouble(redis), "Redis did not answer in time");
    cr_assert_null(redis_ask_next(redis));
}

Test(redis_ask, a_redis_that_dies_is_a_trouble_and_no_signal)
{
    redis_private_start("");
    const struct journal_redis_options where = by_path();
    must_open(&where);
    cr_assert(redis_ask_send(redis, 1, (const char *const[]){"PING"}, NULL));
    must_say(redis_ask_next(redis), JOURNAL_ANSWER_TEXT, "PONG");
    redis_private_stop(SIGKILL);
    cr_assert_null(REDIS_ASK(redis, "PING"));
    cr_assert_str_neq(redis_ask_trouble(redis), "");
    cr_assert_not(redis_ask_send(redis, 1, (const char *const[]){"PING"}, NULL));
    cr_assert_null(redis_ask_next(redis));
}
