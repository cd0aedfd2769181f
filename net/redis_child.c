/* redis_child.c -- run Redis, notice its end, run it again. */
#include "net/redis_child.h"

#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/bug.h"
#include "net/clock.h"
#include "net/log.h"
#include "net/redis_dir.h"
#include "net/redis_exec.h"

#define STOP_POLL_MS 5
#define END_POLL_MS 100 /* where the kernel has no pidfd */
#define BACK_OFF_MIN_MS 100
#define BACK_OFF_MAX_MS 5000
#define STEADY_MS 10000 /* who lived this long starts with the least back-off again */

struct redis_child {
    struct event_base *base;
    struct event *end;   /* the pidfd is readable, or a poll; NULL while there is no Redis */
    struct event *again; /* the back-off is over */
    struct redis_dir dir;
    char *server; /* owned */
    enum redis_child_sync sync;
    pid_t pid; /* 0 while there is none */
    int pidfd; /* -1 while there is none */
    int64_t stop_wait_ms;
    int64_t started_at_ms; /* monotonic */
    int64_t back_off_ms;   /* before the next start */
    uint64_t restarts;
};

static struct timeval timeval_of(int64_t ms)
{
    return (struct timeval){.tv_sec = ms / 1000, .tv_usec = (ms % 1000) * 1000};
}

static void on_end(evutil_socket_t fd, short what, void *argument);

static void watch(struct redis_child *child)
{
    const struct timeval poll_every = timeval_of(END_POLL_MS);

    child->pidfd = pidfd_open(child->pid, 0);
    if (child->pidfd >= 0) {
        fcntl(child->pidfd, F_SETFD, FD_CLOEXEC);
    }
    child->end = event_new(child->base, child->pidfd,
                           (short)(EV_PERSIST | (child->pidfd >= 0 ? EV_READ : 0)), on_end, child);
    ASSERT(child->end != NULL);
    ASSERT(event_add(child->end, child->pidfd >= 0 ? NULL : &poll_every) == 0);
}

static void unwatch(struct redis_child *child)
{
    if (child->end != NULL) {
        event_free(child->end);
        child->end = NULL;
    }
    if (child->pidfd >= 0) {
        close(child->pidfd);
        child->pidfd = -1;
    }
    child->pid = 0;
}

/* Start Redis. Return 0, or an errno. */
static int run(struct redis_child *child)
{
    const struct redis_exec exec = {
        .dir_fd = child->dir.fd,
        .lock_fd = child->dir.lock_fd,
        .server = child->server,
        .sync = child->sync,
    };
    int error = redis_exec_start(&exec, &child->pid);

    if (error != 0) {
        child->pid = 0;
        return error;
    }
    child->started_at_ms = clock_monotonic_ms();
    watch(child);
    log_event(LOG_INFO, "redis_started", LOG_NUMBER("redis_pid", child->pid),
              LOG_TEXT("dir", child->dir.path), LOG_UNSIGNED("restarts", child->restarts));
    return 0;
}

static void run_later(struct redis_child *child)
{
    const struct timeval after = timeval_of(child->back_off_ms);

    ASSERT(event_add(child->again, &after) == 0);
    child->back_off_ms *= 2;
    if (child->back_off_ms > BACK_OFF_MAX_MS) {
        child->back_off_ms = BACK_OFF_MAX_MS;
    }
}

static void on_again(evutil_socket_t fd, short what, void *argument)
{
    struct redis_child *child = argument;

    (void)fd;
    (void)what;
    ASSERT(child->pid == 0);
    child->restarts++;
    int error = run(child);
    if (error != 0) {
        log_event(LOG_ERROR, "redis_start_failed", LOG_TEXT("server", child->server),
                  LOG_ERRNO("error", error), LOG_NUMBER("again_in_ms", child->back_off_ms));
        run_later(child);
    }
}

static void log_end(const struct redis_child *child, pid_t pid, int status)
{
    log_event(LOG_ERROR, "redis_ended", LOG_NUMBER("redis_pid", pid),
              WIFSIGNALED(status) ? LOG_TEXT("signal", sigabbrev_np(WTERMSIG(status)))
                                  : LOG_NUMBER("status", WEXITSTATUS(status)),
              LOG_NUMBER("lived_ms", clock_monotonic_ms() - child->started_at_ms),
              LOG_NUMBER("again_in_ms", child->back_off_ms),
              LOG_TEXT_OF("last_words", redis_dir_last_words(&child->dir)));
}

static void on_end(evutil_socket_t fd, short what, void *argument)
{
    struct redis_child *child = argument;
    pid_t pid = child->pid;
    int status = 0;

    (void)fd;
    (void)what;
    if (waitpid(pid, &status, WNOHANG) == 0) {
        return;
    }
    if (clock_monotonic_ms() - child->started_at_ms >= STEADY_MS) {
        child->back_off_ms = BACK_OFF_MIN_MS;
    }
    log_end(child, pid, status);
    unwatch(child);
    run_later(child);
}

