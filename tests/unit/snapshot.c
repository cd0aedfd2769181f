/* snapshot.c -- a state becomes chunks and a manifest and comes back the same; nothing else does. */
#include "net/snapshot.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <xxhash.h>
#include <zstd.h>

#include "engine/bytes.h"
#include "engine/limits.h"
#include "tests/lib/dice.h"
#include "tests/lib/engine_story.h"

#define CHUNKS_KEPT 64U
#define AT_RAW_BYTES 4
#define AT_FRAME 8
#define HASH_BYTES 8
#define CHAIN 0xfeedfacecafebeefULL
#define MADE_AT_MS 1700000000123

static const struct bytes16 ours = {{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}};
static const struct bytes16 theirs = {{16, 15, 14}};

/* A snapshot, and a reader's last words about it. */
struct snapshot {
    struct manifest manifest;
    uint8_t *chunks[CHUNKS_KEPT];
    size_t lengths[CHUNKS_KEPT];
    size_t count;
    char message[SNAPSHOT_MESSAGE_BYTES];
};

static struct event genesis_event(void)
{
    struct event event = {.type = EVENT_GENESIS};
    event.as.genesis = (struct event_genesis){
        .journal_id = ours, .name = TEXT("boon"), .shard = 5, .format = 1, .key_fingerprint = 77};
    return event;
}

static void keep_chunk(struct snapshot *snapshot, const uint8_t *bytes, size_t length)
{
    cr_assert_lt(snapshot->count, CHUNKS_KEPT);
    uint8_t *copy = malloc(length); /* of its own, so that a read beside it shows */
    memcpy(copy, bytes, length);
    snapshot->chunks[snapshot->count] = copy;
    snapshot->lengths[snapshot->count++] = length;
}

static void snapshot_take(struct snapshot *snapshot, const struct engine *engine)
{
    const struct event genesis = genesis_event();
    const struct snapshot_stamp stamp = {.journal_id = ours,
                                         .epoch = 7,
                                         .number = 42,
                                         .seq = engine->seq,
                                         .chain = CHAIN,
                                         .time_ms = engine->time_ms,
                                         .nonce = theirs,
                                         .lease_ms = 1000};
    const uint8_t *bytes = NULL;
    size_t length = 0;
    memset(snapshot, 0, sizeof(*snapshot));
    struct snapshot_writer *writer = snapshot_writer_create(engine, &genesis, &stamp, MADE_AT_MS);
    cr_assert_not_null(writer);
    while (snapshot_writer_next(writer, &bytes, &length)) {
        cr_assert_leq(length, SNAPSHOT_CHUNK_BYTES_MAX);
        cr_assert_leq(bytes_get_u32(bytes + AT_RAW_BYTES), SNAPSHOT_RAW_BYTES_MAX);
        keep_chunk(snapshot, bytes, length);
    }
    cr_assert_not(snapshot_writer_failed(writer));
    cr_assert_not(snapshot_writer_next(writer, &bytes, &length));
    snapshot_writer_manifest(writer, &snapshot->manifest);
    cr_assert_eq(snapshot->manifest.chunks, snapshot->count);
    snapshot_writer_destroy(&writer);
    cr_assert_null(writer);
    snapshot_writer_destroy(&writer);
}

static void snapshot_free(struct snapshot *snapshot)
{
    while (snapshot->count > 0) {
        free(snapshot->chunks[--snapshot->count]);
    }
}

/* Reads all chunks, and ends. False: the message is in the snapshot. */
static bool snapshot_read(struct snapshot *snapshot, struct engine *engine)
{
    struct event genesis;
    struct snapshot_reader *reader = snapshot_reader_create(&snapshot->manifest, engine);
    cr_assert_not_null(reader);
    bool good = true;
    snapshot->message[0] = '\0';
    for (size_t at = 0; good && at < snapshot->count; at++) {
        good = snapshot_reader_take(reader, snapshot->chunks[at], snapshot->lengths[at],
                                    snapshot->message);
    }
    if (good) {
        good = snapshot_reader_end(reader, &genesis, snapshot->message);
    } else {
        char message[SNAPSHOT_MESSAGE_BYTES]; /* after a chunk that was refused nothing is taken */
        cr_assert_not(
            snapshot_reader_take(reader, snapshot->chunks[0], snapshot->lengths[0], message));
        cr_assert_str_eq(message, "a chunk before this one was refused");
        cr_assert_not(snapshot_reader_end(reader, &genesis, message));
        cr_assert_str_eq(message, "a chunk was refused");
    }
    if (good) {
        cr_assert_eq(genesis.type, EVENT_GENESIS);
        cr_assert(text_equal(genesis.as.genesis.name, TEXT("boon")));
        cr_assert_eq(genesis.as.genesis.key_fingerprint, 77u);
    }
    cr_assert_eq(good, snapshot->message[0] == '\0');
    snapshot_reader_destroy(&reader);
    cr_assert_null(reader);
    return good;
}

