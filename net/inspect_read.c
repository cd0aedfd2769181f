/* inspect_read.c -- XRANGE and its kin, and what their answers must look like. */
#include "net/inspect_read.h"

#include <sodium.h>
#include <stdarg.h>
#include <string.h>

#include "engine/bug.h"
#include "engine/bytes.h"
#include "net/batch.h"

#define PAGE_ENTRIES_MIN 16U
#define PAGE_ENTRIES_MAX 128U
#define PAGE_BYTES_AIM (2U << 20)
#define CHUNKS_PAGE "4" /* chunks asked for at a time */
#define MANIFESTS_PAGE "64"
#define NUMBER_BYTES 24U
#define SNAPSHOTS_KEPT 2U /* by a server */
#define KEPT_AND_ONE "3"

enum look inspect_says(struct inspect *inspect, enum look look, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(inspect->words, sizeof(inspect->words), format, arguments);
    va_end(arguments);
    return look;
}

/* Says why an answer is none of entries: a lost connection, or Redis' own words. */
static enum look no_answer(struct inspect *inspect, const struct redis_ask *redis, const char *key,
                           const struct journal_answer *answer)
{
    if (answer == NULL) {
        return inspect_says(inspect, LOOK_FAILED, "the connection to Redis was lost: %s",
                            redis_ask_trouble(redis));
    }
    if (answer->kind != JOURNAL_ANSWER_ERROR) {
        return inspect_says(inspect, LOOK_FAILED,
                            "Redis gave an answer about %s that makes no sense", key);
    }
    if (answer->text.length >= 9 && memcmp(answer->text.data, "WRONGTYPE", 9) == 0) {
        return inspect_says(inspect, LOOK_FAILED,
                            "the key %s is not a stream: it belongs to somebody else", key);
    }
    return inspect_says(inspect, LOOK_FAILED, "Redis refuses to show %s: %.*s", key,
                        (int)(answer->text.length > 200 ? 200 : answer->text.length),
                        answer->text.data);
}

static bool are_entries(const struct journal_answer *answer)
{
    return answer != NULL && answer->kind == JOURNAL_ANSWER_ENTRIES;
}

/* --- the journal -------------------------------------------------------------------------------- */

static void read_birth(struct inspect_birth *birth, const struct event_genesis *genesis)
{
    *birth = (struct inspect_birth){
        .known = true,
        .journal_id = genesis->journal_id,
        .shard = genesis->shard,
        .format = genesis->format,
        .key_fingerprint = genesis->key_fingerprint,
        .clock_manual = genesis->clock_manual != 0,
    };
    snprintf(birth->name, sizeof(birth->name), "%.*s", (int)genesis->name.length,
             genesis->name.length > 0 ? genesis->name.data : "");
}

/* Reads GENESIS out of the first entry. A broken one is left to the walk, which says how. */
static void look_for_birth(struct inspect *inspect, const struct journal_entry *entry)
{
    struct batch_reader reader;
    struct batch_group group;
    struct event event;
    if (entry->bytes != NULL &&
        batch_open(&reader, entry->bytes, entry->length, NULL) == BATCH_FINE &&
        batch_next_group(&reader, &group) == BATCH_FINE &&
        batch_next_event(&group, &event) == BATCH_FINE && event.type == EVENT_GENESIS) {
        read_birth(&inspect->birth, &event.as.genesis);
    }
}

/* Asks for the entry at one end of the stream. LOOK_END: it has none. */
static enum look ask_end(struct inspect *inspect, bool newest, struct entry_id *id)
{
    struct redis_ask *redis = inspect->source.beside;
    const struct journal_answer *answer = newest
                                              ? REDIS_ASK(redis, "XREVRANGE", inspect->journal_key,
                                                          "+", "-", "COUNT", "1")
                                              : REDIS_ASK(redis, "XRANGE", inspect->journal_key,
                                                          "-", "+", "COUNT", "1");
    if (!are_entries(answer)) {
        return no_answer(inspect, redis, inspect->journal_key, answer);
    }
    if (answer->count == 0) {
        return LOOK_END;
    }
    if (!entry_id_read(answer->entries[0].id, id)) {
        return inspect_says(inspect, LOOK_FAILED, "Redis named an entry without an ID");
    }
    if (!newest && id->epoch == 0 && id->number == 1) {
        look_for_birth(inspect, &answer->entries[0]);
    }
    return LOOK_FINE;
}

