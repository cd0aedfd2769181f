/* redis_ask.c -- hiredis' synchronous context, with words for everything that can go wrong. */
#include "net/redis_ask.h"

#include <errno.h>
#include <hiredis/hiredis.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/bug.h"
#include "net/journal_redis_reply.h"

struct redis_ask {
    redisContext *context;
    redisReply *reply; /* what `answer` points into; NULL before the first */
    struct journal_redis_room room;
    struct journal_answer answer;
    uint64_t unanswered;
    char trouble[256]; /* "" while the connection is good */
};

static struct timeval timeval_of(int64_t ms)
{
    return (struct timeval){.tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000};
}

static bool is_given(const char *string)
{
    return string != NULL && string[0] != '\0';
}

/* Keeps the first trouble: what follows is its consequence. */
static void keep_trouble(struct redis_ask *redis, const char *why)
{
    if (redis->trouble[0] == '\0') {
        snprintf(redis->trouble, sizeof(redis->trouble), "%s", why);
    }
}

/* Puts hiredis' error into words; errno is that of the call that failed. */
static void keep_error(struct redis_ask *redis)
{
    bool late = redis->context->err == REDIS_ERR_IO && (errno == EAGAIN || errno == EWOULDBLOCK);
    keep_trouble(redis, late ? "Redis did not answer in time" : redis->context->errstr);
}

/* --- commands and answers --------------------------------------------------------------------- */

/* Writes all output; a socket that takes none for the whole time-out ends the connection. */
static bool flush(struct redis_ask *redis)
{
    int done = 0;
    while (!done) {
        if (redisBufferWrite(redis->context, &done) != REDIS_OK) {
            keep_error(redis);
            return false;
        }
    }
    return true;
}

bool redis_ask_send(struct redis_ask *redis, size_t count, const char *const *arguments,
                    const size_t *lengths)
{
    const char *words[REDIS_ASK_WORDS_MAX];
    ASSERT(count >= 1);
    ASSERT(count <= REDIS_ASK_WORDS_MAX);
    if (redis->trouble[0] != '\0') {
        return false;
    }
    memcpy(words, arguments, count * sizeof(*words));
    if (redisAppendCommandArgv(redis->context, (int)count, words, lengths) != REDIS_OK) {
        keep_trouble(redis, "no memory for a command");
        return false;
    }
    redis->unanswered++;
    return flush(redis);
}

/* Reads until a whole reply is there. NULL: the trouble is kept. */
static redisReply *read_reply(struct redis_ask *redis)
{
    void *reply = NULL;
    while (reply == NULL) {
        if (redisGetReplyFromReader(redis->context, &reply) != REDIS_OK ||
            (reply == NULL && redisBufferRead(redis->context) != REDIS_OK)) {
            keep_error(redis);
            return NULL;
        }
    }
    return reply;
}

const struct journal_answer *redis_ask_next(struct redis_ask *redis)
{
    ASSERT(redis->unanswered > 0 || redis->trouble[0] != '\0');
    if (redis->reply != NULL) {
        freeReplyObject(redis->reply);
        redis->reply = NULL;
    }
    if (redis->trouble[0] != '\0') {
        return NULL;
    }
    redis->reply = read_reply(redis);
    if (redis->reply == NULL) {
        return NULL;
    }
    redis->unanswered--;
    if (!journal_redis_reply(redis->reply, &redis->room, &redis->answer)) {
        keep_trouble(redis, "no memory for an answer");
        return NULL;
    }
    return &redis->answer;
}

const struct journal_answer *redis_ask_words(struct redis_ask *redis, size_t count,
                                             const char *const *words)
{
    ASSERT(redis->unanswered == 0 || redis->trouble[0] != '\0');
    return redis_ask_send(redis, count, words, NULL) ? redis_ask_next(redis) : NULL;
}

/* --- life ------------------------------------------------------------------------------------- */

static bool connect_now(struct redis_ask *redis, const struct journal_redis_options *where)
{
    const struct timeval patience = timeval_of(REDIS_ASK_CONNECT_MS);
    const struct timeval timeout = timeval_of(where->timeout_ms > 0 ? where->timeout_ms
                                                                    : JOURNAL_REDIS_TIMEOUT_MS);
    redis->context = is_given(where->path)
                         ? redisConnectUnixWithTimeout(where->path, patience)
                         : redisConnectWithTimeout(where->host, where->port, patience);
    if (redis->context == NULL) {
        keep_trouble(redis, "no memory");
        return false;
    }
    if (redis->context->err != 0) {
        keep_trouble(redis, redis->context->errstr);
        return false;
    }
    if (redisSetTimeout(redis->context, timeout) != REDIS_OK) {
        keep_trouble(redis, redis->context->errstr);
        return false;
    }
    redis->context->reader->maxbuf = 0; /* keep the reading buffer when it is empty and large */
    return true;
}

static bool authenticate(struct redis_ask *redis, const struct journal_redis_options *where)
{
    if (!is_given(where->password)) {
        return true;
    }
    const struct journal_answer *answer = is_given(where->username)
                                              ? REDIS_ASK(redis, "AUTH", where->username,
                                                          where->password)
                                              : REDIS_ASK(redis, "AUTH", where->password);
    if (answer == NULL) {
        return false;
    }
    if (answer->kind == JOURNAL_ANSWER_ERROR) {
        /* Never go on as the default user, who may be allowed everything. */
        char why[sizeof(redis->trouble)];
        snprintf(why, sizeof(why), "Redis wants another password: %.*s", (int)answer->text.length,
                 answer->text.data);
        keep_trouble(redis, why);
        return false;
    }
    return true;
}

struct redis_ask *redis_ask_open(const struct journal_redis_options *where, char *message,
                                 size_t size)
{
    struct redis_ask *redis = calloc(1, sizeof(*redis));
    if (redis == NULL) {
        snprintf(message, size, "no memory for a connection to Redis");
        return NULL;
    }
    if (!connect_now(redis, where) || !authenticate(redis, where)) {
        if (is_given(where->path)) {
            snprintf(message, size, "no connection to Redis at %s: %s", where->path,
                     redis->trouble);
        } else {
            snprintf(message, size, "no connection to Redis at %s:%u: %s", where->host, where->port,
                     redis->trouble);
        }
        redis_ask_close(&redis);
        return NULL;
    }
    return redis;
}

uint64_t redis_ask_unanswered(const struct redis_ask *redis)
{
    return redis->unanswered;
}

const char *redis_ask_trouble(const struct redis_ask *redis)
{
    return redis->trouble;
}

int redis_ask_fd(const struct redis_ask *redis)
{
    return redis->context->fd;
}

void redis_ask_close(struct redis_ask **redis)
{
    struct redis_ask *going = *redis;
    *redis = NULL;
    if (going == NULL) {
        return;
    }
    if (going->reply != NULL) {
        freeReplyObject(going->reply);
    }
    if (going->context != NULL) {
        redisFree(going->context);
    }
    journal_redis_room_deinit(&going->room);
    free(going);
}
