/* journal_describe.c -- the journal in words and numbers, for INFO and the log. */
#include "net/journal_inside.h"

enum journal_state journal_state(const struct journal *journal)
{
    return journal->state;
}

const char *journal_state_word(const struct journal *journal)
{
    if (journal->retry_at_ms != 0 || (journal->weak && journal->state == JOURNAL_IDLE)) {
        return "held";
    }
    switch (journal->state) {
    case JOURNAL_DOWN:
        return "disconnected";
    case JOURNAL_CHECKING_SETTINGS:
    case JOURNAL_CHECKING_ROLE:
        return "checking";
    case JOURNAL_IDENTIFYING:
        return "identifying";
    case JOURNAL_CREATING:
        return "creating";
    case JOURNAL_FINDING:
    case JOURNAL_LOADING:
        return "loading";
    case JOURNAL_LOOKING:
        return journal->begun ? "resolving" : "looking";
    case JOURNAL_TAKING:
        return "taking-over";
    case JOURNAL_MEASURING:
    case JOURNAL_REPLAYING:
        return "replaying";
    case JOURNAL_IDLE:
    case JOURNAL_APPENDING:
    case JOURNAL_SYNCING:
        return journal->led ? "leading" : "beginning";
    case JOURNAL_MISSING:
    case JOURNAL_HEALING:
        return "healing";
    case JOURNAL_HANDED_OVER:
        return "handed-over";
    case JOURNAL_HALTED:
        return "halted";
    case JOURNAL_DEPOSED:
        return "deposed";
    }
    return "unknown";
}

bool journal_is_held(const struct journal *journal)
{
    return journal->retry_at_ms != 0 || journal->weak;
}

const char *journal_key(const struct journal *journal)
{
    return journal->key;
}

struct bytes16 journal_id(const struct journal *journal)
{
    return journal->journal_id;
}

uint64_t journal_epoch(const struct journal *journal)
{
    return journal->epoch;
}

uint64_t journal_durable_seq(const struct journal *journal)
{
    return journal->durable_seq;
}

uint64_t journal_batches(const struct journal *journal)
{
    return journal->batches;
}

uint64_t journal_bytes(const struct journal *journal)
{
    return journal->bytes;
}

uint64_t journal_replayed_entries(const struct journal *journal)
{
    return journal->replay.entries;
}

uint64_t journal_replayed_events(const struct journal *journal)
{
    return journal->replay.events;
}

uint64_t journal_resolves(const struct journal *journal)
{
    return journal->resolves;
}

uint64_t journal_heals(const struct journal *journal)
{
    return journal->heals;
}

uint64_t journal_since_snapshot(const struct journal *journal)
{
    return journal->behind_bytes;
}

struct entry_id journal_snapshot_id(const struct journal *journal)
{
    return journal->snapshot;
}

int64_t journal_snapshot_made_at_ms(const struct journal *journal)
{
    return journal->snapshot_made_at_ms;
}

uint64_t journal_snapshot_bytes(const struct journal *journal)
{
    return journal->snapshot_bytes;
}

uint64_t journal_trimmed(const struct journal *journal)
{
    return journal->trimmed;
}

uint64_t journal_redis_runs(const struct journal *journal)
{
    return journal->redis_runs;
}

bool journal_is_recording(const struct journal *journal)
{
    return journal->recording != JOURNAL_RECORDING_NOTHING;
}

bool journal_is_weak(const struct journal *journal)
{
    return journal->weak;
}

bool journal_predecessor_handed_over(const struct journal *journal)
{
    return journal->replay.handed_over;
}

const char *journal_message(const struct journal *journal)
{
    return journal->message;
}
