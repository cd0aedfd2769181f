/* model.c -- entries in order, whose they are, and what happens when some are lost. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "engine/engine.h"
#include "tests/sim/model_inside.h"

#define HEAD_BYTES 64U
#define HASH_BYTES 8U
#define GROUP_HEAD_BYTES 16U

static uint64_t get(const uint8_t *at, uint32_t bytes)
{
    uint64_t number = 0;
    for (uint32_t byte = bytes; byte > 0; byte--) {
        number = number << 8 | at[byte - 1];
    }
    return number;
}

static uint32_t bucket_of(const char *key)
{
    uint32_t hash = 2166136261U;
    for (; *key != '\0'; key++) {
        hash = (hash ^ (uint8_t)*key) * 16777619U;
    }
    return hash % MODEL_BUCKETS;
}

void *model_map_find(const struct model_map *map, const char *key)
{
    const struct model_node *node = map->buckets[bucket_of(key)];
    while (node != NULL && strcmp(node->key, key) != 0) {
        node = node->next;
    }
    return node == NULL ? NULL : node->value;
}

void model_map_put(struct model *model, struct model_map *map, const char *key, void *value)
{
    struct model_node *node = sim_allocate(model->sim, sizeof(*node));
    struct model_node **bucket = &map->buckets[bucket_of(key)];
    *node = (struct model_node){*bucket, key, value};
    *bucket = node;
}

void model_start(struct sim *sim)
{
    struct model *model = sim_allocate(sim, sizeof(*model));
    model->sim = sim;
    sim->model = model;
    model->shadow = shadow_create(model);
}

void model_deinit(struct model *model)
{
    shadow_destroy(&model->shadow);
}

void model_server(struct model *model, uint32_t server, const uint8_t nonce[16])
{
    model->servers = sim_grow(model->sim, model->servers, model->server_count, &model->server_room,
                              sizeof(*model->servers));
    model->servers[model->server_count] = (struct model_server){0};
    memcpy(model->servers[model->server_count++].nonce, nonce, 16);
    if (model->server_count != server + 1) {
        BROKEN(model, "servers are numbered", "%u", server);
    }
}

void model_executed(struct model *model, uint32_t server, uint64_t last_seq, struct op *op)
{
    struct model_server *record = &model->servers[server];
    record->executed = sim_grow(model->sim, record->executed, record->count, &record->room,
                                sizeof(*record->executed));
    record->executed[record->count++] = (struct model_executed){last_seq, op};
}

/* Returns the op whose last event has this sequence, by the server that leads the epoch. */
static struct op *executed_as(const struct model *model, uint64_t last_seq)
{
    const struct model_server *server = &model->servers[model->leader];
    size_t low = 0;
    size_t high = server->count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (server->executed[middle].last_seq < last_seq) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low < server->count && server->executed[low].last_seq == last_seq
               ? server->executed[low].op
               : NULL;
}

/* Counts a group's events, and checks their bounds. */
static uint32_t count_events(struct model *model, const uint8_t *at, const uint8_t *end)
{
    uint32_t count = 0;
    while (at < end) {
        if (end - at < 4 || end - at - 4 < (ptrdiff_t)get(at + 2, 2)) {
            BROKEN(model, "an event lies in its group", "%td bytes are left", end - at);
        }
        at += 4 + get(at + 2, 2);
        count++;
    }
    return count;
}

static void read_group(struct model *model, const uint8_t *at, const uint8_t *end)
{
    struct model_group group = {.time_ms = (int64_t)get(at, 8)};
    at += 12; /* time, principal */
    uint64_t last_seq = model->seq + count_events(model, at, end);
    group.op = executed_as(model, last_seq);
    if (group.time_ms < model->time_ms) {
        BROKEN(model, "time in the journal never goes back", "%" PRId64 " after %" PRId64,
               group.time_ms, model->time_ms);
    }
    model->time_ms = group.time_ms;
    while (at < end) {
        const struct model_event event = {(uint32_t)get(at, 2), at + 4, at + 4 + get(at + 2, 2)};
        model->seq++;
        model->touches = sim_grow(model->sim, model->touches, model->touch_count,
                                  &model->touch_room, sizeof(*model->touches));
        model->touches[model->touch_count++] = (struct model_touch){0};
        model_apply(model, &group, &event);
        at = event.end;
    }
    if (group.op == NULL) {
        return;
    }
    if (group.mains != 1) {
        BROKEN(model, "a group is one command's change", "%u changes at sequence %" PRIu64,
               group.mains, model->seq);
    }
    if (group.bound != (group.op->request[0] != '\0')) {
        BROKEN(model, "an accepted change binds its request id",
               "op %" PRIu64 " at sequence %" PRIu64, group.op->number, model->seq);
    }
    if (group.op->effect != 0) {
        BROKEN(model, "a request has one effect",
               "op %" PRIu64 " at sequences %" PRIu64 " and %" PRIu64, group.op->number,
               group.op->effect, model->seq);
    }
    group.op->effect = model->seq;
}

