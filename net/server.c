/* server.c -- the loop: events, turn, journal, replies. */
#include "net/server.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/bug.h"
#include "net/birth.h"
#include "net/clock.h"
#include "net/http.h"
#include "net/journal_redis.h"
#include "net/listener.h"
#include "net/live.h"
#include "net/log.h"
#include "net/memory_ahead.h"
#include "net/queue.h"
#include "net/redis_child.h"
#include "net/server_snapshot.h"
#include "net/slowlog.h"

#define SHARED_BYTES ((size_t)1024 * 1024)
#define TICKS_PER_SECOND (1000 / SERVER_TICK_MS)
#define LINGER_MS 500 /* for answers to leave when all is committed */

void server_look_at_clock(struct server *server)
{
    int64_t now_ms = server->engine->time_ms;
    if (server->options->clock == OPTIONS_CLOCK_REAL) {
        int64_t real_ms = clock_real_ms();
        now_ms = real_ms > now_ms ? real_ms : now_ms;
    }
    server->now_ms = now_ms > server->now_ms ? now_ms : server->now_ms;
}

void server_look_at_standing(struct server *server)
{
    if (server->journal != NULL && server->state != SERVER_OPENING) {
        server->standing = journal_standing(server->journal, clock_monotonic_ms());
    }
}

const char *server_state_word(enum server_state state)
{
    static const char *const words[] = {"opening", "leading", "stopping", "stopped"};
    ASSERT((size_t)state < sizeof(words) / sizeof(words[0]));
    return words[state];
}

bool server_has_room(const struct server *server)
{
    return server->queue == NULL || queue_has_room(server->queue);
}

void server_keep(struct server *server, const struct command *command,
                 const struct outcome *outcome)
{
    server->stats.events += outcome->event_count;
    server->kept++;
    if (server->queue == NULL) {
        server->durable_seq = server->sealed_seq = server->engine->seq;
        return;
    }
    queue_add(server->queue, server->engine->time_ms, command->principal, outcome->events,
              outcome->event_count, server->engine->seq);
}

static void announce(const struct server *server)
{
    const struct options *options = server->options;
    unsigned port = listener_port(server->listener);
    bool v6 = strchr(options->bind, ':') != NULL;
    printf("\nBoon %s answers on %s:%u. ", BOON_VERSION, options->bind, port);
    if (options->journal == OPTIONS_JOURNAL_NONE) {
        printf("NO JOURNAL: everything is lost when it ends.\n");
    } else {
        printf("Journal: %s, durability %s.\n",
               server->redis_child != NULL ? options->dir : options->redis,
               options->durability == OPTIONS_DURABILITY_ALWAYS     ? "always"
               : options->durability == OPTIONS_DURABILITY_EVERYSEC ? "everysec"
                                                                    : "none");
    }
    if (options->clock == OPTIONS_CLOCK_MANUAL) {
        printf("MANUAL CLOCK: time stands still until CLOCK.SET; for tests only.\n");
    }
    if (server->http != NULL) {
        printf("Console and HTTP API: http://%s%s%s:%u/\n", v6 ? "[" : "", options->bind,
               v6 ? "]" : "", (unsigned)http_port(server->http));
    }
    if (server->users.count > 0) {
        printf("It asks for a user: redis-cli --user NAME --pass SECRET ...\n");
    } else if (options->password[0] != '\0') {
        printf("It asks for the password: export REDISCLI_AUTH=... first.\n");
    }
    printf("Try:  redis-cli -p %u CAMPAIGN.PUT sale '{\"name\":\"Sale\",\"stock\":100,"
           "\"value\":{\"kind\":\"amount_off\",\"amount\":500}}' \\\n"
           "        && redis-cli -p %u CAMPAIGN.START sale\n"
           "      redis-cli -p %u COUPON.CLAIM alice sale\n\n",
           port, port, port);
    (void)fflush(stdout);
}

