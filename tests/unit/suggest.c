/* suggest.c -- the nearest known word, or none. */
#include "net/suggest.h"

#include <criterion/criterion.h>

static const struct {
    const char *a;
    const char *b;
    unsigned distance;
} distances[] = {
    {"", "", 0},          {"", "abc", 3},         {"stock", "stock", 0},    {"stock", "STOCK", 0},
    {"stock", "stok", 1}, {"stock", "stocks", 1}, {"stock", "stick", 1},    {"stock", "sotck", 1},
    {"ab", "ba", 1},      {"abc", "cab", 2},      {"kitten", "sitting", 3}, {"ca", "abc", 3},
};

Test(suggest, distance_counts_letters_added_dropped_changed_and_swapped)
{
    for (size_t i = 0; i < sizeof distances / sizeof *distances; i++) {
        struct text a = text_of(distances[i].a);
        struct text b = text_of(distances[i].b);
        cr_assert_eq(suggest_distance(a, b), distances[i].distance, "%s %s", a.data, b.data);
        cr_assert_eq(suggest_distance(b, a), distances[i].distance, "%s %s", b.data, a.data);
    }
}

Test(suggest, a_long_word_is_far_from_everything)
{
    char longest[SUGGEST_BYTES_MAX + 1];

    memset(longest, 'a', sizeof longest);
    struct text fits = {longest, SUGGEST_BYTES_MAX};
    struct text too_long = {longest, SUGGEST_BYTES_MAX + 1};
    cr_assert_eq(suggest_distance(fits, fits), 0u);
    cr_assert_eq(suggest_distance(fits, too_long), SUGGEST_BYTES_MAX + 1u);
    cr_assert_eq(suggest_distance(too_long, too_long), SUGGEST_BYTES_MAX + 1u);
}

static const char *const keys[] = {"port", "bind", "max-clients", "max-coupons", "stock"};

static const struct {
    const char *word;
    const char *nearest; /* NULL: none */
} nearests[] = {
    {"prot", "port"},
    {"pot", "port"},
    {"PORTS", "port"},
    {"max-clinets", "max-clients"},
    {"maxclients", "max-clients"},
    {"max_coupon", "max-coupons"},
    {"stoc", "stock"},
    {"zebra", NULL},
    {"", NULL},
    {"p", NULL},
    {"part-time", NULL},
    {"po", NULL},
};

Test(suggest, only_a_near_word_is_suggested)
{
    for (size_t i = 0; i < sizeof nearests / sizeof *nearests; i++) {
        const char *found = suggest_nearest(text_of(nearests[i].word), keys,
                                            sizeof keys / sizeof *keys);
        if (nearests[i].nearest == NULL) {
            cr_assert_null(found, "%s: %s", nearests[i].word, found);
        } else {
            cr_assert_not_null(found, "%s", nearests[i].word);
            cr_assert_str_eq(found, nearests[i].nearest);
        }
    }
}
