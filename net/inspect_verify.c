/* inspect_verify.c -- goes along the journal once, with the state beside it, and looks at each snapshot where
 * it was taken.
 *
 *     stream    0-1 ───────────► s1 ─────────────► s2 ─────────► last
 *     engine    GENESIS … replay  ═ s1? … replay    ═ s2? … replay  │
 *     beside                      s1 … replay       s2 … replay     ▼ both the same?
 *
 * Where the beginning was trimmed, the state begins with the oldest snapshot that is whole. After a fault it
 * goes on from the next whole snapshot behind it, so that the report can say whether a server could start.
 */
#include "net/inspect_verify.h"

#include <string.h>
#include <unistd.h>

#include "engine/bug.h"
#include "net/clock.h"

#define TRIES 4 /* of a look that the server trims the journal under */
#define PROGRESS_EVERY_MS 200
#define PROGRESS_WIDTH 30

static const char restore_it[] =
    "The stream was changed or damaged: restore it from a replica or a "
    "backup.";
static const char raise_it[] =
    "Raise that max- option, or give the server's own config: the journal "
    "itself may be whole.";
static const char newer_it[] = "Use the version of boon-server that wrote it, or a newer one.";
static const char keys_it[] = "Put the key's line back into the secret file; or leave secret-file "
                              "out, and keys are not judged.";
static const char snapshot_it[] = "A start uses another snapshot, or the whole journal while it is "
                                  "there. Let the server write a new snapshot.";

/* --- faults --------------------------------------------------------------------------------------- */

static void fault(struct verify *verify, enum look look, const char *kind, struct entry_id id,
                  const char *what, const char *advice)
{
    struct verify_fault *first = &verify->report.fault;
    char text[ENTRY_ID_TEXT_BYTES];
    verify->report.faults++;
    verify->report.damages += look == LOOK_BAD ? 1 : 0;
    if (first->look != LOOK_FINE) {
        return;
    }
    first->look = look;
    first->advice = advice;
    snprintf(first->where, sizeof(first->where), "%s %s", kind, entry_id_write(id, text));
    snprintf(first->what, sizeof(first->what), "%s", what);
}

/* Judges words of a replay or a reader: what lacks only room, a key or a newer version is not damaged. */
static enum look judge(const char *words, const char *damaged, const char **advice)
{
    static const struct {
        const char *words;
        const char *advice;
    } lacks[] = {
        {"has room for", raise_it},
        {"secret file", keys_it},
        {"version of Boon", newer_it},
        {"this version", newer_it},
    };
    *advice = damaged;
    for (size_t at = 0; at < sizeof(lacks) / sizeof(lacks[0]); at++) {
        if (strstr(words, lacks[at].words) != NULL) {
            *advice = lacks[at].advice;
            return LOOK_FAILED;
        }
    }
    return LOOK_BAD;
}

/* The replay speaks to who starts a server: what it says of the entry is what counts here. */
static void replay_fault(struct verify *verify, struct entry_id id, const char *message)
{
    const char *words = strstr(message, ": ");
    const char *end = strstr(message, ". Nothing was changed");
    const char *advice;
    char what[INSPECT_WORDS_BYTES];
    words = words == NULL ? message : words + 2;
    int length = end != NULL && end > words ? (int)(end - words) : (int)strlen(words);
    snprintf(what, sizeof(what), "%.*s", length, words);
    enum look look = judge(what, restore_it, &advice);
    fault(verify, look, "entry", id, what, advice);
}

static void snapshot_fault(struct verify *verify, const struct inspect_snapshot *snapshot)
{
    const char *advice;
    enum look look = judge(snapshot->words, snapshot_it, &advice);
    fault(verify, look, "snapshot", snapshot->id, snapshot->words, advice);
}

/* --- counting ------------------------------------------------------------------------------------- */

