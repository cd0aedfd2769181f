/* texts.h -- kept texts: names and documents, from a few bytes to 64 KiB.
 *
 * A text lies in one block of 256 * 2^n bytes; a block given back is taken by the next text of its
 * size. Blocks never move, so a kept text can be shown without a copy until it is given back.
 */
#ifndef BOON_ENGINE_TEXTS_H
#define BOON_ENGINE_TEXTS_H

#include "engine/pool.h"
#include "engine/text.h"

#define TEXTS_SIZES 9U /* 256 bytes to 64 KiB */

struct texts {
    struct pool units;                /* of 256 bytes */
    uint32_t given_back[TEXTS_SIZES]; /* first free block of each size; 0 = none */
};

/* A kept text; all zero is the empty one. */
struct kept {
    uint32_t block;
    uint32_t length; /* bytes */
};

bool texts_init(struct texts *texts, uint32_t units_max) __attribute__((warn_unused_result));
void texts_deinit(struct texts *texts);

/* Makes sure that texts of `a` and of `b` bytes can be kept. False: full. */
bool texts_reserve(struct texts *texts, uint32_t a, uint32_t b) __attribute__((warn_unused_result));

/* Copies a text in. Room must have been reserved. */
struct kept texts_keep(struct texts *texts, struct text text);

/* Gives a kept text back and empties the handle. */
void texts_give_back(struct texts *texts, struct kept *kept);

/* Shows a kept text; valid until it is given back. */
struct text texts_show(const struct texts *texts, struct kept kept);

#endif
