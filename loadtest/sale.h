/* sale.h -- a flash sale: numbered members claim from a few campaigns, and look balances up. */
#ifndef LOADTEST_SALE_H
#define LOADTEST_SALE_H

#include "run.h"

/* Set up, put the load on, audit. False when the server cannot be used; else see the result. */
bool sale_run(struct run *run, struct result *result, struct failure *failure);

/* Only audit what an earlier sale left. */
bool sale_audit(struct run *run, struct result *result, struct failure *failure);

#endif
