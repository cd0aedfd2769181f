/* op.c -- draws what a client asks for, and turns it into a command of the engine. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "engine/bug.h"
#include "engine/campaign.h"
#include "tests/sim/client.h"
#include "tests/sim/model.h"

#define CAMPAIGN_NUMBERS_MAX 190U
#define LONG_ID_EVERY 7U

static const char *const assets[] = {"points", "stamps", "stars"};
static const char *const channels[] = {"", "wechat", "app", "tmall", "counter"};

static void put(char *to, size_t size, const char *word)
{
    snprintf(to, size, "%s", word);
}

static void draw_member(struct clients *clients, struct op *op)
{
    struct sim *sim = clients->sim;
    uint32_t a = sim_below(sim, sim->swarm.members);
    uint32_t b = sim_below(sim, sim->swarm.members);
    uint32_t number = a < b ? a : b; /* some are busier than others */
    if (number % LONG_ID_EVERY == 3) {
        snprintf(op->member, sizeof(op->member), "member-with-a-long-id-that-lies-elsewhere-%u",
                 number);
    } else {
        snprintf(op->member, sizeof(op->member), "m%u", number);
    }
}

static uint32_t draw_campaign(struct clients *clients, struct op *op)
{
    struct sim *sim = clients->sim;
    uint32_t number = clients->campaign_number - sim_below(sim, sim->swarm.campaigns);
    if (sim_below(sim, 100) == 0) {
        put(op->campaign, sizeof(op->campaign), "unknown");
        return 0;
    }
    snprintf(op->campaign, sizeof(op->campaign), "c%u", number);
    return number;
}

static void draw_request(struct clients *clients, struct op *op)
{
    if (sim_percent(clients->sim, clients->sim->swarm.percent_request)) {
        snprintf(op->request, sizeof(op->request), "r%" PRIu64, ++clients->request_number);
    }
}

static void draw_definition(struct clients *clients, struct op *op)
{
    static const uint32_t stocks[] = {5, 50, 500, 3000};
    static const uint32_t per_members[] = {1, 1, 1, 2, 3, 10};
    struct sim *sim = clients->sim;
    int64_t now_ms = model_time_ms(sim->model);
    uint32_t state;
    uint64_t stock;
    uint64_t issued;
    struct campaign_definition *definition = &op->definition;
    *definition = (struct campaign_definition){
        .name = TEXT("Sale"),
        .stock = stocks[sim_below(sim, 4)],
        .per_member = per_members[sim_below(sim, 6)],
        .opens_at_ms = sim_percent(sim, 80) ? 0 : now_ms + sim_below(sim, 5000),
        .ends_at_ms = sim_percent(sim, 80) ? 0 : now_ms + 1 + sim_below(sim, 60000),
        .value = {VALUE_AMOUNT_OFF, 0, sim_percent(sim, 90) ? 500 : 600, 0, 0},
    };
    if (model_campaign(sim->model, op->campaign, &state, &stock, &issued) && sim_percent(sim, 80)) {
        definition->stock = stock; /* what a running one demands */
    }
    op->type = COMMAND_CAMPAIGN_PUT;
    snprintf(op->source, sizeof(op->source), "%" PRIu64 " %u %" PRId64 " %" PRId64 " %" PRId64,
             definition->stock, definition->per_member, definition->opens_at_ms,
             definition->ends_at_ms, definition->value.amount_fen);
    definition->source = text_of(op->source); /* of the first sending; later ones have the same */
}

static void draw_restock(struct clients *clients, struct op *op)
{
    struct sim *sim = clients->sim;
    uint32_t state;
    uint64_t stock = 0;
    uint64_t issued;
    (void)model_campaign(sim->model, op->campaign, &state, &stock, &issued);
    op->type = COMMAND_CAMPAIGN_RESTOCK;
    op->expect = (int64_t)stock + (sim_percent(sim, 10) ? 1 : 0);
    op->amount = (int64_t)sim_below(sim, 200) - 60;
    op->amount = op->amount == 0 ? 1 : op->amount;
}

