/* journal_record.c -- a snapshot's manifest, and the trim that follows it, between appends. */
#include <criterion/criterion.h>

#include "tests/unit/snapshot_fake.h"

TestSuite(journal_record, .init = redis_begin, .fini = fake_end);

static bool is_about(const struct command_sent *command, const char *name, const char *key)
{
    return is_command(command, name) && strstr(command->words[1], key) != NULL;
}

static void refuse(const char *command, const char *key, const char *error, uint32_t times)
{
    redis.error = error;
    redis.error_to = command;
    redis.error_key = key;
    redis.errors = times;
}

static struct entry_id first_id(void)
{
    return redis.journal.entries[0].id;
}

static bool same_id(struct entry_id id, const struct manifest *manifest)
{
    return entry_id_compare(id, stamp_id(manifest)) == 0;
}

/* --- the stamp -------------------------------------------------------------------------------- */

Test(journal_record, a_stamp_names_the_last_batch_and_all_that_is_in_it)
{
    struct snapshot_stamp stamp;
    struct server *server = server_with_campaign(.lease_ms = 1000);
    claim_durably(server, "a");
    cr_assert(journal_stamp(server->journal, &stamp));
    cr_assert_eq(stamp.epoch, 1u);
    cr_assert_eq(stamp.number, redis.journal.last.number);
    cr_assert_eq(stamp.seq, server->engine->seq);
    cr_assert_eq(stamp.lease_ms, 1000u);
    const struct stream_entry *last = &redis.journal.entries[redis.journal.count - 1];
    cr_assert_eq(stamp.chain, bytes_get_u64(last->bytes + last->length - 8));
}

Test(journal_record, there_is_no_stamp_while_events_are_in_no_batch_or_nobody_leads)
{
    struct snapshot_stamp stamp;
    struct server *server = server_create((struct how){.create = true});
    cr_assert_not(journal_stamp(server->journal, &stamp), "it is not connected");
    server_connect(server);
    cr_assert(serve_until(server, "XADD"));
    cr_assert_not(journal_stamp(server->journal, &stamp), "it does not lead yet");
    serve(server);
    cr_assert(journal_stamp(server->journal, &stamp));
    open_campaign(server);
    cr_assert_not(journal_stamp(server->journal, &stamp), "events wait for their batch");
    journal_pump(server->journal);
    cr_assert(journal_stamp(server->journal, &stamp), "the batch is in flight, its bytes frozen");
    claim(server, "a");
    cr_assert_not(journal_stamp(server->journal, &stamp), "the next one gathers");
    serve_turns(server);
    lose_connection(server);
    cr_assert_not(journal_stamp(server->journal, &stamp), "what counts is not known");
    redis_delete();
    reconnect(server);
    assert_halted(server, "gone");
    cr_assert_not(journal_stamp(server->journal, &stamp));
}

Test(journal_record, while_replicas_are_waited_for_there_is_a_stamp)
{
    struct snapshot_stamp stamp;
    redis.replicas = 1;
    struct server *server = server_with_campaign(.wait_replicas = 1);
    claim(server, "a");
    journal_pump(server->journal);
    cr_assert(serve_until(server, "WAIT"));
    cr_assert(journal_stamp(server->journal, &stamp));
    cr_assert_eq(stamp.seq, server->engine->seq);
}

/* --- the manifest ----------------------------------------------------------------------------- */

Test(journal_record, a_manifest_is_written_when_the_stamped_batch_is_acknowledged)
{
    struct server *server = server_with_campaign();
    claim(server, "a");
    pump_append(server);
    struct manifest manifest = write_snapshot(server);
    cr_assert(journal_record(server->journal, &manifest));
    refuse("XADD", "journal", "OOM command not allowed when used memory > 'maxmemory'.", 10);
    serve_for_ms(server, 1000);
    cr_assert_eq(redis.manifests.count, 0u);
    cr_assert_eq(server->recorded, 0u);
    redis.errors = 0;
    serve_for_ms(server, 2100);
    cr_assert_eq(redis.manifests.count, 1u);
    cr_assert(same_id(redis.manifests.last, &manifest));
    cr_assert_eq(server->recorded, 1u);
    cr_assert(same_id(journal_snapshot_id(server->journal), &manifest));
}

Test(journal_record, a_manifest_whose_last_event_is_not_durable_waits)
{
    struct server *server = server_with_campaign();
    struct manifest manifest = write_snapshot(server);
    manifest.stamp.seq += 2;
    manifest.stamp.number++;
    cr_assert(journal_record(server->journal, &manifest));
    serve_for_ms(server, 2000);
    cr_assert_eq(redis.manifests.count, 0u);
    claim_durably(server, "a");
    cr_assert_eq(server->durable_seq, manifest.stamp.seq, "a claim of a new member is two events");
    serve_turns(server);
    cr_assert_eq(redis.manifests.count, 1u);
}

