/* journal_lead.c -- one append in flight, and what became of one whose answer was lost.
 *
 *     sealed batches, oldest first:   n         n+1        n+2
 *                                     found     found      being sent
 *     all of them count when the newest is acknowledged: Redis syncs its file in order
 */
#include "net/journal_inside.h"

#include "engine/bug.h"
#include "engine/planted.h"

static struct batch_stamp next_stamp(const struct journal *journal)
{
    return (struct batch_stamp){.journal_id = journal->journal_id,
                                .epoch = journal->epoch,
                                .number = journal->next_number,
                                .previous = journal->chain};
}

/* Sends a batch that was sealed just now. */
static void send_sealed(struct journal *journal, const struct queue_batch *batch)
{
    journal->next_number += PLANTED(REUSES_ID) && journal->next_number % 64 == 0 ? 0 : 1;
    journal->chain = batch->chain;
    journal->behind_bytes += batch->length;
    journal->stamped_bytes += batch->length;
    journal->flying = batch;
    journal_go(journal, JOURNAL_APPENDING);
    if (PLANTED(REPLY_BEFORE_ACKNOWLEDGEMENT)) {
        journal->owner.durable(journal->owner.context, batch->last_seq);
    }
}

bool journal_send_next(struct journal *journal)
{
    const struct batch_stamp stamp = next_stamp(journal);
    const struct queue_batch *batch = queue_seal_next(journal->queue, &stamp);
    if (batch == NULL) {
        return false;
    }
    send_sealed(journal, batch);
    return true;
}

static void send_again(struct journal *journal, const struct queue_batch *batch)
{
    journal->flying = batch;
    journal_go(journal, JOURNAL_APPENDING);
}

/* Queues the last event of this server. */
static void hand_over(struct journal *journal)
{
    struct engine *engine = journal->engine;
    const struct event event = {.type = EVENT_HANDOVER,
                                .as.handover = {.nonce = journal->options.nonce}};
    int64_t time_ms = journal->options.clock_manual ? engine->time_ms : journal->time_ms;
    if (!queue_has_room(journal->queue)) {
        return; /* no memory now: the next pump tries again */
    }
    engine_apply(engine, time_ms, &event);
    queue_add(journal->queue, time_ms, 0, &event, 1, engine->seq);
    journal->handover_seq = engine->seq;
}

/* All that was sealed is in the stream, and counts once a later append is acknowledged. */
static void confirm(struct journal *journal)
{
    if (journal_send_next(journal)) {
        return;
    }
    const struct batch_stamp stamp = next_stamp(journal);
    const struct queue_batch *empty = queue_seal_empty(journal->queue, &stamp);
    if (empty == NULL) {
        journal_halt(journal,
                     "the answers of %u appends in a row were lost: check the network between "
                     "this server and Redis",
                     QUEUE_CONFIRMS_MAX);
        return;
    }
    send_sealed(journal, empty);
}

/* Nothing waits to be appended: asides. Where replicas have to be asked, one Redis alone proves nothing, so the
 * probe is an empty batch that they must have, too. */
static void look_around(struct journal *journal)
{
    if (!journal_ask_aside(journal, true) && journal->options.wait_replicas > 0 &&
        journal->options.lease_ms > 0 && journal_probe_is_due(journal)) {
        confirm(journal);
    }
}

void journal_pump(struct journal *journal)
{
    if (journal->state != JOURNAL_IDLE || journal->asked) {
        return;
    }
    if (!journal->aside_last && journal_ask_aside(journal, false)) {
        journal->aside_last = true;
        return;
    }
    journal->aside_last = false;
    if (journal->weak) {
        (void)journal_ask_aside(journal, true);
        return;
    }
    /* Who follows a HANDOVER waits for nobody's lease, so it has to be over before. */
    if (journal->handover_wanted && journal->led && journal->handover_seq == 0 &&
        queue_is_empty(journal->queue)) {
        hand_over(journal);
    }
    const struct queue_batch *sealed = queue_sealed(journal->queue);
    if (sealed != NULL) { /* Redis lost it, and got the one before it again */
        send_again(journal, sealed);
    } else if (!journal_send_next(journal)) {
        look_around(journal);
    }
}

