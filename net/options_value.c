/* options_value.c -- one option's value: read from text, checked against its row, written as text. */
#include "net/options_table.h"

#include "engine/bug.h"
#include "net/glob.h"
#include "net/word.h"

struct unit {
    const char *suffix;
    int64_t factor;
};

/* Largest first: what people write is the largest unit that divides the number. */
static const struct unit byte_units[] = {
    {"gb", OPTION_GIB}, {"mb", OPTION_MIB}, {"kb", OPTION_KIB}, {"b", 1}, {"", 1}};
static const struct unit time_units[] = {{"d", 24 * OPTION_HOUR_MS},
                                         {"h", OPTION_HOUR_MS},
                                         {"m", 60000},
                                         {"s", 1000},
                                         {"ms", 1},
                                         {"", 1}};
static const struct unit no_units[] = {{"", 1}};

static const struct unit *units_of(const struct option *option, size_t *count)
{
    switch (option->kind) {
    case OPTION_KIND_BYTES:
        *count = sizeof byte_units / sizeof *byte_units;
        return byte_units;
    case OPTION_KIND_DURATION:
        *count = sizeof time_units / sizeof *time_units;
        return time_units;
    case OPTION_KIND_TEXT:
    case OPTION_KIND_SECRET:
    case OPTION_KIND_NUMBER:
    case OPTION_KIND_FLAG:
    case OPTION_KIND_CHOICE:
        break;
    }
    *count = 1;
    return no_units;
}

static void *field_of(struct options *options, const struct option *option)
{
    return (char *)options + option->offset;
}

static const void *field_in(const struct options *options, const struct option *option)
{
    return (const char *)options + option->offset;
}

/* Read digits and a suffix. Return false when that is not what `value` is, or not in the range. */
static bool read_number(const struct option *option, struct text value, int64_t *number)
{
    size_t units_count;
    const struct unit *units = units_of(option, &units_count);
    int64_t read = 0;
    uint32_t digits = 0;

    while (digits < value.length && value.data[digits] >= '0' && value.data[digits] <= '9') {
        if (__builtin_mul_overflow(read, 10, &read) ||
            __builtin_add_overflow(read, value.data[digits] - '0', &read)) {
            return false;
        }
        digits++;
    }
    if (digits == 0) {
        return false;
    }
    struct text suffix = {value.data + digits, value.length - digits};
    for (size_t i = 0; i < units_count; i++) {
        if (word_is(suffix, units[i].suffix)) {
            if (__builtin_mul_overflow(read, units[i].factor, &read)) {
                return false;
            }
            *number = read;
            return read >= option->min && read <= option->max;
        }
    }
    return false;
}

/* Find `value` among "a|b|c" and set its place, 0 for a. */
static bool read_word(const char *words, struct text value, int *place)
{
    int at = 0;

    for (const char *word = words; *word != '\0'; at++) {
        uint32_t length = (uint32_t)strcspn(word, "|");
        if (word_equal((struct text){word, length}, value)) {
            *place = at;
            return true;
        }
        word += length;
        word += *word == '|' ? 1 : 0;
    }
    return false;
}

static bool read_text(const struct option *option, struct text value, char *field)
{
    if (value.length > (uint64_t)option->max) {
        return false;
    }
    for (uint32_t i = 0; i < value.length; i++) {
        if ((unsigned char)value.data[i] < 0x20 || value.data[i] == 0x7f) {
            return false;
        }
    }
    if (value.length > 0) {
        memcpy(field, value.data, value.length);
    }
    field[value.length] = '\0';
    return true;
}

bool option_set(struct options *options, enum option_id id, struct text value,
                char why[OPTION_WHY_BYTES])
{
    const struct option *option = &option_table[id];
    void *field = field_of(options, option);
    int place = 0;
    bool good = false;

    ASSERT(id < OPTION_COUNT);
    switch (option->kind) {
    case OPTION_KIND_TEXT:
    case OPTION_KIND_SECRET:
        good = read_text(option, value, field);
        break;
    case OPTION_KIND_NUMBER:
    case OPTION_KIND_BYTES:
    case OPTION_KIND_DURATION:
        good = read_number(option, value, field);
        break;
    case OPTION_KIND_FLAG:
        good = read_word("no|yes|false|true|off|on|0|1", value, &place); /* odd places mean yes */
        *(bool *)field = place % 2 == 1;
        break;
    case OPTION_KIND_CHOICE:
        good = read_word(option->words, value, field);
        break;
    }
    if (!good) {
        option_allowed_text(id, why, OPTION_WHY_BYTES);
    }
    return good;
}

