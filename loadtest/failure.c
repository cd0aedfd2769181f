/* failure.c -- sentences for what went wrong, and memory that is there or ends the program. */
#include "failure.h"

#include <stdarg.h>
#include <stdint.h>

bool failure_set(struct failure *failure, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(failure->text, sizeof failure->text, format, arguments);
    va_end(arguments);
    return false;
}

static void memory_out(size_t count, size_t size)
{
    fprintf(stderr,
            "boon-load: no memory for %zu x %zu bytes; "
            "use fewer --members, --campaigns or --connections\n",
            count, size);
    exit(3);
}

void *memory_zeroed(size_t count, size_t size)
{
    void *memory = calloc(count ? count : 1, size ? size : 1);
    if (!memory)
        memory_out(count, size);
    return memory;
}

void *memory_resized(void *memory, size_t count, size_t size)
{
    if (size && count > SIZE_MAX / size)
        memory_out(count, size);
    void *resized = realloc(memory, count && size ? count * size : 1);
    if (!resized)
        memory_out(count, size);
    return resized;
}
