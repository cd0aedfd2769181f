/* journal_heal.c -- a Redis that came back shorter gets again what it had acknowledged.
 *
 *     it has:     … 6-0  6-1 … 6-40 │ lost: 6-41 … 6-47              6-47 is durable
 *     ring:                 6-12 … 6-40  6-41 … 6-47                 the newest, in this process' memory
 *
 * The last entry that is left must be the one that the first lost one was chained to; then the lost ones are
 * appended again with their IDs and bytes. A ring that does not reach so far is a halt: nothing is guessed.
 * An entry that somebody else wrote in between has a higher ID, and shows as "equal or smaller".
 *
 * Where our TAKEOVER is lost, too, the fence is down: a former server may write below it, and another one take
 * over with the same epoch. So it is appended again only where a lock rules out that there is another server.
 */
#include "engine/bug.h"
#include "engine/planted.h"
#include "net/journal_inside.h"

static void halt(struct journal *journal, const char *what)
{
    const struct entry_id first = {0, 1};
    struct entry_id last = journal->begun ? journal->durable : journal->replay.last;
    char durable[ENTRY_ID_TEXT_BYTES];
    entry_id_write(entry_id_compare(last, first) < 0 ? first : last, durable);
    journal_halt(journal,
                 "%s, although entry %s was there: Redis lost acknowledged entries, or another one "
                 "answers. Bring back the one that has them, or restore it from its newest append "
                 "only files, and start again",
                 what, durable);
}

void journal_came_back_shorter(struct journal *journal, const char *what)
{
    if (journal->begun) {
        journal_note(journal, "%s: looking whether this server still has what is missing", what);
        journal_go(journal, JOURNAL_MISSING);
    } else {
        halt(journal, what);
    }
}

/* Tells whether an entry is the one that our lost entry `next` followed. */
static bool is_before(const struct journal *journal, const struct journal_entry *entry,
                      struct entry_id id, uint64_t next)
{
    struct batch_reader kept;
    struct batch_reader reader;
    if (entry->bytes == NULL ||
        batch_open(&reader, entry->bytes, entry->length, &journal->journal_id) != BATCH_FINE) {
        return false;
    }
    if (next == 0) { /* a TAKEOVER in between that is lost, too, would leave a gap of epochs */
        return journal->options.lease_ms == 0 && journal->below.epoch + 1 == journal->epoch &&
               entry_id_compare(id, journal->below) == 0 && reader.chain == journal->below_hash;
    }
    if (id.number == 0) {
        return takeover_is(entry, journal->journal_id, id.epoch, journal->options.nonce);
    }
    const struct ring_batch *lost = ring_find(&journal->ring, next);
    return lost != NULL &&
           batch_open(&kept, ring_bytes(&journal->ring, lost), lost->length,
                      &journal->journal_id) == BATCH_FINE &&
           kept.stamp.previous == reader.chain;
}

/* Tells whether the ring has all from `next` to the last acknowledged one. */
static bool has_all(const struct journal *journal, uint64_t next)
{
    uint64_t first = next == 0 ? 1 : next;
    return journal->durable.number < first ||
           (ring_find(&journal->ring, first) != NULL &&
            ring_find(&journal->ring, journal->durable.number) != NULL);
}

void journal_missed(struct journal *journal, const struct journal_answer *answer)
{
    struct entry_id id;
    if (answer->kind != JOURNAL_ANSWER_ENTRIES) {
        journal_drop(journal, "it did not answer with entries");
        return;
    }
    if (answer->count == 0) {
        halt(journal, "the stream is gone");
        return;
    }
    if (!entry_id_read(answer->entries[0].id, &id)) {
        journal_drop(journal, "it answered with an entry that has no ID");
        return;
    }
    if (id.epoch > journal->epoch) {
        journal_depose_by(journal, id.epoch);
        return;
    }
    if (entry_id_compare(id, journal->durable) >= 0) {
        journal_halt(journal,
                     "entries are missing below the stream's last one: the stream was changed");
        return;
    }
    if (journal->weak) { /* what is appended again has to stay */
        journal_drop(journal, "it has lost entries, and promises less than asked for");
        return;
    }
    uint64_t next = id.epoch == journal->epoch ? id.number + 1 : 0;
    if (!has_all(journal, next) || !is_before(journal, &answer->entries[0], id, next)) {
        halt(journal, "the stream ends earlier than what this server can append again");
        return;
    }
    journal->healing = next + (PLANTED(HEALS_WITH_A_HOLE) && next > 0 ? 1 : 0);
    journal_go(journal, JOURNAL_HEALING);
}

void journal_healed(struct journal *journal, const struct journal_answer *answer)
{
    if (answer->kind == JOURNAL_ANSWER_NIL) {
        halt(journal, "the stream is gone");
        return;
    }
    if (answer->kind != JOURNAL_ANSWER_TEXT) {
        journal_drop(journal, "it did not answer an append with an ID");
        return;
    }
    if (journal->healing < journal->durable.number) {
        journal->healing++;
        journal_go(journal, JOURNAL_HEALING);
        return;
    }
    journal->heals++;
    journal->confirm_healed = journal->options.wait_replicas > 0;
    journal_note(journal, "Redis had lost acknowledged entries; they are appended again");
    journal_go(journal, JOURNAL_LOOKING);
}
