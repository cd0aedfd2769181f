/* snapshot_upload.c -- chunks to Redis, read back, and kept; the states are drawn in snapshot_upload.h.
 *
 * Answers come in the order of the questions. While chunks are written that is
 *
 *     XADD 1-1, PEXPIRE, XADD 1-2, XADD 1-3 …
 *
 * so the number of answers so far says what the next one answers. Of each chunk that was sent, its hash is
 * kept, to be compared when it is read back.
 */
#include "net/snapshot_upload.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <xxhash.h>

#include "engine/bug.h"
#include "net/journal_entry.h"

#define CHUNKS_EPOCH 1U  /* chunks are entries 1-1, 1-2 … */
#define PAGE_CHUNKS "4"  /* read back at once: a MiB */
#define HASHES_FIRST 64U /* room to begin with */
#define WORDS_MAX 6U
#define ERROR_BYTES_SHOWN 120 /* of what Redis said */

struct snapshot_upload {
    char key[SNAPSHOT_KEY_BYTES];
    struct journal_port port;
    struct snapshot_source source;
    uint32_t window;
    enum snapshot_upload_state state;
    uint32_t unanswered;
    bool all_sent;     /* the source has no more */
    bool expiring;     /* PEXPIRE was answered */
    uint64_t sent;     /* chunks */
    uint64_t accepted; /* chunks that Redis says it has */
    uint64_t compared; /* chunks that were read back and are right */
    uint64_t bytes;    /* of chunks sent */
    uint64_t *hashes;  /* of the chunks sent */
    size_t hashes_room;
    char message[SNAPSHOT_MESSAGE_BYTES];
};

struct snapshot_upload *snapshot_upload_create(const char *key, const struct journal_port *port,
                                               const struct snapshot_source *source,
                                               uint32_t window)
{
    ASSERT(window >= 1);
    ASSERT(strlen(key) < SNAPSHOT_KEY_BYTES);
    struct snapshot_upload *upload = calloc(1, sizeof(*upload));
    if (upload == NULL) {
        return NULL;
    }
    snprintf(upload->key, sizeof(upload->key), "%s", key);
    upload->port = *port;
    upload->source = *source;
    upload->window = window;
    return upload;
}

void snapshot_upload_destroy(struct snapshot_upload **upload)
{
    if (*upload == NULL) {
        return;
    }
    free((*upload)->hashes);
    free(*upload);
    *upload = NULL;
}

enum snapshot_upload_state snapshot_upload_state(const struct snapshot_upload *upload)
{
    return upload->state;
}

uint32_t snapshot_upload_unanswered(const struct snapshot_upload *upload)
{
    return upload->unanswered;
}

uint64_t snapshot_upload_bytes(const struct snapshot_upload *upload)
{
    return upload->bytes;
}

const char *snapshot_upload_message(const struct snapshot_upload *upload)
{
    return upload->message;
}

__attribute__((format(printf, 2, 3))) static void fail(struct snapshot_upload *upload,
                                                       const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(upload->message, sizeof(upload->message), format, arguments);
    va_end(arguments);
    upload->state = SNAPSHOT_FAILED;
}

/* --- questions ---------------------------------------------------------------------------------- */

static void ask(struct snapshot_upload *upload, size_t count, const char *const *words,
                const size_t *lengths)
{
    upload->unanswered++;
    upload->port.send(upload->port.context, count, words, lengths);
}

static void ask_words(struct snapshot_upload *upload, size_t count, const char *const *words)
{
    size_t lengths[WORDS_MAX];
    ASSERT(count <= WORDS_MAX);
    for (size_t at = 0; at < count; at++) {
        lengths[at] = strlen(words[at]);
    }
    ask(upload, count, words, lengths);
}

static void ask_pexpire(struct snapshot_upload *upload)
{
    char milliseconds[ENTRY_ID_TEXT_BYTES];
    snprintf(milliseconds, sizeof(milliseconds), "%d", SNAPSHOT_UNFINISHED_MS);
    ask_words(upload, 3, (const char *[]){"PEXPIRE", upload->key, milliseconds});
}

