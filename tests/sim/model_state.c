/* model_state.c -- what the state at a sequence answers. The order of checks is that of docs/commands.md. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "engine/campaign.h"
#include "tests/sim/model_inside.h"

static const char *const states[] = {"unknown", "draft", "running", "paused", "stopped"};

const struct model_version *model_version_at(const struct model_campaign *campaign, uint64_t seq)
{
    size_t low = 0;
    size_t high = campaign->count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (campaign->versions[middle].seq <= seq) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low == 0 ? NULL : &campaign->versions[low - 1];
}

bool model_member_exists(const struct model_member *member, uint64_t seq)
{
    return member != NULL && member->number != 0 && member->created_seq <= seq;
}

int64_t model_balance_at(const struct model *model, const struct model_member *member,
                         const char *asset, uint64_t seq)
{
    const struct model_names *names = &model->names[MODEL_KINDS - 1];
    for (size_t at = member->count; at > 0; at--) {
        const struct model_change *change = &member->changes[at - 1];
        if (change->seq <= seq && !change->is_coupon &&
            strcmp(names->list[change->of - 1].text, asset) == 0) {
            return change->value;
        }
    }
    return 0;
}

void model_request_key(const struct op *op, char *key, size_t size)
{
    snprintf(key, size, "%d|%s|%s", (int)op->type, op->member, op->request);
}

const struct model_binding *model_binding_at(const struct model *model, const struct op *op,
                                             uint64_t seq, int64_t now_ms)
{
    char key[OP_ID_BYTES + 64];
    if (op->request[0] == '\0') {
        return NULL;
    }
    model_request_key(op, key, sizeof(key));
    const struct model_request *request = model_map_find(&model->requests_by_key, key);
    const struct model_binding *found = NULL;
    for (size_t at = 0; request != NULL && at < request->count; at++) {
        found = request->bindings[at].seq <= seq ? &request->bindings[at] : found;
    }
    if (found == NULL || now_ms - found->time_ms >= model->sim->swarm.request_window_ms) {
        return NULL;
    }
    /* The ring holds the newest ones: is it among them at this sequence? */
    size_t low = 0;
    size_t high = model->bound;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (model->bound_seqs[middle] <= seq) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    size_t kept = model->sim->swarm.requests_max -
                  (model->forgets_early ? model->sim->swarm.clients : 0);
    return low - found->ordinal > kept ? NULL : found;
}

static void show_coupon(const struct model *model, struct words *words, uint64_t serial)
{
    const struct model_coupon *coupon = &model->coupons[serial - 1];
    words_number(words, (int64_t)serial);
    words_add(words, coupon->member->id);
    words_add(words, coupon->campaign->id);
    words_number(words, coupon->nth);
    words_add(words, coupon->channel == 0 ? "-" : model->names[0].list[coupon->channel - 1].text);
    words_add(words, coupon->store == 0 ? "-" : model->names[1].list[coupon->store - 1].text);
    words_number(words, coupon->issued_ms);
}

/* Shows each asset's balance, the asset first that came last. */
static void show_balances(const struct model *model, struct words *words,
                          const struct model_member *member, uint64_t seq)
{
    const struct model_names *names = &model->names[MODEL_KINDS - 1];
    uint32_t order[16];
    uint32_t count = 0;
    for (size_t at = 0; at < member->count && member->changes[at].seq <= seq; at++) {
        const struct model_change *change = &member->changes[at];
        bool known = change->is_coupon;
        for (uint32_t other = 0; other < count; other++) {
            known = known || order[other] == change->of;
        }
        if (!known && count < 16) {
            order[count++] = change->of;
        }
    }
    while (count > 0) {
        const char *asset = names->list[order[--count] - 1].text;
        words_add(words, asset);
        words_number(words, model_balance_at(model, member, asset, seq));
    }
}

static void show_campaign(struct words *words, const struct model_campaign *campaign,
                          const struct model_version *version)
{
    words_add(words, campaign->id);
    words_add(words, states[version->state]);
    words_number(words, (int64_t)version->stock);
    words_number(words, (int64_t)version->issued);
    words_number(words, version->per_member);
    words_number(words, version->opens_ms);
    words_number(words, version->ends_ms);
    words_number(words, version->stopped_ms);
}

static void refuse(struct words *words, const char *status, int64_t number)
{
    words_add(words, status);
    words_number(words, number);
}

static bool same_body(const struct op *a, const struct op *b)
{
    return strcmp(a->campaign, b->campaign) == 0 && strcmp(a->channel, b->channel) == 0 &&
           strcmp(a->store, b->store) == 0 && strcmp(a->asset, b->asset) == 0 &&
           (a->type == COMMAND_COUPON_CLAIM || a->amount == b->amount);
}

