/* reply.c -- outcomes to RESP.
 *
 * The answers of a flash sale, a coupon or one reason why not, are ready-made fragments with a number
 * or a code put in; the others are put together from the parts of resp.h.
 */
#include "net/reply.h"

#include <stdio.h>

#include "engine/bug.h"
#include "net/definition.h"

static struct text code_of(const struct engine *engine, uint32_t index, char code[CODE_BYTES])
{
    const struct coupon *coupon = coupon_at(&engine->coupons, index);
    code_write(&engine->options.code_keys, coupon->key, index, code);
    return (struct text){code, CODE_BYTES};
}

static struct text member_of(const struct engine *engine, uint32_t index)
{
    return member_id(&engine->members, member_at(&engine->members, index));
}

static struct text campaign_of(const struct engine *engine, uint32_t index)
{
    return campaign_id(campaign_at(&engine->campaigns, index));
}

/* [status, code] in one piece: the answer to most accepted claims. */
static void write_code(struct resp_writer *writer, const char *head, size_t head_length,
                       const struct engine *engine, uint32_t index)
{
    char *at = output_room(writer->output, head_length + CODE_BYTES + 2);
    if (at == NULL) {
        writer->failed = true;
        return;
    }
    memcpy(at, head, head_length);
    code_of(engine, index, at + head_length);
    memcpy(at + head_length + CODE_BYTES, "\r\n", 2);
    output_wrote(writer->output, head_length + CODE_BYTES + 2);
}

#define OK_CODE "*2\r\n$2\r\nOK\r\n$24\r\n"
#define DUPLICATE_CODE "*2\r\n$9\r\nDUPLICATE\r\n$24\r\n"
#define OK_NUMBER "*2\r\n$2\r\nOK\r\n"
#define SOLD_OUT_NUMBER "*2\r\n$8\r\nSOLD_OUT\r\n"

static void write_refusal(struct resp_writer *writer, const struct engine *engine,
                          const struct outcome *outcome)
{
    enum refusal refusal = outcome->refusal;
    switch (refusal) {
    case REFUSAL_DUPLICATE:
        write_code(writer, DUPLICATE_CODE, sizeof(DUPLICATE_CODE) - 1, engine, outcome->coupon);
        return;
    case REFUSAL_SOLD_OUT:
        resp_raw_integer(writer, SOLD_OUT_NUMBER, sizeof(SOLD_OUT_NUMBER) - 1, outcome->numbers[0]);
        return;
    case REFUSAL_LIMIT:
        resp_array(writer, 5);
        resp_word(writer, refusal_status(refusal));
        resp_word(writer, outcome->word);
        resp_integer(writer, outcome->numbers[0]);
        resp_integer(writer, outcome->numbers[1]);
        resp_integer(writer, 0); /* resets_at: never */
        return;
    case REFUSAL_INSUFFICIENT:
        resp_array(writer, 3);
        resp_word(writer, refusal_status(refusal));
        resp_integer(writer, outcome->numbers[0]);
        resp_integer(writer, outcome->numbers[1]);
        return;
    case REFUSAL_NOT_OPEN:
    case REFUSAL_ENDED:
    case REFUSAL_CONFLICT:
    case REFUSAL_BELOW_ISSUED:
    case REFUSAL_CLOCK_BACKWARDS:
    case REFUSAL_CHANGED:
        resp_array(writer, 2);
        resp_word(writer, refusal_status(refusal));
        resp_integer(writer, outcome->numbers[0]);
        return;
    case REFUSAL_BAD_STATE:
    case REFUSAL_FULL:
        resp_array(writer, 2);
        resp_word(writer, refusal_status(refusal));
        resp_word(writer, outcome->word);
        return;
    default:
        resp_array(writer, 1);
        resp_word(writer, refusal_status(refusal));
        return;
    }
}

static void write_ok_number(struct resp_writer *writer, int64_t number)
{
    resp_raw_integer(writer, OK_NUMBER, sizeof(OK_NUMBER) - 1, number);
}

static void write_ok_word(struct resp_writer *writer, const char *word)
{
    resp_array(writer, 2);
    resp_word(writer, "OK");
    resp_word(writer, word);
}

