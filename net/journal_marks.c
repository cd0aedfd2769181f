/* journal_marks.c -- GENESIS and TAKEOVER to bytes, and what a foreign GENESIS differs in. */
#include "net/journal_marks.h"

#include <inttypes.h>
#include <stdio.h>

#include "engine/bug.h"
#include "net/journal_entry.h"

static size_t mark_write(const struct event *event, const struct batch_stamp *stamp,
                         int64_t time_ms, uint8_t *bytes)
{
    struct batch_builder builder;
    uint64_t hash;
    batch_begin(&builder, bytes, MARK_BYTES_MAX);
    bool fits = batch_add_group(&builder, time_ms, 0, event, 1);
    ASSERT(fits);
    return batch_seal(&builder, stamp, &hash);
}

/* Reads the only event of a batch. False: it has none, more, or a broken one. */
static bool only_event(struct batch_reader *reader, struct event *event)
{
    struct batch_group group;
    struct batch_group after;
    struct event second;
    return batch_next_group(reader, &group) == BATCH_FINE &&
           batch_next_event(&group, event) == BATCH_FINE &&
           batch_next_event(&group, &second) == BATCH_END &&
           batch_next_group(reader, &after) == BATCH_END;
}

struct event genesis_event(const struct journal_options *options, struct bytes16 journal_id)
{
    return (struct event){.type = EVENT_GENESIS,
                          .as.genesis = {.journal_id = journal_id,
                                         .name = text_of(options->name),
                                         .shard = options->shard,
                                         .format = BATCH_FORMAT,
                                         .key_fingerprint = options->key_fingerprint,
                                         .clock_manual = options->clock_manual ? 1 : 0}};
}

size_t genesis_write(const struct journal_options *options, int64_t time_ms, uint8_t *bytes)
{
    const struct event event = genesis_event(options, options->fresh_id);
    const struct batch_stamp stamp = {
        .journal_id = options->fresh_id, .epoch = 0, .number = 1, .first_seq = 1, .previous = 0};
    return mark_write(&event, &stamp, time_ms, bytes);
}

bool genesis_fits(const struct journal_options *options, const struct event_genesis *genesis,
                  char message[JOURNAL_MESSAGE_BYTES])
{
    const size_t room = JOURNAL_MESSAGE_BYTES;
    if (!text_equal(genesis->name, text_of(options->name))) {
        snprintf(message, room,
                 "the journal belongs to the brand %.*s, this server was started with --name %s",
                 (int)(genesis->name.length > 64 ? 64 : genesis->name.length),
                 genesis->name.length > 0 ? genesis->name.data : "", options->name);
    } else if (genesis->shard != options->shard) {
        snprintf(message, room,
                 "the journal belongs to shard %" PRIu32 ", this server was started with --shard "
                 "%" PRIu32,
                 genesis->shard, options->shard);
    } else if (genesis->format != BATCH_FORMAT) {
        snprintf(message, room,
                 "the journal has format %" PRIu32 ", this version of Boon writes format %u; start "
                 "the version that wrote it",
                 genesis->format, BATCH_FORMAT);
    } else if (genesis->key_fingerprint != options->key_fingerprint) {
        snprintf(message, room,
                 "the journal was begun with another secret file (fingerprint %016" PRIx64
                 ", not %016" PRIx64 "): give the right one with --secret-file",
                 genesis->key_fingerprint, options->key_fingerprint);
    } else if ((genesis->clock_manual != 0) != options->clock_manual) {
        snprintf(message, room, "the journal belongs to a %s clock: start with --clock %s",
                 genesis->clock_manual != 0 ? "manual" : "real",
                 genesis->clock_manual != 0 ? "manual" : "real");
    } else {
        return true;
    }
    return false;
}

bool genesis_check(const struct journal_options *options, const struct journal_entry *entry,
                   struct bytes16 *journal_id, uint64_t *hash, char message[JOURNAL_MESSAGE_BYTES])
{
    struct entry_id id = {0, 0};
    struct batch_reader reader;
    struct event event;
    if (!entry_id_read(entry->id, &id) || id.epoch != 0 || id.number != 1) {
        snprintf(message, JOURNAL_MESSAGE_BYTES,
                 "the stream does not begin with entry 0-1, but with %.*s: its beginning was cut "
                 "off, or it is not a journal of Boon",
                 (int)(entry->id.length > 64 ? 64 : entry->id.length), entry->id.data);
        return false;
    }
    enum batch_fault fault = entry->bytes == NULL
                                 ? BATCH_NOT_A_BATCH
                                 : batch_open(&reader, entry->bytes, entry->length, NULL);
    if (fault != BATCH_FINE) {
        snprintf(message, JOURNAL_MESSAGE_BYTES, "the journal's first entry cannot be read: %s",
                 batch_fault_words(fault));
        return false;
    }
    if (!only_event(&reader, &event) || event.type != EVENT_GENESIS || reader.stamp.epoch != 0 ||
        reader.stamp.number != 1) {
        snprintf(message, JOURNAL_MESSAGE_BYTES, "the journal's first entry is not a GENESIS");
        return false;
    }
    if (memcmp(&event.as.genesis.journal_id, &reader.stamp.journal_id, sizeof(*journal_id)) != 0) {
        snprintf(message, JOURNAL_MESSAGE_BYTES, "the journal's GENESIS contradicts itself");
        return false;
    }
    *journal_id = reader.stamp.journal_id;
    *hash = reader.chain;
    return genesis_fits(options, &event.as.genesis, message);
}

size_t takeover_write(struct bytes16 journal_id, uint64_t epoch, struct bytes16 nonce,
                      int64_t time_ms, uint8_t *bytes)
{
    const struct event event = {.type = EVENT_TAKEOVER, .as.takeover = {.nonce = nonce}};
    const struct batch_stamp stamp = {
        .journal_id = journal_id, .epoch = epoch, .number = 0, .first_seq = 0, .previous = 0};
    return mark_write(&event, &stamp, time_ms, bytes);
}

bool takeover_read(struct batch_reader *reader, struct bytes16 *nonce)
{
    struct event event;
    if (reader->stamp.number != 0 || reader->stamp.first_seq != 0 || reader->stamp.previous != 0 ||
        !only_event(reader, &event) || event.type != EVENT_TAKEOVER) {
        return false;
    }
    *nonce = event.as.takeover.nonce;
    return true;
}

bool takeover_is(const struct journal_entry *entry, struct bytes16 journal_id, uint64_t epoch,
                 struct bytes16 nonce)
{
    struct batch_reader reader;
    struct bytes16 found;
    return entry->bytes != NULL &&
           batch_open(&reader, entry->bytes, entry->length, &journal_id) == BATCH_FINE &&
           reader.stamp.epoch == epoch && takeover_read(&reader, &found) &&
           memcmp(found.at, nonce.at, sizeof(nonce.at)) == 0;
}
