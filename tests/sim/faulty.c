/* faulty.c -- what goes wrong, when and how badly. */
#include "tests/sim/faulty.h"

#include "tests/sim/client.h"
#include "tests/sim/link.h"
#include "tests/sim/redis.h"
#include "tests/sim/server.h"

#define LOOK_US 4000U /* between two chances for a fault */

/* Returns a time from 1 us to about `most`, short ones more often. */
static int64_t for_a_while(struct sim *sim, uint32_t most_us)
{
    uint32_t most = sim_percent(sim, 70) ? most_us / 16 : most_us;
    return 1 + sim_below(sim, most);
}

static void hit_link(struct sim *sim, enum fault fault)
{
    struct link *link = link_any(sim);
    if (link == NULL) {
        return;
    }
    sim_fault(sim, fault);
    sim_tell(sim, "fault    %s", fault_words(fault));
    switch (fault) {
    case FAULT_LINK_CUT:
        link_cut(link);
        return;
    case FAULT_HALF_OPEN:
        link->mute = link->deaf = true;
        return;
    case FAULT_DEAF:
        link->deaf = true;
        return;
    default:
        link->slow_until_us = sim->now_us + for_a_while(sim, 2 * US_PER_S);
        return;
    }
}

static void refuse_for_a_while(struct sim *sim)
{
    static const char *const refusals[] = {
        "OOM command not allowed when used memory > 'maxmemory'.",
        "MISCONF Errors writing to the AOF file: No space left on device",
        "NOREPLICAS Not enough good replicas to write.",
        "BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.",
    };
    sim->redis->refusal = refusals[sim_below(sim, 4)];
    sim->redis->refuses_until_us = sim->now_us + for_a_while(sim, 3 * US_PER_S);
}

static void hit_redis(struct sim *sim, enum fault fault)
{
    struct redis *redis = sim->redis;
    if (!redis->up) {
        return;
    }
    if (fault == FAULT_CHUNK_LOST) {
        if (redis_lose_chunk(redis)) {
            sim_fault(sim, fault);
        }
        return;
    }
    sim_fault(sim, fault);
    sim_tell(sim, "fault    %s", fault_words(fault));
    int64_t down_us = for_a_while(sim, 2 * US_PER_S);
    int64_t loading_us = sim_percent(sim, 50) ? 0 : for_a_while(sim, US_PER_S);
    switch (fault) {
    case FAULT_REDIS_KILL:
        redis_kill(redis, down_us, loading_us);
        return;
    case FAULT_REDIS_SHORTER:
        redis_kill_shorter(redis, 1 + sim_below(sim, sim_percent(sim, 90) ? 12 : 60), down_us,
                           loading_us);
        return;
    case FAULT_REDIS_STALL:
        redis->stalled_until_us = sim->now_us + for_a_while(sim, 3 * US_PER_S);
        return;
    case FAULT_REDIS_REFUSES:
        refuse_for_a_while(sim);
        return;
    case FAULT_REDIS_READONLY:
        redis->replica_until_us = sim->now_us + for_a_while(sim, 2 * US_PER_S);
        return;
    case FAULT_REDIS_WEAK:
        redis->weak_until_us = sim->now_us + for_a_while(sim, 4 * US_PER_S);
        return;
    case FAULT_REPLICAS_LAG:
        redis->lagging_until_us = sim->now_us + for_a_while(sim, 2 * US_PER_S);
        return;
    default:
        return;
    }
}

static void hit_server(struct sim *sim, enum fault fault)
{
    struct server *server = server_any(sim, sim_percent(sim, 70));
    if (server == NULL) {
        return;
    }
    sim_fault(sim, fault);
    sim_tell(sim, "fault    %s", fault_words(fault));
    switch (fault) {
    case FAULT_SERVER_KILL:
        if (server->upload != NULL) {
            sim_fault(sim, FAULT_SNAPSHOT_KILL);
        }
        server_kill(server);
        return;
    case FAULT_SERVER_PAUSE:
        server_freeze(server, for_a_while(sim, 4 * US_PER_S));
        if (sim_percent(sim, 40) && sim->alive_count < 3) {
            sim_fault(sim, FAULT_SERVER_RIVAL);
            server_start(sim, false);
        }
        return;
    case FAULT_SERVER_RIVAL:
        if (sim->alive_count < 3) {
            server_start(sim, false);
        }
        return;
    case FAULT_SERVER_HANDOVER:
        server_stop(server);
        return;
    default:
        server->clock_skew_ms += (int64_t)sim_below(sim, 4000) - 2000;
        server->clock_skew_ms += sim_below(sim, 20) == 0 ? 3600000 : 0;
        return;
    }
}

static void strike(struct sim *sim)
{
    uint32_t all = 0;
    for (uint32_t fault = 0; fault < FAULTS; fault++) {
        all += sim->swarm.weights[fault];
    }
    uint32_t drawn = sim_below(sim, all);
    enum fault fault = 0;
    while (drawn >= sim->swarm.weights[fault]) {
        drawn -= sim->swarm.weights[fault++];
    }
    switch (fault) {
    case FAULT_LINK_CUT:
    case FAULT_HALF_OPEN:
    case FAULT_DEAF:
    case FAULT_SLOW_LINK:
        hit_link(sim, fault);
        return;
    case FAULT_SERVER_KILL:
    case FAULT_SERVER_PAUSE:
    case FAULT_SERVER_RIVAL:
    case FAULT_SERVER_HANDOVER:
    case FAULT_CLOCK_JUMP:
        hit_server(sim, fault);
        return;
    case FAULT_CLIENT_CUT:
        sim_fault(sim, fault);
        client_cut(sim->clients);
        return;
    default:
        hit_redis(sim, fault);
        return;
    }
}

static void on_fault(void *context, uint64_t unused)
{
    struct sim *sim = context;
    if (sim->calm) {
        return;
    }
    /* By commands more than by time: a world that is down all the time shows nothing. */
    if (sim->commands >= sim->fault_at || sim_percent(sim, 4)) {
        strike(sim);
        sim->fault_at = sim->commands + 1 + sim_below(sim, 2 * sim->swarm.fault_every);
    }
    sim_later(sim, sim_about(sim, LOOK_US), on_fault, sim, unused);
}

void faults_start(struct sim *sim)
{
    sim_later(sim, US_PER_S / 10, on_fault, sim, 0); /* the journal is born first */
}

void faults_end(struct sim *sim)
{
    struct redis *redis = sim->redis;
    redis->stalled_until_us = redis->refuses_until_us = redis->replica_until_us = 0;
    redis->weak_until_us = redis->lagging_until_us = redis->loading_until_us = 0;
    if (sim->alive_count == 0) {
        server_start(sim, false);
    }
}
