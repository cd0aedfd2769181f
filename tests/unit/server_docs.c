/* server_docs.c -- COMMAND and HELP: the shapes of Redis 7, and both tables whole. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "net/command_parse.h"
#include "net/server_command_table.h"
#include "tests/lib/server_fake.h"

TestSuite(server_docs, .init = server_fake_set_up, .fini = server_fake_tear_down);

Test(server_docs, command_info_has_redis_7s_shape)
{
    server_fake_expect(
        "COMMAND INFO COUPON.CLAIM",
        "*1\r\n*10\r\n$12\r\ncoupon.claim\r\n:-3\r\n*2\r\n+write\r\n+fast\r\n:1\r\n:1\r\n:1\r\n"
        "*2\r\n+@write\r\n+@fast\r\n*0\r\n*1\r\n*6\r\n$5\r\nflags\r\n*2\r\n+RW\r\n+update\r\n"
        "$12\r\nbegin_search\r\n*4\r\n$4\r\ntype\r\n$5\r\nindex\r\n$4\r\nspec\r\n*2\r\n$5\r\n"
        "index\r\n:1\r\n$9\r\nfind_keys\r\n*4\r\n$4\r\ntype\r\n$5\r\nrange\r\n$4\r\nspec\r\n"
        "*6\r\n$7\r\nlastkey\r\n:0\r\n$7\r\nkeystep\r\n:1\r\n$5\r\nlimit\r\n:0\r\n*0\r\n");
    server_fake_expect(
        "COMMAND INFO client|id",
        "*1\r\n*10\r\n$9\r\nclient|id\r\n:2\r\n*3\r\n+loading\r\n+stale\r\n+fast\r\n:0\r\n:0\r\n"
        ":0\r\n*2\r\n+@fast\r\n+@connection\r\n*0\r\n*0\r\n*0\r\n");
    fake.clients[0].version = 3;
    server_fake_expect(
        "COMMAND INFO coupon.get",
        "*1\r\n*10\r\n$10\r\ncoupon.get\r\n:2\r\n~2\r\n+readonly\r\n+fast\r\n:1\r\n:1\r\n:1\r\n"
        "~2\r\n+@read\r\n+@fast\r\n~0\r\n~1\r\n%3\r\n$5\r\nflags\r\n~2\r\n+RO\r\n+access\r\n"
        "$12\r\nbegin_search\r\n%2\r\n$4\r\ntype\r\n$5\r\nindex\r\n$4\r\nspec\r\n%1\r\n$5\r\n"
        "index\r\n:1\r\n$9\r\nfind_keys\r\n%2\r\n$4\r\ntype\r\n$5\r\nrange\r\n$4\r\nspec\r\n"
        "%3\r\n$7\r\nlastkey\r\n:0\r\n$7\r\nkeystep\r\n:1\r\n$5\r\nlimit\r\n:0\r\n~0\r\n");
}

Test(server_docs, lists_are_not_called_fast)
{
    cr_assert(server_fake_holds(server_fake_ask("COMMAND INFO coupon.list"),
                                "*1\r\n+readonly\r\n:1\r\n:1\r\n:1\r\n*2\r\n+@read\r\n+@slow\r\n"));
    struct text listed = server_fake_ask("COMMAND LIST FILTERBY ACLCAT slow");
    cr_assert(server_fake_holds(listed, "\r\ncampaign.list\r\n"));
    cr_assert_not(server_fake_holds(listed, "\r\ncoupon.claim\r\n"));
}

Test(server_docs, command_docs_has_redis_7s_shape)
{
    server_fake_expect(
        "COMMAND DOCS CAMPAIGN.RESTOCK",
        "*2\r\n$16\r\ncampaign.restock\r\n*8\r\n$7\r\nsummary\r\n$74\r\nRaise or lower a "
        "campaign's stock, if it is still what the caller believes\r\n$5\r\nsince\r\n$5\r\n"
        "0.1.0\r\n$5\r\ngroup\r\n$8\r\ncampaign\r\n$9\r\narguments\r\n*5\r\n"
        "*8\r\n$4\r\nname\r\n$8\r\ncampaign\r\n$4\r\ntype\r\n$3\r\nkey\r\n$14\r\n"
        "key_spec_index\r\n:0\r\n$7\r\nsummary\r\n$11\r\ncampaign id\r\n"
        "*6\r\n$4\r\nname\r\n$5\r\ndelta\r\n$4\r\ntype\r\n$7\r\ninteger\r\n$7\r\nsummary\r\n"
        "$35\r\ncoupons to add; negative takes away\r\n"
        "*8\r\n$4\r\nname\r\n$6\r\nexpect\r\n$4\r\ntype\r\n$7\r\ninteger\r\n$5\r\ntoken\r\n"
        "$6\r\nEXPECT\r\n$7\r\nsummary\r\n$51\r\nthe stock before the change, as the caller "
        "knows it\r\n"
        "*10\r\n$4\r\nname\r\n$7\r\nrequest\r\n$4\r\ntype\r\n$6\r\nstring\r\n$5\r\ntoken\r\n"
        "$7\r\nREQUEST\r\n$7\r\nsummary\r\n$45\r\nrequest id: the same one gets the same "
        "answer\r\n$5\r\nflags\r\n*1\r\n+optional\r\n"
        "*10\r\n$4\r\nname\r\n$6\r\nreason\r\n$4\r\ntype\r\n$6\r\nstring\r\n$5\r\ntoken\r\n"
        "$6\r\nREASON\r\n$7\r\nsummary\r\n$20\r\nwhy, for the journal\r\n$5\r\nflags\r\n*1\r\n"
        "+optional\r\n");
    fake.clients[0].version = 3;
    server_fake_expect(
        "COMMAND DOCS hello",
        "%1\r\n$5\r\nhello\r\n%4\r\n$7\r\nsummary\r\n$38\r\nChoose the protocol, 2 or 3, and "
        "greet\r\n$5\r\nsince\r\n$5\r\n0.1.0\r\n$5\r\ngroup\r\n$10\r\nconnection\r\n$9\r\n"
        "arguments\r\n*3\r\n"
        "%3\r\n$4\r\nname\r\n$8\r\nprotover\r\n$4\r\ntype\r\n$6\r\nstring\r\n$5\r\nflags\r\n"
        "~1\r\n+optional\r\n"
        "%5\r\n$4\r\nname\r\n$4\r\nauth\r\n$4\r\ntype\r\n$5\r\nblock\r\n$5\r\ntoken\r\n$4\r\n"
        "AUTH\r\n$5\r\nflags\r\n~1\r\n+optional\r\n$9\r\narguments\r\n*2\r\n"
        "%2\r\n$4\r\nname\r\n$8\r\nusername\r\n$4\r\ntype\r\n$6\r\nstring\r\n"
        "%2\r\n$4\r\nname\r\n$8\r\npassword\r\n$4\r\ntype\r\n$6\r\nstring\r\n"
        "%4\r\n$4\r\nname\r\n$10\r\nclientname\r\n$4\r\ntype\r\n$6\r\nstring\r\n$5\r\ntoken\r\n"
        "$7\r\nSETNAME\r\n$5\r\nflags\r\n~1\r\n+optional\r\n");
    server_fake_expect(
        "COMMAND DOCS client|no-evict",
        "%1\r\n$15\r\nclient|no-evict\r\n%4\r\n$7\r\nsummary\r\n$55\r\nAccepted, and changes "
        "nothing: no connection is evicted\r\n$5\r\nsince\r\n$5\r\n0.1.0\r\n$5\r\ngroup\r\n$10\r\n"
        "connection\r\n$9\r\narguments\r\n*1\r\n"
        "%3\r\n$4\r\nname\r\n$6\r\non|off\r\n$4\r\ntype\r\n$5\r\noneof\r\n$9\r\narguments\r\n*2"
        "\r\n%3\r\n$4\r\nname\r\n$2\r\non\r\n$4\r\ntype\r\n$10\r\npure-token\r\n$5\r\ntoken\r\n"
        "$2\r\nON\r\n%3\r\n$4\r\nname\r\n$3\r\noff\r\n$4\r\ntype\r\n$10\r\npure-token\r\n$5\r\n"
        "token\r\n$3\r\nOFF\r\n");
}

Test(server_docs, count_list_and_command_agree)
{
    uint32_t count = command_spec_count;
    for (uint32_t at = 0; at < server_command_spec_count; at++) {
        count += strchr(server_command_specs[at].name, '|') == NULL ? 1 : 0;
    }
    char head[16];
    snprintf(head, sizeof(head), ":%u\r\n", count);
    server_fake_expect("COMMAND COUNT", head);
    head[0] = '*';
    cr_assert_eq(strncmp(server_fake_ask("COMMAND").data, head, strlen(head)), 0);
    cr_assert_eq(strncmp(server_fake_ask("COMMAND LIST").data, head, strlen(head)), 0);
    cr_assert_eq(strncmp(server_fake_ask("COMMAND INFO").data, head, strlen(head)), 0);
    fake.clients[0].version = 3;
    head[0] = '%';
    cr_assert_eq(strncmp(server_fake_ask("COMMAND DOCS").data, head, strlen(head)), 0);
}

Test(server_docs, the_table_numbers_grow_and_sub_commands_follow_their_command)
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

Test(server_docs, help_names_every_sub_command)
{
    struct text reply = server_fake_ask("CLIENT HELP");
    cr_assert(server_fake_holds(
        reply, "+CLIENT <subcommand> [<arg> [value] [opt] ...]. Subcommands are:\r\n"));
    cr_assert(server_fake_holds(
        reply, "+SETNAME connection-name\r\n+    Name this connection; an empty name takes "
               "it away.\r\n"));
    cr_assert(
        server_fake_holds(server_fake_ask("COMMAND help"), "+GETKEYS command [argument...]\r\n"));
    cr_assert(server_fake_holds(server_fake_ask("SLOWLOG HELP"), "+RESET\r\n"));
    cr_assert(server_fake_holds(server_fake_ask("LATENCY HELP"), "+LATEST\r\n"));
    cr_assert(server_fake_holds(server_fake_ask("CONFIG HELP"), "+RESETSTAT\r\n"));
}
