/* fuzz_snapshot.c -- any bytes as a manifest and as chunks: they are read or refused, and nothing is read
 * beside them. What makes a whole state is written again and comes back the same.
 *
 * A random input has no right hash and is no zstd frame. So the first byte says what the rest is:
 *
 *     even   a manifest, and a chunk; each as it is, and with the hash that its bytes should have
 *     odd    events, that are packed into chunks of at most `second byte` + 1 of them, and read
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>
#include <zstd.h>

#include "engine/bug.h"
#include "engine/bytes.h"
#include "engine/dump.h"
#include "net/snapshot.h"
#include "net/snapshot_inside.h"
#include "sound.h"

#define HASH_BYTES 8U
#define CHUNKS_MAX 64U

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* --- one zstd context for all readers --------------------------------------------------------------- */

/* To make a context zstd asks the processor what it is, which in a virtual machine takes longer than all
 * the rest of a run. So these are linked in place of zstd's: CMakeLists.txt. One reader lives at a time, and
 * has to give the context back. */
ZSTD_DCtx *__real_ZSTD_createDCtx(void);
ZSTD_DCtx *__wrap_ZSTD_createDCtx(void);
size_t __wrap_ZSTD_freeDCtx(ZSTD_DCtx *zstd);

static ZSTD_DCtx *kept;
static bool lent;

ZSTD_DCtx *__wrap_ZSTD_createDCtx(void)
{
    ASSERT(!lent);
    kept = kept == NULL ? __real_ZSTD_createDCtx() : kept;
    lent = kept != NULL;
    return kept;
}

size_t __wrap_ZSTD_freeDCtx(ZSTD_DCtx *zstd)
{
    ASSERT(zstd == NULL || (zstd == kept && lent));
    lent = lent && zstd == NULL;
    return 0;
}

/* --- snapshots -------------------------------------------------------------------------------------- */

/* Chunks, each in memory of its own, so that a read beside it shows. */
struct snapshot {
    struct manifest manifest;
    uint8_t *chunks[CHUNKS_MAX];
    size_t lengths[CHUNKS_MAX];
    size_t count;
};

static uint8_t *copy_of(const uint8_t *bytes, size_t length)
{
    uint8_t *copy = malloc(length + (length == 0));
    ASSERT(copy != NULL);
    memcpy(copy, bytes, length);
    return copy;
}

/* A little more than are taken before the first is linked (engine/dump.h). */
#define RECORDS_MAX (RESTORE_AHEAD + 4U)

static struct engine *small_engine(void)
{
    struct engine_options options = {
        .members_max = RECORDS_MAX,
        .coupons_max = RECORDS_MAX,
        .campaigns_max = 3,
        .names_max = 4,
        .requests_max = RECORDS_MAX,
        .request_window_ms = 300,
        .hash_seed = 1,
    };
    options.code_keys.live[0] = options.code_keys.live[2] = true;
    struct engine *engine = engine_create(&options);
    ASSERT(engine != NULL);
    return engine;
}

/* --- bytes as they come --------------------------------------------------------------------------- */

static void read_manifest(const uint8_t *bytes, size_t length)
{
    struct manifest manifest;
    struct manifest again;
    uint8_t written[MANIFEST_BYTES_MAX];
    char message[SNAPSHOT_MESSAGE_BYTES];
    if (!manifest_read(bytes, length, NULL, &manifest, message)) {
        ASSERT(message[0] != '\0');
        return;
    }
    size_t written_bytes = manifest_write(&manifest, written);
    ASSERT(manifest_read(written, written_bytes, &manifest.stamp.journal_id, &again, message));
    ASSERT(again.chunks == manifest.chunks);
    ASSERT(again.state_hash == manifest.state_hash);
}

static void read_chunk(const uint8_t *bytes, size_t length, uint64_t chunks_hash)
{
    char message[SNAPSHOT_MESSAGE_BYTES];
    const struct manifest manifest = {.chunks = 1, .chunks_hash = chunks_hash};
    struct snapshot_reader *reader = snapshot_reader_create(&manifest, NULL);
    ASSERT(reader != NULL);
    if (!snapshot_reader_take(reader, bytes, length, message)) {
        ASSERT(message[0] != '\0');
    }
    snapshot_reader_destroy(&reader);
}

static void read_bytes(const uint8_t *data, size_t size)
{
    uint8_t *bytes = copy_of(data, size);
    read_manifest(bytes, size);
    read_chunk(bytes, size, 0);
    if (size > HASH_BYTES) {
        const size_t hashed = size - HASH_BYTES;
        const uint64_t hash = XXH3_64bits(bytes, hashed);
        bytes_put_u64(bytes + hashed, hash);
        read_manifest(bytes, size);
        read_chunk(bytes, size, hash);
    }
    free(bytes);
}

/* --- events in chunks ----------------------------------------------------------------------------- */

