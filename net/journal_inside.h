/* journal_inside.h -- what the files of the journal's state machine share; for them and their tests.
 *
 *     journal.c        life cycle: states, moves, inputs, refusals, ends
 *     journal_ask.c    the question that each state stands for
 *     journal_start.c  from the connection to BEGIN: settings, identity, TAKEOVER, replay
 *     journal_load.c   between these: the newest good snapshot
 *     journal_lead.c   appends, and what became of one whose answer was lost
 *     journal_heal.c   what a Redis that came back shorter has lost
 *     journal_aside.c  questions between appends: probe, watch, a snapshot's manifest, trimming
 */
#ifndef BOON_NET_JOURNAL_INSIDE_H
#define BOON_NET_JOURNAL_INSIDE_H

#include "net/journal.h"
#include "net/journal_entry.h"
#include "net/journal_marks.h"
#include "net/journal_replay.h"
#include "net/journal_ring.h"

#define JOURNAL_DISPUTES_MAX                                                                       \
    16U /* "equal or smaller" in a row, before it makes no sense any more */
#define JOURNAL_BACK_OFF_MS_MIN 50
#define JOURNAL_BACK_OFF_MS_MAX 2000
#define JOURNAL_MANIFESTS 4U /* looked at, newest first; two are kept, more are left-overs */
#define JOURNAL_RUN_ID_BYTES 41U

/* A question that is not its state's. */
enum journal_aside {
    JOURNAL_ASIDE_NONE,
    JOURNAL_ASIDE_PROBE,    /* the last entry: is it ours? */
    JOURNAL_ASIDE_SETTINGS, /* CONFIG GET */
    JOURNAL_ASIDE_ROLE,     /* INFO */
    JOURNAL_ASIDE_RECORD,   /* the next step of a snapshot's recording */
};

/* What comes next for a snapshot whose chunks are there. */
enum journal_recording {
    JOURNAL_RECORDING_NOTHING,
    JOURNAL_RECORDING_MANIFEST, /* XADD, once the stamped batch is acknowledged */
    JOURNAL_RECORDING_LIST,     /* which are there now? */
    JOURNAL_RECORDING_KEEP, /* let the chunks of the two newest stay, which go by themselves until then */
    JOURNAL_RECORDING_COUNT,   /* are the older one's chunks still there? */
    JOURNAL_RECORDING_TRIM,    /* the journal, some entries at a time */
    JOURNAL_RECORDING_FORGET,  /* let the chunks of the third go */
    JOURNAL_RECORDING_SHORTEN, /* and its manifest */
    JOURNAL_RECORDING_ORPHAN,  /* let chunks go that no manifest will name */
};

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
    bool hold_told;      /* that it is held; its end is told, too */
    int64_t now_ms;      /* monotonic, of the last tick */
    int64_t time_ms;     /* since 1970, of the last tick */

    enum journal_aside aside; /* what is out instead of the state's question */
    int64_t asked_at_ms; /* monotonic, never later than it was: when the last question was sent */
    int64_t appended_at_ms; /* the same of the append that replicas are waited for */
    int64_t watch_at_ms;    /* monotonic: look at the settings again */
    int64_t probe_at_ms;    /* monotonic: not before, after one that was refused */
    bool aside_last;        /* the last question was one: an append comes first */
    bool weak;              /* Redis' settings promise less than asked: nothing is sent */
    bool settings_weak;     /* the settings, as seen at this connection */
    char run_id[JOURNAL_RUN_ID_BYTES]; /* of the Redis process */
    uint64_t redis_runs;

    int64_t
        confirmed_ms; /* monotonic: when the last question was sent that Redis answered under our epoch */
    int64_t doubt_ms;    /* monotonic: since when the lease is known to be over; 0 = it is not */
    int64_t taken_at_ms; /* monotonic, never earlier than it was; 0 = not taken, or not known yet */

    bool identified; /* the first entry was seen, journal_id is set */
    bool complete;   /* the first entry is GENESIS, and it fits */
    bool loaded;     /* which snapshot to start from is settled */
    struct bytes16 journal_id;
    struct manifest manifests[JOURNAL_MANIFESTS]; /* while loading: newest first */
    uint32_t manifests_count;
    uint32_t manifests_at; /* the one being loaded */
    struct entry_id tried; /* head of a list of which none could be used; 0-0 = none */
    uint64_t chunks_taken;
    struct snapshot_reader *reader; /* NULL: not loading */
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

    struct entry_id below; /* the last link of the chain below our TAKEOVER, and its hash */
    uint64_t below_hash;
    struct ring ring;
    uint64_t healing;    /* number of the entry being appended again; 0 = the TAKEOVER */
    bool confirm_healed; /* replicas have to have it, too */
    bool reread;         /* the journal was read anew, once */

    const struct queue_batch *flying; /* appending: the batch */
    uint64_t next_number;             /* of the batch to be sealed next */
    uint64_t chain;                   /* hash of the batch sealed last */
    struct entry_id durable;          /* last acknowledged entry */
    uint64_t durable_hash;            /* its own hash */
    uint64_t durable_seq;
    bool unsettled; /* a batch was in flight when the connection went */

    bool handover_wanted;
    uint64_t handover_seq; /* of the HANDOVER; 0 = not queued yet */

    enum journal_recording recording;
    struct manifest recorded; /* being recorded */
    int64_t recording_at_ms;  /* monotonic: not before */
    bool recorded_in_doubt;   /* its manifest was refused: the list tells whether it is there */
    struct entry_id kept[2];  /* ids of the two newest, newest first */
    uint32_t kept_count;
    uint32_t kept_at;                          /* the one whose chunks are being kept */
    uint64_t kept_chunks[2];                   /* how many chunks they have */
    struct entry_id forget[JOURNAL_MANIFESTS]; /* ids of those that go */
    uint32_t forget_count;
    struct entry_id snapshot;    /* the newest one that is recorded, or was started from */
    int64_t snapshot_made_at_ms; /* when it was made, ms since 1970; 0: not known */
    uint64_t snapshot_bytes;     /* of its chunks */
    uint64_t behind_bytes;       /* sealed or replayed since the newest snapshot's stamp */
    uint64_t stamped_bytes;      /* sealed since the stamp that was given last */
    uint64_t trimmed;

    uint64_t batches;
    uint64_t bytes;
    uint64_t resolves;
    uint64_t heals;
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

