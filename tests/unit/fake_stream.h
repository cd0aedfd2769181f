/* fake_stream.h -- a fake Redis that holds a journal, its snapshots' chunks and their manifests.
 *
 * It obeys the rules that the journal lives by: an ID must be above the last one ever given,
 * NOMKSTREAM makes no stream, ranges are inclusive unless marked with "(".
 * Whatever the brand, a key that ends with "journal" is redis.journal, one that ends with "snapshots"
 * redis.manifests; all others are looked for by their names.
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
#define OTHERS_MAX 6U
#define ENTRIES_AT_ONCE 1100U
#define MADE_MAX (8 * STREAM_MAX)

struct stream_entry {
    struct entry_id id;
    uint8_t *bytes;
    size_t length;
    bool strange; /* its field is not "b" */
};

struct stream {
    char key[JOURNAL_KEY_BYTES];
    struct stream_entry entries[STREAM_MAX];
    size_t count;
    struct entry_id last; /* last ID ever given */
    bool exists;
    bool stays; /* PERSIST was the last word about it */
};

static struct {
    struct stream journal;
    struct stream manifests;
    struct stream others[OTHERS_MAX]; /* chunks of snapshots */
    size_t others_count;
    const char *settings[8]; /* names and values */
    const char *role;
    const char *run_id;
    bool rewrites;         /* its append only file */
    const char *written;   /* aof_last_write_status; NULL: it says nothing of it */
    int64_t replicas;      /* that have all */
    const char *error;     /* answered to the next `errors` commands named `error_to` */
    const char *error_to;  /* that are about */
    const char *error_key; /* a key with this in it; NULL: any */
    uint32_t errors;
    uint32_t appends;      /* to the journal, accepted */
    uint32_t node_entries; /* that a trim takes away together; 0: one */
} redis;

struct command_sent {
    size_t count;
    char *words[WORDS_MAX];
    size_t lengths[WORDS_MAX];
};

/* The bytes of all entries ever, for stream_end(). */
static struct {
    void *bytes[MADE_MAX];
    size_t count;
} made;

static inline void redis_begin(void)
{
    memset(&redis, 0, sizeof(redis));
    const char *good[] = {
        "appendonly",       "yes",       "appendfsync", "always", "no-appendfsync-on-rewrite", "no",
        "maxmemory-policy", "noeviction"};
    memcpy(redis.settings, good, sizeof(good));
    redis.role = "master";
    redis.run_id = "0123456789abcdef0123456789abcdef01234567";
    redis.written = "ok";
    redis.rewrites = false;
}

static inline bool ends_with(const char *text, const char *end)
{
    size_t length = strlen(text);
    return length >= strlen(end) && strcmp(text + length - strlen(end), end) == 0;
}

/* Returns the stream of this key, which may be an absent one. */
static inline struct stream *stream_of(const char *key)
{
    if (ends_with(key, "}:journal")) {
        return &redis.journal;
    }
    if (ends_with(key, "}:snapshots")) {
        return &redis.manifests;
    }
    for (size_t at = 0; at < redis.others_count; at++) {
        if (strcmp(redis.others[at].key, key) == 0) {
            return &redis.others[at];
        }
    }
    size_t free_at = 0;
    while (free_at < redis.others_count && redis.others[free_at].exists) {
        free_at++;
    }
    cr_assert_lt(free_at, OTHERS_MAX);
    redis.others_count += free_at == redis.others_count ? 1 : 0;
    struct stream *stream = &redis.others[free_at];
    snprintf(stream->key, sizeof(stream->key), "%s", key);
    return stream;
}

static inline void stream_append(struct stream *stream, struct entry_id id, const void *bytes,
                                 size_t length)
{
    struct stream_entry *entry = &stream->entries[stream->count++];
    cr_assert_lt(stream->count, STREAM_MAX);
    *entry = (struct stream_entry){.id = id, .bytes = malloc(length), .length = length};
    cr_assert_lt(made.count, MADE_MAX);
    made.bytes[made.count++] = entry->bytes;
    memcpy(entry->bytes, bytes, length);
    stream->last = id;
    stream->exists = true;
}

