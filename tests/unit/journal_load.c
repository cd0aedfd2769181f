/* journal_load.c -- a start from the newest good snapshot. */
#include <criterion/criterion.h>

#include "tests/unit/snapshot_fake.h"

TestSuite(journal_load, .init = redis_begin, .fini = fake_end);

/* Two snapshots, "older" behind the third claim and "newer" behind the sixth of eight; the journal is as
 * it was, untrimmed. */
struct past {
    struct server *server;
    struct manifest older;
    struct manifest newer;
};

static struct past two_snapshots(void)
{
    struct past past = {.server = server_with_campaign()};
    claim_durably(past.server, "a");
    claim_durably(past.server, "b");
    past.older = claim_and_record(past.server, "c");
    static struct stream untrimmed;
    claim_durably(past.server, "d");
    claim_durably(past.server, "e");
    untrimmed = redis.journal;
    past.newer = claim_and_record(past.server, "f");
    stream_append(&untrimmed, redis.journal.last,
                  redis.journal.entries[redis.journal.count - 1].bytes,
                  redis.journal.entries[redis.journal.count - 1].length);
    redis.journal = untrimmed;
    claim_durably(past.server, "g");
    claim_durably(past.server, "h");
    return past;
}

static void trim_to(struct entry_id id)
{
    while (entry_id_compare(redis.journal.entries[0].id, id) < 0) {
        stream_shift(&redis.journal, 1);
    }
}

static bool started_from(const struct server *server, const struct manifest *manifest)
{
    return entry_id_compare(journal_snapshot_id(server->journal), stamp_id(manifest)) == 0;
}

static void assert_same_state(struct server *server, const struct server *former)
{
    cr_assert_eq(server->leading, 1u, "%s", server->halted);
    cr_assert_eq(server->engine->seq, former->engine->seq + 1);
    server->engine->seq = former->engine->seq;
    server->engine->time_ms = former->engine->time_ms;
    cr_assert_eq(engine_state_hash(server->engine), engine_state_hash(former->engine));
}

/* --- good ones -------------------------------------------------------------------------------- */

Test(journal_load, the_newest_is_loaded_and_only_what_follows_is_replayed)
{
    struct past past = two_snapshots();
    struct server *server = server_start(0);
    serve(server);
    cr_assert(started_from(server, &past.newer));
    cr_assert_eq(journal_replayed_entries(server->journal), 3u, "g, h, TAKEOVER");
    cr_assert_eq(journal_since_snapshot(server->journal),
                 redis.journal.entries[redis.journal.count - 1].length +
                     redis.journal.entries[redis.journal.count - 2].length +
                     redis.journal.entries[redis.journal.count - 3].length +
                     redis.journal.entries[redis.journal.count - 4].length);
    assert_same_state(server, past.server);
}

Test(journal_load, a_trimmed_journal_is_complete_with_a_snapshot)
{
    for (int newer = 0; newer < 2; newer++) {
        redis_begin();
        struct past past = two_snapshots();
        trim_to(stamp_id(newer != 0 ? &past.newer : &past.older));
        assert_replays_to(past.server);
        server_end(past.server);
    }
}

Test(journal_load, one_of_many_chunks_is_loaded_in_pages)
{
    struct server *former = server_with_campaign();
    define_campaigns(former, 100);
    struct manifest manifest = write_snapshot(former);
    cr_assert_gt(manifest.chunks, 9u);
    record(former, &manifest);
    struct server *server = server_create((struct how){0});
    server_connect(server);
    cr_assert(serve_until(server, "XREVRANGE"));
    serve_one(server);
    cr_assert_str_eq(journal_state_word(server->journal), "loading");
    serve_one(server);
    cr_assert_eq(server->progress_calls, 1u);
    cr_assert_float_eq(server->fraction, 8.0 / (double)manifest.chunks, 1e-9);
    serve(server);
    assert_same_state(server, former);
}

Test(journal_load, a_chain_of_servers_each_starts_from_a_snapshot_and_makes_one)
{
    struct server *server = server_with_campaign();
    char member[16];
    for (int at = 0; at < 5; at++) {
        snprintf(member, sizeof(member), "m%d", at);
        claim_and_record(server, member);
        cr_assert(journal_standing(server->journal, server->now_ms) == JOURNAL_SURE);
        journal_handover(server->journal);
        serve_turns(server);
        struct server *next = server_start(0);
        serve_turns(next);
        assert_same_state(next, server);
        next->engine->seq = server->engine->seq + 1;
        cr_assert(journal_predecessor_handed_over(next->journal));
        server_end(server);
        server = next;
    }
}

