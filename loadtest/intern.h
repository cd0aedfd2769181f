/* intern.h -- byte strings numbered in the order they are first seen.
 *
 * Serves for members and campaigns of a file, for (member, campaign) pairs as eight bytes, and as
 * the exact set in which an audit looks for a coupon code that was issued twice. */
#ifndef LOADTEST_INTERN_H
#define LOADTEST_INTERN_H

#include "span.h"

#include <stdint.h>

struct intern_entry {
    uint64_t offset; /* into bytes */
    uint32_t length;
    uint32_t hash;
};

struct intern {
    char *bytes; /* all strings, one behind the other */
    size_t bytes_used, bytes_room;
    struct intern_entry *entries; /* by number */
    size_t count, entries_room;
    uint32_t *slots; /* number + 1, or 0; open addressing, at most half full */
    size_t slots_room;
};

/* Start empty; all-zero memory will do as well. */
void intern_init(struct intern *intern);
void intern_deinit(struct intern *intern);

/* Return the string's number; a new string gets the next one, and *added says so. */
uint32_t intern_add(struct intern *intern, struct span text, bool *added);

/* Look a string up; false when it was never added. */
bool intern_find(const struct intern *intern, struct span text, uint32_t *number);

/* Return the string with that number; valid until the next intern_add(). */
struct span intern_text(const struct intern *intern, uint32_t number);

/* Hash bytes to 64 well-mixed bits. */
uint64_t intern_hash(struct span text);

#endif
