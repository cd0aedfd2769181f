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

static inline uint64_t text_word(const char *at)
{
    uint64_t word;
    memcpy(&word, at, sizeof(word));
    return word;
}

/* Returns the first and the last four of 4 to 8 bytes; with the length they are the whole text. */
static inline uint64_t text_ends(const char *at, uint32_t length)
{
    uint32_t ends[2];
    memcpy(&ends[0], at, sizeof(ends[0]));
    memcpy(&ends[1], at + length - sizeof(ends[1]), sizeof(ends[1]));
    return ends[0] | (uint64_t)ends[1] << 32;
}

/* Compares ids by words that stay inside of them. The C library's memcmp() may touch the cache line after
 * the last byte, and for an id at the end of its record that is somebody else's: a cache miss each. */
static inline bool text_equal(struct text a, struct text b)
{
    if (a.length != b.length) {
        return false;
    }
    if (a.length < sizeof(uint64_t)) {
        if (a.length >= sizeof(uint32_t)) {
            return text_ends(a.data, a.length) == text_ends(b.data, b.length);
        }
        for (uint32_t at = 0; at < a.length; at++) {
            if (a.data[at] != b.data[at]) {
                return false;
            }
        }
        return true;
    }
    uint32_t last = a.length - (uint32_t)sizeof(uint64_t);
    for (uint32_t at = 0; at < last; at += (uint32_t)sizeof(uint64_t)) {
        if (text_word(a.data + at) != text_word(b.data + at)) {
            return false;
        }
    }
    return text_word(a.data + last) == text_word(b.data + last);
}

#endif
