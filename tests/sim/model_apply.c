/* model_apply.c -- what each event may do, and does, by the rules in docs/commands.md. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "engine/campaign.h"
#include "tests/sim/model_inside.h"

#define BALANCE_MOST 9000000000000000LL
#define NAME_OF_CHANNEL 0U
#define NAME_OF_STORE 1U
#define NAME_OF_ASSET 3U

/* Reads fields in order; an absent one is zero. */
struct fields {
    const uint8_t *at;
    const uint8_t *end;
};

static uint64_t take(struct fields *fields, uint32_t bytes)
{
    uint64_t number = 0;
    if (fields->end - fields->at < (ptrdiff_t)bytes) {
        return 0;
    }
    for (uint32_t byte = bytes; byte > 0; byte--) {
        number = number << 8 | fields->at[byte - 1];
    }
    fields->at += bytes;
    return number;
}

static const char *take_text(struct model *model, struct fields *fields, size_t *length)
{
    *length = (size_t)take(fields, 2);
    if (fields->end - fields->at < (ptrdiff_t)*length) {
        BROKEN(model, "a text lies in its event", "%zu bytes", *length);
    }
    char *text = sim_allocate(model->sim, *length + 1);
    memcpy(text, fields->at, *length);
    fields->at += *length;
    return text;
}

/* Returns the op that this event stands for, which is of one of these types. */
static const struct op *op_of(struct model *model, const struct model_group *group,
                              const char *event, enum command_type type, enum command_type other)
{
    if (group->op == NULL) {
        BROKEN(model, "nothing is in the journal that no client asked for",
               "%s at sequence %" PRIu64, event, model->seq);
    }
    if (group->op->type != type && group->op->type != other) {
        BROKEN(model, "an event is of the command that was asked for", "%s for op %" PRIu64, event,
               group->op->number);
    }
    return group->op;
}

static struct model_member *member_of(struct model *model, uint64_t number, const struct op *op)
{
    if (number == 0 || number > model->member_count ||
        strcmp(model->members[number - 1]->id, op->member) != 0) {
        BROKEN(model, "a change is its member's", "member %" PRIu64 " for op %" PRIu64, number,
               op->number);
    }
    return model->members[number - 1];
}

static struct model_campaign *campaign_of(struct model *model, uint64_t number, const struct op *op)
{
    if (number == 0 || number > model->campaign_count ||
        strcmp(model->campaigns[number - 1]->id, op->campaign) != 0) {
        BROKEN(model, "a change is its campaign's", "campaign %" PRIu64 " for op %" PRIu64, number,
               op->number);
    }
    return model->campaigns[number - 1];
}

static void must_be_accepted(struct model *model, const struct model_group *group)
{
    char view[OP_VIEW_BYTES];
    struct op as_then = *group->op;
    as_then.effective_ms = group->time_ms;
    if (model_answer_at(model, &as_then, model->seq - 1, view, sizeof(view))) {
        BROKEN(model, "a change is in the journal only if the rules allow it",
               "op %" PRIu64 " at sequence %" PRIu64 ", which should have been answered %s",
               group->op->number, model->seq, view);
    }
}

static struct model_version *new_version(struct model *model, struct model_campaign *campaign)
{
    campaign->versions = sim_grow(model->sim, campaign->versions, campaign->count, &campaign->room,
                                  sizeof(*campaign->versions));
    struct model_version *version = &campaign->versions[campaign->count];
    *version = campaign->count == 0 ? (struct model_version){.state = CAMPAIGN_DRAFT}
                                    : campaign->versions[campaign->count - 1];
    campaign->count++;
    version->seq = model->seq;
    model->touches[model->seq - 1].campaign = campaign;
    return version;
}

static void new_change(struct model *model, struct model_member *member, bool is_coupon,
                       uint32_t of, int64_t value, uint32_t nth)
{
    member->changes = sim_grow(model->sim, member->changes, member->count, &member->room,
                               sizeof(*member->changes));
    member->changes[member->count++] = (struct model_change){model->seq, is_coupon, of, value, nth};
    model->touches[model->seq - 1].member = member;
}

