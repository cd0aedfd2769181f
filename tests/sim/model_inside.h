/* model_inside.h -- what the files of the model share.
 *
 *     model.c          entries and groups: order, chain, provenance; losses; comparing with an engine
 *     model_apply.c    events, each checked against the rules and the op that it stands for, then applied
 *     model_state.c    the state at a sequence, in the words of an answer
 *     model_judge.c    answers
 */
#ifndef BOON_TESTS_SIM_MODEL_INSIDE_H
#define BOON_TESTS_SIM_MODEL_INSIDE_H

#include "tests/sim/model.h"
#include "tests/sim/words.h"

#define MODEL_BUCKETS 4096U
#define MODEL_KINDS 4U /* of names */

/* One change of a member: a coupon or a balance. */
struct model_change {
    uint64_t seq;
    bool is_coupon;
    uint32_t of;   /* number of campaign or asset */
    int64_t value; /* serial, or balance */
    uint32_t nth;
};

struct model_member {
    const char *id;
    uint32_t number; /* 0: it does not exist */
    uint64_t created_seq;
    int64_t joined_ms;
    struct model_change *changes;
    size_t count;
    size_t room;
};

/* A campaign from one sequence on. */
struct model_version {
    uint64_t seq;
    uint32_t state;
    uint64_t stock;
    uint64_t issued;
    uint32_t per_member;
    int64_t opens_ms;
    int64_t ends_ms;
    int64_t stopped_ms;
    int64_t amount_fen;
    const char *source;
    size_t source_length;
};

struct model_campaign {
    const char *id;
    uint32_t number;
    struct model_version *versions;
    size_t count;
    size_t room;
};

struct model_coupon {
    uint64_t seq;
    struct model_member *member;
    struct model_campaign *campaign;
    uint32_t nth;
    uint32_t channel;
    uint32_t store;
    int64_t issued_ms;
};

/* A request id that was bound. */
struct model_binding {
    uint64_t seq;
    uint64_t ordinal;
    int64_t time_ms;
    int64_t result;
    const struct op *op;
};

struct model_request {
    struct model_binding *bindings;
    size_t count;
    size_t room;
};

struct model_name {
    uint64_t seq;
    const char *text;
};

struct model_names {
    struct model_name *list; /* number - 1 */
    size_t count;
    size_t room;
};

/* From a string to whatever was put there. */
struct model_node {
    struct model_node *next;
    const char *key;
    void *value;
};

struct model_map {
    struct model_node *buckets[MODEL_BUCKETS];
};

struct model_executed {
    uint64_t last_seq;
    struct op *op;
};

struct model_server {
    uint8_t nonce[16];
    struct model_executed *executed;
    size_t count;
    size_t room;
};

/* One durable entry, and where the sequence stood before it. */
struct model_entry {
    struct redis_entry copy;
    uint64_t seq_before;
    uint64_t chain_before;
    uint64_t epoch_before;
    uint64_t number_before;
    uint32_t leader_before;
    bool handed_over_before;
    int64_t time_before_ms;
    uint64_t bound_before;
};

/* What one sequence changed. */
struct model_touch {
    const struct model_member *member;
    const struct model_campaign *campaign;
};

struct model {
    struct sim *sim;
    uint64_t seq;
    int64_t time_ms;
    uint64_t epoch;
    uint64_t number; /* of the last batch in the epoch */
    uint64_t chain;
    uint32_t leader; /* server of the epoch */
    bool handed_over;
    uint64_t bound;     /* request ids, ever */
    bool forgets_early; /* request ids that changes not yet durable may push out */
    uint64_t *bound_seqs;
    size_t bound_room;
    uint64_t seen;
    uint64_t losses;
    int64_t lost_at_us; /* when the last one was accepted */
    uint64_t shortened; /* times that Redis came back shorter */

    struct model_map members_by_id;
    struct model_map campaigns_by_id;
    struct model_map requests_by_key;
    struct model_member **members; /* by number - 1 */
    size_t member_count;
    size_t member_room;
    struct model_campaign **campaigns;
    size_t campaign_count;
    size_t campaign_room;
    struct model_coupon *coupons;
    size_t coupon_count;
    size_t coupon_room;
    struct model_names names[MODEL_KINDS];
    struct model_entry *entries;
    size_t entry_count;
    size_t entry_room;
    struct model_touch *touches; /* by seq - 1 */
    size_t touch_count;
    size_t touch_room;
    struct model_server *servers;
    size_t server_count;
    size_t server_room;

    struct shadow *shadow;
};

/* One event, its fields not yet read. */
struct model_event {
    uint32_t type;
    const uint8_t *at;
    const uint8_t *end;
};

/* One group: all events of one command. */
struct model_group {
    int64_t time_ms;
    struct op *op;  /* NULL: the journal's own */
    uint32_t mains; /* events that are the command's effect; one is right */
    bool bound;     /* its request id was */
    int64_t result; /* serial or balance */
};

void *model_map_find(const struct model_map *map, const char *key);
void model_map_put(struct model *model, struct model_map *map, const char *key, void *value);

/* model_apply.c: checks one event and applies it as `seq`. */
void model_apply(struct model *model, struct model_group *group, const struct model_event *event);

/* model_state.c: the state at a sequence. */
const struct model_version *model_version_at(const struct model_campaign *campaign, uint64_t seq);
bool model_member_exists(const struct model_member *member, uint64_t seq);
int64_t model_balance_at(const struct model *model, const struct model_member *member,
                         const char *asset, uint64_t seq);

/* Writes what an op is answered at this sequence, if it changes nothing there; false: it is accepted. */
bool model_answer_at(const struct model *model, const struct op *op, uint64_t seq, char *view,
                     size_t size);

/* Writes what the op is answered whose effect has this last sequence. */
void model_answer_of_effect(const struct model *model, const struct op *op, char *view,
                            size_t size);

/* Returns the binding that an op's request id has at this sequence and time, or NULL. */
const struct model_binding *model_binding_at(const struct model *model, const struct op *op,
                                             uint64_t seq, int64_t now_ms);
void model_request_key(const struct op *op, char *key, size_t size);

/* shadow.c: an engine that replays all durable entries by shipped code, for its hash. */
struct shadow *shadow_create(struct model *model);
void shadow_entry(struct shadow *shadow, const struct redis_entry *entry);
void shadow_again(struct shadow *shadow, size_t count);
uint64_t shadow_hash(const struct shadow *shadow);
void shadow_destroy(struct shadow **shadow);

#define BROKEN(model, promised, ...) sim_violation((model)->sim, promised, __VA_ARGS__)

#endif
