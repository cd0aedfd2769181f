/* inspect_world.h -- a journal of two epochs with two snapshots in a real Redis, to be damaged and looked at.
 *
 *     TestSuite(x, .init = world_begin, .fini = world_end, .timeout = 120);
 *     lay_again(from, to, flipped, byte);              the journal with a hole, or with a bit flipped
 *     code = look(inspect_verify, &wishes, NULL);      world.out and world.err have what it wrote
 */
#ifndef BOON_TESTS_UNIT_INSPECT_WORLD_H
#define BOON_TESTS_UNIT_INSPECT_WORLD_H

#include <criterion/criterion.h>
#include <event2/event.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "net/batch.h"
#include "net/inspect_read.h"
#include "net/journal_marks.h"
#include "net/log.h"
#include "net/redis_child.h"
#include "tests/lib/engine_story.h"

#define ENTRIES_MAX 128
#define NOON 1795262400000LL /* 2026-11-21T12:00:00Z */
#define JOURNAL "boon:{0}:journal"
#define SNAPSHOTS "boon:{0}:snapshots"

/* What lies in a stream, to be laid there again with a change. */
struct stored {
    struct entry_id id;
    uint8_t *bytes;
    size_t length;
};

/* A journal as a server writes it, and what its state is. */
static struct {
    char directory[64];
    struct event_base *base;
    struct redis_child *child;
    struct redis_ask *redis;
    struct engine *engine;
    struct bytes16 id;
    struct bytes16 nonce;
    uint64_t epoch;
    uint64_t number;
    uint64_t chain;
    int64_t time_ms;
    struct stored entries[ENTRIES_MAX];
    size_t count;
    char *out;
    char *err;
} world;

/* --- Redis -------------------------------------------------------------------------------------------- */

static inline void add(const char *key, struct entry_id id, const uint8_t *bytes, size_t length)
{
    char text[ENTRY_ID_TEXT_BYTES];
    entry_id_write(id, text);
    const char *const words[] = {"XADD", key, text, "b", (const char *)bytes};
    const size_t lengths[] = {4, strlen(key), strlen(text), 1, length};
    cr_assert(redis_ask_send(world.redis, 5, words, lengths));
    const struct journal_answer *answer = redis_ask_next(world.redis);
    cr_assert_not_null(answer);
    cr_assert_eq(answer->kind, JOURNAL_ANSWER_TEXT, "%.*s", (int)answer->text.length,
                 answer->text.data);
}

static inline int64_t ask_number(const char *command, const char *key)
{
    const struct journal_answer *answer = key == NULL ? REDIS_ASK(world.redis, command)
                                                      : REDIS_ASK(world.redis, command, key);
    cr_assert_not_null(answer);
    cr_assert_eq(answer->kind, JOURNAL_ANSWER_INTEGER);
    return answer->integer;
}

static inline void start_redis(void)
{
    struct redis_child_message message;
    const struct redis_child_options how = {
        .dir = world.directory, .server = "redis-server", .sync = REDIS_CHILD_SYNC_NONE};
    cr_assert_eq(redis_child_start(&world.child, world.base, &how, &message), REDIS_CHILD_OK, "%s",
                 message.text);
    const struct journal_redis_options where = {.path = redis_child_path(world.child)};
    char why[256];
    for (int tries = 0; tries < 500 && world.redis == NULL; tries++) {
        usleep(10000);
        world.redis = redis_ask_open(&where, why, sizeof(why));
    }
    cr_assert_not_null(world.redis, "%s", why);
}

/* --- the journal ---------------------------------------------------------------------------------------- */

static inline void keep(struct entry_id id, const uint8_t *bytes, size_t length)
{
    cr_assert_lt(world.count, (size_t)ENTRIES_MAX);
    struct stored *stored = &world.entries[world.count++];
    *stored = (struct stored){id, malloc(length), length};
    memcpy(stored->bytes, bytes, length);
    add(JOURNAL, id, bytes, length);
}

/* Writes one batch of groups of one event each, and applies them. */
static inline void write_batch(const struct event *events, size_t count)
{
    static uint8_t bytes[BATCH_BYTES_MAX];
    struct batch_builder builder;
    const struct batch_stamp stamp = {.journal_id = world.id,
                                      .epoch = world.epoch,
                                      .number = world.number,
                                      .first_seq = world.engine->seq + 1,
                                      .previous = world.chain};
    batch_begin(&builder, bytes, sizeof(bytes));
    for (size_t at = 0; at < count; at++) {
        cr_assert(batch_add_group(&builder, world.time_ms, 0, &events[at], 1));
        const char *why = engine_admits(world.engine, &events[at]);
        cr_assert_null(why, "%s", why);
        engine_apply(world.engine, world.time_ms, &events[at]);
    }
    size_t length = batch_seal(&builder, &stamp, &world.chain);
    keep((struct entry_id){world.epoch, world.number++}, bytes, length);
}