static inline void redis_append(struct entry_id id, const void *bytes, size_t length)
{
    stream_append(&redis.journal, id, bytes, length);
    redis.appends++;
}

/* Forgets the newest entries, as a Redis does that comes back without the tail of its file. */
static inline void redis_forget(size_t entries)
{
    struct stream *stream = &redis.journal;
    stream->count -= entries;
    stream->last = stream->count > 0 ? stream->entries[stream->count - 1].id
                                     : (struct entry_id){0, 0};
}

static inline void stream_delete(struct stream *stream)
{
    stream->count = 0;
    stream->last = (struct entry_id){0, 0};
    stream->exists = false;
}

static inline void redis_delete(void)
{
    stream_delete(&redis.journal);
}

/* Takes the oldest entries away. */
static inline void stream_shift(struct stream *stream, size_t entries)
{
    stream->count -= entries;
    memmove(stream->entries, stream->entries + entries, stream->count * sizeof(stream->entries[0]));
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
    struct journal_entry entries[ENTRIES_AT_ONCE];
    struct journal_pair pairs[4];
    char text[ENTRIES_AT_ONCE * ENTRY_ID_TEXT_BYTES];
};

static inline void reply_error(struct reply *reply, const char *error)
{
    reply->answer.kind = JOURNAL_ANSWER_ERROR;
    reply->answer.text = text_of(error);
}

static inline void reply_text(struct reply *reply, const char *text)
{
    reply->answer.kind = JOURNAL_ANSWER_TEXT;
    reply->answer.text = text_of(text);
}

static inline void reply_integer(struct reply *reply, int64_t integer)
{
    reply->answer.kind = JOURNAL_ANSWER_INTEGER;
    reply->answer.integer = integer;
}

static inline void redis_xadd(const struct command_sent *command, struct reply *reply)
{
    bool no_make = strcmp(word_of(command, 2), "NOMKSTREAM") == 0;
    size_t at = no_make ? 3 : 2;
    const char *word = word_of(command, at);
    struct entry_id id = id_of(word);
    struct stream *stream = stream_of(word_of(command, 1));
    cr_assert_str_eq(word_of(command, at + 1), "b");
    if (no_make && !stream->exists) {
        reply->answer.kind = JOURNAL_ANSWER_NIL;
        return;
    }
    if (entry_id_compare(id, stream->last) <= 0) {
        reply_error(reply, "ERR The ID specified in XADD is equal or smaller than the target "
                           "stream top item");
        return;
    }
    stream_append(stream, id, word_of(command, at + 2), command->lengths[at + 2]);
    redis.appends += stream == &redis.journal ? 1 : 0;
    snprintf(reply->text, sizeof(reply->text), "%s", word);
    reply_text(reply, reply->text);
}

static inline void redis_range(const struct command_sent *command, struct reply *reply,
                               bool backwards)
{
    const struct stream *stream = stream_of(word_of(command, 1));
    const char *start = word_of(command, backwards ? 3 : 2);
    const char *end = word_of(command, backwards ? 2 : 3);
    size_t limit = strtoul(word_of(command, 5), NULL, 10);
    char *text = reply->text;
    cr_assert_leq(limit, ENTRIES_AT_ONCE);
    reply->answer.kind = JOURNAL_ANSWER_ENTRIES;
    reply->answer.entries = reply->entries;
    for (size_t at = 0; at < stream->count && reply->answer.count < limit; at++) {
        const struct stream_entry *entry =
            &stream->entries[backwards ? stream->count - 1 - at : at];
        if (!in_range(entry->id, start, end)) {
            continue;
        }
        entry_id_write(entry->id, text);
        reply->entries[reply->answer.count++] = (struct journal_entry){
            text_of(text), entry->strange ? NULL : entry->bytes, entry->length};
        text += ENTRY_ID_TEXT_BYTES;
    }
}

