/* journal_fake.h -- servers without sockets around one fake Redis that holds one stream.
 *
 * The fake obeys the rules that the journal lives by: an ID must be above the last one ever given,
 * NOMKSTREAM makes no stream, ranges are inclusive unless marked with "(". A command waits until the
 * test lets it be carried out; its answer can be withheld.
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

#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "net/journal.h"
#include "net/journal_entry.h"

#define STREAM_MAX 4096U
#define WORDS_MAX 8U

struct stream_entry {
    struct entry_id id;
    uint8_t *bytes;
    size_t length;
    bool strange; /* its field is not "b" */
};

static struct {
    struct stream_entry entries[STREAM_MAX];
    size_t count;
    struct entry_id last;     /* last ID ever given */
    bool exists;
    const char *settings[8];  /* names and values */
    const char *role;
    const char *error;        /* answered to the next `errors` commands named `error_to` */
    const char *error_to;
    uint32_t errors;
    uint32_t appends;         /* accepted */
} redis;

struct command_sent {
    size_t count;
    char *words[WORDS_MAX];
    size_t lengths[WORDS_MAX];
};

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
};

/* --- the fake Redis ----------------------------------------------------------------------------------- */

static void redis_begin(void)
{
    memset(&redis, 0, sizeof(redis));
    const char *good[] = {"appendonly", "yes", "appendfsync", "always", "no-appendfsync-on-rewrite",
                          "no", "maxmemory-policy", "noeviction"};
    memcpy(redis.settings, good, sizeof(good));
    redis.role = "# Replication\r\nrole:master\r\nconnected_slaves:0\r\n";
}

static void redis_append(struct entry_id id, const void *bytes, size_t length)
{
    struct stream_entry *entry = &redis.entries[redis.count++];
    cr_assert_lt(redis.count, STREAM_MAX);
    *entry = (struct stream_entry){.id = id, .bytes = malloc(length), .length = length};
    memcpy(entry->bytes, bytes, length);
    redis.last = id;
    redis.exists = true;
    redis.appends++;
}

/* Forgets the newest entries, as a Redis does that comes back without the tail of its file. */
static void redis_forget(size_t entries)
{
    redis.count -= entries;
    redis.last = redis.count > 0 ? redis.entries[redis.count - 1].id : (struct entry_id){0, 0};
}

static void redis_delete(void)
{
    redis.count = 0;
    redis.last = (struct entry_id){0, 0};
    redis.exists = false;
}

static struct entry_id id_of(const char *word)
{
    struct entry_id id = {0, 0};
    if (word[0] == '+') {
        return (struct entry_id){UINT64_MAX, UINT64_MAX};
    }
    if (word[0] != '-') {
        cr_assert(entry_id_read(text_of(word[0] == '(' ? word + 1 : word), &id), "ID %s", word);
    }
    return id;
}

static bool in_range(struct entry_id id, const char *start, const char *end)
{
    int above = entry_id_compare(id, id_of(start));
    return (start[0] == '(' ? above > 0 : above >= 0) && entry_id_compare(id, id_of(end)) <= 0;
}

static char *word_of(const struct command_sent *command, size_t at)
{
    cr_assert_lt(at, command->count);
    return command->words[at];
}

static bool is_command(const struct command_sent *command, const char *name)
{
    return strcmp(word_of(command, 0), name) == 0;
}

/* What one command leads to, and room for the answer's parts. */
struct reply {
    struct journal_answer answer;
    struct journal_entry entries[128];
    struct journal_pair pairs[4];
    char text[128 * ENTRY_ID_TEXT_BYTES];
};

static void reply_error(struct reply *reply, const char *error)
{
    reply->answer.kind = JOURNAL_ANSWER_ERROR;
    reply->answer.text = text_of(error);
}

static void redis_xadd(const struct command_sent *command, struct reply *reply)
{
    bool no_make = strcmp(word_of(command, 2), "NOMKSTREAM") == 0;
    size_t at = no_make ? 3 : 2;
    const char *word = word_of(command, at);
    struct entry_id id = id_of(word);
    cr_assert_str_eq(word_of(command, at + 1), "b");
    if (no_make && !redis.exists) {
        reply->answer.kind = JOURNAL_ANSWER_NIL;
        return;
    }
    if (entry_id_compare(id, redis.last) <= 0) {
        reply_error(reply, "ERR The ID specified in XADD is equal or smaller than the target "
                           "stream top item");
        return;
    }
    redis_append(id, word_of(command, at + 2), command->lengths[at + 2]);
    snprintf(reply->text, sizeof(reply->text), "%s", word);
    reply->answer.kind = JOURNAL_ANSWER_TEXT;
    reply->answer.text = text_of(reply->text);
}

