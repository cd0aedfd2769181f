/* inspect.h -- `boon-server verify` and `boon-server dump`: looking into a journal without touching it.
 *
 *     boon-server verify [--json] [the server's own options]        is all of it whole?
 *     boon-server dump [--member ID] [--campaign ID] [--from TIME] [--to TIME] [--after ENTRY] [options]
 *                                                                   one JSON object a line, an event each
 *
 * Both read the stream and the snapshots through connections of their own, take no lead and write nothing.
 * Where a boon-server runs on --dir they ask its private Redis; where none does they start that Redis for the
 * time of the look, under the directory's lock, and stop it again.
 *
 *     if (argc > 1 && inspect_is_command(argv[1])) { return inspect_command(argc, argv, environ); }
 */
#ifndef BOON_NET_INSPECT_H
#define BOON_NET_INSPECT_H

#include <stdbool.h>

enum inspect_code {
    INSPECT_WHOLE = 0,   /* nothing is wrong */
    INSPECT_DAMAGED = 1, /* something is; the first fault was shown */
    INSPECT_NOT_LOOKED =
        2, /* it could not be looked at, or not by this version with these options */
};

/* Tells whether the first word of a command line names one of the two. */
bool inspect_is_command(const char *word);

/* Carries out the command in argv[1] and returns the exit code of the program. */
int inspect_command(int argc, char *const argv[], char *const environment[]);

#endif
