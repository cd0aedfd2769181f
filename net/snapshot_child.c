/* snapshot_child.c -- the server's side of a snapshot: fork, listen, reap, tell.
 *
 *     (none) ──start──► RUNNING ──the pipe ends──► ENDING ──reaped──► (none), and the owner is told
 *
 * What counts is what came over the pipe: a child that sent its manifest is done however it ended, one that
 * sent neither manifest nor reason failed, and how it ended says why. It is reaped by its own id: nothing
 * here waits for any child, and there is no handler of SIGCHLD, so that it and net/redis_child.c do not
 * take each other's.
 */
#include "net/snapshot_child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/bug.h"
#include "net/clock.h"
#include "net/loop.h"
#include "net/snapshot_frame.h"

#define PULSE_MS 500    /* how often a child's silence is looked at */
#define REAP_AGAIN_MS 5 /* between the pipe's end and the process' */
#define READS_MAX 64U   /* frames in one loop turn */
#define FD_MIN 3        /* the child keeps 0 to 2 for itself */

struct snapshot_child {
    struct event_base *base;
    struct snapshot_child_owner owner;
    struct loop_event *readable; /* of the pipe; NULL while none runs, and after its end */
    struct loop_event *pulse;
    pid_t pid;                 /* 0: none runs */
    int pipe_fd;               /* -1: none */
    struct bytes16 journal_id; /* that its manifest must name */
    int64_t silence_ms;
    int64_t heard_ms;            /* monotonic: the last frame */
    bool was_silent;             /* so it was killed */
    size_t filled;               /* bytes of `frame` that are there */
    struct snapshot_frame frame; /* being read */
    bool is_done;                /* `manifest` is there */
    struct manifest manifest;
    char message[SNAPSHOT_FRAME_BYTES_MAX + 1]; /* why it failed, or "" */
    struct snapshot_child_stats stats;
};

static struct timeval timeval_of(int64_t ms)
{
    return (struct timeval){.tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000};
}

/* --- the end ---------------------------------------------------------------------------------- */

static void stop_listening(struct snapshot_child *child)
{
    if (child->readable != NULL) {
        event_free(child->readable);
        child->readable = NULL;
    }
    if (child->pipe_fd >= 0) {
        close(child->pipe_fd);
        child->pipe_fd = -1;
    }
}

/* Says why a child ended that did not say it itself. `status` is waitpid's, or -1: nobody knows. */
static void explain_end(struct snapshot_child *child, int status)
{
    char *message = child->message;
    size_t size = sizeof(child->message);
    if (child->was_silent) {
        snprintf(message, size, "the snapshot's process made no progress for %lld ms and was ended",
                 (long long)child->silence_ms);
    } else if (status >= 0 && WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) {
        snprintf(
            message, size,
            "the snapshot's process was killed; if nobody did that, the machine ran out of memory");
    } else if (status >= 0 && WIFSIGNALED(status)) {
        const char *name = sigabbrev_np(WTERMSIG(status));
        snprintf(message, size, "the snapshot's process was ended by signal %s",
                 name != NULL ? name : "(unknown)");
    } else {
        snprintf(message, size, "the snapshot's process ended without saying why (status %d)",
                 status >= 0 ? WEXITSTATUS(status) : status);
    }
}

/* Tells the owner; nothing of the child is touched after it. */
static void finish(struct snapshot_child *child, int status)
{
    const struct snapshot_child_owner owner = child->owner;
    const struct manifest manifest = child->manifest;
    char message[sizeof(child->message)];
    bool is_done = child->is_done;
    if (!is_done && child->message[0] == '\0') {
        explain_end(child, status);
    }
    memcpy(message, child->message, sizeof(message));
    event_del(child->pulse);
    child->pid = 0;
    child->stats.pid = 0;
    child->stats.running = false;
    child->stats.took_ms = clock_monotonic_ms() - child->stats.started_ms;
    if (is_done) {
        owner.done(owner.context, &manifest);
    } else {
        owner.failed(owner.context, message);
    }
}

