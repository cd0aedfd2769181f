/* journal_odd.c -- what a sound Redis never answers, and inputs at moments when nothing waits for them. */
#include <criterion/criterion.h>

#include "tests/unit/snapshot_fake.h"

TestSuite(journal_odd, .init = redis_begin, .fini = fake_end);

static void answer_instead(struct server *server, const struct journal_answer *answer)
{
    struct command_sent command = take_command(server);
    free_command(&command);
    journal_answer(server->journal, answer);
}

Test(journal_odd, every_state_has_its_word)
{
    static const struct {
        enum journal_state state;
        const char *words[2]; /* before and after BEGIN was acknowledged */
    } scenarios[] = {
        {JOURNAL_DOWN, {"disconnected", "disconnected"}},
        {JOURNAL_CHECKING_SETTINGS, {"checking", "checking"}},
        {JOURNAL_CHECKING_ROLE, {"checking", "checking"}},
        {JOURNAL_IDENTIFYING, {"identifying", "identifying"}},
        {JOURNAL_CREATING, {"creating", "creating"}},
        {JOURNAL_FINDING, {"loading", "loading"}},
        {JOURNAL_LOADING, {"loading", "loading"}},
        {JOURNAL_LOOKING, {"looking", "resolving"}},
        {JOURNAL_TAKING, {"taking-over", "taking-over"}},
        {JOURNAL_MEASURING, {"replaying", "replaying"}},
        {JOURNAL_REPLAYING, {"replaying", "replaying"}},
        {JOURNAL_IDLE, {"beginning", "leading"}},
        {JOURNAL_APPENDING, {"beginning", "leading"}},
        {JOURNAL_SYNCING, {"beginning", "leading"}},
        {JOURNAL_MISSING, {"healing", "healing"}},
        {JOURNAL_HEALING, {"healing", "healing"}},
        {JOURNAL_HANDED_OVER, {"handed-over", "handed-over"}},
        {JOURNAL_HALTED, {"halted", "halted"}},
        {JOURNAL_DEPOSED, {"deposed", "deposed"}},
    };
    struct server *server = server_create((struct how){0});
    for (size_t at = 0; at < sizeof(scenarios) / sizeof(scenarios[0]); at++) {
        server->journal->state = scenarios[at].state;
        for (int led = 0; led < 2; led++) {
            server->journal->begun = server->journal->led = led != 0;
            cr_assert_str_eq(journal_state_word(server->journal), scenarios[at].words[led]);
        }
    }
    server->journal->state = (enum journal_state)(JOURNAL_DEPOSED + 1);
    cr_assert_str_eq(journal_state_word(server->journal), "unknown");
}

Test(journal_odd, its_key_names_brand_and_shard)
{
    struct server *server = server_create((struct how){.name = "rose", .shard = 7});
    cr_assert_str_eq(journal_key(server->journal), "rose:{7}:journal");
    struct journal *none = NULL;
    journal_destroy(&none);
}

Test(journal_odd, no_answer_is_too_strange_while_it_leads)
{
    struct journal_entry nonsense[6];
    for (size_t at = 0; at < 6; at++) {
        nonsense[at] = (struct journal_entry){
            .id = TEXT("x"), .bytes = (const uint8_t *)"junk", .length = 4};
    }
    const struct journal_answer strange[] = {
        {.kind = JOURNAL_ANSWER_NIL},
        {.kind = JOURNAL_ANSWER_INTEGER, .integer = -1},
        {.kind = JOURNAL_ANSWER_OTHER},
        {.kind = JOURNAL_ANSWER_TEXT, .text = TEXT("")},
        {.kind = JOURNAL_ANSWER_TEXT, .text = TEXT("9-3")},
        {.kind = JOURNAL_ANSWER_ENTRIES},
        {.kind = JOURNAL_ANSWER_ENTRIES, .count = 6, .entries = nonsense},
        {.kind = JOURNAL_ANSWER_PAIRS},
        {.kind = JOURNAL_ANSWER_ERROR, .text = TEXT("")},
        {.kind = JOURNAL_ANSWER_ERROR, .text = TEXT("READONLY")},
    };
    for (int answered = 0; answered < 8; answered++) {
        for (size_t at = 0; at < sizeof(strange) / sizeof(strange[0]); at++) {
            redis_begin();
            redis.replicas = 1;
            struct server *server = server_with_campaign(.wait_replicas = 1);
            uint64_t durable_seq = server->durable_seq;
            claim(server, "a");
            journal_pump(server->journal);
            lose_answer(server);
            server_connect(server);
            for (int step_number = 0; step_number < answered && server->sent_count > 0;
                 step_number++) {
                serve_one(server);
            }
            if (server->sent_count > 0) {
                cr_assert_eq(server->durable_seq, durable_seq);
                answer_instead(server, &strange[at]);
                if (!server->connected && server->halted[0] == '\0') {
                    server_connect(server);
                }
                serve_for_ms(server, 5000);
            }
            cr_assert(server->halted[0] != '\0' || server->durable_seq == server->engine->seq,
                      "after %d answers, strange answer %zu: %s", answered, at,
                      journal_message(server->journal));
            server_end(server);
        }
    }
}