/* Reads into a new engine and returns the hash of its state; 0: it was refused. */
static uint64_t hash_when_read(struct snapshot *snapshot, const struct engine_options *options)
{
    struct engine *engine = engine_create(options);
    cr_assert_not_null(engine);
    uint64_t hash = snapshot_read(snapshot, engine) ? engine_state_hash(engine) : 0;
    engine_destroy(&engine);
    return hash;
}

static void assert_comes_back(const struct engine *engine)
{
    struct snapshot snapshot;
    snapshot_take(&snapshot, engine);
    cr_assert(snapshot_read(&snapshot, NULL), "%s", snapshot.message);
    cr_assert_eq(hash_when_read(&snapshot, &engine->options), engine_state_hash(engine), "%s",
                 snapshot.message);
    snapshot_free(&snapshot);
}

static void assert_refused(struct snapshot *snapshot, const char *words)
{
    struct engine_options options = story_options();
    options.members_max = options.coupons_max = 100000;
    cr_assert_eq(hash_when_read(snapshot, &options), 0u, "it is read: %s", words);
    cr_assert_not_null(strstr(snapshot->message, words), "'%s' is not in '%s'", words,
                       snapshot->message);
}

static void tell_a_little_of_everything(struct story *story)
{
    story_begin(story, NULL);
    story_tell(story, 100, "PUT sale stock=9 per=2");
    story_tell(story, 100, "PUT gift stock=3");
    story_tell(story, 101, "START sale");
    story_tell(story, 102, "CLAIM m1 sale channel=app store=s1 staff=f1 request=r1");
    story_tell(story, 103, "CLAIM m1 sale");
    story_tell(story, 104, "CLAIM m2 sale store=s2");
    story_tell(story, 105, "EARN m3 points 500 request=r2");
    story_tell(story, 106, "SPEND m3 points 20");
    story_tell(story, 107, "PAUSE sale");
}

/* A state of several chunks: members whose ids do not compress, a coupon each. */
static struct engine *large_engine(uint32_t members)
{
    struct engine_options options = story_options();
    options.members_max = options.coupons_max = 100000;
    struct engine *engine = engine_create(&options);
    static struct outcome outcome;
    struct campaign_definition definition = {
        .name = TEXT("Sale"),
        .stock = 100000,
        .per_member = 1,
        .value = {.kind = VALUE_EXCHANGE},
        .source = TEXT("{}"),
    };
    struct command command = {.type = COMMAND_CAMPAIGN_PUT};
    command.as.campaign_put.campaign = TEXT("sale");
    command.as.campaign_put.document.source = definition.source;
    command.as.campaign_put.document.definition = &definition;
    engine_step(engine, 1000, &command, &outcome);
    command = (struct command){.type = COMMAND_CAMPAIGN_START};
    command.as.campaign_start.campaign = TEXT("sale");
    engine_step(engine, 1000, &command, &outcome);
    uint64_t dice = 1;
    for (uint32_t at = 0; at < members; at++) {
        char id[ID_BYTES_MAX + 1];
        snprintf(id, sizeof(id), "%016llx%016llx", (unsigned long long)dice_roll(&dice),
                 (unsigned long long)dice_roll(&dice));
        command = (struct command){.type = COMMAND_COUPON_CLAIM};
        command.as.coupon_claim.member = text_of(id);
        command.as.coupon_claim.campaign = TEXT("sale");
        engine_step(engine, 1000 + at, &command, &outcome);
        cr_assert_eq(outcome.refusal, REFUSAL_NONE);
    }
    return engine;
}

/* --- states that come back ---------------------------------------------------------------------- */

Test(snapshot, an_empty_state_comes_back)
{
    struct story story;
    story_begin(&story, NULL);
    assert_comes_back(story.engine);
    story_end(&story);
}

