/* snapshot_reader.c -- chunks to a state: nothing is believed before it is checked; before a chunk's hash is
 * right, nothing is decompressed and no memory asked for.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <xxhash.h>
#include <zstd.h>

#include "engine/bug.h"
#include "engine/bytes.h"
#include "engine/dump.h"
#include "engine/limits.h"
#include "net/snapshot.h"
#include "net/snapshot_inside.h"

#define FRAME_MAGIC_BYTES 4U
#define CHUNK_BYTES_MIN (CHUNK_AT_FRAME + FRAME_MAGIC_BYTES + CHUNK_HASH_BYTES)

struct snapshot_reader {
    struct manifest manifest; /* what must come */
    struct engine *engine;    /* NULL: nothing is applied */
    struct restore restore;
    ZSTD_DCtx *zstd; /* NULL until the first chunk is right; as raw */
    uint8_t *raw;    /* the events of a chunk */
    size_t raw_room; /* bytes that there is room for: as many as the longest chunk so far had */
    uint64_t chunks; /* so far, as the four below */
    uint64_t bytes;
    uint64_t raw_bytes;
    uint64_t events;
    uint64_t hash; /* of the last chunk; before the first: the stamp's chain */
    bool failed;
    struct event genesis; /* its texts are in genesis_bytes */
    uint8_t *genesis_bytes;
};

struct snapshot_reader *snapshot_reader_create(const struct manifest *manifest,
                                               struct engine *engine)
{
    struct snapshot_reader *reader = calloc(1, sizeof(*reader));
    if (reader == NULL) {
        return NULL;
    }
    reader->manifest = *manifest;
    reader->engine = engine;
    reader->hash = manifest->stamp.chain;
    if (engine != NULL) {
        restore_begin(&reader->restore, engine);
    }
    return reader;
}

void snapshot_reader_destroy(struct snapshot_reader **reader)
{
    if (*reader == NULL) {
        return;
    }
    ZSTD_freeDCtx((*reader)->zstd);
    free((*reader)->raw);
    free((*reader)->genesis_bytes);
    free(*reader);
    *reader = NULL;
}

__attribute__((format(printf, 3, 4))) static bool refuse(struct snapshot_reader *reader,
                                                         char message[SNAPSHOT_MESSAGE_BYTES],
                                                         const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, SNAPSHOT_MESSAGE_BYTES, format, arguments);
    va_end(arguments);
    reader->failed = true;
    return false;
}

/* Checks that these are the bytes that were written, behind those of the chunk before. Returns what is wrong
 * with them, or NULL. */
static const char *chunk_fault(const struct snapshot_reader *reader, const uint8_t *bytes,
                               size_t length, uint64_t *hash)
{
    if (length < CHUNK_BYTES_MIN) {
        return "it is shorter than a header";
    }
    if (length > SNAPSHOT_CHUNK_BYTES_MAX) {
        return "it is longer than a chunk may be";
    }
    if (bytes_get_u32(bytes + CHUNK_AT_MAGIC) != CHUNK_MAGIC) {
        return "it does not begin like a chunk of Boon";
    }
    *hash = XXH3_64bits_withSeed(bytes, length - CHUNK_HASH_BYTES, reader->hash);
    if (*hash != bytes_get_u64(bytes + length - CHUNK_HASH_BYTES)) {
        return "its hash does not match its bytes and the chunk before it";
    }
    if (reader->chunks + 1 == reader->manifest.chunks && *hash != reader->manifest.chunks_hash) {
        return "it is not the last one that the manifest vouches for";
    }
    return NULL;
}

/* Makes room for a chunk's events. False: no memory. */
static bool make_room(struct snapshot_reader *reader, size_t raw)
{
    ASSERT(raw <= SNAPSHOT_RAW_BYTES_MAX);
    if (reader->zstd == NULL) {
        reader->zstd = ZSTD_createDCtx();
    }
    if (raw > reader->raw_room) {
        free(reader->raw);
        reader->raw = malloc(raw);
        reader->raw_room = reader->raw == NULL ? 0 : raw;
    }
    return reader->zstd != NULL && reader->raw != NULL;
}