static struct verify_epoch *epoch_of(struct verify_report *report, uint64_t epoch, int64_t time_ms)
{
    struct verify_epoch *newest = NULL;
    if (report->epoch_count > 0) {
        newest = &report->epochs[(report->epoch_count - 1) % VERIFY_EPOCHS_KEPT];
    }
    if (newest == NULL || newest->epoch != epoch) {
        newest = &report->epochs[report->epoch_count++ % VERIFY_EPOCHS_KEPT];
        *newest = (struct verify_epoch){.epoch = epoch, .began_at_ms = time_ms};
    }
    return newest;
}

/* Counts what is in one batch; what is wrong with it is not said here. */
static void count_batch(struct verify_report *report, struct batch_reader *reader)
{
    struct batch_group group;
    struct event event;
    struct verify_epoch *epoch = NULL;
    while (batch_next_group(reader, &group) == BATCH_FINE) {
        /* GENESIS, entry 0-1, is before every epoch. */
        if (reader->stamp.epoch != 0) {
            epoch = epoch_of(report, reader->stamp.epoch, group.time_ms);
            epoch->ended_at_ms = group.time_ms;
        }
        if (reader->stamp.number != 0) { /* a TAKEOVER's time is its writer's clock */
            report->first_ms = report->first_ms == 0 ? group.time_ms : report->first_ms;
            report->last_ms = group.time_ms;
        }
        while (batch_next_event(&group, &event) == BATCH_FINE) {
            ASSERT((size_t)event.type < VERIFY_KINDS);
            report->kinds[event.type]++;
            report->events++;
            if (epoch != NULL) {
                epoch->events++;
                epoch->handed_over = event.type == EVENT_HANDOVER;
                report->handovers += event.type == EVENT_HANDOVER ? 1 : 0;
            }
        }
    }
    if (reader->stamp.epoch != 0 && reader->stamp.number != 0) {
        epoch_of(report, reader->stamp.epoch, report->last_ms)->batches++;
    }
}

/* --- snapshots ------------------------------------------------------------------------------------ */

/* Makes an engine as created, or a new one. False: no memory. */
static bool renew(struct verify *verify, struct engine **engine, bool *used)
{
    if (*engine == NULL) {
        *engine = inspect_engine(verify->inspect);
    } else if (*used && !engine_clear(*engine)) {
        engine_destroy(engine);
    }
    *used = true;
    return *engine != NULL ||
           inspect_says(
               verify->inspect, LOOK_FAILED,
               "cannot reserve address space for the state: lower max-coupons, max-members "
               "or max-requests, or raise the limit on virtual memory") == LOOK_FINE;
}

/* Begins the state with the oldest whole snapshot from `from` on. LOOK_END: there is none. */
static enum look start_from_snapshot(struct verify *verify, struct entry_id from)
{
    struct inspect *inspect = verify->inspect;
    verify->following = false;
    for (size_t at = 0; at < inspect->snapshot_count; at++) {
        struct inspect_snapshot *snapshot = &inspect->snapshots[at];
        if (entry_id_compare(snapshot->id, from) < 0 || snapshot->chunks_good == INSPECT_NO) {
            continue;
        }
        if (!renew(verify, &verify->engine, &verify->engine_used)) {
            return LOOK_FAILED;
        }
        enum look look = inspect_load_snapshot(inspect, snapshot, verify->engine);
        if (look == LOOK_FAILED) {
            return look;
        }
        if (look == LOOK_BAD) {
            snapshot_fault(verify, snapshot);
        }
        if (look == LOOK_FINE) {
            replay_init_from(&verify->replay, verify->engine, &snapshot->manifest.stamp);
            verify->following = true;
            verify->report.from_snapshot = true;
            verify->report.base = snapshot->id;
            return LOOK_FINE;
        }
    }
    return LOOK_END;
}

