/* admit.h -- the bounds that an event is held to, whether it comes from a journal or from a snapshot. */
#ifndef BOON_ENGINE_ADMIT_H
#define BOON_ENGINE_ADMIT_H

#include "engine/state.h"

static inline bool text_fits(struct text text, uint32_t shortest, uint32_t longest)
{
    return text.length >= shortest && text.length <= longest;
}

static inline bool time_fits(int64_t time_ms)
{
    return time_ms >= 0 && time_ms <= TIME_MS_MAX;
}

/* Tells whether a record may carry this number of a name; 0 is none. */
static inline bool name_known(const struct engine *engine, enum name_kind kind, uint32_t number)
{
    return number == 0 || pool_has(&engine->names[kind].pool, number);
}

/* Tells whether the secret file has the key of this id. */
static inline bool key_known(const struct engine *engine, uint8_t key)
{
    return key < CODE_KEYS && engine->options.code_keys.live[key];
}

#endif
