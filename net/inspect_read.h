/* inspect_read.h -- what verify and dump read: the stream page by page, the manifests, a snapshot's chunks.
 *
 * Everything is asked for with XRANGE, XREVRANGE and XLEN; nothing is written.
 *
 *     struct inspect inspect = {…};
 *     inspect_list_snapshots(&inspect)             first: the journal never ends before one of them
 *     inspect_begin(&inspect)                      where the journal begins and ends, whose it is
 *     inspect_load_snapshot(&inspect, snapshot, engine)
 *     while ((look = inspect_next(&inspect, &entry)) == LOOK_FINE) { … }
 */
#ifndef BOON_NET_INSPECT_READ_H
#define BOON_NET_INSPECT_READ_H

#include "net/inspect.h"
#include "net/inspect_source.h"
#include "net/journal_entry.h"
#include "net/secret.h"
#include "net/snapshot.h"

#define INSPECT_SNAPSHOTS_MAX 64U
#define INSPECT_WORDS_BYTES 512U
#define INSPECT_KEY_BYTES 128U

/* What a look found. */
enum look {
    LOOK_FINE,
    LOOK_END,    /* there is no more */
    LOOK_BAD,    /* what is there is wrong; `words` says how */
    LOOK_FAILED, /* it could not be looked at; `words` says why */
};

/* Whose journal it is: what GENESIS says. */
struct inspect_birth {
    bool known;
    struct bytes16 journal_id;
    char name[ID_BYTES_MAX + 1];
    uint32_t shard;
    uint32_t format;
    uint64_t key_fingerprint;
    bool clock_manual;
};

/* What is known of whether a thing is as it must be. */
enum inspect_mark {
    INSPECT_NOT_ASKED,
    INSPECT_YES,
    INSPECT_NO,
};

struct inspect_snapshot {
    struct entry_id id;       /* of the manifest's entry: the batch that it is stamped with */
    struct manifest manifest; /* when manifest_good is INSPECT_YES */
    uint64_t chunks;          /* that were read */
    uint64_t bytes;           /* of them */
    enum inspect_mark manifest_good;
    enum inspect_mark chunks_good;   /* all there, all hashes right, all events good */
    enum inspect_mark state_good;    /* the state's hash is the manifest's */
    enum inspect_mark same;          /* as the state that the journal gives at this entry */
    bool requests_differ;            /* `same` but for the request ids that are remembered */
    char words[INSPECT_WORDS_BYTES]; /* the first thing that is wrong, or "" */
};

/* What the command line asks for beside the server's options. */
struct inspect_wishes {
    bool json;                       /* verify */
    char member[ID_BYTES_MAX + 1];   /* dump: events of this member; "" all */
    char campaign[ID_BYTES_MAX + 1]; /* dump: events of this campaign; "" all */
    int64_t from_ms;                 /* dump: not earlier than this */
    int64_t to_ms;                   /* dump: earlier than this */
    struct entry_id after;           /* dump: entries above this one */
};

struct inspect {
    const struct options *options;
    struct inspect_wishes wishes;
    struct inspect_source source;
    FILE *out;
    FILE *err;
    bool keys_known; /* `secrets` are loaded; else codes of every key are taken */
    struct secrets secrets;
    char journal_key[INSPECT_KEY_BYTES];
    char manifests_key[INSPECT_KEY_BYTES];

    struct inspect_birth birth;
    struct entry_id first; /* of the stream when the look began */
    struct entry_id last;
    uint64_t entries_total;

    struct inspect_snapshot snapshots[INSPECT_SNAPSHOTS_MAX]; /* the newest ones, oldest first */
    size_t snapshot_count;

    struct entry_id cursor; /* the last entry that inspect_next() gave */
    const struct journal_answer *page;
    size_t page_at;
    uint32_t page_entries;

    bool trimmed; /* the last LOOK_FAILED was because the server trimmed what was to be read next */
    char words[INSPECT_WORDS_BYTES]; /* of the last LOOK_BAD or LOOK_FAILED */
};

/* Says what is wrong; returns `look`. */
enum look inspect_says(struct inspect *inspect, enum look look, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Finds the journal's first and last entry and, where the first is GENESIS, whose it is. There being none is
 * LOOK_FAILED. */
enum look inspect_begin(struct inspect *inspect) __attribute__((warn_unused_result));

/* Checks that a birth is that of the brand, shard and keys that were asked for. */
enum look inspect_check_birth(struct inspect *inspect) __attribute__((warn_unused_result));

/* Reads all manifests; a bad one is kept with its words. A look begins with it, and so does one that begins
 * again. */
enum look inspect_list_snapshots(struct inspect *inspect) __attribute__((warn_unused_result));

/* Reads a snapshot into `engine`, which is as created, and notes in it what it found. LOOK_BAD: something is
 * wrong, and the engine is good for engine_clear() only. LOOK_END: newer
 * ones took its place, and it is being removed or was left over. */
enum look inspect_load_snapshot(struct inspect *inspect, struct inspect_snapshot *snapshot,
                                struct engine *engine) __attribute__((warn_unused_result));

/* Gives the next entry up to the last one of the beginning of the look; it is valid until the next call. */
enum look inspect_next(struct inspect *inspect, struct journal_entry *entry)
    __attribute__((warn_unused_result));

/* Tells why an entry did not follow the one before it. LOOK_FAILED: the server trimmed the stream's beginning
 * since the look began, or does not answer. LOOK_BAD: it should have followed. */
enum look inspect_explain(struct inspect *inspect) __attribute__((warn_unused_result));

/* Makes an engine with the options' room. NULL: no address space for it. */
struct engine *inspect_engine(const struct inspect *inspect);

#endif
