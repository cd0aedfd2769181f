/* snapshot_writer.c -- a state to chunks: events are encoded one behind the other, and cut where a chunk is
 * full.
 *
 *     raw     |■■■■■■■■■■■■■■■■■■■■■■■■■■■■|■■■■■■■·············|
 *             0               taken: one chunk   filled          SNAPSHOT_RAW_BYTES_MAX
 *
 * How well events compress is known only afterwards. So each chunk takes as many bytes as should come to
 * COMPRESSED_AIM at the rate of the one before; if they come to more than a chunk may have, half of them
 * are tried again.
 */
#include <stdlib.h>
#include <xxhash.h>
#include <zstd.h>

#include "engine/bug.h"
#include "engine/bytes.h"
#include "engine/dump.h"
#include "engine/limits.h"
#include "net/snapshot.h"
#include "net/snapshot_inside.h"

#define ZSTD_LEVEL 1 /* the next one takes longer and saves little */
#define COMPRESSED_AIM (240U * 1024U)
#define FRAME_BYTES_MAX (SNAPSHOT_CHUNK_BYTES_MAX - CHUNK_AT_FRAME - CHUNK_HASH_BYTES)
#define RAW_FIRST (512U * 1024U)
#define RAW_MIN EVENT_BYTES_MAX
#define RAW_FILL_MAX (SNAPSHOT_RAW_BYTES_MAX - EVENT_BYTES_MAX) /* one more event always fits */

/* One event alone always fits, even if it does not compress: then there is a chunk after every halving. */
_Static_assert(ZSTD_COMPRESSBOUND(EVENT_BYTES_MAX) <= FRAME_BYTES_MAX,
               "an event fits into a chunk");

struct snapshot_writer {
    const struct engine *engine;
    struct event genesis;
    struct manifest manifest; /* counts so far; chunks_hash: of the last chunk */
    struct dump dump;
    ZSTD_CCtx *zstd;
    size_t aim;    /* raw bytes for the next chunk */
    size_t filled; /* bytes of raw that hold events */
    size_t taken;  /* bytes of raw that are in the last chunk */
    bool ended;    /* dump_next() has no more */
    bool failed;
    uint8_t raw[SNAPSHOT_RAW_BYTES_MAX];
    uint8_t chunk[SNAPSHOT_CHUNK_BYTES_MAX];
};

struct snapshot_writer *snapshot_writer_create(const struct engine *engine,
                                               const struct event *genesis,
                                               const struct snapshot_stamp *stamp,
                                               int64_t made_at_ms)
{
    ASSERT(genesis->type == EVENT_GENESIS);
    ASSERT(stamp->seq == engine->seq);
    struct snapshot_writer *writer = calloc(1, sizeof(*writer));
    if (writer == NULL) {
        return NULL;
    }
    writer->engine = engine;
    writer->genesis = *genesis;
    writer->manifest.stamp = *stamp;
    writer->manifest.made_at_ms = made_at_ms;
    writer->manifest.chunks_hash = stamp->chain;
    writer->aim = RAW_FIRST;
    writer->zstd = ZSTD_createCCtx();
    if (writer->zstd == NULL ||
        ZSTD_isError(ZSTD_CCtx_setParameter(writer->zstd, ZSTD_c_compressionLevel, ZSTD_LEVEL)) ||
        ZSTD_isError(ZSTD_CCtx_setParameter(writer->zstd, ZSTD_c_checksumFlag, 1))) {
        snapshot_writer_destroy(&writer);
        return NULL;
    }
    dump_begin(&writer->dump, engine);
    return writer;
}

void snapshot_writer_destroy(struct snapshot_writer **writer)
{
    if (*writer == NULL) {
        return;
    }
    ZSTD_freeCCtx((*writer)->zstd);
    free(*writer);
    *writer = NULL;
}

bool snapshot_writer_failed(const struct snapshot_writer *writer)
{
    return writer->failed;
}