Test(snapshot, a_little_of_everything_comes_back)
{
    struct story story;
    tell_a_little_of_everything(&story);
    assert_comes_back(story.engine);
    story_end(&story);
}

Test(snapshot, a_large_state_is_cut_into_full_chunks)
{
    struct engine *engine = large_engine(60000);
    struct snapshot snapshot;
    snapshot_take(&snapshot, engine);
    cr_assert_gt(snapshot.count, 4u);
    for (size_t at = 1; at + 2 < snapshot.count; at++) {
        cr_assert(snapshot.lengths[at] > SNAPSHOT_CHUNK_BYTES_MAX / 2 ||
                      bytes_get_u32(snapshot.chunks[at] + AT_RAW_BYTES) >
                          SNAPSHOT_RAW_BYTES_MAX / 2,
                  "chunk %zu has %zu bytes", at + 1, snapshot.lengths[at]);
    }
    cr_assert_eq(hash_when_read(&snapshot, &engine->options), engine_state_hash(engine), "%s",
                 snapshot.message);
    snapshot_free(&snapshot);
    engine_destroy(&engine);
}

Test(snapshot, what_does_not_compress_is_split_until_it_fits)
{
    enum { CAMPAIGNS = 60, PLAIN = 20 }; /* the first ones compress: the next chunk aims too high */
    struct engine_options options = story_options();
    options.campaigns_max = 100 * CAMPAIGNS; /* it sets how much text there may be */
    struct engine *engine = engine_create(&options);
    static char source[CAMPAIGN_DOCUMENT_BYTES_MAX];
    static struct outcome outcome;
    uint64_t dice = 1;
    for (int at = 0; at < CAMPAIGNS; at++) {
        char id[16];
        for (size_t byte = 0; byte < sizeof(source); byte++) {
            source[byte] = at < PLAIN ? 'x' : (char)dice_roll(&dice);
        }
        struct campaign_definition definition = {
            .name = TEXT("Sale"),
            .stock = 9,
            .per_member = 1,
            .value = {.kind = VALUE_EXCHANGE},
            .source = {source, sizeof(source)},
        };
        struct command command = {.type = COMMAND_CAMPAIGN_PUT};
        snprintf(id, sizeof(id), "sale%d", at);
        command.as.campaign_put.campaign = text_of(id);
        command.as.campaign_put.document.source = definition.source;
        command.as.campaign_put.document.definition = &definition;
        engine_step(engine, 1000, &command, &outcome);
        cr_assert_eq(outcome.refusal, REFUSAL_NONE);
    }
    struct snapshot snapshot;
    snapshot_take(&snapshot, engine);
    cr_assert_gt(snapshot.manifest.raw_bytes, CAMPAIGNS * sizeof(source));
    cr_assert_gt(snapshot.manifest.bytes, (CAMPAIGNS - PLAIN) * sizeof(source));
    snapshot_free(&snapshot);
    assert_comes_back(engine);
    engine_destroy(&engine);
}

Test(snapshot, the_same_state_becomes_the_same_bytes)
{
    struct engine *engine = large_engine(20000);
    struct snapshot one;
    struct snapshot two;
    snapshot_take(&one, engine);
    snapshot_take(&two, engine);
    cr_assert_eq(one.count, two.count);
    cr_assert_gt(one.count, 1u);
    for (size_t at = 0; at < one.count; at++) {
        cr_assert_eq(one.lengths[at], two.lengths[at]);
        cr_assert_arr_eq(one.chunks[at], two.chunks[at], one.lengths[at]);
    }
    cr_assert_eq(memcmp(&one.manifest, &two.manifest, sizeof(one.manifest)), 0);
    snapshot_free(&one);
    snapshot_free(&two);
    engine_destroy(&engine);
}

/* --- chunks that are not the right ones ----------------------------------------------------------- */

/* Begins with a snapshot of at least four chunks. */
static struct engine *four_chunks(struct snapshot *snapshot)
{
    struct engine *engine = large_engine(40000);
    snapshot_take(snapshot, engine);
    cr_assert_geq(snapshot->count, 4u);
    return engine;
}

