/* rfc3339.h -- a moment as people write it: 2026-11-11T00:00:00.000+08:00.
 *
 * Strict on purpose: a campaign that opens eight hours early because an offset was forgotten cannot
 * be called back. So the offset is required, letters are capitals, the year lies in 2000..2199, and
 * nothing is rounded: at most three digits of a second, and no leap second, for a count of
 * milliseconds since 1970 has no place for one.
 *
 *     int64_t ms;
 *     const char *reason;
 *     if (!rfc3339_parse(TEXT("2026-11-11T00:00:00+08:00"), &ms, &reason)) { … reason … }
 *     char written[RFC3339_BYTES];
 *     rfc3339_format(ms, written);    2026-11-10T16:00:00.000Z
 *
 * Invariant: whatever parses and is then formatted parses again to the same number.
 */
#ifndef BOON_NET_RFC3339_H
#define BOON_NET_RFC3339_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/text.h"

#define RFC3339_BYTES 25             /* a formatted moment with its closing NUL */
#define RFC3339_MS_MIN 946684800000  /* 2000-01-01T00:00:00Z */
#define RFC3339_MS_MAX 7258118399999 /* 2199-12-31T23:59:59.999Z */

/* Parse all of `text` into milliseconds since 1970. When it is not a moment in 2000..2199 UTC, return
 * false, leave `ms` alone and set `reason` to a static sentence part that says what is allowed. */
bool rfc3339_parse(struct text text, int64_t *ms, const char **reason)
    __attribute__((warn_unused_result));

/* Write `ms` in UTC with three digits of a second and a Z, NUL-terminated. A moment outside
 * 2000..2199 is written as the nearest one inside. */
void rfc3339_format(int64_t ms, char out[RFC3339_BYTES]);

#endif
