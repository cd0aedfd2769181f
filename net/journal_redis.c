/* journal_redis.c -- hiredis' asynchronous context under our own libevent events.
 *
 * What hiredis 0.14.1 does not do by itself, or badly:
 *
 *   - A context frees itself inside redisAsyncHandleRead and -Write when the connection breaks, and
 *     must not be freed or written by us inside its callbacks. So nothing here calls into a context
 *     while `inside` is set; what was sent there leaves when the outermost call has returned. That a
 *     context is gone shows by its cleanup hook, and reaches the journal in the next pulse.
 *   - Callbacks of a context that is going get a NULL answer: ignored, the loss itself counts.
 *   - An answer to nothing ends the process by an assert: bytes that come while nothing is asked end
 *     the connection first.
 *   - It has no time-outs: the pulse looks at the age of the oldest question.
 *   - A partial write moves what remains: the socket's buffer is made larger than a batch.
 *   - It frees its reading buffer when it is empty and large: maxbuf 0 keeps it.
 */
#include "net/journal_redis.h"

#include <errno.h>
#include <event2/event.h>
#include <hiredis/async.h>
#include <hiredis/hiredis.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "engine/bug.h"
#include "net/clock.h"
#include "net/journal_redis_reply.h"
#include "net/log.h"

#define BACK_OFF_MS_MIN 50
#define BACK_OFF_MS_MAX 2000
#define AWAY_IS_NEWS_MS 1000 /* without a connection for so long is worth a line in the log */
#define SETTLED_MS                                                                                 \
    2000 /* a connection that lived so long was a good one: no wait before the next */
#define SEND_BUFFER_BYTES (2 * (int)BATCH_BYTES_MAX)
#define READS_MAX 64U    /* in one loop turn, while a journal is replayed */
#define QUESTIONS_MAX 4U /* out at once: the journal asks one at a time, and AUTH before */

struct question {
    int64_t sent_us;
    bool is_append;
};

struct journal_redis {
    struct event_base *base;
    struct journal *journal;
    char *path; /* NULL: by host */
    char *host;
    uint16_t port;
    char *username; /* NULL: the default user */
    char *password; /* NULL: no AUTH */
    int64_t timeout_us;

    redisAsyncContext *context; /* NULL: no connection, or it is gone */
    struct event *readable;     /* of the context's socket; NULL without context */
    struct event *writable;
    struct event *pulse;
    bool reading;          /* `readable` is added */
    bool writing;          /* `writable` is added */
    bool wants_write;      /* hiredis has output, or waits for its connection */
    bool inside;           /* a hiredis function is running */
    bool told;             /* the journal was told of the connection, and not yet of its loss */
    bool gone;             /* the context is gone, the journal does not know it yet */
    bool drop;             /* the context is to be freed as soon as nothing is inside */
    int64_t connect_at_ms; /* monotonic; when there is no context */
    int64_t away_since_ms; /* monotonic; 0 while there is a connection, or none was tried */
    int64_t connected_at_ms;
    int64_t back_off_ms;

    struct question questions[QUESTIONS_MAX]; /* a ring, oldest first */
    uint32_t questions_first;
    uint32_t questions_count;
    struct journal_redis_room room; /* for the answer that is being given */

    struct journal_redis_stats stats;
    char trouble[256];
};

static void tick(struct journal_redis *redis)
{
    journal_tick(redis->journal, clock_monotonic_ms(), clock_real_ms());
}

/* --- hooks: what hiredis wants; carried out by settle() --------------------------------------- */

static void hook_add_read(void *context)
{
    struct journal_redis *redis = context;
    if (!redis->reading && redis->readable != NULL) {
        redis->reading = event_add(redis->readable, NULL) == 0;
    }
}

static void hook_keep_reading(void *context)
{
    (void)context; /* the end of a connection shows by reading: never stop */
}

static void hook_add_write(void *context)
{
    struct journal_redis *redis = context;
    redis->wants_write = true;
}

static void hook_del_write(void *context)
{
    struct journal_redis *redis = context;
    redis->wants_write = false;
}

