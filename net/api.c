/* api.c -- the tables of the HTTP API, and what follows from them. */
#include "net/api.h"

#include <stdio.h>
#include <string.h>

#include "engine/bug.h"
#include "net/word.h"

#define COUNT_OF(array) (sizeof(array) / sizeof *(array))

static const char *const methods[] = {
    [COMMAND_METHOD_GET] = "get",
    [COMMAND_METHOD_PUT] = "put",
    [COMMAND_METHOD_POST] = "post",
};

static const struct api_route routes[] = {
#define ROLE_OPEN ""
#define ROLE_READ "read"
#define ROLE_ADMIN "admin"
#define METHOD_GET "get"
#define METHOD_POST "post"
#define METHOD_DELETE "delete"
#define ROUTE(name, METHOD, path, LOGIN, tag, summary, note)                                       \
    {#name, METHOD_##METHOD, path, ROLE_##LOGIN, tag, summary, note},
#include "net/docs/routes.def"
};

const struct api_query api_queries[] = {
#define ROUTE_QUERY(name, parameter, example, meaning) {#name, parameter, example, meaning},
#include "net/docs/routes.def"
};

const size_t api_query_count = COUNT_OF(api_queries);

static const struct {
    const char *route;
    const char *shape;
} route_bodies[] = {
#define ROUTE_BODY(name, Shape) {#name, #Shape},
#include "net/docs/routes.def"
};

/* ---- operations ---- */

/* "COUPON.CLAIM" and "coupon_claim" are "couponClaim". */
static void name_operation(char *id, size_t size, const char *name)
{
    size_t length = 0;
    bool capital = false;
    bool lower = name[0] < 'a';
    for (; *name != '\0'; name++) {
        if (*name == '.' || *name == '_') {
            capital = true;
            continue;
        }
        ASSERT(length + 1 < size);
        char c = lower ? word_lower(*name) : *name;
        id[length++] = capital ? word_upper(c) : c;
        capital = false;
    }
    id[length] = '\0';
}

static const char *role_word(enum command_role role)
{
    switch (role) {
    case COMMAND_ROLE_READ:
        return "read";
    case COMMAND_ROLE_ISSUE:
        return "issue";
    case COMMAND_ROLE_REDEEM:
        return "redeem";
    case COMMAND_ROLE_ADMIN:
        return "admin";
    }
    return "";
}

/* An optional last part makes two operations: `all` is the one without it. */
static struct api_operation of_command(const struct command_spec *command, bool all)
{
    struct api_operation operation = {
        .command = command,
        .all = all,
        .method = methods[command->method],
        .role = role_word(command->role),
        .summary = command->summary,
        .note = "",
    };
    name_operation(operation.id, sizeof(operation.id) - 3, command->name);
    size_t noun = strcspn(command->name, ".");
    for (size_t at = 0; at < noun; at++) {
        operation.tag[at] = word_lower(command->name[at]);
    }
    size_t length = 0;
    for (const char *at = command->route; *at != '\0'; at++) {
        if (*at != '?') {
            operation.path[length++] = *at;
        }
        ASSERT(length < sizeof(operation.path));
    }
    if (all) {
        memcpy(operation.id + strlen(operation.id), "All", sizeof("All"));
        *strrchr(operation.path, '/') = '\0';
    }
    return operation;
}

static struct api_operation of_route(const struct api_route *route)
{
    struct api_operation operation = {
        .route = route,
        .method = route->method,
        .role = route->role,
        .summary = route->summary,
        .note = route->note,
    };
    name_operation(operation.id, sizeof(operation.id), route->name);
    snprintf(operation.tag, sizeof(operation.tag), "%s", route->tag);
    snprintf(operation.path, sizeof(operation.path), "%s", route->path);
    return operation;
}

/* Puts an operation behind the others of its path, or at the end. */
static size_t put(struct api_operation *list, size_t count, struct api_operation operation)
{
    ASSERT(count < API_OPERATIONS_MAX);
    size_t place = count;
    while (place > 0 && strcmp(list[place - 1].path, operation.path) != 0) {
        place--;
    }
    place = place == 0 ? count : place;
    memmove(list + place + 1, list + place, (count - place) * sizeof(*list));
    list[place] = operation;
    return count + 1;
}

size_t api_operations(struct api_operation list[API_OPERATIONS_MAX])
{
    size_t count = 0;
    for (uint32_t at = 0; at < command_spec_count; at++) {
        const struct command_spec *command = &command_specs[at];
        if (strchr(command->route, '?') != NULL) {
            count = put(list, count, of_command(command, true));
        }
        count = put(list, count, of_command(command, false));
    }
    for (size_t at = 0; at < COUNT_OF(routes); at++) {
        count = put(list, count, of_route(&routes[at]));
    }
    return count;
}

/* ---- arguments ---- */

static bool in_path(const struct api_operation *operation, const char *field)
{
    char part[48];
    snprintf(part, sizeof(part), "{%s}", field);
    return strstr(operation->path, part) != NULL;
}

static bool in_route(const struct api_operation *operation, const char *field)
{
    char part[48];
    snprintf(part, sizeof(part), "{%s?}", field);
    return strstr(operation->command->route, part) != NULL;
}

struct api_parameter api_parameter_of(const struct api_operation *operation,
                                      const struct argument_spec *argument)
{
    enum command_method method = operation->command->method;
    struct api_parameter parameter = {
        .place = method == COMMAND_METHOD_GET ? API_QUERY : API_BODY_MEMBER,
        .name = argument->field,
        .allowed = argument_type_rule(argument->type),
        .meaning = argument->meaning,
        .required = argument->required,
    };
    if (in_path(operation, argument->field)) {
        parameter.place = API_PATH;
        parameter.required = true;
    } else if (in_route(operation, argument->field)) {
        parameter.place = API_NOWHERE; /* the optional last part, left out */
    } else if (argument->type == ARGUMENT_DOCUMENT) {
        parameter.place = API_BODY_WHOLE;
    } else if (argument->type == ARGUMENT_REQUEST) {
        parameter.place = API_HEADER;
        parameter.name = "Idempotency-Key";
    } else if (argument->type == ARGUMENT_VERSION) {
        parameter.place = API_HEADER;
        parameter.name = "If-Match";
        parameter.allowed = "the ETag of a GET: the version in quotes";
        parameter.meaning = "change it only if it still is this version";
    } else if (argument->type == ARGUMENT_LIMIT) {
        parameter.name = "page_size";
        parameter.allowed = "a whole number from 1 to 50";
        parameter.meaning = "how many at most (default 20)";
    } else if (strcmp(argument->word, "AFTER") == 0 || strcmp(argument->word, "BEFORE") == 0) {
        parameter.name = "page_token";
        parameter.allowed = "the next_page_token of the page before";
        parameter.meaning = "where the page starts";
    } else if (method == COMMAND_METHOD_PUT && strcmp(argument->field, "reason") == 0) {
        parameter.place = API_HEADER;
        parameter.name = "Boon-Reason";
    }
    return parameter;
}

const char *api_route_body(const struct api_route *route)
{
    for (size_t at = 0; at < COUNT_OF(route_bodies); at++) {
        if (strcmp(route_bodies[at].route, route->name) == 0) {
            return route_bodies[at].shape;
        }
    }
    return NULL;
}

bool api_has_argument(const struct api_operation *operation, enum argument_type type)
{
    const struct command_spec *command = operation->command;
    for (uint32_t at = 0; command != NULL && at < command->argument_count; at++) {
        if (command->arguments[at].type == type) {
            return true;
        }
    }
    return false;
}

bool api_has_body(const struct api_operation *operation)
{
    if (operation->route != NULL) {
        return api_route_body(operation->route) != NULL;
    }
    for (uint32_t at = 0; at < operation->command->argument_count; at++) {
        const struct argument_spec *argument = &operation->command->arguments[at];
        enum api_place place = api_parameter_of(operation, argument).place;
        if (place == API_BODY_MEMBER || place == API_BODY_WHOLE) {
            return true;
        }
    }
    return false;
}

bool api_next_word(const char **words, char *word, size_t size)
{
    const char *at = *words + strspn(*words, ", ");
    size_t length = strcspn(at, ",");
    ASSERT(length < size);
    memcpy(word, at, length);
    word[length] = '\0';
    *words = at + length;
    return length > 0;
}
