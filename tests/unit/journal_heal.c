/* journal_heal.c -- a Redis that came back shorter gets back what it lost, or is not believed. */
#include <criterion/criterion.h>

#include "net/journal_inside.h"
#include "tests/unit/journal_fake.h"

TestSuite(journal_heal, .init = redis_begin, .fini = fake_end);

#define LARGE_BYTES 32000U

/* The second server of a brand: its TAKEOVER 2-0, BEGIN 2-1, and three claims up to 2-4, all of them
 * acknowledged. */
static struct server *second_server(void)
{
    ten_claims();
    struct server *server = server_start(0);
    serve(server);
    claim_durably(server, "a");
    claim_durably(server, "b");
    claim_durably(server, "c");
    cr_assert_eq(redis.journal.count, 19u);
    return server;
}

/* What the stream had when it was whole. */
static struct {
    struct stream_entry entries[STREAM_MAX];
    size_t count;
} whole;

static void remember_whole(void)
{
    memcpy(whole.entries, redis.journal.entries, sizeof(whole.entries));
    whole.count = redis.journal.count;
}

static void assert_whole_again(void)
{
    cr_assert_geq(redis.journal.count, whole.count);
    for (size_t at = 0; at < whole.count; at++) {
        const struct stream_entry *was = &whole.entries[at];
        const struct stream_entry *is = &redis.journal.entries[at];
        cr_assert_eq(entry_id_compare(was->id, is->id), 0, "entry %zu", at);
        cr_assert_eq(was->length, is->length);
        cr_assert_eq(memcmp(was->bytes, is->bytes, was->length), 0, "entry %zu", at);
    }
}

/* Commits a batch of one large event. */
static void commit_large(struct server *server)
{
    static char source[LARGE_BYTES];
    const struct event event = {.type = EVENT_CAMPAIGN_DEFINED,
                                .as.campaign_defined = {.campaign = 1,
                                                        .id = TEXT("sale"),
                                                        .name = TEXT("Sale"),
                                                        .stock = 500,
                                                        .per_member = 1,
                                                        .value_kind = VALUE_AMOUNT_OFF,
                                                        .amount_fen = 100,
                                                        .source = {source, LARGE_BYTES}}};
    memset(source, 'x', sizeof(source));
    cr_assert(queue_has_room(&server->queue));
    engine_apply(server->engine, server->engine->time_ms, &event);
    queue_add(&server->queue, server->engine->time_ms, 0, &event, 1, server->engine->seq);
    serve_turns(server);
    cr_assert_eq(server->durable_seq, server->engine->seq);
}

/* --- healed ----------------------------------------------------------------------------------- */

Test(journal_heal, where_another_server_may_be_a_lost_takeover_is_a_halt)
{
    for (size_t lost = 4; lost <= 5; lost++) {
        redis_begin();
        ten_claims();
        struct server *server = server_start(.lease_ms = 1000);
        serve(server);
        serve_for_ms(server, 2000);
        claim_durably(server, "a");
        claim_durably(server, "b");
        claim_durably(server, "c");
        lose_connection(server);
        redis_forget(lost);
        reconnect(server);
        if (lost == 5) {
            assert_halted(server, "the stream ends earlier than what this server can append again");
        } else {
            cr_assert_eq(journal_heals(server->journal), 1u, "its fence is up: %s", server->halted);
        }
        server_end(server);
    }
}

Test(journal_heal, what_redis_lost_is_appended_again_with_its_ids_and_bytes)
{
    /* Of 2-4 down to BEGIN 2-1 and TAKEOVER 2-0. */
    for (size_t lost = 1; lost <= 5; lost++) {
        redis_begin();
        struct server *server = second_server();
        uint32_t calls = server->durable_calls;
        remember_whole();
        lose_connection(server);
        redis_forget(lost);
        reconnect(server);
        cr_assert_eq(journal_state(server->journal), JOURNAL_IDLE, "%zu lost: %s", lost,
                     server->halted);
        assert_whole_again();
        cr_assert_eq(redis.journal.count, whole.count);
        cr_assert_eq(journal_heals(server->journal), 1u);
        cr_assert_eq(server->durable_calls, calls, "nothing is acknowledged twice");
        claim_durably(server, "d");
        assert_replays_to(server);
        server_end(server);
    }
}

