/* bugs.h -- the planted bugs by name; none in a build without them. */
#ifndef BOON_TESTS_SIM_BUGS_H
#define BOON_TESTS_SIM_BUGS_H

#include <stdbool.h>
#include <stdint.h>

uint32_t bugs_count(void);

/* Returns a bug's name and what it breaks; `at` is below bugs_count(). */
const char *bug_name(uint32_t at);
const char *bug_breaks(uint32_t at);

/* Plants the bug of this name, "" for none. False: there is none, or this build has no planted bugs. */
bool bug_plant(const char *name);

/* Returns the name of the bug that is there now, or "". */
const char *bug_now(void);

#endif
