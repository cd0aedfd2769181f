/* main.c -- boon-sim: runs worlds, reports what they were like, ends with 1 on the first broken promise. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>

#include "tests/sim/model.h"
#include "tests/sim/sim.h"

int main(int count, char **words)
{
    static struct sim sim;
    (void)prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0);
    uint64_t first = 1, last = 1, commands = 20000;
    for (int at = 1; at < count; at++) {
        if (strcmp(words[at], "--seed") == 0) {
            first = last = strtoull(words[++at], NULL, 10);
        } else if (strcmp(words[at], "--seeds") == 0) {
            char *end;
            first = strtoull(words[++at], &end, 10);
            last = strtoull(end + 2, NULL, 10);
        } else if (strcmp(words[at], "--commands") == 0) {
            commands = strtoull(words[++at], NULL, 10);
        } else if (strcmp(words[at], "--tell") == 0) {
            sim.tells = true;
        }
    }
    for (uint64_t seed = first; seed <= last; seed++) {
        sim_run(&sim, seed, commands);
        uint64_t faults = 0;
        for (int at = 0; at < FAULTS; at++) faults += sim.faults[at];
        printf("seed %" PRIu64 " commands %" PRIu64 " judged %" PRIu64 " snapshots %" PRIu64 " faults %" PRIu64 " servers %u losses %" PRIu64 " time %.1f history %016" PRIx64 "\n", seed, sim.commands, sim.judged, sim.snapshots, faults, sim.server_count, model_losses(sim.model), (double)sim.now_us / 1e6, sim.history);
        fflush(stdout);
        sim_end(&sim);
    }
    return 0;
}
