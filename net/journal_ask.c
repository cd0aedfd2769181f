/* journal_ask.c -- the question that each state stands for. */
#include "engine/bug.h"
#include "net/journal_inside.h"
#include "net/journal_preflight.h"

#define WORDS_MAX 8U
#define CHUNKS_AT_ONCE "8"

void journal_send(struct journal *journal, size_t count, const char *const *words,
                  const void *bytes, size_t length)
{
    const char *arguments[WORDS_MAX];
    size_t lengths[WORDS_MAX];
    ASSERT(count < WORDS_MAX);
    for (size_t at = 0; at < count; at++) {
        arguments[at] = words[at];
        lengths[at] = strlen(words[at]);
    }
    if (bytes != NULL) {
        arguments[count] = bytes;
        lengths[count] = length;
        count++;
    }
    journal->asked_at_ms = journal->now_ms;
    journal->port.send(journal->port.context, count, arguments, lengths);
}

static void send_append(struct journal *journal, uint64_t number, const uint8_t *bytes,
                        size_t length)
{
    char id[ENTRY_ID_TEXT_BYTES];
    entry_id_write((struct entry_id){journal->epoch, number}, id);
    const char *words[] = {"XADD", journal->key, "NOMKSTREAM", id, "b"};
    journal_send(journal, 5, words, bytes, length);
}

static void send_genesis(struct journal *journal)
{
    const char *words[] = {"XADD", journal->key, "0-1", "b"};
    journal_send(journal, 4, words, journal->mark, journal->mark_length);
}

static void send_lost(struct journal *journal)
{
    if (journal->healing == 0) {
        send_append(journal, 0, journal->mark, journal->mark_length);
        return;
    }
    const struct ring_batch *lost = ring_find(&journal->ring, journal->healing);
    ASSERT(lost != NULL);
    send_append(journal, lost->number, ring_bytes(&journal->ring, lost), lost->length);
}

static void ask_page(struct journal *journal)
{
    char after[ENTRY_ID_TEXT_BYTES + 1] = "(";
    char end[ENTRY_ID_TEXT_BYTES];
    char count[16];
    entry_id_write(journal->cursor, after + 1);
    entry_id_write((struct entry_id){journal->epoch, 0}, end);
    snprintf(count, sizeof(count), "%" PRIu32, journal->page_entries);
    JOURNAL_SEND(journal, "XRANGE", journal->key, after, end, "COUNT", count);
}

/* Asks for the last entry; while leading, for all from the last acknowledged one on. There can
 * be no more than our sealed ones, unless another server took over: then its TAKEOVER is the
 * next. */
static void ask_look(struct journal *journal)
{
    char start[ENTRY_ID_TEXT_BYTES];
    char count[16];
    uint32_t sealed = 0;
    if (!journal->begun) {
        JOURNAL_SEND(journal, "XREVRANGE", journal->key, "+", "-", "COUNT", "1");
        return;
    }
    for (const struct queue_batch *batch = queue_sealed(journal->queue); batch != NULL;
         batch = batch->next) {
        sealed++;
    }
    entry_id_write(journal->durable, start);
    snprintf(count, sizeof(count), "%" PRIu32, sealed + 2);
    JOURNAL_SEND(journal, "XRANGE", journal->key, start, "+", "COUNT", count);
}

void journal_manifests_key(const struct journal *journal, char key[JOURNAL_KEY_BYTES])
{
    snprintf(key, JOURNAL_KEY_BYTES, "%s:{%" PRIu32 "}:snapshots", journal->options.name,
             journal->options.shard);
}

void journal_snapshot_key(const struct journal *journal, const struct snapshot_stamp *stamp,
                          char key[JOURNAL_KEY_BYTES])
{
    snprintf(key, JOURNAL_KEY_BYTES, "%s:{%" PRIu32 "}:snapshot:%" PRIu64 "-%" PRIu64,
             journal->options.name, journal->options.shard, stamp->epoch, stamp->number);
}

void journal_ask_manifests(struct journal *journal)
{
    char key[JOURNAL_KEY_BYTES];
    char count[16];
    journal_manifests_key(journal, key);
    snprintf(count, sizeof(count), "%u", JOURNAL_MANIFESTS);
    JOURNAL_SEND(journal, "XREVRANGE", key, "+", "-", "COUNT", count);
}

static void ask_chunks(struct journal *journal)
{
    char key[JOURNAL_KEY_BYTES];
    char after[ENTRY_ID_TEXT_BYTES + 1] = "(";
    journal_snapshot_key(journal, &journal->manifests[journal->manifests_at].stamp, key);
    entry_id_write(journal->cursor, after + 1);
    JOURNAL_SEND(journal, "XRANGE", key, after, "+", "COUNT", CHUNKS_AT_ONCE);
}

void journal_ask_settings(struct journal *journal)
{
    const char *const *settings = preflight_settings;
    JOURNAL_SEND(journal, "CONFIG", "GET", settings[0], settings[1], settings[2], settings[3]);
}

void journal_ask_role(struct journal *journal)
{
    JOURNAL_SEND(journal, "INFO", "server", "replication", "persistence");
}

static void ask_replicas(struct journal *journal)
{
    char replicas[16];
    char wait_ms[16];
    snprintf(replicas, sizeof(replicas), "%" PRIu32, journal->options.wait_replicas);
    snprintf(wait_ms, sizeof(wait_ms), "%u", JOURNAL_WAIT_MS);
    JOURNAL_SEND(journal, "WAIT", replicas, wait_ms);
}

void journal_ask(struct journal *journal)
{
    journal->asked = true;
    journal->aside = JOURNAL_ASIDE_NONE;
    journal->retry_at_ms = 0;
    switch (journal->state) {
    case JOURNAL_CHECKING_SETTINGS:
        journal_ask_settings(journal);
        return;
    case JOURNAL_CHECKING_ROLE:
        journal_ask_role(journal);
        return;
    case JOURNAL_IDENTIFYING:
        JOURNAL_SEND(journal, "XRANGE", journal->key, "-", "+", "COUNT", "1");
        return;
    case JOURNAL_CREATING:
        send_genesis(journal);
        return;
    case JOURNAL_FINDING:
        journal_ask_manifests(journal);
        return;
    case JOURNAL_LOADING:
        ask_chunks(journal);
        return;
    case JOURNAL_LOOKING:
        ask_look(journal);
        return;
    case JOURNAL_MISSING:
        JOURNAL_SEND(journal, "XREVRANGE", journal->key, "+", "-", "COUNT", "1");
        return;
    case JOURNAL_TAKING:
        send_append(journal, 0, journal->mark, journal->mark_length);
        return;
    case JOURNAL_MEASURING:
        JOURNAL_SEND(journal, "XLEN", journal->key);
        return;
    case JOURNAL_REPLAYING:
        ask_page(journal);
        return;
    case JOURNAL_APPENDING:
        send_append(journal, journal->flying->number, journal->flying->builder.bytes,
                    journal->flying->length);
        return;
    case JOURNAL_SYNCING:
        ask_replicas(journal);
        return;
    case JOURNAL_HEALING:
        send_lost(journal);
        return;
    case JOURNAL_DOWN:
    case JOURNAL_IDLE:
    case JOURNAL_HANDED_OVER:
    case JOURNAL_HALTED:
    case JOURNAL_DEPOSED:
        break;
    }
    bool asks = false;
    ASSERT(asks);
}
