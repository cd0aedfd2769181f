/* fake_stream.h -- a fake Redis that holds one stream, for tests of the journal.
 *
 * It obeys the rules that the journal lives by: an ID must be above the last one ever given,
 * NOMKSTREAM makes no stream, ranges are inclusive unless marked with "(".
 */
#ifndef BOON_TESTS_UNIT_FAKE_STREAM_H
#define BOON_TESTS_UNIT_FAKE_STREAM_H

#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "net/journal.h"
#include "net/journal_entry.h"

#define STREAM_MAX 4096U
#define WORDS_MAX 8U

struct stream_entry {
    struct entry_id id;
    uint8_t *bytes;
    size_t length;
    bool strange; /* its field is not "b" */
};

static struct {
    struct stream_entry entries[STREAM_MAX];
    size_t count;
    struct entry_id last; /* last ID ever given */
    bool exists;
    const char *settings[8]; /* names and values */
    const char *role;
    const char *error; /* answered to the next `errors` commands named `error_to` */
    const char *error_to;
    uint32_t errors;
    uint32_t appends; /* accepted */
} redis;

struct command_sent {
    size_t count;
    char *words[WORDS_MAX];
    size_t lengths[WORDS_MAX];
};

/* The bytes of all entries ever, for stream_end(). */
static struct {
    void *bytes[4 * STREAM_MAX];
    size_t count;
} made;

static inline void redis_begin(void)
{
    memset(&redis, 0, sizeof(redis));
    const char *good[] = {
        "appendonly",       "yes",       "appendfsync", "always", "no-appendfsync-on-rewrite", "no",
        "maxmemory-policy", "noeviction"};
    memcpy(redis.settings, good, sizeof(good));
    redis.role = "# Replication\r\nrole:master\r\nconnected_slaves:0\r\n";
}

static inline void redis_append(struct entry_id id, const void *bytes, size_t length)
{
    struct stream_entry *entry = &redis.entries[redis.count++];
    cr_assert_lt(redis.count, STREAM_MAX);
    *entry = (struct stream_entry){.id = id, .bytes = malloc(length), .length = length};
    cr_assert_lt(made.count, 4 * STREAM_MAX);
    made.bytes[made.count++] = entry->bytes;
    memcpy(entry->bytes, bytes, length);
    redis.last = id;
    redis.exists = true;
    redis.appends++;
}

/* Forgets the newest entries, as a Redis does that comes back without the tail of its file. */
static inline void redis_forget(size_t entries)
{
    redis.count -= entries;
    redis.last = redis.count > 0 ? redis.entries[redis.count - 1].id : (struct entry_id){0, 0};
}

static inline void redis_delete(void)
{
    redis.count = 0;
    redis.last = (struct entry_id){0, 0};
    redis.exists = false;
}

static inline struct entry_id id_of(const char *word)
{
    struct entry_id id = {0, 0};
    if (word[0] == '+') {
        return (struct entry_id){UINT64_MAX, UINT64_MAX};
    }
    if (word[0] != '-') {
        cr_assert(entry_id_read(text_of(word[0] == '(' ? word + 1 : word), &id), "ID %s", word);
    }
    return id;
}

static inline bool in_range(struct entry_id id, const char *start, const char *end)
{
    int above = entry_id_compare(id, id_of(start));
    return (start[0] == '(' ? above > 0 : above >= 0) && entry_id_compare(id, id_of(end)) <= 0;
}

static inline char *word_of(const struct command_sent *command, size_t at)
{
    cr_assert_lt(at, command->count);
    return command->words[at];
}

static inline bool is_command(const struct command_sent *command, const char *name)
{
    return strcmp(word_of(command, 0), name) == 0;
}

/* What one command leads to, and room for the answer's parts. */
struct reply {
    struct journal_answer answer;
    struct journal_entry entries[128];
    struct journal_pair pairs[4];
    char text[128 * ENTRY_ID_TEXT_BYTES];
};

