/* link.c -- delays, cuts and half-open connections. */
#include "tests/sim/link.h"

#include <string.h>

#include "engine/bug.h"

#define LATE_US_MAX (3U * US_PER_S) /* how late a command of a cut connection may still arrive */
#define NOTICE_US 20000U            /* mean time until a server learns of a cut */
#define SLOW_FACTOR 40

/* Lets an input of the server's side wait while it is frozen. True: it is to be done now. */
static bool is_awake(struct link *link, void (*run)(void *context, uint64_t argument),
                     void *context, uint64_t argument)
{
    int64_t until_us = link->owner.frozen_until(link->owner.context);
    if (until_us <= link->sim->now_us) {
        return true;
    }
    sim_later(link->sim, until_us - link->sim->now_us, run, context, argument);
    return false;
}

static int64_t delay(struct link *link)
{
    int64_t us = sim_about(link->sim, link->sim->swarm.link_us);
    return link->sim->now_us < link->slow_until_us ? us * SLOW_FACTOR : us;
}

static void on_lost(void *context, uint64_t unused)
{
    struct link *link = context;
    if (link->open && is_awake(link, on_lost, link, unused)) {
        link->open = false;
        link->owner.lost(link->owner.context, link);
    }
}

static void on_connected(void *context, uint64_t unused)
{
    struct link *link = context;
    if (!link->open || !is_awake(link, on_connected, link, unused)) {
        return;
    }
    if (!link->serves) {
        on_lost(link, 0);
        return;
    }
    link->up = true;
    link->owner.connected(link->owner.context, link);
}

struct link *link_open(struct sim *sim, const struct link_owner *owner)
{
    struct link *link = sim_allocate(sim, sizeof(*link));
    struct redis *redis = sim->redis;
    *link = (struct link){.sim = sim, .owner = *owner, .open = true, .run = redis->run};
    link->next = redis->links;
    redis->links = link;
    link->serves = redis->up;
    sim_later(sim, delay(link), redis->up ? on_connected : on_lost, link, 0);
    return link;
}

static void on_arrived(void *context, uint64_t unused)
{
    struct redis_command *command = context;
    struct link *link = command->link;
    struct sim *sim = link->sim;
    (void)unused;
    if (link->run != sim->redis->run) {
        sim_fault(sim, FAULT_COMMAND_LOST);
        return; /* that process is gone, and its sockets with it */
    }
    if (link->cutting && !command->late) {
        link->lossy = link->lossy || sim_percent(sim, 50);
        if (link->lossy) {
            sim_fault(sim, FAULT_COMMAND_LOST);
            return;
        }
        sim_fault(sim, FAULT_LATE_COPY);
        command->late = true;
        int64_t late_us = sim_below(sim, sim_percent(sim, 70) ? 20000 : LATE_US_MAX);
        link->last_in_us = link->last_in_us > sim->now_us + late_us ? link->last_in_us
                                                                    : sim->now_us + late_us;
        sim_later(sim, link->last_in_us - sim->now_us, on_arrived, command, 0);
        return;
    }
    redis_take(sim->redis, command);
}

void link_send(struct link *link, size_t count, const char *const *arguments, const size_t *lengths)
{
    struct sim *sim = link->sim;
    if (!link->open) {
        return;
    }
    ASSERT(count <= REDIS_WORDS_MAX);
    link->asked_us = link->unanswered++ == 0 ? sim->now_us : link->asked_us;
    if (link->mute) {
        return;
    }
    struct redis_command *command = sim_allocate(sim, sizeof(*command));
    command->link = link;
    command->count = (uint32_t)count;
    for (size_t at = 0; at < count; at++) {
        char *word = sim_allocate(sim, lengths[at] + 1);
        memcpy(word, arguments[at], lengths[at]);
        command->words[at] = word;
        command->lengths[at] = lengths[at];
    }
    int64_t at_us = sim->now_us + delay(link);
    link->last_in_us = at_us > link->last_in_us ? at_us : link->last_in_us;
    sim_later(sim, link->last_in_us - sim->now_us, on_arrived, command, 0);
}

void link_close(struct link *link)
{
    link->open = false;
    link->serves = false;
}

static void on_answered(void *context, uint64_t unused)
{
    struct redis_answer *answer = context;
    struct link *link = answer->link;
    if (!link->open || !is_awake(link, on_answered, answer, unused)) {
        return;
    }
    ASSERT(link->unanswered > 0);
    link->unanswered--;
    link->asked_us = link->sim->now_us;
    link->owner.answer(link->owner.context, link, &answer->answer);
}

void link_answer(struct link *link, struct redis_answer *answer)
{
    struct sim *sim = link->sim;
    if (!link->serves || link->deaf) {
        sim_fault(sim, FAULT_ANSWER_LOST);
        return;
    }
    int64_t at_us = sim->now_us + delay(link);
    link->last_out_us = at_us > link->last_out_us ? at_us : link->last_out_us;
    sim_later(sim, link->last_out_us - sim->now_us, on_answered, answer, 0);
}

void link_cut(struct link *link)
{
    if (!link->serves) {
        return;
    }
    link->serves = false;
    link->cutting = true;
    sim_later(link->sim, sim_about(link->sim, NOTICE_US), on_lost, link, 0);
}

void link_cut_all(struct sim *sim)
{
    for (struct link *link = sim->redis->links; link != NULL; link = link->next) {
        link_cut(link);
    }
    sim->redis->links = NULL;
}

struct link *link_any(struct sim *sim)
{
    struct link **at = &sim->redis->links;
    uint32_t open = 0;
    while (*at != NULL) {
        if (!(*at)->open) {
            *at = (*at)->next; /* forget what is closed */
            continue;
        }
        open++;
        at = &(*at)->next;
    }
    uint32_t chosen = sim_below(sim, open);
    struct link *link = sim->redis->links;
    while (link != NULL && chosen-- > 0) {
        link = link->next;
    }
    return link;
}