static void redis_range(const struct command_sent *command, struct reply *reply, bool backwards)
{
    const char *start = word_of(command, backwards ? 3 : 2);
    const char *end = word_of(command, backwards ? 2 : 3);
    size_t limit = strtoul(word_of(command, 5), NULL, 10);
    char *text = reply->text;
    cr_assert_leq(limit, 128u);
    reply->answer.kind = JOURNAL_ANSWER_ENTRIES;
    reply->answer.entries = reply->entries;
    for (size_t at = 0; at < redis.count && reply->answer.count < limit; at++) {
        const struct stream_entry *entry =
            &redis.entries[backwards ? redis.count - 1 - at : at];
        if (!in_range(entry->id, start, end)) {
            continue;
        }
        entry_id_write(entry->id, text);
        reply->entries[reply->answer.count++] = (struct journal_entry){
            text_of(text), entry->strange ? NULL : entry->bytes, entry->length};
        text += ENTRY_ID_TEXT_BYTES;
    }
}

static void redis_settings(const struct command_sent *command, struct reply *reply)
{
    cr_assert_str_eq(word_of(command, 1), "GET");
    reply->answer.kind = JOURNAL_ANSWER_PAIRS;
    reply->answer.pairs = reply->pairs;
    for (size_t at = 0; at < 4; at++) {
        if (redis.settings[2 * at] != NULL) {
            reply->pairs[reply->answer.count++] = (struct journal_pair){
                text_of(redis.settings[2 * at]), text_of(redis.settings[2 * at + 1])};
        }
    }
}

static void redis_carry_out(const struct command_sent *command, struct reply *reply)
{
    reply->answer = (struct journal_answer){.kind = JOURNAL_ANSWER_OTHER};
    if (redis.errors > 0 && is_command(command, redis.error_to)) {
        redis.errors--;
        reply_error(reply, redis.error);
    } else if (is_command(command, "CONFIG")) {
        redis_settings(command, reply);
    } else if (is_command(command, "INFO")) {
        reply->answer.kind = JOURNAL_ANSWER_TEXT;
        reply->answer.text = text_of(redis.role);
    } else if (is_command(command, "XLEN")) {
        reply->answer.kind = JOURNAL_ANSWER_INTEGER;
        reply->answer.integer = (int64_t)redis.count;
    } else if (is_command(command, "XADD")) {
        redis_xadd(command, reply);
    } else {
        bool backwards = is_command(command, "XREVRANGE");
        cr_assert(backwards || is_command(command, "XRANGE"), "%s", word_of(command, 0));
        redis_range(command, reply, backwards);
    }
}

/* --- one server --------------------------------------------------------------------------------------- */

static void port_send(void *context, size_t count, const char *const *words, const size_t *lengths)
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

static struct command_sent take_command(struct server *server)
{
    cr_assert_gt(server->sent_count, 0u, "nothing was sent");
    struct command_sent command = server->sent[0];
    server->sent_count--;
    memmove(server->sent, server->sent + 1, server->sent_count * sizeof(command));
    return command;
}

static void free_command(struct command_sent *command)
{
    for (size_t at = 0; at < command->count; at++) {
        free(command->words[at]);
    }
}

static void port_disconnect(void *context)
{
    struct server *server = context;
    server->connected = false;
    while (server->sent_count > 0) {
        struct command_sent command = take_command(server);
        free_command(&command);
    }
}

static void on_leading(void *context)
{
    ((struct server *)context)->leading++;
}

static void on_durable(void *context, uint64_t seq)
{
    struct server *server = context;
    cr_assert_geq(seq, server->durable_seq);
    server->durable_seq = seq;
    server->durable_calls++;
}

static void on_progress(void *context, uint64_t entries, uint64_t events, double fraction)
{
    struct server *server = context;
    server->progress_calls++;
    server->fraction = fraction;
    (void)entries;
    (void)events;
}

static void on_halted(void *context, const char *message)
{
    snprintf(((struct server *)context)->halted, JOURNAL_MESSAGE_BYTES, "%s", message);
}

static void on_deposed(void *context, const char *message)
{
    snprintf(((struct server *)context)->deposed, JOURNAL_MESSAGE_BYTES, "%s", message);
}

static void on_handed_over(void *context)
{
    ((struct server *)context)->handed_over++;
}

static void on_note(void *context, const char *message)
{
    cr_assert_gt(strlen(message), 0u);
    ((struct server *)context)->notes++;
}

static struct engine *engine_new(void)
{
    struct engine_options options = {.members_max = 1000,
                                     .coupons_max = 1000,
                                     .campaigns_max = 10,
                                     .names_max = 100,
                                     .requests_max = 1000,
                                     .request_window_ms = 3600000,
                                     .code_key = 0};
    options.code_keys.live[0] = true;
    return engine_create(&options);
}

