/* journal_fake.h -- servers without sockets around one fake Redis.
 *
 * A command waits until the test lets it be carried out; its answer can be withheld.
 *
 *     struct server *server = server_start(.create = true);
 *     serve(server);                        answers all that it asks
 *     claim(server, "alice");               steps a claim and queues its events
 *     journal_pump(server->journal);
 *     lose_answer(server);                  carried out, the answer lost, the connection too
 *     server_connect(server); serve(server);
 */
#ifndef BOON_TESTS_UNIT_JOURNAL_FAKE_H
#define BOON_TESTS_UNIT_JOURNAL_FAKE_H

#include <xxhash.h>

#include "engine/bytes.h"
#include "tests/unit/fake_stream.h"

struct server {
    struct journal *journal;
    struct engine *engine;
    struct queue queue;
    struct command_sent sent[4]; /* not carried out yet, oldest first */
    size_t sent_count;
    bool connected;
    int64_t now_ms;
    uint32_t leading;
    uint64_t durable_seq;
    uint32_t durable_calls;
    uint32_t progress_calls;
    double fraction;
    uint32_t handed_over;
    uint32_t notes;
    char noted[JOURNAL_MESSAGE_BYTES]; /* the last one */
    uint32_t recorded;
    char halted[JOURNAL_MESSAGE_BYTES];
    char deposed[JOURNAL_MESSAGE_BYTES];
};

/* What differs from server to server. */
struct how {
    const char *name; /* NULL: "boon" */
    uint32_t shard;
    uint64_t fingerprint;
    bool clock_manual;
    bool create;
    enum journal_durability durability;
    uint8_t nonce; /* 0: the next one */
    size_t queue_bytes;
    uint32_t lease_ms;
    uint32_t wait_replicas;
    int64_t now_ms; /* 0: 1000 */
};

/* All servers that a test made, for fake_end(). */
static struct server *servers[256];
static size_t servers_count;

/* --- one server ------------------------------------------------------------------------------- */

static inline void port_send(void *context, size_t count, const char *const *words,
                             const size_t *lengths)
{
    struct server *server = context;
    cr_assert(server->connected, "sent %s without a connection", words[0]);
    cr_assert_lt(server->sent_count, 4u);
    cr_assert_leq(count, WORDS_MAX);
    struct command_sent *command = &server->sent[server->sent_count++];
    command->count = count;
    for (size_t at = 0; at < count; at++) {
        command->words[at] = calloc(1, lengths[at] + 1);
        memcpy(command->words[at], words[at], lengths[at]);
        command->lengths[at] = lengths[at];
    }
}

static inline struct command_sent take_command(struct server *server)
{
    cr_assert_gt(server->sent_count, 0u, "nothing was sent");
    struct command_sent command = server->sent[0];
    server->sent_count--;
    memmove(server->sent, server->sent + 1, server->sent_count * sizeof(command));
    return command;
}

static inline void free_command(struct command_sent *command)
{
    for (size_t at = 0; at < command->count; at++) {
        free(command->words[at]);
    }
}

static inline void port_disconnect(void *context)
{
    struct server *server = context;
    server->connected = false;
    while (server->sent_count > 0) {
        struct command_sent command = take_command(server);
        free_command(&command);
    }
}

static inline void on_leading(void *context)
{
    ((struct server *)context)->leading++;
}

static inline void on_durable(void *context, uint64_t seq)
{
    struct server *server = context;
    cr_assert_geq(seq, server->durable_seq);
    server->durable_seq = seq;
    server->durable_calls++;
}

static inline void on_progress(void *context, uint64_t entries, uint64_t events, double fraction)
{
    struct server *server = context;
    server->progress_calls++;
    server->fraction = fraction;
    (void)entries;
    (void)events;
}

static inline void on_recorded(void *context, const struct manifest *manifest)
{
    cr_assert_gt(manifest->chunks, 0u);
    ((struct server *)context)->recorded++;
}

static inline void on_halted(void *context, const char *message)
{
    snprintf(((struct server *)context)->halted, JOURNAL_MESSAGE_BYTES, "%s", message);
}

static inline void on_deposed(void *context, const char *message)
{
    snprintf(((struct server *)context)->deposed, JOURNAL_MESSAGE_BYTES, "%s", message);
}

static inline void on_handed_over(void *context)
{
    ((struct server *)context)->handed_over++;
}

static inline void on_note(void *context, const char *message)
{
    cr_assert_gt(strlen(message), 0u);
    ((struct server *)context)->notes++;
    snprintf(((struct server *)context)->noted, JOURNAL_MESSAGE_BYTES, "%s", message);
}

static inline struct engine *engine_new(void)
{
    struct engine_options options = {.members_max = 2000,
                                     .coupons_max = 2000,
                                     .campaigns_max = 2000,
                                     .names_max = 100,
                                     .requests_max = 1000,
                                     .request_window_ms = 3600000,
                                     .code_key = 0};
    options.code_keys.live[0] = true;
    return engine_create(&options);
}

