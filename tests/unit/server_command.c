/* server_command.c -- what stock Redis clients ask, byte for byte, in RESP2 and RESP3. */
#include "net/server_command.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "net/server_command_table.h"
#include "net/slowlog.h"
#include "tests/lib/server_fake.h"

TestSuite(server_command, .init = server_fake_set_up, .fini = server_fake_tear_down);

#define NOT_INTEGER "-ERR value is not an integer or out of range\r\n"
#define SYNTAX "-ERR syntax error\r\n"
#define BAD_NAME "-ERR Client names cannot contain spaces, newlines or special characters.\r\n"
#define OPTIONS_ARE_SET                                                                            \
    "-ERR options are set when the server starts: by a flag, a BOON_ variable or the --config "    \
    "file\r\n"
#define NO_CLUSTER "-ERR This instance has cluster support disabled\r\n"
#define GREETING(head, proto)                                                                      \
    head "\r\n$6\r\nserver\r\n$5\r\nredis\r\n$7\r\nversion\r\n$6\r\n7.0.15\r\n$"                   \
         "5\r\nproto\r\n:" proto                                                                   \
         "\r\n$2\r\nid\r\n:8\r\n$4\r\nmode\r\n$10\r\nstandalone\r\n$4\r\nrole\r\n$6\r\n"           \
         "master\r\n$7\r\nmodules\r\n*0\r\n"
#define ONE_KEY "*1\r\n$2\r\nm1\r\n"
#define NO_KEYS "-ERR The command has no key arguments\r\n"

