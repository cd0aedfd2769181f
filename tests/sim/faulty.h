/* faulty.h -- draws faults and carries them out, one after another, until calm. */
#ifndef BOON_TESTS_SIM_FAULTY_H
#define BOON_TESTS_SIM_FAULTY_H

#include "tests/sim/sim.h"

void faults_start(struct sim *sim);

/* Ends those that last. */
void faults_end(struct sim *sim);

#endif
