/* bug.c -- the end of a process that found itself wrong. */
#include "engine/bug.h"

#include <stddef.h>
#include <stdlib.h>

static void (*bug_hook)(const char *expression, const char *file, int line);

void bug_set_hook(void (*hook)(const char *expression, const char *file, int line))
{
    bug_hook = hook;
}

void bug_found(const char *expression, const char *file, int line)
{
    if (bug_hook != NULL) {
        bug_hook(expression, file, line);
    }
    abort();
}
