/* server_client.c -- CLIENT: names, lists, and the end of connections. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "tests/lib/server_fake.h"

TestSuite(server_client, .init = server_fake_set_up, .fini = server_fake_tear_down);

Test(server_client, a_name_of_64_bytes_is_taken_and_a_longer_one_is_not)
{
    char line[128];
    snprintf(line, sizeof(line), "CLIENT SETNAME %064d", 0);
    server_fake_expect(line, "+OK\r\n");
    server_fake_expect("CLIENT GETNAME",
                       "$64\r\n0000000000000000000000000000000000000000000000000000000000000000"
                       "\r\n");
    snprintf(line, sizeof(line), "CLIENT SETNAME %065d", 0);
    server_fake_expect(line, "-ERR Client names cannot be longer than 64 bytes.\r\n");
    cr_assert_eq(strlen(fake.clients[0].name), 64);
    server_fake_expect("CLIENT SETNAME ''", "+OK\r\n");
    server_fake_expect("CLIENT GETNAME", "$-1\r\n");
}

Test(server_client, client_list_shows_every_connection_on_a_line)
{
    (void)server_fake_ask("CLIENT SETNAME till-1");
    (void)server_fake_ask("CLIENT SETINFO lib-name ioredis");
    struct text reply = server_fake_ask("CLIENT LIST");
    cr_assert(server_fake_holds(
        reply, "id=8 addr=10.0.0.8:888 laddr=127.0.0.1:0 fd=-1 name=till-1 age=5 idle=2 "));
    cr_assert(server_fake_holds(
        reply, " cmd=client|list user=default redir=-1 resp=2 lib-name=ioredis lib-ver=\n"
               "id=9 addr=10.0.0.9:999 "));
    reply = server_fake_ask("CLIENT LIST ID 9 77");
    cr_assert(server_fake_holds(reply, "id=9 "));
    cr_assert_not(server_fake_holds(reply, "id=8 "));
    reply = server_fake_ask("CLIENT INFO");
    cr_assert(server_fake_holds(reply, "id=8 "));
    cr_assert_not(server_fake_holds(reply, "id=9 "));
}

Test(server_client, a_client_list_too_large_for_one_reply_is_refused)
{
    fake.options.output_bytes_max = 512;
    cr_assert(server_fake_holds(server_fake_ask("CLIENT LIST"), "-ERR the list has "));
    cr_assert(server_fake_holds(server_fake_ask("CLIENT INFO"), "id=8 "));
}

Test(server_client, client_kill_closes_the_others_at_once_and_itself_after_the_answer)
{
    server_fake_expect("CLIENT KILL ADDR 10.0.0.9:999", ":1\r\n");
    cr_assert(fake.clients[1].closed);
    cr_assert_eq(fake.server.connection_count, 1);
    server_fake_expect("CLIENT KILL ID 8 SKIPME no", ":1\r\n");
    cr_assert(fake.clients[0].closing);
    cr_assert_not(fake.clients[0].closed);
}

Test(server_client, the_old_client_kill_takes_an_address)
{
    server_fake_expect("CLIENT KILL 10.0.0.9:999", "+OK\r\n");
    cr_assert(fake.clients[1].closed);
    server_fake_expect("CLIENT KILL 10.0.0.9:999", "-ERR No such client\r\n");
    server_fake_expect("CLIENT KILL 10.0.0.8:888", "+OK\r\n");
    cr_assert(fake.clients[0].closing, "its own connection too, after the answer");
    cr_assert_not(fake.clients[0].closed);
}

Test(server_client, client_kill_by_the_servers_address_closes_all_others)
{
    server_fake_expect("CLIENT KILL LADDR 127.0.0.1:0", ":1\r\n");
    cr_assert(fake.clients[1].closed);
    cr_assert_not(fake.clients[0].closing);
}
