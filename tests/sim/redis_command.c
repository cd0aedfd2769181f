/* redis_command.c -- XADD, XRANGE, XREVRANGE, XLEN, XTRIM, WAIT, PEXPIRE, PERSIST, CONFIG GET, INFO.
 *
 * Texts of errors are the real ones (Redis 7.0).
 */
#include "tests/sim/redis_command.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/bug.h"
#include "tests/sim/link.h"

#define NODE_ENTRIES 8U /* XTRIM with ~ takes whole nodes only */

static bool is(const struct redis_command *command, uint32_t at, const char *word)
{
    return at < command->count && command->lengths[at] == strlen(word) &&
           memcmp(command->words[at], word, command->lengths[at]) == 0;
}

static struct text word_at(const struct redis_command *command, uint32_t at)
{
    return (struct text){command->words[at], (uint32_t)command->lengths[at]};
}

static void say(struct redis_answer *answer, enum journal_answer_kind kind, const char *text)
{
    answer->answer.kind = kind;
    snprintf(answer->text, sizeof(answer->text), "%s", text);
    answer->answer.text = text_of(answer->text);
}

static void count(struct redis_answer *answer, int64_t number)
{
    answer->answer.kind = JOURNAL_ANSWER_INTEGER;
    answer->answer.integer = number;
}

static void log_change(struct redis *redis, enum redis_change change, struct redis_stream *stream,
                       uint64_t before)
{
    redis->log = sim_grow(redis->sim, redis->log, redis->log_count, &redis->log_room,
                          sizeof(*redis->log));
    redis->log[redis->log_count++] = (struct redis_undo){
        change, (uint32_t)(stream - redis->streams), before, stream->last};
}

struct redis_stream *redis_stream_of(struct redis *redis, struct text key)
{
    for (size_t at = 0; at < redis->stream_count; at++) {
        struct redis_stream *stream = &redis->streams[at];
        if (!stream->exists || !text_equal(text_of(stream->key), key)) {
            continue;
        }
        if (stream->expires_us != 0 && redis->sim->now_us >= stream->expires_us) {
            log_change(redis, REDIS_CREATED, stream, 1);
            stream->exists = false;
            return NULL;
        }
        return stream;
    }
    return NULL;
}

static struct redis_stream *create(struct redis *redis, struct text key)
{
    redis->streams = sim_grow(redis->sim, redis->streams, redis->stream_count, &redis->stream_room,
                              sizeof(*redis->streams));
    struct redis_stream *stream = &redis->streams[redis->stream_count++];
    *stream = (struct redis_stream){0};
    ASSERT(key.length < sizeof(stream->key));
    memcpy(stream->key, key.data, key.length);
    log_change(redis, REDIS_CREATED, stream, 0);
    stream->exists = true;
    return stream;
}

static void add(struct redis *redis, const struct redis_command *command,
                struct redis_answer *answer)
{
    bool must_exist = is(command, 2, "NOMKSTREAM");
    uint32_t at = must_exist ? 3 : 2;
    struct entry_id id;
    ASSERT(command->count == at + 3 && is(command, at + 1, "b"));
    bool fine = entry_id_read(word_at(command, at), &id);
    ASSERT(fine);
    struct redis_stream *stream = redis_stream_of(redis, word_at(command, 1));
    if (stream == NULL && must_exist) {
        answer->answer.kind = JOURNAL_ANSWER_NIL;
        return;
    }
    if (stream != NULL && entry_id_compare(id, stream->last) <= 0) {
        say(answer, JOURNAL_ANSWER_ERROR,
            "ERR The ID specified in XADD is equal or smaller than the target stream top item");
        return;
    }
    stream = stream == NULL ? create(redis, word_at(command, 1)) : stream;
    log_change(redis, REDIS_ADDED, stream, 0);
    stream->entries = sim_grow(redis->sim, stream->entries, stream->count, &stream->room,
                               sizeof(*stream->entries));
    stream->last = id;
    stream->entries[stream->count++] = (struct redis_entry){
        .id = id,
        .id_text = word_at(command, at),
        .bytes = (const uint8_t *)command->words[at + 2],
        .length = command->lengths[at + 2],
    };
    say(answer, JOURNAL_ANSWER_TEXT, "");
    memcpy(answer->text, command->words[at], command->lengths[at]);
    answer->answer.text.length = (uint32_t)command->lengths[at];
    sim_remember(redis->sim, id.epoch << 32 ^ id.number ^ command->lengths[at + 2] << 48);
}

