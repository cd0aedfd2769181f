/* glob.c -- Redis' patterns, in bounded time. */
#include "net/glob.h"

#include <criterion/criterion.h>

static const struct {
    const char *pattern;
    const char *string;
    bool matches;
} scenarios[] = {
    {"", "", true},
    {"", "a", false},
    {"*", "", true},
    {"*", "anything", true},
    {"**", "x", true},
    {"port", "port", true},
    {"PORT", "port", true},
    {"port", "ports", false},
    {"max-*", "max-clients", true},
    {"max-*", "max", false},
    {"*-ms", "idle-ms", true},
    {"*-ms", "idle-msx", false},
    {"*a*b*", "xxaxxbxx", true},
    {"*a*b*", "xxbxxaxx", false},
    {"?ort", "port", true},
    {"?", "", false},
    {"[op]ort", "port", true},
    {"[a-c]x", "bx", true},
    {"[c-a]x", "bx", true},
    {"[A-C]x", "bx", true},
    {"[a-c]x", "dx", false},
    {"[^a-c]x", "dx", true},
    {"[^a-c]x", "ax", false},
    {"[\\]]", "]", true},
    {"\\*", "*", true},
    {"\\*", "a", false},
    {"[ab", "a", true},
    {"[", "a", false},
    {"a\\", "a\\", true},
    {"*[0-9]", "db7", true},
    {"a[", "a", false},
    {"[a-", "-", true},
    {"a*", "", false},
};

Test(glob, patterns_mean_what_they_mean_in_redis)
{
    for (size_t i = 0; i < sizeof scenarios / sizeof *scenarios; i++) {
        cr_assert_eq(glob_match(text_of(scenarios[i].pattern), text_of(scenarios[i].string)),
                     scenarios[i].matches, "%s against %s", scenarios[i].pattern,
                     scenarios[i].string);
    }
}

Test(glob, a_pattern_made_of_stars_ends_soon, .timeout = 5)
{
    static char pattern[60000];
    static char string[2000];

    for (size_t i = 0; i < sizeof pattern; i++) {
        pattern[i] = i % 2 == 0 ? '*' : 'a';
    }
    memset(string, 'a', sizeof string);
    cr_assert_not(
        glob_match((struct text){pattern, sizeof pattern}, (struct text){string, sizeof string}));
    pattern[2000] = 'b';
    cr_assert_not(glob_match((struct text){pattern, 2001}, (struct text){string, sizeof string}));
}