static void read_takeover(struct model *model, const uint8_t *bytes, size_t length, uint64_t epoch)
{
    const uint8_t *nonce = bytes + HEAD_BYTES + GROUP_HEAD_BYTES + 4;
    if (length != HEAD_BYTES + GROUP_HEAD_BYTES + 4 + 16 + HASH_BYTES &&
        length < HEAD_BYTES + GROUP_HEAD_BYTES + 4 + 16 + HASH_BYTES) {
        BROKEN(model, "a TAKEOVER has its nonce", "%zu bytes", length);
    }
    if (epoch != model->epoch + 1) {
        BROKEN(model, "epochs follow one another", "%" PRIu64 " after %" PRIu64, epoch,
               model->epoch);
    }
    for (size_t at = 0; at < model->server_count; at++) {
        if (memcmp(model->servers[at].nonce, nonce, 16) == 0) {
            model->epoch = epoch;
            model->number = 0;
            model->leader = (uint32_t)at;
            return;
        }
    }
    BROKEN(model, "a TAKEOVER is of a server", "epoch %" PRIu64, epoch);
}

static void read_batch(struct model *model, const struct redis_entry *entry)
{
    const uint8_t *bytes = entry->bytes;
    const uint8_t *end = bytes + entry->length - HASH_BYTES;
    if (entry->length < HEAD_BYTES + HASH_BYTES || get(bytes, 4) != 0x4e4f4f42 ||
        get(bytes + 24, 8) != entry->id.epoch || get(bytes + 32, 8) != entry->id.number) {
        BROKEN(model, "an entry is a batch that was written as its ID", "%" PRIu64 "-%" PRIu64,
               entry->id.epoch, entry->id.number);
    }
    if (entry->id.number == 0) {
        read_takeover(model, bytes, entry->length, entry->id.epoch);
        return;
    }
    if (entry->id.epoch != model->epoch || entry->id.number != model->number + 1) {
        BROKEN(model, "batches follow one another",
               "%" PRIu64 "-%" PRIu64 " after %" PRIu64 "-%" PRIu64, entry->id.epoch,
               entry->id.number, model->epoch, model->number);
    }
    if (get(bytes + 56, 8) != model->chain || get(bytes + 40, 8) != model->seq + 1) {
        BROKEN(model, "a batch follows the one before",
               "%" PRIu64 "-%" PRIu64 " begins with %" PRIu64 " after %" PRIu64, entry->id.epoch,
               entry->id.number, get(bytes + 40, 8), model->seq);
    }
    model->number = entry->id.number;
    model->chain = get(end, 8);
    uint32_t groups = 0;
    for (const uint8_t *at = bytes + HEAD_BYTES; at < end; groups++) {
        uint64_t length = end - at < GROUP_HEAD_BYTES ? UINT64_MAX : get(at, 4);
        if (length > (uint64_t)(end - at - 4)) {
            BROKEN(model, "a group lies in its batch", "%" PRIu64 "-%" PRIu64, entry->id.epoch,
                   entry->id.number);
        }
        read_group(model, at + 4, at + 4 + length);
        at += 4 + length;
    }
    if (groups != get(bytes + 48, 4)) {
        BROKEN(model, "a batch has the groups that it says", "%u", groups);
    }
}

