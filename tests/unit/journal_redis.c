/* journal_redis.c -- the journal over a real, private Redis: commits, kills, pauses, passwords. */
#include "net/journal_redis.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "net/clock.h"

#define PASSWORD "correct horse"
#define USER_PASSWORD "battery-staple"

static struct {
    char dir[64];
    char path[96];
    char port[8];
    pid_t pid;
    pid_t janitor;
    int janitor_fd; /* its end tells the janitor that the test has ended */
} redis;

/* One server: engine, queue, journal, driver. */
struct node {
    struct engine *engine;
    struct queue queue;
    struct journal *journal;
    struct journal_redis *driver;
    uint64_t durable_seq;
    uint32_t leading;
    uint32_t handed_over;
    char ended[JOURNAL_MESSAGE_BYTES];
};

static struct event_base *base;

/* --- Redis ------------------------------------------------------------------------------------ */

/* Starts Redis on the directory, with what differs from the usual settings. */
static void redis_start(const char *fsync, const char *password)
{
    redis.pid = fork();
    cr_assert_geq(redis.pid, 0);
    if (redis.pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        int null = open("/dev/null", O_RDWR);
        dup2(null, STDOUT_FILENO);
        dup2(null, STDERR_FILENO);
        execlp("redis-server", "redis-server", "--port", redis.port, "--bind", "127.0.0.1",
               "--unixsocket", redis.path, "--dir", redis.dir, "--appendonly", "yes",
               "--appendfsync", fsync, "--save", "", "--requirepass", password, "--user", "boon",
               "on", ">" USER_PASSWORD, "~boon:*", "+@all", (char *)NULL);
        _exit(127);
    }
}

static void redis_stop(int signal)
{
    int status;
    if (redis.pid > 0) {
        kill(redis.pid, signal);
        kill(redis.pid, SIGCONT);
        waitpid(redis.pid, &status, 0);
        redis.pid = 0;
    }
}

/* Finds a port that is free now; Redis has no way to be given any. */
static void choose_port(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t length = sizeof(address);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    cr_assert_eq(bind(fd, (struct sockaddr *)&address, length), 0);
    cr_assert_eq(getsockname(fd, (struct sockaddr *)&address, &length), 0);
    snprintf(redis.port, sizeof(redis.port), "%u", ntohs(address.sin_port));
    close(fd);
}

/* Starts a process that removes the directory when this one ends, however it ends: after a time-out or a
 * crash nobody calls end(). */
static void janitor_start(void)
{
    int ends[2];
    char byte;
    cr_assert_eq(pipe2(ends, O_CLOEXEC), 0);
    redis.janitor = fork();
    cr_assert_geq(redis.janitor, 0);
    if (redis.janitor == 0) {
        close(ends[1]);
        if (read(ends[0], &byte, 1) == 0) {
            sleep(1); /* until Redis, which dies with this test, writes no more */
        }
        execlp("rm", "rm", "-rf", redis.dir, (char *)NULL);
        _exit(127);
    }
    close(ends[0]);
    redis.janitor_fd = ends[1];
}

static void begin(void)
{
    struct event_config *config = event_config_new();
    event_config_set_flag(config, EVENT_BASE_FLAG_NOLOCK);
    base = event_base_new_with_config(config);
    event_config_free(config);
    snprintf(redis.dir, sizeof(redis.dir), "/tmp/boon-test-XXXXXX");
    cr_assert_not_null(mkdtemp(redis.dir));
    janitor_start();
    snprintf(redis.path, sizeof(redis.path), "%s/redis.sock", redis.dir);
    snprintf(redis.port, sizeof(redis.port), "0");
    signal(SIGPIPE, SIG_IGN);
}

static void end(void)
{
    int status;
    redis_stop(SIGKILL);
    event_base_free(base);
    cr_assert_eq(write(redis.janitor_fd, "", 1), 1);
    waitpid(redis.janitor, &status, 0);
    close(redis.janitor_fd);
}

TestSuite(journal_redis, .init = begin, .fini = end, .timeout = 60);

/* --- a server --------------------------------------------------------------------------------- */

static void on_leading(void *context)
{
    ((struct node *)context)->leading++;
}

static void on_durable(void *context, uint64_t seq)
{
    ((struct node *)context)->durable_seq = seq;
}

