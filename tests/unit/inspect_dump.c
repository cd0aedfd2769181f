/* inspect_dump.c -- dump against a real Redis: the events that were asked for, with names and without codes. */
#include "net/inspect_dump.h"

#include "tests/unit/inspect_world.h"

TestSuite(inspect_dump, .init = world_begin, .fini = world_end, .timeout = 120);

/* Returns the sequence numbers of a dump: "1 2 3 … ". A TAKEOVER is T. */
static const char *numbers_of(const struct inspect_wishes *wishes)
{
    static char numbers[512];
    int code = look(inspect_dump, wishes, NULL);
    cr_assert_eq(code, INSPECT_WHOLE, "%s", world.err);
    numbers[0] = '\0';
    for (const char *at = world.out; (at = strstr(at, "\"seq\":")) != NULL;) {
        size_t used = strlen(numbers);
        at += strlen("\"seq\":");
        int digits = (int)strcspn(at, ",");
        snprintf(numbers + used, sizeof(numbers) - used, "%.*s ", *at == 'n' ? 1 : digits,
                 *at == 'n' ? "T" : at);
    }
    return numbers;
}

Test(inspect_dump, a_dump_shows_what_is_asked_for)
{
    /* clang-format off */
    static const struct { struct inspect_wishes wishes; const char *numbers; } scenarios[] = {
        {{.to_ms = INT64_MAX},                    "1 T 2 3 4 5 6 7 8 9 10 11 T 12 13 14 15 16 "},
        {{.to_ms = INT64_MAX, .member = "m1"},    "7 9 10 16 "},
        {{.to_ms = INT64_MAX, .member = "m2"},    "8 15 "},
        {{.to_ms = INT64_MAX, .member = "m3"},    ""},
        {{.to_ms = INT64_MAX, .campaign = "sale"},  "3 4 9 15 "},
        {{.to_ms = INT64_MAX, .campaign = "other"}, "13 14 16 "},
        {{.to_ms = INT64_MAX, .member = "m1", .campaign = "sale"}, "9 "},
        {{.to_ms = INT64_MAX, .after = {1, 7}},   "11 T 12 13 14 15 16 "},
        {{.to_ms = INT64_MAX, .after = {1, 3}, .member = "m1"},  "7 9 10 16 "},
        {{.to_ms = INT64_MAX, .after = {2, 3}},   "16 "},
        {{.to_ms = INT64_MAX, .after = {2, 4}},   ""},
        {{.to_ms = INT64_MAX, .from_ms = NOON + 7 * 60000}, "11 T 12 13 14 15 16 "},
        {{.to_ms = NOON + 2 * 60000},             "1 T 2 3 4 "},
        {{.from_ms = NOON + 60000, .to_ms = NOON + 3 * 60000}, "3 4 5 6 "},
    };
    /* clang-format on */
    for (size_t at = 0; at < sizeof(scenarios) / sizeof(scenarios[0]); at++) {
        cr_assert_str_eq(numbers_of(&scenarios[at].wishes), scenarios[at].numbers,
                         "scenario %zu: %s", at, world.out);
    }
}

Test(inspect_dump, a_dump_names_what_numbers_stand_for_and_shows_no_code)
{
    const struct inspect_wishes wishes = {.to_ms = INT64_MAX};
    char code[CODE_BYTES + 1] = "";
    cr_assert_eq(look(inspect_dump, &wishes, NULL), INSPECT_WHOLE);
    expect_in_report("{\"entry\":\"1-6\",\"seq\":9,\"time\":\"2026-11-21T12:05:00.000Z\","
                     "\"time_ms\":1795262700000,\"principal\":0,\"event\":\"coupon_issued\","
                     "\"serial\":1,\"member\":1,\"member_id\":\"m1\",\"campaign\":1,"
                     "\"campaign_id\":\"sale\",\"nth\":1,\"channel\":1,\"channel_id\":\"wechat\","
                     "\"store\":0,\"staff\":0,\"key\":0}\n");
    expect_in_report("\"asset\":1,\"asset_id\":\"points\",\"amount\":1000000000000,");
    expect_in_report("\"key_fingerprint\":\"1311768467463790320\"");
    expect_in_report("\"name\":\"A \\\"sale\\\"\\u000a\xef\xbf\xbd\"");
    expect_in_report("\"state\":2,\"reason\":\"\",\"state_word\":\"running\"");
    expect_in_report("\"text\":\"wechat\",\"kind_word\":\"channel\"");
    code_write(&world.engine->options.code_keys, 0, 1, code);
    cr_assert_null(strstr(world.out, code));
}

Test(inspect_dump, a_dump_of_a_trimmed_journal_takes_names_from_the_snapshot)
{
    const struct inspect_wishes wishes = {.to_ms = INT64_MAX};
    lay_again(0, place_of(1, 6), NONE, 0);
    cr_assert_str_eq(numbers_of(&wishes), "9 10 11 T 12 13 14 15 16 ");
    cr_assert_not_null(strstr(world.err,
                              "trimmed: it is shown from entry 1-6 on, with the names of "
                              "snapshot 1-6"),
                       "%s", world.err);
    expect_in_report("\"member_id\":\"m2\"");
    const struct inspect_wishes filtered = {.to_ms = INT64_MAX, .member = "m1"};
    cr_assert_str_eq(numbers_of(&filtered), "9 10 16 ");
}

Test(inspect_dump, a_dump_ends_where_the_damage_is)
{
    const struct inspect_wishes wishes = {.to_ms = INT64_MAX};
    lay_again(NONE, NONE, place_of(1, 7), 70);
    cr_assert_eq(look(inspect_dump, &wishes, NULL), INSPECT_DAMAGED);
    expect_in_report("\"seq\":9,");
    cr_assert_null(strstr(world.out, "\"seq\":10,"));
    cr_assert_not_null(strstr(world.err, "entry 1-7: its hash does not match"), "%s", world.err);
    /* What lies behind a later snapshot can still be seen. */
    const struct inspect_wishes later = {.to_ms = INT64_MAX, .after = {2, 3}};
    cr_assert_str_eq(numbers_of(&later), "16 ");
}
