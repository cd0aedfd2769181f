/* journal_start.c -- from the connection to BEGIN.
 *
 * The same way is gone after every lost connection. What was replayed stays valid as long as it is the same
 * Redis process: the replay goes on behind its last entry, below the same TAKEOVER. With another one, which
 * may have less or other entries, it begins anew.
 */
#include "net/journal_inside.h"

#include "engine/bug.h"
#include "engine/planted.h"
#include "net/journal_preflight.h"

/* A page holds few entries while a batch may be large, more where they turn out small; all of
 * one page is in memory at once. */
#define PAGE_ENTRIES_MIN 16U
#define PAGE_ENTRIES_MAX 128U
#define PAGE_BYTES_AIM (2U << 20)

/* Clocks of two machines run at rates that differ by far less than one part in so many. */
#define LEASE_MARGIN_MS 50
#define LEASE_MARGIN_PARTS 20U

void journal_settings_told(struct journal *journal, const struct journal_answer *answer)
{
    char message[JOURNAL_MESSAGE_BYTES];
    bool enough = preflight_check(journal->options.durability, answer, message);
    journal->settings_weak = !enough;
    if (enough) {
        journal_go(journal, JOURNAL_CHECKING_ROLE);
    } else if (journal->begun) {
        journal_note(journal, "nothing is acknowledged until it is set back: %s", message);
        journal_go(journal, JOURNAL_CHECKING_ROLE);
    } else {
        journal_halt(journal, "%s", message);
    }
}

/* Notes a Redis process that was not there before. Returns whether it is another one than was. */
static bool look_at_run_id(struct journal *journal, struct text run_id)
{
    if (run_id.length == 0 || run_id.length >= JOURNAL_RUN_ID_BYTES ||
        text_equal(run_id, text_of(journal->run_id))) {
        return false;
    }
    memcpy(journal->run_id, run_id.data, run_id.length);
    journal->run_id[run_id.length] = '\0';
    if (++journal->redis_runs == 1) {
        return false;
    }
    journal->loaded = journal->loaded && journal->begun; /* what was read may be gone */
    journal_list_again(journal);
    journal_note(journal, "another Redis process answers: looking at what it has");
    return true;
}

/* Tells whether, at a start, the append only file may have been turned on just now: it may, unless the Redis is a
 * private one. */
static bool may_hold_nothing(const struct journal *journal)
{
    return journal->options.durability != JOURNAL_DURABILITY_NONE && journal->options.lease_ms > 0;
}

void journal_role_told(struct journal *journal, const struct journal_answer *answer)
{
    if (answer->kind != JOURNAL_ANSWER_TEXT) {
        journal_drop(journal, "it did not tell its role");
        return;
    }
    struct preflight_info info = preflight_info_read(answer->text);
    bool another = look_at_run_id(journal, info.run_id);
    if (!info.master && journal->taken) {
        journal_drop(journal, "it is a replica now; waiting for a primary at this address");
    } else if (!info.master) {
        journal_halt(journal,
                     "this Redis is a replica: give the address of its primary to --redis");
    } else if (journal->begun) { /* it leads on; what is weak is looked at again between appends */
        bool watches = journal->options.durability != JOURNAL_DURABILITY_NONE;
        journal->weak = watches && (journal->settings_weak || info.writes_fail ||
                                    (info.rewrites &&
                                     (journal->weak || (another && may_hold_nothing(journal)))));
        journal_go(journal, JOURNAL_IDENTIFYING);
    } else if (info.writes_fail && journal->options.durability != JOURNAL_DURABILITY_NONE) {
        journal_hold(journal, "Redis cannot write its append only file", TEXT("see its log"));
    } else if (info.rewrites && may_hold_nothing(journal)) {
        journal_hold(journal, "Redis rewrites its append only file",
                     TEXT("which may hold nothing before that is over"));
    } else {
        journal_go(journal, JOURNAL_IDENTIFYING);
    }
}

static void stream_absent(struct journal *journal)
{
    if (journal->identified) {
        journal_came_back_shorter(journal, "the stream is gone");
    } else if (journal->options.create) {
        journal_go(journal, JOURNAL_FINDING); /* a journal that was lost leaves its snapshots */
    } else {
        journal_halt(journal,
                     "no journal at %s; start with --create-journal if this is a new brand. If it "
                     "is not, bring back the Redis, or the append only files, that have it",
                     journal->key);
    }
}

/* Reads whose journal it is from its first entry, which is GENESIS, or a batch after a trim. */
static bool identify(const struct journal *journal, const struct journal_entry *entry,
                     struct bytes16 *id, bool *complete, char *message)
{
    struct batch_reader reader;
    struct entry_id first;
    uint64_t hash;
    *complete = entry_id_read(entry->id, &first) && first.epoch == 0 && first.number == 1;
    if (*complete) {
        return genesis_check(&journal->options, entry, id, &hash, message);
    }
    enum batch_fault fault = entry->bytes == NULL
                                 ? BATCH_NOT_A_BATCH
                                 : batch_open(&reader, entry->bytes, entry->length, NULL);
    if (fault == BATCH_FINE) {
        *id = reader.stamp.journal_id;
        return true;
    }
    snprintf(
        message, JOURNAL_MESSAGE_BYTES,
        "the stream's first entry, %.*s, cannot be read: %s. It is not a journal of Boon, or it "
        "was damaged; restore it from a replica or a backup",
        (int)(entry->id.length > 64 ? 64 : entry->id.length), entry->id.data,
        batch_fault_words(fault));
    return false;
}

