/* redis_exec.c -- between fork and exec, in the order that leaves no gap.
 *
 * The death signal is SIGKILL under appendfsync always: nothing that was acknowledged is in memory
 * only, and a Redis that is stopped or stuck in a disk dies of nothing less, while its directory stays
 * locked. Under the weaker settings up to two seconds of acknowledged writes wait in memory, so there
 * it is SIGTERM, on which Redis writes them first.
 *
 * The settings. What is not listed was measured with one 64 KiB XADD per turn, appendfsync always
 * (p50 0.36 ms, p99 0.5 ms, 0.2 ms CPU on two cores) and made no difference beyond noise: hz,
 * activerehashing, io-threads, latency-tracking, slowlog, disable-thp. stream-node-max-bytes 0 made
 * p99 3.4 ms (nodes of 100 batches are copied as they grow), so its default stays.
 */
#include "net/redis_exec.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/bug.h"

#define LOCK_FD 3   /* in the child */
#define REPORT_FD 4 /* in the child, until exec */
#define ABOVE 16    /* clear of both */

static const char *const sync_words[] = {
    [REDIS_CHILD_SYNC_ALWAYS] = "always",
    [REDIS_CHILD_SYNC_EVERYSEC] = "everysec",
    [REDIS_CHILD_SYNC_NONE] = "no",
};

/* Reset what a parent's signal handling leaves behind, then let signals in. */
static void reset_signals(void)
{
    struct sigaction initial = {.sa_handler = SIG_DFL};
    sigset_t none;

    for (int number = 1; number < NSIG; number++) {
        sigaction(number, &initial, NULL); /* fails for SIGKILL, SIGSTOP and the C library's own */
    }
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

/* Leave only descriptors 0 to 4 open. Return false with errno. */
static bool arrange_files(const struct redis_exec *exec, int report_fd)
{
    int null_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    int log_fd = openat(exec->dir_fd, "redis.log",
                        O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    int lock_fd = fcntl(exec->lock_fd, F_DUPFD_CLOEXEC, ABOVE);
    int report_above_fd = fcntl(report_fd, F_DUPFD_CLOEXEC, ABOVE);
    int null_above_fd = null_fd < 0 ? -1 : fcntl(null_fd, F_DUPFD_CLOEXEC, ABOVE);
    int log_above_fd = log_fd < 0 ? -1 : fcntl(log_fd, F_DUPFD_CLOEXEC, ABOVE);

    if (lock_fd < 0 || report_above_fd < 0 || null_above_fd < 0 || log_above_fd < 0) {
        return false;
    }
    if (dup2(null_above_fd, STDIN_FILENO) < 0 || dup2(log_above_fd, STDOUT_FILENO) < 0 ||
        dup2(log_above_fd, STDERR_FILENO) < 0 || dup2(lock_fd, LOCK_FD) < 0 ||
        dup3(report_above_fd, REPORT_FD, O_CLOEXEC) < 0) {
        return false;
    }
    closefrom(REPORT_FD + 1);
    return true;
}

/* Drop BOON_ variables: they may hold a password, and Redis needs none of them. */
static void clean_environment(void)
{
    char **kept = environ;

    for (char **at = environ; *at != NULL; at++) {
        if (strncmp(*at, "BOON_", 5) != 0) {
            *kept++ = *at;
        }
    }
    *kept = NULL;
}

static void exec_redis(const struct redis_exec *exec)
{
    const char *const arguments[] = {
        exec->server,
        /* One client, one socket, no port; 128 leaves room for the operator's redis-cli. */
        "--port", "0", "--unixsocket", "redis.sock", "--unixsocketperm", "700", "--maxclients",
        "128", "--databases", "1", "--daemonize", "no", "--supervised", "no", "--logfile", "",
        "--dir", ".",
        /* The promise: an answer means the disk has it, rewrites included. */
        "--appendonly", "yes", "--appendfsync", sync_words[exec->sync],
        "--no-appendfsync-on-rewrite", "no", "--maxmemory", "0", "--maxmemory-policy", "noeviction",
        /* A torn tail was never acknowledged: cut it and start. */
        "--aof-load-truncated", "yes",
        /* The append-only file is the only copy: no RDB files beside it. */
        "--save", "",
        /* A rewrite forks and competes for the disk: one or two appends of each took 50 to 90 ms. So
         * rarely, and as an RDB head, which loads no slower and is as large as what it holds. */
        "--auto-aof-rewrite-percentage", "100", "--auto-aof-rewrite-min-size", "2gb",
        "--aof-use-rdb-preamble", "yes", "--aof-rewrite-incremental-fsync", "yes", NULL};

    execvp(exec->server, (char *const *)(uintptr_t)arguments);
}

_Noreturn static void become_redis(const struct redis_exec *exec, pid_t parent, int report_fd)
{
    setsid();
    reset_signals();
    umask(077);
    bool good = prctl(PR_SET_PDEATHSIG,
                      exec->sync == REDIS_CHILD_SYNC_ALWAYS ? SIGKILL : SIGTERM) == 0;
    if (getppid() != parent) {
        _exit(0); /* it died before the line above, so no signal will come */
    }
    if (good && fchdir(exec->dir_fd) == 0 && arrange_files(exec, report_fd)) {
        report_fd = REPORT_FD;
        clean_environment();
        exec_redis(exec);
    }
    int error = errno;
    ssize_t written = write(report_fd, &error, sizeof error);
    _exit(written == (ssize_t)sizeof error ? 127 : 126);
}

/* Wait until the child has become Redis. Return 0, or the errno that it reports. */
static int read_report(int fd)
{
    int error = 0;
    ssize_t length;

    do {
        length = read(fd, &error, sizeof error);
    } while (length < 0 && errno == EINTR);
    return length == (ssize_t)sizeof error ? error : 0; /* exec closed the other end */
}

int redis_exec_start(const struct redis_exec *exec, pid_t *pid)
{
    pid_t parent = getpid();
    int report[2];
    sigset_t all;
    sigset_t before;

    ASSERT(exec->server != NULL);
    ASSERT(exec->sync <= REDIS_CHILD_SYNC_NONE);
    if (pipe2(report, O_CLOEXEC) != 0) {
        return errno;
    }
    /* A handler of Boon's that ran in the child would write to Boon's own pipes. */
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, &before);
    *pid = fork();
    int error = errno;
    if (*pid == 0) {
        become_redis(exec, parent, report[1]);
    }
    sigprocmask(SIG_SETMASK, &before, NULL);
    close(report[1]);
    if (*pid > 0) {
        error = read_report(report[0]);
        if (error != 0) {
            waitpid(*pid, NULL, 0);
        }
    }
    close(report[0]);
    return error;
}
