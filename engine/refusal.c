/* refusal.c -- the table refusals.def, looked up. */
#include "engine/refusal.h"

const char *refusal_status(enum refusal refusal)
{
    switch (refusal) {
#define REFUSAL(number, NAME, status, http, words, english, chinese)                               \
    case REFUSAL_##NAME:                                                                           \
        return status;
#include "engine/refusals.def"
#undef REFUSAL
    case REFUSAL_NONE:
    case REFUSAL_LIMIT_OF_ENUM:
        break;
    }
    return "OK";
}

int refusal_http_status(enum refusal refusal)
{
    switch (refusal) {
#define REFUSAL(number, NAME, status, http, words, english, chinese)                               \
    case REFUSAL_##NAME:                                                                           \
        return http;
#include "engine/refusals.def"
#undef REFUSAL
    case REFUSAL_NONE:
    case REFUSAL_LIMIT_OF_ENUM:
        break;
    }
    return 200;
}
