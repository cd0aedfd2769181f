/* load_worker.c -- in the open loop nobody's waiting is hidden: it is measured, or counted as given up. */
#include "worker.h"

#include <criterion/criterion.h>
#include <pthread.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

static const uint64_t ms = 1000000;

/* A server of one connection that keeps silent for a while and then answers every line with OK. */
struct silent_server {
    int listener;
    useconds_t silent_us;
};

static void *silent_server_main(void *context)
{
    const struct silent_server *server = context;
    char in[4096];
    int socket = accept(server->listener, NULL, NULL);
    ssize_t got = recv(socket, in, sizeof in, 0);
    usleep(server->silent_us);
    for (; got > 0; got = recv(socket, in, sizeof in, 0)) {
        for (ssize_t i = 0; i < got; i++) {
            if (in[i] == '\n')
                send(socket, "+OK\r\n", 5, MSG_NOSIGNAL);
        }
    }
    close(socket);
    return NULL;
}

static bool plan_next(void *context, struct lane *lane, struct request *request)
{
    (void)context;
    (void)lane;
    *request = (struct request){.kind = REQUEST_CLAIM};
    return true;
}

static size_t plan_write(void *context, const struct request *request, char *out)
{
    (void)context;
    (void)request;
    memcpy(out, "CLAIM\r\n", 7);
    return 7;
}

/* One connection, one request in flight, 100 requests a second for half a second, the first answer
 * after 300 ms. */
static void half_a_second(uint64_t give_up_ns, struct worker *worker, struct series_slot *total)
{
    static volatile sig_atomic_t interrupted;
    static struct worker_settings settings;
    static struct endpoint endpoint;
    char path[] = "/tmp/boon-load-worker-XXXXXX";
    cr_assert_not_null(mkdtemp(path));
    struct sockaddr_un *address = (struct sockaddr_un *)(void *)&endpoint.address;
    address->sun_family = AF_UNIX;
    snprintf(address->sun_path, sizeof address->sun_path, "%s/socket", path);
    endpoint.address_bytes = sizeof *address;
    struct silent_server server = {.listener = socket(AF_UNIX, SOCK_STREAM, 0),
                                   .silent_us = 300000};
    cr_assert_eq(bind(server.listener, (struct sockaddr *)address, sizeof *address), 0);
    cr_assert_eq(listen(server.listener, 1), 0);
    pthread_t thread;
    cr_assert_eq(pthread_create(&thread, NULL, silent_server_main, &server), 0);

    settings = (struct worker_settings){
        .endpoint = &endpoint,
        .pipeline = 1,
        .interval_ns = 10.0 * (double)ms,
        .give_up_ns = give_up_ns,
        .within_ns = 100 * ms,
        .send_ns = 500 * ms,
        .silence_ns = 10000 * ms,
        .interrupted = &interrupted,
    };
    struct plan plan = {.request_bytes_max = 7, .next = plan_next, .write = plan_write};
    worker_init(worker, &settings, plan, 0, 1);
    worker_connect(worker);
    worker_run(worker, clock_ns());
    series_total(&worker->series, total);
    worker_deinit(worker);
    pthread_join(thread, NULL);
    close(server.listener);
    unlink(address->sun_path);
    rmdir(path);
}

static struct worker worker;
static struct series_slot total;

Test(worker, callers_give_up_while_the_server_keeps_them_from_asking)
{
    half_a_second(50 * ms, &worker, &total);
    uint64_t answers = total.outcomes[OUTCOME_OK];
    cr_assert_eq(answers + worker.given_up + worker.unsent, 50u, "%lu, %lu and %lu", answers,
                 worker.given_up, worker.unsent);
    cr_assert_eq(total.outcomes[OUTCOME_UNANSWERED], 0u);
    cr_assert_geq(worker.given_up, 20u, "%lu", worker.given_up); /* due from 10 to 240 ms */
    cr_assert_lt(total.within, answers); /* the first was answered, and not in time */
    cr_assert_gt(total.within, 0u);
}

Test(worker, without_give_up_all_wait_for_their_turn)
{
    half_a_second(0, &worker, &total);
    uint64_t answers = total.outcomes[OUTCOME_OK];
    cr_assert_eq(worker.given_up, 0u);
    cr_assert_eq(answers + worker.unsent, 50u, "%lu and %lu", answers, worker.unsent);
    cr_assert_leq(total.within, answers - 20); /* those due before 200 ms */
}