/* Decompresses a chunk into reader->raw. Returns what is wrong with it, or NULL. */
static const char *unpack(struct snapshot_reader *reader, const uint8_t *bytes, size_t length,
                          size_t *raw_bytes)
{
    const size_t raw = bytes_get_u32(bytes + CHUNK_AT_RAW_BYTES);
    if (raw < EVENT_HEAD_BYTES || raw > SNAPSHOT_RAW_BYTES_MAX) {
        return "it says a size that no chunk has when decompressed";
    }
    const uint8_t *frame = bytes + CHUNK_AT_FRAME;
    const size_t frame_bytes = length - CHUNK_AT_FRAME - CHUNK_HASH_BYTES;
    /* The library may know older frames, too, and would ask for memory for them. */
    if (bytes_get_u32(frame) != ZSTD_MAGICNUMBER) {
        return "it has no zstd frame";
    }
    if (ZSTD_getFrameContentSize(frame, frame_bytes) != raw) {
        return "its header and its zstd frame disagree about its size";
    }
    if (ZSTD_findFrameCompressedSize(frame, frame_bytes) != frame_bytes) {
        return "its zstd frame is cut short, or something follows it";
    }
    if (!make_room(reader, raw)) {
        return "there is no memory to decompress it";
    }
    if (ZSTD_decompressDCtx(reader->zstd, reader->raw, raw, frame, frame_bytes) != raw) {
        return "it cannot be decompressed";
    }
    *raw_bytes = raw;
    return NULL;
}

/* Keeps the first event, which says whose journal it is. Returns what is wrong with it, or NULL. */
static const char *keep_genesis(struct snapshot_reader *reader, const uint8_t *bytes, size_t length)
{
    size_t consumed = 0;
    ASSERT(reader->genesis_bytes == NULL);
    if (length > EVENT_BYTES_MAX) {
        return "its GENESIS is too long";
    }
    reader->genesis_bytes = malloc(length);
    if (reader->genesis_bytes == NULL) {
        return "there is no memory to keep its GENESIS";
    }
    memcpy(reader->genesis_bytes, bytes, length);
    enum event_fault fault = event_decode(reader->genesis_bytes, length, &reader->genesis,
                                          &consumed);
    ASSERT(fault == EVENT_FINE);
    if (memcmp(reader->genesis.as.genesis.journal_id.at, reader->manifest.stamp.journal_id.at,
               sizeof(reader->manifest.stamp.journal_id.at)) != 0) {
        return "its GENESIS is of another journal than the manifest";
    }
    return NULL;
}

/* Takes one event of a chunk. Returns what is wrong with it, or NULL. */
static const char *take_event(struct snapshot_reader *reader, const struct event *event,
                              const uint8_t *bytes, size_t length)
{
    if (reader->events == 0) {
        return event->type == EVENT_GENESIS ? keep_genesis(reader, bytes, length)
                                            : "the first event is no GENESIS";
    }
    if (event->type == EVENT_GENESIS) {
        return "a GENESIS comes first or never";
    }
    return reader->engine == NULL ? NULL : restore_event(&reader->restore, event);
}