enum look inspect_begin(struct inspect *inspect)
{
    struct redis_ask *redis = inspect->source.beside;
    snprintf(inspect->journal_key, sizeof(inspect->journal_key), "%s:{%lld}:journal",
             inspect->options->name, (long long)inspect->options->shard);
    inspect->page_entries = PAGE_ENTRIES_MIN;
    enum look look = ask_end(inspect, false, &inspect->first);
    if (look == LOOK_FINE) {
        look = ask_end(inspect, true, &inspect->last);
    }
    if (look != LOOK_FINE) {
        return look == LOOK_END ? inspect_says(inspect, LOOK_FAILED, "there is no journal at %s",
                                               inspect->journal_key)
                                : look;
    }
    const struct journal_answer *answer = REDIS_ASK(redis, "XLEN", inspect->journal_key);
    if (answer == NULL || answer->kind != JOURNAL_ANSWER_INTEGER || answer->integer < 0) {
        return no_answer(inspect, redis, inspect->journal_key, answer);
    }
    inspect->entries_total = (uint64_t)answer->integer;
    return LOOK_FINE;
}

/* As in GENESIS: of the first coupon key and of those that never change. */
static uint64_t key_fingerprint(const struct secrets *secrets)
{
    return bytes_get_u64(secrets->coupon[0].fingerprint) ^
           bytes_get_u64(secrets->phone.fingerprint) ^ bytes_get_u64(secrets->request.fingerprint);
}

enum look inspect_check_birth(struct inspect *inspect)
{
    const struct inspect_birth *birth = &inspect->birth;
    const struct options *options = inspect->options;
    ASSERT(birth->known);
    if (strcmp(birth->name, options->name) != 0 || birth->shard != (uint32_t)options->shard) {
        return inspect_says(inspect, LOOK_BAD,
                            "it says that it belongs to brand %s, shard %u, but it lies at %s",
                            birth->name, birth->shard, inspect->journal_key);
    }
    if (birth->format != BATCH_FORMAT) {
        return inspect_says(inspect, LOOK_FAILED,
                            "the journal has format %u, this version of Boon reads format %u; use "
                            "the version that wrote it",
                            birth->format, BATCH_FORMAT);
    }
    if (inspect->keys_known && birth->key_fingerprint != key_fingerprint(&inspect->secrets)) {
        return inspect_says(inspect, LOOK_FAILED,
                            "the journal was begun with another secret file (fingerprint "
                            "%016" PRIx64 ", not %016" PRIx64 "): give the right one, or none",
                            birth->key_fingerprint, key_fingerprint(&inspect->secrets));
    }
    return LOOK_FINE;
}

/* How many entries to ask for next, after a page of so many bytes. */
static void fit_page(struct inspect *inspect)
{
    size_t bytes = 0;
    for (size_t at = 0; at < inspect->page->count; at++) {
        bytes += inspect->page->entries[at].length;
    }
    if (bytes < PAGE_BYTES_AIM / 2 && inspect->page_entries < PAGE_ENTRIES_MAX) {
        inspect->page_entries *= 2;
    } else if (bytes > PAGE_BYTES_AIM && inspect->page_entries > PAGE_ENTRIES_MIN) {
        inspect->page_entries /= 2;
    }
}

