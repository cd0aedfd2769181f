/* http_command.c -- path, query, headers and body, put into the order of a command's arguments. */
#include "net/http_command.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>

#include "engine/bug.h"
#include "net/word.h"

/* The arguments of one request, while they are being collected. */
struct collecting {
    struct http_command *http;
    const struct http_match *match;
    const struct http_ask *ask;
    size_t taken; /* members of the body that are arguments */
};

static bool wrong(struct http_command *http, enum http_problem problem, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static bool wrong(struct http_command *http, enum http_problem problem, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(http->detail, sizeof(http->detail), format, arguments);
    va_end(arguments);
    http->problem = problem;
    return false;
}

struct text http_unquoted(struct text value)
{
    bool quoted = value.length >= 2 && value.data[0] == '"' && value.data[value.length - 1] == '"';
    return quoted ? (struct text){value.data + 1, value.length - 2} : value;
}

/* Decodes a raw value into the scratch. */
static bool decode(struct http_command *http, const char *what, struct text raw, bool is_query,
                   struct text *value)
{
    if (raw.length > sizeof(http->scratch) - http->used) {
        return wrong(http, HTTP_PROBLEM_BAD_REQUEST, "%s is too long", what);
    }
    if (!http_decode(raw, is_query, http->scratch + http->used, value)) {
        return wrong(http, HTTP_PROBLEM_BAD_REQUEST,
                     "%s: a %% must be followed by two hex digits, and be no NUL", what);
    }
    http->used += value->length;
    return true;
}

/* What an argument is called in the query of a GET. */
static const char *query_name(const struct argument_spec *argument)
{
    return argument->type == ARGUMENT_LIMIT ? "page_size"
           : strcmp(argument->word, "AFTER") == 0 || strcmp(argument->word, "BEFORE") == 0
               ? "page_token"
               : argument->field;
}

/* Takes the next name=value off a query. */
static bool next_pair(struct text *query, struct text *name, struct text *value)
{
    if (query->length == 0) {
        return false;
    }
    const char *and = memchr(query->data, '&', query->length);
    uint32_t length = and == NULL ? query->length : (uint32_t)(and-query->data);
    const char *equals = memchr(query->data, '=', length);
    uint32_t name_length = equals == NULL ? length : (uint32_t)(equals - query->data);
    *name = (struct text){query->data, name_length};
    *value = equals == NULL ? (struct text){"", 0}
                            : (struct text){equals + 1, length - name_length - 1};
    uint32_t step = length + (and == NULL ? 0 : 1);
    *query = (struct text){query->data + step, query->length - step};
    return true;
}

/* Every name in the query must be known, and come once. */
static bool query_is_known(struct collecting *collecting)
{
    const struct command_spec *spec = collecting->match->spec;
    struct text query = collecting->ask->query;
    struct text name;
    struct text value;
    uint64_t seen = 0;
    while (next_pair(&query, &name, &value)) {
        uint32_t number = 0;
        while (number < spec->argument_count &&
               (spec->method != COMMAND_METHOD_GET ||
                !text_equal(name, text_of(query_name(&spec->arguments[number]))))) {
            number++;
        }
        if (number == spec->argument_count) {
            return wrong(collecting->http, HTTP_PROBLEM_BAD_REQUEST,
                         "%.*s is not a parameter of this path",
                         name.length > 64 ? 64 : (int)name.length, name.data);
        }
        if ((seen & 1ULL << number) != 0) {
            return wrong(collecting->http, HTTP_PROBLEM_BAD_REQUEST, "%s is given twice",
                         query_name(&spec->arguments[number]));
        }
        seen |= 1ULL << number;
    }
    return true;
}

/* Finds an argument in the query; length 0: it is not there. */
static bool from_query(struct collecting *collecting, const struct argument_spec *argument,
                       struct text *found)
{
    struct text query = collecting->ask->query;
    struct text name;
    struct text value;
    const char *wanted = query_name(argument);
    *found = TEXT("");
    while (next_pair(&query, &name, &value)) {
        if (!text_equal(name, text_of(wanted))) {
            continue;
        }
        if (!decode(collecting->http, wanted, value, true, found)) {
            return false;
        }
        if (found->length == 0) {
            return wrong(collecting->http, HTTP_PROBLEM_INVALID_ARGUMENT, "%s is empty", wanted);
        }
    }
    if (argument->type != ARGUMENT_LIMIT) {
        return true;
    }
    int64_t items = HTTP_PAGE_ITEMS;
    if (found->length > 0 &&
        (!word_read_whole(*found, &items) || items < 1 || items > HTTP_PAGE_ITEMS_MAX)) {
        return wrong(collecting->http, HTTP_PROBLEM_INVALID_ARGUMENT,
                     "page_size must be a whole number from 1 to %u", HTTP_PAGE_ITEMS_MAX);
    }
    *found = found->length > 0 ? *found : TEXT("20");
    return true;
}

_Static_assert(HTTP_PAGE_ITEMS == 20, "from_query() says 20");

/* Finds an argument in the body; length 0: it is not there, or null. */
static bool from_body(struct collecting *collecting, const struct argument_spec *argument,
                      struct text *found)
{
    struct http_command *http = collecting->http;
    *found = TEXT("");
    const json_t *value = http->root == NULL ? NULL : json_object_get(http->root, argument->field);
    if (value == NULL) {
        return true;
    }
    collecting->taken++;
    if (json_is_null(value)) {
        return true;
    }
    if (argument->type <= ARGUMENT_DOCUMENT) {
        if (!json_is_string(value)) {
            return wrong(http, HTTP_PROBLEM_INVALID_ARGUMENT, "%s must be a string: %s",
                         argument->field, argument_type_rule(argument->type));
        }
        *found = (struct text){json_string_value(value), (uint32_t)json_string_length(value)};
        if (found->length == 0) {
            return wrong(http, HTTP_PROBLEM_INVALID_ARGUMENT, "%s must be %s", argument->field,
                         argument_type_rule(argument->type));
        }
        return true;
    }
    if (!json_is_integer(value)) {
        return wrong(http, HTTP_PROBLEM_INVALID_ARGUMENT, "%s must be %s", argument->field,
                     argument_type_rule(argument->type));
    }
    char *at = http->scratch + http->used;
    size_t room = sizeof(http->scratch) - http->used;
    int length = snprintf(at, room, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
    if (length < 0 || (size_t)length >= room) {
        return wrong(http, HTTP_PROBLEM_BAD_REQUEST, "the request is too long");
    }
    http->used += (size_t)length;
    *found = (struct text){at, (uint32_t)length};
    return true;
}

/* An If-Match header has the version that GET showed as ETag; If-None-Match: * says that there must be none. */
static bool from_if_match(struct collecting *collecting, struct text *found)
{
    struct text none = collecting->ask->if_none_match;
    if (none.data != NULL) {
        *found = TEXT("0");
        return (text_equal(none, TEXT("*")) && collecting->ask->if_match.length == 0) ||
               wrong(collecting->http, HTTP_PROBLEM_BAD_REQUEST,
                     "If-None-Match must be *, and come without If-Match");
    }
    struct text value = collecting->ask->if_match;
    *found = http_unquoted(value);
    if (value.data != NULL &&
        (found->length == value.length || found->length == 0 || text_equal(*found, TEXT("0")))) {
        return wrong(collecting->http, HTTP_PROBLEM_BAD_REQUEST,
                     "If-Match must be one ETag as GET showed it, in quotes");
    }
    return true;
}

/* Finds an argument wherever it may be. */
static bool find(struct collecting *collecting, const struct argument_spec *argument,
                 struct text *found)
{
    const struct http_match *match = collecting->match;
    const struct http_ask *ask = collecting->ask;
    bool body_is_document = ask->body.length > 0 && collecting->http->root == NULL;
    for (uint32_t at = 0; at < match->count; at++) {
        if (match->arguments[at] == argument) {
            return decode(collecting->http, argument->field, match->values[at], false, found);
        }
    }
    switch (argument->type) {
    case ARGUMENT_REQUEST:
        *found = ask->request;
        return found->data == NULL || found->length > 0 ||
               wrong(collecting->http, HTTP_PROBLEM_INVALID_ARGUMENT, "Idempotency-Key is empty");
    case ARGUMENT_VERSION:
        return from_if_match(collecting, found);
    case ARGUMENT_DOCUMENT:
        *found = ask->body;
        return true;
    default:
        break;
    }
    if (match->spec->method == COMMAND_METHOD_GET) {
        return from_query(collecting, argument, found);
    }
    if (body_is_document) {
        return decode(collecting->http, argument->field, ask->reason, false, found);
    }
    return from_body(collecting, argument, found);
}

static bool has_document(const struct command_spec *spec)
{
    for (uint32_t at = 0; at < spec->argument_count; at++) {
        if (spec->arguments[at].type == ARGUMENT_DOCUMENT) {
            return true;
        }
    }
    return false;
}

/* Reads the body as one JSON object; a document stays text, and definition.h reads it. */
static bool read_body(struct collecting *collecting)
{
    struct http_command *http = collecting->http;
    const struct http_ask *ask = collecting->ask;
    const struct command_spec *spec = collecting->match->spec;
    if (ask->body.length == 0) {
        return !has_document(spec) ||
               wrong(http, HTTP_PROBLEM_BAD_JSON, "the body must be the definition");
    }
    if (!ask->body_is_json) {
        return wrong(http, HTTP_PROBLEM_UNSUPPORTED_MEDIA_TYPE, "%s",
                     "send Content-Type: application/json");
    }
    if (has_document(spec)) {
        return true;
    }
    json_error_t error;
    http->root = json_loadb(ask->body.data, ask->body.length, JSON_REJECT_DUPLICATES, &error);
    if (http->root == NULL) {
        return wrong(http, HTTP_PROBLEM_BAD_JSON, "line %d, column %d: %s", error.line,
                     error.column, error.text);
    }
    return json_is_object(http->root) ||
           wrong(http, HTTP_PROBLEM_BAD_JSON, "the body must be a JSON object");
}

/* Names the first member of the body that is no argument. */
static bool unknown_member(struct collecting *collecting)
{
    const struct command_spec *spec = collecting->match->spec;
    const char *key;
    json_t *value;
    json_object_foreach(collecting->http->root, key, value)
    {
        bool known = false;
        for (uint32_t at = 0; at < spec->argument_count; at++) {
            known = known || strcmp(key, spec->arguments[at].field) == 0;
        }
        if (!known) {
            return wrong(collecting->http, HTTP_PROBLEM_INVALID_ARGUMENT,
                         "%.64s is not a member of this body", key);
        }
    }
    return wrong(collecting->http, HTTP_PROBLEM_INVALID_ARGUMENT,
                 "what is in the path must not be in the body too");
}

static void push(struct http_command *http, struct text argument)
{
    ASSERT(http->arguments.count < RESP_ARGUMENTS_MAX);
    http->arguments.arguments[http->arguments.count++] = argument;
}

/* Collects all arguments in the order of the table. */
static bool collect(struct collecting *collecting)
{
    struct http_command *http = collecting->http;
    const struct command_spec *spec = collecting->match->spec;
    push(http, (struct text){spec->name, spec->name_length});
    for (uint32_t at = 0; at < spec->argument_count; at++) {
        const struct argument_spec *argument = &spec->arguments[at];
        struct text found;
        if (!find(collecting, argument, &found)) {
            return false;
        }
        if (found.length == 0 && argument->required) {
            return wrong(http, HTTP_PROBLEM_INVALID_ARGUMENT, "%s is missing: %s", argument->field,
                         argument_type_rule(argument->type));
        }
        if (found.length == 0) {
            continue;
        }
        if (argument->word[0] != '\0') {
            push(http, (struct text){argument->word, argument->word_length});
        }
        push(http, found);
    }
    return http->root == NULL || collecting->taken == json_object_size(http->root) ||
           unknown_member(collecting);
}

bool http_command_parse(struct http_command *http, const struct http_match *match,
                        const struct http_ask *ask)
{
    struct collecting collecting = {http, match, ask, 0};
    http->root = NULL;
    http->used = 0;
    http->arguments.count = 0;
    if (!read_body(&collecting) || !query_is_known(&collecting) || !collect(&collecting)) {
        return false;
    }
    if (!command_parse(match->spec, &http->arguments, &http->command, http->detail,
                       sizeof(http->detail))) {
        http->problem = HTTP_PROBLEM_INVALID_ARGUMENT;
        return false;
    }
    return true;
}

void http_command_end(struct http_command *http)
{
    json_decref(http->root);
    http->root = NULL;
}
