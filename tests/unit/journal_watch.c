/* journal_watch.c -- settings, role and replicas of Redis, looked at while this server leads. */
#include <criterion/criterion.h>

#include "net/journal_inside.h"
#include "tests/unit/journal_fake.h"

TestSuite(journal_watch, .init = redis_begin, .fini = fake_end);

static void refuse(const char *command, const char *error, uint32_t times)
{
    redis.error = error;
    redis.error_to = command;
    redis.errors = times;
}

/* --- settings and role ------------------------------------------------------------------------ */

Test(journal_watch, while_redis_promises_less_nothing_is_sent_and_then_all_is_acknowledged)
{
    static const char *const keeps[] = {"yes", "always", "no", "noeviction"};
    static const char *const breaks[] = {"no", "everysec", "yes", "allkeys-lru"};
    struct server *server = server_with_campaign(.lease_ms = 1000);
    char member[16];
    for (size_t at = 0; at < 4; at++) {
        uint64_t durable_seq = server->durable_seq;
        uint32_t appends = redis.appends;
        redis.settings[2 * at + 1] = breaks[at];
        serve_for_ms(server, JOURNAL_WATCH_MS + 10);
        cr_assert(journal_is_weak(server->journal));
        cr_assert(journal_is_held(server->journal));
        cr_assert_str_eq(journal_state_word(server->journal), "held");
        cr_assert_not_null(strstr(server->noted, breaks[at]), "%s", server->noted);
        uint32_t notes = server->notes;
        snprintf(member, sizeof(member), "m%zu", at);
        claim(server, member);
        serve_for_ms(server, 5000);
        cr_assert_eq(server->durable_seq, durable_seq);
        cr_assert_eq(redis.appends, appends);
        cr_assert_eq(server->notes, notes, "it is noted once");
        cr_assert_eq(journal_standing(server->journal, server->now_ms), JOURNAL_SURE);
        redis.settings[2 * at + 1] = keeps[at];
        serve_for_ms(server, JOURNAL_WATCH_MS + 10);
        cr_assert_not(journal_is_weak(server->journal));
        cr_assert_eq(server->durable_seq, server->engine->seq);
        cr_assert_str_eq(server->noted, "Redis keeps the promise again");
    }
    assert_replays_to(server);
}

Test(journal_watch, a_redis_whose_last_write_failed_is_waited_for)
{
    struct server *server = server_with_campaign();
    redis.written = "err";
    serve_for_ms(server, JOURNAL_WATCH_MS + 10);
    uint32_t appends = redis.appends;
    claim(server, "a");
    serve_for_ms(server, 3000);
    cr_assert_eq(redis.appends, appends);
    cr_assert_not_null(strstr(server->noted, "append only file failed"), "%s", server->noted);
    redis.written = "ok";
    serve_for_ms(server, JOURNAL_WATCH_MS + 10);
    cr_assert_eq(server->durable_seq, server->engine->seq);
}

Test(journal_watch, settings_that_are_shown_no_more_are_not_believed)
{
    static const char *const commands[] = {"CONFIG", "INFO"};
    struct server *server = server_with_campaign();
    for (size_t at = 0; at < 2; at++) {
        refuse(commands[at], "NOPERM this user has no permissions", 3);
        serve_for_ms(server, JOURNAL_WATCH_MS + 10);
        cr_assert(journal_is_weak(server->journal), "%s", commands[at]);
        serve_for_ms(server, 3 * JOURNAL_WATCH_MS);
        cr_assert_not(journal_is_weak(server->journal), "%s", commands[at]);
    }
}

