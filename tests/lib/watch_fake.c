/* watch_fake.c -- what happens in it, and what becomes durable. */
#include "tests/lib/watch_fake.h"

#include <criterion/criterion.h>

#include "net/live.h"
#include "net/step.h"

#define MONOTONIC_MS 5000000
#define CAMPAIGNS 10

void watch_set_up(void)
{
    server_fake_set_up();
    fake.server.live = live_create(CAMPAIGNS);
    cr_assert_not_null(fake.server.live);
    cr_assert(campaign_stats_init(&fake.server.campaign_stats, CAMPAIGNS));
    fake.server.tick_ms = MONOTONIC_MS;
}

void watch_tear_down(void)
{
    live_destroy(&fake.server.live);
    campaign_stats_deinit(&fake.server.campaign_stats);
    server_fake_tear_down();
}

void watch_durable(void)
{
    struct server *server = &fake.server;
    const struct engine *engine = server->engine;
    server->durable_seq = engine->seq;
    server->durable_counts = (struct server_counts){.seq = engine->seq,
                                                    .members = engine->members.pool.count - 1,
                                                    .campaigns = engine->campaigns.pool.count - 1,
                                                    .coupons = engine->coupons.pool.count - 1,
                                                    .accounts = engine->accounts.count - 1};
}

static enum refusal step(const struct command *command)
{
    /* The events are kept where no journal is; what is durable, the tests say. */
    uint64_t seq = fake.server.durable_seq;
    enum step_status status = step_command(&fake.server, command);
    cr_assert_eq(status, STEP_DONE);
    fake.server.durable_seq = seq;
    return fake.server.turn.outcome.refusal;
}

uint32_t watch_campaign(const char *id, uint64_t stock)
{
    const struct campaign_definition definition = {
        .name = TEXT("Summer \"sale\" 夏"), .stock = stock, .per_member = 1, .value = {.kind = 1}};
    struct command put = {
        .type = COMMAND_CAMPAIGN_PUT,
        .as.campaign_put = {.campaign = text_of(id), .document = {TEXT("{}"), &definition}}};
    struct command start = {.type = COMMAND_CAMPAIGN_START,
                            .as.campaign_start = {.campaign = text_of(id)}};
    cr_assert_eq(step(&put), REFUSAL_NONE);
    cr_assert_eq(step(&start), REFUSAL_NONE);
    return campaign_find(&fake.server.engine->campaigns, text_of(id), 0);
}

enum refusal watch_claim(const char *id, const char *member, const char *channel, const char *store)
{
    struct command command = {.type = COMMAND_COUPON_CLAIM,
                              .as.coupon_claim = {.member = text_of(member),
                                                  .campaign = text_of(id),
                                                  .channel = text_of(channel),
                                                  .store = text_of(store)}};
    return step(&command);
}

int watch_ticks(int count)
{
    int due = 0;
    for (int at = 0; at < count; at++) {
        fake.server.tick_ms += SERVER_TICK_MS;
        due += live_tick(&fake.server) ? 1 : 0;
    }
    return due;
}
