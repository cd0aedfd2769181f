/* journal.c -- the journal's life cycle.
 *
 *     DOWN ◄──────────────────────── connection lost, from everywhere but the ends
 *      │ connected
 *      ▼
 *     CHECKING_SETTINGS ──► CHECKING_ROLE ──► IDENTIFYING ◄─────────────── CREATING ◄┐
 *                                                  │                                │
 *                              first time          ▼                 a new brand    │
 *                    LOADING ◄─► FINDING ◄─────────┤ a snapshot was settled on  (FINDING)
 *                       │           │              ▼
 *                       └───────────┴─────────► LOOKING ◄──────────────────┐ "equal or smaller",
 *          race lost, outcome unknown ┌────────►   │ │ │ │                 │ or healed
 *                                     │            │ │ │ └──► MISSING ──► HEALING
 *                 not begun yet       │    ┌───────┘ │ └────┐  ▲ comes from IDLE and APPENDING, too
 *                                     │    ▼         │      ▼  │
 *                                     └─ TAKING      │    IDLE ◄──► APPENDING ──► HANDED_OVER
 *                                          │         │      ▲        ▲  │  ▲         ▲
 *                                          ▼         │      └────────┼──┼──┼─ SYNCING ┘
 *                                        MEASURING ──► REPLAYING ────┘  └──┼────►┘
 *                                                    └─────────────────────┘
 *     HALTED from everywhere; DEPOSED from LOOKING, MISSING, and by a probe from IDLE, APPENDING and
 *     SYNCING; HANDED_OVER from all before BEGIN: for good
 *
 * A state is a question that was sent, or IDLE or DOWN. When Redis refuses it, the state stays and
 * the same question goes out again after a while; so every question may be asked twice: reads
 * change nothing, and an append has its ID. Where a state waits, in IDLE or refused, an aside may be
 * asked in between; there is one question out at a time.
 */
#include "net/journal_inside.h"

#include <stdarg.h>
#include <stdlib.h>

#include "engine/bug.h"
#include "engine/planted.h"

#define TO(state) (1U << (state))
#define TO_END_BEFORE_BEGIN (TO(JOURNAL_DOWN) | TO(JOURNAL_HALTED) | TO(JOURNAL_HANDED_OVER))
#define TO_END (TO(JOURNAL_DOWN) | TO(JOURNAL_HALTED))

#define TO_END_WHILE_LEADING (TO_END | TO(JOURNAL_DEPOSED) | TO(JOURNAL_MISSING))

static const uint32_t legal_moves[] = {
    [JOURNAL_DOWN] = TO(JOURNAL_CHECKING_SETTINGS) | TO(JOURNAL_CHECKING_ROLE) |
                     TO(JOURNAL_HALTED) | TO(JOURNAL_HANDED_OVER),
    [JOURNAL_CHECKING_SETTINGS] = TO(JOURNAL_CHECKING_ROLE) | TO_END_BEFORE_BEGIN,
    [JOURNAL_CHECKING_ROLE] = TO(JOURNAL_IDENTIFYING) | TO_END_BEFORE_BEGIN,
    [JOURNAL_IDENTIFYING] = TO(JOURNAL_FINDING) | TO(JOURNAL_LOOKING) | TO(JOURNAL_MISSING) |
                            TO_END_BEFORE_BEGIN,
    [JOURNAL_CREATING] = TO(JOURNAL_IDENTIFYING) | TO_END_BEFORE_BEGIN,
    [JOURNAL_FINDING] = TO(JOURNAL_CREATING) | TO(JOURNAL_LOADING) | TO(JOURNAL_LOOKING) |
                        TO_END_BEFORE_BEGIN,
    [JOURNAL_LOADING] = TO(JOURNAL_FINDING) | TO(JOURNAL_LOOKING) | TO_END_BEFORE_BEGIN,
    [JOURNAL_LOOKING] = TO(JOURNAL_TAKING) | TO(JOURNAL_MEASURING) | TO(JOURNAL_IDLE) |
                        TO(JOURNAL_APPENDING) | TO(JOURNAL_DEPOSED) | TO(JOURNAL_MISSING) |
                        TO_END_BEFORE_BEGIN,
    [JOURNAL_TAKING] = TO(JOURNAL_MEASURING) | TO(JOURNAL_LOOKING) | TO_END_BEFORE_BEGIN,
    [JOURNAL_MEASURING] = TO(JOURNAL_REPLAYING) | TO_END_BEFORE_BEGIN,
    [JOURNAL_REPLAYING] = TO(JOURNAL_APPENDING) | TO_END_BEFORE_BEGIN,
    [JOURNAL_IDLE] = TO(JOURNAL_APPENDING) | TO_END_WHILE_LEADING,
    [JOURNAL_APPENDING] = TO(JOURNAL_IDLE) | TO(JOURNAL_SYNCING) | TO(JOURNAL_LOOKING) |
                          TO(JOURNAL_HANDED_OVER) | TO_END_WHILE_LEADING,
    [JOURNAL_SYNCING] = TO(JOURNAL_IDLE) | TO(JOURNAL_HANDED_OVER) | TO_END_WHILE_LEADING,
    [JOURNAL_MISSING] = TO(JOURNAL_HEALING) | TO(JOURNAL_DEPOSED) | TO_END,
    [JOURNAL_HEALING] = TO(JOURNAL_LOOKING) | TO_END,
    [JOURNAL_HANDED_OVER] = 0,
    [JOURNAL_HALTED] = 0,
    [JOURNAL_DEPOSED] = 0,
};

