/* snapshot_inside.h -- what the writer and the reader of chunks share; the layout is in snapshot.h. */
#ifndef BOON_NET_SNAPSHOT_INSIDE_H
#define BOON_NET_SNAPSHOT_INSIDE_H

#define CHUNK_MAGIC 0x434f4f42U /* "BOOC" */

/* Offsets in a chunk. */
enum {
    CHUNK_AT_MAGIC = 0,
    CHUNK_AT_RAW_BYTES = 4,
    CHUNK_AT_FRAME = 8,
};

#define CHUNK_HASH_BYTES 8U /* at the end */

#endif
