/* redis_private.c -- start a redis-server, and leave nothing of it behind. */
#include "redis_private.h"

#include <criterion/criterion.h>
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

#define START_WAIT_MS 10000

struct redis_private redis_private;

/* Starts a process that removes the directory when this one ends: after a time-out or a crash nobody
 * tears anything down. */
static void janitor_start(void)
{
    int ends[2];
    char byte;
    cr_assert_eq(pipe2(ends, O_CLOEXEC), 0);
    redis_private.janitor = fork();
    cr_assert_geq(redis_private.janitor, 0);
    if (redis_private.janitor == 0) {
        close(ends[1]);
        if (read(ends[0], &byte, 1) == 0) {
            sleep(1); /* until Redis, which dies with this test, writes no more */
        }
        execlp("rm", "rm", "-rf", redis_private.dir, (char *)NULL);
        _exit(127);
    }
    close(ends[0]);
    redis_private.janitor_fd = ends[1];
}

void redis_private_set_up(void)
{
    redis_private = (struct redis_private){.dir = "/tmp/boon-test-XXXXXX", .port = "0"};
    cr_assert_not_null(mkdtemp(redis_private.dir));
    snprintf(redis_private.path, sizeof(redis_private.path), "%s/redis.sock", redis_private.dir);
    janitor_start();
    signal(SIGPIPE, SIG_IGN);
}

void redis_private_tear_down(void)
{
    int status;
    redis_private_stop(SIGKILL);
    cr_assert_eq(write(redis_private.janitor_fd, "", 1), 1);
    waitpid(redis_private.janitor, &status, 0);
    close(redis_private.janitor_fd);
}

void redis_private_choose_port(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t length = sizeof(address);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    cr_assert_eq(bind(fd, (struct sockaddr *)&address, length), 0);
    cr_assert_eq(getsockname(fd, (struct sockaddr *)&address, &length), 0);
    snprintf(redis_private.port, sizeof(redis_private.port), "%u", ntohs(address.sin_port));
    close(fd);
}

/* Tells whether it answers; one that wants a password does. */
static bool answers(void)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    char answer[8] = "";
    snprintf(address.sun_path, sizeof(address.sun_path), "%s", redis_private.path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool is_there = connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0 &&
                    write(fd, "PING\r\n", 6) == 6 && read(fd, answer, sizeof(answer) - 1) > 0 &&
                    strncmp(answer, "-LOAD", 5) != 0;
    close(fd);
    return is_there;
}

void redis_private_start(const char *password)
{
    redis_private.pid = fork();
    cr_assert_geq(redis_private.pid, 0);
    if (redis_private.pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        int null = open("/dev/null", O_RDWR);
        dup2(null, STDOUT_FILENO);
        dup2(null, STDERR_FILENO);
        execlp("redis-server", "redis-server", "--port", redis_private.port, "--bind", "127.0.0.1",
               "--unixsocket", redis_private.path, "--dir", redis_private.dir, "--save", "",
               "--requirepass", password, "--user", REDIS_PRIVATE_USER, "on",
               ">" REDIS_PRIVATE_USER_PASSWORD, "~boon:*", "+@all", (char *)NULL);
        _exit(127);
    }
    for (int waited_ms = 0; !answers(); waited_ms += 5) {
        cr_assert_lt(waited_ms, START_WAIT_MS, "Redis does not answer");
        usleep(5000);
    }
}

void redis_private_stop(int signal)
{
    int status;
    if (redis_private.pid > 0) {
        kill(redis_private.pid, signal);
        kill(redis_private.pid, SIGCONT);
        waitpid(redis_private.pid, &status, 0);
        redis_private.pid = 0;
    }
}
