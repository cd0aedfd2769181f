/* replay.h -- claims from a CSV file, each member's in order, every answer judged by the file. */
#ifndef LOADTEST_REPLAY_H
#define LOADTEST_REPLAY_H

#include "run.h"

/* Create the campaigns the file names, claim row by row, judge, audit; or with --verify-only just
 * check that the server's state is what the file leads to. */
bool replay_run(struct run *run, struct result *result, struct failure *failure);

#endif
