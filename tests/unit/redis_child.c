/* redis_child.c -- a real redis-server in a directory of its own, through every way a process can end. */
#include "net/redis_child.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <hiredis/hiredis.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "net/clock.h"
#include "net/log.h"

static char directory[512];
static struct event_base *base;
static struct redis_child *child;
static struct redis_child_message message;
static struct redis_child_options how;

static void begin(void)
{
    strcpy(directory, "/tmp/boon-redis-XXXXXX");
    cr_assert_not_null(mkdtemp(directory));
    log_set_fd(open("/dev/null", O_WRONLY | O_CLOEXEC));
    base = event_base_new();
    how = (struct redis_child_options){
        .dir = directory, .server = "redis-server", .lock_wait_ms = 5000, .stop_wait_ms = 5000};
    prctl(PR_SET_CHILD_SUBREAPER, 1); /* orphans come to the test, which can ask how they ended */
}

static void end(void)
{
    char command[600];

    redis_child_stop(&child);
    event_base_free(base);
    snprintf(command, sizeof command, "rm -rf %s", directory);
    cr_assert_eq(system(command), 0);
}

TestSuite(redis_child, .init = begin, .fini = end, .timeout = 60);

static enum redis_child_status start(void)
{
    return redis_child_start(&child, base, &how, &message);
}

static void must_start(void)
{
    cr_assert_eq(start(), REDIS_CHILD_OK, "%s", message.text);
    cr_assert_gt(redis_child_pid(child), 0);
}

static void run_loop(int64_t ms)
{
    const struct timeval time = {.tv_sec = ms / 1000, .tv_usec = (ms % 1000) * 1000};

    event_base_loopexit(base, &time);
    event_base_dispatch(base);
}

/* Connect and ask, as the journal does: again and again until Redis answers. */
static redisContext *connect_redis(const char *path)
{
    for (int i = 0; i < 500; i++) {
        redisContext *redis = redisConnectUnix(path);
        redisReply *reply = redis->err != 0 ? NULL : redisCommand(redis, "PING");
        bool ready = reply != NULL && reply->type == REDIS_REPLY_STATUS;
        if (reply != NULL) {
            freeReplyObject(reply);
        }
        if (ready) {
            return redis;
        }
        redisFree(redis);
        run_loop(10);
    }
    cr_assert(false, "Redis does not answer on %s", path);
    return NULL;
}

/* Run a command and return its answer as text. */
static const char *ask(const char *command)
{
    static char answer[256];
    redisContext *redis = connect_redis(redis_child_path(child));
    redisReply *reply = redisCommand(redis, command);

    cr_assert_not_null(reply);
    const redisReply *last = reply->type == REDIS_REPLY_ARRAY ? reply->element[reply->elements - 1]
                                                              : reply;
    snprintf(answer, sizeof answer, "%s", last->str != NULL ? last->str : "");
    freeReplyObject(reply);
    redisFree(redis);
    return answer;
}

/* Wait until an orphan or child has ended; return its wait status. */
static int reap(pid_t pid)
{
    int status = 0;

    for (int i = 0; i < 1000; i++) {
        if (waitpid(pid, &status, WNOHANG) == pid) {
            return status;
        }
        usleep(10000);
    }
    cr_assert(false, "process %d does not end", (int)pid);
    return 0;
}

/* Fork a process that dies with the test, so that a failed one leaves nothing behind. */
static pid_t fork_helper(void)
{
    pid_t helper = fork();

    if (helper == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
    }
    return helper;
}

/* Fork another Boon on the same directory; return its process id and, in `redis`, its Redis'. */
static pid_t fork_boon(pid_t *redis)
{
    int ends[2];

    cr_assert_eq(pipe2(ends, O_CLOEXEC), 0);
    pid_t boon = fork_helper();
    if (boon == 0) {
        struct event_base *own = event_base_new();
        struct redis_child *its = NULL;
        pid_t pid = 0;
        if (redis_child_start(&its, own, &how, &message) == REDIS_CHILD_OK) {
            pid = redis_child_pid(its);
        }
        if (write(ends[1], &pid, sizeof pid) != (ssize_t)sizeof pid) {
            _exit(1);
        }
        event_base_loop(own, EVLOOP_NO_EXIT_ON_EMPTY);
        _exit(0);
    }
    close(ends[1]);
    cr_assert_eq(read(ends[0], redis, sizeof *redis), (ssize_t)sizeof *redis);
    close(ends[0]);
    cr_assert_gt(*redis, 0, "the other Boon did not start");
    return boon;
}

Test(redis_child, it_answers_on_its_socket_and_nowhere_else)
{
    struct stat status;

    must_start();
    cr_assert_str_eq(ask("PING"), "PONG");
    cr_assert_str_eq(ask("CONFIG GET port"), "0");
    cr_assert_eq(stat(redis_child_path(child), &status), 0);
    cr_assert_eq(status.st_mode & 0777, 0700u);
}