static void ask_xadd(struct snapshot_upload *upload, uint64_t number, const uint8_t *bytes,
                     size_t length)
{
    char id[ENTRY_ID_TEXT_BYTES];
    entry_id_write((struct entry_id){CHUNKS_EPOCH, number}, id);
    const char *const chunk = (const char *)bytes;
    const size_t key_length = strlen(upload->key);
    if (number == 1) {
        const char *const words[] = {"XADD", upload->key, id, "b", chunk};
        const size_t lengths[] = {4, key_length, strlen(id), 1, length};
        ask(upload, 5, words, lengths);
    } else {
        const char *const words[] = {"XADD", upload->key, "NOMKSTREAM", id, "b", chunk};
        const size_t lengths[] = {4, key_length, strlen(words[2]), strlen(id), 1, length};
        ask(upload, 6, words, lengths);
    }
}

static void ask_xrange(struct snapshot_upload *upload)
{
    char start[ENTRY_ID_TEXT_BYTES + 1] = "-"; /* from the very first on: nothing may lie below */
    if (upload->compared > 0) {
        start[0] = '(';
        entry_id_write((struct entry_id){CHUNKS_EPOCH, upload->compared}, start + 1);
    }
    ask_words(upload, 6, (const char *[]){"XRANGE", upload->key, start, "+", "COUNT", PAGE_CHUNKS});
}

/* Keeps the hash of a chunk that is about to be sent. False: no memory. */
static bool keep_hash(struct snapshot_upload *upload, const uint8_t *bytes, size_t length)
{
    if (upload->sent == upload->hashes_room) {
        size_t room = upload->hashes_room == 0 ? HASHES_FIRST : 2 * upload->hashes_room;
        uint64_t *hashes = realloc(upload->hashes, room * sizeof(*hashes));
        if (hashes == NULL) {
            return false;
        }
        upload->hashes = hashes;
        upload->hashes_room = room;
    }
    upload->hashes[upload->sent] = XXH3_64bits(bytes, length);
    return true;
}

/* Sends the next chunk. False: there is none, or it failed. */
static bool send_chunk(struct snapshot_upload *upload)
{
    const uint8_t *bytes = NULL;
    size_t length = 0;
    bool failed = false;
    if (!upload->source.next(upload->source.context, &bytes, &length, &failed)) {
        upload->all_sent = true;
        if (failed) {
            fail(upload, "chunk %" PRIu64 " could not be made", upload->sent + 1);
        } else if (upload->sent == 0) {
            fail(upload, "there is no chunk to write");
        }
        return false;
    }
    ASSERT(length <= SNAPSHOT_CHUNK_BYTES_MAX);
    if (upload->sent == SNAPSHOT_CHUNKS_MAX || !keep_hash(upload, bytes, length)) {
        fail(upload, "there is no memory for chunk %" PRIu64, upload->sent + 1);
        return false;
    }
    upload->sent++;
    upload->bytes += length;
    ask_xadd(upload, upload->sent, bytes, length);
    if (upload->sent == 1) {
        ask_pexpire(upload);
    }
    return true;
}

void snapshot_upload_go_on(struct snapshot_upload *upload)
{
    while (upload->state == SNAPSHOT_WRITING && !upload->all_sent &&
           upload->sent - upload->accepted < upload->window) {
        if (!send_chunk(upload)) {
            break;
        }
    }
    if (upload->unanswered > 0) {
        return;
    }
    switch (upload->state) {
    case SNAPSHOT_WRITING:
        ASSERT(upload->all_sent);
        ASSERT(upload->accepted == upload->sent);
        upload->state = SNAPSHOT_READING_BACK;
        ask_xrange(upload);
        break;
    case SNAPSHOT_READING_BACK:
        ask_xrange(upload);
        break;
    case SNAPSHOT_KEEPING:
        ask_pexpire(upload);
        break;
    case SNAPSHOT_DONE:
    case SNAPSHOT_FAILED:
        break;
    }
}

/* --- answers ------------------------------------------------------------------------------------ */

/* Fails with what Redis said, if it is an error. */
static bool is_error(struct snapshot_upload *upload, const char *question,
                     const struct journal_answer *answer)
{
    if (answer->kind != JOURNAL_ANSWER_ERROR) {
        return false;
    }
    int shown = answer->text.length < ERROR_BYTES_SHOWN ? (int)answer->text.length
                                                        : ERROR_BYTES_SHOWN;
    fail(upload, "Redis refuses %s: %.*s", question, shown, answer->text.data);
    return true;
}

