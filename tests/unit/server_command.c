/* server_command.c -- what stock Redis clients ask, byte for byte, in RESP2 and RESP3. */
#include "net/server_command.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "net/command_parse.h"
#include "net/log.h"
#include "net/server.h"
#include "net/server_command_table.h"
#include "net/slowlog.h"

#define NOW_MS 1795000000000LL

/* A server without sockets: replies are looked at where they were written. */
static struct options options;
static struct server server;
static struct connection clients[2];

static void connect_client(struct connection *client, uint64_t id, const char *address)
{
    *client = (struct connection){.server = &server,
                                  .fd = -1,
                                  .version = 2,
                                  .authenticated = options.password[0] == '\0',
                                  .id = id,
                                  .since_ms = NOW_MS - 5000,
                                  .active_ms = NOW_MS - 2000,
                                  .last_command = ""};
    snprintf(client->address, sizeof(client->address), "%s", address);
    cr_assert_eq(event_assign(&client->read_event, server.base, -1, EV_READ, NULL, NULL), 0);
    cr_assert_eq(event_assign(&client->write_event, server.base, -1, EV_WRITE, NULL, NULL), 0);
    client->next = server.connections;
    if (client->next != NULL) {
        client->next->previous = client;
    }
    server.connections = client;
    server.connection_count++;
}

static void set_up(void)
{
    char program[] = "boon-server";
    char *arguments[] = {program, NULL};
    char *environment[] = {NULL};
    struct options_message message;
    cr_assert_eq(options_load(&options, 1, arguments, environment, &message), OPTIONS_OK, "%s",
                 message.text);
    log_set_level(LOG_ERROR);
    struct engine_options how = {.members_max = 100,
                                 .coupons_max = 100,
                                 .campaigns_max = 10,
                                 .names_max = 16,
                                 .requests_max = 10,
                                 .request_window_ms = 1000,
                                 .code_keys.live[0] = true};
    server = (struct server){.options = &options,
                             .state = SERVER_LEADING,
                             .now_ms = NOW_MS,
                             .started_ms = NOW_MS,
                             .base = event_base_new(),
                             .engine = engine_create(&how),
                             .slowlog = slowlog_create(3, 100),
                             .secrets.coupon_count = 2};
    server.secrets.coupon[1].id = 7;
    memset(server.secrets.coupon[1].bytes, 'K', SECRET_KEY_BYTES);
    cr_assert_not_null(server.base);
    cr_assert_not_null(server.engine);
    cr_assert_not_null(server.slowlog);
    connect_client(&clients[1], 9, "10.0.0.9:999");
    connect_client(&clients[0], 8, "10.0.0.8:888");
}

static void tear_down(void)
{
    output_deinit(&clients[0].output);
    output_deinit(&clients[1].output);
    engine_destroy(&server.engine);
    slowlog_destroy(&server.slowlog);
    event_base_free(server.base);
}

TestSuite(server_command, .init = set_up, .fini = tear_down);

/* Sends one inline request from the first client. Returns the reply, valid until the next one. */
static struct text ask(const char *line)
{
    static const struct resp_limits limits = {RESP_ARGUMENTS_MAX, 65536, 65536};
    static char bytes[65536];
    struct resp_request request;
    size_t consumed;
    const char *problem = "";
    int length = snprintf(bytes, sizeof(bytes), "%s\r\n", line);
    cr_assert_eq(resp_parse(bytes, (size_t)length, &limits, &request, &consumed, &problem),
                 RESP_CONSUMED, "%s: %s", line, problem);
    struct output *output = &clients[0].output;
    output_deinit(output);
    struct resp_writer writer = {output, clients[0].version, false};
    if (!server_command(&server, &clients[0], &request, &writer)) {
        cr_assert_eq(output->end, 0, "%s: something was written", line);
        return TEXT("(not a server command)");
    }
    cr_assert_not(writer.failed);
    return (struct text){output->bytes, (uint32_t)output->end};
}

static void expect(const char *line, const char *reply)
{
    struct text got = ask(line);
    cr_assert(text_equal(got, text_of(reply)), "v%u %s\n  got    %.*s\n  wanted %s",
              (unsigned)clients[0].version, line, (int)got.length, got.data, reply);
}

/* Tells whether the reply holds these bytes. */
static bool holds(struct text reply, const char *part)
{
    return memmem(reply.data, reply.length, part, strlen(part)) != NULL;
}

