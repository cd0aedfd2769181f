/* openapi.c -- the document's frame, its paths and their operations. */
#include "net/openapi.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "engine/bug.h"
#include "net/api.h"

#define FRAGMENT_BYTES_MAX 2048U

void openapi_put(struct json_out *out, const char *format, ...)
{
    char fragment[FRAGMENT_BYTES_MAX];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(fragment, sizeof(fragment), format, arguments);
    va_end(arguments);
    ASSERT(length >= 0 && length < (int)sizeof(fragment));
    json_fragment(out, fragment);
}

static void put_text(struct json_out *out, const char *key, const char *text)
{
    json_key(out, key);
    json_text(out, text_of(text));
}

/* ---- parameters ---- */

/* What an argument's value is, where it is no reference to a shared parameter. */
static void put_argument_schema(struct json_out *out, const struct argument_spec *argument)
{
    switch (argument->type) {
    case ARGUMENT_MEMBER:
    case ARGUMENT_NAME:
        openapi_put(out, "{'$ref': '#/components/schemas/Id'}");
        return;
    case ARGUMENT_CODE:
        openapi_put(out, "{'$ref': '#/components/schemas/CouponCode'}");
        return;
    case ARGUMENT_AMOUNT:
        openapi_put(out, "{'$ref': '#/components/schemas/Amount'}");
        return;
    case ARGUMENT_DELTA:
        openapi_put(out,
                    "{'type': 'integer', 'format': 'int64', 'minimum': -%llu, 'maximum': %llu,"
                    "'not': {'const': 0}}",
                    CAMPAIGN_STOCK_MAX, CAMPAIGN_STOCK_MAX);
        return;
    case ARGUMENT_COUNT:
        openapi_put(out, "{'$ref': '#/components/schemas/Count'}");
        return;
    case ARGUMENT_TIME:
        openapi_put(out, "{'$ref': '#/components/schemas/TimeMs'}");
        return;
    default:
        json_begin(out, '{');
        put_text(out, "type", "string");
        put_text(out, "description", argument_type_rule(argument->type));
        json_end(out, '}');
    }
}

static void put_reference(struct json_out *out, const char *kind, const char *name)
{
    openapi_put(out, "{'$ref': '#/components/%s/%s'}", kind, name);
}

/* Headers and pages are described once. */
static bool put_shared(struct json_out *out, const struct api_parameter *parameter)
{
    static const struct {
        const char *name;
        const char *component;
    } shared[] = {
        {"page_size", "PageSize"},
        {"page_token", "PageToken"},
        {"Idempotency-Key", "IdempotencyKey"},
        {"If-Match", "IfMatch"},
        {"Boon-Reason", "BoonReason"},
    };
    for (size_t at = 0; at < sizeof(shared) / sizeof(shared[0]); at++) {
        if (strcmp(shared[at].name, parameter->name) == 0) {
            put_reference(out, "parameters", shared[at].component);
            return true;
        }
    }
    return false;
}

static void put_parameter(struct json_out *out, const struct api_parameter *parameter,
                          const struct argument_spec *argument)
{
    if (put_shared(out, parameter)) {
        return;
    }
    static const char *const places[] = {
        [API_PATH] = "path", [API_QUERY] = "query", [API_HEADER] = "header"};
    ASSERT(parameter->place <= API_HEADER);
    json_begin(out, '{');
    put_text(out, "name", parameter->name);
    put_text(out, "in", places[parameter->place]);
    if (parameter->required) {
        openapi_put(out, "'required': true");
    }
    put_text(out, "description", parameter->meaning);
    json_key(out, "schema");
    put_argument_schema(out, argument);
    const char *example = api_argument_example(argument->field);
    if (example[0] != '\0') {
        json_key(out, "example");
        json_fragment(out, example);
    }
    json_end(out, '}');
}

