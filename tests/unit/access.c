/* access.c -- who it is, and what that one may. */
#include "net/access.h"

#include <criterion/criterion.h>
#include <stdio.h>

#include "net/server_command_table.h"
#include "tests/lib/server_fake.h"

static struct text patterns[] = {{"sale*", 5}, {"vip-[0-9]", 9}};
static char secret[USER_SECRET_TEXT_BYTES];

static void begin(void)
{
    server_fake_set_up();
    char hash[USER_HASH_TEXT_BYTES];
    char document[2048];
    struct users_message message;
    user_secret_create(secret, hash);
    snprintf(document, sizeof(document),
             "{\"users\":["
             "{\"name\":\"eye\",\"secret\":\"%s\",\"roles\":[\"read\"]},"
             "{\"name\":\"till\",\"secret\":\"%s\",\"roles\":[\"issue\",\"redeem\"],"
             "\"campaigns\":[\"sale*\",\"vip-[0-9]\"],\"store\":\"s1\"},"
             "{\"name\":\"ops\",\"secret\":\"%s\",\"roles\":[\"read\",\"issue\",\"redeem\","
             "\"admin\"]}]}",
             hash, hash, hash);
    cr_assert(users_parse(&fake.server.users, text_of(document), &message), "%s", message.text);
    for (uint32_t at = 0; at < fake.server.users.count; at++) {
        fake.server.users.list[at].principal = at + 7;
    }
    fake.clients[0].authenticated = false;
}

static void end(void)
{
    users_deinit(&fake.server.users);
    server_fake_tear_down();
}

TestSuite(access, .init = begin, .fini = end);

static const struct user *user(const char *name)
{
    return users_find(&fake.server.users, text_of(name));
}

/* ---- may they? ---- */

static const struct {
    const char *line; /* of words without spaces in them */
    uint32_t role;
} needs[] = {
    {"CAMPAIGN.PUT sale1 {}", COMMAND_ROLE_ADMIN},
    {"CAMPAIGN.GET sale1", COMMAND_ROLE_READ},
    {"CAMPAIGN.LIST", COMMAND_ROLE_READ},
    {"CAMPAIGN.START sale1", COMMAND_ROLE_ADMIN},
    {"CAMPAIGN.PAUSE sale1", COMMAND_ROLE_ADMIN},
    {"CAMPAIGN.STOP sale1", COMMAND_ROLE_ADMIN},
    {"CAMPAIGN.RESTOCK sale1 1 EXPECT 2", COMMAND_ROLE_ADMIN},
    {"COUPON.CLAIM m1 sale1", COMMAND_ROLE_ISSUE},
    {"COUPON.GET 0004-JNFW-XZF7-9SFJ-DW96", COMMAND_ROLE_READ},
    {"COUPON.LIST m1", COMMAND_ROLE_READ},
    {"ACCOUNT.EARN m1 points 5", COMMAND_ROLE_ISSUE},
    {"ACCOUNT.SPEND m1 points 5", COMMAND_ROLE_REDEEM},
    {"ACCOUNT.BALANCE m1", COMMAND_ROLE_READ},
    {"MEMBER.GET m1", COMMAND_ROLE_READ},
    {"CLOCK.SET 5", COMMAND_ROLE_ADMIN},
};

static char problem[ACCESS_PROBLEM_BYTES];
static struct command command;

/* Parses a line and asks whether this user may. */
static bool may(const struct user *who, const char *line)
{
    static const struct resp_limits limits = {RESP_ARGUMENTS_MAX, 65536, 65536};
    static char bytes[1024];
    struct resp_request request;
    size_t consumed;
    const char *wrong = "";
    int length = snprintf(bytes, sizeof(bytes), "%s\r\n", line);
    cr_assert_eq(resp_parse(bytes, (size_t)length, &limits, &request, &consumed, &wrong),
                 RESP_CONSUMED);
    const struct command_spec *spec = command_spec_find(request.arguments[0]);
    cr_assert_not_null(spec, "%s", line);
    cr_assert(command_parse(spec, &request, &command, problem, sizeof(problem)), "%s: %s", line,
              problem);
    problem[0] = '\0';
    return access_allows(who, spec, &command, problem, sizeof(problem));
}

Test(access, each_command_needs_its_role_and_no_other)
{
    cr_assert_eq(sizeof(needs) / sizeof(needs[0]), command_spec_count, "a command is missing");
    for (size_t at = 0; at < sizeof(needs) / sizeof(needs[0]); at++) {
        for (uint32_t roles = 1; roles < 16; roles++) {
            const struct user who = {.name = TEXT("x"), .roles = roles, .principal = 3};
            bool allowed = may(&who, needs[at].line);
            cr_assert_eq(allowed, (roles & needs[at].role) != 0, "%s with roles %u", needs[at].line,
                         roles);
            cr_assert_eq(problem[0] == '\0', allowed);
            cr_assert_eq(command.principal, allowed ? 3u : 0u);
        }
        cr_assert(may(NULL, needs[at].line), "default may everything");
        cr_assert_eq(command.principal, 0u);
    }
}

