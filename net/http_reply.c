/* http_reply.c -- outcomes to JSON, refusals and other problems to problem+json. */
#include "net/http_reply.h"

#include <stdio.h>

#include "engine/bug.h"
#include "net/definition.h"

struct problem_spec {
    const char *code;
    int status;
    const char *english;
    const char *chinese;
};

static const struct problem_spec problem_specs[] = {
#define HTTP_PROBLEM(NAME, code, status, english, chinese) {code, status, english, chinese},
#include "net/http_problems.def"
#undef HTTP_PROBLEM
};

/* By number of the refusal; their statuses are spelt in capitals, codes are not. */
static const struct problem_spec refusal_specs[REFUSAL_LIMIT_OF_ENUM] = {
#define REFUSAL(number, NAME, status, http, words, english, chinese)                               \
    [number] = {status, http, english, chinese},
#include "engine/refusals.def"
#undef REFUSAL
};

const char *http_reason(int status)
{
    static const struct {
        int status;
        const char *reason;
    } reasons[] = {
        {200, "OK"},
        {201, "Created"},
        {204, "No Content"},
        {304, "Not Modified"},
        {400, "Bad Request"},
        {401, "Unauthorized"},
        {403, "Forbidden"},
        {404, "Not Found"},
        {405, "Method Not Allowed"},
        {409, "Conflict"},
        {410, "Gone"},
        {412, "Precondition Failed"},
        {413, "Content Too Large"},
        {415, "Unsupported Media Type"},
        {422, "Unprocessable Content"},
        {429, "Too Many Requests"},
        {500, "Internal Server Error"},
        {503, "Service Unavailable"},
        {507, "Insufficient Storage"},
    };
    for (size_t at = 0; at < sizeof(reasons) / sizeof(reasons[0]); at++) {
        if (reasons[at].status == status) {
            return reasons[at].reason;
        }
    }
    return "Unknown";
}

static void field_text(struct json_out *out, const char *key, struct text text)
{
    json_key(out, key);
    json_text(out, text);
}

static void field_word(struct json_out *out, const char *key, const char *word)
{
    field_text(out, key, text_of(word));
}

/* A name that may not have been given: null then. */
static void field_name(struct json_out *out, const char *key, struct text name)
{
    json_key(out, key);
    if (name.length == 0) {
        json_none(out);
    } else {
        json_text(out, name);
    }
}

static void field_number(struct json_out *out, const char *key, int64_t number)
{
    json_key(out, key);
    json_number(out, number);
}

static void field_time(struct json_out *out, const char *key, int64_t time_ms)
{
    json_key(out, key);
    json_time_or_null(out, time_ms);
}

static struct text code_of(const struct engine *engine, uint32_t index, char code[CODE_BYTES])
{
    const struct coupon *coupon = coupon_at(&engine->coupons, index);
    code_write(&engine->options.code_keys, coupon->key, index, code);
    return (struct text){code, CODE_BYTES};
}

/* --- problems ---------------------------------------------------------------------------------- */

/* Begins a problem's object; the caller may add members of its own, and ends it. */
static void problem_begin(struct http_reply *reply, const struct problem_spec *spec)
{
    struct json_out *out = &reply->out;
    char code[64];
    char type[80];
    size_t length = strlen(spec->code);
    ASSERT(length < sizeof(code));
    for (size_t at = 0; at <= length; at++) {
        char c = spec->code[at];
        code[at] = c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
    }
    snprintf(type, sizeof(type), "urn:boon:%s", code);
    reply->status = spec->status;
    reply->is_problem = true;
    json_begin(out, '{');
    field_word(out, "type", type);
    field_word(out, "title", reply->chinese ? spec->chinese : spec->english);
    field_number(out, "status", spec->status);
    field_word(out, "code", code);
    if (reply->instance.length > 0) {
        field_text(out, "instance", reply->instance);
    }
    if (reply->request.length > 0) {
        field_text(out, "request_id", reply->request);
    }
}

void http_reply_problem(struct http_reply *reply, enum http_problem problem, const char *detail)
{
    problem_begin(reply, &problem_specs[problem]);
    if (detail[0] != '\0') {
        field_word(&reply->out, "detail", detail);
    }
    json_end(&reply->out, '}');
}

