/* event.c -- every event to bytes and back, and every way in which bytes can be wrong. */
#include "engine/event.h"

#include <criterion/criterion.h>
#include <stdlib.h>

#include "engine/bytes.h"
#include "engine/limits.h"
#include "tests/lib/dice.h"

static uint8_t bytes[EVENT_BYTES_MAX + 64];

/* A value for each field type: all bits in play, texts of different lengths. */
static uint64_t dice;
static char letters[300];

#define SAMPLE_U8 (uint8_t) dice_roll(&dice)
#define SAMPLE_U16 (uint16_t) dice_roll(&dice)
#define SAMPLE_U32 (uint32_t) dice_roll(&dice)
#define SAMPLE_U64 dice_roll(&dice)
#define SAMPLE_I64 (int64_t) dice_roll(&dice)
#define SAMPLE_BYTES16 sample_bytes16()
#define SAMPLE_TEXT sample_text()

static struct bytes16 sample_bytes16(void)
{
    struct bytes16 sample;
    for (size_t at = 0; at < sizeof(sample.at); at++) {
        sample.at[at] = (uint8_t)dice_roll(&dice);
    }
    return sample;
}

static struct text sample_text(void)
{
    uint32_t length = dice_below(&dice, sizeof(letters));
    return (struct text){letters, length};
}

static bool same_U8(uint8_t a, uint8_t b)
{
    return a == b;
}

static bool same_U16(uint16_t a, uint16_t b)
{
    return a == b;
}

static bool same_U32(uint32_t a, uint32_t b)
{
    return a == b;
}

static bool same_U64(uint64_t a, uint64_t b)
{
    return a == b;
}

static bool same_I64(int64_t a, int64_t b)
{
    return a == b;
}

static bool same_BYTES16(struct bytes16 a, struct bytes16 b)
{
    return memcmp(a.at, b.at, sizeof(a.at)) == 0;
}

static bool same_TEXT(struct text a, struct text b)
{
    return text_equal(a, b);
}

