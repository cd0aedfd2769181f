/* event.c -- events to bytes and back, made from events.def.
 *
 * Each field type has its functions. What an event takes is added up before anything is written, so that
 * writing needs no checks; a reader that runs out of bytes stays where it is and says so at the end.
 */
#include "engine/event.h"

#include "engine/bug.h"
#include "engine/bytes.h"
#include "engine/limits.h"

struct reader {
    const uint8_t *at;
    const uint8_t *end;
    bool torn; /* a field began inside and ended outside */
};

/* Tells whether a field of this size is there; none at all means absent, a part of it torn. */
static inline bool reader_has(struct reader *reader, size_t bytes)
{
    size_t left = (size_t)(reader->end - reader->at);
    if (left >= bytes) {
        return true;
    }
    reader->torn = reader->torn || left > 0;
    reader->at = reader->end;
    return false;
}

#define NUMBER_FIELD(TYPE, name, type)                                                             \
    static inline size_t size_of_##TYPE(type value)                                                \
    {                                                                                              \
        return sizeof(value);                                                                      \
    }                                                                                              \
    static inline uint8_t *write_##TYPE(uint8_t *at, type value)                                   \
    {                                                                                              \
        bytes_put_##name(at, value);                                                               \
        return at + sizeof(value);                                                                 \
    }                                                                                              \
    static inline type read_##TYPE(struct reader *reader)                                          \
    {                                                                                              \
        if (!reader_has(reader, sizeof(type))) {                                                   \
            return 0;                                                                              \
        }                                                                                          \
        type value = bytes_get_##name(reader->at);                                                 \
        reader->at += sizeof(type);                                                                \
        return value;                                                                              \
    }

NUMBER_FIELD(U8, u8, uint8_t)
NUMBER_FIELD(U16, u16, uint16_t)
NUMBER_FIELD(U32, u32, uint32_t)
NUMBER_FIELD(U64, u64, uint64_t)
NUMBER_FIELD(I64, i64, int64_t)

static inline size_t size_of_BYTES16(struct bytes16 value)
{
    return sizeof(value.at);
}

static inline uint8_t *write_BYTES16(uint8_t *at, struct bytes16 value)
{
    memcpy(at, value.at, sizeof(value.at));
    return at + sizeof(value.at);
}

static inline struct bytes16 read_BYTES16(struct reader *reader)
{
    struct bytes16 value = {{0}};
    if (reader_has(reader, sizeof(value.at))) {
        memcpy(value.at, reader->at, sizeof(value.at));
        reader->at += sizeof(value.at);
    }
    return value;
}

/* A text that its length field cannot say is larger than any event. */
static inline size_t size_of_TEXT(struct text value)
{
    return value.length > UINT16_MAX ? EVENT_BYTES_MAX + 1 : sizeof(uint16_t) + value.length;
}

static inline uint8_t *write_TEXT(uint8_t *at, struct text value)
{
    at = write_U16(at, (uint16_t)value.length);
    bytes_copy(at, value.data, value.length);
    return at + value.length;
}

static inline struct text read_TEXT(struct reader *reader)
{
    uint16_t length = read_U16(reader);
    if (length == 0) {
        return (struct text){0};
    }
    if ((size_t)(reader->end - reader->at) < length) {
        reader->torn = true;
        reader->at = reader->end;
        return (struct text){0};
    }
    struct text value = {(const char *)reader->at, length};
    reader->at += length;
    return value;
}

const char *event_name(enum event_type type)
{
    switch (type) {
#define EVENT(number, NAME, name, meaning)                                                         \
    case EVENT_##NAME:                                                                             \
        return #name;
#define FIELD(name, TYPE, field, meaning)
#define EVENT_END(NAME, name)
#include "engine/events.def"
#undef EVENT
#undef FIELD
#undef EVENT_END
    case EVENT_NONE:
        break;
    }
    return "unknown";
}