/* Holds a snapshot against the state that the journal gives where it was taken. */
static enum look compare_snapshot(struct verify *verify, struct inspect_snapshot *snapshot)
{
    bool requests_only;
    char words[INSPECT_WORDS_BYTES];
    verify->beside_following = false;
    if (!renew(verify, &verify->beside, &verify->beside_used)) {
        return LOOK_FAILED;
    }
    enum look look = inspect_load_snapshot(verify->inspect, snapshot, verify->beside);
    if (look == LOOK_BAD) {
        snapshot_fault(verify, snapshot);
    }
    if (look != LOOK_FINE || !verify->following) {
        return look == LOOK_FAILED ? look : LOOK_FINE;
    }
    bool same = inspect_same_state(verify->engine, verify->beside, &requests_only, words) ||
                requests_only;
    if (same && verify->replay.chain != snapshot->manifest.stamp.chain) {
        same = false;
        snprintf(words, sizeof(words), "its stamp has another hash than the entry");
    }
    snapshot->same = same ? INSPECT_YES : INSPECT_NO;
    snapshot->requests_differ = requests_only;
    if (!same) {
        snprintf(snapshot->words, sizeof(snapshot->words),
                 "its state is not the one that the journal gives: %.300s", words);
        snapshot_fault(verify, snapshot);
        return LOOK_FINE;
    }
    replay_init_from(&verify->beside_replay, verify->beside, &snapshot->manifest.stamp);
    verify->beside_following = !requests_only;
    return LOOK_FINE;
}

/* Looks at the snapshots that belong to this entry. */
static enum look at_entry(struct verify *verify, struct entry_id id)
{
    struct inspect *inspect = verify->inspect;
    for (size_t at = 0; at < inspect->snapshot_count; at++) {
        struct inspect_snapshot *snapshot = &inspect->snapshots[at];
        if (entry_id_compare(snapshot->id, id) == 0 && snapshot->chunks_good == INSPECT_NOT_ASKED &&
            snapshot->manifest_good == INSPECT_YES) {
            enum look look = compare_snapshot(verify, snapshot);
            if (look != LOOK_FINE) {
                return look;
            }
        }
    }
    return LOOK_FINE;
}

/* Looks at those that no entry led to. */
static enum look left_snapshots(struct verify *verify)
{
    struct inspect *inspect = verify->inspect;
    verify->following = false;
    for (size_t at = 0; at < inspect->snapshot_count; at++) {
        struct inspect_snapshot *snapshot = &inspect->snapshots[at];
        if (snapshot->manifest_good != INSPECT_YES) {
            snapshot_fault(verify, snapshot);
        } else if (entry_id_compare(snapshot->id, inspect->last) > 0) {
            snprintf(snapshot->words, sizeof(snapshot->words),
                     "it was taken after the last entry: the journal came back shorter");
            fault(verify, LOOK_BAD, "snapshot", snapshot->id, snapshot->words, restore_it);
        } else if (snapshot->chunks_good == INSPECT_NOT_ASKED && snapshot->words[0] == '\0') {
            enum look look = compare_snapshot(verify, snapshot);
            if (look != LOOK_FINE) {
                return look;
            }
        }
    }
    return LOOK_FINE;
}

/* --- the walk --------------------------------------------------------------------------------------- */

/* Checks an entry by itself and against the hash of the one before, where there is no state to hold it to. */
static void check_alone(struct verify *verify, const struct journal_entry *entry,
                        struct entry_id id)
{
    struct batch_reader reader;
    const struct inspect_birth *birth = &verify->inspect->birth;
    enum batch_fault wrong = entry->bytes == NULL
                                 ? BATCH_NOT_A_BATCH
                                 : batch_open(&reader, entry->bytes, entry->length,
                                              birth->known ? &birth->journal_id : NULL);
    if (wrong != BATCH_FINE) {
        bool newer = wrong == BATCH_UNKNOWN_FORMAT;
        verify->chain_known = false;
        fault(verify, newer ? LOOK_FAILED : LOOK_BAD, "entry", id, batch_fault_words(wrong),
              newer ? newer_it : restore_it);
        return;
    }
    if (reader.stamp.epoch != id.epoch || reader.stamp.number != id.number) {
        fault(verify, LOOK_BAD, "entry", id, "it was written under another ID", restore_it);
    } else if (id.number != 0 && verify->chain_known && reader.stamp.previous != verify->chain) {
        fault(verify, LOOK_BAD, "entry", id,
              "it does not follow the entry before it: one is missing, or the chain is broken",
              restore_it);
    } else if (verify->following && entry_id_compare(id, verify->replay.last) == 0 &&
               reader.chain != verify->replay.chain) {
        fault(verify, LOOK_BAD, "entry", id,
              "its hash is not the one that the snapshot was "
              "stamped with",
              restore_it);
    }
    if (id.number != 0) {
        verify->chain = reader.chain;
        verify->chain_known = true;
    }
}

