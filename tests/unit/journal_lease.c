/* journal_lease.c -- who may answer look-ups, since when and for how long; probes between appends. */
#include <criterion/criterion.h>

#include "net/journal_inside.h"
#include "tests/unit/journal_fake.h"

TestSuite(journal_lease, .init = redis_begin, .fini = fake_end);

static enum journal_standing standing(struct server *server, int64_t monotonic_ms)
{
    return journal_standing(server->journal, monotonic_ms);
}

/* Carries out all that is asked, and counts how often it is this command. */
static uint32_t serve_and_count(struct server *server, const char *command)
{
    uint32_t count = 0;
    journal_pump(server->journal);
    while (server->sent_count > 0) {
        count += is_command(&server->sent[0], command) ? 1 : 0;
        serve_one(server);
        journal_pump(server->journal);
    }
    return count;
}

/* --- standing --------------------------------------------------------------------------------- */

Test(journal_lease, it_counts_from_the_sending_of_the_append_that_was_answered_last)
{
    struct server *server = server_with_campaign(.lease_ms = 1000);
    wait_ms(server, 400);
    claim(server, "a");
    pump_append(server); /* at 1400 */
    wait_ms(server, 600);
    serve_one(server); /* answered at 2000 */
    cr_assert_eq(standing(server, 2399), JOURNAL_SURE);
    cr_assert_eq(standing(server, 2400), JOURNAL_DOUBTFUL);
    cr_assert_eq(standing(server, 3399), JOURNAL_DOUBTFUL);
    cr_assert_eq(standing(server, 3400), JOURNAL_UNSURE);
}

Test(journal_lease, it_counts_from_the_sending_of_the_probe_that_was_answered_last)
{
    struct server *server = server_with_campaign(.lease_ms = 1000);
    wait_ms(server, 332);
    journal_pump(server->journal);
    cr_assert_eq(server->sent_count, 0u, "not before a third of the lease is over");
    wait_ms(server, 1);
    journal_pump(server->journal); /* at 1333 */
    cr_assert(is_command(&server->sent[0], "XREVRANGE"));
    wait_ms(server, 500);
    cr_assert_eq(standing(server, 2000), JOURNAL_DOUBTFUL, "not answered yet");
    serve_one(server);
    cr_assert_eq(standing(server, 2332), JOURNAL_SURE);
    cr_assert_eq(standing(server, 2333), JOURNAL_DOUBTFUL);
}

Test(journal_lease, doubt_lasts_from_the_first_question_on_and_ends_with_an_answer)
{
    struct server *server = server_with_campaign(.lease_ms = 1000);
    wait_ms(server, 4000);
    cr_assert_eq(standing(server, 5000), JOURNAL_DOUBTFUL, "it was asleep; a probe will tell");
    cr_assert_eq(standing(server, 5999), JOURNAL_DOUBTFUL);
    cr_assert_eq(standing(server, 6000), JOURNAL_UNSURE);
    serve_turns(server);
    cr_assert_eq(standing(server, 5500), JOURNAL_SURE);
    cr_assert_eq(standing(server, 6000), JOURNAL_DOUBTFUL, "doubt begins anew");
}

Test(journal_lease, doubt_that_ended_unseen_is_over)
{
    struct server *server = server_with_campaign(.lease_ms = 1000);
    wait_ms(server, 1500);
    cr_assert_eq(standing(server, server->now_ms), JOURNAL_DOUBTFUL);
    serve_turns(server); /* a probe; nobody asks meanwhile */
    wait_ms(server, 1500);
    cr_assert_eq(standing(server, server->now_ms), JOURNAL_DOUBTFUL, "and waits anew");
}

Test(journal_lease, with_probes_it_is_sure_all_the_time)
{
    struct server *server = server_with_campaign(.lease_ms = 1000);
    for (int at = 0; at < 500; at++) {
        serve_for_ms(server, 10);
        cr_assert_eq(standing(server, server->now_ms), JOURNAL_SURE);
    }
}

Test(journal_lease, appends_spare_the_probes)
{
    struct server *server = server_with_campaign(.lease_ms = 1000);
    char member[16];
    uint32_t probes = 0;
    for (int at = 0; at < 20; at++) {
        wait_ms(server, 300);
        snprintf(member, sizeof(member), "m%d", at);
        claim(server, member);
        probes += serve_and_count(server, "XREVRANGE");
    }
    cr_assert_eq(probes, 0u);
}