static void server_connect(struct server *server)
{
    cr_assert_not(server->connected);
    server->connected = true;
    journal_connected(server->journal);
}

static struct server *server_create(struct how how)
{
    static uint8_t nonces;
    struct server *server = calloc(1, sizeof(*server));
    struct journal_options options = {.shard = how.shard,
                                      .key_fingerprint = how.fingerprint,
                                      .clock_manual = how.clock_manual,
                                      .create = how.create,
                                      .durability = how.durability};
    const struct journal_port port = {server, port_send, port_disconnect};
    const struct journal_owner owner = {server,    on_leading, on_durable,     on_progress,
                                        on_halted, on_deposed, on_handed_over, on_note};
    snprintf(options.name, sizeof(options.name), "%s", how.name != NULL ? how.name : "boon");
    options.nonce.at[0] = how.nonce != 0 ? how.nonce : ++nonces;
    memset(options.fresh_id.at, options.nonce.at[0], sizeof(options.fresh_id.at));
    server->engine = engine_new();
    queue_init(&server->queue, how.queue_bytes != 0 ? how.queue_bytes : 8 * BATCH_BYTES_MAX);
    server->now_ms = 1000;
    server->journal = journal_create(&options, &port, &owner, server->engine, &server->queue);
    journal_tick(server->journal, server->now_ms, 1600000000000 + server->now_ms);
    return server;
}

#define server_start(...) server_start_how((struct how){__VA_ARGS__})
static struct server *server_start_how(struct how how)
{
    struct server *server = server_create(how);
    server_connect(server);
    return server;
}

static void server_end(struct server *server)
{
    port_disconnect(server);
    journal_destroy(&server->journal);
    queue_deinit(&server->queue);
    engine_destroy(&server->engine);
    free(server);
}

/* Lets time pass. */
static void wait_ms(struct server *server, int64_t ms)
{
    server->now_ms += ms;
    journal_tick(server->journal, server->now_ms, 1600000000000 + server->now_ms);
}

/* Carries out the oldest command and answers it. */
static void serve_one(struct server *server)
{
    static struct reply reply;
    struct command_sent command = take_command(server);
    redis_carry_out(&command, &reply);
    free_command(&command);
    journal_answer(server->journal, &reply.answer);
}

/* Answers until nothing is asked any more. */
static void serve(struct server *server)
{
    for (int at = 0; server->sent_count > 0; at++) {
        cr_assert_lt(at, 10000, "it asks for ever");
        serve_one(server);
    }
}

/* Answers until the next question is this command; false: it is never asked. */
static bool serve_until(struct server *server, const char *command)
{
    while (server->sent_count > 0 && !is_command(&server->sent[0], command)) {
        serve_one(server);
    }
    return server->sent_count > 0;
}

static void lose_connection(struct server *server)
{
    port_disconnect(server);
    journal_lost(server->journal);
}

/* Carries out the oldest command; its answer and the connection are lost. */
static void lose_answer(struct server *server)
{
    static struct reply reply;
    struct command_sent command = take_command(server);
    redis_carry_out(&command, &reply);
    free_command(&command);
    lose_connection(server);
}

/* The oldest command never arrives, and comes back for a late delivery. */
static struct command_sent lose_request(struct server *server)
{
    struct command_sent command = take_command(server);
    lose_connection(server);
    return command;
}

/* Carries out a command that had got stuck on an old connection; nobody hears the answer. */
static void arrive_late(struct command_sent *command)
{
    static struct reply reply;
    redis_carry_out(command, &reply);
    free_command(command);
}

static void reconnect(struct server *server)
{
    server_connect(server);
    serve(server);
}

/* Steps a command and queues what comes of it. */
static enum refusal step(struct server *server, const struct command *command)
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

static void open_campaign(struct server *server)
{
    const struct campaign_definition definition = {
        .name = TEXT("Sale"),
        .stock = 500,
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

static void claim(struct server *server, const char *member)
{
    struct command command = {.type = COMMAND_COUPON_CLAIM};
    command.as.coupon_claim.member = text_of(member);
    command.as.coupon_claim.campaign = TEXT("sale");
    cr_assert_eq(step(server, &command), REFUSAL_NONE);
}

/* Starts a brand: a server that leads, with an open campaign in the journal. */
static struct server *server_with_campaign(void)
{
    struct server *server = server_start(.create = true);
    serve(server);
    cr_assert_eq(server->leading, 1u, "%s", server->halted);
    open_campaign(server);
    journal_pump(server->journal);
    serve(server);
    cr_assert_eq(server->durable_seq, server->engine->seq);
    return server;
}

/* Claims, commits and has it acknowledged. */
static void claim_durably(struct server *server, const char *member)
{
    claim(server, member);
    journal_pump(server->journal);
    serve(server);
    cr_assert_eq(server->durable_seq, server->engine->seq);
}

#endif