static void swap_chunks(struct snapshot *snapshot, size_t one, size_t other)
{
    uint8_t *bytes = snapshot->chunks[one];
    size_t length = snapshot->lengths[one];
    snapshot->chunks[one] = snapshot->chunks[other];
    snapshot->lengths[one] = snapshot->lengths[other];
    snapshot->chunks[other] = bytes;
    snapshot->lengths[other] = length;
}

Test(snapshot, a_lost_swapped_repeated_or_surplus_chunk_is_refused)
{
    struct snapshot snapshot;
    struct engine *engine = four_chunks(&snapshot);
    const char *follows = "chunk 2: its hash does not match its bytes and the chunk before it";
    swap_chunks(&snapshot, 1, 2);
    assert_refused(&snapshot, follows);
    swap_chunks(&snapshot, 1, 2);
    uint8_t *second = snapshot.chunks[1];
    size_t length = snapshot.lengths[1];
    snapshot.chunks[1] = snapshot.chunks[0]; /* the first comes twice */
    snapshot.lengths[1] = snapshot.lengths[0];
    assert_refused(&snapshot, follows);
    snapshot.chunks[1] = snapshot.chunks[2]; /* the second is not there */
    snapshot.lengths[1] = snapshot.lengths[2];
    assert_refused(&snapshot, follows);
    snapshot.chunks[1] = second;
    snapshot.lengths[1] = length;
    cr_assert(snapshot_read(&snapshot, NULL), "%s", snapshot.message);
    snapshot.count--;
    assert_refused(&snapshot, "chunks came, but the manifest speaks of");
    snapshot.count++;
    keep_chunk(&snapshot, snapshot.chunks[0], snapshot.lengths[0]);
    assert_refused(&snapshot, "is one too many");
    snapshot.count--;
    free(snapshot.chunks[snapshot.count]);
    snapshot_free(&snapshot);
    engine_destroy(&engine);
}

Test(snapshot, chunks_of_another_batch_are_refused)
{
    struct snapshot snapshot;
    struct engine *engine = four_chunks(&snapshot);
    snapshot.manifest.stamp.chain ^= 1;
    assert_refused(&snapshot, "chunk 1: its hash does not match");
    snapshot.manifest.stamp.chain ^= 1;
    snapshot.manifest.chunks_hash ^= 1;
    assert_refused(&snapshot, "it is not the last one that the manifest vouches for");
    snapshot_free(&snapshot);
    engine_destroy(&engine);
}

Test(snapshot, counts_and_hashes_of_the_manifest_must_agree)
{
    struct story story;
    struct snapshot snapshot;
    tell_a_little_of_everything(&story);
    snapshot_take(&snapshot, story.engine);
    struct {
        uint64_t *number;
        const char *words;
    } rows[] = {
        {&snapshot.manifest.bytes, " bytes came, but"},
        {&snapshot.manifest.raw_bytes, "decompressed bytes came, but"},
        {&snapshot.manifest.events, "events came, but"},
        {&snapshot.manifest.chunks, "1 chunks came, but the manifest speaks of 2"},
        {&snapshot.manifest.state_hash, "the state's hash is not the one in the manifest"},
        {&snapshot.manifest.stamp.seq, "but the manifest speaks of event"},
    };
    for (size_t at = 0; at < sizeof(rows) / sizeof(rows[0]); at++) {
        *rows[at].number += 1;
        assert_refused(&snapshot, rows[at].words);
        *rows[at].number -= 1;
    }
    snapshot.manifest.stamp.journal_id = theirs;
    assert_refused(&snapshot, "its GENESIS is of another journal than the manifest");
    snapshot_free(&snapshot);
    story_end(&story);
}

Test(snapshot, a_state_that_does_not_fit_is_refused)
{
    struct story story;
    struct snapshot snapshot;
    tell_a_little_of_everything(&story);
    snapshot_take(&snapshot, story.engine);
    struct engine_options options = story_options();
    options.members_max = 2;
    cr_assert_eq(hash_when_read(&snapshot, &options), 0u);
    cr_assert_not_null(strstr(snapshot.message, "chunk 1: by event "), "%s", snapshot.message);
    snapshot_free(&snapshot);
    story_end(&story);
}

/* --- bytes that were changed ---------------------------------------------------------------------- */

