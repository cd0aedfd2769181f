/* journal.c -- the protocol against a fake Redis: starts, settings, appends, ends. */
#include "net/journal.h"

#include <criterion/criterion.h>

#include "tests/unit/journal_fake.h"

TestSuite(journal, .init = redis_begin, .fini = fake_end);

static struct entry_id last_id(void)
{
    return redis.journal.entries[redis.journal.count - 1].id;
}

/* --- start ------------------------------------------------------------------------------------ */

Test(journal, absent_without_leave_to_create_is_a_halt)
{
    struct server *server = server_start(0);
    serve(server);
    assert_halted(server, "no journal at boon:{0}:journal; start with --create-journal");
    cr_assert_not(redis.journal.exists, "nothing was written");
}

Test(journal, absent_with_leave_to_create_begins_a_brand)
{
    struct server *server = server_start(.create = true);
    serve(server);
    cr_assert_eq(server->leading, 1u);
    cr_assert_eq(redis.journal.count, 3u);
    cr_assert_eq(entry_id_compare(redis.journal.entries[0].id, (struct entry_id){0, 1}), 0);
    cr_assert_eq(entry_id_compare(redis.journal.entries[1].id, (struct entry_id){1, 0}), 0);
    cr_assert_eq(entry_id_compare(redis.journal.entries[2].id, (struct entry_id){1, 1}), 0);
    cr_assert_eq(server->engine->seq, 2u, "GENESIS and BEGIN");
    cr_assert_eq(server->durable_seq, 2u);
    cr_assert_eq(journal_epoch(server->journal), 1u);
    cr_assert_eq(journal_state(server->journal), JOURNAL_IDLE);
    cr_assert_str_eq(journal_state_word(server->journal), "leading");
}

Test(journal, it_does_not_lead_before_its_begin_is_acknowledged)
{
    struct server *server = server_start(.create = true);
    for (int appends = 0; appends < 2; appends++) { /* GENESIS, TAKEOVER */
        cr_assert(serve_until(server, "XADD"));
        serve_one(server);
    }
    cr_assert(serve_until(server, "XADD"));
    cr_assert_eq(server->leading, 0u);
    cr_assert_eq(server->durable_seq, 0u);
    cr_assert_str_eq(journal_state_word(server->journal), "beginning");
    serve(server);
    cr_assert_eq(server->leading, 1u);
}

Test(journal, a_race_of_two_creators_ends_in_one_journal)
{
    struct server *a = server_start(.create = true);
    struct server *b = server_start(.create = true);
    cr_assert(serve_until(a, "XADD"));
    cr_assert(serve_until(b, "XADD"));
    serve(b);
    serve(a);
    cr_assert_eq(b->leading, 1u);
    cr_assert_eq(a->leading, 1u, "a took over from b: %s", a->halted);
    cr_assert_eq(journal_epoch(a->journal), 2u);
    const struct bytes16 ids[] = {journal_id(a->journal), journal_id(b->journal)};
    cr_assert_eq(memcmp(&ids[0], &ids[1], sizeof(ids[0])), 0);
}

Test(journal, of_two_that_take_over_at_once_one_leads)
{
    struct server *a = server_start(.create = true);
    serve(a);
    struct server *b = server_start(0);
    struct server *c = server_start(0);
    cr_assert(serve_until(b, "XADD"));
    cr_assert(serve_until(c, "XADD"));
    serve_one(b); /* 2-0 is b's */
    serve(c);     /* c sees that, and takes 3-0 */
    serve(b);
    cr_assert_eq(c->leading, 1u);
    cr_assert_eq(b->leading, 0u);
    cr_assert_eq(journal_state(b->journal), JOURNAL_DEPOSED);
    cr_assert_not_null(strstr(b->deposed, "epoch 3"), "%s", b->deposed);
}

Test(journal, a_server_that_takes_over_has_the_state_of_the_one_before)
{
    struct server *server = server_with_campaign();
    char member[16];
    for (int at = 0; at < 300; at++) {
        snprintf(member, sizeof(member), "m%d", at);
        claim(server, member);
        wait_ms(server, at % 7);
        if (at % 3 == 0) {
            journal_pump(server->journal);
            serve(server);
        }
    }
    journal_pump(server->journal);
    serve(server);
    cr_assert(queue_is_empty(&server->queue));
    cr_assert_eq(server->engine->coupons.pool.count, 301u);
    assert_replays_to(server);
}