/* Reads one end of a range; `low` tells which. */
static struct entry_id read_end(const struct redis_command *command, uint32_t at, bool low,
                                bool *without)
{
    struct text word = word_at(command, at);
    struct entry_id id;
    *without = word.length > 0 && word.data[0] == '(';
    if (word.length == 1 && (word.data[0] == '-' || word.data[0] == '+')) {
        return word.data[0] == '-' ? (struct entry_id){0, 0}
                                   : (struct entry_id){UINT64_MAX, UINT64_MAX};
    }
    if (*without) {
        word.data++;
        word.length--;
    }
    if (memchr(word.data, '-', word.length) == NULL) {
        char whole[64];
        snprintf(whole, sizeof(whole), "%.*s-%s", (int)word.length, word.data,
                 low ? "0" : "18446744073709551615");
        bool fine = entry_id_read(text_of(whole), &id);
        ASSERT(fine);
        return id;
    }
    bool fine = entry_id_read(word, &id);
    ASSERT(fine);
    return id;
}

/* Returns the index of the first entry not below `id`, or above it. */
static size_t first_from(const struct redis_stream *stream, struct entry_id id, bool above)
{
    size_t low = stream->head;
    size_t high = stream->count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        int order = entry_id_compare(stream->entries[middle].id, id);
        if (order < 0 || (above && order == 0)) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

static void range(struct redis *redis, const struct redis_command *command, bool backwards,
                  struct redis_answer *answer)
{
    bool without_low;
    bool without_high;
    struct entry_id low = read_end(command, backwards ? 3 : 2, true, &without_low);
    struct entry_id high = read_end(command, backwards ? 2 : 3, false, &without_high);
    size_t most = SIZE_MAX;
    if (is(command, 4, "COUNT")) {
        most = strtoul(command->words[5], NULL, 10);
    }
    const struct redis_stream *stream = redis_stream_of(redis, word_at(command, 1));
    answer->answer.kind = JOURNAL_ANSWER_ENTRIES;
    if (stream == NULL) {
        return;
    }
    size_t from = first_from(stream, low, without_low);
    size_t to = first_from(stream, high, !without_high);
    size_t found = to > from ? to - from : 0;
    found = found > most ? most : found;
    struct journal_entry *entries = sim_allocate(redis->sim, (found + 1) * sizeof(*entries));
    for (size_t at = 0; at < found; at++) {
        const struct redis_entry *entry = &stream->entries[backwards ? to - 1 - at : from + at];
        entries[at] = (struct journal_entry){entry->id_text, entry->bytes, entry->length};
    }
    answer->answer.count = found;
    answer->answer.entries = entries;
}

static void trim(struct redis *redis, const struct redis_command *command,
                 struct redis_answer *answer)
{
    ASSERT(is(command, 2, "MINID"));
    bool about = is(command, 3, "~");
    uint32_t at = about || is(command, 3, "=") ? 4 : 3;
    bool unused;
    struct entry_id id = read_end(command, at, true, &unused);
    struct redis_stream *stream = redis_stream_of(redis, word_at(command, 1));
    if (stream == NULL) {
        count(answer, 0);
        return;
    }
    size_t gone = first_from(stream, id, false) - stream->head;
    if (about) {
        gone = gone / NODE_ENTRIES * NODE_ENTRIES;
    }
    if (is(command, at + 1, "LIMIT")) {
        size_t limit = strtoul(command->words[at + 2], NULL, 10);
        gone = limit != 0 && gone > limit ? limit : gone;
    }
    if (gone > 0) {
        log_change(redis, REDIS_TRIMMED, stream, stream->head);
        stream->head += gone;
        redis->trimmed_at_us = redis->sim->now_us;
        sim_tell(redis->sim, "redis    trims %zu entries of %s", gone, stream->key);
    }
    count(answer, (int64_t)gone);
}

static void expire(struct redis *redis, const struct redis_command *command, bool never,
                   struct redis_answer *answer)
{
    struct redis_stream *stream = redis_stream_of(redis, word_at(command, 1));
    if (stream == NULL || (never && stream->expires_us == 0)) {
        count(answer, 0);
        return;
    }
    log_change(redis, REDIS_EXPIRES, stream, (uint64_t)stream->expires_us);
    stream->expires_us = never ? 0
                               : redis->sim->now_us +
                                     strtoll(command->words[2], NULL, 10) * US_PER_MS;
    count(answer, 1);
}

static void show_settings(struct redis *redis, const struct redis_command *command,
                          struct redis_answer *answer)
{
    static const struct {
        const char *name;
        const char *value;
    } settings[] = {
        {"appendonly", "yes"},
        {"appendfsync", "always"},
        {"no-appendfsync-on-rewrite", "no"},
        {"maxmemory-policy", "noeviction"},
    };
    bool weak = redis->sim->now_us < redis->weak_until_us;
    struct journal_pair *pairs = sim_allocate(redis->sim, command->count * sizeof(*pairs));
    answer->answer.kind = JOURNAL_ANSWER_PAIRS;
    answer->answer.pairs = pairs;
    for (uint32_t word = 2; word < command->count; word++) {
        for (size_t at = 0; at < sizeof(settings) / sizeof(settings[0]); at++) {
            if (!is(command, word, settings[at].name)) {
                continue;
            }
            const char *value = settings[at].value;
            if (at == 1 && redis->sim->swarm.everysec) {
                value = "everysec";
            }
            value = at == 1 && weak ? "no" : value;
            pairs[answer->answer.count++] = (struct journal_pair){text_of(settings[at].name),
                                                                  text_of(value)};
        }
    }
}

static void show_info(struct redis *redis, struct redis_answer *answer)
{
    bool replica = redis->sim->now_us < redis->replica_until_us;
    answer->answer.kind = JOURNAL_ANSWER_TEXT;
    snprintf(answer->text, sizeof(answer->text),
             "# Server\r\nredis_version:7.0.15\r\nrun_id:%040" PRIx64 "\r\n# Persistence\r\n"
             "loading:0\r\naof_last_write_status:ok\r\n# Replication\r\nrole:%s\r\n",
             redis->sim->seed * 1000 + redis->run, replica ? "slave" : "master");
    answer->answer.text = text_of(answer->text);
}

/* Answers what is refused as things are. */
static bool refused(const struct redis *redis, const struct redis_command *command, bool writes,
                    struct redis_answer *answer)
{
    int64_t now_us = redis->sim->now_us;
    (void)command;
    if (now_us < redis->loading_until_us) {
        say(answer, JOURNAL_ANSWER_ERROR, "LOADING Redis is loading the dataset in memory");
    } else if (now_us < redis->refuses_until_us && (writes || redis->refusal[0] == 'B')) {
        say(answer, JOURNAL_ANSWER_ERROR, redis->refusal);
    } else if (now_us < redis->replica_until_us && writes) {
        say(answer, JOURNAL_ANSWER_ERROR, "READONLY You can't write against a read only replica.");
    } else {
        return false;
    }
    return true;
}

/* WAIT waits for what its own connection wrote; on one that wrote nothing it succeeds at once and means
 * nothing. */
static void wait_for_replicas(struct redis *redis, const struct link *link,
                              struct redis_answer *answer)
{
    bool lags = redis->sim->now_us < redis->lagging_until_us && link->wrote > 0;
    if (!lags && link->wrote > redis->replicated) {
        redis->replicated = link->wrote < redis->log_count ? link->wrote : redis->log_count;
    }
    count(answer, lags ? 0 : (int64_t)redis->sim->swarm.wait_replicas);
}

struct redis_answer *redis_carry_out(struct redis *redis, const struct redis_command *command)
{
    struct redis_answer *answer = sim_allocate(redis->sim, sizeof(*answer));
    answer->link = command->link;
    answer->answer.kind = JOURNAL_ANSWER_OTHER;
    bool writes = is(command, 0, "XADD") || is(command, 0, "XTRIM") || is(command, 0, "PEXPIRE") ||
                  is(command, 0, "PERSIST");
    if (refused(redis, command, writes, answer)) {
        return answer;
    }
    if (is(command, 0, "XADD")) {
        add(redis, command, answer);
    } else if (is(command, 0, "XRANGE")) {
        range(redis, command, false, answer);
    } else if (is(command, 0, "XREVRANGE")) {
        range(redis, command, true, answer);
    } else if (is(command, 0, "XLEN")) {
        const struct redis_stream *stream = redis_stream_of(redis, word_at(command, 1));
        count(answer, stream == NULL ? 0 : (int64_t)(stream->count - stream->head));
    } else if (is(command, 0, "XTRIM")) {
        trim(redis, command, answer);
    } else if (is(command, 0, "PEXPIRE")) {
        expire(redis, command, false, answer);
    } else if (is(command, 0, "PERSIST")) {
        expire(redis, command, true, answer);
    } else if (is(command, 0, "WAIT")) {
        wait_for_replicas(redis, command->link, answer);
    } else if (is(command, 0, "INFO")) {
        show_info(redis, answer);
    } else if (is(command, 0, "CONFIG")) {
        show_settings(redis, command, answer);
    } else {
        sim_violation(redis->sim, "the simulated Redis knows every command that is sent", "%.*s",
                      (int)command->lengths[0], command->words[0]);
    }
    if (writes) {
        command->link->wrote = redis->log_count;
    }
    return answer;
}