static void put_query(struct json_out *out, const struct api_query *query)
{
    json_begin(out, '{');
    put_text(out, "name", query->name);
    put_text(out, "in", "query");
    put_text(out, "description", query->meaning);
    bool flag = strcmp(query->example, "''") == 0; /* given or not; its value says nothing */
    openapi_put(out, "'schema': {'type': 'string'}");
    if (flag) {
        openapi_put(out, "'allowEmptyValue': true");
    }
    json_key(out, "example");
    json_fragment(out, query->example);
    json_end(out, '}');
}

static void put_command_parameters(struct json_out *out, const struct api_operation *operation)
{
    for (uint32_t at = 0; at < operation->command->argument_count; at++) {
        const struct argument_spec *argument = &operation->command->arguments[at];
        struct api_parameter parameter = api_parameter_of(operation, argument);
        if (parameter.place <= API_HEADER) {
            put_parameter(out, &parameter, argument);
        }
    }
}

static void put_parameters(struct json_out *out, const struct api_operation *operation)
{
    json_key(out, "parameters");
    json_begin(out, '[');
    if (operation->command != NULL) {
        put_command_parameters(out, operation);
    }
    for (size_t at = 0; operation->route != NULL && at < api_query_count; at++) {
        if (strcmp(api_queries[at].route, operation->route->name) == 0) {
            put_query(out, &api_queries[at]);
        }
    }
    json_end(out, ']');
}

/* ---- bodies ---- */

/* An object of those arguments that go into the body. */
static void put_body_schema(struct json_out *out, const struct api_operation *operation)
{
    const struct command_spec *command = operation->command;
    openapi_put(out, "{'type': 'object', 'additionalProperties': false");
    json_key(out, "required");
    json_begin(out, '[');
    for (uint32_t at = 0; at < command->argument_count; at++) {
        struct api_parameter parameter = api_parameter_of(operation, &command->arguments[at]);
        if (parameter.place == API_BODY_MEMBER && parameter.required) {
            json_text(out, text_of(parameter.name));
        }
    }
    json_end(out, ']');
    json_key(out, "properties");
    json_begin(out, '{');
    for (uint32_t at = 0; at < command->argument_count; at++) {
        struct api_parameter parameter = api_parameter_of(operation, &command->arguments[at]);
        if (parameter.place == API_BODY_MEMBER) {
            json_key(out, parameter.name);
            put_argument_schema(out, &command->arguments[at]);
        }
    }
    json_end(out, '}');
    json_end(out, '}');
}

static bool body_is_required(const struct api_operation *operation)
{
    if (operation->route != NULL || api_has_argument(operation, ARGUMENT_DOCUMENT)) {
        return true;
    }
    const struct command_spec *command = operation->command;
    for (uint32_t at = 0; at < command->argument_count; at++) {
        struct api_parameter parameter = api_parameter_of(operation, &command->arguments[at]);
        if (parameter.place == API_BODY_MEMBER && parameter.required) {
            return true;
        }
    }
    return false;
}

static void put_body(struct json_out *out, const struct api_operation *operation)
{
    openapi_put(out, "'requestBody': {'required': %s, 'content': {'application/json': {",
                body_is_required(operation) ? "true" : "false");
    json_key(out, "schema");
    if (operation->route != NULL) {
        put_reference(out, "schemas", api_route_body(operation->route));
    } else if (api_has_argument(operation, ARGUMENT_DOCUMENT)) {
        put_reference(out, "schemas", "CampaignDefinition");
    } else {
        put_body_schema(out, operation);
    }
    json_key(out, "example");
    api_example_body(out, operation);
    openapi_put(out, "}}}");
}

/* ---- answers ---- */

static void put_headers(struct json_out *out, const char *headers)
{
    char header[32];
    if (headers[0] == '\0') {
        return;
    }
    json_key(out, "headers");
    json_begin(out, '{');
    while (api_next_word(&headers, header, sizeof(header))) {
        json_key(out, header);
        openapi_put(out, "{'$ref': '#/components/headers/%s'}", header);
    }
    json_end(out, '}');
}