Test(journal, replay_tells_its_progress_in_pages)
{
    struct server *server = server_with_campaign();
    char member[16];
    for (int at = 0; at < 200; at++) {
        snprintf(member, sizeof(member), "m%d", at);
        claim_durably(server, member);
    }
    struct server *other = server_start(0);
    serve(other);
    cr_assert_eq(other->leading, 1u);
    cr_assert_geq(other->progress_calls, 4u);
    cr_assert_leq(other->progress_calls, 8u, "pages grow while entries are small");
    cr_assert_float_eq(other->fraction, 1.0, 1e-9);
    cr_assert_eq(journal_replayed_entries(other->journal), redis.journal.count - 1);
    cr_assert_eq(journal_replayed_events(other->journal), other->engine->seq - 1);
}

Test(journal, another_brands_journal_is_a_halt_that_says_in_what)
{
    struct server *server = server_start(.create = true, .fingerprint = 42);
    serve(server);
    /* clang-format off */
    const struct { struct how how; const char *words; } scenarios[] = {
        {{.fingerprint = 42, .name = "other"},      "brand boon, this server was started with --name other"},
        {{.fingerprint = 42, .shard = 3},           "shard 0, this server was started with --shard 3"},
        {{.fingerprint = 43},                       "--secret-file"},
        {{.fingerprint = 42, .clock_manual = true}, "--clock real"},
    };
    /* clang-format on */
    for (size_t at = 0; at < 4; at++) {
        struct server *other = server_start_how(scenarios[at].how);
        serve(other);
        assert_halted(other, scenarios[at].words);
        server_end(other);
    }
    cr_assert_eq(redis.journal.count, 3u, "nothing was written");
}

Test(journal, a_manual_clock_starts_at_zero_and_its_journal_wants_a_manual_clock)
{
    struct server *server = server_start(.create = true, .clock_manual = true);
    serve(server);
    cr_assert_eq(server->leading, 1u);
    cr_assert_eq(server->engine->time_ms, 0);
    struct server *other = server_start(0);
    serve(other);
    assert_halted(other, "--clock manual");
}

Test(journal, a_real_clock_goes_on_from_the_later_of_journal_and_clock)
{
    struct server *server = server_with_campaign();
    wait_ms(server, 1000000);
    claim_durably(server, "alice");
    struct server *behind = server_start(0); /* its clock is 1,000 s behind */
    serve(behind);
    cr_assert_eq(behind->engine->time_ms, 1600000000000 + server->now_ms);
    struct server *ahead = server_create((struct how){0});
    wait_ms(ahead, 2000000);
    server_connect(ahead);
    serve(ahead);
    cr_assert_eq(ahead->engine->time_ms, 1600000000000 + ahead->now_ms);
}

/* --- preflight -------------------------------------------------------------------------------- */

Test(journal, a_setting_weaker_than_the_promise_is_a_halt)
{
    /* clang-format off */
    static const struct {
        size_t setting; const char *value; enum journal_durability durability; const char *words;
    } scenarios[] = {
        {0, "no",           JOURNAL_DURABILITY_ALWAYS,   "appendonly no, but --durability always needs yes"},
        {0, "no",           JOURNAL_DURABILITY_EVERYSEC, "--durability none"},
        {1, "everysec",     JOURNAL_DURABILITY_ALWAYS,   "promise less with --durability everysec"},
        {1, "no",           JOURNAL_DURABILITY_EVERYSEC, "appendfsync no, but --durability everysec"},
        {2, "yes",          JOURNAL_DURABILITY_ALWAYS,   "no-appendfsync-on-rewrite yes"},
        {3, "allkeys-lru",  JOURNAL_DURABILITY_ALWAYS,   "maxmemory-policy allkeys-lru"},
        {1, "everysec",     JOURNAL_DURABILITY_EVERYSEC, NULL},
        {3, "volatile-ttl", JOURNAL_DURABILITY_ALWAYS,   NULL},
        {0, "no",           JOURNAL_DURABILITY_NONE,     NULL},
        {1, "no",           JOURNAL_DURABILITY_NONE,     NULL},
    };
    /* clang-format on */
    for (size_t at = 0; at < sizeof(scenarios) / sizeof(scenarios[0]); at++) {
        redis_begin();
        redis.settings[2 * scenarios[at].setting + 1] = scenarios[at].value;
        struct server *server = server_start(.create = true,
                                             .durability = scenarios[at].durability);
        serve(server);
        if (scenarios[at].words != NULL) {
            assert_halted(server, scenarios[at].words);
        } else {
            cr_assert_eq(server->leading, 1u, "scenario %zu: %s", at, server->halted);
        }
        server_end(server);
    }
}

