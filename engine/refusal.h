/* refusal.h -- the business "no": one reason, with its numbers. */
#ifndef BOON_ENGINE_REFUSAL_H
#define BOON_ENGINE_REFUSAL_H

enum refusal {
    REFUSAL_NONE = 0, /* accepted */
#define REFUSAL(number, NAME, status, http, words, english, chinese) REFUSAL_##NAME = number,
#include "engine/refusals.def"
#undef REFUSAL
    REFUSAL_LIMIT_OF_ENUM
};

/* Returns the status word on the wire: "SOLD_OUT"; "OK" for REFUSAL_NONE. */
const char *refusal_status(enum refusal refusal);

/* Returns the HTTP status that goes with it; 200 for REFUSAL_NONE. */
int refusal_http_status(enum refusal refusal);

#endif
