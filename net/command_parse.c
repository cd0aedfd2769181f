/* command_parse.c -- commands.def as arrays, and arguments checked against them. */
#include "net/command_parse.h"

#include <inttypes.h>
#include <stdio.h>

#include "engine/bug.h"

/* "campaign_put" is a struct of command.h; its arguments become one array each. */
#define COMMAND(number, NAME, name, resp, kind, summary)                                           \
    static const struct argument_spec arguments_of_##name[] = {
#define ARGUMENT(name, TYPE, field, word, need, meaning)                                           \
    {ARGUMENT_##TYPE, offsetof(struct name, field), #field, word, NEED_##need, meaning},
/* clang-format off */
#define COMMAND_END(NAME, name) };
/* clang-format on */
#define NEED_REQUIRED true
#define NEED_OPTIONAL false
#include "engine/commands.def"
#undef COMMAND
#undef ARGUMENT
#undef COMMAND_END

#define COMMAND(number, NAME, name, resp, kind, summary)                                           \
    {COMMAND_##NAME,                                                                               \
     COMMAND_KIND_##kind,                                                                          \
     resp,                                                                                         \
     summary,                                                                                      \
     arguments_of_##name,                                                                          \
     sizeof(arguments_of_##name) / sizeof(arguments_of_##name[0])},
#define ARGUMENT(name, TYPE, field, word, need, meaning)
#define COMMAND_END(NAME, name)
const struct command_spec command_specs[] = {
#include "engine/commands.def"
};
#undef COMMAND
#undef ARGUMENT
#undef COMMAND_END

const uint32_t command_spec_count = sizeof(command_specs) / sizeof(command_specs[0]);

static inline char upper(char c)
{
    return c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
}

static bool word_is(struct text text, const char *word)
{
    for (uint32_t at = 0; at < text.length; at++) {
        if (upper(text.data[at]) != word[at]) {
            return false; /* also where the word ends first: no argument byte equals its NUL */
        }
    }
    return word[text.length] == '\0';
}

const struct command_spec *command_spec_find(struct text name)
{
    for (uint32_t at = 0; at < command_spec_count; at++) {
        if (name.length > 0 && memchr(name.data, '\0', name.length) == NULL &&
            word_is(name, command_specs[at].name)) {
            return &command_specs[at];
        }
    }
    return NULL;
}

const struct command_spec *command_spec_of(enum command_type type)
{
    for (uint32_t at = 0; at < command_spec_count; at++) {
        if (command_specs[at].type == type) {
            return &command_specs[at];
        }
    }
    return NULL;
}

const char *argument_type_rule(enum argument_type type)
{
    switch (type) {
    case ARGUMENT_MEMBER:
        return "1 to 64 bytes of UTF-8 without control characters, not beginning with '@'";
    case ARGUMENT_NAME:
        return "1 to 64 bytes of UTF-8 without control characters, not beginning with '@'";
    case ARGUMENT_CODE:
        return "a coupon code of 20 characters, hyphens and case as they come";
    case ARGUMENT_REQUEST:
        return "1 to 128 bytes of UTF-8 without control characters";
    case ARGUMENT_DOCUMENT:
        return "a JSON document of 1 to 32768 bytes";
    case ARGUMENT_AMOUNT:
        return "a whole number from 1 to 1000000000000";
    case ARGUMENT_DELTA:
        return "a whole number from -4000000000 to 4000000000, not 0";
    case ARGUMENT_COUNT:
        return "a whole number from 0 to 4000000000";
    case ARGUMENT_LIMIT:
        return "a whole number from 1 to 1000";
    case ARGUMENT_TIME:
        return "milliseconds since 1970, from 0 to 253402300799999";
    }
    return "";
}

/* Returns the length of the UTF-8 sequence at `bytes`, or 0 when it is none (RFC 3629). */
static uint32_t utf8_length(const unsigned char *bytes, uint32_t left)
{
    unsigned char first = bytes[0];
    uint32_t length = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
    if (first >= 0x80 && first < 0xc2) {
        return 0;
    }
    if (first > 0xf4 || length > left) {
        return 0;
    }
    for (uint32_t at = 1; at < length; at++) {
        if ((bytes[at] & 0xc0) != 0x80) {
            return 0;
        }
    }
    bool overlong = (first == 0xe0 && bytes[1] < 0xa0) || (first == 0xf0 && bytes[1] < 0x90);
    bool surrogate = first == 0xed && bytes[1] > 0x9f;
    bool beyond = first == 0xf4 && bytes[1] > 0x8f;
    return overlong || surrogate || beyond ? 0 : length;
}

/* Tells whether eight bytes are all printable ASCII. */
static inline bool printable8(const char *bytes)
{
    uint64_t word;
    memcpy(&word, bytes, sizeof(word));
    uint64_t high = 0x8080808080808080ULL;
    uint64_t below_space = word - 0x2020202020202020ULL; /* borrows where a byte is below 0x20 */
    uint64_t above_tilde = word + 0x0101010101010101ULL; /* carries into bit 7 at 0x7f */
    return ((word | below_space | above_tilde) & high) == 0;
}

/* Tells whether the text is UTF-8 without control characters (C0, DEL, C1). */
static bool text_is_clean(struct text text)
{
    uint32_t at = 0;
    while (at + 8 <= text.length && printable8(text.data + at)) {
        at += 8;
    }
    const unsigned char *bytes = (const unsigned char *)text.data;
    while (at < text.length) {
        uint32_t length = utf8_length(bytes + at, text.length - at);
        bool control = bytes[at] < 0x20 || bytes[at] == 0x7f ||
                       (length == 2 && bytes[at] == 0xc2 && bytes[at + 1] < 0xa0);
        if (length == 0 || control) {
            return false;
        }
        at += length;
    }
    return true;
}

static bool text_fits(enum argument_type type, struct text text)
{
    switch (type) {
    case ARGUMENT_MEMBER:
    case ARGUMENT_NAME:
        return text.length >= 1 && text.length <= ID_BYTES_MAX && text.data[0] != '@' &&
               text_is_clean(text);
    case ARGUMENT_REQUEST:
        return text.length >= 1 && text.length <= REQUEST_BYTES_MAX && text_is_clean(text);
    case ARGUMENT_CODE:
        return text.length >= 1 && text.length <= ID_BYTES_MAX;
    case ARGUMENT_DOCUMENT:
        return text.length >= 1 && text.length <= CAMPAIGN_DOCUMENT_BYTES_MAX;
    default:
        return false;
    }
}

/* Reads a whole number: an optional minus, digits, no leading zeros, nothing else. */
static bool read_whole(struct text text, int64_t *number)
{
    bool negative = text.length > 0 && text.data[0] == '-';
    uint32_t at = negative ? 1 : 0;
    if (text.length - at == 0 || text.length - at > 18 ||
        (text.data[at] == '0' && (text.length - at > 1 || negative))) {
        return false;
    }
    int64_t value = 0; /* 18 digits fit */
    for (; at < text.length; at++) {
        if (text.data[at] < '0' || text.data[at] > '9') {
            return false;
        }
        value = value * 10 + (text.data[at] - '0');
    }
    *number = negative ? -value : value;
    return true;
}

static bool number_fits(enum argument_type type, int64_t number)
{
    switch (type) {
    case ARGUMENT_AMOUNT:
        return number >= 1 && number <= AMOUNT_MAX;
    case ARGUMENT_DELTA:
        return number != 0 && number >= -(int64_t)CAMPAIGN_STOCK_MAX &&
               number <= (int64_t)CAMPAIGN_STOCK_MAX;
    case ARGUMENT_COUNT:
        return number >= 0 && number <= (int64_t)CAMPAIGN_STOCK_MAX;
    case ARGUMENT_LIMIT:
        return number >= 1 && number <= (int64_t)PAGE_ITEMS_MAX;
    case ARGUMENT_TIME:
        return number >= 0 && number <= TIME_MS_MAX;
    default:
        return false;
    }
}

/* Sets one argument of the command's struct. False: the value is not allowed. */
static bool set(const struct argument_spec *spec, struct text value, char *as)
{
    if (spec->type <= ARGUMENT_DOCUMENT) {
        if (!text_fits(spec->type, value)) {
            return false;
        }
        /* A document's source text is its first member. */
        memcpy(as + spec->offset, &value, sizeof(value));
        return true;
    }
    int64_t number;
    if (!read_whole(value, &number) || !number_fits(spec->type, number)) {
        return false;
    }
    memcpy(as + spec->offset, &number, sizeof(number));
    return true;
}

_Static_assert(offsetof(struct document, source) == 0, "set() writes a document's source");

static bool wrong_count(const struct command_spec *spec, char *problem, size_t size)
{
    snprintf(problem, size, "wrong number of arguments for '%s' command", spec->name);
    return false;
}

static bool wrong_value(const struct command_spec *spec, const struct argument_spec *argument,
                        char *problem, size_t size)
{
    snprintf(problem, size, "%s: %s must be %s", spec->name, argument->field,
             argument_type_rule(argument->type));
    return false;
}

/* Finds which keyword argument a word names; NULL: none. */
static const struct argument_spec *keyword_find(const struct command_spec *spec, struct text word)
{
    for (uint32_t at = 0; at < spec->argument_count; at++) {
        const struct argument_spec *argument = &spec->arguments[at];
        if (argument->word[0] != '\0' && memchr(word.data, '\0', word.length) == NULL &&
            word_is(word, argument->word)) {
            return argument;
        }
    }
    return NULL;
}

static bool parse_keywords(const struct command_spec *spec, const struct resp_request *request,
                           uint32_t at, char *as, char *problem, size_t size)
{
    uint64_t seen = 0;
    for (; at < request->count; at += 2) {
        const struct argument_spec *argument = keyword_find(spec, request->arguments[at]);
        if (argument == NULL) {
            snprintf(problem, size, "%s: unknown word at argument %" PRIu32 "; see COMMAND DOCS %s",
                     spec->name, at, spec->name);
            return false;
        }
        uint64_t bit = 1ULL << (argument - spec->arguments);
        if ((seen & bit) != 0) {
            snprintf(problem, size, "%s: %s is given twice", spec->name, argument->word);
            return false;
        }
        seen |= bit;
        if (at + 1 == request->count) {
            snprintf(problem, size, "%s: %s needs a value", spec->name, argument->word);
            return false;
        }
        if (!set(argument, request->arguments[at + 1], as)) {
            return wrong_value(spec, argument, problem, size);
        }
    }
    for (uint32_t number = 0; number < spec->argument_count; number++) {
        const struct argument_spec *argument = &spec->arguments[number];
        if (argument->word[0] != '\0' && argument->required && (seen & 1ULL << number) == 0) {
            snprintf(problem, size, "%s: %s is missing", spec->name, argument->word);
            return false;
        }
    }
    return true;
}

bool command_parse(const struct command_spec *spec, const struct resp_request *request,
                   struct command *command, char *problem, size_t problem_size)
{
    ASSERT(request->count >= 1);
    command->type = spec->type;
    command->principal = 0;
    command->member_hash = 0;
    memset(&command->as, 0, sizeof(command->as));
    char *as = (char *)&command->as;
    uint32_t given = 1;
    for (uint32_t at = 0; at < spec->argument_count; at++) {
        const struct argument_spec *argument = &spec->arguments[at];
        if (argument->word[0] != '\0') {
            break;
        }
        if (given == request->count) {
            if (argument->required) {
                return wrong_count(spec, problem, problem_size);
            }
            continue;
        }
        if (!set(argument, request->arguments[given], as)) {
            return wrong_value(spec, argument, problem, problem_size);
        }
        given++;
    }
    const struct argument_spec *last = &spec->arguments[spec->argument_count - 1];
    if (last->word[0] == '\0') {
        return given == request->count || wrong_count(spec, problem, problem_size);
    }
    return parse_keywords(spec, request, given, as, problem, problem_size);
}
