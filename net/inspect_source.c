/* inspect_source.c -- connect, and where there is no Redis to connect to, run the private one for a while. */
#include "net/inspect_source.h"

#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "engine/bug.h"
#include "net/redis_child.h"

#define SOCKET_NAME "redis.sock"
#define READY_POLL_US 20000

/* Opens both connections. False: `message` says why not. */
static bool connect_both(struct inspect_source *source, const struct journal_redis_options *where,
                         char *message, size_t size)
{
    source->walk = redis_ask_open(where, message, size);
    if (source->walk != NULL) {
        source->beside = redis_ask_open(where, message, size);
    }
    if (source->beside == NULL) {
        redis_ask_close(&source->walk);
        return false;
    }
    return true;
}

/* Writes a path to DIR/redis.sock that fits a socket's address, however long DIR is. */
static bool socket_path(struct inspect_source *source, const char *dir, char *path, size_t size,
                        char *message, size_t message_size)
{
    int length = snprintf(path, size, "%s/" SOCKET_NAME, dir);
    if (length > 0 && (size_t)length < size) {
        return true;
    }
    source->dir_fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (source->dir_fd < 0) {
        snprintf(message, message_size, "cannot open the directory %.300s: %s", dir,
                 strerror(errno));
        return false;
    }
    snprintf(path, size, "/proc/self/fd/%d/" SOCKET_NAME, source->dir_fd);
    return true;
}

/* Tells whether Redis has read its files: until then every question is answered with LOADING. */
static bool is_loading(struct redis_ask *redis)
{
    const struct journal_answer *answer = REDIS_ASK(redis, "PING");
    return answer != NULL && answer->kind == JOURNAL_ANSWER_ERROR && answer->text.length >= 7 &&
           memcmp(answer->text.data, "LOADING", 7) == 0;
}

/* Waits until the Redis that was just started answers; it may read its files for minutes. */
static bool wait_until_ready(struct inspect_source *source, char *message, size_t size)
{
    const struct journal_redis_options where = {.path = redis_child_path(source->child)};
    for (;;) {
        if (event_base_loop(source->base, EVLOOP_NONBLOCK) < 0 ||
            redis_child_pid(source->child) == 0 || redis_child_restarts(source->child) > 0) {
            snprintf(message, size,
                     "the private Redis ended while it was started; the last lines of its "
                     "redis.log say why");
            return false;
        }
        if (connect_both(source, &where, message, size)) {
            if (!is_loading(source->beside)) {
                return true;
            }
            redis_ask_close(&source->walk);
            redis_ask_close(&source->beside);
        }
        usleep(READY_POLL_US);
    }
}

static bool start_private(struct inspect_source *source, const struct options *options, FILE *err,
                          char *message, size_t size)
{
    struct redis_child_message why = {.text = ""};
    const struct redis_child_options how = {
        .dir = options->dir, .server = options->redis_server, .sync = REDIS_CHILD_SYNC_ALWAYS};
    source->base = event_base_new();
    if (source->base == NULL) {
        snprintf(message, size, "out of memory");
        return false;
    }
    fprintf(err,
            "No boon-server runs on %s: its private Redis is started for this look, and the "
            "directory is locked until it is over.\n",
            options->dir);
    if (redis_child_start(&source->child, source->base, &how, &why) != REDIS_CHILD_OK) {
        snprintf(message, size, "%s", why.text);
        return false;
    }
    return wait_until_ready(source, message, size);
}

/* A directory without a journal is left alone: starting a Redis there would make one. */
static bool holds_journal(const char *dir, char *message, size_t size)
{
    char path[sizeof(((struct options *)0)->dir) + 32];
    struct stat status;
    snprintf(path, sizeof(path), "%s/appendonlydir", dir);
    if (stat(path, &status) == 0) {
        return true;
    }
    snprintf(message, size,
             "there is no journal in %.300s (appendonlydir: %s); is it the right --dir?", dir,
             strerror(errno));
    return false;
}

static bool open_embedded(struct inspect_source *source, const struct options *options, FILE *err,
                          char *message, size_t size)
{
    char path[sizeof(((struct sockaddr_un *)0)->sun_path)];
    struct journal_redis_options where = {.path = path};
    char unused[512];
    snprintf(source->where, sizeof(source->where), "%s/" SOCKET_NAME, options->dir);
    if (!holds_journal(options->dir, message, size) ||
        !socket_path(source, options->dir, path, sizeof(path), message, size)) {
        return false;
    }
    if (!connect_both(source, &where, unused, sizeof(unused))) {
        return start_private(source, options, err, message, size);
    }
    if (is_loading(source->beside)) {
        snprintf(message, size, "the Redis of %.300s is still reading its files; look again later",
                 options->dir);
        return false;
    }
    fprintf(err, "A boon-server runs on %s: its Redis is only read from.\n", options->dir);
    return true;
}

static bool open_other(struct inspect_source *source, const struct options *options, char *message,
                       size_t size)
{
    const struct journal_redis_options where = {
        .path = options->redis_path,
        .host = options->redis_host,
        .port = options->redis_port,
        .username = options->redis_username,
        .password = options->redis_password,
    };
    snprintf(source->where, sizeof(source->where), "%s", options->redis);
    return connect_both(source, &where, message, size);
}

bool inspect_source_open(struct inspect_source *source, const struct options *options, FILE *err,
                         char *message, size_t size)
{
    *source = (struct inspect_source){.dir_fd = -1};
    bool opened = options->redis_embedded ? open_embedded(source, options, err, message, size)
                                          : open_other(source, options, message, size);
    if (!opened) {
        inspect_source_close(source);
    }
    return opened;
}

void inspect_source_close(struct inspect_source *source)
{
    redis_ask_close(&source->walk);
    redis_ask_close(&source->beside);
    redis_child_stop(&source->child);
    if (source->base != NULL) {
        event_base_free(source->base);
        source->base = NULL;
    }
    if (source->dir_fd >= 0) {
        close(source->dir_fd);
        source->dir_fd = -1;
    }
}
