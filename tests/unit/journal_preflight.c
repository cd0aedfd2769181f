/* journal_preflight.c -- what Redis tells of itself, however it is cut off. */
#include "net/journal_preflight.h"

#include <criterion/criterion.h>
#include <string.h>

static struct preflight_info read_info(const char *info)
{
    return preflight_info_read(text_of(info));
}

static bool enough(enum journal_durability durability, const char *const values[4])
{
    char message[JOURNAL_MESSAGE_BYTES];
    struct journal_pair pairs[4];
    for (size_t at = 0; at < 4; at++) {
        pairs[at] = (struct journal_pair){text_of(preflight_settings[at]), text_of(values[at])};
    }
    const struct journal_answer answer = {.kind = JOURNAL_ANSWER_PAIRS, .count = 4, .pairs = pairs};
    return preflight_check(durability, &answer, message);
}

Test(journal_preflight, role_last_write_and_run_id_are_found_wherever_they_stand)
{
    static const char *const infos[] = {
        "# Server\r\nrun_id:abc\r\n# "
        "Replication\r\nrole:master\r\n\r\naof_last_write_status:ok\r\n",
        "role:master\nrun_id:abc\naof_last_write_status:ok",
        "\r\n\r\naof_last_write_status:ok\r\nrole:master\r\nrun_id:abc",
        "xrole:slave\r\nrole:master\r\nrun_id_x:no\r\nrun_id:abc\r\nrolex",
    };
    for (size_t at = 0; at < sizeof(infos) / sizeof(infos[0]); at++) {
        struct preflight_info info = read_info(infos[at]);
        cr_assert(info.master, "info %zu", at);
        cr_assert_not(info.writes_fail, "info %zu", at);
        cr_assert(text_equal(info.run_id, TEXT("abc")), "info %zu", at);
    }
}

Test(journal_preflight, what_is_not_told_is_no_master_and_no_failure)
{
    static const char *const infos[] = {"",
                                        "\n",
                                        "role",
                                        "role:",
                                        "role:slave",
                                        "role;master\n",
                                        "Role:master\r\n",
                                        "role:masters\r\n"};
    for (size_t at = 0; at < sizeof(infos) / sizeof(infos[0]); at++) {
        struct preflight_info info = read_info(infos[at]);
        cr_assert_not(info.master, "info %zu", at);
        cr_assert_not(info.writes_fail);
        cr_assert_eq(info.run_id.length, 0u);
    }
    cr_assert(read_info("aof_last_write_status:err\r\n").writes_fail);
    cr_assert(read_info("role:master\raof_last_write_status:ok").writes_fail == false);
}

Test(journal_preflight, settings_are_compared_whole)
{
    /* clang-format off */
    static const struct { const char *values[4]; bool always; bool everysec; } scenarios[] = {
        {{"yes", "always",   "no",  "noeviction"},      true,  true},
        {{"yes", "everysec", "no",  "noeviction"},      false, true},
        {{"yes", "always",   "no",  "volatile-lru"},    true,  true},
        {{"yes", "always",   "no",  "volatile"},        false, false},
        {{"yes", "always",   "no",  "noevictions"},     false, false},
        {{"ye",  "always",   "no",  "noeviction"},      false, false},
        {{"yes", "",         "no",  "noeviction"},      false, false},
        {{"yes", "every",    "no",  "noeviction"},      false, false},
        {{"no",  "always",   "no",  "noeviction"},      false, false},
        {{"yes", "always",   "yes", "noeviction"},      false, false},
        {{"yes", "alwayx",   "no",  "noeviction"},      false, false},
    };
    /* clang-format on */
    for (size_t at = 0; at < sizeof(scenarios) / sizeof(scenarios[0]); at++) {
        cr_assert_eq(enough(JOURNAL_DURABILITY_ALWAYS, scenarios[at].values), scenarios[at].always,
                     "scenario %zu", at);
        cr_assert_eq(enough(JOURNAL_DURABILITY_EVERYSEC, scenarios[at].values),
                     scenarios[at].everysec, "scenario %zu", at);
        cr_assert(enough(JOURNAL_DURABILITY_NONE, scenarios[at].values));
    }
}

Test(journal_preflight, an_answer_that_shows_no_settings_is_too_weak)
{
    char message[JOURNAL_MESSAGE_BYTES];
    const struct journal_answer answer = {.kind = JOURNAL_ANSWER_NIL};
    cr_assert_not(preflight_check(JOURNAL_DURABILITY_EVERYSEC, &answer, message));
    cr_assert_not_null(strstr(message, "appendonly unknown"), "%s", message);
    cr_assert(preflight_check(JOURNAL_DURABILITY_NONE, &answer, message));
}