static enum look next_page(struct inspect *inspect)
{
    char from[ENTRY_ID_TEXT_BYTES + 1] = "(";
    char to[ENTRY_ID_TEXT_BYTES];
    char count[NUMBER_BYTES];
    struct redis_ask *redis = inspect->source.walk;
    if (entry_id_compare(inspect->cursor, inspect->last) >= 0) {
        return LOOK_END;
    }
    entry_id_write(inspect->cursor, from + 1);
    entry_id_write(inspect->last, to);
    snprintf(count, sizeof(count), "%u", inspect->page_entries);
    inspect->page_at = 0;
    inspect->page = REDIS_ASK(redis, "XRANGE", inspect->journal_key, from, to, "COUNT", count);
    if (!are_entries(inspect->page)) {
        return no_answer(inspect, redis, inspect->journal_key, inspect->page);
    }
    fit_page(inspect);
    return inspect->page->count == 0 ? LOOK_END : LOOK_FINE;
}

enum look inspect_next(struct inspect *inspect, struct journal_entry *entry)
{
    struct entry_id id;
    if (inspect->page == NULL || inspect->page_at == inspect->page->count) {
        enum look look = next_page(inspect);
        if (look != LOOK_FINE) {
            inspect->page = NULL;
            return look;
        }
    }
    *entry = inspect->page->entries[inspect->page_at++];
    if (!entry_id_read(entry->id, &id) || entry_id_compare(id, inspect->cursor) <= 0) {
        return inspect_says(inspect, LOOK_FAILED, "Redis gave entries out of order");
    }
    inspect->cursor = id;
    return LOOK_FINE;
}

enum look inspect_explain(struct inspect *inspect)
{
    struct entry_id now;
    enum look look = ask_end(inspect, false, &now);
    if (look == LOOK_FAILED || (look == LOOK_FINE && entry_id_compare(now, inspect->first) == 0)) {
        return look == LOOK_FAILED ? look : LOOK_BAD;
    }
    inspect->trimmed = true;
    return inspect_says(inspect, LOOK_FAILED,
                        "the server trimmed the journal while it was looked at; look again");
}

/* --- snapshots ---------------------------------------------------------------------------------- */

static void take_manifest(struct inspect *inspect, const struct journal_entry *entry)
{
    if (inspect->snapshot_count == INSPECT_SNAPSHOTS_MAX) {
        memmove(&inspect->snapshots[0], &inspect->snapshots[1],
                (INSPECT_SNAPSHOTS_MAX - 1) * sizeof(inspect->snapshots[0]));
        inspect->snapshot_count--;
    }
    struct inspect_snapshot *snapshot = &inspect->snapshots[inspect->snapshot_count++];
    char message[SNAPSHOT_MESSAGE_BYTES] = "it does not have the one field that an entry has";
    *snapshot = (struct inspect_snapshot){.manifest_good = INSPECT_NO};
    bool named = entry_id_read(entry->id, &snapshot->id);
    if (!named || entry->bytes == NULL ||
        !manifest_read(entry->bytes, entry->length, NULL, &snapshot->manifest, message)) {
        snprintf(snapshot->words, sizeof(snapshot->words), "its manifest cannot be read: %s",
                 message);
        return;
    }
    const struct snapshot_stamp *stamp = &snapshot->manifest.stamp;
    if (stamp->epoch != snapshot->id.epoch || stamp->number != snapshot->id.number) {
        snprintf(snapshot->words, sizeof(snapshot->words),
                 "its manifest was written for entry %" PRIu64 "-%" PRIu64, stamp->epoch,
                 stamp->number);
        return;
    }
    snapshot->manifest_good = INSPECT_YES;
}

enum look inspect_list_snapshots(struct inspect *inspect)
{
    struct redis_ask *redis = inspect->source.beside;
    struct entry_id cursor = {0, 0};
    snprintf(inspect->manifests_key, sizeof(inspect->manifests_key), "%s:{%lld}:snapshots",
             inspect->options->name, (long long)inspect->options->shard);
    inspect->snapshot_count = 0;
    inspect->birth.known = false;
    inspect->cursor = cursor;
    inspect->page = NULL;
    inspect->trimmed = false;
    for (;;) {
        char from[ENTRY_ID_TEXT_BYTES + 1] = "(";
        entry_id_write(cursor, from + 1);
        const struct journal_answer *answer = REDIS_ASK(redis, "XRANGE", inspect->manifests_key,
                                                        from, "+", "COUNT", MANIFESTS_PAGE);
        if (!are_entries(answer)) {
            return no_answer(inspect, redis, inspect->manifests_key, answer);
        }
        if (answer->count == 0) {
            return LOOK_FINE;
        }
        for (size_t at = 0; at < answer->count; at++) {
            struct entry_id id;
            if (!entry_id_read(answer->entries[at].id, &id) || entry_id_compare(id, cursor) <= 0) {
                return inspect_says(inspect, LOOK_FAILED, "Redis gave entries out of order");
            }
            cursor = id;
            take_manifest(inspect, &answer->entries[at]);
        }
    }
}