static void release(struct redis_child **child)
{
    struct redis_child *gone = *child;

    *child = NULL;
    redis_dir_close(&gone->dir);
    free(gone->server);
    free(gone);
}

static enum redis_child_status start(struct redis_child *child,
                                     const struct redis_child_options *options,
                                     struct redis_child_message *message)
{
    int64_t wait_ms = options->lock_wait_ms > 0 ? options->lock_wait_ms : REDIS_CHILD_LOCK_WAIT_MS;
    enum redis_child_status status = redis_dir_open(&child->dir, options->dir, wait_ms, message);

    if (status != REDIS_CHILD_OK) {
        return status;
    }
    /* A relative path would mean another file from inside the directory. */
    child->server = strchr(options->server, '/') == NULL ? strdup(options->server)
                                                         : realpath(options->server, NULL);
    int error = child->server == NULL ? errno : run(child);
    if (error != 0) {
        snprintf(message->text, sizeof message->text,
                 "cannot run %.300s: %s; install redis-server, say where it is with "
                 "--redis-server, or use another Redis with --redis",
                 options->server, strerror(error));
        return REDIS_CHILD_FAILED;
    }
    return REDIS_CHILD_OK;
}

enum redis_child_status redis_child_start(struct redis_child **out, struct event_base *base,
                                          const struct redis_child_options *options,
                                          struct redis_child_message *message)
{
    struct redis_child *child = calloc(1, sizeof *child);

    ASSERT(child != NULL);
    ASSERT(base != NULL);
    *out = NULL;
    message->text[0] = '\0';
    child->base = base;
    child->sync = options->sync;
    child->pidfd = -1;
    child->back_off_ms = BACK_OFF_MIN_MS;
    child->stop_wait_ms = options->stop_wait_ms > 0 ? options->stop_wait_ms
                                                    : REDIS_CHILD_STOP_WAIT_MS;
    child->again = evtimer_new(base, on_again, child);
    ASSERT(child->again != NULL);
    enum redis_child_status status = start(child, options, message);
    if (status != REDIS_CHILD_OK) {
        event_free(child->again);
        release(&child);
        return status;
    }
    *out = child;
    return REDIS_CHILD_OK;
}

/* Wait for the end of Redis. Return false when it lives on after `wait_ms`. */
static bool wait_for_end(pid_t pid, int64_t wait_ms, int *status)
{
    const struct timespec pause = {.tv_nsec = STOP_POLL_MS * 1000000};
    int64_t give_up_at_ms = clock_monotonic_ms() + wait_ms;

    while (waitpid(pid, status, WNOHANG) == 0) {
        if (clock_monotonic_ms() >= give_up_at_ms) {
            return false;
        }
        nanosleep(&pause, NULL);
    }
    return true;
}

static void stop(struct redis_child *child)
{
    int64_t from_ms = clock_monotonic_ms();
    int status = 0;
    pid_t pid = child->pid;

    kill(pid, SIGTERM);
    kill(pid, SIGCONT); /* a stopped process does not see the first */
    bool ended = wait_for_end(pid, child->stop_wait_ms, &status);
    if (!ended) {
        log_event(LOG_WARN, "redis_killed", LOG_NUMBER("redis_pid", pid),
                  LOG_NUMBER("after_ms", clock_monotonic_ms() - from_ms));
        kill(pid, SIGKILL);
        ended = wait_for_end(pid, child->stop_wait_ms, &status);
    }
    log_event(ended ? LOG_INFO : LOG_ERROR, ended ? "redis_stopped" : "redis_does_not_end",
              LOG_NUMBER("redis_pid", pid), LOG_NUMBER("took_ms", clock_monotonic_ms() - from_ms));
}

void redis_child_stop(struct redis_child **child)
{
    if (*child == NULL) {
        return;
    }
    if ((*child)->pid != 0) {
        stop(*child);
    }
    unwatch(*child);
    event_free((*child)->again);
    release(child);
}

void redis_child_forget(struct redis_child **child)
{
    if (*child == NULL) {
        return;
    }
    /* The events stay: freeing them would unregister the parent's. */
    if ((*child)->pidfd >= 0) {
        close((*child)->pidfd);
    }
    release(child);
}

bool redis_child_dir_was_empty(const struct redis_child *child)
{
    return child->dir.is_new;
}

bool redis_child_keep_dir(struct redis_child *child)
{
    return redis_dir_keep(&child->dir);
}

const char *redis_child_path(const struct redis_child *child)
{
    return child->dir.socket;
}

pid_t redis_child_pid(const struct redis_child *child)
{
    return child->pid;
}

uint64_t redis_child_restarts(const struct redis_child *child)
{
    return child->restarts;
}
