/* info.c -- what INFO says, and what it never says. */
#include "net/info.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/lib/server_fake.h"

static void set_up(void)
{
    server_fake_set_up();
    fake.options.journal = OPTIONS_JOURNAL_NONE;
}

TestSuite(info, .init = set_up, .fini = server_fake_tear_down);

/* Returns the text of one section, or of all with "". */
static const char *info_of(const char *section)
{
    static char text[INFO_BYTES_MAX + 1];
    struct text name = text_of(section);
    size_t length = info_write(&fake.server, &name, section[0] == '\0' ? 0 : 1, text,
                               INFO_BYTES_MAX);
    cr_assert_leq(length, INFO_BYTES_MAX);
    text[length] = '\0';
    return text;
}

/* Tells whether the text has this whole line. */
static bool has_line(const char *text, const char *line)
{
    char whole[512];
    snprintf(whole, sizeof(whole), "\r\n%s\r\n", line);
    return strstr(text, whole) != NULL;
}

static void expect(const char *section, const char *line)
{
    const char *text = info_of(section);
    cr_assert(has_line(text, line), "no line %s in\n%s", line, text);
}

Test(info, every_line_is_a_title_a_pair_or_empty)
{
    const char *text = info_of("");
    cr_assert_lt(strlen(text), INFO_BYTES_MAX / 2, "there is room to spare");
    while (*text != '\0') {
        const char *end = strstr(text, "\r\n");
        cr_assert_not_null(end);
        size_t length = (size_t)(end - text);
        cr_assert(length == 0 || *text == '#' || memchr(text, ':', length) != NULL, "%.*s",
                  (int)length, text);
        text = end + 2;
    }
}

Test(info, sections_come_when_they_are_asked_for)
{
    static const char *const titles[] = {"Server",   "Clients",     "Memory", "Persistence",
                                         "Stats",    "Replication", "CPU",    "Cluster",
                                         "Keyspace", "Boon"};
    for (size_t at = 0; at < sizeof(titles) / sizeof(titles[0]); at++) {
        char title[32];
        snprintf(title, sizeof(title), "# %s\r\n", titles[at]);
        cr_assert_eq(strncmp(info_of(titles[at]), title, strlen(title)), 0, "%s", titles[at]);
        cr_assert_null(strstr(info_of(titles[at]) + 1, "# "), "%s alone", titles[at]);
        cr_assert_not_null(strstr(info_of(""), title));
        cr_assert_not_null(strstr(info_of("ALL"), title));
        cr_assert_not_null(strstr(info_of("everything"), title));
        cr_assert_not_null(strstr(info_of("default"), title));
    }
    cr_assert_str_eq(info_of("commandstats"), "");
}

Test(info, redis_tools_find_what_they_look_for)
{
    expect("server", "redis_version:7.0.15");
    expect("server", "redis_mode:standalone");
    expect("server", "boon_version:" BOON_VERSION);
    expect("clients", "connected_clients:2");
    expect("clients", "maxclients:10000");
    expect("memory", "maxmemory_policy:noeviction");
    expect("persistence", "loading:0");
    expect("persistence", "aof_enabled:0");
    expect("replication", "role:master");
    expect("cluster", "cluster_enabled:0");
    cr_assert_gt(atoll(strstr(info_of("memory"), "used_memory:") + 12), 1000000);
}

Test(info, a_server_that_reads_its_journal_is_loading)
{
    fake.server.state = SERVER_OPENING;
    expect("persistence", "loading:1");
    expect("boon", "state:opening");
}

Test(info, durability_is_told_with_its_meaning)
{
    expect("boon", "durability:none (nothing is kept)");
    expect("boon", "journal:none");
    fake.options.journal = OPTIONS_JOURNAL_REDIS;
    expect("boon", "durability:always");
    expect("boon", "durability_note:a change is acknowledged after Redis synced it to disk");
    fake.options.durability = OPTIONS_DURABILITY_EVERYSEC;
    expect("boon", "durability:everysec");
    fake.options.durability = OPTIONS_DURABILITY_NONE;
    expect("boon", "durability:none");
}

Test(info, a_manual_clock_is_loud)
{
    expect("boon", "clock:real");
    cr_assert_null(strstr(info_of("boon"), "MANUAL CLOCK"));
    fake.options.clock = OPTIONS_CLOCK_MANUAL;
    expect("boon", "clock:manual");
    cr_assert_not_null(strstr(info_of("boon"), "clock_note:MANUAL CLOCK"));
}