#define NOT_INTEGER "-ERR value is not an integer or out of range\r\n"
#define SYNTAX "-ERR syntax error\r\n"
#define BAD_NAME "-ERR Client names cannot contain spaces, newlines or special characters.\r\n"
#define OPTIONS_ARE_SET                                                                            \
    "-ERR options are set when the server starts: by a flag, a BOON_ variable or the --config "    \
    "file\r\n"
#define NO_CLUSTER "-ERR This instance has cluster support disabled\r\n"
#define GREETING(head, proto)                                                                      \
    head "\r\n$6\r\nserver\r\n$5\r\nredis\r\n$7\r\nversion\r\n$6\r\n7.0.15\r\n$5\r\nproto\r\n:"    \
         proto "\r\n$2\r\nid\r\n:8\r\n$4\r\nmode\r\n$10\r\nstandalone\r\n$4\r\nrole\r\n$6\r\n"     \
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
    {"COMMAND GETKEYS COUPON.CLAIM m1", "-ERR Invalid number of arguments specified for command\r\n",
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
        clients[0].version = 2;
        expect(scenarios[at].line, scenarios[at].resp2);
        clients[0].version = 3;
        expect(scenarios[at].line,
               scenarios[at].resp3 == NULL ? scenarios[at].resp2 : scenarios[at].resp3);
        cr_assert_not(clients[0].closing, "%s: the connection ends", scenarios[at].line);
        cr_assert_not(clients[1].closed, "%s: another connection ends", scenarios[at].line);
    }
}

Test(server_command, command_info_has_redis_7s_shape)
{
    expect("COMMAND INFO COUPON.CLAIM",
           "*1\r\n*10\r\n$12\r\ncoupon.claim\r\n:-3\r\n*2\r\n+write\r\n+fast\r\n:1\r\n:1\r\n:1\r\n"
           "*2\r\n+@write\r\n+@fast\r\n*0\r\n*1\r\n*6\r\n$5\r\nflags\r\n*2\r\n+RW\r\n+update\r\n"
           "$12\r\nbegin_search\r\n*4\r\n$4\r\ntype\r\n$5\r\nindex\r\n$4\r\nspec\r\n*2\r\n$5\r\n"
           "index\r\n:1\r\n$9\r\nfind_keys\r\n*4\r\n$4\r\ntype\r\n$5\r\nrange\r\n$4\r\nspec\r\n"
           "*6\r\n$7\r\nlastkey\r\n:0\r\n$7\r\nkeystep\r\n:1\r\n$5\r\nlimit\r\n:0\r\n*0\r\n");
    expect("COMMAND INFO client|id",
           "*1\r\n*10\r\n$9\r\nclient|id\r\n:2\r\n*3\r\n+loading\r\n+stale\r\n+fast\r\n:0\r\n:0\r\n"
           ":0\r\n*2\r\n+@fast\r\n+@connection\r\n*0\r\n*0\r\n*0\r\n");
    clients[0].version = 3;
    expect("COMMAND INFO coupon.get",
           "*1\r\n*10\r\n$10\r\ncoupon.get\r\n:2\r\n~2\r\n+readonly\r\n+fast\r\n:1\r\n:1\r\n:1\r\n"
           "~2\r\n+@read\r\n+@fast\r\n~0\r\n~1\r\n%3\r\n$5\r\nflags\r\n~2\r\n+RO\r\n+access\r\n"
           "$12\r\nbegin_search\r\n%2\r\n$4\r\ntype\r\n$5\r\nindex\r\n$4\r\nspec\r\n%1\r\n$5\r\n"
           "index\r\n:1\r\n$9\r\nfind_keys\r\n%2\r\n$4\r\ntype\r\n$5\r\nrange\r\n$4\r\nspec\r\n"
           "%3\r\n$7\r\nlastkey\r\n:0\r\n$7\r\nkeystep\r\n:1\r\n$5\r\nlimit\r\n:0\r\n~0\r\n");
}