static bool is_final(const struct journal *journal)
{
    return legal_moves[journal->state] == 0;
}

struct journal *journal_create(const struct journal_options *options,
                               const struct journal_port *port, const struct journal_owner *owner,
                               struct engine *engine, struct queue *queue)
{
    ASSERT(options->shard <= SHARD_MAX);
    ASSERT(queue_is_empty(queue));
    struct journal *journal = calloc(1, sizeof(*journal));
    if (journal == NULL || !ring_init(&journal->ring)) {
        free(journal);
        return NULL;
    }
    journal->options = *options;
    journal->port = *port;
    journal->owner = *owner;
    journal->engine = engine;
    journal->queue = queue;
    journal->state = JOURNAL_DOWN;
    journal->back_off_ms = JOURNAL_BACK_OFF_MS_MIN;
    snprintf(journal->key, sizeof(journal->key), "%s:{%" PRIu32 "}:journal", options->name,
             options->shard);
    return journal;
}

void journal_destroy(struct journal **journal)
{
    if (*journal != NULL) {
        snapshot_reader_destroy(&(*journal)->reader);
        ring_deinit(&(*journal)->ring);
    }
    free(*journal);
    *journal = NULL;
}

void journal_move(struct journal *journal, enum journal_state to)
{
    ASSERT((legal_moves[journal->state] & TO(to)) != 0);
    journal->state = to;
    journal->asked = false;
    journal->aside = JOURNAL_ASIDE_NONE;
    journal->retry_at_ms = 0;
}

void journal_go(struct journal *journal, enum journal_state to)
{
    if (journal->state != to) { /* the next page is asked for in the same state */
        journal_move(journal, to);
    }
    journal_ask(journal);
}

void journal_note(struct journal *journal, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(journal->message, sizeof(journal->message), format, arguments);
    va_end(arguments);
    journal->owner.note(journal->owner.context, journal->message);
}

void journal_halt(struct journal *journal, const char *format, ...)
{
    char message[JOURNAL_MESSAGE_BYTES];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, sizeof(message), format, arguments);
    va_end(arguments);
    memcpy(journal->message, message, sizeof(message));
    journal_move(journal, JOURNAL_HALTED);
    journal->port.disconnect(journal->port.context);
    journal->owner.halted(journal->owner.context, journal->message);
}

void journal_depose(struct journal *journal, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(journal->message, sizeof(journal->message), format, arguments);
    va_end(arguments);
    journal_move(journal, JOURNAL_DEPOSED);
    journal->port.disconnect(journal->port.context);
    journal->owner.deposed(journal->owner.context, journal->message);
}

void journal_depose_by(struct journal *journal, uint64_t epoch)
{
    journal_depose(journal,
                   "another server took over with epoch %" PRIu64 ", this one had %" PRIu64, epoch,
                   journal->epoch);
}

/* The connection is gone, or is being given up. */
static void go_down(struct journal *journal)
{
    journal->unsettled = journal->unsettled || journal->state == JOURNAL_APPENDING ||
                         journal->state == JOURNAL_SYNCING;
    journal_move(journal, JOURNAL_DOWN);
}

void journal_drop(struct journal *journal, const char *why)
{
    go_down(journal);
    journal->port.disconnect(journal->port.context);
    journal_note(journal, "the connection to Redis was dropped: %s", why);
}

/* Waits before the same question, and longer each time. Returns whether it is the first wait in
 * a row. */
