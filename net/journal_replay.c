/* journal_replay.c -- what must follow, entry by entry. */
#include "net/journal_replay.h"

#include <stdarg.h>
#include <string.h>

#include "engine/bug.h"
#include "net/journal_marks.h"

void replay_init(struct replay *replay, struct engine *engine, struct bytes16 journal_id)
{
    ASSERT(engine->seq == 0);
    *replay = (struct replay){.engine = engine, .journal_id = journal_id, .next_number = 1};
}

void replay_init_from(struct replay *replay, struct engine *engine,
                      const struct snapshot_stamp *stamp)
{
    ASSERT(engine->seq == stamp->seq);
    *replay = (struct replay){.engine = engine,
                              .journal_id = stamp->journal_id,
                              .last = {stamp->epoch, stamp->number},
                              .last_hash = stamp->chain,
                              .epoch = stamp->epoch,
                              .nonce = stamp->nonce,
                              .next_number = stamp->number + 1,
                              .chain = stamp->chain,
                              .link = {stamp->epoch, stamp->number},
                              .time_ms = stamp->time_ms,
                              .lease_ms = stamp->lease_ms,
                              .own_lease_ms = stamp->lease_ms};
}

/* Says what is wrong with an entry; always false. */
__attribute__((format(printf, 3, 4))) static bool
wrong(char *message, const struct journal_entry *entry, const char *format, ...)
{
    char words[160]; /* the longest reason of engine_admits() and an event's name fit */
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(words, sizeof(words), format, arguments);
    va_end(arguments);
    snprintf(
        message, JOURNAL_MESSAGE_BYTES,
        "the journal cannot be replayed beyond entry %.*s: %s. Nothing was changed, but the lead "
        "was "
        "taken. Where room is short, raise that max- option; where a key is missing, put its line "
        "back into the secret file; else start the version of Boon that wrote it, or restore the "
        "stream from a replica or a backup.",
        (int)(entry->id.length > 41 ? 41 : entry->id.length), entry->id.data, words);
    return false;
}

static bool replay_takeover(struct replay *replay, const struct journal_entry *entry,
                            struct batch_reader *reader, char *message)
{
    struct bytes16 nonce;
    if (reader->stamp.epoch != replay->epoch + 1) {
        return wrong(message, entry, "an epoch is missing, %" PRIu64 " follows %" PRIu64,
                     reader->stamp.epoch, replay->epoch);
    }
    if (!takeover_read(reader, &nonce)) {
        return wrong(message, entry, "it is not the TAKEOVER that it should be");
    }
    replay->epoch = reader->stamp.epoch;
    replay->next_number = 1;
    replay->nonce = nonce;
    return true;
}

/* Checks that a batch is the next link of the chain. */
static bool is_next_link(const struct replay *replay, const struct journal_entry *entry,
                         const struct batch_reader *reader, char *message)
{
    const struct batch_stamp *stamp = &reader->stamp;
    if (stamp->epoch != replay->epoch) {
        return wrong(message, entry, "a TAKEOVER is missing, epoch %" PRIu64 " follows %" PRIu64,
                     stamp->epoch, replay->epoch);
    }
    if (stamp->number != replay->next_number) {
        return wrong(message, entry,
                     "a batch is missing, %" PRIu64 " comes where %" PRIu64 " should",
                     stamp->number, replay->next_number);
    }
    if (stamp->previous != replay->chain) {
        return wrong(message, entry, "it does not follow the entry before it, the chain is broken");
    }
    if (stamp->first_seq != replay->engine->seq + 1) {
        return wrong(message, entry,
                     "events are missing, %" PRIu64 " comes where %" PRIu64 " should",
                     stamp->first_seq, replay->engine->seq + 1);
    }
    return true;
}