/* clang-format off */
#define EVENT(number, NAME, name, meaning)                                                         \
    static inline size_t size_of_##name(const struct event_##name *event)                          \
    {                                                                                              \
        return EVENT_HEAD_BYTES
#define FIELD(name, TYPE, field, meaning) + size_of_##TYPE(event->field)
#define EVENT_END(NAME, name) ; }
/* clang-format on */
#include "engine/events.def"
#undef EVENT
#undef FIELD
#undef EVENT_END

#define EVENT(number, NAME, name, meaning)                                                         \
    static inline void write_##name(uint8_t *at, const struct event_##name *event)                 \
    {
#define FIELD(name, TYPE, field, meaning) at = write_##TYPE(at, event->field);
#define EVENT_END(NAME, name)                                                                      \
    (void)at;                                                                                      \
    }
#include "engine/events.def"
#undef EVENT
#undef FIELD
#undef EVENT_END

#define EVENT(number, NAME, name, meaning)                                                         \
    static inline void read_##name(struct reader *reader, struct event_##name *event)              \
    {
#define FIELD(name, TYPE, field, meaning) event->field = read_##TYPE(reader);
#define EVENT_END(NAME, name) }
#include "engine/events.def"
#undef EVENT
#undef FIELD
#undef EVENT_END

/* Writes the event if it is no longer than `room`. Returns its length, or 0. One function for each type: what a
 * claim writes is a handful of stores and needs nothing of what a document does. */
#define EVENT(number, NAME, name, meaning)                                                         \
    static __attribute__((noinline))                                                               \
    size_t encode_##name(const struct event_##name *event, uint8_t *bytes, size_t room)            \
    {                                                                                              \
        size_t length = size_of_##name(event);                                                     \
        if (length > room) {                                                                       \
            return 0;                                                                              \
        }                                                                                          \
        bytes_put_u16(bytes, number);                                                              \
        bytes_put_u16(bytes + 2, (uint16_t)(length - EVENT_HEAD_BYTES));                           \
        write_##name(bytes + EVENT_HEAD_BYTES, event);                                             \
        return length;                                                                             \
    }
#define FIELD(name, TYPE, field, meaning)
#define EVENT_END(NAME, name)
#include "engine/events.def"
#undef EVENT
#undef FIELD
#undef EVENT_END

size_t event_encode(const struct event *event, uint8_t *bytes, size_t room)
{
    room = room > EVENT_BYTES_MAX ? EVENT_BYTES_MAX : room;
    switch (event->type) {
#define EVENT(number, NAME, name, meaning)                                                         \
    case EVENT_##NAME:                                                                             \
        return encode_##name(&event->as.name, bytes, room);
#define FIELD(name, TYPE, field, meaning)
#define EVENT_END(NAME, name)
#include "engine/events.def"
#undef EVENT
#undef FIELD
#undef EVENT_END
    case EVENT_NONE:
        break;
    }
    bug_found("an event of no type was written", __FILE__, __LINE__);
}

enum event_fault event_decode(const uint8_t *bytes, size_t length, struct event *event,
                              size_t *consumed)
{
    if (length < EVENT_HEAD_BYTES) {
        return EVENT_CUT_SHORT;
    }
    uint16_t type = bytes_get_u16(bytes);
    size_t body = bytes_get_u16(bytes + 2);
    if (length - EVENT_HEAD_BYTES < body) {
        return EVENT_CUT_SHORT;
    }
    struct reader reader = {bytes + EVENT_HEAD_BYTES, bytes + EVENT_HEAD_BYTES + body, false};
    switch (type) {
#define EVENT(number, NAME, name, meaning)                                                         \
    case number:                                                                                   \
        event->type = EVENT_##NAME;                                                                \
        read_##name(&reader, &event->as.name);                                                     \
        break;
#define FIELD(name, TYPE, field, meaning)
#define EVENT_END(NAME, name)
#include "engine/events.def"
#undef EVENT
#undef FIELD
#undef EVENT_END
    default:
        return EVENT_UNKNOWN;
    }
    if (reader.torn) {
        return EVENT_CUT_SHORT;
    }
    *consumed = EVENT_HEAD_BYTES + body;
    return EVENT_FINE;
}
