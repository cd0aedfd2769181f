/* inspect_dump.h -- the journal's events as JSON lines. */
#ifndef BOON_NET_INSPECT_DUMP_H
#define BOON_NET_INSPECT_DUMP_H

#include "net/inspect_read.h"

/* Writes the events that inspect->wishes ask for to inspect->out. Returns an enum inspect_code; what is wrong
 * is said to inspect->err. */
int inspect_dump(struct inspect *inspect);

#endif