Test(journal_heal, a_brand_whose_redis_kept_only_its_genesis_is_healed)
{
    struct server *server = server_with_campaign();
    claim_durably(server, "a");
    remember_whole();
    lose_connection(server);
    redis_forget(redis.journal.count - 1);
    reconnect(server);
    assert_whole_again();
    assert_replays_to(server);
}

Test(journal_heal, many_batches_are_healed_with_one_in_flight_behind_them)
{
    struct server *server = server_with_campaign();
    char member[16];
    for (int at = 0; at < 200; at++) {
        snprintf(member, sizeof(member), "m%d", at);
        claim_durably(server, member);
    }
    claim(server, "in flight");
    journal_pump(server->journal);
    struct command_sent lost = lose_request(server);
    free_command(&lost);
    claim(server, "waiting");
    remember_whole();
    redis_forget(150);
    reconnect(server);
    serve_turns(server);
    assert_whole_again();
    cr_assert_eq(redis.journal.count, whole.count + 2);
    cr_assert_eq(server->durable_seq, server->engine->seq);
    assert_replays_to(server);
}

Test(journal_heal, its_begin_in_flight_is_appended_again_behind_its_takeover)
{
    ten_claims();
    struct server *server = server_start(0);
    cr_assert(serve_until(server, "XLEN"));
    cr_assert(serve_until(server, "XADD")); /* BEGIN */
    lose_answer(server);
    redis_forget(2);
    reconnect(server);
    cr_assert_eq(server->leading, 1u, "%s", server->halted);
    claim_durably(server, "a");
    assert_replays_to(server);
}

Test(journal_heal, a_probe_finds_what_is_missing)
{
    struct server *server = second_server();
    remember_whole();
    redis_forget(3);
    serve_for_ms(server, 1000);
    assert_whole_again();
    cr_assert_eq(journal_heals(server->journal), 1u);
    claim_durably(server, "d");
    assert_replays_to(server);
}

Test(journal_heal, a_probe_finds_what_is_missing_while_an_append_is_held)
{
    struct server *server = second_server();
    remember_whole();
    redis.error = "OOM command not allowed when used memory > 'maxmemory'.";
    redis.error_to = "XADD";
    redis.errors = 10;
    claim(server, "d");
    serve_for_ms(server, 100);
    redis_forget(3);
    serve_for_ms(server, 20000);
    cr_assert_eq(redis.errors, 0u);
    assert_whole_again();
    cr_assert_eq(server->durable_seq, server->engine->seq, "%s", journal_message(server->journal));
    assert_replays_to(server);
}

Test(journal_heal, a_connection_lost_at_every_step_of_it_is_made_good)
{
    for (int answered = 0; answered < 14; answered++) {
        for (int answer_lost = 0; answer_lost < 2; answer_lost++) {
            redis_begin();
            struct server *server = second_server();
            remember_whole();
            lose_connection(server);
            redis_forget(4);
            server_connect(server);
            for (int at = 0; at < answered && server->sent_count > 0; at++) {
                serve_one(server);
            }
            if (server->sent_count > 0 && answer_lost != 0) {
                lose_answer(server);
                reconnect(server);
            } else if (server->sent_count > 0) {
                lose_connection(server);
                reconnect(server);
            }
            assert_whole_again();
            cr_assert_eq(journal_state(server->journal), JOURNAL_IDLE, "after %d answers: %s",
                         answered, server->halted);
            claim_durably(server, "d");
            assert_replays_to(server);
            server_end(server);
        }
    }
}

