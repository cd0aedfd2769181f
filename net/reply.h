/* reply.h -- what a command came to, as the client reads it: [status, …], the same in RESP2 and RESP3. */
#ifndef BOON_NET_REPLY_H
#define BOON_NET_REPLY_H

#include "engine/engine.h"
#include "net/resp.h"

struct definition_mistakes;

/* Appends the reply. Reads the engine's records that the outcome names; changes nothing. */
void reply_write(struct resp_writer *writer, const struct engine *engine,
                 const struct command *command, const struct outcome *outcome);

/* Appends ["INVALID", pointer, message, …]. */
void reply_write_mistakes(struct resp_writer *writer, const struct definition_mistakes *mistakes);

#endif
