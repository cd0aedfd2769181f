/* journal_marks.h -- the two entries that stand by themselves: GENESIS and TAKEOVER.
 *
 * GENESIS is entry 0-1, the first one, and says whose journal it is. TAKEOVER is entry <epoch>-0,
 * says that a server takes the lead, and lies outside of sequence and chain. Each is a batch of one
 * event.
 */
#ifndef BOON_NET_JOURNAL_MARKS_H
#define BOON_NET_JOURNAL_MARKS_H

#include "net/journal.h"

#define MARK_BYTES_MAX 256U /* either of the two as a batch */

/* Returns the GENESIS that the options describe; its name is theirs. */
struct event genesis_event(const struct journal_options *options, struct bytes16 journal_id);

/* Writes the GENESIS that the options describe; `bytes` has MARK_BYTES_MAX. Returns its length. */
size_t genesis_write(const struct journal_options *options, int64_t time_ms, uint8_t *bytes);

/* Checks that an entry is the GENESIS of the journal that the options describe, and sets its id and
 * hash. False: it is not; `message` says in what, and what to do. */
bool genesis_check(const struct journal_options *options, const struct journal_entry *entry,
                   struct bytes16 *journal_id, uint64_t *hash, char message[JOURNAL_MESSAGE_BYTES])
    __attribute__((warn_unused_result));

/* Checks that a GENESIS is of the journal that the options describe. False: `message` says in what it is
 * not, and what to do. */
bool genesis_fits(const struct journal_options *options, const struct event_genesis *genesis,
                  char message[JOURNAL_MESSAGE_BYTES]) __attribute__((warn_unused_result));

/* Writes the TAKEOVER of an epoch; `bytes` has MARK_BYTES_MAX. Returns its length. */
size_t takeover_write(struct bytes16 journal_id, uint64_t epoch, struct bytes16 nonce,
                      int64_t time_ms, uint8_t *bytes);

/* Reads the nonce from an opened batch. False: it is not a TAKEOVER. */
bool takeover_read(struct batch_reader *reader, struct bytes16 *nonce)
    __attribute__((warn_unused_result));

/* Tells whether an entry is the TAKEOVER of this journal with this nonce. */
bool takeover_is(const struct journal_entry *entry, struct bytes16 journal_id, uint64_t epoch,
                 struct bytes16 nonce) __attribute__((warn_unused_result));

#endif
