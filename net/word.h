/* word.h -- words and whole numbers, as requests and options spell them. */
#ifndef BOON_NET_WORD_H
#define BOON_NET_WORD_H

#include "engine/text.h"

static inline char word_lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static inline char word_upper(char c)
{
    return c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
}

/* Tells whether two texts are the same word, ASCII letters in any case. */
static inline bool word_equal(struct text a, struct text b)
{
    if (a.length != b.length) {
        return false;
    }
    for (uint32_t at = 0; at < a.length; at++) {
        if (word_lower(a.data[at]) != word_lower(b.data[at])) {
            return false;
        }
    }
    return true;
}

/* Tells whether the text is this word, ASCII letters in any case. */
static inline bool word_is(struct text text, const char *word)
{
    for (uint32_t at = 0; at < text.length; at++) {
        if (word[at] == '\0' || word_lower(text.data[at]) != word_lower(word[at])) {
            return false;
        }
    }
    return word[text.length] == '\0';
}

/* Reads a whole number as Redis does: an optional minus, up to 18 digits, no leading zero, no -0, nothing
 * else. False: it is none, and `number` is as it was. */
bool word_read_whole(struct text text, int64_t *number) __attribute__((warn_unused_result));

#endif