static void take_added(struct snapshot_upload *upload, const struct journal_answer *answer)
{
    char id[ENTRY_ID_TEXT_BYTES];
    char question[sizeof("chunk ") + ENTRY_ID_TEXT_BYTES];
    const uint64_t number = upload->accepted + 1;
    snprintf(question, sizeof(question), "chunk %" PRIu64, number);
    if (is_error(upload, question, answer)) {
        return;
    }
    if (answer->kind == JOURNAL_ANSWER_NIL) {
        fail(upload, "the stream was gone when chunk %" PRIu64 " was added", number);
        return;
    }
    entry_id_write((struct entry_id){CHUNKS_EPOCH, number}, id);
    if (answer->kind != JOURNAL_ANSWER_TEXT || !text_equal(answer->text, text_of(id))) {
        fail(upload, "Redis answers chunk %" PRIu64 " with something else than its ID", number);
        return;
    }
    upload->accepted = number;
}

/* Takes the answer to PEXPIRE. False: it failed. */
static bool take_expiry(struct snapshot_upload *upload, const struct journal_answer *answer)
{
    if (is_error(upload, "PEXPIRE", answer)) {
        return false;
    }
    if (answer->kind != JOURNAL_ANSWER_INTEGER || answer->integer != 1) {
        fail(upload, "the stream was gone at PEXPIRE");
        return false;
    }
    return true;
}

static void take_written(struct snapshot_upload *upload, const struct journal_answer *answer)
{
    if (upload->accepted == 1 && !upload->expiring) {
        upload->expiring = take_expiry(upload, answer);
    } else {
        take_added(upload, answer);
    }
}

/* Compares one entry with what was written. False: it failed. */
static bool compare(struct snapshot_upload *upload, const struct journal_entry *entry)
{
    struct entry_id id;
    const uint64_t number = upload->compared + 1;
    const struct entry_id due = {CHUNKS_EPOCH, number};
    if (!entry_id_read(entry->id, &id) || entry_id_compare(id, due) < 0 || number > upload->sent) {
        fail(upload,
             "the stream has an entry that is no chunk of this snapshot, behind chunk %" PRIu64,
             upload->compared);
    } else if (entry_id_compare(id, due) > 0) {
        fail(upload, "chunk %" PRIu64 " is missing when read back", number);
    } else if (entry->bytes == NULL ||
               XXH3_64bits(entry->bytes, entry->length) != upload->hashes[upload->compared]) {
        fail(upload, "chunk %" PRIu64 " is not what was written when read back", number);
    } else {
        upload->compared = number;
        return true;
    }
    return false;
}

static void take_page(struct snapshot_upload *upload, const struct journal_answer *answer)
{
    if (is_error(upload, "XRANGE", answer)) {
        return;
    }
    if (answer->kind != JOURNAL_ANSWER_ENTRIES) {
        fail(upload, "Redis answers XRANGE with something else than entries");
        return;
    }
    for (size_t at = 0; at < answer->count; at++) {
        if (!compare(upload, &answer->entries[at])) {
            return;
        }
    }
    if (answer->count > 0) {
        return;
    }
    if (upload->compared < upload->sent) {
        fail(upload, "chunk %" PRIu64 " is missing when read back", upload->compared + 1);
        return;
    }
    upload->state = SNAPSHOT_KEEPING;
}

void snapshot_upload_answer(struct snapshot_upload *upload, const struct journal_answer *answer)
{
    ASSERT(upload->unanswered > 0);
    upload->unanswered--;
    switch (upload->state) {
    case SNAPSHOT_WRITING:
        take_written(upload, answer);
        break;
    case SNAPSHOT_READING_BACK:
        take_page(upload, answer);
        break;
    case SNAPSHOT_KEEPING:
        if (take_expiry(upload, answer)) {
            upload->state = SNAPSHOT_DONE;
        }
        break;
    case SNAPSHOT_DONE:
        ASSERT(!"nothing is asked when all is done");
        break;
    case SNAPSHOT_FAILED:
        break;
    }
}
