/* journal_aside.c -- what is asked between appends, and how sure it makes the server.
 *
 *     probe      the last entry: while it is of our epoch, nobody has taken over
 *     settings   and role: does Redis still keep the promise?
 *     record     step by step: manifest, list, keep, count, trim, forget, shorten. A server that starts from a
 *                snapshot goes on with the list: what a former one could not finish is finished then.
 */
#include "engine/bug.h"
#include "engine/planted.h"
#include "net/journal_inside.h"
#include "net/journal_preflight.h"

#define PROBES_PER_LEASE 3
#define PROBE_AGAIN_MS 100
#define RECORD_AGAIN_MS 1000
#define TRIM_AT_ONCE "100" /* entries; a bound for how long Redis is busy with it */

enum journal_standing journal_standing(struct journal *journal, int64_t monotonic_ms)
{
    bool ended = journal->state == JOURNAL_HALTED || journal->state == JOURNAL_DEPOSED ||
                 journal->state == JOURNAL_HANDED_OVER;
    if (ended || !journal->led) {
        return JOURNAL_UNSURE;
    }
    if (journal->options.lease_ms == 0 || PLANTED(ANSWERS_WITHOUT_LEASE) ||
        monotonic_ms < journal->confirmed_ms + journal->options.lease_ms) {
        journal->doubt_ms = 0;
        return JOURNAL_SURE;
    }
    if (journal->doubt_ms == 0) {
        journal->doubt_ms = monotonic_ms;
    }
    return monotonic_ms - journal->doubt_ms < journal->options.lease_ms ? JOURNAL_DOUBTFUL
                                                                        : JOURNAL_UNSURE;
}

/* --- a snapshot's recording -------------------------------------------------------------------- */

static struct entry_id id_of(const struct manifest *manifest)
{
    return (struct entry_id){manifest->stamp.epoch, manifest->stamp.number};
}

bool journal_stamp(struct journal *journal, struct snapshot_stamp *stamp)
{
    bool leads = journal->led &&
                 (journal->state == JOURNAL_IDLE || journal->state == JOURNAL_APPENDING ||
                  journal->state == JOURNAL_SYNCING);
    if (!leads || (!queue_is_all_sealed(journal->queue) && !PLANTED(SNAPSHOT_OF_UNSENT))) {
        return false;
    }
    ASSERT(journal->engine->seq == journal->queue->last_seq);
    *stamp = (struct snapshot_stamp){.journal_id = journal->journal_id,
                                     .epoch = journal->epoch,
                                     .number = journal->next_number - 1,
                                     .seq = journal->engine->seq,
                                     .chain = journal->chain,
                                     .time_ms = journal->queue->time_ms,
                                     .nonce = journal->options.nonce,
                                     .lease_ms = journal->options.lease_ms};
    journal->stamped_bytes = 0;
    return true;
}

void journal_genesis(const struct journal *journal, struct event *event)
{
    *event = genesis_event(&journal->options, journal->journal_id);
}

bool journal_record(struct journal *journal, const struct manifest *manifest)
{
    if (journal->recording != JOURNAL_RECORDING_NOTHING || !journal->led) {
        return false;
    }
    journal->recorded = *manifest;
    journal->recording = JOURNAL_RECORDING_MANIFEST;
    journal->recording_at_ms = 0;
    return true;
}

void journal_forget_snapshot(struct journal *journal, const struct snapshot_stamp *stamp)
{
    if (journal->recording == JOURNAL_RECORDING_NOTHING && journal->led) {
        journal->forget[0] = (struct entry_id){stamp->epoch, stamp->number};
        journal->forget_count = 1;
        journal->recording = JOURNAL_RECORDING_ORPHAN;
        journal->recording_at_ms = 0;
    }
}

static bool record_is_due(const struct journal *journal)
{
    return journal->recording != JOURNAL_RECORDING_NOTHING &&
           journal->now_ms >= journal->recording_at_ms &&
           (journal->recording != JOURNAL_RECORDING_MANIFEST ||
            entry_id_compare(journal->durable, id_of(&journal->recorded)) >= 0);
}

/* Writes the key of a snapshot's chunks. */
static const char *chunks_key(const struct journal *journal, struct entry_id id,
                              char key[JOURNAL_KEY_BYTES])
{
    const struct snapshot_stamp stamp = {.epoch = id.epoch, .number = id.number};
    journal_snapshot_key(journal, &stamp, key);
    return key;
}

static void send_manifest(struct journal *journal, const char *key)
{
    uint8_t bytes[MANIFEST_BYTES_MAX];
    char id[ENTRY_ID_TEXT_BYTES];
    size_t length = manifest_write(&journal->recorded, bytes);
    entry_id_write(id_of(&journal->recorded), id);
    const char *words[] = {"XADD", key, id, "b"};
    journal_send(journal, 4, words, bytes, length);
}