Test(journal_load, the_lease_of_the_server_that_made_it_is_waited_for)
{
    struct server *former = server_with_campaign(.lease_ms = 3000);
    claim_and_record(former, "a");
    struct server *server = server_start(.lease_ms = 1000);
    serve(server);
    wait_ms(server, 1);
    serve_for_ms(server, 3190);
    cr_assert_eq(server->leading, 0u);
    serve_for_ms(server, 10);
    cr_assert_eq(server->leading, 1u);
}

Test(journal_load, what_a_redis_lost_behind_a_snapshot_is_healed_down_to_it)
{
    struct past past = two_snapshots();
    redis_forget(2); /* the last entry is the snapshot's */
    struct server *server = server_start(0);
    serve(server);
    claim_durably(server, "x");
    lose_connection(server);
    redis_forget(3);
    reconnect(server);
    cr_assert_eq(journal_heals(server->journal), 1u, "%s", server->halted);
    assert_replays_to(server);
    (void)past;
}

Test(journal_load, a_connection_lost_at_every_step_of_it_is_made_good)
{
    for (int answered = 0; answered < 12; answered++) {
        redis_begin();
        struct past past = two_snapshots();
        struct server *server = server_start(0);
        for (int at = 0; at < answered && server->sent_count > 0; at++) {
            serve_one(server);
        }
        if (server->sent_count > 0) {
            lose_answer(server);
            reconnect(server);
        }
        assert_same_state(server, past.server);
        server_end(server);
        server_end(past.server);
    }
}

Test(journal_load, nonsense_for_manifests_or_chunks_drops_the_connection)
{
    const struct journal_answer strange = {.kind = JOURNAL_ANSWER_INTEGER, .integer = 1};
    struct past past = two_snapshots();
    for (int chunks = 0; chunks < 2; chunks++) {
        struct server *server = server_start(0);
        cr_assert(serve_until(server, "XREVRANGE"));
        if (chunks != 0) {
            serve_one(server);
        }
        struct command_sent command = take_command(server);
        free_command(&command);
        journal_answer(server->journal, &strange);
        cr_assert_not(server->connected);
        server_end(server);
    }
    assert_replays_to(past.server);
}

/* --- bad ones --------------------------------------------------------------------------------- */

static struct stream_entry *newest_manifest(void)
{
    return &redis.manifests.entries[redis.manifests.count - 1];
}

static void first_chunk_missing(struct stream *chunks)
{
    stream_shift(chunks, 1);
}

static void last_chunk_missing(struct stream *chunks)
{
    chunks->count--;
}

static void chunks_gone(struct stream *chunks)
{
    stream_delete(chunks);
}

static void chunk_broken(struct stream *chunks)
{
    break_bit(&chunks->entries[chunks->count - 1]);
}

static void chunk_of_other_fields(struct stream *chunks)
{
    chunks->entries[0].strange = true;
}

static void chunk_of_another_epoch(struct stream *chunks)
{
    chunks->entries[0].id.epoch = 2;
}

static void chunk_too_many(struct stream *chunks)
{
    stream_append(chunks, (struct entry_id){1, chunks->count + 1}, chunks->entries[0].bytes,
                  chunks->entries[0].length);
}

static void manifest_broken(struct stream *chunks)
{
    (void)chunks;
    break_bit(newest_manifest());
}

static void manifest_of_other_fields(struct stream *chunks)
{
    (void)chunks;
    newest_manifest()->strange = true;
}

static void manifest_of_another_id(struct stream *chunks)
{
    (void)chunks;
    newest_manifest()->id.number++;
}

static void manifest_of_another_epoch(struct stream *chunks)
{
    (void)chunks;
    newest_manifest()->id.epoch++;
}

static void manifest_of_another_journal(struct stream *chunks)
{
    (void)chunks;
    newest_manifest()->bytes[8] ^= 1;
    bytes_put_u64(newest_manifest()->bytes + newest_manifest()->length - 8,
                  XXH3_64bits(newest_manifest()->bytes, newest_manifest()->length - 8));
}

static void manifest_of_another_state(struct stream *chunks)
{
    (void)chunks;
    newest_manifest()->bytes[136] ^= 1;
    bytes_put_u64(newest_manifest()->bytes + newest_manifest()->length - 8,
                  XXH3_64bits(newest_manifest()->bytes, newest_manifest()->length - 8));
}

/* clang-format off */
static const struct { void (*damage)(struct stream *); const char *words; } damages[] = {
    {first_chunk_missing,         "a chunk is missing"},
    {last_chunk_missing,          "a chunk is missing"},
    {chunks_gone,                 "a chunk is missing"},
    {chunk_broken,                "hash"},
    {chunk_of_other_fields,       "a chunk is missing"},
    {chunk_of_another_epoch,      "a chunk is missing"},
    {chunk_too_many,              ""},
    {manifest_broken,             "hash"},
    {manifest_of_other_fields,    "it is no manifest"},
    {manifest_of_another_id,      ""},
    {manifest_of_another_epoch,   ""},
    {manifest_of_another_journal, "journal"},
    {manifest_of_another_state,   "state"},
};
/* clang-format on */
#define DAMAGES (sizeof(damages) / sizeof(damages[0]))

