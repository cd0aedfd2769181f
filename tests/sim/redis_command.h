/* redis_command.h -- what the simulated Redis answers to each command, and what it changes. */
#ifndef BOON_TESTS_SIM_REDIS_COMMAND_H
#define BOON_TESTS_SIM_REDIS_COMMAND_H

#include "tests/sim/redis.h"

/* Carries a command out and returns its answer. */
struct redis_answer *redis_carry_out(struct redis *redis, const struct redis_command *command);

#endif
