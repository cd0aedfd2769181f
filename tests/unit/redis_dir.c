/* redis_dir.c -- one directory, one holder of its lock, and whether a journal was ever in it. */
#include "net/redis_dir.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "net/log.h"

static char directory[64];
static struct redis_dir dir;
static struct redis_child_message message;

static void begin(void)
{
    strcpy(directory, "/tmp/boon-dir-XXXXXX");
    cr_assert_not_null(mkdtemp(directory));
    log_set_fd(open("/dev/null", O_WRONLY | O_CLOEXEC));
    dir = (struct redis_dir){.fd = -1, .lock_fd = -1};
}

static void end(void)
{
    char command[128];

    redis_dir_close(&dir);
    snprintf(command, sizeof command, "rm -rf %s", directory);
    cr_assert_eq(system(command), 0);
}

TestSuite(redis_dir, .init = begin, .fini = end, .timeout = 20);

static void must_open(void)
{
    redis_dir_close(&dir);
    cr_assert_eq(redis_dir_open(&dir, directory, 1, &message), REDIS_CHILD_OK, "%s", message.text);
}

static enum redis_child_status open_second(int64_t wait_ms)
{
    struct redis_dir second;
    enum redis_child_status status = redis_dir_open(&second, directory, wait_ms, &message);

    redis_dir_close(&second);
    return status;
}

/* Return the path of a file in the directory; valid until the next call. */
static const char *path_of(const char *name)
{
    static char path[128];

    snprintf(path, sizeof path, "%s/%s", directory, name);
    return path;
}

static void touch(const char *name, const char *text)
{
    FILE *file = fopen(path_of(name), "w");

    cr_assert_not_null(file);
    fputs(text, file);
    cr_assert_eq(fclose(file), 0);
}

Test(redis_dir, a_path_that_cannot_be_a_directory_is_refused)
{
    cr_assert_eq(redis_dir_open(&dir, "/nowhere/boon-data", 1, &message), REDIS_CHILD_FAILED);
    cr_assert_not_null(strstr(message.text, "cannot create the directory /nowhere/boon-data"));
    touch("file", "");
    cr_assert_eq(redis_dir_open(&dir, path_of("file"), 1, &message), REDIS_CHILD_FAILED);
    cr_assert_not_null(strstr(message.text, "Not a directory"), "%s", message.text);
}

Test(redis_dir, a_lock_that_is_a_link_is_refused)
{
    touch("elsewhere", "keep me");
    char target[128];
    snprintf(target, sizeof target, "%s", path_of("elsewhere"));
    cr_assert_eq(symlink(target, path_of("lock")), 0);
    cr_assert_eq(redis_dir_open(&dir, directory, 1, &message), REDIS_CHILD_FAILED);
    struct stat status;
    cr_assert_eq(stat(target, &status), 0);
    cr_assert_eq(status.st_size, 7, "what it points to is unharmed");
}