void journal_confirm(struct journal *journal, int64_t asked_at_ms)
{
    if (PLANTED(LEASE_FROM_ANSWER)) {
        asked_at_ms = journal->now_ms;
    }
    if (asked_at_ms > journal->confirmed_ms) {
        journal->confirmed_ms = asked_at_ms;
    }
    if (journal->now_ms < journal->confirmed_ms + journal->options.lease_ms) {
        journal->doubt_ms = 0; /* whoever doubts next waits anew */
    }
}

/* Counts a batch as acknowledged, and keeps it for a Redis that forgets it. */
static void take(struct journal *journal, const struct queue_batch *batch)
{
    journal->batches++;
    journal->bytes += batch->length;
    ring_push(&journal->ring, batch->number, batch->chain, batch->builder.bytes, batch->length);
}

static void acknowledged(struct journal *journal)
{
    const struct queue_batch *flying = journal->flying;
    for (const struct queue_batch *batch = queue_sealed(journal->queue); batch != flying;
         batch = batch->next) {
        take(journal, batch);
    }
    take(journal, flying);
    journal->durable = (struct entry_id){journal->epoch, flying->number};
    journal->durable_hash = flying->chain;
    journal->durable_seq = queue_acknowledge(journal->queue, flying->number);
    journal->flying = NULL;
    journal->disputes = 0;
}

/* The batch in flight, and all before it, are as durable as promised. */
static void settled(struct journal *journal)
{
    acknowledged(journal);
    if (journal->hold_told) {
        journal->hold_told = false;
        journal_note(journal, "Redis takes appends again");
    }
    bool handed_over = journal->handover_seq != 0 && journal->durable_seq >= journal->handover_seq;
    journal_move(journal, handed_over ? JOURNAL_HANDED_OVER : JOURNAL_IDLE);
    if (handed_over) {
        journal->port.disconnect(journal->port.context);
    }
    journal->owner.durable(journal->owner.context, journal->durable_seq);
    journal_lead(journal);
    if (!journal->led && journal->durable.number == 1) {
        journal_note(journal, "the lease of the former server has to run out first");
    }
    if (handed_over) {
        journal->owner.handed_over(journal->owner.context);
    }
}

void journal_appended(struct journal *journal, const struct journal_answer *answer)
{
    struct entry_id id;
    if (answer->kind == JOURNAL_ANSWER_NIL) {
        journal_came_back_shorter(journal, "the stream is gone");
        return;
    }
    if (answer->kind != JOURNAL_ANSWER_TEXT || !entry_id_read(answer->text, &id) ||
        id.epoch != journal->epoch || id.number != journal->flying->number) {
        journal_drop(journal, "it answered an append with another ID");
        return;
    }
    if (journal->options.wait_replicas > 0) {
        journal->appended_at_ms = journal->asked_at_ms;
        journal_go(journal, JOURNAL_SYNCING);
    } else {
        journal_confirm(journal, journal->asked_at_ms);
        settled(journal);
    }
}

void journal_synced(struct journal *journal, const struct journal_answer *answer)
{
    if (answer->kind != JOURNAL_ANSWER_INTEGER) {
        journal_drop(journal, "it did not answer WAIT with a number");
    } else if (answer->integer < (int64_t)journal->options.wait_replicas &&
               !PLANTED(WAITS_FOR_NO_REPLICA)) {
        char why[64];
        snprintf(why, sizeof(why), "%" PRId64 " of %" PRIu32, answer->integer,
                 journal->options.wait_replicas);
        journal_hold(journal, "too few replicas have the last batch", text_of(why));
    } else {
        journal_confirm(journal, journal->appended_at_ms);
        settled(journal);
    }
}