/* Answers what was asked before under the same request id. */
static bool answer_repeated(const struct model *model, const struct op *op, uint64_t seq,
                            struct words *words)
{
    const struct model_binding *binding = model_binding_at(model, op, seq, op->effective_ms);
    if (binding == NULL) {
        return false;
    }
    if (!same_body(binding->op, op)) {
        words_add(words, "REQUEST_MISMATCH");
        return true;
    }
    words_add(words, "OK");
    if (op->type == COMMAND_COUPON_CLAIM) {
        show_coupon(model, words, (uint64_t)binding->result);
    } else {
        words_number(words, binding->result);
    }
    return true;
}

static bool answer_claim(const struct model *model, const struct op *op,
                         const struct model_campaign *campaign, const struct model_version *version,
                         uint64_t seq, struct words *words)
{
    int64_t now_ms = op->effective_ms;
    bool early = now_ms < version->opens_ms;
    if (version->state == CAMPAIGN_DRAFT || (version->state != CAMPAIGN_STOPPED && early)) {
        refuse(words, "NOT_OPEN", early ? version->opens_ms : 0);
        return true;
    }
    if (version->state == CAMPAIGN_STOPPED ||
        (version->ends_ms != 0 && now_ms >= version->ends_ms)) {
        refuse(words, "ENDED",
               version->state == CAMPAIGN_STOPPED ? version->stopped_ms : version->ends_ms);
        return true;
    }
    if (version->state == CAMPAIGN_PAUSED) {
        words_add(words, "PAUSED");
        return true;
    }
    const struct model_member *member = model_map_find(&model->members_by_id, op->member);
    const struct model_change *newest = NULL;
    for (size_t at = model_member_exists(member, seq) ? member->count : 0; at > 0 && newest == NULL;
         at--) {
        const struct model_change *change = &member->changes[at - 1];
        newest = change->seq <= seq && change->is_coupon && change->of == campaign->number ? change
                                                                                           : NULL;
    }
    if (newest != NULL && newest->nth >= version->per_member) {
        if (version->per_member == 1) {
            words_add(words, "DUPLICATE");
            show_coupon(model, words, (uint64_t)newest->value);
        } else {
            words_add(words, "LIMIT");
            refuse(words, "per_member", newest->nth);
            words_number(words, version->per_member);
        }
        return true;
    }
    if (version->issued >= version->stock) {
        refuse(words, "SOLD_OUT", (int64_t)version->stock);
        return true;
    }
    return false;
}

static bool answer_movement(const struct model *model, const struct op *op, uint64_t seq,
                            struct words *words)
{
    const struct model_member *member = model_map_find(&model->members_by_id, op->member);
    bool exists = model_member_exists(member, seq);
    if (op->type == COMMAND_ACCOUNT_EARN) {
        return false;
    }
    if (!exists) {
        words_add(words, "UNKNOWN_MEMBER");
        return true;
    }
    int64_t balance = model_balance_at(model, member, op->asset, seq);
    if (op->amount <= balance) {
        return false;
    }
    refuse(words, "INSUFFICIENT", balance);
    words_number(words, op->amount);
    return true;
}

static bool answer_put(const struct op *op, const struct model_version *version,
                       struct words *words)
{
    if (version == NULL) {
        return false;
    }
    if (version->state == CAMPAIGN_STOPPED) {
        words_add(words, "BAD_STATE");
        words_add(words, states[version->state]);
    } else if (version->state != CAMPAIGN_DRAFT && op->definition.stock != version->stock) {
        refuse(words, "CONFLICT", (int64_t)version->stock);
    } else if (version->issued > 0 && op->definition.value.amount_fen != version->amount_fen) {
        words_add(words, "BAD_STATE");
        words_add(words, states[version->state]);
    } else if (version->stock == op->definition.stock && strcmp(version->source, op->source) == 0) {
        words_add(words, "OK");
        words_add(words, "unchanged");
    } else {
        return false;
    }
    return true;
}

static bool answer_move(const struct op *op, const struct model_version *version,
                        struct words *words)
{
    uint32_t to = op->type == COMMAND_CAMPAIGN_START   ? CAMPAIGN_RUNNING
                  : op->type == COMMAND_CAMPAIGN_PAUSE ? CAMPAIGN_PAUSED
                                                       : CAMPAIGN_STOPPED;
    if (version->state == to) {
        words_add(words, "OK");
        words_add(words, states[to]);
        return true;
    }
    if (version->state == CAMPAIGN_STOPPED ||
        (version->state == CAMPAIGN_DRAFT && to == CAMPAIGN_PAUSED)) {
        words_add(words, "BAD_STATE");
        words_add(words, states[version->state]);
        return true;
    }
    return false;
}

