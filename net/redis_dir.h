/* redis_dir.h -- the directory of the private Redis: its lock, its socket's path, whether it is new.
 *
 * For redis_child.c only. Whoever holds DIR/lock alone may start a Redis there. A directory with
 * nothing of Boon's in it is marked with DIR/new before Redis leaves its first file; the mark goes when
 * the journal's first event is durable. So a first start that is cut short is simply repeated, and a
 * journal that was deleted is never taken for one that never was.
 */
#ifndef BOON_NET_REDIS_DIR_H
#define BOON_NET_REDIS_DIR_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/un.h>

#include "engine/text.h"
#include "net/redis_child.h"

struct redis_dir {
    int fd;                                                   /* the directory, open */
    int lock_fd;                                              /* DIR/lock, flock'ed */
    char *path;                                               /* absolute; owned */
    char socket[sizeof(((struct sockaddr_un *)0)->sun_path)]; /* a path to DIR/redis.sock */
    bool is_new;                                              /* no journal has ever been in it */
};

/* Create `dir` if need be, open it, and lock it, waiting up to `wait_ms`. Whatever the status, end
 * with redis_dir_close(). */
enum redis_child_status redis_dir_open(struct redis_dir *dir, const char *path, int64_t wait_ms,
                                       struct redis_child_message *message)
    __attribute__((warn_unused_result));

/* Take the mark off: the directory holds a journal. Return false with errno when the disk refuses. */
bool redis_dir_keep(struct redis_dir *dir) __attribute__((warn_unused_result));

/* Return the last line of redis.log, valid until the next call: why Redis ended, in its own words. */
struct text redis_dir_last_words(const struct redis_dir *dir);

/* Close the directory; the lock goes when no process holds it any more. */
void redis_dir_close(struct redis_dir *dir);

#endif