Test(journal_record, one_is_recorded_at_a_time_and_only_by_who_leads)
{
    struct server *server = server_with_campaign();
    struct manifest manifest = write_snapshot(server);
    cr_assert(journal_record(server->journal, &manifest));
    cr_assert_not(journal_record(server->journal, &manifest));
    serve_turns(server);
    struct server *other = server_create((struct how){0});
    cr_assert_not(journal_record(other->journal, &manifest));
}

Test(journal_record, what_is_behind_the_newest_snapshot_is_counted_from_its_stamp)
{
    struct server *server = server_with_campaign();
    struct manifest manifest = write_snapshot(server);
    cr_assert_gt(journal_since_snapshot(server->journal), 0u);
    claim_durably(server, "a");
    record(server, &manifest);
    cr_assert_eq(journal_since_snapshot(server->journal),
                 redis.journal.entries[redis.journal.count - 1].length);
}

Test(journal_record, a_manifest_whose_answer_was_lost_stands)
{
    struct server *server = server_with_campaign();
    struct manifest manifest = write_snapshot(server);
    cr_assert(journal_record(server->journal, &manifest));
    journal_pump(server->journal);
    cr_assert(is_about(&server->sent[0], "XADD", "snapshots"));
    lose_answer(server);
    reconnect(server);
    serve_turns(server); /* "equal or smaller" */
    cr_assert_eq(server->recorded, 1u);
    cr_assert_eq(redis.manifests.count, 1u);
    cr_assert_eq(journal_resolves(server->journal), 0u, "no append was in flight");
    claim_and_record(server, "a");
    cr_assert_eq(redis.manifests.count, 2u);
}

/* --- trimming --------------------------------------------------------------------------------- */

/* A server with two snapshots recorded that is about to trim. */
static struct server *before_the_trim(void)
{
    struct server *server = server_with_campaign();
    claim_and_record(server, "a");
    claim_durably(server, "b");
    struct manifest manifest = write_snapshot(server);
    cr_assert(journal_record(server->journal, &manifest));
    journal_pump(server->journal);
    while (!is_about(&server->sent[0], "XTRIM", "journal")) {
        serve_one(server);
        journal_pump(server->journal);
    }
    return server;
}

Test(journal_record, the_journal_is_trimmed_only_with_two_and_only_behind_the_older)
{
    struct server *server = server_with_campaign();
    claim_durably(server, "a");
    struct manifest older = claim_and_record(server, "b");
    claim_durably(server, "c");
    cr_assert_eq(first_id().epoch, 0u, "one snapshot is not enough");
    cr_assert_eq(journal_trimmed(server->journal), 0u);
    size_t count = redis.journal.count;
    struct manifest newer = claim_and_record(server, "d");
    cr_assert(same_id(first_id(), &older), "the entry that it was stamped with stays");
    cr_assert_eq(journal_trimmed(server->journal), count + 1 - redis.journal.count);
    struct manifest newest = claim_and_record(server, "e");
    cr_assert(same_id(first_id(), &newer));
    assert_replays_to(server);
    (void)newest;
}

Test(journal_record, it_is_trimmed_some_entries_at_a_time)
{
    struct server *server = server_with_campaign();
    char member[16];
    for (int at = 0; at < 150; at++) {
        snprintf(member, sizeof(member), "m%d", at);
        claim_durably(server, member);
    }
    struct manifest older = claim_and_record(server, "a");
    uint32_t trims = 0;
    claim_durably(server, "b");
    struct manifest newer = write_snapshot(server);
    cr_assert(journal_record(server->journal, &newer));
    journal_pump(server->journal);
    while (server->sent_count > 0) {
        if (is_about(&server->sent[0], "XTRIM", "journal")) {
            cr_assert_eq(server->sent[0].count, 7u);
            cr_assert_str_eq(server->sent[0].words[3], "~");
            cr_assert_str_eq(server->sent[0].words[5], "LIMIT");
            trims++;
        }
        serve_one(server);
        journal_pump(server->journal);
    }
    cr_assert_eq(trims, 3u, "100, the rest, none");
    cr_assert(same_id(first_id(), &older));
}

