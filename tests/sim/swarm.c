/* swarm.c -- what a world is like: every seed has its own mix of load, speed and faults. */
#include "tests/sim/sim.h"

/* Returns one of the choices. */
#define ONE_OF(sim, ...)                                                                           \
    ((const uint32_t[]){                                                                           \
        __VA_ARGS__}[sim_below(sim, sizeof((const uint32_t[]){__VA_ARGS__}) / sizeof(uint32_t))])

static void draw_weights(struct sim *sim)
{
    static const uint32_t weights[FAULTS] = {
#define FAULT(NAME, weight, words) weight,
#include "tests/sim/faults.def"
#undef FAULT
    };
    for (uint32_t fault = 0; fault < FAULTS; fault++) {
        uint32_t factor = ONE_OF(sim, 0, 1, 1, 1, 3);
        sim->swarm.weights[fault] = weights[fault] * factor;
    }
    if (sim->swarm.weights[FAULT_REDIS_SHORTER] > 0 || sim->swarm.everysec) {
        sim->swarm.weights[FAULT_CHUNK_LOST] = 0; /* both together may rightly leave no snapshot */
    }
    sim->swarm.weights[FAULT_CLIENT_CUT] =
        weights[FAULT_CLIENT_CUT]; /* never a world without any */
}

void swarm_draw(struct sim *sim)
{
    struct swarm *swarm = &sim->swarm;
    *swarm = (struct swarm){
        .clients = ONE_OF(sim, 4, 16, 48, 128),
        .members = ONE_OF(sim, 6, 40, 200, 400),
        .campaigns = ONE_OF(sim, 2, 4, 8),
        .requests_max = ONE_OF(sim, 300, 1000, 4096),
        .request_window_ms = ONE_OF(sim, 300, 5000, 600000),
        .fault_every = ONE_OF(sim, 20, 50, 80, 100, 200),
        .think_us = ONE_OF(sim, 500, 3000, 10000),
        .sync_us = ONE_OF(sim, 150, 400, 2000),
        .link_us = ONE_OF(sim, 30, 150, 1000),
        .percent_request = ONE_OF(sim, 10, 50, 90),
        .percent_look = ONE_OF(sim, 20, 40, 60),
        .percent_admin = ONE_OF(sim, 2, 4, 8),
        .lease_ms = ONE_OF(sim, 1000, 1000, 300),
        .wait_replicas = ONE_OF(sim, 0, 0, 0, 1),
        .snapshot_every_us = ONE_OF(sim, 0, 200000, 1000000),
        .everysec = ONE_OF(sim, 0, 0, 0, 0, 0, 0, 0, 1) != 0,
    };
    if (swarm->everysec) {
        swarm->wait_replicas =
            0; /* a killed primary that comes back by itself loses its last second */
    }
    draw_weights(sim);
}