/* The context is being freed, by us or by itself. */
static void hook_cleanup(void *context)
{
    struct journal_redis *redis = context;
    if (redis->context != NULL && redis->context->errstr != NULL &&
        redis->context->errstr[0] != '\0') {
        snprintf(redis->trouble, sizeof(redis->trouble), "%s", redis->context->errstr);
    }
    if (redis->readable != NULL) {
        event_free(redis->readable);
    }
    if (redis->writable != NULL) {
        event_free(redis->writable);
    }
    redis->readable = redis->writable = NULL;
    redis->reading = redis->writing = redis->wants_write = false;
    redis->context = NULL;
    redis->drop = false;
    redis->gone = true;
    redis->stats.connected = false;
    redis->questions_count = 0;
    event_active(redis->pulse, EV_TIMEOUT, 0); /* tell the journal in a loop turn of its own */
}

/* Writes at once what there is, arms the write event for what remains, frees what is to be dropped.
 * Called by whoever entered hiredis from outside, after it has returned. */
static void settle(struct journal_redis *redis)
{
    if (redis->context != NULL && redis->drop) {
        redisAsyncFree(redis->context);
        return;
    }
    if (redis->context != NULL && redis->wants_write &&
        (redis->context->c.flags & REDIS_CONNECTED) != 0 && !redis->writing) {
        redis->inside = true;
        redisAsyncHandleWrite(redis->context);
        redis->inside = false;
    }
    if (redis->context == NULL || redis->wants_write == redis->writing) {
        return;
    }
    if (redis->wants_write) {
        redis->writing = event_add(redis->writable, NULL) == 0;
    } else {
        event_del(redis->writable);
        redis->writing = false;
    }
}

static void give_up(struct journal_redis *redis, const char *why)
{
    snprintf(redis->trouble, sizeof(redis->trouble), "%s", why);
    redis->drop = true;
}

/* Tells whether bytes came although nothing was asked: nothing that can be answered. */
static bool is_unasked(struct journal_redis *redis)
{
    char byte;
    return redis->questions_count == 0 && (redis->context->c.flags & REDIS_CONNECTED) != 0 &&
           recv(redis->context->c.fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) > 0;
}

/* Reads what has come. hiredis takes 16 KiB at a time: pages of a replay are worth more than
 * one. */
static void read_some(struct journal_redis *redis)
{
    for (uint32_t at = 0; at < READS_MAX && redis->context != NULL && !redis->drop; at++) {
        if (at > 0 && redis->questions_count == 0) {
            return;
        }
        redis->inside = true;
        redisAsyncHandleRead(redis->context);
        redis->inside = false;
        enum journal_state state = journal_state(redis->journal);
        if (state != JOURNAL_REPLAYING && state != JOURNAL_LOADING) {
            return;
        }
    }
}

static void on_readable(evutil_socket_t fd, short what, void *context)
{
    struct journal_redis *redis = context;
    (void)fd;
    (void)what;
    if (redis->context == NULL) {
        return;
    }
    if (is_unasked(redis)) {
        give_up(redis, "Redis sent what nobody asked for");
    }
    tick(redis);
    read_some(redis);
    settle(redis);
}

static void on_writable(evutil_socket_t fd, short what, void *context)
{
    struct journal_redis *redis = context;
    (void)fd;
    (void)what;
    if (redis->context == NULL) {
        return;
    }
    redis->inside = true;
    redisAsyncHandleWrite(redis->context);
    redis->inside = false;
    settle(redis);
}

/* --- answers ---------------------------------------------------------------------------------- */

static void measure(struct journal_redis *redis, const struct question *question)
{
    struct journal_redis_stats *stats = &redis->stats;
    int64_t took = clock_monotonic_us() - question->sent_us;
    uint64_t us = took > 0 ? (uint64_t)took : 0;
    stats->commit_us = us;
    stats->commit_us_max = us > stats->commit_us_max ? us : stats->commit_us_max;
    stats->commit_us_ewma = stats->commits == 0 ? us : (stats->commit_us_ewma * 15 + us + 8) / 16;
    stats->commits++;
}

