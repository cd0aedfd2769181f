/* batch.c -- one batch to bytes and back; no length is believed before it is checked. */
#include "net/batch.h"

#include <xxhash.h>

#include "engine/bug.h"
#include "engine/bytes.h"
#include "engine/planted.h"

#define MAGIC 0x4e4f4f42U /* "BOON" */

/* Offsets in the header; the table is in batch.h. */
enum {
    AT_MAGIC = 0,
    AT_FORMAT = 4,
    AT_HEAD_BYTES = 6,
    AT_JOURNAL_ID = 8,
    AT_EPOCH = 24,
    AT_NUMBER = 32,
    AT_FIRST_SEQ = 40,
    AT_GROUPS = 48,
    AT_ZERO = 52,
    AT_PREVIOUS = 56,
};

#define GROUP_LENGTH_BYTES 4U
#define GROUP_FIXED_BYTES (BATCH_GROUP_HEAD_BYTES - GROUP_LENGTH_BYTES) /* time_ms, principal */

void batch_begin(struct batch_builder *builder, uint8_t *bytes, size_t room)
{
    ASSERT(room >= BATCH_EMPTY_BYTES);
    ASSERT(room <= BATCH_BYTES_MAX);
    *builder = (struct batch_builder){
        .bytes = bytes, .used = BATCH_HEAD_BYTES, .room = room - BATCH_HASH_BYTES};
}

bool batch_add_group(struct batch_builder *builder, int64_t time_ms, uint32_t principal,
                     const struct event *events, uint32_t count)
{
    ASSERT(count > 0);
    if (batch_room(builder) < BATCH_GROUP_HEAD_BYTES) {
        return false;
    }
    uint8_t *group = builder->bytes + builder->used;
    size_t used = builder->used + BATCH_GROUP_HEAD_BYTES;
    uint32_t written = PLANTED(DROPS_LAST_EVENT) && count > 1 ? count - 1 : count;
    for (uint32_t at = 0; at < written; at++) {
        size_t length = event_encode(&events[at], builder->bytes + used, builder->room - used);
        if (length == 0) {
            return false;
        }
        used += length;
    }
    bytes_put_u32(group, (uint32_t)(used - builder->used - GROUP_LENGTH_BYTES));
    bytes_put_i64(group + 4, time_ms);
    bytes_put_u32(group + 12, principal);
    builder->used = used;
    builder->groups++;
    builder->events += count;
    return true;
}

size_t batch_seal(struct batch_builder *builder, const struct batch_stamp *stamp, uint64_t *chain)
{
    uint8_t *bytes = builder->bytes;
    bytes_put_u32(bytes + AT_MAGIC, MAGIC);
    bytes_put_u16(bytes + AT_FORMAT, BATCH_FORMAT);
    bytes_put_u16(bytes + AT_HEAD_BYTES, BATCH_HEAD_BYTES);
    memcpy(bytes + AT_JOURNAL_ID, stamp->journal_id.at, sizeof(stamp->journal_id.at));
    bytes_put_u64(bytes + AT_EPOCH, stamp->epoch);
    bytes_put_u64(bytes + AT_NUMBER, stamp->number);
    bytes_put_u64(bytes + AT_FIRST_SEQ, stamp->first_seq);
    bytes_put_u32(bytes + AT_GROUPS, builder->groups);
    bytes_put_u32(bytes + AT_ZERO, 0);
    bytes_put_u64(bytes + AT_PREVIOUS, stamp->previous);
    *chain = XXH3_64bits_withSeed(bytes, builder->used, stamp->previous);
    bytes_put_u64(bytes + builder->used, *chain);
    return builder->used + BATCH_HASH_BYTES;
}

const char *batch_fault_words(enum batch_fault fault)
{
    switch (fault) {
    case BATCH_FINE:
        return "it is fine";
    case BATCH_END:
        return "it has ended";
    case BATCH_TOO_SHORT:
        return "it is shorter than a header";
    case BATCH_TOO_LONG:
        return "it is longer than a batch may be";
    case BATCH_NOT_A_BATCH:
        return "it does not begin like a batch of Boon";
    case BATCH_UNKNOWN_FORMAT:
        return "its format is of another version of Boon";
    case BATCH_BAD_HEADER:
        return "its header makes no sense";
    case BATCH_FOREIGN:
        return "it carries another journal's id";
    case BATCH_BAD_HASH:
        return "its hash does not match its bytes";
    case BATCH_BAD_GROUP:
        return "a group of events does not fit into it";
    case BATCH_TRAILING_BYTES:
        return "bytes follow its last group";
    case BATCH_BAD_EVENT:
        return "an event does not fit into its group";
    case BATCH_UNKNOWN_EVENT:
        return "it has an event that this version of Boon does not know";
    }
    return "it is wrong";
}