static void apply_name(struct model *model, const struct model_group *group, struct fields *fields)
{
    uint64_t kind = take(fields, 1);
    uint64_t number = take(fields, 4);
    size_t length;
    const char *text = take_text(model, fields, &length);
    if (group->op == NULL || kind >= MODEL_KINDS || number != model->names[kind].count + 1 ||
        (strcmp(text, group->op->channel) != 0 && strcmp(text, group->op->store) != 0 &&
         strcmp(text, group->op->asset) != 0)) {
        BROKEN(model, "a name is added when it is first used", "%s as %" PRIu64, text, number);
    }
    struct model_names *names = &model->names[kind];
    names->list = sim_grow(model->sim, names->list, names->count, &names->room,
                           sizeof(*names->list));
    names->list[names->count++] = (struct model_name){model->seq, text};
}

static void apply_member(struct model *model, const struct model_group *group,
                         struct fields *fields)
{
    uint64_t number = take(fields, 4);
    size_t length;
    const char *id = take_text(model, fields, &length);
    if (group->op == NULL || strcmp(id, group->op->member) != 0 ||
        number != model->member_count + 1) {
        BROKEN(model, "a member is created by what is accepted for it", "%s as %" PRIu64, id,
               number);
    }
    struct model_member *member = model_map_find(&model->members_by_id, id);
    if (member == NULL) {
        member = sim_allocate(model->sim, sizeof(*member));
        member->id = id;
        model_map_put(model, &model->members_by_id, id, member);
    }
    if (member->number != 0) {
        BROKEN(model, "a member is created once", "%s", id);
    }
    member->number = (uint32_t)number;
    member->created_seq = model->seq;
    member->joined_ms = group->time_ms;
    model->members = sim_grow(model->sim, model->members, model->member_count, &model->member_room,
                              sizeof(*model->members));
    model->members[model->member_count++] = member;
    model->touches[model->seq - 1].member = member;
}

static void apply_defined(struct model *model, struct model_group *group, struct fields *fields)
{
    const struct op *op = op_of(model, group, "CAMPAIGN_DEFINED", COMMAND_CAMPAIGN_PUT,
                                COMMAND_NONE);
    must_be_accepted(model, group);
    uint64_t number = take(fields, 4);
    size_t length;
    const char *id = take_text(model, fields, &length);
    struct model_campaign *campaign = model_map_find(&model->campaigns_by_id, id);
    if (campaign == NULL) {
        campaign = sim_allocate(model->sim, sizeof(*campaign));
        campaign->id = id;
        model_map_put(model, &model->campaigns_by_id, id, campaign);
    }
    if (campaign->count == 0) {
        campaign->number = (uint32_t)model->campaign_count + 1;
        model->campaigns = sim_grow(model->sim, model->campaigns, model->campaign_count,
                                    &model->campaign_room, sizeof(*model->campaigns));
        model->campaigns[model->campaign_count++] = campaign;
    }
    if (campaign->number != number || campaign_of(model, number, op) != campaign) {
        BROKEN(model, "a campaign keeps its number", "%s as %" PRIu64, id, number);
    }
    (void)take_text(model, fields, &length);
    struct model_version *version = new_version(model, campaign);
    version->stock = take(fields, 8);
    version->per_member = (uint32_t)take(fields, 4);
    version->opens_ms = (int64_t)take(fields, 8);
    version->ends_ms = (int64_t)take(fields, 8);
    (void)take(fields, 1 + 4);
    version->amount_fen = (int64_t)take(fields, 8);
    (void)take(fields, 8);
    (void)take(fields, 8);
    version->source = take_text(model, fields, &version->source_length);
    const struct campaign_definition *wanted = &op->definition;
    if (version->stock != wanted->stock || version->per_member != wanted->per_member ||
        version->opens_ms != wanted->opens_at_ms || version->ends_ms != wanted->ends_at_ms ||
        strcmp(version->source, op->source) != 0) {
        BROKEN(model, "a campaign is defined as asked", "%s: %s, not %s", id, version->source,
               op->source);
    }
    group->mains++;
}

