/* server.c -- a process: its turn, its connection, its beginning and its ends. */
#include "tests/sim/server.h"

#include <stdio.h>
#include <string.h>

#include "engine/bug.h"
#include "tests/sim/model.h"

#define TICK_US 20000
#define TURN_US 30U   /* until the next turn gathers what arrived */
#define DOUBT_US 5000 /* until a doubtful server looks again */
#define BACK_OFF_US_MIN 50000
#define BACK_OFF_US_MAX 2000000
#define TIMEOUT_US 2500000         /* longest wait for an answer of Redis */
#define STOP_US 2250000            /* a clean end takes no longer */
#define RESTART_US 80000U          /* a supervisor is quick after a crash */
#define RESTART_HALTED_US 1500000U /* an operator is not */
#define QUEUE_BYTES ((size_t)2 * BATCH_BYTES_MAX)

static void turn(struct server *server);

static int64_t monotonic_ms(const struct server *server)
{
    return server->sim->now_us / US_PER_MS + server->monotonic_skew_ms;
}

static int64_t wall_ms(const struct server *server)
{
    return SIM_START_MS + server->sim->now_us / US_PER_MS + server->clock_skew_ms;
}

static void look_at_clock(struct server *server)
{
    int64_t now_ms = server->engine->time_ms;
    now_ms = wall_ms(server) > now_ms ? wall_ms(server) : now_ms;
    server->now_ms = now_ms > server->now_ms ? now_ms : server->now_ms;
}

static void tick(struct server *server)
{
    journal_tick(server->journal, monotonic_ms(server), wall_ms(server));
}

/* --- ends ----------------------------------------------------------------------------------------- */

static void on_restart(void *context, uint64_t unused)
{
    struct sim *sim = context;
    (void)unused;
    if (servers_alive(sim) == 0) {
        server_start(sim, false);
    }
}

static void die(struct server *server, const char *why)
{
    struct sim *sim = server->sim;
    sim_tell(sim, "server %u ends: %s", server->number, why);
    server->life = SERVER_DEAD;
    for (uint32_t at = 0; at < sim->alive_count; at++) {
        if (sim->alive[at] == server) {
            sim->alive[at] = sim->alive[--sim->alive_count];
        }
    }
    server_snapshot_end(server);
    if (server->link != NULL) {
        link_close(server->link);
        server->link = NULL;
    }
    for (size_t at = 0; at < server->inbox_count; at++) {
        client_refused(sim->clients, server->inbox[at]);
    }
    for (size_t at = 0; at < server->held_count; at++) {
        client_lost(sim->clients, server->held[at].op);
    }
    server->inbox_count = server->held_count = 0;
    sim_later(sim, sim_below(sim, server->halted ? RESTART_HALTED_US : RESTART_US), on_restart, sim,
              0);
}

static void forget(struct server *server)
{
    journal_destroy(&server->journal);
    queue_deinit(&server->queue);
    engine_destroy(&server->engine);
}

void server_kill(struct server *server)
{
    die(server, "killed");
    forget(server);
}

void server_stop(struct server *server)
{
    if (server->life != SERVER_LEADING) {
        return;
    }
    sim_tell(server->sim, "server %u is to stop", server->number);
    server->life = SERVER_STOPPING;
    server->stop_at_us = server->sim->now_us + STOP_US;
    for (size_t at = 0; at < server->inbox_count; at++) {
        client_refused(server->sim->clients, server->inbox[at]);
    }
    server->inbox_count = 0;
}

static void stop_goes_on(struct server *server)
{
    if (!server->handover_asked) {
        server->handover_asked = true;
        journal_handover(server->journal);
    }
    if (server->handed_over && server->held_count == 0) {
        die(server, "handed over");
    } else if (!server->handed_over && server->sim->now_us >= server->stop_at_us) {
        die(server, "it could not hand over in time");
    }
}

void server_freeze(struct server *server, int64_t us)
{
    server->frozen_until_us = server->sim->now_us + us;
    sim_tell(server->sim, "server %u is paused for %.3f s", server->number, (double)us / US_PER_S);
}

static bool is_frozen(const struct server *server)
{
    return server->frozen_until_us > server->sim->now_us;
}

/* --- the turn ------------------------------------------------------------------------------------- */

static void reply(struct server *server, struct op *op)
{
    op->high = model_durable(server->sim->model);
    client_answered(server->sim->clients, op);
}

static void answer_error(struct server *server, struct op *op, const char *error)
{
    op->answer.error = error;
    reply(server, op);
}

static void hold(struct server *server, struct op *op, uint64_t gate)
{
    server->held = sim_grow(server->sim, server->held, server->held_count, &server->held_room,
                            sizeof(*server->held));
    server->held[server->held_count++] = (struct server_reply){op, gate};
}

