/* span.h -- a run of bytes that somebody else owns. */
#ifndef LOADTEST_SPAN_H
#define LOADTEST_SPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

struct span {
    const char *bytes; /* not terminated; may be NULL only when length is 0 */
    size_t length;
};

/* Name a C string. The span lives as long as the string. */
static inline struct span span_of(const char *text)
{
    return (struct span){text, strlen(text)};
}

/* Compare two spans byte by byte. */
static inline bool span_equal(struct span a, struct span b)
{
    return a.length == b.length && (a.length == 0 || memcmp(a.bytes, b.bytes, a.length) == 0);
}

/* Compare a span with a C string. */
static inline bool span_is(struct span a, const char *text)
{
    return span_equal(a, span_of(text));
}

#endif
