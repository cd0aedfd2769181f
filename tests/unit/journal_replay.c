/* journal_replay.c -- the first entry that is not what must follow ends a replay, and is named. */
#include "net/journal_replay.h"

#include <criterion/criterion.h>

#include "tests/unit/journal_fake.h"

TestSuite(journal_replay, .init = redis_begin, .fini = fake_end);

static void remove_entry(size_t at)
{
    redis.journal.count--;
    memmove(&redis.journal.entries[at], &redis.journal.entries[at + 1],
            (redis.journal.count - at) * sizeof(redis.journal.entries[0]));
}

static void break_id(struct stream_entry *entry)
{
    entry->bytes[10] ^= 1;
    hash_again(entry);
}

static void break_sequence(struct stream_entry *entry)
{
    entry->bytes[40]++;
    hash_again(entry);
}

static void break_number(struct stream_entry *entry)
{
    entry->bytes[32]++;
    hash_again(entry);
}

static void break_chain(struct stream_entry *entry)
{
    entry->bytes[80]++; /* the new hash is right, but the next entry does not follow it */
    entry->bytes[80]--;
    bytes_put_u64(entry->bytes + 56, 1);
    hash_again(entry);
}

static void break_event(struct stream_entry *entry)
{
    bytes_put_u16(entry->bytes + 80, 999);
    hash_again(entry);
}

static void break_meaning(struct stream_entry *entry)
{
    /* the last event is COUPON_ISSUED: its serial is what lies behind its head */
    size_t event = entry->length - 8 - (4 + 8 + 4 + 4 + 2 + 2 + 4 + 4 + 1);
    cr_assert_eq(bytes_get_u16(entry->bytes + event), EVENT_COUPON_ISSUED);
    bytes_put_u64(entry->bytes + event + 4, 77777);
    hash_again(entry);
}

static void break_time(struct stream_entry *entry)
{
    bytes_put_i64(entry->bytes + 68, 5);
    hash_again(entry);
}

static void break_time_beyond(struct stream_entry *entry)
{
    bytes_put_i64(entry->bytes + 68, TIME_MS_MAX + 1);
    hash_again(entry);
}

static void break_group_length(struct stream_entry *entry)
{
    bytes_put_u32(entry->bytes + 64, 5);
    hash_again(entry);
}

static void break_event_length(struct stream_entry *entry)
{
    bytes_put_u16(entry->bytes + 82, 60000);
    hash_again(entry);
}

static void break_epoch(struct stream_entry *entry)
{
    entry->bytes[24]++;
    hash_again(entry);
}

static void break_length(struct stream_entry *entry)
{
    entry->length -= 9;
}

static void break_field(struct stream_entry *entry)
{
    entry->strange = true;
}

Test(journal_replay, an_entry_that_is_not_what_must_follow_is_a_halt_that_names_it)
{
    /* clang-format off */
    static const struct {
        size_t entry; void (*break_it)(struct stream_entry *); const char *words;
    } scenarios[] = {
        {7, break_bit,      "beyond entry 1-6: its hash does not match"},
        {7, break_id,       "beyond entry 1-6: it carries another journal's id"},
        {7, break_sequence, "beyond entry 1-6: events are missing"},
        {7, break_number,   "beyond entry 1-6: it was written as 1-7"},
        {7, break_chain,    "beyond entry 1-6: it does not follow the entry before it"},
        {7, break_event,    "does not know"},
        {7, break_meaning,  "(coupon_issued) cannot be applied: "},
        {7, break_time,     "beyond entry 1-6: its time goes back"},
        {7, break_time_beyond, "beyond entry 1-6: its time is past the year 9999"},
        {7, break_group_length, "beyond entry 1-6: "},
        {7, break_event_length, "beyond entry 1-6: after event "},
        {7, break_epoch,    "beyond entry 1-6: it was written as 2-6"},
        {7, break_length,   "beyond entry 1-6: "},
        {7, break_field,    "beyond entry 1-6: it does not have the one field"},
        {1, break_bit,      "beyond entry 1-0: "},
        {0, break_bit,      "first entry cannot be read"},
        {0, break_field,    "first entry cannot be read"},
        {13, break_bit,     "beyond entry 1-12: its hash"},
    };
    /* clang-format on */
    for (size_t at = 0; at < sizeof(scenarios) / sizeof(scenarios[0]); at++) {
        redis_begin();
        ten_claims();
        scenarios[at].break_it(&redis.journal.entries[scenarios[at].entry]);
        struct server *server = server_start(0);
        serve(server);
        assert_halted(server, scenarios[at].words);
        cr_assert_eq(server->leading, 0u);
        server_end(server);
    }
}