/* Tells what is wrong with the place of one of the journal's own events. NULL: nothing. */
static const char *misplaced(struct replay *replay, const struct batch_stamp *stamp, bool first,
                             const struct event *event)
{
    bool opens_journal = first && stamp->epoch == 0 && stamp->number == 1;
    bool opens_epoch = first && stamp->epoch > 0 && stamp->number == 1;
    if ((event->type == EVENT_GENESIS) != opens_journal) {
        return "a GENESIS stands where none belongs, or is missing";
    }
    if ((event->type == EVENT_BEGIN) != opens_epoch) {
        return "a BEGIN stands where none belongs, or is missing";
    }
    if (event->type == EVENT_TAKEOVER) {
        return "a TAKEOVER stands among other events";
    }
    if (replay->handed_over && event->type != EVENT_BEGIN) {
        return "events follow a HANDOVER";
    }
    if (event->type == EVENT_BEGIN) {
        /* One that began and never led may not have waited for the lease of the one before. */
        uint32_t before_ms = replay->handed_over ? 0 : replay->lease_ms;
        replay->own_lease_ms = event->as.begin.lease_ms;
        replay->lease_ms = replay->own_lease_ms > before_ms ? replay->own_lease_ms : before_ms;
        replay->handed_over = false;
        if (memcmp(event->as.begin.nonce.at, replay->nonce.at, sizeof(replay->nonce.at)) != 0) {
            return "its BEGIN is not of the server that took over";
        }
    }
    if (event->type == EVENT_HANDOVER) {
        replay->handed_over = true;
        if (memcmp(event->as.handover.nonce.at, replay->nonce.at, sizeof(replay->nonce.at)) != 0) {
            return "its HANDOVER is not of the server that led";
        }
    }
    if (event->type != EVENT_BEGIN && event->type != EVENT_GENESIS) {
        replay->lease_ms = replay->own_lease_ms; /* it led: it had waited */
    }
    return NULL;
}

static bool replay_group(struct replay *replay, const struct journal_entry *entry,
                         const struct batch_reader *reader, struct batch_group *group,
                         char *message)
{
    struct event event;
    enum batch_fault fault;
    if (group->time_ms < replay->time_ms) {
        return wrong(message, entry, "its time goes back");
    }
    if (group->time_ms > TIME_MS_MAX) {
        return wrong(message, entry, "its time is past the year 9999");
    }
    replay->time_ms = group->time_ms;
    while ((fault = batch_next_event(group, &event)) == BATCH_FINE) {
        bool first = replay->engine->seq + 1 == reader->stamp.first_seq;
        const char *why = misplaced(replay, &reader->stamp, first, &event);
        why = why == NULL ? engine_admits(replay->engine, &event) : why;
        if (why != NULL) {
            return wrong(message, entry, "event %" PRIu64 " (%s) cannot be applied: %s",
                         replay->engine->seq + 1, event_name(event.type), why);
        }
        engine_apply(replay->engine, group->time_ms, &event);
        replay->events++;
    }
    return fault == BATCH_END || wrong(message, entry, "after event %" PRIu64 ", %s",
                                       replay->engine->seq, batch_fault_words(fault));
}

static bool replay_batch(struct replay *replay, const struct journal_entry *entry,
                         struct batch_reader *reader, char *message)
{
    struct batch_group group;
    enum batch_fault fault;
    if (!is_next_link(replay, entry, reader, message)) {
        return false;
    }
    if (reader->stamp.number == 1 && reader->groups == 0) {
        return wrong(message, entry, "it opens an epoch, but has no event");
    }
    while ((fault = batch_next_group(reader, &group)) == BATCH_FINE) {
        if (!replay_group(replay, entry, reader, &group, message)) {
            return false;
        }
    }
    if (fault != BATCH_END) {
        return wrong(message, entry, "%s", batch_fault_words(fault));
    }
    replay->next_number++;
    replay->chain = reader->chain;
    replay->link = (struct entry_id){reader->stamp.epoch, reader->stamp.number};
    return true;
}

bool replay_entry(struct replay *replay, const struct journal_entry *entry,
                  char message[JOURNAL_MESSAGE_BYTES])
{
    struct entry_id id;
    struct batch_reader reader;
    if (!entry_id_read(entry->id, &id) || entry_id_compare(id, replay->last) <= 0) {
        return wrong(message, entry, "its ID goes back");
    }
    if (entry->bytes == NULL) {
        return wrong(message, entry, "it does not have the one field that an entry has");
    }
    enum batch_fault fault = batch_open(&reader, entry->bytes, entry->length, &replay->journal_id);
    if (fault != BATCH_FINE) {
        return wrong(message, entry, "%s", batch_fault_words(fault));
    }
    if (reader.stamp.epoch != id.epoch || reader.stamp.number != id.number) {
        return wrong(message, entry, "it was written as %" PRIu64 "-%" PRIu64, reader.stamp.epoch,
                     reader.stamp.number);
    }
    if (!(id.number == 0 ? replay_takeover(replay, entry, &reader, message)
                         : replay_batch(replay, entry, &reader, message))) {
        return false;
    }
    replay->last = id;
    replay->last_hash = reader.chain;
    replay->entries++;
    return true;
}