Test(journal_record, a_redis_that_trims_whole_nodes_only_keeps_more)
{
    struct server *server = server_with_campaign();
    redis.node_entries = 4;
    claim_and_record(server, "a");
    claim_and_record(server, "b");
    cr_assert_eq(entry_id_compare(first_id(), (struct entry_id){1, 3}), 0);
    assert_replays_to(server);
}

Test(journal_record, it_is_not_trimmed_when_the_older_ones_chunks_are_not_all_there)
{
    struct server *server = server_with_campaign();
    struct manifest older = claim_and_record(server, "a");
    stream_delete(chunks_of(server, &older));
    claim_and_record(server, "b");
    cr_assert_eq(first_id().epoch, 0u);
    cr_assert_eq(journal_trimmed(server->journal), 0u);
    cr_assert_not_null(strstr(server->noted, "the journal is not trimmed"), "%s", server->noted);
    struct manifest newest = claim_and_record(server, "c");
    cr_assert_gt(journal_trimmed(server->journal), 0u, "the next one makes it good");
    cr_assert_lt(entry_id_compare(first_id(), stamp_id(&newest)), 0);
}

Test(journal_record, a_redis_that_is_full_is_trimmed_while_appends_are_held)
{
    struct server *server = before_the_trim();
    refuse("XADD", NULL, "OOM command not allowed when used memory > 'maxmemory'.", 1000);
    claim(server, "c");
    serve_for_ms(server, 2500);
    cr_assert(journal_is_held(server->journal));
    cr_assert_gt(journal_trimmed(server->journal), 0u);
    redis.errors = 0;
    serve_for_ms(server, 2500);
    cr_assert_eq(server->durable_seq, server->engine->seq);
}

Test(journal_record, the_chunks_of_a_snapshot_that_failed_are_let_go)
{
    struct server *server = server_with_campaign();
    claim_durably(server, "a");
    struct manifest manifest = write_snapshot(server);
    cr_assert(chunks_of(server, &manifest)->exists);
    journal_forget_snapshot(server->journal, &manifest.stamp);
    serve_turns(server);
    cr_assert_not(chunks_of(server, &manifest)->exists);
    claim_and_record(server, "b");
}

Test(journal_record, a_manifest_below_others_is_refused_and_is_no_snapshot)
{
    struct server *server = server_with_campaign();
    stream_append(&redis.manifests, (struct entry_id){99, 1}, "junk", 4);
    claim_durably(server, "a");
    struct manifest manifest = write_snapshot(server);
    cr_assert(journal_record(server->journal, &manifest));
    serve_for_ms(server, 1000);
    cr_assert_eq(server->recorded, 0u);
    cr_assert_not(journal_is_recording(server->journal));
    cr_assert_eq(journal_snapshot_id(server->journal).epoch, 0u);
    cr_assert_not_null(strstr(server->noted, "there are others above it"), "%s", server->noted);
}

Test(journal_record, another_redis_is_asked_which_snapshots_it_has)
{
    struct server *server = server_with_campaign();
    claim_and_record(server, "a");
    struct manifest manifest = claim_and_record(server, "b");
    lose_connection(server);
    redis.run_id = "fedcba9876543210fedcba9876543210fedcba98";
    redis.manifests.count = 0;
    reconnect(server);
    serve_turns(server);
    cr_assert_eq(journal_snapshot_id(server->journal).epoch, 0u, "it lost them");
    (void)manifest;
}

Test(journal_record, nothing_is_let_go_while_another_one_is_recorded)
{
    struct server *server = before_the_trim();
    struct snapshot_stamp stamp = {.epoch = 1, .number = 1};
    journal_forget_snapshot(server->journal, &stamp);
    serve_turns(server);
    cr_assert_gt(journal_trimmed(server->journal), 0u);
}

Test(journal_record, an_empty_batch_that_is_stamped_has_to_be_acknowledged_as_well)
{
    redis.replicas = 1;
    struct server *server = server_with_campaign(.wait_replicas = 1, .lease_ms = 1000);
    claim_durably(server, "a");
    wait_ms(server, 400);
    journal_pump(server->journal); /* an empty batch, for the lease */
    cr_assert(is_command(&server->sent[0], "XADD"));
    struct manifest manifest = write_snapshot(server);
    cr_assert(journal_record(server->journal, &manifest));
    struct command_sent lost = lose_request(server);
    free_command(&lost);
    cr_assert_eq(redis.manifests.count, 0u);
    reconnect(server);
    serve_turns(server);
    cr_assert_eq(redis.manifests.count, 1u);
    cr_assert_geq(entry_id_compare(redis.journal.last, stamp_id(&manifest)), 0);
}