static const struct {
    const char *line;
    const char *resp2;
    const char *resp3; /* NULL: the same */
} scenarios[] = {
    {"ping", "+PONG\r\n", NULL},
    {"PING hello", "$5\r\nhello\r\n", NULL},
    {"PING a b", "-ERR wrong number of arguments for 'ping' command\r\n", NULL},
    {"ECHO hi", "$2\r\nhi\r\n", NULL},
    {"ECHO", "-ERR wrong number of arguments for 'echo' command\r\n", NULL},
    {"SELECT 0", "+OK\r\n", NULL},
    {"SELECT 1", "-ERR DB index is out of range\r\n", NULL},
    {"SELECT -1", "-ERR DB index is out of range\r\n", NULL},
    {"SELECT x", NOT_INTEGER, NULL},
    {"SELECT ''", NOT_INTEGER, NULL},
    {"SELECT 9999999999999999999", NOT_INTEGER, NULL},
    {"READONLY", "+OK\r\n", NULL},
    {"READWRITE", "+OK\r\n", NULL},
    {"CLUSTER INFO", NO_CLUSTER, NULL},
    {"CLUSTER HELP", NO_CLUSTER, NULL},
    {"CLUSTER", "-ERR wrong number of arguments for 'cluster' command\r\n", NULL},
    {"TIME", "*2\r\n$10\r\n1795000000\r\n$1\r\n0\r\n", NULL},
    {"DBSIZE", ":0\r\n", NULL},
    {"HELLO", GREETING("*14", "2"), GREETING("%7", "3")},
    {"HELLO 4", "-NOPROTO unsupported protocol version\r\n", NULL},
    {"HELLO 1", "-NOPROTO unsupported protocol version\r\n", NULL},
    {"HELLO x", "-ERR Protocol version is not an integer or out of range\r\n", NULL},
    {"HELLO 3 FOO", "-ERR Syntax error in HELLO option 'FOO'\r\n", NULL},
    {"HELLO 3 AUTH default", "-ERR Syntax error in HELLO option 'AUTH'\r\n", NULL},
    {"HELLO 3 SETNAME 'a b'", BAD_NAME, NULL},
    {"AUTH x",
     "-ERR AUTH <password> called without any password configured for the default user. Are you "
     "sure your configuration is correct?\r\n",
     NULL},
    {"AUTH default x", "+OK\r\n", NULL},
    {"AUTH a b c", "-ERR wrong number of arguments for 'auth' command\r\n", NULL},
    {"CLIENT ID", ":8\r\n", NULL},
    {"CLIENT GETNAME", "$-1\r\n", "_\r\n"},
    {"CLIENT SETNAME 'a b'", BAD_NAME, NULL},
    {"CLIENT SETNAME \"a\\n\"", BAD_NAME, NULL},
    {"CLIENT SETNAME", "-ERR wrong number of arguments for 'client|setname' command\r\n", NULL},
    {"CLIENT setinfo LIB-NAME ioredis", "+OK\r\n", NULL},
    {"client SETINFO lib-ver 5.3.2", "+OK\r\n", NULL},
    {"CLIENT SETINFO lib-name 'a b'",
     "-ERR lib-name cannot contain spaces, newlines or special characters.\r\n", NULL},
    {"CLIENT SETINFO foo bar", "-ERR Unrecognized option 'foo'\r\n", NULL},
    {"CLIENT NO-EVICT on", "+OK\r\n", NULL},
    {"CLIENT NO-TOUCH OFF", "+OK\r\n", NULL},
    {"CLIENT NO-EVICT maybe", SYNTAX, NULL},
    {"CLIENT MAINT_NOTIFICATIONS ON moving-endpoint-type none",
     "-ERR unknown subcommand 'MAINT_NOTIFICATIONS'. Try CLIENT HELP.\r\n", NULL},
    {"CLIENT TRACKING ON", "-ERR unknown subcommand 'TRACKING'. Try CLIENT HELP.\r\n", NULL},
    {"CLIENT CACHING YES", "-ERR unknown subcommand 'CACHING'. Try CLIENT HELP.\r\n", NULL},
    {"CLIENT \"a\\r\\nb\"", "-ERR unknown subcommand 'a??b'. Try CLIENT HELP.\r\n", NULL},
    {"CLIENT", "-ERR wrong number of arguments for 'client' command\r\n", NULL},
    {"CLIENT LIST TYPE foo", "-ERR Unknown client type 'foo'\r\n", NULL},
    {"CLIENT LIST TYPE replica", "$0\r\n\r\n", "=4\r\ntxt:\r\n"},
    {"CLIENT LIST ID x", "-ERR Invalid client ID\r\n", NULL},
    {"CLIENT LIST ID 1 2", "$0\r\n\r\n", "=4\r\ntxt:\r\n"},
    {"CLIENT LIST FOO", SYNTAX, NULL},
    {"CLIENT KILL 1.2.3.4:5", "-ERR No such client\r\n", NULL},
    {"CLIENT KILL ''", "-ERR No such client\r\n", NULL},
    {"CLIENT KILL ID x", "-ERR client-id should be greater than 0\r\n", NULL},
    {"CLIENT KILL ID 0", "-ERR client-id should be greater than 0\r\n", NULL},
    {"CLIENT KILL ID 999", ":0\r\n", NULL},
    {"CLIENT KILL ID 8", ":0\r\n", NULL},
    {"CLIENT KILL ID 9 ADDR 10.0.0.8:888", ":0\r\n", NULL},
    {"CLIENT KILL USER nobody", ":0\r\n", NULL},
    {"CLIENT KILL TYPE pubsub", ":0\r\n", NULL},
    {"CLIENT KILL TYPE pubsub USER default SKIPME no", ":0\r\n", NULL},
    {"CLIENT KILL LADDR 1.1.1.1:1", ":0\r\n", NULL},
    {"CLIENT KILL FOO bar", SYNTAX, NULL},
    {"CLIENT KILL ID 1 ADDR", SYNTAX, NULL},
    {"CLIENT KILL SKIPME maybe", SYNTAX, NULL},
    {"CONFIG GET save", "*2\r\n$4\r\nsave\r\n$0\r\n\r\n", "%1\r\n$4\r\nsave\r\n$0\r\n\r\n"},
    {"config get APPENDONLY", "*2\r\n$10\r\nappendonly\r\n$3\r\nyes\r\n",
     "%1\r\n$10\r\nappendonly\r\n$3\r\nyes\r\n"},
    {"CONFIG GET port save por? sav[e] port",
     "*4\r\n$4\r\nsave\r\n$0\r\n\r\n$4\r\nport\r\n$4\r\n7400\r\n",
     "%2\r\n$4\r\nsave\r\n$0\r\n\r\n$4\r\nport\r\n$4\r\n7400\r\n"},
    {"CONFIG GET appendfsync", "*2\r\n$11\r\nappendfsync\r\n$6\r\nalways\r\n",
     "%1\r\n$11\r\nappendfsync\r\n$6\r\nalways\r\n"},
    {"CONFIG GET nothing", "*0\r\n", "%0\r\n"},
    {"CONFIG GET", "-ERR wrong number of arguments for 'config|get' command\r\n", NULL},
    {"CONFIG SET maxmemory 1", OPTIONS_ARE_SET, NULL},
    {"CONFIG REWRITE", "-ERR unknown subcommand 'REWRITE'. Try CONFIG HELP.\r\n", NULL},
    {"CONFIG RESETSTAT", "+OK\r\n", NULL},
    {"COMMAND GETKEYS COUPON.CLAIM m1 sale", ONE_KEY, NULL},
    {"COMMAND GETKEYS coupon.claim m1 sale REQUEST r1", ONE_KEY, NULL},
    {"COMMAND GETKEYS COUPON.CLAIM m1",
     "-ERR Invalid number of arguments specified for command\r\n", NULL},
    {"COMMAND GETKEYS COUPON.GET a b", "-ERR Invalid number of arguments specified for command\r\n",
     NULL},
    {"COMMAND GETKEYS CAMPAIGN.LIST LIMIT 5", NO_KEYS, NULL},
    {"COMMAND GETKEYS CLOCK.SET 5", NO_KEYS, NULL},
    {"COMMAND GETKEYS CONFIG GET port", NO_KEYS, NULL},
    {"COMMAND GETKEYS GET a", "-ERR Invalid command specified\r\n", NULL},
    {"COMMAND GETKEYS PING", "-ERR wrong number of arguments for 'command|getkeys' command\r\n",
     NULL},
    {"COMMAND INFO nothing", "*1\r\n$-1\r\n", "*1\r\n_\r\n"},
    {"COMMAND DOCS nothing", "*0\r\n", "%0\r\n"},
    {"COMMAND FOO", "-ERR unknown subcommand 'FOO'. Try COMMAND HELP.\r\n", NULL},
    {"COMMAND LIST FILTERBY PATTERN account.*",
     "*3\r\n$12\r\naccount.earn\r\n$13\r\naccount.spend\r\n$15\r\naccount.balance\r\n", NULL},
    {"COMMAND LIST FILTERBY PATTERN client|set*",
     "*2\r\n$14\r\nclient|setinfo\r\n$14\r\nclient|setname\r\n", NULL},
    {"COMMAND LIST FILTERBY MODULE boon", "*0\r\n", NULL},
    {"COMMAND LIST FILTERBY ACLCAT nothing", "*0\r\n", NULL},
    {"COMMAND LIST FILTERBY FOO bar", SYNTAX, NULL},
    {"COMMAND LIST FILTERBY PATTERN", SYNTAX, NULL},
    {"COMMAND LIST x", SYNTAX, NULL},
    {"SLOWLOG LEN", ":0\r\n", NULL},
    {"SLOWLOG GET", "*0\r\n", NULL},
    {"SLOWLOG GET -1", "*0\r\n", NULL},
    {"SLOWLOG GET -2", "-ERR count should be greater than or equal to -1\r\n", NULL},
    {"SLOWLOG GET x", "-ERR count should be greater than or equal to -1\r\n", NULL},
    {"SLOWLOG RESET", "+OK\r\n", NULL},
    {"LATENCY LATEST", "*0\r\n", NULL},
    {"LATENCY HISTORY command", "*0\r\n", NULL},
    {"LATENCY RESET", ":0\r\n", NULL},
    {"LATENCY HISTOGRAM", "*0\r\n", "%0\r\n"},
    {"LATENCY DOCTOR", "-ERR unknown subcommand 'DOCTOR'. Try LATENCY HELP.\r\n", NULL},
    {"INFO nothing", "$0\r\n\r\n", "=4\r\ntxt:\r\n"},
    {"INFO cluster", "$30\r\n# Cluster\r\ncluster_enabled:0\r\n\r\n",
     "=34\r\ntxt:# Cluster\r\ncluster_enabled:0\r\n\r\n"},
    {"GET a", "(not a server command)", NULL},
    {"SUBSCRIBE a", "(not a server command)", NULL},
    {"client|id", "(not a server command)", NULL},
    {"COUPON.CLAIM a b", "(not a server command)", NULL},
};