/* What must hold after every step, on the live engine. */
static void check_step(struct server *server, const struct outcome *outcome)
{
    const struct engine *engine = server->engine;
    for (uint32_t at = 0; at < outcome->event_count; at++) {
        const struct event *event = &outcome->events[at];
        if (event->type == EVENT_COUPON_ISSUED) {
            const struct campaign *campaign = campaign_at(&engine->campaigns,
                                                          event->as.coupon_issued.campaign);
            if (campaign->issued > campaign->stock) {
                sim_violation(server->sim, "no campaign issues more than its stock",
                              "%.*s issued %llu of %llu", (int)campaign->id_length, campaign->id,
                              (unsigned long long)campaign->issued,
                              (unsigned long long)campaign->stock);
            }
            if (event->as.coupon_issued.nth > campaign->per_member) {
                sim_violation(server->sim, "no member holds more coupons than allowed",
                              "%u of %u of %.*s", event->as.coupon_issued.nth, campaign->per_member,
                              (int)campaign->id_length, campaign->id);
            }
        }
        if (event->type == EVENT_ACCOUNT_SPENT && event->as.account_spent.balance < 0) {
            sim_violation(server->sim, "no balance is negative", "%lld",
                          (long long)event->as.account_spent.balance);
        }
    }
}

/* Carries out one request. False: it changes nothing, and waits until it is known who leads. */
static bool step(struct server *server, struct op *op, enum journal_standing standing)
{
    struct command command = op_command(op);
    bool looks = op->type == COMMAND_COUPON_GET || op->type == COMMAND_COUPON_LIST ||
                 op->type == COMMAND_ACCOUNT_BALANCE || op->type == COMMAND_MEMBER_GET ||
                 op->type == COMMAND_CAMPAIGN_GET || op->type == COMMAND_CAMPAIGN_LIST;
    if (!looks && !queue_has_room(&server->queue)) {
        answer_error(server, op, "BUSY");
        return true;
    }
    struct outcome outcome;
    int64_t time_ms = server->engine->time_ms;
    op->effective_ms = server->now_ms > time_ms ? server->now_ms : time_ms;
    engine_step(server->engine, server->now_ms, &command, &outcome);
    if (outcome.event_count > 0) {
        queue_add(&server->queue, server->engine->time_ms, command.principal, outcome.events,
                  outcome.event_count, server->engine->seq);
        model_executed(server->sim->model, server->number, server->engine->seq, op);
        check_step(server, &outcome);
    } else if (standing == JOURNAL_DOUBTFUL) {
        return false;
    } else if (standing == JOURNAL_UNSURE) {
        answer_error(server, op, "TRYAGAIN");
        return true;
    }
    server_show(server->engine, &command, &outcome, op);
    hold(server, op, outcome.gate);
    return true;
}

static void on_turn(void *context, uint64_t unused)
{
    struct server *server = context;
    if (server->life == SERVER_DEAD) {
        return;
    }
    if (is_frozen(server)) {
        sim_later(server->sim,
                  server->frozen_until_us - server->sim->now_us + sim_below(server->sim, 3),
                  on_turn, server, unused);
        return;
    }
    server->turn_due = false;
    turn(server);
}

static void turn_soon(struct server *server, int64_t in_us)
{
    if (!server->turn_due) {
        server->turn_due = true;
        sim_later(server->sim, in_us, on_turn, server, 0);
    }
}

static void execute(struct server *server)
{
    if (server->inbox_count == 0) {
        return;
    }
    look_at_clock(server);
    enum journal_standing standing = JOURNAL_SURE;
    if (server->life != SERVER_OPENING) {
        standing = journal_standing(server->journal, monotonic_ms(server));
    }
    size_t kept = 0;
    for (size_t at = 0; at < server->inbox_count; at++) {
        struct op *op = server->inbox[at];
        if (server->life == SERVER_OPENING) {
            answer_error(server, op, "LOADING");
        } else if (!step(server, op, standing)) {
            server->inbox[kept++] = op;
        }
    }
    server->inbox_count = kept;
    if (kept > 0) {
        turn_soon(server, DOUBT_US);
    }
}

static void replies_leave(struct server *server)
{
    size_t kept = 0;
    for (size_t at = 0; at < server->held_count; at++) {
        struct server_reply held = server->held[at];
        if (held.gate <= server->durable_seq) {
            reply(server, held.op);
        } else {
            server->held[kept++] = held;
        }
    }
    server->held_count = kept;
}