/* Takes an entry into the state. LOOK_BAD: it is a fault, and the state is of no more use. */
static enum look follow(struct verify *verify, const struct journal_entry *entry,
                        struct entry_id id)
{
    char message[JOURNAL_MESSAGE_BYTES];
    if (!replay_entry(&verify->replay, entry, message)) {
        if (inspect_explain(verify->inspect) == LOOK_FAILED) {
            return LOOK_FAILED;
        }
        replay_fault(verify, id, message);
        return LOOK_BAD;
    }
    verify->chain = verify->replay.chain;
    verify->chain_known = true;
    if (verify->beside_following && !replay_entry(&verify->beside_replay, entry, message)) {
        verify->beside_following = false;
        replay_fault(verify, id, message);
    }
    return LOOK_FINE;
}

static enum look take_entry(struct verify *verify, const struct journal_entry *entry,
                            struct entry_id id)
{
    struct batch_reader reader;
    struct verify_report *report = &verify->report;
    report->entries++;
    report->bytes += entry->length;
    if (entry->bytes != NULL &&
        batch_open(&reader, entry->bytes, entry->length, NULL) == BATCH_FINE) {
        count_batch(report, &reader);
    }
    if (!verify->following || entry_id_compare(id, verify->replay.last) <= 0) {
        check_alone(verify, entry, id);
        return LOOK_FINE;
    }
    enum look look = follow(verify, entry, id);
    if (look == LOOK_BAD) {
        verify->beside_following = false;
        verify->chain_known = false;
        look = start_from_snapshot(verify, id);
        return look == LOOK_END ? LOOK_FINE : look;
    }
    return look == LOOK_FINE ? at_entry(verify, id) : look;
}

static void show_progress(struct verify *verify)
{
    const struct inspect *inspect = verify->inspect;
    char bar[PROGRESS_WIDTH + 1];
    int64_t now_ms = clock_monotonic_ms();
    if (inspect->wishes.json || now_ms - verify->shown_ms < PROGRESS_EVERY_MS ||
        !isatty(fileno(inspect->err)) || inspect->entries_total == 0) {
        return;
    }
    verify->shown_ms = now_ms;
    uint64_t done = verify->report.entries < inspect->entries_total ? verify->report.entries
                                                                    : inspect->entries_total;
    memset(bar, ' ', PROGRESS_WIDTH);
    memset(bar, '#', (size_t)(done * PROGRESS_WIDTH / inspect->entries_total));
    bar[PROGRESS_WIDTH] = '\0';
    fprintf(inspect->err, "\r[%s] %3u%%  entry %" PRIu64 " of %" PRIu64 "\x1b[K", bar,
            (unsigned)(done * 100 / inspect->entries_total), done, inspect->entries_total);
    fflush(inspect->err);
}

/* The state from GENESIS on, or from a snapshot where the beginning was trimmed. */
static enum look start(struct verify *verify)
{
    struct inspect *inspect = verify->inspect;
    if (inspect->first.epoch == 0 && inspect->first.number == 1) {
        if (!inspect->birth.known) {
            fault(verify, LOOK_BAD, "entry", inspect->first,
                  "it is the journal's first and not a GENESIS that can be read", restore_it);
            return start_from_snapshot(verify, inspect->first);
        }
        if (!renew(verify, &verify->engine, &verify->engine_used)) {
            return LOOK_FAILED;
        }
        replay_init(&verify->replay, verify->engine, inspect->birth.journal_id);
        verify->following = true;
        return LOOK_FINE;
    }
    enum look look = start_from_snapshot(verify, inspect->first);
    if (look == LOOK_END) {
        fault(verify, LOOK_BAD, "entry", inspect->first,
              "the journal begins with it, and no whole snapshot reaches back to it", restore_it);
    }
    return look;
}

