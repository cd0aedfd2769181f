/* snapshot_frame.h -- what a snapshot's child tells its server over the pipe: frames of one size.
 *
 * For snapshot_child.c and snapshot_work.c, which are one program: numbers are as the machine has them. A
 * frame is below PIPE_BUF and so written whole or not at all.
 */
#ifndef BOON_NET_SNAPSHOT_FRAME_H
#define BOON_NET_SNAPSHOT_FRAME_H

#include "net/snapshot_child.h"

#define SNAPSHOT_FRAME_BYTES_MAX 768U /* of a manifest, or of a sentence */

enum snapshot_frame_kind {
    SNAPSHOT_FRAME_PROGRESS = 1, /* it lives, and has written so much */
    SNAPSHOT_FRAME_DONE,         /* the manifest's bytes */
    SNAPSHOT_FRAME_FAILED,       /* why, without a NUL */
};

struct snapshot_frame {
    uint32_t kind;
    uint32_t length; /* of the bytes that count */
    uint64_t bytes_written;
    uint8_t bytes[SNAPSHOT_FRAME_BYTES_MAX];
};

_Static_assert(SNAPSHOT_FRAME_BYTES_MAX >= MANIFEST_BYTES_MAX, "a manifest fits");
_Static_assert(sizeof(struct snapshot_frame) <= 4096, "a frame is below PIPE_BUF");

/* Does the child's work in the child, and ends the process. `parent` is who forked it. */
_Noreturn void snapshot_work(const struct snapshot_child_job *job, int pipe_fd, pid_t parent);

#endif
