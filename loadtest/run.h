/* run.h -- putting a load on: threads, progress, and one result out of all of theirs. */
#ifndef LOADTEST_RUN_H
#define LOADTEST_RUN_H

#include "result.h"
#include "worker.h"

/* What sale, replay and audit all need. */
struct run {
    const struct options *options;
    const struct peer *peer;
    struct endpoint endpoint;
    struct peer_session session;
    struct roll roll;
    struct ledger ledger;
    bool has_ledger;
    char id[9]; /* first part of the request ids: differs from run to run */
    volatile sig_atomic_t *interrupted;
};

/* Resolve the server and find a name for the run. */
bool run_init(struct run *run, const struct options *options, volatile sig_atomic_t *interrupted,
              struct failure *failure);
void run_deinit(struct run *run);

/* Create the roll's campaigns unless told not to, read their numbers, prepare the peer. */
bool run_prepare(struct run *run, struct failure *failure);

/* Put the load on with one plan per thread and collect the result. `requests` is how many there
 * will be, 0 when not known; it is for the progress bar only. */
bool run_load(struct run *run, const struct plan *plans, uint64_t requests, struct result *result,
              struct failure *failure);

/* Write the request id of a serial number: FORM_ID_BYTES bytes, not terminated. */
void run_request_id(const struct run *run, uint64_t serial, char out[static FORM_ID_BYTES]);

#endif