static void turn(struct server *server)
{
    if (server->life == SERVER_DEAD) {
        forget(server); /* an input ended it */
        return;
    }
    execute(server);
    journal_pump(server->journal);
    if (server->life == SERVER_DEAD) {
        forget(server);
        return;
    }
    replies_leave(server);
    server_snapshot(server);
    if (server->life == SERVER_STOPPING) {
        stop_goes_on(server);
        if (server->life == SERVER_DEAD) {
            forget(server);
        }
    }
}

void server_take(struct server *server, struct op *op)
{
    if (server->life == SERVER_DEAD || server->life == SERVER_STOPPING) {
        client_refused(server->sim->clients, op);
        return;
    }
    server->inbox = sim_grow(server->sim, server->inbox, server->inbox_count, &server->inbox_room,
                             sizeof(struct op *));
    server->inbox[server->inbox_count++] = op;
    turn_soon(server, sim_below(server->sim, TURN_US));
}

/* --- the journal's owner -------------------------------------------------------------------------- */

static void on_leading(void *context)
{
    struct server *server = context;
    server->durable_seq = journal_durable_seq(server->journal);
    if (server->life == SERVER_OPENING) {
        server->life = SERVER_LEADING;
    }
    sim_tell(server->sim, "server %u leads at sequence %llu", server->number,
             (unsigned long long)server->engine->seq);
    if (queue_is_empty(&server->queue) && model_leads(server->sim->model, server->number) &&
        model_durable(server->sim->model) == server->engine->seq) {
        model_compare(server->sim->model, server->engine);
    }
}

static void on_durable(void *context, uint64_t seq)
{
    struct server *server = context;
    server->durable_seq = seq > server->durable_seq ? seq : server->durable_seq;
}

static void on_progress(void *context, uint64_t entries, uint64_t events, double fraction)
{
    (void)context;
    (void)entries;
    (void)events;
    (void)fraction;
}

static void on_halted(void *context, const char *message)
{
    struct server *server = context;
    bool trimmed = server->life == SERVER_OPENING &&
                   server->sim->redis->trimmed_at_us >= server->started_us;
    model_halted(server->sim->model, trimmed, message);
    server->halted = true;
    die(server, message);
}

static void on_deposed(void *context, const char *message)
{
    die(context, message);
}

static void on_handed_over(void *context)
{
    ((struct server *)context)->handed_over = true;
}

static void on_note(void *context, const char *message)
{
    struct server *server = context;
    sim_tell(server->sim, "server %u notes: %.120s", server->number, message);
}

static void on_recorded(void *context, const struct manifest *manifest)
{
    struct server *server = context;
    sim_tell(server->sim, "server %u recorded its snapshot of sequence %llu", server->number,
             (unsigned long long)manifest->stamp.seq);
    server->sim->snapshots++;
    server_snapshot_recorded(server);
}

/* --- the connection ------------------------------------------------------------------------------- */

static void on_connected(void *context, struct link *link)
{
    struct server *server = context;
    (void)link;
    server->back_off_us = BACK_OFF_US_MIN;
    tick(server);
    journal_connected(server->journal);
    turn(server);
}

static void connect_later(struct server *server)
{
    server->connect_at_us = server->sim->now_us + server->back_off_us;
    server->back_off_us *= 2;
    server->back_off_us = server->back_off_us > BACK_OFF_US_MAX ? BACK_OFF_US_MAX
                                                                : server->back_off_us;
}

static void on_link_lost(void *context, struct link *link)
{
    struct server *server = context;
    if (server->link != link) {
        return;
    }
    server->link = NULL;
    connect_later(server);
    tick(server);
    journal_lost(server->journal);
    turn(server);
}

static void on_answer(void *context, struct link *link, const struct journal_answer *answer)
{
    struct server *server = context;
    if (server->link != link) {
        return;
    }
    tick(server);
    journal_answer(server->journal, answer);
    turn(server);
}

static int64_t frozen_until(void *context)
{
    return ((struct server *)context)->frozen_until_us;
}

static void port_send(void *context, size_t count, const char *const *arguments,
                      const size_t *lengths)
{
    struct server *server = context;
    if (server->link != NULL) {
        link_send(server->link, count, arguments, lengths);
    }
}

static void port_disconnect(void *context)
{
    struct server *server = context;
    if (server->link != NULL) {
        link_close(server->link);
        server->link = NULL;
        connect_later(server);
    }
}