/* Reaps it if it has ended; else the pulse comes again soon. */
static void reap(struct snapshot_child *child)
{
    const struct timeval soon = timeval_of(REAP_AGAIN_MS);
    int status = 0;
    pid_t pid = waitpid(child->pid, &status, WNOHANG);
    if (pid == 0) {
        bool added = event_add(child->pulse, &soon) == 0;
        ASSERT(added);
        return;
    }
    finish(child, pid < 0 ? -1 : status);
}

/* --- the pipe --------------------------------------------------------------------------------- */

static void take_frame(struct snapshot_child *child)
{
    const struct snapshot_frame *frame = &child->frame;
    char why[SNAPSHOT_MESSAGE_BYTES];
    child->heard_ms = clock_monotonic_ms();
    child->stats.bytes_written = frame->bytes_written;
    if (frame->length > sizeof(frame->bytes) || child->is_done || child->message[0] != '\0') {
        return; /* it had its last word, or it is out of its mind */
    }
    switch (frame->kind) {
    case SNAPSHOT_FRAME_DONE:
        child->is_done = manifest_read(frame->bytes, frame->length, &child->journal_id,
                                       &child->manifest, why);
        if (!child->is_done) {
            snprintf(child->message, sizeof(child->message),
                     "the snapshot's process sent no good manifest: %s", why);
        }
        break;
    case SNAPSHOT_FRAME_FAILED:
        memcpy(child->message, frame->bytes, frame->length);
        child->message[frame->length] = '\0';
        break;
    default:
        break;
    }
}

/* Reads what there is. False: the pipe has ended. */
static bool read_frames(struct snapshot_child *child)
{
    for (uint32_t at = 0; at < READS_MAX; at++) {
        ssize_t got = read(child->pipe_fd, (uint8_t *)&child->frame + child->filled,
                           sizeof(child->frame) - child->filled);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got <= 0) {
            return got < 0 && errno == EAGAIN;
        }
        child->filled += (size_t)got;
        if (child->filled == sizeof(child->frame)) {
            child->filled = 0;
            take_frame(child);
        }
    }
    return true;
}

static void on_readable(evutil_socket_t fd, short what, void *context)
{
    struct snapshot_child *child = context;
    (void)fd;
    (void)what;
    if (!read_frames(child)) {
        stop_listening(child);
        reap(child);
    }
}

/* Looks for silence; the pipe first, for the loop itself may have stood still for long. */
static void on_pulse(evutil_socket_t fd, short what, void *context)
{
    struct snapshot_child *child = context;
    (void)fd;
    (void)what;
    if (child->readable == NULL) {
        reap(child);
        return;
    }
    if (!read_frames(child)) {
        stop_listening(child);
        reap(child);
        return;
    }
    if (!child->was_silent && clock_monotonic_ms() - child->heard_ms > child->silence_ms) {
        child->was_silent = true;
        kill(child->pid, SIGKILL);
    }
}

/* --- the beginning ---------------------------------------------------------------------------- */

/* Makes the pipe, clear of the descriptors that a process takes for granted. False: errno says why. */
static bool make_pipe(int ends[2])
{
    if (pipe2(ends, O_CLOEXEC) != 0) {
        return false;
    }
    for (int at = 0; at < 2; at++) {
        int low = ends[at];
        if (low < FD_MIN) {
            ends[at] = fcntl(low, F_DUPFD_CLOEXEC, FD_MIN);
            close(low);
        }
    }
    if (ends[0] >= 0 && ends[1] >= 0 && fcntl(ends[0], F_SETFL, O_NONBLOCK) == 0) {
        return true;
    }
    int error = errno;
    close(ends[0]);
    close(ends[1]);
    errno = error;
    return false;
}

