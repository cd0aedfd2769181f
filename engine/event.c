/* event.c -- events to bytes and back, made from events.def.
 *
 * Each field type has one pair of functions; a writer or reader that runs out of bytes stays where it
 * is and says so at the end, so that no field needs a check of its own.
 */
#include "engine/event.h"

#include "engine/bug.h"
#include "engine/bytes.h"
#include "engine/limits.h"

struct writer {
    uint8_t *at;
    uint8_t *end;
    bool overrun;
};

struct reader {
    const uint8_t *at;
    const uint8_t *end;
    bool torn; /* a field began inside and ended outside */
};

static inline bool writer_fits(struct writer *writer, size_t bytes)
{
    if ((size_t)(writer->end - writer->at) < bytes) {
        writer->overrun = true;
        return false;
    }
    return true;
}

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
    static inline void write_##TYPE(struct writer *writer, type value)                             \
    {                                                                                              \
        if (writer_fits(writer, sizeof(value))) {                                                  \
            bytes_put_##name(writer->at, value);                                                   \
            writer->at += sizeof(value);                                                           \
        }                                                                                          \
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

static inline void write_BYTES16(struct writer *writer, struct bytes16 value)
{
    if (writer_fits(writer, sizeof(value.at))) {
        memcpy(writer->at, value.at, sizeof(value.at));
        writer->at += sizeof(value.at);
    }
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

static inline void write_TEXT(struct writer *writer, struct text value)
{
    if (!writer_fits(writer, sizeof(uint16_t) + (size_t)value.length) ||
        value.length > UINT16_MAX) {
        writer->overrun = true;
        return;
    }
    write_U16(writer, (uint16_t)value.length);
    if (value.length > 0) {
        memcpy(writer->at, value.data, value.length);
        writer->at += value.length;
    }
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

#define EVENT(number, NAME, name, meaning)                                                         \
    static inline void write_##name(struct writer *writer, const struct event_##name *event)       \
    {
#define FIELD(name, TYPE, field, meaning) write_##TYPE(writer, event->field);
#define EVENT_END(NAME, name) }
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

size_t event_encode(const struct event *event, uint8_t *bytes, size_t room)
{
    if (room < EVENT_HEAD_BYTES) {
        return 0;
    }
    room = room > EVENT_BYTES_MAX ? EVENT_BYTES_MAX : room;
    struct writer writer = {bytes + EVENT_HEAD_BYTES, bytes + room, false};
    switch (event->type) {
#define EVENT(number, NAME, name, meaning)                                                         \
    case EVENT_##NAME:                                                                             \
        write_##name(&writer, &event->as.name);                                                    \
        break;
#define FIELD(name, TYPE, field, meaning)
#define EVENT_END(NAME, name)
#include "engine/events.def"
#undef EVENT
#undef FIELD
#undef EVENT_END
    case EVENT_NONE:
        ASSERT(event->type != EVENT_NONE);
    }
    if (writer.overrun) {
        return 0;
    }
    size_t length = (size_t)(writer.at - bytes);
    bytes_put_u16(bytes, (uint16_t)event->type);
    bytes_put_u16(bytes + 2, (uint16_t)(length - EVENT_HEAD_BYTES));
    return length;
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
