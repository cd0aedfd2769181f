/* run.c -- workers, the pipe, the progress. */
#include "tests/sim/run.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests/sim/bugs.h"
#include "tests/sim/model.h"

/* Worlds begin and end servers all the time: jemalloc, where it is linked, keeps their pages. */
extern const char *malloc_conf;
const char *malloc_conf = "dirty_decay_ms:-1,muzzy_decay_ms:-1";

#define JOBS_MAX 64U
#define BAR_CELLS 30
#define PROGRESS_MS 200

static int result_pipe = -1;
static const struct run_options *worker_options;

static double now_s(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void send_result(const struct sim *sim, const char *violation)
{
    struct run_result result = {
        .seed = sim->seed,
        .commands = sim->commands,
        .judged = sim->judged,
        .snapshots = sim->snapshots,
        .servers = sim->server_count,
        .losses = sim->model == NULL ? 0 : model_losses(sim->model),
        .history = sim->history,
        .time_us = sim->now_us,
        .broken = violation != NULL,
    };
    memcpy(result.faults, sim->faults, sizeof(result.faults));
    snprintf(result.text, sizeof(result.text), "%s", violation == NULL ? "" : violation);
    ssize_t written = write(result_pipe, &result, sizeof(result));
    if (written != (ssize_t)sizeof(result)) {
        _exit(2);
    }
}

static void on_violation(const struct sim *sim, const char *text)
{
    send_result(sim, text);
    if (worker_options->quiet) {
        _exit(1);
    }
}

_Noreturn static void work(const struct run_options *options, atomic_uint_fast64_t *next)
{
    static struct sim sim;
    worker_options = options;
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
    (void)prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0); /* small engines, many of them */
    sim_on_violation(on_violation);
    for (uint64_t seed = atomic_fetch_add(next, 1); seed <= options->last;
         seed = atomic_fetch_add(next, 1)) {
        sim.tells = options->tells;
        sim_run(&sim, seed, options->commands);
        send_result(&sim, NULL);
        sim_end(&sim);
    }
    _exit(0);
}

static pid_t start_worker(const struct run_options *options, atomic_uint_fast64_t *next)
{
    (void)fflush(stdout);
    pid_t worker = fork();
    if (worker == 0) {
        work(options, next);
    }
    return worker;
}

static void add(struct run_sum *sum, const struct run_result *result)
{
    struct run_result *total = &sum->total;
    sum->worlds++;
    total->commands += result->commands;
    total->judged += result->judged;
    total->snapshots += result->snapshots;
    total->servers += result->servers;
    total->losses += result->losses;
    total->time_us += result->time_us;
    total->history ^= result->history * (result->seed * 2 + 1);
    for (uint32_t fault = 0; fault < FAULTS; fault++) {
        total->faults[fault] += result->faults[fault];
    }
    if (!result->broken) {
        return;
    }
    if (sum->broken == 0 || result->seed < sum->first.seed) {
        sum->first = *result;
    }
    if (sum->broken < 64) {
        sum->broken_seeds[sum->broken] = result->seed;
        memcpy(sum->broken_texts[sum->broken], result->text, sizeof(result->text));
    }
    sum->broken++;
}

static uint64_t faults_of(const struct run_result *result)
{
    uint64_t all = 0;
    for (uint32_t fault = 0; fault < FAULTS; fault++) {
        all += result->faults[fault];
    }
    return all;
}

static void show_progress(const struct run_options *options, const struct run_sum *sum,
                          double began_s)
{
    double took_s = now_s() - began_s;
    double all = (double)(options->last - options->first + 1);
    double done = options->hours > 0 ? took_s / (options->hours * 3600) : (double)sum->worlds / all;
    char bar[BAR_CELLS + 1];
    for (int cell = 0; cell < BAR_CELLS; cell++) {
        bar[cell] = (double)cell < done * BAR_CELLS ? '#' : '.';
    }
    bar[BAR_CELLS] = '\0';
    fprintf(stderr,
            "\r[%s] %3.0f %%  %" PRIu64 " seeds  %.2f M commands  %.0f/s  %" PRIu64
            " faults  %" PRIu64 " violations ",
            bar, done > 1 ? 100.0 : done * 100, sum->worlds, (double)sum->total.commands / 1e6,
            (double)sum->total.commands / (took_s + 1e-9), faults_of(&sum->total), sum->broken);
}

/* Puts the commands of a result into the plot; slices double when they run out. */
static void plot(struct run_sum *sum, double at_s, uint64_t commands)
{
    uint32_t slice = (uint32_t)(at_s / sum->slice_s);
    while (slice >= 512) {
        for (uint32_t at = 0; at < 256; at++) {
            sum->rates[at] = sum->rates[2 * at] + sum->rates[2 * at + 1];
        }
        memset(sum->rates + 256, 0, 256 * sizeof(sum->rates[0]));
        sum->slice_s *= 2;
        slice = (uint32_t)(at_s / sum->slice_s);
    }
    sum->rates[slice] += commands;
    sum->slices = slice + 1 > sum->slices ? slice + 1 : sum->slices;
}