Test(journal_heal, a_redis_that_loses_more_while_it_is_healed_is_healed_from_there)
{
    struct server *server = second_server();
    remember_whole();
    lose_connection(server);
    redis_forget(2);
    server_connect(server);
    cr_assert(serve_until(server, "XADD"));
    cr_assert_str_eq(journal_state_word(server->journal), "healing");
    lose_answer(server);
    redis_forget(3);
    reconnect(server);
    assert_whole_again();
    assert_replays_to(server);
}

Test(journal_heal, what_redis_refuses_for_now_is_appended_again_later)
{
    struct server *server = second_server();
    remember_whole();
    lose_connection(server);
    redis_forget(3);
    redis.error = "MISCONF Errors writing to the AOF file: No space left on device";
    redis.error_to = "XADD";
    redis.errors = 2;
    reconnect(server);
    cr_assert(journal_is_held(server->journal));
    serve_for_ms(server, 1000);
    assert_whole_again();
}

/* --- not healed ------------------------------------------------------------------------------- */

Test(journal_heal, what_was_written_before_its_takeover_it_does_not_have)
{
    for (size_t lost = 6; lost <= 7; lost++) {
        redis_begin();
        struct server *server = second_server();
        lose_connection(server);
        redis_forget(lost);
        reconnect(server);
        assert_halted(server, "ends earlier than what this server can append again, although entry "
                              "2-4 was there");
        server_end(server);
    }
}

Test(journal_heal, a_ring_that_does_not_reach_so_far_is_a_halt)
{
    static const size_t batches = 150;
    for (int too_far = 0; too_far < 2; too_far++) {
        redis_begin();
        struct server *server = server_with_campaign();
        for (size_t at = 0; at < batches; at++) {
            commit_large(server);
        }
        remember_whole();
        lose_connection(server);
        redis_forget(too_far != 0 ? RING_BYTES / LARGE_BYTES + 1 : RING_BYTES / LARGE_BYTES - 10);
        reconnect(server);
        if (too_far != 0) {
            assert_halted(server, "the stream ends earlier than what this server can append again");
        } else {
            assert_whole_again();
            assert_replays_to(server);
        }
        server_end(server);
    }
}

Test(journal_heal, everything_but_genesis_lost_with_a_ring_too_short_is_a_halt)
{
    struct server *server = server_with_campaign();
    for (int at = 0; at < 150; at++) {
        commit_large(server);
    }
    lose_connection(server);
    redis_forget(redis.journal.count - 1);
    reconnect(server);
    assert_halted(server, "the stream ends earlier than what this server can append again");
    cr_assert_eq(redis.journal.count, 1u, "nothing was written");
}

static void other_bytes(struct stream_entry *entry)
{
    break_bit(entry);
    hash_again(entry);
}

static void other_field(struct stream_entry *entry)
{
    entry->strange = true;
}

static void other_epoch(struct stream_entry *entry)
{
    entry->id.epoch--;
}

Test(journal_heal, what_is_left_must_be_what_the_lost_was_chained_to)
{
    /* clang-format off */
    static const struct { size_t lost; void (*change)(struct stream_entry *); } scenarios[] = {
        {1, break_bit},   {2, other_bytes}, {3, other_field}, /* 2-3, 2-2, 2-1 */
        {4, break_bit},   {4, other_bytes}, {4, other_field}, /* TAKEOVER 2-0 */
        {5, break_bit},   {5, other_bytes}, {5, other_field}, {5, other_epoch}, /* 1-12 */
    };
    /* clang-format on */
    for (size_t at = 0; at < sizeof(scenarios) / sizeof(scenarios[0]); at++) {
        redis_begin();
        struct server *server = second_server();
        lose_connection(server);
        redis_forget(scenarios[at].lost);
        scenarios[at].change(&redis.journal.entries[redis.journal.count - 1]);
        size_t count = redis.journal.count;
        reconnect(server);
        assert_halted(server, "the stream ends earlier than what this server can append again");
        cr_assert_eq(redis.journal.count, count, "scenario %zu: something was written", at);
        server_end(server);
    }
}