/* Gives up everything behind the first `count` entries. */
static void go_back(struct model *model, size_t count)
{
    const struct model_entry *from = &model->entries[count];
    uint64_t seq = from->seq_before;
    model->seq = seq;
    model->time_ms = from->time_before_ms;
    model->epoch = from->epoch_before;
    model->number = from->number_before;
    model->chain = from->chain_before;
    model->leader = from->leader_before;
    model->handed_over = from->handed_over_before;
    model->bound = from->bound_before;
    model->entry_count = count;
    model->touch_count = seq;
    model->seen = model->seen < seq ? model->seen : seq;
    model->losses++;
    model->lost_at_us = model->sim->now_us;
    for (size_t at = 0; at < model->member_count; at++) {
        struct model_member *member = model->members[at];
        while (member->count > 0 && member->changes[member->count - 1].seq > seq) {
            member->count--;
        }
        member->number = member->created_seq > seq ? 0 : member->number;
    }
    while (model->member_count > 0 && model->members[model->member_count - 1]->number == 0) {
        model->member_count--;
    }
    for (size_t at = 0; at < model->campaign_count; at++) {
        struct model_campaign *campaign = model->campaigns[at];
        while (campaign->count > 0 && campaign->versions[campaign->count - 1].seq > seq) {
            campaign->count--;
        }
    }
    while (model->campaign_count > 0 && model->campaigns[model->campaign_count - 1]->count == 0) {
        model->campaigns[--model->campaign_count]->number = 0;
    }
    while (model->coupon_count > 0 && model->coupons[model->coupon_count - 1].seq > seq) {
        model->coupon_count--;
    }
    for (uint32_t kind = 0; kind < MODEL_KINDS; kind++) {
        struct model_names *names = &model->names[kind];
        while (names->count > 0 && names->list[names->count - 1].seq > seq) {
            names->count--;
        }
    }
    for (uint32_t bucket = 0; bucket < MODEL_BUCKETS; bucket++) {
        for (struct model_node *node = model->requests_by_key.buckets[bucket]; node != NULL;
             node = node->next) {
            struct model_request *request = node->value;
            while (request->count > 0 && request->bindings[request->count - 1].seq > seq) {
                request->count--;
            }
        }
    }
    struct clients *clients = model->sim->clients;
    for (size_t at = 0; at < clients->op_count; at++) {
        struct op *op = clients->ops[at];
        if (op->effect > seq && op->acknowledged && model->sim->swarm.wait_replicas > 0) {
            BROKEN(model, "what replicas were waited for survives", "op %" PRIu64 " at %" PRIu64,
                   op->number, op->effect);
        }
        if (op->effect > seq) {
            op->effect = 0;
            op->acknowledged = false; /* the loss is accepted */
        }
    }
    shadow_again(model->shadow, count);
}

void model_shorter(struct model *model, size_t count)
{
    (void)count;
    model->shortened++;
}

void model_entry(struct model *model, size_t index, const struct redis_entry *entry)
{
    if (index < model->entry_count) {
        const struct redis_entry *lost = &model->entries[index].copy;
        if (entry_id_compare(lost->id, entry->id) == 0 && lost->length == entry->length &&
            memcmp(lost->bytes, entry->bytes, entry->length) == 0) {
            return; /* healed */
        }
        if (entry->id.number != 0 && entry->id.epoch == lost->id.epoch) {
            BROKEN(model, "a server that lived through a loss appends what was lost, or halts",
                   "%" PRIu64 "-%" PRIu64 " where %" PRIu64 "-%" PRIu64 " was", entry->id.epoch,
                   entry->id.number, lost->id.epoch, lost->id.number);
        }
        sim_tell(model->sim, "model    accepts the loss of %zu entries",
                 model->entry_count - index);
        go_back(model, index);
    }
    model->entries = sim_grow(model->sim, model->entries, model->entry_count, &model->entry_room,
                              sizeof(*model->entries));
    model->entries[model->entry_count++] = (struct model_entry){
        .copy = *entry,
        .seq_before = model->seq,
        .chain_before = model->chain,
        .epoch_before = model->epoch,
        .number_before = model->number,
        .leader_before = model->leader,
        .handed_over_before = model->handed_over,
        .time_before_ms = model->time_ms,
        .bound_before = model->bound,
    };
    sim_remember(model->sim, model->chain);
    read_batch(model, entry);
    shadow_entry(model->shadow, entry);
}

/* What a server may halt for in this world. */
void model_halted(struct model *model, bool trimmed, const char *message)
{
    bool fine = strstr(message, "this Redis is a replica") != NULL ||
                strstr(message, "Redis has appendfsync") != NULL ||
                strstr(message, "no journal at") != NULL ||
                (model->shortened > 0 && strstr(message, "cannot be replayed") == NULL &&
                 strstr(message, "no snapshot can be read") == NULL);
    if (trimmed && strstr(message, "cannot be replayed") != NULL) {
        fine = true; /* a leader trimmed what this one was about to read: the next start is fine */
        sim_fault(model->sim, FAULT_TRIMMED_UNDER);
    }
    if (!fine) {
        BROKEN(model, "a server halts only for what its contract names", "%s", message);
    }
}