static void end_workers(const pid_t *workers, uint32_t count)
{
    for (uint32_t at = 0; at < count; at++) {
        if (workers[at] > 0) {
            (void)kill(workers[at], SIGKILL);
            (void)waitpid(workers[at], NULL, 0);
        }
    }
}

/* Reaps workers that ended; a new one goes on where a violation ended one. Returns how many run. */
static uint32_t tend(const struct run_options *options, pid_t *workers, atomic_uint_fast64_t *next,
                     bool over, bool *failed)
{
    uint32_t running = 0;
    for (uint32_t at = 0; at < options->jobs; at++) {
        int status;
        if (workers[at] > 0 && waitpid(workers[at], &status, WNOHANG) == workers[at]) {
            bool violated = WIFEXITED(status) && WEXITSTATUS(status) == 1;
            bool fine = WIFEXITED(status) && WEXITSTATUS(status) == 0;
            *failed = *failed || (!violated && !fine);
            workers[at] = violated && options->goes_on && !over ? start_worker(options, next) : 0;
        }
        running += workers[at] > 0 ? 1 : 0;
    }
    return running;
}

bool run_all(const struct run_options *options, struct run_sum *sum)
{
    int ends[2];
    pid_t workers[JOBS_MAX] = {0};
    *sum = (struct run_sum){.slice_s = 0.25};
    if (options->jobs == 0 || options->jobs > JOBS_MAX || pipe(ends) != 0) {
        return false;
    }
    atomic_uint_fast64_t *next = mmap(NULL, sizeof(*next), PROT_READ | PROT_WRITE,
                                      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (next == MAP_FAILED) {
        return false;
    }
    atomic_init(next, options->first);
    result_pipe = ends[1];
    double began_s = now_s();
    double shown_s = 0;
    for (uint32_t at = 0; at < options->jobs; at++) {
        workers[at] = start_worker(options, next);
    }
    bool over = false;
    bool failed = false;
    while (!over) {
        struct pollfd readable = {.fd = ends[0], .events = POLLIN};
        struct run_result result;
        if (poll(&readable, 1, PROGRESS_MS) > 0 &&
            read(ends[0], &result, sizeof(result)) == (ssize_t)sizeof(result)) {
            add(sum, &result);
            plot(sum, now_s() - began_s, result.commands);
            over = result.broken && !options->goes_on;
            if (over && !options->quiet) { /* let it say its piece */
                (void)tend(options, workers, next, true, &failed);
                (void)usleep(200000);
            }
        } else {
            over = tend(options, workers, next, false, &failed) == 0;
        }
        over = over || (options->hours > 0 && now_s() - began_s > options->hours * 3600);
        if (isatty(STDERR_FILENO) && !options->quiet && now_s() - shown_s > PROGRESS_MS / 1000.0) {
            show_progress(options, sum, began_s);
            shown_s = now_s();
        }
    }
    sum->seconds = now_s() - began_s;
    end_workers(workers, options->jobs);
    (void)close(ends[0]);
    (void)close(ends[1]);
    (void)munmap(next, sizeof(*next));
    if (failed) {
        fprintf(stderr, "a worker crashed\n");
    }
    return !failed;
}

/* Looks for the bug that is planted, whatever worlds break without it. Returns how many worlds it took; 0: it was
 * not found. */
static uint64_t look_for(const struct run_options *options, const char *name, struct run_sum *sum)
{
    struct run_options from = *options;
    uint64_t worlds = 0;
    while (from.first <= from.last) {
        static struct run_sum without;
        struct run_options same = from;
        (void)bug_plant(name);
        if (!run_all(&from, sum) || sum->broken == 0) {
            return 0;
        }
        worlds += sum->worlds;
        same.first = same.last = from.first = sum->first.seed;
        (void)bug_plant("");
        if (run_all(&same, &without) && without.broken == 0) {
            return worlds;
        }
        from.first++;
    }
    return 0;
}

int run_bugs(const struct run_options *options)
{
    int not_found = 0;
    printf("%-30s %6s  %s\n", "planted bug", "worlds", "how it showed");
    for (uint32_t at = 0; at < bugs_count(); at++) {
        static struct run_sum sum;
        if (!bug_plant(bug_name(at))) {
            fprintf(stderr,
                    "this build has no planted bugs: configure with -DBOON_PLANTED_BUGS=ON\n");
            return (int)bugs_count();
        }
        uint64_t worlds = look_for(options, bug_name(at), &sum);
        not_found += worlds > 0 ? 0 : 1;
        printf("%-30s %6" PRIu64 "  %.150s\n", bug_name(at), worlds,
               worlds > 0 ? sum.first.text : "NOT FOUND");
        (void)fflush(stdout);
    }
    return not_found;
}
