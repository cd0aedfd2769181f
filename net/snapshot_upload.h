/* snapshot_upload.h -- carries a snapshot's chunks to Redis and reads them back; without I/O.
 *
 * A state machine for the forked child (net/snapshot_child.c drives it with its own connection) and for the
 * simulator. One question at a time, except for chunks: up to `window` of them may be unanswered.
 *
 *     WRITING ──► READING_BACK ──► KEEPING ──► DONE          FAILED from everywhere
 *     XADD 1-n    XRANGE, compare  PEXPIRE
 *     (+ PEXPIRE behind the first)
 *
 * Until a manifest names it, the stream goes by itself after SNAPSHOT_UNFINISHED_MS, counted anew at the end:
 * whoever records the snapshot makes it stay (PERSIST).
 *
 *     upload = snapshot_upload_create(key, &port, &source, window);
 *     while (snapshot_upload_state(upload) < SNAPSHOT_DONE) {
 *         snapshot_upload_go_on(upload);
 *         … wait for an answer … snapshot_upload_answer(upload, &answer);
 *     }
 *
 * Only go_on() sends. Any answer but the one that is hoped for ends it, those of a full or busy Redis too:
 * a snapshot that failed is made again as a whole, later and under a key that has nothing in it. All chunks
 * but the first are added with NOMKSTREAM, so that a stream that expired meanwhile does not come back without
 * its expiry.
 *
 * The manifest is not written here: the journal does that when the stamped batch is acknowledged.
 */
#ifndef BOON_NET_SNAPSHOT_UPLOAD_H
#define BOON_NET_SNAPSHOT_UPLOAD_H

#include "net/journal.h"
#include "net/snapshot.h"

#define SNAPSHOT_KEY_BYTES 128U
#define SNAPSHOT_UNFINISHED_MS 21600000 /* how long chunks without a manifest stay: 6 hours */

enum snapshot_upload_state {
    SNAPSHOT_WRITING,
    SNAPSHOT_READING_BACK,
    SNAPSHOT_KEEPING,
    SNAPSHOT_DONE,
    SNAPSHOT_FAILED,
};

/* Where chunks come from. False: there is no more, or `*failed` is set. */
struct snapshot_source {
    void *context;
    bool (*next)(void *context, const uint8_t **bytes, size_t *length, bool *failed);
};

struct snapshot_upload;

/* Makes an upload to the stream `key`, which holds nothing yet; `port` as for a journal (its disconnect is not
 * used). `window`, at least 1, is how many chunks may be unanswered. NULL: no memory. */
struct snapshot_upload *snapshot_upload_create(const char *key, const struct journal_port *port,
                                               const struct snapshot_source *source,
                                               uint32_t window);

/* Sends what may be sent now; call it first, and after every answer. A driver that paces itself calls it
 * later. When nothing is unanswered after it, the upload has ended. */
void snapshot_upload_go_on(struct snapshot_upload *upload);

/* Gives the answer to the oldest question. Answers that come after it failed are passed over. */
void snapshot_upload_answer(struct snapshot_upload *upload, const struct journal_answer *answer);

enum snapshot_upload_state snapshot_upload_state(const struct snapshot_upload *upload);
uint32_t snapshot_upload_unanswered(const struct snapshot_upload *upload);
uint64_t snapshot_upload_bytes(const struct snapshot_upload *upload); /* written so far */
const char *
snapshot_upload_message(const struct snapshot_upload *upload); /* why it failed, or "" */
void snapshot_upload_destroy(struct snapshot_upload **upload);

#endif
