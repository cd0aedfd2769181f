/* worker.c -- the generator's loop. */
#include "worker.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#define EVENTS_MAX 256
static const size_t inbox_bytes = 1024 * 1024;
static const uint64_t backoff_ns_least = 10 * UINT64_C(1000000);
static const uint64_t backoff_ns_most = 500 * UINT64_C(1000000);
static const uint64_t connect_ns_most = 10 * UINT64_C(1000000000);
static const uint64_t wait_ns_most = 100 * UINT64_C(1000000);

static void lane_advance(struct worker *worker, struct lane *lane);

void worker_init(struct worker *worker, const struct worker_settings *settings, struct plan plan,
                 uint32_t lane_first, uint32_t lanes)
{
    memset(worker, 0, sizeof *worker);
    worker->settings = settings;
    worker->plan = plan;
    worker->lane_count = lanes;
    worker->epoll = epoll_create1(EPOLL_CLOEXEC);
    ASSERT(worker->epoll >= 0);
    worker->inbox = memory_resized(NULL, inbox_bytes, 1);
    worker->lanes = memory_zeroed(lanes, sizeof *worker->lanes);
    worker->touched = memory_zeroed(lanes, sizeof(struct lane *));
    for (uint32_t i = 0; i < lanes; i++)
        lane_init(&worker->lanes[i], lane_first + i, worker->epoll, settings->pipeline,
                  plan.request_bytes_max);
    worker->lanes_left = lanes;
}

void worker_deinit(struct worker *worker)
{
    for (uint32_t i = 0; i < worker->lane_count; i++)
        lane_deinit(&worker->lanes[i]);
    close(worker->epoll);
    free(worker->inbox);
    free(worker->lanes);
    free(worker->touched);
    series_deinit(&worker->series);
}

static uint64_t thread_cpu_ns(void)
{
    struct timespec used;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
    return (uint64_t)used.tv_sec * UINT64_C(1000000000) + (uint64_t)used.tv_nsec;
}

/* Enter what a request came to. */
static void request_settle(struct worker *worker, const struct request *request,
                           enum outcome outcome, const struct reply *reply, uint64_t now_ns)
{
    worker->unanswered--;
    worker->progress_ns = now_ns;
    uint64_t count = atomic_load_explicit(&worker->live[outcome], memory_order_relaxed);
    atomic_store_explicit(&worker->live[outcome], count + 1, memory_order_relaxed);
    if (worker->plan.answered)
        worker->plan.answered(worker->plan.context, request, outcome, reply, now_ns);
    if (!worker->slot) {
        worker->warmup_answers++;
        return;
    }
    worker->slot->outcomes[outcome]++;
    if (outcome == OUTCOME_ERROR)
        words_add(&worker->errors,
                  reply->first.kind == REPLY_ERROR ? reply->first.text : span_of("STRANGE reply"),
                  1);
    if (outcome_is_error(outcome))
        return;
    worker->last_answer_ns = now_ns;
    if (outcome == OUTCOME_REFUSED)
        words_add(&worker->refusals, reply->status.text, 1);
    struct histogram *histogram = request->kind == REQUEST_CLAIM ? &worker->slot->claims
                                                                 : &worker->slot->lookups;
    uint64_t latency_ns = now_ns > request->made_ns ? now_ns - request->made_ns : 0;
    histogram_record(histogram, latency_ns);
    worker->slot->within += latency_ns <= worker->settings->within_ns;
    if (outcome == OUTCOME_OK)
        histogram_record(&worker->accepted, latency_ns);
}

/* Let the lane wait before it tries again, each time a little longer. */
static void lane_back_off(struct worker *worker, struct lane *lane, uint64_t now_ns)
{
    lane->backoff_ns = lane->backoff_ns ? 2 * lane->backoff_ns : backoff_ns_least;
    if (lane->backoff_ns > backoff_ns_most)
        lane->backoff_ns = backoff_ns_most;
    if (!lane->wake_ns)
        worker->lanes_waiting++;
    lane->wake_ns = now_ns + lane->backoff_ns;
    if (!lane->failing_since_ns)
        lane->failing_since_ns = now_ns;
}

