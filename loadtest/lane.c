/* lane.c -- sockets and buffers of one connection. */
#include "lane.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#define GREETING_COUNT_MAX 4U
static const size_t out_bytes_least = 8 * 1024;
static const size_t out_bytes_most = 256 * 1024;

void lane_init(struct lane *lane, uint32_t number, int epoll, uint32_t pipeline,
               size_t request_bytes_max)
{
    *lane = (struct lane){.number = number, .socket = -1, .epoll = epoll};
    uint32_t room = 4;
    while (room < pipeline + GREETING_COUNT_MAX)
        room *= 2;
    lane->ring = memory_zeroed(room, sizeof *lane->ring);
    lane->ring_mask = room - 1;
    size_t wanted = pipeline * request_bytes_max + 1024;
    if (wanted > out_bytes_most)
        wanted = out_bytes_most;
    lane->out_room = wanted < out_bytes_least ? out_bytes_least : wanted;
    lane->out = memory_resized(NULL, lane->out_room, 1);
}

void lane_deinit(struct lane *lane)
{
    if (lane->socket >= 0)
        close(lane->socket);
    free(lane->ring);
    free(lane->out);
    free(lane->carry);
    *lane = (struct lane){.socket = -1};
}

/* Tell epoll what the lane waits for. */
static bool lane_watch(struct lane *lane, int operation, bool writing)
{
    struct epoll_event event = {.events = EPOLLIN | (writing ? (uint32_t)EPOLLOUT : 0U),
                                .data.ptr = lane};
    lane->writing = writing;
    return epoll_ctl(lane->epoll, operation, lane->socket, &event) == 0;
}

bool lane_connect(struct lane *lane, const struct endpoint *endpoint)
{
    ASSERT(lane->socket < 0);
    lane->wake_ns = 0;
    lane->socket = endpoint_start(endpoint);
    if (lane->socket < 0)
        return false;
    lane->state = LANE_CONNECTING;
    return lane_watch(lane, EPOLL_CTL_ADD, true);
}

void lane_opened(struct lane *lane, const struct endpoint *endpoint)
{
    ASSERT(lane->state == LANE_CONNECTING);
    ASSERT(lane->sent == lane->tail);
    lane->state = LANE_OPEN;
    lane_watch(lane, EPOLL_CTL_MOD, false);
    ASSERT(endpoint->greeting_count <= GREETING_COUNT_MAX);
    memcpy(lane->out, endpoint->greeting, endpoint->greeting_bytes);
    lane->out_used = endpoint->greeting_bytes;
    for (uint32_t i = 0; i < endpoint->greeting_count; i++)
        *lane_request(lane, --lane->tail) = (struct request){.kind = REQUEST_GREETING};
}

void lane_drop(struct lane *lane)
{
    if (lane->socket >= 0)
        close(lane->socket);
    lane->socket = -1;
    lane->out_from = lane->out_used = lane->carry_used = 0;
    while (lane->tail != lane->sent && lane_request(lane, lane->tail)->kind == REQUEST_GREETING)
        lane->tail++;
    for (uint32_t i = lane->tail; i != lane->sent; i++)
        lane_request(lane, i)->again = true;
    lane->sent = lane->tail;
}

bool lane_flush(struct lane *lane)
{
    while (lane->out_from < lane->out_used) {
        ssize_t took = send(lane->socket, lane->out + lane->out_from,
                            lane->out_used - lane->out_from, MSG_NOSIGNAL);
        if (took >= 0) {
            lane->out_from += (size_t)took;
            continue;
        }
        if (errno == EINTR)
            continue;
        if (errno != EAGAIN)
            return false;
        return lane->writing || lane_watch(lane, EPOLL_CTL_MOD, true);
    }
    lane->out_from = lane->out_used = 0;
    return !lane->writing || lane_watch(lane, EPOLL_CTL_MOD, false);
}

void lane_carry(struct lane *lane, const char *bytes, size_t length)
{
    if (length > lane->carry_room) {
        lane->carry_room = length * 2;
        lane->carry = memory_resized(lane->carry, lane->carry_room, 1);
    }
    if (length)
        memcpy(lane->carry, bytes, length);
    lane->carry_used = length;
}