void journal_identified(struct journal *journal, const struct journal_answer *answer)
{
    struct bytes16 id;
    bool complete;
    char message[JOURNAL_MESSAGE_BYTES];
    if (answer->kind != JOURNAL_ANSWER_ENTRIES) {
        journal_drop(journal, "it did not answer with entries");
    } else if (answer->count == 0) {
        stream_absent(journal);
    } else if (!identify(journal, &answer->entries[0], &id, &complete, message)) {
        journal_halt(journal, "%s", message);
    } else if (journal->identified && memcmp(id.at, journal->journal_id.at, sizeof(id.at)) != 0) {
        journal_halt(journal,
                     "another journal is at %s now. Bring back the Redis that has this "
                     "server's, and start again",
                     journal->key);
    } else {
        journal->identified = true;
        journal->journal_id = id;
        journal->complete = complete;
        journal_go(journal, journal->loaded ? JOURNAL_LOOKING : JOURNAL_FINDING);
    }
}

void journal_created(struct journal *journal, const struct journal_answer *answer)
{
    (void)answer; /* what is there now, the stream says */
    journal_go(journal, JOURNAL_IDENTIFYING);
}

/* Sends the TAKEOVER of an epoch; a second time for the same one, if its answer was lost. */
static void take(struct journal *journal, uint64_t epoch)
{
    journal->epoch = epoch;
    journal->taken = false; /* a former one that Redis lost kept nobody from leading on */
    journal->taken_at_ms = 0;
    journal->mark_length = takeover_write(journal->journal_id, epoch, journal->options.nonce,
                                          journal->time_ms, journal->mark);
    journal_go(journal, JOURNAL_TAKING);
}

static void took_over(struct journal *journal)
{
    journal->taken = true;
    journal->disputes = 0;
    journal_go(journal, JOURNAL_MEASURING);
}

/* Tells whether an entry is the last one that was read, or that the snapshot was taken at. */
static bool is_read(const struct journal *journal, const struct journal_entry *entry)
{
    struct batch_reader reader;
    return entry->bytes != NULL &&
           batch_open(&reader, entry->bytes, entry->length, &journal->journal_id) == BATCH_FINE &&
           reader.chain == journal->replay.last_hash;
}

void journal_looked_at_start(struct journal *journal, const struct journal_answer *answer)
{
    struct entry_id id;
    if (answer->count == 0) {
        journal_came_back_shorter(journal, "the stream is gone");
        return;
    }
    const struct journal_entry *entry = &answer->entries[0];
    if (!entry_id_read(entry->id, &id)) {
        journal_drop(journal, "it answered with an entry that has no ID");
        return;
    }
    if (entry_id_compare(id, journal->replay.last) < 0) {
        journal_came_back_shorter(journal, "the stream ends below what was read");
    } else if (entry_id_compare(id, journal->replay.last) == 0 && !is_read(journal, entry)) {
        journal_halt(
            journal,
            "entry %.*s is not the one that was read, or that the snapshot was taken at: the "
            "stream was changed. Restore it from a replica or a backup",
            (int)(entry->id.length > 41 ? 41 : entry->id.length), entry->id.data);
    } else if (journal->epoch != 0 && id.number == 0 && id.epoch == journal->epoch &&
               takeover_is(entry, journal->journal_id, id.epoch, journal->options.nonce)) {
        took_over(journal);
    } else if (journal->taken && id.epoch >= journal->epoch) {
        journal_depose(
            journal, "another server took over with epoch %" PRIu64 " while this one was starting",
            id.epoch);
    } else {
        take(journal, id.epoch + (PLANTED(TAKES_SAME_EPOCH) && id.epoch > 0 ? 0 : 1));
    }
}

void journal_taken(struct journal *journal, const struct journal_answer *answer)
{
    if (answer->kind == JOURNAL_ANSWER_NIL) {
        journal_came_back_shorter(journal, "the stream is gone");
    } else if (answer->kind != JOURNAL_ANSWER_TEXT) {
        journal_drop(journal, "it did not answer a TAKEOVER with an ID");
    } else {
        took_over(journal);
    }
}

void journal_measured(struct journal *journal, const struct journal_answer *answer)
{
    if (answer->kind != JOURNAL_ANSWER_INTEGER || answer->integer < 0) {
        journal_drop(journal, "it did not answer with a length");
        return;
    }
    journal->entries_total = (uint64_t)answer->integer;
    journal->cursor = journal->replay.last;
    journal->page_entries = PAGE_ENTRIES_MIN;
    journal_go(journal, JOURNAL_REPLAYING);
}

/* The state is complete: the epoch's first batch. Its acknowledgement also makes durable what a
 * killed Redis may have written without a sync. */