static void put_reply(struct json_out *out, const struct api_reply *reply)
{
    char status[8];
    snprintf(status, sizeof(status), "%d", reply->status);
    json_key(out, status);
    json_begin(out, '{');
    put_text(out, "description", reply->meaning);
    put_headers(out, reply->headers);
    if (reply->media[0] != '\0') {
        json_key(out, "content");
        json_begin(out, '{');
        json_key(out, reply->media);
        json_begin(out, '{');
        json_key(out, "schema");
        if (reply->shape[0] != '\0') {
            put_reference(out, "schemas", reply->shape);
            json_key(out, "example");
            api_example(out, reply->shape);
        } else if (strcmp(reply->media, "application/json") == 0) {
            openapi_put(out, "{'type': 'object'}");
        } else {
            openapi_put(out, "{'type': 'string'}");
        }
        json_end(out, '}');
        json_end(out, '}');
    }
    json_end(out, '}');
}

/* A refusal's numbers are members of the problem. */
static void put_numbers(struct json_out *out, const struct api_cause *cause)
{
    char word[32];
    if (strcmp(cause->code, "invalid") == 0) {
        json_key(out, "mistakes");
        json_begin(out, '[');
        api_example(out, "Mistake");
        json_end(out, ']');
        return;
    }
    for (const char *words = cause->words; api_next_word(&words, word, sizeof(word));) {
        const struct api_field *field = api_field_find("Problem", word);
        ASSERT(field != NULL); /* shapes.def has each number of refusals.def */
        json_key(out, word);
        json_fragment(out, field->example);
    }
}

static void put_problem_example(struct json_out *out, const struct api_operation *operation,
                                const struct api_cause *cause)
{
    char type[48];
    char *path = NULL;
    size_t path_size;
    FILE *file = open_memstream(&path, &path_size);
    ASSERT(file != NULL);
    api_example_path(file, operation);
    fclose(file);
    snprintf(type, sizeof(type), "urn:boon:%s", cause->code);
    json_begin(out, '{');
    put_text(out, "type", type);
    put_text(out, "title", cause->meaning);
    openapi_put(out, "'status': %d", cause->status);
    put_text(out, "code", cause->code);
    put_text(out, "instance", path);
    if (cause->words != NULL) {
        put_numbers(out, cause);
    }
    json_end(out, '}');
    free(path);
}

/* "invalid: every mistake in the document" and so on, a line each. */
static void put_causes_description(struct json_out *out, const struct api_cause *causes,
                                   size_t count)
{
    char *text = NULL;
    size_t size;
    FILE *file = open_memstream(&text, &size);
    ASSERT(file != NULL);
    for (size_t at = 0; at < count; at++) {
        fprintf(file, "%s- `%s`: %s%s%s%s", at == 0 ? "" : "\n", causes[at].code,
                causes[at].meaning, causes[at].note[0] == '\0' ? "" : " (", causes[at].note,
                causes[at].note[0] == '\0' ? "" : ")");
    }
    fclose(file);
    put_text(out, "description", text);
    free(text);
}

/* One status: what only this operation may come to is described here, the rest once for all. */
static void put_causes(struct json_out *out, const struct api_operation *operation,
                       const struct api_cause *causes, size_t count)
{
    char status[8];
    snprintf(status, sizeof(status), "%d", causes[0].status);
    json_key(out, status);
    bool refused = false;
    for (size_t at = 0; at < count; at++) {
        refused = refused || causes[at].words != NULL;
    }
    if (!refused) {
        openapi_put(out, "{'$ref': '#/components/responses/%s'}", status);
        return;
    }
    json_begin(out, '{');
    put_causes_description(out, causes, count);
    openapi_put(out, "'content': {'application/problem+json': {'schema': {'allOf': ["
                     "{'$ref': '#/components/schemas/Problem'},"
                     "{'type': 'object', 'required': ['code'], 'properties': {'code': {'enum': [");
    for (size_t at = 0; at < count; at++) {
        json_text(out, text_of(causes[at].code));
    }
    openapi_put(out, "]}}}]}, 'examples': {");
    for (size_t at = 0; at < count; at++) {
        json_key(out, causes[at].code);
        json_begin(out, '{');
        json_key(out, "value");
        put_problem_example(out, operation, &causes[at]);
        json_end(out, '}');
    }
    openapi_put(out, "}}}}");
}