/* Give the lane up: nothing on it will be answered any more. */
static void lane_die(struct worker *worker, struct lane *lane, const char *why, uint64_t now_ns)
{
    lane_drop(lane);
    lane->state = LANE_DEAD;
    worker->lanes_lost++;
    if (lane->wake_ns)
        worker->lanes_waiting--;
    lane->wake_ns = 0;
    if (!lane->finished)
        worker->lanes_left--;
    lane->finished = true;
    char sentence[WORD_SAMPLE_MAX];
    snprintf(sentence, sizeof sentence, "CONNECTION_LOST %s", why);
    words_add(&worker->errors, span_of(sentence), 1);
    for (; lane->tail != lane->head; lane->tail++)
        request_settle(worker, lane_request(lane, lane->tail), OUTCOME_UNANSWERED, NULL, now_ns);
    lane->sent = lane->head;
}

/* The connection broke or could not be made: try again later, or give up. */
static void lane_lost(struct worker *worker, struct lane *lane, const char *why)
{
    uint64_t now_ns = clock_ns();
    lane_drop(lane);
    bool late = lane->failing_since_ns &&
                now_ns - lane->failing_since_ns > worker->settings->retry_ns;
    if (!worker->settings->retry || late) {
        lane_die(worker, lane, why, now_ns);
        return;
    }
    lane->state = LANE_WAITING;
    lane_back_off(worker, lane, now_ns);
}

/* Tell a server that cannot answer now from one that never will. */
static bool error_passes(struct span text)
{
    static const char *const passing[] = {"LOADING", "BUSY", "TRYAGAIN", "MASTERDOWN"};
    for (size_t i = 0; i < sizeof passing / sizeof passing[0]; i++) {
        size_t length = strlen(passing[i]);
        if (text.length >= length && memcmp(text.bytes, passing[i], length) == 0)
            return true;
    }
    return false;
}

/* Take one reply for the lane's oldest request. False when the lane is of no further use. */
static bool reply_take(struct worker *worker, struct lane *lane, const struct reply *reply,
                       uint64_t now_ns)
{
    if (reply->first.kind == REPLY_ASIDE)
        return true;
    bool error = reply->first.kind == REPLY_ERROR;
    bool passing = error && worker->settings->retry && error_passes(reply->first.text);
    if (lane->tail == lane->sent) {
        char why[WORD_SAMPLE_MAX];
        struct span text = error ? reply->first.text : span_of("a reply nobody asked for");
        snprintf(why, sizeof why, "%.*s", (int)text.length, text.bytes);
        lane_lost(worker, lane, why);
        return false;
    }
    struct request request = *lane_request(lane, lane->tail);
    if (request.kind == REQUEST_GREETING) {
        if (error) {
            lane_lost(worker, lane, "the greeting was refused");
            return false;
        }
        lane->tail++;
        return true;
    }
    lane->tail++;
    if (passing) {
        request.again = true;
        *lane_request(lane, lane->head++) = request;
        lane_back_off(worker, lane, now_ns);
        if (now_ns - lane->failing_since_ns > worker->settings->retry_ns) {
            lane_die(worker, lane, "the server kept answering that it cannot answer", now_ns);
            return false;
        }
        return true;
    }
    lane->failing_since_ns = lane->backoff_ns = 0;
    enum outcome outcome = request.kind == REQUEST_CLAIM ? outcome_of_claim(reply)
                                                         : outcome_of_lookup(reply);
    request_settle(worker, &request, outcome, reply, now_ns);
    return true;
}

/* Take all whole replies at the front of the inbox. Returns the bytes taken, or SIZE_MAX when the
 * lane was lost over them. */
static size_t inbox_take(struct worker *worker, struct lane *lane, size_t length, uint64_t now_ns)
{
    size_t at = 0;
    struct reply reply;
    while (at < length) {
        enum reply_scan found = reply_scan(worker->inbox + at, length - at, &reply);
        if (found == REPLY_MORE)
            break;
        if (found == REPLY_BAD) {
            lane_die(worker, lane, "the server does not speak RESP", now_ns);
            return SIZE_MAX;
        }
        at += reply.length;
        if (!reply_take(worker, lane, &reply, now_ns))
            return SIZE_MAX;
    }
    return at;
}