Test(snapshot, every_flipped_bit_is_refused)
{
    struct story story;
    struct snapshot snapshot;
    tell_a_little_of_everything(&story);
    snapshot_take(&snapshot, story.engine);
    cr_assert_eq(snapshot.count, 1u);
    for (size_t bit = 0; bit < 8 * snapshot.lengths[0]; bit++) {
        uint8_t *byte = &snapshot.chunks[0][bit / 8];
        *byte ^= (uint8_t)(1 << bit % 8);
        cr_assert_not(snapshot_read(&snapshot, NULL), "bit %zu", bit);
        *byte ^= (uint8_t)(1 << bit % 8);
    }
    cr_assert(snapshot_read(&snapshot, NULL));
    snapshot_free(&snapshot);
    story_end(&story);
}

Test(snapshot, every_cut_chunk_is_refused)
{
    struct story story;
    struct snapshot snapshot;
    tell_a_little_of_everything(&story);
    snapshot_take(&snapshot, story.engine);
    uint8_t *whole = snapshot.chunks[0];
    size_t length = snapshot.lengths[0];
    for (size_t cut = 0; cut < length; cut++) {
        snapshot.chunks[0] = malloc(cut + 1);
        memcpy(snapshot.chunks[0], whole, cut);
        snapshot.lengths[0] = cut;
        cr_assert_not(snapshot_read(&snapshot, NULL), "%zu bytes", cut);
        free(snapshot.chunks[0]);
    }
    snapshot.chunks[0] = whole;
    snapshot_free(&snapshot);
    story_end(&story);
}

/* --- chunks that somebody made -------------------------------------------------------------------- */

/* Gives a snapshot of one chunk the hash that its bytes should have. */
static void hash_again(struct snapshot *snapshot)
{
    uint8_t *chunk = snapshot->chunks[0];
    size_t hashed = snapshot->lengths[0] - HASH_BYTES;
    snapshot->manifest.chunks_hash = XXH3_64bits_withSeed(chunk, hashed, CHAIN);
    bytes_put_u64(chunk + hashed, snapshot->manifest.chunks_hash);
}

/* Keeps these bytes, and room for a hash, as the only chunk. */
static void snapshot_of(struct snapshot *snapshot, const uint8_t *chunk, size_t length)
{
    memset(snapshot, 0, sizeof(*snapshot));
    snapshot->manifest = (struct manifest){.stamp = {.journal_id = ours, .chain = CHAIN},
                                           .chunks = 1,
                                           .bytes = length + HASH_BYTES,
                                           .raw_bytes = bytes_get_u32(chunk + AT_RAW_BYTES)};
    keep_chunk(snapshot, chunk, length + HASH_BYTES);
    hash_again(snapshot);
}

/* Makes a snapshot of one chunk from these bytes, with hashes that agree. */
static void snapshot_make(struct snapshot *snapshot, const uint8_t *raw, size_t raw_bytes)
{
    static uint8_t chunk[2 * SNAPSHOT_RAW_BYTES_MAX];
    size_t frame = ZSTD_compress(chunk + AT_FRAME, sizeof(chunk) - AT_FRAME, raw, raw_bytes, 1);
    cr_assert_not(ZSTD_isError(frame));
    memcpy(chunk, "BOOC", 4);
    bytes_put_u32(chunk + AT_RAW_BYTES, (uint32_t)raw_bytes);
    snapshot_of(snapshot, chunk, AT_FRAME + frame);
}

static void assert_made_is_refused(const uint8_t *raw, size_t raw_bytes, const char *words)
{
    struct snapshot snapshot;
    snapshot_make(&snapshot, raw, raw_bytes);
    assert_refused(&snapshot, words);
    snapshot_free(&snapshot);
}

static size_t add_event(uint8_t *raw, size_t at, const struct event *event)
{
    size_t length = event_encode(event, raw + at, EVENT_BYTES_MAX);
    cr_assert_gt(length, 0u);
    return at + length;
}

Test(snapshot, a_genesis_comes_first_and_once)
{
    static uint8_t raw[2 * EVENT_BYTES_MAX];
    const struct event genesis = genesis_event();
    const struct event state = {.type = EVENT_ENGINE_STATE};
    size_t length = add_event(raw, 0, &state);
    assert_made_is_refused(raw, length,
                           "chunk 1: by event 1, engine_state: the first event is no GENESIS");
    length = add_event(raw, 0, &genesis);
    length = add_event(raw, length, &genesis);
    assert_made_is_refused(raw, length, "chunk 1: by event 2, genesis: a GENESIS comes first");
    length = add_event(raw, 0, &genesis);
    assert_made_is_refused(raw, length, "1 events came"); /* the made manifest counts none */
}

