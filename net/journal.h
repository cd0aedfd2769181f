/* journal.h -- the journal's protocol: what to send, what an answer means, what a lost one.
 *
 * A state machine without I/O: no socket, no clock, no randomness. What it wants to send goes out
 * by its port, what happens comes in by its inputs, what follows goes to its owner.
 * net/journal_redis.c is the port to a real Redis, the simulator has one of its own.
 *
 *        owner: leading durable progress recorded halted deposed handed_over note
 *                                   ▲
 *     journal_pump ──► ┌────────────┴───────────┐ ──► port: send, disconnect
 *     journal_tick ──► │        journal         │
 *                      └──┬──────────────────┬──┘ ◄── journal_connected, journal_answer, journal_lost
 *                       queue              engine
 *
 *     struct journal *journal = journal_create(&options, &port, &owner, engine, &queue);
 *     …
 *     each loop turn:  step commands, queue_add();  journal_pump(journal);
 *     durable(seq):    replies that waited for a sequence <= seq may leave
 *
 * The stream ID is the fence (design rule 6): a batch is written as <epoch>-<number>, and Redis
 * refuses an ID that is not above the last one. One append is in flight, its bytes frozen, its ID
 * never used for others. The first append of a server is <epoch>-0, the TAKEOVER, outside of
 * sequence and chain; whoever gets it accepted replays what lies below and then leads from
 * <epoch>-1, the BEGIN, on.
 *
 * At start:  settings, role, first entry (whose journal is it?), newest good snapshot, last entry,
 *            TAKEOVER, replay in pages, BEGIN. leading() when that is acknowledged and the former
 *            server's lease has run out (at once after its HANDOVER, or where a lock rules it out).
 * When an answer is lost:  the same up to the first entry, then all entries from the last acknowledged
 *            one on:
 *     a higher epoch                  deposed
 *     none of ours                    they never arrived: the same bytes under the same IDs again
 *     ours, byte for byte             they count once one more append, of an empty batch if nothing
 *                                     waits, is acknowledged
 *     not even the acknowledged one   Redis came back shorter: what it lost is appended again from the
 *                                     ring of the newest batches, or, where that does not reach, halted
 *     anything else                   halted
 * When Redis refuses (OOM, MISCONF, NOREPLICAS, READONLY, LOADING, BUSY …), has too few replicas or
 *            weaker settings than promised:  held; the same question again after a while; nothing is
 *            acknowledged meanwhile, and the queue fills up.
 * While it leads:  asides between appends. A probe of the last entry when nothing was acknowledged for a
 *            third of the lease; settings and role every JOURNAL_WATCH_MS; a snapshot's manifest and the
 *            trim that follows it.
 *
 * Halted and deposed are for good: nothing is sent any more. What a deposed server knows that was
 * not acknowledged may not have happened: it drops its state and its connections.
 */
#ifndef BOON_NET_JOURNAL_H
#define BOON_NET_JOURNAL_H

#include "engine/engine.h"
#include "net/journal_entry.h"
#include "net/queue.h"
#include "net/snapshot.h"

#define JOURNAL_NAME_BYTES_MAX 32U
#define JOURNAL_MESSAGE_BYTES 512U
#define JOURNAL_LEASE_MS                                                                           \
    1000 /* how long an acknowledgement rules out that another server answers */
#define JOURNAL_WATCH_MS 1000 /* between two looks at the settings, while leading */
#define JOURNAL_WAIT_MS 200   /* for replicas, at a time */
#define JOURNAL_KEY_BYTES 128U

struct journal;

/* What an acknowledged change must survive. */
enum journal_durability {
    JOURNAL_DURABILITY_ALWAYS,   /* a power cut */
    JOURNAL_DURABILITY_EVERYSEC, /* a power cut, but for the last seconds */
    JOURNAL_DURABILITY_NONE,     /* whatever this Redis is set to */
};

struct journal_options {
    char name[JOURNAL_NAME_BYTES_MAX + 1]; /* the brand; the stream is <name>:{<shard>}:journal */
    uint32_t shard;
    uint64_t key_fingerprint; /* of the secret file's keys */
    bool clock_manual;        /* event times are the engine's own */
    bool create;              /* write a GENESIS where there is no stream */
    enum journal_durability durability;
    uint32_t lease_ms;       /* 0: a lock rules out a second server, nobody has to be waited for */
    uint32_t wait_replicas;  /* that must have a batch before it counts as acknowledged */
    struct bytes16 fresh_id; /* random: the journal's id if it is created now */
    struct bytes16 nonce;    /* random: tells this process' TAKEOVER from another's */
};