static void lane_read(struct worker *worker, struct lane *lane)
{
    for (;;) {
        size_t carried = lane->carry_used;
        size_t room = inbox_bytes - carried;
        if (room == 0) {
            lane_die(worker, lane, "a reply is longer than 1 MiB", clock_ns());
            return;
        }
        if (carried)
            memcpy(worker->inbox, lane->carry, carried);
        ssize_t got = recv(lane->socket, worker->inbox + carried, room, 0);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0 && errno == EAGAIN)
            break;
        if (got <= 0) {
            lane_lost(worker, lane, got < 0 ? strerror(errno) : "the server closed it");
            return;
        }
        uint64_t now_ns = clock_ns();
        bool measured = now_ns >= worker->measure_ns;
        worker->slot = measured ? series_at(&worker->series, now_ns) : NULL;
        size_t length = carried + (size_t)got;
        size_t taken = inbox_take(worker, lane, length, now_ns);
        if (taken == SIZE_MAX)
            return;
        lane_carry(lane, worker->inbox + taken, length - taken);
        if ((size_t)got < room)
            break;
    }
    lane_advance(worker, lane);
}

/* Tell whether the lane's buffer takes one more request. */
static bool lane_has_room(const struct worker *worker, const struct lane *lane)
{
    return lane->out_room - lane->out_used >= worker->plan.request_bytes_max;
}

/* Take one new request from the plan onto the lane. */
static bool request_take(struct worker *worker, struct lane *lane, uint64_t made_ns)
{
    struct request *request = lane_request(lane, lane->head);
    if (!worker->plan.next(worker->plan.context, lane, request)) {
        lane->finished = true;
        worker->lanes_left--;
        return false;
    }
    request->made_ns = made_ns;
    request->again = false;
    lane->head++;
    if (worker->unanswered++ == 0)
        worker->progress_ns = made_ns;
    return true;
}

static void request_write(struct worker *worker, struct lane *lane)
{
    const struct request *request = lane_request(lane, lane->sent++);
    worker->resent += request->again;
    lane->out_used += worker->plan.write(worker->plan.context, request, lane->out + lane->out_used);
}

/* Write what the lane may send now: first what must go again, then, in the closed loop, new
 * requests up to the pipeline's depth. */
static void lane_advance(struct worker *worker, struct lane *lane)
{
    if (lane->state != LANE_OPEN || lane->wake_ns || worker->start_ns == 0)
        return;
    bool takes_new = worker->settings->interval_ns == 0 && !worker->stopping;
    uint64_t now_ns = clock_ns();
    while (lane_has_room(worker, lane)) {
        if (lane->sent == lane->head) {
            bool room = lane_unanswered(lane) < worker->settings->pipeline;
            if (!takes_new || lane->finished || !room || !request_take(worker, lane, now_ns))
                break;
        }
        request_write(worker, lane);
    }
    if (!lane_flush(lane))
        lane_lost(worker, lane, strerror(errno));
}

static void lane_event(struct worker *worker, struct lane *lane, uint32_t events)
{
    if (lane->socket < 0)
        return;
    if (lane->state == LANE_CONNECTING) {
        int error = endpoint_socket_error(lane->socket);
        if (error) {
            lane_lost(worker, lane, strerror(error));
            return;
        }
        worker->reconnects += worker->start_ns != 0;
        lane_opened(lane, worker->settings->endpoint);
        if (!lane_flush(lane))
            lane_lost(worker, lane, strerror(errno));
        else
            lane_advance(worker, lane);
        return;
    }
    if (events & EPOLLOUT) {
        lane_advance(worker, lane);
        if (lane->state == LANE_OPEN && lane->writing && !lane_flush(lane))
            lane_lost(worker, lane, strerror(errno));
    }
    if (lane->socket >= 0 && (events & (EPOLLIN | EPOLLERR | EPOLLHUP)))
        lane_read(worker, lane);
}

/* Wake the lanes whose wait is over; returns when the next one is due. */
static uint64_t lanes_wake(struct worker *worker, uint64_t now_ns)
{
    uint64_t next_ns = UINT64_MAX;
    if (worker->lanes_waiting == 0)
        return next_ns;
    for (uint32_t i = 0; i < worker->lane_count; i++) {
        struct lane *lane = &worker->lanes[i];
        if (lane->wake_ns > now_ns && lane->wake_ns < next_ns)
            next_ns = lane->wake_ns;
        if (!lane->wake_ns || lane->wake_ns > now_ns)
            continue;
        worker->lanes_waiting--;
        lane->wake_ns = 0;
        if (lane->state == LANE_OPEN)
            lane_advance(worker, lane);
        else if (!lane_connect(lane, worker->settings->endpoint))
            lane_lost(worker, lane, strerror(errno));
        if (lane->wake_ns && lane->wake_ns < next_ns)
            next_ns = lane->wake_ns;
    }
    return next_ns;
}