Test(redis_child, it_syncs_before_it_answers_and_never_evicts)
{
    must_start();
    cr_assert_str_eq(ask("CONFIG GET appendonly"), "yes");
    cr_assert_str_eq(ask("CONFIG GET appendfsync"), "always");
    cr_assert_str_eq(ask("CONFIG GET no-appendfsync-on-rewrite"), "no");
    cr_assert_str_eq(ask("CONFIG GET maxmemory"), "0");
    cr_assert_str_eq(ask("CONFIG GET maxmemory-policy"), "noeviction");
    cr_assert_str_eq(ask("CONFIG GET save"), "");
}

Test(redis_child, a_weaker_sync_is_passed_on)
{
    how.sync = REDIS_CHILD_SYNC_EVERYSEC;
    must_start();
    cr_assert_str_eq(ask("CONFIG GET appendfsync"), "everysec");
    redis_child_stop(&child);
    how.sync = REDIS_CHILD_SYNC_NONE;
    must_start();
    cr_assert_str_eq(ask("CONFIG GET appendfsync"), "no");
}

Test(redis_child, the_directory_is_made_for_its_owner_only)
{
    struct stat status;
    char inside[600];

    snprintf(inside, sizeof inside, "%s/data", directory);
    how.dir = inside;
    must_start();
    cr_assert_str_eq(ask("PING"), "PONG");
    cr_assert_eq(stat(inside, &status), 0);
    cr_assert_eq(status.st_mode & 0777, 0700u);
    static const char *const files[] = {"redis.log", "lock", "new",
                                        "appendonlydir/appendonly.aof.1.incr.aof"};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        snprintf(inside, sizeof inside, "%s/data/%s", directory, files[i]);
        cr_assert_eq(stat(inside, &status), 0, "%s", inside);
        cr_assert_eq(status.st_mode & 0777, 0600u, "%s", inside);
    }
    redis_child_stop(&child);
}

Test(redis_child, a_directory_with_a_long_path_has_a_socket_too)
{
    char deep[512];
    size_t length = strlen(directory);

    strcpy(deep, directory);
    for (int i = 0; i < 3; i++) {
        deep[length++] = '/';
        memset(deep + length, 'd', 100);
        length += 100;
        deep[length] = '\0';
        cr_assert_eq(mkdir(deep, 0700), 0);
    }
    how.dir = deep;
    must_start();
    cr_assert_lt(strlen(redis_child_path(child)), 108u);
    cr_assert_str_eq(ask("PING"), "PONG");
    redis_child_stop(&child);
}

Test(redis_child, it_has_its_own_session_the_lock_and_no_foreign_file)
{
    char path[64];
    char target[600];
    int foreign = open("/dev/zero", O_RDONLY); /* without O_CLOEXEC */
    int locks = 0;

    must_start();
    pid_t pid = redis_child_pid(child);
    cr_assert_str_eq(ask("PING"), "PONG");
    cr_assert_eq(getsid(pid), pid);

    snprintf(path, sizeof path, "/proc/%d/fd", (int)pid);
    DIR *files = opendir(path);
    cr_assert_not_null(files);
    for (struct dirent *entry = readdir(files); entry != NULL; entry = readdir(files)) {
        ssize_t size = readlinkat(dirfd(files), entry->d_name, target, sizeof target - 1);
        target[size > 0 ? size : 0] = '\0';
        cr_assert_str_neq(target, "/dev/zero");
        locks += size > 5 && strcmp(target + size - 5, "/lock") == 0 ? 1 : 0;
    }
    closedir(files);
    close(foreign);
    cr_assert_eq(locks, 1, "it holds the lock");
}

/* Write a program that Boon runs instead of Redis. */
static const char *write_program(const char *text)
{
    static char path[600];

    snprintf(path, sizeof path, "%s/program", directory);
    FILE *file = fopen(path, "w");
    cr_assert_not_null(file);
    fputs(text, file);
    cr_assert_eq(fclose(file), 0);
    cr_assert_eq(chmod(path, 0700), 0);
    return path;
}

Test(redis_child, it_sees_our_environment_without_what_is_for_boon)
{
    static char seen[65536];
    char path[600];

    cr_assert_eq(setenv("BOON_PASSWORD", "hunter2", 1), 0);
    cr_assert_eq(setenv("NOT_BOON_S", "kept", 1), 0);
    how.server = write_program("#!/bin/sh\nenv > seen\nexec redis-server \"$@\"\n");
    must_start();
    cr_assert_str_eq(ask("PING"), "PONG");
    snprintf(path, sizeof path, "%s/seen", directory);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    cr_assert_gt(read(fd, seen, sizeof seen - 1), 0);
    close(fd);
    cr_assert_null(strstr(seen, "hunter2"));
    cr_assert_not_null(strstr(seen, "NOT_BOON_S=kept"));
    cr_assert_str_eq(getenv("BOON_PASSWORD"), "hunter2", "ours is whole");
}