Test(journal_record, what_redis_lost_while_it_was_away_is_not_trimmed_for)
{
    struct server *server = before_the_trim();
    cr_assert(is_about(&server->sent[0], "XTRIM", "journal"));
    lose_connection(server);
    redis.manifests.count--; /* it comes back without the newest manifest */
    reconnect(server);
    serve_turns(server);
    cr_assert_eq(first_id().epoch, 0u);
    cr_assert_eq(journal_trimmed(server->journal), 0u);
}

Test(journal_record, the_third_is_forgotten_and_the_two_that_are_kept_stay)
{
    struct server *server = server_with_campaign();
    struct manifest manifests[4];
    char member[16];
    for (int at = 0; at < 4; at++) {
        snprintf(member, sizeof(member), "m%d", at);
        manifests[at] = claim_and_record(server, member);
        cr_assert(chunks_of(server, &manifests[at])->stays);
    }
    cr_assert_eq(redis.manifests.count, 2u);
    cr_assert(same_id(redis.manifests.entries[0].id, &manifests[2]));
    cr_assert(same_id(redis.manifests.entries[1].id, &manifests[3]));
    cr_assert_not(chunks_of(server, &manifests[0])->exists);
    cr_assert_not(chunks_of(server, &manifests[1])->exists);
    cr_assert(chunks_of(server, &manifests[2])->exists);
    cr_assert(chunks_of(server, &manifests[3])->exists);
    assert_replays_to(server);
}

Test(journal_record, a_manifest_that_cannot_be_read_is_none_of_the_two)
{
    struct server *server = server_with_campaign();
    claim_and_record(server, "a");
    stream_append(&redis.manifests, (struct entry_id){1, redis.journal.last.number + 1}, "junk", 4);
    redis.manifests.entries[0].strange = true;
    claim_durably(server, "b");
    claim_and_record(server, "c");
    cr_assert_eq(redis.manifests.count, 3u);
    cr_assert_eq(first_id().epoch, 0u, "there is one good one");
    claim_and_record(server, "d");
    cr_assert_neq(first_id().epoch, 0u);
    cr_assert_eq(redis.manifests.count, 2u);
    assert_replays_to(server);
}

Test(journal_record, a_manifest_of_another_id_is_none_of_the_two)
{
    struct server *server = server_with_campaign();
    struct manifest older = claim_and_record(server, "a");
    redis.manifests.entries[0].id.number--;
    claim_and_record(server, "b");
    cr_assert_eq(first_id().epoch, 0u);
    (void)older;
}

Test(journal_record, a_server_that_starts_finishes_what_a_former_one_could_not)
{
    struct server *former = server_with_campaign();
    struct manifest older = claim_and_record(former, "a");
    claim_durably(former, "b");
    struct manifest newer = write_snapshot(former);
    cr_assert(journal_record(former->journal, &newer));
    journal_pump(former->journal);
    serve_one(former); /* the manifest is there, and the server is killed */
    cr_assert_eq(first_id().epoch, 0u);
    struct server *server = server_start(0);
    serve_turns(server);
    cr_assert(same_id(first_id(), &older));
    cr_assert(chunks_of(server, &newer)->stays);
}

/* --- between appends -------------------------------------------------------------------------- */

/* What is asked when a third snapshot is recorded, in its order. */
/* clang-format off */
static const struct { const char *command; const char *key; } steps[] = {
    {"XADD",      "snapshots"}, {"XREVRANGE", "snapshots"}, {"PERSIST", "snapshot:"}, {"PERSIST", "snapshot:"},
    {"XLEN",      "snapshot:"}, {"XLEN",      "snapshot:"}, {"XTRIM",   "journal"},   {"XTRIM",   "journal"},
    {"PEXPIRE",   "snapshot:"}, {"XTRIM",     "snapshots"},
};
/* clang-format on */
#define STEPS (sizeof(steps) / sizeof(steps[0]))

/* A server that is about to record its third snapshot. */
static struct server *before_the_third(void)
{
    struct server *server = server_with_campaign();
    claim_and_record(server, "a");
    claim_and_record(server, "b");
    claim_durably(server, "c");
    struct manifest manifest = write_snapshot(server);
    cr_assert(journal_record(server->journal, &manifest));
    return server;
}

static void assert_recorded(struct server *server)
{
    cr_assert_eq(server->recorded, 3u);
    cr_assert_eq(redis.manifests.count, 2u);
    cr_assert_eq(entry_id_compare(first_id(), redis.manifests.entries[0].id), 0);
    claim_durably(server, "later");
    assert_replays_to(server);
}

