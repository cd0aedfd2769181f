/* snapshot_child.c -- a forked child writes a real engine into a real Redis, and every way it can end. */
#include "net/snapshot_child.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "net/clock.h"
#include "net/log.h"
#include "net/loop.h"
#include "net/redis_ask.h"
#include "net/redis_child.h"
#include "tests/lib/dice.h"
#include "tests/lib/redis_private.h"

#define MEMBERS 20000U /* with ids that do not compress: more than two chunks */
#define MEMBER_ID_BYTES 31U
#define KEY "boon:{0}:snapshot:1-7"
#define NOW_MS 1795000000000LL
#define SLOW_BYTES_PER_S 100000U /* the second chunk waits for seconds */
#define PATIENCE_MS 30000

static struct event_base *base;
static struct engine *engine;
static struct snapshot_child *child;
static struct snapshot_child_job job;
static uint64_t dice;

/* What the owner was told. */
static struct {
    uint32_t done;
    uint32_t failed;
    uint32_t start_again; /* so often, from inside of the callback */
    bool destroy;         /* from inside of it */
    struct manifest manifest;
    char message[1024];
} told;

static const struct engine_options options = {
    .members_max = 3 * MEMBERS,
    .coupons_max = 3 * MEMBERS,
    .campaigns_max = 4,
    .names_max = 8,
    .requests_max = 64,
    .request_window_ms = 1000,
    .code_keys.live[0] = true,
};

static void start_or_destroy(void)
{
    char message[256];
    if (told.start_again > 0) {
        told.start_again--;
        cr_assert(snapshot_child_start(child, &job, message, sizeof(message)), "%s", message);
    }
    if (told.destroy) {
        snapshot_child_destroy(&child);
    }
}

static void on_done(void *context, const struct manifest *manifest)
{
    cr_assert_eq(context, &told);
    told.done++;
    told.manifest = *manifest;
    start_or_destroy();
}

static void on_failed(void *context, const char *message)
{
    cr_assert_eq(context, &told);
    told.failed++;
    snprintf(told.message, sizeof(told.message), "%s", message);
    start_or_destroy();
}

static void step(const struct command *command)
{
    static struct outcome outcome;
    engine_step(engine, engine->time_ms + 1, command, &outcome);
    cr_assert_eq(outcome.refusal, REFUSAL_NONE);
}

