/* ready.c -- the checks, and their lines. */
#include "net/ready.h"

#include <stdarg.h>

#include "net/clock.h"
#include "net/durability.h"
#include "net/journal_redis.h"
#include "net/server.h"
#include "net/server_snapshot.h"

struct ready {
    FILE *file;
    bool verbose;
    bool all;
};

/* Writes the line of one check. */
static void check(struct ready *ready, bool passed, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
static void check(struct ready *ready, bool passed, const char *format, ...)
{
    va_list arguments;
    ready->all = ready->all && passed;
    if (ready->file == NULL || (passed && !ready->verbose)) {
        return;
    }
    fputs(passed ? "[+]" : "[-]", ready->file);
    va_start(arguments, format);
    vfprintf(ready->file, format, arguments);
    va_end(arguments);
    fputc('\n', ready->file);
}

static void check_state(struct ready *ready, const struct server *server)
{
    if (server->state == SERVER_OPENING) {
        check(ready, false, "state opening: the journal is being read");
    } else {
        check(ready, server->state == SERVER_LEADING, "state %s%s%s",
              server_state_word(server->state), server->fault[0] == '\0' ? "" : ": ",
              server->fault);
    }
}

static void check_journal(struct ready *ready, const struct server *server)
{
    const struct journal *journal = server->journal;
    if (journal == NULL || server->journal_redis == NULL) {
        check(ready, true, "journal none: nothing is kept");
    } else if (!journal_redis_stats(server->journal_redis).connected) {
        check(ready, false, "journal down: %s", journal_redis_trouble(server->journal_redis));
    } else if (journal_is_weak(journal)) {
        check(ready, false, "journal held: %s", durability_note(server));
    } else if (journal_is_held(journal)) {
        check(ready, false, "journal held: %s", journal_message(journal));
    } else {
        check(ready, true, "journal ok");
    }
}

static void check_lease(struct ready *ready, const struct server *server)
{
    /* Asked here and not taken from the last turn: where nobody asks for anything there is none. */
    enum journal_standing standing = server->journal == NULL
                                         ? JOURNAL_SURE
                                         : journal_standing(server->journal, clock_monotonic_ms());
    check(ready, standing == JOURNAL_SURE, "lease %s",
          standing == JOURNAL_SURE       ? "sure"
          : standing == JOURNAL_DOUBTFUL ? "in doubt: the journal has not answered for a while"
                                         : "over: another server may have taken over");
}

/* Says what is not well and no reason to send requests elsewhere. */
static void notes(const struct ready *ready, const struct server *server)
{
    if (!ready->verbose) {
        return;
    }
    struct server_snapshot_stats stats = {.failure = ""};
    if (server->snapshot != NULL) {
        stats = server_snapshot_stats(server->snapshot);
    }
    if (stats.failure[0] != '\0') {
        fprintf(ready->file, "[!]snapshot failed, it is tried again: %s\n", stats.failure);
    } else {
        fputs("[+]snapshot ok\n", ready->file);
    }
    bool always = server->options->journal != OPTIONS_JOURNAL_NONE &&
                  server->options->durability == OPTIONS_DURABILITY_ALWAYS;
    fprintf(ready->file, "[%c]durability %s: %s\n", always ? '+' : '!', durability_word(server),
            durability_note(server));
    if (server->options->clock == OPTIONS_CLOCK_MANUAL) {
        fputs("[!]clock manual: time stands still until CLOCK.SET\n", ready->file);
    }
}

static void check_all(struct ready *ready, const struct server *server)
{
    bool room = server_has_room(server);
    check_state(ready, server);
    check_journal(ready, server);
    check(ready, room, "queue %s", room ? "ok" : "full: too many changes wait for the journal");
    check_lease(ready, server);
}

bool ready_now(const struct server *server)
{
    struct ready ready = {NULL, false, true};
    check_all(&ready, server);
    return ready.all;
}

bool ready_write(FILE *file, const struct server *server, bool verbose)
{
    struct ready ready = {file, verbose, true};
    check_all(&ready, server);
    notes(&ready, server);
    fputs(ready.all ? "ready\n" : "not ready\n", file);
    return ready.all;
}