static void ask_record(struct journal *journal)
{
    char key[JOURNAL_KEY_BYTES];
    char id[ENTRY_ID_TEXT_BYTES];
    char chunks[JOURNAL_KEY_BYTES];
    struct entry_id older = PLANTED(TRIMS_TOO_EARLY) ? journal->durable : journal->kept[1];
    journal_manifests_key(journal, key);
    entry_id_write(older, id);
    switch (journal->recording) {
    case JOURNAL_RECORDING_MANIFEST:
        send_manifest(journal, key);
        return;
    case JOURNAL_RECORDING_LIST:
        journal_ask_manifests(journal);
        return;
    case JOURNAL_RECORDING_KEEP:
        JOURNAL_SEND(journal, "PERSIST",
                     chunks_key(journal, journal->kept[journal->kept_at], chunks));
        return;
    case JOURNAL_RECORDING_COUNT:
        JOURNAL_SEND(journal, "XLEN", chunks_key(journal, journal->kept[journal->kept_at], chunks));
        return;
    case JOURNAL_RECORDING_TRIM:
        JOURNAL_SEND(journal, "XTRIM", journal->key, "MINID", "~", id, "LIMIT", TRIM_AT_ONCE);
        return;
    case JOURNAL_RECORDING_FORGET:
    case JOURNAL_RECORDING_ORPHAN:
        JOURNAL_SEND(journal, "PEXPIRE",
                     chunks_key(journal, journal->forget[journal->forget_count - 1], chunks), "1");
        return;
    case JOURNAL_RECORDING_SHORTEN:
        JOURNAL_SEND(journal, "XTRIM", key, "MINID", "=", id);
        return;
    case JOURNAL_RECORDING_NOTHING:
        break;
    }
    bool records = false;
    ASSERT(records);
}

static void manifest_stands(struct journal *journal)
{
    journal->recording = JOURNAL_RECORDING_LIST;
    journal->behind_bytes = journal->stamped_bytes;
    journal->snapshot = id_of(&journal->recorded);
    journal->snapshot_made_at_ms = journal->recorded.made_at_ms;
    journal->snapshot_bytes = journal->recorded.bytes;
    journal->owner.recorded(journal->owner.context, &journal->recorded);
}

/* Chooses what is kept, the two newest, and what goes. */
static void listed(struct journal *journal, const struct journal_answer *answer)
{
    uint32_t kept = 0;
    bool in_doubt = journal->recorded_in_doubt;
    journal->forget_count = journal->kept_at = 0;
    for (size_t at = 0; at < answer->count; at++) {
        struct manifest manifest;
        struct entry_id id;
        char message[SNAPSHOT_MESSAGE_BYTES];
        const struct journal_entry *entry = &answer->entries[at];
        if (!entry_id_read(entry->id, &id)) {
            continue;
        }
        in_doubt = in_doubt && entry_id_compare(id, id_of(&journal->recorded)) != 0;
        if (kept == 2 && journal->forget_count < JOURNAL_MANIFESTS) {
            journal->forget[journal->forget_count++] = id;
        } else if (entry->bytes != NULL &&
                   manifest_read(entry->bytes, entry->length, &journal->journal_id, &manifest,
                                 message) &&
                   entry_id_compare(id_of(&manifest), id) == 0) {
            journal->snapshot = kept == 0 ? id : journal->snapshot;
            journal->kept[kept] = id;
            journal->kept_chunks[kept] = manifest.chunks;
            kept++;
        }
    }
    if (in_doubt) {
        journal_note(journal, "the manifest of a snapshot was refused: there are others above it");
    } else if (journal->recorded_in_doubt) {
        manifest_stands(journal);
    }
    journal->recorded_in_doubt = false;
    journal->kept_count = kept;
    journal->recording = kept > 0 ? JOURNAL_RECORDING_KEEP : JOURNAL_RECORDING_NOTHING;
}

/* The chunks of one stay from now on, or are gone, which shows when they are counted. */
static void kept_on(struct journal *journal)
{
    if (++journal->kept_at == journal->kept_count) {
        journal->kept_at = 0;
        journal->recording = journal->kept_count == 2 ? JOURNAL_RECORDING_COUNT
                                                      : JOURNAL_RECORDING_NOTHING;
    }
}

