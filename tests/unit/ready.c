/* ready.c -- who should get requests, and why not. */
#include "net/ready.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "net/journal_redis.h"
#include "net/queue.h"
#include "tests/lib/server_fake.h"

TestSuite(ready, .init = server_fake_set_up, .fini = server_fake_tear_down);

static char text[4096];

static bool ready(bool verbose)
{
    FILE *file = fmemopen(text, sizeof(text), "w");
    bool all = ready_write(file, &fake.server, verbose);
    cr_assert_eq(fclose(file), 0);
    return all;
}

Test(ready, a_leading_server_says_so_in_one_line_and_why_in_several)
{
    fake.options.journal = OPTIONS_JOURNAL_NONE;
    cr_assert(ready(false));
    cr_assert_str_eq(text, "ready\n");
    cr_assert(ready(true));
    cr_assert_str_eq(text, "[+]state leading\n"
                           "[+]journal none: nothing is kept\n"
                           "[+]queue ok\n"
                           "[+]lease sure\n"
                           "[+]snapshot ok\n"
                           "[!]durability none: NO JOURNAL: every coupon and every balance is "
                           "lost when the server ends\n"
                           "ready\n");
}

Test(ready, one_that_reads_its_journal_or_stops_gets_no_requests)
{
    fake.server.state = SERVER_OPENING;
    cr_assert_not(ready(false));
    cr_assert_str_eq(text, "[-]state opening: the journal is being read\nnot ready\n");
    fake.server.state = SERVER_STOPPING;
    cr_assert_not(ready(false));
    cr_assert_str_eq(text, "[-]state stopping\nnot ready\n");
    snprintf(fake.server.fault, sizeof(fake.server.fault), "it was deposed");
    fake.server.state = SERVER_STOPPED;
    cr_assert_not(ready(false));
    cr_assert_str_eq(text, "[-]state stopped: it was deposed\nnot ready\n");
}

Test(ready, what_the_operator_chose_is_noted_and_does_not_count)
{
    fake.options.durability = OPTIONS_DURABILITY_EVERYSEC;
    fake.options.clock = OPTIONS_CLOCK_MANUAL;
    cr_assert(ready(true));
    cr_assert_not_null(strstr(text, "\n[!]durability everysec: a power cut loses"));
    cr_assert_not_null(strstr(text, "\n[!]clock manual"));
}

static void ignore_seq(void *context, uint64_t seq)
{
    (void)context;
    (void)seq;
}
static void ignore_nothing(void *context)
{
    (void)context;
}
static void ignore_progress(void *context, uint64_t entries, uint64_t events, double fraction)
{
    (void)context;
    (void)entries;
    (void)events;
    (void)fraction;
}
static void ignore_manifest(void *context, const struct manifest *manifest)
{
    (void)context;
    (void)manifest;
}
static void ignore_message(void *context, const char *message)
{
    (void)context;
    (void)message;
}

Test(ready, a_journal_that_is_down_and_a_queue_that_is_full_are_reasons)
{
    struct server *server = &fake.server;
    struct queue queue;
    const struct journal_redis_options where = {.path = "no/such/redis.sock"};
    const struct journal_options how = {.name = "boon", .lease_ms = 1000};
    const struct journal_owner owner = {
        NULL,           ignore_nothing, ignore_seq,     ignore_progress, ignore_manifest,
        ignore_message, ignore_message, ignore_nothing, ignore_message};
    queue_init(&queue, 2 * BATCH_BYTES_MAX);
    server->journal_redis = journal_redis_create(server->base, &where);
    cr_assert_not_null(server->journal_redis);
    struct journal_port port = journal_redis_port(server->journal_redis);
    server->journal = journal_create(&how, &port, &owner, server->engine, &queue);
    server->queue = &queue;
    cr_assert_not(ready(false));
    cr_assert_not_null(strstr(text, "[-]journal down"));
    cr_assert_not_null(strstr(text, "[-]lease over: another server may have taken over\n"));
    cr_assert_null(strstr(text, "queue"), "there is room");
    struct event event = {.type = EVENT_HANDOVER};
    for (uint64_t seq = 1; queue_has_room(&queue); seq++) {
        queue_add(&queue, 1, 0, &event, 1, seq);
    }
    cr_assert_not(ready(false));
    cr_assert_not_null(strstr(text, "[-]queue full"));
    journal_redis_destroy(&server->journal_redis);
    journal_destroy(&server->journal);
    queue_deinit(&queue);
    server->queue = NULL;
}