Test(access, a_refusal_says_what_is_missing)
{
    cr_assert_not(may(user("eye"), "CAMPAIGN.START sale1"));
    cr_assert_str_eq(problem, "this user has no permissions to run the 'CAMPAIGN.START' command: "
                              "it needs the role admin");
    cr_assert_not(may(user("till"), "COUPON.CLAIM m1 other"));
    cr_assert_str_eq(problem, "this user has no permissions to run the 'COUPON.CLAIM' command on "
                              "campaign 'other': it fits none of the user's patterns");
    cr_assert_not(may(user("till"), "COUPON.CLAIM m1 sale1 STORE s2"));
    cr_assert_str_eq(problem, "this user has no permissions to run the 'COUPON.CLAIM' command for "
                              "store 's2': the user's store is 's1'");
}

Test(access, the_longest_refusal_has_room)
{
    char line[256];
    char id[65];
    memset(id, 'x', 64);
    id[64] = '\0';
    const struct user who = {.roles = 15, .store = {id, 64}};
    snprintf(line, sizeof(line), "COUPON.CLAIM m1 c STORE y%.63s", id);
    cr_assert_not(may(&who, line));
    cr_assert_eq(problem[strlen(problem) - 1], '\'', "%s", problem);
}

static const struct {
    const char *campaign;
    bool fits;
} campaigns[] = {
    {"sale", true},  {"sale-2026", true}, {"SALE", false}, {"Sale1", false}, {"asale", false},
    {"vip-1", true}, {"vip-12", false},   {"vip-", false}, {"VIP-1", false}, {"sal", false},
};

Test(access, a_campaign_must_fit_a_pattern_in_its_case)
{
    char line[256];
    const struct user who = {.roles = 15, .campaigns = patterns, .campaign_count = 2};
    static const char *const lines[] = {"COUPON.CLAIM m1 %s",
                                        "CAMPAIGN.GET %s",
                                        "CAMPAIGN.PUT %s {}",
                                        "CAMPAIGN.START %s",
                                        "CAMPAIGN.PAUSE %s",
                                        "CAMPAIGN.STOP %s",
                                        "CAMPAIGN.RESTOCK %s 1 EXPECT 1"};
    for (size_t row = 0; row < sizeof(campaigns) / sizeof(campaigns[0]); row++) {
        for (size_t at = 0; at < sizeof(lines) / sizeof(lines[0]); at++) {
            const char *gap = strstr(lines[at], "%s");
            snprintf(line, sizeof(line), "%.*s%s%s", (int)(gap - lines[at]), lines[at],
                     campaigns[row].campaign, gap + 2);
            cr_assert_eq(may(&who, line), campaigns[row].fits, "%s", line);
        }
    }
    cr_assert(may(&who, "CAMPAIGN.LIST AFTER other"));
    cr_assert(may(&who, "ACCOUNT.EARN m1 points 5"));
}

Test(access, a_store_is_filled_in_and_no_other_is_taken)
{
    cr_assert(may(user("till"), "COUPON.CLAIM m1 sale"));
    cr_assert(text_equal(command.as.coupon_claim.store, TEXT("s1")));
    cr_assert_eq(command.principal, 8u);
    cr_assert(may(user("till"), "COUPON.CLAIM m1 sale STORE s1 STAFF f1"));
    cr_assert(text_equal(command.as.coupon_claim.store, TEXT("s1")));
    cr_assert_not(may(user("till"), "COUPON.CLAIM m1 sale STORE S1"));
    cr_assert_not(may(user("till"), "COUPON.CLAIM m1 sale STORE s"));
    cr_assert(may(user("till"), "ACCOUNT.SPEND m1 points 5"), "there is no STORE to restrict");
    cr_assert(may(user("ops"), "COUPON.CLAIM m1 sale STORE s2"));
    cr_assert(text_equal(command.as.coupon_claim.store, TEXT("s2")));
    cr_assert(may(user("ops"), "COUPON.CLAIM m1 sale"));
    cr_assert_eq(command.as.coupon_claim.store.length, 0u);
}

static const struct {
    const char *name;
    uint32_t roles; /* any of them is enough; 0: none is needed */
} server_rows[] = {
    {"ping", 0},
    {"hello", 0},
    {"auth", 0},
    {"client|id", 0},
    {"client|setinfo", 0},
    {"acl|whoami", 0},
    {"readonly", 0},
    {"cluster", 0},
    {"info", COMMAND_ROLE_READ},
    {"dbsize", COMMAND_ROLE_READ},
    {"time", COMMAND_ROLE_READ},
    {"command|docs", COMMAND_ROLE_READ},
    {"client|list", COMMAND_ROLE_ADMIN},
    {"client|kill", COMMAND_ROLE_ADMIN},
    {"config|get", COMMAND_ROLE_ADMIN},
    {"snapshot", COMMAND_ROLE_ADMIN},
    {"slowlog|get", COMMAND_ROLE_ADMIN},
};