static void apply_moved(struct model *model, struct model_group *group, struct fields *fields)
{
    const struct op *op = group->op;
    uint64_t number = take(fields, 4);
    uint64_t state = take(fields, 1);
    uint32_t wanted = op == NULL                           ? 0
                      : op->type == COMMAND_CAMPAIGN_START ? CAMPAIGN_RUNNING
                      : op->type == COMMAND_CAMPAIGN_PAUSE ? CAMPAIGN_PAUSED
                      : op->type == COMMAND_CAMPAIGN_STOP  ? CAMPAIGN_STOPPED
                                                           : 0;
    if (wanted == 0 || state != wanted) {
        BROKEN(model, "a campaign moves where it was asked to",
               "to %" PRIu64 " at sequence %" PRIu64, state, model->seq);
    }
    must_be_accepted(model, group);
    struct model_version *version = new_version(model, campaign_of(model, number, op));
    version->state = wanted;
    version->stopped_ms = wanted == CAMPAIGN_STOPPED ? group->time_ms : 0;
    group->mains++;
}

static void apply_restocked(struct model *model, struct model_group *group, struct fields *fields)
{
    const struct op *op = op_of(model, group, "CAMPAIGN_RESTOCKED", COMMAND_CAMPAIGN_RESTOCK,
                                COMMAND_NONE);
    uint64_t number = take(fields, 4);
    must_be_accepted(model, group);
    struct model_version *version = new_version(model, campaign_of(model, number, op));
    uint64_t stock = take(fields, 8);
    if ((int64_t)stock != (int64_t)version->stock + op->amount) {
        BROKEN(model, "a stock changes by what was asked", "%" PRIu64 " to %" PRIu64,
               version->stock, stock);
    }
    version->stock = stock;
    group->mains++;
}

static void name_must_be(struct model *model, uint32_t kind, uint64_t number, const char *wanted)
{
    const struct model_names *names = &model->names[kind];
    bool none = wanted[0] == '\0';
    if (none ? number != 0
             : number == 0 || number > names->count ||
                   strcmp(names->list[number - 1].text, wanted) != 0) {
        BROKEN(model, "a change carries the names that were given", "%" PRIu64 " is not %s", number,
               wanted);
    }
}

static void apply_coupon(struct model *model, struct model_group *group, struct fields *fields)
{
    const struct op *op = op_of(model, group, "COUPON_ISSUED", COMMAND_COUPON_CLAIM, COMMAND_NONE);
    uint64_t serial = take(fields, 8);
    struct model_member *member = member_of(model, take(fields, 4), op);
    struct model_campaign *campaign = campaign_of(model, take(fields, 4), op);
    uint32_t nth = (uint32_t)take(fields, 2);
    uint64_t channel = take(fields, 2);
    uint64_t store = take(fields, 4);
    must_be_accepted(model, group);
    uint32_t held = 0;
    for (size_t at = 0; at < member->count; at++) {
        held += member->changes[at].is_coupon && member->changes[at].of == campaign->number ? 1 : 0;
    }
    if (serial != model->coupon_count + 1 || nth != held + 1) {
        BROKEN(model, "coupons are numbered one by one",
               "serial %" PRIu64 " after %zu, nth %u after %u", serial, model->coupon_count, nth,
               held);
    }
    name_must_be(model, NAME_OF_CHANNEL, channel, op->channel);
    name_must_be(model, NAME_OF_STORE, store, op->store);
    struct model_version *version = new_version(model, campaign);
    version->issued++;
    new_change(model, member, true, campaign->number, (int64_t)serial, nth);
    model->coupons = sim_grow(model->sim, model->coupons, model->coupon_count, &model->coupon_room,
                              sizeof(*model->coupons));
    model->coupons[model->coupon_count++] = (struct model_coupon){
        model->seq, member, campaign, nth, (uint32_t)channel, (uint32_t)store, group->time_ms};
    group->result = (int64_t)serial;
    group->mains++;
}