Test(journal_lease, where_a_lock_rules_out_a_second_server_it_is_sure_even_without_redis)
{
    struct server *server = server_create((struct how){.create = true});
    cr_assert_eq(standing(server, 1000), JOURNAL_UNSURE, "it does not lead yet");
    server_connect(server);
    serve(server);
    lose_connection(server);
    cr_assert_eq(standing(server, 1000000), JOURNAL_SURE);
}

Test(journal_lease, after_an_end_it_is_unsure)
{
    struct server *halted = server_with_campaign();
    lose_connection(halted);
    redis_delete();
    reconnect(halted);
    assert_halted(halted, "the stream is gone");
    cr_assert_eq(standing(halted, 1000), JOURNAL_UNSURE);
    redis_begin();
    struct server *old = server_with_campaign();
    struct server *new = server_start(0);
    serve(new);
    wait_ms(old, 400);
    serve_turns(old);
    cr_assert_eq(journal_state(old->journal), JOURNAL_DEPOSED);
    cr_assert_eq(standing(old, 1400), JOURNAL_UNSURE);
    journal_handover(new->journal);
    serve_turns(new);
    cr_assert_eq(new->handed_over, 1u);
    cr_assert_eq(standing(new, 1000), JOURNAL_UNSURE);
}

/* --- after a take-over ------------------------------------------------------------------------ */

Test(journal_lease, a_new_server_answers_when_the_formers_lease_and_a_margin_are_over)
{
    /* clang-format off */
    static const struct { uint32_t former; bool hands_over; uint32_t own; int64_t wait; } scenarios[] = {
        {1000, false, 1000, 1000 + 50 +  50},
        {3000, false, 1000, 3000 + 50 + 150}, /* the longer one counts */
        {1000, false, 2000, 2000 + 50 + 100},
        {   0, false, 1000, 1000 + 50 +  50}, /* the former relied on a lock that this one does not have */
        {1000, true,  1000, 0},
        {1000, false, 0,    0},               /* a lock rules it out */
    };
    /* clang-format on */
    for (size_t at = 0; at < sizeof(scenarios) / sizeof(scenarios[0]); at++) {
        redis_begin();
        struct server *former = server_with_campaign(.lease_ms = scenarios[at].former);
        if (scenarios[at].hands_over) {
            journal_handover(former->journal);
            serve_turns(former);
            cr_assert_eq(former->handed_over, 1u);
        }
        struct server *server = server_start(.lease_ms = scenarios[at].own);
        serve(server);
        wait_ms(server, 1); /* now it knows the time that is not before its TAKEOVER */
        if (scenarios[at].wait > 0) {
            serve_for_ms(server, scenarios[at].wait - 10);
            wait_ms(server, 9);
            cr_assert_eq(server->leading, 0u, "scenario %zu", at);
            cr_assert_str_eq(journal_state_word(server->journal), "beginning");
            cr_assert_eq(standing(server, server->now_ms), JOURNAL_UNSURE);
            wait_ms(server, 1);
        }
        cr_assert_eq(server->leading, 1u, "scenario %zu: %s", at, server->halted);
        cr_assert_eq(standing(server, server->now_ms), JOURNAL_SURE, "scenario %zu", at);
        server_end(server);
        server_end(former);
    }
}

Test(journal_lease, the_lease_before_a_server_that_never_led_is_waited_for_as_well)
{
    (void)server_with_campaign(.lease_ms = 10000);
    struct server *short_lived = server_start(.lease_ms = 1000);
    serve(short_lived);
    cr_assert_eq(short_lived->leading, 0u);
    struct server *server = server_start(.lease_ms = 1000);
    serve(server);
    serve_for_ms(server, 10000);
    cr_assert_eq(server->leading, 0u);
    serve_for_ms(server, 600);
    cr_assert_eq(server->leading, 1u, "%s", server->halted);
    claim_durably(server, "a"); /* it led: who follows has to wait for its lease alone */
    struct server *next = server_start(.lease_ms = 1000);
    serve(next);
    serve_for_ms(next, 1200);
    cr_assert_eq(next->leading, 1u);
}

