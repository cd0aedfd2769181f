/* snapshot_work.c -- what a snapshot's child does between fork and _exit.
 *
 * Order: no signal of the server's, no socket of the server's, then work. A private Redis may be reachable
 * through a descriptor only (/proc/self/fd/N, net/redis_dir.c), and its path is freed when the directory is
 * forgotten: so a unix socket is connected to before the descriptors go, which takes a moment. A host, which
 * may take seconds, is connected to after them: a client that the server closes must see its end.
 *
 * Nothing here logs: the pipe carries what there is to say, and the server says it.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#include "engine/bug.h"
#include "net/clock.h"
#include "net/redis_ask.h"
#include "net/redis_child.h"
#include "net/snapshot_frame.h"

/* One chunk is with Redis while the next is compressed; at a pace there is no hurry. */
#define WINDOW 2U
#define WINDOW_AT_PACE 1U

#define SETTLE_MS 300      /* the server copies the pages that it writes to most, undisturbed */
#define NICER_BY 10        /* than the server */
#define PROGRESS_US 200000 /* between two frames */
#define NAP_US_MAX 500000  /* between two signs of life */
#define FIRST_OTHER_FD 3   /* after stdin, stdout, stderr */
#define OUT_OF_MEMORY_SCORE "1000"

/* Bytes may move at `bytes_per_s`; time that was not used is not made up for. */
struct pace {
    uint64_t bytes_per_s; /* 0: no limit */
    int64_t next_us;      /* monotonic: when the next bytes may move */
};

struct work {
    const struct snapshot_child_job *job;
    int pipe_fd;
    struct redis_ask *redis;
    struct snapshot_writer *writer;
    struct snapshot_upload *upload;
    struct pace pace;
    uint64_t bytes_written;
    int64_t told_us; /* monotonic: the last frame */
};

/* --- telling the server ----------------------------------------------------------------------- */

static void tell(struct work *work, enum snapshot_frame_kind kind, const void *bytes, size_t length)
{
    struct snapshot_frame frame = {
        .kind = kind, .length = (uint32_t)length, .bytes_written = work->bytes_written};
    ssize_t written;
    ASSERT(length <= sizeof(frame.bytes));
    if (length > 0) {
        memcpy(frame.bytes, bytes, length);
    }
    do {
        written = write(work->pipe_fd, &frame, sizeof(frame));
    } while (written < 0 && errno == EINTR);
    if (written != (ssize_t)sizeof(frame)) {
        _exit(1); /* nobody listens any more */
    }
    work->told_us = clock_monotonic_us();
}

static _Noreturn void fail(struct work *work, const char *message)
{
    size_t length = strnlen(message, SNAPSHOT_FRAME_BYTES_MAX);
    tell(work, SNAPSHOT_FRAME_FAILED, message, length);
    _exit(1);
}

static void tell_progress(struct work *work)
{
    if (clock_monotonic_us() - work->told_us >= PROGRESS_US) {
        tell(work, SNAPSHOT_FRAME_PROGRESS, NULL, 0);
    }
}

/* --- pace ------------------------------------------------------------------------------------- */

/* Sleeps until bytes may move. It is no silence: the server goes on hearing of it. */
static void pace_wait(struct work *work)
{
    for (;;) {
        int64_t left_us = work->pace.next_us - clock_monotonic_us();
        if (left_us <= 0) {
            return;
        }
        int64_t nap_us = left_us < NAP_US_MAX ? left_us : NAP_US_MAX;
        const struct timespec nap = {.tv_sec = nap_us / 1000000,
                                     .tv_nsec = nap_us % 1000000 * 1000};
        (void)nanosleep(&nap, NULL);
        tell_progress(work);
    }
}

static void pace_moved(struct pace *pace, uint64_t bytes)
{
    int64_t now_us = clock_monotonic_us();
    if (pace->bytes_per_s == 0) {
        return;
    }
    if (pace->next_us < now_us) {
        pace->next_us = now_us;
    }
    pace->next_us += (int64_t)((double)bytes * 1e6 / (double)pace->bytes_per_s);
}

/* --- the upload ------------------------------------------------------------------------------- */

static bool source_next(void *context, const uint8_t **bytes, size_t *length, bool *failed)
{
    struct work *work = context;
    pace_wait(work);
    *failed = false;
    if (!snapshot_writer_next(work->writer, bytes, length)) {
        *failed = snapshot_writer_failed(work->writer);
        return false;
    }
    pace_moved(&work->pace, *length);
    tell_progress(work);
    return true;
}

static void port_send(void *context, size_t count, const char *const *arguments,
                      const size_t *lengths)
{
    struct work *work = context;
    if (!redis_ask_send(work->redis, count, arguments, lengths)) {
        return; /* the next answer says why */
    }
}

static void port_disconnect(void *context)
{
    (void)context;
}

static bool is_over(const struct work *work)
{
    enum snapshot_upload_state state = snapshot_upload_state(work->upload);
    return state == SNAPSHOT_DONE || state == SNAPSHOT_FAILED;
}