void http_reply_mistakes(struct http_reply *reply, const struct definition_mistakes *mistakes)
{
    struct json_out *out = &reply->out;
    problem_begin(reply, &refusal_specs[REFUSAL_INVALID]);
    json_key(out, "mistakes");
    json_begin(out, '[');
    for (size_t at = 0; at < mistakes->count; at++) {
        json_begin(out, '{');
        field_word(out, "pointer", mistakes->list[at].pointer);
        field_word(out, "message", mistakes->list[at].message);
        json_end(out, '}');
    }
    json_end(out, ']');
    if (mistakes->omitted > 0) {
        field_number(out, "more_mistakes", (int64_t)mistakes->omitted);
    }
    json_end(out, '}');
}

/* The numbers that follow a refusal, by the names that engine/refusals.def gives them. */
static void refusal_numbers(struct json_out *out, const struct engine *engine,
                            const struct outcome *outcome)
{
    char code[CODE_BYTES];
    switch (outcome->refusal) {
    case REFUSAL_NOT_OPEN:
        field_time(out, "opens_at", outcome->numbers[0]);
        return;
    case REFUSAL_ENDED:
        field_time(out, "ended_at", outcome->numbers[0]);
        return;
    case REFUSAL_DUPLICATE:
        field_text(out, "coupon", code_of(engine, outcome->coupon, code));
        return;
    case REFUSAL_LIMIT:
        field_word(out, "limit", outcome->word);
        field_number(out, "current", outcome->numbers[0]);
        field_number(out, "cap", outcome->numbers[1]);
        field_time(out, "resets_at", 0);
        return;
    case REFUSAL_SOLD_OUT:
        field_number(out, "stock", outcome->numbers[0]);
        return;
    case REFUSAL_INSUFFICIENT:
        field_number(out, "balance", outcome->numbers[0]);
        field_number(out, "amount", outcome->numbers[1]);
        return;
    case REFUSAL_CONFLICT:
        field_number(out, "current", outcome->numbers[0]);
        return;
    case REFUSAL_BAD_STATE:
        field_word(out, "state", outcome->word);
        return;
    case REFUSAL_BELOW_ISSUED:
        field_number(out, "issued", outcome->numbers[0]);
        return;
    case REFUSAL_FULL:
        field_word(out, "what", outcome->word);
        return;
    case REFUSAL_CLOCK_BACKWARDS:
        field_number(out, "now", outcome->numbers[0]);
        return;
    case REFUSAL_CHANGED:
        field_number(out, "version", outcome->numbers[0]);
        return;
    default:
        return;
    }
}

/* --- what was shown or done ---------------------------------------------------------------------- */

static void write_campaign_fields(struct json_out *out, const struct engine *engine,
                                  const struct campaign *campaign)
{
    field_text(out, "id", campaign_id(campaign));
    field_text(out, "name", texts_show(&engine->campaigns.texts, campaign->name));
    field_word(out, "state", campaign_state_word(campaign->state));
    field_number(out, "stock", (int64_t)campaign->stock);
    field_number(out, "issued", (int64_t)campaign->issued);
    field_number(out, "remaining", (int64_t)(campaign->stock - campaign->issued));
    field_time(out, "opens_at", campaign->opens_at_ms);
    field_time(out, "ends_at", campaign->ends_at_ms);
}

static void write_campaign(struct http_reply *reply, const struct engine *engine,
                           const struct outcome *outcome)
{
    struct json_out *out = &reply->out;
    const struct campaign *campaign = campaign_at(&engine->campaigns, outcome->campaign);
    reply->version = campaign->definition_seq;
    write_campaign_fields(out, engine, campaign);
    field_number(out, "per_member", campaign->per_member);
    field_time(out, "stopped_at", campaign->stopped_at_ms);
    field_number(out, "version", (int64_t)campaign->definition_seq);
    json_key(out, "definition");
    json_raw(out, texts_show(&engine->campaigns.texts, campaign->source));
}

/* Ends a page: the token of the next one, which is the last item's, or null. */
static void write_next(struct json_out *out, struct text last, bool more)
{
    json_end(out, ']');
    field_name(out, "next_page_token", more ? last : TEXT(""));
}

