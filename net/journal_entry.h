/* journal_entry.h -- the ID of an entry in the journal's stream: <epoch>-<number>.
 *
 *     struct entry_id id;
 *     if (!entry_id_read(TEXT("12-345"), &id)) { … }
 *     char text[ENTRY_ID_TEXT_BYTES];
 *     entry_id_write(id, text);
 */
#ifndef BOON_NET_JOURNAL_ENTRY_H
#define BOON_NET_JOURNAL_ENTRY_H

#include <inttypes.h>
#include <stdio.h>

#include "engine/text.h"

#define ENTRY_ID_TEXT_BYTES 44U /* two numbers of 20 digits, a hyphen, a NUL */

struct entry_id {
    uint64_t epoch;
    uint64_t number;
};

/* Returns less than, equal to or greater than 0, as Redis orders IDs. */
static inline int entry_id_compare(struct entry_id a, struct entry_id b)
{
    if (a.epoch != b.epoch) {
        return a.epoch < b.epoch ? -1 : 1;
    }
    return a.number < b.number ? -1 : a.number > b.number;
}

/* Writes the ID with a NUL; `text` has ENTRY_ID_TEXT_BYTES. Returns `text`. */
static inline char *entry_id_write(struct entry_id id, char *text)
{
    snprintf(text, ENTRY_ID_TEXT_BYTES, "%" PRIu64 "-%" PRIu64, id.epoch, id.number);
    return text;
}

/* Reads decimal digits that fit 64 bits from `at` on. Returns where they end, or NULL. */
static inline const char *entry_id_read_number(const char *at, const char *end, uint64_t *number)
{
    const char *start = at;
    *number = 0;
    for (; at < end && *at >= '0' && *at <= '9'; at++) {
        if (__builtin_mul_overflow(*number, 10U, number) ||
            __builtin_add_overflow(*number, (uint64_t)(*at - '0'), number)) {
            return NULL;
        }
    }
    return at == start ? NULL : at;
}

/* Reads an ID. False: it is none. */
static inline __attribute__((warn_unused_result)) bool entry_id_read(struct text text,
                                                                     struct entry_id *id)
{
    const char *end = text.data + text.length;
    const char *at = entry_id_read_number(text.data, end, &id->epoch);
    if (at == NULL || at == end || *at != '-') {
        return false;
    }
    return entry_id_read_number(at + 1, end, &id->number) == end;
}

#endif
