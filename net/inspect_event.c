/* inspect_event.c -- events.def as a table of fields, and the fields as JSON. */
#include "net/inspect_event.h"

#include <stddef.h>
#include <string.h>

#include "engine/bug.h"

enum field_type {
    FIELD_U8,
    FIELD_U16,
    FIELD_U32,
    FIELD_U64,
    FIELD_I64,
    FIELD_BYTES16,
    FIELD_TEXT,
};

struct field_spec {
    const char *name; /* NULL: there are no more */
    enum field_type type;
    size_t offset; /* in the event's struct */
};

/* clang-format off */
#define EVENT(number, NAME, name, meaning) static const struct field_spec fields_of_##name[] = {
#define FIELD(name, TYPE, field, meaning) {#field, FIELD_##TYPE, offsetof(struct event_##name, field)},
#define EVENT_END(NAME, name) {NULL, FIELD_U8, 0}};
/* clang-format on */
#include "engine/events.def"
#undef EVENT
#undef FIELD
#undef EVENT_END

static const struct field_spec *fields_of(enum event_type type)
{
    switch (type) {
#define EVENT(number, NAME, name, meaning)                                                         \
    case EVENT_##NAME:                                                                             \
        return fields_of_##name;
#define FIELD(name, TYPE, field, meaning)
#define EVENT_END(NAME, name)
#include "engine/events.def"
#undef EVENT
#undef FIELD
#undef EVENT_END
    case EVENT_NONE:
        break;
    }
    ASSERT(type != EVENT_NONE);
    return NULL;
}

/* The fields whose numbers stand for something have the same names in every event. */
static const struct {
    const char *field;
    const char *shown_as;
    enum inspect_refers refers;
} references[] = {
    {"member", "member_id", REFERS_MEMBER},    {"campaign", "campaign_id", REFERS_CAMPAIGN},
    {"channel", "channel_id", REFERS_CHANNEL}, {"store", "store_id", REFERS_STORE},
    {"staff", "staff_id", REFERS_STAFF},       {"asset", "asset_id", REFERS_ASSET},
};

#define REFERENCES (sizeof(references) / sizeof(references[0]))

static const char *const kind_words[NAME_KINDS] = {
    [NAME_CHANNEL] = "channel", [NAME_STORE] = "store",         [NAME_STAFF] = "staff",
    [NAME_ASSET] = "asset",     [NAME_PRINCIPAL] = "principal",
};

/* Returns the value of a field that is a natural number. */
static uint64_t natural_of(const struct field_spec *field, const uint8_t *at)
{
    uint16_t two;
    uint32_t four;
    uint64_t eight;
    switch (field->type) {
    case FIELD_U8:
        return *at;
    case FIELD_U16:
        memcpy(&two, at, sizeof(two));
        return two;
    case FIELD_U32:
        memcpy(&four, at, sizeof(four));
        return four;
    case FIELD_U64:
        memcpy(&eight, at, sizeof(eight));
        return eight;
    case FIELD_I64:
    case FIELD_BYTES16:
    case FIELD_TEXT:
        break;
    }
    return 0;
}

static const uint8_t *value_at(const struct event *event, const struct field_spec *field)
{
    return (const uint8_t *)&event->as + field->offset;
}

static void write_value(struct json_out *out, const struct field_spec *field, const uint8_t *at)
{
    struct text text;
    int64_t number;
    switch (field->type) {
    case FIELD_U8:
    case FIELD_U16:
    case FIELD_U32:
    case FIELD_U64:
        json_natural(out, natural_of(field, at));
        return;
    case FIELD_I64:
        memcpy(&number, at, sizeof(number));
        json_number(out, number);
        return;
    case FIELD_BYTES16:
        json_hex(out, at, sizeof(struct bytes16));
        return;
    case FIELD_TEXT:
        memcpy(&text, at, sizeof(text));
        json_text(out, text);
        return;
    }
}

