/* inspect.c -- verify and dump against a real Redis: what is whole is called so, and no damage is missed. */
#include <criterion/criterion.h>
#include <event2/event.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "net/batch.h"
#include "net/inspect_dump.h"
#include "net/inspect_verify.h"
#include "net/journal_marks.h"
#include "net/json_out.h"
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

static void add(const char *key, struct entry_id id, const uint8_t *bytes, size_t length)
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

static int64_t ask_number(const char *command, const char *key)
{
    const struct journal_answer *answer = key == NULL ? REDIS_ASK(world.redis, command)
                                                      : REDIS_ASK(world.redis, command, key);
    cr_assert_not_null(answer);
    cr_assert_eq(answer->kind, JOURNAL_ANSWER_INTEGER);
    return answer->integer;
}

static void start_redis(void)
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

static void keep(struct entry_id id, const uint8_t *bytes, size_t length)
{
    cr_assert_lt(world.count, (size_t)ENTRIES_MAX);
    struct stored *stored = &world.entries[world.count++];
    *stored = (struct stored){id, malloc(length), length};
    memcpy(stored->bytes, bytes, length);
    add(JOURNAL, id, bytes, length);
}

/* Writes one batch of groups of one event each, and applies them. */
static void write_batch(const struct event *events, size_t count)
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

static void take_over(void)
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

static void hand_over(void)
{
    const struct event event = {.type = EVENT_HANDOVER, .as.handover = {.nonce = world.nonce}};
    write_batch(&event, 1);
}

static struct event genesis(void)
{
    return (struct event){.type = EVENT_GENESIS,
                          .as.genesis = {.journal_id = world.id,
                                         .name = TEXT("boon"),
                                         .format = BATCH_FORMAT,
                                         .key_fingerprint = 0x123456789abcdef0}};
}

static void add_campaign(uint32_t number, const char *id)
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

static void add_member(uint32_t number, const char *id)
{
    const struct event event = {.type = EVENT_MEMBER_CREATED,
                                .as.member_created = {number, text_of(id)}};
    write_batch(&event, 1);
}

static void add_coupon(uint64_t serial, uint32_t member, uint32_t campaign)
{
    const struct event event = {
        .type = EVENT_COUPON_ISSUED,
        .as.coupon_issued = {
            .serial = serial, .member = member, .campaign = campaign, .nth = 1, .channel = 1}};
    write_batch(&event, 1);
}

/* --- snapshots -------------------------------------------------------------------------------------------- */

static struct snapshot_stamp stamp_now(void)
{
    return (struct snapshot_stamp){.journal_id = world.id,
                                   .epoch = world.epoch,
                                   .number = world.number - 1,
                                   .seq = world.engine->seq,
                                   .chain = world.chain,
                                   .time_ms = world.time_ms,
                                   .nonce = world.nonce};
}

static char *chunks_key(struct entry_id id)
{
    static char key[128];
    snprintf(key, sizeof(key), "boon:{0}:snapshot:%" PRIu64 "-%" PRIu64, id.epoch, id.number);
    return key;
}

/* Writes a snapshot of `engine` under a stamp. Returns its ID. */
static struct entry_id write_snapshot(const struct engine *engine, struct snapshot_stamp stamp)
{
    const struct event first = genesis();
    struct entry_id id = {stamp.epoch, stamp.number};
    struct snapshot_writer *writer = snapshot_writer_create(engine, &first, &stamp, NOON);
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
    add(SNAPSHOTS, id, manifest_bytes, manifest_write(&manifest, manifest_bytes));
    snapshot_writer_destroy(&writer);
    return id;
}