/* Find the next lane that can take a request at once; NULL when all are busy. */
static struct lane *lane_free(struct worker *worker)
{
    for (uint32_t i = 0; i < worker->lane_count; i++) {
        struct lane *lane = &worker->lanes[worker->turn_lane];
        worker->turn_lane = worker->turn_lane + 1 == worker->lane_count ? 0 : worker->turn_lane + 1;
        if (lane->state == LANE_OPEN && !lane->wake_ns && lane->sent == lane->head &&
            lane_unanswered(lane) < worker->settings->pipeline && lane_has_room(worker, lane))
            return lane;
    }
    return NULL;
}

/* Tell whether the caller of a request that was due then has gone away; if so, count it. */
static bool due_given_up(struct worker *worker, uint64_t due_ns, uint64_t now_ns)
{
    uint64_t give_up_ns = worker->settings->give_up_ns;
    if (give_up_ns == 0 || now_ns - due_ns <= give_up_ns || due_ns >= worker->stop_ns)
        return false;
    worker->given_up += due_ns >= worker->measure_ns;
    if (!worker->backlogged && now_ns >= worker->measure_ns) /* it was we who were late */
        histogram_record(&worker->late, now_ns - due_ns);
    return true;
}

/* Open loop: send all that is due. */
static void due_send(struct worker *worker, uint64_t now_ns)
{
    uint32_t touched = 0;
    for (; !worker->stopping; worker->due_count++) {
        worker->due_ns = worker->settings->offset_ns +
                         (double)worker->due_count * worker->settings->interval_ns;
        uint64_t due_ns = worker->start_ns + (uint64_t)worker->due_ns;
        if (due_ns > now_ns) {
            worker->backlogged = false;
            break;
        }
        if (due_given_up(worker, due_ns, now_ns))
            continue;
        struct lane *lane = lane_free(worker);
        if (!lane) {
            worker->backlogged = true;
            break;
        }
        if (due_ns >= worker->stop_ns || !request_take(worker, lane, due_ns)) {
            worker->stopping = true;
            break;
        }
        if (!worker->backlogged && now_ns >= worker->measure_ns)
            histogram_record(&worker->late, now_ns - due_ns);
        if (lane->out_used == 0)
            worker->touched[touched++] = lane;
        request_write(worker, lane);
    }
    for (uint32_t i = 0; i < touched; i++) {
        if (!lane_flush(worker->touched[i]))
            lane_lost(worker, worker->touched[i], strerror(errno));
    }
}

/* Sending is over: note what it cost, and what never got its turn. */
static void sending_end(struct worker *worker, uint64_t now_ns)
{
    worker->cpu_ns = thread_cpu_ns() - worker->cpu_start_ns;
    uint64_t from_ns = worker->start_ns > worker->measure_ns ? worker->start_ns
                                                             : worker->measure_ns;
    worker->cpu_wall_ns = now_ns > from_ns ? now_ns - from_ns : 1;
    double interval_ns = worker->settings->interval_ns;
    uint64_t end_ns = now_ns < worker->stop_ns ? now_ns : worker->stop_ns;
    double left_ns = (double)(end_ns - worker->start_ns) - worker->due_ns;
    if (interval_ns > 0 && worker->lanes_left == worker->lane_count && left_ns > 0)
        worker->unsent = (uint64_t)(left_ns / interval_ns);
}

