/* options_table.c -- options.def as an array. */
#include "net/options_table.h"

#define COMMON(kind_, field, key_, group_, doc_)                                                   \
    .key = key_, .doc = doc_, .kind = OPTION_KIND_##kind_, .group = OPTION_GROUP_##group_,         \
    .offset = offsetof(struct options, field)
#define RANGE(initial_, min_, max_) .initial = initial_, .min = min_, .max = max_

const struct option option_table[OPTION_COUNT] = {
#define OPTION_TEXT(field, key, group, first, bytes_max, doc)                                      \
    {COMMON(TEXT, field, key, group, doc), .initial_text = first, .max = bytes_max},
#define OPTION_SECRET(field, key, group, first, bytes_max, doc)                                    \
    {COMMON(SECRET, field, key, group, doc), .initial_text = first, .max = bytes_max},
#define OPTION_NUMBER(field, key, group, first, least, most, what, doc)                            \
    {COMMON(NUMBER, field, key, group, doc), RANGE(first, least, most), .unit = what},
#define OPTION_BYTES(field, key, group, first, least, most, doc)                                   \
    {COMMON(BYTES, field, key, group, doc), RANGE(first, least, most)},
#define OPTION_DURATION(field, key, group, first, least, most, doc)                                \
    {COMMON(DURATION, field, key, group, doc), RANGE(first, least, most)},
#define OPTION_FLAG(field, key, group, doc) {COMMON(FLAG, field, key, group, doc)},
#define OPTION_CHOICE(field, key, group, first, type, list, doc)                                   \
    {COMMON(CHOICE, field, key, group, doc), .initial_text = first, .words = list},
#include "net/options.def"
};

/* A choice is stored through an int pointer. */
#define OPTION_CHOICE(field, key, group, first, type, list, doc)                                   \
    _Static_assert(sizeof(type) == sizeof(int), key);
#include "net/options.def"