enum batch_fault batch_open(struct batch_reader *reader, const uint8_t *bytes, size_t length,
                            const struct bytes16 *journal_id)
{
    if (length < BATCH_EMPTY_BYTES) {
        return BATCH_TOO_SHORT;
    }
    if (length > BATCH_BYTES_MAX) {
        return BATCH_TOO_LONG;
    }
    if (bytes_get_u32(bytes + AT_MAGIC) != MAGIC) {
        return BATCH_NOT_A_BATCH;
    }
    if (bytes_get_u16(bytes + AT_FORMAT) != BATCH_FORMAT) {
        return BATCH_UNKNOWN_FORMAT;
    }
    size_t head = bytes_get_u16(bytes + AT_HEAD_BYTES);
    size_t hashed = length - BATCH_HASH_BYTES;
    if (head < BATCH_HEAD_BYTES || head > hashed || bytes_get_u32(bytes + AT_ZERO) != 0) {
        return BATCH_BAD_HEADER;
    }
    struct batch_stamp *stamp = &reader->stamp;
    memcpy(stamp->journal_id.at, bytes + AT_JOURNAL_ID, sizeof(stamp->journal_id.at));
    if (journal_id != NULL &&
        memcmp(stamp->journal_id.at, journal_id->at, sizeof(journal_id->at)) != 0) {
        return BATCH_FOREIGN;
    }
    stamp->epoch = bytes_get_u64(bytes + AT_EPOCH);
    stamp->number = bytes_get_u64(bytes + AT_NUMBER);
    stamp->first_seq = bytes_get_u64(bytes + AT_FIRST_SEQ);
    stamp->previous = bytes_get_u64(bytes + AT_PREVIOUS);
    reader->chain = bytes_get_u64(bytes + hashed);
    if (XXH3_64bits_withSeed(bytes, hashed, stamp->previous) != reader->chain) {
        return BATCH_BAD_HASH;
    }
    reader->groups = bytes_get_u32(bytes + AT_GROUPS);
    reader->groups_read = 0;
    reader->at = bytes + head;
    reader->end = bytes + hashed;
    return BATCH_FINE;
}

enum batch_fault batch_next_group(struct batch_reader *reader, struct batch_group *group)
{
    size_t left = (size_t)(reader->end - reader->at);
    if (reader->groups_read == reader->groups) {
        return left == 0 ? BATCH_END : BATCH_TRAILING_BYTES;
    }
    if (left < BATCH_GROUP_HEAD_BYTES) {
        return BATCH_BAD_GROUP;
    }
    size_t length = bytes_get_u32(reader->at);
    if (length > left - GROUP_LENGTH_BYTES || length <= GROUP_FIXED_BYTES) {
        return BATCH_BAD_GROUP; /* it crosses the end, or has no event */
    }
    group->time_ms = bytes_get_i64(reader->at + 4);
    group->principal = bytes_get_u32(reader->at + 12);
    group->at = reader->at + BATCH_GROUP_HEAD_BYTES;
    group->end = reader->at + GROUP_LENGTH_BYTES + length;
    reader->at = group->end;
    reader->groups_read++;
    return BATCH_FINE;
}

enum batch_fault batch_next_event(struct batch_group *group, struct event *event)
{
    if (group->at == group->end) {
        return BATCH_END;
    }
    size_t consumed = 0;
    switch (event_decode(group->at, (size_t)(group->end - group->at), event, &consumed)) {
    case EVENT_FINE:
        group->at += consumed;
        return BATCH_FINE;
    case EVENT_CUT_SHORT:
        return BATCH_BAD_EVENT;
    case EVENT_UNKNOWN:
        break;
    }
    return BATCH_UNKNOWN_EVENT;
}
