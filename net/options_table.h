/* options_table.h -- options.def as an array, and one value read from and written as text.
 *
 * For options.c and its neighbours only. Each row says where in struct options its field lies, so one
 * function sets and one shows every option of a kind.
 */
#ifndef BOON_NET_OPTIONS_TABLE_H
#define BOON_NET_OPTIONS_TABLE_H

#include "net/options.h"

enum option_kind {
    OPTION_KIND_TEXT,
    OPTION_KIND_SECRET,
    OPTION_KIND_NUMBER,
    OPTION_KIND_BYTES,
    OPTION_KIND_DURATION,
    OPTION_KIND_FLAG,
    OPTION_KIND_CHOICE,
};

enum option_group {
    OPTION_GROUP_CLIENTS,
    OPTION_GROUP_JOURNAL,
    OPTION_GROUP_LIMITS,
    OPTION_GROUP_WATCHING,
    OPTION_GROUP_COUNT
};

struct option {
    const char *key;
    const char *doc;
    enum option_kind kind;
    enum option_group group;
    size_t offset;            /* of the field in struct options */
    const char *initial_text; /* default of a text or choice */
    int64_t initial;          /* default of a number */
    int64_t min;              /* numbers */
    int64_t max;              /* numbers; bytes of a text */
    const char *unit;         /* numbers: what is counted */
    const char *words;        /* choices: "a|b|c" */
};

extern const struct option option_table[OPTION_COUNT];

#define OPTION_WHY_BYTES 192

/* Set the field of `id` from `value`. When it is not allowed, return false and write what is. */
bool option_set(struct options *options, enum option_id id, struct text value,
                char why[OPTION_WHY_BYTES]) __attribute__((warn_unused_result));

/* Set the field of `id` to its default. */
void option_reset(struct options *options, enum option_id id);

/* Write the default as people write it: 64mb, 24h. NUL-terminated. */
void option_default_text(enum option_id id, char *out, size_t size);

/* Write what is allowed: "a whole number of 0..65535". NUL-terminated. */
void option_allowed_text(enum option_id id, char *out, size_t size);

/* Check that the values make sense together and fill what is made from them. */
bool options_check(struct options *options, struct options_message *message)
    __attribute__((warn_unused_result));

/* The same for a command that looks at a journal. */
bool options_check_to_look(struct options *options, struct options_message *message)
    __attribute__((warn_unused_result));

/* Write a message; always false, so that a check can return it. */
bool options_refuse(struct options_message *message, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
