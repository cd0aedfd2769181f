/* inspect.c -- verify against a real Redis: what is whole is called so, and no damage is missed. */
#include "net/inspect_verify.h"

#include "net/inspect_dump.h"
#include "tests/unit/inspect_world.h"

TestSuite(inspect, .init = world_begin, .fini = world_end, .timeout = 120);

static int verify_with(char *more)
{
    const struct inspect_wishes wishes = {.json = true};
    return look(inspect_verify, &wishes, more);
}

/* Verifies, and holds verdict and words against what is expected. */
static void expect_fault(int code, const char *where, const char *what)
{
    char wanted[64];
    int came = verify_with(NULL);
    cr_assert_eq(came, code, "%d: %s%s", came, world.out, world.err);
    snprintf(wanted, sizeof(wanted), "\"where\":\"%s\"", where);
    cr_assert_not_null(strstr(world.out, wanted), "not %s: %s", where, world.out);
    cr_assert_not_null(strstr(world.out, what), "not %s: %s", what, world.out);
}

static void expect_whole(void)
{
    int came = verify_with(NULL);
    cr_assert_eq(came, INSPECT_WHOLE, "%s%s", world.out, world.err);
    cr_assert_not_null(strstr(world.out, "\"verdict\":\"whole\""), "%s", world.out);
}

/* --- verify --------------------------------------------------------------------------------------------------- */

Test(inspect, a_good_journal_with_its_snapshots_is_whole)
{
    expect_whole();
    expect_in_report("\"entries\":15,");
    expect_in_report("\"first_entry\":\"0-1\",\"last_entry\":\"2-4\"");
    expect_in_report("\"coupon_issued\":3");
    expect_in_report("\"epoch_count\":2,\"handovers\":1");
    expect_in_report("\"seq\":16");
    char hash[64];
    snprintf(hash, sizeof(hash), "\"state_hash\":\"%016" PRIx64 "\"",
             engine_state_hash(world.engine));
    expect_in_report(hash);
    size_t same = 0;
    for (const char *at = world.out; (at = strstr(at, "\"same_as_journal\":true")) != NULL; at++) {
        same++;
    }
    cr_assert_eq(same, 2u);
}

Test(inspect, looking_changes_nothing)
{
    const struct inspect_wishes all = {.to_ms = INT64_MAX};
    int64_t keys = ask_number("DBSIZE", NULL);
    int64_t length = ask_number("XLEN", JOURNAL);
    int64_t manifests = ask_number("XLEN", SNAPSHOTS);
    const struct journal_answer *info = REDIS_ASK(world.redis, "INFO", "persistence");
    cr_assert_not_null(info);
    const char *at = strstr(info->text.data, "rdb_changes_since_last_save:");
    cr_assert_not_null(at);
    long changes = strtol(strchr(at, ':') + 1, NULL, 10);
    cr_assert_eq(verify_with(NULL), INSPECT_WHOLE);
    cr_assert_eq(look(inspect_dump, &all, NULL), INSPECT_WHOLE);
    cr_assert_eq(ask_number("DBSIZE", NULL), keys);
    cr_assert_eq(ask_number("XLEN", JOURNAL), length);
    cr_assert_eq(ask_number("XLEN", SNAPSHOTS), manifests);
    info = REDIS_ASK(world.redis, "INFO", "persistence");
    at = strstr(info->text.data, "rdb_changes_since_last_save:");
    cr_assert_eq(strtol(strchr(at, ':') + 1, NULL, 10), changes);
}

Test(inspect, the_report_is_a_table_too)
{
    const struct inspect_wishes wishes = {.json = false};
    cr_assert_eq(look(inspect_verify, &wishes, NULL), INSPECT_WHOLE);
    expect_in_report("entries     15, 0-1 to 2-4");
    expect_in_report("coupon_issued                     3");
    expect_in_report("handed over");
    expect_in_report("verdict     whole");
}

Test(inspect, a_flipped_bit_is_found_in_every_byte_of_an_entry)
{
    size_t entry = place_of(1, 7); /* between the two snapshots */
    for (size_t byte = 0; byte < world.entries[entry].length; byte += 3) {
        lay_again(NONE, NONE, entry, byte);
        expect_fault(INSPECT_DAMAGED, "entry 1-7", "backup");
        expect_in_report("\"can_start\":true"); /* from the newer snapshot */
    }
    lay_again(NONE, NONE, NONE, 0);
    expect_whole();
}

Test(inspect, a_flipped_bit_behind_the_newest_snapshot_stops_a_start)
{
    size_t entry = place_of(2, 4);
    lay_again(NONE, NONE, entry, world.entries[entry].length - 20);
    expect_fault(INSPECT_DAMAGED, "entry 2-4", "its hash does not match");
    expect_in_report("\"can_start\":false");
}

