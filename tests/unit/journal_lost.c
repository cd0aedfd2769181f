/* journal_lost.c -- what becomes of an append, or of a start, whose answer was lost. */
#include "net/journal.h"

#include <criterion/criterion.h>

#include "tests/unit/snapshot_fake.h"

TestSuite(journal_lost, .init = redis_begin, .fini = fake_end);

Test(journal_lost, a_lost_request_is_sent_again_and_applied_once)
{
    struct server *server = server_with_campaign();
    claim(server, "a");
    journal_pump(server->journal);
    struct command_sent lost = lose_request(server);
    free_command(&lost);
    size_t count = redis.journal.count;
    reconnect(server);
    cr_assert_eq(redis.journal.count, count + 1);
    cr_assert_eq(server->durable_seq, server->engine->seq);
    cr_assert_eq(journal_resolves(server->journal), 1u);
    assert_replays_to(server);
}

Test(journal_lost, a_lost_answer_counts_after_one_more_append)
{
    struct server *server = server_with_campaign();
    uint64_t durable_seq = server->durable_seq;
    claim(server, "a");
    journal_pump(server->journal);
    lose_answer(server);
    size_t count = redis.journal.count;
    server_connect(server);
    cr_assert(serve_until(server, "XADD"));
    cr_assert_eq(server->durable_seq, durable_seq, "found is not yet durable");
    serve(server);
    cr_assert_eq(redis.journal.count, count + 1, "an empty batch");
    cr_assert_eq(redis.journal.entries[count].length, BATCH_EMPTY_BYTES);
    cr_assert_eq(server->durable_seq, server->engine->seq);
    claim_durably(server, "b");
    assert_replays_to(server);
}

Test(journal_lost, a_lost_answer_is_confirmed_by_the_next_batch_if_one_waits)
{
    struct server *server = server_with_campaign();
    claim(server, "a");
    journal_pump(server->journal);
    claim(server, "b");
    lose_answer(server);
    size_t count = redis.journal.count;
    reconnect(server);
    cr_assert_eq(redis.journal.count, count + 1);
    cr_assert_gt(redis.journal.entries[count].length, BATCH_EMPTY_BYTES);
    cr_assert_eq(server->durable_seq, server->engine->seq);
    assert_replays_to(server);
}

Test(journal_lost, a_late_duplicate_changes_nothing)
{
    struct server *server = server_with_campaign();
    claim(server, "a");
    journal_pump(server->journal);
    struct command_sent late = lose_request(server);
    server_connect(server);
    cr_assert(serve_until(server, "XADD")); /* not found: about to be sent again */
    arrive_late(&late);
    serve(server);
    cr_assert_eq(server->durable_seq, server->engine->seq, "%s %s", server->halted,
                 journal_state_word(server->journal));
    claim_durably(server, "b");
    assert_replays_to(server);
}

Test(journal_lost, answers_lost_again_and_again_lose_nothing)
{
    struct server *server = server_with_campaign();
    claim(server, "a");
    journal_pump(server->journal);
    for (int at = 0; at < 20; at++) {
        if (at % 3 == 1) {
            struct command_sent lost = lose_request(server);
            free_command(&lost);
        } else {
            lose_answer(server);
        }
        if (at % 4 == 2) {
            char member[16];
            snprintf(member, sizeof(member), "m%d", at);
            claim(server, member);
        }
        server_connect(server);
        cr_assert(serve_until(server, "XADD"));
    }
    serve(server);
    journal_pump(server->journal);
    serve(server);
    cr_assert_eq(server->durable_seq, server->engine->seq);
    cr_assert(queue_is_empty(&server->queue));
    assert_replays_to(server);
}