/* Counts what is stored, for when all of it is durable. */
static void count(struct server *server)
{
    const struct engine *engine = server->engine;
    server->sealed_counts = (struct server_counts){.seq = engine->seq,
                                                   .members = engine->members.pool.count - 1,
                                                   .campaigns = engine->campaigns.pool.count - 1,
                                                   .coupons = engine->coupons.pool.count - 1,
                                                   .accounts = engine->accounts.count - 1};
}

static void halt(struct server *server, const char *event, const char *message)
{
    log_event(LOG_ERROR, event, LOG_TEXT("message", message));
    snprintf(server->fault, sizeof(server->fault), "%s", message);
    server->exit_code = 1;
    server->state = SERVER_STOPPED;
}

/* Gives each user that the journal has no number for yet its number: what somebody does is journaled with it. */
static bool name_users(struct server *server)
{
    struct outcome *outcome = &server->turn.outcome;
    const struct command of_server = {.type = COMMAND_NONE};
    for (uint32_t at = 0; at < server->users.count; at++) {
        struct user *user = &server->users.list[at];
        user->principal = engine_name_principal(server->engine, server->now_ms, user->name,
                                                outcome);
        if (user->principal == 0 || !server_has_room(server)) {
            return false;
        }
        if (outcome->event_count > 0) {
            server_keep(server, &of_server, outcome);
        }
    }
    return true;
}

static void lead(struct server *server)
{
    server->state = SERVER_LEADING;
    server->memory_ahead = memory_ahead_create();
    count(server);
    server->durable_counts = server->sealed_counts;
    birth_is_over(server);
    server_look_at_clock(server);
    if (!name_users(server)) {
        halt(server, "too_many_users",
             "there is no room to name the users of the users file in the journal");
        return;
    }
    char snapshot[ENTRY_ID_TEXT_BYTES] = "none";
    if (server->journal != NULL && journal_snapshot_id(server->journal).epoch > 0) {
        entry_id_write(journal_snapshot_id(server->journal), snapshot);
    }
    log_event(LOG_INFO, "leading", LOG_TEXT("snapshot", snapshot),
              LOG_UNSIGNED("seq", server->engine->seq),
              LOG_UNSIGNED("members", server->engine->members.pool.count - 1),
              LOG_UNSIGNED("coupons", server->engine->coupons.pool.count - 1),
              LOG_UNSIGNED("campaigns", server->engine->campaigns.pool.count - 1));
    announce(server);
}

static void on_leading(void *context)
{
    struct server *server = context;
    if (isatty(STDERR_FILENO) && journal_replayed_entries(server->journal) > 0) {
        fputc('\n', stderr);
    }
    server->durable_seq = server->sealed_seq = journal_durable_seq(server->journal);
    if (server->state == SERVER_OPENING) {
        lead(server);
    }
}

/* Counts how long Redis took for the append that it acknowledged last. */
static void count_commit(struct server *server)
{
    struct journal_redis_stats stats = journal_redis_stats(server->journal_redis);
    if (stats.commits > server->commits_counted) {
        latency_add(&server->latency_sync, (int64_t)stats.commit_us,
                    stats.commits - server->commits_counted);
        server->commits_counted = stats.commits;
    }
}

static void on_durable(void *context, uint64_t seq)
{
    struct server *server = context;
    count_commit(server);
    if (seq > server->durable_seq && server->state == SERVER_LEADING) {
        metrics_batch_add(&server->batches, server->sealed_kept - server->durable_kept);
        gather_acknowledged(&server->gather, clock_monotonic_us(), server->kept,
                            server->sealed_kept - server->durable_kept,
                            journal_redis_commit_us(server->journal_redis));
        server->durable_kept = server->sealed_kept;
    }
    server->durable_seq = seq > server->durable_seq ? seq : server->durable_seq;
    if (http_held(server->http) > 0) {
        (void)event_base_loopbreak(
            server->base); /* answers leave before further requests come in */
    }
    if (server->sealed_counts.seq <= server->durable_seq) {
        server->durable_counts = server->sealed_counts;
    }
}

static void on_recorded(void *context, const struct manifest *manifest)
{
    server_snapshot_recorded(((struct server *)context)->snapshot, manifest);
}

