/* request.h -- request ids: the same request gets the same answer, and has one effect.
 *
 * A request id is looked up before every check. What was accepted binds its id; what was refused leaves
 * it free. An OK that found nothing left to change binds too: sent again, after others have moved on, it
 * must not undo what they did. The key is a keyed 128-bit hash of (principal, command, member or campaign
 * as sent, id), with a fingerprint of the body beside it. Records lie in a ring: when it is full, or a
 * record is older than the window, the oldest is forgotten. 36 bytes each.
 *
 *     look → NEW ──accepted──► bind        look → SAME → the first answer again
 *                └─refused───► (free)      look → OTHER_BODY → REQUEST_MISMATCH
 */
#ifndef BOON_ENGINE_REQUEST_H
#define BOON_ENGINE_REQUEST_H

#include "engine/bytes.h"
#include "engine/command.h"
#include "engine/event.h"
#include "engine/table.h"

struct engine;
struct outcome;

struct request {
    struct bytes16 key;
    uint8_t result[8];      /* the answer's word: a serial number, a balance, a stock … */
    uint8_t fingerprint[6]; /* of the body: the lower bits of its hash */
    uint8_t bound_at[6];    /* ms since 1970; all ones = bound anew since */
};

#define REQUEST_FORGOTTEN_MS (-1)

#define REQUEST_FINGERPRINT_MASK UINT64_C(0xffffffffffff)

static inline int64_t request_bound_at_ms(const struct request *request)
{
    uint64_t time = 0;
    memcpy(&time, request->bound_at, sizeof(request->bound_at));
    return time == REQUEST_FINGERPRINT_MASK ? REQUEST_FORGOTTEN_MS : (int64_t)time;
}

static inline bool request_is_forgotten(const struct request *request)
{
    return request_bound_at_ms(request) == REQUEST_FORGOTTEN_MS;
}

static inline uint64_t request_fingerprint(const struct request *request)
{
    uint64_t fingerprint = 0;
    memcpy(&fingerprint, request->fingerprint, sizeof(request->fingerprint));
    return fingerprint;
}

/* Fills a record; a `bound_at_ms` of REQUEST_FORGOTTEN_MS leaves it empty. */
static inline void request_fill(struct request *request, struct bytes16 key, uint64_t fingerprint,
                                uint64_t result, int64_t bound_at_ms)
{
    request->key = key;
    bytes_put_u64(request->result, result);
    memcpy(request->fingerprint, &fingerprint, sizeof(request->fingerprint));
    memcpy(request->bound_at, &bound_at_ms, sizeof(request->bound_at));
}

static inline void request_forget(struct request *request)
{
    memset(request->bound_at, 0xff, sizeof(request->bound_at));
}

struct requests {
    struct pool ring;   /* record 1 + n % limit is the n-th bound */
    struct table table; /* by key */
    uint64_t bound;     /* how many were ever bound */
    uint64_t forgotten; /* how many of them, the oldest, are gone */
    uint32_t limit;     /* most records */
    int64_t window_ms;  /* how long a record is good for */
    uint8_t secret[16]; /* of the keyed hash */
};

enum request_seen {
    REQUEST_NEW,
    REQUEST_SAME,
    REQUEST_OTHER_BODY,
};

struct request_check {
    bool asked; /* the command carries a request id */
    struct bytes16 key;
    uint64_t fingerprint;
    uint64_t result; /* of the first time, on REQUEST_SAME */
};

/* Returns the place in the ring's pool of the n-th bound request, from 0. Until the ring has been filled once that
 * needs no division. */
static inline uint32_t request_place(const struct requests *requests, uint64_t number)
{
    return 1 + (uint32_t)(number < requests->limit ? number : number % requests->limit);
}

/* Returns where the n-th bound request lies, from 0; n is within forgotten..bound. */
static inline struct request *request_at(const struct requests *requests, uint64_t number)
{
    return pool_at(&requests->ring, request_place(requests, number));
}

/* Returns the hash of the table's key: the first bytes of a keyed hash. */
static inline uint64_t request_hash(struct bytes16 key)
{
    return bytes_get_u64(key.at);
}

/* Returns the place of the request of this key in the ring's pool, or 0. */
uint32_t request_find(const struct requests *requests, struct bytes16 key);

/* Puts the record at this place into the table; none of its key is there, and room is reserved. */
void request_link(struct requests *requests, uint32_t index);

bool requests_init(struct requests *requests, uint32_t limit, int64_t window_ms,
                   const uint8_t secret[16]) __attribute__((warn_unused_result));
void requests_deinit(struct requests *requests);

/* Makes sure that one more can be bound. False: no memory. */
bool request_reserve(struct requests *requests) __attribute__((warn_unused_result));

/* Fetches, and writes into the command, what request_look() will need first; `subject` is the member or campaign
 * as sent. */
void request_prefetch(const struct requests *requests, struct command *command, struct text subject,
                      struct text id);

/* Looks a request id up; `subject` is the member or campaign as sent, `body` what has to be the same
 * beside it: texts of any length. An empty id is REQUEST_NEW. */
enum request_seen request_look(struct engine *engine, const struct command *command,
                               struct text subject, struct text id, const struct text *body,
                               uint32_t body_count, int64_t now_ms, struct request_check *check);

/* Adds the event that binds the id to `result`, when the command carried one. `result` is at most
 * BALANCE_MAX. */
void request_bind(struct engine *engine, const struct request_check *check, uint64_t result,
                  struct outcome *outcome);

void request_bound_apply(struct engine *engine, const struct event_request_bound *event);

#endif
