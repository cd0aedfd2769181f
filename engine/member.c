/* member.c -- members, found by id, created by what is accepted for them. */
#include "engine/member.h"

#include <xxhash.h>

#include "engine/bug.h"
#include "engine/bytes.h"
#include "engine/planted.h"
#include "engine/state.h"

_Static_assert(sizeof(struct member) == 64, "a member is one cache line");

struct member_key {
    const struct members *members;
    struct text id;
};

bool members_init(struct members *members, uint32_t limit, uint64_t seed)
{
    *members = (struct members){.seed = seed};
    return pool_init(&members->pool, sizeof(struct member), limit) &&
           pool_init(&members->long_ids, ID_BYTES_MAX, limit) && table_init(&members->table, limit);
}

void members_deinit(struct members *members)
{
    pool_deinit(&members->pool);
    pool_deinit(&members->long_ids);
    table_deinit(&members->table);
}

uint64_t member_hash(const struct members *members, struct text id)
{
    uint64_t hash = XXH3_64bits_withSeed(id.data, id.length, members->seed);
    return hash == 0 ? 1 : hash;
}

struct text member_id(const struct members *members, const struct member *member)
{
    if (__builtin_expect(member->id_length <= MEMBER_ID_INLINE, 1)) {
        return (struct text){member->id, member->id_length};
    }
    uint32_t index = bytes_get_u32((const uint8_t *)member->id);
    return (struct text){pool_at(&members->long_ids, index), member->id_length};
}

static bool member_is(const void *key, uint32_t index)
{
    const struct member_key *wanted = key;
    const struct member *member = member_at(wanted->members, index);
    return text_equal(member_id(wanted->members, member), wanted->id);
}

static uint64_t member_rehash(const void *context, uint32_t index)
{
    const struct members *members = context;
    return member_hash(members, member_id(members, member_at(members, index)));
}

uint32_t member_find(const struct members *members, struct text id, uint64_t hash)
{
    struct member_key key = {members, id};
    return table_find(&members->table, hash == 0 ? member_hash(members, id) : hash, member_is,
                      &key);
}

bool member_reserve(struct members *members, uint32_t id_length)
{
    bool long_id = id_length > MEMBER_ID_INLINE;
    return pool_reserve(&members->pool, 1) && table_reserve(&members->table) &&
           (!long_id || pool_reserve(&members->long_ids, 1));
}

uint32_t member_find_or_refuse(const struct engine *engine, struct text id, uint64_t hash,
                               struct outcome *outcome)
{
    uint32_t index = member_find(&engine->members, id, hash);
    if (index == 0) {
        outcome_refuse(outcome, REFUSAL_UNKNOWN_MEMBER, 0);
    }
    return index;
}

uint32_t member_decide(struct engine *engine, struct text id, uint64_t hash,
                       struct outcome *outcome)
{
    uint32_t index = member_find(&engine->members, id, hash);
    if (index != 0) {
        return index;
    }
    if (!member_reserve(&engine->members, id.length)) {
        outcome_refuse(outcome, REFUSAL_FULL, engine->seq);
        outcome->word = "members";
        return 0;
    }
    index = engine->members.pool.count;
    struct event *event = outcome_event(outcome, EVENT_MEMBER_CREATED);
    event->as.member_created = (struct event_member_created){index, id};
    return index;
}

void member_get_decide(struct engine *engine, const struct command *command, int64_t now_ms,
                       struct outcome *outcome)
{
    (void)now_ms;
    const struct member_get *get = &command->as.member_get;
    outcome->member = member_find_or_refuse(engine, get->member, command->member_hash, outcome);
    if (outcome->member != 0) {
        outcome->gate = PLANTED(NO_GATE_MEMBER)
                            ? 0
                            : member_at(&engine->members, outcome->member)->changed_seq;
    }
}

uint32_t member_add(struct members *members, struct text id)
{
    ASSERT(id.length > 0 && id.length <= ID_BYTES_MAX);
    uint32_t index = pool_add(&members->pool);
    struct member *member = member_at(members, index);
    member->id_length = (uint8_t)id.length;
    char *at = member->id;
    if (id.length > MEMBER_ID_INLINE) {
        uint32_t long_id = pool_add(&members->long_ids);
        bytes_put_u32((uint8_t *)member->id, long_id);
        at = pool_at(&members->long_ids, long_id);
    }
    bytes_copy(at, id.data, id.length);
    return index;
}

void member_link(struct members *members, uint32_t index, uint64_t hash)
{
    table_add(&members->table, hash, index, member_rehash, members);
}

void member_created_apply(struct engine *engine, const struct event_member_created *event)
{
    struct members *members = &engine->members;
    uint32_t index = member_add(members, event->id);
    ASSERT(index == event->member);
    struct member *member = member_at(members, index);
    member_set_joined_at(member, engine->time_ms);
    member->changed_seq = engine->seq;
    member_link(members, index, member_hash(members, event->id));
}
