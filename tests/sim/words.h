/* words.h -- puts an answer into words apart by spaces, quickly. */
#ifndef BOON_TESTS_SIM_WORDS_H
#define BOON_TESTS_SIM_WORDS_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct words {
    char *at;
    const char *end; /* room for a NUL is behind it */
    const char *start;
};

static inline struct words words_begin(char *text, size_t size)
{
    text[0] = '\0';
    return (struct words){text, text + size - 1, text};
}

static inline void words_bytes(struct words *words, const char *bytes, size_t length)
{
    if (words->at != words->start && words->at < words->end) {
        *words->at++ = ' ';
    }
    size_t room = (size_t)(words->end - words->at);
    length = length > room ? room : length;
    memcpy(words->at, bytes, length);
    words->at += length;
    *words->at = '\0';
}

static inline void words_add(struct words *words, const char *word)
{
    words_bytes(words, word, strlen(word));
}

static inline void words_number(struct words *words, int64_t number)
{
    char digits[24];
    char *at = digits + sizeof(digits);
    uint64_t left = number < 0 ? 0 - (uint64_t)number : (uint64_t)number;
    do {
        *--at = (char)('0' + left % 10);
        left /= 10;
    } while (left > 0);
    if (number < 0) {
        *--at = '-';
    }
    words_bytes(words, at, (size_t)(digits + sizeof(digits) - at));
}

#endif
