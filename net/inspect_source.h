/* inspect_source.h -- the Redis that a look goes to: the operator's, a running server's, or one started for it.
 *
 *     struct inspect_source source;
 *     if (!inspect_source_open(&source, &options, stderr, message, sizeof(message))) { … message … }
 *     … source.walk for the long stream, source.beside for all else …
 *     inspect_source_close(&source);
 */
#ifndef BOON_NET_INSPECT_SOURCE_H
#define BOON_NET_INSPECT_SOURCE_H

#include "net/options.h"
#include "net/redis_ask.h"

#define INSPECT_WHERE_BYTES 4200U

struct event_base;
struct redis_child;

struct inspect_source {
    struct redis_ask *walk;   /* for the journal: its page stays while others are asked for */
    struct redis_ask *beside; /* for everything else */
    char where[INSPECT_WHERE_BYTES]; /* for people */
    struct redis_child *child;       /* the private Redis that was started for this look, or NULL */
    struct event_base *base;         /* of the child, or NULL */
    int dir_fd;                      /* behind a path that is too long for a socket, or -1 */
};

/* Connects; what it does with a private Redis it says to `err`. False: `message` says why it cannot, and the
 * source needs no close. */
bool inspect_source_open(struct inspect_source *source, const struct options *options, FILE *err,
                         char *message, size_t size) __attribute__((warn_unused_result));
void inspect_source_close(struct inspect_source *source);

#endif
