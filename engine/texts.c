/* texts.c -- blocks of power-of-two sizes with a free list each. */
#include "engine/texts.h"

#include "engine/bug.h"

#define UNIT_BYTES 256U

bool texts_init(struct texts *texts, uint32_t units_max)
{
    *texts = (struct texts){0};
    return pool_init(&texts->units, UNIT_BYTES, units_max);
}

void texts_deinit(struct texts *texts)
{
    pool_deinit(&texts->units);
}

static uint32_t size_of(uint32_t length)
{
    uint32_t size = 0;
    while ((UNIT_BYTES << size) < length) {
        size++;
    }
    ASSERT(size < TEXTS_SIZES);
    return size;
}

bool texts_reserve(struct texts *texts, uint32_t a, uint32_t b)
{
    return pool_reserve(&texts->units, (1U << size_of(a)) + (1U << size_of(b)));
}

struct kept texts_keep(struct texts *texts, struct text text)
{
    if (text.length == 0) {
        return (struct kept){0};
    }
    uint32_t size = size_of(text.length);
    uint32_t block = texts->given_back[size];
    if (block != 0) {
        memcpy(&texts->given_back[size], pool_at(&texts->units, block), sizeof(block));
    } else {
        block = pool_add(&texts->units);
        for (uint32_t unit = 1; unit < 1U << size; unit++) {
            uint32_t next = pool_add(&texts->units);
            ASSERT(next == block + unit);
        }
    }
    memcpy(pool_at(&texts->units, block), text.data, text.length);
    return (struct kept){block, text.length};
}

void texts_give_back(struct texts *texts, struct kept *kept)
{
    if (kept->length > 0) {
        uint32_t size = size_of(kept->length);
        memcpy(pool_at(&texts->units, kept->block), &texts->given_back[size], sizeof(uint32_t));
        texts->given_back[size] = kept->block;
    }
    *kept = (struct kept){0};
}

struct text texts_show(const struct texts *texts, struct kept kept)
{
    if (kept.length == 0) {
        return (struct text){"", 0};
    }
    return (struct text){pool_at(&texts->units, kept.block), kept.length};
}
