/* step.h -- one command carried out, whoever asked: what RESP and HTTP have in common.
 *
 *     switch (step_command(server, &command)) {
 *     case STEP_DONE:  show server->turn.outcome, to leave when its gate is durable
 *     …
 *     }
 */
#ifndef BOON_NET_STEP_H
#define BOON_NET_STEP_H

#include "engine/command.h"

struct server;

enum step_status {
    STEP_DONE, /* the outcome is the answer */
    STEP_STALE, /* it is the answer of a server that may have been deposed: the operator allowed it */
    STEP_LOADING,  /* nothing was carried out: the journal is being read */
    STEP_BUSY,     /* nothing was carried out: too many changes wait for the journal */
    STEP_DOUBTFUL, /* nothing was carried out: ask again when it is clear who leads */
    STEP_UNSURE,   /* no answer: another server may have taken over */
};

/* What people read about the last ones, and when to try again. */
#define STEP_LOADING_MESSAGE "Boon is reading its journal; try again in 1 s"
#define STEP_BUSY_MESSAGE "too many changes wait for the journal; try again in 100 ms"
#define STEP_UNSURE_MESSAGE                                                                        \
    "the journal does not answer, and another server may have taken over; try again in 1 s"

/* Carries out one command at the server's now_ms and standing, keeps its events, and counts what it came to. The
 * outcome is in server->turn.outcome until the next one. */
enum step_status step_command(struct server *server, const struct command *command)
    __attribute__((warn_unused_result));

#endif