/* Neither of the two may have lost a chunk: what is trimmed is nowhere else. */
static void counted(struct journal *journal, int64_t chunks)
{
    char id[ENTRY_ID_TEXT_BYTES];
    uint32_t at = journal->kept_at;
    if (chunks != (int64_t)journal->kept_chunks[at]) {
        journal_note(journal,
                     "snapshot %s has %" PRId64 " of its %" PRIu64
                     " chunks: the journal is not trimmed",
                     entry_id_write(journal->kept[at], id), chunks, journal->kept_chunks[at]);
        journal->recording = JOURNAL_RECORDING_NOTHING;
    } else if (++journal->kept_at == journal->kept_count) {
        journal->recording = JOURNAL_RECORDING_TRIM;
    }
}

static void trimmed(struct journal *journal, int64_t entries)
{
    journal->trimmed += (uint64_t)entries;
    if (entries == 0) {
        journal->recording = journal->forget_count > 0 ? JOURNAL_RECORDING_FORGET
                                                       : JOURNAL_RECORDING_NOTHING;
    }
}

static void record_refused(struct journal *journal, struct text error)
{
    static const char disputed[] = "equal or smaller";
    if (journal->recording == JOURNAL_RECORDING_MANIFEST &&
        memmem(error.data, error.length, disputed, sizeof(disputed) - 1) != NULL) {
        journal->recording =
            JOURNAL_RECORDING_LIST; /* its first answer was lost, or another is there */
        journal->recorded_in_doubt = true;
        return;
    }
    journal->recording_at_ms = journal->now_ms + RECORD_AGAIN_MS;
    journal_note(journal, "Redis refuses what follows a snapshot (%.*s); trying again",
                 (int)(error.length > 200 ? 200 : error.length), error.data);
}

static void record_answered(struct journal *journal, const struct journal_answer *answer)
{
    bool number = answer->kind == JOURNAL_ANSWER_INTEGER && answer->integer >= 0;
    switch (journal->recording) {
    case JOURNAL_RECORDING_MANIFEST:
        manifest_stands(journal);
        return;
    case JOURNAL_RECORDING_LIST:
        if (answer->kind == JOURNAL_ANSWER_ENTRIES) {
            listed(journal, answer);
            return;
        }
        break;
    case JOURNAL_RECORDING_KEEP:
        kept_on(journal);
        return;
    case JOURNAL_RECORDING_COUNT:
        if (number) {
            counted(journal, answer->integer);
            return;
        }
        break;
    case JOURNAL_RECORDING_TRIM:
        if (number) {
            trimmed(journal, answer->integer);
            return;
        }
        break;
    case JOURNAL_RECORDING_FORGET:
        journal->forget_count--;
        journal->recording = journal->forget_count > 0 ? JOURNAL_RECORDING_FORGET
                                                       : JOURNAL_RECORDING_SHORTEN;
        return;
    case JOURNAL_RECORDING_SHORTEN:
    case JOURNAL_RECORDING_ORPHAN:
        journal->recording = JOURNAL_RECORDING_NOTHING;
        return;
    case JOURNAL_RECORDING_NOTHING:
        break;
    }
    journal_drop(journal, "its answer to what follows a snapshot makes no sense");
}

void journal_list_again(struct journal *journal)
{
    if (journal->led && journal->recording == JOURNAL_RECORDING_NOTHING) {
        journal->recording = JOURNAL_RECORDING_LIST;
        journal->recording_at_ms = 0;
        journal->snapshot = (struct entry_id){0, 0};
        journal->snapshot_made_at_ms = 0;
        journal->snapshot_bytes = 0;
    }
}

void journal_record_again(struct journal *journal)
{
    if (journal->recording > JOURNAL_RECORDING_LIST &&
        journal->recording != JOURNAL_RECORDING_ORPHAN) {
        journal->recording = JOURNAL_RECORDING_LIST;
    }
}

/* --- asking ------------------------------------------------------------------------------------ */

bool journal_probe_is_due(const struct journal *journal)
{
    uint32_t lease_ms = journal->options.lease_ms > 0 ? journal->options.lease_ms
                                                      : JOURNAL_LEASE_MS;
    return journal->now_ms >= journal->probe_at_ms &&
           journal->now_ms - journal->confirmed_ms >= lease_ms / PROBES_PER_LEASE;
}

bool journal_ask_aside(struct journal *journal, bool idle)
{
    bool held = journal->retry_at_ms != 0 &&
                (journal->state == JOURNAL_APPENDING || journal->state == JOURNAL_SYNCING);
    if (journal->asked || !journal->begun || (journal->state != JOURNAL_IDLE && !held)) {
        return false;
    }
    bool watches = journal->options.durability != JOURNAL_DURABILITY_NONE;
    enum journal_aside aside = JOURNAL_ASIDE_NONE;
    if (watches && journal->now_ms >= journal->watch_at_ms) {
        aside = JOURNAL_ASIDE_SETTINGS;
        journal_ask_settings(journal);
    } else if (idle && journal_probe_is_due(journal) &&
               (held || journal->options.wait_replicas == 0)) {
        aside = JOURNAL_ASIDE_PROBE;
        JOURNAL_SEND(journal, "XREVRANGE", journal->key, "+", "-", "COUNT", "1");
    } else if (record_is_due(journal) &&
               (!held || journal->recording != JOURNAL_RECORDING_MANIFEST)) {
        /* What trims is no write that a full Redis refuses, and may be what it waits for. */
        aside = JOURNAL_ASIDE_RECORD;
        ask_record(journal);
    }
    journal->aside = aside;
    journal->asked = aside != JOURNAL_ASIDE_NONE;
    return journal->asked;
}

