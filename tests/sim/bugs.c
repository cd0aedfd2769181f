/* bugs.c -- engine/planted.def by name. */
#include "tests/sim/bugs.h"

#include <string.h>

#include "engine/planted.h"

static const struct {
    enum planted number;
    const char *name;
    const char *breaks;
} list[] = {
#undef PLANTED
#define PLANTED(number, NAME, breaks) {PLANTED_##NAME, #NAME, breaks},
#include "engine/planted.def"
#undef PLANTED
};

static const char *now = "";

uint32_t bugs_count(void)
{
    return sizeof(list) / sizeof(list[0]);
}

const char *bug_name(uint32_t at)
{
    return list[at].name;
}

const char *bug_breaks(uint32_t at)
{
    return list[at].breaks;
}

bool bug_plant(const char *name)
{
    enum planted wanted = PLANTED_NONE;
    now = "";
    for (uint32_t at = 0; at < bugs_count(); at++) {
        if (strcmp(list[at].name, name) == 0) {
            wanted = list[at].number;
            now = list[at].name;
        }
    }
#ifdef BOON_PLANTED_BUGS
    planted_bug = wanted;
    return wanted != PLANTED_NONE || name[0] == '\0';
#else
    return wanted == PLANTED_NONE && name[0] == '\0';
#endif
}

const char *bug_now(void)
{
    return now;
}