Test(journal_heal, a_takeover_below_its_own_that_is_lost_too_cannot_be_made_good)
{
    ten_claims();
    struct server *never_led = server_start(0);
    cr_assert(serve_until(never_led, "XLEN")); /* 2-0 is there, 2-1 will never be */
    struct server *server = server_start(0);
    serve(server);
    cr_assert_eq(journal_epoch(server->journal), 3u);
    claim_durably(server, "a");
    lose_connection(server);
    redis_forget(4); /* 3-2, 3-1, 3-0, 2-0 */
    reconnect(server);
    assert_halted(server, "the stream ends earlier than what this server can append again");
}

Test(journal_heal, another_server_in_between_deposes_it)
{
    /* 0: it took over before the end was looked for, 1: while it was, 2: after the first entry. */
    for (int step = 0; step < 3; step++) {
        redis_begin();
        struct server *server = second_server();
        lose_connection(server);
        redis_forget(3);
        server_connect(server);
        if (step == 1) {
            cr_assert(serve_until(server, "XREVRANGE"));
        } else if (step == 2) {
            cr_assert(serve_until(server, "XADD"));
            serve_one(server);
        }
        struct server *other = server_start(0);
        serve(other);
        cr_assert_eq(other->leading, 1u, "%s", other->halted);
        size_t count = redis.journal.count;
        serve(server);
        cr_assert_eq(journal_state(server->journal), JOURNAL_DEPOSED, "step %d: %s", step,
                     server->halted);
        cr_assert_eq(redis.journal.count, count);
        claim_durably(other, "d");
        assert_replays_to(other);
        server_end(server);
        server_end(other);
    }
}

Test(journal_heal, a_stream_that_goes_while_it_is_healed_is_a_halt)
{
    static const char *const commands[] = {"XREVRANGE", "XADD"};
    for (size_t at = 0; at < 2; at++) {
        redis_begin();
        struct server *server = second_server();
        lose_connection(server);
        redis_forget(3);
        server_connect(server);
        cr_assert(serve_until(server, commands[at]));
        redis_delete();
        serve(server);
        assert_halted(server, "the stream is gone, although entry 2-4 was there");
        cr_assert_not(redis.journal.exists);
        server_end(server);
    }
}

Test(journal_heal, a_probe_of_a_stream_that_is_gone_halts)
{
    struct server *server = server_with_campaign();
    redis_delete();
    serve_for_ms(server, 500);
    assert_halted(server, "the stream is gone");
}

Test(journal_heal, an_entry_above_what_is_missing_is_a_halt)
{
    struct server *server = second_server();
    lose_connection(server);
    redis_forget(2);
    server_connect(server);
    cr_assert(serve_until(server, "XREVRANGE"));
    redis_append((struct entry_id){2, 9}, "hello", 5);
    serve(server);
    assert_halted(server, "entries are missing below the stream's last one");
}

Test(journal_heal, nonsense_while_it_heals_drops_the_connection_and_it_begins_again)
{
    static const char *const commands[] = {"XREVRANGE", "XADD"};
    struct journal_entry nonsense = {.id = TEXT("x"), .bytes = NULL};
    const struct journal_answer strange[] = {
        {.kind = JOURNAL_ANSWER_INTEGER, .integer = 1},
        {.kind = JOURNAL_ANSWER_ENTRIES, .count = 1, .entries = &nonsense},
    };
    for (size_t at = 0; at < 4; at++) {
        redis_begin();
        struct server *server = second_server();
        remember_whole();
        lose_connection(server);
        redis_forget(3);
        server_connect(server);
        cr_assert(serve_until(server, commands[at / 2]));
        struct command_sent command = take_command(server);
        free_command(&command);
        journal_answer(server->journal, &strange[at % 2]);
        cr_assert_not(server->connected, "nonsense %zu", at);
        reconnect(server);
        assert_whole_again();
        server_end(server);
    }
}