static enum look bad_snapshot(struct inspect *inspect, struct inspect_snapshot *snapshot,
                              const char *words)
{
    snprintf(snapshot->words, sizeof(snapshot->words), "%s", words);
    return inspect_says(inspect, LOOK_BAD, "%s", words);
}

/* Gives a page of chunks to the reader. LOOK_END: it was the last one. */
static enum look take_chunks(struct inspect *inspect, struct inspect_snapshot *snapshot,
                             struct snapshot_reader *reader, const char *key)
{
    struct redis_ask *redis = inspect->source.beside;
    char from[ENTRY_ID_TEXT_BYTES + 1] = "(";
    char message[SNAPSHOT_MESSAGE_BYTES] = "";
    char words[INSPECT_WORDS_BYTES];
    entry_id_write((struct entry_id){1, snapshot->chunks}, from + 1);
    const struct journal_answer *answer = REDIS_ASK(
        redis, "XRANGE", key, snapshot->chunks == 0 ? "-" : from, "+", "COUNT", CHUNKS_PAGE);
    if (!are_entries(answer)) {
        return no_answer(inspect, redis, key, answer);
    }
    for (size_t at = 0; at < answer->count; at++) {
        const struct journal_entry *entry = &answer->entries[at];
        struct entry_id id = {0, 0};
        if (!entry_id_read(entry->id, &id) || id.epoch != 1 || id.number != snapshot->chunks + 1 ||
            entry->bytes == NULL) {
            snprintf(words, sizeof(words), "chunk %" PRIu64 " is missing (%.*s comes in its place)",
                     snapshot->chunks + 1, (int)(entry->id.length > 41 ? 41 : entry->id.length),
                     entry->id.data);
            return bad_snapshot(inspect, snapshot, words);
        }
        if (!snapshot_reader_take(reader, entry->bytes, entry->length, message)) {
            return bad_snapshot(inspect, snapshot, message);
        }
        snapshot->chunks++;
        snapshot->bytes += entry->length;
    }
    return answer->count == 0 ? LOOK_END : LOOK_FINE;
}

static enum look end_snapshot(struct inspect *inspect, struct inspect_snapshot *snapshot,
                              struct snapshot_reader *reader, struct engine *engine)
{
    char message[SNAPSHOT_MESSAGE_BYTES] = "";
    char words[INSPECT_WORDS_BYTES];
    struct event genesis;
    if (snapshot->chunks < snapshot->manifest.chunks) {
        snprintf(words, sizeof(words), "chunk %" PRIu64 " of %" PRIu64 " is missing",
                 snapshot->chunks + 1, snapshot->manifest.chunks);
        return bad_snapshot(inspect, snapshot, words);
    }
    if (!snapshot_reader_end(reader, &genesis, message)) {
        /* The sequence is set when all events were good: then it is the state as a whole that is not. */
        const struct requests *requests = &engine->requests;
        bool restored = engine->seq == snapshot->manifest.stamp.seq;
        bool full = requests->bound - requests->forgotten == requests->limit;
        snapshot->chunks_good = restored ? INSPECT_YES : INSPECT_NO;
        snapshot->state_good = INSPECT_NO;
        return bad_snapshot(inspect, snapshot,
                            restored && full ? "more request ids than this server has room for: "
                                               "raise --max-requests"
                                             : message);
    }
    snapshot->chunks_good = INSPECT_YES;
    snapshot->state_good = INSPECT_YES;
    if (!inspect->birth.known) {
        read_birth(&inspect->birth, &genesis.as.genesis);
    }
    if (memcmp(&inspect->birth.journal_id, &genesis.as.genesis.journal_id,
               sizeof(inspect->birth.journal_id)) != 0 ||
        memcmp(&inspect->birth.journal_id, &snapshot->manifest.stamp.journal_id,
               sizeof(inspect->birth.journal_id)) != 0) {
        return bad_snapshot(inspect, snapshot, "it is of another journal");
    }
    return LOOK_FINE;
}