static void on_progress(void *context, uint64_t entries, uint64_t events, double fraction)
{
    (void)context;
    (void)entries;
    (void)events;
    cr_assert(fraction >= 0.0 && fraction <= 1.0);
}

static void on_recorded(void *context, const struct manifest *manifest)
{
    (void)context;
    (void)manifest;
}

static void on_ended(void *context, const char *message)
{
    snprintf(((struct node *)context)->ended, JOURNAL_MESSAGE_BYTES, "%s", message);
}

static void on_handed_over(void *context)
{
    ((struct node *)context)->handed_over++;
}

static void on_note(void *context, const char *message)
{
    (void)context;
    (void)message;
}

static struct node *node_start(const struct journal_redis_options *where)
{
    static uint8_t nonces;
    struct node *node = calloc(1, sizeof(*node));
    struct engine_options options = {.members_max = 100000,
                                     .coupons_max = 100000,
                                     .campaigns_max = 10,
                                     .names_max = 100,
                                     .requests_max = 1000,
                                     .request_window_ms = 3600000};
    options.code_keys.live[0] = true;
    struct journal_options how = {.name = "boon", .create = true};
    how.nonce.at[0] = ++nonces;
    how.fresh_id.at[0] = nonces;
    const struct journal_owner owner = {node,        on_leading,     on_durable,
                                        on_progress, on_recorded,    on_ended,
                                        on_ended,    on_handed_over, on_note};
    node->engine = engine_create(&options);
    queue_init(&node->queue, 16 * BATCH_BYTES_MAX);
    node->driver = journal_redis_create(base, where);
    const struct journal_port port = journal_redis_port(node->driver);
    node->journal = journal_create(&how, &port, &owner, node->engine, &node->queue);
    journal_redis_start(node->driver, node->journal);
    return node;
}

/* Waits long for Redis, as a slow disk's sync may take; a test of time-outs asks for its own. */
static struct node *node_by_path(void)
{
    return node_start(&(struct journal_redis_options){.path = redis.path, .timeout_ms = 15000});
}

static void node_end(struct node *node)
{
    journal_redis_destroy(&node->driver);
    journal_destroy(&node->journal);
    queue_deinit(&node->queue);
    engine_destroy(&node->engine);
    free(node);
}

/* Turns the loop, as a server does, until the condition holds. */
#define UNTIL(node, condition)                                                                     \
    for (int64_t start = clock_monotonic_ms(); !(condition);) {                                    \
        cr_assert_lt(clock_monotonic_ms() - start, 40000, "state %s, %s, trouble %s",              \
                     journal_state_word((node)->journal), journal_message((node)->journal),        \
                     journal_redis_trouble((node)->driver));                                       \
        event_base_loop(base, EVLOOP_ONCE);                                                        \
        journal_pump((node)->journal);                                                             \
    }

static void turn_for(struct node *node, int64_t ms)
{
    for (int64_t start = clock_monotonic_ms(); clock_monotonic_ms() - start < ms;) {
        event_base_loop(base, EVLOOP_ONCE);
        journal_pump(node->journal);
    }
}

static void step(struct node *node, const struct command *command)
{
    static struct outcome outcome;
    cr_assert(queue_has_room(&node->queue));
    engine_step(node->engine, node->engine->time_ms + 1, command, &outcome);
    cr_assert_eq(outcome.refusal, REFUSAL_NONE);
    queue_add(&node->queue, node->engine->time_ms, 0, outcome.events, outcome.event_count,
              node->engine->seq);
}

static void open_campaign(struct node *node)
{
    const struct campaign_definition definition = {
        .name = TEXT("Sale"),
        .stock = 50000,
        .per_member = 1,
        .value = {.kind = VALUE_AMOUNT_OFF, .amount_fen = 100},
        .source = TEXT("{}"),
    };
    struct command put = {.type = COMMAND_CAMPAIGN_PUT};
    put.as.campaign_put.campaign = TEXT("sale");
    put.as.campaign_put.document.source = definition.source;
    put.as.campaign_put.document.definition = &definition;
    struct command start = {.type = COMMAND_CAMPAIGN_START};
    start.as.campaign_start.campaign = TEXT("sale");
    step(node, &put);
    step(node, &start);
}

