/* model_judge.c -- every answer: an accepted change, or what the state says. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "engine/campaign.h"
#include "tests/sim/model_inside.h"
#include "tests/sim/server.h"

#define LOST_FOR_US ((int64_t)20 * US_PER_S) /* a server may live so long in what was lost */

/* Writes what an accepted change is answered. */
void model_answer_of_effect(const struct model *model, const struct op *op, char *view, size_t size)
{
    struct words words = words_begin(view, size);
    const struct model_campaign *campaign = model_map_find(&model->campaigns_by_id, op->campaign);
    words_add(&words, "OK");
    switch (op->type) {
    case COMMAND_COUPON_CLAIM:
    case COMMAND_ACCOUNT_EARN:
    case COMMAND_ACCOUNT_SPEND: {
        struct op nothing = *op; /* as if asked at once again, where it changed what is shown */
        const struct model_member *member = model_map_find(&model->members_by_id, op->member);
        for (size_t at = 0; at < member->count; at++) {
            const struct model_change *change = &member->changes[at];
            uint64_t behind = op->effect - change->seq;
            if (change->seq > op->effect || behind > (op->request[0] != '\0' ? 1 : 0)) {
                continue;
            }
            if (!change->is_coupon) {
                words_number(&words, change->value);
                return;
            }
            nothing.type = COMMAND_COUPON_GET;
            nothing.serial = (uint64_t)change->value;
            (void)model_answer_at(model, &nothing, op->effect, view, size);
            return;
        }
        return;
    }
    case COMMAND_CAMPAIGN_PUT: {
        const struct model_version *before = model_version_at(campaign, op->effect - 1);
        words_add(&words, before == NULL ? "created" : "updated");
        return;
    }
    case COMMAND_CAMPAIGN_RESTOCK:
        words_number(&words, (int64_t)model_version_at(campaign, op->effect)->stock);
        return;
    default:
        words_add(&words, op->type == COMMAND_CAMPAIGN_START   ? "running"
                          : op->type == COMMAND_CAMPAIGN_PAUSE ? "paused"
                                                               : "stopped");
        return;
    }
}

static void judge_effect(struct model *model, struct op *op)
{
    char view[OP_VIEW_BYTES];
    if (op->effect > op->high) {
        BROKEN(model, "no answer leaves before its change is durable",
               "op %" PRIu64 " with sequence %" PRIu64 ", durable was %" PRIu64, op->number,
               op->effect, op->high);
    }
    if (op->effect <= op->low) {
        BROKEN(model, "a change lies behind all that was seen before it was asked for",
               "op %" PRIu64 " with sequence %" PRIu64 ", seen was %" PRIu64, op->number,
               op->effect, op->low);
    }
    model_answer_of_effect(model, op, view, sizeof(view));
    if (strcmp(view, op->answer.view) != 0) {
        BROKEN(model, "an accepted change is answered with what it did",
               "op %" PRIu64 ": \"%s\", not \"%s\"", op->number, op->answer.view, view);
    }
    op->acknowledged = true;
    model->seen = op->effect > model->seen ? op->effect : model->seen;
}

/* Tells whether the answer may differ at this sequence from that at the one before. */
static bool matters(const struct model *model, const struct op *op,
                    const struct model_member *member, const struct model_campaign *campaign,
                    uint64_t seq)
{
    const struct model_touch *touch = &model->touches[seq - 1];
    if (op->type == COMMAND_CAMPAIGN_LIST || op->type == COMMAND_COUPON_GET) {
        return touch->campaign != NULL;
    }
    return (touch->member != NULL && touch->member == member) ||
           (touch->campaign != NULL && touch->campaign == campaign);
}

/* Tells whether the answer is what the state says at some sequence from low to high. */
static bool is_said(struct model *model, const struct op *op, char *last)
{
    char view[OP_VIEW_BYTES];
    const struct model_member *member = model_map_find(&model->members_by_id, op->member);
    const struct model_campaign *campaign = model_map_find(&model->campaigns_by_id, op->campaign);
    for (uint64_t seq = op->low; seq <= op->high && seq <= model->seq; seq++) {
        if (seq != op->low && !matters(model, op, member, campaign, seq)) {
            continue;
        }
        if (!model_answer_at(model, op, seq, view, sizeof(view))) {
            snprintf(last, OP_VIEW_BYTES, "(accepted)");
            continue;
        }
        if (strcmp(view, op->answer.view) == 0) {
            model->seen = seq > model->seen ? seq : model->seen;
            return true;
        }
        memcpy(last, view, sizeof(view));
    }
    return false;
}

void model_judge(struct model *model, struct op *op)
{
    char words[160];
    char last[OP_VIEW_BYTES] = "";
    char unused[OP_VIEW_BYTES];
    bool fresh = model->sim->now_us - model->lost_at_us < LOST_FOR_US && model->losses > 0;
    if (op->losses != model->losses ||
        (fresh && op->effect == 0 && !model_leads(model, op->server->number))) {
        return; /* what it saw may be what was lost */
    }
    model->sim->judged++;
    sim_remember(model->sim, op->number ^ op->high << 32);
    if (op->effect != 0) {
        judge_effect(model, op);
        return;
    }
    if (is_said(model, op, last)) {
        return;
    }
    model->forgets_early = true;
    bool early = op->request[0] != '\0' && is_said(model, op, unused);
    model->forgets_early = false;
    if (early) {
        return;
    }
    BROKEN(model, "an answer is what the state says at some time between request and answer",
           "%s: \"%s\"; from %" PRIu64 " to %" PRIu64 " it says \"%s\"",
           op_words(op, words, sizeof(words)), op->answer.view, op->low, op->high, last);
}