Test(server_command, command_docs_has_redis_7s_shape)
{
    expect("COMMAND DOCS CAMPAIGN.RESTOCK",
           "*2\r\n$16\r\ncampaign.restock\r\n*8\r\n$7\r\nsummary\r\n$74\r\nRaise or lower a "
           "campaign's stock, if it is still what the caller believes\r\n$5\r\nsince\r\n$5\r\n"
           "0.1.0\r\n$5\r\ngroup\r\n$8\r\ncampaign\r\n$9\r\narguments\r\n*3\r\n"
           "*8\r\n$4\r\nname\r\n$8\r\ncampaign\r\n$4\r\ntype\r\n$3\r\nkey\r\n$14\r\n"
           "key_spec_index\r\n:0\r\n$7\r\nsummary\r\n$11\r\ncampaign id\r\n"
           "*6\r\n$4\r\nname\r\n$5\r\ndelta\r\n$4\r\ntype\r\n$7\r\ninteger\r\n$7\r\nsummary\r\n"
           "$35\r\ncoupons to add; negative takes away\r\n"
           "*8\r\n$4\r\nname\r\n$6\r\nexpect\r\n$4\r\ntype\r\n$7\r\ninteger\r\n$5\r\ntoken\r\n"
           "$6\r\nEXPECT\r\n$7\r\nsummary\r\n$51\r\nthe stock before the change, as the caller "
           "knows it\r\n");
    clients[0].version = 3;
    expect("COMMAND DOCS hello",
           "%1\r\n$5\r\nhello\r\n%4\r\n$7\r\nsummary\r\n$38\r\nChoose the protocol, 2 or 3, and "
           "greet\r\n$5\r\nsince\r\n$5\r\n0.1.0\r\n$5\r\ngroup\r\n$10\r\nconnection\r\n$9\r\n"
           "arguments\r\n*3\r\n"
           "%3\r\n$4\r\nname\r\n$8\r\nprotover\r\n$4\r\ntype\r\n$6\r\nstring\r\n$5\r\nflags\r\n"
           "~1\r\n+optional\r\n"
           "%5\r\n$4\r\nname\r\n$4\r\nauth\r\n$4\r\ntype\r\n$5\r\nblock\r\n$5\r\ntoken\r\n$4\r\n"
           "AUTH\r\n$5\r\nflags\r\n~1\r\n+optional\r\n$9\r\narguments\r\n*2\r\n"
           "%2\r\n$4\r\nname\r\n$8\r\nusername\r\n$4\r\ntype\r\n$6\r\nstring\r\n"
           "%2\r\n$4\r\nname\r\n$8\r\npassword\r\n$4\r\ntype\r\n$6\r\nstring\r\n"
           "%4\r\n$4\r\nname\r\n$7\r\nsetname\r\n$4\r\ntype\r\n$6\r\nstring\r\n$5\r\ntoken\r\n"
           "$7\r\nSETNAME\r\n$5\r\nflags\r\n~1\r\n+optional\r\n");
    expect("COMMAND DOCS client|no-evict",
           "%1\r\n$15\r\nclient|no-evict\r\n%4\r\n$7\r\nsummary\r\n$55\r\nAccepted, and changes "
           "nothing: no connection is evicted\r\n$5\r\nsince\r\n$5\r\n0.1.0\r\n$5\r\ngroup\r\n$10\r\n"
           "connection\r\n$9\r\narguments\r\n*1\r\n"
           "%3\r\n$4\r\nname\r\n$6\r\non|off\r\n$4\r\ntype\r\n$5\r\noneof\r\n$9\r\narguments\r\n*2"
           "\r\n%3\r\n$4\r\nname\r\n$2\r\non\r\n$4\r\ntype\r\n$10\r\npure-token\r\n$5\r\ntoken\r\n"
           "$2\r\nON\r\n%3\r\n$4\r\nname\r\n$3\r\noff\r\n$4\r\ntype\r\n$10\r\npure-token\r\n$5\r\n"
           "token\r\n$3\r\nOFF\r\n");
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
    static const char *const arguments[] = {"", " x", " x y", " id 1", " filterby pattern *", " -1",
                                            " * * *", " a b c d e f"};
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
                clients[0].version = (uint8_t)version;
                struct text reply = ask(line);
                cr_assert_eq(value_end(reply.data, reply.data + reply.length),
                             reply.data + reply.length, "v%u %s: %.*s", version, line,
                             (int)reply.length, reply.data);
            }
        }
    }
}

Test(server_command, resp3_never_uses_attributes_or_pushes)
{
    clients[0].version = 3;
    static const char *const lines[] = {"COMMAND", "COMMAND DOCS", "INFO", "CONFIG GET *"};
    for (size_t at = 0; at < sizeof(lines) / sizeof(lines[0]); at++) {
        struct text reply = ask(lines[at]);
        cr_assert_not(holds(reply, "\r\n|"));
        cr_assert_not(holds(reply, "\r\n>"));
    }
}