Test(redis_child, a_second_start_in_the_directory_is_refused_while_the_first_lives)
{
    struct redis_child *second = NULL;
    char wanted[64];

    must_start();
    how.lock_wait_ms = 200;
    int64_t from_ms = clock_monotonic_ms();
    cr_assert_eq(redis_child_start(&second, base, &how, &message), REDIS_CHILD_IN_USE);
    cr_assert_geq(clock_monotonic_ms() - from_ms, 190);
    cr_assert_null(second);
    snprintf(wanted, sizeof wanted, "another boon-server (pid %d) uses /tmp/boon-redis-",
             (int)getpid());
    cr_assert_not_null(strstr(message.text, wanted), "%s", message.text);
    cr_assert_str_eq(ask("PING"), "PONG", "the first is unharmed");
}

Test(redis_child, a_start_waits_for_another_boon_that_is_ending)
{
    pid_t redis;
    pid_t boon = fork_boon(&redis);

    pid_t killer = fork_helper();
    if (killer == 0) {
        usleep(300000);
        kill(boon, SIGKILL);
        _exit(0);
    }
    int64_t from_ms = clock_monotonic_ms();
    must_start();
    cr_assert_geq(clock_monotonic_ms() - from_ms, 250);
    cr_assert_str_eq(ask("PING"), "PONG");
    reap(killer);
    reap(boon);
    reap(redis);
}

Test(redis_child, it_dies_with_a_boon_that_is_killed_and_lets_the_lock_go)
{
    pid_t redis;
    pid_t boon = fork_boon(&redis);

    cr_assert_eq(kill(boon, SIGKILL), 0);
    reap(boon);
    int status = reap(redis);
    cr_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL, "status %x", (unsigned)status);
    int64_t from_ms = clock_monotonic_ms();
    must_start();
    cr_assert_lt(clock_monotonic_ms() - from_ms, 1000);
    cr_assert_str_eq(ask("PING"), "PONG");
}

Test(redis_child, a_stopped_redis_dies_with_its_boon_as_well)
{
    pid_t redis;
    pid_t boon = fork_boon(&redis);

    cr_assert_eq(kill(redis, SIGSTOP), 0);
    cr_assert_eq(kill(boon, SIGKILL), 0);
    reap(boon);
    must_start();
    cr_assert_str_eq(ask("PING"), "PONG");
    reap(redis);
}

Test(redis_child, under_a_weaker_sync_it_is_asked_to_write_before_it_dies)
{
    pid_t redis;

    how.sync = REDIS_CHILD_SYNC_EVERYSEC;
    pid_t boon = fork_boon(&redis);
    char path[600];
    snprintf(path, sizeof path, "%s/redis.sock", directory);
    redisFree(connect_redis(path));
    cr_assert_eq(kill(boon, SIGKILL), 0);
    reap(boon);
    int status = reap(redis);
    cr_assert(WIFEXITED(status), "status %x", (unsigned)status);
    cr_assert_eq(WEXITSTATUS(status), 0);
}

Test(redis_child, a_redis_that_is_killed_is_started_again_with_its_data)
{
    must_start();
    cr_assert_str_eq(ask("SET kept yes"), "OK");
    for (uint64_t i = 1; i <= 3; i++) {
        pid_t before = redis_child_pid(child);
        cr_assert_eq(kill(before, SIGKILL), 0);
        for (int turns = 0; turns < 100 && redis_child_restarts(child) < i; turns++) {
            run_loop(20);
        }
        cr_assert_eq(redis_child_restarts(child), i);
        cr_assert_gt(redis_child_pid(child), 0);
        cr_assert_neq(redis_child_pid(child), before);
        cr_assert_str_eq(ask("GET kept"), "yes");
    }
}

Test(redis_child, there_is_no_process_id_between_a_death_and_the_next_start)
{
    must_start();
    kill(redis_child_pid(child), SIGKILL);
    usleep(20000);
    event_base_loop(base, EVLOOP_NONBLOCK);
    cr_assert_eq(redis_child_pid(child), 0);
    cr_assert_eq(redis_child_restarts(child), 0u);
    redis_child_stop(&child);
    cr_assert_null(child);
}

Test(redis_child, a_redis_that_cannot_live_is_started_ever_more_rarely)
{
    how.server = "/bin/false";
    must_start();
    run_loop(1200);
    /* after 100, 300, 700 ms; the next would come after 1,500 */
    cr_assert_geq(redis_child_restarts(child), 2u);
    cr_assert_leq(redis_child_restarts(child), 3u);
}