Test(journal_odd, manifests_and_chunks_without_ids_are_none)
{
    struct journal_entry nonsense[6];
    struct server *former = server_with_campaign();
    claim_and_record(former, "a");
    const struct stream_entry *manifest = &redis.manifests.entries[0];
    for (size_t at = 0; at < 6; at++) {
        nonsense[at] = (struct journal_entry){.id = TEXT("x"), manifest->bytes, manifest->length};
    }
    const struct journal_answer answer = {
        .kind = JOURNAL_ANSWER_ENTRIES, .count = 6, .entries = nonsense};
    for (int chunks = 0; chunks < 2; chunks++) {
        struct server *server = server_start(0);
        cr_assert(serve_until(server, "XREVRANGE"));
        if (chunks != 0) {
            serve_one(server);
        }
        answer_instead(server, &answer);
        serve(server);
        cr_assert_eq(server->leading, 1u);
        cr_assert_eq(journal_snapshot_id(server->journal).epoch, 0u);
        server_end(server);
    }
}

Test(journal_odd, more_manifests_than_were_asked_for_are_not_looked_at)
{
    struct journal_entry many[6];
    struct server *former = server_with_campaign();
    claim_and_record(former, "a");
    char id[ENTRY_ID_TEXT_BYTES];
    const struct stream_entry *manifest = &redis.manifests.entries[0];
    for (size_t at = 0; at < 6; at++) {
        many[at] = (struct journal_entry){text_of(entry_id_write(manifest->id, id)),
                                          manifest->bytes, manifest->length};
    }
    const struct journal_answer answer = {
        .kind = JOURNAL_ANSWER_ENTRIES, .count = 6, .entries = many};
    struct server *server = server_start(0);
    cr_assert(serve_until(server, "XREVRANGE"));
    answer_instead(server, &answer);
    cr_assert_eq(server->journal->manifests_count, JOURNAL_MANIFESTS);
    serve(server);
    cr_assert_eq(server->leading, 1u);
}

Test(journal_odd, the_answers_of_too_many_appends_lost_in_a_row_are_a_halt)
{
    struct server *server = server_with_campaign();
    claim(server, "a");
    journal_pump(server->journal);
    for (uint32_t at = 0; at <= QUEUE_CONFIRMS_MAX && server->sent_count > 0; at++) {
        lose_answer(server);
        server_connect(server);
        (void)serve_until(server, "XADD");
    }
    assert_halted(server, "the answers of 1024 appends in a row were lost");
}

Test(journal_odd, a_begin_that_counts_only_by_a_later_append_leads)
{
    struct server *former = server_with_campaign(.lease_ms = 1000);
    server_end(former);
    struct server *server = server_start(.lease_ms = 1000);
    cr_assert(serve_until(server, "XLEN"));
    cr_assert(serve_until(server, "XADD")); /* BEGIN */
    lose_answer(server);
    reconnect(server);
    cr_assert_eq(server->leading, 0u);
    wait_ms(server, 1);
    serve_for_ms(server, 1100);
    cr_assert_eq(server->leading, 1u);
}

Test(journal_odd, a_redis_that_turns_replica_while_a_server_starts_is_waited_for)
{
    struct server *former = server_with_campaign();
    server_end(former);
    struct server *server = server_start(0);
    cr_assert(serve_until(server, "XADD"));
    redis.error = "READONLY You can't write against a read only replica.";
    redis.error_to = "XADD";
    redis.errors = 1;
    serve(server);
    cr_assert_str_eq(journal_state_word(server->journal), "held");
    serve_for_ms(server, 1000);
    cr_assert_eq(server->leading, 1u, "%s", server->halted);
}

Test(journal_odd, an_entry_of_this_epoch_with_other_fields_or_another_length_is_a_halt)
{
    for (int kind = 0; kind < 2; kind++) {
        redis_begin();
        struct server *server = server_with_campaign();
        claim(server, "a");
        journal_pump(server->journal);
        lose_answer(server);
        struct stream_entry *last = &redis.journal.entries[redis.journal.count - 1];
        last->strange = kind == 0;
        last->length -= kind == 1 ? 1 : 0;
        reconnect(server);
        assert_halted(server, "entry 1-3 has other bytes than this server sent");
        server_end(server);
    }
}

Test(journal_odd, the_last_acknowledged_entry_with_other_fields_is_a_halt)
{
    struct server *server = server_with_campaign();
    lose_connection(server);
    redis.journal.entries[redis.journal.count - 1].strange = true;
    reconnect(server);
    assert_halted(server, "entry 1-2 is not the one that this server wrote last");
}