static bool answer_restock(const struct op *op, const struct model_version *version,
                           struct words *words)
{
    if (version->state == CAMPAIGN_STOPPED) {
        words_add(words, "BAD_STATE");
        words_add(words, states[version->state]);
    } else if (op->expect != (int64_t)version->stock) {
        refuse(words, "CONFLICT", (int64_t)version->stock);
    } else if ((int64_t)version->stock + op->amount < (int64_t)version->issued) {
        refuse(words, "BELOW_ISSUED", (int64_t)version->issued);
    } else {
        return false;
    }
    return true;
}

static void answer_member(const struct model *model, const struct op *op, uint64_t seq,
                          struct words *words)
{
    const struct model_member *member = model_map_find(&model->members_by_id, op->member);
    if (!model_member_exists(member, seq)) {
        words_add(words, "UNKNOWN_MEMBER");
        return;
    }
    words_add(words, "OK");
    if (op->type == COMMAND_ACCOUNT_BALANCE && op->asset[0] != '\0') {
        words_number(words, model_balance_at(model, member, op->asset, seq));
        return;
    }
    uint32_t coupons = 0;
    for (size_t at = 0; at < member->count && member->changes[at].seq <= seq; at++) {
        coupons += member->changes[at].is_coupon ? 1 : 0;
    }
    if (op->type == COMMAND_MEMBER_GET) {
        words_number(words, coupons);
        words_number(words, member->joined_ms);
    }
    if (op->type != COMMAND_COUPON_LIST) {
        show_balances(model, words, member, seq);
        return;
    }
    uint32_t left = op->limit;
    for (size_t at = member->count; at > 0 && left > 0; at--) {
        if (member->changes[at - 1].seq <= seq && member->changes[at - 1].is_coupon) {
            words_number(words, member->changes[at - 1].value);
            left--;
        }
    }
}

static void answer_list(const struct model *model, const struct op *op,
                        const struct model_campaign *after, uint64_t seq, struct words *words)
{
    uint32_t left = op->limit;
    words_add(words, "OK");
    for (size_t at = after == NULL ? 0 : after->number; at < model->campaign_count && left > 0;
         at++) {
        const struct model_version *version = model_version_at(model->campaigns[at], seq);
        if (version == NULL) {
            return;
        }
        show_campaign(words, model->campaigns[at], version);
        left--;
    }
}

static bool answer_campaign(const struct model *model, const struct op *op, uint64_t seq,
                            struct words *words)
{
    const struct model_campaign *campaign = model_map_find(&model->campaigns_by_id, op->campaign);
    const struct model_version *version = campaign == NULL ? NULL : model_version_at(campaign, seq);
    bool list = op->type == COMMAND_CAMPAIGN_LIST;
    if (version == NULL && op->type != COMMAND_CAMPAIGN_PUT && !(list && op->campaign[0] == '\0')) {
        words_add(words, "UNKNOWN_CAMPAIGN");
        return true;
    }
    switch (op->type) {
    case COMMAND_CAMPAIGN_LIST:
        answer_list(model, op, campaign, seq, words);
        return true;
    case COMMAND_CAMPAIGN_GET:
        words_add(words, "OK");
        show_campaign(words, campaign, version);
        return true;
    case COMMAND_CAMPAIGN_PUT:
        return answer_put(op, version, words);
    case COMMAND_CAMPAIGN_RESTOCK:
        return answer_restock(op, version, words);
    case COMMAND_COUPON_CLAIM:
        return answer_claim(model, op, campaign, version, seq, words);
    default:
        return answer_move(op, version, words);
    }
}

bool model_answer_at(const struct model *model, const struct op *op, uint64_t seq, char *view,
                     size_t size)
{
    struct words words = words_begin(view, size);
    switch (op->type) {
    case COMMAND_COUPON_GET:
        if (op->serial == 0 || op->serial > model->coupon_count ||
            model->coupons[op->serial - 1].seq > seq) {
            words_add(&words, "UNKNOWN_COUPON");
            return true;
        }
        words_add(&words, "OK");
        show_coupon(model, &words, op->serial);
        return true;
    case COMMAND_COUPON_LIST:
    case COMMAND_ACCOUNT_BALANCE:
    case COMMAND_MEMBER_GET:
        answer_member(model, op, seq, &words);
        return true;
    case COMMAND_ACCOUNT_EARN:
    case COMMAND_ACCOUNT_SPEND:
        return answer_repeated(model, op, seq, &words) || answer_movement(model, op, seq, &words);
    default:
        return answer_repeated(model, op, seq, &words) || answer_campaign(model, op, seq, &words);
    }
}