Test(server_command, count_list_and_command_agree)
{
    uint32_t count = command_spec_count;
    for (uint32_t at = 0; at < server_command_spec_count; at++) {
        count += strchr(server_command_specs[at].name, '|') == NULL ? 1 : 0;
    }
    char head[16];
    snprintf(head, sizeof(head), ":%u\r\n", count);
    expect("COMMAND COUNT", head);
    head[0] = '*';
    cr_assert_eq(strncmp(ask("COMMAND").data, head, strlen(head)), 0);
    cr_assert_eq(strncmp(ask("COMMAND LIST").data, head, strlen(head)), 0);
    cr_assert_eq(strncmp(ask("COMMAND INFO").data, head, strlen(head)), 0);
    clients[0].version = 3;
    head[0] = '%';
    cr_assert_eq(strncmp(ask("COMMAND DOCS").data, head, strlen(head)), 0);
}

Test(server_command, the_table_numbers_grow_and_sub_commands_follow_their_command)
{
    for (uint32_t at = 1; at < server_command_spec_count; at++) {
        const struct server_command_spec *spec = &server_command_specs[at];
        const struct server_command_spec *before = spec - 1;
        cr_assert_gt(spec->number, before->number, "%s", spec->name);
        const char *bar = strchr(spec->name, '|');
        if (bar != NULL) {
            size_t length = (size_t)(bar - spec->name);
            cr_assert_eq(strncmp(before->name, spec->name, length), 0, "%s", spec->name);
        }
        cr_assert(spec->run != NULL || server_command_has(spec, spec + 1), "%s", spec->name);
    }
}

Test(server_command, hello_switches_the_protocol_of_its_own_answer)
{
    expect("HELLO 3", GREETING("%7", "3"));
    cr_assert_eq(clients[0].version, 3);
    expect("HELLO 2 SETNAME till-1", GREETING("*14", "2"));
    cr_assert_eq(clients[0].version, 2);
    cr_assert_str_eq(clients[0].name, "till-1");
}

Test(server_command, hello_that_fails_changes_nothing)
{
    expect("HELLO 3 SETNAME 'a b'", BAD_NAME);
    expect("HELLO 3 SETNAME ok FOO", "-ERR Syntax error in HELLO option 'FOO'\r\n");
    cr_assert_eq(clients[0].version, 2);
    cr_assert_str_eq(clients[0].name, "");
}

static void ask_for_a_password(void)
{
    snprintf(options.password, sizeof(options.password), "correct horse");
    clients[0].authenticated = false;
}

#define WRONGPASS "-WRONGPASS invalid username-password pair or user is disabled.\r\n"

Test(server_command, auth_takes_the_password_and_nothing_else)
{
    ask_for_a_password();
    expect("AUTH wrong", WRONGPASS);
    expect("AUTH 'correct hors'", WRONGPASS);
    expect("AUTH 'correct horsex'", WRONGPASS);
    expect("AUTH \"correct horse\\x00\"", WRONGPASS);
    expect("AUTH ''", WRONGPASS);
    expect("AUTH admin 'correct horse'", WRONGPASS);
    expect("AUTH default wrong", WRONGPASS);
    cr_assert_not(clients[0].authenticated);
    expect("AUTH 'correct horse'", "+OK\r\n");
    cr_assert(clients[0].authenticated);
    clients[0].authenticated = false;
    expect("AUTH default 'correct horse'", "+OK\r\n");
    cr_assert(clients[0].authenticated);
    expect("AUTH wrong", WRONGPASS);
    cr_assert(clients[0].authenticated, "a wrong password takes nothing away");
}

Test(server_command, hello_authenticates_or_refuses_as_redis_does)
{
    ask_for_a_password();
    expect("HELLO 3", "-NOAUTH HELLO must be called with the client already authenticated, otherwise "
                      "the HELLO <proto> AUTH <user> <pass> option can be used to authenticate the "
                      "client and select the RESP protocol version at the same time\r\n");
    expect("HELLO 3 AUTH default wrong SETNAME x", WRONGPASS);
    cr_assert_eq(clients[0].version, 2);
    cr_assert_str_eq(clients[0].name, "");
    expect("HELLO 3 AUTH default 'correct horse' SETNAME x", GREETING("%7", "3"));
    cr_assert(clients[0].authenticated);
    cr_assert_str_eq(clients[0].name, "x");
}