static void claim(struct node *node, uint32_t number)
{
    char member[16];
    struct command command = {.type = COMMAND_COUPON_CLAIM};
    snprintf(member, sizeof(member), "m%u", number);
    command.as.coupon_claim.member = text_of(member);
    command.as.coupon_claim.campaign = TEXT("sale");
    step(node, &command);
}

static bool all_durable(const struct node *node)
{
    return node->durable_seq == node->engine->seq;
}

/* Starts another server on the same journal, and checks that it has exactly this one's state. */
static void assert_replays_to(const struct node *node)
{
    struct node *other = node_by_path();
    UNTIL(other, other->leading == 1 || other->ended[0] != '\0');
    cr_assert_str_eq(other->ended, "");
    cr_assert_eq(other->engine->coupons.pool.count, node->engine->coupons.pool.count);
    other->engine->seq = node->engine->seq;
    other->engine->time_ms = node->engine->time_ms;
    cr_assert_eq(engine_state_hash(other->engine), engine_state_hash(node->engine));
    node_end(other);
}

Test(journal_redis, commits_reach_redis_and_another_server_has_them)
{
    redis_start("always", "");
    struct node *node = node_by_path();
    UNTIL(node, node->leading == 1); /* it connects as soon as Redis is there */
    open_campaign(node);
    for (uint32_t at = 0; at < 500; at++) {
        claim(node, at);
        if (at % 10 == 0) {
            journal_pump(node->journal);
            event_base_loop(base, EVLOOP_ONCE);
        }
    }
    UNTIL(node, all_durable(node));
    struct journal_redis_stats stats = journal_redis_stats(node->driver);
    cr_assert_eq(stats.connections, 1u);
    cr_assert(stats.connected);
    cr_assert_eq(stats.commits, journal_batches(node->journal) + 2, "and GENESIS and TAKEOVER");
    cr_assert_gt(stats.commit_us, 0u);
    cr_assert_geq(stats.commit_us_max, stats.commit_us);
    cr_assert_gt(stats.commit_us_ewma, 0u);
    assert_replays_to(node);
    node_end(node);
}

Test(journal_redis, a_batch_of_a_mebibyte_is_committed)
{
    static char source[32768];
    const struct event event = {.type = EVENT_CAMPAIGN_DEFINED,
                                .as.campaign_defined = {.campaign = 1,
                                                        .id = TEXT("sale"),
                                                        .name = TEXT("Sale"),
                                                        .stock = 50000,
                                                        .per_member = 1,
                                                        .value_kind = VALUE_AMOUNT_OFF,
                                                        .amount_fen = 100,
                                                        .source = {source, sizeof(source)}}};
    memset(source, 'x', sizeof(source));
    redis_start("always", "");
    struct node *node = node_by_path();
    UNTIL(node, node->leading == 1);
    open_campaign(node);
    for (uint32_t at = 0; at < 200; at++) {
        cr_assert(queue_has_room(&node->queue));
        engine_apply(node->engine, node->engine->time_ms, &event);
        queue_add(&node->queue, node->engine->time_ms, 0, &event, 1, node->engine->seq);
    }
    UNTIL(node, all_durable(node));
    cr_assert_gt(journal_bytes(node->journal), 6u * BATCH_BYTES_MAX);
    cr_assert_lt(journal_batches(node->journal), 12u);
    assert_replays_to(node);
    node_end(node);
}

Test(journal_redis, redis_killed_again_and_again_loses_nothing_and_doubles_nothing)
{
    redis_start("always", "");
    struct node *node = node_by_path();
    uint32_t number = 0;
    UNTIL(node, node->leading == 1);
    open_campaign(node);
    for (int round = 0; round < 8; round++) {
        for (int64_t start = clock_monotonic_ms(); clock_monotonic_ms() - start < 50 + round * 7;) {
            if (number < 4000 * (uint32_t)(round + 1)) {
                claim(node, number++);
            }
            journal_pump(node->journal);
            event_base_loop(base, EVLOOP_ONCE | EVLOOP_NONBLOCK);
        }
        redis_stop(SIGKILL);
        for (uint32_t at = 0; at < 50; at++) {
            claim(node, number++); /* meanwhile the queue takes them */
        }
        redis_start("always", "");
        UNTIL(node, all_durable(node) || node->ended[0] != '\0');
        cr_assert_str_eq(node->ended, "");
    }
    cr_assert_geq(journal_redis_stats(node->driver).connections, 9u);
    cr_assert_eq(node->engine->coupons.pool.count, number + 1);
    assert_replays_to(node);
    node_end(node);
}

