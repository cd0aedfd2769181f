/* request.c -- request ids, looked up, bound, forgotten. */
#include "engine/request.h"

#include <sodium/crypto_shorthash.h>
#include <xxhash.h>

#include "engine/bug.h"
#include "engine/bytes.h"
#include "engine/planted.h"
#include "engine/state.h"

#define FORGET_AT_ONCE 4U /* expired records dropped with each new one */
#define KEY_HEAD_BYTES 8U
#define ABSENT_PART UINT64_C(0x9e3779b97f4a7c15) /* any odd number with bits everywhere */

_Static_assert(sizeof(struct request) == 36, "a request record is 36 bytes");
_Static_assert(crypto_shorthash_siphashx24_BYTES == 16, "SipHash-128 gives 16 bytes");

struct request_key {
    const struct pool *ring;
    const struct bytes16 *key;
};

static bool request_is(const void *key, uint32_t index)
{
    const struct request_key *wanted = key;
    const struct request *request = pool_at(wanted->ring, index);
    return memcmp(request->key.at, wanted->key->at, sizeof(request->key.at)) == 0;
}

static uint64_t request_rehash(const void *context, uint32_t index)
{
    const struct requests *requests = context;
    const struct request *request = pool_at(&requests->ring, index);
    return request_hash(request->key);
}

static inline uint32_t find(const struct requests *requests, const struct bytes16 *key)
{
    struct request_key wanted = {&requests->ring, key};
    return table_find(&requests->table, request_hash(*key), request_is, &wanted);
}

uint32_t request_find(const struct requests *requests, struct bytes16 key)
{
    return find(requests, &key);
}

void request_link(struct requests *requests, uint32_t index)
{
    const struct request *request = pool_at(&requests->ring, index);
    table_add(&requests->table, request_hash(request->key), index, request_rehash, requests);
}

bool requests_init(struct requests *requests, uint32_t limit, int64_t window_ms,
                   const uint8_t secret[16])
{
    *requests = (struct requests){.limit = limit, .window_ms = window_ms};
    memcpy(requests->secret, secret, sizeof(requests->secret));
    return pool_init(&requests->ring, sizeof(struct request), limit) &&
           table_init(&requests->table, limit);
}

void requests_deinit(struct requests *requests)
{
    pool_deinit(&requests->ring);
    table_deinit(&requests->table);
}

bool request_reserve(struct requests *requests)
{
    bool room = requests->bound >= requests->limit || pool_reserve(&requests->ring, 1);
    return room && table_reserve(&requests->table);
}

/* Hashes the parts of a body one after the other, each seeded with what came before: so bytes that move from one
 * part to the next, or parts that change places, make another body. */
static uint64_t fingerprint_of(const struct text *body, uint32_t count)
{
    uint64_t hash = count;
    for (uint32_t part = 0; part < count; part++) {
        hash = body[part].length == 0
                   ? hash + ABSENT_PART /* most options are: the same, but cheaper */
                   : XXH3_64bits_withSeed(body[part].data, body[part].length, hash);
    }
    return hash;
}

/* Hashes who asks and for what, both lengths, and the bytes of both: no two such lists give the same run. */
static void key_make(const struct requests *requests, const struct command *command,
                     struct text subject, struct text id, uint8_t key[16])
{
    uint8_t bytes[KEY_HEAD_BYTES + 2 * REQUEST_BYTES_MAX];
    ASSERT(subject.length <= REQUEST_BYTES_MAX);
    ASSERT(id.length <= REQUEST_BYTES_MAX);
    bytes_put_u32(bytes, command->principal);
    bytes_put_u16(bytes + 4, (uint16_t)command->type);
    bytes_put_u8(bytes + 6, (uint8_t)subject.length);
    bytes_put_u8(bytes + 7, (uint8_t)id.length);
    bytes_copy(bytes + KEY_HEAD_BYTES, subject.data, subject.length);
    bytes_copy(bytes + KEY_HEAD_BYTES + subject.length, id.data, id.length);
    int failed = crypto_shorthash_siphashx24(
        key, bytes, KEY_HEAD_BYTES + subject.length + id.length, requests->secret);
    ASSERT(failed == 0);
}