Test(journal_lost, a_connection_lost_at_every_step_of_a_start_is_made_good)
{
    struct server *first = server_with_campaign();
    char member[16];
    for (int at = 0; at < 60; at++) {
        snprintf(member, sizeof(member), "m%d", at);
        claim_durably(first, member);
    }
    for (int answered = 0; answered < 12; answered++) {
        for (int lost = 0; lost < 2; lost++) {
            struct server *server = server_start(0);
            for (int at = 0; at < answered && server->sent_count > 0; at++) {
                serve_one(server);
            }
            if (server->sent_count == 0) {
                server_end(server);
                continue;
            }
            if (lost == 0) {
                lose_answer(server);
            } else {
                struct command_sent command = lose_request(server);
                free_command(&command);
            }
            reconnect(server);
            cr_assert_eq(server->leading, 1u, "after %d answers: %s%s", answered, server->halted,
                         server->deposed);
            cr_assert_eq(server->engine->coupons.pool.count, 61u);
            assert_replays_to(server);
            server_end(server);
        }
    }
}

Test(journal_lost, a_connection_lost_at_every_step_of_a_birth_is_made_good)
{
    for (int answered = 0; answered < 12; answered++) {
        for (int lost = 0; lost < 2; lost++) {
            redis_begin();
            struct server *server = server_start(.create = true);
            for (int at = 0; at < answered && server->sent_count > 0; at++) {
                serve_one(server);
            }
            if (server->sent_count == 0) {
                server_end(server);
                continue;
            }
            if (lost == 0) {
                lose_answer(server);
            } else {
                struct command_sent command = lose_request(server);
                free_command(&command);
            }
            reconnect(server);
            cr_assert_eq(server->leading, 1u, "after %d answers: %s%s", answered, server->halted,
                         server->deposed);
            cr_assert_eq(journal_epoch(server->journal), 1u);
            server_end(server);
        }
    }
}

Test(journal_lost, a_takeover_whose_answer_is_lost_is_known_by_its_nonce)
{
    struct server *first = server_start(.create = true);
    serve(first);
    struct server *server = server_start(0);
    cr_assert(serve_until(server, "XADD"));
    lose_answer(server);
    reconnect(server);
    cr_assert_eq(server->leading, 1u);
    cr_assert_eq(journal_epoch(server->journal), 2u, "not a second TAKEOVER");
}

Test(journal_lost, a_higher_epoch_seen_after_a_lost_answer_deposes)
{
    struct server *old = server_with_campaign();
    claim(old, "a");
    journal_pump(old->journal);
    uint64_t durable_seq = old->durable_seq;
    lose_answer(old);
    struct server *new = server_start(0);
    serve(new);
    reconnect(old);
    cr_assert_eq(journal_state(old->journal), JOURNAL_DEPOSED);
    cr_assert_eq(old->durable_seq, durable_seq);
    cr_assert_eq(new->engine->coupons.pool.count, 2u, "what was written is the new one's");
}

Test(journal_lost, deposed_while_replaying)
{
    ten_claims();
    struct server *server = server_start(0);
    cr_assert(serve_until(server, "XLEN"));
    lose_connection(server);
    struct server *faster = server_start(0);
    serve(faster);
    reconnect(server);
    cr_assert_eq(journal_state(server->journal), JOURNAL_DEPOSED);
    cr_assert_not_null(strstr(server->deposed, "epoch 3 while this one was starting"), "%s",
                       server->deposed);
}

Test(journal_lost, a_redis_that_lost_what_was_not_acknowledged_gets_it_again)
{
    struct server *server = server_with_campaign();
    claim(server, "a");
    journal_pump(server->journal);
    lose_answer(server);
    server_connect(server);
    cr_assert(serve_until(server, "XADD")); /* found; the confirming batch is on its way */
    lose_connection(server);
    redis_forget(1);
    reconnect(server);
    journal_pump(server->journal);
    serve(server);
    cr_assert_eq(server->durable_seq, server->engine->seq, "%s", server->halted);
    journal_pump(server->journal);
    serve(server);
    cr_assert(queue_is_empty(&server->queue));
    assert_replays_to(server);
}

Test(journal_lost, a_redis_that_came_back_empty_is_a_halt)
{
    struct server *server = server_with_campaign();
    lose_connection(server);
    redis_delete();
    reconnect(server);
    assert_halted(server, "the stream is gone");
}