static void probed(struct journal *journal, const struct journal_answer *answer)
{
    struct entry_id id;
    if (answer->kind != JOURNAL_ANSWER_ENTRIES) {
        journal_drop(journal, "it did not answer with entries");
    } else if (answer->count == 0) {
        journal_came_back_shorter(journal, "the stream is gone");
    } else if (!entry_id_read(answer->entries[0].id, &id)) {
        journal_drop(journal, "it answered with an entry that has no ID");
    } else if (id.epoch > journal->epoch && !PLANTED(PASSES_OVER_EPOCH)) {
        journal_depose_by(journal, id.epoch);
    } else if (entry_id_compare(id, journal->durable) < 0) {
        journal_came_back_shorter(journal, "the stream ends earlier");
    } else if (journal->options.wait_replicas == 0) {
        journal_confirm(journal, journal->asked_at_ms);
    } else {
        journal->probe_at_ms = journal->now_ms +
                               PROBE_AGAIN_MS; /* it can depose, and prove nothing */
    }
}

/* Takes note of whether Redis still keeps the promise; `message` says in what it does not. */
static void watched(struct journal *journal, bool enough, const char *message)
{
    if (!enough && !journal->weak) {
        journal_note(journal, "nothing is acknowledged until it is set back: %s", message);
    } else if (enough && journal->weak) {
        journal_note(journal, "Redis keeps the promise again");
    }
    journal->weak = !enough;
    journal->watch_at_ms = journal->now_ms + JOURNAL_WATCH_MS;
}

static void settings_seen(struct journal *journal, const struct journal_answer *answer)
{
    char message[JOURNAL_MESSAGE_BYTES];
    if (!preflight_check(journal->options.durability, answer, message)) {
        watched(journal, false, message);
        return;
    }
    journal->aside = JOURNAL_ASIDE_ROLE;
    journal->asked = true;
    journal_ask_role(journal);
}

static void role_seen(struct journal *journal, const struct journal_answer *answer)
{
    struct preflight_info info = {.master = true, .writes_fail = true};
    if (answer->kind == JOURNAL_ANSWER_TEXT) {
        info = preflight_info_read(answer->text);
    }
    if (info.rewrites &&
        journal->weak) { /* it may have been turned on just now, and hold nothing yet */
        watched(journal, false, "it rewrites its append only file");
    } else {
        watched(journal, !info.writes_fail, "its last write to the append only file failed");
    }
    if (!info.master) {
        journal_drop(journal, "it has become a replica");
    } else if (!text_equal(info.run_id, text_of(journal->run_id)) && info.run_id.length > 0) {
        journal_drop(journal, "another Redis process answers on this connection");
    }
}

static void aside_refused(struct journal *journal, enum journal_aside aside, struct text error)
{
    switch (aside) {
    case JOURNAL_ASIDE_SETTINGS:
    case JOURNAL_ASIDE_ROLE:
        watched(journal, false, "it does not show its settings any more (CONFIG GET, INFO)");
        return;
    case JOURNAL_ASIDE_RECORD:
        record_refused(journal, error);
        return;
    case JOURNAL_ASIDE_PROBE:
    case JOURNAL_ASIDE_NONE:
        journal->probe_at_ms = journal->now_ms + PROBE_AGAIN_MS;
        return;
    }
}

void journal_aside_answered(struct journal *journal, const struct journal_answer *answer)
{
    enum journal_aside aside = journal->aside;
    journal->aside = JOURNAL_ASIDE_NONE;
    if (answer->kind == JOURNAL_ANSWER_ERROR) {
        aside_refused(journal, aside, answer->text);
        return;
    }
    switch (aside) {
    case JOURNAL_ASIDE_PROBE:
        probed(journal, answer);
        return;
    case JOURNAL_ASIDE_SETTINGS:
        settings_seen(journal, answer);
        return;
    case JOURNAL_ASIDE_ROLE:
        role_seen(journal, answer);
        return;
    case JOURNAL_ASIDE_RECORD:
        record_answered(journal, answer);
        return;
    case JOURNAL_ASIDE_NONE:
        break;
    }
    bool asked = false;
    ASSERT(asked);
}
