/* journal_redis_reply.c -- redisReply to struct journal_answer, by its shape. */
#include "net/journal_redis_reply.h"

#include <stdlib.h>

#define ANSWERS_KEPT                                                                               \
    16U /* entries that need no allocation; more pairs than these are not asked for */

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

static bool answer_entries(struct journal *journal, const redisReply *reply)
{
    struct journal_entry kept[ANSWERS_KEPT];
    struct journal_entry *entries = kept;
    if (reply->elements > ANSWERS_KEPT) {
        entries = calloc(reply->elements, sizeof(*entries));
        if (entries == NULL) {
            return false;
        }
    }
    for (size_t at = 0; at < reply->elements; at++) {
        entries[at] = entry_of_reply(reply->element[at]);
    }
    const struct journal_answer answer = {
        .kind = JOURNAL_ANSWER_ENTRIES, .count = reply->elements, .entries = entries};
    journal_answer(journal, &answer);
    if (entries != kept) {
        free(entries);
    }
    return true;
}

static void answer_pairs(struct journal *journal, const redisReply *reply)
{
    struct journal_pair pairs[ANSWERS_KEPT];
    size_t count = reply->elements / 2;
    count = count > ANSWERS_KEPT ? ANSWERS_KEPT : count;
    for (size_t at = 0; at < count; at++) {
        pairs[at].name = text_of_reply(reply->element[2 * at]);
        pairs[at].value = text_of_reply(reply->element[2 * at + 1]);
    }
    const struct journal_answer answer = {
        .kind = JOURNAL_ANSWER_PAIRS, .count = count, .pairs = pairs};
    journal_answer(journal, &answer);
}

bool journal_redis_reply(struct journal *journal, const redisReply *reply)
{
    struct journal_answer answer = {.kind = JOURNAL_ANSWER_OTHER};
    switch (reply->type) {
    case REDIS_REPLY_NIL:
        answer.kind = JOURNAL_ANSWER_NIL;
        break;
    case REDIS_REPLY_STRING:
    case REDIS_REPLY_STATUS:
        answer.kind = JOURNAL_ANSWER_TEXT;
        answer.text = text_of_reply(reply);
        break;
    case REDIS_REPLY_ERROR:
        answer.kind = JOURNAL_ANSWER_ERROR;
        answer.text = text_of_reply(reply);
        break;
    case REDIS_REPLY_INTEGER:
        answer.kind = JOURNAL_ANSWER_INTEGER;
        answer.integer = reply->integer;
        break;
    case REDIS_REPLY_ARRAY:
        if (all_are(reply, false)) {
            return answer_entries(journal, reply);
        }
        if (reply->elements % 2 == 0 && all_are(reply, true)) {
            answer_pairs(journal, reply);
            return true;
        }
        break;
    default:
        break;
    }
    journal_answer(journal, &answer);
    return true;
}