Test(journal_lost, another_journal_behind_the_same_address_is_a_halt)
{
    struct server *server = server_with_campaign();
    lose_connection(server);
    redis_begin();
    struct server *other = server_start(.create = true);
    serve(other);
    reconnect(server);
    assert_halted(server, "another journal is at boon:{0}:journal now");
}

Test(journal_lost, an_entry_of_this_epoch_with_other_bytes_is_a_halt)
{
    struct server *server = server_with_campaign();
    claim(server, "a");
    journal_pump(server->journal);
    lose_answer(server);
    break_bit(&redis.journal.entries[redis.journal.count - 1]);
    reconnect(server);
    assert_halted(server, "entry 1-3 has other bytes than this server sent");
}

Test(journal_lost, the_last_acknowledged_entry_with_other_bytes_is_a_halt)
{
    struct server *server = server_with_campaign();
    lose_connection(server);
    break_bit(&redis.journal.entries[redis.journal.count - 1]);
    reconnect(server);
    assert_halted(server, "entry 1-2 is not the one that this server wrote last");
}

Test(journal_lost, the_last_acknowledged_entry_replaced_by_a_sound_one_is_a_halt)
{
    struct server *server = server_with_campaign();
    lose_connection(server);
    break_bit(&redis.journal.entries[redis.journal.count - 1]);
    hash_again(&redis.journal.entries[redis.journal.count - 1]);
    reconnect(server);
    assert_halted(server, "entry 1-2 is not the one that this server wrote last");
}

Test(journal_lost, the_last_acknowledged_entry_under_another_id_is_a_halt)
{
    struct server *server = server_with_campaign();
    lose_connection(server);
    redis.journal.entries[redis.journal.count - 1].id.number = 9;
    reconnect(server);
    assert_halted(server, "entry 1-9 is not the one that this server wrote last");
}

Test(journal_lost, without_a_connection_the_queue_takes_claims_and_nothing_is_sent)
{
    struct server *server = server_with_campaign();
    uint64_t durable_seq = server->durable_seq;
    lose_connection(server);
    claim(server, "a");
    journal_pump(server->journal);
    wait_ms(server, 5000);
    claim(server, "b");
    journal_pump(server->journal);
    cr_assert_eq(server->durable_seq, durable_seq);
    cr_assert_str_eq(server->halted, "");
    reconnect(server);
    serve_turns(server);
    cr_assert_eq(server->durable_seq, server->engine->seq);
    cr_assert_eq(server->leading, 1u, "it led all the time");
    cr_assert_eq(journal_resolves(server->journal), 0u, "no outcome was unknown");
    assert_replays_to(server);
}

Test(journal_lost, an_entry_of_this_epoch_from_somebody_else_is_a_halt)
{
    struct server *server = server_with_campaign();
    lose_connection(server);
    redis_append((struct entry_id){1, 99}, "hello", 5);
    reconnect(server);
    assert_halted(server, "entry 1-99 has this server's epoch, but is not its own");
}

Test(journal_lost, an_id_disputed_for_ever_is_a_halt)
{
    struct server *server = server_with_campaign();
    redis.journal.last = (struct entry_id){1, 500}; /* XSETID, or entries deleted by hand */
    claim(server, "a");
    journal_pump(server->journal);
    serve(server);
    assert_halted(server, "deleted by hand");
}

Test(journal_lost, settings_made_weaker_behind_its_back_are_waited_for_at_the_next_connection)
{
    struct server *server = server_with_campaign();
    uint64_t durable_seq = server->durable_seq;
    lose_connection(server);
    redis.settings[3] = "everysec";
    claim(server, "a");
    reconnect(server);
    serve_for_ms(server, 5000);
    cr_assert_eq(server->durable_seq, durable_seq);
    cr_assert_str_eq(journal_state_word(server->journal), "held");
    cr_assert_not_null(strstr(server->noted, "appendfsync everysec"), "%s", server->noted);
    redis.settings[3] = "always";
    serve_for_ms(server, 2100);
    cr_assert_eq(server->durable_seq, server->engine->seq);
    assert_replays_to(server);
}

