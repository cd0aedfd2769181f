/* run.c -- threads start together, the main thread shows progress, results are added up. */
#include "run.h"

#include "progress.h"

#include <pthread.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

bool run_init(struct run *run, const struct options *options, volatile sig_atomic_t *interrupted,
              struct failure *failure)
{
    *run = (struct run){.options = options, .interrupted = interrupted};
    run->peer = peer_of(options);
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    uint64_t moment[3] = {(uint64_t)now.tv_sec, (uint64_t)now.tv_nsec, (uint64_t)getpid()};
    uint64_t mixed = intern_hash((struct span){(const char *)moment, sizeof moment});
    snprintf(run->id, sizeof run->id, "%08x", (unsigned)mixed);
    if (!endpoint_init(&run->endpoint, options, failure))
        return false;
    run->endpoint.probe = run->peer->probe;
    return true;
}

void run_deinit(struct run *run)
{
    if (run->has_ledger)
        ledger_deinit(&run->ledger);
    roll_deinit(&run->roll);
}

void run_request_id(const struct run *run, uint64_t serial, char out[static FORM_ID_BYTES])
{
    static const char digits[] = "0123456789abcdef";
    memcpy(out, run->id, 8);
    out[8] = '-';
    for (size_t i = FORM_ID_BYTES; i-- > 9;) {
        out[i] = digits[serial & 15];
        serial >>= 4;
    }
}

static bool campaigns_create(struct client *client, const struct peer *peer,
                             const struct roll *roll, struct failure *failure)
{
    for (uint32_t first = 0; first < roll->campaign_count; first += PEER_BATCH) {
        uint32_t left = roll->campaign_count - first;
        uint32_t end = first + (left < PEER_BATCH ? left : PEER_BATCH);
        for (uint32_t i = first; i < end; i++)
            peer->create_ask(client, &roll->campaigns[i]);
        for (uint32_t i = first; i < end; i++) {
            if (!peer->create_take(client, &roll->campaigns[i], failure))
                return false;
        }
    }
    return true;
}

bool run_prepare(struct run *run, struct failure *failure)
{
    const struct options *options = run->options;
    struct client *client = client_open(&run->endpoint, 0, failure);
    if (!client)
        return false;
    bool done = run->peer->prepare(client, options, &run->endpoint, &run->session, failure);
    if (done && !options->no_create)
        done = campaigns_create(client, run->peer, &run->roll, failure);
    if (done && options->audit != AUDIT_NONE)
        done = audit_before(client, run->peer, &run->roll, !options->no_create, failure);
    if (done && options->mode == MODE_SALE && options->prepare_points)
        done = run->peer->points_give(client, &run->roll, failure);
    client_close(&client);
    return done;
}

/* Let the process open as many sockets as the system allows. */
static void sockets_allow(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
}

struct thread {
    pthread_t id;
    struct worker worker;
    pthread_barrier_t *connected, *begin;
    const uint64_t *start_ns;
    _Atomic uint32_t *running;
};

static void *thread_main(void *context)
{
    struct thread *thread = context;
    worker_connect(&thread->worker);
    pthread_barrier_wait(thread->connected);
    pthread_barrier_wait(thread->begin);
    worker_run(&thread->worker, *thread->start_ns);
    atomic_fetch_sub(thread->running, 1);
    return NULL;
}

static struct worker_settings settings_of(const struct run *run)
{
    const struct options *options = run->options;
    double patience_s = options->drain_seconds + (options->retry ? options->retry_seconds : 0);
    return (struct worker_settings){
        .endpoint = &run->endpoint,
        .pipeline = (uint32_t)options->pipeline,
        .interval_ns = options->rate > 0 ? (double)options->threads * 1e9 / options->rate : 0,
        .give_up_ns = options->give_up > 0 ? (uint64_t)(options->give_up * 1e6) : 0,
        .within_ns = (uint64_t)(options->within * 1e6),
        .warmup_ns = (uint64_t)(options->warmup * 1e9),
        .send_ns = options->seconds > 0 ? (uint64_t)(options->seconds * 1e9) : 0,
        .silence_ns = (uint64_t)(patience_s * 1e9),
        .retry = options->retry,
        .retry_ns = (uint64_t)(options->retry_seconds * 1e9),
        .interrupted = run->interrupted,
    };
}

/* Show progress until all threads have ended. */
static void threads_watch(struct thread *threads, size_t count, _Atomic uint32_t *running,
                          struct progress *progress)
{
    while (atomic_load(running) > 0) {
        uint64_t counts[OUTCOME_COUNT] = {0};
        for (size_t i = 0; i < count; i++) {
            for (size_t o = 0; o < OUTCOME_COUNT; o++)
                counts[o] += atomic_load_explicit(&threads[i].worker.live[o], memory_order_relaxed);
        }
        progress_show(progress, counts, clock_ns());
        usleep(20000);
    }
    progress_end(progress);
}

