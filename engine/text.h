/* text.h -- a borrowed run of bytes: a pointer and a length, never owned, never NUL-terminated.
 *
 * A command's texts point into the receive buffer and live until the command's outcome has been
 * composed. Whoever keeps one copies it.
 */
#ifndef BOON_ENGINE_TEXT_H
#define BOON_ENGINE_TEXT_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

struct text {
    const char *data; /* may be NULL when length is 0 */
    uint32_t length;  /* bytes */
};

/* A text over a string literal. */
#define TEXT(literal) ((struct text){(literal), (uint32_t)(sizeof(literal) - 1)})

static inline struct text text_of(const char *string)
{
    return (struct text){string, (uint32_t)strlen(string)};
}

static inline bool text_equal(struct text a, struct text b)
{
    return a.length == b.length && (a.length == 0 || memcmp(a.data, b.data, a.length) == 0);
}

#endif