static bool back_off(struct journal *journal)
{
    bool first = journal->back_off_ms == JOURNAL_BACK_OFF_MS_MIN;
    journal->retry_at_ms = journal->now_ms + journal->back_off_ms;
    journal->back_off_ms *= 2;
    if (journal->back_off_ms > JOURNAL_BACK_OFF_MS_MAX) {
        journal->back_off_ms = JOURNAL_BACK_OFF_MS_MAX;
    }
    return first;
}

void journal_hold(struct journal *journal, const char *what, struct text why)
{
    if (back_off(journal)) {
        journal->hold_told = journal->begun;
        journal_note(journal, "%s (%.*s); trying again", what,
                     (int)(why.length > 300 ? 300 : why.length), why.data);
    }
}

static bool begins_with(struct text text, const char *prefix)
{
    size_t length = strlen(prefix);
    return text.length >= length && memcmp(text.data, prefix, length) == 0;
}

/* An answer that says: not now. */
static bool is_passing(struct text error)
{
    static const char *const prefixes[] = {"LOADING",  "BUSY",       "OOM",
                                           "MISCONF",  "NOREPLICAS", "MASTERDOWN",
                                           "TRYAGAIN", "READONLY",   "CLUSTERDOWN"};
    for (size_t at = 0; at < sizeof(prefixes) / sizeof(prefixes[0]); at++) {
        if (begins_with(error, prefixes[at])) {
            return true;
        }
    }
    return false;
}

/* Redis has an entry at or above the ID that it was given: whose, the stream says. */
static void id_disputed(struct journal *journal)
{
    if (PLANTED(SKIPS_FENCE) && journal->state == JOURNAL_APPENDING) {
        char id[ENTRY_ID_TEXT_BYTES];
        entry_id_write((struct entry_id){journal->epoch, journal->flying->number}, id);
        const struct journal_answer written = {.kind = JOURNAL_ANSWER_TEXT, .text = text_of(id)};
        journal_appended(journal, &written);
        return;
    }
    if (++journal->disputes > JOURNAL_DISPUTES_MAX) {
        journal_halt(journal,
                     "Redis keeps refusing an ID that is above the stream's last entry: entries "
                     "were deleted by hand (XDEL, XTRIM, XSETID), or servers keep taking over "
                     "from each other");
        return;
    }
    journal_go(journal, journal->state == JOURNAL_CREATING ? JOURNAL_IDENTIFYING : JOURNAL_LOOKING);
}

static void refused(struct journal *journal, struct text error)
{
    static const char disputed[] = "equal or smaller";
    bool appends = journal->state == JOURNAL_CREATING || journal->state == JOURNAL_TAKING ||
                   journal->state == JOURNAL_APPENDING || journal->state == JOURNAL_HEALING;
    int length = (int)(error.length > 200 ? 200 : error.length);
    if (appends && memmem(error.data, error.length, disputed, sizeof(disputed) - 1) != NULL) {
        id_disputed(journal);
    } else if (begins_with(error, "WRONGTYPE")) {
        journal_halt(journal, "the key %s is not a stream: it belongs to somebody else",
                     journal->key);
    } else if (begins_with(error, "READONLY") && journal->begun) {
        journal_drop(journal, "it has become a replica");
    } else if (begins_with(error, "NOAUTH") && journal->begun) {
        journal_drop(journal, "it takes this server's password no more");
    } else if (begins_with(error, "NOAUTH")) {
        journal_halt(journal, "Redis wants another password: see --redis-password, and "
                              "--redis-username for other users than the default one");
    } else if (is_passing(error) || journal->begun) {
        journal_hold(journal, "Redis refuses for now", error);
        if (begins_with(error, "LOADING")) { /* it is over at any moment, and everybody waits */
            journal->retry_at_ms = journal->now_ms + JOURNAL_BACK_OFF_MS_MIN;
        }
    } else if (journal->state == JOURNAL_CHECKING_SETTINGS) {
        journal_halt(journal,
                     "Redis does not show its settings (%.*s): allow CONFIG GET to this user (and "
                     "use Redis 7.0 or newer), or promise nothing with --durability none",
                     length, error.data);
    } else {
        journal_halt(journal,
                     "Redis refuses (%.*s): check its user and what it may do with the "
                     "key %s",
                     length, error.data, journal->key);
    }
}

static void looked(struct journal *journal, const struct journal_answer *answer)
{
    if (answer->kind != JOURNAL_ANSWER_ENTRIES) {
        journal_drop(journal, "it did not answer with entries");
    } else if (journal->begun) {
        journal_looked_at_lead(journal, answer);
    } else {
        journal_looked_at_start(journal, answer);
    }
}