Test(journal_watch, what_is_held_is_not_sent_while_redis_promises_less)
{
    struct server *server = server_with_campaign();
    uint64_t durable_seq = server->durable_seq;
    refuse("XADD", "OOM command not allowed when used memory > 'maxmemory'.", 1000);
    claim(server, "a");
    serve_for_ms(server, 500);
    redis.settings[3] = "everysec";
    serve_for_ms(server, 4 * JOURNAL_WATCH_MS);
    cr_assert(journal_is_weak(server->journal));
    redis.errors = 0;
    serve_for_ms(server, 5000);
    cr_assert_eq(server->durable_seq, durable_seq);
    redis.settings[3] = "always";
    serve_for_ms(server, JOURNAL_WATCH_MS + 10);
    cr_assert_eq(server->durable_seq, server->engine->seq);
    assert_replays_to(server);
}

Test(journal_watch, a_redis_that_becomes_a_replica_while_it_leads_is_left)
{
    struct server *server = server_with_campaign();
    redis.role = "slave";
    serve_for_ms(server, JOURNAL_WATCH_MS + 10);
    cr_assert_not(server->connected);
    cr_assert_not_null(strstr(server->noted, "it has become a replica"), "%s", server->noted);
    redis.role = "master";
    reconnect(server);
    claim_durably(server, "a");
}

Test(journal_watch, an_answer_that_tells_no_role_is_not_believed)
{
    const struct journal_answer strange = {.kind = JOURNAL_ANSWER_NIL};
    struct server *server = server_with_campaign();
    wait_ms(server, JOURNAL_WATCH_MS);
    journal_pump(server->journal);
    cr_assert(serve_until(server, "INFO"));
    struct command_sent command = take_command(server);
    free_command(&command);
    journal_answer(server->journal, &strange);
    cr_assert(journal_is_weak(server->journal));
    serve_for_ms(server, JOURNAL_WATCH_MS + 10);
    cr_assert_not(journal_is_weak(server->journal));
    claim_durably(server, "a");
}

Test(journal_watch, who_promises_nothing_does_not_look)
{
    redis.written = "err";
    redis.settings[1] = "no";
    refuse("CONFIG", "NOPERM", 1000);
    struct server *server = server_with_campaign(.durability = JOURNAL_DURABILITY_NONE);
    serve_for_ms(server, 5 * JOURNAL_WATCH_MS);
    cr_assert_not(journal_is_weak(server->journal));
    claim_durably(server, "a");
}

Test(journal_watch, a_start_waits_for_a_redis_whose_last_write_failed)
{
    redis.written = "err";
    struct server *server = server_start(.create = true);
    serve_for_ms(server, 1000);
    cr_assert_eq(server->leading, 0u);
    cr_assert_str_eq(journal_state_word(server->journal), "held");
    redis.written = "ok";
    serve_for_ms(server, 2100);
    cr_assert_eq(server->leading, 1u);
    redis.written = NULL; /* an older Redis, or one without that file */
    serve_for_ms(server, 2 * JOURNAL_WATCH_MS);
    cr_assert_not(journal_is_weak(server->journal));
}

Test(journal_watch, the_processes_of_redis_are_counted_and_another_one_is_noted)
{
    struct server *server = server_with_campaign();
    cr_assert_eq(journal_redis_runs(server->journal), 1u);
    lose_connection(server);
    reconnect(server);
    cr_assert_eq(journal_redis_runs(server->journal), 1u, "the same one");
    lose_connection(server);
    redis.run_id = "76543210fedcba9876543210fedcba9876543210";
    uint32_t notes = server->notes;
    reconnect(server);
    cr_assert_eq(journal_redis_runs(server->journal), 2u);
    cr_assert_eq(server->notes, notes + 1);
    redis.run_id = "an id that is longer than any that Redis has had so far";
    lose_connection(server);
    reconnect(server);
    redis.run_id = "";
    lose_connection(server);
    reconnect(server);
    cr_assert_eq(journal_redis_runs(server->journal), 2u, "these are none");
    claim_durably(server, "a");
}