static inline void server_connect(struct server *server)
{
    cr_assert_not(server->connected);
    server->connected = true;
    journal_connected(server->journal);
}

static inline struct server *server_create(struct how how)
{
    static uint8_t nonces;
    struct server *server = calloc(1, sizeof(*server));
    cr_assert_lt(servers_count, 256u);
    servers[servers_count++] = server;
    struct journal_options options = {.shard = how.shard,
                                      .key_fingerprint = how.fingerprint,
                                      .clock_manual = how.clock_manual,
                                      .create = how.create,
                                      .durability = how.durability,
                                      .lease_ms = how.lease_ms,
                                      .wait_replicas = how.wait_replicas};
    const struct journal_port port = {server, port_send, port_disconnect};
    const struct journal_owner owner = {server,      on_leading,     on_durable,
                                        on_progress, on_recorded,    on_halted,
                                        on_deposed,  on_handed_over, on_note};
    snprintf(options.name, sizeof(options.name), "%s", how.name != NULL ? how.name : "boon");
    options.nonce.at[0] = how.nonce != 0 ? how.nonce : ++nonces;
    memset(options.fresh_id.at, options.nonce.at[0], sizeof(options.fresh_id.at));
    server->engine = engine_new();
    queue_init(&server->queue, how.queue_bytes != 0 ? how.queue_bytes : 8 * BATCH_BYTES_MAX);
    server->now_ms = how.now_ms != 0 ? how.now_ms : 1000;
    server->journal = journal_create(&options, &port, &owner, server->engine, &server->queue);
    journal_tick(server->journal, server->now_ms, 1600000000000 + server->now_ms);
    return server;
}

#define server_start(...) server_start_how((struct how){__VA_ARGS__})
static inline struct server *server_start_how(struct how how)
{
    struct server *server = server_create(how);
    server_connect(server);
    return server;
}

static inline void server_end(struct server *server)
{
    port_disconnect(server);
    journal_destroy(&server->journal);
    queue_deinit(&server->queue);
    engine_destroy(&server->engine);
    for (size_t at = 0; at < servers_count; at++) {
        if (servers[at] == server) {
            servers[at] = servers[--servers_count];
        }
    }
    free(server);
}

/* Frees all that is left, at the end of a test. */
static inline void fake_end(void)
{
    while (servers_count > 0) {
        server_end(servers[0]);
    }
    stream_end();
}

/* Lets time pass. */
static inline void wait_ms(struct server *server, int64_t ms)
{
    server->now_ms += ms;
    journal_tick(server->journal, server->now_ms, 1600000000000 + server->now_ms);
}

/* Carries out the oldest command and answers it. */
static inline void serve_one(struct server *server)
{
    static struct reply reply;
    struct command_sent command = take_command(server);
    redis_carry_out(&command, &reply);
    free_command(&command);
    journal_answer(server->journal, &reply.answer);
}

/* Answers until nothing is asked any more. */
static inline void serve(struct server *server)
{
    for (int at = 0; server->sent_count > 0; at++) {
        cr_assert_lt(at, 10000, "it asks for ever");
        serve_one(server);
    }
}

/* Goes on for as many loop turns as there is something to send. */
static inline void serve_turns(struct server *server)
{
    serve(server);
    journal_pump(server->journal);
    for (int at = 0; server->sent_count > 0; at++) {
        cr_assert_lt(at, 1000, "it sends for ever");
        serve(server);
        journal_pump(server->journal);
    }
}

/* Lets time pass in loop turns, as it does where a driver is. */
static inline void serve_for_ms(struct server *server, int64_t ms)
{
    for (int64_t passed = 0; passed < ms; passed += 10) {
        wait_ms(server, 10);
        serve_turns(server);
    }
}

/* Answers until the next question is this command; false: it is never asked. */
static inline bool serve_until(struct server *server, const char *command)
{
    while (server->sent_count > 0 && !is_command(&server->sent[0], command)) {
        serve_one(server);
    }
    return server->sent_count > 0;
}

/* Pumps until an append is the next question, behind whatever is asked between appends. */
static inline void pump_append(struct server *server)
{
    journal_pump(server->journal);
    if (!serve_until(server, "XADD")) {
        journal_pump(server->journal);
        cr_assert(serve_until(server, "XADD"), "no append is sent");
    }
}

static inline void lose_connection(struct server *server)
{
    port_disconnect(server);
    journal_lost(server->journal);
}

/* Carries out the oldest command; its answer and the connection are lost. */
static inline void lose_answer(struct server *server)
{
    static struct reply reply;
    struct command_sent command = take_command(server);
    redis_carry_out(&command, &reply);
    free_command(&command);
    lose_connection(server);
}

/* The oldest command never arrives, and comes back for a late delivery. */
static inline struct command_sent lose_request(struct server *server)
{
    struct command_sent command = take_command(server);
    lose_connection(server);
    return command;
}

