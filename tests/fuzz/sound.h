/* sound.h -- what is true of every state, however an engine came to it. */
#ifndef BOON_TESTS_FUZZ_SOUND_H
#define BOON_TESTS_FUZZ_SOUND_H

#include "engine/engine.h"

/* Stops the program unless counts and balances are within their bounds and agree with each other, and every
 * record is found by what it is looked up by. */
void sound(const struct engine *engine);

#endif