/* journal.c: another server has this epoch, and led before this one did. */
void journal_depose_by(struct journal *journal, uint64_t epoch);

/* journal.c: tells the owner something for the log. */
__attribute__((format(printf, 2, 3))) void journal_note(struct journal *journal, const char *format,
                                                        ...);

/* journal.c: gives up the connection, because what it says makes no sense or it is the wrong
 * one. */
void journal_drop(struct journal *journal, const char *why);

/* journal.c: asks the same again after a while. */
void journal_hold(struct journal *journal, const char *what, struct text why);

/* journal_ask.c: sends the question that the state stands for. */
void journal_ask(struct journal *journal);

/* journal_ask.c: sends one command; the last word may be any bytes, NULL: there is none. */
void journal_send(struct journal *journal, size_t count, const char *const *words,
                  const void *bytes, size_t length);

#define JOURNAL_SEND(journal, ...)                                                                 \
    journal_send(journal, sizeof((const char *[]){__VA_ARGS__}) / sizeof(char *),                  \
                 (const char *[]){__VA_ARGS__}, NULL, 0)

/* journal_ask.c: the questions that asides share with states. */
void journal_ask_settings(struct journal *journal);
void journal_ask_role(struct journal *journal);
void journal_ask_manifests(struct journal *journal);

/* journal_ask.c: writes the key of the stream of manifests. */
void journal_manifests_key(const struct journal *journal, char key[JOURNAL_KEY_BYTES]);

/* journal_start.c: what the answers of the states up to REPLAYING lead to. */
void journal_settings_told(struct journal *journal, const struct journal_answer *answer);
void journal_role_told(struct journal *journal, const struct journal_answer *answer);
void journal_identified(struct journal *journal, const struct journal_answer *answer);
void journal_created(struct journal *journal, const struct journal_answer *answer);
void journal_looked_at_start(struct journal *journal, const struct journal_answer *answer);
void journal_taken(struct journal *journal, const struct journal_answer *answer);
void journal_measured(struct journal *journal, const struct journal_answer *answer);
void journal_replayed(struct journal *journal, const struct journal_answer *answer);

/* journal_start.c: leads, if BEGIN is acknowledged and the former server's lease is over. */
void journal_lead(struct journal *journal);

/* journal_load.c: the same for FINDING and LOADING. */
void journal_found(struct journal *journal, const struct journal_answer *answer);
void journal_loaded(struct journal *journal, const struct journal_answer *answer);

/* journal_lead.c: the same for LOOKING, while this server leads, APPENDING and SYNCING. */
void journal_looked_at_lead(struct journal *journal, const struct journal_answer *answer);
void journal_appended(struct journal *journal, const struct journal_answer *answer);
void journal_synced(struct journal *journal, const struct journal_answer *answer);

/* journal_lead.c: seals and sends the queue's next batch. False: nothing waits. */
bool journal_send_next(struct journal *journal);

/* journal_lead.c: what was asked then was answered under our epoch, by as many as have to. */
void journal_confirm(struct journal *journal, int64_t asked_at_ms);

/* journal_aside.c: nothing was confirmed for a third of the lease. */
bool journal_probe_is_due(const struct journal *journal);

/* journal_aside.c: another Redis process answers: which snapshots does it have? */
void journal_list_again(struct journal *journal);

/* journal_heal.c: entries are missing that were there: heals, or halts. `what` says how it shows. */
void journal_came_back_shorter(struct journal *journal, const char *what);

/* journal_heal.c: the same for MISSING and HEALING. */
void journal_missed(struct journal *journal, const struct journal_answer *answer);
void journal_healed(struct journal *journal, const struct journal_answer *answer);

/* journal_aside.c: asks one of them, if one is due and nothing else is out. `idle`: nothing waits to be
 * appended. True: it was asked. */
bool journal_ask_aside(struct journal *journal, bool idle);

/* journal_aside.c: the connection is new: what is trimmed next is chosen anew, by what is there now. */
void journal_record_again(struct journal *journal);

/* journal_aside.c: what the answer to one leads to, or its refusal. */
void journal_aside_answered(struct journal *journal, const struct journal_answer *answer);

#endif
