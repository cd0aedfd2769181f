/* journal_load.c -- the newest snapshot that is good, before the lead is taken.
 *
 *     FINDING   the manifests, newest first
 *     LOADING   the chunks of one, some at a time; where one is not as it should be, the snapshot before it
 *
 * Nothing is changed by it, and a former server still leads meanwhile.
 */
#include "engine/bug.h"
#include "net/journal_inside.h"

static const struct manifest *loading(const struct journal *journal)
{
    return &journal->manifests[journal->manifests_at];
}

static struct entry_id id_of(const struct manifest *manifest)
{
    return (struct entry_id){manifest->stamp.epoch, manifest->stamp.number};
}

static void snapshot_id_write(const struct manifest *manifest, char text[ENTRY_ID_TEXT_BYTES])
{
    entry_id_write(id_of(manifest), text);
}

/* There is no snapshot to start from: the journal has to be whole. Where there were some, a server that leads may
 * have made others meanwhile, and let these go: then the list has a new head. */
static void start_without(struct journal *journal)
{
    if (journal->manifests_count > 0 && !journal->complete &&
        entry_id_compare(id_of(&journal->manifests[0]), journal->tried) != 0) {
        journal->tried = id_of(&journal->manifests[0]);
        journal_go(journal, JOURNAL_FINDING);
    } else if (!engine_clear(journal->engine)) {
        journal_halt(journal, "there is no memory for an empty engine");
    } else if (!journal->complete) {
        journal_halt(
            journal,
            "the journal's beginning was trimmed, and no snapshot can be read (%s): restore "
            "the keys %s:{%" PRIu32 "}:snapshot* from a replica or a backup",
            journal->message[0] != '\0' ? journal->message : "there is none", journal->options.name,
            journal->options.shard);
    } else {
        replay_init(&journal->replay, journal->engine, journal->journal_id);
        journal->loaded = true;
        journal_go(journal, JOURNAL_LOOKING);
    }
}

/* Begins to load the snapshot that `manifests_at` names, or goes on without one. */
static void load(struct journal *journal)
{
    snapshot_reader_destroy(&journal->reader);
    if (journal->manifests_at == journal->manifests_count) {
        start_without(journal);
        return;
    }
    journal->chunks_taken = 0;
    journal->cursor = (struct entry_id){1, 0};
    if (engine_clear(journal->engine)) {
        journal->reader = snapshot_reader_create(loading(journal), journal->engine);
    }
    if (journal->reader == NULL) {
        journal_halt(journal, "there is no memory to read a snapshot");
        return;
    }
    journal_go(journal, JOURNAL_LOADING);
}

static void load_next(struct journal *journal, const char *why)
{
    char id[ENTRY_ID_TEXT_BYTES];
    snapshot_id_write(loading(journal), id);
    journal_note(journal, "snapshot %s cannot be used: %s", id, why);
    journal->manifests_at++;
    load(journal);
}

/* There is no journal, and one may be begun, unless snapshots tell that there was one. */
static void create(struct journal *journal, const struct journal_answer *answer)
{
    if (answer->count > 0) {
        journal_halt(
            journal,
            "no journal at %s, but snapshots of one: it was lost. Bring back the Redis, or "
            "the append only files, that have it; for a new brand choose another --name",
            journal->key);
        return;
    }
    journal->mark_length = genesis_write(
        &journal->options, journal->options.clock_manual ? 0 : journal->time_ms, journal->mark);
    journal_go(journal, JOURNAL_CREATING);
}

/* Takes a manifest into the list, if it is one of this journal's. */
static void list(struct journal *journal, const struct journal_entry *entry)
{
    char message[SNAPSHOT_MESSAGE_BYTES] = "it is no manifest";
    struct entry_id id = {0, 0};
    struct manifest *manifest = &journal->manifests[journal->manifests_count];
    if (entry->bytes != NULL && entry_id_read(entry->id, &id) &&
        manifest_read(entry->bytes, entry->length, &journal->journal_id, manifest, message) &&
        manifest->stamp.epoch == id.epoch && manifest->stamp.number == id.number) {
        journal->manifests_count++;
        return;
    }
    journal_note(journal, "snapshot %.*s cannot be used: %s",
                 (int)(entry->id.length > 41 ? 41 : entry->id.length), entry->id.data, message);
}

void journal_found(struct journal *journal, const struct journal_answer *answer)
{
    if (answer->kind != JOURNAL_ANSWER_ENTRIES) {
        journal_drop(journal, "it did not answer with entries");
        return;
    }
    if (!journal->identified) {
        create(journal, answer);
        return;
    }
    journal->manifests_count = journal->manifests_at = 0;
    for (size_t at = 0; at < answer->count && journal->manifests_count < JOURNAL_MANIFESTS; at++) {
        list(journal, &answer->entries[at]);
    }
    load(journal);
}

/* All chunks are taken: is it whole, and of this brand? */
static void loaded(struct journal *journal)
{
    struct event genesis;
    char message[SNAPSHOT_MESSAGE_BYTES];
    char misfit[JOURNAL_MESSAGE_BYTES];
    const struct manifest *manifest = loading(journal);
    if (!snapshot_reader_end(journal->reader, &genesis, message)) {
        load_next(journal, message);
        return;
    }
    if (!genesis_fits(&journal->options, &genesis.as.genesis, misfit)) {
        journal_halt(journal, "%s", misfit);
        return;
    }
    snapshot_reader_destroy(&journal->reader);
    replay_init_from(&journal->replay, journal->engine, &manifest->stamp);
    journal->snapshot = id_of(manifest);
    journal->snapshot_made_at_ms = manifest->made_at_ms;
    journal->snapshot_bytes = manifest->bytes;
    journal->loaded = true;
    journal_go(journal, JOURNAL_LOOKING);
}

void journal_loaded(struct journal *journal, const struct journal_answer *answer)
{
    char message[SNAPSHOT_MESSAGE_BYTES] = "a chunk is missing";
    const struct manifest *manifest = loading(journal);
    if (answer->kind != JOURNAL_ANSWER_ENTRIES) {
        journal_drop(journal, "it did not answer with entries");
        return;
    }
    for (size_t at = 0; at < answer->count; at++) {
        const struct journal_entry *entry = &answer->entries[at];
        struct entry_id id;
        if (!entry_id_read(entry->id, &id) || id.epoch != 1 ||
            id.number != journal->chunks_taken + 1 || entry->bytes == NULL ||
            !snapshot_reader_take(journal->reader, entry->bytes, entry->length, message)) {
            load_next(journal, message);
            return;
        }
        journal->cursor = id;
        journal->chunks_taken++;
    }
    if (journal->chunks_taken == manifest->chunks) {
        loaded(journal);
    } else if (answer->count == 0) {
        load_next(journal, message);
    } else {
        journal_go(journal, JOURNAL_LOADING);
    }
    if (journal->state == JOURNAL_LOADING || journal->state == JOURNAL_LOOKING) {
        journal->owner.progress(journal->owner.context, journal->chunks_taken, 0,
                                (double)journal->chunks_taken / (double)manifest->chunks);
    }
}