Test(server_command, every_scenario_is_answered_byte_for_byte)
{
    for (size_t at = 0; at < sizeof(scenarios) / sizeof(scenarios[0]); at++) {
        fake.clients[0].version = 2;
        server_fake_expect(scenarios[at].line, scenarios[at].resp2);
        fake.clients[0].version = 3;
        server_fake_expect(scenarios[at].line,
                           scenarios[at].resp3 == NULL ? scenarios[at].resp2 : scenarios[at].resp3);
        cr_assert_not(fake.clients[0].closing, "%s: the connection ends", scenarios[at].line);
        cr_assert_not(fake.clients[1].closed, "%s: another connection ends", scenarios[at].line);
    }
}

/* Returns where the value at `at` ends, or NULL when it is none. */
static const char *value_end(const char *at, const char *end)
{
    const char *line = memmem(at, (size_t)(end - at), "\r\n", 2);
    if (line == NULL) {
        return NULL;
    }
    long number = strtol(at + 1, NULL, 10);
    const char *next = line + 2;
    switch (*at) {
    case '+':
    case '-':
    case ':':
    case '_':
        return next;
    case '$':
    case '=':
        if (number < 0) {
            return next;
        }
        return end - next < number + 2 || memcmp(next + number, "\r\n", 2) != 0 ? NULL
                                                                                : next + number + 2;
    case '*':
    case '~':
    case '%':
        number *= *at == '%' ? 2 : 1;
        for (; number > 0 && next != NULL; number--) {
            next = next == end ? NULL : value_end(next, end);
        }
        return next;
    default:
        return NULL;
    }
}

