/* client.c -- sends, waits, gives up or asks again. */
#include "tests/sim/client.h"

#include <stdio.h>
#include <string.h>

#include "engine/bug.h"
#include "tests/sim/model.h"
#include "tests/sim/server.h"

#define WIRE_US 60U         /* mean time between a client and a server */
#define PATIENCE_US 4000000 /* longest wait for an answer */
#define LOOK_US 500000      /* between two looks at how long it waits */
#define AGAIN_US 120000U    /* mean wait after an error */
#define TRIES_MAX 200U

static void on_next(void *context, uint64_t unused);

static void next_later(struct client *client, uint32_t mean_us)
{
    sim_later(client->all->sim, sim_about(client->all->sim, mean_us), on_next, client, 0);
}

static void on_request(void *context, uint64_t unused)
{
    struct op *op = context;
    (void)unused;
    server_take(op->server, op);
}

static struct op *new_op(struct clients *clients, const struct op *like)
{
    struct op *op = sim_allocate(clients->sim, sizeof(*op));
    if (like != NULL) {
        *op = *like;
        op->effect = 0;
        op->acknowledged = false;
        op->answer = (struct op_answer){0};
    }
    clients->ops = sim_grow(clients->sim, clients->ops, clients->op_count, &clients->op_room,
                            sizeof(struct op *));
    clients->ops[clients->op_count++] = op;
    op->number = clients->op_count;
    return op;
}

static void send_op(struct client *client)
{
    struct sim *sim = client->all->sim;
    struct server *server = server_any(sim, false);
    if (server == NULL) {
        next_later(client, AGAIN_US);
        return;
    }
    struct op *op = client->op;
    op->server = server;
    op->client = client;
    op->turn = ++client->turn;
    op->low = model_seen(sim->model);
    op->losses = model_losses(sim->model);
    client->sent = true;
    client->sent_us = sim->now_us;
    sim_later(sim, sim_about(sim, WIRE_US), on_request, op, 0);
}

static void on_next(void *context, uint64_t unused)
{
    struct client *client = context;
    struct clients *clients = client->all;
    (void)unused;
    if (client->sent) {
        return;
    }
    if (client->op == NULL) {
        if (clients->finishing) {
            return;
        }
        client->op = new_op(clients, NULL);
        client->tries = 0;
        op_draw(clients, client->op);
    }
    send_op(client);
}

/* The op is over: answered, or given up. */
static void finish(struct client *client)
{
    struct clients *clients = client->all;
    if (client->op->request[0] != '\0') {
        clients->recent[clients->recent_count++ % 64] = client->op;
    }
    client->op = NULL;
    client->sent = false;
    clients->sim->commands++;
    next_later(client, clients->sim->swarm.think_us);
}

static void again(struct client *client, uint32_t mean_us)
{
    client->sent = false;
    if (++client->tries > TRIES_MAX) {
        finish(client);
        return;
    }
    client->op = new_op(client->all, client->op);
    next_later(client, mean_us);
}

static bool is_late(const struct op *op)
{
    return op->client == NULL || op->client->op != op || op->turn != op->client->turn ||
           !op->client->sent;
}

static void keep_code(struct clients *clients, const struct op *op)
{
    if (op->type != COMMAND_COUPON_CLAIM || op->code[0] == '\0') {
        return;
    }
    uint32_t at = sim_below(clients->sim, 64);
    memcpy(clients->codes[at], op->code, sizeof(op->code));
    clients->code_serials[at] = op->serial;
}

static void on_answer(void *context, uint64_t unused)
{
    struct op *op = context;
    (void)unused;
    if (is_late(op)) {
        return;
    }
    struct client *client = op->client;
    struct sim *sim = client->all->sim;
    if (op->answer.error != NULL) { /* nothing was done: the same once more */
        client->sent = false;
        op->answer.error = NULL;
        next_later(client, AGAIN_US);
        return;
    }
    char words[128];
    sim_tell(sim, "client %u: %s -> %s", client->number, op_words(op, words, sizeof(words)),
             op->answer.view);
    model_judge(sim->model, op);
    keep_code(client->all, op);
    finish(client);
}

void client_answered(struct clients *clients, struct op *op)
{
    if (!is_late(op)) {
        sim_later(clients->sim, sim_about(clients->sim, WIRE_US), on_answer, op, 0);
    }
}

static void on_lost(void *context, uint64_t unused)
{
    struct op *op = context;
    (void)unused;
    if (is_late(op)) {
        return;
    }
    struct client *client = op->client;
    if (op->request[0] != '\0') {
        again(client, WIRE_US);
    } else {
        finish(client);
    }
}

void client_refused(struct clients *clients, struct op *op)
{
    op->answer.error = "GONE";
    client_answered(clients, op);
}

void client_lost(struct clients *clients, struct op *op)
{
    if (!is_late(op)) {
        sim_later(clients->sim, sim_about(clients->sim, WIRE_US), on_lost, op, 0);
    }
}

void client_cut(struct clients *clients)
{
    struct client *client = &clients->list[sim_below(clients->sim, clients->count)];
    if (client->sent) {
        on_lost(client->op, 0);
    }
}

static void on_look(void *context, uint64_t unused)
{
    struct client *client = context;
    struct sim *sim = client->all->sim;
    if (sim->over) {
        return;
    }
    if (client->sent && sim->now_us - client->sent_us > PATIENCE_US) {
        on_lost(client->op, 0);
    }
    sim_later(sim, LOOK_US, on_look, client, unused);
}

void clients_start(struct sim *sim)
{
    struct clients *clients = sim_allocate(sim, sizeof(*clients));
    *clients = (struct clients){.sim = sim, .count = sim->swarm.clients};
    sim->clients = clients;
    clients->campaign_number = sim->swarm.campaigns;
    clients->list = sim_allocate(sim, clients->count * sizeof(*clients->list));
    for (uint32_t at = 0; at < clients->count; at++) {
        struct client *client = &clients->list[at];
        client->all = clients;
        client->number = at;
        next_later(client, sim->swarm.think_us);
        sim_later(sim, LOOK_US + at, on_look, client, 0);
    }
}

void clients_finish(struct clients *clients)
{
    clients->finishing = true;
}

bool clients_are_idle(const struct clients *clients)
{
    for (uint32_t at = 0; at < clients->count; at++) {
        if (clients->list[at].op != NULL) {
            return false;
        }
    }
    return true;
}