void option_reset(struct options *options, enum option_id id)
{
    const struct option *option = &option_table[id];
    void *field = field_of(options, option);
    bool good = true;

    switch (option->kind) {
    case OPTION_KIND_TEXT:
    case OPTION_KIND_SECRET:
        good = read_text(option, text_of(option->initial_text), field);
        break;
    case OPTION_KIND_NUMBER:
    case OPTION_KIND_BYTES:
    case OPTION_KIND_DURATION:
        *(int64_t *)field = option->initial;
        break;
    case OPTION_KIND_FLAG:
        *(bool *)field = false;
        break;
    case OPTION_KIND_CHOICE:
        good = read_word(option->words, text_of(option->initial_text), field);
        break;
    }
    ASSERT(good);
}

/* Write a number with the largest unit that divides it. */
static void write_number(const struct option *option, int64_t number, char *out, size_t size)
{
    size_t count;
    const struct unit *units = units_of(option, &count);

    for (size_t i = 0; i < count && number != 0; i++) {
        if (units[i].factor > 1 && number % units[i].factor == 0) {
            snprintf(out, size, "%lld%s", (long long)(number / units[i].factor), units[i].suffix);
            return;
        }
    }
    snprintf(out, size, "%lld", (long long)number);
}

void option_default_text(enum option_id id, char *out, size_t size)
{
    const struct option *option = &option_table[id];

    switch (option->kind) {
    case OPTION_KIND_TEXT:
    case OPTION_KIND_SECRET:
    case OPTION_KIND_CHOICE:
        snprintf(out, size, "%s", option->initial_text);
        return;
    case OPTION_KIND_NUMBER:
    case OPTION_KIND_BYTES:
    case OPTION_KIND_DURATION:
        write_number(option, option->initial, out, size);
        return;
    case OPTION_KIND_FLAG:
        snprintf(out, size, "no");
        return;
    }
}

void option_allowed_text(enum option_id id, char *out, size_t size)
{
    const struct option *option = &option_table[id];
    char min[32];
    char max[32];

    write_number(option, option->min, min, sizeof min);
    write_number(option, option->max, max, sizeof max);
    switch (option->kind) {
    case OPTION_KIND_TEXT:
    case OPTION_KIND_SECRET:
        snprintf(out, size, "at most %s bytes, no control bytes", max);
        return;
    case OPTION_KIND_NUMBER:
        snprintf(out, size, "a whole number of %s..%s%s%s", min, max, *option->unit ? " " : "",
                 option->unit);
        return;
    case OPTION_KIND_BYTES:
        snprintf(out, size, "bytes, %s..%s, for example 512, 64kb, 8mb, 1gb", min, max);
        return;
    case OPTION_KIND_DURATION:
        snprintf(out, size, "milliseconds, %s..%s, for example 500, 500ms, 10s, 5m, 24h, 7d", min,
                 max);
        return;
    case OPTION_KIND_FLAG:
        snprintf(out, size, "yes or no");
        return;
    case OPTION_KIND_CHOICE:
        snprintf(out, size, "one of %s", option->words);
        return;
    }
}

static void write_choice(const struct option *option, int place, char *out, size_t size)
{
    const char *word = option->words;

    for (int i = 0; i < place; i++) {
        word = strchr(word, '|');
        ASSERT(word != NULL);
        word++;
    }
    snprintf(out, size, "%.*s", (int)strcspn(word, "|"), word);
}

size_t options_text(const struct options *options, enum option_id id, char *out, size_t size)
{
    const struct option *option = &option_table[id];
    const void *field = field_in(options, option);

    ASSERT(id < OPTION_COUNT);
    ASSERT(size >= OPTION_TEXT_BYTES);
    switch (option->kind) {
    case OPTION_KIND_TEXT:
        snprintf(out, size, "%s", (const char *)field);
        break;
    case OPTION_KIND_SECRET:
        *out = '\0';
        break;
    case OPTION_KIND_NUMBER:
    case OPTION_KIND_BYTES:
    case OPTION_KIND_DURATION:
        snprintf(out, size, "%lld", (long long)*(const int64_t *)field);
        break;
    case OPTION_KIND_FLAG:
        snprintf(out, size, "%s", *(const bool *)field ? "yes" : "no");
        break;
    case OPTION_KIND_CHOICE:
        write_choice(option, *(const int *)field, out, size);
        break;
    }
    return strlen(out);
}

const char *option_key(enum option_id id)
{
    ASSERT(id < OPTION_COUNT);
    return option_table[id].key;
}

bool option_find(struct text key, enum option_id *id)
{
    for (unsigned i = 0; i < OPTION_COUNT; i++) {
        if (word_is(key, option_table[i].key)) {
            *id = (enum option_id)i;
            return true;
        }
    }
    return false;
}

bool options_next(struct text glob, size_t *cursor, enum option_id *id)
{
    while (*cursor < OPTION_COUNT) {
        enum option_id at = (enum option_id)(*cursor)++;
        if (glob_match(glob, text_of(option_table[at].key))) {
            *id = at;
            return true;
        }
    }
    return false;
}