Test(journal, a_setting_that_is_not_shown_is_not_believed)
{
    redis.settings[0] = NULL;
    struct server *server = server_start(.create = true);
    serve(server);
    assert_halted(server, "appendonly unknown");
}

Test(journal, settings_that_may_not_be_read_are_a_halt_with_a_hint)
{
    redis.error = "NOPERM this user has no permissions to run the 'config|get' command";
    redis.error_to = "CONFIG";
    redis.errors = 99;
    struct server *server = server_start(.create = true);
    serve(server);
    assert_halted(server, "allow CONFIG GET");
    struct server *careless = server_start(.create = true, .durability = JOURNAL_DURABILITY_NONE);
    serve(careless);
    cr_assert_eq(careless->leading, 1u);
}

Test(journal, a_replica_is_a_halt_at_start_and_a_wait_while_leading)
{
    struct server *server = server_with_campaign();
    redis.role = "slave";
    struct server *other = server_start(0);
    serve(other);
    assert_halted(other, "replica");
    redis.error = "READONLY You can't write against a read only replica.";
    redis.error_to = "XADD";
    redis.errors = 1;
    claim(server, "alice");
    journal_pump(server->journal);
    serve(server);
    cr_assert_not(server->connected, "another address may be behind the name now");
    reconnect(server);
    cr_assert_not(server->connected);
    cr_assert_str_eq(server->halted, "");
    redis.role = "master";
    reconnect(server);
    cr_assert_eq(server->durable_seq, server->engine->seq);
}

Test(journal, a_loading_redis_is_waited_for)
{
    struct server *first = server_start(.create = true);
    serve(first);
    redis.error = "LOADING Redis is loading the dataset in memory";
    redis.error_to = "XRANGE";
    redis.errors = 5;
    struct server *server = server_start(0);
    for (int at = 0; at < 5; at++) {
        serve(server);
        cr_assert_eq(server->leading, 0u);
        cr_assert_str_eq(journal_state_word(server->journal), "held");
        wait_ms(server, 2000);
    }
    serve(server);
    cr_assert_eq(server->leading, 1u, "%s", server->halted);
    cr_assert_eq(server->notes, 1u, "one note for all the waiting");
}

Test(journal, a_wrong_password_is_a_halt_at_start)
{
    redis.error = "NOAUTH Authentication required.";
    redis.error_to = "CONFIG";
    redis.errors = 1;
    struct server *server = server_start(.create = true);
    serve(server);
    assert_halted(server, "--redis-password");
}

/* --- appends ---------------------------------------------------------------------------------- */

Test(journal, one_append_is_in_flight_and_the_next_batch_gathers_meanwhile)
{
    struct server *server = server_with_campaign();
    uint64_t before = server->engine->seq;
    uint32_t appends = redis.appends;
    claim(server, "a");
    uint64_t first = server->engine->seq;
    journal_pump(server->journal);
    claim(server, "b");
    journal_pump(server->journal);
    claim(server, "c");
    journal_pump(server->journal);
    cr_assert_eq(server->sent_count, 1u);
    cr_assert_eq(server->durable_seq, before);
    serve(server);
    cr_assert_eq(server->durable_seq, first);
    journal_pump(server->journal);
    serve(server);
    cr_assert_eq(server->durable_seq, server->engine->seq);
    cr_assert_eq(redis.appends, appends + 2);
    journal_pump(server->journal);
    cr_assert_eq(server->sent_count, 0u, "nothing waits, nothing is sent");
}

