/* journal_replay.h -- the journal's entries, checked one by one and applied to the engine.
 *
 *     entry    0-1   1-0      1-1    1-2  …   2-0      2-1    …
 *              GEN   TAKEOVER BEGIN  …        TAKEOVER BEGIN
 *     chain    0 ────────────► ────► ─ … ──────────────► ─ …     a TAKEOVER is no link of it
 *
 * Halting beats guessing: the first entry that is not exactly what must follow ends the replay.
 * Checked are the journal's id, the entry's hash and the chain, its ID against what it was written
 * as, the epoch (one above the last at a TAKEOVER, else the same), the batch number, the sequence,
 * the time, the place of GENESIS, BEGIN and HANDOVER, and of each event that it can be applied
 * (engine_admits).
 *
 *     replay_init(&replay, engine, journal_id);
 *     for each entry:  if (!replay_entry(&replay, entry, message)) { … halt … }
 *
 * Whoever follows a journal uses it: a start, from the first entry or from a snapshot on, and those who
 * only look (boon-server verify and dump); later a hot standby.
 */
#ifndef BOON_NET_JOURNAL_REPLAY_H
#define BOON_NET_JOURNAL_REPLAY_H

#include "net/journal.h"
#include "net/journal_entry.h"
#include "net/snapshot.h"

/* Fields are for reading only. */
struct replay {
    struct engine *engine;
    struct bytes16 journal_id;
    struct entry_id last;  /* the last entry applied; 0-0 none */
    uint64_t last_hash;    /* its own hash */
    uint64_t epoch;        /* of the last TAKEOVER */
    struct bytes16 nonce;  /* of the last TAKEOVER */
    uint64_t next_number;  /* of the next batch in this epoch */
    uint64_t chain;        /* hash that the next batch must follow */
    struct entry_id link;  /* the batch that has it */
    int64_t time_ms;       /* of the last group */
    uint64_t entries;      /* applied, TAKEOVERs included */
    uint64_t events;       /* applied */
    bool handed_over;      /* the last server to lead ended cleanly */
    uint32_t lease_ms;     /* the longest that a server may still have which led, or began to */
    uint32_t own_lease_ms; /* that of the last one alone */
};

/* Gets ready for the first entry of a journal; the engine is as created. */
void replay_init(struct replay *replay, struct engine *engine, struct bytes16 journal_id);

/* Gets ready for the entries after a snapshot's stamp; the engine holds what the snapshot held. */
void replay_init_from(struct replay *replay, struct engine *engine,
                      const struct snapshot_stamp *stamp);

/* Checks the next entry and applies it. False: it must not be; `message` says which entry and
 * why. The engine may then have a part of it, and is of no more use. */
bool replay_entry(struct replay *replay, const struct journal_entry *entry,
                  char message[JOURNAL_MESSAGE_BYTES]) __attribute__((warn_unused_result));

#endif