Test(journal_watch, a_password_changed_at_the_start_is_a_halt_and_later_a_wait)
{
    struct server *server = server_create((struct how){.create = true});
    journal_refused(server->journal, TEXT("WRONGPASS invalid username-password pair"));
    assert_halted(server, "see --redis-username and --redis-password");
    journal_refused(server->journal, TEXT("WRONGPASS")); /* nothing comes after an end */
    struct server *leading = server_with_campaign();
    lose_connection(leading);
    journal_refused(leading->journal, TEXT("WRONGPASS invalid username-password pair"));
    cr_assert_eq(leading->halted[0], '\0');
    cr_assert_not_null(strstr(leading->noted, "does not let this user in"));
    reconnect(leading);
    refuse("XADD", "NOAUTH Authentication required.", 1);
    claim(leading, "a");
    pump_append(leading);
    serve_one(leading);
    cr_assert_not(leading->connected, "it takes the password again on a new connection");
    reconnect(leading);
    cr_assert_eq(leading->durable_seq, leading->engine->seq);
}

/* --- replicas --------------------------------------------------------------------------------- */

Test(journal_watch, a_batch_counts_once_when_enough_replicas_have_it)
{
    redis.replicas = 2;
    struct server *server = server_with_campaign(.wait_replicas = 2);
    uint64_t durable_seq = server->durable_seq;
    uint32_t durable_calls = server->durable_calls;
    uint32_t appends = redis.appends;
    redis.replicas = 1;
    claim(server, "a");
    serve_for_ms(server, 3000);
    cr_assert_eq(server->durable_seq, durable_seq);
    cr_assert_eq(redis.appends, appends + 1, "it is in Redis, once");
    cr_assert_str_eq(journal_state_word(server->journal), "held");
    cr_assert_not_null(strstr(server->noted, "1 of 2"), "%s", server->noted);
    redis.replicas = 3;
    serve_for_ms(server, 2100);
    cr_assert_eq(server->durable_seq, server->engine->seq);
    cr_assert_eq(server->durable_calls, durable_calls + 1);
    cr_assert_eq(redis.appends, appends + 1);
    assert_replays_to(server);
}

Test(journal_watch, it_leads_when_the_replicas_have_its_begin)
{
    struct server *server = server_start(.create = true, .wait_replicas = 1);
    serve_for_ms(server, 1000);
    cr_assert_eq(server->leading, 0u);
    redis.replicas = 1;
    serve_for_ms(server, 2100);
    cr_assert_eq(server->leading, 1u);
}

Test(journal_watch, a_wait_that_is_refused_is_asked_again)
{
    redis.replicas = 1;
    struct server *server = server_with_campaign(.wait_replicas = 1);
    refuse("WAIT", "ERR WAIT cannot be used with replica instances", 2);
    claim(server, "a");
    serve_for_ms(server, 1000);
    cr_assert_eq(redis.errors, 0u);
    cr_assert_eq(server->durable_seq, server->engine->seq);
}

Test(journal_watch, a_connection_lost_while_replicas_are_waited_for_is_resolved)
{
    redis.replicas = 1;
    struct server *server = server_with_campaign(.wait_replicas = 1);
    uint64_t durable_seq = server->durable_seq;
    claim(server, "a");
    journal_pump(server->journal);
    cr_assert(serve_until(server, "WAIT"));
    lose_connection(server);
    cr_assert_not_null(strstr(server->noted, "with an append in flight"), "%s", server->noted);
    server_connect(server);
    cr_assert(serve_until(server, "WAIT"));
    cr_assert_eq(server->durable_seq, durable_seq, "it counts for no more than before");
    serve(server);
    cr_assert_eq(server->durable_seq, server->engine->seq);
    cr_assert_eq(journal_resolves(server->journal), 1u);
    assert_replays_to(server);
}

Test(journal_watch, a_wait_that_is_answered_with_nonsense_drops_the_connection)
{
    const struct journal_answer strange = {.kind = JOURNAL_ANSWER_TEXT, .text = TEXT("1")};
    redis.replicas = 1;
    struct server *server = server_with_campaign(.wait_replicas = 1);
    claim(server, "a");
    journal_pump(server->journal);
    cr_assert(serve_until(server, "WAIT"));
    struct command_sent command = take_command(server);
    free_command(&command);
    journal_answer(server->journal, &strange);
    cr_assert_not(server->connected);
    reconnect(server);
    cr_assert_eq(server->durable_seq, server->engine->seq);
}

