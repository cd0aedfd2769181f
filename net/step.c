/* step.c -- may it be carried out now, what came of it, and may that be said? */
#include "net/step.h"

#include "net/journal.h"
#include "net/server.h"

static enum command_kind kind_of(enum command_type type)
{
    switch (type) {
#define COMMAND(number, NAME, name, resp, kind, role, method, route, summary)                      \
    case COMMAND_##NAME:                                                                           \
        return COMMAND_KIND_##kind;
#define ARGUMENT(name, TYPE, field, word, need, meaning)
#define COMMAND_END(NAME, name)
#include "engine/commands.def"
#undef COMMAND
#undef ARGUMENT
#undef COMMAND_END
    case COMMAND_NONE:
        break;
    }
    return COMMAND_KIND_ADMIN;
}

/* What becomes of an answer that changed nothing while another server may lead: it waits, or is not given at all,
 * or, where the operator allowed it, is given as stale. */
static enum step_status in_doubt(struct server *server, const struct command *command)
{
    if (server->standing == JOURNAL_DOUBTFUL) {
        return STEP_DOUBTFUL;
    }
    if (server->options->stale_reads && kind_of(command->type) == COMMAND_KIND_READ &&
        server->turn.outcome.gate <= server->durable_seq) {
        server->stats.stale++;
        return STEP_STALE;
    }
    server->stats.unsure++;
    return STEP_UNSURE;
}

enum step_status step_command(struct server *server, const struct command *command)
{
    if (__builtin_expect(server->state == SERVER_OPENING, 0)) {
        return STEP_LOADING;
    }
    if (kind_of(command->type) != COMMAND_KIND_READ &&
        __builtin_expect(!server_has_room(server), 0)) {
        server->stats.busy++;
        return STEP_BUSY;
    }
    struct outcome *outcome = &server->turn.outcome;
    engine_step(server->engine, server->now_ms, command, outcome);
    if (outcome->event_count > 0) {
        server_keep(server, command, outcome);
    } else if (__builtin_expect(server->standing != JOURNAL_SURE, 0)) {
        return in_doubt(server, command);
    }
    server->stats.outcomes[outcome->refusal]++;
    if (command->type == COMMAND_COUPON_CLAIM) {
        campaign_stats_count(&server->campaign_stats, outcome->campaign, outcome->refusal);
    }
    return STEP_DONE;
}
