/* server_fake.c -- replies are looked at where they were written. */
#include "tests/lib/server_fake.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "net/log.h"
#include "net/server_command.h"
#include "net/slowlog.h"

struct server_fake fake;

static void connect_client(struct connection *client, uint64_t id, const char *address)
{
    struct server *server = &fake.server;
    *client = (struct connection){.server = server,
                                  .fd = -1,
                                  .version = 2,
                                  .authenticated = true,
                                  .id = id,
                                  .since_ms = SERVER_FAKE_NOW_MS - 5000,
                                  .active_ms = SERVER_FAKE_NOW_MS - 2000,
                                  .last_command = ""};
    snprintf(client->address, sizeof(client->address), "%s", address);
    cr_assert_eq(event_assign(&client->read_event, server->base, -1, EV_READ, NULL, NULL), 0);
    cr_assert_eq(event_assign(&client->write_event, server->base, -1, EV_WRITE, NULL, NULL), 0);
    client->next = server->connections;
    if (client->next != NULL) {
        client->next->previous = client;
    }
    server->connections = client;
    server->connection_count++;
}

void server_fake_set_up(void)
{
    char program[] = "boon-server";
    char *arguments[] = {program, NULL};
    char *environment[] = {NULL};
    struct options_message message;
    cr_assert_eq(options_load(&fake.options, 1, arguments, environment, &message), OPTIONS_OK, "%s",
                 message.text);
    log_set_level(LOG_ERROR);
    struct engine_options how = {.members_max = 100,
                                 .coupons_max = 100,
                                 .campaigns_max = 10,
                                 .names_max = 16,
                                 .requests_max = 4,
                                 .request_window_ms = 60000,
                                 .code_keys.live[0] = true};
    fake.server = (struct server){.options = &fake.options,
                                  .state = SERVER_LEADING,
                                  .now_ms = SERVER_FAKE_NOW_MS,
                                  .tick_ms = SERVER_FAKE_NOW_MS,
                                  .started_ms = SERVER_FAKE_NOW_MS,
                                  .base = event_base_new(),
                                  .engine = engine_create(&how),
                                  .slowlog = slowlog_create(3, 100),
                                  .secrets.coupon_count = 2};
    fake.server.secrets.coupon[1].id = 7;
    memset(fake.server.secrets.coupon[0].bytes, 'J', SECRET_KEY_BYTES);
    memset(fake.server.secrets.coupon[1].bytes, 'K', SECRET_KEY_BYTES);
    cr_assert_not_null(fake.server.base);
    cr_assert_not_null(fake.server.engine);
    cr_assert_not_null(fake.server.slowlog);
    connect_client(&fake.clients[1], 9, "10.0.0.9:999");
    connect_client(&fake.clients[0], 8, "10.0.0.8:888");
}

void server_fake_tear_down(void)
{
    output_deinit(&fake.clients[0].output);
    output_deinit(&fake.clients[1].output);
    engine_destroy(&fake.server.engine);
    slowlog_destroy(&fake.server.slowlog);
    event_base_free(fake.server.base);
}

struct text server_fake_ask(const char *line)
{
    static const struct resp_limits limits = {RESP_ARGUMENTS_MAX, 65536, 65536};
    static char bytes[65536];
    struct connection *client = &fake.clients[0];
    struct resp_request request;
    size_t consumed;
    const char *problem = "";
    int length = snprintf(bytes, sizeof(bytes), "%s\r\n", line);
    cr_assert_eq(resp_parse(bytes, (size_t)length, &limits, &request, &consumed, &problem),
                 RESP_CONSUMED, "%s: %s", line, problem);
    output_deinit(&client->output);
    struct resp_writer writer = {&client->output, client->version, false};
    if (request.count == 0 || !server_command(&fake.server, client, &request, &writer)) {
        cr_assert_eq(client->output.end, 0, "%s: something was written", line);
        return TEXT("(not a server command)");
    }
    cr_assert_not(writer.failed);
    return (struct text){client->output.bytes, (uint32_t)client->output.end};
}

void server_fake_expect(const char *line, const char *reply)
{
    struct text got = server_fake_ask(line);
    cr_assert(text_equal(got, text_of(reply)), "v%u %s\n  got    %.*s\n  wanted %s",
              (unsigned)fake.clients[0].version, line, (int)got.length, got.data, reply);
}

bool server_fake_holds(struct text text, const char *part)
{
    return memmem(text.data, text.length, part, strlen(part)) != NULL;
}
