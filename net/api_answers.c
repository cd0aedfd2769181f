/* api_answers.c -- what the HTTP API answers: shapes with their examples, successes, reasons why not. */
#include <stdio.h>
#include <string.h>

#include "engine/bug.h"
#include "net/api.h"
#include "net/http_problem.h"
#include "net/word.h"

#define COUNT_OF(array) (sizeof(array) / sizeof *(array))

/* ---- shapes ---- */

const struct api_shape api_shapes[] = {
#define SHAPE(Name, meaning) {#Name, meaning},
#include "net/docs/shapes.def"
};

const size_t api_shape_count = COUNT_OF(api_shapes);

const struct api_field api_fields[] = {
#define FIELD(Name, field, KIND, of, example, meaning)                                             \
    {#Name, #field, API_##KIND, of, example, meaning, true},
#define SOME_FIELD(Name, field, KIND, of, example, meaning)                                        \
    {#Name, #field, API_##KIND, of, example, meaning, false},
#include "net/docs/shapes.def"
};

const size_t api_field_count = COUNT_OF(api_fields);

static const struct {
    const char *field;
    const char *example;
} examples[] = {
#define EXAMPLE(field, example) {#field, example},
#include "net/docs/shapes.def"
};

const struct api_field *api_field_find(const char *shape, const char *name)
{
    for (size_t at = 0; at < api_field_count; at++) {
        if (strcmp(api_fields[at].shape, shape) == 0 && strcmp(api_fields[at].name, name) == 0) {
            return &api_fields[at];
        }
    }
    return NULL;
}

const char *api_argument_example(const char *field)
{
    for (size_t at = 0; at < COUNT_OF(examples); at++) {
        if (strcmp(examples[at].field, field) == 0) {
            return examples[at].example;
        }
    }
    return "";
}

void api_example_definition(struct json_out *out)
{
    json_fragment(out, "{'name': 'Double Eleven', 'stock': 20000, 'per_member': 1,"
                       "'opens_at': '2026-11-11T00:00:00+08:00',"
                       "'ends_at': '2026-11-12T00:00:00+08:00',"
                       "'value': {'kind': 'amount_off', 'amount': 2000, 'minimum': 10000}}");
}

void api_example(struct json_out *out, const char *shape)
{
    json_begin(out, '{');
    for (size_t at = 0; at < api_field_count; at++) {
        const struct api_field *field = &api_fields[at];
        if (strcmp(field->shape, shape) != 0 || !field->required) {
            continue;
        }
        json_key(out, field->name);
        if (field->kind == API_DEFINITION) {
            api_example_definition(out);
        } else if (field->kind == API_LIST || field->kind == API_SHAPE) {
            if (field->kind == API_LIST) {
                json_begin(out, '[');
            }
            api_example(out, field->of);
            if (field->kind == API_LIST) {
                json_end(out, ']');
            }
        } else {
            json_fragment(out, field->example);
        }
    }
    json_end(out, '}');
}

/* Writes a text's example as it stands in a path: without its quotes. */
static void put_plain(FILE *file, const char *example)
{
    for (; *example != '\0'; example++) {
        if (*example != '\'') {
            putc(*example, file);
        }
    }
}

void api_example_path(FILE *file, const struct api_operation *operation)
{
    for (const char *at = operation->path; *at != '\0'; at++) {
        if (*at != '{') {
            putc(*at, file);
            continue;
        }
        char field[32];
        size_t length = strcspn(at + 1, "}");
        ASSERT(length < sizeof(field));
        memcpy(field, at + 1, length);
        field[length] = '\0';
        put_plain(file, api_argument_example(field));
        at += length + 1;
    }
}

void api_example_body(struct json_out *out, const struct api_operation *operation)
{
    if (operation->route != NULL) {
        api_example(out, api_route_body(operation->route));
        return;
    }
    if (api_has_argument(operation, ARGUMENT_DOCUMENT)) {
        api_example_definition(out);
        return;
    }
    json_begin(out, '{');
    for (uint32_t at = 0; at < operation->command->argument_count; at++) {
        const struct argument_spec *argument = &operation->command->arguments[at];
        if (api_parameter_of(operation, argument).place == API_BODY_MEMBER) {
            const char *example = api_argument_example(argument->field);
            ASSERT(example[0] != '\0'); /* shapes.def has one of every argument */
            json_key(out, argument->field);
            json_fragment(out, example);
        }
    }
    json_end(out, '}');
}

/* ---- successes ---- */

static const struct {
    enum command_type command;
    bool all;
    struct api_reply reply;
} command_replies[] = {
#define REPLY(COMMAND, status, Name, headers, meaning)                                             \
    {COMMAND_##COMMAND, false, {status, "application/json", #Name, headers, meaning}},
#define REPLY_ALL(COMMAND, status, Name, headers, meaning)                                         \
    {COMMAND_##COMMAND, true, {status, "application/json", #Name, headers, meaning}},
#include "net/docs/shapes.def"
};

static const struct {
    const char *route;
    struct api_reply reply;
} route_replies[] = {
#define ROUTE_REPLY(name, status, media, Shape, headers, meaning)                                  \
    {#name, {status, media, Shape, headers, meaning}},
#include "net/docs/routes.def"
};

size_t api_replies(const struct api_operation *operation, struct api_reply list[API_REPLIES_MAX])
{
    size_t count = 0;
    for (size_t at = 0; operation->command != NULL && at < COUNT_OF(command_replies); at++) {
        if (command_replies[at].command == operation->command->type &&
            command_replies[at].all == operation->all) {
            ASSERT(count < API_REPLIES_MAX);
            list[count++] = command_replies[at].reply;
        }
    }
    for (size_t at = 0; operation->route != NULL && at < COUNT_OF(route_replies); at++) {
        if (strcmp(route_replies[at].route, operation->route->name) == 0) {
            ASSERT(count < API_REPLIES_MAX);
            list[count++] = route_replies[at].reply;
        }
    }
    ASSERT(count > 0); /* shapes.def has every command, routes.def every route */
    return count;
}

/* ---- reasons why not ---- */

enum problem_scope {
    SCOPE_ALWAYS,
    SCOPE_BODY,
    SCOPE_LOGIN,
    SCOPE_COMMAND,
    SCOPE_CHANGE,
    SCOPE_ELSEWHERE,
    SCOPE_SPECIAL,
};

/* By number; a problem without a row there has no `when`. */
static const struct {
    const char *code;
    int status;
} problems[] = {
#define HTTP_PROBLEM(NAME, code, status, english, chinese) [HTTP_PROBLEM_##NAME] = {code, status},
#include "net/http_problems.def"
#undef HTTP_PROBLEM
};

static const struct {
    enum problem_scope scope;
    const char *when;
} problem_notes[COUNT_OF(problems)] = {
#define PROBLEM(NAME, SCOPE, when) [HTTP_PROBLEM_##NAME] = {SCOPE_##SCOPE, when},
#include "net/docs/problems.def"
#undef PROBLEM
};

static const struct {
    const char *route;
    enum http_problem problem;
} route_problems[] = {
#define ROUTE_PROBLEM(name, PROBLEM) {#name, HTTP_PROBLEM_##PROBLEM},
#include "net/docs/routes.def"
};

static const struct {
    enum command_type command;
    enum refusal refusal;
    const char *note;
} command_refusals[] = {
#define ANSWER(NAME, shape, note)
#define REFUSED(NAME, REFUSAL, note) {COMMAND_##NAME, REFUSAL_##REFUSAL, note},
#include "net/docs/answers.def"
#undef ANSWER
#undef REFUSED
};

static const struct {
    const char *words;
    const char *sentence;
} refusals[] = {
#define REFUSAL(number, NAME, status, http, words, english, chinese)                               \
    [REFUSAL_##NAME] = {words, english},
#include "engine/refusals.def"
#undef REFUSAL
};

/* Puts a cause behind those of its status and of lower ones. */
static size_t put_cause(struct api_cause *list, size_t count, struct api_cause cause)
{
    ASSERT(count < API_CAUSES_MAX);
    size_t place = count;
    while (place > 0 && list[place - 1].status > cause.status) {
        place--;
    }
    memmove(list + place + 1, list + place, (count - place) * sizeof(*list));
    list[place] = cause;
    return count + 1;
}

static struct api_cause of_refusal(enum refusal refusal, const char *note)
{
    struct api_cause cause = {.status = refusal_http_status(refusal),
                              .meaning = refusals[refusal].sentence,
                              .note = note,
                              .words = refusals[refusal].words};
    const char *status = refusal_status(refusal);
    for (size_t at = 0; status[at] != '\0'; at++) {
        ASSERT(at + 1 < sizeof(cause.code));
        cause.code[at] = word_lower(status[at]);
    }
    return cause;
}

static struct api_cause of_problem(size_t problem)
{
    ASSERT(problem_notes[problem].when != NULL); /* problems.def has each of http_problems.def */
    struct api_cause cause = {
        .status = problems[problem].status, .meaning = problem_notes[problem].when, .note = ""};
    snprintf(cause.code, sizeof(cause.code), "%s", problems[problem].code);
    return cause;
}

/* Tells whether an operation may come to a problem. */
static bool may_come_to(const struct api_operation *operation, size_t problem)
{
    const struct api_route *route = operation->route;
    for (size_t at = 0; route != NULL && at < COUNT_OF(route_problems); at++) {
        if (route_problems[at].problem == problem &&
            strcmp(route_problems[at].route, route->name) == 0) {
            return true;
        }
    }
    switch (problem_notes[problem].scope) {
    case SCOPE_ALWAYS:
        return true;
    case SCOPE_BODY:
        return api_has_body(operation);
    case SCOPE_LOGIN:
        return operation->role[0] != '\0';
    case SCOPE_COMMAND:
        return route == NULL;
    case SCOPE_CHANGE:
        return route == NULL && operation->command->kind != COMMAND_KIND_READ;
    case SCOPE_ELSEWHERE:
    case SCOPE_SPECIAL:
        break;
    }
    return false;
}

size_t api_causes(const struct api_operation *operation, struct api_cause list[API_CAUSES_MAX])
{
    size_t count = 0;
    for (size_t at = 0; at < COUNT_OF(problems); at++) {
        if (operation == NULL || may_come_to(operation, at)) {
            count = put_cause(list, count, of_problem(at));
        }
    }
    for (int refusal = 1; operation == NULL && refusal < REFUSAL_LIMIT_OF_ENUM; refusal++) {
        count = put_cause(list, count, of_refusal((enum refusal)refusal, ""));
    }
    const struct command_spec *command = operation == NULL ? NULL : operation->command;
    for (size_t at = 0; command != NULL && at < COUNT_OF(command_refusals); at++) {
        if (command_refusals[at].command == command->type) {
            count = put_cause(list, count,
                              of_refusal(command_refusals[at].refusal, command_refusals[at].note));
        }
    }
    return count;
}