/* Add one worker's findings to the result. */
static void worker_collect(struct worker *worker, struct result *result, uint64_t *last_ns)
{
    series_merge(&result->series, &worker->series);
    words_merge(&result->errors, &worker->errors);
    words_merge(&result->refusals, &worker->refusals);
    histogram_merge(&result->accepted, &worker->accepted);
    histogram_merge(&result->late, &worker->late);
    result->warmup_answers += worker->warmup_answers;
    result->reconnects += worker->reconnects;
    result->resent += worker->resent;
    result->lanes_lost += worker->lanes_lost;
    result->unsent += worker->unsent;
    result->given_up += worker->given_up;
    double share = worker->cpu_wall_ns ? (double)worker->cpu_ns / (double)worker->cpu_wall_ns : 0;
    if (share > result->cpu_share)
        result->cpu_share = share;
    if (worker->last_answer_ns > *last_ns)
        *last_ns = worker->last_answer_ns;
}

static void result_collect(struct run *run, struct thread *threads, uint64_t measure_ns,
                           struct result *result)
{
    const struct options *options = run->options;
    uint64_t last_ns = measure_ns;
    series_init(&result->series, measure_ns);
    for (int64_t i = 0; i < options->threads; i++)
        worker_collect(&threads[i].worker, result, &last_ns);
    series_total(&result->series, &result->total);
    result->options = options;
    snprintf(result->server, sizeof result->server, "%s", run->endpoint.name);
    result->seconds = (double)(last_ns - measure_ns) / 1e9;
    /* A rate over less than the sending time would flatter a server that answers late. */
    bool timed = options->requests < 0 && !*run->interrupted;
    if (timed && options->seconds > result->seconds)
        result->seconds = options->seconds;
    result->interrupted = *run->interrupted;
    result->generator_bound = result_is_generator_bound(result->cpu_share);
}

static uint64_t unix_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

bool run_load(struct run *run, const struct plan *plans, uint64_t requests, struct result *result,
              struct failure *failure)
{
    const struct options *options = run->options;
    size_t count = (size_t)options->threads;
    struct thread *threads = memory_zeroed(count, sizeof *threads);
    struct worker_settings *settings = memory_zeroed(count, sizeof *settings);
    pthread_barrier_t connected, begin;
    _Atomic uint32_t running = (uint32_t)count;
    uint64_t start_ns = 0;
    time_t now = time(NULL);
    struct tm utc;
    strftime(result->started, sizeof result->started, "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&now, &utc));
    sockets_allow();
    pthread_barrier_init(&connected, NULL, (unsigned)count + 1);
    pthread_barrier_init(&begin, NULL, (unsigned)count + 1);
    uint32_t lane = 0;
    for (size_t i = 0; i < count; i++) {
        uint32_t lanes = (uint32_t)((size_t)options->connections * (i + 1) / count) - lane;
        settings[i] = settings_of(run);
        settings[i].offset_ns = settings[i].interval_ns * (double)i / (double)count;
        worker_init(&threads[i].worker, &settings[i], plans[i], lane, lanes);
        lane += lanes;
        threads[i].connected = &connected;
        threads[i].begin = &begin;
        threads[i].start_ns = &start_ns;
        threads[i].running = &running;
        if (pthread_create(&threads[i].id, NULL, thread_main, &threads[i]) != 0) {
            fprintf(stderr, "boon-load: cannot start thread %zu of %zu\n", i + 1, count);
            exit(3);
        }
    }
    pthread_barrier_wait(&connected);
    start_ns = clock_ns();
    result->began_unix_ms = unix_ms() + (uint64_t)(options->warmup * 1e3);
    pthread_barrier_wait(&begin);
    struct progress progress;
    progress_init(&progress, options, requests, start_ns);
    threads_watch(threads, count, &running, &progress);
    for (size_t i = 0; i < count; i++)
        pthread_join(threads[i].id, NULL);
    result_collect(run, threads, start_ns + (uint64_t)(options->warmup * 1e9), result);
    for (size_t i = 0; i < count; i++)
        worker_deinit(&threads[i].worker);
    free(threads);
    free(settings);
    pthread_barrier_destroy(&connected);
    pthread_barrier_destroy(&begin);
    if (result->lanes_lost == (uint64_t)options->connections && result_answers(result) == 0)
        return failure_set(failure, "none of the connections to %s stood: %s", run->endpoint.name,
                           result->errors.count ? result->errors.entries[0].sample : "no answer");
    return true;
}