Test(server_command, guessing_costs_the_connection_and_the_right_password_never_does)
{
    ask_for_a_password();
    for (int guess = 0; guess < 100 && !clients[0].closing; guess++) {
        expect("AUTH guess", WRONGPASS);
    }
    cr_assert(clients[0].closing);
    clients[0].closing = false;
    expect("AUTH 'correct horse'", "+OK\r\n");
    cr_assert_not(clients[0].closing);
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
    expect("HELLO 3 AUTH default 'correct horse' SETNAME x", GREETING("%7", "3"));
    expect("RESET", "+RESET\r\n");
    cr_assert_eq(clients[0].version, 2);
    cr_assert_str_eq(clients[0].name, "");
    cr_assert_not(clients[0].authenticated);
    options.password[0] = '\0';
    expect("RESET", "+RESET\r\n");
    cr_assert(clients[0].authenticated);
}

Test(server_command, quit_answers_and_then_ends_the_connection)
{
    expect("QUIT", "+OK\r\n");
    cr_assert(clients[0].closing);
    cr_assert_not(clients[0].closed);
}

Test(server_command, shutdown_is_refused)
{
    cr_assert(holds(ask("SHUTDOWN NOSAVE"), "-ERR SHUTDOWN is not for clients: send SIGTERM to "));
    cr_assert_eq(server.state, SERVER_LEADING);
}

Test(server_command, a_name_of_64_bytes_is_taken_and_a_longer_one_is_not)
{
    char line[128];
    snprintf(line, sizeof(line), "CLIENT SETNAME %064d", 0);
    expect(line, "+OK\r\n");
    expect("CLIENT GETNAME", "$64\r\n0000000000000000000000000000000000000000000000000000000000000000"
                             "\r\n");
    snprintf(line, sizeof(line), "CLIENT SETNAME %065d", 0);
    expect(line, "-ERR Client names cannot be longer than 64 bytes.\r\n");
    cr_assert_eq(strlen(clients[0].name), 64);
    expect("CLIENT SETNAME ''", "+OK\r\n");
    expect("CLIENT GETNAME", "$-1\r\n");
}

Test(server_command, client_list_shows_every_connection_on_a_line)
{
    (void)ask("CLIENT SETNAME till-1");
    (void)ask("CLIENT SETINFO lib-name ioredis");
    struct text reply = ask("CLIENT LIST");
    cr_assert(holds(reply, "id=8 addr=10.0.0.8:888 laddr=127.0.0.1:0 fd=-1 name=till-1 age=5 idle=2 "));
    cr_assert(holds(reply, " cmd=client|list user=default redir=-1 resp=2 lib-name=ioredis lib-ver=\n"
                           "id=9 addr=10.0.0.9:999 "));
    reply = ask("CLIENT LIST ID 9 77");
    cr_assert(holds(reply, "id=9 "));
    cr_assert_not(holds(reply, "id=8 "));
    reply = ask("CLIENT INFO");
    cr_assert(holds(reply, "id=8 "));
    cr_assert_not(holds(reply, "id=9 "));
}

Test(server_command, a_client_list_too_large_for_one_reply_is_refused)
{
    options.output_bytes_max = 512;
    cr_assert(holds(ask("CLIENT LIST"), "-ERR the list has "));
    cr_assert(holds(ask("CLIENT INFO"), "id=8 "));
}

Test(server_command, client_kill_closes_the_others_at_once_and_itself_after_the_answer)
{
    expect("CLIENT KILL ADDR 10.0.0.9:999", ":1\r\n");
    cr_assert(clients[1].closed);
    cr_assert_eq(server.connection_count, 1);
    expect("CLIENT KILL ID 8 SKIPME no", ":1\r\n");
    cr_assert(clients[0].closing);
    cr_assert_not(clients[0].closed);
}

Test(server_command, the_old_client_kill_takes_an_address)
{
    expect("CLIENT KILL 10.0.0.9:999", "+OK\r\n");
    cr_assert(clients[1].closed);
    expect("CLIENT KILL 10.0.0.9:999", "-ERR No such client\r\n");
}