Test(journal_replay, a_missing_entry_is_a_halt)
{
    /* clang-format off */
    static const struct { size_t entry; const char *words; } scenarios[] = {
        {0, "the journal's beginning was trimmed, and no snapshot can be read"},
        {1, "beyond entry 1-1: a TAKEOVER is missing"},
        {2, "beyond entry 1-2: a batch is missing, 2 comes where 1 should"},
        {7, "beyond entry 1-7: a batch is missing, 7 comes where 6 should"},
    };
    /* clang-format on */
    for (size_t at = 0; at < sizeof(scenarios) / sizeof(scenarios[0]); at++) {
        redis_begin();
        ten_claims();
        remove_entry(scenarios[at].entry);
        struct server *server = server_start(0);
        serve(server);
        assert_halted(server, scenarios[at].words);
        server_end(server);
    }
}

Test(journal_replay, an_epoch_that_nobody_opened_is_a_halt)
{
    ten_claims();
    struct server *second = server_start(0);
    serve(second);
    struct server *third = server_start(0);
    serve(third);
    cr_assert_eq(third->leading, 1u);
    remove_entry(14); /* 2-0 */
    remove_entry(14); /* 2-1 */
    struct server *server = server_start(0);
    serve(server);
    assert_halted(server, "beyond entry 3-0: an epoch is missing, 3 follows 1");
}

Test(journal_replay, a_key_that_is_no_stream_is_a_halt)
{
    redis.error = "WRONGTYPE Operation against a key holding the wrong kind of value";
    redis.error_to = "XRANGE";
    redis.errors = 1;
    struct server *server = server_start(.create = true);
    serve(server);
    assert_halted(server, "is not a stream");
}

Test(journal_replay, an_emptied_stream_is_not_begun_anew)
{
    ten_claims();
    redis.journal.count = 0; /* XTRIM to nothing: the last ID stays */
    struct server *server = server_start(.create = true);
    serve(server);
    assert_halted(server, "deleted by hand");
}

/* Appends a batch of these events, the next link of the chain, as the server of this epoch
 * would. */
static void append_events(uint64_t epoch, uint64_t number, uint64_t first_seq,
                          const struct event *events, uint32_t count)
{
    uint8_t bytes[1024];
    uint64_t chain = 0;
    struct batch_builder builder;
    struct batch_stamp stamp = {.epoch = epoch, .number = number, .first_seq = first_seq};
    for (size_t at = redis.journal.count; at > 0 && stamp.previous == 0 && number != 0; at--) {
        const struct stream_entry *entry = &redis.journal.entries[at - 1];
        if (entry->id.number != 0) {
            stamp.previous = bytes_get_u64(entry->bytes + entry->length - 8);
        }
    }
    memcpy(stamp.journal_id.at, redis.journal.entries[0].bytes + 8, 16);
    batch_begin(&builder, bytes, sizeof(bytes));
    cr_assert(batch_add_group(&builder, 1700000000000, 0, events, count));
    redis_append((struct entry_id){epoch, number}, bytes, batch_seal(&builder, &stamp, &chain));
}