Test(access, server_commands_need_no_role_or_read_or_admin)
{
    for (size_t at = 0; at < sizeof(server_rows) / sizeof(server_rows[0]); at++) {
        const struct server_command_spec *spec = server_command_find(text_of(server_rows[at].name));
        cr_assert_not_null(spec, "%s", server_rows[at].name);
        for (uint32_t roles = 1; roles < 16; roles++) {
            const struct user who = {.roles = roles};
            bool wanted = server_rows[at].roles == 0 || (roles & server_rows[at].roles) != 0;
            cr_assert_eq(access_allows_server(&who, spec, problem, sizeof(problem)), wanted,
                         "%s with roles %u", server_rows[at].name, roles);
        }
        cr_assert(access_allows_server(NULL, spec, problem, sizeof(problem)));
    }
}

/* ---- who is it? ---- */

Test(access, a_right_secret_is_never_refused_and_too_many_wrong_ones_are_noticed)
{
    const struct user *who;
    bool too_many = false;
    for (int at = 0; at < 100 && !too_many; at++) {
        cr_assert_not(access_authenticate(&fake.server, TEXT("ops"), TEXT("guess"), "1.2.3.4:5",
                                          &who, &too_many));
        cr_assert_null(who);
    }
    cr_assert(too_many);
    cr_assert(access_authenticate(&fake.server, TEXT("ops"), text_of(secret), "1.2.3.4:5", &who,
                                  &too_many));
    cr_assert_eq(who, user("ops"));
    cr_assert_not(too_many);
}

Test(access, default_is_who_gives_the_password_if_there_is_one)
{
    const struct user *who = user("ops");
    bool too_many;
    cr_assert(access_asks(&fake.server));
    cr_assert_not(
        access_authenticate(&fake.server, TEXT("default"), TEXT("x"), "", &who, &too_many),
        "with users and no password there is no default");
    snprintf(fake.options.password, sizeof(fake.options.password), "open sesame");
    cr_assert(access_authenticate(&fake.server, TEXT("default"), TEXT("open sesame"), "", &who,
                                  &too_many));
    cr_assert_null(who);
    cr_assert_not(
        access_authenticate(&fake.server, TEXT("ops"), TEXT("open sesame"), "", &who, &too_many));
    users_deinit(&fake.server.users);
    cr_assert(access_asks(&fake.server));
    fake.options.password[0] = '\0';
    cr_assert_not(access_asks(&fake.server));
}

#define WRONGPASS "-WRONGPASS invalid username-password pair or user is disabled.\r\n"

/* Sends a line with the secret where it has a '$'. */
static struct text ask(const char *line)
{
    char text[512];
    const char *gap = strchr(line, '$');
    cr_assert_not_null(gap);
    snprintf(text, sizeof(text), "%.*s%s%s", (int)(gap - line), line, secret, gap + 1);
    return server_fake_ask(text);
}

Test(access, auth_and_hello_make_a_connection_a_user_s_until_reset)
{
    server_fake_expect("AUTH till wrong", WRONGPASS);
    server_fake_expect("AUTH nobody wrong", WRONGPASS);
    cr_assert_not(fake.clients[0].authenticated);
    cr_assert(text_equal(ask("AUTH till $"), TEXT("+OK\r\n")));
    cr_assert_eq(fake.clients[0].user, user("till"));
    server_fake_expect("ACL WHOAMI", "$4\r\ntill\r\n");
    server_fake_expect("INFO", "-NOPERM this user has no permissions to run the 'info' command: it "
                               "needs the role read\r\n");
    server_fake_expect("CLIENT KILL ID 9",
                       "-NOPERM this user has no permissions to run the 'client|kill' command: it "
                       "needs the role admin\r\n");
    server_fake_expect("PING", "+PONG\r\n");
    cr_assert(text_equal(ask("AUTH ops $"), TEXT("+OK\r\n")));
    server_fake_expect("AUTH till wrong", WRONGPASS);
    server_fake_expect("ACL WHOAMI", "$3\r\nops\r\n");
    struct text list = server_fake_ask("CLIENT LIST");
    cr_assert(server_fake_holds(list, " user=ops "));
    cr_assert(server_fake_holds(list, " user=default "));
    server_fake_expect("CLIENT KILL USER till", ":0\r\n");
    server_fake_expect("RESET", "+RESET\r\n");
    cr_assert_null(fake.clients[0].user);
    cr_assert_not(fake.clients[0].authenticated);
    cr_assert(server_fake_holds(ask("HELLO 3 AUTH eye $ SETNAME x"), "server"));
    cr_assert_eq(fake.clients[0].user, user("eye"));
    cr_assert(fake.clients[0].authenticated);
}

Test(access, client_kill_finds_connections_by_their_user)
{
    fake.clients[0].authenticated = true;
    fake.clients[1].user = user("till");
    server_fake_expect("CLIENT KILL USER ops", ":0\r\n");
    server_fake_expect("CLIENT KILL USER till ID 8", ":0\r\n");
    cr_assert_not(fake.clients[1].closed);
    server_fake_expect("ACL WHOAMI", "$7\r\ndefault\r\n");
    server_fake_expect("ACL SETUSER x", "-ERR unknown subcommand 'SETUSER'. Try ACL HELP.\r\n");
}