/* Finds the name that a number of this kind stands for. False: none. */
static bool name_of(const struct engine *engine, enum name_kind kind, uint64_t number,
                    struct text *id)
{
    if (!pool_has(&engine->names[kind].pool, number)) {
        return false;
    }
    *id = name_show(&engine->names[kind], (uint32_t)number);
    return true;
}

/* Finds the id that a number stands for. False: it stands for none. */
static bool id_of(const struct engine *engine, enum inspect_refers refers, uint64_t number,
                  struct text *id)
{
    switch (refers) {
    case REFERS_MEMBER:
        if (!pool_has(&engine->members.pool, number)) {
            return false;
        }
        *id = member_id(&engine->members, member_at(&engine->members, (uint32_t)number));
        return true;
    case REFERS_CAMPAIGN:
        if (!pool_has(&engine->campaigns.pool, number)) {
            return false;
        }
        *id = campaign_id(campaign_at(&engine->campaigns, (uint32_t)number));
        return true;
    case REFERS_CHANNEL:
        return name_of(engine, NAME_CHANNEL, number, id);
    case REFERS_STORE:
        return name_of(engine, NAME_STORE, number, id);
    case REFERS_STAFF:
        return name_of(engine, NAME_STAFF, number, id);
    case REFERS_ASSET:
        return name_of(engine, NAME_ASSET, number, id);
    case REFERS_NOTHING:
        break;
    }
    return false;
}

static void write_id(struct json_out *out, const struct field_spec *field, const uint8_t *at,
                     const struct engine *engine)
{
    struct text id;
    for (size_t which = 0; which < REFERENCES; which++) {
        if (strcmp(field->name, references[which].field) == 0) {
            if (id_of(engine, references[which].refers, natural_of(field, at), &id)) {
                json_key(out, references[which].shown_as);
                json_text(out, id);
            }
            return;
        }
    }
}

/* Numbers that are enums, in words. */
static void write_words(struct json_out *out, const struct event *event)
{
    if (event->type == EVENT_NAME_ADDED && event->as.name_added.kind < NAME_KINDS) {
        json_key(out, "kind_word");
        json_text(out, text_of(kind_words[event->as.name_added.kind]));
    } else if (event->type == EVENT_CAMPAIGN_MOVED) {
        json_key(out, "state_word");
        json_text(out, text_of(campaign_state_word(event->as.campaign_moved.state)));
    }
}

void inspect_event_write(struct json_out *out, const struct inspect_place *place,
                         const struct event *event, const struct engine *engine)
{
    char entry[ENTRY_ID_TEXT_BYTES];
    json_begin(out, '{');
    json_key(out, "entry");
    json_text(out, text_of(entry_id_write(place->entry, entry)));
    json_key(out, "seq");
    if (place->seq == 0) {
        json_none(out);
    } else {
        json_natural(out, place->seq);
    }
    json_key(out, "time");
    json_time(out, place->time_ms);
    json_key(out, "time_ms");
    json_number(out, place->time_ms);
    json_key(out, "principal");
    json_natural(out, place->principal);
    struct text who;
    if (name_of(engine, NAME_PRINCIPAL, place->principal, &who)) {
        json_key(out, "principal_id");
        json_text(out, who);
    }
    json_key(out, "event");
    json_text(out, text_of(event_name(event->type)));
    for (const struct field_spec *field = fields_of(event->type); field->name != NULL; field++) {
        json_key(out, field->name);
        write_value(out, field, value_at(event, field));
        write_id(out, field, value_at(event, field), engine);
    }
    write_words(out, event);
    json_end(out, '}');
}

uint64_t inspect_event_refers(const struct event *event, enum inspect_refers refers)
{
    for (const struct field_spec *field = fields_of(event->type); field->name != NULL; field++) {
        for (size_t which = 0; which < REFERENCES; which++) {
            if (references[which].refers == refers &&
                strcmp(field->name, references[which].field) == 0) {
                return natural_of(field, value_at(event, field));
            }
        }
    }
    return 0;
}