static struct question question_pop(struct journal_redis *redis)
{
    ASSERT(redis->questions_count > 0);
    struct question question = redis->questions[redis->questions_first];
    redis->questions_first = (redis->questions_first + 1) % QUESTIONS_MAX;
    redis->questions_count--;
    return question;
}

static void on_answer(redisAsyncContext *context, void *reply, void *unused)
{
    struct journal_redis *redis = context->data;
    const redisReply *answered = reply;
    (void)unused;
    if (answered == NULL || context != redis->context || redis->drop) {
        return;
    }
    struct question question = question_pop(redis);
    if (question.is_append &&
        (answered->type == REDIS_REPLY_STRING || answered->type == REDIS_REPLY_STATUS)) {
        measure(redis, &question);
    }
    struct journal_answer answer;
    if (!journal_redis_reply(answered, &redis->room, &answer)) {
        give_up(redis, "no memory for an answer");
        return;
    }
    journal_answer(redis->journal, &answer);
}

/* --- the port --------------------------------------------------------------------------------- */

static void command(struct journal_redis *redis, redisCallbackFn *callback, size_t count,
                    const char *const *arguments, const size_t *lengths)
{
    const char *words[8];
    ASSERT(count <= 8);
    ASSERT(redis->questions_count < QUESTIONS_MAX);
    memcpy(words, arguments, count * sizeof(*words));
    if (redisAsyncCommandArgv(redis->context, callback, NULL, (int)count, words, lengths) !=
        REDIS_OK) {
        give_up(redis, "the connection takes no command");
        return;
    }
    uint32_t at = (redis->questions_first + redis->questions_count++) % QUESTIONS_MAX;
    redis->questions[at] = (struct question){.sent_us = clock_monotonic_us(),
                                             .is_append = lengths[0] == 4 &&
                                                          memcmp(arguments[0], "XADD", 4) == 0};
}

static void port_send(void *context, size_t count, const char *const *arguments,
                      const size_t *lengths)
{
    struct journal_redis *redis = context;
    if (redis->context == NULL || redis->drop) {
        return; /* the pulse is about to say that it is gone */
    }
    command(redis, on_answer, count, arguments, lengths);
    if (!redis->inside) {
        settle(redis);
    }
}

static void port_disconnect(void *context)
{
    struct journal_redis *redis = context;
    if (redis->context == NULL) {
        return;
    }
    redis->drop = true;
    if (!redis->inside) {
        settle(redis);
    }
}

struct journal_port journal_redis_port(struct journal_redis *redis)
{
    return (struct journal_port){
        .context = redis, .send = port_send, .disconnect = port_disconnect};
}

/* --- connecting ------------------------------------------------------------------------------- */

static void connection_made(struct journal_redis *redis)
{
    if (redis->away_since_ms != 0) {
        log_event(LOG_INFO, "journal_connected",
                  LOG_NUMBER("after_ms", clock_monotonic_ms() - redis->away_since_ms));
    }
    redis->away_since_ms = 0;
    redis->told = true;
    tick(redis);
    journal_connected(redis->journal);
}

static void on_auth_answer(redisAsyncContext *context, void *reply, void *unused)
{
    struct journal_redis *redis = context->data;
    const redisReply *answered = reply;
    (void)unused;
    if (answered == NULL || context != redis->context || redis->drop) {
        return;
    }
    (void)question_pop(redis);
    if (answered->type == REDIS_REPLY_ERROR) {
        /* Never go on as the default user, who may be allowed everything. */
        give_up(redis, answered->str);
        tick(redis);
        journal_refused(redis->journal, (struct text){answered->str, (uint32_t)answered->len});
        return;
    }
    connection_made(redis);
}

static void send_auth(struct journal_redis *redis)
{
    const char *arguments[] = {"AUTH", redis->username, redis->password};
    size_t lengths[] = {4, redis->username == NULL ? 0 : strlen(redis->username),
                        strlen(redis->password)};
    size_t count = 3;
    if (redis->username == NULL) {
        arguments[1] = arguments[2];
        lengths[1] = lengths[2];
        count = 2;
    }
    command(redis, on_auth_answer, count, arguments, lengths);
}