/* Carries out a command that had got stuck on an old connection; nobody hears the answer. */
static inline void arrive_late(struct command_sent *command)
{
    static struct reply reply;
    redis_carry_out(command, &reply);
    free_command(command);
}

static inline void reconnect(struct server *server)
{
    server_connect(server);
    serve(server);
}

/* Steps a command and queues what comes of it. */
static inline enum refusal step(struct server *server, const struct command *command)
{
    static struct outcome outcome;
    int64_t now_ms = 1600000000000 + server->now_ms;
    cr_assert(queue_has_room(&server->queue));
    engine_step(server->engine, now_ms, command, &outcome);
    if (outcome.event_count > 0) {
        queue_add(&server->queue, now_ms, command->principal, outcome.events, outcome.event_count,
                  server->engine->seq);
    }
    return outcome.refusal;
}

static inline void open_campaign(struct server *server)
{
    const struct campaign_definition definition = {
        .name = TEXT("Sale"),
        .stock = 2000,
        .per_member = 1,
        .value = {.kind = VALUE_AMOUNT_OFF, .amount_fen = 100},
        .source = TEXT("{}"),
    };
    struct command put = {.type = COMMAND_CAMPAIGN_PUT};
    put.as.campaign_put.campaign = TEXT("sale");
    put.as.campaign_put.document.source = definition.source;
    put.as.campaign_put.document.definition = &definition;
    struct command start = {.type = COMMAND_CAMPAIGN_START};
    start.as.campaign_start.campaign = TEXT("sale");
    cr_assert_eq(step(server, &put), REFUSAL_NONE);
    cr_assert_eq(step(server, &start), REFUSAL_NONE);
}

static inline void claim(struct server *server, const char *member)
{
    struct command command = {.type = COMMAND_COUPON_CLAIM};
    command.as.coupon_claim.member = text_of(member);
    command.as.coupon_claim.campaign = TEXT("sale");
    cr_assert_eq(step(server, &command), REFUSAL_NONE);
}

/* Starts a brand: a server that leads, with an open campaign in the journal. */
#define server_with_campaign(...)                                                                  \
    server_with_campaign_how((struct how){.create = true, ##__VA_ARGS__})
static inline struct server *server_with_campaign_how(struct how how)
{
    struct server *server = server_start_how(how);
    serve(server);
    cr_assert_eq(server->leading, 1u, "%s", server->halted);
    open_campaign(server);
    serve_turns(server);
    cr_assert_eq(server->durable_seq, server->engine->seq);
    return server;
}

/* Claims, commits and has it acknowledged. */
static inline void claim_durably(struct server *server, const char *member)
{
    claim(server, member);
    serve_turns(server);
    cr_assert_eq(server->durable_seq, server->engine->seq);
}

static inline void assert_halted(const struct server *server, const char *words)
{
    cr_assert_eq(journal_state(server->journal), JOURNAL_HALTED, "state %s, %s",
                 journal_state_word(server->journal), journal_message(server->journal));
    cr_assert_not_null(strstr(server->halted, words), "'%s' is not in '%s'", words, server->halted);
    cr_assert_not(server->connected);
}

/* Starts another server that replays the stream, and checks that it comes to the same state. */
static inline void assert_replays_to(const struct server *server)
{
    struct server *other = server_start(.now_ms = server->now_ms);
    serve(other);
    cr_assert_eq(other->leading, 1u, "%s", other->halted);
    /* The other's BEGIN is one event more, and has changed nothing else. */
    cr_assert_eq(other->engine->seq, server->engine->seq + 1);
    cr_assert_eq(other->engine->coupons.pool.count, server->engine->coupons.pool.count);
    other->engine->seq = server->engine->seq;
    other->engine->time_ms = server->engine->time_ms;
    cr_assert_eq(engine_state_hash(other->engine), engine_state_hash(server->engine));
    server_end(other);
}

/* A journal of ten claims in entries 1-3 to 1-12, nobody leading any more. Returns the last event's
 * sequence. */
static inline uint64_t ten_claims(void)
{
    struct server *server = server_with_campaign();
    char member[16];
    for (int at = 0; at < 10; at++) {
        snprintf(member, sizeof(member), "m%d", at);
        claim_durably(server, member);
    }
    uint64_t seq = server->engine->seq;
    cr_assert_eq(redis.journal.count, 14u);
    server_end(server);
    return seq;
}

static inline void break_bit(struct stream_entry *entry)
{
    entry->bytes[entry->length / 2] ^= 1;
}

/* Makes changed bytes look as if they had been written so. */
static inline void hash_again(struct stream_entry *entry)
{
    uint64_t previous = bytes_get_u64(entry->bytes + 56);
    bytes_put_u64(entry->bytes + entry->length - 8,
                  XXH3_64bits_withSeed(entry->bytes, entry->length - 8, previous));
}

#endif