/* Forks with all signals held back, so that no handler of the server's runs in the child. */
static pid_t fork_worker(struct snapshot_child *child, const struct snapshot_child_job *job,
                         const int ends[2])
{
    sigset_t all;
    sigset_t before;
    pid_t parent = getpid();
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, &before);
    int64_t from_us = clock_monotonic_us();
    pid_t pid = fork();
    if (pid == 0) {
        snapshot_work(job, ends[1], parent);
    }
    int error = errno;
    int64_t took_us = clock_monotonic_us() - from_us;
    sigprocmask(SIG_SETMASK, &before, NULL);
    child->stats.fork_us = took_us > 0 ? (uint64_t)took_us : 0;
    if (child->stats.fork_us > child->stats.fork_us_max) {
        child->stats.fork_us_max = child->stats.fork_us;
    }
    errno = error;
    return pid;
}

/* Begins to listen to the pipe, which it owns from now on. False: no memory. */
static bool begin_listening(struct snapshot_child *child, int pipe_fd)
{
    const struct timeval pulse = timeval_of(PULSE_MS);
    child->pipe_fd = pipe_fd;
    child->filled = 0;
    child->readable = event_new(child->base, pipe_fd, EV_READ | EV_PERSIST, on_readable, child);
    if (child->readable == NULL || event_add(child->readable, NULL) != 0 ||
        event_add(child->pulse, &pulse) != 0) {
        event_del(child->pulse);
        stop_listening(child);
        return false;
    }
    return true;
}

bool snapshot_child_start(struct snapshot_child *child, const struct snapshot_child_job *job,
                          char *message, size_t size)
{
    int ends[2];
    if (child->pid != 0) {
        snprintf(message, size, "a snapshot is being written already");
        return false;
    }
    if (!make_pipe(ends)) {
        snprintf(message, size, "there is no pipe for a snapshot's process: %s", strerror(errno));
        return false;
    }
    if (!begin_listening(child, ends[0])) {
        close(ends[1]);
        snprintf(message, size, "there is no memory for a snapshot's process");
        return false;
    }
    pid_t pid = fork_worker(child, job, ends);
    int error = errno;
    close(ends[1]);
    if (pid < 0) {
        event_del(child->pulse);
        stop_listening(child);
        snprintf(message, size, "the kernel forks no process for a snapshot: %s", strerror(error));
        return false;
    }
    child->pid = pid;
    child->journal_id = job->stamp.journal_id;
    child->silence_ms = job->silence_ms > 0 ? job->silence_ms : SNAPSHOT_CHILD_SILENCE_MS;
    child->was_silent = false;
    child->is_done = false;
    child->message[0] = '\0';
    child->stats.pid = pid;
    child->stats.running = true;
    child->stats.bytes_written = 0;
    child->stats.started_ms = child->heard_ms = clock_monotonic_ms();
    return true;
}

/* --- life ------------------------------------------------------------------------------------- */

struct snapshot_child *snapshot_child_create(struct event_base *base,
                                             const struct snapshot_child_owner *owner)
{
    struct snapshot_child *child = calloc(1, sizeof(*child));
    if (child == NULL) {
        return NULL;
    }
    ASSERT(owner->done != NULL && owner->failed != NULL);
    child->base = base;
    child->owner = *owner;
    child->pipe_fd = -1;
    child->pulse = event_new(base, -1, EV_PERSIST, on_pulse, child);
    if (child->pulse == NULL) {
        snapshot_child_destroy(&child);
        return NULL;
    }
    return child;
}

struct snapshot_child_stats snapshot_child_stats(const struct snapshot_child *child)
{
    return child->stats;
}

void snapshot_child_destroy(struct snapshot_child **child)
{
    struct snapshot_child *going = *child;
    *child = NULL;
    if (going == NULL) {
        return;
    }
    if (going->pid != 0) {
        kill(going->pid, SIGKILL);
        while (waitpid(going->pid, NULL, 0) < 0 && errno == EINTR) {
        }
    }
    stop_listening(going);
    if (going->pulse != NULL) {
        event_free(going->pulse);
    }
    free(going);
}
