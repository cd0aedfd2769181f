/* definition.h -- what a campaign promises, in compiled form.
 *
 * net/definition.c makes one from a JSON document, after the whole document has been validated; the
 * engine and the journal know only this form, and carry the source text along for people to read.
 */
#ifndef BOON_ENGINE_DEFINITION_H
#define BOON_ENGINE_DEFINITION_H

#include <stdint.h>

#include "engine/text.h"

#define CAMPAIGN_STOCK_MAX 4000000000ULL   /* coupons */
#define CAMPAIGN_PER_MEMBER_MAX 65535U     /* coupons of one campaign for one member */
#define CAMPAIGN_NAME_BYTES_MAX 256U       /* bytes of UTF-8 */
#define CAMPAIGN_DOCUMENT_BYTES_MAX 32768U /* bytes of JSON */
#define FEN_MAX 1000000000000LL            /* the largest amount of money, in fen */

/* What one coupon is worth. Numbers are part of the journal: append only. */
enum value_kind {
    VALUE_AMOUNT_OFF = 1,  /* `amount` fen off a basket of at least `minimum` fen */
    VALUE_PERCENT_OFF = 2, /* `percent` off a basket of at least `minimum`, at most `maximum` fen */
    VALUE_EXCHANGE = 3,    /* exchanged for goods at the price of `amount` fen; 0 is free */
};

struct campaign_value {
    enum value_kind kind;
    uint32_t percent;    /* 1..99, VALUE_PERCENT_OFF only, else 0 */
    int64_t amount_fen;  /* amount off, or price */
    int64_t minimum_fen; /* smallest basket; 0 is any */
    int64_t maximum_fen; /* most that a percentage takes off; 0 is no cap */
};

struct campaign_definition {
    struct text name;    /* 1..CAMPAIGN_NAME_BYTES_MAX bytes of UTF-8 */
    uint64_t stock;      /* 1..CAMPAIGN_STOCK_MAX */
    uint32_t per_member; /* 1..CAMPAIGN_PER_MEMBER_MAX */
    int64_t opens_at_ms; /* ms since 1970; 0 = as soon as it runs */
    int64_t ends_at_ms;  /* ms since 1970, first moment at which it is over; 0 = never */
    struct campaign_value value;
    struct text source; /* the document this was compiled from */
};

#endif
