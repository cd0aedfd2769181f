/* intern.c -- numbering strings: an arena, a list of entries, and a table of slots. */
#include "intern.h"

#include "failure.h"

void intern_init(struct intern *intern)
{
    *intern = (struct intern){0};
}

void intern_deinit(struct intern *intern)
{
    free(intern->bytes);
    free(intern->entries);
    free(intern->slots);
    *intern = (struct intern){0};
}

uint64_t intern_hash(struct span text)
{
    uint64_t hash = 0xcbf29ce484222325U;
    for (size_t i = 0; i < text.length; i++)
        hash = (hash ^ (unsigned char)text.bytes[i]) * 0x100000001b3U;
    hash = (hash ^ (hash >> 30)) * 0xbf58476d1ce4e5b9U;
    hash = (hash ^ (hash >> 27)) * 0x94d049bb133111ebU;
    return hash ^ (hash >> 31);
}

struct span intern_text(const struct intern *intern, uint32_t number)
{
    ASSERT(number < intern->count);
    const struct intern_entry *entry = &intern->entries[number];
    return (struct span){intern->bytes + entry->offset, entry->length};
}

/* Find the slot that holds the text, or the empty one where it belongs. */
static size_t slot_find(const struct intern *intern, struct span text, uint32_t hash)
{
    size_t mask = intern->slots_room - 1;
    size_t slot = hash & mask;
    while (intern->slots[slot]) {
        uint32_t number = intern->slots[slot] - 1;
        if (intern->entries[number].hash == hash && span_equal(intern_text(intern, number), text))
            break;
        slot = (slot + 1) & mask;
    }
    return slot;
}

static void slots_grow(struct intern *intern)
{
    free(intern->slots);
    intern->slots_room = intern->slots_room ? intern->slots_room * 2 : 64;
    intern->slots = memory_zeroed(intern->slots_room, sizeof *intern->slots);
    size_t mask = intern->slots_room - 1;
    for (size_t number = 0; number < intern->count; number++) {
        size_t slot = intern->entries[number].hash & mask;
        while (intern->slots[slot])
            slot = (slot + 1) & mask;
        intern->slots[slot] = (uint32_t)number + 1;
    }
}

bool intern_find(const struct intern *intern, struct span text, uint32_t *number)
{
    if (intern->slots_room == 0)
        return false;
    size_t slot = slot_find(intern, text, (uint32_t)intern_hash(text));
    if (!intern->slots[slot])
        return false;
    *number = intern->slots[slot] - 1;
    return true;
}

uint32_t intern_add(struct intern *intern, struct span text, bool *added)
{
    if (2 * (intern->count + 1) > intern->slots_room)
        slots_grow(intern);
    uint32_t hash = (uint32_t)intern_hash(text);
    size_t slot = slot_find(intern, text, hash);
    *added = intern->slots[slot] == 0;
    if (!*added)
        return intern->slots[slot] - 1;
    ASSERT(intern->count < UINT32_MAX - 1);
    if (intern->count == intern->entries_room) {
        intern->entries_room = intern->entries_room ? intern->entries_room * 2 : 64;
        intern->entries = memory_resized(intern->entries, intern->entries_room,
                                         sizeof *intern->entries);
    }
    if (intern->bytes_used + text.length > intern->bytes_room) {
        intern->bytes_room = 2 * (intern->bytes_used + text.length) + 1024;
        intern->bytes = memory_resized(intern->bytes, intern->bytes_room, 1);
    }
    if (text.length)
        memcpy(intern->bytes + intern->bytes_used, text.bytes, text.length);
    intern->entries[intern->count] = (struct intern_entry){intern->bytes_used,
                                                           (uint32_t)text.length, hash};
    intern->bytes_used += text.length;
    intern->slots[slot] = (uint32_t)++intern->count;
    return (uint32_t)intern->count - 1;
}