Test(journal, an_append_that_redis_refuses_for_now_is_held_and_sent_again)
{
    static const char *const errors[] = {
        "OOM command not allowed when used memory > 'maxmemory'.",
        "MISCONF Errors writing to the AOF file: No space left on device",
        "NOREPLICAS Not enough good replicas to write.",
        "LOADING Redis is loading the dataset in memory",
        "BUSY Redis is busy running a script.",
        "NOPERM this user has no permissions to access one of the keys",
        "ERR something that nobody has seen before",
    };
    struct server *server = server_with_campaign();
    for (size_t at = 0; at < sizeof(errors) / sizeof(errors[0]); at++) {
        char member[16];
        snprintf(member, sizeof(member), "m%zu", at);
        uint64_t durable_seq = server->durable_seq;
        redis.error = errors[at];
        redis.error_to = "XADD";
        redis.errors = 3;
        claim(server, member);
        pump_append(server);
        for (int refusals = 0; refusals < 3; refusals++) {
            cr_assert(serve_until(server, "XADD"));
            serve_one(server);
            cr_assert(journal_is_held(server->journal));
            cr_assert_eq(server->durable_seq, durable_seq);
            journal_pump(server->journal);
            cr_assert_eq(server->sent_count, 0u, "held means that nothing is sent");
            wait_ms(server, 40);
            cr_assert_not(serve_until(server, "XADD"), "not even after 40 ms");
            wait_ms(server, 2000);
        }
        serve(server);
        cr_assert_eq(server->durable_seq, server->engine->seq, "%s", errors[at]);
    }
    cr_assert_eq(server->halted[0], '\0');
    assert_replays_to(server);
}

Test(journal, what_is_held_is_sent_unchanged)
{
    struct server *server = server_with_campaign();
    redis.error = "OOM command not allowed";
    redis.error_to = "XADD";
    redis.errors = 1;
    claim(server, "a");
    journal_pump(server->journal);
    char id[32];
    size_t length = server->sent[0].lengths[5];
    uint8_t *bytes = malloc(length);
    snprintf(id, sizeof(id), "%s", server->sent[0].words[3]);
    memcpy(bytes, server->sent[0].words[5], length);
    serve(server);
    claim(server, "b");
    journal_pump(server->journal);
    wait_ms(server, 5000);
    cr_assert_str_eq(server->sent[0].words[3], id);
    cr_assert_eq(server->sent[0].lengths[5], length);
    cr_assert_eq(memcmp(server->sent[0].words[5], bytes, length), 0);
    free(bytes);
}

Test(journal, a_stream_that_is_deleted_is_a_halt)
{
    struct server *server = server_with_campaign();
    redis_delete();
    claim(server, "a");
    journal_pump(server->journal);
    serve(server);
    assert_halted(server, "the stream is gone");
    cr_assert_not(redis.journal.exists, "nothing was written");
    cr_assert_str_eq(journal_state_word(server->journal), "halted");
}

Test(journal, a_server_of_an_older_epoch_cannot_write)
{
    struct server *old = server_with_campaign();
    struct server *new = server_start(0);
    serve(new);
    cr_assert_eq(new->leading, 1u);
    uint32_t appends = redis.appends;
    claim(old, "a");
    uint64_t durable_seq = old->durable_seq;
    journal_pump(old->journal);
    serve(old);
    cr_assert_eq(journal_state(old->journal), JOURNAL_DEPOSED);
    cr_assert_eq(old->durable_seq, durable_seq, "it acknowledged nothing");
    cr_assert_eq(redis.appends, appends);
    cr_assert_not_null(strstr(old->deposed, "epoch 2, this one had 1"), "%s", old->deposed);
    cr_assert_not(old->connected);
}

/* --- ends ------------------------------------------------------------------------------------- */

