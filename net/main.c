/* main.c -- boon-server: options in, one server run, one look at a journal or one user made, exit code out. */
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

#include "engine/bug.h"
#include "net/inspect.h"
#include "net/log.h"
#include "net/server.h"
#include "net/user_command.h"

#define DESCRIPTORS_SPARE 32 /* for the journal, the log, the private Redis and its pipes */

static void log_bug(const char *expression, const char *file, int line)
{
    log_event(LOG_ERROR, "bug", LOG_TEXT("assertion", expression), LOG_TEXT("file", file),
              LOG_NUMBER("line", line));
}

/* Raises the limit on descriptors as far as it goes, and lowers max-clients to what it allows, so that
 * clients never take the descriptor that the journal needs. False: there are too few to serve anybody. */
static bool raise_descriptors(struct options *options)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) {
        return true;
    }
    rlim_t http = options->no_http ? 0 : (rlim_t)options->http_max_clients;
    rlim_t wanted = (rlim_t)options->max_clients + http + DESCRIPTORS_SPARE;
    if (limit.rlim_cur < wanted) {
        limit.rlim_cur = wanted < limit.rlim_max ? wanted : limit.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &limit);
    }
    if (limit.rlim_cur <= DESCRIPTORS_SPARE) {
        fprintf(stderr,
                "boon-server: %llu file descriptors are too few, at least %d are needed; "
                "raise ulimit -n\n",
                (unsigned long long)limit.rlim_cur, DESCRIPTORS_SPARE + 1);
        return false;
    }
    if (limit.rlim_cur < wanted) {
        rlim_t few = (limit.rlim_cur - DESCRIPTORS_SPARE) / 4; /* a quarter for HTTP, at most */
        http = http < few ? http : few;
        options->http_max_clients = (int64_t)(http > 0 ? http : 1);
        options->max_clients = (int64_t)(limit.rlim_cur - DESCRIPTORS_SPARE - http);
        log_event(LOG_WARN, "few_descriptors", LOG_UNSIGNED("limit", limit.rlim_cur),
                  LOG_NUMBER("max_clients", options->max_clients),
                  LOG_NUMBER("http_max_clients", options->http_max_clients),
                  LOG_TEXT("advice", "raise ulimit -n"));
    }
    return true;
}

/* What weakens a promise is said at every start. */
static void warn_loudly(const struct options *options)
{
    if (options->journal == OPTIONS_JOURNAL_NONE) {
        log_event(LOG_WARN, "no_journal",
                  LOG_TEXT("meaning", "NOTHING IS KEPT: every coupon and balance is lost at exit"));
    } else if (options->durability != OPTIONS_DURABILITY_ALWAYS) {
        log_event(LOG_WARN, "weak_durability",
                  LOG_TEXT("meaning", "ACKNOWLEDGED CHANGES CAN BE LOST in a power cut"));
    }
    if (options->clock == OPTIONS_CLOCK_MANUAL) {
        log_event(LOG_WARN, "manual_clock",
                  LOG_TEXT("meaning", "TIME STANDS STILL until CLOCK.SET: for tests only"));
    }
}

int main(int argc, char **argv)
{
    static struct options options;
    static struct server server;
    struct options_message message;
    if (argc > 1 && inspect_is_command(argv[1])) {
        return inspect_command(argc, argv, environ);
    }
    if (argc > 1 && user_is_command(argv[1])) {
        return user_command(argc, argv, stdout, stderr);
    }
    switch (options_load(&options, argc, argv, environ, &message)) {
    case OPTIONS_HELP:
        options_print_help(stdout);
        return 0;
    case OPTIONS_VERSION:
        puts("boon-server " BOON_VERSION);
        return 0;
    case OPTIONS_BAD:
        fprintf(stderr, "boon-server: %s\n", message.text);
        return 2;
    case OPTIONS_OK:
        break;
    }
    log_set_level(options.log_level);
    bug_set_hook(log_bug);
    (void)signal(SIGPIPE, SIG_IGN);
    if (sodium_init() < 0) {
        fprintf(stderr, "boon-server: no source of randomness\n");
        return 1;
    }
    log_event(LOG_INFO, "starting", LOG_TEXT("version", BOON_VERSION), LOG_NUMBER("pid", getpid()));
    warn_loudly(&options);
    if (!raise_descriptors(&options)) {
        return 1;
    }
    char why[sizeof(struct users_message)] = "";
    int exit_code = 1;
    if (server_init(&server, &options, why, sizeof(why))) {
        exit_code = server_run(&server);
        if (server.fault[0] != '\0') {
            fprintf(stderr, "boon-server: %s\n", server.fault);
        }
    } else {
        fprintf(stderr, "boon-server: %s\n", why);
    }
    server_deinit(&server);
    return exit_code;
}