static void draw_admin(struct clients *clients, struct op *op)
{
    struct sim *sim = clients->sim;
    uint32_t state = 0;
    uint64_t stock = 0;
    uint64_t issued = 0;
    (void)draw_campaign(clients, op);
    bool known = model_campaign(sim->model, op->campaign, &state, &stock, &issued);
    uint32_t kind = sim_below(sim, 100);
    if (!known || kind < 15) {
        draw_definition(clients, op);
    } else if (kind < 45 && state != CAMPAIGN_RUNNING) {
        op->type = COMMAND_CAMPAIGN_START;
    } else if (kind < 75) {
        draw_restock(clients, op);
    } else if (kind < 87) {
        op->type = COMMAND_CAMPAIGN_PAUSE;
    } else if (kind < 96) {
        op->type = COMMAND_CAMPAIGN_START;
    } else {
        op->type = COMMAND_CAMPAIGN_STOP;
        if (clients->campaign_number < CAMPAIGN_NUMBERS_MAX) {
            clients->campaign_number++;
        }
    }
}

static void draw_look(struct clients *clients, struct op *op)
{
    struct sim *sim = clients->sim;
    draw_member(clients, op);
    op->limit = 1 + sim_below(sim, 8);
    switch (sim_below(sim, 6)) {
    case 0:
        op->type = COMMAND_MEMBER_GET;
        return;
    case 1:
        op->type = COMMAND_ACCOUNT_BALANCE;
        put(op->asset, sizeof(op->asset), sim_percent(sim, 70) ? assets[sim_below(sim, 3)] : "");
        return;
    case 2:
        op->type = COMMAND_COUPON_LIST;
        return;
    case 3: {
        uint32_t at = sim_below(sim, 64);
        op->type = COMMAND_COUPON_GET;
        op->serial = clients->code_serials[at];
        memcpy(op->code, clients->codes[at], sizeof(op->code));
        if (op->serial == 0) {
            memcpy(op->code, "0000-1111-2222-3333-4444", OP_CODE_BYTES);
        }
        return;
    }
    case 4:
        op->type = COMMAND_CAMPAIGN_GET;
        (void)draw_campaign(clients, op);
        return;
    default:
        op->type = COMMAND_CAMPAIGN_LIST;
        op->limit = 1 + sim_below(sim, 3);
        if (sim_percent(sim, 70)) {
            (void)draw_campaign(clients, op);
        }
        return;
    }
}

static void draw_claim(struct clients *clients, struct op *op)
{
    struct sim *sim = clients->sim;
    uint32_t state = 0;
    uint64_t stock = 0;
    uint64_t issued = 0;
    draw_member(clients, op);
    (void)draw_campaign(clients, op);
    bool known = model_campaign(sim->model, op->campaign, &state, &stock, &issued);
    if (known && issued >= stock && sim_below(sim, 300) == 0 &&
        clients->campaign_number < CAMPAIGN_NUMBERS_MAX) {
        clients->campaign_number++;
    }
    if ((!known || state != CAMPAIGN_RUNNING) && sim_percent(sim, 20)) {
        op->member[0] = '\0';
        draw_admin(clients, op);
        return;
    }
    op->type = COMMAND_COUPON_CLAIM;
    put(op->channel, sizeof(op->channel), channels[sim_below(sim, 5)]);
    if (sim_percent(sim, 50)) {
        snprintf(op->store, sizeof(op->store), "s%u", sim_below(sim, 20));
    }
    draw_request(clients, op);
}

static void draw_movement(struct clients *clients, struct op *op)
{
    struct sim *sim = clients->sim;
    draw_member(clients, op);
    op->type = sim_percent(sim, 55) ? COMMAND_ACCOUNT_EARN : COMMAND_ACCOUNT_SPEND;
    put(op->asset, sizeof(op->asset), assets[sim_below(sim, 3)]);
    op->amount = 1 + sim_below(sim, 200);
    draw_request(clients, op);
}