static void write_campaigns(struct json_out *out, const struct engine *engine,
                            const struct outcome *outcome)
{
    struct text last = TEXT("");
    uint32_t end = outcome->campaign + (uint32_t)outcome->numbers[0];
    json_key(out, "items");
    json_begin(out, '[');
    for (uint32_t index = outcome->campaign; index < end; index++) {
        const struct campaign *campaign = campaign_at(&engine->campaigns, index);
        json_begin(out, '{');
        write_campaign_fields(out, engine, campaign);
        json_end(out, '}');
        last = campaign_id(campaign);
    }
    write_next(out, last, end < engine->campaigns.pool.count && last.length > 0);
}

static void write_coupon(struct json_out *out, const struct engine *engine,
                         const struct outcome *outcome)
{
    char code[CODE_BYTES];
    const struct coupon *coupon = coupon_at(&engine->coupons, outcome->coupon);
    const struct member *member = member_at(&engine->members, coupon->member);
    field_text(out, "code", code_of(engine, outcome->coupon, code));
    field_text(out, "member", member_id(&engine->members, member));
    field_text(out, "campaign", campaign_id(campaign_at(&engine->campaigns, coupon->campaign)));
    field_word(out, "state", coupon_state_word(coupon->state));
    field_time(out, "issued_at", coupon_issued_at_ms(coupon));
    field_name(out, "channel", name_show(&engine->names[NAME_CHANNEL], coupon->channel));
    field_name(out, "store", name_show(&engine->names[NAME_STORE], coupon->store));
    field_name(out, "staff", name_show(&engine->names[NAME_STAFF], coupon->staff));
}

static void write_coupons(struct json_out *out, const struct engine *engine,
                          const struct outcome *outcome)
{
    char code[CODE_BYTES];
    struct text last = TEXT("");
    uint32_t index = outcome->coupon;
    field_number(out, "total", member_at(&engine->members, outcome->member)->coupon_count);
    json_key(out, "items");
    json_begin(out, '[');
    for (int64_t count = 0; index != 0 && count < outcome->numbers[0]; count++) {
        const struct coupon *coupon = coupon_at(&engine->coupons, index);
        last = code_of(engine, index, code);
        json_begin(out, '{');
        field_text(out, "code", last);
        field_text(out, "campaign", campaign_id(campaign_at(&engine->campaigns, coupon->campaign)));
        field_word(out, "state", coupon_state_word(coupon->state));
        field_time(out, "issued_at", coupon_issued_at_ms(coupon));
        json_end(out, '}');
        index = coupon->older;
    }
    write_next(out, last, index != 0 && last.length > 0);
}

static void write_accounts(struct json_out *out, const struct engine *engine, uint32_t member)
{
    uint32_t index = member_at(&engine->members, member)->newest_account;
    json_begin(out, '[');
    while (index != 0) {
        const struct account *account = account_at(&engine->accounts, index);
        json_begin(out, '{');
        field_text(out, "asset", name_show(&engine->names[NAME_ASSET], account->asset));
        field_number(out, "balance", account->balance);
        json_end(out, '}');
        index = account->older;
    }
    json_end(out, ']');
}

static void write_member(struct json_out *out, const struct engine *engine,
                         const struct outcome *outcome)
{
    const struct member *member = member_at(&engine->members, outcome->member);
    field_text(out, "id", member_id(&engine->members, member));
    field_time(out, "joined_at", member_joined_at_ms(member));
    field_number(out, "coupons", member->coupon_count);
    json_key(out, "accounts");
    write_accounts(out, engine, outcome->member);
}

static void write_balance(struct json_out *out, const struct engine *engine, struct text asset,
                          const struct outcome *outcome)
{
    if (asset.length > 0) {
        field_text(out, "asset", asset);
        field_number(out, "balance", outcome->numbers[0]);
        return;
    }
    json_key(out, "items");
    write_accounts(out, engine, outcome->member);
}

