/* redis_ask.h -- a blocking connection to Redis: one question, one answer. Never in the server's loop.
 *
 * For a forked child and for the commands that end when they have said their piece (verify, dump).
 *
 *     struct redis_ask *redis = redis_ask_open(&where, message, sizeof(message));
 *     const struct journal_answer *answer = REDIS_ASK(redis, "XLEN", key);      NULL: redis_ask_trouble()
 *     …
 *     redis_ask_close(&redis);
 *
 * A connection takes 5 s at most, one read or write `where.timeout_ms`. When one took longer, or the
 * connection broke, nothing is sent or read any more: every later call fails with the same trouble. An
 * error that Redis answers is an answer (JOURNAL_ANSWER_ERROR) and breaks nothing. SIGPIPE must be ignored.
 */
#ifndef BOON_NET_REDIS_ASK_H
#define BOON_NET_REDIS_ASK_H

#include "net/journal.h"
#include "net/journal_redis.h"

#define REDIS_ASK_CONNECT_MS 5000
#define REDIS_ASK_WORDS_MAX 16U /* of one command */

struct redis_ask;

/* Connects and authenticates; a private Redis that still loads lets itself be connected to. `where` is
 * not used after the call. NULL: `message` says why not. */
struct redis_ask *redis_ask_open(const struct journal_redis_options *where, char *message,
                                 size_t size) __attribute__((warn_unused_result));

/* Sends a command without waiting for its answer, which comes by redis_ask_next(); bytes are free again after
 * the call. NULL `lengths`: the words are strings. False: the connection is gone, or there is no memory. */
bool redis_ask_send(struct redis_ask *redis, size_t count, const char *const *arguments,
                    const size_t *lengths) __attribute__((warn_unused_result));

/* Waits for the answer to the oldest command without one; there must be one. It is valid until the next
 * call. NULL: the connection is gone, or there is no memory. */
const struct journal_answer *redis_ask_next(struct redis_ask *redis);

/* Both at once, for words that are strings; nothing may be unanswered. */
const struct journal_answer *redis_ask_words(struct redis_ask *redis, size_t count,
                                             const char *const *words);

#define REDIS_ASK(redis, ...)                                                                      \
    redis_ask_words(redis, sizeof((const char *[]){__VA_ARGS__}) / sizeof(char *),                 \
                    (const char *[]){__VA_ARGS__})

/* Returns how many commands have no answer yet. */
uint64_t redis_ask_unanswered(const struct redis_ask *redis);

/* Returns why the connection ended, or "". */
const char *redis_ask_trouble(const struct redis_ask *redis);

/* Returns the connection's descriptor, for a process that closes all others. */
int redis_ask_fd(const struct redis_ask *redis);

/* Takes NULL as well. */
void redis_ask_close(struct redis_ask **redis);

#endif
