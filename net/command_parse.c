/* command_parse.c -- commands.def as arrays, and arguments checked against them. */
#include "net/command_parse.h"

#include <inttypes.h>
#include <stdio.h>

#include "engine/bug.h"
#include "net/utf8.h"
#include "net/word.h"

#define VERSION_MAX ((INT64_C(1) << 53) - 1) /* exact in every client */

/* "campaign_put" is a struct of command.h; its arguments become one array each, and two counts: how many go by
 * position, how many words have to be there. */
#define COMMAND(number, NAME, name, resp, kind, role, method, route, summary)                      \
    static const struct argument_spec arguments_of_##name[] = {
#define ARGUMENT(name, TYPE, field, word, need, meaning)                                           \
    {ARGUMENT_##TYPE, offsetof(struct name, field), #field, word, sizeof(word) - 1, NEED_##need,   \
     meaning},
/* clang-format off */
#define COMMAND_END(NAME, name) };
/* clang-format on */
#define NEED_REQUIRED true
#define NEED_OPTIONAL false
#include "engine/commands.def"
#undef COMMAND
#undef ARGUMENT
#undef COMMAND_END

/* clang-format off */
#define COMMAND(number, NAME, name, resp, kind, role, method, route, summary) enum { positions_of_##name = 0
#define ARGUMENT(name, TYPE, field, word, need, meaning) + (sizeof(word) == 1)
#define COMMAND_END(NAME, name) };
#include "engine/commands.def"
#undef COMMAND
#undef ARGUMENT
#undef COMMAND_END

#define COMMAND(number, NAME, name, resp, kind, role, method, route, summary) enum { words_needed_by_##name = 0
#define ARGUMENT(name, TYPE, field, word, need, meaning) + (sizeof(word) > 1 && NEED_##need)
#define COMMAND_END(NAME, name) };
#include "engine/commands.def"
#undef COMMAND
#undef ARGUMENT
#undef COMMAND_END
/* clang-format on */

#define COMMAND(number, NAME, name, resp, kind, role, method, route, summary)                      \
    {COMMAND_##NAME,                                                                               \
     COMMAND_KIND_##kind,                                                                          \
     resp,                                                                                         \
     sizeof(resp) - 1,                                                                             \
     COMMAND_ROLE_##role,                                                                          \
     COMMAND_METHOD_##method,                                                                      \
     route,                                                                                        \
     summary,                                                                                      \
     arguments_of_##name,                                                                          \
     sizeof(arguments_of_##name) / sizeof(arguments_of_##name[0]),                                 \
     positions_of_##name,                                                                          \
     words_needed_by_##name},
#define ARGUMENT(name, TYPE, field, word, need, meaning)
#define COMMAND_END(NAME, name)
const struct command_spec command_specs[] = {
#include "engine/commands.def"
};
#undef COMMAND
#undef ARGUMENT
#undef COMMAND_END

const uint32_t command_spec_count = sizeof(command_specs) / sizeof(command_specs[0]);

const struct command_spec *command_spec_find(struct text name)
{
    for (uint32_t at = 0; at < command_spec_count; at++) {
        const struct command_spec *spec = &command_specs[at];
        if (word_equal(name, (struct text){spec->name, spec->name_length})) {
            return spec;
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
    case ARGUMENT_REASON:
        return "1 to 256 bytes of UTF-8 without control characters";
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
    case ARGUMENT_VERSION:
        return "a whole number from 0 to 9007199254740991; 0 where there must be none";
    }
    return "";
}

static inline bool text_fits(enum argument_type type, struct text text)
{
    static const uint32_t bytes_max[] = {
        [ARGUMENT_MEMBER] = ID_BYTES_MAX,     [ARGUMENT_NAME] = ID_BYTES_MAX,
        [ARGUMENT_REASON] = REASON_BYTES_MAX, [ARGUMENT_REQUEST] = REQUEST_BYTES_MAX,
        [ARGUMENT_CODE] = ID_BYTES_MAX,       [ARGUMENT_DOCUMENT] = CAMPAIGN_DOCUMENT_BYTES_MAX,
    };
    if (text.length < 1 || text.length > bytes_max[type]) {
        return false;
    }
    if (type <= ARGUMENT_NAME && text.data[0] == '@') {
        return false;
    }
    return type > ARGUMENT_REQUEST || utf8_is_clean(text);
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
    case ARGUMENT_VERSION:
        return number >= 0 && number <= VERSION_MAX;
    default:
        return false;
    }
}

static bool set_number(const struct argument_spec *spec, struct text value, char *as)
{
    int64_t number;
    if (!word_read_whole(value, &number) || !number_fits(spec->type, number)) {
        return false;
    }
    if (spec->type == ARGUMENT_VERSION && number == 0) {
        number = VERSION_NONE; /* 0 says that the argument was not given */
    }
    memcpy(as + spec->offset, &number, sizeof(number));
    return true;
}

/* Sets one argument of the command's struct. False: the value is not allowed. */
static inline bool set(const struct argument_spec *spec, struct text value, char *as)
{
    if (__builtin_expect(spec->type > ARGUMENT_DOCUMENT, 0)) {
        return set_number(spec, value, as);
    }
    if (!text_fits(spec->type, value)) {
        return false;
    }
    /* A document's source text is its first member. */
    memcpy(as + spec->offset, &value, sizeof(value));
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

/* Finds which keyword argument a word names, and returns its number; the count of all: none. Most callers spell it
 * as the documents do, and words have 5 to 7 letters. */
static uint32_t keyword_find(const struct command_spec *spec, struct text word)
{
    uint32_t count = spec->argument_count;
    if (__builtin_expect(word.length >= 4 && word.length <= 8, 1)) {
        uint64_t ends = text_ends(word.data, word.length);
        for (uint32_t number = spec->positions; number < count; number++) {
            const struct argument_spec *argument = &spec->arguments[number];
            if (argument->word_length == word.length &&
                text_ends(argument->word, word.length) == ends) {
                return number;
            }
        }
    }
    uint32_t number = spec->positions;
    while (number < count && !word_is(word, spec->arguments[number].word)) {
        number++;
    }
    return number;
}

static bool parse_keywords(const struct command_spec *spec, const struct resp_request *request,
                           uint32_t at, char *as, char *problem, size_t size)
{
    uint64_t seen = 0;
    for (; at < request->count; at += 2) {
        uint32_t number = keyword_find(spec, request->arguments[at]);
        const struct argument_spec *argument = &spec->arguments[number];
        if (number == spec->argument_count) {
            snprintf(problem, size, "%s: unknown word at argument %" PRIu32 "; see COMMAND DOCS %s",
                     spec->name, at, spec->name);
            return false;
        }
        uint64_t bit = 1ULL << number;
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
    for (uint32_t number = spec->positions; spec->words_needed > 0 && number < spec->argument_count;
         number++) {
        const struct argument_spec *argument = &spec->arguments[number];
        if (argument->required && (seen & 1ULL << number) == 0) {
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
    command->campaign = command->asset = 0;
    command->member_hash = 0;
    command->request_key[0] = command->request_key[1] = 0;
    memset(&command->as, 0, sizeof(command->as));
    char *as = (char *)&command->as;
    uint32_t given = 1;
    for (uint32_t at = 0; at < spec->positions; at++) {
        const struct argument_spec *argument = &spec->arguments[at];
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
    if (spec->positions == spec->argument_count) {
        return given == request->count || wrong_count(spec, problem, problem_size);
    }
    return parse_keywords(spec, request, given, as, problem, problem_size);
}