Test(journal_lease, the_first_server_of_a_brand_waits_for_nobody)
{
    struct server *server = server_start(.create = true, .lease_ms = 1000);
    serve(server);
    cr_assert_eq(server->leading, 1u);
    cr_assert_eq(journal_epoch(server->journal), 1u);
}

Test(journal_lease, a_takeover_whose_answer_was_lost_counts_from_when_it_was_seen)
{
    struct server *former = server_with_campaign(.lease_ms = 1000);
    server_end(former);
    struct server *server = server_start(.lease_ms = 1000);
    cr_assert(serve_until(server, "XADD"));
    lose_answer(server);
    wait_ms(server, 5000);
    reconnect(server);
    cr_assert_eq(server->leading, 0u);
    wait_ms(server, 1);
    serve_for_ms(server, 1090);
    cr_assert_eq(server->leading, 0u);
    serve_for_ms(server, 10);
    cr_assert_eq(server->leading, 1u);
}

Test(journal_lease, a_takeover_that_redis_lost_is_sent_again_and_counts_from_then)
{
    struct server *former = server_with_campaign(.lease_ms = 1000);
    server_end(former);
    struct server *server = server_start(.lease_ms = 1000);
    cr_assert(serve_until(server, "XLEN"));
    wait_ms(server, 1);
    lose_connection(server);
    redis_forget(1); /* the former one has led on meanwhile, for all we know */
    wait_ms(server, 5000);
    reconnect(server);
    cr_assert_eq(journal_epoch(server->journal), 2u);
    cr_assert_eq(server->leading, 0u);
    wait_ms(server, 1);
    serve_for_ms(server, 1090);
    cr_assert_eq(server->leading, 0u);
    serve_for_ms(server, 10);
    cr_assert_eq(server->leading, 1u);
}

Test(journal_lease, a_lease_that_ran_out_before_its_begin_is_acknowledged_is_not_waited_for_again)
{
    struct server *former = server_with_campaign(.lease_ms = 1000);
    server_end(former);
    struct server *server = server_start(.lease_ms = 1000);
    cr_assert(serve_until(server, "XLEN"));
    wait_ms(server, 1);
    wait_ms(server, 5000);
    cr_assert_eq(server->leading, 0u, "not without its BEGIN");
    serve(server);
    cr_assert_eq(server->leading, 1u);
}

Test(journal_lease, asked_to_end_while_it_waits_it_hands_over_only_when_the_formers_lease_is_over)
{
    struct server *former = server_with_campaign(.lease_ms = 1000);
    struct server *server = server_start(.lease_ms = 1000);
    serve(server);
    journal_handover(server->journal);
    wait_ms(server, 1);
    serve_for_ms(server, 1000);
    cr_assert_eq(server->handed_over, 0u, "who follows would not wait for the lease of the former");
    serve_for_ms(server, 100);
    cr_assert_eq(server->handed_over, 1u);
    cr_assert(former->connected);
}

/* --- probes ----------------------------------------------------------------------------------- */

Test(journal_lease, a_probe_that_finds_a_higher_epoch_deposes_a_server_with_nothing_queued)
{
    struct server *old = server_with_campaign(.lease_ms = 1000);
    struct server *new = server_start(.lease_ms = 1000);
    serve(new);
    cr_assert(queue_is_empty(&old->queue));
    wait_ms(old, 400);
    serve_turns(old);
    cr_assert_eq(journal_state(old->journal), JOURNAL_DEPOSED);
    cr_assert_not_null(strstr(old->deposed, "epoch 2, this one had 1"), "%s", old->deposed);
    cr_assert_not(old->connected);
}

Test(journal_lease, the_former_server_knows_before_the_new_one_answers)
{
    struct server *old = server_with_campaign(.lease_ms = 1000);
    serve_for_ms(old, 700);
    struct server *new = server_start(.lease_ms = 1000, .now_ms = old->now_ms);
    serve(new);
    wait_ms(new, 1);
    while (new->leading == 0) { /* the old one's questions get no answers any more */
        journal_pump(old->journal);
        wait_ms(old, 1);
        wait_ms(new, 1);
    }
    cr_assert_eq(standing(old, old->now_ms), JOURNAL_DOUBTFUL);
    cr_assert_eq(old->deposed[0], '\0');
}

