/* info.h -- what INFO shows: sections of lines `name:value`, as Redis writes them, and one of Boon's own.
 *
 *     # Server
 *     redis_version:7.0.15
 *     …
 *     # Boon
 *     state:leading
 *     durability:always
 *
 * A line never holds a secret, and no byte of it can begin another line.
 */
#ifndef BOON_NET_INFO_H
#define BOON_NET_INFO_H

#include <stddef.h>

#include "engine/text.h"

#define INFO_BYTES_MAX 32768U /* all sections fit with room to spare */

struct server;

/* Text in the making; what does not fit is left out by whole lines. */
struct info {
    char *bytes;
    size_t size;
    size_t length;
};

/* Writes the sections that are asked for, in any case, into `out` and returns their length. None, "all",
 * "default" and "everything" ask for all; unknown ones are passed over. */
size_t info_write(const struct server *server, const struct text *sections, uint32_t count,
                  char *out, size_t size);

/* For info*.c: appends one line and its CR LF. Control bytes are shown as '?'. */
void info_line(struct info *info, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* For info.c: appends the lines of the section Boon. */
void info_boon(struct info *info, const struct server *server);

#endif