Test(redis_child, its_death_is_logged_with_the_cause)
{
    int ends[2];
    static char logged[8192];

    cr_assert_eq(pipe2(ends, O_NONBLOCK | O_CLOEXEC), 0);
    must_start();
    cr_assert_str_eq(ask("PING"), "PONG");
    log_set_fd(ends[1]);
    kill(redis_child_pid(child), SIGKILL);
    run_loop(50);
    ssize_t size = read(ends[0], logged, sizeof logged - 1);
    cr_assert_gt(size, 0);
    logged[size] = '\0';
    cr_assert_not_null(strstr(logged, "level=error event=redis_ended redis_pid="), "%s", logged);
    cr_assert_not_null(strstr(logged, "signal=KILL"), "%s", logged);
    cr_assert_not_null(strstr(logged, "The server is now ready to accept connections"),
                       "its last words: %s", logged);
}

Test(redis_child, stop_ends_it_and_lets_the_lock_go)
{
    must_start();
    pid_t pid = redis_child_pid(child);
    cr_assert_str_eq(ask("PING"), "PONG");
    redis_child_stop(&child);
    cr_assert_null(child);
    cr_assert_eq(kill(pid, 0), -1);
    cr_assert_eq(errno, ESRCH);
    how.lock_wait_ms = 1;
    must_start();
    redis_child_stop(&child);
    redis_child_stop(&child);
}

Test(redis_child, stop_is_bounded_even_for_a_redis_that_does_not_listen)
{
    how.server = write_program("#!/bin/sh\ntrap '' TERM\nwhile :; do sleep 1; done\n");
    how.stop_wait_ms = 200;
    must_start();
    pid_t pid = redis_child_pid(child);
    usleep(100000);
    int64_t from_ms = clock_monotonic_ms();
    redis_child_stop(&child);
    cr_assert_geq(clock_monotonic_ms() - from_ms, 190);
    cr_assert_lt(clock_monotonic_ms() - from_ms, 2000);
    cr_assert_eq(kill(pid, 0), -1, "it is gone");
}

Test(redis_child, a_stopped_process_is_woken_to_be_ended)
{
    must_start();
    cr_assert_str_eq(ask("PING"), "PONG");
    kill(redis_child_pid(child), SIGSTOP);
    int64_t from_ms = clock_monotonic_ms();
    redis_child_stop(&child);
    cr_assert_lt(clock_monotonic_ms() - from_ms, 3000);
}

Test(redis_child, a_program_that_is_not_there_is_refused_with_what_to_do)
{
    static const char *const servers[] = {"redis-server-of-nobody", "/nowhere/redis-server"};

    for (size_t i = 0; i < sizeof servers / sizeof *servers; i++) {
        how.server = servers[i];
        cr_assert_eq(start(), REDIS_CHILD_FAILED);
        cr_assert_null(child);
        cr_assert_not_null(strstr(message.text, "No such file or directory"), "%s", message.text);
        cr_assert_not_null(strstr(message.text, "--redis-server"), "%s", message.text);
    }
    how.server = "redis-server";
    must_start();
}

Test(redis_child, a_directory_is_empty_until_its_journal_has_begun_and_never_again)
{
    char command[600];

    must_start();
    cr_assert(redis_child_dir_was_empty(child));
    cr_assert_str_eq(ask("PING"), "PONG");
    redis_child_stop(&child);
    must_start();
    cr_assert(redis_child_dir_was_empty(child), "a first start that was cut short is repeated");
    cr_assert(redis_child_keep_dir(child));
    cr_assert(redis_child_keep_dir(child));
    cr_assert_not(redis_child_dir_was_empty(child));
    redis_child_stop(&child);
    must_start();
    cr_assert_not(redis_child_dir_was_empty(child));
    redis_child_stop(&child);
    snprintf(command, sizeof command, "rm -r %s/appendonlydir", directory);
    cr_assert_eq(system(command), 0);
    must_start();
    cr_assert_not(redis_child_dir_was_empty(child), "a deleted journal is not a new one");
}

Test(redis_child, a_helper_forked_from_boon_may_let_the_lock_go)
{
    must_start();
    pid_t helper = fork_helper();
    if (helper == 0) {
        redis_child_forget(&child);
        pause();
        _exit(0);
    }
    usleep(100000);
    cr_assert_str_eq(ask("PING"), "PONG");
    kill(redis_child_pid(child), SIGKILL);
    run_loop(300);
    cr_assert_eq(redis_child_restarts(child), 1u, "the parent's watch is unharmed");
    redis_child_stop(&child);
    how.lock_wait_ms = 1;
    must_start();
    kill(helper, SIGKILL);
    reap(helper);
}
