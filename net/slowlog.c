/* slowlog.c -- a ring of the newest slow groups. */
#include "net/slowlog.h"

#include <stdio.h>
#include <stdlib.h>

#include "engine/bug.h"

struct slowlog {
    int64_t threshold_us;
    uint64_t noted;              /* ever; the next entry's id */
    uint32_t length;             /* entries in use */
    uint32_t entries;            /* room */
    struct slowlog_entry ring[]; /* entry n lies at n % entries */
};

struct slowlog *slowlog_create(uint32_t entries, int64_t threshold_us)
{
    struct slowlog *slowlog = calloc(1,
                                     sizeof(*slowlog) + (size_t)entries * sizeof(slowlog->ring[0]));
    if (slowlog != NULL) {
        slowlog->threshold_us = threshold_us;
        slowlog->entries = entries;
    }
    return slowlog;
}

void slowlog_destroy(struct slowlog **slowlog)
{
    free(*slowlog);
    *slowlog = NULL;
}

void slowlog_note(struct slowlog *slowlog, int64_t at_ms, int64_t took_us, const char *command,
                  uint32_t commands, const char *address, const char *name)
{
    if (took_us <= slowlog->threshold_us || slowlog->entries == 0) {
        return;
    }
    struct slowlog_entry *entry = &slowlog->ring[slowlog->noted % slowlog->entries];
    *entry = (struct slowlog_entry){.id = slowlog->noted,
                                    .at_ms = at_ms,
                                    .took_us = took_us,
                                    .command = command,
                                    .commands = commands};
    snprintf(entry->address, sizeof(entry->address), "%s", address);
    snprintf(entry->name, sizeof(entry->name), "%s", name);
    slowlog->noted++;
    slowlog->length += slowlog->length < slowlog->entries ? 1 : 0;
}

uint32_t slowlog_length(const struct slowlog *slowlog)
{
    return slowlog->length;
}

const struct slowlog_entry *slowlog_nth(const struct slowlog *slowlog, uint32_t nth)
{
    if (nth >= slowlog->length) {
        return NULL;
    }
    ASSERT(slowlog->noted >= slowlog->length);
    return &slowlog->ring[(slowlog->noted - 1 - nth) % slowlog->entries];
}

void slowlog_reset(struct slowlog *slowlog)
{
    slowlog->length = 0;
}