Test(journal_odd, inputs_that_nothing_waits_for_do_nothing)
{
    const struct journal_answer late = {.kind = JOURNAL_ANSWER_NIL};
    struct server *server = server_with_campaign();
    lose_connection(server);
    uint32_t notes = server->notes;
    journal_lost(server->journal);
    cr_assert_eq(server->notes, notes, "it was lost before");
    reconnect(server);
    journal_handover(server->journal);
    journal_handover(server->journal);
    cr_assert_eq(server->sent_count, 1u);
    serve_turns(server);
    cr_assert_eq(server->handed_over, 1u);
    journal_answer(server->journal, &late);
    cr_assert_eq(journal_state(server->journal), JOURNAL_HANDED_OVER);
}

Test(journal_odd, a_manual_clock_hands_over_at_its_own_time)
{
    struct server *server = server_start(.create = true, .clock_manual = true);
    serve(server);
    journal_handover(server->journal);
    serve_turns(server);
    cr_assert_eq(server->handed_over, 1u);
    cr_assert_eq(server->engine->time_ms, 0);
}

Test(journal_odd, time_passes_while_an_answer_is_late)
{
    struct server *server = server_with_campaign(.lease_ms = 1000);
    redis.error = "OOM command not allowed";
    redis.error_to = "XADD";
    redis.errors = 1;
    claim(server, "a");
    journal_pump(server->journal);
    serve(server);
    wait_ms(server, 1);
    wait_ms(server, 48); /* a probe may be out by now; nothing else goes out before its answer */
    wait_ms(server, 5000);
    cr_assert_leq(server->sent_count, 1u);
    serve_for_ms(server, 100);
    cr_assert_eq(server->durable_seq, server->engine->seq);
}

Test(journal_odd, a_held_append_waits_for_a_probe_that_is_out)
{
    struct server *server = server_with_campaign(.lease_ms = 1000);
    redis.error = "OOM command not allowed";
    redis.error_to = "XADD";
    redis.errors = 1;
    wait_ms(server, 320);
    claim(server, "a");
    journal_pump(server->journal);
    serve(server);
    wait_ms(server, 20);
    cr_assert(is_command(&server->sent[0], "XREVRANGE"));
    wait_ms(server, 5000);
    cr_assert_eq(server->sent_count, 1u);
    serve(server);
    wait_ms(server, 20);
    cr_assert(is_command(&server->sent[0], "XADD"));
    serve(server);
    cr_assert_eq(server->durable_seq, server->engine->seq);
}

Test(journal_odd, a_redis_that_promises_less_is_looked_at_again_after_a_lost_connection)
{
    struct server *server = server_with_campaign();
    redis.settings[3] = "everysec";
    serve_for_ms(server, JOURNAL_WATCH_MS + 10);
    cr_assert(journal_is_weak(server->journal));
    lose_connection(server);
    reconnect(server);
    claim(server, "a");
    serve_for_ms(server, 3000);
    redis.settings[3] = "always";
    serve_for_ms(server, 2100);
    cr_assert_eq(server->durable_seq, server->engine->seq);
}

Test(journal_odd, pages_shrink_where_entries_are_large)
{
    static char source[SOURCE_BYTES];
    struct server *server = server_with_campaign();
    const struct event event = {.type = EVENT_CAMPAIGN_DEFINED,
                                .as.campaign_defined = {.campaign = 1,
                                                        .id = TEXT("sale"),
                                                        .name = TEXT("Sale"),
                                                        .stock = 500,
                                                        .per_member = 1,
                                                        .value_kind = VALUE_AMOUNT_OFF,
                                                        .amount_fen = 100,
                                                        .source = {source, SOURCE_BYTES}}};
    memset(source, 'x', sizeof(source));
    for (int batch = 0; batch < 140; batch++) {
        bool large = batch < 20 || batch >= 132;
        for (int at = 0; at < (large ? 6 : 1); at++) {
            cr_assert(queue_has_room(&server->queue));
            struct event defined = event;
            defined.as.campaign_defined.source.length = large ? SOURCE_BYTES : 2;
            engine_apply(server->engine, server->engine->time_ms, &defined);
            queue_add(&server->queue, server->engine->time_ms, 0, &defined, 1, server->engine->seq);
        }
        serve_turns(server);
    }
    struct server *other = server_start(0);
    cr_assert(serve_until(other, "XLEN"));
    serve_one(other);
    cr_assert_eq(other->journal->page_entries, 16u);
    serve_one(other);
    cr_assert_eq(other->journal->page_entries, 16u, "a first page of 2 MiB: no more, and no fewer");
    serve_one(other);
    serve_one(other);
    cr_assert_gt(other->journal->page_entries, 16u, "small ones came");
    serve(other);
    cr_assert_eq(other->leading, 1u, "%s", other->halted);
}