/* Tells whether an entry is the one that was acknowledged last. */
static bool is_durable(const struct journal *journal, const struct journal_entry *entry,
                       struct entry_id id)
{
    struct batch_reader reader;
    return entry_id_compare(id, journal->durable) == 0 && entry->bytes != NULL &&
           batch_open(&reader, entry->bytes, entry->length, &journal->journal_id) == BATCH_FINE &&
           reader.chain == journal->durable_hash;
}

static bool is_sealed(const struct queue_batch *batch, const struct journal_entry *entry)
{
    return entry->bytes != NULL && entry->length == batch->length &&
           memcmp(entry->bytes, batch->builder.bytes, batch->length) == 0;
}

/* Tells whether another server took over, by the highest epoch among the entries. Asked first: it may have
 * trimmed what this server knows. */
static bool is_deposed(struct journal *journal, const struct journal_answer *answer)
{
    for (size_t at = answer->count; at > 0; at--) {
        struct entry_id id;
        if (entry_id_read(answer->entries[at - 1].id, &id) && id.epoch > journal->epoch) {
            journal_depose_by(journal, id.epoch);
            return true;
        }
    }
    return false;
}

/* Compares the entries from the last acknowledged one on with our sealed batches, one by one:
 * one that is there counts only if those before it are. Sets `found` to the last that is. False:
 * it ended. */
static bool compare(struct journal *journal, const struct journal_answer *answer,
                    const struct queue_batch **found)
{
    const struct queue_batch *next = queue_sealed(journal->queue);
    char text[ENTRY_ID_TEXT_BYTES] = "";
    *found = NULL;
    for (size_t at = 0; at < answer->count; at++) {
        const struct journal_entry *entry = &answer->entries[at];
        struct entry_id id;
        if (!entry_id_read(entry->id, &id)) {
            journal_drop(journal, "it answered with an entry that has no ID");
            return false;
        }
        entry_id_write(id, text);
        if (at == 0) {
            if (is_durable(journal, entry, id)) {
                continue;
            }
            journal_halt(journal,
                         "entry %s is not the one that this server wrote last: the "
                         "stream was changed",
                         text);
        } else if (next == NULL) {
            journal_halt(journal,
                         "entry %s has this server's epoch, but is not its own: the "
                         "stream was changed",
                         text);
        } else if (id.number > next->number) {
            journal_halt(journal,
                         "entry %" PRIu64 "-%" PRIu64 " is missing below %s: the stream "
                         "was changed",
                         journal->epoch, next->number, text);
        } else if (!is_sealed(next, entry)) {
            journal_halt(journal,
                         "entry %s has other bytes than this server sent: the stream "
                         "was changed",
                         text);
        } else {
            *found = next;
            next = next->next;
            continue;
        }
        return false;
    }
    return true;
}

void journal_looked_at_lead(struct journal *journal, const struct journal_answer *answer)
{
    const struct queue_batch *found;
    if (answer->count == 0) {
        journal_came_back_shorter(journal, "the stream ends earlier");
        return;
    }
    if (is_deposed(journal, answer) || !compare(journal, answer, &found)) {
        return;
    }
    journal->resolves += journal->unsettled ? 1 : 0;
    journal->unsettled = false;
    const struct queue_batch *missing = found != NULL ? found->next : queue_sealed(journal->queue);
    if (journal->weak) { /* the pump goes on when Redis keeps the promise again */
        journal_move(journal, JOURNAL_IDLE);
    } else if (missing != NULL) {
        send_again(journal, missing);
    } else if (found != NULL && PLANTED(FOUND_COUNTS_AT_ONCE)) {
        journal->flying = found;
        journal_move(journal, JOURNAL_APPENDING);
        settled(journal);
    } else if (found != NULL || journal->confirm_healed) {
        journal->confirm_healed = false;
        confirm(journal);
    } else {
        journal_move(journal, JOURNAL_IDLE);
    }
}