/* Packs bytes into the next chunk, as the writer would. */
static void pack(struct snapshot *snapshot, const uint8_t *raw, size_t raw_bytes)
{
    static uint8_t chunk[2 * SNAPSHOT_RAW_BYTES_MAX];
    static ZSTD_CCtx *zstd; /* kept: it is larger than all that is packed */
    struct manifest *manifest = &snapshot->manifest;
    zstd = zstd == NULL ? ZSTD_createCCtx() : zstd;
    ASSERT(zstd != NULL);
    size_t frame = ZSTD_compressCCtx(zstd, chunk + CHUNK_AT_FRAME, sizeof(chunk) - CHUNK_AT_FRAME,
                                     raw, raw_bytes, 1);
    ASSERT(!ZSTD_isError(frame));
    const size_t hashed = CHUNK_AT_FRAME + frame;
    bytes_put_u32(chunk + CHUNK_AT_MAGIC, CHUNK_MAGIC);
    bytes_put_u32(chunk + CHUNK_AT_RAW_BYTES, (uint32_t)raw_bytes);
    manifest->chunks_hash = XXH3_64bits_withSeed(chunk, hashed, manifest->chunks_hash);
    bytes_put_u64(chunk + hashed, manifest->chunks_hash);
    snapshot->lengths[snapshot->count] = hashed + CHUNK_HASH_BYTES;
    snapshot->chunks[snapshot->count] = copy_of(chunk, hashed + CHUNK_HASH_BYTES);
    manifest->bytes += snapshot->lengths[snapshot->count++];
    manifest->raw_bytes += raw_bytes;
    manifest->chunks++;
}

/* Cuts what follows a GENESIS into chunks of so many events; what is left at the end goes into the last. */
static void make(struct snapshot *snapshot, const uint8_t *data, size_t size, uint32_t at_most)
{
    static uint8_t raw[SNAPSHOT_RAW_BYTES_MAX];
    struct event event = {.type = EVENT_GENESIS};
    event.as.genesis.journal_id = snapshot->manifest.stamp.journal_id;
    event.as.genesis.name = TEXT("boon");
    size_t used = event_encode(&event, raw, sizeof(raw));
    uint32_t in_chunk = 0;
    snapshot->manifest.events = 1;
    for (;;) {
        size_t consumed = 0;
        bool good = event_decode(data, size, &event, &consumed) == EVENT_FINE;
        size_t next = good ? consumed : size;
        if (in_chunk == at_most && next > 0 && snapshot->count < CHUNKS_MAX - 1) {
            pack(snapshot, raw, used);
            used = 0;
            in_chunk = 0;
        }
        next = next < sizeof(raw) - used ? next : sizeof(raw) - used;
        memcpy(raw + used, data, next);
        used += next;
        data += next;
        size -= next;
        if (!good) {
            break;
        }
        snapshot->manifest.events++;
        in_chunk++;
    }
    if (used > 0) {
        pack(snapshot, raw, used);
    }
}

static bool read_chunks(const struct snapshot *snapshot, struct engine *engine,
                        char message[SNAPSHOT_MESSAGE_BYTES])
{
    struct event genesis;
    struct snapshot_reader *reader = snapshot_reader_create(&snapshot->manifest, engine);
    ASSERT(reader != NULL);
    bool good = true;
    for (size_t at = 0; good && at < snapshot->count; at++) {
        good = snapshot_reader_take(reader, snapshot->chunks[at], snapshot->lengths[at], message);
    }
    good = good && snapshot_reader_end(reader, &genesis, message);
    ASSERT(!good || text_equal(genesis.as.genesis.name, TEXT("boon")));
    snapshot_reader_destroy(&reader);
    return good;
}

/* A state that came out of a snapshot goes into another one. */
static void write_again(const struct engine *engine)
{
    const struct event genesis = {.type = EVENT_GENESIS, .as.genesis = {.name = TEXT("boon")}};
    const struct snapshot_stamp stamp = {.seq = engine->seq, .chain = 1};
    struct snapshot again = {.count = 0};
    char message[SNAPSHOT_MESSAGE_BYTES];
    const uint8_t *bytes = NULL;
    size_t length = 0;
    struct snapshot_writer *writer = snapshot_writer_create(engine, &genesis, &stamp, 1);
    ASSERT(writer != NULL);
    while (snapshot_writer_next(writer, &bytes, &length)) {
        ASSERT(again.count < CHUNKS_MAX);
        again.chunks[again.count] = copy_of(bytes, length);
        again.lengths[again.count++] = length;
    }
    ASSERT(!snapshot_writer_failed(writer));
    snapshot_writer_manifest(writer, &again.manifest);
    snapshot_writer_destroy(&writer);
    struct engine *other = small_engine();
    ASSERT(read_chunks(&again, other, message));
    sound(other);
    ASSERT(engine_state_hash(other) == engine_state_hash(engine));
    engine_destroy(&other);
    while (again.count > 0) {
        free(again.chunks[--again.count]);
    }
}

/* Which sequence and which hash the manifest should have is known only when all was read once. */
static void read_events(const uint8_t *data, size_t size, uint32_t at_most)
{
    struct snapshot snapshot = {.count = 0};
    char message[SNAPSHOT_MESSAGE_BYTES];
    struct engine *engine = small_engine();
    make(&snapshot, data, size, at_most);
    bool good = read_chunks(&snapshot, engine, message);
    if (!good && (strstr(message, "the state is that after") == message ||
                  strstr(message, "the state's hash") == message)) {
        snapshot.manifest.stamp.seq = engine->seq;
        snapshot.manifest.state_hash = engine_state_hash(engine);
        ASSERT(engine_clear(engine));
        good = read_chunks(&snapshot, engine, message);
        ASSERT(good);
    }
    if (good) {
        sound(engine);
        write_again(engine);
    }
    engine_destroy(&engine);
    while (snapshot.count > 0) {
        free(snapshot.chunks[--snapshot.count]);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2) {
        return 0;
    }
    if (data[0] % 2 == 0) {
        read_bytes(data + 1, size - 1);
    } else {
        read_events(data + 2, size - 2, data[1] + 1U);
    }
    ASSERT(!lent);
    return 0;
}