Test(info, counters_are_shown_by_their_names)
{
    fake.server.stats.commands = 12;
    fake.server.stats.commands_per_s = 5;
    fake.server.stats.rejected = 3;
    fake.server.stats.busy = 4;
    fake.server.stats.outcomes[REFUSAL_NONE] = 6;
    fake.server.stats.outcomes[REFUSAL_SOLD_OUT] = 7;
    expect("stats", "total_commands_processed:12");
    expect("stats", "instantaneous_ops_per_sec:5");
    expect("stats", "rejected_connections:3");
    expect("boon", "busy:4");
    expect("boon", "outcome_ok:6");
    expect("boon", "outcome_SOLD_OUT:7");
    expect("boon", "outcome_DUPLICATE:0");
}

static void earn(const char *member, const char *request, int64_t now_ms)
{
    struct command command = {.type = COMMAND_ACCOUNT_EARN,
                              .as.account_earn = {.member = text_of(member),
                                                  .asset = TEXT("points"),
                                                  .amount = 5,
                                                  .request = text_of(request)}};
    struct outcome outcome;
    engine_step(fake.server.engine, now_ms, &command, &outcome);
    cr_assert_eq(outcome.refusal, REFUSAL_NONE);
}

Test(info, what_is_stored_is_counted)
{
    earn("m1", "", SERVER_FAKE_NOW_MS);
    earn("m2", "", SERVER_FAKE_NOW_MS);
    expect("boon", "members:0"); /* nothing of it is durable yet */
    expect("boon", "accounts:0");
    fake.server.durable_counts = (struct server_counts){.members = 2, .accounts = 2};
    expect("boon", "members:2");
    expect("boon", "accounts:2");
    expect("boon", "assets:1");
    expect("boon", "coupons:0");
    expect("keyspace", "db0:keys=2,expires=0,avg_ttl=0");
    cr_assert_not_null(strstr(info_of("boon"), "pool_members:count=2,max=100,bytes="));
}

Test(info, what_is_not_acknowledged_is_counted)
{
    earn("m1", "", SERVER_FAKE_NOW_MS);
    char line[64];
    snprintf(line, sizeof(line), "unacknowledged_events:%llu",
             (unsigned long long)fake.server.engine->seq);
    expect("boon", line);
    fake.server.durable_seq = fake.server.engine->seq;
    expect("boon", "unacknowledged_events:0");
}

Test(info, the_true_window_of_request_ids_shrinks_when_there_are_too_many)
{
    expect("boon", "requests_window_true_ms:60000");
    for (int at = 0; at < 4; at++) {
        char id[16];
        snprintf(id, sizeof(id), "r%d", at);
        earn("m1", id, SERVER_FAKE_NOW_MS + at * 1000);
    }
    fake.server.now_ms = SERVER_FAKE_NOW_MS + 5000;
    expect("boon", "requests:4");
    expect("boon", "requests_oldest_age_ms:5000");
    expect("boon", "requests_window_true_ms:5000");
}

Test(info, no_secret_is_ever_shown)
{
    snprintf(fake.options.password, sizeof(fake.options.password), "correct horse");
    snprintf(fake.options.redis_password, sizeof(fake.options.redis_password), "hidden");
    const char *text = info_of("");
    cr_assert_null(strstr(text, "horse"));
    cr_assert_null(strstr(text, "hidden"));
    cr_assert_null(strstr(text, "JJJJ"));
    cr_assert_null(strstr(text, "KKKK"));
    cr_assert_null(strstr(text, "4b4b4b"));
    cr_assert(has_line(text, "coupon_keys:0,7"));
    cr_assert(has_line(text, "coupon_key_signing:7"));
}

Test(info, no_text_can_begin_a_line_of_its_own)
{
    snprintf(fake.server.fault, sizeof(fake.server.fault), "halted\r\nrole:slave\n");
    expect("boon", "fault:halted??role:slave?");
    cr_assert_not(has_line(info_of(""), "role:slave"));
}

Test(info, what_does_not_fit_is_left_out_by_whole_lines)
{
    static char small[INFO_BYTES_MAX];
    const char *whole = info_of("");
    for (size_t size = 0; size < 400; size++) {
        size_t length = info_write(&fake.server, NULL, 0, small, size);
        cr_assert_leq(length, size);
        cr_assert(length == 0 || memcmp(small + length - 2, "\r\n", 2) == 0);
    }
    cr_assert_gt(strlen(whole), 400);
}