/* How it reaches Redis. Both return before they cause any input. */
struct journal_port {
    void *context;
    /* Sends one command; bytes are the journal's and may be gone after the call. Answers come by
     * journal_answer() in the order of the commands; if one cannot be sent, journal_lost()
     * follows. */
    void (*send)(void *context, size_t count, const char *const *arguments, const size_t *lengths);
    /* Drops the connection; no answer comes after it, but journal_lost() and, if there is to be
     * another connection, journal_connected() at some time. */
    void (*disconnect)(void *context);
};

/* Whom it tells, when an input's own work is done: all inputs may be used inside,
 * journal_destroy() not. Texts are gone after the call. */
struct journal_owner {
    void *context;
    /* The state is complete and this server leads: answer. */
    void (*leading)(void *context);
    /* All events up to `seq` are durable. Whether to pump at once or to gather more is the owner's
     * decision. */
    void (*durable)(void *context, uint64_t seq);
    /* So far `entries` with `events` were read, `fraction` (0 to 1) of the snapshot, then of the journal
     * after it. */
    void (*progress)(void *context, uint64_t entries, uint64_t events, double fraction);
    /* The manifest of a snapshot is durable; trimming follows. */
    void (*recorded)(void *context, const struct manifest *manifest);
    /* It cannot go on without an operator; the message says why and what to do. */
    void (*halted)(void *context, const char *message);
    /* Another server leads: drop all state and all connections. */
    void (*deposed)(void *context, const char *message);
    /* The HANDOVER is durable; nothing was or will be written after it. */
    void (*handed_over)(void *context);
    /* Something for the log: a wait, a refusal of Redis, a lost connection. */
    void (*note)(void *context, const char *message);
};

enum journal_answer_kind {
    JOURNAL_ANSWER_NIL,
    JOURNAL_ANSWER_TEXT, /* a status or a string: an ID, INFO */
    JOURNAL_ANSWER_INTEGER,
    JOURNAL_ANSWER_ERROR,   /* the error's text, without the leading - */
    JOURNAL_ANSWER_ENTRIES, /* of a stream; also any empty array */
    JOURNAL_ANSWER_PAIRS,   /* names and values */
    JOURNAL_ANSWER_OTHER,   /* what fits none of these */
};

/* One entry of the stream. */
struct journal_entry {
    struct text id;       /* "12-345" */
    const uint8_t *bytes; /* value of the field "b"; NULL: its fields are not just that one */
    size_t length;
};

struct journal_pair {
    struct text name;
    struct text value;
};

/* What Redis answered; everything is borrowed for the call. */
struct journal_answer {
    enum journal_answer_kind kind;
    struct text text; /* TEXT, ERROR */
    int64_t integer;  /* INTEGER */
    size_t count;     /* ENTRIES, PAIRS */
    const struct journal_entry *entries;
    const struct journal_pair *pairs;
};

/* Where it is; drawn in journal.c. */
enum journal_state {
    JOURNAL_DOWN,              /* no connection */
    JOURNAL_CHECKING_SETTINGS, /* asked: CONFIG GET */
    JOURNAL_CHECKING_ROLE,     /* asked: INFO */
    JOURNAL_IDENTIFYING,       /* asked: the first entry */
    JOURNAL_CREATING,          /* sent: GENESIS */
    JOURNAL_FINDING,           /* asked: the manifests */
    JOURNAL_LOADING,           /* asked: some of a snapshot's chunks */
    JOURNAL_LOOKING,           /* asked: the last entry */
    JOURNAL_TAKING,            /* sent: TAKEOVER */
    JOURNAL_MEASURING,         /* asked: how many entries there are */
    JOURNAL_REPLAYING,         /* asked: a page of entries */
    JOURNAL_IDLE,              /* nothing in flight */
    JOURNAL_APPENDING,         /* sent: a batch */
    JOURNAL_SYNCING,           /* asked: how many replicas have it */
    JOURNAL_MISSING,           /* asked: where a stream ends that came back shorter */
    JOURNAL_HEALING,           /* sent: an entry that it lost */
    JOURNAL_HANDED_OVER,
    JOURNAL_HALTED,
    JOURNAL_DEPOSED,
};

/* Makes a journal that waits for its connection. `options`, `port` and `owner` are copied, their
 * contexts, engine and queue stay the caller's; every callback must be set. The engine is as
 * created, the queue empty. NULL: no memory. */
struct journal *journal_create(const struct journal_options *options,
                               const struct journal_port *port, const struct journal_owner *owner,
                               struct engine *engine, struct queue *queue);
void journal_destroy(struct journal **journal);

/* Says how late it is: `monotonic_ms` for waiting, `time_ms` (since 1970) for events of its own;
 * the other inputs take these as theirs. Sends again what was held, when its time has come. The
 * driver calls it, before its other inputs and every 20 ms; the server has no need to. */
void journal_tick(struct journal *journal, int64_t monotonic_ms, int64_t time_ms);

