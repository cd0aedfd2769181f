/* api.h -- the HTTP API as data: what openapi.json and docs/http.md are written from.
 *
 * Everything comes from tables: routes, arguments and roles from engine/commands.def, refusals from
 * engine/refusals.def and net/docs/answers.def, and what only HTTP has from net/docs/shapes.def, routes.def and
 * problems.def. Nothing here serves a request; that the server keeps to it is what tests/http checks.
 */
#ifndef BOON_NET_API_H
#define BOON_NET_API_H

#include <stdbool.h>
#include <stddef.h>

#include "engine/refusal.h"
#include "net/command_parse.h"
#include "net/json_out.h"

#define API_PAGE_ITEMS 20     /* items of a page when the caller does not say */
#define API_PAGE_ITEMS_MAX 50 /* items of a page at most */
#define API_COOKIE "boon_session"

/* ---- shapes ---- */

/* What a value is. Those with OR_NULL are null where there is none. */
enum api_kind {
    API_ID,
    API_ID_OR_NULL,
    API_CODE,
    API_TEXT,
    API_SECRET,
    API_FLAG,
    API_NATURAL,
    API_COUNT,
    API_AMOUNT,
    API_BALANCE,
    API_TIME,
    API_TIME_OR_NULL,
    API_TIME_MS,
    API_TOKEN_OR_NULL,
    API_TEXTS,
    API_TEXTS_OR_NULL,
    API_ROLES,
    API_CAMPAIGN_STATE,
    API_COUPON_STATE,
    API_PROBLEM_CODE,
    API_DEFINITION, /* a campaign's document */
    API_WORD,       /* one of `of`: "a|b|c" */
    API_SHAPE,      /* an object of the shape `of` */
    API_LIST,       /* a list of them */
};

struct api_field {
    const char *shape; /* whose field it is */
    const char *name;
    enum api_kind kind;
    const char *of;
    const char *example; /* a fragment as in net/json_out.h; "" = none, or its shape's */
    const char *meaning;
    bool required;
};

struct api_shape {
    const char *name;
    const char *meaning;
};

extern const struct api_shape api_shapes[];
extern const size_t api_shape_count;
extern const struct api_field api_fields[]; /* those of one shape together, in their order */
extern const size_t api_field_count;

/* Finds a field by the name of its shape and its own; NULL: there is none. */
const struct api_field *api_field_find(const char *shape, const char *name);

/* Writes an object of a shape, made of its fields' examples. The fields that are not required are left out. */
void api_example(struct json_out *out, const char *shape);

/* Writes a campaign's document. */
void api_example_definition(struct json_out *out);

/* Returns the example of a command's argument, a fragment; "" = none. */
const char *api_argument_example(const char *field);

/* ---- operations ---- */

/* A route beside the commands. */
struct api_route {
    const char *name; /* "session_begin" */
    const char *method;
    const char *path;
    const char *role; /* lower case; "" = everybody may ask */
    const char *tag;
    const char *summary;
    const char *note; /* "" = nothing more to say */
};

/* A query parameter of such a route; they are optional. */
struct api_query {
    const char *route;
    const char *name;
    const char *example;
    const char *meaning;
};

extern const struct api_query api_queries[];
extern const size_t api_query_count;

/* One method of one path: of a command, or of a route beside them. */
struct api_operation {
    const struct command_spec *command; /* NULL = of a route */
    const struct api_route *route;      /* NULL = of a command */
    bool all;           /* the optional last part of the command's path is left out */
    char id[32];        /* "couponClaim" */
    char path[80];      /* "/v1/members/{member}/coupons" */
    const char *method; /* "get" */
    const char *role;   /* "issue"; "" = everybody may ask */
    char tag[16];       /* "coupon" */
    const char *summary;
    const char *note; /* "" = nothing more to say */
};

#define API_OPERATIONS_MAX 64U

/* Fills the list with all operations, those of one path together; returns how many. */
size_t api_operations(struct api_operation list[API_OPERATIONS_MAX]);

/* Where an argument of a command travels. */
enum api_place { API_PATH, API_QUERY, API_HEADER, API_BODY_MEMBER, API_BODY_WHOLE, API_NOWHERE };

struct api_parameter {
    enum api_place place;
    const char *name;    /* as HTTP has it: "page_size", "Idempotency-Key" */
    const char *allowed; /* for people */
    const char *meaning; /* for people */
    bool required;
};

/* Tells how an argument of the operation's command travels. */
struct api_parameter api_parameter_of(const struct api_operation *operation,
                                      const struct argument_spec *argument);

/* Returns the shape of the body of a route beside the commands; NULL: it has none. */
const char *api_route_body(const struct api_route *route);

/* Tells whether the operation has a JSON body. */
bool api_has_body(const struct api_operation *operation);

/* Tells whether an argument of this type is among the command's. */
bool api_has_argument(const struct api_operation *operation, enum argument_type type);

/* Writes the path with examples in place of its arguments. */
void api_example_path(FILE *file, const struct api_operation *operation);

/* Writes the operation's body with examples. */
void api_example_body(struct json_out *out, const struct api_operation *operation);

/* ---- answers ---- */

/* What comes back when it was carried out. */
struct api_reply {
    int status;
    const char *media;   /* "" = no body */
    const char *shape;   /* "" = no JSON */
    const char *headers; /* "ETag, Location" */
    const char *meaning;
};

#define API_REPLIES_MAX 4U

/* Fills the list with an operation's successes, by status; returns how many. */
size_t api_replies(const struct api_operation *operation, struct api_reply list[API_REPLIES_MAX]);

/* One reason why not. */
struct api_cause {
    int status;
    char code[32];
    const char *meaning; /* a sentence */
    const char *note;    /* when, here; "" = nothing more to say */
    const char *words;   /* of a refusal: its numbers, "balance, amount"; NULL = not a refusal */
};

#define API_CAUSES_MAX 64U

/* Fills the list with what an operation may come to instead, by status and in the order of the checks; returns
 * how many. Without an operation: with all there are. */
size_t api_causes(const struct api_operation *operation, struct api_cause list[API_CAUSES_MAX]);

/* Takes the next name of a list such as "balance, amount"; false: there is none. */
bool api_next_word(const char **words, char *word, size_t size);

#endif