Test(journal_redis, a_redis_that_stands_still_is_left_and_resolved_when_it_goes_on)
{
    redis_start("always", "");
    struct node *node = node_start(
        &(struct journal_redis_options){.path = redis.path, .timeout_ms = 500});
    UNTIL(node, node->leading == 1);
    open_campaign(node);
    UNTIL(node, all_durable(node));
    uint64_t resolves = journal_resolves(node->journal);
    kill(redis.pid, SIGSTOP);
    claim(node, 1);
    uint64_t durable_seq = node->durable_seq;
    UNTIL(node, journal_redis_stats(node->driver).timeouts >= 2);
    cr_assert_eq(node->durable_seq, durable_seq);
    kill(redis.pid, SIGCONT);
    UNTIL(node, all_durable(node));
    cr_assert_gt(journal_resolves(node->journal), resolves);
    assert_replays_to(node);
    node_end(node);
}

Test(journal_redis, over_tcp_with_a_password)
{
    choose_port();
    redis_start("always", PASSWORD);
    struct journal_redis_options where = {.host = "127.0.0.1",
                                          .port = (uint16_t)strtoul(redis.port, NULL, 10),
                                          .username = "boon",
                                          .password = USER_PASSWORD};
    struct node *node = node_start(&where);
    UNTIL(node, node->leading == 1);
    open_campaign(node);
    UNTIL(node, all_durable(node));
    node_end(node);
    where.username = NULL;
    where.password = PASSWORD;
    node = node_start(&where);
    UNTIL(node, node->leading == 1);
    node_end(node);
    where.password = "wrong";
    node = node_start(&where);
    UNTIL(node, node->ended[0] != '\0');
    cr_assert_not_null(strstr(node->ended, "--redis-password"), "%s", node->ended);
    cr_assert_not_null(strstr(journal_redis_trouble(node->driver), "WRONGPASS"), "%s",
                       journal_redis_trouble(node->driver));
    node_end(node);
}

Test(journal_redis, a_weaker_setting_halts_and_no_connection_is_made_after_it)
{
    redis_start("everysec", "");
    struct node *node = node_by_path();
    UNTIL(node, node->ended[0] != '\0');
    cr_assert_not_null(strstr(node->ended, "appendfsync everysec"), "%s", node->ended);
    uint64_t connections = journal_redis_stats(node->driver).connections;
    turn_for(node, 300);
    cr_assert_eq(journal_redis_stats(node->driver).connections, connections);
    cr_assert_not(journal_redis_stats(node->driver).connected);
    node_end(node);
}

Test(journal_redis, a_server_that_hands_over_is_followed_at_once)
{
    redis_start("always", "");
    struct node *node = node_by_path();
    UNTIL(node, node->leading == 1);
    open_campaign(node);
    journal_handover(node->journal);
    UNTIL(node, node->handed_over == 1);
    struct node *next = node_by_path();
    UNTIL(next, next->leading == 1);
    cr_assert(journal_predecessor_handed_over(next->journal));
    node_end(next);
    node_end(node);
}

Test(journal_redis, where_nobody_listens_it_tries_again_with_growing_waits)
{
    int64_t from = clock_monotonic_ms();
    struct node *node = node_by_path();
    UNTIL(node, journal_redis_stats(node->driver).connect_failures >= 4);
    cr_assert_geq(clock_monotonic_ms() - from, 50 + 100 + 200, "the waits between four tries");
    cr_assert_neq(journal_redis_trouble(node->driver)[0], '\0');
    cr_assert_eq(journal_state(node->journal), JOURNAL_DOWN);
    node_end(node);
}

/* What somebody says who is not Redis, or a Redis gone mad. */
struct impostor {
    bool speaks_first;      /* else it waits for a question before each answer */
    const char *answers[4]; /* NULL: no more; then it says the last one again, unasked */
};

static void impostor_talk(const struct impostor *impostor, int client)
{
    const struct timespec pause = {0, 10000000};
    char question[512];
    size_t at = 0;
    for (; at < 4 && impostor->answers[at] != NULL; at++) {
        const char *answer = impostor->answers[at];
        if ((!impostor->speaks_first && read(client, question, sizeof(question)) <= 0) ||
            write(client, answer, strlen(answer)) <= 0) {
            return;
        }
    }
    nanosleep(&pause, NULL);
    if (write(client, impostor->answers[at - 1], strlen(impostor->answers[at - 1])) > 0) {
        (void)!read(client, question, sizeof(question));
    }
}