/* The same request once more, now and then with another body. */
static bool draw_repeated(struct clients *clients, struct op *op)
{
    struct sim *sim = clients->sim;
    const struct op *like = clients->recent[sim_below(sim, 64)];
    uint64_t number = op->number;
    if (like == NULL) {
        return false;
    }
    *op = *like;
    op->number = number;
    op->effect = 0;
    op->acknowledged = false;
    op->answer = (struct op_answer){0};
    if (sim_percent(sim, 25)) {
        op->amount++;
        put(op->channel, sizeof(op->channel), "another");
    }
    return true;
}

void op_draw(struct clients *clients, struct op *op)
{
    struct sim *sim = clients->sim;
    if (sim_percent(sim, 5) && draw_repeated(clients, op)) {
        return;
    }
    if (sim_percent(sim, sim->swarm.percent_look)) {
        draw_look(clients, op);
    } else if (sim_percent(sim, sim->swarm.percent_admin)) {
        draw_admin(clients, op);
    } else if (sim_percent(sim, 60)) {
        draw_claim(clients, op);
    } else {
        draw_movement(clients, op);
    }
}

struct command op_command(const struct op *op)
{
    struct command command = {.type = op->type};
    struct text member = text_of(op->member);
    struct text campaign = text_of(op->campaign);
    struct text asset = text_of(op->asset);
    struct text request = text_of(op->request);
    switch (op->type) {
    case COMMAND_CAMPAIGN_PUT:
        command.as.campaign_put = (struct campaign_put){
            .campaign = campaign, .document = {text_of(op->source), &op->definition}};
        break;
    case COMMAND_CAMPAIGN_GET:
        command.as.campaign_get.campaign = campaign;
        break;
    case COMMAND_CAMPAIGN_LIST:
        command.as.campaign_list = (struct campaign_list){.limit = op->limit, .after = campaign};
        break;
    case COMMAND_CAMPAIGN_START:
        command.as.campaign_start.campaign = campaign;
        break;
    case COMMAND_CAMPAIGN_PAUSE:
        command.as.campaign_pause.campaign = campaign;
        break;
    case COMMAND_CAMPAIGN_STOP:
        command.as.campaign_stop.campaign = campaign;
        break;
    case COMMAND_CAMPAIGN_RESTOCK:
        command.as.campaign_restock = (struct campaign_restock){
            .campaign = campaign, .delta = op->amount, .expect = op->expect};
        break;
    case COMMAND_COUPON_CLAIM:
        command.as.coupon_claim = (struct coupon_claim){.member = member,
                                                        .campaign = campaign,
                                                        .channel = text_of(op->channel),
                                                        .store = text_of(op->store),
                                                        .request = request};
        break;
    case COMMAND_COUPON_GET:
        command.as.coupon_get.code = text_of(op->code);
        break;
    case COMMAND_COUPON_LIST:
        command.as.coupon_list = (struct coupon_list){.member = member, .limit = op->limit};
        break;
    case COMMAND_ACCOUNT_EARN:
        command.as.account_earn = (struct account_earn){member, asset, op->amount, request};
        break;
    case COMMAND_ACCOUNT_SPEND:
        command.as.account_spend = (struct account_spend){member, asset, op->amount, request};
        break;
    case COMMAND_ACCOUNT_BALANCE:
        command.as.account_balance = (struct account_balance){member, asset};
        break;
    case COMMAND_MEMBER_GET:
        command.as.member_get.member = member;
        break;
    default:
        ASSERT(op->type == COMMAND_NONE);
        break;
    }
    return command;
}

const char *op_words(const struct op *op, char *text, size_t size)
{
    static const char *const names[] = {
#define COMMAND(number, NAME, name, resp, kind, role, method, route, summary) [number] = resp,
#define ARGUMENT(name, TYPE, field, word, need, meaning)
#define COMMAND_END(NAME, name)
#include "engine/commands.def"
#undef COMMAND
#undef ARGUMENT
#undef COMMAND_END
    };
    snprintf(text, size, "#%" PRIu64 " %s %s%s%s%s%s %" PRId64 "%s%s", op->number, names[op->type],
             op->member, op->member[0] == '\0' ? "" : " ", op->campaign,
             op->campaign[0] == '\0' ? "" : " ", op->asset, op->amount,
             op->request[0] == '\0' ? "" : " REQUEST ", op->request);
    return text;
}