/* Takes all events of the chunk in reader->raw. */
static bool take_events(struct snapshot_reader *reader, size_t length,
                        char message[SNAPSHOT_MESSAGE_BYTES])
{
    const uint8_t *at = reader->raw;
    const uint8_t *end = at + length;
    while (at < end) {
        struct event event;
        size_t consumed = 0;
        const char *fault = NULL;
        switch (event_decode(at, (size_t)(end - at), &event, &consumed)) {
        case EVENT_CUT_SHORT:
            return refuse(reader, message, "chunk %" PRIu64 ": its event at byte %zu is cut short",
                          reader->chunks + 1, (size_t)(at - reader->raw));
        case EVENT_UNKNOWN:
            return refuse(reader, message,
                          "chunk %" PRIu64 ": this version of Boon does not know event number %u",
                          reader->chunks + 1, (unsigned)bytes_get_u16(at));
        case EVENT_FINE:
            fault = take_event(reader, &event, at, consumed);
            break;
        }
        if (fault != NULL) {
            return refuse(reader, message, "chunk %" PRIu64 ": by event %" PRIu64 ", %s: %s",
                          reader->chunks + 1, reader->events + 1, event_name(event.type), fault);
        }
        reader->events++;
        at += consumed;
    }
    return true;
}

bool snapshot_reader_take(struct snapshot_reader *reader, const uint8_t *bytes, size_t length,
                          char message[SNAPSHOT_MESSAGE_BYTES])
{
    const struct manifest *manifest = &reader->manifest;
    const uint64_t number = reader->chunks + 1;
    if (reader->failed) {
        return refuse(reader, message, "a chunk before this one was refused");
    }
    if (number > manifest->chunks) {
        return refuse(reader, message,
                      "chunk %" PRIu64 " is one too many: the manifest speaks of %" PRIu64, number,
                      manifest->chunks);
    }
    size_t raw_bytes = 0;
    uint64_t hash = 0;
    const char *fault = chunk_fault(reader, bytes, length, &hash);
    if (fault == NULL) {
        fault = unpack(reader, bytes, length, &raw_bytes);
    }
    if (fault != NULL) {
        return refuse(reader, message, "chunk %" PRIu64 ": %s", number, fault);
    }
    if (!take_events(reader, raw_bytes, message)) {
        return false;
    }
    reader->chunks = number;
    reader->bytes += length;
    reader->raw_bytes += raw_bytes;
    reader->hash = hash;
    return true;
}

/* Checks that all came. */
static bool is_complete(struct snapshot_reader *reader, char message[SNAPSHOT_MESSAGE_BYTES])
{
    const struct manifest *manifest = &reader->manifest;
    const struct {
        const char *what;
        uint64_t came;
        uint64_t promised;
    } counts[] = {{"chunks", reader->chunks, manifest->chunks},
                  {"bytes", reader->bytes, manifest->bytes},
                  {"decompressed bytes", reader->raw_bytes, manifest->raw_bytes},
                  {"events", reader->events, manifest->events}};
    for (size_t at = 0; at < sizeof(counts) / sizeof(counts[0]); at++) {
        if (counts[at].came != counts[at].promised) {
            return refuse(reader, message,
                          "%" PRIu64 " %s came, but the manifest speaks of %" PRIu64,
                          counts[at].came, counts[at].what, counts[at].promised);
        }
    }
    return true;
}

bool snapshot_reader_end(struct snapshot_reader *reader, struct event *genesis,
                         char message[SNAPSHOT_MESSAGE_BYTES])
{
    const struct manifest *manifest = &reader->manifest;
    if (reader->failed) {
        return refuse(reader, message, "a chunk was refused");
    }
    if (!is_complete(reader, message)) {
        return false;
    }
    if (reader->engine != NULL) {
        const char *fault = restore_end(&reader->restore);
        if (fault != NULL) {
            return refuse(reader, message, "the state is not whole: %s", fault);
        }
        if (reader->engine->seq != manifest->stamp.seq) {
            return refuse(reader, message,
                          "the state is that after event %" PRIu64
                          ", but the manifest speaks of event %" PRIu64,
                          reader->engine->seq, manifest->stamp.seq);
        }
        if (engine_state_hash(reader->engine) != manifest->state_hash) {
            return refuse(reader, message, "the state's hash is not the one in the manifest");
        }
    }
    *genesis = reader->genesis;
    return true;
}