Test(journal, a_clean_end_commits_what_is_queued_and_then_hands_over)
{
    struct server *server = server_with_campaign();
    claim(server, "a");
    journal_pump(server->journal);
    claim(server, "b");
    journal_handover(server->journal);
    cr_assert_eq(server->handed_over, 0u);
    for (int turns = 0; turns < 5; turns++) {
        serve(server);
        journal_pump(server->journal);
    }
    cr_assert_eq(server->handed_over, 1u);
    cr_assert_eq(server->durable_seq, server->engine->seq);
    cr_assert_eq(journal_state(server->journal), JOURNAL_HANDED_OVER);
    cr_assert_eq(server->sent_count, 0u);
    struct server *next = server_start(0);
    serve(next);
    cr_assert_eq(next->leading, 1u, "%s", next->halted);
    cr_assert(journal_predecessor_handed_over(next->journal));
    cr_assert_eq(next->engine->coupons.pool.count, 3u);
    struct server *after = server_start(0);
    serve(after);
    cr_assert_not(journal_predecessor_handed_over(after->journal), "that one had not");
}

Test(journal, a_handover_whose_answer_is_lost_is_made_sure)
{
    struct server *server = server_with_campaign();
    journal_handover(server->journal);
    lose_answer(server);
    reconnect(server);
    cr_assert_eq(server->handed_over, 1u);
    struct server *next = server_start(0);
    serve(next);
    cr_assert_eq(next->leading, 1u, "%s", next->halted);
    cr_assert(journal_predecessor_handed_over(next->journal));
}

Test(journal, who_does_not_lead_yet_hands_over_at_once)
{
    ten_claims();
    struct server *server = server_start(0);
    cr_assert(serve_until(server, "XLEN"));
    journal_handover(server->journal);
    cr_assert_eq(server->handed_over, 1u);
    cr_assert_not(server->connected);
    struct server *down = server_create((struct how){0});
    journal_handover(down->journal);
    cr_assert_eq(down->handed_over, 1u);
}

Test(journal, asked_to_hand_over_while_its_begin_is_in_flight_it_does_so_after_it)
{
    ten_claims();
    struct server *server = server_start(0);
    cr_assert(serve_until(server, "XLEN"));
    cr_assert(serve_until(server, "XADD"));
    journal_handover(server->journal);
    cr_assert_eq(server->handed_over, 0u);
    serve(server);
    journal_pump(server->journal);
    serve(server);
    cr_assert_eq(server->handed_over, 1u);
    cr_assert_eq(last_id().number, 2u, "BEGIN, HANDOVER");
}

Test(journal, after_an_end_nothing_is_sent_and_nothing_listened_to)
{
    struct server *server = server_with_campaign();
    journal_handover(server->journal);
    serve(server);
    cr_assert_eq(server->handed_over, 1u);
    cr_assert_eq(last_id().epoch, 1u);
    server_connect(server);
    cr_assert_eq(server->sent_count, 0u);
    journal_lost(server->journal);
    wait_ms(server, 10000);
    journal_pump(server->journal);
    journal_handover(server->journal);
    cr_assert_eq(server->sent_count, 0u);
    cr_assert_eq(server->handed_over, 1u);
}

Test(journal, a_queue_at_its_bound_drains_when_redis_is_back)
{
    struct server *server = server_start(.create = true, .queue_bytes = 2 * BATCH_BYTES_MAX);
    serve(server);
    open_campaign(server);
    lose_connection(server);
    static char source[40000];
    const struct event event = {.type = EVENT_CAMPAIGN_DEFINED,
                                .as.campaign_defined = {.campaign = 1,
                                                        .id = TEXT("sale"),
                                                        .name = TEXT("Sale"),
                                                        .stock = 500,
                                                        .per_member = 1,
                                                        .value_kind = VALUE_AMOUNT_OFF,
                                                        .amount_fen = 100,
                                                        .source = {source, 32000}}};
    memset(source, 'x', sizeof(source));
    uint32_t added = 0;
    while (queue_has_room(&server->queue)) {
        engine_apply(server->engine, server->engine->time_ms, &event);
        queue_add(&server->queue, server->engine->time_ms, 0, &event, 1, server->engine->seq);
        added++;
    }
    cr_assert_gt(added, 50u);
    reconnect(server);
    for (int turns = 0; turns < 5; turns++) {
        journal_pump(server->journal);
        serve(server);
    }
    cr_assert_eq(server->durable_seq, server->engine->seq);
    cr_assert(queue_has_room(&server->queue));
    assert_replays_to(server);
}
