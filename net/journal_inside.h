/* journal_inside.h -- what the files of the journal's state machine share; for them and their tests.
 *
 *     journal.c        life cycle: states, moves, inputs, questions, refusals, ends
 *     journal_start.c  from the connection to BEGIN: settings, identity, TAKEOVER, replay
 *     journal_lead.c   appends, and what became of one whose answer was lost
 */
#ifndef BOON_NET_JOURNAL_INSIDE_H
#define BOON_NET_JOURNAL_INSIDE_H

#include "net/journal.h"
#include "net/journal_entry.h"
#include "net/journal_marks.h"
#include "net/journal_replay.h"

#define JOURNAL_KEY_BYTES (JOURNAL_NAME_BYTES_MAX + 32U)
#define JOURNAL_DISPUTES_MAX                                                                       \
    16U /* "equal or smaller" in a row, before it makes no sense any more */

struct journal {
    struct journal_options options;
    struct journal_port port;
    struct journal_owner owner;
    struct engine *engine;
    struct queue *queue;
    char key[JOURNAL_KEY_BYTES];

    enum journal_state state;
    bool asked;          /* the state's question is out, its answer is still to come */
    int64_t retry_at_ms; /* monotonic: ask it again then; 0 = it was not refused */
    int64_t back_off_ms; /* next wait */
    uint32_t disputes;   /* times in a row that Redis called an ID not above the last */
    int64_t now_ms;      /* monotonic, of the last tick */
    int64_t time_ms;     /* since 1970, of the last tick */

    bool identified; /* the GENESIS was seen, replay.journal_id and genesis_hash are set */
    uint64_t genesis_hash;
    struct replay replay;
    struct entry_id cursor; /* replaying: the last entry asked for or applied */
    uint64_t entries_total; /* in the stream, when last measured */
    uint32_t page_entries;  /* to ask for at once */

    uint64_t epoch; /* ours, from the first attempt to take over on */
    bool taken;     /* our TAKEOVER is in the stream */
    bool begun;     /* BEGIN is applied and queued: from here on a lost answer is resolved */
    bool led;       /* BEGIN was acknowledged */
    uint8_t mark[MARK_BYTES_MAX]; /* the GENESIS or TAKEOVER being sent */
    size_t mark_length;

    const struct queue_batch *flying; /* appending: the batch */
    uint64_t next_number;             /* of the batch to be sealed next */
    uint64_t chain;                   /* hash of the batch sealed last */
    struct entry_id durable;          /* last acknowledged entry */
    uint64_t durable_hash;            /* its own hash */
    uint64_t durable_seq;
    bool unsettled; /* a batch was in flight when the connection went */

    bool handover_wanted;
    uint64_t handover_seq; /* of the HANDOVER; 0 = not queued yet */

    uint64_t batches;
    uint64_t bytes;
    uint64_t resolves;
    char message[JOURNAL_MESSAGE_BYTES];
};

/* journal.c: moves to another state; a move that is not drawn is a bug. */
void journal_move(struct journal *journal, enum journal_state to);

/* journal.c: moves to a state and asks its question. */
void journal_go(struct journal *journal, enum journal_state to);

/* journal.c: ends it for good, and tells the owner. The last thing that an input does. */
__attribute__((format(printf, 2, 3))) void journal_halt(struct journal *journal, const char *format,
                                                        ...);
__attribute__((format(printf, 2, 3))) void journal_depose(struct journal *journal,
                                                          const char *format, ...);

/* journal.c: tells the owner something for the log. */
__attribute__((format(printf, 2, 3))) void journal_note(struct journal *journal, const char *format,
                                                        ...);

/* journal.c: gives up the connection, because what it says makes no sense or it is the wrong
 * one. */
void journal_drop(struct journal *journal, const char *why);

/* journal.c: asks the same again after a while. */
void journal_hold(struct journal *journal, const char *what, struct text error);

/* journal.c: halts because entries are missing that were there. `what` says which. */
void journal_came_back_shorter(struct journal *journal, const char *what);

/* journal_start.c: what the answers of the states up to REPLAYING lead to. */
void journal_settings_told(struct journal *journal, const struct journal_answer *answer);
void journal_role_told(struct journal *journal, const struct journal_answer *answer);
void journal_identified(struct journal *journal, const struct journal_answer *answer);
void journal_created(struct journal *journal, const struct journal_answer *answer);
void journal_looked_at_start(struct journal *journal, const struct journal_answer *answer);
void journal_taken(struct journal *journal, const struct journal_answer *answer);
void journal_measured(struct journal *journal, const struct journal_answer *answer);
void journal_replayed(struct journal *journal, const struct journal_answer *answer);

/* journal_lead.c: the same for LOOKING, while this server leads, and APPENDING. */
void journal_looked_at_lead(struct journal *journal, const struct journal_answer *answer);
void journal_appended(struct journal *journal, const struct journal_answer *answer);

/* journal_lead.c: seals and sends the queue's next batch. False: nothing waits. */
bool journal_send_next(struct journal *journal);

#endif
