/* journal_redis_reply.c -- redisReply to struct journal_answer, by its shape. */
#include "net/journal_redis_reply.h"

#include <stdlib.h>

#define ENTRIES_ROOM_MIN 64U

static struct text text_of_reply(const redisReply *reply)
{
    return (struct text){reply->str, (uint32_t)reply->len};
}

static bool is_string(const redisReply *reply)
{
    return reply->type == REDIS_REPLY_STRING || reply->type == REDIS_REPLY_STATUS;
}

/* Tells whether every element is of this type. */
static bool all_are(const redisReply *reply, bool strings)
{
    for (size_t at = 0; at < reply->elements; at++) {
        const redisReply *element = reply->element[at];
        if (strings ? !is_string(element)
                    : element->type != REDIS_REPLY_ARRAY || element->elements != 2 ||
                          !is_string(element->element[0])) {
            return false;
        }
    }
    return true;
}

static struct journal_entry entry_of_reply(const redisReply *reply)
{
    struct journal_entry entry = {.id = text_of_reply(reply->element[0])};
    const redisReply *fields = reply->element[1];
    if (fields->type == REDIS_REPLY_ARRAY && fields->elements == 2 &&
        is_string(fields->element[0]) && is_string(fields->element[1]) &&
        text_equal(text_of_reply(fields->element[0]), TEXT("b"))) {
        entry.bytes = (const uint8_t *)fields->element[1]->str;
        entry.length = (size_t)fields->element[1]->len;
    }
    return entry;
}

/* Makes room for this many entries. False: no memory. */
static bool make_room(struct journal_redis_room *room, size_t count)
{
    if (count <= room->entries_room) {
        return true;
    }
    size_t wanted = count < ENTRIES_ROOM_MIN ? ENTRIES_ROOM_MIN : count;
    struct journal_entry *entries = calloc(wanted, sizeof(*entries));
    if (entries == NULL) {
        return false;
    }
    free(room->entries);
    room->entries = entries;
    room->entries_room = wanted;
    return true;
}

static bool read_entries(const redisReply *reply, struct journal_redis_room *room,
                         struct journal_answer *answer)
{
    if (!make_room(room, reply->elements)) {
        return false;
    }
    for (size_t at = 0; at < reply->elements; at++) {
        room->entries[at] = entry_of_reply(reply->element[at]);
    }
    *answer = (struct journal_answer){
        .kind = JOURNAL_ANSWER_ENTRIES, .count = reply->elements, .entries = room->entries};
    return true;
}

static void read_pairs(const redisReply *reply, struct journal_redis_room *room,
                       struct journal_answer *answer)
{
    size_t count = reply->elements / 2;
    count = count > JOURNAL_REDIS_PAIRS_MAX ? JOURNAL_REDIS_PAIRS_MAX : count;
    for (size_t at = 0; at < count; at++) {
        room->pairs[at].name = text_of_reply(reply->element[2 * at]);
        room->pairs[at].value = text_of_reply(reply->element[2 * at + 1]);
    }
    *answer = (struct journal_answer){
        .kind = JOURNAL_ANSWER_PAIRS, .count = count, .pairs = room->pairs};
}

bool journal_redis_reply(const redisReply *reply, struct journal_redis_room *room,
                         struct journal_answer *answer)
{
    *answer = (struct journal_answer){.kind = JOURNAL_ANSWER_OTHER};
    switch (reply->type) {
    case REDIS_REPLY_NIL:
        answer->kind = JOURNAL_ANSWER_NIL;
        break;
    case REDIS_REPLY_STRING:
    case REDIS_REPLY_STATUS:
        answer->kind = JOURNAL_ANSWER_TEXT;
        answer->text = text_of_reply(reply);
        break;
    case REDIS_REPLY_ERROR:
        answer->kind = JOURNAL_ANSWER_ERROR;
        answer->text = text_of_reply(reply);
        break;
    case REDIS_REPLY_INTEGER:
        answer->kind = JOURNAL_ANSWER_INTEGER;
        answer->integer = reply->integer;
        break;
    case REDIS_REPLY_ARRAY:
        if (all_are(reply, false)) {
            return read_entries(reply, room, answer);
        }
        if (reply->elements % 2 == 0 && all_are(reply, true)) {
            read_pairs(reply, room, answer);
        }
        break;
    default:
        break;
    }
    return true;
}

void journal_redis_room_deinit(struct journal_redis_room *room)
{
    free(room->entries);
    *room = (struct journal_redis_room){0};
}
