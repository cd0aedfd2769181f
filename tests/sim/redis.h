/* redis.h -- a simulated Redis: streams with exact IDs, a synced prefix, a tail that a kill forgets.
 *
 *     commands arrive ──► loop: all that arrived are carried out ──► sync ──► their answers leave
 *                          └─ the log grows; what is behind the synced mark, a kill undoes from its end
 *
 * As the real one with appendfsync always: one thread, which carries out nothing while it syncs, and no answer
 * before the sync. With everysec, answers leave at once. Every change of any key goes into one log of undo
 * records, so that any suffix of it can be taken back.
 */
#ifndef BOON_TESTS_SIM_REDIS_H
#define BOON_TESTS_SIM_REDIS_H

#include "net/journal.h"
#include "net/journal_entry.h"
#include "tests/sim/sim.h"

#define REDIS_KEY_BYTES 160U
#define REDIS_WORDS_MAX 12U
#define REDIS_TEXT_BYTES 256U

struct redis_entry {
    struct entry_id id;
    struct text id_text;
    const uint8_t *bytes;
    size_t length;
};

struct redis_stream {
    char key[REDIS_KEY_BYTES];
    bool exists;
    int64_t expires_us; /* 0: never */
    struct redis_entry *entries;
    size_t room;
    size_t count; /* with the trimmed ones, which stay in memory */
    size_t head;  /* the first that is still there */
    struct entry_id last;
};

enum redis_change {
    REDIS_ADDED,
    REDIS_TRIMMED,
    REDIS_EXPIRES,
    REDIS_CREATED,
};

/* How to take one change back. */
struct redis_undo {
    enum redis_change change;
    uint32_t stream;
    uint64_t before;      /* head, time of expiry, or whether it existed */
    struct entry_id last; /* the stream's, before */
};

/* One command on its way; words and bytes live as long as the world. */
struct redis_command {
    struct link *link;
    bool late; /* its connection is gone: carried out, not answered */
    uint32_t count;
    const char *words[REDIS_WORDS_MAX];
    size_t lengths[REDIS_WORDS_MAX];
};

/* An answer on its way: the answer, and the memory that its text is in. */
struct redis_answer {
    struct link *link;
    struct journal_answer answer;
    char text[REDIS_TEXT_BYTES];
};

struct redis {
    struct sim *sim;
    struct redis_stream *streams;
    size_t stream_count;
    size_t stream_room;
    struct redis_undo *log;
    size_t log_count;
    size_t log_room;
    size_t synced; /* of the log */

    bool up;
    uint32_t run; /* grows with each start */
    bool loop_due;
    bool syncing;
    int64_t trimmed_at_us;    /* the journal, for the last time */
    int64_t stalled_until_us; /* a sync that takes long */
    int64_t loading_until_us;
    int64_t refuses_until_us; /* writes get `refusal` */
    const char *refusal;
    int64_t replica_until_us;
    int64_t weak_until_us;    /* CONFIG GET shows a weaker setting */
    int64_t lagging_until_us; /* WAIT counts nobody */

    struct redis_command **arrived; /* not carried out yet, oldest first */
    size_t arrived_count;
    size_t arrived_room;
    struct redis_answer **answers; /* wait for the sync */
    size_t answer_count;
    size_t answer_room;
    uint64_t chunks_lost_at; /* snapshots there were, when the last one lost its chunks */
    size_t replicated;       /* of the log */
    size_t fed;              /* entries of the journal that are durable: the model has them */
    struct link *links;
};

void redis_start(struct sim *sim);

/* Takes a command that has arrived. */
void redis_take(struct redis *redis, struct redis_command *command);

/* Ends its process: what was not synced is forgotten from an arbitrary point on. It comes back after
 * `down_us`, and loads for `loading_us`. */
void redis_kill(struct redis *redis, int64_t down_us, int64_t loading_us);

/* The same, and up to `changes` that were synced are gone too. */
void redis_kill_shorter(struct redis *redis, uint32_t changes, int64_t down_us, int64_t loading_us);

/* Takes one entry out of the newest stream that begins with this key and is not the journal. */
bool redis_lose_chunk(struct redis *redis);

/* Returns the stream of this key, or NULL. */
struct redis_stream *redis_stream_of(struct redis *redis, struct text key);

/* The journal's key in every world. */
#define REDIS_JOURNAL_KEY "sim:{0}:journal"

#endif