static void claim(void)
{
    static const char letters[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    char id[MEMBER_ID_BYTES + 1] = "";
    struct command command = {.type = COMMAND_COUPON_CLAIM};
    for (size_t at = 0; at < MEMBER_ID_BYTES; at++) {
        id[at] = letters[dice_below(&dice, sizeof(letters) - 1)];
    }
    command.as.coupon_claim.member = text_of(id);
    command.as.coupon_claim.campaign = TEXT("sale");
    command.as.coupon_claim.channel = TEXT("app");
    step(&command);
}

static void fill_engine(void)
{
    const struct campaign_definition definition = {
        .name = TEXT("Sale"),
        .stock = 3 * (uint64_t)MEMBERS,
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
    engine->time_ms = NOW_MS;
    step(&put);
    step(&start);
    for (uint32_t at = 0; at < MEMBERS; at++) {
        claim();
    }
}

static void begin(void)
{
    const struct snapshot_child_owner owner = {&told, on_done, on_failed};
    redis_private_set_up();
    log_set_fd(open("/dev/null", O_WRONLY | O_CLOEXEC));
    base = event_base_new();
    engine = engine_create(&options);
    cr_assert_not_null(engine);
    fill_engine();
    child = snapshot_child_create(base, &owner);
    cr_assert_not_null(child);
    job = (struct snapshot_child_job){
        .engine = engine,
        .genesis = {.type = EVENT_GENESIS, .as.genesis = {.name = TEXT("boon"), .format = 1}},
        .stamp =
            {.epoch = 1, .number = 7, .seq = engine->seq, .chain = 77, .time_ms = engine->time_ms},
        .key = KEY,
        .where = {.path = redis_private.path, .timeout_ms = 2000},
        .made_at_ms = NOW_MS,
    };
    memset(job.stamp.journal_id.at, 9, sizeof(job.stamp.journal_id.at));
    job.genesis.as.genesis.journal_id = job.stamp.journal_id;
}

static void end(void)
{
    snapshot_child_destroy(&child);
    engine_destroy(&engine);
    event_base_free(base);
    redis_private_tear_down();
}

TestSuite(snapshot_child, .init = begin, .fini = end, .timeout = 60);

static pid_t must_start(void)
{
    char message[256] = "";
    cr_assert(snapshot_child_start(child, &job, message, sizeof(message)), "%s", message);
    struct snapshot_child_stats stats = snapshot_child_stats(child);
    cr_assert(stats.running);
    cr_assert_gt(stats.pid, 0);
    return stats.pid;
}

static void turn_for(int64_t ms)
{
    const struct timeval time = {.tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000};
    event_base_loopexit(base, &time);
    event_base_dispatch(base);
}

static void until_told(uint32_t times)
{
    int64_t from_ms = clock_monotonic_ms();
    while (told.done + told.failed < times) {
        cr_assert_lt(clock_monotonic_ms() - from_ms, PATIENCE_MS);
        turn_for(5);
    }
}

static bool is_there(pid_t pid)
{
    return kill(pid, 0) == 0 || errno != ESRCH;
}

/* Checks that it failed once, with these words, and that nothing is left of it. */
static void must_fail(pid_t pid, const char *words)
{
    until_told(1);
    turn_for(20);
    cr_assert_eq(told.done, 0u);
    cr_assert_eq(told.failed, 1u);
    cr_assert_not_null(strstr(told.message, words), "%s", told.message);
    cr_assert_not(snapshot_child_stats(child).running);
    cr_assert_eq(snapshot_child_stats(child).pid, 0);
    cr_assert_not(is_there(pid), "it is reaped");
}

/* Waits until the slow child sleeps between two chunks. */
static void until_midway(void)
{
    int64_t from_ms = clock_monotonic_ms();
    while (snapshot_child_stats(child).bytes_written == 0) {
        cr_assert_lt(clock_monotonic_ms() - from_ms, PATIENCE_MS);
        turn_for(5);
    }
    cr_assert(snapshot_child_stats(child).running);
    cr_assert_eq(told.done + told.failed, 0u);
}

/* Reads the chunks of a manifest from Redis into a new engine. */
static struct engine *restore(const char *path, const struct manifest *manifest)
{
    char message[SNAPSHOT_MESSAGE_BYTES];
    const struct journal_redis_options where = {.path = path};
    struct engine *again = engine_create(&options);
    struct redis_ask *redis = redis_ask_open(&where, message, sizeof(message));
    cr_assert_not_null(redis, "%s", message);
    const struct journal_answer *answer = REDIS_ASK(redis, "PTTL", KEY);
    cr_assert_not_null(answer);
    cr_assert_gt(answer->integer, 0, "it goes by itself until it is recorded");
    struct snapshot_reader *reader = snapshot_reader_create(manifest, again);
    answer = REDIS_ASK(redis, "XRANGE", KEY, "-", "+");
    cr_assert_not_null(answer, "%s", redis_ask_trouble(redis));
    cr_assert_eq(answer->count, manifest->chunks);
    for (size_t at = 0; at < answer->count; at++) {
        cr_assert(snapshot_reader_take(reader, answer->entries[at].bytes,
                                       answer->entries[at].length, message),
                  "%s", message);
    }
    struct event genesis;
    cr_assert(snapshot_reader_end(reader, &genesis, message), "%s", message);
    cr_assert(text_equal(genesis.as.genesis.name, TEXT("boon")));
    snapshot_reader_destroy(&reader);
    redis_ask_close(&redis);
    return again;
}

Test(snapshot_child, its_chunks_restore_the_state_as_it_was_at_the_fork)
{
    redis_private_start("");
    uint64_t before = engine_state_hash(engine);
    pid_t pid = must_start();
    for (uint32_t at = 0; at < MEMBERS; at++) {
        claim();
    }
    until_told(1);
    turn_for(20);
    cr_assert_eq(told.done, 1u, "%s", told.message);
    cr_assert_eq(told.failed, 0u);
    cr_assert_gt(told.manifest.chunks, 2u);
    cr_assert_eq(memcmp(&told.manifest.stamp, &job.stamp, sizeof(job.stamp)), 0);
    cr_assert_eq(told.manifest.made_at_ms, NOW_MS);
    cr_assert_eq(told.manifest.state_hash, before);
    struct engine *again = restore(redis_private.path, &told.manifest);
    cr_assert_eq(engine_state_hash(again), before);
    cr_assert_neq(engine_state_hash(engine), before);
    engine_destroy(&again);

    struct snapshot_child_stats stats = snapshot_child_stats(child);
    cr_assert_not(stats.running);
    cr_assert_eq(stats.bytes_written, told.manifest.bytes);
    cr_assert_gt(stats.fork_us, 0u);
    cr_assert_eq(stats.fork_us_max, stats.fork_us);
    cr_assert_geq(stats.took_ms, 0);
    cr_assert_not(is_there(pid));
}

Test(snapshot_child, it_has_no_file_of_the_server_and_gives_way_to_it)
{
    char path[64];
    char target[256];
    int count = 0;
    int foreign = open("/dev/zero", O_RDONLY); /* without O_CLOEXEC */
    redis_private_start("");
    job.bytes_per_s = SLOW_BYTES_PER_S;
    pid_t pid = must_start();
    until_midway();
    snprintf(path, sizeof(path), "/proc/%d/fd", (int)pid);
    DIR *files = opendir(path);
    cr_assert_not_null(files);
    for (struct dirent *entry = readdir(files); entry != NULL; entry = readdir(files)) {
        ssize_t size = readlinkat(dirfd(files), entry->d_name, target, sizeof(target) - 1);
        target[size > 0 ? size : 0] = '\0';
        cr_assert_str_neq(target, "/dev/zero");
        count += size > 0;
    }
    closedir(files);
    close(foreign);
    cr_assert_eq(count, 5, "the usual three, the pipe, Redis; but %d", count);
    cr_assert_eq(getpriority(PRIO_PROCESS, (id_t)pid), getpriority(PRIO_PROCESS, 0) + 10);
    snprintf(path, sizeof(path), "/proc/%d/oom_score_adj", (int)pid);
    int score = open(path, O_RDONLY);
    ssize_t size = read(score, target, sizeof(target) - 1);
    close(score);
    target[size > 0 ? size : 0] = '\0';
    cr_assert_str_eq(target, "1000\n");
}

Test(snapshot_child, it_keeps_its_pace_and_says_how_far_it_is)
{
    redis_private_start("");
    job.bytes_per_s = 1000000;
    int64_t from_ms = clock_monotonic_ms();
    must_start();
    until_midway();
    cr_assert_lt(snapshot_child_stats(child).bytes_written, (uint64_t)2 * SNAPSHOT_CHUNK_BYTES_MAX);
    until_told(1);
    cr_assert_eq(told.done, 1u, "%s", told.message);
    int64_t took_ms = clock_monotonic_ms() - from_ms;
    /* Written and read once each; the first chunk waits for nothing. */
    int64_t least_ms = (int64_t)(2 * told.manifest.bytes - SNAPSHOT_CHUNK_BYTES_MAX) / 1000;
    cr_assert_geq(took_ms, least_ms);
    cr_assert_lt(took_ms, 3 * least_ms + 2000);
}

Test(snapshot_child, a_second_one_is_refused_while_the_first_runs)
{
    char message[256] = "";
    redis_private_start("");
    must_start();
    cr_assert_not(snapshot_child_start(child, &job, message, sizeof(message)));
    cr_assert_str_eq(message, "a snapshot is being written already");
    until_told(1);
    cr_assert_eq(told.done, 1u, "the first is unharmed: %s", told.message);
}

Test(snapshot_child, the_next_may_be_started_when_the_owner_is_told)
{
    redis_private_start("");
    told.start_again = 1;
    must_start();
    until_told(2);
    cr_assert_eq(told.done, 2u, "what the first one left does not hinder: %s", told.message);
    snprintf(job.key, sizeof(job.key), "boon:{0}:snapshot:1-8");
    must_start();
    until_told(3);
    cr_assert_eq(told.done, 3u, "%s", told.message);
}

Test(snapshot_child, it_may_be_destroyed_when_the_owner_is_told)
{
    told.destroy = true;
    must_start();
    until_told(1);
    cr_assert_null(child);
    turn_for(20);
    cr_assert_eq(told.failed, 1u);
}

Test(snapshot_child, a_redis_that_is_not_there_fails_it)
{
    must_fail(must_start(), "no connection to Redis at /tmp/boon-test-");
}

Test(snapshot_child, a_wrong_password_fails_it)
{
    redis_private_start("correct horse");
    job.where.password = "wrong";
    must_fail(must_start(), "WRONGPASS");
}

Test(snapshot_child, a_redis_that_dies_midway_fails_it)
{
    redis_private_start("");
    job.bytes_per_s = SLOW_BYTES_PER_S;
    pid_t pid = must_start();
    until_midway();
    redis_private_stop(SIGKILL);
    must_fail(pid, "the connection to Redis is lost: ");
}

Test(snapshot_child, a_redis_that_stands_still_fails_it)
{
    redis_private_start("");
    job.where.timeout_ms = 300;
    kill(redis_private.pid, SIGSTOP);
    must_fail(must_start(), "the connection to Redis is lost: Redis did not answer in time");
}

Test(snapshot_child, a_refusal_of_redis_fails_it_with_the_words_of_redis)
{
    char message[256];
    redis_private_start("");
    struct redis_ask *redis = redis_ask_open(&job.where, message, sizeof(message));
    cr_assert_not_null(redis, "%s", message);
    cr_assert_not_null(REDIS_ASK(redis, "CONFIG", "SET", "maxmemory", "1"));
    redis_ask_close(&redis);
    must_fail(must_start(), "OOM");
}

Test(snapshot_child, a_child_that_is_killed_failed)
{
    redis_private_start("");
    job.bytes_per_s = SLOW_BYTES_PER_S;
    pid_t pid = must_start();
    until_midway();
    kill(pid, SIGKILL);
    must_fail(pid, "was killed; if nobody did that, the machine ran out of memory");
}

static void on_signal(int number)
{
    (void)number;
    _exit(3); /* the server's handler must not run in the child */
}

Test(snapshot_child, another_signal_ends_it_without_the_servers_handler)
{
    redis_private_start("");
    signal(SIGTERM, on_signal);
    job.bytes_per_s = SLOW_BYTES_PER_S;
    pid_t pid = must_start();
    kill(pid, SIGTERM);
    must_fail(pid, "ended by signal TERM");
}

Test(snapshot_child, a_child_that_says_nothing_is_ended)
{
    redis_private_start("");
    job.bytes_per_s = SLOW_BYTES_PER_S;
    job.silence_ms = 700;
    pid_t pid = must_start();
    until_midway();
    int64_t from_ms = clock_monotonic_ms();
    kill(pid, SIGSTOP);
    must_fail(pid, "made no progress for 700 ms and was ended");
    cr_assert_geq(clock_monotonic_ms() - from_ms, 400);
}

Test(snapshot_child, waiting_for_its_pace_is_no_silence)
{
    redis_private_start("");
    job.bytes_per_s = SLOW_BYTES_PER_S;
    job.silence_ms = 700;
    must_start();
    until_midway();
    turn_for(1800);
    cr_assert_eq(told.done + told.failed, 0u, "%s", told.message);
    cr_assert(snapshot_child_stats(child).running);
}

Test(snapshot_child, a_server_that_stood_still_itself_does_not_end_it)
{
    redis_private_start("");
    job.bytes_per_s = SLOW_BYTES_PER_S;
    job.silence_ms = 700;
    must_start();
    until_midway();
    usleep(1500000);
    turn_for(100);
    cr_assert_eq(told.done + told.failed, 0u, "%s", told.message);
}

Test(snapshot_child, destroy_leaves_no_process)
{
    redis_private_start("");
    job.bytes_per_s = SLOW_BYTES_PER_S;
    pid_t pid = must_start();
    until_midway();
    snapshot_child_destroy(&child);
    cr_assert_null(child);
    cr_assert_not(is_there(pid));
    turn_for(20);
    cr_assert_eq(told.done + told.failed, 0u, "nobody is told");
    snapshot_child_destroy(&child);
}

Test(snapshot_child, it_dies_with_the_server)
{
    int ends[2];
    int status = 0;
    pid_t worker = 0;
    redis_private_start("");
    job.bytes_per_s = SLOW_BYTES_PER_S;
    prctl(PR_SET_CHILD_SUBREAPER, 1); /* the orphan comes to the test */
    cr_assert_eq(pipe2(ends, O_CLOEXEC), 0);
    pid_t server = fork();
    if (server == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        event_reinit(base);
        worker = must_start();
        until_midway();
        if (write(ends[1], &worker, sizeof(worker)) != (ssize_t)sizeof(worker)) {
            _exit(1);
        }
        event_base_loop(base, EVLOOP_NO_EXIT_ON_EMPTY);
        _exit(0);
    }
    close(ends[1]);
    cr_assert_eq(read(ends[0], &worker, sizeof(worker)), (ssize_t)sizeof(worker));
    close(ends[0]);
    kill(server, SIGKILL);
    cr_assert_eq(waitpid(server, &status, 0), server);
    cr_assert_eq(waitpid(worker, &status, 0), worker);
    cr_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL, "status %x", (unsigned)status);
}

/* Makes a directory below the test's with a path that no socket's address can hold. */
static void make_deep(char *deep, size_t size)
{
    size_t length = (size_t)snprintf(deep, size, "%s", redis_private.dir);
    for (int at = 0; at < 2; at++) {
        deep[length++] = '/';
        memset(deep + length, 'd', 80);
        length += 80;
        deep[length] = '\0';
        cr_assert_eq(mkdir(deep, 0700), 0);
    }
}

/* Waits until a private Redis answers. */
static void until_it_answers(struct redis_child *server)
{
    char message[256] = "";
    const struct journal_redis_options where = {.path = redis_child_path(server)};
    for (int at = 0; at < 500; at++) {
        struct redis_ask *redis = redis_ask_open(&where, message, sizeof(message));
        if (redis != NULL) {
            const struct journal_answer *answer = REDIS_ASK(redis, "PING");
            bool ready = answer != NULL && answer->kind == JOURNAL_ANSWER_TEXT;
            redis_ask_close(&redis);
            if (ready) {
                return;
            }
        }
        turn_for(10);
    }
    cr_assert(false, "%s", message);
}

Test(snapshot_child, beside_a_private_redis_it_lets_the_lock_go_and_leaves_redis_alone)
{
    char deep[256];
    char lock[300];
    struct redis_child *server = NULL;
    struct redis_child_message message;
    make_deep(deep, sizeof(deep));
    const struct redis_child_options how = {.dir = deep, .server = "redis-server"};
    cr_assert_eq(redis_child_start(&server, base, &how, &message), REDIS_CHILD_OK, "%s",
                 message.text);
    cr_assert_eq(strncmp(redis_child_path(server), "/proc/self/fd/", 14), 0);
    until_it_answers(server);
    job.where.path = redis_child_path(server);
    job.redis_child = server;
    job.bytes_per_s = 1000000;
    pid_t redis = redis_child_pid(server);
    pid_t pid = must_start();
    until_midway();
    snprintf(lock, sizeof(lock), "ls -l /proc/%d/fd | grep -q /lock", (int)pid);
    cr_assert_neq(system(lock), 0, "it holds the lock");
    until_told(1);
    cr_assert_eq(told.done, 1u, "%s", told.message);
    turn_for(50);
    cr_assert_eq(redis_child_pid(server), redis);
    cr_assert_eq(redis_child_restarts(server), 0u);
    struct engine *again = restore(redis_child_path(server), &told.manifest);
    cr_assert_eq(engine_state_hash(again), engine_state_hash(engine));
    engine_destroy(&again);
    redis_child_stop(&server);
}