/* Encodes one event behind the others. False: it has more bytes than an event may have. */
static bool add_event(struct snapshot_writer *writer, const struct event *event)
{
    ASSERT(writer->filled <= RAW_FILL_MAX);
    size_t length = event_encode(event, writer->raw + writer->filled, EVENT_BYTES_MAX);
    writer->filled += length;
    writer->failed = length == 0;
    return length > 0;
}

/* Encodes events until there are enough for a chunk, or no more. */
static bool fill(struct snapshot_writer *writer)
{
    memmove(writer->raw, writer->raw + writer->taken, writer->filled - writer->taken);
    writer->filled -= writer->taken;
    writer->taken = 0;
    if (writer->manifest.chunks == 0 && !add_event(writer, &writer->genesis)) {
        return false;
    }
    while (writer->filled < writer->aim && !writer->ended) {
        struct event event;
        if (!dump_next(&writer->dump, &event)) {
            writer->ended = true;
        } else if (!add_event(writer, &event)) {
            return false;
        }
    }
    return true;
}

/* Returns the length of as many whole events as fit into `most` bytes, but of one at least. */
static size_t whole_events(const struct snapshot_writer *writer, size_t most, uint64_t *events)
{
    size_t length = 0;
    *events = 0;
    while (length < writer->filled) {
        size_t next = length + EVENT_HEAD_BYTES + bytes_get_u16(writer->raw + length + 2);
        if (next > most && length > 0) {
            break;
        }
        length = next;
        *events += 1;
    }
    return length;
}

/* Compresses the first events. Returns the length of the frame; 0: it failed. */
static size_t compress(struct snapshot_writer *writer, uint64_t *events)
{
    size_t most = writer->aim;
    for (;;) {
        writer->taken = whole_events(writer, most, events);
        size_t length = ZSTD_compress2(writer->zstd, writer->chunk + CHUNK_AT_FRAME,
                                       FRAME_BYTES_MAX, writer->raw, writer->taken);
        if (!ZSTD_isError(length)) {
            return length;
        }
        if (*events == 1) { /* it would have fitted: there is no memory */
            return 0;
        }
        most = writer->taken / 2;
    }
}

/* Chooses how many bytes the next chunk takes, from how the last one came out. */
static void aim_again(struct snapshot_writer *writer, size_t compressed)
{
    size_t aim = writer->taken * COMPRESSED_AIM / compressed;
    aim = aim < RAW_MIN ? RAW_MIN : aim;
    writer->aim = aim > RAW_FILL_MAX ? RAW_FILL_MAX : aim;
}

bool snapshot_writer_next(struct snapshot_writer *writer, const uint8_t **bytes, size_t *length)
{
    struct manifest *manifest = &writer->manifest;
    if (writer->failed || !fill(writer) || writer->filled == 0) {
        return false;
    }
    uint64_t events = 0;
    size_t frame = compress(writer, &events);
    if (frame == 0 || manifest->chunks == SNAPSHOT_CHUNKS_MAX) {
        writer->failed = true;
        return false;
    }
    const size_t hashed = CHUNK_AT_FRAME + frame;
    bytes_put_u32(writer->chunk + CHUNK_AT_MAGIC, CHUNK_MAGIC);
    bytes_put_u32(writer->chunk + CHUNK_AT_RAW_BYTES, (uint32_t)writer->taken);
    manifest->chunks_hash = XXH3_64bits_withSeed(writer->chunk, hashed, manifest->chunks_hash);
    bytes_put_u64(writer->chunk + hashed, manifest->chunks_hash);
    *bytes = writer->chunk;
    *length = hashed + CHUNK_HASH_BYTES;
    manifest->chunks++;
    manifest->bytes += *length;
    manifest->raw_bytes += writer->taken;
    manifest->events += events;
    aim_again(writer, frame);
    return true;
}

void snapshot_writer_manifest(const struct snapshot_writer *writer, struct manifest *manifest)
{
    ASSERT(writer->ended);
    ASSERT(!writer->failed);
    ASSERT(writer->taken == writer->filled);
    *manifest = writer->manifest;
    manifest->state_hash = engine_state_hash(writer->engine);
}