/* Listens on the path in place of Redis. */
static pid_t impostor_start(const struct impostor *impostor)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof(address.sun_path), "%s", redis.path);
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    cr_assert_eq(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    cr_assert_eq(listen(fd, 8), 0);
    pid_t pid = fork();
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        for (;;) {
            int client = accept(fd, NULL, NULL);
            impostor_talk(impostor, client);
            close(client);
        }
    }
    close(fd);
    return pid;
}

#define SETTINGS                                                                                   \
    "*8\r\n+appendonly\r\n+yes\r\n+appendfsync\r\n+always\r\n+no-appendfsync-on-rewrite\r\n+"      \
    "no\r\n"                                                                                       \
    "+maxmemory-policy\r\n+noeviction\r\n"
#define ROLE "$11\r\nrole:master\r\n"

Test(journal_redis, whatever_an_impostor_says_it_does_not_fall)
{
    /* clang-format off */
    static const struct impostor impostors[] = {
        {false, {"HTTP/1.1 400 Bad Request\r\n\r\n"}},
        {true,  {"SSH-2.0-OpenSSH_9.2p1\r\n"}},
        {true,  {"-ERR max number of clients reached\r\n"}},
        {true,  {"*4\r\n$1\r\na\r\n$1\r\nb\r\n$1\r\nc\r\n$1\r\nd\r\n"}},
        {false, {"+OK\r\n"}},
        {false, {"$-1\r\n"}},
        {false, {"*-1\r\n"}},
        {false, {"*0\r\n"}},
        {false, {"*1\r\n:1\r\n"}},
        {false, {"*1\r\n*0\r\n"}},
        {false, {"*2\r\n:1\r\n:2\r\n"}},
        {false, {"*2\r\n*2\r\n$3\r\n1-1\r\n*0\r\n+x\r\n"}},
        {false, {"*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n:1\r\n"}},
        {false, {"-LOADING wait\r\n"}}, /* and once more, while nothing is asked */
        {false, {SETTINGS, ":1\r\n"}},
        {false, {SETTINGS, ROLE, "+OK\r\n"}},
        {false, {SETTINGS, ROLE, "*1\r\n*2\r\n:1\r\n*0\r\n"}},
        {false, {SETTINGS, ROLE, "*1\r\n*2\r\n$3\r\n0-1\r\n:5\r\n"}},
        {false, {SETTINGS, ROLE, "*1\r\n*2\r\n$3\r\n0-1\r\n*0\r\n"}},
        {false, {SETTINGS, ROLE, "*1\r\n*2\r\n$3\r\n0-1\r\n*1\r\n$1\r\nb\r\n"}},
        {false, {SETTINGS, ROLE, "*1\r\n*2\r\n$3\r\n0-1\r\n*2\r\n$1\r\nb\r\n:5\r\n"}},
        {false, {SETTINGS, ROLE, "*1\r\n*2\r\n$3\r\n0-1\r\n*2\r\n$1\r\nb\r\n$1\r\nx\r\n"}},
        {false, {SETTINGS, ROLE, "*0\r\n", "$-1\r\n"}},
    };
    /* clang-format on */
    for (size_t at = 0; at < sizeof(impostors) / sizeof(impostors[0]); at++) {
        int status;
        pid_t pid = impostor_start(&impostors[at]);
        struct node *node = node_by_path();
        turn_for(node, 100);
        cr_assert_eq(node->leading, 0u);
        node_end(node);
        kill(pid, SIGKILL);
        waitpid(pid, &status, 0);
        unlink(redis.path);
    }
}

Test(journal_redis, bytes_that_nobody_asked_for_end_the_connection)
{
    static const struct impostor loading = {false, {"-LOADING wait\r\n"}};
    int status;
    pid_t pid = impostor_start(&loading);
    struct node *node = node_by_path();
    UNTIL(node, strstr(journal_redis_trouble(node->driver), "nobody asked") != NULL);
    node_end(node);
    kill(pid, SIGKILL);
    waitpid(pid, &status, 0);
}
