/* inspect_verify.h -- what a verification found, and how it is shown.
 *
 * For inspect_verify.c, which walks, inspect_compare.c, which holds two states against each other, and
 * inspect_report.c, which shows the result.
 */
#ifndef BOON_NET_INSPECT_VERIFY_H
#define BOON_NET_INSPECT_VERIFY_H

#include "net/inspect_read.h"
#include "net/journal_replay.h"

#define VERIFY_KINDS 128U      /* above every number in events.def */
#define VERIFY_EPOCHS_KEPT 64U /* the newest ones are shown one by one */

struct verify_epoch {
    uint64_t epoch;
    int64_t began_at_ms; /* of its TAKEOVER, or of the first group that is left of it */
    int64_t ended_at_ms; /* of its last group */
    uint64_t batches;
    uint64_t events;
    bool handed_over; /* its server ended cleanly */
};

/* The first thing that is wrong. */
struct verify_fault {
    enum look look;                       /* LOOK_BAD or LOOK_FAILED; LOOK_FINE: there is none */
    char where[ENTRY_ID_TEXT_BYTES + 16]; /* "entry 1-5", "snapshot 2-9" */
    char what[INSPECT_WORDS_BYTES];
    const char *advice;
};

struct verify_report {
    uint64_t entries;
    uint64_t bytes; /* of all batches */
    uint64_t events;
    uint64_t kinds[VERIFY_KINDS];
    int64_t first_ms; /* time of the first and the last group */
    int64_t last_ms;
    uint64_t epoch_count;
    uint64_t handovers;
    struct verify_epoch epochs[VERIFY_EPOCHS_KEPT]; /* epoch_count % VERIFY_EPOCHS_KEPT is next */
    bool from_snapshot; /* the state comes from the snapshot `base`, not from GENESIS */
    struct entry_id base;
    bool reached_end; /* the state could be followed to the last entry, since the last fault */
    uint64_t seq;     /* of that state */
    uint64_t state_hash;
    uint64_t faults;
    uint64_t damages; /* of them, those that are damage and not a lack of room, keys or a version */
    struct verify_fault fault;
    int64_t took_ms;
};

struct verify {
    struct inspect *inspect;
    struct engine *engine; /* follows the journal */
    struct engine *beside; /* holds the snapshot that was compared last, and follows from there */
    bool engine_used;      /* it is no more as created */
    bool beside_used;
    struct replay replay;
    struct replay beside_replay;
    bool following; /* `engine` has the state after the last entry */
    bool beside_following;
    bool chain_known;
    uint64_t chain;   /* of the last batch of the chain that was good */
    int64_t shown_ms; /* monotonic: when progress was shown last */
    struct verify_report report;
};

/* Verifies. Returns an enum inspect_code, and shows the report to inspect->out. */
int inspect_verify(struct inspect *inspect);

/* Tells whether two states are the same. False: `words` names the first thing that differs;
 * `requests_only`: nothing but remembered request ids, which depend on options, not on the journal alone. */
bool inspect_same_state(const struct engine *left, const struct engine *right, bool *requests_only,
                        char words[INSPECT_WORDS_BYTES]);

/* Shows what was found, as a table or as JSON. */
void inspect_report_table(const struct verify *verify);
void inspect_report_json(const struct verify *verify);

/* Returns the verdict as an exit code and as a word. */
int inspect_verdict(const struct verify_report *report);
const char *inspect_verdict_word(int code);

#endif
