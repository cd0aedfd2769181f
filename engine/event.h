/* event.h -- one accepted change, typed, and its bytes in the journal.
 *
 *     offset 0   u16  type (events.def)
 *     offset 2   u16  length of what follows
 *     offset 4        the fields in the order of events.def, little-endian
 *
 * Fields are only ever appended: bytes past the known fields are skipped, absent fields read as zero.
 */
#ifndef BOON_ENGINE_EVENT_H
#define BOON_ENGINE_EVENT_H

#include <stdbool.h>
#include <stddef.h>

#include "engine/text.h"

#define EVENT_HEAD_BYTES 4U

struct bytes16 {
    uint8_t at[16];
};

typedef uint8_t event_u8;
typedef uint16_t event_u16;
typedef uint32_t event_u32;
typedef uint64_t event_u64;
typedef int64_t event_i64;
typedef struct bytes16 event_bytes16;
typedef struct text event_text;

#define EVENT_TYPE_U8 event_u8
#define EVENT_TYPE_U16 event_u16
#define EVENT_TYPE_U32 event_u32
#define EVENT_TYPE_U64 event_u64
#define EVENT_TYPE_I64 event_i64
#define EVENT_TYPE_BYTES16 event_bytes16
#define EVENT_TYPE_TEXT event_text

enum event_type {
    EVENT_NONE = 0,
#define EVENT(number, NAME, name, meaning) EVENT_##NAME = number,
#define FIELD(name, TYPE, field, meaning)
#define EVENT_END(NAME, name)
#include "engine/events.def"
#undef EVENT
#undef FIELD
#undef EVENT_END
};

/* clang-format off */
#define EVENT(number, NAME, name, meaning) struct event_##name {
#define FIELD(name, TYPE, field, meaning) EVENT_TYPE_##TYPE field;
#define EVENT_END(NAME, name) };
/* clang-format on */
#include "engine/events.def"
#undef EVENT
#undef FIELD
#undef EVENT_END

struct event {
    enum event_type type;
    union {
#define EVENT(number, NAME, name, meaning) struct event_##name name;
#define FIELD(name, TYPE, field, meaning)
#define EVENT_END(NAME, name)
#include "engine/events.def"
#undef EVENT
#undef FIELD
#undef EVENT_END
    } as;
};

enum event_fault {
    EVENT_FINE = 0,
    EVENT_CUT_SHORT, /* the bytes end before the event does, or a field crosses its end */
    EVENT_UNKNOWN,   /* a type that this version does not know */
};

/* Returns the type's name as in events.def, in lower case, or "unknown". */
const char *event_name(enum event_type type);

/* Writes the event to `bytes` and returns its length, or 0 when `room` is too small. */
size_t event_encode(const struct event *event, uint8_t *bytes, size_t room);

/* Reads one event; its texts point into `bytes`. On EVENT_FINE `consumed` is set. */
enum event_fault event_decode(const uint8_t *bytes, size_t length, struct event *event,
                              size_t *consumed) __attribute__((warn_unused_result));

#endif
