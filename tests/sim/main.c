/* main.c -- boon-sim: simulated worlds, one after another; the first broken promise ends it with exit code 1.
 *
 *     boon-sim --seeds 1..100 --jobs 2          boon-sim --seed 17 --tell          boon-sim --bugs
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/sim/bugs.h"
#include "tests/sim/run.h"

#define COMMANDS 20000U
#define BUG_SEEDS 400U /* within which every planted bug has to be found */

static const char help[] =
    "boon-sim -- the shipped engine, queue and journal in simulated worlds, judged by an "
    "independent model\n"
    "\n"
    "  --seed N         one world\n"
    "  --seeds A..B     all of these (default 1..10)\n"
    "  --commands M     of each world (default 20000)\n"
    "  --jobs N         processes (default: one for each processor)\n"
    "  --hours H        seeds from --seed on, until this time is over; goes on after a violation\n"
    "  --report FILE    an HTML page about the run\n"
    "  --tell           print every step of every world\n"
    "  --bug NAME       plant this bug (needs a build with -DBOON_PLANTED_BUGS=ON)\n"
    "  --bugs           look for every planted bug, one after another\n"
    "  --list-bugs      which bugs can be planted\n"
    "\n"
    "Exit code: 0 all promises kept (or all planted bugs found), 1 not, 2 wrong use.\n";

struct arguments {
    struct run_options run;
    const char *bug;
    bool bugs;
};

static bool read_number(const char *word, uint64_t *number)
{
    char *end;
    *number = word == NULL ? 0 : strtoull(word, &end, 10);
    return word != NULL && *word != '\0' && *end == '\0';
}

static bool read_seeds(const char *word, struct run_options *run)
{
    const char *dots = word == NULL ? NULL : strstr(word, "..");
    if (dots == NULL) {
        return false;
    }
    char first[24];
    snprintf(first, sizeof(first), "%.*s", (int)(dots - word), word);
    return read_number(first, &run->first) && read_number(dots + 2, &run->last) &&
           run->first <= run->last;
}

static bool read_hours(const char *word, struct run_options *run)
{
    char *end;
    run->hours = word == NULL ? 0 : strtod(word, &end);
    run->last = UINT64_MAX - 1;
    run->goes_on = true;
    return word != NULL && *word != '\0' && *end == '\0' && run->hours > 0;
}

/* Reads one option and its value. Returns how many words it took; 0: it is none. */
static int read_option(struct arguments *arguments, const char *word, const char *value)
{
    struct run_options *run = &arguments->run;
    uint64_t jobs;
    if (strcmp(word, "--seed") == 0 && read_number(value, &run->first)) {
        run->last = run->hours > 0 ? run->last : run->first;
    } else if (strcmp(word, "--commands") == 0 && read_number(value, &run->commands)) {
        return 2;
    } else if (strcmp(word, "--jobs") == 0 && read_number(value, &jobs) && jobs > 0 && jobs <= 64) {
        run->jobs = (uint32_t)jobs;
    } else if (strcmp(word, "--report") == 0 && value != NULL) {
        run->report = value;
    } else if (strcmp(word, "--bug") == 0 && value != NULL) {
        arguments->bug = value;
    } else if (strcmp(word, "--tell") == 0) {
        run->tells = true;
        return 1;
    } else if (strcmp(word, "--bugs") == 0) {
        arguments->bugs = true;
        return 1;
    } else if (!(strcmp(word, "--seeds") == 0 && read_seeds(value, run)) &&
               !(strcmp(word, "--hours") == 0 && read_hours(value, run))) {
        return 0;
    }
    return 2;
}

static int list_bugs(void)
{
    for (uint32_t at = 0; at < bugs_count(); at++) {
        printf("%-30s %s\n", bug_name(at), bug_breaks(at));
    }
    return 0;
}

static int look_for_bugs(struct arguments *arguments)
{
    struct run_options *run = &arguments->run;
    run->first = 1;
    run->last = BUG_SEEDS;
    run->quiet = true;
    int not_found = run_bugs(run);
    printf("\n%u planted bugs, %d not found\n", bugs_count(), not_found);
    return not_found == 0 ? 0 : 1;
}

int main(int count, char **words)
{
    static struct run_sum sum;
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    struct arguments arguments = {
        .run = {.first = 1,
                .last = 10,
                .commands = COMMANDS,
                .jobs = processors > 0 && processors <= 64 ? (uint32_t)processors : 1},
    };
    for (int at = 1; at < count;) {
        if (strcmp(words[at], "--help") == 0 || strcmp(words[at], "-h") == 0) {
            fputs(help, stdout);
            return 0;
        }
        if (strcmp(words[at], "--list-bugs") == 0) {
            return list_bugs();
        }
        int taken = read_option(&arguments, words[at], at + 1 < count ? words[at + 1] : NULL);
        if (taken == 0) {
            fprintf(stderr, "boon-sim: %s: see --help\n", words[at]);
            return 2;
        }
        at += taken;
    }
    if (arguments.bugs) {
        return look_for_bugs(&arguments);
    }
    if (arguments.bug != NULL && !bug_plant(arguments.bug)) {
        fprintf(stderr,
                "boon-sim: no bug %s in this build: see --list-bugs, and -DBOON_PLANTED_BUGS=ON\n",
                arguments.bug);
        return 2;
    }
    bool fine = run_all(&arguments.run, &sum);
    run_print(&arguments.run, &sum);
    if (arguments.run.report != NULL && !run_report(&arguments.run, &sum)) {
        fprintf(stderr, "boon-sim: cannot write %s\n", arguments.run.report);
        return 2;
    }
    return fine && sum.broken == 0 ? 0 : 1;
}
