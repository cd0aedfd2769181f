/* snapshot_upload.c -- chunks come to Redis, are read back and kept; anything else ends the upload. */
#include "net/snapshot_upload.h"

#include "tests/unit/fake_stream.h"

#define KEY "boon:{0}:snapshot:7-42"
#define SENT_MAX 64U
#define CHUNK_BYTES 100U

/* One upload, what it has sent, and where its chunks come from. */
static struct {
    struct snapshot_upload *upload;
    struct command_sent sent[SENT_MAX]; /* not carried out yet, oldest first */
    size_t sent_count;
    uint64_t holds; /* chunks that the source has */
    uint64_t made;  /* by the source, so far */
    uint64_t fails_at;
    uint32_t sent_in_all;
    int64_t expires_ms; /* of the stream; 0 = never */
    int64_t pexpire_answer;
    int64_t keep_answer;
} test;

/* The stream that it writes. */
static struct stream *chunks(void)
{
    return stream_of(KEY);
}

static void port_send(void *context, size_t count, const char *const *words, const size_t *lengths)
{
    (void)context;
    cr_assert_lt(test.sent_count, SENT_MAX);
    cr_assert_leq(count, WORDS_MAX);
    struct command_sent *command = &test.sent[test.sent_count++];
    test.sent_in_all++;
    command->count = count;
    for (size_t at = 0; at < count; at++) {
        command->words[at] = calloc(1, lengths[at] + 1);
        memcpy(command->words[at], words[at], lengths[at]);
        command->lengths[at] = lengths[at];
    }
    cr_assert_str_eq(command->words[1], KEY);
}

static void port_disconnect(void *context)
{
    (void)context;
    cr_assert_fail("an upload does not drop the connection");
}

/* The bytes are gone at the next call. */
static bool next_chunk(void *context, const uint8_t **bytes, size_t *length, bool *failed)
{
    static uint8_t chunk[CHUNK_BYTES];
    (void)context;
    *failed = test.fails_at != 0 && test.made + 1 == test.fails_at;
    if (*failed || test.made == test.holds) {
        return false;
    }
    test.made++;
    memset(chunk, (int)test.made, sizeof(chunk));
    *bytes = chunk;
    *length = sizeof(chunk);
    return true;
}

static void begin(uint64_t holds, uint32_t window)
{
    const struct journal_port port = {NULL, port_send, port_disconnect};
    const struct snapshot_source source = {NULL, next_chunk};
    memset(&test, 0, sizeof(test));
    redis_begin();
    test.holds = holds;
    test.pexpire_answer = 1;
    test.keep_answer = 1;
    test.upload = snapshot_upload_create(KEY, &port, &source, window);
    cr_assert_not_null(test.upload);
}

static void free_sent(void)
{
    cr_assert_gt(test.sent_count, 0u);
    for (size_t at = 0; at < test.sent[0].count; at++) {
        free(test.sent[0].words[at]);
    }
    test.sent_count--;
    memmove(test.sent, test.sent + 1, test.sent_count * sizeof(test.sent[0]));
}

static void end(void)
{
    while (test.sent_count > 0) {
        free_sent();
    }
    snapshot_upload_destroy(&test.upload);
    cr_assert_null(test.upload);
    snapshot_upload_destroy(&test.upload);
    stream_end();
}

/* Carries out the oldest command; the answer is in `reply`. */
static void carry_out(struct reply *reply)
{
    struct command_sent *command = &test.sent[0];
    const bool refused = is_refused(command);
    reply->answer = (struct journal_answer){.kind = JOURNAL_ANSWER_OTHER};
    if (!refused && is_command(command, "PEXPIRE")) {
        cr_assert_str_eq(word_of(command, 2), "21600000");
        reply_integer(reply, test.expires_ms == 0 ? test.pexpire_answer : test.keep_answer);
        test.expires_ms = 21600000;
    } else {
        redis_carry_out(command, reply);
    }
    free_sent();
}

static void serve_one(void)
{
    static struct reply reply;
    carry_out(&reply);
    snapshot_upload_answer(test.upload, &reply.answer);
}

static enum snapshot_upload_state state(void)
{
    return snapshot_upload_state(test.upload);
}

/* Goes on until it has ended, or asks `command`. */
static void serve_until(const char *command)
{
    snapshot_upload_go_on(test.upload);
    for (int at = 0; test.sent_count > 0; at++) {
        cr_assert_lt(at, 10000, "it asks for ever");
        cr_assert_eq(snapshot_upload_unanswered(test.upload), test.sent_count);
        if (command != NULL && is_command(&test.sent[0], command)) {
            return;
        }
        serve_one();
        snapshot_upload_go_on(test.upload);
    }
    cr_assert_eq(snapshot_upload_unanswered(test.upload), 0u);
}

static void serve(void)
{
    serve_until(NULL);
}