Test(journal_replay, the_journals_own_events_have_their_places)
{
    const struct event takeover = {.type = EVENT_TAKEOVER};
    const struct event begin = {.type = EVENT_BEGIN};
    const struct event other_begin = {.type = EVENT_BEGIN, .as.begin.nonce = {{99}}};
    const struct event handover = {.type = EVENT_HANDOVER};
    const struct event other_handover = {.type = EVENT_HANDOVER, .as.handover.nonce = {{99}}};
    const struct event genesis = {.type = EVENT_GENESIS};
    const struct event moved = {.type = EVENT_CLOCK_MOVED, .as.clock_moved.time_ms = 1700000000000};
    /* After entry 1-12 and event 24 comes TAKEOVER 2-0, and then these. */
    /* clang-format off */
    const struct { struct event first[3]; uint32_t count; struct event second; const char *words; } scenarios[] = {
        {{begin, moved},            2, moved,          NULL},
        {{begin, moved},            2, handover,       NULL},
        {{moved},                   1, moved,          "beyond entry 2-1: event 25 (clock_moved) cannot be applied: a BEGIN"},
        {{moved, begin},            2, moved,          "event 25 (clock_moved) cannot be applied: a BEGIN"},
        {{begin, begin},            2, moved,          "event 26 (begin) cannot be applied: a BEGIN"},
        {{other_begin},             1, moved,          "its BEGIN is not of the server that took over"},
        {{begin},                   1, begin,          "beyond entry 2-2: event 26 (begin) cannot be applied: a BEGIN"},
        {{begin},                   1, other_handover, "its HANDOVER is not of the server that led"},
        {{begin, handover},         2, moved,          "events follow a HANDOVER"},
        {{begin, handover, moved},  3, moved,          "events follow a HANDOVER"},
        {{begin},                   1, genesis,        "a GENESIS stands where none belongs"},
        {{begin},                   1, takeover,       "a TAKEOVER stands among other events"},
    };
    /* clang-format on */
    for (size_t at = 0; at < sizeof(scenarios) / sizeof(scenarios[0]); at++) {
        redis_begin();
        uint64_t next = ten_claims() + 1;
        cr_assert_eq(next, 25u);
        append_events(2, 0, 0, &takeover, 1);
        append_events(2, 1, next, scenarios[at].first, scenarios[at].count);
        append_events(2, 2, next + scenarios[at].count, &scenarios[at].second, 1);
        struct server *server = server_start(0);
        serve(server);
        if (scenarios[at].words != NULL) {
            assert_halted(server, scenarios[at].words);
        } else {
            cr_assert_eq(server->leading, 1u, "scenario %zu: %s", at, server->halted);
        }
        server_end(server);
    }
}

Test(journal_replay, a_takeover_with_events_beside_it_is_a_halt)
{
    const struct event two[] = {{.type = EVENT_TAKEOVER}, {.type = EVENT_TAKEOVER}};
    ten_claims();
    append_events(2, 0, 0, two, 2);
    struct server *server = server_start(0);
    serve(server);
    assert_halted(server, "beyond entry 2-0: it is not the TAKEOVER that it should be");
}

Test(journal_replay, an_epoch_that_opens_without_an_event_is_a_halt)
{
    const struct event takeover = {.type = EVENT_TAKEOVER};
    uint8_t bytes[BATCH_EMPTY_BYTES];
    uint64_t chain;
    struct batch_builder builder;
    uint64_t next = ten_claims() + 1;
    const struct stream_entry *last = &redis.journal.entries[redis.journal.count - 1];
    struct batch_stamp stamp = {.epoch = 2,
                                .number = 1,
                                .first_seq = next,
                                .previous = bytes_get_u64(last->bytes + last->length - 8)};
    memcpy(stamp.journal_id.at, last->bytes + 8, sizeof(stamp.journal_id.at));
    append_events(2, 0, 0, &takeover, 1);
    batch_begin(&builder, bytes, sizeof(bytes));
    redis_append((struct entry_id){2, 1}, bytes, batch_seal(&builder, &stamp, &chain));
    struct server *server = server_start(0);
    serve(server);
    assert_halted(server, "beyond entry 2-1: it opens an epoch, but has no event");
}

/* Gives a start one entry more than was asked for. */
Test(journal_replay, an_entry_whose_id_does_not_rise_is_a_halt)
{
    static const char *const ids[] = {"0-1", "0-0"};
    ten_claims();
    for (size_t at = 0; at < 2; at++) {
        const struct stream_entry *genesis = &redis.journal.entries[0];
        const struct journal_entry pair[] = {{TEXT("0-1"), genesis->bytes, genesis->length},
                                             {text_of(ids[at]), genesis->bytes, genesis->length},
                                             {TEXT("1-1"), genesis->bytes, genesis->length}};
        const struct journal_answer answer = {
            .kind = JOURNAL_ANSWER_ENTRIES, .count = 3, .entries = pair};
        struct server *server = server_start(0);
        cr_assert(serve_until(server, "XLEN"));
        serve_one(server);
        struct command_sent command = take_command(server);
        free_command(&command);
        journal_answer(server->journal, &answer);
        assert_halted(server, "its ID goes back");
        server_end(server);
    }
}
