/* glob.c -- glob matching with a single point of return. */
#include "net/glob.h"

#include "net/word.h"

static char folded(char byte, bool exact)
{
    return exact ? byte : word_lower(byte);
}

/* Match one byte against the class that begins behind `[` at `*at`; leave `*at` behind its `]`. */
static bool match_class(struct text pattern, uint32_t *at, char byte, bool exact)
{
    uint32_t i = *at;
    bool negated = i < pattern.length && pattern.data[i] == '^';
    bool found = false;
    unsigned char wanted = (unsigned char)folded(byte, exact);

    if (negated) {
        i++;
    }
    while (i < pattern.length && pattern.data[i] != ']') {
        if (pattern.data[i] == '\\' && i + 1 < pattern.length) {
            i++;
        }
        unsigned char low = (unsigned char)folded(pattern.data[i], exact);
        unsigned char high = low;
        if (i + 2 < pattern.length && pattern.data[i + 1] == '-' && pattern.data[i + 2] != ']') {
            high = (unsigned char)folded(pattern.data[i + 2], exact);
            i += 2;
        }
        if ((wanted >= low && wanted <= high) || (wanted >= high && wanted <= low)) {
            found = true;
        }
        i++;
    }
    *at = i < pattern.length ? i + 1 : i;
    return found != negated;
}

/* Match one byte against the element at `*at`, which is not a `*`; leave `*at` behind it. */
static bool match_one(struct text pattern, uint32_t *at, char byte, bool exact)
{
    char element = pattern.data[(*at)++];

    if (element == '?') {
        return true;
    }
    if (element == '[') {
        return match_class(pattern, at, byte, exact);
    }
    if (element == '\\' && *at < pattern.length) {
        element = pattern.data[(*at)++];
    }
    return folded(element, exact) == folded(byte, exact);
}

static bool match(struct text pattern, struct text string, bool exact)
{
    uint32_t p = 0;
    uint32_t s = 0;
    bool starred = false;
    uint32_t star_p = 0; /* behind the last star */
    uint32_t star_s = 0; /* where what it swallows ends */

    while (s < string.length) {
        if (p < pattern.length && pattern.data[p] == '*') {
            starred = true;
            star_p = ++p;
            star_s = s;
            continue;
        }
        if (p < pattern.length && match_one(pattern, &p, string.data[s], exact)) {
            s++;
            continue;
        }
        if (!starred) {
            return false;
        }
        p = star_p;
        s = ++star_s;
    }
    while (p < pattern.length && pattern.data[p] == '*') {
        p++;
    }
    return p == pattern.length;
}

bool glob_match(struct text pattern, struct text string)
{
    return match(pattern, string, false);
}

bool glob_match_exact(struct text pattern, struct text string)
{
    return match(pattern, string, true);
}