Test(redis_dir, the_lock_names_its_holder_and_frees_on_close)
{
    char wanted[64];

    must_open();
    cr_assert_eq(open_second(1), REDIS_CHILD_IN_USE);
    snprintf(wanted, sizeof wanted, "another boon-server (pid %d) uses /", (int)getpid());
    cr_assert_not_null(strstr(message.text, wanted), "%s", message.text);
    redis_dir_close(&dir);
    cr_assert_eq(open_second(1), REDIS_CHILD_OK, "%s", message.text);
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

/* Lock the directory from another process; return its id once it holds the lock. */
static pid_t lock_elsewhere(void)
{
    int ends[2];
    char byte = 0;

    cr_assert_eq(pipe2(ends, O_CLOEXEC), 0);
    pid_t holder = fork_helper();
    if (holder == 0) {
        int own = open(path_of("lock"), O_RDWR | O_CLOEXEC);
        if (flock(own, LOCK_EX) == 0 && write(ends[1], "x", 1) == 1) {
            pause();
        }
        _exit(1);
    }
    cr_assert_eq(read(ends[0], &byte, 1), 1);
    close(ends[0]);
    close(ends[1]);
    return holder;
}

Test(redis_dir, a_lock_left_by_a_dead_boon_is_named_for_what_it_is)
{
    pid_t dead = fork_helper();

    if (dead == 0) {
        _exit(0);
    }
    cr_assert_eq(waitpid(dead, NULL, 0), dead);
    char text[32];
    snprintf(text, sizeof text, "%d\n", (int)dead);
    touch("lock", text);
    pid_t holder = lock_elsewhere();
    cr_assert_eq(open_second(1), REDIS_CHILD_IN_USE);
    cr_assert_not_null(strstr(message.text, "the Redis of a former boon-server (pid "), "%s",
                       message.text);
    cr_assert_not_null(strstr(message.text, "end that redis-server"), "%s", message.text);
    kill(holder, SIGKILL);
    waitpid(holder, NULL, 0);
}

Test(redis_dir, waiting_for_the_lock_is_logged_once)
{
    static char logged[4096];
    int ends[2];

    cr_assert_eq(pipe2(ends, O_NONBLOCK | O_CLOEXEC), 0);
    must_open();
    log_set_fd(ends[1]);
    cr_assert_eq(open_second(200), REDIS_CHILD_IN_USE);
    ssize_t size = read(ends[0], logged, sizeof logged - 1);
    cr_assert_gt(size, 0);
    logged[size] = '\0';
    const char *line = strstr(logged, "level=warn event=waiting_for_dir dir=/");
    cr_assert_not_null(line, "%s", logged);
    cr_assert_str_eq(strchr(line, '\n'), "\n", "%s", logged);
}

static void on_alarm(int number)
{
    (void)number;
}

Test(redis_dir, a_signal_ends_the_wait_for_the_lock)
{
    struct sigaction action = {.sa_handler = on_alarm};
    const struct itimerval soon = {.it_value = {.tv_usec = 50000}};

    must_open();
    cr_assert_eq(sigaction(SIGALRM, &action, NULL), 0);
    cr_assert_eq(setitimer(ITIMER_REAL, &soon, NULL), 0);
    cr_assert_eq(open_second(10000), REDIS_CHILD_INTERRUPTED, "%s", message.text);
}

Test(redis_dir, it_is_new_until_it_is_kept)
{
    must_open();
    cr_assert(dir.is_new);
    touch("redis.log", "");
    touch("secret", "");
    must_open();
    cr_assert(dir.is_new, "a first start that was cut short is repeated");
    cr_assert(redis_dir_keep(&dir));
    cr_assert_not(dir.is_new);
    cr_assert(redis_dir_keep(&dir), "keeping twice is harmless");
    must_open();
    cr_assert_not(dir.is_new);
}

static const struct {
    const char *name;
    bool is_new; /* with only this file in it */
} traces[] = {
    {"redis.log", false}, {"secret", false},    {"appendonlydir", false},
    {"boon.conf", true},  {"lost+found", true}, {"lock", true},
};

Test(redis_dir, what_boon_leaves_shows_that_it_is_not_new)
{
    for (size_t i = 0; i < sizeof traces / sizeof *traces; i++) {
        touch(traces[i].name, "");
        must_open();
        cr_assert_eq(dir.is_new, traces[i].is_new, "%s", traces[i].name);
        unlink(path_of(traces[i].name));
        unlink(path_of("new"));
    }
}

Test(redis_dir, the_last_words_are_the_last_line_of_the_log)
{
    static const struct {
        const char *log;
        const char *words;
    } scenarios[] = {
        {"", ""}, {"\n\n", ""}, {"one", "one"}, {"one\ntwo\n", "two"}, {"one\ntwo\n\n", "two"},
    };

    must_open();
    cr_assert_eq(redis_dir_last_words(&dir).length, 0u, "there is no log yet");
    for (size_t i = 0; i < sizeof scenarios / sizeof *scenarios; i++) {
        touch("redis.log", scenarios[i].log);
        cr_assert(text_equal(redis_dir_last_words(&dir), text_of(scenarios[i].words)),
                  "scenario %zu", i);
    }
    static char log[2000];
    memset(log, 'x', sizeof log - 1);
    touch("redis.log", log);
    cr_assert_eq(redis_dir_last_words(&dir).length, 512u, "a line too long is cut at its front");
}