static struct entry_id snapshot(void)
{
    return write_snapshot(world.engine, stamp_now());
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

static void minute_later(void)
{
    world.time_ms += 60000;
}

static void tell_first_epoch(void)
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

static void tell_second_epoch(void)
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

static void begin(void)
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

static void end(void)
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

TestSuite(inspect, .init = begin, .fini = end, .timeout = 120);

/* --- looking ------------------------------------------------------------------------------------------------ */

/* Runs verify or dump. `more`: a further option, or NULL. */
static int look(int (*command)(struct inspect *), const struct inspect_wishes *wishes, char *more)
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

static int verify_with(char *more)
{
    const struct inspect_wishes wishes = {.json = true};
    return look(inspect_verify, &wishes, more);
}

/* Verifies, and holds verdict and words against what is expected. */
static void expect_fault(int code, const char *where, const char *what)
{
    char wanted[64];
    int came = verify_with(NULL);
    cr_assert_eq(came, code, "%d: %s%s", came, world.out, world.err);
    snprintf(wanted, sizeof(wanted), "\"where\":\"%s\"", where);
    cr_assert_not_null(strstr(world.out, wanted), "not %s: %s", where, world.out);
    cr_assert_not_null(strstr(world.out, what), "not %s: %s", what, world.out);
}

static void expect_whole(void)
{
    int came = verify_with(NULL);
    cr_assert_eq(came, INSPECT_WHOLE, "%s%s", world.out, world.err);
    cr_assert_not_null(strstr(world.out, "\"verdict\":\"whole\""), "%s", world.out);
}

static void expect_in_report(const char *words)
{
    cr_assert_not_null(strstr(world.out, words), "not %s: %s", words, world.out);
}

/* Lays the journal down again, without the entries from..to-1, and with one bit of an entry flipped. */
static void lay_again(size_t from, size_t to, size_t flipped, size_t byte)
{
    ask_number("DEL", JOURNAL);
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

static void remove_from(const char *key, const char *id)
{
    const struct journal_answer *answer = REDIS_ASK(world.redis, "XDEL", key, id);
    cr_assert_not_null(answer);
    cr_assert_eq(answer->integer, 1);
}

#define NONE ((size_t)-1)

static size_t place_of(uint64_t epoch, uint64_t number)
{
    for (size_t at = 0; at < world.count; at++) {
        if (world.entries[at].id.epoch == epoch && world.entries[at].id.number == number) {
            return at;
        }
    }
    cr_assert(false, "there is no such entry");
    return NONE;
}

/* --- verify --------------------------------------------------------------------------------------------------- */

Test(inspect, a_good_journal_with_its_snapshots_is_whole)
{
    expect_whole();
    expect_in_report("\"entries\":15,");
    expect_in_report("\"first_entry\":\"0-1\",\"last_entry\":\"2-4\"");
    expect_in_report("\"coupon_issued\":3");
    expect_in_report("\"epoch_count\":2,\"handovers\":1");
    expect_in_report("\"seq\":16");
    char hash[64];
    snprintf(hash, sizeof(hash), "\"state_hash\":\"%016" PRIx64 "\"",
             engine_state_hash(world.engine));
    expect_in_report(hash);
    size_t same = 0;
    for (const char *at = world.out; (at = strstr(at, "\"same_as_journal\":true")) != NULL; at++) {
        same++;
    }
    cr_assert_eq(same, 2u);
}

Test(inspect, looking_changes_nothing)
{
    const struct inspect_wishes all = {.to_ms = INT64_MAX};
    int64_t keys = ask_number("DBSIZE", NULL);
    int64_t length = ask_number("XLEN", JOURNAL);
    int64_t manifests = ask_number("XLEN", SNAPSHOTS);
    const struct journal_answer *info = REDIS_ASK(world.redis, "INFO", "persistence");
    cr_assert_not_null(info);
    const char *at = strstr(info->text.data, "rdb_changes_since_last_save:");
    cr_assert_not_null(at);
    long changes = strtol(strchr(at, ':') + 1, NULL, 10);
    cr_assert_eq(verify_with(NULL), INSPECT_WHOLE);
    cr_assert_eq(look(inspect_dump, &all, NULL), INSPECT_WHOLE);
    cr_assert_eq(ask_number("DBSIZE", NULL), keys);
    cr_assert_eq(ask_number("XLEN", JOURNAL), length);
    cr_assert_eq(ask_number("XLEN", SNAPSHOTS), manifests);
    info = REDIS_ASK(world.redis, "INFO", "persistence");
    at = strstr(info->text.data, "rdb_changes_since_last_save:");
    cr_assert_eq(strtol(strchr(at, ':') + 1, NULL, 10), changes);
}

Test(inspect, the_report_is_a_table_too)
{
    const struct inspect_wishes wishes = {.json = false};
    cr_assert_eq(look(inspect_verify, &wishes, NULL), INSPECT_WHOLE);
    expect_in_report("entries     15, 0-1 to 2-4");
    expect_in_report("coupon_issued                     3");
    expect_in_report("handed over");
    expect_in_report("verdict     whole");
}

Test(inspect, a_flipped_bit_is_found_in_every_byte_of_an_entry)
{
    size_t entry = place_of(1, 7); /* between the two snapshots */
    for (size_t byte = 0; byte < world.entries[entry].length; byte += 3) {
        lay_again(NONE, NONE, entry, byte);
        expect_fault(INSPECT_DAMAGED, "entry 1-7", "backup");
        expect_in_report("\"can_start\":true"); /* from the newer snapshot */
    }
    lay_again(NONE, NONE, NONE, 0);
    expect_whole();
}

Test(inspect, a_flipped_bit_behind_the_newest_snapshot_stops_a_start)
{
    size_t entry = place_of(2, 4);
    lay_again(NONE, NONE, entry, world.entries[entry].length - 20);
    expect_fault(INSPECT_DAMAGED, "entry 2-4", "its hash does not match");
    expect_in_report("\"can_start\":false");
}

Test(inspect, a_missing_entry_is_found)
{
    /* clang-format off */
    static const struct {
        uint64_t epoch, number; const char *where; const char *what; bool can_start;
    } scenarios[] = {
        {1, 0, "entry 1-1", "a TAKEOVER is missing", true},
        {1, 1, "entry 1-2", "a batch is missing",    true},
        {1, 5, "entry 1-6", "a batch is missing",    true},
        {1, 8, "entry 2-1", "chain is broken",       true},
        {2, 0, "entry 2-1", "a TAKEOVER is missing", true},
        {2, 3, "entry 2-4", "a batch is missing",    false},
    };
    /* clang-format on */
    for (size_t at = 0; at < sizeof(scenarios) / sizeof(scenarios[0]); at++) {
        size_t entry = place_of(scenarios[at].epoch, scenarios[at].number);
        lay_again(entry, entry + 1, NONE, 0);
        expect_fault(INSPECT_DAMAGED, scenarios[at].where, scenarios[at].what);
        if (scenarios[at].can_start) {
            expect_in_report("\"can_start\":true");
        }
    }
}

Test(inspect, a_journal_that_ends_before_its_snapshot_came_back_shorter)
{
    lay_again(place_of(2, 3), world.count, NONE, 0);
    expect_fault(INSPECT_DAMAGED, "snapshot 2-3", "came back shorter");
}

Test(inspect, a_trimmed_journal_with_a_whole_snapshot_is_whole)
{
    lay_again(0, place_of(1, 6), NONE, 0);
    expect_whole();
    expect_in_report("\"state_from_snapshot\":\"1-6\"");
    expect_in_report("\"name\":\"boon\"");
    expect_in_report("\"seq\":16");
}

Test(inspect, a_trimmed_journal_without_a_snapshot_is_damaged)
{
    lay_again(0, place_of(1, 6), NONE, 0);
    ask_number("DEL", SNAPSHOTS);
    expect_fault(INSPECT_DAMAGED, "entry 1-6", "no whole snapshot reaches back");
    expect_in_report("\"can_start\":false");
}

Test(inspect, an_entry_before_the_snapshot_of_a_trimmed_journal_is_checked_too)
{
    size_t entry = place_of(1, 5);
    lay_again(0, entry, entry, 70);
    expect_fault(INSPECT_DAMAGED, "entry 1-5", "its hash does not match");
    expect_in_report("\"can_start\":true");
}

Test(inspect, a_hole_before_the_snapshot_of_a_trimmed_journal_is_found)
{
    size_t entry = place_of(1, 4);
    lay_again(0, entry, NONE, 0); /* trimmed up to here, */
    expect_whole();
    remove_from(JOURNAL, "1-5"); /* and one more is gone */
    expect_fault(INSPECT_DAMAGED, "entry 1-6", "one is missing");
}

Test(inspect, a_missing_changed_or_surplus_chunk_is_found)
{
    char id[ENTRY_ID_TEXT_BYTES];
    char where[64];
    static uint8_t bytes[SNAPSHOT_CHUNK_BYTES_MAX];
    struct entry_id chunk = {1, 1};
    const char *key = chunks_key(newer);
    const struct journal_answer *answer = REDIS_ASK(world.redis, "XRANGE", key, "-", "+");
    cr_assert_eq(answer->count, 1u);
    size_t length = answer->entries[0].length;
    memcpy(bytes, answer->entries[0].bytes, length);
    snprintf(where, sizeof(where), "snapshot %s", entry_id_write(newer, id));

    add(key, (struct entry_id){1, 2}, bytes, length);
    expect_fault(INSPECT_DAMAGED, where, "\"chunks_good\":false");

    ask_number("DEL", key);
    expect_fault(INSPECT_DAMAGED, where, "chunk 1 of 1 is missing");
    expect_in_report("\"seq\":16"); /* the journal itself is good */

    bytes[length / 2] ^= 1;
    add(key, chunk, bytes, length);
    expect_fault(INSPECT_DAMAGED, where, "\"chunks_good\":false");
    bytes[length / 2] ^= 1;

    ask_number("DEL", key);
    add(key, chunk, bytes, length);
    expect_whole();
}

Test(inspect, a_hole_among_many_chunks_is_found)
{
    static struct event events[1000];
    static char ids[1000][32];
    char where[64];
    char id[ENTRY_ID_TEXT_BYTES];
    for (uint32_t batch = 0; batch < 40; batch++) {
        for (uint32_t at = 0; at < 1000; at++) {
            uint32_t number = 3 + batch * 1000 + at;
            snprintf(ids[at], sizeof(ids[at]), "member-%u-%u", number, number * 2654435761u);
            events[at] = (struct event){.type = EVENT_MEMBER_CREATED,
                                        .as.member_created = {number, text_of(ids[at])}};
        }
        write_batch(events, 1000);
    }
    struct entry_id third = snapshot();
    cr_assert_geq(ask_number("XLEN", chunks_key(third)), 3);
    expect_whole();
    remove_from(chunks_key(third), "1-2");
    snprintf(where, sizeof(where), "snapshot %s", entry_id_write(third, id));
    expect_fault(INSPECT_DAMAGED, where, "chunk 2 is missing");
}

Test(inspect, a_broken_manifest_is_found)
{
    uint8_t bytes[MANIFEST_BYTES_MAX];
    const struct journal_answer *answer = REDIS_ASK(world.redis, "XRANGE", SNAPSHOTS, "2-3", "2-3");
    cr_assert_eq(answer->count, 1u);
    size_t length = answer->entries[0].length;
    memcpy(bytes, answer->entries[0].bytes, length);
    remove_from(SNAPSHOTS, "2-3");
    add(SNAPSHOTS, (struct entry_id){2, 4}, bytes, length);
    expect_fault(INSPECT_DAMAGED, "snapshot 2-4", "written for entry 2-3");
    remove_from(SNAPSHOTS, "2-4");
    bytes[length / 2] ^= 1;
    add(SNAPSHOTS, (struct entry_id){2, 5}, bytes, length);
    expect_fault(INSPECT_DAMAGED, "snapshot 2-5", "its manifest cannot be read");
}

Test(inspect, a_snapshot_of_another_state_is_found_though_its_hashes_agree)
{
    /* The last coupon is of the other campaign than in the journal, and all else is as it should be. */
    struct engine *engine = world.engine;
    coupon_at(&engine->coupons, 3)->store = 0;
    coupon_at(&engine->coupons, 3)->channel = 0;
    struct entry_id lying = snapshot();
    char where[64];
    char id[ENTRY_ID_TEXT_BYTES];
    snprintf(where, sizeof(where), "snapshot %s", entry_id_write(lying, id));
    expect_fault(INSPECT_DAMAGED, where, "they differ in coupon_state number 3");
    expect_in_report("\"chunks_good\":true,\"state_good\":true,\"same_as_journal\":false");
}

Test(inspect, what_lacks_only_room_is_not_called_damaged)
{
    char small[] = "--max-members=1";
    int code = verify_with(small);
    cr_assert_eq(code, INSPECT_NOT_LOOKED, "%d %s", code, world.out);
    expect_in_report("more members than this server has room for");
    expect_in_report("Raise that max- option");
}

Test(inspect, where_there_is_no_journal_nothing_is_judged)
{
    ask_number("DEL", JOURNAL);
    cr_assert_eq(verify_with(NULL), INSPECT_NOT_LOOKED);
    cr_assert_not_null(strstr(world.err, "there is no journal at boon:{0}:journal"), "%s",
                       world.err);
    REDIS_ASK(world.redis, "SET", JOURNAL, "x");
    cr_assert_eq(verify_with(NULL), INSPECT_NOT_LOOKED);
    cr_assert_not_null(strstr(world.err, "is not a stream"), "%s", world.err);
}

Test(inspect, a_journal_under_another_brands_key_is_found)
{
    REDIS_ASK(world.redis, "RENAME", JOURNAL, "shop:{0}:journal");
    char name[] = "--name=shop";
    cr_assert_eq(verify_with(name), INSPECT_DAMAGED);
    expect_in_report("it says that it belongs to brand boon");
}

/* --- dump ------------------------------------------------------------------------------------------------------ */

/* Returns the sequence numbers of a dump: "1 2 3 … ". A TAKEOVER is T. */
static const char *numbers_of(const struct inspect_wishes *wishes)
{
    static char numbers[512];
    int code = look(inspect_dump, wishes, NULL);
    cr_assert_eq(code, INSPECT_WHOLE, "%s", world.err);
    numbers[0] = '\0';
    for (const char *at = world.out; (at = strstr(at, "\"seq\":")) != NULL;) {
        size_t used = strlen(numbers);
        at += strlen("\"seq\":");
        int digits = (int)strcspn(at, ",");
        snprintf(numbers + used, sizeof(numbers) - used, "%.*s ", *at == 'n' ? 1 : digits,
                 *at == 'n' ? "T" : at);
    }
    return numbers;
}

Test(inspect, a_dump_shows_what_is_asked_for)
{
    /* clang-format off */
    static const struct { struct inspect_wishes wishes; const char *numbers; } scenarios[] = {
        {{.to_ms = INT64_MAX},                    "1 T 2 3 4 5 6 7 8 9 10 11 T 12 13 14 15 16 "},
        {{.to_ms = INT64_MAX, .member = "m1"},    "7 9 10 16 "},
        {{.to_ms = INT64_MAX, .member = "m2"},    "8 15 "},
        {{.to_ms = INT64_MAX, .member = "m3"},    ""},
        {{.to_ms = INT64_MAX, .campaign = "sale"},  "3 4 9 15 "},
        {{.to_ms = INT64_MAX, .campaign = "other"}, "13 14 16 "},
        {{.to_ms = INT64_MAX, .member = "m1", .campaign = "sale"}, "9 "},
        {{.to_ms = INT64_MAX, .after = {1, 7}},   "11 T 12 13 14 15 16 "},
        {{.to_ms = INT64_MAX, .after = {1, 3}, .member = "m1"},  "7 9 10 16 "},
        {{.to_ms = INT64_MAX, .after = {2, 3}},   "16 "},
        {{.to_ms = INT64_MAX, .after = {2, 4}},   ""},
        {{.to_ms = INT64_MAX, .from_ms = NOON + 7 * 60000}, "11 T 12 13 14 15 16 "},
        {{.to_ms = NOON + 2 * 60000},             "1 T 2 3 4 "},
        {{.from_ms = NOON + 60000, .to_ms = NOON + 3 * 60000}, "3 4 5 6 "},
    };
    /* clang-format on */
    for (size_t at = 0; at < sizeof(scenarios) / sizeof(scenarios[0]); at++) {
        cr_assert_str_eq(numbers_of(&scenarios[at].wishes), scenarios[at].numbers,
                         "scenario %zu: %s", at, world.out);
    }
}

Test(inspect, a_dump_names_what_numbers_stand_for_and_shows_no_code)
{
    const struct inspect_wishes wishes = {.to_ms = INT64_MAX};
    char code[CODE_BYTES + 1] = "";
    cr_assert_eq(look(inspect_dump, &wishes, NULL), INSPECT_WHOLE);
    expect_in_report("{\"entry\":\"1-6\",\"seq\":9,\"time\":\"2026-11-21T12:05:00.000Z\","
                     "\"time_ms\":1795262700000,\"principal\":0,\"event\":\"coupon_issued\","
                     "\"serial\":1,\"member\":1,\"member_id\":\"m1\",\"campaign\":1,"
                     "\"campaign_id\":\"sale\",\"nth\":1,\"channel\":1,\"channel_id\":\"wechat\","
                     "\"store\":0,\"staff\":0,\"key\":0}\n");
    expect_in_report("\"asset\":1,\"asset_id\":\"points\",\"amount\":1000000000000,");
    expect_in_report("\"key_fingerprint\":\"1311768467463790320\"");
    expect_in_report("\"name\":\"A \\\"sale\\\"\\u000a\xef\xbf\xbd\"");
    expect_in_report("\"state\":2,\"state_word\":\"running\"");
    expect_in_report("\"text\":\"wechat\",\"kind_word\":\"channel\"");
    code_write(&world.engine->options.code_keys, 0, 1, code);
    cr_assert_null(strstr(world.out, code));
}

Test(inspect, a_dump_of_a_trimmed_journal_takes_names_from_the_snapshot)
{
    const struct inspect_wishes wishes = {.to_ms = INT64_MAX};
    lay_again(0, place_of(1, 6), NONE, 0);
    cr_assert_str_eq(numbers_of(&wishes), "9 10 11 T 12 13 14 15 16 ");
    cr_assert_not_null(strstr(world.err,
                              "trimmed: it is shown from entry 1-6 on, with the names of "
                              "snapshot 1-6"),
                       "%s", world.err);
    expect_in_report("\"member_id\":\"m2\"");
    const struct inspect_wishes filtered = {.to_ms = INT64_MAX, .member = "m1"};
    cr_assert_str_eq(numbers_of(&filtered), "9 10 16 ");
}

Test(inspect, a_dump_ends_where_the_damage_is)
{
    const struct inspect_wishes wishes = {.to_ms = INT64_MAX};
    lay_again(NONE, NONE, place_of(1, 7), 70);
    cr_assert_eq(look(inspect_dump, &wishes, NULL), INSPECT_DAMAGED);
    expect_in_report("\"seq\":9,");
    cr_assert_null(strstr(world.out, "\"seq\":10,"));
    cr_assert_not_null(strstr(world.err, "entry 1-7: its hash does not match"), "%s", world.err);
    /* What lies behind a later snapshot can still be seen. */
    const struct inspect_wishes later = {.to_ms = INT64_MAX, .after = {2, 3}};
    cr_assert_str_eq(numbers_of(&later), "16 ");
}

Test(inspect, json_is_exact_and_stays_on_its_line)
{
    char *text = NULL;
    size_t size;
    struct json_out out = {.file = open_memstream(&text, &size)};
    json_begin(&out, '[');
    json_natural(&out, JSON_EXACT_MAX);
    json_natural(&out, JSON_EXACT_MAX + 1);
    json_number(&out, -(int64_t)JSON_EXACT_MAX);
    json_number(&out, INT64_MIN);
    json_flag(&out, true);
    json_null(&out);
    json_text(&out, TEXT("\x01\n\"\\\x7f\xc2\x85\xe4\xbd\xa0\xed\xa0\x80"));
    json_begin(&out, '{');
    json_key(&out, "a");
    json_begin(&out, '[');
    json_end(&out, ']');
    json_end(&out, '}');
    json_end(&out, ']');
    fclose(out.file);
    cr_assert_str_eq(text, "[9007199254740992,\"9007199254740993\",-9007199254740992,"
                           "\"-9223372036854775808\",true,null,"
                           "\"\\u0001\\u000a\\\"\\\\\\u007f\\u0085\xe4\xbd\xa0"
                           "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\",{\"a\":[]}]");
    free(text);
}