Test(journal_lease, a_held_server_is_sure_by_probes)
{
    struct server *server = server_with_campaign(.lease_ms = 1000);
    redis.error = "OOM command not allowed when used memory > 'maxmemory'.";
    redis.error_to = "XADD";
    redis.errors = 1000;
    uint64_t durable_seq = server->durable_seq;
    claim(server, "a");
    for (int at = 0; at < 600; at++) {
        serve_for_ms(server, 10);
        cr_assert_eq(standing(server, server->now_ms), JOURNAL_SURE, "after %d ms", at * 10);
    }
    cr_assert_eq(server->durable_seq, durable_seq);
    redis.errors = 0;
    serve_for_ms(server, 2100);
    cr_assert_eq(server->durable_seq, server->engine->seq);
}

Test(journal_lease, a_held_server_is_deposed_by_a_probe)
{
    struct server *old = server_with_campaign(.lease_ms = 1000);
    redis.error = "OOM command not allowed when used memory > 'maxmemory'.";
    redis.error_to = "XADD";
    redis.errors = 5;
    claim(old, "a");
    serve_for_ms(old, 1000);
    cr_assert(journal_is_held(old->journal));
    redis.errors = 0;
    struct server *new = server_start(.lease_ms = 1000);
    serve(new);
    redis.errors = 1000;
    serve_for_ms(old, 500);
    cr_assert_eq(journal_state(old->journal), JOURNAL_DEPOSED);
}

Test(journal_lease, a_probe_that_is_refused_is_asked_again_soon)
{
    struct server *server = server_with_campaign(.lease_ms = 1000);
    redis.error = "BUSY Redis is busy running a script.";
    redis.error_to = "XREVRANGE";
    redis.errors = 2;
    wait_ms(server, 400);
    cr_assert_eq(serve_and_count(server, "XREVRANGE"), 1u);
    wait_ms(server, 99);
    cr_assert_eq(serve_and_count(server, "XREVRANGE"), 0u);
    wait_ms(server, 1);
    cr_assert_eq(serve_and_count(server, "XREVRANGE"), 1u);
    wait_ms(server, 100);
    cr_assert_eq(serve_and_count(server, "XREVRANGE"), 1u);
    cr_assert_eq(standing(server, 2599), JOURNAL_SURE);
    cr_assert_eq(redis.errors, 0u);
}

Test(journal_lease, a_connection_lost_with_a_probe_in_flight_has_no_append_to_resolve)
{
    struct server *server = server_with_campaign(.lease_ms = 1000);
    wait_ms(server, 400);
    journal_pump(server->journal);
    cr_assert_eq(server->sent_count, 1u);
    lose_connection(server);
    wait_ms(server, 5000);
    cr_assert_eq(standing(server, server->now_ms), JOURNAL_DOUBTFUL);
    reconnect(server);
    serve_turns(server);
    cr_assert_eq(standing(server, server->now_ms), JOURNAL_SURE);
    cr_assert_eq(journal_resolves(server->journal), 0u);
    claim_durably(server, "a");
}

Test(journal_lease, a_probe_that_is_answered_with_nonsense_drops_the_connection)
{
    struct journal_entry nonsense = {.id = TEXT("x"), .bytes = NULL};
    const struct journal_answer strange[] = {
        {.kind = JOURNAL_ANSWER_INTEGER, .integer = 1},
        {.kind = JOURNAL_ANSWER_ENTRIES, .count = 1, .entries = &nonsense},
    };
    struct server *server = server_with_campaign(.lease_ms = 1000);
    for (size_t at = 0; at < sizeof(strange) / sizeof(strange[0]); at++) {
        wait_ms(server, 400);
        journal_pump(server->journal);
        struct command_sent probe = take_command(server);
        cr_assert(is_command(&probe, "XREVRANGE"));
        free_command(&probe);
        journal_answer(server->journal, &strange[at]);
        cr_assert_not(server->connected);
        reconnect(server);
        serve_turns(server);
        cr_assert_eq(standing(server, server->now_ms), JOURNAL_SURE);
    }
}