static void socket_tune(const struct journal_redis *redis, int fd)
{
    const int on = 1;
    const int bytes = SEND_BUFFER_BYTES;
    const int idle_s = 15;
    const int probes = 3;
    (void)setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof(bytes));
    if (redis->path == NULL) {
        (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
        (void)setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
        (void)setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle_s, sizeof(idle_s));
        (void)setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &idle_s, sizeof(idle_s));
        (void)setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &probes, sizeof(probes));
    }
}

static void on_connect(const redisAsyncContext *context, int status)
{
    struct journal_redis *redis = context->data;
    if (status != REDIS_OK || context != redis->context) {
        return; /* the cleanup hook follows */
    }
    redis->context->c.reader->maxbuf = 0;
    redis->stats.connected = true;
    redis->stats.connections++;
    redis->connected_at_ms = clock_monotonic_ms();
    redis->trouble[0] = '\0';
    if (redis->password != NULL) {
        send_auth(redis);
    } else {
        connection_made(redis);
    }
}

/* Waits before the next attempt, longer each time. A private Redis that is just starting is no news. */
static void connect_later(struct journal_redis *redis)
{
    int64_t away_ms = clock_monotonic_ms() - redis->away_since_ms;
    bool wanted = journal_state(redis->journal) < JOURNAL_HANDED_OVER;
    if (wanted && (away_ms >= AWAY_IS_NEWS_MS || redis->path == NULL)) {
        log_limited(5000, LOG_WARN, "journal_unreachable",
                    LOG_TEXT("redis", redis->path != NULL ? redis->path : redis->host),
                    LOG_NUMBER("port", redis->port), LOG_TEXT("trouble", redis->trouble),
                    LOG_NUMBER("away_ms", away_ms), LOG_TEXT("next", "trying again"));
    }
    redis->connect_at_ms = clock_monotonic_ms() + redis->back_off_ms;
    redis->back_off_ms *= 2;
    redis->back_off_ms = redis->back_off_ms > BACK_OFF_MS_MAX ? BACK_OFF_MS_MAX
                                                              : redis->back_off_ms;
}

static void connect_now(struct journal_redis *redis)
{
    redisAsyncContext *context = redis->path != NULL ? redisAsyncConnectUnix(redis->path)
                                                     : redisAsyncConnect(redis->host, redis->port);
    if (context == NULL || context->err != 0) {
        snprintf(redis->trouble, sizeof(redis->trouble), "%s",
                 context == NULL ? "no memory" : context->errstr);
        redis->stats.connect_failures++;
        redis->away_since_ms = redis->away_since_ms == 0 ? clock_monotonic_ms()
                                                         : redis->away_since_ms;
        connect_later(redis);
        if (context != NULL) {
            redisAsyncFree(context);
        }
        return;
    }
    redis->context = context;
    redis->drop = redis->gone = false;
    redis->questions_count = 0;
    redis->connected_at_ms = clock_monotonic_ms(); /* not yet: from here its time-out counts */
    redis->readable = event_new(redis->base, context->c.fd, EV_READ | EV_PERSIST, on_readable,
                                redis);
    redis->writable = event_new(redis->base, context->c.fd, EV_WRITE | EV_PERSIST, on_writable,
                                redis);
    context->data = redis;
    context->ev.data = redis;
    context->ev.addRead = hook_add_read;
    context->ev.delRead = hook_keep_reading;
    context->ev.addWrite = hook_add_write;
    context->ev.delWrite = hook_del_write;
    context->ev.cleanup = hook_cleanup;
    socket_tune(redis, context->c.fd);
    redisAsyncSetConnectCallback(context,
                                 on_connect); /* wants to write: that tells the connection */
    if (redis->readable == NULL || redis->writable == NULL) {
        give_up(redis, "no memory for a connection");
    }
    settle(redis);
}

/* The context went since the last pulse. */
static void connection_gone(struct journal_redis *redis)
{
    int64_t now = clock_monotonic_ms();
    redis->gone = false;
    if (!redis->told) {
        redis->stats.connect_failures++;
    } else if (now - redis->connected_at_ms >= SETTLED_MS) {
        redis->back_off_ms = BACK_OFF_MS_MIN;
    }
    redis->away_since_ms = redis->away_since_ms == 0 ? now : redis->away_since_ms;
    connect_later(redis);
    if (redis->told) {
        redis->told = false;
        journal_lost(redis->journal);
    }
}