Test(inspect, a_missing_entry_is_found)
{
    /* clang-format off */
    static const struct {
        uint64_t epoch, number; const char *where; const char *what; bool can_start;
    } scenarios[] = {
        {1, 0, "entry 1-1", "a TAKEOVER is missing", true},
        {1, 1, "entry 1-2", "a batch is missing",    true},
        {1, 5, "entry 1-6", "a batch is missing",    true},
        {1, 8, "entry 2-1", "chain is broken",       true},
        {2, 0, "entry 2-1", "a TAKEOVER is missing", true},
        {2, 3, "entry 2-4", "a batch is missing",    false},
    };
    /* clang-format on */
    for (size_t at = 0; at < sizeof(scenarios) / sizeof(scenarios[0]); at++) {
        size_t entry = place_of(scenarios[at].epoch, scenarios[at].number);
        lay_again(entry, entry + 1, NONE, 0);
        expect_fault(INSPECT_DAMAGED, scenarios[at].where, scenarios[at].what);
        if (scenarios[at].can_start) {
            expect_in_report("\"can_start\":true");
        }
    }
}

Test(inspect, a_journal_that_ends_before_its_snapshot_came_back_shorter)
{
    lay_again(place_of(2, 3), world.count, NONE, 0);
    expect_fault(INSPECT_DAMAGED, "snapshot 2-3", "came back shorter");
}

Test(inspect, a_trimmed_journal_with_a_whole_snapshot_is_whole)
{
    lay_again(0, place_of(1, 6), NONE, 0);
    expect_whole();
    expect_in_report("\"state_from_snapshot\":\"1-6\"");
    expect_in_report("\"name\":\"boon\"");
    expect_in_report("\"seq\":16");
}

Test(inspect, a_trimmed_journal_without_a_snapshot_is_damaged)
{
    lay_again(0, place_of(1, 6), NONE, 0);
    ask_number("DEL", SNAPSHOTS);
    expect_fault(INSPECT_DAMAGED, "entry 1-6", "no whole snapshot reaches back");
    expect_in_report("\"can_start\":false");
}

Test(inspect, an_entry_before_the_snapshot_of_a_trimmed_journal_is_checked_too)
{
    size_t entry = place_of(1, 5);
    lay_again(0, entry, entry, 70);
    expect_fault(INSPECT_DAMAGED, "entry 1-5", "its hash does not match");
    expect_in_report("\"can_start\":true");
}

Test(inspect, a_hole_before_the_snapshot_of_a_trimmed_journal_is_found)
{
    size_t entry = place_of(1, 4);
    lay_again(0, entry, NONE, 0); /* trimmed up to here, */
    expect_whole();
    remove_from(JOURNAL, "1-5"); /* and one more is gone */
    expect_fault(INSPECT_DAMAGED, "entry 1-6", "one is missing");
}

Test(inspect, a_missing_changed_or_surplus_chunk_is_found)
{
    char id[ENTRY_ID_TEXT_BYTES];
    char where[64];
    static uint8_t bytes[SNAPSHOT_CHUNK_BYTES_MAX];
    struct entry_id chunk = {1, 1};
    const char *key = chunks_key(newer);
    const struct journal_answer *answer = REDIS_ASK(world.redis, "XRANGE", key, "-", "+");
    cr_assert_eq(answer->count, 1u);
    size_t length = answer->entries[0].length;
    memcpy(bytes, answer->entries[0].bytes, length);
    snprintf(where, sizeof(where), "snapshot %s", entry_id_write(newer, id));

    add(key, (struct entry_id){1, 2}, bytes, length);
    expect_fault(INSPECT_DAMAGED, where, "\"chunks_good\":false");

    ask_number("DEL", key);
    expect_fault(INSPECT_DAMAGED, where, "chunk 1 of 1 is missing");
    expect_in_report("\"seq\":16"); /* the journal itself is good */

    bytes[length / 2] ^= 1;
    add(key, chunk, bytes, length);
    expect_fault(INSPECT_DAMAGED, where, "\"chunks_good\":false");
    bytes[length / 2] ^= 1;

    ask_number("DEL", key);
    add(key, chunk, bytes, length);
    expect_whole();
}

Test(inspect, a_hole_among_many_chunks_is_found)
{
    static struct event events[1000];
    static char ids[1000][32];
    char where[64];
    char id[ENTRY_ID_TEXT_BYTES];
    for (uint32_t batch = 0; batch < 40; batch++) {
        for (uint32_t at = 0; at < 1000; at++) {
            uint32_t number = 3 + batch * 1000 + at;
            snprintf(ids[at], sizeof(ids[at]), "member-%u-%u", number, number * 2654435761u);
            events[at] = (struct event){.type = EVENT_MEMBER_CREATED,
                                        .as.member_created = {number, text_of(ids[at])}};
        }
        write_batch(events, 1000);
    }
    struct entry_id third = snapshot();
    cr_assert_geq(ask_number("XLEN", chunks_key(third)), 3);
    expect_whole();
    remove_from(chunks_key(third), "1-2");
    snprintf(where, sizeof(where), "snapshot %s", entry_id_write(third, id));
    expect_fault(INSPECT_DAMAGED, where, "chunk 2 is missing");
}

