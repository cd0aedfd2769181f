/* snapshot_fake.h -- snapshots of the fake servers' engines, written into the fake Redis.
 *
 *     struct manifest manifest = write_snapshot(server);      its chunks are in redis.others
 *     record(server, &manifest);                              and its manifest, and what follows it
 */
#ifndef BOON_TESTS_UNIT_SNAPSHOT_FAKE_H
#define BOON_TESTS_UNIT_SNAPSHOT_FAKE_H

#include "net/journal_inside.h"
#include "tests/unit/journal_fake.h"

#define SOURCE_BYTES 30000U

/* Commits campaigns whose definitions do not compress well, for snapshots of several chunks. */
static inline void define_campaigns(struct server *server, uint32_t count)
{
    static char source[SOURCE_BYTES];
    static uint64_t random = 1;
    char id[16];
    for (uint32_t at = 0; at < count; at++) {
        for (size_t byte = 0; byte < sizeof(source); byte++) {
            random = random * 6364136223846793005ULL + 1442695040888963407ULL;
            source[byte] = (char)('!' + (random >> 33) % 90);
        }
        snprintf(id, sizeof(id), "c%u", at);
        const struct event event = {.type = EVENT_CAMPAIGN_DEFINED,
                                    .as.campaign_defined = {.campaign = at + 2,
                                                            .id = text_of(id),
                                                            .name = TEXT("Sale"),
                                                            .stock = 500,
                                                            .per_member = 1,
                                                            .value_kind = VALUE_AMOUNT_OFF,
                                                            .amount_fen = 100,
                                                            .source = {source, SOURCE_BYTES}}};
        cr_assert(queue_has_room(&server->queue));
        cr_assert_null(engine_admits(server->engine, &event), "%s",
                       engine_admits(server->engine, &event));
        engine_apply(server->engine, server->engine->time_ms, &event);
        queue_add(&server->queue, server->engine->time_ms, 0, &event, 1, server->engine->seq);
        serve_turns(server);
    }
}

static inline struct entry_id stamp_id(const struct manifest *manifest)
{
    return (struct entry_id){manifest->stamp.epoch, manifest->stamp.number};
}

/* The stream that has a snapshot's chunks. */
static inline struct stream *chunks_of(const struct server *server, const struct manifest *manifest)
{
    char key[JOURNAL_KEY_BYTES];
    journal_snapshot_key(server->journal, &manifest->stamp, key);
    return stream_of(key);
}

/* Writes the chunks of a snapshot of the engine as it is now, as the server's child would. */
static inline struct manifest write_snapshot(struct server *server)
{
    struct manifest manifest = {0};
    struct event genesis;
    const uint8_t *bytes;
    size_t length;
    cr_assert(journal_stamp(server->journal, &manifest.stamp));
    journal_genesis(server->journal, &genesis);
    struct stream *stream = chunks_of(server, &manifest);
    struct snapshot_writer *writer = snapshot_writer_create(server->engine, &genesis,
                                                            &manifest.stamp, 1700000000000);
    while (snapshot_writer_next(writer, &bytes, &length)) {
        stream_append(stream, (struct entry_id){1, stream->count + 1}, bytes, length);
    }
    snapshot_writer_manifest(writer, &manifest);
    snapshot_writer_destroy(&writer);
    cr_assert_eq(manifest.chunks, stream->count);
    return manifest;
}

/* Has a snapshot recorded, and lets all that follows happen. */
static inline void record(struct server *server, const struct manifest *manifest)
{
    uint32_t recorded = server->recorded;
    cr_assert(journal_record(server->journal, manifest));
    serve_turns(server);
    cr_assert_eq(server->recorded, recorded + 1, "%s", journal_message(server->journal));
}

/* A claim, and a snapshot behind it. */
static inline struct manifest claim_and_record(struct server *server, const char *member)
{
    claim_durably(server, member);
    struct manifest manifest = write_snapshot(server);
    record(server, &manifest);
    return manifest;
}

#endif
