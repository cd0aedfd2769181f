/* name.h -- channels, stores, staff, assets and principals, interned: a small number stands for each name.
 *
 * Records and events carry the number; a name is added by the first thing accepted with it and stays. A
 * principal, who asks, is added when a server that knows the user takes the lead (engine_name_principal).
 * Number 0 is no name.
 */
#ifndef BOON_ENGINE_NAME_H
#define BOON_ENGINE_NAME_H

#include "engine/event.h"
#include "engine/limits.h"
#include "engine/table.h"

struct engine;
struct outcome;

/* Numbers are part of the journal: append only. */
enum name_kind {
    NAME_CHANNEL = 0,
    NAME_STORE = 1,
    NAME_STAFF = 2,
    NAME_ASSET = 3,
    NAME_PRINCIPAL = 4,
    NAME_KINDS = 5,
};

#define NAME_CHANNELS_MAX 65535U
#define NAME_ASSETS_MAX 1024U
#define NAME_PRINCIPALS_MAX 65535U

struct name {
    uint8_t length;
    char text[ID_BYTES_MAX];
};

struct names {
    struct pool pool;
    struct table table;
    uint64_t seed; /* of the hash */
};

bool names_init(struct names *names, uint32_t limit, uint64_t seed)
    __attribute__((warn_unused_result));
void names_deinit(struct names *names);

/* Returns the number of a name, or 0 when it was never added. */
uint32_t name_find(const struct names *names, struct text text);

/* Returns the name that a number stands for; the empty text for 0. */
struct text name_show(const struct names *names, uint32_t number);

/* Makes sure that one more name can be added. False: full. */
bool name_reserve(struct names *names) __attribute__((warn_unused_result));

/* Decides the number of a name, with an event when it is new; an empty text is 0. False: refused. */
bool name_decide(struct engine *engine, enum name_kind kind, struct text text,
                 struct outcome *outcome, uint32_t *number) __attribute__((warn_unused_result));

void name_added_apply(struct engine *engine, const struct event_name_added *event);

#endif
