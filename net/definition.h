/* definition.h -- a campaign's JSON document, validated whole and compiled.
 *
 *     {"name": "Double Eleven", "stock": 20000, "per_member": 1,
 *      "opens_at": "2026-11-11T00:00:00+08:00", "ends_at": "2026-11-12T00:00:00+08:00",
 *      "value": {"kind": "amount_off", "amount": 2000, "minimum": 10000}}
 *
 *     value.kind     its members
 *     amount_off     amount 1.., minimum 0.. (0)                        fen
 *     percent_off    percent 1..99, minimum 0.. (0), maximum 0.. (0)    maximum: a cap, 0 is none
 *     exchange       price 0..                                          fen, 0 is free
 *
 * An operator mends a document in one go: all mistakes are collected, each with the JSON pointer
 * (RFC 6901) of the value it is about and a sentence that says what is allowed. Text that is not JSON
 * at all, too deep, too long, or with a member given twice, is one mistake at the root.
 *
 *     struct definition definition;
 *     struct definition_mistakes mistakes;
 *     if (definition_compile(&definition, document, &mistakes) == DEFINITION_OK) {
 *         … definition.campaign …
 *         definition_deinit(&definition);
 *     }
 *
 * Invariants: the parser sees at most CAMPAIGN_DOCUMENT_BYTES_MAX bytes and DEFINITION_DEPTH_MAX
 * levels; a number is an integer as written, never one that went through a double; a document with
 * any mistake compiles to nothing.
 */
#ifndef BOON_NET_DEFINITION_H
#define BOON_NET_DEFINITION_H

#include <stddef.h>

#include "engine/definition.h"
#include "engine/text.h"

#define DEFINITION_DEPTH_MAX 8
#define DEFINITION_MISTAKES_MAX 32

struct json_t;

struct definition_mistake {
    char pointer[256]; /* "" is the whole document, "/value/amount" a part; cut when longer */
    char message[256]; /* what is allowed there */
};

struct definition_mistakes {
    size_t count;   /* in the list, 0..DEFINITION_MISTAKES_MAX */
    size_t omitted; /* found beyond the list's end */
    struct definition_mistake list[DEFINITION_MISTAKES_MAX];
};

struct definition {
    /* `name` points into `root`, `source` into the document that was given. */
    struct campaign_definition campaign;
    struct json_t *root; /* owned */
};

enum definition_status { DEFINITION_OK, DEFINITION_INVALID };

/* Compile `document`. With DEFINITION_OK the caller keeps the document's bytes for as long as
 * `definition` is used and ends with definition_deinit(); with DEFINITION_INVALID there is at least
 * one mistake, and nothing to free. */
enum definition_status definition_compile(struct definition *definition, struct text document,
                                          struct definition_mistakes *mistakes)
    __attribute__((warn_unused_result));

/* Free what `definition` owns and null it; harmless when done twice. */
void definition_deinit(struct definition *definition);

#endif