Test(journal_watch, while_it_waits_for_replicas_probes_go_on_and_may_depose_it)
{
    redis.replicas = 1;
    struct server *old = server_with_campaign(.wait_replicas = 1, .lease_ms = 1000);
    redis.replicas = 0;
    claim(old, "a");
    serve_for_ms(old, 3000);
    cr_assert_eq(journal_state(old->journal), JOURNAL_SYNCING);
    cr_assert_neq(journal_standing(old->journal, old->now_ms), JOURNAL_SURE,
                  "a primary that is cut off answers, too");
    struct server *new = server_start(.lease_ms = 1000);
    serve(new);
    serve_for_ms(old, 500);
    cr_assert_eq(journal_state(old->journal), JOURNAL_DEPOSED);
}

Test(journal_watch, with_replicas_it_is_sure_by_what_they_have_and_by_empty_batches_when_idle)
{
    redis.replicas = 1;
    struct server *server = server_with_campaign(.wait_replicas = 1, .lease_ms = 1000);
    uint32_t appends = redis.appends;
    for (int at = 0; at < 100; at++) {
        serve_for_ms(server, 50);
        cr_assert_eq(journal_standing(server->journal, server->now_ms), JOURNAL_SURE);
    }
    cr_assert_geq(redis.appends, appends + 10);
    cr_assert_leq(redis.appends, appends + 16, "a third of the lease apart");
    assert_replays_to(server);
}

Test(journal_watch, replicas_do_not_count_while_redis_promises_less)
{
    redis.replicas = 1;
    struct server *server = server_with_campaign(.wait_replicas = 1);
    uint64_t durable_seq = server->durable_seq;
    redis.replicas = 0;
    claim(server, "a");
    serve_for_ms(server, 500);
    redis.settings[3] = "everysec";
    serve_for_ms(server, 4 * JOURNAL_WATCH_MS);
    redis.replicas = 1;
    serve_for_ms(server, 5000);
    cr_assert_eq(server->durable_seq, durable_seq);
    redis.settings[3] = "always";
    serve_for_ms(server, JOURNAL_WATCH_MS + 10);
    cr_assert_eq(server->durable_seq, server->engine->seq);
}

Test(journal_watch, a_handover_counts_when_the_replicas_have_it)
{
    redis.replicas = 1;
    struct server *server = server_with_campaign(.wait_replicas = 1);
    redis.replicas = 0;
    journal_handover(server->journal);
    serve_for_ms(server, 1000);
    cr_assert_eq(server->handed_over, 0u);
    redis.replicas = 1;
    serve_for_ms(server, 2100);
    cr_assert_eq(server->handed_over, 1u);
    cr_assert_eq(journal_state(server->journal), JOURNAL_HANDED_OVER);
}

Test(journal_watch, another_redis_on_the_same_connection_is_looked_at_anew)
{
    struct server *server = server_with_campaign();
    claim_durably(server, "a");
    redis.run_id = "fedcba9876543210fedcba9876543210fedcba98";
    redis_forget(1); /* it has less */
    serve_for_ms(server, JOURNAL_WATCH_MS + 10);
    cr_assert_not(server->connected);
    reconnect(server);
    serve_turns(server);
    cr_assert_eq(journal_heals(server->journal), 1u);
    claim_durably(server, "b");
    assert_replays_to(server);
}

