/* engine.h -- the pure state machine: a command and a time in, one outcome out.
 *
 *     engine_step(engine, now_ms, &command, &outcome)
 *         decide   all of it against unchanged state: one refusal, or a list of events
 *         apply    each event, by the function that also replays it; nothing can fail any more
 *
 * No clock, no randomness, no I/O inside: time and entropy come with the command and the options. The
 * state after a replay of the events equals the state when they happened.
 */
#ifndef BOON_ENGINE_ENGINE_H
#define BOON_ENGINE_ENGINE_H

#include "engine/command.h"
#include "engine/state.h"

/* Allocates an engine with room for what the options say; NULL: no address space for it. */
struct engine *engine_create(const struct engine_options *options);
void engine_destroy(struct engine **engine);

/* Makes the engine as it was created, in place. False: no memory, and it is good for engine_destroy() only. */
bool engine_clear(struct engine *engine) __attribute__((warn_unused_result));

/* Carries out one command at `now_ms` (earlier than the last one: that one's time counts). */
void engine_step(struct engine *engine, int64_t now_ms, const struct command *command,
                 struct outcome *outcome);

/* Finds the number of a principal, 1 to 64 bytes, or gives it the next one: then the outcome has the event, which is
 * applied and has to be journaled. Returns 0 where there is no room, and the outcome is FULL. Later commands of this
 * principal carry the number. */
uint32_t engine_name_principal(struct engine *engine, int64_t now_ms, struct text name,
                               struct outcome *outcome) __attribute__((warn_unused_result));

/* Applies one event of a group of this time. Live it follows from a decision; in a replay
 * engine_admits() has said yes first. */
void engine_apply(struct engine *engine, int64_t time_ms, const struct event *event);

/* Checks an event from a journal against the state, and makes room for it. NULL: it may be applied;
 * else why it cannot be, in words. */
const char *engine_admits(struct engine *engine, const struct event *event)
    __attribute__((warn_unused_result));

#define PREFETCH_COMMANDS_MAX 64U

/* Asks the processor to fetch what these commands will touch, PREFETCH_COMMANDS_MAX at most, stage by stage: only
 * hints. But it also fills in what they name (member_hash, request_key, campaign, asset), and the step relies on
 * that: step them on this engine, before a campaign is put into it. */
void engine_prefetch(struct engine *engine, struct command *commands, uint32_t count);

/* Returns a hash over the whole business state: equal after a replay. Walks everything. */
uint64_t engine_state_hash(const struct engine *engine);

#endif