static inline void reply_error(struct reply *reply, const char *error)
{
    reply->answer.kind = JOURNAL_ANSWER_ERROR;
    reply->answer.text = text_of(error);
}

static inline void redis_xadd(const struct command_sent *command, struct reply *reply)
{
    bool no_make = strcmp(word_of(command, 2), "NOMKSTREAM") == 0;
    size_t at = no_make ? 3 : 2;
    const char *word = word_of(command, at);
    struct entry_id id = id_of(word);
    cr_assert_str_eq(word_of(command, at + 1), "b");
    if (no_make && !redis.exists) {
        reply->answer.kind = JOURNAL_ANSWER_NIL;
        return;
    }
    if (entry_id_compare(id, redis.last) <= 0) {
        reply_error(reply, "ERR The ID specified in XADD is equal or smaller than the target "
                           "stream top item");
        return;
    }
    redis_append(id, word_of(command, at + 2), command->lengths[at + 2]);
    snprintf(reply->text, sizeof(reply->text), "%s", word);
    reply->answer.kind = JOURNAL_ANSWER_TEXT;
    reply->answer.text = text_of(reply->text);
}

static inline void redis_range(const struct command_sent *command, struct reply *reply,
                               bool backwards)
{
    const char *start = word_of(command, backwards ? 3 : 2);
    const char *end = word_of(command, backwards ? 2 : 3);
    size_t limit = strtoul(word_of(command, 5), NULL, 10);
    char *text = reply->text;
    cr_assert_leq(limit, 128u);
    reply->answer.kind = JOURNAL_ANSWER_ENTRIES;
    reply->answer.entries = reply->entries;
    for (size_t at = 0; at < redis.count && reply->answer.count < limit; at++) {
        const struct stream_entry *entry = &redis.entries[backwards ? redis.count - 1 - at : at];
        if (!in_range(entry->id, start, end)) {
            continue;
        }
        entry_id_write(entry->id, text);
        reply->entries[reply->answer.count++] = (struct journal_entry){
            text_of(text), entry->strange ? NULL : entry->bytes, entry->length};
        text += ENTRY_ID_TEXT_BYTES;
    }
}

static inline void redis_settings(const struct command_sent *command, struct reply *reply)
{
    cr_assert_str_eq(word_of(command, 1), "GET");
    reply->answer.kind = JOURNAL_ANSWER_PAIRS;
    reply->answer.pairs = reply->pairs;
    for (size_t at = 0; at < 4; at++) {
        if (redis.settings[2 * at] != NULL) {
            reply->pairs[reply->answer.count++] = (struct journal_pair){
                text_of(redis.settings[2 * at]), text_of(redis.settings[2 * at + 1])};
        }
    }
}

static inline void redis_carry_out(const struct command_sent *command, struct reply *reply)
{
    reply->answer = (struct journal_answer){.kind = JOURNAL_ANSWER_OTHER};
    if (redis.errors > 0 && is_command(command, redis.error_to)) {
        redis.errors--;
        reply_error(reply, redis.error);
    } else if (is_command(command, "CONFIG")) {
        redis_settings(command, reply);
    } else if (is_command(command, "INFO")) {
        reply->answer.kind = JOURNAL_ANSWER_TEXT;
        reply->answer.text = text_of(redis.role);
    } else if (is_command(command, "XLEN")) {
        reply->answer.kind = JOURNAL_ANSWER_INTEGER;
        reply->answer.integer = (int64_t)redis.count;
    } else if (is_command(command, "XADD")) {
        redis_xadd(command, reply);
    } else {
        bool backwards = is_command(command, "XREVRANGE");
        cr_assert(backwards || is_command(command, "XRANGE"), "%s", word_of(command, 0));
        redis_range(command, reply, backwards);
    }
}

/* Frees all entries. */
static inline void stream_end(void)
{
    while (made.count > 0) {
        free(made.bytes[--made.count]);
    }
}

#endif