/* Tells whether a snapshot is not kept any more: its manifest is gone, or two newer ones took its place, and
 * its chunks go before its manifest does. */
static bool was_removed(struct inspect *inspect, const struct inspect_snapshot *snapshot)
{
    char id[ENTRY_ID_TEXT_BYTES];
    struct entry_id found;
    entry_id_write(snapshot->id, id);
    const struct journal_answer *answer = REDIS_ASK(
        inspect->source.beside, "XRANGE", inspect->manifests_key, id, "+", "COUNT", KEPT_AND_ONE);
    return are_entries(answer) && (answer->count == 0 || answer->count > SNAPSHOTS_KEPT ||
                                   !entry_id_read(answer->entries[0].id, &found) ||
                                   entry_id_compare(found, snapshot->id) != 0);
}

enum look inspect_load_snapshot(struct inspect *inspect, struct inspect_snapshot *snapshot,
                                struct engine *engine)
{
    char key[INSPECT_KEY_BYTES];
    enum look look;
    if (snapshot->manifest_good != INSPECT_YES) {
        return inspect_says(inspect, LOOK_BAD, "%s", snapshot->words);
    }
    snprintf(key, sizeof(key), "%s:{%lld}:snapshot:%" PRIu64 "-%" PRIu64, inspect->options->name,
             (long long)inspect->options->shard, snapshot->id.epoch, snapshot->id.number);
    struct snapshot_reader *reader = snapshot_reader_create(&snapshot->manifest, engine);
    if (reader == NULL) {
        return inspect_says(inspect, LOOK_FAILED, "no memory to read a snapshot");
    }
    snapshot->chunks = 0;
    snapshot->bytes = 0;
    snapshot->chunks_good = INSPECT_NO;
    while ((look = take_chunks(inspect, snapshot, reader, key)) == LOOK_FINE) {
    }
    if (look == LOOK_END) {
        look = end_snapshot(inspect, snapshot, reader, engine);
    }
    snapshot_reader_destroy(&reader);
    if (look == LOOK_BAD && was_removed(inspect, snapshot)) {
        snapshot->chunks_good = INSPECT_NOT_ASKED;
        snprintf(snapshot->words, sizeof(snapshot->words), "newer ones took its place");
        return LOOK_END;
    }
    return look;
}

/* --- an engine ---------------------------------------------------------------------------------- */

struct engine *inspect_engine(const struct inspect *inspect)
{
    const struct options *options = inspect->options;
    struct engine_options how = {
        .members_max = (uint32_t)options->max_members,
        .coupons_max = (uint32_t)options->max_coupons,
        .campaigns_max = (uint32_t)options->max_campaigns,
        .names_max = (uint32_t)options->max_names,
        .requests_max = (uint32_t)options->max_requests,
        .request_window_ms = options->request_window_ms,
        .code_keys.shard = (uint32_t)options->shard,
    };
    randombytes_buf(&how.hash_seed, sizeof(how.hash_seed));
    /* No code is made or read here: which key ids there are is all that counts. */
    for (uint32_t id = 0; id < CODE_KEYS; id++) {
        how.code_keys.live[id] = !inspect->keys_known ||
                                 secret_coupon_key(&inspect->secrets, (uint8_t)id) != NULL;
    }
    how.code_key = inspect->keys_known ? secret_signing_key(&inspect->secrets)->id : 0;
    return engine_create(&how);
}
