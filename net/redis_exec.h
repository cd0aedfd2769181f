/* redis_exec.h -- fork and exec of the private Redis: what the child inherits, and with what settings.
 *
 * For redis_child.c only. The new process has its own session (Ctrl-C at Boon's terminal does not
 * reach it), the lock as its file descriptor 3, redis.log as its output, no other open file, no
 * BOON_ variable, and dies with its parent.
 */
#ifndef BOON_NET_REDIS_EXEC_H
#define BOON_NET_REDIS_EXEC_H

#include <sys/types.h>

#include "net/redis_child.h"

struct redis_exec {
    int dir_fd;                 /* where it runs */
    int lock_fd;                /* what it inherits */
    const char *server;         /* looked up in PATH when it has no slash */
    enum redis_child_sync sync; /* appendfsync */
};

/* Start Redis and set `pid`. Blocks until the program runs: fork() copies the page tables first, which in a
 * process of tens of gigabytes takes tens of milliseconds, and nobody is answered meanwhile. Return 0 when the program runs, or the errno of what could not be done;
 * then there is no process. */
int redis_exec_start(const struct redis_exec *exec, pid_t *pid) __attribute__((warn_unused_result));

#endif