/* The answer to most requests of a flash sale, in one piece. */
static void write_claim(struct http_reply *reply, const struct engine *engine,
                        const struct outcome *outcome)
{
    static const char path[] = "/v1/coupons/";
    static const char head[] = "{\"coupon\":\"";
    static const char tail[] = "\"}";
    char json[sizeof(head) + CODE_BYTES + sizeof(tail)];
    char *at = json + sizeof(head) - 1;
    memcpy(json, head, sizeof(head) - 1);
    (void)code_of(engine, outcome->coupon, at);
    memcpy(at + CODE_BYTES, tail, sizeof(tail) - 1);
    json_raw(&reply->out, (struct text){json, sizeof(head) - 1 + CODE_BYTES + sizeof(tail) - 1});
    memcpy(reply->location, path, sizeof(path) - 1);
    memcpy(reply->location + sizeof(path) - 1, at, CODE_BYTES);
    reply->location[sizeof(path) - 1 + CODE_BYTES] = '\0';
    reply->status = 201;
}

/* PUT shows what became of the definition; its version is the campaign's newest. */
static void write_put(struct http_reply *reply, const struct engine *engine,
                      const struct command *command, const struct outcome *outcome)
{
    struct text id = command->as.campaign_put.campaign;
    uint32_t index = campaign_find(&engine->campaigns, id, 0);
    ASSERT(index != 0);
    /* Asked again, it may be another's by now: who gets its number could overwrite that unseen. */
    reply->version = outcome->repeated ? 0 : campaign_at(&engine->campaigns, index)->definition_seq;
    reply->status = strcmp(outcome->word, "created") == 0 ? 201 : 200;
    field_text(&reply->out, "id", id);
    field_word(&reply->out, "result", outcome->word);
}

static void write_state(struct json_out *out, struct text campaign, const struct outcome *outcome)
{
    field_text(out, "id", campaign);
    field_word(out, "state", outcome->word);
}

static void write_done(struct http_reply *reply, const struct engine *engine,
                       const struct command *command, const struct outcome *outcome)
{
    struct json_out *out = &reply->out;
    switch (command->type) {
    case COMMAND_ACCOUNT_BALANCE:
        write_balance(out, engine, command->as.account_balance.asset, outcome);
        return;
    case COMMAND_ACCOUNT_EARN:
        write_balance(out, engine, command->as.account_earn.asset, outcome);
        return;
    case COMMAND_ACCOUNT_SPEND:
        write_balance(out, engine, command->as.account_spend.asset, outcome);
        return;
    case COMMAND_CAMPAIGN_RESTOCK:
        field_text(out, "id", command->as.campaign_restock.campaign);
        field_number(out, "stock", outcome->numbers[0]);
        return;
    case COMMAND_CLOCK_SET:
        field_number(out, "time_ms", outcome->numbers[0]);
        return;
    case COMMAND_CAMPAIGN_PUT:
        write_put(reply, engine, command, outcome);
        return;
    case COMMAND_CAMPAIGN_START:
        write_state(out, command->as.campaign_start.campaign, outcome);
        return;
    case COMMAND_CAMPAIGN_PAUSE:
        write_state(out, command->as.campaign_pause.campaign, outcome);
        return;
    case COMMAND_CAMPAIGN_STOP:
        write_state(out, command->as.campaign_stop.campaign, outcome);
        return;
    case COMMAND_CAMPAIGN_GET:
        write_campaign(reply, engine, outcome);
        return;
    case COMMAND_CAMPAIGN_LIST:
        write_campaigns(out, engine, outcome);
        return;
    case COMMAND_COUPON_GET:
        write_coupon(out, engine, outcome);
        return;
    case COMMAND_COUPON_LIST:
        write_coupons(out, engine, outcome);
        return;
    case COMMAND_MEMBER_GET:
        write_member(out, engine, outcome);
        return;
    case COMMAND_COUPON_CLAIM: /* write_claim() */
    case COMMAND_NONE:
        break;
    }
    ASSERT(command->type != COMMAND_NONE);
}

void http_reply_write(struct http_reply *reply, const struct engine *engine,
                      const struct command *command, const struct outcome *outcome)
{
    if (outcome->refusal == REFUSAL_NONE && command->type == COMMAND_COUPON_CLAIM) {
        write_claim(reply, engine, outcome);
        return;
    }
    if (outcome->refusal != REFUSAL_NONE) {
        problem_begin(reply, &refusal_specs[outcome->refusal]);
        refusal_numbers(&reply->out, engine, outcome);
    } else {
        reply->status = 200;
        json_begin(&reply->out, '{');
        write_done(reply, engine, command, outcome);
    }
    json_end(&reply->out, '}');
}
