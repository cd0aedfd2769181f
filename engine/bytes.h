/* bytes.h -- little-endian numbers in and out of byte runs; no struct casts, no alignment. */
#ifndef BOON_ENGINE_BYTES_H
#define BOON_ENGINE_BYTES_H

#include <stdint.h>
#include <string.h>

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "the codecs copy numbers as they lie in memory: a little-endian machine is needed"
#endif

#define BYTES_NUMBER(name, type)                                                                   \
    static inline void bytes_put_##name(uint8_t *at, type value)                                   \
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

#endif