Test(server_command, every_reply_is_exactly_one_value)
{
    static const char *const arguments[] = {
        "", " x", " x y", " id 1", " filterby pattern *", " -1", " * * *", " a b c d e f"};
    for (uint32_t row = 0; row < server_command_spec_count; row++) {
        for (size_t with = 0; with < sizeof(arguments) / sizeof(arguments[0]); with++) {
            for (unsigned version = 2; version <= 3; version++) {
                char line[128];
                snprintf(line, sizeof(line), "%s%s", server_command_specs[row].name,
                         arguments[with]);
                char *bar = strchr(line, '|');
                if (bar != NULL) {
                    *bar = ' ';
                }
                fake.clients[0].version = (uint8_t)version;
                struct text reply = server_fake_ask(line);
                cr_assert_eq(value_end(reply.data, reply.data + reply.length),
                             reply.data + reply.length, "v%u %s: %.*s", version, line,
                             (int)reply.length, reply.data);
            }
        }
    }
}

Test(server_command, resp3_never_uses_attributes_or_pushes)
{
    fake.clients[0].version = 3;
    static const char *const lines[] = {"COMMAND", "COMMAND DOCS", "INFO", "CONFIG GET *"};
    for (size_t at = 0; at < sizeof(lines) / sizeof(lines[0]); at++) {
        struct text reply = server_fake_ask(lines[at]);
        cr_assert_not(server_fake_holds(reply, "\r\n|"));
        cr_assert_not(server_fake_holds(reply, "\r\n>"));
    }
}

Test(server_command, hello_switches_the_protocol_of_its_own_answer)
{
    server_fake_expect("HELLO 3", GREETING("%7", "3"));
    cr_assert_eq(fake.clients[0].version, 3);
    server_fake_expect("HELLO 2 SETNAME till-1", GREETING("*14", "2"));
    cr_assert_eq(fake.clients[0].version, 2);
    cr_assert_str_eq(fake.clients[0].name, "till-1");
}

Test(server_command, hello_that_fails_changes_nothing)
{
    server_fake_expect("HELLO 3 SETNAME 'a b'", BAD_NAME);
    server_fake_expect("HELLO 3 SETNAME ok FOO", "-ERR Syntax error in HELLO option 'FOO'\r\n");
    cr_assert_eq(fake.clients[0].version, 2);
    cr_assert_str_eq(fake.clients[0].name, "");
}

static void ask_for_a_password(void)
{
    snprintf(fake.options.password, sizeof(fake.options.password), "correct horse");
    fake.clients[0].authenticated = false;
}

#define WRONGPASS "-WRONGPASS invalid username-password pair or user is disabled.\r\n"

