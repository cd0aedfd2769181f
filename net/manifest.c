/* manifest.c -- the manifest of a snapshot to bytes and back; the layout is in snapshot.h. */
#include <stdio.h>
#include <xxhash.h>

#include "engine/bytes.h"
#include "net/snapshot.h"

#define MAGIC 0x534f4f42U /* "BOOS" */

/* Offsets. */
enum {
    AT_MAGIC = 0,
    AT_FORMAT = 4,
    AT_LENGTH = 6,
    AT_JOURNAL_ID = 8,
    AT_EPOCH = 24,
    AT_NUMBER = 32,
    AT_SEQ = 40,
    AT_CHAIN = 48,
    AT_TIME = 56,
    AT_NONCE = 64,
    AT_LEASE = 80,
    AT_ZERO = 84,
    AT_MADE_AT = 88,
    AT_CHUNKS = 96,
    AT_BYTES = 104,
    AT_RAW_BYTES = 112,
    AT_EVENTS = 120,
    AT_CHUNKS_HASH = 128,
    AT_STATE_HASH = 136,
    FIELDS_END = 144,
};

#define HASH_BYTES 8U
#define WHOLE_BYTES (FIELDS_END + HASH_BYTES)

_Static_assert(WHOLE_BYTES <= MANIFEST_BYTES_MAX, "a manifest fits");

size_t manifest_write(const struct manifest *manifest, uint8_t bytes[MANIFEST_BYTES_MAX])
{
    const struct snapshot_stamp *stamp = &manifest->stamp;
    bytes_put_u32(bytes + AT_MAGIC, MAGIC);
    bytes_put_u16(bytes + AT_FORMAT, MANIFEST_FORMAT);
    bytes_put_u16(bytes + AT_LENGTH, WHOLE_BYTES);
    memcpy(bytes + AT_JOURNAL_ID, stamp->journal_id.at, sizeof(stamp->journal_id.at));
    bytes_put_u64(bytes + AT_EPOCH, stamp->epoch);
    bytes_put_u64(bytes + AT_NUMBER, stamp->number);
    bytes_put_u64(bytes + AT_SEQ, stamp->seq);
    bytes_put_u64(bytes + AT_CHAIN, stamp->chain);
    bytes_put_i64(bytes + AT_TIME, stamp->time_ms);
    memcpy(bytes + AT_NONCE, stamp->nonce.at, sizeof(stamp->nonce.at));
    bytes_put_u32(bytes + AT_LEASE, stamp->lease_ms);
    bytes_put_u32(bytes + AT_ZERO, 0);
    bytes_put_i64(bytes + AT_MADE_AT, manifest->made_at_ms);
    bytes_put_u64(bytes + AT_CHUNKS, manifest->chunks);
    bytes_put_u64(bytes + AT_BYTES, manifest->bytes);
    bytes_put_u64(bytes + AT_RAW_BYTES, manifest->raw_bytes);
    bytes_put_u64(bytes + AT_EVENTS, manifest->events);
    bytes_put_u64(bytes + AT_CHUNKS_HASH, manifest->chunks_hash);
    bytes_put_u64(bytes + AT_STATE_HASH, manifest->state_hash);
    bytes_put_u64(bytes + FIELDS_END, XXH3_64bits(bytes, FIELDS_END));
    return WHOLE_BYTES;
}

static void read_fields(const uint8_t *bytes, struct manifest *manifest)
{
    struct snapshot_stamp *stamp = &manifest->stamp;
    memcpy(stamp->journal_id.at, bytes + AT_JOURNAL_ID, sizeof(stamp->journal_id.at));
    stamp->epoch = bytes_get_u64(bytes + AT_EPOCH);
    stamp->number = bytes_get_u64(bytes + AT_NUMBER);
    stamp->seq = bytes_get_u64(bytes + AT_SEQ);
    stamp->chain = bytes_get_u64(bytes + AT_CHAIN);
    stamp->time_ms = bytes_get_i64(bytes + AT_TIME);
    memcpy(stamp->nonce.at, bytes + AT_NONCE, sizeof(stamp->nonce.at));
    stamp->lease_ms = bytes_get_u32(bytes + AT_LEASE);
    manifest->made_at_ms = bytes_get_i64(bytes + AT_MADE_AT);
    manifest->chunks = bytes_get_u64(bytes + AT_CHUNKS);
    manifest->bytes = bytes_get_u64(bytes + AT_BYTES);
    manifest->raw_bytes = bytes_get_u64(bytes + AT_RAW_BYTES);
    manifest->events = bytes_get_u64(bytes + AT_EVENTS);
    manifest->chunks_hash = bytes_get_u64(bytes + AT_CHUNKS_HASH);
    manifest->state_hash = bytes_get_u64(bytes + AT_STATE_HASH);
}

/* Tells whether so many chunks can hold so much, and so much so many events. */
static bool counts_make_sense(const struct manifest *manifest)
{
    return manifest->chunks >= 1 && manifest->chunks <= SNAPSHOT_CHUNKS_MAX &&
           manifest->bytes <= manifest->chunks * SNAPSHOT_CHUNK_BYTES_MAX &&
           manifest->raw_bytes <= manifest->chunks * SNAPSHOT_RAW_BYTES_MAX &&
           manifest->events >= manifest->chunks &&
           manifest->events <= manifest->raw_bytes / EVENT_HEAD_BYTES;
}

/* Returns what is wrong with the frame around the fields, or NULL. */
static const char *frame_fault(const uint8_t *bytes, size_t length)
{
    if (length < AT_JOURNAL_ID || bytes_get_u32(bytes + AT_MAGIC) != MAGIC) {
        return "it does not begin like a manifest of Boon";
    }
    if (bytes_get_u16(bytes + AT_FORMAT) != MANIFEST_FORMAT) {
        return "its format is of another version of Boon";
    }
    if (bytes_get_u16(bytes + AT_LENGTH) != length) {
        return "it was cut short, or something was added";
    }
    if (length < WHOLE_BYTES || length > MANIFEST_BYTES_MAX) {
        return "its length makes no sense";
    }
    if (bytes_get_u64(bytes + length - HASH_BYTES) != XXH3_64bits(bytes, length - HASH_BYTES)) {
        return "its hash does not match its bytes";
    }
    return NULL;
}

bool manifest_read(const uint8_t *bytes, size_t length, const struct bytes16 *journal_id,
                   struct manifest *manifest, char message[SNAPSHOT_MESSAGE_BYTES])
{
    const char *fault = frame_fault(bytes, length);
    if (fault == NULL) {
        read_fields(bytes, manifest);
        if (journal_id != NULL &&
            memcmp(manifest->stamp.journal_id.at, journal_id->at, sizeof(journal_id->at)) != 0) {
            fault = "it carries another journal's id";
        } else if (!counts_make_sense(manifest) || bytes_get_u32(bytes + AT_ZERO) != 0) {
            fault = "its numbers contradict each other";
        }
    }
    if (fault != NULL) {
        snprintf(message, SNAPSHOT_MESSAGE_BYTES, "the manifest cannot be used: %s", fault);
        return false;
    }
    return true;
}