Test(journal_load, where_the_newest_cannot_be_used_the_one_before_is)
{
    for (size_t at = 0; at < DAMAGES; at++) {
        redis_begin();
        struct past past = two_snapshots();
        trim_to(stamp_id(&past.older));
        damages[at].damage(chunks_of(past.server, &past.newer));
        struct server *server = server_start(0);
        serve(server);
        cr_assert(started_from(server, &past.older), "damage %zu", at);
        cr_assert_not_null(strstr(server->noted, "cannot be used"), "%s", server->noted);
        cr_assert_not_null(strstr(server->noted, damages[at].words), "damage %zu: %s", at,
                           server->noted);
        assert_same_state(server, past.server);
        server_end(server);
        server_end(past.server);
    }
}

Test(journal_load, where_none_can_be_used_a_whole_journal_is_replayed_from_its_beginning)
{
    for (size_t at = 0; at < DAMAGES; at++) {
        redis_begin();
        struct past past = two_snapshots();
        size_t entries = redis.journal.count;
        stream_delete(chunks_of(past.server, &past.older));
        damages[at].damage(chunks_of(past.server, &past.newer));
        struct server *server = server_start(0);
        serve(server);
        cr_assert_eq(journal_replayed_entries(server->journal), entries + 1, "damage %zu", at);
        assert_same_state(server, past.server);
        server_end(server);
        server_end(past.server);
    }
}

Test(journal_load, where_none_can_be_used_a_trimmed_journal_is_a_halt_that_changes_nothing)
{
    for (size_t at = 0; at < DAMAGES; at++) {
        redis_begin();
        struct past past = two_snapshots();
        trim_to(stamp_id(&past.older));
        size_t entries = redis.journal.count;
        stream_delete(chunks_of(past.server, &past.older));
        damages[at].damage(chunks_of(past.server, &past.newer));
        struct server *server = server_start(.create = true);
        serve(server);
        assert_halted(server, "the journal's beginning was trimmed, and no snapshot can be read");
        assert_halted(server, "restore the keys boon:{0}:snapshot*");
        cr_assert_eq(redis.journal.count, entries);
        server_end(server);
        server_end(past.server);
    }
}

Test(journal_load, a_chunk_missing_between_others_is_found)
{
    struct server *former = server_with_campaign();
    define_campaigns(former, 40);
    struct manifest manifest = write_snapshot(former);
    struct stream *chunks = chunks_of(former, &manifest);
    cr_assert_gt(chunks->count, 3u);
    record(former, &manifest);
    chunks->entries[0] = chunks->entries[1];
    chunks->entries[0].id = (struct entry_id){1, 1};
    memmove(&chunks->entries[1], &chunks->entries[2],
            (chunks->count - 2) * sizeof(chunks->entries[0]));
    chunks->count--;
    struct server *swapped = server_start(0);
    serve(swapped);
    cr_assert_not_null(strstr(swapped->noted, "cannot be used"), "%s", swapped->noted);
    assert_same_state(swapped, former);
    stream_delete(&redis.manifests);
    server_end(swapped);
}

Test(journal_load, a_chunk_whose_number_jumps_is_found)
{
    struct server *former = server_with_campaign();
    define_campaigns(former, 40);
    struct manifest manifest = write_snapshot(former);
    struct stream *chunks = chunks_of(former, &manifest);
    record(former, &manifest);
    memmove(&chunks->entries[1], &chunks->entries[2],
            (chunks->count - 2) * sizeof(chunks->entries[0]));
    chunks->count--;
    struct server *server = server_start(0);
    serve(server);
    cr_assert_not_null(strstr(server->noted, "a chunk is missing"), "%s", server->noted);
    assert_same_state(server, former);
}

Test(journal_load, no_more_manifests_than_a_few_are_looked_at)
{
    struct server *former = server_with_campaign();
    claim_and_record(former, "a");
    for (uint64_t number = 100; number < 104; number++) {
        stream_append(&redis.manifests, (struct entry_id){1, number}, "junk", 4);
    }
    struct server *server = server_start(0);
    serve(server);
    cr_assert_eq(journal_snapshot_id(server->journal).epoch, 0u);
    assert_same_state(server, former);
}

Test(journal_load, a_snapshot_of_more_than_the_journal_has_is_a_halt)
{
    struct past past = two_snapshots();
    redis_forget(3); /* g, h, and the batch that the newest snapshot was stamped with */
    struct server *server = server_start(0);
    serve(server);
    assert_halted(server, "the stream ends below what was read, although entry 1-8 was there");
    (void)past;
}

