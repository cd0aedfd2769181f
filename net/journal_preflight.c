/* journal_preflight.c -- Redis' settings against the promise. */
#include "net/journal_preflight.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

/* What a promise accepts: words apart by a space, a trailing * for any ending; NULL: anything. */
#define PROMISES (JOURNAL_DURABILITY_NONE + 1)

const char *const preflight_settings[PREFLIGHT_SETTINGS] = {
    "appendonly",
    "appendfsync",
    "no-appendfsync-on-rewrite",
    "maxmemory-policy",
};

static const char *const accepted[PREFLIGHT_SETTINGS][PROMISES] = {
    {"yes", "yes", NULL},
    {"always", "always everysec", NULL},
    {"no", "no", NULL},
    {"noeviction volatile-*", "noeviction volatile-*", NULL},
};

static const char *const promises[PROMISES] = {"always", "everysec", "none"};

static bool word_fits(const char *word, size_t length, struct text value)
{
    if (length > 0 && word[length - 1] == '*') {
        length--;
        return value.length >= length && memcmp(value.data, word, length) == 0;
    }
    return value.length == length && memcmp(value.data, word, length) == 0;
}

static bool accepts(const char *words, struct text value)
{
    if (words == NULL) {
        return true;
    }
    while (*words != '\0') {
        size_t length = strcspn(words, " ");
        if (value.length > 0 && word_fits(words, length, value)) {
            return true;
        }
        words += length;
        words += *words == ' ';
    }
    return false;
}

static struct text value_of(const struct journal_answer *answer, const char *name)
{
    if (answer->kind == JOURNAL_ANSWER_PAIRS) {
        for (size_t at = 0; at < answer->count; at++) {
            if (text_equal(answer->pairs[at].name, text_of(name))) {
                return answer->pairs[at].value;
            }
        }
    }
    return (struct text){0};
}

bool preflight_check(enum journal_durability durability, const struct journal_answer *answer,
                     char message[JOURNAL_MESSAGE_BYTES])
{
    for (uint32_t setting = 0; setting < PREFLIGHT_SETTINGS; setting++) {
        struct text value = value_of(answer, preflight_settings[setting]);
        const char *needed = accepted[setting][durability];
        if (accepts(needed, value)) {
            continue;
        }
        /* "noeviction volatile-*" is shown by its first word, "always everysec" by its weaker one. */
        const char *last = strrchr(needed, ' ');
        char needed_words[32];
        snprintf(needed_words, sizeof(needed_words), "%.*s", (int)strcspn(needed, " "), needed);
        if (last != NULL && strchr(last, '*') == NULL) {
            snprintf(needed_words, sizeof(needed_words), "%s", last + 1);
        }
        uint32_t weaker = (uint32_t)durability;
        while (!accepts(accepted[setting][weaker], value)) {
            weaker++;
        }
        snprintf(message, JOURNAL_MESSAGE_BYTES,
                 "Redis has %s %.*s, but --durability %s needs %s: set it (CONFIG SET and "
                 "redis.conf), or promise less with --durability %s",
                 preflight_settings[setting],
                 value.length > 0 ? (int)(value.length > 64 ? 64 : value.length) : 7,
                 value.length > 0 ? value.data : "unknown", promises[durability], needed_words,
                 promises[weaker]);
        return false;
    }
    return true;
}

/* Returns the value of a line "name:value", or the empty text. */
static struct text line_of(struct text info, const char *name)
{
    size_t length = strlen(name);
    const char *at = info.data;
    const char *end = info.data + info.length;
    while (at < end) {
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        const char *stop = newline == NULL ? end : newline;
        const char *next = newline == NULL ? end : newline + 1;
        while (stop > at && stop[-1] == '\r') {
            stop--;
        }
        if ((size_t)(stop - at) > length && memcmp(at, name, length) == 0 && at[length] == ':') {
            return (struct text){at + length + 1, (uint32_t)(stop - at - (ptrdiff_t)length - 1)};
        }
        at = next;
    }
    return (struct text){"", 0};
}

static bool is_on(struct text info, const char *name)
{
    return text_equal(line_of(info, name), TEXT("1"));
}

struct preflight_info preflight_info_read(struct text info)
{
    struct text written = line_of(info, "aof_last_write_status");
    return (struct preflight_info){
        .master = text_equal(line_of(info, "role"), TEXT("master")),
        .writes_fail = written.length > 0 && !text_equal(written, TEXT("ok")),
        .rewrites = is_on(info, "aof_rewrite_in_progress") || is_on(info, "aof_rewrite_scheduled"),
        .run_id = line_of(info, "run_id"),
    };
}