static inline void take_over(void)
{
    uint8_t mark[MARK_BYTES_MAX];
    world.epoch++;
    world.nonce.at[0]++;
    size_t length = takeover_write(world.id, world.epoch, world.nonce, world.time_ms, mark);
    keep((struct entry_id){world.epoch, 0}, mark, length);
    world.number = 1;
    const struct event begin = {.type = EVENT_BEGIN, .as.begin = {.nonce = world.nonce}};
    write_batch(&begin, 1);
}

static inline void hand_over(void)
{
    const struct event event = {.type = EVENT_HANDOVER, .as.handover = {.nonce = world.nonce}};
    write_batch(&event, 1);
}

static inline struct event genesis(void)
{
    return (struct event){.type = EVENT_GENESIS,
                          .as.genesis = {.journal_id = world.id,
                                         .name = TEXT("boon"),
                                         .format = BATCH_FORMAT,
                                         .key_fingerprint = 0x123456789abcdef0}};
}

static inline void add_campaign(uint32_t number, const char *id)
{
    const struct event events[] = {
        {.type = EVENT_CAMPAIGN_DEFINED,
         .as.campaign_defined = {.campaign = number,
                                 .id = text_of(id),
                                 .name = TEXT("A \"sale\"\n\xff"),
                                 .stock = 1000,
                                 .per_member = 2,
                                 .value_kind = VALUE_AMOUNT_OFF,
                                 .amount_fen = 500,
                                 .source = TEXT("{}")}},
        {.type = EVENT_CAMPAIGN_MOVED,
         .as.campaign_moved = {.campaign = number, .state = CAMPAIGN_RUNNING}},
    };
    write_batch(events, 2);
}

static inline void add_member(uint32_t number, const char *id)
{
    const struct event event = {.type = EVENT_MEMBER_CREATED,
                                .as.member_created = {number, text_of(id)}};
    write_batch(&event, 1);
}

static inline void add_coupon(uint64_t serial, uint32_t member, uint32_t campaign)
{
    const struct event event = {
        .type = EVENT_COUPON_ISSUED,
        .as.coupon_issued = {
            .serial = serial, .member = member, .campaign = campaign, .nth = 1, .channel = 1}};
    write_batch(&event, 1);
}

/* --- snapshots -------------------------------------------------------------------------------------------- */

static inline struct snapshot_stamp stamp_now(void)
{
    return (struct snapshot_stamp){.journal_id = world.id,
                                   .epoch = world.epoch,
                                   .number = world.number - 1,
                                   .seq = world.engine->seq,
                                   .chain = world.chain,
                                   .time_ms = world.time_ms,
                                   .nonce = world.nonce};
}

static inline char *chunks_key(struct entry_id id)
{
    static char key[128];
    snprintf(key, sizeof(key), "boon:{0}:snapshot:%" PRIu64 "-%" PRIu64, id.epoch, id.number);
    return key;
}

/* Writes a snapshot of the engine under a stamp; its manifest promises another state hash by `lie`. Returns
 * its ID. */
static inline struct entry_id write_snapshot(struct snapshot_stamp stamp, uint64_t lie)
{
    const struct event first = genesis();
    struct entry_id id = {stamp.epoch, stamp.number};
    struct snapshot_writer *writer = snapshot_writer_create(world.engine, &first, &stamp, NOON);
    const uint8_t *bytes;
    size_t length;
    uint64_t chunk = 0;
    cr_assert_not_null(writer);
    while (snapshot_writer_next(writer, &bytes, &length)) {
        add(chunks_key(id), (struct entry_id){1, ++chunk}, bytes, length);
    }
    cr_assert_not(snapshot_writer_failed(writer));
    struct manifest manifest;
    uint8_t manifest_bytes[MANIFEST_BYTES_MAX];
    snapshot_writer_manifest(writer, &manifest);
    manifest.state_hash ^= lie;
    add(SNAPSHOTS, id, manifest_bytes, manifest_write(&manifest, manifest_bytes));
    snapshot_writer_destroy(&writer);
    return id;
}

static inline struct entry_id snapshot(void)
{
    return write_snapshot(stamp_now(), 0);
}

/* --- the story -------------------------------------------------------------------------------------------- */

/*  entry  what            seq
 *  0-1    GENESIS         1
 *  1-0    TAKEOVER
 *  1-1    BEGIN           2
 *  1-2    sale            3, 4
 *  1-3    channel, asset  5, 6
 *  1-4    m1              7
 *  1-5    m2              8
 *  1-6    coupon 1, m1    9        snapshot
 *  1-7    m1 earns        10
 *  1-8    HANDOVER        11
 *  2-0    TAKEOVER
 *  2-1    BEGIN           12
 *  2-2    other           13, 14
 *  2-3    coupon 2, m2    15       snapshot
 *  2-4    coupon 3, m1    16       each a minute later than the one before, from 1-2 on */
static struct entry_id older;
static struct entry_id newer;

static inline void minute_later(void)
{
    world.time_ms += 60000;
}