static void assert_failed(const char *words)
{
    const char *message = snapshot_upload_message(test.upload);
    cr_assert_eq(state(), SNAPSHOT_FAILED, "it did not fail: %s", words);
    cr_assert_not_null(strstr(message, words), "'%s' is not in '%s'", words, message);
    /* It says no more, and its stream still goes by itself. */
    uint32_t sent = test.sent_in_all;
    snapshot_upload_go_on(test.upload);
    cr_assert_eq(test.sent_in_all, sent);
}

/* Answers the oldest question with what the test made up. */
static void answer(enum journal_answer_kind kind, const char *text)
{
    const struct journal_answer made_up = {.kind = kind, .text = text_of(text)};
    free_sent();
    snapshot_upload_answer(test.upload, &made_up);
    snapshot_upload_go_on(test.upload);
}

Test(snapshot_upload, chunks_are_written_read_back_and_kept)
{
    for (uint64_t holds = 1; holds <= 200; holds += holds < 10 ? 1 : 38) {
        for (uint32_t window = 1; window <= 5; window += 2) {
            begin(holds, window);
            serve();
            cr_assert_eq(state(), SNAPSHOT_DONE, "%s", snapshot_upload_message(test.upload));
            cr_assert_str_empty(snapshot_upload_message(test.upload));
            cr_assert_eq(snapshot_upload_bytes(test.upload), holds * CHUNK_BYTES);
            cr_assert_eq(chunks()->count, holds);
            cr_assert_eq(test.expires_ms, 21600000);
            for (size_t at = 0; at < holds; at++) {
                cr_assert_eq(chunks()->entries[at].id.epoch, 1u);
                cr_assert_eq(chunks()->entries[at].id.number, at + 1);
                cr_assert_eq(chunks()->entries[at].bytes[0], (uint8_t)(at + 1));
            }
            end();
        }
    }
}

Test(snapshot_upload, no_more_chunks_than_the_window_are_unanswered)
{
    begin(10, 3);
    snapshot_upload_go_on(test.upload);
    cr_assert_eq(test.sent_count, 4u); /* three chunks, and PEXPIRE behind the first */
    cr_assert(is_command(&test.sent[1], "PEXPIRE"));
    snapshot_upload_go_on(test.upload);
    cr_assert_eq(test.sent_count, 4u);
    serve_one();
    serve_one();
    snapshot_upload_go_on(test.upload);
    cr_assert_eq(test.sent_count, 3u);
    end();
}

Test(snapshot_upload, nothing_is_kept_before_all_was_read_back)
{
    begin(9, 3);
    serve_until("XRANGE");
    cr_assert_eq(state(), SNAPSHOT_READING_BACK);
    cr_assert_eq(chunks()->count, 9u);
    cr_assert_eq(test.expires_ms, 21600000);
    serve_until("PEXPIRE");
    cr_assert_eq(state(), SNAPSHOT_KEEPING);
    serve();
    cr_assert_eq(test.expires_ms, 21600000);
    cr_assert_eq(state(), SNAPSHOT_DONE);
    end();
}

Test(snapshot_upload, every_refusal_of_redis_ends_it)
{
    static const struct {
        const char *to;
        const char *error;
        const char *words;
    } rows[] = {
        {"XADD", "OOM command not allowed", "Redis refuses chunk 1: OOM command not allowed"},
        {"XADD", "LOADING Redis is loading", "chunk 1: LOADING"},
        {"PEXPIRE", "NOPERM no right", "Redis refuses PEXPIRE: NOPERM"},
        {"XRANGE", "BUSY script", "Redis refuses XRANGE: BUSY"},
    };
    for (size_t at = 0; at < sizeof(rows) / sizeof(rows[0]); at++) {
        begin(5, 3);
        redis.error_to = rows[at].to;
        redis.error = rows[at].error;
        redis.errors = 1;
        serve();
        assert_failed(rows[at].words);
        end();
    }
}

Test(snapshot_upload, a_later_chunk_may_be_refused_too)
{
    begin(5, 1);
    while (chunks()->count < 2) {
        snapshot_upload_go_on(test.upload);
        serve_one();
    }
    redis.error_to = "XADD";
    redis.error = "OOM";
    redis.errors = 1;
    serve();
    assert_failed("Redis refuses chunk 3: OOM");
    cr_assert_eq(test.expires_ms, 21600000);
    end();
}

Test(snapshot_upload, a_long_error_is_shown_in_part)
{
    static char error[2000];
    begin(5, 3);
    memset(error, 'x', sizeof(error) - 1);
    redis.error_to = "XADD";
    redis.error = error;
    redis.errors = 1;
    serve();
    assert_failed("Redis refuses chunk 1: xxxx");
    cr_assert_leq(strlen(snapshot_upload_message(test.upload)), 200u);
    end();
}

Test(snapshot_upload, an_answer_of_another_kind_ends_it)
{
    begin(5, 3);
    snapshot_upload_go_on(test.upload);
    answer(JOURNAL_ANSWER_TEXT, "1-2");
    assert_failed("chunk 1 with something else than its ID");
    end();
    begin(5, 3);
    snapshot_upload_go_on(test.upload);
    answer(JOURNAL_ANSWER_OTHER, "");
    assert_failed("chunk 1 with something else than its ID");
    end();
    begin(5, 3);
    snapshot_upload_go_on(test.upload);
    answer(JOURNAL_ANSWER_TEXT, "1-1");
    answer(JOURNAL_ANSWER_TEXT, "1-2");
    assert_failed("gone at PEXPIRE");
    end();
    begin(5, 3);
    serve_until("XRANGE");
    answer(JOURNAL_ANSWER_NIL, "");
    assert_failed("XRANGE with something else");
    end();
}

