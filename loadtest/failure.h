/* failure.h -- why something could not be done, in words for the person at the terminal.
 *
 * A function that can fail because of the outside world takes a `struct failure *` last, returns
 * false and leaves one sentence there. ASSERT is for our own mistakes only. */
#ifndef LOADTEST_FAILURE_H
#define LOADTEST_FAILURE_H

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

struct failure {
    char text[512];
};

/* Write the sentence; always false, so that a caller can `return failure_set(…)`. */
__attribute__((format(printf, 2, 3))) bool failure_set(struct failure *failure, const char *format,
                                                       ...);

/* Allocate zeroed memory for count things of size bytes, or end the program with a message. */
__attribute__((malloc)) void *memory_zeroed(size_t count, size_t size);

/* Resize memory to count things of size bytes, or end the program with a message. */
void *memory_resized(void *memory, size_t count, size_t size);

#define ASSERT(condition)                                                                          \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            fprintf(stderr, "%s:%d: boon-load has a bug: %s\n", __FILE__, __LINE__, #condition);   \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

#endif