void request_prefetch(const struct requests *requests, struct command *command, struct text subject,
                      struct text id)
{
    _Static_assert(sizeof(command->request_key) == sizeof(struct bytes16), "a key is 16 bytes");
    key_make(requests, command, subject, id, (uint8_t *)command->request_key);
    table_prefetch(&requests->table, command->request_key[0]);
}

enum request_seen request_look(struct engine *engine, const struct command *command,
                               struct text subject, struct text id, const struct text *body,
                               uint32_t body_count, int64_t now_ms, struct request_check *check)
{
    check->asked = id.length > 0;
    if (!check->asked) {
        return REQUEST_NEW;
    }
    struct requests *requests = &engine->requests;
    if ((command->request_key[0] | command->request_key[1]) != 0) {
        memcpy(check->key.at, command->request_key, sizeof(check->key));
    } else {
        key_make(requests, command, subject, id, check->key.at);
    }
    check->fingerprint = fingerprint_of(body, body_count);
    uint32_t index = find(requests, &check->key);
    if (index == 0 || PLANTED(FORGETS_REQUEST)) {
        return REQUEST_NEW;
    }
    const struct request *request = pool_at(&requests->ring, index);
    if (now_ms - request_bound_at_ms(request) >= requests->window_ms) {
        return REQUEST_NEW;
    }
    check->result = bytes_get_u64(request->result);
    bool same = request_fingerprint(request) == (check->fingerprint & REQUEST_FINGERPRINT_MASK);
    return same || PLANTED(ANY_BODY) ? REQUEST_SAME : REQUEST_OTHER_BODY;
}

void request_bind(struct engine *engine, const struct request_check *check, uint64_t result,
                  struct outcome *outcome)
{
    if (!check->asked || PLANTED(BINDS_NO_REQUEST)) {
        return;
    }
    if (!request_reserve(&engine->requests)) {
        outcome_refuse(outcome, REFUSAL_FULL, engine->seq);
        outcome->word = "requests";
        return;
    }
    ASSERT(result <= (uint64_t)BALANCE_MAX); /* more is not admitted from a journal */
    struct event *event = outcome_event(outcome, EVENT_REQUEST_BOUND);
    event->as.request_bound = (struct event_request_bound){check->key, check->fingerprint, result};
}

static void forget_oldest(struct requests *requests)
{
    struct request *oldest = request_at(requests, requests->forgotten);
    if (!request_is_forgotten(oldest)) {
        table_remove(&requests->table, request_hash(oldest->key),
                     request_place(requests, requests->forgotten));
        request_forget(oldest);
    }
    requests->forgotten++;
}

void request_bound_apply(struct engine *engine, const struct event_request_bound *event)
{
    struct requests *requests = &engine->requests;
    for (uint32_t n = 0; n < FORGET_AT_ONCE && requests->forgotten < requests->bound; n++) {
        const struct request *oldest = request_at(requests, requests->forgotten);
        bool full = requests->bound - requests->forgotten == requests->limit;
        if (!full && engine->time_ms - request_bound_at_ms(oldest) < requests->window_ms) {
            break;
        }
        forget_oldest(requests);
    }
    uint32_t index = request_place(requests, requests->bound);
    if (index == requests->ring.count) {
        uint32_t added = pool_add(&requests->ring);
        ASSERT(added == index);
    }
    uint32_t old = find(requests, &event->key);
    request_fill(pool_at(&requests->ring, index), event->key, event->fingerprint, event->result,
                 engine->time_ms);
    if (old != 0) {
        table_replace(&requests->table, request_hash(event->key), old, index);
        request_forget(pool_at(&requests->ring, old));
    } else {
        request_link(requests, index);
    }
    requests->bound++;
}