Test(snapshot, events_must_be_whole_and_known)
{
    static uint8_t raw[2 * EVENT_BYTES_MAX];
    const struct event genesis = genesis_event();
    const struct event state = {.type = EVENT_ENGINE_STATE};
    const struct event begin = {.type = EVENT_BEGIN};
    size_t first = add_event(raw, 0, &genesis);
    size_t both = add_event(raw, first, &state);
    for (size_t cut = first + 1; cut < both; cut++) {
        assert_made_is_refused(raw, cut, "chunk 1: its event at byte ");
    }
    bytes_put_u16(raw + first, 60000);
    assert_made_is_refused(raw, both, "does not know event number 60000");
    both = add_event(raw, first, &begin); /* a journal's, not a state's */
    assert_made_is_refused(raw, both, "chunk 1: by event 2, begin: ");
}

Test(snapshot, what_the_state_promised_must_have_come)
{
    static uint8_t raw[2 * EVENT_BYTES_MAX];
    struct snapshot snapshot;
    const struct event genesis = genesis_event();
    struct event state = {.type = EVENT_ENGINE_STATE};
    state.as.engine_state = (struct event_engine_state){.seq = 9, .time_ms = 9, .members = 1};
    size_t length = add_event(raw, 0, &genesis);
    snapshot_make(&snapshot, raw, add_event(raw, length, &state));
    snapshot.manifest.events = 2;
    assert_refused(&snapshot, "the state is not whole: ");
    snapshot_free(&snapshot);
}

Test(snapshot, sizes_are_checked_before_anything_is_decompressed)
{
    static uint8_t raw[SNAPSHOT_RAW_BYTES_MAX + 1];
    struct snapshot snapshot;
    assert_made_is_refused(raw, sizeof(raw), "it says a size that no chunk has");
    assert_made_is_refused(raw, EVENT_HEAD_BYTES - 1, "it says a size that no chunk has");
    snapshot_make(&snapshot, raw, 1000);
    uint8_t *chunk = snapshot.chunks[0];
    bytes_put_u32(chunk + AT_RAW_BYTES, 1001);
    hash_again(&snapshot);
    assert_refused(&snapshot, "its header and its zstd frame disagree");
    /* Both say less, or more, than there is. The frame's size lies behind its descriptor, less 256. */
    for (uint16_t size = 300; size <= 2000; size = (uint16_t)(size + 1700)) {
        bytes_put_u32(chunk + AT_RAW_BYTES, size);
        bytes_put_u16(chunk + AT_FRAME + 5, (uint16_t)(size - 256));
        hash_again(&snapshot);
        assert_refused(&snapshot, "it cannot be decompressed");
    }
    snapshot_free(&snapshot);
}

Test(snapshot, a_chunk_is_one_zstd_frame)
{
    static uint8_t raw[1000];
    static uint8_t chunk[SNAPSHOT_CHUNK_BYTES_MAX + HASH_BYTES];
    struct snapshot snapshot;
    snapshot_make(&snapshot, raw, sizeof(raw));
    size_t length = snapshot.lengths[0] - HASH_BYTES;
    memcpy(chunk, snapshot.chunks[0], length);
    memcpy(chunk + length, chunk + AT_FRAME, length - AT_FRAME);
    snapshot_free(&snapshot);
    snapshot_of(&snapshot, chunk, 2 * length - AT_FRAME);
    assert_refused(&snapshot, "something follows it");
    snapshot_free(&snapshot);
    snapshot_of(&snapshot, chunk, length - 1);
    assert_refused(&snapshot, "is cut short");
    snapshot_free(&snapshot);
    snapshot_of(&snapshot, chunk, sizeof(chunk) - HASH_BYTES);
    assert_refused(&snapshot, "it is longer than a chunk may be");
    snapshot_free(&snapshot);
    bytes_put_u32(chunk + AT_FRAME, ZSTD_MAGIC_SKIPPABLE_START);
    snapshot_of(&snapshot, chunk, length);
    assert_refused(&snapshot, "it has no zstd frame");
    snapshot_free(&snapshot);
    chunk[0] = 'b';
    snapshot_of(&snapshot, chunk, length);
    assert_refused(&snapshot, "it does not begin like a chunk");
    snapshot_free(&snapshot);
}