static enum look walk(struct verify *verify)
{
    struct inspect *inspect = verify->inspect;
    struct journal_entry entry;
    enum look look = start(verify);
    if (look == LOOK_FAILED) {
        return look;
    }
    if (inspect->birth.known) {
        look = inspect_check_birth(inspect);
        if (look == LOOK_FAILED) {
            return look;
        }
        if (look == LOOK_BAD) {
            fault(verify, LOOK_BAD, "entry", inspect->first, inspect->words, restore_it);
        }
    }
    while ((look = inspect_next(inspect, &entry)) == LOOK_FINE) {
        look = take_entry(verify, &entry, inspect->cursor);
        if (look != LOOK_FINE) {
            return look;
        }
        show_progress(verify);
    }
    return look;
}

/* What is known when the last entry is behind. */
static void conclude(struct verify *verify)
{
    struct inspect *inspect = verify->inspect;
    struct verify_report *report = &verify->report;
    if (!verify->following) {
        return;
    }
    report->reached_end = entry_id_compare(verify->replay.last, inspect->last) == 0;
    report->seq = verify->engine->seq;
    report->state_hash = engine_state_hash(verify->engine);
    if (entry_id_compare(verify->replay.last, inspect->last) < 0) {
        fault(verify, LOOK_BAD, "entry", inspect->last, "it was the last entry, and is gone",
              restore_it);
    } else if (verify->beside_following &&
               engine_state_hash(verify->beside) != report->state_hash) {
        fault(verify, LOOK_BAD, "snapshot", verify->beside_replay.last,
              "with the journal after it, it gives another state than what was before it",
              snapshot_it);
    }
}

static enum look look_at_all(struct verify *verify)
{
    struct inspect *inspect = verify->inspect;
    /* The snapshots first: the journal may grow meanwhile, but never ends before one of theirs. */
    enum look look = inspect_list_snapshots(inspect);
    if (look == LOOK_FINE) {
        look = inspect_begin(inspect);
    }
    if (look == LOOK_FINE && (look = walk(verify)) == LOOK_END) {
        conclude(verify);
        look = left_snapshots(verify);
    }
    return look;
}

/* Forgets what was seen; the engines are kept, and cleared when they are needed. */
static void begin_again(struct verify *verify)
{
    struct verify fresh = {.inspect = verify->inspect,
                           .engine = verify->engine,
                           .beside = verify->beside,
                           .engine_used = verify->engine_used,
                           .beside_used = verify->beside_used,
                           .shown_ms = verify->shown_ms};
    *verify = fresh;
}

int inspect_verify(struct inspect *inspect)
{
    static struct verify verify;
    verify = (struct verify){.inspect = inspect};
    int64_t from_ms = clock_monotonic_ms();
    enum look look = look_at_all(&verify);
    for (int again = 1; again < TRIES && look == LOOK_FAILED && inspect->trimmed; again++) {
        begin_again(&verify);
        look = look_at_all(&verify);
    }
    ASSERT(look == LOOK_FINE || look == LOOK_FAILED);
    if (verify.shown_ms != 0) {
        fputs("\r\x1b[K", inspect->err);
    }
    verify.report.took_ms = clock_monotonic_ms() - from_ms;
    int code = INSPECT_NOT_LOOKED;
    if (look == LOOK_FINE) {
        code = inspect_verdict(&verify.report);
        if (inspect->wishes.json) {
            inspect_report_json(&verify);
        } else {
            inspect_report_table(&verify);
        }
    }
    engine_destroy(&verify.engine);
    engine_destroy(&verify.beside);
    return code;
}
