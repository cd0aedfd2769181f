/* redis_dir.c -- one directory, one lock. */
#include "net/redis_dir.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/bug.h"
#include "net/clock.h"
#include "net/log.h"

#define SOCKET_NAME "redis.sock"
#define LOG_NAME "redis.log"
#define LOCK_NAME "lock"
#define NEW_NAME "new"
#define LOCK_POLL_MS 20
#define ORPHAN_WAIT_FACTOR 12 /* for what a killed boon-server left behind */

static enum redis_child_status refuse(struct redis_child_message *message,
                                      enum redis_child_status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static enum redis_child_status refuse(struct redis_child_message *message,
                                      enum redis_child_status status, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(message->text, sizeof message->text, format, arguments);
    va_end(arguments);
    return status;
}

static enum redis_child_status open_directory(struct redis_dir *dir, const char *path,
                                              struct redis_child_message *message)
{
    struct stat status;

    if (mkdir(path, 0700) != 0 && errno != EEXIST) {
        return refuse(message, REDIS_CHILD_FAILED, "cannot create the directory %.300s: %s", path,
                      strerror(errno));
    }
    dir->fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    dir->path = dir->fd < 0 ? NULL : realpath(path, NULL);
    if (dir->path == NULL || fstat(dir->fd, &status) != 0) {
        return refuse(message, REDIS_CHILD_FAILED, "cannot use the directory %.300s: %s", path,
                      strerror(errno));
    }
    if ((status.st_mode & 0002) != 0) {
        log_event(LOG_WARN, "dir_writable_by_all", LOG_TEXT("dir", dir->path));
    }
    /* A socket's path has 107 bytes at most; a long one is reached through the open directory. */
    if (strlen(dir->path) + sizeof "/" SOCKET_NAME <= sizeof dir->socket) {
        snprintf(dir->socket, sizeof dir->socket, "%s/" SOCKET_NAME, dir->path);
    } else {
        snprintf(dir->socket, sizeof dir->socket, "/proc/self/fd/%d/" SOCKET_NAME, dir->fd);
    }
    return REDIS_CHILD_OK;
}

/* Return the process id written in the lock file, or 0. */
static pid_t lock_holder(const struct redis_dir *dir)
{
    char text[32];
    ssize_t length = pread(dir->lock_fd, text, sizeof text - 1, 0);
    long pid = 0;

    if (length > 0) {
        text[length] = '\0';
        pid = strtol(text, NULL, 10);
    }
    return pid > 0 && pid <= INT_MAX ? (pid_t)pid : 0;
}

static enum redis_child_status refuse_in_use(const struct redis_dir *dir,
                                             struct redis_child_message *message)
{
    pid_t holder = lock_holder(dir);

    if (holder != 0 && kill(holder, 0) != 0 && errno == ESRCH) {
        return refuse(
            message, REDIS_CHILD_IN_USE,
            "the Redis of a former boon-server (pid %d, gone) still uses %.300s; end that "
            "redis-server, then start again",
            (int)holder, dir->path);
    }
    return refuse(message, REDIS_CHILD_IN_USE,
                  "another boon-server (pid %d) uses %.300s; stop it, or give this one a --dir of "
                  "its own",
                  (int)holder, dir->path);
}

static bool holder_is_gone(const struct redis_dir *dir)
{
    pid_t holder = lock_holder(dir);
    return holder > 0 && kill(holder, 0) != 0 && errno == ESRCH;
}

/* Wait for the lock; say so once when it is not free at once. */
static enum redis_child_status take_lock(const struct redis_dir *dir, int64_t wait_ms,
                                         struct redis_child_message *message)
{
    const struct timespec pause = {.tv_nsec = LOCK_POLL_MS * 1000000};
    int64_t give_up_at_ms = clock_monotonic_ms() + wait_ms;
    bool said = false;

    while (flock(dir->lock_fd, LOCK_EX | LOCK_NB) != 0) {
        if (errno != EWOULDBLOCK) {
            return refuse(message, REDIS_CHILD_FAILED, "cannot lock %.300s/" LOCK_NAME ": %s",
                          dir->path, strerror(errno));
        }
        /* Redis' own child that rewrites its file outlives a killed Boon and its Redis, and holds the lock. */
        if (clock_monotonic_ms() >=
            give_up_at_ms + (holder_is_gone(dir) ? ORPHAN_WAIT_FACTOR * wait_ms : 0)) {
            return refuse_in_use(dir, message);
        }
        if (!said) {
            log_event(LOG_WARN, "waiting_for_dir", LOG_TEXT("dir", dir->path),
                      LOG_NUMBER("holder", lock_holder(dir)), LOG_NUMBER("wait_ms", wait_ms));
            said = true;
        }
        if (nanosleep(&pause, NULL) != 0 && errno == EINTR) {
            return refuse(message, REDIS_CHILD_INTERRUPTED,
                          "interrupted while waiting for the directory %.300s", dir->path);
        }
    }
    return REDIS_CHILD_OK;
}

static enum redis_child_status lock_directory(struct redis_dir *dir, int64_t wait_ms,
                                              struct redis_child_message *message)
{
    char text[32];

    dir->lock_fd = openat(dir->fd, LOCK_NAME, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (dir->lock_fd < 0) {
        return refuse(message, REDIS_CHILD_FAILED, "cannot open %.300s/" LOCK_NAME ": %s",
                      dir->path, strerror(errno));
    }
    enum redis_child_status status = take_lock(dir, wait_ms, message);
    if (status != REDIS_CHILD_OK) {
        return status;
    }
    int length = snprintf(text, sizeof text, "%d\n", (int)getpid());
    if (ftruncate(dir->lock_fd, 0) != 0 ||
        pwrite(dir->lock_fd, text, (size_t)length, 0) != length) {
        return refuse(message, REDIS_CHILD_FAILED, "cannot write %.300s/" LOCK_NAME ": %s",
                      dir->path, strerror(errno));
    }
    return REDIS_CHILD_OK;
}

static bool exists(const struct redis_dir *dir, const char *name)
{
    struct stat status;

    return fstatat(dir->fd, name, &status, AT_SYMLINK_NOFOLLOW) == 0 || errno != ENOENT;
}

static enum redis_child_status look_for_journal(struct redis_dir *dir,
                                                struct redis_child_message *message)
{
    static const char *const traces[] = {"appendonlydir", LOG_NAME, "secret"};
    bool used = false;

    for (size_t i = 0; i < sizeof traces / sizeof *traces; i++) {
        used = used || exists(dir, traces[i]);
    }
    if (!used) {
        int fd = openat(dir->fd, NEW_NAME, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
        int error = fd < 0 || fsync(dir->fd) != 0 ? errno : 0;
        if (fd >= 0) {
            close(fd);
        }
        if (error != 0) {
            return refuse(message, REDIS_CHILD_FAILED, "cannot write to %.300s: %s", dir->path,
                          strerror(error));
        }
    }
    dir->is_new = exists(dir, NEW_NAME);
    return REDIS_CHILD_OK;
}

enum redis_child_status redis_dir_open(struct redis_dir *dir, const char *path, int64_t wait_ms,
                                       struct redis_child_message *message)
{
    memset(dir, 0, sizeof *dir);
    dir->fd = -1;
    dir->lock_fd = -1;
    enum redis_child_status status = open_directory(dir, path, message);
    if (status == REDIS_CHILD_OK) {
        status = lock_directory(dir, wait_ms, message);
    }
    if (status == REDIS_CHILD_OK) {
        status = look_for_journal(dir, message);
    }
    return status;
}

bool redis_dir_keep(struct redis_dir *dir)
{
    if (!dir->is_new) {
        return true;
    }
    if ((unlinkat(dir->fd, NEW_NAME, 0) != 0 && errno != ENOENT) || fsync(dir->fd) != 0) {
        return false;
    }
    dir->is_new = false;
    return true;
}

struct text redis_dir_last_words(const struct redis_dir *dir)
{
    static char tail[512];
    int fd = openat(dir->fd, LOG_NAME, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    ssize_t length = 0;

    if (fd >= 0) {
        off_t size = lseek(fd, 0, SEEK_END);
        off_t from = size > (off_t)sizeof tail ? size - (off_t)sizeof tail : 0;
        length = pread(fd, tail, sizeof tail, from);
        close(fd);
    }
    while (length > 0 && tail[length - 1] == '\n') {
        length--;
    }
    if (length <= 0) {
        return TEXT("");
    }
    const char *newline = memrchr(tail, '\n', (size_t)length);
    const char *line = newline == NULL ? tail : newline + 1;
    return (struct text){line, (uint32_t)(tail + length - line)};
}

void redis_dir_close(struct redis_dir *dir)
{
    if (dir->lock_fd >= 0) {
        close(dir->lock_fd);
    }
    if (dir->fd >= 0) {
        close(dir->fd);
    }
    free(dir->path);
    memset(dir, 0, sizeof *dir);
    dir->fd = -1;
    dir->lock_fd = -1;
}