static void put_responses(struct json_out *out, const struct api_operation *operation)
{
    struct api_reply replies[API_REPLIES_MAX];
    struct api_cause causes[API_CAUSES_MAX];
    size_t reply_count = api_replies(operation, replies);
    size_t cause_count = api_causes(operation, causes);
    json_key(out, "responses");
    json_begin(out, '{');
    for (size_t at = 0; at < reply_count; at++) {
        put_reply(out, &replies[at]);
    }
    for (size_t at = 0, next; at < cause_count; at = next) {
        next = at;
        while (next < cause_count && causes[next].status == causes[at].status) {
            next++;
        }
        put_causes(out, operation, causes + at, next - at);
    }
    json_end(out, '}');
}

/* ---- operations ---- */

static void put_operation(struct json_out *out, const struct api_operation *operation)
{
    json_key(out, operation->method);
    json_begin(out, '{');
    openapi_put(out, "'operationId': '%s', 'tags': ['%s']", operation->id, operation->tag);
    put_text(out, "summary", operation->summary);
    if (operation->note[0] != '\0') {
        put_text(out, "description", operation->note);
    }
    if (operation->command != NULL) {
        put_text(out, "x-boon-command", operation->command->name);
    }
    if (operation->role[0] == '\0') {
        openapi_put(out, "'security': []");
    } else {
        put_text(out, "x-boon-role", operation->role);
    }
    put_parameters(out, operation);
    if (api_has_body(operation)) {
        put_body(out, operation);
    }
    put_responses(out, operation);
    json_end(out, '}');
}

static void put_paths(struct json_out *out)
{
    static struct api_operation operations[API_OPERATIONS_MAX];
    size_t count = api_operations(operations);
    json_key(out, "paths");
    json_begin(out, '{');
    for (size_t at = 0; at < count; at++) {
        if (at == 0 || strcmp(operations[at].path, operations[at - 1].path) != 0) {
            json_key(out, operations[at].path);
            json_begin(out, '{');
        }
        put_operation(out, &operations[at]);
        if (at + 1 == count || strcmp(operations[at].path, operations[at + 1].path) != 0) {
            json_end(out, '}');
        }
    }
    json_end(out, '}');
}

void openapi_write(FILE *file)
{
    struct json_out out = {.file = file, .indent = 2};
    json_begin(&out, '{');
    put_text(&out, "openapi", "3.1.0");
    openapi_put(&out, "'info': {'title': 'Boon'");
    put_text(&out, "summary", "Issues coupons and points, exactly");
    put_text(&out, "description",
             "Each answer is given when what it shows is on disk. A business \"no\" is a problem "
             "document (RFC 9457) with one reason in `code` and the numbers of that reason. Give "
             "every change an `Idempotency-Key`: the same request again gets the first answer "
             "again and changes nothing. Money is in fen, ids are strings, times are RFC 3339 in "
             "UTC, and every integer is exact in a double.");
    openapi_put(&out, "'version': '%s'", BOON_VERSION);
    openapi_put(&out, "'license': {'name': 'Apache 2.0', 'identifier': 'Apache-2.0'}}");
    openapi_put(&out, "'servers': [{'url': '/', 'description': 'the server that serves this'}]");
    openapi_put(&out, "'security': [{'basicAuth': []}, {'cookieAuth': []}, {}]");
    openapi_put(&out,
                "'tags': ["
                "{'name': 'campaign', 'description': 'Define campaigns, start and stop them'},"
                "{'name': 'coupon', 'description': 'Claim coupons and look them up'},"
                "{'name': 'account', 'description': 'Earn and spend points and other assets'},"
                "{'name': 'member', 'description': 'Look at a member'},"
                "{'name': 'clock', 'description': 'Move a manual clock, for tests'},"
                "{'name': 'session', 'description': 'Log in and out'},"
                "{'name': 'server', 'description': 'Watch the server'}]");
    put_paths(&out);
    openapi_components(&out);
    json_end(&out, '}');
    putc('\n', file);
}
