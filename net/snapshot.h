/* snapshot.h -- a snapshot's bytes: chunks of compressed events, and the manifest that vouches for them.
 *
 * In Redis (docs/JOURNAL.md):
 *
 *     <name>:{<shard>}:snapshot:<epoch>-<batch>   a stream; entry 1-<n> has the n-th chunk in its field "b"
 *     <name>:{<shard>}:snapshots                  a stream; entry <epoch>-<batch> has the manifest of that
 *                                                 snapshot in its field "b"; written last, never overwritten
 *
 * A chunk, at most SNAPSHOT_CHUNK_BYTES_MAX:
 *     offset  0  u32  magic "BOOC"
 *     offset  4  u32  bytes when decompressed, at most SNAPSHOT_RAW_BYTES_MAX
 *     offset  8       one zstd frame of whole events (engine/event.h), as dump_next() gives them; those of the
 *                     first chunk follow a GENESIS
 *     at the end u64  hash: XXH3-64 of all the above, seeded with the hash of the chunk before (the first: with
 *                     the stamp's chain)
 *
 * A manifest; fields are only ever appended, those that are not known are skipped:
 *     offset   0  u32  magic "BOOS"
 *     offset   4  u16  format, MANIFEST_FORMAT
 *     offset   6  u16  bytes of the manifest, this field and its hash included
 *     offset   8  16   journal id
 *     offset  24  u64  epoch         \
 *     offset  32  u64  batch number   |
 *     offset  40  u64  sequence       | the stamp: struct snapshot_stamp
 *     offset  48  u64  chain hash     |
 *     offset  56  i64  time, ms       |
 *     offset  64  16   nonce          |
 *     offset  80  u32  lease, ms     /
 *     offset  84  u32  zero
 *     offset  88  i64  made at, ms since 1970
 *     offset  96  u64  chunks
 *     offset 104  u64  bytes of all chunks
 *     offset 112  u64  bytes of all events
 *     offset 120  u64  events
 *     offset 128  u64  hash of the last chunk
 *     offset 136  u64  hash of the state
 *     at the end  u64  XXH3-64 of all the above
 *
 * Numbers are little-endian. Pure: bytes in, bytes out. Writer and reader own their zstd contexts and
 * buffers and nothing else.
 *
 *     writer = snapshot_writer_create(engine, &genesis, &stamp, made_at_ms);
 *     while (snapshot_writer_next(writer, &bytes, &length)) … store it …
 *     snapshot_writer_manifest(writer, &manifest);  length = manifest_write(&manifest, bytes);
 *
 *     manifest_read(bytes, length, &journal_id, &manifest, message)
 *     reader = snapshot_reader_create(&manifest, engine);
 *     for each chunk: snapshot_reader_take(reader, bytes, length, message)
 *     snapshot_reader_end(reader, &genesis, message)
 */
#ifndef BOON_NET_SNAPSHOT_H
#define BOON_NET_SNAPSHOT_H

#include "engine/engine.h"

#define SNAPSHOT_CHUNK_BYTES_MAX (256U * 1024U)
#define SNAPSHOT_RAW_BYTES_MAX (1024U * 1024U)
#define SNAPSHOT_CHUNKS_MAX (1U << 22)
#define SNAPSHOT_MESSAGE_BYTES 256U
#define MANIFEST_BYTES_MAX 256U
#define MANIFEST_FORMAT 1U

/* The batch whose effects, and those of all before it, a snapshot holds. */
struct snapshot_stamp {
    struct bytes16 journal_id;
    uint64_t epoch;
    uint64_t number;      /* of the batch: with the epoch, its entry's ID */
    uint64_t seq;         /* of the last event in it */
    uint64_t chain;       /* its hash */
    int64_t time_ms;      /* of its last group, or of the last one before it */
    struct bytes16 nonce; /* of the epoch's TAKEOVER */
    uint32_t lease_ms;    /* that the epoch's server leads by */
};

struct manifest {
    struct snapshot_stamp stamp;
    int64_t made_at_ms;   /* ms since 1970 */
    uint64_t chunks;      /* how many */
    uint64_t bytes;       /* of all chunks */
    uint64_t raw_bytes;   /* of all events */
    uint64_t events;      /* GENESIS included */
    uint64_t chunks_hash; /* hash of the last chunk: it is chained to all before it */
    uint64_t state_hash;  /* engine_state_hash() */
};

/* Writes a manifest with its own hash at the end. Returns its length, at most MANIFEST_BYTES_MAX. */
size_t manifest_write(const struct manifest *manifest, uint8_t bytes[MANIFEST_BYTES_MAX]);

/* Reads one. A NULL `journal_id` takes any journal's. False: `message` says what is wrong with it. */
bool manifest_read(const uint8_t *bytes, size_t length, const struct bytes16 *journal_id,
                   struct manifest *manifest, char message[SNAPSHOT_MESSAGE_BYTES])
    __attribute__((warn_unused_result));

struct snapshot_writer;

/* Begins to write the state of `engine`, which must not change meanwhile (a forked child's does not); the
 * last event in it is the stamp's.
 * `genesis` is an EVENT_GENESIS; its texts are used until the first chunk is out. NULL: no memory. */
struct snapshot_writer *snapshot_writer_create(const struct engine *engine,
                                               const struct event *genesis,
                                               const struct snapshot_stamp *stamp,
                                               int64_t made_at_ms);

/* Makes the next chunk, which is valid until the next call. False: there is no more, or it failed: see
 * snapshot_writer_failed(). */
bool snapshot_writer_next(struct snapshot_writer *writer, const uint8_t **bytes, size_t *length);
bool snapshot_writer_failed(const struct snapshot_writer *writer);

/* Fills the manifest; only when all chunks were made. Walks the whole state for its hash. */
void snapshot_writer_manifest(const struct snapshot_writer *writer, struct manifest *manifest);
void snapshot_writer_destroy(struct snapshot_writer **writer);

struct snapshot_reader;

/* Begins to read into `engine`, which is as created; NULL: only the bytes and hashes are checked, events
 * are decoded and not applied. NULL is returned when there is no memory. A chunk's hash is
 * checked before it is decompressed. */
struct snapshot_reader *snapshot_reader_create(const struct manifest *manifest,
                                               struct engine *engine);

/* Takes the next chunk. False: `message` says what is wrong; the engine is good for engine_clear() only. */
bool snapshot_reader_take(struct snapshot_reader *reader, const uint8_t *bytes, size_t length,
                          char message[SNAPSHOT_MESSAGE_BYTES]) __attribute__((warn_unused_result));

/* Ends: all chunks came, all hashes agree, the engine is whole. `genesis` (its texts in the reader's memory,
 * until it is destroyed) is what the journal began with. */
bool snapshot_reader_end(struct snapshot_reader *reader, struct event *genesis,
                         char message[SNAPSHOT_MESSAGE_BYTES]) __attribute__((warn_unused_result));
void snapshot_reader_destroy(struct snapshot_reader **reader);

#endif