static inline void tell_first_epoch(void)
{
    const struct event names[] = {
        {.type = EVENT_NAME_ADDED, .as.name_added = {NAME_CHANNEL, 1, TEXT("wechat")}},
        {.type = EVENT_NAME_ADDED, .as.name_added = {NAME_ASSET, 1, TEXT("points")}},
    };
    const struct event earned = {
        .type = EVENT_ACCOUNT_EARNED,
        .as.account_earned = {
            .member = 1, .asset = 1, .amount = 1000000000000, .balance = 1000000000000}};
    take_over();
    minute_later();
    add_campaign(1, "sale");
    minute_later();
    write_batch(names, 2);
    minute_later();
    add_member(1, "m1");
    minute_later();
    add_member(2, "m2");
    minute_later();
    add_coupon(1, 1, 1);
    older = snapshot();
    minute_later();
    write_batch(&earned, 1);
    minute_later();
    hand_over();
}

static inline void tell_second_epoch(void)
{
    take_over();
    minute_later();
    add_campaign(2, "other");
    minute_later();
    add_coupon(2, 2, 1);
    newer = snapshot();
    minute_later();
    add_coupon(3, 1, 2);
}

static inline void world_begin(void)
{
    memset(&world, 0, sizeof(world));
    snprintf(world.directory, sizeof(world.directory), "/tmp/boon-inspect-XXXXXX");
    cr_assert_not_null(mkdtemp(world.directory));
    log_set_fd(open("/dev/null", O_WRONLY | O_CLOEXEC));
    world.base = event_base_new();
    start_redis();
    struct engine_options how = story_options();
    how.members_max = 100000;
    how.code_key = 0;
    world.engine = engine_create(&how);
    world.id.at[0] = 7;
    world.time_ms = NOON;
    world.number = 1;
    const struct event first = genesis();
    write_batch(&first, 1);
    tell_first_epoch();
    tell_second_epoch();
}

static inline void world_end(void)
{
    char command[128];
    for (size_t at = 0; at < world.count; at++) {
        free(world.entries[at].bytes);
    }
    free(world.out);
    free(world.err);
    engine_destroy(&world.engine);
    redis_ask_close(&world.redis);
    redis_child_stop(&world.child);
    event_base_free(world.base);
    snprintf(command, sizeof(command), "rm -rf %s", world.directory);
    cr_assert_eq(system(command), 0);
}

/* --- looking ------------------------------------------------------------------------------------------------ */

/* Runs verify or dump. `more`: a further option, or NULL. */
static inline int look(int (*command)(struct inspect *), const struct inspect_wishes *wishes,
                       char *more)
{
    static struct options options;
    static struct inspect inspect;
    struct options_message message;
    char redis[128];
    size_t size;
    snprintf(redis, sizeof(redis), "--redis=unix:%s/redis.sock", world.directory);
    char program[] = "boon-server";
    char *words[] = {program, redis, more, NULL};
    char *environment[] = {NULL};
    cr_assert_eq(options_load_to_look(&options, more == NULL ? 2 : 3, words, environment, &message),
                 OPTIONS_OK, "%s", message.text);
    free(world.out);
    free(world.err);
    world.out = world.err = NULL;
    inspect = (struct inspect){.options = &options, .wishes = *wishes};
    inspect.out = open_memstream(&world.out, &size);
    size_t err_size;
    inspect.err = open_memstream(&world.err, &err_size);
    cr_assert(inspect_source_open(&inspect.source, &options, inspect.err, inspect.words,
                                  sizeof(inspect.words)),
              "%s", inspect.words);
    int code = command(&inspect);
    inspect_source_close(&inspect.source);
    if (code == INSPECT_NOT_LOOKED) {
        fprintf(inspect.err, "%s", inspect.words);
    }
    fclose(inspect.out);
    fclose(inspect.err);
    return code;
}

static inline void expect_in_report(const char *words)
{
    cr_assert_not_null(strstr(world.out, words), "not %s: %s", words, world.out);
}

/* Lays the journal down again, without the entries from..to-1, and with one bit of an entry flipped. */
static inline void lay_again(size_t from, size_t to, size_t flipped, size_t byte)
{
    ask_number("DEL", JOURNAL);
    cr_assert_leq(world.count, sizeof(world.entries) / sizeof(world.entries[0]));
    for (size_t at = 0; at < world.count; at++) {
        struct stored *stored = &world.entries[at];
        if (at >= from && at < to) {
            continue;
        }
        if (at == flipped) {
            stored->bytes[byte] ^= 4;
        }
        add(JOURNAL, stored->id, stored->bytes, stored->length);
        if (at == flipped) {
            stored->bytes[byte] ^= 4;
        }
    }
}

static inline void remove_from(const char *key, const char *id)
{
    const struct journal_answer *answer = REDIS_ASK(world.redis, "XDEL", key, id);
    cr_assert_not_null(answer);
    cr_assert_eq(answer->integer, 1);
}

#define NONE ((size_t)-1)

static inline size_t place_of(uint64_t epoch, uint64_t number)
{
    for (size_t at = 0; at < world.count; at++) {
        if (world.entries[at].id.epoch == epoch && world.entries[at].id.number == number) {
            return at;
        }
    }
    cr_assert(false, "there is no such entry");
    return NONE;
}

#endif