Test(server_command, help_names_every_sub_command)
{
    struct text reply = ask("CLIENT HELP");
    cr_assert(holds(reply, "+CLIENT <subcommand> [<arg> [value] [opt] ...]. Subcommands are:\r\n"));
    cr_assert(holds(reply, "+SETNAME connection-name\r\n+    Name this connection; an empty name takes "
                           "it away.\r\n"));
    cr_assert(holds(ask("COMMAND help"), "+GETKEYS command [argument...]\r\n"));
    cr_assert(holds(ask("SLOWLOG HELP"), "+RESET\r\n"));
    cr_assert(holds(ask("LATENCY HELP"), "+LATEST\r\n"));
    cr_assert(holds(ask("CONFIG HELP"), "+RESETSTAT\r\n"));
}

Test(server_command, config_get_shows_every_option_but_no_password)
{
    ask_for_a_password();
    snprintf(options.redis_password, sizeof(options.redis_password), "hidden");
    struct text reply = ask("CONFIG GET *");
    for (uint32_t id = 0; id < OPTION_COUNT; id++) {
        cr_assert(holds(reply, option_key((enum option_id)id)));
    }
    cr_assert_not(holds(reply, "horse"));
    cr_assert_not(holds(reply, "hidden"));
    cr_assert(holds(reply, "$8\r\npassword\r\n$0\r\n\r\n"));
}

Test(server_command, without_a_journal_appendonly_is_no)
{
    options.journal = OPTIONS_JOURNAL_NONE;
    expect("CONFIG GET append*",
           "*4\r\n$11\r\nappendfsync\r\n$2\r\nno\r\n$10\r\nappendonly\r\n$2\r\nno\r\n");
}

Test(server_command, resetstat_sets_the_counters_to_zero)
{
    server.stats.commands = server.commands_at_second = 5;
    server.stats.outcomes[REFUSAL_SOLD_OUT] = 7;
    server.stats.commands_per_s = 3;
    expect("CONFIG RESETSTAT", "+OK\r\n");
    cr_assert_eq(server.stats.commands, 0);
    cr_assert_eq(server.commands_at_second, 0, "or the rate of the next second would wrap");
    cr_assert_eq(server.stats.outcomes[REFUSAL_SOLD_OUT], 0);
    cr_assert_eq(server.stats.commands_per_s, 3);
}

Test(server_command, slowlog_shows_the_newest_first_and_is_bounded)
{
    (void)ask("CLIENT SETNAME till-1");
    slowlog_note(server.slowlog, NOW_MS, 100, "FAST", 1, &clients[0]);
    expect("SLOWLOG LEN", ":0\r\n");
    for (int at = 0; at < 5; at++) {
        slowlog_note(server.slowlog, NOW_MS + at * 1000, 200 + at, "COUPON.CLAIM", at == 4 ? 64 : 1,
                     &clients[0]);
    }
    expect("SLOWLOG LEN", ":3\r\n");
    expect("SLOWLOG GET 2",
           "*2\r\n*6\r\n:4\r\n:1795000004\r\n:204\r\n*2\r\n$12\r\nCOUPON.CLAIM\r\n$22\r\n(first of 64 "
           "commands)\r\n$12\r\n10.0.0.8:888\r\n$6\r\ntill-1\r\n*6\r\n:3\r\n:1795000003\r\n:203\r\n"
           "*1\r\n$12\r\nCOUPON.CLAIM\r\n$12\r\n10.0.0.8:888\r\n$6\r\ntill-1\r\n");
    cr_assert_eq(strncmp(ask("SLOWLOG GET").data, "*3\r\n", 4), 0);
    cr_assert_eq(strncmp(ask("SLOWLOG GET -1").data, "*3\r\n", 4), 0);
    expect("SLOWLOG GET 0", "*0\r\n");
    expect("SLOWLOG RESET", "+OK\r\n");
    expect("SLOWLOG LEN", ":0\r\n");
    slowlog_note(server.slowlog, NOW_MS, 300, "MEMBER.GET", 1, &clients[0]);
    cr_assert(holds(ask("SLOWLOG GET"), "*1\r\n*6\r\n:5\r\n"), "ids go on after a reset");
}

Test(server_command, a_slowlog_of_no_entries_keeps_none)
{
    struct slowlog *none = slowlog_create(0, 0);
    slowlog_note(none, NOW_MS, 1000, "PING", 1, &clients[0]);
    cr_assert_eq(slowlog_length(none), 0);
    cr_assert_null(slowlog_nth(none, 0));
    slowlog_destroy(&none);
    cr_assert_null(none);
}