static void begin(struct journal *journal)
{
    struct engine *engine = journal->engine;
    const struct event event = {
        .type = EVENT_BEGIN,
        .as.begin = {.nonce = journal->options.nonce, .lease_ms = journal->options.lease_ms}};
    int64_t time_ms = journal->options.clock_manual ? engine->time_ms : journal->time_ms;
    ASSERT(journal->replay.epoch == journal->epoch);
    journal->begun = true;
    journal->next_number = 1;
    journal->chain = journal->below_hash = journal->replay.chain;
    journal->below = journal->replay.link;
    journal->durable = journal->replay.last;
    journal->durable_hash = journal->replay.last_hash;
    journal->watch_at_ms = journal->now_ms + JOURNAL_WATCH_MS;
    queue_start(journal->queue, engine->seq, journal->replay.time_ms);
    if (!queue_has_room(journal->queue)) {
        journal_halt(journal, "there is no memory for the first batch");
        return;
    }
    engine_apply(engine, time_ms, &event);
    queue_add(journal->queue, time_ms, 0, &event, 1, engine->seq);
    bool sent = journal_send_next(journal);
    ASSERT(sent);
}

/* For how long the former server may still answer look-ups, from our TAKEOVER on. */
static int64_t former_lease_ms(const struct journal *journal)
{
    const struct replay *replay = &journal->replay;
    if (journal->options.lease_ms == 0 || replay->handed_over || journal->epoch == 1 ||
        PLANTED(WAITS_FOR_NO_LEASE)) {
        return 0;
    }
    uint32_t lease_ms = replay->lease_ms > journal->options.lease_ms ? replay->lease_ms
                                                                     : journal->options.lease_ms;
    return (int64_t)lease_ms + LEASE_MARGIN_MS + lease_ms / LEASE_MARGIN_PARTS;
}

void journal_lead(struct journal *journal)
{
    if (journal->led || !journal->begun || journal->durable.number == 0) {
        return;
    }
    int64_t wait_ms = former_lease_ms(journal);
    if (wait_ms == 0 ||
        (journal->taken_at_ms != 0 && journal->now_ms - journal->taken_at_ms >= wait_ms)) {
        journal->led = true;
        journal->recording = journal->manifests_count > 0 ? JOURNAL_RECORDING_LIST
                                                          : JOURNAL_RECORDING_NOTHING;
        journal->owner.leading(journal->owner.context);
    }
}

/* How many entries to ask for next, after a page of so many bytes. */
static uint32_t next_page(uint32_t entries, size_t bytes)
{
    if (bytes < PAGE_BYTES_AIM / 2) {
        return entries * 2 > PAGE_ENTRIES_MAX ? PAGE_ENTRIES_MAX : entries * 2;
    }
    if (bytes > PAGE_BYTES_AIM) {
        return entries / 2 < PAGE_ENTRIES_MIN ? PAGE_ENTRIES_MIN : entries / 2;
    }
    return entries;
}

static double fraction_done(const struct journal *journal)
{
    if (journal->replay.entries >= journal->entries_total) {
        return 1.0;
    }
    return (double)journal->replay.entries / (double)journal->entries_total;
}

/* An entry is not what must follow. Where it is the first one that was read, whoever led until now may have
 * trimmed behind a newer snapshot meanwhile: all is read anew, once. */
static void unreadable(struct journal *journal, const char *message)
{
    if (journal->replay.entries > 0 || journal->reread) {
        journal_halt(journal, "%s", message);
        return;
    }
    journal->reread = true;
    journal->loaded = false;
    journal_drop(journal, "the journal does not follow the snapshot that was read: reading anew");
}

void journal_replayed(struct journal *journal, const struct journal_answer *answer)
{
    const struct entry_id end = {journal->epoch, 0};
    char message[JOURNAL_MESSAGE_BYTES];
    size_t bytes = 0;
    if (answer->kind != JOURNAL_ANSWER_ENTRIES) {
        journal_drop(journal, "it did not answer with entries");
        return;
    }
    if (answer->count == 0) {
        journal_came_back_shorter(journal, "the stream ends before this server's TAKEOVER");
        return;
    }
    for (size_t at = 0; at < answer->count; at++) {
        bytes += answer->entries[at].length;
    }
    journal->behind_bytes += bytes;
    if (!entry_id_read(answer->entries[answer->count - 1].id, &journal->cursor)) {
        journal_drop(journal, "it answered with an entry that has no ID");
        return;
    }
    bool more = entry_id_compare(journal->cursor, end) < 0;
    if (more) { /* Redis gathers the next page while this one is applied */
        journal->page_entries = next_page(journal->page_entries, bytes);
        journal_go(journal, JOURNAL_REPLAYING);
    }
    for (size_t at = 0; at < answer->count; at++) {
        if (!replay_entry(&journal->replay, &answer->entries[at], message)) {
            unreadable(journal, message);
            return;
        }
    }
    if (!more) {
        begin(journal);
    }
    if (journal->state != JOURNAL_HALTED) {
        journal->owner.progress(journal->owner.context, journal->replay.entries,
                                journal->replay.events, more ? fraction_done(journal) : 1.0);
    }
}
