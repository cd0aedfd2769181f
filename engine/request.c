/* request.c -- request ids, looked up, bound, forgotten. */
#include "engine/request.h"

#include <sodium/crypto_shorthash.h>
#include <xxhash.h>

#include "engine/bug.h"
#include "engine/bytes.h"
#include "engine/planted.h"
#include "engine/state.h"

#define FORGET_AT_ONCE 4U /* expired records dropped with each new one */

_Static_assert(sizeof(struct request) == 36, "a request record is 36 bytes");
_Static_assert(crypto_shorthash_siphashx24_BYTES == 16, "SipHash-128 gives 16 bytes");

struct request_key {
    const struct pool *ring;
    struct bytes16 key;
};

static bool request_is(const void *key, uint32_t index)
{
    const struct request_key *wanted = key;
    const struct request *request = pool_at(wanted->ring, index);
    return memcmp(request->key.at, wanted->key.at, sizeof(wanted->key.at)) == 0;
}

static uint64_t request_rehash(const void *context, uint32_t index)
{
    const struct requests *requests = context;
    const struct request *request = pool_at(&requests->ring, index);
    return request_hash(request->key);
}

uint32_t request_find(const struct requests *requests, struct bytes16 key)
{
    struct request_key wanted = {&requests->ring, key};
    return table_find(&requests->table, request_hash(key), request_is, &wanted);
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

/* Appends a length and the bytes, so that no two lists of texts give the same run. */
static uint8_t *append(uint8_t *at, struct text text)
{
    ASSERT(text.length <= REQUEST_BYTES_MAX);
    bytes_put_u32(at, text.length);
    bytes_copy(at + 4, text.data, text.length);
    return at + 4 + text.length;
}

/* Chains the parts of a body: each is hashed from what came before, so no two lists of parts look alike. */
static uint64_t fingerprint_of(const struct text *body, uint32_t count)
{
    uint64_t hash = count;
    for (uint32_t part = 0; part < count; part++) {
        hash = body[part].length == 0
                   ? table_mix(hash + 1) /* most options are absent: the same, but cheaper */
                   : XXH3_64bits_withSeed(body[part].data, body[part].length, hash);
    }
    return hash;
}

struct bytes16 request_key_make(const struct requests *requests, const struct command *command,
                                struct text subject, struct text id)
{
    struct bytes16 key;
    uint8_t bytes[8 + 2 * (4 + REQUEST_BYTES_MAX)];
    bytes_put_u32(bytes, command->principal);
    bytes_put_u32(bytes + 4, (uint32_t)command->type);
    uint8_t *end = append(append(bytes + 8, subject), id);
    int failed = crypto_shorthash_siphashx24(key.at, bytes, (size_t)(end - bytes),
                                             requests->secret);
    ASSERT(failed == 0);
    return key;
}

void request_prefetch(const struct requests *requests, struct command *command, struct text subject,
                      struct text id)
{
    struct bytes16 key = request_key_make(requests, command, subject, id);
    _Static_assert(sizeof(key) == sizeof(command->request_key), "a key is 16 bytes");
    memcpy(command->request_key, key.at, sizeof(key));
    table_prefetch(&requests->table, request_hash(key));
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
        check->key = request_key_make(requests, command, subject, id);
    }
    check->fingerprint = fingerprint_of(body, body_count);
    uint32_t index = request_find(requests, check->key);
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
        uint32_t index = 1 + (uint32_t)(requests->forgotten % requests->limit);
        table_remove(&requests->table, request_hash(oldest->key), index);
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
    uint32_t index = 1 + (uint32_t)(requests->bound % requests->limit);
    if (index == requests->ring.count) {
        uint32_t added = pool_add(&requests->ring);
        ASSERT(added == index);
    }
    uint32_t old = request_find(requests, event->key);
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