static void field_number(struct resp_writer *writer, const char *name, int64_t number)
{
    resp_word(writer, name);
    resp_integer(writer, number);
}

static void field_text(struct resp_writer *writer, const char *name, struct text text)
{
    resp_word(writer, name);
    resp_bulk(writer, text);
}

static void write_campaign(struct resp_writer *writer, const struct engine *engine,
                           const struct outcome *outcome)
{
    const struct campaign *campaign = campaign_at(&engine->campaigns, outcome->campaign);
    const struct texts *texts = &engine->campaigns.texts;
    resp_array(writer, 1 + 2 * 12);
    resp_word(writer, "OK");
    field_text(writer, "id", campaign_id(campaign));
    field_text(writer, "name", texts_show(texts, campaign->name));
    field_text(writer, "state", text_of(campaign_state_word(campaign->state)));
    field_number(writer, "stock", (int64_t)campaign->stock);
    field_number(writer, "issued", (int64_t)campaign->issued);
    field_number(writer, "remaining", (int64_t)(campaign->stock - campaign->issued));
    field_number(writer, "per_member", campaign->per_member);
    field_number(writer, "opens_at", campaign->opens_at_ms);
    field_number(writer, "ends_at", campaign->ends_at_ms);
    field_number(writer, "stopped_at", campaign->stopped_at_ms);
    field_number(writer, "version", (int64_t)campaign->definition_seq);
    field_text(writer, "document", texts_show(texts, campaign->source));
}

static void write_campaigns(struct resp_writer *writer, const struct engine *engine,
                            const struct outcome *outcome)
{
    uint32_t count = (uint32_t)outcome->numbers[0];
    resp_array(writer, 1 + (uint64_t)count);
    resp_word(writer, "OK");
    for (uint32_t index = outcome->campaign; index < outcome->campaign + count; index++) {
        const struct campaign *campaign = campaign_at(&engine->campaigns, index);
        resp_array(writer, 5);
        resp_bulk(writer, campaign_id(campaign));
        resp_bulk(writer, texts_show(&engine->campaigns.texts, campaign->name));
        resp_word(writer, campaign_state_word(campaign->state));
        resp_integer(writer, (int64_t)campaign->stock);
        resp_integer(writer, (int64_t)campaign->issued);
    }
}

static void write_coupon(struct resp_writer *writer, const struct engine *engine,
                         const struct outcome *outcome)
{
    char code[CODE_BYTES];
    const struct coupon *coupon = coupon_at(&engine->coupons, outcome->coupon);
    resp_array(writer, 1 + 2 * 8);
    resp_word(writer, "OK");
    field_text(writer, "code", code_of(engine, outcome->coupon, code));
    field_text(writer, "member", member_of(engine, coupon->member));
    field_text(writer, "campaign", campaign_of(engine, coupon->campaign));
    field_text(writer, "state", text_of(coupon_state_word(coupon->state)));
    field_number(writer, "issued_at", coupon_issued_at_ms(coupon));
    field_text(writer, "channel", name_show(&engine->names[NAME_CHANNEL], coupon->channel));
    field_text(writer, "store", name_show(&engine->names[NAME_STORE], coupon->store));
    field_text(writer, "staff", name_show(&engine->names[NAME_STAFF], coupon->staff));
}

static void write_coupons(struct resp_writer *writer, const struct engine *engine,
                          const struct outcome *outcome)
{
    uint64_t count = 0;
    uint32_t index = outcome->coupon;
    for (; index != 0 && count < (uint64_t)outcome->numbers[0]; count++) {
        index = coupon_at(&engine->coupons, index)->older;
    }
    resp_array(writer, 2 + count);
    resp_word(writer, "OK");
    resp_integer(writer, member_at(&engine->members, outcome->member)->coupon_count);
    for (index = outcome->coupon; count > 0; count--) {
        char code[CODE_BYTES];
        const struct coupon *coupon = coupon_at(&engine->coupons, index);
        resp_array(writer, 4);
        resp_bulk(writer, code_of(engine, index, code));
        resp_bulk(writer, campaign_of(engine, coupon->campaign));
        resp_word(writer, coupon_state_word(coupon->state));
        resp_integer(writer, coupon_issued_at_ms(coupon));
        index = coupon->older;
    }
}

