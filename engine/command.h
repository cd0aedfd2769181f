/* command.h -- one request in typed form: what net/ parses and engine_step() carries out.
 *
 *     struct command command = {.type = COMMAND_COUPON_CLAIM,
 *                               .as.coupon_claim = {.member = TEXT("m1"), .campaign = TEXT("sale")}};
 *
 * Texts are borrowed until the outcome has been composed. An absent optional text has length 0, an
 * absent optional number is 0. Whoever fills a command has checked every bound of limits.h.
 */
#ifndef BOON_ENGINE_COMMAND_H
#define BOON_ENGINE_COMMAND_H

#include "engine/definition.h"
#include "engine/limits.h"
#include "engine/text.h"

/* A definition in both forms; the compiled one belongs to the caller. */
struct document {
    struct text source;
    const struct campaign_definition *definition;
};

/* What each argument type of commands.def is in a struct. */
typedef struct text command_member;
typedef struct text command_name;
typedef struct text command_code;
typedef struct text command_request;
typedef struct text command_reason;
typedef struct document command_document;
typedef int64_t command_amount;
typedef int64_t command_delta;
typedef int64_t command_count;
typedef int64_t command_limit;
typedef int64_t command_time;
typedef int64_t command_version;

#define VERSION_NONE (-1) /* a version: there must be no such campaign yet */

#define COMMAND_TYPE_MEMBER command_member
#define COMMAND_TYPE_NAME command_name
#define COMMAND_TYPE_CODE command_code
#define COMMAND_TYPE_REQUEST command_request
#define COMMAND_TYPE_REASON command_reason
#define COMMAND_TYPE_DOCUMENT command_document
#define COMMAND_TYPE_AMOUNT command_amount
#define COMMAND_TYPE_DELTA command_delta
#define COMMAND_TYPE_COUNT command_count
#define COMMAND_TYPE_LIMIT command_limit
#define COMMAND_TYPE_TIME command_time
#define COMMAND_TYPE_VERSION command_version

enum command_type {
    COMMAND_NONE = 0,
#define COMMAND(number, NAME, name, resp, kind, role, method, route, summary)                      \
    COMMAND_##NAME = number,
#define ARGUMENT(name, TYPE, field, word, need, meaning)
#define COMMAND_END(NAME, name)
#include "engine/commands.def"
#undef COMMAND
#undef ARGUMENT
#undef COMMAND_END
};

enum command_kind {
    COMMAND_KIND_READ,  /* changes nothing */
    COMMAND_KIND_WRITE, /* changes a member */
    COMMAND_KIND_ADMIN, /* changes definitions or the clock */
};

/* clang-format off */
#define COMMAND(number, NAME, name, resp, kind, role, method, route, summary) struct name {
#define ARGUMENT(name, TYPE, field, word, need, meaning) COMMAND_TYPE_##TYPE field;
#define COMMAND_END(NAME, name) };
/* clang-format on */
#include "engine/commands.def"
#undef COMMAND
#undef ARGUMENT
#undef COMMAND_END

struct command {
    enum command_type type;
    uint32_t principal;      /* who asks, a NAME_PRINCIPAL; 0 = default, or nobody in particular */
    uint32_t campaign;       /* of a claim, filled by engine_prefetch(); 0 = not yet, or none */
    uint32_t asset;          /* of a look-up, filled the same way */
    uint64_t member_hash;    /* filled by engine_prefetch(); 0 = not yet */
    uint64_t request_key[2]; /* filled by engine_prefetch(); both 0 = not yet, or no request id */
    union {
#define COMMAND(number, NAME, name, resp, kind, role, method, route, summary) struct name name;
#define ARGUMENT(name, TYPE, field, word, need, meaning)
#define COMMAND_END(NAME, name)
#include "engine/commands.def"
#undef COMMAND
#undef ARGUMENT
#undef COMMAND_END
    } as;
};

#endif