/* XTRIM key MINID = id, or MINID ~ id LIMIT count, which takes whole nodes only. */
static inline void redis_trim(const struct command_sent *command, struct reply *reply)
{
    struct stream *stream = stream_of(word_of(command, 1));
    bool about = strcmp(word_of(command, 3), "~") == 0;
    size_t limit = about ? strtoul(word_of(command, 6), NULL, 10) : STREAM_MAX;
    size_t node = about && redis.node_entries > 0 ? redis.node_entries : 1;
    size_t below = 0;
    cr_assert_str_eq(word_of(command, 2), "MINID");
    while (below < stream->count &&
           entry_id_compare(stream->entries[below].id, id_of(word_of(command, 4))) < 0) {
        below++;
    }
    below = below > limit ? limit : below;
    below -= below % node;
    stream_shift(stream, below);
    reply_integer(reply, (int64_t)below);
}

static inline void redis_expire(const struct command_sent *command, struct reply *reply)
{
    struct stream *stream = stream_of(word_of(command, 1));
    cr_assert(stream != &redis.journal);
    cr_assert(stream != &redis.manifests);
    reply_integer(reply, stream->exists ? 1 : 0);
    stream_delete(stream);
}

static inline void redis_persist(const struct command_sent *command, struct reply *reply)
{
    struct stream *stream = stream_of(word_of(command, 1));
    stream->stays = stream->exists;
    reply_integer(reply, stream->exists ? 1 : 0);
}

static inline void redis_info(const struct command_sent *command, struct reply *reply)
{
    cr_assert_str_eq(word_of(command, 1), "server");
    cr_assert_str_eq(word_of(command, 2), "replication");
    cr_assert_str_eq(word_of(command, 3), "persistence");
    int length = snprintf(reply->text, sizeof(reply->text),
                          "# Server\r\nrun_id:%s\r\n\r\n# Persistence\r\n", redis.run_id);
    if (redis.written != NULL) {
        length += snprintf(reply->text + length, sizeof(reply->text) - (size_t)length,
                           "aof_last_write_status:%s\r\n", redis.written);
    }
    length += snprintf(reply->text + length, sizeof(reply->text) - (size_t)length,
                       "aof_rewrite_in_progress:%d\r\naof_rewrite_scheduled:0\r\n",
                       redis.rewrites ? 1 : 0);
    snprintf(reply->text + length, sizeof(reply->text) - (size_t)length,
             "\r\n# Replication\r\nrole:%s\r\nconnected_slaves:0\r\n", redis.role);
    reply_text(reply, reply->text);
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

static inline bool is_refused(const struct command_sent *command)
{
    return redis.errors > 0 && is_command(command, redis.error_to) &&
           (redis.error_key == NULL || strstr(word_of(command, 1), redis.error_key) != NULL);
}

static inline void redis_carry_out(const struct command_sent *command, struct reply *reply)
{
    reply->answer = (struct journal_answer){.kind = JOURNAL_ANSWER_OTHER};
    if (is_refused(command)) {
        redis.errors--;
        reply_error(reply, redis.error);
    } else if (is_command(command, "CONFIG")) {
        redis_settings(command, reply);
    } else if (is_command(command, "INFO")) {
        redis_info(command, reply);
    } else if (is_command(command, "XLEN")) {
        reply_integer(reply, (int64_t)stream_of(word_of(command, 1))->count);
    } else if (is_command(command, "XADD")) {
        redis_xadd(command, reply);
    } else if (is_command(command, "WAIT")) {
        reply_integer(reply, redis.replicas);
    } else if (is_command(command, "XTRIM")) {
        redis_trim(command, reply);
    } else if (is_command(command, "PEXPIRE")) {
        redis_expire(command, reply);
    } else if (is_command(command, "PERSIST")) {
        redis_persist(command, reply);
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