/* What an answer leads to, by the state whose question it was. */
static void answered(struct journal *journal, const struct journal_answer *answer)
{
    switch (journal->state) {
    case JOURNAL_CHECKING_SETTINGS:
        journal_settings_told(journal, answer);
        return;
    case JOURNAL_CHECKING_ROLE:
        journal_role_told(journal, answer);
        return;
    case JOURNAL_IDENTIFYING:
        journal_identified(journal, answer);
        return;
    case JOURNAL_CREATING:
        journal_created(journal, answer);
        return;
    case JOURNAL_FINDING:
        journal_found(journal, answer);
        return;
    case JOURNAL_LOADING:
        journal_loaded(journal, answer);
        return;
    case JOURNAL_LOOKING:
        looked(journal, answer);
        return;
    case JOURNAL_TAKING:
        journal_taken(journal, answer);
        return;
    case JOURNAL_MEASURING:
        journal_measured(journal, answer);
        return;
    case JOURNAL_REPLAYING:
        journal_replayed(journal, answer);
        return;
    case JOURNAL_APPENDING:
        journal_appended(journal, answer);
        return;
    case JOURNAL_SYNCING:
        journal_synced(journal, answer);
        return;
    case JOURNAL_MISSING:
        journal_missed(journal, answer);
        return;
    case JOURNAL_HEALING:
        journal_healed(journal, answer);
        return;
    case JOURNAL_DOWN:
    case JOURNAL_IDLE:
    case JOURNAL_HANDED_OVER:
    case JOURNAL_HALTED:
    case JOURNAL_DEPOSED:
        break;
    }
    bool asked = false;
    ASSERT(asked);
}

void journal_answer(struct journal *journal, const struct journal_answer *answer)
{
    if (is_final(journal)) {
        return;
    }
    ASSERT(journal->asked);
    journal->asked = false;
    if (journal->aside != JOURNAL_ASIDE_NONE) {
        journal_aside_answered(journal, answer);
        return;
    }
    if (answer->kind == JOURNAL_ANSWER_ERROR) {
        refused(journal, answer->text);
        return;
    }
    int64_t waited_at_ms = journal->retry_at_ms;
    answered(journal, answer);
    if (journal->retry_at_ms == waited_at_ms) {
        journal->back_off_ms = JOURNAL_BACK_OFF_MS_MIN;
    }
}

void journal_tick(struct journal *journal, int64_t monotonic_ms, int64_t time_ms)
{
    journal->now_ms = monotonic_ms;
    journal->time_ms = time_ms;
    if (is_final(journal)) {
        return;
    }
    if (journal->taken && journal->taken_at_ms == 0) {
        journal->taken_at_ms = monotonic_ms;
    }
    journal_lead(journal);
    bool held = journal->retry_at_ms != 0 && !journal->asked;
    bool appends = journal->state == JOURNAL_APPENDING || journal->state == JOURNAL_SYNCING;
    if (held && monotonic_ms >= journal->retry_at_ms && !(journal->weak && appends)) {
        journal_ask(journal);
    } else if (held) {
        (void)journal_ask_aside(journal, true);
    }
}

void journal_connected(struct journal *journal)
{
    if (is_final(journal)) {
        return;
    }
    ASSERT(journal->state == JOURNAL_DOWN);
    journal_record_again(journal);
    bool asks = journal->options.durability != JOURNAL_DURABILITY_NONE;
    journal_go(journal, asks ? JOURNAL_CHECKING_SETTINGS : JOURNAL_CHECKING_ROLE);
}

void journal_refused(struct journal *journal, struct text error)
{
    if (is_final(journal)) {
        return;
    }
    ASSERT(journal->state == JOURNAL_DOWN);
    int length = (int)(error.length > 200 ? 200 : error.length);
    if (journal->led) {
        journal_note(journal, "Redis does not let this user in (%.*s); trying again", length,
                     error.data);
        return;
    }
    journal_halt(
        journal,
        "Redis does not let this user in (%.*s): see --redis-username and --redis-password", length,
        error.data);
}

void journal_lost(struct journal *journal)
{
    if (is_final(journal) || journal->state == JOURNAL_DOWN) {
        return;
    }
    go_down(journal);
    journal_note(journal, "the connection to Redis is lost%s",
                 journal->unsettled ? ", with an append in flight" : "");
}

void journal_handover(struct journal *journal)
{
    if (is_final(journal) || journal->handover_wanted) {
        return;
    }
    journal->handover_wanted = true;
    if (journal->begun) {
        journal_pump(journal);
        return;
    }
    journal_move(journal, JOURNAL_HANDED_OVER);
    journal->port.disconnect(journal->port.context);
    journal->owner.handed_over(journal->owner.context);
}
