/* server_reply.c -- what an outcome shows, as net/reply.c shows it, in words. */
#include <string.h>

#include "engine/engine.h"
#include "engine/refusal.h"
#include "tests/sim/server.h"
#include "tests/sim/words.h"

static void show_text(struct words *words, struct text text)
{
    words_bytes(words, text.data, text.length);
}

static void show_coupon(struct words *words, const struct engine *engine, uint32_t index,
                        struct op *op)
{
    const struct coupon *coupon = coupon_at(&engine->coupons, index);
    words_number(words, index);
    show_text(words, member_id(&engine->members, member_at(&engine->members, coupon->member)));
    show_text(words, campaign_id(campaign_at(&engine->campaigns, coupon->campaign)));
    words_number(words, coupon->nth);
    struct text channel = name_show(&engine->names[NAME_CHANNEL], coupon->channel);
    struct text store = name_show(&engine->names[NAME_STORE], coupon->store);
    show_text(words, channel.length > 0 ? channel : TEXT("-"));
    show_text(words, store.length > 0 ? store : TEXT("-"));
    words_number(words, coupon_issued_at_ms(coupon));
    code_write(&engine->options.code_keys, coupon->key, index, op->code);
    op->serial = index;
}

static void show_balances(struct words *words, const struct engine *engine, uint32_t member)
{
    uint32_t index = member_at(&engine->members, member)->newest_account;
    for (; index != 0; index = account_at(&engine->accounts, index)->older) {
        const struct account *account = account_at(&engine->accounts, index);
        show_text(words, name_show(&engine->names[NAME_ASSET], account->asset));
        words_number(words, account->balance);
    }
}

static void show_campaign(struct words *words, const struct campaign *campaign)
{
    show_text(words, campaign_id(campaign));
    words_add(words, campaign_state_word(campaign->state));
    words_number(words, (int64_t)campaign->stock);
    words_number(words, (int64_t)campaign->issued);
    words_number(words, campaign->per_member);
    words_number(words, campaign->opens_at_ms);
    words_number(words, campaign->ends_at_ms);
    words_number(words, campaign->stopped_at_ms);
}

static void show_refusal(struct words *words, const struct engine *engine,
                         const struct outcome *outcome, struct op *op)
{
    words_add(words, refusal_status(outcome->refusal));
    switch (outcome->refusal) {
    case REFUSAL_DUPLICATE:
        show_coupon(words, engine, outcome->coupon, op);
        return;
    case REFUSAL_LIMIT:
        words_add(words, outcome->word);
        words_number(words, outcome->numbers[0]);
        words_number(words, outcome->numbers[1]);
        return;
    case REFUSAL_INSUFFICIENT:
        words_number(words, outcome->numbers[0]);
        words_number(words, outcome->numbers[1]);
        return;
    case REFUSAL_NOT_OPEN:
    case REFUSAL_ENDED:
    case REFUSAL_SOLD_OUT:
    case REFUSAL_CONFLICT:
    case REFUSAL_BELOW_ISSUED:
    case REFUSAL_CHANGED:
        words_number(words, outcome->numbers[0]);
        return;
    case REFUSAL_BAD_STATE:
    case REFUSAL_FULL:
        words_add(words, outcome->word);
        return;
    default:
        return;
    }
}

static void show_accepted(struct words *words, const struct engine *engine,
                          const struct command *command, const struct outcome *outcome,
                          struct op *op)
{
    uint32_t index;
    words_add(words, "OK");
    switch (command->type) {
    case COMMAND_COUPON_CLAIM:
    case COMMAND_COUPON_GET:
        show_coupon(words, engine, outcome->coupon, op);
        return;
    case COMMAND_COUPON_LIST:
        index = outcome->coupon;
        for (int64_t left = outcome->numbers[0]; index != 0 && left > 0; left--) {
            words_number(words, index);
            index = coupon_at(&engine->coupons, index)->older;
        }
        return;
    case COMMAND_ACCOUNT_BALANCE:
        if (command->as.account_balance.asset.length == 0) {
            show_balances(words, engine, outcome->member);
            return;
        }
        words_number(words, outcome->numbers[0]);
        return;
    case COMMAND_MEMBER_GET: {
        const struct member *member = member_at(&engine->members, outcome->member);
        words_number(words, member->coupon_count);
        words_number(words, member_joined_at_ms(member));
        show_balances(words, engine, outcome->member);
        return;
    }
    case COMMAND_CAMPAIGN_GET:
        show_campaign(words, campaign_at(&engine->campaigns, outcome->campaign));
        return;
    case COMMAND_CAMPAIGN_LIST:
        for (uint32_t at = 0; at < (uint32_t)outcome->numbers[0]; at++) {
            show_campaign(words, campaign_at(&engine->campaigns, outcome->campaign + at));
        }
        return;
    case COMMAND_CAMPAIGN_PUT:
    case COMMAND_CAMPAIGN_START:
    case COMMAND_CAMPAIGN_PAUSE:
    case COMMAND_CAMPAIGN_STOP:
        words_add(words, outcome->word);
        return;
    default:
        words_number(words, outcome->numbers[0]);
        return;
    }
}

void server_show(const struct engine *engine, const struct command *command,
                 const struct outcome *outcome, struct op *op)
{
    struct words words = words_begin(op->answer.view, sizeof(op->answer.view));
    op->answer.error = NULL;
    if (outcome->refusal != REFUSAL_NONE) {
        show_refusal(&words, engine, outcome, op);
    } else {
        show_accepted(&words, engine, command, outcome, op);
    }
}