/* Returns the bytes of all entries that were read. */
static uint64_t bytes_read(const struct journal_answer *answer)
{
    uint64_t bytes = 0;
    for (size_t at = 0; answer->kind == JOURNAL_ANSWER_ENTRIES && at < answer->count; at++) {
        bytes += answer->entries[at].length;
    }
    return bytes;
}

static void fail_lost(struct work *work)
{
    char why[SNAPSHOT_FRAME_BYTES_MAX];
    snprintf(why, sizeof(why), "the connection to Redis is lost: %s",
             redis_ask_trouble(work->redis));
    fail(work, why);
}

static void carry(struct work *work)
{
    snapshot_upload_go_on(work->upload);
    while (!is_over(work)) {
        const struct journal_answer *answer = redis_ask_next(work->redis);
        if (answer == NULL) {
            fail_lost(work);
        }
        pace_moved(&work->pace, bytes_read(answer));
        snapshot_upload_answer(work->upload, answer);
        work->bytes_written = snapshot_upload_bytes(work->upload);
        tell_progress(work);
        if (snapshot_upload_state(work->upload) == SNAPSHOT_READING_BACK) {
            pace_wait(work);
        }
        snapshot_upload_go_on(work->upload);
    }
    if (snapshot_upload_state(work->upload) == SNAPSHOT_FAILED) {
        fail(work, snapshot_upload_message(work->upload));
    }
}

static void write_snapshot(struct work *work)
{
    const struct snapshot_child_job *job = work->job;
    const struct journal_port port = {
        .context = work, .send = port_send, .disconnect = port_disconnect};
    const struct snapshot_source source = {.context = work, .next = source_next};
    uint8_t bytes[MANIFEST_BYTES_MAX];
    struct manifest manifest;
    work->pace.bytes_per_s = job->bytes_per_s;
    work->writer = snapshot_writer_create(job->engine, &job->genesis, &job->stamp, job->made_at_ms);
    work->upload = snapshot_upload_create(job->key, &port, &source,
                                          job->bytes_per_s > 0 ? WINDOW_AT_PACE : WINDOW);
    if (work->writer == NULL || work->upload == NULL) {
        fail(work, "there is no memory to write a snapshot");
    }
    /* A failed one of the same stamp may have left something; one that is recorded is never made again. */
    if (REDIS_ASK(work->redis, "PEXPIRE", job->key, "0") == NULL) {
        fail_lost(work);
    }
    carry(work);
    snapshot_writer_manifest(work->writer, &manifest);
    tell(work, SNAPSHOT_FRAME_DONE, bytes, manifest_write(&manifest, bytes));
}

/* --- leaving the server ----------------------------------------------------------------------- */

/* Takes back all handlers, then lets signals in, which the server held back over the fork: a handler of its
 * loop would write into its socket. */
static void reset_signals(void)
{
    struct sigaction initial = {.sa_handler = SIG_DFL};
    sigset_t none;
    for (int number = 1; number < NSIG; number++) {
        sigaction(number, &initial, NULL); /* fails for SIGKILL, SIGSTOP and the C library's own */
    }
    (void)signal(SIGPIPE, SIG_IGN);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

/* Makes it die with the server, give way to it, and be the one that the kernel takes when memory is short.
 * The last two are only wishes. */
static void become_helper(pid_t parent)
{
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != parent) {
        _exit(1);
    }
    reset_signals();
    (void)!nice(NICER_BY);
    const struct timespec settle = {.tv_nsec = SETTLE_MS * 1000000};
    (void)nanosleep(&settle, NULL);
    int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
    if (fd >= 0) {
        (void)!write(fd, OUT_OF_MEMORY_SCORE, sizeof(OUT_OF_MEMORY_SCORE) - 1);
        close(fd);
    }
}

/* Leaves stderr and these two open; `other` may be -1. */
static void close_all_but(int fd, int other)
{
    int last = fd > other ? fd : other;
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (null >= 0) {
        dup2(null, STDIN_FILENO);
        dup2(null, STDOUT_FILENO);
    }
    for (int at = FIRST_OTHER_FD; at < last; at++) {
        if (at != fd && at != other) {
            close(at);
        }
    }
    closefrom(last + 1);
}

static void connect_redis(struct work *work)
{
    char why[SNAPSHOT_FRAME_BYTES_MAX];
    work->redis = redis_ask_open(&work->job->where, why, sizeof(why));
    if (work->redis == NULL) {
        fail(work, why);
    }
}

void snapshot_work(const struct snapshot_child_job *job, int pipe_fd, pid_t parent)
{
    struct work work = {.job = job, .pipe_fd = pipe_fd};
    struct redis_child *redis_child = job->redis_child;
    bool by_path = job->where.path != NULL && job->where.path[0] != '\0';
    ASSERT(pipe_fd >= FIRST_OTHER_FD);
    become_helper(parent);
    if (by_path) {
        connect_redis(&work);
    }
    redis_child_forget(&redis_child);
    close_all_but(pipe_fd, by_path ? redis_ask_fd(work.redis) : -1);
    if (!by_path) {
        connect_redis(&work);
    }
    write_snapshot(&work);
    _exit(0);
}