static void on_tick(void *context, uint64_t unused)
{
    struct server *server = context;
    struct sim *sim = server->sim;
    if (server->life == SERVER_DEAD || sim->over) {
        return;
    }
    if (is_frozen(server)) {
        sim_later(sim, server->frozen_until_us - sim->now_us + sim_below(sim, 3), on_tick, server,
                  unused);
        return;
    }
    tick(server);
    struct link *link = server->link;
    if (link != NULL && link->unanswered > 0 && sim->now_us - link->asked_us > TIMEOUT_US) {
        sim_tell(sim, "server %u waited too long for an answer", server->number);
        link_close(link);
        on_link_lost(server, link);
    } else if (link == NULL && sim->now_us >= server->connect_at_us) {
        const struct link_owner owner = {server, on_connected, on_answer, on_link_lost,
                                         frozen_until};
        journal_lost(server->journal); /* where the journal itself dropped the last one */
        server->link = link_open(sim, &owner);
    }
    if (server->journal != NULL) {
        turn(server);
    }
    sim_later(sim, TICK_US, on_tick, server, unused);
}

/* --- beginnings ----------------------------------------------------------------------------------- */

struct engine *server_engine(struct sim *sim)
{
    struct engine_options options = {
        .members_max = 1000,
        .coupons_max = 200000,
        .campaigns_max = 200,
        .names_max = 100,
        .requests_max = sim->swarm.requests_max,
        .request_window_ms = sim->swarm.request_window_ms,
        .hash_seed = dice_roll(&sim->dice),
        .request_secret = "a secret of sim",
        .code_keys = {.live = {true}, .shard = 0},
    };
    memset(options.code_keys.keys[0], 7, sizeof(options.code_keys.keys[0]));
    return engine_create(&options);
}

static void fill_random(struct sim *sim, struct bytes16 *bytes)
{
    for (size_t at = 0; at < sizeof(bytes->at); at++) {
        bytes->at[at] = (uint8_t)dice_roll(&sim->dice);
    }
}

struct server *server_start(struct sim *sim, bool create)
{
    ASSERT(sim->alive_count < SIM_ALIVE_MAX);
    struct server *server = sim_allocate(sim, sizeof(*server));
    server->sim = sim;
    server->number = sim->server_count++;
    sim->alive[sim->alive_count++] = server;
    server->started_us = sim->now_us;
    server->back_off_us = BACK_OFF_US_MIN;
    server->clock_skew_ms = (int64_t)sim_below(sim, 200) - 100;
    server->monotonic_skew_ms = 1 + sim_below(sim, 1000000);
    server->snapshot_at_us = sim->now_us + sim_below(sim, sim->swarm.snapshot_every_us);
    server->engine = server_engine(sim);
    queue_init(&server->queue, QUEUE_BYTES);
    struct journal_options options = {
        .name = "sim",
        .key_fingerprint = 42,
        .create = create,
        .durability = sim->swarm.everysec ? JOURNAL_DURABILITY_EVERYSEC : JOURNAL_DURABILITY_ALWAYS,
        .lease_ms = sim->swarm.lease_ms,
        .wait_replicas = sim->swarm.wait_replicas,
    };
    fill_random(sim, &options.fresh_id);
    fill_random(sim, &options.nonce);
    const struct journal_port port = {server, port_send, port_disconnect};
    const struct journal_owner owner = {server,      on_leading,     on_durable,
                                        on_progress, on_recorded,    on_halted,
                                        on_deposed,  on_handed_over, on_note};
    model_server(sim->model, server->number, options.nonce.at);
    server->journal = journal_create(&options, &port, &owner, server->engine, &server->queue);
    ASSERT(server->engine != NULL);
    ASSERT(server->journal != NULL);
    sim_tell(sim, "server %u starts", server->number);
    sim_later(sim, sim_below(sim, 2000), on_tick, server, 0);
    return server;
}

void server_first(struct sim *sim)
{
    server_start(sim, true);
}

struct server *server_any(struct sim *sim, bool leading)
{
    struct server *found[SIM_ALIVE_MAX];
    uint32_t count = 0;
    for (uint32_t at = 0; at < sim->alive_count; at++) {
        if (!leading || sim->alive[at]->life == SERVER_LEADING) {
            found[count++] = sim->alive[at];
        }
    }
    return count == 0 ? NULL : found[sim_below(sim, count)];
}

uint32_t servers_alive(const struct sim *sim)
{
    return sim->alive_count;
}

bool server_settled(struct sim *sim)
{
    if (servers_alive(sim) != 1) {
        return false;
    }
    struct server *server = server_any(sim, true);
    return server != NULL && queue_is_empty(&server->queue) && server->held_count == 0 &&
           server->upload == NULL && model_durable(sim->model) == server->engine->seq;
}

void server_last(struct sim *sim)
{
    model_compare(sim->model, server_any(sim, true)->engine);
}

void servers_end(struct sim *sim)
{
    for (uint32_t at = 0; at < sim->alive_count; at++) {
        server_snapshot_end(sim->alive[at]);
        forget(sim->alive[at]);
    }
    sim->alive_count = 0;
}