Test(journal_record, appends_and_what_follows_a_snapshot_take_turns)
{
    struct server *server = before_the_third();
    char member[16];
    for (size_t at = 0; at < STEPS; at++) {
        snprintf(member, sizeof(member), "m%zu", at);
        claim(server, member);
        journal_pump(server->journal);
        cr_assert(is_about(&server->sent[0], steps[at].command, steps[at].key), "step %zu: %s", at,
                  server->sent[0].words[0]);
        serve_one(server);
        cr_assert_eq(server->sent_count, 0u);
        snprintf(member, sizeof(member), "n%zu", at);
        claim(server, member);
        journal_pump(server->journal);
        cr_assert(is_about(&server->sent[0], "XADD", "journal"), "step %zu: %s", at,
                  server->sent[0].words[0]);
        serve_one(server);
        cr_assert_eq(server->durable_seq, server->engine->seq);
    }
    assert_recorded(server);
}

Test(journal_record, a_step_that_is_refused_is_taken_again_and_appends_go_on)
{
    for (size_t at = 0; at < STEPS; at++) {
        redis_begin();
        struct server *server = before_the_third();
        refuse(steps[at].command, steps[at].key, "OOM command not allowed", 2);
        serve_for_ms(server, 500);
        cr_assert_eq(redis.errors, 1u, "step %zu", at);
        cr_assert_not_null(strstr(server->noted, "what follows a snapshot"), "%s", server->noted);
        claim_durably(server, "d");
        serve_for_ms(server, 3000);
        cr_assert_eq(redis.errors, 0u);
        assert_recorded(server);
        server_end(server);
    }
}

Test(journal_record, a_step_whose_connection_is_lost_is_taken_again)
{
    for (size_t at = 0; at < STEPS; at++) {
        for (int answer_lost = 0; answer_lost < 2; answer_lost++) {
            redis_begin();
            struct server *server = before_the_third();
            journal_pump(server->journal);
            for (size_t taken = 0; taken < at; taken++) {
                serve_one(server);
                journal_pump(server->journal);
            }
            cr_assert(is_about(&server->sent[0], steps[at].command, steps[at].key));
            if (answer_lost != 0) {
                lose_answer(server);
            } else {
                lose_connection(server);
            }
            reconnect(server);
            serve_turns(server);
            assert_recorded(server);
            server_end(server);
        }
    }
}

Test(journal_record, a_step_that_is_answered_with_nonsense_changes_nothing_that_counts)
{
    const struct journal_answer strange = {.kind = JOURNAL_ANSWER_OTHER};
    const struct journal_answer negative = {.kind = JOURNAL_ANSWER_INTEGER, .integer = -1};
    for (size_t at = 0; at < STEPS; at++) {
        redis_begin();
        struct server *server = before_the_third();
        journal_pump(server->journal);
        for (size_t taken = 0; taken < at; taken++) {
            serve_one(server);
            journal_pump(server->journal);
        }
        struct command_sent command = take_command(server);
        arrive_late(&command);
        journal_answer(server->journal, at % 2 == 0 ? &strange : &negative);
        if (!server->connected) {
            reconnect(server);
        }
        serve_turns(server);
        cr_assert_eq(server->recorded, 3u, "step %zu", at);
        assert_recorded(server);
        server_end(server);
    }
}

Test(journal_record, a_list_of_manifests_without_ids_has_none)
{
    struct journal_entry nonsense = {.id = TEXT("x"), .bytes = NULL};
    const struct journal_answer strange = {
        .kind = JOURNAL_ANSWER_ENTRIES, .count = 1, .entries = &nonsense};
    struct server *server = before_the_third();
    struct entry_id first = first_id();
    journal_pump(server->journal);
    serve_one(server);
    journal_pump(server->journal);
    struct command_sent command = take_command(server);
    cr_assert(is_about(&command, "XREVRANGE", "snapshots"));
    free_command(&command);
    journal_answer(server->journal, &strange);
    serve_turns(server);
    cr_assert_eq(entry_id_compare(first, first_id()), 0, "nothing was trimmed");
    claim_durably(server, "d");
}

Test(journal_record, while_redis_promises_less_snapshots_go_on)
{
    struct server *server = before_the_third();
    redis.settings[3] = "everysec";
    wait_ms(server, JOURNAL_WATCH_MS);
    serve_turns(server);
    cr_assert(journal_is_weak(server->journal));
    cr_assert_eq(server->recorded, 3u);
    redis.settings[3] = "always";
    serve_for_ms(server, JOURNAL_WATCH_MS + 10);
    assert_recorded(server);
}