static void on_progress(void *context, uint64_t entries, uint64_t events, double fraction)
{
    (void)context;
    if (!isatty(STDERR_FILENO)) {
        log_limited(2000, LOG_INFO, "replaying", LOG_UNSIGNED("entries", entries),
                    LOG_UNSIGNED("events", events), LOG_NUMBER("percent", fraction * 100));
        return;
    }
    char bar[31];
    int filled = (int)(fraction * 30);
    for (int at = 0; at < 30; at++) {
        bar[at] = at < filled ? '#' : '.';
    }
    bar[30] = '\0';
    fprintf(stderr, "\rreading the journal [%s] %3.0f %%  %llu events", bar, fraction * 100,
            (unsigned long long)events);
}

static void on_halted(void *context, const char *message)
{
    halt(context, "journal_halted", message);
}

static void on_deposed(void *context, const char *message)
{
    halt(context, "deposed", message);
}

static void on_handed_over(void *context)
{
    struct server *server = context;
    server->handed_over = true;
    if (server->durable_seq > 0) {
        log_event(LOG_INFO, "handed_over", LOG_UNSIGNED("seq", server->durable_seq));
    }
}

static void on_note(void *context, const char *message)
{
    struct server *server = context;
    if (strcmp(server->noted, message) != 0) {
        snprintf(server->noted, sizeof(server->noted), "%s", message);
        log_event(LOG_WARN, "journal", LOG_TEXT("message", message));
    } else {
        log_limited(1000, LOG_WARN, "journal", LOG_TEXT("message", message));
    }
}

void server_stop(struct server *server, const char *reason)
{
    if (server->state >= SERVER_STOPPING) {
        return;
    }
    log_event(LOG_INFO, "stopping", LOG_TEXT("reason", reason),
              LOG_UNSIGNED("unacknowledged", server->engine->seq - server->durable_seq));
    server->state = SERVER_STOPPING;
    server->stop_deadline_ms = clock_monotonic_ms() + SERVER_STOP_MS / 2;
    listener_close(&server->listener);
    http_stop(server->http);
    for (struct connection *at = server->connections; at != NULL; at = at->next) {
        (void)event_del(&at->read_event);
    }
}

/* Takes the next step of a clean stop: commit, hand over, answer, end. */
static void stop_goes_on(struct server *server)
{
    int64_t now_ms = clock_monotonic_ms();
    if (!server->handover_asked) {
        server->handover_asked = true;
        if (server->journal == NULL) {
            server->handed_over = true;
        } else {
            journal_handover(server->journal);
        }
    }
    bool answers_wait = http_held(server->http) > 0;
    for (struct connection *at = server->connections; at != NULL; at = at->next) {
        answers_wait = answers_wait || output_waiting(&at->output) > 0;
    }
    if (server->handed_over && (!answers_wait || now_ms >= server->stop_deadline_ms + LINGER_MS)) {
        server->state = SERVER_STOPPED;
    } else if (!server->handed_over && now_ms >= server->stop_deadline_ms) {
        bool lost = server->queue != NULL && !queue_is_empty(server->queue);
        log_event(
            LOG_ERROR, "stopped_without_journal", LOG_FLAG("changes_unacknowledged", lost),
            LOG_TEXT("meaning", lost ? "their callers got no answer; they may or may not be there"
                                     : "the next start finds no clean end, and loses nothing"));
        server->exit_code = lost ? 1 : server->exit_code;
        server->state = SERVER_STOPPED;
    }
}

/* Looks back at a second. */
static void second_is_over(struct server *server)
{
    struct server_stats *stats = &server->stats;
    stats->commands_per_s = stats->commands - server->commands_at_second;
    server->commands_at_second = stats->commands;
    stats->http_per_s = stats->http_requests - server->http_at_second;
    server->http_at_second = stats->http_requests;
    latency_second_is_over(&server->latency_durable);
    latency_second_is_over(&server->latency_direct);
    latency_second_is_over(&server->latency_sync);
}