Test(journal_lost, an_answer_that_makes_no_sense_drops_the_connection_and_is_resolved)
{
    struct server *server = server_with_campaign();
    const struct journal_answer strange[] = {
        {.kind = JOURNAL_ANSWER_INTEGER, .integer = 1},
        {.kind = JOURNAL_ANSWER_OTHER},
        {.kind = JOURNAL_ANSWER_TEXT, .text = TEXT("1-9999")},
        {.kind = JOURNAL_ANSWER_TEXT, .text = TEXT("OK")},
        {.kind = JOURNAL_ANSWER_ENTRIES},
    };
    for (size_t at = 0; at < sizeof(strange) / sizeof(strange[0]); at++) {
        char member[16];
        snprintf(member, sizeof(member), "m%zu", at);
        claim(server, member);
        journal_pump(server->journal);
        struct command_sent command = take_command(server);
        arrive_late(&command);
        journal_answer(server->journal, &strange[at]);
        cr_assert_not(server->connected);
        reconnect(server);
        cr_assert_eq(server->durable_seq, server->engine->seq);
    }
    assert_replays_to(server);
}

Test(journal_lost, no_answer_is_too_strange_at_any_step)
{
    struct journal_entry nonsense = {.id = TEXT("x"), .bytes = NULL};
    const struct journal_answer strange[] = {
        {.kind = JOURNAL_ANSWER_NIL},
        {.kind = JOURNAL_ANSWER_INTEGER, .integer = -1},
        {.kind = JOURNAL_ANSWER_OTHER},
        {.kind = JOURNAL_ANSWER_TEXT, .text = TEXT("")},
        {.kind = JOURNAL_ANSWER_ENTRIES},
        {.kind = JOURNAL_ANSWER_ENTRIES, .count = 1, .entries = &nonsense},
        {.kind = JOURNAL_ANSWER_PAIRS},
        {.kind = JOURNAL_ANSWER_ERROR, .text = TEXT("")},
    };
    for (int answered = 0; answered < 12; answered++) {
        for (size_t at = 0; at < sizeof(strange) / sizeof(strange[0]); at++) {
            redis_begin();
            ten_claims();
            struct server *server = server_start(0);
            for (int step_number = 0; step_number < answered; step_number++) {
                if (server->sent_count > 0) {
                    serve_one(server);
                }
            }
            if (server->sent_count > 0) {
                struct command_sent command = take_command(server);
                free_command(&command);
                journal_answer(server->journal, &strange[at]);
                enum journal_state state = journal_state(server->journal);
                cr_expect(state == JOURNAL_HALTED || server->connected || state == JOURNAL_DOWN,
                          "after %d answers, strange answer %zu", answered, at);
            }
            server_end(server);
        }
    }
}

Test(journal_lost, a_batch_found_without_the_one_before_it_is_a_halt)
{
    struct server *server = server_with_campaign();
    claim(server, "a");
    journal_pump(server->journal);
    lose_answer(server); /* 1-3 is there */
    claim(server, "b");
    server_connect(server);
    cr_assert(serve_until(server, "XADD")); /* 1-4 confirms it */
    lose_answer(server);
    redis.journal.count--; /* 1-3 goes, 1-4 stays */
    redis.journal.entries[redis.journal.count - 1] = redis.journal.entries[redis.journal.count];
    reconnect(server);
    assert_halted(server, "entry 1-3 is missing below 1-4");
}

/* --- at random -------------------------------------------------------------------------------- */

static uint32_t random_below(uint64_t *state, uint32_t limit)
{
    *state = *state * 6364136223846793005ULL + 1442695040888963407ULL;
    return (uint32_t)(*state >> 33) % limit;
}

/* A Redis killed may come back without what it had not acknowledged, or, if it did not keep its promise,
 * without what it had. */
static void forget(struct server *server, uint32_t entries, bool acknowledged)
{
    const struct entry_id durable = server->journal->durable;
    const struct entry_id takeover = {server->journal->epoch, 0};
    bool alone = server->journal->options.lease_ms == 0; /* else a lost TAKEOVER is a halt */
    while (entries-- > 0 && redis.journal.count > 1 &&
           (alone || entry_id_compare(redis.journal.last, takeover) > 0) &&
           (acknowledged ||
            entry_id_compare(redis.journal.entries[redis.journal.count - 1].id, durable) > 0)) {
        redis_forget(1);
    }
}