/* Sleep until a socket is ready or the next thing is due, then handle all that is ready. */
static void worker_turn(struct worker *worker, uint64_t wake_ns)
{
    struct epoll_event events[EVENTS_MAX];
    uint64_t now_ns = clock_ns();
    uint64_t wait_ns = wake_ns > now_ns ? wake_ns - now_ns : 0;
    if (wait_ns > wait_ns_most)
        wait_ns = wait_ns_most;
    struct timespec wait = {.tv_nsec = (long)wait_ns};
    int count = epoll_pwait2(worker->epoll, events, EVENTS_MAX, &wait, NULL);
    if (count < 0 && errno == ENOSYS) /* before Linux 5.11: whole milliseconds only */
        count = epoll_wait(worker->epoll, events, EVENTS_MAX, (int)((wait_ns + 999999) / 1000000));
    if (count <= 0)
        return;
    now_ns = clock_ns();
    for (int i = 0; i < count; i++)
        lane_event(worker, events[i].data.ptr, events[i].events);
    if (worker->start_ns && worker->settings->interval_ns == 0 && now_ns >= worker->measure_ns)
        histogram_record(&worker->late, clock_ns() - now_ns);
}

void worker_connect(struct worker *worker)
{
    prctl(PR_SET_TIMERSLACK, 1UL, 0, 0, 0);
    worker->measure_ns = UINT64_MAX;
    uint64_t give_up_ns = clock_ns() + connect_ns_most;
    for (uint32_t i = 0; i < worker->lane_count; i++) {
        struct lane *lane = &worker->lanes[i];
        if (lane_connect(lane, worker->settings->endpoint))
            continue;
        if (errno == EAGAIN) { /* a unix socket's queue is full for the moment */
            lane->state = LANE_WAITING;
            lane_back_off(worker, lane, clock_ns());
        } else {
            lane_lost(worker, lane, strerror(errno));
        }
    }
    for (uint32_t open = 0; open < worker->lane_count;) {
        uint64_t now_ns = clock_ns();
        if (now_ns > give_up_ns || *worker->settings->interrupted)
            return;
        lanes_wake(worker, now_ns);
        worker_turn(worker, now_ns + backoff_ns_least);
        open = 0;
        for (uint32_t i = 0; i < worker->lane_count; i++) {
            struct lane *lane = &worker->lanes[i];
            bool ready = lane->state == LANE_OPEN && lane->tail == lane->head;
            open += ready || lane->state == LANE_DEAD;
        }
    }
}

/* Give up what is still unanswered. */
static void worker_abandon(struct worker *worker, uint64_t now_ns)
{
    for (uint32_t i = 0; i < worker->lane_count; i++) {
        struct lane *lane = &worker->lanes[i];
        if (lane->state != LANE_DEAD && lane_unanswered(lane) > 0)
            lane_die(worker, lane, "no answer came", now_ns);
    }
}

void worker_run(struct worker *worker, uint64_t start_ns)
{
    const struct worker_settings *settings = worker->settings;
    worker->start_ns = worker->progress_ns = worker->last_answer_ns = start_ns;
    worker->measure_ns = start_ns + settings->warmup_ns;
    worker->stop_ns = settings->send_ns ? worker->measure_ns + settings->send_ns : UINT64_MAX;
    series_init(&worker->series, worker->measure_ns);
    bool ended = false, measuring = false;
    for (uint32_t i = 0; i < worker->lane_count; i++)
        lane_advance(worker, &worker->lanes[i]);
    for (;;) {
        uint64_t now_ns = clock_ns();
        if (!measuring && now_ns >= worker->measure_ns) {
            measuring = true;
            worker->cpu_start_ns = thread_cpu_ns();
        }
        if (measuring)
            worker->slot = series_at(&worker->series, now_ns);
        uint64_t wake_ns = lanes_wake(worker, now_ns);
        if (settings->interval_ns > 0) /* first: what was due before the end still goes out */
            due_send(worker, now_ns);
        worker->stopping |= now_ns >= worker->stop_ns || *settings->interrupted ||
                            worker->lanes_left == 0;
        if (worker->stopping && !ended) {
            ended = true;
            sending_end(worker, now_ns);
        }
        if (ended && worker->unanswered == 0)
            return;
        uint64_t quiet_ns = now_ns > worker->progress_ns ? now_ns - worker->progress_ns : 0;
        if (worker->unanswered > 0 && quiet_ns > settings->silence_ns) {
            worker_abandon(worker, now_ns);
            continue;
        }
        uint64_t due_ns = start_ns + (uint64_t)worker->due_ns;
        if (settings->interval_ns > 0 && !worker->backlogged && !ended && due_ns < wake_ns)
            wake_ns = due_ns;
        if (!ended && worker->stop_ns < wake_ns)
            wake_ns = worker->stop_ns;
        worker_turn(worker, wake_ns);
    }
}
