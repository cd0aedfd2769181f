/* link.h -- a connection between a simulated server and the simulated Redis.
 *
 *     server ──send──► delay, in order ──► Redis          cut: what is under way arrives late, or never
 *            ◄─answer─ delay, in order ◄──                half open: one side does not learn of it
 */
#ifndef BOON_TESTS_SIM_LINK_H
#define BOON_TESTS_SIM_LINK_H

#include "tests/sim/redis.h"

struct link_owner {
    void *context;
    void (*connected)(void *context, struct link *link);
    void (*answer)(void *context, struct link *link, const struct journal_answer *answer);
    void (*lost)(void *context, struct link *link);
    /* Returns until when the owner takes nothing, 0: it does now; less: it is gone. */
    int64_t (*frozen_until)(void *context);
};

struct link {
    struct sim *sim;
    struct link_owner owner;
    struct link *next; /* newest first */
    bool open;         /* the server's side takes answers */
    bool serves;       /* Redis' side takes commands and answers them */
    bool up;           /* the handshake is over */
    bool mute;         /* half open: what is sent goes nowhere */
    bool deaf;         /* half open: answers go nowhere */
    bool cutting;      /* what is under way: lost or late */
    bool lossy;        /* one of them was lost: all after it are */
    uint32_t run;      /* of the Redis it leads to */
    int64_t slow_until_us;
    int64_t last_in_us;  /* when the last command arrives */
    int64_t last_out_us; /* when the last answer arrives */
    size_t wrote;        /* of Redis' log, when this connection wrote last; 0: it never did */
    uint32_t unanswered;
    int64_t asked_us; /* when the oldest unanswered was sent, or the last answer came */
};

/* Connects: connected() or lost() follows. */
struct link *link_open(struct sim *sim, const struct link_owner *owner);

/* The server sends a command. */
void link_send(struct link *link, size_t count, const char *const *arguments,
               const size_t *lengths);

/* The server closes its side, and hears no more of it; what was sent still arrives. */
void link_close(struct link *link);

/* Redis answers. */
void link_answer(struct link *link, struct redis_answer *answer);

/* The network cuts it: the server learns of it after a while. */
void link_cut(struct link *link);

/* All of Redis' connections end with its process. */
void link_cut_all(struct sim *sim);

/* Returns one of the connections that are in use, or NULL. */
struct link *link_any(struct sim *sim);

#endif
