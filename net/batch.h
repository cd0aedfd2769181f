/* batch.h -- one batch: the bytes of one journal entry, from a loop turn's events and back.
 *
 *     offset  0  u32  magic "BOON"
 *     offset  4  u16  format, BATCH_FORMAT
 *     offset  6  u16  bytes of this header, 64; a later one may be longer, what follows is skipped
 *     offset  8  16   journal id
 *     offset 24  u64  epoch          \  together the entry's ID in the stream: <epoch>-<number>
 *     offset 32  u64  batch number   /
 *     offset 40  u64  sequence of the first event; 0 = outside of the sequence (TAKEOVER)
 *     offset 48  u32  groups
 *     offset 52  u32  zero
 *     offset 56  u64  chain hash of the batch before; 0 = none
 *     offset 64       groups: u32 length of what follows, i64 time_ms, u32 principal, events
 *     at the end u64  chain hash: XXH3-64 of all the above, seeded with the hash before
 *
 * All numbers are little-endian. A group is all events of one command and lies in one batch. A
 * batch of no groups is legal: it is sent to confirm the one before. Pure: bytes in, bytes out,
 * nothing else.
 *
 *     batch_begin(&builder, bytes, BATCH_BYTES_MAX);
 *     if (!batch_add_group(&builder, time_ms, principal, events, count)) { … it does not fit … }
 *     length = batch_seal(&builder, &stamp, &chain);
 *
 *     fault = batch_open(&reader, bytes, length, &journal_id);
 *     while ((fault = batch_next_group(&reader, &group)) == BATCH_FINE)
 *         while ((fault = batch_next_event(&group, &event)) == BATCH_FINE)
 *             …
 *     both loops end with BATCH_END when all went well
 */
#ifndef BOON_NET_BATCH_H
#define BOON_NET_BATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/event.h"
#include "engine/limits.h"

#define BATCH_BYTES_MAX 1048576U /* one batch, header and hash included */
#define BATCH_FORMAT 1U
#define BATCH_HEAD_BYTES 64U
#define BATCH_HASH_BYTES 8U
#define BATCH_EMPTY_BYTES (BATCH_HEAD_BYTES + BATCH_HASH_BYTES)
#define BATCH_GROUP_HEAD_BYTES 16U /* length, time_ms, principal */
#define BATCH_GROUP_BYTES_MAX (BATCH_GROUP_HEAD_BYTES + GROUP_BYTES_MAX)

/* Whose batch it is and where it belongs: all of the header that is not counted from the groups. */
struct batch_stamp {
    struct bytes16 journal_id;
    uint64_t epoch;
    uint64_t number;
    uint64_t
        first_seq; /* sequence of the first event, of the next one if there is none; 0 = outside */
    uint64_t previous; /* chain hash of the batch before; 0 = none */
};

/* A batch in the making, on the caller's buffer. */
struct batch_builder {
    uint8_t *bytes;  /* the caller's; header, then groups */
    size_t used;     /* bytes so far, the header included */
    size_t room;     /* bytes that may be used, the closing hash excluded */
    uint32_t groups; /* so far */
    uint32_t events; /* so far */
};

/* Starts a batch on `bytes`, which has `room` bytes: BATCH_EMPTY_BYTES to BATCH_BYTES_MAX. */
void batch_begin(struct batch_builder *builder, uint8_t *bytes, size_t room);

/* Adds one group of `count` events (at least one). False: it does not fit, the batch is as it
 * was. */
bool batch_add_group(struct batch_builder *builder, int64_t time_ms, uint32_t principal,
                     const struct event *events, uint32_t count)
    __attribute__((warn_unused_result));

/* Returns how many bytes a group, its head included, may still have. */
static inline size_t batch_room(const struct batch_builder *builder)
{
    return builder->room - builder->used;
}

/* Writes header and hash; from then on the bytes are frozen. Returns the length of the batch and
 * sets `chain` to its hash. */
size_t batch_seal(struct batch_builder *builder, const struct batch_stamp *stamp, uint64_t *chain);

/* What can be wrong with bytes that should be a batch. */
enum batch_fault {
    BATCH_FINE = 0,
    BATCH_END,            /* iteration only: there is no more, and all was well */
    BATCH_TOO_SHORT,      /* shorter than header and hash */
    BATCH_TOO_LONG,       /* longer than BATCH_BYTES_MAX */
    BATCH_NOT_A_BATCH,    /* the magic is not there */
    BATCH_UNKNOWN_FORMAT, /* of a version that this one does not know */
    BATCH_BAD_HEADER,     /* a header length or a reserved field that makes no sense */
    BATCH_FOREIGN,        /* another journal's id */
    BATCH_BAD_HASH,       /* the bytes are not those that were written */
    BATCH_BAD_GROUP,      /* a group crosses the end, or is too short */
    BATCH_TRAILING_BYTES, /* bytes between the last group and the hash */
    BATCH_BAD_EVENT,      /* an event crosses its group's end, or a field its event's */
    BATCH_UNKNOWN_EVENT,  /* an event type that this version does not know */
};

/* Returns the fault in words, for a message: "its hash does not match". */
const char *batch_fault_words(enum batch_fault fault);

/* A batch that is being read; the bytes stay the caller's. Fields are for reading only. */
struct batch_reader {
    struct batch_stamp stamp;
    uint64_t chain;  /* the batch's own hash */
    uint32_t groups; /* in all */
    uint32_t groups_read;
    const uint8_t *at;  /* next group */
    const uint8_t *end; /* of the groups */
};

struct batch_group {
    int64_t time_ms;
    uint32_t principal;
    const uint8_t *at;  /* next event */
    const uint8_t *end; /* of the events */
};

/* Checks header and hash and gets ready to read the groups. A NULL `journal_id` takes any
 * journal's. Whether epoch, number, sequence and previous hash are the expected ones is the
 * caller's to ask. */
enum batch_fault batch_open(struct batch_reader *reader, const uint8_t *bytes, size_t length,
                            const struct bytes16 *journal_id) __attribute__((warn_unused_result));

/* Reads the next group's head: BATCH_FINE, BATCH_END, BATCH_BAD_GROUP or BATCH_TRAILING_BYTES. */
enum batch_fault batch_next_group(struct batch_reader *reader, struct batch_group *group)
    __attribute__((warn_unused_result));

/* Reads the group's next event, whose texts point into the bytes: BATCH_FINE, BATCH_END,
 * BATCH_BAD_EVENT or BATCH_UNKNOWN_EVENT. */
enum batch_fault batch_next_event(struct batch_group *group, struct event *event)
    __attribute__((warn_unused_result));

#endif
