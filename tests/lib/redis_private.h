/* redis_private.h -- a real redis-server of the test's own, on a unix socket in a directory of its own.
 *
 *     TestSuite(x, .init = redis_private_set_up, .fini = redis_private_tear_down);
 *     Test(x, y)
 *     {
 *         redis_private_start("");
 *         … redis_private.path …
 *     }
 *
 * Redis and the directory go when the test ends, however it ends.
 */
#ifndef BOON_TESTS_LIB_REDIS_PRIVATE_H
#define BOON_TESTS_LIB_REDIS_PRIVATE_H

#include <sys/types.h>

#define REDIS_PRIVATE_USER "boon" /* may use keys that begin with boon: */
#define REDIS_PRIVATE_USER_PASSWORD "battery-staple"

struct redis_private {
    char dir[64];
    char path[96]; /* of the socket */
    char port[8];  /* "0": none */
    pid_t pid;     /* 0: not running */
    pid_t janitor;
    int janitor_fd; /* its end tells the janitor that the test has ended */
};

extern struct redis_private redis_private;

void redis_private_set_up(void);
void redis_private_tear_down(void);

/* Starts Redis, with a password for the default user unless it is "", and waits until it answers. */
void redis_private_start(const char *password);

/* Has it listen on a port of 127.0.0.1 too; before the start. */
void redis_private_choose_port(void);

/* Ends it by this signal, and waits for the end. */
void redis_private_stop(int signal);

#endif