Test(server_command, auth_takes_the_password_and_nothing_else)
{
    ask_for_a_password();
    server_fake_expect("AUTH wrong", WRONGPASS);
    server_fake_expect("AUTH 'correct hors'", WRONGPASS);
    server_fake_expect("AUTH 'correct horsex'", WRONGPASS);
    server_fake_expect("AUTH \"correct horse\\x00\"", WRONGPASS);
    server_fake_expect("AUTH ''", WRONGPASS);
    server_fake_expect("AUTH admin 'correct horse'", WRONGPASS);
    server_fake_expect("AUTH default wrong", WRONGPASS);
    cr_assert_not(fake.clients[0].authenticated);
    server_fake_expect("AUTH 'correct horse'", "+OK\r\n");
    cr_assert(fake.clients[0].authenticated);
    fake.clients[0].authenticated = false;
    server_fake_expect("AUTH default 'correct horse'", "+OK\r\n");
    cr_assert(fake.clients[0].authenticated);
    server_fake_expect("AUTH wrong", WRONGPASS);
    cr_assert(fake.clients[0].authenticated, "a wrong password takes nothing away");
}

Test(server_command, hello_authenticates_or_refuses_as_redis_does)
{
    ask_for_a_password();
    server_fake_expect(
        "HELLO 3", "-NOAUTH HELLO must be called with the client already authenticated, otherwise "
                   "the HELLO <proto> AUTH <user> <pass> option can be used to authenticate the "
                   "client and select the RESP protocol version at the same time\r\n");
    server_fake_expect("HELLO 3 AUTH default wrong SETNAME x", WRONGPASS);
    cr_assert_eq(fake.clients[0].version, 2);
    cr_assert_str_eq(fake.clients[0].name, "");
    server_fake_expect("HELLO 3 AUTH default 'correct horse' SETNAME x", GREETING("%7", "3"));
    cr_assert(fake.clients[0].authenticated);
    cr_assert_str_eq(fake.clients[0].name, "x");
}

Test(server_command, guessing_costs_the_connection_and_the_right_password_never_does)
{
    ask_for_a_password();
    for (int guess = 0; guess < 100 && !fake.clients[0].closing; guess++) {
        server_fake_expect("AUTH guess", WRONGPASS);
    }
    cr_assert(fake.clients[0].closing);
    fake.clients[0].closing = false;
    server_fake_expect("AUTH 'correct horse'", "+OK\r\n");
    cr_assert_not(fake.clients[0].closing);
}

Test(server_command, four_commands_may_come_before_authentication)
{
    static const char *const open[] = {"AUTH", "hello", "Quit", "RESET"};
    static const char *const shut[] = {"PING", "INFO", "COMMAND", "CLIENT", "client|id", "", "GET"};
    for (size_t at = 0; at < sizeof(open) / sizeof(open[0]); at++) {
        cr_assert(server_command_is_open(text_of(open[at])), "%s", open[at]);
    }
    for (size_t at = 0; at < sizeof(shut) / sizeof(shut[0]); at++) {
        cr_assert_not(server_command_is_open(text_of(shut[at])), "%s", shut[at]);
    }
}

Test(server_command, reset_makes_the_connection_as_new)
{
    ask_for_a_password();
    server_fake_expect("HELLO 3 AUTH default 'correct horse' SETNAME x", GREETING("%7", "3"));
    server_fake_expect("RESET", "+RESET\r\n");
    cr_assert_eq(fake.clients[0].version, 2);
    cr_assert_str_eq(fake.clients[0].name, "");
    cr_assert_not(fake.clients[0].authenticated);
    fake.options.password[0] = '\0';
    server_fake_expect("RESET", "+RESET\r\n");
    cr_assert(fake.clients[0].authenticated);
}

Test(server_command, quit_answers_and_then_ends_the_connection)
{
    server_fake_expect("QUIT", "+OK\r\n");
    cr_assert(fake.clients[0].closing);
    cr_assert_not(fake.clients[0].closed);
}

Test(server_command, shutdown_is_refused)
{
    cr_assert(server_fake_holds(server_fake_ask("SHUTDOWN NOSAVE"),
                                "-ERR SHUTDOWN is not for clients: send SIGTERM to "));
    cr_assert_eq(fake.server.state, SERVER_LEADING);
}

