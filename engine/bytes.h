/* bytes.h -- little-endian numbers in and out of byte runs; no struct casts, no alignment; short copies. */
#ifndef BOON_ENGINE_BYTES_H
#define BOON_ENGINE_BYTES_H

#include <stdint.h>
#include <string.h>

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "the codecs copy numbers as they lie in memory: a little-endian machine is needed"
#endif

/* Always inline: where an event is written gcc counts a dozen calls of a store as smaller than the stores. */
#define BYTES_NUMBER(name, type)                                                                   \
    __attribute__((always_inline)) static inline void bytes_put_##name(uint8_t *at, type value)    \
    {                                                                                              \
        memcpy(at, &value, sizeof(value));                                                         \
    }                                                                                              \
    static inline type bytes_get_##name(const uint8_t *at)                                         \
    {                                                                                              \
        type value;                                                                                \
        memcpy(&value, at, sizeof(value));                                                         \
        return value;                                                                              \
    }

BYTES_NUMBER(u8, uint8_t)
BYTES_NUMBER(u16, uint16_t)
BYTES_NUMBER(u32, uint32_t)
BYTES_NUMBER(u64, uint64_t)
BYTES_NUMBER(i64, int64_t)

#undef BYTES_NUMBER

/* Copies as memcpy() does. Ids are short, and a call of the library costs as much as copying one: up to 64 bytes
 * are moved here and now, as a head and a tail of fixed size that may overlap. */
static inline void bytes_copy(void *to, const void *from, size_t count)
{
    uint8_t *out = to;
    const uint8_t *in = from;
#define HEAD_AND_TAIL(size)                                                                        \
    do {                                                                                           \
        uint8_t head[size];                                                                        \
        uint8_t tail[size];                                                                        \
        memcpy(head, in, size);                                                                    \
        memcpy(tail, in + count - (size), size);                                                   \
        memcpy(out, head, size);                                                                   \
        memcpy(out + count - (size), tail, size);                                                  \
    } while (0)
    if (count > 64) {
        memcpy(to, from, count);
    } else if (count > 32) {
        HEAD_AND_TAIL(32);
    } else if (count > 16) {
        HEAD_AND_TAIL(16);
    } else if (count >= 8) {
        HEAD_AND_TAIL(8);
    } else if (count >= 4) {
        HEAD_AND_TAIL(4);
    } else if (count >= 2) {
        HEAD_AND_TAIL(2);
    } else if (count == 1) {
        *out = *in;
    }
#undef HEAD_AND_TAIL
}

#endif
