/* slowlog.h -- the commands that took longest, newest first, for SLOWLOG. Bounded; no argument's bytes. */
#ifndef BOON_NET_SLOWLOG_H
#define BOON_NET_SLOWLOG_H

#include <stdbool.h>
#include <stdint.h>

struct slowlog_entry {
    uint64_t id;
    int64_t at_ms; /* ms since 1970 */
    int64_t took_us;
    const char *command; /* static name */
    uint32_t commands;   /* how many were carried out in that time: they run in groups */
    char address[112];
    char name[65];
};

struct slowlog;

/* NULL: no memory. `entries` 0 keeps none. */
struct slowlog *slowlog_create(uint32_t entries, int64_t threshold_us);
void slowlog_destroy(struct slowlog **slowlog);

/* Notes a group of commands if it took longer than the threshold; `address` and `name` are the caller's, and cut
 * where they are too long. */
void slowlog_note(struct slowlog *slowlog, int64_t at_ms, int64_t took_us, const char *command,
                  uint32_t commands, const char *address, const char *name);

uint32_t slowlog_length(const struct slowlog *slowlog);

/* Returns the nth newest entry, or NULL. */
const struct slowlog_entry *slowlog_nth(const struct slowlog *slowlog, uint32_t nth);
void slowlog_reset(struct slowlog *slowlog);

#endif