Test(snapshot_upload, answers_after_a_failure_are_passed_over)
{
    begin(5, 4);
    snapshot_upload_go_on(test.upload);
    answer(JOURNAL_ANSWER_ERROR, "OOM");
    cr_assert_eq(snapshot_upload_unanswered(test.upload), 4u);
    while (test.sent_count > 0) {
        answer(JOURNAL_ANSWER_TEXT, "1-1");
    }
    cr_assert_eq(snapshot_upload_unanswered(test.upload), 0u);
    assert_failed("Redis refuses chunk 1: OOM");
    end();
}

Test(snapshot_upload, a_stream_that_holds_something_is_not_written_to)
{
    begin(3, 3);
    stream_append(chunks(), (struct entry_id){1, 1}, "x", 1);
    serve();
    assert_failed("Redis refuses chunk 1: ERR The ID");
    end();
    begin(3, 3); /* below the chunks: they are taken, but it shows when they are read back */
    stream_append(chunks(), (struct entry_id){0, 5}, "x", 1);
    serve();
    assert_failed("an entry that is no chunk of this snapshot, behind chunk 0");
    end();
}

Test(snapshot_upload, a_stream_that_expired_meanwhile_does_not_come_back)
{
    begin(5, 1);
    snapshot_upload_go_on(test.upload);
    serve_one();
    serve_one();
    stream_delete(chunks());
    serve();
    assert_failed("the stream was gone when chunk 2 was added");
    cr_assert_not(chunks()->exists);
    end();
}

Test(snapshot_upload, a_stream_that_expires_before_it_is_kept_is_no_snapshot)
{
    begin(5, 2);
    test.keep_answer = 0;
    serve();
    assert_failed("gone at PEXPIRE");
    end();
    begin(5, 2);
    test.pexpire_answer = 0;
    serve();
    assert_failed("gone at PEXPIRE");
    end();
    begin(5, 2);
    serve_until("XRANGE");
    stream_delete(chunks());
    serve();
    assert_failed("chunk 1 is missing");
    end();
}

static void lose(size_t at)
{
    struct stream *stream = chunks();
    stream->count--;
    memmove(&stream->entries[at], &stream->entries[at + 1],
            (stream->count - at) * sizeof(stream->entries[0]));
}

Test(snapshot_upload, every_lost_chunk_is_noticed)
{
    for (size_t at = 0; at < 9; at++) {
        char words[64];
        begin(9, 2);
        serve_until("XRANGE");
        lose(at);
        serve();
        snprintf(words, sizeof(words), "chunk %zu is missing when read back", at + 1);
        assert_failed(words);
        end();
    }
}

Test(snapshot_upload, every_changed_chunk_is_noticed)
{
    for (size_t at = 0; at < 9; at++) {
        char words[64];
        snprintf(words, sizeof(words), "chunk %zu is not what was written", at + 1);
        begin(9, 2);
        serve_until("XRANGE");
        chunks()->entries[at].bytes[at] ^= 1;
        serve();
        assert_failed(words);
        end();
        begin(9, 2);
        serve_until("XRANGE");
        chunks()->entries[at].length--;
        serve();
        assert_failed(words);
        end();
        begin(9, 2);
        serve_until("XRANGE");
        chunks()->entries[at].strange = true;
        serve();
        assert_failed(words);
        end();
    }
}

Test(snapshot_upload, swapped_chunks_are_noticed)
{
    begin(9, 2);
    serve_until("XRANGE");
    uint8_t *bytes = chunks()->entries[3].bytes;
    chunks()->entries[3].bytes = chunks()->entries[6].bytes;
    chunks()->entries[6].bytes = bytes;
    serve();
    assert_failed("chunk 4 is not what was written");
    end();
}

Test(snapshot_upload, a_surplus_chunk_is_noticed)
{
    for (uint64_t holds = 1; holds < 10; holds++) {
        begin(holds, 2);
        serve_until("XRANGE");
        stream_append(chunks(), (struct entry_id){1, holds + 1}, "more", 4);
        serve();
        assert_failed("an entry that is no chunk of this snapshot");
        end();
    }
}

Test(snapshot_upload, a_source_that_fails_ends_it)
{
    for (uint64_t at = 1; at <= 4; at++) {
        char words[64];
        begin(9, 2);
        test.fails_at = at;
        serve();
        snprintf(words, sizeof(words), "chunk %d could not be made", (int)at);
        assert_failed(words);
        end();
    }
    begin(0, 2);
    serve();
    assert_failed("there is no chunk to write");
    cr_assert_eq(test.sent_in_all, 0u);
    end();
}