/* Tells whether the oldest question, or the connection itself, has taken too long. */
static bool is_overdue(const struct journal_redis *redis)
{
    if (!redis->stats.connected) {
        return (clock_monotonic_ms() - redis->connected_at_ms) * 1000 > redis->timeout_us;
    }
    return redis->questions_count > 0 &&
           clock_monotonic_us() - redis->questions[redis->questions_first].sent_us >
               redis->timeout_us;
}

static bool is_ended(const struct journal_redis *redis)
{
    enum journal_state state = journal_state(redis->journal);
    return state == JOURNAL_HALTED || state == JOURNAL_DEPOSED || state == JOURNAL_HANDED_OVER;
}

static void on_pulse(evutil_socket_t fd, short what, void *context)
{
    struct journal_redis *redis = context;
    (void)fd;
    (void)what;
    if (redis->journal == NULL) {
        return;
    }
    tick(redis);
    if (redis->gone) {
        connection_gone(redis);
    }
    if (redis->context == NULL) {
        if (!is_ended(redis) && clock_monotonic_ms() >= redis->connect_at_ms) {
            connect_now(redis);
        }
    } else if (is_overdue(redis)) {
        redis->stats.timeouts++;
        give_up(redis, "Redis did not answer in time");
        settle(redis);
    }
}

/* --- life ------------------------------------------------------------------------------------- */

/* Copies a string; NULL and "" become NULL. False: no memory. */
static bool keep(char **kept, const char *string)
{
    if (string == NULL || string[0] == '\0') {
        return true;
    }
    *kept = strdup(string);
    return *kept != NULL;
}

struct journal_redis *journal_redis_create(struct event_base *base,
                                           const struct journal_redis_options *options)
{
    struct journal_redis *redis = calloc(1, sizeof(*redis));
    if (redis == NULL) {
        return NULL;
    }
    int64_t timeout_ms = options->timeout_ms > 0 ? options->timeout_ms : JOURNAL_REDIS_TIMEOUT_MS;
    redis->base = base;
    redis->port = options->port;
    redis->timeout_us = timeout_ms * 1000;
    redis->back_off_ms = BACK_OFF_MS_MIN;
    redis->pulse = event_new(base, -1, EV_PERSIST, on_pulse, redis);
    if (redis->pulse == NULL || !keep(&redis->path, options->path) ||
        !keep(&redis->host, options->host) || !keep(&redis->username, options->username) ||
        !keep(&redis->password, options->password)) {
        journal_redis_destroy(&redis);
        return NULL;
    }
    return redis;
}

void journal_redis_start(struct journal_redis *redis, struct journal *journal)
{
    const struct timeval pulse = {0, JOURNAL_REDIS_PULSE_MS * 1000};
    ASSERT(redis->journal == NULL);
    redis->journal = journal;
    bool added = event_add(redis->pulse, &pulse) == 0;
    ASSERT(added);
    tick(redis);
    connect_now(redis);
}

int64_t journal_redis_commit_us(const struct journal_redis *redis)
{
    return (int64_t)redis->stats.commit_us_ewma;
}

struct journal_redis_stats journal_redis_stats(const struct journal_redis *redis)
{
    return redis->stats;
}

const char *journal_redis_trouble(const struct journal_redis *redis)
{
    return redis->trouble;
}

void journal_redis_destroy(struct journal_redis **redis)
{
    struct journal_redis *going = *redis;
    *redis = NULL;
    if (going == NULL) {
        return;
    }
    ASSERT(!going->inside);
    if (going->context != NULL) {
        redisAsyncFree(going->context);
    }
    if (going->pulse != NULL) {
        event_free(going->pulse);
    }
    if (going->password != NULL) {
        explicit_bzero(going->password, strlen(going->password));
    }
    journal_redis_room_deinit(&going->room);
    free(going->path);
    free(going->host);
    free(going->username);
    free(going->password);
    free(going);
}
