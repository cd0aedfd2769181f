/* log.h -- what happened, one logfmt line an event, to stderr.
 *
 *     log_event(LOG_INFO, "listening", LOG_TEXT("address", address), LOG_NUMBER("port", port));
 *
 *     2026-11-11T00:00:00.123Z level=info event=listening address=127.0.0.1 port=7400
 *
 * Event names and field keys are literals in the source, words of [a-z0-9_]; nothing from outside is
 * ever a format. Values are quoted when they are empty or hold a space, a quote, an equals sign, a
 * backslash or a byte that is not printable ASCII or well-formed UTF-8; such bytes are escaped, so an
 * event is one line whatever a client sends. Who logs sees to it that no secret, coupon code or phone
 * number is among the fields.
 *
 * Invariants: nothing is allocated; a line is at most LOG_LINE_BYTES_MAX bytes and leaves in one
 * write(2), so lines of several processes do not mix; errno is kept. A line too long is cut between
 * fields or inside its last value and says `truncated=true`. Boon logs from one thread.
 */
#ifndef BOON_NET_LOG_H
#define BOON_NET_LOG_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/text.h"

#define LOG_LINE_BYTES_MAX 2048 /* the newline included; below PIPE_BUF, so a pipe keeps it whole */

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR };

enum log_kind {
    LOG_KIND_END, /* closes a list of fields */
    LOG_KIND_TEXT,
    LOG_KIND_NUMBER,
    LOG_KIND_UNSIGNED,
    LOG_KIND_HEX,
    LOG_KIND_FLAG,
    LOG_KIND_TIME,
    LOG_KIND_ERROR,
};

struct log_field {
    const char *key;    /* [a-z0-9_]+, a literal */
    enum log_kind kind; /* which of the following is meant */
    struct text text;   /* LOG_KIND_TEXT */
    int64_t number;     /* LOG_KIND_NUMBER, _FLAG, _TIME (ms since 1970), _ERROR (an errno) */
    uint64_t natural;   /* LOG_KIND_UNSIGNED, LOG_KIND_HEX */
};

/* One field each. LOG_TEXT takes a C string (NULL is written as ""), LOG_TEXT_OF a struct text,
 * LOG_HEX 64 bits written as 16 hex digits, LOG_TIME ms since 1970, LOG_ERRNO an errno. */
#define LOG_TEXT(k, string)                                                                        \
    ((struct log_field){.key = (k), .kind = LOG_KIND_TEXT, .text = log_text_of_string(string)})
#define LOG_TEXT_OF(k, value)                                                                      \
    ((struct log_field){.key = (k), .kind = LOG_KIND_TEXT, .text = (value)})
#define LOG_NUMBER(k, value)                                                                       \
    ((struct log_field){.key = (k), .kind = LOG_KIND_NUMBER, .number = (int64_t)(value)})
#define LOG_UNSIGNED(k, value)                                                                     \
    ((struct log_field){.key = (k), .kind = LOG_KIND_UNSIGNED, .natural = (uint64_t)(value)})
#define LOG_HEX(k, value)                                                                          \
    ((struct log_field){.key = (k), .kind = LOG_KIND_HEX, .natural = (uint64_t)(value)})
#define LOG_FLAG(k, value)                                                                         \
    ((struct log_field){.key = (k), .kind = LOG_KIND_FLAG, .number = (value) ? 1 : 0})
#define LOG_TIME(k, ms) ((struct log_field){.key = (k), .kind = LOG_KIND_TIME, .number = (ms)})
#define LOG_ERRNO(k, code)                                                                         \
    ((struct log_field){.key = (k), .kind = LOG_KIND_ERROR, .number = (code)})

/* Write `event` with its fields, none or many. Costs one comparison when the level is silenced. */
#define log_event(level, ...) LOG_WRITE_(level, __VA_ARGS__, LOG_END_)

/* The same, from this place in the source at most once in `every_ms`; the next line that does leave
 * says how many were held back: `suppressed=12`. For warnings that a busy loop could repeat. */
#define log_limited(every_ms, level, ...) LOG_LIMITED_(every_ms, level, __VA_ARGS__, LOG_END_)

/* Silence every level below `level`. At start it is LOG_INFO. */
void log_set_level(enum log_level level);

/* Send lines to `fd` from now on; the caller keeps it open. At start it is stderr. */
void log_set_fd(int fd);

/* Tell whether an event of `level` would be written. */
bool log_enabled(enum log_level level);

/* Return how many lines could not be written whole: a full pipe, a full disk. */
uint64_t log_lost(void);

/* What the macros above are made of. */
struct log_limit {
    int64_t open_at_ms;  /* monotonic; before it, lines are held back */
    uint64_t suppressed; /* held back since the last line */
};

void log_write(enum log_level level, const char *event, const struct log_field *fields);
void log_write_limited(struct log_limit *limit, int64_t every_ms, enum log_level level,
                       const char *event, const struct log_field *fields);
struct text log_text_of_string(const char *string);

#define LOG_END_ ((struct log_field){.kind = LOG_KIND_END})
#define LOG_WRITE_(level, event, ...)                                                              \
    (log_enabled(level) ? log_write((level), (event), (const struct log_field[]){__VA_ARGS__})     \
                        : (void)0)
#define LOG_LIMITED_(every_ms, level, event, ...)                                                  \
    do {                                                                                           \
        static struct log_limit log_limit_here;                                                    \
        log_write_limited(&log_limit_here, (every_ms), (level), (event),                           \
                          (const struct log_field[]){__VA_ARGS__});                                \
    } while (0)

#endif