uint64_t model_durable(const struct model *model)
{
    return model->seq;
}

uint64_t model_seen(const struct model *model)
{
    return model->seen;
}

uint64_t model_losses(const struct model *model)
{
    return model->losses;
}

bool model_leads(const struct model *model, uint32_t server)
{
    return model->epoch > 0 && model->leader == server;
}

int64_t model_time_ms(const struct model *model)
{
    return model->time_ms;
}

bool model_campaign(const struct model *model, const char *id, uint32_t *state, uint64_t *stock,
                    uint64_t *issued)
{
    const struct model_campaign *campaign = model_map_find(&model->campaigns_by_id, id);
    const struct model_version *version = campaign == NULL ? NULL
                                                           : model_version_at(campaign, model->seq);
    if (version == NULL) {
        return false;
    }
    *state = version->state;
    *stock = version->stock;
    *issued = version->issued;
    return true;
}

static void compare_member(struct model *model, const struct engine *engine, uint32_t number)
{
    const struct model_member *member = model->members[number - 1];
    uint32_t index = member_find(&engine->members, text_of(member->id), 0);
    if (index != number) {
        BROKEN(model, "the state is what the journal says", "member %s is %u, not %u", member->id,
               index, number);
    }
    uint32_t coupons = 0;
    for (size_t at = 0; at < member->count; at++) {
        coupons += member->changes[at].is_coupon ? 1 : 0;
    }
    const struct member *record = member_at(&engine->members, index);
    if (record->coupon_count != coupons) {
        BROKEN(model, "the state is what the journal says", "%s holds %u coupons, not %u",
               member->id, record->coupon_count, coupons);
    }
    for (uint32_t at = record->newest_account; at != 0;
         at = account_at(&engine->accounts, at)->older) {
        const struct account *account = account_at(&engine->accounts, at);
        char asset[32] = "";
        struct text name = name_show(&engine->names[NAME_ASSET], account->asset);
        memcpy(asset, name.data, name.length < sizeof(asset) ? name.length : sizeof(asset) - 1);
        int64_t balance = model_balance_at(model, member, asset, model->seq);
        if (balance != account->balance) {
            BROKEN(model, "the state is what the journal says",
                   "%s has %" PRId64 " %s, not %" PRId64, member->id, account->balance, asset,
                   balance);
        }
    }
}

void model_compare(struct model *model, const struct engine *engine)
{
    if (engine->members.pool.count - 1 != model->member_count ||
        engine->coupons.pool.count - 1 != model->coupon_count ||
        engine->campaigns.pool.count - 1 != model->campaign_count) {
        BROKEN(model, "the state is what the journal says",
               "%u members, %u coupons, %u campaigns; not %zu, %zu, %zu",
               engine->members.pool.count - 1, engine->coupons.pool.count - 1,
               engine->campaigns.pool.count - 1, model->member_count, model->coupon_count,
               model->campaign_count);
    }
    for (uint32_t number = 1; number <= model->member_count; number++) {
        compare_member(model, engine, number);
    }
    for (uint32_t number = 1; number <= model->campaign_count; number++) {
        const struct campaign *campaign = campaign_at(&engine->campaigns, number);
        const struct model_version *version = model_version_at(model->campaigns[number - 1],
                                                               model->seq);
        if (campaign->issued != version->issued || campaign->stock != version->stock ||
            campaign->state != version->state) {
            BROKEN(model, "the state is what the journal says",
                   "campaign %s issued %" PRIu64 " of %" PRIu64 ", not %" PRIu64 " of %" PRIu64,
                   model->campaigns[number - 1]->id, campaign->issued, campaign->stock,
                   version->issued, version->stock);
        }
    }
    if (engine_state_hash(engine) != shadow_hash(model->shadow)) {
        BROKEN(model, "a server's state equals that of a replay",
               "other hashes at sequence %" PRIu64, model->seq);
    }
    sim_remember(model->sim, engine_state_hash(engine));
}

void model_end(struct sim *sim)
{
    struct model *model = sim->model;
    for (size_t at = 0; at < sim->clients->op_count; at++) {
        const struct op *op = sim->clients->ops[at];
        if (op->acknowledged && op->effect == 0) {
            BROKEN(model, "no acknowledged change is lost", "op %" PRIu64, op->number);
        }
    }
}
