/* world.c -- net/birth.c and net/server.c in little. */
#include "tests/instructions/world.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "engine/bug.h"
#include "net/log.h"
#include "net/queue.h"
#include "net/slowlog.h"
#include "tests/instructions/form.h"

#define SHARED_BYTES ((size_t)1024 * 1024) /* as net/server.c has it */
#define EPOCH 1U
#define HASH_SEED UINT64_C(0x9e3779b97f4a7c15)

void world_fail(const char *format, ...)
{
    va_list list;
    va_start(list, format);
    fputs("boon-count: ", stderr);
    vfprintf(stderr, format, list);
    fputc('\n', stderr);
    va_end(list);
    exit(1);
}

/* As shipped, but for limits that leave room in valgrind's address space. */
static void load_options(struct options *options)
{
    static const char *const words[] = {
        "boon-count",    "--journal", "none",           "--max-members", "2000000",
        "--max-coupons", "2000000",   "--max-requests", "2000000",
    };
    char *arguments[sizeof(words) / sizeof(words[0]) + 1] = {NULL};
    char *environment[] = {NULL};
    struct options_message message;
    int count = 0;
    for (; (size_t)count < sizeof(words) / sizeof(words[0]); count++) {
        arguments[count] = (char *)(uintptr_t)words[count];
    }
    if (options_load(options, count, arguments, environment, &message) != OPTIONS_OK) {
        world_fail("%s", message.text);
    }
}

static struct engine *make_engine(const struct options *options)
{
    struct engine_options how = {.members_max = (uint32_t)options->max_members,
                                 .coupons_max = (uint32_t)options->max_coupons,
                                 .campaigns_max = (uint32_t)options->max_campaigns,
                                 .names_max = (uint32_t)options->max_names,
                                 .requests_max = (uint32_t)options->max_requests,
                                 .request_window_ms = options->request_window_ms,
                                 .hash_seed = HASH_SEED,
                                 .code_keys.live[0] = true};
    memset(how.request_secret, 'R', sizeof(how.request_secret));
    memset(how.code_keys.keys[0], 'K', CODE_KEY_BYTES);
    return engine_create(&how);
}

static void connect_client(struct world *world)
{
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) != 0) {
        world_fail("socketpair: %s", strerror(errno));
    }
    if (connection_open(&world->server, ends[0], "a socket pair") == NULL) {
        world_fail("no connection");
    }
    world->peers[world->peer_count++] = ends[1];
}

void world_init(struct world *world, uint32_t connections)
{
    ASSERT(connections <= WORLD_CONNECTIONS_MAX);
    *world = (struct world){0};
    load_options(&world->options);
    log_set_level(LOG_ERROR);
    struct server *server = &world->server;
    server->options = &world->options;
    server->state = SERVER_LEADING;
    server->waited.latency = &server->latency_durable;
    server->base = event_base_new();
    server->engine = make_engine(&world->options);
    server->slowlog = slowlog_create((uint32_t)world->options.slowlog_entries,
                                     world->options.slowlog_us);
    server->queue = calloc(1, sizeof(*server->queue));
    if (server->base == NULL || server->engine == NULL || server->slowlog == NULL ||
        server->queue == NULL || !turn_init(&server->turn, SHARED_BYTES) ||
        !campaign_stats_init(&server->campaign_stats, server->engine->options.campaigns_max)) {
        world_fail("no memory");
    }
    queue_init(server->queue, (size_t)world->options.queue_bytes_max);
    ASSERT(server->standing == JOURNAL_SURE);
    while (world->peer_count < connections) {
        connect_client(world);
    }
}

void world_deinit(struct world *world)
{
    while (world->peer_count > 0) {
        (void)close(world->peers[--world->peer_count]);
    }
    server_deinit(&world->server);
}

void world_send(struct world *world, uint32_t peer, const char *bytes, size_t length)
{
    ssize_t sent = send(world->peers[peer], bytes, length, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent != (ssize_t)length) {
        world_fail("the socket took %zd of %zu bytes", sent, length);
    }
}

/* Seals the next batch, as the server's pump() does when nothing is in flight. NULL: nothing changed. */
static const struct queue_batch *seal(struct world *world)
{
    struct server *server = &world->server;
    const struct batch_stamp stamp = {.journal_id.at = "boon-count",
                                      .epoch = EPOCH,
                                      .number = world->batches + 1,
                                      .previous = world->chain};
    const struct queue_batch *batch = queue_seal_next(server->queue, &stamp);
    if (batch != NULL) {
        world->batches++;
        world->chain = batch->chain;
        server->sealed_seq = batch->last_seq;
    }
    return batch;
}

/* As in net/server.c. No connection is ever closed here. */
static void replies_leave(struct server *server)
{
    struct connection *next;
    if (server->durable_seq > server->released_seq) {
        server->released_seq = server->durable_seq;
        for (struct connection *at = server->held; at != NULL; at = next) {
            next = at->next_held;
            connection_release(at);
        }
    }
    for (struct connection *at = server->waiting; at != NULL; at = next) {
        next = at->next_waiting;
        at->waiting = false;
        at->next_waiting = NULL;
        connection_release(at);
    }
    output_count_waited(&server->waited);
    server->waiting = NULL;
    ASSERT(server->closed == NULL);
}

/* One turn of the loop, and what the next one does when the batch has been acknowledged. */
static void turn(struct world *world)
{
    struct server *server = &world->server;
    if (event_base_loop(server->base, EVLOOP_ONCE | EVLOOP_NONBLOCK) < 0) {
        world_fail("the loop failed");
    }
    server->stats.turns++;
    turn_clear_doubt(server);
    turn_execute(server);
    const struct queue_batch *batch = seal(world);
    replies_leave(server);
    if (batch != NULL) {
        server->durable_seq = queue_acknowledge(server->queue, batch->number);
        replies_leave(server);
    }
}

void world_turn(struct world *world, uint64_t commands)
{
    uint64_t last = world->server.stats.commands + commands;
    while (world->server.stats.commands < last) {
        uint64_t before = world->server.stats.commands;
        turn(world);
        if (world->server.stats.commands == before) {
            world_fail("a turn in which nothing was carried out");
        }
    }
}

void world_expect(struct world *world, uint32_t peer, const char *expected, size_t length)
{
    static char came[64 * FORM_BYTES_MAX + 1];
    ASSERT(length < sizeof(came));
    ssize_t got = recv(world->peers[peer], came, sizeof(came), MSG_DONTWAIT);
    if (got != (ssize_t)length || !form_fits(came, expected, length)) {
        world_fail("expected\n%.*sgot\n%.*s", (int)length, expected, got > 0 ? (int)got : 0, came);
    }
}