/* Says that a connection is there, authenticated, with nothing sent on it yet. */
void journal_connected(struct journal *journal);

/* Says that Redis does not let this user in, in its own words; the driver drops the connection. At the
 * start that is a halt. Later it is held: whoever administrates that Redis may be changing passwords. */
void journal_refused(struct journal *journal, struct text error);

/* Says that the connection is gone, and the answers that were still to come with it. */
void journal_lost(struct journal *journal);

/* Gives the answer to the oldest command that has none. */
void journal_answer(struct journal *journal, const struct journal_answer *answer);

/* Sends the queue's next batch, if this server leads and none is in flight. Call it at the end
 * of each loop turn; it does nothing when there is nothing to do. */
void journal_pump(struct journal *journal);

/* Asks for a clean end: when all that is queued is durable, a HANDOVER is appended, and
 * handed_over() follows its acknowledgement. Queue nothing after this call. Where this server
 * does not lead yet, handed_over() comes at once. After an end it does nothing. */
void journal_handover(struct journal *journal);

/* Whether another server may have taken over. */
enum journal_standing {
    JOURNAL_SURE,     /* it cannot have: answer */
    JOURNAL_DOUBTFUL, /* it may have: keep requests that change nothing, ask again soon */
    JOURNAL_UNSURE,   /* for longer than the lease: tell callers to come back */
};

/* Tells whether look-ups and refusals may be answered, at `monotonic_ms`, which is read after the requests
 * came in. Accepted changes need not ask: they wait for the journal. */
enum journal_standing journal_standing(struct journal *journal, int64_t monotonic_ms);

/* Fills the stamp of a snapshot of the engine as it is now. False: not now, some of its events are not in a
 * batch with a hash yet, or this server does not lead. */
bool journal_stamp(struct journal *journal, struct snapshot_stamp *stamp)
    __attribute__((warn_unused_result));

/* Fills the GENESIS that a snapshot begins with; its name is the journal's. */
void journal_genesis(const struct journal *journal, struct event *event);

/* Writes the key of the stream that a snapshot's chunks lie in. */
void journal_snapshot_key(const struct journal *journal, const struct snapshot_stamp *stamp,
                          char key[JOURNAL_KEY_BYTES]);

/* Takes a snapshot whose chunks are written and read back: its manifest is appended when the stamped batch is
 * acknowledged, then the journal is trimmed behind the older of the two newest. False: one is being recorded,
 * or this server does not lead. */
bool journal_record(struct journal *journal, const struct manifest *manifest)
    __attribute__((warn_unused_result));

/* Lets the chunks go of a snapshot that failed, if nothing is being recorded; else they go by themselves. */
void journal_forget_snapshot(struct journal *journal, const struct snapshot_stamp *stamp);

/* For INFO, logs and tests. */
enum journal_state journal_state(const struct journal *journal);
const char *
journal_state_word(const struct journal *journal);      /* "leading", "replaying", "held" … */
bool journal_is_held(const struct journal *journal);    /* Redis refused; it waits to send again */
const char *journal_key(const struct journal *journal); /* of the stream */
struct bytes16 journal_id(const struct journal *journal); /* zeros: not known yet */
uint64_t journal_epoch(const struct journal *journal);    /* 0: none yet */
uint64_t journal_durable_seq(const struct journal *journal);
uint64_t journal_batches(const struct journal *journal); /* acknowledged by this process */
uint64_t journal_bytes(const struct journal *journal);   /* of these batches */
uint64_t journal_replayed_entries(const struct journal *journal);
uint64_t journal_replayed_events(const struct journal *journal);
uint64_t journal_resolves(const struct journal *journal); /* lost outcomes that were settled */
uint64_t journal_heals(const struct journal *journal); /* times lost entries were appended again */
uint64_t
journal_since_snapshot(const struct journal *journal); /* bytes behind the newest snapshot */
struct entry_id journal_snapshot_id(const struct journal *journal); /* 0-0: there is none */
int64_t journal_snapshot_made_at_ms(
    const struct journal *journal); /* of that one, ms since 1970; 0: not known */
uint64_t journal_snapshot_bytes(const struct journal *journal); /* of that one's chunks */
uint64_t journal_trimmed(const struct journal *journal);    /* entries that this process trimmed */
uint64_t journal_redis_runs(const struct journal *journal); /* different run ids seen */
bool journal_is_recording(const struct journal *journal); /* what follows a snapshot is not over */
bool journal_is_weak(const struct journal *journal); /* Redis' settings promise less than asked */
bool journal_predecessor_handed_over(
    const struct journal *journal); /* the last server ended cleanly */
const char *
journal_message(const struct journal *journal); /* last halt, deposition or note, or "" */

#endif