Test(inspect, what_is_left_of_a_third_snapshot_is_no_damage)
{
    snapshot();
    ask_number("DEL",
               chunks_key(older)); /* as a server does: the chunks first, then the manifest */
    expect_whole();
    expect_in_report("\"fault\":\"newer ones took its place\"");
    remove_from(SNAPSHOTS, "2-3");
    expect_fault(INSPECT_DAMAGED, "snapshot 1-6", "chunk 1 of 1 is missing");
}

Test(inspect, a_broken_manifest_is_found)
{
    uint8_t bytes[MANIFEST_BYTES_MAX];
    const struct journal_answer *answer = REDIS_ASK(world.redis, "XRANGE", SNAPSHOTS, "2-3", "2-3");
    cr_assert_eq(answer->count, 1u);
    size_t length = answer->entries[0].length;
    memcpy(bytes, answer->entries[0].bytes, length);
    remove_from(SNAPSHOTS, "2-3");
    add(SNAPSHOTS, (struct entry_id){2, 4}, bytes, length);
    expect_fault(INSPECT_DAMAGED, "snapshot 2-4", "written for entry 2-3");
    remove_from(SNAPSHOTS, "2-4");
    bytes[length / 2] ^= 1;
    add(SNAPSHOTS, (struct entry_id){2, 5}, bytes, length);
    expect_fault(INSPECT_DAMAGED, "snapshot 2-5", "its manifest cannot be read");
}

Test(inspect, a_snapshot_of_another_state_is_found_though_its_hashes_agree)
{
    /* The last coupon is of the other campaign than in the journal, and all else is as it should be. */
    struct engine *engine = world.engine;
    coupon_at(&engine->coupons, 3)->store = 0;
    coupon_at(&engine->coupons, 3)->channel = 0;
    struct entry_id lying = snapshot();
    char where[64];
    char id[ENTRY_ID_TEXT_BYTES];
    snprintf(where, sizeof(where), "snapshot %s", entry_id_write(lying, id));
    expect_fault(INSPECT_DAMAGED, where, "they differ in coupon_state number 3");
    expect_in_report("\"chunks_good\":true,\"state_good\":true,\"same_as_journal\":false");
}

Test(inspect, a_manifest_that_promises_another_state_is_found)
{
    write_snapshot(stamp_now(), 1);
    expect_fault(INSPECT_DAMAGED, "snapshot 2-4", "hash is not the one in the manifest");
    expect_in_report("\"chunks_good\":true,\"state_good\":false");
}

Test(inspect, a_stamp_that_is_not_of_its_entry_is_found)
{
    struct snapshot_stamp stamp = stamp_now();
    stamp.chain ^= 1;
    write_snapshot(stamp, 0);
    expect_fault(INSPECT_DAMAGED, "snapshot 2-4", "another hash than the entry");
    /* Where nothing leads to it, and nothing follows it, too. */
    lay_again(0, place_of(2, 4), NONE, 0);
    remove_from(SNAPSHOTS, "1-6");
    remove_from(SNAPSHOTS, "2-3");
    expect_fault(INSPECT_DAMAGED, "entry 2-4", "not the one that the snapshot was stamped with");
}

Test(inspect, what_lacks_only_room_is_not_called_damaged)
{
    char small[] = "--max-members=1";
    int code = verify_with(small);
    cr_assert_eq(code, INSPECT_NOT_LOOKED, "%d %s", code, world.out);
    expect_in_report("more members than this server has room for");
    expect_in_report("Raise that max- option");
}

Test(inspect, where_there_is_no_journal_nothing_is_judged)
{
    ask_number("DEL", JOURNAL);
    cr_assert_eq(verify_with(NULL), INSPECT_NOT_LOOKED);
    cr_assert_not_null(strstr(world.err, "there is no journal at boon:{0}:journal"), "%s",
                       world.err);
    REDIS_ASK(world.redis, "SET", JOURNAL, "x");
    cr_assert_eq(verify_with(NULL), INSPECT_NOT_LOOKED);
    cr_assert_not_null(strstr(world.err, "is not a stream"), "%s", world.err);
}

Test(inspect, a_journal_under_another_brands_key_is_found)
{
    REDIS_ASK(world.redis, "RENAME", JOURNAL, "shop:{0}:journal");
    char name[] = "--name=shop";
    cr_assert_eq(verify_with(name), INSPECT_DAMAGED);
    expect_in_report("it says that it belongs to brand boon");
}