static uint64_t count_accounts(const struct engine *engine, const struct member *member)
{
    uint64_t count = 0;
    uint32_t index = member->newest_account;
    for (; index != 0; index = account_at(&engine->accounts, index)->older) {
        count++;
    }
    return count;
}

static void write_accounts(struct resp_writer *writer, const struct engine *engine,
                           const struct member *member)
{
    uint32_t index = member->newest_account;
    while (index != 0) {
        const struct account *account = account_at(&engine->accounts, index);
        resp_bulk(writer, name_show(&engine->names[NAME_ASSET], account->asset));
        resp_integer(writer, account->balance);
        index = account->older;
    }
}

static void write_member(struct resp_writer *writer, const struct engine *engine,
                         const struct outcome *outcome)
{
    const struct member *member = member_at(&engine->members, outcome->member);
    resp_array(writer, 1 + 2 * 4);
    resp_word(writer, "OK");
    field_text(writer, "id", member_id(&engine->members, member));
    field_number(writer, "joined_at", member_joined_at_ms(member));
    field_number(writer, "coupons", member->coupon_count);
    resp_word(writer, "accounts");
    resp_array(writer, 2 * count_accounts(engine, member));
    write_accounts(writer, engine, member);
}

static void write_balance(struct resp_writer *writer, const struct engine *engine,
                          const struct command *command, const struct outcome *outcome)
{
    if (command->as.account_balance.asset.length > 0) {
        write_ok_number(writer, outcome->numbers[0]);
        return;
    }
    const struct member *member = member_at(&engine->members, outcome->member);
    resp_array(writer, 1 + 2 * count_accounts(engine, member));
    resp_word(writer, "OK");
    write_accounts(writer, engine, member);
}

void reply_write(struct resp_writer *writer, const struct engine *engine,
                 const struct command *command, const struct outcome *outcome)
{
    if (outcome->refusal != REFUSAL_NONE) {
        write_refusal(writer, engine, outcome);
        return;
    }
    switch (command->type) {
    case COMMAND_COUPON_CLAIM:
        write_code(writer, OK_CODE, sizeof(OK_CODE) - 1, engine, outcome->coupon);
        return;
    case COMMAND_ACCOUNT_BALANCE:
        write_balance(writer, engine, command, outcome);
        return;
    case COMMAND_ACCOUNT_EARN:
    case COMMAND_ACCOUNT_SPEND:
    case COMMAND_CAMPAIGN_RESTOCK:
    case COMMAND_CLOCK_SET:
        write_ok_number(writer, outcome->numbers[0]);
        return;
    case COMMAND_CAMPAIGN_PUT:
    case COMMAND_CAMPAIGN_START:
    case COMMAND_CAMPAIGN_PAUSE:
    case COMMAND_CAMPAIGN_STOP:
        write_ok_word(writer, outcome->word);
        return;
    case COMMAND_CAMPAIGN_GET:
        write_campaign(writer, engine, outcome);
        return;
    case COMMAND_CAMPAIGN_LIST:
        write_campaigns(writer, engine, outcome);
        return;
    case COMMAND_COUPON_GET:
        write_coupon(writer, engine, outcome);
        return;
    case COMMAND_COUPON_LIST:
        write_coupons(writer, engine, outcome);
        return;
    case COMMAND_MEMBER_GET:
        write_member(writer, engine, outcome);
        return;
    case COMMAND_NONE:
        break;
    }
    ASSERT(command->type != COMMAND_NONE);
}

void reply_write_mistakes(struct resp_writer *writer, const struct definition_mistakes *mistakes)
{
    bool more = mistakes->omitted > 0;
    resp_array(writer, 1 + 2 * ((uint64_t)mistakes->count + (more ? 1 : 0)));
    resp_word(writer, refusal_status(REFUSAL_INVALID));
    for (size_t at = 0; at < mistakes->count; at++) {
        resp_word(writer, mistakes->list[at].pointer);
        resp_word(writer, mistakes->list[at].message);
    }
    if (more) {
        char rest[64];
        snprintf(rest, sizeof(rest), "and %zu more mistakes", mistakes->omitted);
        resp_word(writer, "");
        resp_word(writer, rest);
    }
}