/* One function for each event: fill it, or hold two against each other. */
#define EVENT(number, NAME, name, meaning)                                                         \
    static void fill_##name(struct event *event)                                                   \
    {                                                                                              \
        struct event_##name *fields = &event->as.name;                                             \
        event->type = EVENT_##NAME;
#define FIELD(name, TYPE, field, meaning) fields->field = SAMPLE_##TYPE;
#define EVENT_END(NAME, name) }
#include "engine/events.def"
#undef EVENT
#undef FIELD
#undef EVENT_END

#define EVENT(number, NAME, name, meaning)                                                         \
    static bool same_##name(const struct event *a, const struct event *b)                          \
    {                                                                                              \
        bool same = a->type == b->type;
#define FIELD(name, TYPE, field, meaning) same &= same_##TYPE(a->as.name.field, b->as.name.field);
#define EVENT_END(NAME, name)                                                                      \
    return same;                                                                                   \
    }
#include "engine/events.def"
#undef EVENT
#undef FIELD
#undef EVENT_END

struct kind {
    const char *name;
    enum event_type type;
    void (*fill)(struct event *event);
    bool (*same)(const struct event *a, const struct event *b);
};

static const struct kind kinds[] = {
#define EVENT(number, NAME, name, meaning) {#name, EVENT_##NAME, fill_##name, same_##name},
#define FIELD(name, TYPE, field, meaning)
#define EVENT_END(NAME, name)
#include "engine/events.def"
#undef EVENT
#undef FIELD
#undef EVENT_END
};

#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

static void begin(void)
{
    dice = 2026;
    for (size_t at = 0; at < sizeof(letters); at++) {
        letters[at] = (char)('a' + at % 26);
    }
}

TestSuite(event, .init = begin);

Test(event, every_type_is_the_same_after_encode_and_decode)
{
    for (size_t kind = 0; kind < KINDS; kind++) {
        for (int times = 0; times < 50; times++) {
            struct event event;
            struct event again;
            size_t consumed = 0;
            kinds[kind].fill(&event);
            size_t length = event_encode(&event, bytes, sizeof(bytes));
            cr_assert_geq(length, EVENT_HEAD_BYTES, "%s", kinds[kind].name);
            memset(&again, 0xee, sizeof(again));
            /* what follows is not its concern */
            memset(bytes + length, 0xff, 64);
            cr_assert_eq(event_decode(bytes, length + 64, &again, &consumed), EVENT_FINE);
            cr_assert_eq(consumed, length);
            cr_assert(kinds[kind].same(&event, &again), "%s", kinds[kind].name);
        }
        cr_assert_str_eq(event_name(kinds[kind].type), kinds[kind].name);
    }
}

Test(event, every_prefix_is_cut_short)
{
    for (size_t kind = 0; kind < KINDS; kind++) {
        struct event event;
        size_t consumed;
        kinds[kind].fill(&event);
        size_t length = event_encode(&event, bytes, sizeof(bytes));
        for (size_t part = 0; part < length; part++) {
            /* in memory of exactly this size, so that a byte read beyond is found */
            uint8_t *copy = malloc(part + 1);
            cr_assert_not_null(copy);
            memcpy(copy + 1, bytes, part);
            struct event again;
            enum event_fault fault = event_decode(copy + 1, part, &again, &consumed);
            free(copy);
            cr_assert_eq(fault, EVENT_CUT_SHORT, "%s, %zu of %zu", kinds[kind].name, part, length);
        }
    }
}

Test(event, an_event_does_not_fit_in_less_room_than_it_takes)
{
    for (size_t kind = 0; kind < KINDS; kind++) {
        struct event event;
        kinds[kind].fill(&event);
        size_t length = event_encode(&event, bytes, sizeof(bytes));
        for (size_t room = 0; room < length; room++) {
            uint8_t *exact = malloc(room + 1);
            cr_assert_not_null(exact);
            size_t written = event_encode(&event, exact + 1, room);
            free(exact);
            cr_assert_eq(written, 0u, "%s in %zu of %zu", kinds[kind].name, room, length);
        }
        cr_assert_eq(event_encode(&event, bytes, length), length);
    }
}

/* A newer version appends fields: this one skips them. */
Test(event, a_body_longer_than_known_is_skipped)
{
    for (size_t kind = 0; kind < KINDS; kind++) {
        struct event event;
        struct event again;
        size_t consumed = 0;
        kinds[kind].fill(&event);
        size_t length = event_encode(&event, bytes, sizeof(bytes) - 64);
        memset(bytes + length, 0xab, 10);
        bytes_put_u16(bytes + 2, (uint16_t)(length - EVENT_HEAD_BYTES + 10));
        cr_assert_eq(event_decode(bytes, length + 10, &again, &consumed), EVENT_FINE);
        cr_assert_eq(consumed, length + 10);
        cr_assert(kinds[kind].same(&event, &again), "%s", kinds[kind].name);
    }
}

/* An older version had fewer fields: absent ones read as zero, but half a field is a fault. */
Test(event, absent_fields_read_as_zero_and_torn_ones_are_found)
{
    struct event event = {.type = EVENT_COUPON_ISSUED,
                          .as.coupon_issued = {1, 2, 3, 4, 5, 6, 7, 8}};
    struct event again;
    size_t consumed = 0;
    size_t length = event_encode(&event, bytes, sizeof(bytes));
    cr_assert_eq(length, EVENT_HEAD_BYTES + 8 + 4 + 4 + 2 + 2 + 4 + 4 + 1);
    /* after which bodies a field ends */
    static const size_t ends[] = {0, 8, 12, 16, 18, 20, 24, 28, 29};
    size_t next = 0;
    for (size_t body = 0; body <= 29; body++) {
        bytes_put_u16(bytes + 2, (uint16_t)body);
        enum event_fault fault = event_decode(bytes, EVENT_HEAD_BYTES + body, &again, &consumed);
        bool whole = body == ends[next];
        next += whole;
        cr_assert_eq(fault, whole ? EVENT_FINE : EVENT_CUT_SHORT, "body of %zu", body);
        if (!whole) {
            continue;
        }
        const struct event_coupon_issued *read = &again.as.coupon_issued;
        cr_assert_eq(read->serial, body >= 8 ? 1u : 0u);
        cr_assert_eq(read->member, body >= 12 ? 2u : 0u);
        cr_assert_eq(read->campaign, body >= 16 ? 3u : 0u);
        cr_assert_eq(read->nth, body >= 18 ? 4u : 0u);
        cr_assert_eq(read->channel, body >= 20 ? 5u : 0u);
        cr_assert_eq(read->store, body >= 24 ? 6u : 0u);
        cr_assert_eq(read->staff, body >= 28 ? 7u : 0u);
        cr_assert_eq(read->key, body >= 29 ? 8u : 0u);
    }
}

Test(event, a_text_or_bytes_that_cross_the_end_are_torn)
{
    struct event event = {.type = EVENT_MEMBER_CREATED, .as.member_created = {1, TEXT("abcdef")}};
    struct event again;
    size_t consumed;
    size_t length = event_encode(&event, bytes, sizeof(bytes));
    memset(bytes + length, 'x', 32);
    /* a text that says it is longer than the body, though bytes follow */
    bytes_put_u16(bytes + EVENT_HEAD_BYTES + 4, 7);
    cr_assert_eq(event_decode(bytes, length + 32, &again, &consumed), EVENT_CUT_SHORT);
    bytes_put_u16(bytes + EVENT_HEAD_BYTES + 4, UINT16_MAX);
    cr_assert_eq(event_decode(bytes, length + 32, &again, &consumed), EVENT_CUT_SHORT);
    bytes_put_u16(bytes + EVENT_HEAD_BYTES + 4, 5);
    cr_assert_eq(event_decode(bytes, length + 32, &again, &consumed), EVENT_FINE);
    cr_assert(text_equal(again.as.member_created.id, TEXT("abcde")));
    /* half a length */
    bytes_put_u16(bytes + 2, 5);
    cr_assert_eq(event_decode(bytes, length, &again, &consumed), EVENT_CUT_SHORT);

    event = (struct event){.type = EVENT_BEGIN};
    length = event_encode(&event, bytes, sizeof(bytes));
    cr_assert_eq(length, EVENT_HEAD_BYTES + 20);
    bytes_put_u16(bytes + 2, 15);
    cr_assert_eq(event_decode(bytes, length, &again, &consumed), EVENT_CUT_SHORT);
    bytes_put_u16(bytes + 2, 0);
    memset(&again, 0xee, sizeof(again));
    cr_assert_eq(event_decode(bytes, length, &again, &consumed), EVENT_FINE);
    cr_assert(same_BYTES16(again.as.begin.nonce, (struct bytes16){{0}}));
}

Test(event, an_unknown_type_is_told_from_one_that_is_cut_short)
{
    struct event event;
    size_t consumed;
    bool known[UINT16_MAX + 1] = {false};
    for (size_t kind = 0; kind < KINDS; kind++) {
        known[kinds[kind].type] = true;
    }
    bytes_put_u16(bytes + 2, 0);
    for (uint32_t type = 0; type <= UINT16_MAX; type++) {
        bytes_put_u16(bytes, (uint16_t)type);
        enum event_fault fault = event_decode(bytes, EVENT_HEAD_BYTES, &event, &consumed);
        cr_assert_eq(fault, known[type] ? EVENT_FINE : EVENT_UNKNOWN, "type %u", type);
    }
    bytes_put_u16(bytes + 2, 1);
    cr_assert_eq(event_decode(bytes, EVENT_HEAD_BYTES, &event, &consumed), EVENT_CUT_SHORT);
    cr_assert_str_eq(event_name(EVENT_NONE), "unknown");
    cr_assert_str_eq(event_name((enum event_type)9999), "unknown");
}

Test(event, an_event_of_more_than_64_kib_is_not_written)
{
    static char long_text[70000];
    memset(long_text, 'x', sizeof(long_text));
    static uint8_t room[200000];
    struct event event = {.type = EVENT_MEMBER_CREATED, .as.member_created = {1, {long_text, 0}}};
    const uint32_t most = EVENT_BYTES_MAX - EVENT_HEAD_BYTES - 4 - 2;
    event.as.member_created.id.length = most;
    cr_assert_eq(event_encode(&event, room, sizeof(room)), EVENT_BYTES_MAX);
    event.as.member_created.id.length = most + 1;
    cr_assert_eq(event_encode(&event, room, sizeof(room)), 0u);
    event.as.member_created.id.length = 70000;
    cr_assert_eq(event_encode(&event, room, sizeof(room)), 0u);
}

/* The bytes are in journals that have been written: they stay as they are. */
Test(event, the_bytes_have_not_changed)
{
    struct event event = {.type = EVENT_ACCOUNT_EARNED,
                          .as.account_earned = {0x01020304, 5, -2, 0x1122334455667788}};
    static const uint8_t expected[] = {
        40,   0,    24,   0,                            /* type, length */
        4,    3,    2,    1,                            /* member */
        5,    0,    0,    0,                            /* asset */
        0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, /* amount */
        0x88, 0x77, 0x66, 0x55, 0x44, 0x33, 0x22, 0x11, /* balance */
    };
    cr_assert_eq(event_encode(&event, bytes, sizeof(bytes)), sizeof(expected));
    cr_assert_eq(memcmp(bytes, expected, sizeof(expected)), 0);
    event = (struct event){.type = EVENT_NAME_ADDED, .as.name_added = {3, 7, TEXT("app")}};
    static const uint8_t name[] = {10, 0, 10, 0, 3, 7, 0, 0, 0, 3, 0, 'a', 'p', 'p'};
    cr_assert_eq(event_encode(&event, bytes, sizeof(bytes)), sizeof(name));
    cr_assert_eq(memcmp(bytes, name, sizeof(name)), 0);
}