Test(journal_watch, an_append_only_file_that_was_turned_on_counts_when_its_first_rewrite_is_over)
{
    struct server *server = server_with_campaign();
    redis.settings[1] = "no";
    serve_for_ms(server, JOURNAL_WATCH_MS + 10);
    cr_assert(journal_is_weak(server->journal));
    uint32_t appends = redis.appends;
    claim(server, "a");
    redis.settings[1] = "yes";
    redis.rewrites = true;
    serve_for_ms(server, 3 * JOURNAL_WATCH_MS);
    cr_assert(journal_is_weak(server->journal));
    cr_assert_eq(redis.appends, appends);
    redis.rewrites = false;
    serve_for_ms(server, JOURNAL_WATCH_MS + 10);
    cr_assert_eq(server->durable_seq, server->engine->seq);
    redis.rewrites = true; /* as it does by itself now and then */
    serve_for_ms(server, 2 * JOURNAL_WATCH_MS);
    cr_assert_not(journal_is_weak(server->journal));
}

Test(journal_watch, a_start_at_anothers_redis_waits_for_a_rewrite)
{
    redis.rewrites = true;
    struct server *server = server_start(.create = true, .lease_ms = 1000);
    serve_for_ms(server, 3000);
    cr_assert_eq(server->leading, 0u);
    cr_assert_str_eq(journal_state_word(server->journal), "held");
    cr_assert_eq(redis.appends, 0u, "nobody was deposed meanwhile");
    redis.rewrites = false;
    serve_for_ms(server, 2100);
    cr_assert_eq(server->leading, 1u);
    redis_begin();
    redis.rewrites = true;
    server = server_start(.create = true);
    serve(server);
    cr_assert_eq(server->leading, 1u, "nobody sets a private one");
}

Test(journal_watch, settings_found_weak_at_a_new_connection_show_and_hold_and_look_ups_go_on)
{
    struct server *server = server_with_campaign(.lease_ms = 1000);
    claim(server, "a");
    pump_append(server);
    lose_answer(server);
    redis.settings[3] = "everysec";
    reconnect(server);
    cr_assert(journal_is_weak(server->journal));
    cr_assert_not_null(strstr(server->noted, "nothing is acknowledged"), "%s", server->noted);
    uint32_t appends = redis.appends;
    serve_for_ms(server, 3000);
    cr_assert_eq(redis.appends, appends);
    cr_assert_eq(journal_standing(server->journal, server->now_ms), JOURNAL_SURE);
    redis.settings[3] = "always";
    serve_for_ms(server, JOURNAL_WATCH_MS + 10);
    cr_assert_eq(server->durable_seq, server->engine->seq);
    assert_replays_to(server);
}

Test(journal_watch, a_redis_that_is_weak_and_shorter_is_not_healed_before_it_is_strong)
{
    struct server *server = server_with_campaign();
    claim_durably(server, "a");
    lose_connection(server);
    redis_forget(1);
    redis.settings[3] = "everysec";
    reconnect(server);
    cr_assert_not(server->connected);
    cr_assert_eq(journal_heals(server->journal), 0u);
    redis.settings[3] = "always";
    reconnect(server);
    serve_turns(server);
    cr_assert_eq(journal_heals(server->journal), 1u);
    claim_durably(server, "b");
    assert_replays_to(server);
}

Test(journal_watch, another_redis_that_rewrites_may_hold_nothing)
{
    for (int own = 0; own < 2; own++) {
        redis_begin();
        struct server *server = server_with_campaign(.lease_ms = own != 0 ? 1000 : 0);
        lose_connection(server);
        redis.run_id = "fedcba9876543210fedcba9876543210fedcba98";
        redis.rewrites = true;
        reconnect(server);
        cr_assert_eq(journal_is_weak(server->journal), own != 0);
        redis.rewrites = false;
        serve_for_ms(server, 2 * JOURNAL_WATCH_MS);
        claim_durably(server, "a");
    }
}

Test(journal_watch, a_redis_that_does_not_say_who_it_is_is_taken_for_the_same)
{
    redis.run_id = "";
    struct server *server = server_with_campaign();
    lose_connection(server);
    redis.run_id = "this is longer than any run id and says nothing at all about anybody";
    reconnect(server);
    serve_for_ms(server, 100);
    cr_assert_eq(journal_redis_runs(server->journal), 0u);
    claim_durably(server, "a");
}