static void on_tick(evutil_socket_t fd, short what, void *context)
{
    (void)fd;
    (void)what;
    struct server *server = context;
    server_look_at_clock(server);
    server->tick_ms = clock_monotonic_ms();
    server->ticks++;
    memory_ahead_look(server->memory_ahead, server->engine);
    if (live_tick(server)) {
        http_frame(server->http);
    }
    if (server->ticks % TICKS_PER_SECOND != 0) {
        return;
    }
    second_is_over(server);
    struct connection *next;
    for (struct connection *at = server->connections; at != NULL; at = next) {
        next = at->next;
        connection_rest(at);
    }
    http_tick(server->http);
}

static void on_signal(evutil_socket_t number, short what, void *context)
{
    (void)what;
    server_stop(context, number == SIGTERM ? "SIGTERM" : number == SIGINT ? "SIGINT" : "SIGHUP");
}

static bool watch(struct server *server, char *message, size_t size)
{
    const struct timeval every = {0, SERVER_TICK_MS * 1000};
    server->tick = event_new(server->base, -1, EV_PERSIST, on_tick, server);
    static const int numbers[SERVER_SIGNALS] = {SIGTERM, SIGINT, SIGHUP};
    bool watched = true;
    for (int at = 0; at < SERVER_SIGNALS; at++) {
        server->signals[at] = evsignal_new(server->base, numbers[at], on_signal, server);
        watched = watched && server->signals[at] != NULL &&
                  event_add(server->signals[at], NULL) == 0;
    }
    if (!watched || server->tick == NULL || event_add(server->tick, &every) != 0) {
        snprintf(message, size, "out of memory");
        return false;
    }
    return true;
}

bool server_init(struct server *server, struct options *options, char *message, size_t size)
{
    *server = (struct server){.options = options, .waited.latency = &server->latency_durable};
    server->tick_ms = clock_monotonic_ms();
    server->started_ms = clock_real_ms();
    struct event_config *config = event_config_new();
    if (config == NULL || event_config_set_flag(config, EVENT_BASE_FLAG_NOLOCK) != 0 ||
        /* evhttp turns its events off and on within a turn: the kernel needs to hear of the sum only. */
        event_config_set_flag(config, EVENT_BASE_FLAG_EPOLL_USE_CHANGELIST) != 0) {
        snprintf(message, size, "out of memory");
        return false;
    }
    server->base = event_base_new_with_config(config);
    event_config_free(config);
    server->slowlog = slowlog_create((uint32_t)options->slowlog_entries, options->slowlog_us);
    if (server->base == NULL || server->slowlog == NULL ||
        !turn_init(&server->turn, SHARED_BYTES)) {
        snprintf(message, size, "out of memory");
        return false;
    }
    const struct journal_owner owner = {server,      on_leading,     on_durable,
                                        on_progress, on_recorded,    on_halted,
                                        on_deposed,  on_handed_over, on_note};
    /* The port first: a second server on it is told so before anything else is touched. */
    server->listener = listener_open(server, message, size);
    if (server->listener == NULL ||
        (!options->no_http && (server->http = http_open(server, message, size)) == NULL)) {
        return false;
    }
    return watch(server, message, size) && birth_users(server, message, size) &&
           birth_redis(server, message, size) && birth_secrets(server, message, size) &&
           birth_engine(server, message, size) && birth_journal(server, &owner, message, size);
}

/* Frees the closed connections that no list of the next turn names. */
static void free_closed(struct server *server)
{
    struct connection *at = server->closed;
    server->closed = NULL;
    while (at != NULL) {
        struct connection *next = at->next;
        if (at->ready) {
            at->next = server->closed;
            server->closed = at;
        } else {
            connection_free(at);
        }
        at = next;
    }
}

/* Lets go of the held replies that the journal has acknowledged since. */
static void held_leave(struct server *server)
{
    struct connection *next;
    if (server->durable_seq == server->released_seq || server->state == SERVER_STOPPED) {
        return;
    }
    server->released_seq = server->durable_seq;
    server->waited.now_us = clock_monotonic_us();
    http_release(server->http);
    for (struct connection *at = server->held; at != NULL; at = next) {
        next = at->next_held;
        connection_release(at);
    }
    output_count_waited(&server->waited);
}