Test(server_command, config_get_shows_every_option_but_no_password)
{
    ask_for_a_password();
    snprintf(fake.options.redis_password, sizeof(fake.options.redis_password), "hidden");
    struct text reply = server_fake_ask("CONFIG GET *");
    for (uint32_t id = 0; id < OPTION_COUNT; id++) {
        cr_assert(server_fake_holds(reply, option_key((enum option_id)id)));
    }
    cr_assert_not(server_fake_holds(reply, "horse"));
    cr_assert_not(server_fake_holds(reply, "hidden"));
    cr_assert(server_fake_holds(reply, "$8\r\npassword\r\n$0\r\n\r\n"));
}

Test(server_command, without_a_journal_appendonly_is_no)
{
    fake.options.journal = OPTIONS_JOURNAL_NONE;
    server_fake_expect("CONFIG GET append*",
                       "*4\r\n$11\r\nappendfsync\r\n$2\r\nno\r\n$10\r\nappendonly\r\n$2\r\nno\r\n");
}

Test(server_command, resetstat_sets_the_counters_to_zero)
{
    fake.server.stats.commands = fake.server.commands_at_second = 5;
    fake.server.stats.outcomes[REFUSAL_SOLD_OUT] = 7;
    fake.server.stats.commands_per_s = 3;
    server_fake_expect("CONFIG RESETSTAT", "+OK\r\n");
    cr_assert_eq(fake.server.stats.commands, 0);
    cr_assert_eq(fake.server.commands_at_second, 0, "or the rate of the next second would wrap");
    cr_assert_eq(fake.server.stats.outcomes[REFUSAL_SOLD_OUT], 0);
    cr_assert_eq(fake.server.stats.commands_per_s, 3);
}

Test(server_command, slowlog_shows_the_newest_first_and_is_bounded)
{
    (void)server_fake_ask("CLIENT SETNAME till-1");
    slowlog_note(fake.server.slowlog, SERVER_FAKE_NOW_MS, 100, "FAST", 1, fake.clients[0].address,
                 fake.clients[0].name);
    server_fake_expect("SLOWLOG LEN", ":0\r\n");
    for (int at = 0; at < 5; at++) {
        slowlog_note(fake.server.slowlog, SERVER_FAKE_NOW_MS + at * 1000, 200 + at, "COUPON.CLAIM",
                     at == 4 ? 64 : 1, fake.clients[0].address, fake.clients[0].name);
    }
    server_fake_expect("SLOWLOG LEN", ":3\r\n");
    server_fake_expect(
        "SLOWLOG GET 2",
        "*2\r\n*6\r\n:4\r\n:1795000004\r\n:204\r\n*2\r\n$12\r\nCOUPON.CLAIM\r\n$22\r\n(first of 64 "
        "commands)\r\n$12\r\n10.0.0.8:888\r\n$6\r\ntill-1\r\n*6\r\n:3\r\n:1795000003\r\n:203\r\n"
        "*1\r\n$12\r\nCOUPON.CLAIM\r\n$12\r\n10.0.0.8:888\r\n$6\r\ntill-1\r\n");
    cr_assert_eq(strncmp(server_fake_ask("SLOWLOG GET").data, "*3\r\n", 4), 0);
    cr_assert_eq(strncmp(server_fake_ask("SLOWLOG GET -1").data, "*3\r\n", 4), 0);
    server_fake_expect("SLOWLOG GET 0", "*0\r\n");
    server_fake_expect("SLOWLOG RESET", "+OK\r\n");
    server_fake_expect("SLOWLOG LEN", ":0\r\n");
    slowlog_note(fake.server.slowlog, SERVER_FAKE_NOW_MS, 300, "MEMBER.GET", 1,
                 fake.clients[0].address, fake.clients[0].name);
    cr_assert(server_fake_holds(server_fake_ask("SLOWLOG GET"), "*1\r\n*6\r\n:5\r\n"),
              "ids go on after a reset");
}

Test(server_command, a_slowlog_of_no_entries_keeps_none)
{
    struct slowlog *none = slowlog_create(0, 0);
    slowlog_note(none, SERVER_FAKE_NOW_MS, 1000, "PING", 1, fake.clients[0].address,
                 fake.clients[0].name);
    cr_assert_eq(slowlog_length(none), 0);
    cr_assert_null(slowlog_nth(none, 0));
    slowlog_destroy(&none);
    cr_assert_null(none);
}