static void record_if_it_can_be(struct server *server)
{
    struct snapshot_stamp stamp;
    if (server->journal->recording == JOURNAL_RECORDING_NOTHING &&
        journal_stamp(server->journal, &stamp)) {
        struct manifest manifest = {.stamp = stamp};
        if (chunks_of(server, &manifest)->count == 0) {
            manifest = write_snapshot(server);
            cr_assert(journal_record(server->journal, &manifest));
        }
    }
}

static void random_walk(struct server *server, uint64_t seed)
{
    static struct command_sent late[256];
    uint32_t late_count = 0;
    uint32_t members = 0;
    uint64_t state = seed;
    char member[16];
    for (int at = 0; at < 400; at++) {
        uint32_t chance = random_below(&state, 100);
        if (chance < 30) {
            snprintf(member, sizeof(member), "m%u", members++);
            claim(server, member);
            journal_pump(server->journal);
        } else if (!server->connected) {
            if (late_count > 0 &&
                chance < 50) { /* its old connection is gone for good after this */
                arrive_late(&late[--late_count]);
            }
            server_connect(server);
        } else if (chance < 75) {
            if (server->sent_count > 0) {
                serve_one(server);
            }
            journal_pump(server->journal);
        } else if (chance < 80) {
            wait_ms(server, 500);
        } else if (chance < 81) {
            record_if_it_can_be(server);
        } else if (chance < 84) {
            redis.error = "OOM command not allowed";
            redis.error_to = chance < 83 ? "XADD" : "XRANGE";
            redis.errors = 1;
        } else if (server->sent_count == 0) {
            lose_connection(server);
        } else if (chance < 92) {
            lose_answer(server);
            uint32_t forgotten = random_below(&state, 3);
            forget(server, forgotten, seed % 2 == 0);
            while (forgotten > 0 && late_count > 0) { /* what was on its way died with that Redis */
                free_command(&late[--late_count]);
            }
        } else {
            struct command_sent lost = lose_request(server);
            if (is_command(&lost, "XADD") && late_count < 256) {
                late[late_count++] = lost;
            } else {
                free_command(&lost);
            }
        }
    }
    while (late_count > 0) {
        free_command(&late[--late_count]);
    }
}

Test(journal_lost, whatever_is_lost_at_random_nothing_acknowledged_is)
{
    for (uint64_t seed = 1; seed <= 300; seed++) {
        redis_begin();
        redis.replicas = 1;
        struct server *server = server_with_campaign(.lease_ms = 1000 * (uint32_t)(seed % 3),
                                                     .wait_replicas = seed % 5 == 0 ? 1 : 0);
        random_walk(server, seed);
        redis.errors = 0;
        for (int at = 0; at < 20; at++) {
            if (!server->connected) {
                server_connect(server);
            }
            wait_ms(server, 5000);
            serve(server);
            journal_pump(server->journal);
        }
        while (server->sent_count > 0) {
            serve_one(server);
        }
        cr_assert_eq(server->durable_seq, server->engine->seq, "seed %" PRIu64 ": %s %s", seed,
                     journal_state_word(server->journal), journal_message(server->journal));
        cr_assert(queue_is_empty(&server->queue), "seed %" PRIu64, seed);
        assert_replays_to(server);
        fake_end();
    }
}

Test(journal_lost, who_was_replaced_and_then_trimmed_away_knows_that_it_was_replaced)
{
    struct server *former = server_with_campaign();
    claim_durably(former, "a");
    claim(former, "b");
    pump_append(former);
    lose_answer(former); /* it arrived */
    struct server *server = server_start(0);
    serve(server);
    claim_durably(server, "c");
    stream_shift(&redis.journal,
                 redis.journal.count - 4); /* what is left begins with the lost one */
    server_connect(former);
    serve(former);
    cr_assert_eq(journal_state(former->journal), JOURNAL_DEPOSED, "%s", former->halted);
}