static void apply_movement(struct model *model, struct model_group *group, bool earned,
                           struct fields *fields)
{
    const struct op *op = op_of(model, group, earned ? "ACCOUNT_EARNED" : "ACCOUNT_SPENT",
                                earned ? COMMAND_ACCOUNT_EARN : COMMAND_ACCOUNT_SPEND,
                                COMMAND_NONE);
    struct model_member *member = member_of(model, take(fields, 4), op);
    uint64_t asset = take(fields, 4);
    int64_t amount = (int64_t)take(fields, 8);
    int64_t balance = (int64_t)take(fields, 8);
    name_must_be(model, NAME_OF_ASSET, asset, op->asset);
    must_be_accepted(model, group);
    int64_t before = model_balance_at(model, member, op->asset, model->seq - 1);
    int64_t after = earned ? before + op->amount : before - op->amount;
    if (amount != op->amount || balance != after || after < 0 || after > BALANCE_MOST) {
        BROKEN(model, "a balance changes by what was asked, and is never negative",
               "%" PRId64 " and %" PRId64 " give %" PRId64 " for op %" PRIu64, before, amount,
               balance, op->number);
    }
    new_change(model, member, false, (uint32_t)asset, balance, 0);
    group->result = balance;
    group->mains++;
}

static void apply_bound(struct model *model, struct model_group *group, struct fields *fields)
{
    const struct op *op = group->op;
    fields->at += 24; /* key and fingerprint are the engine's own */
    int64_t result = (int64_t)take(fields, 8);
    if (op == NULL || op->request[0] == '\0' || result != group->result) {
        BROKEN(model, "a request id is bound to its answer", "%" PRId64 " for %" PRId64, result,
               group->result);
    }
    if (model_binding_at(model, op, model->seq - 1, group->time_ms) != NULL) {
        BROKEN(model, "one request id has one effect", "%s of op %" PRIu64, op->request,
               op->number);
    }
    char key[OP_ID_BYTES + 64];
    model_request_key(op, key, sizeof(key));
    struct model_request *request = model_map_find(&model->requests_by_key, key);
    if (request == NULL) {
        char *kept = sim_allocate(model->sim, strlen(key) + 1);
        memcpy(kept, key, strlen(key));
        request = sim_allocate(model->sim, sizeof(*request));
        model_map_put(model, &model->requests_by_key, kept, request);
    }
    request->bindings = sim_grow(model->sim, request->bindings, request->count, &request->room,
                                 sizeof(*request->bindings));
    model->bound_seqs = sim_grow(model->sim, model->bound_seqs, model->bound, &model->bound_room,
                                 sizeof(*model->bound_seqs));
    model->bound_seqs[model->bound] = model->seq;
    request->bindings[request->count++] = (struct model_binding){model->seq, model->bound++,
                                                                 group->time_ms, result, op};
    struct model_member *member = model_map_find(&model->members_by_id, op->member);
    model->touches[model->seq - 1].member = member;
    group->bound = true;
}

void model_apply(struct model *model, struct model_group *group, const struct model_event *event)
{
    struct fields fields = {event->at, event->end};
    if (model->handed_over && event->type != EVENT_BEGIN) {
        BROKEN(model, "nothing follows a HANDOVER", "event %u", event->type);
    }
    switch (event->type) {
    case EVENT_GENESIS:
        if (model->seq != 1) {
            BROKEN(model, "a journal has one GENESIS", "at sequence %" PRIu64, model->seq);
        }
        return;
    case EVENT_BEGIN:
    case EVENT_HANDOVER:
        if (memcmp(event->at, model->servers[model->leader].nonce, 16) != 0) {
            BROKEN(model, "only who took over begins and hands over", "epoch %" PRIu64,
                   model->epoch);
        }
        model->handed_over = event->type == EVENT_HANDOVER;
        return;
    case EVENT_NAME_ADDED:
        apply_name(model, group, &fields);
        return;
    case EVENT_MEMBER_CREATED:
        apply_member(model, group, &fields);
        return;
    case EVENT_CAMPAIGN_DEFINED:
        apply_defined(model, group, &fields);
        return;
    case EVENT_CAMPAIGN_MOVED:
        apply_moved(model, group, &fields);
        return;
    case EVENT_CAMPAIGN_RESTOCKED:
        apply_restocked(model, group, &fields);
        return;
    case EVENT_COUPON_ISSUED:
        apply_coupon(model, group, &fields);
        return;
    case EVENT_ACCOUNT_EARNED:
    case EVENT_ACCOUNT_SPENT:
        apply_movement(model, group, event->type == EVENT_ACCOUNT_EARNED, &fields);
        return;
    case EVENT_REQUEST_BOUND:
        apply_bound(model, group, &fields);
        return;
    default:
        BROKEN(model, "the journal has known events only", "%u", event->type);
    }
}