/* Lets go of every reply that the journal has acknowledged, and sends what may leave. */
static void replies_leave(struct server *server)
{
    struct connection *next;
    held_leave(server);
    for (struct connection *at = server->waiting; at != NULL; at = next) {
        next = at->next_waiting;
        at->waiting = false;
        at->next_waiting = NULL;
        if (!at->closed) {
            connection_release(at);
        }
    }
    output_count_waited(&server->waited);
    server->waiting = NULL;
    free_closed(server);
}

/* Tells whether there are changes to send that better wait for more. */
static bool gathers(struct server *server)
{
    return gather_may_wait(&server->gather) && server->engine->seq > server->durable_seq &&
           server->state == SERVER_LEADING &&
           gather_waits(&server->gather, clock_monotonic_us(), server->kept);
}

/* Sends the next batch, if it is time; where all that happened is in it, a snapshot may be taken. */
static void pump(struct server *server)
{
    server->gathers = gathers(server);
    if (server->gathers) {
        return;
    }
    journal_pump(server->journal);
    const struct queue_batch *sealed = queue_sealed(server->queue);
    if (sealed != NULL && sealed->last_seq > server->sealed_seq) {
        server->sealed_seq = sealed->last_seq;
        server->sealed_kept = server->kept;
        if (server->sealed_seq == server->engine->seq &&
            server->sealed_counts.seq <= server->durable_seq) {
            count(server);
        }
    }
    server_snapshot_go_on(server->snapshot);
}

static void turn(struct server *server)
{
    server->stats.turns++;
    turn_clear_doubt(server);
    http_turn(server->http);
    /* First, so that callers read their answers while the next requests are carried out. */
    held_leave(server);
    turn_execute(server);
    if (server->journal == NULL) {
        count(server);
        server->durable_counts = server->sealed_counts;
    } else {
        pump(server);
    }
    if (server->state != SERVER_STOPPED) {
        replies_leave(server);
    }
    turn_end(server);
    if (server->state == SERVER_STOPPING) {
        stop_goes_on(server);
    }
}

int server_run(struct server *server)
{
    if (server->journal == NULL) {
        lead(server);
    }
    while (server->state != SERVER_STOPPED) {
        bool soon = server->ready != NULL || server->gathers;
        int flags = EVLOOP_ONCE | (soon ? EVLOOP_NONBLOCK : 0);
        if (event_base_loop(server->base, flags) < 0) {
            halt(server, "loop_failed", strerror(errno));
        }
        turn(server);
    }
    log_event(LOG_INFO, "stopped", LOG_UNSIGNED("commands", server->stats.commands),
              LOG_UNSIGNED("seq", server->durable_seq), LOG_NUMBER("exit", server->exit_code));
    return server->exit_code;
}

void server_deinit(struct server *server)
{
    listener_close(&server->listener);
    http_destroy(&server->http);
    while (server->connections != NULL) {
        connection_close(server->connections, "the server stops");
    }
    while (server->closed != NULL) {
        struct connection *next = server->closed->next;
        connection_free(server->closed);
        server->closed = next;
    }
    server_snapshot_destroy(&server->snapshot);
    journal_redis_destroy(&server->journal_redis);
    journal_destroy(&server->journal);
    if (server->queue != NULL) {
        queue_deinit(server->queue);
        free(server->queue);
        server->queue = NULL;
    }
    if (server->redis_child != NULL) {
        redis_child_stop(&server->redis_child);
    }
    memory_ahead_destroy(&server->memory_ahead);
    engine_destroy(&server->engine);
    live_destroy(&server->live);
    campaign_stats_deinit(&server->campaign_stats);
    slowlog_destroy(&server->slowlog);
    turn_deinit(&server->turn);
    secret_deinit(&server->secrets);
    users_deinit(&server->users);
    for (int at = 0; at < SERVER_SIGNALS; at++) {
        if (server->signals[at] != NULL) {
            event_free(server->signals[at]);
        }
    }
    if (server->tick != NULL) {
        event_free(server->tick);
    }
    if (server->base != NULL) {
        event_base_free(server->base);
    }
}