Test(journal_load, the_entry_that_a_snapshot_was_taken_at_must_be_the_one_that_is_there)
{
    struct past past = two_snapshots();
    redis_forget(2); /* g, h: the stamped batch is the last one */
    struct stream_entry *last = &redis.journal.entries[redis.journal.count - 1];
    last->bytes[last->length - 20] ^= 1;
    hash_again(last);
    struct server *server = server_start(0);
    serve(server);
    assert_halted(server,
                  "entry 1-8 is not the one that was read, or that the snapshot was taken at");
    (void)past;
}

Test(journal_load, the_entry_that_a_snapshot_was_taken_at_must_be_readable)
{
    for (int how = 0; how < 2; how++) {
        redis_begin();
        struct past past = two_snapshots();
        redis_forget(2);
        struct stream_entry *last = &redis.journal.entries[redis.journal.count - 1];
        if (how == 0) {
            last->bytes[last->length - 20] ^= 1;
        } else {
            last->length = 3;
        }
        struct server *server = server_start(0);
        serve(server);
        assert_halted(server, "entry 1-8 is not the one that was read");
        (void)past;
    }
}

Test(journal_load, who_was_left_behind_by_the_leaders_trim_reads_anew)
{
    struct past past = two_snapshots();
    struct server *server = server_start(0);
    while (!is_command(&server->sent[0], "XADD")) { /* the newest is loaded, the lead not taken */
        serve_one(server);
    }
    claim_and_record(past.server, "i");
    struct manifest newest = claim_and_record(past.server, "j");
    trim_to(stamp_id(&newest));
    serve(server);
    cr_assert_not(server->connected);
    reconnect(server);
    cr_assert(started_from(server, &newest));
    assert_same_state(server, past.server);
}

Test(journal_load, a_journal_is_not_begun_beside_the_snapshots_of_another)
{
    struct past past = two_snapshots();
    stream_delete(&redis.journal);
    struct server *server = server_start(.create = true);
    serve(server);
    assert_halted(server, "no journal at boon:{0}:journal, but snapshots of one: it was lost");
    cr_assert_not(redis.journal.exists);
    (void)past;
}

Test(journal_load, the_first_entry_after_a_snapshot_must_chain_to_it)
{
    struct past past = two_snapshots();
    struct stream_entry *after = &redis.journal.entries[redis.journal.count - 2];
    bytes_put_u64(after->bytes + 56, 1);
    hash_again(after);
    struct server *server = server_start(0);
    serve(server);
    cr_assert_not(server->connected, "the leader may have trimmed: it is read anew, once");
    reconnect(server);
    assert_halted(server, "beyond entry 1-9: it does not follow the entry before it");
    (void)past;
}

Test(journal_load, an_entry_missing_after_a_snapshot_is_a_halt)
{
    struct past past = two_snapshots();
    redis.journal.entries[redis.journal.count - 2] = redis.journal.entries[redis.journal.count - 1];
    redis.journal.count--;
    struct server *server = server_start(0);
    serve(server);
    reconnect(server);
    assert_halted(server, "beyond entry 1-10: a batch is missing, 10 comes where 9 should");
    (void)past;
}

Test(journal_load, of_a_trimmed_journal_the_snapshot_says_whose_it_is)
{
    /* clang-format off */
    const struct { struct how how; const char *words; } scenarios[] = {
        {{.name = "other"},      "brand boon, this server was started with --name other"},
        {{.shard = 3},           "--shard 3"},
        {{.fingerprint = 43},    "--secret-file"},
        {{.clock_manual = true}, "--clock real"},
    };
    /* clang-format on */
    struct past past = two_snapshots();
    trim_to(stamp_id(&past.older));
    /* Chunks of the other name and shard are looked for under its own keys. */
    for (size_t at = 0; at < 4; at++) {
        struct server *server = server_create(scenarios[at].how);
        struct stream *chunks = chunks_of(server, &past.newer);
        *chunks = *chunks_of(past.server, &past.newer);
        journal_snapshot_key(server->journal, &past.newer.stamp, chunks->key);
        server_connect(server);
        serve(server);
        assert_halted(server, scenarios[at].words);
        server_end(server);
    }
}

Test(journal_load, a_first_entry_that_cannot_be_read_is_a_halt)
{
    struct past past = two_snapshots();
    trim_to(stamp_id(&past.older));
    break_bit(&redis.journal.entries[0]);
    struct server *server = server_start(0);
    serve(server);
    assert_halted(server, "the stream's first entry, 1-5, cannot be read: its hash does not match");
    redis.journal.entries[0].strange = true;
    struct server *other = server_start(0);
    serve(other);
    assert_halted(other, "the stream's first entry, 1-5, cannot be read");
    (void)past;
}
