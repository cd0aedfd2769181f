/* command_parse.h -- arguments of a request to a typed command, by the table engine/commands.def.
 *
 * The first place where a stranger's words are looked at: every bound of engine/limits.h is checked
 * here, once, and the engine relies on it. A DOCUMENT argument stays text (net/definition.c compiles it).
 */
#ifndef BOON_NET_COMMAND_PARSE_H
#define BOON_NET_COMMAND_PARSE_H

#include <stddef.h>

#include "engine/command.h"
#include "net/resp.h"

/* Ids first, then other clean text, any text, numbers: command_parse() goes by this order. */
enum argument_type {
    ARGUMENT_MEMBER,
    ARGUMENT_NAME,
    ARGUMENT_REASON,
    ARGUMENT_REQUEST,
    ARGUMENT_CODE,
    ARGUMENT_DOCUMENT,
    ARGUMENT_AMOUNT,
    ARGUMENT_DELTA,
    ARGUMENT_COUNT,
    ARGUMENT_LIMIT,
    ARGUMENT_TIME,
    ARGUMENT_VERSION,
};

/* What a user must be allowed to. Numbers are bits of a user's set. */
enum command_role {
    COMMAND_ROLE_READ = 1,   /* look at anything */
    COMMAND_ROLE_ISSUE = 2,  /* claim, earn */
    COMMAND_ROLE_REDEEM = 4, /* spend */
    COMMAND_ROLE_ADMIN = 8,  /* define, start, pause, stop, restock; the server itself */
};

enum command_method { COMMAND_METHOD_GET, COMMAND_METHOD_PUT, COMMAND_METHOD_POST };

/* One argument of a command, as in commands.def. */
struct argument_spec {
    enum argument_type type;
    size_t offset;     /* of the value in the command's struct */
    const char *field; /* "member" */
    const char *word;  /* "CHANNEL"; "" = by position */
    uint32_t word_length;
    bool required;
    const char *meaning; /* for people */
};

/* One command, as in commands.def. */
struct command_spec {
    enum command_type type;
    enum command_kind kind;
    const char *name; /* "COUPON.CLAIM" */
    uint32_t name_length;
    enum command_role role; /* that a user needs */
    enum command_method method;
    const char *route;   /* of the HTTP API: "/v1/members/{member}/accounts/{asset?}" */
    const char *summary; /* for people */
    const struct argument_spec *arguments;
    uint32_t argument_count;
    uint32_t positions;    /* the first so many go by position, the others by word */
    uint32_t words_needed; /* how many of the others are required */
};

/* All commands, in the order of commands.def. */
extern const struct command_spec command_specs[];
extern const uint32_t command_spec_count;

/* Finds a command by name, in any case; NULL: there is none. */
const struct command_spec *command_spec_find(struct text name);

/* Returns the spec of a type. */
const struct command_spec *command_spec_of(enum command_type type);

/* Fills `command` from the request's arguments. False: `problem` says which argument is wrong, and what
 * is allowed. The command's texts point into the request's bytes. */
bool command_parse(const struct command_spec *spec, const struct resp_request *request,
                   struct command *command, char *problem, size_t problem_size)
    __attribute__((warn_unused_result));

/* Returns what people read about an argument type: "member id, 1 to 64 bytes of UTF-8 …". */
const char *argument_type_rule(enum argument_type type);

#endif
