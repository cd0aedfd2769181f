/* name.c -- the interned names. */
#include "engine/name.h"

#include <xxhash.h>

#include "engine/bug.h"
#include "engine/state.h"

struct name_key {
    const struct names *names;
    struct text text;
};

static bool name_is(const void *key, uint32_t index)
{
    const struct name_key *wanted = key;
    return text_equal(name_show(wanted->names, index), wanted->text);
}

static uint64_t hash_text(const struct names *names, struct text text)
{
    return XXH3_64bits_withSeed(text.data, text.length, names->seed);
}

static uint64_t name_rehash(const void *context, uint32_t index)
{
    const struct names *names = context;
    return hash_text(names, name_show(names, index));
}

bool names_init(struct names *names, uint32_t limit, uint64_t seed)
{
    *names = (struct names){.seed = seed};
    return pool_init(&names->pool, sizeof(struct name), limit) && table_init(&names->table, limit);
}

void names_deinit(struct names *names)
{
    pool_deinit(&names->pool);
    table_deinit(&names->table);
}

uint32_t name_find(const struct names *names, struct text text)
{
    struct name_key key = {names, text};
    return table_find(&names->table, hash_text(names, text), name_is, &key);
}

struct text name_show(const struct names *names, uint32_t number)
{
    if (number == 0) {
        return (struct text){"", 0};
    }
    ASSERT(pool_has(&names->pool, number));
    const struct name *name = pool_at(&names->pool, number);
    return (struct text){name->text, name->length};
}

bool name_reserve(struct names *names)
{
    return pool_reserve(&names->pool, 1) && table_reserve(&names->table);
}

bool name_decide(struct engine *engine, enum name_kind kind, struct text text,
                 struct outcome *outcome, uint32_t *number)
{
    static const char *const words[NAME_KINDS] = {"channels", "stores", "staff", "assets",
                                                  "principals"};
    *number = 0;
    if (text.length == 0) {
        return true;
    }
    struct names *names = &engine->names[kind];
    *number = name_find(names, text);
    if (*number != 0) {
        return true;
    }
    if (!name_reserve(names)) {
        outcome_refuse(outcome, REFUSAL_FULL, engine->seq);
        outcome->word = words[kind];
        return false;
    }
    *number = names->pool.count;
    struct event *event = outcome_event(outcome, EVENT_NAME_ADDED);
    event->as.name_added = (struct event_name_added){(uint8_t)kind, *number, text};
    return true;
}

void name_added_apply(struct engine *engine, const struct event_name_added *event)
{
    ASSERT(event->kind < NAME_KINDS);
    ASSERT(event->text.length > 0 && event->text.length <= ID_BYTES_MAX);
    struct names *names = &engine->names[event->kind];
    uint32_t number = pool_add(&names->pool);
    ASSERT(number == event->number);
    struct name *name = pool_at(&names->pool, number);
    name->length = (uint8_t)event->text.length;
    memcpy(name->text, event->text.data, event->text.length);
    table_add(&names->table, hash_text(names, event->text), number, name_rehash, names);
}
